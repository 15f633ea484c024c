/* SPDX-License-Identifier: Apache-2.0
 *
 * Simplicial homology global optimisation (S. C. Endres, C. Sandrock, W. W. Focke, "A simplicial
 * homology algorithm for Lipschitz optimisation", J. Global Optim. 72, 2018). Every iteration
 *
 *     samples `points` more Sobol' points; those that break an inequality are not evaluated,
 *     joins all points so far to a complex (cells.h), ordered by value; those that break an
 *         inequality lie above all others, by how much they do; of equals the first is the lower,
 *     starts a local solve (descent.h) from each vertex that is lower than all its neighbours.
 *
 * No solve starts twice: a minimum becomes a vertex of the complex, so that vertices next to it are
 * not taken for minima of their own, and the vertex whose cell it lies in is done with. Where no
 * sample holds the inequalities, solves start from where they are broken least. */
#include "search/cells.h"
#include "search/descent.h"
#include "search/sobol_sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = WEFT_SHGO_MAX_VARIABLES, MAX_CONSTRAINTS = WEFT_SHGO_MAX_CONSTRAINTS };
/* With more variables than these the nearest samples are too far to tell of second derivatives. */
enum { FEW = 2 };
enum { MAX_POINTS = 32768, MAX_ITERATIONS = 1000 };

/* A minimum nearer to a vertex than this share of the box moves the vertex. */
static const double SAME = 1e-6;

typedef struct vertex {
    double breach; /* of the inequalities; infinite where there is no value */
    double value;
    size_t id; /* row of `points` */
} vertex;

typedef struct minimum {
    double u[MAX];
    double value;
} minimum;

typedef struct shgo {
    const weft_shgo_problem *problem;
    const weft_shgo_settings *settings;
    weft_sobol sequence;
    weft_descent descent;
    size_t d, n, capacity;
    double *points;   /* (capacity, d) in the unit box */
    vertex *vertices; /* (capacity), by id */
    bool *done;       /* (capacity), by id: no solve starts there */
    vertex *order;    /* (capacity), lowest first */
    double *ordered;  /* (capacity, d): the points in that order */
    minimum *minima;  /* (n_capacity) */
    size_t n_minima, n_capacity;
    uint64_t next; /* of the sequence */
    uint64_t n_samples;
    size_t n_starts;
} shgo;

void weft_shgo_defaults(weft_shgo_settings *settings) {
    *settings = (weft_shgo_settings){
        .points = 128,
        .iterations = 1,
        .local = WEFT_SHGO_SLSQP,
        .tolerance = 1e-6,
        .separation = 1e-4,
        .local_evaluations = 1000,
    };
}

/* ---- checks ---------------------------------------------------------------------------------- */

static weft_status check(const char *name, double value, double lower, double upper,
                         weft_error *error) {
    if (value >= lower && value <= upper) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_USAGE, "shgo: %s is %g; expected %g to %g", name, value,
                     lower, upper);
}

static weft_status check_problem(const weft_shgo_problem *problem, weft_error *error) {
    if (problem->n_variables < 1 || problem->n_variables > MAX) {
        weft_fail(error, WEFT_ERROR_USAGE, "shgo: %d variables; expected 1 to %d",
                  problem->n_variables, (int)MAX);
        weft_hint(error, "it is made for few variables: fix some, or use another method");
        return WEFT_ERROR_USAGE;
    }
    for (int k = 0; k < problem->n_variables; k++) {
        double lower = problem->lower[k];
        double upper = problem->upper[k];
        if (!isfinite(upper - lower) || !(lower < upper)) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "shgo: variable %d is between %g and %g; expected numbers that rise",
                             k, lower, upper);
        }
    }
    WEFT_TRY(check("n_inequalities", problem->n_inequalities, 0, MAX_CONSTRAINTS, error));
    WEFT_TRY(check("n_equalities", problem->n_equalities, 0,
                   MAX_CONSTRAINTS - problem->n_inequalities, error));
    if (problem->n_inequalities + problem->n_equalities > 0 && problem->constraints == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE, "shgo: constraints are counted, not given");
    }
    return WEFT_OK;
}

