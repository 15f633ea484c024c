/* SPDX-License-Identifier: Apache-2.0
 *
 * SHGO by ask and tell (S. C. Endres, C. Sandrock, W. W. Focke, J. Global Optim. 72, 2018; whoever can
 * call the function directly has weft_shgo). Each gene that varies is a coordinate of the unit box: the
 * search scale of a number, the index of a choice; an inactive gene stands in the middle.
 *
 * Told trials count in rounds. A sample round is of scrambled Sobol' points. When it is complete, all
 * trials told so far are joined to a complex (cells.h); those that are lower than all their neighbours,
 * and were not solved from yet, are the pool. Its members take turns, the one with the fewest rounds
 * first: a round of member c with radius r is of
 *
 *     c + r s,  s the minimiser, in a box, of f(c) + sum_k g_k s_k + h_k s_k^2 / 2 fitted to the trials
 *               nearest to c by least squares;
 *     c +- r e_k for each coordinate k, downhill by the fit first (compass search: T. G. Kolda, R. M.
 *               Lewis, V. Torczon, SIAM Review 45(3), 2003).
 *
 * The best trial of the round near c becomes c where it is better; where none is, r shrinks. A member whose
 * radius falls below what tells values apart is done; when all are, the next sample round begins. */
#include "base/dense.h"
#include "search/cells.h"
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/sobol_sequence.h"
#include "search/standing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = WEFT_SHGO_MAX_VARIABLES, TERMS = 2 * MAX, MOST_MEMBERS = 64 };

/* Points of a sample round: some for each coordinate. Sobol' points looked at for a told trial. */
enum { POINTS = 16, POINTS_A_GENE = 8, LEAD = 128 };

static const double FIRST_RADIUS = 0.15;
static const double LAST_RADIUS = 1e-4;
static const double SHRINKING = 0.4;
static const double NEAR = 3.0;   /* radii: trials that the fit takes */
static const double RIDGE = 1e-3; /* of the fit, towards no slope and no bend */

typedef struct member {
    size_t row; /* of its centre */
    double radius;
    size_t rounds;
    bool done;
} member;

typedef struct shgo {
    int d;
    int genes[MAX]; /* which gene a coordinate is */
    weft_sobol sequence;
    size_t points, round;
    double last_radius;
    size_t n_consumed; /* told trials of complete rounds */
    bool sampling;
    uint64_t first; /* least Sobol' point that may still be used */
    uint64_t next;  /* proposal of the batch that is being put together */
    member members[MOST_MEMBERS];
    int n, turn;
    bool *done; /* (capacity), by row: the centre of a member */
    size_t capacity;
    double slopes[MAX], model[MAX]; /* of the member whose turn it is: g, and s */
} shgo;

static void destroy(void *state) {
    shgo *model = state;
    weft_sobol_destroy(&model->sequence);
    free(model->done);
    free(model);
}

/* ---- coordinates ----------------------------------------------------------------------------- */

static double coordinate(const weft_gene *gene, double value) {
    double lower;
    double upper;
    if (isnan(value)) {
        return 0.5;
    }
    if (weft_gene_whole(gene)) {
        return (value - gene->lower) / (gene->upper - gene->lower);
    }
    weft_gene_interval(gene, &lower, &upper);
    return (weft_gene_position(gene, value) - lower) / (upper - lower);
}

static double value_at(const weft_gene *gene, double u) {
    double lower;
    double upper;
    if (weft_gene_whole(gene)) {
        return gene->lower + nearbyint(u * (gene->upper - gene->lower));
    }
    weft_gene_interval(gene, &lower, &upper);
    return weft_gene_value(gene, lower + u * (upper - lower));
}

static void to_box(const weft_optimizer *optimizer, const double *genome, double *u) {
    const shgo *model = optimizer->state;
    for (int k = 0; k < model->d; k++) {
        int g = model->genes[k];
        u[k] = coordinate(&optimizer->table.genes[g], genome[g]);
    }
}

/* The genome at a point, sampled (equal parts for whole numbers) or near a trial (the nearest value). */
static void from_box(const weft_optimizer *optimizer, const double *u, bool sampled,
                     double *genome) {
    const weft_gene_table *table = &optimizer->table;
    int k = 0;
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        bool varies = weft_gene_varies(gene);
        double at = varies ? u[k++] : 0.0;
        at = fmin(fmax(at, 0.0), 1.0);
        genome[g] = !weft_gene_active(table, genome, g) ? NAN
                    : !varies                           ? gene->lower
                    : sampled                           ? weft_gene_at(gene, at)
                                                        : value_at(gene, at);
    }
}

