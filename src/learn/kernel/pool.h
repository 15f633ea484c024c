/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools over NHWC maps. Backward writes all of dx. */
#ifndef WEFT_LEARN_KERNEL_POOL_H
#define WEFT_LEARN_KERNEL_POOL_H

#include "learn/kernel/window.h"

/* Positions of the largest window that a max pool can have: its winners are bytes. */
enum { WEFT_MAX_POOL_POSITIONS = 256 };

/* Padding never wins; a window of nothing but padding gives -infinity, and no gradient. Of equal
 * values the first in rows wins, a NaN wins over all. winner: one byte for each output, for
 * backward; NULL: not wanted. */
void weft_max_pool_forward(const weft_window *window, weft_type type, const void *x, void *y,
                           uint8_t *winner);
void weft_max_pool_backward(const weft_window *window, weft_type type, const void *dy,
                            const uint8_t *winner, void *dx);

/* The sum of the window over the positions of its kernel, padding counted (PyTorch's
 * count_include_pad). */
void weft_average_pool_forward(const weft_window *window, weft_type type, const void *x, void *y);
void weft_average_pool_backward(const weft_window *window, weft_type type, const void *dy,
                                void *dx);

/* The same over the positions of the window that lie on the map: of each window at least one. */
void weft_inside_pool_forward(const weft_window *window, weft_type type, const void *x, void *y);
void weft_inside_pool_backward(const weft_window *window, weft_type type, const void *dy, void *dx);

/* Adaptive: output i averages the inputs floor(i in / out) up to, not including,
 * ceil((i + 1) in / out); 1 x 1 is the global average. Of the window only images, channels, in and
 * out count. */
void weft_adaptive_pool_forward(const weft_window *window, weft_type type, const void *x, void *y);
void weft_adaptive_pool_backward(const weft_window *window, weft_type type, const void *dy,
                                 void *dx);

#endif
