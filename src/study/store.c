/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables (STRICT, so that a wrong type is an error on writing):
 *   meta(key, value)                  the problem, space and chip as text, seed, versions, machine
 *   trials(number, state, ..., genome) genome: JSON array in gene order, null where inactive; a
 *                                     column for each metric
 *   finals(number, test_accuracy, ...) designs trained in full and measured on the test set
 *   steering(id, kind, gene, value, requested, trial) values pinned and forbidden; trial NULL: not
 *                                     taken up yet
 * application_id is "WEFT", user_version is WEFT_STORE_VERSION. A store of version 1 lacks the stage
 * and some metrics: read, they are 0 and unknown; one of version 2 lacks what trials are in brackets, of
 * which it has none. Written to, both get the columns.
 */
#include "study/store.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "study/lock.h"

enum { APPLICATION_ID = 0x57454654, BUSY_TIMEOUT_MS = 10000, MAX_GENES = 4096 };

struct weft_store {
    char path[512];
    weft_store_mode mode;
    sqlite3 *db;
    sqlite3_stmt *add_trial, *add_final, *data_version;
    int64_t seen_version; /* of the data, when weft_store_changed asked last */
    weft_lock lock;
};

static const char schema[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE trials ("
    " number INTEGER PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL,"
    " description TEXT NOT NULL, hash TEXT NOT NULL, genome TEXT NOT NULL,"
#define METRIC_COLUMN(name, token, unit, more_is_better) " " token " REAL,"
    WEFT_METRIC_MAP(METRIC_COLUMN)
#undef METRIC_COLUMN
        " score REAL, violation REAL, seconds REAL, started REAL, finished REAL, stage INTEGER,"
        " fidelity INTEGER, bracket INTEGER, rung INTEGER, design INTEGER)"
        " STRICT;"
        "CREATE TABLE finals ("
        " number INTEGER PRIMARY KEY REFERENCES trials(number), test_accuracy REAL NOT NULL,"
        " seconds REAL) STRICT;";

/* A store may have been made before there was steering. */
static const char steering_schema[] =
    "CREATE TABLE IF NOT EXISTS steering ("
    " id INTEGER PRIMARY KEY, kind TEXT NOT NULL, gene TEXT NOT NULL, value TEXT NOT NULL,"
    " requested REAL, trial INTEGER) STRICT;";

/* Waits for a writer whose transactions follow each other within microseconds: the waits of
 * sqlite3_busy_timeout, up to 0.1 s, miss the gaps between them. 0: it has waited long enough. */
static int wait_for_gap(void *context, int waited) {
    static const struct timespec WAIT = {.tv_nsec = 500000};
    (void)context;
    nanosleep(&WAIT, NULL);
    return waited < 2 * BUSY_TIMEOUT_MS;
}

/* Every column of a trial in the order in which this file binds and reads them. */
static const struct {
    const char *name, *type;
} columns[] = {
    {"number", "INTEGER"},
    {"state", "TEXT"},
    {"reason", "TEXT"},
    {"description", "TEXT"},
    {"hash", "TEXT"},
    {"genome", "TEXT"},
#define METRIC_NAME(name, token, unit, more_is_better) {token, "REAL"},
    WEFT_METRIC_MAP(METRIC_NAME)
#undef METRIC_NAME
        {"score", "REAL"},
    {"violation", "REAL"},
    {"seconds", "REAL"},
    {"started", "REAL"},
    {"finished", "REAL"},
    {"stage", "INTEGER"},
    {"fidelity", "INTEGER"},
    {"bracket", "INTEGER"},
    {"rung", "INTEGER"},
    {"design", "INTEGER"},
};
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

static const char *const state_words[] = {"ok", "infeasible", "failed"};

/* ---- errors ---------------------------------------------------------------------------------- */

static weft_status store_fail(const weft_store *store, weft_error *error, const char *what) {
    int code = store->db != NULL ? sqlite3_extended_errcode(store->db) : SQLITE_NOMEM;
    const char *message = store->db != NULL ? sqlite3_errmsg(store->db) : "out of memory";
    int primary = code & 0xff;
    bool disk = primary == SQLITE_FULL || primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ||
                primary == SQLITE_READONLY || primary == SQLITE_PERM;
    weft_fail(error, disk ? WEFT_ERROR_IO : WEFT_ERROR_STORE, "%s: %s", what, message);
    weft_error_file(error, store->path);
    switch (primary) {
    case SQLITE_FULL:
        weft_hint(error, "the disk is full: what is stored is safe; make room and run the same "
                         "command again");
        break;
    case SQLITE_NOTADB:
        weft_hint(error, "the file is not a Weft store (not an SQLite database): name another one");
        break;
    case SQLITE_CORRUPT:
        weft_hint(error, "the store is damaged: `sqlite3 FILE .recover` may save its trials; or "
                         "start a new one");
        break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        weft_hint(error, "check that the folder exists and may be written, or name another store");
        break;
    default:
        break;
    }
    return error->status;
}

static weft_status run_sql(weft_store *store, const char *sql, const char *what,
                           weft_error *error) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? WEFT_OK
               : store_fail(store, error, what);
}

/* ---- opening --------------------------------------------------------------------------------- */

static weft_status read_pragma(weft_store *store, const char *sql, int64_t *value,
                               weft_error *error) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        weft_status status = store_fail(store, error, "cannot read the store");
        sqlite3_finalize(statement);
        return status;
    }
    *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return WEFT_OK;
}

