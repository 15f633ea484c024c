/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_BASE_UTF8_H
#define WEFT_BASE_UTF8_H

#include <stddef.h>

/* Length of the UTF-8 character that starts at `text`, of which `left` > 0 bytes are there; 0 when
 * it is none (RFC 3629: no overlong form, surrogate or value above U+10FFFF). */
size_t weft_utf8_length(const char *text, size_t left);

/* Characters in so many bytes, and bytes of the first n characters; a byte that belongs to none
 * counts as one unless it continues another. */
size_t weft_utf8_count(const char *text, size_t bytes);
size_t weft_utf8_skip(const char *text, size_t bytes, size_t n);

#endif
