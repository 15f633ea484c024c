/* SPDX-License-Identifier: Apache-2.0
 * The inside of a study, shared by the files of this room. */
#ifndef WEFT_STUDY_STUDY_H
#define WEFT_STUDY_STUDY_H

#include <pthread.h>

#include "study/cache.h"
#include "study/evaluator.h"
#include "study/judge.h"
#include "study/problem.h"
#include "study/seen.h"
#include "study/store.h"

/* The trials that are asked for from one history and told together: numbers first .. first+n-1,
 * aligned to the problem's batch within a stage, so that the trials of a study do not depend on where it was cut.
 */
typedef struct weft_batch {
    uint64_t first;
    int n;
    double *genomes;  /* (n, genes) */
    uint64_t *hashes; /* (n) of the designs; 0: cannot be built */
    weft_job *jobs;   /* (n) of the brackets; NULL: there are none */
    bool *done;       /* (n) in the store */
    int next;         /* for ask: the first that was not handed out */
    bool is_short;    /* before these are told nothing more can be begun */
} weft_batch;

/* A trial of an asynchronous study that is being evaluated. */
typedef struct weft_out {
    uint64_t number, hash;
    weft_job job;
    double *genome; /* (genes) */
    bool is_back;   /* nobody evaluates it: a run was stopped */
} weft_out;

/* Evaluators that no thread has at hand; as many are made as threads evaluate at once. */
enum { WEFT_MAX_IDLE = 256 };
typedef struct weft_evaluators {
    pthread_mutex_t mutex;
    int n;
    weft_evaluator *idle[WEFT_MAX_IDLE];
} weft_evaluators;

struct weft_study {
    weft_problem *problem;
    bool owns_problem;
    weft_store *store; /* NULL when opened to look at: everything is in memory */
    weft_study_origin origin;

    weft_gene_table genes;
    weft_trial *trials; /* sorted by number; genomes are malloc'ed one by one */
    size_t n_trials, capacity;

    /* Only where the study may be continued: */
    int stage;                 /* of the problem's plan, that `optimizer` is for */
    uint64_t stage_first;      /* the trial that it began with */
    weft_optimizer *optimizer; /* of the stage at hand */
    weft_brackets *brackets;   /* NULL: every trial is evaluated as a whole */
    weft_accuracy *accuracy;   /* NULL when no metric asks for it */
    bool slow;                 /* a trial is a training */
    weft_cache *cache;         /* NULL: trainings are not shared with other studies */
    weft_evaluators evaluators;
    weft_seen seen;    /* phenotypes told so far */
    uint64_t n_closed; /* batches up to trial n_closed-1 are done */
    bool exhausted;    /* the stage gave fewer trials than asked for */
    weft_batch batch;  /* n = 0: none open */
    weft_out *out;     /* (n_out) by number, of an asynchronous study */
    int n_out, out_capacity;
    weft_store_order *orders;                    /* (n_orders) as they came */
    size_t n_orders, orders_capacity, n_applied; /* those that hold from `n_closed` on, or before */
    weft_restriction *restrictions; /* (genes) that the optimizer has; NULL: before it is made */
    pthread_mutex_t mutex;          /* store and trials, while several threads evaluate */
};

/* Why a trial cannot be one of this study, whoever wrote it; NULL: it can. */
const char *weft_trial_fault(const weft_study *study, const weft_trial *trial);

/* Keeps a finished trial in memory, in order of number; copies its genome. */
weft_status weft_study_keep(weft_study *study, const weft_trial *trial,
                            weft_error *error) WEFT_NODISCARD;

/* The index of trial `number`, or SIZE_MAX. */
size_t weft_study_find(const weft_study *study, uint64_t number);

/* Begins a stage of the problem's plan at trial `first`: makes its optimizer, with the genes that it
 * does not vary where the best design of the stages before has them. */
weft_status weft_stage_enter(weft_study *study, int stage, uint64_t first,
                             weft_error *error) WEFT_NODISCARD;
bool weft_stage_is_last(const weft_study *study);

/* The first trial after the stage at hand, unless its genes are exhausted before; the last stage has
 * no end of its own. And the first after the batch that begins at `first`. */
uint64_t weft_stage_end(const weft_study *study);
uint64_t weft_stage_batch_end(const weft_study *study, uint64_t first);

/* ---- steer.c ----------------------------------------------------------------------------------- */

