/* SPDX-License-Identifier: Apache-2.0
 *
 * Some of the scores go to random genomes and, two in five, to mutants of good trials; the others to a
 * search from the best few of them that changes one gene at a time, ordered genes by a width that
 * shrinks when no change helps (compass search: T. G. Kolda, R. M. Lewis, V. Torczon, "Optimization by
 * direct search", SIAM Review 45(3), 2003, section 3). */
#include "search/ascent.h"

#include "search/sampling.h"

#include <math.h>
#include <string.h>

enum { DRAWS_PER_SCORE = 8, MOST_CHANGED = 3, OTHER_CHOICES = 4 };

static const double FIRST_WIDTH = 0.2; /* of a gene's range */
static const double LAST_WIDTH = 1e-4;
static const double SHRINKING = 0.3;
static const double MUTANT_SHARE = 0.4;
static const double MUTANT_WIDTH = 0.1;
static const double REDRAWN = 0.2; /* of the mutations of ordered genes */

/* What is left to spend, and the best genomes so far. */
typedef struct climber {
    const weft_ascent *by;
    weft_rng *rng;
    int left;
    int n;
    double scores[WEFT_ASCENT_STARTS]; /* falling */
} climber;

static size_t n_genes(const climber *c) {
    return (size_t)c->by->optimizer->table.n_genes;
}

static double *start_of(const climber *c, int i) {
    return c->by->room + (size_t)i * n_genes(c);
}

