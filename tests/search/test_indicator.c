/* SPDX-License-Identifier: Apache-2.0
 *
 * Estimated hypervolume against the exact one; epsilon-fronts, IGD+ and the additive epsilon
 * indicator against their definitions and what must hold for any points. */
#include "search/support.h"

#include <math.h>

enum { MAX_POINTS = 300 };

static void random_points(weft_rng *rng, double *points, size_t n, int m, uint64_t levels) {
    for (size_t i = 0; i < n * (size_t)m; i++) {
        points[i] = levels == 0 ? weft_rng_uniform(rng)
                                : (double)weft_rng_below(rng, levels) / (double)levels;
    }
}

/* On the simplex: no point dominates another. */
static void simplex_points(weft_rng *rng, double *points, size_t n, int m) {
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int k = 0; k < m; k++) {
            points[i * (size_t)m + (size_t)k] = -log(1.0 - weft_rng_uniform(rng));
            sum += points[i * (size_t)m + (size_t)k];
        }
        for (int k = 0; k < m; k++) {
            points[i * (size_t)m + (size_t)k] /= sum;
        }
    }
}

/* Good in one objective each: boxes below 1 that are long, thin and share little. */
static void spike_points(weft_rng *rng, double *points, size_t n, int m) {
    for (size_t i = 0; i < n * (size_t)m; i++) {
        bool good = i % (size_t)m == i / (size_t)m % (size_t)m;
        points[i] = (good ? 0.0 : 0.8) + 0.1 * weft_rng_uniform(rng);
    }
}

/* ---- estimated hypervolume ------------------------------------------------------------------- */

static double estimate(const double *points, size_t n, int m, const double *reference,
                       uint64_t samples, uint64_t seed, double *standard_error) {
    weft_error error = {0};
    double volume = NAN;
    if (weft_hypervolume_estimate(points, n, m, reference, samples, seed, &volume, standard_error,
                                  &error) != WEFT_OK) {
        fail_msg("estimate: %s", error.message);
    }
    return volume;
}

/* Deviations in units of the standard error: of 40 standard normal ones the mean square is 1 up to
 * 5 sqrt(2 / 40) = 1.1. */
static void check_estimates(int m, size_t n, bool spikes) {
    double points[MAX_POINTS * 6];
    double reference[6];
    double exact;
    weft_error error;
    weft_rng rng = weft_rng_make((uint64_t)m, WEFT_PURPOSE_TEST, 1);
    if (spikes) {
        spike_points(&rng, points, n, m);
    } else {
        simplex_points(&rng, points, n, m);
    }
    for (int k = 0; k < m; k++) {
        reference[k] = 1.0;
    }
    assert_int_equal(weft_hypervolume(points, n, m, reference, &exact, &error), WEFT_OK);
    double squares = 0.0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        double deviation;
        double found = estimate(points, n, m, reference, 2000, seed, &deviation);
        assert_true(deviation > 0.0);
        assert_true(fabs(found - exact) < 5.0 * deviation);
        squares += (found - exact) * (found - exact) / (deviation * deviation) / 40.0;
    }
    assert_true(squares > 0.2 && squares < 2.1);
}

static void test_estimates_agree_with_the_exact_volume(void **state) {
    (void)state;
    for (int m = 2; m <= 6; m++) {
        check_estimates(m, 40, false); /* overlapping boxes: drawn around them all */
        check_estimates(m, 6, true);   /* drawn from the boxes */
    }
}

/* Ten objectives, two boxes of 2^-10 that share 4^-10. */
static void test_estimate_of_many_objectives(void **state) {
    (void)state;
    double points[20];
    double reference[10];
    for (int k = 0; k < 10; k++) {
        points[k] = k < 5 ? 0.0 : 0.75;
        points[10 + k] = k < 5 ? 0.75 : 0.0;
        reference[k] = 1.0;
    }
    double exact = 2.0 * pow(0.25, 5) - pow(0.25, 10);
    double deviation;
    double found = estimate(points, 2, 10, reference, 100000, 3, &deviation);
    assert_true(fabs(found - exact) < 5.0 * deviation);
    assert_true(deviation < 1e-3 * exact);
    double one = estimate(points, 1, 10, reference, 2, 3, &deviation);
    assert_true(fabs(one - pow(0.25, 5)) < 1e-18 && deviation == 0.0);
}

