/* SPDX-License-Identifier: Apache-2.0
 *
 * NLopt's solvers see the unit box: steps and tolerances are shares of the box's sides. Values at
 * the last point are kept, so that a gradient there costs its differences alone, and the value at
 * the start, a sample, is not evaluated again. */
#include "search/descent.h"

#include <float.h>
#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = WEFT_SHGO_MAX_VARIABLES, MAX_CONSTRAINTS = WEFT_SHGO_MAX_CONSTRAINTS };

/* Constraints that are broken by no more, in units of their scales, hold. */
static const double FEASIBLE = 1e-11;

/* Of the values that solvers see: they square differences, and COBYLA never ends where that overflows. */
static const double LARGEST = 1e100;

/* What is known of one point: of the solver's last, usually. */
typedef struct known {
    double u[MAX];
    double value;
    bool is_known;
} known;

typedef struct known_constraints {
    double u[MAX];
    double values[MAX_CONSTRAINTS];
    double slopes[MAX_CONSTRAINTS * MAX]; /* (constraints, variables) */
    bool has_values, has_slopes;
} known_constraints;

struct weft_descent_point {
    known last, start, best;
    known sloped; /* the last point whose slope was given */
    known_constraints constraints;
    int64_t end;   /* n_values at which the solve is over */
    double step;   /* length of the first */
    double factor; /* of the values that the solver sees; 0: not known yet */
};

static size_t size_of(const weft_descent *descent) {
    return (size_t)descent->problem->n_variables * sizeof(double);
}

static int n_constraints(const weft_shgo_problem *problem) {
    return problem->n_inequalities + problem->n_equalities;
}

void weft_descent_place(const weft_shgo_problem *problem, const double *u, double *x) {
    for (int k = 0; k < problem->n_variables; k++) {
        double at = problem->lower[k] + u[k] * (problem->upper[k] - problem->lower[k]);
        x[k] = u[k] >= 1.0 ? problem->upper[k] : at;
    }
}

double weft_descent_value(weft_descent *descent, const double *u) {
    double x[MAX];
    weft_descent_place(descent->problem, u, x);
    descent->n_values++;
    return descent->problem->objective(descent->problem->context, x);
}

void weft_descent_constrain(weft_descent *descent, const double *u, double *values) {
    const weft_shgo_problem *problem = descent->problem;
    double x[MAX];
    weft_descent_place(problem, u, x);
    descent->n_constraints++;
    problem->constraints(problem->context, x, values);
    for (int i = 0; i < n_constraints(problem); i++) {
        values[i] /= descent->scales[i];
    }
}

double weft_descent_breach(const weft_shgo_problem *problem, const double *values,
                           bool equalities) {
    double sum = 0.0;
    for (int i = 0; i < problem->n_inequalities + (equalities ? problem->n_equalities : 0); i++) {
        double broken = i >= problem->n_inequalities ? fabs(values[i])
                        : values[i] >= 0.0           ? 0.0
                                                     : -values[i];
        sum += isnan(broken) ? INFINITY : broken;
    }
    return sum;
}

/* ---- what the solver asks for ---------------------------------------------------------------- */

/* A step for a difference at u, into the box. */
static double difference_step(double u) {
    double step = sqrt(DBL_EPSILON);
    return u + step <= 1.0 ? step : -step;
}

static bool same_point(const weft_descent *descent, const double *a, const double *b) {
    return memcmp(a, b, size_of(descent)) == 0;
}

/* As the solver sees a value. */
static double limited(const weft_descent *descent, double value) {
    double seen = isfinite(value) ? value : descent->ceiling;
    return fmin(fmax(seen, -LARGEST), LARGEST);
}

/* Values and, if asked for, slopes of the constraints at u. */
static const known_constraints *constraints_at(weft_descent *descent, const double *u,
                                               bool slopes) {
    known_constraints *kept = &descent->point->constraints;
    int n = descent->problem->n_variables;
    int m = n_constraints(descent->problem);
    if (!kept->has_values || !same_point(descent, kept->u, u)) {
        memcpy(kept->u, u, size_of(descent));
        weft_descent_constrain(descent, u, kept->values);
        kept->has_values = true;
        kept->has_slopes = false;
    }
    if (slopes && !kept->has_slopes) {
        double at[MAX];
        double values[MAX_CONSTRAINTS];
        memcpy(at, u, size_of(descent));
        for (int k = 0; k < n; k++) {
            at[k] = u[k] + difference_step(u[k]);
            weft_descent_constrain(descent, at, values);
            for (int i = 0; i < m; i++) {
                kept->slopes[i * n + k] = (values[i] - kept->values[i]) / (at[k] - u[k]);
            }
            at[k] = u[k];
        }
        kept->has_slopes = true;
    }
    return kept;
}

