/* SPDX-License-Identifier: Apache-2.0
 *
 * SHGO by ask and tell (S. C. Endres, C. Sandrock, W. W. Focke, J. Global Optim. 72, 2018; whoever can
 * call the function directly has weft_shgo). Each gene that varies is a coordinate of the unit box: the
 * search scale of a number, the index of a choice; an inactive gene stands in the middle.
 *
 * Rounds of samples are of scrambled Sobol' points. When one is complete, all trials told so far are joined
 * to a complex (cells.h); those that are lower than all their neighbours, and were not solved from yet, are
 * the pool. Its members get steps in turn, the one with the fewest trials near it first: from centre c with
 * radius r
 *
 *     c + r s,  s the minimiser, in a box, of f(c) + sum_k g_k s_k + h_k s_k^2 / 2 fitted to the trials
 *               near c by least squares;
 *     c +- r e_k for each coordinate k, downhill by the fit first (compass search: T. G. Kolda, R. M.
 *               Lewis, V. Torczon, SIAM Review 45(3), 2003).
 *
 * A better trial near c becomes c; after d + 1 that are not, r shrinks. A member whose radius falls below
 * what tells values apart is done; when all are, the next round of samples begins. */
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

static const double FIRST_RADIUS = 0.6; /* of what points lie apart; more would leave the basin */
static const double MOST_RADIUS = 0.15;
static const double LAST_RADIUS = 1e-4;
static const double SHRINKING = 0.4;
static const double NEAR = 3.0;   /* radii: trials that the fit takes */
static const double RIDGE = 1e-3; /* of the fit, towards no slope and no bend */

typedef struct member {
    size_t row; /* of its centre */
    double radius;
    size_t seen;  /* told trials near it */
    size_t tries; /* of them, those since it moved or its radius shrank */
    bool done;
    size_t given;                  /* steps of the batch that is being put together */
    bool fitted;                   /* slopes and foot are those of this batch */
    double slopes[MAX], foot[MAX]; /* g, and s */
} member;

typedef struct shgo {
    int d;
    int genes[MAX]; /* which gene a coordinate is */
    weft_sobol sequence;
    size_t points;
    double last_radius;
    size_t n_consumed; /* told trials taken in: of complete sample rounds, and of steps */
    bool sampling;
    uint64_t first; /* least Sobol' point that may still be used */
    uint64_t next;  /* proposal of the batch that is being put together */
    member members[MOST_MEMBERS];
    int n;
    bool *done; /* (capacity), by row: the centre of a member */
    size_t capacity;
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
    double radius = fmin(FIRST_RADIUS * pow((double)n, -1.0 / model->d), MOST_RADIUS);
    model->n = 0;
    for (size_t i = 0; i < n && model->n < MOST_MEMBERS; i++) {
        bool candidate = !any || vertices[i].outcome->state == WEFT_OUTCOME_OK;
        if (candidate && !model->done[vertices[i].row] &&
            weft_cell_is_lowest(points, n, model->d, i)) {
            model->members[model->n++] = (member){.row = vertices[i].row, .radius = radius};
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

static void fit(const weft_optimizer *optimizer, const shgo *model, member *m) {
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
    minimise_fit(b, d, m->slopes, m->foot);
    m->fitted = true;
}

/* ---- what was told --------------------------------------------------------------------------- */

static weft_status take_sample(const weft_optimizer *optimizer, shgo *model, weft_error *error) {
    model->n_consumed += model->points;
    size_t n = model->n_consumed;
    vertex *vertices = malloc(n * sizeof *vertices);
    double *points = malloc(n * (size_t)(model->d + 1) * sizeof *points);
    if (vertices == NULL || points == NULL) {
        free(vertices);
        free(points);
        return weft_fail_memory(error, n * sizeof *vertices);
    }
    fill_pool(model, vertices, points, list_vertices(optimizer, model, vertices, points));
    model->sampling = model->n == 0;
    free(vertices);
    free(points);
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

/* The member that was given least, of those that are not done; NULL: none is left. */
static member *next_member(shgo *model) {
    member *least = NULL;
    for (int i = 0; i < model->n; i++) {
        member *m = &model->members[i];
        if (!m->done && (least == NULL || m->seen + m->given < least->seen + least->given)) {
            least = m;
        }
    }
    return least;
}

/* A trial near a member, or one in place of a step of it. */
static void take_try(const weft_optimizer *optimizer, shgo *model, member *m, size_t row) {
    const weft_outcome *outcomes = optimizer->history.outcomes;
    m->seen++;
    m->tries++;
    if (better(&outcomes[row], &outcomes[m->row])) {
        m->row = row;
        m->tries = 0;
    }
    if (m->tries > (size_t)model->d) {
        m->radius *= SHRINKING;
        m->tries = 0;
    }
    if (m->radius < model->last_radius) {
        m->done = true;
        model->done[m->row] = true;
    }
}

static void take_step(const weft_optimizer *optimizer, shgo *model) {
    size_t row = model->n_consumed++;
    bool near = false;
    for (int i = 0; i < model->n; i++) {
        member *m = &model->members[i];
        if (!m->done && apart(optimizer, row, m->row) <= 2.0 * m->radius) {
            take_try(optimizer, model, m, row);
            near = true;
        }
    }
    if (!near) { /* all steps were known, say: it must not go on for ever */
        member *m = next_member(model);
        m->seen++;
        m->tries++;
        m->radius *= m->tries > (size_t)model->d ? SHRINKING : 1.0;
        m->done = m->radius < model->last_radius;
        model->done[m->row] = model->done[m->row] || m->done; /* of another member, too */
    }
    model->sampling = next_member(model) == NULL;
}

static weft_status take_in(weft_optimizer *optimizer, shgo *model, weft_error *error) {
    size_t n = optimizer->history.n;
    WEFT_TRY(reserve_rows(model, n, error));
    while (model->n_consumed + (model->sampling ? model->points : 1) <= n) {
        if (model->sampling) {
            WEFT_TRY(take_sample(optimizer, model, error));
        } else {
            take_step(optimizer, model);
        }
    }
    return WEFT_OK;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    shgo *model = optimizer->state;
    for (int i = 0; i < model->n; i++) {
        model->members[i].given = 0;
    }
    WEFT_TRY(take_in(optimizer, model, error));
    for (int i = 0; i < model->n; i++) {
        model->members[i].fitted = false;
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

/* Step `which` from a centre: the fit's, 2 d along the coordinates, then any near it. */
static void step_at(const shgo *model, const member *m, uint64_t which, weft_rng *rng, double *u) {
    uint64_t d = (uint64_t)model->d;
    if (which == 0) {
        for (int k = 0; k < model->d; k++) {
            u[k] += m->radius * m->foot[k];
        }
    } else if (which <= 2 * d) {
        size_t k = (size_t)((which - 1) % d);
        double downhill = m->slopes[k] > 0.0 ? -1.0 : 1.0;
        u[k] += (which <= d ? downhill : -downhill) * m->radius;
    } else {
        for (int k = 0; k < model->d; k++) {
            u[k] += m->radius * (4.0 * weft_rng_uniform(rng) - 2.0);
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
    member *m = next_member(model);
    double from[MAX];
    double u[MAX];
    if (!m->fitted) {
        fit(optimizer, model, m);
    }
    to_box(optimizer, weft_history_genome(&optimizer->history, m->row), from);
    memcpy(u, from, sizeof u);
    step_at(model, m, m->tries + m->given++, rng, u);
    stretch(optimizer, from, u);
    from_box(optimizer, u, false, genome);
}

const weft_method weft_method_shgo = {
    .name = "shgo", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
