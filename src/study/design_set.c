/* SPDX-License-Identifier: Apache-2.0
 *
 * Designs of a problem for predictors: what was measured, and what may be measured next. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/sample.h"
#include "base/rng.h"
#include "study/study.h"

struct weft_design_set {
    const weft_problem *problem;
    weft_meanings meanings;
    weft_seen seen; /* hashes of the networks that were added as trials */
    double *genomes, *accuracies;
    size_t capacity;
    weft_designs designs;
};

weft_status weft_design_set_create(const weft_problem *problem, weft_design_set **set,
                                   weft_error *error) {
    weft_design_set *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = weft_meanings_make(problem, &made->meanings, error);
    if (status != WEFT_OK) {
        weft_design_set_destroy(made);
        return status;
    }
    made->problem = problem;
    made->designs.genes = made->meanings.genes;
    *set = made;
    return WEFT_OK;
}

void weft_design_set_destroy(weft_design_set *set) {
    if (set != NULL) {
        weft_meanings_free(&set->meanings);
        weft_seen_destroy(&set->seen);
        free(set->genomes);
        free(set->accuracies);
        free(set);
    }
}

const weft_designs *weft_design_set_get(const weft_design_set *set) {
    return &set->designs;
}

/* ---- adding ------------------------------------------------------------------------------------ */

static weft_status grow(weft_design_set *set, weft_error *error) {
    size_t genes = (size_t)set->designs.genes.n;
    size_t capacity = set->capacity == 0 ? 64 : 2 * set->capacity;
    double *genomes = realloc(set->genomes, capacity * genes * sizeof *genomes);
    if (genomes == NULL) {
        return weft_fail_memory(error, capacity * genes * sizeof *genomes);
    }
    set->genomes = genomes;
    double *accuracies = realloc(set->accuracies, capacity * sizeof *accuracies);
    if (accuracies == NULL) {
        return weft_fail_memory(error, capacity * sizeof *accuracies);
    }
    set->accuracies = accuracies;
    set->capacity = capacity;
    set->designs.genomes = genomes;
    set->designs.accuracies = accuracies;
    return WEFT_OK;
}

weft_status weft_design_set_add(weft_design_set *set, const double *genome, double accuracy,
                                weft_error *error) {
    size_t genes = (size_t)set->designs.genes.n;
    if ((size_t)set->designs.n == set->capacity) {
        WEFT_TRY(grow(set, error));
    }
    memcpy(set->genomes + (size_t)set->designs.n * genes, genome, genes * sizeof *genome);
    set->accuracies[set->designs.n++] = accuracy;
    return WEFT_OK;
}

/* Of all genes but those of the chip. */
static uint64_t hash_genes(const weft_design_set *set, const double *genome) {
    uint64_t hash = 0;
    for (int g = 0; g < set->designs.genes.n; g++) {
        if (!set->meanings.all[g].of_chip) {
            double value = isnan(genome[g]) ? -1e300 : genome[g] + 0.0; /* one NaN, one zero */
            hash = weft_hash(&value, sizeof value, hash);
        }
    }
    return hash;
}

/* Of what is trained: a network that is there twice would be learned from and held out at once. Genes
 * stand for it where no two genomes are one network. */
static uint64_t hash_network(const weft_design_set *set, const double *genome) {
    const weft_space *space = set->problem->space;
    weft_network *network = NULL;
    weft_error ignored;
    if (weft_space_is_distinct(space) ||
        weft_space_decode(space, genome, 0, &network, &ignored) != WEFT_OK) {
        return hash_genes(set, genome);
    }
    uint64_t hash = weft_network_hash(network);
    weft_network_destroy(network);
    return hash;
}

/* A predictor that learned what another one said would be measured by its own word. */
static weft_status check_measured(const weft_problem *problem, weft_error *error) {
    if (strcmp(problem->provider, "predictor") != 0) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "the accuracies of study \"%s\" are what predictor %s says, expected measured ones",
              problem->info.name, problem->info.accuracy.file);
    weft_hint(error,
              "take a study whose accuracies were trained (`provider: train`), or train designs "
              "of this one's front");
    return WEFT_ERROR_INPUT;
}

weft_status weft_design_set_add_trials(weft_design_set *set, const weft_study *study,
                                       weft_error *error) {
    WEFT_TRY(check_measured(study->problem, error));
    for (size_t i = 0; i < study->n_trials; i++) {
        const weft_trial *trial = &study->trials[i];
        double accuracy = trial->metrics[WEFT_METRIC_ACCURACY];
        if (isnan(accuracy) || trial->partial) {
            continue;
        }
        uint64_t hash = hash_network(set, trial->genome);
        if (weft_seen_has(&set->seen, hash)) {
            continue;
        }
        WEFT_TRY(weft_seen_add(&set->seen, hash, error));
        WEFT_TRY(weft_design_set_add(set, trial->genome, accuracy, error));
    }
    return WEFT_OK;
}

