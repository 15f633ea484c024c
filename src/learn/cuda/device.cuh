/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernels of the GPU share: values of both types, loops over arrays, and sums and maxima
 * over the threads of a block, always in the same order. */
#ifndef WEFT_LEARN_CUDA_DEVICE_CUH
#define WEFT_LEARN_CUDA_DEVICE_CUH

#include <cuda_runtime.h>

#include "learn/cuda/kernels.h"

/* ---- values ---------------------------------------------------------------------------------- */

struct bf16 {
    uint16_t bits;
};

__device__ inline float wide(float value) {
    return value;
}

__device__ inline float wide(bf16 value) {
    return __uint_as_float((uint32_t)value.bits << 16);
}

template <typename T> __device__ T narrow(float value);

template <> __device__ inline float narrow<float>(float value) {
    return value;
}

/* weft_to_bf16 */
template <> __device__ inline bf16 narrow<bf16>(float value) {
    uint32_t bits = __float_as_uint(value);
    uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    uint32_t quiet = (bits >> 16) | 0x40U;
    return bf16{(uint16_t)((bits & 0x7fffffffU) > 0x7f800000U ? quiet : rounded)};
}

/* Calls name<float> or name<bf16>. */
#define WEFT_BY_TYPE(type, name, ...)                                                              \
    ((type) == WEFT_F32 ? name<float>(__VA_ARGS__) : name<bf16>(__VA_ARGS__))

/* Comparisons are such that NaN stays NaN. */
__device__ inline float clipped(weft_clip clip, float v) {
    if (clip != WEFT_CLIP_NONE) {
        v = v < 0.0F ? 0.0F : v;
    }
    return clip == WEFT_CLIP_RELU6 && v > 6.0F ? 6.0F : v;
}

__device__ inline float passed(weft_clip clip, float v, float g) {
    if (clip != WEFT_CLIP_NONE) {
        g = v > 0.0F ? g : 0.0F;
    }
    return clip == WEFT_CLIP_RELU6 && !(v < 6.0F) ? 0.0F : g;
}

/* ---- loops ----------------------------------------------------------------------------------- */

constexpr unsigned BLOCK = 256;
constexpr size_t MOST_BLOCKS = 65535;

template <typename F> __global__ void each_value(size_t n, F f) {
    size_t step = (size_t)gridDim.x * blockDim.x;
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
        f(i);
    }
}

/* f(i) for 0 <= i < n, in any order. */
template <typename F> void for_each(cudaStream_t stream, size_t n, F f) {
    if (n > 0) {
        size_t blocks = (n + BLOCK - 1) / BLOCK;
        unsigned grid = (unsigned)(blocks < MOST_BLOCKS ? blocks : MOST_BLOCKS);
        each_value<<<grid, BLOCK, 0, stream>>>(n, f);
    }
}

/* ---- over a block of BLOCK threads ----------------------------------------------------------- */

/* The sum of the threads' values, for all of them. */
template <typename V> __device__ V block_sum(V value) {
    __shared__ V values[BLOCK];
    values[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = BLOCK / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            values[threadIdx.x] += values[threadIdx.x + half];
        }
        __syncthreads();
    }
    V sum = values[0];
    __syncthreads();
    return sum;
}

/* The largest; a NaN wins over all. */
__device__ inline float block_largest(float value) {
    __shared__ float values[BLOCK];
    values[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = BLOCK / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            float other = values[threadIdx.x + half];
            values[threadIdx.x] =
                other > values[threadIdx.x] || other != other ? other : values[threadIdx.x];
        }
        __syncthreads();
    }
    float largest = values[0];
    __syncthreads();
    return largest;
}

#endif
