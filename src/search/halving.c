/* SPDX-License-Identifier: Apache-2.0
 *
 * Successive halving: K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
 * optimization", AISTATS 2016. A bracket begins with n designs at its lowest fidelity; of each rung, once
 * it is complete, the best go on to the next fidelity:
 *
 *     n_k = floor(n eta^-k),   k = 0, 1, ... to the whole evaluation
 *
 * Here n is such that one design is evaluated as a whole, eta^(fidelities - 1), or as set. When a bracket
 * is over, the next one begins; while it awaits results, the next one begins beside it, so that nobody
 * has to be idle. Designs that are infeasible before they are evaluated cost nothing, and do not count
 * among the n. The best are those of constrained domination, front and crowding (standing.h). */
#include "search/brackets.h"

#include <math.h>

/* n eta^-k, with no loss by rounding where it is whole. */
static size_t size_of(const weft_brackets *brackets, size_t n, int k) {
    static const double ROUNDING = 1e-9;
    return (size_t)floor((double)n / pow(brackets->settings.reduction, k) + ROUNDING);
}

/* The designs of the first rung that count, or may yet. */
static size_t first_rung_taken(const weft_rung *rung) {
    return rung->n_counted + (rung->n - rung->n_told);
}

/* Whether no more members come to the first rung, and all of them were told. */
static bool first_is_complete(const weft_brackets *brackets, const weft_rung *rung, size_t n) {
    return rung->n_told == rung->n && (rung->n_counted >= n || brackets->exhausted);
}

/* The job of one bracket: a design that goes on from a complete rung, or a new one. Without one the bracket
 * is over, or has nothing to begin before more is told. */
static weft_status next_of(weft_brackets *brackets, int b, const weft_bracket_shape *shape,
                           bool *found, weft_job *job, weft_error *error) {
    weft_bracket *bracket = &brackets->brackets[b];
    int n_rungs = brackets->settings.n_fidelities - shape->fidelity;
    bool complete = first_is_complete(brackets, &bracket->rungs[0], shape->n);
    *found = false;
    if (!complete) {
        *found = !brackets->exhausted && first_rung_taken(&bracket->rungs[0]) < shape->n;
        *job = weft_job_new(brackets, b, shape->fidelity);
    }
    for (int k = 0; complete && !*found && k + 1 < n_rungs; k++) {
        const weft_rung_member *best = NULL;
        size_t top = size_of(brackets, shape->n, k + 1);
        WEFT_TRY(weft_rung_best(brackets, &bracket->rungs[k], top, &best, error));
        if (best != NULL) {
            *job = weft_job_on(best, b, k, shape->fidelity + k);
            *found = true;
        }
        complete = bracket->rungs[k + 1].n_told == bracket->rungs[k + 1].n;
    }
    bracket->is_over = !*found && complete;
    return WEFT_OK;
}

weft_status weft_halving_next(weft_brackets *brackets,
                              weft_bracket_shape (*shape)(const weft_brackets *brackets,
                                                          int bracket),
                              weft_job *job, weft_error *error) {
    bool found = false;
    for (int b = 0; !found; b++) {
        weft_bracket *bracket = NULL;
        if (b >= brackets->n && brackets->exhausted) {
            return WEFT_DONE;
        }
        WEFT_TRY(weft_brackets_reach(brackets, b, &bracket, error));
        if (!bracket->is_over) {
            const weft_bracket_shape of = shape(brackets, b);
            WEFT_TRY(next_of(brackets, b, &of, &found, job, error));
        }
    }
    return WEFT_OK;
}

static weft_bracket_shape shape(const weft_brackets *brackets, int bracket) {
    (void)bracket;
    const weft_brackets_settings *settings = &brackets->settings;
    double n = settings->first_rung > 0
                   ? settings->first_rung
                   : fmin(ceil(pow(settings->reduction, settings->n_fidelities - 1) - 1e-9), 1e6);
    return (weft_bracket_shape){.n = (size_t)n, .fidelity = 0};
}

static weft_status next(weft_brackets *brackets, weft_job *job, weft_error *error) {
    return weft_halving_next(brackets, shape, job, error);
}

const weft_scheme weft_scheme_halving = {.name = "halving", .next = next};
