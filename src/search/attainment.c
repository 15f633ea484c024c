/* SPDX-License-Identifier: Apache-2.0
 *
 * What several runs of a search attain together: V. Grunert da Fonseca, C. M. Fonseca, A. O. Hall,
 * "Inferential performance assessment of stochastic optimisers and the attainment function", EMO
 * 2001. A run attains a vector when one of its points is no worse in every objective; the k-of-S
 * attainment surface bounds what at least k of the S runs attain.
 *
 * In two objectives a sweep: with x rising over all points, run i attains heights from
 * y_i = min of its points' y so far, and k runs attain those from the k-th smallest y_i on.
 */
#include <weft/search.h>

#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct event {
    double x, y;
    size_t run;
} event;

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

static int by_x(const void *left, const void *right) {
    const event *a = left;
    const event *b = right;
    return compare(a->x, b->x);
}

static int by_value(const void *left, const void *right) {
    return compare(*(const double *)left, *(const double *)right);
}

static weft_status check(const weft_points *runs, size_t n_runs, size_t k, size_t *n_points,
                         weft_error *error) {
    if (k < 1 || k > n_runs) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "attainment by %zu of %zu runs; expected 1 to the number of runs", k,
                         n_runs);
    }
    *n_points = 0;
    for (size_t i = 0; i < n_runs; i++) {
        for (size_t j = 0; j < 2 * runs[i].n; j++) {
            if (isnan(runs[i].points[j])) {
                return weft_fail(error, WEFT_ERROR_USAGE,
                                 "attainment: point %zu of run %zu is nan in objective %zu", j / 2,
                                 i, j % 2);
            }
        }
        *n_points += runs[i].n;
    }
    return WEFT_OK;
}

/* Lowers the height of one run; `sorted` holds the heights of all in rising order. */
static void lower(double *heights, double *sorted, size_t run, double height) {
    if (!(height < heights[run])) {
        return;
    }
    size_t at = 0;
    while (sorted[at] != heights[run]) {
        at++;
    }
    for (; at > 0 && sorted[at - 1] > height; at--) {
        sorted[at] = sorted[at - 1];
    }
    sorted[at] = height;
    heights[run] = height;
}

static size_t sweep(const event *events, size_t n_events, double *heights, double *sorted,
                    size_t n_runs, size_t k, double *vectors) {
    for (size_t i = 0; i < n_runs; i++) {
        heights[i] = sorted[i] = INFINITY;
    }
    size_t n = 0;
    double last = INFINITY;
    for (size_t i = 0; i < n_events; i++) {
        lower(heights, sorted, events[i].run, events[i].y);
        bool complete = i + 1 == n_events || events[i + 1].x != events[i].x;
        if (complete && sorted[k - 1] < last) {
            last = sorted[k - 1];
            vectors[2 * n] = events[i].x;
            vectors[2 * n + 1] = last;
            n++;
        }
    }
    return n;
}

static size_t fill_events(const weft_points *runs, size_t n_runs, event *events) {
    size_t n = 0;
    for (size_t i = 0; i < n_runs; i++) {
        const double *points = runs[i].points;
        for (size_t j = 0; j < runs[i].n; j++) {
            events[n++] = (event){.x = points[2 * j], .y = points[2 * j + 1], .run = i};
        }
    }
    qsort(events, n, sizeof *events, by_x);
    return n;
}

weft_status weft_attainment(const weft_points *runs, size_t n_runs, size_t k, double **vectors,
                            size_t *n, weft_error *error) {
    size_t n_points = 0;
    WEFT_TRY(check(runs, n_runs, k, &n_points, error));
    if (n_points == 0) {
        *vectors = NULL;
        *n = 0;
        return WEFT_OK;
    }
    event *events = malloc(n_points * sizeof *events);
    double *heights = malloc(2 * n_runs * sizeof *heights);
    double *found = malloc(2 * n_points * sizeof *found);
    weft_status status = WEFT_OK;
    if (events == NULL || heights == NULL || found == NULL) {
        status = weft_fail_memory(error, n_points * sizeof *events);
        free(found);
    } else {
        size_t n_events = fill_events(runs, n_runs, events);
        *n = sweep(events, n_events, heights, &heights[n_runs], n_runs, k, found);
        *vectors = found;
    }
    free(events);
    free(heights);
    return status;
}

static bool attains(const weft_points *run, int n_objectives, const double *vector) {
    for (size_t i = 0; i < run->n; i++) {
        const double *p = &run->points[i * (size_t)n_objectives];
        int m = 0;
        while (m < n_objectives && p[m] <= vector[m]) {
            m++;
        }
        if (m == n_objectives) {
            return true;
        }
    }
    return false;
}

double weft_attained(const weft_points *runs, size_t n_runs, int n_objectives,
                     const double *vector) {
    size_t n = 0;
    for (size_t i = 0; i < n_runs; i++) {
        n += attains(&runs[i], n_objectives, vector);
    }
    return n_runs > 0 ? (double)n / (double)n_runs : (double)NAN;
}

weft_status weft_quartiles(const double *values, size_t n, double quartiles[5], weft_error *error) {
    for (int q = 0; q < 5; q++) {
        quartiles[q] = NAN;
    }
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i])) {
            return WEFT_OK;
        }
    }
    if (n == 0) {
        return WEFT_OK;
    }
    double *sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL) {
        return weft_fail_memory(error, n * sizeof *sorted);
    }
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    for (int q = 0; q < 5; q++) {
        double place = 0.25 * q * (double)(n - 1);
        size_t below = (size_t)place;
        double share = place - (double)below;
        quartiles[q] = share == 0.0 ? sorted[below]
                                    : (1.0 - share) * sorted[below] + share * sorted[below + 1];
    }
    free(sorted);
    return WEFT_OK;
}
