/* SPDX-License-Identifier: Apache-2.0
 *
 * Several methods on one history: each learns from all trials, and trials are proposed by those whose
 * proposals improved what is known. A trial t that is told credits its method m with r in [0, 1] (adaptive
 * pursuit: D. Thierens, "An adaptive pursuit strategy for allocating operator probabilities", GECCO 2005,
 * eq. 3 to 5),
 *
 *     q_m += LEARNING (r - q_m)
 *     p_b += PURSUIT (p_max - p_b) of the method b of the largest q, the first of equals
 *     p_m += PURSUIT (p_min - p_m) of the others;   p_min: `least_share`, p_max: what they leave
 *
 * r is what the trial added (growth.h: to the front's hypervolume, or by how much the best value fell) over the
 * most that any of the newest WINDOW trials did (A. Fialho et al., "Analyzing bandit-based adaptive operator
 * selection mechanisms", Ann. Math. Artif. Intell. 60, 2010: normalised credit). While nothing is feasible, the
 * least violation so far has 1. The random `startup_trials`, and trials that add nothing, have 0.
 *
 * Who proposes trial t is drawn with the shares p after the trials before t - `delay`, from a stream named by
 * the seed and t: a function of the history, that is there when t is asked for as long as no more than `delay`
 * trials are out. With more of them the newest shares are used instead, and a trial may credit another than
 * who proposed it. */
#include "search/growth.h"
#include "search/optimizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MEMBERS = 8, WINDOW = 50 };

static const double LEARNING = 0.3;
static const double PURSUIT = 0.1;

typedef struct portfolio {
    int n;
    weft_optimizer
        members[MOST_MEMBERS]; /* whose tables, histories and scratch are the portfolio's */
    weft_growth growth;
    bool known;             /* whether there was a result */
    double least_violation; /* before */
    size_t n_consumed;      /* rows */
    uint64_t next;          /* trials below this number are taken in */
    double credits[MOST_MEMBERS];
    double shares[MOST_MEMBERS];
    double gains[WINDOW]; /* ring: of row t at t % WINDOW */
    uint64_t delay;
    double
        *past; /* (delay + 1, n) ring: shares after the trials below number t, at t % (delay + 1) */
} portfolio;

/* ---- life -------------------------------------------------------------------------------------- */

static void destroy(void *state) {
    portfolio *s = state;
    for (int m = 0; m < s->n; m++) {
        if (s->members[m].state != NULL) {
            s->members[m].method->destroy(s->members[m].state);
        }
    }
    weft_growth_destroy(&s->growth);
    free(s->past);
    free(s);
}

static weft_status refuse(const char *found, const char *why, weft_error *error) {
    weft_fail(error, WEFT_ERROR_USAGE, "members of the portfolio: found '%.80s'; %s", found, why);
    weft_hint(error, "name 2 to %d other optimizers, each once", (int)MOST_MEMBERS);
    return WEFT_ERROR_USAGE;
}

/* A member has its own streams: those of two members of one seed would be the same numbers. */
static weft_status add_member(const weft_optimizer *optimizer, portfolio *s, const char *name,
                              weft_error *error) {
    const weft_method *method = NULL;
    WEFT_TRY(weft_method_find(name, &method, error));
    if (s->n == MOST_MEMBERS) {
        return refuse(optimizer->settings.members, "they are too many", error);
    }
    if (method == optimizer->method || method == &weft_method_exhaustive) {
        return refuse(name, "it shares its trials with nobody", error);
    }
    for (int m = 0; m < s->n; m++) {
        if (s->members[m].method == method) {
            return refuse(name, "it is there already", error);
        }
    }
    weft_optimizer *member = &s->members[s->n++];
    *member = (weft_optimizer){.method = method,
                               .table = optimizer->table,
                               .genes = optimizer->genes,
                               .settings = optimizer->settings,
                               .history = optimizer->history,
                               .scratch = optimizer->scratch};
    member->settings.name = method->name;
    member->settings.seed = weft_hash(name, strlen(name), optimizer->settings.seed);
    return method->create == NULL ? WEFT_OK : method->create(member, error);
}

static const char *own_members(int n_objectives) {
    return n_objectives == 1   ? "gp tpe cmaes local random"
           : n_objectives <= 3 ? "gp tpe nsga2 local random"
                               : "gp tpe nsga3 local random";
}

static weft_status add_members(const weft_optimizer *optimizer, portfolio *s, weft_error *error) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    const char *names = settings->members[0] != '\0' ? settings->members
                                                     : own_members(settings->n_objectives);
    while (*names != '\0') {
        char name[32];
        size_t length = strcspn(names, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, names);
        if (length > 0) {
            WEFT_TRY(add_member(optimizer, s, name, error));
        }
        names += length + (names[length] == ' ');
    }
    return s->n >= 2 ? WEFT_OK : refuse(settings->members, "one alone shares nothing", error);
}

