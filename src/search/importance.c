/* SPDX-License-Identifier: Apache-2.0
 *
 * The analysis of variance of a forest. Of a tree with leaves of value v and box B = B_1 x B_2 x ...,
 * of volume V = |B_1| |B_2| ..., the mean is the sum of v V, and the parts at bins b and c are
 *
 *     f_g(b)     = sum of v V ([b in B_g] / |B_g| - 1)
 *     f_gh(b, c) = sum of v V ([b in B_g] / |B_g| - 1) ([c in B_h] / |B_h| - 1)
 *
 * so that only the leaves whose path splits by the gene, or by both, count. Those of the forest are
 * the means over its trees: what one tree makes up differs from tree to tree and goes away, while the
 * shares of single trees, which Hutter et al. average, keep it.
 *
 * The variance of f is that of these parts, which is exact, and of what they leave of f, which is
 * estimated at random points. The parts are orthogonal, so their shares never exceed 1 together.
 */
#include "base/rng.h"
#include "search/forest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_TRIALS = 16, MOST_TREES = 1000, MOST_PAIR_GENES = 64, N_POINTS = 16384 };

/* f_gh over the bins of both; while leaves are added what falls on a row, a column, all of them is
 * kept apart, and `at` has what lies within boxes alone. */
typedef struct pair_part {
    double at[WEFT_BINS][WEFT_BINS];
    double row[WEFT_BINS], column[WEFT_BINS], all;
} pair_part;

typedef struct analysis {
    const weft_forest *forest;
    double *parts; /* (n_trees, n_genes, WEFT_BINS): f_g of each tree */
    double *mean;  /* (n_genes, WEFT_BINS): f_g of the forest */
    double mean_of_f;
    int *place;      /* (n_genes): among the genes whose pairs are looked at; -1 */
    int *pair_genes; /* (n_pair_genes) */
    int n_pair_genes;
    pair_part *pairs; /* (n_pair_genes, n_pair_genes), first < second used: f_gh of the forest */
    pair_part *tree_pairs;
    /* the descent at hand: */
    double *tree_parts; /* NULL: pairs are gathered in `tree_pairs` */
    double tree_mean;
    uint64_t *whole; /* (n_genes): all bins */
    uint64_t *masks; /* (n_genes) */
    double *shares;  /* (n_genes): |B_g| */
    int *path;       /* (n_genes): genes that are not whole */
} analysis;

void weft_importance_defaults(weft_importance_settings *settings) {
    *settings =
        (weft_importance_settings){.seed = 1, .trees = 64, .least_leaf = 2, .pair_genes = 12};
}

/* ---- leaves ---------------------------------------------------------------------------------- */

static pair_part *pair_of(const analysis *a, pair_part *pairs, int first, int second) {
    return &pairs[(size_t)first * (size_t)a->n_pair_genes + (size_t)second];
}

static double *bins_of(double *parts, int gene) {
    return parts + (size_t)gene * WEFT_BINS;
}

static void add_singles(analysis *a, double weight, int n_path) {
    for (int k = 0; k < n_path; k++) {
        int g = a->path[k];
        double *part = bins_of(a->tree_parts, g);
        double inside = weight / a->shares[g];
        for (int b = 0; b < a->forest->bins[g].n; b++) {
            part[b] += (a->masks[g] >> b & 1) != 0 ? inside - weight : -weight;
        }
    }
}

/* weight * ([b in B_g] / |B_g| - 1) ([c in B_h] / |B_h| - 1), multiplied out. */
static void add_pair(analysis *a, double weight, int g, int h) {
    pair_part *part = pair_of(a, a->tree_pairs, a->place[g], a->place[h]);
    double by_g = weight / a->shares[g];
    double by_h = weight / a->shares[h];
    double inside = by_g / a->shares[h];
    uint64_t columns = a->masks[h];
    for (uint64_t rows = a->masks[g]; rows != 0; rows &= rows - 1) {
        int b = __builtin_ctzll(rows);
        part->row[b] -= by_g;
        for (uint64_t left = columns; left != 0; left &= left - 1) {
            part->at[b][__builtin_ctzll(left)] += inside;
        }
    }
    for (uint64_t left = columns; left != 0; left &= left - 1) {
        part->column[__builtin_ctzll(left)] -= by_h;
    }
    part->all += weight;
}

