/* SPDX-License-Identifier: Apache-2.0
 * Expected improvements against averages over draws, and the boxes against the hypervolume. */
#include "search/gp_support.h"
#include "search/improvement.h"

static bool is_quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

static void test_one_objective(void **state) {
    (void)state;
    int draws = is_quick() ? 20000 : 400000;
    const double cases[][3] = {{0, 1, 0}, {1, 2, 0.5}, {-1, 0.5, 0}, {3, 1.5, 1}};
    for (int c = 0; c < 4; c++) {
        weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, (uint64_t)c);
        const double *p = cases[c];
        double sum = 0.0;
        for (int i = 0; i < draws; i++) {
            sum += fmax(p[2] - (p[0] + p[1] * weft_rng_normal(&rng)), 0.0);
        }
        double expected = exp(weft_log_improvement(p[0], p[1], p[2]));
        assert_true(fabs(sum / draws - expected) < 5.0 * p[1] / sqrt(draws));
    }
}

/* Both pieces meet where they are joined, and slopes go on far out. */
static void test_tails(void **state) {
    (void)state;
    const double joints[] = {-1.0, -25.0};
    for (int k = 0; k < 2; k++) {
        double above = weft_log_improvement(-joints[k] - 1e-9, 1.0, 0.0);
        double below = weft_log_improvement(-joints[k] + 1e-9, 1.0, 0.0);
        assert_true(fabs(above - below) < 1e-5);
    }
    assert_true(
        fabs(weft_log_below_zero(25.0 - 1e-9, 1.0) - weft_log_below_zero(25.0 + 1e-9, 1.0)) < 1e-6);
    double last = INFINITY;
    for (double mean = 0.0; mean < 1e4; mean = 1.3 * mean + 0.1) {
        double value = weft_log_improvement(mean, 1.0, 0.0);
        assert_true(isfinite(value) && value < last);
        last = value;
    }
    assert_true(isfinite(weft_log_below_zero(1e5, 1e-3)));
    assert_true(weft_log_below_zero(-50.0, 1.0) == 0.0);
    assert_true(fabs(weft_log_below_zero(0.0, 3.0) - log(0.5)) < 1e-15);
}

/* The volume that a vector adds to points, exactly: what the boxes give for a vector without doubt. */
static double growth(const double *points, size_t n, int m, const double *reference,
                     const double *vector) {
    double more[32 * 3];
    double volumes[2];
    weft_error error = {0};
    memcpy(more, points, n * (size_t)m * sizeof *more);
    memcpy(more + n * (size_t)m, vector, (size_t)m * sizeof *more);
    for (size_t k = 0; k < 2; k++) {
        assert_int_equal(weft_hypervolume(more, n + k, m, reference, &volumes[k], &error), WEFT_OK);
    }
    return volumes[1] - volumes[0];
}

/* Random points, some dominated, some equal in an objective, some beyond the reference. */
static void check_boxes(int m, size_t n, uint64_t index) {
    double points[32 * 3];
    const double reference[] = {1.0, 0.9, 0.8};
    const double no_doubt[] = {1e-9, 1e-9, 1e-9};
    weft_boxes boxes;
    weft_error error = {0};
    weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, index);
    for (size_t i = 0; i < n * (size_t)m; i++) {
        points[i] = floor(12.0 * weft_rng_uniform(&rng)) / 10.0;
    }
    assert_int_equal(weft_boxes_create(m, n, &boxes, &error), WEFT_OK);
    weft_boxes_fill(&boxes, points, n, reference);
    assert_true(boxes.n <= 2 * n + 1);
    for (int t = 0; t < 50; t++) {
        double vector[3];
        for (int k = 0; k < m; k++) {
            vector[k] = 1.3 * weft_rng_uniform(&rng) - 0.2;
        }
        double expected = growth(points, n, m, reference, vector);
        assert_true(fabs(weft_volume_improvement(&boxes, vector, no_doubt) - expected) < 1e-6);
    }
    weft_boxes_destroy(&boxes);
}

static void test_boxes(void **state) {
    (void)state;
    for (uint64_t index = 0; index < 40; index++) {
        check_boxes(2, index % 20, index);
        check_boxes(3, index % 20, index);
    }
}

static void check_volume(int m) {
    int draws = is_quick() ? 3000 : 60000;
    const double front[] = {-1.0, 0.6, 0.1, -0.3, 0.2, -0.4, 0.5, -0.8, 0.3};
    const double reference[] = {1.0, 1.0, 1.0};
    const double means[] = {-0.2, 0.1, 0.3};
    const double deviations[] = {0.5, 0.8, 0.3};
    size_t n = m == 3 ? 3 : 4;
    weft_boxes boxes;
    weft_error error = {0};
    weft_rng rng = weft_rng_make(4, WEFT_PURPOSE_TEST, (uint64_t)m);
    assert_int_equal(weft_boxes_create(m, n, &boxes, &error), WEFT_OK);
    weft_boxes_fill(&boxes, front, n, reference);
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < draws; i++) {
        double vector[3];
        for (int k = 0; k < m; k++) {
            vector[k] = means[k] + deviations[k] * weft_rng_normal(&rng);
        }
        double grown = growth(front, n, m, reference, vector);
        sum += grown;
        squares += grown * grown;
    }
    double mean = sum / draws;
    double error_of_mean = sqrt((squares / draws - mean * mean) / draws);
    double expected = weft_volume_improvement(&boxes, means, deviations);
    assert_true(fabs(mean - expected) < 4.0 * error_of_mean);
    weft_boxes_destroy(&boxes);
}

static void test_volume(void **state) {
    (void)state;
    check_volume(2);
    check_volume(3);
}

/* Many objectives: nothing improves less than what is better in all of them. */
static void test_scalar(void **state) {
    (void)state;
    const double points[] = {0, 1, 0, 1, 1, 0, 1, 0};
    const double deviations[] = {0.1, 0.1, 0.1, 0.1};
    const double good[] = {-1, -1, -1, -1};
    const double bad[] = {2, 2, 2, 2};
    const double worse[] = {3, 3, 3, 3};
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    for (int t = 0; t < 20; t++) {
        weft_scalar scalar;
        weft_scalar_draw(&scalar, 4, points, 2, &rng);
        double sum = 0.0;
        for (int m = 0; m < 4; m++) {
            assert_true(scalar.weights[m] >= 0.0);
            sum += scalar.weights[m];
        }
        assert_true(fabs(sum - 1.0) < 1e-12);
        double best = weft_scalar_log_improvement(&scalar, good, deviations);
        double middle = weft_scalar_log_improvement(&scalar, bad, deviations);
        double least = weft_scalar_log_improvement(&scalar, worse, deviations);
        assert_true(best > middle && middle > least && isfinite(least));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_objective), cmocka_unit_test(test_tails),
        cmocka_unit_test(test_boxes),         cmocka_unit_test(test_volume),
        cmocka_unit_test(test_scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
