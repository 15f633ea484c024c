/* SPDX-License-Identifier: Apache-2.0
 *
 * The path of winograd_path.c for values of one type. Functions have the attribute TARGET. */

enum {
    TYPED(LANES) = WEFT_WINOGRAD_LANES,
    TYPED(PAIR) = VALUE_IS_BF16 ? 2 : 1, /* values that one product takes of each factor */
    TYPED(LINE) = 64 / sizeof(VALUE),
    TYPED(ROW) = 4 * WEFT_WINOGRAD_LANES, /* values of v for one chunk and i */
};

typedef enum TYPED(part) { TYPED(ALL), TYPED(EVEN), TYPED(ODD) } TYPED(part);

/* ---- values to f32 and back ------------------------------------------------------------------- */

INLINE __m512 TYPED(load)(const VALUE *x, TYPED(part) part) {
#if VALUE_IS_BF16
    if (part == TYPED(EVEN)) {
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(x), 16));
    }
    if (part == TYPED(ODD)) {
        __m512i upper = _mm512_set1_epi32((int)0xffff0000U);
        return _mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(x), upper));
    }
    const __m512i upper_halves = _mm512_set_epi16(15, 0, 14, 0, 13, 0, 12, 0, 11, 0, 10, 0, 9, 0, 8,
                                                  0, 7, 0, 6, 0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 0,
                                                  0);
    __m512i half = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)x));
    return _mm512_castsi512_ps(_mm512_maskz_permutexvar_epi16(0xaaaaaaaaU, upper_halves, half));
#else
    (void)part;
    return _mm512_loadu_ps(x);
#endif
}

INLINE void TYPED(store)(VALUE *y, __m512 v) {
#if VALUE_IS_BF16
    _mm256_storeu_si256((void *)y, (__m256i)_mm512_cvtneps_pbh(v));
#else
    _mm512_storeu_ps(y, v);
#endif
}

/* Two vectors, one behind the other. */
INLINE void TYPED(store_two)(VALUE *v, __m512 first, __m512 second) {
#if VALUE_IS_BF16
    _mm512_store_si512(v, (__m512i)_mm512_cvtne2ps_pbh(second, first));
#else
    _mm512_store_ps(v, first);
    _mm512_store_ps(v + WEFT_WINOGRAD_LANES, second);
#endif
}

/* The lines of a pair of tiles: values of both side by side, or two lines. */
INLINE void TYPED(store_pair)(VALUE *v, __m512 first, __m512 second) {
#if VALUE_IS_BF16
    const __m512i mixed = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9,
                                           24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1,
                                           16, 0);
    __m512i both = (__m512i)_mm512_cvtne2ps_pbh(second, first);
    _mm512_store_si512(v, _mm512_permutexvar_epi16(mixed, both));
#else
    TYPED(store_two)(v, first, second);
#endif
}

/* A line of weights, in a register from here on: the compiler would read it anew for each tile. */
INLINE __m512i TYPED(line)(const VALUE *u) {
    __m512i line = _mm512_load_si512(u);
    __asm__("" : "+v"(line));
    return line;
}

/* sum + the products of a line of weights with a value (a pair of values) at v. */
INLINE __m512 TYPED(dot)(__m512 sum, __m512i line, const VALUE *v) {
    int32_t word;
    memcpy(&word, v, sizeof word);
    __m512i all = _mm512_set1_epi32(word);
#if VALUE_IS_BF16
    return _mm512_dpbf16_ps(sum, (__m512bh)line, (__m512bh)all);
#else
    return _mm512_fmadd_ps(_mm512_castsi512_ps(line), _mm512_castsi512_ps(all), sum);
#endif
}

/* a + b and a - b by the units that multiply: the others have enough to add. */
INLINE __m512 TYPED(plus)(__m512 a, __m512 b) {
    return _mm512_fmadd_ps(a, _mm512_set1_ps(1.0F), b);
}

INLINE __m512 TYPED(minus)(__m512 a, __m512 b) {
    return _mm512_fmsub_ps(a, _mm512_set1_ps(1.0F), b);
}

/* ---- chunks ----------------------------------------------------------------------------------- */

