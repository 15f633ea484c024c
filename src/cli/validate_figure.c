/* SPDX-License-Identifier: Apache-2.0
 * Figures of a cost by name, for comparison with published ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/validate.h"

/* ---- of the whole ---------------------------------------------------------------------------- */

static const char *const NAMES[] = {
    "energy_j",    "latency_s",       "interval_s", "area_mm2",     "power_w",       "peak_power_w",
    "tops",        "tops_w",          "tops_mm2",   "edap_j_s_mm2", "macs",          "cycles",
    "utilisation", "max_utilisation", "mean_tops",  "mean_tops_w",  "mean_tops_mm2", "energy_by.",
    "latency_by.", "area_by.",        NULL};

static double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

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

static bool whole_figure(const weft_cost *cost, const char *name, double *value) {
    const weft_total *t = &cost->total;
    const by_layers layers = sum_layers(cost);
    const double values[] = {
        t->energy_j,        t->latency_s,         t->interval_s,
        t->area_mm2,        t->power_w,           t->peak_power_w,
        weft_total_tops(t), weft_total_tops_w(t), weft_total_tops_mm2(t),
        weft_total_edap(t), (double)t->macs,      layers.cycles,
        t->utilisation,     layers.utilisation,   layers.tops,
        layers.tops_w,      layers.tops_mm2,
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *value = values[i];
            return true;
        }
    }
    return false;
}

/* ---- of parts -------------------------------------------------------------------------------- */

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

weft_status cli_figure(const weft_cost *cost, const char *name, double *value, weft_error *error) {
    static const char *const SPLITS[] = {"energy_by.", "latency_by.", "area_by."};
    const double *const by[] = {cost->energy_by, cost->latency_by, cost->area_by};
    if (whole_figure(cost, name, value)) {
        return WEFT_OK;
    }
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(SPLITS[i]);
        if (strncmp(name, SPLITS[i], length) != 0) {
            continue;
        }
        double sum = 0;
        for (const char *part = name + length;; part++) {
            size_t end = strcspn(part, "+");
            WEFT_TRY(add_part(cost, by[i], part, end, &sum, error));
            part += end;
            if (*part == '\0') {
                *value = sum;
                return WEFT_OK;
            }
        }
    }
    size_t n = sizeof NAMES / sizeof *NAMES - 1;
    weft_fail(error, WEFT_ERROR_USAGE, "there is no figure '%.64s'", name);
    const char *nearest = weft_nearest(name, NAMES, n);
    weft_hint(error, nearest != NULL ? "did you mean '%s'?" : "such as %s",
              nearest != NULL ? nearest : "energy_j, tops_w, energy_by.adc");
    return WEFT_ERROR_USAGE;
}

weft_status cli_cost_with(const weft_chip *chip, const cli_setting *settings, int n,
                          weft_workload *workload, weft_cost **cost, weft_error *error) {
    const char *text = weft_chip_text(chip);
    weft_chip *changed = NULL;
    weft_priced *priced = NULL;
    WEFT_TRY(weft_chip_parse(text, strlen(text), weft_chip_name(chip), &changed, error));
    weft_status status = WEFT_OK;
    for (int i = 0; i < n && status == WEFT_OK; i++) {
        status = weft_chip_set(changed, settings[i].path, settings[i].value, error);
    }
    if (status == WEFT_OK) {
        status = weft_priced_create(changed, &priced, error);
    }
    if (status == WEFT_OK) {
        status = weft_cost_create(priced, workload, cost, error);
    }
    weft_priced_destroy(priced);
    weft_chip_destroy(changed);
    return status;
}
