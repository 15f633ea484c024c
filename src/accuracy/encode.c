/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy/encode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/pattern.h"

enum { NONE = -1 };

/* What decides that a gene is there at all: the number of another gene must be above `above`. */
typedef struct gate {
    int gene; /* NONE: always there */
    int n_choices;
    size_t numbers; /* of the choices, in the encoder's `numbers` */
    double above;
} gate;

/* A gene of a feature. */
typedef struct slot {
    int gene;   /* NONE: the design has it not, the value is `constant` */
    int column; /* the first of its inputs */
    int n_choices;
    size_t choices;   /* n_choices entries of the encoder's `table` */
    weft_input other; /* while inactive, or where gene is NONE; value 0: nothing */
    gate gate;
    const weft_feature *feature;
    char name[WEFT_GENE_NAME];
} slot;

struct weft_encoder {
    slot *slots;
    int n_slots;
    weft_input *table;
    double *numbers;
    size_t n_table, n_numbers;
    bool blind;
};

void weft_encoder_destroy(weft_encoder *encoder) {
    if (encoder != NULL) {
        free(encoder->slots);
        free(encoder->table);
        free(encoder->numbers);
        free(encoder);
    }
}

int weft_encoder_most(const weft_encoder *encoder) {
    return encoder->n_slots;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The input of a value, counted from the gene's first one; false where the feature has none. */
static bool input_of(const weft_feature *feature, double number, const char *word,
                     weft_input *input) {
    double scaled = number * feature->scale;
    if (feature->kind == WEFT_FEATURE_NUMBER) {
        *input = (weft_input){.value = (float)((scaled - feature->mean) / feature->deviation)};
        return word == NULL && isfinite(input->value);
    }
    int best = NONE;
    double distance = INFINITY;
    for (int i = 0; i < feature->n_values; i++) {
        const weft_value *value = &feature->values[i];
        double off = fabs(value->number - scaled);
        if (word != NULL ? strcmp(value->word, word) == 0 : value->is_number && off < distance) {
            best = i;
            distance = off;
        }
    }
    if (best == NONE || (word == NULL && !feature->nearest &&
                         !weft_value_is(&feature->values[best], scaled, NULL))) {
        return false;
    }
    *input = (weft_input){.column = best, .value = 1.0f};
    return true;
}

/* One of the values that the file itself names; it was checked on reading. */
static weft_input input_of_value(const weft_feature *feature, const weft_value *value) {
    weft_feature plain = *feature;
    weft_input input = {0};
    plain.scale = 1.0;
    (void)input_of(&plain, value->number, value->is_number ? NULL : value->word, &input);
    return input;
}

static char *known_values(const weft_feature *feature, char *buffer, size_t size) {
    size_t used = 0;
    snprintf(buffer, size, "a number");
    for (int i = 0; i < feature->n_values && used + 1 < size; i++) {
        int written = snprintf(buffer + used, size - used, "%s%s", i > 0 ? ", " : "",
                               feature->values[i].word);
        used += written > 0 ? (size_t)written : 0;
    }
    return buffer;
}

static weft_status fail_value(const slot *s, weft_status status, const char *found,
                              weft_error *error) {
    char known[160];
    weft_fail(error, status,
              "gene \"%s\" may be %s, which the predictor does not know; it knows %s", s->name,
              found, known_values(s->feature, known, sizeof known));
    error->line = s->feature->line;
    return status;
}

/* ---- binding --------------------------------------------------------------------------------- */

/* The genes of a feature: bound[k] is the design's gene of place k, or NONE. */
static weft_status find_genes(const weft_feature *feature, const weft_design_genes *genes,
                              int *bound, weft_error *error) {
    int found[WEFT_PREDICTOR_MAX_GENES];
    weft_pattern_place places[WEFT_PREDICTOR_MAX_GENES];
    int n = weft_gene_names_find(&feature->genes, genes, found, places);
    bool by_number = n < feature->count && feature->has_absent;
    for (int k = 0; k < feature->count; k++) {
        bound[k] = n == feature->count ? found[k] : NONE;
    }
    for (int i = 0; i < n && by_number; i++) {
        int64_t number = places[i].number[0];
        if (number < 1 || number > feature->count || bound[number - 1] != NONE) {
            by_number = false;
        } else {
            bound[number - 1] = found[i];
        }
    }
    if (n == feature->count || by_number) {
        return WEFT_OK;
    }
    char names[200];
    weft_fail(error, WEFT_ERROR_INPUT,
              "the predictor takes %d gene%s %s (a star is a number), the design has %d of them",
              feature->count, feature->count == 1 ? "" : "s",
              weft_gene_names_text(&feature->genes, names, sizeof names), n);
    error->line = feature->line;
    weft_hint(error,
              "rename the genes of the space, or add their names to `genes` of a copy of "
              "the predictor's file%s",
              n < feature->count ? "; `absent` says what holds where there is no such gene" : "");
    return WEFT_ERROR_INPUT;
}

static weft_status bind_choices(weft_encoder *encoder, slot *s, const weft_gene_meaning *gene,
                                weft_error *error) {
    s->choices = encoder->n_table;
    for (int c = 0; c < gene->n_choices; c++) {
        weft_input input = {0};
        const char *word = gene->words != NULL ? gene->words[c] : NULL;
        double number = gene->numbers != NULL ? gene->numbers[c] : 0.0;
        char text[40];
        if (encoder->blind && s->feature->has_blind) {
            input = input_of_value(s->feature, &s->feature->blind);
        } else if (!input_of(s->feature, number, word, &input)) {
            snprintf(text, sizeof text, "%.10g", number);
            return fail_value(s, WEFT_ERROR_INPUT, word != NULL ? word : text, error);
        }
        input.column += s->column;
        encoder->table[encoder->n_table++] = input;
    }
    return WEFT_OK;
}

/* The gene that opens place k of a feature, where the design has one. */
static weft_status bind_gate(weft_encoder *encoder, slot *s, int k, const weft_design_genes *genes,
                             weft_gene_use *uses, weft_error *error) {
    const weft_feature *feature = s->feature;
    int found[WEFT_PREDICTOR_MAX_GENES];
    weft_pattern_place places[WEFT_PREDICTOR_MAX_GENES];
    s->gate.gene = NONE;
    int n = weft_gene_names_find(&feature->depth, genes, found, places);
    int place = feature->each > 0 ? (k + feature->first) / feature->each : 0;
    for (int i = 0; i < n && i < WEFT_PREDICTOR_MAX_GENES; i++) {
        uses[found[i]] = WEFT_GENE_FED;
    }
    if (place >= n || place >= WEFT_PREDICTOR_MAX_GENES) {
        return WEFT_OK;
    }
    const weft_gene_meaning *gene = &genes->genes[found[place]];
    if (gene->words != NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "gene \"%s\" says a depth to the predictor, but its choices are words",
                         gene->name);
    }
    s->gate = (gate){.gene = found[place],
                     .n_choices = gene->n_choices,
                     .numbers = encoder->n_numbers,
                     .above = (k + feature->first) % feature->each};
    for (int c = 0; c < gene->n_choices; c++) {
        encoder->numbers[encoder->n_numbers++] = gene->numbers[c];
    }
    return WEFT_OK;
}

