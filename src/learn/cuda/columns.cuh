/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sums over the rows of each column: sums of chunks of rows in f32, then over the chunks in
 * f64. A term is told the row and the column and adds to both sums. */
#ifndef WEFT_LEARN_CUDA_COLUMNS_CUH
#define WEFT_LEARN_CUDA_COLUMNS_CUH

#include "learn/cuda/device.cuh"

constexpr unsigned COLUMNS = 32;   /* of a block */
constexpr unsigned DEPTH = 8;      /* rows of a block side by side */
constexpr size_t CHUNK_ROWS = 512; /* at least */
constexpr size_t MOST_CHUNKS = 4096;

static inline size_t chunk_rows(size_t rows) {
    size_t least = (rows + MOST_CHUNKS - 1) / MOST_CHUNKS;
    return least > CHUNK_ROWS ? least : CHUNK_ROWS;
}

static inline size_t chunks_of(size_t rows) {
    return (rows + chunk_rows(rows) - 1) / chunk_rows(rows);
}

/* partial (chunks, 2, columns) */
template <typename Term>
__global__ void sum_chunks(Term term, size_t rows, size_t columns, size_t chunk, float *partial) {
    __shared__ float first[DEPTH][COLUMNS], second[DEPTH][COLUMNS];
    size_t c = (size_t)blockIdx.x * COLUMNS + threadIdx.x;
    size_t begin = (size_t)blockIdx.y * chunk;
    size_t end = begin + chunk < rows ? begin + chunk : rows;
    float a = 0.0F, b = 0.0F;
    for (size_t row = begin + threadIdx.y; c < columns && row < end; row += DEPTH) {
        term(row, c, &a, &b);
    }
    first[threadIdx.y][threadIdx.x] = a;
    second[threadIdx.y][threadIdx.x] = b;
    __syncthreads();
    if (threadIdx.y > 0 || c >= columns) {
        return;
    }
    for (unsigned d = 1; d < DEPTH; d++) {
        a += first[d][threadIdx.x];
        b += second[d][threadIdx.x];
    }
    partial[2 * blockIdx.y * columns + c] = a;
    partial[(2 * blockIdx.y + 1) * columns + c] = b;
}

/* One block for each column; `end` is told the column and its sums. */
template <typename End>
__global__ void join_chunks(End end, size_t chunks, size_t columns, const float *partial) {
    size_t c = blockIdx.x;
    double a = 0.0, b = 0.0;
    for (size_t k = threadIdx.x; k < chunks; k += BLOCK) {
        a += (double)partial[2 * k * columns + c];
        b += (double)partial[(2 * k + 1) * columns + c];
    }
    a = block_sum(a);
    b = block_sum(b);
    if (threadIdx.x == 0) {
        end(c, a, b);
    }
}

template <typename Term, typename End>
void sum_columns(cudaStream_t stream, size_t rows, size_t columns, float *scratch, Term term,
                 End end) {
    size_t chunks = chunks_of(rows);
    dim3 grid((unsigned)((columns + COLUMNS - 1) / COLUMNS), (unsigned)chunks);
    dim3 block(COLUMNS, DEPTH);
    sum_chunks<<<grid, block, 0, stream>>>(term, rows, columns, chunk_rows(rows), scratch);
    join_chunks<<<(unsigned)columns, BLOCK, 0, stream>>>(end, chunks, columns, scratch);
}

#endif
