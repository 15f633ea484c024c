/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape inference and counts. With side n, window k, stride s, padding p:
 *   convolution, max pool   out = floor((n + 2p - k) / s) + 1
 *   adaptive average pool   out = pool_side; output i averages the inputs floor(i n / out) ..
 *                           ceil((i + 1) n / out) - 1, so pool_side may exceed n (PyTorch's rule)
 * Counts for one image, C input channels and K kernels (or features):
 *   convolution   macs = K C k^2 out_h out_w   params = K C k^2 (+ K)
 *   linear        macs = K C                   params = K C     (+ K)
 *   batch norm    macs = 0 (folds into the layer before it)   params = 2 C (scale and shift)
 * Padded positions count: the hardware drives their zeros too.
 */
#include "network/shape.h"

#include <stdio.h>

#include "base/error.h"

/* "layer 12 (max_pool of block 3)": how an error calls the layer that is being added. */
static const char *layer_text(const weft_network *network, const weft_layer *layer, char *buffer,
                              size_t size) {
    if (layer->block == WEFT_NO_BLOCK) {
        snprintf(buffer, size, "layer %d (%s)", network->n_layers, weft_op_token(layer->op));
    } else {
        snprintf(buffer, size, "layer %d (%s of block %d)", network->n_layers,
                 weft_op_token(layer->op), layer->block + 1);
    }
    return buffer;
}

enum { LAYER_TEXT = 64 };

/* A setting of the layer outside [lower, upper]. */
static weft_status check_setting(const weft_network *network, const weft_layer *layer,
                                 const char *what, int32_t value, int32_t lower,
                                 weft_error *error) {
    if (value >= lower && value <= WEFT_MAX_SIDE) {
        return WEFT_OK;
    }
    char text[LAYER_TEXT];
    return weft_fail(error, WEFT_ERROR_INPUT, "%s: %s is %d; it must lie in %d .. %d",
                     layer_text(network, layer, text, sizeof text), what, value, lower,
                     WEFT_MAX_SIDE);
}

static weft_status overflow(const weft_network *network, const weft_layer *layer,
                            weft_error *error) {
    char text[LAYER_TEXT];
    return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                     "%s: its multiply-accumulates or parameters overflow 64 bits",
                     layer_text(network, layer, text, sizeof text));
}

/* The product of n factors that are not negative. */
static weft_status product(const weft_network *network, const weft_layer *layer,
                           const int64_t *factors, int n, int64_t *result, weft_error *error) {
    int64_t value = 1;
    for (int i = 0; i < n; i++) {
        if (__builtin_mul_overflow(value, factors[i], &value)) {
            return overflow(network, layer, error);
        }
    }
    *result = value;
    return WEFT_OK;
}

