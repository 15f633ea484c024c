/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of join.c over values of one type. */

WEFT_INLINE void TYPED(add_loop)(weft_clip clip, const VALUE *a, const VALUE *b, VALUE *y,
                                 size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = NARROW(weft_clipped(clip, WIDE(a[i]) + WIDE(b[i])));
    }
}

WEFT_CLONES static void TYPED(add)(bool relu, const VALUE *a, const VALUE *b, VALUE *y, size_t n) {
    if (relu) {
        TYPED(add_loop)(WEFT_CLIP_RELU, a, b, y, n);
    } else {
        TYPED(add_loop)(WEFT_CLIP_NONE, a, b, y, n);
    }
}

WEFT_CLONES static void TYPED(multiply)(const VALUE *a, const VALUE *b, VALUE *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = NARROW(WIDE(a[i]) * WIDE(b[i]));
    }
}

/* y (images, positions, channels) = x * s (images, channels) */
WEFT_CLONES static void TYPED(multiply_images)(const VALUE *x, const VALUE *s, VALUE *y,
                                               size_t images, size_t positions, size_t channels) {
    for (size_t row = 0; row < images * positions; row++, x += channels, y += channels) {
        const VALUE *factor = s + row / positions * channels;
#pragma omp simd
        for (size_t c = 0; c < channels; c++) {
            y[c] = NARROW(WIDE(x[c]) * WIDE(factor[c]));
        }
    }
}

/* One image, some of its channels: sum (width) += x * dy over positions, rows `channels` apart. */
WEFT_CLONES static void TYPED(sum_products)(const VALUE *x, const VALUE *dy, float *sum,
                                            size_t positions, size_t channels, size_t width) {
    for (size_t p = 0; p < positions; p++, x += channels, dy += channels) {
#pragma omp simd
        for (size_t c = 0; c < width; c++) {
            sum[c] += WIDE(x[c]) * WIDE(dy[c]);
        }
    }
}

/* ds (width) of one image: f32 over some hundred positions, then f64. */
static void TYPED(sum_image)(const VALUE *x, const VALUE *dy, VALUE *ds, size_t positions,
                             size_t channels, size_t width) {
    double total[SUM_CHANNELS] = {0.0};
    for (size_t p = 0; p < positions; p += SUM_POSITIONS) {
        float sum[SUM_CHANNELS] = {0.0F};
        TYPED(sum_products)
        (x + p * channels, dy + p * channels, sum, weft_smaller(SUM_POSITIONS, positions - p),
         channels, width);
        for (size_t c = 0; c < width; c++) {
            total[c] += (double)sum[c];
        }
    }
    for (size_t c = 0; c < width; c++) {
        ds[c] = NARROW((float)total[c]);
    }
}

static void TYPED(sum_images)(const VALUE *x, const VALUE *dy, VALUE *ds, size_t images,
                              size_t positions, size_t channels) {
    for (size_t i = 0; i < images; i++) {
        for (size_t c = 0; c < channels; c += SUM_CHANNELS) {
            size_t at = i * positions * channels + c;
            TYPED(sum_image)
            (x + at, dy + at, ds + i * channels + c, positions, channels,
             weft_smaller(SUM_CHANNELS, channels - c));
        }
    }
}

/* The values of one byte of bits, at most eight. */
WEFT_INLINE void TYPED(drop_byte)(const VALUE *x, uint32_t bits, float factor, VALUE *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float v = WIDE(x[i]) * factor;
        y[i] = NARROW((bits >> i & 1U) != 0 ? v : 0.0F);
    }
}

WEFT_CLONES static void TYPED(drop)(const VALUE *x, const uint8_t *kept, float factor, VALUE *y,
                                    size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        TYPED(drop_byte)(x + i, kept[i / 8], factor, y + i, 8);
    }
    if (i < n) {
        TYPED(drop_byte)(x + i, kept[i / 8], factor, y + i, n - i);
    }
}
