/* SPDX-License-Identifier: Apache-2.0
 * Every kind of model: known functions recovered, intervals that cover, the same result with any number
 * of threads, and what cannot be learned from. */
#include "model_support.h"

#include "accuracy/surrogate.h"
#include "base/normal.h"

static bool is_quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

/* The models; where rounds are to be few, without the ensemble, which stands first and fits the others
 * five times. */
static const char *const *first_model(void) {
    return weft_model_names() + (is_quick() ? 1 : 0);
}

/* ---- the parts ----------------------------------------------------------------------------------- */

/* A warp goes through and back, rises, and its scores are those of the ranks. */
static void test_warp(void **state) {
    (void)state;
    enum { N = 500 };
    double accuracies[N];
    double room[N];
    weft_rng rng = weft_rng_make(6, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < N; i++) {
        accuracies[i] = i % 10 == 0 ? 0.1 : 0.85 + 0.05 * weft_rng_uniform(&rng);
    }
    for (int by_rank = 0; by_rank < 2; by_rank++) {
        weft_warp warp;
        weft_warp_fit(accuracies, N, by_rank == 1, room, &warp);
        assert_true(warp.n >= 2 && warp.n <= WEFT_WARP_KNOTS);
        for (int k = 1; k < warp.n; k++) {
            assert_true(warp.scores[k] > warp.scores[k - 1]);
            assert_true(warp.accuracies[k] > warp.accuracies[k - 1]);
        }
        for (int i = 0; i < N; i++) {
            double score = weft_warp_score(&warp, accuracies[i]);
            assert_float_equal(weft_warp_accuracy(&warp, score), accuracies[i], 1e-9);
        }
        assert_true(weft_warp_accuracy(&warp, 100.0) <= 1.0);
        assert_true(weft_warp_accuracy(&warp, -100.0) >= 0.0);
    }
    /* a tenth fails, at ranks 1 to 50: the score of (25.5 - 0.5) / 500 */
    weft_warp warp;
    weft_warp_fit(accuracies, N, true, room, &warp);
    assert_float_equal(weft_warp_score(&warp, 0.1), -1.644854, 1e-5);
    assert_float_equal(weft_normal_quantile(0.975), 1.959964, 1e-5);
    assert_float_equal(weft_normal_quantile(1e-9), -5.997807, 1e-4);
}

/* ---- learning ------------------------------------------------------------------------------------ */

static double rmse_of(const weft_surrogate *surrogate, const known_designs *test) {
    weft_error error = {0};
    weft_forecast *said = calloc((size_t)test->designs.n, sizeof *said);
    assert_non_null(said);
    assert_int_equal(weft_surrogate_predict(surrogate, &test->designs, said, &error), WEFT_OK);
    double sum = 0.0;
    for (int i = 0; i < test->designs.n; i++) {
        double off = said[i].accuracy - test->noiseless[i];
        assert_true(said[i].low <= said[i].accuracy && said[i].accuracy <= said[i].high);
        sum += off * off / test->designs.n;
    }
    free(said);
    return sqrt(sum);
}

/* The function spans 0.7 with a deviation of 0.09: a model that learned it is off by far less, and one
 * that learned nothing by the deviation. */
static void test_known_function(void **state) {
    (void)state;
    known_designs train;
    known_designs test;
    known_make(&train, 120, 0.0, 21);
    known_make(&test, 300, 0.0, 22);
    for (const char *const *name = first_model(); *name != NULL; name++) {
        int losses = strcmp(*name, "mlp") == 0 && !is_quick() ? 3 : 1;
        for (int loss = 0; loss < losses; loss++) {
            weft_surrogate_settings settings;
            weft_surrogate_report report;
            weft_error error = {0};
            weft_surrogate_defaults(&settings);
            settings.model = *name;
            settings.loss = (weft_model_loss)loss;
            settings.folds = 2;
            weft_surrogate *made = must_fit(&settings, &train.designs);
            double rmse = rmse_of(made, &test);
            assert_int_equal(weft_surrogate_check(made, &test.designs, &report, NULL, &error),
                             WEFT_OK);
            if (!(rmse < 0.035) || !(report.tau > 0.75) || !report.usable) {
                fail_msg("%s, loss %d: rmse %.4f, tau %.3f", *name, loss, rmse, report.tau);
            }
            assert_float_equal(report.rmse, rmse, 1e-12);
            weft_surrogate_get_report(made, &report);
            assert_true(report.n == 120 && report.folds == settings.folds && report.tau > 0.6);
            weft_surrogate_destroy(made);
        }
    }
    known_free(&train);
    known_free(&test);
}

