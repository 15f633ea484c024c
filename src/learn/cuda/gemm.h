/* SPDX-License-Identifier: Apache-2.0
 * Products of matrices by cuBLAS, with sums in f32 and without TF32. */
#ifndef WEFT_LEARN_CUDA_GEMM_H
#define WEFT_LEARN_CUDA_GEMM_H

#include "learn/cuda/device.h"

/* C = A B for every image and head (learn/onednn.h); the rows or the columns of each matrix lie
 * side by side. A and B are of the geometry's type, C of `result`. */
weft_status weft_cuda_gemm(const weft_cuda *cuda, const weft_dnn_matmul_geometry *geometry,
                           weft_type result, const void *a, const void *b, void *c,
                           weft_error *error) WEFT_NODISCARD;

#endif
