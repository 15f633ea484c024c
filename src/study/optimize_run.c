/* SPDX-License-Identifier: Apache-2.0
 *
 * A search with a program: batch after batch is asked for, measured by the copies of the program, and
 * told in the order of the trials. Trials that the journal holds are not measured again. */
#include "study/optimize.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { POLL_MILLISECONDS = 100 }; /* how late a request to stop is seen at most */

typedef struct runner {
    weft_optimize *optimize;
    const weft_optimize_run_settings *settings;
    weft_optimizer *optimizer;
    weft_journal journal;
    weft_copy *copies; /* (jobs) */
    struct pollfd *polls;
    int *polled; /* (jobs): which copy a poll is of */
    weft_optimize_progress now;
    double began;
    int64_t fresh; /* trials of this run */
    int in_a_row;  /* failures */
    int n_genes;
} runner;

/* ---- trials ---------------------------------------------------------------------------------- */

static weft_status reserve(weft_optimize *optimize, size_t n, weft_error *error) {
    if (n <= optimize->capacity) {
        return WEFT_OK;
    }
    size_t capacity = 2 * optimize->capacity > n ? 2 * optimize->capacity : n;
    weft_optimize_trial *trials = realloc(optimize->trials, capacity * sizeof *trials);
    if (trials == NULL) {
        return weft_fail_memory(error, capacity * sizeof *trials);
    }
    optimize->trials = trials;
    optimize->capacity = capacity;
    return WEFT_OK;
}

/* Trials stand where their number is; one without a genome was not met yet. */
weft_status weft_optimize_make_room(weft_optimize *optimize, uint64_t number, weft_error *error) {
    WEFT_TRY(reserve(optimize, (size_t)number + 1, error));
    for (; optimize->n <= number; optimize->n++) {
        optimize->trials[optimize->n] = (weft_optimize_trial){.number = optimize->n};
    }
    return WEFT_OK;
}

weft_status weft_optimize_keep(weft_optimize *optimize, const weft_optimize_trial *trial,
                               weft_error *error) {
    int n_genes = weft_space_genes(optimize->space).n_genes;
    size_t size = (size_t)n_genes * sizeof *trial->genome;
    WEFT_TRY(weft_optimize_make_room(optimize, trial->number, error));
    weft_optimize_trial *at = &optimize->trials[trial->number];
    double *genome = at->genome != NULL ? at->genome : malloc(size);
    if (genome == NULL) {
        return weft_fail_memory(error, size);
    }
    memcpy(genome, trial->genome, size);
    *at = *trial;
    at->genome = genome;
    return WEFT_OK;
}

static weft_status take_record(void *context, const weft_optimize_trial *trial, weft_error *error) {
    runner *r = context;
    if (trial->number >= (uint64_t)1 << 31) {
        return weft_fail(error, WEFT_ERROR_STORE, "a line of the journal is no trial");
    }
    return weft_optimize_keep(r->optimize, trial, error);
}

/* ---- copies ---------------------------------------------------------------------------------- */

static weft_status finish_trial(runner *r, weft_copy *copy, weft_error *error) {
    weft_optimize_trial *trial = copy->trial;
    trial->seconds = weft_steady_time() - copy->began;
    copy->trial = NULL;
    return weft_journal_add(&r->journal, r->optimize, trial, error);
}

static weft_status give(runner *r, weft_copy *copy, weft_optimize_trial *trial, weft_error *error) {
    char *line = weft_candidate_write(r->optimize, trial);
    if (line == NULL) {
        return weft_fail_memory(error, 1);
    }
    if (copy->process == 0) {
        weft_status status = weft_copy_start(copy, r->optimize->info.program, error);
        if (status != WEFT_OK) {
            free(line);
            return status;
        }
    }
    copy->trial = trial;
    copy->began = weft_steady_time();
    (void)weft_copy_send(copy, line); /* one that is gone is seen to be, by its output */
    free(line);
    return WEFT_OK;
}

static void fail_ended(weft_copy *copy) {
    char how[128];
    weft_copy_end(copy, true, how, sizeof how);
    weft_optimize_fail_trial(copy->trial, "the program %s without an answer", how);
}

