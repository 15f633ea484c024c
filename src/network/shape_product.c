/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes and counts of the layers that multiply matrices. All counts come from the loops (network.h),
 * so that the hardware and the totals cannot disagree:
 *   macs = n g c m r s p q     params = g c m r s (+ g m biases); none where both are activations */
#include "network/shape.h"

#include "base/error.h"

weft_loops weft_loops_of(const weft_layer *layer) {
    weft_loops loops = {.n = layer->batch,
                        .c = layer->in.channels / layer->groups,
                        .m = layer->out.channels / layer->groups,
                        .r = 1,
                        .s = 1,
                        .p = layer->out.height,
                        .q = layer->out.width,
                        .g = layer->groups,
                        .stride_h = 1,
                        .stride_w = 1,
                        .dilation_h = 1,
                        .dilation_w = 1,
                        .dynamic = layer->op == WEFT_OP_MATMUL};
    if (layer->kernel.height > 0) {
        loops.r = layer->kernel.height;
        loops.s = layer->kernel.width;
        loops.stride_h = layer->stride.height;
        loops.stride_w = layer->stride.width;
        loops.dilation_h = layer->dilation.height;
        loops.dilation_w = layer->dilation.width;
    }
    return loops;
}

weft_status weft_loops_weights(const weft_network *network, const weft_layer *layer,
                               const weft_loops *loops, int64_t *weights, weft_error *error) {
    return weft_count(network, layer, (int64_t[]){loops->g, loops->c, loops->m, loops->r, loops->s},
                      5, weights, error);
}

weft_status weft_loops_macs(const weft_network *network, const weft_layer *layer,
                            const weft_loops *loops, int64_t *macs, weft_error *error) {
    int64_t weights = 0;
    WEFT_TRY(weft_loops_weights(network, layer, loops, &weights, error));
    return weft_count(network, layer, (int64_t[]){weights, loops->n, loops->p, loops->q}, 4, macs,
                      error);
}

/* Counts of a layer whose shapes are known. Biases number at most 2^31 and weights at least as many,
 * so their sum overflows only where the multiply-accumulates would. */
static weft_status count_products(const weft_network *network, weft_layer *layer,
                                  weft_error *error) {
    weft_loops loops = weft_loops_of(layer);
    WEFT_TRY(weft_loops_macs(network, layer, &loops, &layer->macs, error));
    if (loops.dynamic || layer->tied) {
        return WEFT_OK;
    }
    int64_t weights = 0;
    WEFT_TRY(weft_loops_weights(network, layer, &loops, &weights, error));
    int32_t biases = layer->bias ? layer->out.channels : 0;
    if (__builtin_add_overflow(weights, biases, &layer->params)) {
        return weft_count(network, layer, (int64_t[]){INT64_MAX, 2}, 2, &layer->params, error);
    }
    return WEFT_OK;
}

weft_status weft_infer_conv(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(weft_check_setting(network, layer, "out_channels", layer->out_channels, 1,
                                WEFT_MAX_SIDE, error));
    WEFT_TRY(weft_check_setting(network, layer, "groups", layer->groups, 1, INT32_MAX, error));
    if (layer->in.channels % layer->groups != 0 || layer->out_channels % layer->groups != 0) {
        char text[WEFT_LAYER_TEXT];
        return weft_fail(
            error, WEFT_ERROR_INFEASIBLE,
            "%s: %d input and %d output channels cannot be parted into %d equal groups",
            weft_layer_text(network, layer, text, sizeof text), layer->in.channels,
            layer->out_channels, layer->groups);
    }
    WEFT_TRY(weft_slide_window(network, layer, error));
    layer->out.channels = layer->out_channels;
    return count_products(network, layer, error);
}

weft_status weft_infer_linear(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(weft_check_setting(network, layer, "out_channels", layer->out_channels, 1,
                                layer->tied ? INT32_MAX : WEFT_MAX_SIDE, error));
    if (layer->in.width != 1) {
        char text[WEFT_LAYER_TEXT];
        weft_fail(error, WEFT_ERROR_INFEASIBLE,
                  "%s needs a flat input of n x 1 x 1 features or a sequence of n x T x 1 and gets "
                  "%d x %d x %d",
                  weft_layer_text(network, layer, text, sizeof text), layer->in.channels,
                  layer->in.height, layer->in.width);
        weft_hint(error, "put a flatten layer before it");
        return WEFT_ERROR_INFEASIBLE;
    }
    layer->out.channels = layer->out_channels;
    return count_products(network, layer, error);
}

static weft_status unfit(const weft_network *network, const weft_layer *layer, weft_shape a,
                         weft_shape b, weft_error *error) {
    char text[WEFT_LAYER_TEXT];
    return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                     "%s: sequences of %d x %d x %d (layer %d) and %d x %d x %d (layer %d) do not "
                     "multiply%s in %d heads",
                     weft_layer_text(network, layer, text, sizeof text), a.channels, a.height,
                     a.width, layer->input[0], b.channels, b.height, b.width, layer->input[1],
                     layer->transpose ? " (the second transposed)" : "", layer->groups);
}

weft_status weft_infer_matmul(const weft_network *network, weft_layer *layer, weft_error *error) {
    weft_shape a = layer->in;
    weft_shape b = network->layers[layer->input[1]].out;
    int32_t heads = layer->groups;
    WEFT_TRY(weft_check_setting(network, layer, "groups", heads, 1, INT32_MAX, error));
    bool parted = a.channels % heads == 0 && b.channels % heads == 0;
    bool fits = layer->transpose ? a.channels == b.channels : a.channels / heads == b.height;
    if (a.width != 1 || b.width != 1 || !parted || !fits) {
        return unfit(network, layer, a, b, error);
    }
    if (layer->transpose) {
        WEFT_TRY(
            weft_as_side(network, layer, (int64_t)heads * b.height, &layer->out.channels, error));
    } else {
        layer->out.channels = b.channels;
    }
    return count_products(network, layer, error);
}
