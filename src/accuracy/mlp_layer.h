/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer of a perceptron as its kernels see it. The outputs are cut into panels of PANEL, the rest
 * into panels of LANES; a panel holds its weights input by input: (inputs, PANEL). */
#ifndef WEFT_ACCURACY_MLP_LAYER_H
#define WEFT_ACCURACY_MLP_LAYER_H

#include "accuracy/encode.h"

enum {
    WEFT_MLP_LANES = 16,                 /* 64 bytes */
    WEFT_MLP_PANEL = 5 * WEFT_MLP_LANES, /* divides the 400 of the published predictors */
    WEFT_MLP_ROWS = 4,                   /* designs at a time */
};

typedef struct weft_mlp_layer {
    int inputs, outputs;
    int panels, rest; /* panels of PANEL, then of LANES outputs */
    weft_activation activation;
    float *weights; /* aligned to 64 bytes; padded outputs are 0 */
    float *bias;    /* (panels PANEL + rest LANES) */
} weft_mlp_layer;

static inline size_t weft_mlp_padded(const weft_mlp_layer *layer) {
    return (size_t)layer->panels * WEFT_MLP_PANEL + (size_t)layer->rest * WEFT_MLP_LANES;
}

/* out = W x + b of a design from its inputs that are not 0. */
typedef void weft_mlp_sparse(const weft_mlp_layer *layer, const weft_input *x, int n, float *out);

/* The panels of PANEL outputs of WEFT_MLP_ROWS groups designs, from all inputs; x and out have
 * `stride` numbers a design. */
typedef void weft_mlp_dense(const weft_mlp_layer *layer, const float *x, size_t stride, int groups,
                            float *out);

typedef struct weft_mlp_kernels {
    weft_mlp_sparse *sparse;
    weft_mlp_dense *dense; /* NULL: it gains nothing on this CPU */
} weft_mlp_kernels;

/* The kernels for the CPU that this runs on. */
weft_mlp_kernels weft_mlp_kernels_best(void);

#endif
