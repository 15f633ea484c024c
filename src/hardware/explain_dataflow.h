/* SPDX-License-Identifier: Apache-2.0
 *
 * The explanation of loop orders: accounting `dataflow`. */
#ifndef WEFT_HARDWARE_EXPLAIN_DATAFLOW_H
#define WEFT_HARDWARE_EXPLAIN_DATAFLOW_H

#include "hardware/dataflow_chip.h"
#include "hardware/explain.h"

/* What the cycles of layer l are made of. */
void weft_explain_dataflow_cycles(const weft_question *question, int32_t depth,
                                  const weft_loop_work *work, int32_t l);

/* The order of its loops in time. */
void weft_explain_dataflow_order(const weft_question *question, int32_t depth,
                                 const weft_loop_work *work, int32_t l);

#endif
