/* SPDX-License-Identifier: Apache-2.0
 *
 * Converters by kind. b bits, supply V, unit capacitor C, time of a comparison s; all that a kind
 * is made of is somebody's published figure, carried to the node by Stillmaker and Baas and to the
 * supply by (V / nominal)^2:
 *     comparator, one decision:  E_c = 41.7 fJ, 40 um2 at 65 nm            TIMELY, ISCA 2020
 *     full adder:                E_a = 0.21 pJ / 32, 278 um2 / 32 at 45 nm Aladdin, ISCA 2014
 *     register bit:              E_r = 0.009 pJ, 5.98 um2 at 45 nm         Aladdin, ISCA 2014
 *     ramp step:                 E_s = 0.3 pJ, 400 um2 at 130 nm, 1.8 V    Wan, Nature 608 (2022)
 *     amplifier:                 350 um2 at 130 nm (an integrator)         Wan, Nature 608 (2022)
 *     capacitors:                2.3 fF/um2 (22 nm / node)^2               cimloop@d6e1390, misc.py
 * Noise: a decision as precise as quantisation costs 12 k T 4^b more (T = 300 K), and a capacitor
 * that holds a sample has at least 12 k T 4^b / V^2 (M. Sundstrom, B. Murmann, C. Svensson, IEEE
 * TCAS-I 56 (2009) 509).
 *
 *   flash   E = (2^b - 1) (E_c + noise) + (2^b - 1 - b) E_a;  one comparison
 *           comparators, and adders that count their ones
 *   ramp    E = 2^b E_s + noise;  2^b comparisons
 *           the counter is shared by the columns and not counted
 *   sar     E = (2^(b - 2) - 1/2) C V^2 + b (E_c + noise + 2 E_r);  b + 1 comparisons
 *           2^b unit capacitors, monotonic switching (C.-C. Liu et al., IEEE JSSC 45 (2010) 731),
 *           2 b register bits; the first step samples
 *   cyclic  E = b (E_c + noise + E_amp);  2 b comparisons: decide, amplify
 *           two capacitors C_s = 2^(b - 1) C; E_amp = (b + 1) ln 2 (2 C_s) V_ov V / beta with
 *           V_ov = 0.2 V, beta = 1/2: a class-A stage of gain 2 that settles to half a step
 *
 * These are the cores alone: no reference, clock, input buffer or calibration. Converters of the
 * survey spend a multiple of it (docs/reference/parts-periphery.md). */
#include "hardware/part/adc.h"

#include "hardware/part/cmos.h"
#include "hardware/part/node_scale.h"

#define BOLTZMANN   1.380649e-23
#define TEMPERATURE 300.0

/* What all kinds are made of, at the node and supply of a converter. */
typedef struct pieces {
    double comparator, adder, bit, step, noise;                              /* J */
    double comparator_area, adder_area, bit_area, amplifier_area, ramp_area; /* m2 */
    double density;                                                          /* F/m2 */
} pieces;

