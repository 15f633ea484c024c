/* SPDX-License-Identifier: Apache-2.0
 * Softmax, a block for each row: see kernels.h. */
#include "learn/cuda/device.cuh"

#include <math_constants.h>

template <typename T> __global__ void softmax_rows(const T *x, T *y, size_t width) {
    size_t at = (size_t)blockIdx.x * width;
    float largest = -CUDART_INF_F, sum = 0.0F;
    for (size_t c = threadIdx.x; c < width; c += BLOCK) {
        float v = wide(x[at + c]);
        largest = v > largest || v != v ? v : largest;
    }
    largest = block_largest(largest);
    for (size_t c = threadIdx.x; c < width; c += BLOCK) {
        sum += expf(wide(x[at + c]) - largest);
    }
    float share = 1.0F / block_sum(sum);
    for (size_t c = threadIdx.x; c < width; c += BLOCK) {
        y[at + c] = narrow<T>(expf(wide(x[at + c]) - largest) * share);
    }
}

template <typename T>
static void softmax(cudaStream_t stream, const void *x, void *y, size_t rows, size_t width) {
    softmax_rows<T><<<(unsigned)rows, BLOCK, 0, stream>>>((const T *)x, (T *)y, width);
}

void weft_cuda_softmax(cudaStream_t stream, weft_type type, const void *x, void *y, size_t rows,
                       size_t width) {
    WEFT_BY_TYPE(type, softmax, stream, x, y, rows, width);
}

template <typename T>
__global__ void softmax_gradient_rows(const T *y, const T *dy, T *dx, size_t width) {
    size_t at = (size_t)blockIdx.x * width;
    float sum = 0.0F;
    for (size_t c = threadIdx.x; c < width; c += BLOCK) {
        sum += wide(y[at + c]) * wide(dy[at + c]);
    }
    sum = block_sum(sum);
    for (size_t c = threadIdx.x; c < width; c += BLOCK) {
        dx[at + c] = narrow<T>(wide(y[at + c]) * (wide(dy[at + c]) - sum));
    }
}

template <typename T>
static void softmax_gradient(cudaStream_t stream, const void *y, const void *dy, void *dx,
                             size_t rows, size_t width) {
    softmax_gradient_rows<T>
        <<<(unsigned)rows, BLOCK, 0, stream>>>((const T *)y, (const T *)dy, (T *)dx, width);
}

void weft_cuda_softmax_gradient(cudaStream_t stream, weft_type type, const void *y, const void *dy,
                                void *dx, size_t rows, size_t width) {
    WEFT_BY_TYPE(type, softmax_gradient, stream, y, dy, dx, rows, width);
}
