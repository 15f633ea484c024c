/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing the trees. A node's trials are a range of a list of rows, which a split parts in place. Of
 * each candidate gene a histogram over its bins is taken; ordered genes are cut between two bins,
 * choices into the subset that least squares would choose, which is a cut of the choices in order of
 * their means (W. D. Fisher, "On grouping for maximum homogeneity", JASA 53, 1958). Bins that no
 * trial of the node is in go half to each side of an ordered gene, and to the larger side of choices.
 */
#include "search/forest.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Deepest tree. Genes looked at for a split at least; beyond that a third of them (Breiman's rule
 * for regression): few genes are all looked at. */
enum { MAX_DEPTH = 48, LEAST_CANDIDATES = 8, CANDIDATE_PART = 3 };

/* Splits are equally good up to rounding, so that units do not decide between them. */
static const double TIE = 1e-9;

typedef struct growth {
    const weft_gene_table *table;
    const double *values; /* (n) */
    size_t n;
    int least_leaf;
    weft_gene_bins *bins;
    uint8_t *columns;      /* (n_genes, n): the bin of each trial */
    uint64_t *conditions;  /* (n_genes, WEFT_GENE_MAX_CONDITIONS): bins of the parent that hold */
    uint64_t *masks;       /* (n_genes): the box of the node at hand */
    bool *active;          /* (n_genes): in all of the box */
    int *candidates;       /* (n_genes) */
    uint32_t *rows, *side; /* (n) of the bootstrap sample, and room to part them */
    weft_rng rng;
    weft_forest_tree *tree;
    int room; /* nodes that the tree has room for */
} growth;

/* ---- candidates ------------------------------------------------------------------------------ */

/* The genes of several bins that are active everywhere in the box. */
static int find_candidates(growth *grown) {
    int n = 0;
    for (int g = 0; g < grown->table->n_genes; g++) {
        const weft_gene *gene = &grown->table->genes[g];
        bool active = true;
        for (int c = 0; c < gene->n_conditions; c++) {
            int parent = gene->conditions[c].parent;
            uint64_t holds = grown->conditions[g * WEFT_GENE_MAX_CONDITIONS + c];
            active = active && grown->active[parent] && (grown->masks[parent] & ~holds) == 0;
        }
        grown->active[g] = active;
        if (active && (grown->masks[g] & (grown->masks[g] - 1)) != 0) {
            grown->candidates[n++] = g;
        }
    }
    return n;
}

/* Draws those that are looked at to the front. */
static int draw_candidates(growth *grown, int n) {
    int most = n / CANDIDATE_PART > LEAST_CANDIDATES ? n / CANDIDATE_PART : LEAST_CANDIDATES;
    for (int k = 0; k < most && k < n; k++) {
        int other = k + (int)weft_rng_below(&grown->rng, (uint64_t)(n - k));
        int gene = grown->candidates[other];
        grown->candidates[other] = grown->candidates[k];
        grown->candidates[k] = gene;
    }
    return most < n ? most : n;
}

/* ---- splits ---------------------------------------------------------------------------------- */

typedef struct split {
    int gene; /* -1: none */
    uint64_t mask;
    double gain; /* sum over both sides of (sum of values)^2 / trials, less that of the whole */
} split;

typedef struct bin_sum {
    double sum;
    uint32_t n;
    int bin;
} bin_sum;

static int by_mean(const void *left, const void *right) {
    const bin_sum *a = left;
    const bin_sum *b = right;
    double difference = a->sum / a->n - b->sum / b->n;
    return difference != 0.0 ? (difference > 0.0) - (difference < 0.0) : a->bin - b->bin;
}

/* The mask of the first `n` of the bins with trials. */
static uint64_t mask_of(const growth *grown, int g, const bin_sum *sums, int n, uint32_t n_left,
                        uint32_t n_all) {
    uint64_t box = grown->masks[g];
    if (grown->table->genes[g].kind != WEFT_GENE_CATEGORICAL) {
        int edge = (sums[n - 1].bin + sums[n].bin) / 2; /* the last bin of the left side */
        return box & ((UINT64_C(2) << edge) - 1);
    }
    uint64_t left = 0;
    uint64_t right = box;
    for (int k = 0; k < n; k++) {
        left |= UINT64_C(1) << sums[k].bin;
    }
    if (2 * n_left < n_all) {
        return left;
    }
    for (int k = n; right != 0 && k < WEFT_BINS && sums[k].n > 0; k++) {
        right &= ~(UINT64_C(1) << sums[k].bin);
    }
    return right;
}

