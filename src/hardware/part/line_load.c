/* SPDX-License-Identifier: Apache-2.0
 *
 * A bit line, word line or enable line as the load of its cells (gates.h): E = cells C V^2, C by
 * default half a NAND a cell; no area, no delay.
 * Source: zigzag-imc@df34a6f (imc_unit.py, imc_model_validation). */
#include "hardware/part/gates.h"

enum { CELLS = WEFT_GATE_FIELD_COUNT, LOAD };

static const weft_part_field FIELDS[] = {
    WEFT_GATE_FIELDS,
    {"cells", WEFT_DIMENSION_NONE, NAN, 0, 1e9, 1, 8192, NULL, "cells on the line"},
    {"load", WEFT_DIMENSION_NONE, 0.5, 0, 1e3, 0.25, 2, NULL, "load of a cell, in NANDs"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_gates_price(values, 0, values[CELLS] * values[LOAD], 0, terms, price);
}

const weft_part_class weft_part_line_load = {
    .name = "line-load",
    .text = "line across cells, as their load",
    .equation = "E = cells load C_g V^2 node / 28 nm",
    .source = WEFT_GATE_SOURCE,
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
