/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of devices from CSV: the row of names tells what each column is, then a row an architecture. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/save.h"
#include "network/csv.h"
#include "transfer/table.h"

enum {
    MAX_BYTES = 256 << 20,
    MAX_ROWS = 2000000,
    NAME = 2048,  /* of an architecture */
    COLUMN = 128, /* of a column */
    MAX_LABELS = WEFT_MAX_POSITIONS,
};

/* What a column is. */
typedef enum role { ROLE_NUMBER, ROLE_LABEL, ROLE_INDEX, ROLE_TEXT } role;

typedef struct reader {
    weft_csv csv;
    const weft_device_columns *wanted;
    weft_device_table *table;
    int n_cells;
    char names[WEFT_CSV_MAX_CELLS][COLUMN];
    role roles[WEFT_CSV_MAX_CELLS];
    int labels[MAX_LABELS]; /* columns, in the order of the name */
    int n_labels;
    int column[WEFT_CSV_MAX_CELLS]; /* of the table, of a column of numbers */
    bool by_genes;
    int capacity;
    char name[NAME];
} reader;

/* ---- the row of names ------------------------------------------------------------------------ */

static int find_cell(const reader *r, const char *name) {
    for (int i = 0; i < r->n_cells; i++) {
        if (strcmp(r->names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static weft_status fail_column(const reader *r, const char *wanted, weft_error *error) {
    const char *known[WEFT_CSV_MAX_CELLS];
    for (int i = 0; i < r->n_cells; i++) {
        known[i] = r->names[i];
    }
    const char *nearest = weft_nearest(wanted, known, (size_t)r->n_cells);
    weft_csv_fail(&r->csv, r->csv.start, r->csv.at, error, "the table has no column '%.60s'",
                  wanted);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return WEFT_ERROR_INPUT;
}

static weft_status add_label(reader *r, const char *name, weft_error *error) {
    int at = find_cell(r, name);
    if (at < 0) {
        return fail_column(r, name, error);
    }
    if (r->n_labels == MAX_LABELS || r->roles[at] == ROLE_LABEL) {
        return weft_fail(error, WEFT_ERROR_INPUT, "column '%s' is named twice, or more than %d are",
                         name, MAX_LABELS);
    }
    r->roles[at] = ROLE_LABEL;
    r->labels[r->n_labels++] = at;
    return WEFT_OK;
}

static weft_status label_genes(reader *r, weft_error *error) {
    const char *rest = r->wanted->genes;
    char word[COLUMN];
    int used = 0;
    while (sscanf(rest, " %127[^ \t,]%n", word, &used) == 1) {
        WEFT_TRY(add_label(r, word, error));
        rest += used;
        rest += strspn(rest, " \t,");
    }
    r->by_genes = true;
    return WEFT_OK;
}

/* Which columns say what an architecture is. */
static weft_status find_labels(reader *r, weft_error *error) {
    static const char *const ALONE[] = {"ops", "arch_str", "arch", "architecture"};
    if (r->wanted != NULL && r->wanted->genes != NULL && r->wanted->genes[0] != '\0') {
        return label_genes(r, error);
    }
    for (int i = 0; i < 4; i++) {
        if (find_cell(r, ALONE[i]) >= 0) {
            return add_label(r, ALONE[i], error);
        }
    }
    if (find_cell(r, "d") >= 0 && find_cell(r, "ks") >= 0 && find_cell(r, "e") >= 0) {
        WEFT_TRY(add_label(r, "d", error));
        WEFT_TRY(add_label(r, "ks", error));
        WEFT_TRY(add_label(r, "e", error));
        return find_cell(r, "r") >= 0 ? add_label(r, "r", error) : WEFT_OK;
    }
    weft_csv_fail(&r->csv, r->csv.start, r->csv.at, error,
                  "no column says what an architecture is: expected ops, arch_str, arch, "
                  "architecture, or d, ks and e");
    weft_hint(error, "or name the columns that do with --genes");
    return WEFT_ERROR_INPUT;
}

static bool says_measured(const char *name) {
    return strcasestr(name, "latency") != NULL || strcasestr(name, "energy") != NULL;
}

static weft_status check_names(const reader *r, weft_error *error) {
    for (int i = 0; i < r->n_cells; i++) {
        if (r->names[i][0] == '\0' || find_cell(r, r->names[i]) != i) {
            return weft_csv_fail(&r->csv, r->csv.cell[i].start, r->csv.cell[i].end, error,
                                 r->names[i][0] == '\0' ? "this column has no name"
                                                        : "there are two columns of this name");
        }
    }
    return WEFT_OK;
}

static weft_status read_names(reader *r, weft_error *error) {
    weft_status status = weft_csv_next(&r->csv, error);
    if (status < 0) {
        return status;
    }
    if (status == WEFT_DONE) {
        return weft_csv_fail(&r->csv, 0, 0, error, "the table is empty");
    }
    r->n_cells = r->csv.n_cells;
    for (int i = 0; i < r->n_cells; i++) {
        const weft_csv_cell *cell = &r->csv.cell[i];
        if (cell->end - cell->start >= COLUMN) {
            return weft_csv_fail(&r->csv, cell->start, cell->end, error,
                                 "this name is longer than %d characters", COLUMN - 1);
        }
        weft_csv_text(&r->csv, cell, r->names[i], COLUMN);
    }
    WEFT_TRY(check_names(r, error));
    WEFT_TRY(find_labels(r, error));
    bool any = false;
    for (int i = 0; i < r->n_cells; i++) {
        if (r->roles[i] == ROLE_NUMBER && strcmp(r->names[i], "index") == 0) {
            r->roles[i] = ROLE_INDEX;
        }
        any = any || (r->roles[i] == ROLE_NUMBER && says_measured(r->names[i]));
    }
    for (int i = 0; i < r->n_cells; i++) {
        r->column[i] = any && !says_measured(r->names[i]) ? 0 : 1; /* for now: measured or not */
    }
    return WEFT_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* A number as it stands in a cell, with its sign; false: it is none. */
static bool read_number(const char *text, double *value) {
    char *end = NULL;
    *value = weft_real_parse(text + (text[0] == '+'), &end);
    return text[0] != '\0' && *end == '\0' && end != text;
}

static bool says_failed(const char *text) {
    static const char *const WORDS[] = {"failed", "fail", "error", "none",    "null",
                                        "nan",    "na",   "n/a",   "inf",     "-",
                                        "-inf",   "+inf", "-nan",  "timeout", "oom"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (strcasecmp(text, WORDS[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The first row tells columns of text from columns of numbers; then the table gets its columns. */
static weft_status make_columns(reader *r, weft_error *error) {
    int n = 0;
    char text[64];
    double value;
    for (int i = 0; i < r->n_cells; i++) {
        weft_csv_text(&r->csv, &r->csv.cell[i], text, sizeof text);
        bool number = text[0] == '\0' || says_failed(text) || read_number(text, &value);
        if (r->roles[i] == ROLE_NUMBER && !number && !says_measured(r->names[i])) {
            r->roles[i] = ROLE_TEXT;
        }
        n += r->roles[i] == ROLE_NUMBER;
    }
    if (n == 0) {
        return weft_csv_fail(&r->csv, r->csv.start, r->csv.at, error,
                             "no column has numbers: there is no device");
    }
    r->table->columns = calloc((size_t)n, sizeof *r->table->columns);
    if (r->table->columns == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *r->table->columns);
    }
    const char *device = r->wanted != NULL ? r->wanted->device : NULL;
    if (device != NULL && device[0] != '\0' && n != 1) {
        return weft_csv_fail(&r->csv, r->csv.start, r->csv.at, error,
                             "the file has %d columns of numbers: which one is '%.60s'?", n,
                             device);
    }
    for (int i = 0; i < r->n_cells; i++) {
        if (r->roles[i] != ROLE_NUMBER) {
            continue;
        }
        weft_device_column *column = &r->table->columns[r->table->n_columns];
        column->measured = r->column[i] != 0;
        column->name = strdup(device != NULL && device[0] != '\0' ? device : r->names[i]);
        r->column[i] = r->table->n_columns++;
        if (column->name == NULL) {
            return weft_fail_memory(error, COLUMN);
        }
    }
    return WEFT_OK;
}

static weft_status grow(reader *r, bool indexed, weft_error *error) {
    weft_device_table *t = r->table;
    if (t->n < r->capacity) {
        return WEFT_OK;
    }
    int capacity = r->capacity == 0 ? 256 : 2 * r->capacity;
    size_t size = (size_t)capacity;
    char **names = realloc(t->names, size * sizeof *names);
    t->names = names != NULL ? names : t->names;
    char **indices = indexed ? realloc(t->indices, size * sizeof *indices) : NULL;
    t->indices = indices != NULL ? indices : t->indices;
    bool failed = names == NULL || (indexed && indices == NULL);
    for (int c = 0; c < t->n_columns && !failed; c++) {
        weft_device_column *column = &t->columns[c];
        double *values = realloc(column->values, size * sizeof *values);
        column->values = values != NULL ? values : column->values;
        bool *failures = realloc(column->failures, size * sizeof *failures);
        column->failures = failures != NULL ? failures : column->failures;
        failed = values == NULL || failures == NULL;
    }
    if (failed) {
        return weft_fail_memory(error, size * sizeof(double));
    }
    r->capacity = capacity;
    return WEFT_OK;
}

/* Columns that are no measurements may be 0 or negative. */
static weft_status read_value(reader *r, int i, weft_device_column *column, int row,
                              weft_error *error) {
    const weft_csv_cell *cell = &r->csv.cell[i];
    char text[64];
    double value = NAN;
    weft_csv_text(&r->csv, cell, text, sizeof text);
    bool empty = text[0] == '\0';
    if (!empty && !says_failed(text) &&
        (cell->end - cell->start >= sizeof text || !read_number(text, &value))) {
        weft_csv_fail(&r->csv, cell->start, cell->end, error,
                      "'%.40s' is no number: column '%s' has measurements", text, r->names[i]);
        weft_hint(error,
                  "a measurement that failed is 'failed', one that is missing an empty cell");
        return WEFT_ERROR_INPUT;
    }
    bool good = isfinite(value) && (!column->measured || value > 0.0);
    column->values[row] = good ? value : (double)NAN;
    column->failures[row] = !empty && !good;
    return WEFT_OK;
}

/* Cells of the labels joined by '|'. */
static weft_status read_name(reader *r, weft_error *error) {
    size_t used = 0;
    for (int l = 0; l < r->n_labels; l++) {
        const weft_csv_cell *cell = &r->csv.cell[r->labels[l]];
        size_t length = cell->end - cell->start;
        if (length == 0 || used + length + 2 >= NAME) {
            return weft_csv_fail(&r->csv, cell->start, cell->end, error,
                                 length == 0 ? "this row does not say its architecture"
                                             : "the name of this architecture is too long");
        }
        used += l > 0;
        weft_csv_text(&r->csv, cell, r->name + used, NAME - used);
        if (r->n_labels > 1 && strchr(r->name + used, '|') != NULL) {
            return weft_csv_fail(&r->csv, cell->start, cell->end, error,
                                 "'|' may not stand in one of several columns of an architecture");
        }
        used += strlen(r->name + used);
        r->name[used] = l + 1 < r->n_labels ? '|' : '\0';
    }
    return WEFT_OK;
}

static weft_status read_row(reader *r, weft_error *error) {
    weft_device_table *t = r->table;
    if (r->csv.n_cells != r->n_cells) {
        return weft_csv_fail(&r->csv, r->csv.start, r->csv.at, error,
                             "this row has %d cells, the row of names %d", r->csv.n_cells,
                             r->n_cells);
    }
    if (t->columns == NULL) {
        WEFT_TRY(make_columns(r, error));
    }
    if (t->n >= MAX_ROWS) {
        return weft_csv_fail(&r->csv, r->csv.start, r->csv.at, error, "more than %d rows",
                             MAX_ROWS);
    }
    int index = find_cell(r, "index");
    bool indexed = index >= 0 && r->roles[index] == ROLE_INDEX;
    WEFT_TRY(grow(r, indexed, error));
    WEFT_TRY(read_name(r, error));
    for (int i = 0; i < r->n_cells; i++) {
        if (r->roles[i] == ROLE_NUMBER) {
            WEFT_TRY(read_value(r, i, &t->columns[r->column[i]], t->n, error));
        }
    }
    t->names[t->n] = strdup(r->name);
    if (indexed) {
        weft_csv_text(&r->csv, &r->csv.cell[index], r->name, NAME);
        t->indices[t->n] = strdup(r->name);
    }
    t->n++;
    return t->names[t->n - 1] != NULL && (!indexed || t->indices[t->n - 1] != NULL)
               ? WEFT_OK
               : weft_fail_memory(error, NAME);
}

/* ---- repeated measurements ------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What the rows of one architecture, `next`-linked from `first`, say of a column: their median; failed
 * where all that were tried failed. */
static void settle(weft_device_column *column, const int *next, int first, double *room) {
    int n = 0;
    bool failure = false;
    for (int i = first; i >= 0; i = next[i]) {
        failure = failure || column->failures[i];
        if (!isnan(column->values[i])) {
            room[n++] = column->values[i];
        }
    }
    qsort(room, (size_t)n, sizeof *room, by_value);
    column->values[first] = n == 0 ? (double)NAN : 0.5 * (room[(n - 1) / 2] + room[n / 2]);
    column->failures[first] = n == 0 && failure;
}

/* Drops rows whose place is not their own. */
static void compact(weft_device_table *t, const int *place) {
    int kept = 0;
    for (int i = 0; i < t->n; i++) {
        if (place[i] != i) {
            free(t->names[i]);
            if (t->indices != NULL) {
                free(t->indices[i]);
            }
            continue;
        }
        t->names[kept] = t->names[i];
        if (t->indices != NULL) {
            t->indices[kept] = t->indices[i];
        }
        for (int c = 0; c < t->n_columns; c++) {
            t->columns[c].values[kept] = t->columns[c].values[i];
            t->columns[c].failures[kept] = t->columns[c].failures[i];
        }
        kept++;
    }
    t->n = kept;
}

static weft_status join_repeats(weft_device_table *t, weft_error *error) {
    size_t n = (size_t)t->n;
    int *links = malloc(3 * (n + 1) * sizeof *links);
    double *room = malloc((n + 1) * sizeof *room);
    if (links == NULL || room == NULL) {
        free(links);
        free(room);
        return weft_fail_memory(error, n * sizeof *room);
    }
    int *place = links, *next = links + n, *last = links + 2 * n;
    bool repeated = false;
    for (int i = 0; i < t->n; i++) {
        place[i] = weft_device_table_locate(t, t->names[i]);
        if (strcmp(t->names[place[i]], t->names[i]) != 0) {
            place[i] = i; /* another row's index is this one's name */
        }
        next[i] = -1;
        last[i] = i;
        if (place[i] != i) {
            next[last[place[i]]] = i;
            last[place[i]] = i;
            repeated = true;
        }
    }
    for (int i = 0; repeated && i < t->n; i++) {
        for (int c = 0; place[i] == i && next[i] >= 0 && c < t->n_columns; c++) {
            settle(&t->columns[c], next, i, room);
        }
    }
    if (repeated) {
        compact(t, place);
    }
    free(links);
    free(room);
    return repeated ? weft_device_table_index(t, error) : WEFT_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status name_labels(reader *r, weft_error *error) {
    size_t size = 1;
    for (int l = 0; l < r->n_labels; l++) {
        size += strlen(r->names[r->labels[l]]) + 1;
    }
    char *text = calloc(size, 1);
    if (text == NULL) {
        return weft_fail_memory(error, size);
    }
    for (int l = 0; l < r->n_labels; l++) {
        strcat(text, l > 0 ? "," : "");
        strcat(text, r->names[r->labels[l]]);
    }
    r->table->labels = text;
    r->table->joined = r->n_labels > 1;
    return WEFT_OK;
}

static weft_status read_table(reader *r, weft_error *error) {
    WEFT_TRY(read_names(r, error));
    WEFT_TRY(name_labels(r, error));
    weft_status status;
    while ((status = weft_csv_next(&r->csv, error)) == WEFT_OK) {
        WEFT_TRY(read_row(r, error));
    }
    if (status < 0) {
        return status;
    }
    if (r->table->n == 0) {
        return weft_csv_fail(&r->csv, 0, 0, error, "the table has no architecture");
    }
    status = weft_device_encode(r->table, r->by_genes, error);
    if (status != WEFT_OK) {
        weft_error_file(error, r->csv.name);
        return status;
    }
    WEFT_TRY(weft_device_table_index(r->table, error));
    int rows = r->table->n;
    WEFT_TRY(join_repeats(r->table, error));
    if (r->table->n < rows) {
        WEFT_TRY(weft_device_encode(r->table, r->by_genes, error));
    }
    for (int c = 0; c < r->table->n_columns; c++) {
        weft_device_column *column = &r->table->columns[c];
        for (int i = 0; i < r->table->n; i++) {
            column->failed += column->failures[i];
        }
    }
    return WEFT_OK;
}

weft_status weft_device_table_parse(const char *text, size_t length, const char *name,
                                    const weft_device_columns *columns, weft_device_table **table,
                                    weft_error *error) {
    reader *r = calloc(1, sizeof *r);
    weft_device_table *made = calloc(1, sizeof *made);
    if (r == NULL || made == NULL) {
        free(r);
        free(made);
        return weft_fail_memory(error, sizeof *r);
    }
    *r = (reader){.csv = weft_csv_begin(text, length, name), .wanted = columns, .table = made};
    weft_status status = read_table(r, error);
    free(r);
    if (status != WEFT_OK) {
        weft_device_table_destroy(made);
        return status;
    }
    *table = made;
    return WEFT_OK;
}

/* The bytes of a file with '\0' behind them, for the caller to free. */
static weft_status read_bytes(const char *path, char **bytes, size_t *length, weft_error *error) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return weft_fail_errno(error, "cannot open the file", path);
    }
    size_t room = 1 << 16, used = 0;
    char *made = malloc(room + 1);
    for (bool more = true; made != NULL && more;) {
        size_t got = fread(made + used, 1, room - used, file);
        used += got;
        more = got > 0 && used <= MAX_BYTES;
        if (used == room) {
            room *= 2;
            char *moved = realloc(made, room + 1);
            if (moved == NULL) {
                free(made);
            }
            made = moved;
        }
    }
    int failure = ferror(file) ? errno : 0;
    fclose(file);
    if (made == NULL) {
        return weft_fail_memory(error, room);
    }
    if (failure != 0 || used > MAX_BYTES) {
        free(made);
        errno = failure;
        return failure != 0 ? weft_fail_errno(error, "cannot read the file", path)
                            : weft_fail(error, WEFT_ERROR_INPUT, "%s has more than %d MiB", path,
                                        MAX_BYTES >> 20);
    }
    made[used] = '\0';
    *bytes = made;
    *length = used;
    return WEFT_OK;
}

weft_status weft_device_table_read(const char *path, const weft_device_columns *columns,
                                   weft_device_table **table, weft_error *error) {
    char *bytes = NULL;
    size_t length = 0;
    WEFT_TRY(read_bytes(path, &bytes, &length, error));
    weft_status status = weft_device_table_parse(bytes, length, path, columns, table, error);
    free(bytes);
    return status;
}
