/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of layer_norm.c over values of one type. */

WEFT_CLONES static void TYPED(forward)(const VALUE *x, size_t positions, size_t channels,
                                       double epsilon, const float *gamma, const float *beta,
                                       VALUE *y, float *mean, float *inverse) {
    for (size_t p = 0; p < positions; p++, x += channels, y += channels) {
        float sum = 0.0F, square = 0.0F;
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < channels; c++) {
            sum += WIDE(x[c]);
        }
        float m = sum / (float)channels;
#pragma omp simd reduction(+ : square)
        for (size_t c = 0; c < channels; c++) {
            float d = WIDE(x[c]) - m;
            square += d * d;
        }
        float s = (float)(1.0 / sqrt((double)square / (double)channels + epsilon));
#pragma omp simd
        for (size_t c = 0; c < channels; c++) {
            y[c] = NARROW((WIDE(x[c]) - m) * s * gamma[c] + beta[c]);
        }
        mean[p] = m;
        inverse[p] = s;
    }
}

/* One position: dgamma += dy h, dbeta += dy, and dx where it is wanted. */
WEFT_INLINE void TYPED(backward_at)(const VALUE *x, const VALUE *dy, size_t channels,
                                    const float *gamma, float m, float s, VALUE *dx, float *dgamma,
                                    float *dbeta) {
    float sum = 0.0F, product = 0.0F;
#pragma omp simd reduction(+ : sum, product)
    for (size_t c = 0; c < channels; c++) {
        float d = WIDE(dy[c]), h = (WIDE(x[c]) - m) * s, g = d * gamma[c];
        dgamma[c] += d * h;
        dbeta[c] += d;
        sum += g;
        product += g * h;
    }
    if (dx == NULL) {
        return;
    }
    float share = 1.0F / (float)channels;
    float offset = sum * share, slope = product * share;
#pragma omp simd
    for (size_t c = 0; c < channels; c++) {
        float h = (WIDE(x[c]) - m) * s;
        dx[c] = NARROW(s * (WIDE(dy[c]) * gamma[c] - offset - h * slope));
    }
}

WEFT_CLONES static void TYPED(backward)(const VALUE *x, const VALUE *dy, size_t positions,
                                        size_t channels, const float *gamma, const float *mean,
                                        const float *inverse, VALUE *dx, float *dgamma,
                                        float *dbeta) {
    for (size_t p = 0; p < positions; p++) {
        size_t at = p * channels;
        TYPED(backward_at)
        (x + at, dy + at, channels, gamma, mean[p], inverse[p], dx == NULL ? NULL : dx + at, dgamma,
         dbeta);
    }
}
