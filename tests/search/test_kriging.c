/* SPDX-License-Identifier: Apache-2.0
 *
 * The Gaussian process of searches: against a twin worked out by elimination from the equations, its
 * gradient against differences, rows added one by one against all at once. */
#include "search/gp_support.h"
#include "search/kriging.h"
#include "search/rescale.h"
#include "search/sampling.h"

enum { N = 40, MOST = 48 };

typedef struct fixture {
    toy of;
    weft_gene_table table;
    weft_kriging_measure measure;
    weft_kriging model;
} fixture;

/* Two choices of which the second has a condition, a real, a logarithm and a whole number. */
static toy mixed_toy(void) {
    toy made = {.n_objectives = 1};
    add_real(&made, -1, 3);
    add_choices(&made, WEFT_GENE_CATEGORICAL, 3);
    add_choices(&made, WEFT_GENE_CATEGORICAL, 4);
    add_choices(&made, WEFT_GENE_ORDINAL, 6);
    add_real(&made, 1e-4, 1);
    add_choices(&made, WEFT_GENE_ORDINAL, 1); /* does not vary */
    made.genes[4].log_scale = true;
    for (int g = 2; g <= 3; g++) {
        made.genes[g].n_conditions = 1;
        made.genes[g].conditions[0] = (weft_condition){.parent = 1, .minimum = 1, .maximum = 2};
    }
    return made;
}

static void draw_row(fixture *f, weft_rng *rng, double *row, double *target) {
    double genome[MAX_TOY_GENES];
    weft_genome_draw(&f->table, rng, genome);
    weft_kriging_place(&f->measure, genome, row);
    *target = sin(2.0 * genome[0]) + 0.3 * genome[1] + 0.1 * log(genome[4]) +
              0.05 * weft_rng_normal(rng);
}

static void set_up(fixture *f) {
    weft_error error = {0};
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 0);
    f->of = mixed_toy();
    f->table = table_of(&f->of);
    assert_int_equal(weft_kriging_measure_create(&f->table, &f->measure, &error), WEFT_OK);
    assert_int_equal(weft_kriging_create(&f->measure, &f->model, &error), WEFT_OK);
    assert_int_equal(weft_kriging_reserve(&f->model, MOST, &error), WEFT_OK);
    f->model.n = N;
    for (int i = 0; i < N; i++) {
        draw_row(f, &rng, &f->model.rows[i * f->measure.n], &f->model.targets[i]);
    }
    for (int p = 0; p < WEFT_KRIGING_FIRST + f->measure.n; p++) {
        f->model.logs[p] += 0.5 * weft_rng_normal(&rng);
    }
}

static void tear_down(fixture *f) {
    weft_kriging_destroy(&f->model);
    weft_kriging_measure_destroy(&f->measure);
}

/* k of the head of kriging.c, term by term. */
static double plain_covariance(const fixture *f, const double *a, const double *b) {
    const double *logs = f->model.logs;
    double differ = 0.0;
    double squares = 0.0;
    for (int c = 0; c < f->measure.n; c++) {
        double scale = exp(logs[WEFT_KRIGING_FIRST + c]);
        if (c < f->measure.n_words) {
            differ += a[c] == b[c] ? 0.0 : scale;
        } else {
            squares += pow((a[c] - b[c]) / scale, 2.0);
        }
    }
    double q = sqrt(5.0 * squares);
    return exp(logs[WEFT_KRIGING_SIGNAL]) * exp(-differ) * (1.0 + q + q * q / 3.0) * exp(-q);
}

/* Solves A x = b by Gaussian elimination; returns log |A|. */
static double eliminate(double a[N][N], double *x) {
    double log_determinant = 0.0;
    for (int k = 0; k < N; k++) {
        log_determinant += log(a[k][k]);
        for (int i = k + 1; i < N; i++) {
            double factor = a[i][k] / a[k][k];
            for (int j = k; j < N; j++) {
                a[i][j] -= factor * a[k][j];
            }
            x[i] -= factor * x[k];
        }
    }
    for (int k = N - 1; k >= 0; k--) {
        for (int j = k + 1; j < N; j++) {
            x[k] -= a[k][j] * x[j];
        }
        x[k] /= a[k][k];
    }
    return log_determinant;
}

