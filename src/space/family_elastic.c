/* SPDX-License-Identifier: Apache-2.0
 *
 * The families of elastic networks, one for each skeleton: depth and channels of each stage, kind,
 * kernel, expansion and bits of each block, input side and width. The networks are built in the
 * network room (elastic.c).
 *
 * A gene with two numbers means one block: pw_input_bits3_2 is that of block 2 of stage 3. With one
 * number it means all blocks of a stage, without one all blocks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space/elastic.h"
#include "space/family.h"
#include "space/meaning.h"

enum {
    ANY_BLOCKS = WEFT_NUMBERS_NONE | WEFT_NUMBERS_ONE | WEFT_NUMBERS_TWO,
    MAX_COPIES = 65536,
    MAX_GENE_BITS = 16,
};

/* Kernels and expansions beyond these are in no supernet; sides as a network may have. */
static const weft_meaning elastic_genes[WEFT_ELASTIC_MEANINGS] = {
    [WEFT_ELASTIC_DEPTH] = {"depth", WEFT_NUMBERS_ONE, true, 1, 64},
    [WEFT_ELASTIC_CHANNELS] = {"channels", WEFT_NUMBERS_ONE, true, 8, 1024},
    [WEFT_ELASTIC_RESOLUTION] = {"resolution", WEFT_NUMBERS_NONE, true, 32, 1024},
    [WEFT_ELASTIC_WIDTH] = {"width", WEFT_NUMBERS_NONE, false, 0.1, 4},
    [WEFT_ELASTIC_DROP_PATH] = {"drop_path", WEFT_NUMBERS_NONE, false, 0, 0.9},
    [WEFT_ELASTIC_STEM_COPIES] = {"stem_copies", WEFT_NUMBERS_NONE, true, 1, MAX_COPIES},
    [WEFT_ELASTIC_HEAD_COPIES] = {"head_copies", WEFT_NUMBERS_NONE, true, 1, MAX_COPIES},
    [WEFT_ELASTIC_REGION] = {"region", WEFT_NUMBERS_ONE, true, 0, WEFT_SPACE_MAX_REGIONS - 1},
    [WEFT_ELASTIC_KERNEL] = {"kernel", ANY_BLOCKS, true, 1, 15},
    [WEFT_ELASTIC_EXPANSION] = {"expansion", ANY_BLOCKS, false, 0.5, 16},
    [WEFT_ELASTIC_SQUEEZE] = {"squeeze", ANY_BLOCKS, true, 0, 1},
    [WEFT_ELASTIC_ATTENTION] = {"attention", ANY_BLOCKS, true, 0, 1},
    [WEFT_ELASTIC_HEADS] = {"heads", ANY_BLOCKS, true, 1, 64},
    [WEFT_ELASTIC_MLP_RATIO] = {"mlp_ratio", ANY_BLOCKS, false, 0.25, 8},
    [WEFT_ELASTIC_WEIGHT_BITS] = {"weight_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [WEFT_ELASTIC_INPUT_BITS] = {"input_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [WEFT_ELASTIC_PW_WEIGHT_BITS] = {"pw_weight_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [WEFT_ELASTIC_PW_INPUT_BITS] = {"pw_input_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [WEFT_ELASTIC_DW_WEIGHT_BITS] = {"dw_weight_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [WEFT_ELASTIC_DW_INPUT_BITS] = {"dw_input_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [WEFT_ELASTIC_COPIES] = {"copies", ANY_BLOCKS, true, 1, MAX_COPIES},
    [WEFT_ELASTIC_EXPAND_COPIES] = {"expand_copies", ANY_BLOCKS, true, 1, MAX_COPIES},
    [WEFT_ELASTIC_DW_COPIES] = {"dw_copies", ANY_BLOCKS, true, 1, MAX_COPIES},
    [WEFT_ELASTIC_PROJECT_COPIES] = {"project_copies", ANY_BLOCKS, true, 1, MAX_COPIES},
};

const int weft_elastic_sets[WEFT_ELASTIC_MEANINGS] = {
    [WEFT_ELASTIC_KERNEL] = WEFT_SETS_KERNEL,
    [WEFT_ELASTIC_EXPANSION] = WEFT_SETS_EXPANSION,
    [WEFT_ELASTIC_SQUEEZE] = WEFT_SETS_SQUEEZE,
    [WEFT_ELASTIC_ATTENTION] = WEFT_SETS_ATTENTION,
    [WEFT_ELASTIC_HEADS] = WEFT_SETS_HEADS,
    [WEFT_ELASTIC_MLP_RATIO] = WEFT_SETS_MLP_RATIO,
    [WEFT_ELASTIC_WEIGHT_BITS] = WEFT_SETS_PW_WEIGHTS | WEFT_SETS_DW_WEIGHTS,
    [WEFT_ELASTIC_INPUT_BITS] = WEFT_SETS_PW_INPUTS | WEFT_SETS_DW_INPUTS,
    [WEFT_ELASTIC_PW_WEIGHT_BITS] = WEFT_SETS_PW_WEIGHTS,
    [WEFT_ELASTIC_PW_INPUT_BITS] = WEFT_SETS_PW_INPUTS,
    [WEFT_ELASTIC_DW_WEIGHT_BITS] = WEFT_SETS_DW_WEIGHTS,
    [WEFT_ELASTIC_DW_INPUT_BITS] = WEFT_SETS_DW_INPUTS,
    [WEFT_ELASTIC_COPIES] = WEFT_SETS_EXPAND_COPIES | WEFT_SETS_DW_COPIES |
                            WEFT_SETS_PROJECT_COPIES | WEFT_SETS_LINEAR_COPIES,
    [WEFT_ELASTIC_EXPAND_COPIES] = WEFT_SETS_EXPAND_COPIES,
    [WEFT_ELASTIC_DW_COPIES] = WEFT_SETS_DW_COPIES,
    [WEFT_ELASTIC_PROJECT_COPIES] = WEFT_SETS_PROJECT_COPIES,
};

/* What only one of the two kinds of block has. */
enum {
    OF_ENCODERS = WEFT_SETS_HEADS | WEFT_SETS_MLP_RATIO,
    OF_INVERTED = WEFT_SETS_KERNEL | WEFT_SETS_EXPANSION | WEFT_SETS_SQUEEZE |
                  WEFT_SETS_DW_WEIGHTS | WEFT_SETS_DW_INPUTS | WEFT_SETS_EXPAND_COPIES |
                  WEFT_SETS_DW_COPIES | WEFT_SETS_PROJECT_COPIES,
    OF_ALL = WEFT_SETS_PW_WEIGHTS | WEFT_SETS_PW_INPUTS | WEFT_SETS_LINEAR_COPIES,
};

const weft_elastic_skeleton *weft_elastic_skeleton_of(const weft_space *space) {
    static const struct {
        const weft_family *family;
        const weft_elastic_skeleton *skeleton;
    } rows[] = {{&weft_family_ofa, &weft_skeleton_ofa},
                {&weft_family_small, &weft_skeleton_small},
                {&weft_family_hybrid, &weft_skeleton_hybrid}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (space->family == rows[i].family) {
            return rows[i].skeleton;
        }
    }
    return &weft_skeleton_proxyless;
}

/* ---- binding --------------------------------------------------------------------------------- */

static weft_elastic_extent extent_of(const weft_space *space, int g) {
    return weft_elastic_extent_of(&space->roles[g], weft_elastic_skeleton_of(space));
}

int weft_elastic_owner(const weft_space *space, int sets, int s, int k) {
    for (int g = 0; g < space->n_genes; g++) {
        int meaning = space->roles[g].meaning;
        if (meaning == WEFT_MEANING_KNOB || !(weft_elastic_sets[meaning] & sets)) {
            continue;
        }
        weft_elastic_extent e = extent_of(space, g);
        if (s >= e.stage && s < e.stage_end && k >= e.block && k < e.block_end) {
            return g;
        }
    }
    return -1;
}

/* The gene that says whether block k of stage s is a transformer block; -1: it is none. */
static int find_attention(const weft_space *space, int s, int k) {
    return weft_elastic_may_attend(weft_elastic_skeleton_of(space), s, k)
               ? weft_elastic_owner(space, WEFT_SETS_ATTENTION, s, k)
               : -1;
}

static int find_depth(const weft_space *space, int stage) {
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning == WEFT_ELASTIC_DEPTH && space->roles[g].number == stage) {
            return g;
        }
    }
    return -1;
}

static weft_status check_numbers(const weft_space *space, int g, weft_error *error) {
    const weft_elastic_skeleton *skeleton = weft_elastic_skeleton_of(space);
    const weft_role *role = &space->roles[g];
    int groups = role->meaning == WEFT_ELASTIC_REGION ? skeleton->n_stages + 2 : skeleton->n_stages;
    if (role->number > groups) {
        return weft_meaning_fail(space, g, error, "stages count from 1",
                                 "means number %d; %s has %d %s", role->number, skeleton->name,
                                 groups,
                                 role->meaning == WEFT_ELASTIC_REGION ? "layer groups" : "stages");
    }
    int most = role->number > 0 && role->number <= skeleton->n_stages
                   ? skeleton->stages[role->number - 1].blocks
                   : WEFT_ELASTIC_MAX_BLOCKS;
    if (role->second > most) {
        return weft_meaning_fail(space, g, error, "give each stage as many genes as it has blocks",
                                 "means block %d of stage %d, which has %d", role->second,
                                 role->number, most);
    }
    return WEFT_OK;
}

/* A depth of more blocks than the stage has changes nothing: it must be declared inert. */
static weft_status check_depth(const weft_space *space, int g, weft_error *error) {
    int most = weft_elastic_skeleton_of(space)->stages[space->roles[g].number - 1].blocks;
    if (space->genes[g].n_conditions > 0) {
        return weft_meaning_fail(space, g, error, "drop its 'when'", "may have no condition");
    }
    if (weft_space_rule(space, g)->inert) {
        return WEFT_OK;
    }
    for (int i = 0; i < weft_meaning_n_values(space, g); i++) {
        if (weft_meaning_value(space, g, i) > most) {
            return weft_meaning_fail(space, g, error,
                                     "lower its values; a gene that a paper counts although it "
                                     "changes nothing is  inert: true",
                                     "may not be %g: the stage has at most %d block%s",
                                     weft_meaning_value(space, g, i), most, most == 1 ? "" : "s");
        }
    }
    return WEFT_OK;
}

static weft_status check_channels(const weft_space *space, int g, weft_error *error) {
    if (space->genes[g].n_conditions > 0) {
        return weft_meaning_fail(space, g, error, "drop its 'when'", "may have no condition");
    }
    if (space->genes[g].kind != WEFT_GENE_ORDINAL) {
        return weft_meaning_fail(space, g, error, "write it like  ordinal: [16, 32, 48]",
                                 "must be ordinal");
    }
    return WEFT_OK;
}

static bool holds(const weft_gene *gene, int depth, double blocks, int attention, double attends) {
    for (int c = 0; c < gene->n_conditions; c++) {
        const weft_condition *condition = &gene->conditions[c];
        double value = condition->parent == depth       ? blocks
                       : condition->parent == attention ? attends
                                                        : NAN;
        if (!(value >= condition->minimum && value <= condition->maximum)) {
            return false;
        }
    }
    return true;
}

/* How many values gene g has, 1 where it is none (-1), and value i of them. */
static int n_values_of(const weft_space *space, int g) {
    return g < 0 ? 1 : (int)(space->genes[g].upper - space->genes[g].lower) + 1;
}

static double value_of(const weft_space *space, int g, int i) {
    return g < 0 ? NAN : space->genes[g].lower + i;
}

/* Whether gene g is active exactly where its block is there (by the values of gene `depth`; -1:
 * always) and of the kind `encoder` (by those of gene `attention`; -1: of any). */
static bool is_active_rightly(const weft_space *space, int g, int depth, int attention,
                              bool encoder) {
    for (int i = 0; i < n_values_of(space, depth); i++) {
        double d = value_of(space, depth, i);
        bool there = depth < 0 || weft_space_number(space, depth, d) >= space->roles[g].second;
        bool known = attention < 0 || holds(&space->genes[attention], depth, d, -1, NAN);
        for (int k = 0; k < n_values_of(space, attention); k++) {
            double a = known ? value_of(space, attention, k) : NAN;
            bool of_kind = attention < 0 ||
                           (known && (weft_space_number(space, attention, a) > 0.0) == encoder);
            if (holds(&space->genes[g], depth, d, attention, a) != (there && of_kind)) {
                return false;
            }
        }
    }
    return true;
}

/* The gene of a block must be active where the block is there, and of the kind that has what it sets,
 * and nowhere else: else two genomes would give one network, or a block would lack a number. */
static weft_status check_activity(const weft_space *space, int g, weft_error *error) {
    const weft_role *role = &space->roles[g];
    const int sets = weft_elastic_sets[role->meaning];
    const bool one = role->second > 0;
    const bool encoder = (sets & OF_ENCODERS) != 0;
    int depth = one ? find_depth(space, role->number) : -1;
    int attention = one && (encoder || ((sets & OF_INVERTED) && !(sets & OF_ALL)))
                        ? find_attention(space, role->number - 1, role->second - 1)
                        : -1;
    if (encoder && one && attention < 0) {
        return weft_meaning_fail(space, g, error, "add the gene 'attention' of that block",
                                 "is of a transformer block, which block %d of stage %d never is",
                                 role->second, role->number);
    }
    if (is_active_rightly(space, g, depth, attention, encoder)) {
        return WEFT_OK;
    }
    if (depth < 0 && attention < 0) {
        return weft_meaning_fail(space, g, error, "drop its 'when'",
                                 "must be active always: the blocks that it means are");
    }
    char where[WEFT_GENE_NAME + 16] = "";
    if (attention >= 0) {
        snprintf(where, sizeof where, "%s%s == %d", depth >= 0 ? " and " : "",
                 space->genes[attention].name, encoder);
    }
    if (depth < 0) {
        return weft_meaning_fail(space, g, error, "write that as its 'when'",
                                 "must be active exactly when %s", where);
    }
    return weft_meaning_fail(
        space, g, error, "write `when: depth >= index` with `repeat: [4, 4, ..]`",
        "must be active exactly when depth%d >= %d%s", role->number, role->second, where);
}

/* A gene that makes transformer blocks, or sets something of them, must find blocks that may be some.
 */
static weft_status check_attention(const weft_space *space, int g, weft_error *error) {
    const weft_elastic_skeleton *skeleton = weft_elastic_skeleton_of(space);
    const bool makes = space->roles[g].meaning == WEFT_ELASTIC_ATTENTION;
    weft_elastic_extent e = extent_of(space, g);
    for (int s = e.stage; s < e.stage_end; s++) {
        for (int k = e.block; k < e.block_end; k++) {
            if (makes ? weft_elastic_may_attend(skeleton, s, k)
                      : find_attention(space, s, k) >= 0) {
                return WEFT_OK;
            }
        }
    }
    if (makes) {
        return weft_meaning_fail(space, g, error,
                                 "blocks behind the first of the last three stages of small-hybrid "
                                 "may be transformer blocks",
                                 "means no block of %s that may be a transformer block",
                                 skeleton->name);
    }
    return weft_meaning_fail(space, g, error, "add a gene  attention: {integer: [0, 1]}",
                             "means no block that may be a transformer block");
}

/* Heads part the channels of a block evenly, whatever both are. */
static weft_status check_heads_of(const weft_space *space, int attention, double width, int s,
                                  int k, weft_error *error) {
    int32_t channels[WEFT_GENE_MAX_CHOICES];
    int n = weft_elastic_stage_channels(space, width, s, channels);
    int g = weft_elastic_owner(space, WEFT_SETS_HEADS, s, k);
    for (int i = 0; i < n_values_of(space, g); i++) {
        double stated = g < 0 ? WEFT_ELASTIC_DEFAULT_HEADS
                              : weft_space_number(space, g, value_of(space, g, i));
        for (int c = 0; c < n; c++) {
            if (channels[c] % (int)stated != 0) {
                return weft_meaning_fail(space, g >= 0 ? g : attention, error,
                                         "take heads that divide all channels of the stage",
                                         "parts %d channels of stage %d into %d heads", channels[c],
                                         s + 1, (int)stated);
            }
        }
    }
    return WEFT_OK;
}

static weft_status check_heads(const weft_space *space, double width, weft_error *error) {
    const weft_elastic_skeleton *skeleton = weft_elastic_skeleton_of(space);
    for (int s = 0; s < skeleton->n_stages; s++) {
        for (int k = 0; k < skeleton->stages[s].blocks; k++) {
            int attention = find_attention(space, s, k);
            if (attention >= 0) {
                WEFT_TRY(check_heads_of(space, attention, width, s, k, error));
            }
        }
    }
    return WEFT_OK;
}

/* At all widths that can be listed. */
static weft_status check_all_heads(const weft_space *space, weft_error *error) {
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_ELASTIC_WIDTH) {
            continue;
        }
        bool listed = space->genes[g].kind == WEFT_GENE_ORDINAL;
        for (int i = 0; listed && i < n_values_of(space, g); i++) {
            WEFT_TRY(check_heads(space, weft_meaning_value(space, g, i), error));
        }
        return WEFT_OK;
    }
    return check_heads(space, 1.0, error);
}

