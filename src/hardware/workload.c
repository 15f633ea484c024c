/* SPDX-License-Identifier: Apache-2.0
 *
 * Lowering: from the graph of a network to the layers that occupy hardware.
 *
 *   - Batch norm, ReLU, flatten, dropout and dropped paths fold into their producer: they cost
 *     nothing here.
 *   - An addition is done by the global accumulator.
 *   - When the network's input goes to several layers, one tile takes it in and passes it on (the
 *     input port): tiles have one sender. This is the 1 x 1 pool that MNSIM 2.0 needs in front of a
 *     residual block in first position. */
#include "hardware/workload.h"

#include "base/error.h"
#include "hardware/loop_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool folds(weft_op op) {
    return op == WEFT_OP_BATCH_NORM || op == WEFT_OP_RELU || op == WEFT_OP_FLATTEN ||
           op == WEFT_OP_DROPOUT || op == WEFT_OP_DROP_PATH;
}

/* The hardware layer that gives each network layer its data; -1: the network's input itself. */
typedef struct lowering {
    const weft_network *network;
    weft_workload *workload;
    int32_t *producer;
} lowering;

static weft_hw_op lower_op(weft_op op) {
    switch ((int)op) {
    case WEFT_OP_CONV:
        return WEFT_HW_CONV;
    case WEFT_OP_LINEAR:
        return WEFT_HW_LINEAR;
    case WEFT_OP_MAX_POOL:
        return WEFT_HW_MAX_POOL;
    case WEFT_OP_AVERAGE_POOL:
        return WEFT_HW_AVERAGE_POOL;
    case WEFT_OP_ADD:
        return WEFT_HW_ADD;
    default: /* only the input gets here: the rest folds or is refused */
        return WEFT_HW_PORT;
    }
}

static bool is_square(weft_extent extent) {
    return extent.height == extent.width;
}

/* What a layer asks that this type of chip has no circuit for; NULL: nothing. */
static const char *missing(const weft_layer *layer) {
    bool known = folds(layer->op) || layer->op == WEFT_OP_INPUT ||
                 lower_op(layer->op) != WEFT_HW_PORT;
    if (!known) {
        return "this operation";
    }
    if (!is_square(layer->kernel) || !is_square(layer->stride) || !is_square(layer->pad)) {
        return "a window, stride or padding that is not square";
    }
    if (layer->groups != 1) {
        return "groups";
    }
    if (layer->dilation.height != 1 || layer->dilation.width != 1) {
        return "dilation";
    }
    if (layer->op == WEFT_OP_MAX_POOL && layer->pad.height > 0) {
        return "padding of a pool";
    }
    if (layer->op == WEFT_OP_LINEAR && layer->in.height != 1) {
        return "a sequence of tokens";
    }
    if (layer->bits.weights != 0 || layer->bits.inputs != 0 || layer->bits.outputs != 0) {
        return "bits of single layers";
    }
    if (layer->copies != 0) {
        return "copies of single layers";
    }
    return NULL;
}

static const char TABLE[] = "a table of layers";

/* The first reason, which is written out when somebody asks. */
static void find_refusal(const weft_network *network, int32_t region, weft_hw_refusal *refusal) {
    refusal->what = network->is_table ? TABLE : NULL;
    refusal->layer = -1;
    for (int32_t i = 0; i < network->n_layers && refusal->what == NULL; i++) {
        const weft_layer *layer = &network->layers[i];
        bool other = region >= 0 && layer->macs > 0 && layer->region != region;
        refusal->what = other ? "a region of a network" : missing(layer);
        refusal->layer = i;
        refusal->op = layer->op;
    }
    if (refusal->what != NULL) {
        memcpy(refusal->network, network->name, sizeof refusal->network);
    }
}

