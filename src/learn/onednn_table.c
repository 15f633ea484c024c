/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/onednn_table.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

static weft_dnn_item **place_of(weft_dnn_item **places, size_t size, const weft_dnn_item *item) {
    size_t at = item->hash & (size - 1);
    while (places[at] != NULL &&
           (places[at]->hash != item->hash || places[at]->size != item->size ||
            memcmp(places[at]->key, item->key, item->size) != 0)) {
        at = (at + 1) & (size - 1);
    }
    return &places[at];
}

static weft_status grow(weft_dnn_table *table, weft_error *error) {
    size_t size = table->size > 0 ? 2 * table->size : FIRST_SIZE;
    weft_dnn_item **places = calloc(size, sizeof *places);
    if (places == NULL) {
        return weft_fail_memory(error, size * sizeof *places);
    }
    for (size_t i = 0; i < table->size; i++) {
        if (table->places[i] != NULL) {
            *place_of(places, size, table->places[i]) = table->places[i];
        }
    }
    free(table->places);
    table->places = places;
    table->size = size;
    return WEFT_OK;
}

weft_dnn_item *weft_dnn_table_find(const weft_dnn_table *table, const void *key, size_t size) {
    if (table->places == NULL) {
        return NULL;
    }
    const weft_dnn_item wanted = {.key = key, .size = size, .hash = weft_hash(key, size, 0)};
    return *place_of(table->places, table->size, &wanted);
}

weft_status weft_dnn_table_add(weft_dnn_table *table, weft_dnn_item *item, const void *key,
                               size_t size, weft_error *error) {
    if (2 * (table->n + 1) > table->size) {
        WEFT_TRY(grow(table, error));
    }
    *item = (weft_dnn_item){.key = key, .size = size, .hash = weft_hash(key, size, 0)};
    *place_of(table->places, table->size, item) = item;
    table->n++;
    return WEFT_OK;
}

void weft_dnn_table_clear(weft_dnn_table *table) {
    free(table->places);
    *table = (weft_dnn_table){0};
}
