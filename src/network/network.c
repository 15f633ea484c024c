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

weft_status weft_network_create(const char *name, weft_shape input, weft_network **network,
                                weft_error *error) {
    if (!in_range(input.channels, 1, WEFT_MAX_SIDE) || !in_range(input.height, 1, WEFT_MAX_SIDE) ||
        !in_range(input.width, 1, WEFT_MAX_SIDE)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "an input of %d x %d x %d (channels x height x width): each must lie in "
                         "1 .. %d",
                         input.channels, input.height, input.width, WEFT_MAX_SIDE);
    }
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
    made->n_layers = 1;
    made->layers[0] = (weft_layer){
        .op = WEFT_OP_INPUT,
        .input = {-1, -1},
        .block = WEFT_NO_BLOCK,
        .in = input,
        .out = input,
    };
    set_name(made, name);
    *network = made;
    return WEFT_OK;
}

void weft_network_destroy(weft_network *network) {
    if (network != NULL) {
        free(network->layers);
        free(network);
    }
}

/* Copies what the operation uses and leaves the rest at zero: a stray field of the caller's struct
 * must not make two equal networks differ. */
static weft_layer meaningful_part(const weft_layer *layer) {
    weft_layer kept = {.op = layer->op,
                       .input = {layer->input[0], layer->n_inputs > 1 ? layer->input[1] : -1},
                       .n_inputs = layer->n_inputs,
                       .block = layer->block};
    bool convolution = layer->op == WEFT_OP_CONV;
    bool weighted = convolution || layer->op == WEFT_OP_LINEAR;
    bool window = convolution || layer->op == WEFT_OP_MAX_POOL;
    kept.out_channels = weighted ? layer->out_channels : 0;
    kept.bias = weighted && layer->bias;
    kept.kernel = window ? layer->kernel : 0;
    kept.stride = window ? layer->stride : 0;
    kept.pad = convolution ? layer->pad : 0;
    kept.pool_side = layer->op == WEFT_OP_AVERAGE_POOL ? layer->pool_side : 0;
    /* Adding 0.0 turns -0.0 into 0.0. */
    kept.rate = layer->op == WEFT_OP_DROPOUT ? layer->rate + 0.0 : 0.0;
    return kept;
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
    int expected = layer->op == WEFT_OP_ADD ? 2 : 1;
    if (layer->n_inputs != expected) {
        return weft_fail(error, WEFT_ERROR_INPUT, "layer %d (%s) has %d inputs; it needs %d", index,
                         weft_op_token(layer->op), layer->n_inputs, expected);
    }
    for (int i = 0; i < expected; i++) {
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

static weft_status make_room(weft_network *network, weft_error *error) {
    if (network->n_layers < network->capacity) {
        return WEFT_OK;
    }
    if (network->n_layers >= MAX_LAYERS) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "the network has more than %d layers",
                         MAX_LAYERS);
    }
    size_t size = 2 * (size_t)network->capacity * sizeof *network->layers;
    weft_layer *grown = realloc(network->layers, size);
    if (grown == NULL) {
        return weft_fail_memory(error, size);
    }
    network->layers = grown;
    network->capacity *= 2;
    return WEFT_OK;
}

weft_status weft_network_add(weft_network *network, const weft_layer *layer, int32_t *index,
                             weft_error *error) {
    WEFT_TRY(check_edges(network, layer, error));
    weft_layer added = meaningful_part(layer);
    WEFT_TRY(weft_layer_infer(network, &added, error));
    int64_t macs;
    int64_t params;
    if (__builtin_add_overflow(network->macs, added.macs, &macs) ||
        __builtin_add_overflow(network->params, added.params, &params)) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "with layer %d (%s) the network's multiply-accumulates or parameters "
                         "overflow 64 bits",
                         network->n_layers, weft_op_token(added.op));
    }
    WEFT_TRY(make_room(network, error));
    network->macs = macs;
    network->params = params;
    if (added.block >= network->n_blocks) {
        network->n_blocks = added.block + 1;
    }
    *index = network->n_layers;
    network->layers[network->n_layers++] = added;
    return WEFT_OK;
}

/* ---- hash ------------------------------------------------------------------------------------ */

enum { HASHED_FIELDS = 14 };

/* Little-endian whatever the machine's order is, so that the hash is the same everywhere. */
static void put_u64(unsigned char *bytes, uint64_t value) {
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(value >> (8 * i));
    }
}

static uint64_t hash_layer(const weft_layer *layer, uint64_t seed) {
    uint64_t rate;
    memcpy(&rate, &layer->rate, sizeof rate);
    const uint64_t fields[HASHED_FIELDS] = {
        (uint64_t)layer->op,
        (uint64_t)layer->n_inputs,
        (uint64_t)layer->input[0],
        (uint64_t)layer->input[1],
        (uint64_t)layer->out_channels,
        (uint64_t)layer->kernel,
        (uint64_t)layer->stride,
        (uint64_t)layer->pad,
        (uint64_t)layer->pool_side,
        (uint64_t)layer->bias,
        rate,
        (uint64_t)layer->out.channels,
        (uint64_t)layer->out.height,
        (uint64_t)layer->out.width,
    };
    unsigned char bytes[8 * HASHED_FIELDS];
    for (size_t i = 0; i < HASHED_FIELDS; i++) {
        put_u64(bytes + 8 * i, fields[i]);
    }
    return weft_hash(bytes, sizeof bytes, seed);
}

uint64_t weft_network_hash(const weft_network *network) {
    uint64_t hash = (uint64_t)network->n_layers;
    for (int32_t i = 0; i < network->n_layers; i++) {
        hash = hash_layer(&network->layers[i], hash);
    }
    return hash;
}
