/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop: open a batch, evaluate what the store lacks (several trials at once), close it; and in
 * the end train the designs of the front in full.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "study/study.h"

/* Progress asks for the hypervolume at most so often (s), and for a share of the time at most. */
static const double hypervolume_period = 0.2;
static const double hypervolume_share = 0.05;

typedef struct run {
    weft_study *study;
    const weft_run_settings *settings;
    double began;
    int64_t done_before;        /* trials in the store when this run began */
    weft_study_progress so_far; /* states and best values of the trials there are */
    double hypervolume, hypervolume_due;
    bool in_transaction;
    double transaction_due; /* when it must end */
    weft_status status;     /* the first fault of any thread: nothing more is begun */
    weft_error error;
    /* the batch at hand: */
    int *items; /* places in the batch to evaluate */
    int *twins; /* place of an earlier trial of the batch with the same network; -1: none */
    /* without batches: */
    pthread_cond_t ended;     /* a trial did */
    int n_running, n_cramped; /* trials; those that wait for the machine to themselves */
    /* the finish at hand: */
    size_t *front;
    size_t n_front, front_done;
    bool final_failed; /* a design's full training failed: the others go on */
} run;

/* ---- progress -------------------------------------------------------------------------------- */

static void count_trial(run *r, const weft_trial *trial) {
    const weft_problem_info *info = &r->study->problem->info;
    weft_study_progress *now = &r->so_far;
    now->ok += trial->state == WEFT_TRIAL_OK;
    now->infeasible += trial->state == WEFT_TRIAL_INFEASIBLE;
    now->failed += trial->state == WEFT_TRIAL_FAILED;
    now->partial += trial->state == WEFT_TRIAL_OK && trial->partial;
    for (int i = 0; weft_trial_counts(trial) && i < info->n_objectives; i++) {
        bool score = info->score[0] != '\0';
        double value = score ? trial->score : trial->metrics[info->objectives[i]];
        bool better = info->maximise[i] ? value > now->best[i] : value < now->best[i];
        now->best[i] = isnan(now->best[i]) || better ? value : now->best[i];
    }
}

static void count_all(run *r) {
    for (int i = 0; i < WEFT_MAX_OBJECTIVES; i++) {
        r->so_far.best[i] = NAN;
    }
    for (size_t t = 0; t < r->study->n_trials; t++) {
        count_trial(r, &r->study->trials[t]);
    }
}

static double latest_hypervolume(run *r, double time) {
    if (time < r->hypervolume_due) {
        return r->hypervolume;
    }
    size_t n = r->study->n_trials;
    double *values = n > 0 ? calloc(n, sizeof *values) : NULL;
    weft_error error;
    r->hypervolume = NAN;
    if (values != NULL && weft_study_hypervolume(r->study, values, &error) == WEFT_OK) {
        r->hypervolume = values[n - 1];
    }
    free(values);
    double now = weft_steady_time();
    r->hypervolume_due = now + fmax(hypervolume_period, (now - time) / hypervolume_share);
    return r->hypervolume;
}

/* Called with the mutex held. */
static void report_progress(run *r, const weft_trial *trial, bool finishing) {
    if (r->settings->progress == NULL) {
        return;
    }
    double time = weft_steady_time();
    weft_study_progress now = r->so_far;
    now.trial = trial;
    now.finishing = finishing;
    now.done = finishing ? (int64_t)r->front_done : (int64_t)r->study->n_trials;
    now.total = finishing ? (int64_t)r->n_front : r->study->problem->info.trials;
    now.hypervolume = latest_hypervolume(r, time);
    now.elapsed = time - r->began;
    int64_t fresh = finishing ? now.done : now.done - r->done_before;
    now.rate = now.elapsed > 0.0 ? (double)fresh / now.elapsed : 0.0;
    now.eta = now.rate > 0.0 ? (double)(now.total - now.done) / now.rate : NAN;
    r->settings->progress(r->settings->context, &now);
}

/* ---- one batch ------------------------------------------------------------------------------- */

