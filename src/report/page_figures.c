/* SPDX-License-Identifier: Apache-2.0
 * The report's figures, filled from its summary. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/picks.h"

static bool is_scored(const weft_summary *summary) {
    return summary->info->score[0] != '\0';
}

/* "highest accuracy", "fewest crossbars". */
static const char *superlative(weft_metric metric, bool maximise) {
    bool counted = metric == WEFT_METRIC_MACS || metric == WEFT_METRIC_PARAMS ||
                   metric == WEFT_METRIC_CROSSBARS || metric == WEFT_METRIC_CYCLES ||
                   metric == WEFT_METRIC_CELLS || metric == WEFT_METRIC_CELLS_NEEDED;
    return counted ? (maximise ? "most" : "fewest") : maximise ? "highest" : "lowest";
}

bool weft_page_score_metric(const weft_summary *summary, weft_metric *metric) {
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        if (strcmp(weft_metric_token((weft_metric)m), summary->info->score) == 0) {
            *metric = (weft_metric)m;
            return true;
        }
    }
    return false;
}

char *weft_page_score_text(const weft_summary *summary, double score, char *buffer, size_t size) {
    weft_metric metric;
    return weft_page_score_metric(summary, &metric) ? weft_metric_text(metric, score, buffer, size)
                                                    : weft_power_text(score, buffer, size);
}

char *weft_page_goal(const weft_summary *summary, char *buffer, size_t size) {
    const weft_problem_info *info = summary->info;
    if (is_scored(summary)) {
        return weft_text_format(buffer, size, "%s %s", info->maximise[0] ? "highest" : "lowest",
                                info->score);
    }
    buffer[0] = '\0';
    size_t used = 0;
    for (int i = 0; i < info->n_objectives && used + 1 < size; i++) {
        weft_text_format(buffer + used, size - used, "%s%s %s", i > 0 ? ", " : "",
                         superlative(info->objectives[i], info->maximise[i]),
                         weft_metric_name(info->objectives[i]));
        while (buffer[used] != '\0') {
            used++;
        }
    }
    return buffer;
}

bool weft_page_is_trained(const weft_summary *summary) {
    const char *provider = summary->info->accuracy.provider;
    return summary->info->trains && (provider == NULL || strcmp(provider, "train") == 0);
}

const char *weft_page_accuracy_word(const weft_summary *summary) {
    const char *provider = summary->info->accuracy.provider;
    return weft_page_is_trained(summary)                        ? "validation accuracy"
           : provider != NULL && strcmp(provider, "table") == 0 ? "measured accuracy"
                                                                : "predicted accuracy";
}

char *weft_page_accounting(const weft_summary *summary, char *buffer, size_t size) {
    const weft_problem_info *info = summary->info;
    if (info->n_faults == 0) {
        weft_chip_about about;
        weft_chip_get_about(summary->chip, &about);
        bool named = about.accounting[0] != '\0';
        return weft_text_format(buffer, size, "as the chip's file says%s%s%s", named ? " (" : "",
                                about.accounting, named ? ")" : "");
    }
    size_t used = (size_t)snprintf(buffer, size, "%s, faults on:", info->accounting);
    int on = 0;
    for (int f = 0; f < info->n_faults && used < size; f++) {
        if (info->faults[f].on) {
            weft_text_format(buffer + used, size - used, "%s %s", on++ > 0 ? "," : "",
                             info->faults[f].name);
            used += strlen(buffer + used);
        }
    }
    if (on == 0) {
        weft_text_format(buffer + used, size - used, " none");
    }
    return buffer;
}

/* ---- fronts ---------------------------------------------------------------------------------- */

static weft_status fill_points(const weft_summary *summary, const weft_summary_front *front,
                               weft_figure_point *points, size_t *n, weft_error *error) {
    bool *in_front = calloc(summary->n_trials + 1, sizeof *in_front);
    if (in_front == NULL) {
        return weft_fail_memory(error, summary->n_trials + 1);
    }
    for (size_t i = 0; i < front->n; i++) {
        in_front[front->trials[i]] = true;
    }
    *n = 0;
    for (size_t i = 0; i < summary->n_trials; i++) {
        const weft_trial *trial = summary->trials[i];
        if (!weft_trial_counts(trial)) {
            continue;
        }
        points[(*n)++] = (weft_figure_point){
            .x = trial->metrics[front->x],
            .y = trial->metrics[front->y],
            .test = front->y == WEFT_METRIC_ACCURACY ? trial->test_accuracy : NAN,
            .front = in_front[i],
            .knee = summary->n_front > 1 && summary->knee == (ptrdiff_t)i,
            .trial = trial->number,
            .label = weft_page_own(summary, trial),
        };
    }
    free(in_front);
    return WEFT_OK;
}

