/* SPDX-License-Identifier: Apache-2.0
 *
 * Boosted regression trees of fixed depth: each tree is fitted to what the ones before leave, on 0.7 of
 * the rows and half of the columns at random (J. H. Friedman, "Stochastic gradient boosting", Comput.
 * Stat. Data Anal. 38(4), 2002), and adds a part RATE of itself. A split is the one that gains most of
 *     G_l^2 / (n_l + lambda) + G_r^2 / (n_r + lambda) - G^2 / (n + lambda)
 * and a leaf says G / (n + lambda), with G the sum of the residuals in it (T. Chen, C. Guestrin,
 * "XGBoost", KDD 2016, equations 5 and 7 for the squared loss). Several such models, alike but for
 * their seeds, give the spread.
 *
 * Columns are cut at CUTS places at most, at quantiles, so that a split is found by one pass over the
 * rows of a node: hundreds to thousands of rows need no more. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/model.h"
#include "base/rng.h"

enum {
    DEPTH = 4,
    INNER = (1 << DEPTH) - 1,
    LEAVES = 1 << DEPTH,
    TREES = 120,
    MEMBERS = 4,
    CUTS = 15
};

static const double RATE = 0.08;
static const double LAMBDA = 1.0;
static const double ROW_SHARE = 0.7, COLUMN_SHARE = 0.5;
static const int LEAST_ROWS = 2; /* on either side of a split */

/* A tree: the inner nodes level by level (children of i: 2 i + 1 and 2 i + 2), then the leaves. A row
 * goes left where row[column] <= cut; a node that splits nothing has the cut FLT_MAX. */
typedef struct tree {
    float column[INNER], cut[INNER], leaf[LEAVES];
} tree;

typedef struct trees {
    int columns;
    tree *all; /* (MEMBERS, TREES) */
} trees;

enum { TREE_VALUES = INNER + INNER + LEAVES };

static void destroy(void *state) {
    trees *made = state;
    if (made != NULL) {
        free(made->all);
        free(made);
    }
}

/* ---- cuts -------------------------------------------------------------------------------------- */

typedef struct grower {
    const weft_samples *samples;
    int columns;
    float *cuts;       /* (columns, CUTS) rising */
    uint8_t *n_cuts;   /* (columns) */
    uint8_t *bins;     /* (columns, n): how many cuts lie below the value */
    double *residuals; /* (n) */
    uint32_t *rows;    /* (n) those of the tree, node by node */
    uint32_t *room;    /* (n) */
    uint32_t *picked;  /* (columns) */
    int n_picked;
} grower;

static int by_value(const void *left, const void *right) {
    float a = *(const float *)left;
    float b = *(const float *)right;
    return (a > b) - (a < b);
}

static void find_cuts(grower *g, int column, float *sorted) {
    const weft_samples *s = g->samples;
    float *cuts = g->cuts + (size_t)column * CUTS;
    int found = 0;
    for (int i = 0; i < s->n; i++) {
        sorted[i] = s->rows[(size_t)i * (size_t)g->columns + (size_t)column];
    }
    qsort(sorted, (size_t)s->n, sizeof *sorted, by_value);
    int distinct = 1;
    for (int i = 1; i < s->n; i++) {
        distinct += sorted[i] != sorted[i - 1];
    }
    int wanted = distinct - 1 < CUTS ? distinct - 1 : CUTS;
    int seen = 0;
    for (int i = 1; i < s->n && found < wanted; i++) {
        if (sorted[i] == sorted[i - 1]) {
            continue;
        }
        seen++;
        /* few values: a cut between any two; many: at equal numbers of rows */
        bool take = distinct - 1 <= CUTS ? seen == found + 1
                                         : (int64_t)i * (CUTS + 1) >= (int64_t)(found + 1) * s->n;
        if (take) {
            cuts[found++] = 0.5f * (sorted[i] + sorted[i - 1]);
        }
    }
    g->n_cuts[column] = (uint8_t)found;
    for (int i = 0; i < s->n; i++) {
        float value = s->rows[(size_t)i * (size_t)g->columns + (size_t)column];
        uint8_t bin = 0;
        while (bin < found && value > cuts[bin]) {
            bin++;
        }
        g->bins[(size_t)column * (size_t)s->n + (size_t)i] = bin;
    }
}

/* ---- a tree ------------------------------------------------------------------------------------ */

typedef struct split {
    double gain;
    int column, cut;
} split;

static double score(double sum, double n) {
    return sum * sum / (n + LAMBDA);
}

