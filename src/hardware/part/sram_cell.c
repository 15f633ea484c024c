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
#include "hardware/part/array_lines.h"

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
    LEAK_SCALE,
    WRITE_SCALE,
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
    {"nmos_width", WEFT_DIMENSION_NONE, 2, 0.1, 1000, 1, 20, NULL,
     "width of the pull-down transistors in F"},
    {"pmos_width", WEFT_DIMENSION_NONE, 1, 0.1, 1000, 1, 20, NULL,
     "width of the pull-up transistors in F"},
    WEFT_FIELD_CAPACITANCE_SCALE,
    WEFT_FIELD_CAPACITANCE_ADD,
    {"leak_scale", WEFT_DIMENSION_NONE, 1, 0, 1e6, 0, 10, NULL, "factor on leakage"},
    {"write_scale", WEFT_DIMENSION_NONE, 1, 0, 1e6, 0, 100, NULL,
     "factor on the energy of a write"},
    {"write_flips", WEFT_DIMENSION_NONE, 1, 0, 100, 0, 2, NULL,
     "how often both nodes flip in a write: on average half a time, at most once"},
    {"write_voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 30, 0, 3, NULL,
     "voltage that drives the write current of `write_pulse`"},
    {"write_pulse", WEFT_DIMENSION_TIME, 0, 0, 1, 0, 1e-6, NULL,
     "time for which a write current flows through the access transistor; 0: none flows"},
    WEFT_FIELD_CELLS_WIDE,
    WEFT_FIELD_CELLS_DEEP,
};

/* Storage node: what flips when the cell is written. */
static double node_cap(const double *values, const weft_cmos *tech, const weft_lines *lines) {
    double height = lines->cell_width * tech->f;
    double n = values[NMOS_WIDTH] * tech->f;
    double p = values[PMOS_WIDTH] * tech->f;
    weft_widths access = {.n = values[ACCESS_WIDTH] * tech->f};
    weft_widths pull_down = {.n = n};
    weft_widths pull_up = {.p = p};
    double drains = weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, pull_down, height) +
                    weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, pull_up, height);
    if (access.n > 0) {
        drains += weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, access, height);
    }
    return drains + weft_cmos_gate_cap(tech, n) + weft_cmos_gate_cap(tech, p);
}

static double leakage(const double *values, const weft_cmos *tech) {
    weft_widths widths = {.n = values[NMOS_WIDTH] * tech->f, .p = values[PMOS_WIDTH] * tech->f};
    double inverters = 2 * weft_cmos_leakage(tech, WEFT_GATE_INVERTER, 1, widths);
    weft_widths port = {.n = values[ACCESS_WIDTH] * tech->f};
    double ports = values[PORTS] * weft_cmos_leakage(tech, WEFT_GATE_INVERTER, 1, port) * 2;
    return tech->vdd * (inverters + ports);
}

/* Energy of a current that flows from the bit line through the access transistor while a cell is
 * written. */
static double write_current(const double *values, const weft_cmos *tech, const weft_lines *lines) {
    if (values[WRITE_PULSE] <= 0 || values[ACCESS_WIDTH] <= 0) {
        return 0;
    }
    double access = weft_cmos_resistance(tech, values[ACCESS_WIDTH] * tech->f, WEFT_CHANNEL_N);
    double wire = lines->rows * lines->cell_width * WEFT_WIRE_WIDTH_M * WEFT_WIRE_OHM_PER_M;
    return values[WRITE_PULSE] * values[WRITE_VOLTAGE] * values[WRITE_VOLTAGE] / (access + wire);
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    double v2 = tech->vdd * tech->vdd;
    double cell = weft_term(terms, "C_cell", "F", "drains and gates of a storage node",
                            node_cap(values, tech, &lines));
    double line = weft_word_line_cap(tech, &lines, values[ACCESS_WIDTH] * tech->f,
                                     values[CAPACITANCE_SCALE], values[CAPACITANCE_ADD]);
    weft_term(terms, "C_wl", "F", "(0.2 fF/um L + C_gate columns) scale + add columns", line);
    double current = weft_term(terms, "E_current", "J", "t_write Vwrite^2 / (R_access + R_wire)",
                               write_current(values, tech, &lines));
    double write = v2 * (2 * cell * values[WRITE_FLIPS] + line / lines.columns) + current;
    price->write_j[WEFT_STATISTIC_ONE] = write * values[WRITE_SCALE] * values[CELLS_WIDE];
    price->write_s = values[WRITE_PULSE];
    price->leak_w = leakage(values, tech) * values[LEAK_SCALE] * values[CELLS_WIDE] *
                    values[CELLS_DEEP];
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
