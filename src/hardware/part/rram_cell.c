/* SPDX-License-Identifier: Apache-2.0
 *
 * A resistive RAM cell: a filament in an oxide, 1T1R or cross-point. Equations and units: resistive.h.
 *
 * Defaults: 1T1R cell of NeuroSim V1.3 as accelergy-neurosim-plug-in uses it (48 F2, 6 kohm to 900
 * kohm, 0.5 V, access transistor 195 kohm, written with 2 V in 50 ns). Published cells lie between 1
 * kohm and 10 Mohm; arrays survive 1e4 to 1e12 writes (H.-S. P. Wong et al., Proc. IEEE 100 (2012)
 * 1951), 1e6 is assumed. */
#include "hardware/part/resistive.h"

static const weft_part_field FIELDS[] = {
    WEFT_RESISTIVE_FIELDS(48, WEFT_ACCESS_CMOS, 10, 195e3, 6e3, 1e3, 1e6, 900e3, 5e3, 1e8, 0.5, 2,
                          50e-9, 0, 1e6),
};

const weft_part_class weft_part_rram_cell = {
    .name = "rram-cell",
    .text = "an RRAM cell; an action reads it in one column",
    .equation = WEFT_RESISTIVE_EQUATION,
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived; endurance: Proc. "
              "IEEE 100 (2012) 1951",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = weft_resistive_price,
};
