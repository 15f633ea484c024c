/* SPDX-License-Identifier: Apache-2.0
 *
 * The genes of a space file as rules: kind, values, repeats, condition, what they set. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "space/reader.h"

bool space_is_plain(const char *text, const char *extra, size_t most) {
    size_t length = strlen(text);
    if (length == 0 || length > most || !isalnum((unsigned char)text[0])) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr(extra, text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static weft_status check_length(space_reader *r, const weft_rule *rule, const weft_node *list,
                                int least) {
    int n = weft_sequence_length(list);
    if (!weft_node_is_sequence(list) || n < least || n > WEFT_GENE_MAX_CHOICES) {
        weft_node_fail(rule->doc, list, r->error, WEFT_ERROR_INPUT,
                       "gene '%s': expected a list of %d to %d choices", rule->name, least,
                       WEFT_GENE_MAX_CHOICES);
        weft_hint(r->error, "write it like [RES, VGG] or [8, 16, 32]");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status read_categorical(space_reader *r, weft_rule *rule, const weft_node *list) {
    WEFT_TRY(check_length(r, rule, list, 1));
    rule->n_choices = weft_sequence_length(list);
    for (int i = 0; i < rule->n_choices; i++) {
        const weft_node *item = weft_sequence_at(list, i);
        const char *label = NULL;
        WEFT_TRY(weft_node_text(rule->doc, item, &label, r->error));
        if (!space_is_plain(label, "._-+", WEFT_SPACE_LABEL - 1)) {
            return weft_node_fail(rule->doc, item, r->error, WEFT_ERROR_INPUT,
                                  "gene '%s': a choice is a word of up to %d letters, digits and "
                                  "._-+",
                                  rule->name, WEFT_SPACE_LABEL - 1);
        }
        snprintf(rule->labels[i], WEFT_SPACE_LABEL, "%.*s", WEFT_SPACE_LABEL - 1, label);
        for (int k = 0; k < i; k++) {
            if (strcmp(rule->labels[k], rule->labels[i]) == 0) {
                return weft_node_fail(rule->doc, item, r->error, WEFT_ERROR_INPUT,
                                      "gene '%s' has the choice '%s' twice", rule->name,
                                      rule->labels[i]);
            }
        }
    }
    rule->lower = 0;
    rule->upper = rule->n_choices - 1;
    return WEFT_OK;
}

static weft_status read_rising(space_reader *r, weft_rule *rule, const weft_node *list) {
    WEFT_TRY(check_length(r, rule, list, 1));
    rule->n_choices = weft_sequence_length(list);
    for (int i = 0; i < rule->n_choices; i++) {
        const weft_node *item = weft_sequence_at(list, i);
        WEFT_TRY(weft_node_real(rule->doc, item, -1e15, 1e15, &rule->values[i], r->error));
        rule->values[i] += 0.0; /* no negative zero */
        if (i > 0 && rule->values[i] <= rule->values[i - 1]) {
            weft_node_fail(rule->doc, item, r->error, WEFT_ERROR_INPUT,
                           "gene '%s': %g stands behind %g; the choices of an ordinal gene rise",
                           rule->name, rule->values[i], rule->values[i - 1]);
            weft_hint(r->error, "sort them, each once; choices without order are categorical");
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

/* A list of rising numbers, or even steps. */
static weft_status read_ordinal(space_reader *r, weft_rule *rule, const weft_node *list) {
    if (weft_node_is_mapping(list)) {
        WEFT_TRY(space_read_steps(r, rule, list));
    } else {
        WEFT_TRY(read_rising(r, rule, list));
    }
    rule->lower = 0;
    rule->upper = rule->n_choices - 1;
    return WEFT_OK;
}

static weft_status check_range(space_reader *r, const weft_rule *rule, const weft_node *list) {
    if (!weft_node_is_sequence(list) || weft_sequence_length(list) != 2) {
        weft_node_fail(rule->doc, list, r->error, WEFT_ERROR_INPUT,
                       "gene '%s': expected a range of two numbers", rule->name);
        weft_hint(r->error, "write it like [1, 7]");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status check_order(space_reader *r, const weft_rule *rule, const weft_node *list,
                               bool rises) {
    if (!rises) {
        return weft_node_fail(rule->doc, list, r->error, WEFT_ERROR_INPUT,
                              "gene '%s': the lower end %g lies above the upper end %g, or leaves "
                              "no interval",
                              rule->name, rule->lower, rule->upper);
    }
    return WEFT_OK;
}

static weft_status read_integer_range(space_reader *r, weft_rule *rule, const weft_node *list) {
    WEFT_TRY(check_range(r, rule, list));
    int64_t ends[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        WEFT_TRY(weft_node_integer(rule->doc, weft_sequence_at(list, i), -WEFT_SPACE_MAX_INTEGER,
                                   WEFT_SPACE_MAX_INTEGER, &ends[i], r->error));
    }
    rule->lower = (double)ends[0];
    rule->upper = (double)ends[1];
    return check_order(r, rule, list, ends[0] <= ends[1]);
}

static weft_status read_real_range(space_reader *r, weft_rule *rule, const weft_node *list) {
    WEFT_TRY(check_range(r, rule, list));
    double ends[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        WEFT_TRY(weft_node_real(rule->doc, weft_sequence_at(list, i), -1e300, 1e300, &ends[i],
                                r->error));
    }
    rule->lower = ends[0] + 0.0;
    rule->upper = ends[1] + 0.0;
    return check_order(r, rule, list, ends[0] < ends[1]);
}

/* Exactly one of the four kinds. */
static weft_status read_kind(space_reader *r, weft_map *map, weft_rule *rule) {
    static const struct {
        const char *key;
        weft_gene_kind kind;
        weft_status (*read)(space_reader *r, weft_rule *rule, const weft_node *list);
    } kinds[] = {
        {"categorical", WEFT_GENE_CATEGORICAL, read_categorical},
        {"ordinal", WEFT_GENE_ORDINAL, read_ordinal},
        {"integer", WEFT_GENE_INTEGER, read_integer_range},
        {"real", WEFT_GENE_REAL, read_real_range},
    };
    const char *first = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const weft_node *list = NULL;
        WEFT_TRY(weft_map_node(map, kinds[k].key, WEFT_OPTIONAL, &list, r->error));
        if (list == NULL) {
            continue;
        }
        if (first != NULL) {
            return weft_node_fail(rule->doc, list, r->error, WEFT_ERROR_INPUT,
                                  "gene '%s' is both %s and %s; it is one of them", rule->name,
                                  first, kinds[k].key);
        }
        first = kinds[k].key;
        rule->kind = kinds[k].kind;
        WEFT_TRY(kinds[k].read(r, rule, list));
    }
    return WEFT_OK;
}

static weft_status fail_no_kind(space_reader *r, const weft_rule *rule) {
    weft_node_fail(rule->doc, rule->node, r->error, WEFT_ERROR_INPUT,
                   "gene '%s' has no values: expected one of categorical, ordinal, integer, real",
                   rule->name);
    weft_hint(r->error, "write it like  %s: {integer: [1, 7]}", rule->name);
    return WEFT_ERROR_INPUT;
}

/* `repeat: 4`, counted from `first`, or `repeat: [4, 4, 1]`: as many in each of three places. */
static weft_status read_repeat(space_reader *r, weft_map *map, weft_rule *rule) {
    const weft_node *node = NULL;
    const weft_node *first_node = NULL;
    int64_t repeat = 0;
    int64_t first = 1;
    WEFT_TRY(weft_map_node(map, "repeat", WEFT_OPTIONAL, &node, r->error));
    WEFT_TRY(weft_map_node(map, "first", WEFT_OPTIONAL, &first_node, r->error));
    WEFT_TRY(
        weft_map_integer(map, "first", WEFT_OPTIONAL, 1, WEFT_SPACE_MAX_REPEAT, &first, r->error));
    rule->first = (int)first;
    if (first_node != NULL && (node == NULL || weft_node_is_sequence(node))) {
        return weft_node_fail(rule->doc, first_node, r->error, WEFT_ERROR_INPUT,
                              "gene '%s': 'first' is the first number of `repeat: n`", rule->name);
    }
    if (node == NULL) {
        return WEFT_OK;
    }
    if (!weft_node_is_sequence(node)) {
        WEFT_TRY(weft_node_integer(rule->doc, node, 1, WEFT_SPACE_MAX_REPEAT, &repeat, r->error));
        rule->repeat = (int)repeat;
        return WEFT_OK;
    }
    int n = weft_sequence_length(node);
    if (n < 1 || n > WEFT_SPACE_MAX_PLACES) {
        weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                       "gene '%s': it repeats in %d places; expected 1 to %d", rule->name, n,
                       WEFT_SPACE_MAX_PLACES);
        weft_hint(r->error, "write it like  repeat: [4, 4, 1]");
        return WEFT_ERROR_INPUT;
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(weft_node_integer(rule->doc, weft_sequence_at(node, i), 1, WEFT_SPACE_MAX_REPEAT,
                                   &repeat, r->error));
        rule->repeats[i] = (int)repeat;
    }
    rule->n_places = n;
    return WEFT_OK;
}

static weft_status read_when(space_reader *r, weft_map *map, weft_rule *rule) {
    const char *when = "";
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "when", WEFT_OPTIONAL, &node, r->error));
    WEFT_TRY(weft_map_text(map, "when", WEFT_OPTIONAL, &when, r->error));
    if (strlen(when) >= WEFT_SPACE_WHEN || (node != NULL && when[0] == '\0')) {
        return weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                              "the condition of '%s' is empty or longer than %d characters",
                              rule->name, WEFT_SPACE_WHEN - 1);
    }
    snprintf(rule->when, sizeof rule->when, "%s", when);
    return WEFT_OK;
}

