/* SPDX-License-Identifier: Apache-2.0
 *
 * Bayesian optimization with Gaussian processes: D. R. Jones, M. Schonlau, W. J. Welch, "Efficient
 * global optimization of expensive black-box functions", J. Global Optimization 13, 1998. Each objective
 * has a process (kriging.c) over its rescaled values (rescale.c); what is asked for is the genome of
 * the largest (ascent.c)
 *
 *     log improvement(x) + log P[x is feasible] + log P[x can be evaluated]
 *
 * with the improvement of improvement.c, and the probability of feasibility of M. Schonlau, W. J. Welch,
 * D. R. Jones, "Global versus local search in constrained optimization of computer models", 1998. More
 * processes tell it, of labels (Rasmussen and Williams 2006, section 6.5): -1 what is feasible, 1 +
 * log(1 + violation) what is not; -1 what could be evaluated, 1 what failed. Where trials tell by how much
 * they break each constraint, each has a process of its own, as the paper has it:
 *
 *     P[x is feasible] = P[x is of those with amounts] prod_c P[x keeps constraint c]
 *
 * Of two and three objectives the hypervolume's reference has a say in what is sought. A far one, beyond the
 * worst told, makes the ends of the front worth more than its middle, and more the less is known of them; an
 * ascent then ends in the corners of the space, where least is known, one after the other. So trials of even
 * numbers climb to what improves on most of the told, a near reference, and those of odd numbers take the
 * best of the genomes drawn, by the far one.
 *
 * Genomes of one batch know of each other as believed trials whose values are the predicted means
 * (D. Ginsbourger, R. Le Riche, L. Carraro, "Kriging is well-suited to parallelize optimization", 2010:
 * kriging believer).
 *
 * The kernels are tuned when the trials told have reached a length of the schedule
 *
 *     L_0 = startup_trials,   L_(k+1) = L_k + clamp(L_k / 10, 1, observations / 20)
 *
 * each time from where the last tuning ended, every eighth time from the prior; then K is factored, and
 * grows by a row with each trial told. So the state is a function of what was told, and one who is told
 * it all at once repeats eight tunings at most. */
#include "search/ascent.h"
#include "search/improvement.h"
#include "search/kriging.h"
#include "search/rescale.h"
#include "search/sampling.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHAIN = 8, /* tunings from one that starts at the prior to the next */
    FIRST_EVALUATIONS = 60,
    EVALUATIONS = 20, /* of the likelihood */
    TUNED_ROWS = 200, /* trials that a tuning sees */
    MAX_BELIEVED = 64,
    PARENTS = 10,
    STEPS_OF_LIMIT = 20,
    NO_LENGTH = -1,
};

static const double LARGEST_VIOLATION = 10.0;
static const double BEYOND = 0.1; /* of the range of values, to a reference */
static const double NEAR_SHARE = 0.7;

/* A process and the trials in it. */
typedef struct role {
    weft_kriging model;
    size_t *trials; /* (model.capacity) rows of the history */
    bool filled;
    size_t n_seen;     /* trials of the history that it was shown */
    int n_told;        /* rows of the model that were told, not believed */
    double told_noise; /* of the model without beliefs */
} role;

typedef struct gp {
    weft_kriging_measure measure;
    int n_objectives;
    /* objectives, violation, failure, being without amounts, each constraint */
    role roles[WEFT_MAX_OBJECTIVES + 3 + WEFT_MAX_CONSTRAINTS];
    weft_kriging tuned;            /* worked in by tunings */
    double *row;                   /* (n_genes) */
    double *room;                  /* of ascents */
    long length;                   /* place in the schedule of the newest tuning */
    size_t n_base;                 /* trials told then */
    size_t n_infeasible, n_failed; /* of those told */
    bool needed[WEFT_MAX_OBJECTIVES + 3 +
                WEFT_MAX_CONSTRAINTS]; /* of roles, to tell of those told */
    size_t n_believed;
    size_t capacity; /* of what follows */
    weft_standing *standings;
    bool *chosen;
    double *values, *sorted;
    double *points; /* (capacity, n_objectives) */
    weft_boxes boxes;
    double references[2][3]; /* near, far */
    weft_scalar scalar;
    double best;
} gp;

/* ---- roles ----------------------------------------------------------------------------------- */

static int n_roles(const gp *state) {
    return state->n_objectives + 3 + WEFT_MAX_CONSTRAINTS;
}

