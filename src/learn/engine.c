/* SPDX-License-Identifier: Apache-2.0
 *
 * Running an engine, and reaching its parameters. Its building is in engine_build.c. */
#include "learn/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/vector.h"

/* ---- passes ---------------------------------------------------------------------------------- */

weft_status weft_engine_forward(weft_engine *engine, weft_mode mode, const weft_stop *stop,
                                weft_error *error) {
    engine->mode = mode;
    if (mode == WEFT_MODE_TRAIN) {
        engine->steps++;
    }
    for (int s = 0; s < engine->n_stages; s++) {
        if (weft_stop_requested(stop)) {
            return WEFT_STOPPED;
        }
        weft_stage *stage = &engine->stages[s];
        WEFT_TRY(stage->kind->forward(engine, stage, error));
    }
    return WEFT_OK;
}

WEFT_CLONES static void add_to(float *restrict sum, const float *restrict term, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sum[i] += term[i];
    }
}

weft_status weft_engine_backward(weft_engine *engine, const weft_stop *stop, weft_error *error) {
    for (int s = engine->n_stages - 1; s >= 0; s--) {
        if (weft_stop_requested(stop)) {
            return WEFT_STOPPED;
        }
        weft_stage *stage = &engine->stages[s];
        if (!stage->output->needs_gradient) {
            continue;
        }
        WEFT_TRY(stage->kind->backward(engine, stage, error));
        for (int k = 0; k < stage->n_inputs; k++) {
            if (stage->aside[k] != WEFT_NO_CLAIM) {
                add_to(stage->input[k]->gradient, stage->input_gradient[k], stage->input[k]->count);
            }
        }
    }
    return WEFT_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

weft_stage *weft_engine_stage(weft_engine *engine, int layer) {
    for (int s = 0; s < engine->n_stages; s++) {
        if (engine->stages[s].layer_index == layer) {
            return &engine->stages[s];
        }
    }
    return NULL;
}

static weft_status find_slot(weft_engine *engine, int layer, weft_slot_name name,
                             weft_stage **stage, weft_error *error) {
    *stage = weft_engine_stage(engine, layer);
    if (*stage == NULL || (*stage)->slot[name].stored == 0) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "layer %d has no slot %d", layer, (int)name);
    }
    return WEFT_OK;
}

/* Weights of products are kept in the layout of their kernels. */
static bool is_laid_out(const weft_stage *stage, weft_slot_name name) {
    return stage->product != NULL && name == WEFT_SLOT_WEIGHT;
}

weft_status weft_engine_get(weft_engine *engine, int layer, weft_slot_name name, bool gradient,
                            float *plain, weft_error *error) {
    weft_stage *stage;
    WEFT_TRY(find_slot(engine, layer, name, &stage, error));
    const weft_slot *slot = &stage->slot[name];
    const float *from = gradient ? slot->gradient : slot->value;
    if (is_laid_out(stage, name)) {
        return weft_dnn_product_export(stage->product, from, plain, error);
    }
    memcpy(plain, from, slot->plain * sizeof *plain);
    return WEFT_OK;
}

weft_status weft_engine_set(weft_engine *engine, int layer, weft_slot_name name, const float *plain,
                            weft_error *error) {
    weft_stage *stage;
    WEFT_TRY(find_slot(engine, layer, name, &stage, error));
    const weft_slot *slot = &stage->slot[name];
    if (is_laid_out(stage, name)) {
        return weft_dnn_product_import(stage->product, plain, slot->value, error);
    }
    memcpy(slot->value, plain, slot->plain * sizeof *plain);
    return WEFT_OK;
}

static void fill(float *values, size_t n, float value) {
    for (size_t i = 0; i < n; i++) {
        values[i] = value;
    }
}

static weft_status initialise_product(weft_engine *engine, const weft_stage *stage, uint64_t seed,
                                      weft_error *error) {
    const weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT];
    double inputs = (double)(weight->plain / (size_t)stage->layer->out_channels);
    double gain = stage->output == engine->output ? 1.0 : 2.0;
    double deviation = sqrt(gain / inputs);
    float *plain = malloc(weight->plain * sizeof *plain);
    if (plain == NULL) {
        return weft_fail_memory(error, weight->plain * sizeof *plain);
    }
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_INITIALISE, (uint64_t)stage->layer_index);
    for (size_t i = 0; i < weight->plain; i++) {
        plain[i] = (float)(deviation * weft_rng_normal(&rng));
    }
    weft_status status =
        weft_engine_set(engine, stage->layer_index, WEFT_SLOT_WEIGHT, plain, error);
    free(plain);
    return status;
}

weft_status weft_engine_initialise(weft_engine *engine, uint64_t seed, const weft_stop *stop,
                                   weft_error *error) {
    memset(engine->parameters, 0, engine->n_parameters * sizeof *engine->parameters);
    memset(engine->gradients, 0, engine->n_parameters * sizeof *engine->gradients);
    memset(engine->velocity, 0, engine->n_parameters * sizeof *engine->velocity);
    engine->steps = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        if (weft_stop_requested(stop)) {
            return WEFT_STOPPED;
        }
        weft_stage *stage = &engine->stages[s];
        if (stage->product != NULL) {
            WEFT_TRY(initialise_product(engine, stage, seed, error));
        } else {
            fill(stage->slot[WEFT_SLOT_WEIGHT].value, stage->slot[WEFT_SLOT_WEIGHT].stored, 1.0F);
            fill(stage->slot[WEFT_SLOT_MEAN].value, stage->slot[WEFT_SLOT_MEAN].stored, 0.0F);
            fill(stage->slot[WEFT_SLOT_VARIANCE].value, stage->slot[WEFT_SLOT_VARIANCE].stored,
                 1.0F);
        }
    }
    return WEFT_OK;
}
