/* SPDX-License-Identifier: Apache-2.0
 * Fronts and hypervolume of a study's trials. */
#include <math.h>
#include <stdlib.h>

#include "study/study.h"

/* Vectors of the trials that are ok, all minimised, with their indices. */
typedef struct points {
    double *vectors; /* (n, dimensions) */
    size_t *trials;
    size_t n;
    int dimensions;
} points;

static void points_free(points *all) {
    free(all->vectors);
    free(all->trials);
}

/* `metrics` NULL: the problem's own objectives. Trials with a NaN among them are left out. */
static weft_status collect(const weft_study *study, const weft_metric *metrics,
                           const bool *maximise, int n_metrics, points *all, weft_error *error) {
    int dimensions = metrics != NULL ? n_metrics : study->problem->info.n_objectives;
    size_t room = study->n_trials > 0 ? study->n_trials : 1;
    *all = (points){.dimensions = dimensions};
    all->vectors = calloc(room * (size_t)dimensions, sizeof *all->vectors);
    all->trials = calloc(room, sizeof *all->trials);
    if (all->vectors == NULL || all->trials == NULL) {
        points_free(all);
        return weft_fail_memory(error, room * (size_t)dimensions * sizeof *all->vectors);
    }
    for (size_t t = 0; t < study->n_trials; t++) {
        const weft_trial *trial = &study->trials[t];
        double *vector = all->vectors + all->n * (size_t)dimensions;
        bool known = weft_trial_counts(trial);
        if (known && metrics == NULL) {
            weft_problem_objectives(study->problem, trial, vector);
        }
        for (int d = 0; known && d < dimensions; d++) {
            if (metrics != NULL) {
                double value = trial->metrics[metrics[d]];
                vector[d] = maximise[d] ? -value : value;
            }
            known = !isnan(vector[d]);
        }
        if (known) {
            all->trials[all->n++] = t;
        }
    }
    return WEFT_OK;
}

/* ---- fronts ---------------------------------------------------------------------------------- */

typedef struct front_order {
    double first;
    size_t trial;
} front_order;

