/* SPDX-License-Identifier: Apache-2.0
 *
 * Genomes of an elastic space: decoded, and described. */
#include "space/elastic.h"

#include <math.h>
#include <stdio.h>

static void apply_to_network(const weft_role *role, double number, weft_elastic_spec *spec) {
    int32_t whole = (int32_t)number;
    if (role->meaning == WEFT_ELASTIC_DEPTH) {
        int32_t most = spec->skeleton->stages[role->number - 1].blocks;
        spec->depth[role->number - 1] = whole < most ? whole : most;
    } else if (role->meaning == WEFT_ELASTIC_CHANNELS) {
        spec->channels[role->number - 1] = whole;
    } else if (role->meaning == WEFT_ELASTIC_DROP_PATH) {
        spec->drop_path = number;
    } else if (role->meaning == WEFT_ELASTIC_RESOLUTION) {
        spec->input.height = whole;
        spec->input.width = whole;
    } else if (role->meaning == WEFT_ELASTIC_WIDTH) {
        spec->width = number;
    } else if (role->meaning == WEFT_ELASTIC_STEM_COPIES) {
        spec->stem_copies = whole;
    } else if (role->meaning == WEFT_ELASTIC_HEAD_COPIES) {
        spec->head_copies = whole;
    } else if (role->meaning == WEFT_ELASTIC_REGION) {
        spec->regions[role->number - 1] = whole;
    }
}

static void apply_copies(int sets, int32_t copies, weft_elastic_block *block) {
    if (sets & WEFT_SETS_EXPAND_COPIES) {
        block->copies[WEFT_PART_EXPAND] = copies;
    }
    if (sets & WEFT_SETS_DW_COPIES) {
        block->copies[WEFT_PART_DEPTHWISE] = copies;
    }
    if (sets & WEFT_SETS_PROJECT_COPIES) {
        block->copies[WEFT_PART_PROJECT] = copies;
    }
    if (sets & WEFT_SETS_LINEAR_COPIES) {
        block->linear_copies = copies;
    }
}

static void apply_bits(int sets, int32_t bits, weft_elastic_block *block) {
    if (sets & WEFT_SETS_PW_WEIGHTS) {
        block->pointwise.weights = bits;
    }
    if (sets & WEFT_SETS_PW_INPUTS) {
        block->pointwise.inputs = bits;
    }
    if (sets & WEFT_SETS_DW_WEIGHTS) {
        block->depthwise.weights = bits;
    }
    if (sets & WEFT_SETS_DW_INPUTS) {
        block->depthwise.inputs = bits;
    }
}

static void apply_shape(int sets, double number, bool may_attend, weft_elastic_block *block) {
    int32_t whole = (int32_t)number;
    if (sets & WEFT_SETS_KERNEL) {
        block->kernel = whole;
    }
    if (sets & WEFT_SETS_EXPANSION) {
        block->expansion = number;
    }
    if (sets & WEFT_SETS_SQUEEZE) {
        block->squeeze = whole != 0;
    }
    if (sets & WEFT_SETS_ATTENTION) {
        block->attends = may_attend && whole != 0;
    }
    if (sets & WEFT_SETS_HEADS) {
        block->heads = whole;
    }
    if (sets & WEFT_SETS_MLP_RATIO) {
        block->mlp_ratio = number;
    }
}

/* Genes of blocks set either shapes, bits or copies. */
static void apply_to_block(int sets, double number, bool may_attend, weft_elastic_block *block) {
    enum {
        BITS = WEFT_SETS_PW_WEIGHTS | WEFT_SETS_PW_INPUTS | WEFT_SETS_DW_WEIGHTS |
               WEFT_SETS_DW_INPUTS,
        COPIES = WEFT_SETS_EXPAND_COPIES | WEFT_SETS_DW_COPIES | WEFT_SETS_PROJECT_COPIES |
                 WEFT_SETS_LINEAR_COPIES,
    };
    if (sets & BITS) {
        apply_bits(sets, (int32_t)number, block);
    } else if (sets & COPIES) {
        apply_copies(sets, (int32_t)number, block);
    } else {
        apply_shape(sets, number, may_attend, block);
    }
}

