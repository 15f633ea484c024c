/* SPDX-License-Identifier: Apache-2.0
 *
 * Sample and hold by the published one of a 130 nm RRAM chip at 1.8 V: 1.2 pJ a sample, 350 um2.
 *
 * Source: W. Wan et al., Nature 608 (2022) 504, broken down as in accelergy-library-plug-in@b3ed4aa
 * (library/wan/components.csv). */
#include "hardware/part/published.h"

enum { FIT, NODE, VOLTAGE, SCALING };

static const char *const FITS[] = {"wan", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 130, .read_pj = 1.2, .area_um2 = 350, .voltage = 1.8}, /* wan */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 0, 0, 0, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 5, 0, 2.5, NULL, "supply; 0: as published"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .voltage = values[VOLTAGE]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_sample_hold = {
    .name = "sample-hold",
    .text = "sample and hold",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "Wan 2022; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
