/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of evaluations at several fidelities: which designs stand on which rung of which bracket, what
 * they did there, and who has gone on. Members are kept by the number of their design, so that no order of
 * telling shows. */
#include "search/brackets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BRACKETS = 1000000 };

#define SCHEME(name) &weft_scheme_##name,
static const weft_scheme *const schemes[] = {WEFT_SCHEME_MAP(SCHEME)};
#undef SCHEME
enum { N_SCHEMES = sizeof schemes / sizeof schemes[0] };

const char *const *weft_brackets_names(void) {
#define NAME(name) #name,
    static const char *const names[] = {WEFT_SCHEME_MAP(NAME) NULL};
#undef NAME
    return names;
}

void weft_brackets_defaults(weft_brackets_settings *settings) {
    *settings = (weft_brackets_settings){.name = "hyperband",
                                         .n_objectives = 1,
                                         .n_fidelities = 2,
                                         .reduction = 3.0,
                                         .least_whole = 5};
}

/* ---- members of a rung ------------------------------------------------------------------------- */

/* The first place whose design is not below that. */
static size_t place_of(const weft_rung *rung, uint64_t design) {
    size_t low = 0;
    size_t high = rung->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rung->members[middle].design < design) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const weft_rung_member *weft_rung_find(const weft_rung *rung, uint64_t design) {
    size_t place = place_of(rung, design);
    bool found = place < rung->n && rung->members[place].design == design;
    return found ? &rung->members[place] : NULL;
}

static weft_status grow(weft_rung *rung, weft_error *error) {
    size_t capacity = rung->capacity == 0 ? 16 : 2 * rung->capacity;
    weft_rung_member *members = realloc(rung->members, capacity * sizeof *members);
    if (members == NULL) {
        return weft_fail_memory(error, capacity * sizeof *members);
    }
    rung->members = members;
    weft_standing *order = realloc(rung->order, capacity * sizeof *order);
    if (order == NULL) {
        return weft_fail_memory(error, capacity * sizeof *order);
    }
    rung->order = order;
    rung->capacity = capacity;
    return WEFT_OK;
}

/* The member of a design, made where it is missing. */
static weft_status reach_member(weft_rung *rung, uint64_t design, weft_rung_member **member,
                                weft_error *error) {
    size_t place = place_of(rung, design);
    if (place == rung->n || rung->members[place].design != design) {
        if (rung->n == rung->capacity) {
            WEFT_TRY(grow(rung, error));
        }
        memmove(&rung->members[place + 1], &rung->members[place],
                (rung->n - place) * sizeof *rung->members);
        rung->members[place] = (weft_rung_member){.design = design};
        rung->n++;
        rung->is_sorted = false; /* places have moved */
    }
    *member = &rung->members[place];
    return WEFT_OK;
}

bool weft_rung_may_go_on(const weft_rung_member *member) {
    return member->told && !member->ahead && member->outcome.fidelity < 1.0 &&
           member->outcome.state != WEFT_OUTCOME_FAILED;
}

/* By constrained domination, front and crowding, of equals the design begun first. */
static weft_status sort(const weft_brackets *brackets, weft_rung *rung, weft_error *error) {
    weft_outcome *outcomes = calloc(rung->n + 1, sizeof *outcomes);
    if (outcomes == NULL) {
        return weft_fail_memory(error, (rung->n + 1) * sizeof *outcomes);
    }
    size_t told = 0;
    for (size_t i = 0; i < rung->n; i++) {
        outcomes[i] = rung->members[i].outcome;
        if (rung->members[i].told) {
            rung->order[told++] = (weft_standing){.row = i};
        }
    }
    const weft_history results = {.n = rung->n, .outcomes = outcomes};
    weft_status status =
        weft_standings_sort(&results, brackets->settings.n_objectives, rung->order, told, error);
    free(outcomes);
    rung->is_sorted = status == WEFT_OK;
    return status;
}

