/* SPDX-License-Identifier: Apache-2.0
 *
 * One path of depthwise_path.c: values of one type, vectors of LANES floats,
 * functions with the attribute TARGET, named by PATH; CONVERTS: the CPU has a conversion
 * to bf16. */

typedef float PATH(floats) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t PATH(words) __attribute__((vector_size(4 * LANES)));
typedef uint16_t PATH(halves) __attribute__((vector_size(2 * LANES), aligned(2), may_alias));

#define FLOATS       PATH(floats)
#define LOAD(p)      (*(const FLOATS *)(p))
#define STORE(p)     (*(FLOATS *)(p))
#define INLINE       TARGET static inline __attribute__((always_inline))
#define EACH_OF_8(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* ---- values to f32 and back ------------------------------------------------------------------- */

/* 16 lanes go by intrinsics: the compiler would take two halves. */
INLINE FLOATS PATH(widen)(const VALUE *x) {
#if VALUE_IS_BF16 && LANES == 16
    __m512i word = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)x));
    return (FLOATS)_mm512_slli_epi32(word, 16);
#elif VALUE_IS_BF16
    PATH(halves) half = *(const PATH(halves) *)x;
    return (FLOATS)(__builtin_convertvector(half, PATH(words)) << 16);
#else
    return LOAD(x);
#endif
}

/* As weft_to_bf16; the CPU's own conversion takes numbers below 1.2e-38 as 0. */
INLINE void PATH(narrow)(FLOATS x, VALUE *y) {
#if VALUE_IS_BF16 && CONVERTS
    _mm256_storeu_si256((void *)y, (__m256i)_mm512_cvtneps_pbh((__m512)x));
#elif VALUE_IS_BF16
    PATH(words) bits = (PATH(words))x;
    PATH(words) rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    PATH(words) quiet = (bits >> 16) | 0x40U;
    PATH(words) is_nan = (PATH(words))((bits & 0x7fffffffU) > 0x7f800000U);
    PATH(words) chosen = (rounded & ~is_nan) | (quiet & is_nan);
#if LANES == 16
    _mm256_storeu_si256((void *)y, _mm512_cvtepi32_epi16((__m512i)chosen));
#else
    *(PATH(halves) *)y = __builtin_convertvector(chosen, PATH(halves));
#endif
#else
    STORE(y) = x;
#endif
}

/* The first `valid` lanes, fewer than all; of what is read the others are 0. */
#if LANES == 16
INLINE FLOATS PATH(widen_some)(const VALUE *x, size_t valid) {
    __mmask16 mask = (__mmask16)((1U << valid) - 1U);
#if VALUE_IS_BF16
    __m512i word = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x));
    return (FLOATS)_mm512_slli_epi32(word, 16);
#else
    return (FLOATS)_mm512_maskz_loadu_ps(mask, x);
#endif
}

INLINE void PATH(narrow_some)(FLOATS x, VALUE *y, size_t valid) {
    __mmask16 mask = (__mmask16)((1U << valid) - 1U);
#if VALUE_IS_BF16
    VALUE lanes[LANES];
    PATH(narrow)(x, lanes);
    _mm256_mask_storeu_epi16(y, mask, _mm256_loadu_si256((const void *)lanes));
#else
    _mm512_mask_storeu_ps(y, mask, (__m512)x);
#endif
}
#else
INLINE FLOATS PATH(widen_some)(const VALUE *x, size_t valid) {
    VALUE lanes[LANES] = {0};
    for (size_t c = 0; c < valid; c++) {
        lanes[c] = x[c];
    }
    return PATH(widen)(lanes);
}

INLINE void PATH(narrow_some)(FLOATS x, VALUE *y, size_t valid) {
    VALUE lanes[LANES];
    PATH(narrow)(x, lanes);
    for (size_t c = 0; c < valid; c++) {
        y[c] = lanes[c];
    }
}
#endif

/* Asks for the row behind this one, too: the hardware does not foresee steps from block to block. */
TARGET static void PATH(fetch)(const void *source, size_t n, size_t channels, size_t valid,
                               size_t width, float *row) {
    const size_t ahead = n * channels;
    const VALUE *x = source;
    size_t whole = valid / LANES * LANES;
    for (size_t q = 0; q < n; q++, x += channels, row += width) {
        for (size_t c = 0; c < valid; c += 64 / sizeof *x) {
            __builtin_prefetch(x + ahead + c);
        }
        for (size_t c = 0; c < whole; c += LANES) {
            STORE(row + c) = PATH(widen)(x + c);
        }
        if (whole < valid) {
            STORE(row + whole) = PATH(widen_some)(x + whole, valid - whole);
        }
        for (size_t c = (valid + LANES - 1) / LANES * LANES; c < width; c += LANES) {
            STORE(row + c) = (FLOATS){0.0F};
        }
    }
}

/* ---- sums over the window --------------------------------------------------------------------- */

/* `count` (at most 8) columns of one vector of channels, whole or the first `valid`; count and whole
 * are known where this is inlined. */
