/* SPDX-License-Identifier: Apache-2.0
 * Statistics of errors: median and rank correlation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/validate.h"

double cli_relative_error(double model, double published) {
    return model == published ? 0 : model / published - 1;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double cli_median(double *values, size_t n) {
    if (n == 0) {
        return NAN;
    }
    qsort(values, n, sizeof *values, compare);
    return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/* How many sorted values are below x, and at most x. */
static size_t count_below(const double *sorted, size_t n, double x, bool or_equal) {
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < x || (or_equal && sorted[middle] == x)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Ranks from 1; equal values share their mean rank. */
static void rank(const double *values, size_t n, double *sorted, double *ranks) {
    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0; i < n; i++) {
        double below = (double)count_below(sorted, n, values[i], false);
        double to = (double)count_below(sorted, n, values[i], true);
        ranks[i] = 0.5 * (below + 1 + to);
    }
}

double cli_spearman(const double *a, const double *b, size_t n, double *scratch) {
    double *rank_a = scratch + n;
    double *rank_b = scratch + 2 * n;
    rank(a, n, scratch, rank_a);
    rank(b, n, scratch, rank_b);
    double mean = 0.5 * (double)(n + 1);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (size_t i = 0; i < n; i++) {
        double x = rank_a[i] - mean;
        double y = rank_b[i] - mean;
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}
