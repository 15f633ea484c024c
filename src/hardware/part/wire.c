/* SPDX-License-Identifier: Apache-2.0
 *
 * A wire charged from the supply: E = c l V^2 x, x the share of full charge that an action moves
 * (as in capacitor.c); it lies above other parts and has no area. Delay of a distributed line:
 * 0.38 r c l^2.
 *
 * Source: c = 2e-10 F/m of NeuroSim V1.3 and cimloop@d6e1390 (misc.py); r by default that of the
 * arrays' wires there, 40 nm wide and 76 nm thick at 4.03e-8 ohm m. */
#include "hardware/part/capacitors.h"

enum { LENGTH, VOLTAGE, SHARE, CAPACITANCE, RESISTANCE };

static const weft_part_field FIELDS[] = {
    {"length", WEFT_DIMENSION_LENGTH, NAN, 0, 1, 0, 0.02, NULL, "length"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, NAN, 0, 5, 0, 2.5, NULL, "swing, from the supply"},
    {"share", WEFT_DIMENSION_NONE, WEFT_STATISTIC_ONE, 0, WEFT_STATISTIC_COUNT - 1, 0,
     WEFT_STATISTIC_COUNT - 1, WEFT_STATISTIC_WORDS, "share of full charge that an action moves"},
    {"wire_capacitance", WEFT_DIMENSION_NONE, 2e-10, 0, 1e-6, 1e-10, 5e-10, NULL, "F/m"},
    {"wire_resistance", WEFT_DIMENSION_NONE, 1.3257e7, 0, 1e10, 1e3, 1e9, NULL, "ohm/m"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double length = values[LENGTH];
    double cap = weft_term(terms, "C", "F", "c l", values[CAPACITANCE] * length);
    price->read_j[(int)values[SHARE]] =
        weft_term(terms, "E", "J", "C V^2", cap * values[VOLTAGE] * values[VOLTAGE]);
    price->read_s =
        weft_term(terms, "delay", "s", "0.38 r l C", 0.38 * values[RESISTANCE] * length * cap);
}

const weft_part_class weft_part_wire = {
    .name = "wire",
    .text = "wire charged from the supply",
    .equation = "E = c l V^2 x, x the share of full charge; delay = 0.38 r c l^2",
    .source = "NeuroSim V1.3, cimloop@d6e1390 (misc.py)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
