/* SPDX-License-Identifier: Apache-2.0
 *
 * Each layer of products is looked at right after it ran: then both its input and its output are in
 * the workspace, whose bytes later stages reuse. The images pass twice, first for the largest
 * magnitude of each tensor, which sets its step, then to count; nothing of them is kept. */
#include "learn/histogram.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "learn/kernel/array.h"

enum { OPERANDS = 3, INPUTS = 0, WEIGHTS = 1, OUTPUTS = 2 };

static const char *const OPERAND_WORDS[OPERANDS] = {"inputs", "weights", "outputs"};

typedef struct tally {
    float largest; /* magnitude so far */
    bool finite;
    int64_t count[WEFT_HISTOGRAM_BINS];
    int64_t total;
} tally;

typedef struct survey {
    weft_engine *engine;
    const weft_histogram_images *images;
    const weft_stop *stop;
    tally *tallies; /* (n_stages, OPERANDS) */
} survey;

/* ---- values ---------------------------------------------------------------------------------- */

typedef void (*look_fn)(tally *t, const float *values, size_t n);

static void look_for_largest(tally *t, const float *values, size_t n) {
    float largest = t->largest;
    bool finite = t->finite;
    for (size_t i = 0; i < n; i++) {
        float magnitude = fabsf(values[i]);
        finite &= magnitude <= FLT_MAX;
        largest = magnitude > largest ? magnitude : largest;
    }
    t->largest = largest;
    t->finite = finite;
}

/* The nearest step, the even one of two that are equally near. The product is exact, so only the
 * quotient rounds. */
static int bin_of(float value, double largest) {
    return WEFT_HISTOGRAM_STEPS + (int)lrint((double)value * WEFT_HISTOGRAM_STEPS / largest);
}

static void count_bins(tally *t, const float *values, size_t n) {
    /* Zeros alone have no step: any will do. */
    double largest = t->largest > 0.0F ? (double)t->largest : 1.0;
    for (size_t i = 0; i < n; i++) {
        t->count[bin_of(values[i], largest)]++;
    }
    t->total += (int64_t)n;
}

/* ---- passes ---------------------------------------------------------------------------------- */

static tally *tally_of(const survey *s, const weft_stage *stage, int operand) {
    return &s->tallies[stage->index * OPERANDS + operand];
}

static void look_typed(tally *t, weft_type type, const void *values, size_t n, look_fn look) {
    if (type == WEFT_F32) {
        look(t, values, n);
        return;
    }
    enum { PIECE = 1024 };
    float piece[PIECE];
    for (size_t at = 0; at < n; at += PIECE) {
        size_t here = n - at < PIECE ? n - at : PIECE;
        weft_array_convert(type, (const weft_bf16 *)values + at, WEFT_F32, piece, here);
        look(t, piece, here);
    }
}

/* Looks at what the first n images of the batch are in a tensor, lane by lane. */
static weft_status look_at(const survey *s, const weft_tensor *tensor, int64_t n, look_fn look,
                           tally *t, weft_error *error) {
    const weft_engine *engine = s->engine;
    for (int l = 0; l < engine->n_lanes && n > 0; l++) {
        const weft_lane *lane = &engine->lanes[l];
        int64_t here = n < lane->images ? n : lane->images;
        const void *values;
        WEFT_TRY(weft_engine_show(engine, lane, tensor, &values, error));
        look_typed(t, engine->settings.type, values,
                   tensor->count / (size_t)lane->images * (size_t)here, look);
        n -= here;
    }
    return WEFT_OK;
}

static weft_status pass_batch(const survey *s, int64_t n, look_fn look, weft_error *error) {
    weft_engine *engine = s->engine;
    WEFT_TRY(weft_engine_begin(engine, WEFT_MODE_EVALUATE, error));
    for (int i = 0; i < engine->n_stages; i++) {
        if (weft_stop_requested(s->stop)) {
            return WEFT_STOPPED;
        }
        const weft_stage *stage = &engine->stages[i];
        WEFT_TRY(weft_engine_forward_stage(engine, i, error));
        if (weft_stage_is_product(stage)) {
            WEFT_TRY(look_at(s, stage->input[0], n, look, tally_of(s, stage, INPUTS), error));
            WEFT_TRY(look_at(s, stage->output, n, look, tally_of(s, stage, OUTPUTS), error));
        }
    }
    return WEFT_OK;
}

/* The last batch may be filled up with what was there: images do not see each other when the engine
 * evaluates, and only the first n are looked at. */
static weft_status pass_images(const survey *s, look_fn look, weft_error *error) {
    const weft_histogram_images *images = s->images;
    int64_t batch = s->engine->settings.batch;
    for (int64_t first = 0; first < images->n; first += batch) {
        int64_t n = images->n - first < batch ? images->n - first : batch;
        images->load(images->context, first, n);
        WEFT_TRY(pass_batch(s, n, look, error));
    }
    return WEFT_OK;
}

