/* SPDX-License-Identifier: Apache-2.0
 * First all cells as text, column by column; then each column becomes a gene: of numbers, or of the
 * words that occur in it. */
#include "accuracy/golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/number.h"
#include "learn/data.h"
#include "network/csv.h"

enum { NAME = 96 };

typedef struct golden_column {
    char name[NAME];
    char **cells; /* one a row; NULL: inactive */
    const char **words;
    int n_words; /* 0: numbers */
} golden_column;

struct weft_golden_memory {
    golden_column *columns;
    int n_columns;
    int n_rows, capacity;
    weft_gene_meaning *genes;
};

typedef struct weft_golden_memory memory;

void weft_golden_destroy(weft_golden *golden) {
    if (golden == NULL) {
        return;
    }
    memory *m = golden->memory;
    for (int c = 0; m != NULL && c < m->n_columns; c++) {
        for (int r = 0; r < m->n_rows && m->columns[c].cells != NULL; r++) {
            free(m->columns[c].cells[r]);
        }
        free(m->columns[c].cells);
        free(m->columns[c].words);
    }
    if (m != NULL) {
        free(m->columns);
        free(m->genes);
    }
    free(m);
    free(golden->genomes);
    free(golden->given);
    free(golden);
}

/* ---- cells ----------------------------------------------------------------------------------- */

static weft_status grow_rows(memory *m, weft_error *error) {
    if (m->n_rows < m->capacity) {
        return WEFT_OK;
    }
    if (m->n_rows >= WEFT_GOLDEN_MAX_ROWS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "more than %d rows", WEFT_GOLDEN_MAX_ROWS);
    }
    int capacity = m->capacity == 0 ? 64 : 2 * m->capacity;
    for (int c = 0; c < m->n_columns; c++) {
        char **moved = realloc(m->columns[c].cells, (size_t)capacity * sizeof *moved);
        if (moved == NULL) {
            return weft_fail_memory(error, (size_t)capacity * sizeof *moved);
        }
        memset(moved + m->capacity, 0, (size_t)(capacity - m->capacity) * sizeof *moved);
        m->columns[c].cells = moved;
    }
    m->capacity = capacity;
    return WEFT_OK;
}

/* The column of that name; a new one has NULL in the rows so far. */
static weft_status take_column(memory *m, const char *name, golden_column **found,
                               weft_error *error) {
    for (int c = 0; c < m->n_columns; c++) {
        if (strcmp(m->columns[c].name, name) == 0) {
            *found = &m->columns[c];
            return WEFT_OK;
        }
    }
    if (m->n_columns > WEFT_GOLDEN_MAX_GENES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "more than %d genes", WEFT_GOLDEN_MAX_GENES);
    }
    golden_column *moved = realloc(m->columns, (size_t)(m->n_columns + 1) * sizeof *moved);
    if (moved == NULL) {
        return weft_fail_memory(error, sizeof *moved);
    }
    m->columns = moved;
    golden_column *made = &m->columns[m->n_columns];
    *made = (golden_column){0};
    snprintf(made->name, sizeof made->name, "%s", name);
    if (m->capacity > 0) {
        made->cells = calloc((size_t)m->capacity, sizeof *made->cells);
        if (made->cells == NULL) {
            return weft_fail_memory(error, (size_t)m->capacity * sizeof *made->cells);
        }
    }
    m->n_columns++;
    *found = made;
    return WEFT_OK;
}