static bool holds(weft_descent *descent, const double *u) {
    return n_constraints(descent->problem) == 0 ||
           weft_descent_breach(descent->problem, constraints_at(descent, u, false)->values, true) <=
               FEASIBLE;
}

static void remember(weft_descent *descent, const double *u, double value, known *at) {
    memcpy(at->u, u, size_of(descent));
    at->value = value;
    at->is_known = true;
}

static bool is_at(const weft_descent *descent, const known *at, const double *u) {
    return at->is_known && same_point(descent, at->u, u);
}

/* The value at u; the end of the budget ends the solve. */
static double value_at(weft_descent *descent, const double *u) {
    struct weft_descent_point *point = descent->point;
    if (is_at(descent, &point->start, u)) {
        return limited(descent, point->start.value);
    }
    if (is_at(descent, &point->last, u)) {
        return point->last.value;
    }
    if ((int64_t)descent->n_values >= point->end) {
        nlopt_force_stop(descent->solver);
        return limited(descent, NAN);
    }
    double value = weft_descent_value(descent, u);
    if (isfinite(value) && value < point->best.value && holds(descent, u)) {
        remember(descent, u, value, &point->best);
    }
    remember(descent, u, limited(descent, value), &point->last);
    return point->last.value;
}

static void slope_at(weft_descent *descent, const double *u, double value, double *slope) {
    const weft_shgo_problem *problem = descent->problem;
    double x[MAX];
    if (problem->gradient != NULL) {
        weft_descent_place(problem, u, x);
        problem->gradient(problem->context, x, slope);
        for (int k = 0; k < problem->n_variables; k++) {
            slope[k] *= problem->upper[k] - problem->lower[k];
        }
        return;
    }
    memcpy(x, u, size_of(descent));
    for (int k = 0; k < problem->n_variables; k++) {
        double step = difference_step(u[k]);
        x[k] = u[k] + step;
        slope[k] = (limited(descent, weft_descent_value(descent, x)) - value) / (x[k] - u[k]);
        x[k] = u[k];
    }
}

/* The second derivative of the paraboloid about u, with the slope there, that fits the samples near it
 * with least squares of their errors. */
static double bend_at(const weft_descent *descent, const double *u, double value,
                      const double *slope) {
    double above = 0.0;
    double below = 0.0;
    for (size_t i = 0; i < descent->n_near; i++) {
        double square = 0.0;
        double rise = descent->near_values[i] - value;
        for (int k = 0; k < descent->problem->n_variables; k++) {
            double step = descent->near[i][k] - u[k];
            square += step * step;
            rise -= slope[k] * step;
        }
        above += rise * square / 2.0;
        below += square * square / 4.0;
    }
    return above / below;
}

/* Sequential quadratic programming begins with the identity for second derivatives. */
static double factor_of(const weft_descent *descent, const double *u, double value,
                        const double *slope) {
    double most = 0.0;
    for (int k = 0; k < descent->problem->n_variables; k++) {
        most = fmax(most, fabs(slope[k]));
    }
    double bend = bend_at(descent, u, value, slope);
    double factor = descent->point->step / most;
    factor = bend > 0.0 ? fmin(factor, 1.0 / bend) : factor;
    return isfinite(factor) && factor > 0.0 ? factor : 1.0;
}

/* Whether the solve ends at u, by the length of its last step: a slope there would not be used. Where a
 * constraint is broken no step at all is the end: NLopt's solver would ask for ever. */
static bool arrived(weft_descent *descent, const double *u) {
    const known *before = &descent->point->sloped;
    if (!before->is_known) {
        return false;
    }
    if (!holds(descent, u)) {
        return same_point(descent, before->u, u);
    }
    for (int k = 0; k < descent->problem->n_variables; k++) {
        if (!(fabs(u[k] - before->u[k]) < descent->settings->tolerance)) {
            return false;
        }
    }
    return true;
}

static double objective(unsigned n, const double *u, double *gradient, void *data) {
    weft_descent *descent = data;
    struct weft_descent_point *point = descent->point;
    double value = value_at(descent, u);
    if (gradient == NULL) {
        return value * (point->factor > 0.0 ? point->factor : 1.0);
    }
    uint64_t cost = descent->problem->gradient == NULL ? n : 0;
    if ((int64_t)(descent->n_values + cost) > point->end || arrived(descent, u)) {
        nlopt_force_stop(descent->solver);
        memset(gradient, 0, n * sizeof *gradient);
        return value;
    }
    slope_at(descent, u, value, gradient);
    remember(descent, u, value, &point->sloped);
    point->factor = point->factor > 0.0 ? point->factor : factor_of(descent, u, value, gradient);
    for (unsigned k = 0; k < n; k++) {
        gradient[k] *= point->factor;
    }
    return value * point->factor;
}

