/* SPDX-License-Identifier: Apache-2.0
 *
 * The two types of an activation: f32, and bf16, the upper half of an f32 (8 bits of exponent, 7 of
 * mantissa). Weights, statistics and the sums of gradients are always f32. Arithmetic is always done
 * in f32: bf16 is how numbers are kept between kernels. */
#ifndef WEFT_LEARN_TYPE_H
#define WEFT_LEARN_TYPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum weft_type { WEFT_F32, WEFT_BF16 } weft_type;

typedef uint16_t weft_bf16;

static inline size_t weft_type_size(weft_type type) {
    return type == WEFT_F32 ? sizeof(float) : sizeof(weft_bf16);
}

static inline float weft_from_bf16(weft_bf16 value) {
    uint32_t bits = (uint32_t)value << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

/* To the nearest, halves to even; NaN stays NaN. Without branches, so that loops of it vectorise. */
static inline weft_bf16 weft_to_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    uint32_t quiet = (bits >> 16) | 0x40U;
    return (weft_bf16)((bits & 0x7fffffffU) > 0x7f800000U ? quiet : rounded);
}

/* Room for f32 values in a block where each array begins on a cache line. */
static inline size_t weft_padded_floats(size_t floats) {
    return (floats + 15) / 16 * 16;
}

#endif
