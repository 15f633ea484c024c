/* SPDX-License-Identifier: Apache-2.0
 *
 * NSGA-III: K. Deb, H. Jain, "An evolutionary many-objective optimization algorithm using
 * reference-point-based nondominated sorting approach, part I", IEEE Trans. Evol. Comput. 18(4),
 * 2014; with constraints H. Jain, K. Deb, part II, ibid.
 *
 * Generations of `population` told trials, as in generation.h. Of survivors and new trials
 * together, whole fronts survive as long as there is room. Of the front that does not fit, those
 * survive that stand for directions (directions.h) which others do not:
 *
 *     f'_k = (f_k - z_k) / (a_k - z_k)        z: the least of each objective ever told
 *     d(w) = | f' - (w . f' / w . w) w |      to the line of direction w; the nearest is the own
 *
 * of a direction that fewest survivors have, the nearest trial if none has it yet, otherwise any.
 * The intercepts a are those of the hyperplane through the extreme points e_j, each the trial with
 * the least achievement max_k (f_k - z_k) / u_k, u_j = 1 and else 10^-6, among this generation's
 * fronts and the extreme points before. Where they have no plane, or it cuts an axis at z or below,
 * a is the worst of the first front, and where that is z, of all fronts considered, beyond which it
 * never lies (J. Blank, K. Deb, P. C. Roy, "Investigating the normalization procedure of NSGA-III",
 * EMO 2019).
 *
 * Trials that break constraints survive only where those without are too few, by violation. Parents
 * are drawn at random, with a tournament where one breaks constraints (part II, section II-B). */
#include "search/directions.h"
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/variation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The paper's population of three objectives, with 91 directions of 12 divisions. */
enum { POPULATION = 92 };

#define SMALLEST_RANGE 1e-6 /* of an objective that is told apart, in units of its extent */

/* Table III of part I. */
static const weft_variation own = {
    .crossover_probability = 1.0,
    .child_mutation_probability = 1.0,
    .mutation_probability = -1.0,
    .eta_crossover = 30.0,
    .eta_mutation = 20.0,
};

/* A trial considered for survival. */
typedef struct candidate {
    size_t row;
    weft_outcome_state state;
    double violation;
    int rank;
    size_t direction;
    double distance; /* to its line */
} candidate;

typedef struct niche {
    size_t n_survivors;
    size_t n_waiting; /* of the front that does not fit */
} niche;

typedef struct nsga3 {
    weft_directions directions;
    weft_variation variation;
    uint64_t seed;
    size_t size;           /* of a generation */
    size_t n_consumed;     /* told trials of complete generations */
    uint64_t n_complete;   /* generations */
    size_t n;              /* survivors: the first candidates; 0 before the first generation */
    candidate *candidates; /* (2 size) */
    double *objectives;    /* (2 size, m) of those with a result */
    int *ranks;            /* (2 size) */
    niche *niches;         /* (directions) */
    bool known;            /* whether ideal and extremes are */
    double ideal[WEFT_MAX_OBJECTIVES];
    double extremes[WEFT_MAX_OBJECTIVES][WEFT_MAX_OBJECTIVES];
} nsga3;

static void destroy(void *state) {
    nsga3 *model = state;
    weft_directions_destroy(&model->directions);
    free(model->candidates);
    free(model->objectives);
    free(model->ranks);
    free(model->niches);
    free(model);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    nsga3 *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return weft_fail_memory(error, sizeof *model);
    }
    optimizer->state = model;
    const weft_optimizer_settings *settings = &optimizer->settings;
    model->variation = weft_variation_choose(settings, &own);
    model->seed = settings->seed;
    model->size = weft_directions_population(settings, POPULATION);
    WEFT_TRY(weft_directions_create(settings, model->size, &model->directions, error));
    size_t room = 2 * model->size;
    model->candidates = calloc(room, sizeof *model->candidates);
    model->objectives = calloc(room * (size_t)settings->n_objectives, sizeof *model->objectives);
    model->ranks = calloc(room, sizeof *model->ranks);
    model->niches = calloc(model->directions.n, sizeof *model->niches);
    if (model->candidates == NULL || model->objectives == NULL || model->ranks == NULL ||
        model->niches == NULL) {
        return weft_fail_memory(error, room * sizeof *model->candidates);
    }
    return WEFT_OK;
}

