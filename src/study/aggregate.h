/* SPDX-License-Identifier: Apache-2.0
 *
 * From what networks cost on a chip to the metrics of a trial. */
#ifndef WEFT_STUDY_AGGREGATE_H
#define WEFT_STUDY_AGGREGATE_H

#include <weft/study.h>

/* The weights of a network by their bits, so that the cells that they need on any chip are a short
 * sum. */
typedef struct weft_weights {
    double weights[WEFT_MAX_BITS + 1];     /* of all layers of products */
    double one_channel[WEFT_MAX_BITS + 1]; /* where a layer of groups counts as one of them */
} weft_weights;

/* Of the layers of a region; -1: of all. `default_bits` are those of a layer that says none. Products
 * of two activations have no weights. */
weft_weights weft_weights_of(const weft_network *network, int32_t region, int default_bits);

/* Each weight takes ceil(bits / cell_bits) cells (CIMNASfun.py, getCBsize). */
double weft_weights_cells(const weft_weights *cells, double cell_bits, bool one_channel);

/* What the networks of a trial have in common. */
typedef struct weft_aggregate_of {
    int n;
    const weft_total *totals;            /* (n) */
    const weft_network *const *networks; /* (n) */
    weft_aggregate how;
} weft_aggregate_of;

/* Fills the metrics of cost. Energy, latency, interval and cycles are aggregated as the problem says;
 * of what the chip must provide (area, power, crossbars) it is the most; of what is better where it
 * is more, the least, or under `mean` the mean; macs and params add up. EDAP is the product of the
 * aggregates. */
void weft_aggregate_metrics(const weft_aggregate_of *of, double *metrics);

#endif
