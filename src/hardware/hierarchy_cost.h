/* SPDX-License-Identifier: Apache-2.0
 *
 * What a network costs on a hierarchical chip. */
#ifndef WEFT_HARDWARE_HIERARCHY_COST_H
#define WEFT_HARDWARE_HIERARCHY_COST_H

#include "hardware/loop_work.h"

typedef struct weft_hierarchy_priced {
    const weft_hierarchy *hierarchy; /* shared, see weft_hierarchy_keep; once turned its own */
    uint64_t chip;                   /* the id of the chip that it is of */
    uint64_t id;                     /* equal chips have equal ones; never 0 */
    weft_precision own;              /* for operands of the chip's own bits */
    weft_pricing pricing;            /* behind it */
    struct weft_turning *turning;    /* hierarchy_turn.c; NULL: it was never turned */
} weft_hierarchy_priced;

weft_status weft_hierarchy_estimate(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                    weft_total *total, weft_error *error) WEFT_NODISCARD;
weft_status weft_hierarchy_cost_create(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                       weft_cost **cost, weft_error *error) WEFT_NODISCARD;

/* The chip as the layers of class c see it, once check_prices has priced it. */
const weft_precision *weft_hierarchy_precision(const weft_hierarchy_priced *priced,
                                               const weft_loop_work *work, int32_t c);

/* Seconds in which the weights of a layer are written that has been counted. */
double weft_hierarchy_loading(const weft_hierarchy *h, const weft_precision *price,
                              const weft_loop_work *work, int32_t l);

/* Whether a part that leaks so much does it on the account of layers. Where these overlap, what is not
 * gated leaks on its own account. */
static inline bool weft_hierarchy_leaks(const weft_hierarchy *h, int part, double leak_w) {
    return leak_w > 0 && (h->execution == WEFT_EXECUTION_LAYERS || h->roles[part].gated);
}

/* Layer l once more after an estimate, for who asks what stands behind its figures: its loops are in
 * work->spread, its actions in work->counts, its times in work->costs[l]. Of equal layers the first
 * is asked (weft_loop_layer.same). */
weft_status weft_hierarchy_layer(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                 int32_t l, weft_error *error) WEFT_NODISCARD;

/* Copies of each level that are powered, on the average over a layer: all, or inside a gated level
 * those of `used` (weft_spread), which fill the chip in so many rounds where it has fewer. */
void weft_hierarchy_powered(const weft_hierarchy *h, const weft_precision *price,
                            const double *used, double rounds, double powered[WEFT_MAX_LEVELS]);

/* What a part leaks while the chip waits, in W: nothing where it is gated. */
double weft_hierarchy_idle(const weft_hierarchy_priced *priced, int part);

/* The limits on power, its density and area: WEFT_ERROR_INFEASIBLE with the reason. */
weft_status weft_hierarchy_check(const weft_hierarchy_priced *priced, const weft_total *sum,
                                 weft_error *error) WEFT_NODISCARD;

#endif
