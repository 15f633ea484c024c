/* SPDX-License-Identifier: Apache-2.0
 *
 * NSGA-II (and TPE with several objectives) on problems with known fronts: ZDT1 to 3 (E. Zitzler,
 * K. Deb, L. Thiele, Evol. Comput. 8(2), 2000), BNH (T. T. Binh, U. Korn, 1997) and SRN
 * (N. Srinivas, K. Deb, 1994). */
#include "search/support.h"

#include <math.h>

/* The population and the generations of the paper's runs. */
enum { POPULATION = 100, MAX_TRIALS = 250 * POPULATION, MAX_GENES = 30 };

typedef weft_outcome (*problem)(const double *x, int n);

static weft_outcome zdt(const double *x, int n, int which) {
    double g = 0.0;
    for (int i = 1; i < n; i++) {
        g += x[i];
    }
    g = 1.0 + 9.0 * g / (n - 1);
    double ratio = x[0] / g;
    double h = which == 2 ? 1.0 - ratio * ratio : 1.0 - sqrt(ratio);
    h -= which == 3 ? ratio * sin(10.0 * M_PI * x[0]) : 0.0;
    return (weft_outcome){.state = WEFT_OUTCOME_OK, .objectives = {x[0], g * h}};
}

static weft_outcome zdt1(const double *x, int n) {
    return zdt(x, n, 1);
}

static weft_outcome zdt2(const double *x, int n) {
    return zdt(x, n, 2);
}

static weft_outcome zdt3(const double *x, int n) {
    return zdt(x, n, 3);
}

/* x in [0, 1]^2 stands for [0, 5] x [0, 3]. */
static weft_outcome bnh(const double *x, int n) {
    (void)n;
    double a = 5.0 * x[0];
    double b = 3.0 * x[1];
    double c1 = (a - 5.0) * (a - 5.0) + b * b - 25.0;
    double c2 = 7.7 - (a - 8.0) * (a - 8.0) - (b + 3.0) * (b + 3.0);
    double violation = fmax(c1, 0.0) / 25.0 + fmax(c2, 0.0) / 7.7;
    if (violation > 0.0) {
        return (weft_outcome){.state = WEFT_OUTCOME_INFEASIBLE, .violation = violation};
    }
    return (weft_outcome){
        .state = WEFT_OUTCOME_OK,
        .objectives = {4.0 * a * a + 4.0 * b * b, (a - 5.0) * (a - 5.0) + (b - 5.0) * (b - 5.0)}};
}

/* x in [0, 1]^2 stands for [-20, 20]^2. */
static weft_outcome srn(const double *x, int n) {
    (void)n;
    double a = 40.0 * x[0] - 20.0;
    double b = 40.0 * x[1] - 20.0;
    double violation = fmax(a * a + b * b - 225.0, 0.0) / 225.0 +
                       fmax(a - 3.0 * b + 10.0, 0.0) / 10.0;
    if (violation > 0.0) {
        return (weft_outcome){.state = WEFT_OUTCOME_INFEASIBLE, .violation = violation};
    }
    return (weft_outcome){.state = WEFT_OUTCOME_OK,
                          .objectives = {2.0 + (a - 2.0) * (a - 2.0) + (b - 1.0) * (b - 1.0),
                                         9.0 * a - (b - 1.0) * (b - 1.0)}};
}

typedef struct run {
    double volume;
    int infeasible_late; /* of the last half */
} run;

static run search(const char *name, uint64_t seed, problem evaluate, int n_genes, int population,
                  int trials, const double *reference) {
    weft_gene genes[MAX_GENES];
    memset(genes, 0, sizeof genes);
    for (int g = 0; g < n_genes; g++) {
        genes[g] = (weft_gene){.kind = WEFT_GENE_REAL, .lower = 0, .upper = 1};
    }
    weft_gene_table table = {.genes = genes, .n_genes = n_genes};
    weft_optimizer_settings settings;
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.seed = seed;
    settings.n_objectives = 2;
    settings.population = population;
    weft_optimizer *optimizer = make_optimizer(&table, &settings);
    static double points[MAX_TRIALS * 2];
    size_t n = 0;
    run result = {0};
    for (int t = 0; t < trials; t += 10) {
        double genomes[10 * MAX_GENES];
        ask_all(optimizer, (uint64_t)t, 10, genomes);
        for (int i = 0; i < 10; i++) {
            weft_outcome outcome = evaluate(&genomes[i * n_genes], n_genes);
            tell(optimizer, &genomes[i * n_genes], &outcome);
            if (outcome.state == WEFT_OUTCOME_OK) {
                points[2 * n] = outcome.objectives[0];
                points[2 * n++ + 1] = outcome.objectives[1];
            } else {
                result.infeasible_late += 2 * t >= trials;
            }
        }
    }
    weft_error error;
    assert_int_equal(weft_hypervolume(points, n, 2, reference, &result.volume, &error), WEFT_OK);
    weft_optimizer_destroy(optimizer);
    return result;
}

/* Share of the true front's hypervolume against (1.1, 1.1), which is, integrating the front f2(f1):
 *   ZDT1  0.1 * 1.1 + 1.1 * 1 - (1 - 2/3)                          = 0.876667
 *   ZDT2  0.1 * 1.1 + 1.1 * 1 - (1 - 1/3)                          = 0.543333 */
