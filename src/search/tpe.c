/* SPDX-License-Identifier: Apache-2.0
 *
 * Tree-structured Parzen estimator: J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, "Algorithms for
 * hyper-parameter optimization", NIPS 2011. With y* a quantile of the values y seen,
 *
 *     p(x | y) = l(x) if y < y*,  g(x) if y >= y*                               (eq. 2)
 *     EI(x) is proportional to (gamma + (1 - gamma) g(x) / l(x))^-1             (eq. 3)
 *
 * so the candidate of largest l/g is proposed. The rules are those of Hyperopt's tpe.suggest:
 *   - the first `startup_trials` are random;
 *   - of N trials the best min(ceil(gamma sqrt(N)), 25) are good, the others (with the failed) bad;
 *   - gene by gene: `candidates` draws from l, the one of largest l/g stays; a gene is proposed
 * only where it is active, and sees only the trials where it was;
 *   - linear forgetting, prior and bandwidths as in parzen.c.
 * Ours differs in that
 *   - trials are ordered by constrained domination and crowding (standing.h), which with one
 *     objective is Hyperopt's order; so several objectives and constraints need no weights. With
 *     several, up to sqrt(N) trials of the first front are good;
 *   - whole numbers lie on [lower - 1/2, upper + 1/2], so that the end values have full bins
 *     (Hyperopt's quniform gives them half); choices and short ranges are drawn and scored from a
 *     table of their exact masses;
 *   - a genome already known is drawn again with half the candidates after every 8 refusals, down
 *     to plain draws from l: the argmax of l/g hardly varies, and would be refused for ever.
 */
#include "search/optimizer.h"
#include "search/parzen.h"
#include "search/sampling.h"
#include "search/standing.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_GOOD = 25, MAX_TABLE = WEFT_GENE_MAX_CHOICES, REFUSALS_BEFORE_HALVING = 8 };

/* l and g of one gene: a table where the values are few, else two mixtures. */
typedef struct gene_model {
    size_t n_values;              /* of the table; 0: mixtures */
    double cumulative[MAX_TABLE]; /* of l */
    double score[MAX_TABLE];      /* log l - log g */
    weft_parzen good, bad;
} gene_model;

typedef struct tpe {
    size_t n_fitted; /* trials in the model */
    size_t capacity; /* trials that the arrays have room for */
    int n_genes;
    weft_standing *standings;       /* (capacity) */
    bool *is_good;                  /* (capacity) */
    weft_observation *observations; /* (capacity) */
    weft_component *components;     /* (n_genes, capacity + 2): l's, then g's */
    gene_model *genes;              /* (n_genes) */
} tpe;

/* ---- life ------------------------------------------------------------------------------------ */

static void destroy(void *state) {
    tpe *model = state;
    free(model->standings);
    free(model->is_good);
    free(model->observations);
    free(model->components);
    free(model->genes);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    tpe *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    model->n_genes = optimizer->table.n_genes;
    model->genes = calloc((size_t)model->n_genes, sizeof *model->genes);
    if (model->genes == NULL) {
        return weft_fail_memory(error, (size_t)model->n_genes * sizeof *model->genes);
    }
    return WEFT_OK;
}

static size_t n_components(const tpe *model) {
    return model->capacity + 2;
}

static weft_status reserve(tpe *model, size_t n, weft_error *error) {
    if (n <= model->capacity) {
        return WEFT_OK;
    }
    free(model->standings);
    free(model->is_good);
    free(model->observations);
    free(model->components);
    model->capacity = n < 64 ? 64 : 2 * n;
    model->standings = calloc(model->capacity, sizeof *model->standings);
    model->is_good = calloc(model->capacity, sizeof *model->is_good);
    model->observations = calloc(model->capacity, sizeof *model->observations);
    model->components =
        calloc(n_components(model) * (size_t)model->n_genes, sizeof *model->components);
    if (model->standings == NULL || model->is_good == NULL || model->observations == NULL ||
        model->components == NULL) {
        size_t size = n_components(model) * (size_t)model->n_genes * sizeof *model->components;
        model->capacity = 0;
        model->n_fitted = 0;
        return weft_fail_memory(error, size);
    }
    return WEFT_OK;
}

