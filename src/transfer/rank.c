/* SPDX-License-Identifier: Apache-2.0
 *
 * Spearman's correlation is Pearson's of the ranks, equal values sharing their mean rank (C. Spearman,
 * American Journal of Psychology 15, 1904). A resample of pairs is a count for each of them: sorted once,
 * its ranks take one pass. */
#include "transfer/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"

typedef struct keyed {
    double value;
    int place;
} keyed;

static int by_value(const void *a, const void *b) {
    const keyed *x = a;
    const keyed *y = b;
    int order = (x->value > y->value) - (x->value < y->value);
    return order != 0 ? order : x->place - y->place;
}

void weft_order(const double *values, int n, int *order) {
    keyed *sorted = malloc(((size_t)n + 1) * sizeof *sorted);
    if (sorted == NULL) { /* by insertion, in place */
        for (int i = 0; i < n; i++) {
            int at = i;
            for (; at > 0 && values[order[at - 1]] > values[i]; at--) {
                order[at] = order[at - 1];
            }
            order[at] = i;
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        sorted[i] = (keyed){values[i], i};
    }
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    for (int i = 0; i < n; i++) {
        order[i] = sorted[i].place;
    }
    free(sorted);
}

void weft_average_ranks(const double *values, const int *order, const int *count, int n,
                        double *ranks) {
    double before = 0.0;
    for (int begin = 0, end; begin < n; begin = end) {
        double same = 0.0;
        for (end = begin; end < n && values[order[end]] == values[order[begin]]; end++) {
            same += count == NULL ? 1 : count[order[end]];
        }
        for (int i = begin; i < end; i++) {
            ranks[order[i]] = before + 0.5 * (same + 1.0);
        }
        before += same;
    }
}

double weft_counted_correlation(const double *a, const double *b, const int *count, int n) {
    double total = 0.0, mean_a = 0.0, mean_b = 0.0;
    for (int i = 0; i < n; i++) {
        double c = count == NULL ? 1 : count[i];
        total += c;
        mean_a += c * a[i];
        mean_b += c * b[i];
    }
    mean_a /= total;
    mean_b /= total;
    double both = 0.0, first = 0.0, second = 0.0;
    for (int i = 0; i < n; i++) {
        double c = count == NULL ? 1 : count[i];
        both += c * (a[i] - mean_a) * (b[i] - mean_b);
        first += c * (a[i] - mean_a) * (a[i] - mean_a);
        second += c * (b[i] - mean_b) * (b[i] - mean_b);
    }
    return first > 0.0 && second > 0.0 ? both / sqrt(first * second) : (double)NAN;
}

/* The pairs without NaN, with their orders and room for their ranks. */
typedef struct pairs {
    int n;
    double *a, *b, *rank_a, *rank_b, *drawn;
    int *order_a, *order_b, *count;
    void *block;
} pairs;

static weft_status pairs_take(const double *a, const double *b, int n, int resamples, pairs *made,
                              weft_error *error) {
    size_t size = (size_t)n + 1;
    double *reals = malloc(size * (4 * sizeof(double) + 3 * sizeof(int)) +
                           ((size_t)resamples + 1) * sizeof(double));
    if (reals == NULL) {
        return weft_fail_memory(error, size * 44);
    }
    *made = (pairs){.block = reals, .a = reals, .b = reals + size, .rank_a = reals + 2 * size};
    made->rank_b = reals + 3 * size;
    made->drawn = reals + 4 * size;
    made->order_a = (int *)(void *)(made->drawn + resamples + 1);
    made->order_b = made->order_a + size;
    made->count = made->order_b + size;
    for (int i = 0; i < n; i++) {
        if (!isnan(a[i]) && !isnan(b[i])) {
            made->a[made->n] = a[i];
            made->b[made->n++] = b[i];
        }
    }
    weft_order(made->a, made->n, made->order_a);
    weft_order(made->b, made->n, made->order_b);
    return WEFT_OK;
}

static double correlate(pairs *p, const int *count) {
    if (p->n < 3) {
        return NAN;
    }
    weft_average_ranks(p->a, p->order_a, count, p->n, p->rank_a);
    weft_average_ranks(p->b, p->order_b, count, p->n, p->rank_b);
    return weft_counted_correlation(p->rank_a, p->rank_b, count, p->n);
}

weft_status weft_spearman(const double *a, const double *b, int n, double *srcc, int *n_pairs,
                          weft_error *error) {
    pairs p;
    WEFT_TRY(pairs_take(a, b, n, 0, &p, error));
    *srcc = correlate(&p, NULL);
    if (n_pairs != NULL) {
        *n_pairs = p.n;
    }
    free(p.block);
    return WEFT_OK;
}

static int by_number(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between order statistics, as weft_quartiles of search has it. */
static double quantile(const double *sorted, int n, double p) {
    double at = p * (n - 1);
    int below = (int)at;
    int above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

weft_status weft_spearman_interval(const double *a, const double *b, int n, double level,
                                   int resamples, uint64_t seed, weft_rank_interval *interval,
                                   weft_error *error) {
    pairs p;
    int drawn = 0;
    WEFT_TRY(pairs_take(a, b, n, resamples, &p, error));
    weft_rank_interval made = {.srcc = correlate(&p, NULL), .low = NAN, .high = NAN, .pairs = p.n};
    for (int r = 0; r < resamples && !isnan(made.srcc); r++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_BOOTSTRAP, (uint64_t)r);
        memset(p.count, 0, (size_t)p.n * sizeof *p.count);
        for (int i = 0; i < p.n; i++) {
            p.count[weft_rng_below(&rng, (uint64_t)p.n)]++;
        }
        double srcc = correlate(&p, p.count);
        if (!isnan(srcc)) { /* of few pairs a resample may be one of them alone */
            p.drawn[drawn++] = srcc;
        }
    }
    if (drawn > 0) {
        qsort(p.drawn, (size_t)drawn, sizeof *p.drawn, by_number);
        made.low = quantile(p.drawn, drawn, 0.5 * (1.0 - level));
        made.high = quantile(p.drawn, drawn, 0.5 * (1.0 + level));
    }
    free(p.block);
    *interval = made;
    return WEFT_OK;
}