/* Once all leaves are added: `at` becomes f_gh. */
static void finish_pair(const analysis *a, int g, int h, pair_part *part) {
    for (int b = 0; b < a->forest->bins[g].n; b++) {
        for (int c = 0; c < a->forest->bins[h].n; c++) {
            part->at[b][c] += part->row[b] + part->column[c] + part->all;
        }
    }
}

static void add_leaf(analysis *a, double value, int n_path) {
    double weight = value;
    for (int k = 0; k < n_path; k++) {
        weight *= a->shares[a->path[k]];
    }
    a->tree_mean += weight;
    if (a->tree_parts != NULL) {
        add_singles(a, weight, n_path);
        return;
    }
    for (int k = 0; k < n_path; k++) {
        for (int l = 0; l < n_path; l++) {
            int first = a->place[a->path[k]];
            int second = a->place[a->path[l]];
            if (first >= 0 && second >= 0 && first < second) {
                add_pair(a, weight, a->path[k], a->path[l]);
            }
        }
    }
}

static double share_of(const weft_gene_bins *bins, uint64_t mask) {
    double share = 0.0;
    for (int b = 0; b < bins->n; b++) {
        share += (mask >> b & 1) != 0 ? bins->share[b] : 0.0;
    }
    return share;
}

static void descend(analysis *a, const weft_forest_tree *tree, int at, int n_path) {
    const weft_forest_node *node = &tree->nodes[at];
    if (node->gene < 0) {
        add_leaf(a, node->value, n_path);
        return;
    }
    int g = node->gene;
    const weft_gene_bins *bins = &a->forest->bins[g];
    uint64_t mask = a->masks[g];
    double share = a->shares[g];
    bool fresh = true;
    for (int k = 0; k < n_path; k++) {
        fresh = fresh && a->path[k] != g;
    }
    a->path[n_path] = fresh ? g : a->path[n_path];
    n_path += fresh;
    a->masks[g] = mask & node->mask;
    a->shares[g] = share_of(bins, a->masks[g]);
    descend(a, tree, at + 1, n_path);
    a->masks[g] = mask & ~node->mask;
    a->shares[g] = share_of(bins, a->masks[g]);
    descend(a, tree, node->other, n_path);
    a->masks[g] = mask;
    a->shares[g] = share;
}

static void gather(analysis *a, int tree, double *singles) {
    a->tree_parts = singles;
    a->tree_mean = 0.0;
    for (int g = 0; g < a->forest->n_genes; g++) {
        a->masks[g] = a->whole[g];
        a->shares[g] = 1.0;
    }
    descend(a, &a->forest->trees[tree], 0, 0);
}

/* ---- single genes ---------------------------------------------------------------------------- */

static void gather_singles(analysis *a) {
    size_t size = (size_t)a->forest->n_genes * WEFT_BINS;
    int n_trees = a->forest->n_trees;
    for (int t = 0; t < n_trees; t++) {
        double *singles = a->parts + (size_t)t * size;
        gather(a, t, singles);
        a->mean_of_f += a->tree_mean / n_trees;
        for (size_t i = 0; i < size; i++) {
            a->mean[i] += singles[i] / n_trees;
        }
    }
}

/* E[x y] over the bins of a gene. */
static double product_mean(const weft_gene_bins *bins, const double *x, const double *y) {
    double sum = 0.0;
    for (int b = 0; b < bins->n; b++) {
        sum += bins->share[b] * x[b] * y[b];
    }
    return sum;
}

/* A share is the mean of what the trees give of it, which differs by so much. */
static double deviation_of(const double *given, int n, double mean) {
    double squares = 0.0;
    for (int t = 0; t < n; t++) {
        squares += (given[t] - mean) * (given[t] - mean);
    }
    return n > 1 ? sqrt(squares / (n - 1)) : 0.0;
}

