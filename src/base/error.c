/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *weft_status_word(weft_status status) {
    switch (status) {
#define WEFT_STATUS_CASE(name, value, word, exit_code)                                             \
    case name:                                                                                     \
        return word;
        WEFT_STATUS_MAP(WEFT_STATUS_CASE)
#undef WEFT_STATUS_CASE
    }
    return "unknown";
}

int weft_status_exit_code(weft_status status) {
    switch (status) {
#define WEFT_STATUS_CASE(name, value, word, exit_code)                                             \
    case name:                                                                                     \
        return exit_code;
        WEFT_STATUS_MAP(WEFT_STATUS_CASE)
#undef WEFT_STATUS_CASE
    }
    return 6;
}

weft_status weft_fail(weft_error *error, weft_status status, const char *format, ...) {
    memset(error, 0, sizeof *error);
    error->status = status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

weft_status weft_fail_beyond(weft_error *error, double distance, const char *format, ...) {
    memset(error, 0, sizeof *error);
    error->status = WEFT_ERROR_INFEASIBLE;
    error->distance = distance;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return WEFT_ERROR_INFEASIBLE;
}

void weft_hint(weft_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
}

void weft_list_add(char *list, size_t size, const char *word) {
    static const char MORE[] = "...";
    size_t used = strlen(list);
    size_t tail = sizeof MORE - 1;
    if (used >= tail && strcmp(list + used - tail, MORE) == 0) {
        return;
    }
    const char *before = used > 0 ? ", " : "";
    bool fits = used + strlen(before) + strlen(word) + strlen(", ") + sizeof MORE <= size;
    snprintf(list + used, size - used, "%s%s", before, fits ? word : MORE);
}

void weft_error_file(weft_error *error, const char *file) {
    snprintf(error->file, sizeof error->file, "%s", file);
}

weft_status weft_check_range(const char *name, double value, double lower, double upper,
                             weft_error *error) {
    if (value >= lower && value <= upper) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT, "%s is %g, expected %g to %g", name, value, lower,
                     upper);
}

weft_status weft_fail_memory(weft_error *error, size_t size) {
    return weft_fail(error, WEFT_ERROR_MEMORY, "out of memory: %zu bytes were refused", size);
}

weft_status weft_fail_errno(weft_error *error, const char *what, const char *file) {
    int code = errno;
    weft_fail(error, WEFT_ERROR_IO, "%s: %s", what, strerror(code));
    weft_error_file(error, file);
    return WEFT_ERROR_IO;
}

char *weft_error_format(const weft_error *error, char *buffer, size_t size) {
    size_t used = 0;
#define WEFT_APPEND(...)                                                                           \
    do {                                                                                           \
        int written = snprintf(buffer + used, size - used, __VA_ARGS__);                           \
        used += written > 0 ? (size_t)written : 0;                                                 \
        used = used < size ? used : size - 1;                                                      \
    } while (0)
    if (size == 0) {
        return buffer;
    }
    buffer[0] = '\0';
    if (error->file[0] != '\0' && error->line > 0 && error->column == 0) {
        WEFT_APPEND("%s:%d: error: %s", error->file, error->line, error->message);
    } else if (error->file[0] != '\0' && error->line > 0) {
        WEFT_APPEND("%s:%d:%d: error: %s", error->file, error->line, error->column, error->message);
    } else if (error->file[0] != '\0') {
        WEFT_APPEND("%s: error: %s", error->file, error->message);
    } else {
        WEFT_APPEND("error: %s", error->message);
    }
    if (error->excerpt[0] != '\0' && error->column > 0) {
        WEFT_APPEND("\n    %s\n    %*s^", error->excerpt, error->column - 1 - error->excerpt_start,
                    "");
        for (int i = 1; i < error->length; i++) {
            WEFT_APPEND("~");
        }
    }
    if (error->hint[0] != '\0') {
        WEFT_APPEND("\n  hint: %s", error->hint);
    }
#undef WEFT_APPEND
    return buffer;
}

/* Edits between two words cut at 63 characters: insert, delete, replace, swap two neighbours
 * (optimal string alignment). Three rows of the table are kept. */
static size_t edit_distance(const char *a, const char *b) {
    enum { LONGEST = 63 };
    size_t rows[3][LONGEST + 1];
    size_t length_a = strnlen(a, LONGEST);
    size_t length_b = strnlen(b, LONGEST);
    for (size_t j = 0; j <= length_b; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= length_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = two_above[j - 2] + 1 < best ? two_above[j - 2] + 1 : best;
            }
            row[j] = best;
        }
    }
    return rows[length_a % 3][length_b];
}

const char *weft_nearest(const char *word, const char *const *names, size_t n) {
    const char *nearest = NULL;
    size_t limit = strlen(word) / 3;
    size_t best = (limit < 1 ? 1 : limit) + 1;
    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(word, names[i]);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
