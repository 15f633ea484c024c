/* SPDX-License-Identifier: Apache-2.0
 *
 * Optimizers and schedules: ten steps of each rule against PyTorch's (fixtures/optimizer_steps.csv),
 * segments, clipping, averages, rates. */
#include "learn/optimizer.h"

#include "learn/fixture_support.h"
#include "learn/schedule.h"

enum { PARAMETERS = 12, STEPS = 10 };

static const weft_segment HALVES[] = {
    {.offset = 0, .count = PARAMETERS / 2, .rate = 1.0, .decays = true},
    {.offset = PARAMETERS / 2, .count = PARAMETERS / 2, .rate = 1.0, .decays = false},
};

static weft_descent make_descent(weft_descent_kind kind) {
    return (weft_descent){
        .kind = kind,
        .momentum = 0.9,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .decay = 0.05,
        .segments = HALVES,
        .n_segments = 2,
    };
}

/* ---- against PyTorch ------------------------------------------------------------------------- */

static void follow(const fixture *torch, const char *name, const weft_descent *descent) {
    weft_error error;
    generator g = {11};
    float parameters[PARAMETERS], gradients[PARAMETERS], state[2 * PARAMETERS] = {0};
    MUST(weft_descent_check(descent, PARAMETERS, &error));
    assert_true(weft_descent_state(descent->kind, PARAMETERS) <= 2 * PARAMETERS);
    draw_all(&g, parameters, PARAMETERS, 1.0);
    for (int step = 1; step <= STEPS; step++) {
        char quantity[16];
        snprintf(quantity, sizeof quantity, "%d", step);
        draw_all(&g, gradients, PARAMETERS, 1.0);
        weft_descent_step(descent, parameters, gradients, state, PARAMETERS, 0.1 / step, step);
        for (int i = 0; i < PARAMETERS; i++) {
            double expected = fixture_value(torch, name, quantity, i);
            if (!(fabs((double)parameters[i] - expected) <= 1e-6 * fmax(1.0, fabs(expected)))) {
                fail_msg("%s, step %d, parameter %d: %.9g, PyTorch has %.9g", name, step, i,
                         (double)parameters[i], expected);
            }
        }
    }
}

static void test_steps_of_pytorch(void **state) {
    (void)state;
    static fixture torch;
    fixture_read("optimizer_steps.csv", &torch);
    weft_descent descent = make_descent(WEFT_DESCENT_SGD);
    follow(&torch, "sgd", &descent);
    descent.momentum = 0.0;
    follow(&torch, "plain", &descent);
    descent = make_descent(WEFT_DESCENT_NESTEROV);
    follow(&torch, "nesterov", &descent);
    descent = make_descent(WEFT_DESCENT_ADAMW);
    follow(&torch, "adamw", &descent);
}

/* ---- segments -------------------------------------------------------------------------------- */

/* Each parameter goes as it would alone under its segment's rate and decay; others stay. */
static void check_segments(weft_descent_kind kind) {
    enum { N = 1000 };
    static const weft_segment segments[] = {
        {.offset = 3, .count = 100, .rate = 0.25, .decays = true},
        {.offset = 103, .count = 0, .rate = 1.0, .decays = true},
        {.offset = 200, .count = 777, .rate = 3.0, .decays = false},
    };
    float w[N], before[N], gradient[N], moments[2 * N] = {0};
    generator g = {5};
    draw_all(&g, w, N, 1.0);
    draw_all(&g, gradient, N, 0.1);
    memcpy(before, w, sizeof w);
    weft_descent descent = make_descent(kind);
    descent.segments = segments;
    descent.n_segments = 3;
    for (int step = 1; step <= 3; step++) {
        weft_descent_step(&descent, w, gradient, moments, N, 0.01, step);
    }
    for (size_t i = 0; i < N; i++) {
        const weft_segment *in = i >= 3 && i < 103     ? &segments[0]
                                 : i >= 200 && i < 977 ? &segments[2]
                                                       : NULL;
        float alone = before[i], own[2] = {0};
        const weft_segment one = {.count = 1, .rate = 1.0, .decays = in != NULL && in->decays};
        descent.segments = &one;
        descent.n_segments = in != NULL ? 1 : 0;
        for (int step = 1; step <= 3; step++) {
            weft_descent_step(&descent, &alone, &gradient[i], own, 1,
                              in != NULL ? 0.01 * in->rate : 0.0, step);
        }
        assert_true(alone == w[i]);
        assert_true(in != NULL || (w[i] == before[i] && moments[i] == 0.0F));
    }
}

static void test_segments(void **state) {
    (void)state;
    check_segments(WEFT_DESCENT_SGD);
    check_segments(WEFT_DESCENT_NESTEROV);
    check_segments(WEFT_DESCENT_ADAMW);
}