static void apply_gene(const weft_space *space, int g, double value, weft_elastic_spec *spec) {
    const weft_role *role = &space->roles[g];
    double number = weft_space_number(space, g, value);
    if (weft_elastic_sets[role->meaning] == 0) {
        apply_to_network(role, number, spec);
        return;
    }
    weft_elastic_extent e = weft_elastic_extent_of(role, spec->skeleton);
    for (int s = e.stage; s < e.stage_end; s++) {
        for (int k = e.block; k < e.block_end; k++) {
            apply_to_block(weft_elastic_sets[role->meaning], number,
                           weft_elastic_may_attend(spec->skeleton, s, k), &spec->blocks[s][k]);
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

weft_status weft_elastic_decode(const weft_space *space, const double *genome, int which,
                                weft_network *network, weft_error *error) {
    (void)which;
    weft_elastic_spec spec;
    read_genome(space, genome, &spec);
    return weft_elastic_build(&spec, network, error);
}

/* ---- what a person calls it ------------------------------------------------------------------- */

/* "224 3e6:8888 5e4s:8644|c32 a4m2:88 ...": input side, then of each stage, parted by '|', its
 * channels where a gene states them, and its blocks: kernel, expansion, squeeze-excite (where it is
 * not as in the skeleton) and bits (pointwise weights and inputs, depthwise weights and inputs); of a
 * transformer block heads, MLP ratio and bits. Bits are left off where no gene and no file states any.
 *
 * Each trial of a search is described: without the formats of the library, which take longer than the
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

/* "8646". */
static char *put_bits(char *to, weft_layer_bits bits) {
    to = put_whole(to, bits.weights);
    return put_whole(to, bits.inputs);
}

static bool has_bits(weft_layer_bits bits) {
    return bits.weights > 0 || bits.inputs > 0;
}

/* "a4m2:86". */
static char *put_encoder(char *to, const weft_elastic_block *block) {
    *to++ = 'a';
    to = put_whole(to, block->heads);
    *to++ = 'm';
    to = put_fraction(to, block->mlp_ratio);
    if (has_bits(block->pointwise)) {
        *to++ = ':';
        to = put_bits(to, block->pointwise);
    }
    return to;
}

/* "3e4.5s:8646". */
static char *put_inverted(char *to, const weft_elastic_block *block, bool squeezes) {
    to = put_whole(to, block->kernel);
    *to++ = 'e';
    to = put_fraction(to, block->expansion);
    if (block->squeeze != squeezes) {
        *to++ = 's';
    }
    if (has_bits(block->pointwise) || has_bits(block->depthwise)) {
        *to++ = ':';
        to = put_bits(to, block->pointwise);
        to = put_bits(to, block->depthwise);
    }
    return to;
}

char *weft_elastic_describe(const weft_space *space, const double *genome, char *buffer,
                            size_t size) {
    enum { MOST_A_BLOCK = 96, MOST_A_STAGE = 16 };
    char text[16 +
              WEFT_ELASTIC_MAX_STAGES * (MOST_A_STAGE + WEFT_ELASTIC_MAX_BLOCKS * MOST_A_BLOCK)];
    weft_elastic_spec spec;
    read_genome(space, genome, &spec);
    char *to = put_whole(text, spec.input.height);
    for (int s = 0; s < spec.skeleton->n_stages; s++) {
        for (int k = 0; k < spec.depth[s]; k++) {
            *to++ = k > 0 || s == 0 ? ' ' : '|';
            if (k == 0 && spec.channels[s] > 0) {
                *to++ = 'c';
                to = put_whole(to, spec.channels[s]);
                *to++ = ' ';
            }
            const weft_elastic_block *block = &spec.blocks[s][k];
            to = block->attends ? put_encoder(to, block)
                                : put_inverted(to, block, spec.skeleton->stages[s].squeeze);
        }
    }
    *to = '\0';
    snprintf(buffer, size, "%s", text);
    return buffer;
}
