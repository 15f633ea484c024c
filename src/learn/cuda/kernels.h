/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernels of ours for the GPU: all that is neither a convolution nor a product of matrices. They do
 * what the CPU's kernels of the same names do (learn/kernel, learn/quant.h, learn/optimizer.h); the
 * equations and the meaning of the arguments are written there.
 *
 * Each call puts its work on a stream and returns; what goes wrong is found by cudaGetLastError.
 * All pointers are to the device's memory. Activations are f32 or bf16 in NHWC, everything else is
 * f32, arithmetic is in f32 at least. Sums run in an order that follows from the sizes alone: no
 * atomic additions. Scratch holds what the function of that name says. */
#ifndef WEFT_LEARN_CUDA_KERNELS_H
#define WEFT_LEARN_CUDA_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "learn/kernel/activation.h"
#include "learn/kernel/clip.h"
#include "learn/kernel/window.h"
#include "learn/quant.h"
#include "learn/type.h"

/* ---- value by value (map.cu) ----------------------------------------------------------------- */

void weft_cuda_convert(cudaStream_t stream, weft_type from, const void *x, weft_type to, void *y,
                       size_t n);
/* y += x */
void weft_cuda_add_to(cudaStream_t stream, weft_type type, const void *x, void *y, size_t n);
void weft_cuda_add(cudaStream_t stream, weft_type type, weft_clip clip, const void *a,
                   const void *b, void *y, size_t n);
void weft_cuda_clip_gradient(cudaStream_t stream, weft_type type, weft_clip clip, const void *y,
                             const void *dy, void *dx, size_t n);
void weft_cuda_multiply(cudaStream_t stream, weft_type type, const void *a, const void *b, void *y,
                        size_t n);
void weft_cuda_activation(cudaStream_t stream, weft_type type, weft_activation f, const void *x,
                          void *y, size_t n);
void weft_cuda_activation_gradient(cudaStream_t stream, weft_type type, weft_activation f,
                                   const void *x, const void *dy, void *dx, size_t n);

/* Which values are kept: values are cut into parts of `part` each and those into runs of `each`;
 * run i of part p is kept when word i of the random stream (seed, WEFT_PURPOSE_DROPOUT, first + p),
 * as base/rng.h makes them, is at least `threshold`. */
typedef struct weft_cuda_mask {
    uint64_t seed, first;
    size_t part, each;
    uint32_t threshold;
    float factor; /* of what is kept */
} weft_cuda_mask;

/* Forward, and backward with the same mask: dy in, dx out. */
void weft_cuda_dropout(cudaStream_t stream, weft_type type, const weft_cuda_mask *mask,
                       const void *x, void *y, size_t n);

/* Weights (out, in, taps) in f32 become (out, taps, in) of the type; and a gradient back. */
void weft_cuda_pack(cudaStream_t stream, const float *weights, weft_type type, void *packed,
                    size_t out, size_t in, size_t taps);
void weft_cuda_unpack(cudaStream_t stream, weft_type type, const void *packed, float *gradient,
                      size_t out, size_t in, size_t taps);

/* ---- channels and positions (channels.cu) ---------------------------------------------------- */

/* y (rows, channels) += bias (channels) */
void weft_cuda_add_bias(cudaStream_t stream, weft_type type, const float *bias, void *y,
                        size_t rows, size_t channels);
void weft_cuda_multiply_channels(cudaStream_t stream, weft_type type, const void *x, const void *s,
                                 void *y, size_t images, size_t positions, size_t channels);
void weft_cuda_multiply_channels_sum(cudaStream_t stream, weft_type type, const void *x,
                                     const void *dy, void *ds, size_t images, size_t positions,
                                     size_t channels);

/* `channels` channels of each row: from place `from` of `from_of` to place `to` of `to_of`. x NULL:
 * zeros. */
typedef struct weft_cuda_move {
    size_t from_of, from, to_of, to, channels, rows;
} weft_cuda_move;

void weft_cuda_channels(cudaStream_t stream, weft_type type, const weft_cuda_move *move,
                        const void *x, void *y);
void weft_cuda_transpose(cudaStream_t stream, weft_type type, const void *x, void *y, size_t count,
                         size_t rows, size_t columns);
