/* SPDX-License-Identifier: Apache-2.0
 *
 * A random forest over genes: L. Breiman, "Random forests", Machine Learning 45 (2001). Trees of
 * least squares, each grown on a bootstrap sample, with a random subset of the genes at every split.
 *
 * Genes are cut into bins, at most 64 each, so that a box of the space is a bit mask a gene and a
 * split a mask: choices and short ranges have a bin a value, others as many trials in each. A gene
 * is a candidate of a split only where the box so far makes sure that it is active; the prediction
 * of a tree is so a function of all genes in which an inactive one changes nothing.
 */
#ifndef WEFT_SEARCH_FOREST_H
#define WEFT_SEARCH_FOREST_H

#include "base/error.h"

#include <weft/search.h>

enum { WEFT_BINS = 64, WEFT_BIN_INACTIVE = 255 };

/* How the values of a gene are told apart, in rising order. */
typedef struct weft_gene_bins {
    int n;
    double share[WEFT_BINS]; /* of the gene's range on its search scale; their sum is 1 */
    double value[WEFT_BINS]; /* one that stands for the bin */
    double edge[WEFT_BINS];  /* the largest value of the bin */
} weft_gene_bins;

typedef struct weft_forest_node {
    int gene;      /* -1: a leaf */
    int other;     /* child for the bins that are not in `mask`; theirs is the next node */
    uint64_t mask; /* bins that go to the next node */
    double value;  /* mean of the trials here */
} weft_forest_node;

typedef struct weft_forest_tree {
    weft_forest_node *nodes; /* (n_nodes), a node before its children; the first is the root */
    int n_nodes;
} weft_forest_tree;

typedef struct weft_forest {
    int n_genes;
    weft_gene_bins *bins; /* (n_genes) */
    int n_trees;
    weft_forest_tree *trees;
    double r2; /* out of bag: share of the variance that trees explain of trials they did not see */
} weft_forest;

/* Fits to n canonical genomes (row by row) and their values. */
weft_status weft_forest_fit(const weft_gene_table *table, const double *genomes,
                            const double *values, size_t n,
                            const weft_importance_settings *settings, weft_forest **forest,
                            weft_error *error) WEFT_NODISCARD;
void weft_forest_destroy(weft_forest *forest);

/* The bin of a value of a gene; WEFT_BIN_INACTIVE for NaN. */
int weft_bin_of(const weft_gene_bins *bins, double value);

/* What a tree predicts of a point given by its bins (n_genes, each with one). */
double weft_forest_tree_at(const weft_forest_tree *tree, const uint8_t *bins);

/* The mask of all bins of a gene. */
static inline uint64_t weft_bins_all(const weft_gene_bins *bins) {
    return bins->n == WEFT_BINS ? UINT64_MAX : (UINT64_C(1) << bins->n) - 1;
}

/* The bins of all genes, for n canonical genomes; those of a whole-numbered gene of up to 64 values
 * are its values. */
weft_status weft_bins_make(const weft_gene_table *table, const double *genomes, size_t n,
                           weft_gene_bins *bins, weft_error *error) WEFT_NODISCARD;

/* WEFT_ERROR_USAGE unless all n genomes are canonical ones of the table, its own rule aside. */
weft_status weft_trials_check(const weft_gene_table *table, const double *genomes, size_t n,
                              weft_error *error) WEFT_NODISCARD;

#endif
