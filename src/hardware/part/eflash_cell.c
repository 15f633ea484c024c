/* SPDX-License-Identifier: Apache-2.0
 *
 * A split-gate NOR flash cell whose floating gate sets its read current. Equations and units: resistive.h.
 *
 * Defaults: analog array of 55 nm ESF3 cells, X. Guo et al., arXiv:1611.03379: 0.33 um2 = 109 F2, up
 * to 1 uA and three decades below (1 V over 1 Mohm to 1 Gohm). 14 us a program and 1e5 writes as in
 * data sheets of the same maker (SST39SF); 45 pJ a program is assumed (1 uA at 4.5 V for 10 us). */
#include "hardware/part/resistive.h"

static const weft_part_field FIELDS[] = {
    WEFT_RESISTIVE_FIELDS(109, WEFT_ACCESS_NONE, 1, 0, 1e6, 1e5, 1e8, 1e9, 1e7, 1e12, 1, 4.5, 14e-6,
                          45e-12, 1e5),
};

const weft_part_class weft_part_eflash_cell = {
    .name = "eflash-cell",
    .text = "an embedded flash cell; an action reads it in one column",
    .equation = WEFT_RESISTIVE_EQUATION,
    .source = "X. Guo et al., arXiv:1611.03379; SST39SF data sheet; equations as of rram-cell",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = weft_resistive_price,
};
