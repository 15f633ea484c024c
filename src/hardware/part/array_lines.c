/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/array_lines.h"

const char *const WEFT_CELL_KIND_WORDS[] = {"resistive", "sram", NULL};
const char *const WEFT_ACCESS_WORDS[] = {"none", "cmos", NULL};
const char *const WEFT_NO_YES_WORDS[] = {"no", "yes", NULL};

weft_lines weft_lines_of(const weft_cmos *tech, double rows, double columns, double cell_area,
                         double cell_aspect) {
    weft_lines lines = {.rows = rows,
                        .columns = columns,
                        .cell_height = sqrt(cell_area * cell_aspect),
                        .cell_width = sqrt(cell_area / cell_aspect)};
    lines.row = columns * lines.cell_width * tech->f;
    lines.column = rows * lines.cell_height * tech->f;
    return lines;
}

double weft_word_line_cap(const weft_cmos *tech, const weft_lines *lines, double gate_width,
                          double scale, double add) {
    double gates = gate_width > 0 ? weft_cmos_gate_cap(tech, gate_width) * lines->columns : 0;
    return fmax((lines->row * WEFT_WIRE_F_PER_M + gates) * scale + lines->columns * add, 0);
}

double weft_bit_line_cap(const weft_cmos *tech, const weft_lines *lines, double gate_width) {
    weft_widths widths = {.n = gate_width};
    double height = lines->cell_width * tech->f;
    double drains =
        gate_width > 0 ? weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, widths, height) : 0;
    return lines->column * WEFT_WIRE_F_PER_M + drains * lines->rows;
}

double weft_lines_resistance(const weft_lines *lines) {
    double f = WEFT_WIRE_WIDTH_M;
    return (lines->rows * lines->cell_height + lines->columns * lines->cell_width) * f *
           WEFT_WIRE_OHM_PER_M;
}

weft_stack weft_stack_in(double room, double unit, double count) {
    weft_stack stack = {.room = fmax(room, unit)};
    double fit = fmax(floor(stack.room / unit), 1);
    stack.lines = ceil(count / fit);
    stack.each = fmin(fit, count);
    return stack;
}