/* Variances for now; `given` has room for the trees. */
static void fill_gene(analysis *a, int g, double *given, weft_gene_share *gene) {
    const weft_gene_bins *bins = &a->forest->bins[g];
    const double *mean = bins_of(a->mean, g);
    size_t size = (size_t)a->forest->n_genes * WEFT_BINS;
    gene->share = product_mean(bins, mean, mean);
    for (int t = 0; t < a->forest->n_trees; t++) {
        given[t] = product_mean(bins, bins_of(a->parts + (size_t)t * size, g), mean);
    }
    gene->deviation = deviation_of(given, a->forest->n_trees, gene->share);
    int least = 0;
    int most = 0;
    for (int b = 1; b < bins->n; b++) {
        least = mean[b] < mean[least] ? b : least;
        most = mean[b] > mean[most] ? b : most;
    }
    gene->least = a->mean_of_f + mean[least];
    gene->most = a->mean_of_f + mean[most];
    gene->least_at = bins->value[least];
    gene->most_at = bins->value[most];
}

/* ---- pairs ----------------------------------------------------------------------------------- */

typedef struct ranked {
    int gene;
    double gain;
} ranked;

static int by_gain(const void *left, const void *right) {
    const ranked *a = left;
    const ranked *b = right;
    return a->gain != b->gain ? (a->gain < b->gain) - (a->gain > b->gain) : a->gene - b->gene;
}

/* What splits by each gene lower the squares of f by, over the space. It sees genes that matter with
 * another alone, whose own share is none. Returns the volume-weighted mean below a node. */
static double split_gains(const weft_forest *forest, const weft_forest_tree *tree, int at,
                          double volume, uint64_t *masks, ranked *gains) {
    const weft_forest_node *node = &tree->nodes[at];
    if (node->gene < 0) {
        return node->value;
    }
    int g = node->gene;
    uint64_t mask = masks[g];
    double whole = share_of(&forest->bins[g], mask);
    double here = share_of(&forest->bins[g], mask & node->mask) / whole;
    masks[g] = mask & node->mask;
    double a = split_gains(forest, tree, at + 1, volume * here, masks, gains);
    masks[g] = mask & ~node->mask;
    double b = split_gains(forest, tree, node->other, volume * (1.0 - here), masks, gains);
    masks[g] = mask;
    gains[g].gain += volume * here * (1.0 - here) * (a - b) * (a - b);
    return here * a + (1.0 - here) * b;
}

static weft_status choose_pair_genes(analysis *a, int most, weft_error *error) {
    int n_genes = a->forest->n_genes;
    size_t room = (size_t)(n_genes > 0 ? n_genes : 1);
    ranked *gains = calloc(room, sizeof *gains);
    if (gains == NULL) {
        return weft_fail_memory(error, room * sizeof *gains);
    }
    for (int g = 0; g < n_genes; g++) {
        gains[g].gene = g;
        a->masks[g] = a->whole[g];
        a->place[g] = -1;
    }
    for (int t = 0; t < a->forest->n_trees; t++) {
        split_gains(a->forest, &a->forest->trees[t], 0, 1.0, a->masks, gains);
    }
    qsort(gains, (size_t)n_genes, sizeof *gains, by_gain);
    while (a->n_pair_genes < most && a->n_pair_genes < n_genes &&
           gains[a->n_pair_genes].gain > 0.0) {
        a->pair_genes[a->n_pair_genes] = gains[a->n_pair_genes].gene;
        a->place[gains[a->n_pair_genes].gene] = a->n_pair_genes;
        a->n_pair_genes++;
    }
    free(gains);
    return WEFT_OK;
}

static double pair_product(const analysis *a, int g, int h, const pair_part *x,
                           const pair_part *y) {
    const weft_gene_bins *rows = &a->forest->bins[g];
    const weft_gene_bins *columns = &a->forest->bins[h];
    double sum = 0.0;
    for (int b = 0; b < rows->n; b++) {
        sum += rows->share[b] * product_mean(columns, x->at[b], y->at[b]);
    }
    return sum;
}

