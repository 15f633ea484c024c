/* SPDX-License-Identifier: Apache-2.0
 *
 * Bus of a tile by the published one of ISAAC (32 nm): 0.054 pJ and 29.297 um2 a bit; an action
 * moves `width` bits.
 *
 * Source: A. Shafiee et al., ISCA 2016, as tabled in accelergy-library-plug-in@b3ed4aa
 * (library/isaac/isaac_eDRAM_bus.csv). */
#include "hardware/part/published.h"

enum { FIT, NODE, WIDTH, SCALING };

static const char *const FITS[] = {"isaac", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 32,
     .read_pj = 0.054,
     .write_pj = 0.054,
     .area_um2 = 29.296875,
     .width = 1}, /* isaac */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 0, 0, 0, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 0, 0, 1 << 20, 0, 2048, NULL, "bits of a transfer; 0: one bit"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_bus = {
    .name = "bus",
    .text = "bus from a buffer to the macros of a tile",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "ISAAC, ISCA 2016; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
