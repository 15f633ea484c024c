/* SPDX-License-Identifier: Apache-2.0
 * Which layers give no values below 0. */
#include "learn/engine.h"

static bool all_positive(const weft_layer *layer, const bool *positive) {
    bool all = true;
    for (int k = 0; k < layer->n_inputs; k++) {
        all = all && positive[layer->input[k]];
    }
    return all;
}

static bool is_positive(const weft_layer *layer, const bool *positive) {
    switch ((int)layer->op) {
    case WEFT_OP_RELU:
    case WEFT_OP_RELU6:
    case WEFT_OP_SIGMOID:
    case WEFT_OP_HARD_SIGMOID:
    case WEFT_OP_SOFTMAX:
        return true;
    case WEFT_OP_MAX_POOL:
    case WEFT_OP_AVERAGE_POOL:
    case WEFT_OP_AVERAGE_WINDOW:
    case WEFT_OP_AVERAGE_INSIDE:
    case WEFT_OP_FLATTEN:
    case WEFT_OP_DROPOUT:
    case WEFT_OP_DROP_PATH:
    case WEFT_OP_TO_MAP:
    case WEFT_OP_TOKEN:
    case WEFT_OP_SLICE:
    case WEFT_OP_PAD_CHANNELS:
    case WEFT_OP_ADD:
    case WEFT_OP_MULTIPLY:
    case WEFT_OP_CONCAT:
        return all_positive(layer, positive);
    default:
        return false;
    }
}

void weft_layers_positive(const weft_network *network, bool *positive) {
    for (int i = 0; i < network->n_layers; i++) {
        positive[i] = is_positive(&network->layers[i], positive);
    }
}
