/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, a thread for each value that is written: an output looks at its window, the gradient of an
 * input at the outputs that see it. */
#include "learn/cuda/places.cuh"

#include <math_constants.h>

static size_t in_values(const weft_window *w) {
    return w->images * w->in.height * w->in.width * w->channels;
}

static size_t out_values(const weft_window *w) {
    return w->images * w->out.height * w->out.width * w->channels;
}

/* ---- largest --------------------------------------------------------------------------------- */

template <typename T>
__device__ void max_at(const weft_window &w, size_t i, const T *x, T *y, uint8_t *winner) {
    place at = place_of(i, w.out, w.channels);
    float best = -CUDART_INF_F;
    bool found = false;
    size_t number = 0;
    for (size_t r = 0; r < w.kernel.height; r++) {
        size_t row = sees(at.row, r, w.stride.height, w.dilation.height, w.pad.height);
        for (size_t s = 0; s < w.kernel.width && row < w.in.height; s++) {
            size_t column = sees(at.column, s, w.stride.width, w.dilation.width, w.pad.width);
            if (column >= w.in.width) {
                continue;
            }
            float v = wide(x[index_of(at.image, row, column, at.channel, w.in, w.channels)]);
            bool wins = !found || v > best || v != v;
            number = wins ? r * w.kernel.width + s : number;
            best = wins ? v : best;
            found = true;
        }
    }
    y[i] = narrow<T>(best);
    winner[i] = (uint8_t)number;
}

template <typename T>
static void max_pool(cudaStream_t stream, weft_window w, const void *from, void *to,
                     uint8_t *winner) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, out_values(&w), [=] __device__(size_t i) { max_at(w, i, x, y, winner); });
}

void weft_cuda_max_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                        const void *x, void *y, uint8_t *winner) {
    WEFT_BY_TYPE(type, max_pool, stream, *window, x, y, winner);
}

/* The sum over the outputs that see input i of f(output, position of the kernel). */
template <typename F> __device__ float sum_seen(const weft_window &w, size_t i, F f) {
    place at = place_of(i, w.in, w.channels);
    float sum = 0.0F;
    for (size_t r = 0; r < w.kernel.height; r++) {
        size_t p = seen_from(at.row, r, w.stride.height, w.dilation.height, w.pad.height);
        for (size_t s = 0; s < w.kernel.width && p < w.out.height; s++) {
            size_t q = seen_from(at.column, s, w.stride.width, w.dilation.width, w.pad.width);
            if (q < w.out.width) {
                sum += f(index_of(at.image, p, q, at.channel, w.out, w.channels),
                         r * w.kernel.width + s);
            }
        }
    }
    return sum;
}

template <typename T>
static void max_pool_gradient(cudaStream_t stream, weft_window w, const void *gradient,
                              const uint8_t *winner, void *to) {
    const T *dy = (const T *)gradient;
    T *dx = (T *)to;
    for_each(stream, in_values(&w), [=] __device__(size_t i) {
        dx[i] = narrow<T>(sum_seen(w, i, [=](size_t o, size_t k) {
            return winner[o] == (uint8_t)k ? wide(dy[o]) : 0.0F;
        }));
    });
}

void weft_cuda_max_pool_gradient(cudaStream_t stream, weft_type type, const weft_window *window,
                                 const void *dy, const uint8_t *winner, void *dx) {
    WEFT_BY_TYPE(type, max_pool_gradient, stream, *window, dy, winner, dx);
}

/* ---- means over windows ---------------------------------------------------------------------- */

template <typename T> __device__ float sum_window(const weft_window &w, size_t i, const T *x) {
    place at = place_of(i, w.out, w.channels);
    float sum = 0.0F;
    for (size_t r = 0; r < w.kernel.height; r++) {
        size_t row = sees(at.row, r, w.stride.height, w.dilation.height, w.pad.height);
        for (size_t s = 0; s < w.kernel.width && row < w.in.height; s++) {
            size_t column = sees(at.column, s, w.stride.width, w.dilation.width, w.pad.width);
            if (column < w.in.width) {
                sum += wide(x[index_of(at.image, row, column, at.channel, w.in, w.channels)]);
            }
        }
    }
    return sum;
}

template <typename T>
static void average_pool(cudaStream_t stream, weft_window w, const void *from, void *to) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    float share = 1.0F / (float)(w.kernel.height * w.kernel.width);
    for_each(stream, out_values(&w),
             [=] __device__(size_t i) { y[i] = narrow<T>(sum_window(w, i, x) * share); });
}

void weft_cuda_average_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                            const void *x, void *y) {
    WEFT_BY_TYPE(type, average_pool, stream, *window, x, y);
}

template <typename T>
static void average_pool_gradient(cudaStream_t stream, weft_window w, const void *gradient,
                                  void *to) {
    const T *dy = (const T *)gradient;
    T *dx = (T *)to;
    float share = 1.0F / (float)(w.kernel.height * w.kernel.width);
    for_each(stream, in_values(&w), [=] __device__(size_t i) {
        float sum = sum_seen(w, i, [=](size_t o, size_t) { return wide(dy[o]); });
        dx[i] = narrow<T>(sum * share);
    });
}

