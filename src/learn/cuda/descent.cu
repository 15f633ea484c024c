/* SPDX-License-Identifier: Apache-2.0
 * Steps of training: see learn/optimizer.h for the equations. */
#include "learn/cuda/device.cuh"

/* ---- steps ----------------------------------------------------------------------------------- */

constexpr unsigned SEGMENT_BLOCKS = 64; /* of each segment; a large one takes them in turn */

/* Calls f(i, segment) for the parameters of every segment. */
template <typename F> __global__ void each_parameter(weft_cuda_segments segments, F f) {
    const weft_cuda_segment s = segments.at[blockIdx.y];
    size_t step = (size_t)gridDim.x * BLOCK;
    for (size_t i = (size_t)blockIdx.x * BLOCK + threadIdx.x; i < s.count; i += step) {
        f(s.offset + i, s);
    }
}

template <typename F>
static void for_segments(cudaStream_t stream, const weft_cuda_segments *segments, F f) {
    dim3 grid(SEGMENT_BLOCKS, (unsigned)segments->n);
    each_parameter<<<grid, BLOCK, 0, stream>>>(*segments, f);
}

void weft_cuda_sgd(cudaStream_t stream, const weft_cuda_segments *segments, float momentum,
                   bool nesterov, float *w, const float *gradients, float *v) {
    for_segments(stream, segments, [=] __device__(size_t i, const weft_cuda_segment &s) {
        float g = gradients[i] + s.decay * w[i];
        v[i] = momentum * v[i] + g;
        w[i] -= s.rate * (nesterov ? g + momentum * v[i] : v[i]);
    });
}

void weft_cuda_adamw(cudaStream_t stream, const weft_cuda_segments *segments,
                     const weft_cuda_moments *moments, float *w, const float *gradients, float *m,
                     float *v) {
    const weft_cuda_moments c = *moments;
    for_segments(stream, segments, [=] __device__(size_t i, const weft_cuda_segment &s) {
        float g = gradients[i];
        m[i] = c.beta1 * m[i] + c.rest1 * g;
        v[i] = c.beta2 * v[i] + c.rest2 * g * g;
        w[i] = s.decay * w[i] - s.rate * (m[i] / (sqrtf(v[i]) / c.root + c.epsilon));
    });
}

/* ---- clipping -------------------------------------------------------------------------------- */

__global__ void square_sums(const float *values, size_t n, double *sums) {
    double sum = 0.0;
    size_t step = (size_t)gridDim.x * BLOCK;
    for (size_t i = (size_t)blockIdx.x * BLOCK + threadIdx.x; i < n; i += step) {
        sum += (double)values[i] * (double)values[i];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = sum;
    }
}

/* The first of `sums` becomes what the gradients are multiplied by. */
__global__ void find_factor(double *sums, double limit) {
    double sum = 0.0;
    for (unsigned i = threadIdx.x; i < WEFT_CUDA_NORM_SCRATCH; i += BLOCK) {
        sum += sums[i];
    }
    double norm = sqrt(block_sum(sum));
    if (threadIdx.x == 0) {
        double factor = limit / (norm + 1e-6);
        sums[0] = isfinite(norm) && factor < 1.0 ? factor : 1.0;
    }
}

void weft_cuda_gradient_clip(cudaStream_t stream, float *gradients, size_t n, double limit,
                             double *scratch) {
    square_sums<<<WEFT_CUDA_NORM_SCRATCH, BLOCK, 0, stream>>>(gradients, n, scratch);
    find_factor<<<1, BLOCK, 0, stream>>>(scratch, limit);
    for_each(stream, n, [=] __device__(size_t i) { gradients[i] *= (float)scratch[0]; });
}

/* ---- averages -------------------------------------------------------------------------------- */

void weft_cuda_average(cudaStream_t stream, float *average, const float *values, size_t n,
                       float share) {
    for_each(stream, n,
             [=] __device__(size_t i) { average[i] += share * (values[i] - average[i]); });
}