static void keep_shares(portfolio *s) {
    double *kept = s->past + s->next % (s->delay + 1) * (uint64_t)s->n;
    memcpy(kept, s->shares, (size_t)s->n * sizeof *kept);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    portfolio *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return weft_fail_memory(error, sizeof *s);
    }
    optimizer->state = s;
    WEFT_TRY(add_members(optimizer, s, error));
    WEFT_TRY(weft_growth_create(optimizer->settings.n_objectives, &s->growth, error));
    if (optimizer->settings.least_share * s->n > 1.0) {
        return weft_fail(
            error, WEFT_ERROR_USAGE,
            "optimizer setting least_share is %g; expected no more than 1 / %d members",
            optimizer->settings.least_share, s->n);
    }
    s->delay = (uint64_t)optimizer->settings.delay;
    s->past = malloc((size_t)(s->delay + 1) * (size_t)s->n * sizeof *s->past);
    if (s->past == NULL) {
        return weft_fail_memory(error, (size_t)(s->delay + 1) * (size_t)s->n * sizeof *s->past);
    }
    s->least_violation = INFINITY;
    for (int m = 0; m < s->n; m++) {
        s->shares[m] = 1.0 / s->n;
    }
    keep_shares(s);
    return WEFT_OK;
}

/* ---- who proposes ------------------------------------------------------------------------------ */

/* The member of a trial: with the oldest shares that are kept, where those it should have are gone. */
static int owner_of(const weft_optimizer *optimizer, const portfolio *s, uint64_t trial) {
    uint64_t at = trial > s->delay ? trial - s->delay : 0;
    uint64_t oldest = s->next > s->delay ? s->next - s->delay : 0;
    at = at > s->next ? s->next : at < oldest ? oldest : at;
    const double *shares = s->past + at % (s->delay + 1) * (uint64_t)s->n;
    weft_rng rng = weft_rng_make(optimizer->settings.seed, WEFT_PURPOSE_SELECT, trial);
    double left = weft_rng_uniform(&rng);
    for (int m = 0; m < s->n - 1; m++) {
        left -= shares[m];
        if (left < 0.0) {
            return m;
        }
    }
    return s->n - 1;
}

/* ---- credit ------------------------------------------------------------------------------------ */

/* What a trial added, 0 or more. */
static weft_status gain_of(portfolio *s, const weft_outcome *outcome, uint64_t number, double *gain,
                           weft_error *error) {
    *gain = 0.0;
    if (outcome->state == WEFT_OUTCOME_OK) {
        double amount = 0.0;
        WEFT_TRY(weft_growth_take(&s->growth, outcome->objectives, number, &amount, error));
        s->known = true;
        *gain = fmax(amount, 0.0);
    } else if (outcome->state == WEFT_OUTCOME_INFEASIBLE && !s->known &&
               outcome->violation < s->least_violation) {
        s->least_violation = outcome->violation;
        *gain = 1.0;
    }
    return WEFT_OK;
}

static double most_of(const portfolio *s) {
    double most = 0.0;
    for (int i = 0; i < WINDOW; i++) {
        most = fmax(most, s->gains[i]);
    }
    return most;
}

static void pursue(portfolio *s, double least) {
    int best = 0;
    for (int m = 1; m < s->n; m++) {
        best = s->credits[m] > s->credits[best] ? m : best;
    }
    for (int m = 0; m < s->n; m++) {
        double aim = m == best ? 1.0 - (s->n - 1) * least : least;
        s->shares[m] += PURSUIT * (aim - s->shares[m]);
    }
}

static weft_status take(const weft_optimizer *optimizer, portfolio *s, size_t row,
                        weft_error *error) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    uint64_t number = optimizer->history.numbers[row];
    double gain;
    WEFT_TRY(gain_of(s, &optimizer->history.outcomes[row], number, &gain, error));
    if (number < (uint64_t)settings->startup_trials) {
        return WEFT_OK;
    }
    int owner = owner_of(optimizer, s, number);
    s->gains[row % WINDOW] = gain;
    s->credits[owner] += LEARNING * ((gain > 0.0 ? gain / most_of(s) : 0.0) - s->credits[owner]);
    pursue(s, settings->least_share);
    return WEFT_OK;
}

/* Shares stay through numbers that nobody told of. */
static void pass(portfolio *s, uint64_t number) {
    uint64_t missing = number > s->next ? number - s->next : 0;
    for (uint64_t i = 0; i < missing && i <= s->delay; i++) {
        s->next++;
        keep_shares(s);
    }
    if (s->next < number) { /* all that are kept are the same by now */
        s->next = number;
    }
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    portfolio *s = optimizer->state;
    const weft_history *history = &optimizer->history;
    bool drawn[MOST_MEMBERS] = {false};
    for (; s->n_consumed < history->n; s->n_consumed++) {
        pass(s, history->numbers[s->n_consumed]);
        WEFT_TRY(take(optimizer, s, s->n_consumed, error));
        s->next = history->numbers[s->n_consumed] + 1;
        keep_shares(s);
    }
    for (int i = 0; i < optimizer->n_asked; i++) {
        drawn[owner_of(optimizer, s, optimizer->first_asked + (uint64_t)i)] = true;
    }
    for (int m = 0; m < s->n; m++) {
        weft_optimizer *member = &s->members[m];
        member->history = *history;
        member->restrictions = optimizer->restrictions;
        if (drawn[m] && member->method->prepare != NULL) {
            WEFT_TRY(member->method->prepare(member, error));
        }
    }
    return WEFT_OK;
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    portfolio *s = optimizer->state;
    weft_optimizer *member = &s->members[owner_of(optimizer, s, trial)];
    member->history = optimizer->history; /* with what is pending by now */
    member->method->propose(member, trial, attempt, rng, genome);
}

const weft_method weft_method_portfolio = {.name = "portfolio",
                                           .create = create,
                                           .destroy = destroy,
                                           .prepare = prepare,
                                           .propose = propose};