/* A damaged file is told before anything is built on it. */
static weft_status check_pages(weft_store *store, weft_error *error) {
    sqlite3_stmt *statement = NULL;
    weft_status status = WEFT_OK;
    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        status = store_fail(store, error, "cannot check the store");
    } else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0) {
        status = weft_fail(error, WEFT_ERROR_STORE, "the store is damaged: %s",
                           (const char *)sqlite3_column_text(statement, 0));
        weft_error_file(error, store->path);
        weft_hint(error, "`sqlite3 FILE .recover` may save its trials; or start a new one");
    }
    sqlite3_finalize(statement);
    return status;
}

static weft_status check_identity(weft_store *store, int64_t *version, weft_error *error) {
    int64_t application = 0;
    int64_t tables = 0;
    WEFT_TRY(read_pragma(store, "PRAGMA application_id", &application, error));
    WEFT_TRY(read_pragma(store, "PRAGMA user_version", version, error));
    WEFT_TRY(read_pragma(store, "SELECT count(*) FROM sqlite_master", &tables, error));
    bool fresh = application == 0 && *version == 0 && tables == 0;
    if (!fresh && application != APPLICATION_ID) {
        weft_fail(error, WEFT_ERROR_STORE, "the file is an SQLite database, but not a Weft store");
        weft_error_file(error, store->path);
        weft_hint(error, "name another file for the store");
        return WEFT_ERROR_STORE;
    }
    if (*version > WEFT_STORE_VERSION) {
        weft_fail(error, WEFT_ERROR_STORE,
                  "the store is of version %lld, and this Weft reads up to version %d",
                  (long long)*version, WEFT_STORE_VERSION);
        weft_error_file(error, store->path);
        weft_hint(error, "use the newer Weft that made it");
        return WEFT_ERROR_STORE;
    }
    return WEFT_OK;
}

/* Which columns the table of trials has; an older store lacks some. */
static weft_status read_columns(weft_store *store, bool has[N_COLUMNS], weft_error *error) {
    sqlite3_stmt *row = NULL;
    static const char sql[] = "SELECT name FROM pragma_table_info('trials')";
    memset(has, 0, sizeof *has * N_COLUMNS);
    int step = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) == SQLITE_OK ? SQLITE_ROW
                                                                               : SQLITE_ERROR;
    while (step == SQLITE_ROW && (step = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        for (int c = 0; name != NULL && c < N_COLUMNS; c++) {
            has[c] = has[c] || strcmp(columns[c].name, name) == 0;
        }
    }
    weft_status status = step == SQLITE_DONE ? WEFT_OK
                                             : store_fail(store, error, "cannot read the store");
    sqlite3_finalize(row);
    return status;
}

