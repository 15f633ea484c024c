/* SPDX-License-Identifier: Apache-2.0 */
#include "network/build.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

/* Whether layers of an operation have parameters (tokens have some with a class token alone, which
 * no family of places has), or those of quantizers: a product of two activations. */
static bool has_parameters(weft_op op) {
    const uint64_t with = UINT64_C(1) << WEFT_OP_CONV | UINT64_C(1) << WEFT_OP_LINEAR |
                          UINT64_C(1) << WEFT_OP_BATCH_NORM | UINT64_C(1) << WEFT_OP_LAYER_NORM |
                          UINT64_C(1) << WEFT_OP_EMBEDDING | UINT64_C(1) << WEFT_OP_ADD_EMBEDDING |
                          UINT64_C(1) << WEFT_OP_MATMUL;
    return with >> op & 1;
}

/* Appends *layer, in which the builder's own fields are set. */
static void put(weft_builder *b, weft_layer *layer) {
    if (b->status != WEFT_OK) {
        return;
    }
    int32_t index = b->at;
    bool chained = layer->n_inputs == 0;
    if (chained) {
        layer->input = &b->at;
        layer->n_inputs = 1;
    }
    layer->block = b->block;
    layer->bits = b->bits;
    layer->copies = b->copies;
    layer->region = b->region;
    layer->place = b->place != 0 && has_parameters(layer->op) ? b->place++ : 0;
    b->status = weft_network_add(b->network, layer, &index, b->error);
    b->at = index;
    layer->n_inputs = chained ? 0 : layer->n_inputs;
}

void weft_put(weft_builder *b, weft_layer layer) {
    put(b, &layer);
}

void weft_put_op(weft_builder *b, weft_op op) {
    b->made.op = op;
    put(b, &b->made);
}

void weft_put_join(weft_builder *b, weft_op op, int32_t other) {
    put(b, &(weft_layer){.op = op, .input = (const int32_t[]){b->at, other}, .n_inputs = 2});
}

/* Makes a square convolution of the layer at hand. */
static void make_conv(weft_layer *made, int32_t kernels, int32_t side, int32_t stride, bool bias) {
    made->op = WEFT_OP_CONV;
    made->out_channels = kernels;
    made->kernel = (weft_extent){side, side};
    made->stride = (weft_extent){stride, stride};
    made->pad = (weft_extent){side / 2, side / 2};
    made->groups = 1;
    made->bias = bias;
}

void weft_put_conv(weft_builder *b, int32_t kernels, int32_t side, int32_t stride, bool bias) {
    make_conv(&b->made, kernels, side, stride, bias);
    put(b, &b->made);
}

static void put_norm(weft_builder *b, weft_op activation) {
    weft_put_op(b, WEFT_OP_BATCH_NORM);
    if (activation != WEFT_OP_INPUT) {
        weft_put_op(b, activation);
    }
}

void weft_put_conv_norm(weft_builder *b, int32_t kernels, int32_t side, int32_t stride,
                        weft_op activation) {
    weft_put_conv(b, kernels, side, stride, false);
    put_norm(b, activation);
}

void weft_put_depthwise_norm(weft_builder *b, int32_t side, int32_t stride, bool bias,
                             weft_op activation) {
    int32_t channels = weft_build_shape(b).channels;
    make_conv(&b->made, channels, side, stride, bias);
    b->made.groups = channels;
    put(b, &b->made);
    put_norm(b, activation);
}

void weft_put_pool(weft_builder *b, weft_op op, int32_t side, int32_t stride, int32_t pad) {
    weft_put(b,
             (weft_layer){
                 .op = op, .kernel = {side, side}, .stride = {stride, stride}, .pad = {pad, pad}});
}

void weft_put_pool_flat(weft_builder *b, int32_t side) {
    weft_put(b, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = side});
    weft_put_op(b, WEFT_OP_FLATTEN);
}

void weft_put_linear(weft_builder *b, int32_t features) {
    weft_put(b, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = features, .bias = true});
}

void weft_put_dropout(weft_builder *b, double rate) {
    weft_put(b, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = rate});
}

void weft_put_drop_path(weft_builder *b, double rate) {
    if (rate > 0.0) {
        weft_put(b, (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = rate});
    }
}

weft_shape weft_build_shape(const weft_builder *b) {
    return b->status == WEFT_OK ? b->network->layers[b->at].out : (weft_shape){1, 1, 1};
}

void weft_build_fail(weft_builder *b, weft_status status, const char *format, ...) {
    if (b->status != WEFT_OK) {
        return;
    }
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    b->status = weft_fail(b->error, status, "%s", text);
}
