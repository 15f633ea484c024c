/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimal numbers as text, whatever the locale of the process is. */
#ifndef WEFT_BASE_NUMBER_H
#define WEFT_BASE_NUMBER_H

#include "base/error.h"

/* Reads the longest prefix of the form  [digits][.digits][e[+-]digits]  (a sign is not part of it;
 * at least one digit before the exponent). Returns its length, 0 where there is none; *whole tells
 * whether it consists of digits alone. A number too large for a double becomes infinity. */
size_t weft_number_scan(const char *text, double *value, bool *whole);

/* Shortest decimal text of a double that reads back exactly: "nan", "inf" and "-inf" included.
 * Returns `buffer` (size >= 32). */
char *weft_real_text(double value, char *buffer, size_t size);

/* Reads what weft_real_text writes, as strtod does but with a decimal point in every locale; *end
 * becomes where it ends (`text` itself where there is no number). */
double weft_real_parse(const char *text, char **end);

#endif
