/* SPDX-License-Identifier: Apache-2.0
 *
 * Batches. What is asked for trials kB .. kB+B-1 depends on the trials before kB alone, so a study
 * that was cut anywhere asks for the same trials again and keeps those it has, and any number of
 * threads gives the same study.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/study.h"

/* A trial that is good for the problem may have no score of the stage: it divides by zero. */
static weft_outcome_state stage_outcome(const weft_study *study, const weft_trial *trial,
                                        double *objectives) {
    int n = weft_stage_objectives(study->problem, study->stage, trial, objectives);
    for (int i = 0; i < n; i++) {
        if (!isfinite(objectives[i])) {
            return WEFT_OUTCOME_FAILED;
        }
    }
    return WEFT_OUTCOME_OK;
}

/* The amounts follow from the metrics, so a store has them. A design that could not be costed has none:
 * how far it is from one that can be is told as a whole. */
static void fill_violations(const weft_study *study, const weft_trial *trial,
                            weft_outcome *outcome) {
    double sum = 0.0;
    int n = study->problem->info.n_constraints;
    outcome->violation = trial->violation;
    weft_problem_amounts(study->problem, trial->metrics, outcome->violations);
    for (int c = 0; c < n; c++) {
        sum += isnan(outcome->violations[c]) ? 0.0 : outcome->violations[c];
    }
    outcome->n_constraints = sum == trial->violation ? n : 0;
}

/* How much of the whole evaluation a trial took. What is infeasible before its training is known as a
 * whole. */
static double fidelity_of(const weft_study *study, const weft_trial *trial) {
    bool before = trial->state == WEFT_TRIAL_INFEASIBLE &&
                  isnan(trial->metrics[WEFT_METRIC_ACCURACY]);
    return before ? 1.0 : weft_problem_fidelity_share(study->problem, trial->fidelity);
}

weft_status weft_study_learn(weft_study *study, const weft_trial *trial, weft_error *error) {
    weft_outcome outcome = {.state = WEFT_OUTCOME_OK};
    switch (trial->state) {
    case WEFT_TRIAL_OK:
        outcome.state = stage_outcome(study, trial, outcome.objectives);
        break;
    case WEFT_TRIAL_INFEASIBLE:
        outcome.state = WEFT_OUTCOME_INFEASIBLE;
        fill_violations(study, trial, &outcome);
        break;
    case WEFT_TRIAL_FAILED:
        outcome.state = WEFT_OUTCOME_FAILED;
        break;
    }
    if (study->brackets != NULL) {
        weft_job job = weft_trial_get_job(trial);
        outcome.fidelity = fidelity_of(study, trial);
        WEFT_TRY(weft_brackets_tell(study->brackets, &job, &outcome, error));
    }
    bool by_number = study->brackets != NULL || study->problem->info.asynchronous;
    WEFT_TRY(by_number ? weft_optimizer_tell_trial(study->optimizer, trial->design, trial->genome,
                                                   &outcome, error)
                       : weft_optimizer_tell(study->optimizer, trial->genome, &outcome, error));
    return trial->hash != 0 ? weft_seen_add(&study->seen, trial->hash, error) : WEFT_OK;
}

static void batch_free(weft_batch *batch) {
    free(batch->genomes);
    free(batch->hashes);
    free(batch->done);
    free(batch->jobs);
    *batch = (weft_batch){.first = batch->first};
}

const double *weft_batch_genome(const weft_study *study, int place) {
    return study->batch.genomes + (size_t)place * (size_t)study->genes.n_genes;
}

const weft_job *weft_batch_job(const weft_study *study, int place) {
    return study->batch.jobs != NULL ? &study->batch.jobs[place] : NULL;
}

weft_status weft_batch_record(weft_study *study, const weft_trial *trial, weft_error *error) {
    WEFT_TRY(weft_store_add_trial(study->store, trial, study->genes.n_genes, error));
    WEFT_TRY(weft_study_keep(study, trial, error));
    study->batch.done[trial->number - study->batch.first] = true;
    return WEFT_OK;
}

static bool is_same(const weft_study *study, const weft_trial *trial, int place) {
    const weft_job *job = weft_batch_job(study, place);
    bool same_job = job == NULL || (trial->fidelity == job->fidelity && trial->rung == job->rung &&
                                    trial->bracket == job->bracket && trial->design == job->design);
    return same_job &&
           weft_genome_equal(&study->genes, trial->genome, weft_batch_genome(study, place));
}

/* Marks what the store has, and checks that this search would propose the same. */
static weft_status recognise(weft_study *study, weft_error *error) {
    weft_batch *batch = &study->batch;
    for (int i = 0; i < batch->n; i++) {
        size_t found = weft_study_find(study, batch->first + (uint64_t)i);
        if (found == SIZE_MAX) {
            continue;
        }
        if (!is_same(study, &study->trials[found], i)) {
            weft_fail(error, WEFT_ERROR_STORE,
                      "trial %llu of the store is not what this search would propose",
                      (unsigned long long)study->trials[found].number);
            weft_error_file(error, weft_store_path(study->store));
            weft_hint(error,
                      "the store was made by another version (%s) or was edited; start a "
                      "new store",
                      study->origin.version);
            return WEFT_ERROR_STORE;
        }
        batch->done[i] = true;
    }
    return WEFT_OK;
}

