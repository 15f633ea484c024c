/* SPDX-License-Identifier: Apache-2.0
 * Fronts that Gaussian processes find in 50 trials, against random search and TPE. */
#include "search/gp_support.h"

static void evaluate_zdt1(const double *x, weft_outcome *outcome) {
    double g = 1.0;
    for (int j = 1; j < 5; j++) {
        g += 9.0 * x[j] / 4.0;
    }
    outcome->objectives[0] = x[0];
    outcome->objectives[1] = g * (1.0 - sqrt(x[0] / g));
}

/* Squared distances from M points of the unit cube. */
static void evaluate_distances(const double *x, weft_outcome *outcome, int m) {
    for (int k = 0; k < m; k++) {
        outcome->objectives[k] = 0.0;
        for (int j = 0; j < 6; j++) {
            double d = x[j] - (j == k ? 0.8 : 0.3);
            outcome->objectives[k] += d * d;
        }
    }
}

static void evaluate_three(const double *x, weft_outcome *outcome) {
    evaluate_distances(x, outcome, 3);
}

static void evaluate_four(const double *x, weft_outcome *outcome) {
    evaluate_distances(x, outcome, 4);
}

/* DTLZ2 and DTLZ1 (K. Deb, L. Thiele, M. Laumanns, E. Zitzler, 2005; without the waves of the second, as no
 * method sees through them in 50 trials) with seven genes: fronts whose ends are far from everything else. */
static double bowl(const double *x) {
    double g = 0.0;
    for (int j = 2; j < 7; j++) {
        g += (x[j] - 0.5) * (x[j] - 0.5);
    }
    return g;
}

static void evaluate_dtlz2(const double *x, weft_outcome *outcome) {
    double r = 1.0 + bowl(x);
    double a = 0.5 * M_PI * x[0];
    double b = 0.5 * M_PI * x[1];
    outcome->objectives[0] = r * cos(a) * cos(b);
    outcome->objectives[1] = r * cos(a) * sin(b);
    outcome->objectives[2] = r * sin(a);
}

static void evaluate_dtlz1(const double *x, weft_outcome *outcome) {
    double r = 0.5 * (1.0 + 4.0 * bowl(x));
    outcome->objectives[0] = r * x[0] * x[1];
    outcome->objectives[1] = r * x[0] * (1.0 - x[1]);
    outcome->objectives[2] = r * (1.0 - x[0]);
}

enum { SEEDS = 3 };

static double volume_of(const toy *of, const char *name, int trials, int batch, double reference,
                        int seeds) {
    enum { MOST = 64 };
    weft_outcome outcomes[MOST];
    double points[MOST * WEFT_MAX_OBJECTIVES];
    double references[WEFT_MAX_OBJECTIVES];
    double volumes[SEEDS];
    weft_error error = {0};
    for (int seed = 0; seed < seeds; seed++) {
        weft_optimizer_settings settings = toy_settings(name, of->n_objectives, (uint64_t)seed + 1);
        search_toy(of, &settings, trials, batch, outcomes, NULL);
        for (int t = 0; t < trials; t++) {
            memcpy(&points[t * of->n_objectives], outcomes[t].objectives,
                   (size_t)of->n_objectives * sizeof *points);
        }
        for (int m = 0; m < of->n_objectives; m++) {
            references[m] = reference;
        }
        assert_int_equal(weft_hypervolume(points, (size_t)trials, of->n_objectives, references,
                                          &volumes[seed], &error),
                         WEFT_OK);
    }
    return median_of(volumes, seeds);
}

/* Of so many seeds. */
static void check_seeds(const char *what, const toy *of, int batch, double reference,
                        double least_volume, double times, int seeds) {
    int trials = 50;
    double gp = volume_of(of, "gp", trials, batch, reference, seeds);
    double tpe = volume_of(of, "tpe", trials, batch, reference, seeds);
    double random = volume_of(of, "random", trials, batch, reference, seeds);
    printf("%s: gp %g, tpe %g, random %g\n", what, gp, tpe, random);
    assert_true(gp > least_volume && gp > times * random && gp > tpe);
}

static void check_front(const char *what, const toy *of, int batch, double reference,
                        double least_volume, double times) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    int seeds = scale != NULL && strcmp(scale, "quick") == 0 ? 1 : SEEDS;
    check_seeds(what, of, batch, reference, least_volume, times, seeds);
}

static void test_zdt1(void **state) {
    (void)state;
    toy of = unit_toy(2, 5, evaluate_zdt1);
    check_front("zdt1", &of, 1, 1.1, 0.8, 2.0); /* the whole front: 0.8767 */
    check_front("zdt1 by 5", &of, 5, 1.1, 0.75, 2.0);
}

static void test_three_objectives(void **state) {
    (void)state;
    toy of = unit_toy(3, 6, evaluate_three);
    check_front("three distances", &of, 2, 0.6, 0.01, 1.5);
}

static void test_far_ends(void **state) {
    (void)state;
    toy of = unit_toy(3, 7, evaluate_dtlz2);
    check_seeds("dtlz2", &of, 1, 1.5, 1.8, 1.05, SEEDS);
    of = unit_toy(3, 7, evaluate_dtlz1);
    check_seeds("dtlz1", &of, 1, 1.0, 0.7, 1.05, SEEDS);
}

static void test_four_objectives(void **state) {
    (void)state;
    toy of = unit_toy(4, 6, evaluate_four);
    check_front("four distances", &of, 2, 0.6, 0.01, 1.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zdt1),
        cmocka_unit_test(test_three_objectives),
        cmocka_unit_test(test_far_ends),
        cmocka_unit_test(test_four_objectives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
