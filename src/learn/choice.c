/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of the file is "KEY WAY CHECK\n", CHECK the hash of "KEY WAY": a line that was cut off or
 * damaged is not a line. Lines are added at the end under an exclusive lock and never changed; of
 * two for one key the later counts. Two handles in one process are as strange to each other as two
 * processes are: the lock belongs to the open file, and all they share is what it says. */
#include "learn/choice.h"

#include "base/clock.h"
#include "base/rng.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_TABLE = 256, MAX_KEY = 1024, MAX_LINE = MAX_KEY + 64, BLOCK = 16384 };

/* A way costs a run that prepares and is not counted, then as many as fit into TIME (s), at least
 * MIN and at most MAX. A run of more than LONG (s), or of more than HOPELESS times what another
 * way takes, is not repeated. */
enum { MIN_RUNS = 3, MAX_RUNS = 100 };
static const double TIME = 6e-3, LONG = 10e-3, HOPELESS = 1.5;

typedef struct known {
    uint64_t key; /* hash of the text; 0: an empty place */
    int way;
} known;

struct weft_choices {
    int file;    /* -1: nothing is measured, the first way that works is taken */
    off_t taken; /* bytes of the file that `table` knows, whole lines */
    known *table;
    size_t size, n; /* `size` a power of two, more than half of it empty */
};

/* ---- the table ------------------------------------------------------------------------------- */

static uint64_t key_of(const char *text, size_t n) {
    uint64_t key = weft_hash(text, n, 0);
    return key != 0 ? key : 1;
}

static known *place_of(known *table, size_t size, uint64_t key) {
    size_t at = key & (size - 1);
    while (table[at].key != 0 && table[at].key != key) {
        at = (at + 1) & (size - 1);
    }
    return &table[at];
}

static bool grow_table(weft_choices *choices) {
    size_t size = choices->size > 0 ? 2 * choices->size : FIRST_TABLE;
    known *table = calloc(size, sizeof *table);
    if (table == NULL) {
        return false;
    }
    for (size_t i = 0; i < choices->size; i++) {
        if (choices->table[i].key != 0) {
            *place_of(table, size, choices->table[i].key) = choices->table[i];
        }
    }
    free(choices->table);
    choices->table = table;
    choices->size = size;
    return true;
}

static bool learn(weft_choices *choices, uint64_t key, int way) {
    if (2 * (choices->n + 1) >= choices->size && !grow_table(choices)) {
        return false;
    }
    known *place = place_of(choices->table, choices->size, key);
    choices->n += place->key == 0;
    *place = (known){.key = key, .way = way};
    return true;
}

/* A way that is none of `n` is as good as none: measured anew. */
static bool look_up(const weft_choices *choices, uint64_t key, int n, int *way) {
    if (choices->size == 0) {
        return false;
    }
    const known *place = place_of(choices->table, choices->size, key);
    if (place->key == 0 || place->way < 0 || place->way >= n) {
        return false;
    }
    *way = place->way;
    return true;
}

/* ---- the file's name ------------------------------------------------------------------------- */

/* PATH_MAX bytes; false where the environment names no folder. */
static bool cache_folder(char *folder) {
    static const struct {
        const char *variable, *below;
    } PLACES[] = {{"WEFT_CACHE", ""}, {"XDG_CACHE_HOME", "/weft"}, {"HOME", "/.cache/weft"}};
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        const char *value = getenv(PLACES[i].variable);
        if (value != NULL && value[0] != '\0') {
            int n = snprintf(folder, PATH_MAX, "%s%s", value, PLACES[i].below);
            return n > 0 && n < PATH_MAX;
        }
    }
    return false;
}

/* The folder and those that it lies in; whether it can be used shows when the file is opened. */
static void make_folders(char *folder) {
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(folder, 0777);
        *slash = '/';
    }
    (void)mkdir(folder, 0777);
}