static size_t n_squares(const analysis *a) {
    return (size_t)a->n_pair_genes * (size_t)a->n_pair_genes;
}

/* f_gh of one tree, of all pairs. */
static void gather_tree_pairs(analysis *a, int tree) {
    memset(a->tree_pairs, 0, n_squares(a) * sizeof *a->tree_pairs);
    gather(a, tree, NULL);
    for (int k = 0; k < a->n_pair_genes; k++) {
        for (int l = k + 1; l < a->n_pair_genes; l++) {
            finish_pair(a, a->pair_genes[k], a->pair_genes[l], pair_of(a, a->tree_pairs, k, l));
        }
    }
}

static void add_mean(const analysis *a, int k, int l) {
    pair_part *mean = pair_of(a, a->pairs, k, l);
    const pair_part *one = pair_of(a, a->tree_pairs, k, l);
    for (int b = 0; b < a->forest->bins[a->pair_genes[k]].n; b++) {
        for (int c = 0; c < a->forest->bins[a->pair_genes[l]].n; c++) {
            mean->at[b][c] += one->at[b][c] / a->forest->n_trees;
        }
    }
}

static void gather_pairs(analysis *a) {
    for (int t = 0; t < a->forest->n_trees; t++) {
        gather_tree_pairs(a, t);
        for (int k = 0; k < a->n_pair_genes; k++) {
            for (int l = k + 1; l < a->n_pair_genes; l++) {
                add_mean(a, k, l);
            }
        }
    }
}

static int by_share(const void *left, const void *right) {
    const weft_pair_share *a = left;
    const weft_pair_share *b = right;
    if (a->share != b->share) {
        return a->share < b->share ? 1 : -1;
    }
    return a->first != b->first ? a->first - b->first : a->second - b->second;
}

/* Variances for now. `given` is (n_pairs, n_trees). */
static void fill_pairs(analysis *a, double *given, weft_importance *to) {
    int n_trees = a->forest->n_trees;
    const int *genes = a->pair_genes;
    for (int t = 0; t < n_trees; t++) {
        gather_tree_pairs(a, t);
        for (int k = 0, pair = 0; k < a->n_pair_genes; k++) {
            for (int l = k + 1; l < a->n_pair_genes; l++, pair++) {
                given[pair * n_trees + t] = pair_product(a, genes[k], genes[l],
                                                         pair_of(a, a->tree_pairs, k, l),
                                                         pair_of(a, a->pairs, k, l));
            }
        }
    }
    for (int k = 0; k < a->n_pair_genes; k++) {
        for (int l = k + 1; l < a->n_pair_genes; l++) {
            const pair_part *mean = pair_of(a, a->pairs, k, l);
            double share = pair_product(a, genes[k], genes[l], mean, mean);
            const double *of_trees = given + (size_t)to->n_pairs * (size_t)n_trees;
            to->pairs[to->n_pairs++] =
                (weft_pair_share){.first = genes[k] < genes[l] ? genes[k] : genes[l],
                                  .second = genes[k] < genes[l] ? genes[l] : genes[k],
                                  .share = share,
                                  .deviation = deviation_of(of_trees, n_trees, share)};
        }
    }
}