/* The restrictions that hold from trial `first` on, as far as the orders are known and taken: those of
 * the problem at first. */
weft_status weft_steer_reach(weft_study *study, uint64_t first, weft_error *error) WEFT_NODISCARD;

/* Before trial `first` is asked for: takes up new orders, and restricts the optimizer where that
 * changes anything. */
weft_status weft_steer_take(weft_study *study, uint64_t first, weft_error *error) WEFT_NODISCARD;

/* Reads the orders of a store. */
weft_status weft_steer_load(weft_study *study, weft_store *store, weft_error *error) WEFT_NODISCARD;
void weft_steer_free(weft_study *study);

/* Opens the next batch unless one is open: loads nothing, asks the optimizer, marks the trials that
 * the store has. WEFT_DONE: all trials are finished, or the space is exhausted. */
weft_status weft_batch_open(weft_study *study, weft_error *error) WEFT_NODISCARD;

/* The genome at a place of the batch at hand, borrowed until it closes. */
const double *weft_batch_genome(const weft_study *study, int place);

/* The job of a place of the batch at hand; NULL: there are no brackets. */
const weft_job *weft_batch_job(const weft_study *study, int place);

/* Tells the optimizer and the brackets a finished trial. */
weft_status weft_study_learn(weft_study *study, const weft_trial *trial,
                             weft_error *error) WEFT_NODISCARD;

/* The job that the brackets name next, and the genome of it: asked for beside `n_out` others (row by row), or
 * that of the trial that goes on. It is begun then. WEFT_DONE: there is none before more is told. */
weft_status weft_study_plan(weft_study *study, const double *out, int n_out, weft_job *job,
                            double *genome, weft_error *error) WEFT_NODISCARD;

/* ---- asynchronous.c: without batches ----------------------------------------------------------- */

/* Takes up the trials that the store has. */
weft_status weft_async_resume(weft_study *study, weft_error *error) WEFT_NODISCARD;

/* The next trial, beside those that are out, to which it is added; its genome stays until it ends. WEFT_DONE:
 * there is none before one that is out is told, or at all. */
weft_status weft_async_begin(weft_study *study, weft_trial *trial,
                             weft_error *error) WEFT_NODISCARD;

/* Nobody evaluates the trial any more: it is the next one to begin. */
void weft_async_return(weft_study *study, uint64_t number);

/* The trial of a number that is out; NULL: there is none. */
const weft_out *weft_async_find(const weft_study *study, uint64_t number);

/* Stores a finished trial, then remembers and tells it. */
weft_status weft_async_end(weft_study *study, const weft_trial *trial,
                           weft_error *error) WEFT_NODISCARD;
void weft_async_free(weft_study *study);

/* Stores a finished trial of the batch at hand, then remembers it and marks its place as done. */
weft_status weft_batch_record(weft_study *study, const weft_trial *trial,
                              weft_error *error) WEFT_NODISCARD;

/* Tells the optimizer the trials of a batch that is done, in order of number, and closes it. */
weft_status weft_batch_close(weft_study *study, weft_error *error) WEFT_NODISCARD;

/* WEFT_ERROR_USAGE for a study that was opened to look at. */
weft_status weft_study_need_store(const weft_study *study, weft_error *error) WEFT_NODISCARD;

/* A trial of which nothing is known but its number, genome (borrowed), and job (NULL: none). */
void weft_trial_begin(const weft_study *study, uint64_t number, const double *genome,
                      const weft_job *job, weft_trial *trial);

/* What a trial is in the brackets. */
void weft_trial_set_job(const weft_study *study, const weft_job *job, weft_trial *trial);
weft_job weft_trial_get_job(const weft_trial *trial);

/* An evaluator of this study, for one thread until it is given back. Thread-safe. */
weft_status weft_evaluators_take(weft_study *study, weft_evaluator **evaluator,
                                 weft_error *error) WEFT_NODISCARD;
void weft_evaluators_give(weft_study *study, weft_evaluator *evaluator);
void weft_evaluators_free(weft_study *study);

/* Evaluates *trial, which was begun, a design of that hash.
 * Thread-safe. WEFT_OK whatever state the trial ends in; WEFT_STOPPED: nothing is to be kept;
 * WEFT_ERROR_MEMORY: there was no room for it beside what else runs. */
weft_status weft_evaluate(weft_study *study, uint64_t hash, const weft_stop *stop,
                          weft_trial *trial, weft_error *error) WEFT_NODISCARD;

#endif
