/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The known answer of Random123 (kat_vectors, philox4x32 10): all words zero. */
static void test_published_vector(void **state) {
    (void)state;
    weft_rng rng = {.used = 4};
    const uint32_t expected[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(weft_rng_u32(&rng), expected[i]);
    }
}

/* Philox4x32-10 written from the paper (figure 3 and table 2), to be compared with Random123's. */
static void philox_of_the_paper(const uint32_t counter[4], const uint32_t key[2],
                                uint32_t block[4]) {
    uint32_t c[4], k[2] = {key[0], key[1]};
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53 * c[0];
        uint64_t b = (uint64_t)0xCD9E8D57 * c[2];
        uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ k[0], (uint32_t)b,
                            (uint32_t)(a >> 32) ^ c[3] ^ k[1], (uint32_t)a};
        memcpy(c, next, sizeof c);
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    memcpy(block, c, sizeof c);
}

static void test_stream_is_philox_of_its_name(void **state) {
    (void)state;
    const uint64_t seed = 0x0123456789ABCDEF, index = 0xFEDCBA9876543210;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SHUFFLE, index);
    for (uint32_t block_number = 0; block_number < 5; block_number++) {
        const uint32_t counter[4] = {block_number, WEFT_PURPOSE_SHUFFLE, (uint32_t)index,
                                     (uint32_t)(index >> 32)};
        const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
        uint32_t block[4];
        philox_of_the_paper(counter, key, block);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(weft_rng_u32(&rng), block[i]);
        }
    }
}

static void test_streams_differ_and_repeat(void **state) {
    (void)state;
    weft_rng a = weft_rng_make(7, WEFT_PURPOSE_ASK, 3);
    weft_rng b = weft_rng_make(7, WEFT_PURPOSE_ASK, 3);
    weft_rng c = weft_rng_make(7, WEFT_PURPOSE_ASK, 4);
    weft_rng d = weft_rng_make(7, WEFT_PURPOSE_DROPOUT, 3);
    weft_rng e = weft_rng_make(8, WEFT_PURPOSE_ASK, 3);
    int same_c = 0, same_d = 0, same_e = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t value = weft_rng_u32(&a);
        assert_int_equal(value, weft_rng_u32(&b));
        same_c += value == weft_rng_u32(&c);
        same_d += value == weft_rng_u32(&d);
        same_e += value == weft_rng_u32(&e);
    }
    assert_true(same_c <= 1 && same_d <= 1 && same_e <= 1);
}

static void test_uniform_moments(void **state) {
    (void)state;
    enum { N = 200000 };
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    double sum = 0.0, squares = 0.0, least = 1.0, most = 0.0;
    for (int i = 0; i < N; i++) {
        double u = weft_rng_uniform(&rng);
        assert_true(u >= 0.0 && u < 1.0);
        sum += u;
        squares += u * u;
        least = u < least ? u : least;
        most = u > most ? u : most;
    }
    /* Five standard errors of the mean (sigma = 1/sqrt(12)) and of the mean square (2/sqrt(45)). */
    assert_true(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
    assert_true(fabs(squares / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
    assert_true(least < 1e-3 && most > 1 - 1e-3);
}

static void test_normal_moments(void **state) {
    (void)state;
    enum { N = 200000 };
    weft_rng rng = weft_rng_make(2, WEFT_PURPOSE_TEST, 0);
    double sum = 0.0, squares = 0.0, fourth = 0.0;
    int beyond_one = 0;
    for (int i = 0; i < N; i++) {
        double z = weft_rng_normal(&rng);
        assert_true(isfinite(z));
        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
        beyond_one += fabs(z) > 1.0;
    }
    assert_true(fabs(sum / N) < 5 * sqrt(1.0 / N));
    assert_true(fabs(squares / N - 1.0) < 5 * sqrt(2.0 / N));
    assert_true(fabs(fourth / N - 3.0) < 5 * sqrt(96.0 / N));
    assert_true(fabs(beyond_one / (double)N - 0.3173105) < 5 * sqrt(0.2166 / N));
}

/* Chi-squared of the counts: 6 degrees of freedom, 22.46 is the 99.9 % point. */
static void test_below_is_even(void **state) {
    (void)state;
    enum { N = 70000, SIDES = 7 };
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 0);
    int counts[SIDES] = {0};
    for (int i = 0; i < N; i++) {
        counts[weft_rng_below(&rng, SIDES)]++;
    }
    double chi2 = 0.0;
    for (int i = 0; i < SIDES; i++) {
        double difference = counts[i] - (double)N / SIDES;
        chi2 += difference * difference / ((double)N / SIDES);
    }
    assert_true(chi2 < 22.46);
    assert_int_equal(weft_rng_below(&rng, 1), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(weft_rng_below(&rng, UINT64_MAX) < UINT64_MAX);
    }
}

static void test_shuffle_is_an_even_permutation_draw(void **state) {
    (void)state;
    enum { N = 4, DRAWS = 24000, ORDERS = 256 };
    weft_rng rng = weft_rng_make(4, WEFT_PURPOSE_TEST, 0);
    int counts[ORDERS] = {0};
    for (int draw = 0; draw < DRAWS; draw++) {
        uint32_t order[N] = {0, 1, 2, 3};
        weft_rng_shuffle(&rng, order, N);
        unsigned seen = 0, code = 0;
        for (int i = 0; i < N; i++) {
            seen |= 1u << order[i];
            code = code * 4 + order[i];
        }
        assert_int_equal(seen, 15);
        counts[code]++;
    }
    int orders = 0;
    for (int i = 0; i < ORDERS; i++) {
        orders += counts[i] > 0;
        assert_true(counts[i] == 0 || (counts[i] > 800 && counts[i] < 1200));
    }
    assert_int_equal(orders, 24);
    weft_rng_shuffle(&rng, NULL, 0);
}

/* XXH3's own answers (xxHash 0.8, XXH3_64bits_withSeed of the empty text). */
static void test_hash_is_xxh3(void **state) {
    (void)state;
    assert_true(weft_hash("", 0, 0) == 0x2D06800538D394C2u);
    assert_true(weft_hash("a", 1, 0) != weft_hash("b", 1, 0));
    assert_true(weft_hash("a", 1, 0) != weft_hash("a", 1, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vector),
        cmocka_unit_test(test_stream_is_philox_of_its_name),
        cmocka_unit_test(test_streams_differ_and_repeat),
        cmocka_unit_test(test_uniform_moments),
        cmocka_unit_test(test_normal_moments),
        cmocka_unit_test(test_below_is_even),
        cmocka_unit_test(test_shuffle_is_an_even_permutation_draw),
        cmocka_unit_test(test_hash_is_xxh3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
