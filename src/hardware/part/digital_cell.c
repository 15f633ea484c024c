/* SPDX-License-Identifier: Apache-2.0
 *
 * A cell of digital CIM: SRAM bits and a gate that multiplies one of them with an input bit; adder
 * trees (adder-tree) take the products. Inputs return to zero between bits, so an input that is one
 * charges the gate's input and, where the weight is one, its output and its load.
 *
 *   E_mac  = (C_in input + (C_out + C_load) product) V^2     C_load: an input of the adder
 *   P_leak = of the bits and of the gate
 *   E_write = 2 C_cell V^2 + C_wl V^2 / columns              as of an SRAM bit (sram-cell)
 *   A      = cell_area F^2 cells_deep + A_gate
 *
 * `cells_deep` bits share a gate. Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 300 K.
 * Source: transistors as of cmos.h; the structure is that of Y.-D. Chih et al., ISSCC 2021, 16.4
 * (NOR gates as multipliers, adder trees). */
#include "hardware/part/latch.h"

enum {
    ROWS = WEFT_CMOS_FIELD_COUNT,
    COLUMNS,
    CELL_AREA,
    CELL_ASPECT,
    ACCESS_WIDTH,
    NMOS_WIDTH,
    PMOS_WIDTH,
    CAPACITANCE_SCALE,
    CAPACITANCE_ADD,
    CELLS_WIDE,
    CELLS_DEEP,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,           WEFT_FIELD_ROWS,        WEFT_FIELD_COLUMNS,
    WEFT_FIELD_CELL_AREA,       WEFT_FIELD_CELL_ASPECT, WEFT_FIELD_ACCESS_WIDTH,
    WEFT_FIELD_NMOS_WIDTH,      WEFT_FIELD_PMOS_WIDTH,  WEFT_FIELD_CAPACITANCE_SCALE,
    WEFT_FIELD_CAPACITANCE_ADD, WEFT_FIELD_CELLS_WIDE,  WEFT_FIELD_CELLS_DEEP,
};

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    weft_latch latch = {
        .nmos = values[NMOS_WIDTH], .pmos = values[PMOS_WIDTH], .access = values[ACCESS_WIDTH]};
    double v2 = tech->vdd * tech->vdd;
    double wide = values[CELLS_WIDE];
    weft_standard_gate gate = weft_cmos_standard(tech, WEFT_GATE_NOR, 2, weft_cmos_nor(tech, 2));
    weft_standard_gate load = weft_cmos_standard(tech, WEFT_GATE_NAND, 2, weft_cmos_nand(tech));
    double in = weft_term(terms, "C_in", "F", "of the multiplying gate", gate.input);
    double out = weft_term(terms, "C_out", "F", "of the gate and an adder's input",
                           gate.output + load.input);
    price->read_j[WEFT_STATISTIC_INPUT] = in * v2 * wide;
    price->read_j[WEFT_STATISTIC_PRODUCT] = out * v2 * wide;
    double node = weft_term(terms, "C_cell", "F", "drains and gates of a storage node",
                            weft_latch_node(tech, latch, lines.cell_width));
    double line = weft_word_line_cap(tech, &lines, values[ACCESS_WIDTH] * tech->f,
                                     values[CAPACITANCE_SCALE], values[CAPACITANCE_ADD]);
    price->write_j[WEFT_STATISTIC_ONE] = v2 * (2 * node + line / lines.columns) * wide;
    double deep = values[CELLS_DEEP];
    price->leak_w = (weft_latch_leak(tech, latch) * deep + gate.leak) * wide;
    price->area_m2 = gate.area * wide;
    double up = weft_cmos_resistance(tech, weft_cmos_nor(tech, 2).p, WEFT_CHANNEL_P);
    price->read_s = 0.69 * 2 * up * out;
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
    double f = values[WEFT_CMOS_NODE];
    price->area_m2 += values[CELL_AREA] * f * f * values[CELLS_DEEP] * values[CELLS_WIDE];
}

const weft_part_class weft_part_digital_cell = {
    .name = "digital-cell",
    .text = "SRAM bits with a gate that multiplies one with an input bit",
    .equation = "E = (C_in input + (C_out + C_load) product) V^2\n"
                "E_write = 2 C_cell V^2 + C_wl V^2 / columns\n"
                "A = cell_area F^2 cells_deep + A_gate",
    .source = "gates of NeuroSim V1.3's transistors; structure of Y.-D. Chih et al., ISSCC 2021",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
