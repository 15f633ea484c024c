/* SPDX-License-Identifier: Apache-2.0
 *
 * What a problem prefers beside its goal: limits that may be broken at a price, a reference point, an
 * order of metrics.
 *
 * A reference point alone is the achievement scalarising function of A. Wierzbicki ("The use of
 * reference objectives in multiobjective optimization", 1980), minimised: with d_i by how much the aim
 * of metric i is missed, in its scale (below 0: surpassed),
 *
 *     max_i d_i + 0.001 sum_i d_i.
 *
 * An order of metrics with tolerances is lexicographic: values of a metric in the same step of its
 * tolerance, counted from 0, are equal, and the next metric decides. As one number: the step of the
 * first metric, and behind it a fraction in [0, 1) that rises with the step of the second and its own
 * fraction, and so on; the last metric has no steps, and its fraction rises with its logarithm. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "study/problem_part.h"

/* ---- soft limits ----------------------------------------------------------------------------- */

/* "energy <= 1e-4", or {limit: "energy <= 1e-4", weight: 2, scale: 0.1}. */
static weft_status read_soft(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                             weft_error *error) {
    weft_problem_info *info = &problem->info;
    weft_soft_info *to = &info->soft[info->n_soft];
    const weft_node *limit = node;
    const char *text = NULL;
    *to = (weft_soft_info){.weight = 1.0, .scale = 1.0};
    if (weft_node_is_mapping(node)) {
        weft_map map;
        WEFT_TRY(weft_map_begin(doc, node, &map, error));
        WEFT_TRY(weft_map_node(&map, "limit", WEFT_REQUIRED, &limit, error));
        WEFT_TRY(weft_map_real(&map, "weight", WEFT_OPTIONAL, 0, 1e6, &to->weight, error));
        WEFT_TRY(weft_map_real(&map, "scale", WEFT_OPTIONAL, 1e-9, 1e9, &to->scale, error));
        WEFT_TRY(weft_map_end(&map, error));
    }
    WEFT_TRY(weft_node_text(doc, limit, &text, error));
    WEFT_TRY(weft_take_name(doc, limit, text, to->limit, sizeof to->limit, error));
    if (weft_expr_parse_constraint(text, weft_metric_tokens(), WEFT_METRIC_COUNT,
                                   &problem->soft[info->n_soft], error) != WEFT_OK) {
        return weft_expression_fail(doc, limit, error);
    }
    info->n_soft++;
    return WEFT_OK;
}

weft_status weft_soft_read(weft_problem *problem, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "soft", WEFT_OPTIONAL, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : -1;
    if (n < 0 || n > WEFT_MAX_CONSTRAINTS) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of at most %d limits, such as [{limit: \"energy <= "
                              "1e-4\", weight: 2, scale: 0.1}]",
                              WEFT_MAX_CONSTRAINTS);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_soft(problem, map->doc, weft_sequence_at(list, i), error));
    }
    return WEFT_OK;
}

double weft_problem_penalty(const weft_problem *problem, int i, const double *metrics) {
    double sum = 0.0;
    for (int s = 0; s < problem->info.n_soft; s++) {
        if (i < 0 || i == s) {
            double broken = weft_expr_evaluate(problem->soft[s], metrics);
            sum += problem->info.soft[s].weight * broken / problem->info.soft[s].scale;
        }
    }
    return sum;
}

/* ---- metrics by name ------------------------------------------------------------------------- */

static weft_status find_metric(const weft_doc *doc, const weft_node *node, const char *text,
                               weft_metric *metric, weft_error *error) {
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        if (strcmp(weft_metric_token((weft_metric)m), text) == 0) {
            *metric = (weft_metric)m;
            return WEFT_OK;
        }
    }
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "there is no metric '%.60s'", text);
    const char *near = weft_nearest(text, weft_metric_tokens(), WEFT_METRIC_COUNT);
    weft_hint(error, near != NULL ? "did you mean '%s'?" : "such as '%s'",
              near != NULL ? near : weft_metric_token(WEFT_METRIC_ENERGY));
    return WEFT_ERROR_INPUT;
}

/* ---- the reference point --------------------------------------------------------------------- */