static weft_status lacks_columns(weft_store *store, bool *lacks, weft_error *error) {
    bool has[N_COLUMNS];
    *lacks = false;
    WEFT_TRY(read_columns(store, has, error));
    for (int c = 0; c < N_COLUMNS; c++) {
        *lacks = *lacks || !has[c];
    }
    return WEFT_OK;
}

/* Adds what a store of an older version lacks. */
static weft_status upgrade_tables(weft_store *store, weft_error *error) {
    char sql[256];
    bool has[N_COLUMNS];
    WEFT_TRY(run_sql(store, "BEGIN IMMEDIATE", "cannot bring the store up to date", error));
    WEFT_TRY(read_columns(store, has, error));
    for (int c = 0; c < N_COLUMNS; c++) {
        if (!has[c]) {
            snprintf(sql, sizeof sql, "ALTER TABLE trials ADD COLUMN %s %s", columns[c].name,
                     columns[c].type);
            WEFT_TRY(run_sql(store, sql, "cannot bring the store up to date", error));
        }
    }
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d; COMMIT", (int)WEFT_STORE_VERSION);
    return run_sql(store, sql, "cannot bring the store up to date", error);
}

static weft_status create_tables(weft_store *store, weft_error *error) {
    char sql[4096];
    snprintf(sql, sizeof sql,
             "BEGIN IMMEDIATE; PRAGMA application_id = %d; PRAGMA user_version = %d; %s COMMIT;",
             (int)APPLICATION_ID, (int)WEFT_STORE_VERSION, schema);
    return run_sql(store, sql, "cannot create the store", error);
}

static weft_status open_database(weft_store *store, weft_error *error) {
    if (store->mode == WEFT_STORE_WRITE) {
        int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
        return sqlite3_open_v2(store->path, &store->db, flags, NULL) == SQLITE_OK
                   ? WEFT_OK
                   : store_fail(store, error, "cannot open the store");
    }
    struct stat file;
    if (stat(store->path, &file) != 0) {
        weft_fail_errno(error, "cannot open the store", store->path);
        weft_hint(error, "`weft search PROBLEM.yaml --store %s` makes one", store->path);
        return WEFT_ERROR_IO;
    }
    int flags = store->mode == WEFT_STORE_STEER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK) {
        return store_fail(store, error, "cannot open the store");
    }
    return WEFT_OK;
}

/* Trials that a search left in the WAL, as after a kill: without it the file alone is older. */
static bool has_wal(const weft_store *store) {
    char wal[sizeof store->path + 8];
    struct stat file;
    snprintf(wal, sizeof wal, "%s-wal", store->path);
    return stat(wal, &file) == 0 && file.st_size > 0;
}

/* In a folder that may not be written, WAL's shared memory cannot be made: a store at rest is then
 * read as a file that nobody changes. */
static weft_status reopen_immutable(weft_store *store, weft_error *error) {
    if (has_wal(store)) {
        weft_fail(error, WEFT_ERROR_IO,
                  "the store's search was killed: its last trials lie in the file beside it that "
                  "ends in -wal, which cannot be read in a folder that may not be written");
        weft_error_file(error, store->path);
        weft_hint(error, "copy both files to a folder of your own and read the store there");
        return WEFT_ERROR_IO;
    }
    char uri[1600] = "file:";
    size_t used = strlen(uri);
    for (const char *c = store->path; *c != '\0' && used + 20 < sizeof uri; c++) {
        bool plain = *c == '/' || *c == '.' || *c == '-' || *c == '_' || (*c >= '0' && *c <= '9') ||
                     (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');
        used += (size_t)snprintf(uri + used, sizeof uri - used, plain ? "%c" : "%%%02X",
                                 (unsigned)(unsigned char)*c);
    }
    snprintf(uri + used, sizeof uri - used, "?immutable=1");
    sqlite3_close(store->db);
    store->db = NULL;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    return sqlite3_open_v2(uri, &store->db, flags, NULL) == SQLITE_OK
               ? WEFT_OK
               : store_fail(store, error, "cannot open the store");
}

static void append(char *text, size_t size, const char *a, const char *b) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", a, b);
}

