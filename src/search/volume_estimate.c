/* SPDX-License-Identifier: Apache-2.0
 *
 * Hypervolume by chance, for what the exact one cannot do in time. With points x drawn uniformly
 * from a known volume W that holds the union of the boxes [p, r], h of N of which count,
 *
 *     V = W h / N,    standard error = W sqrt(q (1 - q) / (N - 1)),  q = h / N.
 *
 * Two ways to draw, of which the one of smaller W is taken, since the relative error grows with W /
 * V:
 *     around  W is the box from the least coordinates to r; x counts if a point dominates it
 *     boxes   W is the sum of the boxes' volumes: a box by its volume, then x in it; x counts if
 *             no earlier box holds it, so that each x of the union is counted once (R. M. Karp,
 *             M. Luby, "Monte-Carlo algorithms for enumeration and reliability problems", FOCS
 *             1983);
 *             W <= n V, whatever the number of objectives
 * as K. Bringmann and T. Friedrich, "Approximating the volume of unions and intersections of
 * high-dimensional geometric objects", Comput. Geom. 43, 2010, do for hypervolumes. */
#include <weft/search.h>

#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct box {
    double volume; /* then the sum of the volumes up to this one */
    const double *corner;
    int m;
} box;

static weft_status check(const double *points, size_t n, int m, const double *reference,
                         uint64_t samples, weft_error *error) {
    if (m < 1) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "hypervolume of %d objectives; expected 1 or more", m);
    }
    if (samples < 2) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "a hypervolume from %llu samples; expected 2 or more",
                         (unsigned long long)samples);
    }
    for (int k = 0; k < m; k++) {
        if (!isfinite(reference[k])) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "hypervolume: the reference is %g in objective %d", reference[k], k);
        }
    }
    for (size_t i = 0; i < n * (size_t)m; i++) {
        if (isnan(points[i]) || points[i] == -INFINITY) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "hypervolume: point %zu is %g in objective %zu", i / (size_t)m,
                             points[i], i % (size_t)m);
        }
    }
    return WEFT_OK;
}

/* Largest first: they are the likeliest to hold a sample. Ties by the corner, so that the order of
 * the points changes nothing. */
static int largest_first(const void *left, const void *right) {
    const box *a = left;
    const box *b = right;
    if (a->volume != b->volume) {
        return a->volume > b->volume ? -1 : 1;
    }
    for (int k = 0; k < a->m; k++) {
        if (a->corner[k] != b->corner[k]) {
            return a->corner[k] < b->corner[k] ? -1 : 1;
        }
    }
    return 0;
}

/* The boxes of the points that dominate the reference in every objective, sorted; their number. */
static size_t collect(const double *points, size_t n, int m, const double *reference, box *boxes) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        box *b = &boxes[kept];
        *b = (box){.volume = 1.0, .corner = &points[i * (size_t)m], .m = m};
        bool inside = true;
        for (int k = 0; k < m; k++) {
            inside = inside && b->corner[k] < reference[k];
            b->volume *= reference[k] - b->corner[k];
        }
        kept += inside;
    }
    if (kept > 1) {
        qsort(boxes, kept, sizeof *boxes, largest_first);
    }
    return kept;
}

/* Writes the least coordinates; the volume of the box from there. */
static double volume_around(const box *boxes, size_t n, int m, const double *reference,
                            double *ideal) {
    double volume = 1.0;
    for (int k = 0; k < m; k++) {
        ideal[k] = boxes[0].corner[k];
        for (size_t i = 1; i < n; i++) {
            ideal[k] = fmin(ideal[k], boxes[i].corner[k]);
        }
        volume *= reference[k] - ideal[k];
    }
    return volume;
}

static void draw(weft_rng *rng, const double *lower, const double *upper, int m, double *x) {
    for (int k = 0; k < m; k++) {
        x[k] = lower[k] + (upper[k] - lower[k]) * weft_rng_uniform(rng);
    }
}

static bool holds(const box *b, const double *x, int m) {
    for (int k = 0; k < m; k++) {
        if (!(b->corner[k] <= x[k])) {
            return false;
        }
    }
    return true;
}

static bool any_holds(const box *boxes, size_t n, const double *x, int m) {
    for (size_t i = 0; i < n; i++) {
        if (holds(&boxes[i], x, m)) {
            return true;
        }
    }
    return false;
}

/* The first box up to which the volumes sum to more than `volume`. */
static size_t find_box(const box *boxes, size_t n, double volume) {
    size_t low = 0;
    size_t high = n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (boxes[middle].volume > volume) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* `place` has room for 2 m numbers. */
static void estimate(box *boxes, size_t n, int m, const double *reference, uint64_t samples,
                     weft_rng *rng, double *place, double *volume, double *standard_error) {
    double *ideal = place;
    double *x = &place[m];
    double around = volume_around(boxes, n, m, reference, ideal);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += boxes[i].volume;
        boxes[i].volume = sum;
    }
    uint64_t hits = 0;
    for (uint64_t s = 0; s < samples; s++) {
        if (around <= sum) {
            draw(rng, ideal, reference, m, x);
            hits += any_holds(boxes, n, x, m);
        } else {
            size_t i = find_box(boxes, n, sum * weft_rng_uniform(rng));
            draw(rng, boxes[i].corner, reference, m, x);
            hits += !any_holds(boxes, i, x, m);
        }
    }
    double from = fmin(around, sum);
    double share = (double)hits / (double)samples;
    *volume = from * share;
    *standard_error = from * sqrt(share * (1.0 - share) / (double)(samples - 1));
}

weft_status weft_hypervolume_estimate(const double *points, size_t n, int n_objectives,
                                      const double *reference, uint64_t samples, uint64_t seed,
                                      double *volume, double *standard_error, weft_error *error) {
    WEFT_TRY(check(points, n, n_objectives, reference, samples, error));
    box *boxes = calloc(n + 1, sizeof *boxes);
    double *place = calloc(2 * (size_t)n_objectives, sizeof *place);
    if (boxes == NULL || place == NULL) {
        free(boxes);
        free(place);
        return weft_fail_memory(error, n * sizeof *boxes);
    }
    size_t kept = collect(points, n, n_objectives, reference, boxes);
    *volume = *standard_error = 0.0;
    if (kept > 0) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_VOLUME, 0);
        estimate(boxes, kept, n_objectives, reference, samples, &rng, place, volume,
                 standard_error);
    }
    free(boxes);
    free(place);
    return WEFT_OK;
}
