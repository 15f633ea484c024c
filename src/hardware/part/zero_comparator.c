/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells that an operand is zero, so that its row need not act: two-input gates in a tree, one fewer
 * than bits, NOR and NAND in turn. A gate is charged when its inputs change from zero.
 *
 *   E = (bits - 1) (2 C_in + C_out) V^2 input_toggle
 *   A = (bits - 1) A_gate
 *
 * For the comparators of published chips see comparator and datapath.
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 2 to 64 bits, 300 K. Source: gates of cmos.h. */
#include "hardware/part/logic.h"

enum { BITS = WEFT_CMOS_FIELD_COUNT };

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_BITS,
};

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_standard_gate nor = weft_cmos_standard(tech, WEFT_GATE_NOR, 2, weft_cmos_nor(tech, 2));
    weft_standard_gate nand = weft_cmos_standard(tech, WEFT_GATE_NAND, 2, weft_cmos_nand(tech));
    double gates = weft_term(terms, "gates", "1", "bits - 1", fmax(values[BITS] - 1, 1));
    double caps = weft_term(terms, "C_gate", "F", "2 C_in + C_out, mean of NOR2 and NAND2",
                            nor.input + nand.input + (nor.output + nand.output) / 2);
    price->read_j[WEFT_STATISTIC_INPUT_TOGGLE] = gates * caps * tech->vdd * tech->vdd;
    price->area_m2 = gates * (nor.area + nand.area) / 2;
    price->leak_w = gates * (nor.leak + nand.leak) / 2;
    double up = 2 * weft_cmos_resistance(tech, weft_cmos_nor(tech, 2).p, WEFT_CHANNEL_P);
    double levels = ceil(log2(fmax(values[BITS], 2)));
    price->read_s = 0.69 * levels * up * (nor.output + nand.input);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_zero_comparator = {
    .name = "zero-comparator",
    .text = "gates that tell a zero operand",
    .equation = "E = (bits - 1) (2 C_in + C_out) V^2 input_toggle\n"
                "A = (bits - 1) A_gate",
    .source = "gates of NeuroSim V1.3's transistors",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
