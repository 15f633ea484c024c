/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of `weft optimize`: genes, what is wanted, how it is searched, which program measures. */
#include "study/optimize.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "space/space.h"
#include "study/problem_part.h"

enum { MAX_WORDS = 256 };

/* ---- names ----------------------------------------------------------------------------------- */

/* A letter, then letters, digits and _ : so that expressions can name it. */
static bool is_name(const char *text) {
    if (!isalpha((unsigned char)text[0])) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_') {
            return false;
        }
    }
    return strlen(text) < WEFT_OPTIMIZE_NAME;
}

static weft_status add_metric(weft_optimize_info *info, const weft_doc *doc, const weft_node *node,
                              const char *name, weft_error *error) {
    if (!is_name(name)) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "'%.60s' is no name of a metric", name);
        weft_hint(error, "a letter, then up to %d letters, digits and _", WEFT_OPTIMIZE_NAME - 2);
        return WEFT_ERROR_INPUT;
    }
    for (int m = 0; m < info->n_metrics; m++) {
        if (strcmp(info->metrics[m], name) == 0) {
            return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "'%s' is named twice", name);
        }
    }
    if (info->n_metrics == WEFT_OPTIMIZE_METRICS) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "more than %d metrics",
                              WEFT_OPTIMIZE_METRICS);
    }
    snprintf(info->metrics[info->n_metrics++], WEFT_OPTIMIZE_NAME, "%s", name);
    return WEFT_OK;
}

/* "energy min" */
static weft_status read_objective(weft_optimize_info *info, const weft_doc *doc,
                                  const weft_node *node, weft_error *error) {
    const char *text = NULL;
    char name[WEFT_OPTIMIZE_NAME + 1] = "";
    char direction[8] = "";
    char rest = '\0';
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    int found = sscanf(text, "%48s %7s %c", name, direction, &rest);
    bool most = strcmp(direction, "max") == 0;
    if (found != 2 || (!most && strcmp(direction, "min") != 0)) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "'%.60s' is no objective; expected the name of a metric, then max or min",
                       text);
        weft_hint(error, "for example `error min`");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(add_metric(info, doc, node, name, error));
    info->maximise[info->n_objectives++] = most;
    return WEFT_OK;
}

static weft_status read_names(weft_optimize_info *info, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "objectives", WEFT_REQUIRED, &list, error));
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : 0;
    if (n < 1 || n > WEFT_MAX_OBJECTIVES) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d objectives", WEFT_MAX_OBJECTIVES);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_objective(info, map->doc, weft_sequence_at(list, i), error));
    }
    WEFT_TRY(weft_map_node(map, "metrics", WEFT_OPTIONAL, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    if (!weft_node_is_sequence(list)) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of further names that constraints use");
    }
    for (int i = 0; i < weft_sequence_length(list); i++) {
        const char *name = NULL;
        WEFT_TRY(weft_node_text(map->doc, weft_sequence_at(list, i), &name, error));
        WEFT_TRY(add_metric(info, map->doc, weft_sequence_at(list, i), name, error));
    }
    return WEFT_OK;
}

/* ---- constraints ----------------------------------------------------------------------------- */

static weft_status read_constraint(weft_optimize *optimize, const weft_doc *doc,
                                   const weft_node *node, weft_error *error) {
    weft_optimize_info *info = &optimize->info;
    const char *names[WEFT_OPTIMIZE_METRICS];
    const char *text = NULL;
    int c = info->n_constraints;
    for (int m = 0; m < info->n_metrics; m++) {
        names[m] = info->metrics[m];
    }
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    WEFT_TRY(weft_take_name(doc, node, text, info->constraints[c], WEFT_EXPRESSION, error));
    if (weft_expr_parse_constraint(text, names, info->n_metrics, &optimize->constraints[c],
                                   error) != WEFT_OK) {
        weft_error inner = *error;
        weft_node_fail(doc, node, error, inner.status, "%s", inner.message);
        bool unknown = strstr(inner.message, "unknown name") != NULL;
        weft_hint(error, "%s%s%s", inner.hint, unknown && inner.hint[0] != '\0' ? " or " : "",
                  unknown ? "name it under `metrics`" : "");
        return error->status;
    }
    info->n_constraints++;
    return WEFT_OK;
}

