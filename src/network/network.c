/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing a network: memory, edges, names and the hash. Shapes and counts are worked out in
 * shape.c. */
#include <weft/network.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "network/memory.h"
#include "network/ops.h"
#include "network/shape.h"

/* More layers than any network in the field has; keeps indices far from the end of int32_t. */
enum { MAX_LAYERS = 1 << 20, FIRST_CAPACITY = 64, MAX_BLOCK = 1 << 16 };

const char *weft_op_token(weft_op op) {
    switch (op) {
#define WEFT_OP_CASE(name, token)                                                                  \
    case name:                                                                                     \
        return token;
        WEFT_OP_MAP(WEFT_OP_CASE)
#undef WEFT_OP_CASE
    case WEFT_OP_COUNT:
        break;
    }
    return "unknown";
}

/* A longer name is cut and ends in "...". */
static void set_name(weft_network *network, const char *name) {
    static const char more[] = "...";
    int length = snprintf(network->name, sizeof network->name, "%s", name);
    if (length >= (int)sizeof network->name) {
        memcpy(network->name + sizeof network->name - sizeof more, more, sizeof more);
    }
}

static bool in_range(int32_t value, int32_t lower, int32_t upper) {
    return value >= lower && value <= upper;
}

static weft_status check_input(weft_shape input, weft_error *error) {
    if (in_range(input.channels, 1, WEFT_MAX_SIDE) && in_range(input.height, 1, WEFT_MAX_SIDE) &&
        in_range(input.width, 1, WEFT_MAX_SIDE)) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "an input of %d x %d x %d (channels x height x width): each must lie in "
                     "1 .. %d",
                     input.channels, input.height, input.width, WEFT_MAX_SIDE);
}

/* The input layer alone. */
static void begin(weft_network *network, const char *name, weft_shape input) {
    network->n_layers = 1;
    network->layers[0] = (weft_layer){
        .op = WEFT_OP_INPUT,
        .block = WEFT_NO_BLOCK,
        .dilation = {1, 1},
        .groups = 1,
        .batch = 1,
        .in = input,
        .out = input,
    };
    set_name(network, name);
}

weft_status weft_network_create(const char *name, weft_shape input, weft_network **network,
                                weft_error *error) {
    WEFT_TRY(check_input(input, error));
    weft_network *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->layers = calloc(FIRST_CAPACITY, sizeof *made->layers);
    if (made->layers == NULL) {
        weft_network_destroy(made);
        return weft_fail_memory(error, FIRST_CAPACITY * sizeof *made->layers);
    }
    made->capacity = FIRST_CAPACITY;
    begin(made, name, input);
    *network = made;
    return WEFT_OK;
}

weft_status weft_network_clear(weft_network *network, const char *name, weft_shape input,
                               weft_error *error) {
    WEFT_TRY(check_input(input, error));
    weft_network_memory_clear(network->memory);
    network->n_blocks = 0;
    network->macs = 0;
    network->params = 0;
    network->is_table = false;
    begin(network, name, input);
    return WEFT_OK;
}

void weft_network_destroy(weft_network *network) {
    if (network != NULL) {
        weft_network_memory_destroy(network->memory);
        free(network->layers);
        free(network);
    }
}

/* Operation, number of inputs and edges; every producer stands before its consumer. */
static weft_status check_edges(const weft_network *network, const weft_layer *layer,
                               weft_error *error) {
    int index = network->n_layers;
    if ((int)layer->op <= WEFT_OP_INPUT || (int)layer->op >= WEFT_OP_COUNT) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "layer %d: operation %d cannot be added (the input is made with the "
                         "network)",
                         index, (int)layer->op);
    }
    if (network->is_table) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "layer %d (%s): a layer table takes layers of given dimensions only",
                         index, weft_op_token(layer->op));
    }
    WEFT_TRY(weft_op_check_inputs(layer->op, layer->n_inputs, index, error));
    for (int i = 0; i < layer->n_inputs; i++) {
        if (layer->input[i] < 0 || layer->input[i] >= index) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "layer %d (%s) takes layer %d; only 0 .. %d stand before it", index,
                             weft_op_token(layer->op), layer->input[i], index - 1);
        }
    }
    if (!in_range(layer->block, WEFT_NO_BLOCK, MAX_BLOCK)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "layer %d (%s): block %d is not in %d .. %d",
                         index, weft_op_token(layer->op), layer->block, WEFT_NO_BLOCK, MAX_BLOCK);
    }
    return WEFT_OK;
}

/* Takes in the layer behind the last one. A place stays free for the next, which is made there: it may
 * be a copy of a layer of this network. */
static weft_status take_in(weft_network *network, weft_error *error) {
    if (network->n_layers >= MAX_LAYERS) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "the network has more than %d layers",
                         MAX_LAYERS);
    }
    if (network->n_layers + 1 < network->capacity) {
        network->n_layers++;
        return WEFT_OK;
    }
    size_t size = 2 * (size_t)network->capacity * sizeof *network->layers;
    weft_layer *grown = realloc(network->layers, size);
    if (grown == NULL) {
        return weft_fail_memory(error, size);
    }
    network->layers = grown;
    network->capacity *= 2;
    network->n_layers++;
    return WEFT_OK;
}

/* Counts the layer in, which stands behind the last one already. */
static weft_status append(weft_network *network, weft_layer *layer, weft_error *error) {
    int64_t macs;
    int64_t params;
    if (__builtin_add_overflow(network->macs, layer->macs, &macs) ||
        __builtin_add_overflow(network->params, layer->params, &params)) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "with layer %d (%s) the network's multiply-accumulates or parameters "
                         "overflow 64 bits",
                         network->n_layers, weft_op_token(layer->op));
    }
    int32_t blocks = layer->block + 1;
    WEFT_TRY(weft_network_own(network, layer, error));
    WEFT_TRY(take_in(network, error));
    network->macs = macs;
    network->params = params;
    network->n_blocks = blocks > network->n_blocks ? blocks : network->n_blocks;
    return WEFT_OK;
}

weft_status weft_network_append(weft_network *network, weft_layer *layer, weft_error *error) {
    weft_layer *added = &network->layers[network->n_layers];
    *added = *layer;
    return append(network, added, error);
}

weft_status weft_network_add(weft_network *network, const weft_layer *layer, int32_t *index,
                             weft_error *error) {
    WEFT_TRY(check_edges(network, layer, error));
    WEFT_TRY(weft_layer_check_carried(network, layer, error));
    weft_layer *added = &network->layers[network->n_layers];
    weft_op_keep(layer, added);
    WEFT_TRY(weft_layer_infer(network, added, error));
    WEFT_TRY(append(network, added, error));
    *index = network->n_layers - 1;
    return WEFT_OK;
}
