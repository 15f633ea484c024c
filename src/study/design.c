/* SPDX-License-Identifier: Apache-2.0
 *
 * What a genome stands for, in full: its chip, its networks, and where their costs come from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/study.h"

bool weft_knob_is_of(const weft_space *space, int knob, int r) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    if (knobs[knob].region == r) {
        return true;
    }
    for (int k = 0; k < n; k++) {
        if (knobs[k].region == r && strcmp(knobs[k].path, knobs[knob].path) == 0) {
            return false;
        }
    }
    return knobs[knob].region == 0;
}

/* ---- the chip -------------------------------------------------------------------------------- */

enum { TEXT = 64 };

typedef struct settings {
    int n;
    const char **paths;
    const char **texts;
    char (*room)[TEXT];
} settings;

static void settings_free(settings *of) {
    free(of->paths);
    free(of->texts);
    free(of->room);
}

/* "0.55 V" of each gene that is open, for region r. */
static weft_status collect_settings(const weft_problem *problem, const double *genome, int r,
                                    settings *to, weft_error *error) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(problem->space, &n);
    size_t room = (size_t)n + 1;
    *to = (settings){.paths = calloc(room, sizeof *to->paths),
                     .texts = calloc(room, sizeof *to->texts),
                     .room = calloc(room, sizeof *to->room)};
    if (to->paths == NULL || to->texts == NULL || to->room == NULL) {
        settings_free(to);
        return weft_fail_memory(error, room * sizeof *to->room);
    }
    for (int k = 0; k < n; k++) {
        const weft_space_knob *knob = &knobs[k];
        if (isnan(genome[knob->gene]) || !weft_knob_is_of(problem->space, k, r)) {
            continue;
        }
        char value[40];
        weft_space_value_text(problem->space, knob->gene, genome[knob->gene], value, sizeof value);
        bool bare = knob->unit[0] == '\0' || strcmp(knob->unit, "1") == 0;
        snprintf(to->room[to->n], TEXT, "%s%s%s", value, bare ? "" : " ", bare ? "" : knob->unit);
        to->paths[to->n] = knob->path;
        to->texts[to->n] = to->room[to->n];
        to->n++;
    }
    return WEFT_OK;
}

weft_status weft_problem_chip_of(const weft_problem *problem, const double *genome, int region,
                                 weft_chip **chip, weft_error *error) {
    settings all;
    WEFT_TRY(collect_settings(problem, genome, region, &all, error));
    weft_status status = weft_chip_settle(problem->chip, all.paths, all.texts, all.n, chip, error);
    settings_free(&all);
    return status;
}

/* ---- the networks ---------------------------------------------------------------------------- */

weft_status weft_problem_network_of(const weft_problem *problem, const double *genome, int which,
                                    weft_network **network, weft_error *error) {
    int n = weft_space_n_networks(problem->space);
    if (which < 0 || which >= n) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "the design has %d networks; there is no number %d", n, which);
    }
    return weft_space_decode(problem->space, genome, which, network, error);
}

/* ---- costs ----------------------------------------------------------------------------------- */

/* The cost of the layers of one region, -1: the chip has but one; and what leaks in it. */
static weft_status region_cost(const weft_problem *problem, const double *genome,
                               const weft_network *network, int r, weft_cost **cost,
                               weft_idle *idle, weft_error *error) {
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    weft_status status = weft_problem_chip_of(problem, genome, r < 0 ? 0 : r, &chip, error);
    if (status == WEFT_OK) {
        status = weft_priced_create(chip, &priced, error);
    }
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, error);
    }
    if (status == WEFT_OK && r >= 0) {
        status = weft_workload_assign(workload, network, r, error);
    }
    if (status == WEFT_OK) {
        status = weft_cost_create(priced, workload, cost, error);
    }
    if (status == WEFT_OK) {
        weft_priced_idle(priced, idle);
    }
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return status;
}

static weft_status network_cost(const weft_problem *problem, const double *genome,
                                const weft_network *network, weft_cost **cost, weft_error *error) {
    int n = weft_space_n_regions(problem->space);
    weft_idle idle;
    weft_idle part_idle;
    WEFT_TRY(region_cost(problem, genome, network, n > 1 ? 0 : -1, cost, &idle, error));
    weft_status status = WEFT_OK;
    for (int r = 1; r < n && status == WEFT_OK; r++) {
        weft_cost *part = NULL;
        status = region_cost(problem, genome, network, r, &part, &part_idle, error);
        if (status == WEFT_OK) {
            status = weft_cost_add(*cost, &idle, part, &part_idle, error);
        }
        weft_cost_destroy(part);
    }
    if (status != WEFT_OK) {
        weft_cost_destroy(*cost);
        *cost = NULL;
    }
    return status;
}

weft_status weft_problem_cost(const weft_problem *problem, const double *genome, int which,
                              weft_cost **cost, weft_error *error) {
    weft_network *network = NULL;
    WEFT_TRY(weft_problem_network_of(problem, genome, which, &network, error));
    weft_status status = network_cost(problem, genome, network, cost, error);
    weft_network_destroy(network);
    return status;
}

weft_status weft_study_cost(const weft_study *study, size_t i, int which, weft_cost **cost,
                            weft_error *error) {
    if (i >= study->n_trials) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the study has %zu trials; there is no index %zu",
                         study->n_trials, i);
    }
    return weft_problem_cost(study->problem, study->trials[i].genome, which, cost, error);
}
