/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantization of arrays against its definition in double, what must hold of every quantizer, and the
 * gradient of a learned step against differences of the function that it is the gradient of. */
#include "learn/quant_support.h"

enum { SEED = 20240717, CASES = 400 };

static const weft_type TYPES[] = {WEFT_F32, WEFT_BF16};

/* ---- by hand --------------------------------------------------------------------------------- */

static void test_ranges(void **state) {
    (void)state;
    static const int32_t HIGH[][3] = {{2, 1, 3}, {3, 3, 7}, {4, 7, 15}, {8, 127, 255}};
    for (size_t i = 0; i < sizeof HIGH / sizeof HIGH[0]; i++) {
        weft_quant_range with = weft_quant_range_of(HIGH[i][0], true);
        weft_quant_range without = weft_quant_range_of(HIGH[i][0], false);
        assert_int_equal(with.low, -HIGH[i][1]);
        assert_int_equal(with.high, HIGH[i][1]);
        assert_int_equal(without.low, 0);
        assert_int_equal(without.high, HIGH[i][2]);
    }
    weft_quant_range around = weft_quant_range_around(4, 5);
    assert_int_equal(around.low, -5);
    assert_int_equal(around.high, 10);
}

/* Steps of 1/2: halves to the even one, ends, and what has no value. */
static void test_by_hand(void **state) {
    (void)state;
    static const float X[] = {0.25F, 0.75F,  1.25F, -0.25F, -0.75F,   0.26F,
                              99.0F, -99.0F, 1.5F,  0.0F,   INFINITY, -INFINITY};
    static const float R[] = {0, 2, 2, 0, -2, 1, 3, -3, 3, 0, 3, -3};
    enum { N = sizeof X / sizeof X[0] };
    const float step = 0.5F;
    float y[N], r[N];
    int8_t q[N];
    weft_quant_array array = {WEFT_F32, 1, N};
    weft_quant_range range = weft_quant_range_of(3, true);
    weft_quant_forward(array, range, &step, X, y);
    weft_quant_round(array, range, &step, X, r);
    weft_quant_integers(array, range, 0, &step, X, q);
    for (int i = 0; i < N; i++) {
        assert_true(r[i] == R[i]);
        assert_true(y[i] == 0.5F * R[i]);
        assert_int_equal(q[i], (int)R[i]);
    }
}

/* A value that is NaN stays so, has the integer of 0, and makes the sum of its gradient NaN. */
static void test_nan(void **state) {
    (void)state;
    const float x[] = {1.0F, NAN}, dy[] = {1.0F, 1.0F}, step = 0.5F, no_step = NAN;
    float y[2], dx[2];
    uint8_t q[2];
    double sum;
    weft_quant_array array = {WEFT_F32, 1, 2};
    weft_quant_range range = weft_quant_range_around(3, 2);
    weft_quant_forward(array, range, &step, x, y);
    assert_true(y[0] == 1.0F && isnan(y[1]));
    weft_quant_integers(array, range, 2, &step, x, q);
    assert_int_equal(q[0], 4);
    assert_int_equal(q[1], 2);
    weft_lsq_backward(array, range, &step, x, dy, dx, &sum);
    assert_true(isnan(sum));
    weft_quant_forward(array, range, &no_step, x, y);
    assert_true(isnan(y[0]));
}

/* Steps at and below 0 count as the least one, also for the gradient, and are put there. */
static void test_least_step(void **state) {
    (void)state;
    const float x[] = {1.0F, -1.0F, 0.0F}, least = WEFT_QUANT_LEAST_STEP;
    float y[3], expected[3], steps[] = {-1.0F, 0.0F, 0.25F};
    weft_quant_array array = {WEFT_F32, 1, 3};
    weft_quant_range range = weft_quant_range_of(4, true);
    weft_quant_forward(array, range, &least, x, expected);
    assert_true(expected[0] == 7.0F * WEFT_QUANT_LEAST_STEP);
    for (int i = 0; i < 2; i++) {
        weft_quant_forward(array, range, &steps[i], x, y);
        assert_memory_equal(y, expected, sizeof y);
    }
    weft_quant_hold_steps(steps, 3);
    assert_true(steps[0] == least && steps[1] == least && steps[2] == 0.25F);
}

