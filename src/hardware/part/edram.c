/* SPDX-License-Identifier: Apache-2.0
 *
 * Embedded DRAM by two published ones: ISAAC's tile buffer (32 nm, 2048 words of 256 bit: 20.45 pJ
 * an access, 83000 um2) and a gain-cell memory of 1 Mbit (16 nm, 1024 words of 1024 bit: read
 * 2641.92 pJ, write 2519.04 pJ, 381 uW leakage and refresh, 131570 um2). Energy linear in width,
 * depth^0.78.
 *
 * Source: A. Shafiee et al., ISCA 2016; R. Giterman et al., IEEE Solid-State Circuits Letters 3
 * (2020) 110; both as tabled in accelergy-library-plug-in@b3ed4aa (library/isaac, library/misc). */
#include "hardware/part/published.h"

enum { FIT, NODE, WIDTH, DEPTH, SCALING };

static const char *const FITS[] = {"isaac", "raaam", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 32,
     .read_pj = 20.45,
     .write_pj = 20.45,
     .area_um2 = 83000,
     .width = 256,
     .depth = 2048}, /* isaac */
    {.node = 16,
     .read_pj = 2641.92,
     .write_pj = 2519.04,
     .area_um2 = 131570,
     .leak_w = 381e-6,
     .width = 1024,
     .depth = 1024}, /* raaam */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 0, 0, 1 << 20, 0, 4096, NULL, "bits of a word; 0: as published"},
    {"depth", WEFT_DIMENSION_NONE, 0, 0, 1e9, 0, 65536, NULL, "words; 0: as published"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH],
                        .depth = values[DEPTH]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_edram = {
    .name = "edram",
    .text = "embedded DRAM buffer",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "ISAAC, ISCA 2016; Giterman 2020; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
