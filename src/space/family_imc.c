/* SPDX-License-Identifier: Apache-2.0
 *
 * The imc family: depth, a kind and a number of kernels for each block, and what varies in the
 * head. The networks are built in the network room (imc.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space/family.h"

typedef enum imc_meaning {
    IMC_DEPTH,
    IMC_BLOCK,
    IMC_KERNELS,
    IMC_HIDDEN,
    IMC_DROPOUT,
    IMC_POOL,
    IMC_MEANINGS,
} imc_meaning;

typedef enum imc_numbered { NUMBER_NEVER, NUMBER_ALWAYS, NUMBER_MAY } imc_numbered;

/* What each gene may be called and hold. */
static const struct {
    const char *name;
    imc_numbered numbered;
    bool whole;          /* whole numbers only */
    double lower, upper; /* of its numbers; unused for BLOCK */
} imc_genes[IMC_MEANINGS] = {
    [IMC_DEPTH] = {"depth", NUMBER_NEVER, true, 1, WEFT_IMC_MAX_DEPTH},
    [IMC_BLOCK] = {"block", NUMBER_ALWAYS, true, 0, 0},
    [IMC_KERNELS] = {"kernels", NUMBER_ALWAYS, true, 1, WEFT_IMC_MAX_KERNELS},
    [IMC_HIDDEN] = {"hidden", NUMBER_MAY, true, 1, 65536},
    [IMC_DROPOUT] = {"dropout", NUMBER_NEVER, false, 0, 0.99},
    [IMC_POOL] = {"pool", NUMBER_NEVER, true, 1, 64},
};

static const char *const block_names[] = {
    [WEFT_BLOCK_VGG] = "VGG", [WEFT_BLOCK_MVGG] = "MVGG", [WEFT_BLOCK_RES] = "RES"};
enum { N_BLOCKS = sizeof block_names / sizeof block_names[0] };

/* ---- binding genes to their meaning ---------------------------------------------------------- */

typedef struct binder {
    weft_space *space;
    const weft_doc *doc;
    const weft_node *node;
    weft_error *error;
} binder;

static weft_status fail_gene(const binder *b, int g, const char *message, const char *hint) {
    const weft_rule *rule = &b->space->rules[b->space->roles[g].rule];
    weft_node_fail(rule->doc, rule->node, b->error, WEFT_ERROR_INPUT, "gene '%s' %s",
                   b->space->genes[g].name, message);
    weft_hint(b->error, "%s", hint);
    return WEFT_ERROR_INPUT;
}

/* "kernels12" is KERNELS, 12. */
static bool match_name(const char *name, weft_role *role) {
    size_t stem = strcspn(name, "0123456789");
    long number = name[stem] != '\0' && name[stem] != '0' ? strtol(name + stem, NULL, 10) : 0;
    bool numbered = number > 0;
    bool clean = numbered ? strspn(name + stem, "0123456789") == strlen(name + stem)
                          : name[stem] == '\0';
    for (int m = 0; clean && number <= WEFT_IMC_MAX_DEPTH && m < IMC_MEANINGS; m++) {
        bool allowed = numbered ? imc_genes[m].numbered != NUMBER_NEVER
                                : imc_genes[m].numbered != NUMBER_ALWAYS;
        if (allowed && strlen(imc_genes[m].name) == stem &&
            strncmp(imc_genes[m].name, name, stem) == 0) {
            role->meaning = m;
            role->number = (int)number;
            return true;
        }
    }
    return false;
}

static weft_status fail_unknown(const binder *b, int g) {
    const char *names[IMC_MEANINGS];
    for (int m = 0; m < IMC_MEANINGS; m++) {
        names[m] = imc_genes[m].name;
    }
    char stem[WEFT_GENE_NAME];
    const char *name = b->space->genes[g].name;
    snprintf(stem, sizeof stem, "%.*s", (int)strcspn(name, "0123456789"), name);
    const char *nearest = weft_nearest(stem, names, IMC_MEANINGS);
    char message[128];
    snprintf(message, sizeof message, "is unknown to the imc family%s%s%s",
             nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "'?" : "");
    return fail_gene(b, g, message,
                     "its genes are depth, block1.., kernels1.., hidden or hidden1.., dropout, "
                     "pool (block and kernels with 'repeat')");
}

/* Block kinds must be those of the family. */
static weft_status check_kinds(const binder *b, int g) {
    const weft_rule *rule = &b->space->rules[b->space->roles[g].rule];
    if (rule->kind != WEFT_GENE_CATEGORICAL) {
        return fail_gene(b, g, "must be categorical", "block: {categorical: [VGG, MVGG, RES]}");
    }
    for (int i = 0; i < rule->n_choices; i++) {
        bool known = false;
        for (int k = 0; k < N_BLOCKS; k++) {
            known = known || strcmp(rule->labels[i], block_names[k]) == 0;
        }
        if (!known) {
            const char *nearest = weft_nearest(rule->labels[i], block_names, N_BLOCKS);
            char message[128];
            snprintf(message, sizeof message, "has the unknown choice '%s'%s%s%s", rule->labels[i],
                     nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "'?" : "");
            return fail_gene(b, g, message, "blocks are VGG, MVGG and RES");
        }
    }
    return WEFT_OK;
}

