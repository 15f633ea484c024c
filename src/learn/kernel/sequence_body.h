/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of sequence.c over values of one type. */

/* sum += x */
WEFT_CLONES static void TYPED(add_row)(const VALUE *x, float *sum, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        sum[i] += WIDE(x[i]);
    }
}

/* y = x + row */
WEFT_CLONES static void TYPED(add_table)(const VALUE *x, const float *row, VALUE *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = NARROW(WIDE(x[i]) + row[i]);
    }
}
