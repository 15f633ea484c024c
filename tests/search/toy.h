/* SPDX-License-Identifier: Apache-2.0
 *
 * A mixed space with a known optimum and a known front, for searches: every kind of gene, one that
 * does not vary, children of a choice; a corner that is infeasible and one that fails. */
#ifndef WEFT_TESTS_SEARCH_TOY_H
#define WEFT_TESTS_SEARCH_TOY_H

#include "search/support.h"

#include <math.h>

enum { TOY_GENES = 10, TOY_FIXED = 5 };

static inline void toy_genes(weft_gene genes[TOY_GENES]) {
    const weft_gene all[TOY_GENES] = {
        {.name = "kind", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3},
        {.name = "other", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 5, .upper = 4},
        {.name = "width", .kind = WEFT_GENE_ORDINAL, .n_choices = 9, .upper = 8},
        {.name = "count", .kind = WEFT_GENE_INTEGER, .lower = -5, .upper = 20},
        {.name = "share", .kind = WEFT_GENE_REAL, .lower = 0, .upper = 1},
        {.name = "fixed", .kind = WEFT_GENE_INTEGER, .lower = 7, .upper = 7},
        {.name = "rate", .kind = WEFT_GENE_REAL, .lower = 1e-5, .upper = 1, .log_scale = true},
        {.name = "height", .kind = WEFT_GENE_ORDINAL, .n_choices = 12, .upper = 11},
        {.name = "bits", /* of kinds 1 and 2 */
         .kind = WEFT_GENE_INTEGER,
         .lower = 1,
         .upper = 8,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 1, .maximum = 2}}},
        {.name = "slope", /* of kind 3 */
         .kind = WEFT_GENE_REAL,
         .lower = -1,
         .upper = 1,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 3, .maximum = 3}}},
    };
    memcpy(genes, all, sizeof all);
}

static inline void toy_optimum(double x[TOY_GENES]) {
    const double optimum[TOY_GENES] = {2, 1, 6, 3, 0.3, 7, 1e-2, 4, 5, (double)NAN};
    memcpy(x, optimum, sizeof optimum);
}

/* How far from the optimum: 0 there alone. */
static inline double toy_loss(const double *x) {
    static const double kinds[4] = {2.0, 1.0, 0.0, 1.5};
    double share = x[4] - 0.3;
    double rate = log10(x[6]) + 2.0;
    double loss = kinds[(int)x[0]] + (x[1] != 1.0) + 0.5 * fabs(x[2] - 6.0) +
                  0.25 * fabs(x[3] - 3.0) + 4.0 * share * share + 0.5 * rate * rate +
                  0.4 * fabs(x[7] - 4.0);
    loss += isnan(x[8]) ? 0.0 : 0.3 * fabs(x[8] - 5.0);
    return loss + (isnan(x[9]) ? 0.0 : x[9] * x[9]);
}

/* The loss, and one that is least elsewhere: only `share` trades one for the other, so the front is
 * (4 (s - 0.3)^2, 4 (s - 0.8)^2) for s = 0.3 .. 0.8, between (0, 1) and (1, 0). */
static inline weft_outcome toy_outcome(const double *x) {
    double loss = toy_loss(x);
    double share = x[4] - 0.3;
    double other = x[4] - 0.8;
    weft_outcome outcome = {.objectives = {loss, loss - 4.0 * share * share + 4.0 * other * other}};
    if (x[2] + x[7] > 15.0) {
        outcome.state = WEFT_OUTCOME_INFEASIBLE;
        outcome.violation = x[2] + x[7] - 15.0;
    } else if (x[1] == 4.0 && x[4] > 0.9) {
        outcome.state = WEFT_OUTCOME_FAILED;
    }
    return outcome;
}

/* One search; `visit` sees every trial. */
static inline void toy_run(const weft_gene_table *table, const weft_optimizer_settings *settings,
                           int trials, int batch, void (*visit)(void *, const weft_outcome *),
                           void *context) {
    weft_optimizer *optimizer = make_optimizer(table, settings);
    double *asked = malloc((size_t)batch * TOY_GENES * sizeof *asked);
    assert_non_null(asked);
    for (int t = 0; t < trials; t += batch) {
        ask_all(optimizer, (uint64_t)t, batch, asked);
        for (int i = 0; i < batch; i++) {
            weft_outcome outcome = toy_outcome(&asked[i * TOY_GENES]);
            visit(context, &outcome);
            tell(optimizer, &asked[i * TOY_GENES], &outcome);
        }
    }
    free(asked);
    weft_optimizer_destroy(optimizer);
}

static inline void toy_keep_best(void *context, const weft_outcome *outcome) {
    double *best = context;
    if (outcome->state == WEFT_OUTCOME_OK) {
        *best = fmin(*best, outcome->objectives[0]);
    }
}

/* The least loss. */
static inline double toy_search(const weft_gene_table *table,
                                const weft_optimizer_settings *settings, int trials, int batch) {
    double best = (double)INFINITY;
    toy_run(table, settings, trials, batch, toy_keep_best, &best);
    return best;
}

static inline void toy_keep_front(void *context, const weft_outcome *outcome) {
    bool kept = false;
    weft_error error;
    if (outcome->state == WEFT_OUTCOME_OK) {
        assert_int_equal(weft_archive_insert(context, outcome->objectives, 0, &kept, &error),
                         WEFT_OK);
    }
}

/* The share of the true front's hypervolume, against (2, 2), that a search with two objectives has.
 * The whole is 4 less the area below the front: with f1 = u^2 and f2 = (1 - u)^2, the integral of
 * (1 - u)^2 2 u for u = 0 .. 1 is 1/6. */
static inline double toy_front(const weft_gene_table *table,
                               const weft_optimizer_settings *settings, int trials, int batch) {
    static const double reference[2] = {2, 2};
    weft_archive *archive = NULL;
    weft_error error;
    double volume = 0.0;
    assert_int_equal(weft_archive_create(2, &archive, &error), WEFT_OK);
    toy_run(table, settings, trials, batch, toy_keep_front, archive);
    size_t n = weft_archive_size(archive);
    if (n > 0) {
        assert_int_equal(
            weft_hypervolume(weft_archive_objectives(archive, 0), n, 2, reference, &volume, &error),
            WEFT_OK);
    }
    weft_archive_destroy(archive);
    return volume / (23.0 / 6.0);
}

#endif
