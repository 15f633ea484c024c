/* SPDX-License-Identifier: Apache-2.0
 *
 * Comma-separated values (RFC 4180): records of cells, cells in double quotes may hold commas, line
 * breaks and quotes written twice. Blank lines are left out. */
#ifndef WEFT_NETWORK_CSV_H
#define WEFT_NETWORK_CSV_H

#include <weft/base.h>

enum { WEFT_CSV_MAX_CELLS = 256 };

/* The text of a cell without its outer quotes and the blanks around it. */
typedef struct weft_csv_cell {
    size_t start, end;
} weft_csv_cell;

typedef struct weft_csv {
    const char *text; /* ended by '\0' */
    size_t length;
    const char *name; /* what errors call it */
    size_t at;
    weft_csv_cell cell[WEFT_CSV_MAX_CELLS]; /* of the last record */
    int n_cells;
    size_t start; /* where the last record starts */
} weft_csv;

/* A reader of `text`, which the caller keeps; a byte order mark is skipped. */
weft_csv weft_csv_begin(const char *text, size_t length, const char *name);

/* The next record; WEFT_DONE behind the last one. */
weft_status weft_csv_next(weft_csv *csv, weft_error *error) WEFT_NODISCARD;

/* Gives an error that is already set its file and the place of the bytes [start, end). */
weft_status weft_csv_place(const weft_csv *csv, size_t start, size_t end, weft_error *error);

/* WEFT_ERROR_INPUT at the bytes [start, end). */
weft_status weft_csv_fail(const weft_csv *csv, size_t start, size_t end, weft_error *error,
                          const char *format, ...) WEFT_PRINTF(5, 6);

/* A cell as text, cut to the size of the buffer. Returns `buffer`. */
char *weft_csv_text(const weft_csv *csv, const weft_csv_cell *cell, char *buffer, size_t size);

#endif