/* The region of a knob: a number, or `index`, one for each of the repeat. */
static weft_status read_region(space_reader *r, weft_map *map, weft_rule *rule) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "region", WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (rule->sets[0] == '\0') {
        weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                       "gene '%s' has a region but sets nothing there", rule->name);
        weft_hint(r->error, "name the chip's parameter:  sets: rows");
        return WEFT_ERROR_INPUT;
    }
    const char *text = "";
    if (weft_node_is_scalar(node)) {
        WEFT_TRY(weft_node_text(rule->doc, node, &text, r->error));
    }
    if (strcmp(text, "index") != 0) {
        int64_t region = 0;
        WEFT_TRY(
            weft_node_integer(rule->doc, node, 0, WEFT_SPACE_MAX_REGIONS - 1, &region, r->error));
        rule->region = (int)region;
        return WEFT_OK;
    }
    if (rule->repeat == 0) {
        weft_node_fail(rule->doc, node, r->error, WEFT_ERROR_INPUT,
                       "gene '%s': 'index' has a meaning only with 'repeat'", rule->name);
        weft_hint(r->error, "write  repeat: 4  beside it, or the region's number");
        return WEFT_ERROR_INPUT;
    }
    rule->region_is_index = true;
    return WEFT_OK;
}

static bool is_unit(const char *unit) {
    for (int d = WEFT_DIMENSION_NONE; d <= WEFT_DIMENSION_DATA; d++) {
        if (weft_unit_find((weft_dimension)d, unit) != NULL) {
            return true;
        }
    }
    return false;
}

