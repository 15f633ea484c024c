/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape inference and counts: windows, and what the rules of all operations share. With side n,
 * window k, dilation d, stride s, padding p:
 *   convolution, pool over a window   out = floor((n + 2p - d (k - 1) - 1) / s) + 1
 *   adaptive average pool             out = pool_side; output i averages the inputs floor(i n / out)
 *                                     .. ceil((i + 1) n / out) - 1, so pool_side may exceed n
 *                                     (PyTorch's rule)
 * Norms cost no multiply-accumulates (they fold into the layer before, or are vector work beside the
 * arrays) and have a scale and a shift for each channel. Padded positions of a convolution count:
 * the hardware drives their zeros too. */
#include "network/shape.h"

#include <stdio.h>

#include "base/error.h"

const char *weft_layer_text(const weft_network *network, const weft_layer *layer, char *buffer,
                            size_t size) {
    if (layer->block == WEFT_NO_BLOCK) {
        snprintf(buffer, size, "layer %d (%s)", network->n_layers, weft_op_token(layer->op));
    } else {
        snprintf(buffer, size, "layer %d (%s of block %d)", network->n_layers,
                 weft_op_token(layer->op), layer->block + 1);
    }
    return buffer;
}

weft_status weft_check_setting(const weft_network *network, const weft_layer *layer,
                               const char *what, int32_t value, int32_t lower, int32_t upper,
                               weft_error *error) {
    if (value >= lower && value <= upper) {
        return WEFT_OK;
    }
    char text[WEFT_LAYER_TEXT];
    return weft_fail(error, WEFT_ERROR_INPUT, "%s: %s is %d; it must lie in %d .. %d",
                     weft_layer_text(network, layer, text, sizeof text), what, value, lower, upper);
}

weft_status weft_count(const weft_network *network, const weft_layer *layer, const int64_t *factors,
                       int n, int64_t *result, weft_error *error) {
    int64_t value = 1;
    for (int i = 0; i < n; i++) {
        if (__builtin_mul_overflow(value, factors[i], &value)) {
            char text[WEFT_LAYER_TEXT];
            return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                             "%s: its multiply-accumulates or parameters overflow 64 bits",
                             weft_layer_text(network, layer, text, sizeof text));
        }
    }
    *result = value;
    return WEFT_OK;
}

weft_status weft_as_side(const weft_network *network, const weft_layer *layer, int64_t count,
                         int32_t *side, weft_error *error) {
    if (count > INT32_MAX) {
        char text[WEFT_LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: %lld are more features than the %d that a vector may have",
                         weft_layer_text(network, layer, text, sizeof text), (long long)count,
                         INT32_MAX);
    }
    *side = (int32_t)count;
    return WEFT_OK;
}

static weft_status check_extent(const weft_network *network, const weft_layer *layer,
                                const char *what, weft_extent extent, int32_t lower,
                                weft_error *error) {
    WEFT_TRY(weft_check_setting(network, layer, what, extent.height, lower, WEFT_MAX_SIDE, error));
    return weft_check_setting(network, layer, what, extent.width, lower, WEFT_MAX_SIDE, error);
}

static weft_status too_large(const weft_network *network, const weft_layer *layer,
                             weft_error *error) {
    char text[WEFT_LAYER_TEXT];
    char padding[64];
    if (layer->pad.height == layer->pad.width) {
        snprintf(padding, sizeof padding, "padding %d", layer->pad.height);
    } else {
        snprintf(padding, sizeof padding, "padding %d x %d", layer->pad.height, layer->pad.width);
    }
    weft_fail(error, WEFT_ERROR_INFEASIBLE,
              "%s: its %d x %d window is larger than its %d x %d map (%d channels, %s)",
              weft_layer_text(network, layer, text, sizeof text), layer->kernel.height,
              layer->kernel.width, layer->in.height, layer->in.width, layer->in.channels, padding);
    return WEFT_ERROR_INFEASIBLE;
}

/* Positions of a window along one side, 0: it does not fit. All arguments are at most 2^16, bar a
 * map's side, which is at most 2^31 - 1. */
