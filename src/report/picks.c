/* SPDX-License-Identifier: Apache-2.0
 *
 * What each objective picks: the table that Amin, Mohammadi and Zand (ISVLSI 2024) centre on. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"
#include "report/picks.h"
#include "report/value.h"

/* The fitness functions of the paper. */
typedef enum fitness { FITNESS_ACCURACY, FITNESS_PER_LATENCY, FITNESS_PER_ENERGY } fitness;

static double fitness_of(const weft_trial *trial, fitness kind) {
    double accuracy = trial->metrics[WEFT_METRIC_ACCURACY];
    switch (kind) {
    case FITNESS_PER_LATENCY:
        return accuracy / trial->metrics[WEFT_METRIC_LATENCY];
    case FITNESS_PER_ENERGY:
        return accuracy / trial->metrics[WEFT_METRIC_ENERGY];
    case FITNESS_ACCURACY:
        break;
    }
    return accuracy;
}

/* One way of picking: exactly one of the problem's score, a metric, a fitness function. */
typedef struct rule {
    enum { RULE_SCORE, RULE_METRIC, RULE_FITNESS } kind;
    weft_metric metric;
    bool maximise;
    fitness fitness;
} rule;

static double rule_value(const rule *by, const weft_trial *trial) {
    double value = by->kind == RULE_SCORE    ? trial->score
                   : by->kind == RULE_METRIC ? trial->metrics[by->metric]
                                             : fitness_of(trial, by->fitness);
    return by->kind != RULE_FITNESS && !by->maximise ? -value : value;
}

bool weft_picks_structure(const char *description, weft_imc_spec *spec) {
    char design[WEFT_TRIAL_TEXT];
    weft_text_format(design, sizeof design, "%.*s", (int)strcspn(description, " "), description);
    weft_imc_defaults(spec);
    weft_error ignored;
    return weft_imc_parse(design, spec, &ignored) == WEFT_OK && spec->depth > 0;
}

static void fill_structure(const char *description, weft_pick *pick) {
    weft_imc_spec spec;
    if (!weft_picks_structure(description, &spec)) {
        return;
    }
    pick->depth = spec.depth;
    double kernels = 0.0;
    for (int b = 0; b < spec.depth; b++) {
        pick->blocks[spec.blocks[b]]++;
        kernels += spec.kernels[b];
    }
    pick->mean_kernels = kernels / spec.depth;
}

/* Same expression but for blanks. */
static bool same_text(const char *a, const char *b) {
    for (;; a++, b++) {
        a += strspn(a, " \t");
        b += strspn(b, " \t");
        if (*a != *b) {
            return false;
        }
        if (*a == '\0') {
            return true;
        }
    }
}

/* Adds what a rule picks: the best feasible trial, the earliest of equals; nothing where no trial
 * has a value or the objective is in the list. */
static void add_pick(const weft_study *study, const rule *by, const char *objective,
                     weft_pick *picks, int *n) {
    for (int i = 0; i < *n; i++) {
        if (same_text(picks[i].objective, objective)) {
            return;
        }
    }
    double best = -INFINITY;
    size_t chosen = SIZE_MAX;
    for (size_t t = 0; t < weft_study_size(study); t++) {
        const weft_trial *trial = weft_study_get_trial(study, t);
        double value = rule_value(by, trial);
        if (weft_trial_counts(trial) && !isnan(value) && (chosen == SIZE_MAX || value > best)) {
            best = value;
            chosen = t;
        }
    }
    if (chosen == SIZE_MAX || *n == WEFT_MAX_PICKS) {
        return;
    }
    weft_pick *pick = &picks[(*n)++];
    *pick = (weft_pick){.trial = chosen};
    weft_text_format(pick->objective, sizeof pick->objective, "%s", objective);
    fill_structure(weft_study_get_trial(study, chosen)->description, pick);
}

weft_status weft_report_picks(const weft_study *study, weft_pick *picks, int *n,
                              weft_error *error) {
    (void)error;
    const weft_problem_info *info = weft_problem_get_info(weft_study_get_problem(study));
    int count = 0;
    if (info->score[0] != '\0') {
        rule by = {.kind = RULE_SCORE, .maximise = info->maximise[0]};
        add_pick(study, &by, info->score, picks, &count);
    } else {
        for (int i = 0; i < info->n_objectives; i++) {
            rule by = {
                .kind = RULE_METRIC, .metric = info->objectives[i], .maximise = info->maximise[i]};
            add_pick(study, &by, weft_metric_token(info->objectives[i]), picks, &count);
        }
    }
    static const char *const names[] = {"accuracy", "accuracy / latency", "accuracy / energy"};
    for (int f = FITNESS_ACCURACY; f <= (int)FITNESS_PER_ENERGY; f++) {
        rule by = {.kind = RULE_FITNESS, .fitness = (fitness)f};
        add_pick(study, &by, names[f], picks, &count);
    }
    *n = count;
    return WEFT_OK;
}