static void test_estimate_is_a_function_of_its_arguments(void **state) {
    (void)state;
    double points[30 * 3];
    double turned[30 * 3];
    const double reference[] = {1, 1, 1};
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 2);
    random_points(&rng, points, 30, 3, 0);
    for (size_t i = 0; i < 30; i++) {
        memcpy(&turned[3 * i], &points[3 * (29 - i)], 3 * sizeof *points);
    }
    double deviation;
    double a = estimate(points, 30, 3, reference, 500, 1, &deviation);
    assert_true(a == estimate(points, 30, 3, reference, 500, 1, &deviation));
    assert_true(a == estimate(turned, 30, 3, reference, 500, 1, &deviation));
    assert_true(a != estimate(points, 30, 3, reference, 500, 2, &deviation));
    assert_true(estimate(points, 0, 3, reference, 500, 1, &deviation) == 0.0 && deviation == 0.0);
    const double beyond[] = {2, 0, 0, INFINITY, 0, 0};
    assert_true(estimate(beyond, 2, 3, reference, 500, 1, &deviation) == 0.0);
}

static void test_estimate_refuses(void **state) {
    (void)state;
    weft_error error = {0};
    double volume = 7.0;
    double deviation = 7.0;
    const double good[] = {0, 0};
    const double broken[] = {0, NAN};
    const double reference[] = {1, 1};
    assert_int_equal(
        weft_hypervolume_estimate(good, 1, 0, reference, 9, 0, &volume, &deviation, &error),
        WEFT_ERROR_USAGE);
    assert_int_equal(
        weft_hypervolume_estimate(good, 1, 2, reference, 1, 0, &volume, &deviation, &error),
        WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "1 samples"));
    assert_int_equal(
        weft_hypervolume_estimate(broken, 1, 2, reference, 9, 0, &volume, &deviation, &error),
        WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "point 0 is nan in objective 1"));
    assert_int_equal(
        weft_hypervolume_estimate(good, 1, 2, broken, 9, 0, &volume, &deviation, &error),
        WEFT_ERROR_USAGE);
    assert_true(volume == 7.0 && deviation == 7.0);
}

/* ---- epsilon-fronts -------------------------------------------------------------------------- */

static size_t epsilon_front(const double *points, size_t n, int m, weft_epsilon kind,
                            const double *epsilon, size_t *kept) {
    weft_error error = {0};
    size_t n_kept = SIZE_MAX;
    if (weft_epsilon_front(points, n, m, kind, epsilon, kept, &n_kept, &error) != WEFT_OK) {
        fail_msg("epsilon-front: %s", error.message);
    }
    return n_kept;
}

static bool epsilon_dominates(const double *a, const double *b, int m, weft_epsilon kind,
                              const double *epsilon) {
    for (int k = 0; k < m; k++) {
        double bound = kind == WEFT_EPSILON_ADDITIVE ? b[k] + epsilon[k]
                                                     : (1.0 + epsilon[k]) * b[k];
        if (!(a[k] <= bound * (1.0 + 1e-12))) {
            return false;
        }
    }
    return true;
}

