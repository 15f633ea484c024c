/* SPDX-License-Identifier: Apache-2.0
 *
 * Every design of a finite problem. Threads walk ranges of the genomes, with genes that change where
 * layers lie outermost, so that what is dear is worked out least often. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "study/evaluator.h"
#include "study/judge.h"

/* A design worth keeping. */
typedef struct kept {
    uint64_t place;
    double vector[WEFT_MAX_OBJECTIVES];
    double *genome;
} kept;

typedef struct walker {
    weft_evaluator *evaluator;
    weft_gene_cursor *cursor;
    uint64_t ok, infeasible, failed;
    size_t n, room;
    kept *best; /* score: ascending; several objectives: those that none dominates */
} walker;

typedef struct exhaust {
    const weft_problem *problem;
    const weft_exhaust_settings *settings;
    weft_gene_table table;
    weft_gene_walk *walk;
    weft_accuracy *accuracy;
    int n_objectives;
    uint64_t total, chunk;
    atomic_uint_fast64_t done;
    walker *walkers; /* one for each thread */
    pthread_mutex_t mutex;
    weft_status status;
    weft_error error;
} exhaust;

/* ---- what is kept ---------------------------------------------------------------------------- */

static bool before(const kept *a, const kept *b) {
    return a->vector[0] != b->vector[0] ? a->vector[0] < b->vector[0] : a->place < b->place;
}

static weft_status make_room(walker *w, weft_error *error) {
    if (w->n < w->room) {
        return WEFT_OK;
    }
    size_t room = w->room == 0 ? 16 : 2 * w->room;
    kept *grown = realloc(w->best, room * sizeof *grown);
    if (grown == NULL) {
        return weft_fail_memory(error, room * sizeof *grown);
    }
    w->best = grown;
    w->room = room;
    return WEFT_OK;
}

static weft_status copy_genome(const exhaust *e, const double *genome, double **copy,
                               weft_error *error) {
    size_t bytes = (size_t)e->table.n_genes * sizeof **copy;
    *copy = malloc(bytes);
    if (*copy == NULL) {
        return weft_fail_memory(error, bytes);
    }
    memcpy(*copy, genome, bytes);
    return WEFT_OK;
}

/* Keeps the `keep` best of a score. */
static weft_status keep_best(const exhaust *e, walker *w, kept *made, const double *genome,
                             weft_error *error) {
    size_t keep = (size_t)e->settings->keep;
    if (w->n == keep && !before(made, &w->best[w->n - 1])) {
        return WEFT_OK;
    }
    WEFT_TRY(make_room(w, error));
    WEFT_TRY(copy_genome(e, genome, &made->genome, error));
    if (w->n == keep) {
        free(w->best[--w->n].genome);
    }
    size_t at = w->n++;
    for (; at > 0 && before(made, &w->best[at - 1]); at--) {
        w->best[at] = w->best[at - 1];
    }
    w->best[at] = *made;
    return WEFT_OK;
}

/* Keeps what none dominates; of equal vectors the first of the walk. */
static weft_status keep_front(const exhaust *e, walker *w, kept *made, const double *genome,
                              weft_error *error) {
    size_t left = 0;
    for (size_t i = 0; i < w->n; i++) {
        const kept *other = &w->best[i];
        bool equal = memcmp(other->vector, made->vector,
                            (size_t)e->n_objectives * sizeof other->vector[0]) == 0;
        if ((equal && other->place < made->place) ||
            weft_dominates(other->vector, made->vector, e->n_objectives)) {
            return WEFT_OK; /* nothing that it dominates can stand beside what dominates it */
        }
    }
    for (size_t i = 0; i < w->n; i++) {
        bool equal = memcmp(w->best[i].vector, made->vector,
                            (size_t)e->n_objectives * sizeof made->vector[0]) == 0;
        if (equal || weft_dominates(made->vector, w->best[i].vector, e->n_objectives)) {
            free(w->best[i].genome);
        } else {
            w->best[left++] = w->best[i];
        }
    }
    w->n = left;
    WEFT_TRY(make_room(w, error));
    WEFT_TRY(copy_genome(e, genome, &made->genome, error));
    w->best[w->n++] = *made;
    return WEFT_OK;
}

