/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks of MLPerf Tiny (Banbury et al., arXiv 2106.07597; github.com/mlcommons/tiny,
 * keras_model.py of image_classification and keyword_spotting). Their convolutions have biases
 * before the batch norm. */
#include "network/family.h"

static void put_conv_norm(weft_builder *b, int32_t kernels, int32_t side, int32_t stride) {
    weft_put_conv(b, kernels, side, stride, true);
    weft_put_op(b, WEFT_OP_BATCH_NORM);
}

void weft_build_resnet8(weft_builder *b, const weft_family_options *options, int variant) {
    (void)variant;
    put_conv_norm(b, weft_scale(options->width, 16), 3, 1);
    weft_put_op(b, WEFT_OP_RELU);
    for (int stage = 0; stage < 3; stage++) {
        int32_t channels = weft_scale(options->width, 16 << stage);
        int32_t stride = stage > 0 ? 2 : 1;
        int32_t entry = b->at;
        b->block = stage;
        put_conv_norm(b, channels, 3, stride);
        weft_put_op(b, WEFT_OP_RELU);
        put_conv_norm(b, channels, 3, 1);
        int32_t trunk = b->at;
        b->at = entry;
        if (stage > 0) {
            weft_put_conv(b, channels, 1, stride, true);
        }
        weft_put_join(b, WEFT_OP_ADD, trunk);
        weft_put_op(b, WEFT_OP_RELU);
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, options->classes);
}

/* The first window is 10 x 4, in time and frequency. "same" padding at stride 2 asks for 9 and 2
 * zeros a side pair; 5 and 1 on each side give the same map. */
void weft_build_ds_cnn(weft_builder *b, const weft_family_options *options, int variant) {
    (void)variant;
    int32_t channels = weft_scale(options->width, 64);
    weft_put(b, (weft_layer){.op = WEFT_OP_CONV,
                             .out_channels = channels,
                             .kernel = {10, 4},
                             .stride = {2, 2},
                             .pad = {5, 1},
                             .bias = true});
    weft_put_op(b, WEFT_OP_BATCH_NORM);
    weft_put_op(b, WEFT_OP_RELU);
    weft_put_dropout(b, 0.2);
    for (int i = 0; i < 4; i++) {
        b->block = i;
        weft_put_depthwise_norm(b, 3, 1, true, WEFT_OP_RELU);
        put_conv_norm(b, channels, 1, 1);
        weft_put_op(b, WEFT_OP_RELU);
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_dropout(b, 0.4);
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, options->classes);
}
