/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of softmax.c over values of one type: `rows` parts of `width` values. */

/* The exponentials are made twice, rather than rounded to the type in between. */
WEFT_CLONES static void TYPED(forward)(const VALUE *x, VALUE *y, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        float largest = -INFINITY, sum = 0.0F;
#pragma omp simd reduction(max : largest)
        for (size_t c = 0; c < width; c++) {
            float v = WIDE(x[c]);
            largest = v > largest ? v : largest;
        }
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < width; c++) {
            sum += weft_exp(WIDE(x[c]) - largest);
        }
        float share = 1.0F / sum;
#pragma omp simd
        for (size_t c = 0; c < width; c++) {
            y[c] = NARROW(weft_exp(WIDE(x[c]) - largest) * share);
        }
    }
}

WEFT_CLONES static void TYPED(backward)(const VALUE *y, const VALUE *dy, VALUE *dx, size_t rows,
                                        size_t width) {
    for (size_t r = 0; r < rows; r++, y += width, dy += width, dx += width) {
        float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < width; c++) {
            sum += WIDE(y[c]) * WIDE(dy[c]);
        }
#pragma omp simd
        for (size_t c = 0; c < width; c++) {
            dx[c] = NARROW(WIDE(y[c]) * (WIDE(dy[c]) - sum));
        }
    }
}
