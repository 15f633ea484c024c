/* SPDX-License-Identifier: Apache-2.0
 *
 * Analog buffers by the published ones of TIMELY (65 nm): of a partial sum (current mirror) 0.0023
 * pJ, 5 um2; of an input in the time domain 0.00062 pJ, 5 um2.
 *
 * Source: W. Li et al., ISCA 2020, table II, as in accelergy-library-plug-in@b3ed4aa
 * (library/timely/timely_psubBuf.csv, timely_xsubBuf.csv). */
#include "hardware/part/published.h"

enum { FIT, NODE, SCALING };

static const char *const FITS[] = {"sum", "input", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 65, .read_pj = 0.0023, .area_um2 = 5},  /* sum */
    {.node = 65, .read_pj = 0.00062, .area_um2 = 5}, /* input */
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE], .scaling = (weft_node_scaling)values[SCALING]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_psub_buffer = {
    .name = "psub-buffer",
    .text = "analog local buffer of partial sums or inputs",
    .equation = WEFT_PUBLISHED_LAW,
    .source = "TIMELY, ISCA 2020; accelergy-library-plug-in@b3ed4aa",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