/* ---- normalisation --------------------------------------------------------------------------- */

static const double *objectives_of(const weft_history *history, const candidate *c) {
    return history->outcomes[c->row].objectives;
}

static double achievement(const double *f, const double *ideal, int axis, int m) {
    double most = 0.0;
    for (int k = 0; k < m; k++) {
        most = fmax(most, (f[k] - ideal[k]) / (k == axis ? 1.0 : 1e-6));
    }
    return most;
}

static void take_extremes(nsga3 *model, const weft_history *history, size_t n) {
    int m = model->directions.m;
    for (size_t i = 0; i < n; i++) {
        const double *f = objectives_of(history, &model->candidates[i]);
        for (int k = 0; k < m; k++) {
            bool first = !model->known && i == 0;
            model->ideal[k] = first || f[k] < model->ideal[k] ? f[k] : model->ideal[k];
        }
    }
    for (int axis = 0; axis < m; axis++) {
        double least = model->known ? achievement(model->extremes[axis], model->ideal, axis, m)
                                    : INFINITY;
        for (size_t i = 0; i < n; i++) {
            const double *f = objectives_of(history, &model->candidates[i]);
            double a = achievement(f, model->ideal, axis, m);
            if (a < least || (i == 0 && !model->known)) {
                least = a;
                memcpy(model->extremes[axis], f, (size_t)m * sizeof *f);
            }
        }
    }
    model->known = true;
}

/* Solves E x = 1 for the rows E of extreme points minus the ideal; the plane cuts axis k at 1 /
 * x_k. False where they span none. */
static bool solve_plane(const nsga3 *model, double *intercepts) {
    int m = model->directions.m;
    double a[WEFT_MAX_OBJECTIVES][WEFT_MAX_OBJECTIVES + 1];
    for (int i = 0; i < m; i++) {
        for (int k = 0; k < m; k++) {
            a[i][k] = model->extremes[i][k] - model->ideal[k];
        }
        a[i][m] = 1.0;
    }
    for (int column = 0; column < m; column++) {
        int pivot = column;
        for (int i = column + 1; i < m; i++) {
            pivot = fabs(a[i][column]) > fabs(a[pivot][column]) ? i : pivot;
        }
        if (!(fabs(a[pivot][column]) > 0.0)) {
            return false;
        }
        for (int k = 0; k <= m; k++) {
            double swapped = a[column][k];
            a[column][k] = a[pivot][k];
            a[pivot][k] = swapped;
        }
        for (int i = 0; i < m; i++) {
            double factor = i == column ? 0.0 : a[i][column] / a[column][column];
            for (int k = column; k <= m; k++) {
                a[i][k] -= factor * a[column][k];
            }
        }
    }
    for (int k = 0; k < m; k++) {
        intercepts[k] = a[k][k] / a[k][m];
    }
    return true;
}

/* Extents a - z by which objectives are divided, of the first n candidates, best front first. */
static void find_extents(const nsga3 *model, const weft_history *history, size_t n,
                         double *extents) {
    int m = model->directions.m;
    double front[WEFT_MAX_OBJECTIVES] = {0}; /* the worst of the first front, from the ideal */
    double all[WEFT_MAX_OBJECTIVES] = {0};
    for (size_t i = 0; i < n; i++) {
        const double *f = objectives_of(history, &model->candidates[i]);
        for (int k = 0; k < m; k++) {
            double extent = f[k] - model->ideal[k];
            all[k] = fmax(all[k], extent);
            front[k] = model->candidates[i].rank == 0 ? fmax(front[k], extent) : front[k];
        }
    }
    bool plane = solve_plane(model, extents);
    for (int k = 0; k < m && plane; k++) {
        plane = extents[k] > SMALLEST_RANGE * all[k]; /* false for NaN */
    }
    for (int k = 0; k < m; k++) {
        extents[k] = plane ? fmin(extents[k], all[k]) : front[k];
        extents[k] = extents[k] > SMALLEST_RANGE * all[k] ? extents[k] : all[k];
        extents[k] = extents[k] > 0.0 && isfinite(extents[k]) ? extents[k] : 1.0;
    }
}