static void sample_at(const weft_optimizer *optimizer, uint64_t index, double *genome) {
    const shgo *model = optimizer->state;
    double u[MAX];
    for (int k = 0; k < model->d; k++) {
        u[k] = weft_sobol_coordinate(&model->sequence, index, k);
    }
    from_box(optimizer, u, true, genome);
}

/* ---- life ------------------------------------------------------------------------------------ */

static weft_status list_coordinates(const weft_optimizer *optimizer, shgo *model,
                                    weft_error *error) {
    double finest = 0.0; /* the least step of whole genes; 0 where a real one varies */
    bool real = false;
    for (int g = 0; g < optimizer->table.n_genes; g++) {
        const weft_gene *gene = &optimizer->table.genes[g];
        if (!weft_gene_varies(gene)) {
            continue;
        }
        if (model->d == MAX) {
            weft_fail(error, WEFT_ERROR_USAGE, "optimizer 'shgo' takes up to %d genes that vary",
                      (int)MAX);
            weft_hint(error, "it is made for few genes: hold some, or use tpe, gp or cmaes");
            return WEFT_ERROR_USAGE;
        }
        model->genes[model->d++] = g;
        real = real || !weft_gene_whole(gene);
        double step = 1.0 / (gene->upper - gene->lower);
        finest = finest == 0.0 ? step : fmin(finest, step);
    }
    model->last_radius = real ? LAST_RADIUS : fmax(LAST_RADIUS, 0.5 * finest);
    return WEFT_OK;
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    int population = optimizer->settings.population;
    WEFT_TRY(weft_optimizer_one_objective(optimizer, error));
    shgo *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    WEFT_TRY(list_coordinates(optimizer, model, error));
    model->points = population > 0 ? (size_t)population
                                   : (size_t)(POINTS + POINTS_A_GENE * model->d);
    model->round = (size_t)model->d + 1;
    model->sampling = true;
    return weft_sobol_create(model->d, optimizer->settings.seed, &model->sequence, error);
}

/* ---- the pool -------------------------------------------------------------------------------- */

typedef struct vertex {
    const weft_outcome *outcome;
    size_t row;
} vertex;

static bool better(const weft_outcome *a, const weft_outcome *b) {
    return weft_outcome_dominates(a, b, 1);
}

static int compare(const void *left, const void *right) {
    const vertex *a = left;
    const vertex *b = right;
    return better(a->outcome, b->outcome)   ? -1
           : better(b->outcome, a->outcome) ? 1
                                            : (a->row > b->row) - (a->row < b->row);
}

static weft_status reserve_rows(shgo *model, size_t n, weft_error *error) {
    if (n <= model->capacity) {
        return WEFT_OK;
    }
    size_t capacity = 2 * n;
    bool *done = realloc(model->done, capacity * sizeof *done);
    if (done == NULL) {
        return weft_fail_memory(error, capacity * sizeof *done);
    }
    memset(done + model->capacity, 0, (capacity - model->capacity) * sizeof *done);
    model->done = done;
    model->capacity = capacity;
    return WEFT_OK;
}

/* Lowest first; what failed is no vertex. */
static size_t list_vertices(const weft_optimizer *optimizer, const shgo *model, vertex *vertices,
                            double *points) {
    size_t n = 0;
    for (size_t row = 0; row < model->n_consumed; row++) {
        const weft_outcome *outcome = &optimizer->history.outcomes[row];
        if (outcome->state != WEFT_OUTCOME_FAILED) {
            vertices[n++] = (vertex){.outcome = outcome, .row = row};
        }
    }
    qsort(vertices, n, sizeof *vertices, compare);
    for (size_t i = 0; i < n; i++) {
        to_box(optimizer, weft_history_genome(&optimizer->history, vertices[i].row),
               &points[i * (size_t)model->d]);
    }
    return n;
}

