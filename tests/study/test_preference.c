/* SPDX-License-Identifier: Apache-2.0
 * Soft limits, reference points, orders and priorities: by hand, in other units, against their
 * definitions over random metrics, and in a whole study. */
#include "study/support.h"

#include "../../src/study/problem.h"
#include "base/rng.h"

#define HEAD "weft: problem/1\nname: wanted\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"

static weft_problem *wanted(const char *folder, const char *goal) {
    char text[2000];
    snprintf(text, sizeof text, HEAD "%s", goal);
    return read_problem(folder, "wanted.yaml", text);
}

/* Metrics of a design: all 1 but those. */
static void fill(double *metrics, double energy, double latency, double area) {
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        metrics[m] = 1.0;
    }
    metrics[WEFT_METRIC_ENERGY] = energy;
    metrics[WEFT_METRIC_LATENCY] = latency;
    metrics[WEFT_METRIC_AREA] = area;
}

static double draw(weft_rng *rng, double low, double high) {
    return low * exp(weft_rng_uniform(rng) * log(high / low));
}

static void near_to(double found, double expected) {
    if (!(fabs(found - expected) <= 1e-12 * fabs(expected) + 1e-300)) {
        fail_msg("%.17g is not %.17g", found, expected);
    }
}

/* ---- soft limits ----------------------------------------------------------------------------- */

static void a_broken_soft_limit_costs_a_share_of_the_score(void **state) {
    weft_problem *problem = wanted(
        *state, "minimise: energy * latency\n"
                "soft: [{limit: \"latency <= 1e-3\", weight: 2, scale: 0.5}, \"area <= 100\"]\n");
    double metrics[WEFT_METRIC_COUNT];
    fill(metrics, 1e-6, 1e-3, 100.0);
    near_to(weft_problem_score(problem, metrics), 1e-9);
    fill(metrics, 1e-6, 1.25e-3, 110.0); /* broken by a quarter: 2 * 0.25 / 0.5; by a tenth: 0.1 */
    near_to(weft_problem_penalty(problem, 0, metrics), 1.0);
    near_to(weft_problem_penalty(problem, 1, metrics), 110.0 / 100.0 - 1.0);
    near_to(weft_problem_penalty(problem, -1, metrics), 1.0 + (110.0 / 100.0 - 1.0));
    near_to(weft_problem_score(problem, metrics), 1.25e-9 * (2.0 + (110.0 / 100.0 - 1.0)));
    weft_problem_destroy(problem);
}

/* A value that is maximised loses, one below 0 too. */
static void a_penalty_makes_every_value_worse(void **state) {
    weft_problem *problem = wanted(*state, "score: 2 - energy\nsoft: [\"area <= 100\"]\n");
    double metrics[WEFT_METRIC_COUNT];
    fill(metrics, 1.0, 1.0, 150.0);
    near_to(weft_problem_score(problem, metrics), 0.5);
    fill(metrics, 3.0, 1.0, 150.0);
    near_to(weft_problem_score(problem, metrics), -1.5);
    weft_problem_destroy(problem);
}

static void objectives_are_penalised_and_metrics_are_not(void **state) {
    weft_problem *problem =
        wanted(*state, "objectives: [energy min, utilisation max]\nsoft: [\"area <= 100\"]\n");
    double vector[WEFT_MAX_OBJECTIVES];
    weft_trial trial = {.state = WEFT_TRIAL_OK, .score = (double)NAN};
    fill(trial.metrics, 2e-6, 1.0, 150.0);
    trial.metrics[WEFT_METRIC_UTILISATION] = 0.8;
    weft_problem_objectives(problem, &trial, vector);
    near_to(vector[0], 3e-6);
    near_to(vector[1], -0.4);
    near_to(trial.metrics[WEFT_METRIC_ENERGY], 2e-6);
    weft_problem_destroy(problem);
}

