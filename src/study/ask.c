/* SPDX-License-Identifier: Apache-2.0
 * The loop by hand: ask, evaluate, tell, one trial at a time. */
#include "study/study.h"

static bool batch_complete(const weft_batch *batch) {
    for (int i = 0; i < batch->n; i++) {
        if (!batch->done[i]) {
            return false;
        }
    }
    return true;
}

weft_status weft_study_ask(weft_study *study, weft_trial *trial, weft_error *error) {
    weft_batch *batch = &study->batch;
    WEFT_TRY(weft_study_need_store(study, error));
    if (study->problem->info.asynchronous) {
        return weft_async_begin(study, trial, error);
    }
    for (;;) {
        WEFT_TRY(weft_batch_open(study, error));
        while (batch->next < batch->n && batch->done[batch->next]) {
            batch->next++;
        }
        if (batch->next < batch->n) {
            break;
        }
        if (!batch_complete(batch)) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "all %d trials of the batch are handed out: tell them first",
                             batch->n);
        }
        WEFT_TRY(weft_batch_close(study, error));
    }
    weft_trial_begin(study, batch->first + (uint64_t)batch->next,
                     weft_batch_genome(study, batch->next), weft_batch_job(study, batch->next),
                     trial);
    batch->next++;
    return WEFT_OK;
}

weft_status weft_study_evaluate(weft_study *study, weft_trial *trial, const weft_stop *stop,
                                weft_error *error) {
    WEFT_TRY(weft_study_need_store(study, error));
    weft_job job = weft_trial_get_job(trial);
    weft_trial_begin(study, trial->number, trial->genome, study->brackets != NULL ? &job : NULL,
                     trial);
    return weft_evaluate(study, weft_problem_hash(study->problem, trial->genome), stop, trial,
                         error);
}

/* What was asked for as trial `number`, and is not told yet; false: nothing. */
static bool find_asked(const weft_study *study, uint64_t number, const double **genome,
                       const weft_job **job) {
    const weft_batch *batch = &study->batch;
    const weft_out *out = weft_async_find(study, number);
    if (out != NULL) {
        *genome = out->genome;
        *job = study->brackets != NULL ? &out->job : NULL;
        return true;
    }
    if (number < batch->first || number - batch->first >= (uint64_t)batch->next ||
        batch->done[number - batch->first]) {
        return false;
    }
    *genome = weft_batch_genome(study, (int)(number - batch->first));
    *job = weft_batch_job(study, (int)(number - batch->first));
    return true;
}

weft_status weft_study_tell(weft_study *study, const weft_trial *trial, weft_error *error) {
    weft_batch *batch = &study->batch;
    WEFT_TRY(weft_study_need_store(study, error));
    const double *genome = NULL;
    const weft_job *job = NULL;
    if (!find_asked(study, trial->number, &genome, &job)) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "trial %llu was not asked for, or was told before",
                         (unsigned long long)trial->number);
    }
    weft_trial told = *trial;
    told.genome = genome;
    told.fidelity = WEFT_FIDELITY_CANDIDATE;
    told.design = told.number;
    if (job != NULL) {
        weft_trial_set_job(study, job, &told);
    }
    if (told.state == WEFT_TRIAL_OK && study->problem->score != NULL) {
        told.score = weft_problem_score(study->problem, told.metrics);
    }
    const char *fault = weft_trial_fault(study, &told);
    if (fault != NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE, "trial %llu cannot be told: %s",
                         (unsigned long long)told.number, fault);
    }
    if (study->problem->info.asynchronous) {
        return weft_async_end(study, &told, error);
    }
    WEFT_TRY(weft_batch_record(study, &told, error));
    return batch_complete(batch) ? weft_batch_close(study, error) : WEFT_OK;
}
