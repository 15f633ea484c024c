/* SPDX-License-Identifier: Apache-2.0
 *
 * ReLU on its own, where it could not become part of what stands before it: y = max(0, x), and
 * dx = dy where y > 0. NaN stays NaN. */
#include "learn/kinds.h"

#include "learn/vector.h"

WEFT_CLONES static void clip(const float *restrict x, float *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] < 0.0F ? 0.0F : x[i];
    }
}

WEFT_CLONES static void mask(const float *restrict y, const float *restrict dy, float *restrict dx,
                             size_t n) {
    for (size_t i = 0; i < n; i++) {
        dx[i] = y[i] > 0.0F ? dy[i] : 0.0F;
    }
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)stage, (void)error;
    return WEFT_OK;
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)error;
    clip(stage->input[0]->data, stage->output->data, stage->output->count);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)error;
    if (stage->input_gradient[0] != NULL) {
        mask(stage->output->data, stage->output->gradient, stage->input_gradient[0],
             stage->output->count);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_relu = {
    .op = WEFT_OP_RELU,
    .keeps_output = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};
