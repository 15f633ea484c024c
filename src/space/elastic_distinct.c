/* SPDX-License-Identifier: Apache-2.0
 *
 * Which genomes of an elastic space make the same network. Widths and expansions are rounded to whole
 * channels, so different values may come to the same. */
#include "space/elastic.h"
#include "space/meaning.h"

static int find_channels(const weft_space *space, int s) {
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning == WEFT_ELASTIC_CHANNELS && space->roles[g].number == s + 1) {
            return g;
        }
    }
    return -1;
}

int weft_elastic_stage_channels(const weft_space *space, double width, int s,
                                int32_t channels[WEFT_GENE_MAX_CHOICES]) {
    const weft_elastic_skeleton *skeleton = weft_elastic_skeleton_of(space);
    int g = s < 0 ? -1 : find_channels(space, s);
    if (g < 0) {
        channels[0] =
            weft_elastic_channels(width, s < 0 ? skeleton->first : skeleton->stages[s].channels);
        return 1;
    }
    int n = weft_meaning_n_values(space, g);
    for (int i = 0; i < n; i++) {
        channels[i] = (int32_t)weft_meaning_value(space, g, i);
    }
    return n;
}

/* Whether the values of a gene expand `in` channels to ever more, the first to more than `least`. */
static bool rises(const weft_space *space, int g, int32_t in, int32_t least) {
    int32_t before = least;
    for (int i = 0; i < weft_meaning_n_values(space, g); i++) {
        int32_t now = weft_elastic_expanded(weft_meaning_value(space, g, i), in);
        if (now <= before) {
            return false;
        }
        before = now;
    }
    return true;
}

/* Whether the factors of a gene, expansions or MLP ratios, all give different channels. No expansion
 * may give as many as come in: there the expanding convolution is gone, and what is set for it has no
 * effect. */
static bool expands_apart(const weft_space *space, int g, double width) {
    bool expansion = space->roles[g].meaning == WEFT_ELASTIC_EXPANSION;
    weft_elastic_extent e =
        weft_elastic_extent_of(&space->roles[g], weft_elastic_skeleton_of(space));
    for (int s = e.stage; s < e.stage_end; s++) {
        for (int k = e.block; k < e.block_end; k++) {
            int32_t in[WEFT_GENE_MAX_CHOICES];
            int n = weft_elastic_stage_channels(space, width, k > 0 ? s : s - 1, in);
            for (int i = 0; i < n; i++) {
                if (!rises(space, g, in[i], expansion ? in[i] : 0)) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* Whether each width has a stage of other channels than the one before. */
static bool widths_apart(const weft_space *space, int g) {
    const weft_elastic_skeleton *skeleton = weft_elastic_skeleton_of(space);
    for (int i = 1; i < weft_meaning_n_values(space, g); i++) {
        double widths[2] = {weft_meaning_value(space, g, i - 1), weft_meaning_value(space, g, i)};
        bool apart = false;
        for (int s = 0; s < skeleton->n_stages; s++) {
            int32_t channels = skeleton->stages[s].channels;
            apart = apart ||
                    (find_channels(space, s) < 0 && weft_elastic_channels(widths[0], channels) !=
                                                        weft_elastic_channels(widths[1], channels));
        }
        if (!apart) {
            return false;
        }
    }
    return true;
}

/* Whether a gene of several blocks may find none to act on: the first of a stage, which is always
 * there, is no transformer block. (A gene of a single block is active where the block is there.) */
static bool may_be_idle(const weft_space *space, int g) {
    const int of_encoders = WEFT_SETS_ATTENTION | WEFT_SETS_HEADS | WEFT_SETS_MLP_RATIO;
    return (weft_elastic_sets[space->roles[g].meaning] & of_encoders) != 0 &&
           space->roles[g].second == 0;
}

/* Whether a gene by itself always makes a difference. */
static bool acts(const weft_space *space, int g) {
    int meaning = space->roles[g].meaning;
    bool of_block = weft_elastic_sets[meaning] != 0;
    bool varies = weft_gene_varies(&space->genes[g]);
    return space->genes[g].kind != WEFT_GENE_REAL &&
           (of_block || space->genes[g].n_conditions == 0) &&
           !(varies && meaning == WEFT_ELASTIC_DROP_PATH) && !(varies && may_be_idle(space, g));
}

static bool all_expand_apart(const weft_space *space, double width) {
    for (int g = 0; g < space->n_genes; g++) {
        int meaning = space->roles[g].meaning;
        bool factor = meaning == WEFT_ELASTIC_EXPANSION || meaning == WEFT_ELASTIC_MLP_RATIO;
        if (factor && !expands_apart(space, g, width)) {
            return false;
        }
    }
    return true;
}

bool weft_elastic_is_distinct(const weft_space *space) {
    int width = -1;
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning == WEFT_MEANING_KNOB) {
            continue;
        }
        if (!acts(space, g)) {
            return false;
        }
        width = space->roles[g].meaning == WEFT_ELASTIC_WIDTH ? g : width;
    }
    if (width < 0) {
        return all_expand_apart(space, 1.0) && weft_space_knobs_are_distinct(space);
    }
    if (space->genes[width].kind != WEFT_GENE_ORDINAL || !widths_apart(space, width)) {
        return false;
    }
    for (int i = 0; i < weft_meaning_n_values(space, width); i++) {
        if (!all_expand_apart(space, weft_meaning_value(space, width, i))) {
            return false;
        }
    }
    return weft_space_knobs_are_distinct(space);
}