/* 2 mean|x| / sqrt(7) of {1, -3, 2, 0} is 3 / sqrt(7). */
static void test_initial_step(void **state) {
    (void)state;
    static const float X[] = {1.0F, -3.0F, 2.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F};
    float steps[2];
    weft_quant_range range = weft_quant_range_of(4, true);
    weft_lsq_initial((weft_quant_array){WEFT_F32, 2, 4}, range, X, steps);
    assert_true(fabs((double)steps[0] - 3.0 / sqrt(7.0)) < 1e-7);
    assert_true(steps[1] == 1.0F); /* of zeros */
    assert_true(fabs(weft_lsq_scale(28, range) - 1.0 / 14.0) < 1e-15);
    weft_bf16 half[4];
    for (int i = 0; i < 4; i++) {
        half[i] = weft_to_bf16(X[i]);
    }
    weft_lsq_initial((weft_quant_array){WEFT_BF16, 1, 4}, range, half, &steps[1]);
    assert_true(steps[1] == steps[0]);
}

/* ---- the definition, in double --------------------------------------------------------------- */

/* What r should be; the quotient is that of f32. */
static double expected_r(const quant_case *c, size_t i) {
    float ratio = value_at(c->array.type, c->x, i) / c->steps[i / c->array.n];
    return fmin(fmax(nearbyint((double)ratio), c->range.low), c->range.high);
}

static void check_forward(const quant_case *c, const void *y, const void *r, const uint8_t *q) {
    for (size_t i = 0; i < c->array.rows * c->array.n; i++) {
        double expected = expected_r(c, i);
        float product = (float)expected * c->steps[i / c->array.n];
        product = c->array.type == WEFT_F32 ? product : weft_from_bf16(weft_to_bf16(product));
        assert_true((double)value_at(c->array.type, r, i) == expected);
        assert_true(value_at(c->array.type, y, i) == product);
        int found = c->is_signed ? (int8_t)q[i] : q[i];
        assert_int_equal(found, (int)expected + c->zero);
    }
}

static void test_forward(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(CASES); k++) {
        weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, (uint64_t)k);
        quant_case c = case_make(&rng);
        size_t n = c.array.rows * c.array.n, bytes = n * weft_type_size(c.array.type);
        char *y = malloc(bytes), *r = malloc(bytes), *place = malloc(bytes);
        uint8_t *q = malloc(n);
        weft_quant_forward(c.array, c.range, c.steps, c.x, y);
        weft_quant_round(c.array, c.range, c.steps, c.x, r);
        weft_quant_integers(c.array, c.range, c.zero, c.steps, c.x, q);
        check_forward(&c, y, r, q);
        memcpy(place, c.x, bytes);
        weft_quant_forward(c.array, c.range, c.steps, place, place);
        assert_memory_equal(place, y, bytes);
        free(y);
        free(r);
        free(place);
        free(q);
        case_free(&c);
    }
}

/* dx is dy or 0: dy exactly where rounding alone stays in the range. */
static void test_straight_through(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(CASES); k++) {
        weft_rng rng = weft_rng_make(SEED + 1, WEFT_PURPOSE_TEST, (uint64_t)k);
        quant_case c = case_make(&rng);
        size_t n = c.array.rows * c.array.n, bytes = n * weft_type_size(c.array.type);
        char *dx = malloc(bytes);
        weft_quant_backward(c.array, c.range, c.steps, c.x, c.dy, dx);
        for (size_t i = 0; i < n; i++) {
            double v = (double)value_at(c.array.type, c.x, i) / (double)c.steps[i / c.array.n];
            bool inside = v > c.range.low - 0.5 && v < c.range.high + 0.5;
            float expected = inside ? value_at(c.array.type, c.dy, i) : 0.0F;
            assert_true(value_at(c.array.type, dx, i) == expected);
        }
        char *place = malloc(bytes);
        memcpy(place, c.dy, bytes);
        weft_quant_backward(c.array, c.range, c.steps, c.x, place, place);
        assert_memory_equal(place, dx, bytes);
        free(place);
        free(dx);
        case_free(&c);
    }
}

