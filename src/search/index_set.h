/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of the integers 0 .. n-1 as a tree of bitmaps of 64: insert, erase and the neighbours of a
 * number in O(log n), without allocation after creation. */
#ifndef WEFT_SEARCH_INDEX_SET_H
#define WEFT_SEARCH_INDEX_SET_H

#include "base/error.h"

enum { WEFT_INDEX_SET_LEVELS = 6 };

/* Bit i of level k + 1 tells whether word i of level k is not empty. */
typedef struct weft_index_set {
    int n_levels;
    size_t n_words[WEFT_INDEX_SET_LEVELS];
    uint64_t *words[WEFT_INDEX_SET_LEVELS];
} weft_index_set;

weft_status weft_index_set_create(size_t n, weft_index_set *set, weft_error *error) WEFT_NODISCARD;
void weft_index_set_destroy(weft_index_set *set);
void weft_index_set_insert(weft_index_set *set, size_t i);
void weft_index_set_erase(weft_index_set *set, size_t i);

/* The largest member below i, the smallest above it; SIZE_MAX: none. */
size_t weft_index_set_before(const weft_index_set *set, size_t i);
size_t weft_index_set_after(const weft_index_set *set, size_t i);

#endif
