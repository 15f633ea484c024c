/* SPDX-License-Identifier: Apache-2.0
 *
 * A part whose figures somebody published: energy of an action, area and leakage as they are
 * written in the chip file. What scales them (node, width, supply) is the chip file's business, as
 * an expression. */
#include "hardware/part.h"

enum { READ_ENERGY, WRITE_ENERGY, AREA, LEAKAGE, DELAY };

static const weft_part_field FIELDS[] = {
    {"energy", WEFT_DIMENSION_ENERGY, 0, 0, 1e-3, 0, 1e-6, NULL, "energy of an action"},
    {"write_energy", WEFT_DIMENSION_ENERGY, 0, 0, 1e-3, 0, 1e-6, NULL, "energy of a write"},
    {"area", WEFT_DIMENSION_AREA, 0, 0, 1e-2, 0, 1e-3, NULL, "area of an instance"},
    {"leakage", WEFT_DIMENSION_POWER, 0, 0, 1e3, 0, 10, NULL, "leakage of an instance"},
    {"delay", WEFT_DIMENSION_TIME, 0, 0, 1, 0, 1e-3, NULL, "time of an action"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    (void)terms;
    price->read_j[WEFT_STATISTIC_ONE] = values[READ_ENERGY];
    price->write_j[WEFT_STATISTIC_ONE] = values[WRITE_ENERGY];
    price->area_m2 = values[AREA];
    price->leak_w = values[LEAKAGE];
    price->read_s = price->write_s = values[DELAY];
}

const weft_part_class weft_part_fixed = {
    .name = "fixed",
    .text = "a part with published figures",
    .equation = "energy, area, leakage and delay as given",
    .source = "the sources of its fields",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
