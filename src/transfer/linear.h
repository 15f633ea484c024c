/* SPDX-License-Identifier: Apache-2.0
 *
 * The linear forms of adaptation. */
#ifndef WEFT_TRANSFER_LINEAR_H
#define WEFT_TRANSFER_LINEAR_H

#include "transfer/onehot.h"

/* What a linear form is fitted to, and what it gives. */
typedef struct weft_linear {
    const weft_onehot *onehot;
    const double *proxy; /* (architectures) */
    const int *places;   /* (n) */
    const double *y;     /* (n) */
    int n;
    double *predicted; /* (architectures) */
    double *left_out;  /* (n) */
    double lambda;
} weft_linear;

/* y = a proxy + c + X d by least squares for a and c, then ridge regression of what is left, its penalty
 * by leave-one-out in closed form. */
weft_status weft_linear_ridge(weft_linear *linear, weft_error *error) WEFT_NODISCARD;

/* The norm of the corrections in the published form. */
typedef enum weft_norm { WEFT_NORM_1, WEFT_NORM_2, WEFT_NORM_INF } weft_norm;

/* Minimises (1/n) |X (w o (a + b)) + c - y|^2 + lambda |b|_p over a, b and c, w the proxy's own weights by
 * least squares (Lu et al. 2021, section 5); lambda by Spearman's correlation on a seventh of the
 * measurements, which then count like the others. */
weft_status weft_linear_published(weft_linear *linear, weft_norm norm,
                                  weft_error *error) WEFT_NODISCARD;

/* The nearest point to v (n) for |.|_p with weight t: the proximal operator; `room` (n). */
void weft_norm_prox(weft_norm norm, double *v, int n, double t, double *room);

#endif
