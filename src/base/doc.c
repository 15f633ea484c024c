/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a document and its values. The tree is built in doc_build.c. */
#include "base/doc_tree.h"

#include "base/number.h"
#include "base/place.h"
#include "base/units.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- memory ---------------------------------------------------------------------------------- */

struct weft_chunk {
    weft_chunk *next;
    size_t used, size;
    max_align_t bytes[];
};

void *weft_doc_take(weft_doc *doc, size_t size) {
    size_t step = sizeof(max_align_t);
    size_t room = (size + step - 1) / step * step;
    if (room < size) {
        return NULL;
    }
    weft_chunk *chunk = doc->chunks;
    if (chunk == NULL || chunk->size - chunk->used < room) {
        size_t fresh = room > 16384 ? room : 16384;
        chunk = malloc(sizeof *chunk + fresh);
        if (chunk == NULL) {
            return NULL;
        }
        *chunk = (weft_chunk){.next = doc->chunks, .size = fresh};
        doc->chunks = chunk;
    }
    void *taken = (unsigned char *)chunk->bytes + chunk->used;
    chunk->used += room;
    return taken;
}

/* ---- places ---------------------------------------------------------------------------------- */

void weft_doc_place(const weft_doc *doc, size_t start, size_t end, weft_error *error) {
    weft_error_place(error, doc->source, doc->length, start, end);
    weft_error_file(error, doc->name);
}

weft_status weft_node_fail(const weft_doc *doc, const weft_node *node, weft_error *error,
                           weft_status status, const char *format, ...) {
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    weft_fail(error, status, "%s", message);
    weft_doc_place(doc, node->start, node->end, error);
    return status;
}

/* ---- documents ------------------------------------------------------------------------------- */

/* Takes over `source`, which holds length + 1 bytes. */
static weft_status make_doc(char *source, size_t length, const char *name, weft_doc **doc,
                            weft_error *error) {
    weft_doc *made = calloc(1, sizeof *made);
    char *copy = strdup(name);
    if (made == NULL || copy == NULL) {
        free(made);
        free(copy);
        free(source);
        return weft_fail_memory(error, sizeof *made);
    }
    if (length >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        length -= 3;
        memmove(source, source + 3, length);
    }
    source[length] = '\0';
    *made = (weft_doc){.name = copy, .source = source, .length = length};
    weft_status status = weft_doc_build(made, error);
    if (status != WEFT_OK) {
        weft_doc_destroy(made);
        return status;
    }
    *doc = made;
    return WEFT_OK;
}

static weft_status fail_size(const char *name, weft_error *error) {
    weft_fail(error, WEFT_ERROR_INPUT, "larger than 16 MiB; expected a YAML file");
    weft_error_file(error, name);
    return WEFT_ERROR_INPUT;
}

weft_status weft_doc_parse(const char *text, size_t length, const char *name, weft_doc **doc,
                           weft_error *error) {
    if (length > WEFT_DOC_MAX_BYTES) {
        return fail_size(name, error);
    }
    char *source = malloc(length + 1);
    if (source == NULL) {
        return weft_fail_memory(error, length + 1);
    }
    if (length > 0) {
        memcpy(source, text, length);
    }
    return make_doc(source, length, name, doc, error);
}

/* Reads until the end, so that a pipe works as a file does. */
static weft_status read_all(int file, const char *path, char **text, size_t *length,
                            weft_error *error) {
    size_t used = 0, size = 65536;
    char *bytes = malloc(size + 1);
    while (bytes != NULL) {
        ssize_t got = read(file, bytes + used, size - used);
        if (got == 0) {
            *text = bytes;
            *length = used;
            return WEFT_OK;
        }
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            weft_fail_errno(error, "cannot read the file", path);
            free(bytes);
            return WEFT_ERROR_IO;
        }
        used += (size_t)got;
        if (used > WEFT_DOC_MAX_BYTES) {
            free(bytes);
            return fail_size(path, error);
        }
        if (used == size) {
            size *= 2;
            char *grown = realloc(bytes, size + 1);
            if (grown == NULL) {
                free(bytes);
            }
            bytes = grown;
        }
    }
    return weft_fail_memory(error, size + 1);
}

