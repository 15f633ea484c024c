/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of devices: what they hold, names found by open addressing, several made one. */
#include "transfer/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

void weft_device_table_destroy(weft_device_table *table) {
    if (table == NULL) {
        return;
    }
    for (int i = 0; i < table->n; i++) {
        if (table->names != NULL) {
            free(table->names[i]);
        }
        if (table->indices != NULL) {
            free(table->indices[i]);
        }
    }
    for (int c = 0; table->columns != NULL && c < table->n_columns; c++) {
        free(table->columns[c].name);
        free(table->columns[c].values);
        free(table->columns[c].failures);
    }
    free(table->names);
    free(table->indices);
    free(table->slots);
    free(table->columns);
    free(table->code.codes);
    free(table->code.numbers);
    free(table->labels);
    free(table);
}

int weft_device_table_architectures(const weft_device_table *table) {
    return table->n;
}

const char *weft_device_table_architecture(const weft_device_table *table, int i) {
    return table->names[i];
}

int weft_device_table_columns(const weft_device_table *table) {
    return table->n_columns;
}

const char *weft_device_table_column(const weft_device_table *table, int column) {
    return table->columns[column].name;
}

bool weft_device_table_measured(const weft_device_table *table, int column) {
    return table->columns[column].measured;
}

const double *weft_device_table_values(const weft_device_table *table, int column) {
    return table->columns[column].values;
}

int weft_device_table_failed(const weft_device_table *table, int column) {
    return table->columns[column].failed;
}

bool weft_device_table_has_failed(const weft_device_table *table, int column, int i) {
    return table->columns[column].failures[i];
}

const char *weft_device_table_kind(const weft_device_table *table, char *buffer, size_t size) {
    const weft_encoding *code = &table->code;
    if (code->kind == WEFT_SPACE_CELL) {
        snprintf(buffer, size, "cells of NAS-Bench-201");
    } else if (code->kind == WEFT_SPACE_CHAIN) {
        snprintf(buffer, size, "chains of %d choices, %d words", code->n_positions,
                 code->n_symbols);
    } else if (code->kind == WEFT_SPACE_GENES) {
        snprintf(buffer, size, "%d genes with choices, %d numbers", code->n_positions,
                 code->n_numbers);
    } else {
        snprintf(buffer, size, "names alone");
    }
    return buffer;
}

/* ---- names ----------------------------------------------------------------------------------- */

static uint64_t first_slot(const weft_device_table *table, const char *name) {
    return weft_hash(name, strlen(name), 0) & table->mask;
}

static bool is_named(const weft_device_table *table, int i, const char *name) {
    return strcmp(table->names[i], name) == 0 ||
           (table->indices != NULL && strcmp(table->indices[i], name) == 0);
}

int weft_device_table_locate(const weft_device_table *table, const char *architecture) {
    uint64_t at = first_slot(table, architecture);
    while (table->slots[at] != 0) {
        if (is_named(table, table->slots[at] - 1, architecture)) {
            return table->slots[at] - 1;
        }
        at = (at + 1) & table->mask;
    }
    return -1;
}

static void enter(weft_device_table *table, const char *name, int place) {
    uint64_t at = first_slot(table, name);
    while (table->slots[at] != 0) {
        at = (at + 1) & table->mask;
    }
    table->slots[at] = place + 1;
}

/* Names first, so that an index that happens to be a name does not hide it; of equal names the first
 * row is found. */
weft_status weft_device_table_index(weft_device_table *table, weft_error *error) {
    uint64_t slots = 16;
    while (slots < 4 * (uint64_t)table->n) {
        slots *= 2;
    }
    free(table->slots);
    table->slots = calloc(slots, sizeof *table->slots);
    if (table->slots == NULL) {
        return weft_fail_memory(error, slots * sizeof *table->slots);
    }
    table->mask = slots - 1;
    for (int i = 0; i < table->n; i++) {
        enter(table, table->names[i], i);
    }
    for (int i = 0; table->indices != NULL && i < table->n; i++) {
        enter(table, table->indices[i], i);
    }
    return WEFT_OK;
}

/* The length of a column's name without what is measured behind it: "rice_pixel3_latency_ms" is also
 * found as "rice_pixel3". */
