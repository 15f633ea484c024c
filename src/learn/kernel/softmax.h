/* SPDX-License-Identifier: Apache-2.0
 *
 * Softmax over the channels of each position, in `groups` equal parts (heads); `channels` is a
 * multiple of `groups`. A part without a finite maximum gives NaN, as PyTorch does. */
#ifndef WEFT_LEARN_KERNEL_SOFTMAX_H
#define WEFT_LEARN_KERNEL_SOFTMAX_H

#include "learn/type.h"

/* y may be x. */
void weft_softmax_forward(weft_type type, const void *x, size_t positions, size_t channels,
                          size_t groups, void *y);

/* dx = y * (dy - sum of dy y) from the result y; dx may be dy. */
void weft_softmax_backward(weft_type type, const void *y, const void *dy, size_t positions,
                           size_t channels, size_t groups, void *dx);

#endif
