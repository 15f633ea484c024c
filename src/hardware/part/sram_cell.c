/* SPDX-License-Identifier: Apache-2.0
 *
 * An SRAM cell: 6T, or 8T and 10T with a read port of their own. Reading it costs what its word line
 * costs (row-driver); the cell itself leaks and is written.
 *
 *   P_leak  = V (w_N I_off,N + w_P I_off,P)     two inverters, one transistor of each is off
 *   C_cell  = drains of the access transistor and of an inverter, gates of the other inverter
 *   E_write = 2 C_cell V^2 flips + C_wl V^2 / columns    both nodes flip, the share of the word line
 *           + t_write Vwrite^2 / (R_access + rows R_row)    where a write pulse is given
 *
 * The bit line that a write swings is a part of its own (bit-line). The reference counts the flip of
 * the nodes twice and lets a current flow for the whole write pulse: flips = 2 and a write pulse
 * follow it.
 *
 * A read port adds transistors as wide as the access transistor that leak: 8T two in series (one
 * is counted), 10T four (two are counted).
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 300 K. Typical areas: 6T 120 to 160 F2 in
 * planar nodes, 300 to 600 F2 in FinFETs; 8T about 1.3 times and 10T about 1.6 times a 6T.
 * Source: NeuroSim V1.3 (SubArray, CalculateGateLeakage) in accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/latch.h"

enum {
    ROWS = WEFT_CMOS_FIELD_COUNT,
    COLUMNS,
    CELL_AREA,
    CELL_ASPECT,
    PORTS,
    ACCESS_WIDTH,
    NMOS_WIDTH,
    PMOS_WIDTH,
    CAPACITANCE_SCALE,
    CAPACITANCE_ADD,
    WRITE_FLIPS,
    WRITE_VOLTAGE,
    WRITE_PULSE,
    CELLS_WIDE,
    CELLS_DEEP,
};

static const char *const PORT_WORDS[] = {"6T", "8T", "10T", NULL};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_ROWS,
    WEFT_FIELD_COLUMNS,
    WEFT_FIELD_CELL_AREA,
    WEFT_FIELD_CELL_ASPECT,
    {"transistors", WEFT_DIMENSION_NONE, 0, 0, 2, 0, 2, PORT_WORDS,
     "6T, or with a read port: 8T, 10T"},
    WEFT_FIELD_ACCESS_WIDTH,
    WEFT_FIELD_NMOS_WIDTH,
    WEFT_FIELD_PMOS_WIDTH,
    WEFT_FIELD_CAPACITANCE_SCALE,
    WEFT_FIELD_CAPACITANCE_ADD,
    {"write_flips", WEFT_DIMENSION_NONE, 1, 0, 100, 0, 2, NULL,
     "how often both nodes flip in a write: on average half a time, at most once"},
    {"write_voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 30, 0, 3, NULL,
     "voltage that drives the write current of `write_pulse`"},
    {"write_pulse", WEFT_DIMENSION_TIME, 0, 0, 1, 0, 1e-6, NULL,
     "time for which a write current flows through the access transistor; 0: none flows"},
    WEFT_FIELD_CELLS_WIDE,
    WEFT_FIELD_CELLS_DEEP,
};

static weft_latch latch_of(const double *values) {
    return (weft_latch){
        .nmos = values[NMOS_WIDTH], .pmos = values[PMOS_WIDTH], .access = values[ACCESS_WIDTH]};
}

/* Of the read port one transistor (8T) or two (10T) are off. */
static double port_leak(const double *values, const weft_cmos *tech) {
    weft_widths port = {.n = values[ACCESS_WIDTH] * tech->f};
    double one = 2 * weft_cmos_leakage(tech, WEFT_GATE_INVERTER, 1, port);
    return values[PORTS] * tech->vdd * one;
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    weft_latch latch = latch_of(values);
    double v2 = tech->vdd * tech->vdd;
    double cell = weft_term(terms, "C_cell", "F", "drains and gates of a storage node",
                            weft_latch_node(tech, latch, lines.cell_width));
    double line = weft_word_line_cap(tech, &lines, values[ACCESS_WIDTH] * tech->f,
                                     values[CAPACITANCE_SCALE], values[CAPACITANCE_ADD]);
    weft_term(terms, "C_wl", "F", "(0.2 fF/um L + C_gate columns) scale + add columns", line);
    double current = weft_term(
        terms, "E_current", "J", "t_write Vwrite^2 / (R_access + R_wire)",
        weft_latch_current(tech, latch, &lines, values[WRITE_VOLTAGE], values[WRITE_PULSE]));
    double write = v2 * (2 * cell * values[WRITE_FLIPS] + line / lines.columns) + current;
    price->write_j[WEFT_STATISTIC_ONE] = write * values[CELLS_WIDE];
    price->write_s = values[WRITE_PULSE];
    double leak = weft_latch_leak(tech, latch) + port_leak(values, tech);
    price->leak_w = leak * values[CELLS_WIDE] * values[CELLS_DEEP];
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
    double f = values[WEFT_CMOS_NODE];
    price->area_m2 = values[CELL_AREA] * f * f * values[CELLS_WIDE] * values[CELLS_DEEP];
}

const weft_part_class weft_part_sram_cell = {
    .name = "sram-cell",
    .text = "an SRAM cell; reading it is paid by its word line",
    .equation = "P_leak = V (w_N I_off,N + w_P I_off,P)\n"
                "E_write = 2 C_cell V^2 flips + C_wl V^2 / columns + t_write Vwrite^2 / R\n"
                "A = cell_area F^2",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