/* y (rows, n): row i is `n` values of x + table, where x is NULL table alone: what stands before
 * the tokens, `step` values from row to row of y. */
void weft_cuda_table(cudaStream_t stream, weft_type type, const void *x, const float *table,
                     void *y, size_t rows, size_t n, size_t step);

/* ---- sums over rows (sums.cu) ---------------------------------------------------------------- */

/* Floats of scratch for two sums of each column. */
size_t weft_cuda_sums_scratch(size_t rows, size_t columns);

/* sums (columns) = the sums over rows of x, `step` values from row to row. */
void weft_cuda_sum_rows(cudaStream_t stream, weft_type type, const void *x, size_t rows,
                        size_t columns, size_t step, float *sums, float *scratch);

/* ---- norms (norm.cu) ------------------------------------------------------------------------- */

/* What belongs to the channels of a batch norm: WEFT_CUDA_BN_ROWS rows of `channels` floats, and
 * scratch behind them. */
enum { WEFT_CUDA_BN_ROWS = 6 };

typedef struct weft_cuda_bn {
    weft_type type;
    weft_clip clip;
    size_t positions, channels;
    float *scale, *shift, *mean, *inverse, *slope, *offset; /* (channels) each */
    float *scratch;                                         /* weft_cuda_sums_scratch */
} weft_cuda_bn;

/* Mean and variance of the batch; moves the running ones by `share`; scale and shift. */
void weft_cuda_bn_measure(cudaStream_t stream, const weft_cuda_bn *bn, const void *x,
                          double epsilon, double share, const float *gamma, const float *beta,
                          float *running_mean, float *running_variance);
/* Scale and shift from the running statistics. */
void weft_cuda_bn_running(cudaStream_t stream, const weft_cuda_bn *bn, double epsilon,
                          const float *gamma, const float *beta, const float *running_mean,
                          const float *running_variance);
/* y = clip(scale x + shift + z); z may be NULL. */
void weft_cuda_bn_map(cudaStream_t stream, const weft_cuda_bn *bn, const void *x, const void *z,
                      void *y);
/* dgamma, dbeta and what the gradient of x needs. */
void weft_cuda_bn_sum_gradient(cudaStream_t stream, const weft_cuda_bn *bn, const void *x,
                               const void *dy, float *dgamma, float *dbeta);
void weft_cuda_bn_map_gradient(cudaStream_t stream, const weft_cuda_bn *bn, const void *x,
                               const void *dy, void *dx);

void weft_cuda_layer_norm(cudaStream_t stream, weft_type type, const void *x, size_t positions,
                          size_t channels, double epsilon, const float *gamma, const float *beta,
                          void *y, float *mean, float *inverse);
/* dx NULL: not wanted. scratch: weft_cuda_sums_scratch(positions, channels). */
void weft_cuda_layer_norm_gradient(cudaStream_t stream, weft_type type, const void *x,
                                   const void *dy, size_t positions, size_t channels,
                                   const float *gamma, const float *mean, const float *inverse,
                                   void *dx, float *dgamma, float *dbeta, float *scratch);

/* ---- softmax (softmax.cu): rows of `width` values -------------------------------------------- */

void weft_cuda_softmax(cudaStream_t stream, weft_type type, const void *x, void *y, size_t rows,
                       size_t width);
void weft_cuda_softmax_gradient(cudaStream_t stream, weft_type type, const void *y, const void *dy,
                                void *dx, size_t rows, size_t width);

/* ---- windows (pool.cu, window.cu) ------------------------------------------------------------ */

void weft_cuda_max_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                        const void *x, void *y, uint8_t *winner);
void weft_cuda_max_pool_gradient(cudaStream_t stream, weft_type type, const weft_window *window,
                                 const void *dy, const uint8_t *winner, void *dx);
void weft_cuda_average_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                            const void *x, void *y);
void weft_cuda_average_pool_gradient(cudaStream_t stream, weft_type type, const weft_window *window,
                                     const void *dy, void *dx);
void weft_cuda_inside_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                           const void *x, void *y);
void weft_cuda_inside_pool_gradient(cudaStream_t stream, weft_type type, const weft_window *window,
                                    const void *dy, void *dx);
