/* SPDX-License-Identifier: Apache-2.0 */
#include "network/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/place.h"

weft_csv weft_csv_begin(const char *text, size_t length, const char *name) {
    static const char mark[] = "\xEF\xBB\xBF";
    bool marked = length >= 3 && memcmp(text, mark, 3) == 0;
    return (weft_csv){.text = text, .length = length, .name = name, .at = marked ? 3 : 0};
}

weft_status weft_csv_place(const weft_csv *csv, size_t start, size_t end, weft_error *error) {
    weft_error_file(error, csv->name);
    weft_error_place(error, csv->text, csv->length, start, end > start ? end : start + 1);
    return error->status;
}

weft_status weft_csv_fail(const weft_csv *csv, size_t start, size_t end, weft_error *error,
                          const char *format, ...) {
    char message[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    weft_fail(error, WEFT_ERROR_INPUT, "%s", message);
    return weft_csv_place(csv, start, end, error);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool ends_cell(const weft_csv *csv, size_t at) {
    return at >= csv->length || csv->text[at] == ',' || csv->text[at] == '\n' ||
           csv->text[at] == '\r';
}

static void skip_blanks(weft_csv *csv) {
    while (csv->at < csv->length && is_blank(csv->text[csv->at])) {
        csv->at++;
    }
}

/* A cell in quotes; `at` stands on the first one. */
static weft_status read_quoted(weft_csv *csv, weft_csv_cell *cell, weft_error *error) {
    size_t open = csv->at++;
    cell->start = csv->at;
    for (;;) {
        const char *quote = memchr(csv->text + csv->at, '"', csv->length - csv->at);
        if (quote == NULL) {
            return weft_csv_fail(csv, open, open + 1, error, "this quote is never closed");
        }
        cell->end = (size_t)(quote - csv->text);
        csv->at = cell->end + 1;
        if (csv->at >= csv->length || csv->text[csv->at] != '"') {
            break;
        }
        csv->at++;
    }
    skip_blanks(csv);
    if (!ends_cell(csv, csv->at)) {
        return weft_csv_fail(csv, csv->at, csv->at + 1, error,
                             "a comma or the end of the line is missing behind the quote");
    }
    return WEFT_OK;
}

static weft_status read_cell(weft_csv *csv, weft_csv_cell *cell, weft_error *error) {
    skip_blanks(csv);
    if (csv->at < csv->length && csv->text[csv->at] == '"') {
        return read_quoted(csv, cell, error);
    }
    cell->start = csv->at;
    while (!ends_cell(csv, csv->at)) {
        csv->at++;
    }
    cell->end = csv->at;
    while (cell->end > cell->start && is_blank(csv->text[cell->end - 1])) {
        cell->end--;
    }
    return WEFT_OK;
}

/* Steps over the end of a line: LF, CR or CR LF. */
static void skip_line_end(weft_csv *csv) {
    if (csv->at < csv->length && csv->text[csv->at] == '\r') {
        csv->at++;
    }
    if (csv->at < csv->length && csv->text[csv->at] == '\n') {
        csv->at++;
    }
}

static weft_status read_record(weft_csv *csv, weft_error *error) {
    csv->start = csv->at;
    csv->n_cells = 0;
    for (;;) {
        if (csv->n_cells == WEFT_CSV_MAX_CELLS) {
            return weft_csv_fail(csv, csv->at, csv->at + 1, error, "more than %d columns",
                                 WEFT_CSV_MAX_CELLS);
        }
        WEFT_TRY(read_cell(csv, &csv->cell[csv->n_cells++], error));
        if (csv->at >= csv->length || csv->text[csv->at] != ',') {
            skip_line_end(csv);
            return WEFT_OK;
        }
        csv->at++;
    }
}

weft_status weft_csv_next(weft_csv *csv, weft_error *error) {
    while (csv->at < csv->length) {
        WEFT_TRY(read_record(csv, error));
        bool blank = csv->n_cells == 1 && csv->cell[0].end == csv->cell[0].start;
        if (!blank) {
            return WEFT_OK;
        }
    }
    return WEFT_DONE;
}

char *weft_csv_text(const weft_csv *csv, const weft_csv_cell *cell, char *buffer, size_t size) {
    size_t used = 0;
    for (size_t i = cell->start; i < cell->end && used + 1 < size; i++) {
        buffer[used++] = csv->text[i];
        if (csv->text[i] == '"' && i + 1 < cell->end) {
            i++; /* written twice */
        }
    }
    buffer[used] = '\0';
    return buffer;
}