static weft_status keep(const exhaust *e, walker *w, kept *made, const double *genome,
                        weft_error *error) {
    return e->n_objectives == 1 ? keep_best(e, w, made, genome, error)
                                : keep_front(e, w, made, genome, error);
}

/* What the problem forbids is passed over; what it pins does not vary. */
static bool is_allowed(const exhaust *e, const double *genome) {
    const weft_restriction *restrictions = e->problem->restrictions;
    for (int g = 0; g < e->table.n_genes; g++) {
        if (restrictions[g].forbidden != 0 && !isnan(genome[g]) &&
            !weft_restriction_allows(&e->table.genes[g], &restrictions[g], genome[g])) {
            return false;
        }
    }
    return true;
}

/* ---- walking --------------------------------------------------------------------------------- */

static weft_status visit(const exhaust *e, walker *w, uint64_t place, const double *genome,
                         weft_error *error) {
    double metrics[WEFT_METRIC_COUNT];
    kept made = {.place = place};
    weft_trial_state state;
    if (!is_allowed(e, genome) ||
        (e->table.legal != NULL && !e->table.legal(e->table.context, genome))) {
        return WEFT_OK;
    }
    weft_status status =
        weft_evaluator_quick(w->evaluator, genome, &state, metrics, made.vector, error);
    if (status == WEFT_ERROR_EVALUATION) {
        state = WEFT_TRIAL_FAILED;
        status = WEFT_OK;
    }
    WEFT_TRY(status);
    w->ok += state == WEFT_TRIAL_OK;
    w->infeasible += state == WEFT_TRIAL_INFEASIBLE;
    w->failed += state == WEFT_TRIAL_FAILED;
    return state == WEFT_TRIAL_OK ? keep(e, w, &made, genome, error) : WEFT_OK;
}

static weft_status walk_chunk(exhaust *e, walker *w, uint64_t first, uint64_t end,
                              weft_error *error) {
    const double *genome = NULL;
    weft_gene_cursor_seek(w->cursor, first, end);
    for (uint64_t place = first; (genome = weft_gene_cursor_next(w->cursor, NULL)) != NULL;
         place++) {
        WEFT_TRY(visit(e, w, place, genome, error));
    }
    return WEFT_OK;
}

