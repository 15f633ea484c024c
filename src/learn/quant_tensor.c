/* SPDX-License-Identifier: Apache-2.0
 * See quant_tensor.h. */
#include "learn/quant_tensor.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static weft_status check_shape(weft_quant_array array, int32_t bits, bool is_signed, int32_t zero,
                               weft_error *error) {
    if (bits < WEFT_QUANT_LEAST_BITS || bits > WEFT_QUANT_MOST_BITS) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%d bits of a quantized tensor; expected %d .. %d", bits,
                         WEFT_QUANT_LEAST_BITS, WEFT_QUANT_MOST_BITS);
    }
    int32_t last = is_signed ? 0 : (1 << bits) - 1;
    if (zero < 0 || zero > last) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "zero point %d of %s %d-bit integers; expected 0 .. %d", zero,
                         is_signed ? "signed" : "unsigned", bits, last);
    }
    if (array.rows == 0 || array.n == 0 || array.n > SIZE_MAX / sizeof(float) / array.rows) {
        return weft_fail(error, WEFT_ERROR_INPUT, "a quantized tensor of %zu x %zu values",
                         array.rows, array.n);
    }
    return WEFT_OK;
}

static weft_status check_steps(const float *steps, size_t rows, weft_error *error) {
    for (size_t row = 0; row < rows; row++) {
        if (!(steps[row] > 0.0F && steps[row] <= FLT_MAX)) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "step %zu of a quantized tensor is %g; expected above 0", row,
                             (double)steps[row]);
        }
    }
    return WEFT_OK;
}

static weft_status check_values(weft_quant_array array, const void *x, weft_error *error) {
    for (size_t i = 0; i < array.rows * array.n; i++) {
        float v = array.type == WEFT_F32 ? ((const float *)x)[i]
                                         : weft_from_bf16(((const weft_bf16 *)x)[i]);
        if (!(fabsf(v) <= FLT_MAX)) {
            return weft_fail(error, WEFT_ERROR_EVALUATION,
                             "value %zu of a tensor to be quantized is NaN or infinite", i);
        }
    }
    return WEFT_OK;
}

static weft_quantized *allocate(weft_quant_array array) {
    weft_quantized *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->steps = malloc(array.rows * sizeof *made->steps);
        made->integers = malloc(array.rows * array.n);
    }
    if (made != NULL && (made->steps == NULL || made->integers == NULL)) {
        weft_quantized_destroy(made);
        made = NULL;
    }
    return made;
}

weft_status weft_quantized_create(weft_quant_array array, const void *x, int32_t bits,
                                  bool is_signed, int32_t zero, const float *steps,
                                  weft_quantized **made, weft_error *error) {
    WEFT_TRY(check_shape(array, bits, is_signed, zero, error));
    WEFT_TRY(check_steps(steps, array.rows, error));
    WEFT_TRY(check_values(array, x, error));
    weft_quantized *tensor = allocate(array);
    if (tensor == NULL) {
        return weft_fail_memory(error, array.rows * (array.n + sizeof *steps));
    }
    tensor->bits = bits;
    tensor->is_signed = is_signed;
    tensor->rows = array.rows;
    tensor->n = array.n;
    tensor->zero = zero;
    memcpy(tensor->steps, steps, array.rows * sizeof *steps);
    weft_quant_hold_steps(tensor->steps, array.rows);
    weft_quant_integers(array, weft_quantized_range(tensor), zero, tensor->steps, x,
                        tensor->integers);
    *made = tensor;
    return WEFT_OK;
}

void weft_quantized_destroy(weft_quantized *tensor) {
    if (tensor != NULL) {
        free(tensor->steps);
        free(tensor->integers);
        free(tensor);
    }
}

weft_quant_range weft_quantized_range(const weft_quantized *tensor) {
    return tensor->is_signed ? weft_quant_range_of(tensor->bits, true)
                             : weft_quant_range_around(tensor->bits, tensor->zero);
}

int32_t weft_quantized_at(const weft_quantized *tensor, size_t row, size_t i) {
    size_t at = row * tensor->n + i;
    return tensor->is_signed ? ((const int8_t *)tensor->integers)[at]
                             : ((const uint8_t *)tensor->integers)[at] - tensor->zero;
}

void weft_quantized_values(const weft_quantized *tensor, float *x) {
    for (size_t row = 0; row < tensor->rows; row++) {
        for (size_t i = 0; i < tensor->n; i++) {
            x[row * tensor->n + i] = (float)weft_quantized_at(tensor, row, i) * tensor->steps[row];
        }
    }
}