void weft_cuda_adaptive_pool(cudaStream_t stream, weft_type type, const weft_window *window,
                             const void *x, void *y);
void weft_cuda_adaptive_pool_gradient(cudaStream_t stream, weft_type type,
                                      const weft_window *window, const void *dy, void *dx);

/* A convolution by its definition: depthwise ones, and what cuDNN leaves out. The window's channels
 * are those of the input; weights (out_channels, in / groups, kernel) in f32. */
typedef struct weft_cuda_window {
    weft_type type;
    weft_window window;
    size_t out_channels, groups;
} weft_cuda_window;

/* bias NULL: none. */
void weft_cuda_window_forward(cudaStream_t stream, const weft_cuda_window *w, const void *x,
                              const float *weights, const float *bias, void *y);
void weft_cuda_window_data(cudaStream_t stream, const weft_cuda_window *w, const void *dy,
                           const float *weights, void *dx);
/* Bytes of scratch for the gradient of the weights. */
size_t weft_cuda_window_scratch(const weft_cuda_window *w);
void weft_cuda_window_weights(cudaStream_t stream, const weft_cuda_window *w, const void *x,
                              const void *dy, float *gradient, float *scratch);

/* ---- quantizers (quant.cu) ------------------------------------------------------------------- */

/* Bytes of scratch for the sums and extents of an array. */
size_t weft_cuda_quant_scratch(weft_quant_array array);

void weft_cuda_quant_forward(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                             const float *steps, const void *x, void *y);
/* dx may be dy. */
void weft_cuda_quant_backward(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                              const float *steps, const void *x, const void *dy, void *dx);
/* Steps that are not known yet, 0, become LSQ's first ones; others are held above the least. */
void weft_cuda_lsq_begin(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                         const void *x, float *steps, double *scratch);
void weft_cuda_quant_hold(cudaStream_t stream, float *steps, size_t rows);
/* Gradients of the steps, times `scale`; dx NULL: not wanted, may be dy. */
void weft_cuda_lsq_backward(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                            const float *steps, const void *x, const void *dy, void *dx,
                            double scale, float *gradients, double *scratch);
/* Steps that reach the largest magnitude of their row. */
void weft_cuda_quant_reach(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                           const void *x, float *steps, float *scratch);
/* One row: its extents move the running ones, (low, high), by `share`; they are taken over where
 * the step is 0, not known yet. The step follows. */
void weft_cuda_quant_follow(cudaStream_t stream, weft_quant_array array, weft_quant_range range,
                            const void *x, double share, float *extent, float *step,
                            float *scratch);

/* ---- steps of training (descent.cu) ---------------------------------------------------------- */

typedef struct weft_cuda_segment {
    size_t offset, count;
    float rate, decay; /* what is left of the weight by AdamW's decay; else the decay itself */
} weft_cuda_segment;

/* Segments of one launch: they travel with its arguments. */
enum { WEFT_CUDA_SEGMENTS = 96 };

typedef struct weft_cuda_segments {
    int n;
    weft_cuda_segment at[WEFT_CUDA_SEGMENTS];
} weft_cuda_segments;

void weft_cuda_sgd(cudaStream_t stream, const weft_cuda_segments *segments, float momentum,
                   bool nesterov, float *parameters, const float *gradients, float *velocity);

typedef struct weft_cuda_moments {
    float beta1, beta2, rest1, rest2, root, epsilon; /* learn/optimizer.c */
} weft_cuda_moments;

void weft_cuda_adamw(cudaStream_t stream, const weft_cuda_segments *segments,
                     const weft_cuda_moments *moments, float *parameters, const float *gradients,
                     float *m, float *v);

/* Doubles of scratch for a norm. */
enum { WEFT_CUDA_NORM_SCRATCH = 1024 };

void weft_cuda_gradient_clip(cudaStream_t stream, float *gradients, size_t n, double limit,
                             double *scratch);
void weft_cuda_average(cudaStream_t stream, float *average, const float *values, size_t n,
                       float share);

#ifdef __cplusplus
}
#endif

#endif
