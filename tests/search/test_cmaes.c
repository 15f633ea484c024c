/* SPDX-License-Identifier: Apache-2.0
 *
 * CMA-ES: known minima in known numbers of trials, whole numbers that need the margin, choices, genes with
 * conditions, constraints, many optima that need restarts, 141 genes. */
#include "search/gp_support.h"
#include "search/toy.h"

enum { SEEDS = 5, MOST_GENES = 141 };

typedef double (*function)(const double *x, int n);

/* Each of the n genes is a real of [-5, 5], or for wholes every second a whole number of [-10, 10]. */
static void fill_genes(weft_gene *genes, int n, bool wholes) {
    for (int g = 0; g < n; g++) {
        bool whole = wholes && g % 2 == 1;
        genes[g] = (weft_gene){.kind = whole ? WEFT_GENE_INTEGER : WEFT_GENE_REAL,
                               .lower = whole ? -10 : -5,
                               .upper = whole ? 10 : 5};
        snprintf(genes[g].name, sizeof genes[g].name, "x%d", g);
    }
}

static weft_optimizer_settings cmaes_settings(uint64_t seed) {
    return toy_settings("cmaes", 1, seed);
}

/* Trials until the value falls below the goal; `most` where it does not. */
static int trials_to(const weft_gene_table *table, const weft_optimizer_settings *settings,
                     function f, double goal, int most) {
    weft_optimizer *optimizer = make_optimizer(table, settings);
    double genome[MOST_GENES];
    int t = 0;
    for (double value = INFINITY; t < most && value >= goal; t++) {
        ask_all(optimizer, (uint64_t)t, 1, genome);
        value = f(genome, table->n_genes);
        weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {value}};
        tell(optimizer, genome, &outcome);
    }
    weft_optimizer_destroy(optimizer);
    return t;
}

/* The median over the seeds. */
static double median_trials(const weft_gene_table *table, weft_optimizer_settings settings,
                            function f, double goal, int most) {
    double all[SEEDS];
    for (int seed = 0; seed < SEEDS; seed++) {
        settings.seed = (uint64_t)seed + 1;
        all[seed] = trials_to(table, &settings, f, goal, most);
    }
    return median_of(all, SEEDS);
}

/* ---- reals ------------------------------------------------------------------------------------- */

static double sphere(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g < n; g++) {
        sum += (x[g] - 1.3) * (x[g] - 1.3);
    }
    return sum;
}

/* Axes from 1 to 1000 long, and turned: coordinates are sums of pairs. */
static double ellipsoid(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g < n; g++) {
        double next = x[(g + 1) % n];
        double y = g % 2 == 0 ? x[g] + next : x[g] - x[(g + n - 1) % n];
        sum += pow(1e6, (double)g / (n - 1)) * (y - 0.5) * (y - 0.5);
    }
    return sum;
}

static double rosenbrock(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g + 1 < n; g++) {
        double a = x[g + 1] - x[g] * x[g];
        sum += 100.0 * a * a + (1.0 - x[g]) * (1.0 - x[g]);
    }
    return sum;
}

static double rastrigin(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g < n; g++) {
        double y = x[g] - 0.7;
        sum += 10.0 + y * y - 10.0 * cos(2.0 * M_PI * y);
    }
    return sum;
}

/* The least value lies in a corner of the box. */
static double slope(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g < n; g++) {
        sum += (g + 1.0) * (5.0 - x[g]);
    }
    return sum;
}

static void check_trials(const char *what, function f, int n, double goal, int most) {
    weft_gene genes[MOST_GENES];
    fill_genes(genes, n, false);
    weft_gene_table table = {.genes = genes, .n_genes = n};
    double trials = median_trials(&table, cmaes_settings(1), f, goal, 2 * most);
    printf("%s, %d reals, to %g: %g trials\n", what, n, goal, trials);
    assert_true(trials <= most);
}

