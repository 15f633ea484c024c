/* SPDX-License-Identifier: Apache-2.0
 *
 * Problem files: which space, chip and data, what is wanted, how it is searched.
 * docs/reference/problem-file.md describes the file.
 */
#include "study/problem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/json.h"
#include "base/share.h"
#include "space/space.h"

#define PROBLEM_FORMAT "problem/1"

/* ---- one table for each setting: reading, writing, ranges ------------------------------------ */

typedef enum option_type {
    OPTION_REAL,
    OPTION_INT,
    OPTION_INT64,
    OPTION_UINT64,
    OPTION_BOOL
} option_type;

typedef struct option {
    const char *key;
    option_type type;
    size_t offset; /* in weft_problem_info */
    double lower, upper;
} option;

#define AT(member) offsetof(weft_problem_info, member)

static const option accuracy_options[] = {
    {"epochs", OPTION_REAL, AT(accuracy.train.epochs), 0.001, 10000},
    {"batch", OPTION_INT, AT(accuracy.train.batch), 1, 4096},
    {"share", OPTION_REAL, AT(accuracy.train.share), 1e-6, 1},
    {"validation", OPTION_REAL, AT(accuracy.train.validation), 0.001, 0.9},
    {"validation_limit", OPTION_INT64, AT(accuracy.train.validation_limit), 0, 1e12},
    {"split_seed", OPTION_UINT64, AT(accuracy.train.split_seed), 0, 9e15},
    {"learning_rate", OPTION_REAL, AT(accuracy.train.learning_rate), 0, 1e30},
    {"warmup", OPTION_REAL, AT(accuracy.train.warmup), 0, 1},
    {"momentum", OPTION_REAL, AT(accuracy.train.momentum), 0, 0.9999},
    {"weight_decay", OPTION_REAL, AT(accuracy.train.weight_decay), 0, 1},
    {"crop_pad", OPTION_INT, AT(accuracy.train.crop_pad), 0, 64},
    {"flip", OPTION_BOOL, AT(accuracy.train.flip), 0, 1},
    {"label_smoothing", OPTION_REAL, AT(accuracy.train.label_smoothing), 0, 0.9},
    {"final_epochs", OPTION_REAL, AT(accuracy.final_epochs), 0.001, 10000},
};

static const option search_options[] = {
    {"trials", OPTION_INT64, AT(trials), 1, 1e9},
    {"batch", OPTION_INT, AT(batch), 1, 65536},
    {"seed", OPTION_UINT64, AT(seed), 0, 9e15},
    {"startup_trials", OPTION_INT, AT(optimizer.startup_trials), 1, 1e6},
    {"candidates", OPTION_INT, AT(optimizer.candidates), 1, 1e5},
    {"gamma", OPTION_REAL, AT(optimizer.gamma), 1e-3, 10},
    {"prior_weight", OPTION_REAL, AT(optimizer.prior_weight), 1e-6, 1e6},
    {"linear_forgetting", OPTION_INT, AT(optimizer.linear_forgetting), 1, 1e6},
    {"population", OPTION_INT, AT(optimizer.population), 2, 1e6},
    {"crossover_probability", OPTION_REAL, AT(optimizer.crossover_probability), 0, 1},
    {"mutation_probability", OPTION_REAL, AT(optimizer.mutation_probability), -1, 1},
};

#undef AT

enum {
    N_ACCURACY_OPTIONS = sizeof accuracy_options / sizeof *accuracy_options,
    N_SEARCH_OPTIONS = sizeof search_options / sizeof *search_options,
};

static weft_status read_whole(weft_map *map, const option *o, void *member, weft_error *error) {
    int64_t value = INT64_MIN; /* no option's value: told apart from an absent key */
    WEFT_TRY(weft_map_integer(map, o->key, WEFT_OPTIONAL, (int64_t)o->lower, (int64_t)o->upper,
                              &value, error));
    if (value == INT64_MIN) {
        return WEFT_OK;
    }
    if (o->type == OPTION_INT) {
        *(int *)member = (int)value;
    } else if (o->type == OPTION_INT64) {
        *(int64_t *)member = value;
    } else {
        *(uint64_t *)member = (uint64_t)value;
    }
    return WEFT_OK;
}