/* The first of the roles of constraints; the one before it is of being without amounts. */
static int first_constraint(const gp *state) {
    return state->n_objectives + 3;
}

static bool is_objective(const gp *state, int r) {
    return r < state->n_objectives;
}

static bool is_violation(const gp *state, int r) {
    return r == state->n_objectives;
}

static bool is_failure(const gp *state, int r) {
    return r == state->n_objectives + 1;
}

static bool has_amounts(const weft_outcome *outcome) {
    return outcome->state == WEFT_OUTCOME_INFEASIBLE && outcome->n_constraints > 0;
}

/* By how much a trial that is not failed breaks constraint c; NaN: it does not tell. */
static double broken_by(const weft_outcome *outcome, int c) {
    if (outcome->state == WEFT_OUTCOME_OK) {
        return 0.0;
    }
    return c < outcome->n_constraints ? outcome->violations[c] : NAN;
}

/* Whether a trial says something of role r. */
static bool takes(const gp *state, int r, const weft_outcome *outcome) {
    int c = r - first_constraint(state);
    if (is_objective(state, r)) {
        return outcome->state == WEFT_OUTCOME_OK;
    }
    if (outcome->state == WEFT_OUTCOME_FAILED) {
        return is_failure(state, r);
    }
    return c < 0 || !isnan(broken_by(outcome, c));
}

static double label(double violation) {
    return violation > 0.0 ? 1.0 + log1p(fmin(violation, LARGEST_VIOLATION)) : -1.0;
}

/* The value that role r learns of a trial it takes. */
static double value_of(const gp *state, int r, const weft_outcome *outcome) {
    if (is_objective(state, r)) {
        return outcome->objectives[r];
    }
    if (is_failure(state, r)) {
        return outcome->state == WEFT_OUTCOME_FAILED ? 1.0 : -1.0;
    }
    int c = r - first_constraint(state);
    if (c >= 0) {
        return label(broken_by(outcome, c));
    }
    bool holds = outcome->state == WEFT_OUTCOME_OK ||
                 (!is_violation(state, r) && has_amounts(outcome));
    return holds ? -1.0 : label(outcome->violation);
}

static size_t count(const weft_history *history, size_t n, weft_outcome_state wanted) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        found += history->outcomes[i].state == wanted;
    }
    return found;
}

