/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner loops of depthwise convolutions, once for each kind of CPU: explicit vectors, whose sums
 * stay in registers over several columns. They work on rows in f32, (columns, width), of a block of
 * `width` channels, a multiple of WEFT_DEPTHWISE_LANES, of which the first `valid` are there. */
#ifndef WEFT_LEARN_KERNEL_DEPTHWISE_PATH_H
#define WEFT_LEARN_KERNEL_DEPTHWISE_PATH_H

#include "learn/kernel/depthwise.h"

enum { WEFT_DEPTHWISE_LANES = 16 };

/* One position of the window: where it reads in a row for the first column, and its weights, both in
 * the first block; another block finds them further on. */
typedef struct weft_depthwise_tap {
    const float *x, *weight;
} weft_depthwise_tap;

typedef struct weft_depthwise_offset {
    size_t x, weight;
} weft_depthwise_offset;

typedef struct weft_depthwise_path {
    const char *name; /* "avx512" */
    /* row = the channels of n columns that lie `channels` values apart; those that are not there 0. */
    void (*fetch)(const void *x, size_t n, size_t channels, size_t valid, size_t width, float *row);
    /* y[q y_step + c] = bias[c] + sum over taps of weight[c] x[q step + c], for n columns q and the
     * channels that are there. */
    void (*columns)(const weft_depthwise_tap *taps, size_t n_taps, weft_depthwise_offset offset,
                    const float *bias, size_t n, size_t step, size_t valid, void *y, size_t y_step);
    /* sum[t width + c] += sum over n columns q of dy[q width + c] x_t[q step + c]; of sums of
     * channels that are not there only some are made. */
    void (*products)(const weft_depthwise_tap *taps, size_t n_taps, size_t offset, const float *dy,
                     size_t n, size_t step, size_t width, size_t valid, float *sum);
} weft_depthwise_path;

/* The i-th best path that this CPU can go, NULL behind the last. */
const weft_depthwise_path *weft_depthwise_path_at(weft_type type, size_t i);

/* The passes of depthwise.h by a path of that type. */
void weft_depthwise_forward_by(const weft_depthwise_path *path, const weft_window *window,
                               weft_type type, const void *x, const float *weight,
                               const float *bias, void *y, void *scratch);
void weft_depthwise_backward_data_by(const weft_depthwise_path *path, const weft_window *window,
                                     weft_type type, const void *dy, const float *weight, void *dx,
                                     void *scratch);
void weft_depthwise_backward_weights_by(const weft_depthwise_path *path, const weft_window *window,
                                        weft_type type, const void *x, const void *dy,
                                        float *dweight, float *dbias, void *scratch);

#endif
