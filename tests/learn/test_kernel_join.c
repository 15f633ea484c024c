/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums, products, copies along the channels, dropout, and plain arrays, each against its definition
 * one value at a time. */
#include "learn/kernel/array.h"
#include "learn/kernel/join.h"
#include "learn/kernel_support.h"

/* Images, positions and channels at random. */
typedef struct sizes {
    size_t images, positions, channels, n;
} sizes;

static sizes random_sizes(weft_rng *rng) {
    static const size_t channels[] = {1, 3, 8, 16, 24, 144, 129};
    sizes s = {.images = between(rng, 1, 3), .channels = one_of(rng, channels, 7)};
    s.positions = between(rng, 1, weft_rng_below(rng, 5) == 0 ? 700 : 40);
    s.n = s.images * s.positions * s.channels;
    return s;
}

static void check_copy(const values *in_place, const values *want, const char *what, int round) {
    canaries_live(in_place, what, round);
    assert_memory_equal(in_place->at, want->at, want->n * weft_type_size(want->type));
}

static void test_add(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(60); round++) {
        weft_rng rng = stream_of(1, round);
        size_t n = random_sizes(&rng).n;
        weft_type type = type_of(round);
        bool relu = round / 2 % 2 != 0;
        values a = values_random(&rng, type, n, -5.0, 5.0);
        values b = values_random(&rng, type, n, -5.0, 5.0);
        values y = values_make(type, n);
        double *want = doubles(n);
        for (size_t i = 0; i < n; i++) {
            double sum = a.exact[i] + b.exact[i];
            want[i] = relu && sum < 0.0 ? 0.0 : sum;
        }
        weft_add(type, relu, a.at, b.at, y.at, n);
        values_check(&y, want, 1e-6, "y", round);
        weft_add(type, relu, a.at, b.at, b.at, n);
        check_copy(&b, &y, "y in place", round);
        values_free(&a);
        values_free(&b);
        values_free(&y);
        free(want);
    }
}

static void test_multiply(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(60); round++) {
        weft_rng rng = stream_of(2, round);
        sizes s = random_sizes(&rng);
        weft_type type = type_of(round);
        values x = values_random(&rng, type, s.n, -1.0, 2.0);
        values dy = values_random(&rng, type, s.n, -1.0, 1.5);
        values factor = values_random(&rng, type, s.images * s.channels, -1.0, 1.0);
        values y = values_make(type, s.n), sum = values_make(type, factor.n);
        double *want = doubles(s.n), *want_sum = doubles(factor.n);
        for (size_t i = 0; i < s.n; i++) {
            want[i] = x.exact[i] * dy.exact[i];
        }
        weft_multiply(type, x.at, dy.at, y.at, s.n);
        values_check(&y, want, 1e-6, "product", round);
        for (size_t i = 0; i < s.n; i++) {
            size_t k = i / s.channels / s.positions * s.channels + i % s.channels;
            want[i] = x.exact[i] * factor.exact[k];
            want_sum[k] += x.exact[i] * dy.exact[i];
        }
        weft_multiply_channels(type, x.at, factor.at, y.at, s.images, s.positions, s.channels);
        values_check(&y, want, 1e-6, "scaled", round);
        weft_multiply_channels_sum(type, x.at, dy.at, sum.at, s.images, s.positions, s.channels);
        values_check(&sum, want_sum, 2e-6 * (1.0 + largest(want_sum, sum.n)), "sum", round);
        weft_multiply_channels(type, x.at, factor.at, x.at, s.images, s.positions, s.channels);
        check_copy(&x, &y, "scaled in place", round);
        values_free(&x);
        values_free(&dy);
        values_free(&factor);
        values_free(&y);
        values_free(&sum);
        free(want);
        free(want_sum);
    }
}