static void note_fault(run *r, weft_status status, const weft_error *error) {
    if (r->status == WEFT_OK) {
        r->status = status;
        if (status < 0) {
            r->error = *error;
        }
    }
}

static bool halted(run *r) {
    pthread_mutex_lock(&r->study->mutex);
    bool halt = r->status != WEFT_OK;
    pthread_mutex_unlock(&r->study->mutex);
    return halt || weft_stop_requested(r->settings->stop);
}

static weft_status end_records(run *r, weft_error *error) {
    if (!r->in_transaction) {
        return WEFT_OK;
    }
    r->in_transaction = false;
    return weft_store_commit(r->study->store, error);
}

/* A training's trial is a transaction of its own. Trials of microseconds share one, which ends with
 * the batch or after so many seconds: it is what a kill may cost. */
static const double transaction_seconds = 0.2;

static weft_status begin_record(run *r, weft_error *error) {
    weft_study *study = r->study;
    if (study->slow) {
        return WEFT_OK;
    }
    double now = weft_steady_time();
    if (r->in_transaction && now > r->transaction_due) {
        WEFT_TRY(end_records(r, error));
    }
    if (!r->in_transaction) {
        WEFT_TRY(weft_store_begin(study->store, error));
        r->in_transaction = true;
        r->transaction_due = now + transaction_seconds;
    }
    return WEFT_OK;
}

/* Stores a trial, then remembers it; with the mutex held. */
static void record(run *r, const weft_trial *trial) {
    weft_error error;
    weft_status status = begin_record(r, &error);
    if (status == WEFT_OK) {
        status = r->study->problem->info.asynchronous ? weft_async_end(r->study, trial, &error)
                                                      : weft_batch_record(r->study, trial, &error);
    }
    if (status != WEFT_OK) {
        note_fault(r, status, &error);
        return;
    }
    /* As it is kept: the genome of one that was out is gone. */
    const weft_trial *kept = &r->study->trials[weft_study_find(r->study, trial->number)];
    count_trial(r, kept);
    report_progress(r, kept, false);
}

static void begin_place(const weft_study *study, int place, weft_trial *trial) {
    weft_trial_begin(study, study->batch.first + (uint64_t)place, weft_batch_genome(study, place),
                     weft_batch_job(study, place), trial);
}

static void evaluate_item(void *context, int item, int thread) {
    (void)thread;
    run *r = context;
    weft_study *study = r->study;
    if (halted(r)) {
        return;
    }
    int place = r->items[item];
    weft_trial trial;
    weft_error error;
    begin_place(study, place, &trial);
    weft_status status =
        weft_evaluate(study, study->batch.hashes[place], r->settings->stop, &trial, &error);
    pthread_mutex_lock(&study->mutex);
    if (status == WEFT_OK) {
        record(r, &trial);
    } else if (status != WEFT_ERROR_MEMORY) {
        note_fault(r, status, &error);
    }
    pthread_mutex_unlock(&study->mutex);
}

/* Trials that found no room for themselves get the machine to themselves, so that how many run at
 * once does not decide which fail; one that has no room even then is a failed trial. */
static void evaluate_alone(run *r) {
    weft_study *study = r->study;
    for (int i = 0; i < study->batch.n && !halted(r); i++) {
        if (study->batch.done[i] || r->twins[i] >= 0) {
            continue;
        }
        weft_trial trial;
        weft_error error;
        begin_place(study, i, &trial);
        weft_status status =
            weft_evaluate(study, study->batch.hashes[i], r->settings->stop, &trial, &error);
        if (status == WEFT_ERROR_MEMORY) {
            weft_trial_end(&trial, WEFT_TRIAL_FAILED, INFINITY, error.message);
            status = WEFT_OK;
        }
        if (status == WEFT_OK) {
            record(r, &trial);
        } else {
            note_fault(r, status, &error);
        }
    }
}

typedef struct hashed {
    uint64_t hash;
    int fidelity, place;
} hashed;

static int by_hash(const void *a, const void *b) {
    const hashed *x = a;
    const hashed *y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    return x->fidelity != y->fidelity ? x->fidelity - y->fidelity : x->place - y->place;
}

