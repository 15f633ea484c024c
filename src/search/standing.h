/* SPDX-License-Identifier: Apache-2.0
 *
 * How trials compare with each other, as TPE and NSGA-II both see it (constrained domination, Deb
 * et al. 2002, section VI): results first, by front, and within a front the less crowded; then the
 * infeasible by their violation; then the failed. Ties go to the trial told first. */
#ifndef WEFT_SEARCH_STANDING_H
#define WEFT_SEARCH_STANDING_H

#include "base/error.h"
#include "search/history.h"

/* Constrained domination: a is of a better state, or infeasible by less, or dominates b. */
bool weft_outcome_dominates(const weft_outcome *a, const weft_outcome *b, int n_objectives);

typedef struct weft_standing {
    size_t row; /* of the history */
    weft_outcome_state state;
    int rank;         /* of a result */
    double crowding;  /* of a result; infinite at the ends of its front */
    double violation; /* of an infeasible trial */
} weft_standing;

/* < 0: a stands before b. */
int weft_standing_compare(const weft_standing *a, const weft_standing *b);

/* Fills in everything but `row` of n standings, which name the trials that are compared, and sorts
 * them, best first. */
weft_status weft_standings_sort(const weft_history *history, int n_objectives,
                                weft_standing *standings, size_t n,
                                weft_error *error) WEFT_NODISCARD;

#endif
