/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips of several regions: each has arrays of its own and runs the layers that are given to it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/hardware.h>

#include "base/error.h"

void weft_total_add(weft_total *sum, const weft_total *part) {
    bool overlaps = part->interval_s < part->latency_s || sum->interval_s < sum->latency_s;
    double used = sum->utilisation * (double)sum->crossbars +
                  part->utilisation * (double)part->crossbars;
    sum->interval_s = overlaps ? fmax(sum->interval_s, part->interval_s)
                               : sum->interval_s + part->interval_s;
    sum->peak_power_w = overlaps ? sum->peak_power_w + part->peak_power_w
                                 : fmax(sum->peak_power_w, part->peak_power_w);
    sum->energy_j += part->energy_j;
    sum->latency_s += part->latency_s;
    sum->cycles += part->cycles;
    sum->area_mm2 += part->area_mm2;
    sum->macs += part->macs;
    sum->crossbars += part->crossbars;
    sum->tiles += part->tiles;
    sum->utilisation = sum->crossbars > 0 ? used / (double)sum->crossbars : 0.0;
    sum->power_w = sum->interval_s > 0.0 ? sum->energy_j / sum->interval_s : 0.0;
    sum->bottleneck = -1;
}

weft_status weft_cost_add(weft_cost *sum, const weft_cost *part, weft_error *error) {
    size_t n = (size_t)sum->n_layers;
    size_t more = (size_t)part->n_layers;
    weft_layer_cost *layers = realloc(sum->layers, (n + more + 1) * sizeof *layers);
    if (layers == NULL) {
        return weft_fail_memory(error, (n + more + 1) * sizeof *layers);
    }
    memcpy(layers + n, part->layers, more * sizeof *layers);
    sum->layers = layers;
    sum->n_layers += part->n_layers;
    weft_total_add(&sum->total, &part->total);
    for (int p = 0; p < sum->n_parts; p++) {
        sum->energy_by[p] += part->energy_by[p];
        sum->latency_by[p] += part->latency_by[p];
        sum->area_by[p] += part->area_by[p];
    }
    for (int w = 0; w < part->n_warnings && sum->n_warnings < WEFT_MAX_WARNINGS; w++) {
        snprintf(sum->warnings[sum->n_warnings++], sizeof sum->warnings[0], "%s",
                 part->warnings[w]);
    }
    return WEFT_OK;
}
