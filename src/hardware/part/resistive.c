/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/resistive.h"

#include <stdio.h>

enum {
    ROWS = WEFT_CMOS_FIELD_COUNT,
    COLUMNS,
    CELL_AREA,
    CELL_ASPECT,
    ACCESS,
    ACCESS_WIDTH,
    ACCESS_RESISTANCE,
    RESISTANCE_ON,
    RESISTANCE_OFF,
    READ_VOLTAGE,
    READ_PULSE,
    PULSES,
    WRITE_VOLTAGE,
    WRITE_PULSE,
    WRITE_PULSES,
    WRITE_ENERGY,
    ENDURANCE,
    CAPACITANCE_SCALE,
    CAPACITANCE_ADD,
    CELLS_WIDE,
    CELLS_DEEP,
};

const char WEFT_RESISTIVE_EQUATION[] =
    "R_wire = rows R_row + columns R_column\n"
    "E_min = t Vread^2 / (R_off + R_wire + R_access); E_max with R_on\n"
    "E_read = (E_min + (E_max - E_min) weight) input pulses\n"
    "E_write = n t_write Vwrite^2 / (R + R_wire + R_access) + V^2 C_wl / columns\n"
    "A = cell_area F^2";

/* A cell's share of the word line that is raised to write a row. */
static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    double gate = values[ACCESS] == WEFT_ACCESS_CMOS ? values[ACCESS_WIDTH] * tech->f : 0;
    double line =
        weft_word_line_cap(tech, &lines, gate, values[CAPACITANCE_SCALE], values[CAPACITANCE_ADD]);
    weft_term(terms, "C_wl", "F", "(0.2 fF/um L + C_gate columns) scale + add columns", line);
    price->write_j[WEFT_STATISTIC_ONE] = tech->vdd * tech->vdd * line / lines.columns;
}

/* The share of the wires depends on the shape of a cell only, not on the node. */
static double in_series(const double *values, weft_terms *terms) {
    weft_cmos unit = {.f = 1};
    weft_lines lines =
        weft_lines_of(&unit, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    double wire = weft_term(terms, "R_wire", "ohm", "rows R_row + columns R_column",
                            weft_lines_resistance(&lines));
    return wire + (values[ACCESS] == WEFT_ACCESS_CMOS ? values[ACCESS_RESISTANCE] : 0);
}

static void price_write(const double *values, double most, double least, weft_terms *terms,
                        weft_part_price *price) {
    double pulse = values[WRITE_PULSE] * values[WRITE_VOLTAGE] * values[WRITE_VOLTAGE];
    bool published = values[WRITE_ENERGY] > 0;
    double low = published ? values[WRITE_ENERGY] : pulse / most;
    double high = published ? values[WRITE_ENERGY] : pulse / least;
    weft_term(terms, "E_write,min", "J", "t_write Vwrite^2 / R, or as published", low);
    weft_term(terms, "E_write,max", "J", "t_write Vwrite^2 / R, or as published", high);
    double line = price->write_j[WEFT_STATISTIC_ONE];
    double pulses = values[WRITE_PULSES] * values[CELLS_WIDE];
    price->write_j[WEFT_STATISTIC_ONE] = (low + line) * pulses;
    price->write_j[WEFT_STATISTIC_WEIGHT] = (high - low) * pulses;
    price->write_s = values[WRITE_PULSE] * values[WRITE_PULSES];
}

void weft_resistive_price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
    if (values[RESISTANCE_ON] > values[RESISTANCE_OFF] && price->warning[0] == '\0') {
        snprintf(price->warning, sizeof price->warning,
                 "resistance_on is above resistance_off: they are taken the other way round");
    }
    double series = in_series(values, terms);
    double most = fmax(values[RESISTANCE_OFF], values[RESISTANCE_ON]) + series;
    double least = fmin(values[RESISTANCE_OFF], values[RESISTANCE_ON]) + series;
    double pulse = values[READ_PULSE] * values[READ_VOLTAGE] * values[READ_VOLTAGE];
    double low =
        weft_term(terms, "E_min", "J", "t Vread^2 / (R_off + R_wire + R_access)", pulse / most);
    double high =
        weft_term(terms, "E_max", "J", "t Vread^2 / (R_on + R_wire + R_access)", pulse / least);
    double scale = values[PULSES] * values[CELLS_WIDE];
    price->read_j[WEFT_STATISTIC_INPUT] = low * scale;
    price->read_j[WEFT_STATISTIC_PRODUCT] = (high - low) * scale;
    price->read_s = values[READ_PULSE] * values[PULSES];
    price_write(values, most, least, terms, price);
    double f = values[WEFT_CMOS_NODE];
    price->area_m2 = values[CELL_AREA] * f * f * values[CELLS_WIDE] * values[CELLS_DEEP];
    weft_term(terms, "endurance", "1", "writes that a cell survives", values[ENDURANCE]);
}