static weft_status read_options(weft_map *map, const option *options, int n,
                                weft_problem_info *info, weft_error *error) {
    for (int i = 0; i < n; i++) {
        const option *o = &options[i];
        void *member = (char *)info + o->offset;
        if (o->type == OPTION_REAL) {
            WEFT_TRY(weft_map_real(map, o->key, WEFT_OPTIONAL, o->lower, o->upper, (double *)member,
                                   error));
        } else if (o->type == OPTION_BOOL) {
            WEFT_TRY(weft_map_bool(map, o->key, WEFT_OPTIONAL, (bool *)member, error));
        } else {
            WEFT_TRY(read_whole(map, o, member, error));
        }
    }
    return WEFT_OK;
}

/* A program may have changed a setting since the file was read: what reading would refuse must not
 * get into a store. */
static weft_status check_options(const option *options, int n, const weft_problem_info *info,
                                 weft_error *error) {
    for (int i = 0; i < n; i++) {
        const option *o = &options[i];
        const void *member = (const char *)info + o->offset;
        double value = o->type == OPTION_REAL     ? *(const double *)member
                       : o->type == OPTION_INT    ? *(const int *)member
                       : o->type == OPTION_INT64  ? (double)*(const int64_t *)member
                       : o->type == OPTION_UINT64 ? (double)*(const uint64_t *)member
                                                  : 0.0;
        if (!(value >= o->lower && value <= o->upper)) {
            return weft_fail(error, WEFT_ERROR_USAGE, "'%s' is %.17g; expected %.17g to %.17g",
                             o->key, value, o->lower, o->upper);
        }
    }
    return WEFT_OK;
}

static void write_options(FILE *out, const option *options, int n, const weft_problem_info *info) {
    char number[40];
    for (int i = 0; i < n; i++) {
        const option *o = &options[i];
        const void *member = (const char *)info + o->offset;
        fprintf(out, "  %s: ", o->key);
        switch (o->type) {
        case OPTION_REAL:
            fprintf(out, "%s\n", weft_real_text(*(const double *)member, number, sizeof number));
            break;
        case OPTION_INT:
            fprintf(out, "%d\n", *(const int *)member);
            break;
        case OPTION_INT64:
            fprintf(out, "%lld\n", (long long)*(const int64_t *)member);
            break;
        case OPTION_UINT64:
            fprintf(out, "%llu\n", (unsigned long long)*(const uint64_t *)member);
            break;
        case OPTION_BOOL:
            fprintf(out, "%s\n", *(const bool *)member ? "true" : "false");
            break;
        }
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *const *metric_names(void) {
    static const char *const names[] = {
#define METRIC_NAME(name, token, unit, more_is_better) token,
        WEFT_METRIC_MAP(METRIC_NAME)
#undef METRIC_NAME
    };
    return names;
}

/* Copies a name into a fixed field; longer ones are the user's error. */
static weft_status take_name(const weft_doc *doc, const weft_node *node, const char *text,
                             char *field, size_t size, weft_error *error) {
    if (text[0] == '\0' || strlen(text) >= size) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected 1 to %zu characters, found %zu", size - 1, strlen(text));
    }
    snprintf(field, size, "%s", text);
    return WEFT_OK;
}

static weft_status map_name(weft_map *map, const char *key, weft_need need, char *field,
                            size_t size, weft_error *error) {
    const weft_node *node = NULL;
    const char *text = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_node_text(map->doc, node, &text, error));
    return take_name(map->doc, node, text, field, size, error);
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
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                   "'%s' is no objective; expected a metric, then max or min", text);
    const char *near = weft_nearest(metric, metric_names(), WEFT_METRIC_COUNT);
    if (near != NULL && strcmp(near, metric) != 0) {
        weft_hint(error, "did you mean '%s'?", near);
    } else {
        weft_hint(error, "for example `accuracy max` or `energy min`; the metrics are accuracy, "
                         "energy, latency, area, macs, params, crossbars, utilisation");
    }
    return WEFT_ERROR_INPUT;
}

