/* SPDX-License-Identifier: Apache-2.0
 *
 * How alike devices rank architectures: all pairs, clusters by complete linkage (T. Sorensen, Kongelige
 * Danske Videnskabernes Selskab 5(4), 1948), and the proxy of each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "transfer/table.h"

void weft_correlation_defaults(weft_correlation_settings *settings) {
    *settings = (weft_correlation_settings){.threshold = 0.9, .level = 0.9, .resamples = 200};
}

void weft_correlation_free(weft_correlation *correlation) {
    free(correlation->columns);
    free(correlation->pair);
    free(correlation->cluster);
    free(correlation->proxy);
    *correlation = (weft_correlation){0};
}

static double srcc_of(const weft_correlation *c, int i, int j) {
    return c->pair[(size_t)i * (size_t)c->n + (size_t)j].srcc;
}

/* The least correlation between members of two clusters; NaN counts as none at all. */
static double linkage(const weft_correlation *c, int one, int other) {
    double least = 1.0;
    for (int i = 0; i < c->n; i++) {
        for (int j = 0; j < c->n; j++) {
            if (c->cluster[i] == one && c->cluster[j] == other) {
                double srcc = srcc_of(c, i, j);
                least = fmin(least, isnan(srcc) ? -2.0 : srcc);
            }
        }
    }
    return least;
}

static void join(weft_correlation *c, int one, int other) {
    for (int i = 0; i < c->n; i++) {
        c->cluster[i] = c->cluster[i] == other ? one : c->cluster[i];
    }
}

/* Joins the two clusters whose least correlation is largest, as long as it reaches the threshold. */
static void find_clusters(weft_correlation *c, double threshold) {
    for (int i = 0; i < c->n; i++) {
        c->cluster[i] = i;
    }
    for (;;) {
        int one = -1, other = -1;
        double best = threshold;
        for (int i = 0; i < c->n; i++) {
            for (int j = i + 1; j < c->n; j++) {
                bool first = c->cluster[i] == i && c->cluster[j] == j;
                double link = first ? linkage(c, i, j) : -2.0;
                if (first && (link > best || (link == best && one < 0))) {
                    best = link;
                    one = i;
                    other = j;
                }
            }
        }
        if (one < 0) {
            break;
        }
        join(c, one, other);
    }
}

/* Numbers clusters by their first device. */
static void number_clusters(weft_correlation *c) {
    for (int i = 0; i < c->n; i++) {
        if (c->cluster[i] == i) {
            c->n_clusters++;
        } else {
            continue;
        }
        for (int j = i; j < c->n; j++) {
            c->cluster[j] = c->cluster[j] == i ? -c->n_clusters : c->cluster[j];
        }
    }
    for (int i = 0; i < c->n; i++) {
        c->cluster[i] = -c->cluster[i] - 1;
    }
}

static void find_proxy(weft_correlation *c, int cluster) {
    double best_least = -3.0, best_mean = -3.0;
    for (int i = 0; i < c->n; i++) {
        double least = 1.0, mean = 0.0;
        for (int j = 0; j < c->n; j++) {
            if (c->cluster[i] == cluster && c->cluster[j] == cluster) {
                least = fmin(least, srcc_of(c, i, j));
                mean += srcc_of(c, i, j);
            }
        }
        bool better = least > best_least || (least == best_least && mean > best_mean);
        if (c->cluster[i] == cluster && better) {
            best_least = least;
            best_mean = mean;
            c->proxy[cluster] = i;
        }
    }
}

static weft_status fill_pairs(const weft_device_table *table,
                              const weft_correlation_settings *settings, weft_correlation *c,
                              weft_error *error) {
    size_t n = (size_t)c->n;
    bool any = c->n == 1;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i; j < n; j++) {
            weft_rank_interval *pair = &c->pair[i * n + j];
            if (i == j) {
                *pair = (weft_rank_interval){1.0, 1.0, 1.0, 0};
                for (int a = 0; a < table->n; a++) {
                    pair->pairs += !isnan(table->columns[c->columns[i]].values[a]);
                }
                continue;
            }
            WEFT_TRY(weft_spearman_interval(
                table->columns[c->columns[i]].values, table->columns[c->columns[j]].values,
                table->n, settings->level, settings->resamples, settings->seed, pair, error));
            c->pair[j * n + i] = *pair;
            any = any || pair->pairs >= 3;
        }
    }
    if (!any) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "no two of the %d devices have 3 measured architectures in common", c->n);
        weft_hint(error, "measure the same architectures on each device");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

weft_status weft_correlate(const weft_device_table *table, const int *columns, int n,
                           const weft_correlation_settings *settings, weft_correlation *correlation,
                           weft_error *error) {
    size_t size = (size_t)n;
    weft_correlation made = {.n = n,
                             .columns = calloc(size + 1, sizeof(int)),
                             .pair = calloc(size * size + 1, sizeof(weft_rank_interval)),
                             .cluster = calloc(size + 1, sizeof(int)),
                             .proxy = calloc(size + 1, sizeof(int))};
    weft_status status = made.columns != NULL && made.pair != NULL && made.cluster != NULL &&
                                 made.proxy != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, size * size * sizeof(weft_rank_interval));
    if (status == WEFT_OK) {
        memcpy(made.columns, columns, size * sizeof *columns);
        status = fill_pairs(table, settings, &made, error);
    }
    if (status != WEFT_OK) {
        weft_correlation_free(&made);
        return status;
    }
    find_clusters(&made, settings->threshold);
    number_clusters(&made);
    for (int k = 0; k < made.n_clusters; k++) {
        find_proxy(&made, k);
    }
    *correlation = made;
    return WEFT_OK;
}