static weft_status bind_slot(weft_encoder *encoder, slot *s, const weft_design_genes *genes,
                             weft_gene_use *uses, weft_error *error) {
    const weft_feature *feature = s->feature;
    if (s->gene == NONE) {
        bool blind = encoder->blind && feature->has_blind;
        s->other = input_of_value(feature, blind ? &feature->blind : &feature->absent);
        s->other.column += s->column;
        return WEFT_OK;
    }
    const weft_gene_meaning *gene = &genes->genes[s->gene];
    uses[s->gene] = encoder->blind && feature->has_blind ? WEFT_GENE_ALLOWED : WEFT_GENE_FED;
    snprintf(s->name, sizeof s->name, "%s", gene->name);
    s->n_choices = gene->n_choices;
    if (feature->has_inactive) {
        s->other = input_of_value(feature, &feature->inactive);
        s->other.column += s->column;
    }
    return bind_choices(encoder, s, gene, error);
}

static weft_status bind_feature(weft_encoder *encoder, const weft_feature *feature, int column,
                                const weft_design_genes *genes, weft_gene_use *uses,
                                weft_error *error) {
    if (feature->kind == WEFT_FEATURE_FIXED) {
        for (int i = 0; i < feature->n_values; i++) {
            slot *s = &encoder->slots[encoder->n_slots++];
            *s = (slot){.gene = NONE, .feature = feature, .gate.gene = NONE};
            s->other =
                (weft_input){.column = column + i, .value = (float)feature->values[i].number};
        }
        return WEFT_OK;
    }
    int bound[WEFT_PREDICTOR_MAX_GENES];
    WEFT_TRY(find_genes(feature, genes, bound, error));
    int inputs = feature->inputs / feature->count;
    for (int k = 0; k < feature->count; k++) {
        slot *s = &encoder->slots[encoder->n_slots++];
        *s = (slot){.gene = bound[k], .column = column + k * inputs, .feature = feature};
        WEFT_TRY(bind_gate(encoder, s, k, genes, uses, error));
        WEFT_TRY(bind_slot(encoder, s, genes, uses, error));
    }
    return WEFT_OK;
}

