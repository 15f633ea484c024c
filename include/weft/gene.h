/* SPDX-License-Identifier: Apache-2.0
 *
 * Genes: the coordinates of a search space as plain data. The optimizers of search.h see only this
 * header; what a gene means is known to space.h alone.
 *
 * A genome is an array of `double`, one for each gene of the table:
 *   categorical, ordinal   the index of the choice, 0 .. n_choices-1 (exact in a double)
 *   integer                the value itself, lower .. upper
 *   real                   the value itself, lower .. upper (search in log scale if `log_scale`)
 *   inactive gene          NaN (its condition does not hold); weft_genome_canonical writes it
 */
#ifndef WEFT_GENE_H
#define WEFT_GENE_H

#include <weft/base.h>

typedef enum weft_gene_kind {
    WEFT_GENE_CATEGORICAL, /* unordered choices */
    WEFT_GENE_ORDINAL,     /* ordered choices, uneven steps allowed */
    WEFT_GENE_INTEGER,     /* every integer of a range */
    WEFT_GENE_REAL,        /* an interval */
} weft_gene_kind;

enum { WEFT_GENE_NAME = 48, WEFT_GENE_MAX_CONDITIONS = 4, WEFT_GENE_MAX_CHOICES = 64 };

/* Holds when the parent is active and its value lies in [minimum, maximum] (for choices: their
 * index). The parent always stands before its child in the table. */
typedef struct weft_condition {
    int parent;
    double minimum, maximum;
} weft_condition;

typedef struct weft_gene {
    char name[WEFT_GENE_NAME];
    weft_gene_kind kind;
    int n_choices;       /* categorical, ordinal: 1 .. WEFT_GENE_MAX_CHOICES */
    double lower, upper; /* integer, real: the closed range; choices: 0 and n_choices-1 */
    bool log_scale;      /* real only, lower > 0 */
    int n_conditions;    /* all must hold; 0: always active */
    weft_condition conditions[WEFT_GENE_MAX_CONDITIONS];
} weft_gene;

/* A table of genes and the rule that no gene can tell: whether a whole genome is legal. `legal` may
 * be NULL (all are); it must be a pure function of `context` and the genome. */
typedef struct weft_gene_table {
    const weft_gene *genes;
    int n_genes;
    bool (*legal)(const void *context, const double *genome);
    const void *context;
} weft_gene_table;

/* Whether gene g is active, given the values of the genes before it. */
WEFT_API bool weft_gene_active(const weft_gene_table *table, const double *genome, int g);

/* Writes NaN to inactive genes, in place: each phenotype then has one genome. */
WEFT_API void weft_genome_canonical(const weft_gene_table *table, double *genome);

/* Whether every active gene lies in its range (and is whole where it must be), every inactive one
 * is NaN, and the table's own rule holds. */
WEFT_API bool weft_genome_legal(const weft_gene_table *table, const double *genome);

/* Same genes, same values (NaN equals NaN). */
WEFT_API bool weft_genome_equal(const weft_gene_table *table, const double *a, const double *b);

#endif