/* Finds designs that stand twice in the batch, at one fidelity: a hash of 0 is one that cannot be built. */
static weft_status find_twins(run *r, weft_error *error) {
    const weft_batch *batch = &r->study->batch;
    hashed *all = calloc((size_t)batch->n, sizeof *all);
    if (all == NULL) {
        return weft_fail_memory(error, (size_t)batch->n * sizeof *all);
    }
    for (int i = 0; i < batch->n; i++) {
        const weft_job *job = weft_batch_job(r->study, i);
        all[i] = (hashed){batch->hashes[i], job != NULL ? job->fidelity : 0, i};
        r->twins[i] = -1;
    }
    qsort(all, (size_t)batch->n, sizeof *all, by_hash);
    for (int i = 1, first = 0; i < batch->n; i++) {
        bool same = all[i].hash == all[first].hash && all[i].fidelity == all[first].fidelity;
        first = same ? first : i;
        if (first < i && all[i].hash != 0) {
            r->twins[all[i].place] = all[first].place;
        }
    }
    free(all);
    return WEFT_OK;
}

/* A twin takes over the results: no network is evaluated twice. */
static void copy_twins(run *r) {
    weft_study *study = r->study;
    for (int i = 0; i < study->batch.n && r->status == WEFT_OK; i++) {
        if (r->twins[i] < 0 || study->batch.done[i]) {
            continue;
        }
        size_t index = weft_study_find(study, study->batch.first + (uint64_t)r->twins[i]);
        weft_trial trial = study->trials[index];
        trial.number = study->batch.first + (uint64_t)i;
        trial.design = trial.number;
        if (study->batch.jobs != NULL) {
            weft_trial_set_job(study, &study->batch.jobs[i], &trial);
        }
        trial.genome = weft_batch_genome(study, i);
        trial.started = trial.finished = weft_unix_time();
        trial.seconds = 0.0;
        weft_space_describe(study->problem->space, trial.genome, trial.description,
                            sizeof trial.description);
        record(r, &trial);
    }
}

static weft_status evaluate_batch(run *r, weft_pool *pool, weft_error *error) {
    weft_study *study = r->study;
    size_t n = (size_t)study->batch.n;
    r->items = calloc(n, sizeof *r->items);
    r->twins = calloc(n, sizeof *r->twins);
    weft_status status = r->items != NULL && r->twins != NULL
                             ? find_twins(r, error)
                             : weft_fail_memory(error, n * sizeof *r->items);
    if (status == WEFT_OK) {
        int n_items = 0;
        for (int i = 0; i < study->batch.n; i++) {
            if (!study->batch.done[i] && r->twins[i] < 0) {
                r->items[n_items++] = i;
            }
        }
        weft_pool_run(pool, n_items, evaluate_item, r);
        evaluate_alone(r);
        if (r->status == WEFT_OK && weft_stop_requested(r->settings->stop)) {
            r->status = WEFT_STOPPED;
        }
        copy_twins(r);
        weft_error ending;
        weft_status ended = end_records(r, &ending);
        if (ended != WEFT_OK) {
            note_fault(r, ended, &ending);
        }
        status = r->status;
    }
    free(r->items);
    free(r->twins);
    r->items = r->twins = NULL;
    if (r->status < 0) {
        *error = r->error;
    }
    return status;
}

static weft_status run_batches(run *r, weft_pool *pool, weft_error *error) {
    for (;;) {
        WEFT_TRY(weft_batch_open(r->study, error));
        WEFT_TRY(evaluate_batch(r, pool, error));
        WEFT_TRY(weft_batch_close(r->study, error));
    }
}

/* ---- without batches ------------------------------------------------------------------------- */

/* Another worker has ended something. With the mutex held. */
static void wait_for_others(run *r) {
    pthread_cond_wait(&r->ended, &r->study->mutex);
}

static bool halted_here(const run *r) {
    return r->status != WEFT_OK || weft_stop_requested(r->settings->stop);
}

