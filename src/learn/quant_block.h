/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays in blocks: read into floats, worked on, written. Of a block all is read before any of it is
 * written, so that results may replace operands. What stands at place j of a block goes into sum j:
 * sums run in the same order on every CPU. */
#ifndef WEFT_LEARN_QUANT_BLOCK_H
#define WEFT_LEARN_QUANT_BLOCK_H

#include "learn/type.h"

#define WEFT_BLOCK_INLINE static inline __attribute__((always_inline))

enum { WEFT_BLOCK = 64 };

/* The last block may be short; the rest of it is 0. */
WEFT_BLOCK_INLINE void weft_block_read(weft_type type, const void *from, size_t at, size_t count,
                                       float *v) {
    if (type == WEFT_F32) {
        const float *x = (const float *)from + at;
        if (count == WEFT_BLOCK) {
            memcpy(v, x, WEFT_BLOCK * sizeof *v);
        } else {
            memset(v, 0, WEFT_BLOCK * sizeof *v);
            memcpy(v, x, count * sizeof *v);
        }
        return;
    }
    weft_bf16 half[WEFT_BLOCK] = {0};
    memcpy(half, (const weft_bf16 *)from + at,
           (count == WEFT_BLOCK ? WEFT_BLOCK : count) * sizeof *half);
    for (int j = 0; j < WEFT_BLOCK; j++) {
        v[j] = weft_from_bf16(half[j]);
    }
}

WEFT_BLOCK_INLINE void weft_block_write(weft_type type, const float *v, size_t at, size_t count,
                                        void *to) {
    if (type == WEFT_F32) {
        memcpy((float *)to + at, v, (count == WEFT_BLOCK ? WEFT_BLOCK : count) * sizeof *v);
        return;
    }
    weft_bf16 half[WEFT_BLOCK];
    for (int j = 0; j < WEFT_BLOCK; j++) {
        half[j] = weft_to_bf16(v[j]);
    }
    memcpy((weft_bf16 *)to + at, half, (count == WEFT_BLOCK ? WEFT_BLOCK : count) * sizeof *half);
}

WEFT_BLOCK_INLINE size_t weft_block_count(size_t at, size_t n) {
    return n - at < WEFT_BLOCK ? n - at : WEFT_BLOCK;
}

/* Adds the upper half to the lower one until one sum is left. */
WEFT_BLOCK_INLINE double weft_block_sum(double *sums) {
    for (int half = WEFT_BLOCK / 2; half > 0; half /= 2) {
        for (int j = 0; j < half; j++) {
            sums[j] += sums[j + half];
        }
    }
    return sums[0];
}

#endif
