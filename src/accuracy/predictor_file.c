/* SPDX-License-Identifier: Apache-2.0
 * Reading a predictor file. */
#include "accuracy/predictor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/theta.h"
#include "base/number.h"
#include "base/share.h"

#define PREDICTOR_FORMAT "predictor/1"

static const char *const activation_words[] = {"none", "relu", "tanh", "sigmoid"};

enum { N_ACTIVATIONS = sizeof activation_words / sizeof activation_words[0] };

const char *weft_activation_word(weft_activation activation) {
    return activation_words[activation];
}

/* ---- small things ---------------------------------------------------------------------------- */

static weft_status read_text(weft_map *map, const char *key, weft_need need, char *text,
                             size_t size, weft_error *error) {
    const weft_node *node = NULL;
    const char *found = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_node_text(map->doc, node, &found, error));
    if (strlen(found) >= size) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected at most %zu characters", size - 1);
    }
    snprintf(text, size, "%s", found);
    return WEFT_OK;
}

static weft_status read_count(weft_map *map, const char *key, weft_need need, int lower, int upper,
                              int *value, weft_error *error) {
    int64_t wide = *value;
    WEFT_TRY(weft_map_integer(map, key, need, lower, upper, &wide, error));
    *value = (int)wide;
    return WEFT_OK;
}

static weft_status read_name(const weft_doc *doc, const weft_node *node, weft_gene_names *names,
                             weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    if (text[0] == '\0' || strlen(text) >= WEFT_GENE_NAME) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected the name of a gene, in which a star stands for a number");
    }
    snprintf(names->pattern[names->n++], WEFT_GENE_NAME, "%s", text);
    return WEFT_OK;
}

/* `key: "kernel*"` or `key: ["kernel*", "ks*"]`. */
static weft_status read_names(weft_map *map, const char *key, weft_need need,
                              weft_gene_names *names, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (!weft_node_is_sequence(node)) {
        return read_name(map->doc, node, names, error);
    }
    int n = weft_sequence_length(node);
    if (n < 1 || n > WEFT_GENE_NAMES_MAX) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected 1 to %d names, of which the first that fits is taken",
                              WEFT_GENE_NAMES_MAX);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_name(map->doc, weft_sequence_at(node, i), names, error));
    }
    return WEFT_OK;
}

bool weft_value_is(const weft_value *value, double number, const char *word) {
    if (word != NULL) {
        return strcmp(value->word, word) == 0;
    }
    return value->is_number && fabs(value->number - number) <= 1e-3 * fabs(value->number);
}

static weft_status read_value(const weft_doc *doc, const weft_node *node, weft_value *value,
                              weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    if (strlen(text) >= sizeof value->word) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "expected at most %zu characters",
                              sizeof value->word - 1);
    }
    snprintf(value->word, sizeof value->word, "%s", text);
    char *end = NULL;
    value->number = weft_real_parse(text, &end);
    value->is_number = end != text && *end == '\0' && isfinite(value->number);
    return WEFT_OK;
}

static weft_status read_value_of(weft_map *map, const char *key, bool *has, weft_value *value,
                                 weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_OPTIONAL, &node, error));
    *has = node != NULL;
    return node == NULL ? WEFT_OK : read_value(map->doc, node, value, error);
}

static weft_status take_values(int n, weft_value **values, weft_error *error) {
    *values = calloc((size_t)n, sizeof **values);
    return *values == NULL ? weft_fail_memory(error, (size_t)n * sizeof **values) : WEFT_OK;
}

/* ---- features -------------------------------------------------------------------------------- */

