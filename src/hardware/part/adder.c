/* SPDX-License-Identifier: Apache-2.0
 *
 * A ripple-carry adder, nine NAND gates a bit.
 *
 *   E = 0.15 V^2 (14 C_in + 7 C_out + (bits - 1) (13 C_in + 7 C_out))
 *   A = 9 x 11.4 F x 28 F bits (FinFETs: gates 15.9 F wide)
 *
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 1 to 64 bits, 300 K. Source: logic.h. */
#include "hardware/part/logic.h"

enum {
    BITS = WEFT_CMOS_FIELD_COUNT,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_BITS,
};

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_logic block = weft_logic_adder(tech, values[BITS]);
    weft_logic_price(&block, terms, price);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_adder = {
    .name = "adder",
    .text = "a ripple-carry adder",
    .equation = "E = 0.15 V^2 (14 C_in + 7 C_out + (bits - 1) (13 C_in + 7 C_out))\n"
                "A = 2872.8 F^2 bits (FinFETs: 4006.8 F^2)",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