static void fill_plain(const fixture *f, double a[N][N]) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            a[i][j] = plain_covariance(f, &f->model.rows[i * f->measure.n],
                                       &f->model.rows[j * f->measure.n]);
        }
        a[i][i] += exp(f->model.logs[WEFT_KRIGING_NOISE]) + 1e-6;
    }
}

static void test_places(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    const double genome[] = {1, 2, 3, 5, 1e-2, 0};
    const double off[] = {3, 0, NAN, NAN, 1, 0};
    double row[5];
    assert_int_equal(f.measure.n, 5);
    assert_int_equal(f.measure.n_words, 2);
    weft_kriging_place(&f.measure, genome, row);
    assert_true(row[0] == 2 && row[1] == 3 && row[2] == 0.5);
    assert_true(fabs(row[3] - 5.5 / 6) < 1e-15 && fabs(row[4] - 0.5) < 1e-15);
    weft_kriging_place(&f.measure, off, row);
    assert_true(row[0] == 0 && row[1] == -1 && row[2] == 1 && row[3] == 0.5 && row[4] == 1);
    tear_down(&f);
}

static void test_prediction(void **state) {
    (void)state;
    fixture f;
    static double a[N][N];
    double across[N];
    double solved[N];
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 1);
    set_up(&f);
    weft_kriging_factor(&f.model);
    weft_kriging_aim(&f.model);
    for (int t = 0; t < 10; t++) {
        double row[MAX_TOY_GENES];
        double ignored;
        double mean;
        double deviation;
        draw_row(&f, &rng, row, &ignored);
        weft_kriging_predict(&f.model, row, &mean, &deviation);
        fill_plain(&f, a);
        for (int i = 0; i < N; i++) {
            across[i] = solved[i] = plain_covariance(&f, row, &f.model.rows[i * f.measure.n]);
        }
        eliminate(a, solved);
        double expected = 0.0;
        double variance = exp(f.model.logs[WEFT_KRIGING_SIGNAL]);
        for (int i = 0; i < N; i++) {
            expected += solved[i] * f.model.targets[i];
            variance -= solved[i] * across[i];
        }
        assert_true(fabs(mean - expected) < 1e-8);
        assert_true(fabs(deviation * deviation - variance) < 1e-8);
    }
    for (int i = 0; i < N; i++) {
        double mean;
        double deviation;
        weft_kriging_predict(&f.model, &f.model.rows[i * f.measure.n], &mean, &deviation);
        assert_true(fabs(weft_kriging_fitted(&f.model, i) - mean) < 1e-9);
    }
    tear_down(&f);
}

static void test_likelihood(void **state) {
    (void)state;
    fixture f;
    static double a[N][N];
    static double inverse[N * N];
    double gradient[MAX_TOY_GENES];
    double solved[N];
    set_up(&f);
    int n = WEFT_KRIGING_FIRST + f.measure.n;
    double value = weft_kriging_likelihood(&f.model, gradient, inverse);
    assert_true(value == weft_kriging_likelihood(&f.model, NULL, NULL));
    for (int p = 0; p < n; p++) {
        double at = f.model.logs[p];
        f.model.logs[p] = at + 1e-5;
        double above = weft_kriging_likelihood(&f.model, NULL, NULL);
        f.model.logs[p] = at - 1e-5;
        double below = weft_kriging_likelihood(&f.model, NULL, NULL);
        f.model.logs[p] = at;
        double slope = (above - below) / 2e-5;
        assert_true(fabs(gradient[p] - slope) < 1e-5 * (1.0 + fabs(slope)));
    }
    /* Without the prior's part, which is that of a model without rows. */
    fill_plain(&f, a);
    memcpy(solved, f.model.targets, sizeof solved);
    double expected = -0.5 * eliminate(a, solved);
    for (int i = 0; i < N; i++) {
        expected -= 0.5 * solved[i] * f.model.targets[i];
    }
    f.model.n = 0;
    expected += weft_kriging_likelihood(&f.model, NULL, NULL);
    assert_true(fabs(value - expected) < 1e-8);
    tear_down(&f);
}