static weft_status check_kernel(const weft_space *space, int g, weft_error *error) {
    const weft_gene *gene = &space->genes[g];
    for (double v = gene->lower; v <= gene->upper; v += 1.0) {
        double kernel = weft_space_number(space, g, v);
        if (fmod(kernel, 2.0) != 1.0) {
            return weft_meaning_fail(space, g, error, "write it like  ordinal: [3, 5, 7]",
                                     "may not be %g: kernels are odd", kernel);
        }
    }
    return WEFT_OK;
}

/* Notes who sets which field of which block; nobody may set one twice. */
typedef int owner_table[WEFT_ELASTIC_MAX_STAGES][WEFT_ELASTIC_MAX_BLOCKS];

static weft_status claim(const weft_space *space, int g, owner_table fields, weft_error *error) {
    int wanted = weft_elastic_sets[space->roles[g].meaning];
    weft_elastic_extent e = extent_of(space, g);
    for (int s = e.stage; s < e.stage_end; s++) {
        for (int k = e.block; k < e.block_end; k++) {
            if (fields[s][k] & wanted) {
                return weft_meaning_fail(space, g, error, "keep one of them",
                                         "sets what another gene sets already in block %d of "
                                         "stage %d",
                                         k + 1, s + 1);
            }
            fields[s][k] |= wanted;
        }
    }
    return WEFT_OK;
}