/* "energy: 1e-4", or "energy: {aim: 1e-4, scale: 1e-5}": without a scale it is the aim itself. */
static weft_status read_aim(const weft_doc *doc, const char *key, const weft_node *value,
                            weft_aim_info *to, weft_error *error) {
    WEFT_TRY(find_metric(doc, value, key, &to->metric, error));
    to->scale = NAN;
    if (weft_node_is_mapping(value)) {
        weft_map map;
        WEFT_TRY(weft_map_begin(doc, value, &map, error));
        WEFT_TRY(weft_map_real(&map, "aim", WEFT_REQUIRED, -1e30, 1e30, &to->aim, error));
        WEFT_TRY(weft_map_real(&map, "scale", WEFT_OPTIONAL, 1e-30, 1e30, &to->scale, error));
        WEFT_TRY(weft_map_end(&map, error));
    } else {
        WEFT_TRY(weft_node_real(doc, value, -1e30, 1e30, &to->aim, error));
    }
    if (isnan(to->scale)) {
        to->scale = fabs(to->aim);
    }
    if (to->scale == 0.0) {
        weft_node_fail(doc, value, error, WEFT_ERROR_INPUT,
                       "the aim of '%s' is 0, which is no scale to miss it by", key);
        weft_hint(error, "give one: `%s: {aim: 0, scale: ...}`", key);
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status read_point(const weft_doc *doc, const weft_node *node,
                              weft_aim_info aims[WEFT_MAX_OBJECTIVES], int *n_aims,
                              weft_error *error) {
    int n = weft_node_is_mapping(node) ? weft_mapping_length(node) : 0;
    if (n < 1 || n > WEFT_MAX_OBJECTIVES) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected 1 to %d metrics with what they should attain, such as "
                              "{accuracy: 0.9, energy: 1e-4}",
                              WEFT_MAX_OBJECTIVES);
    }
    for (int i = 0; i < n; i++) {
        const char *key = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(doc, node, i, &key, &value, error));
        WEFT_TRY(read_aim(doc, key, value, &aims[i], error));
    }
    *n_aims = n;
    return WEFT_OK;
}

weft_status weft_reference_text(const weft_doc *doc, const weft_node *node, char *text, size_t size,
                                weft_error *error) {
    weft_aim_info aims[WEFT_MAX_OBJECTIVES];
    int n = 0;
    char missed[WEFT_MAX_OBJECTIVES][160];
    WEFT_TRY(read_point(doc, node, aims, &n, error));
    for (int i = 0; i < n; i++) {
        const char *token = weft_metric_token(aims[i].metric);
        bool more = weft_metric_more_is_better(aims[i].metric);
        char aim[40], scale[40];
        weft_real_text(aims[i].aim, aim, sizeof aim);
        weft_real_text(aims[i].scale, scale, sizeof scale);
        snprintf(missed[i], sizeof missed[i], "(%s - %s) / %s", more ? aim : token,
                 more ? token : aim, scale);
    }
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL) {
        return weft_fail_memory(error, size);
    }
    for (int i = 0; i + 1 < n; i++) {
        fprintf(out, "max(%s, ", missed[i]);
    }
    fputs(missed[n - 1], out);
    for (int i = 0; i + 1 < n; i++) {
        fputc(')', out);
    }
    fputs(" + 0.001 * (", out);
    for (int i = 0; i < n; i++) {
        fprintf(out, "%s%s", i > 0 ? " + " : "", missed[i]);
    }
    fputc(')', out);
    fclose(out);
    return WEFT_OK;
}

/* Which objective a metric is; -1: none. */
static int objective_of(const weft_problem_info *info, weft_metric metric) {
    for (int i = 0; i < info->n_objectives; i++) {
        if (info->objectives[i] == metric) {
            return i;
        }
    }
    return -1;
}

weft_status weft_aims_read(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                           weft_error *error) {
    weft_problem_info *info = &problem->info;
    WEFT_TRY(read_point(doc, node, info->aims, &info->n_aims, error));
    for (int a = 0; a < info->n_aims; a++) {
        if (objective_of(info, info->aims[a].metric) < 0) {
            weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                           "'%s' has an aim and is no objective",
                           weft_metric_token(info->aims[a].metric));
            weft_hint(error, "name it under `objectives`, leave it out, or drop `objectives`: a "
                             "reference point alone is one goal");
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

double weft_problem_miss(const weft_problem *problem, const double *metrics) {
    const weft_problem_info *info = &problem->info;
    double most = 0.0;
    for (int a = 0; a < info->n_aims; a++) {
        const weft_aim_info *aim = &info->aims[a];
        bool maximise = info->maximise[objective_of(info, aim->metric)];
        double missed = (metrics[aim->metric] - aim->aim) / aim->scale;
        most = fmax(most, maximise ? -missed : missed);
    }
    return most;
}

/* ---- the order ------------------------------------------------------------------------------- */

typedef struct ordered {
    weft_metric metric;
    double tolerance; /* NAN: the last one */
} ordered;

/* "latency", the last one, or {accuracy: 0.01}. */
static weft_status read_ordered(const weft_doc *doc, const weft_node *node, bool last, ordered *to,
                                weft_error *error) {
    const char *text = NULL;
    if (last && weft_node_is_scalar(node)) {
        to->tolerance = NAN;
        WEFT_TRY(weft_node_text(doc, node, &text, error));
        return find_metric(doc, node, text, &to->metric, error);
    }
    if (last || !weft_node_is_mapping(node) || weft_mapping_length(node) != 1) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              last
                                  ? "expected a metric: nothing comes behind the last one, so that "
                                    "it has no tolerance"
                                  : "expected a metric with its tolerance, such as {accuracy: "
                                    "0.01}");
    }
    const weft_node *value = NULL;
    WEFT_TRY(weft_mapping_at(doc, node, 0, &text, &value, error));
    WEFT_TRY(find_metric(doc, node, text, &to->metric, error));
    return weft_node_real(doc, value, 1e-30, 1e30, &to->tolerance, error);
}

