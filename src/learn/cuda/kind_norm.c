/* SPDX-License-Identifier: Apache-2.0
 *
 * Batch and layer normalisation, as learn/kind_batch_norm.c and kind_layer_norm.c have them: with
 * the sum and the ReLU that became part of a batch norm, and its rule for running statistics. */

#include "learn/cuda/kinds.h"

/* ---- batch norm ------------------------------------------------------------------------------ */

static weft_cuda_bn bn_of(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                          weft_clip clip) {
    size_t channels = weft_stage_channels(stage);
    float *at = weft_stage_place(engine, stage, lane, 0);
    return (weft_cuda_bn){
        .type = engine->settings.type,
        .clip = clip,
        .positions = weft_lane_positions(lane, stage->layer->in),
        .channels = channels,
        .scale = at,
        .shift = at + channels,
        .mean = at + 2 * channels,
        .inverse = at + 3 * channels,
        .slope = at + 4 * channels,
        .offset = at + 5 * channels,
        .scratch = at + WEFT_CUDA_BN_ROWS * channels,
    };
}

static weft_status create_batch_norm(weft_engine *engine, weft_stage *stage, weft_error *error) {
    size_t channels = weft_stage_channels(stage);
    size_t positions = weft_lane_positions(&engine->lanes[0], stage->layer->in);
    for (int name = 0; name <= WEFT_SLOT_VARIANCE; name++) {
        bool trained = name == WEFT_SLOT_WEIGHT || name == WEFT_SLOT_BIAS;
        stage->slot[name] = (weft_slot){.count = channels, .is_trained = trained};
    }
    if (weft_norm_masks_in_place(stage)) {
        weft_plan_extend(&engine->plan, stage->output->claim, weft_moment_backward(engine, stage));
    }
    size_t floats = WEFT_CUDA_BN_ROWS * channels + weft_cuda_sums_scratch(positions, channels);
    return weft_stage_claim(engine, stage, 0, floats * sizeof(float), weft_moment_forward(stage),
                            weft_moment_backward(engine, stage), error);
}

static weft_status forward_batch_norm(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                      weft_error *error) {
    weft_cuda_bn bn = bn_of(engine, stage, lane, weft_stage_clip(stage));
    cudaStream_t stream = weft_cuda_stream(engine);
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    const float *gamma = weft_cuda_value(engine, &stage->slot[WEFT_SLOT_WEIGHT]);
    const float *beta = weft_cuda_value(engine, &stage->slot[WEFT_SLOT_BIAS]);
    float *mean = weft_cuda_value(engine, &stage->slot[WEFT_SLOT_MEAN]);
    float *variance = weft_cuda_value(engine, &stage->slot[WEFT_SLOT_VARIANCE]);
    if (engine->mode == WEFT_MODE_TRAIN) {
        weft_cuda_bn_measure(stream, &bn, x, WEFT_BATCH_NORM_EPSILON, weft_norm_share(engine),
                             gamma, beta, mean, variance);
    } else {
        weft_cuda_bn_running(stream, &bn, WEFT_BATCH_NORM_EPSILON, gamma, beta, mean, variance);
    }
    weft_cuda_bn_map(stream, &bn, x,
                     stage->n_inputs > 1 ? weft_lane_values(engine, lane, stage->input[1]) : NULL,
                     weft_lane_values(engine, lane, stage->output));
    return weft_cuda_launched(stage, error);
}

/* The gradient of the result, masked in place where a sum with a ReLU is part of the stage; handed
 * on to the other term. */
static const void *sum_gradient(const weft_engine *engine, const weft_stage *stage,
                                const weft_lane *lane) {
    cudaStream_t stream = weft_cuda_stream(engine);
    weft_type type = engine->settings.type;
    void *dy = weft_lane_gradient(engine, lane, stage->output);
    size_t n = stage->output->count;
    if (weft_norm_masks_in_place(stage)) {
        weft_cuda_clip_gradient(stream, type, weft_stage_clip(stage),
                                weft_lane_values(engine, lane, stage->output), dy, dy, n);
    }
    void *dz = stage->n_inputs > 1 ? weft_input_gradient(engine, stage, lane, 1) : NULL;
    if (dz != NULL) {
        weft_cuda_convert(stream, type, dy, type, dz, n);
    }
    return dy;
}