static void check_zdt(const char *label, problem evaluate, double volume, double share) {
    const double reference[] = {1.1, 1.1};
    for (uint64_t seed = 0; seed < 3; seed++) {
        double nsga2 =
            search("nsga2", seed, evaluate, 30, POPULATION, MAX_TRIALS, reference).volume;
        double random =
            search("random", seed, evaluate, 30, POPULATION, MAX_TRIALS, reference).volume;
        print_message("%s seed %d: nsga2 %.4f, random %.4f of %.4f\n", label, (int)seed, nsga2,
                      random, volume);
        assert_true(nsga2 > share * volume);
        assert_true(nsga2 <= volume);
        assert_true(random < 0.5 * nsga2);
    }
}

static void test_zdt1(void **state) {
    (void)state;
    check_zdt("ZDT1", zdt1, 0.1 * 1.1 + 1.1 - (1.0 - 2.0 / 3.0), 0.99);
}

static void test_zdt2(void **state) {
    (void)state;
    check_zdt("ZDT2", zdt2, 0.1 * 1.1 + 1.1 - (1.0 - 1.0 / 3.0), 0.99);
}

/* ZDT3's front by fine sampling: the non-dominated part of g = 1. */
static void test_zdt3(void **state) {
    (void)state;
    enum { N = 20000 };
    static double front[N * 2];
    for (int i = 0; i < N; i++) {
        double x = (double)i / N;
        front[2 * i] = x;
        front[2 * i + 1] = 1.0 - sqrt(x) - x * sin(10.0 * M_PI * x);
    }
    const double reference[] = {1.1, 1.1};
    double volume;
    weft_error error;
    assert_int_equal(weft_hypervolume(front, N, 2, reference, &volume, &error), WEFT_OK);
    check_zdt("ZDT3", zdt3, volume * 1.001, 0.99); /* sampling stays below the true volume */
}

static void check_constrained(const char *label, problem evaluate, const double *reference) {
    for (uint64_t seed = 0; seed < 5; seed++) {
        run nsga2 = search("nsga2", seed, evaluate, 2, 40, 400, reference);
        run tpe = search("tpe", seed, evaluate, 2, 40, 400, reference);
        run random = search("random", seed, evaluate, 2, 40, 400, reference);
        print_message("%s seed %d: volume nsga2 %.5g, tpe %.5g, random %.5g; "
                      "infeasible late %d, %d, %d of 200\n",
                      label, (int)seed, nsga2.volume, tpe.volume, random.volume,
                      nsga2.infeasible_late, tpe.infeasible_late, random.infeasible_late);
        assert_true(nsga2.volume > random.volume);
        assert_true(nsga2.infeasible_late <= random.infeasible_late);
        assert_true(tpe.volume > 0.99 * random.volume);
        assert_true(tpe.infeasible_late < 100);
        assert_true(nsga2.infeasible_late < 60);
    }
}

static void test_bnh(void **state) {
    (void)state;
    check_constrained("BNH", bnh, (const double[]){140.0, 50.0});
}

static void test_srn(void **state) {
    (void)state;
    check_constrained("SRN", srn, (const double[]){230.0, 20.0});
}

/* Several objectives on the network space: both methods reach a larger volume than random. */
static void test_networks(void **state) {
    (void)state;
    weft_gene genes[15];
    imc_genes(genes);
    weft_gene_table table = {.genes = genes, .n_genes = 15};
    static const char *const names[] = {"random", "tpe", "nsga2"};
    double sums[3] = {0};
    for (int k = 0; k < 3; k++) {
        for (uint64_t seed = 0; seed < 8; seed++) {
            weft_optimizer_settings settings;
            weft_optimizer_defaults(&settings);
            settings.name = names[k];
            settings.seed = seed;
            settings.n_objectives = 2;
            weft_optimizer *optimizer = make_optimizer(&table, &settings);
            double points[2 * 160];
            for (int t = 0; t < 160; t++) {
                double x[15];
                ask_all(optimizer, (uint64_t)t, 1, x);
                double loss = 1.0;
                double energy = 0.0;
                for (int j = 0; j < (int)x[0]; j++) {
                    bool suited = x[1 + 2 * j] == j % 3;
                    loss *= 1.0 - (suited ? 0.5 : 0.2) * (x[2 + 2 * j] + 1.0) / 6.0;
                    energy += 0.01 * (x[2 + 2 * j] + 1.0) * (1.0 + x[1 + 2 * j]);
                }
                weft_outcome outcome = {.state = WEFT_OUTCOME_OK, .objectives = {loss, energy}};
                tell(optimizer, x, &outcome);
                points[2 * t] = loss;
                points[2 * t + 1] = energy;
            }
            double volume;
            weft_error error;
            const double reference[] = {1.0, 1.0};
            assert_int_equal(weft_hypervolume(points, 160, 2, reference, &volume, &error), WEFT_OK);
            sums[k] += volume / 8;
            weft_optimizer_destroy(optimizer);
        }
    }
    print_message("networks, mean volume: random %.4f, tpe %.4f, nsga2 %.4f\n", sums[0], sums[1],
                  sums[2]);
    assert_true(sums[1] > sums[0] + 0.03);
    assert_true(sums[2] > sums[0] + 0.015);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zdt1), cmocka_unit_test(test_zdt2), cmocka_unit_test(test_zdt3),
        cmocka_unit_test(test_bnh),  cmocka_unit_test(test_srn),  cmocka_unit_test(test_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
