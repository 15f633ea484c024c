/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading of hierarchical chips. The file's order is kept: a level stands inside the one before it,
 * and a part acts on what passes between the level that it stands at and the levels inside. */
#include "hardware/hierarchy_read.h"
#include "hardware/hierarchy_words.h"

#include "base/units.h"
#include "hardware/dataflow.h"
#include "hardware/hash.h"
#include "hardware/hierarchy_price.h"
#include "hardware/limits.h"
#include "hardware/variables.h"

#include <stdlib.h>
#include <string.h>

static const char *const TENSORS[] = {"inputs", "weights", "outputs"};
/* One of n words at a node that stands in a list. */
static weft_status read_word(const weft_doc *doc, const weft_node *node, const char *const *words,
                             int n, int *word, weft_error *error) {
    const char *text = NULL;
    WEFT_TRY(weft_node_text(doc, node, &text, error));
    for (int i = 0; i < n; i++) {
        if (strcmp(words[i], text) == 0) {
            *word = i;
            return WEFT_OK;
        }
    }
    weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "unknown word '%.40s'", text);
    const char *nearest = weft_nearest(text, words, (size_t)n);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return WEFT_ERROR_INPUT;
}

enum {
    ALL_TENSORS = 7,
    NOT_GIVEN = 15
}; /* of a set of tensors: as if all were, and nothing is checked */

static weft_status read_tensors(weft_map *map, const char *key, unsigned *tensors,
                                weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    *tensors = 0;
    bool list = weft_node_is_sequence(node);
    for (int i = 0; i < (list ? weft_sequence_length(node) : 1); i++) {
        int word = 0;
        WEFT_TRY(
            read_word(map->doc, list ? weft_sequence_at(node, i) : node, TENSORS, 3, &word, error));
        *tensors |= 1U << word;
    }
    return WEFT_OK;
}

/* ---- parameters and expressions -------------------------------------------------------------- */

static weft_status read_named(weft_map *map, const char *key, int level, bool quantities,
                              weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_OPTIONAL, &node, error));
    for (int i = 0; node != NULL && i < weft_mapping_length(node); i++) {
        const char *name = NULL;
        const weft_node *value = NULL;
        int index = 0;
        WEFT_TRY(weft_mapping_at(map->doc, node, i, &name, &value, error));
        WEFT_TRY((quantities ? weft_variables_add_quantity
                             : weft_variables_add)(h, map->doc, value, name, level, &index, error));
    }
    return WEFT_OK;
}

static weft_status read_choices(weft_map *root, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "choices", WEFT_OPTIONAL, &node, error));
    int n = node != NULL ? weft_mapping_length(node) : 0;
    if (n > WEFT_MAX_CHOICES) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT, "'choices': more than %d",
                              WEFT_MAX_CHOICES);
    }
    for (int i = 0; i < n; i++) {
        const char *name = NULL;
        const char *word = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(root->doc, node, i, &name, &value, error));
        WEFT_TRY(weft_node_text(root->doc, value, &word, error));
        weft_choice *choice = &h->choices[h->n_choices++];
        snprintf(choice->name, sizeof choice->name, "%s", name);
        snprintf(choice->word, sizeof choice->word, "%s", word);
    }
    return WEFT_OK;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static weft_status fail_class(const weft_map *map, const weft_node *node, const char *name,
                              weft_error *error) {
    const char *known[128];
    size_t n = 0;
    while (n < 128 && weft_part_class_at((int)n) != NULL) {
        known[n] = weft_part_class_at((int)n)->name;
        n++;
    }
    weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT, "unknown class '%.40s'", name);
    const char *nearest = weft_nearest(name, known, n);
    weft_hint(error, "%s%s%sdocs/reference/parts-array.md and parts-periphery.md list all",
              nearest != NULL ? "did you mean '" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "'? " : "");
    return WEFT_ERROR_INPUT;
}

static int count_words(const char *const *words) {
    int n = 0;
    while (words[n] != NULL) {
        n++;
    }
    return n;
}

static weft_status read_field(weft_map *map, const weft_part_field *field, weft_part *part, int f,
                              weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    part->field[f] = WEFT_NO_VARIABLE;
    part->choice[f] = field->fallback;
    WEFT_TRY(weft_map_node(map, field->name, WEFT_OPTIONAL, &node, error));
    if (node != NULL && field->words != NULL) {
        int word = 0;
        WEFT_TRY(read_word(map->doc, node, field->words, count_words(field->words), &word, error));
        part->choice[f] = word;
        part->chosen[f] = true;
        return WEFT_OK;
    }
    if (node == NULL) {
        return WEFT_OK;
    }
    char path[2 * WEFT_NAME];
    snprintf(path, sizeof path, "%s.%s", part->name, field->name);
    return weft_variables_add(h, map->doc, node, path, part->level, &part->field[f], error);
}