/* Whether role r is needed to tell of the first n trials: labels that are all equal need no process. */
static bool is_needed(const gp *state, int r, const weft_history *history, size_t n) {
    if (is_objective(state, r)) {
        return true;
    }
    if (is_failure(state, r)) {
        return count(history, n, WEFT_OUTCOME_FAILED) > 0;
    }
    int c = r - first_constraint(state);
    size_t infeasible = count(history, n, WEFT_OUTCOME_INFEASIBLE);
    size_t with_amounts = 0;
    size_t breakers = 0;
    for (size_t i = 0; infeasible > 0 && i < n; i++) {
        const weft_outcome *outcome = &history->outcomes[i];
        with_amounts += has_amounts(outcome);
        breakers += c >= 0 && has_amounts(outcome) && broken_by(outcome, c) > 0.0;
    }
    if (c >= 0) {
        return breakers > 0;
    }
    /* The sum stands for all of them while there is nothing else to minimise, or nothing else is told. */
    return is_violation(state, r)
               ? infeasible > 0 && (with_amounts == 0 || count(history, n, WEFT_OUTCOME_OK) == 0)
               : with_amounts > 0 && infeasible > with_amounts;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void free_rows(gp *state) {
    free(state->standings);
    free(state->chosen);
    free(state->values);
    free(state->sorted);
    free(state->points);
    state->standings = NULL;
    state->chosen = NULL;
    state->values = state->sorted = state->points = NULL;
    state->capacity = 0;
}

static void destroy(void *kept) {
    gp *state = kept;
    for (int r = 0; r < n_roles(state); r++) {
        weft_kriging_destroy(&state->roles[r].model);
        free(state->roles[r].trials);
    }
    weft_kriging_destroy(&state->tuned);
    weft_kriging_measure_destroy(&state->measure);
    weft_boxes_destroy(&state->boxes);
    free_rows(state);
    free(state->row);
    free(state->room);
    free(state);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    size_t genes = (size_t)optimizer->table.n_genes;
    gp *state = calloc(1, sizeof *state);
    if (state == NULL) {
        return weft_fail_memory(error, sizeof *state);
    }
    optimizer->state = state;
    state->n_objectives = optimizer->settings.n_objectives;
    state->length = NO_LENGTH;
    state->row = malloc(genes * sizeof *state->row);
    state->room = malloc((WEFT_ASCENT_STARTS + 1) * genes * sizeof *state->room);
    if (state->row == NULL || state->room == NULL) {
        return weft_fail_memory(error, (WEFT_ASCENT_STARTS + 1) * genes * sizeof *state->room);
    }
    WEFT_TRY(weft_kriging_measure_create(&optimizer->table, &state->measure, error));
    WEFT_TRY(weft_kriging_create(&state->measure, &state->tuned, error));
    for (int r = 0; r < n_roles(state); r++) {
        WEFT_TRY(weft_kriging_create(&state->measure, &state->roles[r].model, error));
    }
    return WEFT_OK;
}

static weft_status reserve(gp *state, size_t n, weft_error *error) {
    if (n <= state->capacity) {
        return WEFT_OK;
    }
    size_t room = n < 64 ? 64 : 2 * n;
    size_t width = (size_t)state->n_objectives;
    free_rows(state);
    state->standings = calloc(room, sizeof *state->standings);
    state->chosen = calloc(room, sizeof *state->chosen);
    state->values = malloc(room * sizeof *state->values);
    state->sorted = malloc(room * sizeof *state->sorted);
    state->points = malloc(room * width * sizeof *state->points);
    if (state->standings == NULL || state->chosen == NULL || state->values == NULL ||
        state->sorted == NULL || state->points == NULL) {
        free_rows(state);
        return weft_fail_memory(error, room * width * sizeof *state->points);
    }
    state->capacity = room;
    return WEFT_OK;
}

/* ---- choosing trials ------------------------------------------------------------------------- */

/* The first n trials, best first. */
static weft_status sort_trials(const weft_optimizer *optimizer, gp *state, size_t n,
                               weft_error *error) {
    for (size_t i = 0; i < n; i++) {
        state->standings[i] = (weft_standing){.row = i};
    }
    return weft_standings_sort(&optimizer->history, state->n_objectives, state->standings, n,
                               error);
}

/* Marks at most `limit` of the first n trials that role r takes, and gives their number: all, or half
 * of them the best and half the newest others. The trials are sorted. */
static size_t choose(const weft_optimizer *optimizer, gp *state, int r, size_t n, size_t limit) {
    const weft_outcome *outcomes = optimizer->history.outcomes;
    size_t taken = 0;
    size_t chosen = 0;
    for (size_t i = 0; i < n; i++) {
        taken += takes(state, r, &outcomes[i]);
        state->chosen[i] = false;
    }
    for (size_t i = 0; i < n && chosen < (taken > limit ? limit / 2 : taken); i++) {
        size_t row = state->standings[i].row;
        state->chosen[row] = takes(state, r, &outcomes[row]);
        chosen += state->chosen[row];
    }
    for (size_t i = n; i > 0 && chosen < limit && chosen < taken; i--) {
        if (!state->chosen[i - 1] && takes(state, r, &outcomes[i - 1])) {
            state->chosen[i - 1] = true;
            chosen++;
        }
    }
    return chosen;
}

static bool any_below_zero(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (values[i] < 0.0) {
            return true;
        }
    }
    return false;
}

/* Targets of the values told: labels as they are. While nothing is feasible, violations are what there
 * is to minimise. */
static void fill_targets(gp *state, int r, size_t n, double *targets) {
    if (is_objective(state, r) || (is_violation(state, r) && !any_below_zero(state->values, n))) {
        weft_rescale(state->values, n, targets, state->sorted);
    } else {
        memcpy(targets, state->values, n * sizeof *targets);
    }
}

/* ---- tuning ---------------------------------------------------------------------------------- */

static size_t step_of(const weft_optimizer *optimizer, size_t length) {
    size_t most = (size_t)optimizer->settings.observations / STEPS_OF_LIMIT;
    size_t tenth = length / 10;
    return tenth < 1 ? 1 : tenth < most ? tenth : most;
}

/* Length k of the schedule. */
static size_t length_at(const weft_optimizer *optimizer, long k) {
    size_t length = (size_t)fmax(optimizer->settings.startup_trials, 1);
    for (; k > 0; k--) {
        length += step_of(optimizer, length);
    }
    return length;
}

