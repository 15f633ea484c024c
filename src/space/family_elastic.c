/* SPDX-License-Identifier: Apache-2.0
 *
 * The families of elastic networks, `proxyless` and `ofa-mobilenetv3`: depth of each stage, kernel,
 * expansion and bits of each block, input side and width. The networks are built in the network room
 * (elastic.c).
 *
 * A gene with two numbers means one block: pw_input_bits3_2 is that of block 2 of stage 3. With one
 * number it means all blocks of a stage, without one all blocks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/elastic.h"
#include "space/family.h"
#include "space/meaning.h"

typedef enum elastic_meaning {
    ELASTIC_DEPTH,
    ELASTIC_RESOLUTION,
    ELASTIC_WIDTH,
    ELASTIC_STEM_COPIES,
    ELASTIC_HEAD_COPIES,
    ELASTIC_REGION,
    /* of blocks: */
    ELASTIC_KERNEL,
    ELASTIC_EXPANSION,
    ELASTIC_WEIGHT_BITS,
    ELASTIC_INPUT_BITS,
    ELASTIC_PW_WEIGHT_BITS,
    ELASTIC_PW_INPUT_BITS,
    ELASTIC_DW_WEIGHT_BITS,
    ELASTIC_DW_INPUT_BITS,
    ELASTIC_COPIES,
    ELASTIC_EXPAND_COPIES,
    ELASTIC_DW_COPIES,
    ELASTIC_PROJECT_COPIES,
    ELASTIC_MEANINGS,
} elastic_meaning;

enum {
    ANY_BLOCKS = WEFT_NUMBERS_NONE | WEFT_NUMBERS_ONE | WEFT_NUMBERS_TWO,
    MAX_COPIES = 65536,
    MAX_GENE_BITS = 16,
};

