/* SPDX-License-Identifier: Apache-2.0
 *
 * What a problem wants: objectives or a score, and constraints. */
#include "study/problem_part.h"

#include <stdio.h>
#include <string.h>

const char *const *weft_metric_tokens(void) {
    static const char *const names[] = {
#define METRIC_NAME(name, token, unit, more_is_better) token,
        WEFT_METRIC_MAP(METRIC_NAME)
#undef METRIC_NAME
    };
    return names;
}

/* ---- objectives ------------------------------------------------------------------------------ */

static weft_status fail_objective(const weft_doc *doc, const weft_node *node, const char *text,
                                  const char *metric, weft_error *error) {
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                   "'%s' is no objective; expected a metric, then max or min", text);
    const char *near = weft_nearest(metric, weft_metric_tokens(), WEFT_METRIC_COUNT);
    if (near != NULL && strcmp(near, metric) != 0) {
        weft_hint(error, "did you mean '%s'?", near);
        return WEFT_ERROR_INPUT;
    }
    char known[400] = "";
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", m > 0 ? ", " : "",
                 weft_metric_tokens()[m]);
    }
    weft_hint(error, "for example `accuracy max` or `energy min`; the metrics are %s", known);
    return WEFT_ERROR_INPUT;
}

/* "energy", "energy min", "accuracy max". */
static weft_status read_objective(weft_problem_info *info, const weft_doc *doc,
                                  const weft_node *node, weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    char metric[32] = "";
    char direction[8] = "";
    char rest = '\0';
    int found = sscanf(text, "%31s %7s %c", metric, direction, &rest);
    for (int m = 0; found >= 1 && m < WEFT_METRIC_COUNT; m++) {
        if (strcmp(metric, weft_metric_token((weft_metric)m)) != 0) {
            continue;
        }
        bool maximise = weft_metric_more_is_better((weft_metric)m);
        if (found == 2 && (strcmp(direction, "max") == 0 || strcmp(direction, "min") == 0)) {
            maximise = strcmp(direction, "max") == 0;
        } else if (found != 1) {
            break;
        }
        for (int i = 0; i < info->n_objectives; i++) {
            if (info->objectives[i] == (weft_metric)m) {
                return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                                      "objective '%s' is stated twice", metric);
            }
        }
        info->objectives[info->n_objectives] = (weft_metric)m;
        info->maximise[info->n_objectives++] = maximise;
        return WEFT_OK;
    }
    return fail_objective(doc, node, text, metric, error);
}

static weft_status read_objectives(weft_problem_info *info, const weft_doc *doc,
                                   const weft_node *list, weft_error *error) {
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : 0;
    if (n < 1 || n > WEFT_MAX_OBJECTIVES) {
        return weft_node_fail(doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d objectives", WEFT_MAX_OBJECTIVES);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_objective(info, doc, weft_sequence_at(list, i), error));
    }
    return WEFT_OK;
}

/* ---- scores ---------------------------------------------------------------------------------- */

weft_status weft_expression_fail(const weft_doc *doc, const weft_node *node, weft_error *error) {
    weft_error inner = *error;
    weft_node_fail(doc, node, error, inner.status, "%s", inner.message);
    snprintf(error->hint, sizeof error->hint, "%s", inner.hint);
    if (inner.column > 0) {
        error->column += inner.column - 1 + (weft_node_is_quoted(doc, node) ? 1 : 0);
        error->length = inner.length;
    }
    return error->status;
}

/* The scores that papers call by letters: energy, latency, area, each also over accuracy. */
static const struct {
    const char *name, *text;
} NAMED_SCORES[] = {
    {"e", "energy"},
    {"l", "latency"},
    {"a", "area"},
    {"el", "energy * latency"},
    {"ea", "energy * area"},
    {"la", "latency * area"},
    {"ela", "energy * latency * area"},
    {"e_acc", "energy / accuracy"},
    {"l_acc", "latency / accuracy"},
    {"a_acc", "area / accuracy"},
    {"el_acc", "energy * latency / accuracy"},
    {"ea_acc", "energy * area / accuracy"},
    {"la_acc", "latency * area / accuracy"},
    {"ela_acc", "energy * latency * area / accuracy"},
};

static const char *named_score(const char *text) {
    for (size_t i = 0; i < sizeof NAMED_SCORES / sizeof NAMED_SCORES[0]; i++) {
        if (strcmp(text, NAMED_SCORES[i].name) == 0) {
            return NAMED_SCORES[i].text;
        }
    }
    return text;
}

static weft_status parse_score(const weft_doc *doc, const weft_node *node,
                               const weft_score_text *to, weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    WEFT_TRY(weft_take_name(doc, node, named_score(text), to->text, WEFT_EXPRESSION, error));
    if (weft_expr_parse(to->text, weft_metric_tokens(), WEFT_METRIC_COUNT, to->expr, error) !=
        WEFT_OK) {
        return weft_expression_fail(doc, node, error);
    }
    return WEFT_OK;
}

/* ---- priorities ------------------------------------------------------------------------------ */

/* One metric of `priority`: its weight, and the values that are 0 and 1. */
typedef struct priority {
    double weight, best, worst;
} priority;

/* The metrics in the order in which they stand in the expression: those of the published pair first. */
enum { N_PRIORITIES = WEFT_METRIC_COUNT };
static void list_priorities(weft_metric *metrics) {
    static const weft_metric FIRST[] = {WEFT_METRIC_ENERGY, WEFT_METRIC_LATENCY, WEFT_METRIC_AREA,
                                        WEFT_METRIC_ACCURACY};
    enum { N_FIRST = sizeof FIRST / sizeof FIRST[0] };
    memcpy(metrics, FIRST, sizeof FIRST);
    int n = N_FIRST;
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        bool is_first = false;
        for (int i = 0; i < N_FIRST; i++) {
            is_first = is_first || FIRST[i] == (weft_metric)m;
        }
        if (!is_first) {
            metrics[n++] = (weft_metric)m;
        }
    }
}