static weft_status read_setting(weft_map *map, weft_part *part, int s, weft_hierarchy *h,
                                weft_error *error) {
    const weft_node *node = NULL;
    part->setting[s] = WEFT_NO_VARIABLE;
    WEFT_TRY(weft_map_node(map, weft_setting_words[s], WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    char path[2 * WEFT_NAME];
    snprintf(path, sizeof path, "%s.%s", part->name, weft_setting_words[s]);
    return weft_variables_add(h, map->doc, node, path, part->level, &part->setting[s], error);
}

static weft_status read_class(weft_map *map, weft_part *part, weft_error *error) {
    const weft_node *node = NULL;
    const char *name = NULL;
    WEFT_TRY(weft_map_node(map, "class", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_node_text(map->doc, node, &name, error));
    part->class = weft_part_class_find(name);
    return part->class != NULL ? WEFT_OK : fail_class(map, node, name, error);
}

/* `of: [activation, pool]`: what is counted of a part that acts on elements. */
static weft_status read_elements(weft_map *map, weft_part *part, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "of", WEFT_OPTIONAL, &node, error));
    part->elements = node == NULL ? 1U << WEFT_ELEMENT_OUTPUT : 0;
    bool list = node != NULL && weft_node_is_sequence(node);
    for (int i = 0; node != NULL && i < (list ? weft_sequence_length(node) : 1); i++) {
        int word = 0;
        WEFT_TRY(read_word(map->doc, list ? weft_sequence_at(node, i) : node, weft_element_words,
                           WEFT_ELEMENT_COUNT, &word, error));
        part->elements |= 1U << word;
    }
    return WEFT_OK;
}

/* `holds: [X]` or `holds: [P, Q, N]`. */
static weft_status read_holds(weft_map *map, weft_part *part, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "holds", WEFT_OPTIONAL, &node, error));
    for (int i = 0; node != NULL && i < weft_sequence_length(node); i++) {
        int dim = 0;
        const weft_node *at = weft_sequence_at(node, i);
        WEFT_TRY(read_word(map->doc, at, weft_dim_words, WEFT_DIM_COUNT, &dim, error));
        if (dim != WEFT_DIM_N && dim != WEFT_DIM_P && dim != WEFT_DIM_Q && dim != WEFT_DIM_X) {
            return weft_node_fail(map->doc, at, error, WEFT_ERROR_INPUT,
                                  "'holds': only loops over N, P, Q and X run inside a part");
        }
        part->holds |= 1U << dim;
    }
    return WEFT_OK;
}

static weft_status read_part(const weft_doc *doc, const weft_node *node, const char *name,
                             int level, weft_hierarchy *h, weft_error *error) {
    if (h->n_parts == WEFT_MAX_PARTS) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "more than %d parts",
                              WEFT_MAX_PARTS);
    }
    for (int i = 0; i < h->n_parts; i++) {
        if (strcmp(h->parts[i].name, name) == 0) {
            return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                                  "a part '%s' stands at level '%s' already", name,
                                  h->levels[h->parts[i].level].name);
        }
    }
    weft_part *part = &h->parts[h->n_parts++];
    *part = (weft_part){.level = level, .action = WEFT_ACTION_NONE, .scales_with = -1};
    weft_map map;
    const char *text = name;
    snprintf(part->name, sizeof part->name, "%s", name);
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(read_class(&map, part, error));
    WEFT_TRY(weft_map_text(&map, "text", WEFT_OPTIONAL, &text, error));
    snprintf(part->text, sizeof part->text, "%s", text);
    WEFT_TRY(weft_map_choice(&map, "acts", WEFT_REQUIRED, weft_action_words, WEFT_ACTION_COUNT,
                             &part->action, error));
    WEFT_TRY(read_tensors(&map, "on", &part->tensors, error));
    WEFT_TRY(weft_map_choice(&map, "scales_with", WEFT_OPTIONAL, weft_statistic_words,
                             WEFT_STATISTIC_COUNT, &part->scales_with, error));
    WEFT_TRY(read_holds(&map, part, error));
    WEFT_TRY(read_elements(&map, part, error));
    bool moves = part->action == WEFT_ACTION_BUFFER || part->action == WEFT_ACTION_PASS ||
                 part->action == WEFT_ACTION_MERGE;
    bool first = h->n_parts == 1 || h->parts[h->n_parts - 2].level != level;
    if (part->action == WEFT_ACTION_WITH && first) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "'%s' acts with the part before it, but is the first of level '%s'",
                              name, h->levels[level].name);
    }
    if (moves && part->tensors == 0) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "'%s' acts as %s: expected `on: inputs`, weights or outputs", name,
                              weft_action_words[part->action]);
    }
    for (int s = 0; s < WEFT_SETTING_COUNT; s++) {
        WEFT_TRY(read_setting(&map, part, s, h, error));
    }
    for (int f = 0; f < part->class->n_fields; f++) {
        WEFT_TRY(read_field(&map, &part->class->fields[f], part, f, h, error));
    }
    return weft_map_end(&map, error);
}

