/* SPDX-License-Identifier: Apache-2.0 */
#include "network/elastic.h"

#include <math.h>

#include "base/error.h"
#include "network/encoder.h"
#include "network/family.h"

const weft_elastic_skeleton weft_skeleton_proxyless = {
    .name = "proxyless",
    .stem = 32,
    .stem_stride = 2,
    .first = 16,
    .stem_activation = WEFT_OP_RELU6,
    .first_activation = WEFT_OP_RELU6,
    .n_stages = 6,
    .stages = {{24, 2, 4, false, WEFT_OP_RELU6, false},
               {40, 2, 4, false, WEFT_OP_RELU6, false},
               {80, 2, 4, false, WEFT_OP_RELU6, false},
               {96, 1, 4, false, WEFT_OP_RELU6, false},
               {192, 2, 4, false, WEFT_OP_RELU6, false},
               {320, 1, 1, false, WEFT_OP_RELU6, false}},
    .mix = 1280,
    .head_activation = WEFT_OP_RELU6,
};

const weft_elastic_skeleton weft_skeleton_ofa = {
    .name = "ofa-mobilenetv3",
    .stem = 16,
    .stem_stride = 2,
    .first = 16,
    .stem_activation = WEFT_OP_HARD_SWISH,
    .first_activation = WEFT_OP_RELU,
    .n_stages = 5,
    .stages = {{24, 2, 4, false, WEFT_OP_RELU, false},
               {40, 2, 4, true, WEFT_OP_RELU, false},
               {80, 2, 4, false, WEFT_OP_HARD_SWISH, false},
               {112, 1, 4, true, WEFT_OP_HARD_SWISH, false},
               {160, 2, 4, true, WEFT_OP_HARD_SWISH, false}},
    .mix = 960,
    .wide = 1280,
    .head_activation = WEFT_OP_HARD_SWISH,
};

/* What the two for small images have in common besides their stages. */
#define SMALL_NET                                                                                  \
    .stem = 32, .stem_stride = 1, .first = 16, .stem_activation = WEFT_OP_RELU6,                   \
    .first_activation = WEFT_OP_RELU6, .mix = 320, .head_activation = WEFT_OP_RELU6

const weft_elastic_skeleton weft_skeleton_small = {
    .name = "small-mobilenetv2",
    .n_stages = 5,
    .stages = {{24, 1, 2, false, WEFT_OP_RELU6, false},
               {32, 2, 3, false, WEFT_OP_RELU6, false},
               {64, 2, 4, false, WEFT_OP_RELU6, false},
               {96, 1, 3, false, WEFT_OP_RELU6, false},
               {160, 2, 3, false, WEFT_OP_RELU6, false}},
    SMALL_NET,
};

const weft_elastic_skeleton weft_skeleton_hybrid = {
    .name = "small-hybrid",
    .n_stages = 5,
    .stages = {{24, 1, 2, false, WEFT_OP_RELU6, false},
               {32, 2, 3, false, WEFT_OP_RELU6, false},
               {64, 2, 4, false, WEFT_OP_RELU6, true},
               {96, 1, 3, false, WEFT_OP_RELU6, true},
               {160, 2, 3, false, WEFT_OP_RELU6, true}},
    SMALL_NET,
};

int32_t weft_elastic_channels(double width, int32_t channels) {
    return weft_scale_by_8(width, channels);
}

int32_t weft_elastic_expanded(double expansion, int32_t in) {
    int32_t eights = (int32_t)round(expansion * in / 8.0);
    return eights < 1 ? 8 : 8 * eights;
}

void weft_elastic_defaults(const weft_elastic_skeleton *skeleton, weft_elastic_spec *spec) {
    *spec = (weft_elastic_spec){
        .skeleton = skeleton, .input = {3, 224, 224}, .classes = 1000, .width = 1.0};
    for (int s = 0; s < skeleton->n_stages; s++) {
        spec->depth[s] = skeleton->stages[s].blocks;
        for (int k = 0; k < WEFT_ELASTIC_MAX_BLOCKS; k++) {
            spec->blocks[s][k] = (weft_elastic_block){.kernel = 3,
                                                      .expansion = 6.0,
                                                      .squeeze = skeleton->stages[s].squeeze,
                                                      .heads = WEFT_ELASTIC_DEFAULT_HEADS,
                                                      .mlp_ratio = 2.0};
        }
    }
}

/* Places: stem and first block are stage 0, the stages 1 and on, the head is behind them all whatever
 * their number. */
enum {
    STAGE_STEM,
    STAGE_FIRST,
    STAGE_HEAD = 255,
    ROLE_MIX = 1, /* convolution and norm */
    ROLE_WIDE = 3,
    ROLE_CLASSIFIER = 4,
};

/* The rate of block l of L, from 1: it rises linearly to that of the last (Huang et al., arXiv
 * 1603.09382, equation 4). The first block, which is not of the stages, is block 1. */
static double drop_path_of(const weft_builder *b, const weft_elastic_spec *spec) {
    if (spec->drop_path <= 0.0) {
        return 0.0;
    }
    int32_t blocks = 1;
    for (int s = 0; s < spec->skeleton->n_stages; s++) {
        blocks += spec->depth[s];
    }
    return spec->drop_path * (b->block + 1) / blocks;
}

