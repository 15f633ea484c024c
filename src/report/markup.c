/* SPDX-License-Identifier: Apache-2.0 */
#include "report/markup.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void weft_markup_destroy(weft_markup *markup) {
    free(markup->text);
    *markup = (weft_markup){0};
}

/* Room for `extra` more bytes and the '\0'. */
static bool reserve(weft_markup *markup, size_t extra) {
    if (markup->failed || extra >= SIZE_MAX / 2 - markup->length) {
        markup->failed = true;
        return false;
    }
    size_t needed = markup->length + extra + 1;
    if (needed <= markup->capacity) {
        return true;
    }
    size_t capacity = markup->capacity < 4096 ? 4096 : markup->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    char *grown = realloc(markup->text, capacity);
    if (grown == NULL) {
        markup->failed = true;
        return false;
    }
    markup->text = grown;
    markup->capacity = capacity;
    return true;
}

static void append(weft_markup *markup, const char *bytes, size_t n) {
    if (!reserve(markup, n)) {
        return;
    }
    memcpy(markup->text + markup->length, bytes, n);
    markup->length += n;
    markup->text[markup->length] = '\0';
}

void weft_markup_raw(weft_markup *markup, const char *text) {
    append(markup, text, strlen(text));
}

/* vsnprintf with a decimal point whatever the locale. newlocale of "C" allocates nothing. */
static int format_plain(char *buffer, size_t size, const char *format, va_list arguments)
    WEFT_PRINTF(3, 0);

static int format_plain(char *buffer, size_t size, const char *format, va_list arguments) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    int n = vsnprintf(buffer, size, format, arguments);
    uselocale(before);
    freelocale(plain);
    return n;
}

void weft_markup_format(weft_markup *markup, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int n = format_plain(NULL, 0, format, arguments);
    va_end(arguments);
    if (n >= 0 && reserve(markup, (size_t)n)) {
        format_plain(markup->text + markup->length, (size_t)n + 1, format, again);
        markup->length += (size_t)n;
    }
    va_end(again);
}

size_t weft_text_character(const char *text) {
    return *text == '\0' ? 0 : weft_utf8_length(text, strnlen(text, 4));
}

/* What stands for a character in markup; NULL where it stands for itself. */
static const char *escape(unsigned char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

void weft_markup_text(weft_markup *markup, const char *text) {
    if (text == NULL) {
        return;
    }
    while (*text != '\0') {
        size_t n = weft_text_character(text);
        const char *instead = n == 0 ? "\xef\xbf\xbd" : escape((unsigned char)*text);
        if (instead != NULL) {
            weft_markup_raw(markup, instead);
        } else {
            append(markup, text, n);
        }
        text += n == 0 ? 1 : n;
    }
}

void weft_markup_element(weft_markup *markup, const char *tag, const char *text) {
    weft_markup_format(markup, "<%s>", tag);
    weft_markup_text(markup, text);
    weft_markup_format(markup, "</%s>", tag);
}

weft_status weft_markup_check(const weft_markup *markup, weft_error *error) {
    return markup->failed ? weft_fail_memory(error, markup->capacity * 2) : WEFT_OK;
}

char *weft_text_format(char *buffer, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_plain(buffer, size, format, arguments);
    va_end(arguments);
    return buffer;
}
