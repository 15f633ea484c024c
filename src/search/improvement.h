/* SPDX-License-Identifier: Apache-2.0
 *
 * What a genome is worth before it is tried: how much better than what is known a normal value, or a
 * vector of independent ones, is expected to be. All values are minimised. */
#ifndef WEFT_SEARCH_IMPROVEMENT_H
#define WEFT_SEARCH_IMPROVEMENT_H

#include "base/rng.h"
#include <weft/search.h>

/* log E[max(best - y, 0)], finite for any finite mean and deviation > 0. */
double weft_log_improvement(double mean, double deviation, double best);

/* log P[y <= 0] */
double weft_log_below_zero(double mean, double deviation);

/* Where a vector would improve the hypervolume: disjoint boxes. */
typedef struct weft_box {
    double lower[3], upper[3];
} weft_box;

typedef struct weft_boxes {
    int n_objectives; /* 2 or 3 */
    size_t n, capacity;
    weft_box *boxes;      /* (2 capacity + 1) */
    weft_box *strips;     /* (2 capacity + 1) still open at the top */
    const double **order; /* (capacity) */
} weft_boxes;

weft_status weft_boxes_create(int n_objectives, size_t capacity, weft_boxes *made,
                              weft_error *error) WEFT_NODISCARD;
void weft_boxes_destroy(weft_boxes *boxes);

/* What n <= capacity points (row by row) leave undominated below the reference. */
void weft_boxes_fill(weft_boxes *boxes, const double *points, size_t n, const double *reference);

/* The expected growth of the hypervolume by a vector of independent normal values. */
double weft_volume_improvement(const weft_boxes *boxes, const double *means,
                               const double *deviations);

/* Improvement of a scalar of many objectives, by draws that are the same for all vectors. */
enum { WEFT_SCALAR_DRAWS = 64 };

typedef struct weft_scalar {
    int n_objectives;
    double weights[WEFT_MAX_OBJECTIVES]; /* over the range of each objective; random */
    double lower[WEFT_MAX_OBJECTIVES];
    double best;
    double draws[WEFT_SCALAR_DRAWS][WEFT_MAX_OBJECTIVES]; /* standard normal */
} weft_scalar;

/* Draws the weights, and takes the range and the best of n > 0 points. */
void weft_scalar_draw(weft_scalar *scalar, int n_objectives, const double *points, size_t n,
                      weft_rng *rng);

/* The logarithm of the expected improvement; where no draw improves, less the farther off all are. */
double weft_scalar_log_improvement(const weft_scalar *scalar, const double *means,
                                   const double *deviations);

#endif