static void try_column(const grower *g, int column, int first, int end, split *best) {
    double sums[CUTS + 1] = {0};
    int counts[CUTS + 1] = {0};
    const uint8_t *bins = g->bins + (size_t)column * (size_t)g->samples->n;
    double sum = 0.0;
    for (int i = first; i < end; i++) {
        uint32_t row = g->rows[i];
        sums[bins[row]] += g->residuals[row];
        counts[bins[row]]++;
    }
    for (int b = 0; b <= g->n_cuts[column]; b++) {
        sum += sums[b];
    }
    double left = 0.0;
    int n = end - first;
    int n_left = 0;
    double whole = score(sum, n);
    for (int c = 0; c < g->n_cuts[column]; c++) {
        left += sums[c];
        n_left += counts[c];
        if (n_left < LEAST_ROWS || n - n_left < LEAST_ROWS) {
            continue;
        }
        double gain = score(left, n_left) + score(sum - left, n - n_left) - whole;
        if (gain > best->gain) {
            *best = (split){.gain = gain, .column = column, .cut = c};
        }
    }
}

/* Rows of the left side first, each side in its order; returns where the right side begins. */
static int part(grower *g, const split *at, int first, int end) {
    const uint8_t *bins = g->bins + (size_t)at->column * (size_t)g->samples->n;
    int left = first;
    int right = 0;
    for (int i = first; i < end; i++) {
        uint32_t row = g->rows[i];
        if (bins[row] <= at->cut) {
            g->rows[left++] = row;
        } else {
            g->room[right++] = row;
        }
    }
    memcpy(g->rows + left, g->room, (size_t)right * sizeof *g->room);
    return left;
}

/* Grows a node over rows first .. end-1 and all below it; above it the leaf said `said`, which stays
 * where no row is left. */
static void grow(grower *g, tree *to, int node, int first, int end, double said) {
    double sum = 0.0;
    for (int i = first; i < end; i++) {
        sum += g->residuals[g->rows[i]];
    }
    double says = end > first ? sum / (end - first + LAMBDA) : said;
    if (node >= INNER) {
        to->leaf[node - INNER] = (float)(RATE * says);
        return;
    }
    split best = {.gain = 1e-9, .column = -1};
    for (int c = 0; c < g->n_picked && end - first >= 2 * LEAST_ROWS; c++) {
        try_column(g, (int)g->picked[c], first, end, &best);
    }
    int middle = end;
    to->column[node] = 0.0f;
    to->cut[node] = FLT_MAX;
    if (best.column >= 0) {
        middle = part(g, &best, first, end);
        to->column[node] = (float)best.column;
        to->cut[node] = g->cuts[(size_t)best.column * CUTS + (size_t)best.cut];
    }
    grow(g, to, 2 * node + 1, first, middle, says);
    grow(g, to, 2 * node + 2, middle, end, says);
}

static float walk(const tree *t, const float *row) {
    int node = 0;
    while (node < INNER) {
        node = 2 * node + 1 + !(row[(int)t->column[node]] <= t->cut[node]);
    }
    return t->leaf[node - INNER];
}

static void grow_member(grower *g, tree *to, uint64_t seed) {
    const weft_samples *s = g->samples;
    int n_rows = (int)ceil(ROW_SHARE * s->n);
    g->n_picked = (int)ceil(COLUMN_SHARE * g->columns);
    for (int i = 0; i < s->n; i++) {
        g->residuals[i] = (double)s->targets[i];
    }
    for (int c = 0; c < g->columns; c++) {
        g->picked[c] = (uint32_t)c;
    }
    for (int t = 0; t < TREES; t++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SUBSET, (uint64_t)t);
        for (int i = 0; i < s->n; i++) {
            g->rows[i] = (uint32_t)i;
        }
        weft_rng_shuffle(&rng, g->rows, (size_t)s->n);
        weft_rng_shuffle(&rng, g->picked, (size_t)g->columns);
        grow(g, &to[t], 0, 0, n_rows, 0.0);
        for (int i = 0; i < s->n; i++) {
            g->residuals[i] -= (double)walk(&to[t], s->rows + (size_t)i * (size_t)g->columns);
        }
    }
}

/* ---- the model --------------------------------------------------------------------------------- */

static weft_status create(int columns, trees **to, weft_error *error) {
    void *made = NULL;
    WEFT_TRY(weft_model_room(sizeof(trees), &made, error));
    trees *at = made;
    *at = (trees){.columns = columns, .all = calloc((size_t)MEMBERS * TREES, sizeof(tree))};
    if (at->all == NULL) {
        destroy(at);
        return weft_fail_memory(error, (size_t)MEMBERS * TREES * sizeof(tree));
    }
    *to = at;
    return WEFT_OK;
}