weft_status weft_rung_best(const weft_brackets *brackets, weft_rung *rung, size_t top,
                           const weft_rung_member **best, weft_error *error) {
    *best = NULL;
    if (!rung->is_sorted && rung->n_told > 0) {
        WEFT_TRY(sort(brackets, rung, error));
    }
    for (size_t i = 0; i < top && i < rung->n_told && *best == NULL; i++) {
        const weft_rung_member *member = &rung->members[rung->order[i].row];
        *best = weft_rung_may_go_on(member) ? member : NULL;
    }
    return WEFT_OK;
}

/* ---- jobs -------------------------------------------------------------------------------------- */

weft_status weft_brackets_reach(weft_brackets *brackets, int number, weft_bracket **bracket,
                                weft_error *error) {
    while (number >= brackets->capacity) {
        int capacity = brackets->capacity == 0 ? 4 : 2 * brackets->capacity;
        weft_bracket *grown = realloc(brackets->brackets, (size_t)capacity * sizeof *grown);
        if (grown == NULL) {
            return weft_fail_memory(error, (size_t)capacity * sizeof *grown);
        }
        memset(&grown[brackets->capacity], 0,
               (size_t)(capacity - brackets->capacity) * sizeof *grown);
        brackets->brackets = grown;
        brackets->capacity = capacity;
    }
    brackets->n = number < brackets->n ? brackets->n : number + 1;
    *bracket = &brackets->brackets[number];
    return WEFT_OK;
}

weft_job weft_job_new(const weft_brackets *brackets, int bracket, int fidelity) {
    return (weft_job){
        .design = brackets->n_designs, .begins = true, .bracket = bracket, .fidelity = fidelity};
}

weft_job weft_job_on(const weft_rung_member *member, int bracket, int rung, int fidelity) {
    return (weft_job){
        .design = member->design, .bracket = bracket, .rung = rung + 1, .fidelity = fidelity + 1};
}

static weft_status check_job(const weft_brackets *brackets, const weft_job *job,
                             weft_error *error) {
    int n = brackets->settings.n_fidelities;
    if (job->bracket < 0 || job->bracket >= MOST_BRACKETS || job->fidelity < 0 ||
        job->fidelity >= n || job->rung < 0 || job->rung > job->fidelity) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "told of rung %d of bracket %d at fidelity %d; expected fidelities 0 to "
                         "%d, each no less than its rung",
                         job->rung, job->bracket, job->fidelity, n - 1);
    }
    return WEFT_OK;
}

static weft_status find_member(weft_brackets *brackets, const weft_job *job, weft_rung **rung,
                               weft_rung_member **member, weft_error *error) {
    weft_bracket *bracket = NULL;
    WEFT_TRY(check_job(brackets, job, error));
    WEFT_TRY(weft_brackets_reach(brackets, job->bracket, &bracket, error));
    *rung = &bracket->rungs[job->rung];
    if (job->rung > 0) {
        weft_rung_member *before = NULL;
        WEFT_TRY(reach_member(&bracket->rungs[job->rung - 1], job->design, &before, error));
        before->ahead = true;
    }
    brackets->n_designs = job->design < brackets->n_designs ? brackets->n_designs : job->design + 1;
    return reach_member(*rung, job->design, member, error);
}

weft_status weft_brackets_begin(weft_brackets *brackets, const weft_job *job, weft_error *error) {
    weft_rung *rung = NULL;
    weft_rung_member *member = NULL;
    return find_member(brackets, job, &rung, &member, error);
}

weft_status weft_brackets_tell(weft_brackets *brackets, const weft_job *job,
                               const weft_outcome *outcome, weft_error *error) {
    weft_rung *rung = NULL;
    weft_rung_member *member = NULL;
    WEFT_TRY(find_member(brackets, job, &rung, &member, error));
    if (member->told) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "told design %llu at fidelity %d a second time; expected each once",
                         (unsigned long long)job->design, job->fidelity);
    }
    bool whole = outcome->fidelity == 0.0 || outcome->fidelity >= 1.0;
    bool free_of_cost = whole && outcome->state == WEFT_OUTCOME_INFEASIBLE &&
                        job->fidelity + 1 < brackets->settings.n_fidelities;
    member->told = true;
    member->outcome = *outcome;
    member->outcome.fidelity = whole ? 1.0 : outcome->fidelity;
    rung->n_told++;
    rung->n_counted += !free_of_cost;
    rung->is_sorted = false;
    return WEFT_OK;
}

