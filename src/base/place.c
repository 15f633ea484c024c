/* SPDX-License-Identifier: Apache-2.0 */
#include "base/place.h"

#include "base/utf8.h"

#include <string.h>

/* Copies the part of a line around a column. A long line is cut to WINDOW characters: its cut ends
 * become "...", and excerpt_start tells how many characters are missing in front, so that the caret
 * stays below its character. A tab becomes one blank for the same reason, and a byte that is no
 * text becomes '?'. */
static void write_excerpt(const char *line, size_t bytes, weft_error *error) {
    enum { WINDOW = 100, BEFORE = 40 };
    size_t characters = weft_utf8_count(line, bytes);
    size_t first = 0;
    size_t column = error->column > 0 ? (size_t)error->column - 1 : 0;
    if (characters > WINDOW && column > BEFORE) {
        first = column - BEFORE;
    }
    size_t begin = weft_utf8_skip(line, bytes, first);
    size_t length = weft_utf8_skip(line + begin, bytes - begin, WINDOW);
    while (length > sizeof error->excerpt - 8) { /* four-byte characters: fewer of them fit */
        length--;
        while (length > 0 && ((unsigned char)line[begin + length] & 0xC0) == 0x80) {
            length--;
        }
    }
    char *excerpt = error->excerpt;
    memcpy(excerpt, line + begin, length);
    excerpt[length] = '\0';
    for (size_t i = 0; i < length;) {
        size_t step = weft_utf8_length(excerpt + i, length - i);
        if (step == 0) {
            excerpt[i] = '?';
        } else if ((unsigned char)excerpt[i] < ' ' || excerpt[i] == 0x7F) {
            excerpt[i] = ' ';
        }
        i += step == 0 ? 1 : step;
    }
    if (begin + length < bytes) {
        memcpy(excerpt + length, "...", 4);
    }
    if (first > 0) {
        size_t cut = weft_utf8_skip(excerpt, strlen(excerpt), 3);
        memmove(excerpt + 3, excerpt + cut, strlen(excerpt + cut) + 1);
        memcpy(excerpt, "...", 3);
    }
    error->excerpt_start = (int)first;
    int shown = (int)(first + weft_utf8_count(line + begin, length));
    if (error->column + error->length - 1 > shown) {
        error->length = shown - error->column + 1;
    }
}

void weft_error_place(weft_error *error, const char *source, size_t size, size_t start,
                      size_t end) {
    start = start < size ? start : size;
    size_t line_start = 0;
    error->line = 1;
    for (size_t i = 0; i < start; i++) {
        if (source[i] == '\n') {
            error->line++;
            line_start = i + 1;
        }
    }
    const char *line = source + line_start;
    size_t bytes = strcspn(line, "\r\n");
    size_t into = start - line_start < bytes ? start - line_start : bytes;
    size_t stop = end > line_start + bytes ? bytes : end > start ? end - line_start : into;
    error->column = (int)weft_utf8_count(line, into) + 1;
    error->length = (int)weft_utf8_count(line + into, stop - into);
    write_excerpt(line, bytes, error);
    if (error->length < 1) {
        error->length = 1;
    }
}
