/* SPDX-License-Identifier: Apache-2.0
 *
 * The drivers of all rows of one array: a flip-flop a row, and a switch that puts the read voltage
 * on the row (cross-point, SRAM word line) or opens the access transistors and drives the bit line
 * (1T1R).
 *
 *   E_row = E_ff + a E_on         a: mean input times pulses
 *   E_on  = C_wl V^2 + 3 C_d Vread^2 + C_g V^2                       cross-point, SRAM
 *         = C_wl V^2 + 2 C_d Vaccess^2 + 5 C_d Vread^2 + 3 C_g V^2   1T1R
 *   A     = H (n_w w_T n + w_ff n_ff), H the height of the array, n lines of switches side by side
 *
 * Switches of cross-points and SRAM are sized for a quarter of the resistance they drive: that of
 * all cells of the row in parallel, or of its wire. SRAM adds the write drivers of its columns.
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 8 to 1024 rows and columns, 300 K.
 * Source: NeuroSim V1.3 (SwitchMatrix, NewSwitchMatrix, SRAMWriteDriver, SubArray) in
 * accelergy-neurosim-plug-in@bf874bc. */
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
    ACCESS_VOLTAGE,
    WRITE_VOLTAGE,
    CAPACITANCE_SCALE,
    CAPACITANCE_ADD,
    PULSES,
    VOLTAGE_DAC_BITS,
    HALF_SELECT,
};

static const char *const HALF_SELECT_WORDS[] = {"auto", "no", "yes", NULL};
enum { HALF_SELECT_AUTO, HALF_SELECT_NO, HALF_SELECT_YES };

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
    WEFT_FIELD_ACCESS_VOLTAGE,
    WEFT_FIELD_WRITE_VOLTAGE,
    WEFT_FIELD_CAPACITANCE_SCALE,
    WEFT_FIELD_CAPACITANCE_ADD,
    WEFT_FIELD_PULSES,
    {"voltage_dac_bits", WEFT_DIMENSION_NONE, 1, 1, 16, 1, 8, NULL,
     "bits of voltage levels: 2^(bits-1) switches a row"},
    {"half_select", WEFT_DIMENSION_NONE, HALF_SELECT_AUTO, 0, 2, 0, 2, HALF_SELECT_WORDS,
     "unselected rows at half the write voltage; auto: in cross-points"},
};

typedef struct row_switch {
    weft_widths widths;
    double gate, drain; /* F */
    double resistance;  /* ohm */
    double area;        /* m2, of all rows */
} row_switch;

static bool has_gates(const double *values) {
    return values[CELL_KIND] == WEFT_CELL_SRAM || values[ACCESS] == WEFT_ACCESS_CMOS;
}

static bool is_1t1r(const double *values) {
    return values[CELL_KIND] == WEFT_CELL_RESISTIVE && values[ACCESS] == WEFT_ACCESS_CMOS;
}

/* What the switch of a row drives, ohm. */
static double load_of(const double *values, const weft_lines *lines) {
    if (values[CELL_KIND] == WEFT_CELL_SRAM) {
        return lines->row * WEFT_WIRE_OHM_PER_M;
    }
    return (values[RESISTANCE_ON] + values[RESISTANCE_OFF]) / 2 / lines->columns;
}

static row_switch size_switch(const double *values, const weft_cmos *tech,
                              const weft_lines *lines) {
    row_switch s = {{0, 0}, 0, 0, 0, 0};
    bool transistor = is_1t1r(values);
    s.widths = transistor ? weft_cmos_inverter(tech)
                          : weft_cmos_pass_gate(tech, 0.25 * load_of(values, lines));
    weft_stack stack = weft_stack_in(lines->column, weft_cmos_cell_height(tech), lines->rows);
    double height = stack.room / ceil(lines->rows / stack.lines);
    double width = weft_cmos_gate_width(tech, WEFT_GATE_INVERTER, 1, s.widths, height);
    s.area = stack.room * (transistor ? 4 : 2) * width * stack.lines;
    s.gate = weft_cmos_gate_cap(tech, s.widths.n) + weft_cmos_gate_cap(tech, s.widths.p);
    s.drain = weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, s.widths, height);
    s.resistance = weft_cmos_pass_resistance(tech, s.widths);
    return s;
}

static double area_of_flip_flops(const weft_cmos *tech, const weft_lines *lines) {
    weft_stack stack = weft_stack_in(lines->column, weft_cmos_cell_height(tech), lines->rows);
    return stack.room * weft_cmos_flip_flop(tech).width * stack.lines;
}

/* Three inverters high, one wide, for every column. */
static double area_of_write_drivers(const weft_cmos *tech, const weft_lines *lines) {
    weft_stack stack = weft_stack_in(lines->row, 2 * tech->gate_pitch, lines->columns);
    return stack.room * 3 * weft_cmos_cell_height(tech) * stack.lines;
}

