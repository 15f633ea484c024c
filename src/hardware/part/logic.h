/* SPDX-License-Identifier: Apache-2.0
 *
 * Digital blocks of standard cells that more than one class is made of.
 * Source: NeuroSim V1.3 (Adder, DFF) in accelergy-neurosim-plug-in@bf874bc; activities as it is
 * validated there: adders switch at 15 % of their inputs, registers at half of their clocks. */
#ifndef WEFT_HARDWARE_LOGIC_H
#define WEFT_HARDWARE_LOGIC_H

#include "hardware/part/cmos.h"

typedef struct weft_logic {
    double energy; /* J an action */
    double area;   /* m2 */
    double leak;   /* W */
    double delay;  /* s */
} weft_logic;

/* A ripple-carry adder of so many bits, nine NAND gates a bit. */
weft_logic weft_logic_adder(const weft_cmos *tech, double bits);

/* So many flip-flops of which half see an input that rises; their delay is a clock's, not theirs. */
weft_logic weft_logic_register(const weft_cmos *tech, double bits);

/* Puts a block's figures in a price. */
void weft_logic_price(const weft_logic *block, weft_terms *terms, weft_part_price *price);

/* Field of a block's width. */
#define WEFT_FIELD_BITS                                                                            \
    { "bits", WEFT_DIMENSION_NONE, NAN, 1, 4096, 1, 64, NULL, "bits of an operand" }

#endif
