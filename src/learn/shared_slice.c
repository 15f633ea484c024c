/* SPDX-License-Identifier: Apache-2.0
 * See shared_slice.h. */
#include "learn/shared_slice.h"

#include <string.h>

#include "learn/kernel/array.h"

enum { OUT, IN, ROWS, COLUMNS, MOST = WEFT_SHARED_MAX_KERNEL * WEFT_SHARED_MAX_KERNEL };

void weft_slice_sides(const weft_stage *stage, int slot, int32_t *sides) {
    const weft_layer *layer = stage->layer;
    size_t count = stage->slot[slot].count;
    sides[OUT] = (int32_t)count;
    sides[IN] = sides[ROWS] = sides[COLUMNS] = 1;
    bool product = weft_stage_is_product(stage);
    bool table = layer->op == WEFT_OP_TOKENS || layer->op == WEFT_OP_ADD_EMBEDDING;
    if (slot == WEFT_SLOT_WEIGHT && product) {
        if (layer->op == WEFT_OP_CONV) {
            sides[ROWS] = layer->kernel.height;
            sides[COLUMNS] = layer->kernel.width;
        }
        sides[OUT] = layer->out.channels;
        sides[IN] =
            (int32_t)(count / (size_t)sides[OUT] / ((size_t)sides[ROWS] * (size_t)sides[COLUMNS]));
    } else if (slot == WEFT_SLOT_WEIGHT && table) {
        sides[OUT] = layer->entries;
        sides[IN] = layer->in.channels;
    }
}

/* The middle of a window of `from` sides, as `to` sides. */
static void crop(const float *window, const int32_t *from, const int32_t *to, float *middle) {
    int32_t top = (from[ROWS] - to[ROWS]) / 2, left = (from[COLUMNS] - to[COLUMNS]) / 2;
    for (int32_t r = 0; r < to[ROWS]; r++) {
        memcpy(middle + r * to[COLUMNS], window + (top + r) * from[COLUMNS] + left,
               (size_t)to[COLUMNS] * sizeof *middle);
    }
}

static void uncrop(const float *middle, const int32_t *from, const int32_t *to, float weight,
                   float *window) {
    int32_t top = (from[ROWS] - to[ROWS]) / 2, left = (from[COLUMNS] - to[COLUMNS]) / 2;
    for (int32_t r = 0; r < to[ROWS]; r++) {
        for (int32_t c = 0; c < to[COLUMNS]; c++) {
            window[(top + r) * from[COLUMNS] + left + c] += weight * middle[r * to[COLUMNS] + c];
        }
    }
}

/* y = M x, M (n, n) */
static void apply(const float *matrix, const float *x, int n, float *y) {
    for (int i = 0; i < n; i++) {
        float sum = 0.0F;
        for (int j = 0; j < n; j++) {
            sum += matrix[i * n + j] * x[j];
        }
        y[i] = sum;
    }
}

/* The sides of step k of the chain: matrix k makes kernels of its `detail`. */
static void chain_sides(const weft_slice *slice, int k, int32_t *sides) {
    memcpy(sides, slice->tensor->sides, WEFT_SHARED_SIDES * sizeof *sides);
    if (k >= 0) {
        sides[ROWS] = sides[COLUMNS] = slice->matrices[k]->detail;
    }
}

/* Runs one window down the chain. inputs[k]: what matrix k is applied to, for the way back. */
static void run_chain(const weft_slice *slice, const float *block, const float *window,
                      float (*inputs)[MOST], float *result) {
    int32_t from[WEFT_SHARED_SIDES], to[WEFT_SHARED_SIDES];
    const float *at = window;
    float made[2][MOST];
    for (int k = 0; k < slice->n_matrices; k++) {
        chain_sides(slice, k - 1, from);
        chain_sides(slice, k, to);
        crop(at, from, to, inputs[k]);
        apply(block + slice->matrices[k]->offset, inputs[k], to[ROWS] * to[COLUMNS], made[k % 2]);
        at = made[k % 2];
    }
    chain_sides(slice, slice->n_matrices - 1, from);
    crop(at, from, slice->sides, result);
}

