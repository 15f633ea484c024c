/* SPDX-License-Identifier: Apache-2.0
 *
 * Trials that were evaluated in part: what they cost, and with what they compare. */
#include <math.h>

#include "study/study.h"

/* The images that a step of a candidate's training sees, over those of the training part. */
static double work_of(const weft_fidelity_step *step) {
    return step->epochs * step->share;
}

double weft_problem_fidelity_share(const weft_problem *problem, weft_fidelity fidelity) {
    const weft_accuracy_settings *accuracy = &problem->info.accuracy;
    double part = 0.0;
    double whole = 0.0;
    if (fidelity < 0 || fidelity + 1 >= accuracy->n_fidelities) {
        return 1.0;
    }
    for (int i = 0; i < accuracy->n_fidelities; i++) {
        whole += work_of(&accuracy->fidelities[i]);
        part += i <= fidelity ? work_of(&accuracy->fidelities[i]) : 0.0;
    }
    return part / whole;
}

bool weft_trial_counts(const weft_trial *trial) {
    return trial->state == WEFT_TRIAL_OK && !trial->partial;
}

double weft_study_spent(const weft_study *study) {
    double spent = 0.0;
    for (size_t t = 0; t < study->n_trials; t++) {
        const weft_trial *trial = &study->trials[t];
        bool before = trial->state == WEFT_TRIAL_INFEASIBLE &&
                      isnan(trial->metrics[WEFT_METRIC_ACCURACY]);
        if (!before) {
            spent += weft_problem_fidelity_share(study->problem, trial->fidelity);
            spent -= trial->rung > 0
                         ? weft_problem_fidelity_share(study->problem, trial->fidelity - 1)
                         : 0.0;
        }
    }
    return spent;
}