void weft_cuda_average_pool_gradient(cudaStream_t stream, weft_type type, const weft_window *window,
                                     const void *dy, void *dx) {
    WEFT_BY_TYPE(type, average_pool_gradient, stream, *window, dy, dx);
}

/* ---- means over what lies inside ------------------------------------------------------------- */

/* Positions of a window that lie on the map, along one side. */
__device__ static size_t taps_inside(size_t out, size_t kernel, size_t stride, size_t dilation,
                                     size_t pad, size_t side) {
    size_t n = 0;
    for (size_t r = 0; r < kernel; r++) {
        n += sees(out, r, stride, dilation, pad) < side ? 1 : 0;
    }
    return n;
}

__device__ static float share_inside(const weft_window &w, size_t o) {
    place at = place_of(o, w.out, w.channels);
    size_t rows = taps_inside(at.row, w.kernel.height, w.stride.height, w.dilation.height,
                              w.pad.height, w.in.height);
    size_t columns = taps_inside(at.column, w.kernel.width, w.stride.width, w.dilation.width,
                                 w.pad.width, w.in.width);
    return 1.0F / (float)(rows * columns);
}

template <typename T>
static void inside_pool(cudaStream_t stream, weft_window w, const void *from, void *to) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, out_values(&w), [=] __device__(size_t i) {
        y[i] = narrow<T>(sum_window(w, i, x) * share_inside(w, i));
    });
}

void weft_cuda_inside_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                           const void *x, void *y) {
    WEFT_BY_TYPE(type, inside_pool, stream, *window, x, y);
}

template <typename T>
static void inside_pool_gradient(cudaStream_t stream, weft_window w, const void *gradient,
                                 void *to) {
    const T *dy = (const T *)gradient;
    T *dx = (T *)to;
    for_each(stream, in_values(&w), [=] __device__(size_t i) {
        dx[i] = narrow<T>(
            sum_seen(w, i, [=](size_t o, size_t) { return wide(dy[o]) * share_inside(w, o); }));
    });
}

void weft_cuda_inside_pool_gradient(cudaStream_t stream, weft_type type, const weft_window *window,
                                    const void *dy, void *dx) {
    WEFT_BY_TYPE(type, inside_pool_gradient, stream, *window, dy, dx);
}

/* ---- means over equal parts ------------------------------------------------------------------ */

/* From first up to, not including, end. */
struct span {
    size_t first, end;
};

/* Output i sees the inputs floor(i in / out) .. ceil((i + 1) in / out) - 1; the outputs that see an
 * input are found by the same formula the other way round. */
__device__ static span part(size_t i, size_t in, size_t out) {
    return span{i * in / out, ((i + 1) * in + out - 1) / out};
}

__device__ static size_t length(span s) {
    return s.end - s.first;
}

template <typename T> __device__ float mean_part(const weft_window &w, size_t i, const T *x) {
    place at = place_of(i, w.out, w.channels);
    span rows = part(at.row, w.in.height, w.out.height);
    span columns = part(at.column, w.in.width, w.out.width);
    float total = 0.0F;
    for (size_t r = rows.first; r < rows.end; r++) {
        float sum = 0.0F;
        for (size_t s = columns.first; s < columns.end; s++) {
            sum += wide(x[index_of(at.image, r, s, at.channel, w.in, w.channels)]);
        }
        total += sum;
    }
    return total * (1.0F / (float)(length(rows) * length(columns)));
}

template <typename T>
static void adaptive_pool(cudaStream_t stream, weft_window w, const void *from, void *to) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, out_values(&w),
             [=] __device__(size_t i) { y[i] = narrow<T>(mean_part(w, i, x)); });
}

void weft_cuda_adaptive_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                             const void *x, void *y) {
    WEFT_BY_TYPE(type, adaptive_pool, stream, *window, x, y);
}

template <typename T> __device__ float sum_parts(const weft_window &w, size_t i, const T *dy) {
    place at = place_of(i, w.in, w.channels);
    span rows = part(at.row, w.out.height, w.in.height);
    span columns = part(at.column, w.out.width, w.in.width);
    float sum = 0.0F;
    for (size_t p = rows.first; p < rows.end; p++) {
        for (size_t q = columns.first; q < columns.end; q++) {
            size_t n = length(part(p, w.in.height, w.out.height)) *
                       length(part(q, w.in.width, w.out.width));
            sum += wide(dy[index_of(at.image, p, q, at.channel, w.out, w.channels)]) *
                   (1.0F / (float)n);
        }
    }
    return sum;
}

template <typename T>
static void adaptive_pool_gradient(cudaStream_t stream, weft_window w, const void *gradient,
                                   void *to) {
    const T *dy = (const T *)gradient;
    T *dx = (T *)to;
    for_each(stream, in_values(&w),
             [=] __device__(size_t i) { dx[i] = narrow<T>(sum_parts(w, i, dy)); });
}

void weft_cuda_adaptive_pool_gradient(cudaStream_t stream, weft_type type,
                                      const weft_window *window, const void *dy, void *dx) {
    WEFT_BY_TYPE(type, adaptive_pool_gradient, stream, *window, dy, dx);
}
