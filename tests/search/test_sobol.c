/* SPDX-License-Identifier: Apache-2.0
 *
 * Quasi-random search: stratified projections, t-values, discrepancy against random points, genes
 * that are or are not active, refused points left out, the same search for any batch. */
#include "search/support.h"

#include <math.h>

#include "search/sampling.h"
#include "search/sobol_sequence.h"

enum { DIMENSIONS = 200 };

static weft_sobol make_sobol(int n, uint64_t seed) {
    weft_sobol sobol;
    weft_error error = {0};
    if (weft_sobol_create(n, seed, &sobol, &error) != WEFT_OK) {
        fail_msg("create: %s", error.message);
    }
    return sobol;
}

/* Every aligned block of 2^k points has one in each of 2^k equal parts, in every dimension. */
static void test_projections_are_stratified(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 2; seed++) {
        weft_sobol sobol = make_sobol(DIMENSIONS, seed);
        for (int k = 1; k <= 8; k += 1 + 6 * (k == 2)) {
            uint64_t n = UINT64_C(1) << k;
            for (int d = 0; d < DIMENSIONS; d++) {
                for (uint64_t block = 0; block < 4; block++) {
                    bool met[256] = {false};
                    for (uint64_t i = block * n; i < (block + 1) * n; i++) {
                        double x = weft_sobol_coordinate(&sobol, i, d);
                        assert_true(x >= 0.0 && x < 1.0);
                        int part = (int)(x * (double)n);
                        assert_false(met[part]);
                        met[part] = true;
                    }
                }
            }
        }
        weft_sobol_destroy(&sobol);
    }
}

/* The t-value by counting points: the least t such that every box of 2^-p by 2^-(m-t-p) has 2^t of
 * the first 2^m points. */
static int counted_t_value(const weft_sobol *sobol, int one, int other, int m) {
    for (int t = 0; t < m; t++) {
        bool equal = true;
        for (int p = 0; equal && p <= m - t; p++) {
            int counts[1 << 8] = {0};
            int q = m - t - p;
            for (uint64_t i = 0; i < UINT64_C(1) << m; i++) {
                int row = (int)ldexp(weft_sobol_coordinate(sobol, i, one), p);
                int column = (int)ldexp(weft_sobol_coordinate(sobol, i, other), q);
                counts[(row << q) + column]++;
            }
            for (int box = 0; box < 1 << (m - t); box++) {
                equal = equal && counts[box] == 1 << t;
            }
        }
        if (equal) {
            return t;
        }
    }
    return m;
}

static void test_t_values(void **state) {
    (void)state;
    weft_sobol sobol = make_sobol(12, 3);
    for (int m = 2; m <= 8; m += 2) {
        for (int d = 0; d < 12; d++) {
            for (int e = 0; e < d; e++) {
                assert_int_equal(weft_sobol_t_value(&sobol, e, d, m),
                                 counted_t_value(&sobol, e, d, m));
            }
        }
    }
    for (int m = 1; m <= 20; m++) { /* the first two dimensions are a (0, 2)-sequence */
        assert_int_equal(weft_sobol_t_value(&sobol, 0, 1, m), 0);
    }
    int most = 0;
    for (int d = 1; d < 12; d++) {
        for (int e = 0; e < d; e++) {
            int t = weft_sobol_t_value(&sobol, e, d, 10);
            most = t > most ? t : most;
        }
    }
    print_message("largest t-value of 1024 points in 12 dimensions: %d\n", most);
    assert_true(most <= 5);
    weft_sobol_destroy(&sobol);
}

/* Centred L2 discrepancy, squared (F. J. Hickernell, "A generalized discrepancy and quadrature
 * error bound", Math. Comp. 67, 1998). */
