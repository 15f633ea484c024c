/* SPDX-License-Identifier: Apache-2.0 */
#include "search/variation.h"

#include "search/sampling.h"

#include <math.h>

weft_variation weft_variation_choose(const weft_optimizer_settings *settings,
                                     const weft_variation *own) {
    weft_variation chosen = *own;
    if (settings->crossover_probability >= 0.0) {
        chosen.crossover_probability = settings->crossover_probability;
    }
    if (settings->child_mutation_probability >= 0.0) {
        chosen.child_mutation_probability = settings->child_mutation_probability;
    }
    if (settings->mutation_probability >= 0.0) {
        chosen.mutation_probability = settings->mutation_probability;
    }
    if (settings->eta_crossover >= 0.0) {
        chosen.eta_crossover = settings->eta_crossover;
    }
    if (settings->eta_mutation >= 0.0) {
        chosen.eta_mutation = settings->eta_mutation;
    }
    return chosen;
}

/* ---- powers ---------------------------------------------------------------------------------- */

/* An exponent eta + 1. Where it is whole, powers are products; where it is a power of two, as for the
 * customary 3, 7 and 15, roots are square roots: several times as fast as pow. */
typedef struct exponent {
    double value;
    unsigned whole; /* it; 0: not whole, or large */
    int doublings;  /* log2 of it; -1: no power of two */
} exponent;

static exponent exponent_of(double eta) {
    enum { MAX_WHOLE = 64 };
    exponent e = {.value = eta + 1.0, .doublings = -1};
    if (e.value <= MAX_WHOLE && floor(e.value) == e.value) {
        e.whole = (unsigned)e.value;
        for (int k = 0; 1U << k <= e.whole; k++) {
            e.doublings = 1U << k == e.whole ? k : -1;
        }
    }
    return e;
}

/* x^e */
static double power(double x, exponent e) {
    if (e.whole == 0) {
        return pow(x, e.value);
    }
    double result = 1.0;
    for (unsigned left = e.whole; left > 0; left >>= 1) {
        result *= (left & 1) != 0 ? x : 1.0;
        x *= x;
    }
    return result;
}

/* x^(1/e) */
static double root(double x, exponent e) {
    if (e.doublings < 0) {
        return pow(x, 1.0 / e.value);
    }
    for (int k = 0; k < e.doublings; k++) {
        x = sqrt(x);
    }
    return x;
}

/* ---- crossover ------------------------------------------------------------------------------- */

/* Fair coins, 64 to a draw. */
typedef struct coins {
    weft_rng *rng;
    uint64_t bits;
    int left;
} coins;

static bool toss(coins *c) {
    if (c->left == 0) {
        c->bits = weft_rng_u64(c->rng);
        c->left = 64;
    }
    bool heads = (c->bits & 1) != 0;
    c->bits >>= 1;
    c->left--;
    return heads;
}

/* One child of SBX between positions low < high in [lower, upper], bounded as in Deb's own code:
 * with alpha = 2 - beta^-(eta+1) the spread to the nearer bound caps the distribution. */
static double cross(double low, double high, double lower, double upper, exponent e, coins *c) {
    bool lower_child = toss(c);
    double u = weft_rng_uniform(c->rng);
    double room = lower_child ? low - lower : upper - high;
    double beta = 1.0 + 2.0 * fmax(room, 0.0) / (high - low);
    double alpha = 2.0 - 1.0 / power(beta, e);
    double product = u * alpha;
    double spread = root(product <= 1.0 ? product : 1.0 / (2.0 - product), e);
    double centre = 0.5 * (low + high);
    double half = 0.5 * spread * (high - low);
    return lower_child ? centre - half : centre + half;
}

/* A number that both parents have, and differently. */
static double cross_number(const weft_gene *gene, double a, double b, exponent e, coins *c) {
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    double low = weft_gene_position(gene, a < b ? a : b);
    double high = weft_gene_position(gene, a < b ? b : a);
    if (!(high > low)) {
        return a; /* apart by less than the scale resolves */
    }
    return weft_gene_value(gene, cross(low, high, lower, upper, e, c));
}