static void associate(nsga3 *model, const weft_history *history, candidate *c,
                      const double *extents) {
    int m = model->directions.m;
    const double *f = objectives_of(history, c);
    double scaled[WEFT_MAX_OBJECTIVES];
    double square = 0.0;
    for (int k = 0; k < m; k++) {
        scaled[k] = (f[k] - model->ideal[k]) / extents[k];
        square += scaled[k] * scaled[k];
    }
    double most = -INFINITY; /* of the square of the part along a line: the rest is least */
    c->direction = 0;
    for (size_t d = 0; d < model->directions.n; d++) {
        const double *w = weft_direction(&model->directions, d);
        double along = 0.0;
        double length = 0.0;
        for (int k = 0; k < m; k++) {
            along += w[k] * scaled[k];
            length += w[k] * w[k];
        }
        double part = along * along / length;
        if (part > most) {
            most = part;
            c->direction = d;
        }
    }
    c->distance = sqrt(fmax(square - most, 0.0));
}

/* ---- survival -------------------------------------------------------------------------------- */

/* The direction of fewest survivors among those that candidates wait for; one of equals at
 * random. */
static size_t rarest_direction(const nsga3 *model, weft_rng *rng) {
    size_t fewest = SIZE_MAX;
    size_t chosen = 0;
    uint64_t equals = 0;
    for (size_t d = 0; d < model->directions.n; d++) {
        const niche *at = &model->niches[d];
        if (at->n_waiting == 0 || at->n_survivors > fewest) {
            continue;
        }
        equals = at->n_survivors < fewest ? 1 : equals + 1;
        fewest = at->n_survivors;
        chosen = equals == 1 || weft_rng_below(rng, equals) == 0 ? d : chosen;
    }
    return chosen;
}

/* Of the candidates [kept, end) of a direction the nearest, or any where it has survivors. */
static size_t pick(const nsga3 *model, size_t kept, size_t end, size_t direction, weft_rng *rng) {
    bool nearest = model->niches[direction].n_survivors == 0;
    size_t chosen = end;
    uint64_t equals = 0;
    for (size_t i = kept; i < end; i++) {
        const candidate *c = &model->candidates[i];
        if (c->direction != direction) {
            continue;
        }
        equals++;
        bool better = chosen == end || (nearest ? c->distance < model->candidates[chosen].distance
                                                : weft_rng_below(rng, equals) == 0);
        chosen = better ? i : chosen;
    }
    return chosen;
}

/* Brings `wanted` of the candidates [begin, end), one front, to its beginning. */
static void fill_niches(nsga3 *model, size_t begin, size_t end, size_t wanted, weft_rng *rng) {
    memset(model->niches, 0, model->directions.n * sizeof *model->niches);
    for (size_t i = 0; i < end; i++) {
        niche *of = &model->niches[model->candidates[i].direction];
        *(i < begin ? &of->n_survivors : &of->n_waiting) += 1;
    }
    for (size_t kept = begin; kept < begin + wanted; kept++) {
        size_t direction = rarest_direction(model, rng);
        size_t i = pick(model, kept, end, direction, rng);
        candidate chosen = model->candidates[i];
        model->candidates[i] = model->candidates[kept];
        model->candidates[kept] = chosen;
        model->niches[direction].n_survivors++;
        model->niches[direction].n_waiting--;
    }
}

