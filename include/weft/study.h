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

#include <stdio.h>

#include <weft/accuracy.h>
#include <weft/hardware.h>
#include <weft/search.h>
#include <weft/space.h>
#include <weft/transfer.h>

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
    X(WEFT_METRIC_UTILISATION, "utilisation", "1", true)                                           \
    X(WEFT_METRIC_INTERVAL, "interval", "s", false)                                                \
    X(WEFT_METRIC_CYCLES, "cycles", "1", false)                                                    \
    X(WEFT_METRIC_POWER, "power", "W", false)                                                      \
    X(WEFT_METRIC_PEAK_POWER, "peak_power", "W", false)                                            \
    X(WEFT_METRIC_DENSITY, "power_density", "W/mm2", false)                                        \
    X(WEFT_METRIC_EDAP, "edap", "J s mm2", false)                                                  \
    X(WEFT_METRIC_TOPS, "tops", "TOPS", true)                                                      \
    X(WEFT_METRIC_TOPS_W, "tops_w", "TOPS/W", true)                                                \
    X(WEFT_METRIC_TOPS_MM2, "tops_mm2", "TOPS/mm2", true)                                          \
    X(WEFT_METRIC_CELLS, "cells", "1", false)                                                      \
    X(WEFT_METRIC_CELLS_NEEDED, "cells_needed", "1", false)                                        \
    X(WEFT_METRIC_COST, "cost", "1", false)                                                        \
    X(WEFT_METRIC_DROPPED_BITS, "dropped_bits", "bit", false)                                      \
    X(WEFT_METRIC_PENALTY, "penalty", "1", false)                                                  \
    X(WEFT_METRIC_PROXY, "proxy", "1", true)

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

enum {
    WEFT_PROBLEM_NAME = 64,
    WEFT_EXPRESSION = 512,
    WEFT_MAX_STAGES = 8,
    WEFT_MAX_PATTERNS = 16,
};

/* How the figures of several networks on one chip become one: what costs is the worst, the mean,
 * the sum or the product of all; what is better where it is more, the least or the mean. */
#define WEFT_AGGREGATE_MAP(X)                                                                      \
    X(WEFT_AGGREGATE_MAX, "max")                                                                   \
    X(WEFT_AGGREGATE_MEAN, "mean")                                                                 \
    X(WEFT_AGGREGATE_SUM, "sum")                                                                   \
    X(WEFT_AGGREGATE_PRODUCT, "product")

typedef enum weft_aggregate {
#define WEFT_AGGREGATE_ENUM(name, token) name,
    WEFT_AGGREGATE_MAP(WEFT_AGGREGATE_ENUM)
#undef WEFT_AGGREGATE_ENUM
        WEFT_AGGREGATE_COUNT
} weft_aggregate;

WEFT_API const char *weft_aggregate_token(weft_aggregate aggregate);

/* Where a gene stands that no stage has searched yet. */
#define WEFT_HOLD_MAP(X)                                                                           \
    X(WEFT_HOLD_MIDDLE, "middle")                                                                  \
    X(WEFT_HOLD_FIRST, "first")                                                                    \
    X(WEFT_HOLD_LAST, "last")

typedef enum weft_hold {
#define WEFT_HOLD_ENUM(name, token) name,
    WEFT_HOLD_MAP(WEFT_HOLD_ENUM)
#undef WEFT_HOLD_ENUM
        WEFT_HOLD_COUNT
} weft_hold;

/* Which genes vary: names with '*' and '?', or "network" or "chip" for all of a kind. None: all. */
typedef struct weft_gene_patterns {
    int n;
    char text[WEFT_MAX_PATTERNS][WEFT_GENE_NAME];
} weft_gene_patterns;

/* A part of a search that varies some genes; the others stand where the best design of the stages
 * before has them, or are held. */
typedef struct weft_stage_info {
    char name[WEFT_PROBLEM_NAME];
    weft_gene_patterns free;
    int64_t trials;              /* of the study; the last stage takes what is left */
    char score[WEFT_EXPRESSION]; /* "": the problem's own goal */
    bool maximise;               /* the score */
} weft_stage_info;

/* A limit that may be broken at a price. */
typedef struct weft_soft_info {
    char limit[WEFT_EXPRESSION]; /* as a constraint */
    double weight;               /* penalty where it is broken by `scale` */
    double scale;                /* relative to the limit */
} weft_soft_info;

/* What a metric should attain. */
typedef struct weft_aim_info {
    weft_metric metric;
    double aim, scale; /* missing it by `scale` counts as 1 */
} weft_aim_info;

/* The accounting of a published system, fault by fault (docs/explanation/accountings.md). */
enum { WEFT_MAX_FAULTS = 16 };
typedef struct weft_fault_info {
    const char *name; /* "swapped-bits" */
    const char *text; /* what it does to a figure */
    bool on;
} weft_fault_info;

/* What the file says, as resolved; borrowed from the problem. Fields may be changed before a study
 * is opened (the command line's --seed, --trials). */