static void refuse(const weft_descent *descent, const char *word) {
    weft_error error;
    assert_int_equal(weft_descent_check(descent, PARAMETERS, &error), WEFT_ERROR_INPUT);
    if (strstr(error.message, word) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, word);
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_descent bad = make_descent(WEFT_DESCENT_SGD);
    bad.momentum = 1.5;
    refuse(&bad, "momentum");
    bad.momentum = NAN;
    refuse(&bad, "momentum");
    bad = make_descent(WEFT_DESCENT_SGD);
    bad.decay = -1.0;
    refuse(&bad, "decay");
    bad = make_descent(WEFT_DESCENT_ADAMW);
    bad.beta1 = 1.0;
    refuse(&bad, "beta1");
    bad = make_descent(WEFT_DESCENT_ADAMW);
    bad.beta2 = -0.1;
    refuse(&bad, "beta2");
    bad = make_descent(WEFT_DESCENT_ADAMW);
    bad.epsilon = 0.0;
    refuse(&bad, "epsilon");
    weft_segment segments[2] = {HALVES[0], HALVES[1]};
    bad = make_descent(WEFT_DESCENT_SGD);
    bad.segments = segments;
    segments[1].offset--;
    refuse(&bad, "segment 1");
    segments[1] = (weft_segment){.offset = 6, .count = SIZE_MAX, .rate = 1.0};
    refuse(&bad, "segment 1");
    segments[1] = (weft_segment){.offset = SIZE_MAX, .count = 2, .rate = 1.0};
    refuse(&bad, "segment 1");
    segments[1] = HALVES[1];
    segments[0].rate = NAN;
    refuse(&bad, "rate of segment 0");
}

/* ---- clipping and averages ------------------------------------------------------------------- */

static void test_clip(void **state) {
    (void)state;
    static fixture torch;
    fixture_read("optimizer_steps.csv", &torch);
    generator g = {11};
    float gradients[PARAMETERS], before[PARAMETERS];
    draw_all(&g, gradients, PARAMETERS, 1.0);
    memcpy(before, gradients, sizeof before);
    double expected = fixture_value(&torch, "clip", "0", 0);
    assert_float_equal(weft_gradient_clip(gradients, PARAMETERS, 0.0), expected, 1e-6);
    assert_float_equal(weft_gradient_clip(gradients, PARAMETERS, 100.0), expected, 1e-6);
    assert_memory_equal(gradients, before, sizeof before);
    assert_float_equal(weft_gradient_clip(gradients, PARAMETERS, 0.5), expected, 1e-6);
    for (int i = 0; i < PARAMETERS; i++) {
        assert_float_equal((double)gradients[i], fixture_value(&torch, "clip", "1", i), 1e-6);
    }
    memcpy(gradients, before, sizeof before);
    gradients[3] = INFINITY;
    assert_true(isinf(weft_gradient_clip(gradients, PARAMETERS, 0.5)));
    assert_true(gradients[0] == before[0]);
    gradients[3] = NAN;
    assert_true(isnan(weft_gradient_clip(gradients, PARAMETERS, 0.5)));
    assert_true(gradients[0] == before[0]);
}

/* The norm of lengths that fill the sums side by side and of lengths that do not, against a plain
 * sum; wherever the block begins, the same bits. */
static void test_norm(void **state) {
    (void)state;
    enum { MOST = 1100 };
    float values[MOST + 16];
    generator g = {6};
    draw_all(&g, values, MOST, 100.0);
    for (size_t n = 0; n <= MOST; n += n < 70 ? 1 : 103) {
        long double sum = 0.0L;
        for (size_t i = 0; i < n; i++) {
            sum += (long double)values[i] * (long double)values[i];
        }
        double expected = (double)sqrtl(sum);
        double found = weft_gradient_clip(values, n, 0.0);
        assert_float_equal(found, expected, 1e-13 * fmax(1.0, expected));
        float moved[MOST + 16];
        memcpy(moved + 7, values, n * sizeof *values);
        assert_true(weft_gradient_clip(moved + 7, n, 0.0) == found);
    }
}

static void test_average(void **state) {
    (void)state;
    assert_float_equal(weft_average_decay(0.999, 0), 0.1, 1e-15);
    assert_float_equal(weft_average_decay(0.999, 90), 0.91, 1e-15);
    assert_float_equal(weft_average_decay(0.999, 1000000), 0.999, 1e-15);
    float average[3] = {1.0F, 0.1F, 5.0F};
    const float values[3] = {2.0F, 0.1F, 5.0F};
    double expected = 1.0;
    for (int64_t t = 0; t < 20; t++) {
        double decay = weft_average_decay(0.9, t);
        weft_average_update(average, values, 3, decay);
        expected = decay * expected + (1.0 - decay) * 2.0;
        assert_float_equal((double)average[0], expected, 1e-6);
    }
    assert_true(average[1] == 0.1F && average[2] == 5.0F);
}