weft_status weft_page_front(const weft_summary *summary, int i, bool standalone, weft_markup *svg,
                            weft_error *error) {
    const weft_summary_front *front = &summary->fronts[i];
    weft_figure_point *points = calloc(summary->n_trials + 1, sizeof *points);
    if (points == NULL) {
        return weft_fail_memory(error, (summary->n_trials + 1) * sizeof *points);
    }
    size_t n = 0;
    weft_status status = fill_points(summary, front, points, &n, error);
    char id[24], title[160], detail[320];
    weft_text_format(id, sizeof id, "front%d", i);
    weft_text_format(title, sizeof title, "%s against %s", weft_metric_name(front->y),
                     weft_metric_name(front->x));
    weft_text_format(detail, sizeof detail,
                     "A scatter of %zu feasible designs; %zu of them form the front: no other "
                     "design is better in both. The table below the figure has their values.",
                     n, front->n);
    weft_figure_scatter figure = {
        .head = {.id = id, .standalone = standalone, .title = title, .detail = detail},
        .x = front->x,
        .y = front->y,
        .x_maximise = front->x_maximise,
        .y_maximise = front->y_maximise,
        .points = points,
        .n = n,
        .front_word = "front",
        .accuracy_word = summary->info->trains ? weft_page_accuracy_word(summary) : "accuracy",
    };
    if (status == WEFT_OK) {
        status = weft_figure_scatter_draw(&figure, svg, error);
    }
    free(points);
    return status;
}

/* ---- a front of several objectives ----------------------------------------------------------- */

/* Of the first three objectives, the first one that is better where it is more goes up. */
typedef struct shade_axes {
    weft_metric x, y, z;
} shade_axes;

static shade_axes choose_axes(const weft_problem_info *info) {
    int up = 0;
    for (int i = 2; i >= 0; i--) {
        up = info->maximise[i] ? i : up;
    }
    int x = up == 0 ? 1 : 0, z = 3 - up - x;
    return (shade_axes){info->objectives[x], info->objectives[up], info->objectives[z]};
}

bool weft_page_has_shade(const weft_summary *summary) {
    return !is_scored(summary) && summary->info->n_objectives > 2 && summary->n_front > 1;
}

weft_status weft_page_shade(const weft_summary *summary, bool standalone, weft_markup *svg,
                            weft_error *error) {
    shade_axes axes = choose_axes(summary->info);
    weft_figure_shaded *points = calloc(summary->n_front + 1, sizeof *points);
    if (points == NULL) {
        return weft_fail_memory(error, (summary->n_front + 1) * sizeof *points);
    }
    for (size_t i = 0; i < summary->n_front; i++) {
        const weft_trial *trial = summary->trials[summary->front[i]];
        points[i] = (weft_figure_shaded){trial->metrics[axes.x], trial->metrics[axes.y],
                                         trial->metrics[axes.z], trial->number};
    }
    char title[160], detail[320];
    weft_text_format(title, sizeof title, "The front: %s against %s, %s by colour",
                     weft_metric_name(axes.y), weft_metric_name(axes.x), weft_metric_name(axes.z));
    weft_text_format(detail, sizeof detail,
                     "A scatter of the %zu designs of the front of all %d objectives; the table of "
                     "the designs has their values.",
                     summary->n_front, summary->info->n_objectives);
    weft_figure_shade figure = {
        .head = {.id = "front", .standalone = standalone, .title = title, .detail = detail},
        .x = axes.x,
        .y = axes.y,
        .z = axes.z,
        .accuracy_word = summary->info->trains ? weft_page_accuracy_word(summary) : "accuracy",
        .points = points,
        .n = summary->n_front,
        .marked = {{"knee", summary->trials[summary->knee]->number}},
        .n_marked = 1,
    };
    if (summary->chosen >= 0 && summary->chosen != summary->knee) {
        figure.marked[figure.n_marked].name = "asked for";
        figure.marked[figure.n_marked++].trial = summary->trials[summary->chosen]->number;
    }
    weft_status status = weft_figure_shade_draw(&figure, svg, error);
    free(points);
    return status;
}

/* ---- hypervolume, or the best value ---------------------------------------------------------- */

weft_figure_line weft_page_curve_figure(const weft_summary *summary) {
    weft_figure_line figure = {
        .head = {.id = "curve", .title = "Hypervolume over trials"},
        .name = "hypervolume",
        .unit = "",
        .scale = WEFT_SCALE_PLAIN,
        .whole = pow(1.1, summary->info->n_objectives), /* of the reference point */
        .values = summary->curve,
        .n = summary->n_trials,
        .empty = "no feasible trial",
    };
    weft_metric metric = summary->info->objectives[0];
    bool one = is_scored(summary) ? weft_page_score_metric(summary, &metric)
                                  : summary->info->n_objectives == 1;
    if (is_scored(summary) && !one) {
        figure.head.title = "Best score over trials";
        figure.name = "best score";
        figure.scale = WEFT_SCALE_POWER;
        figure.whole = 0.0;
    } else if (one) {
        figure.head.title = is_scored(summary) ? "Best score over trials"
                                               : "Best value over trials";
        figure.whole = 0.0;
        figure.name = weft_metric_name(metric);
        figure.unit = weft_metric_unit_text(metric);
        figure.scale = weft_metric_scale(metric);
    }
    return figure;
}

