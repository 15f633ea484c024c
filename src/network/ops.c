/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of the operations: which fields of weft_layer each uses and how many inputs it takes. */
#include "network/ops.h"

#include <limits.h>
#include <math.h>

#include "base/error.h"

enum {
    OUT = 1 << 0,
    WINDOW = 1 << 1, /* kernel, stride, pad */
    DILATION = 1 << 2,
    GROUPS = 1 << 3,
    BIAS = 1 << 4,
    POOL_SIDE = 1 << 5,
    RATE = 1 << 6,
    OFFSET = 1 << 7,
    ENTRIES = 1 << 8,
    TRANSPOSE = 1 << 9,
    TIED = 1 << 10,
    CARRIED = 1 << 11, /* bits, histograms, copies, region */
};

/* Far above what a chip has, far from the end of int32_t. */
enum { MAX_LAYER_COPIES = 1 << 24, MAX_REGION = 1 << 16 };

typedef struct op_row {
    int uses;
    int32_t least, most; /* inputs; 0: one */
} op_row;

static const op_row rows[WEFT_OP_COUNT] = {
    [WEFT_OP_CONV] = {OUT | WINDOW | DILATION | GROUPS | BIAS | CARRIED, 1, 1},
    [WEFT_OP_LINEAR] = {OUT | BIAS | TIED | CARRIED, 1, 1},
    [WEFT_OP_MATMUL] = {GROUPS | TRANSPOSE | CARRIED, 2, 2},
    [WEFT_OP_MAX_POOL] = {WINDOW, 1, 1},
    [WEFT_OP_AVERAGE_WINDOW] = {WINDOW, 1, 1},
    [WEFT_OP_AVERAGE_POOL] = {POOL_SIDE, 1, 1},
    [WEFT_OP_ADD] = {0, 2, 2},
    [WEFT_OP_MULTIPLY] = {0, 2, 2},
    [WEFT_OP_CONCAT] = {0, 1, INT_MAX},
    [WEFT_OP_SLICE] = {OUT | OFFSET, 1, 1},
    [WEFT_OP_PAD_CHANNELS] = {OUT, 1, 1},
    [WEFT_OP_TOKENS] = {ENTRIES, 1, 1},
    [WEFT_OP_TOKEN] = {OFFSET, 1, 1},
    [WEFT_OP_EMBEDDING] = {OUT | ENTRIES, 1, 1},
    [WEFT_OP_ADD_EMBEDDING] = {ENTRIES, 1, 1},
    [WEFT_OP_SOFTMAX] = {GROUPS, 1, 1},
    [WEFT_OP_DROPOUT] = {RATE, 1, 1},
    [WEFT_OP_TO_MAP] = {ENTRIES, 1, 1},
    [WEFT_OP_DROP_PATH] = {RATE, 1, 1},
    [WEFT_OP_AVERAGE_INSIDE] = {WINDOW, 1, 1},
};

weft_status weft_op_check_inputs(weft_op op, int32_t n_inputs, int32_t index, weft_error *error) {
    int32_t least = rows[op].least > 0 ? rows[op].least : 1;
    int32_t most = rows[op].most > 0 ? rows[op].most : 1;
    if (n_inputs >= least && n_inputs <= most) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "layer %d (%s) has %d inputs; it needs %s%d", index,
                     weft_op_token(op), n_inputs, most > least ? "at least " : "", least);
}

static weft_extent at_least_one(weft_extent extent) {
    return (weft_extent){extent.height == 0 ? 1 : extent.height,
                         extent.width == 0 ? 1 : extent.width};
}