/* The largest value sets the step: it must learn although x / s may round to just beyond the range. */
static void test_ends_learn(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(SEED + 2, WEFT_PURPOSE_TEST, 0);
    for (int k = 0; k < 1000; k++) {
        weft_quant_range range = weft_quant_range_of(int_between(&rng, 2, 8), true);
        float x = (float)(1e-3 + weft_rng_uniform(&rng)), dy = 1.0F, dx;
        float step = x / (float)range.high;
        weft_quant_backward((weft_quant_array){WEFT_F32, 1, 1}, range, &step, &x, &dy, &dx);
        assert_true(dx == 1.0F);
    }
}

/* ---- what holds of every quantizer ----------------------------------------------------------- */

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* For all bits and both signs, over a wide and a narrow spread of values. */
static void test_properties(void **state) {
    (void)state;
    enum { N = 3000 };
    static float x[N], y[N], again[N];
    weft_quant_array array = {WEFT_F32, 1, N};
    for (int32_t bits = 2; bits <= 8; bits++) {
        for (int kind = 0; kind < 4; kind++) {
            weft_rng rng = weft_rng_make(SEED + 3, WEFT_PURPOSE_TEST, (uint64_t)(bits * 4 + kind));
            weft_quant_range range = weft_quant_range_of(bits, kind % 2 == 0);
            float step = (float)(0.01 + weft_rng_uniform(&rng));
            double spread = (double)step * range.high * (kind < 2 ? 0.5 : 3.0);
            for (int i = 0; i < N; i++) {
                x[i] = (float)(spread * weft_rng_normal(&rng));
            }
            qsort(x, N, sizeof *x, compare_floats);
            weft_quant_forward(array, range, &step, x, y);
            weft_quant_forward(array, range, &step, y, again);
            assert_memory_equal(y, again, sizeof y); /* twice is once */
            for (int i = 0; i < N; i++) {
                assert_true(y[i] >= (float)range.low * step && y[i] <= (float)range.high * step);
                assert_true(i == 0 || y[i] >= y[i - 1]);
                bool inside = y[i] > (float)range.low * step && y[i] < (float)range.high * step;
                assert_true(!inside || fabsf(x[i] - y[i]) <= 0.5000001F * step);
            }
        }
    }
}

/* bf16 keeps integers apart up to 127 of any step; r itself it always keeps. */
static void test_bf16_integers(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(200); k++) {
        weft_rng rng = weft_rng_make(SEED + 4, WEFT_PURPOSE_TEST, (uint64_t)k);
        float step = (float)(1e-3 + weft_rng_uniform(&rng));
        weft_quant_array array = {WEFT_BF16, 1, 255};
        weft_bf16 x[255], y[255], r[255];
        int8_t q[255];
        for (int i = 0; i < 255; i++) {
            x[i] = weft_to_bf16((float)(i - 127) * step);
        }
        weft_quant_range range = weft_quant_range_of(8, true);
        weft_quant_forward(array, range, &step, x, y);
        assert_memory_equal(y, x, sizeof y);
        weft_quant_integers(array, range, 0, &step, x, q);
        weft_quant_round(array, range, &step, x, r);
        for (int i = 0; i < 255; i++) {
            assert_int_equal(q[i], i - 127);
            assert_true(weft_from_bf16(r[i]) == (float)(i - 127));
        }
    }
}

/* A row gives what it gives alone. */
static void test_rows(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(CASES); k++) {
        weft_rng rng = weft_rng_make(SEED + 5, WEFT_PURPOSE_TEST, (uint64_t)k);
        quant_case c = case_make(&rng);
        size_t row_bytes = c.array.n * weft_type_size(c.array.type);
        char *dx = malloc(c.array.rows * row_bytes), *alone = malloc(row_bytes);
        double *sums = malloc(c.array.rows * sizeof *sums);
        weft_lsq_backward(c.array, c.range, c.steps, c.x, c.dy, dx, sums);
        weft_quant_array one = {c.array.type, 1, c.array.n};
        for (size_t row = 0; row < c.array.rows; row++) {
            double sum;
            weft_lsq_backward(one, c.range, &c.steps[row], (char *)c.x + row * row_bytes,
                              (char *)c.dy + row * row_bytes, alone, &sum);
            assert_memory_equal(alone, dx + row * row_bytes, row_bytes);
            assert_true(sum == sums[row]);
        }
        free(dx);
        free(alone);
        free(sums);
        case_free(&c);
    }
}

