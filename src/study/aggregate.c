/* SPDX-License-Identifier: Apache-2.0 */
#include "study/aggregate.h"

#include <math.h>

/* ---- cells ----------------------------------------------------------------------------------- */

weft_weights weft_weights_of(const weft_network *network, int32_t region, int default_bits) {
    weft_weights cells = {{0}, {0}};
    for (int32_t i = 0; i < network->n_layers; i++) {
        weft_loops loops;
        if ((region >= 0 && network->layers[i].region != region) ||
            !weft_layer_loops(network, i, &loops) || loops.dynamic) {
            continue;
        }
        int32_t bits = network->layers[i].bits.weights;
        bits = bits == 0 ? default_bits : bits;
        double one = (double)loops.c * loops.m * loops.r * loops.s;
        cells.one_channel[bits] += one;
        cells.weights[bits] += one * loops.g;
    }
    return cells;
}

double weft_weights_cells(const weft_weights *cells, double cell_bits, bool one_channel) {
    const double *weights = one_channel ? cells->one_channel : cells->weights;
    double needed = 0.0;
    for (int bits = 1; bits <= WEFT_MAX_BITS; bits++) {
        needed += weights[bits] * ceil(bits / cell_bits);
    }
    return needed;
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* The metrics of one network. */
static void fill_one(const weft_total *total, const weft_network *network, double *metrics) {
    metrics[WEFT_METRIC_ENERGY] = total->energy_j;
    metrics[WEFT_METRIC_LATENCY] = total->latency_s;
    metrics[WEFT_METRIC_INTERVAL] = total->interval_s;
    metrics[WEFT_METRIC_CYCLES] = total->cycles;
    metrics[WEFT_METRIC_AREA] = total->area_mm2;
    metrics[WEFT_METRIC_POWER] = total->power_w;
    metrics[WEFT_METRIC_PEAK_POWER] = total->peak_power_w;
    metrics[WEFT_METRIC_DENSITY] = total->power_w / total->area_mm2;
    metrics[WEFT_METRIC_CROSSBARS] = (double)total->crossbars;
    metrics[WEFT_METRIC_UTILISATION] = total->utilisation;
    metrics[WEFT_METRIC_TOPS] = weft_total_tops(total);
    metrics[WEFT_METRIC_TOPS_W] = weft_total_tops_w(total);
    metrics[WEFT_METRIC_TOPS_MM2] = weft_total_tops_mm2(total);
    metrics[WEFT_METRIC_MACS] = (double)network->macs;
    metrics[WEFT_METRIC_PARAMS] = (double)network->params;
    metrics[WEFT_METRIC_EDAP] = weft_total_edap(total);
}

/* How each metric of several networks becomes one. */
typedef enum joining {
    JOIN_COST, /* as the problem says */
    JOIN_MOST,
    JOIN_LEAST, /* or the mean, where the problem wants means */
    JOIN_SUM,
} joining;

static const struct {
    weft_metric metric;
    joining how;
} JOINED[] = {
    {WEFT_METRIC_ENERGY, JOIN_COST},     {WEFT_METRIC_LATENCY, JOIN_COST},
    {WEFT_METRIC_INTERVAL, JOIN_COST},   {WEFT_METRIC_CYCLES, JOIN_COST},
    {WEFT_METRIC_AREA, JOIN_MOST},       {WEFT_METRIC_POWER, JOIN_MOST},
    {WEFT_METRIC_PEAK_POWER, JOIN_MOST}, {WEFT_METRIC_DENSITY, JOIN_MOST},
    {WEFT_METRIC_CROSSBARS, JOIN_MOST},  {WEFT_METRIC_UTILISATION, JOIN_LEAST},
    {WEFT_METRIC_TOPS, JOIN_LEAST},      {WEFT_METRIC_TOPS_W, JOIN_LEAST},
    {WEFT_METRIC_TOPS_MM2, JOIN_LEAST},  {WEFT_METRIC_MACS, JOIN_SUM},
    {WEFT_METRIC_PARAMS, JOIN_SUM},
};
enum { N_JOINED = sizeof JOINED / sizeof JOINED[0] };

/* The sum, product, most or least of two; a mean is summed first. */
static double join(joining how, weft_aggregate aggregate, double a, double b) {
    bool mean = aggregate == WEFT_AGGREGATE_MEAN;
    if (how == JOIN_SUM || (how == JOIN_LEAST && mean)) {
        return a + b;
    }
    if (how == JOIN_COST && aggregate == WEFT_AGGREGATE_PRODUCT) {
        return a * b;
    }
    if (how == JOIN_COST && aggregate != WEFT_AGGREGATE_MAX) {
        return a + b;
    }
    return how == JOIN_LEAST ? fmin(a, b) : fmax(a, b);
}

void weft_aggregate_metrics(const weft_aggregate_of *of, double *metrics) {
    fill_one(&of->totals[0], of->networks[0], metrics);
    if (of->n == 1) {
        return;
    }
    for (int i = 1; i < of->n; i++) {
        double one[WEFT_METRIC_COUNT];
        fill_one(&of->totals[i], of->networks[i], one);
        for (int j = 0; j < N_JOINED; j++) {
            weft_metric m = JOINED[j].metric;
            metrics[m] = join(JOINED[j].how, of->how, metrics[m], one[m]);
        }
    }
    for (int j = 0; of->how == WEFT_AGGREGATE_MEAN && j < N_JOINED; j++) {
        if (JOINED[j].how == JOIN_COST || JOINED[j].how == JOIN_LEAST) {
            metrics[JOINED[j].metric] /= of->n;
        }
    }
    metrics[WEFT_METRIC_EDAP] = metrics[WEFT_METRIC_ENERGY] * metrics[WEFT_METRIC_LATENCY] *
                                metrics[WEFT_METRIC_AREA];
}
