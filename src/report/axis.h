/* SPDX-License-Identifier: Apache-2.0
 *
 * Axes: a domain that holds the data, linear or logarithmic, and ticks at round values whose labels
 * do not touch each other. */
#ifndef WEFT_REPORT_AXIS_H
#define WEFT_REPORT_AXIS_H

#include "report/value.h"

enum { WEFT_AXIS_TICKS = 24 };

typedef struct weft_axis_tick {
    double value; /* as the data: SI */
    char label[16];
} weft_axis_tick;

/* What an axis shows. */
typedef struct weft_axis_style {
    const char *name; /* "energy" */
    const char *unit; /* "J" */
    weft_scale scale;
    bool allow_log;   /* logarithmic where the data span more than `log_ratio` */
    double log_ratio; /* 0: 30 */
    bool from_zero;   /* bars, counts */
    bool whole;       /* ticks at whole numbers only */
} weft_axis_style;

typedef struct weft_axis {
    double low, high; /* the domain */
    double from, to;  /* where it lies, in the figure's units; to < from: upwards */
    bool log;
    int n_ticks;
    weft_axis_tick ticks[WEFT_AXIS_TICKS];
    char title[160]; /* "energy (µJ, log scale)" */
} weft_axis;

/* Fits an axis to the finite ones of n values (none: 0 .. 1). `across`: its labels stand side by
 * side (x axis), else above one another. */
void weft_axis_fit(weft_axis *axis, const weft_axis_style *style, const double *values, size_t n,
                   double from, double to, bool across);

/* Where a value lies in the figure. */
double weft_axis_place(const weft_axis *axis, double value);

/* The width of the widest label, in the figure's units. */
double weft_axis_label_width(const weft_axis *axis);

#endif
