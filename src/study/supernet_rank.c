/* SPDX-License-Identifier: Apache-2.0
 *
 * How well a supernet ranks the networks of its space. Each network is measured with the supernet's
 * weights and trained from scratch; what is done goes to a file at once, a line a network:
 *
 *     weft: supernet-rank/1 KEY
 *     index,supernet,supernet_seconds,trained,trained_seconds
 *
 * KEY stands for the weights, the data and all settings. A last line without its end was being written
 * when the process died: it is cut off. */
#include <weft/study.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accuracy/agree.h"
#include "base/error.h"
#include "base/number.h"
#include "base/pool.h"
#include "base/rng.h"
#include "learn/checkpoint.h"
#include "learn/train_file.h"

enum { LEAST = 3, MOST = 100000, SAMPLES = 2000, TRIES = 100, KEY_TEXT = 80, LINE = 256 };

#define FORMAT "weft: supernet-rank/1 "
static const char COLUMNS[] = "index,supernet,supernet_seconds,trained,trained_seconds\n";

typedef struct ranking {
    const weft_rank_settings *settings;
    weft_space_supernet *space;
    const weft_supernet *supernet;
    const weft_dataset *dataset;
    weft_supernet_meter *meter;
    weft_network **networks; /* (n) */
    uint64_t *hashes;        /* (n), of the networks */
    weft_rank_result result;
    FILE *file; /* NULL: nothing is kept */
    pthread_mutex_t lock;
    weft_status status; /* under the lock, with `error`: the first that failed */
    weft_error error;
} ranking;

void weft_rank_defaults(weft_rank_settings *settings) {
    *settings = (weft_rank_settings){.networks = 30, .recalibrate = 2000, .jobs = 1};
    weft_train_defaults(&settings->train);
}

/* ---- the networks ---------------------------------------------------------------------------- */

static bool is_known(const ranking *r, int n) {
    for (int i = 0; i < n; i++) {
        if (r->hashes[i] == r->hashes[n]) {
            return true;
        }
    }
    return false;
}

/* Makes row i of the next draw that none of the rows before it has. */
static weft_status draw_row(ranking *r, const weft_space *space, int i, uint64_t *index,
                            double *genome, weft_error *error) {
    for (int tries = 0; tries < TRIES; tries++, ++*index) {
        weft_network_destroy(r->networks[i]);
        r->networks[i] = NULL;
        WEFT_TRY(weft_space_supernet_draw(r->space, WEFT_SUPERNET_RANDOM, r->settings->seed, *index,
                                          genome, error));
        WEFT_TRY(weft_space_decode(space, genome, 0, &r->networks[i], error));
        r->hashes[i] = weft_network_hash(r->networks[i]);
        if (is_known(r, i)) {
            continue;
        }
        weft_rank_row *row = &r->result.rows[i];
        row->index = (*index)++;
        row->macs = r->networks[i]->macs;
        row->params = r->networks[i]->params;
        weft_space_describe(space, genome, row->description, sizeof row->description);
        return WEFT_OK;
    }
    return weft_fail(
        error, WEFT_ERROR_INPUT,
        "%d draws in a row gave networks that were there: the space has too few for %d", (int)TRIES,
        r->result.n);
}

static weft_status draw_all(ranking *r, weft_error *error) {
    const weft_space *space = weft_space_supernet_space(r->space);
    size_t genes = (size_t)weft_space_genes(space).n_genes;
    size_t n = (size_t)r->settings->networks;
    r->result.rows = calloc(n, sizeof *r->result.rows);
    r->networks = calloc(n, sizeof(*r->networks));
    r->hashes = calloc(n, sizeof *r->hashes);
    double *genome = calloc(genes, sizeof *genome);
    if (r->result.rows == NULL || r->networks == NULL || r->hashes == NULL || genome == NULL) {
        free(genome);
        return weft_fail_memory(error, n * sizeof *r->result.rows);
    }
    r->result.n = (int)n;
    uint64_t index = 0;
    weft_status status = WEFT_OK;
    for (int i = 0; i < r->result.n && status == WEFT_OK; i++) {
        status = draw_row(r, space, i, &index, genome, error);
    }
    free(genome);
    return status;
}

/* ---- the file -------------------------------------------------------------------------------- */

