/* SPDX-License-Identifier: Apache-2.0
 *
 * The bit lines of one array: a column is charged to the read voltage when it is read and swings by
 * the supply when it is written.
 *
 *   E_read  = C_bl Vread^2
 *   E_write = (C_bl + C_in + C_out) V^2     SRAM: one of the pair, and its write driver
 *           = C_bl Vwrite^2                 resistive
 *   C_bl    = 0.2 fF/um H + rows C_drain(access)
 *   t_read  = 0.2 C_bl R_mean / (rows / 2)                                              resistive
 *           = C_bl (R_access + R_pull) ln(V / (V - Vsense / 2)) + R_bl C_bl / 2         SRAM
 *
 * The reference works this out and leaves it out of a column's energy: leave the part out to follow
 * it. Wires lie over the cells: no area.
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 8 to 1024 rows, 300 K.
 * Source: NeuroSim V1.3 (SubArray) in accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/array_lines.h"

enum {
    ROWS = WEFT_CMOS_FIELD_COUNT,
    COLUMNS,
    CELL_KIND,
    CELL_AREA,
    CELL_ASPECT,
    ACCESS,
    ACCESS_WIDTH,
    RESISTANCE_ON,
    RESISTANCE_OFF,
    READ_VOLTAGE,
    WRITE_VOLTAGE,
    NMOS_WIDTH,
    SENSE_VOLTAGE,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_ROWS,
    WEFT_FIELD_COLUMNS,
    WEFT_FIELD_CELL_KIND,
    WEFT_FIELD_CELL_AREA,
    WEFT_FIELD_CELL_ASPECT,
    WEFT_FIELD_ACCESS,
    WEFT_FIELD_ACCESS_WIDTH,
    WEFT_FIELD_RESISTANCE_ON,
    WEFT_FIELD_RESISTANCE_OFF,
    WEFT_FIELD_READ_VOLTAGE,
    WEFT_FIELD_WRITE_VOLTAGE,
    {"nmos_width", WEFT_DIMENSION_NONE, 2, 0.1, 1000, 1, 20, NULL,
     "width of the pull-down transistors of an SRAM cell in F"},
    {"sense_voltage", WEFT_DIMENSION_VOLTAGE, 0.02, 0, 1, 0.001, 0.2, NULL,
     "smallest difference that is sensed"},
};

static double squared(double x) {
    return x * x;
}

static double read_time(const double *values, const weft_cmos *tech, const weft_lines *lines,
                        double line) {
    if (values[CELL_KIND] != WEFT_CELL_SRAM) {
        double mean = (values[RESISTANCE_ON] + values[RESISTANCE_OFF]) / 2;
        return 0.2 * line * mean / (lines->rows / 2);
    }
    double width = fmax(values[ACCESS_WIDTH], 0.1) * tech->f;
    double path = weft_cmos_resistance(tech, width, WEFT_CHANNEL_N) +
                  weft_cmos_resistance(tech, values[NMOS_WIDTH] * tech->f, WEFT_CHANNEL_N);
    double wire = lines->column * WEFT_WIRE_OHM_PER_M;
    double sensed = fmin(values[SENSE_VOLTAGE] / 2, 0.9 * tech->vdd);
    return (path * line + wire * line / 2) * log(tech->vdd / (tech->vdd - sensed));
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    bool sram = values[CELL_KIND] == WEFT_CELL_SRAM;
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    bool gated = sram || values[ACCESS] == WEFT_ACCESS_CMOS;
    double line =
        weft_term(terms, "C_bl", "F", "0.2 fF/um H + rows C_drain",
                  weft_bit_line_cap(tech, &lines, gated ? values[ACCESS_WIDTH] * tech->f : 0));
    price->read_j[WEFT_STATISTIC_ONE] = line * squared(values[READ_VOLTAGE]);
    price->read_s = read_time(values, tech, &lines, line);
    if (!sram) {
        price->write_j[WEFT_STATISTIC_ONE] = line * squared(values[WRITE_VOLTAGE]);
        return;
    }
    weft_standard_gate inverter =
        weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, weft_cmos_inverter(tech));
    price->write_j[WEFT_STATISTIC_ONE] = (line + inverter.input + inverter.output) *
                                         squared(tech->vdd);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_bit_line = {
    .name = "bit-line",
    .text = "the bit lines of an array; an action charges one column",
    .equation = "E_read = C_bl Vread^2\n"
                "E_write = (C_bl + C_in + C_out) V^2 (SRAM), C_bl Vwrite^2 (resistive)\n"
                "C_bl = 0.2 fF/um H + rows C_drain",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