/* Room for a genome that is tried. */
static double *trial_of(const climber *c) {
    return start_of(c, WEFT_ASCENT_STARTS);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* The value a step away on the search scale, at least the next one. */
static double step_from(const weft_gene *gene, double value, double step) {
    if (weft_gene_whole(gene) && fabs(step) < 1.0) {
        step = step < 0.0 ? -1.0 : 1.0;
    }
    return weft_gene_value(gene, weft_gene_position(gene, value) + step);
}

static double range_of(const weft_gene *gene) {
    return weft_gene_position(gene, gene->upper) - weft_gene_position(gene, gene->lower);
}

static double mutate_gene(const weft_gene *gene, double value, weft_rng *rng) {
    if (gene->kind == WEFT_GENE_CATEGORICAL || weft_rng_uniform(rng) < REDRAWN) {
        return weft_gene_draw(gene, rng);
    }
    return step_from(gene, value, MUTANT_WIDTH * range_of(gene) * weft_rng_normal(rng));
}

static void draw_mutant(const climber *c, double *genome) {
    const weft_ascent *by = c->by;
    const weft_gene_table *table = &by->optimizer->table;
    size_t parent = (size_t)weft_rng_below(c->rng, by->n_parents);
    memcpy(genome, weft_history_genome(&by->optimizer->history, by->parents[parent].row),
           n_genes(c) * sizeof *genome);
    int changes = 1 + (int)weft_rng_below(c->rng, MOST_CHANGED);
    for (int i = 0; i < changes; i++) {
        int g = (int)weft_rng_below(c->rng, (uint64_t)table->n_genes);
        if (weft_gene_active(table, genome, g)) {
            genome[g] = mutate_gene(&table->genes[g], genome[g], c->rng);
            weft_genome_complete(table, c->rng, genome);
        }
    }
}

/* ---- starts ---------------------------------------------------------------------------------- */

/* Keeps a genome among the best, each once. */
static void keep(climber *c, const double *genome, double score) {
    size_t size = n_genes(c) * sizeof *genome;
    for (int i = 0; i < c->n; i++) {
        if (memcmp(start_of(c, i), genome, size) == 0) {
            return;
        }
    }
    int at = c->n;
    while (at > 0 && c->scores[at - 1] < score) {
        at--;
    }
    if (at == WEFT_ASCENT_STARTS) {
        return;
    }
    c->n += c->n < WEFT_ASCENT_STARTS;
    for (int i = c->n - 1; i > at; i--) {
        memcpy(start_of(c, i), start_of(c, i - 1), size);
        c->scores[i] = c->scores[i - 1];
    }
    memcpy(start_of(c, at), genome, size);
    c->scores[at] = score;
}

static void scatter(climber *c, int scores) {
    double *genome = trial_of(c);
    for (int draws = scores * DRAWS_PER_SCORE; draws > 0 && scores > 0; draws--) {
        if (c->by->n_parents > 0 && weft_rng_uniform(c->rng) < MUTANT_SHARE) {
            draw_mutant(c, genome);
        } else {
            weft_genome_draw(&c->by->optimizer->table, c->rng, genome);
        }
        weft_optimizer_repair(c->by->optimizer, c->rng, genome);
        if (weft_optimizer_accepts(c->by->optimizer, genome)) {
            keep(c, genome, c->by->score(c->by->context, genome));
            scores--;
            c->left--;
        }
    }
}

/* ---- climbing -------------------------------------------------------------------------------- */

/* Gives gene g of start i a value where that scores higher. */
static bool improve(climber *c, int i, int g, double value) {
    double *genome = trial_of(c);
    size_t size = n_genes(c) * sizeof *genome;
    memcpy(genome, start_of(c, i), size);
    if (genome[g] == value || c->left <= 0) {
        return false;
    }
    genome[g] = value;
    weft_genome_complete(&c->by->optimizer->table, c->rng, genome);
    weft_optimizer_repair(c->by->optimizer, c->rng, genome);
    if (!weft_optimizer_accepts(c->by->optimizer, genome)) {
        return false;
    }
    double score = c->by->score(c->by->context, genome);
    c->left--;
    if (!(score > c->scores[i])) {
        return false;
    }
    memcpy(start_of(c, i), genome, size);
    c->scores[i] = score;
    return true;
}

/* Other choices, all of a few and some of many, in order from a random one. */
static bool improve_choice(climber *c, int i, int g) {
    const weft_gene *gene = &c->by->optimizer->table.genes[g];
    uint64_t first = weft_rng_below(c->rng, (uint64_t)gene->n_choices);
    int tries = gene->n_choices < OTHER_CHOICES ? gene->n_choices : OTHER_CHOICES;
    bool better = false;
    for (int k = 0; k < tries && !better; k++) {
        better = improve(c, i, g, (double)((first + (uint64_t)k) % (uint64_t)gene->n_choices));
    }
    return better;
}

/* One gene by the width. Whole numbers were stepped by one before the width fell so far. */
static bool improve_gene(climber *c, int i, int g, double width) {
    const weft_gene_table *table = &c->by->optimizer->table;
    const weft_gene *gene = &table->genes[g];
    const double *genome = start_of(c, i);
    if (!weft_gene_active(table, genome, g) || !weft_gene_varies(gene)) {
        return false;
    }
    if (gene->kind == WEFT_GENE_CATEGORICAL) {
        return improve_choice(c, i, g);
    }
    double step = width * range_of(gene);
    if (weft_gene_whole(gene) && step < SHRINKING && width < FIRST_WIDTH) {
        return false;
    }
    return improve(c, i, g, step_from(gene, genome[g], step)) ||
           improve(c, i, g, step_from(gene, genome[g], -step));
}

static void climb(climber *c, int i) {
    for (double width = FIRST_WIDTH; width > LAST_WIDTH && c->left > 0;) {
        bool better = false;
        for (int g = 0; g < c->by->optimizer->table.n_genes; g++) {
            better = improve_gene(c, i, g, width) || better;
        }
        width = better ? width : SHRINKING * width;
    }
}

bool weft_ascend(const weft_ascent *ascent, weft_rng *rng, double *genome) {
    climber c = {.by = ascent, .rng = rng, .left = ascent->budget};
    scatter(&c, ascent->drawn);
    int spare = c.left;
    int best = 0;
    for (int i = 0; i < c.n; i++) {
        c.left = spare / c.n;
        climb(&c, i);
        best = c.scores[i] > c.scores[best] ? i : best;
    }
    if (c.n > 0) {
        memcpy(genome, start_of(&c, best), n_genes(&c) * sizeof *genome);
    }
    return c.n > 0;
}
