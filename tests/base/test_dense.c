/* SPDX-License-Identifier: Apache-2.0
 * Small dense symmetric systems. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/dense.h"
#include "base/rng.h"

enum { N = 70, STRIDE = 75 }; /* more than two blocks */

/* A random positive definite matrix, both halves. */
static void draw(double *a) {
    static double root[N * N];
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < N * N; i++) {
        root[i] = weft_rng_normal(&rng);
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            double sum = i == j ? 1.0 : 0.0;
            for (int k = 0; k < N; k++) {
                sum += root[k * N + i] * root[k * N + j];
            }
            a[i * STRIDE + j] = sum;
        }
    }
}

/* What is solved satisfies A x = b, and A times its inverse is the unit. */
static void test_solve(void **state) {
    (void)state;
    static double a[N * STRIDE];
    static double u[N * STRIDE];
    static double inverse[N * N];
    double x[N];
    double b[N];
    draw(a);
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 1);
    for (int i = 0; i < N; i++) {
        b[i] = weft_rng_normal(&rng);
    }
    memcpy(u, a, sizeof a);
    memcpy(x, b, sizeof b);
    assert_true(weft_cholesky(u, N, STRIDE));
    weft_solve_lower(u, N, STRIDE, x);
    weft_solve_upper(u, N, STRIDE, x);
    weft_cholesky_inverse(u, N, STRIDE, inverse);
    for (int i = 0; i < N; i++) {
        double sum = 0.0;
        for (int j = 0; j < N; j++) {
            double unit = 0.0;
            sum += a[i * STRIDE + j] * x[j];
            for (int k = 0; k < N; k++) {
                unit += a[i * STRIDE + k] * inverse[k * N + j];
            }
            assert_float_equal(unit, i == j ? 1.0 : 0.0, 1e-8);
        }
        assert_float_equal(sum, b[i], 1e-8);
    }
    a[0] = -1.0;
    assert_false(weft_cholesky(a, N, STRIDE));
}

/* Row by row from nothing is the factor of the whole. */
static void test_append(void **state) {
    (void)state;
    static double a[N * STRIDE];
    static double whole[N * STRIDE];
    static double grown[N * STRIDE];
    double column[N + 1];
    draw(a);
    memcpy(whole, a, sizeof a);
    assert_true(weft_cholesky(whole, N, STRIDE));
    for (int n = 0; n < N; n++) {
        for (int k = 0; k <= n; k++) {
            column[k] = a[k * STRIDE + n];
        }
        assert_true(weft_cholesky_append(grown, n, STRIDE, column));
    }
    for (int i = 0; i < N; i++) {
        for (int j = i; j < N; j++) {
            double expected = whole[i * STRIDE + j];
            assert_true(fabs(grown[i * STRIDE + j] - expected) < 1e-9 * (1.0 + fabs(expected)));
        }
    }
}

/* A column that depends on those before is refused, and leaves the factor alone. */
static void test_append_singular(void **state) {
    (void)state;
    double u[9] = {1.0, 1.0, 7.0, 0.0, 1.0, 7.0};
    double column[3] = {2.0, 3.0, 5.0}; /* (2, 1) of U' U, of length 5 */
    assert_false(weft_cholesky_append(u, 2, 3, column));
    assert_true(u[2] == 7.0 && u[5] == 7.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solve),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_append_singular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