/* Improves *best by the best split of gene g over the rows. */
static void try_gene(const growth *grown, int g, const uint32_t *rows, size_t n, double total,
                     split *best) {
    const uint8_t *column = grown->columns + (size_t)g * grown->n;
    bin_sum sums[WEFT_BINS + 1] = {{0.0, 0, 0}};
    for (size_t i = 0; i < n; i++) {
        bin_sum *sum = &sums[column[rows[i]]];
        sum->sum += grown->values[rows[i]];
        sum->n++;
    }
    int filled = 0;
    for (int b = 0; b < grown->bins[g].n; b++) {
        if (sums[b].n > 0) {
            sums[filled] = (bin_sum){sums[b].sum, sums[b].n, b};
            filled++;
        }
    }
    sums[filled].n = 0;
    if (grown->table->genes[g].kind == WEFT_GENE_CATEGORICAL) {
        qsort(sums, (size_t)filled, sizeof *sums, by_mean);
    }
    double left = 0.0;
    uint32_t n_left = 0;
    for (int k = 0; k + 1 < filled; k++) {
        left += sums[k].sum;
        n_left += sums[k].n;
        size_t n_right = n - n_left;
        if ((int)n_left < grown->least_leaf || (int)n_right < grown->least_leaf) {
            continue;
        }
        double right = total - left;
        double gain = left * left / n_left + right * right / (double)n_right -
                      total * total / (double)n;
        if (gain > best->gain * (1.0 + TIE)) {
            uint64_t mask = mask_of(grown, g, sums, k + 1, n_left, (uint32_t)n);
            *best = (split){.gene = g, .mask = mask, .gain = gain};
        }
    }
}

static split find_split(growth *grown, const uint32_t *rows, size_t n, double total,
                        double squares) {
    /* what rounding leaves of a node of equal values is no gain */
    double least = 1e-12 * squares;
    split best = {.gene = -1, .gain = least};
    int there = find_candidates(grown);
    int looked_at = draw_candidates(grown, there);
    for (int k = 0; k < looked_at; k++) {
        try_gene(grown, grown->candidates[k], rows, n, total, &best);
    }
    return best;
}

/* Rows of the mask to the front, both sides in their order. */
static size_t part(growth *grown, const split *at, uint32_t *rows, size_t n) {
    const uint8_t *column = grown->columns + (size_t)at->gene * grown->n;
    size_t left = 0;
    size_t right = 0;
    for (size_t i = 0; i < n; i++) {
        if ((at->mask >> column[rows[i]] & 1) != 0) {
            rows[left++] = rows[i];
        } else {
            grown->side[right++] = rows[i];
        }
    }
    memcpy(rows + left, grown->side, right * sizeof *rows);
    return left;
}

/* ---- trees ----------------------------------------------------------------------------------- */

static weft_status add_node(growth *grown, int *index, weft_error *error) {
    weft_forest_tree *tree = grown->tree;
    if (tree->n_nodes == grown->room) {
        int room = grown->room == 0 ? 64 : 2 * grown->room;
        weft_forest_node *nodes = realloc(tree->nodes, (size_t)room * sizeof *nodes);
        if (nodes == NULL) {
            return weft_fail_memory(error, (size_t)room * sizeof *nodes);
        }
        tree->nodes = nodes;
        grown->room = room;
    }
    *index = tree->n_nodes++;
    return WEFT_OK;
}

static weft_status grow_node(growth *grown, uint32_t *rows, size_t n, int depth,
                             weft_error *error) {
    int index = 0;
    double total = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        double value = grown->values[rows[i]];
        total += value;
        squares += value * value;
    }
    WEFT_TRY(add_node(grown, &index, error));
    split best = {.gene = -1};
    if (depth < MAX_DEPTH && n >= 2 * (size_t)grown->least_leaf) {
        best = find_split(grown, rows, n, total, squares);
    }
    grown->tree->nodes[index] =
        (weft_forest_node){.gene = best.gene, .mask = best.mask, .value = total / (double)n};
    if (best.gene < 0) {
        return WEFT_OK;
    }
    uint64_t box = grown->masks[best.gene];
    size_t left = part(grown, &best, rows, n);
    grown->masks[best.gene] = box & best.mask;
    WEFT_TRY(grow_node(grown, rows, left, depth + 1, error));
    grown->tree->nodes[index].other = grown->tree->n_nodes;
    grown->masks[best.gene] = box & ~best.mask;
    WEFT_TRY(grow_node(grown, rows + left, n - left, depth + 1, error));
    grown->masks[best.gene] = box;
    return WEFT_OK;
}

