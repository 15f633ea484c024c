/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantizers: rounding value by value as in learn/quant.c, and for each row of an array its sums
 * and extents. A row is cut into parts of PART values, one block each, whose results are joined in
 * their order; steps stay on the device. */
#include "learn/cuda/device.cuh"

constexpr size_t PART = 16384;

static size_t parts_of(weft_quant_array array) {
    return (array.n + PART - 1) / PART;
}

size_t weft_cuda_quant_scratch(weft_quant_array array) {
    return array.rows * parts_of(array) * sizeof(double); /* or two floats */
}

/* ---- one value ------------------------------------------------------------------------------- */

__device__ static float held(float step) {
    return step < WEFT_QUANT_LEAST_STEP ? WEFT_QUANT_LEAST_STEP : step;
}

/* Comparisons with NaN are false: it passes. */
__device__ static float nearest(weft_quant_range range, float v) {
    float low = (float)range.low, high = (float)range.high;
    v = v < low ? low : v;
    return rintf(v > high ? high : v);
}

template <typename T>
static void quantize(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                     const float *steps, const void *from, void *to) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    for_each(stream, array.rows * array.n, [=] __device__(size_t i) {
        float step = held(steps[i / array.n]);
        y[i] = narrow<T>(nearest(range, wide(x[i]) / step) * step);
    });
}

void weft_cuda_quant_forward(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                             const float *steps, const void *x, void *y) {
    WEFT_BY_TYPE(array.type, quantize, stream, array, range, steps, x, y);
}

template <typename T>
static void straight(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                     const float *steps, const void *from, const void *gradient, void *to) {
    const T *x = (const T *)from, *dy = (const T *)gradient;
    T *dx = (T *)to;
    for_each(stream, array.rows * array.n, [=] __device__(size_t i) {
        float v = wide(x[i]) / held(steps[i / array.n]);
        bool outside = v < (float)range.low - 0.5F || v > (float)range.high + 0.5F;
        dx[i] = outside ? narrow<T>(0.0F) : dy[i];
    });
}

void weft_cuda_quant_backward(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                              const float *steps, const void *x, const void *dy, void *dx) {
    WEFT_BY_TYPE(array.type, straight, stream, array, range, steps, x, dy, dx);
}

/* ---- sums of rows ---------------------------------------------------------------------------- */

/* partial (rows, parts): the sum of term(row, i) over the values i of a part of the array. */
template <typename Term> __global__ void sum_parts(Term term, size_t n, double *partial) {
    size_t row = blockIdx.y, begin = (size_t)blockIdx.x * PART;
    size_t end = begin + PART < n ? begin + PART : n;
    double sum = 0.0;
    for (size_t i = begin + threadIdx.x; i < end; i += BLOCK) {
        sum += (double)term(row, row * n + i);
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        partial[row * gridDim.x + blockIdx.x] = sum;
    }
}

/* Calls end(row, sum) for each row. */
template <typename Term, typename End>
static void sum_each_row(cudaStream_t stream, weft_quant_array array, double *scratch, Term term,
                         End end) {
    size_t parts = parts_of(array), n = array.n;
    dim3 grid((unsigned)parts, (unsigned)array.rows);
    sum_parts<<<grid, BLOCK, 0, stream>>>(term, n, scratch);
    for_each(stream, array.rows, [=] __device__(size_t row) {
        double sum = 0.0;
        for (size_t p = 0; p < parts; p++) {
            sum += scratch[row * parts + p];
        }
        end(row, sum);
    });
}

template <typename T>
static void begin_steps(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                        const void *from, float *steps, double *scratch) {
    const T *x = (const T *)from;
    double values = (double)array.n * sqrt((double)range.high);
    sum_each_row(
        stream, array, scratch, [=] __device__(size_t, size_t i) { return fabsf(wide(x[i])); },
        [=] __device__(size_t row, double sum) {
            double first = 2.0 * sum / values;
            float step = first == 0.0 ? 1.0F : (float)first;
            steps[row] = held(steps[row] == 0.0F ? step : steps[row]);
        });
}

void weft_cuda_lsq_begin(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                         const void *x, float *steps, double *scratch) {
    WEFT_BY_TYPE(array.type, begin_steps, stream, array, range, x, steps, scratch);
}

void weft_cuda_quant_hold(cudaStream_t stream, float *steps, size_t rows) {
    for_each(stream, rows, [=] __device__(size_t row) { steps[row] = held(steps[row]); });
}