/* `one_hot: {from: 4, to: 6, steps: 24}`: 25 values at equal distances. */
static weft_status read_range(const weft_doc *doc, const weft_node *node, weft_feature *feature,
                              weft_error *error) {
    weft_map map;
    double from = 0.0;
    double to = 0.0;
    int steps = 1;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_real(&map, "from", WEFT_REQUIRED, -1e12, 1e12, &from, error));
    WEFT_TRY(weft_map_real(&map, "to", WEFT_REQUIRED, -1e12, 1e12, &to, error));
    WEFT_TRY(
        read_count(&map, "steps", WEFT_REQUIRED, 1, WEFT_PREDICTOR_MAX_VALUES - 1, &steps, error));
    WEFT_TRY(weft_map_end(&map, error));
    WEFT_TRY(take_values(steps + 1, &feature->values, error));
    feature->n_values = steps + 1;
    for (int i = 0; i <= steps; i++) {
        weft_value *value = &feature->values[i];
        value->is_number = true;
        value->number = from + (to - from) * i / steps;
        weft_real_text(value->number, value->word, sizeof value->word);
    }
    return WEFT_OK;
}

static weft_status read_values(const weft_doc *doc, const weft_node *node, bool numbers,
                               weft_feature *feature, weft_error *error) {
    int n = weft_node_is_sequence(node) ? weft_sequence_length(node) : 0;
    if (n < 1 || n > WEFT_PREDICTOR_MAX_VALUES) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d values", WEFT_PREDICTOR_MAX_VALUES);
    }
    WEFT_TRY(take_values(n, &feature->values, error));
    feature->n_values = n;
    for (int i = 0; i < n; i++) {
        const weft_node *item = weft_sequence_at(node, i);
        WEFT_TRY(read_value(doc, item, &feature->values[i], error));
        if (numbers && !feature->values[i].is_number) {
            return weft_node_fail(doc, item, error, WEFT_ERROR_INPUT, "expected a number");
        }
        for (int j = 0; !numbers && j < i; j++) {
            if (strcmp(feature->values[j].word, feature->values[i].word) == 0) {
                return weft_node_fail(doc, item, error, WEFT_ERROR_INPUT,
                                      "this value is in the list twice");
            }
        }
    }
    return WEFT_OK;
}

static weft_status read_number(const weft_doc *doc, const weft_node *node, weft_feature *feature,
                               weft_error *error) {
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_real(&map, "mean", WEFT_OPTIONAL, -1e12, 1e12, &feature->mean, error));
    WEFT_TRY(
        weft_map_real(&map, "deviation", WEFT_OPTIONAL, 1e-12, 1e12, &feature->deviation, error));
    return weft_map_end(&map, error);
}

/* Exactly one of the three kinds. */
static weft_status read_kind(weft_map *map, weft_feature *feature, weft_error *error) {
    static const char *const keys[] = {"one_hot", "number", "fixed"};
    const weft_node *node = NULL;
    int found = 0;
    for (int i = 0; i < 3; i++) {
        const weft_node *value = NULL;
        WEFT_TRY(weft_map_node(map, keys[i], WEFT_OPTIONAL, &value, error));
        if (value != NULL) {
            feature->kind = (weft_feature_kind)i;
            node = value;
            found++;
        }
    }
    if (found != 1) {
        return weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                              "expected one of one_hot, number and fixed, found %d of them", found);
    }
    if (feature->kind == WEFT_FEATURE_NUMBER) {
        return read_number(map->doc, node, feature, error);
    }
    return weft_node_is_mapping(node) && feature->kind == WEFT_FEATURE_ONE_HOT
               ? read_range(map->doc, node, feature, error)
               : read_values(map->doc, node, feature->kind == WEFT_FEATURE_FIXED, feature, error);
}

