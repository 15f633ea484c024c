/* SPDX-License-Identifier: Apache-2.0
 *
 * Several studies of one goal side by side: each keeps its front alone, so that many fit in memory.
 * Hypervolumes are normalised by the worst and best value of each objective over the trials of all
 * studies, so that they compare. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/study.h"

/* What is left of a study: vectors are minimised. */
typedef struct kept {
    double *front; /* (n, n_objectives) */
    size_t n;
} kept;

struct weft_several {
    int n_objectives; /* 0: no study yet */
    bool maximise[WEFT_MAX_OBJECTIVES];
    weft_metric objectives[WEFT_MAX_OBJECTIVES];
    char score[WEFT_EXPRESSION];
    int n_soft, n_aims; /* as weft_problem_info has them */
    weft_soft_info soft[WEFT_MAX_CONSTRAINTS];
    weft_aim_info aims[WEFT_MAX_OBJECTIVES];
    double low[WEFT_MAX_OBJECTIVES], high[WEFT_MAX_OBJECTIVES]; /* over all trials */
    size_t n, room;
    kept *fronts;
    weft_several_study *studies;
    double *front, *share, *median; /* of the last result */
};

/* ---- adding ---------------------------------------------------------------------------------- */

static void take_goal(weft_several *several, const weft_problem_info *info) {
    several->n_objectives = info->n_objectives;
    memcpy(several->maximise, info->maximise, sizeof several->maximise);
    memcpy(several->objectives, info->objectives, sizeof several->objectives);
    snprintf(several->score, sizeof several->score, "%s", info->score);
    several->n_soft = info->n_soft;
    memcpy(several->soft, info->soft, sizeof several->soft);
    several->n_aims = info->n_aims;
    memcpy(several->aims, info->aims, sizeof several->aims);
    for (int d = 0; d < WEFT_MAX_OBJECTIVES; d++) {
        several->low[d] = INFINITY;
        several->high[d] = -INFINITY;
    }
}

static bool same_preferences(const weft_several *several, const weft_problem_info *info) {
    bool same = several->n_soft == info->n_soft && several->n_aims == info->n_aims;
    for (int s = 0; same && s < info->n_soft; s++) {
        const weft_soft_info *a = &several->soft[s];
        const weft_soft_info *b = &info->soft[s];
        same = strcmp(a->limit, b->limit) == 0 && a->weight == b->weight && a->scale == b->scale;
    }
    for (int i = 0; same && i < info->n_aims; i++) {
        const weft_aim_info *a = &several->aims[i];
        const weft_aim_info *b = &info->aims[i];
        same = a->metric == b->metric && a->aim == b->aim && a->scale == b->scale;
    }
    return same;
}

static weft_status check_goal(const weft_several *several, const weft_problem_info *info,
                              weft_error *error) {
    bool same = several->n_objectives == info->n_objectives &&
                strcmp(several->score, info->score) == 0 && same_preferences(several, info);
    for (int d = 0; same && d < info->n_objectives; d++) {
        same = several->maximise[d] == info->maximise[d] &&
               (info->score[0] != '\0' || several->objectives[d] == info->objectives[d]);
    }
    return same ? WEFT_OK
                : weft_fail(error, WEFT_ERROR_USAGE,
                            "study '%s' has another goal than the first: they do not compare",
                            info->name);
}

static weft_status make_room(weft_several *several, weft_error *error) {
    if (several->n < several->room) {
        return WEFT_OK;
    }
    size_t room = several->room == 0 ? 8 : 2 * several->room;
    kept *fronts = realloc(several->fronts, room * sizeof *fronts);
    if (fronts != NULL) {
        several->fronts = fronts;
    }
    weft_several_study *studies = realloc(several->studies, room * sizeof *studies);
    if (studies != NULL) {
        several->studies = studies;
    }
    if (fronts == NULL || studies == NULL) {
        return weft_fail_memory(error, room * sizeof *studies);
    }
    several->room = room;
    return WEFT_OK;
}

