/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks of depthwise convolutions.
 *   v1   Howard et al. (arXiv 1704.04861); the 0.25 x, 96 x 96 network of MLPerf Tiny's visual wake
 *        words (github.com/mlcommons/tiny, vww_model.py): its convolutions keep their biases
 *   v2   Sandler et al. (arXiv 1801.04381), table 2, as in torchvision 0.15
 *   v3   Howard et al. (arXiv 1905.02244), tables 1 and 2, as in torchvision 0.15 */
#include "network/family.h"
#include "network/inverted.h"

/* ---- v1 -------------------------------------------------------------------------------------- */

static void put_v1_conv(weft_builder *b, int32_t kernels, int32_t side, int32_t stride, bool bias) {
    weft_put_conv(b, kernels, side, stride, bias);
    weft_put_op(b, WEFT_OP_BATCH_NORM);
    weft_put_op(b, WEFT_OP_RELU);
}

void weft_build_mobilenet_v1(weft_builder *b, const weft_family_options *options, int bias) {
    static const struct {
        int32_t channels, stride;
    } rows[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    put_v1_conv(b, weft_scale(options->width, 32), 3, 2, bias != 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        b->block = (int32_t)i;
        weft_put_depthwise_norm(b, 3, rows[i].stride, bias != 0, WEFT_OP_RELU);
        put_v1_conv(b, weft_scale(options->width, rows[i].channels), 1, 1, bias != 0);
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, options->classes);
}

/* ---- v2 -------------------------------------------------------------------------------------- */

void weft_build_mobilenet_v2(weft_builder *b, const weft_family_options *options, int variant) {
    static const struct {
        int32_t expansion, channels, repeats, stride;
    } rows[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    (void)variant;
    double width = options->width;
    weft_put_conv_norm(b, weft_scale_by_8(width, 32), 3, 2, WEFT_OP_RELU6);
    b->block = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int32_t k = 0; k < rows[i].repeats; k++) {
            weft_bottleneck row = {.kernel = 3,
                                   .expanded = rows[i].expansion * weft_build_shape(b).channels,
                                   .out = weft_scale_by_8(width, rows[i].channels),
                                   .stride = k == 0 ? rows[i].stride : 1,
                                   .activation = WEFT_OP_RELU6};
            weft_put_inverted(b, &row);
            b->block++;
        }
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_conv_norm(b, weft_scale_by_8(width > 1.0 ? width : 1.0, 1280), 1, 1, WEFT_OP_RELU6);
    weft_put_pool_flat(b, 1);
    weft_put_dropout(b, 0.2);
    weft_put_linear(b, options->classes);
}

/* ---- v3 -------------------------------------------------------------------------------------- */

/* Kernel, expanded and output channels, squeeze-excite, activation, stride. */
typedef struct v3_row {
    int32_t kernel, expanded, out;
    bool squeeze;
    weft_op activation;
    int32_t stride;
} v3_row;

static const v3_row large[] = {
    {3, 16, 16, false, WEFT_OP_RELU, 1},        {3, 64, 24, false, WEFT_OP_RELU, 2},
    {3, 72, 24, false, WEFT_OP_RELU, 1},        {5, 72, 40, true, WEFT_OP_RELU, 2},
    {5, 120, 40, true, WEFT_OP_RELU, 1},        {5, 120, 40, true, WEFT_OP_RELU, 1},
    {3, 240, 80, false, WEFT_OP_HARD_SWISH, 2}, {3, 200, 80, false, WEFT_OP_HARD_SWISH, 1},
    {3, 184, 80, false, WEFT_OP_HARD_SWISH, 1}, {3, 184, 80, false, WEFT_OP_HARD_SWISH, 1},
    {3, 480, 112, true, WEFT_OP_HARD_SWISH, 1}, {3, 672, 112, true, WEFT_OP_HARD_SWISH, 1},
    {5, 672, 160, true, WEFT_OP_HARD_SWISH, 2}, {5, 960, 160, true, WEFT_OP_HARD_SWISH, 1},
    {5, 960, 160, true, WEFT_OP_HARD_SWISH, 1},
};

static const v3_row small[] = {
    {3, 16, 16, true, WEFT_OP_RELU, 2},        {3, 72, 24, false, WEFT_OP_RELU, 2},
    {3, 88, 24, false, WEFT_OP_RELU, 1},       {5, 96, 40, true, WEFT_OP_HARD_SWISH, 2},
    {5, 240, 40, true, WEFT_OP_HARD_SWISH, 1}, {5, 240, 40, true, WEFT_OP_HARD_SWISH, 1},
    {5, 120, 48, true, WEFT_OP_HARD_SWISH, 1}, {5, 144, 48, true, WEFT_OP_HARD_SWISH, 1},
    {5, 288, 96, true, WEFT_OP_HARD_SWISH, 2}, {5, 576, 96, true, WEFT_OP_HARD_SWISH, 1},
    {5, 576, 96, true, WEFT_OP_HARD_SWISH, 1},
};

void weft_build_mobilenet_v3(weft_builder *b, const weft_family_options *options, int is_large) {
    const v3_row *rows = is_large ? large : small;
    size_t n = is_large ? sizeof large / sizeof large[0] : sizeof small / sizeof small[0];
    double width = options->width;
    weft_put_conv_norm(b, weft_scale_by_8(width, 16), 3, 2, WEFT_OP_HARD_SWISH);
    for (size_t i = 0; i < n; i++) {
        b->block = (int32_t)i;
        int32_t expanded = weft_scale_by_8(width, rows[i].expanded);
        weft_bottleneck row = {.kernel = rows[i].kernel,
                               .expanded = expanded,
                               .out = weft_scale_by_8(width, rows[i].out),
                               .squeezed = rows[i].squeeze ? weft_scale_by_8(0.25, expanded) : 0,
                               .stride = rows[i].stride,
                               .activation = rows[i].activation};
        weft_put_inverted(b, &row);
    }
    b->block = WEFT_NO_BLOCK;
    weft_put_conv_norm(b, 6 * weft_build_shape(b).channels, 1, 1, WEFT_OP_HARD_SWISH);
    weft_put_pool_flat(b, 1);
    weft_put_linear(b, weft_scale_by_8(width, is_large ? 1280 : 1024));
    weft_put_op(b, WEFT_OP_HARD_SWISH);
    weft_put_dropout(b, 0.2);
    weft_put_linear(b, options->classes);
}
