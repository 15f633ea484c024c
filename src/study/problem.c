/* SPDX-License-Identifier: Apache-2.0
 *
 * Problem files: which space, chip and data, what is wanted, how it is searched.
 * docs/reference/problem-file.md describes the file.
 */
#include "study/problem_part.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "space/space.h"

#define PROBLEM_FORMAT "problem/1"

/* ---- reading --------------------------------------------------------------------------------- */

weft_status weft_take_name(const weft_doc *doc, const weft_node *node, const char *text,
                           char *field, size_t size, weft_error *error) {
    if (text[0] == '\0' || strlen(text) >= size) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected 1 to %zu characters, found %zu", size - 1, strlen(text));
    }
    snprintf(field, size, "%s", text);
    return WEFT_OK;
}

weft_status weft_map_name(weft_map *map, const char *key, weft_need need, char *field, size_t size,
                          weft_error *error) {
    const weft_node *node = NULL;
    const char *text = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_node_text(map->doc, node, &text, error));
    return weft_take_name(map->doc, node, text, field, size, error);
}

/* A section whose first key names one of several things: it begins with `names`, NULL-terminated,
 * of which one may be named by `key`. *inner is to be ended by the caller; its node is NULL where
 * there is no such section. */
static weft_status begin_section(weft_map *map, const char *section, const char *key,
                                 const char *const *names, char *name, weft_map *inner,
                                 weft_error *error) {
    const weft_node *node = NULL;
    inner->node = NULL;
    WEFT_TRY(weft_map_node(map, section, WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    int n = 0;
    int choice = -1;
    while (names[n] != NULL) {
        n++;
    }
    WEFT_TRY(weft_map_begin(map->doc, node, inner, error));
    WEFT_TRY(weft_map_choice(inner, key, WEFT_OPTIONAL, names, n, &choice, error));
    if (choice >= 0) {
        snprintf(name, WEFT_PROBLEM_NAME, "%s", names[choice]);
    }
    return WEFT_OK;
}

/* The objective or constraint that asks for a metric, the score, or the search whose stages do. */
static weft_status find_asking(const weft_problem *problem, const weft_map *from,
                               weft_metric metric, const weft_node **node, weft_error *error) {
    static const char *const GOALS[] = {"score", "minimise", "priority", "order", "reference"};
    const weft_problem_info *info = &problem->info;
    weft_map map = *from;
    bool scored = problem->score != NULL && weft_expr_uses(problem->score, (int)metric);
    for (int k = 0; scored && k < 5 && *node == NULL; k++) {
        WEFT_TRY(weft_map_node(&map, GOALS[k], WEFT_OPTIONAL, node, error));
    }
    for (int i = 0; problem->score == NULL && i < info->n_objectives; i++) {
        if (info->objectives[i] == metric) {
            WEFT_TRY(weft_map_node(&map, "objectives", WEFT_REQUIRED, node, error));
            *node = weft_sequence_at(*node, i);
        }
    }
    for (int i = 0; *node == NULL && i < info->n_constraints; i++) {
        if (weft_expr_uses(problem->constraints[i], (int)metric)) {
            WEFT_TRY(weft_map_node(&map, "constraints", WEFT_REQUIRED, node, error));
            *node = weft_sequence_at(*node, i);
        }
    }
    for (int i = 0; *node == NULL && i < info->n_soft; i++) {
        if (weft_expr_uses(problem->soft[i], (int)metric)) {
            WEFT_TRY(weft_map_node(&map, "soft", WEFT_REQUIRED, node, error));
            *node = weft_sequence_at(*node, i);
        }
    }
    return *node != NULL || info->n_stages == 0
               ? WEFT_OK
               : weft_map_node(&map, "search", WEFT_OPTIONAL, node, error);
}

static weft_status fail_data(const weft_problem *problem, const weft_map *map, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(find_asking(problem, map, WEFT_METRIC_ACCURACY, &node, error));
    weft_node_fail(map->doc, node != NULL ? node : map->node, error, WEFT_ERROR_INPUT,
                   "accuracy is asked for, and there is no `data` to train and measure on");
    weft_hint(error, "add `data: fashion-mnist` (`weft data list` shows what there is), or "
                     "`accuracy: {provider: mlp, ...}` or `table`, which predict it");
    return WEFT_ERROR_INPUT;
}

/* A score is no accuracy, and no provider tells both. */
static weft_status check_provider(const weft_problem *problem, const weft_map *map,
                                  weft_error *error) {
    const weft_problem_info *info = &problem->info;
    const weft_node *node = NULL;
    bool is_score = weft_accuracy_is_score(problem->provider);
    weft_metric metric = is_score ? WEFT_METRIC_ACCURACY : WEFT_METRIC_PROXY;
    if (is_score ? !info->trains : !info->scores) {
        return WEFT_OK;
    }
    WEFT_TRY(find_asking(problem, map, metric, &node, error));
    weft_node_fail(map->doc, node != NULL ? node : map->node, error, WEFT_ERROR_INPUT,
                   is_score ? "provider `%s` tells a score, no accuracy"
                            : "`proxy` is asked for, and provider `%s` tells accuracies",
                   problem->provider);
    weft_hint(error, is_score
                         ? "the score is the metric `proxy`: write `proxy max`"
                         : "name a score, as in `accuracy: {provider: score, score: synflow}`");
    return WEFT_ERROR_INPUT;
}

/* The space takes the shape and the classes of the data set. */
static weft_status adopt_data(weft_problem *problem, const weft_map *map,
                              const weft_node *data_node, weft_error *error) {
    if (problem->data[0] == '\0') {
        if (!problem->info.trains || !weft_accuracy_needs_data(problem->provider)) {
            return WEFT_OK;
        }
        return fail_data(problem, map, error);
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

/* ---- files of the accuracy --------------------------------------------------------------------- */

typedef enum text_kind {
    TEXT,         /* no file */
    NAME_OR_PATH, /* one of ours, or a path */
    PATH,
} text_kind;

static const struct {
    const char *key;
    unsigned use;
    text_kind kind;
} ACCURACY_FILES[WEFT_ACCURACY_FILES] = {
    {"file", WEFT_OF_GENES | WEFT_OF_SUPERNET | WEFT_OF_TOPOLOGY, NAME_OR_PATH},
    {"weights", WEFT_OF_MLP, PATH},
    {"csv", WEFT_OF_TABLE, PATH},
    {"penalty", WEFT_OF_ACCURACIES, NAME_OR_PATH},
    {"ignore", WEFT_OF_GENES, TEXT},
    {"cache", WEFT_OF_TRAIN, PATH},
    {"teacher", WEFT_OF_TRAININGS, NAME_OR_PATH},
    {"teacher_weights", WEFT_OF_TRAININGS | WEFT_WITH_TEACHER, PATH},
    {"keep", WEFT_OF_TRAIN | WEFT_WITH_STEPS, PATH},
};

/* What was fitted or trained by Weft is named by its path; only descriptions come with it. */
static bool has_names(const weft_problem *problem, int i) {
    return ACCURACY_FILES[i].kind == NAME_OR_PATH &&
           !(i == 0 && (strcmp(problem->provider, "predictor") == 0 ||
                        strcmp(problem->provider, "supernet") == 0));
}

/* What names a file is meant from the folder of the problem; a store lies elsewhere, so it is told the
 * whole way. */
static weft_status settle_path(const weft_problem *problem, const weft_doc *doc, int i,
                               const char *text, char *path, weft_error *error) {
    if (ACCURACY_FILES[i].kind == TEXT) {
        snprintf(path, WEFT_PROBLEM_PATH, "%s", text);
        return WEFT_OK;
    }
    if (!has_names(problem, i)) {
        return weft_share_path(weft_doc_name(doc), text, path, WEFT_PROBLEM_PATH, error);
    }
    WEFT_TRY(weft_share_beside(weft_doc_name(doc), text, path, WEFT_PROBLEM_PATH, error));
    weft_share_absolute(path, WEFT_PROBLEM_PATH);
    return WEFT_OK;
}

static weft_status read_accuracy_files(weft_problem *problem, weft_map *map, weft_error *error) {
    for (int i = 0; i < WEFT_ACCURACY_FILES; i++) {
        const weft_node *node = NULL;
        const char *text = NULL;
        char *written = problem->accuracy_written[i];
        WEFT_TRY(weft_map_node(map, ACCURACY_FILES[i].key, WEFT_OPTIONAL, &node, error));
        if (node == NULL) {
            continue;
        }
        WEFT_TRY(weft_node_text(map->doc, node, &text, error));
        WEFT_TRY(weft_take_name(map->doc, node, text, written, WEFT_PROBLEM_PATH, error));
        WEFT_TRY(settle_path(problem, map->doc, i, text, problem->accuracy_files[i], error));
        memcpy(written, problem->accuracy_files[i], WEFT_PROBLEM_PATH);
    }
    return WEFT_OK;
}

static void write_accuracy_files(const weft_problem *problem, FILE *out) {
    for (int i = 0; i < WEFT_ACCURACY_FILES; i++) {
        if (problem->accuracy_written[i][0] != '\0' &&
            weft_use_counts(ACCURACY_FILES[i].use, &problem->info)) {
            fprintf(out, "  %s", ACCURACY_FILES[i].key);
            weft_line_write(out, ": ", problem->accuracy_written[i]);
        }
    }
}

/* ---- settings ---------------------------------------------------------------------------------- */

static const unsigned VALUE_USE = WEFT_OF_PREDICTOR;

static weft_status read_value(weft_problem *problem, weft_map *map, weft_error *error) {
    const char *const *values = weft_accuracy_value_names();
    int n = 0;
    int value = (int)problem->info.accuracy.value;
    while (values[n] != NULL) {
        n++;
    }
    WEFT_TRY(weft_map_choice(map, "value", WEFT_OPTIONAL, values, n, &value, error));
    problem->info.accuracy.value = (weft_accuracy_value)value;
    return WEFT_OK;
}

static weft_status read_accuracy(weft_problem *problem, weft_map *map, weft_error *error) {
    weft_map inner;
    WEFT_TRY(begin_section(map, "accuracy", "provider", weft_accuracy_names(), problem->provider,
                           &inner, error));
    if (inner.node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_options_read(WEFT_OPTIONS_ACCURACY, &inner, &problem->info, error));
    WEFT_TRY(weft_training_read(&inner, &problem->info.accuracy, error));
    WEFT_TRY(read_value(problem, &inner, error));
    WEFT_TRY(read_accuracy_files(problem, &inner, error));
    return weft_map_end(&inner, error);
}

/* A store of an older version has all keys, whatever they mean: only what a person wrote is checked. */
static weft_status check_accuracy(const weft_problem *problem, const weft_map *from,
                                  weft_error *error) {
    weft_map map = *from;
    weft_map inner;
    const weft_problem_info *info = &problem->info;
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(&map, "accuracy", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_map_begin(map.doc, node, &inner, error));
    WEFT_TRY(weft_options_check_use(&inner, info, error));
    WEFT_TRY(weft_training_check_use(&inner, info, error));
    for (int i = 0; i < WEFT_ACCURACY_FILES; i++) {
        WEFT_TRY(weft_use_check(&inner, ACCURACY_FILES[i].key, ACCURACY_FILES[i].use, info, error));
    }
    return weft_use_check(&inner, "value", VALUE_USE, info, error);
}

/* Whether the optimizer is named, and why a study of ours took it. */
static weft_status read_choice(weft_problem *problem, weft_map *search, weft_error *error) {
    const weft_node *node = NULL;
    const char *chosen = NULL;
    WEFT_TRY(weft_map_node(search, "optimizer", WEFT_OPTIONAL, &node, error));
    problem->names_optimizer = node != NULL;
    WEFT_TRY(weft_map_text(search, "chosen", WEFT_OPTIONAL, &chosen, error));
    if (chosen != NULL) {
        snprintf(problem->info.chosen, sizeof problem->info.chosen, "%s", chosen);
    }
    return WEFT_OK;
}

static weft_status read_search(weft_problem *problem, weft_map *map, weft_error *error) {
    weft_map inner;
    WEFT_TRY(begin_section(map, "search", "optimizer", weft_optimizer_names(), problem->optimizer,
                           &inner, error));
    if (inner.node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(read_choice(problem, &inner, error));
    WEFT_TRY(weft_options_read(WEFT_OPTIONS_SEARCH, &inner, &problem->info, error));
    WEFT_TRY(weft_members_read(&inner, &problem->info, error));
    WEFT_TRY(weft_plan_read(problem, &inner, error));
    WEFT_TRY(weft_bracket_options_read(problem, map, &inner, error));
    return weft_map_end(&inner, error);
}

/* Reads everything but the space, the chip and what depends on them. */
static weft_status read_settings(weft_problem *problem, weft_map *map, weft_error *error) {
    static const char *const AGGREGATES[] = {
#define AGGREGATE_TOKEN(name, token) token,
        WEFT_AGGREGATE_MAP(AGGREGATE_TOKEN)
#undef AGGREGATE_TOKEN
    };
    weft_problem_info *info = &problem->info;
    int aggregate = (int)info->aggregate;
    WEFT_TRY(weft_map_name(map, "name", WEFT_REQUIRED, info->name, sizeof info->name, error));
    WEFT_TRY(weft_goal_read(problem, map, error));
    WEFT_TRY(weft_accounting_read(info, map, error));
    WEFT_TRY(weft_map_choice(map, "aggregate", WEFT_OPTIONAL, AGGREGATES, WEFT_AGGREGATE_COUNT,
                             &aggregate, error));
    info->aggregate = (weft_aggregate)aggregate;
    WEFT_TRY(read_accuracy(problem, map, error));
    WEFT_TRY(read_search(problem, map, error));
    info->trains = weft_problem_uses(problem, WEFT_METRIC_ACCURACY) ||
                   weft_problem_uses(problem, WEFT_METRIC_PENALTY);
    info->scores = weft_problem_uses(problem, WEFT_METRIC_PROXY);
    info->accuracy.blind_bits = info->accuracy.blind_bits ||
                                weft_problem_fault(problem, WEFT_FAULT_BLIND);
    info->optimizer.n_objectives = info->n_objectives;
    return WEFT_OK;
}

const char *weft_aggregate_token(weft_aggregate aggregate) {
    static const char *const tokens[] = {
#define AGGREGATE_TOKEN(name, token) token,
        WEFT_AGGREGATE_MAP(AGGREGATE_TOKEN)
#undef AGGREGATE_TOKEN
    };
    return aggregate < WEFT_AGGREGATE_COUNT ? tokens[aggregate] : "unknown";
}

static weft_status problem_create(weft_problem **problem, weft_error *error) {
    weft_problem *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_accuracy_defaults(&made->info.accuracy);
    weft_optimizer_defaults(&made->info.optimizer);
    weft_brackets_defaults(&made->info.brackets);
    made->info.brackets.name = NULL;
    snprintf(made->provider, sizeof made->provider, "%s", made->info.accuracy.provider);
    snprintf(made->optimizer, sizeof made->optimizer, "tpe");
    made->info.accuracy.provider = made->provider;
    made->info.accuracy.data = made->data;
    made->info.accuracy.file = made->accuracy_files[0];
    made->info.accuracy.weights = made->accuracy_files[1];
    made->info.accuracy.csv = made->accuracy_files[2];
    made->info.accuracy.penalty = made->accuracy_files[3];
    made->info.accuracy.ignore = made->accuracy_files[4];
    made->info.cache = made->accuracy_files[5];
    made->info.accuracy.teacher = made->accuracy_files[6];
    made->info.accuracy.teacher_weights = made->accuracy_files[7];
    made->info.accuracy.keep = made->accuracy_files[WEFT_ACCURACY_KEEP];
    made->info.optimizer.name = made->optimizer;
    snprintf(made->info.accounting, sizeof made->info.accounting, WEFT_ACCOUNTING_CHIP);
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
    return weft_accounting_apply(&problem->info, problem->chip, error);
}

static weft_status read_space(weft_problem *problem, const weft_doc *doc, const weft_node *node,
                              weft_error *error) {
    WEFT_TRY(weft_space_read_node(doc, node, &problem->space, error));
    snprintf(problem->info.space, sizeof problem->info.space, "%s",
             weft_space_name(problem->space));
    if (weft_space_has_networks(problem->space)) {
        return WEFT_OK;
    }
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                   "the space '%.63s' is of values: it has no networks", problem->info.space);
    weft_hint(error, "'weft optimize' searches it with a program of yours");
    return WEFT_ERROR_INPUT;
}

static weft_status problem_fill(weft_problem *problem, const weft_doc *doc, weft_error *error) {
    weft_map map;
    const weft_node *space = NULL;
    const weft_node *chip = NULL;
    const weft_node *data = NULL;
    const weft_node *fixed = NULL;
    const weft_node *pin = NULL;
    const weft_node *forbid = NULL;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, PROBLEM_FORMAT, error));
    WEFT_TRY(weft_map_node(&map, "pin", WEFT_OPTIONAL, &pin, error));
    WEFT_TRY(weft_map_node(&map, "forbid", WEFT_OPTIONAL, &forbid, error));
    WEFT_TRY(weft_map_node(&map, "space", WEFT_REQUIRED, &space, error));
    WEFT_TRY(weft_map_node(&map, "chip", WEFT_REQUIRED, &chip, error));
    WEFT_TRY(weft_map_node(&map, "data", WEFT_OPTIONAL, &data, error));
    WEFT_TRY(
        weft_map_name(&map, "data", WEFT_OPTIONAL, problem->data, sizeof problem->data, error));
    WEFT_TRY(weft_map_node(&map, "fixed", WEFT_OPTIONAL, &fixed, error));
    WEFT_TRY(read_settings(problem, &map, error));
    WEFT_TRY(weft_map_end(&map, error));
    WEFT_TRY(check_accuracy(problem, &map, error));
    WEFT_TRY(check_provider(problem, &map, error));
    WEFT_TRY(weft_goal_need(problem, &map, error));
    WEFT_TRY(read_space(problem, doc, space, error));
    WEFT_TRY(read_chip(problem, &map, chip, error));
    WEFT_TRY(adopt_data(problem, &map, data, error));
    WEFT_TRY(weft_plan_bind(problem, doc, fixed, error));
    WEFT_TRY(weft_steer_bind(problem, doc, pin, forbid, error));
    return weft_problem_suit(problem, doc, chip, error);
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

void weft_line_write(FILE *out, const char *before, const char *text) {
    fputs(before, out);
    weft_text_emit(text, out);
    fputc('\n', out);
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

/* Not before a study has chosen one, or its caller or file has. */
static bool says_optimizer(const weft_problem *problem) {
    const weft_problem_info *info = &problem->info;
    return problem->names_optimizer || problem->has_optimizer || info->chosen[0] != '\0' ||
           info->optimizer.name != problem->optimizer;
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
    weft_line_write(out, "name: ", info->name);
    if (alone) {
        write_space(out, weft_space_text(problem->space));
    } else {
        weft_line_write(out, "space: ", info->space);
    }
    weft_line_write(out, "chip: ", info->chip);
    if (problem->data[0] != '\0') {
        weft_line_write(out, "data: ", problem->data);
    }
    weft_goal_write(info, out);
    weft_accounting_write(info, out);
    fprintf(out, "aggregate: %s\n", weft_aggregate_token(info->aggregate));
    fprintf(out, "accuracy:\n  provider: %s\n", problem->provider);
    weft_options_write(WEFT_OPTIONS_ACCURACY, info, out);
    weft_training_write(info, out);
    if (weft_use_counts(VALUE_USE, info)) {
        fprintf(out, "  value: %s\n", weft_accuracy_value_names()[info->accuracy.value]);
    }
    write_accuracy_files(problem, out);
    fprintf(out, "search:\n");
    if (says_optimizer(problem)) {
        fprintf(out, "  optimizer: %s\n", info->optimizer.name);
    }
    if (info->chosen[0] != '\0') {
        weft_line_write(out, "  chosen: ", info->chosen);
    }
    weft_options_write(WEFT_OPTIONS_SEARCH, info, out);
    weft_members_write(info, out);
    weft_bracket_options_write(info, out);
    weft_plan_write(problem, out);
    weft_steer_write(problem, out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(made);
        return weft_fail_memory(error, size);
    }
    *text = made;
    return WEFT_OK;
}

weft_status weft_problem_check_options(const weft_problem *problem, weft_error *error) {
    WEFT_TRY(weft_options_check(WEFT_OPTIONS_ACCURACY, &problem->info, error));
    return weft_options_check(WEFT_OPTIONS_SEARCH, &problem->info, error);
}

weft_status weft_problem_write(const weft_problem *problem, weft_problem_texts *texts,
                               weft_error *error) {
    WEFT_TRY(weft_problem_check_options(problem, error));
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
    const weft_node *fixed = NULL;
    const weft_node *pin = NULL;
    const weft_node *forbid = NULL;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, PROBLEM_FORMAT, error));
    WEFT_TRY(weft_map_node(&map, "pin", WEFT_OPTIONAL, &pin, error));
    WEFT_TRY(weft_map_node(&map, "forbid", WEFT_OPTIONAL, &forbid, error));
    weft_problem_info *info = &problem->info;
    WEFT_TRY(weft_map_node(&map, "fixed", WEFT_OPTIONAL, &fixed, error));
    WEFT_TRY(weft_map_name(&map, "space", WEFT_REQUIRED, info->space, sizeof info->space, error));
    WEFT_TRY(weft_map_name(&map, "chip", WEFT_REQUIRED, info->chip, sizeof info->chip, error));
    WEFT_TRY(
        weft_map_name(&map, "data", WEFT_OPTIONAL, problem->data, sizeof problem->data, error));
    WEFT_TRY(read_settings(problem, &map, error));
    WEFT_TRY(weft_map_end(&map, error));
    WEFT_TRY(weft_goal_need(problem, &map, error));
    WEFT_TRY(weft_space_parse(space_text, strlen(space_text), info->space, &problem->space, error));
    WEFT_TRY(weft_chip_parse(chip_text, strlen(chip_text), info->chip, &problem->chip, error));
    WEFT_TRY(weft_plan_bind(problem, doc, fixed, error));
    return weft_steer_bind(problem, doc, pin, forbid, error);
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
        weft_expr_destroy(problem->soft[i]);
    }
    weft_plan_free(problem);
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
    for (int s = 0; s < problem->info.n_stages; s++) {
        const weft_expr *score = problem->stages[s].score;
        if (score != NULL && weft_expr_uses(score, (int)metric)) {
            return true;
        }
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
    for (int i = 0; i < problem->info.n_soft; i++) {
        if (weft_expr_uses(problem->soft[i], (int)metric)) {
            return true;
        }
    }
    return false;
}

void weft_problem_objectives(const weft_problem *problem, const weft_trial *trial, double *vector) {
    if (problem->score != NULL) { /* told, not worked out: a store keeps it */
        vector[0] = problem->info.maximise[0] ? -trial->score : trial->score;
    } else {
        weft_problem_vector(problem, trial->metrics, vector);
    }
}

/* A value of a goal, worse by what broken soft limits cost. */
static double penalised(double value, bool maximise, double penalty) {
    return maximise ? value - penalty * fabs(value) : value + penalty * fabs(value);
}

double weft_problem_plain_score(const weft_problem *problem, const double *metrics) {
    return problem->score != NULL ? weft_expr_evaluate(problem->score, metrics) : (double)NAN;
}

double weft_problem_score(const weft_problem *problem, const double *metrics) {
    return penalised(weft_problem_plain_score(problem, metrics), problem->info.maximise[0],
                     weft_problem_penalty(problem, -1, metrics));
}

void weft_problem_vector(const weft_problem *problem, const double *metrics, double *vector) {
    const weft_problem_info *info = &problem->info;
    if (problem->score != NULL) {
        double score = weft_problem_score(problem, metrics);
        vector[0] = info->maximise[0] ? -score : score;
        return;
    }
    double penalty = weft_problem_penalty(problem, -1, metrics);
    double miss = weft_problem_miss(problem, metrics);
    for (int i = 0; i < info->n_objectives; i++) {
        double value = penalised(metrics[info->objectives[i]], info->maximise[i], penalty);
        vector[i] = info->maximise[i] ? -value : value;
        for (int a = 0; a < info->n_aims; a++) {
            bool own = info->aims[a].metric == info->objectives[i];
            vector[i] += own ? miss * info->aims[a].scale : 0.0;
        }
    }
}