/* The cell of the row that is being read. */
static weft_status put_cell(memory *m, const char *name, const char *text, weft_error *error) {
    golden_column *c = NULL;
    WEFT_TRY(take_column(m, name, &c, error));
    if (text[0] == '\0' || strcmp(text, "-") == 0) {
        return WEFT_OK;
    }
    free(c->cells[m->n_rows]);
    c->cells[m->n_rows] = strdup(text);
    return c->cells[m->n_rows] == NULL ? weft_fail_memory(error, strlen(text)) : WEFT_OK;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static weft_status read_csv(memory *m, const char *text, size_t length, const char *name,
                            weft_error *error) {
    weft_csv csv = weft_csv_begin(text, length, name);
    char names[WEFT_CSV_MAX_CELLS][NAME];
    weft_status status = weft_csv_next(&csv, error);
    if (status != WEFT_OK) {
        return status == WEFT_DONE ? weft_csv_fail(&csv, 0, 0, error, "the file is empty") : status;
    }
    int n = csv.n_cells;
    for (int c = 0; c < n; c++) {
        golden_column *made = NULL;
        weft_csv_text(&csv, &csv.cell[c], names[c], sizeof names[c]);
        WEFT_TRY(take_column(m, names[c], &made, error));
        if (m->n_columns != c + 1) {
            return weft_csv_fail(&csv, csv.cell[c].start, csv.cell[c].end, error,
                                 "there are two columns \"%s\"", names[c]);
        }
    }
    while ((status = weft_csv_next(&csv, error)) == WEFT_OK) {
        if (csv.n_cells != n) {
            return weft_csv_fail(&csv, csv.start, csv.at, error,
                                 "this row has %d cells, the row of names %d", csv.n_cells, n);
        }
        WEFT_TRY(grow_rows(m, error));
        for (int c = 0; c < n; c++) {
            char cell[NAME];
            weft_csv_text(&csv, &csv.cell[c], cell, sizeof cell);
            WEFT_TRY(put_cell(m, names[c], cell, error));
        }
        m->n_rows++;
    }
    return status == WEFT_DONE ? WEFT_OK : status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static weft_status put_node(memory *m, const weft_doc *doc, const weft_node *node, const char *name,
                            weft_error *error) {
    const char *text = "";
    weft_error nothing;
    if (!weft_node_is_scalar(node)) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "expected a number, a text or a list of these");
    }
    /* A scalar without text is null: an inactive gene. */
    if (weft_node_text(doc, node, &text, &nothing) != WEFT_OK) {
        text = "";
    }
    return put_cell(m, name, text, error);
}

static weft_status put_member(memory *m, const weft_doc *doc, const weft_node *node,
                              const char *name, weft_error *error) {
    if (!weft_node_is_sequence(node)) {
        return put_node(m, doc, node, name, error);
    }
    for (int i = 0; i < weft_sequence_length(node); i++) {
        char numbered[NAME];
        snprintf(numbered, sizeof numbered, "%.80s%d", name, i + 1);
        WEFT_TRY(put_node(m, doc, weft_sequence_at(node, i), numbered, error));
    }
    return WEFT_OK;
}

static weft_status read_json(memory *m, const weft_doc *doc, weft_error *error) {
    const weft_node *root = weft_doc_root(doc);
    if (!weft_node_is_sequence(root)) {
        return weft_node_fail(doc, root, error, WEFT_ERROR_INPUT, "expected an array of objects");
    }
    for (int i = 0; i < weft_sequence_length(root); i++) {
        const weft_node *row = weft_sequence_at(root, i);
        if (!weft_node_is_mapping(row)) {
            return weft_node_fail(doc, row, error, WEFT_ERROR_INPUT, "expected an object");
        }
        WEFT_TRY(grow_rows(m, error));
        for (int k = 0; k < weft_mapping_length(row); k++) {
            const char *name = NULL;
            const weft_node *value = NULL;
            WEFT_TRY(weft_mapping_at(doc, row, k, &name, &value, error));
            WEFT_TRY(put_member(m, doc, value, name, error));
        }
        m->n_rows++;
    }
    return WEFT_OK;
}

/* ---- columns to genes ------------------------------------------------------------------------ */

static bool is_number(const char *text, double *number) {
    char *end = NULL;
    *number = weft_real_parse(text, &end);
    return end != text && *end == '\0' && isfinite(*number);
}

/* The words of a column that is not of numbers alone. */
static weft_status find_words(golden_column *c, int n_rows, weft_error *error) {
    bool numbers = true;
    double ignored;
    for (int r = 0; r < n_rows; r++) {
        numbers = numbers && (c->cells[r] == NULL || is_number(c->cells[r], &ignored));
    }
    if (numbers) {
        return WEFT_OK;
    }
    c->words = calloc((size_t)n_rows, sizeof *c->words);
    if (c->words == NULL) {
        return weft_fail_memory(error, (size_t)n_rows * sizeof *c->words);
    }
    for (int r = 0; r < n_rows; r++) {
        int w = 0;
        while (c->cells[r] != NULL && w < c->n_words && strcmp(c->words[w], c->cells[r]) != 0) {
            w++;
        }
        if (c->cells[r] != NULL && w == c->n_words) {
            c->words[c->n_words++] = c->cells[r];
        }
    }
    return WEFT_OK;
}

static double value_of(const golden_column *c, int row) {
    double number = NAN;
    if (c->cells[row] == NULL) {
        return NAN;
    }
    for (int w = 0; w < c->n_words; w++) {
        if (strcmp(c->words[w], c->cells[row]) == 0) {
            return w;
        }
    }
    return is_number(c->cells[row], &number) ? number : NAN;
}

