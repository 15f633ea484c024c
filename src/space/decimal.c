/* SPDX-License-Identifier: Apache-2.0 */
#include "space/decimal.h"

#include <inttypes.h>
#include <stdio.h>

/* A limb holds 18 digits: the largest power of ten whose double fits 64 bits twice over. */
#define BASE UINT64_C(1000000000000000000)
enum { LIMB_DIGITS = 18 };

weft_decimal weft_decimal_of(uint64_t value) {
    return (weft_decimal){.limb = {value % BASE, value / BASE}};
}

bool weft_decimal_add(weft_decimal *a, const weft_decimal *b) {
    uint64_t carry = 0;
    for (int i = 0; i < WEFT_DECIMAL_LIMBS; i++) {
        uint64_t sum = a->limb[i] + b->limb[i] + carry; /* below 2 10^18 + 1 < 2^64 */
        a->limb[i] = sum % BASE;
        carry = sum / BASE;
    }
    return carry == 0;
}

bool weft_decimal_scale(weft_decimal *a, uint64_t factor) {
    unsigned __int128 carry = 0;
    for (int i = 0; i < WEFT_DECIMAL_LIMBS; i++) {
        unsigned __int128 product = (unsigned __int128)a->limb[i] * factor + carry;
        a->limb[i] = (uint64_t)(product % BASE);
        carry = product / BASE;
    }
    return carry == 0;
}

char *weft_decimal_text(const weft_decimal *a, char buffer[WEFT_DECIMAL_TEXT]) {
    int top = WEFT_DECIMAL_LIMBS - 1;
    while (top > 0 && a->limb[top] == 0) {
        top--;
    }
    int used = snprintf(buffer, WEFT_DECIMAL_TEXT, "%" PRIu64, a->limb[top]);
    for (int i = top - 1; i >= 0; i--) {
        used += snprintf(buffer + used, WEFT_DECIMAL_TEXT - (size_t)used, "%0*" PRIu64, LIMB_DIGITS,
                         a->limb[i]);
    }
    return buffer;
}