/* Kernels and expansions beyond these are in no supernet; sides as a network may have. */
static const weft_meaning elastic_genes[ELASTIC_MEANINGS] = {
    [ELASTIC_DEPTH] = {"depth", WEFT_NUMBERS_ONE, true, 1, 64},
    [ELASTIC_RESOLUTION] = {"resolution", WEFT_NUMBERS_NONE, true, 32, 1024},
    [ELASTIC_WIDTH] = {"width", WEFT_NUMBERS_NONE, false, 0.1, 4},
    [ELASTIC_STEM_COPIES] = {"stem_copies", WEFT_NUMBERS_NONE, true, 1, MAX_COPIES},
    [ELASTIC_HEAD_COPIES] = {"head_copies", WEFT_NUMBERS_NONE, true, 1, MAX_COPIES},
    [ELASTIC_REGION] = {"region", WEFT_NUMBERS_ONE, true, 0, WEFT_SPACE_MAX_REGIONS - 1},
    [ELASTIC_KERNEL] = {"kernel", ANY_BLOCKS, true, 1, 15},
    [ELASTIC_EXPANSION] = {"expansion", ANY_BLOCKS, false, 0.5, 16},
    [ELASTIC_WEIGHT_BITS] = {"weight_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [ELASTIC_INPUT_BITS] = {"input_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [ELASTIC_PW_WEIGHT_BITS] = {"pw_weight_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [ELASTIC_PW_INPUT_BITS] = {"pw_input_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [ELASTIC_DW_WEIGHT_BITS] = {"dw_weight_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [ELASTIC_DW_INPUT_BITS] = {"dw_input_bits", ANY_BLOCKS, true, 1, MAX_GENE_BITS},
    [ELASTIC_COPIES] = {"copies", ANY_BLOCKS, true, 1, MAX_COPIES},
    [ELASTIC_EXPAND_COPIES] = {"expand_copies", ANY_BLOCKS, true, 1, MAX_COPIES},
    [ELASTIC_DW_COPIES] = {"dw_copies", ANY_BLOCKS, true, 1, MAX_COPIES},
    [ELASTIC_PROJECT_COPIES] = {"project_copies", ANY_BLOCKS, true, 1, MAX_COPIES},
};

/* What of a block a gene sets, as a set: two genes may not set the same. */
enum {
    FIELD_KERNEL = 1 << 0,
    FIELD_EXPANSION = 1 << 1,
    FIELD_PW_WEIGHTS = 1 << 2,
    FIELD_PW_INPUTS = 1 << 3,
    FIELD_DW_WEIGHTS = 1 << 4,
    FIELD_DW_INPUTS = 1 << 5,
    FIELD_EXPAND_COPIES = 1 << 6,
    FIELD_DW_COPIES = 1 << 7,
    FIELD_PROJECT_COPIES = 1 << 8,
};

static const int elastic_fields[ELASTIC_MEANINGS] = {
    [ELASTIC_KERNEL] = FIELD_KERNEL,
    [ELASTIC_EXPANSION] = FIELD_EXPANSION,
    [ELASTIC_WEIGHT_BITS] = FIELD_PW_WEIGHTS | FIELD_DW_WEIGHTS,
    [ELASTIC_INPUT_BITS] = FIELD_PW_INPUTS | FIELD_DW_INPUTS,
    [ELASTIC_PW_WEIGHT_BITS] = FIELD_PW_WEIGHTS,
    [ELASTIC_PW_INPUT_BITS] = FIELD_PW_INPUTS,
    [ELASTIC_DW_WEIGHT_BITS] = FIELD_DW_WEIGHTS,
    [ELASTIC_DW_INPUT_BITS] = FIELD_DW_INPUTS,
    [ELASTIC_COPIES] = FIELD_EXPAND_COPIES | FIELD_DW_COPIES | FIELD_PROJECT_COPIES,
    [ELASTIC_EXPAND_COPIES] = FIELD_EXPAND_COPIES,
    [ELASTIC_DW_COPIES] = FIELD_DW_COPIES,
    [ELASTIC_PROJECT_COPIES] = FIELD_PROJECT_COPIES,
};

static const weft_elastic_skeleton *skeleton_of(const weft_space *space) {
    return space->family == &weft_family_ofa ? &weft_skeleton_ofa : &weft_skeleton_proxyless;
}

/* ---- binding --------------------------------------------------------------------------------- */

/* The stages and blocks that a gene means, each [first, end). */
typedef struct extent {
    int stage, stage_end, block, block_end;
} extent;

static extent extent_of(const weft_space *space, int g) {
    const weft_role *role = &space->roles[g];
    extent e = {0, skeleton_of(space)->n_stages, 0, WEFT_ELASTIC_MAX_BLOCKS};
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

static int find_depth(const weft_space *space, int stage) {
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning == ELASTIC_DEPTH && space->roles[g].number == stage) {
            return g;
        }
    }
    return -1;
}

static weft_status check_numbers(const weft_space *space, int g, weft_error *error) {
    const weft_elastic_skeleton *skeleton = skeleton_of(space);
    const weft_role *role = &space->roles[g];
    int groups = role->meaning == ELASTIC_REGION ? skeleton->n_stages + 2 : skeleton->n_stages;
    if (role->number > groups) {
        return weft_meaning_fail(
            space, g, error, "stages count from 1", "means number %d; %s has %d %s", role->number,
            skeleton->name, groups, role->meaning == ELASTIC_REGION ? "layer groups" : "stages");
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
    int most = skeleton_of(space)->stages[space->roles[g].number - 1].blocks;
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

/* The gene of a block must be active for the depths that have the block and for no others: else two
 * genomes would give one network, or a block would lack a number. */
static weft_status check_activity(const weft_space *space, int g, weft_error *error) {
    const weft_gene *gene = &space->genes[g];
    const weft_role *role = &space->roles[g];
    int depth = role->second > 0 ? find_depth(space, role->number) : -1;
    bool right = gene->n_conditions == 0;
    if (depth >= 0) {
        const weft_gene *parent = &space->genes[depth];
        const weft_condition *condition = gene->n_conditions > 0 ? gene->conditions : NULL;
        right = condition == NULL || (gene->n_conditions == 1 && condition->parent == depth);
        for (double v = parent->lower; right && v <= parent->upper; v += 1.0) {
            bool active = condition == NULL || (v >= condition->minimum && v <= condition->maximum);
            right = active == (weft_space_number(space, depth, v) >= role->second);
        }
    }
    if (right) {
        return WEFT_OK;
    }
    if (depth < 0) {
        return weft_meaning_fail(space, g, error, "drop its 'when'",
                                 "must be active always: the blocks that it means are");
    }
    return weft_meaning_fail(
        space, g, error, "write `when: depth >= index` with `repeat: [4, 4, ..]`",
        "must be active exactly when depth%d >= %d", role->number, role->second);
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
    int wanted = elastic_fields[space->roles[g].meaning];
    extent e = extent_of(space, g);
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
    int groups = skeleton_of(space)->n_stages + 2;
    if (space->n_groups > 0 && space->n_groups != groups) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "'regions' names %d layer groups; %s has %d: stem, %d stages, head",
                       space->n_groups, skeleton_of(space)->name, groups, groups - 2);
        return WEFT_ERROR_INPUT;
    }
    return weft_space_check_regions(space, doc, node, error);
}

/* ---- which genomes make the same network ------------------------------------------------------ */

/* Input channels of a block at a width. */
static int32_t channels_into(const weft_elastic_skeleton *skeleton, double width, int s, int k) {
    int32_t channels = k > 0   ? skeleton->stages[s].channels
                       : s > 0 ? skeleton->stages[s - 1].channels
                               : skeleton->first;
    return weft_elastic_channels(width, channels);
}

/* Whether the expansions of a gene all give different channels, and none gives as many as come in
 * (there the expanding convolution is gone, and what is set for it has no effect). */
static bool expands_apart(const weft_space *space, int g, double width) {
    extent e = extent_of(space, g);
    for (int s = e.stage; s < e.stage_end; s++) {
        for (int k = e.block; k < e.block_end; k++) {
            int32_t in = channels_into(skeleton_of(space), width, s, k);
            int32_t before = in;
            for (int i = 0; i < weft_meaning_n_values(space, g); i++) {
                int32_t now = weft_elastic_expanded(weft_meaning_value(space, g, i), in);
                if (now <= before) {
                    return false;
                }
                before = now;
            }
        }
    }
    return true;
}

/* Whether each width has a stem or stage of other channels than the one before. */
static bool widths_apart(const weft_space *space, int g) {
    const weft_elastic_skeleton *skeleton = skeleton_of(space);
    for (int i = 1; i < weft_meaning_n_values(space, g); i++) {
        double widths[2] = {weft_meaning_value(space, g, i - 1), weft_meaning_value(space, g, i)};
        bool apart = false;
        for (int s = 0; s < skeleton->n_stages; s++) {
            int32_t channels = skeleton->stages[s].channels;
            apart = apart || weft_elastic_channels(widths[0], channels) !=
                                 weft_elastic_channels(widths[1], channels);
        }
        if (!apart) {
            return false;
        }
    }
    return true;
}

static bool is_distinct(const weft_space *space) {
    double widths[WEFT_GENE_MAX_CHOICES] = {1.0};
    int n_widths = 1;
    for (int g = 0; g < space->n_genes; g++) {
        const weft_role *role = &space->roles[g];
        if (role->meaning == WEFT_MEANING_KNOB) {
            continue;
        }
        bool of_block = elastic_fields[role->meaning] != 0;
        if (space->genes[g].kind == WEFT_GENE_REAL ||
            (!of_block && space->genes[g].n_conditions > 0)) {
            return false;
        }
        if (role->meaning == ELASTIC_WIDTH) {
            if (space->genes[g].kind != WEFT_GENE_ORDINAL || !widths_apart(space, g)) {
                return false;
            }
            n_widths = weft_meaning_n_values(space, g);
            for (int i = 0; i < n_widths; i++) {
                widths[i] = weft_meaning_value(space, g, i);
            }
        }
    }
    for (int g = 0; g < space->n_genes; g++) {
        for (int i = 0; i < n_widths && space->roles[g].meaning == ELASTIC_EXPANSION; i++) {
            if (!expands_apart(space, g, widths[i])) {
                return false;
            }
        }
    }
    return weft_space_knobs_are_distinct(space);
}

/* ---- genomes --------------------------------------------------------------------------------- */

static void apply_to_network(const weft_role *role, double number, weft_elastic_spec *spec) {
    int32_t whole = (int32_t)number;
    if (role->meaning == ELASTIC_DEPTH) {
        int32_t most = spec->skeleton->stages[role->number - 1].blocks;
        spec->depth[role->number - 1] = whole < most ? whole : most;
    } else if (role->meaning == ELASTIC_RESOLUTION) {
        spec->input.height = whole;
        spec->input.width = whole;
    } else if (role->meaning == ELASTIC_WIDTH) {
        spec->width = number;
    } else if (role->meaning == ELASTIC_STEM_COPIES) {
        spec->stem_copies = whole;
    } else if (role->meaning == ELASTIC_HEAD_COPIES) {
        spec->head_copies = whole;
    } else if (role->meaning == ELASTIC_REGION) {
        spec->regions[role->number - 1] = whole;
    }
}

static void apply_to_block(int fields, double number, weft_elastic_block *block) {
    int32_t whole = (int32_t)number;
    if (fields & FIELD_KERNEL) {
        block->kernel = whole;
    }
    if (fields & FIELD_EXPANSION) {
        block->expansion = number;
    }
    if (fields & FIELD_PW_WEIGHTS) {
        block->pointwise.weights = whole;
    }
    if (fields & FIELD_PW_INPUTS) {
        block->pointwise.inputs = whole;
    }
    if (fields & FIELD_DW_WEIGHTS) {
        block->depthwise.weights = whole;
    }
    if (fields & FIELD_DW_INPUTS) {
        block->depthwise.inputs = whole;
    }
    if (fields & FIELD_EXPAND_COPIES) {
        block->copies[WEFT_PART_EXPAND] = whole;
    }
    if (fields & FIELD_DW_COPIES) {
        block->copies[WEFT_PART_DEPTHWISE] = whole;
    }
    if (fields & FIELD_PROJECT_COPIES) {
        block->copies[WEFT_PART_PROJECT] = whole;
    }
}

static void apply_gene(const weft_space *space, int g, double value, weft_elastic_spec *spec) {
    const weft_role *role = &space->roles[g];
    double number = weft_space_number(space, g, value);
    if (elastic_fields[role->meaning] == 0) {
        apply_to_network(role, number, spec);
        return;
    }
    extent e = extent_of(space, g);
    for (int s = e.stage; s < e.stage_end; s++) {
        for (int k = e.block; k < e.block_end; k++) {
            apply_to_block(elastic_fields[role->meaning], number, &spec->blocks[s][k]);
        }
    }
}

static void read_genome(const weft_space *space, const double *genome, weft_elastic_spec *spec) {
    *spec = *(const weft_elastic_spec *)space->bound;
    spec->input = space->input;
    spec->classes = space->classes;
    for (int g = 0; g < space->n_genes; g++) {
        if (!isnan(genome[g]) && space->roles[g].meaning != WEFT_MEANING_KNOB) {
            apply_gene(space, g, genome[g], spec);
        }
    }
}

static weft_status elastic_decode(const weft_space *space, const double *genome, int which,
                                  weft_network *network, weft_error *error) {
    (void)which;
    weft_elastic_spec spec;
    read_genome(space, genome, &spec);
    return weft_elastic_build(&spec, network, error);
}

/* "224 3e6:8888 5e4:8644|..." : input side, then for each block its kernel, expansion and bits
 * (pointwise weights and inputs, depthwise weights and inputs), stages parted by '|'. */
/* Each trial of a search is described: without the formats of the library, which take longer than the
 * estimate of a layer. */
static char *put_whole(char *to, int value) {
    char digits[12];
    int n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n > 0) {
        *to++ = digits[--n];
    }
    return to;
}

/* With three decimals at most, without zeros at the end. */
static char *put_fraction(char *to, double value) {
    int thousandths = (int)lround(value * 1000.0);
    to = put_whole(to, thousandths / 1000);
    int rest = thousandths % 1000;
    if (rest > 0) {
        *to++ = '.';
        for (int unit = 100; rest > 0; unit /= 10) {
            *to++ = (char)('0' + rest / unit);
            rest %= unit;
        }
    }
    return to;
}

/* "3e4.5:8646": kernel, expansion, bits. */
static char *put_block(char *to, const weft_elastic_block *block) {
    to = put_whole(to, block->kernel);
    *to++ = 'e';
    to = put_fraction(to, block->expansion);
    *to++ = ':';
    to = put_whole(to, block->pointwise.weights);
    to = put_whole(to, block->pointwise.inputs);
    to = put_whole(to, block->depthwise.weights);
    return put_whole(to, block->depthwise.inputs);
}

static char *elastic_describe(const weft_space *space, const double *genome, char *buffer,
                              size_t size) {
    enum { MOST_A_BLOCK = 96 };
    char text[16 + WEFT_ELASTIC_MAX_STAGES * WEFT_ELASTIC_MAX_BLOCKS * MOST_A_BLOCK];
    weft_elastic_spec spec;
    read_genome(space, genome, &spec);
    char *to = put_whole(text, spec.input.height);
    for (int s = 0; s < spec.skeleton->n_stages; s++) {
        for (int k = 0; k < spec.depth[s]; k++) {
            *to++ = k > 0 || s == 0 ? ' ' : '|';
            to = put_block(to, &spec.blocks[s][k]);
        }
    }
    *to = '\0';
    snprintf(buffer, size, "%s", text);
    return buffer;
}

/* ---- the families ---------------------------------------------------------------------------- */

static weft_status elastic_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                                weft_error *error) {
    owner_table fields = {{0}};
    WEFT_TRY(weft_meaning_bind(space, elastic_genes, ELASTIC_MEANINGS, error));
    for (int g = 0; g < space->n_genes; g++) {
        int meaning = space->roles[g].meaning;
        if (meaning == WEFT_MEANING_KNOB) {
            continue;
        }
        WEFT_TRY(check_numbers(space, g, error));
        if (meaning == ELASTIC_DEPTH) {
            WEFT_TRY(check_depth(space, g, error));
        } else if (elastic_fields[meaning] != 0) {
            WEFT_TRY(check_activity(space, g, error));
            WEFT_TRY(claim(space, g, fields, error));
        }
        if (meaning == ELASTIC_KERNEL) {
            WEFT_TRY(check_kernel(space, g, error));
        }
        if (meaning == ELASTIC_REGION) {
            WEFT_TRY(weft_meaning_check_region(space, g, error));
        }
    }
    WEFT_TRY(check_regions(space, doc, node, error));
    weft_elastic_spec *spec = calloc(1, sizeof *spec);
    if (spec == NULL) {
        return weft_fail_memory(error, sizeof *spec);
    }
    weft_elastic_defaults(skeleton_of(space), spec);
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
    space->bound = spec;
    space->is_distinct = is_distinct(space);
    return WEFT_OK;
}

static void elastic_release(weft_space *space) {
    free(space->bound);
    space->bound = NULL;
}

const weft_family weft_family_proxyless = {
    .name = "proxyless",
    .bind = elastic_bind,
    .decode = elastic_decode,
    .describe = elastic_describe,
    .release = elastic_release,
};

const weft_family weft_family_ofa = {
    .name = "ofa-mobilenetv3",
    .bind = elastic_bind,
    .decode = elastic_decode,
    .describe = elastic_describe,
    .release = elastic_release,
};