static bool TYPED(is_apart)(size_t channels) {
    return VALUE_IS_BF16 && channels % (2 * WEFT_WINOGRAD_LANES) == 0;
}

static size_t TYPED(channel)(size_t channels, size_t chunk, size_t lane) {
    return TYPED(is_apart)(channels) ? chunk / 2 * 2 * WEFT_WINOGRAD_LANES + 2 * lane + chunk % 2
                                     : chunk * WEFT_WINOGRAD_LANES + lane;
}

/* Calls function(the first channel of a chunk's line, the chunk, ..., the part of the line) for each
 * chunk, with the part known. */
#define EACH_CHUNK(function, channels, ...)                                                        \
    if (TYPED(is_apart)(channels)) {                                                               \
        for (size_t chunk = 0; chunk < (channels) / WEFT_WINOGRAD_LANES; chunk += 2) {             \
            function(chunk *WEFT_WINOGRAD_LANES, chunk, __VA_ARGS__, TYPED(EVEN));                 \
            function(chunk *WEFT_WINOGRAD_LANES, chunk + 1, __VA_ARGS__, TYPED(ODD));              \
        }                                                                                          \
    } else {                                                                                       \
        for (size_t chunk = 0; chunk < (channels) / WEFT_WINOGRAD_LANES; chunk++) {                \
            function(chunk *WEFT_WINOGRAD_LANES, chunk, __VA_ARGS__, TYPED(ALL));                  \
        }                                                                                          \
    }

/* ---- inputs ----------------------------------------------------------------------------------- */

/* A column of B' d. */
typedef struct TYPED(column) {
    __m512 r0, r1, r2, r3;
} TYPED(column);

INLINE TYPED(column)
    TYPED(column_at)(const weft_winograd_strip *x, long at, size_t first, TYPED(part) part) {
    TYPED(column) c;
    if (at < 0 || at >= (long)x->columns) {
        c.r0 = c.r1 = c.r2 = c.r3 = _mm512_setzero_ps();
        return c;
    }
    size_t offset = (size_t)at * x->channels + first;
    __m512 d0 = TYPED(load)((const VALUE *)x->row[0] + offset, part);
    __m512 d1 = TYPED(load)((const VALUE *)x->row[1] + offset, part);
    __m512 d2 = TYPED(load)((const VALUE *)x->row[2] + offset, part);
    __m512 d3 = TYPED(load)((const VALUE *)x->row[3] + offset, part);
    c.r0 = d0 - d2;
    c.r1 = d1 + d2;
    c.r2 = d2 - d1;
    c.r3 = d1 - d3;
    return c;
}

/* Asks for what the tiles below see first: the hardware does not foresee steps from row to row. */
INLINE void TYPED(ask_ahead)(const weft_winograd_strip *x, long at, size_t first) {
    size_t offset = (2 * x->columns + (size_t)at) * x->channels + first;
    __builtin_prefetch((const VALUE *)x->row[2] + offset);
    __builtin_prefetch((const VALUE *)x->row[3] + offset);
}

