/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a kernel computes what it should: some of its results against their definition. Versions
 * of oneDNN have kernels that are wrong for a few shapes, all over the result (2.6.3 and 3.7.2:
 * jit_bf16_1x1 for 25 channels to 26 on 10 x 3 pixels; 3.7.2: brg_conv_fwd in bf16 for two filters
 * a channel and results one pixel wide); such a kernel must not be chosen. */
#ifndef WEFT_LEARN_ONEDNN_PROOF_H
#define WEFT_LEARN_ONEDNN_PROOF_H

#include "learn/onednn.h"

/* The operands of an operation of oneDNN, gradients where its direction says so; SCRATCH is what
 * the kernel needs while it runs. */
typedef enum weft_dnn_slot {
    WEFT_DNN_SOURCE,
    WEFT_DNN_WEIGHTS,
    WEFT_DNN_BIAS,
    WEFT_DNN_DESTINATION,
    WEFT_DNN_SCRATCH,
    WEFT_DNN_SLOTS
} weft_dnn_slot;

/* Fills an operand with its numbers: fractions of 8 bits in [-1, 1), exact in both types, that
 * follow from the place alone. */
void weft_dnn_fill(weft_dnn_slot slot, weft_type type, size_t n, void *place);

/* Whether the results of a pass over such operands are right where they are looked at. `result`:
 * the output, the input's gradient, or the weights' gradient in the plain layout; `bias_gradient`
 * NULL without. `geometry` is the convolution that is really run. */
bool weft_dnn_layer_holds(const weft_dnn_geometry *geometry, weft_dnn_pass pass, const void *result,
                          const float *bias_gradient);

/* The same of a product of two activations, A filled as SOURCE, B as WEIGHTS. */
bool weft_dnn_matmul_holds(const weft_dnn_matmul_geometry *geometry, const void *c);

#endif
