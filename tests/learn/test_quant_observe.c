/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps from values: extents against a plain search, percentiles against sorted values, least error
 * against a search over much finer steps. */
#include "learn/quant_observe.h"

#include "learn/quant_support.h"

enum { SEED = 20240718 };

/* ---- least and largest ----------------------------------------------------------------------- */

static void test_extents(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(300); k++) {
        weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, (uint64_t)k);
        quant_case c = case_make(&rng);
        weft_quant_extent found[8];
        weft_quant_extents(c.array, c.x, found);
        for (size_t row = 0; row < c.array.rows; row++) {
            float low = INFINITY, high = -INFINITY;
            for (size_t i = row * c.array.n; i < (row + 1) * c.array.n; i++) {
                low = fminf(low, value_at(c.array.type, c.x, i));
                high = fmaxf(high, value_at(c.array.type, c.x, i));
            }
            assert_true(found[row].low == low && found[row].high == high);
        }
        /* NaN is seen at any place, and only in its row. */
        size_t at = weft_rng_below(&rng, c.array.rows * c.array.n);
        value_put(c.array.type, c.x, at, NAN);
        weft_quant_extents(c.array, c.x, found);
        for (size_t row = 0; row < c.array.rows; row++) {
            bool here = row == at / c.array.n;
            assert_true(here == isnan(found[row].low) && here == isnan(found[row].high));
        }
        case_free(&c);
    }
}

static void test_follow(void **state) {
    (void)state;
    weft_quant_extent running[] = {{NAN, NAN}, {NAN, NAN}};
    const weft_quant_extent first[] = {{-1.0F, 2.0F}, {0.0F, 4.0F}};
    const weft_quant_extent next[] = {{-2.0F, 6.0F}, {0.5F, 0.0F}};
    weft_quant_follow(running, first, 2, 0.25, true);
    assert_memory_equal(running, first, sizeof first);
    weft_quant_follow(running, next, 2, 0.25, false);
    assert_true(running[0].low == -1.25F && running[0].high == 3.0F);
    assert_true(running[1].low == 0.125F && running[1].high == 3.0F);
}

static void test_steps(void **state) {
    (void)state;
    weft_quant_range with = weft_quant_range_of(4, true), without = weft_quant_range_of(4, false);
    assert_true(weft_quant_step_of((weft_quant_extent){-14.0F, 3.5F}, with) == 2.0F);
    assert_true(weft_quant_step_of((weft_quant_extent){-1.0F, 3.5F}, with) == 0.5F);
    assert_true(weft_quant_step_of((weft_quant_extent){-99.0F, 30.0F}, without) == 2.0F);
    assert_true(weft_quant_step_of((weft_quant_extent){0.0F, 0.0F}, with) == 1.0F);
    assert_true(weft_quant_step_of((weft_quant_extent){-3.0F, -1.0F}, without) == 1.0F);
    assert_true(isnan(weft_quant_step_of((weft_quant_extent){NAN, NAN}, with)));
    weft_quant_grid grid = weft_quant_grid_of((weft_quant_extent){-1.0F, 2.0F}, 2);
    assert_true(grid.step == 1.0F && grid.zero == 1);
    grid = weft_quant_grid_of((weft_quant_extent){1.0F, 3.0F}, 2); /* widened to 0 */
    assert_true(grid.step == 1.0F && grid.zero == 0);
    grid = weft_quant_grid_of((weft_quant_extent){-6.0F, -2.0F}, 2);
    assert_true(grid.step == 2.0F && grid.zero == 3);
    grid = weft_quant_grid_of((weft_quant_extent){NAN, NAN}, 2);
    assert_true(isnan(grid.step) && grid.zero == 0);
}

/* An asymmetric grid keeps 0, and reaches every value to half a step. */
static void test_grid_properties(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(1000); k++) {
        weft_rng rng = weft_rng_make(SEED + 1, WEFT_PURPOSE_TEST, (uint64_t)k);
        int32_t bits = int_between(&rng, 2, 8);
        float a = (float)weft_rng_normal(&rng), b = (float)weft_rng_normal(&rng);
        float x[] = {fminf(a, b), fmaxf(a, b), 0.0F}, y[3];
        weft_quant_grid grid = weft_quant_grid_of((weft_quant_extent){x[0], x[1]}, bits);
        assert_in_range(grid.zero, 0, (1 << bits) - 1);
        weft_quant_range range = weft_quant_range_around(bits, grid.zero);
        weft_quant_forward((weft_quant_array){WEFT_F32, 1, 3}, range, &grid.step, x, y);
        assert_true(y[2] == 0.0F);
        for (int i = 0; i < 2; i++) {
            assert_true(fabsf(y[i] - x[i]) <= 0.50001F * grid.step);
        }
    }
}

/* ---- counted --------------------------------------------------------------------------------- */

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

enum { N = 20000 };