/* The next trial once there is one; false: there is none any more. With the mutex held. */
static bool take_trial(run *r, weft_trial *trial, uint64_t *hash) {
    weft_study *study = r->study;
    weft_error error;
    while (!halted_here(r)) {
        weft_status status = r->n_cramped > 0 ? WEFT_DONE : weft_async_begin(study, trial, &error);
        if (status == WEFT_OK) {
            *hash = weft_async_find(study, trial->number)->hash;
            r->n_running++;
            return true;
        }
        if (status < 0) {
            note_fault(r, status, &error);
        } else if (r->n_running == 0 && r->n_cramped == 0) {
            return false;
        } else {
            wait_for_others(r);
        }
    }
    return false;
}

static weft_status evaluate_unlocked(run *r, uint64_t hash, weft_trial *trial, weft_error *error) {
    pthread_mutex_unlock(&r->study->mutex);
    weft_status status = weft_evaluate(r->study, hash, r->settings->stop, trial, error);
    pthread_mutex_lock(&r->study->mutex);
    return status;
}

/* A trial that found no room for itself gets the machine to itself; where it has none even then, it
 * failed. With the mutex held. */
static weft_status evaluate_cramped(run *r, uint64_t hash, weft_trial *trial, weft_error *error) {
    r->n_cramped++;
    r->n_running--;
    pthread_cond_broadcast(&r->ended);
    while (r->n_running > 0) {
        wait_for_others(r);
    }
    r->n_running++;
    weft_status status = halted_here(r) ? WEFT_STOPPED : evaluate_unlocked(r, hash, trial, error);
    r->n_cramped--;
    if (status == WEFT_ERROR_MEMORY) {
        weft_trial_end(trial, WEFT_TRIAL_FAILED, INFINITY, error->message);
        status = WEFT_OK;
    }
    return status;
}

/* One worker, until nothing is left. */
static void work(void *context, int item, int thread) {
    (void)item;
    (void)thread;
    run *r = context;
    weft_trial trial;
    uint64_t hash = 0;
    pthread_mutex_lock(&r->study->mutex);
    while (take_trial(r, &trial, &hash)) {
        weft_error error;
        weft_status status = evaluate_unlocked(r, hash, &trial, &error);
        if (status == WEFT_ERROR_MEMORY) {
            status = evaluate_cramped(r, hash, &trial, &error);
        }
        r->n_running--;
        if (status == WEFT_OK) {
            record(r, &trial);
        } else {
            note_fault(r, status, &error);
            weft_async_return(r->study, trial.number);
        }
        pthread_cond_broadcast(&r->ended);
    }
    pthread_mutex_unlock(&r->study->mutex);
}

static weft_status run_free(run *r, weft_pool *pool, weft_error *error) {
    pthread_cond_init(&r->ended, NULL);
    weft_pool_run(pool, weft_pool_threads(pool), work, r);
    pthread_cond_destroy(&r->ended);
    weft_error ending;
    weft_status ended = end_records(r, &ending);
    if (ended != WEFT_OK) {
        note_fault(r, ended, &ending);
    }
    if (r->status == WEFT_OK) {
        r->status = weft_stop_requested(r->settings->stop) ? WEFT_STOPPED : WEFT_DONE;
    }
    if (r->status < 0) {
        *error = r->error;
    }
    return r->status;
}

weft_status weft_study_run(weft_study *study, const weft_run_settings *settings,
                           weft_error *error) {
    WEFT_TRY(weft_study_need_store(study, error));
    weft_pool *pool = NULL;
    WEFT_TRY(weft_pool_create(settings->jobs > 0 ? settings->jobs : 1, &pool, error));
    run r = {.study = study,
             .settings = settings,
             .began = weft_steady_time(),
             .done_before = (int64_t)study->n_trials};
    count_all(&r);
    weft_status status = study->problem->info.asynchronous ? run_free(&r, pool, error)
                                                           : run_batches(&r, pool, error);
    weft_pool_destroy(pool);
    /* Batches end with DONE: it is a reason to tell only when the space ended them. */
    bool finished = (int64_t)study->n_trials >= study->problem->info.trials;
    return status == WEFT_DONE && finished ? WEFT_OK : status;
}

