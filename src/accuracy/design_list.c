/* SPDX-License-Identifier: Apache-2.0
 *
 * Designs with their accuracies from files. The rows of a benchmark's table are first written as CSV,
 * a column for each gene of its keys, and then read like any other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/golden.h"
#include "accuracy/measured.h"
#include "accuracy/predictor.h"
#include "accuracy/sample.h"
#include "base/number.h"

struct weft_design_list {
    weft_golden *golden;
    weft_designs designs;
};

void weft_design_list_destroy(weft_design_list *list) {
    if (list != NULL) {
        weft_golden_destroy(list->golden);
        free(list);
    }
}

const weft_designs *weft_design_list_get(const weft_design_list *list) {
    return &list->designs;
}

/* ---- tables ------------------------------------------------------------------------------------ */

/* "op3" of the pattern "op*" and place 2. */
static void gene_name(const weft_key_column *column, int place, char *name, size_t size) {
    const char *pattern = column->genes.pattern[0];
    size_t before = strcspn(pattern, "*");
    if (pattern[before] == '\0') {
        snprintf(name, size, "%s", pattern);
    } else {
        snprintf(name, size, "%.*s%d%s", (int)before, pattern, place + 1, pattern + before + 1);
    }
}

/* The value that stands at the start of a cell, as a gene has it: "" where it is inactive, NULL where
 * there is none; its length in *used. */
static const char *value_at(const weft_key_column *column, const char *cell, size_t left,
                            char *room, size_t size, size_t *used) {
    const char *found = NULL;
    size_t pause = strlen(column->inactive);
    bool pauses = pause > 0 && pause <= left && strncmp(cell, column->inactive, pause) == 0;
    *used = 0;
    for (int w = 0; w < column->n_words; w++) {
        size_t length = strlen(column->words[w].word);
        if (length > *used && length <= left && strncmp(cell, column->words[w].word, length) == 0) {
            *used = length;
            found = column->meant[w].word;
        }
    }
    if (column->n_words > 0) {
        bool inactive = pauses && pause > *used;
        *used = inactive ? pause : *used;
        return inactive ? "" : found;
    }
    const char *end = column->join[0] != '\0' ? strstr(cell, column->join) : NULL;
    *used = column->count == 1                           ? left
            : end != NULL && (size_t)(end - cell) < left ? (size_t)(end - cell)
            : column->join[0] != '\0' || left == 0       ? left
                                                         : 1;
    snprintf(room, size, "%.*s", (int)*used, cell);
    return pauses && pause == *used ? "" : room;
}

/* Writes the genes of a cell, each with a comma behind it; false where it does not hold them all. */
static bool write_cell(const weft_key_column *column, const char *cell, size_t left, FILE *out) {
    char room[2 * WEFT_PREDICTOR_WORD];
    size_t join = strlen(column->join);
    for (int k = 0; k < column->count; k++) {
        size_t used = 0;
        if (k > 0 && join > 0) {
            if (left < join || strncmp(cell, column->join, join) != 0) {
                return false;
            }
            cell += join;
            left -= join;
        }
        const char *value = value_at(column, cell, left, room, sizeof room, &used);
        if (value == NULL || used == 0) {
            return false;
        }
        fprintf(out, "\"%s\",", value);
        cell += used;
        left -= used;
    }
    return left == 0;
}

