/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer table as CSV: a row of column names, then a row a layer (docs/reference/networks.md). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "network/csv.h"
#include "network/table.h"

/* What the cells of a column are: the order within a kind of column is that of `targets`. */
typedef enum column_kind {
    COLUMN_NAME,
    COLUMN_OP,
    COLUMN_LOOP, /* index: which of the loops */
    COLUMN_BITS, /* index: which operand */
    COLUMN_HISTOGRAM,
    COLUMN_UNUSED /* a whole number from 1 that nothing follows from */
} column_kind;

enum {
    LOOP_N,
    LOOP_C,
    LOOP_M,
    LOOP_R,
    LOOP_S,
    LOOP_P,
    LOOP_Q,
    LOOP_G,
    LOOP_STRIDE_H,
    LOOP_STRIDE_W,
    LOOP_DILATION_H,
    LOOP_DILATION_W,
    LOOP_STRIDE,
    LOOP_DILATION
};

typedef struct column {
    const char *name;
    column_kind kind;
    int index;
} column;

/* Names with which a column may be headed; those of one column follow each other. */
static const column columns[] = {
    {"layer", COLUMN_NAME, 0},
    {"name", COLUMN_NAME, 0},
    {"kind", COLUMN_OP, 0},
    {"op", COLUMN_OP, 0},
    {"N", COLUMN_LOOP, LOOP_N},
    {"C", COLUMN_LOOP, LOOP_C},
    {"M", COLUMN_LOOP, LOOP_M},
    {"R", COLUMN_LOOP, LOOP_R},
    {"S", COLUMN_LOOP, LOOP_S},
    {"P", COLUMN_LOOP, LOOP_P},
    {"Q", COLUMN_LOOP, LOOP_Q},
    {"G", COLUMN_LOOP, LOOP_G},
    {"H", COLUMN_UNUSED, 0},
    {"W", COLUMN_UNUSED, 1},
    {"stride", COLUMN_LOOP, LOOP_STRIDE},
    {"stride_h", COLUMN_LOOP, LOOP_STRIDE_H},
    {"HStride", COLUMN_LOOP, LOOP_STRIDE_H},
    {"stride_w", COLUMN_LOOP, LOOP_STRIDE_W},
    {"WStride", COLUMN_LOOP, LOOP_STRIDE_W},
    {"dilation", COLUMN_LOOP, LOOP_DILATION},
    {"dilation_h", COLUMN_LOOP, LOOP_DILATION_H},
    {"HDilation", COLUMN_LOOP, LOOP_DILATION_H},
    {"dilation_w", COLUMN_LOOP, LOOP_DILATION_W},
    {"WDilation", COLUMN_LOOP, LOOP_DILATION_W},
    {"input_bits", COLUMN_BITS, 0},
    {"weight_bits", COLUMN_BITS, 1},
    {"output_bits", COLUMN_BITS, 2},
    {"inputs_hist", COLUMN_HISTOGRAM, 0},
    {"hist_inputs", COLUMN_HISTOGRAM, 0},
    {"weights_hist", COLUMN_HISTOGRAM, 1},
    {"hist_weights", COLUMN_HISTOGRAM, 1},
    {"outputs_hist", COLUMN_HISTOGRAM, 2},
    {"hist_outputs", COLUMN_HISTOGRAM, 2},
};

enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

typedef struct reader {
    weft_csv csv;
    const column *column[WEFT_CSV_MAX_CELLS];
    int n_columns;
    double *bins[WEFT_OPERANDS]; /* WEFT_TABLE_MAX_BINS each */
    weft_error *error;
} reader;

/* ---- the first row ---------------------------------------------------------------------------- */

