/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing buffer of markup (SVG, HTML). What is written does not depend on the locale; text from
 * outside is escaped. Running out of memory is remembered and asked for once, at the end. */
#ifndef WEFT_REPORT_MARKUP_H
#define WEFT_REPORT_MARKUP_H

#include "base/error.h"

typedef struct weft_markup {
    char *text; /* '\0'-terminated; NULL: nothing written yet */
    size_t length, capacity;
    bool failed; /* memory ran out: `text` is incomplete */
} weft_markup;

void weft_markup_destroy(weft_markup *markup);

/* Markup as it is. */
void weft_markup_raw(weft_markup *markup, const char *text);

/* printf into the buffer in the C locale; for markup and numbers, never for text from outside. */
void weft_markup_format(weft_markup *markup, const char *format, ...) WEFT_PRINTF(2, 3);

/* Text or the value of an attribute: & < > " ' are escaped; invalid UTF-8 and the control
 * characters that XML forbids become U+FFFD. NULL is nothing. */
void weft_markup_text(weft_markup *markup, const char *text);

/* <TAG>escaped text</TAG>. */
void weft_markup_element(weft_markup *markup, const char *tag, const char *text);

/* WEFT_ERROR_MEMORY when anything was lost. */
weft_status weft_markup_check(const weft_markup *markup, weft_error *error) WEFT_NODISCARD;

/* snprintf in the C locale; returns `buffer`. */
char *weft_text_format(char *buffer, size_t size, const char *format, ...) WEFT_PRINTF(3, 4);

/* Length in bytes of the UTF-8 character at `text` (1..4), 0 at the end or where it is not one. */
size_t weft_text_character(const char *text);

#endif
