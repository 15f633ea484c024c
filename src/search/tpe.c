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
 *     to plain draws from l: the argmax of l/g hardly varies, and would be refused for ever;
 *   - of a number of more than 64 values the bad density has the newest 500 observations, and of the
 *     older ones every second, fourth, ... with as much more weight, at most 500.
 * What a proposal costs does not grow with the history: the good are kept sorted (elite.h), and what the
 * bad say of a table is counted as trials are told (tally.h).
 */
#include "search/elite.h"
#include "search/optimizer.h"
#include "search/parzen.h"
#include "search/sampling.h"
#include "search/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_GOOD = WEFT_TALLY_FEW,
    MAX_TABLE = WEFT_TALLY_VALUES,
    REFUSALS_BEFORE_HALVING = 8,
    MAX_PART = 500, /* observations of a mixture's newer and of its older part */
    MAX_OBSERVED = 2 * MAX_PART
};

/* l and g of one gene: a table where the values are few, else two mixtures. */
typedef struct gene_model {
    size_t n_values;              /* of the table; 0: mixtures */
    size_t offset;                /* of the table among all tables' values */
    double cumulative[MAX_TABLE]; /* of l */
    double score[MAX_TABLE];      /* log l - log g */
    weft_parzen good, bad;
    weft_component *components; /* (MAX_GOOD + MAX_OBSERVED + 2) of the mixtures: l's, then g's */
} gene_model;

/* A good trial: how often each value of each table was observed before it. */
typedef struct good_trial {
    size_t row;
    uint32_t *before; /* (n_table_values) */
} good_trial;

typedef struct tpe {
    int n_genes;
    size_t n_fitted;  /* trials in the model */
    size_t n_counted; /* trials in the tallies */
    weft_elite elite;
    size_t n_table_values; /* of all tables */
    uint32_t *counts;      /* (MAX_GOOD, n_table_values): what good[i].before point to */
    size_t n_good;
    good_trial good[MAX_GOOD]; /* by row */
    gene_model *genes;         /* (n_genes) */
    weft_tally *tallies;       /* (n_genes); of mixtures of a single value: when they were active */
} tpe;

/* ---- life ------------------------------------------------------------------------------------ */

static void destroy(void *state) {
    tpe *model = state;
    for (int g = 0; g < model->n_genes; g++) {
        if (model->tallies != NULL) {
            weft_tally_destroy(&model->tallies[g]);
        }
        if (model->genes != NULL) {
            free(model->genes[g].components);
        }
    }
    weft_elite_destroy(&model->elite);
    free(model->counts);
    free(model->genes);
    free(model->tallies);
    free(model);
}

static weft_status create_gene(const weft_gene *gene, tpe *model, int g, weft_error *error) {
    gene_model *made = &model->genes[g];
    double values = gene->upper - gene->lower + 1.0;
    made->n_values = weft_gene_whole(gene) && values <= MAX_TABLE ? (size_t)values : 0;
    made->offset = model->n_table_values;
    model->n_table_values += made->n_values;
    if (made->n_values == 0) {
        size_t size = (MAX_GOOD + MAX_OBSERVED + 2) * sizeof *made->components;
        made->components = malloc(size);
        if (made->components == NULL) {
            return weft_fail_memory(error, size);
        }
    }
    return weft_tally_create(made->n_values > 0 ? made->n_values : 1, &model->tallies[g], error);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    tpe *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    size_t n_genes = (size_t)optimizer->table.n_genes;
    weft_elite_create(MAX_GOOD, &model->elite);
    model->genes = calloc(n_genes, sizeof *model->genes);
    model->tallies = calloc(n_genes, sizeof *model->tallies);
    if (model->genes == NULL || model->tallies == NULL) {
        return weft_fail_memory(error, n_genes * sizeof *model->genes);
    }
    model->n_genes = optimizer->table.n_genes;
    for (int g = 0; g < model->n_genes; g++) {
        WEFT_TRY(create_gene(&optimizer->table.genes[g], model, g, error));
    }
    size_t size = MAX_GOOD * (model->n_table_values + 1) * sizeof *model->counts;
    model->counts = malloc(size);
    if (model->counts == NULL) {
        return weft_fail_memory(error, size);
    }
    for (size_t i = 0; i < MAX_GOOD; i++) {
        model->good[i].before = &model->counts[i * model->n_table_values];
    }
    return WEFT_OK;
}

/* ---- which trials are good ------------------------------------------------------------------- */

/* How many of the sorted trials are good: Hyperopt's rule, and with several objectives the least
 * crowded of the first front besides, up to sqrt(N): the rule's two or three would be the ends of
 * the front alone. */
