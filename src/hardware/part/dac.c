/* SPDX-License-Identifier: Apache-2.0
 *
 * Digital-to-analog converter by published figures:
 *   isaac   1 bit at 32 nm: 0.41667 pJ, 0.166 um2; 2^(bits - 1) beyond
 *   brahms  8 bit at 40 nm: 0.291 pJ, 438 um2; 2^(bits - 8) from there
 *   timely  digital to time, 8 bit at 65 nm: 0.0375 pJ, 240 um2; 2^(bits - 8) from there
 *   zigzag  E = 50 fF bits V^2 (0 for one bit), no area; with `logic` the register and the
 *           comparator that make a pulse of it: bits (6 + 7.8) NANDs of 0.614 um2 at 28 nm, linear
 *           in the node
 *
 * Source: A. Shafiee et al., ISCA 2016; T. Song et al., DAC 2021; W. Li et al., ISCA 2020, as
 * tabled in accelergy-library-plug-in@b3ed4aa; zigzag-imc@df34a6f (AimcArrayUnit.py). The logic of
 * a pulse-width DAC is our gate count. */
#include "hardware/part/gates.h"
#include "hardware/part/published.h"

enum { FIT, NODE, RESOLUTION, VOLTAGE, LOGIC, SCALING };
enum { ISAAC, BRAHMS, TIMELY, ZIGZAG };

static const char *const FITS[] = {"isaac", "brahms", "timely", "zigzag", NULL};
static const char *const LOGIC_WORDS[] = {"no", "yes", NULL};

static const weft_published PUBLISHED[] = {
    {.node = 32, .read_pj = 0.41667, .area_um2 = 0.166015625, .resolution = 1},
    {.node = 40, .read_pj = 0.291, .area_um2 = 438, .resolution = 8},
    {.node = 65, .read_pj = 0.0375, .area_um2 = 240, .resolution = 8},
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, ISAAC, 0, 3, 0, 3, FITS, "whose figures"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"resolution", WEFT_DIMENSION_DATA, NAN, 1, 16, 1, 10, NULL, "bits"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, 0.9, 0, 5, 0.4, 1.2, NULL, "supply (zigzag)"},
    {"logic", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, LOGIC_WORDS,
     "area of the register and comparator of a pulse-width DAC (zigzag)"},
    WEFT_FIELD_NODE_SCALING,
};

static void price_zigzag(const double *values, weft_terms *terms, weft_part_price *price) {
    double bits = values[RESOLUTION];
    double volts = values[VOLTAGE];
    price->read_j[WEFT_STATISTIC_ONE] = weft_term(terms, "E", "J", "50 fF bits V^2, 0 for one bit",
                                                  bits > 1 ? 50e-15 * bits * volts * volts : 0);
    double gates = bits * (WEFT_GATE_FLIP_FLOP_AREA + WEFT_GATE_FULL_ADDER_AREA);
    price->area_m2 = weft_term(terms, "A", "m2", "with logic: bits 13.8 A_g node / 28 nm",
                               values[LOGIC] > 0 ? gates * 0.614e-12 * values[NODE] / 28e-9 : 0);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    if (values[FIT] == ZIGZAG) {
        price_zigzag(values, terms, price);
        return;
    }
    weft_asked asked = {.node = values[NODE],
                        .scaling = (weft_node_scaling)values[SCALING],
                        .resolution = values[RESOLUTION]};
    weft_published_price(&PUBLISHED[(int)values[FIT]], &asked, terms, price);
}

const weft_part_class weft_part_dac = {
    .name = "dac",
    .text = "digital-to-analog converter by published figures",
    .equation = "isaac, brahms, timely: published x node x 2^(resolution - published)\n"
                "zigzag: E = 50 fF bits V^2 (0 for one bit); A = 0, with logic 13.8 bits A_g",
    .source = "ISAAC 2016, BRAHMS 2021, TIMELY 2020 (accelergy-library-plug-in@b3ed4aa); "
              "zigzag-imc@df34a6f",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
