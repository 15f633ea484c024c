/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/latch.h"

static double drain_of(const weft_cmos *tech, weft_widths widths, double height) {
    return widths.n + widths.p > 0
               ? weft_cmos_drain_cap(tech, WEFT_GATE_INVERTER, 1, widths, height)
               : 0;
}

double weft_latch_node(const weft_cmos *tech, weft_latch latch, double cell_width) {
    double f = tech->f;
    double height = cell_width * f;
    double drains = drain_of(tech, (weft_widths){.n = latch.access * f}, height) +
                    drain_of(tech, (weft_widths){.n = latch.nmos * f}, height) +
                    drain_of(tech, (weft_widths){.p = latch.pmos * f}, height);
    return drains + weft_cmos_gate_cap(tech, latch.nmos * f) +
           weft_cmos_gate_cap(tech, latch.pmos * f);
}

double weft_latch_leak(const weft_cmos *tech, weft_latch latch) {
    weft_widths widths = {.n = latch.nmos * tech->f, .p = latch.pmos * tech->f};
    return 2 * tech->vdd * weft_cmos_leakage(tech, WEFT_GATE_INVERTER, 1, widths);
}

double weft_latch_current(const weft_cmos *tech, weft_latch latch, const weft_lines *lines,
                          double voltage, double time) {
    if (time <= 0 || latch.access <= 0) {
        return 0;
    }
    double access = weft_cmos_resistance(tech, latch.access * tech->f, WEFT_CHANNEL_N);
    double wire = lines->rows * lines->cell_width * WEFT_WIRE_WIDTH_M * WEFT_WIRE_OHM_PER_M;
    return time * voltage * voltage / (access + wire);
}
