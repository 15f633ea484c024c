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
static inline bool weft_gene_active(const weft_gene_table *table, const double *genome, int g) {
    const weft_gene *gene = &table->genes[g];
    for (int c = 0; c < gene->n_conditions; c++) {
        const weft_condition *condition = &gene->conditions[c];
        double parent = genome[condition->parent];
        /* An inactive parent is NaN: both comparisons fail, and so does the condition. */
        if (!(parent >= condition->minimum && parent <= condition->maximum)) {
            return false;
        }
    }
    return true;
}

/* Writes NaN to inactive genes, in place: each phenotype then has one genome. */
WEFT_API void weft_genome_canonical(const weft_gene_table *table, double *genome);

/* Whether every active gene lies in its range (and is whole where it must be), every inactive one
 * is NaN, and the table's own rule holds. */
WEFT_API bool weft_genome_legal(const weft_gene_table *table, const double *genome);

/* Same genes, same values (NaN equals NaN). */
WEFT_API bool weft_genome_equal(const weft_gene_table *table, const double *a, const double *b);

/* Whether the table makes sense: ranges that are finite and fit their kinds, parents that stand
 * before their children. WEFT_ERROR_USAGE names the gene. */
WEFT_API weft_status weft_gene_table_check(const weft_gene_table *table,
                                           weft_error *error) WEFT_NODISCARD;

/* Whether an active gene has more than one value. */
static inline bool weft_gene_varies(const weft_gene *gene) {
    return gene->upper > gene->lower;
}

/* Writes to `held` (n_genes) the genes of the table, those with frozen[g] as genes of the single
 * value genome[g]: what searches or walks the table of `held` varies the rest. A frozen gene may be
 * NaN only where the values of frozen parents keep it inactive. Conditions stay as they are, so a
 * frozen gene of a free parent is still inactive where the parent says so. */
WEFT_API weft_status weft_genes_freeze(const weft_gene_table *table, const bool *frozen,
                                       const double *genome, weft_gene *held,
                                       weft_error *error) WEFT_NODISCARD;

/* ---- walks ----------------------------------------------------------------------------------- */

/* All genomes of a finite table, each once, canonical, in an order that does not change; whether
 * they are `legal` is not asked. The genes vary in `order` (n_genes of them, outermost first,
 * parents before their children; NULL: as in the table), the last one fastest. Place i of the walk
 * is found without going through those before, so that threads share it as ranges:
 *
 *     weft_gene_walk_create(&table, NULL, &walk, &error);
 *     weft_gene_walk_range(walk, thread, n_threads, &first, &end);
 *     weft_gene_cursor_create(walk, first, end, &cursor, &error);
 *     while ((genome = weft_gene_cursor_next(cursor, &changed)) != NULL) {
 *         if (changed < 3) { ... what depends on the first three genes in the order ... }
 *     }
 */
typedef struct weft_gene_walk weft_gene_walk;     /* read only: shared by threads */
typedef struct weft_gene_cursor weft_gene_cursor; /* one for each thread */

/* The walk keeps nothing of the table. WEFT_ERROR_USAGE for a table of 2^63 genomes or more, one
 * with a real gene that varies, or one whose conditions tie too many genes together. */
WEFT_API weft_status weft_gene_walk_create(const weft_gene_table *table, const int *order,
                                           weft_gene_walk **walk, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_gene_walk_destroy(weft_gene_walk *walk);

/* How many genomes there are. */
WEFT_API uint64_t weft_gene_walk_count(const weft_gene_walk *walk);

/* Part `part` (from 0) of n_parts: sizes differ by one at most; together all places. */
WEFT_API void weft_gene_walk_range(const weft_gene_walk *walk, uint64_t part, uint64_t n_parts,
                                   uint64_t *first, uint64_t *end);

/* A cursor before place `first`, for the places up to `end` (cut at the count). It borrows the
 * walk. */
WEFT_API weft_status weft_gene_cursor_create(const weft_gene_walk *walk, uint64_t first,
                                             uint64_t end, weft_gene_cursor **cursor,
                                             weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_gene_cursor_destroy(weft_gene_cursor *cursor);

/* As if created anew, without allocation. */
WEFT_API void weft_gene_cursor_seek(weft_gene_cursor *cursor, uint64_t first, uint64_t end);

/* The next genome (n_genes, as in the table; lent until the next call), or NULL behind the last.
 * *changed, unless NULL, becomes the place in the order of the first gene that differs from the
 * genome before (0 at the cursor's first): genes at places before it are as they were. */
WEFT_API const double *weft_gene_cursor_next(weft_gene_cursor *cursor, int *changed);

#endif
