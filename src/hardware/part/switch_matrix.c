/* SPDX-License-Identifier: Apache-2.0
 *
 * The switches of the source lines of one resistive array: a flip-flop and two pass gates a column,
 * which ground it when it is read and set it when it is programmed.
 *
 *   read    no energy
 *   E_write = 2 (3 C_d Vwrite^2 columns + C_g V^2 columns) + 3 C_d Vwrite^2 columns   a written row
 *   A       = L (h_T n + 28 F n_ff), L the width of the array
 *   n = ceil(columns / floor(L / 15.2 F)), h_T = (w_N + w_P) / folds + 7.1 F
 *
 * Pass gates are sized for a quarter of the mean resistance of a cell and folded as often as the
 * width of a column allows.
 * Validity: 22 to 130 nm and FinFETs from 14 to 7 nm, 8 to 1024 columns, 300 K.
 * Source: NeuroSim V1.3 (SwitchMatrix) in accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/array_lines.h"

/* F, from gate to gate: the source takes the planar pitch at FinFET nodes too. */
static const double PITCH = 3.8;

enum {
    COLUMNS = WEFT_CMOS_FIELD_COUNT,
    CELL_AREA,
    CELL_ASPECT,
    ACCESS,
    ACCESS_WIDTH,
    RESISTANCE_ON,
    RESISTANCE_OFF,
    WRITE_VOLTAGE,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,         WEFT_FIELD_COLUMNS,        WEFT_FIELD_CELL_AREA,
    WEFT_FIELD_CELL_ASPECT,   WEFT_FIELD_ACCESS,         WEFT_FIELD_ACCESS_WIDTH,
    WEFT_FIELD_RESISTANCE_ON, WEFT_FIELD_RESISTANCE_OFF, WEFT_FIELD_WRITE_VOLTAGE,
};

static double load_of(const double *values, const weft_cmos *tech) {
    double cell = (values[RESISTANCE_ON] + values[RESISTANCE_OFF]) / 2;
    if (values[ACCESS] != WEFT_ACCESS_CMOS) {
        return cell;
    }
    double width = fmax(values[ACCESS_WIDTH], 0.1) * tech->f;
    return cell + weft_cmos_resistance(tech, width, WEFT_CHANNEL_N);
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    double columns = values[COLUMNS];
    weft_lines lines = weft_lines_of(tech, 1, columns, values[CELL_AREA], values[CELL_ASPECT]);
    weft_widths widths = weft_cmos_pass_gate(tech, 0.25 * load_of(values, tech));
    weft_stack pairs = weft_stack_in(lines.row, 4 * PITCH * tech->f, columns);
    double width = pairs.room / ceil(columns / pairs.lines) / 2;
    int folds = (int)fmax(floor(width / (PITCH * tech->f)) - 1, 1);
    double height = weft_cmos_pass_height(tech, widths, folds);
    weft_flip_flop ff = weft_cmos_flip_flop(tech);
    weft_stack flops = weft_stack_in(lines.row, ff.width, columns);
    double room = fmax(pairs.room, flops.room);
    weft_term(terms, "L", "m", "columns w_cell", lines.row);
    weft_term(terms, "n", "1", "rows of pass gates", pairs.lines);
    weft_term(terms, "h_T", "m", "(w_N + w_P) / folds + 7.1 F", height);
    weft_term(terms, "n_ff", "1", "rows of flip-flops", flops.lines);
    price->area_m2 = room * (height * pairs.lines + weft_cmos_cell_height(tech) * flops.lines);
    price->leak_w = ff.leak * columns;
    double drain = weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, widths, height);
    double gate = weft_cmos_gate_cap(tech, widths.n) + weft_cmos_gate_cap(tech, widths.p);
    double write2 = values[WRITE_VOLTAGE] * values[WRITE_VOLTAGE];
    double drains = weft_term(terms, "3 C_d Vwrite^2", "J", "a column", 3 * drain * write2);
    double gates = weft_term(terms, "C_g V^2", "J", "a column", gate * tech->vdd * tech->vdd);
    price->write_j[WEFT_STATISTIC_ONE] = columns * (3 * drains + 2 * gates);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_switch_matrix = {
    .name = "switch-matrix",
    .text = "the source-line switches of a resistive array; an action writes one row",
    .equation = "read: no energy\n"
                "E_write = columns (3 x 3 C_d Vwrite^2 + 2 C_g V^2)\n"
                "A = L (h_T n + 28 F n_ff)",
    .source = "NeuroSim V1.3 in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
