/* SPDX-License-Identifier: Apache-2.0
 * Rows by their key: keys one after the other in one block, found by open addressing. */
#include "accuracy/measured.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/rng.h"
#include "learn/data.h"
#include "network/csv.h"

typedef struct row {
    size_t key; /* where its text starts */
    double accuracy;
} row;

struct weft_measured {
    char *keys;
    size_t used, room;
    row *rows;
    int64_t n, capacity;
    int64_t *slots; /* row + 1; 0: free */
    uint64_t mask;  /* slots - 1, a power of two less 1 */
};

void weft_measured_destroy(weft_measured *table) {
    if (table != NULL) {
        free(table->keys);
        free(table->rows);
        free(table->slots);
        free(table);
    }
}

int64_t weft_measured_rows(const weft_measured *table) {
    return table->n;
}

const char *weft_measured_row(const weft_measured *table, int64_t i, double *accuracy) {
    *accuracy = table->rows[i].accuracy;
    return table->keys + table->rows[i].key;
}

char *weft_measured_number(double number, char *buffer, size_t size) {
    return weft_real_text(number == 0.0 ? 0.0 : number, buffer, size);
}

/* ---- the index ------------------------------------------------------------------------------- */

/* The slot of a key: the one that has it, else the free one where it belongs. */
static uint64_t slot_of(const weft_measured *table, const char *key) {
    uint64_t at = weft_hash(key, strlen(key), 0) & table->mask;
    while (table->slots[at] != 0 &&
           strcmp(table->keys + table->rows[table->slots[at] - 1].key, key) != 0) {
        at = (at + 1) & table->mask;
    }
    return at;
}

double weft_measured_find(const weft_measured *table, const char *key) {
    int64_t found = table->slots[slot_of(table, key)];
    return found == 0 ? NAN : table->rows[found - 1].accuracy;
}

/* At most half of the slots are taken. */
static weft_status grow_slots(weft_measured *table, weft_error *error) {
    uint64_t slots = table->slots == NULL ? 1024 : table->mask + 1;
    if (table->slots != NULL && 2 * (uint64_t)table->n < slots) {
        return WEFT_OK;
    }
    slots *= 2;
    int64_t *made = calloc(slots, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, slots * sizeof *made);
    }
    free(table->slots);
    table->slots = made;
    table->mask = slots - 1;
    for (int64_t i = 0; i < table->n; i++) {
        table->slots[slot_of(table, table->keys + table->rows[i].key)] = i + 1;
    }
    return WEFT_OK;
}

static weft_status grow_rows(weft_measured *table, size_t length, weft_error *error) {
    if (table->n == table->capacity) {
        int64_t capacity = table->capacity == 0 ? 1024 : 2 * table->capacity;
        row *moved = realloc(table->rows, (size_t)capacity * sizeof *moved);
        if (moved == NULL) {
            return weft_fail_memory(error, (size_t)capacity * sizeof *moved);
        }
        table->rows = moved;
        table->capacity = capacity;
    }
    if (table->room - table->used < length + 1) {
        size_t room = 2 * table->room + length + 4096;
        char *moved = realloc(table->keys, room);
        if (moved == NULL) {
            return weft_fail_memory(error, room);
        }
        table->keys = moved;
        table->room = room;
    }
    return WEFT_OK;
}

/* Adds a row; *twice: the key is there already. */
static weft_status add(weft_measured *table, const char *key, double accuracy, bool *twice,
                       weft_error *error) {
    size_t length = strlen(key);
    WEFT_TRY(grow_slots(table, error));
    WEFT_TRY(grow_rows(table, length, error));
    uint64_t slot = slot_of(table, key);
    *twice = table->slots[slot] != 0;
    if (*twice) {
        return WEFT_OK;
    }
    memcpy(table->keys + table->used, key, length + 1);
    table->rows[table->n] = (row){.key = table->used, .accuracy = accuracy};
    table->used += length + 1;
    table->slots[slot] = ++table->n;
    return WEFT_OK;
}

/* ---- one row --------------------------------------------------------------------------------- */

