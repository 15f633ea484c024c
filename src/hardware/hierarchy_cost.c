/* SPDX-License-Identifier: Apache-2.0
 *
 *   energy of a part on a layer = reads (e_read . s) + writes (e_write . s)
 *                                 + leakage of the copies that are powered x time of the layer
 *
 * with the counts of count.c, the energies e of the part's class and the statistics s of the layer's
 * operands. Energies add up over parts and layers; the area is that of all copies on the chip. */
#include "hardware/hierarchy_cost.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* ---- prices and statistics ------------------------------------------------------------------- */

static bool is_own(const int32_t bits[WEFT_BITS]) {
    return bits[0] == 0 && bits[1] == 0 && bits[2] == 0;
}

/* The chip as the layers of class c see it. */
static const weft_precision *precision_of(const weft_hierarchy_priced *priced,
                                          const weft_loop_work *work, int32_t c) {
    return is_own(work->bits[c]) ? &priced->own : &work->precisions[c];
}

/* Prices the classes of bits that are not the chip's own, unless they were for this chip. */
static weft_status price_classes(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                 weft_error *error) {
    if (work->priced_for == priced->id) {
        return WEFT_OK;
    }
    work->priced_for = 0;
    for (int32_t c = 0; c < work->n_precisions; c++) {
        if (!is_own(work->bits[c])) {
            WEFT_TRY(weft_hierarchy_price(priced->hierarchy, work->bits[c], &work->precisions[c],
                                          NULL, error));
        }
    }
    work->priced_for = priced->id;
    return WEFT_OK;
}

static bool same_operand(const weft_operand *a, const weft_operand *b) {
    return a->encoding == b->encoding && a->code_bits == b->code_bits &&
           a->slice_bits == b->slice_bits;
}

static void find_statistics(const weft_loop_layer *layer, const weft_precision *price,
                            weft_loop_cost *cost) {
    if (same_operand(&cost->input, &price->input) && same_operand(&cost->weight, &price->weight) &&
        cost->ladder_bits == price->ladder_bits) {
        return;
    }
    weft_operand_statistics(layer->inputs, &price->input, layer->weights, &price->weight,
                            price->ladder_bits, cost->statistics);
    cost->input = price->input;
    cost->weight = price->weight;
    cost->ladder_bits = price->ladder_bits;
}

/* ---- a layer --------------------------------------------------------------------------------- */

static double dot(const double *coefficients, int32_t which, const double *statistics) {
    double sum = 0;
    for (int32_t left = which; left != 0; left &= left - 1) {
        int k = __builtin_ctz((unsigned)left);
        sum += coefficients[k] * statistics[k];
    }
    return sum;
}

/* Copies of a part that are powered: all, or those in use inside a gated level. */
static double powered(const weft_hierarchy *h, const weft_precision *price,
                      const weft_spread *spread, int level) {
    double copies = 1;
    bool gated = false;
    double before = 1;
    for (int l = 0; l <= level; l++) {
        gated = gated || h->levels[l].gated;
        copies *= gated ? spread->used[l] / before : price->capacity[l];
        before = spread->used[l];
    }
    return copies;
}

static double cycles_of(const weft_precision *price, double steps) {
    double per_step = price->number[WEFT_NUMBER_STEP_CYCLES];
    return per_step == 1 ? steps : ceil(steps * per_step);
}

/* Energy of each part on the layer whose counts were just made; by[] may be NULL. */
static double energy_of(const weft_hierarchy *h, const weft_precision *price,
                        const weft_spread *spread, const weft_counts *counts,
                        const double *statistics, double *by) {
    double sum = 0;
    double seconds = cycles_of(price, counts->steps) * price->cycle_s;
    for (int p = 0; p < h->n_parts; p++) {
        const weft_part_cost *part = &price->parts[p];
        double energy = 0;
        if (counts->reads[p] > 0) {
            energy += counts->reads[p] * dot(part->read_j, part->statistics, statistics);
        }
        if (counts->writes[p] > 0) {
            energy += counts->writes[p] * dot(part->write_j, part->statistics, statistics);
        }
        if (part->leak_w > 0) {
            energy += part->leak_w * powered(h, price, spread, h->parts[p].level) * seconds;
        }
        if (by != NULL) {
            by[p] = energy;
        }
        sum += energy;
    }
    return sum;
}

static weft_status fail_fit(const weft_hierarchy *h, const weft_precision *price,
                            const weft_loop_layer *layer, int level, double needed,
                            weft_error *error) {
    return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                     "layer %d, %s, needs %.0f copies of level '%s'; there are %d", layer->layer,
                     layer->name, needed, h->levels[level].name, price->capacity[level]);
}

static weft_status cost_layer(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t l,
                              double *by, weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    const weft_loop_layer *layer = &work->layers[l];
    const weft_precision *price = precision_of(priced, work, layer->precision);
    weft_loop_cost *cost = &work->costs[l];
    weft_loop_sizes loops = weft_loop_sizes_on(layer, price);
    int level = 0;
    double needed = 0;
    if (price->infeasible[0] != '\0') {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "%s", price->infeasible);
    }
    if (!weft_spread_layer(h, price, &loops, &work->memo, &work->spread, &level, &needed)) {
        return fail_fit(h, price, layer, level, needed, error);
    }
    find_statistics(layer, price, cost);
    weft_count_layer(h, price, &loops, &work->spread, &work->counts);
    cost->energy_j = energy_of(h, price, &work->spread, &work->counts, cost->statistics, by);
    cost->steps = work->counts.steps;
    cost->cells = work->counts.cells;
    cost->arrays = work->spread.used[h->array_level];
    return WEFT_OK;
}