static double squared(double x) {
    return x * x;
}

static double read_on(const double *values, const weft_cmos *tech, const row_switch *s,
                      double line) {
    double v2 = squared(tech->vdd);
    double read2 = squared(values[READ_VOLTAGE]);
    if (is_1t1r(values)) {
        return line * v2 + 2 * s->drain * squared(values[ACCESS_VOLTAGE]) + 5 * s->drain * read2 +
               3 * s->gate * v2;
    }
    return line * v2 + 3 * s->drain * read2 + s->gate * v2;
}

/* Two phases, set and reset. Cross-points hold the other rows at half the write voltage. */
static double write_on(const double *values, const weft_cmos *tech, const row_switch *s, double on,
                       double rows) {
    double v2 = squared(tech->vdd);
    double write2 = squared(values[WRITE_VOLTAGE]);
    if (is_1t1r(values)) {
        return 2 * (2 * s->drain * squared(values[ACCESS_VOLTAGE]) + 5 * s->gate * v2);
    }
    bool half = values[HALF_SELECT] == HALF_SELECT_YES ||
                (values[HALF_SELECT] == HALF_SELECT_AUTO && values[CELL_KIND] != WEFT_CELL_SRAM);
    if (half) {
        return 2 * (3 * s->drain * write2 * (1 + 0.25 * (rows - 1)) + s->gate * v2 * rows);
    }
    return values[CELL_KIND] == WEFT_CELL_SRAM ? on : 2 * (3 * s->drain * write2 + s->gate * v2);
}

/* Elmore delay of the switch and the line, to 90 %. */
static double settle(const weft_lines *lines, const row_switch *s, double line, bool transistor) {
    double wire = lines->row * WEFT_WIRE_OHM_PER_M;
    double drains = (transistor ? 5 : 3) * s->drain;
    return 2.3 * (s->resistance * (drains + line) + wire * line / 2);
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    double gates = has_gates(values) ? values[ACCESS_WIDTH] * tech->f : 0;
    double line =
        weft_word_line_cap(tech, &lines, gates, values[CAPACITANCE_SCALE], values[CAPACITANCE_ADD]);
    weft_flip_flop ff = weft_cmos_flip_flop(tech);
    row_switch s = size_switch(values, tech, &lines);
    weft_term(terms, "C_wl", "F", "(0.2 fF/um L + C_gate columns) scale + add columns", line);
    weft_term(terms, "C_g", "F", "gates of a switch", s.gate);
    weft_term(terms, "C_d", "F", "drains of a switch", s.drain);
    weft_term(terms, "E_ff", "J", "V^2 (8 C_in + 10 C_out)", ff.energy);
    double on = weft_term(terms, "E_on", "J", "C_wl V^2 + drains Vread^2 + gates V^2",
                          read_on(values, tech, &s, line));
    price->read_j[WEFT_STATISTIC_ONE] = ff.energy;
    price->read_j[WEFT_STATISTIC_INPUT] = on * values[PULSES];
    price->write_j[WEFT_STATISTIC_ONE] =
        ff.energy + weft_term(terms, "E_write", "J", "two phases of a written row",
                              write_on(values, tech, &s, on, lines.rows));
    double copies = exp2(values[VOLTAGE_DAC_BITS] - 1);
    double switches = weft_term(terms, "A_switches", "m2", "H n_w w_T n", s.area);
    double flops = weft_term(terms, "A_ff", "m2", "H w_ff n_ff", area_of_flip_flops(tech, &lines));
    price->area_m2 = (switches + flops) * copies;
    price->leak_w = ff.leak * lines.rows * copies;
    if (values[CELL_KIND] == WEFT_CELL_SRAM) {
        weft_standard_gate inverter =
            weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, weft_cmos_inverter(tech));
        price->area_m2 += weft_term(terms, "A_write", "m2", "write drivers of the columns",
                                    area_of_write_drivers(tech, &lines));
        price->leak_w += 3 * inverter.leak * lines.columns;
    }
    price->read_s = price->write_s = settle(&lines, &s, line, is_1t1r(values));
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_row_driver = {
    .name = "row-driver",
    .text = "the drivers of all rows of an array; an action drives one row",
    .equation = "E = E_ff + pulses mean_input E_on\n"
                "E_on = C_wl V^2 + 3 C_d Vread^2 + C_g V^2 (cross-point, SRAM)\n"
                "E_on = C_wl V^2 + 2 C_d Vaccess^2 + 5 C_d Vread^2 + 3 C_g V^2 (1T1R)\n"
                "A = H (n_w w_T n + w_ff n_ff)",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