static void test_channels(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(60); round++) {
        weft_rng rng = stream_of(3, round);
        weft_type type = type_of(round);
        size_t channels = between(&rng, 1, 20), positions = between(&rng, 1, 30);
        weft_channels from = {.first = between(&rng, 0, 5)}, to = {.first = between(&rng, 0, 5)};
        from.of = from.first + channels + between(&rng, 0, 3);
        to.of = to.first + channels + between(&rng, 0, 3);
        values x = values_random(&rng, type, positions * from.of, -1.0, 1.0);
        values y = values_random(&rng, type, positions * to.of, 2.0, 3.0);
        double *want = doubles(y.n);
        for (size_t i = 0; i < y.n; i++) {
            size_t c = i % to.of - to.first, p = i / to.of;
            bool copied = i % to.of >= to.first && c < channels;
            want[i] = copied ? x.exact[p * from.of + from.first + c] : y.exact[i];
        }
        weft_channels_copy(type, x.at, from, y.at, to, channels, positions);
        values_check(&y, want, 0.0, "copied", round);
        for (size_t i = 0; i < y.n; i++) {
            bool cleared = i % to.of >= to.first && i % to.of < to.first + channels;
            want[i] = cleared ? 0.0 : want[i];
        }
        weft_channels_clear(type, y.at, to, channels, positions);
        values_check(&y, want, 0.0, "cleared", round);
        values_free(&x);
        values_free(&y);
        free(want);
    }
}

static void test_dropout(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(40); round++) {
        weft_rng rng = stream_of(4, round);
        weft_type type = type_of(round);
        size_t n = between(&rng, 1, 300);
        values x = values_random(&rng, type, n, -1.0, 1.0), y = values_make(type, n);
        double *want = doubles(n);
        uint8_t *kept = malloc((n + 7) / 8);
        assert_non_null(kept);
        for (size_t i = 0; i < (n + 7) / 8; i++) {
            kept[i] = (uint8_t)weft_rng_u32(&rng);
        }
        for (size_t i = 0; i < n; i++) {
            want[i] = (kept[i / 8] >> (i % 8)) % 2 != 0 ? x.exact[i] * 1.25 : 0.0;
        }
        weft_dropout(type, x.at, kept, 1.25F, y.at, n);
        values_check(&y, want, 1e-6, "dropout", round);
        weft_dropout(type, x.at, kept, 1.25F, x.at, n);
        check_copy(&x, &y, "dropout in place", round);
        free(kept);
        free(want);
        values_free(&x);
        values_free(&y);
    }
}

/* Images that are dropped hold NaN: nothing of them may come through. */
static void test_drop_path(void **state) {
    (void)state;
    enum { IMAGES = 3 };
    for (int round = 0; round < rounds_of(40); round++) {
        weft_rng rng = stream_of(5, round);
        weft_type type = type_of(round);
        size_t size = between(&rng, 1, 100);
        values x = values_random(&rng, type, IMAGES * size, -1.0, 1.0);
        values y = values_make(type, x.n);
        float factor[IMAGES];
        double *want = doubles(x.n);
        for (size_t i = 0; i < x.n; i++) {
            size_t image = i / size;
            factor[image] = ((size_t)round + image) % 3 == 0 ? 0.0F : 1.25F;
            want[i] = (double)factor[image] * x.exact[i];
            if (factor[image] == 0.0F) {
                values_set(&x, i, NAN);
            }
        }
        weft_drop_path(type, x.at, factor, y.at, IMAGES, size);
        values_check(&y, want, 1e-6, "drop path", round);
        weft_drop_path(type, x.at, factor, x.at, IMAGES, size);
        check_copy(&x, &y, "drop path in place", round);
        values_free(&x);
        values_free(&y);
        free(want);
    }
}

/* ---- plain arrays ------------------------------------------------------------------------------ */

/* The nearest bf16 by trying the neighbours: halves go to the even one. */
static weft_bf16 nearest(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    weft_bf16 low = (weft_bf16)(bits >> 16), high = (weft_bf16)(low + 1);
    if (!isfinite(value)) {
        return low;
    }
    uint32_t above_bits = (uint32_t)high << 16;
    double a = (double)weft_from_bf16(low), x = (double)value, b = 0.0;
    float above;
    memcpy(&above, &above_bits, sizeof above);
    /* The step to infinity is as long as the one before. */
    b = isfinite(above) ? (double)above : a + (a - (double)weft_from_bf16((weft_bf16)(low - 1)));
    double to_low = fabs(x - a), to_high = fabs(b - x);
    if (to_low != to_high) {
        return to_low < to_high ? low : high;
    }
    return low % 2 == 0 ? low : high;
}

