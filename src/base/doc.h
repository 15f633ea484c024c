/* SPDX-License-Identifier: Apache-2.0
 *
 * Checked reading of YAML (libfyaml). A mapping is read key by key; weft_map_end then reports the
 * first key that nobody asked for, with the nearest one that was. Every error carries file, line,
 * column, the source line, what was found and what was expected.
 *
 *     weft_doc *doc;
 *     WEFT_TRY(weft_doc_read(path, &doc, error));
 *     weft_map map;
 *     weft_map_begin(doc, weft_doc_root(doc), &map, error);
 *     weft_map_integer(&map, "rows", WEFT_OPTIONAL, 1, 4096, &rows, error);   // keeps its default
 *     weft_map_end(&map, error);
 */
#ifndef WEFT_BASE_DOC_H
#define WEFT_BASE_DOC_H

#include <stdio.h>

#include "base/error.h"

typedef struct weft_doc weft_doc;
typedef struct weft_node weft_node; /* borrowed from its document */

typedef enum weft_need { WEFT_OPTIONAL, WEFT_REQUIRED } weft_need;

/* Reads a file (at most 16 MiB, nesting at most 64); duplicate keys, anchors gone wild and bad
 * indentation are errors with their place. `name` is what errors call the text. */
weft_status weft_doc_read(const char *path, weft_doc **doc, weft_error *error) WEFT_NODISCARD;
weft_status weft_doc_parse(const char *text, size_t length, const char *name, weft_doc **doc,
                           weft_error *error) WEFT_NODISCARD;
void weft_doc_destroy(weft_doc *doc);
const weft_node *weft_doc_root(const weft_doc *doc);

/* The name given on reading: a path, or what weft_doc_parse was told. */
const char *weft_doc_name(const weft_doc *doc);

/* The text that it was read from. */
const char *weft_doc_text(const weft_doc *doc);

/* An error at a node: fills place and source line. Returns `status`. */
weft_status weft_node_fail(const weft_doc *doc, const weft_node *node, weft_error *error,
                           weft_status status, const char *format, ...) WEFT_PRINTF(5, 6);

bool weft_node_is_scalar(const weft_node *node);
bool weft_node_is_sequence(const weft_node *node);
bool weft_node_is_mapping(const weft_node *node);

/* Whether the place of a scalar begins with a quote, one character before its text. */
bool weft_node_is_quoted(const weft_doc *doc, const weft_node *node);

/* ---- scalars ---------------------------------------------------------------------------------
 * Each fails with WEFT_ERROR_INPUT when the node is of another type or out of [lower, upper]. Text
 * is borrowed from the document. An integer written 1e3 or 8.0 is an error: it is a real. */
weft_status weft_node_text(const weft_doc *doc, const weft_node *node, const char **text,
                           weft_error *error) WEFT_NODISCARD;
weft_status weft_node_integer(const weft_doc *doc, const weft_node *node, int64_t lower,
                              int64_t upper, int64_t *value, weft_error *error) WEFT_NODISCARD;
weft_status weft_node_real(const weft_doc *doc, const weft_node *node, double lower, double upper,
                           double *value, weft_error *error) WEFT_NODISCARD;
weft_status weft_node_bool(const weft_doc *doc, const weft_node *node, bool *value,
                           weft_error *error) WEFT_NODISCARD;

/* ---- sequences ------------------------------------------------------------------------------- */
int weft_sequence_length(const weft_node *node);
const weft_node *weft_sequence_at(const weft_node *node, int i);

/* ---- mappings -------------------------------------------------------------------------------- */
enum { WEFT_MAP_MAX_KEYS = 96 };

typedef struct weft_map {
    const weft_doc *doc;
    const weft_node *node;
    const char *known[WEFT_MAP_MAX_KEYS]; /* the keys asked for so far */
    int n_known;
} weft_map;

weft_status weft_map_begin(const weft_doc *doc, const weft_node *node, weft_map *map,
                           weft_error *error) WEFT_NODISCARD;

/* The node of a key. Absent and optional: *value is NULL and the status WEFT_OK. */
weft_status weft_map_node(weft_map *map, const char *key, weft_need need, const weft_node **value,
                          weft_error *error) WEFT_NODISCARD;

/* Typed values of a key. Absent and optional: *value keeps what it held (its default). */
weft_status weft_map_text(weft_map *map, const char *key, weft_need need, const char **value,
                          weft_error *error) WEFT_NODISCARD;
weft_status weft_map_integer(weft_map *map, const char *key, weft_need need, int64_t lower,
                             int64_t upper, int64_t *value, weft_error *error) WEFT_NODISCARD;
weft_status weft_map_real(weft_map *map, const char *key, weft_need need, double lower,
                          double upper, double *value, weft_error *error) WEFT_NODISCARD;
weft_status weft_map_bool(weft_map *map, const char *key, weft_need need, bool *value,
                          weft_error *error) WEFT_NODISCARD;

/* One of n words; *value becomes its index. The error lists the words and the nearest one. */
weft_status weft_map_choice(weft_map *map, const char *key, weft_need need,
                            const char *const *words, int n, int *value,
                            weft_error *error) WEFT_NODISCARD;

/* The key `weft`, which says what a file is and in which format: `weft: <format>`, required. */
weft_status weft_map_format(weft_map *map, const char *format, weft_error *error) WEFT_NODISCARD;

/* ---- quantities with unit and source ----------------------------------------------------------
 * `read_pulse: {value: 3.16, unit: ns, source: "..."}`; the three keys are required, no other is
 * known. `value` is given in the SI unit of the dimension (area in m2). Legal prefixes of each
 * dimension are in units.h; a wrong unit is an error that lists the legal ones. */
typedef enum weft_dimension {
    WEFT_DIMENSION_NONE, /* unit: "1" */
    WEFT_DIMENSION_TIME,
    WEFT_DIMENSION_FREQUENCY,
    WEFT_DIMENSION_ENERGY,
    WEFT_DIMENSION_POWER,
    WEFT_DIMENSION_VOLTAGE,
    WEFT_DIMENSION_CURRENT,
    WEFT_DIMENSION_RESISTANCE,
    WEFT_DIMENSION_CAPACITANCE,
    WEFT_DIMENSION_LENGTH,
    WEFT_DIMENSION_AREA,
    WEFT_DIMENSION_BANDWIDTH, /* bit/s */
    WEFT_DIMENSION_DATA,      /* bit */
} weft_dimension;

typedef struct weft_quantity {
    double value;     /* SI */
    char unit[16];    /* as written */
    char source[256]; /* where the figure comes from */
} weft_quantity;

weft_status weft_map_quantity(weft_map *map, const char *key, weft_need need,
                              weft_dimension dimension, double lower, double upper,
                              weft_quantity *value, weft_error *error) WEFT_NODISCARD;

/* Iteration over the entries of a mapping in file order (for tables whose keys are data). */
int weft_mapping_length(const weft_node *node);
weft_status weft_mapping_at(const weft_doc *doc, const weft_node *node, int i, const char **key,
                            const weft_node **value, weft_error *error) WEFT_NODISCARD;

/* Unknown keys are an error, with the nearest key that weft_map_* was asked for. */
weft_status weft_map_end(weft_map *map, weft_error *error) WEFT_NODISCARD;

/* The document as canonical YAML text (comments gone); malloc'ed, the caller frees. */
weft_status weft_node_emit(const weft_doc *doc, const weft_node *node, char **text,
                           weft_error *error) WEFT_NODISCARD;

/* Writes any text as one double-quoted YAML scalar (YAML 1.2, section 5.7). */
void weft_text_emit(const char *text, FILE *out);

#endif
