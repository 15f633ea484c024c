/* SPDX-License-Identifier: Apache-2.0
 *
 * A charge-domain cell: an SRAM bit, a gate that multiplies it with the input bit, and a capacitor of
 * metal fingers above the cell that the product charges; the columns share charge.
 *
 *   E_mac  = C V_c^2 x          x: `moves`, the share of full charge that an action moves
 *   E_gate = (2 C_in input + C_out product) V^2
 *   P_leak, E_write             as of an SRAM bit (sram-cell)
 *   A      = max(cell_area F^2, C / density) where the capacitor lies above the cell, else the sum
 *
 * The capacitor takes C V_c^2 from the supply when it is charged, whatever the charge is shared with.
 * `moves` names the statistic: product where each evaluation starts from zero, input_toggle where the
 * capacitor stays until the input bit changes, one for a bound.
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 0.1 to 20 fF, 300 K. H. Jia et al.,
 * IEEE JSSC 55 (2020) 2609, have 2 fF.
 * Source: charge of a capacitor from a supply; density of metal capacitors 2.3 fF/um2 at 22 nm as in
 * cimloop@d6e1390 (misc.py); transistors as of cmos.h. */
#include "hardware/part/latch.h"

enum {
    ROWS = WEFT_CMOS_FIELD_COUNT,
    COLUMNS,
    CELL_AREA,
    CELL_ASPECT,
    ACCESS_WIDTH,
    NMOS_WIDTH,
    PMOS_WIDTH,
    CAPACITANCE,
    CAPACITOR_VOLTAGE,
    MOVES,
    STACKED,
    DENSITY,
    CAPACITANCE_SCALE,
    CAPACITANCE_ADD,
    CELLS_WIDE,
    CELLS_DEEP,
};

static const char *const MOVES_WORDS[] = {"product", "input_toggle", "input", "one", NULL};
static const weft_statistic MOVES_STATISTIC[] = {
    WEFT_STATISTIC_PRODUCT, WEFT_STATISTIC_INPUT_TOGGLE, WEFT_STATISTIC_INPUT, WEFT_STATISTIC_ONE};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_ROWS,
    WEFT_FIELD_COLUMNS,
    WEFT_FIELD_CELL_AREA,
    WEFT_FIELD_CELL_ASPECT,
    WEFT_FIELD_ACCESS_WIDTH,
    WEFT_FIELD_NMOS_WIDTH,
    WEFT_FIELD_PMOS_WIDTH,
    {"capacitance", WEFT_DIMENSION_CAPACITANCE, 2e-15, 0, 1e-9, 0.1e-15, 20e-15, NULL,
     "capacitor of a cell"},
    {"capacitor_voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 5, 0, 1.8, NULL,
     "what the capacitor is charged to; 0: the supply"},
    {"moves", WEFT_DIMENSION_NONE, 0, 0, 3, 0, 3, MOVES_WORDS,
     "share of full charge that an action moves"},
    {"stacked", WEFT_DIMENSION_NONE, 1, 0, 1, 0, 1, WEFT_NO_YES_WORDS,
     "the capacitor lies above the cell"},
    {"density", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 0.05, NULL,
     "of the capacitor in F/m2; 0: 2.3e-3 (22 nm / node)^2"},
    WEFT_FIELD_CAPACITANCE_SCALE,
    WEFT_FIELD_CAPACITANCE_ADD,
    WEFT_FIELD_CELLS_WIDE,
    WEFT_FIELD_CELLS_DEEP,
};

static double area_of(const double *values) {
    double f = values[WEFT_CMOS_NODE];
    double cell = values[CELL_AREA] * f * f;
    double density = values[DENSITY] > 0 ? values[DENSITY] : 2.3e-3 * (22e-9 / f) * (22e-9 / f);
    double capacitor = values[CAPACITANCE] / density;
    return values[STACKED] > 0 ? fmax(cell, capacitor) : cell + capacitor;
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    weft_latch latch = {
        .nmos = values[NMOS_WIDTH], .pmos = values[PMOS_WIDTH], .access = values[ACCESS_WIDTH]};
    double v2 = tech->vdd * tech->vdd;
    double volts = values[CAPACITOR_VOLTAGE] > 0 ? values[CAPACITOR_VOLTAGE] : tech->vdd;
    double wide = values[CELLS_WIDE];
    weft_standard_gate gate = weft_cmos_standard(tech, WEFT_GATE_NAND, 2, weft_cmos_nand(tech));
    price->read_j[WEFT_STATISTIC_INPUT] = 2 * gate.input * v2 * wide;
    price->read_j[WEFT_STATISTIC_PRODUCT] = gate.output * v2 * wide;
    price->read_j[MOVES_STATISTIC[(int)values[MOVES]]] +=
        weft_term(terms, "E_mac", "J", "C V_c^2", values[CAPACITANCE] * volts * volts) * wide;
    double node = weft_term(terms, "C_cell", "F", "drains and gates of a storage node",
                            weft_latch_node(tech, latch, lines.cell_width));
    double line = weft_word_line_cap(tech, &lines, values[ACCESS_WIDTH] * tech->f,
                                     values[CAPACITANCE_SCALE], values[CAPACITANCE_ADD]);
    price->write_j[WEFT_STATISTIC_ONE] = v2 * (2 * node + line / lines.columns) * wide;
    double cells = wide * values[CELLS_DEEP];
    price->leak_w = (weft_latch_leak(tech, latch) + gate.leak) * cells;
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
    price->area_m2 = area_of(values) * values[CELLS_WIDE] * values[CELLS_DEEP];
}

const weft_part_class weft_part_capacitor_cell = {
    .name = "capacitor-cell",
    .text = "an SRAM bit with a multiplying gate and a capacitor",
    .equation = "E = C V_c^2 x + (2 C_in input + C_out product) V^2\n"
                "E_write = 2 C_cell V^2 + C_wl V^2 / columns\n"
                "A = max(cell_area F^2, C / density) where stacked, else the sum",
    .source = "charge of a capacitor; H. Jia et al., JSSC 2020; cimloop@d6e1390 (misc.py)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
