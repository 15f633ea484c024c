/* SPDX-License-Identifier: Apache-2.0
 * Sums over rows: see kernels.h. */
#include "learn/cuda/columns.cuh"

size_t weft_cuda_sums_scratch(size_t rows, size_t columns) {
    return 2 * chunks_of(rows) * columns;
}

template <typename T>
static void sum_rows(cudaStream_t stream, const void *from, size_t rows, size_t columns,
                     size_t step, float *sums, float *scratch) {
    const T *x = (const T *)from;
    sum_columns(
        stream, rows, columns, scratch,
        [=] __device__(size_t row, size_t c, float *a, float *) { *a += wide(x[row * step + c]); },
        [=] __device__(size_t c, double a, double) { sums[c] = (float)a; });
}

void weft_cuda_sum_rows(cudaStream_t stream, weft_type type, const void *x, size_t rows,
                        size_t columns, size_t step, float *sums, float *scratch) {
    WEFT_BY_TYPE(type, sum_rows, stream, x, rows, columns, step, sums, scratch);
}
