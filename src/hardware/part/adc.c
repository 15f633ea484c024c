/* SPDX-License-Identifier: Apache-2.0
 *
 * Analog-to-digital converter. `fit` selects the model: equations, ranges and sources stand in
 * adc_fits.c (fits to published converters) and adc_kinds.c (kinds), the bound in adc_best.c.
 *
 * Latency: zigzag and the kinds take as long as their comparisons, and a rate above 1 / latency
 * cannot be had; the others convert at the rate asked for (1 / rate). */
#include "hardware/part/adc.h"

#include <stdio.h>

#include "hardware/part/cmos.h"

enum { FIT, NODE, RESOLUTION, RATE, VOLTAGE, ROWS, CAPACITANCE, STEP, SCALING };
enum { SURVEY, ISAAC, ZIGZAG, CYCLIC = 6, LAST = 9 };

static const char *const FITS[] = {"survey", "isaac",  "zigzag", "flash",  "ramp", "sar",
                                   "cyclic", "newton", "forms",  "timely", NULL};

static weft_adc_figures (*const MODELS[])(const weft_adc *adc, weft_terms *terms) = {
    weft_adc_survey, weft_adc_isaac,  weft_adc_zigzag, weft_adc_flash, weft_adc_ramp,
    weft_adc_sar,    weft_adc_cyclic, weft_adc_newton, weft_adc_forms, weft_adc_timely,
};

static const weft_part_field FIELDS[] = {
    {"fit", WEFT_DIMENSION_NONE, SURVEY, 0, LAST, 0, LAST, FITS,
     "model of energy, area and latency"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 5e-9, 180e-9, NULL, "technology node"},
    {"resolution", WEFT_DIMENSION_DATA, NAN, 1, 16, 1, 14, NULL, "bits of a conversion"},
    {"rate", WEFT_DIMENSION_FREQUENCY, NAN, 1, 1e15, 1e3, 1e10, NULL,
     "conversions a second of one converter"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, 0, 0, 5, 0, 1.8, NULL,
     "supply (not survey, isaac); 0: the nominal supply of the node"},
    {"rows", WEFT_DIMENSION_NONE, 128, 1, 1 << 20, 16, 1024, NULL, "rows of the bit line (zigzag)"},
    {"unit_capacitance", WEFT_DIMENSION_CAPACITANCE, 0.5e-15, 1e-17, 1e-12, 0.1e-15, 10e-15, NULL,
     "unit capacitor (sar, cyclic)"},
    {"step", WEFT_DIMENSION_TIME, 0, 0, 1, 0, 1e-6, NULL,
     "time of a comparison (flash, ramp, sar, cyclic); 0: 0.64 ns at 28 nm, linear in the node"},
    WEFT_FIELD_NODE_SCALING,
};

/* Time of a comparison: zigzag's delay a bit without rows, at 28 nm. */
#define COMPARISON_S    0.640e-9
#define COMPARISON_NODE 28e-9

static weft_adc asked(const double *values) {
    double nominal = weft_cmos_nominal(WEFT_DEVICE_LP, values[NODE]);
    return (weft_adc){
        .node = values[NODE],
        .scaling = (weft_node_scaling)values[SCALING],
        .resolution = values[RESOLUTION],
        .rate = values[RATE],
        .voltage = values[VOLTAGE] > 0 ? values[VOLTAGE] : nominal,
        .rows = values[ROWS],
        .capacitance = values[CAPACITANCE],
        .step = values[STEP] > 0 ? values[STEP] : COMPARISON_S * values[NODE] / COMPARISON_NODE,
    };
}

/* A model used beyond its data says so. */
static void note_range(int fit, const weft_adc *adc, weft_part_price *price) {
    const char *what = NULL;
    if (fit == SURVEY && adc->resolution < 4) {
        what = "the regression begins at 4 bit; below, 4 bit times 2^(bits - 4)";
    } else if (fit == ISAAC && (adc->resolution < 4 || adc->resolution > 10)) {
        what = "the table has 4 to 10 bit; beyond, its end times 2^(bits)";
    } else if (fit == ZIGZAG && (adc->node < 22e-9 || adc->node > 40e-9)) {
        what = "the fit is of 28 nm; its energy and delay are not scaled to other nodes";
    } else if (fit == ZIGZAG && adc->resolution >= 12) {
        what = "from 12 bit on the fit takes 0.5 um2 2^bits, less than at 11 bit";
    }
    if (what != NULL) {
        snprintf(price->warning, sizeof price->warning, "%s", what);
    }
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    int fit = (int)values[FIT];
    weft_adc adc = asked(values);
    weft_adc_figures f = MODELS[fit](&adc, terms);
    price->read_j[WEFT_STATISTIC_ONE] = f.energy_j;
    price->area_m2 = f.area_m2;
    price->read_s = f.delay_s;
    weft_adc_check(&adc, f.energy_j, price);
    if (price->warning[0] == '\0') {
        note_range(fit, &adc, price);
    }
    if (fit >= ZIGZAG && fit <= CYCLIC && adc.rate * f.delay_s > 1 + 1e-9) {
        price->over = adc.rate * f.delay_s - 1;
        snprintf(price->infeasible, sizeof price->infeasible,
                 "%.4g MS/s asked of a %s converter that takes %.4g ns for %g bit", adc.rate * 1e-6,
                 FITS[fit], f.delay_s * 1e9, adc.resolution);
    }
}

const weft_part_class weft_part_adc = {
    .name = "adc",
    .text = "analog-to-digital converter",
    .equation =
        "survey: E = 0.5 10^((SNDR - FOM) / 10) exp(24.579 + 1.8800 ln t - 2.8291 ln b) pJ,\n"
        "  A = exp(1.3462 + 0.99328 ln t + 0.18072 ln f + 0.29912 ln E) um2\n"
        "isaac: table of 4 to 10 bit at 32 nm, by node; newton, forms, timely: a point each\n"
        "zigzag: E = (100 b + 0.001 4^b) fF V^2, A = 10^(1.206 - 0.0369 b) 2^b um2 node / 28 nm,\n"
        "  delay = b (0.00653 rows + 0.640) ns\n"
        "flash: (2^b - 1) comparators, 1 step; ramp: 2^b steps; sar: 2^b capacitors, b + 1 steps;\n"
        "  cyclic: b stages, 2 b steps",
    .source = "ADC survey (accelergy-adc-plug-in@ff0fb48); ISAAC 2016; zigzag-imc@df34a6f; kinds: "
              "adc_kinds.c",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
