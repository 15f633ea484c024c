/* SPDX-License-Identifier: Apache-2.0
 * Layers that change values where they are: activations, softmax, dropout. */
#include "learn/cuda/kinds.h"

/* ---- activations ----------------------------------------------------------------------------- */

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_activation activation, weft_error *error) {
    weft_cuda_activation(weft_cuda_stream(engine), engine->settings.type, activation,
                         weft_lane_values(engine, lane, stage->input[0]),
                         weft_lane_values(engine, lane, stage->output), stage->output->count);
    return weft_cuda_launched(stage, error);
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_activation activation, weft_error *error) {
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    const weft_tensor *from = stage->kind->keeps_output ? stage->output : stage->input[0];
    if (dx != NULL) {
        weft_cuda_activation_gradient(weft_cuda_stream(engine), engine->settings.type, activation,
                                      weft_lane_values(engine, lane, from),
                                      weft_lane_gradient(engine, lane, stage->output), dx,
                                      stage->output->count);
    }
    return weft_cuda_launched(stage, error);
}

#define ACTIVATION(name, NAME, from_output)                                                        \
    static weft_status name##_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,     \
                                      weft_error *error) {                                         \
        return forward(engine, stage, lane, WEFT_ACTIVATION_##NAME, error);                        \
    }                                                                                              \
    static weft_status name##_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,    \
                                       weft_error *error) {                                        \
        return backward(engine, stage, lane, WEFT_ACTIVATION_##NAME, error);                       \
    }                                                                                              \
    const weft_kind weft_cuda_kind_##name = {                                                      \
        .op = WEFT_OP_##NAME,                                                                      \
        .keeps_input = !(from_output),                                                             \
        .keeps_output = (from_output),                                                             \
        .create = weft_kind_create_nothing,                                                        \
        .forward = name##_forward,                                                                 \
        .backward = name##_backward,                                                               \
    }

ACTIVATION(relu, RELU, true);
ACTIVATION(relu6, RELU6, true);
ACTIVATION(hard_swish, HARD_SWISH, false);
ACTIVATION(hard_sigmoid, HARD_SIGMOID, false);
ACTIVATION(sigmoid, SIGMOID, false);
ACTIVATION(gelu, GELU, false);

/* ---- softmax --------------------------------------------------------------------------------- */

/* Rows of what is normalised together: the parts of each position. */
static size_t rows_of(const weft_stage *stage, const weft_lane *lane) {
    return weft_lane_positions(lane, stage->layer->out) * (size_t)stage->layer->groups;
}

static size_t width_of(const weft_stage *stage) {
    return (size_t)stage->layer->out.channels / (size_t)stage->layer->groups;
}

static weft_status softmax_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                   weft_error *error) {
    weft_cuda_softmax(weft_cuda_stream(engine), engine->settings.type,
                      weft_lane_values(engine, lane, stage->input[0]),
                      weft_lane_values(engine, lane, stage->output), rows_of(stage, lane),
                      width_of(stage));
    return weft_cuda_launched(stage, error);
}

static weft_status softmax_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                    weft_error *error) {
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_cuda_softmax_gradient(weft_cuda_stream(engine), engine->settings.type,
                                   weft_lane_values(engine, lane, stage->output),
                                   weft_lane_gradient(engine, lane, stage->output), dx,
                                   rows_of(stage, lane), width_of(stage));
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_softmax = {
    .op = WEFT_OP_SOFTMAX,
    .keeps_output = true,
    .create = weft_kind_create_nothing,
    .forward = softmax_forward,
    .backward = softmax_backward,
};

/* ---- dropout and drop-path ------------------------------------------------------------------ */

/* The mask that the CPU draws, lane by lane (learn/kind_dropout.c, kind_drop_path.c): a number for
 * each value, or for each image. It is not kept: backward draws it again. */
static weft_cuda_mask mask_of(const weft_engine *engine, const weft_stage *stage) {
    uint64_t place = (uint64_t)stage->layer_index * WEFT_ENGINE_MAX_LANES;
    int lanes = weft_engine_lanes(engine->settings.batch);
    bool by_image = stage->layer->op == WEFT_OP_DROP_PATH;
    return (weft_cuda_mask){
        .seed = engine->seed,
        .first = ((uint64_t)engine->mask_step << 24) + place,
        .part = stage->output->count / (size_t)lanes,
        .each = by_image ? stage->output->count / (size_t)engine->settings.batch : 1,
        .threshold = (uint32_t)(stage->layer->rate * 4294967296.0),
        .factor = (float)(1.0 / (1.0 - stage->layer->rate)),
    };
}

static weft_status drop_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                weft_error *error) {
    cudaStream_t stream = weft_cuda_stream(engine);
    weft_type type = engine->settings.type;
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    void *y = weft_lane_values(engine, lane, stage->output);
    weft_cuda_mask mask = mask_of(engine, stage);
    if (weft_engine_drops(engine)) {
        weft_cuda_dropout(stream, type, &mask, x, y, stage->output->count);
    } else {
        weft_cuda_convert(stream, type, x, type, y, stage->output->count);
    }
    return weft_cuda_launched(stage, error);
}

static weft_status drop_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                 weft_error *error) {
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    weft_cuda_mask mask = mask_of(engine, stage);
    if (dx != NULL) {
        weft_cuda_dropout(weft_cuda_stream(engine), engine->settings.type, &mask,
                          weft_lane_gradient(engine, lane, stage->output), dx,
                          stage->output->count);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_dropout = {
    .op = WEFT_OP_DROPOUT,
    .create = weft_kind_create_nothing,
    .forward = drop_forward,
    .backward = drop_backward,
};

const weft_kind weft_cuda_kind_drop_path = {
    .op = WEFT_OP_DROP_PATH,
    .create = weft_kind_create_nothing,
    .forward = drop_forward,
    .backward = drop_backward,
};
