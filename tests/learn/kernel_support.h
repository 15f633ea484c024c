/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays for the tests of kernels: values of either type between canaries, huge until they are
 * written, at addresses that are aligned to the type alone, with a double-precision copy for the
 * reference. Sizes are drawn from streams named by (SEED, test, round); a failure says which. */
#ifndef WEFT_TESTS_LEARN_KERNEL_SUPPORT_H
#define WEFT_TESTS_LEARN_KERNEL_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "learn/type.h"

enum { SEED = 20260, CANARY = 64 };

static inline int rounds_of(int full) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? (full + 3) / 4 : full;
}

static inline weft_rng stream_of(int test, int round) {
    return weft_rng_make(SEED, WEFT_PURPOSE_TEST, (uint64_t)test * 100000U + (uint64_t)round);
}

static inline size_t one_of(weft_rng *rng, const size_t *list, size_t n) {
    return list[weft_rng_below(rng, n)];
}

static inline size_t between(weft_rng *rng, size_t low, size_t high) {
    return low + (size_t)weft_rng_below(rng, high - low + 1);
}

static inline weft_type type_of(int round) {
    return round % 2 == 0 ? WEFT_F32 : WEFT_BF16;
}

/* n values of a type; `exact` are the values as they are stored. */
typedef struct values {
    weft_type type;
    size_t n;
    unsigned char *memory;
    void *at;
    double *exact;
} values;

static inline values values_make(weft_type type, size_t n) {
    size_t size = weft_type_size(type);
    values v = {.type = type, .n = n};
    v.memory = malloc(n * size + 2 * CANARY + size);
    v.exact = calloc(n, sizeof *v.exact);
    assert_non_null(v.memory);
    assert_non_null(v.exact);
    memset(v.memory, 0x7E, n * size + 2 * CANARY + size);
    v.at = v.memory + CANARY + size;
    return v;
}

static inline void values_free(values *v) {
    free(v->memory);
    free(v->exact);
    *v = (values){.n = 0};
}

static inline double values_get(const values *v, size_t i) {
    if (v->type == WEFT_F32) {
        return (double)((const float *)v->at)[i];
    }
    return (double)weft_from_bf16(((const weft_bf16 *)v->at)[i]);
}

/* Stores a value, rounded to the type. */
static inline void values_set(values *v, size_t i, double value) {
    if (v->type == WEFT_F32) {
        ((float *)v->at)[i] = (float)value;
    } else {
        ((weft_bf16 *)v->at)[i] = weft_to_bf16((float)value);
    }
    v->exact[i] = values_get(v, i);
}

static inline values values_random(weft_rng *rng, weft_type type, size_t n, double low,
                                   double high) {
    values v = values_make(type, n);
    for (size_t i = 0; i < n; i++) {
        values_set(&v, i, low + (high - low) * weft_rng_uniform(rng));
    }
    return v;
}

static inline values values_copy(const values *from) {
    values v = values_make(from->type, from->n);
    memcpy(v.at, from->at, v.n * weft_type_size(v.type));
    memcpy(v.exact, from->exact, v.n * sizeof *v.exact);
    return v;
}

static inline void canaries_live(const values *v, const char *what, int round) {
    size_t bytes = v->n * weft_type_size(v->type);
    size_t front = (size_t)((unsigned char *)v->at - v->memory);
    for (size_t i = 0; i < front; i++) {
        if (v->memory[i] != 0x7E) {
            fail_msg("round %d: %s: %zu bytes before its begin were written", round, what,
                     front - i);
        }
    }
    for (size_t i = 0; i < CANARY; i++) {
        if (v->memory[front + bytes + i] != 0x7E) {
            fail_msg("round %d: %s: %zu bytes behind its end were written", round, what, i);
        }
    }
}

/* Compares with a reference: bf16 results may be off by their rounding (2^-8 of the value, twice half
 * of its last place), and all by `tolerance` of the sums that were made. */
static inline void values_check(const values *v, const double *want, double tolerance,
                                const char *what, int round) {
    double unit = v->type == WEFT_BF16 ? 1.0 / 256.0 : 0.0;
    canaries_live(v, what, round);
    for (size_t i = 0; i < v->n; i++) {
        double got = values_get(v, i);
        if (!(fabs(got - want[i]) <= unit * fabs(want[i]) + tolerance)) {
            fail_msg("round %d: %s[%zu of %zu] is %.9g, expected %.9g (%s)", round, what, i, v->n,
                     got, want[i], v->type == WEFT_BF16 ? "bf16" : "f32");
        }
    }
}

static inline double *doubles(size_t n) {
    double *p = calloc(n > 0 ? n : 1, sizeof *p);
    assert_non_null(p);
    return p;
}

static inline double largest(const double *v, size_t n) {
    double m = 0.0;
    for (size_t i = 0; i < n; i++) {
        m = fabs(v[i]) > m ? fabs(v[i]) : m;
    }
    return m;
}

/* Memory that begins at a multiple of 64 bytes, with a canary behind it. */
typedef struct scratch {
    unsigned char *at;
    size_t bytes;
} scratch;

static inline scratch scratch_make(size_t bytes) {
    scratch s = {.bytes = bytes};
    s.at = aligned_alloc(64, (bytes + CANARY + 63) / 64 * 64);
    assert_non_null(s.at);
    memset(s.at, 0x7E, bytes + CANARY);
    return s;
}

static inline void scratch_free(scratch *s, const char *what, int round) {
    for (size_t i = 0; i < CANARY; i++) {
        if (s->at[s->bytes + i] != 0x7E) {
            fail_msg("round %d: %zu bytes behind the scratch of %s were written", round, i, what);
        }
    }
    free(s->at);
}

#endif
