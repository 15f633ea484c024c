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
    WEFT_SPACE_MAX_RULES = 64,
    WEFT_SPACE_MAX_REPEAT = 64,
    WEFT_SPACE_MAX_GENES = 512,
};

/* The largest bound of an integer gene: whole numbers up to here, their differences and sums are
 * exact in a double. */
#define WEFT_SPACE_MAX_INTEGER INT64_C(1000000000000000)

/* A gene as the file states it; with `repeat` = n it stands for genes name1 .. nameN. */
typedef struct weft_rule {
    char name[WEFT_GENE_NAME];
    weft_gene_kind kind;
    int n_choices;
    char labels[WEFT_GENE_MAX_CHOICES][WEFT_SPACE_LABEL]; /* categorical */
    double values[WEFT_GENE_MAX_CHOICES];                 /* ordinal, rising */
    double lower, upper;                                  /* as in weft_gene */
    bool log_scale;
    int repeat;                 /* 0: one gene of this very name */
    char when[WEFT_SPACE_WHEN]; /* "": always active */
    /* Where it was read, while its documents are open. */
    const weft_doc *doc;
    const weft_node *node;
} weft_rule;

/* What a gene is to the family: the meaning is the family's own enumeration. */
typedef struct weft_role {
    int rule;    /* the rule it comes from */
    int index;   /* its number among the rule's genes, from 1; 0: the rule does not repeat */
    int meaning; /* set by the family */
    int number;  /* "3" of block3; 0: none; set by the family */
} weft_role;

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
    weft_rule *rules;
    int n_rules;
    weft_gene *genes;
    weft_role *roles; /* one for each gene */
    int n_genes;
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

/* The cap for the space's input. */
int weft_space_halvings(const weft_space *space);

/* The number that a value of gene g stands for: an ordinal's choice, else the value itself. */
double weft_space_number(const weft_space *space, int g, double value);

#endif
