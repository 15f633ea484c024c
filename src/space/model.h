/* SPDX-License-Identifier: Apache-2.0
 *
 * A space from the inside. Reading goes in three steps: a file becomes rules (read.c), rules become
 * genes in an order in which parents come first (expand.c), and the family says what each gene
 * means (family.h). */
#ifndef WEFT_SPACE_MODEL_H
#define WEFT_SPACE_MODEL_H

#include <weft/space.h>

#include "base/doc.h"

enum {
    WEFT_SPACE_NAME = 64,
    WEFT_SPACE_LABEL = 32,
    WEFT_SPACE_WHEN = 256,
    WEFT_SPACE_MAX_RULES = 128,
    WEFT_SPACE_MAX_REPEAT = 64,
    WEFT_SPACE_MAX_PLACES = 16,
    WEFT_SPACE_MAX_NETWORKS = 16,
    WEFT_SPACE_MAX_GENES = 512,
};

/* The largest bound of an integer gene: whole numbers up to here, their differences and sums are
 * exact in a double. */
#define WEFT_SPACE_MAX_INTEGER INT64_C(1000000000000000)

/* A gene as the file states it. With `repeat` = n it stands for genes name1 .. nameN; with n_places
 * = m for name1_1 .. name1_K, .., nameM_1 .. nameM_L, as many in each place as `repeats` says. */
typedef struct weft_rule {
    char name[WEFT_GENE_NAME];
    weft_gene_kind kind;
    int n_choices;
    char labels[WEFT_GENE_MAX_CHOICES][WEFT_SPACE_LABEL]; /* categorical */
    double values[WEFT_GENE_MAX_CHOICES];                 /* ordinal, rising */
    double lower, upper;                                  /* as in weft_gene */
    bool log_scale;
    int repeat; /* 0: one gene of this very name */
    int first;  /* the number of the first of a repeat */
    int n_places;
    int repeats[WEFT_SPACE_MAX_PLACES];
    bool inert;                 /* always its first value: only papers count the others */
    char sets[WEFT_SPACE_PATH]; /* a parameter of the chip; "": it enters the network */
    char unit[WEFT_SPACE_UNIT]; /* of its numbers; "": that of the chip's file */
    int region;                 /* of what it sets; unused where region_is_index */
    bool region_is_index;       /* the first of a repeat sets region 0 */
    char when[WEFT_SPACE_WHEN]; /* "": always active */
    /* Where it was read, while its documents are open. */
    const weft_doc *doc;
    const weft_node *node;
} weft_rule;

/* What a gene is to the family: the meaning is the family's own enumeration. */
typedef struct weft_role {
    int rule;    /* the rule it comes from */
    int place;   /* "3" of kernel3_2; 0: it has one number at most */
    int index;   /* its number among the rule's genes or, with a place, in it, from 1; 0: none */
    int meaning; /* set by the family; WEFT_MEANING_KNOB: none, it sets a parameter of the chip */
    int number;  /* "3" of block3 and kernel3_2; 0: none; set by the family */
    int second;  /* "2" of kernel3_2; likewise */
} weft_role;

enum { WEFT_MEANING_KNOB = -1 };

typedef struct weft_family weft_family;

struct weft_space {
    char name[WEFT_SPACE_NAME];
    const weft_family *family;
    weft_shape input;
    int classes;
    int head_pool, n_hidden;
    int hidden[WEFT_IMC_MAX_HIDDEN];
    double dropout;
    int smallest_map; /* no halving may leave a side below it */
    char chip[WEFT_NETWORK_NAME];
    weft_layer_bits bits; /* of layers whose bits no gene sets; 0: what the chip takes */
    int n_networks;       /* of the file's list; 0: the family makes the network */
    char networks[WEFT_SPACE_MAX_NETWORKS][WEFT_NETWORK_NAME];
    int n_groups; /* layer groups for which the file states a region */
    int group_regions[WEFT_SPACE_MAX_PLACES];
    weft_rule *rules;
    int n_rules;
    weft_gene *genes;
    weft_role *roles; /* one for each gene */
    int n_genes;
    weft_space_knob *knobs;
    int n_knobs;
    int n_regions;
    bool is_distinct; /* set by the family where it is certain */
    void *bound;      /* what the family keeps between decodings; released by it */
    int max_halvings; /* the cap that smallest_map and input give; -1: none */
    char *text;
};

/* The genes without the cap. */
weft_gene_table weft_space_table(const weft_space *space);

/* expand.c: rules to genes and roles. `doc` and `node` place errors that belong to no rule. */
weft_status weft_space_expand(weft_space *space, const weft_doc *doc, const weft_node *node,
                              weft_error *error) WEFT_NODISCARD;

/* when.c: the conditions of one gene. `names` are those of all genes, `rule_of` their rules. A
 * parent is found by its index in `names`. *possible becomes false when they can never hold. */
typedef struct weft_when_scope {
    const weft_space *space;
    const char (*names)[WEFT_GENE_NAME];
    const weft_role *roles;
    int n;
} weft_when_scope;
weft_status weft_when_read(const weft_when_scope *scope, int gene, weft_gene *result,
                           bool *possible, weft_error *error) WEFT_NODISCARD;

/* count.c: whether a genome remains under the cap. */
weft_status weft_space_check_remains(const weft_space *space, weft_error *error) WEFT_NODISCARD;

/* write.c: (re)writes space->text. */
weft_status weft_space_write(weft_space *space, weft_error *error) WEFT_NODISCARD;

/* The cap for the space's input; -1: the family has no halvings. */
int weft_space_halvings(const weft_space *space);

/* The choice of gene g that halves the map; -1: none does. */
int weft_space_halving_choice(const weft_space *space, int g);

/* knob.c: the genes that set the chip, with their regions. */
weft_status weft_space_bind_knobs(weft_space *space, weft_error *error) WEFT_NODISCARD;

/* knob.c: whether each parameter that a gene sets is always set by one: only then do different values
 * certainly make different chips. */
bool weft_space_knobs_are_distinct(const weft_space *space);

/* knob.c: the regions of layer groups must be such as a knob sets something in. */
weft_status weft_space_check_regions(const weft_space *space, const weft_doc *doc,
                                     const weft_node *node, weft_error *error) WEFT_NODISCARD;

/* The rule that gene g comes from. */
static inline const weft_rule *weft_space_rule(const weft_space *space, int g) {
    return &space->rules[space->roles[g].rule];
}

#endif