weft_status weft_page_curve(const weft_summary *summary, bool standalone, weft_markup *svg,
                            weft_error *error) {
    weft_figure_line figure = weft_page_curve_figure(summary);
    char detail[240], last[WEFT_VALUE_TEXT], of[32] = "";
    double value = summary->n_trials > 0 ? summary->curve[summary->n_trials - 1] : NAN;
    weft_figure_value_text(&figure, value, last, sizeof last);
    if (figure.whole > 0.0) {
        weft_text_format(of, sizeof of, " of %.4g", figure.whole);
    }
    weft_text_format(detail, sizeof detail,
                     "A line that changes in steps over %zu trial%s and ends at %s%s.",
                     summary->n_trials, summary->n_trials == 1 ? "" : "s", last, of);
    figure.head.detail = detail;
    figure.head.standalone = standalone;
    return weft_figure_line_draw(&figure, svg, error);
}

/* ---- layers ---------------------------------------------------------------------------------- */

char *weft_page_layers_file(const weft_summary *summary, int which, bool latency, char *buffer,
                            size_t size) {
    const char *what = latency ? "latency" : "energy";
    if (summary->n_networks == 1) {
        return weft_text_format(buffer, size, "layers-%s.svg", what);
    }
    weft_text_format(buffer, size, "layers-%s-%d-%.32s", what, which + 1,
                     summary->networks[which].name);
    for (char *at = buffer; *at != '\0'; at++) {
        *at = (char)(isalnum((unsigned char)*at) ? *at : '-');
    }
    size_t used = strlen(buffer);
    weft_text_format(buffer + used, size - used, ".svg");
    return buffer;
}

/* "V32" of each block of the imc family; how many, 0 of any other. */
static int block_texts(const char *description, char texts[][16], const char **blocks) {
    static const char letters[] = {
        [WEFT_BLOCK_VGG] = 'V', [WEFT_BLOCK_MVGG] = 'M', [WEFT_BLOCK_RES] = 'R'};
    weft_imc_spec spec;
    int n = weft_picks_structure(description, &spec) ? spec.depth : 0;
    for (int b = 0; b < n; b++) {
        weft_text_format(texts[b], 16, "%c%d", letters[spec.blocks[b]], spec.kernels[b]);
        blocks[b] = texts[b];
    }
    return n;
}

weft_status weft_page_layers(const weft_summary *summary, int which, bool latency, bool standalone,
                             weft_markup *svg, weft_error *error) {
    const weft_trial *trial = summary->trials[summary->chosen];
    const weft_summary_network *network = &summary->networks[which];
    const weft_cost *cost = network->cost;
    bool several = summary->n_networks > 1;
    char texts[WEFT_IMC_MAX_DEPTH][16];
    const char *blocks[WEFT_IMC_MAX_DEPTH] = {NULL};
    int n_blocks = several ? 0 : block_texts(trial->description, texts, blocks);
    char id[48], title[320], detail[240], total[WEFT_VALUE_TEXT], name[WEFT_TRIAL_TEXT];
    weft_text_format(id, sizeof id, "layers-%s-%d", latency ? "latency" : "energy", which + 1);
    weft_text_format(
        title, sizeof title, "%s of each layer of %s", latency ? "Latency" : "Energy",
        weft_page_short(several ? network->name : trial->description, name, sizeof name));
    weft_si_text(latency ? cost->total.latency_s : cost->total.energy_j, latency ? "s" : "J", total,
                 sizeof total);
    weft_text_format(detail, sizeof detail,
                     "Bars stacked by component, one for each of %d rows, in the order of the "
                     "network; together %s.",
                     (int)cost->n_layers, total);
    weft_figure_parts parts = weft_figure_choose_parts(cost);
    weft_figure_layers figure = {
        .head = {.id = id, .standalone = standalone, .title = title, .detail = detail},
        .latency = latency,
        .cost = cost,
        .parts = &parts,
        .blocks = blocks,
        .n_blocks = n_blocks,
    };
    return weft_figure_layers_draw(&figure, svg, error);
}

weft_status weft_page_importance(const weft_summary *summary, bool standalone, weft_markup *svg,
                                 weft_error *error) {
    weft_report_importance_panel panels[WEFT_MAX_OBJECTIVES];
    for (int q = 0; q < summary->n_importance; q++) {
        const weft_summary_importance *of = &summary->importance[q];
        panels[q] = (weft_report_importance_panel){.name = of->quantity,
                                                   .r2 = of->r2,
                                                   .n_trials = of->n_trials,
                                                   .rows = of->rows,
                                                   .n = of->n};
    }
    const weft_report_importance figure = {
        .title = "Which genes matter", .panels = panels, .n = summary->n_importance};
    weft_svg_head head = {
        .id = "importance-figure",
        .standalone = standalone,
        .title = figure.title,
        .detail = "Bars of the share of each objective's variance that a gene explains, alone or "
                  "together with another."};
    return weft_figure_importance_draw(&figure, &head, svg, error);
}
