/* SPDX-License-Identifier: Apache-2.0
 * The layer kinds on the GPU. Their flags are those of the CPU's kinds: buffers live as long. */
#ifndef WEFT_LEARN_CUDA_KINDS_H
#define WEFT_LEARN_CUDA_KINDS_H

#include "learn/cuda/device.h"
#include "learn/cuda/kernels.h"

/* kind_product.c */
extern const weft_kind weft_cuda_kind_conv, weft_cuda_kind_linear;
/* kind_matmul.c */
extern const weft_kind weft_cuda_kind_matmul;
/* kind_norm.c */
extern const weft_kind weft_cuda_kind_batch_norm, weft_cuda_kind_layer_norm;
/* kind_value.c */
extern const weft_kind weft_cuda_kind_relu, weft_cuda_kind_relu6, weft_cuda_kind_hard_swish,
    weft_cuda_kind_hard_sigmoid, weft_cuda_kind_sigmoid, weft_cuda_kind_gelu,
    weft_cuda_kind_softmax, weft_cuda_kind_dropout, weft_cuda_kind_drop_path;
/* kind_pool.c */
extern const weft_kind weft_cuda_kind_max_pool, weft_cuda_kind_average_window,
    weft_cuda_kind_average_inside, weft_cuda_kind_average_pool;
/* kind_join.c */
extern const weft_kind weft_cuda_kind_add, weft_cuda_kind_multiply, weft_cuda_kind_concat,
    weft_cuda_kind_slice, weft_cuda_kind_pad_channels;
/* kind_sequence.c */
extern const weft_kind weft_cuda_kind_flatten, weft_cuda_kind_tokens, weft_cuda_kind_token,
    weft_cuda_kind_add_embedding;
/* kind_quantizer.c */
extern const weft_kind weft_cuda_kind_quantizer;

#endif
