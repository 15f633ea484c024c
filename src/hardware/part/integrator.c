/* SPDX-License-Identifier: Apache-2.0
 *
 * Integrator by the published one of a 130 nm RRAM chip at 1.8 V: 0.25 pJ an integration step, 350
 * um2 (wan); its conversion by charge decrements: 0.3 pJ a step, 400 um2 (wan-step).
 *
 * Source: W. Wan et al., Nature 608 (2022) 504, broken down as in accelergy-library-plug-in@b3ed4aa
 * (library/wan/components.csv). */
#include "hardware/part/published.h"

enum { FIT, NODE, VOLTAGE, SCALING, STEPS };

static const char *const FITS[] = {"wan", "wan-step", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 130, .read_pj = 0.25, .area_um2 = 350, .voltage = 1.8}, /* wan */
    {.node = 130, .read_pj = 0.3, .area_um2 = 400, .voltage = 1.8},  /* wan-step */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 5, 0, 2.5, NULL, "supply; 0: as published"},
    WEFT_FIELD_NODE_SCALING,
    {"steps", WEFT_DIMENSION_NONE, 1, 0, 1e6, 1, 4096, NULL, "steps of an action"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .voltage = values[VOLTAGE]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
    price->read_j[WEFT_STATISTIC_ONE] *= values[STEPS];
}

const weft_part_class weft_part_integrator = {
    .name = "integrator",
    .text = "analog integrator of a column, or its conversion",
    .equation = WEFT_PUBLISHED_LAW "\nenergy of an action = steps x energy of a step",
    .source = "Wan 2022; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