/* ---- the final designs ----------------------------------------------------------------------- */

/* Designs of many MACs first: threads then end at about the same time. */
static void sort_by_work(const weft_study *study, size_t *front, size_t n) {
    for (size_t i = 1; i < n; i++) {
        size_t moved = front[i];
        double macs = study->trials[moved].metrics[WEFT_METRIC_MACS];
        size_t j = i;
        for (; j > 0 && study->trials[front[j - 1]].metrics[WEFT_METRIC_MACS] < macs; j--) {
            front[j] = front[j - 1];
        }
        front[j] = moved;
    }
}

static weft_status train_in_full(const weft_study *study, const weft_trial *trial,
                                 const weft_stop *stop, weft_accuracy_result *result,
                                 weft_error *error) {
    weft_network *network = NULL;
    WEFT_TRY(weft_space_decode(study->problem->space, trial->genome, 0, &network, error));
    const weft_accuracy_query query = {.network = network,
                                       .genome = trial->genome,
                                       .fidelity = WEFT_FIDELITY_FINAL,
                                       .seed = study->problem->info.seed,
                                       .stop = stop};
    weft_status status = weft_cache_evaluate(study->cache, study->accuracy, &query, result, error);
    weft_network_destroy(network);
    return status;
}

static void finish_item(void *context, int item, int thread) {
    (void)thread;
    run *r = context;
    weft_study *study = r->study;
    if (halted(r)) {
        return;
    }
    weft_trial *trial = &study->trials[r->front[item]];
    weft_accuracy_result result;
    weft_error error;
    weft_status status = train_in_full(study, trial, r->settings->stop, &result, &error);
    pthread_mutex_lock(&study->mutex);
    if (status == WEFT_OK) {
        status = weft_store_add_final(study->store, trial->number, result.accuracy, result.seconds,
                                      &error);
    }
    if (status == WEFT_OK) {
        trial->test_accuracy = result.accuracy;
        trial->final_seconds = result.seconds;
        r->front_done++;
        report_progress(r, trial, true);
    } else if (status == WEFT_ERROR_EVALUATION) {
        r->final_failed = true;
        r->front_done++;
        r->error = error;
    } else {
        note_fault(r, status, &error);
    }
    pthread_mutex_unlock(&study->mutex);
}

static weft_status finish_front(run *r, weft_error *error) {
    weft_study *study = r->study;
    size_t left = 0;
    for (size_t i = 0; i < r->n_front; i++) {
        if (isnan(study->trials[r->front[i]].test_accuracy)) {
            r->front[left++] = r->front[i];
        }
    }
    r->n_front = left;
    sort_by_work(study, r->front, left);
    weft_pool *pool = NULL;
    int jobs = r->settings->jobs > 0 ? r->settings->jobs : 1;
    WEFT_TRY(weft_pool_create(jobs, &pool, error));
    report_progress(r, NULL, true);
    weft_pool_run(pool, (int)left, finish_item, r);
    weft_pool_destroy(pool);
    if (r->status == WEFT_OK && r->front_done < left) {
        r->status = WEFT_STOPPED;
    }
    if (r->status == WEFT_OK && r->final_failed) {
        r->status = WEFT_ERROR_EVALUATION;
    }
    if (r->status < 0) {
        *error = r->error;
    }
    return r->status;
}

weft_status weft_study_finish(weft_study *study, const weft_run_settings *settings,
                              weft_error *error) {
    WEFT_TRY(weft_study_need_store(study, error));
    if (study->accuracy == NULL || !weft_accuracy_has_final(study->accuracy)) {
        return WEFT_OK;
    }
    run r = {.study = study, .settings = settings, .began = weft_steady_time()};
    count_all(&r);
    WEFT_TRY(weft_study_front(study, &r.front, &r.n_front, error));
    weft_status status = r.n_front > 0 ? finish_front(&r, error) : WEFT_OK;
    free(r.front);
    return status;
}