/* What a copy printed; ends its trial where there is an answer, or can be none. */
static weft_status hear(runner *r, weft_copy *copy, weft_error *error) {
    size_t length = 0;
    switch (weft_copy_read(copy, &length)) {
    case WEFT_COPY_WAITING:
        return WEFT_OK;
    case WEFT_COPY_LINE: {
        bool on_track = weft_answer_read(r->optimize, copy->line, length, copy->trial);
        weft_copy_drop(copy, length);
        if (!on_track) {
            weft_copy_end(copy, false, NULL, 0);
        }
        break;
    }
    case WEFT_COPY_ENDED:
        fail_ended(copy);
        break;
    case WEFT_COPY_FLOODED:
        weft_copy_end(copy, false, NULL, 0);
        weft_optimize_fail_trial(copy->trial, "the program printed a line of more than %d bytes",
                                 WEFT_OPTIMIZE_LINE);
        break;
    case WEFT_COPY_MEMORY:
    default:
        return weft_fail_memory(error, copy->capacity);
    }
    return finish_trial(r, copy, error);
}

static weft_status check_time(runner *r, weft_copy *copy, weft_error *error) {
    double limit = r->optimize->info.time_limit;
    if (copy->trial == NULL || limit <= 0.0 || weft_steady_time() - copy->began < limit) {
        return WEFT_OK;
    }
    weft_copy_end(copy, false, NULL, 0);
    weft_optimize_fail_trial(copy->trial, "the program took longer than %.6g s", limit);
    return finish_trial(r, copy, error);
}

/* Milliseconds until a limit is due, or the flag to stop must be looked at. */
static int patience(const runner *r) {
    double least = 1e-3 * POLL_MILLISECONDS;
    for (int j = 0; r->optimize->info.time_limit > 0.0 && j < r->settings->jobs; j++) {
        const weft_copy *copy = &r->copies[j];
        if (copy->trial != NULL) {
            least = fmin(least, copy->began + r->optimize->info.time_limit - weft_steady_time());
        }
    }
    return least > 0.0 ? (int)ceil(1e3 * least) : 0;
}

static weft_status wait_for_answers(runner *r, weft_error *error) {
    nfds_t n = 0;
    for (int j = 0; j < r->settings->jobs; j++) {
        if (r->copies[j].trial != NULL) {
            r->polls[n] = (struct pollfd){.fd = r->copies[j].output, .events = POLLIN};
            r->polled[n++] = j;
        }
    }
    if (poll(r->polls, n, patience(r)) < 0 && errno != EINTR) {
        return weft_fail_errno(error, "the program cannot be waited for",
                               r->optimize->info.program[0]);
    }
    for (nfds_t i = 0; i < n; i++) {
        weft_copy *copy = &r->copies[r->polled[i]];
        if (r->polls[i].revents != 0) {
            WEFT_TRY(hear(r, copy, error));
        }
        WEFT_TRY(check_time(r, copy, error));
    }
    return WEFT_OK;
}

/* ---- progress -------------------------------------------------------------------------------- */

static void count(runner *r, const weft_optimize_trial *trial) {
    weft_optimize_progress *now = &r->now;
    const weft_optimize_info *info = &r->optimize->info;
    now->done++;
    now->ok += trial->state == WEFT_OUTCOME_OK;
    now->infeasible += trial->state == WEFT_OUTCOME_INFEASIBLE;
    now->failed += trial->state == WEFT_OUTCOME_FAILED;
    for (int i = 0; trial->state == WEFT_OUTCOME_OK && i < info->n_objectives; i++) {
        double value = trial->metrics[i];
        bool better = isnan(now->best[i]) ||
                      (info->maximise[i] ? value > now->best[i] : value < now->best[i]);
        now->best[i] = better ? value : now->best[i];
    }
}

static void show(runner *r) {
    double passed = weft_steady_time() - r->began;
    r->now.rate = passed > 0.0 ? (double)r->fresh / passed : 0.0;
    r->now.eta = r->now.rate > 0.0 ? (double)(r->now.total - r->now.done) / r->now.rate : NAN;
    if (r->settings->progress != NULL) {
        r->settings->progress(r->settings->context, &r->now);
    }
}

/* ---- batches --------------------------------------------------------------------------------- */

/* Hands the waiting trials first .. end-1 to copies as they become idle, until all have an answer. */
static weft_status measure(runner *r, uint64_t *waiting, size_t n, weft_error *error) {
    size_t given = 0;
    for (;;) {
        bool busy = false;
        for (int j = 0; j < r->settings->jobs; j++) {
            weft_copy *copy = &r->copies[j];
            if (copy->trial == NULL && given < n) {
                WEFT_TRY(give(r, copy, &r->optimize->trials[waiting[given++]], error));
            }
            busy = busy || copy->trial != NULL;
        }
        if (!busy) {
            return WEFT_OK;
        }
        if (weft_stop_requested(r->settings->stop)) {
            return WEFT_STOPPED;
        }
        WEFT_TRY(wait_for_answers(r, error));
    }
}

