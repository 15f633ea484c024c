/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/points.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/place.h"

/* Columns of a points file: two texts, then numbers in the order of weft_point's arrays. */
enum {
    MEMORY,
    NETWORK,
    SETTINGS,
    METRICS = SETTINGS + WEFT_POINT_SETTING_COUNT,
    N_COLUMNS = METRICS + WEFT_POINT_METRIC_COUNT
};

static const struct {
    const char *name;
    double factor;
} COLUMNS[N_COLUMNS] = {{"mem", 0},
                        {"net", 0},
#define SETTING_COLUMN(name, column, parameter, factor) {column, factor},
                        WEFT_POINT_SETTING_MAP(SETTING_COLUMN)
#undef SETTING_COLUMN
#define METRIC_COLUMN(name, token, column, factor) {column, factor},
                            WEFT_POINT_METRIC_MAP(METRIC_COLUMN)
#undef METRIC_COLUMN
};

enum { MOST_BYTES = 1 << 28, MOST_CELLS = 256 };

typedef struct reader {
    const char *path;
    char *text;
    size_t size;
    char delimiter;
    int at[N_COLUMNS]; /* cell of each column */
} reader;

typedef struct cell {
    size_t start, end;
} cell;

static weft_status fail_cell(const reader *r, cell at, weft_error *error, const char *what) {
    weft_fail(error, WEFT_ERROR_INPUT, "%s", what);
    weft_error_place(error, r->text, r->size, at.start, at.end);
    weft_error_file(error, r->path);
    return WEFT_ERROR_INPUT;
}

static weft_status read_text(reader *r, weft_error *error) {
    FILE *file = fopen(r->path, "rbe");
    if (file == NULL) {
        return weft_fail_errno(error, "cannot open the points", r->path);
    }
    size_t room = 0;
    weft_status status = WEFT_OK;
    while (status == WEFT_OK && !feof(file)) {
        room = room == 0 ? 1 << 16 : 2 * room;
        char *more = room <= MOST_BYTES ? realloc(r->text, room + 1) : NULL;
        if (more == NULL) {
            status = weft_fail_memory(error, room);
            break;
        }
        r->text = more;
        r->size += fread(r->text + r->size, 1, room - r->size, file);
        if (ferror(file)) {
            status = weft_fail_errno(error, "cannot read the points", r->path);
        }
    }
    fclose(file);
    if (r->text != NULL) {
        r->text[r->size] = '\0';
    }
    return status;
}

/* The cells of the line from `start`; *next becomes where the line after it begins. */
static int split(const reader *r, size_t start, cell cells[MOST_CELLS], size_t *next) {
    size_t end = start + strcspn(r->text + start, "\n");
    *next = end < r->size ? end + 1 : r->size;
    while (end > start && (r->text[end - 1] == '\r' || r->text[end - 1] == ' ')) {
        end--;
    }
    int n = 0;
    for (size_t from = start; n < MOST_CELLS && from < end; n++) {
        const char *stop = memchr(r->text + from, r->delimiter, end - from);
        size_t to = stop != NULL ? (size_t)(stop - r->text) : end;
        cells[n] = (cell){from, to};
        from = to + 1;
    }
    return n;
}

static weft_status read_heading(reader *r, size_t *next, weft_error *error) {
    cell cells[MOST_CELLS];
    char message[80];
    size_t line = strcspn(r->text, "\n");
    r->delimiter = memchr(r->text, '\t', line) != NULL ? '\t' : ',';
    int n = split(r, 0, cells, next);
    for (int c = 0; c < N_COLUMNS; c++) {
        size_t length = strlen(COLUMNS[c].name);
        r->at[c] = -1;
        for (int i = 0; i < n; i++) {
            if (cells[i].end - cells[i].start == length &&
                memcmp(r->text + cells[i].start, COLUMNS[c].name, length) == 0) {
                r->at[c] = i;
            }
        }
        if (r->at[c] < 0) {
            snprintf(message, sizeof message, "the heading has no column '%s'", COLUMNS[c].name);
            return fail_cell(r, (cell){0, line}, error, message);
        }
    }
    return WEFT_OK;
}

static weft_status read_number(const reader *r, cell at, double *value, weft_error *error) {
    char *end = NULL;
    *value = weft_real_parse(r->text + at.start, &end);
    if (end != r->text + at.end || at.end == at.start || !isfinite(*value) || *value <= 0) {
        return fail_cell(r, at, error, "expected a number above 0");
    }
    return WEFT_OK;
}

static weft_status read_name(const reader *r, cell at, char name[WEFT_POINT_NAME],
                             weft_error *error) {
    size_t length = at.end - at.start;
    if (length == 0 || length >= WEFT_POINT_NAME || memchr(r->text + at.start, '/', length)) {
        return fail_cell(r, at, error, "expected a name of 1 to 31 characters");
    }
    memcpy(name, r->text + at.start, length);
    name[length] = '\0';
    return WEFT_OK;
}

static weft_status read_point(const reader *r, const cell *cells, int n, weft_point *point,
                              weft_error *error) {
    for (int c = 0; c < N_COLUMNS; c++) {
        if (r->at[c] >= n) {
            cell line = {cells[0].start, cells[n - 1].end};
            return fail_cell(r, line, error, "fewer cells than the heading");
        }
    }
    WEFT_TRY(read_name(r, cells[r->at[MEMORY]], point->memory, error));
    WEFT_TRY(read_name(r, cells[r->at[NETWORK]], point->network, error));
    for (int c = SETTINGS; c < N_COLUMNS; c++) {
        double *to = c < METRICS ? &point->setting[c - SETTINGS] : &point->theirs[c - METRICS];
        WEFT_TRY(read_number(r, cells[r->at[c]], to, error));
        *to *= COLUMNS[c].factor;
    }
    for (int m = 0; m < WEFT_POINT_METRIC_COUNT; m++) {
        point->ours[m] = NAN;
    }
    return WEFT_OK;
}

static weft_status read_rows(const reader *r, size_t from, weft_point *points, int *n,
                             weft_error *error) {
    cell cells[MOST_CELLS];
    for (int line = 2; from < r->size; line++) {
        int got = split(r, from, cells, &from);
        if (got > 0) {
            points[*n].line = line;
            WEFT_TRY(read_point(r, cells, got, &points[*n], error));
            (*n)++;
        }
    }
    return WEFT_OK;
}

static int count_lines(const char *text) {
    int lines = 1;
    for (const char *at = strchr(text, '\n'); at != NULL; at = strchr(at + 1, '\n')) {
        lines++;
    }
    return lines;
}

weft_status weft_points_read(const char *path, weft_point **points, int *n, weft_error *error) {
    reader r = {.path = path};
    weft_point *made = NULL;
    size_t next = 0;
    *n = 0;
    weft_status status = read_text(&r, error);
    if (status == WEFT_OK) {
        size_t bytes = (size_t)count_lines(r.text) * sizeof *made;
        made = malloc(bytes);
        status = made != NULL ? WEFT_OK : weft_fail_memory(error, bytes);
    }
    if (status == WEFT_OK) {
        status = read_heading(&r, &next, error);
    }
    if (status == WEFT_OK) {
        status = read_rows(&r, next, made, n, error);
    }
    if (status == WEFT_OK && *n == 0) {
        status = fail_cell(&r, (cell){0, 1}, error, "there is no point below the heading");
    }
    free(r.text);
    if (status != WEFT_OK) {
        free(made);
        return status;
    }
    *points = made;
    return WEFT_OK;
}
