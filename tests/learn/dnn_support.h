/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the door to oneDNN: the products of weighted layers in double precision, written from
 * the definitions; memory whose ends are watched. */
#ifndef WEFT_TESTS_LEARN_DNN_SUPPORT_H
#define WEFT_TESTS_LEARN_DNN_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "learn/cache_support.h"
#include "learn/onednn.h"

/* What is being checked, for the messages. */
static char label[512];

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != WEFT_OK) {                                                                   \
            fail_msg("%s: %s: %s", label, #call, error.message);                                   \
        }                                                                                          \
    } while (0)

/* ---- memory whose ends are watched ----------------------------------------------------------- */

enum { GUARD = 256, GUARD_BYTE = 0xff };

/* `size` bytes at a 64-byte boundary between two guards, all bytes of both 0xff: NaN in both
 * types, so that what is read without being written, or not written at all, shows. */
typedef struct place {
    unsigned char *block;
    void *data;
    size_t size;
} place;

static inline place place_make(size_t size) {
    size_t room = (GUARD + size + GUARD + 63) / 64 * 64;
    place p = {.block = aligned_alloc(64, room), .size = size};
    assert_non_null(p.block);
    memset(p.block, GUARD_BYTE, room);
    p.data = p.block + GUARD;
    memset(p.data, 0xff, size);
    return p;
}

static inline void place_check(const place *p, const char *what) {
    for (size_t i = 0; i < GUARD; i++) {
        if (p->block[i] != GUARD_BYTE || p->block[GUARD + p->size + i] != GUARD_BYTE) {
            fail_msg("%s: %s of %zu bytes: overrun, %zu bytes from an end", label, what, p->size,
                     i);
        }
    }
}

/* Checks the guards, too. */
static inline void place_free(place *p, const char *what) {
    place_check(p, what);
    free(p->block);
}

static inline double place_get(const place *p, weft_type type, size_t i) {
    return type == WEFT_F32 ? (double)((const float *)p->data)[i]
                            : (double)weft_from_bf16(((const weft_bf16 *)p->data)[i]);
}

static inline void place_set(place *p, weft_type type, size_t i, float value) {
    if (type == WEFT_F32) {
        ((float *)p->data)[i] = value;
    } else {
        ((weft_bf16 *)p->data)[i] = weft_to_bf16(value);
    }
}

/* Standard normal numbers, as the type can hold them; `values` is what is held. */
static inline place place_random(weft_type type, size_t n, weft_rng *rng, double *values) {
    place p = place_make(n * weft_type_size(type));
    for (size_t i = 0; i < n; i++) {
        place_set(&p, type, i, (float)weft_rng_normal(rng));
        values[i] = place_get(&p, type, i);
    }
    return p;
}

static inline double *new_doubles(size_t n) {
    double *values = calloc(n > 0 ? n : 1, sizeof *values);
    assert_non_null(values);
    return values;
}

/* ---- layers from their definition ------------------------------------------------------------ */

/* Sums and the sums of their terms' magnitudes, which errors of rounding go with. */
typedef struct sums {
    size_t n;
    double *value, *magnitude;
} sums;

static inline sums sums_make(size_t n) {
    return (sums){n, new_doubles(n), new_doubles(n)};
}

static inline void sums_free(sums *s) {
    free(s->value);
    free(s->magnitude);
}

static inline void sums_add(sums *s, size_t i, double term) {
    s->value[i] += term;
    s->magnitude[i] += fabs(term);
}

typedef struct layer_sums {
    sums output, input_gradient, weights_gradient, bias_gradient;
} layer_sums;

/* A linear layer is a convolution of a 1 x 1 map. */
static inline weft_dnn_geometry as_convolution(const weft_dnn_geometry *g) {
    weft_dnn_geometry c = *g;
    if (g->linear) {
        c.linear = 0;
        c.in_height = c.in_width = c.out_height = c.out_width = 1;
        c.kernel_height = c.kernel_width = c.stride_height = c.stride_width = 1;
        c.pad_height = c.pad_width = 0;
        c.dilation_height = c.dilation_width = c.groups = 1;
    }
    return c;
}

