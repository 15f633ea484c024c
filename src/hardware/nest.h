/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of a layer that run in time, and inside of which parts they run: nest.c. */
#ifndef WEFT_HARDWARE_NEST_H
#define WEFT_HARDWARE_NEST_H

#include "hardware/hierarchy_price.h"

/* A layer's loops as the chip sees them, slices included. */
typedef struct weft_loop_sizes {
    int32_t size[WEFT_DIM_COUNT];
    int32_t stride_h, stride_w, dilation_h, dilation_w;
    bool dynamic;   /* its weights are activations */
    int32_t packed; /* groups that share an array, block by block: 1, or see weft_pack_groups, */
    int32_t groups; /* which keeps here how many there are */
} weft_loop_sizes;

/* Where the loops of a layer run. */
typedef struct weft_spread {
    int32_t factor[WEFT_MAX_LEVELS][WEFT_DIM_COUNT]; /* over the copies of each level */
    uint16_t spread[WEFT_MAX_LEVELS];                /* bit d: factor d is above 1 */
    int32_t rest[WEFT_DIM_COUNT];                    /* in time */
    double used[WEFT_MAX_LEVELS];                    /* copies in use, of all on the chip */
} weft_spread;

/* Of the parts that hold a dimension, the outermost ones that a loop is split over. */
enum { WEFT_MAX_NEST = WEFT_DIM_COUNT + 3 * (WEFT_MAX_HOLDERS - 1) };

/* A loop in time, and the part inside of which it runs (-1: outside of all parts). */
typedef struct weft_time_loop {
    int32_t dim, turns;
    int32_t part;
    double stride; /* outputs, taps or channels that a turn goes on by */
} weft_time_loop;

/* From the outside in. */
typedef struct weft_nest {
    int n;
    weft_time_loop loop[WEFT_MAX_NEST];
} weft_nest;

/* The nest of least energy for the operands of an average layer (all statistics a half). */
void weft_nest_find(const weft_hierarchy *h, const weft_precision *price,
                    const weft_loop_sizes *loops, const weft_spread *spread, weft_nest *nest);

#endif
