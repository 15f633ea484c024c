/* SPDX-License-Identifier: Apache-2.0
 *
 * Logic as a list of gates (gates.h): so many NANDs, XORs, adders, flip-flops and 1-bit
 * multipliers, of which `depth` NAND delays lie one after the other. */
#include "hardware/part/gates.h"

enum {
    NANDS = WEFT_GATE_FIELD_COUNT,
    XORS,
    HALF_ADDERS,
    FULL_ADDERS,
    FLIP_FLOPS,
    MULTIPLIERS,
    DEPTH,
};

#define COUNT(name, text)                                                                          \
    { name, WEFT_DIMENSION_NONE, 0, 0, 1e12, 0, 1e9, NULL, text }

static const weft_part_field FIELDS[] = {
    WEFT_GATE_FIELDS,
    COUNT("nands", "NAND or NOR gates"),
    COUNT("xors", "XOR gates"),
    COUNT("half_adders", "half adders"),
    COUNT("full_adders", "full adders"),
    COUNT("flip_flops", "flip-flops"),
    COUNT("multipliers", "1-bit multipliers"),
    {"depth", WEFT_DIMENSION_NONE, 0, 0, 1e6, 0, 1e3, NULL, "NAND delays one after the other"},
};

void weft_gates_price(const double *values, double areas, double caps, double delays,
                      weft_terms *terms, weft_part_price *price) {
    double shrink =
        weft_term(terms, "node_factor", "1", "node / 28 nm", values[WEFT_GATE_NODE] / 28e-9);
    double volts = values[WEFT_GATE_VOLTAGE];
    weft_term(terms, "gates_area", "1", "area in NANDs", areas);
    weft_term(terms, "gates_cap", "1", "capacitance in NANDs", caps);
    weft_term(terms, "gates_delay", "1", "delay in NANDs", delays);
    price->area_m2 = areas * values[WEFT_GATE_AREA] * shrink;
    price->read_j[WEFT_STATISTIC_ONE] = caps * values[WEFT_GATE_CAPACITANCE] * volts * volts *
                                        values[WEFT_GATE_ACTIVITY] * shrink;
    price->read_s = delays * values[WEFT_GATE_DELAY];
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double areas = values[NANDS] + values[MULTIPLIERS] + values[XORS] * WEFT_GATE_XOR_AREA +
                   values[HALF_ADDERS] * WEFT_GATE_HALF_ADDER_AREA +
                   values[FULL_ADDERS] * WEFT_GATE_FULL_ADDER_AREA +
                   values[FLIP_FLOPS] * WEFT_GATE_FLIP_FLOP_AREA;
    double caps = values[NANDS] + values[MULTIPLIERS] * WEFT_GATE_MULTIPLIER_CAP +
                  values[XORS] * WEFT_GATE_XOR_CAP +
                  values[HALF_ADDERS] * WEFT_GATE_HALF_ADDER_CAP +
                  values[FULL_ADDERS] * WEFT_GATE_FULL_ADDER_CAP +
                  values[FLIP_FLOPS] * WEFT_GATE_FLIP_FLOP_CAP;
    weft_gates_price(values, areas, caps, values[DEPTH], terms, price);
}

const weft_part_class weft_part_gates = {
    .name = "gates",
    .text = "logic as a list of gates",
    .equation = "area = (NAND + MUL + 2.4 XOR + 3.4 HA + 7.8 FA + 6 FF) A_g node / 28 nm\n"
                "energy = (NAND + 0.5 MUL + 1.5 XOR + 2.5 HA + 6 FA + 3 FF) C_g V^2 node / 28 nm\n"
                "delay = depth t_g",
    .source = WEFT_GATE_SOURCE,
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
