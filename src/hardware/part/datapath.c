/* SPDX-License-Identifier: Apache-2.0
 *
 * Datapaths by published ones: of a programmable CIM processor (65 nm, 1.2 V) the near-memory
 * datapath of eight columns (12 pJ, 10535 um2, 4.44 uW), its shift-and-add (2.25 pJ, 5000 um2, 2.22
 * uW) and its gate for zero inputs (0.5 pJ, 174 um2, 0.370 uW); of a 130 nm RRAM chip at 1.8 V the
 * shift-and-add (0.1 pJ a step, 170 um2); RAELLA's multiplier of the output quantiser (45 nm, 0.25
 * pJ for 8 bit); ISAAC's shift-and-add (32 nm, 16 bit, 0.021 pJ, 60 um2); Aladdin's adder (45 nm, 32
 * bit, 0.21 pJ, 278 um2, 2.4 uW).
 *
 * Source: H. Jia et al., IEEE JSSC 55 (2020) 2609, leakages of 2.4, 1.2 and 0.2 pJ in 540 ns;
 * W. Wan et al., Nature 608 (2022) 504; T. Andrulis et al., ISCA 2023; A. Shafiee et al., ISCA
 * 2016; Y. S. Shao et al., ISCA 2014; all as tabled in accelergy-library-plug-in@b3ed4aa. */
#include "hardware/part/published.h"

enum { FIT, NODE, WIDTH, VOLTAGE, SCALING, STEPS };

static const char *const FITS[] = {"jia",
                                   "jia-shift-add",
                                   "jia-zero-gate",
                                   "wan-shift-add",
                                   "raella-quantizer",
                                   "isaac-shift-add",
                                   "aladdin-adder",
                                   NULL};

static const weft_published PUBLISHED[] = {
    {.node = 65,
     .read_pj = 12,
     .area_um2 = 10535,
     .leak_w = 2.4e-12 / 540e-9,
     .voltage = 1.2}, /* jia */
    {.node = 65,
     .read_pj = 2.25,
     .area_um2 = 5000,
     .leak_w = 1.2e-12 / 540e-9,
     .voltage = 1.2}, /* jia-shift-add */
    {.node = 65,
     .read_pj = 0.5,
     .area_um2 = 174,
     .leak_w = 0.2e-12 / 540e-9,
     .voltage = 1.2},                                               /* jia-zero-gate */
    {.node = 130, .read_pj = 0.1, .area_um2 = 170, .voltage = 1.8}, /* wan-shift-add */
    {.node = 45, .read_pj = 0.25, .area_um2 = 0, .width = 8},       /* raella-quantizer */
    {.node = 32,
     .read_pj = 0.021,
     .write_pj = 0.021,
     .area_um2 = 60,
     .width = 16}, /* isaac-shift-add */
    {.node = 45,
     .read_pj = 0.21,
     .area_um2 = 278,
     .leak_w = 2.4e-6,
     .width = 32}, /* aladdin-adder */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 6, 0, 6, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 0, 0, 1 << 20, 0, 64, NULL, "bits; 0: as published"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 5, 0, 2.5, NULL, "supply; 0: as published"},
    WEFT_FIELD_NODE_SCALING,
    {"steps", WEFT_DIMENSION_NONE, 1, 0, 1e6, 1, 4096, NULL, "steps of an action"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH],
                        .voltage = values[VOLTAGE]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
    price->read_j[WEFT_STATISTIC_ONE] *= values[STEPS];
}

const weft_part_class weft_part_datapath = {
    .name = "datapath",
    .text = "digital datapath behind a macro",
    .equation = WEFT_PUBLISHED_LAW "\nenergy of an action = steps x energy of a step",
    .source = "Jia 2020, Wan 2022, RAELLA 2023, ISAAC 2016, Aladdin 2014; "
              "accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