/* The place of the last length that n trials have reached. */
static long place_of(const weft_optimizer *optimizer, size_t n) {
    size_t length = length_at(optimizer, 0);
    long k = 0;
    for (; length + step_of(optimizer, length) <= n; k++) {
        length += step_of(optimizer, length);
    }
    return k;
}

static weft_status tune_role(const weft_optimizer *optimizer, gp *state, int r, size_t n,
                             int evaluations, weft_error *error) {
    weft_kriging *model = &state->roles[r].model;
    weft_kriging *tuned = &state->tuned;
    size_t logs = WEFT_KRIGING_FIRST + (size_t)state->measure.n;
    size_t chosen = choose(optimizer, state, r, n, TUNED_ROWS);
    WEFT_TRY(weft_kriging_reserve(tuned, (int)chosen + 1, error));
    for (size_t i = 0; i < n; i++) {
        if (state->chosen[i]) {
            weft_kriging_place(&state->measure, weft_history_genome(&optimizer->history, i),
                               &tuned->rows[(size_t)tuned->n * (size_t)state->measure.n]);
            state->values[tuned->n++] = value_of(state, r, &optimizer->history.outcomes[i]);
        }
    }
    fill_targets(state, r, chosen, tuned->targets);
    memcpy(tuned->logs, model->logs, logs * sizeof *model->logs);
    WEFT_TRY(weft_kriging_tune(tuned, evaluations, error));
    memcpy(model->logs, tuned->logs, logs * sizeof *model->logs);
    return WEFT_OK;
}

/* Tuning k of the schedule. */
static weft_status tune(const weft_optimizer *optimizer, gp *state, long k, weft_error *error) {
    size_t n = length_at(optimizer, k);
    bool afresh = k % CHAIN == 0;
    WEFT_TRY(sort_trials(optimizer, state, n, error));
    for (int r = 0; r < n_roles(state); r++) {
        if (afresh) {
            weft_kriging_reset(&state->roles[r].model);
        }
        if (is_needed(state, r, &optimizer->history, n)) {
            WEFT_TRY(
                tune_role(optimizer, state, r, n, afresh ? FIRST_EVALUATIONS : EVALUATIONS, error));
        }
    }
    return WEFT_OK;
}

/* Goes on from the newest tuning where it belongs to the same chain. */
static weft_status tune_up_to(const weft_optimizer *optimizer, gp *state, long k,
                              weft_error *error) {
    long first = k - k % CHAIN;
    if (state->length >= first) {
        first = state->length + 1;
    }
    state->length = NO_LENGTH; /* until all is done */
    for (long i = first; i <= k; i++) {
        WEFT_TRY(tune(optimizer, state, i, error));
    }
    for (int r = 0; r < n_roles(state); r++) {
        state->roles[r].filled = false;
    }
    state->length = k;
    state->n_base = length_at(optimizer, k);
    return WEFT_OK;
}

/* ---- filling --------------------------------------------------------------------------------- */

static void add_trial(const weft_optimizer *optimizer, gp *state, role *to, size_t trial) {
    weft_kriging_place(&state->measure, weft_history_genome(&optimizer->history, trial),
                       state->row);
    to->trials[to->model.n] = trial;
    weft_kriging_append(&to->model, state->row);
}

/* The trials of the newest length, factored at once; room for those to come until the next. */
static weft_status fill_base(const weft_optimizer *optimizer, gp *state, int r, weft_error *error) {
    role *to = &state->roles[r];
    size_t n = state->n_base;
    size_t most = (size_t)optimizer->settings.observations;
    size_t width = (size_t)state->measure.n;
    WEFT_TRY(sort_trials(optimizer, state, n, error));
    size_t chosen = choose(optimizer, state, r, n, most - most / STEPS_OF_LIMIT);
    size_t capacity = chosen + step_of(optimizer, n) + MAX_BELIEVED;
    free(to->trials);
    to->trials = malloc(capacity * sizeof *to->trials);
    if (to->trials == NULL) {
        return weft_fail_memory(error, capacity * sizeof *to->trials);
    }
    WEFT_TRY(weft_kriging_reserve(&to->model, (int)capacity, error));
    for (size_t i = 0; i < n; i++) {
        if (state->chosen[i]) {
            weft_kriging_place(&state->measure, weft_history_genome(&optimizer->history, i),
                               &to->model.rows[(size_t)to->model.n * width]);
            to->trials[to->model.n++] = i;
        }
    }
    weft_kriging_factor(&to->model);
    return WEFT_OK;
}

