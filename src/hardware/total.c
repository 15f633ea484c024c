/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures of merit of a whole network on a chip: total over total, never a mean of ratios. */
#include <weft/hardware.h>

/* A MAC is a multiplication and an addition. */
static const double OPERATIONS_A_MAC = 2.0;

static const double TERA = 1e12;

static double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

double weft_total_tops(const weft_total *total) {
    return ratio(OPERATIONS_A_MAC * (double)total->macs, total->interval_s) / TERA;
}

double weft_total_tops_w(const weft_total *total) {
    return ratio(OPERATIONS_A_MAC * (double)total->macs, total->energy_j) / TERA;
}

double weft_total_tops_mm2(const weft_total *total) {
    return ratio(weft_total_tops(total), total->area_mm2);
}

double weft_total_edap(const weft_total *total) {
    double others = total->batch > 1 ? total->batch - 1 : 0;
    return total->energy_j * (total->latency_s - others * total->interval_s) * total->area_mm2;
}
