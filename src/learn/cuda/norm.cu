/* SPDX-License-Identifier: Apache-2.0
 *
 * Batch and layer normalisation; equations in learn/kernel/batch_norm.c and layer_norm.h. Sums of a
 * batch norm are made around the first value of each channel, so that a large mean beside a small
 * deviation loses no digits. */
#include "learn/cuda/columns.cuh"

/* ---- batch norm ------------------------------------------------------------------------------ */

__device__ static void set_channel(const weft_cuda_bn &bn, size_t c, double epsilon, double gamma,
                                   double beta, double mean, double variance) {
    double inverse = 1.0 / sqrt(variance + epsilon);
    bn.scale[c] = (float)(gamma * inverse);
    bn.shift[c] = (float)(beta - mean * gamma * inverse);
    bn.mean[c] = (float)mean;
    bn.inverse[c] = (float)inverse;
}

template <typename T>
static void bn_measure(cudaStream_t stream, weft_cuda_bn bn, const void *from, double epsilon,
                       double share, const float *gamma, const float *beta, float *running_mean,
                       float *running_variance) {
    const T *x = (const T *)from;
    size_t channels = bn.channels;
    double n = (double)bn.positions;
    sum_columns(
        stream, bn.positions, channels, bn.scratch,
        [=] __device__(size_t row, size_t c, float *a, float *b) {
            float d = wide(x[row * channels + c]) - wide(x[c]);
            *a += d;
            *b += d * d;
        },
        [=] __device__(size_t c, double a, double b) {
            double from_guess = a / n, mean = (double)wide(x[c]) + from_guess;
            double variance = b / n - from_guess * from_guess;
            /* Not fmax, which would hide a NaN. */
            variance = variance < 0.0 ? 0.0 : variance;
            double unbiased = n > 1.0 ? n / (n - 1.0) * variance : variance;
            running_mean[c] = (float)((1.0 - share) * (double)running_mean[c] + share * mean);
            running_variance[c] =
                (float)((1.0 - share) * (double)running_variance[c] + share * unbiased);
            set_channel(bn, c, epsilon, (double)gamma[c], (double)beta[c], mean, variance);
        });
}

void weft_cuda_bn_measure(cudaStream_t stream, const weft_cuda_bn *bn, const void *x,
                          double epsilon, double share, const float *gamma, const float *beta,
                          float *running_mean, float *running_variance) {
    WEFT_BY_TYPE(bn->type, bn_measure, stream, *bn, x, epsilon, share, gamma, beta, running_mean,
                 running_variance);
}

void weft_cuda_bn_running(cudaStream_t stream, const weft_cuda_bn *given, double epsilon,
                          const float *gamma, const float *beta, const float *running_mean,
                          const float *running_variance) {
    const weft_cuda_bn bn = *given;
    for_each(stream, bn.channels, [=] __device__(size_t c) {
        set_channel(bn, c, epsilon, (double)gamma[c], (double)beta[c], (double)running_mean[c],
                    (double)running_variance[c]);
    });
}

template <typename T>
static void bn_map(cudaStream_t stream, weft_cuda_bn bn, const void *from, const void *addend,
                   void *to) {
    const T *x = (const T *)from, *z = (const T *)addend;
    T *y = (T *)to;
    for_each(stream, bn.positions * bn.channels, [=] __device__(size_t i) {
        size_t c = i % bn.channels;
        float v = wide(x[i]) * bn.scale[c] + bn.shift[c];
        v = z != nullptr ? v + wide(z[i]) : v;
        y[i] = narrow<T>(clipped(bn.clip, v));
    });
}

void weft_cuda_bn_map(cudaStream_t stream, const weft_cuda_bn *bn, const void *x, const void *z,
                      void *y) {
    WEFT_BY_TYPE(bn->type, bn_map, stream, *bn, x, z, y);
}

/* dy where the clip was open, which is found again from x. */
template <typename T>
__device__ float open_gradient(const weft_cuda_bn &bn, const T *x, const T *dy, size_t i,
                               size_t c) {
    return passed(bn.clip, wide(x[i]) * bn.scale[c] + bn.shift[c], wide(dy[i]));
}

template <typename T>
static void bn_sum_gradient(cudaStream_t stream, weft_cuda_bn bn, const void *from,
                            const void *gradient, float *dgamma, float *dbeta) {
    const T *x = (const T *)from, *dy = (const T *)gradient;
    double n = (double)bn.positions;
    sum_columns(
        stream, bn.positions, bn.channels, bn.scratch,
        [=] __device__(size_t row, size_t c, float *a, float *b) {
            size_t i = row * bn.channels + c;
            float g = open_gradient(bn, x, dy, i, c);
            *a += g;
            *b += g * (wide(x[i]) - bn.mean[c]);
        },
        [=] __device__(size_t c, double a, double b) {
            double inverse = (double)bn.inverse[c], scale = (double)bn.scale[c];
            dgamma[c] = (float)(inverse * b);
            dbeta[c] = (float)a;
            bn.slope[c] = (float)(scale * inverse * inverse * b / n);
            bn.offset[c] = (float)(scale * a / n);
        });
}

void weft_cuda_bn_sum_gradient(cudaStream_t stream, const weft_cuda_bn *bn, const void *x,
                               const void *dy, float *dgamma, float *dbeta) {
    WEFT_BY_TYPE(bn->type, bn_sum_gradient, stream, *bn, x, dy, dgamma, dbeta);
}