typedef struct weft_problem_info {
    char name[WEFT_PROBLEM_NAME];
    char space[WEFT_PROBLEM_NAME];
    char chip[WEFT_PROBLEM_NAME];
    bool trains; /* whether accuracy is asked for at all; else it is a search over hardware cost */
    bool scores; /* whether a score without training is, as the metric `proxy` */
    char accounting[WEFT_PROBLEM_NAME]; /* "chip": as the chip's file says; "cimnas-2025" */
    int n_faults;                       /* of that accounting */
    weft_fault_info faults[WEFT_MAX_FAULTS];
    weft_aggregate aggregate;
    int n_objectives; /* 1 with a score */
    weft_metric objectives[WEFT_MAX_OBJECTIVES];
    bool maximise[WEFT_MAX_OBJECTIVES];
    char score[WEFT_EXPRESSION]; /* maximise[0] says which way; "" when there are objectives */
    int n_constraints;
    char constraints[WEFT_MAX_CONSTRAINTS][WEFT_EXPRESSION];
    int n_soft;
    weft_soft_info soft[WEFT_MAX_CONSTRAINTS];
    int n_aims; /* the reference point beside objectives */
    weft_aim_info aims[WEFT_MAX_OBJECTIVES];
    weft_accuracy_settings accuracy;
    const char
        *cache; /* file of accuracies that studies share, docs/reference/store.md; "": none */
    weft_optimizer_settings optimizer; /* its seed is `seed` */
    /* Why the optimizer is this one, where the study chose it; "": the file names it, or none has been
     * chosen yet: opening a study does. */
    char chosen[200];
    /* Evaluations at the fidelities of `accuracy`; name NULL: every trial is evaluated as a whole. */
    weft_brackets_settings brackets;
    bool
        asynchronous; /* who is free evaluates the next trial at once; the study depends on who was */
    int64_t trials;
    int batch;
    uint64_t seed;
    weft_hold hold;
    weft_gene_patterns free; /* of a problem without stages */
    int n_stages;            /* 0: one that varies `free` */
    weft_stage_info stages[WEFT_MAX_STAGES];
} weft_problem_info;
WEFT_API weft_problem_info *weft_problem_get_info(weft_problem *problem);
WEFT_API const weft_space *weft_problem_get_space(const weft_problem *problem);
WEFT_API const weft_chip *weft_problem_get_chip(const weft_problem *problem);

/* Whether a chip has what the genes of a space set, and takes both ends of their values.
 * WEFT_ERROR_INPUT, with the gene, where it does not, and where two genes that do not exclude each
 * other lead to one parameter. weft_problem_read asks for the same. */
WEFT_API weft_status weft_knobs_check(const weft_space *space, const weft_chip *chip,
                                      weft_error *error) WEFT_NODISCARD;

/* Opens what a search of the problem opens, and closes it again: its accuracies, the chip with every
 * parameter that a gene sets, the optimizer. What the search would begin with and fail is told so, and
 * nothing is written. `store`: the path of the one that the search would have; NULL: none. Where there is
 * a study in it, a problem that names no optimizer gets that of the study, and WEFT_ERROR_STORE tells
 * that the study is of another problem. */
WEFT_API weft_status weft_problem_check(weft_problem *problem, const char *store,
                                        weft_error *error) WEFT_NODISCARD;

/* The share of a candidate's whole training that the steps up to a fidelity are: of the images that it sees,
 * epochs times share. 1 for the last one and for WEFT_FIDELITY_CANDIDATE. */
WEFT_API double weft_problem_fidelity_share(const weft_problem *problem, weft_fidelity fidelity);

/* What broken soft limit i (below 0: all together) costs a design with these metrics; 0 where it holds.
 * The score and each objective are worse by so much of their own amount: a value v that is minimised
 * counts as v + penalty |v|, one that is maximised as v - penalty |v|. */
WEFT_API double weft_problem_penalty(const weft_problem *problem, int i, const double *metrics);

/* The score of a design with these metrics before what broken soft limits cost; NaN without a score. */
WEFT_API double weft_problem_plain_score(const weft_problem *problem, const double *metrics);

/* By how much the reference point is missed beside objectives, at most, in scales of its aims: 0 where
 * all are attained, or there are none (after A. Wierzbicki, "The use of reference objectives in
 * multiobjective optimization", 1980). Each objective with an aim counts as worse by so many of its
 * scales, which keeps who dominates whom. */
WEFT_API double weft_problem_miss(const weft_problem *problem, const double *metrics);

/* Whether the search varies a gene, in one of its stages at least; else it is fixed, or held. */
WEFT_API bool weft_problem_varies(const weft_problem *problem, int gene);

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
    int stage;       /* of the search, from 0 */
    weft_trial_state state;
    char reason[WEFT_TRIAL_TEXT];      /* "" where ok */
    char description[WEFT_TRIAL_TEXT]; /* "V32,R64" */
    uint64_t hash;                     /* of the phenotype */
    /* In brackets a design may have several trials, one for each fidelity that it was evaluated at. */
    int fidelity; /* of the steps of a candidate's training, from 0; WEFT_FIDELITY_CANDIDATE: all */
    bool partial; /* not all of them: it does not compare with trials that are whole */
    int bracket, rung; /* from 0 */
    uint64_t
        design; /* the same for all trials of a design; the number of the trial without brackets */
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

/* Whether a trial is ok and whole: only such trials are compared, by fronts and by all that is told of the
 * best. */
WEFT_API bool weft_trial_counts(const weft_trial *trial);

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

/* What the evaluations of a study's trials cost, in whole trainings: 1 for a trial without brackets, and for
 * one that goes on the steps that it adds; 0 for one that is infeasible before its training. */
WEFT_API double weft_study_spent(const weft_study *study);