/* Numbers must be such as the network can be built with. */
static weft_status check_numbers(const binder *b, int g) {
    const weft_rule *rule = &b->space->rules[b->space->roles[g].rule];
    int meaning = b->space->roles[g].meaning;
    char hint[120];
    snprintf(hint, sizeof hint, "it takes %s from %g to %g",
             imc_genes[meaning].whole ? "whole numbers" : "numbers", imc_genes[meaning].lower,
             imc_genes[meaning].upper);
    bool suits = rule->kind == WEFT_GENE_ORDINAL || rule->kind == WEFT_GENE_INTEGER ||
                 (rule->kind == WEFT_GENE_REAL && !imc_genes[meaning].whole);
    if (meaning == IMC_DEPTH && rule->kind != WEFT_GENE_INTEGER) {
        return fail_gene(b, g, "must be an integer gene", "depth: {integer: [1, 7]}");
    }
    if (!suits) {
        return fail_gene(b, g, "is of a kind that has no meaning here", hint);
    }
    bool ordinal = rule->kind == WEFT_GENE_ORDINAL;
    int n = ordinal ? rule->n_choices : 2;
    for (int i = 0; i < n; i++) {
        double value = ordinal ? rule->values[i] : i == 0 ? rule->lower : rule->upper;
        if (!(value >= imc_genes[meaning].lower && value <= imc_genes[meaning].upper) ||
            (imc_genes[meaning].whole && floor(value) != value)) {
            char message[80];
            snprintf(message, sizeof message, "may not be %g", value);
            return fail_gene(b, g, message, hint);
        }
    }
    return WEFT_OK;
}

static int find_gene(const weft_space *space, imc_meaning meaning, int number) {
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning == (int)meaning && space->roles[g].number == number) {
            return g;
        }
    }
    return -1;
}

/* Block j's genes must be active for depth >= j and for no other genome: else two genomes would
 * give one network, or a network would lack a number. */
static weft_status check_activity(const binder *b, int g, int depth) {
    const weft_gene *gene = &b->space->genes[g];
    const weft_gene *parent = &b->space->genes[depth];
    double first = parent->lower;
    bool by_depth = gene->n_conditions == 0;
    if (gene->n_conditions == 1 && gene->conditions[0].parent == depth) {
        first = fmax(first, gene->conditions[0].minimum);
        by_depth = gene->conditions[0].maximum >= parent->upper;
    }
    if (by_depth && first == fmax(parent->lower, b->space->roles[g].number)) {
        return WEFT_OK;
    }
    char message[96];
    snprintf(message, sizeof message, "must be active exactly when depth >= %d",
             b->space->roles[g].number);
    return fail_gene(b, g, message, "write `when: depth >= index` with 'repeat'");
}

static weft_status check_blocks(const binder *b) {
    const weft_space *space = b->space;
    int depth = find_gene(space, IMC_DEPTH, 0);
    if (depth < 0) {
        weft_node_fail(b->doc, b->node, b->error, WEFT_ERROR_INPUT, "the gene 'depth' is missing");
        weft_hint(b->error, "depth: {integer: [1, 7]}");
        return WEFT_ERROR_INPUT;
    }
    if (space->genes[depth].n_conditions > 0) {
        return fail_gene(b, depth, "may have no condition", "drop its 'when'");
    }
    for (int j = 1; j <= (int)space->genes[depth].upper; j++) {
        for (int m = IMC_BLOCK; m <= IMC_KERNELS; m++) {
            if (find_gene(space, (imc_meaning)m, j) < 0) {
                char message[96];
                snprintf(message, sizeof message, "reaches %d, but the gene '%s%d' is missing",
                         (int)space->genes[depth].upper, imc_genes[m].name, j);
                return fail_gene(b, depth, message, "raise the 'repeat' of block and kernels");
            }
        }
    }
    for (int g = 0; g < space->n_genes; g++) {
        int meaning = space->roles[g].meaning;
        if (meaning == IMC_BLOCK || meaning == IMC_KERNELS) {
            WEFT_TRY(check_activity(b, g, depth));
        }
    }
    return WEFT_OK;
}

/* A width of the head must exist, and have one gene. */
static weft_status check_hidden(const binder *b) {
    const weft_space *space = b->space;
    int all = find_gene(space, IMC_HIDDEN, 0);
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning != IMC_HIDDEN) {
            continue;
        }
        if (all >= 0 && g != all) {
            return fail_gene(b, g, "stands beside 'hidden', which sets every hidden width",
                             "keep one of them");
        }
        if (space->n_hidden == 0 || space->roles[g].number > space->n_hidden) {
            char message[96];
            snprintf(message, sizeof message, "has no layer: the head has %d hidden layers",
                     space->n_hidden);
            return fail_gene(b, g, message,
                             "give the head more hidden widths: head: {hidden: "
                             "[200, 50]}");
        }
    }
    return WEFT_OK;
}

