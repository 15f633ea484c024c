/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree behind doc.h; seen by doc*.c alone. */
#ifndef WEFT_BASE_DOC_TREE_H
#define WEFT_BASE_DOC_TREE_H

#include "base/doc.h"

typedef enum weft_node_kind {
    WEFT_NODE_SCALAR,
    WEFT_NODE_SEQUENCE,
    WEFT_NODE_MAPPING,
} weft_node_kind;

struct weft_node {
    weft_node_kind kind;
    bool plain;               /* scalar written without quotes: may be a number, true or null */
    int height;               /* levels below and including this one */
    int n;                    /* items of a sequence, entries of a mapping */
    size_t start, end;        /* bytes of the source that it covers */
    size_t weight;            /* nodes of the subtree with every alias written out */
    const char *text;         /* scalar, '\0'-terminated */
    struct weft_node **items; /* sequence: n nodes; mapping: n pairs of key and value */
};

typedef struct weft_chunk weft_chunk;

struct weft_doc {
    char *name;
    char *source; /* '\0'-terminated */
    size_t length;
    weft_node *root;
    weft_chunk *chunks; /* the memory of all nodes, texts and item lists */
};

enum {
    WEFT_DOC_MAX_BYTES = 16 << 20,
    WEFT_DOC_MAX_DEPTH = 64,
    WEFT_DOC_MAX_WEIGHT = 1 << 22, /* 16 MiB of "- a\n" stay below it */
};

/* Memory that lives as long as the document; NULL when there is none. */
void *weft_doc_take(weft_doc *doc, size_t size);

/* Turns doc->source into doc->root. */
weft_status weft_doc_build(weft_doc *doc, weft_error *error) WEFT_NODISCARD;

/* Writes file, line, column, length and source line of bytes [start, end) into an error. */
void weft_doc_place(const weft_doc *doc, size_t start, size_t end, weft_error *error);

/* Whether a scalar says that there is nothing: unquoted and empty, `~` or `null`. */
bool weft_node_is_null(const weft_node *node);

#endif
