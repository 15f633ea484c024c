/* SPDX-License-Identifier: Apache-2.0
 *
 * Flatten: maps (height, width, channels) become a vector in the order (channels, height, width),
 * so that the weights of the layer behind mean the same as in frameworks that keep channels first.
 */
#include "learn/kinds.h"

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)stage, (void)error;
    return WEFT_OK;
}

/* For every image: to[c * pixels + p] = from[p * channels + c], or the other way round. */
static void transpose(const float *from, float *to, size_t images, size_t rows, size_t columns) {
    for (size_t n = 0; n < images; n++) {
        const float *source = from + n * rows * columns;
        float *target = to + n * rows * columns;
        for (size_t r = 0; r < rows; r++) {
            for (size_t c = 0; c < columns; c++) {
                target[c * rows + r] = source[r * columns + c];
            }
        }
    }
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    const weft_shape *in = &stage->layer->in;
    transpose(stage->input[0]->data, stage->output->data, (size_t)engine->batch,
              (size_t)in->height * (size_t)in->width, (size_t)in->channels);
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    const weft_shape *in = &stage->layer->in;
    if (stage->input_gradient[0] != NULL) {
        transpose(stage->output->gradient, stage->input_gradient[0], (size_t)engine->batch,
                  (size_t)in->channels, (size_t)in->height * (size_t)in->width);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_flatten = {
    .op = WEFT_OP_FLATTEN,
    .create = create,
    .forward = forward,
    .backward = backward,
};