weft_status weft_doc_read(const char *path, weft_doc **doc, weft_error *error) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return weft_fail_errno(error, "cannot open the file", path);
    }
    struct stat info;
    if (fstat(file, &info) == 0 && S_ISDIR(info.st_mode)) {
        close(file);
        weft_fail(error, WEFT_ERROR_IO, "this is a folder; expected a YAML file");
        weft_error_file(error, path);
        return WEFT_ERROR_IO;
    }
    char *text = NULL;
    size_t length = 0;
    weft_status status = read_all(file, path, &text, &length, error);
    close(file);
    return status != WEFT_OK ? status : make_doc(text, length, path, doc, error);
}

void weft_doc_destroy(weft_doc *doc) {
    if (doc == NULL) {
        return;
    }
    while (doc->chunks != NULL) {
        weft_chunk *next = doc->chunks->next;
        free(doc->chunks);
        doc->chunks = next;
    }
    free(doc->source);
    free(doc->name);
    free(doc);
}

const weft_node *weft_doc_root(const weft_doc *doc) {
    return doc->root;
}

const char *weft_doc_name(const weft_doc *doc) {
    return doc->name;
}

const char *weft_doc_text(const weft_doc *doc) {
    return doc->source;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

bool weft_node_is_scalar(const weft_node *node) {
    return node->kind == WEFT_NODE_SCALAR;
}

bool weft_node_is_sequence(const weft_node *node) {
    return node->kind == WEFT_NODE_SEQUENCE;
}

bool weft_node_is_mapping(const weft_node *node) {
    return node->kind == WEFT_NODE_MAPPING;
}

bool weft_node_is_quoted(const weft_doc *doc, const weft_node *node) {
    char first = doc->source[node->start];
    return node->kind == WEFT_NODE_SCALAR && !node->plain && (first == '\'' || first == '"');
}

bool weft_node_is_null(const weft_node *node) {
    return node->kind == WEFT_NODE_SCALAR && node->plain &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

int weft_sequence_length(const weft_node *node) {
    return node->kind == WEFT_NODE_SEQUENCE ? node->n : 0;
}

const weft_node *weft_sequence_at(const weft_node *node, int i) {
    return i >= 0 && i < weft_sequence_length(node) ? node->items[i] : NULL;
}

int weft_mapping_length(const weft_node *node) {
    return node->kind == WEFT_NODE_MAPPING ? node->n : 0;
}

/* What a node is, in words, for "found ...". */
static const char *found_text(const weft_node *node, char *buffer, size_t size) {
    if (node->kind == WEFT_NODE_SEQUENCE) {
        snprintf(buffer, size, "a list of %d", node->n);
    } else if (node->kind == WEFT_NODE_MAPPING) {
        snprintf(buffer, size, "a table of %d keys", node->n);
    } else if (weft_node_is_null(node)) {
        snprintf(buffer, size, "nothing");
    } else {
        size_t cut = weft_utf8_skip(node->text, strlen(node->text), 40);
        const char *quote = node->plain ? "" : "the text ";
        snprintf(buffer, size, "%s'%.*s%s'", quote, (int)cut, node->text,
                 node->text[cut] != '\0' ? "..." : "");
        for (char *at = buffer; *at != '\0'; at++) {
            *at = (unsigned char)*at < ' ' ? ' ' : *at;
        }
    }
    return buffer;
}

/* "'rows': expected X; found Y", where `key` may be NULL. */
static weft_status fail_expected(const weft_doc *doc, const weft_node *node, const char *key,
                                 const char *expected, weft_error *error) {
    char found[208];
    found_text(node, found, sizeof found);
    return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "%s%.64s%sexpected %s; found %s",
                          key != NULL ? "'" : "", key != NULL ? key : "", key != NULL ? "': " : "",
                          expected, found);
}

/* ---- scalars --------------------------------------------------------------------------------- */

static weft_status read_text(const weft_doc *doc, const weft_node *node, const char *key,
                             const char **text, weft_error *error) {
    if (node->kind != WEFT_NODE_SCALAR || weft_node_is_null(node)) {
        return fail_expected(doc, node, key, "text", error);
    }
    *text = node->text;
    return WEFT_OK;
}

static weft_status read_integer(const weft_doc *doc, const weft_node *node, const char *key,
                                int64_t lower, int64_t upper, int64_t *value, weft_error *error) {
    char expected[96];
    if (lower == INT64_MIN && upper == INT64_MAX) {
        snprintf(expected, sizeof expected, "an integer");
    } else if (upper == INT64_MAX) {
        snprintf(expected, sizeof expected, "an integer of at least %lld", (long long)lower);
    } else {
        snprintf(expected, sizeof expected, "an integer from %lld to %lld", (long long)lower,
                 (long long)upper);
    }
    if (node->kind != WEFT_NODE_SCALAR || !node->plain) {
        return fail_expected(doc, node, key, expected, error);
    }
    const char *digits = node->text + (node->text[0] == '-' || node->text[0] == '+');
    char *end = NULL;
    errno = 0;
    long long number = strtoll(node->text, &end, 10);
    bool whole = digits[0] >= '0' && digits[0] <= '9' && *end == '\0' && errno == 0;
    if (!whole || number < lower || number > upper) {
        return fail_expected(doc, node, key, expected, error);
    }
    *value = number;
    return WEFT_OK;
}

static const char *real_range(double lower, double upper, char *buffer, size_t size) {
    char low[32], high[32];
    weft_real_text(lower, low, sizeof low);
    weft_real_text(upper, high, sizeof high);
    if (isinf(lower) && isinf(upper)) {
        snprintf(buffer, size, "a number");
    } else if (isinf(upper)) {
        snprintf(buffer, size, "a number of at least %s", low);
    } else if (isinf(lower)) {
        snprintf(buffer, size, "a number of at most %s", high);
    } else {
        snprintf(buffer, size, "a number from %s to %s", low, high);
    }
    return buffer;
}

static weft_status read_real(const weft_doc *doc, const weft_node *node, const char *key,
                             double lower, double upper, double *value, weft_error *error) {
    char expected[96];
    real_range(lower, upper, expected, sizeof expected);
    if (node->kind != WEFT_NODE_SCALAR || !node->plain) {
        return fail_expected(doc, node, key, expected, error);
    }
    bool negative = node->text[0] == '-';
    const char *digits = node->text + (negative || node->text[0] == '+');
    double number = 0.0;
    bool whole = false;
    size_t length = weft_number_scan(digits, &number, &whole);
    number = negative ? -number : number;
    bool valid = length > 0 && digits[length] == '\0' && isfinite(number);
    if (!valid || !(number >= lower && number <= upper)) {
        return fail_expected(doc, node, key, expected, error);
    }
    *value = number;
    return WEFT_OK;
}

static weft_status read_bool(const weft_doc *doc, const weft_node *node, const char *key,
                             bool *value, weft_error *error) {
    bool is_true = node->kind == WEFT_NODE_SCALAR && node->plain && strcmp(node->text, "true") == 0;
    bool is_false = node->kind == WEFT_NODE_SCALAR && node->plain &&
                    strcmp(node->text, "false") == 0;
    if (!is_true && !is_false) {
        return fail_expected(doc, node, key, "true or false", error);
    }
    *value = is_true;
    return WEFT_OK;
}

weft_status weft_node_text(const weft_doc *doc, const weft_node *node, const char **text,
                           weft_error *error) {
    return read_text(doc, node, NULL, text, error);
}

weft_status weft_node_integer(const weft_doc *doc, const weft_node *node, int64_t lower,
                              int64_t upper, int64_t *value, weft_error *error) {
    return read_integer(doc, node, NULL, lower, upper, value, error);
}

weft_status weft_node_real(const weft_doc *doc, const weft_node *node, double lower, double upper,
                           double *value, weft_error *error) {
    return read_real(doc, node, NULL, lower, upper, value, error);
}

weft_status weft_node_bool(const weft_doc *doc, const weft_node *node, bool *value,
                           weft_error *error) {
    return read_bool(doc, node, NULL, value, error);
}

/* ---- mappings -------------------------------------------------------------------------------- */

weft_status weft_map_begin(const weft_doc *doc, const weft_node *node, weft_map *map,
                           weft_error *error) {
    if (node->kind != WEFT_NODE_MAPPING) {
        return fail_expected(doc, node, NULL, "a table of keys (key: value)", error);
    }
    *map = (weft_map){.doc = doc, .node = node};
    return WEFT_OK;
}

static bool is_known(const weft_map *map, const char *key) {
    for (int i = 0; i < map->n_known; i++) {
        if (strcmp(map->known[i], key) == 0) {
            return true;
        }
    }
    return false;
}

/* A required key that is absent: perhaps one that is there was meant for it. */
static weft_status fail_missing(const weft_map *map, const char *key, weft_error *error) {
    for (int i = 0; i < map->node->n; i++) {
        const weft_node *present = map->node->items[2 * i];
        if (!is_known(map, present->text) && weft_nearest(present->text, &key, 1) != NULL) {
            return weft_node_fail(map->doc, present, error, WEFT_ERROR_INPUT,
                                  "required key '%.64s' is missing and '%.64s' is here; did you "
                                  "mean '%.64s'?",
                                  key, present->text, key);
        }
    }
    return weft_node_fail(map->doc, map->node, error, WEFT_ERROR_INPUT,
                          "required key '%.64s' is missing in this table", key);
}

weft_status weft_map_node(weft_map *map, const char *key, weft_need need, const weft_node **value,
                          weft_error *error) {
    if (!is_known(map, key)) {
        if (map->n_known == WEFT_MAP_MAX_KEYS) {
            return weft_fail(error, WEFT_ERROR_INTERNAL, "more than %d keys asked of a table",
                             WEFT_MAP_MAX_KEYS);
        }
        map->known[map->n_known++] = key;
    }
    for (int i = 0; i < map->node->n; i++) {
        if (strcmp(map->node->items[2 * i]->text, key) == 0) {
            *value = map->node->items[2 * i + 1];
            return WEFT_OK;
        }
    }
    if (need == WEFT_REQUIRED) {
        return fail_missing(map, key, error);
    }
    *value = NULL;
    return WEFT_OK;
}

weft_status weft_map_text(weft_map *map, const char *key, weft_need need, const char **value,
                          weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    return node == NULL ? WEFT_OK : read_text(map->doc, node, key, value, error);
}

weft_status weft_map_integer(weft_map *map, const char *key, weft_need need, int64_t lower,
                             int64_t upper, int64_t *value, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    return node == NULL ? WEFT_OK : read_integer(map->doc, node, key, lower, upper, value, error);
}

weft_status weft_map_real(weft_map *map, const char *key, weft_need need, double lower,
                          double upper, double *value, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    return node == NULL ? WEFT_OK : read_real(map->doc, node, key, lower, upper, value, error);
}

weft_status weft_map_bool(weft_map *map, const char *key, weft_need need, bool *value,
                          weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    return node == NULL ? WEFT_OK : read_bool(map->doc, node, key, value, error);
}

weft_status weft_map_choice(weft_map *map, const char *key, weft_need need,
                            const char *const *words, int n, int *value, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    for (int i = 0; node->kind == WEFT_NODE_SCALAR && i < n; i++) {
        if (strcmp(node->text, words[i]) == 0) {
            *value = i;
            return WEFT_OK;
        }
    }
    char expected[256];
    size_t used = (size_t)snprintf(expected, sizeof expected, "one of ");
    for (int i = 0; i < n && used < sizeof expected; i++) {
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", i > 0 ? ", " : "",
                                 words[i]);
    }
    weft_status status = fail_expected(map->doc, node, key, expected, error);
    const char *nearest =
        node->kind == WEFT_NODE_SCALAR ? weft_nearest(node->text, words, (size_t)n) : NULL;
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return status;
}