static size_t count_good(const weft_optimizer *optimizer, const tpe *model) {
    size_t n = optimizer->history.n;
    double root = sqrt((double)n);
    size_t good = (size_t)fmin(ceil(optimizer->settings.gamma * root), MAX_GOOD);
    good = good < n ? good : n;
    if (optimizer->settings.n_objectives > 1) {
        size_t most = (size_t)fmin(ceil(root), MAX_GOOD);
        const weft_standing *sorted = model->elite.members;
        while (good < n && good < most && sorted[good].state == WEFT_OUTCOME_OK &&
               sorted[good].rank == 0) {
            good++;
        }
    }
    return good;
}

static weft_status count_rows(const weft_optimizer *optimizer, tpe *model, weft_error *error) {
    for (; model->n_counted < optimizer->history.n; model->n_counted++) {
        const double *genome = weft_history_genome(&optimizer->history, model->n_counted);
        for (int g = 0; g < model->n_genes; g++) {
            if (!isnan(genome[g])) {
                bool table = model->genes[g].n_values > 0;
                double value = table ? genome[g] - optimizer->table.genes[g].lower : 0.0;
                WEFT_TRY(
                    weft_tally_add(&model->tallies[g], model->n_counted, (size_t)value, error));
            }
        }
    }
    return WEFT_OK;
}

static void count_before(const tpe *model, good_trial *trial) {
    for (int g = 0; g < model->n_genes; g++) {
        const gene_model *gene = &model->genes[g];
        size_t place = gene->n_values > 0 ? weft_tally_place(&model->tallies[g], trial->row)
                                          : SIZE_MAX;
        if (place != SIZE_MAX) {
            weft_tally_before(&model->tallies[g], place, &trial->before[gene->offset]);
        }
    }
}

static int by_row(const void *left, const void *right) {
    const good_trial *a = left;
    const good_trial *b = right;
    return (a->row > b->row) - (a->row < b->row);
}

/* The good trials by row; what was counted before one that was good already is kept. */
static void take_good(tpe *model, size_t n_good) {
    bool stays[MAX_GOOD] = {false};
    bool known[MAX_GOOD] = {false};
    for (size_t i = 0; i < n_good; i++) {
        for (size_t k = 0; k < model->n_good; k++) {
            if (model->good[k].row == model->elite.members[i].row) {
                stays[k] = true;
                known[i] = true;
            }
        }
    }
    size_t slot = 0;
    for (size_t i = 0; i < n_good; i++) {
        if (!known[i]) {
            while (stays[slot]) {
                slot++;
            }
            stays[slot] = true;
            model->good[slot].row = model->elite.members[i].row;
            count_before(model, &model->good[slot]);
        }
    }
    /* those that stay to the front, their arrays with them */
    size_t n = 0;
    for (size_t k = 0; k < MAX_GOOD; k++) {
        if (stays[k]) {
            good_trial moved = model->good[k];
            model->good[k] = model->good[n];
            model->good[n++] = moved;
        }
    }
    model->n_good = n;
    qsort(model->good, n, sizeof *model->good, by_row);
}

/* ---- fit ------------------------------------------------------------------------------------- */

/* The places of the good trials in which the gene was active, and what was observed before each. */
typedef struct few {
    size_t n;
    size_t places[MAX_GOOD];
    uint32_t before[MAX_GOOD * MAX_TABLE];
} few;

static void find_few(const tpe *model, int g, few *found) {
    const gene_model *gene = &model->genes[g];
    found->n = 0;
    for (size_t i = 0; i < model->n_good; i++) {
        size_t place = weft_tally_place(&model->tallies[g], model->good[i].row);
        if (place != SIZE_MAX) {
            memcpy(&found->before[found->n * gene->n_values], &model->good[i].before[gene->offset],
                   gene->n_values * sizeof(uint32_t));
            found->places[found->n++] = place;
        }
    }
}

/* The values of gene g in the good trials, weighted. */
static size_t observe_good(const weft_optimizer *optimizer, const tpe *model, int g,
                           weft_observation *observations) {
    size_t n = 0;
    for (size_t i = 0; i < model->n_good; i++) {
        double value = weft_history_genome(&optimizer->history, model->good[i].row)[g];
        if (!isnan(value)) {
            observations[n++].value = weft_gene_position(&optimizer->table.genes[g], value);
        }
    }
    weft_forget(observations, n, optimizer->settings.linear_forgetting);
    return n;
}