template <typename T>
static void learn_steps(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                        const float *steps, const void *from, const void *gradient, void *to,
                        double scale, float *gradients, double *scratch) {
    const T *x = (const T *)from, *dy = (const T *)gradient;
    T *dx = (T *)to;
    float low = (float)range.low, high = (float)range.high;
    sum_each_row(
        stream, array, scratch,
        [=] __device__(size_t row, size_t i) {
            float v = wide(x[i]) / held(steps[row]), r = nearest(range, v), g = wide(dy[i]);
            bool outside = v <= low || v >= high;
            if (dx != nullptr) {
                dx[i] = narrow<T>(outside ? 0.0F : g);
            }
            return g * (outside ? r : r - v);
        },
        [=] __device__(size_t row, double sum) { gradients[row] = (float)(sum * scale); });
}

void weft_cuda_lsq_backward(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                            const float *steps, const void *x, const void *dy, void *dx,
                            double scale, float *gradients, double *scratch) {
    WEFT_BY_TYPE(array.type, learn_steps, stream, array, range, steps, x, dy, dx, scale, gradients,
                 scratch);
}

/* ---- extents of rows ------------------------------------------------------------------------- */

/* partial (rows, parts, 2): least and largest of a part, both NaN where there is one. */
template <typename T> __global__ void extent_parts(const T *x, size_t n, float *partial) {
    size_t row = blockIdx.y, begin = (size_t)blockIdx.x * PART;
    size_t end = begin + PART < n ? begin + PART : n;
    float first = wide(x[row * n + begin]), below = -first, above = first;
    for (size_t i = begin + threadIdx.x; i < end; i += BLOCK) {
        float v = wide(x[row * n + i]);
        below = -v > below || v != v ? -v : below;
        above = v > above || v != v ? v : above;
    }
    below = block_largest(below);
    above = block_largest(above);
    if (threadIdx.x == 0) {
        float *to = partial + 2 * (row * gridDim.x + blockIdx.x);
        to[0] = -below;
        to[1] = above;
    }
}

/* Of a row, from its parts. */
__device__ static void join_extents(const float *partial, size_t parts, float *low, float *high) {
    *low = partial[0];
    *high = partial[1];
    for (size_t p = 1; p < parts; p++) {
        float a = partial[2 * p], b = partial[2 * p + 1];
        *low = a < *low || a != a ? a : *low;
        *high = b > *high || b != b ? b : *high;
    }
}

/* weft_quant_step_of */
__device__ static float step_of(float low, float high, weft_quant_range range) {
    low = low > 0.0F ? 0.0F : low;
    high = high < 0.0F ? 0.0F : high;
    double below = range.low < 0 ? (double)low / range.low : 0.0;
    double above = (double)high / range.high;
    double step = below > above ? below : above;
    if (step <= 0.0) {
        return 1.0F;
    }
    return step < (double)WEFT_QUANT_LEAST_STEP ? WEFT_QUANT_LEAST_STEP : (float)step;
}

template <typename T>
static void measure_extents(cudaStream_t stream, weft_quant_array array, const void *x,
                            float *scratch) {
    dim3 grid((unsigned)parts_of(array), (unsigned)array.rows);
    extent_parts<<<grid, BLOCK, 0, stream>>>((const T *)x, array.n, scratch);
}

void weft_cuda_quant_reach(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                           const void *x, float *steps, float *scratch) {
    size_t parts = parts_of(array);
    WEFT_BY_TYPE(array.type, measure_extents, stream, array, x, scratch);
    for_each(stream, array.rows, [=] __device__(size_t row) {
        float low, high;
        join_extents(scratch + 2 * row * parts, parts, &low, &high);
        steps[row] = step_of(low, high, range);
    });
}

void weft_cuda_quant_follow(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                            const void *x, double share, float *extent, float *step,
                            float *scratch) {
    size_t parts = parts_of(array);
    float part = (float)share;
    WEFT_BY_TYPE(array.type, measure_extents, stream, array, x, scratch);
    for_each(stream, 1, [=] __device__(size_t) {
        float low, high;
        join_extents(scratch, parts, &low, &high);
        bool first = *step == 0.0F;
        extent[0] = first ? low : extent[0] + part * (low - extent[0]);
        extent[1] = first ? high : extent[1] + part * (high - extent[1]);
        *step = step_of(extent[0], extent[1], range);
    });
}