INLINE void PATH(tile)(int count, bool whole, const weft_depthwise_tap *taps, size_t n_taps,
                       weft_depthwise_offset offset, const float *bias, size_t step, size_t valid,
                       VALUE *y, size_t y_step) {
    FLOATS a0 = LOAD(bias);
    FLOATS a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
    for (size_t t = 0; t < n_taps; t++) {
        const float *x = taps[t].x + offset.x;
        FLOATS w = LOAD(taps[t].weight + offset.weight);
#define ADD(k)                                                                                     \
    if (count > (k)) {                                                                             \
        a##k += w * LOAD(x + (k)*step);                                                            \
    }
        EACH_OF_8(ADD)
#undef ADD
    }
#define PUT(k)                                                                                     \
    if (count > (k) && whole) {                                                                    \
        PATH(narrow)(a##k, y + (k)*y_step);                                                        \
    } else if (count > (k)) {                                                                      \
        PATH(narrow_some)(a##k, y + (k)*y_step, valid);                                            \
    }
    EACH_OF_8(PUT)
#undef PUT
}

TARGET static void PATH(columns)(const weft_depthwise_tap *taps, size_t n_taps,
                                 weft_depthwise_offset offset, const float *bias, size_t n,
                                 size_t step, size_t valid, void *result, size_t y_step) {
    size_t q = 0, full = valid / LANES * LANES;
#define TILES(count)                                                                               \
    for (; q + (count) <= n; q += (count)) {                                                       \
        VALUE *y = (VALUE *)result + q * y_step;                                                   \
        weft_depthwise_offset at = {offset.x + q * step, offset.weight};                           \
        for (size_t c = 0; c < full; c += LANES, at.x += LANES, at.weight += LANES) {              \
            PATH(tile)(count, true, taps, n_taps, at, bias + c, step, LANES, y + c, y_step);       \
        }                                                                                          \
        if (full < valid) {                                                                        \
            PATH(tile)                                                                             \
            (count, false, taps, n_taps, at, bias + full, step, valid - full, y + full, y_step);   \
        }                                                                                          \
    }
    TILES(8)
    TILES(4)
    TILES(2)
    TILES(1)
#undef TILES
}

/* ---- sums over a row -------------------------------------------------------------------------- */

/* `count` (at most 9) taps of one vector of channels; count is known where this is inlined. */
INLINE void PATH(group)(int count, const weft_depthwise_tap *taps, size_t offset, const float *dy,
                        size_t n, size_t step, size_t width, float *sum) {
    FLOATS a0 = {0.0F};
    FLOATS a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0, a8 = a0;
#define TAP(k) const float *x##k = taps[count > (k) ? (k) : 0].x + offset;
    EACH_OF_8(TAP)
    TAP(8)
#undef TAP
    for (size_t q = 0, at = 0; q < n; q++, at += step) {
        FLOATS g = LOAD(dy + q * width);
#define ADD(k)                                                                                     \
    if (count > (k)) {                                                                             \
        a##k += g * LOAD(x##k + at);                                                               \
    }
        EACH_OF_8(ADD)
        ADD(8)
#undef ADD
    }
#define PUT(k)                                                                                     \
    if (count > (k)) {                                                                             \
        STORE(sum + (k)*width) += a##k;                                                            \
    }
    EACH_OF_8(PUT)
    PUT(8)
#undef PUT
}

/* So many taps for all channels. */
#define GROUP(count)                                                                               \
    TARGET static void PATH(group##count)(const weft_depthwise_tap *taps, size_t offset,           \
                                          const float *dy, size_t n, size_t step, size_t width,    \
                                          size_t valid, float *sum) {                              \
        for (size_t c = 0; c < valid; c += LANES) {                                                \
            PATH(group)(count, taps, offset + c, dy + c, n, step, width, sum + c);                 \
        }                                                                                          \
    }
GROUP(1)
GROUP(2)
GROUP(3)
GROUP(4)
GROUP(5)
GROUP(6)
GROUP(7)
GROUP(8)
GROUP(9)
#undef GROUP

/* In groups of nearly the same size: a small last one would wait for its own sums. */
static void PATH(products)(const weft_depthwise_tap *taps, size_t n_taps, size_t offset,
                           const float *dy, size_t n, size_t step, size_t width, size_t valid,
                           float *sum) {
    static void (*const by_count[])(const weft_depthwise_tap *, size_t, const float *, size_t,
                                    size_t, size_t, size_t, float *) = {
        PATH(group1), PATH(group2), PATH(group3), PATH(group4), PATH(group5),
        PATH(group6), PATH(group7), PATH(group8), PATH(group9),
    };
    const size_t most = sizeof by_count / sizeof *by_count;
    size_t groups = (n_taps + most - 1) / most;
    for (size_t g = 0; g < groups; g++) {
        size_t first = g * n_taps / groups, end = (g + 1) * n_taps / groups;
        by_count[end - first - 1](taps + first, offset, dy, n, step, width, valid,
                                  sum + first * width);
    }
}

static const weft_depthwise_path PATH(path) = {
    .name = PATH_NAME,
    .fetch = PATH(fetch),
    .columns = PATH(columns),
    .products = PATH(products),
};

#undef FLOATS
#undef LOAD
#undef STORE
#undef INLINE
#undef EACH_OF_8
