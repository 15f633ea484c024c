/* SPDX-License-Identifier: Apache-2.0
 *
 * Dropout (Srivastava et al., JMLR 15, 2014), inverted: in training a value is dropped with
 * probability `rate`, the others grow by 1 / (1 - rate); when measuring nothing happens. The masks
 * come from the step's own random stream, layer after layer. */
#include "learn/kinds.h"

#include <string.h>

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    return weft_stage_claim(engine, stage, 0, stage->output->count * sizeof(float),
                            weft_moment_forward(stage), weft_moment_backward(engine, stage), error);
}

/* factors[i] = 0 or 1 / (1 - rate) */
static void draw(weft_engine *engine, double rate, float *factors, size_t n) {
    const uint32_t threshold = (uint32_t)(rate * 4294967296.0);
    const float kept = (float)(1.0 / (1.0 - rate));
    for (size_t i = 0; i < n; i++) {
        factors[i] = weft_rng_u32(&engine->dropout) < threshold ? 0.0F : kept;
    }
}

static void multiply(const float *values, const float *factors, float *result, size_t n) {
    for (size_t i = 0; i < n; i++) {
        result[i] = values[i] * factors[i];
    }
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    const float *x = stage->input[0]->data;
    weft_tensor *output = stage->output;
    if (engine->mode == WEFT_MODE_EVALUATE) {
        memcpy(output->data, x, output->count * sizeof(float));
        return WEFT_OK;
    }
    float *factors = weft_stage_place(engine, stage, 0);
    draw(engine, stage->layer->rate, factors, output->count);
    multiply(x, factors, output->data, output->count);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    if (stage->input_gradient[0] != NULL) {
        multiply(stage->output->gradient, weft_stage_place(engine, stage, 0),
                 stage->input_gradient[0], stage->output->count);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_dropout = {
    .op = WEFT_OP_DROPOUT,
    .create = create,
    .forward = forward,
    .backward = backward,
};
