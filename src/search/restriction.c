/* SPDX-License-Identifier: Apache-2.0
 *
 * Pinned and forbidden values. Methods go on proposing from all that they were told, also from trials
 * whose values are not allowed any more; what they propose is then repaired, gene by gene, parents
 * first: a pinned gene gets its value, a forbidden value of an ordered gene gives way to the nearest
 * that is allowed (the lower of two), that of a choice to one of the others at random, and genes that
 * become active are drawn. */
#include "search/optimizer.h"
#include "search/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double n_values(const weft_gene *gene) {
    return gene->upper - gene->lower + 1.0;
}

static bool has_bits(const weft_gene *gene) {
    return weft_gene_whole(gene) && n_values(gene) <= 64.0;
}

static uint64_t bit_of(const weft_gene *gene, double value) {
    return UINT64_C(1) << (int)(value - gene->lower);
}

static int count_allowed(const weft_gene *gene, const weft_restriction *restriction) {
    int n = 0;
    for (int k = 0; k < (int)n_values(gene); k++) {
        n += (restriction->forbidden >> k & 1) == 0;
    }
    return n;
}

bool weft_restriction_allows(const weft_gene *gene, const weft_restriction *restriction,
                             double value) {
    if (restriction->pinned) {
        return value == restriction->value;
    }
    return restriction->forbidden == 0 || (restriction->forbidden & bit_of(gene, value)) == 0;
}

weft_status weft_restriction_check(const weft_gene *gene, const weft_restriction *restriction,
                                   weft_error *error) {
    double value = restriction->value;
    bool whole = !weft_gene_whole(gene) || floor(value) == value;
    if (restriction->pinned && !(value >= gene->lower && value <= gene->upper && whole)) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "gene '%.47s' is pinned to %g; expected one of its values, %g to %g",
                         gene->name, value, gene->lower, gene->upper);
    }
    if (restriction->forbidden != 0 && !has_bits(gene)) {
        weft_fail(error, WEFT_ERROR_USAGE,
                  "gene '%.47s' has more than 64 values, of which none can be forbidden alone",
                  gene->name);
        weft_hint(error, "pin it to a value instead");
        return WEFT_ERROR_USAGE;
    }
    if (!restriction->pinned && restriction->forbidden != 0 &&
        count_allowed(gene, restriction) == 0) {
        return weft_fail(error, WEFT_ERROR_USAGE, "all values of gene '%.47s' are forbidden",
                         gene->name);
    }
    return WEFT_OK;
}

double weft_restriction_nearest(const weft_gene *gene, const weft_restriction *restriction,
                                double value) {
    if (restriction->pinned) {
        return restriction->value;
    }
    for (double away = 0.0; away < n_values(gene); away += 1.0) {
        for (int side = -1; side <= 1; side += 2) {
            double other = value + side * away;
            if (other >= gene->lower && other <= gene->upper &&
                weft_restriction_allows(gene, restriction, other)) {
                return other;
            }
        }
    }
    return value;
}

/* One of the values that are allowed. */
static double draw_allowed(const weft_gene *gene, const weft_restriction *restriction,
                           weft_rng *rng) {
    if (restriction->pinned) {
        return restriction->value;
    }
    int left = (int)weft_rng_below(rng, (uint64_t)count_allowed(gene, restriction));
    int k = 0;
    for (; left > 0 || (restriction->forbidden >> k & 1) != 0; k++) {
        left -= (restriction->forbidden >> k & 1) == 0;
    }
    return gene->lower + k;
}

/* `redraw`: a value that is not allowed was drawn at random, and is drawn again. */
static void repair(const weft_optimizer *optimizer, bool redraw, weft_rng *rng, double *genome) {
    const weft_gene_table *table = &optimizer->table;
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        const weft_restriction *restriction = &optimizer->restrictions[g];
        if (!weft_gene_active(table, genome, g)) {
            genome[g] = NAN;
            continue;
        }
        bool drawn = isnan(genome[g]);
        genome[g] = drawn ? weft_gene_draw(gene, rng) : genome[g];
        if (!weft_gene_varies(gene) || weft_restriction_allows(gene, restriction, genome[g])) {
            continue;
        }
        bool any = redraw || drawn || gene->kind == WEFT_GENE_CATEGORICAL;
        genome[g] = any ? draw_allowed(gene, restriction, rng)
                        : weft_restriction_nearest(gene, restriction, genome[g]);
    }
}

void weft_optimizer_repair(const weft_optimizer *optimizer, weft_rng *rng, double *genome) {
    if (optimizer->restrictions != NULL) {
        repair(optimizer, false, rng, genome);
    }
}

void weft_optimizer_draw(const weft_optimizer *optimizer, weft_rng *rng, double *genome) {
    weft_genome_draw(&optimizer->table, rng, genome);
    if (optimizer->restrictions != NULL) {
        repair(optimizer, true, rng, genome);
    }
}

bool weft_optimizer_allows(const weft_optimizer *optimizer, const double *genome) {
    const weft_gene_table *table = &optimizer->table;
    for (int g = 0; optimizer->restrictions != NULL && g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        if (!isnan(genome[g]) && weft_gene_varies(gene) &&
            !weft_restriction_allows(gene, &optimizer->restrictions[g], genome[g])) {
            return false;
        }
    }
    return true;
}

static bool is_free(const weft_restriction *restriction) {
    return !restriction->pinned && restriction->forbidden == 0;
}

weft_status weft_optimizer_restrict(weft_optimizer *optimizer, const weft_restriction *restrictions,
                                    weft_error *error) {
    size_t n = (size_t)optimizer->table.n_genes;
    bool any = false;
    for (size_t g = 0; restrictions != NULL && g < n; g++) {
        if (weft_gene_varies(&optimizer->genes[g])) {
            WEFT_TRY(weft_restriction_check(&optimizer->genes[g], &restrictions[g], error));
            any = any || !is_free(&restrictions[g]);
        }
    }
    weft_restriction *copy = NULL;
    if (any) {
        copy = calloc(n, sizeof *copy);
        if (copy == NULL) {
            return weft_fail_memory(error, n * sizeof *copy);
        }
        memcpy(copy, restrictions, n * sizeof *copy);
        for (size_t g = 0; g < n; g++) {
            copy[g].value += 0.0; /* genomes have one zero */
        }
    }
    free(optimizer->restrictions);
    optimizer->restrictions = copy;
    /* what a method keeps may rest on what was allowed: it is made anew from the history */
    optimizer->stale = true;
    return WEFT_OK;
}
