/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations on their own, where they could not become part of what stands before them. The
 * gradient of a ReLU is found from its output, which the layer behind keeps as well; those of the
 * others from their input. */
#include "learn/kinds.h"

#include "learn/kernel/activation.h"

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_activation activation) {
    weft_activation_forward(activation, engine->settings.type,
                            weft_lane_values(engine, lane, stage->input[0]),
                            weft_lane_values(engine, lane, stage->output), stage->output->count);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_activation activation) {
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    const weft_tensor *from = stage->kind->keeps_output ? stage->output : stage->input[0];
    if (dx != NULL) {
        weft_activation_backward(
            activation, engine->settings.type, weft_lane_values(engine, lane, from),
            weft_lane_gradient(engine, lane, stage->output), dx, stage->output->count);
    }
    return WEFT_OK;
}

#define ACTIVATION(name, NAME, from_output)                                                        \
    static weft_status name##_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,     \
                                      weft_error *error) {                                         \
        (void)error;                                                                               \
        return forward(engine, stage, lane, WEFT_ACTIVATION_##NAME);                               \
    }                                                                                              \
    static weft_status name##_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,    \
                                       weft_error *error) {                                        \
        (void)error;                                                                               \
        return backward(engine, stage, lane, WEFT_ACTIVATION_##NAME);                              \
    }                                                                                              \
    const weft_kind weft_kind_##name = {                                                           \
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
