/* SPDX-License-Identifier: Apache-2.0
 *
 * Integers as a chip stores and drives them: bits of a code by its encoding (hardware/operand.h), cut
 * into slices, each of which is held by a cell or driven in a step. */
#ifndef WEFT_LEARN_QUANT_CODE_H
#define WEFT_LEARN_QUANT_CODE_H

#include "hardware/operand.h"
#include "learn/quant.h"

/* Codes of one integer. */
typedef struct weft_quant_code {
    uint64_t plus;
    uint64_t minus; /* of the second device of a pair (differential), else 0 */
    bool negative;  /* the sign that a magnitude does not hold: a polarity of its own */
    int32_t bits;   /* of a code */
} weft_quant_code;

/* Of value v of a range of `bits` bits, signed or not (weft_quant_range_of):
 *   offset             v - low                                                        bits
 *   magnitude          |v|, and the sign beside it                    bits - 1, unsigned: bits
 *   differential       a pair: v above 0 in the first, |v| below 0 in the second; likewise
 *   twos-complement    v modulo 2^bits                                                bits
 *   xnor, zero-gated   digits +1 (bit 1) and -1 (bit 0) with weights 2^(B-1) .. 1, 1/2, 1/2, from the
 *                      top down each with the sign of what is left; gated: all bits 0 for 0; B + 2 bits,
 *                      B = bits, unsigned: bits + 1
 *   ...-if-signed      that for a signed range, else magnitude */
weft_quant_code weft_quant_encode(weft_encoding encoding, int32_t bits, bool is_signed, int32_t v);

/* The value of a code. */
int32_t weft_quant_decode(weft_encoding encoding, int32_t bits, bool is_signed,
                          const weft_quant_code *code);

/* Cuts `bits` bits into slices of `slice_bits` from the most significant on, the last one narrower where
 * they do not divide it. Writes ceil(bits / slice_bits) slices (at most 64) and what a unit of each
 * counts, 2^shift; returns how many. */
int weft_quant_slice(uint64_t code, int32_t bits, int32_t slice_bits, uint32_t *slices,
                     int32_t *shifts);

#endif