/* The bounds are a quarter or so above what was measured. */
static void test_known_minima(void **state) {
    (void)state;
    check_trials("sphere", sphere, 10, 1e-9, 2000);
    check_trials("ellipsoid", ellipsoid, 10, 1e-9, 5200);
    check_trials("rosenbrock", rosenbrock, 10, 1e-9, 7000);
    check_trials("slope", slope, 10, 1e-9, 400);
    check_trials("sphere", sphere, 1, 1e-9, 150);
}

/* Rastrigin has 11^4 minima: one run ends in one of them. */
static void test_restarts(void **state) {
    (void)state;
    check_trials("rastrigin", rastrigin, 4, 1e-6, 25000);
}

/* ---- whole numbers, choices, conditions --------------------------------------------------------- */

/* Reals about 1.3 weigh a thousand times what whole numbers about 4 do: the step follows the reals down, and
 * without a margin the whole numbers stay where they are by then. */
static double mixed_sphere(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g < n; g++) {
        sum += g % 2 == 0 ? 1e4 * (x[g] - 1.3) * (x[g] - 1.3) : (x[g] - 4.0) * (x[g] - 4.0);
    }
    return sum;
}

/* In how many of the seeds the optimum is found. */
static int count_found(const weft_gene_table *table, weft_optimizer_settings settings, function f,
                       double goal, int most) {
    int found = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
        settings.seed = (uint64_t)seed + 1;
        found += trials_to(table, &settings, f, goal, most) < most;
    }
    return found;
}

static void test_margin(void **state) {
    (void)state;
    weft_gene genes[12];
    fill_genes(genes, 12, true);
    weft_gene_table table = {.genes = genes, .n_genes = 12};
    weft_optimizer_settings settings = cmaes_settings(1);
    settings.restart_factor = 1.0;
    int with = count_found(&table, settings, mixed_sphere, 1e-6, 6000);
    settings.margin = 0.0;
    int without = count_found(&table, settings, mixed_sphere, 1e-6, 6000);
    printf("mixed sphere: %d of %d with a margin, %d without\n", with, (int)SEEDS, without);
    assert_true(with == SEEDS && without < with);
}

/* Wholes alone: 21^20 genomes, and what was tried is not tried again. */
static double whole_sphere(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g < n; g++) {
        double off = x[g] - (g % 7 - 3.0);
        sum += (g + 1.0) * off * off;
    }
    return sum;
}

static void test_whole_numbers(void **state) {
    (void)state;
    weft_gene genes[20];
    for (int g = 0; g < 20; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_INTEGER, .lower = -10, .upper = 10};
    }
    weft_gene_table table = {.genes = genes, .n_genes = 20};
    double trials = median_trials(&table, cmaes_settings(1), whole_sphere, 0.5, 6000);
    printf("whole sphere, 20 genes: %g trials\n", trials);
    assert_true(trials <= 3000);
}

static double wrong_choices(const double *x, int n) {
    double wrong = 0.0;
    for (int g = 0; g < n; g++) {
        wrong += x[g] != g % 5;
    }
    return wrong;
}

static void test_choices(void **state) {
    (void)state;
    weft_gene genes[30];
    for (int g = 0; g < 30; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_CATEGORICAL, .n_choices = 5, .upper = 4};
    }
    weft_gene_table table = {.genes = genes, .n_genes = 30};
    double trials = median_trials(&table, cmaes_settings(1), wrong_choices, 0.5, 6000);
    printf("30 choices of 5: %g trials\n", trials);
    assert_true(trials <= 3000);
}

/* Every kind of gene, conditions, a corner that is infeasible and one that fails. */
static void test_mixed_genes(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    double losses[SEEDS];
    double randoms[SEEDS];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    for (int seed = 0; seed < SEEDS; seed++) {
        weft_optimizer_settings settings = cmaes_settings((uint64_t)seed + 1);
        losses[seed] = toy_search(&table, &settings, 600, 1);
        settings.name = "random";
        randoms[seed] = toy_search(&table, &settings, 600, 1);
    }
    double loss = median_of(losses, SEEDS);
    double random = median_of(randoms, SEEDS);
    printf("mixed genes: %g, random %g\n", loss, random);
    assert_true(loss < 0.1 && loss < 0.2 * random);
}

