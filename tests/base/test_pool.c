/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ITEMS = 5000, MAX_THREADS = 8 };

typedef struct tally {
    int threads;
    int done[MAX_ITEMS];         /* not atomic: an item belongs to one thread */
    long by_thread[MAX_THREADS]; /* nor this: a slot belongs to one thread */
    atomic_int order;            /* the next item to be started */
    atomic_bool out_of_order;
} tally;

static void count_item(void *context, int item, int thread) {
    tally *t = context;
    t->done[item]++;
    if (thread < 0 || thread >= t->threads) {
        abort();
    }
    t->by_thread[thread]++;
}

static void test_every_item_once(void **state) {
    (void)state;
    for (int threads = 1; threads <= MAX_THREADS; threads++) {
        weft_error error;
        weft_pool *pool = NULL;
        assert_int_equal(weft_pool_create(threads, &pool, &error), WEFT_OK);
        assert_int_equal(weft_pool_threads(pool), threads);
        for (int n = 0; n <= MAX_ITEMS; n = 3 * n + 1) {
            tally *t = calloc(1, sizeof *t);
            t->threads = threads;
            weft_pool_run(pool, n, count_item, t);
            long total = 0;
            for (int i = 0; i < MAX_ITEMS; i++) {
                assert_int_equal(t->done[i], i < n);
            }
            for (int i = 0; i < threads; i++) {
                total += t->by_thread[i];
            }
            assert_int_equal(total, n);
            free(t);
        }
        weft_pool_destroy(pool);
    }
}

/* What run returns has been written by all threads: the caller reads it without further care. */
static void add_row(void *context, int item, int thread) {
    (void)thread;
    long *rows = context;
    for (int i = 0; i <= item; i++) {
        rows[item] += i;
    }
}

static void test_many_batches_on_one_pool(void **state) {
    (void)state;
    weft_error error;
    weft_pool *pool = NULL;
    assert_int_equal(weft_pool_create(4, &pool, &error), WEFT_OK);
    for (int batch = 0; batch < 2000; batch++) {
        long rows[16] = {0};
        weft_pool_run(pool, batch % 17, add_row, rows);
        for (int i = 0; i < 16; i++) {
            assert_int_equal(rows[i], i < batch % 17 ? i * (i + 1) / 2 : 0);
        }
    }
    weft_pool_destroy(pool);
}

static void note_order(void *context, int item, int thread) {
    (void)thread;
    tally *t = context;
    if (atomic_fetch_add(&t->order, 1) != item) {
        atomic_store(&t->out_of_order, true);
    }
}

static void test_one_thread_works_in_order_on_the_caller(void **state) {
    (void)state;
    weft_error error;
    weft_pool *pool = NULL;
    tally *t = calloc(1, sizeof *t);
    assert_int_equal(weft_pool_create(1, &pool, &error), WEFT_OK);
    weft_pool_run(pool, 1000, note_order, t);
    assert_false(atomic_load(&t->out_of_order));
    weft_pool_destroy(pool);
    free(t);
}

static void test_bad_sizes_and_empty_pools(void **state) {
    (void)state;
    weft_error error;
    weft_pool *pool = NULL;
    assert_int_equal(weft_pool_create(0, &pool, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_pool_create(-1, &pool, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_pool_create(1 << 20, &pool, &error), WEFT_ERROR_USAGE);
    assert_null(pool);
    weft_pool_destroy(NULL);
    assert_int_equal(weft_pool_create(3, &pool, &error), WEFT_OK);
    weft_pool_destroy(pool); /* without a batch */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_once),
        cmocka_unit_test(test_many_batches_on_one_pool),
        cmocka_unit_test(test_one_thread_works_in_order_on_the_caller),
        cmocka_unit_test(test_bad_sizes_and_empty_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