static void walk_item(void *context, int item, int thread) {
    exhaust *e = context;
    weft_error error;
    uint64_t first = (uint64_t)item * e->chunk;
    uint64_t end = first + e->chunk < e->total ? first + e->chunk : e->total;
    pthread_mutex_lock(&e->mutex);
    bool halt = e->status != WEFT_OK || weft_stop_requested(e->settings->stop);
    pthread_mutex_unlock(&e->mutex);
    if (halt) {
        return;
    }
    weft_status status = walk_chunk(e, &e->walkers[thread], first, end, &error);
    if (status != WEFT_OK) {
        pthread_mutex_lock(&e->mutex);
        if (e->status == WEFT_OK) {
            e->status = status;
            e->error = error;
        }
        pthread_mutex_unlock(&e->mutex);
        return;
    }
    uint64_t done = atomic_fetch_add(&e->done, end - first) + (end - first);
    if (thread == 0 && e->settings->progress != NULL) {
        e->settings->progress(e->settings->context, done, e->total);
    }
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* Cheap genes innermost, but for those that a dear one depends on: parents stand before children.
 * `dear` (n_genes) is scratch, all false. */
static void put_in_order(const exhaust *e, const weft_evaluator *evaluator, bool *dear,
                         int *order) {
    int n = e->table.n_genes;
    int n_dear = 0;
    for (int g = n - 1; g >= 0; g--) { /* children, which stand behind, have marked their parents */
        const weft_gene *gene = &e->table.genes[g];
        dear[g] = dear[g] || !weft_evaluator_is_cheap(evaluator, g);
        n_dear += dear[g];
        for (int c = 0; dear[g] && c < gene->n_conditions; c++) {
            dear[gene->conditions[c].parent] = true;
        }
    }
    for (int g = 0, outer = 0, inner = n_dear; g < n; g++) {
        order[dear[g] ? outer++ : inner++] = g;
    }
}

/* The genes as they vary: what is fixed, or not free, stands as it is held. */
static weft_status make_walk(exhaust *e, weft_evaluator *evaluator, weft_error *error) {
    size_t n = (size_t)e->table.n_genes;
    double *stands = calloc(n, sizeof *stands);
    bool *frozen = calloc(n, sizeof *frozen);
    bool *dear = calloc(n, sizeof *dear);
    weft_gene *held = calloc(n, sizeof *held);
    int *order = calloc(n, sizeof *order);
    weft_status status = stands != NULL && frozen != NULL && dear != NULL && held != NULL &&
                                 order != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, n * sizeof *held);
    if (status == WEFT_OK) {
        weft_problem_hold(e->problem, stands);
        for (size_t g = 0; g < n; g++) {
            bool pinned = e->problem->restrictions[g].pinned;
            frozen[g] = pinned || !e->problem->stages[0].varies[g];
            stands[g] = pinned ? e->problem->restrictions[g].value : stands[g];
        }
        put_in_order(e, evaluator, dear, order);
        status = weft_genes_freeze(&e->table, frozen, stands, held, error);
    }
    if (status == WEFT_OK) {
        weft_gene_table table = e->table;
        table.genes = held;
        status = weft_gene_walk_create(&table, order, &e->walk, error);
    }
    free(stands);
    free(frozen);
    free(dear);
    free(held);
    free(order);
    return status;
}

static weft_status make_walkers(exhaust *e, int jobs, weft_error *error) {
    e->walkers = calloc((size_t)jobs, sizeof *e->walkers);
    if (e->walkers == NULL) {
        return weft_fail_memory(error, (size_t)jobs * sizeof *e->walkers);
    }
    for (int j = 0; j < jobs; j++) {
        walker *w = &e->walkers[j];
        WEFT_TRY(weft_evaluator_create(e->problem, e->accuracy, &w->evaluator, error));
        if (j == 0) {
            WEFT_TRY(make_walk(e, w->evaluator, error));
        }
        WEFT_TRY(weft_gene_cursor_create(e->walk, 0, 0, &w->cursor, error));
    }
    return WEFT_OK;
}

static weft_status run_walk(exhaust *e, int jobs, weft_error *error) {
    enum { CHUNKS = 1024 };
    weft_pool *pool = NULL;
    WEFT_TRY(weft_pool_create(jobs, &pool, error));
    e->total = weft_gene_walk_count(e->walk);
    e->chunk = e->total / CHUNKS + 1;
    weft_pool_run(pool, (int)((e->total + e->chunk - 1) / e->chunk), walk_item, e);
    weft_pool_destroy(pool);
    if (e->status != WEFT_OK) {
        *error = e->error;
        return e->status;
    }
    return weft_stop_requested(e->settings->stop) ? WEFT_STOPPED : WEFT_OK;
}

static int by_first(const void *a, const void *b) {
    return before(a, b) ? -1 : before(b, a) ? 1 : 0;
}

/* What all threads kept, as if one had walked; in walkers[0]. */
static weft_status merge(exhaust *e, int jobs, weft_error *error) {
    walker *first = &e->walkers[0];
    for (int j = 1; j < jobs; j++) {
        walker *w = &e->walkers[j];
        for (size_t i = 0; i < w->n; i++) {
            kept made = w->best[i];
            WEFT_TRY(keep(e, first, &made, w->best[i].genome, error));
        }
        first->ok += w->ok;
        first->infeasible += w->infeasible;
        first->failed += w->failed;
    }
    if (first->n > 0) {
        qsort(first->best, first->n, sizeof *first->best, by_first);
    }
    return WEFT_OK;
}

