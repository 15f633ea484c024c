/* SPDX-License-Identifier: Apache-2.0
 *
 * What the reference's search for a mapping costs where it ends early: refetch.c. */
#ifndef WEFT_HARDWARE_REFETCH_H
#define WEFT_HARDWARE_REFETCH_H

#include "hardware/count.h"

/* How often each weight of a layer is fetched and written in the mapping at which the reference's
 * search stops: 1 in the best one. `capacity`: bits of the buffer above the arrays, that inputs and
 * outputs share; `patience`: draws in a row without a better one that end it. */
double weft_refetches(const weft_hierarchy *h, const weft_precision *price,
                      const weft_loop_sizes *loops, const weft_spread *spread, double capacity,
                      double patience);

/* The same on all that fetches and writes weights; nothing where the chip has no `search`. */
void weft_refetch(const weft_hierarchy *h, const weft_precision *price,
                  const weft_loop_sizes *loops, const weft_spread *spread, weft_counts *counts);

#endif
