/* SPDX-License-Identifier: Apache-2.0
 * What one result after the other adds to those before it. */
#ifndef WEFT_SEARCH_GROWTH_H
#define WEFT_SEARCH_GROWTH_H

#include <weft/search.h>

typedef struct weft_growth {
    int n_objectives;
    bool known;   /* whether there was a result */
    double least; /* of one objective */
    weft_archive *archive;
    double *points; /* (capacity, n_objectives) room */
    size_t capacity;
} weft_growth;

weft_status weft_growth_create(int n_objectives, weft_growth *made,
                               weft_error *error) WEFT_NODISCARD;
void weft_growth_destroy(weft_growth *growth);

/* Takes in a result, the id-th (its stream, from four objectives on). *amount becomes
 *  - above 0 where it improves: by how much the best value falls, or the front's hypervolume grows;
 *  - otherwise 0 or less: how far it lies behind.
 * The first result has 0. */
weft_status weft_growth_take(weft_growth *growth, const double *objectives, uint64_t id,
                             double *amount, weft_error *error) WEFT_NODISCARD;

#endif
