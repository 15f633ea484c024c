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
    int32_t copies;        /* of its weights; 0: the chip decides */
    weft_op op;            /* in the network */
    weft_loop_sizes loops; /* X and Y are set by the chip */
    uint64_t hash;         /* of loops and copies */
    const weft_histogram *inputs, *weights;
    int8_t input_kind, weight_kind; /* weft_histogram_default; -1: the layer brought them */
    int64_t elements[WEFT_ELEMENT_COUNT];
    int32_t times; /* of the first of equal layers: how many there are */
    int64_t macs, weights_held;
    weft_map_use own, before;    /* and of the operation that its input comes from, */
    bool first;                  /* which is none for the network's input */
    bool last;                   /* its map is the network's output */
    int32_t in_height, in_width; /* of the input map without padding; 0: not known */
    char name[128];              /* in a table; "": none */
} weft_loop_layer;

enum { WEFT_LOOP_NAME = 128 };

/* What a person calls the layer: its name in a table, or "conv3x3 32>64". Returns `name`. */
const char *weft_loop_name(const weft_loop_layer *layer, char name[WEFT_LOOP_NAME]);

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
    double energy_j, power_w, steps, cycles, seconds, load_s, cells;
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
    double given;   /* copies that it must have; 0: any */
    /* scratch of the search for a bound: */
    double at_low, at_middle;
    int32_t next;
} weft_share;

/* What copies were given out for last. */
typedef struct weft_allotment {
    double arrays, limit; /* arrays 0: nothing */
    int accounting;
    bool together;
} weft_allotment;

/* What a layer was counted for, besides its copies. */
typedef struct weft_counted {
    uint64_t structure; /* 0: nothing */
    weft_operand input, weight;
    int32_t ladder_bits;
} weft_counted;

/* Traits of operands, and the chip as layers with these see it. Classes and their prices stay when
 * another network comes. */
typedef struct weft_class {
    int32_t traits[WEFT_TRAITS]; /* bits 0: the chip's own */
    int32_t bits;                /* the first class of the same bits, whatever their signs */
    uint64_t priced_for;         /* the chip that `price` is of; 0: none */
    bool used;                   /* by the network */
    int32_t columns;             /* scratch of the ledger */
    weft_counted counted;        /* what the ledger's columns of it are of */
    weft_precision price;
} weft_class;

/* A layer of the network, while loop_maps.c looks for who stores maps. */
typedef struct weft_map_store {
    int32_t maker; /* the layer that stored the map which comes out here; -1: the network's input */
    int32_t readers;
    bool joined;
    double inputs;
} weft_map_store;

typedef struct weft_loop_work {
    int32_t n_layers, layers_room;
    weft_loop_layer *layers;
    weft_loop_cost *costs; /* scratch */
    weft_share *shares_of; /* of the layers that differ, as copies were given out last */
    weft_allotment allotted;
    double *finish; /* scratch: when each layer ends */
    int32_t *from;  /* producers among the layers, those of layer l from first_from[l] on */
    int32_t *first_from;
    int32_t edges_room;
    int32_t n_classes, classes_room;
    weft_class *classes;
    weft_spread spread; /* scratch of one layer */
    weft_counts counts;
    weft_fill_memo memo;
    int64_t macs;
    struct weft_histogram_store *histograms; /* copies that the layers point to */
    double *actions;                         /* reads and writes that the layers keep */
    int32_t *equal;                          /* scratch: a table to find equal layers by */
    int32_t *nodes;         /* scratch: three numbers for each layer of the network */
    weft_map_store *stores; /* scratch, the same */
    int32_t nodes_room;
    bool is_table;
    int32_t region;                         /* that the layers are of; -1: all */
    struct weft_statistic_memo *statistics; /* seen before, in any network */
    struct weft_count_memo *seen;           /* the same of counts; NULL: nothing is kept */
    struct weft_ledger *ledger;
    struct weft_dataflow_memo *dataflow; /* mappings that were searched (dataflow_chip.h) */
} weft_loop_work;

weft_status weft_loop_work_create(weft_loop_work **work, weft_error *error) WEFT_NODISCARD;
void weft_loop_work_destroy(weft_loop_work *work);

/* As weft_workload_assign. */
weft_status weft_loop_work_assign(weft_loop_work *work, const weft_network *network, int32_t region,
                                  weft_error *error) WEFT_NODISCARD;

/* From now on counts are kept for the networks to come. */
weft_status weft_loop_work_remember(weft_loop_work *work, weft_error *error) WEFT_NODISCARD;

/* Fills own, before, first and the input map of each layer, and is_table (loop_maps.c). */
void weft_loop_maps(const weft_network *network, weft_loop_work *work);

/* The loops of a layer on a chip, with its slices. */
weft_loop_sizes weft_loop_sizes_on(const weft_loop_layer *layer, const weft_precision *price);

#endif
