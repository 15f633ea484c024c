/* SPDX-License-Identifier: Apache-2.0
 *
 * NSGA-II: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic
 * algorithm: NSGA-II", IEEE Trans. Evol. Comput. 6(2), 2002: constrained domination, crowding,
 * binary tournaments; simulated binary crossover (K. Deb, R. B. Agrawal, Complex Systems 9, 1995)
 * and polynomial mutation.
 *
 * Generations. Asking must depend on nothing but what was told, and batches have any size. So the
 * survivors are a function of the told trials alone: each trial told joins them, and when they are
 * more than `population` the last by front and crowding leaves: (mu + 1) selection after each tell,
 * the steady-state form of the algorithm (J. J. Durillo et al., "On the effect of the steady-state
 * selection scheme in multi-objective genetic algorithms", EMO 2009), with the crowding measured
 * again for each removal. A batch of lambda children is bred from the survivors at the time of
 * asking. The first `population` trials are random.
 *
 * Genes. Numbers cross by SBX and mutate by the polynomial, on their search scale, rounded where
 * whole; a rounding that undoes a mutation becomes a step of one. Choices cross uniformly and
 * mutate to another choice. Genes that become active with no value from a parent are drawn at
 * random.
 */
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/standing.h"

#include <math.h>
#include <stdlib.h>

/* Distribution indices of crossover and mutation: the paper's section IV. */
static const double eta_crossover = 20.0;
static const double eta_mutation = 20.0;

typedef struct nsga2 {
    size_t n_consumed;        /* told trials that have joined */
    size_t n;                 /* survivors */
    weft_standing *survivors; /* (population + 1), best first */
} nsga2;

static void destroy(void *state) {
    nsga2 *model = state;
    free(model->survivors);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    nsga2 *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    size_t room = (size_t)optimizer->settings.population + 1;
    model->survivors = calloc(room, sizeof *model->survivors);
    return model->survivors == NULL ? weft_fail_memory(error, room * sizeof *model->survivors)
                                    : WEFT_OK;
}

/* ---- survival -------------------------------------------------------------------------------- */

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    nsga2 *model = optimizer->state;
    size_t population = (size_t)optimizer->settings.population;
    while (model->n_consumed < optimizer->history.n) {
        model->survivors[model->n] = (weft_standing){.row = model->n_consumed};
        WEFT_TRY(weft_standings_sort(&optimizer->history, optimizer->settings.n_objectives,
                                     model->survivors, model->n + 1, error));
        model->n = model->n < population ? model->n + 1 : population;
        model->n_consumed++;
    }
    return WEFT_OK;
}

/* ---- variation ------------------------------------------------------------------------------- */

/* The better of two survivors drawn at random; they are sorted, so it is the one of lower place. */
static const double *tournament(const weft_optimizer *optimizer, weft_rng *rng) {
    const nsga2 *model = optimizer->state;
    size_t a = (size_t)weft_rng_below(rng, model->n);
    size_t b = (size_t)weft_rng_below(rng, model->n);
    return weft_history_genome(&optimizer->history, model->survivors[a < b ? a : b].row);
}

/* One child of SBX between positions a and b in [lower, upper], bounded as in Deb's own code: with
 * alpha = 2 - beta^-(eta+1) the spread to the nearer bound caps the distribution. */
static double cross(double a, double b, double lower, double upper, weft_rng *rng) {
    double low = fmin(a, b);
    double high = fmax(a, b);
    bool lower_child = weft_rng_uniform(rng) < 0.5;
    double u = weft_rng_uniform(rng);
    if (!(high - low > 0.0)) {
        return a;
    }
    double room = lower_child ? low - lower : upper - high;
    double beta = 1.0 + 2.0 * fmax(room, 0.0) / (high - low);
    double alpha = 2.0 - pow(beta, -(eta_crossover + 1.0));
    double exponent = 1.0 / (eta_crossover + 1.0);
    double spread = u <= 1.0 / alpha ? pow(u * alpha, exponent)
                                     : pow(1.0 / (2.0 - u * alpha), exponent);
    double centre = 0.5 * (low + high);
    double half = 0.5 * spread * (high - low);
    return lower_child ? centre - half : centre + half;
}

