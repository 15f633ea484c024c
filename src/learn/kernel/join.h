/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers that join two arrays, value by value or channel by channel, and what is left out at random
 * in training. */
#ifndef WEFT_LEARN_KERNEL_JOIN_H
#define WEFT_LEARN_KERNEL_JOIN_H

#include <stdbool.h>

#include "learn/type.h"

/* y = a + b, or max(0, a + b); y may be a or b. */
void weft_add(weft_type type, bool relu, const void *a, const void *b, void *y, size_t n);

/* y = a * b; y may be a or b. Its gradients: da = dy * b, db = dy * a, by the same function. */
void weft_multiply(weft_type type, const void *a, const void *b, void *y, size_t n);

/* y = x * s, x (images, positions, channels) and s (images, channels), as in squeeze-excite; y may be
 * x. Its gradients: dx = dy * s by the same function, ds = the sum over the positions of dy * x. */
void weft_multiply_channels(weft_type type, const void *x, const void *s, void *y, size_t images,
                            size_t positions, size_t channels);
void weft_multiply_channels_sum(weft_type type, const void *x, const void *dy, void *ds,
                                size_t images, size_t positions, size_t channels);

/* Some channels of each position, out of rows of `of` channels, from channel `first` on. */
typedef struct weft_channels {
    size_t of, first;
} weft_channels;

/* Copies `channels` channels of each position from one array into another, whose other channels
 * keep their values. A part of a concatenation: from {C_i, 0} to {C, C_1 + .. + C_i-1}; a slice: from
 * {C, offset} to {C', 0}; their gradients the other way round. */
void weft_channels_copy(weft_type type, const void *x, weft_channels from, void *y,
                        weft_channels to, size_t channels, size_t positions);

/* Sets `channels` channels of each position to 0: what is behind a padding's input, what is beside a
 * slice in its gradient. */
void weft_channels_clear(weft_type type, void *y, weft_channels to, size_t channels,
                         size_t positions);

/* Dropout: y = x * factor where bit i % 8 of byte i / 8 of `kept` is set, else 0; its gradient is the
 * same function of dy. y may be x. */
void weft_dropout(weft_type type, const void *x, const uint8_t *kept, float factor, void *y,
                  size_t n);

/* Drop-path (Huang et al., "Deep networks with stochastic depth", ECCV 2016): y = factor[image] * x with
 * `size` values an image. A factor of 0 gives 0 whatever x is. The gradient of x is the same function
 * of dy. y may be x. */
void weft_drop_path(weft_type type, const void *x, const float *factor, void *y, size_t images,
                    size_t size);

#endif