/* Results by front, the infeasible by violation, the failed; of equals the one told first. */
static int by_standing(const void *left, const void *right) {
    const candidate *a = left;
    const candidate *b = right;
    if (a->state != b->state) {
        return a->state < b->state ? -1 : 1;
    }
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->violation != b->violation) {
        return a->violation < b->violation ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

/* Sorts n candidates, of which only `row` is known; *n_ok becomes how many have a result. */
static weft_status sort(nsga3 *model, const weft_history *history, size_t n, size_t *n_ok,
                        weft_error *error) {
    int m = model->directions.m;
    size_t ok = 0;
    for (size_t i = 0; i < n; i++) {
        candidate *c = &model->candidates[i];
        const weft_outcome *outcome = &history->outcomes[c->row];
        *c = (candidate){.row = c->row, .state = outcome->state};
        if (outcome->state == WEFT_OUTCOME_OK) {
            memcpy(&model->objectives[ok++ * (size_t)m], outcome->objectives,
                   (size_t)m * sizeof *model->objectives);
        } else if (outcome->state == WEFT_OUTCOME_INFEASIBLE) {
            c->violation = outcome->violation;
        }
    }
    WEFT_TRY(weft_nondominated_ranks(model->objectives, ok, m, model->ranks, NULL, error));
    *n_ok = ok;
    for (size_t i = 0, next = 0; i < n; i++) {
        if (model->candidates[i].state == WEFT_OUTCOME_OK) {
            model->candidates[i].rank = model->ranks[next++];
        }
    }
    qsort(model->candidates, n, sizeof *model->candidates, by_standing);
    return WEFT_OK;
}

/* The survivors of n candidates come first. */
static weft_status survive(nsga3 *model, const weft_history *history, size_t n, weft_error *error) {
    size_t n_ok;
    WEFT_TRY(sort(model, history, n, &n_ok, error));
    size_t size = model->size;
    if (n_ok == 0) {
        return WEFT_OK;
    }
    size_t end = n_ok < size ? n_ok : size; /* of the fronts that are considered */
    while (end < n_ok && model->candidates[end].rank == model->candidates[end - 1].rank) {
        end++;
    }
    take_extremes(model, history, end);
    if (end <= size) {
        return WEFT_OK;
    }
    size_t begin = size; /* of the front that does not fit */
    while (begin > 0 && model->candidates[begin - 1].rank == model->candidates[end - 1].rank) {
        begin--;
    }
    double extents[WEFT_MAX_OBJECTIVES];
    find_extents(model, history, end, extents);
    for (size_t i = 0; i < end; i++) {
        associate(model, history, &model->candidates[i], extents);
    }
    weft_rng rng = weft_rng_make(model->seed, WEFT_PURPOSE_SELECT, model->n_complete);
    fill_niches(model, begin, end, size - begin, &rng);
    return WEFT_OK;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    nsga3 *model = optimizer->state;
    const weft_history *history = &optimizer->history;
    while (history->n - model->n_consumed >= model->size) {
        for (size_t i = 0; i < model->size; i++) {
            model->candidates[model->n + i].row = model->n_consumed + i;
        }
        WEFT_TRY(survive(model, history, model->n + model->size, error));
        model->n = model->size;
        model->n_consumed += model->size;
        model->n_complete++;
    }
    return WEFT_OK;
}

/* ---- children -------------------------------------------------------------------------------- */

static const double *parent(const nsga3 *model, const weft_history *history, weft_rng *rng) {
    const candidate *a = &model->candidates[weft_rng_below(rng, model->n)];
    const candidate *b = &model->candidates[weft_rng_below(rng, model->n)];
    bool first = a->state != b->state ? a->state < b->state : a->violation <= b->violation;
    return weft_history_genome(history, first ? a->row : b->row);
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    (void)attempt;
    const nsga3 *model = optimizer->state;
    if (model->n == 0) {
        weft_genome_draw(&optimizer->table, rng, genome);
        return;
    }
    const double *a = parent(model, &optimizer->history, rng);
    const double *b = parent(model, &optimizer->history, rng);
    weft_breed(&optimizer->table, &model->variation, a, b, rng, genome);
}

const weft_method weft_method_nsga3 = {
    .name = "nsga3", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
