/* SPDX-License-Identifier: Apache-2.0
 * Studies of network and chip on several threads, cut and whole, and all designs of a space. */
#include "study/joint_support.h"

#include "study/problem.h"

static const char *const SPACE = "cimnas-mobilenetv2-rram", *const CHIP = "cimnas-32nm-rram";

static void assert_same_trials(const char *a, const char *b) {
    weft_study *x = NULL;
    weft_study *y = NULL;
    weft_error error;
    expect_ok(weft_study_open_read(a, &x, &error), &error);
    expect_ok(weft_study_open_read(b, &y, &error), &error);
    assert_int_equal(weft_study_size(x), weft_study_size(y));
    for (size_t i = 0; i < weft_study_size(x); i++) {
        const weft_trial *s = weft_study_get_trial(x, i);
        const weft_trial *t = weft_study_get_trial(y, i);
        assert_int_equal(s->state, t->state);
        assert_int_equal(s->stage, t->stage);
        assert_int_equal(s->hash, t->hash);
        assert_string_equal(s->description, t->description);
        assert_memory_equal(s->metrics, t->metrics, sizeof s->metrics);
    }
    weft_study_close(x);
    weft_study_close(y);
}

static void jobs_do_not_change_a_joint_study(void **state) {
    char one[600], two[600];
    weft_problem *problem = joint(*state, SPACE, CHIP, STAGED);
    run_study(problem, *state, "one.db", 1, one, sizeof one);
    run_study(problem, *state, "two.db", 3, two, sizeof two);
    assert_same_trials(one, two);
    weft_problem_destroy(problem);
}

/* Cut after any number of trials, a study goes on as if it never had been. */
static void a_cut_staged_study_goes_on(void **state) {
    char whole[600], cut[600];
    weft_problem *problem = joint(*state, SPACE, CHIP, STAGED);
    run_study(problem, *state, "whole.db", 1, whole, sizeof whole);
    static const int64_t CUTS[] = {4, 8, 13, 30, 47, 48, 49, 95, 120};
    for (size_t c = 0; c < sizeof CUTS / sizeof CUTS[0]; c++) {
        problem->info.trials = CUTS[c];
        run_study(problem, *state, "cut.db", 2, cut, sizeof cut);
    }
    assert_same_trials(whole, cut);
    weft_problem_destroy(problem);
}

/* ---- all designs ----------------------------------------------------------------------------- */

static const char *const FEW =
    "minimise: ela\n"
    "constraints: [\"area <= 300\"]\n"
    "fixed: {\"*_bits*_*\": 8, \"kernel*\": 3, \"expansion*\": 4, \"depth*\": 2, base_cycle: 1,\n"
    "        glb_depth: 2048, groups: 1, tiles: 16}\n"
    "search: {optimizer: ga, trials: 200, batch: 20, population: 20}\n";

static void all_designs_are_walked_once(void **state) {
    weft_error error;
    weft_problem *problem = joint(*state, SPACE, CHIP, FEW);
    weft_exhaust *one = NULL;
    weft_exhaust *four = NULL;
    weft_exhaust_settings settings = {.jobs = 1, .keep = 5};
    expect_ok(weft_problem_exhaust(problem, &settings, &one, &error), &error);
    settings.jobs = 4;
    expect_ok(weft_problem_exhaust(problem, &settings, &four, &error), &error);
    assert_int_equal(one->total, 8 * 8 * 5 * 5 * 7); /* voltage, cells, rows, columns, macros */
    assert_int_equal(one->ok + one->infeasible, one->total);
    assert_int_equal(one->ok, four->ok);
    assert_int_equal(one->n, 5);
    assert_int_equal(four->n, 5);
    for (size_t i = 0; i < one->n; i++) {
        assert_int_equal(one->designs[i].number, four->designs[i].number);
        assert_memory_equal(one->designs[i].metrics, four->designs[i].metrics,
                            sizeof one->designs[i].metrics);
        assert_true(i == 0 || one->designs[i - 1].score <= one->designs[i].score);
        assert_true(one->designs[i].metrics[WEFT_METRIC_AREA] <= 300);
    }
    char store[600];
    weft_study *study = NULL;
    size_t best = 0;
    run_study(problem, *state, "few.db", 2, store, sizeof store);
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    expect_ok(weft_study_best(study, &best, &error), &error);
    assert_true(weft_study_get_trial(study, best)->score >= one->designs[0].score);
    weft_study_close(study);
    weft_exhaust_destroy(one);
    weft_exhaust_destroy(four);
    weft_problem_destroy(problem);
}

/* Of a front of all designs none dominates another, and each trial of a search is dominated by or
 * equal to one of it. */
static void the_front_of_all_designs_is_a_front(void **state) {
    weft_error error;
    char more[1024];
    snprintf(more, sizeof more, "objectives: [energy, area]\n%s",
             strchr(strchr(FEW, '\n') + 1, '\n') + 1);
    weft_problem *problem = joint(*state, SPACE, CHIP, more);
    weft_exhaust *all = NULL;
    weft_exhaust_settings settings = {.jobs = 2, .keep = 1};
    problem->info.optimizer.name = "random";
    expect_ok(weft_problem_exhaust(problem, &settings, &all, &error), &error);
    assert_true(all->n > 1);
    char store[600];
    weft_study *study = NULL;
    run_study(problem, *state, "front.db", 2, store, sizeof store);
    expect_ok(weft_study_open_read(store, &study, &error), &error);
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const double *at = weft_study_get_trial(study, i)->metrics;
        bool covered = false;
        for (size_t k = 0; k < all->n; k++) {
            const double *other = all->designs[k].metrics;
            covered = covered || (other[WEFT_METRIC_ENERGY] <= at[WEFT_METRIC_ENERGY] &&
                                  other[WEFT_METRIC_AREA] <= at[WEFT_METRIC_AREA]);
        }
        assert_true(covered);
    }
    for (size_t k = 1; k < all->n; k++) {
        assert_true(all->designs[k].metrics[WEFT_METRIC_ENERGY] >
                    all->designs[k - 1].metrics[WEFT_METRIC_ENERGY]);
        assert_true(all->designs[k].metrics[WEFT_METRIC_AREA] <
                    all->designs[k - 1].metrics[WEFT_METRIC_AREA]);
    }
    weft_study_close(study);
    weft_exhaust_destroy(all);
    weft_problem_destroy(problem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_do_not_change_a_joint_study),
        cmocka_unit_test(a_cut_staged_study_goes_on),
        cmocka_unit_test(all_designs_are_walked_once),
        cmocka_unit_test(the_front_of_all_designs_is_a_front),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
