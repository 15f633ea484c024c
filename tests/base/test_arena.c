/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_pieces_are_aligned_zeroed_and_apart(void **state) {
    (void)state;
    weft_error error;
    weft_arena arena;
    size_t need = weft_arena_room(3, 10) + weft_arena_room(1, 64) + weft_arena_room(7, 9);
    assert_int_equal(weft_arena_create(need, &arena, &error), WEFT_OK);
    unsigned char *a = weft_arena_take(&arena, 3, 10);
    unsigned char *b = weft_arena_take(&arena, 1, 64);
    unsigned char *c = weft_arena_take(&arena, 7, 9);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_true(((uintptr_t)a | (uintptr_t)b | (uintptr_t)c) % 64 == 0);
    memset(a, 1, 30);
    memset(b, 2, 64);
    for (int i = 0; i < 63; i++) {
        assert_int_equal(c[i], 0);
    }
    assert_int_equal(a[29], 1);
    assert_null(weft_arena_take(&arena, 1, 1));
    assert_non_null(weft_arena_take(&arena, 0, 8));
    weft_arena_destroy(&arena);
    weft_arena_destroy(NULL);
}

static void test_overflow_is_refused(void **state) {
    (void)state;
    weft_error error;
    weft_arena arena;
    assert_true(weft_size_product(SIZE_MAX, 2) == SIZE_MAX);
    assert_true(weft_size_product((size_t)1 << 33, (size_t)1 << 33) == SIZE_MAX);
    assert_true(weft_size_product(3, 7) == 21);
    assert_true(weft_size_product(0, SIZE_MAX) == 0);
    assert_true(weft_arena_room(1, 1) == 64);
    assert_true(weft_arena_room(SIZE_MAX - 5, 1) == SIZE_MAX);
    assert_int_equal(weft_arena_create(1000, &arena, &error), WEFT_OK);
    assert_null(weft_arena_take(&arena, SIZE_MAX, 2));
    assert_null(weft_arena_take(&arena, SIZE_MAX - 5, 1));
    assert_non_null(weft_arena_take(&arena, 1000, 1));
    weft_arena_destroy(&arena);
    assert_int_equal(weft_arena_create(SIZE_MAX - 3, &arena, &error), WEFT_ERROR_MEMORY);
    assert_int_equal(error.status, WEFT_ERROR_MEMORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(test_overflow_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
