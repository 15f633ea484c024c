/* SPDX-License-Identifier: Apache-2.0
 *
 * Directions spread evenly over the simplex: all vectors of multiples of 1/p that sum to 1 (I. Das,
 * J. E. Dennis, "Normal-boundary intersection", SIAM J. Optim. 8(3), 1998), of which there are
 *
 *     H(m, p) = C(p + m - 1, m - 1).
 *
 * With p < m all of them lie on the simplex's boundary; then a second layer of p' < p, drawn
 * halfway towards the centre, w / 2 + 1 / (2 m), stands inside (K. Deb, H. Jain, IEEE Trans. Evol.
 * Comput. 18(4), 2014, section V). */
#ifndef WEFT_SEARCH_DIRECTIONS_H
#define WEFT_SEARCH_DIRECTIONS_H

#include "base/error.h"
#include <weft/search.h>

typedef struct weft_directions {
    int m;
    size_t n;
    double *values; /* (n, m): each sums to 1 */
} weft_directions;

/* Of settings->divisions and ->inner_divisions; with 0 divisions, the most that are no more than
 * `limit`, in two layers where one has none inside. WEFT_ERROR_USAGE for more than `limit`. */
weft_status weft_directions_create(const weft_optimizer_settings *settings, size_t limit,
                                   weft_directions *directions, weft_error *error) WEFT_NODISCARD;
void weft_directions_destroy(weft_directions *directions);

static inline const double *weft_direction(const weft_directions *directions, size_t i) {
    return directions->values + i * (size_t)directions->m;
}

/* The population: what the settings say; of explicit divisions their directions, 2 at least; the
 * own. */
size_t weft_directions_population(const weft_optimizer_settings *settings, size_t own);

#endif
