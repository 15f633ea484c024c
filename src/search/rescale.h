/* SPDX-License-Identifier: Apache-2.0
 * Objectives as a Gaussian process likes them. */
#ifndef WEFT_SEARCH_RESCALE_H
#define WEFT_SEARCH_RESCALE_H

#include <stddef.h>

/* Writes to `targets` n values in the same order with equal ones equal, 0 in the middle and about 1 off
 * it; the lower half keeps its distances. `room` (n) is worked in. */
void weft_rescale(const double *values, size_t n, double *targets, double *room);

#endif
