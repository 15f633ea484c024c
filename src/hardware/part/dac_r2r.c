/* SPDX-License-Identifier: Apache-2.0
 *
 * R-2R ladder DAC of n bits. A one bit ties its 2 R to V, and V (V - V_node) / (2 R) flows for as
 * long as the value is held (a cycle T); a register holds the code.
 *
 *   E = V^2 / (2 R) T ladder + (V node / nm)^2 n 8e-17 J + 0.5 n E_dff input_toggle
 *   A = 0.7e-14 m2/ohm (node / 22 nm)^2 n R + n flip-flops
 *   settling to half a step into the load C: (n - 0.5) ln 2 R C; a shorter cycle gives a warning
 *
 * `ladder` is the mean over the codes of the sum over one bits of 1 - V_node / V, V_node from the
 * ladder's tridiagonal system. It is at most n, and below 1.5 for 8 bits. Where each sign has a
 * ladder of its own, the codes are those of the magnitudes.
 *
 * Source: H. Wang et al., VLSI 2022, as modelled in cimloop@d6e1390 (X2X_ladder.py,
 * dac_x2x_ladder.yaml); flip-flops of NeuroSim V1.3. */
#include "hardware/part/capacitors.h"
#include "hardware/part/logic.h"

#include <stdio.h>

enum { NODE, VOLTAGE, LOGIC_VOLTAGE, BITS, RESISTANCE, CYCLE, LOAD, SIGNS };

static const char *const SIGNS_WORDS[] = {"one", "both", NULL};

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 7e-9, 130e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, NAN, 0, 5, 0, 2.5, NULL, "reference of the ladder"},
    {"logic_voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 5, 0, 1.8, NULL,
     "supply of the register; 0: the nominal supply of the node"},
    {"resolution", WEFT_DIMENSION_DATA, NAN, 1, 16, 1, 12, NULL, "bits"},
    {"unit_resistance", WEFT_DIMENSION_RESISTANCE, 5e3, 1, 1e9, 500, 1e6, NULL, "R"},
    {"cycle", WEFT_DIMENSION_TIME, NAN, 0, 1, 0, 1e-6, NULL, "time that a value is held"},
    {"load", WEFT_DIMENSION_CAPACITANCE, 10e-15, 0, 1e-6, 0, 1e-12, NULL, "load of the output"},
    {"signs", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, SIGNS_WORDS,
     "both: a ladder for each sign, that gets the magnitudes"},
};

static void register_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                        weft_part_price *price) {
    weft_logic code = weft_logic_register(tech, values[BITS]);
    price->read_j[WEFT_STATISTIC_INPUT_TOGGLE] =
        weft_term(terms, "E_register", "J", "0.5 n E_dff", code.energy);
    price->area_m2 = weft_term(terms, "A_register", "m2", "n flip-flops", code.area);
    price->leak_w = code.leak;
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double n = values[BITS];
    double volts = values[VOLTAGE];
    double shrink = values[NODE] / 22e-9;
    weft_cmos_price(register_at, values, values[NODE], values[LOGIC_VOLTAGE], WEFT_DEVICE_LP, terms,
                    price);
    int ladder = values[SIGNS] > 0 ? WEFT_STATISTIC_LADDER_MAGNITUDE : WEFT_STATISTIC_LADDER;
    price->read_j[ladder] = weft_term(terms, "E_ladder", "J", "V^2 / (2 R) T",
                                      volts * volts / (2 * values[RESISTANCE]) * values[CYCLE]);
    price->read_j[WEFT_STATISTIC_ONE] = weft_term(terms, "E_controller", "J",
                                                  "(V node / nm)^2 n 8e-17",
                                                  weft_ladder_controller(n, values[NODE], volts));
    price->area_m2 += weft_term(terms, "A_ladder", "m2", "0.7e-14 (node / 22 nm)^2 n R",
                                0.7e-14 * shrink * shrink * n * values[RESISTANCE]);
    price->read_s = weft_term(terms, "settling", "s", "(n - 0.5) ln 2 R C",
                              (n - 0.5) * log(2) * values[RESISTANCE] * values[LOAD]);
    if (price->read_s > values[CYCLE] && price->warning[0] == '\0') {
        snprintf(price->warning, sizeof price->warning,
                 "settles to half a step of %g bit in %.4g ns, more than the cycle of %.4g ns", n,
                 price->read_s * 1e9, values[CYCLE] * 1e9);
    }
}

const weft_part_class weft_part_dac_r2r = {
    .name = "dac-r2r",
    .text = "R-2R ladder DAC",
    .equation = "E = V^2 / (2 R) T ladder + (V node / nm)^2 n 8e-17 + 0.5 n E_dff input_toggle\n"
                "A = 0.7e-14 (node / 22 nm)^2 n R + n flip-flops; settling (n - 0.5) ln 2 R C",
    .source = "Wang, VLSI 2022; cimloop@d6e1390 (X2X_ladder.py); NeuroSim V1.3 (DFF)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
