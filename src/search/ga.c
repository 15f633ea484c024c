/* SPDX-License-Identifier: Apache-2.0
 *
 * Genetic algorithms for one objective, as joint searches of networks and chips use them.
 *
 * `ga`: (mu + lambda) generations (generation.h) of binary tournaments, bounded SBX and polynomial
 * mutation with small distribution indices (variation.h), feasible before infeasible before failed
 * (K. Deb, "An efficient constraint handling method for genetic algorithms", Comput. Methods Appl.
 * Mech. Eng. 186, 2000), no genome twice. The defaults are those of O. Krestinskaya et al.,
 * "CIMNAS", arXiv 2509.25862, and its published search: population 150, both indices 3, both
 * probabilities 0.95 of a child.
 *
 * `ga4`: a screened start and four phases, from exploring to refining, after O. Krestinskaya,
 * M. E. Fouda, A. Eltawil, K. N. Salama, "Joint hardware-workload co-optimization for in-memory
 * computing accelerators", arXiv 2603.03880, and its published search, whose figures are the
 * defaults: of 1000 random legal genomes the 500 farthest apart are tried (screen.h), the best 70
 * breed, ten generations a phase. There each phase starts again from the best designs so far; here
 * the survivors are those already.
 */
#include "search/generation.h"
#include "search/sampling.h"
#include "search/screen.h"
#include "search/variation.h"

#include <stdlib.h>
#include <string.h>

enum { POPULATION = 150, POPULATION_OF_PHASES = 70 };

static const weft_variation own = {
    .crossover_probability = 0.95,
    .child_mutation_probability = 0.95,
    .mutation_probability = -1.0,
    .eta_crossover = 3.0,
    .eta_mutation = 3.0,
};

typedef struct ga {
    weft_generation generation;
    weft_variation phases[WEFT_SEARCH_PHASES];
    size_t phase_generations; /* 0: the first phase lasts for ever */
    double *screened;         /* (n_screened, n_genes): what the first trials are; NULL: random */
    size_t n_screened;
} ga;

static void destroy(void *state) {
    ga *model = state;
    weft_generation_destroy(&model->generation);
    free(model->screened);
    free(model);
}

static weft_status create_state(weft_optimizer *optimizer, weft_error *error) {
    WEFT_TRY(weft_optimizer_one_objective(optimizer, error));
    optimizer->state = calloc(1, sizeof(ga));
    return optimizer->state != NULL ? WEFT_OK : weft_fail_memory(error, sizeof(ga));
}

static size_t population_of(const weft_optimizer *optimizer, size_t of_method) {
    int population = optimizer->settings.population;
    return population > 0 ? (size_t)population : of_method;
}

static weft_status create_ga(weft_optimizer *optimizer, weft_error *error) {
    WEFT_TRY(create_state(optimizer, error));
    ga *model = optimizer->state;
    size_t size = population_of(optimizer, POPULATION);
    model->phases[0] = weft_variation_choose(&optimizer->settings, &own);
    return weft_generation_create(size, size, &model->generation, error);
}

static weft_status create_ga4(weft_optimizer *optimizer, weft_error *error) {
    WEFT_TRY(create_state(optimizer, error));
    const weft_optimizer_settings *settings = &optimizer->settings;
    ga *model = optimizer->state;
    for (int k = 0; k < WEFT_SEARCH_PHASES; k++) {
        const weft_search_phase *phase = &settings->phases[k];
        model->phases[k] =
            (weft_variation){.crossover_probability = phase->crossover_probability,
                             .child_mutation_probability = phase->child_mutation_probability,
                             .mutation_probability = settings->mutation_probability,
                             .eta_crossover = phase->eta_crossover,
                             .eta_mutation = phase->eta_mutation};
    }
    model->phase_generations = (size_t)settings->phase_generations;
    WEFT_TRY(weft_screen(&optimizer->table, settings->seed, (size_t)settings->sample,
                         (size_t)settings->screened, &model->screened, &model->n_screened, error));
    size_t size = population_of(optimizer, POPULATION_OF_PHASES);
    size_t n_first = model->n_screened > size ? model->n_screened : size;
    return weft_generation_create(size, n_first, &model->generation, error);
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    ga *model = optimizer->state;
    return weft_generation_update(&model->generation, &optimizer->history, 1, error);
}

/* The phase in which the newest survivors breed; the last has no end. */
static const weft_variation *phase_of(const ga *model) {
    size_t phase = model->phase_generations > 0
                       ? (model->generation.n_complete - 1) / model->phase_generations
                       : 0;
    return &model->phases[phase < WEFT_SEARCH_PHASES ? phase : WEFT_SEARCH_PHASES - 1];
}

static void propose_first(const weft_optimizer *optimizer, uint64_t trial, int attempt,
                          weft_rng *rng, double *genome) {
    const ga *model = optimizer->state;
    size_t n_genes = (size_t)optimizer->table.n_genes;
    if (attempt == 0 && trial < model->n_screened) {
        memcpy(genome, &model->screened[trial * n_genes], n_genes * sizeof *genome);
    } else {
        weft_genome_draw(&optimizer->table, rng, genome);
    }
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    const ga *model = optimizer->state;
    if (model->generation.n == 0) {
        propose_first(optimizer, trial, attempt, rng, genome);
        return;
    }
    const double *a = weft_generation_parent(&model->generation, &optimizer->history, rng);
    const double *b = weft_generation_parent(&model->generation, &optimizer->history, rng);
    weft_breed(&optimizer->table, phase_of(model), a, b, rng, genome);
}

const weft_method weft_method_ga = {
    .name = "ga", .create = create_ga, .destroy = destroy, .prepare = prepare, .propose = propose};

const weft_method weft_method_ga4 = {.name = "ga4",
                                     .create = create_ga4,
                                     .destroy = destroy,
                                     .prepare = prepare,
                                     .propose = propose};