/* `depth: {genes: "depth*", each: 4}`. */
static weft_status read_depth(weft_map *map, weft_feature *feature, weft_error *error) {
    const weft_node *node = NULL;
    weft_map inner;
    WEFT_TRY(weft_map_node(map, "depth", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_map_begin(map->doc, node, &inner, error));
    WEFT_TRY(read_names(&inner, "genes", WEFT_REQUIRED, &feature->depth, error));
    WEFT_TRY(read_count(&inner, "each", WEFT_REQUIRED, 1, WEFT_PREDICTOR_MAX_GENES, &feature->each,
                        error));
    WEFT_TRY(read_count(&inner, "first", WEFT_OPTIONAL, 0, WEFT_PREDICTOR_MAX_GENES,
                        &feature->first, error));
    return weft_map_end(&inner, error);
}

/* The value among those of the feature, where they are a list. */
static weft_status check_value(const weft_map *map, const weft_feature *feature, const char *key,
                               bool has, const weft_value *value, weft_error *error) {
    if (!has) {
        return WEFT_OK;
    }
    bool fits = feature->kind != WEFT_FEATURE_ONE_HOT && value->is_number;
    for (int i = 0; i < feature->n_values && !fits; i++) {
        fits = weft_value_is(&feature->values[i], value->number,
                             value->is_number ? NULL : value->word);
    }
    return fits ? WEFT_OK
                : weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                                 "`%s` is '%s', which is none of the feature's values", key,
                                 value->word);
}

static weft_status read_genes(weft_map *map, weft_feature *feature, weft_error *error) {
    WEFT_TRY(read_names(map, "genes", WEFT_REQUIRED, &feature->genes, error));
    WEFT_TRY(read_count(map, "count", WEFT_OPTIONAL, 1, WEFT_PREDICTOR_MAX_GENES, &feature->count,
                        error));
    WEFT_TRY(weft_map_real(map, "scale", WEFT_OPTIONAL, -1e12, 1e12, &feature->scale, error));
    WEFT_TRY(weft_map_bool(map, "nearest", WEFT_OPTIONAL, &feature->nearest, error));
    WEFT_TRY(read_value_of(map, "absent", &feature->has_absent, &feature->absent, error));
    WEFT_TRY(read_value_of(map, "inactive", &feature->has_inactive, &feature->inactive, error));
    WEFT_TRY(read_value_of(map, "blind", &feature->has_blind, &feature->blind, error));
    WEFT_TRY(read_depth(map, feature, error));
    WEFT_TRY(check_value(map, feature, "absent", feature->has_absent, &feature->absent, error));
    WEFT_TRY(
        check_value(map, feature, "inactive", feature->has_inactive, &feature->inactive, error));
    return check_value(map, feature, "blind", feature->has_blind, &feature->blind, error);
}

static int line_of(const weft_doc *doc, const weft_node *node) {
    weft_error place;
    weft_node_fail(doc, node, &place, WEFT_ERROR_INPUT, "line");
    return place.line;
}

static weft_status read_feature(const weft_doc *doc, const weft_node *node, weft_feature *feature,
                                weft_error *error) {
    weft_map map;
    feature->scale = 1.0;
    feature->deviation = 1.0;
    feature->line = line_of(doc, node);
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(read_kind(&map, feature, error));
    if (feature->kind != WEFT_FEATURE_FIXED) {
        feature->count = 1;
        WEFT_TRY(read_genes(&map, feature, error));
    }
    feature->inputs = feature->kind == WEFT_FEATURE_FIXED    ? feature->n_values
                      : feature->kind == WEFT_FEATURE_NUMBER ? feature->count
                                                             : feature->count * feature->n_values;
    return weft_map_end(&map, error);
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* The keys that branches and layers share. */
static weft_status read_shared(weft_map *map, weft_predictor_layer *layer, weft_error *error) {
    int activation = (int)WEFT_ACTIVATION_NONE;
    WEFT_TRY(read_text(map, "weight", WEFT_REQUIRED, layer->weight, sizeof layer->weight, error));
    WEFT_TRY(read_text(map, "bias", WEFT_OPTIONAL, layer->bias, sizeof layer->bias, error));
    WEFT_TRY(weft_map_bool(map, "transposed", WEFT_OPTIONAL, &layer->transposed, error));
    WEFT_TRY(weft_map_choice(map, "activation", WEFT_REQUIRED, activation_words, N_ACTIVATIONS,
                             &activation, error));
    layer->activation = (weft_activation)activation;
    return read_count(map, "width", WEFT_REQUIRED, 1, WEFT_PREDICTOR_MAX_WIDTH, &layer->outputs,
                      error);
}

static weft_status read_branch(const weft_doc *doc, const weft_node *node,
                               weft_predictor_layer *branch, weft_error *error) {
    weft_map map;
    const weft_node *features = NULL;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(read_shared(&map, branch, error));
    WEFT_TRY(weft_map_node(&map, "features", WEFT_REQUIRED, &features, error));
    int n = weft_node_is_sequence(features) ? weft_sequence_length(features) : 0;
    if (n < 1 || n > WEFT_PREDICTOR_MAX_FEATURES) {
        return weft_node_fail(doc, features, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d features", WEFT_PREDICTOR_MAX_FEATURES);
    }
    branch->features = calloc((size_t)n, sizeof *branch->features);
    if (branch->features == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *branch->features);
    }
    branch->n_features = n;
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_feature(doc, weft_sequence_at(features, i), &branch->features[i], error));
        branch->inputs += branch->features[i].inputs;
    }
    if (branch->inputs > 16 * WEFT_PREDICTOR_MAX_WIDTH) {
        return weft_node_fail(doc, features, error, WEFT_ERROR_INPUT,
                              "these features take %d inputs, expected at most %d", branch->inputs,
                              16 * WEFT_PREDICTOR_MAX_WIDTH);
    }
    return weft_map_end(&map, error);
}

