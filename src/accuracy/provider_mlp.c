/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy as a multilayer perceptron predicts it from the genes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/encode.h"
#include "accuracy/mlp.h"
#include "accuracy/pattern.h"
#include "accuracy/provider.h"
#include "base/rng.h"
#include "learn/data.h"
#include "learn/sha256.h"

enum { ALIGNMENT = 64 };

typedef struct predictor {
    weft_predictor_file *file;
    weft_encoder *encoders[WEFT_PREDICTOR_MAX_BRANCHES];
    weft_mlp *mlp;
    int n_genes;
    size_t inputs;    /* the most of a design, over all branches */
    uint64_t weights; /* a hash of their values */
} predictor;

static void destroy(void *state) {
    predictor *made = state;
    if (made == NULL) {
        return;
    }
    for (int b = 0; b < WEFT_PREDICTOR_MAX_BRANCHES; b++) {
        weft_encoder_destroy(made->encoders[b]);
    }
    weft_mlp_destroy(made->mlp);
    weft_predictor_file_destroy(made->file);
    free(made);
}

/* ---- creation -------------------------------------------------------------------------------- */

/* Weights that an import wrote must be those that it checked. */
static weft_status check_sum(const predictor *made, weft_error *error) {
    weft_bytes bytes = {0};
    weft_sha256 sum;
    char found[WEFT_SHA256_TEXT];
    WEFT_TRY(weft_bytes_read(made->file->weights, &bytes, error));
    weft_sha256_begin(&sum);
    weft_sha256_add(&sum, bytes.data, bytes.size);
    weft_sha256_end(&sum, found);
    free(bytes.data);
    if (strcmp(found, made->file->sha256) == 0) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "the weights have another SHA-256 than %s says",
              made->file->path);
    weft_error_file(error, made->file->weights);
    weft_hint(error, "import them again: weft predictor import");
    return WEFT_ERROR_INPUT;
}

static uint64_t hash_weights(const weft_tensors *tensors) {
    uint64_t hash = 0;
    for (int i = 0; i < tensors->n; i++) {
        const weft_tensor *tensor = &tensors->items[i];
        hash = weft_hash(tensor->name, strlen(tensor->name), hash);
        hash = weft_hash(tensor->values, tensor->n * sizeof *tensor->values, hash);
    }
    return hash;
}

static weft_status read_weights(predictor *made, const char *given, weft_error *error) {
    bool own = given == NULL || given[0] == '\0';
    const char *path = own ? made->file->weights : given;
    if (path[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "predictor \"%s\" comes without weights",
                  made->file->name);
        weft_error_file(error, made->file->path);
        weft_hint(error,
                  "name your file with `weights` of the accuracy, or make a predictor of "
                  "both with: weft predictor import %s WEIGHTS",
                  made->file->name);
        return WEFT_ERROR_INPUT;
    }
    if (own && made->file->sha256[0] != '\0') {
        WEFT_TRY(check_sum(made, error));
    }
    weft_tensors tensors = {0};
    weft_status read = weft_tensors_read(path, &tensors, error);
    if (read == WEFT_ERROR_IO) {
        weft_hint(error,
                  "the weights are not part of Weft: `weft predictor show %s` names their source, "
                  "`weft predictor import` takes them in",
                  made->file->name);
    }
    WEFT_TRY(read);
    weft_status status = weft_mlp_create(made->file, &tensors, &made->mlp, error);
    made->weights = hash_weights(&tensors);
    weft_tensors_destroy(&tensors);
    if (status == WEFT_ERROR_INPUT) {
        weft_error_file(error, path);
    }
    return status;
}

static weft_status bind(predictor *made, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_error *error) {
    bool has_blind = false;
    for (int b = 0; b < made->file->n_branches; b++) {
        const weft_predictor_layer *branch = &made->file->branches[b];
        weft_status status = weft_encoder_create(branch, genes, settings->blind_bits, uses,
                                                 &made->encoders[b], error);
        if (status != WEFT_OK) {
            weft_error_file(error, made->file->path);
            return status;
        }
        made->inputs += (size_t)weft_encoder_most(made->encoders[b]);
        for (int f = 0; f < branch->n_features; f++) {
            has_blind = has_blind || branch->features[f].has_blind;
        }
    }
    if (settings->blind_bits && !has_blind) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "`blind_bits` is set, but no feature of predictor \"%s\" has a `blind` value",
                  made->file->name);
        weft_error_file(error, made->file->path);
        return WEFT_ERROR_INPUT;
    }
    weft_pattern_allow(made->file->ignore, genes, uses);
    return WEFT_OK;
}

