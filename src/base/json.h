/* SPDX-License-Identifier: Apache-2.0
 *
 * A streaming JSON writer into a growing buffer. Reading JSON is jansson's work, not ours. Reals
 * are written with the fewest digits that read back to the same double; NaN and infinities become
 * null. Keys and text are escaped; invalid UTF-8 becomes U+FFFD.
 */
#ifndef WEFT_BASE_JSON_H
#define WEFT_BASE_JSON_H

#include "base/error.h"
#include "base/number.h" /* weft_real_text */

typedef struct weft_json weft_json;

weft_json *weft_json_create(bool pretty); /* NULL: out of memory */
void weft_json_destroy(weft_json *json);

void weft_json_object_begin(weft_json *json);
void weft_json_object_end(weft_json *json);
void weft_json_array_begin(weft_json *json);
void weft_json_array_end(weft_json *json);
void weft_json_key(weft_json *json, const char *key);
void weft_json_text(weft_json *json, const char *text); /* NULL becomes null */
void weft_json_real(weft_json *json, double value);
void weft_json_integer(weft_json *json, int64_t value);
void weft_json_bool(weft_json *json, bool value);
void weft_json_null(weft_json *json);

/* A key and its value in one line. */
void weft_json_member_text(weft_json *json, const char *key, const char *text);
void weft_json_member_real(weft_json *json, const char *key, double value);
void weft_json_member_integer(weft_json *json, const char *key, int64_t value);
void weft_json_member_bool(weft_json *json, const char *key, bool value);

/* The text so far, '\0'-terminated, borrowed; NULL when memory ran out at any point. */
const char *weft_json_get(const weft_json *json, size_t *length);

#endif