/* Plain targets are learned, too, by what needs no ranks. */
static void test_without_warp(void **state) {
    (void)state;
    known_designs train;
    known_designs test;
    weft_surrogate_settings settings;
    known_make(&train, 150, 0.0, 23);
    known_make(&test, 200, 0.0, 24);
    weft_surrogate_defaults(&settings);
    settings.model = "gp";
    settings.warp = false;
    weft_surrogate *made = must_fit(&settings, &train.designs);
    assert_true(rmse_of(made, &test) < 0.02);
    weft_surrogate_destroy(made);
    known_free(&train);
    known_free(&test);
}

/* With noise, the share of new designs within the interval is the level, as far as 120 residuals can
 * tell it: the count of those below the quantile has a deviation of sqrt(0.9 * 0.1 / 120) = 0.027, the
 * count of 600 new ones one of 0.012, the mean of four fits half of both together: 0.015; three of
 * these below. Above there is room for what a model gains by the fifth of the designs that its
 * residuals were without. */
static void test_coverage(void **state) {
    (void)state;
    const int sets = is_quick() ? 1 : 4;
    known_designs test;
    known_make(&test, 600, 0.04, 32);
    for (const char *const *name = weft_model_names() + 1; *name != NULL; name++) {
        double told = 0.0;
        double found = 0.0;
        for (int set = 0; set < sets; set++) {
            known_designs train;
            weft_surrogate_settings settings;
            weft_surrogate_report report;
            weft_error error = {0};
            known_make(&train, 120, 0.04, 33 + (uint64_t)set);
            weft_surrogate_defaults(&settings);
            settings.model = *name;
            settings.folds = is_quick() ? 2 : settings.folds;
            weft_surrogate *made = must_fit(&settings, &train.designs);
            assert_int_equal(weft_surrogate_check(made, &test.designs, &report, NULL, &error),
                             WEFT_OK);
            found += report.coverage / sets;
            assert_true(report.width > 0.04 && report.width < 0.6);
            weft_surrogate_get_report(made, &report);
            told += report.coverage / sets;
            weft_surrogate_destroy(made);
            known_free(&train);
        }
        double room = sets == 4 ? 0.045 : 0.09;
        if (found < 0.9 - room || found > 0.92 + room || fabs(told - 0.9) > room) {
            fail_msg("%s covers %.3f, and said %.3f", *name, found, told);
        }
    }
    known_free(&test);
}

/* Fits with one thread and with three say the same to the bit; another seed does not. */
static void test_threads(void **state) {
    (void)state;
    known_designs train;
    known_make(&train, 32, 0.02, 41);
    for (const char *const *name = first_model(); *name != NULL; name++) {
        weft_forecast said[3][32];
        for (int way = 0; way < 3; way++) {
            weft_surrogate_settings settings;
            weft_error error = {0};
            weft_surrogate_defaults(&settings);
            settings.model = *name;
            settings.folds = 2;
            settings.jobs = way == 1 ? 3 : 1;
            settings.seed = way == 2 ? 2 : 1;
            weft_surrogate *made = must_fit(&settings, &train.designs);
            assert_int_equal(weft_surrogate_predict(made, &train.designs, said[way], &error),
                             WEFT_OK);
            weft_surrogate_destroy(made);
        }
        assert_memory_equal(said[0], said[1], sizeof said[0]);
        assert_memory_not_equal(said[0], said[2], sizeof said[0]);
    }
    known_free(&train);
}

