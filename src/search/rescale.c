/* SPDX-License-Identifier: Apache-2.0
 *
 * Objectives spread over decades, and bad trials may be bad without bound; what matters is how the good
 * ones differ. So
 *
 *  1. positive values become their logarithms where these are the likelier normal sample: of the power
 *     transformations of G. E. P. Box, D. R. Cox, "An analysis of transformations", J. R. Stat. Soc. B
 *     26(2), 1964, those with lambda 1 and 0, by their profile likelihood (section 2)
 *         -n/2 log variance(y)    against    -n/2 log variance(log y) - sum log y,
 *     unless a few values near 0 would then take all the room: where the least logarithm lies more than
 *     twice as far from the median as the largest;
 *  2. values up to the median m become (y - m) / s, with s their root mean square distance from it, and
 *     those above it the normal scores of their ranks (X. Song et al., "The Vizier Gaussian process
 *     bandit algorithm", arXiv 2408.11527, section 4.1: half-rank warping). */
#include "search/rescale.h"

#include "base/normal.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double variance(const double *values, size_t n) {
    double mean = 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        mean += values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        sum += (values[i] - mean) * (values[i] - mean);
    }
    return sum / (double)n;
}

/* `sorted` are the values; `logs` (n) becomes their logarithms. */
static bool logs_are_likelier(const double *sorted, size_t n, double *logs) {
    double sum = 0.0;
    if (n < 3 || !(sorted[0] > 0.0)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        logs[i] = log(sorted[i]);
        sum += logs[i];
    }
    double half = 0.5 * (double)n;
    double median = logs[(n - 1) / 2];
    if (median - logs[0] > 2.0 * (logs[n - 1] - median)) {
        return false;
    }
    return -half * log(variance(logs, n)) - sum > -half * log(variance(sorted, n));
}

/* The first place of the sorted values that is not below (`after`: is above) a value. */
static size_t place_of(const double *sorted, size_t n, double value, bool after) {
    size_t lower = 0;
    size_t upper = n;
    while (lower < upper) {
        size_t middle = lower + (upper - lower) / 2;
        if (sorted[middle] < value || (after && sorted[middle] == value)) {
            lower = middle + 1;
        } else {
            upper = middle;
        }
    }
    return lower;
}

void weft_rescale(const double *values, size_t n, double *targets, double *room) {
    if (n == 0) {
        return;
    }
    memcpy(room, values, n * sizeof *room);
    qsort(room, n, sizeof *room, by_value);
    bool by_log = logs_are_likelier(room, n, targets);
    if (by_log) {
        memcpy(room, targets, n * sizeof *room);
    }
    double median = room[(n - 1) / 2];
    size_t low = place_of(room, n, median, true);
    double squares = 0.0;
    for (size_t i = 0; i < low; i++) {
        squares += (room[i] - median) * (room[i] - median);
    }
    double scale = squares > 0.0 ? sqrt(squares / (double)low) : 1.0;
    for (size_t i = 0; i < n; i++) {
        double value = by_log ? log(values[i]) : values[i];
        if (value <= median) {
            targets[i] = (value - median) / scale;
        } else {
            size_t rank = place_of(room, n, value, false) + place_of(room, n, value, true);
            targets[i] = weft_normal_quantile(0.5 * (double)rank / (double)n);
        }
    }
}
