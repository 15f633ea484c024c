/* SPDX-License-Identifier: Apache-2.0
 *
 * The hardware's view of a network: the layers that occupy tiles, as flat arrays, with scratch
 * memory for their cost. */
#ifndef WEFT_HARDWARE_WORKLOAD_H
#define WEFT_HARDWARE_WORKLOAD_H

#include <weft/hardware.h>

#include "hardware/component.h"
#include "hardware/pipeline.h"

/* PORT takes the network's input in and hands it to several layers; see workload.c. */
typedef enum weft_hw_op {
    WEFT_HW_PORT,
    WEFT_HW_CONV,
    WEFT_HW_LINEAR,
    WEFT_HW_MAX_POOL,
    WEFT_HW_AVERAGE_POOL,
    WEFT_HW_ADD
} weft_hw_op;

enum { WEFT_HW_MAX_INPUTS = 2 };

typedef struct weft_hw_layer {
    weft_hw_op op;
    int32_t layer, block; /* in the network */
    weft_shape in, out;
    int32_t kernel, stride, pad; /* as in weft_layer; LINEAR: 1, 1, 0 */
    int32_t n_inputs;            /* producers among the hardware layers */
    int32_t input[WEFT_HW_MAX_INPUTS];
    int32_t first_consumer, n_consumers; /* in weft_workload.consumers */
    bool to_accumulator;                 /* every consumer is an ADD */
} weft_hw_layer;

/* Where a layer lies on the chip: mapping.c. */
typedef struct weft_hw_place {
    int64_t pes; /* 0: none (ADD) */
    int64_t first_tile, tiles;
    int32_t row, column;       /* rows and columns used in the fullest crossbar */
    int32_t channels;          /* input channels of a PE */
    int32_t tile_pes;          /* PEs used in the fullest tile */
    int64_t in_hops, out_hops; /* to the tile that merges, and from it to the farthest consumer */
    /* extent of its tiles in row + column and row - column, and its first tile in row-major order
     */
    int32_t sum_low, sum_high, difference_low, difference_high, first_key;
} weft_hw_place;

/* How long an output pixel takes: timing.c. The buffers differ by the class of the pixel. */
typedef struct weft_hw_time {
    int64_t by[WEFT_COMPONENT_COUNT]; /* quanta a pixel, without what follows */
    int64_t read[WEFT_PIPE_CLASSES];  /* of buffers (ADD: of the accumulator's) */
    int64_t write[WEFT_PIPE_CLASSES];
    int64_t total[WEFT_PIPE_CLASSES];
    int64_t steps; /* crossbar reads a pixel */
} weft_hw_time;

typedef struct weft_hw_cost {
    double energy_by[WEFT_COMPONENT_COUNT];
    double area_by[WEFT_COMPONENT_COUNT];
    double energy_j, area_mm2;
    double busy_s; /* with one image */
} weft_hw_cost;

/* Why a chip of pixel pipelines cannot run the network. */
typedef struct weft_hw_refusal {
    const char *what; /* that it cannot do; NULL: it can run it */
    int32_t layer;    /* -1: the network as a whole */
    weft_op op;
    char network[WEFT_NETWORK_NAME];
} weft_hw_refusal;

struct weft_workload {
    struct weft_loop_work *loops; /* as hierarchical chips see the network */
    weft_hw_refusal refusal;

    int32_t n_layers, room;
    weft_hw_layer *layers;
    int32_t *consumers;
    int32_t *producer; /* scratch of lowering, of each layer of the network: */
    bool *is_input;

    /* scratch of one evaluation */
    weft_hw_place *places;
    weft_hw_time *times;
    weft_hw_cost *costs;
    weft_pipe_layer *pipes;
    weft_pipeline pipeline;
    int in_buffer, out_buffer, sum_buffer;    /* sizes of the buffers; -1: none is needed */
    double sum_area_by[WEFT_COMPONENT_COUNT]; /* of the global accumulator */
    double sum_area_mm2;
};

/* WEFT_ERROR_INFEASIBLE with the reason, where there is one. */
weft_status weft_hw_check(const weft_workload *workload, weft_error *error) WEFT_NODISCARD;

/* "conv3x3 32>64". */
void weft_hw_name(const weft_hw_layer *layer, char *name, size_t size);

/* Output pixels. */
static inline int64_t weft_hw_pixels(const weft_hw_layer *layer) {
    return (int64_t)layer->out.height * layer->out.width;
}

#endif