/* ---- the network ----------------------------------------------------------------------------- */

static weft_status evaluate(const weft_hierarchy_priced *priced, weft_loop_work *work,
                            weft_total *total, weft_error *error) {
    weft_total sum = {.area_mm2 = priced->own.area_mm2, .bottleneck = -1, .macs = work->macs};
    double slowest = 0;
    WEFT_TRY(price_classes(priced, work, error));
    for (int32_t l = 0; l < work->n_layers; l++) {
        const weft_loop_layer *layer = &work->layers[l];
        if (layer->same == l) {
            WEFT_TRY(cost_layer(priced, work, l, NULL, error));
        }
        const weft_loop_cost *cost = &work->costs[layer->same];
        const weft_precision *price = precision_of(priced, work, layer->precision);
        double seconds = cycles_of(price, cost->steps) * price->cycle_s;
        sum.energy_j += cost->energy_j;
        sum.latency_s += seconds;
        sum.peak_power_w = fmax(sum.peak_power_w, cost->energy_j / seconds);
        if (seconds > slowest) {
            slowest = seconds;
            sum.bottleneck = l;
        }
    }
    sum.interval_s = sum.latency_s;
    sum.power_w = sum.energy_j / sum.interval_s;
    *total = sum;
    return WEFT_OK;
}

weft_status weft_hierarchy_estimate(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                    weft_total *total, weft_error *error) {
    return evaluate(priced, work, total, error);
}

/* ---- the breakdown --------------------------------------------------------------------------- */

static void name_parts(const weft_hierarchy *h, weft_cost *cost) {
    cost->n_parts = h->n_parts;
    for (int p = 0; p < h->n_parts; p++) {
        weft_part_info *info = &cost->parts[p];
        snprintf(info->token, sizeof info->token, "%s", h->parts[p].name);
        snprintf(info->text, sizeof info->text, "%s", h->parts[p].text);
        snprintf(info->level, sizeof info->level, "%s", h->levels[h->parts[p].level].name);
    }
}

static weft_status fill_row(const weft_hierarchy_priced *priced, weft_loop_work *work, int32_t l,
                            weft_layer_cost *row, weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    const weft_loop_layer *layer = &work->layers[l];
    const weft_precision *price = precision_of(priced, work, layer->precision);
    WEFT_TRY(cost_layer(priced, work, layer->same, row->energy_by, error));
    const weft_loop_cost *cost = &work->costs[layer->same];
    snprintf(row->name, sizeof row->name, "%s", layer->name);
    row->layer = layer->layer;
    row->block = layer->block;
    row->energy_j = cost->energy_j;
    row->cycles = cycles_of(price, cost->steps);
    row->latency_s = row->cycles * price->cycle_s;
    row->busy_s = row->latency_s;
    row->latency_by[h->clock_part] = row->latency_s;
    row->macs = layer->macs;
    row->crossbars = (int64_t)cost->arrays;
    row->copies = 1;
    for (int p = 0; p < h->n_parts; p++) {
        row->actions_by[p] = work->counts.reads[p] + work->counts.writes[p];
    }
    return WEFT_OK;
}

weft_status weft_hierarchy_cost_create(const weft_hierarchy_priced *priced, weft_loop_work *work,
                                       weft_cost **cost, weft_error *error) {
    const weft_hierarchy *h = priced->hierarchy;
    static const int32_t OWN[WEFT_BITS];
    weft_cost *made = calloc(1, sizeof *made);
    weft_layer_cost *rows = calloc((size_t)work->n_layers + 1, sizeof *rows);
    weft_precision *again = malloc(sizeof *again);
    weft_status status = WEFT_OK;
    if (made == NULL || rows == NULL || again == NULL) {
        status = weft_fail_memory(error, (size_t)work->n_layers * sizeof *rows);
    } else {
        status = evaluate(priced, work, &made->total, error);
    }
    for (int32_t l = 0; status == WEFT_OK && l < work->n_layers; l++) {
        status = fill_row(priced, work, l, &rows[l], error);
    }
    if (status == WEFT_OK) { /* once more, for the warnings */
        status = weft_hierarchy_price(h, OWN, again, made, error);
    }
    free(again);
    if (status != WEFT_OK) {
        free(made);
        free(rows);
        return status;
    }
    name_parts(h, made);
    weft_layer_cost *chip = &rows[work->n_layers];
    snprintf(chip->name, sizeof chip->name, "chip");
    chip->layer = -1;
    chip->block = WEFT_NO_BLOCK;
    chip->area_mm2 = priced->own.area_mm2;
    for (int p = 0; p < h->n_parts; p++) {
        chip->area_by[p] = made->area_by[p] = priced->own.parts[p].area_mm2;
        for (int32_t l = 0; l < work->n_layers; l++) {
            made->energy_by[p] += rows[l].energy_by[p];
            made->latency_by[p] += rows[l].latency_by[p];
        }
    }
    made->layers = rows;
    made->n_layers = work->n_layers + 1;
    *cost = made;
    return WEFT_OK;
}
