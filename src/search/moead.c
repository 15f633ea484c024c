/* SPDX-License-Identifier: Apache-2.0
 *
 * MOEA/D: Q. Zhang, H. Li, "MOEA/D: a multiobjective evolutionary algorithm based on
 * decomposition", IEEE Trans. Evol. Comput. 11(6), 2007. The front is taken apart into subproblems
 * of one objective, one for each direction w of directions.h, each with the best trial for it:
 *
 *     g(f | w) = max over k of  w_k (f_k - z_k) / (a_k - z_k)
 *
 * with z the least of each objective ever told, a the worst of it among the subproblems' trials,
 * and w_k no less than 10^-4 (Tchebycheff, normalised: sections III-B and V-F). Subproblems whose
 * directions are near are neighbours: parents are the trials of two of them, and a child replaces
 * those that it is better for. To keep the trials apart (H. Li, Q. Zhang, "Multiobjective
 * optimization problems with complicated Pareto sets, MOEA/D and NSGA-II", IEEE Trans. Evol.
 * Comput. 13(2), 2009) it replaces a few at most, and parents and those replaced are now and then
 * of all subproblems instead.
 *
 * Trial t is bred for subproblem t mod n; the t-th told trial counts as its child. Generations of
 * `population` told trials are taken in at once, in the order told, as in generation.h; the first
 * `population` trials are random. A trial without a result is worse than any with one; among those
 * that break constraints the smaller violation is better, whatever the subproblem. */
#include "search/directions.h"
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/variation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With 91 directions in three objectives, as in NSGA-III's comparisons. Neighbours come from a
 * table of all distances. */
enum { POPULATION = 92, MAX_POPULATION = 10000 };

#define LEAST_WEIGHT 1e-4

/* Section V of the paper of 2007. */
static const weft_variation own = {
    .crossover_probability = 1.0,
    .child_mutation_probability = 1.0,
    .mutation_probability = -1.0,
    .eta_crossover = 20.0,
    .eta_mutation = 20.0,
};

typedef struct moead {
    weft_directions directions;
    weft_variation variation;
    uint64_t seed;
    double neighbour_probability;
    size_t replacements;
    size_t size;          /* of a generation */
    size_t n;             /* subproblems */
    size_t n_neighbours;  /* of each, itself the first */
    size_t n_consumed;    /* told trials of complete generations */
    uint32_t *neighbours; /* (n, n_neighbours) */
    uint32_t *all;        /* (n): 0 .. n - 1 */
    uint32_t *pool;       /* (n): scratch */
    size_t *rows;         /* (n): the best trial of each; SIZE_MAX: none yet */
    bool known;           /* whether there was a result, and so an ideal */
    double ideal[WEFT_MAX_OBJECTIVES];
} moead;

static void destroy(void *state) {
    moead *model = state;
    weft_directions_destroy(&model->directions);
    free(model->neighbours);
    free(model->all);
    free(model->pool);
    free(model->rows);
    free(model);
}

/* ---- neighbours ------------------------------------------------------------------------------ */

typedef struct near {
    double square; /* of the distance */
    uint32_t index;
} near;

/* Puts a direction among the nearest so far, nearest first; of equals the first stays before. */
static void keep_near(near *nearest, size_t *n, size_t most, near added) {
    if (*n == most && !(added.square < nearest[most - 1].square)) {
        return;
    }
    size_t to = *n < most ? (*n)++ : most - 1;
    for (; to > 0 && nearest[to - 1].square > added.square; to--) {
        nearest[to] = nearest[to - 1];
    }
    nearest[to] = added;
}

/* With one objective all subproblems are the same. */
static const double *direction_of(const moead *model, size_t i) {
    return weft_direction(&model->directions, model->directions.m > 1 ? i : 0);
}

