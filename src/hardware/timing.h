/* SPDX-License-Identifier: Apache-2.0
 *
 * How long each layer takes for an output pixel, and what it waits for. */
#ifndef WEFT_HARDWARE_TIMING_H
#define WEFT_HARDWARE_TIMING_H

#include "hardware/price.h"
#include "hardware/workload.h"

/* Fills workload->times and workload->pipes from its places. */
void weft_time_workload(const weft_priced *priced, weft_workload *workload);

/* Output pixels of each class: first, rest of the first row, first of later rows, others. */
void weft_pixels_by_class(const weft_hw_layer *layer, int64_t count[WEFT_PIPE_CLASSES]);

#endif