static weft_status write_key(const ranking *r, char text[KEY_TEXT], weft_error *error) {
    uint64_t settings = 0;
    WEFT_TRY(weft_train_settings_hash(&r->settings->train, &settings, error));
    const uint64_t all[] = {weft_supernet_hash(r->supernet), weft_dataset_hash(r->dataset),
                            settings, r->settings->seed, (uint64_t)r->settings->recalibrate};
    snprintf(text, KEY_TEXT, FORMAT "%016" PRIx64 "\n", weft_hash(all, sizeof all, 0));
    return WEFT_OK;
}

/* Row of a draw; NULL: none of ours. */
static weft_rank_row *find_row(ranking *r, uint64_t index) {
    for (int i = 0; i < r->result.n; i++) {
        if (r->result.rows[i].index == index) {
            return &r->result.rows[i];
        }
    }
    return NULL;
}

static weft_status fail_file(const ranking *r, int line, const char *what, weft_error *error) {
    weft_fail(error, WEFT_ERROR_INPUT, "%s", what);
    weft_error_file(error, r->settings->file);
    error->line = line;
    weft_hint(error, "name another file, or remove this one: it is begun anew then");
    return WEFT_ERROR_INPUT;
}

/* Reads ",REAL"; false where there is none. */
static bool take_real(const char **at, double *value) {
    char *end = NULL;
    if (**at != ',') {
        return false;
    }
    *value = weft_real_parse(*at + 1, &end);
    bool found = end != *at + 1;
    *at = end;
    return found;
}

static bool is_share(double value) {
    return value >= 0.0 && value <= 1.0;
}

static weft_status take_line(ranking *r, const char *line, int number, weft_error *error) {
    weft_rank_row read = {.done = true};
    char *end = NULL;
    read.index = strtoull(line, &end, 10);
    const char *at = end;
    bool whole = end != line && take_real(&at, &read.supernet) &&
                 take_real(&at, &read.supernet_seconds) && take_real(&at, &read.trained) &&
                 take_real(&at, &read.trained_seconds) && strcmp(at, "\n") == 0;
    weft_rank_row *row = whole ? find_row(r, read.index) : NULL;
    if (row == NULL || !is_share(read.supernet) || !is_share(read.trained)) {
        return fail_file(r, number, "this line is none of a network of this study", error);
    }
    row->done = true;
    row->supernet = read.supernet;
    row->supernet_seconds = read.supernet_seconds;
    row->trained = read.trained;
    row->trained_seconds = read.trained_seconds;
    return WEFT_OK;
}

/* Reads a line with its end, whatever bytes it has; 0 at the end of the file. One that is longer than
 * any of ours comes without its end. */
static size_t read_line(FILE *file, char line[LINE]) {
    size_t n = 0;
    for (int c = 0; c != '\n' && n + 1 < LINE && (c = getc(file)) != EOF;) {
        line[n++] = (char)c;
    }
    line[n] = '\0';
    return n;
}

/* Line 1 or 2; what is there of one that was being written is the beginning of what was to be. */
static weft_status take_head(const ranking *r, const char *line, size_t length, int number,
                             const char *key, bool cut, weft_error *error) {
    const char *expected = number == 1 ? key : COLUMNS;
    size_t whole = strlen(expected);
    if (length <= whole && memcmp(line, expected, length) == 0 && (cut || length == whole)) {
        return WEFT_OK;
    }
    if (number == 2) {
        return fail_file(r, 2, "this line should name the columns", error);
    }
    if (strncmp(line, FORMAT, sizeof FORMAT - 1) == 0) {
        return fail_file(r, 1, "this file is of another supernet, data set or other settings",
                         error);
    }
    fail_file(r, 1, "this is no file of ranks: its first line should begin with \"" FORMAT "\"",
              error);
    weft_hint(error, "name another file: this one was left as it is");
    return WEFT_ERROR_INPUT;
}

/* Takes the lines that are there; *end becomes where the last whole one of a network ends, or the
 * columns. Only the last line may lack its end: its writer was killed. */
static weft_status take_lines(ranking *r, FILE *file, const char *key, long *end,
                              weft_error *error) {
    char line[LINE];
    size_t length = 0;
    for (int number = 1; (length = read_line(file, line)) > 0; number++) {
        bool cut = line[length - 1] != '\n' && feof(file);
        if (number <= 2) {
            WEFT_TRY(take_head(r, line, length, number, key, cut, error));
        } else if (!cut) {
            WEFT_TRY(take_line(r, line, number, error));
        }
        *end = number >= 2 && !cut ? ftell(file) : *end;
    }
    return ferror(file) == 0 ? WEFT_OK
                             : weft_fail_errno(error, "cannot read the file", r->settings->file);
}