/* ---- learned steps --------------------------------------------------------------------------- */

/* Straight through means that rounding is taken as adding a constant: with e = r - v at the step s0,
 *     y(s) = s (clamp(x / s, low, high) + e)
 * is the function whose derivative LSQ takes. In double, away from where clamp bends. */
static double surrogate(const quant_case *c, size_t i, double s) {
    double x = (double)value_at(c->array.type, c->x, i), s0 = (double)c->steps[i / c->array.n];
    double v = fmin(fmax(x / s0, c->range.low), c->range.high);
    double e = nearbyint(v) - v;
    return s * (fmin(fmax(x / s, c->range.low), c->range.high) + e);
}

/* False where a value is so near to a kink that rounding in f32 and double may differ. */
static bool is_smooth(const quant_case *c, size_t i) {
    double v = (double)value_at(c->array.type, c->x, i) / (double)c->steps[i / c->array.n];
    double half = fabs(v - floor(v) - 0.5);
    return half > 1e-3 && fabs(v - c->range.low) > 1e-3 && fabs(v - c->range.high) > 1e-3;
}

static void test_step_gradient(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(CASES); k++) {
        weft_rng rng = weft_rng_make(SEED + 6, WEFT_PURPOSE_TEST, (uint64_t)k);
        quant_case c = case_make(&rng);
        size_t n = c.array.rows * c.array.n;
        for (size_t i = 0; i < n; i++) {
            float kept = is_smooth(&c, i) ? value_at(c.array.type, c.dy, i) : 0.0F;
            value_put(c.array.type, c.dy, i, kept);
        }
        char *dx = malloc(n * weft_type_size(c.array.type));
        double *sums = malloc(c.array.rows * sizeof *sums);
        weft_lsq_backward(c.array, c.range, c.steps, c.x, c.dy, dx, sums);
        for (size_t row = 0; row < c.array.rows; row++) {
            double s = (double)c.steps[row], h = 1e-5 * s, expected = 0.0, size = 0.0;
            for (size_t i = row * c.array.n; i < (row + 1) * c.array.n; i++) {
                double slope = (surrogate(&c, i, s + h) - surrogate(&c, i, s - h)) / (2.0 * h);
                double dy = (double)value_at(c.array.type, c.dy, i);
                expected += dy * slope;
                size += fabs(dy) * c.range.high;
            }
            if (fabs(sums[row] - expected) > 1e-6 * size) {
                fail_msg("seed %d case %d row %zu: %.9g, differences give %.9g", SEED + 6, k, row,
                         sums[row], expected);
            }
        }
        free(dx);
        free(sums);
        case_free(&c);
    }
}

/* dx is dy strictly inside the range, 0 outside, also in place. */
static void test_learned_input_gradient(void **state) {
    (void)state;
    for (int k = 0; k < rounds_of(CASES); k++) {
        weft_rng rng = weft_rng_make(SEED + 7, WEFT_PURPOSE_TEST, (uint64_t)k);
        quant_case c = case_make(&rng);
        size_t n = c.array.rows * c.array.n, bytes = n * weft_type_size(c.array.type);
        char *dx = malloc(bytes), *place = malloc(bytes);
        double sums[8], again[8];
        weft_lsq_backward(c.array, c.range, c.steps, c.x, c.dy, dx, sums);
        for (size_t i = 0; i < n; i++) {
            float v = value_at(c.array.type, c.x, i) / c.steps[i / c.array.n];
            bool inside = v > (float)c.range.low && v < (float)c.range.high;
            float expected = inside ? value_at(c.array.type, c.dy, i) : 0.0F;
            assert_true(value_at(c.array.type, dx, i) == expected);
        }
        memcpy(place, c.dy, bytes);
        weft_lsq_backward(c.array, c.range, c.steps, c.x, place, place, again);
        assert_memory_equal(place, dx, bytes);
        assert_memory_equal(sums, again, c.array.rows * sizeof *sums);
        free(dx);
        free(place);
        case_free(&c);
    }
}

