/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions whose minima are known: those of the tests of scipy.optimize.shgo (1.10), the examples of
 * its manual, and two more that are commonly used. HS n is problem n of W. Hock, K. Schittkowski,
 * "Test Examples for Nonlinear Programming Codes", 1981. */
#ifndef WEFT_TESTS_SEARCH_SHGO_CASES_H
#define WEFT_TESTS_SEARCH_SHGO_CASES_H

#include <math.h>

#include <weft/search.h>

static const double shgo_pi = 3.14159265358979323846;

static inline double shgo_square_sum(void *context, const double *x) {
    (void)context;
    return x[0] * x[0] + x[1] * x[1];
}

static inline void shgo_square_sum_holds(void *context, const double *x, double *g) {
    (void)context;
    g[0] = 6.0 - (x[0] + x[1]);
}

static inline double shgo_waves(void *context, const double *x) {
    (void)context;
    return (x[0] - 30.0) * sin(x[0]);
}

static inline void shgo_waves_hold(void *context, const double *x, double *g) {
    (void)context;
    g[0] = 58.0 - x[0];
}

static inline double shgo_hs18(void *context, const double *x) {
    (void)context;
    return 0.01 * x[0] * x[0] + x[1] * x[1];
}

static inline void shgo_hs18_holds(void *context, const double *x, double *g) {
    (void)context;
    g[0] = x[0] * x[1] - 25.0;
    g[1] = x[0] * x[0] + x[1] * x[1] - 25.0;
}

static inline double shgo_hs100(void *context, const double *x) {
    (void)context;
    return pow(x[0] - 10.0, 2) + 5.0 * pow(x[1] - 12.0, 2) + pow(x[2], 4) +
           3.0 * pow(x[3] - 11.0, 2) + 10.0 * pow(x[4], 6) + 7.0 * x[5] * x[5] + pow(x[6], 4) -
           4.0 * x[5] * x[6] - 10.0 * x[5] - 8.0 * x[6];
}

static inline void shgo_hs100_holds(void *context, const double *x, double *g) {
    (void)context;
    g[0] = 127.0 - (2.0 * x[0] * x[0] + 3.0 * pow(x[1], 4) + x[2] + 4.0 * x[3] * x[3] + 5.0 * x[4]);
    g[1] = 282.0 - (7.0 * x[0] + 3.0 * x[1] + 10.0 * x[2] * x[2] + x[3] - x[4]);
    g[2] = 196.0 - (23.0 * x[0] + x[1] * x[1] + 6.0 * x[5] * x[5] - 8.0 * x[6]);
    g[3] = -(4.0 * x[0] * x[0] + x[1] * x[1] - 3.0 * x[0] * x[1] + 2.0 * x[2] * x[2] + 5.0 * x[5] -
             11.0 * x[6]);
}

static inline double shgo_eggholder(void *context, const double *x) {
    (void)context;
    double y = x[1] + 47.0;
    return -y * sin(sqrt(fabs(x[0] / 2.0 + y))) - x[0] * sin(sqrt(fabs(x[0] - y)));
}

/* HS73: cattle feed. */
static inline double shgo_hs73(void *context, const double *x) {
    (void)context;
    return 24.55 * x[0] + 26.75 * x[1] + 39.0 * x[2] + 40.50 * x[3];
}

static inline void shgo_hs73_holds(void *context, const double *x, double *g) {
    (void)context;
    g[0] = 2.3 * x[0] + 5.6 * x[1] + 11.1 * x[2] + 1.3 * x[3] - 5.0;
    g[1] = 12.0 * x[0] + 11.9 * x[1] + 41.8 * x[2] + 52.1 * x[3] - 21.0 -
           1.645 * sqrt(0.28 * x[0] * x[0] + 0.19 * x[1] * x[1] + 20.5 * x[2] * x[2] +
                        0.62 * x[3] * x[3]);
    g[2] = x[0] + x[1] + x[2] + x[3] - 1.0;
}

static inline double shgo_rosenbrock(void *context, const double *x) {
    const int *d = context;
    double sum = 0.0;
    for (int k = 0; k + 1 < *d; k++) {
        sum += 100.0 * pow(x[k + 1] - x[k] * x[k], 2) + pow(1.0 - x[k], 2);
    }
    return sum;
}