/* An expression's own error is placed within its text: move it to the file. */
static weft_status place_expression_error(const weft_doc *doc, const weft_node *node,
                                          weft_error *error) {
    weft_error inner = *error;
    weft_node_fail(doc, node, error, inner.status, "%s", inner.message);
    snprintf(error->hint, sizeof error->hint, "%s", inner.hint);
    if (inner.column > 0) {
        error->column += inner.column - 1 + (weft_node_is_quoted(doc, node) ? 1 : 0);
        error->length = inner.length;
    }
    return error->status;
}

static weft_status read_score(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                              weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    WEFT_TRY(take_name(doc, node, text, problem->info.score, sizeof problem->info.score, error));
    if (weft_expr_parse(text, metric_names(), WEFT_METRIC_COUNT, &problem->score, error) !=
        WEFT_OK) {
        return place_expression_error(doc, node, error);
    }
    problem->info.n_objectives = 1;
    problem->info.maximise[0] = true;
    return WEFT_OK;
}

static weft_status read_goal(weft_problem *problem, weft_map *map, weft_error *error) {
    weft_problem_info *info = &problem->info;
    const weft_node *objectives = NULL;
    const weft_node *score = NULL;
    WEFT_TRY(weft_map_node(map, "objectives", WEFT_OPTIONAL, &objectives, error));
    WEFT_TRY(weft_map_node(map, "score", WEFT_OPTIONAL, &score, error));
    if (objectives != NULL && score != NULL) {
        return weft_node_fail(map->doc, score, error, WEFT_ERROR_INPUT,
                              "expected either `objectives` or `score`, found both");
    }
    if (score != NULL) {
        return read_score(problem, map->doc, score, error);
    }
    if (objectives == NULL) {
        return WEFT_OK; /* told once all keys were seen: one may be misspelt */
    }
    int n = weft_node_is_sequence(objectives) ? weft_sequence_length(objectives) : 0;
    if (n < 1 || n > WEFT_MAX_OBJECTIVES) {
        return weft_node_fail(map->doc, objectives, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d objectives", WEFT_MAX_OBJECTIVES);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_objective(info, map->doc, weft_sequence_at(objectives, i), error));
    }
    return WEFT_OK;
}

static weft_status need_goal(const weft_problem *problem, const weft_map *map, weft_error *error) {
    if (problem->info.n_objectives > 0) {
        return WEFT_OK;
    }
    weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                   "expected either `objectives` or `score`, found neither");
    weft_hint(error, "for example `objectives: [accuracy max, energy min]`, or "
                     "`score: accuracy / energy`");
    return WEFT_ERROR_INPUT;
}

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
        WEFT_TRY(take_name(map->doc, node, text, problem->info.constraints[i],
                           sizeof problem->info.constraints[i], error));
        if (weft_expr_parse_constraint(text, metric_names(), WEFT_METRIC_COUNT,
                                       &problem->constraints[i], error) != WEFT_OK) {
            return place_expression_error(map->doc, node, error);
        }
        problem->info.n_constraints = i + 1;
    }
    return WEFT_OK;
}

static weft_status read_named_section(weft_map *map, const char *section, const char *name_key,
                                      const char *const *names, char *name, size_t size,
                                      const option *options, int n_options, weft_problem_info *info,
                                      weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, section, WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    int n_names = 0;
    while (names[n_names] != NULL) {
        n_names++;
    }
    weft_map inner;
    int choice = -1;
    WEFT_TRY(weft_map_begin(map->doc, node, &inner, error));
    WEFT_TRY(weft_map_choice(&inner, name_key, WEFT_OPTIONAL, names, n_names, &choice, error));
    if (choice >= 0) {
        snprintf(name, size, "%s", names[choice]);
    }
    WEFT_TRY(read_options(&inner, options, n_options, info, error));
    return weft_map_end(&inner, error);
}

