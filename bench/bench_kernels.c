/* SPDX-License-Identifier: Apache-2.0
 *
 * The training engine's own kernels on one thread, batch 64: milliseconds of processor time, best of
 * several runs, so that a busy machine disturbs them little. Memory is what holds most of them back:
 * a map of 96 channels at 32 x 32 has 25 MB in f32. */
#include "learn/kernel/batch_norm.h"
#include "learn/kernel/depthwise.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "bench.h"

enum { BATCH = 64, RUNS = 15 };

static void *memory(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (p == NULL) {
        fprintf(stderr, "%zu bytes of memory are not there\n", bytes);
        exit(1);
    }
    return p;
}

/* Random values between -1 and 1. */
static void *random_map(weft_type type, size_t n) {
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, n);
    void *map = memory(n * weft_type_size(type));
    for (size_t i = 0; i < n; i++) {
        float v = (float)(2.0 * weft_rng_uniform(&rng) - 1.0);
        if (type == WEFT_F32) {
            ((float *)map)[i] = v;
        } else {
            ((weft_bf16 *)map)[i] = weft_to_bf16(v);
        }
    }
    return map;
}

static void keep_best(double *best, double seconds) {
    *best = seconds < *best ? seconds : *best;
}

static const char *name_of(weft_type type) {
    return type == WEFT_F32 ? "f32" : "bf16";
}

/* ---- batch norm with ReLU ---------------------------------------------------------------------- */

static void norm_forward(const weft_bn *bn, weft_type type, const void *x, void *y,
                         size_t positions, double *statistics, const float *gamma, void *scratch) {
    size_t channels = bn->channels;
    weft_bn_totals totals = {statistics, statistics + channels};
    double *mean = statistics + 2 * channels, *variance = statistics + 3 * channels;
    weft_bn_guess(bn, type, x, positions, scratch);
    weft_bn_sum(bn, type, x, positions, totals, scratch);
    weft_bn_measure(bn, positions, totals, mean, variance);
    weft_bn_set(bn, 1e-5, gamma, gamma, mean, variance);
    weft_bn_map(bn, type, WEFT_CLIP_RELU, x, NULL, y, positions);
}

static void norm_backward(const weft_bn *bn, weft_type type, const void *x, const void *dy,
                          void *dx, size_t positions, double *statistics, float *gradients,
                          void *scratch) {
    weft_bn_totals totals = {statistics, statistics + bn->channels};
    weft_bn_sum_gradient(bn, type, WEFT_CLIP_RELU, x, NULL, dy, NULL, positions, totals, scratch);
    weft_bn_set_gradient(bn, positions, totals, gradients, gradients + bn->channels);
    weft_bn_map_gradient(bn, type, WEFT_CLIP_RELU, x, NULL, dy, dx, positions);
}

static void bench_norm(weft_type type, size_t channels, size_t side) {
    size_t positions = BATCH * side * side, n = positions * channels;
    void *x = random_map(type, n), *dy = random_map(type, n), *y = random_map(type, n);
    void *patterns = memory(weft_bn_bytes(channels)), *scratch = memory(weft_bn_scratch(channels));
    double *statistics = memory(4 * channels * sizeof *statistics);
    float *gamma = random_map(WEFT_F32, channels), *gradients = random_map(WEFT_F32, 2 * channels);
    weft_bn bn = weft_bn_at(channels, patterns);
    double forward = 1e9, backward = 1e9;
    for (int run = 0; run < RUNS; run++) {
        double begin = now();
        norm_forward(&bn, type, x, y, positions, statistics, gamma, scratch);
        double middle = now();
        norm_backward(&bn, type, x, dy, y, positions, statistics, gradients, scratch);
        keep_best(&forward, middle - begin);
        keep_best(&backward, now() - middle);
    }
    printf("batch norm + ReLU C%zu@%zu %s  forward %.3f  backward %.3f ms\n", channels, side,
           name_of(type), 1e3 * forward, 1e3 * backward);
    void *const all[] = {x, dy, y, patterns, scratch, statistics, gamma, gradients};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

/* ---- depthwise --------------------------------------------------------------------------------- */

static void bench_depthwise(weft_type type, size_t channels, size_t side, size_t kernel,
                            size_t stride) {
    weft_window w = {.images = BATCH,
                     .channels = channels,
                     .in = {side, side},
                     .out = {side / stride, side / stride},
                     .kernel = {kernel, kernel},
                     .stride = {stride, stride},
                     .dilation = {1, 1},
                     .pad = {kernel / 2, kernel / 2}};
    size_t in = BATCH * side * side * channels, out = in / stride / stride;
    size_t weights = channels * kernel * kernel;
    void *x = random_map(type, in), *dx = random_map(type, in);
    void *y = random_map(type, out), *dy = random_map(type, out);
    float *weight = random_map(WEFT_F32, weights), *dweight = random_map(WEFT_F32, weights);
    void *scratch = memory(weft_depthwise_scratch(&w));
    double best[3] = {1e9, 1e9, 1e9};
    for (int run = 0; run < RUNS; run++) {
        double t0 = now();
        weft_depthwise_forward(&w, type, x, weight, NULL, y, scratch);
        double t1 = now();
        weft_depthwise_backward_data(&w, type, dy, weight, dx, scratch);
        double t2 = now();
        weft_depthwise_backward_weights(&w, type, x, dy, dweight, NULL, scratch);
        keep_best(&best[0], t1 - t0);
        keep_best(&best[1], t2 - t1);
        keep_best(&best[2], now() - t2);
    }
    double work = 2e-9 * (double)(out * kernel * kernel);
    printf("depthwise %zux%zu/%zu C%zu@%zu %s  forward %.2f  data %.2f  weights %.2f ms  "
           "(%.0f, %.0f, %.0f GFLOP/s)\n",
           kernel, kernel, stride, channels, side, name_of(type), 1e3 * best[0], 1e3 * best[1],
           1e3 * best[2], work / best[0], work / best[1], work / best[2]);
    void *const all[] = {x, dx, y, dy, weight, dweight, scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

int main(void) {
    static const size_t norms[][2] = {{16, 32}, {64, 8}, {144, 16}, {24, 32}};
    static const size_t convolutions[][4] = {
        {96, 32, 3, 1}, {144, 16, 5, 1}, {96, 16, 7, 1}, {144, 32, 3, 2}, {384, 8, 3, 1}};
    for (int t = 0; t < 2; t++) {
        weft_type type = t == 0 ? WEFT_F32 : WEFT_BF16;
        for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
            bench_norm(type, norms[i][0], norms[i][1]);
        }
        for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++) {
            const size_t *c = convolutions[i];
            bench_depthwise(type, c[0], c[1], c[2], c[3]);
        }
    }
    return 0;
}
