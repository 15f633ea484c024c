/* SPDX-License-Identifier: Apache-2.0
 *
 * survey: a regression over the converters of ISSCC and VLSI, 1997 on. b bits (ENOB), node t in nm,
 * f conversions/s; natural logarithms:
 *     FOM_f = 213.7806687348118 - 2.8719030399529957 ln f                               dB
 *     FOM_b = 128.3068287398817 + 3.220511510977557 min(ceil(b), 20)                    dB
 *     SNDR  = 20 log10(2) b + 10 log10(1.5)                                             dB
 *     E = 0.5 10^((SNDR - min(FOM_f, FOM_b)) / 10) exp(26.0496215686518
 *         + 1.8800369206815004 ln t - 2.8291256050594527 ln b - 1.4702022133784405)     pJ
 *     A = exp(1.3461916439910742 + 0.9932794744745022 ln t + 0.18071538424508238 ln f
 *         + 0.29912426192653485 ln E)                                                   um2
 *   The last constant of E is the residual at the best fifth, A is the fit at the smallest tenth.
 *   Valid from 4 bit and to 10 GHz. Below 4 bit: E of 4 bit times 2^(b - 4), a constant figure of
 *   merit of Walden. Source: accelergy-adc-plug-in@ff0fb48 (model.yaml) after B. Murmann, ADC
 *   Performance Survey; T. Andrulis et al., ISPASS 2024.
 *
 * isaac: a table at 32 nm, 1.28 GS/s, 4 to 10 bit, linear in the logarithm between whole bits;
 *   beyond its ends 2^(bits); to other nodes by Stillmaker and Baas. Source: A. Shafiee et al.,
 *   ISCA 2016, as tabled in accelergy-library-plug-in@b3ed4aa (library/isaac/isaac_adc.csv).
 *
 * zigzag: fitted at 28 nm; to other nodes the area goes linearly, energy and delay stay:
 *     E = (100 b + 0.001 4^b) fF V^2,   A = 10^(1.206 - 0.0369 b) 2^b um2 node / 28 nm
 *     (none for one bit, 0.5 2^b from 12 bits on),   delay = b (0.00653 rows + 0.640) ns
 *   Source: zigzag-imc@df34a6f (AimcArrayUnit.py), fitted to three chips of 28 nm.
 *
 * newton, forms, timely: one published converter each, 2^(bits) from its resolution, by node:
 *     9 bit at 32 nm 2.583 pJ, 1500 um2;  4 bit at 32 nm 0.226 pJ, 284 um2;
 *     8 bit at 65 nm (time to digital) 0.145 pJ, 310 um2
 *   Source: A. Nag et al., IEEE Micro 38 (2018) 41; G. Yuan et al., ISCA 2021; W. Li et al., ISCA
 *   2020; as tabled in accelergy-library-plug-in@b3ed4aa. */
#include "hardware/part/adc.h"

#define LEAST_SURVEY_BITS 4.0

static double survey_energy_pj(double bits, double node_nm, double rate, weft_terms *terms) {
    double steps = fmin(ceil(bits), 20);
    double fom_f = weft_term(terms, "FOM_f", "dB", "213.78 - 2.8719 ln f",
                             213.7806687348118 - 2.8719030399529957 * log(rate));
    double fom_b = weft_term(terms, "FOM_b", "dB", "128.31 + 3.2205 ceil(b)",
                             128.3068287398817 + 3.220511510977557 * steps);
    double sndr = weft_term(terms, "SNDR", "dB", "6.0206 b + 1.7609",
                            6.020599913279624 * bits + 1.760912590556812);
    double loss =
        weft_term(terms, "SNDR - FOM", "dB", "SNDR - min(FOM_f, FOM_b)", sndr - fmin(fom_f, fom_b));
    double exponent = 26.0496215686518 + 1.8800369206815004 * log(node_nm) -
                      2.8291256050594527 * log(bits) - 1.4702022133784405;
    return 0.5 * pow(10, loss / 10) * exp(exponent);
}