static weft_status check_settings(const weft_shgo_problem *problem,
                                  const weft_shgo_settings *settings, weft_error *error) {
    WEFT_TRY(check("points", settings->points, 1, MAX_POINTS, error));
    WEFT_TRY(check("iterations", settings->iterations, 1, MAX_ITERATIONS, error));
    WEFT_TRY(check("points in all", (double)settings->points * settings->iterations, 1, MAX_POINTS,
                   error));
    WEFT_TRY(check("starts", settings->starts, 0, MAX_POINTS, error));
    WEFT_TRY(check("tolerance", settings->tolerance, 1e-15, 0.1, error));
    WEFT_TRY(check("separation", settings->separation, 0, 1, error));
    WEFT_TRY(check("local_evaluations", (double)settings->local_evaluations, 1, 1e15, error));
    WEFT_TRY(check("evaluations", (double)settings->evaluations, 0, 1e15, error));
    if (settings->local == WEFT_SHGO_BOBYQA &&
        (problem->n_variables < 2 || problem->n_inequalities + problem->n_equalities > 0)) {
        weft_fail(error, WEFT_ERROR_USAGE,
                  "shgo: BOBYQA takes 2 variables or more and no constraints; found %d and %d",
                  problem->n_variables, problem->n_inequalities + problem->n_equalities);
        weft_hint(error, "use SLSQP or COBYLA");
        return WEFT_ERROR_USAGE;
    }
    return WEFT_OK;
}

/* ---- room ------------------------------------------------------------------------------------ */

static weft_status grow(void **array, size_t n, size_t size, weft_error *error) {
    void *grown = realloc(*array, n * size);
    if (grown == NULL) {
        return weft_fail_memory(error, n * size);
    }
    *array = grown;
    return WEFT_OK;
}

static weft_status reserve_vertices(shgo *c, size_t more, weft_error *error) {
    size_t n = c->n + more;
    if (n <= c->capacity) {
        return WEFT_OK;
    }
    WEFT_TRY(grow((void **)&c->points, n, c->d * sizeof *c->points, error));
    WEFT_TRY(grow((void **)&c->ordered, n, c->d * sizeof *c->ordered, error));
    WEFT_TRY(grow((void **)&c->vertices, n, sizeof *c->vertices, error));
    WEFT_TRY(grow((void **)&c->order, n, sizeof *c->order, error));
    WEFT_TRY(grow((void **)&c->done, n, sizeof *c->done, error));
    c->capacity = n;
    return WEFT_OK;
}

static weft_status reserve_minima(shgo *c, size_t more, weft_error *error) {
    size_t n = c->n_minima + more;
    if (n <= c->n_capacity) {
        return WEFT_OK;
    }
    WEFT_TRY(grow((void **)&c->minima, n, sizeof *c->minima, error));
    c->n_capacity = n;
    return WEFT_OK;
}

/* ---- vertices -------------------------------------------------------------------------------- */

static size_t add_vertex(shgo *c, const double *u, double breach, double value) {
    size_t id = c->n++;
    memcpy(&c->points[id * c->d], u, c->d * sizeof *u);
    c->vertices[id] = (vertex){.breach = breach, .value = value, .id = id};
    c->done[id] = false;
    return id;
}

/* Evaluations of the objective that the limit leaves. */
static int64_t left(const shgo *c) {
    int64_t limit = c->settings->evaluations;
    return limit == 0 ? INT64_MAX / 2 : limit - (int64_t)c->descent.n_values;
}

static void measure_scales(shgo *c, const double *values, size_t n_points, size_t m) {
    for (size_t i = 0; i < m; i++) {
        double most = 0.0;
        for (size_t p = 0; p < n_points; p++) {
            double size = fabs(values[p * m + i]);
            most = isfinite(size) && size > most ? size : most;
        }
        c->descent.scales[i] = most > 0.0 ? most : 1.0;
    }
}

