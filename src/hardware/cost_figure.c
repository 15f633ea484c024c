/* SPDX-License-Identifier: Apache-2.0
 * Figures of a cost by name, for comparison with published ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <weft/hardware.h>

#include "base/error.h"

static double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

/* ---- of the whole ---------------------------------------------------------------------------- */

/* What layers give each for itself: cycles add up, the best use counts, ratios are averaged. */
typedef struct by_layers {
    double cycles, utilisation, tops, tops_w, tops_mm2;
} by_layers;

static by_layers sum_layers(const weft_cost *cost) {
    by_layers sum = {0};
    double n = 0;
    for (int32_t i = 0; i < cost->n_layers; i++) {
        const weft_layer_cost *layer = &cost->layers[i];
        if (layer->macs == 0) {
            continue;
        }
        double operations = 2 * (double)layer->macs / 1e12;
        double seconds = layer->busy_s;
        n++;
        sum.cycles += layer->cycles;
        sum.utilisation = fmax(sum.utilisation, layer->utilisation);
        sum.tops += ratio(operations, seconds);
        sum.tops_w += ratio(operations, layer->energy_j);
        sum.tops_mm2 += ratio(ratio(operations, seconds), cost->total.area_mm2);
    }
    sum.tops = ratio(sum.tops, n);
    sum.tops_w = ratio(sum.tops_w, n);
    sum.tops_mm2 = ratio(sum.tops_mm2, n);
    return sum;
}

static const char *const WHOLE[] = {
    "energy_j",    "latency_s",       "interval_s", "area_mm2",     "power_w",       "peak_power_w",
    "tops",        "tops_w",          "tops_mm2",   "edap_j_s_mm2", "macs",          "cycles",
    "utilisation", "max_utilisation", "mean_tops",  "mean_tops_w",  "mean_tops_mm2",
};
enum { N_WHOLE = sizeof WHOLE / sizeof *WHOLE };

static bool whole_figure(const weft_cost *cost, const char *name, double *value) {
    const weft_total *t = &cost->total;
    const by_layers layers = sum_layers(cost);
    const double values[N_WHOLE] = {
        t->energy_j,        t->latency_s,         t->interval_s,
        t->area_mm2,        t->power_w,           t->peak_power_w,
        weft_total_tops(t), weft_total_tops_w(t), weft_total_tops_mm2(t),
        weft_total_edap(t), (double)t->macs,      layers.cycles,
        t->utilisation,     layers.utilisation,   layers.tops,
        layers.tops_w,      layers.tops_mm2,
    };
    for (int i = 0; i < N_WHOLE; i++) {
        if (strcmp(WHOLE[i], name) == 0) {
            *value = values[i];
            return true;
        }
    }
    return false;
}

/* ---- of parts -------------------------------------------------------------------------------- */

typedef enum split { ENERGY, LATENCY, AREA, TOPS_W, TOPS_MM2, N_SPLITS } split;

static const char *const SPLITS[N_SPLITS] = {"energy_by.", "latency_by.", "area_by.", "tops_w_by.",
                                             "tops_mm2_by."};

static weft_status add_part(const weft_cost *cost, const double *by, const char *part,
                            size_t length, double *sum, weft_error *error) {
    const char *names[WEFT_MAX_PARTS];
    char one[64];
    snprintf(one, sizeof one, "%.*s", (int)length, part);
    for (int32_t k = 0; k < cost->n_parts; k++) {
        names[k] = cost->parts[k].token;
        if (strcmp(names[k], one) == 0) {
            *sum += by[k];
            return WEFT_OK;
        }
    }
    weft_fail(error, WEFT_ERROR_USAGE, "the chip has no part '%s'", one);
    const char *nearest = weft_nearest(one, names, (size_t)cost->n_parts);
    if (nearest != NULL) {
        weft_hint(error, "did you mean '%s'?", nearest);
    }
    return WEFT_ERROR_USAGE;
}

static double figure_of_split(const weft_cost *cost, split which, double sum) {
    const weft_total *t = &cost->total;
    switch (which) {
    case TOPS_W:
        return ratio(2e-12 * (double)t->macs, sum);
    case TOPS_MM2:
        return ratio(weft_total_tops(t), sum);
    case ENERGY:
    case LATENCY:
    case AREA:
    case N_SPLITS:
        break;
    }
    return sum;
}

static weft_status split_figure(const weft_cost *cost, split which, const char *parts,
                                double *value, weft_error *error) {
    const double *by = which == LATENCY                     ? cost->latency_by
                       : which == AREA || which == TOPS_MM2 ? cost->area_by
                                                            : cost->energy_by;
    double sum = 0;
    for (const char *part = parts;; part++) {
        size_t length = strcspn(part, "+");
        WEFT_TRY(add_part(cost, by, part, length, &sum, error));
        part += length;
        if (*part == '\0') {
            *value = figure_of_split(cost, which, sum);
            return WEFT_OK;
        }
    }
}

weft_status weft_cost_figure(const weft_cost *cost, const char *name, double *value,
                             weft_error *error) {
    if (whole_figure(cost, name, value)) {
        return WEFT_OK;
    }
    const char *names[N_WHOLE + N_SPLITS];
    for (int i = 0; i < N_SPLITS; i++) {
        size_t length = strlen(SPLITS[i]);
        if (strncmp(name, SPLITS[i], length) == 0) {
            return split_figure(cost, (split)i, name + length, value, error);
        }
        names[N_WHOLE + i] = SPLITS[i];
    }
    memcpy(names, WHOLE, sizeof WHOLE);
    weft_fail(error, WEFT_ERROR_USAGE, "there is no figure '%.64s'", name);
    const char *nearest = weft_nearest(name, names, N_WHOLE + N_SPLITS);
    weft_hint(error, nearest != NULL ? "did you mean '%s'?" : "such as %s",
              nearest != NULL ? nearest : "energy_j, tops_w, energy_by.adc");
    return WEFT_ERROR_USAGE;
}
