/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations of all numbers in bf16 and of many in f32 against the C library's functions in double
 * precision, slopes against central differences of those; and the stated errors of exp and Phi. */
#include "learn/kernel/activation.h"
#include "learn/kernel/function.h"
#include "learn/kernel_support.h"

enum { FUNCTIONS = 6, BF16_NUMBERS = 65536, F32_NUMBERS = 200000 };

static double clamp6(double v) {
    return v < 0.0 ? 0.0 : v > 6.0 ? 6.0 : v;
}

static double reference(weft_activation f, double x) {
    switch (f) {
    case WEFT_ACTIVATION_RELU:
        return x < 0.0 ? 0.0 : x;
    case WEFT_ACTIVATION_RELU6:
        return clamp6(x);
    case WEFT_ACTIVATION_HARD_SWISH:
        return x * clamp6(x + 3.0) / 6.0;
    case WEFT_ACTIVATION_HARD_SIGMOID:
        return clamp6(x + 3.0) / 6.0;
    case WEFT_ACTIVATION_SIGMOID:
        return 1.0 / (1.0 + exp(-x));
    case WEFT_ACTIVATION_GELU:
        return x * 0.5 * erfc(-x / sqrt(2.0));
    }
    return x;
}

static bool is_kink(weft_activation f, double x, double step) {
    double low = f == WEFT_ACTIVATION_HARD_SWISH || f == WEFT_ACTIVATION_HARD_SIGMOID ? -3.0 : 0.0;
    double high = low + 6.0;
    bool has_high = f != WEFT_ACTIVATION_RELU;
    return f < WEFT_ACTIVATION_SIGMOID &&
           (fabs(x - low) <= step || (has_high && fabs(x - high) <= step));
}

static double slope(weft_activation f, double x) {
    const double step = 1e-5;
    return (reference(f, x + step) - reference(f, x - step)) / (2.0 * step);
}

/* All numbers of bf16, or random ones of f32 up to 20 in magnitude. */
static values numbers(weft_type type) {
    if (type == WEFT_F32) {
        weft_rng rng = stream_of(1, 0);
        return values_random(&rng, type, F32_NUMBERS + 7, -20.0, 20.0);
    }
    values v = values_make(type, BF16_NUMBERS);
    for (size_t i = 0; i < v.n; i++) {
        ((weft_bf16 *)v.at)[i] = (weft_bf16)i;
        v.exact[i] = (double)weft_from_bf16((weft_bf16)i);
    }
    return v;
}

/* What rounding to the type takes, and the smallest numbers, which exp gives as 0. */
static double allowed(weft_type type, double want) {
    return (type == WEFT_BF16 ? 1.0 / 256.0 : 1e-6) * fabs(want) + 1e-37;
}

/* The stated error of Phi, 3e-7. */
static double tail_of(weft_activation f, double x) {
    return f == WEFT_ACTIVATION_GELU ? 3e-7 * fabs(x) : 0.0;
}

static void check_forward(weft_activation f, weft_type type) {
    values x = numbers(type), y = values_make(type, x.n);
    weft_activation_forward(f, type, x.at, y.at, x.n);
    canaries_live(&y, "y", (int)f);
    for (size_t i = 0; i < x.n; i++) {
        double got = values_get(&y, i), want = reference(f, x.exact[i]);
        if (isnan(x.exact[i])) {
            assert_true(isnan(got));
        } else if (isfinite(x.exact[i]) &&
                   !(fabs(got - want) <= allowed(type, want) + tail_of(f, x.exact[i]))) {
            fail_msg("activation %d of %.9g is %.9g, expected %.9g", (int)f, x.exact[i], got, want);
        }
    }
    weft_activation_forward(f, type, x.at, x.at, x.n);
    assert_memory_equal(x.at, y.at, x.n * weft_type_size(type));
    values_free(&x);
    values_free(&y);
}