static weft_status fill(void *state, const weft_accuracy_settings *settings,
                        const weft_design_genes *genes, weft_gene_use *uses, weft_shape *input,
                        int *classes, weft_error *error) {
    (void)input;
    (void)classes;
    predictor *made = state;
    if (settings->file == NULL || settings->file[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "accuracy by mlp needs the `file` of a predictor");
        weft_hint(error, "one of share/weft/predictors by name, or the path of yours");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(weft_predictor_file_read(settings->file, &made->file, error));
    if (made->file->is_table || made->file->is_topology) {
        const char *kind = made->file->is_table ? "table" : "topology";
        weft_fail(error, WEFT_ERROR_INPUT, "predictor \"%s\" is a %s, expected an mlp",
                  made->file->name, kind);
        weft_error_file(error, made->file->path);
        weft_hint(error, "write `provider: %s`", kind);
        return WEFT_ERROR_INPUT;
    }
    if (genes->n == 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "predictor \"%s\" needs the genes of a design, and there are none",
                         made->file->name);
    }
    made->n_genes = genes->n;
    WEFT_TRY(bind(made, settings, genes, uses, error));
    return read_weights(made, settings->weights, error);
}

/* ---- evaluation ------------------------------------------------------------------------------ */

/* Memory of one call: scratch of the perceptron, then the inputs of a batch. */
static void *take_memory(const predictor *p, int batch, weft_input **inputs) {
    size_t scratch = (weft_mlp_scratch(p->mlp) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t more = (size_t)batch * p->inputs * sizeof(weft_input) + ALIGNMENT;
    char *memory = aligned_alloc(ALIGNMENT, scratch + more / ALIGNMENT * ALIGNMENT);
    *inputs = memory == NULL ? NULL : (weft_input *)(void *)(memory + scratch);
    return memory;
}

static weft_status encode(const predictor *p, const double *genome, weft_input *inputs,
                          weft_mlp_inputs *design, weft_error *error) {
    for (int b = 0; b < p->file->n_branches; b++) {
        design->inputs[b] = inputs;
        WEFT_TRY(weft_encode(p->encoders[b], genome, inputs, &design->n[b], error));
        inputs += weft_encoder_most(p->encoders[b]);
    }
    return WEFT_OK;
}

/* The accuracy that an output says; NaN where it is none. */
static double accuracy_of(const predictor *p, float output) {
    double accuracy = p->file->offset + p->file->scale * (double)output;
    return accuracy >= 0.0 && accuracy <= 1.0 ? accuracy : NAN;
}

static weft_status evaluate(const void *state, const weft_accuracy_query *query,
                            weft_accuracy_result *result, weft_error *error) {
    const predictor *p = state;
    weft_input *inputs = NULL;
    weft_mlp_inputs design;
    float output = 0.0f;
    void *memory = take_memory(p, 1, &inputs);
    if (memory == NULL) {
        return weft_fail_memory(error, weft_mlp_scratch(p->mlp));
    }
    weft_status status = encode(p, query->genome, inputs, &design, error);
    if (status == WEFT_OK) {
        weft_mlp_evaluate(p->mlp, &design, 1, memory, &output);
        result->accuracy = accuracy_of(p, output);
    }
    free(memory);
    if (status == WEFT_OK && isnan(result->accuracy)) {
        return weft_fail(error, WEFT_ERROR_EVALUATION,
                         "predictor \"%s\" says an accuracy of %g, expected 0 to 1", p->file->name,
                         p->file->offset + p->file->scale * (double)output);
    }
    return status;
}

static weft_status evaluate_many(const void *state, const double *genomes, int n,
                                 weft_accuracy_result *results, weft_error *error) {
    const predictor *p = state;
    weft_input *inputs = NULL;
    void *memory = take_memory(p, WEFT_MLP_BATCH, &inputs);
    if (memory == NULL) {
        return weft_fail_memory(error, weft_mlp_scratch(p->mlp));
    }
    for (int first = 0; first < n; first += WEFT_MLP_BATCH) {
        weft_mlp_inputs designs[WEFT_MLP_BATCH];
        int of[WEFT_MLP_BATCH]; /* the design that each one of the batch is */
        float outputs[WEFT_MLP_BATCH];
        int batch = 0;
        for (int i = first; i < n && i < first + WEFT_MLP_BATCH; i++) {
            weft_error ignored;
            const double *genome = genomes + (size_t)i * (size_t)p->n_genes;
            results[i].accuracy = NAN;
            if (encode(p, genome, inputs + (size_t)batch * p->inputs, &designs[batch], &ignored) ==
                WEFT_OK) {
                of[batch++] = i;
            }
        }
        weft_mlp_evaluate(p->mlp, designs, batch, memory, outputs);
        for (int b = 0; b < batch; b++) {
            results[of[b]].accuracy = accuracy_of(p, outputs[b]);
        }
    }
    free(memory);
    return WEFT_OK;
}

static uint64_t opened(const void *state) {
    const predictor *p = state;
    return p->weights;
}

const weft_provider weft_provider_mlp = {
    .size = sizeof(predictor),
    .fill = fill,
    .destroy = destroy,
    .opened = opened,
    .evaluate = evaluate,
    .evaluate_many = evaluate_many,
};