static weft_status read_list(weft_map *map, const char *key, weft_need need, int most,
                             const weft_node **list, int *n, weft_error *error) {
    WEFT_TRY(weft_map_node(map, key, need, list, error));
    *n = *list == NULL ? 0 : weft_node_is_sequence(*list) ? weft_sequence_length(*list) : -1;
    if (*n < 0 || *n > most || (*n == 0 && *list != NULL)) {
        return weft_node_fail(map->doc, *list, error, WEFT_ERROR_INPUT,
                              "expected a list of 1 to %d entries", most);
    }
    return WEFT_OK;
}

static weft_status read_branches(weft_predictor_file *file, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    int n = 0;
    WEFT_TRY(
        read_list(map, "branches", WEFT_REQUIRED, WEFT_PREDICTOR_MAX_BRANCHES, &list, &n, error));
    for (int i = 0; i < n; i++) {
        const weft_node *node = weft_sequence_at(list, i);
        weft_predictor_layer *branch = &file->branches[file->n_branches++];
        WEFT_TRY(read_branch(map->doc, node, branch, error));
        if (branch->outputs != file->branches[0].outputs) {
            return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                                  "this branch is %d wide, the first one %d: branches are added",
                                  branch->outputs, file->branches[0].outputs);
        }
    }
    return WEFT_OK;
}

static weft_status read_layers(weft_predictor_file *file, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    int n = 0;
    int width = file->branches[0].outputs;
    WEFT_TRY(read_list(map, "layers", WEFT_OPTIONAL, WEFT_PREDICTOR_MAX_LAYERS, &list, &n, error));
    for (int i = 0; i < n; i++) {
        weft_map inner;
        weft_predictor_layer *layer = &file->layers[file->n_layers++];
        WEFT_TRY(weft_map_begin(map->doc, weft_sequence_at(list, i), &inner, error));
        WEFT_TRY(read_shared(&inner, layer, error));
        WEFT_TRY(weft_map_end(&inner, error));
        layer->inputs = width;
        width = layer->outputs;
    }
    return WEFT_OK;
}

