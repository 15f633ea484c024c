/* SPDX-License-Identifier: Apache-2.0
 *
 * TPE: the densities against figures worked out here from the rules, the draws against the
 * densities, and the search against random search. */
#include "search/parzen.h"
#include "search/support.h"

#include <math.h>

static double phi(double x, double mean, double deviation) {
    return 0.5 * (1.0 + erf((x - mean) / (deviation * sqrt(2.0))));
}

static void test_forgetting(void **state) {
    (void)state;
    weft_observation observations[31];
    weft_forget(observations, 25, 25);
    for (int i = 0; i < 25; i++) {
        assert_true(observations[i].weight == 1.0);
    }
    weft_forget(observations, 26, 25); /* a ramp of one stands at 1/n */
    assert_true(observations[0].weight == 1.0 / 26 && observations[1].weight == 1.0);
    weft_forget(observations, 30, 25); /* 1/30 to 1 in 5 places, then 25 ones */
    for (int i = 0; i < 30; i++) {
        double expected = i < 5 ? 1.0 / 30 + (29.0 / 30) * i / 4 : 1.0;
        assert_true(fabs(observations[i].weight - expected) < 1e-15);
    }
}

static void test_pseudocounts(void **state) {
    (void)state;
    weft_observation observations[4] = {{.value = 2}, {.value = 0}, {.value = 2}, {.value = 2}};
    weft_forget(observations, 4, 2); /* weights 1/4, 1, 1, 1 */
    double p[4];
    weft_pseudocounts(observations, 4, 1.0, 4, p);
    const double expected[] = {2.0 / 7.25, 1.0 / 7.25, 3.25 / 7.25, 1.0 / 7.25};
    for (int k = 0; k < 4; k++) {
        assert_true(fabs(p[k] - expected[k]) < 1e-15);
    }
}

static void check_mixture(const double *values, size_t n, double lower, double upper,
                          const double (*expected)[2], size_t n_expected) {
    weft_observation observations[8];
    weft_component components[9];
    weft_parzen mixture;
    for (size_t i = 0; i < n; i++) {
        observations[i].value = values[i];
    }
    weft_forget(observations, n, 25);
    weft_parzen_fit(observations, n, 1.0, lower, upper, components, &mixture);
    double inside = 0.0;
    double w = 1.0 / (double)n_expected;
    for (size_t i = 0; i < n_expected; i++) {
        inside += w * (phi(upper, expected[i][0], expected[i][1]) -
                       phi(lower, expected[i][0], expected[i][1]));
    }
    for (int k = 0; k <= 20; k++) {
        double x = lower + (upper - lower) * k / 20;
        double density = 0.0;
        for (size_t i = 0; i < n_expected; i++) {
            double z = (x - expected[i][0]) / expected[i][1];
            density += w * exp(-0.5 * z * z) / (expected[i][1] * sqrt(2.0 * M_PI)) / inside;
        }
        assert_true(fabs(weft_parzen_density(&mixture, x) - density) < 1e-12 * density);
    }
}

/* Means and deviations by hand, on [0, 10]: prior (5, 10), deviations clipped to
 * [10 / (2 + n), 10]. */
static void test_mixture_by_hand(void **state) {
    (void)state;
    const double none[][2] = {{5, 10}};
    check_mixture(NULL, 0, 0, 10, none, 1);
    const double one[][2] = {{5, 10}, {2, 5}};
    check_mixture((const double[]){2}, 1, 0, 10, one, 2);
    /* sorted with the prior: 1 2 5 9; neighbours give 1 -> clipped to 2, 2 -> 3, 9 -> 4 */
    const double three[][2] = {{5, 10}, {1, 2}, {2, 3}, {9, 4}};
    check_mixture((const double[]){9, 1, 2}, 3, 0, 10, three, 4);
    /* repeated: 3 3 3 5: 0 and 0 -> clipped to 2, the last of them 2 */
    const double repeated[][2] = {{5, 10}, {3, 2}, {3, 2}, {3, 2}};
    check_mixture((const double[]){3, 3, 3}, 3, 0, 10, repeated, 4);
    /* the prior stands before its equals: 5p 5 8 */
    const double equal[][2] = {{5, 10}, {5, 3}, {8, 3}};
    check_mixture((const double[]){8, 5}, 2, 0, 10, equal, 3);
}

/* Densities of the mixture that Hyperopt's adaptive_parzen_normal (revision c49ad14) makes of the
 * 40 values (37 i mod 100) / 10 with a prior of weight 1 on [0, 10]: forgetting, repeated places,
 * clipping and the prior's place all matter. */
static void test_mixture_of_hyperopt(void **state) {
    (void)state;
    static const double expected[][2] = {{0.5, 0.11328924684460615},
                                         {2.5, 0.08948937589442243},
                                         {5.0, 0.09055681794718594},
                                         {7.5, 0.09319502612291401},
                                         {9.5, 0.11178820094397403}};
    weft_observation observations[40];
    weft_component components[41];
    weft_parzen mixture;
    for (int i = 0; i < 40; i++) {
        observations[i].value = (i * 37 % 100) / 10.0;
    }
    weft_forget(observations, 40, 25);
    weft_parzen_fit(observations, 40, 1.0, 0.0, 10.0, components, &mixture);
    for (int k = 0; k < 5; k++) {
        double density = weft_parzen_density(&mixture, expected[k][0]);
        assert_true(fabs(density - expected[k][1]) < 1e-13);
    }
}