static weft_status prepare_write(weft_store *store, bool durable, weft_error *error) {
    int64_t version = 0;
    WEFT_TRY(check_identity(store, &version, error));
    WEFT_TRY(check_pages(store, error));
    WEFT_TRY(run_sql(store, "PRAGMA journal_mode = WAL", "cannot open the store", error));
    WEFT_TRY(run_sql(store, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                     "cannot open the store", error));
    if (version == 0) {
        WEFT_TRY(create_tables(store, error));
    }
    WEFT_TRY(run_sql(store, steering_schema, "cannot open the store", error));
    bool lacks = false;
    WEFT_TRY(lacks_columns(store, &lacks, error));
    if (version > 0 && (version < WEFT_STORE_VERSION || lacks)) {
        WEFT_TRY(upgrade_tables(store, error));
    }
    char add_trial[2048] = "INSERT INTO trials (";
    for (int c = 0; c < N_COLUMNS; c++) {
        append(add_trial, sizeof add_trial, c > 0 ? ", " : "", columns[c].name);
    }
    append(add_trial, sizeof add_trial, ") VALUES (", "?");
    for (int c = 1; c < N_COLUMNS; c++) {
        append(add_trial, sizeof add_trial, ", ", "?");
    }
    append(add_trial, sizeof add_trial, ")", "");
    static const char add_final[] = "INSERT OR REPLACE INTO finals VALUES (?, ?, ?)";
    if (sqlite3_prepare_v2(store->db, add_trial, -1, &store->add_trial, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(store->db, add_final, -1, &store->add_final, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(store->db, "PRAGMA data_version", -1, &store->data_version, NULL) !=
            SQLITE_OK) {
        return store_fail(store, error, "cannot open the store");
    }
    return WEFT_OK;
}

static weft_status prepare_read(weft_store *store, weft_error *error) {
    int64_t version = 0;
    weft_status status = check_identity(store, &version, error);
    if (status == WEFT_ERROR_IO && store->mode == WEFT_STORE_READ) {
        WEFT_TRY(reopen_immutable(store, error));
        status = check_identity(store, &version, error);
    }
    WEFT_TRY(status);
    if (version == 0) {
        weft_fail(error, WEFT_ERROR_STORE, "the store is empty");
        weft_error_file(error, store->path);
        weft_hint(error, "`weft search PROBLEM.yaml --store %s` fills it", store->path);
        return WEFT_ERROR_STORE;
    }
    WEFT_TRY(check_pages(store, error));
    return store->mode == WEFT_STORE_STEER
               ? run_sql(store, steering_schema, "cannot write to the store", error)
               : WEFT_OK;
}

weft_status weft_store_open(const char *path, weft_store_mode mode, bool durable,
                            weft_store **store, weft_error *error) {
    weft_store *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->mode = mode;
    made->lock.descriptor = -1;
    made->seen_version = -1;
    weft_status status = WEFT_OK;
    /* SQLite takes ":memory:" for no file at all. */
    const char *here = path[0] == ':' ? "./" : "";
    if (path[0] == '\0' || strlen(here) + strlen(path) >= sizeof made->path) {
        status = weft_fail(error, WEFT_ERROR_USAGE, "a store needs a path of 1 to %zu bytes",
                           sizeof made->path - 1);
    }
    if (status == WEFT_OK) {
        snprintf(made->path, sizeof made->path, "%s%s", here, path);
        status = mode == WEFT_STORE_WRITE ? weft_lock_take(&made->lock, path, error) : WEFT_OK;
    }
    if (status == WEFT_OK) {
        status = open_database(made, error);
    }
    if (status == WEFT_OK) {
        if (mode == WEFT_STORE_STEER) {
            sqlite3_busy_handler(made->db, wait_for_gap, NULL);
        } else {
            sqlite3_busy_timeout(made->db, BUSY_TIMEOUT_MS);
        }
        status = mode == WEFT_STORE_WRITE ? prepare_write(made, durable, error)
                                          : prepare_read(made, error);
    }
    if (status != WEFT_OK) {
        weft_store_close(made);
        return status;
    }
    *store = made;
    return WEFT_OK;
}

void weft_store_close(weft_store *store) {
    if (store == NULL) {
        return;
    }
    sqlite3_finalize(store->add_trial);
    sqlite3_finalize(store->add_final);
    sqlite3_finalize(store->data_version);
    if (store->db != NULL && store->mode == WEFT_STORE_WRITE) {
        /* A store at rest is one file, readable from a read-only folder. Refused while somebody
         * reads: then the WAL stays, which is safe as well. */
        sqlite3_busy_timeout(store->db, 0);
        sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    sqlite3_close(store->db);
    weft_lock_release(&store->lock);
    free(store);
}

const char *weft_store_path(const weft_store *store) {
    return store->path;
}

/* ---- facts ----------------------------------------------------------------------------------- */

weft_status weft_store_get(weft_store *store, const char *key, char **text, weft_error *error) {
    sqlite3_stmt *statement = NULL;
    static const char sql[] = "SELECT value FROM meta WHERE key = ?";
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        return store_fail(store, error, "cannot read the store");
    }
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    int step = sqlite3_step(statement);
    char *copy = NULL;
    weft_status status = WEFT_OK;
    const char *value = step == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (value != NULL) {
        copy = strdup(value);
        status = copy != NULL ? WEFT_OK : weft_fail_memory(error, strlen(value) + 1);
    } else if (step != SQLITE_ROW && step != SQLITE_DONE) {
        status = store_fail(store, error, "cannot read the store");
    }
    sqlite3_finalize(statement);
    if (status == WEFT_OK) {
        *text = copy;
    }
    return status;
}

static weft_status put_all(weft_store *store, sqlite3_stmt *statement, int n,
                           const char *const *keys, const char *const *texts, weft_error *error) {
    for (int i = 0; i < n; i++) {
        sqlite3_bind_text(statement, 1, keys[i], -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, texts[i], -1, SQLITE_STATIC);
        if (sqlite3_step(statement) != SQLITE_DONE) {
            return store_fail(store, error, "cannot write to the store");
        }
        sqlite3_reset(statement);
    }
    return run_sql(store, "COMMIT", "cannot write to the store", error);
}

weft_status weft_store_put(weft_store *store, int n, const char *const *keys,
                           const char *const *texts, weft_error *error) {
    sqlite3_stmt *statement = NULL;
    WEFT_TRY(run_sql(store, "BEGIN IMMEDIATE", "cannot write to the store", error));
    weft_status status = WEFT_OK;
    static const char sql[] = "INSERT OR REPLACE INTO meta VALUES (?, ?)";
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        status = store_fail(store, error, "cannot write to the store");
    } else {
        status = put_all(store, statement, n, keys, texts, error);
    }
    sqlite3_finalize(statement);
    if (status != WEFT_OK) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

/* ---- trials ---------------------------------------------------------------------------------- */

/* NaN (unknown) is NULL; infinity is kept: SQLite stores it as it is. */
static void bind_real(sqlite3_stmt *statement, int column, double value) {
    if (isnan(value)) {
        sqlite3_bind_null(statement, column);
    } else {
        sqlite3_bind_double(statement, column, value);
    }
}

static double column_real(sqlite3_stmt *statement, int column) {
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(statement, column);
}

/* Most genes are indices below 100: written without a call. Returns the end. */
static char *write_gene(char *to, double value) {
    if (isnan(value)) {
        return stpcpy(to, "null");
    }
    if (value >= 0.0 && value < 100.0 && value == (double)(int)value) {
        int whole = (int)value;
        if (whole >= 10) {
            *to++ = (char)('0' + whole / 10);
        }
        *to++ = (char)('0' + whole % 10);
        return to;
    }
    weft_real_text(value, to, 40);
    return to + strlen(to);
}

static char *genome_text(const double *genome, int n) {
    char *text = malloc((size_t)n * 41 + 3);
    if (text == NULL) {
        return NULL;
    }
    char *to = text;
    *to++ = '[';
    for (int g = 0; g < n; g++) {
        if (g > 0) {
            *to++ = ',';
        }
        to = write_gene(to, genome[g]);
    }
    memcpy(to, "]", 2);
    return text;
}

/* Reads what genome_text wrote; false where it is anything else. */
static bool genome_parse(const char *text, double *genome, int n) {
    if (*text++ != '[') {
        return false;
    }
    for (int g = 0; g < n; g++) {
        if (g > 0 && *text++ != ',') {
            return false;
        }
        if (strncmp(text, "null", 4) == 0) {
            genome[g] = NAN;
            text += 4;
            continue;
        }
        char *end = NULL;
        genome[g] = weft_real_parse(text, &end);
        if (end == text) {
            return false;
        }
        text = end;
    }
    return text[0] == ']' && text[1] == '\0';
}

static weft_status step_write(weft_store *store, sqlite3_stmt *statement, const char *what,
                              weft_error *error) {
    weft_status status = sqlite3_step(statement) == SQLITE_DONE ? WEFT_OK
                                                                : store_fail(store, error, what);
    sqlite3_reset(statement);
    return status;
}

weft_status weft_store_begin(weft_store *store, weft_error *error) {
    return run_sql(store, "BEGIN IMMEDIATE", "cannot write to the store", error);
}

weft_status weft_store_commit(weft_store *store, weft_error *error) {
    return run_sql(store, "COMMIT", "cannot write to the store", error);
}

/* NULL without brackets. */
static void bind_job(sqlite3_stmt *statement, int column, const weft_trial *trial) {
    const sqlite3_int64 values[] = {trial->fidelity, trial->bracket, trial->rung,
                                    (sqlite3_int64)trial->design};
    for (int i = 0; i < 4; i++) {
        if (trial->fidelity >= 0) {
            sqlite3_bind_int64(statement, column + i, values[i]);
        } else {
            sqlite3_bind_null(statement, column + i);
        }
    }
}

static void read_job(sqlite3_stmt *row, int column, weft_trial *trial) {
    trial->fidelity = WEFT_FIDELITY_CANDIDATE;
    trial->design = trial->number;
    if (sqlite3_column_type(row, column) != SQLITE_NULL) {
        trial->fidelity = sqlite3_column_int(row, column);
        trial->bracket = sqlite3_column_int(row, column + 1);
        trial->rung = sqlite3_column_int(row, column + 2);
        trial->design = (uint64_t)sqlite3_column_int64(row, column + 3);
    }
}

void weft_store_rollback(weft_store *store) {
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

weft_status weft_store_add_trial(weft_store *store, const weft_trial *trial, int n_genes,
                                 weft_error *error) {
    char *genome = genome_text(trial->genome, n_genes);
    if (genome == NULL) {
        return weft_fail_memory(error, (size_t)n_genes * 33);
    }
    char hash[24];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)trial->hash);
    sqlite3_stmt *s = store->add_trial;
    int column = 1;
    sqlite3_bind_int64(s, column++, (sqlite3_int64)trial->number);
    sqlite3_bind_text(s, column++, state_words[trial->state], -1, SQLITE_STATIC);
    sqlite3_bind_text(s, column++, trial->reason, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, column++, trial->description, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, column++, hash, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, column++, genome, -1, SQLITE_STATIC);
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        bind_real(s, column++, trial->metrics[m]);
    }
    bind_real(s, column++, trial->score);
    bind_real(s, column++, trial->violation);
    bind_real(s, column++, trial->seconds);
    bind_real(s, column++, trial->started);
    bind_real(s, column++, trial->finished);
    sqlite3_bind_int(s, column++, trial->stage);
    bind_job(s, column, trial);
    weft_status status = step_write(store, s, "cannot write a trial to the store", error);
    free(genome);
    return status;
}

