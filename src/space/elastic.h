/* SPDX-License-Identifier: Apache-2.0
 *
 * Elastic networks as a space sees them: what its genes are called, what of which blocks they set.
 * family_elastic.c binds the genes, elastic_distinct.c asks whether genomes that differ make networks
 * that differ, elastic_genome.c decodes them. */
#ifndef WEFT_SPACE_ELASTIC_H
#define WEFT_SPACE_ELASTIC_H

#include "network/elastic.h"
#include "space/model.h"

typedef enum weft_elastic_meaning {
    WEFT_ELASTIC_DEPTH,
    WEFT_ELASTIC_CHANNELS,
    WEFT_ELASTIC_RESOLUTION,
    WEFT_ELASTIC_WIDTH,
    WEFT_ELASTIC_DROP_PATH,
    WEFT_ELASTIC_STEM_COPIES,
    WEFT_ELASTIC_HEAD_COPIES,
    WEFT_ELASTIC_REGION,
    /* of blocks: */
    WEFT_ELASTIC_KERNEL,
    WEFT_ELASTIC_EXPANSION,
    WEFT_ELASTIC_SQUEEZE,
    WEFT_ELASTIC_ATTENTION,
    WEFT_ELASTIC_HEADS,
    WEFT_ELASTIC_MLP_RATIO,
    WEFT_ELASTIC_WEIGHT_BITS,
    WEFT_ELASTIC_INPUT_BITS,
    WEFT_ELASTIC_PW_WEIGHT_BITS,
    WEFT_ELASTIC_PW_INPUT_BITS,
    WEFT_ELASTIC_DW_WEIGHT_BITS,
    WEFT_ELASTIC_DW_INPUT_BITS,
    WEFT_ELASTIC_COPIES,
    WEFT_ELASTIC_EXPAND_COPIES,
    WEFT_ELASTIC_DW_COPIES,
    WEFT_ELASTIC_PROJECT_COPIES,
    WEFT_ELASTIC_MEANINGS,
} weft_elastic_meaning;

/* What of a block a gene sets, as a set: two genes may not set the same. */
enum {
    WEFT_SETS_KERNEL = 1 << 0,
    WEFT_SETS_EXPANSION = 1 << 1,
    WEFT_SETS_PW_WEIGHTS = 1 << 2,
    WEFT_SETS_PW_INPUTS = 1 << 3,
    WEFT_SETS_DW_WEIGHTS = 1 << 4,
    WEFT_SETS_DW_INPUTS = 1 << 5,
    WEFT_SETS_EXPAND_COPIES = 1 << 6,
    WEFT_SETS_DW_COPIES = 1 << 7,
    WEFT_SETS_PROJECT_COPIES = 1 << 8,
    WEFT_SETS_LINEAR_COPIES = 1 << 9,
    WEFT_SETS_SQUEEZE = 1 << 10,
    WEFT_SETS_ATTENTION = 1 << 11,
    WEFT_SETS_HEADS = 1 << 12,
    WEFT_SETS_MLP_RATIO = 1 << 13,
};

/* Of each meaning; 0: it sets nothing of blocks. */
extern const int weft_elastic_sets[WEFT_ELASTIC_MEANINGS];

/* The stages and blocks that a gene of a skeleton means, each [first, end). */
typedef struct weft_elastic_extent {
    int stage, stage_end, block, block_end;
} weft_elastic_extent;

static inline weft_elastic_extent weft_elastic_extent_of(const weft_role *role,
                                                         const weft_elastic_skeleton *skeleton) {
    weft_elastic_extent e = {0, skeleton->n_stages, 0, WEFT_ELASTIC_MAX_BLOCKS};
    if (role->number > 0) {
        e.stage = role->number - 1;
        e.stage_end = role->number;
    }
    if (role->second > 0) {
        e.block = role->second - 1;
        e.block_end = role->second;
    }
    return e;
}

const weft_elastic_skeleton *weft_elastic_skeleton_of(const weft_space *space);

/* The gene that sets some of `sets` in block k of stage s, both from 0; -1: none. */
int weft_elastic_owner(const weft_space *space, int sets, int s, int k);

/* Whether the block may be a transformer block. */
static inline bool weft_elastic_may_attend(const weft_elastic_skeleton *skeleton, int s, int k) {
    return k > 0 && skeleton->stages[s].attends;
}

/* elastic_distinct.c: the channels that stage s, from 0, may have at a width (s = -1: the block in
 * front of the stages); how many. */
int weft_elastic_stage_channels(const weft_space *space, double width, int s,
                                int32_t channels[WEFT_GENE_MAX_CHOICES]);

/* elastic_distinct.c: whether genomes that differ certainly make networks that differ. */
bool weft_elastic_is_distinct(const weft_space *space);

/* elastic_genome.c: decode and describe of the families (family.h). */
weft_status weft_elastic_decode(const weft_space *space, const double *genome, int which,
                                weft_network *network, weft_error *error) WEFT_NODISCARD;
char *weft_elastic_describe(const weft_space *space, const double *genome, char *buffer,
                            size_t size);

#endif