static weft_status read_parts(weft_map *map, int level, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "parts", WEFT_OPTIONAL, &node, error));
    for (int i = 0; node != NULL && i < weft_mapping_length(node); i++) {
        const char *name = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(map->doc, node, i, &name, &value, error));
        WEFT_TRY(read_part(map->doc, value, name, level, h, error));
    }
    return WEFT_OK;
}

/* ---- levels ---------------------------------------------------------------------------------- */

static weft_status read_group(const weft_doc *doc, const weft_node *node, weft_fill_group *group,
                              weft_error *error) {
    bool list = weft_node_is_sequence(node);
    int n = list ? weft_sequence_length(node) : 1;
    if (n < 1 || n > WEFT_FILL_MAX_DIMS) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "a group of 1 to %d dimensions was expected", WEFT_FILL_MAX_DIMS);
    }
    group->n = (uint8_t)n;
    for (int i = 0; i < n; i++) {
        int dim = 0;
        WEFT_TRY(read_word(doc, list ? weft_sequence_at(node, i) : node, weft_dim_words,
                           WEFT_DIM_COUNT, &dim, error));
        group->dim[i] = (uint8_t)dim;
    }
    return WEFT_OK;
}

static weft_status read_fill(weft_map *map, weft_level *level, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "fill", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (weft_node_is_scalar(node)) {
        static const char *const ALL[] = {"all"};
        int word = 0;
        level->takes_all = true;
        return read_word(map->doc, node, ALL, 1, &word, error);
    }
    if (!weft_node_is_sequence(node) || weft_sequence_length(node) > WEFT_FILL_MAX_GROUPS) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "'fill': expected a list of at most %d groups, as in [[R, S, C], M]",
                              WEFT_FILL_MAX_GROUPS);
    }
    level->n_groups = weft_sequence_length(node);
    for (int g = 0; g < level->n_groups; g++) {
        WEFT_TRY(read_group(map->doc, weft_sequence_at(node, g), &level->groups[g], error));
    }
    return WEFT_OK;
}

/* A dimension twice would be filled twice. */
static weft_status check_once(const weft_map *map, const weft_level *level, weft_error *error) {
    unsigned seen = 0;
    for (int g = 0; g < level->n_groups; g++) {
        for (int k = 0; k < level->groups[g].n; k++) {
            int dim = level->groups[g].dim[k];
            if ((seen >> dim & 1U) != 0) {
                return weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                                      "level '%s' is filled with %s twice", level->name,
                                      weft_dim_words[dim]);
            }
            seen |= 1U << dim;
        }
    }
    return WEFT_OK;
}

/* Copies that share an operand cannot differ in a dimension of that operand. */
static weft_status check_sharing(const weft_map *map, const weft_level *level, weft_error *error) {
    for (int g = 0; g < level->n_groups; g++) {
        for (int k = 0; k < level->groups[g].n; k++) {
            int dim = level->groups[g].dim[k];
            for (int t = 0; t < 3; t++) {
                unsigned tensor = 1U << t;
                if ((level->shares & tensor) != 0 && (weft_tensor_dims(tensor) & 1U << dim) != 0) {
                    return weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                                          "level '%s' shares %s and cannot be filled with %s, "
                                          "which is a dimension of them",
                                          level->name, TENSORS[t], weft_dim_words[dim]);
                }
            }
        }
    }
    return WEFT_OK;
}

