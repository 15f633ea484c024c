/* SPDX-License-Identifier: Apache-2.0
 *
 * A clock tree, for one cycle: an H over the region, a buffer chain, and the clock inputs of its
 * registers. The registers' own energy is paid where they are counted.
 *   leaves = max(1, registers / registers_a_leaf),  k = log2(leaves) / 2 levels
 *   l = 1.5 sqrt(area) (2^k - 1)           an H of 1.5 sides, twice as many of half the side, ...
 *   E = active V^2 4/3 (c l + 2 registers C_gate)
 * Buffers of fan-out 4 add a third to what they drive (1/4 + 1/16 + ...). `active` is the share of
 * cycles in which the clock is not gated. No area: the buffers are small beside what they clock.
 *
 * Source: geometry of the H tree as in E. G. Friedman, Proc. IEEE 89 (2001) 665; fan-out 4 as in
 * N. Weste, D. Harris, CMOS VLSI Design (2010), 4.5; c = 2e-10 F/m as in wire.c, two inverter gates
 * a register of the node table (cmos.h). */
#include "hardware/part/cmos.h"

enum { REGION = WEFT_CMOS_FIELD_COUNT, REGISTERS, LEAF, ACTIVE };

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    {"region", WEFT_DIMENSION_AREA, NAN, 0, 1, 0, 1e-3, NULL, "area that the tree spans"},
    {"registers", WEFT_DIMENSION_DATA, NAN, 0, 1e12, 1, 1e8, NULL, "register bits that it clocks"},
    {"registers_a_leaf", WEFT_DIMENSION_DATA, 64, 1, 1e6, 8, 1024, NULL,
     "register bits a leaf drives"},
    {"active", WEFT_DIMENSION_NONE, 1, 0, 1, 0, 1, NULL, "share of cycles that are not gated"},
};

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    double leaves = fmax(1, values[REGISTERS] / values[LEAF]);
    double length = weft_term(terms, "l", "m", "1.5 sqrt(area) (2^k - 1)",
                              1.5 * sqrt(values[REGION]) * (sqrt(leaves) - 1));
    weft_widths widths = weft_cmos_inverter(tech);
    weft_standard_gate gate = weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, widths);
    double wire = weft_term(terms, "C_wire", "F", "c l", 2e-10 * length);
    double inputs = weft_term(terms, "C_registers", "F", "2 registers C_gate",
                              2 * values[REGISTERS] * gate.input);
    price->read_j[WEFT_STATISTIC_ONE] = values[ACTIVE] * tech->vdd * tech->vdd * 4 / 3 *
                                        (wire + inputs);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_clock_tree = {
    .name = "clock-tree",
    .text = "clock tree of a region, a cycle",
    .equation = "E = active V^2 4/3 (c l + 2 registers C_gate), "
                "l = 1.5 sqrt(area) (sqrt(registers / registers_a_leaf) - 1)",
    .source = "Friedman, Proc. IEEE 2001; Weste and Harris 2010; NeuroSim V1.3 (wire, gates)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
