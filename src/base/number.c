/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The C locale, in which the decimal point is a point; glibc makes it without allocation. */
static locale_t c_locale(void) {
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static size_t scan_digits(const char *text) {
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    return n;
}

size_t weft_number_scan(const char *text, double *value, bool *whole) {
    size_t length = scan_digits(text);
    size_t digits = length;
    *whole = true;
    if (text[length] == '.') {
        size_t fraction = scan_digits(text + length + 1);
        if (digits + fraction > 0) {
            *whole = false;
            length += 1 + fraction;
            digits += fraction;
        }
    }
    if (digits == 0) {
        return 0;
    }
    if (text[length] == 'e' || text[length] == 'E') {
        size_t sign = text[length + 1] == '+' || text[length + 1] == '-';
        size_t exponent = scan_digits(text + length + 1 + sign);
        if (exponent > 0) {
            *whole = false;
            length += 1 + sign + exponent;
        }
    }
    /* What was scanned is a prefix of what strtod takes, except for "0x", where it reads further:
     * its value is then the 0 before the x only if it sees nothing else. */
    if (digits == 1 && text[0] == '0' && length == 1) {
        *value = 0.0;
        return length;
    }
    *value = weft_real_parse(text, NULL);
    return length;
}

double weft_real_parse(const char *text, char **end) {
    locale_t locale = c_locale();
    double value = strtod_l(text, end, locale);
    freelocale(locale);
    return value;
}

char *weft_real_text(double value, char *buffer, size_t size) {
    if (isnan(value)) {
        snprintf(buffer, size, "nan");
        return buffer;
    }
    if (isinf(value)) {
        snprintf(buffer, size, value > 0 ? "inf" : "-inf");
        return buffer;
    }
    if (fabs(value) < 1e15 && value == (double)(int64_t)value && (value != 0 || !signbit(value))) {
        snprintf(buffer, size, "%lld", (long long)value); /* as below, without a locale */
        return buffer;
    }
    /* Any decimal of at most 15 digits survives decimal -> double -> 15 digits, so 15 digits are
     * the shortest text where they suffice; 17 always do (IEEE 754, section 5.12.2). */
    locale_t locale = c_locale();
    locale_t before = uselocale(locale);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, size, "%.*g", digits, value);
        if (strtod_l(buffer, NULL, locale) == value) {
            break;
        }
    }
    uselocale(before);
    freelocale(locale);
    return buffer;
}
