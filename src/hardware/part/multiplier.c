/* SPDX-License-Identifier: Apache-2.0
 *
 * Digital multiplier by the published one of Aladdin (45 nm, 32 x 32 bit): 12.68 pJ, 6350 um2,
 * leakage 0.08 pJ in a cycle of 1 ns; energy, area and leakage linear in either width.
 *
 * Source: Y. S. Shao et al., ISCA 2014, as tabled in accelergy-library-plug-in@b3ed4aa
 * (library/aladdin/aladdin_multiplier.csv). */
#include "hardware/part/published.h"

enum { NODE, WIDTH_A, WIDTH_B, SCALING };

static const weft_published PUBLISHED = {
    .node = 45, .read_pj = 12.68, .area_um2 = 6350, .leak_w = 80e-6, .width = 32.0 * 32.0};

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width_a", WEFT_DIMENSION_DATA, NAN, 1, 1024, 2, 64, NULL, "bits of one operand"},
    {"width_b", WEFT_DIMENSION_DATA, NAN, 1, 1024, 2, 64, NULL, "bits of the other"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH_A] * values[WIDTH_B]};
    weft_published_price(&PUBLISHED, &asked, terms, price);
}

const weft_part_class weft_part_multiplier = {
    .name = "multiplier",
    .text = "digital multiplier",
    .equation = "E = 12.68 pJ x node x (a / 32) (b / 32); A = 6350 um2 x node x (a / 32) (b / 32)",
    .source = "Aladdin, ISCA 2014; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
