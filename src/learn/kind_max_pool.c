/* SPDX-License-Identifier: Apache-2.0
 *
 * Max pool over k x k windows, no padding. Forward notes which of the window's values won (the
 * first of equal ones, in rows, as PyTorch does); backward gives the gradient to it. The 2 x 2
 * window with stride 2, which is what the networks use, writes each input's gradient once. Winners
 * are as wide as values: both fill the same number of vector lanes. */
#include "learn/kinds.h"

#include <string.h>

#include "learn/vector.h"

typedef struct pool {
    size_t images, height, width, channels, out_height, out_width, kernel, stride;
} pool;

static pool pool_of(const weft_engine *engine, const weft_stage *stage) {
    const weft_layer *layer = stage->layer;
    return (pool){
        .images = (size_t)engine->batch,
        .height = (size_t)layer->in.height,
        .width = (size_t)layer->in.width,
        .channels = (size_t)layer->in.channels,
        .out_height = (size_t)layer->out.height,
        .out_width = (size_t)layer->out.width,
        .kernel = (size_t)layer->kernel.height,
        .stride = (size_t)layer->stride.height,
    };
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    return weft_stage_claim(engine, stage, 0, stage->output->count * sizeof(int32_t),
                            weft_moment_forward(stage), weft_moment_backward(engine, stage), error);
}

/* One more value of the window. A NaN wins and stays. */
WEFT_CLONES static void take_larger(const float *restrict x, float *restrict y,
                                    int32_t *restrict winner, int32_t number, size_t channels) {
    for (size_t c = 0; c < channels; c++) {
        bool wins = x[c] > y[c] || x[c] != x[c];
        y[c] = wins ? x[c] : y[c];
        winner[c] = wins ? number : winner[c];
    }
}

static void forward_any(const pool *p, const float *x, float *y, int32_t *winner) {
    for (size_t n = 0; n < p->images * p->out_height * p->out_width; n++) {
        size_t column = n % p->out_width;
        size_t row = n / p->out_width % p->out_height;
        size_t image = n / p->out_width / p->out_height;
        const float *corner =
            x +
            ((image * p->height + row * p->stride) * p->width + column * p->stride) * p->channels;
        memcpy(y, corner, p->channels * sizeof *y);
        memset(winner, 0, p->channels * sizeof *winner);
        for (size_t k = 1; k < p->kernel * p->kernel; k++) {
            const float *value = corner + (k / p->kernel * p->width + k % p->kernel) * p->channels;
            take_larger(value, y, winner, (int32_t)k, p->channels);
        }
        y += p->channels;
        winner += p->channels;
    }
}

static void backward_any(const pool *p, const float *dy, const int32_t *winner, float *dx) {
    memset(dx, 0, p->images * p->height * p->width * p->channels * sizeof *dx);
    for (size_t n = 0; n < p->images * p->out_height * p->out_width; n++) {
        size_t column = n % p->out_width;
        size_t row = n / p->out_width % p->out_height;
        size_t image = n / p->out_width / p->out_height;
        float *corner = dx +
                        ((image * p->height + row * p->stride) * p->width + column * p->stride) *
                            p->channels;
        for (size_t c = 0; c < p->channels; c++) {
            size_t k = (size_t)winner[c];
            corner[(k / p->kernel * p->width + k % p->kernel) * p->channels + c] += dy[c];
        }
        dy += p->channels;
        winner += p->channels;
    }
}

/* ---- 2 x 2, stride 2 ------------------------------------------------------------------------- */

/* A NaN in either wins. */
static inline float larger(float a, float b) {
    float maximum = a > b ? a : b;
    return a != a ? a : maximum;
}

/* One row of outputs from two rows of inputs. The winner is found after the maximum: comparisons
 * one by one, which the compiler can do for many channels at once. */
WEFT_CLONES static void forward_row(const float *restrict upper, const float *restrict lower,
                                    float *restrict y, int32_t *restrict winner, size_t out_width,
                                    size_t channels) {
    for (size_t column = 0; column < out_width; column++) {
        const float *a = upper + 2 * column * channels, *b = a + channels;
        const float *c = lower + 2 * column * channels, *d = c + channels;
        for (size_t i = 0; i < channels; i++) {
            float ab = larger(a[i], b[i]), cd = larger(c[i], d[i]);
            float best = larger(ab, cd);
            int number = d[i] == best ? 3 : 0;
            number = c[i] == best ? 2 : number;
            number = b[i] == best ? 1 : number;
            number = a[i] == best ? 0 : number;
            y[column * channels + i] = best;
            winner[column * channels + i] = number;
        }
    }
}

WEFT_CLONES static void backward_row(const float *restrict dy, const int32_t *restrict winner,
                                     float *restrict upper, float *restrict lower, size_t out_width,
                                     size_t channels) {
    for (size_t column = 0; column < out_width; column++) {
        float *a = upper + 2 * column * channels, *b = a + channels;
        float *c = lower + 2 * column * channels, *d = c + channels;
        for (size_t i = 0; i < channels; i++) {
            float g = dy[column * channels + i];
            int number = winner[column * channels + i];
            a[i] = number == 0 ? g : 0.0F;
            b[i] = number == 1 ? g : 0.0F;
            c[i] = number == 2 ? g : 0.0F;
            d[i] = number == 3 ? g : 0.0F;
        }
    }
}

static void forward_2x2(const pool *p, const float *x, float *y, int32_t *winner) {
    size_t row = p->width * p->channels, out_row = p->out_width * p->channels;
    for (size_t image = 0; image < p->images; image++) {
        for (size_t r = 0; r < p->out_height; r++, y += out_row, winner += out_row) {
            const float *upper = x + (image * p->height + 2 * r) * row;
            forward_row(upper, upper + row, y, winner, p->out_width, p->channels);
        }
    }
}

/* An odd last row or column is read by no window. */
static void clear_rest(const pool *p, float *image) {
    size_t row = p->width * p->channels;
    if (p->width % 2 != 0) {
        for (size_t r = 0; r < p->height; r++) {
            memset(image + (r + 1) * row - p->channels, 0, p->channels * sizeof *image);
        }
    }
    if (p->height % 2 != 0) {
        memset(image + (p->height - 1) * row, 0, row * sizeof *image);
    }
}

static void backward_2x2(const pool *p, const float *dy, const int32_t *winner, float *dx) {
    size_t row = p->width * p->channels, out_row = p->out_width * p->channels;
    for (size_t image = 0; image < p->images; image++, dx += p->height * row) {
        for (size_t r = 0; r < p->out_height; r++, dy += out_row, winner += out_row) {
            float *upper = dx + 2 * r * row;
            backward_row(dy, winner, upper, upper + row, p->out_width, p->channels);
        }
        clear_rest(p, dx);
    }
}

/* ---- the stage ------------------------------------------------------------------------------- */

static bool is_2x2(const pool *p) {
    return p->kernel == 2 && p->stride == 2;
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    pool p = pool_of(engine, stage);
    (is_2x2(&p) ? forward_2x2 : forward_any)(&p, stage->input[0]->data, stage->output->data,
                                             weft_stage_place(engine, stage, 0));
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    pool p = pool_of(engine, stage);
    if (stage->input_gradient[0] != NULL) {
        (is_2x2(&p) ? backward_2x2 : backward_any)(&p, stage->output->gradient,
                                                   weft_stage_place(engine, stage, 0),
                                                   stage->input_gradient[0]);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_max_pool = {
    .op = WEFT_OP_MAX_POOL,
    .create = create,
    .forward = forward,
    .backward = backward,
};