/* Noise alone: no order is found, and it says so. */
static void test_noise_is_not_usable(void **state) {
    (void)state;
    known_designs train;
    weft_surrogate_settings settings;
    weft_surrogate_report report;
    known_make(&train, 80, 0.0, 51);
    weft_rng rng = weft_rng_make(52, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < 80; i++) {
        train.accuracies[i] = weft_rng_uniform(&rng);
    }
    weft_surrogate_defaults(&settings);
    settings.model = "trees";
    weft_surrogate *made = must_fit(&settings, &train.designs);
    weft_surrogate_get_report(made, &report);
    assert_false(report.usable);
    assert_true(fabs(report.tau) < 0.25);
    weft_surrogate_destroy(made);
    /* nor where each design is there four times: its copies are held out with it */
    for (int i = 20; i < 80; i++) {
        train.accuracies[i] = train.accuracies[i % 20];
        memcpy(train.genomes + (size_t)i * SOME_GENES,
               train.genomes + (size_t)(i % 20) * SOME_GENES, SOME_GENES * sizeof(double));
    }
    made = must_fit(&settings, &train.designs);
    weft_surrogate_get_report(made, &report);
    assert_true(report.tau < 0.4);
    weft_surrogate_destroy(made);
    known_free(&train);
}

/* The error that is told is that of each design predicted by a model of all others: here with as many
 * folds as designs, worked out once more. */
static void test_held_out(void **state) {
    (void)state;
    enum { N = 20 };
    known_designs train;
    weft_surrogate_settings settings;
    weft_surrogate_report report;
    weft_error error = {0};
    float *rows = NULL;
    float others[N * 64], targets[N];
    double known[N], room[N], squares = 0.0;
    uint32_t order[N];
    known_make(&train, N, 0.05, 53);
    weft_surrogate_defaults(&settings);
    settings.model = "trees";
    settings.folds = N;
    weft_surrogate *made = must_fit(&settings, &train.designs);
    size_t columns = (size_t)made->features->n_columns;
    assert_true(columns <= 64);
    assert_int_equal(weft_surrogate_rows(made, &train.designs, &rows, &error), WEFT_OK);
    for (uint32_t i = 0; i < N; i++) {
        order[i] = i;
    }
    weft_rng rng = weft_rng_make(settings.seed, WEFT_PURPOSE_SPLIT, 0);
    weft_rng_shuffle(&rng, order, N);
    for (int fold = 0; fold < N; fold++) {
        size_t out = order[fold];
        weft_samples part = {made->features, 0, others, targets};
        weft_model_options options = {.seed = weft_model_seed(settings.seed, (uint64_t)fold)};
        weft_warp warp;
        void *model = NULL;
        double score = 0.0;
        for (size_t i = 0; i < N; i++) {
            if (i != out) {
                memcpy(others + (size_t)part.n * columns, rows + i * columns,
                       columns * sizeof *rows);
                known[part.n++] = train.accuracies[i];
            }
        }
        weft_warp_fit(known, part.n, true, room, &warp);
        for (int i = 0; i < part.n; i++) {
            targets[i] = (float)weft_warp_score(&warp, known[i]);
        }
        assert_int_equal(made->kind->fit(&part, &options, &model, &error), WEFT_OK);
        made->kind->predict(model, rows + out * columns, NULL, &score, NULL);
        squares += pow(weft_warp_accuracy(&warp, score) - train.accuracies[out], 2.0) / N;
        made->kind->destroy(model);
    }
    weft_surrogate_get_report(made, &report);
    assert_float_equal(report.rmse, sqrt(squares), 1e-12);
    free(rows);
    weft_surrogate_destroy(made);
    known_free(&train);
}

/* ---- bad input ----------------------------------------------------------------------------------- */