static weft_status read_priority(weft_map *outer, const char *key, priority *to,
                                 weft_error *error) {
    const weft_node *node = NULL;
    weft_map map;
    *to = (priority){.weight = 0, .best = 0, .worst = 1};
    WEFT_TRY(weft_map_node(outer, key, WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    to->weight = 1;
    WEFT_TRY(weft_map_begin(outer->doc, node, &map, error));
    WEFT_TRY(weft_map_real(&map, "weight", WEFT_OPTIONAL, 0, 1000, &to->weight, error));
    WEFT_TRY(weft_map_real(&map, "best", WEFT_REQUIRED, -1e30, 1e30, &to->best, error));
    WEFT_TRY(weft_map_real(&map, "worst", WEFT_REQUIRED, -1e30, 1e30, &to->worst, error));
    WEFT_TRY(weft_map_end(&map, error));
    if (to->best == to->worst) {
        weft_node_fail(outer->doc, node, error, WEFT_ERROR_INPUT,
                       "'%s': best and worst are both %g, so that nothing lies between", key,
                       to->best);
        weft_hint(error, "give the two values that are to count as 0 and 1");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

/* The distance from the best value, 0, to the worst, 1; in products not below a millionth, so that
 * one figure at its best does not make all others count for nothing. Metrics of weight 0 are left
 * out. */
static void write_priority(FILE *out, weft_metric metric, const priority *p, bool product) {
    const char *token = weft_metric_token(metric);
    if (product) {
        fprintf(out, "max((%s - %.9g) / %.9g, 1e-6)^%.9g", token, p->best, p->worst - p->best,
                p->weight);
    } else {
        fprintf(out, "%.9g * (%s - %.9g) / %.9g", p->weight, token, p->best, p->worst - p->best);
    }
}

/* A weighted product or sum of normalised metrics, all the nearer to 0 the better, minimised. */
static weft_status write_priorities(const weft_doc *doc, const weft_node *node, char *text,
                                    size_t size, weft_error *error) {
    static const char *const FORMS[] = {"product", "sum"};
    weft_map map;
    int form = -1;
    int n = 0;
    priority all[N_PRIORITIES];
    weft_metric metrics[N_PRIORITIES];
    list_priorities(metrics);
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_choice(&map, "form", WEFT_REQUIRED, FORMS, 2, &form, error));
    for (int i = 0; i < N_PRIORITIES; i++) {
        WEFT_TRY(read_priority(&map, weft_metric_token(metrics[i]), &all[i], error));
        n += all[i].weight > 0;
    }
    WEFT_TRY(weft_map_end(&map, error));
    if (n == 0) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected at least one metric, such as energy, latency, area or "
                              "accuracy, with a weight above 0");
    }
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL) {
        return weft_fail_memory(error, size);
    }
    for (int i = 0, written = 0; i < N_PRIORITIES; i++) {
        if (all[i].weight > 0) {
            fputs(written++ == 0 ? "" : form == 0 ? " * " : " + ", out);
            write_priority(out, metrics[i], &all[i], form == 0);
        }
    }
    fclose(out);
    return WEFT_OK;
}

/* What a table says instead of an expression, as one. */
static weft_status read_table(const weft_doc *doc, const weft_node *node,
                              weft_status (*write)(const weft_doc *doc, const weft_node *node,
                                                   char *text, size_t size, weft_error *error),
                              const weft_score_text *to, weft_error *error) {
    char text[2 * WEFT_EXPRESSION] = "";
    WEFT_TRY(write(doc, node, text, sizeof text - 1, error)); /* what is full has no end */
    if (strlen(text) >= WEFT_EXPRESSION) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "it names too many metrics: as an expression it has %zu characters, and "
                       "there is room for %d",
                       strlen(text), WEFT_EXPRESSION - 1);
        return WEFT_ERROR_INPUT;
    }
    snprintf(to->text, WEFT_EXPRESSION, "%s", text);
    if (weft_expr_parse(to->text, weft_metric_tokens(), WEFT_METRIC_COUNT, to->expr, error) !=
        WEFT_OK) {
        return weft_expression_fail(doc, node, error);
    }
    return WEFT_OK;
}

