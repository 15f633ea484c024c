/* SPDX-License-Identifier: Apache-2.0
 * Layer normalisation over the channels of a position. */
#include "learn/kinds.h"

#include "learn/kernel/layer_norm.h"

enum { PLACE_STATISTICS, PLACE_SCRATCH };

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    size_t channels = (size_t)stage->layer->in.channels;
    size_t positions = stage->output->count / channels;
    int forward = weft_moment_forward(stage), backward = weft_moment_backward(engine, stage);
    weft_slot_train(&stage->slot[WEFT_SLOT_WEIGHT], channels);
    weft_slot_train(&stage->slot[WEFT_SLOT_BIAS], channels);
    WEFT_TRY(weft_stage_claim(engine, stage, PLACE_STATISTICS, 2 * positions * sizeof(float),
                              forward, backward, error));
    return weft_stage_claim(engine, stage, PLACE_SCRATCH, weft_layer_norm_scratch(channels),
                            backward, backward, error);
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    (void)error;
    size_t channels = (size_t)stage->layer->in.channels;
    size_t positions = weft_lane_positions(lane, stage->layer->in);
    float *mean = weft_stage_place(engine, stage, lane, PLACE_STATISTICS);
    weft_layer_norm_forward(engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
                            positions, channels, WEFT_LAYER_NORM_EPSILON,
                            stage->slot[WEFT_SLOT_WEIGHT].value, stage->slot[WEFT_SLOT_BIAS].value,
                            weft_lane_values(engine, lane, stage->output), mean, mean + positions);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    (void)error;
    size_t channels = (size_t)stage->layer->in.channels;
    size_t positions = weft_lane_positions(lane, stage->layer->in);
    const float *mean = weft_stage_place(engine, stage, lane, PLACE_STATISTICS);
    weft_layer_norm_backward(engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
                             weft_lane_gradient(engine, lane, stage->output), positions, channels,
                             stage->slot[WEFT_SLOT_WEIGHT].value, mean, mean + positions,
                             weft_input_gradient(engine, stage, lane, 0),
                             weft_slot_partial(&stage->slot[WEFT_SLOT_WEIGHT], lane),
                             weft_slot_partial(&stage->slot[WEFT_SLOT_BIAS], lane),
                             weft_stage_place(engine, stage, lane, PLACE_SCRATCH));
    return WEFT_OK;
}

const weft_kind weft_kind_layer_norm = {
    .op = WEFT_OP_LAYER_NORM,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};