static weft_status find_given(const memory *m, const char *wanted, int *found, weft_error *error) {
    static const char *const usual[] = {"accuracy", "prediction", "pred"};
    bool named = wanted != NULL && wanted[0] != '\0';
    *found = -1;
    for (int c = 0; c < m->n_columns; c++) {
        const char *name = m->columns[c].name;
        bool is = named ? strcmp(name, wanted) == 0 : false;
        for (int u = 0; !named && u < 3; u++) {
            is = is || strcmp(name, usual[u]) == 0;
        }
        if (is && *found >= 0) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "columns \"%s\" and \"%s\" may both be the accuracy: name one",
                             m->columns[*found].name, name);
        }
        *found = is ? c : *found;
    }
    return *found >= 0 ? WEFT_OK
                       : weft_fail(error, WEFT_ERROR_INPUT, "there is no column \"%s\"",
                                   named ? wanted : "accuracy\", \"prediction\" or \"pred");
}

static weft_status fill_given(weft_golden *golden, const golden_column *given, weft_error *error) {
    for (int r = 0; r < golden->n; r++) {
        double number = NAN;
        if (given->cells[r] == NULL || !is_number(given->cells[r], &number)) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "the accuracy of row %d (from 1) is '%.40s', expected a number", r + 1,
                             given->cells[r] == NULL ? "" : given->cells[r]);
        }
        golden->given[r] = number;
    }
    return WEFT_OK;
}

static weft_status make_genes(weft_golden *golden, const char *wanted, weft_error *error) {
    memory *m = golden->memory;
    int given = -1;
    golden->n = m->n_rows;
    if (m->n_rows == 0) {
        return weft_fail(error, WEFT_ERROR_INPUT, "there is no row");
    }
    WEFT_TRY(find_given(m, wanted, &given, error));
    size_t genes = (size_t)m->n_columns;
    m->genes = calloc(genes, sizeof *m->genes);
    golden->genomes = calloc(genes * (size_t)golden->n, sizeof *golden->genomes);
    golden->given = calloc((size_t)golden->n, sizeof *golden->given);
    if (m->genes == NULL || golden->genomes == NULL || golden->given == NULL) {
        return weft_fail_memory(error, genes * (size_t)golden->n * sizeof *golden->genomes);
    }
    golden->genes.genes = m->genes;
    for (int c = 0; c < m->n_columns; c++) {
        if (c == given) {
            WEFT_TRY(fill_given(golden, &m->columns[c], error));
            continue;
        }
        WEFT_TRY(find_words(&m->columns[c], golden->n, error));
        m->genes[golden->genes.n++] = (weft_gene_meaning){.name = m->columns[c].name,
                                                          .n_choices = m->columns[c].n_words,
                                                          .words = m->columns[c].words};
    }
    for (int r = 0; r < golden->n; r++) {
        double *genome = golden->genomes + (size_t)r * (size_t)golden->genes.n;
        for (int c = 0; c < m->n_columns; c++) {
            if (c != given) {
                *genome++ = value_of(&m->columns[c], r);
            }
        }
    }
    return WEFT_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status read_text(memory *m, const char *path, const char *text, size_t length,
                             weft_error *error) {
    size_t n = strlen(path);
    if (n <= 5 || strcmp(path + n - 5, ".json") != 0) {
        return read_csv(m, text, length, path, error);
    }
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse(text, length, path, &doc, error));
    weft_status status = read_json(m, doc, error);
    weft_doc_destroy(doc);
    return status;
}

static weft_status fill(weft_golden *golden, const char *path, const char *text, size_t length,
                        const char *wanted, weft_error *error) {
    golden->memory = calloc(1, sizeof *golden->memory);
    if (golden->memory == NULL) {
        return weft_fail_memory(error, sizeof *golden->memory);
    }
    WEFT_TRY(read_text(golden->memory, path, text, length, error));
    weft_status status = make_genes(golden, wanted, error);
    if (status == WEFT_ERROR_INPUT) {
        weft_error_file(error, path);
    }
    return status;
}

weft_status weft_golden_parse(const char *text, size_t length, const char *name, const char *column,
                              weft_golden **golden, weft_error *error) {
    weft_golden *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill(made, name, text, length, column, error);
    if (status != WEFT_OK) {
        weft_golden_destroy(made);
        return status;
    }
    *golden = made;
    return WEFT_OK;
}

weft_status weft_golden_read(const char *path, const char *column, weft_golden **golden,
                             weft_error *error) {
    weft_bytes bytes = {0};
    WEFT_TRY(weft_bytes_read(path, &bytes, error));
    char *text = realloc(bytes.data, bytes.size + 1);
    if (text == NULL) {
        free(bytes.data);
        return weft_fail_memory(error, bytes.size + 1);
    }
    text[bytes.size] = '\0';
    weft_status status = weft_golden_parse(text, bytes.size, path, column, golden, error);
    free(text);
    return status;
}