/* A row while it is read: texts of the columns of the key, then of the accuracy. */
typedef struct cells {
    char text[WEFT_PREDICTOR_MAX_COLUMNS + 1][WEFT_MEASURED_KEY];
} cells;

/* What is wrong with a row, for the reader to place. */
typedef enum fault { FAULT_NONE, FAULT_KEY, FAULT_ACCURACY, FAULT_TWICE } fault;

/* A cell that stands for one gene as it is may be a number, which has one way to be written. */
static bool is_plain(const weft_key_column *column) {
    return column->n_words == 0 && column->count == 1;
}

static bool make_key(const weft_predictor_file *file, const cells *found, char *key) {
    size_t used = 0;
    for (int c = 0; c < file->n_columns; c++) {
        const char *text = found->text[c];
        char number[40];
        char *end = NULL;
        double value = weft_real_parse(text, &end);
        if (is_plain(&file->columns[c]) && end != text && *end == '\0' && isfinite(value)) {
            text = weft_measured_number(value, number, sizeof number);
        }
        size_t length = strlen(text);
        if (used + length + 2 > WEFT_MEASURED_KEY) {
            return false;
        }
        if (c > 0) {
            key[used++] = WEFT_MEASURED_BREAK;
        }
        memcpy(key + used, text, length);
        used += length;
    }
    key[used] = '\0';
    return true;
}

static weft_status add_cells(const weft_predictor_file *file, weft_measured *table,
                             const cells *found, fault *what, weft_error *error) {
    const char *text = found->text[file->n_columns];
    char *end = NULL;
    char key[WEFT_MEASURED_KEY];
    double accuracy = file->offset + file->scale * weft_real_parse(text, &end);
    if (end == text || *end != '\0' || !(accuracy >= 0.0 && accuracy <= 1.0)) {
        *what = FAULT_ACCURACY;
        return WEFT_OK;
    }
    if (!make_key(file, found, key)) {
        *what = FAULT_KEY;
        return WEFT_OK;
    }
    if (table->n >= WEFT_MEASURED_MAX_ROWS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "more than %d rows", WEFT_MEASURED_MAX_ROWS);
    }
    bool twice = false;
    WEFT_TRY(add(table, key, accuracy, &twice, error));
    *what = twice ? FAULT_TWICE : FAULT_NONE;
    return WEFT_OK;
}

static weft_status describe(const weft_predictor_file *file, fault what, const char *accuracy,
                            char *message, size_t size) {
    if (what == FAULT_ACCURACY) {
        snprintf(message, size, "'%.40s' is no accuracy: expected 0 to %g", accuracy,
                 1.0 / file->scale);
    } else if (what == FAULT_TWICE) {
        snprintf(message, size, "a row of this design was there before");
    } else {
        snprintf(message, size, "the key of this row is longer than %d characters",
                 WEFT_MEASURED_KEY - 1);
    }
    return what == FAULT_NONE ? WEFT_OK : WEFT_ERROR_INPUT;
}

