/* SPDX-License-Identifier: Apache-2.0
 *
 * Link between chips by the published one of ISAAC (HyperTransport, 65 nm): 26 pJ a transfer of 128
 * bit, 23 mm2; a transfer takes width / bandwidth, 6.4 GB/s by default.
 *
 * Source: A. Shafiee et al., ISCA 2016 (6.4 GB/s a link); energy and area as tabled
 * in accelergy-library-plug-in@b3ed4aa (library/isaac/isaac_chip2chip_link.csv). */
#include "hardware/part/published.h"

enum { FIT, NODE, WIDTH, BANDWIDTH, SCALING };

static const char *const FITS[] = {"isaac", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 65, .read_pj = 26, .write_pj = 26, .area_um2 = 23e6, .width = 128}, /* isaac */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 0, 0, 0, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 0, 0, 1 << 20, 0, 2048, NULL,
     "bits of a transfer; 0: as published"},
    {"bandwidth", WEFT_DIMENSION_BANDWIDTH, 51.2e9, 1, 1e15, 1e6, 1e13, NULL, "of the link"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
    double width = values[WIDTH] > 0 ? values[WIDTH] : PUBLISHED[(int)values[FIT]].width;
    price->read_s = price->write_s =
        weft_term(terms, "delay", "s", "width / bandwidth", width / values[BANDWIDTH]);
}

const weft_part_class weft_part_link = {
    .name = "link",
    .text = "link from chip to chip",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "ISAAC, ISCA 2016; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