static double discrepancy(const double *x, int n, int d) {
    double once = 0.0;
    double twice = 0.0;
    for (int i = 0; i < n; i++) {
        double product = 1.0;
        for (int k = 0; k < d; k++) {
            double a = fabs(x[i * d + k] - 0.5);
            product *= 1.0 + 0.5 * a - 0.5 * a * a;
        }
        once += product;
        for (int j = 0; j < n; j++) {
            double pair = 1.0;
            for (int k = 0; k < d; k++) {
                double a = fabs(x[i * d + k] - 0.5);
                double b = fabs(x[j * d + k] - 0.5);
                pair *= 1.0 + 0.5 * a + 0.5 * b - 0.5 * fabs(x[i * d + k] - x[j * d + k]);
            }
            twice += pair;
        }
    }
    return pow(13.0 / 12.0, d) - 2.0 * once / n + twice / n / n;
}

static void test_discrepancy_is_low(void **state) {
    (void)state;
    enum { N = 256 };
    static const int dimensions[] = {2, 4, 8};
    for (uint64_t seed = 0; seed < 3; seed++) {
        for (int k = 0; k < 3; k++) {
            int d = dimensions[k];
            double points[2][N * 8];
            weft_sobol sobol = make_sobol(d, seed);
            weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 51);
            for (int i = 0; i < N * d; i++) {
                points[0][i] = weft_sobol_coordinate(&sobol, (uint64_t)(i / d), i % d);
                points[1][i] = weft_rng_uniform(&rng);
            }
            double quasi = discrepancy(points[0], N, d);
            double random = discrepancy(points[1], N, d);
            print_message("%d dimensions, seed %d: discrepancy^2 %.2e, random %.2e\n", d, (int)seed,
                          quasi, random);
            assert_true(quasi < random / (d == 2 ? 20.0 : d == 4 ? 8.0 : 2.0));
            weft_sobol_destroy(&sobol);
        }
    }
}

/* ---- the method ------------------------------------------------------------------------------ */

enum { N_GENES = 6 };

/* One of every kind; the last exists where the choice is 1 or 2. */
static void mixed_genes(weft_gene genes[N_GENES]) {
    const weft_gene all[N_GENES] = {
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3},
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 8, .upper = 7},
        {.kind = WEFT_GENE_INTEGER, .lower = -3, .upper = 12},
        {.kind = WEFT_GENE_REAL, .lower = 1e-4, .upper = 1.0, .log_scale = true},
        {.kind = WEFT_GENE_INTEGER, .lower = 5, .upper = 5},
        {.kind = WEFT_GENE_REAL,
         .lower = -1,
         .upper = 1,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 1, .maximum = 2}}},
    };
    memcpy(genes, all, sizeof all);
}

static weft_optimizer_settings settings_of(uint64_t seed) {
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = "sobol";
    settings.seed = seed;
    settings.n_objectives = 2;
    return settings;
}

static void search(weft_optimizer *optimizer, int n_genes, int trials, int batch, double *genomes) {
    const weft_outcome outcome = {.objectives = {1, 2}};
    for (int t = 0; t < trials; t += batch) {
        ask_all(optimizer, (uint64_t)t, batch, &genomes[t * n_genes]);
        for (int i = 0; i < batch; i++) {
            tell(optimizer, &genomes[(t + i) * n_genes], &outcome);
        }
    }
}

/* 16 trials: each of 4 choices 4 times, of 8 twice, of 16 once; 4 reals a decade. */
static void test_genes_are_stratified(void **state) {
    (void)state;
    weft_gene genes[N_GENES];
    mixed_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES};
    for (uint64_t seed = 0; seed < 5; seed++) {
        weft_optimizer_settings settings = settings_of(seed);
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        double x[16 * N_GENES];
        int counts[4][16] = {{0}};
        search(optimizer, N_GENES, 16, 4, x);
        for (int t = 0; t < 16; t++) {
            const double *genome = &x[t * N_GENES];
            assert_true(weft_genome_legal(&table, genome));
            counts[0][(int)genome[0]]++;
            counts[1][(int)genome[1]]++;
            counts[2][(int)genome[2] + 3]++;
            counts[3][(int)fmin(-log10(genome[3]), 3.0)]++;
        }
        for (int k = 0; k < 16; k++) {
            assert_int_equal(counts[0][k], k < 4 ? 4 : 0);
            assert_int_equal(counts[1][k], k < 8 ? 2 : 0);
            assert_int_equal(counts[2][k], 1);
            assert_int_equal(counts[3][k], k < 4 ? 4 : 0);
        }
        weft_optimizer_destroy(optimizer);
    }
}

