/* SPDX-License-Identifier: Apache-2.0
 * The table of layer kinds on the GPU. */
#include "learn/cuda/kinds.h"

static const weft_kind *const kinds[] = {
    &weft_cuda_kind_conv,       &weft_cuda_kind_linear,       &weft_cuda_kind_matmul,
    &weft_cuda_kind_batch_norm, &weft_cuda_kind_layer_norm,   &weft_cuda_kind_relu,
    &weft_cuda_kind_relu6,      &weft_cuda_kind_hard_swish,   &weft_cuda_kind_hard_sigmoid,
    &weft_cuda_kind_sigmoid,    &weft_cuda_kind_gelu,         &weft_cuda_kind_softmax,
    &weft_cuda_kind_max_pool,   &weft_cuda_kind_average_pool, &weft_cuda_kind_average_window,
    &weft_cuda_kind_add,        &weft_cuda_kind_multiply,     &weft_cuda_kind_concat,
    &weft_cuda_kind_slice,      &weft_cuda_kind_pad_channels, &weft_cuda_kind_flatten,
    &weft_cuda_kind_tokens,     &weft_cuda_kind_token,        &weft_cuda_kind_add_embedding,
    &weft_cuda_kind_dropout,    &weft_cuda_kind_drop_path,    &weft_cuda_kind_average_inside,
};

const weft_kind *weft_cuda_kind_of(weft_op op) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i]->op == op) {
            return kinds[i];
        }
    }
    return NULL;
}
