/* SPDX-License-Identifier: Apache-2.0
 *
 * SRAM with its two address generators, one for reads and one for writes: adders of
 * n = max(1, ceil(log2 depth)) bits of the node's low-power transistors at its nominal supply.
 *
 *   energy = SRAM (sram.c) + one addition,  area = SRAM + 2 adders
 *   an adder as in adder.c
 *
 * Source: SRAM as in sram.c; cimloop@d6e1390 (smartbuffer_SRAM.yaml); NeuroSim V1.3 (Adder). */
#include "hardware/part/logic.h"
#include "hardware/part/sram_points.h"

enum { NODE, WIDTH, DEPTH };

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 7e-9, 130e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, NAN, 1, 1 << 20, 1, 2048, NULL, "bits of a word"},
    {"depth", WEFT_DIMENSION_NONE, NAN, 1, 1e9, 1, 524288, NULL, "words"},
};

/* One adder: energy of an addition, area and leakage. */
static void adder_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    double n = weft_term(terms, "n", "bit", "max(1, ceil(log2 depth))",
                         fmax(1, ceil(log2(values[DEPTH]))));
    weft_logic adder = weft_logic_adder(tech, n);
    price->read_j[WEFT_STATISTIC_ONE] =
        weft_term(terms, "E_add", "J", "an addition of n bits", adder.energy);
    price->area_m2 = adder.area;
    price->leak_w = adder.leak;
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(adder_at, values, values[NODE], 0, WEFT_DEVICE_LP, terms, price);
    weft_sram_figures f = weft_sram_at(values[NODE], values[WIDTH], values[DEPTH]);
    double add = price->read_j[WEFT_STATISTIC_ONE];
    price->read_j[WEFT_STATISTIC_ONE] =
        weft_term(terms, "E_sram_read", "J", "points and law", f.read_j) + add;
    price->write_j[WEFT_STATISTIC_ONE] =
        weft_term(terms, "E_sram_write", "J", "points and law", f.write_j) + add;
    price->area_m2 = weft_term(terms, "A_sram", "m2", "points and law", f.area_m2) +
                     2 * weft_term(terms, "A_adder", "m2", "an adder of n bits", price->area_m2);
    price->leak_w = weft_term(terms, "P_sram", "W", "points and law", f.leak_w) + 2 * price->leak_w;
    price->read_s = price->write_s = weft_term(terms, "t_cycle", "s", "points and law", f.cycle_s);
    weft_sram_note(values[NODE], values[WIDTH], values[DEPTH], price->warning,
                   sizeof price->warning);
}

const weft_part_class weft_part_smart_buffer = {
    .name = "smart-buffer",
    .text = "SRAM buffer with two address generators",
    .equation = "energy = SRAM + an addition of ceil(log2 depth) bits; area = SRAM + two adders",
    .source = "CACTI 7; cimloop@d6e1390 (smartbuffer_SRAM.yaml); NeuroSim V1.3 (Adder)",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
