/* SPDX-License-Identifier: Apache-2.0
 *
 * Stages of a search. Each has an optimizer of its own, which varies the stage's genes; the others
 * stand where the best design of the stages before has them, and where nobody searched yet as the
 * problem holds or fixes them. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "study/study.h"

/* By what the stage wants, the less the better; a trial that is not ok, or has no such score, is as bad
 * as can be. */
static double badness(const weft_problem *problem, int stage, const weft_trial *trial) {
    double vector[WEFT_MAX_OBJECTIVES];
    if (!weft_trial_counts(trial)) {
        return INFINITY;
    }
    weft_stage_objectives(problem, stage, trial, vector);
    return isfinite(vector[0]) ? vector[0] : INFINITY;
}

/* The best trial before `first` by what stage `s` wants; the earliest of equals. NULL: none is ok. */
static const weft_trial *best_before(const weft_study *study, int s, uint64_t first) {
    const weft_trial *best = NULL;
    double least = INFINITY;
    for (size_t t = 0; t < study->n_trials && study->trials[t].number < first; t++) {
        double value = badness(study->problem, s, &study->trials[t]);
        if (value < least) {
            least = value;
            best = &study->trials[t];
        }
    }
    return best;
}

/* Where all genes stand when the stage begins. */
static void stand(const weft_study *study, int stage, uint64_t first, double *genome) {
    weft_problem_hold(study->problem, genome);
    const weft_trial *best = stage > 0 ? best_before(study, stage - 1, first) : NULL;
    for (int g = 0; best != NULL && g < study->genes.n_genes; g++) {
        if (!isnan(best->genome[g])) {
            genome[g] = best->genome[g];
        }
    }
    for (int g = 0; g < study->genes.n_genes; g++) { /* a fixed gene is where it is */
        if (weft_problem_varies(study->problem, g)) {
            genome[g] = weft_restriction_nearest(&study->genes.genes[g], &study->restrictions[g],
                                                 genome[g]);
        }
    }
}

/* Told apart for the optimizer: genomes whose design was evaluated before. */
static bool design_seen(void *context, const double *genome) {
    const weft_study *study = context;
    uint64_t hash = weft_problem_hash(study->problem, genome);
    for (int i = 0; hash != 0 && i < study->n_out; i++) {
        if (study->out[i].hash == hash) {
            return true;
        }
    }
    return hash != 0 && weft_seen_has(&study->seen, hash);
}

static weft_status make_optimizer(weft_study *study, const bool *varies, const double *genome,
                                  weft_error *error) {
    const weft_problem_info *info = &study->problem->info;
    size_t n = (size_t)study->genes.n_genes;
    bool *frozen = calloc(n, sizeof *frozen);
    if (frozen == NULL) {
        return weft_fail_memory(error, n);
    }
    for (size_t g = 0; g < n; g++) {
        frozen[g] = !varies[g];
    }
    weft_optimizer_settings settings = info->optimizer;
    /* trials are numbered anew for each stage: its random numbers are its own */
    settings.seed = study->stage == 0 ? info->seed
                                      : weft_hash(&study->stage, sizeof study->stage, info->seed);
    settings.seen = design_seen;
    settings.seen_context = study;
    settings.delay = info->batch - 1;
    settings.frozen = frozen;
    settings.frozen_genome = genome;
    if (study->problem->stages[study->stage].score != NULL) {
        settings.n_objectives = 1;
    }
    weft_optimizer_destroy(study->optimizer);
    study->optimizer = NULL;
    weft_status status = weft_optimizer_create(&study->genes, &settings, &study->optimizer, error);
    free(frozen);
    return status == WEFT_OK ? weft_optimizer_restrict(study->optimizer, study->restrictions, error)
                             : status;
}

static weft_status make_brackets(weft_study *study, weft_error *error) {
    const weft_problem_info *info = &study->problem->info;
    weft_brackets_destroy(study->brackets);
    study->brackets = NULL;
    if (info->brackets.name == NULL) {
        return WEFT_OK;
    }
    weft_brackets_settings settings = info->brackets;
    settings.n_objectives = info->n_objectives;
    settings.n_fidelities = info->accuracy.n_fidelities;
    return weft_brackets_create(&settings, &study->brackets, error);
}

weft_status weft_stage_enter(weft_study *study, int stage, uint64_t first, weft_error *error) {
    size_t n = (size_t)study->genes.n_genes;
    double *genome = calloc(n, sizeof *genome);
    if (genome == NULL) {
        return weft_fail_memory(error, n * sizeof *genome);
    }
    study->stage = stage;
    study->stage_first = first;
    study->exhausted = false;
    weft_status reached = weft_steer_reach(study, first, error);
    if (reached != WEFT_OK) {
        free(genome);
        return reached;
    }
    stand(study, stage, first, genome);
    weft_status status = make_optimizer(study, study->problem->stages[stage].varies, genome, error);
    free(genome);
    return status == WEFT_OK ? make_brackets(study, error) : status;
}

bool weft_stage_is_last(const weft_study *study) {
    return study->stage + 1 >= weft_problem_n_stages(study->problem);
}

uint64_t weft_stage_end(const weft_study *study) {
    const weft_problem_info *info = &study->problem->info;
    return weft_stage_is_last(study)
               ? UINT64_MAX
               : study->stage_first + (uint64_t)info->stages[study->stage].trials;
}

uint64_t weft_stage_batch_end(const weft_study *study, uint64_t first) {
    uint64_t size = (uint64_t)study->problem->info.batch;
    uint64_t end = first + size - (first - study->stage_first) % size;
    return end < weft_stage_end(study) ? end : weft_stage_end(study);
}
