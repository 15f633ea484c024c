/* SPDX-License-Identifier: Apache-2.0
 * The report's figures, filled from its summary. */
#include <math.h>
#include <stdlib.h>

#include "report/page.h"
#include "report/picks.h"

static bool is_scored(const weft_summary *summary) {
    return summary->info->score[0] != '\0';
}

/* "highest accuracy", "fewest crossbars". */
static const char *superlative(weft_metric metric, bool maximise) {
    bool counted = metric == WEFT_METRIC_MACS || metric == WEFT_METRIC_PARAMS ||
                   metric == WEFT_METRIC_CROSSBARS;
    return counted ? (maximise ? "most" : "fewest") : maximise ? "highest" : "lowest";
}

char *weft_page_goal(const weft_summary *summary, char *buffer, size_t size) {
    const weft_problem_info *info = summary->info;
    if (is_scored(summary)) {
        return weft_text_format(buffer, size, "highest %s", info->score);
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
        if (trial->state != WEFT_TRIAL_OK) {
            continue;
        }
        points[(*n)++] = (weft_figure_point){
            .x = trial->metrics[front->x],
            .y = trial->metrics[front->y],
            .test = front->y == WEFT_METRIC_ACCURACY ? trial->test_accuracy : NAN,
            .front = in_front[i],
            .knee = summary->n_front > 1 && summary->knee == (ptrdiff_t)i,
            .trial = trial->number,
            .label = trial->description,
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
    };
    if (status == WEFT_OK) {
        status = weft_figure_scatter_draw(&figure, svg, error);
    }
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
        .values = summary->curve,
        .n = summary->n_trials,
        .empty = summary->info->n_objectives > 3 ? "not computed for more than 3 objectives"
                                                 : "no feasible trial",
    };
    if (is_scored(summary)) {
        figure.head.title = "Best score over trials";
        figure.name = "best score";
        figure.scale = WEFT_SCALE_PREFIX;
    } else if (summary->info->n_objectives == 1) {
        weft_metric metric = summary->info->objectives[0];
        figure.head.title = "Best value over trials";
        figure.name = weft_metric_name(metric);
        figure.unit = weft_metric_unit_text(metric);
        figure.scale = weft_metric_scale(metric);
    }
    return figure;
}

weft_status weft_page_curve(const weft_summary *summary, bool standalone, weft_markup *svg,
                            weft_error *error) {
    weft_figure_line figure = weft_page_curve_figure(summary);
    char detail[240], last[WEFT_VALUE_TEXT];
    double value = summary->n_trials > 0 ? summary->curve[summary->n_trials - 1] : NAN;
    weft_figure_value_text(&figure, value, last, sizeof last);
    weft_text_format(detail, sizeof detail,
                     "A line that changes in steps over %zu trials and ends at %s.",
                     summary->n_trials, last);
    figure.head.detail = detail;
    figure.head.standalone = standalone;
    return weft_figure_line_draw(&figure, svg, error);
}

/* ---- layers ---------------------------------------------------------------------------------- */

weft_status weft_page_layers(const weft_summary *summary, bool latency, bool standalone,
                             weft_markup *svg, weft_error *error) {
    const weft_trial *trial = summary->trials[summary->chosen];
    static const char letters[] = {
        [WEFT_BLOCK_VGG] = 'V', [WEFT_BLOCK_MVGG] = 'M', [WEFT_BLOCK_RES] = 'R'};
    weft_imc_spec spec;
    char texts[WEFT_IMC_MAX_DEPTH][16];
    const char *blocks[WEFT_IMC_MAX_DEPTH] = {NULL};
    int n_blocks = weft_picks_structure(trial->description, &spec) ? spec.depth : 0;
    for (int b = 0; b < n_blocks; b++) {
        weft_text_format(texts[b], sizeof texts[b], "%c%d", letters[spec.blocks[b]],
                         spec.kernels[b]);
        blocks[b] = texts[b];
    }
    const char *what = latency ? "Latency" : "Energy";
    char title[320], detail[240], total[WEFT_VALUE_TEXT];
    weft_si_text(latency ? summary->cost->total.latency_s : summary->cost->total.energy_j,
                 latency ? "s" : "J", total, sizeof total);
    weft_text_format(title, sizeof title, "%s of each layer of %s", what, trial->description);
    weft_text_format(detail, sizeof detail,
                     "Bars stacked by component, one for each of %d rows, in the order of the "
                     "network; together %s.",
                     (int)summary->cost->n_layers, total);
    weft_figure_parts parts = weft_figure_choose_parts(summary->cost);
    weft_figure_layers figure = {
        .head = {.id = latency ? "layers-latency" : "layers-energy",
                 .standalone = standalone,
                 .title = title,
                 .detail = detail},
        .latency = latency,
        .cost = summary->cost,
        .parts = &parts,
        .blocks = blocks,
        .n_blocks = n_blocks,
    };
    return weft_figure_layers_draw(&figure, svg, error);
}
