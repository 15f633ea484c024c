/* SPDX-License-Identifier: Apache-2.0 */
#include "search/elite.h"

#include <limits.h>
#include <stdlib.h>

/* Kept for each trial that is asked for: members leave as better ones come, and finding others takes a
 * look at the whole history. */
enum { SPARE = 3 };

void weft_elite_create(size_t wanted, weft_elite *elite) {
    *elite = (weft_elite){.wanted = wanted, .end = INT_MAX};
}

void weft_elite_destroy(weft_elite *elite) {
    free(elite->members);
    elite->members = NULL;
}

static weft_status add(weft_elite *elite, size_t row, weft_error *error) {
    if (elite->n == elite->capacity) {
        size_t capacity = elite->capacity == 0 ? 256 : 2 * elite->capacity;
        weft_standing *members = realloc(elite->members, capacity * sizeof *members);
        if (members == NULL) {
            return weft_fail_memory(error, capacity * sizeof *members);
        }
        elite->members = members;
        elite->capacity = capacity;
    }
    elite->members[elite->n++] = (weft_standing){.row = row};
    return WEFT_OK;
}

/* Whether a new row is surely beyond the fronts kept. */
static bool beyond(const weft_elite *elite, size_t n_sorted, const weft_history *history,
                   size_t row, int n_objectives) {
    const weft_outcome *outcome = &history->outcomes[row];
    if (elite->end == INT_MAX || n_sorted == 0) {
        return false;
    }
    if (outcome->state != WEFT_OUTCOME_OK) {
        return true; /* some results are left out already */
    }
    for (size_t i = n_sorted; i-- > 0 && elite->members[i].rank == elite->end - 1;) {
        if (weft_outcome_dominates(&history->outcomes[elite->members[i].row], outcome,
                                   n_objectives)) {
            return true;
        }
    }
    return false;
}

/* Leaves out what is beyond the fronts kept, or not needed. */
static void trim(weft_elite *elite) {
    size_t n = elite->n;
    while (n > 0 && elite->end < INT_MAX &&
           (elite->members[n - 1].state != WEFT_OUTCOME_OK ||
            elite->members[n - 1].rank >= elite->end)) {
        n--;
    }
    size_t most = (1 + SPARE) * elite->wanted;
    if (n > most) {
        const weft_standing *last = &elite->members[most - 1];
        if (last->state == WEFT_OUTCOME_OK) {
            elite->end = last->rank + 1;
            while (most < n && elite->members[most].state == WEFT_OUTCOME_OK &&
                   elite->members[most].rank == last->rank) {
                most++;
            }
        }
        n = most;
    }
    elite->cut = elite->cut || n < elite->n;
    elite->n = n;
}

static int by_row(const void *left, const void *right) {
    const weft_standing *a = left;
    const weft_standing *b = right;
    return (a->row > b->row) - (a->row < b->row);
}

/* By row first: of equal points the crowding goes by the order in which they are given. */
static weft_status sort(weft_elite *elite, const weft_history *history, int n_objectives,
                        weft_error *error) {
    qsort(elite->members, elite->n, sizeof *elite->members, by_row);
    WEFT_TRY(weft_standings_sort(history, n_objectives, elite->members, elite->n, error));
    trim(elite);
    return WEFT_OK;
}

/* Whole: all rows are members again. */
static weft_status start_again(weft_elite *elite, const weft_history *history, int n_objectives,
                               weft_error *error) {
    elite->n = 0;
    elite->end = INT_MAX;
    elite->cut = false;
    for (size_t row = 0; row < history->n; row++) {
        WEFT_TRY(add(elite, row, error));
    }
    return sort(elite, history, n_objectives, error);
}

weft_status weft_elite_update(weft_elite *elite, const weft_history *history, int n_objectives,
                              weft_error *error) {
    size_t n_sorted = elite->n;
    for (; elite->n_consumed < history->n; elite->n_consumed++) {
        if (!beyond(elite, n_sorted, history, elite->n_consumed, n_objectives)) {
            WEFT_TRY(add(elite, elite->n_consumed, error));
        } else {
            elite->cut = true;
        }
    }
    if (elite->n == n_sorted) {
        return WEFT_OK;
    }
    WEFT_TRY(sort(elite, history, n_objectives, error));
    return elite->cut && elite->n < elite->wanted ? start_again(elite, history, n_objectives, error)
                                                  : WEFT_OK;
}