static inline size_t input_size(const weft_dnn_geometry *geometry) {
    weft_dnn_geometry g = as_convolution(geometry);
    return (size_t)g.batch * (size_t)g.in_height * (size_t)g.in_width * (size_t)g.in_channels;
}

static inline size_t output_size(const weft_dnn_geometry *geometry) {
    weft_dnn_geometry g = as_convolution(geometry);
    return (size_t)g.batch * (size_t)g.out_height * (size_t)g.out_width * (size_t)g.out_channels;
}

static inline size_t weights_size(const weft_dnn_geometry *geometry) {
    weft_dnn_geometry g = as_convolution(geometry);
    return (size_t)g.out_channels * (size_t)(g.in_channels / g.groups) * (size_t)g.kernel_height *
           (size_t)g.kernel_width;
}

/* The terms of one output element `y` of channel `o` at (row, column) of image `n`: what they add
 * to the output, and what its gradient adds to all other gradients. */
static inline void add_terms(const weft_dnn_geometry *g, int n, int row, int column, int o,
                             size_t y, const double *x, const double *w, const double *dy,
                             layer_sums *s) {
    int ins = g->in_channels / g->groups, outs = g->out_channels / g->groups;
    for (int i = 0; i < ins; i++) {
        for (int ky = 0; ky < g->kernel_height; ky++) {
            for (int kx = 0; kx < g->kernel_width; kx++) {
                int at_y = row * g->stride_height - g->pad_height + ky * g->dilation_height;
                int at_x = column * g->stride_width - g->pad_width + kx * g->dilation_width;
                if (at_y < 0 || at_y >= g->in_height || at_x < 0 || at_x >= g->in_width) {
                    continue;
                }
                size_t from =
                    (((size_t)n * (size_t)g->in_height + (size_t)at_y) * (size_t)g->in_width +
                     (size_t)at_x) *
                        (size_t)g->in_channels +
                    (size_t)(o / outs * ins + i);
                size_t weight = (((size_t)o * (size_t)ins + (size_t)i) * (size_t)g->kernel_height +
                                 (size_t)ky) *
                                    (size_t)g->kernel_width +
                                (size_t)kx;
                sums_add(&s->output, y, x[from] * w[weight]);
                sums_add(&s->input_gradient, from, dy[y] * w[weight]);
                sums_add(&s->weights_gradient, weight, dy[y] * x[from]);
            }
        }
    }
}

/* x and dy NHWC, w (out, in / groups, kernel, kernel), b NULL without. */
static inline layer_sums layer_reference(const weft_dnn_geometry *geometry, const double *x,
                                         const double *w, const double *b, const double *dy) {
    weft_dnn_geometry g = as_convolution(geometry);
    layer_sums s = {sums_make(output_size(&g)), sums_make(input_size(&g)),
                    sums_make(weights_size(&g)), sums_make((size_t)g.out_channels)};
    size_t y = 0;
    for (int n = 0; n < g.batch; n++) {
        for (int row = 0; row < g.out_height; row++) {
            for (int column = 0; column < g.out_width; column++) {
                for (int o = 0; o < g.out_channels; o++, y++) {
                    add_terms(&g, n, row, column, o, y, x, w, dy, &s);
                    sums_add(&s.output, y, b != NULL ? b[o] : 0.0);
                    sums_add(&s.bias_gradient, (size_t)o, dy[y]);
                }
            }
        }
    }
    return s;
}

static inline void layer_sums_free(layer_sums *s) {
    sums_free(&s->output);
    sums_free(&s->input_gradient);
    sums_free(&s->weights_gradient);
    sums_free(&s->bias_gradient);
}

/* Every element within `tolerance` of its sum of magnitudes. */
static inline void check_sums(const place *p, weft_type type, const sums *expected,
                              double tolerance, const char *what) {
    for (size_t i = 0; i < expected->n; i++) {
        double got = place_get(p, type, i), want = expected->value[i];
        if (!(fabs(got - want) <= tolerance * expected->magnitude[i] + 1e-30)) {
            fail_msg("%s: %s, element %zu of %zu: %.9g instead of %.9g (sum of magnitudes %.3g)",
                     label, what, i, expected->n, got, want, expected->magnitude[i]);
        }
    }
}

#endif
