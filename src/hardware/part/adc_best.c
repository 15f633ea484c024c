/* SPDX-License-Identifier: Apache-2.0
 *
 * The best published converters, from B. Murmann, "ADC Performance Survey 1997-2025" (revision
 * 20250609): the 698 with a CMOS node, SNDR, power and rate. Of node class n and b bits:
 *     energy: least P / fsnyq,  rate: highest fsnyq
 * of all whose node is that of the class or older, and whose ENOB = (SNDR_plot - 1.76) / 6.02 is at
 * least b - 0.5. So what an old node or a finer converter can do, a new node or a coarser one can;
 * interleaved converters count as one. test_part_periphery.c works the table out from the survey. */
#include "hardware/part/adc.h"

#include <stdio.h>

enum { CLASSES = 7, LEAST_BITS = 4, BITS = 13 };

typedef struct best_of_class {
    double node;         /* nm, the newest of the class */
    double energy[BITS]; /* J, 4 .. 16 bit */
    double rate[BITS];   /* 1/s */
} best_of_class;

/* clang-format off */
static const best_of_class BEST[CLASSES] = {
    {16,
     {1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 2.24e-12, 2.36296e-12, 2.36296e-12, 4e-11, 7.8e-11, 2.92062e-10, 1.525e-09},
     {2e+11, 2e+11, 2e+11, 7.2e+10, 1.8e+10, 1.2e+10, 6.4e+09, 6.4e+09, 6.4e+09, 1e+08, 4e+07, 4e+07, 5e+06}},
    {28,
     {1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 2.36296e-12, 2.36296e-12, 2.36296e-12, 4e-11, 7.8e-11, 2.92062e-10, 1.525e-09},
     {9e+10, 9e+10, 6.4e+10, 1.2e+10, 1.2e+10, 1.2e+10, 2e+09, 2e+09, 4e+08, 1e+08, 4e+07, 4e+07, 5e+06}},
    {45,
     {1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 2.36296e-12, 2.36296e-12, 2.36296e-12, 6.72e-11, 7.8e-11, 4.5e-10, 1.525e-09},
     {9e+10, 9e+10, 2e+10, 4e+09, 4e+09, 4e+09, 1.6e+09, 1.6e+09, 3e+08, 4e+07, 4e+07, 4e+07, 5e+06}},
    {65,
     {1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 1.9e-13, 2.36296e-12, 2.36296e-12, 2.36296e-12, 7.8e-11, 7.8e-11, 7.85833e-10, 1.525e-09},
     {4e+10, 2.5e+10, 2e+10, 4e+09, 4e+09, 4e+09, 1.6e+09, 1.6e+09, 3e+08, 4e+07, 1.5e+07, 1.2e+07, 5e+06}},
    {90,
     {3.11667e-13, 3.11667e-13, 3.11667e-13, 3.11667e-13, 3.11667e-13, 3.11667e-13, 2.36296e-12, 2.36296e-12, 2.36296e-12, 7.8e-11, 7.8e-11, 7.85833e-10, 4.25e-09},
     {2.4e+10, 2e+10, 4e+09, 1.6e+09, 1.35e+09, 9.9554e+08, 5e+08, 2.5e+08, 1.25e+08, 4e+07, 1.5e+07, 1.2e+07, 5e+06}},
    {130,
     {1.2e-12, 1.2e-12, 1.2e-12, 1.2e-12, 2.7e-12, 7.75e-12, 7.75e-12, 6.71111e-11, 7.8e-11, 7.8e-11, 7.8e-11, 7.85833e-10, 4.25e-09},
     {2e+10, 2e+10, 4e+09, 1.6e+09, 1.35e+09, 9.9554e+08, 5e+08, 2.5e+08, 1.25e+08, 4e+07, 1.5e+07, 1.2e+07, 5e+06}},
    {180,
     {1.2e-12, 1.2e-12, 1.2e-12, 1.2e-12, 2.7e-12, 7.75e-12, 7.75e-12, 7.8e-11, 7.8e-11, 7.8e-11, 7.8e-11, 7.85833e-10, 4.25e-09},
     {2e+10, 2e+10, 4e+09, 1.6e+09, 9.9554e+08, 9.9554e+08, 5e+08, 2.5e+08, 1.25e+08, 2.4e+07, 1.5e+07, 1.2e+07, 5e+06}},
};
/* clang-format on */

/* Beyond this multiple of the highest published rate a converter counts as impossible. */
#define RATE_MARGIN 2.0

weft_adc_best weft_adc_best_of(double node, double resolution) {
    int class = 0;
    double nm = node * 1e9 * (1 - 1e-9); /* 28e-9 * 1e9 is above 28 */
    while (class + 1 < CLASSES && nm > BEST[class].node) {
        class ++;
    }
    int bit = (int)fmin(fmax(floor(resolution) - LEAST_BITS, 0), BITS - 1);
    const best_of_class *best = &BEST[class];
    return (weft_adc_best){best->node * 1e-9, bit + LEAST_BITS, best->energy[bit], best->rate[bit]};
}

void weft_adc_check(const weft_adc *adc, double energy_j, weft_part_price *price) {
    if (adc->resolution < LEAST_BITS) {
        return;
    }
    weft_adc_best best = weft_adc_best_of(adc->node, adc->resolution);
    if (adc->rate > RATE_MARGIN * best.rate) {
        price->over = adc->rate / (RATE_MARGIN * best.rate) - 1;
        snprintf(
            price->infeasible, sizeof price->infeasible,
            "%.4g GS/s at %g bit: over %g times the best published, %.4g GS/s at %g nm or older",
            adc->rate * 1e-9, adc->resolution, RATE_MARGIN, best.rate * 1e-9, best.node * 1e9);
    } else if (adc->rate > best.rate) {
        snprintf(price->warning, sizeof price->warning,
                 "%.4g GS/s at %g bit is above the best published, %.4g GS/s at %g nm or older",
                 adc->rate * 1e-9, adc->resolution, best.rate * 1e-9, best.node * 1e9);
    }
    if (energy_j < best.energy_j && price->warning[0] == '\0') {
        snprintf(price->warning, sizeof price->warning,
                 "%.4g pJ at %g bit is below the best published, %.4g pJ at %g nm or older",
                 energy_j * 1e12, adc->resolution, best.energy_j * 1e12, best.node * 1e9);
    }
}