static int64_t positions(int64_t side, int64_t kernel, int64_t dilation, int64_t stride,
                         int64_t pad) {
    int64_t room = side + 2 * pad - dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

weft_status weft_slide_window(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(check_extent(network, layer, "kernel", layer->kernel, 1, error));
    WEFT_TRY(check_extent(network, layer, "stride", layer->stride, 1, error));
    WEFT_TRY(check_extent(network, layer, "pad", layer->pad, 0, error));
    WEFT_TRY(check_extent(network, layer, "dilation", layer->dilation, 1, error));
    int64_t height = positions(layer->in.height, layer->kernel.height, layer->dilation.height,
                               layer->stride.height, layer->pad.height);
    int64_t width = positions(layer->in.width, layer->kernel.width, layer->dilation.width,
                              layer->stride.width, layer->pad.width);
    if (height < 1 || width < 1) {
        return too_large(network, layer, error);
    }
    if (height > WEFT_MAX_SIDE || width > WEFT_MAX_SIDE) {
        char text[WEFT_LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: its map of %lld x %lld is larger than %d x %d",
                         weft_layer_text(network, layer, text, sizeof text), (long long)height,
                         (long long)width, WEFT_MAX_SIDE, WEFT_MAX_SIDE);
    }
    layer->out.height = (int32_t)height;
    layer->out.width = (int32_t)width;
    return WEFT_OK;
}

/* A padding above half the window would let a window see nothing of the map. */
static weft_status infer_window_pool(const weft_network *network, weft_layer *layer,
                                     weft_error *error) {
    WEFT_TRY(weft_slide_window(network, layer, error));
    if (2 * layer->pad.height > layer->kernel.height ||
        2 * layer->pad.width > layer->kernel.width) {
        char text[WEFT_LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%s: a padding of %d x %d is more than half of its %d x %d window",
                         weft_layer_text(network, layer, text, sizeof text), layer->pad.height,
                         layer->pad.width, layer->kernel.height, layer->kernel.width);
    }
    return WEFT_OK;
}

static weft_status infer_average_pool(const weft_network *network, weft_layer *layer,
                                      weft_error *error) {
    if (layer->pool_side < 1 || layer->pool_side > WEFT_MAX_SIDE) {
        char text[WEFT_LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: a pool to %d x %d; the side must lie in 1 .. %d",
                         weft_layer_text(network, layer, text, sizeof text), layer->pool_side,
                         layer->pool_side, WEFT_MAX_SIDE);
    }
    layer->out.height = layer->pool_side;
    layer->out.width = layer->pool_side;
    return WEFT_OK;
}

static weft_status infer_flatten(const weft_network *network, weft_layer *layer,
                                 weft_error *error) {
    int64_t features = 0;
    WEFT_TRY(weft_count(network, layer,
                        (int64_t[]){layer->in.channels, layer->in.height, layer->in.width}, 3,
                        &features, error));
    int32_t channels = 0;
    WEFT_TRY(weft_as_side(network, layer, features, &channels, error));
    layer->out = (weft_shape){channels, 1, 1};
    return WEFT_OK;
}

static weft_status check_rate(const weft_network *network, const weft_layer *layer,
                              weft_error *error) {
    if (layer->rate >= 0.0 && layer->rate < 1.0) {
        return WEFT_OK;
    }
    char text[WEFT_LAYER_TEXT];
    return weft_fail(error, WEFT_ERROR_INPUT, "%s: a rate of %g; it must be at least 0 and below 1",
                     weft_layer_text(network, layer, text, sizeof text), layer->rate);
}

static weft_status check_parts(const weft_network *network, const weft_layer *layer,
                               weft_error *error) {
    if (layer->groups >= 1 && layer->in.channels % layer->groups == 0) {
        return WEFT_OK;
    }
    char text[WEFT_LAYER_TEXT];
    return weft_fail(
        error, WEFT_ERROR_INFEASIBLE, "%s: %d channels cannot be parted into %d equal groups",
        weft_layer_text(network, layer, text, sizeof text), layer->in.channels, layer->groups);
}

weft_status weft_layer_infer(const weft_network *network, weft_layer *layer, weft_error *error) {
    layer->in = network->layers[layer->input[0]].out;
    layer->out = layer->in;
    layer->batch = 1;
    layer->macs = 0;
    layer->params = 0;
    switch (layer->op) {
    case WEFT_OP_CONV:
        return weft_infer_conv(network, layer, error);
    case WEFT_OP_LINEAR:
        return weft_infer_linear(network, layer, error);
    case WEFT_OP_MATMUL:
        return weft_infer_matmul(network, layer, error);
    case WEFT_OP_BATCH_NORM:
    case WEFT_OP_LAYER_NORM:
        layer->params = 2 * (int64_t)layer->in.channels;
        return WEFT_OK;
    case WEFT_OP_MAX_POOL:
    case WEFT_OP_AVERAGE_WINDOW:
    case WEFT_OP_AVERAGE_INSIDE:
        return infer_window_pool(network, layer, error);
    case WEFT_OP_AVERAGE_POOL:
        return infer_average_pool(network, layer, error);
    case WEFT_OP_ADD:
        return weft_infer_add(network, layer, error);
    case WEFT_OP_MULTIPLY:
        return weft_infer_multiply(network, layer, error);
    case WEFT_OP_CONCAT:
        return weft_infer_concat(network, layer, error);
    case WEFT_OP_SLICE:
        return weft_infer_slice(network, layer, error);
    case WEFT_OP_PAD_CHANNELS:
        return weft_infer_pad_channels(network, layer, error);
    case WEFT_OP_FLATTEN:
        return infer_flatten(network, layer, error);
    case WEFT_OP_DROPOUT:
    case WEFT_OP_DROP_PATH:
        return check_rate(network, layer, error);
    case WEFT_OP_SOFTMAX:
        return check_parts(network, layer, error);
    case WEFT_OP_TOKENS:
        return weft_infer_tokens(network, layer, error);
    case WEFT_OP_TO_MAP:
        return weft_infer_to_map(network, layer, error);
    case WEFT_OP_TOKEN:
        return weft_infer_token(network, layer, error);
    case WEFT_OP_EMBEDDING:
        return weft_infer_embedding(network, layer, error);
    case WEFT_OP_ADD_EMBEDDING:
        return weft_infer_add_embedding(network, layer, error);
    case WEFT_OP_RELU:
    case WEFT_OP_RELU6:
    case WEFT_OP_HARD_SWISH:
    case WEFT_OP_HARD_SIGMOID:
    case WEFT_OP_SIGMOID:
    case WEFT_OP_GELU:
    case WEFT_OP_INPUT:
    case WEFT_OP_COUNT:
        return WEFT_OK;
    }
    return WEFT_OK;
}
