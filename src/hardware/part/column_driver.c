/* SPDX-License-Identifier: Apache-2.0
 *
 * The column multiplexers of one array: k columns share a converter, and a pass gate a column puts
 * one of them on it. Nothing is needed where every column has its own converter (k = 1).
 *
 *   E_column = C_gN V^2 + 2 C_d Vread^2 + E_decoder k / columns
 *   A        = columns w_T h_T + A_decoder
 *
 * The pass gate is sized for a quarter of the resistance of the column: all its cells in parallel
 * (resistive), or half the access transistors of its cells (SRAM).
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 8 to 1024 rows and columns, 300 K.
 * Source: NeuroSim V1.3 (Mux, RowDecoder) in accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/address_decoder.h"
#include "hardware/part/array_lines.h"

enum {
    ROWS = WEFT_CMOS_FIELD_COUNT,
    COLUMNS,
    COLUMNS_A_MUX,
    CELL_KIND,
    ACCESS,
    ACCESS_WIDTH,
    RESISTANCE_ON,
    RESISTANCE_OFF,
    READ_VOLTAGE,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,         WEFT_FIELD_ROWS,          WEFT_FIELD_COLUMNS,
    WEFT_FIELD_COLUMNS_A_MUX, WEFT_FIELD_CELL_KIND,     WEFT_FIELD_ACCESS,
    WEFT_FIELD_ACCESS_WIDTH,  WEFT_FIELD_RESISTANCE_ON, WEFT_FIELD_RESISTANCE_OFF,
    WEFT_FIELD_READ_VOLTAGE,
};

/* Resistance of a column as its pass gate sees it, ohm. */
static double load_of(const double *values, const weft_cmos *tech) {
    double width = fmax(values[ACCESS_WIDTH], 0.1) * tech->f;
    double access = weft_cmos_resistance(tech, width, WEFT_CHANNEL_N);
    if (values[CELL_KIND] == WEFT_CELL_SRAM) {
        return access / values[ROWS] / 2;
    }
    double cell = (values[RESISTANCE_ON] + values[RESISTANCE_OFF]) / 2;
    return (cell + (values[ACCESS] == WEFT_ACCESS_CMOS ? access : 0)) / values[ROWS];
}

static double squared(double x) {
    return x * x;
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    double ways = fmin(values[COLUMNS_A_MUX], values[COLUMNS]);
    if (ways <= 1) {
        return;
    }
    double groups = floor(values[COLUMNS] / ways);
    weft_widths widths = weft_cmos_pass_gate(tech, 0.25 * load_of(values, tech));
    double height = weft_cmos_pass_height(tech, widths, 1);
    double drain = weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, widths, height);
    double gate = weft_cmos_gate_cap(tech, widths.n);
    weft_decoder decoder = weft_decoder_of(tech, ways);
    weft_term(terms, "C_gN", "F", "N gate of a pass gate", gate);
    weft_term(terms, "C_d", "F", "drains of a pass gate", drain);
    weft_term(terms, "E_decoder", "J", "a selection", decoder.energy);
    double energy = gate * squared(tech->vdd) + 2 * drain * squared(values[READ_VOLTAGE]);
    price->read_j[WEFT_STATISTIC_ONE] = energy * groups * ways / values[COLUMNS] +
                                        decoder.energy * ways / values[COLUMNS];
    double gates = 2 * tech->gate_pitch * height * groups * ways;
    price->area_m2 = weft_term(terms, "A_gates", "m2", "columns w_T h_T", gates) + decoder.area;
    price->leak_w = decoder.leak;
    double caps = drain + 0.5 * (gate + weft_cmos_gate_cap(tech, widths.p));
    price->read_s = 2.3 * weft_cmos_pass_resistance(tech, widths) * caps;
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_column_driver = {
    .name = "column-driver",
    .text = "the column multiplexers of an array; an action passes one column on",
    .equation = "E = C_gN V^2 + 2 C_d Vread^2 + E_decoder k / columns; 0 for k = 1\n"
                "A = columns w_T h_T + A_decoder",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
