/* SPDX-License-Identifier: Apache-2.0
 *
 * Trials from beginning to end, by whichever evaluator is idle. */
#include "base/clock.h"
#include "study/study.h"

void weft_trial_begin(const weft_study *study, uint64_t number, const double *genome,
                      const weft_job *job, weft_trial *trial) {
    weft_trial_blank(study->problem, number, genome, trial);
    trial->stage = study->stage;
    if (job != NULL) {
        weft_trial_set_job(study, job, trial);
    }
}

void weft_trial_set_job(const weft_study *study, const weft_job *job, weft_trial *trial) {
    trial->fidelity = job->fidelity;
    trial->partial = job->fidelity + 1 < study->problem->info.accuracy.n_fidelities;
    trial->bracket = job->bracket;
    trial->rung = job->rung;
    trial->design = job->design;
}

weft_job weft_trial_get_job(const weft_trial *trial) {
    return (weft_job){.design = trial->design,
                      .begins = trial->rung == 0,
                      .bracket = trial->bracket,
                      .rung = trial->rung,
                      .fidelity = trial->fidelity};
}

/* ---- idle evaluators ------------------------------------------------------------------------- */

weft_status weft_evaluators_take(weft_study *study, weft_evaluator **evaluator, weft_error *error) {
    weft_evaluators *idle = &study->evaluators;
    pthread_mutex_lock(&idle->mutex);
    *evaluator = idle->n > 0 ? idle->idle[--idle->n] : NULL;
    pthread_mutex_unlock(&idle->mutex);
    if (*evaluator == NULL) {
        WEFT_TRY(weft_evaluator_create(study->problem, study->accuracy, evaluator, error));
    }
    weft_evaluator_share(*evaluator, study->cache);
    return WEFT_OK;
}

void weft_evaluators_give(weft_study *study, weft_evaluator *evaluator) {
    weft_evaluators *idle = &study->evaluators;
    pthread_mutex_lock(&idle->mutex);
    if (idle->n < WEFT_MAX_IDLE) {
        idle->idle[idle->n++] = evaluator;
        evaluator = NULL;
    }
    pthread_mutex_unlock(&idle->mutex);
    weft_evaluator_destroy(evaluator);
}

void weft_evaluators_free(weft_study *study) {
    for (int i = 0; i < study->evaluators.n; i++) {
        weft_evaluator_destroy(study->evaluators.idle[i]);
    }
    study->evaluators.n = 0;
}

/* ---- one trial ------------------------------------------------------------------------------- */

weft_status weft_evaluate(weft_study *study, uint64_t hash, const weft_stop *stop,
                          weft_trial *trial, weft_error *error) {
    weft_evaluator *evaluator = NULL;
    trial->hash = hash;
    trial->started = weft_unix_time();
    double began = weft_steady_time();
    WEFT_TRY(weft_evaluators_take(study, &evaluator, error));
    weft_status status = weft_evaluator_run(evaluator, stop, trial, error);
    weft_evaluators_give(study, evaluator);
    trial->seconds = weft_steady_time() - began;
    trial->finished = trial->started + trial->seconds;
    return status;
}