/* Without beliefs; what they did to the noise is undone by filling the role again. */
static void forget_beliefs(gp *state) {
    for (int r = 0; r < n_roles(state); r++) {
        role *to = &state->roles[r];
        to->filled = to->filled && to->model.noise == to->told_noise;
        to->model.n = to->n_told;
    }
    state->n_believed = 0;
}

static weft_status fill(const weft_optimizer *optimizer, gp *state, int r, weft_error *error) {
    role *to = &state->roles[r];
    if (!to->filled) {
        WEFT_TRY(fill_base(optimizer, state, r, error));
        to->n_seen = state->n_base;
    }
    for (; to->n_seen < optimizer->history.n; to->n_seen++) {
        if (takes(state, r, &optimizer->history.outcomes[to->n_seen])) {
            add_trial(optimizer, state, to, to->n_seen);
        }
    }
    for (int i = 0; i < to->model.n; i++) {
        state->values[i] = value_of(state, r, &optimizer->history.outcomes[to->trials[i]]);
    }
    fill_targets(state, r, (size_t)to->model.n, to->model.targets);
    weft_kriging_aim(&to->model);
    to->n_told = to->model.n;
    to->told_noise = to->model.noise;
    to->filled = true;
    return WEFT_OK;
}

/* ---- what there is to improve ---------------------------------------------------------------- */