/* How the search goes; times in seconds. */
typedef struct weft_study_progress {
    int64_t done, total, ok, infeasible, failed;
    int64_t partial; /* of those ok: they are not among the best, nor in the hypervolume */
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

/* Searches until the problem's number of trials is reached. Each finished training is one
 * transaction; trials of microseconds share one, of a batch or 0.2 s.
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
 * told. Not thread-safe, evaluate is.
 * In an asynchronous study ask goes on beside the trials that are out, without a batch: then WEFT_DONE may
 * mean that it waits for one of them to be told, and a genome is borrowed until its trial is told. */
WEFT_API weft_status weft_study_ask(weft_study *study, weft_trial *trial,
                                    weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_study_evaluate(weft_study *study, weft_trial *trial,
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

/* The final training's test accuracy less the accuracy that the search saw; NaN where one is missing. */
WEFT_API double weft_trial_gap(const weft_trial *trial);

/* How far what the search saw is from what the final designs are. */
typedef struct weft_gap {
    int n;       /* final designs */
    double mean; /* of their gaps; NaN without any */
    double tau;  /* Kendall's tau-b of both accuracies; NaN where it is not defined */
} weft_gap;

WEFT_API weft_status weft_study_gap(const weft_study *study, weft_gap *gap,
                                    weft_error *error) WEFT_NODISCARD;

/* The one design that stands for the study: the best by its score or only objective, the knee of the
 * front of several (weft_knee). WEFT_ERROR_INFEASIBLE where no trial is ok. */
WEFT_API weft_status weft_study_best(const weft_study *study, size_t *index,
                                     weft_error *error) WEFT_NODISCARD;

/* The same for any list of metrics, for figures. */
WEFT_API weft_status weft_study_front_of(const weft_study *study, const weft_metric *metrics,
                                         const bool *maximise, int n_metrics, size_t **front,
                                         size_t *n, weft_error *error) WEFT_NODISCARD;

/* Hypervolume after each trial, in objectives normalised by the reference: each objective's worst
 * and best value over the trials of the study span 0 .. 1, the reference point is 1.1 times the
 * worst side; of an objective with an aim it is the aim, so that only what attains it counts. `values` has room for weft_study_size() entries. With more than 3 objectives it is
 * worked out at a hundred trials and stands still between. NaN with one objective. */
WEFT_API weft_status weft_study_hypervolume(const weft_study *study, double *values,
                                            weft_error *error) WEFT_NODISCARD;

/* Its last value alone. */
WEFT_API weft_status weft_study_last_hypervolume(const weft_study *study, double *value,
                                                 weft_error *error) WEFT_NODISCARD;

/* What a search found with the problem's chip as proxy, as a target measures it. Designs are the trials
 * that count, each design once. */
typedef struct weft_target {
    int n;
    size_t *trials;    /* (n) index in the study */
    double *predicted; /* (n) the metric on the target; under a fallback the chip's own */
    double *measured;  /* (n) NaN: not measured, or failed */
    int *candidates;   /* (n_candidates) the front by prediction, by rising metric */
    int *front;        /* (n_front) the front of what was measured, by its own figures */
    int n_candidates, n_front;
    int n_measured, failed;
    weft_fallback fallback;
    double srcc_proxy, srcc_loo, srcc_low; /* as of weft_adaptation */
} weft_target;

/* Adapts a metric of the chip to what the target measured of n trials (indices in the study; NaN, 0 or
 * below: failed), described by their genes, and finds the front of the problem's objectives with the
 * target's figures in place of the chip's: by prediction, and pruned by measurement. WEFT_ERROR_INPUT where
 * the metric is none of two objectives or more, or a trial has no figures. */
WEFT_API weft_status weft_study_target(const weft_study *study, weft_metric metric,
                                       const size_t *trials, const double *values, int n,
                                       const weft_adapt_settings *settings, weft_target *target,
                                       weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_target_free(weft_target *target);

/* Importance of the genes for a metric, or for the score (WEFT_METRIC_COUNT), over the trials that are
 * ok and whose value is known; `logarithm`: of its logarithm, where trials of 0 or less are left out.
 * Of more than `most` trials (0: all) so many, evenly spread over them. Errors as of
 * weft_importance_of. */
WEFT_API weft_status weft_study_importance(const weft_study *study, weft_metric metric,
                                           bool logarithm, size_t most,
                                           const weft_importance_settings *settings,
                                           weft_importance **importance,
                                           weft_error *error) WEFT_NODISCARD;

/* What separates the front (with a score or one objective: the best tenth) from the other trials that
 * are ok. *n_members becomes how many the former are. */
WEFT_API weft_status weft_study_separation(const weft_study *study, uint64_t seed,
                                           weft_separation **separation, size_t *n_members,
                                           weft_error *error) WEFT_NODISCARD;

/* ---- steering ----------------------------------------------------------------------------------
 * Values pinned and forbidden while a study is searched. A store keeps what was said and the trial from
 * which it holds, so that a search that is continued proposes what it would have. */
typedef enum weft_steer_kind {
    WEFT_STEER_PIN,    /* the gene has this value alone */
    WEFT_STEER_FORBID, /* it never has this value */
    WEFT_STEER_FREE,   /* neither: what was pinned or forbidden of it, by the problem too, is not */
} weft_steer_kind;

WEFT_API const char *weft_steer_word(weft_steer_kind kind); /* "pin" */

enum { WEFT_STEER_VALUE = 64 };

typedef struct weft_steer {
    weft_steer_kind kind;
    char gene[WEFT_GENE_NAME];    /* to weft_steer_store a pattern, as `fixed` takes them */
    char value[WEFT_STEER_VALUE]; /* as a person writes it; "" where a gene is freed */
    bool taken;                   /* a search knows it; else the next batch begins with it */
    uint64_t trial;               /* where taken: the first that it holds for */
    double requested;             /* Unix time */
} weft_steer;

/* Adds n orders to a store, all or none, while a search runs on it or not; those of a pattern become
 * one for each of its genes. WEFT_ERROR_INPUT, with the nearest name or the values there are, for a gene
 * or value that is not, a gene that the search does not vary, one that would have no value left, and a
 * value that is pinned and forbidden at once. */
WEFT_API weft_status weft_steer_store(const char *store, const weft_steer *orders, size_t n,
                                      weft_error *error) WEFT_NODISCARD;

/* What `pin` and `forbid` of a problem leave of each gene (n_genes); borrowed. */
WEFT_API const weft_restriction *weft_problem_restrictions(const weft_problem *problem);

/* Order i of those that a study was told, in order; NULL behind the last. Borrowed until it changes. */
WEFT_API const weft_steer *weft_study_order(const weft_study *study, size_t i);

/* What all of it, with `pin` and `forbid` of the problem, leaves of each gene (n_genes). */
WEFT_API weft_status weft_study_restrictions(const weft_study *study,
                                             weft_restriction *restrictions,
                                             weft_error *error) WEFT_NODISCARD;

/* ---- designs ---------------------------------------------------------------------------------- */

/* The chip of a genome, for a region of it: the problem's, with what the genes set. The caller
 * destroys it. */
WEFT_API weft_status weft_problem_chip_of(const weft_problem *problem, const double *genome,
                                          int region, weft_chip **chip,
                                          weft_error *error) WEFT_NODISCARD;

/* Network `which` of a genome; the caller destroys it. */
WEFT_API weft_status weft_problem_network_of(const weft_problem *problem, const double *genome,
                                             int which, weft_network **network,
                                             weft_error *error) WEFT_NODISCARD;

/* The cost breakdown of network `which` (0 where there is one) of a genome on its chip, and that of a
 * trial; the caller destroys it. Of a chip of several regions parts of the same name are one, and
 * layers stand region by region. */
WEFT_API weft_status weft_problem_cost(const weft_problem *problem, const double *genome, int which,
                                       weft_cost **cost, weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_study_cost(const weft_study *study, size_t i, int which, weft_cost **cost,
                                     weft_error *error) WEFT_NODISCARD;

/* ---- single designs --------------------------------------------------------------------------- */

/* Where the genes stand that nobody has searched: fixed, or held (`hold`). All of them have a value,
 * active or not; weft_genome_canonical then makes a design of it. */
WEFT_API void weft_problem_stand(const weft_problem *problem, double *genome);

/* Sets the genes that a pattern means to a value as a person writes it ("128", "RES"), as `fixed` of a
 * problem file does. WEFT_ERROR_INPUT with the nearest name or the values that there are. */
WEFT_API weft_status weft_problem_set(const weft_problem *problem, const char *pattern,
                                      const char *text, double *genome,
                                      weft_error *error) WEFT_NODISCARD;

/* The same of a space alone. */
WEFT_API weft_status weft_space_set_genes(const weft_space *space, const char *pattern,
                                          const char *text, double *genome,
                                          weft_error *error) WEFT_NODISCARD;

/* The design one step beside another: gene `gene` of a canonical genome goes up (way > 0) or down its
 * list; of a real gene a step is a twentieth of its range. Genes that become active stand where
 * weft_problem_stand has them. WEFT_DONE where there is no such step: the gene is inactive, inert or
 * at its end. WEFT_ERROR_INFEASIBLE where the space rules the design out. `genome` and `beside` may
 * not be the same. */
WEFT_API weft_status weft_problem_step(const weft_problem *problem, const double *genome, int gene,
                                       int way, double *beside, weft_error *error) WEFT_NODISCARD;

/* Evaluates n canonical genomes (row by row) as a search would, one after the other; nothing is
 * stored. Trials are numbered from 0 and borrow the genomes. Where the accuracy would be trained it
 * stays unknown, and so do a score and objectives that name it. */
WEFT_API weft_status weft_problem_evaluate(const weft_problem *problem, const double *genomes,
                                           size_t n, weft_trial *trials,
                                           weft_error *error) WEFT_NODISCARD;

/* ---- designs to learn from ----------------------------------------------------------------------
 * What predictors of accuracy.h learn from and are asked for, with the genes of a problem. */
typedef struct weft_design_set weft_design_set;

/* The problem is borrowed for the set's life. */
WEFT_API weft_status weft_design_set_create(const weft_problem *problem, weft_design_set **set,
                                            weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_design_set_destroy(weft_design_set *set);

/* Borrowed until something is added. */
WEFT_API const weft_designs *weft_design_set_get(const weft_design_set *set);

/* Adds a canonical genome; its accuracy may be NaN where none is asked for. */
WEFT_API weft_status weft_design_set_add(weft_design_set *set, const double *genome,
                                         double accuracy, weft_error *error) WEFT_NODISCARD;

/* Adds all trials of a study of the same problem whose accuracy is known; of designs of one network
 * the first. WEFT_ERROR_INPUT for a study whose accuracies a fitted predictor said: nobody measured them. */
WEFT_API weft_status weft_design_set_add_trials(weft_design_set *set, const weft_study *study,
                                                weft_error *error) WEFT_NODISCARD;

/* Keeps n of them by chance; all, where there are no more. */
WEFT_API weft_status weft_design_set_sample(weft_design_set *set, int n, uint64_t seed,
                                            weft_error *error) WEFT_NODISCARD;

/* Adds up to n designs by chance, with the fixed genes and those of the chip where
 * weft_problem_stand has them, and all that are one step beside the `near` best of `known` by accuracy.
 */
WEFT_API weft_status weft_design_set_add_pool(weft_design_set *set, const weft_designs *known,
                                              int near, int n, uint64_t seed,
                                              weft_error *error) WEFT_NODISCARD;

/* ---- all designs ------------------------------------------------------------------------------ */

typedef struct weft_exhaust_settings {
    int jobs;
    int keep; /* the best designs of a score; all of the front of several objectives */
    const weft_stop *stop;
    void (*progress)(void *context, uint64_t done, uint64_t total); /* from one thread */
    void *context;
} weft_exhaust_settings;

typedef struct weft_exhaust {
    uint64_t total, ok, infeasible, failed;
    size_t n;
    weft_trial *designs; /* best first, or by the first objective; number: the place in the walk.
                          * They own their genomes. */
} weft_exhaust;

/* Evaluates every design of a problem whose genes that vary (all but the fixed ones, or those that
 * are `free`) are finite in number; nothing is stored. The result does not depend on `jobs`.
 * WEFT_ERROR_USAGE where there are too many designs to number, or a candidate is trained.
 * WEFT_STOPPED: a stop was requested. */
WEFT_API weft_status weft_problem_exhaust(const weft_problem *problem,
                                          const weft_exhaust_settings *settings,
                                          weft_exhaust **result, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_exhaust_destroy(weft_exhaust *result);

/* ---- several studies ---------------------------------------------------------------------------
 * Studies of one goal, as several seeds of a search or several ways to search give them:
 *
 *     weft_several_create(&several, &error);
 *     weft_several_add(several, study, SIZE_MAX, &error);    // each; it may be closed then
 *     weft_several_compare(several, &result, &error);
 */
typedef struct weft_several weft_several;

typedef struct weft_several_study {
    size_t trials, ok;  /* that were looked at */
    double best;        /* of the score or the only objective; NaN: none, or several objectives */
    double hypervolume; /* as in weft_study_hypervolume, but normalised over the trials of all
                         * studies; NaN with one objective */
    size_t attained;    /* points of the common front that it attains: 0 with one objective */
} weft_several_study;

/* Vectors are in the signs of the problem. All arrays are borrowed from the weft_several, until it
 * changes. */
typedef struct weft_several_result {
    size_t n;
    const weft_several_study *studies; /* (n), in the order added */
    int n_objectives;
    double quartiles[5]; /* weft_quartiles of `best`, or of `hypervolume` */
    size_t n_front;      /* several objectives: the front of all studies together, by the first */
    const double *front; /* (n_front, n_objectives) */
    const double *share; /* (n_front) of the studies that attain the point */
    size_t n_median;     /* two objectives: the median attainment surface (weft_attainment) */
    const double *median;
} weft_several_result;

WEFT_API weft_status weft_several_create(weft_several **several, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_several_destroy(weft_several *several);

/* Looks at the first `trials` finished trials of a study, so that studies of different length compare
 * at equal evaluations. WEFT_ERROR_USAGE where its goal is not that of the first one added. */
WEFT_API weft_status weft_several_add(weft_several *several, const weft_study *study, size_t trials,
                                      weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_several_compare(weft_several *several, weft_several_result *result,
                                          weft_error *error) WEFT_NODISCARD;

/* ---- published designs --------------------------------------------------------------------------
 * Figures that others have published, to say "better than what": files of share/weft/baselines
 * (docs/reference/baseline-file.md). */
typedef struct weft_baseline {
    char name[64];                      /* "cimnas-1" */
    char text[256];                     /* what it is */
    char source[256];                   /* where its figures stand */
    char accounting[WEFT_PROBLEM_NAME]; /* how they were counted: "cimnas-2025" */
    double metrics[WEFT_METRIC_COUNT]; /* NaN where nothing was published; EDAP follows from energy,
                                         * latency and area */
} weft_baseline;

typedef struct weft_baselines {
    int n;
    weft_baseline *designs; /* (n) */
} weft_baselines;

/* Reads a file by its name among those that come with Weft, or by path. */
WEFT_API weft_status weft_baselines_read(const char *name_or_path, weft_baselines **baselines,
                                         weft_error *error) WEFT_NODISCARD;

/* The same from text; `name` is what errors call it. */
WEFT_API weft_status weft_baselines_parse(const char *text, size_t length, const char *name,
                                          weft_baselines **baselines,
                                          weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_baselines_destroy(weft_baselines *baselines);

/* A design by name, "cimnas-1" of the files that come with Weft, or "FILE:NAME" of another. The error
 * has the nearest name. */
WEFT_API weft_status weft_baseline_find(const char *text, weft_baseline *baseline,
                                        weft_error *error) WEFT_NODISCARD;

/* Where and when it was made. */
typedef struct weft_study_origin {
    char version[32];
    char build[256];
    char machine[256];
    double created; /* Unix time */
} weft_study_origin;
WEFT_API const weft_study_origin *weft_study_get_origin(const weft_study *study);

/* ---- supernets over a space -------------------------------------------------------------------
 * The networks of a space as a supernet draws them (weft_supernet_space): random ones gene by gene, as
 * the optimizer "random" proposes them, and again where they are not allowed. The largest has the last
 * value of each gene, the one of the largest number, the smallest the first; where that is not allowed
 * or cannot be built, words give way to the word before (behind) them, from the last gene on. Genes of
 * the chip change nothing, and are not part of the hash. Networks with a product of two activations
 * (attention) are of group 1, in a space that has networks without. */
typedef struct weft_space_supernet weft_space_supernet;

/* Borrows the space, which must not change. WEFT_ERROR_INPUT: no gene shapes its networks;
 * WEFT_ERROR_INFEASIBLE: none can be built. */
WEFT_API weft_status weft_space_supernet_create(const weft_space *space,
                                                weft_space_supernet **supernet,
                                                weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_space_supernet_destroy(weft_space_supernet *supernet);

/* As the training takes it; and the space itself. Borrowed. */
WEFT_API const weft_supernet_space *weft_space_supernet_get(const weft_space_supernet *supernet);
WEFT_API const weft_space *weft_space_supernet_space(const weft_space_supernet *supernet);

/* The genome of the network that its `draw` makes, without a restriction to a group. */
WEFT_API weft_status weft_space_supernet_draw(weft_space_supernet *supernet,
                                              weft_supernet_draw which, uint64_t seed,
                                              uint64_t index, double *genome,
                                              weft_error *error) WEFT_NODISCARD;

/* ---- how well a supernet ranks -----------------------------------------------------------------
 * Networks of a space, drawn at random, measured with the supernet's weights and trained from scratch:
 * how far both orders agree, and what each has cost. */
typedef struct weft_rank_row {
    uint64_t index;                    /* of the draw */
    char description[WEFT_TRIAL_TEXT]; /* weft_space_describe */
    int64_t macs, params;
    bool done; /* else only what stands above is known */
    double supernet, supernet_seconds, trained, trained_seconds;
} weft_rank_row;

typedef struct weft_rank_result {
    int n, n_done;
    weft_rank_row *rows; /* (n), malloc'ed; in the order of the draws, each network once */
    /* Of the rows that are done, NaN where nothing can be ordered: Kendall's tau-b with the 95 %
     * interval of 2000 bootstrap samples (Efron and Tibshirani, 1993, percentiles), Spearman's
     * correlation. */
    double tau, tau_low, tau_high, spearman;
    double supernet_seconds, trained_seconds; /* sums */
    double mean_gap;                          /* of trained - supernet */
} weft_rank_result;

typedef struct weft_rank_settings {
    int networks;  /* 3 or more */
    uint64_t seed; /* of the draws, and of the interval */
    /* The trainings from scratch, each with train.threads and a seed of its network. Its split measures
     * both, train.validation_limit images at most; validation images are those of the supernet. */
    weft_train_settings train;
    int64_t recalibrate;
    int jobs; /* networks at once */
    /* Takes each network as it is done; rows that are there are not done again. A file of another
     * supernet, data set or settings is WEFT_ERROR_INPUT. NULL: nothing is kept. */
    const char *file;
    const weft_stop *stop;
    /* Told behind each network; from several threads, one at a time. May be NULL. */
    void (*progress)(void *context, const weft_rank_result *now);
    void *context;
} weft_rank_settings;

WEFT_API void weft_rank_defaults(weft_rank_settings *settings);

/* After WEFT_STOPPED *result holds what is done. The caller frees result->rows. */
WEFT_API weft_status weft_supernet_rank(weft_space_supernet *space, const weft_supernet *supernet,
                                        const weft_dataset *dataset,
                                        const weft_rank_settings *settings,
                                        weft_rank_result *result, weft_error *error) WEFT_NODISCARD;

/* ---- search without training (docs/reference/flash.md) ------------------------------------------ 
 * Which networks to train so that an accuracy over NN-Degree can be fitted to them:
 * spread evenly over the degrees of the space, ends included, and others between them to hold out. */
typedef struct weft_flash_choose_settings {
    int n;    /* to train: 1 or more */
    int held; /* to hold out; 0 or more */
    uint64_t seed;
    /* A curve fitted to networks that were trained: each next one is where its band is widest, given
     * those picked before. NULL: spread evenly. Those held out are spread in any case. */
    const weft_theta *theta;
} weft_flash_choose_settings;

typedef struct weft_flash_pick {
    char network[WEFT_NETWORK_NAME]; /* its name, as weft_network_read_for takes it */
    double degree, mass;
    int64_t macs;
    bool held;
} weft_flash_pick;

typedef struct weft_flash_choice {
    double lowest, highest; /* degrees that were found in the space */
    int n;
    weft_flash_pick *picks; /* (n) those to train first, each in rising order of degree */
} weft_flash_choice;

/* Draws designs of the space, by chance and along the diagonal of its genes, and picks of them. The
 * same seed gives the same. WEFT_ERROR_INPUT where there are too few networks that differ. */
WEFT_API weft_status weft_flash_choose(const weft_space *space,
                                       const weft_flash_choose_settings *settings,
                                       weft_flash_choice **choice,
                                       weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_flash_choice_destroy(weft_flash_choice *choice);

/* Networks with what was measured of them, from CSV: a column `network` (names, as weft_network_read
 * takes them) and any of `accuracy` (share), `area` (mm2), `latency` (s), `energy` (J), `role` (train or
 * held; other columns are not looked at). An empty cell, "-", "nan" and "failed" are measurements that
 * failed: they are counted and left out where they would be needed. */
typedef enum weft_flash_column {
    WEFT_FLASH_COLUMN_ACCURACY,
    WEFT_FLASH_COLUMN_AREA,
    WEFT_FLASH_COLUMN_LATENCY,
    WEFT_FLASH_COLUMN_ENERGY,
    WEFT_FLASH_COLUMNS
} weft_flash_column;

typedef struct weft_flash_row {
    char network[WEFT_NETWORK_NAME];
    bool held;
    double value[WEFT_FLASH_COLUMNS]; /* NaN: failed, or no such column */
    double degree;
} weft_flash_row;

typedef struct weft_flash_table {
    bool has[WEFT_FLASH_COLUMNS];
    int n;
    weft_flash_row *rows; /* (n) with role train first, in the order of the file */
} weft_flash_table;

/* `input` replaces the shape of networks whose text does not say one; channels 0: as the family has.
 * WEFT_ERROR_INPUT, with the line: unknown networks, roles and numbers, a network that stands twice. */
WEFT_API weft_status weft_flash_table_read(const char *path, weft_shape input,
                                           weft_flash_table **table,
                                           weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_flash_table_parse(const char *text, size_t length, const char *name,
                                            weft_shape input, weft_flash_table **table,
                                            weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_flash_table_destroy(weft_flash_table *table);

/* A curve over NN-Degree, fitted to the rows to train and tried on those held out (report->n 0: fewer
 * than 3). *failed: rows without an accuracy. */
WEFT_API weft_status weft_flash_fit_theta(const weft_flash_table *table, weft_theta *theta,
                                          weft_theta_report *report, int *failed,
                                          weft_error *error) WEFT_NODISCARD;

/* Closed forms fitted to what was measured; crossbars as `geometry` says. Rows in which a figure failed
 * that others have are left out: *failed. */
WEFT_API weft_status weft_flash_fit_measured(const weft_flash_table *table, weft_shape input,
                                             const weft_form_geometry *geometry, weft_forms *forms,
                                             int *failed, weft_error *error) WEFT_NODISCARD;

/* Features of closed forms, and the cost model's figures, of networks chosen as above; coefficients
 * fitted to the first n of them, errors told on the others. */
WEFT_API weft_status weft_flash_fit_forms(const weft_space *space, const weft_chip *chip,
                                          const weft_flash_choose_settings *settings,
                                          weft_forms *forms, weft_error *error) WEFT_NODISCARD;

/* A problem of networks of cells whose accuracy, area, latency and energy are told in closed form
 * (weft: flash/1): nothing is trained, no chip is estimated and nothing is stored. */
typedef struct weft_flash weft_flash;

/* Whether a file says that it is one; false where it cannot be read. */
WEFT_API bool weft_flash_is(const char *path);
WEFT_API weft_status weft_flash_read(const char *path, weft_flash **flash,
                                     weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_flash_parse(const char *text, size_t length, const char *name,
                                      weft_flash **flash, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_flash_destroy(weft_flash *flash);

/* Borrowed from the problem. */
typedef struct weft_flash_about {
    const char *name;
    const weft_space *space;
    const weft_theta *theta;
    const weft_theta_about *theta_about;
    const weft_forms *forms;
    const char *score;
    bool maximise;
    int n_constraints;
    const char (*constraints)[WEFT_EXPRESSION];
} weft_flash_about;
WEFT_API void weft_flash_get_about(const weft_flash *flash, weft_flash_about *about);

enum { WEFT_FLASH_MAX_GENES = 16 };

/* Token in expressions. */
#define WEFT_FLASH_METRIC_MAP(X)                                                                   \
    X(WEFT_FLASH_ACCURACY, "accuracy")                                                             \
    X(WEFT_FLASH_AREA, "area") /* mm2 */                                                           \
    X(WEFT_FLASH_LATENCY, "latency")                                                               \
    X(WEFT_FLASH_ENERGY, "energy")                                                                 \
    X(WEFT_FLASH_DEGREE, "degree")                                                                 \
    X(WEFT_FLASH_MACS, "macs")                                                                     \
    X(WEFT_FLASH_TILES, "tiles")

typedef enum weft_flash_metric {
#define WEFT_FLASH_ENUM(name, token) name,
    WEFT_FLASH_METRIC_MAP(WEFT_FLASH_ENUM)
#undef WEFT_FLASH_ENUM
        WEFT_FLASH_METRICS
} weft_flash_metric;

typedef struct weft_flash_design {
    double genome[WEFT_FLASH_MAX_GENES];
    char network[WEFT_NETWORK_NAME];
    double metrics[WEFT_FLASH_METRICS];
    weft_theta_forecast accuracy; /* with its band */
    double score;
    double violation; /* sum over the constraints, relative; 0: all hold */
} weft_flash_design;

typedef struct weft_flash_result {
    weft_flash_design best;
    uint64_t coarse, fine, whole; /* evaluations of each stage */
    uint64_t designs, feasible;   /* of a walk over all; 0 of a search */
} weft_flash_result;

/* Hierarchical SHGO (weft_shgo): a coarse stage over one level of depth, width and skips for all cells,
 * a fine one over all genes around its winner, both relaxed; then whole numbers, gene by gene and pair
 * by pair, from the best ends. Deterministic. WEFT_ERROR_INFEASIBLE with the nearest design's reason
 * where no design holds the constraints. */
WEFT_API weft_status weft_flash_search(const weft_flash *flash, weft_flash_result *result,
                                       weft_error *error) WEFT_NODISCARD;

/* Every design instead, at most 10^9 of them. */
WEFT_API weft_status weft_flash_exhaust(const weft_flash *flash, const weft_stop *stop,
                                        weft_flash_result *result,
                                        weft_error *error) WEFT_NODISCARD;

/* ---- programs from outside -------------------------------------------------------------------------
 * A search of values that any program measures: candidates go to its standard input, results come from
 * its standard output, one JSON object a line (docs/how-to/search-with-a-program.md).
 *
 *     weft_optimize_read("file.yaml", &optimize, &error);
 *     weft_optimize_run(optimize, &settings, &error);
 *     weft_optimize_front(optimize, &front, &n, &error);
 *
 * Trials are kept in a journal, a text file of one JSON object a line, written to the disk trial by
 * trial; a run over a journal goes on with it. What is proposed is a function of the file, the seed and
 * the results, not of how many copies of the program there are. */
enum { WEFT_OPTIMIZE_METRICS = 32, WEFT_OPTIMIZE_NAME = 48, WEFT_OPTIMIZE_REASON = 200 };

typedef struct weft_optimize_info {
    char name[WEFT_PROBLEM_NAME];
    int n_metrics; /* the objectives first */
    char metrics[WEFT_OPTIMIZE_METRICS][WEFT_OPTIMIZE_NAME];
    int n_objectives;
    bool maximise[WEFT_MAX_OBJECTIVES];
    int n_constraints;
    char constraints[WEFT_MAX_CONSTRAINTS][WEFT_EXPRESSION];
    const char *const *program; /* its words, as execvp takes them; NULL: the file names none */
    double time_limit;          /* seconds for a candidate; 0: none */
    int failures;               /* in a row, that end the run */
    int64_t trials;
    int batch;
    uint64_t seed;
    weft_optimizer_settings optimizer; /* its seed is `seed` */
} weft_optimize_info;

typedef struct weft_optimize_trial {
    uint64_t number;
    weft_outcome_state state;
    double violation;
    double metrics[WEFT_OPTIMIZE_METRICS]; /* NaN: not told */
    double seconds;                        /* that the candidate took */
    char reason[WEFT_OPTIMIZE_REASON];     /* why it is not ok; "" */
    double *genome;
} weft_optimize_trial;

typedef struct weft_optimize_progress {
    int64_t done, total, ok, infeasible, failed;
    double best[WEFT_MAX_OBJECTIVES]; /* of each objective alone; NaN: none yet */
    double rate, eta;                 /* trials a second of this run; seconds */
} weft_optimize_progress;

typedef struct weft_optimize_run_settings {
    const char *journal;
    int jobs; /* copies of the program */
    const weft_stop *stop;
    void (*progress)(void *context, const weft_optimize_progress *now); /* may be NULL */
    void *context;
} weft_optimize_run_settings;

typedef struct weft_optimize weft_optimize;

WEFT_API weft_status weft_optimize_read(const char *path, weft_optimize **optimize,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_optimize_destroy(weft_optimize *optimize);

/* To look at and to change before the run: program (borrowed), time_limit, failures, trials, seed. */
WEFT_API weft_optimize_info *weft_optimize_get_info(weft_optimize *optimize);
WEFT_API const weft_space *weft_optimize_get_space(const weft_optimize *optimize);

/* Runs what the journal does not hold yet. WEFT_DONE: the space is exhausted. WEFT_STOPPED, with the
 * finished trials in the journal; WEFT_ERROR_EVALUATION after too many failures in a row;
 * WEFT_ERROR_STORE for a journal of another problem, in use or damaged; WEFT_ERROR_INPUT where the
 * program cannot be started. */
WEFT_API weft_status weft_optimize_run(weft_optimize *optimize,
                                       const weft_optimize_run_settings *settings,
                                       weft_error *error) WEFT_NODISCARD;

/* The other way round: a master process asks for candidates and tells results. From `in` come lines
 * {"ask": n}, answered on `out` by up to n candidates and, where no trial is left or the space is
 * exhausted, by {"done": true}; and results, in any order, as a program gives them, answered by
 * {"told": id, "state": ..., "reason": ...}. What is neither is answered by {"error": ...}. Returns at the
 * end of `in`. Trials that were asked for and not told are asked for again in the next service. What is
 * proposed is a function of the file, the seed and the lines. */
WEFT_API weft_status weft_optimize_serve(weft_optimize *optimize, const char *journal, FILE *in,
                                         FILE *out, weft_error *error) WEFT_NODISCARD;

/* The trials of the journal after a run, by number; borrowed. */
WEFT_API size_t weft_optimize_size(const weft_optimize *optimize);
WEFT_API const weft_optimize_trial *weft_optimize_trial_at(const weft_optimize *optimize, size_t i);

/* The indices of the trials that no other dominates, by the first objective from its best; with one
 * objective the first of the best. *front is malloc'ed; none: *n is 0. */
WEFT_API weft_status weft_optimize_front(const weft_optimize *optimize, size_t **front, size_t *n,
                                         weft_error *error) WEFT_NODISCARD;

#endif
