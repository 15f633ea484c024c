/* SPDX-License-Identifier: Apache-2.0
 * Channels and positions: see kernels.h. */
#include "learn/cuda/device.cuh"

/* ---- a value for each channel ---------------------------------------------------------------- */

template <typename T>
static void add_bias(cudaStream_t stream, const float *bias, void *to, size_t rows,
                     size_t channels) {
    T *y = (T *)to;
    for_each(stream, rows * channels,
             [=] __device__(size_t i) { y[i] = narrow<T>(wide(y[i]) + bias[i % channels]); });
}

void weft_cuda_add_bias(cudaStream_t stream, weft_type type, const float *bias, void *y,
                        size_t rows, size_t channels) {
    WEFT_BY_TYPE(type, add_bias, stream, bias, y, rows, channels);
}

template <typename T>
static void multiply_channels(cudaStream_t stream, const void *from, const void *factors, void *to,
                              size_t images, size_t positions, size_t channels) {
    const T *x = (const T *)from, *s = (const T *)factors;
    T *y = (T *)to;
    for_each(stream, images * positions * channels, [=] __device__(size_t i) {
        size_t image = i / (positions * channels);
        y[i] = narrow<T>(wide(x[i]) * wide(s[image * channels + i % channels]));
    });
}

void weft_cuda_multiply_channels(cudaStream_t stream, weft_type type, const void *x, const void *s,
                                 void *y, size_t images, size_t positions, size_t channels) {
    WEFT_BY_TYPE(type, multiply_channels, stream, x, s, y, images, positions, channels);
}

template <typename T>
static void multiply_channels_sum(cudaStream_t stream, const void *from, const void *gradient,
                                  void *to, size_t images, size_t positions, size_t channels) {
    const T *x = (const T *)from, *dy = (const T *)gradient;
    T *ds = (T *)to;
    for_each(stream, images * channels, [=] __device__(size_t i) {
        size_t at = i / channels * positions * channels + i % channels;
        double sum = 0.0;
        for (size_t p = 0; p < positions; p++, at += channels) {
            sum += (double)(wide(x[at]) * wide(dy[at]));
        }
        ds[i] = narrow<T>((float)sum);
    });
}

void weft_cuda_multiply_channels_sum(cudaStream_t stream, weft_type type, const void *x,
                                     const void *dy, void *ds, size_t images, size_t positions,
                                     size_t channels) {
    WEFT_BY_TYPE(type, multiply_channels_sum, stream, x, dy, ds, images, positions, channels);
}

/* ---- moves ----------------------------------------------------------------------------------- */

template <typename T>
static void move_channels(cudaStream_t stream, weft_cuda_move m, const void *from, void *to) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, m.rows * m.channels, [=] __device__(size_t i) {
        size_t row = i / m.channels, c = i % m.channels;
        y[row * m.to_of + m.to + c] = x != nullptr ? x[row * m.from_of + m.from + c]
                                                   : narrow<T>(0.0F);
    });
}

void weft_cuda_channels(cudaStream_t stream, weft_type type, const weft_cuda_move *move,
                        const void *x, void *y) {
    WEFT_BY_TYPE(type, move_channels, stream, *move, x, y);
}

template <typename T>
static void transpose(cudaStream_t stream, const void *from, void *to, size_t count, size_t rows,
                      size_t columns) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, count * rows * columns, [=] __device__(size_t i) {
        size_t r = i % rows, c = i / rows % columns, k = i / (rows * columns);
        y[i] = x[(k * rows + r) * columns + c];
    });
}

void weft_cuda_transpose(cudaStream_t stream, weft_type type, const void *x, void *y, size_t count,
                         size_t rows, size_t columns) {
    WEFT_BY_TYPE(type, transpose, stream, x, y, count, rows, columns);
}

template <typename T>
static void add_table(cudaStream_t stream, const void *from, const float *table, void *to,
                      size_t rows, size_t n, size_t step) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, rows * n, [=] __device__(size_t i) {
        size_t at = i / n * step + i % n;
        y[at] = narrow<T>((x != nullptr ? wide(x[at]) : 0.0F) + table[i % n]);
    });
}

void weft_cuda_table(cudaStream_t stream, weft_type type, const void *x, const float *table,
                     void *y, size_t rows, size_t n, size_t step) {
    WEFT_BY_TYPE(type, add_table, stream, x, table, y, rows, n, step);
}
