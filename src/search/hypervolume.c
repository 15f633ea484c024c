/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact hypervolume of objectives that are minimised, against a reference point r: the volume of
 * the union of the boxes [p, r] over the points p with p < r in every objective.
 *
 * 2-d: points by the first objective; a staircase of strips. 3-d: a sweep along the third objective
 * that keeps the area of the 2-d front seen so far,
 *     V = sum over k of A_k (z_{k+1} - z_k),    z_{n+1} = r_3,
 * as in C. M. Fonseca, L. Paquete, M. Lopez-Ibanez, "An improved dimension-sweep algorithm for the
 * hypervolume indicator", CEC 2006 (the 3-d case). Their balanced tree is here a bitmap tree over
 * the ranks in the first objective, which are known beforehand: O(n log n) in all, and no
 * rotations. From 4 objectives on: wfg.c.
 */
#include "search/index_set.h"
#include "search/wfg.h"
#include <weft/search.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A point inside the reference box; unused coordinates are 0. */
typedef struct point {
    double x, y, z;
    size_t rank; /* in the order by (x, y) */
} point;

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

static int by_xy(const void *left, const void *right) {
    const point *a = left;
    const point *b = right;
    int x = compare(a->x, b->x);
    return x != 0 ? x : compare(a->y, b->y);
}

static int by_z(const void *left, const void *right) {
    const point *a = left;
    const point *b = right;
    int z = compare(a->z, b->z);
    return z != 0 ? z : (a->rank > b->rank) - (a->rank < b->rank);
}

static double volume_1d(const point *points, size_t n, const double *reference) {
    double least = reference[0];
    for (size_t i = 0; i < n; i++) {
        least = fmin(least, points[i].x);
    }
    return reference[0] - least;
}

/* `points` in the order by_xy: each lower y adds the strip below the last. */
static double volume_2d(const point *points, size_t n, const double *reference) {
    double area = 0.0;
    double top = reference[1];
    for (size_t i = 0; i < n; i++) {
        if (points[i].y < top) {
            area += (reference[0] - points[i].x) * (top - points[i].y);
            top = points[i].y;
        }
    }
    return area;
}

/* Adds point p to the front held as ranks of `ordered`; what it dominates there leaves. Returns the
 * area that the front gains:
 *
 *      y |prev          gained between p and the stairs above it,
 *        |--+  . . .    strip by strip from p.x to the first point
 *        |     p--+     below p.y (or the reference)
 */
static double front_insert(weft_index_set *front, const point *ordered, const point *p,
                           const double *reference) {
    size_t before = weft_index_set_before(front, p->rank);
    double top = before == SIZE_MAX ? reference[1] : ordered[before].y;
    if (top <= p->y) {
        return 0.0;
    }
    double gained = 0.0;
    double left = p->x;
    size_t next = weft_index_set_after(front, p->rank);
    while (next != SIZE_MAX && ordered[next].y >= p->y) {
        gained += (ordered[next].x - left) * (top - p->y);
        left = ordered[next].x;
        top = ordered[next].y;
        weft_index_set_erase(front, next);
        next = weft_index_set_after(front, next);
    }
    double right = next == SIZE_MAX ? reference[0] : ordered[next].x;
    weft_index_set_insert(front, p->rank);
    return gained + (right - left) * (top - p->y);
}

static weft_status volume_3d(const point *ordered, size_t n, const double *reference,
                             double *volume, weft_error *error) {
    point *swept = malloc(n * sizeof *swept);
    if (swept == NULL) {
        return weft_fail_memory(error, n * sizeof *swept);
    }
    weft_index_set front;
    weft_status status = weft_index_set_create(n, &front, error);
    if (status != WEFT_OK) {
        free(swept);
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        swept[i] = ordered[i];
        swept[i].rank = i;
    }
    qsort(swept, n, sizeof *swept, by_z);
    double total = 0.0;
    double area = 0.0;
    for (size_t i = 0; i < n; i++) {
        area += front_insert(&front, ordered, &swept[i], reference);
        double above = i + 1 < n ? swept[i + 1].z : reference[2];
        total += area * (above - swept[i].z);
    }
    weft_index_set_destroy(&front);
    free(swept);
    *volume = total;
    return WEFT_OK;
}

