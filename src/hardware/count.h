/* SPDX-License-Identifier: Apache-2.0
 *
 * How often the parts of a hierarchical chip act for one layer: count.c. */
#ifndef WEFT_HARDWARE_COUNT_H
#define WEFT_HARDWARE_COUNT_H

#include "hardware/nest.h"

typedef struct weft_counts {
    double steps;       /* of the arrays, one after the other */
    double cells;       /* that hold a weight slice */
    double weight_bits; /* that come in from outside, each time that weights do */
    double reads[WEFT_MAX_PARTS], writes[WEFT_MAX_PARTS];
    double used[WEFT_MAX_PARTS]; /* copies of the part's level in use */
    bool fits;                   /* no buffer's tile takes more than its capacity */
} weft_counts;

/* Fills the levels from the inside out. False when what must fit does not: `needed` copies of level
 * *at would be necessary. */
bool weft_spread_layer(const weft_hierarchy *h, const weft_precision *price,
                       const weft_loop_sizes *loops, weft_fill_memo *memo, weft_spread *spread,
                       int *at, double *needed);

/* The copies in use of each level from its factors, and which factors there are; as
 * weft_spread_layer. */
bool weft_spread_measure(const weft_hierarchy *h, const weft_precision *price, weft_spread *spread,
                         int *at, double *needed);

/* Copies of the weights in arrays of their own: the factors of N, P and Q down to the level of the
 * arrays. */
double weft_spread_copies(const weft_spread *spread, int array_level);

/* Words of so many bits that a part moves: reads that weights take of a part which carries them. */
double weft_count_words(double bits, double word);

/* With the loops in time where `nest` has them. */
void weft_count_nest(const weft_hierarchy *h, const weft_precision *price,
                     const weft_loop_sizes *loops, const weft_spread *spread, const weft_nest *nest,
                     weft_counts *counts);

/* The same with the nest of nest.c. */
void weft_count_layer(const weft_hierarchy *h, const weft_precision *price,
                      const weft_loop_sizes *loops, const weft_spread *spread, weft_counts *counts);

#endif