static weft_status read_goal(const weft_doc *doc, const weft_node *node, int which,
                             const weft_score_text *to, weft_error *error) {
    switch (which) {
    case 2:
        return read_table(doc, node, write_priorities, to, error);
    case 3:
        return read_table(doc, node, weft_order_text, to, error);
    case 4:
        return read_table(doc, node, weft_reference_text, to, error);
    default:
        return parse_score(doc, node, to, error);
    }
}

weft_status weft_score_read(weft_map *map, const char *other, const weft_score_text *to,
                            weft_error *error) {
    static const char *const KEYS[] = {"score", "minimise", "priority", "order", "reference"};
    enum { N_KEYS = sizeof KEYS / sizeof KEYS[0] };
    /* beside objectives a reference point is no goal of its own */
    int n = other != NULL ? N_KEYS - 1 : N_KEYS;
    const weft_node *found = NULL;
    int which = 0;
    for (int k = 0; k < n; k++) {
        const weft_node *node = NULL;
        WEFT_TRY(weft_map_node(map, KEYS[k], WEFT_OPTIONAL, &node, error));
        if (node != NULL && other != NULL) {
            return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                                  "expected either `%s` or `%s`, found both", other, KEYS[k]);
        }
        if (node != NULL) {
            found = node;
            which = k;
            other = KEYS[k];
        }
    }
    if (found == NULL) {
        return WEFT_OK;
    }
    *to->maximise = which == 0;
    return read_goal(map->doc, found, which, to, error);
}

/* ---- the goal -------------------------------------------------------------------------------- */

static weft_status read_constraints(weft_problem *problem, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "constraints", WEFT_OPTIONAL, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : -1;
    if (n < 0 || n > WEFT_MAX_CONSTRAINTS) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of at most %d constraints, such as "
                              "[\"energy <= 1e-4\"]",
                              WEFT_MAX_CONSTRAINTS);
    }
    for (int i = 0; i < n; i++) {
        const weft_node *node = weft_sequence_at(list, i);
        const char *text = NULL;
        WEFT_TRY(weft_node_text(map->doc, node, &text, error));
        WEFT_TRY(weft_take_name(map->doc, node, text, problem->info.constraints[i],
                                sizeof problem->info.constraints[i], error));
        if (weft_expr_parse_constraint(text, weft_metric_tokens(), WEFT_METRIC_COUNT,
                                       &problem->constraints[i], error) != WEFT_OK) {
            return weft_expression_fail(map->doc, node, error);
        }
        problem->info.n_constraints = i + 1;
    }
    return WEFT_OK;
}

weft_status weft_goal_read(weft_problem *problem, weft_map *map, weft_error *error) {
    weft_problem_info *info = &problem->info;
    const weft_node *objectives = NULL;
    WEFT_TRY(weft_map_node(map, "objectives", WEFT_OPTIONAL, &objectives, error));
    weft_score_text score = {info->score, &info->maximise[0], &problem->score};
    WEFT_TRY(weft_score_read(map, objectives != NULL ? "objectives" : NULL, &score, error));
    if (problem->score != NULL) {
        info->n_objectives = 1;
    } else if (objectives != NULL) {
        const weft_node *reference = NULL;
        WEFT_TRY(read_objectives(info, map->doc, objectives, error));
        WEFT_TRY(weft_map_node(map, "reference", WEFT_OPTIONAL, &reference, error));
        WEFT_TRY(reference != NULL ? weft_aims_read(problem, map->doc, reference, error) : WEFT_OK);
    }
    WEFT_TRY(weft_soft_read(problem, map, error));
    return read_constraints(problem, map, error);
}

weft_status weft_goal_need(const weft_problem *problem, const weft_map *map, weft_error *error) {
    if (problem->info.n_objectives > 0) {
        return WEFT_OK;
    }
    weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                   "expected either `objectives` or `score`, found neither");
    weft_hint(error, "for example `objectives: [accuracy max, energy min]`, "
                     "`score: accuracy / energy` or `minimise: energy * latency * area`");
    return WEFT_ERROR_INPUT;
}

void weft_goal_write(const weft_problem_info *info, FILE *out) {
    if (info->score[0] != '\0') {
        weft_line_write(out, info->maximise[0] ? "score: " : "minimise: ", info->score);
    } else {
        fprintf(out, "objectives:\n");
        for (int i = 0; i < info->n_objectives; i++) {
            fprintf(out, "- %s %s\n", weft_metric_token(info->objectives[i]),
                    info->maximise[i] ? "max" : "min");
        }
    }
    if (info->n_constraints > 0) {
        fprintf(out, "constraints:\n");
        for (int i = 0; i < info->n_constraints; i++) {
            weft_line_write(out, "- ", info->constraints[i]);
        }
    }
    weft_preference_write(info, out);
}
