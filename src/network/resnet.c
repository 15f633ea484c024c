/* SPDX-License-Identifier: Apache-2.0
 *
 * Residual networks.
 *   ImageNet   He et al., "Deep residual learning" (arXiv 1512.03385), table 1, with the stride of a
 *              bottleneck in its 3 x 3 convolution (torchvision 0.15, resnet.py)
 *   CIFAR-10   the same paper, section 4.2: 3 stages of 16, 32, 64 channels, 6 n + 2 layers,
 *              shortcuts without parameters (option A: every second pixel, channels of zeros behind)
 */
#include "network/family.h"

/* Adds the shortcut from layer `entry` to the trunk at `at`, and a ReLU. */
static void put_sum(weft_builder *b, int32_t shortcut) {
    weft_put_join(b, WEFT_OP_ADD, shortcut);
    weft_put_op(b, WEFT_OP_RELU);
}

/* The input itself where shapes are equal, else a 1 x 1 convolution with batch norm. */
static int32_t put_projection(weft_builder *b, int32_t entry, int32_t channels, int32_t stride) {
    int32_t trunk = b->at;
    b->at = entry;
    if (stride != 1 || weft_build_shape(b).channels != channels) {
        weft_put_conv_norm(b, channels, 1, stride, WEFT_OP_INPUT);
    }
    int32_t shortcut = b->at;
    b->at = trunk;
    return shortcut;
}

static void put_basic(weft_builder *b, int32_t channels, int32_t stride) {
    int32_t entry = b->at;
    weft_put_conv_norm(b, channels, 3, stride, WEFT_OP_RELU);
    weft_put_conv_norm(b, channels, 3, 1, WEFT_OP_INPUT);
    put_sum(b, put_projection(b, entry, channels, stride));
}

static void put_bottleneck(weft_builder *b, int32_t channels, int32_t stride) {
    int32_t entry = b->at;
    weft_put_conv_norm(b, channels, 1, 1, WEFT_OP_RELU);
    weft_put_conv_norm(b, channels, 3, stride, WEFT_OP_RELU);
    weft_put_conv_norm(b, 4 * channels, 1, 1, WEFT_OP_INPUT);
    put_sum(b, put_projection(b, entry, 4 * channels, stride));
}

typedef struct plan {
    int depth;
    bool bottleneck;
    int32_t blocks[4];
} plan;

static const plan plans[] = {
    {18, false, {2, 2, 2, 2}},  {34, false, {3, 4, 6, 3}},  {50, true, {3, 4, 6, 3}},
    {101, true, {3, 4, 23, 3}}, {152, true, {3, 8, 36, 3}},
};

void weft_build_resnet(weft_builder *b, const weft_family_options *options, int depth) {
    const plan *p = plans;
    while (p->depth != depth) {
        p++;
    }
    weft_put_conv_norm(b, weft_scale(options->width, 64), 7, 2, WEFT_OP_RELU);
    weft_put_pool(b, WEFT_OP_MAX_POOL, 3, 2, 1);
    b->block = 0;
    for (int stage = 0; stage < 4; stage++) {
        int32_t channels = weft_scale(options->width, 64 << stage);
        for (int32_t i = 0; i < p->blocks[stage]; i++) {
            int32_t stride = stage > 0 && i == 0 ? 2 : 1;
            if (p->bottleneck) {
                put_bottleneck(b, channels, stride);
            } else {
                put_basic(b, channels, stride);
            }
            b->block++;
        }
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, options->classes);
}

/* Every second pixel of layer `entry`, then channels of zeros. */
static int32_t put_padding(weft_builder *b, int32_t entry, int32_t channels, int32_t stride) {
    int32_t trunk = b->at;
    b->at = entry;
    if (stride != 1) {
        weft_put_pool(b, WEFT_OP_AVERAGE_WINDOW, 1, stride, 0);
    }
    if (weft_build_shape(b).channels != channels) {
        weft_put(b, (weft_layer){.op = WEFT_OP_PAD_CHANNELS, .out_channels = channels});
    }
    int32_t shortcut = b->at;
    b->at = trunk;
    return shortcut;
}

void weft_build_resnet_cifar(weft_builder *b, const weft_family_options *options, int depth) {
    weft_put_conv_norm(b, weft_scale(options->width, 16), 3, 1, WEFT_OP_RELU);
    b->block = 0;
    for (int stage = 0; stage < 3; stage++) {
        int32_t channels = weft_scale(options->width, 16 << stage);
        for (int i = 0; i < (depth - 2) / 6; i++) {
            int32_t stride = stage > 0 && i == 0 ? 2 : 1;
            int32_t entry = b->at;
            weft_put_conv_norm(b, channels, 3, stride, WEFT_OP_RELU);
            weft_put_conv_norm(b, channels, 3, 1, WEFT_OP_INPUT);
            put_sum(b, put_padding(b, entry, channels, stride));
            b->block++;
        }
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, options->classes);
}
