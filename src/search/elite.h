/* SPDX-License-Identifier: Apache-2.0
 *
 * The best few trials of a growing history in the order of standing.h, without sorting all of it again:
 * what is kept are the first fronts, whole, so that ranks and crowding in them are those of the whole
 * history. A trial of rank r has all that dominate it among the ranks below r; so what is beyond the
 * fronts kept never changes them, and a trial dominated by one of the last of them is beyond. */
#ifndef WEFT_SEARCH_ELITE_H
#define WEFT_SEARCH_ELITE_H

#include "search/standing.h"

typedef struct weft_elite {
    size_t wanted;     /* best trials that are asked for */
    size_t n_consumed; /* rows of the history seen */
    size_t n, capacity;
    weft_standing
        *members; /* (n), best first; at least `wanted` of them where there are as many rows */
    int end;      /* ranks from this on are not kept; INT_MAX: all are */
    bool cut;     /* whether a row was ever left out */
} weft_elite;

void weft_elite_create(size_t wanted, weft_elite *elite);
void weft_elite_destroy(weft_elite *elite);

/* Takes in the rows that the history has got since; after an error it is to be destroyed. */
weft_status weft_elite_update(weft_elite *elite, const weft_history *history, int n_objectives,
                              weft_error *error) WEFT_NODISCARD;

#endif
