/* SPDX-License-Identifier: Apache-2.0
 *
 * A register of D flip-flops, each 12 inverters wide; half of their inputs rise at a clock. Reading
 * and writing are the same action: a clock.
 *
 *   E = 0.5 V^2 (8 C_in + 10 C_out) bits
 *   A = 12 x 7.6 F x 28 F bits (FinFETs: inverters 10.6 F wide)
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
    weft_logic block = weft_logic_register(tech, values[BITS]);
    weft_logic_price(&block, terms, price);
    price->write_j[WEFT_STATISTIC_ONE] = price->read_j[WEFT_STATISTIC_ONE];
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_register = {
    .name = "register",
    .text = "flip-flops; an action is a clock",
    .equation = "E = 0.5 V^2 (8 C_in + 10 C_out) bits\n"
                "A = 2553.6 F^2 bits (FinFETs: 3561.6 F^2)",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
