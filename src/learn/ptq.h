/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantization after training: steps for a network whose weights are known, from what its layers of
 * products read when images pass, and the integers that come out.
 *
 * A batch norm that alone reads a convolution or linear layer is folded into it (quant_fold.h), as
 * hardware has it: a chip multiplies with folded weights, so these are what is rounded. The engine's
 * batch norm is left to add the folded bias, with a scale of 1. Where steps were trained they belong to
 * the weights before folding: the engine keeps both, and what is written has integers of the same
 * magnitude and steps |a| s, a = gamma / sqrt(variance + epsilon). */
#ifndef WEFT_LEARN_PTQ_H
#define WEFT_LEARN_PTQ_H

#include "learn/engine.h"
#include "learn/quant_observe.h"
#include "learn/quant_tensor.h"

enum { WEFT_PTQ_OPERANDS = 2 }; /* of a layer: MATMUL reads two tensors */

/* A layer of products with the bits that it has; operands without bits stay real. */
typedef struct weft_ptq_layer {
    int layer, norm;         /* in the network; norm: the batch norm that is folded, -1: none */
    weft_quantized *weights; /* (out, n); NULL: real, or there are none (MATMUL) */
    float *bias;             /* (out), folded; NULL without `weights` */
    weft_quant_range range[WEFT_PTQ_OPERANDS]; /* of what it reads */
    int32_t bits[WEFT_PTQ_OPERANDS];
    float step[WEFT_PTQ_OPERANDS]; /* 0: real */
    weft_quant_extent extent[WEFT_PTQ_OPERANDS];
    weft_quant_tally *tally[WEFT_PTQ_OPERANDS]; /* while it is calibrated */
} weft_ptq_layer;

typedef struct weft_ptq {
    const weft_network *network; /* borrowed */
    weft_quant_settings settings;
    weft_ptq_layer *layers; /* (n), in the order of the network */
    int n;
} weft_ptq;

/* The layers and their bits. Freed with weft_ptq_free, after an error too. */
weft_status weft_ptq_begin(const weft_network *network, const weft_quant_settings *settings,
                           weft_ptq *ptq, weft_error *error) WEFT_NODISCARD;
void weft_ptq_free(weft_ptq *ptq);

/* Images to calibrate with: `load` writes images [first, first + n), n at most the engine's batch, to
 * the front of the engine's images. */
typedef struct weft_ptq_images {
    int64_t n; /* at least 1 */
    void (*load)(void *context, int64_t first, int64_t n);
    void *context;
} weft_ptq_images;

/* Finds the steps of all inputs from what passes through `real`, an engine without quantization.
 * Values that are not finite are WEFT_ERROR_EVALUATION with the layer. */
weft_status weft_ptq_calibrate(weft_ptq *ptq, weft_engine *real, const weft_ptq_images *images,
                               const weft_stop *stop, weft_error *error) WEFT_NODISCARD;

/* Folds the weights of `engine`, an engine of the same network with learned steps, chooses their
 * steps, sets both and those of the inputs in the engine, and makes the integers. Where the settings
 * keep trained steps, the engine stays as it is and its steps are taken; WEFT_ERROR_INPUT where it has
 * none. */
weft_status weft_ptq_apply(weft_ptq *ptq, weft_engine *engine, weft_error *error) WEFT_NODISCARD;

/* Writes integers, steps, bits and what stays real (docs/reference/weights.md). */
weft_status weft_ptq_save(const weft_ptq *ptq, const weft_engine *engine, const char *path,
                          weft_error *error) WEFT_NODISCARD;

#endif
