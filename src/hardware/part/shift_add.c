/* SPDX-License-Identifier: Apache-2.0
 *
 * Adds a partial sum to what came before, shifted: an adder and a shift register.
 *
 *   E = E_adder(bits) + E_register(bits + shift_bits)
 *   A = A_adder(bits) + A_register(bits + shift_bits)
 *
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 1 to 64 bits, 300 K. Source: logic.h. */
#include "hardware/part/logic.h"

enum {
    BITS = WEFT_CMOS_FIELD_COUNT,
    SHIFT_BITS,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_BITS,
    {"shift_bits", WEFT_DIMENSION_NONE, NAN, 1, 4096, 1, 128, NULL,
     "bits of the shift register beside the adder's own"},
};

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_logic add = weft_logic_adder(tech, values[BITS]);
    weft_logic shift = weft_logic_register(tech, values[BITS] + values[SHIFT_BITS]);
    weft_term(terms, "E_add", "J", "of the adder", add.energy);
    weft_term(terms, "E_shift", "J", "of the shift register", shift.energy);
    weft_logic block = {.energy = add.energy + shift.energy,
                        .area = add.area + shift.area,
                        .leak = add.leak + shift.leak,
                        .delay = add.delay};
    weft_logic_price(&block, terms, price);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_shift_add = {
    .name = "shift-add",
    .text = "an adder with its shift register",
    .equation = "E = E_adder(bits) + E_register(bits + shift_bits)\n"
                "A = A_adder(bits) + A_register(bits + shift_bits)",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
