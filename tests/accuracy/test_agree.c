/* SPDX-License-Identifier: Apache-2.0
 * Rank statistics against counts over all pairs, and by hand. */
#include "support.h"

#include "accuracy/agree.h"
#include "base/rng.h"

static void must_agree(const double *a, const double *b, int n, weft_agreement *to) {
    weft_error error = {0};
    assert_int_equal(weft_agree(a, b, n, to, &error), WEFT_OK);
}

/* Kendall's tau-b by its definition: every pair is looked at. */
static double tau_of_pairs(const double *a, const double *b, int n) {
    double order = 0.0;
    double untied_a = 0.0;
    double untied_b = 0.0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            int way_a = (a[i] > a[j]) - (a[i] < a[j]);
            int way_b = (b[i] > b[j]) - (b[i] < b[j]);
            order += way_a * way_b;
            untied_a += way_a != 0;
            untied_b += way_b != 0;
        }
    }
    return order / sqrt(untied_a * untied_b);
}

/* The mean rank of each value by its definition. */
static void ranks_of(const double *a, int n, double *ranks) {
    for (int i = 0; i < n; i++) {
        double below = 0.0;
        double equal = 0.0;
        for (int j = 0; j < n; j++) {
            below += a[j] < a[i];
            equal += a[j] == a[i];
        }
        ranks[i] = below + 0.5 * (equal + 1.0);
    }
}

static double pearson(const double *a, const double *b, int n) {
    double mean_a = 0.0;
    double mean_b = 0.0;
    for (int i = 0; i < n; i++) {
        mean_a += a[i] / n;
        mean_b += b[i] / n;
    }
    double ab = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    for (int i = 0; i < n; i++) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return ab / sqrt(aa * bb);
}

static void test_all_pairs(void **state) {
    (void)state;
    enum { MOST = 200 };
    double a[MOST];
    double b[MOST];
    double ranks_a[MOST];
    double ranks_b[MOST];
    for (uint64_t round = 0; round < 60; round++) {
        weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, round);
        int n = 2 + (int)weft_rng_below(&rng, MOST - 2);
        uint64_t values = 2 + weft_rng_below(&rng, 40); /* few: many are equal */
        for (int i = 0; i < n; i++) {
            a[i] = (double)weft_rng_below(&rng, values);
            b[i] = 0.4 * a[i] + (double)weft_rng_below(&rng, values);
        }
        a[0] = -1.0;
        b[0] = -1.0; /* neither side is of one value */
        weft_agreement found;
        must_agree(a, b, n, &found);
        ranks_of(a, n, ranks_a);
        ranks_of(b, n, ranks_b);
        if (fabs(found.tau - tau_of_pairs(a, b, n)) > 1e-12 ||
            fabs(found.spearman - pearson(ranks_a, ranks_b, n)) > 1e-12) {
            fail_msg("round %d: tau %.17g, spearman %.17g", (int)round, found.tau, found.spearman);
        }
    }
}

static void test_by_hand(void **state) {
    (void)state;
    const double given[] = {0.1, 0.2, 0.3, 0.4};
    const double said[] = {0.2, 0.1, 0.3, 0.8};
    weft_agreement found;
    must_agree(given, said, 4, &found);
    assert_float_equal(found.tau, 4.0 / 6.0, 1e-12); /* five pairs of one order, one of the other */
    assert_float_equal(found.spearman, 0.8, 1e-12);  /* 1 - 6 * 2 / (4 * 15) */
    assert_float_equal(found.mae, 0.15, 1e-12);
    assert_float_equal(found.rmse, sqrt((0.01 + 0.01 + 0.16) / 4.0), 1e-12);
    must_agree(given, given, 4, &found);
    assert_true(found.tau == 1.0 && found.rmse == 0.0);
}

static void test_nothing_to_order(void **state) {
    (void)state;
    const double given[] = {0.1, 0.2, 0.3};
    const double same[] = {0.5, 0.5, 0.5};
    weft_agreement found;
    must_agree(given, same, 3, &found);
    assert_true(isnan(found.tau) && isnan(found.spearman));
    must_agree(given, same, 1, &found);
    assert_true(isnan(found.tau));
    assert_float_equal(found.mae, 0.4, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pairs),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_nothing_to_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