/* The space takes the shape and the classes of the data set. */
static weft_status adopt_data(weft_problem *problem, const weft_map *map,
                              const weft_node *data_node, weft_error *error) {
    if (problem->data[0] == '\0') {
        if (!problem->info.trains) {
            return WEFT_OK;
        }
        weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                       "`data` is missing, and the problem asks for accuracy");
        weft_hint(error, "add `data: fashion-mnist`; `weft data list` shows what there is");
        return WEFT_ERROR_INPUT;
    }
    weft_dataset_info info;
    if (weft_data_info(problem->data, &info, error) != WEFT_OK) {
        weft_error inner = *error;
        weft_node_fail(map->doc, data_node, error, inner.status, "%s", inner.message);
        snprintf(error->hint, sizeof error->hint, "%s", inner.hint);
        return error->status;
    }
    return weft_space_set_data(problem->space, info.shape, info.classes, error);
}

static weft_status read_format(weft_map *map, weft_error *error) {
    const weft_node *node = NULL;
    const char *format = NULL;
    WEFT_TRY(weft_map_node(map, "weft", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_node_text(map->doc, node, &format, error));
    if (strcmp(format, PROBLEM_FORMAT) != 0) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected `weft: " PROBLEM_FORMAT "`, found '%s'", format);
    }
    return WEFT_OK;
}

/* Reads everything but the space, the chip and what depends on the data set. */
static weft_status read_settings(weft_problem *problem, weft_map *map, weft_error *error) {
    weft_problem_info *info = &problem->info;
    WEFT_TRY(map_name(map, "name", WEFT_REQUIRED, info->name, sizeof info->name, error));
    WEFT_TRY(read_goal(problem, map, error));
    WEFT_TRY(read_constraints(problem, map, error));
    WEFT_TRY(read_named_section(map, "accuracy", "provider", weft_accuracy_names(),
                                problem->provider, sizeof problem->provider, accuracy_options,
                                N_ACCURACY_OPTIONS, info, error));
    WEFT_TRY(read_named_section(map, "search", "optimizer", weft_optimizer_names(),
                                problem->optimizer, sizeof problem->optimizer, search_options,
                                N_SEARCH_OPTIONS, info, error));
    info->trains = weft_problem_uses(problem, WEFT_METRIC_ACCURACY);
    info->optimizer.n_objectives = info->n_objectives;
    return WEFT_OK;
}

static weft_status problem_create(weft_problem **problem, weft_error *error) {
    weft_problem *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_accuracy_defaults(&made->info.accuracy);
    weft_optimizer_defaults(&made->info.optimizer);
    snprintf(made->provider, sizeof made->provider, "%s", made->info.accuracy.provider);
    snprintf(made->optimizer, sizeof made->optimizer, "tpe");
    made->info.accuracy.provider = made->provider;
    made->info.accuracy.data = made->data;
    made->info.optimizer.name = made->optimizer;
    made->info.trials = 100;
    made->info.batch = 8;
    made->info.seed = 1;
    *problem = made;
    return WEFT_OK;
}

/* The chip's error has its own file; one that could not be found is placed at the problem's line.
 */
static weft_status read_chip(weft_problem *problem, const weft_map *map, const weft_node *node,
                             weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(map->doc, node, &text, error));
    char name[4096];
    weft_status status = weft_share_beside(weft_doc_name(map->doc), text, name, sizeof name, error);
    if (status == WEFT_OK) {
        status = weft_chip_read(name, &problem->chip, error);
    }
    if (status != WEFT_OK) {
        if (error->line == 0) {
            weft_error inner = *error;
            weft_node_fail(map->doc, node, error, inner.status, "%s%s%s", inner.file,
                           inner.file[0] != '\0' ? ": " : "", inner.message);
            snprintf(error->hint, sizeof error->hint, "%s", inner.hint);
        }
        return error->status;
    }
    snprintf(problem->info.chip, sizeof problem->info.chip, "%s", weft_chip_name(problem->chip));
    return WEFT_OK;
}