static weft_status fill_neighbours(moead *model, weft_error *error) {
    near *nearest = malloc(model->n_neighbours * sizeof *nearest);
    if (nearest == NULL) {
        return weft_fail_memory(error, model->n_neighbours * sizeof *nearest);
    }
    for (size_t i = 0; i < model->n; i++) {
        const double *w = direction_of(model, i);
        size_t n = 0;
        for (size_t j = 0; j < model->n; j++) {
            const double *v = direction_of(model, j);
            near other = {.square = j == i ? -1.0 : 0.0, .index = (uint32_t)j};
            for (int k = 0; k < model->directions.m; k++) {
                other.square += (w[k] - v[k]) * (w[k] - v[k]);
            }
            keep_near(nearest, &n, model->n_neighbours, other);
        }
        for (size_t j = 0; j < n; j++) {
            model->neighbours[i * model->n_neighbours + j] = nearest[j].index;
        }
        model->all[i] = (uint32_t)i;
        model->rows[i] = SIZE_MAX;
    }
    free(nearest);
    return WEFT_OK;
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    moead *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    const weft_optimizer_settings *settings = &optimizer->settings;
    model->variation = weft_variation_choose(settings, &own);
    model->seed = settings->seed;
    model->neighbour_probability = settings->neighbour_probability;
    model->replacements = (size_t)settings->replacements;
    model->size = weft_directions_population(settings, POPULATION);
    if (model->size > MAX_POPULATION) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "optimizer 'moead' with a population of %zu; expected %d at most",
                         model->size, (int)MAX_POPULATION);
    }
    WEFT_TRY(weft_directions_create(settings, model->size, &model->directions, error));
    model->n = settings->n_objectives > 1 ? model->directions.n : model->size;
    size_t wanted = (size_t)settings->neighbours;
    model->n_neighbours = wanted < model->n ? wanted : model->n;
    model->neighbours = malloc(model->n * model->n_neighbours * sizeof *model->neighbours);
    model->all = malloc(model->n * sizeof *model->all);
    model->pool = malloc(model->n * sizeof *model->pool);
    model->rows = malloc(model->n * sizeof *model->rows);
    if (model->neighbours == NULL || model->all == NULL || model->pool == NULL ||
        model->rows == NULL) {
        return weft_fail_memory(error, model->n * model->n_neighbours * sizeof *model->neighbours);
    }
    return fill_neighbours(model, error);
}

/* The subproblems among which a trial's parents are, and those that it may replace: the same draw
 * of the same stream when it is proposed and when it has been told. */
static const uint32_t *mates_of(const moead *model, uint64_t trial, weft_rng *rng, size_t *n) {
    *rng = weft_rng_make(model->seed, WEFT_PURPOSE_SELECT, trial);
    bool near_ones = weft_rng_uniform(rng) < model->neighbour_probability;
    *n = near_ones ? model->n_neighbours : model->n;
    return near_ones ? &model->neighbours[trial % model->n * model->n_neighbours] : model->all;
}

/* ---- replacement ----------------------------------------------------------------------------- */

static void take_ideal(moead *model, const weft_history *history, size_t row) {
    const weft_outcome *outcome = &history->outcomes[row];
    if (outcome->state != WEFT_OUTCOME_OK) {
        return;
    }
    for (int k = 0; k < model->directions.m; k++) {
        double f = outcome->objectives[k];
        model->ideal[k] = !model->known || f < model->ideal[k] ? f : model->ideal[k];
    }
    model->known = true;
}

/* The worst of each objective among the subproblems' trials, and, as long as a subproblem has none,
 * among the new ones, less the ideal; 1 where that is nothing. */
static void find_extents(const moead *model, const weft_history *history, double *extents) {
    bool first = model->n_consumed == 0;
    size_t n = first ? model->size : model->n;
    for (int k = 0; k < model->directions.m; k++) {
        double most = 0.0;
        for (size_t i = 0; i < n; i++) {
            const weft_outcome *outcome = &history->outcomes[first ? i : model->rows[i]];
            if (outcome->state == WEFT_OUTCOME_OK) {
                most = fmax(most, outcome->objectives[k] - model->ideal[k]);
            }
        }
        extents[k] = most > 0.0 && isfinite(most) ? most : 1.0;
    }
}

