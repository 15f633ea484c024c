/* SPDX-License-Identifier: Apache-2.0
 *
 * What a rule of several fidelities is: a function that names the next job. The records of what is out and
 * what was told, and the order of results within a rung, are the same for all and live in brackets.c. */
#ifndef WEFT_SEARCH_BRACKETS_H
#define WEFT_SEARCH_BRACKETS_H

#include "base/error.h"
#include "search/standing.h"

/* A design at the fidelity of a rung. */
typedef struct weft_rung_member {
    uint64_t design;
    bool told;
    bool ahead; /* it has gone on to the next rung */
    weft_outcome outcome;
} weft_rung_member;

typedef struct weft_rung {
    size_t n, capacity;
    weft_rung_member *members; /* (capacity) by design */
    weft_standing *order; /* (capacity) of those told, best first; `row` is a place in `members` */
    size_t n_told;
    size_t n_counted; /* told, but for those that were infeasible before they were evaluated */
    bool is_sorted;   /* `order` is up to date */
} weft_rung;

typedef struct weft_bracket {
    weft_rung rungs[WEFT_MAX_RUNGS];
    bool is_over; /* nothing is left to begin or to be told */
} weft_bracket;

struct weft_brackets {
    const struct weft_scheme *scheme;
    weft_brackets_settings settings;
    weft_bracket *brackets;
    int n, capacity;
    uint64_t n_designs; /* begun */
    bool exhausted;
};

typedef struct weft_scheme {
    const char *name;
    bool one_objective;
    /* WEFT_DONE: nothing to begin. */
    weft_status (*next)(weft_brackets *brackets, weft_job *job, weft_error *error);
} weft_scheme;

/* All rules, in the order of help: name and file. */
#define WEFT_SCHEME_MAP(X)                                                                         \
    X(halving)                                                                                     \
    X(hyperband)                                                                                   \
    X(asha)                                                                                        \
    X(median)

#define WEFT_SCHEME_EXTERN(name) extern const weft_scheme weft_scheme_##name;
WEFT_SCHEME_MAP(WEFT_SCHEME_EXTERN)
#undef WEFT_SCHEME_EXTERN

/* A bracket by its number; those before it are made, too. */
weft_status weft_brackets_reach(weft_brackets *brackets, int number, weft_bracket **bracket,
                                weft_error *error) WEFT_NODISCARD;

/* A job for a new design, and for a member that goes on from a rung. */
weft_job weft_job_new(const weft_brackets *brackets, int bracket, int fidelity);
weft_job weft_job_on(const weft_rung_member *member, int bracket, int rung, int fidelity);

/* Whether a design may go on: it was told, not as a whole, and did not fail. */
bool weft_rung_may_go_on(const weft_rung_member *member);

/* The best member among the first `top` of a rung that may go on and did not yet; NULL: none. */
weft_status weft_rung_best(const weft_brackets *brackets, weft_rung *rung, size_t top,
                           const weft_rung_member **best, weft_error *error) WEFT_NODISCARD;

/* A design's member; NULL: it is not in the rung. */
const weft_rung_member *weft_rung_find(const weft_rung *rung, uint64_t design);

/* ---- halving.c: brackets that are halved rung by rung ------------------------------------------ */

/* Designs of the first rung of a bracket, and its fidelity. */
typedef struct weft_bracket_shape {
    size_t n;
    int fidelity;
} weft_bracket_shape;

/* Successive halving of brackets 0, 1, ... of those shapes. */
weft_status weft_halving_next(weft_brackets *brackets,
                              weft_bracket_shape (*shape)(const weft_brackets *brackets,
                                                          int bracket),
                              weft_job *job, weft_error *error) WEFT_NODISCARD;

#endif
