/* SPDX-License-Identifier: Apache-2.0
 *
 * One loop for each thing to do, compiled for both types and several CPUs; all that it does to a value is
 * exact or rounded once by the rules of f32, so that every CPU gives the same. */
#include "learn/quant.h"

#include <math.h>

#include "learn/quant_block.h"
#include "learn/vector.h"

#define INLINE WEFT_BLOCK_INLINE

/* A row's numbers, as floats: |low|, high <= 255 are exact. */
typedef struct grid {
    float step, low, high;
} grid;

/* ---- one value ------------------------------------------------------------------------------- */

/* Comparisons with NaN are false: it passes. */
INLINE float clamp(float v, float low, float high) {
    v = v < low ? low : v;
    return v > high ? high : v;
}

/* Adding 1.5 2^23 leaves no bits behind the point: the sum is rounded as every sum is, to the nearest
 * with halves to even. For |v| < 2^22; unlike a call it runs in vectors on every CPU. */
INLINE float to_nearest(float v) {
    const float point = 12582912.0F;
    return (v + point) - point;
}

INLINE float round_to(const grid *g, float x) {
    return to_nearest(clamp(x / g->step, g->low, g->high));
}

/* ---- loops ----------------------------------------------------------------------------------- */

INLINE void forward(weft_type type, grid g, float scale, const void *x, size_t n, void *y) {
    for (size_t i = 0; i < n; i += WEFT_BLOCK) {
        size_t count = weft_block_count(i, n);
        float v[WEFT_BLOCK];
        weft_block_read(type, x, i, count, v);
        for (int j = 0; j < WEFT_BLOCK; j++) {
            v[j] = round_to(&g, v[j]) * scale;
        }
        weft_block_write(type, v, i, count, y);
    }
}

/* A byte's bits are the same for q modulo 256, signed or not. */
INLINE void integers(weft_type type, grid g, int32_t zero, const void *x, size_t n, uint8_t *q) {
    for (size_t i = 0; i < n; i += WEFT_BLOCK) {
        size_t count = weft_block_count(i, n);
        float v[WEFT_BLOCK];
        uint8_t made[WEFT_BLOCK];
        weft_block_read(type, x, i, count, v);
        for (int j = 0; j < WEFT_BLOCK; j++) {
            float r = round_to(&g, v[j]);
            made[j] = (uint8_t)((int32_t)(r == r ? r : 0.0F) + zero);
        }
        memcpy(q + i, made, count == WEFT_BLOCK ? WEFT_BLOCK : count);
    }
}

INLINE void straight(weft_type type, grid g, const void *x, const void *dy, size_t n, void *dx) {
    for (size_t i = 0; i < n; i += WEFT_BLOCK) {
        size_t count = weft_block_count(i, n);
        float v[WEFT_BLOCK];
        float d[WEFT_BLOCK];
        weft_block_read(type, x, i, count, v);
        weft_block_read(type, dy, i, count, d);
        for (int j = 0; j < WEFT_BLOCK; j++) {
            float ratio = v[j] / g.step;
            bool outside = (ratio < g.low - 0.5F) | (ratio > g.high + 0.5F);
            d[j] = outside ? 0.0F : d[j];
        }
        weft_block_write(type, d, i, count, dx);
    }
}

INLINE double learn(weft_type type, grid g, const void *x, const void *dy, size_t n, void *dx) {
    double sums[WEFT_BLOCK] = {0};
    for (size_t i = 0; i < n; i += WEFT_BLOCK) {
        size_t count = weft_block_count(i, n);
        float v[WEFT_BLOCK];
        float d[WEFT_BLOCK];
        weft_block_read(type, x, i, count, v);
        weft_block_read(type, dy, i, count, d);
        for (int j = 0; j < WEFT_BLOCK; j++) {
            float ratio = v[j] / g.step;
            float r = to_nearest(clamp(ratio, g.low, g.high));
            bool outside = (ratio <= g.low) | (ratio >= g.high);
            v[j] = d[j] * (outside ? r : r - ratio);
            d[j] = outside ? 0.0F : d[j];
        }
        for (int j = 0; j < WEFT_BLOCK; j++) {
            sums[j] += (double)v[j];
        }
        weft_block_write(type, d, i, count, dx);
    }
    return weft_block_sum(sums);
}

INLINE double magnitudes(weft_type type, const void *x, size_t n) {
    double sums[WEFT_BLOCK] = {0};
    for (size_t i = 0; i < n; i += WEFT_BLOCK) {
        float v[WEFT_BLOCK];
        weft_block_read(type, x, i, weft_block_count(i, n), v);
        for (int j = 0; j < WEFT_BLOCK; j++) {
            sums[j] += (double)fabsf(v[j]);
        }
    }
    return weft_block_sum(sums);
}

/* ---- one row, for each type ------------------------------------------------------------------ */

WEFT_CLONES static void forward_f32(grid g, float scale, const void *x, size_t n, void *y) {
    forward(WEFT_F32, g, scale, x, n, y);
}

WEFT_CLONES static void forward_bf16(grid g, float scale, const void *x, size_t n, void *y) {
    forward(WEFT_BF16, g, scale, x, n, y);
}