static weft_status read_level(const weft_doc *doc, const weft_node *node, weft_hierarchy *h,
                              weft_error *error) {
    int index = h->n_levels++;
    weft_level *level = &h->levels[index];
    weft_map map;
    const weft_node *count = NULL;
    const char *name = NULL;
    *level = (weft_level){.count = WEFT_NO_VARIABLE};
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_text(&map, "level", WEFT_REQUIRED, &name, error));
    snprintf(level->name, sizeof level->name, "%s", name);
    for (int i = 0; i < index; i++) {
        if (strcmp(h->levels[i].name, level->name) == 0) {
            return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "two levels named '%s'",
                                  level->name);
        }
    }
    WEFT_TRY(read_named(&map, "parameters", index, true, h, error));
    WEFT_TRY(weft_map_node(&map, "count", WEFT_OPTIONAL, &count, error));
    if (count != NULL) {
        char path[2 * WEFT_NAME];
        snprintf(path, sizeof path, "%s.count", level->name);
        WEFT_TRY(weft_variables_add(h, doc, count, path, index, &level->count, error));
    }
    unsigned shares = NOT_GIVEN;
    WEFT_TRY(read_tensors(&map, "shares", &shares, error));
    level->shares = shares & ALL_TENSORS;
    WEFT_TRY(read_fill(&map, level, error));
    WEFT_TRY(weft_map_bool(&map, "gated", WEFT_OPTIONAL, &level->gated, error));
    WEFT_TRY(check_once(&map, level, error));
    if (shares != NOT_GIVEN) {
        WEFT_TRY(check_sharing(&map, level, error));
    }
    WEFT_TRY(read_parts(&map, index, h, error));
    return weft_map_end(&map, error);
}

static weft_status read_levels(weft_map *root, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(root, "levels", WEFT_REQUIRED, &node, error));
    int n = weft_node_is_sequence(node) ? weft_sequence_length(node) : 0;
    if (n < 1 || n > WEFT_MAX_LEVELS) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                              "'levels': expected a list of 1 to %d levels, from the outside in",
                              WEFT_MAX_LEVELS);
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_level(root->doc, weft_sequence_at(node, i), h, error));
    }
    if (h->n_parts == 0) {
        return weft_node_fail(root->doc, node, error, WEFT_ERROR_INPUT,
                              "'levels': no level has a part, so nothing costs anything; expected "
                              "`parts: {NAME: {class: ..., acts: ...}}` at one of them");
    }
    return WEFT_OK;
}

/* ---- operands and the cycle ------------------------------------------------------------------ */

typedef struct operand_names {
    const char *tensor, *bits, *code, *slice, *slices;
} operand_names;

