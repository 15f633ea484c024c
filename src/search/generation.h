/* SPDX-License-Identifier: Apache-2.0
 *
 * Generations as a function of what was told, whatever the size of the batches. The first `n_first`
 * told trials are the first generation, each `size` trials after them another; when one is
 * complete, the best `size` of survivors and new trials survive ((mu + lambda) selection, in the
 * order of standing.h). Trials are bred from the survivors of the newest complete generation, so
 * batches that divide the population all give the same search. */
#ifndef WEFT_SEARCH_GENERATION_H
#define WEFT_SEARCH_GENERATION_H

#include "search/optimizer.h"
#include "search/standing.h"

typedef struct weft_generation {
    size_t size;
    size_t n_first;
    size_t n_consumed; /* told trials of complete generations */
    size_t n_complete; /* generations */
    size_t n;          /* survivors; 0 before the first generation is complete */
    weft_standing
        *members; /* (n_first or 2 size, whichever is more), survivors first, best first */
} weft_generation;

weft_status weft_generation_create(size_t size, size_t n_first, weft_generation *generation,
                                   weft_error *error) WEFT_NODISCARD;
void weft_generation_destroy(weft_generation *generation);

/* Takes in the generations that the history completes. */
weft_status weft_generation_update(weft_generation *generation, const weft_history *history,
                                   int n_objectives, weft_error *error) WEFT_NODISCARD;

/* The winner of a binary tournament; needs survivors. */
const double *weft_generation_parent(const weft_generation *generation, const weft_history *history,
                                     weft_rng *rng);

#endif
