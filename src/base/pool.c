/* SPDX-License-Identifier: Apache-2.0
 *
 * The threads of a pool sleep until a batch is announced, take items from a counter until it runs
 * out, and the last one to finish wakes the caller. The caller's own thread works too: it is thread
 * 0, so a pool of n threads starts n - 1. */
#include "base/pool.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct worker {
    weft_pool *pool;
    pthread_t thread;
    int index;
} worker;

struct weft_pool {
    int threads;
    int started; /* workers whose thread exists */
    worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t announced; /* a batch is there, or the pool closes */
    pthread_cond_t finished;  /* no worker is busy with the batch any more */
    /* Under the mutex: */
    unsigned long batch; /* number of the batch announced last */
    int busy;            /* workers that have not left the batch */
    bool closing;
    void (*work)(void *context, int item, int thread);
    void *context;
    int n;
    atomic_int next; /* the first item that nobody has taken */
};

static void take_items(weft_pool *pool, int thread) {
    for (;;) {
        int item = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (item >= pool->n) {
            return;
        }
        pool->work(pool->context, item, thread);
    }
}

static void *run_worker(void *argument) {
    worker *self = argument;
    weft_pool *pool = self->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->closing && pool->batch == seen) {
            pthread_cond_wait(&pool->announced, &pool->mutex);
        }
        if (pool->closing) {
            break;
        }
        seen = pool->batch;
        pthread_mutex_unlock(&pool->mutex);
        take_items(pool, self->index);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy == 0) {
            pthread_cond_signal(&pool->finished);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

weft_status weft_pool_create(int threads, weft_pool **pool, weft_error *error) {
    if (threads < 1 || threads > 4096) {
        return weft_fail(error, WEFT_ERROR_USAGE, "a pool of %d threads; expected 1 to 4096",
                         threads);
    }
    weft_pool *made = calloc(1, sizeof *made);
    worker *workers = calloc((size_t)threads, sizeof *workers);
    if (made == NULL || workers == NULL) {
        free(made);
        free(workers);
        return weft_fail_memory(error, (size_t)threads * sizeof *workers);
    }
    made->threads = threads;
    made->workers = workers;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->announced, NULL);
    pthread_cond_init(&made->finished, NULL);
    for (int i = 1; i < threads; i++) {
        worker *self = &made->workers[made->started];
        *self = (worker){.pool = made, .index = i};
        if (pthread_create(&self->thread, NULL, run_worker, self) != 0) {
            weft_pool_destroy(made);
            return weft_fail(error, WEFT_ERROR_MEMORY, "the system refused thread %d of %d", i + 1,
                             threads);
        }
        made->started++;
    }
    *pool = made;
    return WEFT_OK;
}

void weft_pool_destroy(weft_pool *pool) {
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    pthread_cond_broadcast(&pool->announced);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->announced);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool);
}

int weft_pool_threads(const weft_pool *pool) {
    return pool->threads;
}

void weft_pool_run(weft_pool *pool, int n, void (*work)(void *context, int item, int thread),
                   void *context) {
    pthread_mutex_lock(&pool->mutex);
    pool->work = work;
    pool->context = context;
    pool->n = n;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pool->busy = pool->started;
    pool->batch++;
    pthread_cond_broadcast(&pool->announced);
    pthread_mutex_unlock(&pool->mutex);
    take_items(pool, 0);
    pthread_mutex_lock(&pool->mutex);
    while (pool->busy > 0) {
        pthread_cond_wait(&pool->finished, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}
