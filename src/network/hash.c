/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash of a network, layer by layer; each layer's hash seeds the next one's. A plain layer (a
 * square window, one group, nothing carried) is hashed by its plain fields alone, and copies and
 * region where they are not 0: stores keep the hashes of networks from before there were others. */
#include <weft/network.h>

#include <string.h>

#include "base/rng.h"

enum { PLAIN_FIELDS = 14, MORE_FIELDS = 17, CHIP_FIELDS = 2, MAX_FIELDS = MORE_FIELDS };

/* Little-endian whatever the machine's order is, so that the hash is the same everywhere. */
static uint64_t hash_fields(const uint64_t *fields, size_t n, uint64_t seed) {
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        return weft_hash(fields, 8 * n, seed);
    }
    unsigned char bytes[8 * MAX_FIELDS];
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 8; k++) {
            bytes[8 * i + k] = (unsigned char)(fields[i] >> (8 * k));
        }
    }
    return weft_hash(bytes, 8 * n, seed);
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t hash_plain(const weft_layer *layer, uint64_t seed) {
    const uint64_t fields[PLAIN_FIELDS] = {
        (uint64_t)layer->op,
        (uint64_t)layer->n_inputs,
        (uint64_t)(layer->n_inputs > 0 ? layer->input[0] : -1),
        (uint64_t)(layer->n_inputs > 1 ? layer->input[1] : -1),
        (uint64_t)layer->out_channels,
        (uint64_t)layer->kernel.height,
        (uint64_t)layer->stride.height,
        (uint64_t)layer->pad.height,
        (uint64_t)layer->pool_side,
        (uint64_t)layer->bias,
        bits_of(layer->rate),
        (uint64_t)layer->out.channels,
        (uint64_t)layer->out.height,
        (uint64_t)layer->out.width,
    };
    return hash_fields(fields, PLAIN_FIELDS, seed);
}

static bool is_square(weft_extent extent) {
    return extent.height == extent.width;
}

static bool is_plain(const weft_layer *layer) {
    return is_square(layer->kernel) && is_square(layer->stride) && is_square(layer->pad) &&
           layer->dilation.height == 1 && layer->dilation.width == 1 && layer->groups == 1 &&
           layer->n_inputs <= 2 && layer->offset == 0 && layer->entries == 0 && !layer->transpose &&
           !layer->tied && layer->batch == 1 && layer->bits.weights == 0 &&
           layer->bits.inputs == 0 && layer->bits.outputs == 0 && layer->operands.inputs == NULL &&
           layer->operands.weights == NULL && layer->operands.outputs == NULL;
}

/* An absent histogram counts as one of 0 bins. */
static uint64_t hash_histogram(const weft_histogram *histogram, uint64_t seed) {
    int32_t n = histogram == NULL ? 0 : histogram->n;
    const uint64_t bins = (uint64_t)n;
    uint64_t hash = hash_fields(&bins, 1, seed);
    for (int32_t i = 0; i < n; i++) {
        const uint64_t share = bits_of(histogram->share[i] + 0.0);
        hash = hash_fields(&share, 1, hash);
    }
    return hash;
}

static uint64_t hash_more(const weft_layer *layer, uint64_t seed) {
    const uint64_t fields[MORE_FIELDS] = {
        (uint64_t)layer->kernel.width,   (uint64_t)layer->stride.width,
        (uint64_t)layer->pad.width,      (uint64_t)layer->dilation.height,
        (uint64_t)layer->dilation.width, (uint64_t)layer->groups,
        (uint64_t)layer->offset,         (uint64_t)layer->entries,
        (uint64_t)layer->transpose,      (uint64_t)layer->tied,
        (uint64_t)layer->batch,          (uint64_t)layer->bits.weights,
        (uint64_t)layer->bits.inputs,    (uint64_t)layer->bits.outputs,
        (uint64_t)layer->in.channels,    (uint64_t)layer->in.height,
        (uint64_t)layer->in.width,
    };
    uint64_t hash = hash_fields(fields, MORE_FIELDS, seed);
    for (int32_t i = 2; i < layer->n_inputs; i++) {
        const uint64_t from = (uint64_t)layer->input[i];
        hash = hash_fields(&from, 1, hash);
    }
    hash = hash_histogram(layer->operands.inputs, hash);
    hash = hash_histogram(layer->operands.weights, hash);
    return hash_histogram(layer->operands.outputs, hash);
}

/* Where the chip does not decide alone. */
static uint64_t hash_chip(const weft_layer *layer, uint64_t seed) {
    const uint64_t fields[CHIP_FIELDS] = {(uint64_t)layer->copies, (uint64_t)layer->region};
    return hash_fields(fields, CHIP_FIELDS, seed);
}

uint64_t weft_network_hash(const weft_network *network) {
    uint64_t hash = (uint64_t)network->n_layers;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        hash = hash_plain(layer, hash);
        if (!is_plain(layer)) {
            hash = hash_more(layer, hash);
        }
        if (layer->copies != 0 || layer->region != 0) {
            hash = hash_chip(layer, hash);
        }
    }
    return hash;
}
