/* SPDX-License-Identifier: Apache-2.0
 *
 * The controller: its probabilities against the genomes it draws, its gradient against differences; and how
 * far reinforcement gets on problems with known optima. */
#include "search/controller.h"
#include "search/gp_support.h"
#include "search/growth.h"
#include "search/toy.h"

enum { SEEDS = 3, MOST_GENES = 141, HIDDEN = 6 };

/* ---- the controller ----------------------------------------------------------------------------- */

static weft_controller make_controller(const weft_gene_table *table, int hidden, uint64_t seed) {
    weft_controller made;
    weft_error error = {0};
    assert_int_equal(weft_controller_create(table, hidden, seed, &made, &error), WEFT_OK);
    /* Far from even, so that every term of the gradient counts. */
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < made.n_parameters; i++) {
        made.parameters[i] = 0.7 * weft_rng_normal(&rng);
    }
    return made;
}

static double aim(weft_controller *controller, const double *genome, double reward, double weight) {
    double entropy;
    double log_p = weft_controller_read(controller, genome, &entropy);
    return reward * log_p + weight * entropy;
}

/* Every kind of gene, short and long, with conditions: every parameter by central differences. */
static void test_gradient(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    genes[3].upper = 200; /* more values than a softmax has */
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        weft_controller controller = make_controller(&table, HIDDEN, seed);
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 1);
        double genome[TOY_GENES];
        double *gradient = calloc(controller.n_parameters, sizeof *gradient);
        assert_non_null(gradient);
        weft_controller_draw(&controller, 1.0, &rng, genome);
        double reward = weft_rng_normal(&rng);
        double weight = weft_rng_uniform(&rng);
        aim(&controller, genome, reward, weight);
        weft_controller_learn(&controller, reward, weight, gradient);
        double worst = 0.0;
        for (size_t i = 0; i < controller.n_parameters; i++) {
            double kept = controller.parameters[i];
            double step = 1e-5;
            controller.parameters[i] = kept + step;
            double above = aim(&controller, genome, reward, weight);
            controller.parameters[i] = kept - step;
            double under = aim(&controller, genome, reward, weight);
            controller.parameters[i] = kept;
            double slope = (above - under) / (2.0 * step);
            worst = fmax(worst, fabs(slope - gradient[i]));
        }
        printf("seed %d: %zu parameters, largest difference %g\n", (int)seed,
               controller.n_parameters, worst);
        assert_true(worst < 1e-8);
        free(gradient);
        weft_controller_destroy(&controller);
    }
}

/* parent 0..2; a child of 3 choices where it is 1, one of 2 where it is 2: 1 + 3 + 2 genomes. */
static void test_probabilities(void **state) {
    enum { DRAWS = 20000 };
    (void)state;
    const weft_gene genes[3] = {
        {.kind = WEFT_GENE_ORDINAL, .n_choices = 3, .upper = 2},
        {.kind = WEFT_GENE_CATEGORICAL,
         .n_choices = 3,
         .upper = 2,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 1, .maximum = 1}}},
        {.kind = WEFT_GENE_INTEGER,
         .lower = 4,
         .upper = 5,
         .n_conditions = 1,
         .conditions = {{.parent = 0, .minimum = 2, .maximum = 2}}},
    };
    const double all[6][3] = {{0, NAN, NAN}, {1, 0, NAN}, {1, 1, NAN},
                              {1, 2, NAN},   {2, NAN, 4}, {2, NAN, 5}};
    weft_gene_table table = {.genes = genes, .n_genes = 3};
    weft_controller controller = make_controller(&table, HIDDEN, 9);
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 2);
    int counts[6] = {0};
    double total = 0.0;
    for (int d = 0; d < DRAWS; d++) {
        double genome[3];
        weft_controller_draw(&controller, 1.0, &rng, genome);
        for (int k = 0; k < 6; k++) {
            counts[k] += weft_genome_equal(&table, genome, all[k]);
        }
    }
    for (int k = 0; k < 6; k++) {
        double entropy;
        double p = exp(weft_controller_read(&controller, all[k], &entropy));
        double deviation = sqrt(p * (1.0 - p) / DRAWS);
        total += p;
        assert_true(fabs((double)counts[k] / DRAWS - p) < 4.5 * deviation);
    }
    assert_true(fabs(total - 1.0) < 1e-12);
    weft_controller_destroy(&controller);
}