weft_status weft_map_format(weft_map *map, const char *format, weft_error *error) {
    const weft_node *node = NULL;
    const char *found = NULL;
    WEFT_TRY(weft_map_node(map, "weft", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_node_text(map->doc, node, &found, error));
    if (strcmp(found, format) != 0) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected `weft: %s`, found '%s'", format, found);
    }
    return WEFT_OK;
}

weft_status weft_mapping_at(const weft_doc *doc, const weft_node *node, int i, const char **key,
                            const weft_node **value, weft_error *error) {
    if (node->kind != WEFT_NODE_MAPPING) {
        return fail_expected(doc, node, NULL, "a table of keys (key: value)", error);
    }
    if (i < 0 || i >= node->n) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INTERNAL, "entry %d of %d asked for", i,
                              node->n);
    }
    *key = node->items[2 * i]->text;
    *value = node->items[2 * i + 1];
    return WEFT_OK;
}

weft_status weft_map_end(weft_map *map, weft_error *error) {
    for (int i = 0; i < map->node->n; i++) {
        const weft_node *key = map->node->items[2 * i];
        if (is_known(map, key->text)) {
            continue;
        }
        const char *nearest = weft_nearest(key->text, map->known, (size_t)map->n_known);
        if (nearest != NULL) {
            return weft_node_fail(map->doc, key, error, WEFT_ERROR_INPUT,
                                  "unknown key '%.64s'; did you mean '%s'?", key->text, nearest);
        }
        weft_status status = weft_node_fail(map->doc, key, error, WEFT_ERROR_INPUT,
                                            "unknown key '%.64s'", key->text);
        char names[256];
        size_t used = 0;
        for (int k = 0; k < map->n_known && used < sizeof names; k++) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", k > 0 ? ", " : "",
                                     map->known[k]);
        }
        weft_hint(error, map->n_known > 0 ? "known keys here: %s" : "no key is known here%s",
                  map->n_known > 0 ? names : "");
        return status;
    }
    return WEFT_OK;
}