static void test_bad_input(void **state) {
    (void)state;
    known_designs train;
    weft_surrogate_settings settings;
    known_make(&train, 40, 0.0, 61);
    weft_surrogate_defaults(&settings);
    settings.model = "tree";
    must_not_fit(&settings, &train.designs, "did you mean \"trees\"");
    settings.model = "trees";
    settings.folds = 1;
    must_not_fit(&settings, &train.designs, "2 to 20");
    settings.folds = 5;
    settings.ignore = "*";
    must_not_fit(&settings, &train.designs, "no gene");
    settings.ignore = "";
    train.designs.n = 15;
    must_not_fit(&settings, &train.designs, "expected 16");
    train.designs.n = 40;
    weft_surrogate *made = must_fit(&settings, &train.designs);
    settings.level = 0.97;
    must_not_fit(&settings, &train.designs, "need 33 outside each part");
    must_not_fit(&settings, &train.designs, "0.96 at most");
    settings.level = 0.9;
    settings.ignore = "op2 op3 op4 op5 kernel width depth inner";
    must_not_fit(&settings, &train.designs, "4 of 40 designs differ");
    settings.ignore = "";
    train.accuracies[7] = 93.0;
    must_not_fit(&settings, &train.designs, "design 8 (from 1) is 93");
    weft_surrogate_report report;
    weft_error error = {0};
    train.designs.n = 7;
    assert_int_equal(weft_surrogate_check(made, &train.designs, &report, NULL, &error), WEFT_OK);
    train.designs.n = 40;
    assert_int_equal(weft_surrogate_check(made, &train.designs, &report, NULL, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "percent"));
    weft_surrogate_destroy(made);
    train.accuracies[7] = NAN;
    must_not_fit(&settings, &train.designs, "design 8");
    for (int i = 0; i < 40; i++) {
        train.accuracies[i] = 0.5;
    }
    must_not_fit(&settings, &train.designs, "nothing to learn");
    known_free(&train);
}

/* Genes that never differ are no features; those of a design that lacks one are refused. */
static void test_genes(void **state) {
    (void)state;
    known_designs train;
    weft_surrogate_settings settings;
    weft_surrogate_about about;
    weft_error error = {0};
    char values[100];
    known_make(&train, 40, 0.0, 62);
    for (int i = 0; i < 40; i++) {
        train.genomes[(size_t)i * SOME_GENES + 2] = 1.0;
    }
    weft_surrogate_defaults(&settings);
    settings.model = "trees";
    settings.ignore = "kern*";
    weft_surrogate *made = must_fit(&settings, &train.designs);
    weft_surrogate_get_about(made, &about);
    assert_int_equal(about.genes, SOME_GENES - 2);
    assert_string_equal(weft_surrogate_gene(made, 2, values, sizeof values), "op4");
    assert_string_equal(values, "none, skip, conv1, conv3");
    assert_null(weft_surrogate_gene(made, SOME_GENES - 2, values, sizeof values));
    weft_forecast said[40];
    train.genes.genes[1].name = "other";
    assert_int_equal(weft_surrogate_predict(made, &train.designs, said, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"op2\""));
    train.genes.genes[1].name = "op2";
    static const char *const words[SOME_WORDS] = {"none", "skip", "conv1", "pool"};
    train.genes.genes[1].words = words;
    assert_int_equal(weft_surrogate_predict(made, &train.designs, said, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "may be pool"));
    weft_surrogate_destroy(made);
    known_free(&train);
}

/* ThreadSanitizer, under which a fit takes twenty times as long, sees where threads meet and no more. */
static bool sees_threads_alone(void) {
#if defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

int main(void) {
    const struct CMUnitTest meeting[] = {cmocka_unit_test(test_threads)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_warp),         cmocka_unit_test(test_known_function),
        cmocka_unit_test(test_without_warp), cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_threads),      cmocka_unit_test(test_noise_is_not_usable),
        cmocka_unit_test(test_held_out),     cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_genes),
    };
    return sees_threads_alone() ? cmocka_run_group_tests(meeting, NULL, NULL)
                                : cmocka_run_group_tests(tests, NULL, NULL);
}
