/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of a quantized network: of each layer of products its integers, steps and folded bias, and
 * all that stays real under the names of weights that are not quantized. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "learn/ptq.h"
#include "learn/safetensors.h"
#include "learn/train_file.h"

/* bits of weights, bits of inputs, whether inputs have a sign, zero points of both, which are 0; and of
 * MATMUL, in place of the weights' bits and zero point, bits of the second operand and whether it has a
 * sign. */
enum { FORMAT_VALUES = 5 };

typedef struct writing {
    const weft_ptq *ptq;
    weft_bundle_array *arrays;
    char (*names)[WEFT_SLOT_NAME];
    int64_t (*formats)[FORMAT_VALUES]; /* (ptq->n) */
    int n;
} writing;

static weft_bundle_array *add(writing *w, const weft_ptq_layer *layer, const char *what,
                              weft_bundle_kind kind, size_t n, const void *values) {
    const weft_op op = w->ptq->network->layers[layer->layer].op;
    snprintf(w->names[w->n], WEFT_SLOT_NAME, "%d.%s.%s", layer->layer, weft_op_token(op), what);
    weft_bundle_array *array = &w->arrays[w->n];
    *array = (weft_bundle_array){.name = w->names[w->n],
                                 .kind = kind,
                                 .n_dims = 1,
                                 .dims = {(int64_t)n},
                                 .n = n,
                                 .values = values};
    w->n++;
    return array;
}

static void add_layer(writing *w, const weft_engine *engine, const weft_ptq_layer *layer,
                      int64_t *format) {
    const weft_quantized *weights = layer->weights;
    if (weights != NULL) {
        weft_bundle_array shape;
        char name[WEFT_SLOT_NAME];
        weft_slot_describe(weft_engine_stage(engine, layer->layer), WEFT_SLOT_WEIGHT, name, &shape);
        weft_bundle_array *array = add(w, layer, "integers", WEFT_BUNDLE_I8,
                                       weights->rows * weights->n, weights->integers);
        array->n_dims = shape.n_dims;
        memcpy(array->dims, shape.dims, sizeof array->dims);
        add(w, layer, "steps", WEFT_BUNDLE_F32, weights->rows, weights->steps);
        size_t channels = (size_t)w->ptq->network->layers[layer->layer].out.channels;
        add(w, layer, "bias", WEFT_BUNDLE_F32, channels, layer->bias);
        format[0] = weights->bits;
    }
    static const char *const STEPS[WEFT_PTQ_OPERANDS] = {"input_step", "second_step"};
    for (int k = 0; k < WEFT_PTQ_OPERANDS; k++) {
        if (layer->bits[k] > 0) {
            add(w, layer, STEPS[k], WEFT_BUNDLE_F32, 1, &layer->step[k]);
        }
    }
    format[0] = layer->bits[1] > 0 ? layer->bits[1] : format[0];
    format[1] = layer->bits[0];
    format[2] = layer->range[0].low < 0;
    format[3] = layer->bits[1] > 0 && layer->range[1].low < 0;
    add(w, layer, "format", WEFT_BUNDLE_I64, FORMAT_VALUES, format);
}

/* Slots that the layers' arrays do not say already. */
static bool stays_real(const weft_ptq *ptq, const weft_stage *stage, int name) {
    if (name >= WEFT_SLOT_WEIGHT_STEP) {
        return false;
    }
    for (int i = 0; i < ptq->n; i++) {
        const weft_ptq_layer *layer = &ptq->layers[i];
        if (layer->weights != NULL &&
            (layer->layer == stage->layer_index || layer->norm == stage->layer_index)) {
            return false;
        }
    }
    return true;
}

static void add_all(writing *w, const weft_engine *engine) {
    for (int i = 0; i < w->ptq->n; i++) {
        add_layer(w, engine, &w->ptq->layers[i], w->formats[i]);
    }
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        for (int name = 0; name < WEFT_SLOTS; name++) {
            if (stage->slot[name].count > 0 && stays_real(w->ptq, stage, name)) {
                weft_slot_describe(stage, name, w->names[w->n], &w->arrays[w->n]);
                w->n++;
            }
        }
    }
}

static weft_status write_file(const writing *w, const char *path, weft_error *error) {
    const weft_network *network = w->ptq->network;
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, weft_network_hash(network));
    const weft_bundle_text texts[] = {
        {"weft", "quantized/1"}, {"network", network->name}, {"network_hash", hash}};
    uint8_t *bytes = NULL;
    size_t size = 0;
    weft_status status = weft_bundle_write(w->arrays, w->n, texts, 3, &bytes, &size, error);
    if (status == WEFT_OK) {
        status = weft_bundle_save(path, bytes, size, error);
    }
    free(bytes);
    return status;
}

weft_status weft_ptq_save(const weft_ptq *ptq, const weft_engine *engine, const char *path,
                          weft_error *error) {
    enum { A_LAYER = 6 };
    WEFT_TRY(weft_engine_fetch(engine, error));
    size_t most = (size_t)ptq->n * A_LAYER + (size_t)engine->n_stages * WEFT_SLOTS;
    writing w = {.ptq = ptq};
    w.arrays = calloc(most, sizeof *w.arrays);
    w.names = calloc(most, sizeof *w.names);
    w.formats = calloc((size_t)ptq->n + 1, sizeof *w.formats);
    weft_status status = w.arrays != NULL && w.names != NULL && w.formats != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, most * sizeof *w.arrays);
    if (status == WEFT_OK) {
        add_all(&w, engine);
        status = write_file(&w, path, error);
    }
    free(w.formats);
    free(w.names);
    free(w.arrays);
    return status;
}
