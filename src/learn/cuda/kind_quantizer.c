/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantized operands, by the rules of learn/kind_quantizer.c. Steps are set, held and followed on
 * the device: the host only remembers that they are known, so first values are looked at once. */
#include "learn/cuda/kinds.h"

/* ---- activations ----------------------------------------------------------------------------- */

static float *step_of(const weft_engine *engine, const weft_stage *stage) {
    return weft_cuda_value(engine, &stage->slot[weft_quantizer_step(stage)]);
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    int forward = weft_moment_forward(stage), backward = weft_moment_backward(engine, stage);
    if (weft_quant_learns(engine)) {
        weft_cuda_slot_train(&stage->slot[weft_quantizer_step(stage)], 1);
    } else {
        stage->slot[weft_quantizer_step(stage)] = (weft_slot){.count = 1};
        stage->slot[weft_quantizer_extent(stage)] = (weft_slot){.count = 2};
    }
    size_t bytes = weft_cuda_quant_scratch(weft_quantizer_array(engine, stage));
    WEFT_TRY(weft_stage_claim(engine, stage, 0, bytes, forward, forward, error));
    return weft_stage_claim(engine, stage, 1, bytes, backward, backward, error);
}

/* Steps are learned from the first values of what is lane 0 on the CPU. */
static void find_step(weft_engine *engine, const weft_stage *stage, const void *x, void *scratch) {
    bool *knows = &weft_cuda_of(engine)->knows_steps[stage->index];
    weft_quant_array array = weft_quantizer_array(engine, stage);
    cudaStream_t stream = weft_cuda_stream(engine);
    float *step = step_of(engine, stage);
    if (!weft_quant_learns(engine)) {
        weft_cuda_quant_follow(stream, array, stage->range, x, engine->settings.quant->follow,
                               weft_cuda_value(engine, &stage->slot[weft_quantizer_extent(stage)]),
                               step, scratch);
    } else if (*knows) {
        weft_cuda_quant_hold(stream, step, 1);
    } else {
        array.n /= (size_t)weft_engine_lanes(engine->settings.batch);
        weft_cuda_lsq_begin(stream, array, stage->range, x, step, scratch);
        *knows = true;
    }
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    if (engine->mode == WEFT_MODE_TRAIN) {
        find_step(engine, stage, x, weft_stage_place(engine, stage, lane, 0));
    }
    weft_cuda_quant_forward(weft_cuda_stream(engine), weft_quantizer_array(engine, stage),
                            stage->range, step_of(engine, stage), x,
                            weft_lane_values(engine, lane, stage->output));
    return weft_cuda_launched(stage, error);
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    cudaStream_t stream = weft_cuda_stream(engine);
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    const void *dy = weft_lane_gradient(engine, lane, stage->output);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    weft_quant_array array = weft_quantizer_array(engine, stage);
    const float *step = step_of(engine, stage);
    if (weft_quant_learns(engine)) {
        size_t image = stage->output->count / (size_t)lane->images;
        weft_cuda_lsq_backward(stream, array, stage->range, step, x, dy, dx,
                               weft_lsq_scale(image, stage->range),
                               weft_cuda_gradient(engine, &stage->slot[weft_quantizer_step(stage)]),
                               weft_stage_place(engine, stage, lane, 1));
    } else if (dx != NULL) {
        weft_cuda_quant_backward(stream, array, stage->range, step, x, dy, dx);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_quantizer = {
    .op = WEFT_OP_COUNT,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};

/* ---- weights --------------------------------------------------------------------------------- */

static void *weights_scratch(const weft_engine *engine, const weft_stage *stage) {
    return weft_stage_place(engine, stage, &engine->lanes[0], WEFT_CUDA_PLACE_QUANT);
}

void weft_cuda_round_weights(weft_engine *engine, weft_stage *stage) {
    bool *knows = &weft_cuda_of(engine)->knows_steps[stage->index];
    const weft_slot *slot = &stage->slot[WEFT_SLOT_WEIGHT];
    weft_quant_array array = weft_quantized_weights(stage);
    cudaStream_t stream = weft_cuda_stream(engine);
    const float *weights = weft_cuda_value(engine, slot);
    float *steps = weft_cuda_value(engine, &stage->slot[WEFT_SLOT_WEIGHT_STEP]);
    void *scratch = weights_scratch(engine, stage);
    if (!weft_quant_learns(engine)) {
        weft_cuda_quant_reach(stream, array, stage->range, weights, steps, scratch);
    } else if (*knows) {
        weft_cuda_quant_hold(stream, steps, array.rows);
    } else {
        weft_cuda_lsq_begin(stream, array, stage->range, weights, steps, scratch);
        *knows = true;
    }
    weft_cuda_quant_forward(stream, array, stage->range, steps, weights,
                            engine->rounded + slot->offset);
}

void weft_cuda_unround_gradient(weft_engine *engine, weft_stage *stage) {
    const weft_slot *slot = &stage->slot[WEFT_SLOT_WEIGHT];
    const weft_slot *step = &stage->slot[WEFT_SLOT_WEIGHT_STEP];
    weft_quant_array array = weft_quantized_weights(stage);
    cudaStream_t stream = weft_cuda_stream(engine);
    float *gradient = weft_cuda_gradient(engine, slot);
    if (!weft_quant_learns(engine)) {
        weft_cuda_quant_backward(stream, array, stage->range, weft_cuda_value(engine, step),
                                 weft_cuda_value(engine, slot), gradient, gradient);
        return;
    }
    weft_cuda_lsq_backward(stream, array, stage->range, weft_cuda_value(engine, step),
                           weft_cuda_value(engine, slot), gradient, gradient,
                           weft_lsq_scale(array.n, stage->range), weft_cuda_gradient(engine, step),
                           weights_scratch(engine, stage));
}