static weft_status analyse_pairs(analysis *a, int most, weft_importance *to, weft_error *error) {
    WEFT_TRY(choose_pair_genes(a, most, error));
    size_t n_pairs = (size_t)(a->n_pair_genes * (a->n_pair_genes - 1) / 2);
    size_t n_given = n_pairs * (size_t)a->forest->n_trees;
    if (n_pairs == 0) {
        return WEFT_OK;
    }
    a->pairs = calloc(n_squares(a), sizeof *a->pairs);
    a->tree_pairs = calloc(n_squares(a), sizeof *a->tree_pairs);
    to->pairs = calloc(n_pairs, sizeof *to->pairs);
    double *given = calloc(n_given, sizeof *given);
    weft_status status = WEFT_OK;
    if (a->pairs == NULL || a->tree_pairs == NULL || to->pairs == NULL || given == NULL) {
        status = weft_fail_memory(error, 2 * n_squares(a) * sizeof *a->pairs);
    } else {
        gather_pairs(a);
        fill_pairs(a, given, to);
    }
    free(given);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void draw_point(const weft_forest *forest, weft_rng *rng, uint8_t *bins) {
    for (int g = 0; g < forest->n_genes; g++) {
        double u = weft_rng_uniform(rng);
        int b = 0;
        while (b + 1 < forest->bins[g].n && u >= forest->bins[g].share[b]) {
            u -= forest->bins[g].share[b++];
        }
        bins[g] = (uint8_t)b;
    }
}

/* What the parts leave of f at a point. */
static double left_over(const analysis *a, const uint8_t *bins) {
    const weft_forest *forest = a->forest;
    double value = 0.0;
    for (int t = 0; t < forest->n_trees; t++) {
        value += weft_forest_tree_at(&forest->trees[t], bins) / forest->n_trees;
    }
    value -= a->mean_of_f;
    for (int g = 0; g < forest->n_genes; g++) {
        value -= bins_of(a->mean, g)[bins[g]];
    }
    for (int k = 0; a->pairs != NULL && k < a->n_pair_genes; k++) {
        for (int l = k + 1; l < a->n_pair_genes; l++) {
            value -= pair_of(a, a->pairs, k, l)->at[bins[a->pair_genes[k]]][bins[a->pair_genes[l]]];
        }
    }
    return value;
}

static double rest_variance(const analysis *a, uint64_t seed, uint8_t *bins) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_FOREST, UINT64_MAX);
    double squares = 0.0;
    for (int i = 0; i < N_POINTS; i++) {
        draw_point(a->forest, &rng, bins);
        double left = left_over(a, bins);
        squares += left * left;
    }
    return squares / N_POINTS;
}

/* Variances become shares. */
static void share_out(weft_importance *to, double rest) {
    double whole = rest;
    for (int g = 0; g < to->n_genes; g++) {
        whole += to->genes[g].share;
    }
    for (int p = 0; p < to->n_pairs; p++) {
        whole += to->pairs[p].share;
    }
    to->variance = whole;
    double scale = whole > 0.0 ? 1.0 / whole : 0.0;
    for (int g = 0; g < to->n_genes; g++) {
        to->genes[g].share *= scale;
        to->genes[g].deviation *= scale;
    }
    for (int p = 0; p < to->n_pairs; p++) {
        to->pairs[p].share *= scale;
        to->pairs[p].deviation *= scale;
    }
    if (to->n_pairs > 0) {
        qsort(to->pairs, (size_t)to->n_pairs, sizeof *to->pairs, by_share);
    }
    to->rest = rest * scale;
}

static weft_status analyse(analysis *a, const weft_importance_settings *settings,
                           weft_importance *to, weft_error *error) {
    const weft_forest *forest = a->forest;
    size_t n_genes = (size_t)forest->n_genes;
    size_t n_trees = (size_t)forest->n_trees;
    a->parts = calloc(n_trees * n_genes * WEFT_BINS, sizeof *a->parts);
    a->mean = calloc(n_genes * WEFT_BINS, sizeof *a->mean);
    a->place = calloc(n_genes, sizeof *a->place);
    a->pair_genes = calloc(n_genes, sizeof *a->pair_genes);
    a->whole = calloc(n_genes, sizeof *a->whole);
    a->masks = calloc(n_genes, sizeof *a->masks);
    a->shares = calloc(n_genes, sizeof *a->shares);
    a->path = calloc(n_genes + 1, sizeof *a->path);
    double *given = calloc(n_trees, sizeof *given);
    uint8_t *bins = calloc(n_genes, sizeof *bins);
    weft_status status = WEFT_OK;
    if (a->parts == NULL || a->mean == NULL || a->place == NULL || a->pair_genes == NULL ||
        a->whole == NULL || a->masks == NULL || a->shares == NULL || a->path == NULL ||
        given == NULL || bins == NULL) {
        status = weft_fail_memory(error, n_trees * n_genes * WEFT_BINS * sizeof *a->parts);
    } else {
        for (int g = 0; g < forest->n_genes; g++) {
            a->whole[g] = weft_bins_all(&forest->bins[g]);
        }
        gather_singles(a);
        for (int g = 0; g < forest->n_genes; g++) {
            fill_gene(a, g, given, &to->genes[g]);
        }
        status = analyse_pairs(a, settings->pair_genes, to, error);
    }
    if (status == WEFT_OK) {
        to->r2 = forest->r2;
        to->mean = a->mean_of_f;
        share_out(to, rest_variance(a, settings->seed, bins));
    }
    free(a->parts);
    free(a->mean);
    free(a->place);
    free(a->pair_genes);
    free(a->pairs);
    free(a->tree_pairs);
    free(a->whole);
    free(a->masks);
    free(a->shares);
    free(a->path);
    free(given);
    free(bins);
    return status;
}