weft_status weft_store_add_final(weft_store *store, uint64_t number, double test_accuracy,
                                 double seconds, weft_error *error) {
    sqlite3_bind_int64(store->add_final, 1, (sqlite3_int64)number);
    sqlite3_bind_double(store->add_final, 2, test_accuracy);
    bind_real(store->add_final, 3, seconds);
    return step_write(store, store->add_final, "cannot write a final design to the store", error);
}

static void copy_column(sqlite3_stmt *statement, int column, char *field, size_t size) {
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(field, size, "%s", text != NULL ? (const char *)text : "");
}

/* One row to a trial; `genome` has room for n_genes. */
static bool read_row(sqlite3_stmt *row, double *genome, int n_genes, weft_trial *trial) {
    memset(trial, 0, sizeof *trial);
    int column = 0;
    char word[16];
    char hash[24];
    int64_t number = sqlite3_column_int64(row, column++);
    trial->number = (uint64_t)number;
    copy_column(row, column++, word, sizeof word);
    copy_column(row, column++, trial->reason, sizeof trial->reason);
    copy_column(row, column++, trial->description, sizeof trial->description);
    copy_column(row, column++, hash, sizeof hash);
    const char *genes = (const char *)sqlite3_column_text(row, column++);
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        trial->metrics[m] = column_real(row, column++);
    }
    trial->score = column_real(row, column++);
    trial->violation = column_real(row, column++);
    trial->seconds = column_real(row, column++);
    trial->started = column_real(row, column++);
    trial->finished = column_real(row, column++);
    trial->stage = sqlite3_column_int(row, column++);
    read_job(row, column, trial);
    column += 4;
    trial->test_accuracy = column_real(row, column++);
    trial->final_seconds = column_real(row, column);
    trial->genome = genome;
    char *end = NULL;
    trial->hash = strtoull(hash, &end, 16);
    bool known = false;
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, state_words[i]) == 0) {
            trial->state = (weft_trial_state)i;
            known = true;
        }
    }
    return number >= 0 && known && end == hash + 16 && genes != NULL &&
           genome_parse(genes, genome, n_genes);
}