/* Values of the constraints at new points; the first points tell their scales. */
static void constrain_samples(shgo *c, size_t first, double *values) {
    size_t m = (size_t)c->problem->n_inequalities + (size_t)c->problem->n_equalities;
    for (size_t id = first; m > 0 && id < c->n; id++) {
        weft_descent_constrain(&c->descent, &c->points[id * c->d], &values[(id - first) * m]);
    }
    if (first == 0) {
        measure_scales(c, values, c->n, m);
    }
    for (size_t id = first; m > 0 && id < c->n; id++) {
        double *of = &values[(id - first) * m];
        for (size_t i = 0; first == 0 && i < m; i++) {
            of[i] /= c->descent.scales[i];
        }
        c->vertices[id].breach = weft_descent_breach(c->problem, of, false);
    }
}

static void evaluate_samples(shgo *c, size_t first) {
    for (size_t id = first; id < c->n; id++) {
        vertex *v = &c->vertices[id];
        if (v->breach > 0.0) {
            continue;
        }
        double value = left(c) > 0 ? weft_descent_value(&c->descent, &c->points[id * c->d]) : NAN;
        v->breach = isfinite(value) ? 0.0 : INFINITY;
        v->value = isfinite(value) ? value : INFINITY;
    }
}

static weft_status sample(shgo *c, weft_error *error) {
    size_t first = c->n;
    size_t n = (size_t)c->settings->points;
    size_t m = (size_t)c->problem->n_inequalities + (size_t)c->problem->n_equalities;
    double *values = malloc((n * m + 1) * sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, n * m * sizeof *values);
    }
    for (size_t i = 0; i < n; i++) {
        double u[MAX];
        for (size_t k = 0; k < c->d; k++) {
            u[k] = weft_sobol_coordinate(&c->sequence, c->next, (int)k);
        }
        c->next++;
        (void)add_vertex(c, u, 0.0, INFINITY);
    }
    uint64_t before = c->descent.n_values;
    constrain_samples(c, first, values);
    evaluate_samples(c, first);
    c->n_samples += c->descent.n_values - before;
    free(values);
    return WEFT_OK;
}

/* ---- complex --------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right) {
    const vertex *a = left;
    const vertex *b = right;
    if (a->breach != b->breach) {
        return a->breach < b->breach ? -1 : 1;
    }
    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    return a->id < b->id ? -1 : 1;
}

static void sort_vertices(shgo *c) {
    memcpy(c->order, c->vertices, c->n * sizeof *c->order);
    qsort(c->order, c->n, sizeof *c->order, compare);
    for (size_t i = 0; i < c->n; i++) {
        memcpy(&c->ordered[i * c->d], &c->points[c->order[i].id * c->d], c->d * sizeof *c->ordered);
    }
    double worst = c->order[0].value;
    for (size_t i = 0; i < c->n && c->order[i].breach == 0.0; i++) {
        worst = c->order[i].value;
    }
    double ceiling = worst + (worst - c->order[0].value) + 1.0;
    c->descent.ceiling = isfinite(ceiling) ? ceiling : 1e100;
}

/* The vertices from which solves start, lowest first, as places in the order; their number. */
static size_t list_minimisers(shgo *c, size_t *places) {
    bool any = c->order[0].breach == 0.0;
    size_t most = c->settings->starts == 0 ? c->n : (size_t)c->settings->starts;
    size_t n = 0;
    for (size_t i = 0; i < c->n && n < most; i++) {
        const vertex *v = &c->order[i];
        bool candidate = any ? v->breach == 0.0 : isfinite(v->breach);
        if (candidate && !c->done[v->id] && weft_cell_is_lowest(c->ordered, c->n, (int)c->d, i)) {
            places[n++] = i;
        }
    }
    return n;
}

/* ---- minima ---------------------------------------------------------------------------------- */

static double apart(const double *a, const double *b, size_t d) {
    double most = 0.0;
    for (size_t k = 0; k < d; k++) {
        most = fmax(most, fabs(a[k] - b[k]));
    }
    return most;
}

