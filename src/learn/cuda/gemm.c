/* SPDX-License-Identifier: Apache-2.0
 *
 * cuBLAS's matrices have their columns side by side. One whose rows lie side by side is its
 * transpose, with the step from row to row as the step from column to column; so where C is such,
 * C^T = B^T A^T is what is asked for. */
#include "learn/cuda/gemm.h"

/* A factor as cuBLAS is told of it. */
typedef struct factor {
    const unsigned char *at;
    cublasOperation_t operation;
    int step;
    long long image;
} factor;

static bool has_rows(weft_dnn_matrix m) {
    return m.column_step == 1;
}

/* A single row or column may be said to be followed by the next one anywhere. */
static int larger(int64_t step, int length) {
    return step > length ? (int)step : length;
}

/* `transposed`: the transpose of the matrix, rows x columns, is the factor. */
static factor factor_of(const void *base, size_t size, weft_dnn_matrix m, int rows, int columns,
                        int head, bool transposed) {
    bool turns = has_rows(m) != transposed;
    return (factor){
        .at = (const unsigned char *)base + (size_t)(head * m.head) * size,
        .operation = turns ? CUBLAS_OP_T : CUBLAS_OP_N,
        .step = has_rows(m) ? larger(m.row_step, columns) : larger(m.column_step, rows),
        .image = m.image,
    };
}

static cudaDataType_t data_type(weft_type type) {
    return type == WEFT_F32 ? CUDA_R_32F : CUDA_R_16BF;
}

static weft_status run(const weft_cuda *cuda, const weft_dnn_matmul_geometry *g, weft_type result,
                       factor first, factor second, factor to, bool transposed, weft_error *error) {
    const float one = 1.0F, zero = 0.0F;
    cudaDataType_t type = data_type((weft_type)g->type);
    int rows = transposed ? g->columns : g->rows, columns = transposed ? g->rows : g->columns;
    return weft_cuda_check_cublas(
        cublasGemmStridedBatchedEx(cuda->cublas, first.operation, second.operation, rows, columns,
                                   g->inner, &one, first.at, type, first.step, first.image,
                                   second.at, type, second.step, second.image, &zero,
                                   (void *)(uintptr_t)to.at, data_type(result), to.step, to.image,
                                   g->images, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
        "a product of matrices", error);
}

weft_status weft_cuda_gemm(const weft_cuda *cuda, const weft_dnn_matmul_geometry *g,
                           weft_type result, const void *a, const void *b, void *c,
                           weft_error *error) {
    size_t size = weft_type_size((weft_type)g->type);
    bool transposed = has_rows(g->c);
    for (int head = 0; head < g->heads; head++) {
        factor left = factor_of(a, size, g->a, g->rows, g->inner, head, transposed);
        factor right = factor_of(b, size, g->b, g->inner, g->columns, head, transposed);
        factor to =
            factor_of(c, weft_type_size(result), g->c, g->rows, g->columns, head, transposed);
        WEFT_TRY(run(cuda, g, result, transposed ? right : left, transposed ? left : right, to,
                     transposed, error));
    }
    return WEFT_OK;
}