weft_adc_figures weft_adc_survey(const weft_adc *adc, weft_terms *terms) {
    double nm = adc->node * 1e9;
    double bits = fmax(adc->resolution, LEAST_SURVEY_BITS);
    double energy = survey_energy_pj(bits, nm, adc->rate, terms) * exp2(adc->resolution - bits);
    weft_term(terms, "E", "pJ",
              "0.5 10^((SNDR - FOM) / 10) exp(24.579 + 1.8800 ln t - 2.8291 ln b)", energy);
    double area =
        weft_term(terms, "A", "um2", "exp(1.3462 + 0.99328 ln t + 0.18072 ln f + 0.29912 ln E)",
                  exp(1.3461916439910742 + 0.9932794744745022 * log(nm) +
                      0.18071538424508238 * log(adc->rate) + 0.29912426192653485 * log(energy)));
    return (weft_adc_figures){energy * 1e-12, area * 1e-12, 1 / adc->rate};
}

/* pJ and um2 of 4 to 10 bit. */
static const double ISAAC_PJ[] = {0.79, 0.99, 1.2, 1.42, 1.666666667, 1.969078145, 2.379022742};
static const double ISAAC_UM2[] = {361.04, 476.91, 626.91, 845.18, 1200, 1827.911647, 3002.008032};
#define ISAAC_LEAST 4.0
#define ISAAC_MOST  10.0

static double in_table(const double *table, double bits) {
    double inside = fmin(fmax(bits, ISAAC_LEAST), ISAAC_MOST);
    int i = (int)fmin(inside - ISAAC_LEAST, ISAAC_MOST - ISAAC_LEAST - 1);
    double share = inside - ISAAC_LEAST - i;
    double value = share >= 1  ? table[i + 1]
                   : share > 0 ? table[i] * pow(table[i + 1] / table[i], share)
                               : table[i];
    return value * exp2(bits - inside);
}

static weft_adc_figures published(const weft_published *figures, const weft_adc *adc,
                                  weft_terms *terms) {
    weft_part_price price = {0};
    weft_asked asked = {.node = adc->node, .scaling = adc->scaling, .resolution = adc->resolution};
    weft_published_price(figures, &asked, terms, &price);
    return (weft_adc_figures){price.read_j[WEFT_STATISTIC_ONE], price.area_m2, 1 / adc->rate};
}

weft_adc_figures weft_adc_isaac(const weft_adc *adc, weft_terms *terms) {
    weft_published at_bits = {
        .node = 32,
        .read_pj =
            weft_term(terms, "E_32", "pJ", "table at 32 nm", in_table(ISAAC_PJ, adc->resolution)),
        .area_um2 =
            weft_term(terms, "A_32", "um2", "table at 32 nm", in_table(ISAAC_UM2, adc->resolution)),
    };
    return published(&at_bits, adc, terms);
}

weft_adc_figures weft_adc_zigzag(const weft_adc *adc, weft_terms *terms) {
    double bits = adc->resolution;
    double capacitance = weft_term(terms, "C", "F", "100 fF b + 0.001 fF 4^b",
                                   (100 * bits + 0.001 * pow(4, bits)) * 1e-15);
    double share = bits <= 1 ? 0 : bits < 12 ? pow(10, 1.206 - 0.0369 * bits) : 0.5;
    double area = weft_term(terms, "A", "m2", "10^(1.206 - 0.0369 b) 2^b um2 node / 28 nm",
                            share * exp2(bits) * 1e-12 * adc->node / 28e-9);
    double delay = weft_term(terms, "delay", "s", "b (0.00653 rows + 0.640) ns",
                             bits * (0.00653 * adc->rows + 0.640) * 1e-9);
    return (weft_adc_figures){capacitance * adc->voltage * adc->voltage, area, delay};
}

weft_adc_figures weft_adc_newton(const weft_adc *adc, weft_terms *terms) {
    static const weft_published NEWTON = {
        .node = 32, .read_pj = 2.58333333333, .area_um2 = 1500, .resolution = 9};
    return published(&NEWTON, adc, terms);
}

weft_adc_figures weft_adc_forms(const weft_adc *adc, weft_terms *terms) {
    static const weft_published FORMS = {
        .node = 32, .read_pj = 0.22619, .area_um2 = 284.375, .resolution = 4};
    return published(&FORMS, adc, terms);
}

weft_adc_figures weft_adc_timely(const weft_adc *adc, weft_terms *terms) {
    static const weft_published TIMELY = {
        .node = 65, .read_pj = 0.145, .area_um2 = 310, .resolution = 8};
    return published(&TIMELY, adc, terms);
}
