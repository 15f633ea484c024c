/* SPDX-License-Identifier: Apache-2.0
 *
 * Adaptive average pool to side x side. Output i averages the inputs floor(i * in / out) up to, not
 * including, ceil((i + 1) * in / out): PyTorch's windows, which may overlap. */
#include "learn/kinds.h"

#include <string.h>

typedef struct window {
    size_t first, end;
} window;

static window window_of(size_t i, size_t in, size_t out) {
    return (window){.first = i * in / out, .end = ((i + 1) * in + out - 1) / out};
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)stage, (void)error;
    return WEFT_OK;
}

static void average_window(const float *image, size_t width, size_t channels, window rows,
                           window columns, float *y) {
    memset(y, 0, channels * sizeof *y);
    for (size_t r = rows.first; r < rows.end; r++) {
        for (size_t c = columns.first; c < columns.end; c++) {
            const float *x = image + (r * width + c) * channels;
            for (size_t i = 0; i < channels; i++) {
                y[i] += x[i];
            }
        }
    }
    float share = 1.0F / (float)((rows.end - rows.first) * (columns.end - columns.first));
    for (size_t i = 0; i < channels; i++) {
        y[i] *= share;
    }
}

static void spread_window(float *image, size_t width, size_t channels, window rows, window columns,
                          const float *dy) {
    float share = 1.0F / (float)((rows.end - rows.first) * (columns.end - columns.first));
    for (size_t r = rows.first; r < rows.end; r++) {
        for (size_t c = columns.first; c < columns.end; c++) {
            float *dx = image + (r * width + c) * channels;
            for (size_t i = 0; i < channels; i++) {
                dx[i] += dy[i] * share;
            }
        }
    }
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    const weft_shape *in = &stage->layer->in;
    size_t height = (size_t)in->height, width = (size_t)in->width, channels = (size_t)in->channels;
    size_t out_height = (size_t)stage->layer->out.height;
    size_t out_width = (size_t)stage->layer->out.width;
    float *y = stage->output->data;
    for (size_t n = 0; n < (size_t)engine->batch; n++) {
        const float *image = stage->input[0]->data + n * height * width * channels;
        for (size_t i = 0; i < out_height; i++) {
            for (size_t j = 0; j < out_width; j++, y += channels) {
                average_window(image, width, channels, window_of(i, height, out_height),
                               window_of(j, width, out_width), y);
            }
        }
    }
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    if (stage->input_gradient[0] == NULL) {
        return WEFT_OK;
    }
    const weft_shape *in = &stage->layer->in;
    size_t height = (size_t)in->height, width = (size_t)in->width, channels = (size_t)in->channels;
    size_t out_height = (size_t)stage->layer->out.height;
    size_t out_width = (size_t)stage->layer->out.width;
    const float *dy = stage->output->gradient;
    memset(stage->input_gradient[0], 0, stage->input[0]->count * sizeof(float));
    for (size_t n = 0; n < (size_t)engine->batch; n++) {
        float *image = stage->input_gradient[0] + n * height * width * channels;
        for (size_t i = 0; i < out_height; i++) {
            for (size_t j = 0; j < out_width; j++, dy += channels) {
                spread_window(image, width, channels, window_of(i, height, out_height),
                              window_of(j, width, out_width), dy);
            }
        }
    }
    return WEFT_OK;
}

const weft_kind weft_kind_average_pool = {
    .op = WEFT_OP_AVERAGE_POOL,
    .create = create,
    .forward = forward,
    .backward = backward,
};
