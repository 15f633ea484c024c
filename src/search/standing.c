/* SPDX-License-Identifier: Apache-2.0 */
#include "search/standing.h"

#include <stdlib.h>
#include <string.h>

static int order_of(weft_outcome_state state) {
    switch (state) {
    case WEFT_OUTCOME_OK:
        return 0;
    case WEFT_OUTCOME_INFEASIBLE:
        return 1;
    case WEFT_OUTCOME_FAILED:
        break;
    }
    return 2;
}

bool weft_outcome_dominates(const weft_outcome *a, const weft_outcome *b, int n_objectives) {
    if (a->state != b->state) {
        return order_of(a->state) < order_of(b->state);
    }
    if (a->state == WEFT_OUTCOME_OK) {
        return weft_dominates(a->objectives, b->objectives, n_objectives);
    }
    return a->state == WEFT_OUTCOME_INFEASIBLE && a->violation < b->violation;
}

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

int weft_standing_compare(const weft_standing *a, const weft_standing *b) {
    int order = order_of(a->state) - order_of(b->state);
    if (order == 0) {
        order = compare(a->rank, b->rank);
    }
    if (order == 0) {
        order = compare(b->crowding, a->crowding);
    }
    if (order == 0) {
        order = compare(a->violation, b->violation);
    }
    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

static int by_standing(const void *left, const void *right) {
    return weft_standing_compare(left, right);
}

/* The objectives of the results among the trials, in their order, and their number. */
static size_t gather(const weft_history *history, int n_objectives, const weft_standing *standings,
                     size_t n, double *objectives) {
    size_t n_ok = 0;
    for (size_t i = 0; i < n; i++) {
        const weft_outcome *outcome = &history->outcomes[standings[i].row];
        if (outcome->state == WEFT_OUTCOME_OK) {
            memcpy(&objectives[n_ok++ * (size_t)n_objectives], outcome->objectives,
                   (size_t)n_objectives * sizeof *objectives);
        }
    }
    return n_ok;
}

static void fill(const weft_history *history, weft_standing *standings, size_t n, const int *ranks,
                 const double *crowding) {
    size_t ok = 0;
    for (size_t i = 0; i < n; i++) {
        weft_standing *standing = &standings[i];
        const weft_outcome *outcome = &history->outcomes[standing->row];
        *standing = (weft_standing){.row = standing->row, .state = outcome->state};
        if (outcome->state == WEFT_OUTCOME_OK) {
            standing->rank = ranks[ok];
            standing->crowding = crowding[ok++];
        } else if (outcome->state == WEFT_OUTCOME_INFEASIBLE) {
            standing->violation = outcome->violation;
        }
    }
}

weft_status weft_standings_sort(const weft_history *history, int n_objectives,
                                weft_standing *standings, size_t n, weft_error *error) {
    if (n == 0) {
        return WEFT_OK;
    }
    double *objectives = malloc(n * (size_t)n_objectives * sizeof *objectives);
    int *ranks = malloc(n * sizeof *ranks);
    double *crowding = calloc(n, sizeof *crowding);
    weft_status status = WEFT_OK;
    if (objectives == NULL || ranks == NULL || crowding == NULL) {
        status = weft_fail_memory(error, n * (size_t)n_objectives * sizeof *objectives);
    } else {
        size_t n_ok = gather(history, n_objectives, standings, n, objectives);
        /* With one objective a front holds equal trials only: crowding would mean nothing. */
        double *measured = n_objectives > 1 ? crowding : NULL;
        status = weft_nondominated_ranks(objectives, n_ok, n_objectives, ranks, measured, error);
    }
    if (status == WEFT_OK) {
        fill(history, standings, n, ranks, crowding);
        qsort(standings, n, sizeof *standings, by_standing);
    }
    free(objectives);
    free(ranks);
    free(crowding);
    return status;
}