static weft_status unknown_column(const reader *r, const weft_csv_cell *cell, const char *name) {
    const char *names[N_COLUMNS];
    for (size_t i = 0; i < N_COLUMNS; i++) {
        names[i] = columns[i].name;
    }
    weft_csv_fail(&r->csv, cell->start, cell->end, r->error, "there is no column '%s'", name);
    const char *near = weft_nearest(name, names, N_COLUMNS);
    if (near != NULL) {
        weft_hint(r->error, "did you mean '%s'?", near);
    } else {
        weft_hint(r->error, "the first row names the columns: layer, kind, N, C, M, R, S, P, Q, G, "
                            "stride_h, stride_w, input_bits, inputs_hist, ...");
    }
    return WEFT_ERROR_INPUT;
}

static bool same_column(const column *a, const column *b) {
    return a->kind == b->kind && a->index == b->index;
}

static weft_status read_column(reader *r, const weft_csv_cell *cell) {
    char name[64];
    weft_csv_text(&r->csv, cell, name, sizeof name);
    const column *found = NULL;
    for (size_t i = 0; i < N_COLUMNS && found == NULL; i++) {
        found = strcmp(columns[i].name, name) == 0 ? &columns[i] : NULL;
    }
    if (found == NULL) {
        return unknown_column(r, cell, name);
    }
    for (int i = 0; i < r->n_columns; i++) {
        if (same_column(r->column[i], found)) {
            return weft_csv_fail(&r->csv, cell->start, cell->end, r->error,
                                 "column '%s' says what column '%s' says", name,
                                 r->column[i]->name);
        }
    }
    r->column[r->n_columns++] = found;
    return WEFT_OK;
}

static bool has_loop(const reader *r, int index) {
    for (int i = 0; i < r->n_columns; i++) {
        if (r->column[i]->kind == COLUMN_LOOP && r->column[i]->index == index) {
            return true;
        }
    }
    return false;
}

static weft_status check_columns(const reader *r) {
    static const struct {
        int index;
        const char *name;
    } needed[] = {{LOOP_C, "C"}, {LOOP_M, "M"}};
    size_t start = r->csv.start;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!has_loop(r, needed[i].index)) {
            return weft_csv_fail(&r->csv, start, start + 1, r->error, "column '%s' is missing",
                                 needed[i].name);
        }
    }
    bool twice =
        (has_loop(r, LOOP_STRIDE) && (has_loop(r, LOOP_STRIDE_H) || has_loop(r, LOOP_STRIDE_W))) ||
        (has_loop(r, LOOP_DILATION) &&
         (has_loop(r, LOOP_DILATION_H) || has_loop(r, LOOP_DILATION_W)));
    if (twice) {
        return weft_csv_fail(&r->csv, start, start + 1, r->error,
                             "a stride or dilation is given for both sides and for one side");
    }
    return WEFT_OK;
}

