/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the largest of a window: comparators in a tree, bit by bit from the top, with the gates that
 * pass the larger value on. On average half of the bits are compared.
 *
 *   comparators = sum over levels of floor(window / 2^level), one more for an odd window
 *   E = 0.05 V^2 comparators (gates of the control + bits / 2 of a bit's comparator)
 *   a bit's comparator: 4 inverters, 4 NAND2, 3 NAND3
 *   A = comparators (bits (comparator + 5 inverters) + 7 inverters + NAND2 + NOR2 + NOR of all bits)
 *
 * Leakage is that of one inverter a comparator: the source counts no more.
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 1 to 32 bits, windows of 2 to 64, 300 K.
 * Source: NeuroSim V1.3 (MaxPooling, Comparator) in accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/address_decoder.h"
#include "hardware/part/logic.h"

enum {
    BITS = WEFT_CMOS_FIELD_COUNT,
    WINDOW,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_BITS,
    {"window", WEFT_DIMENSION_NONE, NAN, 1, 65536, 2, 64, NULL, "values of a window"},
};

typedef struct gates {
    weft_standard_gate inverter, nand2, nand3, nor2, nor_all;
} gates;

static gates size_gates(const weft_cmos *tech, int bits) {
    double f = tech->f;
    weft_widths nand3 = weft_cmos_grown(tech, (weft_widths){.n = 6 * f, .p = 2 * tech->ratio * f});
    return (gates){
        .inverter = weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, weft_cmos_inverter(tech)),
        .nand2 = weft_cmos_standard(tech, WEFT_GATE_NAND, 2, weft_cmos_nand(tech)),
        .nand3 = weft_cmos_standard(tech, WEFT_GATE_NAND, 3, nand3),
        .nor2 = weft_cmos_standard(tech, WEFT_GATE_NOR, 2, weft_cmos_nor(tech, 2)),
        .nor_all = weft_cmos_standard(tech, WEFT_GATE_NOR, bits, weft_cmos_nor(tech, bits)),
    };
}

static double both(const weft_standard_gate *gate) {
    return gate->input + gate->output;
}

static double comparators_of(double window) {
    double n = fmod(window, 2);
    for (double left = floor(window / 2); left >= 1; left = floor(left / 2)) {
        n += left;
    }
    return n;
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    double bits = values[BITS];
    gates g = size_gates(tech, (int)bits);
    double n = weft_term(terms, "comparators", "1", "of a tree over the window",
                         comparators_of(values[WINDOW]));
    double control = g.nand2.input + g.nor2.input + g.nor_all.input + 3 * g.inverter.output +
                     2 * both(&g.inverter);
    double bit = 4 * both(&g.inverter) + 4 * both(&g.nand2) + 3 * both(&g.nand3);
    weft_term(terms, "C_control", "F", "gates around a comparator", control);
    weft_term(terms, "C_bit", "F", "4 inverters, 4 NAND2, 3 NAND3", bit);
    double bit_area = 9 * g.inverter.area + 4 * g.nand2.area + 3 * g.nand3.area;
    weft_logic pool = {
        .energy = WEFT_CONTROL_ACTIVITY * tech->vdd * tech->vdd * n * (control + bit * bits / 2),
        .area = n * (bits * bit_area + 7 * g.inverter.area + g.nand2.area + g.nor2.area +
                     g.nor_all.area),
        .leak = n * g.inverter.leak,
    };
    weft_logic_price(&pool, terms, price);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_max_pool = {
    .name = "max-pool",
    .text = "a max pooling unit; an action finds the largest of a window",
    .equation = "E = 0.05 V^2 comparators (C_control + C_bit bits / 2)\n"
                "A = comparators (bits A_bit + A_control)",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
