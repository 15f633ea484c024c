/* SPDX-License-Identifier: Apache-2.0
 *
 * What a network costs on a hierarchical chip. */
#ifndef WEFT_HARDWARE_HIERARCHY_COST_H
#define WEFT_HARDWARE_HIERARCHY_COST_H

#include "hardware/loop_work.h"

typedef struct weft_hierarchy_priced {
    const weft_hierarchy *hierarchy; /* shared; see weft_hierarchy_keep */
    uint64_t id;                     /* of the chip's text: equal chips have equal prices */
    weft_precision own;              /* for operands of the chip's own bits */
} weft_hierarchy_priced;

weft_status weft_hierarchy_estimate(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                    weft_total *total, weft_error *error) WEFT_NODISCARD;
weft_status weft_hierarchy_cost_create(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                       weft_cost **cost, weft_error *error) WEFT_NODISCARD;

/* Layer l once more after an estimate, for who asks what stands behind its figures: its loops are in
 * work->spread, its actions in work->counts, its times in work->costs[l]. Of equal layers the first
 * is asked (weft_loop_layer.same). */
weft_status weft_hierarchy_layer(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                 int32_t l, weft_error *error) WEFT_NODISCARD;

/* Copies of each level that are powered, on the average over a layer: all, or inside a gated level
 * those of `used` (weft_spread), which fill the chip in so many rounds where it has fewer. */
void weft_hierarchy_powered(const weft_hierarchy *h, const weft_precision *price,
                            const double *used, double rounds, double powered[WEFT_MAX_LEVELS]);

#endif