double weft_forest_tree_at(const weft_forest_tree *tree, const uint8_t *bins) {
    int at = 0;
    while (tree->nodes[at].gene >= 0) {
        const weft_forest_node *node = &tree->nodes[at];
        at = (node->mask >> bins[node->gene] & 1) != 0 ? at + 1 : node->other;
    }
    return tree->nodes[at].value;
}

/* ---- out of the bag -------------------------------------------------------------------------- */

typedef struct out_of_bag {
    bool *seen;       /* (n) by the tree at hand */
    double *sum;      /* (n) of predictions by trees that did not see the trial */
    int *n;           /* (n) how many */
    uint8_t *one_row; /* (n_genes) */
} out_of_bag;

static void predict_unseen(const growth *grown, out_of_bag *out) {
    for (size_t i = 0; i < grown->n; i++) {
        if (out->seen[i]) {
            continue;
        }
        for (int g = 0; g < grown->table->n_genes; g++) {
            out->one_row[g] = grown->columns[(size_t)g * grown->n + i];
        }
        out->sum[i] += weft_forest_tree_at(grown->tree, out->one_row);
        out->n[i]++;
    }
}

static double share_explained(const growth *grown, const out_of_bag *out) {
    double mean = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < grown->n; i++) {
        mean += out->n[i] > 0 ? grown->values[i] : 0.0;
        n += out->n[i] > 0;
    }
    mean /= (double)n;
    double unexplained = 0.0;
    double all = 0.0;
    for (size_t i = 0; i < grown->n; i++) {
        if (out->n[i] > 0) {
            double residual = grown->values[i] - out->sum[i] / out->n[i];
            unexplained += residual * residual;
            all += (grown->values[i] - mean) * (grown->values[i] - mean);
        }
    }
    return all > 0.0 ? 1.0 - unexplained / all : (double)NAN;
}

/* ---- the forest ------------------------------------------------------------------------------ */

static weft_status grow_tree(growth *grown, uint64_t seed, int index, out_of_bag *out,
                             weft_error *error) {
    grown->rng = weft_rng_make(seed, WEFT_PURPOSE_FOREST, (uint64_t)index);
    grown->room = 0;
    memset(out->seen, 0, grown->n * sizeof *out->seen);
    for (size_t i = 0; i < grown->n; i++) {
        grown->rows[i] = (uint32_t)weft_rng_below(&grown->rng, grown->n);
        out->seen[grown->rows[i]] = true;
    }
    for (int g = 0; g < grown->table->n_genes; g++) {
        grown->masks[g] = weft_bins_all(&grown->bins[g]);
    }
    WEFT_TRY(grow_node(grown, grown->rows, grown->n, 0, error));
    predict_unseen(grown, out);
    return WEFT_OK;
}

/* The bins of a parent that lie wholly within a condition. */
static uint64_t bins_that_hold(const weft_gene_bins *bins, const weft_gene *parent,
                               const weft_condition *condition) {
    uint64_t holds = 0;
    for (int b = 0; b < bins->n; b++) {
        double above = b > 0 ? nextafter(bins->edge[b - 1], INFINITY) : parent->lower;
        if (parent->kind != WEFT_GENE_REAL) {
            above = b > 0 ? floor(bins->edge[b - 1]) + 1.0 : parent->lower;
        }
        if (above >= condition->minimum && bins->edge[b] <= condition->maximum) {
            holds |= UINT64_C(1) << b;
        }
    }
    return holds;
}

