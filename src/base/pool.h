/* SPDX-License-Identifier: Apache-2.0
 *
 * A pool of threads that runs the items of one batch at a time. */
#ifndef WEFT_BASE_POOL_H
#define WEFT_BASE_POOL_H

#include "base/error.h"

typedef struct weft_pool weft_pool;

/* `threads` >= 1; with 1 the caller's own thread does the work. */
weft_status weft_pool_create(int threads, weft_pool **pool, weft_error *error) WEFT_NODISCARD;
void weft_pool_destroy(weft_pool *pool);
int weft_pool_threads(const weft_pool *pool);

/* Calls work(context, item, thread) for item = 0..n-1, items taken in order by whichever thread is
 * free, thread = 0..threads-1; returns when all are done. */
void weft_pool_run(weft_pool *pool, int n, void (*work)(void *context, int item, int thread),
                   void *context);

#endif
