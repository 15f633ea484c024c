/* SPDX-License-Identifier: Apache-2.0
 * A batch norm behind a convolution or linear layer, folded into its weights and bias. */
#ifndef WEFT_LEARN_QUANT_FOLD_H
#define WEFT_LEARN_QUANT_FOLD_H

#include <stddef.h>

/* What a batch norm does to a channel when it evaluates, arrays of `channels`:
 *     y = gamma (x - mean) / sqrt(variance + epsilon) + beta */
typedef struct weft_quant_norm {
    const float *gamma, *beta, *mean, *variance;
    double epsilon;
} weft_quant_norm;

/* With a = gamma / sqrt(variance + epsilon) of each output channel
 *     folded = a w,   folded_bias = a (bias - mean) + beta        (Jacob et al., CVPR 2018, eq. 14)
 * weights (channels, n), bias (channels) or NULL for 0. Computed in double, rounded once. Results may
 * be in the place of the operands. */
void weft_quant_fold(const weft_quant_norm *norm, size_t channels, size_t n, const float *weights,
                     const float *bias, float *folded, float *folded_bias);

#endif
