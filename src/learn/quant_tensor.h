/* SPDX-License-Identifier: Apache-2.0
 * A tensor as the chip has it: integers, and the steps that say what they stand for. */
#ifndef WEFT_LEARN_QUANT_TENSOR_H
#define WEFT_LEARN_QUANT_TENSOR_H

#include "base/error.h"
#include "learn/quant.h"

/* Value i of row c is steps[c] (integer - zero). Signed: integers are int8_t, zero is 0; unsigned:
 * uint8_t. Made and destroyed as a whole. */
typedef struct weft_quantized {
    int32_t bits;
    bool is_signed;
    size_t rows, n; /* rows = 1: one step for all */
    int32_t zero;   /* 0 .. 2^bits - 1, of unsigned integers */
    float *steps;   /* (rows) */
    void *integers; /* (rows, n) */
} weft_quantized;

/* Quantizes x with steps that somebody has chosen (copied). zero > 0 only for unsigned. Steps that
 * are not above 0 or not finite, bits outside 2 .. 8, a zero point outside the integers are
 * WEFT_ERROR_INPUT; values that are not finite WEFT_ERROR_EVALUATION. */
weft_status weft_quantized_create(weft_quant_array array, const void *x, int32_t bits,
                                  bool is_signed, int32_t zero, const float *steps,
                                  weft_quantized **made, weft_error *error) WEFT_NODISCARD;
void weft_quantized_destroy(weft_quantized *tensor);

weft_quant_range weft_quantized_range(const weft_quantized *tensor);

/* Integer i of a row, without its zero point: what products are of. */
int32_t weft_quantized_at(const weft_quantized *tensor, size_t row, size_t i);

/* The values that the integers stand for: equal to those of weft_quant_forward, where 0 may
 * have a sign. x (rows, n). */
void weft_quantized_values(const weft_quantized *tensor, float *x);

#endif