/* A third of each kind, weighed unevenly; 0 at the optimum. */
static double many_genes(const double *x, int n) {
    double sum = 0.0;
    for (int g = 0; g < n; g++) {
        double off = g % 3 == 0   ? 4.0 * (x[g] - 0.3)
                     : g % 3 == 1 ? 0.5 * (x[g] - 5.0)
                                  : x[g] != 2.0;
        sum += (1.0 + g % 4) * off * off;
    }
    return sum;
}

static void test_many_genes(void **state) {
    (void)state;
    weft_gene genes[MOST_GENES];
    for (int g = 0; g < MOST_GENES; g++) {
        genes[g] = g % 3 == 0 ? (weft_gene){.kind = WEFT_GENE_REAL, .upper = 1}
                   : g % 3 == 1
                       ? (weft_gene){.kind = WEFT_GENE_ORDINAL, .n_choices = 8, .upper = 7}
                       : (weft_gene){.kind = WEFT_GENE_CATEGORICAL, .n_choices = 4, .upper = 3};
    }
    weft_gene_table table = {.genes = genes, .n_genes = MOST_GENES};
    weft_optimizer_settings settings = cmaes_settings(1);
    int trials = trials_to(&table, &settings, many_genes, 10.0, 12000);
    printf("141 genes, to 10: %d trials\n", trials);
    assert_true(trials <= 8000);
}

/* Batches of the population are the same search as trials one by one, and one that is told the first half
 * goes on as the other does. */
static void test_batches_and_resuming(void **state) {
    enum { TRIALS = 480, HALF = 240 };
    (void)state;
    weft_gene genes[12];
    static double all[2][TRIALS * 12];
    fill_genes(genes, 12, true);
    weft_gene_table table = {.genes = genes, .n_genes = 12};
    weft_optimizer_settings settings = cmaes_settings(3);
    settings.population = 12;
    for (int way = 0; way < 2; way++) {
        weft_optimizer *optimizer = make_optimizer(&table, &settings);
        int batch = way == 0 ? 1 : 12;
        for (int t = 0; t < TRIALS; t += batch) {
            if (way == 1 && t == HALF) {
                weft_optimizer_destroy(optimizer);
                optimizer = make_optimizer(&table, &settings);
                for (int i = 0; i < HALF; i++) {
                    weft_outcome outcome = {.objectives = {mixed_sphere(&all[1][i * 12], 12)}};
                    tell(optimizer, &all[1][i * 12], &outcome);
                }
            }
            ask_all(optimizer, (uint64_t)t, batch, &all[way][t * 12]);
            for (int i = t; i < t + batch; i++) {
                weft_outcome outcome = {.objectives = {mixed_sphere(&all[way][i * 12], 12)}};
                tell(optimizer, &all[way][i * 12], &outcome);
            }
        }
        weft_optimizer_destroy(optimizer);
    }
    assert_memory_equal(all[0], all[1], sizeof all[0]);
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_gene genes[2];
    fill_genes(genes, 2, false);
    weft_gene_table table = {.genes = genes, .n_genes = 2};
    static const char *const texts[] = {"has one objective", "first_step", "margin",
                                        "restart_factor"};
    for (int k = 0; k < 4; k++) {
        weft_optimizer_settings bad = cmaes_settings(1);
        weft_optimizer *optimizer = NULL;
        weft_error error = {0};
        bad.n_objectives = k == 0 ? 2 : 1;
        bad.first_step = k == 1 ? 0.0 : bad.first_step;
        bad.margin = k == 2 ? -1.0 : bad.margin;
        bad.restart_factor = k == 3 ? 0.5 : bad.restart_factor;
        assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
        assert_non_null(strstr(error.message, texts[k]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_minima), cmocka_unit_test(test_restarts),
        cmocka_unit_test(test_margin),       cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_choices),      cmocka_unit_test(test_mixed_genes),
        cmocka_unit_test(test_many_genes),   cmocka_unit_test(test_batches_and_resuming),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
