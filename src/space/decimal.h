/* SPDX-License-Identifier: Apache-2.0
 * Whole numbers of up to 252 digits: sums and products by 64-bit factors, exact or refused. */
#ifndef WEFT_SPACE_DECIMAL_H
#define WEFT_SPACE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_DECIMAL_LIMBS = 14, WEFT_DECIMAL_TEXT = 256 };

/* limb[i] counts 10^(18 i). */
typedef struct weft_decimal {
    uint64_t limb[WEFT_DECIMAL_LIMBS];
} weft_decimal;

weft_decimal weft_decimal_of(uint64_t value);

/* *a += *b and *a *= factor; false where the result needs more digits (*a is then unusable). */
bool weft_decimal_add(weft_decimal *a, const weft_decimal *b);
bool weft_decimal_scale(weft_decimal *a, uint64_t factor);

/* Decimal text; returns `buffer`. */
char *weft_decimal_text(const weft_decimal *a, char buffer[WEFT_DECIMAL_TEXT]);

#endif
