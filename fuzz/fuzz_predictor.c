/* SPDX-License-Identifier: Apache-2.0
 * Any text as a predictor file; what is read is bound to genes of its own names, filled with weights
 * and asked, or looked up in a table of two rows. */
#include "accuracy/encode.h"
#include "accuracy/measured.h"
#include "accuracy/mlp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

enum { MOST_GENES = 600, MOST_WEIGHTS = 1 << 18 };

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

typedef struct design {
    weft_gene_meaning genes[MOST_GENES];
    char names[MOST_GENES][2 * WEFT_GENE_NAME];
    weft_design_genes table;
} design;

/* Genes of the first pattern, each star the same number. */
static void add_genes(design *d, const weft_gene_names *names, int count) {
    for (int i = 0; i < count && d->table.n < MOST_GENES; i++) {
        char *name = d->names[d->table.n];
        size_t used = 0;
        for (const char *at = names->pattern[0]; *at != '\0' && used < WEFT_GENE_NAME; at++) {
            used += (size_t)(*at == '*' ? snprintf(name + used, 12, "%d", i + 1)
                                        : snprintf(name + used, 2, "%c", *at));
        }
        d->genes[d->table.n++] = (weft_gene_meaning){.name = name};
    }
    d->table.genes = d->genes;
}

/* An array of the shape that a layer asks for, all of one value. */
static bool add_array(weft_tensors *tensors, const char *name, int rows, int columns) {
    weft_tensor tensor = {.n_dims = columns > 0 ? 2 : 1, .dims = {rows, columns}};
    weft_error error;
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    if (name[0] == '\0' || !weft_tensor_count(&tensor) || tensor.n > MOST_WEIGHTS) {
        return name[0] == '\0';
    }
    uint8_t *zeros = calloc(tensor.n, sizeof(float));
    weft_status status =
        zeros == NULL ? WEFT_ERROR_MEMORY
                      : weft_tensors_add(tensors, &tensor, WEFT_REAL_32, false, zeros, &error);
    free(zeros);
    return status == WEFT_OK;
}

static bool add_layer(weft_tensors *tensors, const weft_predictor_layer *layer) {
    return add_array(tensors, layer->weight, layer->transposed ? layer->inputs : layer->outputs,
                     layer->transposed ? layer->outputs : layer->inputs) &&
           add_array(tensors, layer->bias, layer->outputs, 0);
}

static void ask(const weft_predictor_file *file, weft_encoder *const *encoders) {
    static weft_input inputs[WEFT_PREDICTOR_MAX_BRANCHES][WEFT_PREDICTOR_MAX_VALUES * 64];
    static double genome[MOST_GENES];
    weft_tensors tensors = {0};
    weft_mlp *mlp = NULL;
    weft_mlp_inputs asked;
    weft_error error;
    bool whole = true;
    for (int g = 0; g < MOST_GENES; g++) {
        genome[g] = g % 3 == 0 ? NAN : g % 3;
    }
    for (int b = 0; b < file->n_branches; b++) {
        whole = whole && add_layer(&tensors, &file->branches[b]) &&
                weft_encoder_most(encoders[b]) <= WEFT_PREDICTOR_MAX_VALUES * 64 &&
                weft_encode(encoders[b], genome, inputs[b], &asked.n[b], &error) == WEFT_OK;
        asked.inputs[b] = inputs[b];
    }
    for (int l = 0; l < file->n_layers; l++) {
        whole = whole && add_layer(&tensors, &file->layers[l]);
    }
    if (whole && weft_mlp_create(file, &tensors, &mlp, &error) == WEFT_OK) {
        float output = 1.0f;
        void *scratch = aligned_alloc(64, (weft_mlp_scratch(mlp) + 63) / 64 * 64);
        if (scratch != NULL) {
            weft_mlp_evaluate(mlp, &asked, 1, scratch, &output);
            require(output >= 0.0f && output <= 1.0f); /* weights of 0 */
        }
        free(scratch);
    }
    weft_mlp_destroy(mlp);
    weft_tensors_destroy(&tensors);
}

static void check_mlp(const weft_predictor_file *file) {
    static design d;
    static weft_gene_use uses[MOST_GENES];
    weft_encoder *encoders[WEFT_PREDICTOR_MAX_BRANCHES] = {NULL};
    weft_error error;
    bool bound = true;
    d.table.n = 0;
    for (int b = 0; b < file->n_branches; b++) {
        for (int f = 0; f < file->branches[b].n_features; f++) {
            if (file->branches[b].features[f].count > 0) {
                add_genes(&d, &file->branches[b].features[f].genes,
                          file->branches[b].features[f].count);
            }
        }
    }
    for (int b = 0; b < file->n_branches && bound; b++) {
        bound = weft_encoder_create(&file->branches[b], &d.table, b % 2 == 1, uses, &encoders[b],
                                    &error) == WEFT_OK;
    }
    if (bound) {
        ask(file, encoders);
    }
    for (int b = 0; b < file->n_branches; b++) {
        weft_encoder_destroy(encoders[b]);
    }
}

static void check_table(const weft_predictor_file *file) {
    char text[8192] = "";
    weft_measured *table = NULL;
    weft_error error;
    for (int row = 0; row < 3; row++) {
        for (int c = 0; c <= file->n_columns; c++) {
            size_t used = strlen(text);
            const char *name = c < file->n_columns ? file->columns[c].name : file->column;
            snprintf(text + used, sizeof text - used, "%s%s",
                     row == 0   ? name
                     : row == 1 ? "0"
                                : "1",
                     c < file->n_columns ? "," : "\n");
        }
    }
    if (weft_measured_parse_csv(file, text, strlen(text), "fuzz.csv", &table, &error) == WEFT_OK) {
        double accuracy = NAN;
        const char *key = weft_measured_row(table, 0, &accuracy);
        require(weft_measured_rows(table) <= 2 && accuracy >= 0.0 && accuracy <= 1.0);
        require(weft_measured_find(table, key) == accuracy);
    }
    weft_measured_destroy(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    weft_predictor_file *file = NULL;
    weft_error error = {0};
    const char *text = size > 0 ? (const char *)bytes : "";
    if (weft_predictor_file_parse(text, size, "fuzz.yaml", &file, &error) != WEFT_OK) {
        char buffer[2048];
        require(file == NULL && error.message[0] != '\0');
        weft_error_format(&error, buffer, sizeof buffer);
        return 0;
    }
    if (file->is_table) {
        check_table(file);
    } else {
        check_mlp(file);
    }
    weft_predictor_file_destroy(file);
    return 0;
}