/* The same limit in ms and in s. */
static void units_of_limits_scale_out(void **state) {
    weft_problem *a =
        wanted(*state, "minimise: energy\nsoft: [{limit: \"latency <= 1e-3\", weight: 3}]\n");
    weft_problem *b = wanted(
        *state, "minimise: energy * 1e9\nsoft: [{limit: \"latency * 1000 <= 1\", weight: 3}]\n");
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < 100; i++) {
        double metrics[WEFT_METRIC_COUNT];
        fill(metrics, draw(&rng, 1e-9, 1e-3), draw(&rng, 1e-5, 1e-1), 1.0);
        double x = weft_problem_score(a, metrics);
        double y = weft_problem_score(b, metrics);
        assert_true(fabs(y / x / 1e9 - 1.0) < 1e-9);
    }
    weft_problem_destroy(a);
    weft_problem_destroy(b);
}

/* ---- reference points ------------------------------------------------------------------------ */

static void a_reference_point_alone_is_one_goal(void **state) {
    weft_problem *problem =
        wanted(*state, "reference: {energy: 1e-4, utilisation: {aim: 0.9, scale: 0.1}}\n");
    const weft_problem_info *info = weft_problem_get_info(problem);
    double metrics[WEFT_METRIC_COUNT];
    assert_int_equal(info->n_objectives, 1);
    assert_false(info->maximise[0]);
    fill(metrics, 1.5e-4, 1.0, 1.0);
    metrics[WEFT_METRIC_UTILISATION] = 0.8;
    near_to(weft_problem_score(problem, metrics), 1.0 + 0.001 * 1.5); /* missed by 0.5 and by 1 */
    metrics[WEFT_METRIC_UTILISATION] = 1.0;
    near_to(weft_problem_score(problem, metrics), 0.5 + 0.001 * -0.5);
    metrics[WEFT_METRIC_ENERGY] = 5e-5; /* both surpassed */
    near_to(weft_problem_score(problem, metrics), -0.5 + 0.001 * -1.5);
    weft_problem_destroy(problem);
}

static void random_metrics(weft_rng *rng, double *metrics) {
    fill(metrics, draw(rng, 1e-6, 1e-2), draw(rng, 1e-4, 1.0), draw(rng, 1.0, 1e3));
}