static weft_status copy_front(const weft_archive *archive, int n_objectives, kept *to,
                              weft_error *error) {
    size_t width = (size_t)n_objectives;
    *to = (kept){.n = weft_archive_size(archive)};
    to->front = calloc(to->n * width + 1, sizeof *to->front);
    if (to->front == NULL) {
        return weft_fail_memory(error, to->n * width * sizeof *to->front);
    }
    for (size_t i = 0; i < to->n; i++) {
        memcpy(to->front + i * width, weft_archive_objectives(archive, i),
               width * sizeof *to->front);
    }
    return WEFT_OK;
}

/* The front of the first trials; all of them widen the ranges. */
static weft_status gather(weft_several *several, const weft_study *study, size_t trials,
                          weft_archive *archive, weft_several_study *made, weft_error *error) {
    for (size_t t = 0; t < trials; t++) {
        const weft_trial *trial = weft_study_get_trial(study, t);
        double vector[WEFT_MAX_OBJECTIVES];
        bool kept_it = false;
        if (!weft_trial_counts(trial)) {
            continue;
        }
        weft_problem_objectives(study->problem, trial, vector);
        for (int d = 0; d < several->n_objectives; d++) {
            several->low[d] = fmin(several->low[d], vector[d]);
            several->high[d] = fmax(several->high[d], vector[d]);
        }
        WEFT_TRY(weft_archive_insert(archive, vector, t, &kept_it, error));
        made->ok++;
    }
    return WEFT_OK;
}

