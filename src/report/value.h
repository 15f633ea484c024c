/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers as a person reads them: three or four figures, SI prefixes, percent. */
#ifndef WEFT_REPORT_VALUE_H
#define WEFT_REPORT_VALUE_H

#include <weft/study.h>

enum { WEFT_VALUE_TEXT = 48 };

/* The SI prefix for a value: the largest step of 1000 with value / factor >= 1 ("µ", 1e-6). */
typedef struct weft_prefix {
    const char *symbol;
    double factor;
} weft_prefix;
weft_prefix weft_prefix_of(double value);

/* The power of 1000 for a value, 1 from 0.1 to 10 000 ("10⁻⁶", 1e-6; "", 1). */
weft_prefix weft_power_of(double value);

/* `digits` significant figures: "0.0123", "81.2", "1230"; beyond 1e-4 .. 1e6 "1.23e-7". "–" for
 * NaN, "∞" for infinities. Returns `buffer` (WEFT_VALUE_TEXT bytes are enough). */
char *weft_plain_text(double value, int digits, char *buffer, size_t size);

/* "3.42 mJ": three figures, prefix, unit. */
char *weft_si_text(double value, const char *unit, char *buffer, size_t size);

/* "3.255 × 10⁻⁶": four figures. */
char *weft_power_text(double value, char *buffer, size_t size);

/* "81.2 %" of a share in 0 .. 1. */
char *weft_percent_text(double share, char *buffer, size_t size);

/* How the values of a metric are written. */
typedef enum weft_scale {
    WEFT_SCALE_PREFIX,  /* with an SI prefix */
    WEFT_SCALE_POWER,   /* a number without unit: times a power of 1000 */
    WEFT_SCALE_PERCENT, /* a share */
    WEFT_SCALE_PLAIN,   /* as it is */
} weft_scale;
weft_scale weft_metric_scale(weft_metric metric);

/* The unit as written ("mm²"; "" for a pure number) and what a person calls the metric ("energy",
 * "MACs"). */
const char *weft_metric_unit_text(weft_metric metric);
const char *weft_metric_name(weft_metric metric);

/* A metric's value with its unit. */
char *weft_metric_text(weft_metric metric, double value, char *buffer, size_t size);

/* "1 h 12 min", "34 s", "0.4 s". */
char *weft_duration_text(double seconds, char *buffer, size_t size);

/* "2026-03-01 12:34 UTC" of a Unix time; "–" where there is none. */
char *weft_date_text(double unix_time, char *buffer, size_t size);

#endif
