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
                     weft_batch_genome(study, batch->next), trial);
    batch->next++;
    return WEFT_OK;
}

weft_status weft_study_evaluate(weft_study *study, weft_trial *trial, const weft_stop *stop,
                                weft_error *error) {
    WEFT_TRY(weft_study_need_store(study, error));
    return weft_evaluate(study, trial->number, trial->genome,
                         weft_problem_hash(study->problem, trial->genome), stop, trial, error);
}

weft_status weft_study_tell(weft_study *study, const weft_trial *trial, weft_error *error) {
    weft_batch *batch = &study->batch;
    WEFT_TRY(weft_study_need_store(study, error));
    bool asked = trial->number >= batch->first &&
                 trial->number - batch->first < (uint64_t)batch->next;
    if (!asked || batch->done[trial->number - batch->first]) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "trial %llu was not asked for, or was told before",
                         (unsigned long long)trial->number);
    }
    weft_trial told = *trial;
    told.genome = weft_batch_genome(study, (int)(trial->number - batch->first));
    if (told.state == WEFT_TRIAL_OK && study->problem->score != NULL) {
        told.score = weft_expr_evaluate(study->problem->score, told.metrics);
    }
    const char *fault = weft_trial_fault(study, &told);
    if (fault != NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE, "trial %llu cannot be told: %s",
                         (unsigned long long)told.number, fault);
    }
    WEFT_TRY(weft_batch_record(study, &told, error));
    return batch_complete(batch) ? weft_batch_close(study, error) : WEFT_OK;
}
