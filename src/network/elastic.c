/* SPDX-License-Identifier: Apache-2.0 */
#include "network/elastic.h"

#include <math.h>

#include "base/error.h"
#include "network/family.h"

const weft_elastic_skeleton weft_skeleton_proxyless = {
    .name = "proxyless",
    .stem = 32,
    .first = 16,
    .stem_activation = WEFT_OP_RELU6,
    .first_activation = WEFT_OP_RELU6,
    .n_stages = 6,
    .stages = {{24, 2, 4, false, WEFT_OP_RELU6},
               {40, 2, 4, false, WEFT_OP_RELU6},
               {80, 2, 4, false, WEFT_OP_RELU6},
               {96, 1, 4, false, WEFT_OP_RELU6},
               {192, 2, 4, false, WEFT_OP_RELU6},
               {320, 1, 1, false, WEFT_OP_RELU6}},
    .mix = 1280,
    .head_activation = WEFT_OP_RELU6,
};

const weft_elastic_skeleton weft_skeleton_ofa = {
    .name = "ofa-mobilenetv3",
    .stem = 16,
    .first = 16,
    .stem_activation = WEFT_OP_HARD_SWISH,
    .first_activation = WEFT_OP_RELU,
    .n_stages = 5,
    .stages = {{24, 2, 4, false, WEFT_OP_RELU},
               {40, 2, 4, true, WEFT_OP_RELU},
               {80, 2, 4, false, WEFT_OP_HARD_SWISH},
               {112, 1, 4, true, WEFT_OP_HARD_SWISH},
               {160, 2, 4, true, WEFT_OP_HARD_SWISH}},
    .mix = 960,
    .wide = 1280,
    .head_activation = WEFT_OP_HARD_SWISH,
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
            spec->blocks[s][k] = (weft_elastic_block){.kernel = 3, .expansion = 6.0};
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

static void put_stage(weft_builder *b, const weft_elastic_spec *spec, int s) {
    const weft_elastic_stage *stage = &spec->skeleton->stages[s];
    b->region = spec->regions[1 + s];
    for (int k = 0; k < spec->depth[s]; k++) {
        const weft_elastic_block *block = &spec->blocks[s][k];
        int32_t in = weft_build_shape(b).channels;
        int32_t expanded = weft_elastic_expanded(block->expansion, in);
        weft_bottleneck row = {.kernel = block->kernel,
                               .expanded = expanded,
                               .out = weft_elastic_channels(spec->width, stage->channels),
                               .stride = k == 0 ? stage->stride : 1,
                               .squeezed = stage->squeeze ? weft_scale_by_8(0.25, expanded) : 0,
                               .activation = stage->activation,
                               .pointwise = block->pointwise,
                               .depthwise = block->depthwise,
                               .copies = {block->copies[0], block->copies[1], block->copies[2]}};
        b->block++;
        b->place = weft_place(STAGE_FIRST + s, k, 0);
        weft_put_inverted(b, &row);
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
    weft_put_conv_norm(b, stem, 3, 2, skeleton->stem_activation);
    weft_bottleneck first = {.kernel = 3,
                             .expanded = stem,
                             .out = weft_elastic_channels(spec->width, skeleton->first),
                             .stride = 1,
                             .activation = skeleton->first_activation,
                             .pointwise = spec->bits,
                             .depthwise = spec->bits,
                             .copies = {b->copies, b->copies, b->copies}};
    b->block = 0;
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

/* ---- by name ---------------------------------------------------------------------------------- */

static void apply_depth(weft_builder *b, const weft_family_options *options,
                        weft_elastic_spec *spec) {
    const weft_elastic_skeleton *skeleton = spec->skeleton;
    if (options->n_depth > skeleton->n_stages) {
        weft_build_fail(b, WEFT_ERROR_INPUT, "%d depths; %s has %d stages", options->n_depth,
                        skeleton->name, skeleton->n_stages);
        return;
    }
    for (int s = 0; s < options->n_depth; s++) {
        if (options->depth[s] > skeleton->stages[s].blocks) {
            weft_build_fail(b, WEFT_ERROR_INPUT, "%d blocks in stage %d of %s; it has at most %d",
                            options->depth[s], s + 1, skeleton->name, skeleton->stages[s].blocks);
            return;
        }
        spec->depth[s] = options->depth[s];
    }
}

/* Kernels and expansions: one for all blocks, or one for each of the network. */
static void apply_blocks(weft_builder *b, const weft_family_options *options,
                         weft_elastic_spec *spec) {
    int n = 0;
    for (int s = 0; s < spec->skeleton->n_stages; s++) {
        for (int k = 0; k < spec->depth[s]; k++, n++) {
            weft_elastic_block *block = &spec->blocks[s][k];
            if (n < options->n_kernel || options->n_kernel == 1) {
                block->kernel = options->kernel[options->n_kernel == 1 ? 0 : n];
            }
            if (n < options->n_expansion || options->n_expansion == 1) {
                block->expansion = options->expansion[options->n_expansion == 1 ? 0 : n];
            }
            if (block->kernel % 2 == 0) {
                weft_build_fail(b, WEFT_ERROR_INPUT, "a kernel of %d; kernels are odd",
                                block->kernel);
            }
        }
    }
    bool kernels = options->n_kernel <= 1 || options->n_kernel == n;
    bool expansions = options->n_expansion <= 1 || options->n_expansion == n;
    if (!kernels || !expansions) {
        weft_build_fail(b, WEFT_ERROR_INPUT, "%d %s for a network of %d blocks: give one or all",
                        kernels ? options->n_expansion : options->n_kernel,
                        kernels ? "expansions" : "kernels", n);
    }
}

void weft_build_elastic(weft_builder *b, const weft_family_options *options, int is_ofa) {
    weft_elastic_spec spec;
    weft_elastic_defaults(is_ofa ? &weft_skeleton_ofa : &weft_skeleton_proxyless, &spec);
    spec.input = options->input;
    spec.classes = options->classes;
    spec.width = options->width;
    apply_depth(b, options, &spec);
    apply_blocks(b, options, &spec);
    weft_put_elastic(b, &spec);
}