static weft_status problem_fill(weft_problem *problem, const weft_doc *doc, weft_error *error) {
    weft_map map;
    const weft_node *space = NULL;
    const weft_node *chip = NULL;
    const weft_node *data = NULL;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(read_format(&map, error));
    WEFT_TRY(weft_map_node(&map, "space", WEFT_REQUIRED, &space, error));
    WEFT_TRY(weft_map_node(&map, "chip", WEFT_REQUIRED, &chip, error));
    WEFT_TRY(weft_map_node(&map, "data", WEFT_OPTIONAL, &data, error));
    WEFT_TRY(map_name(&map, "data", WEFT_OPTIONAL, problem->data, sizeof problem->data, error));
    WEFT_TRY(read_settings(problem, &map, error));
    WEFT_TRY(weft_map_end(&map, error));
    WEFT_TRY(need_goal(problem, &map, error));
    WEFT_TRY(weft_space_read_node(doc, space, &problem->space, error));
    WEFT_TRY(read_chip(problem, &map, chip, error));
    WEFT_TRY(adopt_data(problem, &map, data, error));
    snprintf(problem->info.space, sizeof problem->info.space, "%s",
             weft_space_name(problem->space));
    return WEFT_OK;
}

weft_status weft_problem_read(const char *path, weft_problem **problem, weft_error *error) {
    weft_doc *doc = NULL;
    weft_problem *made = NULL;
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = problem_create(&made, error);
    if (status == WEFT_OK) {
        status = problem_fill(made, doc, error);
    }
    weft_doc_destroy(doc);
    if (status != WEFT_OK) {
        weft_problem_destroy(made);
        return status;
    }
    *problem = made;
    return WEFT_OK;
}

/* ---- the texts that go to a store ------------------------------------------------------------ */

static void write_text(FILE *out, const char *before, const char *text) {
    fputs(before, out);
    weft_text_emit(text, out);
    fputc('\n', out);
}

static void write_goal(FILE *out, const weft_problem_info *info) {
    if (info->score[0] != '\0') {
        write_text(out, "score: ", info->score);
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
            write_text(out, "- ", info->constraints[i]);
        }
    }
}