/* What a gene sets in the chip, instead of entering the network. */
static weft_status read_sets(space_reader *r, weft_map *map, weft_rule *rule) {
    const weft_node *path_node = NULL;
    const weft_node *unit_node = NULL;
    const char *path = "";
    const char *unit = "";
    WEFT_TRY(weft_map_node(map, "sets", WEFT_OPTIONAL, &path_node, r->error));
    WEFT_TRY(weft_map_node(map, "unit", WEFT_OPTIONAL, &unit_node, r->error));
    WEFT_TRY(weft_map_text(map, "sets", WEFT_OPTIONAL, &path, r->error));
    WEFT_TRY(weft_map_text(map, "unit", WEFT_OPTIONAL, &unit, r->error));
    if (path_node != NULL && !space_is_plain(path, "._-", WEFT_SPACE_PATH - 1)) {
        weft_node_fail(rule->doc, path_node, r->error, WEFT_ERROR_INPUT,
                       "gene '%s': '%.64s' is no parameter of a chip", rule->name, path);
        weft_hint(r->error, "write it like  sets: rows  or  sets: macro.rows");
        return WEFT_ERROR_INPUT;
    }
    if (unit_node != NULL && (path_node == NULL || !is_unit(unit))) {
        weft_node_fail(rule->doc, unit_node, r->error, WEFT_ERROR_INPUT, "gene '%s': %s '%.16s'",
                       rule->name,
                       path_node == NULL ? "it sets nothing in the chip and yet has the unit"
                                         : "there is no unit",
                       unit);
        weft_hint(r->error, "write it like  sets: base_cycle, unit: ns");
        return WEFT_ERROR_INPUT;
    }
    snprintf(rule->sets, sizeof rule->sets, "%s", path);
    snprintf(rule->unit, sizeof rule->unit, "%s", unit);
    return read_region(r, map, rule);
}