static pieces pieces_of(const weft_adc *adc, weft_terms *terms) {
    double relative = adc->voltage / weft_cmos_nominal(WEFT_DEVICE_LP, adc->node);
    double supply = relative * relative;
    double ramp_supply = adc->voltage / 1.8 * (adc->voltage / 1.8);
    double e65 = weft_node_energy_scale(65e-9, adc->node) * supply;
    double e45 = weft_node_energy_scale(45e-9, adc->node) * supply;
    double e130 = weft_node_energy_scale(130e-9, adc->node) * ramp_supply;
    double a45 = weft_node_area_scale(45e-9, adc->node);
    double a130 = weft_node_area_scale(130e-9, adc->node);
    double shrink = 22e-9 / adc->node;
    return (pieces){
        .comparator = weft_term(terms, "E_c", "J", "41.7 fJ at 65 nm, scaled", 41.7e-15 * e65),
        .adder = weft_term(terms, "E_a", "J", "0.21 pJ / 32 at 45 nm, scaled", 0.21e-12 / 32 * e45),
        .bit = weft_term(terms, "E_r", "J", "9 fJ at 45 nm, scaled", 9e-15 * e45),
        .step = weft_term(terms, "E_s", "J", "0.3 pJ at 130 nm and 1.8 V, scaled", 0.3e-12 * e130),
        .noise = weft_term(terms, "noise", "J", "12 k T 4^b",
                           12 * BOLTZMANN * TEMPERATURE * pow(4, adc->resolution)),
        .comparator_area = 40e-12 * weft_node_area_scale(65e-9, adc->node),
        .adder_area = 278e-12 / 32 * a45,
        .bit_area = 5.98e-12 * a45,
        .amplifier_area = 350e-12 * a130,
        .ramp_area = 400e-12 * a130,
        .density = 2.3e-3 * shrink * shrink,
    };
}

/* The sampling capacitor of a converter: what matching asks for, no less than noise allows. */
static double sampling(const weft_adc *adc, double matched, double noise) {
    return fmax(matched, noise / (adc->voltage * adc->voltage));
}

weft_adc_figures weft_adc_flash(const weft_adc *adc, weft_terms *terms) {
    pieces p = pieces_of(adc, terms);
    double comparators = exp2(adc->resolution) - 1;
    double adders = fmax(comparators - adc->resolution, 0);
    return (weft_adc_figures){
        .energy_j = comparators * (p.comparator + p.noise) + adders * p.adder,
        .area_m2 = comparators * p.comparator_area + adders * p.adder_area,
        .delay_s = adc->step,
    };
}

weft_adc_figures weft_adc_ramp(const weft_adc *adc, weft_terms *terms) {
    pieces p = pieces_of(adc, terms);
    double steps = exp2(adc->resolution);
    return (weft_adc_figures){
        .energy_j = steps * p.step + p.noise,
        .area_m2 = p.ramp_area,
        .delay_s = steps * adc->step,
    };
}

weft_adc_figures weft_adc_sar(const weft_adc *adc, weft_terms *terms) {
    pieces p = pieces_of(adc, terms);
    double b = adc->resolution;
    double total = weft_term(terms, "C_array", "F", "max(2^b C, 12 k T 4^b / V^2)",
                             sampling(adc, exp2(b) * adc->capacitance, p.noise));
    double unit = total / exp2(b);
    double switching = weft_term(terms, "E_dac", "J", "(2^(b - 2) - 1/2) C V^2",
                                 fmax(exp2(b - 2) - 0.5, 0) * unit * adc->voltage * adc->voltage);
    return (weft_adc_figures){
        .energy_j = switching + b * (p.comparator + p.noise + 2 * p.bit),
        .area_m2 = total / p.density + p.comparator_area + 2 * b * p.bit_area,
        .delay_s = (b + 1) * adc->step,
    };
}

weft_adc_figures weft_adc_cyclic(const weft_adc *adc, weft_terms *terms) {
    pieces p = pieces_of(adc, terms);
    double b = adc->resolution;
    double cap = weft_term(terms, "C_s", "F", "max(2^(b - 1) C, 12 k T 4^b / V^2)",
                           sampling(adc, exp2(b - 1) * adc->capacitance, p.noise));
    const double overdrive = 0.2;
    const double feedback = 0.5;
    double amplifier = weft_term(terms, "E_amp", "J", "(b + 1) ln 2 (2 C_s) V_ov V / beta",
                                 (b + 1) * log(2) * 2 * cap * overdrive * adc->voltage / feedback);
    return (weft_adc_figures){
        .energy_j = b * (p.comparator + p.noise + amplifier),
        .area_m2 = 2 * cap / p.density + p.comparator_area + p.amplifier_area + b * p.bit_area,
        .delay_s = 2 * b * adc->step,
    };
}