/* Where they are quantized, as the layer multiplies with them; made anew here, for the engine's own may
 * lie in a memory of its own. */
static weft_status look_at_weights(const survey *s, const weft_stage *stage, look_fn look,
                                   weft_error *error) {
    const weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT];
    tally *t = tally_of(s, stage, WEIGHTS);
    if (stage->bits == 0) {
        look(t, weight->value, weight->count);
        return WEFT_OK;
    }
    float *rounded = malloc(weight->count * sizeof *rounded);
    if (rounded == NULL) {
        return weft_fail_memory(error, weight->count * sizeof *rounded);
    }
    const weft_quant_array array = {WEFT_F32, stage->rows, weight->count / stage->rows};
    weft_quant_forward(array, stage->range, stage->slot[WEFT_SLOT_WEIGHT_STEP].value, weight->value,
                       rounded);
    look(t, rounded, weight->count);
    free(rounded);
    return WEFT_OK;
}

/* Behind a pass of images, which sets steps that were not known. */
static weft_status pass_weights(const survey *s, look_fn look, weft_error *error) {
    WEFT_TRY(weft_engine_fetch(s->engine, error));
    for (int i = 0; i < s->engine->n_stages; i++) {
        const weft_stage *stage = &s->engine->stages[i];
        if (weft_stage_is_product(stage)) {
            WEFT_TRY(look_at_weights(s, stage, look, error));
        }
    }
    return WEFT_OK;
}

static weft_status check_finite(const survey *s, weft_error *error) {
    for (int i = 0; i < s->engine->n_stages; i++) {
        const weft_stage *stage = &s->engine->stages[i];
        for (int k = 0; k < OPERANDS; k++) {
            if (!tally_of(s, stage, k)->finite) {
                return weft_fail(error, WEFT_ERROR_EVALUATION,
                                 "layer %d (%s): its %s are NaN or infinite", stage->layer_index,
                                 weft_op_token(stage->layer->op), OPERAND_WORDS[k]);
            }
        }
    }
    return WEFT_OK;
}

static weft_status take_all(const survey *s, weft_error *error) {
    WEFT_TRY(pass_images(s, look_for_largest, error));
    WEFT_TRY(pass_weights(s, look_for_largest, error));
    WEFT_TRY(check_finite(s, error));
    WEFT_TRY(pass_images(s, count_bins, error));
    return pass_weights(s, count_bins, error);
}

/* ---- the network that carries them ----------------------------------------------------------- */

/* Adds a copy of layer i with the histograms of `stage`, which may be NULL. */
static weft_status add_copy(const survey *s, int i, const weft_stage *stage, weft_network *network,
                            weft_error *error) {
    double share[OPERANDS][WEFT_HISTOGRAM_BINS];
    weft_histogram histogram[OPERANDS];
    weft_layer layer = s->engine->network->layers[i];
    if (stage != NULL && weft_stage_is_product(stage)) {
        for (int k = 0; k < OPERANDS; k++) {
            const tally *t = tally_of(s, stage, k);
            for (int b = 0; b < WEFT_HISTOGRAM_BINS; b++) {
                share[k][b] = (double)t->count[b] / (double)t->total;
            }
            histogram[k] = (weft_histogram){WEFT_HISTOGRAM_BINS, share[k]};
        }
        layer.operands =
            (weft_operands){&histogram[INPUTS], &histogram[WEIGHTS], &histogram[OUTPUTS]};
    }
    int32_t index;
    return weft_network_add(network, &layer, &index, error);
}

static weft_status make_measured(const survey *s, weft_network **measured, weft_error *error) {
    const weft_network *network = s->engine->network;
    weft_network *made = NULL;
    WEFT_TRY(weft_network_create(network->name, network->layers[0].out, &made, error));
    for (int i = 1; i < network->n_layers; i++) {
        weft_status status = add_copy(s, i, weft_engine_stage(s->engine, i), made, error);
        if (status != WEFT_OK) {
            weft_network_destroy(made);
            return status;
        }
    }
    *measured = made;
    return WEFT_OK;
}

weft_status weft_measure_operands(weft_engine *engine, const weft_histogram_images *images,
                                  const weft_stop *stop, weft_network **measured,
                                  weft_error *error) {
    size_t n = (size_t)engine->n_stages * OPERANDS;
    survey s = {.engine = engine, .images = images, .stop = stop};
    s.tallies = calloc(n, sizeof *s.tallies);
    weft_status status = WEFT_OK;
    if (s.tallies == NULL) {
        status = weft_fail_memory(error, n * sizeof *s.tallies);
    } else {
        for (size_t i = 0; i < n; i++) {
            s.tallies[i].finite = true;
        }
        status = take_all(&s, error);
    }
    if (status == WEFT_OK) {
        status = make_measured(&s, measured, error);
    }
    free(s.tallies);
    return status;
}
