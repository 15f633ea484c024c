/* SPDX-License-Identifier: Apache-2.0
 *
 * A capacitor that is charged from the supply: E = C V^2 x, x the share of full charge that an
 * action moves on average. `share` names it:
 *   one         charged in full                                            x = 1
 *   input       raised from zero to the input each time                    x = mean input
 *   input_step  raised from one input to the next, without return to zero  x = mean rise
 *   product     charged by the product of input and weight                 x = input weight
 *   ...         any other statistic of the operands
 * Area: C / density + border, none where it is stacked above the cells.
 *
 * Source: charge of a capacitor from a supply; density 2.3 fF/um2 at 22 nm and border as in
 * cimloop@d6e1390 (misc.py). */
#include "hardware/part/capacitors.h"

enum { NODE, VOLTAGE, CAPACITANCE, SHARE, STACKED, DENSITY };

static const char *const STACKED_WORDS[] = {"no", "yes", NULL};

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, NAN, 0, 5, 0, 2.5, NULL, "supply"},
    {"capacitance", WEFT_DIMENSION_CAPACITANCE, NAN, 0, 1e-6, 1e-16, 1e-11, NULL, "capacitance"},
    {"share", WEFT_DIMENSION_NONE, WEFT_STATISTIC_ONE, 0, WEFT_STATISTIC_COUNT - 1, 0,
     WEFT_STATISTIC_COUNT - 1, WEFT_STATISTIC_WORDS, "share of full charge that an action moves"},
    {"stacked", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, STACKED_WORDS, "above other parts: no area"},
    {"density", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 0.05, NULL, "F/m2; 0: 2.3e-3 (22 nm / node)^2"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double volts = values[VOLTAGE];
    price->read_j[(int)values[SHARE]] =
        weft_term(terms, "E", "J", "C V^2", values[CAPACITANCE] * volts * volts);
    double area = weft_capacitor_area(values[CAPACITANCE], values[NODE], values[DENSITY]);
    price->area_m2 = weft_term(terms, "A", "m2", "C / density + border, 0 if stacked",
                               values[STACKED] > 0 ? 0 : area);
}

const weft_part_class weft_part_capacitor = {
    .name = "capacitor",
    .text = "capacitor charged from the supply",
    .equation = "E = C V^2 x, x the share of full charge; A = C / density + 1 um2 (node / 22 nm)^2",
    .source = "charge of a capacitor; cimloop@d6e1390 (misc.py)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
