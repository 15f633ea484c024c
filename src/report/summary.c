/* SPDX-License-Identifier: Apache-2.0 */
#include "report/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"
#include "study/problem.h"

/* ---- trials ---------------------------------------------------------------------------------- */

static weft_status gather_trials(const weft_study *study, weft_summary *summary,
                                 weft_error *error) {
    summary->n_trials = weft_study_size(study);
    summary->trials = calloc(summary->n_trials + 1, sizeof *summary->trials);
    summary->curve = calloc(summary->n_trials + 1, sizeof *summary->curve);
    if (summary->trials == NULL || summary->curve == NULL) {
        return weft_fail_memory(error, (summary->n_trials + 1) * sizeof *summary->trials);
    }
    for (size_t i = 0; i < summary->n_trials; i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        summary->trials[i] = trial;
        summary->ok += trial->state == WEFT_TRIAL_OK;
        summary->partial += trial->state == WEFT_TRIAL_OK && trial->partial;
        summary->designs = trial->design < summary->designs ? summary->designs : trial->design + 1;
        summary->infeasible += trial->state == WEFT_TRIAL_INFEASIBLE;
        summary->failed += trial->state == WEFT_TRIAL_FAILED;
    }
    summary->spent = weft_study_spent(study);
    return WEFT_OK;
}

static void gather_common(const weft_study *study, weft_summary *summary) {
    const weft_space *space = weft_problem_get_space(weft_study_get_problem(study));
    if (summary->n_trials > 0 && weft_space_network_is_fixed(space)) {
        const char *first = summary->trials[0]->description;
        size_t name = strcspn(first, " ");
        summary->common = first[name] == ' ' ? name + 1 : 0;
    }
}

static bool is_scored(const weft_summary *summary) {
    return summary->info->score[0] != '\0';
}

/* The best value so far of a study with one objective. */
static void best_so_far(weft_summary *summary) {
    bool scored = is_scored(summary);
    bool maximise = summary->info->maximise[0];
    double best = NAN;
    for (size_t i = 0; i < summary->n_trials; i++) {
        const weft_trial *trial = summary->trials[i];
        double value = scored ? trial->score : trial->metrics[summary->info->objectives[0]];
        bool better = isnan(best) || (maximise ? value > best : value < best);
        if (weft_trial_counts(trial) && !isnan(value) && better) {
            best = value;
        }
        summary->curve[i] = best;
    }
}

/* ---- fronts of two metrics ------------------------------------------------------------------- */

static bool maximised(const weft_problem_info *info, weft_metric metric) {
    for (int i = 0; i < info->n_objectives && info->score[0] == '\0'; i++) {
        if (info->objectives[i] == metric) {
            return info->maximise[i];
        }
    }
    return weft_metric_more_is_better(metric);
}

static void add_front(weft_summary *summary, weft_metric y, weft_metric x) {
    for (int i = 0; i < summary->n_fronts; i++) {
        if (summary->fronts[i].x == x && summary->fronts[i].y == y) {
            return;
        }
    }
    if (x == y || summary->n_fronts == WEFT_SUMMARY_FRONTS) {
        return;
    }
    weft_summary_front *front = &summary->fronts[summary->n_fronts++];
    front->x = x;
    front->y = y;
    front->x_maximise = maximised(summary->info, x);
    front->y_maximise = maximised(summary->info, y);
    weft_text_format(front->file, sizeof front->file, "front-%s-%s.svg", weft_metric_token(y),
                     weft_metric_token(x));
}

/* With accuracy: against energy, latency and whatever else is an objective. Without: the first
 * objective against the others, or energy against latency. */
static void choose_fronts(weft_summary *summary) {
    const weft_problem_info *info = summary->info;
    bool listed = info->score[0] == '\0';
    weft_metric base = WEFT_METRIC_ACCURACY;
    if (info->trains) {
        add_front(summary, base, WEFT_METRIC_ENERGY);
        add_front(summary, base, WEFT_METRIC_LATENCY);
    } else {
        base = listed ? info->objectives[0] : WEFT_METRIC_ENERGY;
    }
    for (int i = 0; i < info->n_objectives && listed; i++) {
        add_front(summary, base, info->objectives[i]);
    }
    if (summary->n_fronts == 0) {
        add_front(summary, base,
                  base == WEFT_METRIC_LATENCY ? WEFT_METRIC_ENERGY : WEFT_METRIC_LATENCY);
    }
}

static weft_status gather_fronts(const weft_study *study, weft_summary *summary,
                                 weft_error *error) {
    WEFT_TRY(weft_study_front(study, &summary->front, &summary->n_front, error));
    choose_fronts(summary);
    for (int i = 0; i < summary->n_fronts; i++) {
        weft_summary_front *front = &summary->fronts[i];
        weft_metric metrics[2] = {front->x, front->y};
        bool maximise[2] = {front->x_maximise, front->y_maximise};
        WEFT_TRY(
            weft_study_front_of(study, metrics, maximise, 2, &front->trials, &front->n, error));
    }
    if (summary->n_front == 0) {
        return WEFT_OK;
    }
    size_t knee = 0;
    WEFT_TRY(weft_study_best(study, &knee, error));
    summary->knee = (ptrdiff_t)knee;
    return WEFT_OK;
}

