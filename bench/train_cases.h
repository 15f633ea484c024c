/* SPDX-License-Identifier: Apache-2.0
 * The networks that bench_train trains; torch_train.py has the same by the same names. */
#ifndef WEFT_BENCH_TRAIN_CASES_H
#define WEFT_BENCH_TRAIN_CASES_H

#include <weft/network.h>

#include "base/error.h"

enum { CLASSES = 10 };

typedef struct bench_case {
    const char *name, *text;
    int channels, side, batch;
} bench_case;

static const bench_case cases[] = {
    {"resnet20", "ResNet-20", 3, 32, 128},
    {"vgg", "V32,V64,V128", 3, 32, 128},
    {"mobilenet", "MobileNetV2-like", 3, 32, 128},
    {"small", "V16,V32", 1, 28, 96},
};

enum { CASES = sizeof cases / sizeof *cases };

static weft_status make_imc(const bench_case *c, int pool, weft_network **network,
                            weft_error *error) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){c->channels, c->side, c->side};
    spec.head_pool = pool;
    WEFT_TRY(weft_imc_parse(c->text, &spec, error));
    return weft_imc_build(&spec, network, error);
}

/* Appends a layer that reads the last one, or `from`, and `also`; negative: it does not. */
static weft_status put(weft_network *network, weft_layer layer, int from, int also,
                       weft_error *error) {
    int32_t index;
    const int32_t inputs[] = {from >= 0 ? from : network->n_layers - 1, also};
    layer.input = inputs;
    layer.n_inputs = also >= 0 ? 2 : 1;
    layer.block = WEFT_NO_BLOCK;
    return weft_network_add(network, &layer, &index, error);
}

/* A convolution without bias, a batch norm, and a ReLU6 where `acts`. */
static weft_status put_conv(weft_network *network, int out, int kernel, int stride, int groups,
                            bool acts, weft_error *error) {
    const weft_layer conv = {.op = WEFT_OP_CONV,
                             .out_channels = out,
                             .kernel = {kernel, kernel},
                             .stride = {stride, stride},
                             .pad = {kernel / 2, kernel / 2},
                             .groups = groups};
    WEFT_TRY(put(network, conv, -1, -1, error));
    WEFT_TRY(put(network, (weft_layer){.op = WEFT_OP_BATCH_NORM}, -1, -1, error));
    return acts ? put(network, (weft_layer){.op = WEFT_OP_RELU6}, -1, -1, error) : WEFT_OK;
}

/* An inverted residual (Sandler et al., "MobileNetV2", CVPR 2018, section 3.3). */
static weft_status put_inverted(weft_network *network, int expansion, int out, int stride,
                                weft_error *error) {
    int x = network->n_layers - 1, ins = network->layers[x].out.channels;
    if (expansion > 1) {
        WEFT_TRY(put_conv(network, expansion * ins, 1, 1, 1, true, error));
    }
    WEFT_TRY(put_conv(network, expansion * ins, 3, stride, expansion * ins, true, error));
    WEFT_TRY(put_conv(network, out, 1, 1, 1, false, error));
    if (stride > 1 || ins != out) {
        return WEFT_OK;
    }
    return put(network, (weft_layer){.op = WEFT_OP_ADD}, network->n_layers - 1, x, error);
}

/* The stages of MobileNetV2 up to 96 channels, with strides for images of 32 x 32. */
static weft_status put_mobilenet(weft_network *network, weft_error *error) {
    static const int stages[][4] = {/* expansion, channels, blocks, stride */
                                    {1, 16, 1, 1},
                                    {6, 24, 2, 1},
                                    {6, 32, 3, 2},
                                    {6, 64, 4, 2},
                                    {6, 96, 3, 1}};
    WEFT_TRY(put_conv(network, 32, 3, 1, 1, true, error));
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        for (int i = 0; i < stages[s][2]; i++) {
            WEFT_TRY(put_inverted(network, stages[s][0], stages[s][1], i == 0 ? stages[s][3] : 1,
                                  error));
        }
    }
    WEFT_TRY(put_conv(network, 384, 1, 1, 1, true, error));
    WEFT_TRY(put(network, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 1}, -1, -1, error));
    return put(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = CLASSES, .bias = true},
               -1, -1, error);
}

static weft_status make_mobilenet(const bench_case *c, weft_network **network, weft_error *error) {
    weft_network *made = NULL;
    WEFT_TRY(
        weft_network_create(c->text, (weft_shape){c->channels, c->side, c->side}, &made, error));
    weft_status status = put_mobilenet(made, error);
    if (status != WEFT_OK) {
        weft_network_destroy(made);
        return status;
    }
    *network = made;
    return WEFT_OK;
}

static weft_status make_network(const bench_case *c, weft_network **network, weft_error *error) {
    switch (c->name[0]) {
    case 'r':
        return weft_network_read("resnet20", network, error);
    case 'm':
        return make_mobilenet(c, network, error);
    case 'v':
        return make_imc(c, 1, network, error);
    default:
        return make_imc(c, 2, network, error);
    }
}

#endif
