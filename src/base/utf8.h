/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_BASE_UTF8_H
#define WEFT_BASE_UTF8_H

#include <stddef.h>

/* Length of the UTF-8 character that starts at `text`, of which `left` > 0 bytes are there; 0 when
 * it is none (RFC 3629: no overlong form, surrogate or value above U+10FFFF). */
size_t weft_utf8_length(const char *text, size_t left);

#endif
