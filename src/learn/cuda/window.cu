/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions by their definition. A group of the output's channels sees a group of the input's:
 *     y[n][p][q][k]   = bias[k] + sum over c, r, s of w[k][c][r][s] x[n][p sh - ph + r dh][..][c]
 *     dx[n][i][j][c]  = sum over k, r, s with i + ph - r dh = p sh, ..
 *                       of w[k][c][r][s] dy[n][p][q][k]
 *     dw[k][c][r][s]  = sum over n, p, q of dy[n][p][q][k] x[n][p sh - ph + r dh][..][c] */
#include "learn/cuda/columns.cuh"
#include "learn/cuda/places.cuh"

/* Channels of a group, in and out. */
__host__ __device__ static size_t group_in(const weft_cuda_window &w) {
    return w.window.channels / w.groups;
}

__device__ static size_t group_out(const weft_cuda_window &w) {
    return w.out_channels / w.groups;
}

__host__ __device__ static size_t taps_of(const weft_cuda_window &w) {
    return w.window.kernel.height * w.window.kernel.width;
}

/* ---- forward --------------------------------------------------------------------------------- */

template <typename T>
__device__ float output_at(const weft_cuda_window &g, size_t i, const T *x, const float *weights) {
    const weft_window &w = g.window;
    place at = place_of(i, w.out, g.out_channels);
    size_t inner = group_in(g), first = at.channel / group_out(g) * inner;
    const float *filter = weights + at.channel * inner * taps_of(g);
    float sum = 0.0F;
    for (size_t r = 0; r < w.kernel.height; r++) {
        size_t row = sees(at.row, r, w.stride.height, w.dilation.height, w.pad.height);
        for (size_t s = 0; s < w.kernel.width && row < w.in.height; s++) {
            size_t column = sees(at.column, s, w.stride.width, w.dilation.width, w.pad.width);
            if (column >= w.in.width) {
                continue;
            }
            const T *from = x + index_of(at.image, row, column, first, w.in, w.channels);
            for (size_t c = 0; c < inner; c++) {
                sum += wide(from[c]) * filter[c * taps_of(g) + r * w.kernel.width + s];
            }
        }
    }
    return sum;
}

template <typename T>
static void forward(cudaStream_t stream, weft_cuda_window w, const void *from, const float *weights,
                    const float *bias, void *to) {
    const T *x = (const T *)from;
    T *y = (T *)to;
    size_t n = w.window.images * w.window.out.height * w.window.out.width * w.out_channels;
    for_each(stream, n, [=] __device__(size_t i) {
        float sum = output_at(w, i, x, weights);
        y[i] = narrow<T>(bias != nullptr ? sum + bias[i % w.out_channels] : sum);
    });
}

void weft_cuda_window_forward(cudaStream_t stream, const weft_cuda_window *w, const void *x,
                              const float *weights, const float *bias, void *y) {
    WEFT_BY_TYPE(w->type, forward, stream, *w, x, weights, bias, y);
}

/* ---- backward, data -------------------------------------------------------------------------- */

template <typename T>
__device__ float input_gradient_at(const weft_cuda_window &g, size_t i, const T *dy,
                                   const float *weights) {
    const weft_window &w = g.window;
    place at = place_of(i, w.in, w.channels);
    size_t inner = group_in(g), outer = group_out(g), taps = taps_of(g);
    size_t first = at.channel / inner * outer;
    const float *filter = weights + (first * inner + at.channel % inner) * taps;
    float sum = 0.0F;
    for (size_t r = 0; r < w.kernel.height; r++) {
        size_t p = seen_from(at.row, r, w.stride.height, w.dilation.height, w.pad.height);
        for (size_t s = 0; s < w.kernel.width && p < w.out.height; s++) {
            size_t q = seen_from(at.column, s, w.stride.width, w.dilation.width, w.pad.width);
            if (q >= w.out.width) {
                continue;
            }
            const T *from = dy + index_of(at.image, p, q, first, w.out, g.out_channels);
            for (size_t k = 0; k < outer; k++) {
                sum += wide(from[k]) * filter[k * inner * taps + r * w.kernel.width + s];
            }
        }
    }
    return sum;
}

template <typename T>
static void data(cudaStream_t stream, weft_cuda_window w, const void *gradient,
                 const float *weights, void *to) {
    const T *dy = (const T *)gradient;
    T *dx = (T *)to;
    size_t n = w.window.images * w.window.in.height * w.window.in.width * w.window.channels;
    for_each(stream, n,
             [=] __device__(size_t i) { dx[i] = narrow<T>(input_gradient_at(w, i, dy, weights)); });
}

