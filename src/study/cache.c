/* SPDX-License-Identifier: Apache-2.0
 *
 * One table (STRICT):
 *   accuracies(network, settings, fidelity, accuracy, penalty, loss, seconds, images, version)
 * with network and settings as 16 hexadecimal digits and the first three as the key. The seed of the
 * study is not part of it: a study of another seed takes the accuracies that are there. application_id
 * is "WEFC". */
#include "study/cache.h"

#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "study/problem.h"

enum { CACHE_ID = 0x57454643, CACHE_VERSION = 1, BUSY_TIMEOUT_MS = 10000 };

struct weft_cache {
    char path[WEFT_PROBLEM_PATH];
    char settings[20]; /* hexadecimal */
    sqlite3 *db;
    sqlite3_stmt *find, *add;
    pthread_mutex_t mutex;
};

static weft_status cache_fail(const weft_cache *cache, weft_error *error, const char *what) {
    int code = cache->db != NULL ? sqlite3_errcode(cache->db) : SQLITE_NOMEM;
    bool disk = code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN ||
                code == SQLITE_READONLY || code == SQLITE_PERM;
    weft_fail(error, disk ? WEFT_ERROR_IO : WEFT_ERROR_STORE, "%s: %s", what,
              cache->db != NULL ? sqlite3_errmsg(cache->db) : "out of memory");
    weft_error_file(error, cache->path);
    weft_hint(error, "name another file with `cache` of the accuracy, or leave it out");
    return error->status;
}

/* ---- opening ----------------------------------------------------------------------------------- */

