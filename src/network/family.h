/* SPDX-License-Identifier: Apache-2.0
 *
 * Families of networks. To add one, write its builder beside its relatives and give it a row in
 * family.c. */
#ifndef WEFT_NETWORK_FAMILY_H
#define WEFT_NETWORK_FAMILY_H

#include "network/build.h"

enum {
    WEFT_FAMILY_MAX_HIDDEN = WEFT_IMC_MAX_HIDDEN,
    WEFT_FAMILY_MAX_STAGES = 8,
    WEFT_FAMILY_MAX_BLOCKS = 32,
};

/* What may stand behind the '@' of a name: options.c reads it, each family takes what it lists. */
typedef struct weft_family_options {
    weft_shape input;
    int32_t classes;
    int32_t tokens;
    double width; /* factor on all channels */
    bool head;    /* the head of a language model */
    int32_t pool;
    int32_t n_hidden;
    int32_t hidden[WEFT_FAMILY_MAX_HIDDEN];
    double dropout;
    /* Of elastic networks; 0: the family's default, one kernel or expansion: that of all blocks. */
    int32_t n_depth, n_kernel, n_expansion;
    int32_t depth[WEFT_FAMILY_MAX_STAGES];
    int32_t kernel[WEFT_FAMILY_MAX_BLOCKS];
    double expansion[WEFT_FAMILY_MAX_BLOCKS];
    int32_t n_channels, n_attention, n_skips; /* of stages or cells */
    int32_t channels[WEFT_FAMILY_MAX_STAGES];
    int32_t attention[WEFT_FAMILY_MAX_STAGES];
    int32_t skips[WEFT_FAMILY_MAX_STAGES];
    int32_t heads;
    double mlp_ratio;
    bool has_squeeze, squeeze;
    double drop_path;
    /* Of benchmarks: which of their networks, bytes [arch_start, arch_end) of the whole name. */
    const char *text;
    size_t arch_start, arch_end;
} weft_family_options;

typedef void weft_family_build(weft_builder *b, const weft_family_options *options, int variant);

typedef struct weft_family_row {
    weft_network_family family;
    weft_family_build *build; /* NULL: the imc family, whose blocks follow its name */
    int variant;              /* which of its relatives: a depth, a size */
    weft_shape input;         /* defaults; of a sequence: {1, tokens, 1} */
    int32_t classes;
    double width;
} weft_family_row;

extern const weft_family_row weft_family_rows[];
extern const size_t weft_n_family_rows;

/* max(1, round(width * channels)). */
int32_t weft_scale(double width, int32_t channels);

/* The multiple of 8 nearest to width * channels, at least 8 and not under 0.9 of it: what the
 * MobileNets round with (Sandler et al. 2018, reference code `_make_divisible`). */
int32_t weft_scale_by_8(double width, int32_t channels);

/* Reads "key=value,key=value" (text[start ..] up to its end) into *options. Places errors in `text`.
 * `row` says which keys there are. */
weft_status weft_family_read_options(const weft_family_row *row, const char *text, size_t start,
                                     weft_family_options *options,
                                     weft_error *error) WEFT_NODISCARD;

/* WEFT_ERROR_INPUT for the bytes [start, end) of a network's name. */
weft_status weft_family_fail(const char *text, size_t start, size_t end, weft_error *error,
                             const char *format, ...) WEFT_PRINTF(5, 6);

weft_family_build weft_build_resnet;
weft_family_build weft_build_resnet_cifar;
weft_family_build weft_build_vgg;
weft_family_build weft_build_vgg8;
weft_family_build weft_build_alexnet;
weft_family_build weft_build_lenet;
weft_family_build weft_build_densenet;
weft_family_build weft_build_mobilenet_v1;
weft_family_build weft_build_mobilenet_v2;
weft_family_build weft_build_mobilenet_v3;
weft_family_build weft_build_elastic;
weft_family_build weft_build_vit;
weft_family_build weft_build_gpt2;
weft_family_build weft_build_mobilebert;
weft_family_build weft_build_resnet8;
weft_family_build weft_build_ds_cnn;
weft_family_build weft_build_nasbench;
weft_family_build weft_build_cells;

#endif