/* Each gene crosses with probability 1/2, as in SBX for vectors; the others come from a. */
static void cross_all(const weft_gene_table *table, double eta, const double *a, const double *b,
                      weft_rng *rng, double *child) {
    coins c = {.rng = rng};
    exponent e = exponent_of(eta);
    for (int g = 0; g < table->n_genes; g++) {
        if (isnan(a[g])) {
            child[g] = b[g];
        } else if (isnan(b[g]) || a[g] == b[g] || !toss(&c)) {
            child[g] = a[g];
        } else if (table->genes[g].kind == WEFT_GENE_CATEGORICAL) {
            child[g] = b[g];
        } else {
            child[g] = cross_number(&table->genes[g], a[g], b[g], e, &c);
        }
    }
}

/* ---- mutation -------------------------------------------------------------------------------- */

static double mutate_number(const weft_gene *gene, double value, exponent e, weft_rng *rng) {
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    double width = upper - lower;
    double x = weft_gene_position(gene, value);
    double u = weft_rng_uniform(rng);
    double delta;
    if (u < 0.5) {
        double away = 1.0 - (x - lower) / width;
        delta = root(2.0 * u + (1.0 - 2.0 * u) * power(away, e), e) - 1.0;
    } else {
        double away = 1.0 - (upper - x) / width;
        delta = 1.0 - root(2.0 * (1.0 - u) + (2.0 * u - 1.0) * power(away, e), e);
    }
    double mutated = weft_gene_value(gene, x + delta * width);
    if (!weft_gene_whole(gene) || mutated != value) {
        return mutated;
    }
    bool down = value >= gene->upper || (value > gene->lower && u < 0.5);
    return down ? value - 1.0 : value + 1.0;
}

static double mutate(const weft_gene *gene, double value, exponent e, weft_rng *rng) {
    if (gene->kind != WEFT_GENE_CATEGORICAL) {
        return mutate_number(gene, value, e, rng);
    }
    double other = (double)weft_rng_below(rng, (uint64_t)gene->n_choices - 1);
    return other < value ? other : other + 1.0;
}

static int count_mutable(const weft_gene_table *table, const double *genome) {
    int n = 0;
    for (int g = 0; g < table->n_genes; g++) {
        n += !isnan(genome[g]) && weft_gene_varies(&table->genes[g]);
    }
    return n;
}

static double gene_probability(const weft_gene_table *table, double setting, const double *genome) {
    if (setting >= 0.0) {
        return setting;
    }
    int active = count_mutable(table, genome);
    return 1.0 / (double)(active > 0 ? active : 1);
}

/* Each gene with probability p: the number of genes passed over before the next is geometric, one
 * draw for a mutation instead of one for a gene. Whether any gene was mutated. */
static bool mutate_all(const weft_gene_table *table, double p, double eta, weft_rng *rng,
                       double *genome) {
    exponent e = exponent_of(eta);
    double log_passed = log1p(-p); /* of the probability that a gene is passed over; p = 1: -inf */
    bool any = false;
    for (double at = 0.0; p > 0.0; at += 1.0) {
        at += floor(log1p(-weft_rng_uniform(rng)) / log_passed);
        if (!(at < table->n_genes)) {
            break;
        }
        int g = (int)at;
        if (!isnan(genome[g]) && weft_gene_varies(&table->genes[g])) {
            genome[g] = mutate(&table->genes[g], genome[g], e, rng);
            any = true;
        }
    }
    return any;
}

void weft_breed(const weft_gene_table *table, const weft_variation *variation, const double *a,
                const double *b, weft_rng *rng, double *child) {
    if (weft_rng_uniform(rng) < variation->crossover_probability) {
        cross_all(table, variation->eta_crossover, a, b, rng, child);
    } else {
        for (int g = 0; g < table->n_genes; g++) {
            child[g] = isnan(a[g]) ? b[g] : a[g];
        }
    }
    weft_genome_complete(table, rng, child);
    if (weft_rng_uniform(rng) < variation->child_mutation_probability) {
        double p = gene_probability(table, variation->mutation_probability, child);
        if (mutate_all(table, p, variation->eta_mutation, rng, child)) {
            weft_genome_complete(table, rng, child);
        }
    }
}

void weft_mutate_one(const weft_gene_table *table, double eta, weft_rng *rng, double *genome) {
    int n = count_mutable(table, genome);
    if (n == 0) {
        return;
    }
    int g = -1;
    for (int left = (int)weft_rng_below(rng, (uint64_t)n); left >= 0;) {
        g++;
        left -= !isnan(genome[g]) && weft_gene_varies(&table->genes[g]);
    }
    genome[g] = mutate(&table->genes[g], genome[g], exponent_of(eta), rng);
    weft_genome_complete(table, rng, genome);
}
