/* SPDX-License-Identifier: Apache-2.0 */
#include "study/judge.h"

#include <math.h>
#include <stdio.h>

void weft_trial_blank(const weft_problem *problem, uint64_t number, const double *genome,
                      weft_trial *trial) {
    *trial = (weft_trial){.number = number,
                          .genome = genome,
                          .fidelity = WEFT_FIDELITY_CANDIDATE,
                          .design = number,
                          .score = NAN,
                          .test_accuracy = NAN,
                          .final_seconds = NAN};
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        trial->metrics[m] = NAN;
    }
    weft_space_describe(problem->space, genome, trial->description, sizeof trial->description);
}

void weft_trial_end(weft_trial *trial, weft_trial_state state, double violation,
                    const char *reason) {
    trial->state = state;
    trial->violation = violation;
    snprintf(trial->reason, sizeof trial->reason, "%s", reason);
}

/* A constraint that names a metric still unknown waits. */
static bool is_known(const weft_expr *constraint, const double *metrics) {
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        if (isnan(metrics[m]) && weft_expr_uses(constraint, m)) {
            return false;
        }
    }
    return true;
}

/* By how much it is broken, relative to its limit; in its own unit, as the published code has it. What is
 * no number breaks it without bound. */
static double broken_by(const weft_problem *problem, int c, const double *metrics) {
    const weft_expr *constraint = problem->constraints[c];
    double amount = weft_problem_fault(problem, WEFT_FAULT_VIOLATION)
                        ? weft_expr_excess(constraint, metrics)
                        : weft_expr_evaluate(constraint, metrics);
    return isnan(amount) ? INFINITY : amount;
}

void weft_problem_amounts(const weft_problem *problem, const double *metrics,
                          double amounts[WEFT_MAX_CONSTRAINTS]) {
    for (int c = 0; c < problem->info.n_constraints; c++) {
        amounts[c] = is_known(problem->constraints[c], metrics) ? broken_by(problem, c, metrics)
                                                                : NAN;
    }
}

bool weft_problem_holds(const weft_problem *problem, const double *metrics) {
    for (int c = 0; c < problem->info.n_constraints; c++) {
        const weft_expr *constraint = problem->constraints[c];
        if (is_known(constraint, metrics) && !(weft_expr_evaluate(constraint, metrics) <= 0.0)) {
            return false;
        }
    }
    return true;
}

bool weft_trial_check(const weft_problem *problem, weft_trial *trial) {
    char reason[WEFT_TRIAL_TEXT] = "";
    double violation = 0.0;
    double amounts[WEFT_MAX_CONSTRAINTS];
    weft_problem_amounts(problem, trial->metrics, amounts);
    for (int c = 0; c < problem->info.n_constraints; c++) {
        if (amounts[c] > 0.0) {
            if (violation == 0.0) {
                double relative = weft_expr_evaluate(problem->constraints[c], trial->metrics);
                snprintf(reason, sizeof reason, "breaks '%.200s' by %.3g %%",
                         problem->info.constraints[c], 100.0 * relative);
            }
            violation += amounts[c];
        }
    }
    if (violation > 0.0) {
        weft_trial_end(trial, WEFT_TRIAL_INFEASIBLE, violation, reason);
    }
    return violation == 0.0;
}

bool weft_trial_knows(const weft_problem *problem, weft_trial *trial) {
    for (int c = 0; c < problem->info.n_constraints; c++) {
        if (!is_known(problem->constraints[c], trial->metrics)) {
            char reason[WEFT_TRIAL_TEXT];
            snprintf(reason, sizeof reason, "'%.200s' names a metric that this design has not",
                     problem->info.constraints[c]);
            weft_trial_end(trial, WEFT_TRIAL_FAILED, INFINITY, reason);
            return false;
        }
    }
    return true;
}

void weft_trial_score(const weft_problem *problem, weft_trial *trial) {
    if (problem->score != NULL) {
        trial->score = weft_problem_score(problem, trial->metrics);
    }
    double vector[WEFT_MAX_OBJECTIVES];
    weft_problem_objectives(problem, trial, vector);
    for (int i = 0; i < problem->info.n_objectives; i++) {
        if (!isfinite(vector[i])) {
            char reason[WEFT_TRIAL_TEXT];
            snprintf(reason, sizeof reason, "%s is not a finite number",
                     problem->score != NULL ? "the score"
                                            : weft_metric_token(problem->info.objectives[i]));
            trial->score = NAN;
            weft_trial_end(trial, WEFT_TRIAL_FAILED, INFINITY, reason);
            return;
        }
    }
}