static void check_epsilon_front(uint64_t seed) {
    double points[MAX_POINTS * 6];
    size_t kept[MAX_POINTS];
    double epsilon[6];
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 3);
    int m = 1 + (int)(seed % 6);
    size_t n = 1 + (size_t)weft_rng_below(&rng, MAX_POINTS);
    weft_epsilon kind = seed % 2 == 0 ? WEFT_EPSILON_ADDITIVE : WEFT_EPSILON_MULTIPLICATIVE;
    if (seed % 3 == 0) {
        simplex_points(&rng, points, n, m);
    } else {
        random_points(&rng, points, n, m, seed % 3 == 1 ? 0 : 7);
    }
    for (size_t i = 0; i < n * (size_t)m; i++) {
        points[i] += kind == WEFT_EPSILON_MULTIPLICATIVE ? 0.01 : -0.5;
    }
    for (int k = 0; k < m; k++) {
        epsilon[k] = 0.02 + 0.3 * weft_rng_uniform(&rng);
    }
    size_t n_kept = epsilon_front(points, n, m, kind, epsilon, kept);
    assert_true(n_kept >= 1 && n_kept <= n);
    for (size_t i = 0; i < n; i++) {
        bool stands = false;
        for (size_t j = 0; j < n_kept; j++) {
            stands = stands || epsilon_dominates(&points[kept[j] * (size_t)m],
                                                 &points[i * (size_t)m], m, kind, epsilon);
        }
        assert_true(stands);
    }
    for (size_t j = 0; j < n_kept; j++) {
        assert_true(j == 0 || kept[j] > kept[j - 1]);
        for (size_t i = 0; i < n; i++) {
            assert_false(weft_dominates(&points[i * (size_t)m], &points[kept[j] * (size_t)m], m));
        }
    }
}

static void test_epsilon_fronts(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 120; seed++) {
        check_epsilon_front(seed);
    }
}

/* Widths 1 and 1: boxes (0,2) (1,1) (2,0) and behind them (2,2); in (1,1) the third point is
 * nearest. */
static void test_epsilon_front_by_hand(void **state) {
    (void)state;
    const double points[] = {0.5, 2.5, 1.9, 1.2, 1.1, 1.6, 2.2, 0.1, 2.1, 2.1, 1.6, 1.3, 1.1, 1.6};
    const double one[] = {1, 1};
    const size_t expected[] = {0, 2, 3};
    size_t kept[7];
    assert_int_equal(epsilon_front(points, 7, 2, WEFT_EPSILON_ADDITIVE, one, kept), 3);
    assert_memory_equal(kept, expected, sizeof expected);
    /* powers of 2: boxes (0,3) (1,1) (3,0) and, behind them, (3,3) */
    const double doubles[] = {1.5, 9.0, 3.0, 3.5, 3.0, 3.0, 8.0, 1.0, 15.0, 15.0};
    const size_t expected_doubles[] = {0, 2, 3};
    assert_int_equal(epsilon_front(doubles, 5, 2, WEFT_EPSILON_MULTIPLICATIVE, one, kept), 3);
    assert_memory_equal(kept, expected_doubles, sizeof expected_doubles);
    assert_int_equal(epsilon_front(points, 0, 2, WEFT_EPSILON_ADDITIVE, one, kept), 0);
}

static void test_epsilon_front_refuses(void **state) {
    (void)state;
    weft_error error = {0};
    size_t kept[2];
    size_t n_kept = 7;
    const double points[] = {1, 0, INFINITY, 1};
    const double good[] = {0.1, 0.1};
    const double bad[] = {0.1, 0.0};
    assert_int_equal(
        weft_epsilon_front(points, 1, 2, WEFT_EPSILON_ADDITIVE, bad, kept, &n_kept, &error),
        WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "epsilon is 0 in objective 1"));
    assert_int_equal(
        weft_epsilon_front(points, 2, 2, WEFT_EPSILON_ADDITIVE, good, kept, &n_kept, &error),
        WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "point 1 is inf"));
    assert_int_equal(
        weft_epsilon_front(points, 1, 2, WEFT_EPSILON_MULTIPLICATIVE, good, kept, &n_kept, &error),
        WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "above 0"));
    assert_int_equal(
        weft_epsilon_front(points, 1, 7, WEFT_EPSILON_ADDITIVE, good, kept, &n_kept, &error),
        WEFT_ERROR_USAGE);
    assert_int_equal(n_kept, 7);
}