/* ---- rates ----------------------------------------------------------------------------------- */

static void test_cosine(void **state) {
    (void)state;
    const weft_schedule s = {.kind = WEFT_SCHEDULE_COSINE, .peak = 0.4, .warmup = 0.1};
    double last = 0.0;
    for (int64_t step = 0; step < 10; step++) {
        double rate = weft_schedule_rate(&s, step, 100);
        assert_true(rate > last && rate < 0.4);
        last = rate;
    }
    assert_float_equal(weft_schedule_rate(&s, 10, 100), 0.4, 1e-12);
    assert_float_equal(weft_schedule_rate(&s, 55, 100), 0.2, 1e-12);
    assert_true(weft_schedule_rate(&s, 99, 100) > 0.0);
    const weft_schedule whole = {.kind = WEFT_SCHEDULE_COSINE, .peak = 0.4};
    assert_float_equal(weft_schedule_rate(&whole, 0, 1), 0.4, 1e-12);
    const weft_schedule rising = {.kind = WEFT_SCHEDULE_COSINE, .peak = 0.4, .warmup = 1.0};
    assert_true(weft_schedule_rate(&rising, 9, 10) < 0.4);
    const weft_schedule lifted = {.kind = WEFT_SCHEDULE_COSINE, .peak = 0.4, .last = 0.1};
    assert_float_equal(weft_schedule_rate(&lifted, 50, 100), 0.25, 1e-12);
    assert_float_equal(weft_schedule_rate(&lifted, 100, 100), 0.1, 1e-12);
}

static void test_other_schedules(void **state) {
    (void)state;
    const weft_schedule line = {
        .kind = WEFT_SCHEDULE_LINEAR, .peak = 1.0, .warmup = 0.2, .last = 0.2};
    assert_float_equal(weft_schedule_rate(&line, 0, 100), 1.0 / 21.0, 1e-12);
    assert_float_equal(weft_schedule_rate(&line, 20, 100), 1.0, 1e-12);
    assert_float_equal(weft_schedule_rate(&line, 60, 100), 0.6, 1e-12);
    const weft_schedule steps = {
        .kind = WEFT_SCHEDULE_STEP, .peak = 0.1, .factor = 0.1, .drops = {0.5, 0.75}, .n_drops = 2};
    assert_float_equal(weft_schedule_rate(&steps, 49, 100), 0.1, 1e-12);
    assert_float_equal(weft_schedule_rate(&steps, 50, 100), 0.01, 1e-12);
    assert_float_equal(weft_schedule_rate(&steps, 74, 100), 0.01, 1e-12);
    assert_float_equal(weft_schedule_rate(&steps, 75, 100), 0.001, 1e-12);
    const weft_schedule flat = {.kind = WEFT_SCHEDULE_CONSTANT, .peak = 0.3, .warmup = 0.5};
    assert_float_equal(weft_schedule_rate(&flat, 1, 4), 0.2, 1e-12);
    assert_float_equal(weft_schedule_rate(&flat, 3, 4), 0.3, 1e-12);
}

static void refuse_schedule(weft_schedule schedule, const char *word) {
    weft_error error;
    assert_int_equal(weft_schedule_check(&schedule, &error), WEFT_ERROR_INPUT);
    if (strstr(error.message, word) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, word);
    }
}

static void test_bad_schedules(void **state) {
    (void)state;
    weft_error error;
    weft_schedule s = {.kind = WEFT_SCHEDULE_STEP, .peak = 0.1, .drops = {0.5, 0.4}, .n_drops = 2};
    refuse_schedule(s, "drop");
    s.drops[1] = 0.6;
    MUST(weft_schedule_check(&s, &error));
    s.n_drops = WEFT_SCHEDULE_DROPS + 1;
    refuse_schedule(s, "number of drops");
    s.n_drops = 2;
    s.factor = 2.0;
    refuse_schedule(s, "factor");
    refuse_schedule((weft_schedule){.peak = -1.0}, "learning rate");
    refuse_schedule((weft_schedule){.peak = NAN}, "learning rate");
    refuse_schedule((weft_schedule){.peak = 1.0, .warmup = 1.1}, "warmup");
    refuse_schedule((weft_schedule){.peak = 1.0, .last = -0.1}, "last");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_of_pytorch),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_norm),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_cosine),
        cmocka_unit_test(test_other_schedules),
        cmocka_unit_test(test_bad_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
