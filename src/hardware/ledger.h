/* SPDX-License-Identifier: Apache-2.0
 *
 * What the layers of a workload take of the parts of a chip, as rows of numbers: one row for each
 * coefficient that a price has, one column for each layer that differs. While nothing that counting
 * reads has changed, another price costs a product of each row with its coefficient. Sums run in the
 * order of a layer that is worked out alone, so that both give the same to the last bit. */
#ifndef WEFT_HARDWARE_LEDGER_H
#define WEFT_HARDWARE_LEDGER_H

#include "hardware/hierarchy_cost.h"

/* Room for so many layers; NULL without memory. */
struct weft_ledger *weft_ledger_create(int32_t room);
void weft_ledger_destroy(struct weft_ledger *ledger);

/* The layers of the workload are new: columns for those that differ. */
void weft_ledger_begin(struct weft_ledger *ledger, weft_loop_work *work);

typedef enum weft_ledger_state {
    WEFT_LEDGER_NEW,   /* it is of something else: layers are worked out one by one */
    WEFT_LEDGER_FILLS, /* the same for the second time: and put into it */
    WEFT_LEDGER_HOLDS, /* it knows them */
} weft_ledger_state;

/* What is to be done for a chip. The copies of the layers are known (resident, reload). */
weft_ledger_state weft_ledger_look(const weft_hierarchy_priced *priced, weft_loop_work *work);

/* Takes layer l in, whose counts are in work->counts; after the last one the ledger holds. */
void weft_ledger_put(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t l);
void weft_ledger_close(struct weft_ledger *ledger);

/* Energy and times of all layers that differ, into work->costs. */
void weft_ledger_price(const weft_hierarchy_priced *priced, weft_loop_work *work);

#endif