/* NLopt's inequalities are c <= 0. */
static void inequalities(unsigned m, double *result, unsigned n, const double *u, double *gradient,
                         void *data) {
    weft_descent *descent = data;
    const known_constraints *kept = constraints_at(descent, u, gradient != NULL);
    for (unsigned i = 0; i < m; i++) {
        result[i] = -kept->values[i];
    }
    for (unsigned i = 0; gradient != NULL && i < m * n; i++) {
        gradient[i] = -kept->slopes[i];
    }
}

static void equalities(unsigned m, double *result, unsigned n, const double *u, double *gradient,
                       void *data) {
    weft_descent *descent = data;
    const known_constraints *kept = constraints_at(descent, u, gradient != NULL);
    unsigned before = (unsigned)descent->problem->n_inequalities;
    memcpy(result, &kept->values[before], m * sizeof *result);
    if (gradient != NULL) {
        memcpy(gradient, &kept->slopes[before * n], (size_t)m * n * sizeof *gradient);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static nlopt_algorithm algorithm_of(weft_shgo_local local) {
    switch (local) {
    case WEFT_SHGO_COBYLA:
        return NLOPT_LN_COBYLA;
    case WEFT_SHGO_BOBYQA:
        return NLOPT_LN_BOBYQA;
    case WEFT_SHGO_SLSQP:
    default:
        return NLOPT_LD_SLSQP;
    }
}

static nlopt_result set_up(weft_descent *descent) {
    const weft_shgo_problem *problem = descent->problem;
    nlopt_opt solver = descent->solver;
    unsigned before = (unsigned)problem->n_inequalities;
    unsigned after = (unsigned)problem->n_equalities;
    double feasible[MAX_CONSTRAINTS];
    for (int i = 0; i < MAX_CONSTRAINTS; i++) {
        feasible[i] = FEASIBLE;
    }
    nlopt_result result = nlopt_set_min_objective(solver, objective, descent);
    result = result < 0 ? result : nlopt_set_lower_bounds1(solver, 0.0);
    result = result < 0 ? result : nlopt_set_upper_bounds1(solver, 1.0);
    result = result < 0 ? result : nlopt_set_xtol_abs1(solver, descent->settings->tolerance);
    if (result >= 0 && before > 0) {
        result = nlopt_add_inequality_mconstraint(solver, before, inequalities, descent, feasible);
    }
    if (result >= 0 && after > 0) {
        result = nlopt_add_equality_mconstraint(solver, after, equalities, descent, feasible);
    }
    return result;
}

weft_status weft_descent_create(weft_descent *descent, weft_error *error) {
    descent->point = calloc(1, sizeof *descent->point);
    descent->solver = nlopt_create(algorithm_of(descent->settings->local),
                                   (unsigned)descent->problem->n_variables);
    if (descent->point == NULL || descent->solver == NULL || set_up(descent) < 0) {
        weft_descent_destroy(descent);
        return weft_fail_memory(error, sizeof *descent->point);
    }
    return WEFT_OK;
}

void weft_descent_destroy(weft_descent *descent) {
    nlopt_destroy(descent->solver);
    free(descent->point);
    descent->solver = NULL;
    descent->point = NULL;
}

/* ---- solve ----------------------------------------------------------------------------------- */

weft_status weft_descend(weft_descent *descent, double step, double *u, double *value, bool *better,
                         weft_error *error) {
    struct weft_descent_point *point = descent->point;
    int64_t budget = descent->settings->local_evaluations;
    double at[MAX];
    double last = 0.0;
    point->end = (int64_t)descent->n_values + (budget < descent->left ? budget : descent->left);
    point->step = step;
    point->factor = 0.0;
    point->last.is_known = false;
    point->sloped.is_known = false;
    point->constraints.has_values = false;
    remember(descent, u, *value, &point->start);
    point->start.is_known = isfinite(*value);
    point->best = (known){.value = isfinite(*value) ? *value : INFINITY};
    memcpy(at, u, size_of(descent));
    nlopt_set_force_stop(descent->solver, 0);
    nlopt_result result = nlopt_set_initial_step1(descent->solver, step);
    /* Of points, known ones included: no solver goes on for ever where it asks for those. */
    result = result < 0 ? result
                        : nlopt_set_maxeval(descent->solver, (int)fmin(2e9, (double)budget));
    result = result < 0 ? result : nlopt_optimize(descent->solver, at, &last);
    if (result == NLOPT_OUT_OF_MEMORY) {
        return weft_fail_memory(error, size_of(descent));
    }
    /* Where rounding ends a line search, or the budget the solve, the best so far is what there is. */
    *better = point->best.is_known;
    if (*better) {
        memcpy(u, point->best.u, size_of(descent));
        *value = point->best.value;
    }
    return WEFT_OK;
}