static const char *column_name(const weft_predictor_file *file, int c) {
    return c < file->n_columns ? file->columns[c].name : file->column;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

typedef struct csv_reader {
    const weft_predictor_file *file;
    weft_csv csv;
    int place[WEFT_PREDICTOR_MAX_COLUMNS + 1]; /* of each column that is read */
    int n_cells;
    cells found;
} csv_reader;

static weft_status read_names(csv_reader *reader, weft_error *error) {
    weft_status status = weft_csv_next(&reader->csv, error);
    if (status < 0) {
        return status;
    }
    if (status == WEFT_DONE) {
        return weft_csv_fail(&reader->csv, 0, 0, error, "the table is empty");
    }
    reader->n_cells = reader->csv.n_cells;
    char text[WEFT_CSV_MAX_CELLS][WEFT_PREDICTOR_WORD * 2];
    const char *known[WEFT_CSV_MAX_CELLS];
    for (int i = 0; i < reader->n_cells; i++) {
        known[i] = weft_csv_text(&reader->csv, &reader->csv.cell[i], text[i], sizeof text[i]);
    }
    for (int c = 0; c <= reader->file->n_columns; c++) {
        const char *wanted = column_name(reader->file, c);
        int at = 0;
        while (at < reader->n_cells && strcmp(known[at], wanted) != 0) {
            at++;
        }
        if (at == reader->n_cells) {
            weft_csv_fail(&reader->csv, reader->csv.start, reader->csv.at, error,
                          "the table has no column \"%s\" among its %d", wanted, reader->n_cells);
            const char *nearest = weft_nearest(wanted, known, (size_t)reader->n_cells);
            if (nearest != NULL) {
                weft_hint(error, "did you mean \"%s\"?", nearest);
            }
            return WEFT_ERROR_INPUT;
        }
        reader->place[c] = at;
    }
    return WEFT_OK;
}

static weft_status read_row(csv_reader *reader, weft_measured *table, weft_error *error) {
    const weft_predictor_file *file = reader->file;
    weft_csv *csv = &reader->csv;
    if (csv->n_cells != reader->n_cells) {
        return weft_csv_fail(csv, csv->start, csv->at, error,
                             "this row has %d cells, the row of names %d", csv->n_cells,
                             reader->n_cells);
    }
    for (int c = 0; c <= file->n_columns; c++) {
        const weft_csv_cell *cell = &csv->cell[reader->place[c]];
        if (cell->end - cell->start >= WEFT_MEASURED_KEY) {
            return weft_csv_fail(csv, cell->start, cell->end, error,
                                 "this cell is longer than %d characters", WEFT_MEASURED_KEY - 1);
        }
        weft_csv_text(csv, cell, reader->found.text[c], sizeof reader->found.text[c]);
    }
    fault what = FAULT_NONE;
    char message[200];
    WEFT_TRY(add_cells(file, table, &reader->found, &what, error));
    if (describe(file, what, reader->found.text[file->n_columns], message, sizeof message) ==
        WEFT_OK) {
        return WEFT_OK;
    }
    const weft_csv_cell *cell =
        &csv->cell[reader->place[what == FAULT_ACCURACY ? file->n_columns : 0]];
    return weft_csv_fail(csv, cell->start, cell->end, error, "%s", message);
}

static weft_status read_csv(const weft_predictor_file *file, const char *text, size_t length,
                            const char *name, weft_measured *table, weft_error *error) {
    csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return weft_fail_memory(error, sizeof *reader);
    }
    reader->file = file;
    reader->csv = weft_csv_begin(text, length, name);
    weft_status status = read_names(reader, error);
    while (status == WEFT_OK && (status = weft_csv_next(&reader->csv, error)) == WEFT_OK) {
        status = read_row(reader, table, error);
    }
    free(reader);
    return status == WEFT_DONE ? WEFT_OK : status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A member of a row as text; the name of the row itself is "@name". */
static weft_status read_member(const weft_doc *doc, const weft_node *node, const char *row_name,
                               const char *wanted, char *text, weft_error *error) {
    const char *found = strcmp(wanted, "@name") == 0 ? row_name : NULL;
    const weft_node *value = NULL;
    for (int i = 0; found == NULL && value == NULL && i < weft_mapping_length(node); i++) {
        const char *key = NULL;
        const weft_node *member = NULL;
        WEFT_TRY(weft_mapping_at(doc, node, i, &key, &member, error));
        value = strcmp(key, wanted) == 0 ? member : NULL;
    }
    if (found == NULL && value == NULL) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "this row has no member \"%s\"",
                              wanted);
    }
    if (found == NULL) {
        WEFT_TRY(weft_node_text(doc, value, &found, error));
    }
    if (strlen(found) >= WEFT_MEASURED_KEY) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "\"%s\" of this row is longer than %d characters", wanted,
                              WEFT_MEASURED_KEY - 1);
    }
    snprintf(text, WEFT_MEASURED_KEY, "%s", found);
    return WEFT_OK;
}

static weft_status read_json_row(const weft_predictor_file *file, const weft_doc *doc,
                                 const weft_node *node, const char *name, cells *found,
                                 weft_measured *table, weft_error *error) {
    if (!weft_node_is_mapping(node)) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a row: an object with a member for each column");
    }
    for (int c = 0; c <= file->n_columns; c++) {
        WEFT_TRY(read_member(doc, node, name, column_name(file, c), found->text[c], error));
    }
    fault what = FAULT_NONE;
    char message[200];
    WEFT_TRY(add_cells(file, table, found, &what, error));
    return describe(file, what, found->text[file->n_columns], message, sizeof message) == WEFT_OK
               ? WEFT_OK
               : weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "%s", message);
}

