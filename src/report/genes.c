/* SPDX-License-Identifier: Apache-2.0 */
#include "report/genes.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"

const char *weft_gene_part_word(weft_gene_part part) {
    static const char *const words[] = {
        [WEFT_GENE_NETWORK] = "network", [WEFT_GENE_BITS] = "bits", [WEFT_GENE_CHIP] = "chip"};
    return words[part];
}

static bool is_digit(char c) {
    return isdigit((unsigned char)c) != 0;
}

/* Length of what repeated genes have in common: "kernel" of kernel3 and of kernel1_3; *place is the
 * first number of two, else 0. A name such as "voltage_10" is one of its own. */
static size_t stem_length(const char *name, int *place) {
    size_t whole = strlen(name), n = whole;
    *place = 0;
    while (n > 0 && is_digit(name[n - 1])) {
        n--;
    }
    if (n == 0 || n == whole || name[n - 1] != '_') {
        return n == 0 ? whole : n;
    }
    size_t first = n - 1;
    while (first > 0 && is_digit(name[first - 1])) {
        first--;
    }
    if (first == n - 1 || first == 0) {
        return whole;
    }
    *place = atoi(name + first);
    return first;
}

static const weft_space_knob *knob_of(const weft_space *space, int gene) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    for (int k = 0; k < n; k++) {
        if (knobs[k].gene == gene) {
            return &knobs[k];
        }
    }
    return NULL;
}

static weft_gene_part part_of(const weft_gene_row *row, bool knob) {
    return knob                                ? WEFT_GENE_CHIP
           : strstr(row->name, "bits") != NULL ? WEFT_GENE_BITS
                                               : WEFT_GENE_NETWORK;
}

static void append(weft_gene_row *row, const char *separator, const char *value) {
    size_t used = strlen(row->values);
    weft_text_format(row->values + used, sizeof row->values - used, "%s%s", separator, value);
}

/* Rows under way; `places` has the place of the last gene of each. */
typedef struct rows_made {
    weft_gene_row *rows;
    int *places;
    int n;
} rows_made;

/* The row that a gene goes on with; its own, the next one, where there is none. */
static int find_row(const rows_made *made, const weft_gene_row *row) {
    int i = 0;
    while (i < made->n &&
           (strcmp(made->rows[i].name, row->name) != 0 || made->rows[i].part != row->part)) {
        i++;
    }
    return i;
}

static void add_gene(const weft_space *space, int g, const double *genome, rows_made *made) {
    const char *name = weft_space_genes(space).genes[g].name;
    const weft_space_knob *knob = knob_of(space, g);
    weft_gene_row row = {.name = ""};
    char value[64] = "–", text[96];
    int place = 0;
    weft_text_format(row.name, sizeof row.name, "%.*s", (int)stem_length(name, &place), name);
    row.part = part_of(&row, knob != NULL);
    if (knob != NULL) {
        weft_text_format(row.sets, sizeof row.sets, "%s", knob->path);
    }
    if (!isnan(genome[g])) {
        weft_space_value_text(space, g, genome[g], value, sizeof value);
    }
    bool unit = knob != NULL && !isnan(genome[g]) && knob->unit[0] != '\0' &&
                strcmp(knob->unit, "1") != 0;
    weft_text_format(text, sizeof text, "%s%s%s", value, unit ? " " : "", unit ? knob->unit : "");
    int at = find_row(made, &row);
    if (at == made->n) {
        made->rows[made->n++] = row;
        append(&made->rows[at], "", text);
    } else {
        append(&made->rows[at], place != made->places[at] ? " | " : " ", text);
    }
    made->places[at] = place;
}

/* Whether a row has a value at all. */
static bool is_active(const weft_gene_row *row) {
    for (const char *at = row->values; *at != '\0'; at++) {
        if (isalnum((unsigned char)*at)) {
            return true;
        }
    }
    return false;
}

static void sort_rows(const rows_made *made, weft_gene_row *rows, int *n) {
    for (int part = WEFT_GENE_NETWORK; part <= WEFT_GENE_CHIP; part++) {
        for (int i = 0; i < made->n; i++) {
            if ((int)made->rows[i].part == part && is_active(&made->rows[i])) {
                rows[(*n)++] = made->rows[i];
            }
        }
    }
}

weft_status weft_report_genes(const weft_space *space, const double *genome, weft_gene_row **rows,
                              int *n, weft_error *error) {
    int n_genes = weft_space_genes(space).n_genes;
    size_t room = (size_t)n_genes + 1;
    rows_made made = {calloc(room, sizeof *made.rows), calloc(room, sizeof *made.places), 0};
    *rows = calloc(room, sizeof **rows);
    *n = 0;
    bool whole = made.rows != NULL && made.places != NULL && *rows != NULL;
    if (whole) {
        for (int g = 0; g < n_genes; g++) {
            add_gene(space, g, genome, &made);
        }
        sort_rows(&made, *rows, n);
    } else {
        free(*rows);
        *rows = NULL;
    }
    free(made.rows);
    free(made.places);
    return whole ? WEFT_OK : weft_fail_memory(error, room * sizeof **rows);
}