/* ---- what comes in --------------------------------------------------------------------------- */

static weft_status check_settings(const weft_importance_settings *settings, weft_error *error) {
    if (settings->trees < 2 || settings->trees > MOST_TREES) {
        return weft_fail(error, WEFT_ERROR_USAGE, "importance by %d trees; expected 2 to %d",
                         settings->trees, MOST_TREES);
    }
    if (settings->least_leaf < 1) {
        return weft_fail(error, WEFT_ERROR_USAGE, "leaves of %d trials; expected 1 or more",
                         settings->least_leaf);
    }
    if (settings->pair_genes < 0 || settings->pair_genes > MOST_PAIR_GENES) {
        return weft_fail(error, WEFT_ERROR_USAGE, "pairs of %d genes; expected 0 to %d",
                         settings->pair_genes, MOST_PAIR_GENES);
    }
    return WEFT_OK;
}

weft_status weft_trials_check(const weft_gene_table *table, const double *genomes, size_t n,
                              weft_error *error) {
    weft_gene_table anywhere = *table;
    anywhere.legal = NULL;
    WEFT_TRY(weft_gene_table_check(table, error));
    if (n > UINT32_MAX) {
        return weft_fail(error, WEFT_ERROR_USAGE, "%zu trials; expected less than 2^32", n);
    }
    for (size_t i = 0; i < n; i++) {
        if (!weft_genome_legal(&anywhere, genomes + i * (size_t)table->n_genes)) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "the genome of trial %zu is not a canonical one of the space", i);
        }
    }
    return WEFT_OK;
}

/* A gene of one value in all trials stands there; `genome` gets it, NaN where it is never active. */
static bool find_frozen(const weft_gene_table *table, const double *genomes, size_t n, bool *frozen,
                        double *genome) {
    bool any_varies = false;
    for (int g = 0; g < table->n_genes; g++) {
        bool varies = false;
        genome[g] = NAN;
        for (size_t i = 0; i < n; i++) {
            double value = genomes[i * (size_t)table->n_genes + (size_t)g];
            genome[g] = isnan(genome[g]) ? value : genome[g];
            varies = varies || (!isnan(value) && value != genome[g]);
        }
        frozen[g] = !varies && !isnan(genome[g]);
        any_varies = any_varies || varies;
    }
    return any_varies;
}

/* The table as the trials vary it, which decides where a conditional gene is active. */
static weft_status narrow(const weft_gene_table *table, const double *genomes, size_t n,
                          weft_gene *genes, weft_error *error) {
    size_t n_genes = (size_t)table->n_genes;
    bool *frozen = calloc(n_genes, sizeof *frozen);
    double *genome = calloc(n_genes, sizeof *genome);
    weft_status status = WEFT_OK;
    if (frozen == NULL || genome == NULL) {
        status = weft_fail_memory(error, n_genes * sizeof *genome);
    } else if (!find_frozen(table, genomes, n, frozen, genome)) {
        status = weft_fail(error, WEFT_ERROR_USAGE, "all %zu trials have the same genes", n);
    } else {
        status = weft_genes_freeze(table, frozen, genome, genes, error);
    }
    free(frozen);
    free(genome);
    return status;
}