/* At the ends themselves equations 3 and 5 take the side outside. */
static void test_at_the_ends(void **state) {
    (void)state;
    const float x[] = {3.5F, -3.5F}, dy[] = {1.0F, 10.0F}, step = 0.5F;
    float dx[2];
    double sum;
    weft_lsq_backward((weft_quant_array){WEFT_F32, 1, 2}, weft_quant_range_of(4, true), &step, x,
                      dy, dx, &sum);
    assert_true(dx[0] == 0.0F && dx[1] == 0.0F);
    assert_true(sum == 7.0 - 70.0);
}

/* Parts of a batch, added in their order, give the sum of the whole to rounding; and the same parts
 * the same bits wherever they lie in memory. */
static void test_lanes(void **state) {
    (void)state;
    enum { LANES = 4, N = 1000 };
    for (size_t t = 0; t < 2; t++) {
        weft_rng rng = weft_rng_make(SEED + 8, WEFT_PURPOSE_TEST, t);
        size_t size = weft_type_size(TYPES[t]);
        char *x = normal_values(&rng, TYPES[t], (size_t)LANES * N, 1.0);
        char *dy = normal_values(&rng, TYPES[t], (size_t)LANES * N, 1.0);
        char *dx = malloc(LANES * N * size), *moved = malloc(N * size + 64);
        weft_quant_range range = weft_quant_range_of(4, false);
        const float step = 0.15F;
        double whole, parts = 0.0;
        weft_lsq_backward((weft_quant_array){TYPES[t], 1, (size_t)LANES * N}, range, &step, x, dy,
                          dx, &whole);
        for (size_t lane = 0; lane < LANES; lane++) {
            weft_quant_array array = {TYPES[t], 1, N};
            double part, again;
            weft_lsq_backward(array, range, &step, x + lane * N * size, dy + lane * N * size, dx,
                              &part);
            memcpy(moved + size * (lane + 1), x + lane * N * size, N * size);
            weft_lsq_backward(array, range, &step, moved + size * (lane + 1), dy + lane * N * size,
                              dx, &again);
            assert_true(part == again);
            parts += part;
        }
        assert_true(fabs(parts - whole) <= 1e-12 * N * range.high);
        assert_true(fabs(whole) > 1.0);
        free(x);
        free(dy);
        free(dx);
        free(moved);
    }
}

/* The step is learned: descent on the square of x - y ends near the best step of normal values. */
static void test_descent(void **state) {
    (void)state;
    enum { N = 4000 };
    static float x[N], y[N], dy[N], dx[N];
    weft_rng rng = weft_rng_make(SEED + 9, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < N; i++) {
        x[i] = (float)weft_rng_normal(&rng);
    }
    weft_quant_array array = {WEFT_F32, 1, N};
    weft_quant_range range = weft_quant_range_of(4, true);
    float step = 0.05F;
    double first = 0.0, error = 0.0;
    for (int k = 0; k < 300; k++) {
        double sum;
        error = 0.0;
        weft_quant_forward(array, range, &step, x, y);
        for (int i = 0; i < N; i++) {
            dy[i] = 2.0F * (y[i] - x[i]) / (float)N;
            error += (double)(y[i] - x[i]) * (double)(y[i] - x[i]) / N;
        }
        first = k == 0 ? error : first;
        weft_lsq_backward(array, range, &step, x, dy, dx, &sum);
        step -= 0.01F * (float)sum;
    }
    /* Max, "Quantizing for minimum distortion", 1960, has 0.01154 for the best 16 even levels. */
    assert_true(first > 0.3 && error < 0.0145);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_nan),
        cmocka_unit_test(test_least_step),
        cmocka_unit_test(test_initial_step),
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_straight_through),
        cmocka_unit_test(test_ends_learn),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_bf16_integers),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_step_gradient),
        cmocka_unit_test(test_learned_input_gradient),
        cmocka_unit_test(test_at_the_ends),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_descent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