static inline double shgo_ackley(void *context, const double *x) {
    (void)context;
    double squares = 0.5 * (x[0] * x[0] + x[1] * x[1]);
    double waves = 0.5 * (cos(2.0 * shgo_pi * x[0]) + cos(2.0 * shgo_pi * x[1]));
    return -20.0 * exp(-0.2 * sqrt(squares)) - exp(waves) + exp(1.0) + 20.0;
}

static inline double shgo_himmelblau(void *context, const double *x) {
    (void)context;
    return pow(x[0] * x[0] + x[1] - 11.0, 2) + pow(x[0] + x[1] * x[1] - 7.0, 2);
}

/* Two atoms: least at a distance of 1, wherever they are. */
static inline double shgo_lennard_jones(void *context, const double *x) {
    (void)context;
    double square = pow(x[0] - x[3], 2) + pow(x[1] - x[4], 2) + pow(x[2] - x[5], 2);
    double sixth = square * square * square;
    return square > 0.0 ? (1.0 / sixth - 2.0) / sixth : 0.0;
}

typedef struct shgo_case {
    const char *name;
    int d;
    double lower, upper;
    double lower_last, upper_last; /* of the last variable */
    double (*objective)(void *context, const double *x);
    void (*constraints)(void *context, const double *x, double *values);
    int n_inequalities, n_equalities;
    int points, iterations;
    double least; /* its global minimum */
} shgo_case;

static const shgo_case shgo_cases[] = {
    {"squares", 2, -1, 6, -1, 6, shgo_square_sum, shgo_square_sum_holds, 1, 0, 128, 1, 0.0},
    {"squares at the corner", 2, 0, 1, 0, 1, shgo_square_sum, shgo_square_sum_holds, 1, 0, 128, 1,
     0.0},
    {"waves", 1, 0, 60, 0, 60, shgo_waves, shgo_waves_hold, 1, 0, 128, 1, -28.44677132},
    {"waves to 4.5", 1, 0, 4.5, 0, 4.5, shgo_waves, shgo_waves_hold, 1, 0, 128, 1, -28.44677132},
    {"HS18", 2, 2, 50, 0, 50, shgo_hs18, shgo_hs18_holds, 2, 0, 128, 1, 5.0},
    {"HS100", 7, -10, 10, -10, 10, shgo_hs100, shgo_hs100_holds, 4, 0, 2048, 1, 680.6300573},
    {"Eggholder, 64", 2, -512, 512, -512, 512, shgo_eggholder, NULL, 0, 0, 64, 1, -959.6406627},
    {"Eggholder, 1024", 2, -512, 512, -512, 512, shgo_eggholder, NULL, 0, 0, 1024, 1, -959.6406627},
    {"Eggholder, 5 x 128", 2, -512, 512, -512, 512, shgo_eggholder, NULL, 0, 0, 128, 5,
     -959.6406627},
    {"HS73", 4, 0, 1, 0, 1, shgo_hs73, shgo_hs73_holds, 2, 1, 128, 1, 29.894378},
    {"Lennard-Jones", 6, -4, 4, -4, 4, shgo_lennard_jones, NULL, 0, 0, 128, 1, -1.0},
    {"Rosenbrock", 5, 0, 2, 0, 2, shgo_rosenbrock, NULL, 0, 0, 128, 1, 0.0},
    {"Ackley", 2, -4, 5, -4, 5, shgo_ackley, NULL, 0, 0, 512, 1, 0.0},
    {"Himmelblau", 2, -6, 6, -6, 6, shgo_himmelblau, NULL, 0, 0, 128, 1, 0.0},
};

enum { SHGO_CASES = sizeof shgo_cases / sizeof shgo_cases[0] };

/* The problem of a case; `bounds` is room for lower and upper bounds. */
static inline weft_shgo_problem shgo_problem_of(const shgo_case *c,
                                                double bounds[2 * WEFT_SHGO_MAX_VARIABLES]) {
    for (int k = 0; k < c->d; k++) {
        bounds[k] = k == c->d - 1 ? c->lower_last : c->lower;
        bounds[WEFT_SHGO_MAX_VARIABLES + k] = k == c->d - 1 ? c->upper_last : c->upper;
    }
    return (weft_shgo_problem){
        .n_variables = c->d,
        .lower = bounds,
        .upper = bounds + WEFT_SHGO_MAX_VARIABLES,
        .context = (void *)(uintptr_t)&c->d,
        .objective = c->objective,
        .constraints = c->constraints,
        .n_inequalities = c->n_inequalities,
        .n_equalities = c->n_equalities,
    };
}

#endif
