/* SPDX-License-Identifier: Apache-2.0
 *
 * See crew.h. The barrier is a counter and a generation: the last to come starts a new generation,
 * the others watch for it, at first without giving the core away: kernels take some ten microseconds
 * to some milliseconds, and all workers have about the same to do. */
#include "learn/crew.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/pool.h"

enum { LOOKS_BEFORE_YIELD = 4000 };

struct weft_crew {
    weft_pool *pool;
    int threads;
    weft_dnn **doors; /* (threads) */
    weft_arena spare;
    void *guest;
    void (*leave)(void *guest);
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint generation;
    void (*work)(void *context, int worker);
    void *context;
};

static weft_status open_doors(weft_crew *crew, weft_error *error) {
    crew->doors = calloc((size_t)crew->threads, sizeof *crew->doors);
    if (crew->doors == NULL) {
        return weft_fail_memory(error, (size_t)crew->threads * sizeof *crew->doors);
    }
    for (int i = 0; i < crew->threads; i++) {
        WEFT_TRY(weft_dnn_create(&crew->doors[i], error));
    }
    return WEFT_OK;
}

weft_status weft_crew_create(int threads, weft_crew **crew, weft_error *error) {
    if (threads < 1 || threads > WEFT_CREW_MAX_THREADS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%d threads; expected 1 to %d", threads,
                         WEFT_CREW_MAX_THREADS);
    }
    weft_crew *made = aligned_alloc(64, (sizeof *made + 63) / 64 * 64);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    *made = (weft_crew){.threads = threads};
    atomic_init(&made->arrived, 0);
    atomic_init(&made->generation, 0);
    weft_status status = weft_pool_create(threads, &made->pool, error);
    if (status == WEFT_OK) {
        status = open_doors(made, error);
    }
    if (status != WEFT_OK) {
        weft_crew_destroy(made);
        return status;
    }
    *crew = made;
    return WEFT_OK;
}

void weft_crew_destroy(weft_crew *crew) {
    if (crew == NULL) {
        return;
    }
    for (int i = 0; crew->doors != NULL && i < crew->threads; i++) {
        weft_dnn_destroy(crew->doors[i]);
    }
    free(crew->doors);
    if (crew->guest != NULL) {
        crew->leave(crew->guest);
    }
    weft_pool_destroy(crew->pool);
    weft_arena_destroy(&crew->spare);
    free(crew);
}

int weft_crew_threads(const weft_crew *crew) {
    return crew->threads;
}

weft_dnn *weft_crew_door(const weft_crew *crew, int worker) {
    return crew->doors[worker];
}

/* ---- running --------------------------------------------------------------------------------- */

/* A worker is an item of the pool: whoever takes it runs it to its end, so all are taken. */
static void run_item(void *context, int item, int thread) {
    (void)thread;
    weft_crew *crew = context;
    crew->work(crew->context, item);
}

void weft_crew_run(weft_crew *crew, void (*work)(void *context, int worker), void *context) {
    crew->work = work;
    crew->context = context;
    weft_pool_run(crew->pool, crew->threads, run_item, crew);
}

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void weft_crew_meet(weft_crew *crew, int worker) {
    (void)worker;
    if (crew->threads == 1) {
        return;
    }
    unsigned generation = atomic_load_explicit(&crew->generation, memory_order_acquire);
    if (atomic_fetch_add_explicit(&crew->arrived, 1, memory_order_acq_rel) == crew->threads - 1) {
        atomic_store_explicit(&crew->arrived, 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&crew->generation, 1, memory_order_release);
        return;
    }
    for (int looks = 0; atomic_load_explicit(&crew->generation, memory_order_acquire) == generation;
         looks++) {
        if (looks < LOOKS_BEFORE_YIELD) {
            pause_briefly();
        } else {
            sched_yield();
        }
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

weft_status weft_crew_lend(weft_crew *crew, size_t bytes, weft_arena *arena, weft_error *error) {
    if (crew->spare.base != NULL && crew->spare.size >= bytes) {
        *arena = crew->spare;
        arena->used = 0;
        crew->spare = (weft_arena){0};
        return WEFT_OK;
    }
    weft_arena_destroy(&crew->spare);
    return weft_arena_create(bytes, arena, error);
}

size_t weft_crew_spare(const weft_crew *crew) {
    return crew->spare.base != NULL ? crew->spare.size : 0;
}

void weft_crew_return(weft_crew *crew, weft_arena *arena) {
    if (crew->spare.base == NULL || crew->spare.size < arena->size) {
        weft_arena_destroy(&crew->spare);
        crew->spare = *arena;
    } else {
        weft_arena_destroy(arena);
    }
    *arena = (weft_arena){0};
}

void weft_crew_keep(weft_crew *crew, void *guest, void (*leave)(void *guest)) {
    crew->guest = guest;
    crew->leave = leave;
}

void *weft_crew_guest(const weft_crew *crew) {
    return crew->guest;
}
