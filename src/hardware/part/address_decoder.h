/* SPDX-License-Identifier: Apache-2.0
 *
 * The decoder that selects one of `ways` pass gates: pairs of address bits are decoded by NAND
 * gates, more than two bits by NOR gates behind them, and each output enables its pass gates.
 * Control logic switches at one clock in twenty. Source: NeuroSim V1.3, RowDecoder. */
#ifndef WEFT_HARDWARE_ADDRESS_DECODER_H
#define WEFT_HARDWARE_ADDRESS_DECODER_H

#include "hardware/part/cmos.h"

typedef struct weft_decoder {
    double energy; /* J a selection */
    double area;   /* m2 */
    double leak;   /* W */
} weft_decoder;

weft_decoder weft_decoder_of(const weft_cmos *tech, double ways);

/* Share of clocks at which control logic switches. */
#define WEFT_CONTROL_ACTIVITY 0.05

#endif
