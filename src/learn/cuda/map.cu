/* SPDX-License-Identifier: Apache-2.0
 * Value by value: see kernels.h. */
#include "learn/cuda/device.cuh"

#include "base/rng.h"

/* ---- arrays ---------------------------------------------------------------------------------- */

template <typename T, typename U>
static void convert(cudaStream_t stream, const void *from, void *to, size_t n) {
    const T *x = (const T *)from;
    U *y = (U *)to;
    for_each(stream, n, [=] __device__(size_t i) { y[i] = narrow<U>(wide(x[i])); });
}

void weft_cuda_convert(cudaStream_t stream, weft_type from, const void *x, weft_type to, void *y,
                       size_t n) {
    if (from == WEFT_F32) {
        to == WEFT_F32 ? convert<float, float>(stream, x, y, n)
                       : convert<float, bf16>(stream, x, y, n);
    } else {
        to == WEFT_F32 ? convert<bf16, float>(stream, x, y, n)
                       : convert<bf16, bf16>(stream, x, y, n);
    }
}

template <typename T>
static void add(cudaStream_t stream, weft_clip clip, const void *first, const void *second,
                void *result, size_t n) {
    const T *a = (const T *)first, *b = (const T *)second;
    T *y = (T *)result;
    for_each(stream, n, [=] __device__(size_t i) {
        y[i] = narrow<T>(clipped(clip, wide(a[i]) + wide(b[i])));
    });
}

void weft_cuda_add(cudaStream_t stream, weft_type type, weft_clip clip, const void *a,
                   const void *b, void *y, size_t n) {
    WEFT_BY_TYPE(type, add, stream, clip, a, b, y, n);
}

void weft_cuda_add_to(cudaStream_t stream, weft_type type, const void *x, void *y, size_t n) {
    WEFT_BY_TYPE(type, add, stream, WEFT_CLIP_NONE, y, x, y, n);
}

template <typename T>
static void clip_gradient(cudaStream_t stream, weft_clip clip, const void *result,
                          const void *gradient, void *to, size_t n) {
    const T *y = (const T *)result, *dy = (const T *)gradient;
    T *dx = (T *)to;
    for_each(stream, n, [=] __device__(size_t i) {
        dx[i] = narrow<T>(passed(clip, wide(y[i]), wide(dy[i])));
    });
}

void weft_cuda_clip_gradient(cudaStream_t stream, weft_type type, weft_clip clip, const void *y,
                             const void *dy, void *dx, size_t n) {
    WEFT_BY_TYPE(type, clip_gradient, stream, clip, y, dy, dx, n);
}

template <typename T>
static void multiply(cudaStream_t stream, const void *first, const void *second, void *result,
                     size_t n) {
    const T *a = (const T *)first, *b = (const T *)second;
    T *y = (T *)result;
    for_each(stream, n, [=] __device__(size_t i) { y[i] = narrow<T>(wide(a[i]) * wide(b[i])); });
}

void weft_cuda_multiply(cudaStream_t stream, weft_type type, const void *a, const void *b, void *y,
                        size_t n) {
    WEFT_BY_TYPE(type, multiply, stream, a, b, y, n);
}

/* ---- activations ----------------------------------------------------------------------------- */

__device__ static float hard_sigmoid(float x) {
    return clipped(WEFT_CLIP_RELU6, x + 3.0F) * (1.0F / 6.0F);
}

/* The normal distribution. */
__device__ static float normal(float x) {
    return 0.5F * erfcf(-x * 0.707106781F);
}

__device__ static float value_of(weft_activation f, float x) {
    switch (f) {
    case WEFT_ACTIVATION_RELU:
        return clipped(WEFT_CLIP_RELU, x);
    case WEFT_ACTIVATION_RELU6:
        return clipped(WEFT_CLIP_RELU6, x);
    case WEFT_ACTIVATION_HARD_SWISH:
        return x * hard_sigmoid(x);
    case WEFT_ACTIVATION_HARD_SIGMOID:
        return hard_sigmoid(x);
    case WEFT_ACTIVATION_SIGMOID:
        return 1.0F / (1.0F + expf(-x));
    case WEFT_ACTIVATION_GELU:
        return x * normal(x);
    }
    return x;
}

/* x / 3 + 1 / 2 between -3 and 3. */
__device__ static float hard_swish_slope(float x) {
    float slope = x <= -3.0F ? 0.0F : x * (1.0F / 3.0F) + 0.5F;
    return x >= 3.0F ? 1.0F : slope;
}

