/* SPDX-License-Identifier: Apache-2.0
 *
 * A spin-transfer-torque magnetic tunnel junction behind a transistor. Equations and units: resistive.h.
 *
 * Defaults: STT-RAM cell of NVSim: 54 F2, 3 to 6 kohm, 0.25 V, 80 uA for 10 ns, 1 pJ a write.
 * Junctions lie between 1 and 100 kohm with a ratio of resistances of 1.5 to 4. 1e12 writes are
 * assumed, as makers of STT-MRAM claim. */
#include "hardware/part/resistive.h"

static const weft_part_field FIELDS[] = {
    WEFT_RESISTIVE_FIELDS(54, WEFT_ACCESS_CMOS, 8, 20e3, 3e3, 1e3, 1e5, 6e3, 1.5e3, 4e5, 0.25, 0.4,
                          10e-9, 1e-12, 1e12),
};

const weft_part_class weft_part_mram_cell = {
    .name = "mram-cell",
    .text = "an MRAM cell; an action reads it in one column",
    .equation = WEFT_RESISTIVE_EQUATION,
    .source =
        "NVSim STT-RAM cell (X. Dong et al., IEEE TCAD 31 (2012) 994); equations as of rram-cell",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = weft_resistive_price,
};
