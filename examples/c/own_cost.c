/* SPDX-License-Identifier: Apache-2.0
 * A search by hand: Weft proposes designs and keeps the study, this program has the last word on
 * what they cost. Here the weights come from DRAM before each inference, at about 20 pJ a byte.
 *
 *     own_cost examples/c/own-cost.yaml study.db
 */
#include <stdio.h>
#include <stdlib.h>

#include <weft/weft.h>

static const double DRAM_JOULE_PER_BYTE = 20e-12; /* LPDDR, 2.5 pJ a bit */

static weft_status evaluate(weft_study *study, weft_trial *trial, weft_error *error) {
    weft_status status = weft_study_evaluate(study, trial, NULL, error);
    if (status == WEFT_OK && trial->state == WEFT_TRIAL_OK) {
        trial->metrics[WEFT_METRIC_ENERGY] += trial->metrics[WEFT_METRIC_PARAMS] *
                                              DRAM_JOULE_PER_BYTE;
    }
    return status;
}

static weft_status search(weft_study *study, weft_error *error) {
    weft_trial trial;
    weft_status status;
    while ((status = weft_study_ask(study, &trial, error)) == WEFT_OK) {
        status = evaluate(study, &trial, error);
        if (status == WEFT_OK) {
            status = weft_study_tell(study, &trial, error);
        }
        if (status != WEFT_OK) {
            break;
        }
    }
    return status == WEFT_DONE ? WEFT_OK : status;
}

static weft_status print_front(const weft_study *study, weft_error *error) {
    size_t *front = NULL;
    size_t n = 0;
    weft_status status = weft_study_front(study, &front, &n, error);
    for (size_t i = 0; status == WEFT_OK && i < n; i++) {
        const weft_trial *trial = weft_study_get_trial(study, front[i]);
        printf("%-32s %8.3f uJ %8.3f us\n", trial->description,
               1e6 * trial->metrics[WEFT_METRIC_ENERGY], 1e6 * trial->metrics[WEFT_METRIC_LATENCY]);
    }
    free(front);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: own_cost PROBLEM STORE\n");
        return 2;
    }
    weft_error error;
    weft_problem *problem = NULL;
    weft_study *study = NULL;
    weft_status status = weft_problem_read(argv[1], &problem, &error);
    if (status == WEFT_OK) {
        status = weft_study_open(problem, argv[2], &study, &error);
    }
    if (status == WEFT_OK) {
        status = search(study, &error);
    }
    if (status == WEFT_OK) {
        status = print_front(study, &error);
    }
    if (status < 0) {
        char text[2048];
        fputs(weft_error_format(&error, text, sizeof text), stderr);
    }
    weft_study_close(study);
    weft_problem_destroy(problem);
    return weft_status_exit_code(status);
}
