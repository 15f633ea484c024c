/* SPDX-License-Identifier: Apache-2.0
 *
 * Layer normalisation over the channels of each position (Ba, Kiros, Hinton, "Layer normalization",
 * 2016):
 *     y = gamma * (x - mean) * inverse + beta,  inverse = 1 / sqrt(variance + epsilon)
 * and, with h = (x - mean) * inverse, g = gamma * dy,
 *     dx = inverse * (g - mean of g - h * mean of g h),  dgamma = sum dy h,  dbeta = sum dy */
#ifndef WEFT_LEARN_KERNEL_LAYER_NORM_H
#define WEFT_LEARN_KERNEL_LAYER_NORM_H

#include "learn/type.h"

/* mean and inverse: one float for each position, for backward. y may be x. */
void weft_layer_norm_forward(weft_type type, const void *x, size_t positions, size_t channels,
                             double epsilon, const float *gamma, const float *beta, void *y,
                             float *mean, float *inverse);

/* Bytes of scratch for backward. */
size_t weft_layer_norm_scratch(size_t channels);

/* dgamma and dbeta are those of the positions at hand, written, not added. dx NULL: not wanted; it
 * may be dy. */
void weft_layer_norm_backward(weft_type type, const void *x, const void *dy, size_t positions,
                              size_t channels, const float *gamma, const float *mean,
                              const float *inverse, void *dx, float *dgamma, float *dbeta,
                              void *scratch);

#endif