/* ---- fit ------------------------------------------------------------------------------------- */

/* How many of the sorted trials are good: Hyperopt's rule, and with several objectives the least
 * crowded of the first front besides, up to sqrt(N): the rule's two or three would be the ends of
 * the front alone. */
static size_t count_good(const weft_optimizer *optimizer, const tpe *model) {
    size_t n = optimizer->history.n;
    double root = sqrt((double)n);
    size_t good = (size_t)fmin(ceil(optimizer->settings.gamma * root), MAX_GOOD);
    if (optimizer->settings.n_objectives > 1) {
        size_t most = (size_t)fmin(ceil(root), MAX_GOOD);
        while (good < n && good < most && model->standings[good].state == WEFT_OUTCOME_OK &&
               model->standings[good].rank == 0) {
            good++;
        }
    }
    return good;
}

static weft_status split(weft_optimizer *optimizer, tpe *model, weft_error *error) {
    size_t n = optimizer->history.n;
    for (size_t i = 0; i < n; i++) {
        model->standings[i] = (weft_standing){.row = i};
    }
    WEFT_TRY(weft_standings_sort(&optimizer->history, optimizer->settings.n_objectives,
                                 model->standings, n, error));
    size_t good = count_good(optimizer, model);
    for (size_t i = 0; i < n; i++) {
        model->is_good[model->standings[i].row] = i < good;
    }
    return WEFT_OK;
}

/* The values of gene g in the good or the bad trials where it was active, weighted. */
static size_t observe(const weft_optimizer *optimizer, tpe *model, int g, bool good) {
    const weft_gene *gene = &optimizer->table.genes[g];
    size_t n = 0;
    for (size_t row = 0; row < optimizer->history.n; row++) {
        double value = weft_history_genome(&optimizer->history, row)[g];
        if (model->is_good[row] == good && !isnan(value)) {
            model->observations[n++].value = weft_gene_position(gene, value);
        }
    }
    weft_forget(model->observations, n, optimizer->settings.linear_forgetting);
    return n;
}

/* The masses of a gene of few values on one side. */
static void fit_table(const weft_optimizer *optimizer, tpe *model, int g, bool good,
                      double *masses) {
    const weft_gene *gene = &optimizer->table.genes[g];
    double prior_weight = optimizer->settings.prior_weight;
    size_t n = observe(optimizer, model, g, good);
    if (gene->kind == WEFT_GENE_CATEGORICAL) {
        weft_pseudocounts(model->observations, n, prior_weight, gene->n_choices, masses);
        return;
    }
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    weft_parzen mixture;
    weft_parzen_fit(model->observations, n, prior_weight, lower, upper, model->components,
                    &mixture);
    weft_parzen_bins(&mixture, model->genes[g].n_values, masses);
}

static void fit_mixtures(const weft_optimizer *optimizer, tpe *model, int g) {
    double prior_weight = optimizer->settings.prior_weight;
    double lower;
    double upper;
    weft_gene_interval(&optimizer->table.genes[g], &lower, &upper);
    gene_model *gene = &model->genes[g];
    weft_component *components = &model->components[(size_t)g * n_components(model)];
    size_t n = observe(optimizer, model, g, true);
    weft_parzen_fit(model->observations, n, prior_weight, lower, upper, components, &gene->good);
    components += n + 1;
    n = observe(optimizer, model, g, false);
    weft_parzen_fit(model->observations, n, prior_weight, lower, upper, components, &gene->bad);
}

/* Tables use the components of the first gene only as scratch, so they are fitted before the
 * mixtures that stay. */