static weft_status read_constraints(weft_optimize *optimize, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    WEFT_TRY(weft_map_node(map, "constraints", WEFT_OPTIONAL, &list, error));
    if (list == NULL) {
        return WEFT_OK;
    }
    int n = weft_node_is_sequence(list) ? weft_sequence_length(list) : -1;
    if (n < 0 || n > WEFT_MAX_CONSTRAINTS) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "expected a list of up to %d constraints", WEFT_MAX_CONSTRAINTS);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_constraint(optimize, map->doc, weft_sequence_at(list, i), error));
    }
    return WEFT_OK;
}

/* ---- program --------------------------------------------------------------------------------- */

static weft_status add_word(weft_optimize *optimize, int i, const weft_doc *doc,
                            const weft_node *node, weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    optimize->words[i] = strdup(text);
    return optimize->words[i] != NULL ? WEFT_OK : weft_fail_memory(error, strlen(text));
}

/* `program: ./simulate` or `program: [./simulate, --fast]` */
static weft_status read_program(weft_optimize *optimize, weft_map *map, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "program", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    bool one = weft_node_is_scalar(node);
    int n = one ? 1 : weft_node_is_sequence(node) ? weft_sequence_length(node) : 0;
    if (n < 1 || n > MAX_WORDS) {
        weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                       "expected a program, or a list of it and up to %d arguments", MAX_WORDS - 1);
        weft_hint(error, "write it like  program: [./simulate, --fast]");
        return WEFT_ERROR_INPUT;
    }
    optimize->words = calloc((size_t)n + 1, sizeof *optimize->words);
    if (optimize->words == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *optimize->words);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(add_word(optimize, i, map->doc, one ? node : weft_sequence_at(node, i), error));
    }
    optimize->info.program = (const char *const *)optimize->words;
    return WEFT_OK;
}

/* ---- search ---------------------------------------------------------------------------------- */