static void keep_settings(const weft_layer *layer, int uses, weft_layer *kept) {
    if (uses & OUT) {
        kept->out_channels = layer->out_channels;
    }
    if (uses & WINDOW) {
        kept->kernel = layer->kernel;
        kept->stride = layer->stride;
        kept->pad = layer->pad;
    }
    if (uses & DILATION) {
        kept->dilation = at_least_one(layer->dilation);
    }
    if (uses & GROUPS) {
        kept->groups = layer->groups == 0 ? 1 : layer->groups;
    }
    kept->bias = uses & BIAS && layer->bias;
    kept->pool_side = uses & POOL_SIDE ? layer->pool_side : 0;
    kept->offset = uses & OFFSET ? layer->offset : 0;
    kept->entries = uses & ENTRIES ? layer->entries : 0;
    kept->transpose = uses & TRANSPOSE && layer->transpose;
    kept->tied = uses & TIED && layer->tied;
    /* Adding 0.0 turns -0.0 into 0.0. */
    kept->rate = uses & RATE ? layer->rate + 0.0 : 0.0;
    if (uses & CARRIED) {
        kept->bits = layer->bits;
        kept->operands = layer->operands;
        kept->copies = layer->copies;
        kept->region = layer->region;
    }
}

void weft_op_keep(const weft_layer *layer, weft_layer *kept) {
    *kept = (weft_layer){.op = layer->op,
                         .input = layer->input,
                         .n_inputs = layer->n_inputs,
                         .block = layer->block,
                         .dilation = {1, 1},
                         .groups = 1,
                         .place = layer->place,
                         .name = layer->name};
    if (rows[layer->op].uses != 0) {
        keep_settings(layer, rows[layer->op].uses, kept);
    }
}

static weft_status check_bits(const weft_network *network, const char *what, int32_t bits,
                              weft_error *error) {
    if (bits >= 0 && bits <= WEFT_MAX_BITS) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "layer %d: %d bits of its %s; expected 0 .. %d",
                     network->n_layers, bits, what, WEFT_MAX_BITS);
}

static weft_status check_histogram(const weft_network *network, const char *what,
                                   const weft_histogram *histogram, weft_error *error) {
    if (histogram == NULL) {
        return WEFT_OK;
    }
    double sum = 0.0;
    bool negative = histogram->n < 1;
    for (int32_t i = 0; i < histogram->n; i++) {
        negative = negative || !(histogram->share[i] >= 0.0);
        sum += histogram->share[i];
    }
    if (!negative && fabs(sum - 1.0) <= WEFT_HISTOGRAM_TOLERANCE) {
        return WEFT_OK;
    }
    return weft_fail(
        error, WEFT_ERROR_INPUT,
        "layer %d: the histogram of its %s has %d shares that sum to %g; they must not "
        "be negative and sum to 1",
        network->n_layers, what, histogram->n, sum);
}

static weft_status check_whole(const weft_network *network, const char *what, int32_t value,
                               int32_t most, weft_error *error) {
    if (value >= 0 && value <= most) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "layer %d: %s is %d; expected 0 .. %d",
                     network->n_layers, what, value, most);
}

/* As most layers of a search: nothing to check. */
static bool carries_nothing(const weft_layer *layer) {
    const weft_layer_bits *bits = &layer->bits;
    const weft_operands *operands = &layer->operands;
    return (layer->copies | layer->region | bits->weights | bits->inputs | bits->outputs) == 0 &&
           layer->place >= 0 && operands->inputs == NULL && operands->weights == NULL &&
           operands->outputs == NULL;
}

weft_status weft_layer_check_carried(const weft_network *network, const weft_layer *layer,
                                     weft_error *error) {
    if (carries_nothing(layer)) {
        return WEFT_OK;
    }
    WEFT_TRY(check_whole(network, "copies", layer->copies, MAX_LAYER_COPIES, error));
    WEFT_TRY(check_whole(network, "region", layer->region, MAX_REGION, error));
    WEFT_TRY(check_whole(network, "place", layer->place, INT32_MAX, error));
    WEFT_TRY(check_bits(network, "weights", layer->bits.weights, error));
    WEFT_TRY(check_bits(network, "inputs", layer->bits.inputs, error));
    WEFT_TRY(check_bits(network, "outputs", layer->bits.outputs, error));
    WEFT_TRY(check_histogram(network, "inputs", layer->operands.inputs, error));
    WEFT_TRY(check_histogram(network, "weights", layer->operands.weights, error));
    return check_histogram(network, "outputs", layer->operands.outputs, error);
}