static weft_status read_header(reader *r) {
    weft_status status = weft_csv_next(&r->csv, r->error);
    if (status == WEFT_DONE) {
        weft_fail(r->error, WEFT_ERROR_INPUT, "the table is empty");
        weft_error_file(r->error, r->csv.name);
        weft_hint(r->error, "its first row names the columns: layer,kind,C,M,R,S,P,Q");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(status);
    for (int i = 0; i < r->csv.n_cells; i++) {
        WEFT_TRY(read_column(r, &r->csv.cell[i]));
    }
    return check_columns(r);
}

/* ---- cells ------------------------------------------------------------------------------------ */

/* A whole number in least .. most; no sign, no point. */
static weft_status read_integer(const reader *r, const weft_csv_cell *cell, const column *c,
                                int32_t least, int32_t most, int32_t *value) {
    int64_t number = 0;
    size_t at = cell->start;
    while (at < cell->end && r->csv.text[at] >= '0' && r->csv.text[at] <= '9' && number <= most) {
        number = 10 * number + (r->csv.text[at++] - '0');
    }
    if (at == cell->start || at < cell->end || number < least || number > most) {
        char text[64];
        return weft_csv_fail(&r->csv, cell->start, cell->end, r->error,
                             "%s is '%s'; it must be a whole number in %d .. %d", c->name,
                             weft_csv_text(&r->csv, cell, text, sizeof text), least, most);
    }
    *value = (int32_t)number;
    return WEFT_OK;
}

static void set_loop(weft_loops *loops, int index, int32_t value) {
    int32_t *const single[] = {[LOOP_N] = &loops->n,
                               [LOOP_C] = &loops->c,
                               [LOOP_M] = &loops->m,
                               [LOOP_R] = &loops->r,
                               [LOOP_S] = &loops->s,
                               [LOOP_P] = &loops->p,
                               [LOOP_Q] = &loops->q,
                               [LOOP_G] = &loops->g,
                               [LOOP_STRIDE_H] = &loops->stride_h,
                               [LOOP_STRIDE_W] = &loops->stride_w,
                               [LOOP_DILATION_H] = &loops->dilation_h,
                               [LOOP_DILATION_W] = &loops->dilation_w};
    if (index == LOOP_STRIDE) {
        loops->stride_h = loops->stride_w = value;
    } else if (index == LOOP_DILATION) {
        loops->dilation_h = loops->dilation_w = value;
    } else {
        *single[index] = value;
    }
}

static bool separates(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ';';
}

/* Shares between blanks, commas or semicolons, in brackets or not; *sum: of all. */
static weft_status scan_shares(const reader *r, const weft_csv_cell *cell, const column *c,
                               double *bins, int32_t *n) {
    const char *text = r->csv.text;
    size_t at = cell->start, end = cell->end;
    if (end - at >= 2 && text[at] == '[' && text[end - 1] == ']') {
        at++;
        end--;
    }
    for (*n = 0;; (*n)++) {
        while (at < end && separates(text[at])) {
            at++;
        }
        if (at == end) {
            return WEFT_OK;
        }
        if (*n == WEFT_TABLE_MAX_BINS) {
            return weft_csv_fail(&r->csv, cell->start, cell->end, r->error,
                                 "%s has more than %d shares", c->name, WEFT_TABLE_MAX_BINS);
        }
        bool whole;
        size_t length = weft_number_scan(text + at, &bins[*n], &whole);
        if (length == 0 || at + length > end ||
            (at + length < end && !separates(text[at + length]))) {
            return weft_csv_fail(&r->csv, at, at + 1, r->error,
                                 "%s: a share that is not negative was expected here", c->name);
        }
        at += length;
    }
}

static weft_status read_histogram(const reader *r, const weft_csv_cell *cell, const column *c,
                                  weft_histogram *histogram) {
    double *bins = r->bins[c->index];
    int32_t n = 0;
    double sum = 0.0;
    WEFT_TRY(scan_shares(r, cell, c, bins, &n));
    if (n == 0 || !weft_table_normalise(bins, n, &sum)) {
        return weft_csv_fail(&r->csv, cell->start, cell->end, r->error,
                             "%s: its %d shares sum to %g; they must sum to 1", c->name, n, sum);
    }
    *histogram = (weft_histogram){n, bins};
    return WEFT_OK;
}

static weft_status read_op(const reader *r, const weft_csv_cell *cell, weft_table_row *row) {
    char word[64];
    weft_csv_text(&r->csv, cell, word, sizeof word);
    if (!weft_table_op(word, &row->op)) {
        return weft_csv_fail(&r->csv, cell->start, cell->end, r->error,
                             "'%s' is no kind of layer that multiplies; expected %s", word,
                             weft_table_op_words);
    }
    row->has_op = row->op != WEFT_OP_COUNT;
    return WEFT_OK;
}

static weft_status read_cell(const reader *r, const weft_csv_cell *cell, const column *c,
                             weft_table_row *row) {
    int32_t value = 0;
    bool empty = cell->start == cell->end;
    switch (c->kind) {
    case COLUMN_NAME:
        weft_csv_text(&r->csv, cell, row->name, sizeof row->name);
        return WEFT_OK;
    case COLUMN_OP:
        return read_op(r, cell, row);
    case COLUMN_LOOP:
        WEFT_TRY(read_integer(r, cell, c, 1, INT32_MAX, &value));
        set_loop(&row->loops, c->index, value);
        return WEFT_OK;
    case COLUMN_UNUSED:
        return read_integer(r, cell, c, 1, INT32_MAX, &value);
    case COLUMN_BITS:
        return empty ? WEFT_OK : read_integer(r, cell, c, 1, WEFT_MAX_BITS, &row->bits[c->index]);
    case COLUMN_HISTOGRAM:
        return empty ? WEFT_OK : read_histogram(r, cell, c, &row->histogram[c->index]);
    }
    return WEFT_OK;
}

static weft_status read_row(reader *r, weft_network *network) {
    const weft_csv *csv = &r->csv;
    if (csv->n_cells != r->n_columns) {
        return weft_csv_fail(csv, csv->start, csv->cell[csv->n_cells - 1].end, r->error,
                             "this row has %d cells, the first row %d", csv->n_cells, r->n_columns);
    }
    weft_table_row row = weft_table_row_defaults();
    for (int i = 0; i < csv->n_cells; i++) {
        WEFT_TRY(read_cell(r, &csv->cell[i], r->column[i], &row));
    }
    weft_status status = weft_table_add(network, &row, r->error);
    if (status != WEFT_OK) {
        weft_csv_place(csv, csv->start, csv->start + 1, r->error);
    }
    return status;
}

static weft_status read_rows(reader *r, weft_network *network) {
    for (;;) {
        weft_status status = weft_csv_next(&r->csv, r->error);
        if (status == WEFT_DONE) {
            break;
        }
        WEFT_TRY(status);
        WEFT_TRY(read_row(r, network));
    }
    if (network->n_layers == 1) {
        weft_fail(r->error, WEFT_ERROR_INPUT, "the table has no layers below its first row");
        weft_error_file(r->error, r->csv.name);
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status read_all(reader *r, weft_network **network) {
    WEFT_TRY(read_header(r));
    char stem[WEFT_NETWORK_NAME];
    weft_network *made = NULL;
    WEFT_TRY(weft_network_create(weft_table_stem(r->csv.name, stem, sizeof stem),
                                 (weft_shape){1, 1, 1}, &made, r->error));
    weft_status status = read_rows(r, made);
    if (status != WEFT_OK) {
        weft_network_destroy(made);
        return status;
    }
    *network = made;
    return WEFT_OK;
}

weft_status weft_network_parse_csv(const char *text, size_t length, const char *name,
                                   weft_network **network, weft_error *error) {
    if (length > WEFT_TABLE_MAX_BYTES || (length > 0 && memchr(text, '\0', length) != NULL)) {
        weft_fail(error, WEFT_ERROR_INPUT, "%s; expected a CSV file",
                  length > WEFT_TABLE_MAX_BYTES ? "larger than 16 MiB"
                                                : "no text: it holds a zero byte");
        weft_error_file(error, name);
        return WEFT_ERROR_INPUT;
    }
    const size_t bins = (size_t)WEFT_OPERANDS * WEFT_TABLE_MAX_BINS;
    char *copy = malloc(length + 1);
    double *shares = malloc(bins * sizeof *shares);
    weft_status status;
    if (copy == NULL || shares == NULL) {
        status = weft_fail_memory(error, length + bins * sizeof *shares);
    } else {
        if (length > 0) {
            memcpy(copy, text, length);
        }
        copy[length] = '\0';
        reader r = {.csv = weft_csv_begin(copy, length, name), .error = error};
        for (int i = 0; i < WEFT_OPERANDS; i++) {
            r.bins[i] = shares + (size_t)i * WEFT_TABLE_MAX_BINS;
        }
        status = read_all(&r, network);
    }
    free(copy);
    free(shares);
    return status;
}