static weft_status backward_batch_norm(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                       weft_error *error) {
    const void *dy = sum_gradient(engine, stage, lane);
    weft_cuda_bn bn =
        bn_of(engine, stage, lane,
              weft_norm_masks_in_place(stage) ? WEFT_CLIP_NONE : weft_stage_clip(stage));
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    weft_cuda_bn_sum_gradient(weft_cuda_stream(engine), &bn, x, dy,
                              weft_cuda_gradient(engine, &stage->slot[WEFT_SLOT_WEIGHT]),
                              weft_cuda_gradient(engine, &stage->slot[WEFT_SLOT_BIAS]));
    if (dx != NULL) {
        weft_cuda_bn_map_gradient(weft_cuda_stream(engine), &bn, x, dy, dx);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_batch_norm = {
    .op = WEFT_OP_BATCH_NORM,
    .keeps_input = true,
    .create = create_batch_norm,
    .forward = forward_batch_norm,
    .backward = backward_batch_norm,
};

/* ---- layer norm ------------------------------------------------------------------------------ */

enum { PLACE_STATISTICS, PLACE_SCRATCH };

static weft_status create_layer_norm(weft_engine *engine, weft_stage *stage, weft_error *error) {
    size_t channels = weft_stage_channels(stage), positions = stage->output->count / channels;
    int forward = weft_moment_forward(stage), backward = weft_moment_backward(engine, stage);
    weft_cuda_slot_train(&stage->slot[WEFT_SLOT_WEIGHT], channels);
    weft_cuda_slot_train(&stage->slot[WEFT_SLOT_BIAS], channels);
    WEFT_TRY(weft_stage_claim(engine, stage, PLACE_STATISTICS, 2 * positions * sizeof(float),
                              forward, backward, error));
    return weft_stage_claim(engine, stage, PLACE_SCRATCH,
                            weft_cuda_sums_scratch(positions, channels) * sizeof(float), backward,
                            backward, error);
}

static weft_status forward_layer_norm(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                      weft_error *error) {
    size_t positions = weft_lane_positions(lane, stage->layer->in);
    float *mean = weft_stage_place(engine, stage, lane, PLACE_STATISTICS);
    weft_cuda_layer_norm(weft_cuda_stream(engine), engine->settings.type,
                         weft_lane_values(engine, lane, stage->input[0]), positions,
                         weft_stage_channels(stage), WEFT_LAYER_NORM_EPSILON,
                         weft_cuda_value(engine, &stage->slot[WEFT_SLOT_WEIGHT]),
                         weft_cuda_value(engine, &stage->slot[WEFT_SLOT_BIAS]),
                         weft_lane_values(engine, lane, stage->output), mean, mean + positions);
    return weft_cuda_launched(stage, error);
}

static weft_status backward_layer_norm(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                       weft_error *error) {
    size_t positions = weft_lane_positions(lane, stage->layer->in);
    const float *mean = weft_stage_place(engine, stage, lane, PLACE_STATISTICS);
    weft_cuda_layer_norm_gradient(weft_cuda_stream(engine), engine->settings.type,
                                  weft_lane_values(engine, lane, stage->input[0]),
                                  weft_lane_gradient(engine, lane, stage->output), positions,
                                  weft_stage_channels(stage),
                                  weft_cuda_value(engine, &stage->slot[WEFT_SLOT_WEIGHT]), mean,
                                  mean + positions, weft_input_gradient(engine, stage, lane, 0),
                                  weft_cuda_gradient(engine, &stage->slot[WEFT_SLOT_WEIGHT]),
                                  weft_cuda_gradient(engine, &stage->slot[WEFT_SLOT_BIAS]),
                                  weft_stage_place(engine, stage, lane, PLACE_SCRATCH));
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_layer_norm = {
    .op = WEFT_OP_LAYER_NORM,
    .keeps_input = true,
    .create = create_layer_norm,
    .forward = forward_layer_norm,
    .backward = backward_layer_norm,
};
