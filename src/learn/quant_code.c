/* SPDX-License-Identifier: Apache-2.0
 * Digits of +1 and -1 after Jia et al., JSSC 2020. */
#include "learn/quant_code.h"

#include <stdlib.h>

static weft_encoding resolve(weft_encoding encoding, bool is_signed) {
    if (encoding == WEFT_ENCODING_OFFSET_IF_SIGNED) {
        return is_signed ? WEFT_ENCODING_OFFSET : WEFT_ENCODING_MAGNITUDE;
    }
    if (encoding == WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED) {
        return is_signed ? WEFT_ENCODING_DIFFERENTIAL : WEFT_ENCODING_MAGNITUDE;
    }
    return encoding;
}

/* Bits above the point of a code of digits +1 and -1: what holds the largest magnitude on both sides. */
static int32_t digits_of(int32_t bits, bool is_signed) {
    return is_signed ? bits : bits + 1;
}

/* In halves, so that all weights are whole: 2^B .. 2, 1, 1. */
static uint64_t encode_digits(int32_t digits, int32_t v) {
    int64_t left = 2 * (int64_t)v;
    uint64_t code = 0;
    for (int32_t j = digits; j >= -1; j--) {
        int64_t weight = j > 0 ? INT64_C(1) << j : 1;
        bool up = left > 0;
        code = code << 1 | up;
        left -= up ? weight : -weight;
    }
    return code;
}

/* Every digit is 2 bit - 1, and the weights add up to 2^B. */
static int32_t decode_digits(int32_t digits, uint64_t code) {
    int64_t up = 2 * (int64_t)(code >> 2) + (int64_t)(code >> 1 & 1) + (int64_t)(code & 1);
    return (int32_t)(up - (INT64_C(1) << digits));
}

weft_quant_code weft_quant_encode(weft_encoding encoding, int32_t bits, bool is_signed, int32_t v) {
    uint64_t magnitude = (uint64_t)abs(v);
    int32_t beside_sign = is_signed ? bits - 1 : bits;
    switch (resolve(encoding, is_signed)) {
    case WEFT_ENCODING_MAGNITUDE:
        return (weft_quant_code){.plus = magnitude, .negative = v < 0, .bits = beside_sign};
    case WEFT_ENCODING_DIFFERENTIAL:
        return (weft_quant_code){
            .plus = v > 0 ? magnitude : 0, .minus = v < 0 ? magnitude : 0, .bits = beside_sign};
    case WEFT_ENCODING_TWOS_COMPLEMENT:
        return (weft_quant_code){.plus = (uint64_t)v & ((UINT64_C(1) << bits) - 1), .bits = bits};
    case WEFT_ENCODING_XNOR:
    case WEFT_ENCODING_ZERO_GATED_XNOR: {
        int32_t digits = digits_of(bits, is_signed);
        bool gated = v == 0 && encoding == WEFT_ENCODING_ZERO_GATED_XNOR;
        return (weft_quant_code){.plus = gated ? 0 : encode_digits(digits, v), .bits = digits + 2};
    }
    case WEFT_ENCODING_OFFSET:
    case WEFT_ENCODING_OFFSET_IF_SIGNED:
    case WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED:
    case WEFT_ENCODING_COUNT:
        break;
    }
    int32_t low = weft_quant_range_of(bits, is_signed).low;
    return (weft_quant_code){.plus = (uint64_t)(v - low), .bits = bits};
}

int32_t weft_quant_decode(weft_encoding encoding, int32_t bits, bool is_signed,
                          const weft_quant_code *code) {
    int32_t plus = (int32_t)code->plus;
    switch (resolve(encoding, is_signed)) {
    case WEFT_ENCODING_MAGNITUDE:
        return code->negative ? -plus : plus;
    case WEFT_ENCODING_DIFFERENTIAL:
        return plus - (int32_t)code->minus;
    case WEFT_ENCODING_TWOS_COMPLEMENT:
        return is_signed && (plus >> (bits - 1) & 1) != 0 ? plus - (1 << bits) : plus;
    case WEFT_ENCODING_XNOR:
        return decode_digits(digits_of(bits, is_signed), code->plus);
    case WEFT_ENCODING_ZERO_GATED_XNOR:
        return plus == 0 ? 0 : decode_digits(digits_of(bits, is_signed), code->plus);
    case WEFT_ENCODING_OFFSET:
    case WEFT_ENCODING_OFFSET_IF_SIGNED:
    case WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED:
    case WEFT_ENCODING_COUNT:
        break;
    }
    return plus + weft_quant_range_of(bits, is_signed).low;
}

int weft_quant_slice(uint64_t code, int32_t bits, int32_t slice_bits, uint32_t *slices,
                     int32_t *shifts) {
    int n = 0;
    for (int32_t left = bits; left > 0; n++) {
        int32_t width = left < slice_bits ? left : slice_bits;
        left -= width;
        slices[n] = (uint32_t)(code >> left & ((UINT64_C(1) << width) - 1));
        shifts[n] = left;
    }
    return n;
}
