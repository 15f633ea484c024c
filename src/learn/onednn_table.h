/* SPDX-License-Identifier: Apache-2.0
 * A hash table of things by the bytes that describe them. */
#ifndef WEFT_LEARN_ONEDNN_TABLE_H
#define WEFT_LEARN_ONEDNN_TABLE_H

#include "base/error.h"

/* The first member of a thing in a table; it points to `size` bytes within the thing. */
typedef struct weft_dnn_item {
    const void *key;
    size_t size;
    uint64_t hash;
} weft_dnn_item;

/* Starts as {0}; owns its array, not the things. */
typedef struct weft_dnn_table {
    weft_dnn_item **places; /* NULL: empty */
    size_t size, n;         /* `size` a power of two, at least half of it empty */
} weft_dnn_table;

/* NULL where there is none. */
weft_dnn_item *weft_dnn_table_find(const weft_dnn_table *table, const void *key, size_t size);

/* Fills `item`. The key must be new. */
weft_status weft_dnn_table_add(weft_dnn_table *table, weft_dnn_item *item, const void *key,
                               size_t size, weft_error *error) WEFT_NODISCARD;

void weft_dnn_table_clear(weft_dnn_table *table);

#endif
