/* SPDX-License-Identifier: Apache-2.0
 * Random genes and genomes, and the scale on which a numeric gene is searched. */
#ifndef WEFT_SEARCH_SAMPLING_H
#define WEFT_SEARCH_SAMPLING_H

#include "base/rng.h"
#include <weft/gene.h>

/* Uniform over the gene's values (uniform in the logarithm with log_scale). */
double weft_gene_draw(const weft_gene *gene, weft_rng *rng);

/* The value at a share in [0, 1) of the gene's range: equal parts for whole numbers and choices,
 * the search scale for reals. */
double weft_gene_at(const weft_gene *gene, double share);

/* Gene by gene, each uniform given its parents: a canonical genome. Not uniform over the genomes of
 * the space: with depth 1..7 each depth is as likely, though there are far more deep networks. */
void weft_genome_draw(const weft_gene_table *table, weft_rng *rng, double *genome);

/* Keeps the values of active genes, draws those that are active and NaN, writes NaN to the others.
 */
void weft_genome_complete(const weft_gene_table *table, weft_rng *rng, double *genome);

/* The search scale x of a numeric gene (ordinal, integer, real): the value, or its logarithm.
 * Whole-numbered genes own half a step beyond their ends, so that every value has a bin of width 1.
 * weft_gene_value rounds and clamps back into the range. */
double weft_gene_position(const weft_gene *gene, double value);
double weft_gene_value(const weft_gene *gene, double position);
void weft_gene_interval(const weft_gene *gene, double *lower, double *upper);

static inline bool weft_gene_whole(const weft_gene *gene) {
    return gene->kind != WEFT_GENE_REAL;
}

#endif