static void test_density_and_mass(void **state) {
    (void)state;
    weft_observation observations[40];
    weft_component components[41];
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 10);
    for (int i = 0; i < 40; i++) {
        observations[i].value = floor(6.0 * pow(weft_rng_uniform(&rng), 2.0));
    }
    weft_forget(observations, 40, 25);
    weft_parzen mixture;
    weft_parzen_fit(observations, 40, 1.0, -0.5, 5.5, components, &mixture);
    double masses[6];
    weft_parzen_bins(&mixture, 6, masses);
    double sum = 0.0;
    for (int k = 0; k < 6; k++) {
        double integral = 0.0; /* midpoint rule */
        for (int s = 0; s < 2000; s++) {
            integral += weft_parzen_density(&mixture, k - 0.5 + (s + 0.5) / 2000) / 2000;
        }
        assert_true(fabs(masses[k] - integral) < 1e-6);
        assert_true(fabs(masses[k] - weft_parzen_mass(&mixture, k - 0.5, k + 0.5)) < 1e-12);
        sum += masses[k];
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
    int drawn[6] = {0};
    for (int i = 0; i < 60000; i++) {
        double x = weft_parzen_draw(&mixture, &rng);
        assert_true(x >= -0.5 && x <= 5.5);
        drawn[(int)fmin(5.0, floor(x + 0.5))]++;
    }
    for (int k = 0; k < 6; k++) { /* within 5 standard deviations */
        double deviation = sqrt(60000 * masses[k] * (1 - masses[k]));
        assert_true(fabs(drawn[k] - 60000 * masses[k]) < 5 * deviation);
    }
}

/* The whole way through ask: with one candidate a draw follows l. 16 trials, so 1 is good
 * (ceil(0.25 * 4)); with gamma 0.5, 2. The second gene, real, keeps genomes apart. */
static void test_posterior_of_ask(void **state) {
    (void)state;
    weft_gene genes[2] = {
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3},
        {.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1},
    };
    weft_gene_table table = {.genes = genes, .n_genes = 2};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.startup_trials = 16;
    settings.candidates = 1;
    settings.gamma = 0.5;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    for (int t = 0; t < 16; t++) { /* the best are t = 5 and 10: choices 1 and 2 */
        double genome[2] = {t % 4, t / 16.0};
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK,
                                .objectives = {t == 5 || t == 10 ? 0.0 : 1.0 + t}};
        if (t == 0) {
            outcome.state = WEFT_OUTCOME_FAILED;
        } else if (t == 1) {
            outcome = (weft_outcome){.state = WEFT_OUTCOME_INFEASIBLE, .violation = 1e-9};
        }
        tell(optimizer, genome, &outcome);
    }
    enum { N = 30000 };
    int drawn[4] = {0};
    for (uint64_t t = 0; t < N; t++) {
        double genome[2];
        ask_all(optimizer, t, 1, genome);
        drawn[(int)genome[0]]++;
    }
    const double expected[] = {1.0 / 6, 2.0 / 6, 2.0 / 6, 1.0 / 6};
    for (int k = 0; k < 4; k++) {
        double deviation = sqrt(N * expected[k] * (1 - expected[k]));
        assert_true(fabs(drawn[k] - N * expected[k]) < 5 * deviation);
    }
    weft_optimizer_destroy(optimizer);
}

/* With many candidates the choice of largest l/g wins: here l = (1, 2, 2, 1) / 6 and, of 14 bad
 * trials, g = (4 + 1, 3 + 1, 3 + 1, 4 + 1) / 18, so 1 or 2. */
static void test_largest_ratio_wins(void **state) {
    (void)state;
    weft_gene genes[2] = {
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3},
        {.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1},
    };
    weft_gene_table table = {.genes = genes, .n_genes = 2};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.startup_trials = 16;
    settings.candidates = 200;
    settings.gamma = 0.5;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    for (int t = 0; t < 16; t++) {
        double genome[2] = {t % 4, t / 16.0};
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK,
                                .objectives = {t == 5 || t == 10 ? 0.0 : 1.0 + t}};
        tell(optimizer, genome, &outcome);
    }
    for (uint64_t t = 0; t < 100; t++) {
        double genome[2];
        ask_all(optimizer, t, 1, genome);
        assert_true(genome[0] == 1.0 || genome[0] == 2.0);
    }
    weft_optimizer_destroy(optimizer);
}

/* ---- quality --------------------------------------------------------------------------------- */

/* A mixed toy with conditions: a branch chooses which genes exist; the better branch has a real on
 * a log scale, an ordinal, a wide integer and a choice. Least value 0. */