static void fill_pool(shgo *model, const vertex *vertices, const double *points, size_t n) {
    bool any = n > 0 && vertices[0].outcome->state == WEFT_OUTCOME_OK;
    model->n = 0;
    for (size_t i = 0; i < n && model->n < MOST_MEMBERS; i++) {
        bool candidate = !any || vertices[i].outcome->state == WEFT_OUTCOME_OK;
        if (candidate && !model->done[vertices[i].row] &&
            weft_cell_is_lowest(points, n, model->d, i)) {
            model->members[model->n++] = (member){.row = vertices[i].row, .radius = FIRST_RADIUS};
        }
    }
}

/* ---- the fit --------------------------------------------------------------------------------- */

/* Adds a trial at s = (u - c) / r to the normal equations of the fit. */
static void add_to_fit(const double *s, double rise, int d, double *a, double *b) {
    double terms[TERMS];
    for (int k = 0; k < d; k++) {
        terms[k] = s[k];
        terms[d + k] = 0.5 * s[k] * s[k];
    }
    for (int i = 0; i < 2 * d; i++) {
        b[i] += terms[i] * rise;
        for (int j = 0; j < 2 * d; j++) {
            a[i * 2 * d + j] += terms[i] * terms[j];
        }
    }
}

/* Along each coordinate: the foot of the paraboloid, or downhill as far as the box. */
static void minimise_fit(const double *terms, int d, double *slopes, double *s) {
    for (int k = 0; k < d; k++) {
        slopes[k] = terms[k];
        double foot = terms[d + k] > 0.0 ? -terms[k] / terms[d + k] : INFINITY;
        double most = terms[k] > 0.0 ? -1.0 : 1.0;
        s[k] = fabs(foot) < 1.0 ? foot : most;
    }
}