/* Room for all slots: every one may need the choices of two genes. */
static weft_status encoder_create(const weft_predictor_layer *branch,
                                  const weft_design_genes *genes, weft_encoder **encoder,
                                  weft_error *error) {
    size_t slots = 0;
    size_t most = 1;
    for (int f = 0; f < branch->n_features; f++) {
        const weft_feature *feature = &branch->features[f];
        slots += (size_t)(feature->count > 0 ? feature->count : feature->n_values);
    }
    for (int g = 0; g < genes->n; g++) {
        size_t choices = (size_t)(genes->genes[g].n_choices > 0 ? genes->genes[g].n_choices : 0);
        most = choices > most ? choices : most;
    }
    weft_encoder *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->slots = calloc(slots, sizeof *made->slots);
        made->table = calloc(slots * most, sizeof *made->table);
        made->numbers = calloc(slots * most, sizeof *made->numbers);
    }
    if (made == NULL || made->slots == NULL || made->table == NULL || made->numbers == NULL) {
        weft_encoder_destroy(made);
        return weft_fail_memory(error, slots * most * sizeof(double));
    }
    *encoder = made;
    return WEFT_OK;
}

weft_status weft_encoder_create(const weft_predictor_layer *branch, const weft_design_genes *genes,
                                bool blind_bits, weft_gene_use *uses, weft_encoder **encoder,
                                weft_error *error) {
    weft_encoder *made = NULL;
    int column = 0;
    WEFT_TRY(encoder_create(branch, genes, &made, error));
    made->blind = blind_bits;
    for (int f = 0; f < branch->n_features; f++) {
        weft_status status = bind_feature(made, &branch->features[f], column, genes, uses, error);
        if (status != WEFT_OK) {
            weft_encoder_destroy(made);
            return status;
        }
        column += branch->features[f].inputs;
    }
    *encoder = made;
    return WEFT_OK;
}

/* ---- encoding -------------------------------------------------------------------------------- */

static bool gate_open(const weft_encoder *encoder, const gate *g, const double *genome) {
    if (g->gene == NONE) {
        return true;
    }
    double value = genome[g->gene];
    if (g->n_choices > 0 && value >= 0.0 && value < g->n_choices) {
        value = encoder->numbers[g->numbers + (size_t)value];
    }
    return value > g->above; /* NaN: shut */
}

/* A value of a gene without choices. */
static weft_status encode_value(const weft_encoder *encoder, const slot *s, double value,
                                weft_input *input, weft_error *error) {
    if (encoder->blind && s->feature->has_blind) {
        *input = input_of_value(s->feature, &s->feature->blind);
    } else if (!input_of(s->feature, value, NULL, input)) {
        char text[40];
        snprintf(text, sizeof text, "%.10g", value);
        return fail_value(s, WEFT_ERROR_EVALUATION, text, error);
    }
    input->column += s->column;
    return WEFT_OK;
}

weft_status weft_encode(const weft_encoder *encoder, const double *genome, weft_input *inputs,
                        int *n, weft_error *error) {
    int used = 0;
    for (int i = 0; i < encoder->n_slots; i++) {
        const slot *s = &encoder->slots[i];
        double value = s->gene == NONE ? NAN : genome[s->gene];
        bool open = gate_open(encoder, &s->gate, genome);
        weft_input input;
        if (isnan(value) || !open) {
            input = s->other;
            input.value = s->gene == NONE && !open ? 0.0f : input.value;
        } else if (s->n_choices == 0) {
            WEFT_TRY(encode_value(encoder, s, value, &input, error));
        } else if (value >= 0.0 && value < s->n_choices) {
            input = encoder->table[s->choices + (size_t)value];
        } else {
            return weft_fail(error, WEFT_ERROR_EVALUATION, "gene \"%s\" is %g, expected 0 to %d",
                             s->name, value, s->n_choices - 1);
        }
        if (input.value != 0.0f) {
            inputs[used++] = input;
        }
    }
    *n = used;
    return WEFT_OK;
}