static weft_status read_json(const weft_predictor_file *file, const weft_doc *doc, cells *found,
                             weft_measured *table, weft_error *error) {
    const weft_node *root = weft_doc_root(doc);
    if (weft_node_is_sequence(root)) {
        for (int i = 0; i < weft_sequence_length(root); i++) {
            WEFT_TRY(
                read_json_row(file, doc, weft_sequence_at(root, i), NULL, found, table, error));
        }
        return WEFT_OK;
    }
    if (!weft_node_is_mapping(root)) {
        return weft_node_fail(doc, root, error, WEFT_ERROR_INPUT,
                              "expected an array of rows, or an object of rows");
    }
    for (int i = 0; i < weft_mapping_length(root); i++) {
        const char *name = NULL;
        const weft_node *node = NULL;
        WEFT_TRY(weft_mapping_at(doc, root, i, &name, &node, error));
        WEFT_TRY(read_json_row(file, doc, node, name, found, table, error));
    }
    return WEFT_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status finish(const weft_predictor_file *file, weft_measured *table, const char *name,
                          weft_status status, weft_measured **result, weft_error *error) {
    if (status == WEFT_OK && (table->n == 0 || (file->rows > 0 && table->n != file->rows))) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "the table has %lld rows, predictor \"%s\" expects %s%lld",
                           (long long)table->n, file->name, file->rows > 0 ? "" : "at least ",
                           file->rows > 0 ? (long long)file->rows : 1LL);
        weft_error_file(error, name);
    }
    if (status != WEFT_OK) {
        weft_measured_destroy(table);
        return status;
    }
    *result = table;
    return WEFT_OK;
}

static weft_status table_create(weft_measured **table, weft_error *error) {
    weft_measured *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = grow_slots(made, error);
    if (status != WEFT_OK) {
        weft_measured_destroy(made);
        return status;
    }
    *table = made;
    return WEFT_OK;
}

weft_status weft_measured_parse_csv(const weft_predictor_file *file, const char *text,
                                    size_t length, const char *name, weft_measured **table,
                                    weft_error *error) {
    weft_measured *made = NULL;
    WEFT_TRY(table_create(&made, error));
    weft_status status = read_csv(file, text, length, name, made, error);
    return finish(file, made, name, status, table, error);
}

weft_status weft_measured_parse_json(const weft_predictor_file *file, const char *text,
                                     size_t length, const char *name, weft_measured **table,
                                     weft_error *error) {
    weft_doc *doc = NULL;
    weft_measured *made = NULL;
    WEFT_TRY(weft_doc_parse(text, length, name, &doc, error));
    weft_status status = table_create(&made, error);
    if (status == WEFT_OK) {
        cells *found = calloc(1, sizeof *found);
        status = found == NULL ? weft_fail_memory(error, sizeof *found)
                               : read_json(file, doc, found, made, error);
        free(found);
        status = finish(file, made, name, status, table, error);
    }
    weft_doc_destroy(doc);
    return status;
}

weft_status weft_measured_read(const weft_predictor_file *file, const char *path,
                               weft_measured **table, weft_error *error) {
    weft_bytes bytes = {0};
    size_t n = strlen(path);
    bool json = n > 5 && strcmp(path + n - 5, ".json") == 0;
    WEFT_TRY(weft_bytes_read(path, &bytes, error));
    /* The readers want a text that ends. */
    char *text = realloc(bytes.data, bytes.size + 1);
    if (text == NULL) {
        free(bytes.data);
        return weft_fail_memory(error, bytes.size + 1);
    }
    text[bytes.size] = '\0';
    weft_status status = json ? weft_measured_parse_json(file, text, bytes.size, path, table, error)
                              : weft_measured_parse_csv(file, text, bytes.size, path, table, error);
    free(text);
    return status;
}