static size_t stem_length(const char *column) {
    static const char *const ENDINGS[] = {"_latency_ms", "_latency_s", "_latency", "_energy_mJ",
                                          "_energy_J",   "_energy",    "_ms",      "_mJ"};
    size_t length = strlen(column);
    for (size_t i = 0; i < sizeof ENDINGS / sizeof ENDINGS[0]; i++) {
        size_t ending = strlen(ENDINGS[i]);
        if (length > ending && strcmp(column + length - ending, ENDINGS[i]) == 0) {
            return length - ending;
        }
    }
    return length;
}

/* The nearest name, whole or without its ending; NULL: none. */
static weft_status nearest_device(const weft_device_table *table, const char *device, char *nearest,
                                  size_t size, weft_error *error) {
    size_t n = (size_t)table->n_columns;
    const char **names = calloc(2 * n + 1, sizeof *names);
    char(*stems)[128] = calloc(n + 1, sizeof *stems);
    nearest[0] = '\0';
    if (names != NULL && stems != NULL) {
        for (size_t c = 0; c < n; c++) {
            const char *name = table->columns[c].name;
            snprintf(stems[c], sizeof *stems, "%.*s", (int)stem_length(name), name);
            names[2 * c] = stems[c];
            names[2 * c + 1] = name;
        }
        const char *found = weft_nearest(device, names, 2 * n);
        snprintf(nearest, size, "%s", found != NULL ? found : "");
    }
    bool failed = names == NULL || stems == NULL;
    free(names);
    free(stems);
    return failed ? weft_fail_memory(error, n * sizeof *stems) : WEFT_OK;
}

static weft_status fail_device(const weft_device_table *table, const char *device,
                               weft_error *error) {
    char list[240] = "", nearest[128];
    for (int c = 0; c < table->n_columns; c++) {
        if (table->columns[c].measured) {
            weft_list_add(list, sizeof list, table->columns[c].name);
        }
    }
    WEFT_TRY(nearest_device(table, device, nearest, sizeof nearest, error));
    weft_fail(error, WEFT_ERROR_INPUT, "the table has no device '%.60s'", device);
    if (nearest[0] != '\0') {
        weft_hint(error, "did you mean '%s'?", nearest);
    } else {
        weft_hint(error, "it has %s", list);
    }
    return WEFT_ERROR_INPUT;
}

weft_status weft_device_table_find(const weft_device_table *table, const char *device, int *column,
                                   weft_error *error) {
    for (int c = 0; c < table->n_columns; c++) {
        if (strcmp(table->columns[c].name, device) == 0) {
            *column = c;
            return WEFT_OK;
        }
    }
    for (int c = 0; c < table->n_columns; c++) {
        const char *name = table->columns[c].name;
        size_t length = stem_length(name);
        if (strlen(device) == length && strncmp(name, device, length) == 0) {
            *column = c;
            return WEFT_OK;
        }
    }
    return fail_device(table, device, error);
}

/* ---- one of several -------------------------------------------------------------------------- */

static weft_status copy_text(const char *text, char **copy, weft_error *error) {
    *copy = strdup(text);
    return *copy != NULL ? WEFT_OK : weft_fail_memory(error, strlen(text) + 1);
}

/* The names of all, each once, in their order. */
static weft_status collect_names(const weft_device_table *const *tables, int n,
                                 weft_device_table *made, weft_error *error) {
    size_t most = 1;
    bool indexed = true;
    for (int t = 0; t < n; t++) {
        most += (size_t)tables[t]->n;
        indexed = indexed && tables[t]->indices != NULL;
    }
    made->names = calloc(most, sizeof *made->names);
    made->indices = indexed ? calloc(most, sizeof *made->indices) : NULL;
    if (made->names == NULL || (indexed && made->indices == NULL)) {
        return weft_fail_memory(error, most * sizeof *made->names);
    }
    for (int t = 0; t < n; t++) {
        for (int i = 0; i < tables[t]->n; i++) {
            bool known = false;
            for (int before = 0; before < t && !known; before++) {
                known = weft_device_table_locate(tables[before], tables[t]->names[i]) >= 0;
            }
            if (known) {
                continue;
            }
            WEFT_TRY(copy_text(tables[t]->names[i], &made->names[made->n], error));
            made->n++;
            if (indexed) {
                WEFT_TRY(copy_text(tables[t]->indices[i], &made->indices[made->n - 1], error));
            }
        }
    }
    return weft_device_table_index(made, error);
}

