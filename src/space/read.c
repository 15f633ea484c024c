/* SPDX-License-Identifier: Apache-2.0
 *
 * Space files: keys, genes as rules, bases. docs/reference/space-file.md describes the file. A base
 * is read first and then overwritten, key by key and gene by gene. */
#include "space/space.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "space/family.h"

enum { MAX_BASES = 16, PATH_SIZE = 1024, MAX_SIDE = 65536 };

static const char space_version[] = "space/1";

/* The documents of a space and its bases stay open until the genes are made, so that errors can
 * point into them. */
typedef struct space_reader {
    weft_space *space;
    weft_doc *docs[MAX_BASES];
    char *paths[MAX_BASES]; /* their real paths; NULL where that is unknown */
    int n_docs;
    weft_error *error;
} space_reader;

static weft_status overlay(space_reader *r, const weft_doc *doc, const weft_node *node,
                           bool is_file);

/* ---- bases ----------------------------------------------------------------------------------- */

/* Whether the file is one of those being read, by whatever path. */
static bool is_open(const space_reader *r, const char *path) {
    char *real = realpath(path, NULL);
    bool found = false;
    for (int i = 0; real != NULL && i < r->n_docs; i++) {
        found = found || (r->paths[i] != NULL && strcmp(r->paths[i], real) == 0);
    }
    free(real);
    return found;
}

static weft_status read_file(space_reader *r, const char *path) {
    if (r->n_docs == MAX_BASES) {
        weft_fail(r->error, WEFT_ERROR_INPUT, "more than %d spaces build on one another",
                  MAX_BASES);
        weft_error_file(r->error, path);
        return WEFT_ERROR_INPUT;
    }
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_read(path, &doc, r->error));
    r->docs[r->n_docs] = doc;
    r->paths[r->n_docs] = realpath(path, NULL);
    r->n_docs++;
    return overlay(r, doc, weft_doc_root(doc), true);
}

/* Reads the space that a scalar names; errors about the name itself stand at the scalar. */
static weft_status read_named(space_reader *r, const weft_doc *doc, const weft_node *node) {
    const char *name = NULL;
    WEFT_TRY(weft_node_text(doc, node, &name, r->error));
    char wanted[PATH_SIZE];
    char path[PATH_SIZE];
    weft_status status =
        weft_share_beside(weft_doc_name(doc), name, wanted, sizeof wanted, r->error);
    if (status == WEFT_OK) {
        status = weft_share_find("spaces", wanted, path, sizeof path, r->error);
    }
    if (status != WEFT_OK) {
        weft_error found = *r->error;
        weft_node_fail(doc, node, r->error, status, "%s", found.message);
        weft_hint(r->error, "%s", found.hint);
        return status;
    }
    if (is_open(r, path)) {
        weft_node_fail(doc, node, r->error, WEFT_ERROR_INPUT,
                       "'%s' builds on itself: its bases form a circle", name);
        weft_hint(r->error, "one of the spaces must stand alone");
        return WEFT_ERROR_INPUT;
    }
    return read_file(r, path);
}

/* ---- genes ----------------------------------------------------------------------------------- */