template <typename T>
static void bn_map_gradient(cudaStream_t stream, weft_cuda_bn bn, const void *from,
                            const void *gradient, void *to) {
    const T *x = (const T *)from, *dy = (const T *)gradient;
    T *dx = (T *)to;
    for_each(stream, bn.positions * bn.channels, [=] __device__(size_t i) {
        size_t c = i % bn.channels;
        float g = open_gradient(bn, x, dy, i, c);
        dx[i] = narrow<T>(bn.scale[c] * g - bn.slope[c] * (wide(x[i]) - bn.mean[c]) - bn.offset[c]);
    });
}

void weft_cuda_bn_map_gradient(cudaStream_t stream, const weft_cuda_bn *bn, const void *x,
                               const void *dy, void *dx) {
    WEFT_BY_TYPE(bn->type, bn_map_gradient, stream, *bn, x, dy, dx);
}

/* ---- layer norm: a block for each position --------------------------------------------------- */

template <typename T>
__global__ void layer_norm_rows(const T *x, size_t channels, double epsilon, const float *gamma,
                                const float *beta, T *y, float *mean, float *inverse) {
    size_t row = blockIdx.x;
    x += row * channels;
    y += row * channels;
    float sum = 0.0F, square = 0.0F;
    for (size_t c = threadIdx.x; c < channels; c += BLOCK) {
        sum += wide(x[c]);
    }
    float m = block_sum(sum) / (float)channels;
    for (size_t c = threadIdx.x; c < channels; c += BLOCK) {
        float d = wide(x[c]) - m;
        square += d * d;
    }
    double variance = (double)block_sum(square) / (double)channels;
    float s = (float)(1.0 / sqrt(variance + epsilon));
    for (size_t c = threadIdx.x; c < channels; c += BLOCK) {
        y[c] = narrow<T>((wide(x[c]) - m) * s * gamma[c] + beta[c]);
    }
    if (threadIdx.x == 0) {
        mean[row] = m;
        inverse[row] = s;
    }
}

template <typename T>
static void layer_norm(cudaStream_t stream, const void *x, size_t positions, size_t channels,
                       double epsilon, const float *gamma, const float *beta, void *y, float *mean,
                       float *inverse) {
    layer_norm_rows<T><<<(unsigned)positions, BLOCK, 0, stream>>>(
        (const T *)x, channels, epsilon, gamma, beta, (T *)y, mean, inverse);
}

void weft_cuda_layer_norm(cudaStream_t stream, weft_type type, const void *x, size_t positions,
                          size_t channels, double epsilon, const float *gamma, const float *beta,
                          void *y, float *mean, float *inverse) {
    WEFT_BY_TYPE(type, layer_norm, stream, x, positions, channels, epsilon, gamma, beta, y, mean,
                 inverse);
}

/* dx may be dy: a block reads all of its position before it writes. */
template <typename T>
__global__ void layer_norm_gradient_rows(const T *x, const T *dy, size_t channels,
                                         const float *gamma, const float *mean,
                                         const float *inverse, T *dx) {
    size_t row = blockIdx.x, at = row * channels;
    float m = mean[row], s = inverse[row], sum = 0.0F, product = 0.0F;
    for (size_t c = threadIdx.x; c < channels; c += BLOCK) {
        float g = wide(dy[at + c]) * gamma[c];
        sum += g;
        product += g * (wide(x[at + c]) - m) * s;
    }
    float offset = block_sum(sum) / (float)channels;
    float slope = block_sum(product) / (float)channels;
    for (size_t c = threadIdx.x; c < channels; c += BLOCK) {
        float h = (wide(x[at + c]) - m) * s;
        dx[at + c] = narrow<T>(s * (wide(dy[at + c]) * gamma[c] - offset - h * slope));
    }
}

template <typename T>
static void layer_norm_gradient(cudaStream_t stream, const void *from, const void *gradient,
                                size_t positions, size_t channels, const float *gamma,
                                const float *mean, const float *inverse, void *to, float *dgamma,
                                float *dbeta, float *scratch) {
    const T *x = (const T *)from, *dy = (const T *)gradient;
    sum_columns(
        stream, positions, channels, scratch,
        [=] __device__(size_t row, size_t c, float *a, float *b) {
            float g = wide(dy[row * channels + c]);
            *a += g * (wide(x[row * channels + c]) - mean[row]) * inverse[row];
            *b += g;
        },
        [=] __device__(size_t c, double a, double b) {
            dgamma[c] = (float)a;
            dbeta[c] = (float)b;
        });
    if (to != nullptr) {
        layer_norm_gradient_rows<T><<<(unsigned)positions, BLOCK, 0, stream>>>(
            x, dy, channels, gamma, mean, inverse, (T *)to);
    }
}

void weft_cuda_layer_norm_gradient(cudaStream_t stream, weft_type type, const void *x,
                                   const void *dy, size_t positions, size_t channels,
                                   const float *gamma, const float *mean, const float *inverse,
                                   void *dx, float *dgamma, float *dbeta, float *scratch) {
    WEFT_BY_TYPE(type, layer_norm_gradient, stream, x, dy, positions, channels, gamma, mean,
                 inverse, dx, dgamma, dbeta, scratch);
}