static bool above_the_line(const void *context, const double *genome) {
    (void)context;
    return genome[1] + genome[2] >= 8.0;
}

/* Refused points are left out and no other is: the trials are the legal points in order, whatever
 * the batches, and on after a resumption. */
static void test_points_come_in_order(void **state) {
    (void)state;
    enum { TRIALS = 96 };
    static double first[TRIALS * N_GENES];
    static double other[TRIALS * N_GENES];
    static const int batches[] = {1, 8, 32};
    weft_gene genes[N_GENES];
    mixed_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = N_GENES, .legal = above_the_line};
    weft_optimizer_settings settings = settings_of(11);
    for (int b = 0; b < 3; b++) {
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        search(optimizer, N_GENES, TRIALS, batches[b], b == 0 ? first : other);
        weft_optimizer_destroy(optimizer);
        assert_true(b == 0 || memcmp(first, other, sizeof first) == 0);
    }
    weft_sobol sobol = make_sobol(5, 11); /* one gene does not vary */
    int met = 0;
    for (uint64_t i = 0; met < TRIALS; i++) {
        double x[3];
        for (int d = 0; d < 3; d++) {
            x[d] = weft_gene_at(&genes[d], weft_sobol_coordinate(&sobol, i, d));
        }
        if (x[1] + x[2] >= 8.0) {
            assert_memory_equal(x, &first[met * N_GENES], sizeof x);
            met++;
        }
    }
    weft_sobol_destroy(&sobol);
    weft_optimizer *resumed = make_optimizer(&table, &settings);
    const weft_outcome failed = {.state = WEFT_OUTCOME_FAILED};
    for (int t = 0; t < 40; t++) {
        tell(resumed, &first[t * N_GENES], &failed);
    }
    ask_all(resumed, 40, 8, other);
    assert_memory_equal(other, &first[40 * N_GENES], 8 * N_GENES * sizeof *other);
    weft_optimizer_destroy(resumed);
}

/* 200 genes of which half hang on others: every gene takes all its values. */
static void test_many_genes(void **state) {
    (void)state;
    enum { TRIALS = 128 };
    static weft_gene genes[DIMENSIONS];
    static double x[TRIALS * DIMENSIONS];
    static int counts[DIMENSIONS][4];
    for (int g = 0; g < DIMENSIONS; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_ORDINAL, .n_choices = 4, .upper = 3};
        if (g % 2 == 1) {
            genes[g].n_conditions = 1;
            genes[g].conditions[0] = (weft_condition){.parent = g - 1, .minimum = 2, .maximum = 3};
        }
    }
    weft_gene_table table = {.genes = genes, .n_genes = DIMENSIONS};
    weft_optimizer_settings settings = settings_of(2);
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    search(optimizer, DIMENSIONS, TRIALS, 16, x);
    weft_optimizer_destroy(optimizer);
    for (int i = 0; i < TRIALS * DIMENSIONS; i++) {
        if (!isnan(x[i])) {
            counts[i % DIMENSIONS][(int)x[i]]++;
        }
    }
    for (int g = 0; g < DIMENSIONS; g++) {
        for (int value = 0; value < 4; value++) {
            assert_true(g % 2 == 0 ? counts[g][value] == TRIALS / 4 : counts[g][value] > 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_projections_are_stratified),
        cmocka_unit_test(test_t_values),
        cmocka_unit_test(test_discrepancy_is_low),
        cmocka_unit_test(test_genes_are_stratified),
        cmocka_unit_test(test_points_come_in_order),
        cmocka_unit_test(test_many_genes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
