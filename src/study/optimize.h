/* SPDX-License-Identifier: Apache-2.0
 * What the files share that search with a program from outside. */
#ifndef WEFT_STUDY_OPTIMIZE_H
#define WEFT_STUDY_OPTIMIZE_H

#include <stdio.h>
#include <sys/types.h>

#include "base/expr.h"
#include "study/lock.h"

#include <weft/study.h>

enum { WEFT_OPTIMIZE_LINE = 1 << 20 }; /* bytes of a line that a program may print */

struct weft_optimize {
    weft_optimize_info info;
    weft_space *space;
    weft_expr *constraints[WEFT_MAX_CONSTRAINTS];
    char **words;                /* of the program, if the file names one; NULL-terminated */
    weft_problem_info *search;   /* the section `search`, for reading and writing */
    weft_optimize_trial *trials; /* (n), by number */
    size_t n, capacity;
};

/* The text of a file; `name` is what errors call it. */
weft_status weft_optimize_parse(const char *text, size_t length, const char *name,
                                weft_optimize **optimize, weft_error *error) WEFT_NODISCARD;

/* Everything that decides what is proposed, but for how many trials there are: a journal keeps it.
 * *text is malloc'ed. */
weft_status weft_optimize_identity(const weft_optimize *optimize, char **text,
                                   weft_error *error) WEFT_NODISCARD;

/* ---- optimize_message.c: lines of JSON --------------------------------------------------------- */

/* {"id": 3, "values": {"width": 12}} and a newline; malloc'ed. NULL: out of memory. */
char *weft_candidate_write(const weft_optimize *optimize, const weft_optimize_trial *trial);

/* Judges what the program answered to the trial: its state, metrics, violation, reason. A line that
 * is no answer to it fails the trial; false then, since the program lost track. */
bool weft_answer_read(const weft_optimize *optimize, const char *line, size_t length,
                      weft_optimize_trial *trial);

void weft_optimize_fail_trial(weft_optimize_trial *trial, const char *format, ...)
    WEFT_PRINTF(2, 3);

/* What a search is told of it. */
void weft_optimize_outcome(const weft_optimize *optimize, const weft_optimize_trial *trial,
                           weft_outcome *outcome);

/* What a master asks a service for: `ask` candidates, or to take the answer to `id`; false: neither. */
bool weft_request_read(const char *line, size_t length, int64_t *ask, int64_t *id);

/* A trial as a line of the journal, and back. */
char *weft_record_write(const weft_optimize *optimize, const weft_optimize_trial *trial);
weft_status weft_record_read(const weft_optimize *optimize, const char *line, size_t length,
                             weft_optimize_trial *trial, weft_error *error) WEFT_NODISCARD;

/* ---- optimize_journal.c ------------------------------------------------------------------------ */

typedef struct weft_journal {
    int descriptor;
    weft_lock lock;
    const char *path;
} weft_journal;

/* Opens or makes it; every finished trial is handed to `each`. A last line that a kill cut off is cut
 * away. */
weft_status weft_journal_open(const weft_optimize *optimize, const char *path,
                              weft_status (*each)(void *context, const weft_optimize_trial *trial,
                                                  weft_error *error),
                              void *context, weft_journal *journal,
                              weft_error *error) WEFT_NODISCARD;
void weft_journal_close(weft_journal *journal);

/* On the disk when this returns. */
weft_status weft_journal_add(weft_journal *journal, const weft_optimize *optimize,
                             const weft_optimize_trial *trial, weft_error *error) WEFT_NODISCARD;

/* ---- optimize_run.c ---------------------------------------------------------------------------- */

/* Makes trials up to that number, without genomes; and keeps one, whose genome is copied. */
weft_status weft_optimize_make_room(weft_optimize *optimize, uint64_t number,
                                    weft_error *error) WEFT_NODISCARD;
weft_status weft_optimize_keep(weft_optimize *optimize, const weft_optimize_trial *trial,
                               weft_error *error) WEFT_NODISCARD;

/* Forgets the trials from n on. */
void weft_optimize_drop(weft_optimize *optimize, size_t n);

/* ---- optimize_copy.c: a copy of the program ---------------------------------------------------- */

typedef struct weft_copy {
    pid_t process; /* 0: not running */
    int input, output;
    char *line; /* what it printed since the last newline */
    size_t used, capacity;
    weft_optimize_trial *trial; /* NULL: idle */
    double began;
} weft_copy;

/* WEFT_ERROR_INPUT where the program cannot be run. */
weft_status weft_copy_start(weft_copy *copy, const char *const *program,
                            weft_error *error) WEFT_NODISCARD;

/* False: the copy does not read. */
bool weft_copy_send(weft_copy *copy, const char *text);

typedef enum weft_copy_state {
    WEFT_COPY_WAITING, /* for more */
    WEFT_COPY_LINE,    /* there is a line in copy->line, of *length bytes */
    WEFT_COPY_ENDED,   /* it closed its output */
    WEFT_COPY_FLOODED, /* a line is longer than WEFT_OPTIMIZE_LINE */
    WEFT_COPY_MEMORY,
} weft_copy_state;

/* Takes in what is there, without waiting. */
weft_copy_state weft_copy_read(weft_copy *copy, size_t *length);

/* Takes such a line away, with its newline. */
void weft_copy_drop(weft_copy *copy, size_t length);

/* Ends its input: it may begin to end. */
void weft_copy_close(weft_copy *copy);

/* Ends it; with `grace` it has a second to do so itself. `how`, unless NULL, becomes how it ended. */
void weft_copy_end(weft_copy *copy, bool grace, char *how, size_t size);

#endif
