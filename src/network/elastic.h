/* SPDX-License-Identifier: Apache-2.0
 *
 * Elastic networks: what a supernet of inverted residuals holds. A skeleton fixes stem, stages,
 * strides and head; depth and width of each stage, kind, kernel and expansion of each block are
 * chosen.
 *   proxyless         the ImageNet supernet of APQ (mit-han-lab/apq@428190a): ReLU6, no
 *                     squeeze-excite; Cai et al., ProxylessNAS, arXiv 1812.00332; Wang et al., APQ,
 *                     arXiv 2006.08509
 *   ofa-mobilenetv3   the Once-for-All supernet (mit-han-lab/once-for-all@698a5c1), Cai et al., arXiv
 *                     1908.09791: MobileNetV3's activations and squeeze-excite
 *   small-mobilenetv2 MobileNetV2 (Sandler et al., arXiv 1801.04381, table 2) for images of 28 to 32
 *                     pixels: strides of 1 in stem and first stage, its stages of 24 to 160 channels,
 *                     and a narrower head in place of those of 320 and 1280
 *   small-hybrid      the same, with transformer blocks behind the first blocks of the last three
 *                     stages: convolutions on large maps, attention on small ones, as in NASViT (Gong
 *                     et al., ICLR 2022) */
#ifndef WEFT_NETWORK_ELASTIC_H
#define WEFT_NETWORK_ELASTIC_H

#include "network/inverted.h"

enum { WEFT_ELASTIC_MAX_STAGES = 6, WEFT_ELASTIC_MAX_BLOCKS = 4, WEFT_ELASTIC_DEFAULT_HEADS = 4 };

/* A stage of the skeleton: the first block has the stride. */
typedef struct weft_elastic_stage {
    int32_t channels, stride;
    int32_t blocks; /* at most */
    bool squeeze;
    weft_op activation;
    bool attends; /* blocks behind the first may be transformer blocks */
} weft_elastic_stage;

typedef struct weft_elastic_skeleton {
    const char *name;
    int32_t stem; /* channels of the 3x3 convolution in front, and of the block behind it */
    int32_t stem_stride;
    int32_t first; /* output channels of that block, which expands nothing */
    weft_op stem_activation, first_activation;
    int32_t n_stages;
    weft_elastic_stage stages[WEFT_ELASTIC_MAX_STAGES];
    int32_t mix;  /* channels of the 1x1 convolution behind the stages */
    int32_t wide; /* features of one more behind the global pool, without norm; 0: none */
    weft_op head_activation;
} weft_elastic_skeleton;

extern const weft_elastic_skeleton weft_skeleton_proxyless, weft_skeleton_ofa, weft_skeleton_small,
    weft_skeleton_hybrid;

typedef struct weft_elastic_block {
    int32_t kernel;   /* odd */
    double expansion; /* of the block's input channels, rounded to a multiple of 8 */
    bool squeeze;
    /* A transformer block in its place, which takes none of these. Never the first of a stage. */
    bool attends;
    int32_t heads;                        /* must divide the channels */
    double mlp_ratio;                     /* of the channels, rounded to a multiple of 8 */
    weft_layer_bits pointwise, depthwise; /* linear layers have the pointwise ones */
    int32_t copies[WEFT_INVERTED_PARTS];
    int32_t linear_copies; /* of a transformer block's linear layers */
} weft_elastic_block;

/* Layer groups: stem and first block, each stage, the head. */
enum { WEFT_ELASTIC_MAX_GROUPS = WEFT_ELASTIC_MAX_STAGES + 2 };

typedef struct weft_elastic_spec {
    const weft_elastic_skeleton *skeleton;
    weft_shape input;
    int32_t classes;
    double width;         /* factor on all channels that are not stated */
    double drop_path;     /* rate behind the last block; it rises with the blocks (0: none) */
    weft_layer_bits bits; /* of stem, first block and head */
    int32_t stem_copies, head_copies;
    int32_t depth[WEFT_ELASTIC_MAX_STAGES]; /* blocks of each stage */
    int32_t
        channels[WEFT_ELASTIC_MAX_STAGES]; /* stated of a stage; 0: the skeleton's at the width */
    weft_elastic_block blocks[WEFT_ELASTIC_MAX_STAGES][WEFT_ELASTIC_MAX_BLOCKS];
    int32_t regions[WEFT_ELASTIC_MAX_GROUPS];
} weft_elastic_spec;

/* Full depth, kernel 3, expansion 6, squeeze-excite as in the skeleton, no transformer blocks (4 heads
 * and an MLP ratio of 2 where some are made), width 1, 3 x 224 x 224 in 1000 classes; nothing
 * carried. */
void weft_elastic_defaults(const weft_elastic_skeleton *skeleton, weft_elastic_spec *spec);

/* Channels at a width. */
int32_t weft_elastic_channels(double width, int32_t channels);

/* The channels that a block or an MLP expands to: the multiple of 8 nearest to expansion * in, at
 * least 8. */
int32_t weft_elastic_expanded(double expansion, int32_t in);

/* Appends all layers. */
void weft_put_elastic(weft_builder *b, const weft_elastic_spec *spec);

/* All layers in the place of a network that is there; after an error it holds some of them. */
weft_status weft_elastic_build(const weft_elastic_spec *spec, weft_network *network,
                               weft_error *error) WEFT_NODISCARD;

#endif
