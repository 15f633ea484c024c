/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of the layers that join and part maps. None multiplies with weights. */
#include "network/shape.h"

#include "base/error.h"

static bool equal_maps(weft_shape a, weft_shape b) {
    return a.height == b.height && a.width == b.width;
}

static weft_status differ(const weft_network *network, const weft_layer *layer, int other,
                          const char *rule, weft_error *error) {
    weft_shape a = layer->in;
    weft_shape b = network->layers[layer->input[other]].out;
    char text[WEFT_LAYER_TEXT];
    return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                     "%s: its inputs are %d x %d x %d (layer %d) and %d x %d x %d (layer %d); %s",
                     weft_layer_text(network, layer, text, sizeof text), a.channels, a.height,
                     a.width, layer->input[0], b.channels, b.height, b.width, layer->input[other],
                     rule);
}

weft_status weft_infer_add(const weft_network *network, weft_layer *layer, weft_error *error) {
    weft_shape b = network->layers[layer->input[1]].out;
    if (layer->in.channels != b.channels || !equal_maps(layer->in, b)) {
        return differ(network, layer, 1, "they must be equal", error);
    }
    return WEFT_OK;
}

weft_status weft_infer_multiply(const weft_network *network, weft_layer *layer, weft_error *error) {
    weft_shape b = network->layers[layer->input[1]].out;
    bool one_each = b.height == 1 && b.width == 1;
    if (layer->in.channels != b.channels || !(one_each || equal_maps(layer->in, b))) {
        return differ(network, layer, 1,
                      "they must be equal, or the second have one value for each channel", error);
    }
    return WEFT_OK;
}

weft_status weft_infer_concat(const weft_network *network, weft_layer *layer, weft_error *error) {
    int64_t channels = 0;
    for (int i = 0; i < layer->n_inputs; i++) {
        weft_shape part = network->layers[layer->input[i]].out;
        if (!equal_maps(layer->in, part)) {
            return differ(network, layer, i, "their heights and widths must be equal", error);
        }
        channels += part.channels;
    }
    return weft_as_side(network, layer, channels, &layer->out.channels, error);
}

weft_status weft_infer_slice(const weft_network *network, weft_layer *layer, weft_error *error) {
    int32_t all = layer->in.channels;
    WEFT_TRY(weft_check_setting(network, layer, "offset", layer->offset, 0, all - 1, error));
    WEFT_TRY(weft_check_setting(network, layer, "out_channels", layer->out_channels, 1,
                                all - layer->offset, error));
    layer->out.channels = layer->out_channels;
    return WEFT_OK;
}

weft_status weft_infer_pad_channels(const weft_network *network, weft_layer *layer,
                                    weft_error *error) {
    WEFT_TRY(weft_check_setting(network, layer, "out_channels", layer->out_channels,
                                layer->in.channels, INT32_MAX, error));
    layer->out.channels = layer->out_channels;
    return WEFT_OK;
}
