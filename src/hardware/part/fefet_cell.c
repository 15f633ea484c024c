/* SPDX-License-Identifier: Apache-2.0
 *
 * A ferroelectric transistor: its polarisation sets its threshold. Equations and units: resistive.h.
 *
 * Defaults are assumptions of the order of 28 nm FeFETs (M. Trentzsch et al., IEDM 2016): 240 kohm
 * to 24 Mohm in a cell of 20 F2 that needs no access transistor; 4 V for 50 ns; a write only charges
 * the gate, 10 fJ; 1e5 writes. */
#include "hardware/part/resistive.h"

static const weft_part_field FIELDS[] = {
    WEFT_RESISTIVE_FIELDS(20, WEFT_ACCESS_NONE, 1, 0, 240e3, 1e4, 1e7, 24e6, 1e6, 1e11, 0.1, 4,
                          50e-9, 10e-15, 1e5),
};

const weft_part_class weft_part_fefet_cell = {
    .name = "fefet-cell",
    .text = "a FeFET cell; an action reads it in one column",
    .equation = WEFT_RESISTIVE_EQUATION,
    .source = "M. Trentzsch et al., IEDM 2016, order of magnitude; equations as of rram-cell",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = weft_resistive_price,
};
