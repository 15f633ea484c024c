/* SPDX-License-Identifier: Apache-2.0
 * One local solve of a weft_shgo_problem, in the unit box. */
#ifndef WEFT_SEARCH_DESCENT_H
#define WEFT_SEARCH_DESCENT_H

#include "base/error.h"

#include <weft/search.h>

typedef struct weft_descent {
    const weft_shgo_problem *problem;
    const weft_shgo_settings *settings;
    double scales[WEFT_SHGO_MAX_CONSTRAINTS]; /* of the constraints' values; above 0 */
    double ceiling;    /* stands for values that are no numbers: above those of all samples */
    int64_t left;      /* evaluations that are left altogether */
    uint64_t n_values; /* evaluations of the objective, counted up */
    uint64_t n_constraints;
    /* Samples near the start: they tell how the function bends there. */
    size_t n_near;
    const double *near[2 * WEFT_SHGO_MAX_VARIABLES];
    double near_values[2 * WEFT_SHGO_MAX_VARIABLES];
    void *solver; /* an nlopt_opt, made once */
    struct weft_descent_point *point;
} weft_descent;

/* Sets up the solver and room for it; the fields before `solver` are the caller's, and may change
 * between solves. */
weft_status weft_descent_create(weft_descent *descent, weft_error *error) WEFT_NODISCARD;
void weft_descent_destroy(weft_descent *descent);

/* The point x of the problem at u of the unit box. */
void weft_descent_place(const weft_shgo_problem *problem, const double *u, double *x);

double weft_descent_value(weft_descent *descent, const double *u);

/* The constraints at u, in units of their scales. */
void weft_descent_constrain(weft_descent *descent, const double *u, double *values);

/* By how much such values break their constraints, summed; 0: all hold. */
double weft_descent_breach(const weft_shgo_problem *problem, const double *values, bool equalities);

/* From u with first steps of `step` to a minimum, written over both; *better is false where there is
 * none below `value`, the start's, which is infinite where the start breaks a constraint. */
weft_status weft_descend(weft_descent *descent, double step, double *u, double *value, bool *better,
                         weft_error *error) WEFT_NODISCARD;

#endif