static void fit(const weft_optimizer *optimizer, shgo *model) {
    const member *m = &model->members[model->turn];
    const weft_outcome *outcomes = optimizer->history.outcomes;
    int d = model->d;
    double a[TERMS * TERMS] = {0};
    double b[TERMS] = {0};
    double centre[MAX];
    to_box(optimizer, weft_history_genome(&optimizer->history, m->row), centre);
    for (size_t row = 0; row < model->n_consumed; row++) {
        double s[MAX];
        double far = 0.0;
        to_box(optimizer, weft_history_genome(&optimizer->history, row), s);
        for (int k = 0; k < d; k++) {
            s[k] = (s[k] - centre[k]) / m->radius;
            far = fmax(far, fabs(s[k]));
        }
        if (far > 0.0 && far <= NEAR && outcomes[row].state == WEFT_OUTCOME_OK &&
            outcomes[m->row].state == WEFT_OUTCOME_OK) {
            add_to_fit(s, outcomes[row].objectives[0] - outcomes[m->row].objectives[0], d, a, b);
        }
    }
    for (int i = 0; i < 2 * d; i++) {
        a[i * 2 * d + i] += RIDGE;
    }
    if (weft_cholesky(a, 2 * d, 2 * d)) {
        weft_solve_lower(a, 2 * d, 2 * d, b);
        weft_solve_upper(a, 2 * d, 2 * d, b);
    }
    minimise_fit(b, d, model->slopes, model->model);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* Whose turn it is; without a member left the next round is of samples. */
static void choose_turn(const weft_optimizer *optimizer, shgo *model) {
    model->turn = -1;
    for (int i = 0; i < model->n; i++) {
        const member *m = &model->members[i];
        if (!m->done && (model->turn < 0 || m->rounds < model->members[model->turn].rounds)) {
            model->turn = i;
        }
    }
    model->sampling = model->turn < 0;
    if (!model->sampling) {
        fit(optimizer, model);
    }
}

static weft_status take_sample(const weft_optimizer *optimizer, shgo *model, weft_error *error) {
    model->n_consumed += model->points;
    size_t n = model->n_consumed;
    WEFT_TRY(reserve_rows(model, n, error));
    vertex *vertices = malloc(n * sizeof *vertices);
    double *points = malloc(n * (size_t)(model->d + 1) * sizeof *points);
    if (vertices == NULL || points == NULL) {
        free(vertices);
        free(points);
        return weft_fail_memory(error, n * sizeof *vertices);
    }
    fill_pool(model, vertices, points, list_vertices(optimizer, model, vertices, points));
    free(vertices);
    free(points);
    choose_turn(optimizer, model);
    return WEFT_OK;
}

/* Largest difference of two trials in a coordinate. */
static double apart(const weft_optimizer *optimizer, size_t a, size_t b) {
    const shgo *model = optimizer->state;
    double u[MAX];
    double v[MAX];
    double most = 0.0;
    to_box(optimizer, weft_history_genome(&optimizer->history, a), u);
    to_box(optimizer, weft_history_genome(&optimizer->history, b), v);
    for (int k = 0; k < model->d; k++) {
        most = fmax(most, fabs(u[k] - v[k]));
    }
    return most;
}

static weft_status take_round(const weft_optimizer *optimizer, shgo *model, weft_error *error) {
    const weft_outcome *outcomes = optimizer->history.outcomes;
    member *m = &model->members[model->turn];
    size_t before = m->row;
    WEFT_TRY(reserve_rows(model, model->n_consumed + model->round, error));
    for (size_t i = 0; i < model->round; i++) {
        size_t row = model->n_consumed + i;
        if (better(&outcomes[row], &outcomes[m->row]) &&
            apart(optimizer, row, before) <= 2.0 * m->radius) {
            m->row = row;
        }
    }
    model->n_consumed += model->round;
    m->rounds++;
    if (m->row == before) {
        m->radius *= SHRINKING;
    }
    if (m->radius < model->last_radius) {
        m->done = true;
        model->done[m->row] = true;
    }
    choose_turn(optimizer, model);
    return WEFT_OK;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    shgo *model = optimizer->state;
    size_t need = model->sampling ? model->points : model->round;
    while (optimizer->history.n - model->n_consumed >= need) {
        WEFT_TRY(model->sampling ? take_sample(optimizer, model, error)
                                 : take_round(optimizer, model, error));
        need = model->sampling ? model->points : model->round;
    }
    while (model->sampling && model->first < LEAD * (uint64_t)optimizer->history.n) {
        sample_at(optimizer, model->first, optimizer->scratch);
        if (weft_optimizer_accepts(optimizer, optimizer->scratch)) {
            break;
        }
        model->first++;
    }
    model->next = 0;
    return WEFT_OK;
}

/* ---- proposals ------------------------------------------------------------------------------- */

/* Step `which` of the round: the fit's, 2 d along the coordinates, then any near the centre. */
static void step_at(const shgo *model, uint64_t which, double radius, weft_rng *rng, double *u) {
    uint64_t d = (uint64_t)model->d;
    if (which == 0) {
        for (int k = 0; k < model->d; k++) {
            u[k] += radius * model->model[k];
        }
    } else if (which <= 2 * d) {
        size_t k = (size_t)((which - 1) % d);
        double downhill = model->slopes[k] > 0.0 ? -1.0 : 1.0;
        u[k] += (which <= d ? downhill : -downhill) * radius;
    } else {
        for (int k = 0; k < model->d; k++) {
            u[k] += radius * (4.0 * weft_rng_uniform(rng) - 2.0);
        }
    }
}

/* A step shorter than one of a whole gene's goes a whole one. */
static void stretch(const weft_optimizer *optimizer, const double *from, double *u) {
    const shgo *model = optimizer->state;
    for (int k = 0; k < model->d; k++) {
        const weft_gene *gene = &optimizer->table.genes[model->genes[k]];
        double one = 1.0 / (gene->upper - gene->lower);
        double step = u[k] - from[k];
        if (weft_gene_whole(gene) && fabs(step) > 0.25 * one && fabs(step) < one) {
            u[k] = from[k] + copysign(one, step);
        }
    }
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    shgo *model = optimizer->state;
    uint64_t known = optimizer->history.n + optimizer->history.n_pending;
    uint64_t ahead = attempt == 0 && trial > known ? trial - known : 0;
    model->next = model->next < ahead ? ahead : model->next; /* asked ahead of what was told */
    if (model->sampling) {
        sample_at(optimizer, model->first + model->next++, genome);
        return;
    }
    const member *m = &model->members[model->turn];
    double from[MAX];
    double u[MAX];
    to_box(optimizer, weft_history_genome(&optimizer->history, m->row), from);
    memcpy(u, from, sizeof u);
    step_at(model, model->next++, m->radius, rng, u);
    stretch(optimizer, from, u);
    from_box(optimizer, u, false, genome);
}

const weft_method weft_method_shgo = {
    .name = "shgo", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