void weft_cuda_window_data(cudaStream_t stream, const weft_cuda_window *w, const void *dy,
                           const float *weights, void *dx) {
    WEFT_BY_TYPE(w->type, data, stream, *w, dy, weights, dx);
}

/* ---- backward, weights ----------------------------------------------------------------------- */

/* Outputs are rows, cut into chunks that are summed apart; a block sums one tap of 32 channels. */
constexpr size_t MOST_PARTIALS = 1 << 24;

static size_t rows_of(const weft_cuda_window *w) {
    return w->window.images * w->window.out.height * w->window.out.width;
}

static size_t weights_of(const weft_cuda_window *w) {
    return w->out_channels * group_in(*w) * taps_of(*w);
}

static size_t rows_a_chunk(const weft_cuda_window *w) {
    size_t most = MOST_PARTIALS / weights_of(w);
    most = most < 1 ? 1 : most;
    size_t least = (rows_of(w) + most - 1) / most, usual = chunk_rows(rows_of(w));
    return least > usual ? least : usual;
}

static size_t weight_chunks(const weft_cuda_window *w) {
    return (rows_of(w) + rows_a_chunk(w) - 1) / rows_a_chunk(w);
}

size_t weft_cuda_window_scratch(const weft_cuda_window *w) {
    return weight_chunks(w) * weights_of(w) * sizeof(float);
}

/* What output `row` of channel k adds to the gradient of tap (r, s) of its input channel c. */
template <typename T>
__device__ float product_at(const weft_cuda_window &g, size_t row, size_t k, size_t c, size_t r,
                            size_t s, const T *x, const T *dy) {
    const weft_window &w = g.window;
    place at = place_of(row, w.out, 1);
    size_t i = sees(at.row, r, w.stride.height, w.dilation.height, w.pad.height);
    size_t j = sees(at.column, s, w.stride.width, w.dilation.width, w.pad.width);
    if (i >= w.in.height || j >= w.in.width) {
        return 0.0F;
    }
    return wide(dy[row * g.out_channels + k]) *
           wide(x[index_of(at.image, i, j, c, w.in, w.channels)]);
}

/* partial (chunks, weights); blockIdx.x counts blocks of channels, then taps of them. */
template <typename T>
__global__ void weight_partials(weft_cuda_window g, size_t rows, size_t chunk, const T *x,
                                const T *dy, float *partial) {
    __shared__ float sums[DEPTH][COLUMNS];
    size_t blocks = (g.out_channels + COLUMNS - 1) / COLUMNS, inner = group_in(g);
    size_t k = blockIdx.x % blocks * COLUMNS + threadIdx.x, tap = blockIdx.x / blocks;
    size_t width = g.window.kernel.width;
    size_t r = tap % taps_of(g) / width, s = tap % taps_of(g) % width;
    size_t c = k / group_out(g) * inner + tap / taps_of(g);
    size_t begin = (size_t)blockIdx.y * chunk;
    size_t end = begin + chunk < rows ? begin + chunk : rows;
    float sum = 0.0F;
    for (size_t row = begin + threadIdx.y; k < g.out_channels && row < end; row += DEPTH) {
        sum += product_at(g, row, k, c, r, s, x, dy);
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y > 0 || k >= g.out_channels) {
        return;
    }
    for (unsigned d = 1; d < DEPTH; d++) {
        sum += sums[d][threadIdx.x];
    }
    size_t weights = g.out_channels * inner * taps_of(g);
    partial[blockIdx.y * weights + k * inner * taps_of(g) + tap] = sum;
}

template <typename T>
static void weight_gradient(cudaStream_t stream, weft_cuda_window w, const void *x, const void *dy,
                            float *gradient, float *scratch) {
    size_t blocks = (w.out_channels + COLUMNS - 1) / COLUMNS, chunks = weight_chunks(&w);
    size_t weights = weights_of(&w);
    dim3 grid((unsigned)(blocks * group_in(w) * taps_of(w)), (unsigned)chunks);
    dim3 block(COLUMNS, DEPTH);
    weight_partials<T><<<grid, block, 0, stream>>>(w, rows_of(&w), rows_a_chunk(&w), (const T *)x,
                                                   (const T *)dy, scratch);
    for_each(stream, weights, [=] __device__(size_t i) {
        double sum = 0.0;
        for (size_t k = 0; k < chunks; k++) {
            sum += (double)scratch[k * weights + i];
        }
        gradient[i] = (float)sum;
    });
}

void weft_cuda_window_weights(cudaStream_t stream, const weft_cuda_window *w, const void *x,
                              const void *dy, float *gradient, float *scratch) {
    WEFT_BY_TYPE(w->type, weight_gradient, stream, *w, x, dy, gradient, scratch);
}
