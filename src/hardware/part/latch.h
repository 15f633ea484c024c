/* SPDX-License-Identifier: Apache-2.0
 *
 * The storage of an SRAM bit, as cells of several kinds have it: two inverters in a loop behind two
 * access transistors. Widths in F.
 * Source: NeuroSim V1.3 (SubArray, CalculateGateLeakage) in accelergy-neurosim-plug-in@bf874bc. */
#ifndef WEFT_HARDWARE_LATCH_H
#define WEFT_HARDWARE_LATCH_H

#include "hardware/part/array_lines.h"

typedef struct weft_latch {
    double nmos, pmos, access; /* F, widths of pull-down, pull-up and access transistors */
} weft_latch;

/* Capacitance of one storage node in F: drains of an inverter and an access transistor, gates of the
 * other inverter. Drains are laid out across the width of a cell, `cell_width` F. */
double weft_latch_node(const weft_cmos *tech, weft_latch latch, double cell_width);

/* Leakage in W: of each inverter one transistor is off. */
double weft_latch_leak(const weft_cmos *tech, weft_latch latch);

/* Energy in J of a current that flows from the bit line through the access transistor and the bit
 * line's wire for `time` s at `voltage`; 0 where there is no time or no transistor. */
double weft_latch_current(const weft_cmos *tech, weft_latch latch, const weft_lines *lines,
                          double voltage, double time);

#define WEFT_FIELD_NMOS_WIDTH                                                                      \
    {                                                                                              \
        "nmos_width", WEFT_DIMENSION_NONE, 2, 0.1, 1000, 1, 20, NULL,                              \
            "width of the pull-down transistors of an SRAM bit in F"                               \
    }
#define WEFT_FIELD_PMOS_WIDTH                                                                      \
    {                                                                                              \
        "pmos_width", WEFT_DIMENSION_NONE, 1, 0.1, 1000, 1, 20, NULL,                              \
            "width of the pull-up transistors of an SRAM bit in F"                                 \
    }

#endif
