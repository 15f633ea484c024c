/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes and parameters of the layers that make sequences of tokens, and maps of them. Looking up a row of a table is
 * no multiply-accumulate. */
#include "network/shape.h"

#include "base/error.h"

static weft_status check_sequence(const weft_network *network, const weft_layer *layer,
                                  weft_error *error) {
    if (layer->in.width == 1) {
        return WEFT_OK;
    }
    char text[WEFT_LAYER_TEXT];
    weft_fail(error, WEFT_ERROR_INFEASIBLE,
              "%s needs a sequence of n x T x 1 and gets %d x %d x %d",
              weft_layer_text(network, layer, text, sizeof text), layer->in.channels,
              layer->in.height, layer->in.width);
    weft_hint(error, "put a tokens layer before it");
    return WEFT_ERROR_INFEASIBLE;
}

weft_status weft_infer_tokens(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(
        weft_check_setting(network, layer, "entries", layer->entries, 0, WEFT_MAX_SIDE, error));
    int64_t tokens = (int64_t)layer->in.height * layer->in.width + layer->entries;
    WEFT_TRY(weft_as_side(network, layer, tokens, &layer->out.height, error));
    layer->out.width = 1;
    layer->params = (int64_t)layer->entries * layer->in.channels;
    return WEFT_OK;
}

weft_status weft_infer_to_map(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(check_sequence(network, layer, error));
    WEFT_TRY(weft_check_setting(network, layer, "entries", layer->entries, 1, INT32_MAX, error));
    if (layer->in.height % layer->entries != 0) {
        char text[WEFT_LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "%s: %d tokens do not make a map of %d rows",
                         weft_layer_text(network, layer, text, sizeof text), layer->in.height,
                         layer->entries);
    }
    layer->out.height = layer->entries;
    layer->out.width = layer->in.height / layer->entries;
    return WEFT_OK;
}

weft_status weft_infer_token(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(check_sequence(network, layer, error));
    WEFT_TRY(weft_check_setting(network, layer, "offset", layer->offset, 0, layer->in.height - 1,
                                error));
    layer->out.height = 1;
    return WEFT_OK;
}

weft_status weft_infer_embedding(const weft_network *network, weft_layer *layer,
                                 weft_error *error) {
    WEFT_TRY(check_sequence(network, layer, error));
    WEFT_TRY(weft_check_setting(network, layer, "entries", layer->entries, 1, INT32_MAX, error));
    WEFT_TRY(weft_check_setting(network, layer, "out_channels", layer->out_channels, 1,
                                WEFT_MAX_SIDE, error));
    if (layer->in.channels != 1) {
        char text[WEFT_LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: a token is one number, but its input has %d channels",
                         weft_layer_text(network, layer, text, sizeof text), layer->in.channels);
    }
    layer->out.channels = layer->out_channels;
    layer->params = (int64_t)layer->entries * layer->out_channels;
    return WEFT_OK;
}

weft_status weft_infer_add_embedding(const weft_network *network, weft_layer *layer,
                                     weft_error *error) {
    WEFT_TRY(check_sequence(network, layer, error));
    WEFT_TRY(weft_check_setting(network, layer, "entries", layer->entries, 1, INT32_MAX, error));
    layer->params = (int64_t)layer->entries * layer->in.channels;
    return WEFT_OK;
}
