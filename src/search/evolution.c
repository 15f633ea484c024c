/* SPDX-License-Identifier: Apache-2.0
 *
 * Regularized evolution (E. Real, A. Aggarwal, Y. Huang, Q. V. Le, "Regularized evolution for image
 * classifier architecture search", AAAI 2019, algorithm 1): the population is the P newest trials,
 * whatever they are worth; the best of S of them drawn with replacement has one gene mutated; every
 * child enters, and the oldest dies. A design stays in only through children that do well again,
 * which forgets lucky trials of a noisy objective.
 *
 *     population(n) = told trials n - P .. n - 1;   random trials while n < P
 *
 * Beyond the paper: the best is the first by constrained domination (standing.h), so infeasible
 * trials and several objectives are at home; numbers mutate by the polynomial, choices to another
 * one (variation.h); a child that is known already has more genes mutated, one for every ATTEMPTS
 * in vain. P = 40 with S = P / 4, the paper's ratio (there 100 and 25, for 20 000 trials). */
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/standing.h"
#include "search/variation.h"

#include <stdlib.h>
#include <string.h>

enum { POPULATION = 40, ATTEMPTS = 16 };

static const weft_variation own = {.eta_mutation = 3.0};

typedef struct evolution {
    size_t size;       /* P */
    size_t tournament; /* S */
    double eta;
    size_t n;               /* P, or 0 while the first population is incomplete */
    weft_standing *members; /* (size), best first */
} evolution;

static void destroy(void *state) {
    evolution *model = state;
    free(model->members);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    evolution *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    model->size = settings->population > 0 ? (size_t)settings->population : POPULATION;
    model->tournament = settings->tournament > 0 ? (size_t)settings->tournament
                                                 : (model->size + 3) / 4;
    model->eta = weft_variation_choose(settings, &own).eta_mutation;
    model->members = calloc(model->size, sizeof *model->members);
    return model->members != NULL ? WEFT_OK
                                  : weft_fail_memory(error, model->size * sizeof *model->members);
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    evolution *model = optimizer->state;
    const weft_history *history = &optimizer->history;
    if (history->n < model->size) {
        return WEFT_OK;
    }
    model->n = model->size;
    for (size_t i = 0; i < model->n; i++) {
        model->members[i].row = history->n - model->n + i;
    }
    return weft_standings_sort(history, optimizer->settings.n_objectives, model->members, model->n,
                               error);
}

/* Members are sorted, so the best of a sample is the one of least place. */
static const double *choose_parent(const weft_optimizer *optimizer, weft_rng *rng) {
    const evolution *model = optimizer->state;
    uint64_t best = model->n - 1;
    for (size_t s = 0; s < model->tournament; s++) {
        uint64_t place = weft_rng_below(rng, model->n);
        best = place < best ? place : best;
    }
    return weft_history_genome(&optimizer->history, model->members[best].row);
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    const evolution *model = optimizer->state;
    const weft_gene_table *table = &optimizer->table;
    if (model->n == 0) {
        weft_genome_draw(table, rng, genome);
        return;
    }
    memcpy(genome, choose_parent(optimizer, rng), (size_t)table->n_genes * sizeof *genome);
    for (int i = 0; i <= attempt / ATTEMPTS; i++) {
        weft_mutate_one(table, model->eta, rng, genome);
    }
}

const weft_method weft_method_evolution = {.name = "evolution",
                                           .create = create,
                                           .destroy = destroy,
                                           .prepare = prepare,
                                           .propose = propose};
