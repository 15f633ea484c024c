/* SPDX-License-Identifier: Apache-2.0
 *
 * Sense amplifier.
 *   timely  the charging comparator of TIMELY: 41.7 fJ, 40 um2 at 65 nm, by node
 *   latch   a latch of two cross-coupled inverters with four precharge transistors and a tail, of
 *           standard inverters that are `size` times as wide:
 *               E = size V^2 (2 (C_i + C_o) + 4 C_gP + C_gN)
 *               delay = tau ln(V / swing), tau = R_N (C_i + C_o)
 *               A = 5 size inverters
 * A bit line that swings costs C_line V swing on top and takes C_line swing / I (latch; I = 0: not
 * counted).
 *
 * Source: W. Li et al., ISCA 2020, as tabled in accelergy-library-plug-in@b3ed4aa
 * (library/timely/timely_charging_comparator.csv); the latch after B. Wicht et al., IEEE JSSC 39
 * (2004) 1148, its capacitances and resistances of the node table (cmos.h). */
#include "hardware/part/cmos.h"
#include "hardware/part/published.h"

#include <stdio.h>

enum { FIT = WEFT_CMOS_FIELD_COUNT, SIZE, LINE, SWING, CURRENT };
enum { TIMELY, LATCH };

static const char *const FITS[] = {"timely", "latch", NULL};

static const weft_published PUBLISHED = {.node = 65, .read_pj = 0.0417, .area_um2 = 40};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    {"fit", WEFT_DIMENSION_NONE, TIMELY, 0, 1, 0, 1, FITS, "model"},
    {"size", WEFT_DIMENSION_NONE, 1, 0.1, 1e3, 0.5, 50, NULL,
     "inverters, in standard ones (latch)"},
    {"line_capacitance", WEFT_DIMENSION_CAPACITANCE, 0, 0, 1e-9, 0, 1e-12, NULL,
     "of the bit line (latch)"},
    {"swing", WEFT_DIMENSION_VOLTAGE, 0.05, 1e-4, 5, 0.02, 1, NULL, "difference to sense (latch)"},
    {"read_current", WEFT_DIMENSION_CURRENT, 0, 0, 1, 0, 1e-3, NULL,
     "that discharges the line (latch); 0: its time is not counted"},
};

static void latch_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_widths widths = weft_cmos_inverter(tech);
    weft_standard_gate gate = weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, widths);
    double node = gate.input + gate.output;
    double precharge = 4 * weft_cmos_gate_cap(tech, widths.p) + weft_cmos_gate_cap(tech, widths.n);
    double caps = weft_term(terms, "C", "F", "size (2 (C_i + C_o) + 4 C_gP + C_gN)",
                            values[SIZE] * (2 * node + precharge));
    double swing = fmin(values[SWING], tech->vdd);
    double line =
        weft_term(terms, "E_line", "J", "C_line V swing", values[LINE] * tech->vdd * swing);
    price->read_j[WEFT_STATISTIC_ONE] = caps * tech->vdd * tech->vdd + line;
    price->area_m2 = 5 * values[SIZE] * gate.area;
    price->leak_w = 5 * values[SIZE] * gate.leak;
    double tau = weft_term(terms, "tau", "s", "R_N (C_i + C_o)",
                           weft_cmos_resistance(tech, widths.n, WEFT_CHANNEL_N) * node);
    double slewing = values[CURRENT] > 0 ? values[LINE] * swing / values[CURRENT] : 0;
    price->read_s = tau * log(tech->vdd / swing) +
                    weft_term(terms, "t_line", "s", "C_line swing / I", slewing);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    if (values[FIT] == TIMELY) {
        weft_asked asked = {.node = values[WEFT_CMOS_NODE]};
        weft_published_price(&PUBLISHED, &asked, terms, price);
        return;
    }
    weft_cmos_price(latch_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_sense_amplifier = {
    .name = "sense-amplifier",
    .text = "sense amplifier",
    .equation = "timely: 41.7 fJ, 40 um2 at 65 nm, by node\n"
                "latch: E = size V^2 (2 (C_i + C_o) + 4 C_gP + C_gN) + C_line V swing\n"
                "  delay = R_N (C_i + C_o) ln(V / swing) + C_line swing / I",
    .source = "TIMELY 2020 (accelergy-library-plug-in@b3ed4aa); Wicht, JSSC 2004; node table",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