/* ---- growth ------------------------------------------------------------------------------------- */

static double grow(weft_growth *growth, double a, double b, double c, uint64_t id) {
    weft_error error = {0};
    double amount = NAN;
    const double vector[3] = {a, b, c};
    assert_int_equal(weft_growth_take(growth, vector, id, &amount, &error), WEFT_OK);
    return amount;
}

static void test_growth_by_hand(void **state) {
    (void)state;
    weft_growth growth;
    weft_error error = {0};
    assert_int_equal(weft_growth_create(1, &growth, &error), WEFT_OK);
    assert_true(grow(&growth, 5, 0, 0, 0) == 0.0);
    assert_true(grow(&growth, 3, 0, 0, 1) == 2.0);
    assert_true(grow(&growth, 7, 0, 0, 2) == -4.0);
    weft_growth_destroy(&growth);
    assert_int_equal(weft_growth_create(2, &growth, &error), WEFT_OK);
    assert_true(grow(&growth, 0, 10, 0, 0) == 0.0);
    /* (0, 1) and (1, 0) of (1.1, 1.1): the second alone has 0.1 * 1.1 less the corner 0.1 * 0.1 */
    assert_true(fabs(grow(&growth, 4, 0, 0, 1) - 0.1) < 1e-12);
    /* (1/2, 1/2): 0.6 * 0.6 less twice 0.6 * 0.1, whose common corner is 0.1 * 0.1 */
    assert_true(fabs(grow(&growth, 2, 5, 0, 2) - (0.36 - 0.12 + 0.01)) < 1e-12);
    /* (3/4, 3/4) lies a quarter behind the one before */
    assert_true(fabs(grow(&growth, 3, 7.5, 0, 3) + 0.25) < 1e-12);
    assert_true(grow(&growth, 2, 5, 0, 4) == 0.0);
    weft_growth_destroy(&growth);
}

/* With three objectives against the hypervolume before and after; with four against that too, within what
 * chance does. */
static void test_growth_by_volume(void **state) {
    enum { POINTS = 40 };
    (void)state;
    for (int m = 3; m <= 4; m++) {
        weft_growth growth;
        weft_error error = {0};
        double points[POINTS * 4];
        double references[4] = {1.1, 1.1, 1.1, 1.1};
        weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, (uint64_t)m);
        assert_int_equal(weft_growth_create(m, &growth, &error), WEFT_OK);
        for (int i = 0; i < POINTS; i++) { /* first the ends of the range */
            double *p = &points[i * m];
            double amount = 0.0;
            double before = 0.0;
            double after = 0.0;
            for (int k = 0; k < m; k++) {
                p[k] = i < m ? (double)(i == k) : 0.02 + 0.9 * weft_rng_uniform(&rng);
            }
            assert_int_equal(weft_growth_take(&growth, p, (uint64_t)i, &amount, &error), WEFT_OK);
            assert_int_equal(weft_hypervolume(points, (size_t)i, m, references, &before, &error),
                             WEFT_OK);
            assert_int_equal(weft_hypervolume(points, (size_t)i + 1, m, references, &after, &error),
                             WEFT_OK);
            if (i >= m) {
                double slack = m == 3 ? 1e-12 : 0.08 * pow(1.08, m);
                assert_true(fabs(fmax(amount, 0.0) - (after - before)) <= slack);
                assert_true((after > before + 1e-12) == (amount > 0.0) || m == 4);
            }
        }
        weft_growth_destroy(&growth);
    }
}

/* ---- searches ----------------------------------------------------------------------------------- */

static int n_seeds(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? 1 : SEEDS;
}

