/* SPDX-License-Identifier: Apache-2.0
 * Tables of figures whose cells may stand in quotes: CSV with a heading. */
#ifndef WEFT_TESTS_HARDWARE_SHEET_H
#define WEFT_TESTS_HARDWARE_SHEET_H

#include "hardware/support.h"

enum { SHEET_MAX_CELLS = 96 };

/* A table in memory: a heading, and rows of as many cells; cells may stand in quotes. */
typedef struct sheet {
    char *text;
    int n_columns, n_rows;
    char **cells; /* heading first */
} sheet;

/* Takes a cell off *at, unquoted in place; returns what ended it. */
static inline char sheet_take(char **at, char **cell) {
    char *from = *at;
    char *to = *at;
    bool quoted = *from == '"';
    *cell = to;
    for (from += quoted; *from != '\0'; from++) {
        if (quoted && *from == '"') {
            if (from[1] != '"') {
                quoted = false;
                continue;
            }
            from++;
        } else if (!quoted && (*from == ',' || *from == '\n')) {
            break;
        }
        if (*from != '\r') {
            *to++ = *from;
        }
    }
    char end = *from;
    *to = '\0';
    *at = from + (end != '\0');
    return end;
}

static inline sheet sheet_split(char *text) {
    sheet t = {.text = text};
    int lines = 1;
    for (const char *at = text; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    t.cells = calloc((size_t)lines * SHEET_MAX_CELLS, sizeof *t.cells);
    assert_non_null(t.cells);
    for (int row = 0; *text != '\0'; row++) {
        int column = 0;
        char end = ',';
        while (end == ',' && column < SHEET_MAX_CELLS) {
            end = sheet_take(&text, &t.cells[row * SHEET_MAX_CELLS + column++]);
        }
        assert_int_not_equal(end, ',');
        t.n_columns = row == 0 ? column : t.n_columns;
        t.n_rows = row;
    }
    return t;
}

static inline bool sheet_read(const char *path, sheet *t) {
    *t = (sheet){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(1, size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, file), size);
    fclose(file);
    *t = sheet_split(text);
    return true;
}

static inline sheet sheet_keep(const char *text) {
    char *copy = strdup(text);
    assert_non_null(copy);
    return sheet_split(copy);
}

static inline void sheet_free(sheet *t) {
    free(t->text);
    free(t->cells);
}

/* The cell of a row (1 ..) under the heading that begins so. */
static inline const char *sheet_text(const sheet *t, int row, const char *column) {
    for (int c = 0; c < t->n_columns; c++) {
        if (strncmp(t->cells[c], column, strlen(column)) == 0) {
            return t->cells[row * SHEET_MAX_CELLS + c];
        }
    }
    fail_msg("no column '%s'", column);
    return NULL;
}

static inline double sheet_real(const sheet *t, int row, const char *column) {
    return strtod(sheet_text(t, row, column), NULL);
}

#endif
