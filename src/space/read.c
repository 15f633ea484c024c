/* SPDX-License-Identifier: Apache-2.0
 *
 * Space files: keys and bases. docs/reference/space-file.md describes the file. A base
 * is read first and then overwritten, key by key and gene by gene. */
#include "space/space.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "space/family.h"
#include "space/reader.h"

enum { PATH_SIZE = 1024, MAX_SIDE = 65536 };

static const char space_version[] = "space/1";

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
    if (r->n_docs == SPACE_MAX_BASES) {
        weft_fail(r->error, WEFT_ERROR_INPUT, "more than %d spaces build on one another",
                  SPACE_MAX_BASES);
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
    if (!space_is_plain(name, "._-", WEFT_SPACE_NAME - 1)) {
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
    WEFT_TRY(space_read_network_keys(r, &map));
    WEFT_TRY(weft_map_node(&map, "genes", WEFT_OPTIONAL, &genes, r->error));
    WEFT_TRY(weft_map_end(&map, r->error));
    r->space->classes = (int)classes;
    r->space->smallest_map = (int)smallest_map;
    return genes != NULL ? space_read_genes(r, doc, genes) : WEFT_OK;
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
    WEFT_TRY(weft_space_bind_knobs(space, r->error));
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

weft_status weft_space_read_genes(const weft_doc *doc, const weft_node *genes, const char *name,
                                  weft_space **space, weft_error *error) {
    space_reader r;
    WEFT_TRY(begin(&r, error));
    snprintf(r.space->name, sizeof r.space->name, "%s", name);
    r.space->family = &weft_family_values;
    weft_status status = space_read_genes(&r, doc, genes);
    if (status == WEFT_OK) {
        status = finish(&r, doc, genes);
    }
    return end(&r, status, space);
}