static const float *window_of(const weft_slice *slice, const float *block, int32_t o, int32_t i) {
    const weft_shared_tensor *t = slice->tensor;
    size_t window = (size_t)t->sides[ROWS] * (size_t)t->sides[COLUMNS];
    return block + t->offset + ((size_t)o * (size_t)t->sides[IN] + (size_t)i) * window;
}

void weft_slice_gather(const weft_slice *slice, const float *block, float *slot) {
    const int32_t *sides = slice->sides;
    int32_t window = sides[ROWS] * sides[COLUMNS];
    bool whole_rows = window == slice->tensor->sides[ROWS] * slice->tensor->sides[COLUMNS];
    float inputs[WEFT_SHARED_MAX_KERNEL / 2][MOST];
    for (int32_t o = 0; o < sides[OUT]; o++) {
        if (whole_rows) {
            size_t n = (size_t)sides[IN] * (size_t)window;
            memcpy(slot, window_of(slice, block, o, 0), n * sizeof *slot);
            slot += n;
            continue;
        }
        for (int32_t i = 0; i < sides[IN]; i++, slot += window) {
            run_chain(slice, block, window_of(slice, block, o, i), inputs, slot);
        }
    }
}

/* The gradient of one window, from the smallest kernel back to the largest; matrices learn as well. */
static void unrun_chain(const weft_slice *slice, const float *values, const float *gradient,
                        float (*inputs)[MOST], float weight, float *window, float *block) {
    int32_t from[WEFT_SHARED_SIDES], to[WEFT_SHARED_SIDES];
    float dy[MOST] = {0}, dx[MOST];
    chain_sides(slice, slice->n_matrices - 1, from);
    uncrop(gradient, from, slice->sides, weight, dy);
    for (int k = slice->n_matrices - 1; k >= 0; k--) {
        chain_sides(slice, k - 1, from);
        chain_sides(slice, k, to);
        int n = to[ROWS] * to[COLUMNS];
        const float *matrix = values + slice->matrices[k]->offset;
        float *learned = block + slice->matrices[k]->offset;
        memset(dx, 0, (size_t)n * sizeof *dx);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                learned[i * n + j] += dy[i] * inputs[k][j];
                dx[j] += matrix[i * n + j] * dy[i];
            }
        }
        if (k == 0) {
            uncrop(dx, from, to, 1.0F, window);
        } else {
            memset(dy, 0, sizeof dy);
            uncrop(dx, from, to, 1.0F, dy);
        }
    }
}

void weft_slice_scatter(const weft_slice *slice, const float *values, const float *slot,
                        float weight, float *block) {
    const int32_t *sides = slice->sides, *all = slice->tensor->sides;
    int32_t window = sides[ROWS] * sides[COLUMNS];
    bool whole_rows = window == all[ROWS] * all[COLUMNS];
    float inputs[WEFT_SHARED_MAX_KERNEL / 2][MOST], result[MOST];
    for (int32_t o = 0; o < sides[OUT]; o++) {
        size_t at = (size_t)(window_of(slice, values, o, 0) - values);
        if (whole_rows) {
            size_t n = (size_t)sides[IN] * (size_t)window;
            weft_array_axpy(weight, slot, block + at, n);
            slot += n;
            continue;
        }
        size_t step = (size_t)all[ROWS] * (size_t)all[COLUMNS];
        for (int32_t i = 0; i < sides[IN]; i++, slot += window, at += step) {
            if (slice->n_matrices == 0) {
                uncrop(slot, all, sides, weight, block + at);
            } else {
                run_chain(slice, values, values + at, inputs, result);
                unrun_chain(slice, values, slot, inputs, weight, block + at, block);
            }
        }
    }
}