/* Half a bin is what counting may be off by, on both sides of a value. */
static void test_percentile(void **state) {
    (void)state;
    static float x[N], size[N];
    static weft_quant_tally tally;
    static const double SHARES[] = {0.5, 0.9, 0.99, 0.9999, 1.0};
    weft_rng rng = weft_rng_make(SEED + 2, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < N; i++) {
        x[i] = (float)(weft_rng_normal(&rng) + 0.5);
        size[i] = fabsf(x[i]);
    }
    weft_quant_extent extent;
    weft_quant_extents((weft_quant_array){WEFT_F32, 1, N}, x, &extent);
    weft_quant_tally_begin(&tally, extent);
    weft_quant_tally_add(&tally, WEFT_F32, x, N / 2);
    weft_quant_tally_add(&tally, WEFT_F32, x + N / 2, N / 2);
    assert_int_equal(tally.total, N);
    qsort(x, N, sizeof *x, compare_floats);
    qsort(size, N, sizeof *size, compare_floats);
    for (size_t k = 0; k < sizeof SHARES / sizeof SHARES[0]; k++) {
        int last = (int)ceil(SHARES[k] * N - 1e-6) - 1;
        int cut = (int)floor((1.0 - SHARES[k]) / 2.0 * N + 1e-6);
        weft_quant_extent both =
            weft_quant_percentile(&tally, SHARES[k], weft_quant_range_of(4, true));
        weft_quant_extent above =
            weft_quant_percentile(&tally, SHARES[k], weft_quant_range_of(4, false));
        weft_quant_extent around = weft_quant_percentile_around(&tally, SHARES[k]);
        assert_true(both.low == -both.high && above.low == 0.0F);
        assert_true(fabs((double)both.high - (double)size[last]) <= tally.width);
        assert_true(fabs((double)above.high - (double)x[last]) <= tally.width);
        assert_true(fabs((double)around.low - (double)x[cut]) <= tally.width);
        assert_true(fabs((double)around.high - (double)x[N - 1 - cut]) <= tally.width);
    }
}

static void test_nothing_counted(void **state) {
    (void)state;
    static weft_quant_tally tally;
    weft_quant_tally_begin(&tally, (weft_quant_extent){0.0F, 0.0F});
    weft_quant_range range = weft_quant_range_of(4, true);
    assert_true(weft_quant_percentile(&tally, 1.0, range).high == 0.0F);
    assert_true(weft_quant_percentile_around(&tally, 0.5).high == 0.0F);
    assert_true(weft_quant_best_step(&tally, range) == 1.0F);
    const float zeros[4] = {0};
    weft_quant_tally_add(&tally, WEFT_F32, zeros, 4);
    assert_int_equal(tally.count[tally.origin], 4);
    assert_true(weft_quant_best_step(&tally, range) == 1.0F);
}

static double mean_square(const float *x, size_t n, float step, weft_quant_range range) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        float y;
        weft_quant_forward((weft_quant_array){WEFT_F32, 1, 1}, range, &step, &x[i], &y);
        sum += ((double)x[i] - (double)y) * ((double)x[i] - (double)y);
    }
    return sum / (double)n;
}

static double least_square(const float *x, size_t n, float largest, weft_quant_range range) {
    double least = INFINITY;
    for (int k = 1; k <= 400; k++) {
        least = fmin(least, mean_square(x, n, largest * (float)k / 400.0F, range));
    }
    return least;
}

/* Normal values with outliers: within 3 % of the best of four times as many steps, in bins and value
 * by value, and with few integers far better than reaching to the largest value. */
static void test_least_error(void **state) {
    (void)state;
    enum { M = 2000 };
    static float x[M];
    static weft_quant_tally tally;
    for (int k = 0; k < rounds_of(12) + 2; k++) {
        weft_rng rng = weft_rng_make(SEED + 3, WEFT_PURPOSE_TEST, (uint64_t)k);
        bool is_signed = k % 2 == 0;
        weft_quant_range range = weft_quant_range_of(2 + k % 7, is_signed);
        for (int i = 0; i < M; i++) {
            double v = weft_rng_normal(&rng) * (i % 200 == 0 ? 5.0 : 1.0);
            x[i] = (float)(is_signed ? v : fmax(v, 0.0));
        }
        weft_quant_array array = {WEFT_F32, 1, M};
        weft_quant_extent extent;
        weft_quant_extents(array, x, &extent);
        weft_quant_tally_begin(&tally, extent);
        weft_quant_tally_add(&tally, WEFT_F32, x, M);
        float largest = weft_quant_step_of(extent, range), by_value;
        weft_quant_best_steps(array, range, x, &by_value);
        double best = least_square(x, M, largest, range);
        assert_true(mean_square(x, M, by_value, range) <= 1.03 * best);
        float by_bin = weft_quant_best_step(&tally, range);
        assert_true(mean_square(x, M, by_bin, range) <= 1.05 * best);
        assert_true(range.high > 3 || mean_square(x, M, largest, range) > 1.5 * best);
    }
}

/* Even levels for a normal density, 15 of them: the step of least error from the integral itself. */
static void test_normal_step(void **state) {
    (void)state;
    static float x[N];
    weft_rng rng = weft_rng_make(SEED + 4, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < N; i++) {
        x[i] = (float)weft_rng_normal(&rng);
    }
    double best = 0.0, least = INFINITY;
    for (double step = 0.2; step < 0.6; step += 0.002) {
        double sum = 0.0;
        for (double v = -7.0; v < 7.0; v += 0.002) {
            double r = fmin(fmax(round(v / step), -7.0), 7.0);
            sum += (v - r * step) * (v - r * step) * exp(-0.5 * v * v);
        }
        best = sum < least ? step : best;
        least = fmin(sum, least);
    }
    float found;
    weft_quant_best_steps((weft_quant_array){WEFT_F32, 1, N}, weft_quant_range_of(4, true), x,
                          &found);
    assert_true(fabs((double)found - best) < 0.02);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extents),     cmocka_unit_test(test_follow),
        cmocka_unit_test(test_steps),       cmocka_unit_test(test_grid_properties),
        cmocka_unit_test(test_percentile),  cmocka_unit_test(test_nothing_counted),
        cmocka_unit_test(test_least_error), cmocka_unit_test(test_normal_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