/* Slides the window over the padded map; channels are left alone. */
static weft_status slide_window(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(check_setting(network, layer, "kernel", layer->kernel, 1, error));
    WEFT_TRY(check_setting(network, layer, "stride", layer->stride, 1, error));
    WEFT_TRY(check_setting(network, layer, "pad", layer->pad, 0, error));
    int32_t height = layer->in.height + 2 * layer->pad;
    int32_t width = layer->in.width + 2 * layer->pad;
    if (layer->kernel > height || layer->kernel > width) {
        char text[LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: its %d x %d window is larger than its %d x %d map (%d channels, "
                         "padding %d)",
                         layer_text(network, layer, text, sizeof text), layer->kernel,
                         layer->kernel, layer->in.height, layer->in.width, layer->in.channels,
                         layer->pad);
    }
    layer->out.height = (height - layer->kernel) / layer->stride + 1;
    layer->out.width = (width - layer->kernel) / layer->stride + 1;
    if (layer->out.height > WEFT_MAX_SIDE || layer->out.width > WEFT_MAX_SIDE) {
        char text[LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: its map of %d x %d is larger than %d x %d",
                         layer_text(network, layer, text, sizeof text), layer->out.height,
                         layer->out.width, WEFT_MAX_SIDE, WEFT_MAX_SIDE);
    }
    return WEFT_OK;
}

static weft_status infer_conv(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(check_setting(network, layer, "out_channels", layer->out_channels, 1, error));
    WEFT_TRY(slide_window(network, layer, error));
    layer->out.channels = layer->out_channels;
    int64_t weights = 0;
    WEFT_TRY(
        product(network, layer,
                (int64_t[]){layer->out_channels, layer->in.channels, layer->kernel, layer->kernel},
                4, &weights, error));
    WEFT_TRY(product(network, layer, (int64_t[]){weights, layer->out.height, layer->out.width}, 3,
                     &layer->macs, error));
    int32_t biases = layer->bias ? layer->out_channels : 0;
    if (__builtin_add_overflow(weights, biases, &layer->params)) {
        return overflow(network, layer, error);
    }
    return WEFT_OK;
}

static weft_status infer_linear(const weft_network *network, weft_layer *layer, weft_error *error) {
    WEFT_TRY(check_setting(network, layer, "out_channels", layer->out_channels, 1, error));
    if (layer->in.height != 1 || layer->in.width != 1) {
        char text[LAYER_TEXT];
        weft_fail(error, WEFT_ERROR_INFEASIBLE,
                  "%s needs a flat input of n x 1 x 1 features and gets %d x %d x %d",
                  layer_text(network, layer, text, sizeof text), layer->in.channels,
                  layer->in.height, layer->in.width);
        weft_hint(error, "put a flatten layer before it");
        return WEFT_ERROR_INFEASIBLE;
    }
    layer->out = (weft_shape){layer->out_channels, 1, 1};
    /* At most 2^31 * 2^16: no overflow. */
    layer->macs = (int64_t)layer->in.channels * layer->out_channels;
    layer->params = layer->macs + (layer->bias ? layer->out_channels : 0);
    return WEFT_OK;
}

static weft_status infer_average_pool(const weft_network *network, weft_layer *layer,
                                      weft_error *error) {
    if (layer->pool_side < 1 || layer->pool_side > WEFT_MAX_SIDE) {
        char text[LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: a pool to %d x %d; the side must lie in 1 .. %d",
                         layer_text(network, layer, text, sizeof text), layer->pool_side,
                         layer->pool_side, WEFT_MAX_SIDE);
    }
    layer->out.height = layer->pool_side;
    layer->out.width = layer->pool_side;
    return WEFT_OK;
}

static weft_status infer_add(const weft_network *network, const weft_layer *layer,
                             weft_error *error) {
    weft_shape a = layer->in;
    weft_shape b = network->layers[layer->input[1]].out;
    if (a.channels != b.channels || a.height != b.height || a.width != b.width) {
        char text[LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: its inputs are %d x %d x %d (layer %d) and %d x %d x %d (layer %d); "
                         "they must be equal",
                         layer_text(network, layer, text, sizeof text), a.channels, a.height,
                         a.width, layer->input[0], b.channels, b.height, b.width, layer->input[1]);
    }
    return WEFT_OK;
}

static weft_status infer_flatten(const weft_network *network, weft_layer *layer,
                                 weft_error *error) {
    int64_t features = 0;
    WEFT_TRY(product(network, layer,
                     (int64_t[]){layer->in.channels, layer->in.height, layer->in.width}, 3,
                     &features, error));
    if (features > INT32_MAX) {
        char text[LAYER_TEXT];
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "%s: %d x %d x %d are more features than the %d that a vector may have",
                         layer_text(network, layer, text, sizeof text), layer->in.channels,
                         layer->in.height, layer->in.width, INT32_MAX);
    }
    layer->out = (weft_shape){(int32_t)features, 1, 1};
    return WEFT_OK;
}

static weft_status check_rate(const weft_network *network, const weft_layer *layer,
                              weft_error *error) {
    if (layer->rate >= 0.0 && layer->rate < 1.0) {
        return WEFT_OK;
    }
    char text[LAYER_TEXT];
    return weft_fail(error, WEFT_ERROR_INPUT, "%s: a rate of %g; it must be at least 0 and below 1",
                     layer_text(network, layer, text, sizeof text), layer->rate);
}

weft_status weft_layer_infer(const weft_network *network, weft_layer *layer, weft_error *error) {
    layer->in = network->layers[layer->input[0]].out;
    layer->out = layer->in;
    layer->macs = 0;
    layer->params = 0;
    switch (layer->op) {
    case WEFT_OP_CONV:
        return infer_conv(network, layer, error);
    case WEFT_OP_BATCH_NORM:
        layer->params = 2 * (int64_t)layer->in.channels;
        return WEFT_OK;
    case WEFT_OP_MAX_POOL:
        return slide_window(network, layer, error);
    case WEFT_OP_AVERAGE_POOL:
        return infer_average_pool(network, layer, error);
    case WEFT_OP_ADD:
        return infer_add(network, layer, error);
    case WEFT_OP_FLATTEN:
        return infer_flatten(network, layer, error);
    case WEFT_OP_LINEAR:
        return infer_linear(network, layer, error);
    case WEFT_OP_DROPOUT:
        return check_rate(network, layer, error);
    case WEFT_OP_RELU:
    case WEFT_OP_INPUT:
    case WEFT_OP_COUNT:
        return WEFT_OK;
    }
    return WEFT_OK;
}
