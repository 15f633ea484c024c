/* SPDX-License-Identifier: Apache-2.0
 *
 * The accounting `dataflow` of a hierarchical chip: its array and memories as dataflow.h wants them,
 * and what a layer counts there. */
#ifndef WEFT_HARDWARE_DATAFLOW_CHIP_H
#define WEFT_HARDWARE_DATAFLOW_CHIP_H

#include "hardware/dataflow.h"
#include "hardware/loop_work.h"

/* Room for the mappings of so many layers; NULL without memory. Freed with free. */
struct weft_dataflow_memo *weft_dataflow_memo_create(int32_t layers);

/* The machine that a chip is for a layer, and the layer. Needs the layer's statistics in its cost.
 * WEFT_ERROR_INPUT where the chip cannot be counted so. */
weft_status weft_dataflow_describe(const weft_hierarchy *h, const weft_precision *price,
                                   const weft_loop_work *work, int32_t l,
                                   weft_flow_machine *machine, weft_flow_layer *layer,
                                   weft_error *error) WEFT_NODISCARD;

/* Counts layer l in its best mapping, which is kept in the work for as long as chip and layer ask for
 * the same. WEFT_ERROR_INFEASIBLE where no order of the loops fits the memories. */
weft_status weft_dataflow_place(const weft_hierarchy *h, const weft_precision *price,
                                weft_loop_work *work, int32_t l, weft_kept *kept,
                                weft_error *error) WEFT_NODISCARD;

/* The mapping and cost of a layer as it was counted last; the work keeps them. */
const weft_flow_mapping *weft_dataflow_mapping(const weft_loop_work *work, int32_t l,
                                               const weft_flow_cost **cost);

/* The same as loops over the copies of levels, and in time. */
void weft_dataflow_spread(const weft_hierarchy *h, const weft_precision *price,
                          const weft_loop_work *work, int32_t l, weft_spread *spread);

#endif
