/* SPDX-License-Identifier: Apache-2.0
 * One layer's slice of a shared tensor. */
#ifndef WEFT_LEARN_SHARED_SLICE_H
#define WEFT_LEARN_SHARED_SLICE_H

#include "learn/shared.h"

/* A slot as it is cut out: its own sides, and the matrices that its kernel goes through, from the
 * largest to its own; NULL where it takes the middle as it is. */
typedef struct weft_slice {
    const weft_shared_tensor *tensor;
    int32_t sides[WEFT_SHARED_SIDES];
    const weft_shared_tensor *matrices[WEFT_SHARED_MAX_KERNEL / 2];
    int n_matrices;
} weft_slice;

/* The sides of a slot of a stage; the product of them is its count. */
void weft_slice_sides(const weft_stage *stage, int slot, int32_t *sides);

/* shared -> slot */
void weft_slice_gather(const weft_slice *slice, const float *block, float *slot);

/* block += weight * slot's gradient, through the matrices; `values` is the block of values. */
void weft_slice_scatter(const weft_slice *slice, const float *values, const float *slot,
                        float weight, float *block);

#endif