void weft_brackets_exhaust(weft_brackets *brackets) {
    brackets->exhausted = true;
}

weft_status weft_brackets_next(weft_brackets *brackets, weft_job *job, weft_error *error) {
    return brackets->scheme->next(brackets, job, error);
}

/* ---- life -------------------------------------------------------------------------------------- */

static weft_status find_scheme(const char *name, const weft_scheme **scheme, weft_error *error) {
    for (int i = 0; i < N_SCHEMES; i++) {
        if (name != NULL && strcmp(name, schemes[i]->name) == 0) {
            *scheme = schemes[i];
            return WEFT_OK;
        }
    }
    char all[128] = "";
    for (int i = 0; i < N_SCHEMES; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s",
                 i == 0               ? ""
                 : i == N_SCHEMES - 1 ? " or "
                                      : ", ",
                 schemes[i]->name);
    }
    weft_fail(error, WEFT_ERROR_USAGE, "unknown brackets '%s'; expected %s",
              name == NULL ? "" : name, all);
    const char *near = name == NULL ? NULL : weft_nearest(name, weft_brackets_names(), N_SCHEMES);
    if (near != NULL) {
        weft_hint(error, "did you mean '%s'?", near);
    }
    return WEFT_ERROR_USAGE;
}

static weft_status check(const weft_brackets_settings *settings, const weft_scheme *scheme,
                         weft_error *error) {
    if (settings->n_fidelities < 2 || settings->n_fidelities > WEFT_MAX_RUNGS) {
        return weft_fail(error, WEFT_ERROR_USAGE, "brackets over %d fidelities; expected 2 to %d",
                         settings->n_fidelities, WEFT_MAX_RUNGS);
    }
    if (!(settings->reduction >= 1.5 && settings->reduction <= 100.0)) {
        return weft_fail(error, WEFT_ERROR_USAGE, "brackets of reduction %g; expected 1.5 to 100",
                         settings->reduction);
    }
    if (settings->first_rung < 0 || settings->first_rung > 1000000 || settings->least_whole < 1 ||
        settings->n_objectives < 1 || settings->n_objectives > WEFT_MAX_OBJECTIVES) {
        return weft_fail(
            error, WEFT_ERROR_USAGE,
            "brackets of %d designs, %d whole ones first, %d objectives; expected 0 to "
            "10^6, 1 or more, 1 to %d",
            settings->first_rung, settings->least_whole, settings->n_objectives,
            WEFT_MAX_OBJECTIVES);
    }
    if (scheme->one_objective && settings->n_objectives > 1) {
        weft_fail(error, WEFT_ERROR_USAGE, "brackets '%s' have one objective; found %d",
                  scheme->name, settings->n_objectives);
        weft_hint(error, "use asha, or put the objectives into one score");
        return WEFT_ERROR_USAGE;
    }
    return WEFT_OK;
}

weft_status weft_brackets_create(const weft_brackets_settings *settings, weft_brackets **brackets,
                                 weft_error *error) {
    const weft_scheme *scheme = NULL;
    WEFT_TRY(find_scheme(settings->name, &scheme, error));
    WEFT_TRY(check(settings, scheme, error));
    weft_brackets *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->scheme = scheme;
    made->settings = *settings;
    made->settings.name = scheme->name;
    *brackets = made;
    return WEFT_OK;
}

void weft_brackets_destroy(weft_brackets *brackets) {
    if (brackets == NULL) {
        return;
    }
    for (int b = 0; b < brackets->n; b++) {
        for (int k = 0; k < WEFT_MAX_RUNGS; k++) {
            free(brackets->brackets[b].rungs[k].members);
            free(brackets->brackets[b].rungs[k].order);
        }
    }
    free(brackets->brackets);
    free(brackets);
}
