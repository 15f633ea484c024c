/* SPDX-License-Identifier: Apache-2.0
 * See ptq.h. */
#include "learn/ptq.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/quant_bits.h"
#include "learn/quant_fold.h"

/* ---- layers and their bits ------------------------------------------------------------------- */

static bool is_product(weft_op op) {
    return op == WEFT_OP_CONV || op == WEFT_OP_LINEAR || op == WEFT_OP_MATMUL;
}

/* The batch norm that is the only reader of layer i; -1 where there is none. */
static int norm_behind(const weft_network *network, int i) {
    int norm = -1;
    int readers = 0;
    for (int j = i + 1; j < network->n_layers; j++) {
        for (int k = 0; k < network->layers[j].n_inputs; k++) {
            if (network->layers[j].input[k] == i) {
                readers++;
                norm = network->layers[j].op == WEFT_OP_BATCH_NORM ? j : -1;
            }
        }
    }
    return readers == 1 ? norm : -1;
}

static void describe_layer(const weft_network *network, int i, const weft_layer_bits *bits,
                           const bool *positive, weft_ptq_layer *made) {
    const weft_layer *layer = &network->layers[i];
    *made = (weft_ptq_layer){.layer = i, .norm = -1, .bits = {bits->inputs}};
    if (layer->op == WEFT_OP_MATMUL) {
        made->bits[1] = bits->weights;
    } else if (bits->weights > 0) {
        made->norm = norm_behind(network, i);
    }
    for (int k = 0; k < WEFT_PTQ_OPERANDS && k < layer->n_inputs; k++) {
        if (made->bits[k] > 0) {
            made->range[k] = weft_quant_range_of(made->bits[k], !positive[layer->input[k]]);
        }
    }
}

static void describe_layers(weft_ptq *ptq, const weft_layer_bits *bits, const bool *positive) {
    for (int i = 0; i < ptq->network->n_layers; i++) {
        if (is_product(ptq->network->layers[i].op)) {
            describe_layer(ptq->network, i, &bits[i], positive, &ptq->layers[ptq->n++]);
        }
    }
}

weft_status weft_ptq_begin(const weft_network *network, const weft_quant_settings *settings,
                           weft_ptq *ptq, weft_error *error) {
    *ptq = (weft_ptq){.network = network, .settings = *settings};
    size_t n = (size_t)network->n_layers;
    weft_layer_bits *bits = calloc(n, sizeof *bits);
    bool *positive = calloc(n, sizeof *positive);
    ptq->layers = calloc(n, sizeof *ptq->layers);
    weft_status status = bits != NULL && positive != NULL && ptq->layers != NULL
                             ? weft_quant_choose(network, settings, bits, error)
                             : weft_fail_memory(error, n * sizeof *ptq->layers);
    if (status == WEFT_OK) {
        weft_layers_positive(network, positive);
        describe_layers(ptq, bits, positive);
    }
    free(positive);
    free(bits);
    return status;
}

static void drop_tallies(const weft_ptq *ptq) {
    for (int i = 0; i < ptq->n; i++) {
        for (int k = 0; k < WEFT_PTQ_OPERANDS; k++) {
            free(ptq->layers[i].tally[k]);
            ptq->layers[i].tally[k] = NULL;
        }
    }
}

void weft_ptq_free(weft_ptq *ptq) {
    if (ptq->layers != NULL) {
        drop_tallies(ptq);
    }
    for (int i = 0; i < ptq->n; i++) {
        weft_quantized_destroy(ptq->layers[i].weights);
        free(ptq->layers[i].bias);
    }
    free(ptq->layers);
    *ptq = (weft_ptq){0};
}

/* ---- what the layers read -------------------------------------------------------------------- */

typedef void (*look_fn)(weft_ptq_layer *layer, int operand, weft_type type, const void *values,
                        size_t n);

static void look_for_extent(weft_ptq_layer *layer, int operand, weft_type type, const void *values,
                            size_t n) {
    weft_quant_extent *all = &layer->extent[operand];
    weft_quant_extent part;
    weft_quant_extents((weft_quant_array){type, 1, n}, values, &part);
    bool finite = isfinite(part.low) && isfinite(part.high);
    all->low = finite ? fminf(all->low, part.low) : NAN;
    all->high = finite && !isnan(all->high) ? fmaxf(all->high, part.high) : NAN;
}

static void count_values(weft_ptq_layer *layer, int operand, weft_type type, const void *values,
                         size_t n) {
    weft_quant_tally_add(layer->tally[operand], type, values, n);
}