/* The vectors of all results, told and believed, as the processes see them; gives their number. */
static size_t collect_points(gp *state) {
    int n = state->roles[0].model.n;
    for (int i = 0; i < n; i++) {
        for (int m = 0; m < state->n_objectives; m++) {
            state->points[i * state->n_objectives + m] =
                weft_kriging_fitted(&state->roles[m].model, i);
        }
    }
    return (size_t)n;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Of each objective a tenth of the way from the least told beyond the worst told, and beyond the value that
 * three in ten of the told exceed. */
static void set_references(gp *state) {
    size_t n = collect_points(state);
    size_t width = (size_t)state->n_objectives;
    for (size_t m = 0; m < width && n > 0; m++) {
        for (size_t i = 0; i < n; i++) {
            state->sorted[i] = state->points[i * width + m];
        }
        qsort(state->sorted, n, sizeof *state->sorted, by_value);
        for (int far = 0; far < 2; far++) {
            double ahead = state->sorted[far ? n - 1 : (size_t)(NEAR_SHARE * (double)(n - 1))];
            double range = ahead > state->sorted[0] ? ahead - state->sorted[0] : 1.0;
            state->references[far][m] = ahead + BEYOND * range;
        }
    }
}

static weft_status prepare_boxes(gp *state, weft_error *error) {
    size_t capacity = (size_t)state->roles[0].model.capacity;
    if (state->n_objectives != 2 && state->n_objectives != 3) {
        return WEFT_OK;
    }
    if (capacity > state->boxes.capacity) {
        weft_boxes_destroy(&state->boxes);
        WEFT_TRY(weft_boxes_create(state->n_objectives, capacity, &state->boxes, error));
    }
    set_references(state);
    return WEFT_OK;
}

/* The least value that a process sees. */
static double least_fitted(const weft_kriging *model) {
    double least = INFINITY;
    for (int i = 0; i < model->n; i++) {
        least = fmin(least, weft_kriging_fitted(model, i));
    }
    return least;
}

/* What a genome is measured against, beliefs included. */
static void set_goal(gp *state, bool far, weft_rng *rng) {
    if (state->roles[0].n_told == 0) {
        state->best = least_fitted(&state->roles[state->n_objectives].model);
    } else if (state->n_objectives == 1) {
        state->best = least_fitted(&state->roles[0].model);
    } else {
        size_t n = collect_points(state);
        if (state->n_objectives <= 3) {
            weft_boxes_fill(&state->boxes, state->points, n, state->references[far]);
        } else {
            weft_scalar_draw(&state->scalar, state->n_objectives, state->points, n, rng);
        }
    }
}

/* ---- prepare --------------------------------------------------------------------------------- */

static bool starting(const weft_optimizer *optimizer) {
    size_t startup = (size_t)optimizer->settings.startup_trials;
    return optimizer->history.n < startup || optimizer->history.n == 0;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    gp *state = optimizer->state;
    size_t n = optimizer->history.n;
    if (starting(optimizer)) {
        return WEFT_OK;
    }
    long k = place_of(optimizer, n);
    WEFT_TRY(reserve(state, n + MAX_BELIEVED, error));
    forget_beliefs(state);
    if (k != state->length) {
        WEFT_TRY(tune_up_to(optimizer, state, k, error));
    }
    for (int r = 0; r < n_roles(state); r++) {
        state->needed[r] = is_needed(state, r, &optimizer->history, n);
        if (state->needed[r]) {
            WEFT_TRY(fill(optimizer, state, r, error));
        }
    }
    state->n_infeasible = count(&optimizer->history, n, WEFT_OUTCOME_INFEASIBLE);
    state->n_failed = count(&optimizer->history, n, WEFT_OUTCOME_FAILED);
    WEFT_TRY(prepare_boxes(state, error));
    return sort_trials(optimizer, state, n, error);
}

/* ---- propose --------------------------------------------------------------------------------- */

/* Adds what is asked for already to every process that is full, at the value it predicts. */
static void believe(const weft_optimizer *optimizer, gp *state) {
    size_t pending = optimizer->history.n_pending;
    for (; state->n_believed < pending && state->n_believed < MAX_BELIEVED; state->n_believed++) {
        size_t trial = optimizer->history.n + state->n_believed;
        for (int r = 0; r < n_roles(state); r++) {
            role *to = &state->roles[r];
            if (to->filled) {
                double mean;
                double deviation;
                weft_kriging_place(&state->measure, weft_history_genome(&optimizer->history, trial),
                                   state->row);
                weft_kriging_predict(&to->model, state->row, &mean, &deviation);
                weft_kriging_append(&to->model, state->row);
                to->model.targets[to->model.n - 1] = mean;
                weft_kriging_aim(&to->model);
            }
        }
    }
}

static double log_below_zero(gp *state, int r) {
    double mean;
    double deviation;
    weft_kriging_predict(&state->roles[r].model, state->row, &mean, &deviation);
    return weft_log_below_zero(mean, deviation);
}

/* log P[x is feasible], of the processes that tell it. */
static double log_feasible(gp *state) {
    double sum = 0.0;
    for (int r = state->n_objectives; r < n_roles(state); r++) {
        sum += state->needed[r] && !is_failure(state, r) ? log_below_zero(state, r) : 0.0;
    }
    return sum;
}

/* The logarithm of how much the objectives are expected to improve. */
static double log_improvement(gp *state) {
    double means[WEFT_MAX_OBJECTIVES];
    double deviations[WEFT_MAX_OBJECTIVES];
    for (int m = 0; m < state->n_objectives; m++) {
        weft_kriging_predict(&state->roles[m].model, state->row, &means[m], &deviations[m]);
    }
    if (state->n_objectives == 1) {
        return weft_log_improvement(means[0], deviations[0], state->best);
    }
    if (state->n_objectives <= 3) {
        return log(fmax(weft_volume_improvement(&state->boxes, means, deviations), DBL_MIN));
    }
    return weft_scalar_log_improvement(&state->scalar, means, deviations);
}

/* The logarithm of what a genome is worth: without any result, of how much less it would be infeasible. */
static double score(void *context, const double *genome) {
    gp *state = context;
    double mean;
    double deviation;
    weft_kriging *violation = &state->roles[state->n_objectives].model;
    weft_kriging_place(&state->measure, genome, state->row);
    double sum = state->n_failed > 0 ? log_below_zero(state, state->n_objectives + 1) : 0.0;
    if (state->roles[0].n_told > 0) {
        return sum + log_feasible(state) + log_improvement(state);
    }
    if (state->n_infeasible > 0) {
        weft_kriging_predict(violation, state->row, &mean, &deviation);
        sum += weft_log_improvement(mean, deviation, state->best);
    }
    return sum;
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    gp *state = optimizer->state;
    if (!starting(optimizer) && attempt == 0) {
        size_t n = optimizer->history.n;
        believe(optimizer, state);
        bool far = trial % 2 == 1 && (state->n_objectives == 2 || state->n_objectives == 3);
        int scored = optimizer->settings.scored;
        set_goal(state, far, rng);
        weft_ascent ascent = {.optimizer = optimizer,
                              .score = score,
                              .context = state,
                              .parents = state->standings,
                              .n_parents = n < PARENTS ? n : PARENTS,
                              .budget = scored,
                              .drawn = far ? scored : scored / 2,
                              .room = state->room};
        if (weft_ascend(&ascent, rng, genome)) {
            return;
        }
    }
    weft_genome_draw(&optimizer->table, rng, genome);
}

const weft_method weft_method_gp = {
    .name = "gp", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