static void toy_genes(weft_gene genes[6]) {
    const weft_condition left = {.parent = 0, .minimum = 0, .maximum = 0};
    const weft_condition right = {.parent = 0, .minimum = 1, .maximum = 2};
    weft_gene made[6] = {
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 3, .upper = 2},
        {.kind = WEFT_GENE_REAL, .lower = -5, .upper = 5, .n_conditions = 1, .conditions = {left}},
        {.kind = WEFT_GENE_REAL,
         .lower = 1e-5,
         .upper = 1,
         .log_scale = true,
         .n_conditions = 1,
         .conditions = {right}},
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 8, .upper = 7},
        {.kind = WEFT_GENE_INTEGER,
         .lower = 1,
         .upper = 200,
         .n_conditions = 1,
         .conditions = {right}},
        {.kind = WEFT_GENE_CATEGORICAL, .n_choices = 5, .upper = 4},
    };
    memcpy(genes, made, sizeof made);
}

static double toy(const double *x) {
    double sum = 0.3 * fabs(x[3] - 5.0) + (x[5] == 3.0 ? 0.0 : 0.7);
    if (x[0] == 0.0) {
        return sum + 1.0 + 0.2 * x[1] * x[1];
    }
    sum += x[0] == 2.0 ? 0.0 : 0.4;
    return sum + pow(log10(x[2]) + 2.5, 2.0) + pow((x[4] - 60.0) / 50.0, 2.0);
}

static double best_after(const char *name, uint64_t seed, int trials) {
    weft_gene genes[6];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = 6};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = seed;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    double best = INFINITY;
    for (int t = 0; t < trials; t++) {
        double genome[6];
        ask_all(optimizer, (uint64_t)t, 1, genome);
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {toy(genome)}};
        tell(optimizer, genome, &outcome);
        best = fmin(best, outcome.objectives[0]);
    }
    weft_optimizer_destroy(optimizer);
    return best;
}

static int ascending(const void *left, const void *right) {
    const double *a = left;
    const double *b = right;
    return (*a > *b) - (*a < *b);
}

enum { SEEDS = 21 };

static double median_best(const char *name, int trials) {
    double best[SEEDS];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        best[seed] = best_after(name, seed, trials);
    }
    qsort(best, SEEDS, sizeof best[0], ascending);
    return best[SEEDS / 2];
}

static void test_better_than_random(void **state) {
    (void)state;
    double random = median_best("random", 100);
    double tpe = median_best("tpe", 100);
    double nsga2 = median_best("nsga2", 100);
    print_message("median best of 100 trials: random %.3f, tpe %.3f, nsga2 %.3f\n", random, tpe,
                  nsga2);
    assert_true(tpe < 0.5 * random);
    assert_true(nsga2 < random);
}

/* On the conditional space of 15 genes: the best network of a made-up accuracy per energy. */
static double imc_toy(const double *x) {
    double accuracy = 0.0;
    double energy = 0.0;
    for (int j = 0; j < (int)x[0]; j++) {
        accuracy += 1.0 / (1.0 + j) * (1.0 - exp(-(x[2 + 2 * j] + 1.0) / 3.0)) *
                    (x[1 + 2 * j] == 1.0 ? 1.0 : 0.8);
        energy += 0.02 * (x[2 + 2 * j] + 1.0) + (x[1 + 2 * j] == 2.0 ? 0.05 : 0.02);
    }
    return energy - accuracy;
}

static void test_better_than_random_on_networks(void **state) {
    (void)state;
    weft_gene genes[15];
    imc_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = 15};
    double best[2][SEEDS];
    for (int k = 0; k < 2; k++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            weft_optimizer_settings settings;
            weft_optimizer_defaults(&settings);
            settings.name = k == 0 ? "random" : "tpe";
            settings.seed = seed;
            weft_optimizer *optimizer = make_optimizer(&table, &settings);
            best[k][seed] = INFINITY;
            for (int t = 0; t < 120; t += 4) {
                double genomes[4 * 15];
                ask_all(optimizer, (uint64_t)t, 4, genomes);
                for (int i = 0; i < 4; i++) {
                    double value = imc_toy(&genomes[i * 15]);
                    weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {value}};
                    tell(optimizer, &genomes[i * 15], &outcome);
                    best[k][seed] = fmin(best[k][seed], value);
                }
            }
            weft_optimizer_destroy(optimizer);
        }
        qsort(best[k], SEEDS, sizeof best[k][0], ascending);
    }
    print_message("median best of 120 networks: random %.4f, tpe %.4f\n", best[0][SEEDS / 2],
                  best[1][SEEDS / 2]);
    assert_true(best[1][SEEDS / 2] < best[0][SEEDS / 2]);
    assert_true(best[1][SEEDS / 2] < best[0][SEEDS / 4]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forgetting),
        cmocka_unit_test(test_pseudocounts),
        cmocka_unit_test(test_mixture_by_hand),
        cmocka_unit_test(test_mixture_of_hyperopt),
        cmocka_unit_test(test_density_and_mass),
        cmocka_unit_test(test_posterior_of_ask),
        cmocka_unit_test(test_largest_ratio_wins),
        cmocka_unit_test(test_better_than_random),
        cmocka_unit_test(test_better_than_random_on_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