weft_status weft_design_set_sample(weft_design_set *set, int n, uint64_t seed, weft_error *error) {
    return weft_sample_designs(set->genomes, set->accuracies, (size_t)set->designs.genes.n,
                               &set->designs.n, n, seed, error);
}

/* ---- a pool ------------------------------------------------------------------------------------ */

/* Random designs, by the optimizer that proposes them. */
static weft_status add_random(weft_design_set *set, const double *stand, bool *frozen, int n,
                              uint64_t seed, weft_error *error) {
    weft_gene_table table = weft_space_genes(set->problem->space);
    weft_optimizer_settings settings;
    weft_optimizer *optimizer = NULL;
    int given = 0;
    weft_optimizer_defaults(&settings);
    settings.name = "random";
    settings.n_objectives = 1;
    settings.seed = seed;
    settings.frozen = frozen;
    settings.frozen_genome = stand;
    double *genomes = calloc((size_t)n * (size_t)table.n_genes, sizeof *genomes);
    if (genomes == NULL) {
        return weft_fail_memory(error, (size_t)n * (size_t)table.n_genes * sizeof *genomes);
    }
    weft_status status = weft_optimizer_create(&table, &settings, &optimizer, error);
    if (status == WEFT_OK) {
        status = weft_optimizer_ask(optimizer, 0, n, genomes, &given, error);
    }
    for (int i = 0; i < given && status >= 0; i++) {
        status = weft_design_set_add(set, genomes + (size_t)i * (size_t)table.n_genes, NAN, error);
    }
    weft_optimizer_destroy(optimizer);
    free(genomes);
    return status < 0 ? status : WEFT_OK;
}

/* All designs one step of a gene beside another. */
static weft_status add_beside(weft_design_set *set, const double *genome, const bool *frozen,
                              double *room, weft_error *error) {
    weft_gene_table table = weft_space_genes(set->problem->space);
    for (int g = 0; g < table.n_genes; g++) {
        for (int way = -1; way <= 1 && !frozen[g]; way += 2) {
            weft_status status = weft_problem_step(set->problem, genome, g, way, room, error);
            if (status == WEFT_OK) {
                WEFT_TRY(weft_design_set_add(set, room, NAN, error));
            } else if (status < 0 && status != WEFT_ERROR_INFEASIBLE) {
                return status;
            }
        }
    }
    return WEFT_OK;
}

/* The place of the most accurate design that is not taken yet; -1: none. */
static int best_left(const weft_designs *known, const bool *taken) {
    int best = -1;
    for (int i = 0; i < known->n; i++) {
        if (!taken[i] && (best < 0 || known->accuracies[i] > known->accuracies[best])) {
            best = i;
        }
    }
    return best;
}

static weft_status fill_pool(weft_design_set *set, const weft_designs *known, int near, int n,
                             uint64_t seed, double *stand, bool *frozen, bool *taken,
                             weft_error *error) {
    int genes = set->designs.genes.n;
    weft_problem_hold(set->problem, stand);
    for (int g = 0; g < genes; g++) {
        frozen[g] = set->meanings.all[g].of_chip || !isnan(set->problem->fixed[g]);
    }
    if (n > 0) {
        WEFT_TRY(add_random(set, stand, frozen, n, seed, error));
    }
    for (int k = 0; k < near; k++) {
        int best = best_left(known, taken);
        if (best < 0) {
            break;
        }
        taken[best] = true;
        WEFT_TRY(
            add_beside(set, known->genomes + (size_t)best * (size_t)genes, frozen, stand, error));
    }
    return WEFT_OK;
}

weft_status weft_design_set_add_pool(weft_design_set *set, const weft_designs *known, int near,
                                     int n, uint64_t seed, weft_error *error) {
    size_t genes = (size_t)set->designs.genes.n;
    double *stand = calloc(genes, sizeof *stand);
    bool *frozen = calloc(genes, sizeof *frozen);
    bool *taken = calloc((size_t)known->n + 1, sizeof *taken);
    weft_status status = stand != NULL && frozen != NULL && taken != NULL
                             ? fill_pool(set, known, near, n, seed, stand, frozen, taken, error)
                             : weft_fail_memory(error, genes * sizeof *stand);
    free(stand);
    free(frozen);
    free(taken);
    return status;
}
