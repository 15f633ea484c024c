/* SPDX-License-Identifier: Apache-2.0
 *
 * Adds up so many operands pairwise: adders of one bit more at every level.
 *
 *   E = sum over the levels of floor(inputs / 2^level) E_adder(bits + level), area and leakage alike
 *
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 1 to 64 bits, 2 to 1024 inputs, 300 K.
 * Source: logic.h; levels as in accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/logic.h"

enum {
    BITS = WEFT_CMOS_FIELD_COUNT,
    INPUTS,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_BITS,
    {"inputs", WEFT_DIMENSION_NONE, NAN, 1, 65536, 2, 1024, NULL, "operands that are added"},
};

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_logic tree = {0, 0, 0, 0};
    double bits = values[BITS];
    for (double left = floor(values[INPUTS] / 2); left >= 1; left = floor(left / 2)) {
        bits += 1;
        weft_logic adder = weft_logic_adder(tech, bits);
        tree.energy += left * adder.energy;
        tree.area += left * adder.area;
        tree.leak += left * adder.leak;
        tree.delay += adder.delay;
    }
    weft_term(terms, "bits", "1", "of the last adder", bits);
    weft_logic_price(&tree, terms, price);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_adder_tree = {
    .name = "adder-tree",
    .text = "a tree of adders; an action adds all inputs",
    .equation = "E = sum over levels l of floor(inputs / 2^l) E_adder(bits + l); area alike",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
