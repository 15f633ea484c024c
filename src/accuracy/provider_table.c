/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy as it was measured: looked up in the table of a benchmark by the genes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/measured.h"
#include "accuracy/pattern.h"
#include "accuracy/predictor.h"
#include "accuracy/provider.h"
#include "base/number.h"
#include "base/rng.h"

/* The text of a gene's value in the key. */
typedef char value_text[WEFT_PREDICTOR_WORD];

/* A gene of the key. */
typedef struct slot {
    int gene;
    int n_choices;
    value_text *texts;             /* (n_choices) */
    const weft_key_column *column; /* for a gene without choices, and for an inactive one */
    const char *before;            /* what stands before it in the key */
} slot;

typedef struct lookup {
    weft_predictor_file *file;
    weft_measured *table;
    slot *slots;
    int n_slots, n_genes;
} lookup;

static void destroy(void *state) {
    lookup *made = state;
    if (made == NULL) {
        return;
    }
    for (int i = 0; i < made->n_slots; i++) {
        free(made->slots[i].texts);
    }
    free(made->slots);
    weft_measured_destroy(made->table);
    weft_predictor_file_destroy(made->file);
    free(made);
}

/* ---- binding --------------------------------------------------------------------------------- */

/* The table's text of a value; false where the file lists the values and this is none of them. */
static bool text_of(const weft_key_column *column, double number, const char *word, char *text) {
    for (int i = 0; i < column->n_words; i++) {
        if (weft_value_is(&column->meant[i], number, word)) {
            snprintf(text, sizeof(value_text), "%s", column->words[i].word);
            return true;
        }
    }
    if (word != NULL) {
        char *end = NULL;
        double value = weft_real_parse(word, &end);
        if (column->count == 1 && end != word && *end == '\0' && isfinite(value)) {
            weft_measured_number(value, text, sizeof(value_text));
        } else {
            snprintf(text, sizeof(value_text), "%s", word);
        }
    } else {
        weft_measured_number(number, text, sizeof(value_text));
    }
    return column->n_words == 0;
}

static weft_status bind_slot(const lookup *made, slot *s, const weft_gene_meaning *gene,
                             weft_error *error) {
    s->n_choices = gene->n_choices;
    s->texts = calloc((size_t)(gene->n_choices > 0 ? gene->n_choices : 1), sizeof *s->texts);
    if (s->texts == NULL) {
        return weft_fail_memory(error, (size_t)gene->n_choices * sizeof *s->texts);
    }
    for (int c = 0; c < gene->n_choices; c++) {
        const char *word = gene->words != NULL ? gene->words[c] : NULL;
        double number = gene->numbers != NULL ? gene->numbers[c] : 0.0;
        if (!text_of(s->column, number, word, s->texts[c])) {
            char text[40];
            snprintf(text, sizeof text, "%.10g", number);
            weft_fail(error, WEFT_ERROR_INPUT,
                      "gene \"%s\" may be %s, which column \"%s\" of table \"%s\" does not list",
                      gene->name, word != NULL ? word : text, s->column->name, made->file->name);
            weft_error_file(error, made->file->path);
            return WEFT_ERROR_INPUT;
        }
    }
    return WEFT_OK;
}

static weft_status bind_column(lookup *made, const weft_key_column *column,
                               const weft_design_genes *genes, weft_gene_use *uses,
                               weft_error *error) {
    static const char column_break[2] = {WEFT_MEASURED_BREAK, '\0'};
    int found[WEFT_PREDICTOR_MAX_GENES];
    weft_pattern_place places[WEFT_PREDICTOR_MAX_GENES];
    int n = weft_gene_names_find(&column->genes, genes, found, places);
    if (n != column->count) {
        char names[200];
        weft_fail(error, WEFT_ERROR_INPUT,
                  "column \"%s\" of table \"%s\" takes %d gene%s %s (a star is a number), the "
                  "design has %d of them",
                  column->name, made->file->name, column->count, column->count == 1 ? "" : "s",
                  weft_gene_names_text(&column->genes, names, sizeof names), n);
        weft_error_file(error, made->file->path);
        return WEFT_ERROR_INPUT;
    }
    for (int k = 0; k < n; k++) {
        slot *s = &made->slots[made->n_slots];
        s->gene = found[k];
        s->column = column;
        s->before = k > 0 ? column->join : made->n_slots > 0 ? column_break : "";
        made->n_slots++;
        uses[found[k]] = WEFT_GENE_FED;
        WEFT_TRY(bind_slot(made, s, &genes->genes[found[k]], error));
    }
    return WEFT_OK;
}

