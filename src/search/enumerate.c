/* SPDX-License-Identifier: Apache-2.0
 *
 * A walk through all genomes of a small finite space, so that its exhaustion is known exactly and
 * not guessed from unlucky draws. Genes are set in the order of the table; a gene whose condition
 * does not hold has the single value NaN.
 */
#include "search/optimizer.h"
#include "search/sampling.h"

#include <math.h>
#include <string.h>

/* Values set during a walk, and genes: larger spaces count as endless. About 10 ms of walking. */
enum { MAX_STEPS = 1 << 20, MAX_DEPTH = 512 };

typedef struct genome_walk {
    const weft_gene_table *table;
    double *genome;
    int64_t steps;
    int64_t leaf;                            /* number of the next leaf */
    bool (*visit)(struct genome_walk *walk); /* whether to go on */
    const weft_optimizer *optimizer;
    int64_t start;
    double *chosen;
    bool found;
} genome_walk;

/* Whether the walk ran to its end: false when `visit` ended it or the steps did. */
static bool descend(genome_walk *walk, int g) {
    if (g == walk->table->n_genes) {
        bool proceed = walk->visit(walk);
        walk->leaf++;
        return proceed;
    }
    const weft_gene *gene = &walk->table->genes[g];
    if (!weft_gene_active(walk->table, walk->genome, g)) {
        walk->genome[g] = NAN;
        return descend(walk, g + 1);
    }
    if (!weft_gene_whole(gene)) {
        return false;
    }
    for (double value = gene->lower; value <= gene->upper; value += 1.0) {
        walk->genome[g] = value;
        if (++walk->steps > MAX_STEPS || !descend(walk, g + 1)) {
            return false;
        }
    }
    return true;
}

static bool visit_count(genome_walk *walk) {
    return walk->leaf < MAX_STEPS;
}

/* Leaves before the start are only looked at until one is found, for the case of going around. */
static bool visit_choose(genome_walk *walk) {
    bool before = walk->leaf < walk->start;
    if (before && walk->found) {
        return true;
    }
    if (weft_optimizer_accepts(walk->optimizer, walk->genome)) {
        memcpy(walk->chosen, walk->genome, (size_t)walk->table->n_genes * sizeof(double));
        walk->found = true;
        return before;
    }
    return true;
}

static int64_t count_leaves(weft_optimizer *optimizer) {
    genome_walk walk = {
        .table = &optimizer->table, .genome = optimizer->scratch, .visit = visit_count};
    if (optimizer->table.n_genes > MAX_DEPTH || !descend(&walk, 0)) {
        return 0;
    }
    return walk.leaf;
}

void weft_enumerate(weft_optimizer *optimizer, weft_rng *rng, double *genome, bool *found,
                    bool *counted) {
    if (optimizer->n_leaves < 0) {
        optimizer->n_leaves = count_leaves(optimizer);
    }
    *counted = optimizer->n_leaves > 0;
    *found = false;
    if (!*counted) {
        return;
    }
    genome_walk walk = {.table = &optimizer->table,
                        .genome = optimizer->scratch,
                        .visit = visit_choose,
                        .optimizer = optimizer,
                        .start = (int64_t)weft_rng_below(rng, (uint64_t)optimizer->n_leaves),
                        .chosen = genome};
    descend(&walk, 0);
    *found = walk.found;
}
