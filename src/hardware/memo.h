/* SPDX-License-Identifier: Apache-2.0
 *
 * What a workload has worked out before, on any chip and for any network: statistics of operands, and
 * counts of layers. An answer depends on nothing but what it is asked for by, and keys are compared
 * as a whole, so results are the same whether they were kept or not. A new answer takes the place of
 * an old one. */
#ifndef WEFT_HARDWARE_MEMO_H
#define WEFT_HARDWARE_MEMO_H

#include "hardware/loop_work.h"

/* NULL without memory. */
struct weft_statistic_memo *weft_statistic_memo_create(void);
void weft_statistic_memo_destroy(struct weft_statistic_memo *memo);

/* After addresses of histograms have come to stand for others. */
void weft_statistic_memo_clear(struct weft_statistic_memo *memo);

/* The statistics of a layer's operands on a chip: weft_operand_statistics. */
void weft_statistic_memo_find(struct weft_statistic_memo *memo, const weft_loop_layer *layer,
                              const weft_precision *price, double statistics[WEFT_STATISTIC_COUNT]);

struct weft_count_memo *weft_count_memo_create(void);
void weft_count_memo_destroy(struct weft_count_memo *memo);

/* What counting gave for such a layer with so many copies on a chip of this structure, into *kept;
 * its reads and writes as well, unless kept->reads is NULL. False: not known. */
bool weft_count_memo_find(const struct weft_count_memo *memo, const weft_hierarchy *h,
                          const weft_precision *price, const weft_loop_layer *layer, double copies,
                          weft_kept *kept);

/* Keeps it. */
void weft_count_memo_put(struct weft_count_memo *memo, const weft_hierarchy *h,
                         const weft_loop_layer *layer, const weft_kept *kept);

#endif