static weft_status write_rows(const weft_predictor_file *file, const weft_measured *table,
                              FILE *out, weft_error *error) {
    for (int c = 0; c < file->n_columns; c++) {
        for (int k = 0; k < file->columns[c].count; k++) {
            char name[2 * WEFT_GENE_NAME];
            gene_name(&file->columns[c], k, name, sizeof name);
            fprintf(out, "%s,", name);
        }
    }
    fprintf(out, "accuracy\n");
    for (int64_t i = 0; i < weft_measured_rows(table); i++) {
        double accuracy = 0.0;
        char number[40];
        const char *key = weft_measured_row(table, i, &accuracy);
        for (int c = 0; c < file->n_columns; c++) {
            size_t length = strcspn(key, (const char[]){WEFT_MEASURED_BREAK, '\0'});
            if (!write_cell(&file->columns[c], key, length, out)) {
                return weft_fail(error, WEFT_ERROR_INPUT,
                                 "\"%.*s\" in column \"%s\" does not hold %d values that table "
                                 "\"%s\" lists",
                                 (int)(length < 80 ? length : 80), key, file->columns[c].name,
                                 file->columns[c].count, file->name);
            }
            key += length + (key[length] != '\0');
        }
        fprintf(out, "%s\n", weft_real_text(accuracy, number, sizeof number));
    }
    return WEFT_OK;
}

static weft_status read_table(const weft_predictor_file *file, const char *path,
                              weft_golden **golden, weft_error *error) {
    weft_measured *table = NULL;
    char *text = NULL;
    size_t length = 0;
    WEFT_TRY(weft_measured_read(file, path, &table, error));
    FILE *out = open_memstream(&text, &length);
    weft_status status = out != NULL ? write_rows(file, table, out, error)
                                     : weft_fail_memory(error, 4096);
    if (out != NULL && fclose(out) != 0 && status == WEFT_OK) {
        status = weft_fail_memory(error, length);
    }
    weft_measured_destroy(table);
    if (status == WEFT_OK) {
        status = weft_golden_parse(text, length, path, "accuracy", golden, error);
    }
    free(text);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static weft_status read_designs(const weft_design_file *file, weft_golden **golden,
                                weft_error *error) {
    if (file->table == NULL || file->table[0] == '\0') {
        return weft_golden_read(file->path, file->column, golden, error);
    }
    weft_predictor_file *table = NULL;
    WEFT_TRY(weft_predictor_file_read(file->table, &table, error));
    weft_status status = WEFT_OK;
    if (!table->is_table) {
        status = weft_fail(error, WEFT_ERROR_INPUT, "predictor \"%s\" is an mlp, expected a table",
                           table->name);
        weft_error_file(error, table->path);
    } else {
        status = read_table(table, file->path, golden, error);
    }
    weft_predictor_file_destroy(table);
    return status;
}

/* A table says of its accuracies what a file without one must be told. */
static weft_status check_table(const weft_design_file *file, weft_error *error) {
    bool named = file->column != NULL && file->column[0] != '\0';
    if (file->table == NULL || file->table[0] == '\0' || !(named || file->percent)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_USAGE, "table \"%.100s\" says itself %s", file->table,
              named ? "which column its accuracies are" : "in which unit its accuracies are");
    weft_hint(error, "leave out %s: it is of files whose columns are genes",
              named ? "`column`" : "`percent`");
    return WEFT_ERROR_USAGE;
}

static weft_status fill(weft_design_list *list, const weft_design_file *file, weft_error *error) {
    WEFT_TRY(check_table(file, error));
    WEFT_TRY(read_designs(file, &list->golden, error));
    weft_golden *golden = list->golden;
    if (file->sample > 0) {
        WEFT_TRY(weft_sample_designs(golden->genomes, golden->given, (size_t)golden->genes.n,
                                     &golden->n, file->sample, file->seed, error));
    }
    for (int i = 0; file->percent && i < golden->n; i++) {
        golden->given[i] *= 0.01;
    }
    list->designs = (weft_designs){.genes = golden->genes,
                                   .n = golden->n,
                                   .genomes = golden->genomes,
                                   .accuracies = golden->given};
    return WEFT_OK;
}

weft_status weft_design_list_read(const weft_design_file *file, weft_design_list **list,
                                  weft_error *error) {
    weft_design_list *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill(made, file, error);
    if (status != WEFT_OK) {
        weft_design_list_destroy(made);
        return status;
    }
    *list = made;
    return WEFT_OK;
}