/* The value of `key`, or the program's own text, as the variable `name`. */
static weft_status read_or(weft_map *map, const char *key, const char *name, const char *fallback,
                           weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    int index = 0;
    WEFT_TRY(weft_map_node(map, key, WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return weft_variables_add_text(h, name, fallback, &index, error);
    }
    return weft_variables_add(h, map->doc, node, name, -1, &index, error);
}

/* The three `bits` come first, so that they are the first variables, and then the signs. Until a
 * layer tells, inputs are such as a ReLU makes and weights have both signs. */
static weft_status read_bits(weft_map *operands, const char *tensor, const char *name, bool whole,
                             weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    weft_map map;
    WEFT_TRY(weft_map_node(operands, tensor, WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(operands->doc, node, &map, error));
    WEFT_TRY(read_or(&map, "bits", name, "8", h, error));
    return whole ? weft_map_end(&map, error) : WEFT_OK;
}

static weft_status read_slices(weft_map *operands, const operand_names *names, int *encoding,
                               weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    const weft_node *bits = NULL;
    weft_map map;
    int index = 0;
    char text[4 * WEFT_NAME];
    WEFT_TRY(weft_map_node(operands, names->tensor, WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(operands->doc, node, &map, error));
    WEFT_TRY(weft_map_node(&map, "bits", WEFT_OPTIONAL, &bits, error));
    WEFT_TRY(weft_map_choice(&map, "encoding", WEFT_REQUIRED, weft_encoding_words,
                             WEFT_ENCODING_COUNT, encoding, error));
    WEFT_TRY(read_or(&map, "code", names->code, names->bits, h, error));
    char raw[WEFT_NAME];
    snprintf(raw, sizeof raw, "%s.slice", names->tensor);
    WEFT_TRY(read_or(&map, "slice", raw, names->code, h, error));
    snprintf(text, sizeof text, "max(1, min(%s, %s))", raw, names->code);
    WEFT_TRY(weft_variables_add_text(h, names->slice, text, &index, error));
    snprintf(text, sizeof text, "ceil(%s / %s)", names->code, names->slice);
    WEFT_TRY(weft_variables_add_text(h, names->slices, text, &index, error));
    return weft_map_end(&map, error);
}

static weft_status read_operands(weft_map *root, weft_hierarchy *h, weft_error *error) {
    static const operand_names INPUT = {"inputs", "input_bits", "input_code", "input_slice",
                                        "input_slices"};
    static const operand_names WEIGHT = {"weights", "weight_bits", "weight_code", "weight_slice",
                                         "weight_slices"};
    const weft_node *node = NULL;
    weft_map operands;
    int index = 0;
    WEFT_TRY(weft_map_node(root, "operands", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(root->doc, node, &operands, error));
    WEFT_TRY(read_bits(&operands, "inputs", "input_bits", false, h, error));
    WEFT_TRY(read_bits(&operands, "weights", "weight_bits", false, h, error));
    WEFT_TRY(read_bits(&operands, "outputs", "output_bits", true, h, error));
    WEFT_TRY(weft_variables_add_text(h, "input_signed", "0", &index, error));
    WEFT_TRY(weft_variables_add_text(h, "weight_signed", "1", &index, error));
    WEFT_TRY(read_slices(&operands, &INPUT, &h->input_encoding, h, error));
    WEFT_TRY(read_slices(&operands, &WEIGHT, &h->weight_encoding, h, error));
    WEFT_TRY(weft_map_choice(&operands, "missing_bits", WEFT_OPTIONAL, weft_missing_words,
                             WEFT_MISSING_COUNT, &h->missing, error));
    WEFT_TRY(weft_map_choice(&operands, "assumed", WEFT_OPTIONAL, weft_assumed_words,
                             WEFT_ASSUMED_COUNT, &h->assumed, error));
    return weft_map_end(&operands, error);
}

static weft_status read_bounds(weft_map *cycle, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(cycle, "at_least", WEFT_OPTIONAL, &node, error));
    int n = node != NULL ? weft_mapping_length(node) : 0;
    if (n > WEFT_MAX_BOUNDS) {
        return weft_node_fail(cycle->doc, node, error, WEFT_ERROR_INPUT,
                              "'at_least': more than %d bounds", WEFT_MAX_BOUNDS);
    }
    for (int i = 0; i < n; i++) {
        const char *name = NULL;
        const weft_node *value = NULL;
        weft_bound *bound = &h->bounds[h->n_bounds++];
        WEFT_TRY(weft_mapping_at(cycle->doc, node, i, &name, &value, error));
        snprintf(bound->name, sizeof bound->name, "%s", name);
        char path[2 * WEFT_NAME];
        snprintf(path, sizeof path, "cycle.%s", name);
        WEFT_TRY(weft_variables_add(h, cycle->doc, value, path, -1, &bound->variable, error));
    }
    return WEFT_OK;
}

static weft_status read_cycle(weft_map *root, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    const weft_node *time = NULL;
    weft_map cycle;
    int index = 0;
    WEFT_TRY(weft_map_node(root, "cycle", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_map_begin(root->doc, node, &cycle, error));
    WEFT_TRY(weft_map_node(&cycle, "time", WEFT_REQUIRED, &time, error));
    WEFT_TRY(weft_variables_add(h, root->doc, time, "cycle", -1, &index, error));
    WEFT_TRY(read_bounds(&cycle, h, error));
    return weft_map_end(&cycle, error);
}

/* ---- execution and limits -------------------------------------------------------------------- */

static weft_status read_execution(weft_map *root, weft_hierarchy *h, weft_error *error) {
    const weft_node *node = NULL;
    weft_map map;
    for (int i = 0; i < WEFT_NUMBER_COUNT; i++) {
        h->number[i] = WEFT_NO_VARIABLE;
    }
    WEFT_TRY(weft_map_node(root, "execution", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_map_begin(root->doc, node, &map, error));
    WEFT_TRY(weft_map_choice(&map, "accounting", WEFT_OPTIONAL, weft_accounting_words,
                             WEFT_ACCOUNTING_COUNT, &h->accounting, error));
    WEFT_TRY(weft_map_choice(&map, "order", WEFT_OPTIONAL, weft_execution_words,
                             WEFT_EXECUTION_COUNT, &h->execution, error));
    WEFT_TRY(weft_map_choice(&map, "objective", WEFT_OPTIONAL, weft_objective_words,
                             WEFT_FLOW_OBJECTIVE_COUNT, &h->objective, error));
    for (int i = 0; i < WEFT_NUMBER_COUNT; i++) {
        const weft_node *value = NULL;
        char path[2 * WEFT_NAME];
        WEFT_TRY(weft_map_node(&map, weft_number_words[i], WEFT_OPTIONAL, &value, error));
        snprintf(path, sizeof path, "execution.%s", weft_number_words[i]);
        if (value != NULL) {
            WEFT_TRY(weft_variables_add(h, map.doc, value, path, -1, &h->number[i], error));
        }
    }
    return weft_map_end(&map, error);
}

/* ---- public ---------------------------------------------------------------------------------- */

/* Which parts take from a store further out. Levels and parts stand from the outside in. */
static void link_stores(weft_hierarchy *h) {
    unsigned held = 0;
    for (int p = 0; p < h->n_parts; p++) {
        weft_part *part = &h->parts[p];
        part->below = held & part->tensors;
        if (part->action == WEFT_ACTION_BUFFER) {
            held |= part->tensors;
        }
    }
    h->streams_weights = (held & WEFT_TENSOR_WEIGHTS) != 0;
}

/* Copies that share one operand, and no other, are the rows or columns of an array. */
static bool is_line(unsigned shares) {
    return shares == WEFT_TENSOR_INPUTS || shares == WEFT_TENSOR_OUTPUTS;
}

/* The array is the innermost level around the rows and columns. */
static void link_array(weft_hierarchy *h) {
    h->array_level = 0;
    for (int l = 0; l < h->n_levels && !is_line(h->levels[l].shares); l++) {
        h->array_level = l;
    }
    h->clock_part = 0;
    h->spill_part = -1;
    for (int p = h->n_parts - 1; p >= 0; p--) {
        h->clock_part = h->parts[p].action == WEFT_ACTION_READOUT ? p : h->clock_part;
        h->has_hops = h->has_hops || h->parts[p].action == WEFT_ACTION_HOP;
        h->spill_part = h->parts[p].action == WEFT_ACTION_SPILL ? (int16_t)p : h->spill_part;
    }
    h->load_part = h->clock_part;
    for (int p = h->n_parts - 1; p >= 0; p--) {
        bool outermost = h->accounting == WEFT_ACCOUNTING_DATAFLOW &&
                         (h->parts[p].tensors & WEFT_TENSOR_WEIGHTS) != 0;
        h->load_part = h->parts[p].action == WEFT_ACTION_LOAD || outermost ? p : h->load_part;
    }
}

/* Fields with words take the chip's choice of their name. */
static weft_status link_choice(const weft_hierarchy *h, weft_part *part, int f, weft_error *error) {
    const weft_part_field *field = &part->class->fields[f];
    for (int c = 0; c < h->n_choices; c++) {
        const weft_choice *choice = &h->choices[c];
        if (strcmp(choice->name, field->name) != 0) {
            continue;
        }
        int w = 0;
        while (field->words[w] != NULL && strcmp(field->words[w], choice->word) != 0) {
            w++;
        }
        if (field->words[w] == NULL) {
            const char *nearest = weft_nearest(choice->word, field->words, (size_t)w);
            weft_fail(error, WEFT_ERROR_INPUT, "choice '%s': part '%s' knows no '%s'", choice->name,
                      part->name, choice->word);
            weft_hint(error, nearest != NULL ? "did you mean '%s'?" : "a word such as '%s'",
                      nearest != NULL ? nearest : field->words[0]);
            return WEFT_ERROR_INPUT;
        }
        part->choice[f] = w;
    }
    return WEFT_OK;
}

/* A choice that is for no part is a slip of the pen. */
static weft_status check_choice(const weft_hierarchy *h, const weft_choice *choice,
                                weft_error *error) {
    const char *names[WEFT_MAX_VARIABLES];
    size_t n = 0;
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part_class *class = h->parts[p].class;
        for (int f = 0; f < class->n_fields; f++) {
            if (class->fields[f].words == NULL || n == WEFT_MAX_VARIABLES) {
                continue;
            }
            if (strcmp(class->fields[f].name, choice->name) == 0) {
                return WEFT_OK;
            }
            names[n++] = class->fields[f].name;
        }
    }
    weft_fail(error, WEFT_ERROR_INPUT, "'choices': no part has a field '%s' to choose a word for",
              choice->name);
    const char *nearest = weft_nearest(choice->name, names, n);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return WEFT_ERROR_INPUT;
}

static weft_status link_choices(weft_hierarchy *h, weft_error *error) {
    for (int c = 0; c < h->n_choices; c++) {
        WEFT_TRY(check_choice(h, &h->choices[c], error));
    }
    for (int p = 0; p < h->n_parts; p++) {
        weft_part *part = &h->parts[p];
        for (int f = 0; f < part->class->n_fields; f++) {
            if (part->class->fields[f].words != NULL && !part->chosen[f]) {
                WEFT_TRY(link_choice(h, part, f, error));
            }
        }
    }
    return WEFT_OK;
}

static bool moves(const weft_part *part, unsigned tensor) {
    return (part->action == WEFT_ACTION_PASS || part->action == WEFT_ACTION_MERGE ||
            part->action == WEFT_ACTION_BUFFER) &&
           (part->tensors & tensor) != 0;
}

static void link_roles(weft_hierarchy *h) {
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part *part = &h->parts[p];
        h->roles[p] = (weft_role){
            .level = (int8_t)part->level,
            .action = (int8_t)part->action,
            .tensors = (uint8_t)part->tensors,
            .below = (uint8_t)part->below,
            .elements = (uint8_t)part->elements,
            .carries_inputs = part->action == WEFT_ACTION_INPUT || moves(part, WEFT_TENSOR_INPUTS),
            .carries_outputs = part->action == WEFT_ACTION_READOUT ||
                               moves(part, WEFT_TENSOR_OUTPUTS),
            .carries_weights = moves(part, WEFT_TENSOR_WEIGHTS),
        };
    }
    for (int p = 0; p < h->n_parts; p++) {
        for (int l = 0; l <= h->parts[p].level; l++) {
            h->roles[p].gated = h->roles[p].gated || h->levels[l].gated;
        }
    }
    for (int d = 0; d < WEFT_DIM_COUNT; d++) {
        int n = 0;
        for (int p = 0; p < h->n_parts && n < WEFT_MAX_HOLDERS; p++) {
            if ((h->parts[p].holds >> d & 1U) != 0) {
                h->holders[d][n++] = (int16_t)p;
            }
        }
        if (n == 0) {
            h->holders[d][0] = -1;
        }
        h->n_holders[d] = (uint8_t)(n == 0 ? 1 : n);
    }
}

static void link_names(weft_hierarchy *h) {
    static const char *const BUILTINS[] = {
#define BUILTIN(name, token) token,
        WEFT_BUILTIN_MAP(BUILTIN)
#undef BUILTIN
    };
    for (int b = 0; b < WEFT_BUILTIN_COUNT; b++) {
        h->builtin[b] = weft_variables_find(h, BUILTINS[b]);
    }
    for (int p = 0; p < h->n_parts; p++) {
        weft_part *part = &h->parts[p];
        part->endurance = -1;
        for (int f = 0; f < part->class->n_fields; f++) {
            part->inherited[f] = weft_variables_find(h, part->class->fields[f].name);
            bool endures = strcmp(part->class->fields[f].name, "endurance") == 0;
            part->endurance = endures ? f : part->endurance;
        }
    }
}

/* Prices depend on signs where an expression does. */
static void link_signs(weft_hierarchy *h) {
    h->asks_signs = false;
    for (int i = 0; i < h->n_variables; i++) {
        const weft_expr *expr = h->variables[i].expr;
        h->asks_signs =
            h->asks_signs ||
            (expr != NULL && (weft_expr_uses(expr, h->builtin[WEFT_BUILTIN_INPUT_SIGNED]) ||
                              weft_expr_uses(expr, h->builtin[WEFT_BUILTIN_WEIGHT_SIGNED])));
    }
}

weft_status weft_hierarchy_read(weft_map *root, weft_hierarchy *h, weft_error *error) {
    WEFT_TRY(read_operands(root, h, error));
    WEFT_TRY(read_choices(root, h, error));
    WEFT_TRY(read_named(root, "parameters", -1, true, h, error));
    WEFT_TRY(read_named(root, "expressions", -1, false, h, error));
    WEFT_TRY(read_cycle(root, h, error));
    WEFT_TRY(read_levels(root, h, error));
    WEFT_TRY(weft_limits_read(root, h, error));
    return read_execution(root, h, error);
}

/* Of the levels and of what parts do at them: two chips of one layout count alike. */
static void link_layout(weft_hierarchy *h) {
    uint64_t hash = weft_hash_begin();
    for (int l = 0; l < h->n_levels; l++) {
        const weft_level *level = &h->levels[l];
        hash = weft_hash_add(hash, level->shares | (uint64_t)level->gated << 8 |
                                       (uint64_t)level->takes_all << 9 |
                                       (uint64_t)level->n_groups << 16);
        for (int g = 0; g < level->n_groups; g++) {
            for (int k = 0; k < level->groups[g].n; k++) {
                hash = weft_hash_add(hash, (uint64_t)level->groups[g].dim[k] + 1);
            }
            hash = weft_hash_add(hash, 0);
        }
    }
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part *part = &h->parts[p];
        hash = weft_hash_add(hash, (uint64_t)part->level | (uint64_t)part->action << 8 |
                                       (uint64_t)part->tensors << 16 | (uint64_t)part->holds << 32 |
                                       (uint64_t)part->elements << 48);
    }
    h->layout = weft_hash_add(hash, (uint64_t)h->accounting << 8 | (uint64_t)h->execution);
}

static void need(const weft_hierarchy *h, int variable, weft_variable_set *set) {
    if (variable != WEFT_NO_VARIABLE) {
        weft_set_add(set, h->place[variable]);
    }
}

/* What structure_of in hierarchy_price.c takes in, and where energies choose all prices. */
static void link_counting(weft_hierarchy *h) {
    weft_variable_set *set = &h->counted_by;
    memset(set, 0, sizeof *set);
    for (int l = 0; l < h->n_levels; l++) {
        need(h, h->levels[l].count, set);
    }
    for (int b = 0; b < WEFT_BUILTIN_CYCLE; b++) {
        need(h, h->builtin[b], set);
    }
    for (int i = 0; i < WEFT_NUMBER_COUNT; i++) {
        need(h, h->number[i], set);
    }
    for (int p = 0; p < h->n_parts; p++) {
        need(h, h->parts[p].setting[WEFT_SETTING_WORD], set);
        need(h, h->parts[p].setting[WEFT_SETTING_CAPACITY], set);
        if (weft_hierarchy_energies_choose(h)) {
            weft_set_join(set, &h->priced_by[p]);
            weft_set_join(set, &h->scaled_by[p]);
        }
    }
    for (int i = 0; i < h->n_variables && h->accounting == WEFT_ACCOUNTING_DATAFLOW; i++) {
        need(h, i, set);
    }
}

/* Which variables a change of must show in the price of a part. */
void weft_hierarchy_link_needs(weft_hierarchy *h) {
    memset(h->priced_by, 0, sizeof h->priced_by);
    memset(h->scaled_by, 0, sizeof h->scaled_by);
    weft_variables_follow(h);
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part *part = &h->parts[p];
        for (int f = 0; f < part->class->n_fields; f++) {
            bool given = part->field[f] != WEFT_NO_VARIABLE;
            need(h, given ? part->field[f] : part->inherited[f], &h->priced_by[p]);
        }
        for (int s = 0; s < WEFT_SETTING_COUNT; s++) {
            need(h, part->setting[s], &h->scaled_by[p]);
        }
        for (int l = 0; l <= part->level; l++) {
            need(h, h->levels[l].count, &h->scaled_by[p]);
        }
    }
    link_counting(h);
}

/* Bits are counts, and a count may be given as bits. */
static weft_dimension measure_of(weft_dimension dimension) {
    return dimension == WEFT_DIMENSION_DATA ? WEFT_DIMENSION_NONE : dimension;
}

/* A field takes a parameter of what it measures; expressions compute in SI units and may mix. */
static weft_status check_units(const weft_hierarchy *h, weft_error *error) {
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part *part = &h->parts[p];
        for (int f = 0; f < part->class->n_fields; f++) {
            const weft_part_field *field = &part->class->fields[f];
            bool given = part->field[f] != WEFT_NO_VARIABLE;
            const weft_variable *v =
                weft_variables_parameter(h, given ? part->field[f] : part->inherited[f]);
            if (field->words != NULL || v == NULL ||
                measure_of(v->dimension) == measure_of(field->dimension)) {
                continue;
            }
            char units[160];
            weft_unit_names(field->dimension, units, sizeof units);
            if (v->node != NULL) {
                weft_node_fail(v->doc, v->node, error, WEFT_ERROR_INPUT,
                               "'%s' is in %s; field '%s' of part '%s' needs something else",
                               v->name, v->value.unit, field->name, part->name);
            } else {
                weft_fail(error, WEFT_ERROR_INPUT,
                          "'%s' is in %s; field '%s' of part '%s' needs something else", v->name,
                          v->value.unit, field->name, part->name);
            }
            weft_hint(error, "legal units are %s", units);
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

weft_status weft_hierarchy_relink(weft_hierarchy *h, weft_error *error) {
    link_stores(h);
    link_array(h);
    link_roles(h);
    link_layout(h);
    return link_choices(h, error);
}

weft_status weft_hierarchy_finish(weft_hierarchy *h, weft_error *error) {
    link_names(h);
    WEFT_TRY(weft_hierarchy_relink(h, error));
    WEFT_TRY(weft_variables_order(h, error));
    WEFT_TRY(check_units(h, error));
    link_signs(h);
    weft_hierarchy_link_needs(h);
    return WEFT_OK;
}
