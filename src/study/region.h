/* SPDX-License-Identifier: Apache-2.0
 *
 * A region of the chip that the genes of the hardware turn. */
#ifndef WEFT_STUDY_REGION_H
#define WEFT_STUDY_REGION_H

#include "study/problem.h"

/* A gene that turns the chip: which knob, and what its values mean there. Several genes may turn one
 * knob, of which one at most is active (a supply for each node). */
typedef struct weft_turned {
    int gene, knob;
    double *means; /* of each choice, in the knob's unit; NULL: the value itself, times */
    double scale;  /* what its unit is of the knob's */
} weft_turned;

/* A part of the chip with arrays of its own. */
typedef struct weft_region {
    const weft_space *space; /* borrowed */
    weft_priced *priced;
    int n_knobs, n_turns;
    weft_knob *knobs;
    double *bases;  /* (n_knobs) as the chip's file says, for a genome that leaves them open */
    double *values; /* (n_knobs) at hand */
    weft_turned *turns;
} weft_region;

/* Prices a chip for region r of a space, which has the values of the first region but for what its
 * own genes set. WEFT_ERROR_INPUT, with the gene and the space, where the chip does not know what a
 * gene sets, or two that do not exclude each other set the same. What was made is freed with
 * weft_region_free, after an error too. */
weft_status weft_region_create(const weft_space *space, const weft_chip *chip, int r,
                               weft_region *region, weft_error *error) WEFT_NODISCARD;
void weft_region_free(weft_region *region);

/* Turns each gene to both ends of its values, the others at their first or as `fixed` says (genes; NaN
 * or NULL: not fixed). WEFT_ERROR_INPUT, with the gene and the value, where the chip does not take
 * one. */
weft_status weft_region_check(weft_region *region, const double *fixed,
                              weft_error *error) WEFT_NODISCARD;

/* Turns it to a genome; what the genome leaves open stands as the chip's file says. A value that the
 * chip does not take is told with its gene. */
weft_status weft_region_turn(weft_region *region, const double *genome,
                             weft_error *error) WEFT_NODISCARD;

/* Whether a gene turns the region, and whether that may change where layers lie. */
bool weft_region_has(const weft_region *region, int gene, bool *structural);

#endif
