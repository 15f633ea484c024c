/* SPDX-License-Identifier: Apache-2.0
 *
 * The median stopper: D. Golovin, B. Solnik, S. Moitra, G. Kochanski, J. Karro, D. Sculley, "Google Vizier: a
 * service for black-box optimization", KDD 2017, section 3.2.2. Each design goes from fidelity to
 * fidelity; behind fidelity k it is stopped where the best value it has had so far is strictly worse than
 * the median, over the designs evaluated as a whole, of the means of their values up to k:
 *
 *     min(y_0, ..., y_k) > median_j (y_j0 + ... + y_jk) / (k + 1)
 *
 * Beyond the paper: nothing is stopped before `least_whole` designs were evaluated as a whole; what is
 * infeasible or failed counts as infinite; and since what is next depends on what was told alone, a
 * stopped design goes on where the median comes to lie behind it. Designs that were begun go before new
 * ones. */
#include "search/brackets.h"

#include <math.h>
#include <stdlib.h>

/* Of the members of a rung, by fidelity from 0; a design that is on rung k was told on all before it. */
static double value_at(const weft_bracket *bracket, int k, uint64_t design) {
    const weft_rung_member *member = weft_rung_find(&bracket->rungs[k], design);
    bool is_value = member != NULL && member->told && member->outcome.state == WEFT_OUTCOME_OK;
    return is_value ? member->outcome.objectives[0] : INFINITY;
}

static double best_up_to(const weft_bracket *bracket, int k, uint64_t design) {
    double best = INFINITY;
    for (int i = 0; i <= k; i++) {
        best = fmin(best, value_at(bracket, i, design));
    }
    return best;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The median of the means up to rung k; infinite while too few were evaluated as a whole. `room` has
 * place for all of them. */
static double median_of_means(const weft_brackets *brackets, const weft_bracket *bracket, int k,
                              double *room) {
    const weft_rung *last = &bracket->rungs[brackets->settings.n_fidelities - 1];
    size_t n = 0;
    for (size_t i = 0; i < last->n; i++) {
        if (last->members[i].told) {
            double sum = 0.0;
            for (int j = 0; j <= k; j++) {
                sum += value_at(bracket, j, last->members[i].design);
            }
            room[n++] = sum / (k + 1);
        }
    }
    if (n < (size_t)brackets->settings.least_whole) {
        return INFINITY;
    }
    qsort(room, n, sizeof *room, by_value);
    return n % 2 == 1 ? room[n / 2] : 0.5 * (room[n / 2 - 1] + room[n / 2]);
}

/* The first design of a rung that goes on; NULL: none. */
static const weft_rung_member *first_to_go_on(const weft_bracket *bracket, int k, double median) {
    const weft_rung *rung = &bracket->rungs[k];
    for (size_t i = 0; i < rung->n; i++) {
        const weft_rung_member *member = &rung->members[i];
        if (weft_rung_may_go_on(member) && !(best_up_to(bracket, k, member->design) > median)) {
            return member;
        }
    }
    return NULL;
}

static weft_status next(weft_brackets *brackets, weft_job *job, weft_error *error) {
    weft_bracket *bracket = NULL;
    WEFT_TRY(weft_brackets_reach(brackets, 0, &bracket, error));
    int last = brackets->settings.n_fidelities - 1;
    double *room = malloc((bracket->rungs[last].n + 1) * sizeof *room);
    if (room == NULL) {
        return weft_fail_memory(error, (bracket->rungs[last].n + 1) * sizeof *room);
    }
    const weft_rung_member *found = NULL;
    for (int k = last - 1; k >= 0 && found == NULL; k--) {
        found = first_to_go_on(bracket, k, median_of_means(brackets, bracket, k, room));
        *job = found != NULL ? weft_job_on(found, 0, k, k) : weft_job_new(brackets, 0, 0);
    }
    free(room);
    return found == NULL && brackets->exhausted ? WEFT_DONE : WEFT_OK;
}

const weft_scheme weft_scheme_median = {.name = "median", .one_objective = true, .next = next};