/* Neighbours share two columns. */
INLINE void TYPED(spread_chunk)(size_t first, size_t chunk, const weft_winograd_strip *strip,
                                size_t n, VALUE *v, size_t step, TYPED(part) part) {
    const weft_winograd_strip x = *strip;
    v += chunk * TYPED(ROW);
    const size_t row = x.channels * 4;
    long at = x.first;
    TYPED(column) a = TYPED(column_at)(&x, at, first, part);
    TYPED(column) b = TYPED(column_at)(&x, at + 1, first, part);
    for (size_t t = 0; t < n; t++, v += step) {
        at += 2;
        TYPED(ask_ahead)(&x, at, first);
        TYPED(column) c = TYPED(column_at)(&x, at, first, part);
        TYPED(column) d = TYPED(column_at)(&x, at + 1, first, part);
#define PUT(i)                                                                                     \
    TYPED(store_two)(v + (i)*row, TYPED(minus)(a.r##i, c.r##i), TYPED(plus)(b.r##i, c.r##i));      \
    TYPED(store_two)                                                                               \
    (v + (i)*row + 2 * WEFT_WINOGRAD_LANES, TYPED(minus)(c.r##i, b.r##i),                          \
     TYPED(minus)(b.r##i, d.r##i));
        PUT(0)
        PUT(1)
        PUT(2)
        PUT(3)
#undef PUT
        a = c;
        b = d;
    }
}

TARGET static void TYPED(spread)(const weft_winograd_strip *x, size_t n, void *v, size_t step) {
    EACH_CHUNK(TYPED(spread_chunk), x->channels, x, n, v, step)
}

/* ---- products --------------------------------------------------------------------------------- */

#define EACH_TILE(X) X(0) X(1) X(2)

/* What is multiplied for a tile t in one row of positions: sums for each of the four, and what they
 * are joined to, m A. */
#define SUMS(t) __m512 a##t = _mm512_setzero_ps(), b##t = a##t, c##t = a##t, d##t = a##t;
#define DOTS(t)                                                                                    \
    a##t = TYPED(dot)(a##t, w0, v##t + p);                                                         \
    b##t = TYPED(dot)(b##t, w1, v##t + p + LANE_VALUES);                                           \
    c##t = TYPED(dot)(c##t, w2, v##t + p + 2 * LANE_VALUES);                                       \
    d##t = TYPED(dot)(d##t, w3, v##t + p + 3 * LANE_VALUES);
#define NEXT(t)     v##t += TYPED(ROW);
#define LEFT(t)     (a##t + b##t + c##t)
#define RIGHT(t)    (b##t - c##t - d##t)
#define LANE_VALUES WEFT_WINOGRAD_LANES

/* The products of one row of positions, of the tiles that EACH names. */
#define MULTIPLY_ROW(EACH)                                                                         \
    for (size_t chunk = 0; chunk < chunks; chunk++) {                                              \
        _Pragma("GCC unroll 16") for (int p = 0; p < TYPED(LANES);                                 \
                                      p += TYPED(PAIR), u += 4 * TYPED(LINE)) {                    \
            __m512i w0 = TYPED(line)(u), w1 = TYPED(line)(u + TYPED(LINE));                        \
            __m512i w2 = TYPED(line)(u + 2 * TYPED(LINE));                                         \
            __m512i w3 = TYPED(line)(u + 3 * TYPED(LINE));                                         \
            EACH(DOTS)                                                                             \
        }                                                                                          \
        EACH(NEXT)                                                                                 \
    }

/* Two neighbours in a row of results. */
INLINE void TYPED(put_row)(VALUE *y, size_t column, bool right, __m512 first, __m512 second) {
#if VALUE_IS_BF16
    if (right && column == WEFT_WINOGRAD_LANES) {
        _mm512_storeu_si512(y, (__m512i)_mm512_cvtne2ps_pbh(second, first));
        return;
    }
#endif
    TYPED(store)(y, first);
    if (right) {
        TYPED(store)(y + column, second);
    }
}

/* Memory that is written soon is on its way by then. */
INLINE void TYPED(ask_tile)(const weft_winograd_block *b, const weft_winograd_tile *tile,
                            size_t first) {
    const VALUE *y = (const VALUE *)tile->y + first;
    __builtin_prefetch(y, 1);
    __builtin_prefetch(y + b->column, 1);
    __builtin_prefetch(y + b->row, 1);
    __builtin_prefetch(y + b->row + b->column, 1);
}

INLINE void TYPED(put_tile)(const weft_winograd_block *b, const weft_winograd_tile *tile,
                            size_t first, __m512 y00, __m512 y01, __m512 y10, __m512 y11) {
    if (tile->y == NULL) {
        return;
    }
    VALUE *y = (VALUE *)tile->y + first;
    TYPED(put_row)(y, b->column, tile->right, y00, y01);
    if (tile->below) {
        TYPED(put_row)(y + b->row, b->column, tile->right, y10, y11);
    }
}

/* Three tiles with all that belongs to them in registers. */
INLINE void TYPED(convolve_group)(const weft_winograd_block *b, size_t at, const VALUE *u,
                                  size_t first, __m512 shift) {
    const size_t chunks = b->chunks;
    const VALUE *v0 = (const VALUE *)b->v + at * b->step, *v1 = v0 + b->step, *v2 = v1 + b->step;
    const weft_winograd_tile *tile = b->tiles + at;
#define BEGIN(t)                                                                                   \
    __m512 p##t = shift, q##t = shift, r##t = shift, s##t = shift;                                 \
    TYPED(ask_tile)(b, tile + (t) + WEFT_WINOGRAD_GROUP, first);
    EACH_TILE(BEGIN)
#undef BEGIN
    for (int i = 0; i < 4; i++) {
        EACH_TILE(SUMS)
        MULTIPLY_ROW(EACH_TILE)
#define UPPER(t) p##t += LEFT(t), q##t += RIGHT(t);
#define LOWER(t) r##t += LEFT(t), s##t += RIGHT(t);
#define MINUS(t) r##t -= LEFT(t), s##t -= RIGHT(t);
        if (i < 3) {
            EACH_TILE(UPPER)
        }
        if (i == 1) {
            EACH_TILE(LOWER)
        }
        if (i > 1) {
            EACH_TILE(MINUS)
        }
#undef UPPER
#undef LOWER
#undef MINUS
    }
#define PUT(t) TYPED(put_tile)(b, tile + (t), first, p##t, q##t, r##t, s##t);
    EACH_TILE(PUT)
#undef PUT
}

TARGET static void TYPED(convolve)(const weft_winograd_block *b, const void *weights, size_t chunk,
                                   const float *bias) {
    const __m512 shift = bias != NULL ? _mm512_loadu_ps(bias) : _mm512_setzero_ps();
    const size_t first = chunk * WEFT_WINOGRAD_LANES;
    const VALUE *u = weights;
    for (size_t t = 0; t < b->n; t += WEFT_WINOGRAD_GROUP) {
        TYPED(convolve_group)(b, t, u, first, shift);
    }
}

/* ---- gradients of weights --------------------------------------------------------------------- */

INLINE void TYPED(pairs_chunk)(size_t first, size_t chunk, const weft_winograd_strip *strip,
                               size_t n, VALUE *v, size_t chunk_step, size_t step,
                               TYPED(part) part) {
    const weft_winograd_strip x = *strip;
    v += chunk * chunk_step;
    long at = x.first;
    TYPED(column) a = TYPED(column_at)(&x, at, first, part);
    TYPED(column) b = TYPED(column_at)(&x, at + 1, first, part);
    for (size_t t = 0; t < n; t++, v += 2 * WEFT_WINOGRAD_LANES) {
        at += 4;
        TYPED(column) c = TYPED(column_at)(&x, at - 2, first, part);
        TYPED(column) d = TYPED(column_at)(&x, at - 1, first, part);
        TYPED(column) e = TYPED(column_at)(&x, at, first, part);
        TYPED(column) f = TYPED(column_at)(&x, at + 1, first, part);
#define PUT(i)                                                                                     \
    TYPED(store_pair)                                                                              \
    (v + (4 * (i) + 0) * step, TYPED(minus)(a.r##i, c.r##i), TYPED(minus)(c.r##i, e.r##i));        \
    TYPED(store_pair)                                                                              \
    (v + (4 * (i) + 1) * step, TYPED(plus)(b.r##i, c.r##i), TYPED(plus)(d.r##i, e.r##i));          \
    TYPED(store_pair)                                                                              \
    (v + (4 * (i) + 2) * step, TYPED(minus)(c.r##i, b.r##i), TYPED(minus)(e.r##i, d.r##i));        \
    TYPED(store_pair)                                                                              \
    (v + (4 * (i) + 3) * step, TYPED(minus)(b.r##i, d.r##i), TYPED(minus)(d.r##i, f.r##i));
        PUT(0)
        PUT(1)
        PUT(2)
        PUT(3)
#undef PUT
        a = e;
        b = f;
    }
}

TARGET static void TYPED(spread_pairs)(const weft_winograd_strip *x, size_t n, void *v,
                                       size_t chunk_step, size_t step){
    EACH_CHUNK(TYPED(pairs_chunk), x->channels, x, n, v, chunk_step, step)}

/* A column of A dy: two rows of results. */
INLINE TYPED(column)
    TYPED(result_at)(const weft_winograd_strip *dy, long at, size_t first, TYPED(part) part) {
    TYPED(column) c;
    c.r0 = c.r3 = _mm512_setzero_ps();
    if (at < (long)dy->columns) {
        size_t offset = (size_t)at * dy->channels + first;
        c.r0 = TYPED(load)((const VALUE *)dy->row[0] + offset, part);
        c.r3 = TYPED(load)((const VALUE *)dy->row[1] + offset, part);
    }
    c.r1 = c.r0 + c.r3;
    c.r2 = c.r0 - c.r3;
    return c;
}

INLINE void TYPED(gradient_chunk)(size_t first, size_t chunk, const weft_winograd_strip *strip,
                                  size_t n, VALUE *w, size_t chunk_step, size_t step, float *sum,
                                  TYPED(part) part) {
    const weft_winograd_strip dy = *strip;
    w += chunk * chunk_step;
    sum += chunk * WEFT_WINOGRAD_LANES;
    __m512 total = _mm512_setzero_ps();
    long at = dy.first;
    for (size_t t = 0; t < n; t++, at += 4, w += 2 * WEFT_WINOGRAD_LANES) {
        TYPED(column) a = TYPED(result_at)(&dy, at, first, part);
        TYPED(column) b = TYPED(result_at)(&dy, at + 1, first, part);
        TYPED(column) c = TYPED(result_at)(&dy, at + 2, first, part);
        TYPED(column) d = TYPED(result_at)(&dy, at + 3, first, part);
#define PUT(i)                                                                                     \
    TYPED(store_pair)(w + (4 * (i) + 0) * step, a.r##i, c.r##i);                                   \
    TYPED(store_pair)                                                                              \
    (w + (4 * (i) + 1) * step, TYPED(plus)(a.r##i, b.r##i), TYPED(plus)(c.r##i, d.r##i));          \
    TYPED(store_pair)                                                                              \
    (w + (4 * (i) + 2) * step, TYPED(minus)(a.r##i, b.r##i), TYPED(minus)(c.r##i, d.r##i));        \
    TYPED(store_pair)(w + (4 * (i) + 3) * step, b.r##i, d.r##i);
        PUT(0)
        PUT(1)
        PUT(2)
        PUT(3)
#undef PUT
        total += (a.r1 + b.r1) + (c.r1 + d.r1);
    }
    _mm512_store_ps(sum, _mm512_load_ps(sum) + total);
}

TARGET static void TYPED(spread_gradient)(const weft_winograd_strip *dy, size_t n, void *w,
                                          size_t chunk_step, size_t step, float *sum){
    EACH_CHUNK(TYPED(gradient_chunk), dy->channels, dy, n, w, chunk_step, step, sum)}

#define EACH_LANE(X)                                                                               \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

TARGET static void TYPED(accumulate)(const void *inputs, const void *gradients, size_t lines,
                                     float *z) {
    const VALUE *v = inputs, *w = gradients;
#define SUM(c) __m512 a##c = _mm512_load_ps(z + 16 * (c));
    EACH_LANE(SUM)
#undef SUM
    for (size_t l = 0; l < lines; l++, v += TYPED(LINE), w += TYPED(LINE)) {
        __m512i line = _mm512_load_si512(w);
#define DOT(c) a##c = TYPED(dot)(a##c, line, v + (c)*TYPED(PAIR));
        EACH_LANE(DOT)
#undef DOT
    }
#define PUT(c) _mm512_store_ps(z + 16 * (c), a##c);
    EACH_LANE(PUT)
#undef PUT
}

static const weft_winograd_path TYPED(path) = {
    .channel = TYPED(channel),
    .spread = TYPED(spread),
    .convolve = TYPED(convolve),
    .spread_pairs = TYPED(spread_pairs),
    .spread_gradient = TYPED(spread_gradient),
    .accumulate = TYPED(accumulate),
};

#undef EACH_CHUNK
#undef EACH_TILE
#undef SUMS
#undef DOTS
#undef NEXT
#undef LEFT
#undef RIGHT
#undef LANE_VALUES
#undef MULTIPLY_ROW
#undef EACH_LANE
