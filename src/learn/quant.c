/* SPDX-License-Identifier: Apache-2.0
 *
 * Values go through in blocks: read into floats, worked on, written. Of a block all is read before any
 * of it is written, so that results may replace operands. What stands at place j of a block is added
 * to sum j: the order of a sum is the same on every CPU. */
#include "learn/quant.h"

#include <math.h>

#include "learn/vector.h"

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 64 };

/* A row's numbers, as floats: |low|, high <= 255 are exact. */
typedef struct grid {
    float step, low, high;
} grid;

/* ---- blocks ---------------------------------------------------------------------------------- */

/* The last block may be short; the rest of it is 0. */
INLINE void read_block(weft_type type, const void *from, size_t at, size_t count, float *v) {
    if (type == WEFT_F32) {
        const float *x = (const float *)from + at;
        if (count == BLOCK) {
            memcpy(v, x, BLOCK * sizeof *v);
        } else {
            memset(v, 0, BLOCK * sizeof *v);
            memcpy(v, x, count * sizeof *v);
        }
        return;
    }
    weft_bf16 half[BLOCK] = {0};
    memcpy(half, (const weft_bf16 *)from + at, (count == BLOCK ? BLOCK : count) * sizeof *half);
    for (int j = 0; j < BLOCK; j++) {
        v[j] = weft_from_bf16(half[j]);
    }
}

INLINE void write_block(weft_type type, const float *v, size_t at, size_t count, void *to) {
    if (type == WEFT_F32) {
        memcpy((float *)to + at, v, (count == BLOCK ? BLOCK : count) * sizeof *v);
        return;
    }
    weft_bf16 half[BLOCK];
    for (int j = 0; j < BLOCK; j++) {
        half[j] = weft_to_bf16(v[j]);
    }
    memcpy((weft_bf16 *)to + at, half, (count == BLOCK ? BLOCK : count) * sizeof *half);
}

INLINE size_t count_at(size_t at, size_t n) {
    return n - at < BLOCK ? n - at : BLOCK;
}

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
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = count_at(i, n);
        float v[BLOCK];
        read_block(type, x, i, count, v);
        for (int j = 0; j < BLOCK; j++) {
            v[j] = round_to(&g, v[j]) * scale;
        }
        write_block(type, v, i, count, y);
    }
}

/* A byte's bits are the same for q modulo 256, signed or not. */
INLINE void integers(weft_type type, grid g, int32_t zero, const void *x, size_t n, uint8_t *q) {
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = count_at(i, n);
        float v[BLOCK];
        uint8_t made[BLOCK];
        read_block(type, x, i, count, v);
        for (int j = 0; j < BLOCK; j++) {
            float r = round_to(&g, v[j]);
            made[j] = (uint8_t)((int32_t)(r == r ? r : 0.0F) + zero);
        }
        memcpy(q + i, made, count == BLOCK ? BLOCK : count);
    }
}

INLINE void straight(weft_type type, grid g, const void *x, const void *dy, size_t n, void *dx) {
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = count_at(i, n);
        float v[BLOCK];
        float d[BLOCK];
        read_block(type, x, i, count, v);
        read_block(type, dy, i, count, d);
        for (int j = 0; j < BLOCK; j++) {
            float ratio = v[j] / g.step;
            bool outside = (ratio < g.low - 0.5F) | (ratio > g.high + 0.5F);
            d[j] = outside ? 0.0F : d[j];
        }
        write_block(type, d, i, count, dx);
    }
}

/* Adds the upper half to the lower one until one sum is left. */
INLINE double sum_of(double *sums) {
    for (int half = BLOCK / 2; half > 0; half /= 2) {
        for (int j = 0; j < half; j++) {
            sums[j] += sums[j + half];
        }
    }
    return sums[0];
}

INLINE double learn(weft_type type, grid g, const void *x, const void *dy, size_t n, void *dx) {
    double sums[BLOCK] = {0};
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = count_at(i, n);
        float v[BLOCK];
        float d[BLOCK];
        read_block(type, x, i, count, v);
        read_block(type, dy, i, count, d);
        for (int j = 0; j < BLOCK; j++) {
            float ratio = v[j] / g.step;
            float r = to_nearest(clamp(ratio, g.low, g.high));
            bool outside = (ratio <= g.low) | (ratio >= g.high);
            v[j] = d[j] * (outside ? r : r - ratio);
            d[j] = outside ? 0.0F : d[j];
        }
        for (int j = 0; j < BLOCK; j++) {
            sums[j] += (double)v[j];
        }
        write_block(type, d, i, count, dx);
    }
    return sum_of(sums);
}

INLINE double magnitudes(weft_type type, const void *x, size_t n) {
    double sums[BLOCK] = {0};
    for (size_t i = 0; i < n; i += BLOCK) {
        float v[BLOCK];
        read_block(type, x, i, count_at(i, n), v);
        for (int j = 0; j < BLOCK; j++) {
            sums[j] += (double)fabsf(v[j]);
        }
    }
    return sum_of(sums);
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