/* ---- IGD+ and the epsilon indicator ---------------------------------------------------------- */

static void test_indicators_by_hand(void **state) {
    (void)state;
    const double reference[] = {0, 1, 1, 0};
    const double points[] = {0.3, 1.4, 1.0, 0.5};
    /* (0,1): sqrt(.09 + .16) from the first; (1,0): 0.5 from the second */
    assert_true(fabs(weft_igd_plus(points, 2, reference, 2, 2) - 0.5) < 1e-15);
    assert_true(fabs(weft_epsilon_indicator(points, 2, reference, 2, 2) - 0.5) < 1e-15);
    const double better[] = {-1, -2};
    assert_true(weft_igd_plus(better, 1, reference, 2, 2) == 0.0);
    assert_true(weft_epsilon_indicator(better, 1, reference, 2, 2) == -1.0);
    assert_true(weft_igd_plus(NULL, 0, reference, 2, 2) == INFINITY);
    assert_true(weft_epsilon_indicator(NULL, 0, reference, 2, 2) == INFINITY);
    assert_true(isnan(weft_igd_plus(points, 2, NULL, 0, 2)));
    assert_true(isnan(weft_epsilon_indicator(points, 2, NULL, 0, 2)));
    const double broken[] = {0, NAN};
    assert_true(isnan(weft_igd_plus(points, 2, broken, 1, 2)));
    assert_true(isnan(weft_epsilon_indicator(broken, 1, reference, 2, 2)));
}

/* Zero for the front itself; worse points (weakly dominated ones) never improve either indicator,
 * more points never worsen them; shifted by c the epsilon indicator of a front is c. */
static void check_indicators(uint64_t seed) {
    enum { N = 40 };
    double front[N * 6];
    double points[2 * N * 6];
    double worse[N * 6];
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 4);
    int m = 1 + (int)(seed % 6);
    if (m > 1) {
        simplex_points(&rng, front, N, m);
    } else {
        for (int i = 0; i < N; i++) {
            front[i] = 0.25;
        }
    }
    assert_true(weft_igd_plus(front, N, front, N, m) == 0.0);
    assert_true(weft_epsilon_indicator(front, N, front, N, m) == 0.0);
    for (int i = 0; i < N * m; i++) {
        points[i] = front[i] + 0.125;
    }
    assert_true(fabs(weft_epsilon_indicator(points, N, front, N, m) - 0.125) < 1e-15);
    random_points(&rng, points, 2 * N, m, seed % 2 * 4);
    for (int i = 0; i < N * m; i++) {
        worse[i] = points[i] + (weft_rng_below(&rng, 2) ? weft_rng_uniform(&rng) : 0.0);
    }
    double igd = weft_igd_plus(points, N, front, N, m);
    double epsilon = weft_epsilon_indicator(points, N, front, N, m);
    assert_true(weft_igd_plus(worse, N, front, N, m) >= igd);
    assert_true(weft_epsilon_indicator(worse, N, front, N, m) >= epsilon);
    assert_true(weft_igd_plus(points, 2 * N, front, N, m) <= igd);
    assert_true(weft_epsilon_indicator(points, 2 * N, front, N, m) <= epsilon);
}

static void test_indicators_comply_with_domination(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        check_indicators(seed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates_agree_with_the_exact_volume),
        cmocka_unit_test(test_estimate_of_many_objectives),
        cmocka_unit_test(test_estimate_is_a_function_of_its_arguments),
        cmocka_unit_test(test_estimate_refuses),
        cmocka_unit_test(test_epsilon_fronts),
        cmocka_unit_test(test_epsilon_front_by_hand),
        cmocka_unit_test(test_epsilon_front_refuses),
        cmocka_unit_test(test_indicators_by_hand),
        cmocka_unit_test(test_indicators_comply_with_domination),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