weft_status weft_store_each_trial(weft_store *store, int n_genes,
                                  weft_status (*each)(void *context, const weft_trial *trial,
                                                      weft_error *error),
                                  void *context, weft_error *error) {
    if (n_genes < 1 || n_genes > MAX_GENES) {
        return weft_fail(error, WEFT_ERROR_STORE, "a space of %d genes cannot be stored", n_genes);
    }
    double *genome = calloc((size_t)n_genes, sizeof *genome);
    if (genome == NULL) {
        return weft_fail_memory(error, (size_t)n_genes * sizeof *genome);
    }
    sqlite3_stmt *row = NULL;
    bool has[N_COLUMNS];
    weft_status status = read_columns(store, has, error);
    char sql[4096] = "SELECT ";
    for (int c = 0; c < N_COLUMNS; c++) {
        append(sql, sizeof sql, has[c] ? "t." : "NULL AS ", columns[c].name);
        append(sql, sizeof sql, ", ", "");
    }
    append(sql, sizeof sql, "f.test_accuracy, f.seconds FROM trials t ",
           "LEFT JOIN finals f ON f.number = t.number ORDER BY t.number");
    if (status == WEFT_OK && sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK) {
        status = store_fail(store, error, "cannot read the store");
    }
    int step = SQLITE_DONE;
    while (status == WEFT_OK && (step = sqlite3_step(row)) == SQLITE_ROW) {
        weft_trial trial;
        status = read_row(row, genome, n_genes, &trial)
                     ? each(context, &trial, error)
                     : weft_fail(error, WEFT_ERROR_STORE, "trial %lld cannot be read",
                                 (long long)sqlite3_column_int64(row, 0));
        if (status == WEFT_ERROR_STORE) {
            weft_error_file(error, store->path);
            weft_hint(error, "the row was changed by another program, or is of another space");
        }
    }
    if (status == WEFT_OK && step != SQLITE_DONE) {
        status = store_fail(store, error, "cannot read the store");
    }
    sqlite3_finalize(row);
    free(genome);
    return status;
}