static weft_status fail_write(const ranking *r, weft_error *error) {
    return weft_fail_errno(error, "cannot write the file", r->settings->file);
}

/* Each line reaches the disk before the next network begins. */
static bool is_flushed(FILE *file) {
    return fflush(file) == 0 && (fsync(fileno(file)) == 0 || errno == EINVAL);
}

static weft_status open_file(ranking *r, weft_error *error) {
    const char *path = r->settings->file;
    char key[KEY_TEXT];
    long end = 0;
    if (path == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(write_key(r, key, error));
    r->file = fopen(path, "a+e");
    if (r->file == NULL) {
        return weft_fail_errno(error, "cannot open the file", path);
    }
    rewind(r->file);
    WEFT_TRY(take_lines(r, r->file, key, &end, error));
    if (ftruncate(fileno(r->file), end) != 0 || fseek(r->file, 0, SEEK_END) != 0) {
        return fail_write(r, error);
    }
    if (end == 0) {
        fprintf(r->file, "%s%s", key, COLUMNS);
    }
    return is_flushed(r->file) ? WEFT_OK : fail_write(r, error);
}

/* ---- one network ----------------------------------------------------------------------------- */

static weft_status work_out(ranking *r, int i, weft_rank_row *row, weft_error *error) {
    const weft_network *network = r->networks[i];
    weft_train_settings train = r->settings->train;
    const uint64_t both[] = {train.seed, weft_network_hash(network)};
    weft_train_result measured, trained;
    train.seed = weft_hash(both, sizeof both, 0);
    WEFT_TRY(weft_supernet_measure(r->meter, network, r->settings->stop, &measured, error));
    WEFT_TRY(
        weft_train(network, r->dataset, &train, NULL, NULL, r->settings->stop, &trained, error));
    row->supernet = measured.accuracy;
    row->supernet_seconds = measured.seconds;
    row->trained = trained.accuracy;
    row->trained_seconds = trained.seconds;
    row->done = true;
    return WEFT_OK;
}

static weft_status write_row(const ranking *r, const weft_rank_row *row, weft_error *error) {
    if (r->file == NULL) {
        return WEFT_OK;
    }
    const double values[] = {row->supernet, row->supernet_seconds, row->trained,
                             row->trained_seconds};
    fprintf(r->file, "%" PRIu64, row->index);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char number[40];
        fprintf(r->file, ",%s", weft_real_text(values[i], number, sizeof number));
    }
    fputc('\n', r->file);
    return is_flushed(r->file) ? WEFT_OK : fail_write(r, error);
}

static void count_done(weft_rank_result *result) {
    result->n_done = 0;
    result->supernet_seconds = result->trained_seconds = result->mean_gap = 0.0;
    for (int i = 0; i < result->n; i++) {
        const weft_rank_row *row = &result->rows[i];
        if (row->done) {
            result->n_done++;
            result->supernet_seconds += row->supernet_seconds;
            result->trained_seconds += row->trained_seconds;
            result->mean_gap += row->trained - row->supernet;
        }
    }
    result->mean_gap = result->n_done > 0 ? result->mean_gap / result->n_done : (double)NAN;
}

/* A failure of one ends all: the next ones are not begun. */
static void run_one(void *context, int i, int thread) {
    (void)thread;
    ranking *r = context;
    weft_error error;
    pthread_mutex_lock(&r->lock);
    bool goes_on = r->status == WEFT_OK && !r->result.rows[i].done;
    weft_rank_row row = r->result.rows[i];
    pthread_mutex_unlock(&r->lock);
    if (!goes_on) {
        return;
    }
    weft_status status = work_out(r, i, &row, &error);
    pthread_mutex_lock(&r->lock);
    if (status == WEFT_OK) {
        status = write_row(r, &row, &error);
    }
    if (status == WEFT_OK) {
        r->result.rows[i] = row;
        count_done(&r->result);
        if (r->settings->progress != NULL) {
            r->settings->progress(r->settings->context, &r->result);
        }
    } else if (r->status == WEFT_OK) {
        r->status = status;
        r->error = error;
    }
    pthread_mutex_unlock(&r->lock);
}

static weft_status run_all(ranking *r, weft_error *error) {
    weft_pool *pool = NULL;
    WEFT_TRY(weft_pool_create(r->settings->jobs, &pool, error));
    weft_pool_run(pool, r->result.n, run_one, r);
    weft_pool_destroy(pool);
    if (r->status != WEFT_OK) {
        *error = r->error;
    }
    return r->status;
}

