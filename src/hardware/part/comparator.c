/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparator by the published one of Aladdin (45 nm, 32 bit): 0.02947 pJ, 71 um2, leakage
 * 2.51e-5 pJ in a cycle of 1 ns; energy and area linear in width.
 *
 * Source: Y. S. Shao et al., ISCA 2014 (Aladdin), as tabled in accelergy-library-plug-in@b3ed4aa
 * (library/aladdin/aladdin_comparator.csv). */
#include "hardware/part/published.h"

enum { FIT, NODE, WIDTH, SCALING };

static const char *const FITS[] = {"aladdin", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 45, .read_pj = 0.02947, .area_um2 = 71, .leak_w = 2.51e-8, .width = 32}, /* aladdin */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 0, 0, 0, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 0, 0, 1 << 20, 0, 64, NULL, "bits; 0: as published"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_comparator = {
    .name = "comparator",
    .text = "digital comparator",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "Aladdin, ISCA 2014; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
