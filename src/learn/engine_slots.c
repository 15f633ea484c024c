/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of an engine: start values, in and out. What its backend makes of them before a pass,
 * and of their gradients behind it, is in backend_cpu.c and cuda/. */
#include "learn/engine.h"

#include <math.h>
#include <string.h>

#include "learn/backend.h"

/* ---- in and out ------------------------------------------------------------------------------ */

weft_stage *weft_engine_stage(const weft_engine *engine, int layer) {
    for (int s = 0; s < engine->n_stages; s++) {
        if (engine->stages[s].layer_index == layer && !engine->stages[s].is_quantizer) {
            return &engine->stages[s];
        }
    }
    return NULL;
}

bool weft_stage_is_product(const weft_stage *stage) {
    if (stage->is_quantizer) {
        return false;
    }
    return stage->layer->op == WEFT_OP_CONV || stage->layer->op == WEFT_OP_LINEAR;
}

static weft_status find_slot(const weft_engine *engine, int layer, weft_slot_name name,
                             const weft_slot **slot, weft_error *error) {
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        if (stage->layer_index == layer && stage->slot[name].count > 0) {
            *slot = &stage->slot[name];
            return WEFT_OK;
        }
    }
    return weft_fail(error, WEFT_ERROR_INTERNAL, "layer %d has no slot %d", layer, (int)name);
}

weft_status weft_engine_get(const weft_engine *engine, int layer, weft_slot_name name,
                            bool gradient, float *values, weft_error *error) {
    const weft_slot *slot = NULL;
    WEFT_TRY(find_slot(engine, layer, name, &slot, error));
    if (gradient && slot->gradient == NULL) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "slot %d of layer %d is not trained",
                         (int)name, layer);
    }
    WEFT_TRY(weft_engine_fetch(engine, error));
    memcpy(values, gradient ? slot->gradient : slot->value, slot->count * sizeof *values);
    return WEFT_OK;
}

weft_status weft_engine_set(weft_engine *engine, int layer, weft_slot_name name,
                            const float *values, weft_error *error) {
    const weft_slot *slot = NULL;
    WEFT_TRY(find_slot(engine, layer, name, &slot, error));
    WEFT_TRY(weft_engine_fetch(engine, error));
    memcpy(slot->value, values, slot->count * sizeof *values);
    weft_engine_touch(engine);
    return WEFT_OK;
}

void weft_engine_touch(weft_engine *engine) {
    engine->is_packed = false;
    if (engine->backend->touch != NULL) {
        engine->backend->touch(engine);
    }
}

weft_status weft_engine_fetch(const weft_engine *engine, weft_error *error) {
    return engine->backend->fetch != NULL ? engine->backend->fetch(engine, error) : WEFT_OK;
}

weft_status weft_engine_pack(weft_engine *engine, weft_error *error) {
    if (engine->is_packed) {
        return WEFT_OK;
    }
    WEFT_TRY(engine->backend->pack(engine, error));
    engine->is_packed = true;
    return WEFT_OK;
}

weft_status weft_engine_reduce(weft_engine *engine, weft_error *error) {
    return engine->backend->reduce(engine, error);
}

weft_status weft_engine_show(const weft_engine *engine, const weft_lane *lane,
                             const weft_tensor *tensor, const void **values, weft_error *error) {
    if (engine->backend->show != NULL) {
        return engine->backend->show(engine, lane, tensor, values, error);
    }
    *values = weft_lane_values(engine, lane, tensor);
    return WEFT_OK;
}

/* ---- start values ---------------------------------------------------------------------------- */

static void fill(const weft_slot *slot, float value) {
    for (size_t i = 0; i < slot->count; i++) {
        slot->value[i] = value;
    }
}

void weft_start_normal(uint64_t seed, int layer, double deviation, float *values, size_t n) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_INITIALISE, (uint64_t)layer);
    for (size_t i = 0; i < n; i++) {
        values[i] = (float)(deviation * weft_rng_normal(&rng));
    }
}

static void fill_normal(const weft_stage *stage, double deviation, uint64_t seed) {
    const weft_slot *slot = &stage->slot[WEFT_SLOT_WEIGHT];
    weft_start_normal(seed, stage->layer_index, deviation, slot->value, slot->count);
}

/* Features of a head where the stage makes the queries of an attention, else 0. What quantizes the
 * queries stands between; what quantizes the keys reads them as its only input, too. */
static int queried_features(const weft_engine *engine, const weft_stage *stage) {
    for (int s = stage->index + 1; s < engine->n_stages; s++) {
        const weft_stage *reader = &engine->stages[s];
        bool of_keys = reader->is_quantizer && reader->operand != 0;
        if (reader->layer->op == WEFT_OP_MATMUL && reader->layer->transpose && !of_keys &&
            reader->input[0] == stage->output) {
            return reader->layer->in.channels / reader->layer->groups;
        }
    }
    return 0;
}

double weft_engine_gain(const weft_engine *engine, const weft_stage *stage) {
    bool over_tokens = stage->layer->op == WEFT_OP_LINEAR && stage->layer->in.height > 1;
    if (!over_tokens) {
        return stage->output == engine->output ? 1.0 : 2.0;
    }
    int features = queried_features(engine, stage);
    return features > 0 ? 1.0 / features : 1.0;
}

static void initialise_product(const weft_engine *engine, const weft_stage *stage, uint64_t seed) {
    double inputs =
        (double)(stage->slot[WEFT_SLOT_WEIGHT].count / (size_t)stage->layer->out_channels);
    fill_normal(stage, sqrt(weft_engine_gain(engine, stage) / inputs), seed);
}

/* Steps stay 0: they are chosen when the first values are seen. */
static void initialise_stage(const weft_engine *engine, const weft_stage *stage, uint64_t seed) {
    if (stage->is_quantizer) {
        return;
    }
    switch ((int)stage->layer->op) {
    case WEFT_OP_CONV:
    case WEFT_OP_LINEAR:
        initialise_product(engine, stage, seed);
        break;
    case WEFT_OP_TOKENS:
    case WEFT_OP_ADD_EMBEDDING:
        fill_normal(stage, WEFT_ENGINE_TABLE_DEVIATION, seed);
        break;
    default:
        fill(&stage->slot[WEFT_SLOT_WEIGHT], 1.0F);
        fill(&stage->slot[WEFT_SLOT_VARIANCE], 1.0F);
    }
}

weft_status weft_engine_initialise(weft_engine *engine, uint64_t seed, const weft_stop *stop,
                                   weft_error *error) {
    (void)error;
    memset(engine->parameters, 0, engine->n_parameters * sizeof *engine->parameters);
    memset(engine->gradients, 0, engine->n_parameters * sizeof *engine->gradients);
    memset(engine->statistics, 0, engine->n_statistics * sizeof *engine->statistics);
    engine->steps = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        if (weft_stop_requested(stop)) {
            return WEFT_STOPPED;
        }
        initialise_stage(engine, &engine->stages[s], seed);
    }
    weft_engine_touch(engine);
    return WEFT_OK;
}
