/* SPDX-License-Identifier: Apache-2.0
 *
 * Scrambled Sobol' points of any number of dimensions (I. M. Sobol', "On the distribution of points
 * in a cube and the approximate evaluation of integrals", USSR Comput. Math. Math. Phys. 7(4),
 * 1967).
 *
 * Dimension j has a primitive polynomial x^s + a_1 x^(s-1) + .. + a_(s-1) x + 1 over GF(2) and odd
 * numbers m_k < 2^k, k = 1..s. With v_k = m_k 2^-k and XOR of binary digits,
 *
 *     v_k = a_1 v_(k-1) ^ .. ^ a_(s-1) v_(k-s+1) ^ v_(k-s) ^ (v_(k-s) >> s),   k > s
 *     x_i = b_1 v_1 ^ b_2 v_2 ^ ..           with i = b_1 + 2 b_2 + 4 b_3 + ..
 *
 * The first dimension has v_k = 2^-k. The polynomials are found here, by degree; the numbers m_k
 * are the best of a few drawn from a fixed stream: those whose two-dimensional projections with the
 * dimensions just before have the least sum of t-values, the measure of S. Joe, F. Y. Kuo,
 * "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30,
 * 2008.
 *
 * The scramble is a random lower triangular matrix over the digits of each dimension and a digital
 * shift (J. Matousek, "On the L2-discrepancy for anchored boxes", J. Complexity 14, 1998), by seed:
 * points 2^k c .. 2^k (c+1) - 1 keep their equidistribution, and each is uniform by itself. */
#ifndef WEFT_SEARCH_SOBOL_SEQUENCE_H
#define WEFT_SEARCH_SOBOL_SEQUENCE_H

#include "base/error.h"

/* Binary digits of a coordinate; there are 2^52 points. */
enum { WEFT_SOBOL_BITS = 52 };

typedef struct weft_sobol {
    int n_dimensions;
    uint64_t *directions; /* (n_dimensions, WEFT_SOBOL_BITS): v_k, in units of 2^-52 */
    uint64_t *shifts;     /* (n_dimensions) */
} weft_sobol;

weft_status weft_sobol_create(int n_dimensions, uint64_t seed, weft_sobol *sobol,
                              weft_error *error) WEFT_NODISCARD;

/* Without a scramble: point 0 is the origin, point 1 the centre. */
weft_status weft_sobol_create_plain(int n_dimensions, weft_sobol *sobol,
                                    weft_error *error) WEFT_NODISCARD;
void weft_sobol_destroy(weft_sobol *sobol);

/* Coordinate `dimension` of point `index`, in [0, 1). */
double weft_sobol_coordinate(const weft_sobol *sobol, uint64_t index, int dimension);

/* The digits t of the projection of the first 2^m points on two dimensions that are not
 * equidistributed: 0 is best, m worst (H. Niederreiter, "Point sets and sequences with small
 * discrepancy", Monatsh. Math. 104, 1987). 0 < m <= 31. */
int weft_sobol_t_value(const weft_sobol *sobol, int one, int other, int m);

#endif