/* Whether the minimum is new; of two that are one the lower stays. */
static bool add_minimum(shgo *c, const double *u, double value) {
    for (size_t i = 0; i < c->n_minima; i++) {
        minimum *known = &c->minima[i];
        if (apart(known->u, u, c->d) <= c->settings->separation) {
            if (value < known->value) {
                memcpy(known->u, u, c->d * sizeof *u);
                known->value = value;
            }
            return false;
        }
    }
    minimum *added = &c->minima[c->n_minima++];
    *added = (minimum){0};
    memcpy(added->u, u, c->d * sizeof *u);
    added->value = value;
    return true;
}

/* Lends the solve the vertices nearest to its start, twice as many as there are variables. */
static void lend_neighbours(shgo *c, size_t place) {
    weft_descent *descent = &c->descent;
    const double *u = &c->ordered[place * c->d];
    double distances[2 * MAX];
    descent->n_near = 0;
    if (c->d > FEW) {
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        double distance = 0.0;
        for (size_t k = 0; k < c->d; k++) {
            double step = c->ordered[i * c->d + k] - u[k];
            distance += step * step;
        }
        if (i == place || c->order[i].breach > 0.0 ||
            (descent->n_near == 2 * c->d && distance >= distances[2 * c->d - 1])) {
            continue;
        }
        size_t at = descent->n_near < 2 * c->d ? descent->n_near++ : 2 * c->d - 1;
        for (; at > 0 && distances[at - 1] > distance; at--) {
            distances[at] = distances[at - 1];
            descent->near[at] = descent->near[at - 1];
            descent->near_values[at] = descent->near_values[at - 1];
        }
        distances[at] = distance;
        descent->near[at] = &c->ordered[i * c->d];
        descent->near_values[at] = c->order[i].value;
    }
}

/* The vertex whose cell the minimum lies in is done with. */
static void finish_cell(shgo *c, const double *u) {
    double distance;
    size_t place = weft_cell_nearest(c->ordered, 0, c->n, (int)c->d, u, &distance);
    c->done[c->order[place].id] = true;
}

static weft_status start(shgo *c, size_t place, bool *is_new, weft_error *error) {
    const vertex *v = &c->order[place];
    bool holds = v->breach == 0.0 && c->problem->n_equalities == 0;
    double step = 0.25 * pow((double)c->n, -1.0 / (double)c->d);
    double value = holds ? v->value : INFINITY;
    double u[MAX];
    bool better = false;
    memcpy(u, &c->ordered[place * c->d], c->d * sizeof *u);
    c->done[v->id] = true;
    c->n_starts++;
    c->descent.left = left(c);
    lend_neighbours(c, place);
    if (c->descent.left > 0) {
        WEFT_TRY(weft_descend(&c->descent, step, u, &value, &better, error));
    }
    *is_new = false;
    if (better || holds) {
        *is_new = add_minimum(c, u, value);
        finish_cell(c, u);
    }
    return WEFT_OK;
}

/* Makes the minima from `first` on vertices. */
static void join_minima(shgo *c, size_t first) {
    for (size_t i = first; i < c->n_minima; i++) {
        const minimum *m = &c->minima[i];
        double distance;
        size_t id = weft_cell_nearest(c->points, 0, c->n, (int)c->d, m->u, &distance);
        if (sqrt(distance) > SAME) {
            id = add_vertex(c, m->u, 0.0, m->value);
        } else {
            memcpy(&c->points[id * c->d], m->u, c->d * sizeof *m->u);
            c->vertices[id] = (vertex){.value = m->value, .id = id};
        }
        c->done[id] = true;
    }
}

static weft_status solve_from(shgo *c, const size_t *places, size_t n, bool *grew,
                              weft_error *error) {
    *grew = false;
    for (size_t i = 0; i < n; i++) {
        if (!c->done[c->order[places[i]].id]) {
            bool is_new;
            WEFT_TRY(start(c, places[i], &is_new, error));
            *grew = *grew || is_new;
        }
    }
    return WEFT_OK;
}

