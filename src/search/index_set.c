/* SPDX-License-Identifier: Apache-2.0 */
#include "search/index_set.h"

#include <stdlib.h>

weft_status weft_index_set_create(size_t n, weft_index_set *set, weft_error *error) {
    weft_index_set created = {0};
    size_t total = 0;
    size_t bits = n;
    do {
        if (created.n_levels == WEFT_INDEX_SET_LEVELS) {
            return weft_fail_memory(error, SIZE_MAX);
        }
        bits = bits / 64 + 1;
        created.n_words[created.n_levels++] = bits;
        total += bits;
    } while (bits > 1);
    created.words[0] = calloc(total, sizeof(uint64_t));
    if (created.words[0] == NULL) {
        return weft_fail_memory(error, total * sizeof(uint64_t));
    }
    for (int k = 1; k < created.n_levels; k++) {
        created.words[k] = created.words[k - 1] + created.n_words[k - 1];
    }
    *set = created;
    return WEFT_OK;
}

void weft_index_set_destroy(weft_index_set *set) {
    free(set->words[0]);
    *set = (weft_index_set){0};
}

void weft_index_set_insert(weft_index_set *set, size_t i) {
    for (int k = 0; k < set->n_levels; k++, i /= 64) {
        set->words[k][i / 64] |= UINT64_C(1) << (i % 64);
    }
}

void weft_index_set_erase(weft_index_set *set, size_t i) {
    for (int k = 0; k < set->n_levels; k++, i /= 64) {
        set->words[k][i / 64] &= ~(UINT64_C(1) << (i % 64));
        if (set->words[k][i / 64] != 0) {
            return;
        }
    }
}

static size_t lowest_bit(uint64_t word) {
    return (size_t)__builtin_ctzll(word);
}

static size_t highest_bit(uint64_t word) {
    return 63 - (size_t)__builtin_clzll(word);
}

/* Up to the first level where a neighbour shares a word, then down along its nearest side. */
size_t weft_index_set_before(const weft_index_set *set, size_t i) {
    for (int k = 0; k < set->n_levels; k++, i /= 64) {
        uint64_t below = set->words[k][i / 64] & ((UINT64_C(1) << (i % 64)) - 1);
        if (below == 0) {
            continue;
        }
        size_t found = i / 64 * 64 + highest_bit(below);
        while (k-- > 0) {
            found = found * 64 + highest_bit(set->words[k][found]);
        }
        return found;
    }
    return SIZE_MAX;
}

size_t weft_index_set_after(const weft_index_set *set, size_t i) {
    for (int k = 0; k < set->n_levels; k++, i /= 64) {
        uint64_t above = i % 64 == 63 ? 0 : set->words[k][i / 64] >> (i % 64 + 1) << (i % 64 + 1);
        if (above == 0) {
            continue;
        }
        size_t found = i / 64 * 64 + lowest_bit(above);
        while (k-- > 0) {
            found = found * 64 + lowest_bit(set->words[k][found]);
        }
        return found;
    }
    return SIZE_MAX;
}
