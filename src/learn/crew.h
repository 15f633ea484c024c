/* SPDX-License-Identifier: Apache-2.0
 *
 * A crew: the threads that run an engine, each with its own door to oneDNN, and the memory of the
 * engine before. A crew is kept while engines come and go (networks of a search, samples of a
 * supernet): kernels that were made once are found again, and memory is not asked for anew.
 *
 * A crew runs one engine at a time. Its threads wait for each other at barriers that give the core
 * away after some microseconds, so that a busy machine slows a crew down by its share alone. */
#ifndef WEFT_LEARN_CREW_H
#define WEFT_LEARN_CREW_H

#include "base/arena.h"
#include "base/error.h"
#include "learn/choice.h"
#include "learn/onednn.h"

typedef struct weft_crew weft_crew;

enum { WEFT_CREW_MAX_THREADS = 256 };

/* `threads` 1 .. WEFT_CREW_MAX_THREADS, the caller's own among them. */
weft_status weft_crew_create(int threads, weft_crew **crew, weft_error *error) WEFT_NODISCARD;
void weft_crew_destroy(weft_crew *crew);

int weft_crew_threads(const weft_crew *crew);

/* The door of worker 0 .. threads - 1: for that worker, or for the caller while nothing runs. */
weft_dnn *weft_crew_door(const weft_crew *crew, int worker);

/* Calls work(context, worker) once on each thread and returns when all are done. */
void weft_crew_run(weft_crew *crew, void (*work)(void *context, int worker), void *context);

/* Within `work`: waits until all workers are here. What each wrote before is seen by all behind. */
void weft_crew_meet(weft_crew *crew, int worker);

/* Memory for an engine: that of the engine before where it is large enough. Given back with
 * weft_crew_return; not zeroed. */
weft_status weft_crew_lend(weft_crew *crew, size_t bytes, weft_arena *arena,
                           weft_error *error) WEFT_NODISCARD;
void weft_crew_return(weft_crew *crew, weft_arena *arena);

/* What a backend keeps for all engines of a crew: handed to `leave` when the crew is destroyed. NULL
 * before it was set. */
void weft_crew_keep(weft_crew *crew, void *guest, void (*leave)(void *guest));
void *weft_crew_guest(const weft_crew *crew);

/* Bytes that it has to lend, or gives back before it asks for more. */
size_t weft_crew_spare(const weft_crew *crew);

#endif