/* The trial of a proposal: that of the journal, which must be of the same genome, or a new one. */
static weft_status place(runner *r, uint64_t number, double *genome, bool *known,
                         weft_error *error) {
    weft_gene_table table = weft_space_genes(r->optimize->space);
    WEFT_TRY(weft_optimize_make_room(r->optimize, number, error));
    const weft_optimize_trial *at = &r->optimize->trials[number];
    *known = at->genome != NULL;
    if (!*known) {
        return weft_optimize_keep(
            r->optimize, &(weft_optimize_trial){.number = number, .genome = genome}, error);
    }
    if (!weft_genome_equal(&table, at->genome, genome)) {
        weft_fail(error, WEFT_ERROR_STORE,
                  "trial %llu of the journal is not what this search proposes: the journal is of "
                  "another version of Weft, of --serve, or lost other trials",
                  (unsigned long long)number);
        weft_error_file(error, r->settings->journal);
        weft_hint(error, "go on with that version or with --serve, or give another --journal");
        return WEFT_ERROR_STORE;
    }
    return WEFT_OK;
}

static weft_status tell(runner *r, const weft_optimize_trial *trial, weft_error *error) {
    const weft_optimize_info *info = &r->optimize->info;
    weft_outcome outcome;
    weft_optimize_outcome(r->optimize, trial, &outcome);
    WEFT_TRY(weft_optimizer_tell(r->optimizer, trial->genome, &outcome, error));
    count(r, trial);
    r->in_a_row = trial->state == WEFT_OUTCOME_FAILED ? r->in_a_row + 1 : 0;
    if (r->in_a_row < info->failures) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_EVALUATION, "%d trials in a row failed; the last: %s", r->in_a_row,
              trial->reason);
    weft_hint(error, "mend the program, and remove the failed trials from the journal to measure "
                     "them again; `failures` says how many are let pass");
    return WEFT_ERROR_EVALUATION;
}

/* Trials first .. first + n - 1; *given of them were proposed. */
static weft_status run_batch(runner *r, uint64_t first, int n, double *genomes, uint64_t *waiting,
                             int *given, weft_error *error) {
    size_t n_waiting = 0;
    weft_status asked = weft_optimizer_ask(r->optimizer, first, n, genomes, given, error);
    if (asked < 0) {
        return asked;
    }
    for (int i = 0; i < *given; i++) {
        bool known = false;
        uint64_t number = first + (uint64_t)i;
        WEFT_TRY(place(r, number, &genomes[(size_t)i * (size_t)r->n_genes], &known, error));
        if (!known) {
            waiting[n_waiting++] = number;
        }
    }
    r->fresh += (int64_t)n_waiting;
    WEFT_TRY(measure(r, waiting, n_waiting, error));
    for (int i = 0; i < *given; i++) {
        WEFT_TRY(tell(r, &r->optimize->trials[first + (uint64_t)i], error));
    }
    show(r);
    return asked;
}

static weft_status run_batches(runner *r, double *genomes, uint64_t *waiting, weft_error *error) {
    const weft_optimize_info *info = &r->optimize->info;
    weft_status status = WEFT_OK;
    int64_t first = 0;
    while (status == WEFT_OK && first < info->trials) {
        int64_t left = info->trials - first;
        int given = 0;
        status = run_batch(r, (uint64_t)first, left < info->batch ? (int)left : info->batch,
                           genomes, waiting, &given, error);
        first += given;
        if (status == WEFT_OK && first < info->trials && weft_stop_requested(r->settings->stop)) {
            status = WEFT_STOPPED;
        }
    }
    return status;
}

/* ---- life ------------------------------------------------------------------------------------ */

static weft_status begin(runner *r, weft_error *error) {
    const weft_optimize_info *info = &r->optimize->info;
    size_t jobs = (size_t)r->settings->jobs;
    weft_gene_table table = weft_space_genes(r->optimize->space);
    weft_optimizer_settings settings = info->optimizer;
    settings.seed = info->seed;
    if (r->settings->jobs < 1 || info->batch < 1 || info->program == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "%d copies, batches of %d, %s; expected 1 or more of each",
                         r->settings->jobs, info->batch,
                         info->program == NULL ? "no program" : info->program[0]);
    }
    r->copies = calloc(jobs, sizeof *r->copies);
    r->polls = calloc(jobs, sizeof *r->polls);
    r->polled = calloc(jobs, sizeof *r->polled);
    if (r->copies == NULL || r->polls == NULL || r->polled == NULL) {
        return weft_fail_memory(error, jobs * sizeof *r->copies);
    }
    WEFT_TRY(weft_optimizer_create(&table, &settings, &r->optimizer, error));
    return weft_journal_open(r->optimize, r->settings->journal, take_record, r, &r->journal, error);
}