static int by_first(const void *a, const void *b) {
    const front_order *x = a;
    const front_order *y = b;
    if (x->first != y->first) {
        return x->first < y->first ? -1 : 1;
    }
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

static weft_status sorted_members(const weft_archive *archive, size_t **front, size_t *n,
                                  weft_error *error) {
    size_t size = weft_archive_size(archive);
    front_order *order = calloc(size + 1, sizeof *order);
    size_t *indices = calloc(size + 1, sizeof *indices);
    if (order == NULL || indices == NULL) {
        free(order);
        free(indices);
        return weft_fail_memory(error, (size + 1) * sizeof *order);
    }
    for (size_t i = 0; i < size; i++) {
        order[i].first = weft_archive_objectives(archive, i)[0];
        order[i].trial = (size_t)weft_archive_id(archive, i);
    }
    qsort(order, size, sizeof *order, by_first);
    for (size_t i = 0; i < size; i++) {
        indices[i] = order[i].trial;
    }
    free(order);
    *front = indices;
    *n = size;
    return WEFT_OK;
}

static weft_status front_of_points(const points *all, size_t **front, size_t *n,
                                   weft_error *error) {
    weft_archive *archive = NULL;
    weft_status status = weft_archive_create(all->dimensions, &archive, error);
    for (size_t i = 0; status == WEFT_OK && i < all->n; i++) {
        bool kept = false;
        status = weft_archive_insert(archive, all->vectors + i * (size_t)all->dimensions,
                                     all->trials[i], &kept, error);
    }
    if (status == WEFT_OK) {
        status = sorted_members(archive, front, n, error);
    }
    weft_archive_destroy(archive);
    return status;
}

weft_status weft_study_front(const weft_study *study, size_t **front, size_t *n,
                             weft_error *error) {
    points all;
    WEFT_TRY(collect(study, NULL, NULL, 0, &all, error));
    weft_status status = front_of_points(&all, front, n, error);
    points_free(&all);
    return status;
}

weft_status weft_study_front_of(const weft_study *study, const weft_metric *metrics,
                                const bool *maximise, int n_metrics, size_t **front, size_t *n,
                                weft_error *error) {
    if (n_metrics < 1 || n_metrics > WEFT_MAX_OBJECTIVES) {
        return weft_fail(error, WEFT_ERROR_USAGE, "a front has 1 to %d metrics, not %d",
                         WEFT_MAX_OBJECTIVES, n_metrics);
    }
    points all;
    WEFT_TRY(collect(study, metrics, maximise, n_metrics, &all, error));
    weft_status status = front_of_points(&all, front, n, error);
    points_free(&all);
    return status;
}

weft_status weft_study_best(const weft_study *study, size_t *index, weft_error *error) {
    size_t *front = NULL;
    size_t n = 0;
    int dimensions = study->problem->info.n_objectives;
    WEFT_TRY(weft_study_front(study, &front, &n, error));
    double *vectors = calloc(n * (size_t)dimensions + 1, sizeof *vectors);
    weft_status status = WEFT_OK;
    if (vectors == NULL) {
        status = weft_fail_memory(error, n * (size_t)dimensions * sizeof *vectors);
    } else if (n == 0) {
        status = weft_fail(error, WEFT_ERROR_INFEASIBLE, "no design of the study is feasible");
    } else {
        for (size_t i = 0; i < n; i++) {
            weft_problem_objectives(study->problem, &study->trials[front[i]],
                                    vectors + i * (size_t)dimensions);
        }
        *index = front[weft_knee(vectors, n, dimensions)];
    }
    free(vectors);
    free(front);
    return status;
}

/* ---- hypervolume ----------------------------------------------------------------------------- */

/* What the problem wants of an objective, as it is minimised; +inf where it names no aim. */
static double aim_of(const weft_problem_info *info, int d) {
    for (int a = 0; info->score[0] == '\0' && a < info->n_aims; a++) {
        if (info->aims[a].metric == info->objectives[d]) {
            return info->maximise[d] ? -info->aims[a].aim : info->aims[a].aim;
        }
    }
    return INFINITY;
}

/* Maps each dimension to 0 (best) .. 1 (worst) over all points; one without spread becomes 0. Where
 * there is an aim, it is what the reference of the volume, 1.1, stands for: what does not attain it
 * counts nothing. */
static void normalise(const weft_problem_info *info, points *all) {
    for (int d = 0; d < all->dimensions; d++) {
        double aim = aim_of(info, d);
        double best = INFINITY;
        double worst = -INFINITY;
        for (size_t i = 0; i < all->n; i++) {
            double value = all->vectors[i * (size_t)all->dimensions + (size_t)d];
            best = fmin(best, value);
            worst = fmax(worst, value);
        }
        worst = isfinite(aim) ? best + (aim - best) / 1.1 : worst;
        for (size_t i = 0; i < all->n; i++) {
            double *value = &all->vectors[i * (size_t)all->dimensions + (size_t)d];
            *value = worst > best    ? (*value - best) / (worst - best)
                     : isfinite(aim) ? INFINITY
                                     : 0.0;
        }
    }
}

/* Volume of an archive against the reference (1.1, ..., 1.1). */
static weft_status archive_volume(const weft_archive *archive, int dimensions, double *front,
                                  double *volume, weft_error *error) {
    static const double reference[WEFT_MAX_OBJECTIVES] = {1.1, 1.1, 1.1, 1.1, 1.1, 1.1};
    size_t size = weft_archive_size(archive);
    for (size_t i = 0; i < size; i++) {
        const double *member = weft_archive_objectives(archive, i);
        for (int d = 0; d < dimensions; d++) {
            front[i * (size_t)dimensions + (size_t)d] = member[d];
        }
    }
    return weft_hypervolume(front, size, dimensions, reference, volume, error);
}

/* With more objectives a volume takes too long to be worked out for each trial: the curve then has
 * so many steps. */
enum { MOST_STEPS = 100, CHEAP_DIMENSIONS = 3 };

/* Volumes after each trial, computed anew only when the front changed. */
static weft_status volumes_over_trials(const weft_study *study, const points *all,
                                       weft_archive *archive, double *front, double *values,
                                       weft_error *error) {
    double volume = 0.0;
    size_t p = 0;
    bool changed = false;
    size_t stride = all->dimensions <= CHEAP_DIMENSIONS ? 1 : study->n_trials / MOST_STEPS + 1;
    for (size_t t = 0; t < study->n_trials; t++) {
        if (p < all->n && all->trials[p] == t) {
            bool kept = false;
            WEFT_TRY(weft_archive_insert(archive, all->vectors + p * (size_t)all->dimensions, t,
                                         &kept, error));
            p++;
            changed = changed || kept;
        }
        if (changed && (t % stride == 0 || t + 1 == study->n_trials)) {
            WEFT_TRY(archive_volume(archive, all->dimensions, front, &volume, error));
            changed = false;
        }
        values[t] = volume;
    }
    return WEFT_OK;
}

/* Makes points, archive and room for a front, for who works volumes out with them. */
static weft_status with_volumes(const weft_study *study, double *values, bool last_only,
                                weft_error *error) {
    int dimensions = study->problem->info.n_objectives;
    points all;
    WEFT_TRY(collect(study, NULL, NULL, 0, &all, error));
    normalise(&study->problem->info, &all);
    weft_archive *archive = NULL;
    double *front = calloc((all.n + 1) * (size_t)dimensions, sizeof *front);
    weft_status status = front != NULL ? weft_archive_create(dimensions, &archive, error)
                                       : weft_fail_memory(error, all.n * sizeof *front);
    if (status == WEFT_OK && !last_only) {
        status = volumes_over_trials(study, &all, archive, front, values, error);
    }
    for (size_t p = 0; status == WEFT_OK && last_only && p < all.n; p++) {
        bool kept = false;
        status =
            weft_archive_insert(archive, all.vectors + p * (size_t)dimensions, p, &kept, error);
    }
    if (status == WEFT_OK && last_only) {
        status = archive_volume(archive, dimensions, front, values, error);
    }
    weft_archive_destroy(archive);
    free(front);
    points_free(&all);
    return status;
}

weft_status weft_study_hypervolume(const weft_study *study, double *values, weft_error *error) {
    if (study->problem->info.n_objectives >= 2) {
        return with_volumes(study, values, false, error);
    }
    for (size_t t = 0; t < study->n_trials; t++) {
        values[t] = NAN;
    }
    return WEFT_OK;
}

weft_status weft_study_last_hypervolume(const weft_study *study, double *value, weft_error *error) {
    *value = NAN;
    return study->problem->info.n_objectives >= 2 && study->n_trials > 0
               ? with_volumes(study, value, true, error)
               : WEFT_OK;
}