weft_status weft_several_add(weft_several *several, const weft_study *study, size_t trials,
                             weft_error *error) {
    const weft_problem_info *info = &study->problem->info;
    if (several->n_objectives == 0) {
        take_goal(several, info);
    }
    WEFT_TRY(check_goal(several, info, error));
    WEFT_TRY(make_room(several, error));
    weft_archive *archive = NULL;
    weft_several_study made = {.best = NAN, .hypervolume = NAN};
    made.trials = trials < study->n_trials ? trials : study->n_trials;
    WEFT_TRY(weft_archive_create(info->n_objectives, &archive, error));
    weft_status status = gather(several, study, made.trials, archive, &made, error);
    if (status == WEFT_OK) {
        status = copy_front(archive, info->n_objectives, &several->fronts[several->n], error);
    }
    if (status == WEFT_OK) {
        const kept *front = &several->fronts[several->n];
        if (several->n_objectives == 1 && front->n > 0) {
            made.best = several->maximise[0] ? -front->front[0] : front->front[0];
        }
        several->studies[several->n++] = made;
    }
    weft_archive_destroy(archive);
    return status;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static weft_status volume_of(const weft_several *several, const kept *of, double *volume,
                             weft_error *error) {
    static const double reference[WEFT_MAX_OBJECTIVES] = {1.1, 1.1, 1.1, 1.1, 1.1, 1.1};
    size_t width = (size_t)several->n_objectives;
    double *scaled = calloc(of->n * width + 1, sizeof *scaled);
    if (scaled == NULL) {
        return weft_fail_memory(error, of->n * width * sizeof *scaled);
    }
    for (size_t i = 0; i < of->n * width; i++) {
        double low = several->low[i % width];
        double range = several->high[i % width] - low;
        scaled[i] = range > 0.0 ? (of->front[i] - low) / range : 0.0;
    }
    weft_status status =
        weft_hypervolume(scaled, of->n, several->n_objectives, reference, volume, error);
    free(scaled);
    return status;
}

/* The front of all fronts. */
static weft_status join_fronts(const weft_several *several, kept *joined, weft_error *error) {
    weft_archive *archive = NULL;
    WEFT_TRY(weft_archive_create(several->n_objectives, &archive, error));
    weft_status status = WEFT_OK;
    for (size_t s = 0; s < several->n; s++) {
        const kept *of = &several->fronts[s];
        for (size_t i = 0; i < of->n && status == WEFT_OK; i++) {
            bool kept_it = false;
            status = weft_archive_insert(archive, of->front + i * (size_t)several->n_objectives, s,
                                         &kept_it, error);
        }
    }
    if (status == WEFT_OK) {
        status = copy_front(archive, several->n_objectives, joined, error);
    }
    weft_archive_destroy(archive);
    return status;
}

static int by_vector(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Who attains which point of the common front. */
static weft_status count_attained(weft_several *several, const kept *joined, weft_error *error) {
    size_t width = (size_t)several->n_objectives;
    several->share = calloc(joined->n + 1, sizeof *several->share);
    if (several->share == NULL) {
        return weft_fail_memory(error, joined->n * sizeof *several->share);
    }
    for (size_t s = 0; s < several->n; s++) {
        weft_points run = {several->fronts[s].front, several->fronts[s].n};
        several->studies[s].attained = 0;
        for (size_t i = 0; i < joined->n; i++) {
            bool attains =
                weft_attained(&run, 1, several->n_objectives, joined->front + i * width) > 0.0;
            several->studies[s].attained += attains;
            several->share[i] += attains ? 1.0 / (double)several->n : 0.0;
        }
    }
    return WEFT_OK;
}

static weft_status median_surface(weft_several *several, size_t *n, weft_error *error) {
    weft_points *runs = calloc(several->n, sizeof *runs);
    if (runs == NULL) {
        return weft_fail_memory(error, several->n * sizeof *runs);
    }
    for (size_t s = 0; s < several->n; s++) {
        runs[s] = (weft_points){several->fronts[s].front, several->fronts[s].n};
    }
    weft_status status =
        weft_attainment(runs, several->n, (several->n + 1) / 2, &several->median, n, error);
    free(runs);
    return status;
}

/* As the problem has them: what is maximised was negated. */
static void restore_signs(const weft_several *several, double *vectors, size_t n) {
    size_t width = (size_t)several->n_objectives;
    for (size_t i = 0; i < n * width; i++) {
        vectors[i] = several->maximise[i % width] ? -vectors[i] : vectors[i];
    }
}

static weft_status fill_fronts(weft_several *several, weft_several_result *result,
                               weft_error *error) {
    kept joined = {0};
    WEFT_TRY(join_fronts(several, &joined, error));
    qsort(joined.front, joined.n, (size_t)several->n_objectives * sizeof *joined.front, by_vector);
    several->front = joined.front;
    result->n_front = joined.n;
    for (size_t s = 0; s < several->n; s++) {
        WEFT_TRY(volume_of(several, &several->fronts[s], &several->studies[s].hypervolume, error));
    }
    WEFT_TRY(count_attained(several, &joined, error));
    if (several->n_objectives == 2) {
        WEFT_TRY(median_surface(several, &result->n_median, error));
        restore_signs(several, several->median, result->n_median);
    }
    restore_signs(several, joined.front, joined.n);
    return WEFT_OK;
}

static weft_status fill_quartiles(const weft_several *several, double quartiles[5],
                                  weft_error *error) {
    double *values = calloc(several->n, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, several->n * sizeof *values);
    }
    for (size_t s = 0; s < several->n; s++) {
        values[s] = several->n_objectives == 1 ? several->studies[s].best
                                               : several->studies[s].hypervolume;
    }
    weft_status status = weft_quartiles(values, several->n, quartiles, error);
    free(values);
    return status;
}

static void forget_result(weft_several *several) {
    free(several->front);
    free(several->share);
    free(several->median);
    several->front = several->share = several->median = NULL;
}

weft_status weft_several_compare(weft_several *several, weft_several_result *result,
                                 weft_error *error) {
    weft_several_result made = {.n = several->n, .n_objectives = several->n_objectives};
    if (several->n == 0) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "no study was added: there is nothing to compare");
    }
    forget_result(several);
    if (several->n_objectives > 1) {
        WEFT_TRY(fill_fronts(several, &made, error));
    }
    WEFT_TRY(fill_quartiles(several, made.quartiles, error));
    made.studies = several->studies;
    made.front = several->front;
    made.share = several->share;
    made.median = several->median;
    *result = made;
    return WEFT_OK;
}

/* ---- making one ------------------------------------------------------------------------------ */

weft_status weft_several_create(weft_several **several, weft_error *error) {
    weft_several *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    *several = made;
    return WEFT_OK;
}

void weft_several_destroy(weft_several *several) {
    if (several == NULL) {
        return;
    }
    for (size_t s = 0; s < several->n; s++) {
        free(several->fronts[s].front);
    }
    forget_result(several);
    free(several->fronts);
    free(several->studies);
    free(several);
}
