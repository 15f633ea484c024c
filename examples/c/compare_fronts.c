/* SPDX-License-Identifier: Apache-2.0
 * Ways to search one problem, held against each other: each problem file is searched with as many
 * seeds, into stores of its own; one scale for all runs, and the hypervolume of each run's front.
 *
 *     compare_fronts joint.yaml runs random.yaml two-stage.yaml
 *
 * makes runs-1-1.db (first file, first seed) to runs-3-10.db, or takes them as they are. A way may be
 * several files, joined by '+': the front of their trials together. SEEDS and JOBS change how many.
 *
 * Scale: an objective is 0 at its best and 1 at its worst over the feasible trials of all runs, first
 * of the values themselves, then of their logarithms where all are positive (accuracy stays as it
 * is). The reference point is 1 everywhere, so that 1 is the most there is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

enum { WAYS = 8, SEEDS = 32 };

typedef struct way_run {
    weft_archive *front; /* minimised */
    size_t trials, feasible;
} way_run;

typedef struct comparison {
    int n_ways, n_seeds, n_objectives;
    bool maximise[WEFT_MAX_OBJECTIVES];
    weft_metric objectives[WEFT_MAX_OBJECTIVES];
    double low[WEFT_MAX_OBJECTIVES], high[WEFT_MAX_OBJECTIVES];
    way_run runs[WAYS][SEEDS];
} comparison;

/* ---- searching ------------------------------------------------------------------------------- */

static weft_status fail(weft_error *error, weft_status status, const char *message) {
    snprintf(error->message, sizeof error->message, "%s", message);
    return status;
}

static weft_status take_goal(comparison *all, const weft_problem_info *info, weft_error *error) {
    size_t n = (size_t)info->n_objectives;
    bool first = all->n_objectives == 0;
    if (n < 2 ||
        (!first && (all->n_objectives != info->n_objectives ||
                    memcmp(all->objectives, info->objectives, n * sizeof *all->objectives)))) {
        return fail(error, WEFT_ERROR_USAGE, "the files must have the same two or more objectives");
    }
    all->n_objectives = info->n_objectives;
    for (size_t d = 0; d < n && first; d++) {
        all->objectives[d] = info->objectives[d];
        all->maximise[d] = info->maximise[d];
        all->low[d] = INFINITY;
        all->high[d] = -INFINITY;
    }
    return WEFT_OK;
}

static weft_status gather(const weft_study *study, comparison *all, way_run *to,
                          weft_error *error) {
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        double vector[WEFT_MAX_OBJECTIVES];
        bool kept = false;
        to->trials++;
        if (trial->state != WEFT_TRIAL_OK) {
            continue;
        }
        to->feasible++;
        for (int d = 0; d < all->n_objectives; d++) {
            double value = trial->metrics[all->objectives[d]];
            vector[d] = all->maximise[d] ? -value : value;
            all->low[d] = fmin(all->low[d], vector[d]);
            all->high[d] = fmax(all->high[d], vector[d]);
        }
        weft_status status = weft_archive_insert(to->front, vector, i, &kept, error);
        if (status != WEFT_OK) {
            return status;
        }
    }
    return WEFT_OK;
}

static weft_status search_file(const char *file, const char *store, int seed, int jobs,
                               comparison *all, way_run *to, weft_error *error) {
    weft_problem *problem = NULL;
    weft_study *study = NULL;
    weft_run_settings settings = {.jobs = jobs};
    weft_status status = weft_problem_read(file, &problem, error);
    if (status == WEFT_OK) {
        weft_problem_get_info(problem)->seed = (uint64_t)seed;
        status = take_goal(all, weft_problem_get_info(problem), error);
    }
    if (status == WEFT_OK && to->front == NULL) {
        status = weft_archive_create(all->n_objectives, &to->front, error);
    }
    status = status == WEFT_OK ? weft_study_open(problem, store, &study, error) : status;
    if (status == WEFT_OK) {
        status = weft_study_run(study, &settings, error);
        status = status == WEFT_DONE ? WEFT_OK : status;
    }
    status = status == WEFT_OK ? gather(study, all, to, error) : status;
    weft_study_close(study);
    weft_problem_destroy(problem);
    return status;
}

