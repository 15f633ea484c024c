/* SPDX-License-Identifier: Apache-2.0
 *
 * Pulse DAC: a value of b bits drives its row for so many steps, counted by a binary counter
 * against a register (none where `register` is no). The driver of the row is the row driver's.
 * `counting` says how long the counter runs:
 *   pulse  while the pulse lasts:  E = (2^b - 1) E_count input + b E_bit
 *   full   for all steps:          E = (2^b - 1) E_count + b E_bit
 *   E_count = 0.25074 pJ b / 32, 495.5 um2 b / 32; E_bit = 0.009 pJ, 5.98 um2; both at 45 nm
 *   latency = (2^b - 1) step
 *
 * Source: Y. S. Shao et al., ISCA 2014 (Aladdin), counter and register as tabled in
 * accelergy-library-plug-in@b3ed4aa; counts as in the temporal DAC of cimloop@d6e1390
 * (sinangil_jssc_2021). */
#include "hardware/part/node_scale.h"
#include "hardware/part/published.h"

enum { NODE, RESOLUTION, STEP, COUNTING, CODE, SCALING };

static const char *const COUNTING_WORDS[] = {"pulse", "full", NULL};
static const char *const CODE_WORDS[] = {"no", "yes", NULL};

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"resolution", WEFT_DIMENSION_DATA, NAN, 1, 16, 1, 10, NULL, "bits"},
    {"step", WEFT_DIMENSION_TIME, 0, 0, 1, 0, 1e-6, NULL, "time of a step; 0: hidden in the cycle"},
    {"counting", WEFT_DIMENSION_NONE, 0, 0, 1, 0, 1, COUNTING_WORDS, "how long the counter runs"},
    {"register", WEFT_DIMENSION_NONE, 1, 0, 1, 0, 1, CODE_WORDS, "a register holds the code"},
    WEFT_FIELD_NODE_SCALING,
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    double bits = values[RESOLUTION];
    double steps = exp2(bits) - 1;
    double held = values[CODE] > 0 ? bits : 0;
    double node = weft_node_read(values[NODE], (weft_node_scaling)values[SCALING]);
    double energy = weft_node_energy_scale(45e-9, node);
    double area = weft_node_area_scale(45e-9, node);
    double count = weft_term(terms, "E_count", "J", "0.25074 pJ b / 32 at 45 nm, scaled",
                             0.25074e-12 * bits / 32 * energy);
    double code = weft_term(terms, "E_code", "J", "b 9 fJ at 45 nm, scaled", held * 9e-15 * energy);
    int share = values[COUNTING] > 0 ? WEFT_STATISTIC_ONE : WEFT_STATISTIC_INPUT;
    price->read_j[share] += steps * count;
    price->read_j[WEFT_STATISTIC_ONE] += code;
    price->area_m2 = (bits * 495.5e-12 / 32 + held * 5.98e-12) * area;
    price->leak_w = 3.213e-7 * bits / 32 * energy;
    price->read_s = steps * values[STEP];
}

const weft_part_class weft_part_dac_pulse = {
    .name = "dac-pulse",
    .text = "pulse DAC: counter and register of a row",
    .equation = "E = (2^b - 1) E_count x + b E_bit, x = mean input (pulse) or 1 (full)\n"
                "A = b (495.5 / 32 + 5.98) um2 at 45 nm; latency (2^b - 1) step",
    .source = "Aladdin, ISCA 2014 (accelergy-library-plug-in@b3ed4aa); cimloop@d6e1390",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