static bool file_name(const char *id, char *path) {
    char folder[PATH_MAX], word[128];
    if (!cache_folder(folder)) {
        return false;
    }
    make_folders(folder);
    size_t n = 0;
    for (; id[n] != '\0' && n + 1 < sizeof word; n++) {
        bool plain = isalnum((unsigned char)id[n]) || strchr("._-", id[n]) != NULL;
        word[n] = id[n];
        if (!plain) {
            word[n] = '-';
        }
    }
    word[n] = '\0';
    int written = snprintf(path, PATH_MAX, "%s/kernels-%s.txt", folder, word);
    return written > 0 && written < PATH_MAX;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Whatever is not a line of ours, whole, is passed over. */
static bool take_line(weft_choices *choices, const char *line, size_t n) {
    char text[MAX_LINE], *end;
    if (n == 0 || n >= sizeof text) {
        return true;
    }
    memcpy(text, line, n);
    text[n] = '\0';
    char *check = strrchr(text, ' ');
    if (check == NULL) {
        return true;
    }
    *check++ = '\0';
    char *way = strrchr(text, ' ');
    if (way == NULL || strtoull(check, &end, 16) != weft_hash(text, strlen(text), 0) ||
        *end != '\0') {
        return true;
    }
    *way++ = '\0';
    long number = strtol(way, &end, 10);
    bool right = end != way && *end == '\0' && number >= 0 && number <= INT_MAX;
    return !right || learn(choices, key_of(text, strlen(text)), (int)number);
}

/* Reads what others have added since; a piece without an end of line stays for the next time. */
static weft_status read_on(weft_choices *choices, weft_error *error) {
    char block[BLOCK];
    for (;;) {
        ssize_t n = pread(choices->file, block, sizeof block, choices->taken);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return WEFT_OK; /* what cannot be read is measured */
        }
        size_t begin = 0;
        for (char *end; (end = memchr(block + begin, '\n', (size_t)n - begin)) != NULL;) {
            if (!take_line(choices, block + begin, (size_t)(end - block) - begin)) {
                return weft_fail_memory(error, choices->size * 2 * sizeof *choices->table);
            }
            begin = (size_t)(end - block) + 1;
        }
        if (begin == 0 && n < BLOCK) {
            return WEFT_OK;
        }
        choices->taken += (off_t)(begin > 0 ? begin : (size_t)n);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Adds a line, behind a piece that somebody left who was stopped while writing; with the file
 * locked. All of it or nothing. */
static bool add_line(const weft_choices *choices, const char *key, int way) {
    char text[MAX_LINE], line[MAX_LINE + 32], last = '\n';
    off_t size = lseek(choices->file, 0, SEEK_END);
    if (size < 0 || (size > 0 && pread(choices->file, &last, 1, size - 1) != 1)) {
        return false;
    }
    int length = snprintf(text, sizeof text, "%s %d", key, way);
    unsigned long long check = weft_hash(text, (size_t)length, 0);
    int n = snprintf(line, sizeof line, "%s%s %016llx\n", last == '\n' ? "" : "\n", text, check);
    ssize_t written = write(choices->file, line, (size_t)n);
    if (written == n) {
        return true;
    }
    if (written > 0 && ftruncate(choices->file, size) != 0) {
        return false; /* the piece stays, and is no line to anybody */
    }
    return false;
}

static bool lock(int file, int how) {
    int status;
    do {
        status = flock(file, how);
    } while (status != 0 && errno == EINTR);
    return status == 0;
}

/* ---- measuring ------------------------------------------------------------------------------- */

/* Of this thread's work, so that others on a busy machine count for little. */
static double thread_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static weft_status time_once(weft_choice_run run, void *context, int way, double *seconds,
                             weft_error *error) {
    double start = thread_time();
    WEFT_TRY(run(context, way, error));
    *seconds = thread_time() - start;
    return WEFT_OK;
}

/* The least of several runs, s: a run is only ever disturbed towards longer. `other` is what
 * another way takes. */
static weft_status time_way(weft_choice_run run, void *context, int way, double other,
                            double *least, weft_error *error) {
    double first, seconds;
    WEFT_TRY(run(context, way, error)); /* makes what it needs, and warms caches */
    WEFT_TRY(time_once(run, context, way, &first, error));
    *least = first;
    double total = first;
    bool once = first > LONG || first > HOPELESS * other;
    for (int i = 1; i < MAX_RUNS && !once && (i < MIN_RUNS || total < TIME); i++) {
        WEFT_TRY(time_once(run, context, way, &seconds, error));
        *least = seconds < *least ? seconds : *least;
        total += seconds;
    }
    return WEFT_OK;
}

static weft_status fail_all(int n, const weft_error *why, weft_error *error) {
    return weft_fail(error, WEFT_ERROR_INTERNAL, "none of %d ways to compute works: %s", n,
                     why->message);
}

/* The fastest way, and the first that works; one that fails is a fault only where all do. Without
 * memory nothing is known of a way: whoever has it would choose otherwise. */
static weft_status measure(int n, weft_choice_run run, void *context, int *best, int *first,
                           weft_error *error) {
    double least = HUGE_VAL;
    int found = -1, works = -1;
    weft_error why;
    for (int way = 0; way < n; way++) {
        double seconds;
        weft_status status = time_way(run, context, way, least, &seconds, &why);
        if (status == WEFT_ERROR_MEMORY) {
            *error = why;
            return status;
        }
        if (status != WEFT_OK) {
            continue;
        }
        works = works < 0 ? way : works;
        if (seconds < least) {
            least = seconds;
            found = way;
        }
    }
    if (found < 0) {
        return fail_all(n, &why, error);
    }
    *best = found;
    *first = works;
    return WEFT_OK;
}

static weft_status first_that_works(int n, weft_choice_run run, void *context, int *first,
                                    weft_error *error) {
    weft_error why;
    for (int way = 0; way < n; way++) {
        weft_status status = run(context, way, &why);
        if (status == WEFT_OK) {
            *first = way;
            return WEFT_OK;
        }
        if (status == WEFT_ERROR_MEMORY) {
            *error = why;
            return status;
        }
    }
    return fail_all(n, &why, error);
}

/* ---- choosing -------------------------------------------------------------------------------- */

static weft_status measure_and_write(weft_choices *choices, const char *key, int n,
                                     weft_choice_run run, void *context, int *best,
                                     weft_error *error) {
    int found, first;
    uint64_t hash = key_of(key, strlen(key));
    WEFT_TRY(read_on(choices, error));
    if (look_up(choices, hash, n, best)) {
        return WEFT_OK;
    }
    WEFT_TRY(measure(n, run, context, &found, &first, error));
    if (!add_line(choices, key, found)) {
        found = first; /* nobody else could know of it */
    }
    if (!learn(choices, hash, found)) {
        return weft_fail_memory(error, choices->size * 2 * sizeof *choices->table);
    }
    *best = found;
    return WEFT_OK;
}

bool weft_choices_measure(const weft_choices *choices) {
    return choices->file >= 0;
}

bool weft_choices_known(const weft_choices *choices, const char *key, int n, int *way) {
    size_t length = strlen(key);
    return choices->file >= 0 && length <= MAX_KEY && look_up(choices, key_of(key, length), n, way);
}

weft_status weft_choices_best(weft_choices *choices, const char *key, int n, weft_choice_run run,
                              void *context, int *best, weft_error *error) {
    if (choices->file < 0 || strlen(key) > MAX_KEY) {
        return first_that_works(n, run, context, best, error);
    }
    if (weft_choices_known(choices, key, n, best)) {
        return WEFT_OK;
    }
    if (!lock(choices->file, LOCK_EX)) {
        return first_that_works(n, run, context, best, error);
    }
    weft_status status = measure_and_write(choices, key, n, run, context, best, error);
    lock(choices->file, LOCK_UN);
    return status;
}

/* ---- opening --------------------------------------------------------------------------------- */

static weft_status measuring(bool *measures, weft_error *error) {
    const char *word = getenv("WEFT_KERNELS");
    bool fixed = word != NULL && strcmp(word, "fixed") == 0;
    if (word != NULL && !fixed && word[0] != '\0' && strcmp(word, "measured") != 0) {
        weft_fail(error, WEFT_ERROR_USAGE, "WEFT_KERNELS is '%.80s'", word);
        weft_hint(error, "set it to measured (as it is without) or to fixed");
        return WEFT_ERROR_USAGE;
    }
    *measures = !fixed;
    return WEFT_OK;
}

/* -1 where there is no file to write to; reading a device might never end. */
static int open_file(const char *path) {
    struct stat info;
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file >= 0 && (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))) {
        close(file);
        return -1;
    }
    return file;
}

weft_status weft_choices_open(const char *id, weft_choices **choices, weft_error *error) {
    bool measures;
    char path[PATH_MAX];
    WEFT_TRY(measuring(&measures, error));
    weft_choices *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->file = measures && file_name(id, path) ? open_file(path) : -1;
    if (made->file >= 0) {
        weft_status status = read_on(made, error);
        if (status != WEFT_OK) {
            weft_choices_close(made);
            return status;
        }
    }
    *choices = made;
    return WEFT_OK;
}

void weft_choices_close(weft_choices *choices) {
    if (choices == NULL) {
        return;
    }
    if (choices->file >= 0) {
        close(choices->file);
    }
    free(choices->table);
    free(choices);
}
