/* SPDX-License-Identifier: Apache-2.0
 *
 * Ticks stand at 1, 2 or 5 times a power of ten: the finest such step whose labels keep a gap. */
#include "report/axis.h"

#include <math.h>

#include "report/markup.h"
#include "report/svg.h"

/* Data that span more than this, all positive, read better on a logarithmic axis. */
static const double LOG_RATIO = 30.0;

/* Empty margin on each side of the data, as a share of the domain. */
static const double MARGIN = 0.05;

/* Least room between ticks: across beyond the labels, and from label to label upwards. */
static const double GAP_ACROSS = 14.0, GAP_UP = 30.0;

static void fit_domain(weft_axis *axis, const weft_axis_style *style, const double *values,
                       size_t n) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(values[i])) {
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
        }
    }
    if (low > high) {
        low = 0.0;
        high = 1.0;
    }
    double ratio = style->log_ratio > 0.0 ? style->log_ratio : LOG_RATIO;
    axis->log = style->allow_log && low > 0.0 && high / low > ratio;
    if (axis->log) {
        double margin = MARGIN * log10(high / low);
        axis->low = low / pow(10.0, margin);
        axis->high = high * pow(10.0, margin);
        return;
    }
    if (style->from_zero) {
        axis->low = 0.0;
        axis->high = high > 0.0 ? high * (1.0 + 0.6 * MARGIN) : 1.0;
        return;
    }
    double span = high - low;
    /* all the same: a domain around it, wide enough for ticks that differ in what they show */
    double margin = span > 1e-9 * fmax(fabs(low), fabs(high)) ? MARGIN * span
                    : high != 0.0                             ? 0.1 * fabs(high)
                                                              : 1.0;
    axis->low = low - margin;
    axis->high = high + margin;
    if (low >= 0.0 && axis->low < 0.0) {
        axis->low = 0.0; /* quantities without negative values get no negative ticks */
    }
}

double weft_axis_place(const weft_axis *axis, double value) {
    double share = axis->log ? log(value / axis->low) / log(axis->high / axis->low)
                             : (value - axis->low) / (axis->high - axis->low);
    return axis->from + share * (axis->to - axis->from);
}

double weft_axis_label_width(const weft_axis *axis) {
    double widest = 0.0;
    for (int i = 0; i < axis->n_ticks; i++) {
        widest = fmax(widest, weft_svg_text_width(axis->ticks[i].label));
    }
    return widest;
}

static void add_tick(weft_axis *axis, double value, double factor, int decimals) {
    if (axis->n_ticks == WEFT_AXIS_TICKS) {
        return;
    }
    weft_axis_tick *tick = &axis->ticks[axis->n_ticks++];
    tick->value = value;
    double shown = value / factor;
    /* -0.0 and what rounds to it is 0 */
    shown = fabs(shown) < 0.5 * pow(10.0, -decimals) ? 0.0 : shown;
    weft_text_format(tick->label, sizeof tick->label, "%.*f", decimals, shown);
}

static bool ticks_fit(const weft_axis *axis, bool across) {
    for (int i = 1; i < axis->n_ticks; i++) {
        const weft_axis_tick *a = &axis->ticks[i - 1], *b = &axis->ticks[i];
        double distance = fabs(weft_axis_place(axis, b->value) - weft_axis_place(axis, a->value));
        double needed =
            across
                ? 0.5 * (weft_svg_text_width(a->label) + weft_svg_text_width(b->label)) + GAP_ACROSS
                : GAP_UP;
        if (distance < needed) {
            return false;
        }
    }
    return axis->n_ticks < WEFT_AXIS_TICKS;
}

/* Decimals that tell multiples of a step from each other. */
static int step_decimals(double step) {
    int decimals = (int)ceil(-log10(step) - 1e-9);
    return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

/* Multiples of 1, 2 or 5 times 10^k of what is shown, from fine to coarse until the labels fit. */
static void linear_ticks(weft_axis *axis, double factor, bool whole, bool across) {
    static const double steps[] = {1.0, 2.0, 5.0};
    double low = axis->low / factor, high = axis->high / factor;
    int power = (int)floor(log10(high - low)) - 2;
    for (int i = 0; i < 12; i++) {
        double step = steps[i % 3] * pow(10.0, power + i / 3);
        if (whole && step < 1.0) {
            continue;
        }
        axis->n_ticks = 0;
        int decimals = step_decimals(step);
        for (double k = ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1.0) {
            add_tick(axis, k * step * factor, factor, decimals);
        }
        if (ticks_fit(axis, across)) {
            return;
        }
    }
}

/* 1, 2, 5 of each decade; else the decades; else every second, fifth, ... decade. */
static void log_ticks(weft_axis *axis, double factor, bool across) {
    static const double mantissas[] = {1.0, 2.0, 5.0};
    int first = (int)floor(log10(axis->low / factor));
    int last = (int)ceil(log10(axis->high / factor));
    for (int every = 0; every <= last - first + 1; every++) {
        axis->n_ticks = 0;
        for (int power = first; power <= last; power++) {
            int count = every == 0 ? 3 : power % (every == 0 ? 1 : every) == 0 ? 1 : 0;
            for (int m = 0; m < count; m++) {
                double value = mantissas[m] * pow(10.0, power) * factor;
                if (value >= axis->low * (1 - 1e-12) && value <= axis->high * (1 + 1e-12)) {
                    add_tick(axis, value, factor, power < 0 ? (power < -9 ? 9 : -power) : 0);
                }
            }
        }
        if (ticks_fit(axis, across)) {
            return;
        }
    }
}

void weft_axis_fit(weft_axis *axis, const weft_axis_style *style, const double *values, size_t n,
                   double from, double to, bool across) {
    *axis = (weft_axis){.from = from, .to = to};
    fit_domain(axis, style, values, n);
    weft_prefix prefix = {"", 1.0};
    if (style->scale == WEFT_SCALE_PREFIX) {
        prefix = weft_prefix_of(axis->high);
    } else if (style->scale == WEFT_SCALE_POWER) {
        prefix = weft_power_of(axis->high);
    } else if (style->scale == WEFT_SCALE_PERCENT) {
        prefix = (weft_prefix){"%", 0.01};
    }
    if (axis->log) {
        log_ticks(axis, prefix.factor, across);
    } else {
        linear_ticks(axis, prefix.factor, style->whole, across);
    }
    char unit[48];
    weft_text_format(unit, sizeof unit, "%s%s", prefix.symbol, style->unit);
    const char *log_word = axis->log ? "log scale" : "";
    bool both = unit[0] != '\0' && axis->log;
    bool any = unit[0] != '\0' || axis->log;
    weft_text_format(axis->title, sizeof axis->title, "%.90s%s%s%s%s%s", style->name,
                     any ? " (" : "", unit, both ? ", " : "", log_word, any ? ")" : "");
}
