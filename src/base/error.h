/* SPDX-License-Identifier: Apache-2.0
 * Filling a weft_error, and passing a status on. */
#ifndef WEFT_BASE_ERROR_H
#define WEFT_BASE_ERROR_H

#include <weft/base.h>

/* Clears `error`, stores `status` and the formatted message, and returns `status`. */
weft_status weft_fail(weft_error *error, weft_status status, const char *format, ...)
    WEFT_PRINTF(3, 4);

/* weft_fail(WEFT_ERROR_INFEASIBLE) with a distance from what can be built, so that a search can tell
 * which of two designs is nearer to it. */
weft_status weft_fail_beyond(weft_error *error, double distance, const char *format, ...)
    WEFT_PRINTF(3, 4);

/* WEFT_ERROR_INPUT, "NAME is VALUE, expected LOWER to UPPER", unless it is; NaN is not. */
weft_status weft_check_range(const char *name, double value, double lower, double upper,
                             weft_error *error);

/* Adds what to do about it to an error already set. */
void weft_hint(weft_error *error, const char *format, ...) WEFT_PRINTF(2, 3);

/* Adds the file to an error already set (no line). */
void weft_error_file(weft_error *error, const char *file);

/* Adds a word behind ", " to a list for a message, which is "" at first; the list ends in ", ..." where
 * no further word has room. */
void weft_list_add(char *list, size_t size, const char *word);

/* weft_fail(WEFT_ERROR_MEMORY) with the size that was asked for. */
weft_status weft_fail_memory(weft_error *error, size_t size);

/* weft_fail(WEFT_ERROR_IO) with the file and the text of errno. */
weft_status weft_fail_errno(weft_error *error, const char *what, const char *file);

/* Leaves the calling function with the status of `call` unless it is WEFT_OK. */
#define WEFT_TRY(call)                                                                             \
    do {                                                                                           \
        weft_status weft_try_status_ = (call);                                                     \
        if (weft_try_status_ != WEFT_OK) {                                                         \
            return weft_try_status_;                                                               \
        }                                                                                          \
    } while (0)

/* The one of `n` names nearest to `word` by edit distance, or NULL when none is near enough to be
 * what was meant (distance over a third of the word's length, at least 1). */
const char *weft_nearest(const char *word, const char *const *names, size_t n);

#endif
