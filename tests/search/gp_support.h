/* SPDX-License-Identifier: Apache-2.0
 * Problems with known answers, and how far an optimizer gets on them. */
#ifndef WEFT_TESTS_SEARCH_GP_SUPPORT_H
#define WEFT_TESTS_SEARCH_GP_SUPPORT_H

#include "search/support.h"

#include <math.h>

enum { MAX_TOY_GENES = 12 };

typedef struct toy {
    int n_genes, n_objectives;
    weft_gene genes[MAX_TOY_GENES];
    void (*evaluate)(const double *genome, weft_outcome *outcome);
} toy;

static inline void add_real(toy *to, double lower, double upper) {
    weft_gene *gene = &to->genes[to->n_genes];
    snprintf(gene->name, sizeof gene->name, "x%d", to->n_genes++);
    gene->kind = WEFT_GENE_REAL;
    gene->lower = lower;
    gene->upper = upper;
}

static inline void add_choices(toy *to, weft_gene_kind kind, int n) {
    weft_gene *gene = &to->genes[to->n_genes];
    snprintf(gene->name, sizeof gene->name, "c%d", to->n_genes++);
    gene->kind = kind;
    gene->n_choices = n;
    gene->upper = n - 1;
}

/* Branin: three minima of 0.397887. */
static inline double branin(double x, double y) {
    double a = y - 5.1 / (4.0 * M_PI * M_PI) * x * x + 5.0 / M_PI * x - 6.0;
    return a * a + 10.0 * (1.0 - 1.0 / (8.0 * M_PI)) * cos(x) + 10.0;
}

static inline void evaluate_branin(const double *x, weft_outcome *outcome) {
    outcome->objectives[0] = branin(x[0], x[1]) - 0.397887;
}

static inline toy branin_toy(void) {
    toy made = {.n_objectives = 1, .evaluate = evaluate_branin};
    add_real(&made, -5, 10);
    add_real(&made, 0, 15);
    return made;
}

/* Hartmann in six dimensions: the least value is -3.32237. */
static inline void evaluate_hartmann(const double *x, weft_outcome *outcome) {
    static const double alpha[] = {1.0, 1.2, 3.0, 3.2};
    static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
    static const double p[4][6] = {{1312, 1696, 5569, 124, 8283, 5886},
                                   {2329, 4135, 8307, 3736, 1004, 9991},
                                   {2348, 1451, 3522, 2883, 3047, 6650},
                                   {4047, 8828, 8732, 5743, 1091, 381}};
    double sum = 0.0;
    for (int i = 0; i < 4; i++) {
        double inner = 0.0;
        for (int j = 0; j < 6; j++) {
            double d = x[j] - 1e-4 * p[i][j];
            inner += a[i][j] * d * d;
        }
        sum += alpha[i] * exp(-inner);
    }
    outcome->objectives[0] = 3.32237 - sum;
}

static inline toy hartmann_toy(void) {
    toy made = {.n_objectives = 1, .evaluate = evaluate_hartmann};
    for (int j = 0; j < 6; j++) {
        add_real(&made, 0, 1);
    }
    return made;
}

/* Ackley of three reals and three choices of five, the right ones 3, 1 and 4; the last real is there
 * for even choices of the first alone, and 0.5 where it is not. */
static inline void evaluate_ackley(const double *x, weft_outcome *outcome) {
    static const double right[] = {3, 1, 4};
    double squares = 0.0;
    double waves = 0.0;
    for (int j = 0; j < 6; j++) {
        double z = j < 3 ? (x[j] != right[j]) : isnan(x[j]) ? 0.5 : x[j];
        squares += z * z / 6;
        waves += cos(2.0 * M_PI * z) / 6;
    }
    outcome->objectives[0] = 20.0 + M_E - 20.0 * exp(-0.2 * sqrt(squares)) - exp(waves);
}

static inline toy ackley_toy(void) {
    toy made = {.n_objectives = 1, .evaluate = evaluate_ackley};
    for (int j = 0; j < 3; j++) {
        add_choices(&made, WEFT_GENE_CATEGORICAL, 5);
    }
    for (int j = 0; j < 3; j++) {
        add_real(&made, -1, 1);
    }
    made.genes[5].n_conditions = 1;
    made.genes[5].conditions[0] = (weft_condition){.parent = 0, .minimum = 2, .maximum = 4};
    return made;
}

static inline weft_gene_table table_of(const toy *of) {
    return (weft_gene_table){.genes = of->genes, .n_genes = of->n_genes};
}

/* Asks, evaluates and tells `trials` in batches; the outcomes (trials), and the genomes unless NULL. */
static inline void search_toy(const toy *of, const weft_optimizer_settings *settings, int trials,
                              int batch, weft_outcome *outcomes, double *kept) {
    weft_gene_table table = table_of(of);
    weft_optimizer *optimizer = make_optimizer(&table, settings);
    double *genomes = calloc((size_t)(batch * of->n_genes), sizeof *genomes);
    for (int t = 0; t < trials; t += batch) {
        int n = trials - t < batch ? trials - t : batch;
        ask_all(optimizer, (uint64_t)t, n, genomes);
        for (int i = 0; i < n; i++) {
            const double *genome = &genomes[i * of->n_genes];
            outcomes[t + i] = (weft_outcome){.state = WEFT_OUTCOME_OK};
            of->evaluate(genome, &outcomes[t + i]);
            tell(optimizer, genome, &outcomes[t + i]);
            if (kept != NULL) {
                memcpy(&kept[(t + i) * of->n_genes], genome, (size_t)of->n_genes * sizeof *kept);
            }
        }
    }
    free(genomes);
    weft_optimizer_destroy(optimizer);
}

static inline weft_optimizer_settings toy_settings(const char *name, int n_objectives,
                                                   uint64_t seed) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.n_objectives = n_objectives;
    settings.seed = seed;
    settings.startup_trials = 10;
    return settings;
}

static inline toy unit_toy(int n_objectives, int n,
                           void (*evaluate)(const double *genome, weft_outcome *outcome)) {
    toy made = {.n_objectives = n_objectives, .evaluate = evaluate};
    for (int j = 0; j < n; j++) {
        add_real(&made, 0, 1);
    }
    return made;
}

static inline double least(const weft_outcome *outcomes, int n) {
    double best = INFINITY;
    for (int i = 0; i < n; i++) {
        if (outcomes[i].state == WEFT_OUTCOME_OK) {
            best = fmin(best, outcomes[i].objectives[0]);
        }
    }
    return best;
}

static inline double median_of(double *values, int n) {
    double quartiles[5];
    weft_error error = {0};
    assert_int_equal(weft_quartiles(values, (size_t)n, quartiles, &error), WEFT_OK);
    return quartiles[2];
}

#endif