/* After a stop at once, otherwise in peace: all copies have the same second. */
static void end(runner *r, bool grace) {
    double began = weft_steady_time();
    for (int j = 0; r->copies != NULL && j < r->settings->jobs; j++) {
        weft_copy_close(&r->copies[j]);
    }
    for (int j = 0; r->copies != NULL && j < r->settings->jobs; j++) {
        weft_copy_end(&r->copies[j], grace && weft_steady_time() - began < 1.0, NULL, 0);
        free(r->copies[j].line);
    }
    if (r->journal.path != NULL) {
        weft_journal_close(&r->journal);
    }
    weft_optimizer_destroy(r->optimizer);
    free(r->copies);
    free(r->polls);
    free(r->polled);
}

/* Trials that have no result, and those beyond the last one asked for, are not of this run. */
void weft_optimize_drop(weft_optimize *optimize, size_t n) {
    for (size_t i = n; i < optimize->n; i++) {
        free(optimize->trials[i].genome);
    }
    optimize->n = optimize->n < n ? optimize->n : n;
}

weft_status weft_optimize_run(weft_optimize *optimize, const weft_optimize_run_settings *settings,
                              weft_error *error) {
    runner r = {.optimize = optimize, .settings = settings, .journal = {.descriptor = -1}};
    size_t batch = optimize->info.batch > 0 ? (size_t)optimize->info.batch : 1;
    r.n_genes = weft_space_genes(optimize->space).n_genes;
    r.now.total = optimize->info.trials;
    r.began = weft_steady_time();
    weft_optimize_drop(optimize, 0);
    for (int i = 0; i < WEFT_MAX_OBJECTIVES; i++) {
        r.now.best[i] = NAN;
    }
    double *genomes = malloc(batch * (size_t)r.n_genes * sizeof *genomes);
    uint64_t *waiting = malloc(batch * sizeof *waiting);
    weft_status status = genomes == NULL || waiting == NULL
                             ? weft_fail_memory(error, batch * sizeof *waiting)
                             : begin(&r, error);
    status = status != WEFT_OK ? status : run_batches(&r, genomes, waiting, error);
    end(&r, status == WEFT_OK || status == WEFT_DONE);
    weft_optimize_drop(optimize, (size_t)r.now.done);
    free(genomes);
    free(waiting);
    return status;
}

/* ---- results --------------------------------------------------------------------------------- */

size_t weft_optimize_size(const weft_optimize *optimize) {
    return optimize->n;
}

const weft_optimize_trial *weft_optimize_trial_at(const weft_optimize *optimize, size_t i) {
    return &optimize->trials[i];
}

static weft_status fill_archive(const weft_optimize *optimize, weft_archive *archive,
                                weft_error *error) {
    for (size_t i = 0; i < optimize->n; i++) {
        weft_outcome outcome;
        bool kept = false;
        weft_optimize_outcome(optimize, &optimize->trials[i], &outcome);
        if (outcome.state == WEFT_OUTCOME_OK) {
            WEFT_TRY(weft_archive_insert(archive, outcome.objectives, i, &kept, error));
        }
    }
    return WEFT_OK;
}

/* By the first objective from its best, by number where they are equal: a front is short. */
static void sort_front(const weft_archive *archive, size_t *front, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && weft_archive_objectives(archive, front[at - 1])[0] >
                             weft_archive_objectives(archive, i)[0];
             at--) {
            front[at] = front[at - 1];
        }
        front[at] = i;
    }
    for (size_t i = 0; i < n; i++) {
        front[i] = (size_t)weft_archive_id(archive, front[i]);
    }
}

weft_status weft_optimize_front(const weft_optimize *optimize, size_t **front, size_t *n,
                                weft_error *error) {
    weft_archive *archive = NULL;
    WEFT_TRY(weft_archive_create(optimize->info.n_objectives, &archive, error));
    weft_status status = fill_archive(optimize, archive, error);
    size_t size = weft_archive_size(archive);
    size_t *made = status == WEFT_OK ? malloc((size + 1) * sizeof *made) : NULL;
    if (status == WEFT_OK && made == NULL) {
        status = weft_fail_memory(error, size * sizeof *made);
    }
    if (status == WEFT_OK) {
        sort_front(archive, made, size);
        *front = made;
        *n = size;
    }
    weft_archive_destroy(archive);
    return status;
}