/* ---- steering -------------------------------------------------------------------------------- */

static const char *const steer_words[] = {"pin", "forbid", "free"};

bool weft_store_changed(weft_store *store) {
    int64_t version = -1;
    if (sqlite3_step(store->data_version) == SQLITE_ROW) {
        version = sqlite3_column_int64(store->data_version, 0);
    }
    sqlite3_reset(store->data_version);
    bool changed = version < 0 || version != store->seen_version;
    store->seen_version = version;
    return changed;
}

const char *weft_steer_word(weft_steer_kind kind) {
    return steer_words[kind];
}

static bool read_order(sqlite3_stmt *row, weft_store_order *order) {
    char word[16];
    *order = (weft_store_order){.id = sqlite3_column_int64(row, 0)};
    copy_column(row, 1, word, sizeof word);
    copy_column(row, 2, order->steer.gene, sizeof order->steer.gene);
    copy_column(row, 3, order->steer.value, sizeof order->steer.value);
    order->steer.requested = column_real(row, 4);
    order->steer.taken = sqlite3_column_type(row, 5) != SQLITE_NULL;
    order->steer.trial = (uint64_t)sqlite3_column_int64(row, 5);
    for (int k = 0; k < 3; k++) {
        if (strcmp(word, steer_words[k]) == 0) {
            order->steer.kind = (weft_steer_kind)k;
            return true;
        }
    }
    return false;
}

