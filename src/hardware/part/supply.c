/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/supply.h"

#include <stdio.h>

static const double BELOW_NOMINAL = 0.25, ABOVE_NOMINAL = 0.10; /* V */

weft_supply_window weft_supply_legal(weft_device device, double node) {
    double nominal = weft_cmos_nominal(device, node);
    double threshold = weft_cmos_threshold(device, node);
    return (weft_supply_window){.low = fmax(nominal - BELOW_NOMINAL, threshold),
                                .high = nominal + ABOVE_NOMINAL};
}

void weft_supply_check(weft_device device, double node, double voltage, weft_part_price *price) {
    if (voltage <= 0) {
        return;
    }
    double threshold = weft_cmos_threshold(device, node);
    if (voltage <= threshold) {
        price->over = threshold / voltage - 1 + 1e-9; /* at the threshold it is none yet */
        snprintf(price->infeasible, sizeof price->infeasible,
                 "%.4g V is not above the threshold voltage at %.4g nm, %.3g V", voltage,
                 node * 1e9, threshold);
        return;
    }
    weft_supply_window window = weft_supply_legal(device, node);
    if (voltage < window.low - 1e-9 || voltage > window.high + 1e-9) {
        snprintf(price->warning, sizeof price->warning,
                 "%.4g V lies outside what %.4g nm allows, %.3g to %.3g V", voltage, node * 1e9,
                 window.low, window.high);
    }
}

double weft_supply_energy(double from, double to) {
    return to / from * (to / from);
}

double weft_supply_delay(double from, double to, double threshold, double alpha) {
    if (to <= threshold || from <= threshold) {
        return INFINITY;
    }
    return to / from * pow((from - threshold) / (to - threshold), alpha);
}