static void fill_columns(growth *grown, const double *genomes) {
    int n_genes = grown->table->n_genes;
    for (int g = 0; g < n_genes; g++) {
        const weft_gene *gene = &grown->table->genes[g];
        for (int c = 0; c < gene->n_conditions; c++) {
            int parent = gene->conditions[c].parent;
            grown->conditions[g * WEFT_GENE_MAX_CONDITIONS + c] = bins_that_hold(
                &grown->bins[parent], &grown->table->genes[parent], &gene->conditions[c]);
        }
        for (size_t i = 0; i < grown->n; i++) {
            double value = genomes[i * (size_t)n_genes + (size_t)g];
            int bin = weft_bin_of(&grown->bins[g], value);
            /* no split asks for the bin of a gene that is inactive */
            grown->columns[(size_t)g * grown->n + i] = bin == WEFT_BIN_INACTIVE ? 0 : (uint8_t)bin;
        }
    }
}

static weft_status grow_all(growth *grown, const double *genomes,
                            const weft_importance_settings *settings, weft_forest *forest,
                            out_of_bag *out, weft_error *error) {
    size_t n = grown->n;
    size_t n_genes = (size_t)forest->n_genes;
    grown->columns = malloc(n * n_genes);
    grown->conditions = calloc(n_genes * WEFT_GENE_MAX_CONDITIONS, sizeof *grown->conditions);
    grown->masks = calloc(n_genes, sizeof *grown->masks);
    grown->active = calloc(n_genes, sizeof *grown->active);
    grown->candidates = calloc(n_genes, sizeof *grown->candidates);
    grown->rows = calloc(n, sizeof *grown->rows);
    grown->side = calloc(n, sizeof *grown->side);
    out->seen = calloc(n, sizeof *out->seen);
    out->sum = calloc(n, sizeof *out->sum);
    out->n = calloc(n, sizeof *out->n);
    out->one_row = calloc(n_genes, sizeof *out->one_row);
    forest->trees = calloc((size_t)settings->trees, sizeof *forest->trees);
    if (grown->columns == NULL || grown->conditions == NULL || grown->masks == NULL ||
        grown->active == NULL || grown->candidates == NULL || grown->rows == NULL ||
        grown->side == NULL || out->seen == NULL || out->sum == NULL || out->n == NULL ||
        out->one_row == NULL || forest->trees == NULL) {
        return weft_fail_memory(error, n * n_genes);
    }
    forest->n_trees = settings->trees;
    fill_columns(grown, genomes);
    for (int t = 0; t < settings->trees; t++) {
        grown->tree = &forest->trees[t];
        WEFT_TRY(grow_tree(grown, settings->seed, t, out, error));
    }
    forest->r2 = share_explained(grown, out);
    return WEFT_OK;
}

static weft_status fill_forest(const weft_gene_table *table, const double *genomes,
                               const double *values, size_t n,
                               const weft_importance_settings *settings, weft_forest *forest,
                               weft_error *error) {
    forest->n_genes = table->n_genes;
    forest->bins = calloc((size_t)table->n_genes, sizeof *forest->bins);
    if (forest->bins == NULL) {
        return weft_fail_memory(error, (size_t)table->n_genes * sizeof *forest->bins);
    }
    WEFT_TRY(weft_bins_make(table, genomes, n, forest->bins, error));
    growth grown = {.table = table,
                    .values = values,
                    .n = n,
                    .least_leaf = settings->least_leaf,
                    .bins = forest->bins};
    out_of_bag out = {.one_row = NULL};
    weft_status status = grow_all(&grown, genomes, settings, forest, &out, error);
    free(grown.columns);
    free(grown.conditions);
    free(grown.masks);
    free(grown.active);
    free(grown.candidates);
    free(grown.rows);
    free(grown.side);
    free(out.seen);
    free(out.sum);
    free(out.n);
    free(out.one_row);
    return status;
}

weft_status weft_forest_fit(const weft_gene_table *table, const double *genomes,
                            const double *values, size_t n,
                            const weft_importance_settings *settings, weft_forest **forest,
                            weft_error *error) {
    weft_forest *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill_forest(table, genomes, values, n, settings, made, error);
    if (status != WEFT_OK) {
        weft_forest_destroy(made);
        return status;
    }
    *forest = made;
    return WEFT_OK;
}

void weft_forest_destroy(weft_forest *forest) {
    if (forest == NULL) {
        return;
    }
    for (int t = 0; t < forest->n_trees; t++) {
        free(forest->trees[t].nodes);
    }
    free(forest->trees);
    free(forest->bins);
    free(forest);
}