static weft_status check(const double *points, size_t n, int n_objectives, const double *reference,
                         weft_error *error) {
    if (n_objectives < 1 || n_objectives > WEFT_MAX_OBJECTIVES) {
        return weft_fail(error, WEFT_ERROR_USAGE, "hypervolume of %d objectives; expected 1 to %d",
                         n_objectives, (int)WEFT_MAX_OBJECTIVES);
    }
    for (int m = 0; m < n_objectives; m++) {
        if (!isfinite(reference[m])) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "hypervolume: the reference is %g in objective %d", reference[m], m);
        }
    }
    for (size_t i = 0; i < n * (size_t)n_objectives; i++) {
        if (isnan(points[i]) || points[i] == -INFINITY) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "hypervolume: point %zu is %g in objective %zu",
                             i / (size_t)n_objectives, points[i], i % (size_t)n_objectives);
        }
    }
    return WEFT_OK;
}

static bool dominates_reference(const double *p, const double *reference, int n_objectives) {
    for (int m = 0; m < n_objectives; m++) {
        if (!(p[m] < reference[m])) {
            return false;
        }
    }
    return true;
}

/* The points that dominate the reference in every objective, in the order by_xy. */
static size_t collect(const double *points, size_t n, int n_objectives, const double *reference,
                      point *inside) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = &points[i * (size_t)n_objectives];
        if (dominates_reference(p, reference, n_objectives)) {
            inside[kept++] = (point){
                .x = p[0], .y = n_objectives > 1 ? p[1] : 0.0, .z = n_objectives > 2 ? p[2] : 0.0};
        }
    }
    if (kept > 1) {
        qsort(inside, kept, sizeof *inside, by_xy);
    }
    return kept;
}

static weft_status volume_low(const double *points, size_t n, int n_objectives,
                              const double *reference, double *volume, weft_error *error) {
    point *inside = calloc(n, sizeof *inside);
    if (inside == NULL) {
        return weft_fail_memory(error, n * sizeof *inside);
    }
    size_t kept = collect(points, n, n_objectives, reference, inside);
    weft_status status = WEFT_OK;
    if (kept == 0) {
        *volume = 0.0;
    } else if (n_objectives == 1) {
        *volume = volume_1d(inside, kept, reference);
    } else if (n_objectives == 2) {
        *volume = volume_2d(inside, kept, reference);
    } else {
        status = volume_3d(inside, kept, reference, volume, error);
    }
    free(inside);
    return status;
}

/* Only the front is handed on: WFG's work grows fast with the points. */
static weft_status volume_high(const double *points, size_t n, int n_objectives,
                               const double *reference, double *volume, weft_error *error) {
    size_t row = (size_t)n_objectives;
    int *ranks = malloc(n * sizeof *ranks);
    double *inside = malloc(n * row * sizeof *inside);
    weft_status status = WEFT_OK;
    if (ranks == NULL || inside == NULL) {
        status = weft_fail_memory(error, n * row * sizeof *inside);
    } else {
        status = weft_nondominated_ranks(points, n, n_objectives, ranks, NULL, error);
    }
    if (status == WEFT_OK) {
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            const double *p = &points[i * row];
            if (ranks[i] == 0 && dominates_reference(p, reference, n_objectives)) {
                memcpy(&inside[kept++ * row], p, row * sizeof *p);
            }
        }
        *volume = 0.0;
        status = kept > 0 ? weft_wfg(inside, kept, n_objectives, reference, volume, error)
                          : WEFT_OK;
    }
    free(ranks);
    free(inside);
    return status;
}

weft_status weft_hypervolume(const double *points, size_t n, int n_objectives,
                             const double *reference, double *volume, weft_error *error) {
    WEFT_TRY(check(points, n, n_objectives, reference, error));
    double result = 0.0;
    if (n > 0 && n_objectives <= 3) {
        WEFT_TRY(volume_low(points, n, n_objectives, reference, &result, error));
    } else if (n > 0) {
        WEFT_TRY(volume_high(points, n, n_objectives, reference, &result, error));
    }
    *volume = result;
    return WEFT_OK;
}
