/* SPDX-License-Identifier: Apache-2.0
 *
 * Dense networks: Huang et al. (arXiv 1608.06993), table 1, growth 32, bottlenecks of 4 x 32
 * channels, compression 0.5, as in torchvision 0.15 (densenet.py): norm and ReLU come before each
 * convolution, and each layer takes all earlier maps of its block. */
#include "network/family.h"

enum { GROWTH = 32, BOTTLENECK = 4 * GROWTH, N_BLOCKS = 4, MAX_LAYERS = 48 };

typedef struct plan {
    int depth;
    int layers[N_BLOCKS];
} plan;

static const plan plans[] = {
    {121, {6, 12, 24, 16}}, {169, {6, 12, 32, 32}}, {201, {6, 12, MAX_LAYERS, 32}}};

static void put_norm_relu(weft_builder *b) {
    weft_put_op(b, WEFT_OP_BATCH_NORM);
    weft_put_op(b, WEFT_OP_RELU);
}

/* maps[0] is the block's input, maps[i] what its layer i adds. */
static void put_dense_block(weft_builder *b, int layers) {
    int32_t maps[MAX_LAYERS + 1] = {b->at};
    for (int i = 1; i <= layers; i++) {
        weft_put(b, (weft_layer){.op = WEFT_OP_CONCAT, .input = maps, .n_inputs = i});
        put_norm_relu(b);
        weft_put_conv(b, BOTTLENECK, 1, 1, false);
        put_norm_relu(b);
        weft_put_conv(b, GROWTH, 3, 1, false);
        maps[i] = b->at;
    }
    weft_put(b, (weft_layer){.op = WEFT_OP_CONCAT, .input = maps, .n_inputs = layers + 1});
}

void weft_build_densenet(weft_builder *b, const weft_family_options *options, int depth) {
    const plan *p = plans;
    while (p->depth != depth) {
        p++;
    }
    weft_put_conv_norm(b, 2 * GROWTH, 7, 2, WEFT_OP_RELU);
    weft_put_pool(b, WEFT_OP_MAX_POOL, 3, 2, 1);
    for (int block = 0; block < N_BLOCKS; block++) {
        b->block = block;
        put_dense_block(b, p->layers[block]);
        b->block = WEFT_NO_BLOCK;
        put_norm_relu(b);
        if (block < N_BLOCKS - 1) {
            weft_put_conv(b, weft_build_shape(b).channels / 2, 1, 1, false);
            weft_put_pool(b, WEFT_OP_AVERAGE_WINDOW, 2, 2, 0);
        }
    }
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, options->classes);
}
