/* SPDX-License-Identifier: Apache-2.0
 * Several studies on one scale, against what single studies say and against counting by hand. */
#include "study/support.h"

enum { RUNS = 4, TRIALS = 48 };

static const char fronts[] = "weft: problem/1\n"
                             "name: fronts\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                             "objectives: [energy min, utilisation]\n"
                             "search: {optimizer: random, trials: 48, batch: 8, seed: 1}\n";
static const char scored[] = "weft: problem/1\n"
                             "name: scored\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                             "score: utilisation / area\n"
                             "search: {optimizer: random, trials: 48, batch: 8, seed: 1}\n";

/* Runs a problem from seeds 1 .. RUNS. */
static void run_seeds(const char *folder, const char *text, weft_problem **problems,
                      weft_study **studies) {
    for (int i = 0; i < RUNS; i++) {
        char name[16], store[600];
        weft_error error;
        problems[i] = read_problem(folder, "p.yaml", text);
        weft_problem_get_info(problems[i])->seed = (uint64_t)i + 1;
        snprintf(name, sizeof name, "%d.db", i);
        path_in(folder, name, store, sizeof store);
        expect_ok(weft_study_open(problems[i], store, &studies[i], &error), &error);
        weft_run_settings settings = {.jobs = 1};
        expect_ok(weft_study_run(studies[i], &settings, &error), &error);
    }
}

static void close_all(weft_problem **problems, weft_study **studies) {
    for (int i = 0; i < RUNS; i++) {
        weft_study_close(studies[i]);
        weft_problem_destroy(problems[i]);
    }
}

/* Whether one of the first trials is no worse than (energy, utilisation). */
static bool attains(const weft_study *study, size_t trials, const double *point) {
    for (size_t t = 0; t < trials; t++) {
        const weft_trial *trial = weft_study_get_trial(study, t);
        if (trial->state == WEFT_TRIAL_OK && trial->metrics[WEFT_METRIC_ENERGY] <= point[0] &&
            trial->metrics[WEFT_METRIC_UTILISATION] >= point[1]) {
            return true;
        }
    }
    return false;
}

static void fronts_are_counted_on_one_scale(void **state) {
    weft_problem *problems[RUNS];
    weft_study *studies[RUNS];
    weft_error error;
    weft_several *several = NULL;
    weft_several_result result;
    run_seeds(*state, fronts, problems, studies);
    expect_ok(weft_several_create(&several, &error), &error);
    assert_int_equal(weft_several_compare(several, &result, &error), WEFT_ERROR_USAGE);

    /* One study alone has the hypervolume that it says itself, and attains all of its front. */
    double own = 0;
    expect_ok(weft_several_add(several, studies[0], SIZE_MAX, &error), &error);
    expect_ok(weft_several_compare(several, &result, &error), &error);
    expect_ok(weft_study_last_hypervolume(studies[0], &own, &error), &error);
    assert_true(fabs(result.studies[0].hypervolume - own) < 1e-12);
    assert_int_equal(result.studies[0].attained, result.n_front);
    assert_true(isnan(result.studies[0].best));

    for (int i = 1; i < RUNS; i++) {
        expect_ok(weft_several_add(several, studies[i], 40, &error), &error);
    }
    expect_ok(weft_several_compare(several, &result, &error), &error);
    assert_int_equal(result.n, RUNS);
    assert_int_equal(result.studies[0].trials, TRIALS);
    assert_int_equal(result.studies[1].trials, 40);
    assert_true(result.n_front > 0);
    size_t attained[RUNS] = {0};
    for (size_t p = 0; p < result.n_front; p++) {
        const double *point = result.front + 2 * p;
        double share = 0;
        for (int i = 0; i < RUNS; i++) {
            bool does = attains(studies[i], result.studies[i].trials, point);
            attained[i] += does;
            share += does ? 1.0 / RUNS : 0;
        }
        assert_true(fabs(share - result.share[p]) < 1e-12 && share > 0);
        assert_true(p == 0 || point[0] > point[-2]);
    }
    for (int i = 0; i < RUNS; i++) {
        assert_int_equal(attained[i], result.studies[i].attained);
    }
    /* Two of four attain each vector of the median surface. */
    for (size_t p = 0; p < result.n_median; p++) {
        int n = 0;
        for (int i = 0; i < RUNS; i++) {
            n += attains(studies[i], result.studies[i].trials, result.median + 2 * p);
        }
        assert_true(n >= 2);
    }
    assert_true(result.quartiles[0] <= result.quartiles[2] &&
                result.quartiles[2] <= result.quartiles[4]);
    weft_several_destroy(several);
    close_all(problems, studies);
}

static void scores_keep_their_sign(void **state) {
    weft_problem *problems[RUNS];
    weft_study *studies[RUNS];
    weft_error error;
    weft_several *several = NULL;
    weft_several_result result;
    run_seeds(*state, scored, problems, studies);
    expect_ok(weft_several_create(&several, &error), &error);
    double most = -INFINITY;
    for (int i = 0; i < RUNS; i++) {
        expect_ok(weft_several_add(several, studies[i], SIZE_MAX, &error), &error);
    }
    expect_ok(weft_several_compare(several, &result, &error), &error);
    for (int i = 0; i < RUNS; i++) {
        size_t best = 0;
        expect_ok(weft_study_best(studies[i], &best, &error), &error);
        assert_true(result.studies[i].best == weft_study_get_trial(studies[i], best)->score);
        assert_true(isnan(result.studies[i].hypervolume));
        most = fmax(most, result.studies[i].best);
    }
    assert_true(result.quartiles[4] == most);
    assert_int_equal(result.n_front, 0);
    weft_several_destroy(several);
    weft_several_destroy(NULL);
    close_all(problems, studies);
}

static void another_goal_is_refused(void **state) {
    weft_problem *a[RUNS], *b[RUNS];
    weft_study *x[RUNS], *y[RUNS];
    weft_error error;
    weft_several *several = NULL;
    char folder[600];
    run_seeds(*state, fronts, a, x);
    snprintf(folder, sizeof folder, "%s/second", (const char *)*state);
    assert_int_equal(mkdir(folder, 0700), 0);
    run_seeds(folder, scored, b, y);
    expect_ok(weft_several_create(&several, &error), &error);
    expect_ok(weft_several_add(several, x[0], SIZE_MAX, &error), &error);
    assert_int_equal(weft_several_add(several, y[0], SIZE_MAX, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "scored"));
    weft_several_destroy(several);
    close_all(a, x);
    close_all(b, y);
    char *copy = strdup(folder);
    void *second = copy;
    remove_folder(&second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fronts_are_counted_on_one_scale, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(scores_keep_their_sign, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(another_goal_is_refused, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("study: several studies", tests, NULL, NULL);
}
