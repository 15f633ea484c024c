/* SPDX-License-Identifier: Apache-2.0
 *
 * What every room of Weft shares: status codes, the error object, the stop flag, the version.
 *
 * Conventions of the whole API
 *   - Everything that can fail returns a weft_status: 0 is done, a positive value is a reason for
 *     stopping early that is not a fault, a negative value is a fault.
 *   - The last argument of such a function is a `weft_error *`, owned by the caller and never NULL;
 *     it is written only when the status is negative.
 *   - Out-parameters are written only on success.
 *   - Ownership is in the name: _create/_destroy, _read/_destroy, _open/_close; _get borrows.
 *     Every _destroy accepts NULL.
 *   - SI units everywhere (second, joule, metre, volt); a name says so where it is anything else
 *     (area_mm2).
 *   - The library never prints, never exits, never touches signals, and has no global state.
 */
#ifndef WEFT_BASE_H
#define WEFT_BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define WEFT_API                         __attribute__((visibility("default")))
#define WEFT_NODISCARD                   __attribute__((warn_unused_result))
#define WEFT_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define WEFT_API
#define WEFT_NODISCARD
#define WEFT_PRINTF(format_index, first)
#endif

/* Every status, once: name, value, the word that --json prints, exit code of the command line. */
#define WEFT_STATUS_MAP(X)                                                                         \
    X(WEFT_OK, 0, "ok", 0)                                                                         \
    X(WEFT_DONE, 1, "done", 0)                                                                     \
    X(WEFT_STOPPED, 2, "interrupted", 130)                                                         \
    X(WEFT_ERROR_INFEASIBLE, -1, "infeasible", 1)                                                  \
    X(WEFT_ERROR_USAGE, -2, "usage", 2)                                                            \
    X(WEFT_ERROR_INPUT, -3, "bad input", 3)                                                        \
    X(WEFT_ERROR_IO, -4, "input/output", 4)                                                        \
    X(WEFT_ERROR_STORE, -5, "store", 5)                                                            \
    X(WEFT_ERROR_EVALUATION, -6, "evaluation failed", 6)                                           \
    X(WEFT_ERROR_UNAVAILABLE, -7, "unavailable", 7)                                                \
    X(WEFT_ERROR_MEMORY, -8, "out of memory", 4)                                                   \
    X(WEFT_ERROR_INTERNAL, -9, "internal", 6)

typedef enum weft_status {
#define WEFT_STATUS_ENUM(name, value, word, exit_code) name = (value),
    WEFT_STATUS_MAP(WEFT_STATUS_ENUM)
#undef WEFT_STATUS_ENUM
} weft_status;

/* The text of the last fault: what was found and what was expected (`message`), what to do
 * (`hint`, may be empty) and, for a fault in a user's file, the place with its source line. */
typedef struct weft_error {
    weft_status status;
    char message[512];
    char hint[320];
    double
        distance;   /* WEFT_ERROR_INFEASIBLE: from what can be built, to compare by; 0: not known */
    char file[256]; /* "" where the fault has no place */
    int line;       /* from 1; 0: unknown */
    int column;     /* from 1; 0: unknown */
    int length;     /* characters to underline from `column`; at least 1 where column > 0 */
    char excerpt[200]; /* the source line, "" if unknown; a long line is cut */
    int excerpt_start; /* characters of the line that are cut away before the excerpt */
} weft_error;

/* A request to stop, set from anywhere (a signal handler included), polled by long work. */
typedef struct weft_stop {
    atomic_bool requested;
} weft_stop;

static inline bool weft_stop_requested(const weft_stop *stop) {
    return stop != NULL && atomic_load_explicit(&stop->requested, memory_order_relaxed);
}

/* The word of a status ("bad input") and the exit code that the command line gives it. */
WEFT_API const char *weft_status_word(weft_status status);
WEFT_API int weft_status_exit_code(weft_status status);

/* Writes the whole error as a person reads it: `file:line:column: error: message`, the source line,
 * a caret, the hint; several lines, always ended by '\0'. Returns `buffer`. */
WEFT_API char *weft_error_format(const weft_error *error, char *buffer, size_t size);

/* "0.1.0"; and one line with compiler, kind of build and CPU compiled for, for bug reports. */
WEFT_API const char *weft_version(void);
WEFT_API const char *weft_build_info(void);

#endif
