/* SPDX-License-Identifier: Apache-2.0
 * See quant_bits.h. */
#include "learn/quant_bits.h"

#include "base/error.h"
#include "learn/quant.h"

void weft_quant_defaults(weft_quant_settings *settings) {
    *settings = (weft_quant_settings){
        .weight_bits = 8,
        .input_bits = 8,
        .ends_at_8 = true,
        .per_channel = true,
        .steps = WEFT_QUANT_STEPS_LEARNED,
        .calibration = WEFT_QUANT_CALIBRATION_ERROR,
        .percentile = 0.9999,
        .follow = 0.01,
    };
}

static bool is_bits(int32_t bits) {
    return bits >= WEFT_QUANT_LEAST_BITS && bits <= WEFT_QUANT_MOST_BITS;
}

static weft_status check_default(const char *what, int32_t bits, weft_error *error) {
    if (bits == 0 || is_bits(bits)) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "%d bits of %s; expected %d .. %d, or 0 for none at all", bits, what,
                     WEFT_QUANT_LEAST_BITS, WEFT_QUANT_MOST_BITS);
}

static weft_status check_share(const char *what, double share, weft_error *error) {
    if (share > 0.0 && share <= 1.0) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "%s is %g; expected above 0, to 1", what, share);
}

weft_status weft_quant_check(const weft_quant_settings *settings, weft_error *error) {
    WEFT_TRY(check_default("weights", settings->weight_bits, error));
    WEFT_TRY(check_default("inputs", settings->input_bits, error));
    WEFT_TRY(check_share("the percentile", settings->percentile, error));
    return check_share("the share of a new batch", settings->follow, error);
}

static bool is_product(const weft_layer *layer) {
    return layer->op == WEFT_OP_CONV || layer->op == WEFT_OP_LINEAR || layer->op == WEFT_OP_MATMUL;
}

static weft_status check_own(const weft_network *network, int32_t i, const char *what, int32_t bits,
                             weft_error *error) {
    if (bits == 0 || is_bits(bits)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "layer %d (%s) of %s: %d bits of its %s; expected %d .. %d",
              i, weft_op_token(network->layers[i].op), network->name, bits, what,
              WEFT_QUANT_LEAST_BITS, WEFT_QUANT_MOST_BITS);
    weft_hint(error,
              "a layer that says no bits has those of the settings, with 0 there it stays real");
    return WEFT_ERROR_INPUT;
}

static weft_status check_layers(const weft_network *network, weft_error *error) {
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        if (is_product(layer)) {
            WEFT_TRY(check_own(network, i, "weights", layer->bits.weights, error));
            WEFT_TRY(check_own(network, i, "inputs", layer->bits.inputs, error));
        }
    }
    return WEFT_OK;
}

static int32_t chosen(int32_t own, int32_t otherwise, bool is_end) {
    if (own != 0) {
        return own;
    }
    return is_end && otherwise != 0 ? WEFT_QUANT_MOST_BITS : otherwise;
}

weft_status weft_quant_choose(const weft_network *network, const weft_quant_settings *settings,
                              weft_layer_bits *bits, weft_error *error) {
    WEFT_TRY(weft_quant_check(settings, error));
    WEFT_TRY(check_layers(network, error));
    int32_t first = -1;
    int32_t last = -1;
    for (int32_t i = 0; i < network->n_layers; i++) {
        bool is_first = first < 0 && is_product(&network->layers[i]);
        first = is_first ? i : first;
        last = is_product(&network->layers[i]) ? i : last;
    }
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        bool is_end = settings->ends_at_8 && (i == first || i == last);
        bits[i] = (weft_layer_bits){0};
        if (is_product(layer)) {
            bits[i].weights = chosen(layer->bits.weights, settings->weight_bits, is_end);
            bits[i].inputs = chosen(layer->bits.inputs, settings->input_bits, is_end);
            bits[i].outputs = layer->bits.outputs;
        }
    }
    return WEFT_OK;
}

weft_status weft_quant_check_chip(const weft_network *network, const weft_layer_bits *bits,
                                  const weft_layer_signs *signs, const weft_priced *priced,
                                  weft_error *error) {
    for (int32_t i = 0; i < network->n_layers; i++) {
        weft_error reason;
        if (!is_product(&network->layers[i]) ||
            weft_priced_check_bits(priced, &bits[i], &signs[i], &reason) == WEFT_OK) {
            continue;
        }
        weft_fail(error, reason.status, "layer %d (%s) of %s: %.300s", i,
                  weft_op_token(network->layers[i].op), network->name, reason.message);
        weft_hint(error, "%s", reason.hint);
        return reason.status;
    }
    return WEFT_OK;
}
