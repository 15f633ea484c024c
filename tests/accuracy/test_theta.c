/* SPDX-License-Identifier: Apache-2.0
 * The curve over NN-Degree: exact data, a grid as a second way to the least squares, the band against
 * repeated draws, files, the provider, bad input. */
#include <weft/accuracy.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"

enum { N = 25 };

static double curve(double g, double a, double b, double c) {
    return 1.0 / (a + exp(b / g + c));
}

/* N degrees from 30 to 280, and the curve with noise. */
static void make(double *degrees, double *accuracies, double noise, weft_rng *rng) {
    for (int i = 0; i < N; i++) {
        degrees[i] = 30.0 + 250.0 * i / (N - 1);
        accuracies[i] = curve(degrees[i], 1.1, 35.0, -1.9) + noise * weft_rng_normal(rng);
    }
}

static weft_theta fit(const double *degrees, const double *accuracies, int n) {
    weft_theta theta;
    weft_error error;
    if (weft_theta_fit(degrees, accuracies, n, &theta, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return theta;
}

static void exact_data_are_met(void **state) {
    (void)state;
    double degrees[N];
    double accuracies[N];
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    make(degrees, accuracies, 0.0, &rng);
    weft_theta theta = fit(degrees, accuracies, N);
    assert_true(fabs(theta.a - 1.1) < 1e-4 && fabs(theta.b - 35.0) < 1e-2);
    assert_true(fabs(theta.c + 1.9) < 1e-3);
    assert_true(theta.rmse < 1e-7 && theta.loo < 1e-6);
    assert_true(theta.lowest == 30.0 && theta.highest == 280.0 && theta.n == N);
}

/* No point of a fine grid around the fit is better. */
static void no_grid_point_is_better(void **state) {
    (void)state;
    double degrees[N];
    double accuracies[N];
    weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, 0);
    for (int round = 0; round < 5; round++) {
        make(degrees, accuracies, 0.02, &rng);
        weft_theta theta = fit(degrees, accuracies, N);
        double least = theta.rmse * theta.rmse * N;
        for (int i = 0; i <= 40; i++) {
            for (int j = 0; j <= 40; j++) {
                for (int k = 0; k <= 40; k++) {
                    double sum = 0.0;
                    for (int p = 0; p < N; p++) {
                        double off = accuracies[p] - curve(degrees[p], 0.9 + 0.01 * i,
                                                           5.0 + 2.0 * j, -3.5 + 0.075 * k);
                        sum += off * off;
                    }
                    assert_true(sum >= least * (1.0 - 1e-9));
                }
            }
        }
    }
}

/* Of many draws of the noise, the band covers the true curve about as often as it says. */
static void the_band_covers_the_curve(void **state) {
    (void)state;
    const char *scale = getenv("WEFT_TEST_SCALE");
    const int rounds = scale != NULL && strcmp(scale, "quick") == 0 ? 60 : 400;
    double degrees[N];
    double accuracies[N];
    int covered = 0;
    int inside = 0;
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 0);
    for (int round = 0; round < rounds; round++) {
        weft_theta_forecast f;
        make(degrees, accuracies, 0.01, &rng);
        weft_theta theta = fit(degrees, accuracies, N);
        weft_theta_tell(&theta, 120.0, &f);
        double truth = curve(120.0, 1.1, 35.0, -1.9);
        double network = truth + 0.01 * weft_rng_normal(&rng);
        covered += truth >= f.low && truth <= f.high;
        inside += network >= f.network_low && network <= f.network_high;
        assert_true(theta.loo >= theta.rmse);
        assert_true(f.network_low <= f.low && f.high <= f.network_high);
    }
    assert_true(covered > 0.88 * rounds && inside > 0.88 * rounds);
}

static void learning_narrows_the_band(void **state) {
    (void)state;
    double degrees[N];
    double accuracies[N];
    weft_rng rng = weft_rng_make(4, WEFT_PURPOSE_TEST, 0);
    make(degrees, accuracies, 0.02, &rng);
    weft_theta theta = fit(degrees, accuracies, N);
    for (int i = 0; i < 20; i++) {
        weft_theta_forecast before;
        weft_theta_forecast after;
        double at = 30.0 + 12.0 * i;
        weft_theta_tell(&theta, at, &before);
        weft_theta_learn(&theta, at);
        weft_theta_tell(&theta, at, &after);
        assert_true(after.high - after.low < before.high - before.low);
    }
}

