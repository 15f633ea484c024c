/* SPDX-License-Identifier: Apache-2.0
 * Axes over data of any size and spread. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "report/axis.h"
#include "report/svg.h"

static const weft_axis_style energy = {
    .name = "energy", .unit = "J", .scale = WEFT_SCALE_PREFIX, .allow_log = true};

/* The factor between what a label shows and the data, read from the title's unit. */
static double title_factor(const char *title) {
    const char *open = strrchr(title, '(');
    assert_non_null(open);
    const char *const prefixes[] = {"f", "p", "n", "µ", "m", "J", "k", "M", "G", "T"};
    for (int i = 0; i < 10; i++) {
        if (strncmp(open + 1, prefixes[i], strlen(prefixes[i])) == 0) {
            return pow(1000.0, i - 5);
        }
    }
    fail_msg("no unit in %s", title);
    return 0.0;
}

/* What must hold for every axis: data inside, ticks inside, in order, apart, labels true. */
static void check_axis(const weft_axis *axis, const double *values, size_t n, bool across) {
    assert_true(axis->high > axis->low && isfinite(axis->high) && isfinite(axis->low));
    double low = fmin(axis->from, axis->to), high = fmax(axis->from, axis->to);
    for (size_t i = 0; i < n; i++) {
        if (isfinite(values[i])) {
            double at = weft_axis_place(axis, values[i]);
            assert_true(at >= low - 1e-6 && at <= high + 1e-6);
        }
    }
    assert_true(axis->n_ticks >= 1);
    double factor = title_factor(axis->title);
    for (int i = 0; i < axis->n_ticks; i++) {
        const weft_axis_tick *tick = &axis->ticks[i];
        double at = weft_axis_place(axis, tick->value);
        assert_true(at >= low - 0.01 && at <= high + 0.01);
        double shown = strtod(tick->label, NULL) * factor;
        assert_true(fabs(shown - tick->value) <=
                    1e-6 * (axis->high - axis->low) + 1e-9 * fabs(tick->value));
        if (i > 0) {
            double before = weft_axis_place(axis, axis->ticks[i - 1].value);
            double room = across ? 0.5 * (weft_svg_text_width(tick->label) +
                                          weft_svg_text_width(axis->ticks[i - 1].label))
                                 : 15.5;
            assert_true(fabs(at - before) > room);
            assert_string_not_equal(tick->label, axis->ticks[i - 1].label);
        }
    }
}

static void axes_hold_any_data(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 1);
        double values[40];
        size_t n = 1 + weft_rng_below(&rng, 40);
        double centre = pow(10.0, -12.0 + 18.0 * weft_rng_uniform(&rng));
        double spread = pow(10.0, -3.0 + 6.0 * weft_rng_uniform(&rng));
        for (size_t i = 0; i < n; i++) {
            values[i] = centre * pow(1.0 + spread, weft_rng_uniform(&rng));
            values[i] = weft_rng_below(&rng, 12) == 0 ? NAN : values[i];
        }
        values[weft_rng_below(&rng, n)] = centre;
        bool across = seed % 2 == 0;
        weft_axis axis;
        weft_axis_fit(&axis, &energy, values, n, across ? 50.0 : 260.0, across ? 428.0 : 30.0,
                      across);
        check_axis(&axis, values, n, across);
        if (axis.n_ticks < 2) {
            fail_msg("one tick only, seed %llu", (unsigned long long)seed);
        }
    }
}

static void equal_and_absent_values_have_an_axis(void **state) {
    (void)state;
    const double cases[][2] = {{5e-3, 5e-3}, {0.0, 0.0}, {NAN, NAN}, {NAN, 2.0}, {INFINITY, 1.0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_axis axis;
        weft_axis_fit(&axis, &energy, cases[i], 2, 50.0, 428.0, true);
        check_axis(&axis, cases[i], 2, true);
    }
    weft_axis axis;
    weft_axis_fit(&axis, &energy, NULL, 0, 50.0, 428.0, true);
    check_axis(&axis, NULL, 0, true);
}

static void wide_spreads_are_logarithmic(void **state) {
    (void)state;
    weft_axis axis;
    const double wide[] = {1e-6, 1e-3}, narrow[] = {1e-3, 2e-3}, crossing[] = {-1.0, 100.0};
    weft_axis_fit(&axis, &energy, wide, 2, 50.0, 428.0, true);
    assert_true(axis.log);
    assert_string_equal(axis.title, "energy (mJ, log scale)");
    /* equal ratios are equal distances */
    double a = weft_axis_place(&axis, 1e-6), b = weft_axis_place(&axis, 1e-5);
    double c = weft_axis_place(&axis, 1e-4);
    assert_true(fabs((b - a) - (c - b)) < 1e-6);
    weft_axis_fit(&axis, &energy, narrow, 2, 50.0, 428.0, true);
    assert_false(axis.log);
    weft_axis_fit(&axis, &energy, crossing, 2, 50.0, 428.0, true);
    assert_false(axis.log);
}

static void counts_have_whole_ticks(void **state) {
    (void)state;
    const weft_axis_style trials = {
        .name = "trials", .unit = "", .scale = WEFT_SCALE_PLAIN, .from_zero = true, .whole = true};
    for (double n = 1.0; n < 1e6; n = floor(n * 1.7 + 1.0)) {
        weft_axis axis;
        weft_axis_fit(&axis, &trials, &n, 1, 50.0, 428.0, true);
        assert_true(axis.n_ticks >= 2);
        for (int i = 0; i < axis.n_ticks; i++) {
            assert_null(strchr(axis.ticks[i].label, '.'));
        }
        assert_string_equal(axis.ticks[0].label, "0");
    }
}

static void long_text_is_cut(void **state) {
    (void)state;
    char buffer[64];
    assert_string_equal(weft_svg_elide("short", 100.0, buffer, sizeof buffer), "short");
    weft_svg_elide("conv3x3 128>128 with a name that does not end", 120.0, buffer, sizeof buffer);
    assert_true(weft_svg_text_width(buffer) <= 120.0);
    assert_memory_equal(buffer, "conv3x3", 7);
    assert_non_null(strstr(buffer, "…"));
    /* never in the middle of a character */
    weft_svg_elide("ééééééééééééééééééééééééééééééééééééééééééé", 1000.0, buffer, sizeof buffer);
    assert_true(strlen(buffer) < sizeof buffer);
    assert_int_equal((strlen(buffer) - strlen("…")) % 2, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_hold_any_data),
        cmocka_unit_test(equal_and_absent_values_have_an_axis),
        cmocka_unit_test(wide_spreads_are_logarithmic),
        cmocka_unit_test(counts_have_whole_ticks),
        cmocka_unit_test(long_text_is_cut),
    };
    return cmocka_run_group_tests_name("report: axes", tests, NULL, NULL);
}