__device__ static float gradient_of(weft_activation f, float x, float g) {
    float s;
    switch (f) {
    case WEFT_ACTIVATION_RELU:
        return passed(WEFT_CLIP_RELU, x, g);
    case WEFT_ACTIVATION_RELU6:
        return passed(WEFT_CLIP_RELU6, x, g);
    case WEFT_ACTIVATION_HARD_SWISH:
        return g * hard_swish_slope(x);
    case WEFT_ACTIVATION_HARD_SIGMOID:
        return passed(WEFT_CLIP_RELU6, x + 3.0F, g * (1.0F / 6.0F));
    case WEFT_ACTIVATION_SIGMOID:
        s = 1.0F / (1.0F + expf(-x));
        return g * s * (1.0F - s);
    case WEFT_ACTIVATION_GELU:
        s = 0.398942280F * expf(-0.5F * x * x);
        return g * (normal(x) + x * s);
    }
    return g;
}

template <typename T>
static void activation(cudaStream_t stream, weft_activation f, const void *from, void *to,
                       size_t n) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, n, [=] __device__(size_t i) { y[i] = narrow<T>(value_of(f, wide(x[i]))); });
}

void weft_cuda_activation(cudaStream_t stream, weft_type type, weft_activation f, const void *x,
                          void *y, size_t n) {
    WEFT_BY_TYPE(type, activation, stream, f, x, y, n);
}

template <typename T>
static void activation_gradient(cudaStream_t stream, weft_activation f, const void *from,
                                const void *gradient, void *to, size_t n) {
    const T *x = (const T *)from, *dy = (const T *)gradient;
    T *dx = (T *)to;
    for_each(stream, n, [=] __device__(size_t i) {
        dx[i] = narrow<T>(gradient_of(f, wide(x[i]), wide(dy[i])));
    });
}

void weft_cuda_activation_gradient(cudaStream_t stream, weft_type type, weft_activation f,
                                   const void *x, const void *dy, void *dx, size_t n) {
    WEFT_BY_TYPE(type, activation_gradient, stream, f, x, dy, dx, n);
}

/* ---- dropout --------------------------------------------------------------------------------- */

/* Word `place` of a stream of base/rng.h: Philox4x32-10 (Salmon et al., SC 2011), whose counter is
 * (place / 4, purpose, index) and whose key is the seed. */
__device__ static uint32_t random_word(uint64_t seed, uint64_t index, uint64_t place) {
    const uint32_t purpose = (uint32_t)WEFT_PURPOSE_DROPOUT;
    uint32_t c[4] = {(uint32_t)(place / 4), purpose, (uint32_t)index, (uint32_t)(index >> 32)};
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53U * c[0], p1 = (uint64_t)0xCD9E8D57U * c[2];
        uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c[3] = (uint32_t)p0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    uint32_t low = place % 2 == 0 ? c[0] : c[1], high = place % 2 == 0 ? c[2] : c[3];
    return place % 4 < 2 ? low : high;
}

template <typename T>
static void dropout(cudaStream_t stream, weft_cuda_mask m, const void *from, void *to, size_t n) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, n, [=] __device__(size_t i) {
        bool keep = random_word(m.seed, m.first + i / m.part, i % m.part / m.each) >= m.threshold;
        y[i] = narrow<T>(keep ? wide(x[i]) * m.factor : 0.0F);
    });
}

void weft_cuda_dropout(cudaStream_t stream, weft_type type, const weft_cuda_mask *mask,
                       const void *x, void *y, size_t n) {
    WEFT_BY_TYPE(type, dropout, stream, *mask, x, y, n);
}

/* ---- weights --------------------------------------------------------------------------------- */

template <typename T>
static void pack(cudaStream_t stream, const float *weights, void *to, size_t out, size_t in,
                 size_t taps) {
    T *packed = (T *)to;
    for_each(stream, out * in * taps, [=] __device__(size_t i) {
        size_t c = i % in, t = i / in % taps, k = i / (in * taps);
        packed[i] = narrow<T>(weights[(k * in + c) * taps + t]);
    });
}

void weft_cuda_pack(cudaStream_t stream, const float *weights, weft_type type, void *packed,
                    size_t out, size_t in, size_t taps) {
    WEFT_BY_TYPE(type, pack, stream, weights, packed, out, in, taps);
}

template <typename T>
static void unpack(cudaStream_t stream, const void *from, float *gradient, size_t out, size_t in,
                   size_t taps) {
    const T *packed = (const T *)from;
    for_each(stream, out * in * taps, [=] __device__(size_t i) {
        size_t t = i % taps, c = i / taps % in, k = i / (in * taps);
        gradient[i] = wide(packed[(k * taps + t) * in + c]);
    });
}

void weft_cuda_unpack(cudaStream_t stream, weft_type type, const void *packed, float *gradient,
                      size_t out, size_t in, size_t taps) {
    WEFT_BY_TYPE(type, unpack, stream, packed, gradient, out, in, taps);
}