static weft_status imc_bind(weft_space *space, const weft_doc *doc, const weft_node *node,
                            weft_error *error) {
    binder b = {.space = space, .doc = doc, .node = node, .error = error};
    for (int g = 0; g < space->n_genes; g++) {
        if (space->roles[g].meaning == WEFT_MEANING_KNOB) {
            continue;
        }
        if (!match_name(space->genes[g].name, &space->roles[g])) {
            return fail_unknown(&b, g);
        }
        bool block = space->roles[g].meaning == IMC_BLOCK;
        WEFT_TRY(block ? check_kinds(&b, g) : check_numbers(&b, g));
    }
    WEFT_TRY(check_blocks(&b));
    /* Blocks and kernels make different networks; what stands in the head where a gene is inactive may
     * be one of its values. */
    space->is_distinct = weft_space_knobs_are_distinct(space);
    for (int g = 0; g < space->n_genes; g++) {
        bool head = space->roles[g].meaning > IMC_KERNELS;
        space->is_distinct = space->is_distinct && !(head && space->genes[g].n_conditions > 0);
    }
    return check_hidden(&b);
}

/* ---- genomes --------------------------------------------------------------------------------- */

static int imc_halving_choice(const weft_space *space, int g) {
    if (space->roles[g].meaning != IMC_BLOCK) {
        return -1;
    }
    const weft_rule *rule = &space->rules[space->roles[g].rule];
    for (int i = 0; i < rule->n_choices; i++) {
        if (strcmp(rule->labels[i], block_names[WEFT_BLOCK_VGG]) == 0) {
            return i;
        }
    }
    return -1;
}

static weft_block block_of(const weft_rule *rule, int choice) {
    int kind = 0;
    while (kind + 1 < N_BLOCKS && strcmp(rule->labels[choice], block_names[kind]) != 0) {
        kind++;
    }
    return (weft_block)kind; /* check_kinds: it is one of them */
}

static void set_hidden(weft_imc_spec *spec, int number, int width) {
    for (int i = 0; i < spec->n_hidden; i++) {
        if (number == 0 || i == number - 1) {
            spec->hidden[i] = width;
        }
    }
}

/* Writes the value of gene g into the network's description. */
static void apply_gene(const weft_space *space, int g, double value, weft_imc_spec *spec) {
    const weft_role *role = &space->roles[g];
    double number = weft_space_number(space, g, value);
    switch ((imc_meaning)role->meaning) {
    case IMC_DEPTH:
        spec->depth = (int32_t)number;
        break;
    case IMC_BLOCK:
        spec->blocks[role->number - 1] = block_of(&space->rules[role->rule], (int)value);
        break;
    case IMC_KERNELS:
        spec->kernels[role->number - 1] = (int32_t)number;
        break;
    case IMC_HIDDEN:
        set_hidden(spec, role->number, (int)number);
        break;
    case IMC_DROPOUT:
        spec->dropout = number;
        break;
    case IMC_POOL:
        spec->head_pool = (int32_t)number;
        break;
    case IMC_MEANINGS:
        break;
    }
}

static void read_genome(const weft_space *space, const double *genome, weft_imc_spec *spec) {
    weft_imc_defaults(spec);
    spec->input = space->input;
    spec->classes = space->classes;
    spec->head_pool = space->head_pool;
    spec->n_hidden = space->n_hidden;
    for (int i = 0; i < space->n_hidden; i++) {
        spec->hidden[i] = space->hidden[i];
    }
    spec->dropout = space->dropout;
    for (int g = 0; g < space->n_genes; g++) {
        if (!isnan(genome[g]) && space->roles[g].meaning != WEFT_MEANING_KNOB) {
            apply_gene(space, g, genome[g], spec);
        }
    }
}

static weft_status imc_decode(const weft_space *space, const double *genome, int which,
                              weft_network *network, weft_error *error) {
    (void)which;
    weft_imc_spec spec;
    read_genome(space, genome, &spec);
    return weft_imc_build_into(&spec, network, error);
}

static char *imc_describe(const weft_space *space, const double *genome, char *buffer,
                          size_t size) {
    weft_imc_spec spec;
    read_genome(space, genome, &spec);
    weft_imc_text(&spec, buffer, size);
    for (int g = 0; g < space->n_genes; g++) {
        size_t used = size > 0 ? strlen(buffer) : 0;
        if (space->roles[g].meaning > IMC_KERNELS && !isnan(genome[g]) && used < size) {
            char value[64];
            snprintf(buffer + used, size - used, " %s=%s", space->genes[g].name,
                     weft_space_value_text(space, g, genome[g], value, sizeof value));
        }
    }
    return buffer;
}

const weft_family weft_family_imc = {
    .name = "imc",
    .bind = imc_bind,
    .halving_choice = imc_halving_choice,
    .decode = imc_decode,
    .describe = imc_describe,
};