static double tchebycheff(const moead *model, const double *w, const double *extents,
                          const double *f) {
    double most = 0.0;
    for (int k = 0; k < model->directions.m; k++) {
        most = fmax(most, fmax(w[k], LEAST_WEIGHT) * (f[k] - model->ideal[k]) / extents[k]);
    }
    return most;
}

/* Whether trial `row` is better for a subproblem than the one it has. */
static bool better(const moead *model, const weft_history *history, const double *extents,
                   size_t subproblem, size_t row) {
    if (model->rows[subproblem] == SIZE_MAX) {
        return true;
    }
    const weft_outcome *now = &history->outcomes[model->rows[subproblem]];
    const weft_outcome *next = &history->outcomes[row];
    if (now->state != next->state) {
        return next->state < now->state;
    }
    if (now->state != WEFT_OUTCOME_OK) {
        return now->state == WEFT_OUTCOME_INFEASIBLE && next->violation < now->violation;
    }
    const double *w = direction_of(model, subproblem);
    return tchebycheff(model, w, extents, next->objectives) <
           tchebycheff(model, w, extents, now->objectives);
}

/* A child replaces at most `replacements` of its mates' trials, looked at in random order. */
static void replace(moead *model, const weft_history *history, const double *extents, size_t row) {
    weft_rng rng;
    size_t n;
    const uint32_t *mates = mates_of(model, row, &rng, &n);
    memcpy(model->pool, mates, n * sizeof *mates);
    size_t replaced = 0;
    for (size_t i = 0; i < n && replaced < model->replacements; i++) {
        size_t j = i + (size_t)weft_rng_below(&rng, n - i);
        uint32_t subproblem = model->pool[j];
        model->pool[j] = model->pool[i];
        if (better(model, history, extents, subproblem, row)) {
            model->rows[subproblem] = row;
            replaced++;
        }
    }
}

/* The first trials take one subproblem each; those beyond its number, where they are better. */
static void take_first(moead *model, const weft_history *history, const double *extents) {
    for (size_t row = 0; row < model->size; row++) {
        size_t subproblem = row % model->n;
        if (better(model, history, extents, subproblem, row)) {
            model->rows[subproblem] = row;
        }
    }
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    (void)error;
    moead *model = optimizer->state;
    const weft_history *history = &optimizer->history;
    while (history->n - model->n_consumed >= model->size) {
        double extents[WEFT_MAX_OBJECTIVES];
        for (size_t i = 0; i < model->size; i++) {
            take_ideal(model, history, model->n_consumed + i);
        }
        find_extents(model, history, extents);
        if (model->n_consumed == 0) {
            take_first(model, history, extents);
        } else {
            for (size_t i = 0; i < model->size; i++) {
                replace(model, history, extents, model->n_consumed + i);
            }
        }
        model->n_consumed += model->size;
    }
    return WEFT_OK;
}

/* ---- children -------------------------------------------------------------------------------- */

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)attempt;
    const moead *model = optimizer->state;
    if (model->n_consumed == 0) {
        weft_genome_draw(&optimizer->table, rng, genome);
        return;
    }
    weft_rng unused;
    size_t n;
    const uint32_t *mates = mates_of(model, trial, &unused, &n);
    size_t a = model->rows[mates[weft_rng_below(rng, n)]];
    size_t b = model->rows[mates[weft_rng_below(rng, n)]];
    weft_breed(&optimizer->table, &model->variation, weft_history_genome(&optimizer->history, a),
               weft_history_genome(&optimizer->history, b), rng, genome);
}

const weft_method weft_method_moead = {
    .name = "moead", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
