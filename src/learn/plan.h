/* SPDX-License-Identifier: Apache-2.0
 *
 * Planning of memory: every buffer of a training step claims its size and the moments from which to
 * which it is alive; claims that are never alive together may share the same bytes. */
#ifndef WEFT_LEARN_PLAN_H
#define WEFT_LEARN_PLAN_H

#include "base/error.h"

typedef struct weft_claim {
    size_t size;     /* bytes */
    int first, last; /* moments, both included */
    size_t offset;   /* result, a multiple of 64 */
} weft_claim;

typedef struct weft_plan {
    weft_claim *claims;
    int n, capacity;
    size_t size; /* bytes that all claims need together */
} weft_plan;

/* Adds a claim; *index is its place in `claims`. */
weft_status weft_plan_claim(weft_plan *plan, size_t size, int first, int last, int *index,
                            weft_error *error) WEFT_NODISCARD;

/* Lengthens a claim so that it is alive at `moment`. */
void weft_plan_extend(weft_plan *plan, int index, int moment);

/* Gives every claim its offset: the largest first, each at the lowest place that is free during its
 * whole life ("greedy by size": Pisarchyk and Lee, "Efficient memory management for deep neural net
 * inference", 2020, section 5.2). WEFT_ERROR_MEMORY where their ends cannot be counted. */
weft_status weft_plan_place(weft_plan *plan, weft_error *error) WEFT_NODISCARD;

void weft_plan_destroy(weft_plan *plan);

#endif
