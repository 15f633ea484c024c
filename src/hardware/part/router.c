/* SPDX-License-Identifier: Apache-2.0
 *
 * Router by the published one of ISAAC: 32 nm, 256 bit, 8 ports, 20.74 pJ for a transfer of 256
 * bit, 0.15 mm2; shared by four tiles each pays for a quarter of its area. Energy and area linear
 * in width. No congestion and no leakage are published.
 *
 * Source: A. Shafiee et al., ISCA 2016, as tabled in accelergy-library-plug-in@b3ed4aa
 * (library/isaac/isaac_router.csv). */
#include "hardware/part/published.h"

enum { FIT, NODE, WIDTH, SCALING };

static const char *const FITS[] = {"isaac", "isaac-quarter", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 32, .read_pj = 20.74, .write_pj = 20.74, .area_um2 = 150000, .width = 256}, /* isaac */
    {.node = 32,
     .read_pj = 20.74,
     .write_pj = 20.74,
     .area_um2 = 37500,
     .width = 256}, /* isaac-quarter */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 0, 0, 1 << 20, 0, 2048, NULL,
     "bits of a transfer; 0: as published"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_router = {
    .name = "router",
    .text = "router of a tile or of a group of tiles",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "ISAAC, ISCA 2016; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