static weft_status take_column(const weft_device_table *from, int c, weft_device_table *made,
                               weft_error *error) {
    for (int other = 0; other < made->n_columns; other++) {
        if (strcmp(made->columns[other].name, from->columns[c].name) == 0) {
            weft_fail(error, WEFT_ERROR_INPUT, "two of the files have a column '%s'",
                      from->columns[c].name);
            weft_hint(error, "name the device of a file with --device");
            return WEFT_ERROR_INPUT;
        }
    }
    weft_device_column *to = &made->columns[made->n_columns];
    to->values = malloc((size_t)made->n * sizeof *to->values + 1);
    to->failures = calloc((size_t)made->n + 1, sizeof *to->failures);
    to->measured = from->columns[c].measured;
    made->n_columns++;
    WEFT_TRY(copy_text(from->columns[c].name, &to->name, error));
    if (to->values == NULL || to->failures == NULL) {
        return weft_fail_memory(error, (size_t)made->n * sizeof *to->values);
    }
    for (int i = 0; i < made->n; i++) {
        int at = weft_device_table_locate(from, made->names[i]);
        to->values[i] = at < 0 ? (double)NAN : from->columns[c].values[at];
        to->failures[i] = at >= 0 && from->columns[c].failures[at];
        to->failed += to->failures[i];
    }
    return WEFT_OK;
}

static weft_status merge_into(const weft_device_table *const *tables, int n,
                              weft_device_table *made, weft_error *error) {
    int columns = 0;
    for (int t = 0; t < n; t++) {
        columns += tables[t]->n_columns;
        if (strcmp(tables[t]->labels, tables[0]->labels) != 0) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "one file says what an architecture is in column %.80s, another in "
                             "%.80s",
                             tables[0]->labels, tables[t]->labels);
        }
    }
    WEFT_TRY(copy_text(tables[0]->labels, &made->labels, error));
    made->joined = tables[0]->joined;
    WEFT_TRY(collect_names(tables, n, made, error));
    made->columns = calloc((size_t)columns + 1, sizeof *made->columns);
    if (made->columns == NULL) {
        return weft_fail_memory(error, (size_t)columns * sizeof *made->columns);
    }
    for (int t = 0; t < n; t++) {
        for (int c = 0; c < tables[t]->n_columns; c++) {
            WEFT_TRY(take_column(tables[t], c, made, error));
        }
    }
    return weft_device_encode(made, tables[0]->code.kind == WEFT_SPACE_GENES, error);
}

weft_status weft_device_table_merge(const weft_device_table *const *tables, int n,
                                    weft_device_table **merged, weft_error *error) {
    weft_device_table *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = merge_into(tables, n, made, error);
    if (status != WEFT_OK) {
        weft_device_table_destroy(made);
        return status;
    }
    *merged = made;
    return WEFT_OK;
}

weft_status weft_device_draw(const weft_device_table *table, int proxy, int target, int n,
                             uint64_t seed, int *places, weft_error *error) {
    uint32_t *both = malloc(((size_t)table->n + 1) * sizeof *both);
    if (both == NULL) {
        return weft_fail_memory(error, (size_t)table->n * sizeof *both);
    }
    size_t found = 0;
    for (int i = 0; i < table->n; i++) {
        if (!isnan(table->columns[proxy].values[i]) && !isnan(table->columns[target].values[i])) {
            both[found++] = (uint32_t)i;
        }
    }
    if (found < (size_t)n + 3) {
        free(both);
        weft_fail(
            error, WEFT_ERROR_INPUT,
            "%s and %s have %zu measured architectures in common: too few to draw %d and rank "
            "at least 3 others",
            table->columns[proxy].name, table->columns[target].name, found, n);
        weft_hint(error, "draw fewer, or measure more of the same architectures on both");
        return WEFT_ERROR_INPUT;
    }
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SUBSET, 0);
    weft_rng_shuffle(&rng, both, found);
    for (int i = 0; i < n; i++) {
        places[i] = (int)both[i];
    }
    free(both);
    return WEFT_OK;
}
