/* SPDX-License-Identifier: Apache-2.0
 *
 * A Gaussian process whose covariance is a sum of given matrices: their scales by evidence. */
#ifndef WEFT_TRANSFER_EVIDENCE_H
#define WEFT_TRANSFER_EVIDENCE_H

#include "base/error.h"

enum { WEFT_MAX_TERMS = 28 };

/* y ~ N(0, sum_j v_j K_j + v_noise I + WEFT_MEAN_VARIANCE 11'), with log v_j ~ N(mean_j, spread_j^2). */
#define WEFT_MEAN_VARIANCE 10.0

typedef struct weft_evidence {
    int n, n_terms;                      /* matrices, without the noise */
    const double *terms[WEFT_MAX_TERMS]; /* each (n, n), symmetric; borrowed */
    const double *y;                     /* (n) */
    double mean[WEFT_MAX_TERMS + 1], spread[WEFT_MAX_TERMS + 1]; /* the noise last */
} weft_evidence;

/* Doubles of room that the search takes. */
size_t weft_evidence_room(int n, int n_terms);

/* Writes the scales v (n_terms + 1) of largest posterior density, and the logarithm of the evidence: the
 * integral over all scales, by Laplace's approximation, up to constants of n. */
weft_status weft_evidence_fit(const weft_evidence *e, double *room, double *scales,
                              double *evidence, weft_error *error) WEFT_NODISCARD;

#endif
