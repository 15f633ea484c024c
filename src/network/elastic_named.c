/* SPDX-License-Identifier: Apache-2.0
 *
 * Elastic networks by name: what the options of proxyless, ofa-mobilenetv3, small-mobilenetv2 and
 * small-hybrid choose. */
#include "network/elastic.h"
#include "network/family.h"

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

static void apply_channels(weft_builder *b, const weft_family_options *options,
                           weft_elastic_spec *spec) {
    if (options->n_channels > spec->skeleton->n_stages) {
        weft_build_fail(b, WEFT_ERROR_INPUT, "channels of %d stages; %s has %d",
                        options->n_channels, spec->skeleton->name, spec->skeleton->n_stages);
        return;
    }
    for (int s = 0; s < options->n_channels; s++) {
        spec->channels[s] = options->channels[s];
    }
}

static void apply_squeeze(const weft_family_options *options, weft_elastic_spec *spec) {
    for (int s = 0; s < spec->skeleton->n_stages && options->has_squeeze; s++) {
        for (int k = 0; k < WEFT_ELASTIC_MAX_BLOCKS; k++) {
            spec->blocks[s][k].squeeze = options->squeeze;
        }
    }
}

/* The last blocks of each stage that are transformer blocks: without the option, all that may be. */
static void apply_attention(weft_builder *b, const weft_family_options *options,
                            weft_elastic_spec *spec) {
    const weft_elastic_skeleton *skeleton = spec->skeleton;
    if (options->n_attention > skeleton->n_stages) {
        weft_build_fail(b, WEFT_ERROR_INPUT, "attention of %d stages; %s has %d",
                        options->n_attention, skeleton->name, skeleton->n_stages);
        return;
    }
    for (int s = 0; s < skeleton->n_stages; s++) {
        int32_t most = skeleton->stages[s].attends ? spec->depth[s] - 1 : 0;
        int32_t wanted = s < options->n_attention ? options->attention[s] : most;
        if (wanted > most) {
            weft_build_fail(b, WEFT_ERROR_INPUT,
                            "%d transformer blocks in stage %d of %s; with its depth it has at "
                            "most %d",
                            wanted, s + 1, skeleton->name, most);
            return;
        }
        for (int k = 0; k < spec->depth[s]; k++) {
            weft_elastic_block *block = &spec->blocks[s][k];
            block->attends = k >= spec->depth[s] - wanted;
            block->heads = options->heads > 0 ? options->heads : block->heads;
            block->mlp_ratio = options->mlp_ratio > 0.0 ? options->mlp_ratio : block->mlp_ratio;
        }
    }
}

void weft_build_elastic(weft_builder *b, const weft_family_options *options, int variant) {
    static const weft_elastic_skeleton *const skeletons[] = {
        &weft_skeleton_proxyless, &weft_skeleton_ofa, &weft_skeleton_small, &weft_skeleton_hybrid};
    weft_elastic_spec spec;
    weft_elastic_defaults(skeletons[variant], &spec);
    spec.input = options->input;
    spec.classes = options->classes;
    spec.width = options->width;
    spec.drop_path = options->drop_path;
    apply_depth(b, options, &spec);
    apply_blocks(b, options, &spec);
    apply_channels(b, options, &spec);
    apply_squeeze(options, &spec);
    apply_attention(b, options, &spec);
    weft_put_elastic(b, &spec);
}
