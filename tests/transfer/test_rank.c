/* SPDX-License-Identifier: Apache-2.0
 *
 * Spearman's correlation against ranks by counting, and against what must hold for any values; bootstrap
 * intervals against resamples written out. */
#include "transfer/support.h"

#include "transfer/rank.h"

enum { MOST = 200 };

/* Ranks by counting: 1 + how many are less + half of the others that are equal. */
static double slow_spearman(const double *a, const double *b, int n) {
    double ranks[2][MOST], mean = 0.5 * (n + 1), both = 0.0, first = 0.0, second = 0.0;
    for (int side = 0; side < 2; side++) {
        const double *x = side == 0 ? a : b;
        for (int i = 0; i < n; i++) {
            ranks[side][i] = 1.0;
            for (int j = 0; j < n; j++) {
                ranks[side][i] += x[j] < x[i] ? 1.0 : x[j] == x[i] && j != i ? 0.5 : 0.0;
            }
        }
    }
    for (int i = 0; i < n; i++) {
        both += (ranks[0][i] - mean) * (ranks[1][i] - mean);
        first += (ranks[0][i] - mean) * (ranks[0][i] - mean);
        second += (ranks[1][i] - mean) * (ranks[1][i] - mean);
    }
    return both / sqrt(first * second);
}

static double spearman(const double *a, const double *b, int n, int *pairs) {
    weft_error error = {0};
    double srcc = -2.0;
    expect_ok(weft_spearman(a, b, n, &srcc, pairs, &error), &error);
    return srcc;
}

static void random_values(weft_rng *rng, double *values, int n, uint64_t levels) {
    for (int i = 0; i < n; i++) {
        values[i] = levels == 0 ? weft_rng_normal(rng) : (double)weft_rng_below(rng, levels);
    }
}

static void agrees_with_counting(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        double a[MOST], b[MOST];
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
        int n = 3 + (int)weft_rng_below(&rng, MOST - 3), pairs;
        random_values(&rng, a, n, seed % 3 == 0 ? 0 : 2 + seed % 7);
        random_values(&rng, b, n, seed % 2 == 0 ? 0 : 2 + seed % 5);
        double slow = slow_spearman(a, b, n), quick = spearman(a, b, n, &pairs);
        assert_int_equal(pairs, n);
        if (isnan(slow)) {
            assert_true(isnan(quick));
        } else {
            assert_float_equal(quick, slow, 1e-12);
        }
    }
}

static void only_order_counts(void **state) {
    (void)state;
    double a[50], b[50], c[50];
    weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, 1);
    random_values(&rng, a, 50, 0);
    random_values(&rng, b, 50, 6);
    for (int i = 0; i < 50; i++) {
        c[i] = exp(3.0 * a[i]);
    }
    double srcc = spearman(a, b, 50, NULL);
    assert_float_equal(spearman(c, b, 50, NULL), srcc, 0.0);
    assert_float_equal(spearman(b, a, 50, NULL), srcc, 1e-15);
    assert_float_equal(spearman(a, c, 50, NULL), 1.0, 1e-15);
    for (int i = 0; i < 50; i++) {
        c[i] = -c[i];
    }
    assert_float_equal(spearman(c, b, 50, NULL), -srcc, 1e-14);
}

static void unknown_pairs_are_left_out(void **state) {
    (void)state;
    double a[] = {1, NAN, 2, 3, 4, NAN}, b[] = {2, 5, 4, 6, NAN, NAN};
    double few[] = {1, 2}, same[] = {3, 3, 3, 3}, other[] = {1, 2, 3, 4};
    int pairs;
    assert_float_equal(spearman(a, b, 6, &pairs), 1.0, 1e-15);
    assert_int_equal(pairs, 3);
    assert_true(isnan(spearman(few, few, 2, &pairs)));
    assert_true(isnan(spearman(same, other, 4, &pairs)));
    assert_true(isnan(spearman(same, other, 0, &pairs)));
    assert_int_equal(pairs, 0);
}

/* Ranks of values with counts are those of the values written out. */
static void counts_are_repeats(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        double a[30], b[30], long_a[MOST], long_b[MOST], rank_a[30], rank_b[30];
        int order_a[30], order_b[30], count[30], n = 0;
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 2);
        random_values(&rng, a, 30, 9);
        random_values(&rng, b, 30, 0);
        for (int i = 0; i < 30; i++) {
            count[i] = (int)weft_rng_below(&rng, 4);
            for (int k = 0; k < count[i]; k++, n++) {
                long_a[n] = a[i];
                long_b[n] = b[i];
            }
        }
        weft_order(a, 30, order_a);
        weft_order(b, 30, order_b);
        weft_average_ranks(a, order_a, count, 30, rank_a);
        weft_average_ranks(b, order_b, count, 30, rank_b);
        assert_float_equal(weft_counted_correlation(rank_a, rank_b, count, 30),
                           slow_spearman(long_a, long_b, n), 1e-12);
    }
}

/* Of 400 samples of a known correlation, a 90 % interval covers it about as often: 90 % +- 5 % would be
 * exact, small samples and ties to the bootstrap cost some. */
static void intervals_cover(void **state) {
    (void)state;
    const double rho = 0.8, truth = 6.0 / acos(-1.0) * asin(rho / 2.0); /* of a normal pair */
    int covered = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        double a[60], b[60];
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 3);
        weft_rank_interval interval;
        weft_error error = {0};
        for (int i = 0; i < 60; i++) {
            a[i] = weft_rng_normal(&rng);
            b[i] = rho * a[i] + sqrt(1.0 - rho * rho) * weft_rng_normal(&rng);
        }
        expect_ok(weft_spearman_interval(a, b, 60, 0.9, 200, seed, &interval, &error), &error);
        assert_true(interval.low <= interval.high && interval.pairs == 60);
        covered += interval.low <= truth && truth <= interval.high;
    }
    assert_in_range(covered, 320, 385);
}

static void intervals_are_reproducible(void **state) {
    (void)state;
    double a[40], b[40];
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 4);
    weft_rank_interval one, same, other;
    weft_error error = {0};
    random_values(&rng, a, 40, 0);
    random_values(&rng, b, 40, 0);
    expect_ok(weft_spearman_interval(a, b, 40, 0.9, 100, 5, &one, &error), &error);
    expect_ok(weft_spearman_interval(a, b, 40, 0.9, 100, 5, &same, &error), &error);
    expect_ok(weft_spearman_interval(a, b, 40, 0.9, 100, 6, &other, &error), &error);
    assert_true(one.srcc == same.srcc && one.low == same.low && one.high == same.high);
    assert_true(one.srcc == other.srcc && one.low != other.low);
    expect_ok(weft_spearman_interval(a, b, 2, 0.9, 100, 5, &one, &error), &error);
    assert_true(isnan(one.srcc) && isnan(one.low) && isnan(one.high));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_counting),
        cmocka_unit_test(only_order_counts),
        cmocka_unit_test(unknown_pairs_are_left_out),
        cmocka_unit_test(counts_are_repeats),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(intervals_are_reproducible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
