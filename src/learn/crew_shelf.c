/* SPDX-License-Identifier: Apache-2.0
 * See crew_shelf.h. */
#include "learn/crew_shelf.h"

#include <pthread.h>
#include <stdlib.h>

enum { MOST_CREWS = 1024 }; /* that wait: more are let go */

struct weft_crew_shelf {
    pthread_mutex_t mutex;
    int threads, n;
    weft_crew *waiting[MOST_CREWS];
};

weft_status weft_crew_shelf_create(int threads, weft_crew_shelf **shelf, weft_error *error) {
    weft_crew_shelf *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->threads = threads;
    pthread_mutex_init(&made->mutex, NULL);
    *shelf = made;
    return WEFT_OK;
}

void weft_crew_shelf_destroy(weft_crew_shelf *shelf) {
    if (shelf == NULL) {
        return;
    }
    for (int i = 0; i < shelf->n; i++) {
        weft_crew_destroy(shelf->waiting[i]);
    }
    pthread_mutex_destroy(&shelf->mutex);
    free(shelf);
}

weft_status weft_crew_shelf_take(weft_crew_shelf *shelf, weft_crew **crew, weft_error *error) {
    pthread_mutex_lock(&shelf->mutex);
    weft_crew *found = shelf->n > 0 ? shelf->waiting[--shelf->n] : NULL;
    pthread_mutex_unlock(&shelf->mutex);
    if (found == NULL) {
        return weft_crew_create(shelf->threads, crew, error);
    }
    *crew = found;
    return WEFT_OK;
}

void weft_crew_shelf_give(weft_crew_shelf *shelf, weft_crew *crew) {
    pthread_mutex_lock(&shelf->mutex);
    bool waits = shelf->n < MOST_CREWS;
    if (waits) {
        shelf->waiting[shelf->n++] = crew;
    }
    pthread_mutex_unlock(&shelf->mutex);
    if (!waits) {
        weft_crew_destroy(crew);
    }
}
