/* SPDX-License-Identifier: Apache-2.0
 * The products of a layer, for the instruction sets of x86-64 and for any other CPU. Products and
 * sums are rounded one by one, so all of them give the same bits. */
#include "accuracy/mlp_layer.h"

/* 16 reals of 32 bits; the compiler cuts them to what the CPU has. */
typedef float lanes __attribute__((vector_size(64)));

_Static_assert(sizeof(lanes) == WEFT_MLP_LANES * sizeof(float), "a panel is made of lanes");

#define WEFT_MLP_TARGET
#define WEFT_MLP_SPARSE sparse_any
#include "accuracy/mlp_sparse.h"
#undef WEFT_MLP_TARGET
#undef WEFT_MLP_SPARSE

#if defined(__x86_64__)

#define WEFT_MLP_TARGET __attribute__((target("avx2")))
#define WEFT_MLP_SPARSE sparse_avx2
#include "accuracy/mlp_sparse.h"
#undef WEFT_MLP_TARGET
#undef WEFT_MLP_SPARSE

#define WEFT_MLP_TARGET __attribute__((target("avx512f")))
#define WEFT_MLP_SPARSE sparse_avx512
#include "accuracy/mlp_sparse.h"

/* Four designs share each weight that is read: 20 sums and 5 weights of the 32 registers. */
WEFT_MLP_TARGET static void dense_avx512(const weft_mlp_layer *layer, const float *x, size_t stride,
                                         int groups, float *out) {
    const lanes *weights = (const lanes *)(const void *)layer->weights;
    const lanes *bias = (const lanes *)(const void *)layer->bias;
    for (int p = 0; p < layer->panels; p++, bias += 5, weights += 5 * layer->inputs) {
        for (int g = 0; g < groups; g++) {
            const float *in = x + (size_t)(g * WEFT_MLP_ROWS) * stride;
            lanes sum[WEFT_MLP_ROWS][5];
            for (int r = 0; r < WEFT_MLP_ROWS; r++) {
                for (int v = 0; v < 5; v++) {
                    sum[r][v] = bias[v];
                }
            }
            for (int i = 0; i < layer->inputs; i++) {
                const lanes *row = weights + 5 * (ptrdiff_t)i;
                for (int r = 0; r < WEFT_MLP_ROWS; r++) {
                    float value = in[(size_t)r * stride + (size_t)i];
                    for (int v = 0; v < 5; v++) {
                        sum[r][v] += value * row[v];
                    }
                }
            }
            for (int r = 0; r < WEFT_MLP_ROWS; r++) {
                lanes *result = (lanes *)(void *)(out + (size_t)(g * WEFT_MLP_ROWS + r) * stride +
                                                  (size_t)(p * WEFT_MLP_PANEL));
                for (int v = 0; v < 5; v++) {
                    result[v] = sum[r][v];
                }
            }
        }
    }
}

weft_mlp_kernels weft_mlp_kernels_best(void) {
    if (__builtin_cpu_supports("avx512f")) {
        return (weft_mlp_kernels){.sparse = sparse_avx512, .dense = dense_avx512};
    }
    if (__builtin_cpu_supports("avx2")) {
        return (weft_mlp_kernels){.sparse = sparse_avx2};
    }
    return (weft_mlp_kernels){.sparse = sparse_any};
}

#else

weft_mlp_kernels weft_mlp_kernels_best(void) {
    return (weft_mlp_kernels){.sparse = sparse_any};
}

#endif
