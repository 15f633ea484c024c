/* SPDX-License-Identifier: Apache-2.0
 * Networks with what was measured of them, from CSV, and what is fitted to them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "network/csv.h"
#include "study/flash.h"

enum { MAX_ROWS = 1 << 17, MAX_FILE = 1 << 24, CELL = 160, NONE = -1 };

static const char *const names[] = {"accuracy", "area", "latency", "energy"};

typedef struct reader {
    weft_csv csv;
    weft_shape input;
    int column[WEFT_FLASH_COLUMNS], network, role; /* places; NONE */
    weft_flash_table *table;
    int capacity;
} reader;

/* ---- the first record -------------------------------------------------------------------------- */

static weft_status read_header(reader *r, weft_error *error) {
    weft_status status = weft_csv_next(&r->csv, error);
    if (status == WEFT_DONE) {
        return weft_csv_fail(&r->csv, 0, 0, error, "the file is empty; expected a row of names");
    }
    WEFT_TRY(status);
    r->network = r->role = NONE;
    for (int k = 0; k < WEFT_FLASH_COLUMNS; k++) {
        r->column[k] = NONE;
    }
    for (int i = 0; i < r->csv.n_cells; i++) {
        char cell[CELL];
        weft_csv_text(&r->csv, &r->csv.cell[i], cell, sizeof cell);
        r->network = strcmp(cell, "network") == 0 ? i : r->network;
        r->role = strcmp(cell, "role") == 0 ? i : r->role;
        for (int k = 0; k < WEFT_FLASH_COLUMNS; k++) {
            if (strcmp(cell, names[k]) == 0) {
                r->column[k] = i;
                r->table->has[k] = true;
            }
        }
    }
    if (r->network == NONE) {
        weft_csv_fail(&r->csv, r->csv.cell[0].start, r->csv.cell[0].end, error,
                      "there is no column 'network'");
        weft_hint(error, "network,accuracy or network,area,latency,energy");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

/* ---- rows -------------------------------------------------------------------------------------- */

static bool is_failed(const char *cell) {
    return cell[0] == '\0' || strcmp(cell, "-") == 0 || strcmp(cell, "nan") == 0 ||
           strcmp(cell, "failed") == 0;
}

static weft_status read_value(reader *r, int k, weft_flash_row *row, weft_error *error) {
    char cell[CELL];
    char *end = NULL;
    row->value[k] = NAN;
    if (r->column[k] == NONE) {
        return WEFT_OK;
    }
    const weft_csv_cell *at = &r->csv.cell[r->column[k]];
    weft_csv_text(&r->csv, at, cell, sizeof cell);
    if (is_failed(cell)) {
        return WEFT_OK;
    }
    row->value[k] = weft_real_parse(cell, &end);
    if (end == cell || *end != '\0' || !isfinite(row->value[k]) || row->value[k] <= 0.0 ||
        (k == WEFT_FLASH_COLUMN_ACCURACY && row->value[k] > 1.0)) {
        weft_csv_fail(&r->csv, at->start, at->end, error, "'%s': expected %s", cell,
                      k == WEFT_FLASH_COLUMN_ACCURACY ? "a share above 0, up to 1"
                                                      : "a number above 0");
        weft_hint(error, "an empty cell or 'failed' is a measurement that failed");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status read_network(const weft_flash_row *row, weft_shape input, weft_network **network,
                                weft_error *error) {
    return input.channels > 0 ? weft_network_read_for(row->network, input, 10, network, error)
                              : weft_network_read(row->network, network, error);
}

static weft_status find_degree(reader *r, const weft_csv_cell *at, weft_flash_row *row,
                               weft_error *error) {
    weft_network *network = NULL;
    weft_topology topology;
    weft_status status = read_network(row, r->input, &network, error);
    if (status == WEFT_OK) {
        status = weft_network_topology(network, &topology, error);
    }
    weft_network_destroy(network);
    if (status != WEFT_OK) {
        weft_error inner = *error;
        weft_csv_fail(&r->csv, at->start, at->end, error, "%s", inner.message);
        weft_hint(error, "%s", inner.hint);
        return status;
    }
    row->degree = topology.degree;
    return WEFT_OK;
}

static weft_status read_role(reader *r, weft_flash_row *row, weft_error *error) {
    char cell[CELL];
    row->held = false;
    if (r->role == NONE) {
        return WEFT_OK;
    }
    const weft_csv_cell *at = &r->csv.cell[r->role];
    weft_csv_text(&r->csv, at, cell, sizeof cell);
    row->held = strcmp(cell, "held") == 0;
    return row->held || strcmp(cell, "train") == 0
               ? WEFT_OK
               : weft_csv_fail(&r->csv, at->start, at->end, error,
                               "the role '%s': expected train or held", cell);
}

static weft_status read_row(reader *r, weft_error *error) {
    weft_flash_table *t = r->table;
    weft_flash_row row;
    char cell[CELL];
    int least = r->network;
    for (int k = 0; k < WEFT_FLASH_COLUMNS; k++) {
        least = r->column[k] > least ? r->column[k] : least;
    }
    least = r->role > least ? r->role : least;
    if (r->csv.n_cells <= least) {
        return weft_csv_fail(&r->csv, r->csv.start, r->csv.start, error,
                             "%d cells; the row of names asks for at least %d", r->csv.n_cells,
                             least + 1);
    }
    const weft_csv_cell *at = &r->csv.cell[r->network];
    weft_csv_text(&r->csv, at, cell, sizeof cell);
    if (strlen(cell) >= sizeof row.network) {
        return weft_csv_fail(&r->csv, at->start, at->end, error,
                             "a network's name may have up to %zu characters",
                             sizeof row.network - 1);
    }
    snprintf(row.network, sizeof row.network, "%s", cell);
    for (int i = 0; i < t->n; i++) {
        if (strcmp(t->rows[i].network, row.network) == 0) {
            return weft_csv_fail(&r->csv, at->start, at->end, error, "'%s' stands twice",
                                 row.network);
        }
    }
    WEFT_TRY(find_degree(r, at, &row, error));
    WEFT_TRY(read_role(r, &row, error));
    for (int k = 0; k < WEFT_FLASH_COLUMNS; k++) {
        WEFT_TRY(read_value(r, k, &row, error));
    }
    if (t->n == MAX_ROWS) {
        return weft_csv_fail(&r->csv, at->start, at->end, error, "more than %d networks", MAX_ROWS);
    }
    if (t->n == r->capacity) {
        int capacity = r->capacity == 0 ? 64 : 2 * r->capacity;
        weft_flash_row *grown = realloc(t->rows, (size_t)capacity * sizeof *grown);
        if (grown == NULL) {
            return weft_fail_memory(error, (size_t)capacity * sizeof *grown);
        }
        t->rows = grown;
        r->capacity = capacity;
    }
    t->rows[t->n++] = row;
    return WEFT_OK;
}

/* Rows to train first, each part in its order. */
static weft_status sort_rows(weft_flash_table *t, weft_error *error) {
    weft_flash_row *sorted = calloc((size_t)t->n + 1, sizeof *sorted);
    int n = 0;
    if (sorted == NULL) {
        return weft_fail_memory(error, (size_t)t->n * sizeof *sorted);
    }
    for (int held = 0; held < 2; held++) {
        for (int i = 0; i < t->n; i++) {
            if (t->rows[i].held == (held == 1)) {
                sorted[n++] = t->rows[i];
            }
        }
    }
    free(t->rows);
    t->rows = sorted;
    return WEFT_OK;
}

weft_status weft_flash_table_parse(const char *text, size_t length, const char *name,
                                   weft_shape input, weft_flash_table **table, weft_error *error) {
    weft_flash_table *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    reader r = {.csv = weft_csv_begin(text, length, name), .input = input, .table = made};
    weft_status status = read_header(&r, error);
    while (status == WEFT_OK && (status = weft_csv_next(&r.csv, error)) == WEFT_OK) {
        status = read_row(&r, error);
    }
    if (status == WEFT_DONE) {
        status = sort_rows(made, error);
    }
    if (status != WEFT_OK) {
        weft_flash_table_destroy(made);
        return status;
    }
    *table = made;
    return WEFT_OK;
}

weft_status weft_flash_table_read(const char *path, weft_shape input, weft_flash_table **table,
                                  weft_error *error) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return weft_fail_errno(error, "cannot read", path);
    }
    char *text = calloc(1, MAX_FILE + 1);
    size_t n = text != NULL ? fread(text, 1, MAX_FILE + 1, file) : 0;
    weft_status status =
        text == NULL   ? weft_fail_memory(error, MAX_FILE + 1)
        : ferror(file) ? weft_fail_errno(error, "cannot read", path)
        : n > MAX_FILE ? weft_fail(error, WEFT_ERROR_INPUT, "'%.200s' is larger than 16 MiB", path)
                       : WEFT_OK;
    fclose(file);
    if (status == WEFT_OK) {
        status = weft_flash_table_parse(text, n, path, input, table, error);
    }
    free(text);
    return status;
}

void weft_flash_table_destroy(weft_flash_table *table) {
    if (table != NULL) {
        free(table->rows);
        free(table);
    }
}

/* ---- fits -------------------------------------------------------------------------------------- */

weft_status weft_flash_fit_theta(const weft_flash_table *table, weft_theta *theta,
                                 weft_theta_report *report, int *failed, weft_error *error) {
    size_t n = (size_t)table->n;
    int trained = 0;
    int used = 0;
    if (!table->has[WEFT_FLASH_COLUMN_ACCURACY]) {
        return weft_fail(error, WEFT_ERROR_INPUT, "there is no column 'accuracy' to fit to");
    }
    double *degrees = calloc(2 * n + 1, sizeof *degrees);
    if (degrees == NULL) {
        return weft_fail_memory(error, 2 * n * sizeof *degrees);
    }
    double *accuracies = degrees + n;
    for (size_t i = 0; i < n; i++) {
        const weft_flash_row *row = &table->rows[i];
        if (!isnan(row->value[WEFT_FLASH_COLUMN_ACCURACY])) {
            degrees[used] = row->degree;
            accuracies[used++] = row->value[WEFT_FLASH_COLUMN_ACCURACY];
            trained += !row->held;
        }
    }
    weft_status status = weft_theta_fit(degrees, accuracies, trained, theta, error);
    *report = (weft_theta_report){.n = 0};
    *failed = table->n - used;
    if (status == WEFT_OK && used - trained >= 3) {
        status = weft_theta_check(theta, degrees + trained, accuracies + trained, used - trained,
                                  report, error);
    }
    free(degrees);
    return status;
}

/* Whether a row has all figures that the table has. */
static bool is_whole(const weft_flash_table *table, const weft_flash_row *row) {
    for (int k = WEFT_FLASH_COLUMN_AREA; k < WEFT_FLASH_COLUMNS; k++) {
        if (table->has[k] && isnan(row->value[k])) {
            return false;
        }
    }
    return true;
}

weft_status weft_flash_fit_measured(const weft_flash_table *table, weft_shape input,
                                    const weft_form_geometry *geometry, weft_forms *forms,
                                    int *failed, weft_error *error) {
    size_t n = (size_t)table->n + 1;
    double *features = calloc(n, WEFT_FORM_FEATURES * sizeof *features);
    double *figures = calloc(n, WEFT_FORMS * sizeof *figures);
    int trained = 0;
    int used = 0;
    weft_status status = features != NULL && figures != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, n * WEFT_FORM_FEATURES * sizeof *features);
    for (int i = 0; i < table->n && status == WEFT_OK; i++) {
        const weft_flash_row *row = &table->rows[i];
        weft_network *network = NULL;
        if (!is_whole(table, row)) {
            continue;
        }
        status = read_network(row, input, &network, error);
        if (status == WEFT_OK) {
            status = weft_form_features(geometry, network,
                                        features + (size_t)used * WEFT_FORM_FEATURES, error);
        }
        weft_network_destroy(network);
        memcpy(figures + (size_t)used * WEFT_FORMS, &row->value[WEFT_FLASH_COLUMN_AREA],
               WEFT_FORMS * sizeof *figures);
        trained += !row->held;
        used++;
    }
    *failed = table->n - used;
    if (status == WEFT_OK) {
        status = weft_forms_fit(features, figures, trained, used - trained, forms, error);
    }
    if (status == WEFT_OK) {
        forms->geometry = *geometry;
        forms->chip[0] = '\0';
    }
    free(features);
    free(figures);
    return status;
}