/* Told once all keys were seen: `layers` may be misspelt. */
static weft_status check_last(const weft_predictor_file *file, const weft_map *map,
                              weft_error *error) {
    int width = file->n_layers > 0 ? file->layers[file->n_layers - 1].outputs
                                   : file->branches[0].outputs;
    return width == 1
               ? WEFT_OK
               : weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                                "the last layer has %d outputs, expected 1: the accuracy", width);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static weft_status read_words(weft_map *map, weft_key_column *column, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "values", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    int n = weft_node_is_mapping(node) ? weft_mapping_length(node) : 0;
    if (n < 1 || n > WEFT_PREDICTOR_MAX_VALUES) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected a mapping from a gene's values to those of the table");
    }
    WEFT_TRY(take_values(n, &column->meant, error));
    WEFT_TRY(take_values(n, &column->words, error));
    column->n_words = n;
    for (int i = 0; i < n; i++) {
        const char *key = NULL;
        const weft_node *value = NULL;
        weft_value *meant = &column->meant[i];
        char *end = NULL;
        WEFT_TRY(weft_mapping_at(map->doc, node, i, &key, &value, error));
        WEFT_TRY(read_value(map->doc, value, &column->words[i], error));
        snprintf(meant->word, sizeof meant->word, "%s", key);
        meant->number = weft_real_parse(key, &end);
        meant->is_number = end != key && *end == '\0' && isfinite(meant->number);
    }
    return WEFT_OK;
}

static weft_status read_columns(weft_predictor_file *file, weft_map *map, weft_error *error) {
    const weft_node *list = NULL;
    int n = 0;
    WEFT_TRY(read_list(map, "keys", WEFT_REQUIRED, WEFT_PREDICTOR_MAX_COLUMNS, &list, &n, error));
    for (int i = 0; i < n; i++) {
        weft_map inner;
        weft_key_column *column = &file->columns[file->n_columns++];
        column->count = 1;
        snprintf(column->inactive, sizeof column->inactive, "-");
        WEFT_TRY(weft_map_begin(map->doc, weft_sequence_at(list, i), &inner, error));
        WEFT_TRY(
            read_text(&inner, "column", WEFT_REQUIRED, column->name, sizeof column->name, error));
        WEFT_TRY(read_names(&inner, "genes", WEFT_REQUIRED, &column->genes, error));
        WEFT_TRY(read_count(&inner, "count", WEFT_OPTIONAL, 1, WEFT_PREDICTOR_MAX_GENES,
                            &column->count, error));
        WEFT_TRY(
            read_text(&inner, "join", WEFT_OPTIONAL, column->join, sizeof column->join, error));
        WEFT_TRY(read_text(&inner, "inactive", WEFT_OPTIONAL, column->inactive,
                           sizeof column->inactive, error));
        WEFT_TRY(read_words(&inner, column, error));
        WEFT_TRY(weft_map_end(&inner, error));
    }
    return WEFT_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status read_accuracy(weft_predictor_file *file, weft_map *map, weft_error *error) {
    static const char *const units[] = {"share", "percent"};
    const weft_node *node = NULL;
    weft_map inner;
    int unit = 0;
    WEFT_TRY(weft_map_node(map, "accuracy", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(map->doc, node, &inner, error));
    WEFT_TRY(weft_map_choice(&inner, "unit", WEFT_REQUIRED, units, 2, &unit, error));
    WEFT_TRY(
        read_text(&inner, "measure", WEFT_OPTIONAL, file->measure, sizeof file->measure, error));
    if (file->is_table) {
        WEFT_TRY(
            read_text(&inner, "column", WEFT_REQUIRED, file->column, sizeof file->column, error));
    } else {
        WEFT_TRY(weft_map_real(&inner, "scale", WEFT_OPTIONAL, -1e6, 1e6, &file->scale, error));
        WEFT_TRY(weft_map_real(&inner, "offset", WEFT_OPTIONAL, -1e6, 1e6, &file->offset, error));
    }
    if (unit == 1) {
        file->scale /= 100.0;
        file->offset /= 100.0;
    }
    return weft_map_end(&inner, error);
}

/* A path that a file names is meant from that file's folder. */
static weft_status read_path(weft_map *map, const char *key, char *path, size_t size,
                             weft_error *error) {
    char text[WEFT_PREDICTOR_PATH] = "";
    WEFT_TRY(read_text(map, key, WEFT_OPTIONAL, text, sizeof text, error));
    const char *slash = strrchr(weft_doc_name(map->doc), '/');
    int folder = slash == NULL ? 0 : (int)(slash + 1 - weft_doc_name(map->doc));
    int written = text[0] == '\0' ? 0
                  : text[0] == '/'
                      ? snprintf(path, size, "%s", text)
                      : snprintf(path, size, "%.*s%s", folder, weft_doc_name(map->doc), text);
    return (size_t)written < size ? WEFT_OK
                                  : weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                                                   "the path of `%s` is too long", key);
}

static weft_status fill(weft_predictor_file *file, const weft_doc *doc, weft_error *error) {
    static const char *const kinds[] = {"mlp", "table", "topology"};
    weft_map map;
    int kind = 0;
    file->scale = 1.0;
    snprintf(file->path, sizeof file->path, "%s", weft_doc_name(doc));
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_format(&map, PREDICTOR_FORMAT, error));
    WEFT_TRY(read_text(&map, "name", WEFT_REQUIRED, file->name, sizeof file->name, error));
    WEFT_TRY(weft_map_choice(&map, "kind", WEFT_REQUIRED, kinds, 3, &kind, error));
    file->is_table = kind == 1;
    file->is_topology = kind == 2;
    WEFT_TRY(read_text(&map, "description", WEFT_OPTIONAL, file->description,
                       sizeof file->description, error));
    WEFT_TRY(read_text(&map, "source", WEFT_REQUIRED, file->source, sizeof file->source, error));
    WEFT_TRY(read_text(&map, "ignore", WEFT_OPTIONAL, file->ignore, sizeof file->ignore, error));
    WEFT_TRY(read_accuracy(file, &map, error));
    if (file->is_topology) {
        WEFT_TRY(weft_theta_take(&map, &file->theta, error));
    } else if (file->is_table) {
        WEFT_TRY(read_path(&map, "csv", file->csv, sizeof file->csv, error));
        WEFT_TRY(weft_map_integer(&map, "rows", WEFT_OPTIONAL, 1, 100000000, &file->rows, error));
        WEFT_TRY(read_columns(file, &map, error));
    } else {
        WEFT_TRY(read_path(&map, "weights", file->weights, sizeof file->weights, error));
        WEFT_TRY(
            read_text(&map, "sha256", WEFT_OPTIONAL, file->sha256, sizeof file->sha256, error));
        WEFT_TRY(read_branches(file, &map, error));
        WEFT_TRY(read_layers(file, &map, error));
    }
    WEFT_TRY(weft_map_end(&map, error));
    return file->is_table || file->is_topology ? WEFT_OK : check_last(file, &map, error);
}

