/* SPDX-License-Identifier: Apache-2.0
 *
 * SHGO by ask and tell: several minima of one function, mixed genes, better than random points, limits
 * that are told. */
#include "search/support.h"

#include <math.h>

enum { MOST = 600 };

static void real_gene(weft_gene *gene, const char *name, double lower, double upper) {
    *gene = (weft_gene){.kind = WEFT_GENE_REAL, .lower = lower, .upper = upper};
    snprintf(gene->name, sizeof gene->name, "%s", name);
}

/* Asks and tells `trials` trials in batches of `batch`; `genomes` and `values` have room for them. */
/* `samples`: those of a round; 0: the method's own. */
static void run(const weft_gene_table *table, const char *name, uint64_t seed, int samples,
                int trials, int batch, double (*value)(const double *genome), double *genomes,
                double *values) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = seed;
    settings.population = samples;
    weft_optimizer *optimizer = make_optimizer(table, &settings);
    for (int t = 0; t < trials; t += batch) {
        double *first = &genomes[(size_t)t * (size_t)table->n_genes];
        ask_all(optimizer, (uint64_t)t, batch, first);
        for (int i = 0; i < batch; i++) {
            const double *genome = &first[(size_t)i * (size_t)table->n_genes];
            weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {value(genome)}};
            values[t + i] = outcome.objectives[0];
            tell(optimizer, genome, &outcome);
        }
    }
    weft_optimizer_destroy(optimizer);
}

static double least(const double *values, int n) {
    double best = INFINITY;
    for (int i = 0; i < n; i++) {
        best = fmin(best, values[i]);
    }
    return best;
}

static double himmelblau(const double *x) {
    return pow(x[0] * x[0] + x[1] - 11.0, 2) + pow(x[0] + x[1] * x[1] - 7.0, 2);
}

/* Of the four minima nearly all, whatever the batches and the points: one may hide between samples. */
static void test_all_minima(void **state) {
    (void)state;
    enum { SEEDS = 6, TRIALS = 420 };
    static const double minima[4][2] = {
        {3.0, 2.0}, {-2.805118, 3.131313}, {-3.779310, -3.283186}, {3.584428, -1.848127}};
    weft_gene genes[2];
    weft_gene_table table = {.genes = genes, .n_genes = 2};
    double genomes[2 * MOST];
    double values[MOST];
    int found = 0;
    real_gene(&genes[0], "x", -6, 6);
    real_gene(&genes[1], "y", -6, 6);
    for (int k = 0; k < 2 * SEEDS; k++) {
        run(&table, "shgo", (uint64_t)k / 2, 100, TRIALS, k % 2 == 0 ? 1 : 6, himmelblau, genomes,
            values);
        for (int m = 0; m < 4; m++) {
            bool met = false;
            for (int i = 0; i < TRIALS; i++) {
                met = met || hypot(genomes[2 * i] - minima[m][0],
                                   genomes[2 * i + 1] - minima[m][1]) < 0.05;
            }
            found += met;
        }
        assert_true(least(values, TRIALS) < 1e-3);
    }

    assert_true(found >= 7 * SEEDS);
}

/* Four genes of four kinds: least at kind 2, n 17, rate 1e-3, x 0.3. */
static double mixed(const double *genome) {
    return (genome[0] == 2.0 ? 0.0 : 1.0) + pow((genome[1] - 17.0) / 20.0, 2) +
           pow(log10(genome[2]) + 3.0, 2) + pow(genome[3] - 0.3, 2);
}

static void mixed_genes(weft_gene genes[4]) {
    genes[0] =
        (weft_gene){.name = "kind", .kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3};
    genes[1] = (weft_gene){.name = "n", .kind = WEFT_GENE_INTEGER, .lower = 1, .upper = 64};
    real_gene(&genes[2], "rate", 1e-6, 1);
    genes[2].log_scale = true;
    real_gene(&genes[3], "x", -1, 1);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_better_than_random(void **state) {
    (void)state;
    enum { SEEDS = 9, TRIALS = 150 };
    weft_gene genes[4];
    weft_gene_table table = {.genes = genes, .n_genes = 4};
    double genomes[4 * MOST];
    double values[MOST];
    double found[2][SEEDS];
    mixed_genes(genes);
    for (int seed = 0; seed < SEEDS; seed++) {
        run(&table, "random", (uint64_t)seed, 0, TRIALS, 1, mixed, genomes, values);
        found[0][seed] = least(values, TRIALS);
        run(&table, "shgo", (uint64_t)seed, 0, TRIALS, 1, mixed, genomes, values);
        found[1][seed] = least(values, TRIALS);
    }
    qsort(found[0], SEEDS, sizeof(double), by_value);
    qsort(found[1], SEEDS, sizeof(double), by_value);
    assert_true(found[1][SEEDS / 2] < 0.02 * found[0][SEEDS / 2]);
    assert_true(found[1][SEEDS / 2] < 1e-4);
}

static void test_limits(void **state) {
    (void)state;
    weft_gene genes[17];
    weft_gene_table table = {.genes = genes, .n_genes = 17};
    weft_optimizer_settings settings;
    weft_optimizer *optimizer = NULL;
    weft_error error = {0};
    for (int g = 0; g < 17; g++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", g);
        real_gene(&genes[g], name, 0, 1);
    }
    weft_optimizer_defaults(&settings);
    settings.name = "shgo";
    assert_int_equal(weft_optimizer_create(&table, &settings, &optimizer, &error),
                     WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "up to 16 genes that vary"));
    genes[3].upper = 0.0; /* held: it does not count */
    genes[3].kind = WEFT_GENE_INTEGER;
    optimizer = make_optimizer(&table, &settings);
    weft_optimizer_destroy(optimizer);
    settings.n_objectives = 2;
    assert_int_equal(weft_optimizer_create(&table, &settings, &optimizer, &error),
                     WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "has one objective"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_minima),
        cmocka_unit_test(test_better_than_random),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
