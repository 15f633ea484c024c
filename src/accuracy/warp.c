/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy/warp.h"

#include "base/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void fit_line(const double *accuracies, int n, weft_warp *warp) {
    double mean = 0.0;
    double squares = 0.0;
    for (int i = 0; i < n; i++) {
        mean += accuracies[i] / n;
    }
    for (int i = 0; i < n; i++) {
        squares += (accuracies[i] - mean) * (accuracies[i] - mean) / n;
    }
    double deviation = sqrt(squares);
    warp->n = 2;
    warp->scores[0] = -1.0;
    warp->scores[1] = 1.0;
    warp->accuracies[0] = mean - deviation;
    warp->accuracies[1] = mean + deviation;
}

static void add_knot(weft_warp *warp, double rank, int n, double accuracy) {
    warp->scores[warp->n] = weft_normal_quantile((rank - 0.5) / n);
    warp->accuracies[warp->n++] = accuracy;
}

/* Equal accuracies share their mean rank. Of more values than knots those at equal steps of rank are
 * taken, the last one always. */
static void fit_ranks(const double *sorted, int n, weft_warp *warp) {
    int distinct = 1;
    int seen = 0;
    for (int i = 1; i < n; i++) {
        distinct += sorted[i] != sorted[i - 1];
    }
    warp->n = 0;
    for (int begin = 0, end; begin < n; begin = end, seen++) {
        for (end = begin + 1; end < n && sorted[end] == sorted[begin]; end++) {
        }
        int64_t due = (int64_t)warp->n * (distinct - 1);
        bool take = distinct <= WEFT_WARP_KNOTS || (int64_t)seen * (WEFT_WARP_KNOTS - 1) >= due;
        if (take && warp->n < WEFT_WARP_KNOTS) {
            add_knot(warp, 0.5 * (begin + 1 + end), n, sorted[begin]);
        }
    }
}

void weft_warp_fit(const double *accuracies, int n, bool by_rank, double *room, weft_warp *warp) {
    if (!by_rank) {
        fit_line(accuracies, n, warp);
        return;
    }
    memcpy(room, accuracies, (size_t)n * sizeof *room);
    qsort(room, (size_t)n, sizeof *room, by_value);
    fit_ranks(room, n, warp);
}

/* The line through knots; beyond them that of the outer tenth of the knots. */
static double through(const double *from, const double *to, int n, double x) {
    int outer = n / 10 > 1 ? n / 10 : 1;
    int a;
    int b;
    if (x <= from[0]) {
        a = 0;
        b = outer;
    } else if (x >= from[n - 1]) {
        a = n - 1;
        b = n - 1 - outer;
    } else {
        int low = 0;
        int high = n - 1;
        while (high - low > 1) {
            int middle = (low + high) / 2;
            *(from[middle] <= x ? &low : &high) = middle;
        }
        a = low;
        b = high;
    }
    return to[a] + (x - from[a]) * (to[b] - to[a]) / (from[b] - from[a]);
}

double weft_warp_score(const weft_warp *warp, double accuracy) {
    return through(warp->accuracies, warp->scores, warp->n, accuracy);
}

double weft_warp_accuracy(const weft_warp *warp, double score) {
    double accuracy = through(warp->scores, warp->accuracies, warp->n, score);
    return fmin(fmax(accuracy, 0.0), 1.0);
}