static weft_status take_doc(const weft_doc *doc, weft_predictor_file **file, weft_error *error) {
    weft_predictor_file *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill(made, doc, error);
    if (status != WEFT_OK) {
        weft_predictor_file_destroy(made);
        return status;
    }
    *file = made;
    return WEFT_OK;
}

weft_status weft_predictor_file_parse(const char *text, size_t length, const char *name,
                                      weft_predictor_file **file, weft_error *error) {
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = take_doc(doc, file, error);
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_predictor_file_read(const char *name, weft_predictor_file **file,
                                     weft_error *error) {
    char path[4096];
    weft_doc *doc = NULL;
    WEFT_TRY(weft_share_find("predictors", name, path, sizeof path, error));
    WEFT_TRY(weft_doc_read(path, &doc, error));
    weft_status status = take_doc(doc, file, error);
    weft_doc_destroy(doc);
    return status;
}

void weft_predictor_file_destroy(weft_predictor_file *file) {
    if (file == NULL) {
        return;
    }
    for (int b = 0; b < file->n_branches; b++) {
        for (int f = 0; f < file->branches[b].n_features; f++) {
            free(file->branches[b].features[f].values);
        }
        free(file->branches[b].features);
    }
    for (int c = 0; c < file->n_columns; c++) {
        free(file->columns[c].words);
        free(file->columns[c].meant);
    }
    free(file);
}
