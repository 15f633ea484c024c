/* SPDX-License-Identifier: Apache-2.0
 * Tables of figures to hold a model against: CSV with a heading, and the errors of a column. */
#ifndef WEFT_TESTS_HARDWARE_GOLDEN_TABLE_H
#define WEFT_TESTS_HARDWARE_GOLDEN_TABLE_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_COLUMNS = 64 };

typedef struct table {
    char *text;
    char *heading[TABLE_COLUMNS];
    int n_columns;
    int n_rows;
    char **cells; /* n_rows x n_columns, in `text` */
} table;

static inline int table_split(char *line, char **cells) {
    int n = 0;
    for (char *at = line; at != NULL && n < TABLE_COLUMNS;) {
        cells[n++] = at;
        at = strchr(at, ',');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    return n;
}

/* Returns false where there is no such file. Release with table_free. */
static inline bool table_read(const char *path, table *t) {
    *t = (table){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    t->text = malloc((size_t)size + 1);
    size_t got = t->text != NULL ? fread(t->text, 1, (size_t)size, file) : 0;
    fclose(file);
    if (t->text == NULL) {
        return false;
    }
    t->text[got] = '\0';
    int lines = 0;
    for (const char *at = t->text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    t->cells = calloc((size_t)lines + 1, TABLE_COLUMNS * sizeof *t->cells);
    char *rest = NULL;
    char *line = strtok_r(t->text, "\r\n", &rest);
    t->n_columns = line != NULL ? table_split(line, t->heading) : 0;
    while (t->cells != NULL && (line = strtok_r(NULL, "\r\n", &rest)) != NULL) {
        table_split(line, &t->cells[t->n_rows++ * TABLE_COLUMNS]);
    }
    return true;
}

static inline void table_free(table *t) {
    free(t->cells);
    free(t->text);
}

/* The column whose heading starts so; "" where there is none. */
static inline const char *table_text(const table *t, int row, const char *column) {
    for (int i = 0; i < t->n_columns; i++) {
        if (strncmp(t->heading[i], column, strlen(column)) == 0) {
            const char *cell = t->cells[row * TABLE_COLUMNS + i];
            return cell != NULL ? cell : "";
        }
    }
    return "";
}

static inline double table_real(const table *t, int row, const char *column) {
    return strtod(table_text(t, row, column), NULL);
}

/* Relative errors of a column. */
typedef struct errors {
    const char *name;
    int n;
    double each[4096];
    double worst;
    int worst_row;
} errors;

static inline void errors_add(errors *e, int row, double ours, double theirs) {
    double error = theirs != 0 ? fabs(ours - theirs) / fabs(theirs) : (ours == 0 ? 0 : INFINITY);
    if (e->n < (int)(sizeof e->each / sizeof e->each[0])) {
        e->each[e->n++] = error;
    }
    if (error > e->worst) {
        e->worst = error;
        e->worst_row = row;
    }
}

static inline int errors_order(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static inline double errors_median(errors *e) {
    if (e->n == 0) {
        return 0;
    }
    qsort(e->each, (size_t)e->n, sizeof e->each[0], errors_order);
    return (e->each[(e->n - 1) / 2] + e->each[e->n / 2]) / 2;
}

#endif
