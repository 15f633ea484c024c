/* SPDX-License-Identifier: Apache-2.0
 * Softmax over the channels of a position, in equal parts: the heads of an attention. */
#include "learn/kinds.h"

#include "learn/kernel/softmax.h"

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    (void)error;
    const weft_shape shape = stage->layer->out;
    weft_softmax_forward(engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
                         weft_lane_positions(lane, shape), (size_t)shape.channels,
                         (size_t)stage->layer->groups,
                         weft_lane_values(engine, lane, stage->output));
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    (void)error;
    const weft_shape shape = stage->layer->out;
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_softmax_backward(engine->settings.type, weft_lane_values(engine, lane, stage->output),
                              weft_lane_gradient(engine, lane, stage->output),
                              weft_lane_positions(lane, shape), (size_t)shape.channels,
                              (size_t)stage->layer->groups, dx);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_softmax = {
    .op = WEFT_OP_SOFTMAX,
    .keeps_output = true,
    .create = weft_kind_create_nothing,
    .forward = forward,
    .backward = backward,
};
