/* SPDX-License-Identifier: Apache-2.0
 *
 * NAS-Bench-Macro. Stem conv 3x3 to 32 channels; stages of 2, 3 and 3 blocks, the first of each with
 * stride 2 and twice the channels; conv 1x1 to 1280, global pool, classifier. A block is an inverted
 * residual with kernel 3 and expansion 3, one with kernel 5 and expansion 6, or the identity, which
 * is a 1x1 convolution with batch norm where the shape changes. All activations are ReLU. */
#include "network/family.h"
#include "network/inverted.h"
#include "network/nasbench.h"

enum { BLOCKS = 8, STEM_CHANNELS = 32, HEAD_CHANNELS = 1280 };

typedef enum macro_block { BLOCK_IDENTITY, BLOCK_K3E3, BLOCK_K5E6 } macro_block;

/* Places: each block is a stage with the roles of an inverted residual, of which both kinds take
 * slices, and one of the identity. */
enum {
    STAGE_STEM = 0,
    STAGE_BLOCKS = 1,
    STAGE_HEAD = 255,
    ROLE_IDENTITY = WEFT_ROLE_PROJECT + 2,
    ROLE_MIX = 1,
    ROLE_CLASSIFIER = 3,
};

static void put_block(weft_builder *b, const weft_nasbench_spec *spec, int i, int32_t out,
                      int32_t stride) {
    const macro_block kind = (macro_block)spec->choice[i];
    b->place = weft_place(STAGE_BLOCKS + i, 0, 0);
    if (kind == BLOCK_IDENTITY) {
        b->place |= ROLE_IDENTITY;
        if (stride != 1) {
            weft_put_conv_norm(b, out, 1, stride, WEFT_OP_INPUT);
        }
        return;
    }
    const bool large = kind == BLOCK_K5E6;
    weft_bottleneck row = {.kernel = large ? 5 : 3,
                           .expanded = (large ? 6 : 3) * weft_build_shape(b).channels,
                           .out = out,
                           .stride = stride,
                           .activation = WEFT_OP_RELU,
                           .pointwise = spec->bits,
                           .depthwise = spec->bits};
    weft_put_inverted(b, &row);
}

static void put_macro(weft_builder *b, const weft_nasbench_spec *spec) {
    static const bool begins_stage[BLOCKS] = {[0] = true, [2] = true, [5] = true};
    int32_t channels = STEM_CHANNELS;
    b->bits = spec->bits;
    b->place = weft_place(STAGE_STEM, 0, 1);
    weft_put_conv_norm(b, weft_scale(spec->width, channels), 3, 1, WEFT_OP_RELU);
    for (int i = 0; i < BLOCKS; i++) {
        b->block = i;
        channels *= begins_stage[i] ? 2 : 1;
        put_block(b, spec, i, weft_scale(spec->width, channels), begins_stage[i] ? 2 : 1);
    }
    b->block = WEFT_NO_BLOCK;
    b->place = weft_place(STAGE_HEAD, 0, ROLE_MIX);
    weft_put_conv_norm(b, weft_scale(spec->width, HEAD_CHANNELS), 1, 1, WEFT_OP_RELU);
    weft_put_pool_flat(b, 1);
    b->place = weft_place(STAGE_HEAD, 0, ROLE_CLASSIFIER);
    weft_put_linear(b, spec->classes);
}

const weft_nasbench weft_nasbench_macro = {
    .name = "nasbench-macro",
    .gene = "block",
    .n_choices = BLOCKS,
    .n_words = 3,
    .words = {"identity", "k3e3", "k5e6"},
    .largest = BLOCK_K5E6,
    .put = put_macro,
};
