/* SPDX-License-Identifier: Apache-2.0
 *
 * The CPU: oneDNN's kernels and ours on the threads of the crew, all in the memory of the host.
 * Weights are packed for the kernels before a pass, their gradients are joined from the lanes
 * behind it. */
#include "learn/backend.h"

#include <string.h>

#include "learn/kernel/array.h"
#include "learn/memory.h"

/* ---- what there is --------------------------------------------------------------------------- */

static weft_status check(weft_type type, weft_error *error) {
    if (type == WEFT_F32 || weft_dnn_has_bf16()) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_UNAVAILABLE, "this CPU has no arithmetic in bf16");
    weft_hint(error, "train in f32, or with 'auto', which takes bf16 where the CPU has it");
    return WEFT_ERROR_UNAVAILABLE;
}

static size_t available(const weft_engine *engine) {
    size_t left = weft_memory_available(), spare = weft_crew_spare(engine->crew);
    return left < SIZE_MAX - spare ? left + spare : SIZE_MAX;
}

static weft_status take(weft_engine *engine, size_t bytes, weft_error *error) {
    return weft_crew_lend(engine->crew, bytes, &engine->memory, error);
}

/* ---- logits ---------------------------------------------------------------------------------- */

static weft_status give(weft_engine *engine, weft_error *error) {
    (void)error;
    const weft_tensor *output = engine->output;
    for (int l = 0; l < engine->n_lanes; l++) {
        weft_array_convert(engine->settings.type,
                           weft_lane_values(engine, &engine->lanes[l], output), WEFT_F32,
                           engine->logits + (size_t)l * output->count, output->count);
    }
    return WEFT_OK;
}

static weft_status take_gradient(weft_engine *engine, weft_error *error) {
    (void)error;
    const weft_tensor *output = engine->output;
    for (int l = 0; l < engine->n_lanes; l++) {
        weft_array_convert(WEFT_F32, engine->logits_gradient + (size_t)l * output->count,
                           engine->settings.type,
                           weft_lane_gradient(engine, &engine->lanes[l], output), output->count);
    }
    return WEFT_OK;
}

static weft_status add(weft_engine *engine, const void *x, void *y, size_t n, weft_error *error) {
    (void)error;
    weft_array_add(engine->settings.type, x, y, n);
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

static weft_status pack(weft_engine *engine, weft_error *error) {
    return deal_out(engine, pack_stage, error);
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

static weft_status reduce(weft_engine *engine, weft_error *error) {
    return deal_out(engine, reduce_stage, error);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static weft_status move(weft_engine *engine, const weft_move *m, weft_error *error) {
    (void)error;
    size_t n = engine->n_parameters;
    if (m->limit > 0.0) {
        weft_gradient_clip(engine->gradients, n, m->limit);
    }
    weft_descent_step(m->descent, engine->parameters, engine->gradients, m->state, n, m->rate,
                      m->step);
    if (m->average != NULL) {
        weft_average_update(m->average, engine->parameters, n, m->average_decay);
    }
    return WEFT_OK;
}

const weft_backend weft_backend_cpu = {
    .name = "CPU",
    .kind_of = weft_kind_of,
    .quantizer = &weft_kind_quantizer,
    .most_lanes = WEFT_ENGINE_MAX_LANES,
    .check = check,
    .available = available,
    .take = take,
    .pack = pack,
    .give = give,
    .take_gradient = take_gradient,
    .add = add,
    .reduce = reduce,
    .move = move,
};