/* Looks at what the first n images of the batch are in a tensor, lane by lane. */
static weft_status look_at(const weft_engine *engine, const weft_tensor *tensor, int64_t n,
                           weft_ptq_layer *layer, int operand, look_fn look, weft_error *error) {
    for (int l = 0; l < engine->n_lanes && n > 0; l++) {
        const weft_lane *lane = &engine->lanes[l];
        int64_t here = n < lane->images ? n : lane->images;
        const void *values;
        WEFT_TRY(weft_engine_show(engine, lane, tensor, &values, error));
        look(layer, operand, engine->settings.type, values,
             tensor->count / (size_t)lane->images * (size_t)here);
        n -= here;
    }
    return WEFT_OK;
}

/* Each layer is looked at right behind its stage, when what it read is still there. */
static weft_status pass_batch(const weft_ptq *ptq, weft_engine *engine, int64_t n, look_fn look,
                              const weft_stop *stop, weft_error *error) {
    WEFT_TRY(weft_engine_begin(engine, WEFT_MODE_EVALUATE, error));
    int at = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        if (weft_stop_requested(stop)) {
            return WEFT_STOPPED;
        }
        const weft_stage *stage = &engine->stages[s];
        WEFT_TRY(weft_engine_forward_stage(engine, s, error));
        if (at == ptq->n || ptq->layers[at].layer != stage->layer_index) {
            continue;
        }
        weft_ptq_layer *layer = &ptq->layers[at++];
        for (int k = 0; k < WEFT_PTQ_OPERANDS; k++) {
            if (layer->bits[k] > 0) {
                WEFT_TRY(look_at(engine, stage->input[k], n, layer, k, look, error));
            }
        }
    }
    return WEFT_OK;
}

/* The last batch may be filled up with what was there: only the first n images are looked at. */
static weft_status pass_images(const weft_ptq *ptq, weft_engine *engine,
                               const weft_ptq_images *images, look_fn look, const weft_stop *stop,
                               weft_error *error) {
    int64_t batch = engine->settings.batch;
    for (int64_t first = 0; first < images->n; first += batch) {
        int64_t n = images->n - first < batch ? images->n - first : batch;
        images->load(images->context, first, n);
        WEFT_TRY(pass_batch(ptq, engine, n, look, stop, error));
    }
    return WEFT_OK;
}

static weft_status begin_tallies(const weft_ptq *ptq, weft_error *error) {
    for (int i = 0; i < ptq->n; i++) {
        weft_ptq_layer *layer = &ptq->layers[i];
        for (int k = 0; k < WEFT_PTQ_OPERANDS; k++) {
            if (layer->bits[k] == 0) {
                continue;
            }
            if (isnan(layer->extent[k].low) || isnan(layer->extent[k].high)) {
                return weft_fail(error, WEFT_ERROR_EVALUATION,
                                 "layer %d (%s) of %s reads values that are NaN or infinite",
                                 layer->layer, weft_op_token(ptq->network->layers[layer->layer].op),
                                 ptq->network->name);
            }
            layer->tally[k] = malloc(sizeof *layer->tally[k]);
            if (layer->tally[k] == NULL) {
                return weft_fail_memory(error, sizeof *layer->tally[k]);
            }
            weft_quant_tally_begin(layer->tally[k], layer->extent[k]);
        }
    }
    return WEFT_OK;
}

static float step_of(const weft_quant_settings *s, const weft_quant_tally *tally,
                     weft_quant_extent extent, weft_quant_range range) {
    if (s->calibration == WEFT_QUANT_CALIBRATION_PERCENTILE) {
        return weft_quant_step_of(weft_quant_percentile(tally, s->percentile, range), range);
    }
    return s->calibration == WEFT_QUANT_CALIBRATION_ERROR ? weft_quant_best_step(tally, range)
                                                          : weft_quant_step_of(extent, range);
}

weft_status weft_ptq_calibrate(weft_ptq *ptq, weft_engine *real, const weft_ptq_images *images,
                               const weft_stop *stop, weft_error *error) {
    WEFT_TRY(pass_images(ptq, real, images, look_for_extent, stop, error));
    WEFT_TRY(begin_tallies(ptq, error));
    WEFT_TRY(pass_images(ptq, real, images, count_values, stop, error));
    for (int i = 0; i < ptq->n; i++) {
        weft_ptq_layer *layer = &ptq->layers[i];
        for (int k = 0; k < WEFT_PTQ_OPERANDS; k++) {
            if (layer->bits[k] > 0) {
                layer->step[k] =
                    step_of(&ptq->settings, layer->tally[k], layer->extent[k], layer->range[k]);
            }
        }
    }
    drop_tallies(ptq);
    return WEFT_OK;
}

/* ---- steps of the inputs --------------------------------------------------------------------- */

static bool keeps_steps(const weft_ptq *ptq) {
    return ptq->settings.calibration == WEFT_QUANT_CALIBRATION_TRAINED;
}