/* Set back by the largest miss, who dominates whom stays; who attains all aims stays where it is. */
static void a_reference_point_keeps_domination(void **state) {
    weft_problem *plain = wanted(*state, "objectives: [energy, latency, area]\n");
    weft_problem *aimed = wanted(*state, "objectives: [energy, latency, area]\n"
                                         "reference: {energy: 1e-4, latency: {aim: 1e-2, scale: "
                                         "1e-3}}\n");
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    int kept = 0;
    for (int i = 0; i < 2000; i++) {
        double a[WEFT_METRIC_COUNT], b[WEFT_METRIC_COUNT];
        double x[WEFT_MAX_OBJECTIVES], y[WEFT_MAX_OBJECTIVES], moved[WEFT_MAX_OBJECTIVES];
        random_metrics(&rng, a);
        random_metrics(&rng, b);
        for (int m = 0; m < WEFT_METRIC_COUNT && i % 2 == 0; m++) {
            b[m] = fmax(a[m], b[m]);
        }
        weft_problem_vector(plain, a, x);
        weft_problem_vector(plain, b, y);
        bool dominates = weft_dominates(x, y, 3);
        weft_problem_vector(aimed, b, y);
        weft_problem_vector(aimed, a, moved);
        assert_true(!dominates || weft_dominates(moved, y, 3));
        double miss = fmax(0.0, fmax((a[WEFT_METRIC_ENERGY] - 1e-4) / 1e-4,
                                     (a[WEFT_METRIC_LATENCY] - 1e-2) / 1e-3));
        near_to(weft_problem_miss(aimed, a), miss);
        near_to(moved[0], x[0] + 1e-4 * miss);
        near_to(moved[1], x[1] + 1e-3 * miss);
        near_to(moved[2], x[2]);
        kept += miss == 0.0;
    }
    assert_true(kept > 50);
    weft_problem_destroy(plain);
    weft_problem_destroy(aimed);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static int compare_steps(double a, double b, double tolerance, bool more) {
    double x = floor(a / tolerance);
    double y = floor(b / tolerance);
    int sign = (x > y) - (x < y);
    return more ? -sign : sign;
}

static void an_order_is_lexicographic_in_steps(void **state) {
    weft_problem *problem =
        wanted(*state, "order: [{utilisation: 0.05}, {energy: 1e-4}, {area: 50}, latency]\n");
    weft_rng rng = weft_rng_make(6, WEFT_PURPOSE_TEST, 0);
    int decided[4] = {0};
    for (int i = 0; i < 20000; i++) {
        double a[WEFT_METRIC_COUNT], b[WEFT_METRIC_COUNT];
        fill(a, 1e-3 * weft_rng_uniform(&rng), draw(&rng, 1e-6, 1.0), 200 * weft_rng_uniform(&rng));
        fill(b, 1e-3 * weft_rng_uniform(&rng), draw(&rng, 1e-6, 1.0), 200 * weft_rng_uniform(&rng));
        a[WEFT_METRIC_UTILISATION] = weft_rng_uniform(&rng);
        b[WEFT_METRIC_UTILISATION] = weft_rng_uniform(&rng);
        int level = i % 4; /* so that every level decides often */
        b[WEFT_METRIC_UTILISATION] = level > 0 ? a[WEFT_METRIC_UTILISATION]
                                               : b[WEFT_METRIC_UTILISATION];
        b[WEFT_METRIC_ENERGY] = level > 1 ? a[WEFT_METRIC_ENERGY] : b[WEFT_METRIC_ENERGY];
        b[WEFT_METRIC_AREA] = level > 2 ? a[WEFT_METRIC_AREA] : b[WEFT_METRIC_AREA];
        int by[4] = {
            compare_steps(a[WEFT_METRIC_UTILISATION], b[WEFT_METRIC_UTILISATION], 0.05, true),
            compare_steps(a[WEFT_METRIC_ENERGY], b[WEFT_METRIC_ENERGY], 1e-4, false),
            compare_steps(a[WEFT_METRIC_AREA], b[WEFT_METRIC_AREA], 50.0, false),
            a[WEFT_METRIC_LATENCY] < b[WEFT_METRIC_LATENCY] ? -1 : 1};
        int first = 0;
        while (by[first] == 0) {
            first++;
        }
        decided[first]++;
        double x = weft_problem_score(problem, a);
        double y = weft_problem_score(problem, b);
        assert_int_equal((x > y) - (x < y), by[first]);
    }
    for (int k = 0; k < 4; k++) {
        assert_true(decided[k] > 1000);
    }
    weft_problem_destroy(problem);
}

/* 0.29 / 0.01 is a little below 29 in binary: it is step 29 all the same. */
static void steps_are_those_of_decimals(void **state) {
    weft_problem *problem = wanted(*state, "order: [{utilisation: 0.01}, energy]\n");
    double a[WEFT_METRIC_COUNT], b[WEFT_METRIC_COUNT];
    fill(a, 1e-6, 1.0, 1.0);
    fill(b, 1e-5, 1.0, 1.0);
    for (int k = 1; k < 100; k++) {
        a[WEFT_METRIC_UTILISATION] = k / 100.0;
        b[WEFT_METRIC_UTILISATION] = k / 100.0 + 0.004;
        assert_true(weft_problem_score(problem, a) < weft_problem_score(problem, b));
        b[WEFT_METRIC_UTILISATION] = k / 100.0 + 0.0101;
        assert_true(weft_problem_score(problem, a) > weft_problem_score(problem, b));
    }
    weft_problem_destroy(problem);
}

/* ---- priorities ------------------------------------------------------------------------------ */

static void priorities_take_any_metric(void **state) {
    weft_problem *product = wanted(*state, "priority:\n"
                                           "  form: product\n"
                                           "  macs: {best: 0, worst: 10, weight: 2}\n"
                                           "  energy: {best: 0, worst: 4}\n");
    weft_problem *sum = wanted(*state, "priority:\n"
                                       "  form: sum\n"
                                       "  utilisation: {best: 1, worst: 0, weight: 3}\n"
                                       "  energy: {best: 0, worst: 4}\n");
    double metrics[WEFT_METRIC_COUNT];
    fill(metrics, 2.0, 1.0, 1.0);
    metrics[WEFT_METRIC_MACS] = 5.0;
    metrics[WEFT_METRIC_UTILISATION] = 0.75;
    near_to(weft_problem_score(product, metrics), 0.25 * 0.5);
    near_to(weft_problem_score(sum, metrics), 3.0 * 0.25 + 0.5);
    /* what the published pair names stands where it stood in stores before */
    assert_int_equal(strncmp(weft_problem_get_info(product)->score, "max((energy", 11), 0);
    weft_problem_destroy(product);
    weft_problem_destroy(sum);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void preferences_come_back_from_their_text(void **state) {
    weft_problem *problem =
        wanted(*state, "objectives: [energy, latency]\n"
                       "reference: {latency: {aim: 1e-3, scale: 2e-4}}\n"
                       "soft: [{limit: \"area <= 123.5\", weight: 0.3, scale: 0.07}]\n");
    weft_problem *again = NULL;
    weft_problem_texts texts;
    weft_error error;
    expect_ok(weft_problem_write(problem, &texts, &error), &error);
    expect_ok(weft_problem_parse(texts.problem, texts.space, texts.chip, "store", &again, &error),
              &error);
    const weft_problem_info *a = weft_problem_get_info(problem);
    const weft_problem_info *b = weft_problem_get_info(again);
    assert_int_equal(b->n_soft, 1);
    assert_string_equal(a->soft[0].limit, b->soft[0].limit);
    assert_true(a->soft[0].weight == b->soft[0].weight && a->soft[0].scale == b->soft[0].scale);
    assert_int_equal(b->n_aims, 1);
    assert_true(a->aims[0].aim == b->aims[0].aim && a->aims[0].scale == b->aims[0].scale);
    free(texts.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

static void mistakes_are_told(void **state) {
    static const struct {
        const char *goal, *message, *hint;
    } CASES[] = {
        {"minimise: energy\nsoft: energy\n", "expected a list of at most 8 limits", ""},
        {"minimise: energy\nsoft: [{weight: 2}]\n", "limit", ""},
        {"minimise: energy\nsoft: [energy]\n", "<=", ""},
        {"minimise: energy\nsoft: [{limit: \"enrgy <= 1\"}]\n", "did you mean 'energy'", ""},
        {"minimise: energy\nsoft: [{limit: \"energy <= 1\", scale: 0}]\n", "scale", ""},
        {"minimise: energy\nsoft: [{limit: \"energy <= 1\", wieght: 1}]\n", "did you mean 'weight'",
         ""},
        {"reference: {enrgy: 1}\n", "there is no metric 'enrgy'", "energy"},
        {"reference: {energy: 0}\n", "no scale to miss it by", "energy: {aim: 0, scale"},
        {"reference: [energy]\n", "expected 1 to 6 metrics", ""},
        {"objectives: [energy, area]\nreference: {latency: 1}\n", "is no objective", "objectives"},
        {"minimise: energy\nreference: {latency: 1}\n", "found both", ""},
        {"order: [energy]\n", "expected a list of 2 to 6 metrics", ""},
        {"order: [energy, area]\n", "expected a metric with its tolerance", ""},
        {"order: [{energy: 1}, {area: 2}]\n", "the last one", ""},
        {"order: [{energy: 1}, energy]\n", "there twice", ""},
        {"order: [{enrgy: 1}, area]\n", "there is no metric 'enrgy'", "energy"},
        {"order: [{energy: -1}, area]\n", "-1", ""},
        {"order: [{area: 1}, dropped_bits]\n", "may be below 0", ""},
        {"objectives: [energy, area]\norder: [{energy: 1}, area]\n", "found both", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[2000], path[600];
        weft_problem *problem = NULL;
        weft_error error;
        snprintf(text, sizeof text, HEAD "%s", CASES[i].goal);
        write_file(*state, "wrong.yaml", text, path, sizeof path);
        assert_int_equal(weft_problem_read(path, &problem, &error), WEFT_ERROR_INPUT);
        if (strstr(error.message, CASES[i].message) == NULL ||
            strstr(error.hint, CASES[i].hint) == NULL || error.line == 0) {
            fail_msg("%s: %s (%s)", CASES[i].goal, error.message, error.hint);
        }
    }
}

/* ---- a study --------------------------------------------------------------------------------- */

static weft_study *search(const char *folder, const char *name, const char *goal,
                          weft_problem **problem) {
    char text[2000], store[600];
    weft_study *study = NULL;
    weft_error error;
    weft_run_settings settings = {.jobs = 2};
    snprintf(text, sizeof text, "%ssearch: {optimizer: nsga2, trials: 60, batch: 10}\n", goal);
    *problem = wanted(folder, text);
    path_in(folder, name, store, sizeof store);
    expect_ok(weft_study_open(*problem, store, &study, &error), &error);
    expect_ok(weft_study_run(study, &settings, &error), &error);
    return study;
}

static void the_best_of_a_study_is_that_of_the_penalised_score(void **state) {
    weft_problem *problem = NULL;
    weft_study *study = search(*state, "soft.db",
                               "minimise: energy\n"
                               "soft: [{limit: \"latency <= 2e-4\", weight: 4}]\n",
                               &problem);
    size_t best = 0;
    double least = (double)INFINITY;
    size_t broken = 0;
    for (size_t t = 0; t < weft_study_size(study); t++) {
        const weft_trial *trial = weft_study_get_trial(study, t);
        if (trial->state != WEFT_TRIAL_OK) {
            continue;
        }
        double over = fmax(0.0, (trial->metrics[WEFT_METRIC_LATENCY] - 2e-4) / 2e-4);
        double score = trial->metrics[WEFT_METRIC_ENERGY] * (1.0 + 4.0 * over);
        assert_true(fabs(trial->score / score - 1.0) < 1e-9);
        broken += over > 0.0;
        best = score < least ? t : best;
        least = fmin(score, least);
    }
    size_t found = 0;
    weft_error error;
    assert_true(broken > 0);
    expect_ok(weft_study_best(study, &found, &error), &error);
    assert_int_equal(found, best);
    weft_study_close(study);
    weft_problem_destroy(problem);
}

/* Against a point that nothing attains there is no volume; against one behind all there is. */
static void hypervolume_is_that_of_the_region(void **state) {
    static const char *const AIMS[] = {"{energy: 1e-30, latency: 1e-30}",
                                       "{energy: 1, latency: 1}"};
    for (int i = 0; i < 2; i++) {
        char goal[200], name[32];
        double volume = -1.0;
        weft_problem *problem = NULL;
        weft_error error;
        snprintf(goal, sizeof goal, "objectives: [energy, latency]\nreference: %s\n", AIMS[i]);
        snprintf(name, sizeof name, "region%d.db", i);
        weft_study *study = search(*state, name, goal, &problem);
        expect_ok(weft_study_last_hypervolume(study, &volume, &error), &error);
        assert_true(i == 0 ? volume == 0.0 : volume > 1.0);
        weft_study_close(study);
        weft_problem_destroy(problem);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_soft_limit_costs_a_share_of_the_score),
        cmocka_unit_test(a_penalty_makes_every_value_worse),
        cmocka_unit_test(objectives_are_penalised_and_metrics_are_not),
        cmocka_unit_test(units_of_limits_scale_out),
        cmocka_unit_test(a_reference_point_alone_is_one_goal),
        cmocka_unit_test(a_reference_point_keeps_domination),
        cmocka_unit_test(an_order_is_lexicographic_in_steps),
        cmocka_unit_test(steps_are_those_of_decimals),
        cmocka_unit_test(priorities_take_any_metric),
        cmocka_unit_test(preferences_come_back_from_their_text),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(the_best_of_a_study_is_that_of_the_penalised_score),
        cmocka_unit_test(hypervolume_is_that_of_the_region),
    };
    return cmocka_run_group_tests_name("preference", tests, make_folder, remove_folder);
}