static void fit_table(const weft_optimizer *optimizer, tpe *model, int g) {
    const weft_gene *gene = &optimizer->table.genes[g];
    gene_model *fitted = &model->genes[g];
    double prior_weight = optimizer->settings.prior_weight;
    few found;
    weft_observation good[MAX_GOOD];
    weft_observation bad[3 * MAX_TABLE];
    size_t n_bad;
    double masses[MAX_TABLE];
    find_few(model, g, &found);
    size_t n_good = observe_good(optimizer, model, g, good);
    size_t all_bad = weft_tally_others(&model->tallies[g], found.places, found.n, found.before,
                                       optimizer->settings.linear_forgetting, bad, &n_bad);
    if (gene->kind == WEFT_GENE_CATEGORICAL) {
        weft_pseudocounts(good, n_good, prior_weight, gene->n_choices, fitted->cumulative);
        weft_pseudocounts(bad, n_bad, prior_weight, gene->n_choices, masses);
    } else {
        weft_component components[3 * MAX_TABLE + 1];
        weft_parzen mixture;
        double lower;
        double upper;
        weft_gene_interval(gene, &lower, &upper);
        weft_parzen_fit(good, n_good, prior_weight, lower, upper, components, &mixture);
        weft_parzen_bins(&mixture, fitted->n_values, fitted->cumulative);
        for (size_t i = 0; i < n_bad; i++) {
            bad[i].value = weft_gene_position(gene, gene->lower + bad[i].value);
        }
        weft_parzen_fit_sorted(bad, n_bad, all_bad, prior_weight, lower, upper, components,
                               &mixture);
        weft_parzen_bins(&mixture, fitted->n_values, masses);
    }
    double sum = 0.0;
    for (size_t k = 0; k < fitted->n_values; k++) {
        fitted->score[k] = log(fitted->cumulative[k]) - log(masses[k]);
        sum += fitted->cumulative[k];
        fitted->cumulative[k] = sum;
    }
}

/* The values of gene g in the bad trials, weighted, thinned out beyond MAX_OBSERVED. */
static size_t observe_bad(const weft_optimizer *optimizer, const tpe *model, int g, const few *good,
                          weft_observation *observations) {
    const weft_tally *tally = &model->tallies[g];
    size_t n = tally->n - good->n;
    size_t older = n > MAX_OBSERVED ? n - MAX_PART : 0;
    size_t stride = 1;
    while (older / stride >= MAX_PART) {
        stride *= 2;
    }
    size_t full = (size_t)optimizer->settings.linear_forgetting;
    size_t ramp = n > full ? n - full : 0;
    double first = n > 0 ? 1.0 / (double)n : 1.0;
    size_t kept = 0;
    size_t passed = 0; /* good trials before the place */
    for (size_t place = 0, next; place < n; place = next) {
        next = place >= older ? place + 1 : place + stride < older ? place + stride : older;
        while (passed < good->n && good->places[passed] <= place + passed) {
            passed++;
        }
        double value = weft_history_genome(&optimizer->history, tally->rows[place + passed])[g];
        double climb = ramp > 1 ? (double)place / (double)(ramp - 1) : 0.0;
        double weight = place < ramp ? first + (1.0 - first) * climb : 1.0;
        observations[kept] =
            (weft_observation){.value = weft_gene_position(&optimizer->table.genes[g], value),
                               .weight = place < older ? weight * (double)stride : weight,
                               .order = kept};
        kept++;
    }
    return kept;
}

static void fit_mixtures(const weft_optimizer *optimizer, tpe *model, int g) {
    double prior_weight = optimizer->settings.prior_weight;
    double lower;
    double upper;
    weft_gene_interval(&optimizer->table.genes[g], &lower, &upper);
    gene_model *gene = &model->genes[g];
    few found;
    weft_observation observations[MAX_OBSERVED];
    find_few(model, g, &found);
    size_t n = observe_good(optimizer, model, g, observations);
    weft_parzen_fit(observations, n, prior_weight, lower, upper, gene->components, &gene->good);
    n = observe_bad(optimizer, model, g, &found, observations);
    weft_parzen_fit(observations, n, prior_weight, lower, upper, &gene->components[MAX_GOOD + 1],
                    &gene->bad);
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
    WEFT_TRY(weft_elite_update(&model->elite, &optimizer->history, optimizer->settings.n_objectives,
                               error));
    WEFT_TRY(count_rows(optimizer, model, error));
    take_good(model, count_good(optimizer, model));
    for (int g = 0; g < model->n_genes; g++) {
        if (model->genes[g].n_values > 0) {
            fit_table(optimizer, model, g);
        } else {
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
