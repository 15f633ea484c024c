/* SPDX-License-Identifier: Apache-2.0
 * How the accuracies of a search agree with those of the final trainings. */
#include <math.h>
#include <stdlib.h>

#include "accuracy/agree.h"
#include "study/study.h"

double weft_trial_gap(const weft_trial *trial) {
    return trial->test_accuracy - trial->metrics[WEFT_METRIC_ACCURACY];
}

static int collect(const weft_study *study, double *searched, double *final, double *sum) {
    int n = 0;
    for (size_t i = 0; i < study->n_trials; i++) {
        const weft_trial *trial = &study->trials[i];
        if (isfinite(weft_trial_gap(trial))) {
            searched[n] = trial->metrics[WEFT_METRIC_ACCURACY];
            final[n++] = trial->test_accuracy;
            *sum += weft_trial_gap(trial);
        }
    }
    return n;
}

weft_status weft_study_gap(const weft_study *study, weft_gap *gap, weft_error *error) {
    double *values = calloc(2 * study->n_trials + 1, sizeof *values);
    double sum = 0.0;
    if (values == NULL) {
        return weft_fail_memory(error, (2 * study->n_trials + 1) * sizeof *values);
    }
    weft_gap made = {.mean = NAN, .tau = NAN};
    weft_status status = WEFT_OK;
    made.n = collect(study, values, values + study->n_trials, &sum);
    if (made.n > 0) {
        weft_agreement agreement;
        status = weft_agree(values, values + study->n_trials, made.n, &agreement, error);
        made.mean = sum / made.n;
        made.tau = status == WEFT_OK ? agreement.tau : NAN;
    }
    free(values);
    if (status == WEFT_OK) {
        *gap = made;
    }
    return status;
}
