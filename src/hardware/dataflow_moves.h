/* SPDX-License-Identifier: Apache-2.0
 *
 * What moves between the memories for one mapping: from dataflow.c to dataflow_cycles.c. */
#ifndef WEFT_HARDWARE_DATAFLOW_MOVES_H
#define WEFT_HARDWARE_DATAFLOW_MOVES_H

#include "hardware/dataflow.h"

/* The four ways in and out of a memory. */
typedef enum weft_flow_way {
    WEFT_FLOW_TO_LOW,    /* read, towards the array */
    WEFT_FLOW_FROM_LOW,  /* write, from the array */
    WEFT_FLOW_TO_HIGH,   /* read, away from the array */
    WEFT_FLOW_FROM_HIGH, /* write, from further out */
    WEFT_FLOW_WAYS
} weft_flow_way;

/* `amount` elements each `period` steps, `count` times; they may move in the first `window` steps of
 * a period, where the other half of the memory is not there to take them early. */
typedef struct weft_flow {
    double amount, bits, period, count, window;
    double mean; /* bits a step */
} weft_flow;

typedef struct weft_flow_moves {
    double steps; /* of the array */
    /* Of memory l - 1, for l = 0 of the operand in one cell: elements of one instance, instances, bits
     * of an element, turns of the outermost loops that change the operand. */
    double data[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS + 1];
    double copies[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS + 1];
    double bits[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS + 1];
    double fresh[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS + 1];
    weft_flow flows[WEFT_FLOW_OPERANDS][WEFT_FLOW_LEVELS][WEFT_FLOW_WAYS];
} weft_flow_moves;

/* Clock cycles of a layer. `whole` has spatial factors rounded down to whole numbers, `exact` those
 * of the mean; they are the same where all factors divide. */
void weft_flow_cycles(const weft_flow_machine *machine, const weft_flow_layer *layer,
                      const weft_flow_moves *exact, const weft_flow_moves *whole,
                      weft_flow_cost *cost);

#endif