static weft_status check_regions(const weft_space *space, const weft_doc *doc,
                                 const weft_node *node, weft_error *error) {
    int groups = weft_elastic_skeleton_of(space)->n_stages + 2;
    if (space->n_groups > 0 && space->n_groups != groups) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "'regions' names %d layer groups; %s has %d: stem, %d stages, head",
                       space->n_groups, weft_elastic_skeleton_of(space)->name, groups, groups - 2);
        return WEFT_ERROR_INPUT;
    }
    return weft_space_check_regions(space, doc, node, error);
}

/* ---- the families ---------------------------------------------------------------------------- */

/* What a gene must be by itself and beside those of the blocks that it means. */
static weft_status check_gene(const weft_space *space, int g, owner_table fields,
                              weft_error *error) {
    int meaning = space->roles[g].meaning;
    WEFT_TRY(check_numbers(space, g, error));
    switch (meaning) {
    case WEFT_ELASTIC_DEPTH:
        return check_depth(space, g, error);
    case WEFT_ELASTIC_CHANNELS:
        return check_channels(space, g, error);
    case WEFT_ELASTIC_REGION:
        return weft_meaning_check_region(space, g, error);
    case WEFT_ELASTIC_KERNEL:
        WEFT_TRY(check_kernel(space, g, error));
        break;
    case WEFT_ELASTIC_ATTENTION:
    case WEFT_ELASTIC_HEADS:
    case WEFT_ELASTIC_MLP_RATIO:
        WEFT_TRY(check_attention(space, g, error));
        break;
    default:
        break;
    }
    if (weft_elastic_sets[meaning] == 0) {
        return WEFT_OK;
    }
    WEFT_TRY(check_activity(space, g, error));
    return claim(space, g, fields, error);
}