static void grower_free(grower *g) {
    free(g->cuts);
    free(g->n_cuts);
    free(g->bins);
    free(g->residuals);
    free(g->rows);
    free(g->room);
    free(g->picked);
}

static weft_status grower_make(const weft_samples *samples, grower *g, weft_error *error) {
    size_t n = (size_t)samples->n;
    size_t columns = (size_t)samples->features->n_columns;
    *g = (grower){.samples = samples,
                  .columns = samples->features->n_columns,
                  .cuts = calloc(columns * CUTS, sizeof *g->cuts),
                  .n_cuts = calloc(columns, sizeof *g->n_cuts),
                  .bins = calloc(columns * n, sizeof *g->bins),
                  .residuals = calloc(n, sizeof *g->residuals),
                  .rows = calloc(n, sizeof *g->rows),
                  .room = calloc(n, sizeof *g->room),
                  .picked = calloc(columns, sizeof *g->picked)};
    float *sorted = calloc(n, sizeof *sorted);
    bool all = g->cuts != NULL && g->n_cuts != NULL && g->bins != NULL && g->residuals != NULL &&
               g->rows != NULL && g->room != NULL && g->picked != NULL && sorted != NULL;
    for (int c = 0; all && c < g->columns; c++) {
        find_cuts(g, c, sorted);
    }
    free(sorted);
    return all ? WEFT_OK : weft_fail_memory(error, columns * n);
}

static weft_status fit(const weft_samples *samples, const weft_model_options *options, void **state,
                       weft_error *error) {
    trees *made = NULL;
    grower g = {0};
    WEFT_TRY(create(samples->features->n_columns, &made, error));
    weft_status status = grower_make(samples, &g, error);
    for (int m = 0; m < MEMBERS && status == WEFT_OK; m++) {
        if (weft_stop_requested(options->stop)) {
            status = WEFT_STOPPED;
        } else {
            grow_member(&g, made->all + (size_t)m * TREES,
                        weft_model_seed(options->seed, (uint64_t)m));
        }
    }
    grower_free(&g);
    if (status != WEFT_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return WEFT_OK;
}

static size_t scratch(const void *state) {
    (void)state;
    return 8;
}

static void predict(const void *state, const float *row, void *unused, double *mean,
                    double *deviation) {
    (void)unused;
    const trees *made = state;
    double sum = 0.0;
    double squares = 0.0;
    for (int m = 0; m < MEMBERS; m++) {
        double y = 0.0;
        for (int t = 0; t < TREES; t++) {
            y += (double)walk(&made->all[(size_t)m * TREES + (size_t)t], row);
        }
        sum += y;
        squares += y * y;
    }
    double middle = sum / MEMBERS;
    *mean = middle;
    if (deviation != NULL) {
        *deviation = sqrt(fmax(squares / MEMBERS - middle * middle, 0.0) * MEMBERS / (MEMBERS - 1));
    }
}

static weft_status save(const void *state, const char *prefix, weft_tensors *arrays,
                        weft_error *error) {
    const trees *made = state;
    _Static_assert(sizeof(tree) == TREE_VALUES * sizeof(float), "a tree is a row of floats");
    return weft_model_put(arrays, prefix, "trees", MEMBERS * TREES, TREE_VALUES,
                          (const float *)(const void *)made->all, error);
}

/* Columns are whole numbers of a row: a damaged file may not lead beyond it. */
static weft_status check_columns(const trees *made, weft_error *error) {
    for (int t = 0; t < MEMBERS * TREES; t++) {
        for (int i = 0; i < INNER; i++) {
            float column = made->all[t].column[i];
            if (!(column >= 0.0f && column < (float)made->columns) || column != floorf(column)) {
                return weft_fail(error, WEFT_ERROR_INPUT, "tree %d asks for input %g of %d", t,
                                 (double)column, made->columns);
            }
        }
    }
    return WEFT_OK;
}

static weft_status load(const weft_features *features, const char *prefix,
                        const weft_tensors *arrays, void **state, weft_error *error) {
    const weft_tensor *all = NULL;
    trees *made = NULL;
    WEFT_TRY(weft_model_take(arrays, prefix, "trees", MEMBERS * TREES, TREE_VALUES, &all, error));
    WEFT_TRY(create(features->n_columns, &made, error));
    memcpy(made->all, all->values, all->n * sizeof(float));
    weft_status status = check_columns(made, error);
    if (status != WEFT_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return WEFT_OK;
}

const weft_model_kind weft_model_trees = {
    .name = "trees",
    .fit = fit,
    .destroy = destroy,
    .scratch = scratch,
    .predict = predict,
    .save = save,
    .load = load,
};
