/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of batch_norm.c over values of one type: n values along patterns of `length` floats. */

/* sum += x - k, square += (x - k)^2 */
WEFT_CLONES static void TYPED(sum_chunk)(const VALUE *x, size_t n, size_t length, const float *k,
                                         float *sum, float *square) {
    size_t at = 0;
    for (; at + 2 * length <= n; at += 2 * length) {
        const VALUE *a = x + at, *b = x + at + length;
#pragma omp simd
        for (size_t i = 0; i < length; i++) {
            float d = WIDE(a[i]) - k[i], e = WIDE(b[i]) - k[i];
            sum[i] += d + e;
            square[i] += d * d + e * e;
        }
    }
    for (; at < n; at += length) {
        size_t m = weft_smaller(length, n - at);
#pragma omp simd
        for (size_t i = 0; i < m; i++) {
            float d = WIDE(x[at + i]) - k[i];
            sum[i] += d;
            square[i] += d * d;
        }
    }
}

/* y = clip(scale x + shift + z) */
WEFT_INLINE void TYPED(map_loop)(const weft_bn *bn, weft_clip clip, bool adds, const VALUE *x,
                                 const VALUE *z, VALUE *y, size_t n) {
    const float *scale = bn->scale, *shift = bn->shift;
    for (size_t at = 0; at < n; at += bn->length) {
        size_t m = weft_smaller(bn->length, n - at);
#pragma omp simd
        for (size_t i = 0; i < m; i++) {
            float v = WIDE(x[at + i]) * scale[i] + shift[i];
            v = adds ? v + WIDE(z[at + i]) : v;
            y[at + i] = NARROW(weft_clipped(clip, v));
        }
    }
}

WEFT_CLONES static void TYPED(map)(const weft_bn *bn, weft_clip clip, const VALUE *x,
                                   const VALUE *z, VALUE *y, size_t n) {
    bool adds = z != NULL;
    switch (clip) {
    case WEFT_CLIP_NONE:
        adds ? TYPED(map_loop)(bn, WEFT_CLIP_NONE, true, x, z, y, n)
             : TYPED(map_loop)(bn, WEFT_CLIP_NONE, false, x, z, y, n);
        return;
    case WEFT_CLIP_RELU:
        adds ? TYPED(map_loop)(bn, WEFT_CLIP_RELU, true, x, z, y, n)
             : TYPED(map_loop)(bn, WEFT_CLIP_RELU, false, x, z, y, n);
        return;
    case WEFT_CLIP_RELU6:
        adds ? TYPED(map_loop)(bn, WEFT_CLIP_RELU6, true, x, z, y, n)
             : TYPED(map_loop)(bn, WEFT_CLIP_RELU6, false, x, z, y, n);
        return;
    }
}

/* g at value i of a period: the clip is found from y where there is one, else again from x. */
WEFT_INLINE float TYPED(gradient_at)(const weft_bn *bn, weft_clip clip, bool from_y, const VALUE *x,
                                     const VALUE *y, const VALUE *dy, size_t i, size_t c) {
    float g = WIDE(dy[i]);
    if (clip == WEFT_CLIP_NONE) {
        return g;
    }
    float v = from_y ? WIDE(y[i]) : WIDE(x[i]) * bn->scale[c] + bn->shift[c];
    return weft_passed(clip, v, g);
}

/* sum += g, product += g (x - mean); g is kept in dz */
WEFT_INLINE void TYPED(sum_gradient_loop)(const weft_bn *bn, weft_clip clip, bool from_y,
                                          bool keeps, const VALUE *x, const VALUE *y,
                                          const VALUE *dy, VALUE *dz, size_t n, float *sum,
                                          float *product) {
    const weft_bn b = *bn;
    for (size_t at = 0; at < n; at += b.length) {
        size_t m = weft_smaller(b.length, n - at);
#pragma omp simd
        for (size_t i = 0; i < m; i++) {
            float g = TYPED(gradient_at)(&b, clip, from_y, x, y, dy, at + i, i);
            if (keeps) {
                dz[at + i] = NARROW(g);
            }
            sum[i] += g;
            product[i] += g * (WIDE(x[at + i]) - b.mean[i]);
        }
    }
}

