/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums and products of two tensors.
 *
 * The gradient of each term of a sum is the gradient of the sum, masked in place by the ReLU behind
 * it; a term that only this sum reads finds it there (stage.passes_gradient), any other gets a copy.
 *
 * The second factor of a product may have one value for each channel: squeeze-excite. */
#include "learn/kinds.h"

#include <string.h>

#include "learn/kernel/activation.h"
#include "learn/kernel/join.h"

/* ---- sums ------------------------------------------------------------------------------------ */

/* Only the ReLU makes backward look at the output. */
static weft_status add_create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    if (stage->tail != WEFT_TAIL_NONE && stage->output->needs_gradient) {
        weft_plan_extend(&engine->plan, stage->output->claim, weft_moment_backward(engine, stage));
    }
    return WEFT_OK;
}

static weft_status add_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                               weft_error *error) {
    (void)error;
    weft_add(engine->settings.type, stage->tail == WEFT_TAIL_RELU,
             weft_lane_values(engine, lane, stage->input[0]),
             weft_lane_values(engine, lane, stage->input[1]),
             weft_lane_values(engine, lane, stage->output), stage->output->count);
    return WEFT_OK;
}

static weft_status add_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                weft_error *error) {
    (void)error;
    weft_type type = engine->settings.type;
    void *dy = weft_lane_gradient(engine, lane, stage->output);
    if (stage->tail == WEFT_TAIL_RELU) {
        weft_activation_backward(WEFT_ACTIVATION_RELU, type,
                                 weft_lane_values(engine, lane, stage->output), dy, dy,
                                 stage->output->count);
    }
    for (int k = 0; k < stage->n_inputs; k++) {
        void *dx = weft_input_gradient(engine, stage, lane, k);
        if (dx != NULL) {
            memcpy(dx, dy, stage->output->count * weft_type_size(type));
        }
    }
    return WEFT_OK;
}

const weft_kind weft_kind_add = {
    .op = WEFT_OP_ADD,
    .create = add_create,
    .forward = add_forward,
    .backward = add_backward,
};

/* ---- products -------------------------------------------------------------------------------- */

static bool is_by_channel(const weft_stage *stage) {
    return stage->input[1]->count != stage->input[0]->count;
}

static weft_status multiply_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                    weft_error *error) {
    (void)error;
    weft_type type = engine->settings.type;
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    const void *s = weft_lane_values(engine, lane, stage->input[1]);
    void *y = weft_lane_values(engine, lane, stage->output);
    if (is_by_channel(stage)) {
        weft_multiply_channels(type, x, s, y, (size_t)lane->images,
                               weft_positions(stage->layer->in), (size_t)stage->layer->in.channels);
    } else {
        weft_multiply(type, x, s, y, stage->output->count);
    }
    return WEFT_OK;
}

static weft_status multiply_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                     weft_error *error) {
    (void)error;
    weft_type type = engine->settings.type;
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    const void *s = weft_lane_values(engine, lane, stage->input[1]);
    const void *dy = weft_lane_gradient(engine, lane, stage->output);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    void *ds = weft_input_gradient(engine, stage, lane, 1);
    size_t images = (size_t)lane->images, positions = weft_positions(stage->layer->in);
    size_t channels = (size_t)stage->layer->in.channels, n = stage->output->count;
    bool by_channel = is_by_channel(stage);
    if (dx != NULL && by_channel) {
        weft_multiply_channels(type, dy, s, dx, images, positions, channels);
    } else if (dx != NULL) {
        weft_multiply(type, dy, s, dx, n);
    }
    if (ds != NULL && by_channel) {
        weft_multiply_channels_sum(type, x, dy, ds, images, positions, channels);
    } else if (ds != NULL) {
        weft_multiply(type, dy, x, ds, n);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_multiply = {
    .op = WEFT_OP_MULTIPLY,
    .keeps_input = true,
    .create = weft_kind_create_nothing,
    .forward = multiply_forward,
    .backward = multiply_backward,
};