/* The kept designs with all that is known of them. */
static weft_status fill_designs(exhaust *e, weft_exhaust *result, weft_error *error) {
    walker *w = &e->walkers[0];
    result->designs = calloc(w->n + 1, sizeof *result->designs);
    if (result->designs == NULL) {
        return weft_fail_memory(error, (w->n + 1) * sizeof *result->designs);
    }
    for (size_t i = 0; i < w->n; i++) {
        weft_trial *trial = &result->designs[i];
        weft_trial_blank(e->problem, w->best[i].place, w->best[i].genome, trial);
        w->best[i].genome = NULL;
        result->n = i + 1;
        WEFT_TRY(weft_evaluator_run(w->evaluator, NULL, trial, error));
    }
    *result = (weft_exhaust){.total = w->ok + w->infeasible + w->failed,
                             .ok = w->ok,
                             .infeasible = w->infeasible,
                             .failed = w->failed,
                             .n = result->n,
                             .designs = result->designs};
    return WEFT_OK;
}

static weft_status walk_all(exhaust *e, weft_exhaust *result, weft_error *error) {
    int jobs = e->settings->jobs > 0 ? e->settings->jobs : 1;
    if (e->problem->info.n_stages > 0) {
        weft_fail(error, WEFT_ERROR_USAGE,
                  "a problem in stages cannot be walked: each varies genes of its own");
        weft_hint(error, "leave out `stages`; `free` and `fixed` say which genes vary");
        return WEFT_ERROR_USAGE;
    }
    if (e->problem->info.trains || e->problem->info.scores) {
        WEFT_TRY(weft_problem_accuracy(e->problem, &e->accuracy, error));
        if (weft_accuracy_has_final(e->accuracy)) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "all designs cannot be walked where each is trained");
        }
    }
    weft_status status = make_walkers(e, jobs, error);
    if (status == WEFT_OK) {
        status = run_walk(e, jobs, error);
    }
    if (status == WEFT_OK) {
        status = merge(e, jobs, error);
    }
    if (status == WEFT_OK) {
        status = fill_designs(e, result, error);
    }
    for (int j = 0; e->walkers != NULL && j < jobs; j++) {
        walker *w = &e->walkers[j];
        for (size_t i = 0; i < w->n; i++) {
            free(w->best[i].genome);
        }
        free(w->best);
        weft_gene_cursor_destroy(w->cursor);
        weft_evaluator_destroy(w->evaluator);
    }
    return status;
}

weft_status weft_problem_exhaust(const weft_problem *problem, const weft_exhaust_settings *settings,
                                 weft_exhaust **result, weft_error *error) {
    exhaust e = {.problem = problem,
                 .settings = settings,
                 .table = weft_space_genes(problem->space),
                 .n_objectives = problem->info.n_objectives};
    weft_exhaust *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    pthread_mutex_init(&e.mutex, NULL);
    weft_status status = settings->keep > 0
                             ? walk_all(&e, made, error)
                             : weft_fail(error, WEFT_ERROR_USAGE, "keep at least one design");
    pthread_mutex_destroy(&e.mutex);
    free(e.walkers);
    weft_gene_walk_destroy(e.walk);
    weft_accuracy_destroy(e.accuracy);
    if (status != WEFT_OK) {
        weft_exhaust_destroy(made);
        return status;
    }
    *result = made;
    return WEFT_OK;
}

void weft_exhaust_destroy(weft_exhaust *result) {
    if (result == NULL) {
        return;
    }
    for (size_t i = 0; i < result->n; i++) {
        free((void *)(uintptr_t)result->designs[i].genome); /* const for callers; owned here */
    }
    free(result->designs);
    free(result);
}
