/* SPDX-License-Identifier: Apache-2.0
 *
 * One trial: decode, price, check what needs no training, train, check the rest. What cannot work
 * is infeasible or failed with its reason, and never gets a score.
 */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "study/study.h"

void weft_trial_end(weft_trial *trial, weft_trial_state state, double violation,
                    const char *reason) {
    trial->state = state;
    trial->violation = violation;
    snprintf(trial->reason, sizeof trial->reason, "%s", reason);
}

void weft_trial_begin(const weft_study *study, uint64_t number, const double *genome,
                      weft_trial *trial) {
    *trial = (weft_trial){.number = number,
                          .genome = genome,
                          .score = NAN,
                          .test_accuracy = NAN,
                          .final_seconds = NAN};
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        trial->metrics[m] = NAN;
    }
    weft_space_describe(study->problem->space, genome, trial->description,
                        sizeof trial->description);
}

/* Sums what the constraints are broken by; those that name a metric still unknown wait. */
static double broken_constraints(const weft_problem *problem, const double *metrics, char *reason,
                                 size_t size) {
    double violation = 0.0;
    for (int c = 0; c < problem->info.n_constraints; c++) {
        bool known = true;
        for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
            known = known && !(weft_expr_uses(problem->constraints[c], m) && isnan(metrics[m]));
        }
        double amount = known ? weft_expr_evaluate(problem->constraints[c], metrics) : 0.0;
        if (amount > 0.0 || isnan(amount)) {
            if (violation == 0.0) {
                snprintf(reason, size, "breaks '%s' by %.3g %%", problem->info.constraints[c],
                         100.0 * amount);
            }
            violation += isnan(amount) ? INFINITY : amount;
        }
    }
    return violation;
}

/* Cost of the network on the chip. Sets the trial's state; false when it ends here. */
static bool price_network(const weft_study *study, const weft_network *network, weft_trial *trial,
                          weft_status *status, weft_error *error) {
    weft_workload *workload = NULL;
    weft_total total;
    *status = weft_workload_create(network, &workload, error);
    if (*status == WEFT_OK) {
        *status = weft_estimate(study->priced, workload, &total, error);
    }
    weft_workload_destroy(workload);
    if (*status == WEFT_ERROR_INFEASIBLE) {
        weft_trial_end(trial, WEFT_TRIAL_INFEASIBLE, INFINITY, error->message);
        *status = WEFT_OK;
        return false;
    }
    if (*status != WEFT_OK) {
        return false;
    }
    trial->metrics[WEFT_METRIC_ENERGY] = total.energy_j;
    trial->metrics[WEFT_METRIC_LATENCY] = total.latency_s;
    trial->metrics[WEFT_METRIC_AREA] = total.area_mm2;
    trial->metrics[WEFT_METRIC_MACS] = (double)network->macs;
    trial->metrics[WEFT_METRIC_PARAMS] = (double)network->params;
    trial->metrics[WEFT_METRIC_CROSSBARS] = (double)total.crossbars;
    trial->metrics[WEFT_METRIC_UTILISATION] = total.utilisation;
    return true;
}

static bool check_constraints(const weft_study *study, weft_trial *trial) {
    char reason[WEFT_TRIAL_TEXT] = "";
    double violation = broken_constraints(study->problem, trial->metrics, reason, sizeof reason);
    if (violation > 0.0) {
        weft_trial_end(trial, WEFT_TRIAL_INFEASIBLE, violation, reason);
        return false;
    }
    return true;
}

static bool measure_accuracy(const weft_study *study, const weft_network *network,
                             const weft_stop *stop, weft_trial *trial, weft_status *status,
                             weft_error *error) {
    if (study->accuracy == NULL) {
        return true;
    }
    weft_accuracy_result result;
    *status = weft_accuracy_evaluate(study->accuracy, network, WEFT_FIDELITY_CANDIDATE,
                                     study->problem->info.seed, stop, &result, error);
    if (*status == WEFT_ERROR_EVALUATION) {
        weft_trial_end(trial, WEFT_TRIAL_FAILED, INFINITY, error->message);
        *status = WEFT_OK;
        return false;
    }
    if (*status != WEFT_OK) {
        return false;
    }
    trial->metrics[WEFT_METRIC_ACCURACY] = result.accuracy;
    return true;
}

/* The objectives must be numbers: a score that divides by zero never wins. */
static void score_trial(const weft_problem *problem, weft_trial *trial) {
    if (problem->score != NULL) {
        trial->score = weft_expr_evaluate(problem->score, trial->metrics);
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

static weft_status evaluate_network(const weft_study *study, const weft_network *network,
                                    const weft_stop *stop, weft_trial *trial, weft_error *error) {
    weft_status status = WEFT_OK;
    trial->hash = weft_network_hash(network);
    if (price_network(study, network, trial, &status, error) && check_constraints(study, trial) &&
        measure_accuracy(study, network, stop, trial, &status, error) &&
        check_constraints(study, trial)) {
        score_trial(study->problem, trial);
    }
    return status;
}

uint64_t weft_phenotype_hash(const weft_study *study, const double *genome) {
    weft_network *network = NULL;
    weft_error ignored;
    if (weft_space_decode(study->problem->space, genome, &network, &ignored) != WEFT_OK) {
        return 0;
    }
    uint64_t hash = weft_network_hash(network);
    weft_network_destroy(network);
    return hash;
}

weft_status weft_evaluate(const weft_study *study, uint64_t number, const double *genome,
                          const weft_stop *stop, weft_trial *trial, weft_error *error) {
    weft_trial_begin(study, number, genome, trial);
    trial->started = weft_unix_time();
    double began = weft_steady_time();
    weft_network *network = NULL;
    weft_status status = weft_space_decode(study->problem->space, genome, &network, error);
    if (status == WEFT_ERROR_INFEASIBLE) {
        weft_trial_end(trial, WEFT_TRIAL_INFEASIBLE, INFINITY, error->message);
        status = WEFT_OK;
    } else if (status == WEFT_OK) {
        status = evaluate_network(study, network, stop, trial, error);
    }
    weft_network_destroy(network);
    trial->finished = weft_unix_time();
    trial->seconds = weft_steady_time() - began;
    return status;
}
