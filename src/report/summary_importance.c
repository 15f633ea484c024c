/* SPDX-License-Identifier: Apache-2.0
 * What a report says of the genes' importance. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/summary.h"

/* Fewer feasible trials tell no shares worth a figure; more than the others add only time. Values
 * that span more than a factor count as logarithms, so that the largest do not rule. */
enum { LEAST_TRIALS = 40, MOST_TRIALS = 2000, TREES = 32 };
static const double LOG_SPAN = 10.0;

/* Smaller shares are left out. */
static const double LEAST_SHARE = 0.005;

static double value_of(const weft_trial *trial, weft_metric metric) {
    return metric == WEFT_METRIC_COUNT ? trial->score : trial->metrics[metric];
}

static bool spans_much(const weft_summary *summary, weft_metric metric) {
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < summary->n_trials; i++) {
        if (weft_trial_counts(summary->trials[i])) {
            low = fmin(low, value_of(summary->trials[i], metric));
            high = fmax(high, value_of(summary->trials[i], metric));
        }
    }
    return low > 0.0 && high > LOG_SPAN * low;
}

/* Adds a row in its place among the largest. */
static void add_row(weft_summary_importance *to, const char *name, double share, double deviation) {
    int at = to->n;
    if (share < LEAST_SHARE) {
        return;
    }
    while (at > 0 && to->rows[at - 1].share < share) {
        at--;
    }
    if (at == WEFT_SUMMARY_SHARES) {
        return;
    }
    to->n += to->n < WEFT_SUMMARY_SHARES;
    for (int i = to->n - 1; i > at; i--) {
        to->rows[i] = to->rows[i - 1];
        memcpy(to->names[i], to->names[i - 1], sizeof to->names[i]);
    }
    to->rows[at] = (weft_report_importance_row){.share = share, .deviation = deviation};
    snprintf(to->names[at], sizeof to->names[at], "%s", name);
}

static void fill(const weft_gene_table *table, const weft_importance *from,
                 weft_summary_importance *to) {
    to->r2 = from->r2;
    to->n_trials = from->n_trials;
    for (int g = 0; g < from->n_genes; g++) {
        add_row(to, table->genes[g].name, from->genes[g].share, from->genes[g].deviation);
    }
    for (int p = 0; p < from->n_pairs; p++) {
        char name[sizeof to->names[0]];
        snprintf(name, sizeof name, "%s × %s", table->genes[from->pairs[p].first].name,
                 table->genes[from->pairs[p].second].name);
        add_row(to, name, from->pairs[p].share, from->pairs[p].deviation);
    }
    for (int i = 0; i < to->n; i++) {
        to->rows[i].name = to->names[i];
    }
}

weft_status weft_summary_weigh(const weft_study *study, weft_summary *summary, weft_error *error) {
    const weft_problem_info *info = summary->info;
    const weft_gene_table table =
        weft_space_genes(weft_problem_get_space(weft_study_get_problem(study)));
    weft_importance_settings settings;
    weft_importance_defaults(&settings);
    settings.trees = TREES;
    if (summary->ok - summary->partial < LEAST_TRIALS) {
        return WEFT_OK;
    }
    summary->importance = calloc(WEFT_MAX_OBJECTIVES, sizeof *summary->importance);
    if (summary->importance == NULL) {
        return weft_fail_memory(error, WEFT_MAX_OBJECTIVES * sizeof *summary->importance);
    }
    for (int i = 0; i < info->n_objectives; i++) {
        weft_metric metric = info->score[0] != '\0' ? WEFT_METRIC_COUNT : info->objectives[i];
        bool logarithm = spans_much(summary, metric);
        weft_importance *importance = NULL;
        weft_status status = weft_study_importance(study, metric, logarithm, MOST_TRIALS, &settings,
                                                   &importance, error);
        if (status == WEFT_ERROR_USAGE) {
            continue; /* the same value everywhere: nothing depends on a gene */
        }
        WEFT_TRY(status);
        weft_summary_importance *to = &summary->importance[summary->n_importance++];
        snprintf(to->quantity, sizeof to->quantity, "%s%s", logarithm ? "log " : "",
                 metric == WEFT_METRIC_COUNT ? "score" : weft_metric_token(metric));
        fill(&table, importance, to);
        weft_importance_destroy(importance);
    }
    return WEFT_OK;
}