static void test_convert(void **state) {
    (void)state;
    enum { N = 100003 };
    weft_rng rng = stream_of(6, 0);
    values x = values_make(WEFT_F32, N), y = values_make(WEFT_BF16, N);
    values back = values_make(WEFT_F32, N);
    for (size_t i = 0; i < N; i++) {
        uint32_t bits = weft_rng_u32(&rng);
        bits = i % 3 == 0 ? bits & 0xffff8000U : bits; /* halves, too */
        memcpy((float *)x.at + i, &bits, sizeof bits);
    }
    weft_array_convert(WEFT_F32, x.at, WEFT_BF16, y.at, N);
    weft_array_convert(WEFT_BF16, y.at, WEFT_F32, back.at, N);
    canaries_live(&y, "bf16", 0);
    canaries_live(&back, "f32", 0);
    for (size_t i = 0; i < N; i++) {
        float value = ((const float *)x.at)[i];
        weft_bf16 got = ((const weft_bf16 *)y.at)[i];
        if (isnan(value)) {
            assert_true(isnan(weft_from_bf16(got)));
        } else {
            assert_int_equal(got, nearest(value));
            assert_true(((const float *)back.at)[i] == weft_from_bf16(got));
        }
    }
    weft_array_convert(WEFT_F32, x.at, WEFT_F32, back.at, N);
    assert_memory_equal(back.at, x.at, N * sizeof(float));
    values_free(&x);
    values_free(&y);
    values_free(&back);
}

static void test_sums(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(30); round++) {
        weft_rng rng = stream_of(7, round);
        weft_type type = type_of(round);
        size_t n = between(&rng, 1, 400);
        values x = values_random(&rng, type, n, -1.0, 1.0);
        values y = values_random(&rng, type, n, -1.0, 1.0);
        double *want = doubles(n);
        for (size_t i = 0; i < n; i++) {
            want[i] = x.exact[i] + y.exact[i];
        }
        weft_array_add(type, x.at, y.at, n);
        values_check(&y, want, 1e-6, "sum", round);
        for (size_t i = 0; i < n; i++) {
            want[i] = x.exact[i] * -0.75;
        }
        weft_array_scale(type, -0.75F, x.at, x.at, n);
        values_check(&x, want, 1e-6, "scaled", round);
        values a = values_random(&rng, WEFT_F32, n, -1.0, 1.0);
        values b = values_random(&rng, WEFT_F32, n, -1.0, 1.0);
        for (size_t i = 0; i < n; i++) {
            want[i] = b.exact[i] + 0.3 * a.exact[i];
        }
        weft_array_axpy(0.3F, a.at, b.at, n);
        values_check(&b, want, 1e-6, "axpy", round);
        values_free(&x);
        values_free(&y);
        values_free(&a);
        values_free(&b);
        free(want);
    }
}

static void test_transpose(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(30); round++) {
        weft_rng rng = stream_of(8, round);
        weft_type type = type_of(round);
        size_t count = between(&rng, 1, 3), rows = between(&rng, 1, 50),
               columns = between(&rng, 1, 50);
        size_t n = count * rows * columns;
        values x = values_random(&rng, type, n, -1.0, 1.0);
        values y = values_make(type, n), back = values_make(type, n);
        double *want = doubles(n);
        for (size_t i = 0; i < n; i++) {
            size_t r = i / columns % rows, c = i % columns;
            want[i / columns / rows * rows * columns + c * rows + r] = x.exact[i];
        }
        weft_array_transpose(type, x.at, y.at, count, rows, columns);
        values_check(&y, want, 0.0, "transposed", round);
        weft_array_transpose(type, y.at, back.at, count, columns, rows);
        check_copy(&back, &x, "transposed back", round);
        values_free(&x);
        values_free(&y);
        values_free(&back);
        free(want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),       cmocka_unit_test(test_multiply),
        cmocka_unit_test(test_channels),  cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_drop_path), cmocka_unit_test(test_convert),
        cmocka_unit_test(test_sums),      cmocka_unit_test(test_transpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
