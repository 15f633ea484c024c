/* SPDX-License-Identifier: Apache-2.0
 *
 * A multilayer perceptron laid out for speed: y = f(W x + b) layer by layer in 32-bit reals, the
 * first layer a sum of branches over few inputs that are not 0.
 *
 * Every output is its bias plus the products of its inputs in their order, each rounded: the same
 * on every CPU (no fused multiply-add), for every batch and on every thread. */
#ifndef WEFT_ACCURACY_MLP_H
#define WEFT_ACCURACY_MLP_H

#include "accuracy/encode.h"
#include "accuracy/tensor.h"

enum { WEFT_MLP_BATCH = 32 };

typedef struct weft_mlp weft_mlp;

/* Takes the layers of the file from the arrays. WEFT_ERROR_INPUT: an array is missing or of the
 * wrong shape. */
weft_status weft_mlp_create(const weft_predictor_file *file, const weft_tensors *tensors,
                            weft_mlp **mlp, weft_error *error) WEFT_NODISCARD;
void weft_mlp_destroy(weft_mlp *mlp);

/* The inputs of a design: a list for each branch. */
typedef struct weft_mlp_inputs {
    const weft_input *inputs[WEFT_PREDICTOR_MAX_BRANCHES];
    int n[WEFT_PREDICTOR_MAX_BRANCHES];
} weft_mlp_inputs;

/* Bytes of scratch memory for a batch, a multiple of 64. */
size_t weft_mlp_scratch(const weft_mlp *mlp);

/* The outputs (n) of n <= WEFT_MLP_BATCH designs; scratch is aligned to 64 bytes. */
void weft_mlp_evaluate(const weft_mlp *mlp, const weft_mlp_inputs *designs, int n, void *scratch,
                       float *outputs);

#endif