static void held_out_networks_are_ranked(void **state) {
    (void)state;
    double degrees[N];
    double accuracies[N];
    weft_theta_report report;
    weft_error error;
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    make(degrees, accuracies, 0.0, &rng);
    weft_theta theta = fit(degrees, accuracies, N);
    assert_int_equal(weft_theta_check(&theta, degrees, accuracies, N, &report, &error), WEFT_OK);
    assert_true(report.spearman > 0.999 && report.tau > 0.999 && report.n == N);
    assert_int_equal(weft_theta_check(&theta, degrees, accuracies, 2, &report, &error),
                     WEFT_ERROR_INPUT);
}

static void files_keep_every_bit(void **state) {
    (void)state;
    char path[] = "/tmp/weft-theta-XXXXXX.yaml";
    double degrees[N];
    double accuracies[N];
    weft_theta again;
    weft_theta_about about = {.description = "a: \"test\"", .source = "made", .measure = "x"};
    weft_theta_about read;
    weft_error error;
    weft_rng rng = weft_rng_make(6, WEFT_PURPOSE_TEST, 0);
    int file = mkstemps(path, 5);
    assert_true(file >= 0);
    close(file);
    make(degrees, accuracies, 0.02, &rng);
    weft_theta theta = fit(degrees, accuracies, N);
    assert_int_equal(weft_theta_write(&theta, &about, path, &error), WEFT_OK);
    assert_int_equal(weft_theta_read(path, &again, &read, &error), WEFT_OK);
    assert_memory_equal(&theta, &again, sizeof theta);
    assert_string_equal(read.description, about.description);
    unlink(path);
    assert_int_equal(weft_theta_write(&theta, &about, "x.txt", &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_theta_read("nasbench-macro-cifar", &again, &read, &error),
                     WEFT_ERROR_INPUT);
    assert_int_equal(weft_theta_read("nasbenchmacro-cifar10", &again, &read, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "no curve"));
}

static void the_provider_tells_the_curve(void **state) {
    (void)state;
    weft_accuracy_settings settings;
    weft_accuracy *accuracy = NULL;
    weft_network *network = NULL;
    weft_accuracy_result result;
    weft_topology topology;
    weft_theta theta;
    weft_theta_about about;
    weft_error error;
    weft_accuracy_defaults(&settings);
    settings.provider = "topology";
    assert_int_equal(weft_accuracy_create(&settings, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    settings.file = "flash-fashion-mnist";
    weft_design_genes genes = {.n = 1,
                               .genes = &(weft_gene_meaning){.name = "anything", .n_choices = 0}};
    if (weft_accuracy_create(&settings, &genes, &accuracy, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(weft_network_read("resnet20", &network, &error), WEFT_OK);
    assert_int_equal(weft_network_topology(network, &topology, &error), WEFT_OK);
    assert_int_equal(weft_theta_read("flash-fashion-mnist", &theta, &about, &error), WEFT_OK);
    const double genome = 1.0;
    assert_int_equal(
        weft_accuracy_evaluate(accuracy, network, &genome, 0, 1, NULL, &result, &error), WEFT_OK);
    assert_true(result.accuracy == weft_theta_at(&theta, topology.degree));
    weft_network_destroy(network);
    weft_accuracy_destroy(accuracy);
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void expect_refused(const double *degrees, const double *accuracies, int n,
                           const char *message) {
    weft_theta theta;
    weft_error error;
    assert_int_equal(weft_theta_fit(degrees, accuracies, n, &theta, &error), WEFT_ERROR_INPUT);
    if (strstr(error.message, message) == NULL) {
        fail_msg("'%s' is not in '%s'", message, error.message);
    }
}

static void bad_data_are_refused(void **state) {
    (void)state;
    double g[6] = {10, 20, 30, 40, 50, 60};
    double y[6] = {0.5, 0.6, 0.7, 0.72, 0.74, 0.75};
    const double equal[6] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    const double one[6] = {10, 10, 10, 10, 10, 10};
    const double two[6] = {10, 10, 10, 20, 20, 20};
    expect_refused(g, y, 4, "needs at least 5");
    expect_refused(g, equal, 6, "the same accuracy");
    expect_refused(one, y, 6, "the same NN-Degree");
    expect_refused(two, y, 6, "too few different");
    y[2] = NAN;
    expect_refused(g, y, 6, "network 3 has the accuracy nan");
    y[2] = 70.0;
    expect_refused(g, y, 6, "network 3 has the accuracy 70");
    y[2] = 0.7;
    g[1] = -1.0;
    expect_refused(g, y, 6, "network 2 has the degree -1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_data_are_met),           cmocka_unit_test(no_grid_point_is_better),
        cmocka_unit_test(the_band_covers_the_curve),    cmocka_unit_test(learning_narrows_the_band),
        cmocka_unit_test(held_out_networks_are_ranked), cmocka_unit_test(files_keep_every_bit),
        cmocka_unit_test(the_provider_tells_the_curve), cmocka_unit_test(bad_data_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
