/* SPDX-License-Identifier: Apache-2.0
 *
 * The sum of two tensors, with the ReLU behind it where there is one. The gradient of each term is
 * the gradient of the sum, masked in place by the ReLU; a term that only this sum reads finds it
 * there (kind.shares_gradient), any other gets a copy. */
#include "learn/kinds.h"

#include <string.h>

#include "learn/vector.h"

WEFT_CLONES static void sum(const float *restrict a, const float *restrict b, float *restrict y,
                            size_t n) {
    for (size_t i = 0; i < n; i++) {
        y[i] = a[i] + b[i];
    }
}

WEFT_CLONES static void sum_relu(const float *restrict a, const float *restrict b,
                                 float *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float value = a[i] + b[i];
        y[i] = value < 0.0F ? 0.0F : value;
    }
}

WEFT_CLONES static void mask_in_place(const float *restrict y, float *restrict dy, size_t n) {
    for (size_t i = 0; i < n; i++) {
        dy[i] = y[i] > 0.0F ? dy[i] : 0.0F;
    }
}

/* Only the ReLU makes backward look at the output. */
static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    if (stage->relu && stage->output->needs_gradient) {
        weft_plan_extend(&engine->plan, stage->output->claim, weft_moment_backward(engine, stage));
    }
    return WEFT_OK;
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)error;
    (stage->relu ? sum_relu : sum)(stage->input[0]->data, stage->input[1]->data,
                                   stage->output->data, stage->output->count);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)error;
    weft_tensor *output = stage->output;
    if (stage->relu) {
        mask_in_place(output->data, output->gradient, output->count);
    }
    for (int k = 0; k < stage->n_inputs; k++) {
        if (stage->input_gradient[k] != NULL) {
            memcpy(stage->input_gradient[k], output->gradient, output->count * sizeof(float));
        }
    }
    return WEFT_OK;
}

const weft_kind weft_kind_add = {
    .op = WEFT_OP_ADD,
    .shares_gradient = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};
