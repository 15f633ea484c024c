/* SPDX-License-Identifier: Apache-2.0
 *
 * Conversions, sums and transposes of plain arrays. */
#include "learn/kernel/array.h"

#include <string.h>

#include "learn/kernel/inner.h"

enum { SQUARE = 16 };

WEFT_CLONES static void widen(const weft_bf16 *x, float *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = weft_from_bf16(x[i]);
    }
}

WEFT_CLONES static void narrow(const float *x, weft_bf16 *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = weft_to_bf16(x[i]);
    }
}

#define WEFT_BODY "learn/kernel/array_body.h"
#include "learn/kernel/each_type.h"

void weft_array_convert(weft_type from, const void *x, weft_type to, void *y, size_t n) {
    if (from == to) {
        memcpy(y, x, n * weft_type_size(from));
    } else if (from == WEFT_F32) {
        narrow(x, y, n);
    } else {
        widen(x, y, n);
    }
}

void weft_array_add(weft_type type, const void *x, void *y, size_t n) {
    switch (type) {
    case WEFT_F32:
        add_to_f32(x, y, n);
        return;
    case WEFT_BF16:
        add_to_bf16(x, y, n);
        return;
    }
}

WEFT_CLONES void weft_array_axpy(float factor, const float *x, float *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] += factor * x[i];
    }
}

void weft_array_scale(weft_type type, float factor, const void *x, void *y, size_t n) {
    switch (type) {
    case WEFT_F32:
        scale_f32(factor, x, y, n);
        return;
    case WEFT_BF16:
        scale_bf16(factor, x, y, n);
        return;
    }
}

void weft_array_transpose(weft_type type, const void *x, void *y, size_t count, size_t rows,
                          size_t columns) {
    size_t matrix = rows * columns;
    for (size_t i = 0; i < count; i++) {
        switch (type) {
        case WEFT_F32:
            transpose_f32((const float *)x + i * matrix, (float *)y + i * matrix, rows, columns);
            break;
        case WEFT_BF16:
            transpose_bf16((const weft_bf16 *)x + i * matrix, (weft_bf16 *)y + i * matrix, rows,
                           columns);
            break;
        }
    }
}