static weft_status bind(lookup *made, const weft_design_genes *genes, weft_gene_use *uses,
                        weft_error *error) {
    size_t slots = 0;
    for (int c = 0; c < made->file->n_columns; c++) {
        slots += (size_t)made->file->columns[c].count;
    }
    made->n_genes = genes->n;
    made->slots = calloc(slots, sizeof *made->slots);
    if (made->slots == NULL) {
        return weft_fail_memory(error, slots * sizeof *made->slots);
    }
    for (int c = 0; c < made->file->n_columns; c++) {
        WEFT_TRY(bind_column(made, &made->file->columns[c], genes, uses, error));
    }
    weft_pattern_allow(made->file->ignore, genes, uses);
    return WEFT_OK;
}

static weft_status fill(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error) {
    (void)input;
    (void)classes;
    lookup *made = state;
    if (settings->file == NULL || settings->file[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "accuracy by table needs the `file` of a table");
        weft_hint(error, "one of share/weft/predictors by name, or the path of yours");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(weft_predictor_file_read(settings->file, &made->file, error));
    const char *csv = settings->csv != NULL && settings->csv[0] != '\0' ? settings->csv
                                                                        : made->file->csv;
    if (!made->file->is_table) {
        weft_fail(error, WEFT_ERROR_INPUT, "predictor \"%s\" is an mlp, expected a table",
                  made->file->name);
        weft_hint(error, "write `provider: mlp`");
    } else if (genes->n == 0) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "table \"%s\" needs the genes of a design, and there are none", made->file->name);
    } else if (csv[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "table \"%s\" comes without its figures",
                  made->file->name);
        weft_hint(error,
                  "name your file (CSV or JSON) with `csv` of the accuracy; its source: "
                  "%.150s",
                  made->file->source);
    } else {
        WEFT_TRY(bind(made, genes, uses, error));
        return weft_measured_read(made->file, csv, &made->table, error);
    }
    weft_error_file(error, made->file->path);
    return WEFT_ERROR_INPUT;
}

/* ---- evaluation ------------------------------------------------------------------------------ */

static bool append(char *key, size_t *used, const char *text) {
    size_t length = strlen(text);
    if (*used + length >= WEFT_MEASURED_KEY) {
        return false;
    }
    memcpy(key + *used, text, length + 1);
    *used += length;
    return true;
}

/* Whether the genome has a key at all. */
static bool key_of(const lookup *l, const double *genome, char *key) {
    size_t used = 0;
    key[0] = '\0';
    for (int i = 0; i < l->n_slots; i++) {
        const slot *s = &l->slots[i];
        double value = genome[s->gene];
        value_text made;
        const char *text = made;
        if (isnan(value)) {
            text = s->column->inactive;
        } else if (s->n_choices == 0) {
            if (!text_of(s->column, value, NULL, made)) {
                return false;
            }
        } else if (value >= 0.0 && value < s->n_choices) {
            text = s->texts[(size_t)value];
        } else {
            return false;
        }
        if (!append(key, &used, s->before) || !append(key, &used, text)) {
            return false;
        }
    }
    return true;
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    const lookup *l = state;
    char key[WEFT_MEASURED_KEY];
    result->accuracy = key_of(l, query->genome, key) ? weft_measured_find(l->table, key) : NAN;
    if (!isnan(result->accuracy)) {
        return WEFT_OK;
    }
    for (char *c = key; *c != '\0'; c++) {
        *c = *c == WEFT_MEASURED_BREAK ? ' ' : *c;
    }
    return weft_fail(error, WEFT_ERROR_EVALUATION, "table \"%s\" has no row of this design: %.300s",
                     l->file->name, key);
}

static weft_status evaluate_many(const void *state, const double *genomes, int n,
                                 weft_accuracy_result *results, weft_error *error) {
    (void)error;
    const lookup *l = state;
    for (int i = 0; i < n; i++) {
        char key[WEFT_MEASURED_KEY];
        const double *genome = genomes + (size_t)i * (size_t)l->n_genes;
        results[i].accuracy = key_of(l, genome, key) ? weft_measured_find(l->table, key) : NAN;
    }
    return WEFT_OK;
}

static uint64_t opened(const void *state) {
    const lookup *l = state;
    uint64_t hash = 0;
    for (int64_t i = 0; i < weft_measured_rows(l->table); i++) {
        double accuracy = 0.0;
        const char *key = weft_measured_row(l->table, i, &accuracy);
        hash = weft_hash(key, strlen(key), hash);
        hash = weft_hash(&accuracy, sizeof accuracy, hash);
    }
    return hash;
}

const weft_provider weft_provider_table = {
    .size = sizeof(lookup),
    .fill = fill,
    .destroy = destroy,
    .opened = opened,
    .evaluate = evaluate,
    .evaluate_many = evaluate_many,
};
