/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips of several regions: each has arrays of its own and runs the layers that are given to it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "hardware/hierarchy_cost.h"
#include "hardware/price.h"

double weft_priced_idle(const weft_priced *priced, weft_idle *idle) {
    double sum = 0.0;
    if (idle != NULL) {
        *idle = (weft_idle){0};
    }
    for (int p = 0; priced->hierarchy != NULL && p < priced->hierarchy->hierarchy->n_parts; p++) {
        double watts = weft_hierarchy_idle(priced->hierarchy, p);
        sum += watts;
        if (idle != NULL) {
            idle->by_w[p] = watts;
            idle->sum_w = sum;
        }
    }
    return sum;
}

/* How long a region waits for the others, between two results: those before, and the one that comes
 * to them. */
typedef struct waiting {
    bool overlaps;
    double sum_s, part_s;
} waiting;

static waiting wait_of(const weft_total *sum, const weft_total *part) {
    bool overlaps = part->interval_s < part->latency_s || sum->interval_s < sum->latency_s;
    double slowest = fmax(sum->interval_s, part->interval_s);
    return overlaps ? (waiting){true, slowest - sum->interval_s, slowest - part->interval_s}
                    : (waiting){false, part->interval_s, sum->interval_s};
}

static void add(weft_total *sum, const weft_total *part, const waiting *wait, double idle_w,
                double part_idle_w) {
    double used = sum->utilisation * (double)sum->crossbars +
                  part->utilisation * (double)part->crossbars;
    sum->interval_s = wait->overlaps ? fmax(sum->interval_s, part->interval_s)
                                     : sum->interval_s + part->interval_s;
    sum->peak_power_w = wait->overlaps
                            ? sum->peak_power_w + part->peak_power_w
                            : fmax(sum->peak_power_w + part_idle_w, part->peak_power_w + idle_w);
    sum->energy_j += part->energy_j + idle_w * wait->sum_s + part_idle_w * wait->part_s;
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

void weft_total_add(weft_total *sum, double *idle_w, const weft_total *part, double part_idle_w) {
    waiting wait = wait_of(sum, part);
    add(sum, part, &wait, *idle_w, part_idle_w);
    *idle_w += part_idle_w;
}

/* What waits leaks in the last row of the chip, part by part. */
static void add_leaks(weft_cost *sum, const waiting *wait, const weft_idle *idle,
                      const weft_idle *part_idle) {
    weft_layer_cost *last = &sum->layers[sum->n_layers - 1];
    for (int p = 0; p < sum->n_parts; p++) {
        double energy = idle->by_w[p] * wait->sum_s + part_idle->by_w[p] * wait->part_s;
        last->energy_by[p] += energy;
        last->energy_j += energy;
        sum->energy_by[p] += energy;
    }
}

weft_status weft_cost_add(weft_cost *sum, weft_idle *idle, const weft_cost *part,
                          const weft_idle *part_idle, weft_error *error) {
    size_t n = (size_t)sum->n_layers;
    size_t more = (size_t)part->n_layers;
    weft_layer_cost *layers = realloc(sum->layers, (n + more + 1) * sizeof *layers);
    if (layers == NULL) {
        return weft_fail_memory(error, (n + more + 1) * sizeof *layers);
    }
    memcpy(layers + n, part->layers, more * sizeof *layers);
    sum->layers = layers;
    sum->n_layers += part->n_layers;
    waiting wait = wait_of(&sum->total, &part->total);
    add(&sum->total, &part->total, &wait, idle->sum_w, part_idle->sum_w);
    add_leaks(sum, &wait, idle, part_idle);
    idle->sum_w += part_idle->sum_w;
    for (int p = 0; p < sum->n_parts; p++) {
        sum->energy_by[p] += part->energy_by[p];
        sum->latency_by[p] += part->latency_by[p];
        sum->area_by[p] += part->area_by[p];
        idle->by_w[p] += part_idle->by_w[p];
    }
    for (int w = 0; w < part->n_warnings && sum->n_warnings < WEFT_MAX_WARNINGS; w++) {
        snprintf(sum->warnings[sum->n_warnings++], sizeof sum->warnings[0], "%s",
                 part->warnings[w]);
    }
    return WEFT_OK;
}

weft_status weft_total_check(const weft_priced *priced, const weft_total *total,
                             weft_error *error) {
    return priced->hierarchy != NULL ? weft_hierarchy_check(priced->hierarchy, total, error)
                                     : WEFT_OK;
}
