/* SPDX-License-Identifier: Apache-2.0
 *
 * Crews that wait for the next training: with the kernels that they have made and the memory of their
 * last engine. As many as trainings ever ran at once. */
#ifndef WEFT_LEARN_CREW_SHELF_H
#define WEFT_LEARN_CREW_SHELF_H

#include "learn/crew.h"

typedef struct weft_crew_shelf weft_crew_shelf;

/* Of crews of so many threads each. */
weft_status weft_crew_shelf_create(int threads, weft_crew_shelf **shelf,
                                   weft_error *error) WEFT_NODISCARD;
/* All crews are back. */
void weft_crew_shelf_destroy(weft_crew_shelf *shelf);

/* Takes the crew that was given back last, or makes one; from any thread. */
weft_status weft_crew_shelf_take(weft_crew_shelf *shelf, weft_crew **crew,
                                 weft_error *error) WEFT_NODISCARD;
void weft_crew_shelf_give(weft_crew_shelf *shelf, weft_crew *crew);

#endif