static weft_status fail_untrained(const weft_ptq *ptq, const weft_ptq_layer *layer,
                                  weft_error *error) {
    weft_fail(error, WEFT_ERROR_INPUT, "layer %d (%s) of %s has no trained step", layer->layer,
              weft_op_token(ptq->network->layers[layer->layer].op), ptq->network->name);
    weft_hint(error, "these weights were trained in reals: calibrate with error, min-max or "
                     "percentile");
    return WEFT_ERROR_INPUT;
}

static weft_ptq_layer *layer_of(const weft_ptq *ptq, const weft_stage *stage) {
    for (int i = 0; i < ptq->n; i++) {
        if (ptq->layers[i].layer == stage->layer_index) {
            return &ptq->layers[i];
        }
    }
    return NULL;
}

static weft_status apply_input(const weft_ptq *ptq, const weft_stage *stage, weft_error *error) {
    weft_ptq_layer *layer = layer_of(ptq, stage);
    int k = stage->operand;
    float *step = stage->slot[k == 0 ? WEFT_SLOT_INPUT_STEP : WEFT_SLOT_WEIGHT_STEP].value;
    if (!keeps_steps(ptq)) {
        *step = layer->step[k];
    } else if (*step == 0.0F) {
        return fail_untrained(ptq, layer, error);
    }
    weft_quant_hold_steps(step, 1);
    layer->step[k] = *step;
    return WEFT_OK;
}

/* ---- weights --------------------------------------------------------------------------------- */

/* Weights of a stage as the chip has them, (channels, n). */
typedef struct folding {
    size_t channels, n;
    float *weights, *bias;
    float *scale; /* (channels) a; 1 without a norm */
} folding;

static void folding_free(folding *f) {
    free(f->weights);
    free(f->bias);
    free(f->scale);
}

static weft_status fold(const weft_engine *engine, const weft_stage *stage, int norm, folding *f,
                        weft_error *error) {
    const weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT], *bias = &stage->slot[WEFT_SLOT_BIAS];
    f->channels = (size_t)stage->layer->out.channels;
    f->n = weight->count / f->channels;
    f->weights = malloc(weight->count * sizeof *f->weights);
    f->bias = calloc(f->channels, sizeof *f->bias);
    f->scale = malloc(f->channels * sizeof *f->scale);
    if (f->weights == NULL || f->bias == NULL || f->scale == NULL) {
        return weft_fail_memory(error, weight->count * sizeof *f->weights);
    }
    const float *given = bias->count > 0 ? bias->value : NULL;
    if (norm < 0) {
        memcpy(f->weights, weight->value, weight->count * sizeof *f->weights);
        for (size_t c = 0; c < f->channels; c++) {
            f->bias[c] = given != NULL ? given[c] : 0.0F;
            f->scale[c] = 1.0F;
        }
        return WEFT_OK;
    }
    const weft_slot *slot = weft_engine_stage(engine, norm)->slot;
    const weft_quant_norm n = {
        .gamma = slot[WEFT_SLOT_WEIGHT].value,
        .beta = slot[WEFT_SLOT_BIAS].value,
        .mean = slot[WEFT_SLOT_MEAN].value,
        .variance = slot[WEFT_SLOT_VARIANCE].value,
        .epsilon = WEFT_BATCH_NORM_EPSILON,
    };
    weft_quant_fold(&n, f->channels, f->n, weight->value, given, f->weights, f->bias);
    for (size_t c = 0; c < f->channels; c++) {
        f->scale[c] = (float)((double)n.gamma[c] / sqrt((double)n.variance[c] + n.epsilon));
    }
    return WEFT_OK;
}

/* Leaves the norm to add the bias: gamma / sqrt(variance + epsilon) = 1, mean 0. */
static void unload_norm(const weft_engine *engine, int norm, const folding *f) {
    const weft_slot *slot = weft_engine_stage(engine, norm)->slot;
    for (size_t c = 0; c < f->channels; c++) {
        slot[WEFT_SLOT_WEIGHT].value[c] = 1.0F;
        slot[WEFT_SLOT_BIAS].value[c] = f->bias[c];
        slot[WEFT_SLOT_MEAN].value[c] = 0.0F;
        slot[WEFT_SLOT_VARIANCE].value[c] = (float)(1.0 - WEFT_BATCH_NORM_EPSILON);
    }
}

