/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranks, of samples with repeats too. */
#ifndef WEFT_TRANSFER_RANK_H
#define WEFT_TRANSFER_RANK_H

#include <weft/transfer.h>

/* Writes the order of n finite values to `order` (n): places, the least value first. */
void weft_order(const double *values, int n, int *order);

/* Average ranks of n values of which value i is there count[i] times (NULL: once), from their order:
 * equal values share the mean of their ranks. */
void weft_average_ranks(const double *values, const int *order, const int *count, int n,
                        double *ranks);

/* The correlation of two lists whose members are there count[i] times (NULL: once); NaN where one side
 * is constant. */
double weft_counted_correlation(const double *a, const double *b, const int *count, int n);

#endif
