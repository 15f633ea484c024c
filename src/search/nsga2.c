/* SPDX-License-Identifier: Apache-2.0
 *
 * NSGA-II: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic
 * algorithm: NSGA-II", IEEE Trans. Evol. Comput. 6(2), 2002: of parents and children the best by
 * constrained domination, front and crowding survive, generation by generation (generation.h);
 * binary tournaments; children as in variation.h. The first `population` trials are random.
 */
#include "search/generation.h"
#include "search/sampling.h"
#include "search/variation.h"

#include <stdlib.h>

enum { POPULATION = 20 };

/* Probabilities and distribution indices of the paper's section IV. */
static const weft_variation own = {
    .crossover_probability = 0.9,
    .child_mutation_probability = 1.0,
    .mutation_probability = -1.0,
    .eta_crossover = 20.0,
    .eta_mutation = 20.0,
};

typedef struct nsga2 {
    weft_generation generation;
    weft_variation variation;
} nsga2;

static void destroy(void *state) {
    nsga2 *model = state;
    weft_generation_destroy(&model->generation);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    nsga2 *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    int population = optimizer->settings.population;
    size_t size = population > 0 ? (size_t)population : POPULATION;
    model->variation = weft_variation_choose(&optimizer->settings, &own);
    return weft_generation_create(size, size, &model->generation, error);
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    nsga2 *model = optimizer->state;
    return weft_generation_update(&model->generation, &optimizer->history,
                                  optimizer->settings.n_objectives, error);
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    (void)attempt;
    const nsga2 *model = optimizer->state;
    if (model->generation.n == 0) {
        weft_genome_draw(&optimizer->table, rng, genome);
        return;
    }
    const double *a = weft_generation_parent(&model->generation, &optimizer->history, rng);
    const double *b = weft_generation_parent(&model->generation, &optimizer->history, rng);
    weft_breed(&optimizer->table, &model->variation, a, b, rng, genome);
}

const weft_method weft_method_nsga2 = {
    .name = "nsga2", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
