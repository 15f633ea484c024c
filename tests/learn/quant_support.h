/* SPDX-License-Identifier: Apache-2.0
 * Random arrays for the tests of quantization. */
#ifndef WEFT_TESTS_LEARN_QUANT_SUPPORT_H
#define WEFT_TESTS_LEARN_QUANT_SUPPORT_H

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "learn/quant.h"

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != WEFT_OK) {                                                                   \
            fail_msg("%s: %s", #call, error.message);                                              \
        }                                                                                          \
    } while (0)

/* Rounds of a property, of which a quick run does a tenth. */
static inline int rounds_of(int all) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? (all + 9) / 10 : all;
}

static inline int int_between(weft_rng *rng, int least, int most) {
    return least + (int)weft_rng_below(rng, (uint64_t)(most - least) + 1);
}

static inline float value_at(weft_type type, const void *x, size_t i) {
    return type == WEFT_F32 ? ((const float *)x)[i] : weft_from_bf16(((const weft_bf16 *)x)[i]);
}

static inline void value_put(weft_type type, void *x, size_t i, float value) {
    if (type == WEFT_F32) {
        ((float *)x)[i] = value;
    } else {
        ((weft_bf16 *)x)[i] = weft_to_bf16(value);
    }
}

/* n normal values of a deviation; the caller frees them. */
static inline void *normal_values(weft_rng *rng, weft_type type, size_t n, double deviation) {
    void *x = malloc((n > 0 ? n : 1) * weft_type_size(type));
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        value_put(type, x, i, (float)(deviation * weft_rng_normal(rng)));
    }
    return x;
}

/* A range and array at random, with steps around those that the values of deviation 1 want. */
typedef struct quant_case {
    weft_quant_array array;
    weft_quant_range range;
    int32_t bits, zero;
    bool is_signed;
    float *steps;
    void *x, *dy;
} quant_case;

static inline quant_case case_make(weft_rng *rng) {
    quant_case c = {.bits = int_between(rng, WEFT_QUANT_LEAST_BITS, WEFT_QUANT_MOST_BITS)};
    int kind = int_between(rng, 0, 2);
    c.is_signed = kind == 0;
    c.zero = kind == 2 ? int_between(rng, 0, (1 << c.bits) - 2) : 0;
    c.range = kind == 2 ? weft_quant_range_around(c.bits, c.zero)
                        : weft_quant_range_of(c.bits, c.is_signed);
    c.array = (weft_quant_array){int_between(rng, 0, 1) == 0 ? WEFT_F32 : WEFT_BF16,
                                 (size_t)int_between(rng, 1, 5), (size_t)int_between(rng, 1, 200)};
    size_t n = c.array.rows * c.array.n;
    c.x = normal_values(rng, c.array.type, n, 1.0);
    c.dy = normal_values(rng, c.array.type, n, 1.0);
    c.steps = malloc(c.array.rows * sizeof *c.steps);
    assert_non_null(c.steps);
    for (size_t row = 0; row < c.array.rows; row++) {
        c.steps[row] = (float)((0.5 + 2.0 * weft_rng_uniform(rng)) * 2.0 / c.range.high);
    }
    return c;
}

static inline void case_free(quant_case *c) {
    free(c->steps);
    free(c->x);
    free(c->dy);
}

#endif