weft_status weft_hw_check(const weft_workload *workload, weft_error *error) {
    const weft_hw_refusal *refusal = &workload->refusal;
    if (refusal->what == NULL) {
        return WEFT_OK;
    }
    if (refusal->what != TABLE) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "layer %d (%s) of %s: this type of chip cannot do %s", refusal->layer,
                         weft_op_token(refusal->op), refusal->network, refusal->what);
    }
    weft_fail(error, WEFT_ERROR_INFEASIBLE,
              "network %s is a table of layers: this type of chip needs to know which layer "
              "feeds which",
              refusal->network);
    weft_hint(error, "name the network instead of the table");
    return WEFT_ERROR_INFEASIBLE;
}

/* How many layers that cost something take the network's input. */
static int32_t readers_of_input(const weft_network *network, bool *is_input) {
    int32_t readers = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        is_input[i] = layer->op == WEFT_OP_INPUT || (folds(layer->op) && is_input[layer->input[0]]);
        for (int32_t m = 0; m < layer->n_inputs && !folds(layer->op); m++) {
            readers += is_input[layer->input[m]];
        }
    }
    return readers;
}

static void add_layer(lowering *low, int32_t index, weft_hw_op op) {
    const weft_layer *layer = &low->network->layers[index];
    weft_hw_layer made = {
        .op = op,
        .layer = index,
        .block = layer->block,
        .in = layer->in,
        .out = layer->out,
        .kernel = op == WEFT_HW_CONV || op == WEFT_HW_MAX_POOL ? layer->kernel.height : 1,
        .stride = op == WEFT_HW_CONV || op == WEFT_HW_MAX_POOL ? layer->stride.height : 1,
        .pad = op == WEFT_HW_CONV ? layer->pad.height : 0,
    };
    if (op == WEFT_HW_PORT) {
        made.in = layer->out;
    }
    for (int32_t m = 0; m < layer->n_inputs; m++) {
        int32_t from = low->producer[layer->input[m]];
        if (from >= 0) {
            made.input[made.n_inputs++] = from;
        }
    }
    low->producer[index] = low->workload->n_layers;
    low->workload->layers[low->workload->n_layers++] = made;
}

static void lower(lowering *low, bool port) {
    for (int32_t i = 0; i < low->network->n_layers; i++) {
        const weft_layer *layer = &low->network->layers[i];
        if (layer->op == WEFT_OP_INPUT) {
            low->producer[i] = -1;
            if (port) {
                add_layer(low, i, WEFT_HW_PORT);
            }
        } else if (folds(layer->op)) {
            low->producer[i] = low->producer[layer->input[0]];
        } else {
            add_layer(low, i, lower_op(layer->op));
        }
    }
}

/* Fills the lists of consumers, in the order of the layers. */
static void link_consumers(weft_workload *w) {
    for (int32_t l = 0; l < w->n_layers; l++) {
        for (int32_t m = 0; m < w->layers[l].n_inputs; m++) {
            w->layers[w->layers[l].input[m]].n_consumers++;
        }
    }
    int32_t used = 0;
    for (int32_t l = 0; l < w->n_layers; l++) {
        w->layers[l].first_consumer = used;
        used += w->layers[l].n_consumers;
        w->layers[l].to_accumulator = w->layers[l].n_consumers > 0;
        w->layers[l].n_consumers = 0;
    }
    for (int32_t l = 0; l < w->n_layers; l++) {
        for (int32_t m = 0; m < w->layers[l].n_inputs; m++) {
            weft_hw_layer *from = &w->layers[w->layers[l].input[m]];
            w->consumers[from->first_consumer + from->n_consumers++] = l;
            from->to_accumulator = from->to_accumulator && w->layers[l].op == WEFT_HW_ADD;
        }
    }
}

/* *array with room for n of `size`; what it held is of no use any more. */
static bool renew(void *array, size_t n, size_t size) {
    void **at = array;
    free(*at);
    *at = calloc(n, size);
    return *at != NULL;
}

