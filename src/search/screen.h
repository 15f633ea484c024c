/* SPDX-License-Identifier: Apache-2.0
 *
 * A start that covers the space: of a random sample of legal genomes those that are far from each
 * other. Distance is Hamming's, the number of genes that differ (an inactive gene differs from an
 * active one); real and long-ranged genes are told apart by 64 equal steps of their search scale.
 * Greedy max-min: after the first of the sample, each time the one whose nearest chosen genome is
 * farthest (T. F. Gonzalez, "Clustering to minimize the maximum intercluster distance", Theor.
 * Comput. Sci. 38, 1985); ties to the earlier. */
#ifndef WEFT_SEARCH_SCREEN_H
#define WEFT_SEARCH_SCREEN_H

#include "base/error.h"
#include <weft/gene.h>

/* *genomes becomes (*n, n_genes), canonical, in order of choice, to be freed by the
 * caller; NULL for none. At most `n_screened` <= `n_sample`: fewer where the sample has fewer
 * distinct genomes, or where few legal ones are found. A function of the table and the seed. */
weft_status weft_screen(const weft_gene_table *table, uint64_t seed, size_t n_sample,
                        size_t n_screened, double **genomes, size_t *n,
                        weft_error *error) WEFT_NODISCARD;

#endif