/* ---- the figures ----------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Pairs drawn with replacement, again and again; of samples without an order nothing is counted. */
static weft_status find_interval(const double *a, const double *b, int n, uint64_t seed,
                                 double *drawn, weft_rank_result *result, weft_error *error) {
    double taus[SAMPLES];
    int found = 0;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_BOOTSTRAP, 0);
    for (int s = 0; s < SAMPLES; s++) {
        weft_agreement agreement;
        for (int i = 0; i < n; i++) {
            uint64_t k = weft_rng_below(&rng, (uint64_t)n);
            drawn[i] = a[k];
            drawn[n + i] = b[k];
        }
        WEFT_TRY(weft_agree(drawn, drawn + n, n, &agreement, error));
        if (!isnan(agreement.tau)) {
            taus[found++] = agreement.tau;
        }
    }
    qsort(taus, (size_t)found, sizeof *taus, by_value);
    result->tau_low = found > 0 ? taus[(int)(0.025 * (found - 1))] : (double)NAN;
    result->tau_high = found > 0 ? taus[(int)ceil(0.975 * (found - 1))] : (double)NAN;
    return WEFT_OK;
}

static weft_status find_figures(ranking *r, weft_error *error) {
    weft_rank_result *result = &r->result;
    result->tau = result->tau_low = result->tau_high = result->spearman = NAN;
    count_done(result);
    int n = 0;
    double *values = calloc(4 * (size_t)result->n, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, 4 * (size_t)result->n * sizeof *values);
    }
    double *supernet = values, *trained = values + result->n;
    for (int i = 0; i < result->n; i++) {
        if (result->rows[i].done) {
            supernet[n] = result->rows[i].supernet;
            trained[n++] = result->rows[i].trained;
        }
    }
    weft_status status = WEFT_OK;
    if (n >= 2) {
        weft_agreement agreement;
        status = weft_agree(trained, supernet, n, &agreement, error);
        if (status == WEFT_OK) {
            result->tau = agreement.tau;
            result->spearman = agreement.spearman;
            status = find_interval(trained, supernet, n, r->settings->seed,
                                   values + 2 * (size_t)result->n, result, error);
        }
    }
    free(values);
    return status;
}

/* ---- the public function --------------------------------------------------------------------- */

static weft_status check(const weft_rank_settings *s, weft_error *error) {
    if (s->networks < LEAST || s->networks > MOST) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%d networks cannot be ranked, expected %d to %d",
                         s->networks, (int)LEAST, (int)MOST);
    }
    if (s->jobs < 1 || s->jobs > 1024) {
        return weft_fail(error, WEFT_ERROR_INPUT, "jobs is %d, expected 1 to 1024", s->jobs);
    }
    return WEFT_OK;
}

static weft_status rank(ranking *r, weft_error *error) {
    WEFT_TRY(check(r->settings, error));
    WEFT_TRY(weft_supernet_meter_create(r->supernet, r->dataset, &r->settings->train,
                                        r->settings->recalibrate, &r->meter, error));
    WEFT_TRY(draw_all(r, error));
    WEFT_TRY(open_file(r, error));
    weft_status status = run_all(r, error);
    if (status == WEFT_OK || status == WEFT_STOPPED) {
        WEFT_TRY(find_figures(r, error));
    }
    return status;
}

weft_status weft_supernet_rank(weft_space_supernet *space, const weft_supernet *supernet,
                               const weft_dataset *dataset, const weft_rank_settings *settings,
                               weft_rank_result *result, weft_error *error) {
    weft_rank_settings used = *settings;
    weft_supernet_align(supernet, &used.train);
    ranking r = {.settings = &used, .space = space, .supernet = supernet, .dataset = dataset};
    pthread_mutex_init(&r.lock, NULL);
    weft_status status = rank(&r, error);
    if (r.file != NULL && fclose(r.file) != 0 && status == WEFT_OK) {
        status = fail_write(&r, error);
    }
    for (int i = 0; r.networks != NULL && i < r.result.n; i++) {
        weft_network_destroy(r.networks[i]);
    }
    free(r.networks);
    free(r.hashes);
    weft_supernet_meter_destroy(r.meter);
    pthread_mutex_destroy(&r.lock);
    if (status == WEFT_OK || status == WEFT_STOPPED) {
        *result = r.result;
    } else {
        free(r.result.rows);
    }
    return status;
}