/* All files of a way with one seed. */
static weft_status search_way(const char *files, const char *prefix, int way, int seed, int jobs,
                              comparison *all, weft_error *error) {
    char file[1024], store[1024];
    int part = 0;
    for (const char *at = files; *at != '\0'; part++) {
        size_t n = strcspn(at, "+");
        snprintf(file, sizeof file, "%.*s", (int)n, at);
        char letter[2] = {part > 0 ? (char)('a' + part) : '\0', '\0'};
        snprintf(store, sizeof store, "%s-%d%s-%d.db", prefix, way + 1, letter, seed);
        weft_status status =
            search_file(file, store, seed, jobs, all, &all->runs[way][seed - 1], error);
        if (status != WEFT_OK) {
            return status;
        }
        at += n + (at[n] == '+');
    }
    return WEFT_OK;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static double scaled(const comparison *all, int d, double value, bool logarithmic) {
    double low = all->low[d], high = all->high[d];
    if (logarithmic && !all->maximise[d] && low > 0) {
        value = log(value), low = log(low), high = log(high);
    }
    return high > low ? (value - low) / (high - low) : 0;
}

static weft_status volume(const comparison *all, const weft_archive *front, bool logarithmic,
                          double *value, weft_error *error) {
    static const double reference[WEFT_MAX_OBJECTIVES] = {1, 1, 1, 1, 1, 1};
    size_t n = weft_archive_size(front), width = (size_t)all->n_objectives;
    double *points = calloc(n * width + 1, sizeof *points);
    if (points == NULL) {
        return fail(error, WEFT_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < n * width; i++) {
        double vector = weft_archive_objectives(front, i / width)[i % width];
        points[i] = scaled(all, (int)(i % width), vector, logarithmic);
    }
    weft_status status = weft_hypervolume(points, n, all->n_objectives, reference, value, error);
    free(points);
    return status;
}

static weft_status print_quartiles(const char *name, double *values, int n, weft_error *error) {
    double q[5];
    weft_status status = weft_quartiles(values, (size_t)n, q, error);
    if (status == WEFT_OK) {
        printf("  %-26s %10.4f %10.4f %10.4f %10.4f %10.4f\n", name, q[0], q[1], q[2], q[3], q[4]);
    }
    return status;
}

/* Share of the points of one front that another attains. */
static double attained(const weft_archive *by, const weft_archive *front, int n_objectives) {
    size_t n = weft_archive_size(front), found = 0;
    if (n == 0 || weft_archive_size(by) == 0) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        const double *point = weft_archive_objectives(front, i);
        bool is = false;
        for (size_t k = 0; k < weft_archive_size(by) && !is; k++) {
            const double *other = weft_archive_objectives(by, k);
            is = true;
            for (int d = 0; d < n_objectives && is; d++) {
                is = other[d] <= point[d];
            }
        }
        found += is;
    }
    return (double)found / (double)n;
}

static weft_status print_way(const comparison *all, int way, const char *name, weft_error *error) {
    double values[5][SEEDS] = {{0}};
    printf("%s\n", name);
    for (int s = 0; s < all->n_seeds; s++) {
        const way_run *of = &all->runs[way][s];
        for (int scale = 0; scale < 2; scale++) {
            weft_status status = volume(all, of->front, scale == 1, &values[scale][s], error);
            if (status != WEFT_OK) {
                return status;
            }
        }
        values[2][s] = (double)weft_archive_size(of->front);
        values[3][s] = (double)of->feasible;
        values[4][s] = (double)of->trials;
    }
    static const char *const NAMES[] = {"hypervolume", "the same, logarithmic",
                                        "points of the front", "feasible trials", "trials"};
    for (int i = 0; i < 5; i++) {
        weft_status status = print_quartiles(NAMES[i], values[i], all->n_seeds, error);
        if (status != WEFT_OK) {
            return status;
        }
    }
    for (int other = 0; other < all->n_ways; other++) {
        char text[40];
        for (int s = 0; s < all->n_seeds && other != way; s++) {
            values[0][s] =
                attained(all->runs[way][s].front, all->runs[other][s].front, all->n_objectives);
        }
        snprintf(text, sizeof text, "attains of way %d", other + 1);
        weft_status status = other == way ? WEFT_OK
                                          : print_quartiles(text, values[0], all->n_seeds, error);
        if (status != WEFT_OK) {
            return status;
        }
    }
    return WEFT_OK;
}

static weft_status print(const comparison *all, char **names, weft_error *error) {
    weft_status status = WEFT_OK;
    printf("%d seeds; over all feasible trials:\n", all->n_seeds);
    for (int d = 0; d < all->n_objectives; d++) {
        bool more = all->maximise[d];
        printf("  %-12s %g (best) to %g (worst) %s\n", weft_metric_token(all->objectives[d]),
               more ? -all->low[d] : all->low[d], more ? -all->high[d] : all->high[d],
               weft_metric_unit(all->objectives[d]));
    }
    printf("\n  %-26s %10s %10s %10s %10s %10s\n", "", "least", "lower", "median", "upper",
           "largest");
    for (int w = 0; w < all->n_ways && status == WEFT_OK; w++) {
        status = print_way(all, w, names[w], error);
    }
    return status;
}

static int number(const char *variable, int otherwise, int most) {
    const char *text = getenv(variable);
    int value = text != NULL ? atoi(text) : otherwise;
    return value < 1 ? 1 : value > most ? most : value;
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > WAYS + 2) {
        fprintf(stderr, "usage: compare_fronts PROBLEM STORES [PROBLEM ...]\n");
        return 2;
    }
    char *names[WAYS] = {argv[1]};
    static comparison all;
    weft_error error;
    weft_status status = WEFT_OK;
    all.n_seeds = number("SEEDS", 10, SEEDS);
    for (int i = 3; i < argc; i++) {
        names[i - 2] = argv[i];
    }
    all.n_ways = argc - 2;
    for (int i = 0; i < all.n_ways * all.n_seeds && status == WEFT_OK; i++) {
        status = search_way(names[i % all.n_ways], argv[2], i % all.n_ways, 1 + i / all.n_ways,
                            number("JOBS", 2, 64), &all, &error);
    }
    status = status == WEFT_OK ? print(&all, names, &error) : status;
    for (int i = 0; i < all.n_ways * all.n_seeds; i++) {
        weft_archive_destroy(all.runs[i % all.n_ways][i / all.n_ways].front);
    }
    if (status != WEFT_OK) {
        fprintf(stderr, "%s\n", error.message);
    }
    return status == WEFT_OK ? 0 : 1;
}
