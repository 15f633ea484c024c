/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions by cuDNN, in NHWC. Of the algorithms that its heuristics propose the first
 * deterministic one is taken, without timing any: the same network gets the same kernels every
 * time. */
#ifndef WEFT_LEARN_CUDA_CONVOLUTION_H
#define WEFT_LEARN_CUDA_CONVOLUTION_H

#include "learn/cuda/device.h"

/* Makes a convolution of a layer over `images` images. *made is NULL where cuDNN has no
 * deterministic algorithm for one of its passes. */
weft_status weft_cuda_convolution_create(const weft_cuda *cuda, const weft_layer *layer, int images,
                                         weft_type type, weft_cuda_convolution **made,
                                         weft_error *error) WEFT_NODISCARD;
void weft_cuda_convolution_destroy(weft_cuda_convolution *convolution);

/* Bytes that a pass needs while it runs. */
size_t weft_cuda_convolution_scratch(const weft_cuda_convolution *convolution, weft_dnn_pass pass);

/* Weights and their gradient are (out, taps, in / groups) of the type. FORWARD makes `result` (y)
 * of `first` (x) and `second` (weights), BACKWARD_DATA dx of dy and weights, BACKWARD_WEIGHTS their
 * gradient of x and dy. */
weft_status weft_cuda_convolution_run(const weft_cuda *cuda,
                                      const weft_cuda_convolution *convolution, weft_dnn_pass pass,
                                      const void *first, const void *second, void *result,
                                      void *scratch, weft_error *error) WEFT_NODISCARD;

#endif
