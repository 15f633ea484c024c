/* SPDX-License-Identifier: Apache-2.0
 *
 * How often the parts of a hierarchical chip act for one layer: count.c. */
#ifndef WEFT_HARDWARE_COUNT_H
#define WEFT_HARDWARE_COUNT_H

#include "hardware/hierarchy_price.h"

/* A layer's loops as the chip sees them, slices included. */
typedef struct weft_loop_sizes {
    int32_t size[WEFT_DIM_COUNT];
    int32_t stride_h, stride_w, dilation_h, dilation_w;
    bool dynamic;   /* its weights are activations */
    int32_t packed; /* groups that share an array, block by block: 1, or see weft_pack_groups */
} weft_loop_sizes;

/* Where the loops of a layer run. */
typedef struct weft_spread {
    int32_t factor[WEFT_MAX_LEVELS][WEFT_DIM_COUNT]; /* over the copies of each level */
    int32_t rest[WEFT_DIM_COUNT];                    /* in time */
    double used[WEFT_MAX_LEVELS];                    /* copies in use, of all on the chip */
} weft_spread;

typedef struct weft_counts {
    double steps; /* of the arrays, one after the other */
    double cells; /* that hold a weight slice */
    double reads[WEFT_MAX_PARTS], writes[WEFT_MAX_PARTS];
    double used[WEFT_MAX_PARTS]; /* copies of the part's level in use */
} weft_counts;

/* Fills the levels from the inside out. False when what must fit does not: `needed` copies of level
 * *at would be necessary. */
bool weft_spread_layer(const weft_hierarchy *h, const weft_precision *price,
                       const weft_loop_sizes *loops, weft_fill_memo *memo, weft_spread *spread,
                       int *at, double *needed);

void weft_count_layer(const weft_hierarchy *h, const weft_precision *price,
                      const weft_loop_sizes *loops, const weft_spread *spread, weft_counts *counts);

#endif
