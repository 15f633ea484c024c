/* SPDX-License-Identifier: Apache-2.0
 *
 * Temporal loop orders: the legal mapping of a layer on one array and a hierarchy of memories that is
 * best under a named objective. Weights come from the outermost memory for each layer, ports have a
 * width, and what the ports cannot carry while the array works stalls it.
 *
 * A mapping says which loops are spread over the columns and the rows of the array, and the order of
 * all others in time. Everything else follows: which loops each memory holds (dataflow.c), what moves
 * (dataflow.c) and how long it takes (dataflow_cycles.c).
 *
 * Sources: Mei et al., IEEE TC 2021 (ZigZag); Symons et al., AICAS 2021 (LOMA, loop-order based
 * allocation); zigzag@3d12a96. docs/reference/models-dataflow.md has the equations. */
#ifndef WEFT_HARDWARE_DATAFLOW_H
#define WEFT_HARDWARE_DATAFLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "hardware/fill.h"

enum {
    WEFT_FLOW_DIMS = WEFT_DIM_X, /* N, C, M, R, S, P, Q, G: slices are not mapped */
    WEFT_FLOW_LOOPS = WEFT_FLOW_DIMS,
    WEFT_FLOW_MEMORIES = 8,
    WEFT_FLOW_LEVELS = 4, /* memories of one operand */
};

/* Operands in the order of the bits of weft_tensor. */
typedef enum weft_flow_operand {
    WEFT_FLOW_INPUTS,
    WEFT_FLOW_WEIGHTS,
    WEFT_FLOW_OUTPUTS,
    WEFT_FLOW_OPERANDS
} weft_flow_operand;

/* The two sides of the array: columns share inputs, rows add up outputs. */
typedef enum weft_flow_side { WEFT_FLOW_COLUMNS, WEFT_FLOW_ROWS, WEFT_FLOW_SIDES } weft_flow_side;

#define WEFT_FLOW_PER_MAP(X)                                                                       \
    X(WEFT_FLOW_PER_ARRAY, "array")                                                                \
    X(WEFT_FLOW_PER_ROW, "row")                                                                    \
    X(WEFT_FLOW_PER_COLUMN, "column")                                                              \
    X(WEFT_FLOW_PER_CELL, "cell")

/* What has a memory of its own. */
typedef enum weft_flow_per {
#define WEFT_FLOW_ENUM(name, token) name,
    WEFT_FLOW_PER_MAP(WEFT_FLOW_ENUM)
} weft_flow_per;

#define WEFT_FLOW_PORTS_MAP(X)                                                                     \
    X(WEFT_FLOW_PORTS_ONE, "one")                                                                  \
    X(WEFT_FLOW_PORTS_TWO, "read-write")                                                           \
    X(WEFT_FLOW_PORTS_FOUR, "each")

/* Ports of a memory: one for everything, one to read and one to write, or one for each of the four
 * ways: to and from below, to and from above. */
typedef enum weft_flow_ports { WEFT_FLOW_PORTS_MAP(WEFT_FLOW_ENUM) } weft_flow_ports;

#define WEFT_FLOW_OBJECTIVE_MAP(X)                                                                 \
    X(WEFT_FLOW_LATENCY, "latency")                                                                \
    X(WEFT_FLOW_ENERGY, "energy")                                                                  \
    X(WEFT_FLOW_EDP, "edp")

/* What is made least: cycles, then energy; energy, then cycles; their product. */
typedef enum weft_flow_objective {
    WEFT_FLOW_OBJECTIVE_MAP(WEFT_FLOW_ENUM)
#undef WEFT_FLOW_ENUM
        WEFT_FLOW_OBJECTIVE_COUNT
} weft_flow_objective;

/* Bits; an access moves `width` of them, and what moves is rounded up to `least`. */
typedef struct weft_flow_memory {
    unsigned tensors; /* weft_tensor */
    int per, ports;
    double size, least, width;
    double read_j, write_j; /* of an access of the full width */
} weft_flow_memory;

typedef struct weft_flow_machine {
    int n_memories;
    weft_flow_memory memories[WEFT_FLOW_MEMORIES]; /* from the array outwards */
    int n_levels[WEFT_FLOW_OPERANDS];
    int level[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS]; /* an operand's memories, outwards */
    /* Bit s: side s is spread between memory l - 1 and memory l (0: inside of the first). */
    unsigned between[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS + 1];
    int32_t copies[WEFT_FLOW_SIDES]; /* columns, rows */
    int n_dims[WEFT_FLOW_SIDES];     /* that may be spread over a side */
    int dims[WEFT_FLOW_SIDES][WEFT_FILL_MAX_DIMS];
    double bits[WEFT_FLOW_OPERANDS];
    double partial_bits;   /* of an output that is not summed up yet */
    double slices, cycles; /* of an input, and clock cycles that they take */
    /* Energy of the array in a step: of a row or column at work, of the whole array; of a product of
     * slices; of a column's finished sum; of a clock cycle; and what does not depend on the mapping. */
    double row_j, column_j, step_j, product_j, output_j, cycle_j, other_j;
    int max_loops, candidates, objective;
} weft_flow_machine;

typedef struct weft_flow_layer {
    int32_t size[WEFT_FLOW_DIMS];
    int32_t stride_h, stride_w, dilation_h, dilation_w;
    int32_t limit_h, limit_w;         /* of the input map without its padding; 0: not known */
    int n_levels[WEFT_FLOW_OPERANDS]; /* memories in use, at most the machine's */
    const int *order;                 /* all dimensions; the first wins a tie of the loop merging */
} weft_flow_layer;

typedef struct weft_flow_mapping {
    int32_t factor[WEFT_FLOW_SIDES][WEFT_FLOW_DIMS];
    unsigned dims[WEFT_FLOW_SIDES]; /* that are spread, bit d */
    int n_loops;                    /* in time, inner to outer */
    int8_t dim[WEFT_FLOW_LOOPS];
    int32_t turns[WEFT_FLOW_LOOPS];
} weft_flow_mapping;

typedef struct weft_flow_cost {
    double ideal, stall, loading, storing, cycles; /* clock cycles; the last is the sum */
    double energy_j;
    double reads[WEFT_FLOW_MEMORIES], writes[WEFT_FLOW_MEMORIES]; /* accesses of the full width */
    double rows, columns;                                         /* at work */
    double steps; /* vectors of inputs, a fraction where a factor does not divide */
} weft_flow_cost;

/* The cost of one mapping. False: some memory cannot hold what it must. */
bool weft_flow_evaluate(const weft_flow_machine *machine, const weft_flow_layer *layer,
                        const weft_flow_mapping *mapping, weft_flow_cost *cost);

/* The best of all orders of the best `candidates` spreads, exactly; of equals the first. At most
 * max(max_loops, dimensions with loops) loops are ordered: smaller ones are merged before. False: no
 * order fits the memories. */
bool weft_flow_search(const weft_flow_machine *machine, const weft_flow_layer *layer,
                      weft_flow_mapping *mapping, weft_flow_cost *cost);

/* The i-th best spread without its loops in time: for tests. Returns false past the last. */
bool weft_flow_spread(const weft_flow_machine *machine, const weft_flow_layer *layer, int i,
                      weft_flow_mapping *mapping);

/* Elements of an operand for loop sizes z. */
double weft_flow_elements(const weft_flow_layer *layer, weft_flow_operand operand,
                          const double z[WEFT_FLOW_DIMS]);

#endif
