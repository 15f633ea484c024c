/* SPDX-License-Identifier: Apache-2.0
 *
 * One analog-to-digital converter by different models; adc.c makes a part class of them. */
#ifndef WEFT_HARDWARE_ADC_H
#define WEFT_HARDWARE_ADC_H

#include "hardware/part/published.h"

typedef struct weft_adc {
    double node;               /* m */
    weft_node_scaling scaling; /* of published figures */
    double resolution;         /* bit */
    double rate;               /* conversions/s */
    double voltage;            /* V */
    double rows;               /* rows of the bit line it reads: zigzag's delay */
    double capacitance;        /* F of a unit capacitor */
    double step;               /* s of a comparison */
} weft_adc;

typedef struct weft_adc_figures {
    double energy_j; /* of a conversion */
    double area_m2;
    double delay_s;
} weft_adc_figures;

/* Fits to published converters (adc_fits.c). */
weft_adc_figures weft_adc_survey(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_isaac(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_zigzag(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_newton(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_forms(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_timely(const weft_adc *adc, weft_terms *terms);

/* Kinds of converters, built from comparators, capacitors and logic (adc_kinds.c). */
weft_adc_figures weft_adc_flash(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_ramp(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_sar(const weft_adc *adc, weft_terms *terms);
weft_adc_figures weft_adc_cyclic(const weft_adc *adc, weft_terms *terms);

/* The best published by node and resolution (adc_best.c). */
typedef struct weft_adc_best {
    double node;     /* m: converters of this node or an older one */
    double bits;     /* converters of at least this resolution less half a bit */
    double energy_j; /* least energy of a conversion */
    double rate;     /* highest rate, 1/s */
} weft_adc_best;
weft_adc_best weft_adc_best_of(double node, double resolution);

/* Warns of an energy below the best published and of a rate above it; a rate beyond twice the
 * highest published is infeasible. Nothing below 4 bit, where the survey has no converters. */
void weft_adc_check(const weft_adc *adc, double energy_j, weft_part_price *price);

#endif
