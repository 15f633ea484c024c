/* SPDX-License-Identifier: Apache-2.0
 *
 * Studies: a problem file, the loop that searches it, and the store that loses nothing.
 *
 *     weft_problem_read("problem.yaml", &problem, &error);
 *     weft_study_open(problem, "runs.db", &study, &error);  // creates or resumes
 *     weft_study_run(study, &settings, &error);             // searches until it is done or stopped
 *     weft_study_finish(study, &settings, &error);          // front: full training, test set
 *     weft_study_front(study, &front, &n, &error);
 */
#ifndef WEFT_STUDY_H
#define WEFT_STUDY_H

#include <weft/accuracy.h>
#include <weft/hardware.h>
#include <weft/search.h>
#include <weft/space.h>

/* ---- metrics -----------------------------------------------------------------------------------
 * What an objective, a score or a constraint may name: token, unit, whether more is better. */
#define WEFT_METRIC_MAP(X)                                                                         \
    X(WEFT_METRIC_ACCURACY, "accuracy", "1", true)                                                 \
    X(WEFT_METRIC_ENERGY, "energy", "J", false)                                                    \
    X(WEFT_METRIC_LATENCY, "latency", "s", false)                                                  \
    X(WEFT_METRIC_AREA, "area", "mm2", false)                                                      \
    X(WEFT_METRIC_MACS, "macs", "1", false)                                                        \
    X(WEFT_METRIC_PARAMS, "params", "1", false)                                                    \
    X(WEFT_METRIC_CROSSBARS, "crossbars", "1", false)                                              \
    X(WEFT_METRIC_UTILISATION, "utilisation", "1", true)

typedef enum weft_metric {
#define WEFT_METRIC_ENUM(name, token, unit, more_is_better) name,
    WEFT_METRIC_MAP(WEFT_METRIC_ENUM)
#undef WEFT_METRIC_ENUM
        WEFT_METRIC_COUNT
} weft_metric;

WEFT_API const char *weft_metric_token(weft_metric metric);
WEFT_API const char *weft_metric_unit(weft_metric metric);
WEFT_API bool weft_metric_more_is_better(weft_metric metric);

/* ---- problems -------------------------------------------------------------------------------- */
typedef struct weft_problem weft_problem;

