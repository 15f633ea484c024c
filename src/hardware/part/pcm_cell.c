/* SPDX-License-Identifier: Apache-2.0
 *
 * A phase-change cell behind a transistor. Equations and units: resistive.h.
 *
 * Defaults: B. C. Lee et al., ISCA 2009 (as in NVSim): 9 F2, 1 kohm to 1 Mohm, set 150 ns and
 * 13.5 pJ, reset 19.2 pJ (their mean is taken), 1e8 writes. A write melts the cell, so its energy
 * is the published one. The read voltage of 0.1 V is an assumption for multi-row reads. */
#include "hardware/part/resistive.h"

static const weft_part_field FIELDS[] = {
    WEFT_RESISTIVE_FIELDS(9, WEFT_ACCESS_CMOS, 2, 20e3, 1e3, 1e3, 1e6, 1e6, 1e5, 1e8, 0.1, 1,
                          150e-9, 16.35e-12, 1e8),
};

const weft_part_class weft_part_pcm_cell = {
    .name = "pcm-cell",
    .text = "a PCM cell; an action reads it in one column",
    .equation = WEFT_RESISTIVE_EQUATION,
    .source = "B. C. Lee et al., ISCA 2009; equations as of rram-cell",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = weft_resistive_price,
};