static double median_loss(const weft_gene_table *table, const char *name,
                          double (*f)(const double *x, int n), int trials) {
    double losses[SEEDS];
    for (int seed = 0; seed < n_seeds(); seed++) {
        weft_optimizer_settings settings = toy_settings(name, 1, (uint64_t)seed + 1);
        weft_optimizer *optimizer = make_optimizer(table, &settings);
        double genome[MOST_GENES];
        losses[seed] = INFINITY;
        for (int t = 0; t < trials; t++) {
            ask_all(optimizer, (uint64_t)t, 1, genome);
            weft_outcome outcome = {.objectives = {f(genome, table->n_genes)}};
            losses[seed] = fmin(losses[seed], outcome.objectives[0]);
            tell(optimizer, genome, &outcome);
        }
        weft_optimizer_destroy(optimizer);
    }
    return median_of(losses, n_seeds());
}

static double wrong_choices(const double *x, int n) {
    double wrong = 0.0;
    for (int g = 0; g < n; g++) {
        wrong += x[g] != g % 5;
    }
    return wrong;
}

static void check_choices(int n, int trials, double most) {
    weft_gene genes[MOST_GENES];
    for (int g = 0; g < n; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_CATEGORICAL, .n_choices = 5, .upper = 4};
    }
    weft_gene_table table = {.genes = genes, .n_genes = n};
    double loss = median_loss(&table, "reinforce", wrong_choices, trials);
    double random = median_loss(&table, "random", wrong_choices, trials);
    printf("%d choices of 5, %d trials: %g wrong, random %g\n", n, trials, loss, random);
    assert_true(loss <= most && loss < random);
}

static void test_choices(void **state) {
    (void)state;
    check_choices(20, 1200, 0.0);
    check_choices(MOST_GENES, 300, 75.0);
}

static void test_conditions(void **state) {
    (void)state;
    weft_gene genes[TOY_GENES];
    toy_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = TOY_GENES};
    double losses[SEEDS];
    double randoms[SEEDS];
    double fronts[SEEDS];
    double random_fronts[SEEDS];
    for (int seed = 0; seed < n_seeds(); seed++) {
        weft_optimizer_settings settings = toy_settings("reinforce", 1, (uint64_t)seed + 1);
        losses[seed] = toy_search(&table, &settings, 1200, 4);
        settings.n_objectives = 2;
        fronts[seed] = toy_front(&table, &settings, 1200, 4);
        settings.name = "random";
        random_fronts[seed] = toy_front(&table, &settings, 1200, 4);
        settings.n_objectives = 1;
        randoms[seed] = toy_search(&table, &settings, 1200, 4);
    }
    printf("mixed genes: %g, random %g; front %g, random %g\n", median_of(losses, n_seeds()),
           median_of(randoms, n_seeds()), median_of(fronts, n_seeds()),
           median_of(random_fronts, n_seeds()));
    assert_true(median_of(losses, n_seeds()) < 0.5 * median_of(randoms, n_seeds()));
    assert_true(median_of(fronts, n_seeds()) > 1.3 * median_of(random_fronts, n_seeds()));
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_gene gene = {.kind = WEFT_GENE_REAL, .upper = 1};
    weft_gene_table table = {.genes = &gene, .n_genes = 1};
    static const char *const texts[] = {"hidden", "learning_rate", "entropy", "baseline"};
    for (int k = 0; k < 4; k++) {
        weft_optimizer_settings bad = toy_settings("reinforce", 1, 1);
        weft_optimizer *optimizer = NULL;
        weft_error error = {0};
        bad.hidden = k == 0 ? 0 : bad.hidden;
        bad.learning_rate = k == 1 ? 0.0 : bad.learning_rate;
        bad.entropy = k == 2 ? -1.0 : bad.entropy;
        bad.baseline = k == 3 ? 1.0 : bad.baseline;
        assert_int_equal(weft_optimizer_create(&table, &bad, &optimizer, &error), WEFT_ERROR_USAGE);
        assert_non_null(strstr(error.message, texts[k]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),       cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_growth_by_hand), cmocka_unit_test(test_growth_by_volume),
        cmocka_unit_test(test_choices),        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