static void put_inverted(weft_builder *b, const weft_elastic_spec *spec, int s, int k) {
    const weft_elastic_stage *stage = &spec->skeleton->stages[s];
    const weft_elastic_block *block = &spec->blocks[s][k];
    int32_t expanded = weft_elastic_expanded(block->expansion, weft_build_shape(b).channels);
    int32_t stated = spec->channels[s];
    weft_bottleneck row = {.kernel = block->kernel,
                           .expanded = expanded,
                           .out = stated > 0 ? stated
                                             : weft_elastic_channels(spec->width, stage->channels),
                           .stride = k == 0 ? stage->stride : 1,
                           .squeezed = block->squeeze ? weft_scale_by_8(0.25, expanded) : 0,
                           .activation = stage->activation,
                           .pointwise = block->pointwise,
                           .depthwise = block->depthwise,
                           .copies = {block->copies[0], block->copies[1], block->copies[2]},
                           .drop_path = drop_path_of(b, spec)};
    weft_put_inverted(b, &row);
}

/* A transformer block over the positions of the map, which is a map again behind it. */
static void put_encoder(weft_builder *b, const weft_elastic_spec *spec, int s, int k) {
    const weft_elastic_block *block = &spec->blocks[s][k];
    const weft_layer_bits bits = b->bits;
    const int32_t copies = b->copies;
    const weft_shape map = weft_build_shape(b);
    b->bits = block->pointwise;
    b->copies = block->linear_copies;
    weft_encoder row = {.heads = block->heads,
                        .hidden = weft_elastic_expanded(block->mlp_ratio, map.channels),
                        .drop_path = drop_path_of(b, spec)};
    weft_put(b, (weft_layer){.op = WEFT_OP_TOKENS});
    weft_put_encoder(b, &row);
    weft_put(b, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = map.height});
    b->bits = bits;
    b->copies = copies;
}

static void put_stage(weft_builder *b, const weft_elastic_spec *spec, int s) {
    b->region = spec->regions[1 + s];
    for (int k = 0; k < spec->depth[s]; k++) {
        b->block++;
        b->place = weft_place(STAGE_FIRST + s, k, 0);
        if (spec->blocks[s][k].attends) {
            put_encoder(b, spec, s, k);
        } else {
            put_inverted(b, spec, s, k);
        }
    }
}

/* Stem and first block. */
static void put_stem(weft_builder *b, const weft_elastic_spec *spec) {
    const weft_elastic_skeleton *skeleton = spec->skeleton;
    int32_t stem = weft_elastic_channels(spec->width, skeleton->stem);
    b->bits = spec->bits;
    b->copies = spec->stem_copies;
    b->region = spec->regions[0];
    b->place = weft_place(STAGE_STEM, 0, 1);
    weft_put_conv_norm(b, stem, 3, skeleton->stem_stride, skeleton->stem_activation);
    b->block = 0;
    weft_bottleneck first = {.kernel = 3,
                             .expanded = stem,
                             .out = weft_elastic_channels(spec->width, skeleton->first),
                             .stride = 1,
                             .activation = skeleton->first_activation,
                             .pointwise = spec->bits,
                             .depthwise = spec->bits,
                             .copies = {b->copies, b->copies, b->copies},
                             .drop_path = drop_path_of(b, spec)};
    b->place = weft_place(STAGE_STEM, 1, 0);
    weft_put_inverted(b, &first);
}

void weft_put_elastic(weft_builder *b, const weft_elastic_spec *spec) {
    const weft_elastic_skeleton *skeleton = spec->skeleton;
    put_stem(b, spec);
    for (int s = 0; s < skeleton->n_stages; s++) {
        put_stage(b, spec, s);
    }
    b->block = WEFT_NO_BLOCK;
    b->bits = spec->bits;
    b->copies = spec->head_copies;
    b->region = spec->regions[1 + skeleton->n_stages];
    int32_t mix = weft_elastic_channels(spec->width, skeleton->mix);
    b->place = weft_place(STAGE_HEAD, 0, ROLE_MIX);
    weft_put_conv_norm(b, mix, 1, 1, skeleton->head_activation);
    weft_put(b, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 1});
    if (skeleton->wide > 0) {
        b->place = weft_place(STAGE_HEAD, 0, ROLE_WIDE);
        weft_put_conv(b, weft_elastic_channels(spec->width, skeleton->wide), 1, 1, false);
        weft_put_op(b, skeleton->head_activation);
    }
    weft_put_op(b, WEFT_OP_FLATTEN);
    b->place = weft_place(STAGE_HEAD, 0, ROLE_CLASSIFIER);
    weft_put_linear(b, spec->classes);
}

weft_status weft_elastic_build(const weft_elastic_spec *spec, weft_network *network,
                               weft_error *error) {
    WEFT_TRY(weft_network_clear(network, spec->skeleton->name, spec->input, error));
    weft_builder b = {
        .network = network, .block = WEFT_NO_BLOCK, .status = WEFT_OK, .error = error};
    weft_put_elastic(&b, spec);
    return b.status;
}