/* ---- quantities ------------------------------------------------------------------------------ */

static weft_status copy_field(weft_map *map, const char *key, char *field, size_t size,
                              weft_error *error) {
    const weft_node *node = NULL;
    const char *text = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_REQUIRED, &node, error));
    WEFT_TRY(read_text(map->doc, node, key, &text, error));
    if (strlen(text) >= size) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "'%s': expected at most %zu bytes of text; found %zu", key, size - 1,
                              strlen(text));
    }
    snprintf(field, size, "%s", text);
    return WEFT_OK;
}

static weft_status fail_unit(const weft_map *map, weft_dimension dimension, const char *unit,
                             weft_error *error) {
    const weft_node *node = map->node;
    for (int i = 0; i < map->node->n; i++) {
        if (strcmp(map->node->items[2 * i]->text, "unit") == 0) {
            node = map->node->items[2 * i + 1];
        }
    }
    char expected[192] = "one of the units ";
    weft_unit_names(dimension, expected + strlen(expected), sizeof expected - strlen(expected));
    weft_status status = fail_expected(map->doc, node, "unit", expected, error);
    const char *nearest = weft_unit_nearest(dimension, unit);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return status;
}

weft_status weft_map_quantity(weft_map *map, const char *key, weft_need need,
                              weft_dimension dimension, double lower, double upper,
                              weft_quantity *value, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    if (node->kind != WEFT_NODE_MAPPING) {
        return fail_expected(map->doc, node, key, "{value: ..., unit: ..., source: ...}", error);
    }
    weft_quantity read = {0};
    weft_map inner;
    const weft_node *number = NULL;
    WEFT_TRY(weft_map_begin(map->doc, node, &inner, error));
    WEFT_TRY(weft_map_node(&inner, "value", WEFT_REQUIRED, &number, error));
    WEFT_TRY(read_real(map->doc, number, "value", -INFINITY, INFINITY, &read.value, error));
    WEFT_TRY(copy_field(&inner, "unit", read.unit, sizeof read.unit, error));
    WEFT_TRY(copy_field(&inner, "source", read.source, sizeof read.source, error));
    WEFT_TRY(weft_map_end(&inner, error));
    const weft_unit *unit = weft_unit_find(dimension, read.unit);
    if (unit == NULL) {
        return fail_unit(&inner, dimension, read.unit, error);
    }
    read.value = weft_unit_to_si(unit, read.value);
    if (!(read.value >= lower && read.value <= upper)) {
        char range[96];
        real_range(lower, upper, range, sizeof range);
        weft_status status = weft_node_fail(map->doc, number, error, WEFT_ERROR_INPUT,
                                            "'%.64s': expected %s (SI units); found %s %s", key,
                                            range, number->text, read.unit);
        return status;
    }
    *value = read;
    return WEFT_OK;
}
