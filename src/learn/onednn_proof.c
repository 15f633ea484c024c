/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/onednn_proof.h"

#include <math.h>

/* Results that are looked at. A gradient of weights is a sum over all images and pixels: fewer. */
enum { SAMPLES = 64, WEIGHT_SAMPLES = 12 };

/* Errors that are rounding: of a result that is kept in bf16, relative to itself, and of sums,
 * relative to the sum of the magnitudes (some kernels keep partial sums in bf16, too). */
static const double KEPT = 0x1p-8, SUMMED_BF16 = 0x1p-10, SUMMED_F32 = 0x1p-18;

/* Numerator over 128 at place `i`: the top bits of a multiplicative hash (Knuth, TAOCP 3, 6.4). */
static int numerator(weft_dnn_slot slot, size_t i) {
    uint64_t hash = ((uint64_t)i * WEFT_DNN_SLOTS + (uint64_t)slot + 1) * 0x9e3779b97f4a7c15U;
    hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9U;
    return (int)(hash >> 56) - 128;
}

static double value(weft_dnn_slot slot, size_t i) {
    return numerator(slot, i) / 128.0;
}

void weft_dnn_fill(weft_dnn_slot slot, weft_type type, size_t n, void *place) {
    if (type == WEFT_F32) {
        float *to = place;
        for (size_t i = 0; i < n; i++) {
            to[i] = (float)numerator(slot, i) * (1.0F / 128.0F);
        }
        return;
    }
    weft_bf16 *to = place;
    for (size_t i = 0; i < n; i++) {
        to[i] = weft_to_bf16((float)numerator(slot, i) * (1.0F / 128.0F));
    }
}

/* ---- sums ------------------------------------------------------------------------------------ */

typedef struct sum {
    double value, magnitude;
} sum;

static void add(sum *s, double term) {
    s->value += term;
    s->magnitude += fabs(term);
}

static bool agrees(const sum *s, weft_type type, double got) {
    double allowed = type == WEFT_F32 ? SUMMED_F32 * s->magnitude
                                      : KEPT * fabs(s->value) + SUMMED_BF16 * s->magnitude;
    return fabs(got - s->value) <= allowed; /* false of NaN */
}

static double element(const void *place, weft_type type, size_t i) {
    return type == WEFT_F32 ? (double)((const float *)place)[i]
                            : (double)weft_from_bf16(((const weft_bf16 *)place)[i]);
}