static weft_status check(const weft_gene_table *table, const double *genomes, const double *values,
                         size_t n, weft_error *error) {
    WEFT_TRY(weft_trials_check(table, genomes, n, error));
    if (n < LEAST_TRIALS) {
        weft_fail(error, WEFT_ERROR_USAGE, "%zu trials tell too little of genes; expected %d", n,
                  (int)LEAST_TRIALS);
        weft_hint(error, "search on; some hundreds of trials tell more");
        return WEFT_ERROR_USAGE;
    }
    bool differ = false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            return weft_fail(error, WEFT_ERROR_USAGE, "the value of trial %zu is not finite", i);
        }
        differ = differ || values[i] != values[0];
    }
    return differ ? WEFT_OK
                  : weft_fail(error, WEFT_ERROR_USAGE,
                              "all %zu trials have the same value, so that no gene matters", n);
}

/* Values with mean 0 and variance 1, so that sums of squares keep their digits. */
static void standardise(const double *values, size_t n, double *to, double *mean, double *unit) {
    *mean = 0.0;
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        *mean += values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(values[i] - *mean));
    }
    double squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        double relative = (values[i] - *mean) / largest;
        squares += relative * relative / (double)n;
    }
    *unit = largest * sqrt(squares);
    for (size_t i = 0; i < n; i++) {
        to[i] = (values[i] - *mean) / *unit;
    }
}

static weft_status fill(const weft_gene_table *table, const double *genomes, const double *values,
                        size_t n, const weft_importance_settings *settings, weft_importance *to,
                        weft_error *error) {
    double mean = 0.0;
    double unit = 1.0;
    weft_forest *forest = NULL;
    double *standard = malloc(n * sizeof *standard);
    weft_gene *genes = calloc((size_t)table->n_genes, sizeof *genes);
    to->genes = calloc((size_t)table->n_genes, sizeof *to->genes);
    weft_status status = WEFT_OK;
    if (standard == NULL || genes == NULL || to->genes == NULL) {
        status = weft_fail_memory(error, n * sizeof *standard);
    } else {
        status = narrow(table, genomes, n, genes, error);
    }
    if (status == WEFT_OK) {
        const weft_gene_table narrowed = {.genes = genes, .n_genes = table->n_genes};
        standardise(values, n, standard, &mean, &unit);
        status = weft_forest_fit(&narrowed, genomes, standard, n, settings, &forest, error);
    }
    if (status == WEFT_OK) {
        analysis a = {.forest = forest};
        to->n_genes = table->n_genes;
        to->n_trials = n;
        status = analyse(&a, settings, to, error);
    }
    if (status == WEFT_OK) {
        to->mean = mean + unit * to->mean;
        to->variance *= unit * unit;
        for (int g = 0; g < to->n_genes; g++) {
            to->genes[g].least = mean + unit * to->genes[g].least;
            to->genes[g].most = mean + unit * to->genes[g].most;
        }
    }
    weft_forest_destroy(forest);
    free(genes);
    free(standard);
    return status;
}

weft_status weft_importance_of(const weft_gene_table *table, const double *genomes,
                               const double *values, size_t n,
                               const weft_importance_settings *settings,
                               weft_importance **importance, weft_error *error) {
    WEFT_TRY(check_settings(settings, error));
    WEFT_TRY(check(table, genomes, values, n, error));
    weft_importance *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill(table, genomes, values, n, settings, made, error);
    if (status != WEFT_OK) {
        weft_importance_destroy(made);
        return status;
    }
    *importance = made;
    return WEFT_OK;
}

void weft_importance_destroy(weft_importance *importance) {
    if (importance == NULL) {
        return;
    }
    free(importance->genes);
    free(importance->pairs);
    free(importance);
}