/* ---- the chosen design ----------------------------------------------------------------------- */

static weft_status choose_design(weft_summary *summary, int64_t number, weft_error *error) {
    summary->chosen = summary->knee;
    if (number < 0) {
        return WEFT_OK;
    }
    for (size_t i = 0; i < summary->n_trials; i++) {
        if (summary->trials[i]->number == (uint64_t)number) {
            summary->chosen = (ptrdiff_t)i;
            return WEFT_OK;
        }
    }
    weft_fail(error, WEFT_ERROR_USAGE, "the study has no trial %lld", (long long)number);
    if (summary->n_trials > 0) {
        weft_hint(error, "its finished trials are numbered from %llu to %llu",
                  (unsigned long long)summary->trials[0]->number,
                  (unsigned long long)summary->trials[summary->n_trials - 1]->number);
    } else {
        weft_hint(error, "no trial has finished yet");
    }
    return WEFT_ERROR_USAGE;
}

/* What the chosen design is made of. */
static weft_status gather_design(const weft_study *study, weft_summary *summary,
                                 weft_error *error) {
    if (summary->chosen < 0) {
        return WEFT_OK;
    }
    const weft_problem *problem = weft_study_get_problem(study);
    const weft_space *space = weft_problem_get_space(problem);
    const double *genome = summary->trials[summary->chosen]->genome;
    int knobs = 0;
    (void)weft_space_knobs(space, &knobs);
    WEFT_TRY(weft_report_genes(space, genome, &summary->genes, &summary->n_genes, error));
    return knobs > 0 ? weft_problem_chip_of(problem, genome, 0, &summary->turned, error) : WEFT_OK;
}

/* A design without a breakdown (it does not fit the chip) is told in the page, not a fault. */
static weft_status gather_networks(const weft_study *study, weft_summary *summary,
                                   weft_error *error) {
    const weft_space *space = weft_problem_get_space(weft_study_get_problem(study));
    int n = weft_space_n_networks(space);
    summary->networks = calloc((size_t)n + 1, sizeof *summary->networks);
    if (summary->networks == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *summary->networks);
    }
    summary->n_networks = n;
    for (int i = 0; i < n; i++) {
        weft_summary_network *network = &summary->networks[i];
        weft_text_format(network->name, sizeof network->name, "%s",
                         weft_space_network_name(space, i));
        if (summary->chosen < 0) {
            continue;
        }
        weft_status status =
            weft_study_cost(study, (size_t)summary->chosen, i, &network->cost, error);
        if (status == WEFT_ERROR_INFEASIBLE) {
            weft_text_format(network->problem, sizeof network->problem, "%s", error->message);
        } else if (status != WEFT_OK) {
            return status;
        }
    }
    return WEFT_OK;
}

static weft_status gather(const weft_study *study, const weft_report_settings *settings,
                          weft_summary *summary, weft_error *error) {
    weft_problem *problem = weft_study_get_problem(study);
    summary->info = weft_problem_get_info(problem);
    summary->origin = weft_study_get_origin(study);
    summary->study = study;
    summary->chip = weft_problem_get_chip(problem);
    WEFT_TRY(weft_problem_write_alone(problem, &summary->problem_text, error));
    WEFT_TRY(gather_trials(study, summary, error));
    gather_common(study, summary);
    WEFT_TRY(gather_fronts(study, summary, error));
    if (summary->info->n_objectives == 1) {
        best_so_far(summary);
    } else {
        WEFT_TRY(weft_study_hypervolume(study, summary->curve, error));
    }
    WEFT_TRY(weft_study_gap(study, &summary->gap, error));
    WEFT_TRY(weft_report_picks(study, summary->picks, &summary->n_picks, error));
    WEFT_TRY(choose_design(summary, settings->design, error));
    WEFT_TRY(gather_design(study, summary, error));
    WEFT_TRY(gather_networks(study, summary, error));
    return weft_summary_weigh(study, summary, error);
}

weft_status weft_summary_gather(const weft_study *study, const weft_report_settings *settings,
                                weft_summary *summary, weft_error *error) {
    *summary = (weft_summary){.knee = -1, .chosen = -1};
    weft_status status = gather(study, settings, summary, error);
    if (status != WEFT_OK) {
        weft_summary_free(summary);
    }
    return status;
}

void weft_summary_free(weft_summary *summary) {
    free(summary->problem_text);
    free(summary->trials);
    free(summary->curve);
    free(summary->front);
    for (int i = 0; i < summary->n_fronts; i++) {
        free(summary->fronts[i].trials);
    }
    for (int i = 0; i < summary->n_networks; i++) {
        weft_cost_destroy(summary->networks[i].cost);
    }
    free(summary->networks);
    weft_chip_destroy(summary->turned);
    free(summary->genes);
    free(summary->importance);
    *summary = (weft_summary){.knee = -1, .chosen = -1};
}
