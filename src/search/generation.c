/* SPDX-License-Identifier: Apache-2.0 */
#include "search/generation.h"

#include <stdlib.h>

weft_status weft_generation_create(size_t size, size_t n_first, weft_generation *generation,
                                   weft_error *error) {
    *generation = (weft_generation){.size = size, .n_first = n_first};
    size_t room = n_first > 2 * size ? n_first : 2 * size;
    generation->members = calloc(room, sizeof *generation->members);
    return generation->members != NULL
               ? WEFT_OK
               : weft_fail_memory(error, room * sizeof *generation->members);
}

void weft_generation_destroy(weft_generation *generation) {
    free(generation->members);
    generation->members = NULL;
}

weft_status weft_generation_update(weft_generation *generation, const weft_history *history,
                                   int n_objectives, weft_error *error) {
    for (;;) {
        size_t fresh = generation->n_complete == 0 ? generation->n_first : generation->size;
        if (history->n - generation->n_consumed < fresh) {
            return WEFT_OK;
        }
        for (size_t i = 0; i < fresh; i++) {
            generation->members[generation->n + i].row = generation->n_consumed + i;
        }
        WEFT_TRY(weft_standings_sort(history, n_objectives, generation->members,
                                     generation->n + fresh, error));
        generation->n += fresh;
        generation->n = generation->n < generation->size ? generation->n : generation->size;
        generation->n_consumed += fresh;
        generation->n_complete++;
    }
}

/* Survivors are sorted, so the better of two is the one of lower place. */
const double *weft_generation_parent(const weft_generation *generation, const weft_history *history,
                                     weft_rng *rng) {
    size_t a = (size_t)weft_rng_below(rng, generation->n);
    size_t b = (size_t)weft_rng_below(rng, generation->n);
    return weft_history_genome(history, generation->members[a < b ? a : b].row);
}