weft_status weft_store_each_order(weft_store *store, int64_t behind,
                                  weft_status (*each)(void *context, const weft_store_order *order,
                                                      weft_error *error),
                                  void *context, weft_error *error) {
    static const char has[] = "SELECT count(*) FROM sqlite_master WHERE name = 'steering'";
    static const char sql[] = "SELECT id, kind, gene, value, requested, trial FROM steering "
                              "WHERE id > ? ORDER BY id";
    sqlite3_stmt *row = NULL;
    int64_t tables = 0;
    WEFT_TRY(read_pragma(store, has, &tables, error));
    if (tables == 0) {
        return WEFT_OK;
    }
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK) {
        return store_fail(store, error, "cannot read the store");
    }
    sqlite3_bind_int64(row, 1, behind);
    weft_status status = WEFT_OK;
    int step = SQLITE_DONE;
    while (status == WEFT_OK && (step = sqlite3_step(row)) == SQLITE_ROW) {
        weft_store_order order;
        status = read_order(row, &order)
                     ? each(context, &order, error)
                     : weft_fail(error, WEFT_ERROR_STORE,
                                 "order %lld of its steering cannot be read", (long long)order.id);
        if (status == WEFT_ERROR_STORE) {
            weft_error_file(error, store->path);
            weft_hint(error, "the row was changed by another program");
        }
    }
    if (status == WEFT_OK && step != SQLITE_DONE) {
        status = store_fail(store, error, "cannot read the store");
    }
    sqlite3_finalize(row);
    return status;
}

weft_status weft_store_add_order(weft_store *store, const weft_steer *steer, weft_error *error) {
    static const char sql[] =
        "INSERT INTO steering (kind, gene, value, requested) VALUES (?, ?, ?, ?)";
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK) {
        return store_fail(store, error, "cannot write to the store");
    }
    sqlite3_bind_text(row, 1, steer_words[steer->kind], -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, steer->gene, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 3, steer->value, -1, SQLITE_STATIC);
    bind_real(row, 4, steer->requested);
    weft_status status = step_write(store, row, "cannot write to the store", error);
    sqlite3_finalize(row);
    return status;
}

weft_status weft_store_take_orders(weft_store *store, int64_t up_to, uint64_t trial,
                                   weft_error *error) {
    static const char sql[] = "UPDATE steering SET trial = ? WHERE id <= ? AND trial IS NULL";
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK) {
        return store_fail(store, error, "cannot write to the store");
    }
    sqlite3_bind_int64(row, 1, (sqlite3_int64)trial);
    sqlite3_bind_int64(row, 2, up_to);
    weft_status status = step_write(store, row, "cannot write to the store", error);
    sqlite3_finalize(row);
    return status;
}