WEFT_API weft_status weft_problem_read(const char *path, weft_problem **problem,
                                       weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_problem_destroy(weft_problem *problem);

enum { WEFT_PROBLEM_NAME = 64, WEFT_MAX_CONSTRAINTS = 8, WEFT_EXPRESSION = 128 };

/* What the file says, as resolved; borrowed from the problem. Fields may be changed before a study
 * is opened (the command line's --seed, --trials). */
typedef struct weft_problem_info {
    char name[WEFT_PROBLEM_NAME];
    char space[WEFT_PROBLEM_NAME];
    char chip[WEFT_PROBLEM_NAME];
    bool trains; /* whether accuracy is asked for at all; else it is a search over hardware cost */
    int n_objectives; /* 1 with a score */
    weft_metric objectives[WEFT_MAX_OBJECTIVES];
    bool maximise[WEFT_MAX_OBJECTIVES];
    char score[WEFT_EXPRESSION]; /* maximised; "" when there are objectives */
    int n_constraints;
    char constraints[WEFT_MAX_CONSTRAINTS][WEFT_EXPRESSION];
    weft_accuracy_settings accuracy;
    weft_optimizer_settings optimizer; /* its seed is `seed` */
    int64_t trials;
    int batch;
    uint64_t seed;
} weft_problem_info;
WEFT_API weft_problem_info *weft_problem_get_info(weft_problem *problem);
WEFT_API const weft_space *weft_problem_get_space(const weft_problem *problem);
WEFT_API const weft_chip *weft_problem_get_chip(const weft_problem *problem);

/* ---- trials ---------------------------------------------------------------------------------- */
typedef enum weft_trial_state {
    WEFT_TRIAL_OK,
    WEFT_TRIAL_INFEASIBLE, /* does not fit, cannot be built, or breaks a constraint: see `reason` */
    WEFT_TRIAL_FAILED,     /* could not be evaluated (NaN in training, ...): see `reason` */
} weft_trial_state;

WEFT_API const char *weft_trial_state_word(weft_trial_state state);

enum { WEFT_TRIAL_TEXT = 256 };

typedef struct weft_trial {
    uint64_t number; /* from 0 */
    weft_trial_state state;
    char reason[WEFT_TRIAL_TEXT];      /* "" where ok */
    char description[WEFT_TRIAL_TEXT]; /* "V32,R64" */
    uint64_t hash;                     /* of the phenotype */
    const double *genome;              /* borrowed from the study */
    double metrics[WEFT_METRIC_COUNT]; /* NaN where unknown */
    double score;                      /* NaN without a score or where not ok */
    double violation;                  /* of the constraints, 0 where they hold */
    double seconds;                    /* spent on evaluating it */
    double started, finished;          /* Unix time */
    /* of the final designs only: */
    double test_accuracy; /* NaN: not trained in full yet */
    double final_seconds;
} weft_trial;

/* ---- studies --------------------------------------------------------------------------------- */
typedef struct weft_study weft_study;

/* Creates the store, or resumes it when it holds the same problem. WEFT_ERROR_STORE: it holds
 * another problem (the message says what differs), is of a newer version, is corrupt, or is in use
 * by another process (which one). The problem is borrowed for the study's life. */
WEFT_API weft_status weft_study_open(weft_problem *problem, const char *store, weft_study **study,
                                     weft_error *error) WEFT_NODISCARD;

/* Opens a store to look at: the problem comes from the store. Never writes, works while a search
 * runs. */
WEFT_API weft_status weft_study_open_read(const char *store, weft_study **study,
                                          weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_study_close(weft_study *study);
WEFT_API weft_problem *weft_study_get_problem(const weft_study *study);

/* Finished trials in order of number; the pointer is borrowed until the study changes. */
WEFT_API size_t weft_study_size(const weft_study *study);
WEFT_API const weft_trial *weft_study_get_trial(const weft_study *study, size_t i);

/* How the search goes; times in seconds. */
typedef struct weft_study_progress {
    int64_t done, total, ok, infeasible, failed;
    double best[WEFT_MAX_OBJECTIVES]; /* best value of each objective (or the score); NaN: none */
    double hypervolume;               /* as in weft_study_hypervolume; NaN with one objective */
    double elapsed, rate, eta;        /* of this run; trials/s */
    bool finishing;                   /* training the designs of the front in full */
    const weft_trial *trial;          /* the one that just ended; NULL between */
} weft_study_progress;

typedef struct weft_run_settings {
    int jobs; /* trials evaluated at once, one thread each; 1 */
    const weft_stop *stop;
    void (*progress)(void *context, const weft_study_progress *now); /* one call at a time */
    void *context;
} weft_run_settings;

/* Searches until the problem's number of trials is reached. Each finished trial is one transaction.
 * WEFT_STOPPED: a stop was requested, everything finished is stored. WEFT_DONE: the space was
 * exhausted before. */
WEFT_API weft_status weft_study_run(weft_study *study, const weft_run_settings *settings,
                                    weft_error *error) WEFT_NODISCARD;

/* The same loop by hand, for programs that evaluate in their own way:
 *     while ((status = weft_study_ask(study, &trial, &error)) == WEFT_OK) {
 *         weft_study_evaluate(study, &trial, NULL, &error);   // or fill its state and metrics
 *         weft_study_tell(study, &trial, &error);
 *     }
 * ask gives the next trial of the batch at hand (number, genome, description; all else unknown);
 * when all of a batch are handed out they must be told before ask goes on: WEFT_ERROR_USAGE
 * otherwise. WEFT_DONE ends it. evaluate gives WEFT_ERROR_MEMORY where there was no room beside what
 * else runs, and may be called again. tell stores the trial, with the score of its metrics, in one
 * transaction; an ok trial without its objectives or an infeasible one without a violation is
 * refused with WEFT_ERROR_USAGE and nothing is stored. The genome is borrowed until the batch is
 * told. Not thread-safe, evaluate is. */
WEFT_API weft_status weft_study_ask(weft_study *study, weft_trial *trial,
                                    weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_study_evaluate(const weft_study *study, weft_trial *trial,
                                         const weft_stop *stop, weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_study_tell(weft_study *study, const weft_trial *trial,
                                     weft_error *error) WEFT_NODISCARD;

/* Trains the designs of the front that have not been yet on the whole training set and measures
 * them on the test set, once. */
WEFT_API weft_status weft_study_finish(weft_study *study, const weft_run_settings *settings,
                                       weft_error *error) WEFT_NODISCARD;

/* Indices (for weft_study_get_trial) of the non-dominated trials in the problem's objectives,
 * sorted by the first; with a score: the best trial. The caller frees *front with free(). */
WEFT_API weft_status weft_study_front(const weft_study *study, size_t **front, size_t *n,
                                      weft_error *error) WEFT_NODISCARD;

/* The same for any list of metrics, for figures. */
WEFT_API weft_status weft_study_front_of(const weft_study *study, const weft_metric *metrics,
                                         const bool *maximise, int n_metrics, size_t **front,
                                         size_t *n, weft_error *error) WEFT_NODISCARD;

/* Hypervolume after each trial, in objectives normalised by the reference: each objective's worst
 * and best value over the trials of the study span 0 .. 1, the reference point is 1.1 times the
 * worst side. `values` has room for weft_study_size() entries. NaN with one or more than 3
 * objectives. */
WEFT_API weft_status weft_study_hypervolume(const weft_study *study, double *values,
                                            weft_error *error) WEFT_NODISCARD;

/* The cost breakdown of a trial's design on the study's chip; the caller destroys it. */
WEFT_API weft_status weft_study_cost(const weft_study *study, size_t i, weft_cost **cost,
                                     weft_error *error) WEFT_NODISCARD;

/* Where and when it was made. */
typedef struct weft_study_origin {
    char version[32];
    char build[256];
    char machine[256];
    double created; /* Unix time */
} weft_study_origin;
WEFT_API const weft_study_origin *weft_study_get_origin(const weft_study *study);

#endif
