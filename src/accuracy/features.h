/* SPDX-License-Identifier: Apache-2.0
 *
 * What models are fed: a row of numbers for each design.
 *   a gene of words        an input for each word, of which the one of its value is 1
 *   a gene of numbers      where it stands between the least and the largest, 0 to 1 (by logarithm
 *                          where they are far apart); and an input for each number where they are few
 *   a gene that may be inactive: one more input, 1 where it is; all others of it are then 0
 *   genes of one name and number ("op1", "op2", ...): for each word the share of them that have it,
 *                          or the mean of where they stand
 * The last kind is what a network is made of, wherever in it: with few trials it tells more than the
 * genes one by one. */
#ifndef WEFT_ACCURACY_FEATURES_H
#define WEFT_ACCURACY_FEATURES_H

#include <weft/accuracy.h>
#include <weft/gene.h>

#include "accuracy/provider.h"
#include "base/doc.h"

enum {
    WEFT_FEATURES_MAX_GENES = 1024,
    WEFT_FEATURES_MAX_VALUES = 64, /* of a gene */
    WEFT_FEATURES_MAX_COLUMNS = 16384,
    WEFT_FEATURES_WORD = 48,
};

/* What a column is, for models that measure distances. */
typedef enum weft_column {
    WEFT_COLUMN_WORD,    /* one of a gene's words */
    WEFT_COLUMN_ORDERED, /* a number of its own */
    WEFT_COLUMN_AGAIN,   /* what another column says too */
} weft_column;

typedef struct weft_feature_gene {
    char name[WEFT_GENE_NAME];
    bool is_number;
    bool by_log;         /* where a number stands is told by its logarithm */
    double lower, upper; /* of the numbers */
    int n_values;        /* words, or numbers where they are few; else 0 */
    char words[WEFT_FEATURES_MAX_VALUES][WEFT_FEATURES_WORD];
    double numbers[WEFT_FEATURES_MAX_VALUES]; /* rising */
    bool pauses;                              /* it was inactive in some design */
    int family;   /* of those of its name, from 0; -1: it stands alone */
    int first, n; /* its columns */
} weft_feature_gene;

typedef struct weft_features {
    int n_genes;
    weft_feature_gene *genes;
    int n_families;
    int *family_first, *family_size; /* the columns of a family's means; how many genes it has */
    int n_columns;
    weft_column *columns; /* (n_columns) */
    int *word_gene;       /* (n_columns) the gene of a column of words; -1 */
} weft_features;

/* Learns the genes of n designs, `genomes` row by row. Left out are genes of the chip, those of
 * `ignore`, and those that never differ: no design tells what they do. WEFT_ERROR_INPUT where nothing
 * is left. */
weft_status weft_features_learn(const weft_design_genes *genes, const double *genomes, int n,
                                const char *ignore, weft_features **features,
                                weft_error *error) WEFT_NODISCARD;
void weft_features_destroy(weft_features *features);

/* Writes them as the key `genes` of a file, and reads that node. */
void weft_features_write(const weft_features *features, FILE *out);
weft_status weft_features_read(const weft_doc *doc, const weft_node *node, weft_features **features,
                               weft_error *error) WEFT_NODISCARD;

/* ---- designs as rows --------------------------------------------------------------------------- */

/* The genes of designs, bound to features once, so that a row costs no text. */
typedef struct weft_binding weft_binding;

/* uses[g] becomes WEFT_GENE_FED for each gene that is fed; `uses` may be NULL. WEFT_ERROR_INPUT: a gene
 * of the features is missing, or may have a value that no trial could have had. */
weft_status weft_binding_create(const weft_features *features, const weft_design_genes *genes,
                                weft_gene_use *uses, weft_binding **binding,
                                weft_error *error) WEFT_NODISCARD;
void weft_binding_destroy(weft_binding *binding);

/* The row of a genome: n_columns numbers. */
void weft_features_row(const weft_binding *binding, const double *genome, float *row);

#endif