/* The space inside the problem: every line two blanks further in. */
static void write_space(FILE *out, const char *text) {
    fputs("space:\n", out);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        fprintf(out, "%s%.*s\n", length > 0 ? "  " : "", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* The problem with every setting written out; `alone`: with its space in it, not its name. */
static weft_status write_problem(const weft_problem *problem, bool alone, char **text,
                                 weft_error *error) {
    const weft_problem_info *info = &problem->info;
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    if (out == NULL) {
        return weft_fail_memory(error, 4096);
    }
    fprintf(out, "weft: " PROBLEM_FORMAT "\n");
    write_text(out, "name: ", info->name);
    if (alone) {
        write_space(out, weft_space_text(problem->space));
    } else {
        write_text(out, "space: ", info->space);
    }
    write_text(out, "chip: ", info->chip);
    if (problem->data[0] != '\0') {
        write_text(out, "data: ", problem->data);
    }
    write_goal(out, info);
    fprintf(out, "accuracy:\n  provider: %s\n", problem->provider);
    write_options(out, accuracy_options, N_ACCURACY_OPTIONS, info);
    fprintf(out, "search:\n  optimizer: %s\n", problem->optimizer);
    write_options(out, search_options, N_SEARCH_OPTIONS, info);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(made);
        return weft_fail_memory(error, size);
    }
    *text = made;
    return WEFT_OK;
}

weft_status weft_problem_write(const weft_problem *problem, weft_problem_texts *texts,
                               weft_error *error) {
    WEFT_TRY(check_options(accuracy_options, N_ACCURACY_OPTIONS, &problem->info, error));
    WEFT_TRY(check_options(search_options, N_SEARCH_OPTIONS, &problem->info, error));
    WEFT_TRY(write_problem(problem, false, &texts->problem, error));
    texts->space = weft_space_text(problem->space);
    texts->chip = weft_chip_text(problem->chip);
    return WEFT_OK;
}

weft_status weft_problem_write_alone(const weft_problem *problem, char **text, weft_error *error) {
    return write_problem(problem, true, text, error);
}

static weft_status problem_refill(weft_problem *problem, const weft_doc *doc,
                                  const char *space_text, const char *chip_text,
                                  weft_error *error) {
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(read_format(&map, error));
    weft_problem_info *info = &problem->info;
    WEFT_TRY(map_name(&map, "space", WEFT_REQUIRED, info->space, sizeof info->space, error));
    WEFT_TRY(map_name(&map, "chip", WEFT_REQUIRED, info->chip, sizeof info->chip, error));
    WEFT_TRY(map_name(&map, "data", WEFT_OPTIONAL, problem->data, sizeof problem->data, error));
    WEFT_TRY(read_settings(problem, &map, error));
    WEFT_TRY(weft_map_end(&map, error));
    WEFT_TRY(need_goal(problem, &map, error));
    WEFT_TRY(weft_space_parse(space_text, strlen(space_text), info->space, &problem->space, error));
    return weft_chip_parse(chip_text, strlen(chip_text), info->chip, &problem->chip, error);
}

weft_status weft_problem_parse(const char *problem_text, const char *space_text,
                               const char *chip_text, const char *name, weft_problem **problem,
                               weft_error *error) {
    weft_doc *doc = NULL;
    weft_problem *made = NULL;
    WEFT_TRY(weft_doc_parse(problem_text, strlen(problem_text), name, &doc, error));
    weft_status status = problem_create(&made, error);
    if (status == WEFT_OK) {
        status = problem_refill(made, doc, space_text, chip_text, error);
    }
    weft_doc_destroy(doc);
    if (status != WEFT_OK) {
        weft_problem_destroy(made);
        return status;
    }
    *problem = made;
    return WEFT_OK;
}

/* ---- the rest -------------------------------------------------------------------------------- */

void weft_problem_destroy(weft_problem *problem) {
    if (problem == NULL) {
        return;
    }
    weft_expr_destroy(problem->score);
    for (int i = 0; i < WEFT_MAX_CONSTRAINTS; i++) {
        weft_expr_destroy(problem->constraints[i]);
    }
    weft_space_destroy(problem->space);
    weft_chip_destroy(problem->chip);
    free(problem);
}

weft_problem_info *weft_problem_get_info(weft_problem *problem) {
    return &problem->info;
}

const weft_space *weft_problem_get_space(const weft_problem *problem) {
    return problem->space;
}

const weft_chip *weft_problem_get_chip(const weft_problem *problem) {
    return problem->chip;
}

bool weft_problem_uses(const weft_problem *problem, weft_metric metric) {
    if (problem->score != NULL && weft_expr_uses(problem->score, (int)metric)) {
        return true;
    }
    for (int i = 0; problem->score == NULL && i < problem->info.n_objectives; i++) {
        if (problem->info.objectives[i] == metric) {
            return true;
        }
    }
    for (int i = 0; i < problem->info.n_constraints; i++) {
        if (weft_expr_uses(problem->constraints[i], (int)metric)) {
            return true;
        }
    }
    return false;
}

void weft_problem_objectives(const weft_problem *problem, const weft_trial *trial, double *vector) {
    const weft_problem_info *info = &problem->info;
    if (problem->score != NULL) {
        vector[0] = -trial->score;
        return;
    }
    for (int i = 0; i < info->n_objectives; i++) {
        double value = trial->metrics[info->objectives[i]];
        vector[i] = info->maximise[i] ? -value : value;
    }
}