static weft_status read_order(const weft_doc *doc, const weft_node *node,
                              ordered all[WEFT_MAX_OBJECTIVES], int *n, weft_error *error) {
    *n = weft_node_is_sequence(node) ? weft_sequence_length(node) : 0;
    if (*n < 2 || *n > WEFT_MAX_OBJECTIVES) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a list of 2 to %d metrics, the most important first, such "
                              "as [{accuracy: 0.01}, {energy: 1e-5}, latency]",
                              WEFT_MAX_OBJECTIVES);
    }
    for (int i = 0; i < *n; i++) {
        const weft_node *at = weft_sequence_at(node, i);
        WEFT_TRY(read_ordered(doc, at, i + 1 == *n, &all[i], error));
        for (int k = 0; k < i; k++) {
            if (all[k].metric == all[i].metric) {
                return weft_node_fail(doc, at, error, WEFT_ERROR_INPUT, "'%s' is there twice",
                                      weft_metric_token(all[i].metric));
            }
        }
        bool below = all[i].metric == WEFT_METRIC_DROPPED_BITS ||
                     all[i].metric == WEFT_METRIC_PROXY;
        if (i > 0 && below) {
            return weft_node_fail(doc, at, error, WEFT_ERROR_INPUT,
                                  "'%s' may be below 0, where only the first place has steps: put "
                                  "it first, or use a constraint",
                                  weft_metric_token(all[i].metric));
        }
    }
    return WEFT_OK;
}

/* The fraction of metric i and those behind it, in [0, 1). Steps end a billionth early, so that what
 * is rounded to below an end lies behind it. */
static void write_fraction(const ordered *all, int i, int n, FILE *out) {
    const char *token = weft_metric_token(all[i].metric);
    bool more = weft_metric_more_is_better(all[i].metric);
    if (i + 1 == n) {
        fprintf(out, "(800 %c log(max(%s, 1e-300))) / 1600", more ? '-' : '+', token);
        return;
    }
    fprintf(out,
            more ? "1 / (2 + floor(%s / %.9g + 1e-9) - ("
                 : "1 - 1 / (1 + floor(%s / %.9g + 1e-9) + (",
            token, all[i].tolerance);
    write_fraction(all, i + 1, n, out);
    fputs("))", out);
}

weft_status weft_order_text(const weft_doc *doc, const weft_node *node, char *text, size_t size,
                            weft_error *error) {
    ordered all[WEFT_MAX_OBJECTIVES];
    int n = 0;
    WEFT_TRY(read_order(doc, node, all, &n, error));
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL) {
        return weft_fail_memory(error, size);
    }
    fprintf(out, "%sfloor(%s / %.9g + 1e-9) + ",
            weft_metric_more_is_better(all[0].metric) ? "-" : "", weft_metric_token(all[0].metric),
            all[0].tolerance);
    write_fraction(all, 1, n, out);
    fclose(out);
    return WEFT_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_real(FILE *out, const char *before, double value, const char *behind) {
    char text[40];
    weft_real_text(value, text, sizeof text);
    fprintf(out, "%s%s%s", before, text, behind);
}

void weft_preference_write(const weft_problem_info *info, FILE *out) {
    fputs(info->n_aims > 0 ? "reference:\n" : "", out);
    for (int a = 0; a < info->n_aims; a++) {
        fprintf(out, "  %s: ", weft_metric_token(info->aims[a].metric));
        write_real(out, "{aim: ", info->aims[a].aim, "");
        write_real(out, ", scale: ", info->aims[a].scale, "}\n");
    }
    fputs(info->n_soft > 0 ? "soft:\n" : "", out);
    for (int s = 0; s < info->n_soft; s++) {
        weft_line_write(out, "- limit: ", info->soft[s].limit);
        write_real(out, "  weight: ", info->soft[s].weight, "\n");
        write_real(out, "  scale: ", info->soft[s].scale, "\n");
    }
}
