/* SPDX-License-Identifier: Apache-2.0
 *
 * The networks of two benchmarks, all of which were trained by their authors:
 *   nasbench201     Dong and Yang, "NAS-Bench-201", ICLR 2020, arXiv 2001.00326; layers as in the
 *                   authors' code (D-X-Y/AutoDL-Projects@076f9c2, lib/models): one cell, whose six
 *                   edges each have one of five operations, stands 15 times
 *   nasbench-macro  Su et al., "Prioritized architecture sampling with Monte-Carlo tree search", CVPR
 *                   2021, arXiv 2103.11922; layers as in xiusu/NAS-Bench-Macro@b1ee7c6,
 *                   train/model.py: eight blocks, each one of three */
#ifndef WEFT_NETWORK_NASBENCH_H
#define WEFT_NETWORK_NASBENCH_H

#include "network/build.h"

enum {
    WEFT_NASBENCH_MAX_CHOICES = 8,
    WEFT_NASBENCH_STAGES = 3,
    WEFT_NASBENCH_CELLS = 5, /* of each stage, as published */
    WEFT_NASBENCH_MAX_CELLS = 64,
    WEFT_NASBENCH_TEXT = 32,
};

/* A network of either. */
typedef struct weft_nasbench_spec {
    weft_shape input;
    int32_t classes;
    double width;                        /* factor on all channels */
    int32_t cells[WEFT_NASBENCH_STAGES]; /* of nasbench201 */
    weft_layer_bits bits;                /* of all layers of products */
    int32_t choice[WEFT_NASBENCH_MAX_CHOICES];
} weft_nasbench_spec;

typedef struct weft_nasbench {
    const char *name;
    const char *gene; /* what spaces call a choice: op1, op2, ... */
    int32_t n_choices;
    int32_t n_words;
    const char *words[5]; /* what may be chosen; the benchmark's figure for it is its index */
    int32_t largest;      /* the one with most MACs */
    void (*put)(weft_builder *b, const weft_nasbench_spec *spec);
    /* Reads another way to write the choices than by their figures; false where it is none. NULL:
     * there is no other. */
    bool (*read)(const char *text, size_t length, int32_t *choice);
} weft_nasbench;

extern const weft_nasbench weft_nasbench_201, weft_nasbench_macro;

/* 3 x 32 x 32, 10 classes, five cells a stage, every choice the one with most MACs. */
void weft_nasbench_defaults(const weft_nasbench *bench, weft_nasbench_spec *spec);

/* Writes "nasbench201@arch=333031", the figures as the benchmark's tables have them; returns
 * `buffer`. */
char *weft_nasbench_text(const weft_nasbench *bench, const weft_nasbench_spec *spec, char *buffer,
                         size_t size);

/* All layers in the place of a network that is there; after an error it holds some of them. */
weft_status weft_nasbench_build(const weft_nasbench *bench, const weft_nasbench_spec *spec,
                                weft_network *network, weft_error *error) WEFT_NODISCARD;

#endif
