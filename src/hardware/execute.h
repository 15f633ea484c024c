/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the layers of a network lie on a hierarchical chip, and when each runs. */
#ifndef WEFT_HARDWARE_EXECUTE_H
#define WEFT_HARDWARE_EXECUTE_H

#include "hardware/hierarchy_cost.h"

/* Arrays of the whole chip. */
double weft_arrays_of(const weft_hierarchy *h, const weft_precision *price);

/* Cells of an array: units of a weight slice. */
double weft_cells_of_array(const weft_hierarchy *h, const weft_precision *price);

/* The loops of a layer with as many of its groups in an array, block by block down its diagonal, as
 * its rows and columns hold: sizes C and M grow, G shrinks. */
void weft_pack_groups(const weft_hierarchy *h, const weft_precision *price, weft_loop_sizes *loops);

/* Spreads a layer over arrays of its own: rows and columns as the levels say, the rest of its weights
 * over arrays, and `copies` of them over the rows, columns and images of its output. Returns the
 * arrays of one copy. */
double weft_spread_resident(const weft_hierarchy *h, const weft_precision *price,
                            const weft_loop_sizes *loops, weft_fill_memo *memo, double copies,
                            weft_spread *spread);

/* Gives out at most `arrays`: to those that must have so many, then to the slowest first where layers
 * run all at once (`together`), to where a copy saves most time an array where they run in turns.
 * False: these, and one copy of each other, do not fit. */
bool weft_allot_copies(weft_share *shares, int32_t n, double arrays, double limit, bool together);

#endif