/* What holds where no gene says otherwise. */
static weft_status make_spec(const weft_space *space, weft_elastic_spec **made, weft_error *error) {
    weft_elastic_spec *spec = calloc(1, sizeof *spec);
    if (spec == NULL) {
        return weft_fail_memory(error, sizeof *spec);
    }
    weft_elastic_defaults(weft_elastic_skeleton_of(space), spec);
    spec->bits = space->bits;
    for (int s = 0; s < WEFT_ELASTIC_MAX_STAGES; s++) {
        for (int k = 0; k < WEFT_ELASTIC_MAX_BLOCKS; k++) {
            spec->blocks[s][k].pointwise = space->bits;
            spec->blocks[s][k].depthwise = space->bits;
        }
    }
    for (int i = 0; i < space->n_groups; i++) {
        spec->regions[i] = space->group_regions[i];
    }
    *made = spec;
    return WEFT_OK;
}

static weft_status elastic_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                                weft_error *error) {
    owner_table fields = {{0}};
    weft_elastic_spec *spec = NULL;
    WEFT_TRY(weft_meaning_bind(space, elastic_genes, WEFT_ELASTIC_MEANINGS, error));
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != WEFT_MEANING_KNOB) {
            WEFT_TRY(check_gene(space, g, fields, error));
        }
    }
    WEFT_TRY(check_all_heads(space, error));
    WEFT_TRY(check_regions(space, doc, node, error));
    WEFT_TRY(make_spec(space, &spec, error));
    space->bound = spec;
    space->is_distinct = weft_elastic_is_distinct(space);
    return WEFT_OK;
}

static void elastic_release(weft_space *space) {
    free(space->bound);
    space->bound = NULL;
}

const weft_family weft_family_proxyless = {
    .name = "proxyless",
    .bind = elastic_bind,
    .decode = weft_elastic_decode,
    .describe = weft_elastic_describe,
    .release = elastic_release,
};

const weft_family weft_family_ofa = {
    .name = "ofa-mobilenetv3",
    .bind = elastic_bind,
    .decode = weft_elastic_decode,
    .describe = weft_elastic_describe,
    .release = elastic_release,
};

const weft_family weft_family_small = {
    .name = "small-mobilenetv2",
    .bind = elastic_bind,
    .decode = weft_elastic_decode,
    .describe = weft_elastic_describe,
    .release = elastic_release,
};

const weft_family weft_family_hybrid = {
    .name = "small-hybrid",
    .bind = elastic_bind,
    .decode = weft_elastic_decode,
    .describe = weft_elastic_describe,
    .release = elastic_release,
};