WEFT_INLINE void TYPED(sum_gradient_of)(const weft_bn *bn, weft_clip clip, const VALUE *x,
                                        const VALUE *y, const VALUE *dy, VALUE *dz, size_t n,
                                        float *sum, float *product) {
    if (y != NULL && dz != NULL) {
        TYPED(sum_gradient_loop)(bn, clip, true, true, x, y, dy, dz, n, sum, product);
    } else if (y != NULL) {
        TYPED(sum_gradient_loop)(bn, clip, true, false, x, y, dy, dz, n, sum, product);
    } else if (dz != NULL) {
        TYPED(sum_gradient_loop)(bn, clip, false, true, x, y, dy, dz, n, sum, product);
    } else {
        TYPED(sum_gradient_loop)(bn, clip, false, false, x, y, dy, dz, n, sum, product);
    }
}

WEFT_CLONES static void TYPED(sum_gradient)(const weft_bn *bn, weft_clip clip, const VALUE *x,
                                            const VALUE *y, const VALUE *dy, VALUE *dz, size_t n,
                                            float *sum, float *product) {
    switch (clip) {
    case WEFT_CLIP_NONE:
        TYPED(sum_gradient_of)(bn, WEFT_CLIP_NONE, x, NULL, dy, dz, n, sum, product);
        return;
    case WEFT_CLIP_RELU:
        TYPED(sum_gradient_of)(bn, WEFT_CLIP_RELU, x, y, dy, dz, n, sum, product);
        return;
    case WEFT_CLIP_RELU6:
        TYPED(sum_gradient_of)(bn, WEFT_CLIP_RELU6, x, y, dy, dz, n, sum, product);
        return;
    }
}

/* dx = scale g - slope (x - mean) - offset */
WEFT_INLINE void TYPED(map_gradient_loop)(const weft_bn *bn, weft_clip clip, bool from_y,
                                          const VALUE *x, const VALUE *y, const VALUE *dy,
                                          VALUE *dx, size_t n) {
    const weft_bn b = *bn;
    for (size_t at = 0; at < n; at += b.length) {
        size_t m = weft_smaller(b.length, n - at);
#pragma omp simd
        for (size_t i = 0; i < m; i++) {
            float g = TYPED(gradient_at)(&b, clip, from_y, x, y, dy, at + i, i);
            float d = WIDE(x[at + i]) - b.mean[i];
            dx[at + i] = NARROW(b.scale[i] * g - b.slope[i] * d - b.offset[i]);
        }
    }
}

WEFT_CLONES static void TYPED(map_gradient)(const weft_bn *bn, weft_clip clip, const VALUE *x,
                                            const VALUE *y, const VALUE *dy, VALUE *dx, size_t n) {
    bool from_y = y != NULL;
    switch (clip) {
    case WEFT_CLIP_NONE:
        TYPED(map_gradient_loop)(bn, WEFT_CLIP_NONE, false, x, y, dy, dx, n);
        return;
    case WEFT_CLIP_RELU:
        from_y ? TYPED(map_gradient_loop)(bn, WEFT_CLIP_RELU, true, x, y, dy, dx, n)
               : TYPED(map_gradient_loop)(bn, WEFT_CLIP_RELU, false, x, y, dy, dx, n);
        return;
    case WEFT_CLIP_RELU6:
        from_y ? TYPED(map_gradient_loop)(bn, WEFT_CLIP_RELU6, true, x, y, dy, dx, n)
               : TYPED(map_gradient_loop)(bn, WEFT_CLIP_RELU6, false, x, y, dy, dx, n);
        return;
    }
}
