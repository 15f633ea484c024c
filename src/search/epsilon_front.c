/* SPDX-License-Identifier: Apache-2.0
 *
 * A front made coarser: M. Laumanns, L. Thiele, K. Deb, E. Zitzler, "Combining convergence and
 * diversity in evolutionary multiobjective optimization", Evol. Comput. 10(3), 2002. Points lie in
 * boxes
 *
 *     b_k = floor(f_k / e_k)                      additive
 *     b_k = floor(log f_k / log(1 + e_k))         multiplicative
 *
 * and one point stays in each box that no other dominates. A point f is in a box, or behind one,
 * where a point g stays, so g_k < (b_k + 1) e_k <= f_k + e_k. Theirs takes points as they come and
 * keeps the first of a box that is not dominated there; here all are known, and the one nearest to
 * the box's best corner stays, by the sum of its offsets in widths of the box, so that the order of
 * the points counts for equal ones alone. What dominates it would be nearer, or in a box that
 * dominates: none does. */
#include <weft/search.h>

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

typedef struct place {
    const double *box; /* (m) */
    int m;
    double offset; /* from the best corner, in widths of the box, summed */
    size_t index;
} place;

static int by_box(const void *left, const void *right) {
    const place *a = left;
    const place *b = right;
    for (int k = 0; k < a->m; k++) {
        if (a->box[k] != b->box[k]) {
            return a->box[k] < b->box[k] ? -1 : 1;
        }
    }
    if (a->offset != b->offset) {
        return a->offset < b->offset ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static bool same_box(const place *a, const place *b) {
    for (int k = 0; k < a->m; k++) {
        if (a->box[k] != b->box[k]) {
            return false;
        }
    }
    return true;
}

static weft_status check(const double *points, size_t n, int m, weft_epsilon kind,
                         const double *epsilon, weft_error *error) {
    if (m < 1 || m > WEFT_MAX_OBJECTIVES) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "an epsilon-front of %d objectives; expected 1 to %d", m,
                         (int)WEFT_MAX_OBJECTIVES);
    }
    for (int k = 0; k < m; k++) {
        if (!(epsilon[k] > 0.0) || !isfinite(epsilon[k])) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "epsilon is %g in objective %d; expected more than 0", epsilon[k], k);
        }
    }
    bool positive = kind == WEFT_EPSILON_MULTIPLICATIVE;
    for (size_t i = 0; i < n * (size_t)m; i++) {
        if (!isfinite(points[i]) || (positive && !(points[i] > 0.0))) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "epsilon-front: point %zu is %g in objective %zu; expected %s",
                             i / (size_t)m, points[i], i % (size_t)m,
                             positive ? "a finite number above 0" : "a finite number");
        }
    }
    return WEFT_OK;
}

/* Boxes (n, m) and places (n) of the points. */
static void assign(const double *points, size_t n, int m, weft_epsilon kind, const double *epsilon,
                   double *boxes, place *places) {
    for (size_t i = 0; i < n; i++) {
        double *box = &boxes[i * (size_t)m];
        places[i] = (place){.box = box, .m = m, .index = i};
        for (int k = 0; k < m; k++) {
            double f = points[i * (size_t)m + (size_t)k];
            double position = kind == WEFT_EPSILON_ADDITIVE ? f / epsilon[k]
                                                            : log(f) / log1p(epsilon[k]);
            box[k] = floor(position);
            places[i].offset += position - box[k];
        }
    }
}

static int by_index(const void *left, const void *right) {
    size_t a = *(const size_t *)left;
    size_t b = *(const size_t *)right;
    return (a > b) - (a < b);
}

weft_status weft_epsilon_front(const double *points, size_t n, int n_objectives, weft_epsilon kind,
                               const double *epsilon, size_t *kept, size_t *n_kept,
                               weft_error *error) {
    WEFT_TRY(check(points, n, n_objectives, kind, epsilon, error));
    if (n == 0) {
        *n_kept = 0;
        return WEFT_OK;
    }
    double *boxes = calloc(n * (size_t)n_objectives, sizeof *boxes);
    place *places = calloc(n, sizeof *places);
    int *ranks = calloc(n, sizeof *ranks);
    weft_status status = WEFT_OK;
    if (boxes == NULL || places == NULL || ranks == NULL) {
        status = weft_fail_memory(error, n * sizeof *places);
    } else {
        assign(points, n, n_objectives, kind, epsilon, boxes, places);
        status = weft_nondominated_ranks(boxes, n, n_objectives, ranks, NULL, error);
    }
    if (status == WEFT_OK) {
        qsort(places, n, sizeof *places, by_box);
        size_t count = 0;
        for (size_t i = 0; i < n; i++) {
            bool first = i == 0 || !same_box(&places[i], &places[i - 1]);
            if (first && ranks[places[i].index] == 0) {
                kept[count++] = places[i].index;
            }
        }
        qsort(kept, count, sizeof *kept, by_index);
        *n_kept = count;
    }
    free(boxes);
    free(places);
    free(ranks);
    return status;
}
