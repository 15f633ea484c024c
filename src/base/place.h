/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_BASE_PLACE_H
#define WEFT_BASE_PLACE_H

#include "base/error.h"

/* Writes line, column, length and source line of the bytes [start, end) of a '\0'-terminated source
 * text into an error. Columns count characters, not bytes. */
void weft_error_place(weft_error *error, const char *source, size_t size, size_t start, size_t end);

#endif