/* A gene that both parents have: each gene crosses with probability 1/2, as in SBX for vectors. */
static double inherit(const weft_gene *gene, double a, double b, weft_rng *rng) {
    bool crosses = weft_rng_uniform(rng) < 0.5;
    if (gene->kind == WEFT_GENE_CATEGORICAL) {
        return crosses ? b : a;
    }
    if (!crosses) {
        return a;
    }
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    double x = cross(weft_gene_position(gene, a), weft_gene_position(gene, b), lower, upper, rng);
    return weft_gene_value(gene, x);
}

static double mutate_number(const weft_gene *gene, double value, weft_rng *rng) {
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    double width = upper - lower;
    double x = weft_gene_position(gene, value);
    double u = weft_rng_uniform(rng);
    double exponent = 1.0 / (eta_mutation + 1.0);
    double delta;
    if (u < 0.5) {
        double away = 1.0 - (x - lower) / width;
        delta = pow(2.0 * u + (1.0 - 2.0 * u) * pow(away, eta_mutation + 1.0), exponent) - 1.0;
    } else {
        double away = 1.0 - (upper - x) / width;
        delta = 1.0 -
                pow(2.0 * (1.0 - u) + (2.0 * u - 1.0) * pow(away, eta_mutation + 1.0), exponent);
    }
    double mutated = weft_gene_value(gene, x + delta * width);
    if (!weft_gene_whole(gene) || mutated != value) {
        return mutated;
    }
    bool down = value >= gene->upper || (value > gene->lower && u < 0.5);
    return down ? value - 1.0 : value + 1.0;
}

static double mutate(const weft_gene *gene, double value, weft_rng *rng) {
    if (!(gene->upper > gene->lower)) {
        return value;
    }
    if (gene->kind != WEFT_GENE_CATEGORICAL) {
        return mutate_number(gene, value, rng);
    }
    double other = (double)weft_rng_below(rng, (uint64_t)gene->n_choices - 1);
    return other < value ? other : other + 1.0;
}

static double mutation_probability(const weft_optimizer *optimizer, const double *genome) {
    if (optimizer->settings.mutation_probability >= 0.0) {
        return optimizer->settings.mutation_probability;
    }
    int active = 0;
    for (int g = 0; g < optimizer->table.n_genes; g++) {
        active += !isnan(genome[g]);
    }
    return 1.0 / (double)(active > 0 ? active : 1);
}

static void propose(const weft_optimizer *optimizer, int attempt, weft_rng *rng, double *genome) {
    (void)attempt;
    const weft_gene_table *table = &optimizer->table;
    if (optimizer->history.n < (size_t)optimizer->settings.population) {
        weft_genome_draw(table, rng, genome);
        return;
    }
    const double *a = tournament(optimizer, rng);
    const double *b = tournament(optimizer, rng);
    bool crosses = weft_rng_uniform(rng) < optimizer->settings.crossover_probability;
    for (int g = 0; g < table->n_genes; g++) {
        bool both = !isnan(a[g]) && !isnan(b[g]);
        double only = isnan(a[g]) ? b[g] : a[g];
        genome[g] = crosses && both ? inherit(&table->genes[g], a[g], b[g], rng) : only;
    }
    weft_genome_complete(table, rng, genome);
    double probability = mutation_probability(optimizer, genome);
    for (int g = 0; g < table->n_genes; g++) {
        if (!isnan(genome[g]) && weft_rng_uniform(rng) < probability) {
            genome[g] = mutate(&table->genes[g], genome[g], rng);
        }
    }
    weft_genome_complete(table, rng, genome);
}

const weft_method weft_method_nsga2 = {
    .name = "nsga2", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
