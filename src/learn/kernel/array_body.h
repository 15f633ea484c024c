/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of array.c over values of one type. */

WEFT_CLONES static void TYPED(add_to)(const VALUE *x, VALUE *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = NARROW(WIDE(y[i]) + WIDE(x[i]));
    }
}

WEFT_CLONES static void TYPED(scale)(float factor, const VALUE *x, VALUE *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = NARROW(factor * WIDE(x[i]));
    }
}

/* In squares that stay in the first-level cache on both sides. */
static void TYPED(transpose)(const VALUE *x, VALUE *y, size_t rows, size_t columns) {
    for (size_t r0 = 0; r0 < rows; r0 += SQUARE) {
        for (size_t c0 = 0; c0 < columns; c0 += SQUARE) {
            size_t r1 = weft_smaller(r0 + SQUARE, rows);
            size_t c1 = weft_smaller(c0 + SQUARE, columns);
            for (size_t c = c0; c < c1; c++) {
                for (size_t r = r0; r < r1; r++) {
                    y[c * rows + r] = x[r * columns + c];
                }
            }
        }
    }
}