/* Steps of weights, one for each of `rows`. */
static weft_status choose_steps(const weft_ptq *ptq, const weft_stage *stage, const folding *f,
                                float *steps, weft_error *error) {
    const weft_quant_array array = {WEFT_F32, stage->rows, f->channels * f->n / stage->rows};
    if (ptq->settings.calibration == WEFT_QUANT_CALIBRATION_ERROR) {
        weft_quant_best_steps(array, stage->range, f->weights, steps);
        return WEFT_OK;
    }
    weft_quant_tally *tally = malloc(sizeof *tally);
    if (tally == NULL) {
        return weft_fail_memory(error, sizeof *tally);
    }
    for (size_t row = 0; row < array.rows; row++) {
        const float *values = f->weights + row * array.n;
        weft_quant_extent extent;
        weft_quant_extents((weft_quant_array){WEFT_F32, 1, array.n}, values, &extent);
        if (isfinite(extent.low) && isfinite(extent.high)) {
            weft_quant_tally_begin(tally, extent);
            weft_quant_tally_add(tally, WEFT_F32, values, array.n);
        }
        steps[row] = step_of(&ptq->settings, tally, extent, stage->range);
    }
    free(tally);
    return WEFT_OK;
}

/* The folded weights and their steps go into the engine, which rounds them alike. */
static weft_status put_folded(const weft_ptq *ptq, const weft_engine *engine,
                              const weft_stage *stage, weft_ptq_layer *layer, const folding *f,
                              weft_error *error) {
    const weft_slot *slot = stage->slot;
    float *steps = slot[WEFT_SLOT_WEIGHT_STEP].value;
    WEFT_TRY(choose_steps(ptq, stage, f, steps, error));
    const weft_quant_array array = {WEFT_F32, stage->rows, f->channels * f->n / stage->rows};
    WEFT_TRY(weft_quantized_create(array, f->weights, stage->bits, true, 0, steps, &layer->weights,
                                   error));
    weft_quant_hold_steps(steps, stage->rows);
    memcpy(slot[WEFT_SLOT_WEIGHT].value, f->weights, f->channels * f->n * sizeof *f->weights);
    if (layer->norm >= 0) {
        unload_norm(engine, layer->norm, f);
        memset(slot[WEFT_SLOT_BIAS].value, 0, slot[WEFT_SLOT_BIAS].count * sizeof(float));
    }
    return WEFT_OK;
}

/* Integers of the weights before folding, turned where a is below 0; the range is the same on both
 * sides of 0. A channel with a = 0 gives its bias alone. */
static weft_status take_trained(const weft_ptq *ptq, const weft_stage *stage, weft_ptq_layer *layer,
                                const folding *f, weft_error *error) {
    const weft_slot *step = &stage->slot[WEFT_SLOT_WEIGHT_STEP];
    const float *weights = stage->slot[WEFT_SLOT_WEIGHT].value;
    for (size_t c = 0; c < f->channels; c++) {
        float s = step->value[step->count == 1 ? 0 : c];
        if (s == 0.0F) {
            return fail_untrained(ptq, layer, error);
        }
        weft_quant_hold_steps(&s, 1);
        float a = f->scale[c];
        f->scale[c] = a == 0.0F ? s : fabsf(a) * s;
        weft_quant_array row = {WEFT_F32, 1, f->n};
        weft_quant_round(row, stage->range, &s, weights + c * f->n, f->weights + c * f->n);
        for (size_t i = c * f->n; i < (c + 1) * f->n; i++) {
            float r = a < 0.0F ? -f->weights[i] : a == 0.0F ? 0.0F : f->weights[i];
            f->weights[i] = r * f->scale[c];
        }
    }
    const weft_quant_array array = {WEFT_F32, f->channels, f->n};
    return weft_quantized_create(array, f->weights, stage->bits, true, 0, f->scale, &layer->weights,
                                 error);
}

static weft_status apply_weights(const weft_ptq *ptq, const weft_engine *engine,
                                 const weft_stage *stage, weft_error *error) {
    weft_ptq_layer *layer = layer_of(ptq, stage);
    folding f = {0};
    weft_status status = fold(engine, stage, layer->norm, &f, error);
    if (status == WEFT_OK) {
        status = keeps_steps(ptq) ? take_trained(ptq, stage, layer, &f, error)
                                  : put_folded(ptq, engine, stage, layer, &f, error);
    }
    if (status == WEFT_OK) {
        layer->bias = f.bias;
        f.bias = NULL;
    }
    folding_free(&f);
    return status;
}

weft_status weft_ptq_apply(weft_ptq *ptq, weft_engine *engine, weft_error *error) {
    WEFT_TRY(weft_engine_fetch(engine, error));
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        if (stage->is_quantizer) {
            WEFT_TRY(apply_input(ptq, stage, error));
        } else if (weft_stage_is_product(stage) && stage->bits > 0) {
            WEFT_TRY(apply_weights(ptq, engine, stage, error));
        }
    }
    weft_engine_touch(engine);
    return WEFT_OK;
}
