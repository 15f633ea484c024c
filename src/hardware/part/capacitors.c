/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/part/capacitors.h"

const char *const WEFT_STATISTIC_WORDS[] = {
#define WORD(name, token, text) token,
    WEFT_STATISTIC_MAP(WORD)
#undef WORD
        NULL,
};

double weft_capacitor_area(double capacitance, double node, double density) {
    double shrink = node / 22e-9;
    double of_area = density > 0 ? density : 2.3e-3 / (shrink * shrink);
    return capacitance / of_area + 1e-12 * shrink * shrink;
}

double weft_ladder_controller(double bits, double node, double voltage) {
    double product = voltage * node * 1e9;
    return product * product * bits * 8e-17;
}