static void test_append(void **state) {
    (void)state;
    fixture f;
    double row[MAX_TOY_GENES];
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 2);
    double mean[2];
    double deviation[2];
    double target;
    set_up(&f);
    f.model.n = 0;
    weft_kriging_factor(&f.model);
    for (int i = 0; i < N; i++) {
        double kept = f.model.targets[i];
        memcpy(row, &f.model.rows[i * f.measure.n], (size_t)f.measure.n * sizeof *row);
        weft_kriging_append(&f.model, row);
        f.model.targets[i] = kept;
    }
    weft_kriging_aim(&f.model);
    draw_row(&f, &rng, row, &target);
    weft_kriging_predict(&f.model, row, &mean[0], &deviation[0]);
    weft_kriging_factor(&f.model);
    weft_kriging_aim(&f.model);
    weft_kriging_predict(&f.model, row, &mean[1], &deviation[1]);
    assert_true(fabs(mean[0] - mean[1]) < 1e-10 && fabs(deviation[0] - deviation[1]) < 1e-10);
    tear_down(&f);
}

static void test_tune(void **state) {
    (void)state;
    fixture f;
    static double inverse[N * N];
    double gradient[MAX_TOY_GENES];
    weft_error error = {0};
    set_up(&f);
    double before = weft_kriging_likelihood(&f.model, NULL, NULL);
    assert_int_equal(weft_kriging_tune(&f.model, 100, &error), WEFT_OK);
    double after = weft_kriging_likelihood(&f.model, gradient, inverse);
    assert_true(after > before + 1.0);
    for (int p = 0; p < WEFT_KRIGING_FIRST + f.measure.n; p++) {
        assert_true(fabs(gradient[p]) < 0.1);
    }
    weft_kriging_reset(&f.model);
    assert_int_equal(weft_kriging_tune(&f.model, 100, &error), WEFT_OK);
    assert_true(fabs(weft_kriging_likelihood(&f.model, NULL, NULL) - after) < 0.1);
    tear_down(&f);
}

/* The same row again and again, with next to no noise. */
static void test_singular(void **state) {
    (void)state;
    fixture f;
    double mean;
    double deviation;
    set_up(&f);
    f.model.n = 0;
    f.model.logs[WEFT_KRIGING_NOISE] = -60.0;
    f.model.logs[WEFT_KRIGING_SIGNAL] = 25.0;
    weft_kriging_factor(&f.model);
    for (int i = 0; i < N; i++) {
        double row[MAX_TOY_GENES];
        memcpy(row, f.model.rows, (size_t)f.measure.n * sizeof *row);
        weft_kriging_append(&f.model, row);
        f.model.targets[i] = 1.0;
    }
    weft_kriging_aim(&f.model);
    weft_kriging_predict(&f.model, f.model.rows, &mean, &deviation);
    assert_true(fabs(mean - 1.0) < 1e-3 && isfinite(deviation));
    tear_down(&f);
}

/* ---- rescaling ------------------------------------------------------------------------------- */

static void test_rescale(void **state) {
    (void)state;
    enum { COUNT = 101 };
    double values[COUNT];
    double targets[COUNT];
    double room[COUNT];
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 3);
    for (int i = 0; i < COUNT; i++) {
        values[i] = weft_rng_normal(&rng) + (i % 10 == 0 ? 1e6 * i : 0.0);
    }
    values[7] = values[8];
    weft_rescale(values, COUNT, targets, room);
    double low[2] = {INFINITY, INFINITY};
    for (int i = 0; i < COUNT; i++) {
        assert_true(fabs(targets[i]) < 4.0);
        for (int j = 0; j < COUNT; j++) {
            assert_true((values[i] < values[j]) == (targets[i] < targets[j]));
        }
        low[0] = fmin(low[0], values[i]);
        low[1] = fmin(low[1], targets[i]);
    }
    assert_true(targets[7] == targets[8] && low[1] < -1.0);
    /* three decades: as their logarithms */
    const double decades[] = {1, 10, 100, 1000, 1e4};
    weft_rescale(decades, 5, targets, room);
    assert_true(fabs(targets[0] - 2.0 * targets[1]) < 1e-12 && fabs(targets[2]) < 1e-12);
    /* all alike, one, none */
    const double same[] = {5, 5, 5};
    weft_rescale(same, 3, targets, room);
    assert_true(targets[0] == 0 && targets[1] == 0 && targets[2] == 0);
    weft_rescale(same, 1, targets, room);
    assert_true(targets[0] == 0);
    weft_rescale(NULL, 0, targets, room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),     cmocka_unit_test(test_prediction),
        cmocka_unit_test(test_likelihood), cmocka_unit_test(test_append),
        cmocka_unit_test(test_tune),       cmocka_unit_test(test_singular),
        cmocka_unit_test(test_rescale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