/* The genome of a design that goes on: that of its first trial. */
static weft_status genome_of(const weft_study *study, const weft_job *job, double *genome,
                             weft_error *error) {
    for (size_t t = study->n_trials; t > 0; t--) {
        const weft_trial *trial = &study->trials[t - 1];
        if (trial->design == job->design) {
            memcpy(genome, trial->genome, (size_t)study->genes.n_genes * sizeof *genome);
            return WEFT_OK;
        }
    }
    return weft_fail(error, WEFT_ERROR_INTERNAL, "design %llu goes on, and has no trial",
                     (unsigned long long)job->design);
}

weft_status weft_study_plan(weft_study *study, const double *out, int n_out, weft_job *job,
                            double *genome, weft_error *error) {
    for (;;) {
        weft_status status = weft_brackets_next(study->brackets, job, error);
        if (status != WEFT_OK) {
            return status;
        }
        int given = 1;
        if (!job->begins) {
            WEFT_TRY(genome_of(study, job, genome, error));
        } else {
            status = weft_optimizer_ask_beside(study->optimizer, out, n_out, job->design, 1, genome,
                                               &given, error);
        }
        if (status < 0) {
            return status;
        }
        if (given == 1) {
            return weft_brackets_begin(study->brackets, job, error);
        }
        weft_brackets_exhaust(study->brackets);
    }
}

/* A batch of the brackets: the genomes of new designs know of each other. */
static weft_status plan_batch(weft_study *study, int n, int *given, weft_error *error) {
    weft_batch *batch = &study->batch;
    size_t genes = (size_t)study->genes.n_genes;
    int fresh = 0;
    weft_status status = WEFT_OK;
    batch->jobs = calloc((size_t)n, sizeof *batch->jobs);
    double *out = calloc((size_t)n * genes, sizeof *out);
    if (batch->jobs == NULL || out == NULL) {
        status = weft_fail_memory(error, (size_t)n * genes * sizeof *out);
    }
    for (*given = 0; status == WEFT_OK && *given < n; *given += status == WEFT_OK) {
        double *genome = &batch->genomes[(size_t)*given * genes];
        weft_job *job = &batch->jobs[*given];
        status = weft_study_plan(study, out, fresh, job, genome, error);
        if (status == WEFT_OK && job->begins) {
            memcpy(&out[(size_t)fresh++ * genes], genome, genes * sizeof *out);
        }
    }
    free(out);
    return status;
}

static weft_status ask_batch(weft_study *study, int n, weft_error *error) {
    weft_batch *batch = &study->batch;
    size_t genes = (size_t)study->genes.n_genes;
    batch->genomes = calloc((size_t)n * genes, sizeof *batch->genomes);
    batch->hashes = calloc((size_t)n, sizeof *batch->hashes);
    batch->done = calloc((size_t)n, sizeof *batch->done);
    if (batch->genomes == NULL || batch->hashes == NULL || batch->done == NULL) {
        return weft_fail_memory(error, (size_t)n * genes * sizeof *batch->genomes);
    }
    int given = 0;
    weft_status status = study->brackets != NULL
                             ? plan_batch(study, n, &given, error)
                             : weft_optimizer_ask(study->optimizer,
                                                  batch->first - study->stage_first, n,
                                                  batch->genomes, &given, error);
    if (status < 0) {
        return status;
    }
    batch->is_short = study->brackets != NULL && given > 0 && given < n;
    study->exhausted = given < n && !batch->is_short;
    batch->n = given;
    batch->next = 0;
    for (int i = 0; i < given; i++) {
        batch->hashes[i] = weft_problem_hash(study->problem, weft_batch_genome(study, i));
    }
    return recognise(study, error);
}

/* Goes on to the next stage where the one at hand is over; WEFT_DONE: there is none. */
static weft_status next_stage(weft_study *study, weft_error *error) {
    uint64_t first = study->n_closed;
    if (first >= (uint64_t)study->problem->info.trials) {
        return WEFT_DONE;
    }
    if (!study->exhausted && first < weft_stage_end(study)) {
        return WEFT_OK;
    }
    return weft_stage_is_last(study) ? WEFT_DONE
                                     : weft_stage_enter(study, study->stage + 1, first, error);
}

weft_status weft_batch_open(weft_study *study, weft_error *error) {
    weft_batch *batch = &study->batch;
    uint64_t trials = (uint64_t)study->problem->info.trials;
    while (batch->n == 0) {
        WEFT_TRY(weft_steer_take(study, study->n_closed, error));
        WEFT_TRY(next_stage(study, error));
        batch->first = study->n_closed;
        uint64_t end = weft_stage_batch_end(study, batch->first);
        end = end < trials ? end : trials;
        weft_status status = ask_batch(study, (int)(end - batch->first), error);
        if (status != WEFT_OK || batch->n == 0) {
            batch_free(batch);
        }
        WEFT_TRY(status);
    }
    return WEFT_OK;
}

weft_status weft_batch_close(weft_study *study, weft_error *error) {
    weft_batch *batch = &study->batch;
    /* A batch cut short by the number of trials stays untold: were the study extended, its rest
     * must be asked for from the same history. */
    uint64_t end = batch->first + (uint64_t)batch->n;
    bool whole = end == weft_stage_batch_end(study, batch->first) || study->exhausted ||
                 batch->is_short;
    for (int i = 0; whole && i < batch->n; i++) {
        size_t index = weft_study_find(study, batch->first + (uint64_t)i);
        if (index == SIZE_MAX) {
            return weft_fail(error, WEFT_ERROR_INTERNAL, "trial %llu of the batch is missing",
                             (unsigned long long)(batch->first + (uint64_t)i));
        }
        WEFT_TRY(weft_study_learn(study, &study->trials[index], error));
    }
    study->n_closed += (uint64_t)batch->n;
    batch_free(batch);
    return WEFT_OK;
}