static void fit_tables(const weft_optimizer *optimizer, tpe *model) {
    for (int g = 0; g < model->n_genes; g++) {
        const weft_gene *gene = &optimizer->table.genes[g];
        gene_model *fitted = &model->genes[g];
        double values = gene->upper - gene->lower + 1.0;
        fitted->n_values = weft_gene_whole(gene) && values <= MAX_TABLE ? (size_t)values : 0;
        if (fitted->n_values == 0) {
            continue;
        }
        double bad[MAX_TABLE];
        fit_table(optimizer, model, g, true, fitted->cumulative);
        fit_table(optimizer, model, g, false, bad);
        double sum = 0.0;
        for (size_t k = 0; k < fitted->n_values; k++) {
            fitted->score[k] = log(fitted->cumulative[k]) - log(bad[k]);
            sum += fitted->cumulative[k];
            fitted->cumulative[k] = sum;
        }
    }
}

static bool starting(const weft_optimizer *optimizer) {
    size_t startup = (size_t)optimizer->settings.startup_trials;
    return optimizer->history.n < startup || optimizer->history.n == 0;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    tpe *model = optimizer->state;
    size_t n = optimizer->history.n;
    if (starting(optimizer) || model->n_fitted == n) {
        return WEFT_OK;
    }
    WEFT_TRY(reserve(model, n, error));
    WEFT_TRY(split(optimizer, model, error));
    fit_tables(optimizer, model);
    for (int g = 0; g < model->n_genes; g++) {
        if (model->genes[g].n_values == 0) {
            fit_mixtures(optimizer, model, g);
        }
    }
    model->n_fitted = n;
    return WEFT_OK;
}

/* ---- propose --------------------------------------------------------------------------------- */

static double draw_from_table(const weft_gene *gene, const gene_model *model, int candidates,
                              weft_rng *rng) {
    size_t best = 0;
    for (int i = 0; i < candidates; i++) {
        double u = weft_rng_uniform(rng) * model->cumulative[model->n_values - 1];
        size_t k = 0;
        while (k + 1 < model->n_values && model->cumulative[k] <= u) {
            k++;
        }
        if (i == 0 || model->score[k] > model->score[best]) {
            best = k;
        }
    }
    return gene->lower + (double)best;
}

static double draw_from_mixtures(const weft_gene *gene, const gene_model *model, int candidates,
                                 weft_rng *rng) {
    double best = NAN;
    double best_score = -INFINITY;
    for (int i = 0; i < candidates; i++) {
        double x = weft_parzen_draw(&model->good, rng);
        double score;
        if (weft_gene_whole(gene)) {
            x = weft_gene_position(gene, weft_gene_value(gene, x));
            score = log(weft_parzen_mass(&model->good, x - 0.5, x + 0.5)) -
                    log(weft_parzen_mass(&model->bad, x - 0.5, x + 0.5));
        } else {
            score = log(weft_parzen_density(&model->good, x)) -
                    log(weft_parzen_density(&model->bad, x));
        }
        if (i == 0 || score > best_score) {
            best = x;
            best_score = score;
        }
    }
    return weft_gene_value(gene, best);
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    const tpe *model = optimizer->state;
    if (starting(optimizer)) {
        weft_genome_draw(&optimizer->table, rng, genome);
        return;
    }
    int halvings = attempt / REFUSALS_BEFORE_HALVING;
    int candidates = optimizer->settings.candidates >> (halvings < 31 ? halvings : 31);
    candidates = candidates < 1 ? 1 : candidates;
    for (int g = 0; g < optimizer->table.n_genes; g++) {
        const weft_gene *gene = &optimizer->table.genes[g];
        if (!weft_gene_active(&optimizer->table, genome, g)) {
            genome[g] = NAN;
        } else if (model->genes[g].n_values > 0) {
            genome[g] = draw_from_table(gene, &model->genes[g], candidates, rng);
        } else {
            genome[g] = draw_from_mixtures(gene, &model->genes[g], candidates, rng);
        }
    }
}

const weft_method weft_method_tpe = {
    .name = "tpe", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