static weft_status iterate(shgo *c, bool *grew, weft_error *error) {
    size_t known = c->n_minima;
    WEFT_TRY(reserve_vertices(c, (size_t)c->settings->points, error));
    WEFT_TRY(sample(c, error));
    sort_vertices(c);
    size_t *places = malloc(c->n * sizeof *places);
    if (places == NULL) {
        return weft_fail_memory(error, c->n * sizeof *places);
    }
    size_t n = list_minimisers(c, places);
    weft_status status = reserve_minima(c, n, error);
    status = status != WEFT_OK ? status : solve_from(c, places, n, grew, error);
    free(places);
    WEFT_TRY(status);
    WEFT_TRY(reserve_vertices(c, c->n_minima - known, error));
    join_minima(c, known);
    return WEFT_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static weft_status begin(const weft_shgo_problem *problem, const weft_shgo_settings *settings,
                         shgo *c, weft_error *error) {
    *c = (shgo){
        .problem = problem,
        .settings = settings,
        .descent = {.problem = problem, .settings = settings},
        .d = (size_t)problem->n_variables,
    };
    for (int i = 0; i < MAX_CONSTRAINTS; i++) {
        c->descent.scales[i] = 1.0;
    }
    if (settings->scrambled) {
        WEFT_TRY(weft_sobol_create(problem->n_variables, settings->seed, &c->sequence, error));
    } else {
        WEFT_TRY(weft_sobol_create_plain(problem->n_variables, &c->sequence, error));
    }
    return weft_descent_create(&c->descent, error);
}

static void end(shgo *c) {
    weft_sobol_destroy(&c->sequence);
    weft_descent_destroy(&c->descent);
    free(c->points);
    free(c->vertices);
    free(c->done);
    free(c->order);
    free(c->ordered);
    free(c->minima);
}

static int compare_minima(const void *left, const void *right) {
    const minimum *a = left;
    const minimum *b = right;
    return a->value != b->value ? (a->value < b->value ? -1 : 1) : memcmp(a->u, b->u, sizeof a->u);
}

static weft_status give(shgo *c, weft_shgo_minima *minima, weft_error *error) {
    size_t n = c->n_minima;
    if (n == 0) {
        weft_fail(
            error, WEFT_ERROR_INFEASIBLE,
            "shgo: no point was found that holds the constraints, among %llu samples and %llu "
            "local solves",
            (unsigned long long)c->next, (unsigned long long)c->n_starts);
        weft_hint(error, "sample more points, or loosen a constraint");
        return WEFT_ERROR_INFEASIBLE;
    }
    weft_shgo_minima made = {.n = n};
    made.x = malloc(n * c->d * sizeof *made.x);
    made.values = malloc(n * sizeof *made.values);
    if (made.x == NULL || made.values == NULL) {
        weft_shgo_clear(&made);
        return weft_fail_memory(error, n * c->d * sizeof *made.x);
    }
    qsort(c->minima, n, sizeof *c->minima, compare_minima);
    for (size_t i = 0; i < n; i++) {
        weft_descent_place(c->problem, c->minima[i].u, &made.x[i * c->d]);
        made.values[i] = c->minima[i].value;
    }
    *minima = made;
    return WEFT_OK;
}

weft_status weft_shgo(const weft_shgo_problem *problem, const weft_shgo_settings *settings,
                      weft_shgo_minima *minima, weft_error *error) {
    shgo c;
    WEFT_TRY(check_problem(problem, error));
    WEFT_TRY(check_settings(problem, settings, error));
    weft_status status = begin(problem, settings, &c, error);
    int iterations = 0;
    bool grew = true;
    while (status == WEFT_OK && grew && iterations < settings->iterations && left(&c) > 0) {
        status = iterate(&c, &grew, error);
        iterations++;
    }
    status = status != WEFT_OK ? status : give(&c, minima, error);
    if (status == WEFT_OK) {
        minima->iterations = iterations;
        minima->starts = c.n_starts;
        minima->global_evaluations = c.n_samples;
        minima->local_evaluations = c.descent.n_values - c.n_samples;
        minima->constraint_evaluations = c.descent.n_constraints;
    }
    end(&c);
    return status;
}

void weft_shgo_clear(weft_shgo_minima *minima) {
    free(minima->x);
    free(minima->values);
    *minima = (weft_shgo_minima){0};
}
