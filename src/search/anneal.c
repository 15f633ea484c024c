/* SPDX-License-Identifier: Apache-2.0
 *
 * Simulated annealing for one objective (S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization
 * by simulated annealing", Science 220, 1983; N. Metropolis et al., J. Chem. Phys. 21, 1953). The
 * chain begins at the best of the random `startup_trials`; its next trial has one gene of its state
 * mutated, and becomes the state with probability
 *
 *     P = 1                      where it is no worse,
 *     P = a^(d / (s h))          where it is worse by d > 0:  exp(-d / T) with T = s h / ln(1/a)
 *
 * where s is the median of the first SCALE_MOVES such d of the chain, so that a typical worse trial
 * is accepted with probability a, `acceptance`, at first, in whatever unit the objective is
 * (compare D. S. Johnson et al., "Optimization by simulated annealing: an experimental evaluation,
 * part I", Oper. Res. 37(6), 1989); and h, from 1, is multiplied by `cooling` with every trial.
 * Where h falls below COLD, it is REHEATED and the chain goes on from the best trial so far.
 *
 * Infeasible trials: one that breaks the constraints less, or not, is accepted, one that breaks
 * them more is not; failed ones only by a state that failed too. Numbers mutate by the polynomial
 * with an index that grows as the chain cools, (eta + 1) = (eta_mutation + 1) / sqrt(h): in a bowl,
 * d goes with the square of a step. Trials known already are not repeated: the more are in the way,
 * the more genes are mutated, one for every ATTEMPTS in vain.
 *
 * Each told trial is taken against the state as it is by then, also where a batch was asked for
 * from one state, and its chance is drawn by its place among the told: so the chain is a function
 * of what was told. */
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/standing.h"
#include "search/variation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE_MOVES = 21, ATTEMPTS = 16 };

static const double COLD = 1e-3;
static const double REHEATED = 0.1;
static const double MAX_ETA = 1000.0;

static const weft_variation own = {.eta_mutation = 3.0};

typedef struct anneal {
    double eta;
    size_t n; /* told trials taken in */
    size_t row;
    size_t best;
    double heat;               /* h */
    double moves[SCALE_MOVES]; /* (n_moves), ascending: the first d of the chain */
    size_t n_moves;
} anneal;

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    WEFT_TRY(weft_optimizer_one_objective(optimizer, error));
    anneal *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    model->eta = weft_variation_choose(&optimizer->settings, &own).eta_mutation;
    model->heat = 1.0;
    optimizer->state = model;
    return WEFT_OK;
}

/* ---- the chain ------------------------------------------------------------------------------- */

static void keep_move(anneal *model, double move) {
    if (model->n_moves == SCALE_MOVES) {
        return;
    }
    size_t place = model->n_moves++;
    for (; place > 0 && model->moves[place - 1] > move; place--) {
        model->moves[place] = model->moves[place - 1];
    }
    model->moves[place] = move;
}

static double scale(const anneal *model) {
    size_t n = model->n_moves;
    return 0.5 * (model->moves[(n - 1) / 2] + model->moves[n / 2]);
}

static bool accepts(const weft_optimizer *optimizer, anneal *model, size_t row) {
    const weft_outcome *state = &optimizer->history.outcomes[model->row];
    const weft_outcome *told = &optimizer->history.outcomes[row];
    if (state->state != WEFT_OUTCOME_OK || told->state != WEFT_OUTCOME_OK) {
        return !weft_outcome_dominates(state, told, 1);
    }
    double worse = told->objectives[0] - state->objectives[0];
    if (worse <= 0.0) {
        return true;
    }
    keep_move(model, worse);
    weft_rng rng = weft_rng_make(optimizer->settings.seed, WEFT_PURPOSE_ACCEPT, row);
    return weft_rng_uniform(&rng) <
           pow(optimizer->settings.acceptance, worse / (scale(model) * model->heat));
}

static void take(const weft_optimizer *optimizer, anneal *model, size_t row) {
    const weft_outcome *outcomes = optimizer->history.outcomes;
    bool best = row == 0 || weft_outcome_dominates(&outcomes[row], &outcomes[model->best], 1);
    model->best = best ? row : model->best;
    if (row == 0 || row < (size_t)optimizer->settings.startup_trials) {
        model->row = model->best;
        return;
    }
    model->row = accepts(optimizer, model, row) ? row : model->row;
    model->heat *= optimizer->settings.cooling;
    if (model->heat < COLD) {
        model->heat = REHEATED;
        model->row = model->best;
    }
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    (void)error;
    anneal *model = optimizer->state;
    while (model->n < optimizer->history.n) {
        take(optimizer, model, model->n++);
    }
    return WEFT_OK;
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    const anneal *model = optimizer->state;
    const weft_gene_table *table = &optimizer->table;
    if (model->n == 0 || model->n < (size_t)optimizer->settings.startup_trials) {
        weft_genome_draw(table, rng, genome);
        return;
    }
    double eta = fmin((model->eta + 1.0) / sqrt(model->heat) - 1.0, MAX_ETA);
    memcpy(genome, weft_history_genome(&optimizer->history, model->row),
           (size_t)table->n_genes * sizeof *genome);
    for (int i = 0; i <= attempt / ATTEMPTS; i++) {
        weft_mutate_one(table, eta, rng, genome);
    }
}

const weft_method weft_method_anneal = {
    .name = "anneal", .create = create, .destroy = free, .prepare = prepare, .propose = propose};