static weft_status read_number(weft_cache *cache, const char *sql, int64_t *value,
                               weft_error *error) {
    sqlite3_stmt *statement = NULL;
    weft_status status = WEFT_OK;
    if (sqlite3_prepare_v2(cache->db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        status = cache_fail(cache, error, "cannot read the cache");
    } else {
        *value = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return status;
}

/* Two processes may make it at once: the second one finds it made. */
static weft_status make_table(weft_cache *cache, weft_error *error) {
    static const char sql[] =
        "BEGIN IMMEDIATE;"
        "PRAGMA application_id = 0x57454643; PRAGMA user_version = 1;"
        "CREATE TABLE IF NOT EXISTS accuracies (network TEXT, settings TEXT, fidelity INTEGER,"
        " accuracy REAL NOT NULL, penalty REAL, loss REAL, seconds REAL, images INTEGER,"
        " version TEXT, PRIMARY KEY (network, settings, fidelity)) STRICT, WITHOUT ROWID;"
        "COMMIT;";
    return sqlite3_exec(cache->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? WEFT_OK
               : cache_fail(cache, error, "cannot make the cache");
}

/* What the file says that it is: all of one moment, for another process may be making it. */
static weft_status read_identity(weft_cache *cache, int64_t *application, int64_t *version,
                                 int64_t *tables, weft_error *error) {
    if (sqlite3_exec(cache->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
        return cache_fail(cache, error, "cannot read the cache");
    }
    WEFT_TRY(read_number(cache, "SELECT count(*) FROM sqlite_master", tables, error));
    WEFT_TRY(read_number(cache, "PRAGMA application_id", application, error));
    WEFT_TRY(read_number(cache, "PRAGMA user_version", version, error));
    return sqlite3_exec(cache->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK
               ? WEFT_OK
               : cache_fail(cache, error, "cannot read the cache");
}

/* *is_empty: nothing is in it yet. */
static weft_status check_identity(weft_cache *cache, bool *is_empty, weft_error *error) {
    int64_t application = 0;
    int64_t version = 0;
    int64_t tables = 0;
    WEFT_TRY(read_identity(cache, &application, &version, &tables, error));
    *is_empty = application == 0 && version == 0 && tables == 0;
    if (*is_empty || (application == CACHE_ID && version == CACHE_VERSION)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_STORE,
              "the file is no cache of accuracies of this version of Weft");
    weft_error_file(error, cache->path);
    weft_hint(error, "name another file with `cache` of the accuracy, or leave it out");
    return WEFT_ERROR_STORE;
}

static weft_status open_file(weft_cache *cache, int how, bool *is_empty, weft_error *error) {
    if (sqlite3_open_v2(cache->path, &cache->db, how | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK) {
        return cache_fail(cache, error, "cannot open the cache");
    }
    sqlite3_busy_timeout(cache->db, BUSY_TIMEOUT_MS);
    return check_identity(cache, is_empty, error);
}

static weft_status prepare(weft_cache *cache, weft_error *error) {
    static const char find[] = "SELECT accuracy, penalty, loss FROM accuracies"
                               " WHERE network = ? AND settings = ? AND fidelity = ?";
    static const char add[] = "INSERT OR IGNORE INTO accuracies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    bool is_empty = false;
    WEFT_TRY(open_file(cache, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &is_empty, error));
    if (is_empty) {
        WEFT_TRY(make_table(cache, error));
    }
    return sqlite3_prepare_v2(cache->db, find, -1, &cache->find, NULL) == SQLITE_OK &&
                   sqlite3_prepare_v2(cache->db, add, -1, &cache->add, NULL) == SQLITE_OK
               ? WEFT_OK
               : cache_fail(cache, error, "cannot read the cache");
}

static weft_status create(const weft_problem *problem, weft_cache **cache, weft_error *error) {
    weft_cache *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    pthread_mutex_init(&made->mutex, NULL);
    /* SQLite takes ":memory:" for no file at all. */
    snprintf(made->path, sizeof made->path, "%s%.1000s", problem->info.cache[0] == ':' ? "./" : "",
             problem->info.cache);
    *cache = made;
    return WEFT_OK;
}

weft_status weft_cache_open(const weft_problem *problem, const weft_accuracy *accuracy,
                            weft_cache **cache, weft_error *error) {
    uint64_t settings = 0;
    weft_cache *made = NULL;
    WEFT_TRY(weft_problem_accuracy_hash(problem, accuracy, &settings, error));
    WEFT_TRY(create(problem, &made, error));
    snprintf(made->settings, sizeof made->settings, "%016llx", (unsigned long long)settings);
    weft_status status = prepare(made, error);
    if (status != WEFT_OK) {
        weft_cache_close(made);
        return status;
    }
    *cache = made;
    return WEFT_OK;
}

/* The folder of a file that is not there yet must be. */
static weft_status check_folder(const weft_cache *cache, weft_error *error) {
    char folder[WEFT_PROBLEM_PATH];
    snprintf(folder, sizeof folder, "%s", cache->path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder] = '\0'; /* the root keeps its slash */
    }
    if (access(slash != NULL ? folder : ".", W_OK | X_OK) == 0) {
        return WEFT_OK;
    }
    weft_fail_errno(error, "cannot make the cache", cache->path);
    weft_hint(error, "name another file with `cache` of the accuracy, or leave it out");
    return WEFT_ERROR_IO;
}

weft_status weft_cache_check(const weft_problem *problem, weft_error *error) {
    weft_cache *made = NULL;
    bool is_empty = false;
    WEFT_TRY(create(problem, &made, error));
    weft_status status = access(made->path, F_OK) != 0
                             ? check_folder(made, error)
                             : open_file(made, SQLITE_OPEN_READONLY, &is_empty, error);
    weft_cache_close(made);
    return status;
}

void weft_cache_close(weft_cache *cache) {
    if (cache != NULL) {
        sqlite3_finalize(cache->find);
        sqlite3_finalize(cache->add);
        sqlite3_close(cache->db);
        pthread_mutex_destroy(&cache->mutex);
        free(cache);
    }
}

/* ---- results ----------------------------------------------------------------------------------- */

static void bind_key(const weft_cache *cache, sqlite3_stmt *to, const char *network,
                     weft_fidelity fidelity) {
    sqlite3_bind_text(to, 1, network, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(to, 2, cache->settings, -1, SQLITE_STATIC);
    sqlite3_bind_int(to, 3, (int)fidelity);
}

static double real_of(sqlite3_stmt *row, int column, double unknown) {
    return sqlite3_column_type(row, column) == SQLITE_NULL ? unknown
                                                           : sqlite3_column_double(row, column);
}

/* WEFT_DONE: it is not there. */
static weft_status find(weft_cache *cache, const char *network, weft_fidelity fidelity,
                        weft_accuracy_result *result, weft_error *error) {
    pthread_mutex_lock(&cache->mutex);
    weft_status status = WEFT_DONE;
    bind_key(cache, cache->find, network, fidelity);
    int step = sqlite3_step(cache->find);
    if (step == SQLITE_ROW) {
        *result = (weft_accuracy_result){.accuracy = sqlite3_column_double(cache->find, 0),
                                         .penalty = real_of(cache->find, 1, 0.0),
                                         .loss = real_of(cache->find, 2, NAN)};
        status = WEFT_OK;
    } else if (step != SQLITE_DONE) {
        status = cache_fail(cache, error, "cannot read the cache");
    }
    sqlite3_reset(cache->find);
    pthread_mutex_unlock(&cache->mutex);
    return status;
}

static weft_status add(weft_cache *cache, const char *network, weft_fidelity fidelity,
                       const weft_accuracy_result *result, weft_error *error) {
    pthread_mutex_lock(&cache->mutex);
    sqlite3_stmt *to = cache->add;
    bind_key(cache, to, network, fidelity);
    sqlite3_bind_double(to, 4, result->accuracy);
    sqlite3_bind_double(to, 5, result->penalty);
    sqlite3_bind_double(to, 6, result->loss); /* NaN becomes NULL */
    sqlite3_bind_double(to, 7, result->seconds);
    sqlite3_bind_int64(to, 8, result->images_trained);
    sqlite3_bind_text(to, 9, weft_version(), -1, SQLITE_STATIC);
    weft_status status = sqlite3_step(to) == SQLITE_DONE
                             ? WEFT_OK
                             : cache_fail(cache, error, "cannot write to the cache");
    sqlite3_reset(to);
    pthread_mutex_unlock(&cache->mutex);
    return status;
}

weft_status weft_cache_evaluate(weft_cache *cache, const weft_accuracy *accuracy,
                                const weft_accuracy_query *query, weft_accuracy_result *result,
                                weft_error *error) {
    char network[20];
    weft_accuracy_result found;
    if (cache == NULL || query->network == NULL) {
        return weft_accuracy_evaluate(accuracy, query->network, query->genome, query->fidelity,
                                      query->seed, query->stop, result, error);
    }
    snprintf(network, sizeof network, "%016llx",
             (unsigned long long)weft_network_hash(query->network));
    weft_fidelity fidelity = query->fidelity == WEFT_FIDELITY_CANDIDATE
                                 ? weft_accuracy_fidelities(accuracy) - 1
                                 : query->fidelity;
    weft_status status = find(cache, network, fidelity, &found, error);
    if (status == WEFT_DONE) {
        status = weft_accuracy_evaluate(accuracy, query->network, query->genome, query->fidelity,
                                        query->seed, query->stop, &found, error);
        if (status == WEFT_OK) {
            status = add(cache, network, fidelity, &found, error);
        }
    }
    if (status == WEFT_OK) {
        *result = found;
    }
    return status;
}
