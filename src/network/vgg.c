/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain chains of convolutions.
 *   vgg11 .. vgg19   Simonyan and Zisserman (arXiv 1409.1556), table 1 (A, B, D, E), without batch
 *                    norm, as in torchvision 0.15
 *   vgg8             the CIFAR-10 network of DNN+NeuroSim (Peng et al., IEDM 2019; V1.3,
 *                    NetWork_VGG8.csv): no biases, no batch norm
 *   vgg-mixed        the body of vgg16 with batch norm, a global pool for the last one and one linear
 *                    layer, each layer with channels, bits, copies and region of its own: what XPert
 *                    searches (Moitra et al., DAC 2023, arXiv 2303.17646; code @ad5db32)
 *   alexnet          Krizhevsky, "One weird trick" (arXiv 1404.5997), as in torchvision 0.15
 *   lenet5           LeCun et al., Proc. IEEE 86 (1998): C3 connected to all maps of S2, pools
 *                    without weights, ReLU, as it is written today */
#include "network/vgg.h"
#include "base/error.h"
#include "network/family.h"

static void put_conv_relu(weft_builder *b, int32_t kernels, int32_t side, int32_t stride,
                          bool bias) {
    weft_put_conv(b, kernels, side, stride, bias);
    weft_put_op(b, WEFT_OP_RELU);
}

static void put_classifier(weft_builder *b, const int32_t *hidden, int n, int32_t classes,
                           double dropout) {
    for (int i = 0; i < n; i++) {
        weft_put_linear(b, hidden[i]);
        weft_put_op(b, WEFT_OP_RELU);
        weft_put_dropout(b, dropout);
    }
    weft_put_linear(b, classes);
}

/* Convolutions in each of the five stages. */
typedef struct plan {
    int depth;
    int convs[5];
} plan;

static const plan plans[] = {
    {11, {1, 1, 2, 2, 2}}, {13, {2, 2, 2, 2, 2}}, {16, {2, 2, 3, 3, 3}}, {19, {2, 2, 4, 4, 4}}};

static const int32_t stage_channels[] = {64, 128, 256, 512, 512};

static const plan *plan_of(int depth) {
    const plan *p = plans;
    while (p->depth != depth) {
        p++;
    }
    return p;
}

void weft_build_vgg(weft_builder *b, const weft_family_options *options, int depth) {
    const plan *p = plan_of(depth);
    for (int stage = 0; stage < 5; stage++) {
        b->block = stage;
        for (int i = 0; i < p->convs[stage]; i++) {
            put_conv_relu(b, weft_scale(options->width, stage_channels[stage]), 3, 1, true);
        }
        weft_put_pool(b, WEFT_OP_MAX_POOL, 2, 2, 0);
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_pool_flat(b, 7);
    put_classifier(b, (const int32_t[]){4096, 4096}, 2, options->classes, 0.5);
}

void weft_vgg_mixed_defaults(weft_vgg_mixed *spec) {
    *spec = (weft_vgg_mixed){.input = {3, 32, 32}, .classes = 10};
    int layer = 0;
    for (int stage = 0; stage < 5; stage++) {
        for (int i = 0; i < plan_of(16)->convs[stage]; i++) {
            spec->channels[layer++] = stage_channels[stage];
        }
    }
}

weft_status weft_vgg_mixed_build(const weft_vgg_mixed *spec, weft_network *network,
                                 weft_error *error) {
    WEFT_TRY(weft_network_clear(network, "vgg-mixed", spec->input, error));
    weft_builder b = {.network = network,
                      .block = WEFT_NO_BLOCK,
                      .place = weft_place(0, 0, 1), /* all have the same layers */
                      .status = WEFT_OK,
                      .error = error};
    int layer = 0;
    for (int stage = 0; stage < 5; stage++) {
        b.block = stage;
        for (int i = 0; i < plan_of(16)->convs[stage]; i++, layer++) {
            b.bits = spec->bits[layer];
            b.copies = spec->copies[layer];
            b.region = spec->regions[layer];
            weft_put_conv_norm(&b, spec->channels[layer], 3, 1, WEFT_OP_RELU);
        }
        if (stage < 4) {
            weft_put_pool(&b, WEFT_OP_MAX_POOL, 2, 2, 0);
        }
    }
    b.block = WEFT_NO_BLOCK;
    b.bits = spec->bits[layer];
    b.copies = spec->copies[layer];
    b.region = spec->regions[layer];
    weft_put_pool_flat(&b, 1);
    weft_put_linear(&b, spec->classes);
    return b.status;
}

static void put_plain_linear(weft_builder *b, int32_t features) {
    weft_put(b, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = features});
}

void weft_build_vgg8(weft_builder *b, const weft_family_options *options, int variant) {
    (void)variant;
    for (int stage = 0; stage < 3; stage++) {
        b->block = stage;
        for (int i = 0; i < 2; i++) {
            put_conv_relu(b, weft_scale(options->width, 128 << stage), 3, 1, false);
        }
        weft_put_pool(b, WEFT_OP_MAX_POOL, 2, 2, 0);
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_op(b, WEFT_OP_FLATTEN);
    put_plain_linear(b, weft_scale(options->width, 1024));
    weft_put_op(b, WEFT_OP_RELU);
    put_plain_linear(b, options->classes);
}

void weft_build_alexnet(weft_builder *b, const weft_family_options *options, int variant) {
    (void)variant;
    weft_put(b, (weft_layer){.op = WEFT_OP_CONV,
                             .out_channels = weft_scale(options->width, 64),
                             .kernel = {11, 11},
                             .stride = {4, 4},
                             .pad = {2, 2},
                             .bias = true});
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_pool(b, WEFT_OP_MAX_POOL, 3, 2, 0);
    put_conv_relu(b, weft_scale(options->width, 192), 5, 1, true);
    weft_put_pool(b, WEFT_OP_MAX_POOL, 3, 2, 0);
    put_conv_relu(b, weft_scale(options->width, 384), 3, 1, true);
    put_conv_relu(b, weft_scale(options->width, 256), 3, 1, true);
    put_conv_relu(b, weft_scale(options->width, 256), 3, 1, true);
    weft_put_pool(b, WEFT_OP_MAX_POOL, 3, 2, 0);
    weft_put_pool_flat(b, 6);
    weft_put_dropout(b, 0.5);
    weft_put_linear(b, 4096);
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_dropout(b, 0.5);
    weft_put_linear(b, 4096);
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_linear(b, options->classes);
}

static void put_valid_conv(weft_builder *b, int32_t kernels, int32_t side) {
    weft_put(b, (weft_layer){.op = WEFT_OP_CONV,
                             .out_channels = kernels,
                             .kernel = {side, side},
                             .stride = {1, 1},
                             .bias = true});
    weft_put_op(b, WEFT_OP_RELU);
}

void weft_build_lenet(weft_builder *b, const weft_family_options *options, int variant) {
    (void)variant;
    put_valid_conv(b, 6, 5);
    weft_put_pool(b, WEFT_OP_AVERAGE_WINDOW, 2, 2, 0);
    put_valid_conv(b, 16, 5);
    weft_put_pool(b, WEFT_OP_AVERAGE_WINDOW, 2, 2, 0);
    weft_put_op(b, WEFT_OP_FLATTEN);
    weft_put_linear(b, 120);
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_linear(b, 84);
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_linear(b, options->classes);
}