WEFT_CLONES static void integers_f32(grid g, int32_t zero, const void *x, size_t n, uint8_t *q) {
    integers(WEFT_F32, g, zero, x, n, q);
}

WEFT_CLONES static void integers_bf16(grid g, int32_t zero, const void *x, size_t n, uint8_t *q) {
    integers(WEFT_BF16, g, zero, x, n, q);
}

WEFT_CLONES static void straight_f32(grid g, const void *x, const void *dy, size_t n, void *dx) {
    straight(WEFT_F32, g, x, dy, n, dx);
}

WEFT_CLONES static void straight_bf16(grid g, const void *x, const void *dy, size_t n, void *dx) {
    straight(WEFT_BF16, g, x, dy, n, dx);
}

WEFT_CLONES static double learn_f32(grid g, const void *x, const void *dy, size_t n, void *dx) {
    return learn(WEFT_F32, g, x, dy, n, dx);
}

WEFT_CLONES static double learn_bf16(grid g, const void *x, const void *dy, size_t n, void *dx) {
    return learn(WEFT_BF16, g, x, dy, n, dx);
}

WEFT_CLONES static double magnitudes_f32(const void *x, size_t n) {
    return magnitudes(WEFT_F32, x, n);
}

WEFT_CLONES static double magnitudes_bf16(const void *x, size_t n) {
    return magnitudes(WEFT_BF16, x, n);
}

/* ---- all rows -------------------------------------------------------------------------------- */

static float held(float step) {
    return step < WEFT_QUANT_LEAST_STEP ? WEFT_QUANT_LEAST_STEP : step;
}

static grid grid_of(weft_quant_range range, float step) {
    return (grid){held(step), (float)range.low, (float)range.high};
}

static const void *row_of(weft_quant_array array, const void *x, size_t row) {
    return (const char *)x + row * array.n * weft_type_size(array.type);
}

static void *row_to(weft_quant_array array, void *y, size_t row) {
    return (char *)y + row * array.n * weft_type_size(array.type);
}

weft_quant_range weft_quant_range_of(int32_t bits, bool is_signed) {
    int32_t high = (1 << (is_signed ? bits - 1 : bits)) - 1;
    return (weft_quant_range){is_signed ? -high : 0, high};
}

weft_quant_range weft_quant_range_around(int32_t bits, int32_t zero) {
    return (weft_quant_range){-zero, (1 << bits) - 1 - zero};
}

static void forward_rows(weft_quant_array array, weft_quant_range range, const float *steps,
                         bool keeps_step, const void *x, void *y) {
    for (size_t row = 0; row < array.rows; row++) {
        grid g = grid_of(range, steps[row]);
        float scale = keeps_step ? g.step : 1.0F;
        (array.type == WEFT_F32 ? forward_f32 : forward_bf16)(g, scale, row_of(array, x, row),
                                                              array.n, row_to(array, y, row));
    }
}

void weft_quant_forward(weft_quant_array array, weft_quant_range range, const float *steps,
                        const void *x, void *y) {
    forward_rows(array, range, steps, true, x, y);
}

void weft_quant_round(weft_quant_array array, weft_quant_range range, const float *steps,
                      const void *x, void *r) {
    forward_rows(array, range, steps, false, x, r);
}

void weft_quant_integers(weft_quant_array array, weft_quant_range range, int32_t zero,
                         const float *steps, const void *x, void *q) {
    for (size_t row = 0; row < array.rows; row++) {
        (array.type == WEFT_F32 ? integers_f32 : integers_bf16)(grid_of(range, steps[row]), zero,
                                                                row_of(array, x, row), array.n,
                                                                (uint8_t *)q + row * array.n);
    }
}

void weft_quant_backward(weft_quant_array array, weft_quant_range range, const float *steps,
                         const void *x, const void *dy, void *dx) {
    for (size_t row = 0; row < array.rows; row++) {
        (array.type == WEFT_F32 ? straight_f32 : straight_bf16)(
            grid_of(range, steps[row]), row_of(array, x, row), row_of(array, dy, row), array.n,
            row_to(array, dx, row));
    }
}

void weft_lsq_initial(weft_quant_array array, weft_quant_range range, const void *x, float *steps) {
    for (size_t row = 0; row < array.rows; row++) {
        double sum = (array.type == WEFT_F32 ? magnitudes_f32
                                             : magnitudes_bf16)(row_of(array, x, row), array.n);
        double step = 2.0 * sum / ((double)array.n * sqrt((double)range.high));
        steps[row] = step == 0.0 ? 1.0F : held((float)step);
    }
}

double weft_lsq_scale(size_t n, weft_quant_range range) {
    return 1.0 / sqrt((double)n * (double)range.high);
}

void weft_lsq_backward(weft_quant_array array, weft_quant_range range, const float *steps,
                       const void *x, const void *dy, void *dx, double *sums) {
    for (size_t row = 0; row < array.rows; row++) {
        sums[row] = (array.type == WEFT_F32 ? learn_f32 : learn_bf16)(
            grid_of(range, steps[row]), row_of(array, x, row), row_of(array, dy, row), array.n,
            row_to(array, dx, row));
    }
}

void weft_quant_hold_steps(float *steps, size_t n) {
    for (size_t i = 0; i < n; i++) {
        steps[i] = held(steps[i]);
    }
}
