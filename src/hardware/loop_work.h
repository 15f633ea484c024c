/* SPDX-License-Identifier: Apache-2.0
 *
 * A network as hierarchical chips see it: its layers of products as loops, with bits and operand
 * histograms, and scratch memory for their cost. Layers that differ in nothing are worked out once. */
#ifndef WEFT_HARDWARE_LOOP_WORK_H
#define WEFT_HARDWARE_LOOP_WORK_H

#include "hardware/count.h"

/* A map that a layer, or another operation that stores one, works on: elements in and out, and whether
 * its output goes to several operations, or to one that waits for another map as well. */
typedef struct weft_map_use {
    double inputs, outputs;
    bool spreads;
} weft_map_use;

typedef struct weft_loop_layer {
    int32_t layer, block;  /* in the network */
    int32_t same;          /* the first layer that equals it, itself or an earlier one */
    int32_t precision;     /* class of its traits */
    weft_loop_sizes loops; /* X and Y are set by the chip */
    const weft_histogram *inputs, *weights;
    int64_t elements[WEFT_ELEMENT_COUNT];
    int32_t times; /* of the first of equal layers: how many there are */
    int64_t macs, weights_held;
    weft_map_use own, before;    /* and of the operation that its input comes from, */
    bool first;                  /* which is none for the network's input */
    int32_t in_height, in_width; /* of the input map without padding; 0: not known */
    char name[128];
} weft_loop_layer;

/* What counting a layer gave, to be used again while nothing that it reads has changed: the chip's
 * structure (weft_precision) and the copies of the weights. */
typedef struct weft_kept {
    uint64_t structure; /* 0: nothing is kept */
    double wanted;      /* copies that were asked for */
    double arrays, copies, rounds, steps, cycles, cells;
    double waiting; /* of the cycles, those in which the arrays wait for memories */
    double used[WEFT_MAX_LEVELS];
    double rows;            /* of an array in use, written one after the other */
    double weight_bits;     /* that come in from outside, each time that weights do */
    double *reads, *writes; /* of each part; NULL: arrays and time alone */
} weft_kept;

/* What a layer costs, and what of it another chip with the same operands can use again. */
typedef struct weft_loop_cost {
    double energy_j, steps, cycles, seconds, load_s, cells;
    double arrays, copies, rounds; /* arrays of one copy; rounds: times the chip is filled for it */
    double tiles, first_tile;      /* copies of the level around the arrays, and where they begin */
    double way;                    /* hops from its tiles to the next layer's */
    double statistics[WEFT_STATISTIC_COUNT];
    weft_operand input, weight; /* that the statistics are of; code_bits 0: none yet */
    int32_t ladder_bits;
    weft_kept one, kept; /* with one copy, to find how many fit; and with those */
} weft_loop_cost;

/* One layer for weft_allot_copies (execute.h). */
typedef struct weft_share {
    double arrays;  /* of one copy */
    double seconds; /* with one copy */
    double most;    /* copies that can be of use */
    double copies;  /* made */
    double weight;  /* layers like this one */
} weft_share;

typedef struct weft_loop_work {
    int32_t n_layers;
    weft_loop_layer *layers;
    weft_loop_cost *costs; /* scratch */
    weft_share *shares_of; /* scratch, of the layers that differ */
    double *finish;        /* scratch: when each layer ends */
    int32_t *from;         /* producers among the layers, those of layer l from first_from[l] on */
    int32_t *first_from;
    int32_t n_precisions;
    int32_t (*traits)[WEFT_TRAITS]; /* of each class; bits 0: the chip's own */
    weft_precision *precisions;     /* scratch: prices of the classes, for the chip `priced_for` */
    uint64_t priced_for;
    weft_spread spread; /* scratch of one layer */
    weft_counts counts;
    weft_fill_memo memo;
    int64_t macs;
    weft_histogram *histograms; /* copies that the layers point to */
    double *shares;
    double *actions; /* reads and writes that the layers keep */
    bool is_table;
    struct weft_dataflow_memo *dataflow; /* mappings that were searched (dataflow_chip.h) */
} weft_loop_work;

weft_status weft_loop_work_create(const weft_network *network, weft_loop_work **work,
                                  weft_error *error) WEFT_NODISCARD;
void weft_loop_work_destroy(weft_loop_work *work);

/* Fills own, before, first and the input map of each layer, and is_table (loop_maps.c). */
weft_status weft_loop_maps(const weft_network *network, weft_loop_work *work,
                           weft_error *error) WEFT_NODISCARD;

/* The loops of a layer on a chip, with its slices. */
weft_loop_sizes weft_loop_sizes_on(const weft_loop_layer *layer, const weft_precision *price);

#endif