static void check_backward(weft_activation f, weft_type type) {
    values x = numbers(type);
    weft_rng rng = stream_of(2, (int)f);
    values dy = values_random(&rng, type, x.n, -2.0, 2.0), dx = values_make(type, x.n);
    weft_activation_backward(f, type, x.at, dy.at, dx.at, x.n);
    canaries_live(&dx, "dx", (int)f);
    for (size_t i = 0; i < x.n; i++) {
        if (!(fabs(x.exact[i]) < 1e4) || is_kink(f, x.exact[i], 2e-5)) {
            continue;
        }
        double got = values_get(&dx, i), want = dy.exact[i] * slope(f, x.exact[i]);
        if (!(fabs(got - want) <= allowed(type, want) + 2e-6)) {
            fail_msg("activation %d at %.9g has gradient %.9g, expected %.9g", (int)f, x.exact[i],
                     got, want);
        }
    }
    weft_activation_backward(f, type, x.at, dy.at, dy.at, x.n);
    assert_memory_equal(dx.at, dy.at, x.n * weft_type_size(type));
    values_free(&x);
    values_free(&dy);
    values_free(&dx);
}

static void test_forward(void **state) {
    (void)state;
    for (int i = 0; i < 2 * FUNCTIONS; i++) {
        check_forward((weft_activation)(i / 2), type_of(i));
    }
}

static void test_backward(void **state) {
    (void)state;
    for (int i = 0; i < 2 * FUNCTIONS; i++) {
        check_backward((weft_activation)(i / 2), type_of(i));
    }
}

/* At the kinks, and with the result in the place of the input. */
static void test_kinks(void **state) {
    (void)state;
    const float x[] = {-3.0F, 0.0F, 3.0F, 6.0F}, dy[] = {1.0F, 1.0F, 1.0F, 1.0F};
    static const float want[][4] = {
        [WEFT_ACTIVATION_RELU] = {0, 0, 1, 1},
        [WEFT_ACTIVATION_RELU6] = {0, 0, 1, 0},
        [WEFT_ACTIVATION_HARD_SWISH] = {0, 0.5F, 1, 1},
        [WEFT_ACTIVATION_HARD_SIGMOID] = {0, 1.0F / 6.0F, 0, 0},
    };
    for (int f = 0; f < 4; f++) {
        float dx[4], y[4];
        weft_activation_backward((weft_activation)f, WEFT_F32, x, dy, dx, 4);
        for (int i = 0; i < 4; i++) {
            assert_true(fabs((double)dx[i] - (double)want[f][i]) < 1e-6);
        }
        weft_activation_forward((weft_activation)f, WEFT_F32, x, y, 4);
        weft_activation_backward((weft_activation)f, WEFT_F32, y, dy, dx, 4);
        for (int i = 0; i < 4 && f <= WEFT_ACTIVATION_RELU6; i++) {
            assert_true(dx[i] == want[f][i]);
        }
    }
}

static void test_exp(void **state) {
    (void)state;
    weft_rng rng = stream_of(3, 0);
    for (int i = 0; i < 400000; i++) {
        float x = (float)(weft_rng_uniform(&rng) * 175.6 - 87.3);
        double want = exp((double)x);
        assert_true(fabs((double)weft_exp(x) - want) <= 2e-7 * want);
    }
    assert_true(weft_exp(0.0F) == 1.0F);
    assert_true(weft_exp(-88.0F) == 0.0F && weft_exp(-INFINITY) == 0.0F);
    assert_true(weft_exp(100.0F) == weft_exp(INFINITY) && isfinite(weft_exp(INFINITY)));
    assert_true(isnan(weft_exp(NAN)));
}

static void test_normal(void **state) {
    (void)state;
    for (int i = -200000; i <= 200000; i++) {
        float x = (float)i * 1e-4F, density;
        double phi = (double)weft_normal(x, &density);
        assert_true(fabs(phi - 0.5 * erfc(-(double)x / sqrt(2.0))) <= 3e-7);
        assert_true(fabs((double)density -
                         exp(-0.5 * (double)x * (double)x) / sqrt(2.0 * acos(-1.0))) <= 1e-7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward), cmocka_unit_test(test_backward),
        cmocka_unit_test(test_kinks),   cmocka_unit_test(test_exp),
        cmocka_unit_test(test_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