static weft_status read_rule(space_reader *r, weft_rule *rule) {
    weft_map map;
    rule->kind = (weft_gene_kind)-1;
    WEFT_TRY(weft_map_begin(rule->doc, rule->node, &map, r->error));
    WEFT_TRY(read_kind(r, &map, rule));
    WEFT_TRY(read_repeat(r, &map, rule));
    WEFT_TRY(read_when(r, &map, rule));
    WEFT_TRY(weft_map_bool(&map, "log", WEFT_OPTIONAL, &rule->log_scale, r->error));
    WEFT_TRY(weft_map_bool(&map, "inert", WEFT_OPTIONAL, &rule->inert, r->error));
    WEFT_TRY(read_sets(r, &map, rule));
    WEFT_TRY(weft_map_end(&map, r->error));
    if ((int)rule->kind < 0) {
        return fail_no_kind(r, rule);
    }
    if (rule->inert && rule->kind == WEFT_GENE_REAL) {
        return weft_node_fail(rule->doc, rule->node, r->error, WEFT_ERROR_INPUT,
                              "gene '%s': 'inert' needs values that can be counted", rule->name);
    }
    if (rule->log_scale && (rule->kind != WEFT_GENE_REAL || !(rule->lower > 0.0))) {
        return weft_node_fail(rule->doc, rule->node, r->error, WEFT_ERROR_INPUT,
                              "gene '%s': 'log' needs a real gene with a lower end above 0",
                              rule->name);
    }
    return WEFT_OK;
}

/* The rule of that name, or a new one at the end; NULL: the error is set. */
static weft_rule *find_rule(space_reader *r, const weft_doc *doc, const weft_node *node,
                            const char *name) {
    weft_space *space = r->space;
    if (!space_is_plain(name, "_", WEFT_GENE_NAME - 8) || !isalpha((unsigned char)name[0])) {
        weft_node_fail(doc, node, r->error, WEFT_ERROR_INPUT,
                       "'%.64s' cannot be a gene's name: expected a letter, then up to %d "
                       "letters, digits and _",
                       name, WEFT_GENE_NAME - 9);
        return NULL;
    }
    for (int i = 0; i < space->n_rules; i++) {
        if (strcmp(space->rules[i].name, name) == 0) {
            return &space->rules[i];
        }
    }
    if (space->n_rules == WEFT_SPACE_MAX_RULES) {
        weft_node_fail(doc, node, r->error, WEFT_ERROR_INPUT,
                       "more than %d genes; use 'repeat' for genes that are alike",
                       WEFT_SPACE_MAX_RULES);
        return NULL;
    }
    return &space->rules[space->n_rules++];
}

weft_status space_read_genes(space_reader *r, const weft_doc *doc, const weft_node *node) {
    if (!weft_node_is_mapping(node)) {
        weft_node_fail(doc, node, r->error, WEFT_ERROR_INPUT, "'genes': expected a table of genes");
        weft_hint(r->error, "write each like  depth: {integer: [1, 7]}");
        return WEFT_ERROR_INPUT;
    }
    for (int i = 0; i < weft_mapping_length(node); i++) {
        const char *name = NULL;
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(doc, node, i, &name, &value, r->error));
        weft_rule *rule = find_rule(r, doc, value, name);
        if (rule == NULL) {
            return r->error->status;
        }
        memset(rule, 0, sizeof *rule);
        snprintf(rule->name, sizeof rule->name, "%s", name);
        rule->doc = doc;
        rule->node = value;
        WEFT_TRY(read_rule(r, rule));
    }
    return WEFT_OK;
}