/* Letters, digits and what `extra` lists; begins with a letter or digit; at most `most`. */
static bool is_plain(const char *text, const char *extra, size_t most) {
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
        if (!is_plain(label, "._-+", WEFT_SPACE_LABEL - 1)) {
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

static weft_status read_ordinal(space_reader *r, weft_rule *rule, const weft_node *list) {
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

static weft_status read_rule(space_reader *r, weft_rule *rule) {
    weft_map map;
    int64_t repeat = 0;
    const char *when = "";
    const weft_node *when_node = NULL;
    rule->kind = (weft_gene_kind)-1;
    WEFT_TRY(weft_map_begin(rule->doc, rule->node, &map, r->error));
    WEFT_TRY(read_kind(r, &map, rule));
    WEFT_TRY(weft_map_integer(&map, "repeat", WEFT_OPTIONAL, 1, WEFT_SPACE_MAX_REPEAT, &repeat,
                              r->error));
    WEFT_TRY(weft_map_node(&map, "when", WEFT_OPTIONAL, &when_node, r->error));
    WEFT_TRY(weft_map_text(&map, "when", WEFT_OPTIONAL, &when, r->error));
    WEFT_TRY(weft_map_bool(&map, "log", WEFT_OPTIONAL, &rule->log_scale, r->error));
    WEFT_TRY(weft_map_end(&map, r->error));
    if ((int)rule->kind < 0) {
        return fail_no_kind(r, rule);
    }
    if (strlen(when) >= WEFT_SPACE_WHEN || (when_node != NULL && when[0] == '\0')) {
        return weft_node_fail(rule->doc, when_node, r->error, WEFT_ERROR_INPUT,
                              "the condition of '%s' is empty or longer than %d characters",
                              rule->name, WEFT_SPACE_WHEN - 1);
    }
    snprintf(rule->when, sizeof rule->when, "%s", when);
    rule->repeat = (int)repeat;
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
    if (!is_plain(name, "_", WEFT_GENE_NAME - 8) || !isalpha((unsigned char)name[0])) {
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

static weft_status read_genes(space_reader *r, const weft_doc *doc, const weft_node *node) {
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

/* ---- the keys of a space --------------------------------------------------------------------- */

static weft_status read_version(space_reader *r, weft_map *map, bool is_file) {
    const weft_node *node = NULL;
    const char *version = NULL;
    WEFT_TRY(weft_map_node(map, "weft", is_file ? WEFT_REQUIRED : WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_node_text(map->doc, node, &version, r->error));
    if (strcmp(version, space_version) == 0) {
        return WEFT_OK;
    }
    weft_node_fail(map->doc, node, r->error, WEFT_ERROR_INPUT,
                   "this is '%.40s'; expected a space file, '%s'", version, space_version);
    weft_hint(r->error, strncmp(version, "space/", 6) == 0
                            ? "the file was written for another version of Weft"
                            : "give a file that begins with  weft: space/1");
    return WEFT_ERROR_INPUT;
}

/* A file states its name; a space written in place keeps that of its base. */
static weft_status read_name(space_reader *r, weft_map *map, bool is_file) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "name", is_file ? WEFT_REQUIRED : WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    const char *name = NULL;
    WEFT_TRY(weft_node_text(map->doc, node, &name, r->error));
    if (!is_plain(name, "._-", WEFT_SPACE_NAME - 1)) {
        return weft_node_fail(map->doc, node, r->error, WEFT_ERROR_INPUT,
                              "expected a name of up to %d letters, digits and ._-",
                              WEFT_SPACE_NAME - 1);
    }
    snprintf(r->space->name, sizeof r->space->name, "%s", name);
    return WEFT_OK;
}

static weft_status read_family(space_reader *r, weft_map *map) {
    int n = 0;
    const char *const *names = weft_family_names(&n);
    int choice = -1;
    weft_need need = r->space->family == NULL ? WEFT_REQUIRED : WEFT_OPTIONAL;
    WEFT_TRY(weft_map_choice(map, "family", need, names, n, &choice, r->error));
    if (choice >= 0) {
        r->space->family = weft_family_find(names[choice]);
    }
    return WEFT_OK;
}

static weft_status read_input(space_reader *r, weft_map *map) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "input", WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (!weft_node_is_sequence(node) || weft_sequence_length(node) != 3) {
        weft_node_fail(map->doc, node, r->error, WEFT_ERROR_INPUT,
                       "'input': expected channels, height and width");
        weft_hint(r->error, "write it like  input: [3, 32, 32]");
        return WEFT_ERROR_INPUT;
    }
    int64_t sizes[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        WEFT_TRY(weft_node_integer(map->doc, weft_sequence_at(node, i), 1, MAX_SIDE, &sizes[i],
                                   r->error));
    }
    r->space->input = (weft_shape){(int32_t)sizes[0], (int32_t)sizes[1], (int32_t)sizes[2]};
    return WEFT_OK;
}

static weft_status read_hidden(space_reader *r, const weft_doc *doc, const weft_node *node) {
    int n = weft_sequence_length(node);
    if (!weft_node_is_sequence(node) || n > WEFT_IMC_MAX_HIDDEN) {
        weft_node_fail(doc, node, r->error, WEFT_ERROR_INPUT,
                       "'hidden': expected a list of 0 to %d widths", WEFT_IMC_MAX_HIDDEN);
        weft_hint(r->error, "write it like  hidden: [200, 50]");
        return WEFT_ERROR_INPUT;
    }
    for (int i = 0; i < n; i++) {
        int64_t width = 0;
        WEFT_TRY(weft_node_integer(doc, weft_sequence_at(node, i), 1, MAX_SIDE, &width, r->error));
        r->space->hidden[i] = (int)width;
    }
    r->space->n_hidden = n;
    return WEFT_OK;
}

static weft_status read_head(space_reader *r, weft_map *parent) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(parent, "head", WEFT_OPTIONAL, &node, r->error));
    if (node == NULL) {
        return WEFT_OK;
    }
    weft_map map;
    int64_t pool = r->space->head_pool;
    const weft_node *hidden = NULL;
    WEFT_TRY(weft_map_begin(parent->doc, node, &map, r->error));
    WEFT_TRY(weft_map_integer(&map, "pool", WEFT_OPTIONAL, 1, 64, &pool, r->error));
    WEFT_TRY(
        weft_map_real(&map, "dropout", WEFT_OPTIONAL, 0.0, 0.99, &r->space->dropout, r->error));
    WEFT_TRY(weft_map_node(&map, "hidden", WEFT_OPTIONAL, &hidden, r->error));
    WEFT_TRY(weft_map_end(&map, r->error));
    r->space->head_pool = (int)pool;
    return hidden != NULL ? read_hidden(r, parent->doc, hidden) : WEFT_OK;
}

/* Reads the base, if there is one, and then what this table states itself. */
static weft_status overlay(space_reader *r, const weft_doc *doc, const weft_node *node,
                           bool is_file) {
    weft_map map;
    const weft_node *base = NULL;
    const weft_node *genes = NULL;
    int64_t classes = 0;
    int64_t smallest_map = 0;
    WEFT_TRY(weft_map_begin(doc, node, &map, r->error));
    WEFT_TRY(read_version(r, &map, is_file));
    WEFT_TRY(weft_map_node(&map, "base", WEFT_OPTIONAL, &base, r->error));
    if (base != NULL) {
        WEFT_TRY(read_named(r, doc, base));
    }
    WEFT_TRY(read_name(r, &map, is_file));
    WEFT_TRY(read_family(r, &map));
    WEFT_TRY(read_input(r, &map));
    classes = r->space->classes;
    smallest_map = r->space->smallest_map;
    WEFT_TRY(weft_map_integer(&map, "classes", WEFT_OPTIONAL, 2, MAX_SIDE, &classes, r->error));
    WEFT_TRY(read_head(r, &map));
    WEFT_TRY(weft_map_integer(&map, "smallest_map", WEFT_OPTIONAL, 1, MAX_SIDE, &smallest_map,
                              r->error));
    WEFT_TRY(weft_map_node(&map, "genes", WEFT_OPTIONAL, &genes, r->error));
    WEFT_TRY(weft_map_end(&map, r->error));
    r->space->classes = (int)classes;
    r->space->smallest_map = (int)smallest_map;
    return genes != NULL ? read_genes(r, doc, genes) : WEFT_OK;
}

/* ---- finishing ------------------------------------------------------------------------------- */

/* An input that leaves no network is a fault of the space as a whole: placed at its table. */
static weft_status check_remains(space_reader *r, const weft_doc *doc, const weft_node *node) {
    weft_status status = weft_space_check_remains(r->space, r->error);
    if (status == WEFT_ERROR_INPUT) {
        weft_error found = *r->error;
        weft_node_fail(doc, node, r->error, status, "%s", found.message);
        weft_hint(r->error, "%s", found.hint);
    }
    return status;
}

static weft_status finish(space_reader *r, const weft_doc *doc, const weft_node *node) {
    weft_space *space = r->space;
    WEFT_TRY(weft_space_expand(space, doc, node, r->error));
    WEFT_TRY(space->family->bind(space, doc, node, r->error));
    space->max_halvings = weft_space_halvings(space);
    WEFT_TRY(check_remains(r, doc, node));
    WEFT_TRY(weft_space_write(space, r->error));
    for (int i = 0; i < space->n_rules; i++) {
        space->rules[i].doc = NULL;
        space->rules[i].node = NULL;
    }
    return WEFT_OK;
}

static weft_status begin(space_reader *r, weft_error *error) {
    *r = (space_reader){.error = error};
    r->space = calloc(1, sizeof *r->space);
    if (r->space == NULL) {
        return weft_fail_memory(error, sizeof *r->space);
    }
    *r->space = (weft_space){.name = "space",
                             .input = {3, 32, 32},
                             .classes = 10,
                             .head_pool = 2,
                             .n_hidden = 2,
                             .hidden = {200, 50},
                             .dropout = 0.2,
                             .smallest_map = 1};
    r->space->rules = calloc(WEFT_SPACE_MAX_RULES, sizeof *r->space->rules);
    if (r->space->rules == NULL) {
        weft_space_destroy(r->space);
        return weft_fail_memory(error, WEFT_SPACE_MAX_RULES * sizeof *r->space->rules);
    }
    return WEFT_OK;
}

static weft_status end(space_reader *r, weft_status status, weft_space **space) {
    for (int i = 0; i < r->n_docs; i++) {
        weft_doc_destroy(r->docs[i]);
        free(r->paths[i]);
    }
    if (status == WEFT_OK) {
        *space = r->space;
    } else {
        weft_space_destroy(r->space);
    }
    return status;
}

/* ==== public ================================================================================== */

weft_status weft_space_read(const char *name_or_path, weft_space **space, weft_error *error) {
    char path[PATH_SIZE];
    space_reader r;
    WEFT_TRY(weft_share_find("spaces", name_or_path, path, sizeof path, error));
    WEFT_TRY(begin(&r, error));
    weft_status status = read_file(&r, path);
    if (status == WEFT_OK) {
        status = finish(&r, r.docs[0], weft_doc_root(r.docs[0]));
    }
    return end(&r, status, space);
}

weft_status weft_space_parse(const char *text, size_t length, const char *name, weft_space **space,
                             weft_error *error) {
    space_reader r;
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = begin(&r, error);
    if (status == WEFT_OK) {
        status = overlay(&r, doc, weft_doc_root(doc), true);
        if (status == WEFT_OK) {
            status = finish(&r, doc, weft_doc_root(doc));
        }
        status = end(&r, status, space);
    }
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_space_read_node(const weft_doc *doc, const weft_node *node, weft_space **space,
                                 weft_error *error) {
    space_reader r;
    WEFT_TRY(begin(&r, error));
    weft_status status = weft_node_is_scalar(node) ? read_named(&r, doc, node)
                                                   : overlay(&r, doc, node, false);
    if (status == WEFT_OK) {
        status = finish(&r, doc, node);
    }
    return end(&r, status, space);
}
