/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of an engine: start values, in and out, packed for the kernels before a pass, and
 * their gradients joined from the lanes behind it. */
#include "learn/engine.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "learn/kernel/array.h"

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
    memcpy(values, gradient ? slot->gradient : slot->value, slot->count * sizeof *values);
    return WEFT_OK;
}

weft_status weft_engine_set(weft_engine *engine, int layer, weft_slot_name name,
                            const float *values, weft_error *error) {
    const weft_slot *slot = NULL;
    WEFT_TRY(find_slot(engine, layer, name, &slot, error));
    memcpy(slot->value, values, slot->count * sizeof *values);
    weft_engine_touch(engine);
    return WEFT_OK;
}

void weft_engine_touch(weft_engine *engine) {
    engine->is_packed = false;
}

/* ---- start values ---------------------------------------------------------------------------- */

static void fill(const weft_slot *slot, float value) {
    for (size_t i = 0; i < slot->count; i++) {
        slot->value[i] = value;
    }
}

static void fill_normal(const weft_stage *stage, double deviation, uint64_t seed) {
    const weft_slot *slot = &stage->slot[WEFT_SLOT_WEIGHT];
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_INITIALISE, (uint64_t)stage->layer_index);
    for (size_t i = 0; i < slot->count; i++) {
        slot->value[i] = (float)(deviation * weft_rng_normal(&rng));
    }
}

double weft_engine_gain(const weft_engine *engine, const weft_stage *stage) {
    bool over_tokens = stage->layer->op == WEFT_OP_LINEAR && stage->layer->in.height > 1;
    return stage->output == engine->output || over_tokens ? 1.0 : 2.0;
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

/* ---- one stage a worker ---------------------------------------------------------------------- */

/* Work on the parameters: stages are dealt out to the workers, each done by one. */
typedef struct deal {
    weft_engine *engine;
    weft_status (*work)(weft_engine *engine, weft_stage *stage, weft_dnn_product *product,
                        weft_error *error);
    weft_status *status; /* (workers) */
    weft_error *error;   /* (workers) */
} deal;

static void deal_worker(void *context, int worker) {
    deal *d = context;
    weft_engine *engine = d->engine;
    int threads = weft_crew_threads(engine->crew);
    /* Lane `worker` has this worker's door; more workers than lanes have nothing to do. */
    int workers = threads < engine->n_lanes ? threads : engine->n_lanes;
    for (int s = worker; worker < workers && s < engine->n_stages; s += workers) {
        weft_stage *stage = &engine->stages[s];
        d->status[worker] =
            d->work(engine, stage, engine->lanes[worker].product[s], &d->error[worker]);
        if (d->status[worker] != WEFT_OK) {
            return;
        }
    }
}

static weft_status deal_out(weft_engine *engine,
                            weft_status (*work)(weft_engine *, weft_stage *, weft_dnn_product *,
                                                weft_error *),
                            weft_error *error) {
    weft_status status[WEFT_ENGINE_MAX_LANES] = {WEFT_OK};
    weft_error errors[WEFT_ENGINE_MAX_LANES];
    deal d = {.engine = engine, .work = work, .status = status, .error = errors};
    weft_crew_run(engine->crew, deal_worker, &d);
    for (int w = 0; w < engine->n_lanes; w++) {
        if (status[w] != WEFT_OK) {
            *error = errors[w];
            return status[w];
        }
    }
    return WEFT_OK;
}

/* ---- packing --------------------------------------------------------------------------------- */

static weft_status pack_pass(const weft_engine *engine, const weft_stage *stage, weft_dnn_pass pass,
                             weft_dnn_product *product, weft_error *error) {
    const float *plain = weft_stage_weights(engine, stage);
    void *packed = engine->packed + stage->packed_offset[pass];
    if (stage->way[pass] != NULL) {
        stage->way[pass]->pack(&stage->geometry, pass, plain, packed);
        return WEFT_OK;
    }
    return weft_dnn_product_pack(product, pass, plain, packed, error);
}

static weft_status pack_stage(weft_engine *engine, weft_stage *stage, weft_dnn_product *product,
                              weft_error *error) {
    if (stage->bits > 0 && !stage->is_quantizer) {
        weft_stage_round_weights(engine, stage);
    }
    for (int pass = WEFT_DNN_FORWARD; pass <= WEFT_DNN_BACKWARD_DATA; pass++) {
        if (stage->packed_bytes[pass] > 0) {
            WEFT_TRY(pack_pass(engine, stage, (weft_dnn_pass)pass, product, error));
        }
    }
    return WEFT_OK;
}

weft_status weft_engine_pack(weft_engine *engine, weft_error *error) {
    if (engine->is_packed) {
        return WEFT_OK;
    }
    WEFT_TRY(deal_out(engine, pack_stage, error));
    engine->is_packed = true;
    return WEFT_OK;
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* The lanes' parts of a gradient, added to that of lane 0 in their order. */
static float *sum_lanes(const weft_engine *engine, const weft_slot *slot) {
    float *sum = weft_slot_partial(slot, &engine->lanes[0]);
    for (int l = 1; l < engine->n_lanes; l++) {
        weft_array_add(WEFT_F32, weft_slot_partial(slot, &engine->lanes[l]), sum, slot->partial);
    }
    return sum;
}

static weft_status reduce_stage(weft_engine *engine, weft_stage *stage, weft_dnn_product *product,
                                weft_error *error) {
    for (int name = 0; name < WEFT_SLOTS; name++) {
        const weft_slot *slot = &stage->slot[name];
        if (slot->partial == 0) {
            continue;
        }
        const float *sum = sum_lanes(engine, slot);
        bool is_packed = product != NULL && stage->way[WEFT_DNN_BACKWARD_WEIGHTS] == NULL;
        if (is_packed && name == WEFT_SLOT_WEIGHT) {
            WEFT_TRY(weft_dnn_product_unpack(product, sum, slot->gradient, error));
        } else {
            memcpy(slot->gradient, sum, slot->count * sizeof *sum);
        }
    }
    if (stage->bits > 0 && !stage->is_quantizer) {
        weft_stage_unround_gradient(engine, stage);
    }
    return WEFT_OK;
}

weft_status weft_engine_reduce(weft_engine *engine, weft_error *error) {
    return deal_out(engine, reduce_stage, error);
}
