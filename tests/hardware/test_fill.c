/* SPDX-License-Identifier: Apache-2.0
 *
 * Spatial filling against an exhaustive search, and its invariants. */
#include "hardware/fill.h"

#include <math.h>

#include "hardware/support.h"

enum { CASES = 4000, LARGE = 2000, LEVELS = 2000 };

static weft_fill_memo *fresh_memo(void) {
    weft_fill_memo *memo = calloc(1, sizeof *memo);
    assert_non_null(memo);
    return memo;
}

static int32_t between(weft_rng *rng, int32_t low, int32_t high) {
    return low + (int32_t)weft_rng_below(rng, (uint64_t)(high - low) + 1);
}

/* ---- the most copies that can be busy ---------------------------------------------------------- */

/* A size that does not fit, in even turns. */
static double busy_in_turns(int32_t v, int32_t capacity, int32_t *turn) {
    int32_t turns = (v + capacity - 1) / capacity;
    *turn = (v + turns - 1) / turns;
    return ((double)*turn * (turns - 1) + v % *turn) / turns;
}

/* The largest of all products of divisors, with one last size in turns or without. */
static double exhaustive(const int32_t *size, int32_t capacity) {
    double most = 1;
    int32_t d[WEFT_FILL_MAX_DIMS];
    for (d[0] = 1; d[0] <= size[0]; d[0]++) {
        for (d[1] = 1; d[1] <= size[1]; d[1]++) {
            for (d[2] = 1; d[2] <= size[2]; d[2]++) {
                for (d[3] = 1; d[3] <= size[3]; d[3]++) {
                    int32_t used = d[0] * d[1] * d[2] * d[3];
                    bool divides = size[0] % d[0] == 0 && size[1] % d[1] == 0 &&
                                   size[2] % d[2] == 0 && size[3] % d[3] == 0;
                    if (!divides || used > capacity) {
                        continue;
                    }
                    most = used > most ? used : most;
                    for (int k = 0; k < WEFT_FILL_MAX_DIMS; k++) {
                        int32_t left = capacity / used;
                        int32_t turn = 0;
                        if (size[k] / d[k] > left) {
                            double busy = used * busy_in_turns(size[k] / d[k], left, &turn);
                            most = busy > most ? busy : most;
                        }
                    }
                }
            }
        }
    }
    return most;
}

/* ---- answers ----------------------------------------------------------------------------------- */

/* Copies that the factors of an answer keep busy: all divide their sizes, but one may be in turns. */
static double busy_of(const int32_t *size, int32_t capacity, const int32_t *factor) {
    int32_t used = 1;
    int odd = -1;
    for (int k = 0; k < WEFT_FILL_MAX_DIMS; k++) {
        used *= factor[k];
        if (size[k] % factor[k] != 0) {
            assert_int_equal(odd, -1);
            odd = k;
        }
    }
    assert_true(used >= 1 && used <= capacity);
    if (odd < 0) {
        return used;
    }
    /* The part of the factor that divides the size is not told apart: any that fits will do. */
    double most = 0;
    for (int32_t d = 1; d <= factor[odd]; d++) {
        if (factor[odd] % d == 0 && size[odd] % d == 0) {
            int32_t others = used / factor[odd] * d;
            int32_t turn = 0;
            double busy = others * busy_in_turns(size[odd] / d, capacity / others, &turn);
            most = turn == factor[odd] / d && busy > most ? busy : most;
        }
    }
    return most;
}

static void test_exhaustive(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(31, WEFT_PURPOSE_TEST, 0);
    weft_fill_memo *memo = fresh_memo();
    for (int i = 0; i < CASES; i++) {
        int32_t size[WEFT_FILL_MAX_DIMS];
        for (int k = 0; k < WEFT_FILL_MAX_DIMS; k++) {
            size[k] = weft_rng_below(&rng, 3) == 0 ? 1 : between(&rng, 1, 13);
        }
        int32_t capacity = between(&rng, 1, 70);
        weft_fill_answer answer;
        weft_fill_best(size, capacity, memo, &answer);
        double most = exhaustive(size, capacity);
        if (fabs(answer.busy - most) > most * 1e-12 ||
            busy_of(size, capacity, answer.factor) < most * (1 - 1e-12)) {
            fail_msg("(%d %d %d %d) on %d copies keeps %.6g busy, can %.6g", size[0], size[1],
                     size[2], size[3], capacity, answer.busy, most);
        }
    }
    free(memo);
}

/* A memory of answers changes none of them. */
static void test_memo(void **state) {
    (void)state;
    static const int32_t COMMON[] = {1, 1, 1, 2, 3, 5, 7, 8, 16, 56, 64, 112, 128, 512, 1000, 4096};
    weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, 0);
    weft_fill_memo *kept = fresh_memo();
    weft_fill_memo *none = fresh_memo();
    for (int i = 0; i < LARGE; i++) {
        int32_t size[WEFT_FILL_MAX_DIMS];
        for (int k = 0; k < WEFT_FILL_MAX_DIMS; k++) {
            uint64_t n = sizeof COMMON / sizeof COMMON[0];
            size[k] = COMMON[weft_rng_below(&rng, n)];
        }
        int32_t capacity = between(&rng, 1, 1024);
        weft_fill_answer first, again;
        weft_fill_best(size, capacity, kept, &first);
        memset(none, 0, sizeof *none);
        weft_fill_best(size, capacity, none, &again);
        assert_memory_equal(first.factor, again.factor, sizeof first.factor);
        assert_true(first.busy == again.busy);
    }
    free(kept);
    free(none);
}