/* The section has the keys of a problem's; `problem` is where they are read to. */
static weft_status read_search(weft_map *map, weft_problem_info *problem, weft_error *error) {
    const weft_node *node = NULL;
    const char *const *names = weft_optimizer_names();
    weft_map inner;
    int n = 0;
    int choice = -1;
    WEFT_TRY(weft_map_node(map, "search", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    while (names[n] != NULL) {
        n++;
    }
    WEFT_TRY(weft_map_begin(map->doc, node, &inner, error));
    WEFT_TRY(weft_map_choice(&inner, "optimizer", WEFT_OPTIONAL, names, n, &choice, error));
    problem->optimizer.name = choice >= 0 ? names[choice] : problem->optimizer.name;
    WEFT_TRY(weft_options_read(WEFT_OPTIONS_SEARCH, &inner, problem, error));
    WEFT_TRY(weft_members_read(&inner, problem, error));
    return weft_map_end(&inner, error);
}

weft_status weft_optimize_identity(const weft_optimize *optimize, char **text, weft_error *error) {
    const weft_optimize_info *info = &optimize->info;
    weft_problem_info *search = optimize->search;
    size_t size = 0;
    FILE *out = open_memstream(text, &size);
    if (out == NULL) {
        return weft_fail_memory(error, 1);
    }
    search->trials = 1;
    search->seed = info->seed;
    fputs(weft_space_text(optimize->space), out);
    for (int i = 0; i < info->n_objectives; i++) {
        fprintf(out, "objective: %s %s\n", info->metrics[i], info->maximise[i] ? "max" : "min");
    }
    for (int c = 0; c < info->n_constraints; c++) {
        fprintf(out, "constraint: %s\n", info->constraints[c]);
    }
    fprintf(out, "search: %s\n", search->optimizer.name);
    weft_options_write(WEFT_OPTIONS_SEARCH, search, out);
    weft_members_write(search, out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(*text);
        *text = NULL;
        return weft_fail_memory(error, size);
    }
    return WEFT_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static weft_status read_keys(weft_optimize *optimize, weft_map *map, weft_problem_info *search,
                             weft_error *error) {
    weft_optimize_info *info = &optimize->info;
    const weft_node *genes = NULL;
    int64_t failures = info->failures;
    WEFT_TRY(weft_map_format(map, "optimize/1", error));
    WEFT_TRY(weft_map_name(map, "name", WEFT_REQUIRED, info->name, sizeof info->name, error));
    WEFT_TRY(weft_map_node(map, "genes", WEFT_REQUIRED, &genes, error));
    WEFT_TRY(read_names(info, map, error));
    WEFT_TRY(read_constraints(optimize, map, error));
    WEFT_TRY(read_program(optimize, map, error));
    WEFT_TRY(weft_map_real(map, "time_limit", WEFT_OPTIONAL, 1e-3, 1e9, &info->time_limit, error));
    WEFT_TRY(weft_map_integer(map, "failures", WEFT_OPTIONAL, 1, 1000000000, &failures, error));
    WEFT_TRY(read_search(map, search, error));
    WEFT_TRY(weft_map_end(map, error));
    info->failures = (int)failures;
    info->trials = search->trials;
    info->batch = search->batch;
    info->seed = search->seed;
    info->optimizer = search->optimizer;
    info->optimizer.seed = search->seed;
    info->optimizer.n_objectives = info->n_objectives;
    return weft_space_read_genes(map->doc, genes, info->name, &optimize->space, error);
}

static weft_status read_doc(weft_optimize *optimize, const weft_doc *doc, weft_error *error) {
    weft_problem_info *search = optimize->search;
    weft_map map;
    weft_optimizer_defaults(&search->optimizer);
    search->trials = 100;
    search->batch = 1;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    return read_keys(optimize, &map, search, error);
}

static weft_status read_made(const weft_doc *doc, weft_optimize **optimize, weft_error *error) {
    weft_optimize *made = calloc(1, sizeof *made);
    weft_status status = WEFT_OK;
    if (made != NULL) {
        made->search = calloc(1, sizeof *made->search);
    }
    if (made == NULL || made->search == NULL) {
        status = weft_fail_memory(error, sizeof *made);
    } else {
        made->info.failures = 10;
        status = read_doc(made, doc, error);
    }
    if (status != WEFT_OK) {
        weft_optimize_destroy(made);
        return status;
    }
    *optimize = made;
    return WEFT_OK;
}

weft_status weft_optimize_parse(const char *text, size_t length, const char *name,
                                weft_optimize **optimize, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = read_made(doc, optimize, error);
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_optimize_read(const char *path, weft_optimize **optimize, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = read_made(doc, optimize, error);
    weft_doc_destroy(doc);
    return status;
}

void weft_optimize_destroy(weft_optimize *optimize) {
    if (optimize == NULL) {
        return;
    }
    for (int c = 0; c < WEFT_MAX_CONSTRAINTS; c++) {
        weft_expr_destroy(optimize->constraints[c]);
    }
    for (size_t i = 0; optimize->words != NULL && optimize->words[i] != NULL; i++) {
        free(optimize->words[i]);
    }
    for (size_t i = 0; i < optimize->n; i++) {
        free(optimize->trials[i].genome);
    }
    free(optimize->words);
    free(optimize->trials);
    free(optimize->search);
    weft_space_destroy(optimize->space);
    free(optimize);
}

weft_optimize_info *weft_optimize_get_info(weft_optimize *optimize) {
    return &optimize->info;
}

const weft_space *weft_optimize_get_space(const weft_optimize *optimize) {
    return optimize->space;
}