/* The `k`-th place to look at in 0..n-1: the first, the last, and others all over in between. */
static size_t sampled(size_t n, int k) {
    if (k <= 1) {
        return k == 0 ? 0 : n - 1;
    }
    return (size_t)(((uint64_t)k * 0x9e3779b97f4a7c15U >> 11) % n);
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* A linear layer is a convolution of maps of one pixel. */
static weft_dnn_geometry as_convolution(const weft_dnn_geometry *g) {
    weft_dnn_geometry c = *g;
    if (g->linear) {
        c.in_height = c.in_width = c.out_height = c.out_width = 1;
        c.kernel_height = c.kernel_width = c.stride_height = c.stride_width = 1;
        c.pad_height = c.pad_width = 0;
        c.dilation_height = c.dilation_width = c.groups = 1;
    }
    return c;
}

/* Where an element of an NHWC tensor, or of plain weights (out, in, row, column), lies. */
typedef struct place4 {
    int a, b, c, d;
} place4;

static size_t flat(place4 p, int b, int c, int d) {
    return (((size_t)p.a * (size_t)b + (size_t)p.b) * (size_t)c + (size_t)p.c) * (size_t)d +
           (size_t)p.d;
}

static place4 unflat(size_t i, int b, int c, int d) {
    place4 p;
    p.d = (int)(i % (size_t)d);
    i /= (size_t)d;
    p.c = (int)(i % (size_t)c);
    i /= (size_t)c;
    p.b = (int)(i % (size_t)b);
    p.a = (int)(i / (size_t)b);
    return p;
}

/* NHWC: (image, row, column, channel). */
static double input_at(const weft_dnn_geometry *g, place4 p) {
    return value(WEFT_DNN_SOURCE, flat(p, g->in_height, g->in_width, g->in_channels));
}

static double output_at(const weft_dnn_geometry *g, place4 p) {
    return value(WEFT_DNN_DESTINATION, flat(p, g->out_height, g->out_width, g->out_channels));
}

static double weight_at(const weft_dnn_geometry *g, place4 p) {
    return value(WEFT_DNN_WEIGHTS,
                 flat(p, g->in_channels / g->groups, g->kernel_height, g->kernel_width));
}

/* The pixel of the input that a tap of an output's window sees; false: padding. */
static bool tap(const weft_dnn_geometry *g, int row, int column, int ky, int kx, place4 *in) {
    in->b = row * g->stride_height - g->pad_height + ky * g->dilation_height;
    in->c = column * g->stride_width - g->pad_width + kx * g->dilation_width;
    return in->b >= 0 && in->b < g->in_height && in->c >= 0 && in->c < g->in_width;
}

/* y(n, row, column, o) = b(o) + sum over i, ky, kx of x w. */
static sum forward_sum(const weft_dnn_geometry *g, place4 out) {
    sum s = {0};
    int ins = g->in_channels / g->groups, group = out.d / (g->out_channels / g->groups);
    place4 in = {.a = out.a};
    for (int ky = 0; ky < g->kernel_height; ky++) {
        for (int kx = 0; kx < g->kernel_width; kx++) {
            if (!tap(g, out.b, out.c, ky, kx, &in)) {
                continue;
            }
            for (int i = 0; i < ins; i++) {
                in.d = group * ins + i;
                add(&s, input_at(g, in) * weight_at(g, (place4){out.d, i, ky, kx}));
            }
        }
    }
    if (g->bias) {
        add(&s, value(WEFT_DNN_BIAS, (size_t)out.d));
    }
    return s;
}

/* The output whose window's tap lies on a pixel: (pixel + pad - k dilation) / stride, if that is
 * whole. */
static bool window_of(int pixel, int k, int out, int stride, int pad, int dilation, int *at) {
    int from = pixel + pad - k * dilation;
    *at = from / stride;
    return from >= 0 && from % stride == 0 && *at < out;
}

/* dx(n, row, column, i) = sum over o, ky, kx of dy w. */
static sum data_sum(const weft_dnn_geometry *g, place4 in) {
    sum s = {0};
    int ins = g->in_channels / g->groups, outs = g->out_channels / g->groups;
    place4 out = {.a = in.a};
    for (int ky = 0; ky < g->kernel_height; ky++) {
        for (int kx = 0; kx < g->kernel_width; kx++) {
            if (!window_of(in.b, ky, g->out_height, g->stride_height, g->pad_height,
                           g->dilation_height, &out.b) ||
                !window_of(in.c, kx, g->out_width, g->stride_width, g->pad_width, g->dilation_width,
                           &out.c)) {
                continue;
            }
            for (int o = 0; o < outs; o++) {
                out.d = in.d / ins * outs + o;
                add(&s, output_at(g, out) * weight_at(g, (place4){out.d, in.d % ins, ky, kx}));
            }
        }
    }
    return s;
}

/* dw(o, i, ky, kx) = sum over images, rows, columns of dy x; without x that of the bias. */
static sum weights_sum(const weft_dnn_geometry *g, place4 w, bool bias) {
    sum s = {0};
    int ins = g->in_channels / g->groups, group = w.a / (g->out_channels / g->groups);
    place4 out = {.d = w.a}, in = {.d = group * ins + w.b};
    for (int n = 0; n < g->batch; n++) {
        in.a = out.a = n;
        for (out.b = 0; out.b < g->out_height; out.b++) {
            for (out.c = 0; out.c < g->out_width; out.c++) {
                if (bias) {
                    add(&s, output_at(g, out));
                } else if (tap(g, out.b, out.c, w.c, w.d, &in)) {
                    add(&s, output_at(g, out) * input_at(g, in));
                }
            }
        }
    }
    return s;
}

static bool forward_holds(const weft_dnn_geometry *g, const void *output) {
    size_t n = (size_t)g->batch * (size_t)g->out_height * (size_t)g->out_width *
               (size_t)g->out_channels;
    for (int k = 0; k < SAMPLES; k++) {
        size_t i = sampled(n, k);
        sum s = forward_sum(g, unflat(i, g->out_height, g->out_width, g->out_channels));
        if (!agrees(&s, (weft_type)g->type, element(output, (weft_type)g->type, i))) {
            return false;
        }
    }
    return true;
}

static bool data_holds(const weft_dnn_geometry *g, const void *gradient) {
    size_t n = (size_t)g->batch * (size_t)g->in_height * (size_t)g->in_width *
               (size_t)g->in_channels;
    for (int k = 0; k < SAMPLES; k++) {
        size_t i = sampled(n, k);
        sum s = data_sum(g, unflat(i, g->in_height, g->in_width, g->in_channels));
        if (!agrees(&s, (weft_type)g->type, element(gradient, (weft_type)g->type, i))) {
            return false;
        }
    }
    return true;
}

static bool weights_hold(const weft_dnn_geometry *g, const float *gradient) {
    int ins = g->in_channels / g->groups;
    size_t taps = (size_t)ins * (size_t)g->kernel_height * (size_t)g->kernel_width;
    size_t n = (size_t)g->out_channels * taps;
    for (int k = 0; k < WEIGHT_SAMPLES; k++) {
        size_t i = sampled(n, k);
        place4 w = unflat(i, ins, g->kernel_height, g->kernel_width);
        sum s = weights_sum(g, w, false);
        if (!agrees(&s, WEFT_F32, (double)gradient[i])) {
            return false;
        }
    }
    return true;
}

static bool bias_holds(const weft_dnn_geometry *g, const float *gradient) {
    for (int k = 0; k < WEIGHT_SAMPLES; k++) {
        size_t o = sampled((size_t)g->out_channels, k);
        sum s = weights_sum(g, (place4){.a = (int)o}, true);
        if (!agrees(&s, WEFT_F32, (double)gradient[o])) {
            return false;
        }
    }
    return true;
}

bool weft_dnn_layer_holds(const weft_dnn_geometry *geometry, weft_dnn_pass pass, const void *result,
                          const float *bias_gradient) {
    weft_dnn_geometry g = as_convolution(geometry);
    switch (pass) {
    case WEFT_DNN_FORWARD:
        return forward_holds(&g, result);
    case WEFT_DNN_BACKWARD_DATA:
        return data_holds(&g, result);
    case WEFT_DNN_BACKWARD_WEIGHTS:
    case WEFT_DNN_PASSES:
        break;
    }
    return weights_hold(&g, result) && (bias_gradient == NULL || bias_holds(&g, bias_gradient));
}

/* ---- products of two activations ------------------------------------------------------------- */

static size_t at(const weft_dnn_matrix *m, place4 p) {
    return (size_t)(p.a * m->image + p.b * m->head + p.c * m->row_step + p.d * m->column_step);
}

bool weft_dnn_matmul_holds(const weft_dnn_matmul_geometry *geometry, const void *c) {
    const weft_dnn_matmul_geometry *g = geometry;
    size_t n = (size_t)g->images * (size_t)g->heads * (size_t)g->rows * (size_t)g->columns;
    for (int k = 0; k < SAMPLES; k++) {
        place4 p = unflat(sampled(n, k), g->heads, g->rows, g->columns);
        sum s = {0};
        for (int i = 0; i < g->inner; i++) {
            add(&s, value(WEFT_DNN_SOURCE, at(&g->a, (place4){p.a, p.b, p.c, i})) *
                        value(WEFT_DNN_WEIGHTS, at(&g->b, (place4){p.a, p.b, i, p.d})));
        }
        if (!agrees(&s, (weft_type)g->type, element(c, (weft_type)g->type, at(&g->c, p)))) {
            return false;
        }
    }
    return true;
}
