/* SPDX-License-Identifier: Apache-2.0
 *
 * The door to oneDNN: the one place that sees its headers (C API 2.x). What it does for us are the
 * three products of a weighted layer, a convolution or a linear layer, in f32:
 *
 *     forward            y  = W * x + b
 *     backward data      dx = W' * dy
 *     backward weights   dW = dy * x',  db = sum of dy
 *
 * Activations are NHWC. Weights are kept in the layout that `backward weights` prefers (the master
 * layout, padded to whole blocks; the padding is and stays zero) and reordered for the other two
 * where they want another one.
 *
 * Scratch memory is the caller's (user mode), so that nothing of size is allocated while training.
 * A product must be run with the OpenMP thread count that it was created with. */
#ifndef WEFT_LEARN_ONEDNN_H
#define WEFT_LEARN_ONEDNN_H

#include "base/error.h"

typedef struct weft_dnn weft_dnn; /* a CPU engine and its stream; for one thread at a time */

weft_status weft_dnn_create(weft_dnn **dnn, weft_error *error) WEFT_NODISCARD;
void weft_dnn_destroy(weft_dnn *dnn);

typedef struct weft_dnn_product weft_dnn_product;

typedef struct weft_dnn_geometry {
    bool linear; /* a linear layer: the maps are 1 x 1, the window is not looked at */
    bool bias;
    bool input_gradient; /* whether `backward data` will be asked for */
    int batch;
    int in_channels, in_height, in_width;
    int out_channels, out_height, out_width;
    int kernel, stride, pad;
} weft_dnn_geometry;

typedef enum weft_dnn_pass {
    WEFT_DNN_FORWARD,
    WEFT_DNN_BACKWARD_DATA,
    WEFT_DNN_BACKWARD_WEIGHTS,
    WEFT_DNN_PASSES
} weft_dnn_pass;

weft_status weft_dnn_product_create(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                                    weft_dnn_product **product, weft_error *error) WEFT_NODISCARD;
void weft_dnn_product_destroy(weft_dnn_product *product);

/* Floats of the weights in the master layout: not less than outputs x inputs x kernel^2. */
size_t weft_dnn_product_weights(const weft_dnn_product *product);

/* Bytes that a pass needs while it runs; 0 is possible. */
size_t weft_dnn_product_scratch(const weft_dnn_product *product, weft_dnn_pass pass);

/* Where everything lies; fixed for the product's life. Aligned to 64 bytes. */
typedef struct weft_dnn_places {
    float *input, *output, *weights, *bias;
    float *input_gradient, *output_gradient, *weights_gradient, *bias_gradient;
    void *scratch[WEFT_DNN_PASSES];
} weft_dnn_places;

weft_status weft_dnn_product_bind(weft_dnn_product *product, const weft_dnn_places *places,
                                  weft_error *error) WEFT_NODISCARD;

weft_status weft_dnn_product_run(weft_dnn_product *product, weft_dnn_pass pass,
                                 weft_error *error) WEFT_NODISCARD;

/* Between the master layout and the plain one: (outputs, inputs, kernel, kernel). */
weft_status weft_dnn_product_import(weft_dnn_product *product, const float *plain, float *master,
                                    weft_error *error) WEFT_NODISCARD;
weft_status weft_dnn_product_export(weft_dnn_product *product, const float *master, float *plain,
                                    weft_error *error) WEFT_NODISCARD;

/* The kernel that oneDNN chose for a pass, "brgconv:avx512_core"; for benchmarks. */
const char *weft_dnn_product_kernel(const weft_dnn_product *product, weft_dnn_pass pass);

#endif
