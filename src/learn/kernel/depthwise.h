/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution of NHWC maps: each channel with a window of its own,
 *     y[n][p][q][c] = bias[c] + sum over r, s of weight[c][r][s] x[n][p sh - ph + r dh][...][c]
 * Weights are (channels, 1, kernel height, kernel width) as PyTorch has them. */
#ifndef WEFT_LEARN_KERNEL_DEPTHWISE_H
#define WEFT_LEARN_KERNEL_DEPTHWISE_H

#include "learn/kernel/window.h"

/* Bytes of scratch for any of the passes. */
size_t weft_depthwise_scratch(const weft_window *window);

/* bias NULL: none. */
void weft_depthwise_forward(const weft_window *window, weft_type type, const void *x,
                            const float *weight, const float *bias, void *y, void *scratch);

/* Writes all of dx. */
void weft_depthwise_backward_data(const weft_window *window, weft_type type, const void *dy,
                                  const float *weight, void *dx, void *scratch);

/* Gradients over the images at hand, written, not added: pieces of a batch are summed by the caller.
 * dbias NULL: not wanted. */
void weft_depthwise_backward_weights(const weft_window *window, weft_type type, const void *x,
                                     const void *dy, float *dweight, float *dbias, void *scratch);

#endif