/* Sizes at the ends of their range: none overflows, and no more is used than there is. */
static void test_range(void **state) {
    (void)state;
    static const int32_t SIZES[] = {1,     2,       4096,    65536,     1048576,
                                    99991, 1000003, 7654321, 200560490, 2147483647};
    weft_fill_memo *memo = fresh_memo();
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 10; j++) {
            for (int32_t capacity = 1; capacity <= 1 << 20; capacity *= 32) {
                int32_t size[WEFT_FILL_MAX_DIMS] = {SIZES[i], SIZES[j], 1, 1};
                weft_fill_answer answer;
                weft_fill_best(size, capacity, memo, &answer);
                double used = (double)answer.factor[0] * answer.factor[1];
                assert_true(used >= 1 && used <= capacity);
                assert_true(answer.busy <= used && answer.busy > 0.49 * fmin(used, capacity));
            }
        }
    }
    free(memo);
}

/* ---- levels ------------------------------------------------------------------------------------ */

static void test_levels(void **state) {
    (void)state;
    static const weft_fill_group GROUPS[] = {
        {1, {WEFT_DIM_Y}}, {2, {WEFT_DIM_R, WEFT_DIM_S}}, {2, {WEFT_DIM_M, WEFT_DIM_C}},
        {1, {WEFT_DIM_G}}, {2, {WEFT_DIM_P, WEFT_DIM_Q}}, {1, {WEFT_DIM_N}},
    };
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    weft_fill_memo *memo = fresh_memo();
    for (int i = 0; i < LEVELS; i++) {
        int32_t size[WEFT_DIM_COUNT];
        int32_t rest[WEFT_DIM_COUNT];
        int32_t factor[WEFT_DIM_COUNT];
        for (int d = 0; d < WEFT_DIM_COUNT; d++) {
            rest[d] = size[d] = between(&rng, 1, weft_rng_below(&rng, 2) == 0 ? 8 : 600);
        }
        int32_t capacity = between(&rng, 1, 2000);
        weft_fill_level(GROUPS, 6, capacity, rest, factor, memo);
        double used = 1;
        for (int d = 0; d < WEFT_DIM_COUNT; d++) {
            used *= factor[d];
            assert_int_equal(rest[d], (size[d] + factor[d] - 1) / factor[d]);
        }
        assert_true(used <= capacity);
        assert_int_equal(factor[WEFT_DIM_X], 1); /* in no group */
    }
    free(memo);
}

/* Layers of ResNet-18 on ISAAC's levels, as the reference mapped them. */
static void test_published(void **state) {
    (void)state;
    static const weft_fill_group ROW[] = {{3, {WEFT_DIM_R, WEFT_DIM_S, WEFT_DIM_C}}};
    static const weft_fill_group REST[] = {{2, {WEFT_DIM_M, WEFT_DIM_C}},
                                           {2, {WEFT_DIM_P, WEFT_DIM_Q}}};
    int32_t rest[WEFT_DIM_COUNT] = {1, 64, 4, 3, 3, 56, 56, 1, 1, 1};
    int32_t factor[WEFT_DIM_COUNT];
    weft_fill_memo *memo = fresh_memo();
    weft_fill_level(ROW, 1, 128, rest, factor, memo); /* 64 channels of 3 x 3 on 128 rows */
    assert_int_equal(factor[WEFT_DIM_R] * factor[WEFT_DIM_S], 9);
    assert_int_equal(factor[WEFT_DIM_C], 13);
    weft_fill_level(REST, 2, 8, rest, factor, memo); /* arrays of a macro */
    assert_int_equal(factor[WEFT_DIM_M], 4);
    assert_int_equal(factor[WEFT_DIM_C], 2);
    weft_fill_level(REST, 2, 12, rest, factor, memo); /* macros of a tile */
    assert_int_equal(factor[WEFT_DIM_C], 3);
    assert_int_equal(factor[WEFT_DIM_P], 4);
    weft_fill_level(REST, 2, 4, rest, factor, memo); /* tiles at a router */
    assert_int_equal(factor[WEFT_DIM_P], 2);
    assert_int_equal(factor[WEFT_DIM_Q], 2);
    weft_fill_level(REST, 2, 32, rest, factor, memo); /* routers */
    assert_int_equal(factor[WEFT_DIM_P], 7);
    assert_int_equal(factor[WEFT_DIM_Q], 4);
    assert_int_equal(rest[WEFT_DIM_Q], 7);
    free(memo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exhaustive), cmocka_unit_test(test_memo),
        cmocka_unit_test(test_range),      cmocka_unit_test(test_levels),
        cmocka_unit_test(test_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
