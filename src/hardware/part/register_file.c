/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers by published ones: Aladdin's bit (45 nm, 0.009 pJ a bit read, 5.98 um2), the register
 * ladder of AtomLayer (32 nm, 128 words of 16 bit: 0.083 pJ, 1620 um2), AtomLayer's input buffer
 * with its transfers (6.46 pJ, 2100 um2), TIMELY's buffer (65 nm, 128 words of 128 bit: read
 * 203.776 pJ, write 496.624 pJ, 40 um2). A write of Aladdin's register is priced as a read: there
 * its table has 0.
 *
 * Source: Y. S. Shao et al., ISCA 2014; X. Qiao et al., DAC 2018; W. Li et al., ISCA 2020; all as
 * in accelergy-library-plug-in@b3ed4aa. */
#include "hardware/part/published.h"

enum { FIT, NODE, WIDTH, DEPTH, SCALING };

static const char *const FITS[] = {"aladdin", "atomlayer-ladder", "atomlayer-input", "timely",
                                   NULL};

static const weft_published PUBLISHED[] = {
    {.node = 45, .read_pj = 0.009, .write_pj = 0.009, .area_um2 = 5.98, .width = 1}, /* aladdin */
    {.node = 32,
     .read_pj = 0.083,
     .write_pj = 0.083,
     .area_um2 = 1620,
     .width = 16,
     .depth = 128}, /* atomlayer-ladder */
    {.node = 32,
     .read_pj = 6.46,
     .area_um2 = 2100,
     .width = 16,
     .depth = 128}, /* atomlayer-input */
    {.node = 65,
     .read_pj = 203.776,
     .write_pj = 496.624,
     .area_um2 = 40,
     .width = 128,
     .depth = 128}, /* timely */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 3, 0, 3, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 0, 0, 1 << 20, 0, 2048, NULL, "bits of a word; 0: as published"},
    {"depth", WEFT_DIMENSION_NONE, 0, 0, 1e9, 0, 1024, NULL, "words; 0: as published"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .width = values[WIDTH],
                        .depth = values[DEPTH]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_register_file = {
    .name = "register-file",
    .text = "registers",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "Aladdin, AtomLayer, TIMELY; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