static weft_status reserve(weft_workload *w, int32_t n, weft_error *error) {
    if (n <= w->room) {
        return WEFT_OK;
    }
    size_t room = (size_t)(n > 2 * w->room ? n : 2 * w->room);
    w->room = 0;
    bool all = renew(&w->layers, room, sizeof *w->layers) &&
               renew(&w->consumers, room * WEFT_HW_MAX_INPUTS, sizeof *w->consumers) &&
               renew(&w->producer, room, sizeof *w->producer) &&
               renew(&w->is_input, room, sizeof *w->is_input) &&
               renew(&w->places, room, sizeof *w->places) &&
               renew(&w->times, room, sizeof *w->times) &&
               renew(&w->costs, room, sizeof *w->costs) && renew(&w->pipes, room, sizeof *w->pipes);
    if (!all) {
        return weft_fail_memory(error, room * sizeof *w->times);
    }
    w->room = (int32_t)room;
    return WEFT_OK;
}

static weft_status lower_network(const weft_network *network, weft_workload *w, weft_error *error) {
    WEFT_TRY(reserve(w, network->n_layers + 1, error));
    lowering low = {network, w, w->producer};
    lower(&low, readers_of_input(network, w->is_input) > 1);
    link_consumers(w);
    if (w->n_layers == 0) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "network %s has no layer that hardware computes", network->name);
    }
    return weft_pipeline_fit(&w->pipeline, w->n_layers, error);
}

static weft_status assign(weft_workload *w, const weft_network *network, int32_t region,
                          weft_error *error) {
    w->n_layers = 0;
    find_refusal(network, region, &w->refusal);
    if (w->refusal.what == NULL) {
        WEFT_TRY(lower_network(network, w, error));
    }
    return weft_loop_work_assign(w->loops, network, region, error);
}

weft_status weft_workload_create(const weft_network *network, weft_workload **workload,
                                 weft_error *error) {
    weft_workload *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return weft_fail_memory(error, sizeof *w);
    }
    weft_status status = weft_loop_work_create(&w->loops, error);
    if (status == WEFT_OK) {
        status = assign(w, network, -1, error);
    }
    if (status != WEFT_OK) {
        weft_workload_destroy(w);
        return status;
    }
    *workload = w;
    return WEFT_OK;
}

weft_status weft_workload_assign(weft_workload *workload, const weft_network *network,
                                 int32_t region, weft_error *error) {
    WEFT_TRY(weft_loop_work_remember(workload->loops, error));
    return assign(workload, network, region, error);
}

void weft_workload_destroy(weft_workload *workload) {
    if (workload == NULL) {
        return;
    }
    weft_loop_work_destroy(workload->loops);
    weft_pipeline_destroy(&workload->pipeline);
    free(workload->layers);
    free(workload->consumers);
    free(workload->producer);
    free(workload->is_input);
    free(workload->places);
    free(workload->times);
    free(workload->costs);
    free(workload->pipes);
    free(workload);
}

void weft_hw_name(const weft_hw_layer *layer, char *name, size_t size) {
    int32_t in = layer->in.channels;
    int32_t out = layer->out.channels;
    switch (layer->op) {
    case WEFT_HW_PORT:
        snprintf(name, size, "input port %d", out);
        break;
    case WEFT_HW_CONV:
        snprintf(name, size, "conv%dx%d %d>%d", layer->kernel, layer->kernel, in, out);
        break;
    case WEFT_HW_LINEAR:
        snprintf(name, size, "linear %lld>%d", (long long)in * layer->in.height * layer->in.width,
                 out);
        break;
    case WEFT_HW_MAX_POOL:
        snprintf(name, size, "max pool %dx%d %d", layer->kernel, layer->kernel, out);
        break;
    case WEFT_HW_AVERAGE_POOL:
        snprintf(name, size, "average pool %dx%d %d", layer->out.height, layer->out.width, out);
        break;
    case WEFT_HW_ADD:
        snprintf(name, size, "add %d", out);
        break;
    }
}
