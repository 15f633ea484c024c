/* SPDX-License-Identifier: Apache-2.0
 *
 * A figure over one parameter: a line with marks for each value of another. */
#include <math.h>
#include <string.h>

#include "report/figure.h"

static const double TOP = 30.0, PLOT_HEIGHT = 210.0, RIGHT = 14.0;

/* Lines have the colours of the parts; beyond those they repeat, dashed, with rings for dots. */
enum { COLOURS = 6 };

static const char *dash_of(int line) {
    static const char *const DASHES[] = {"", " stroke-dasharray=\"6 3\"",
                                         " stroke-dasharray=\"2 3\"",
                                         " stroke-dasharray=\"8 3 2 3\""};
    return DASHES[line / COLOURS % 4];
}

/* Whether values grow by one factor from each to the next, at least three of them. */
static bool grows_by_factor(const double *x, int n) {
    for (int i = 1; i < n; i++) {
        if (!(x[i - 1] > 0.0) || !(x[i] > x[i - 1]) ||
            fabs(x[i] / x[i - 1] / (x[1] / x[0]) - 1.0) > 0.01) {
            return false;
        }
    }
    return n > 2;
}

/* Values that stand for powers: ticks at the values themselves. */
static void tick_values(weft_axis *axis, const weft_report_sweep *sweep) {
    axis->n_ticks = 0;
    double last = -INFINITY;
    for (int i = 0; i < sweep->n_x && axis->n_ticks < WEFT_AXIS_TICKS; i++) {
        weft_axis_tick *tick = &axis->ticks[axis->n_ticks];
        tick->value = sweep->x == NULL ? i : sweep->x[i];
        if (sweep->x == NULL) {
            weft_text_format(tick->label, sizeof tick->label, "%s", sweep->x_words[i]);
        } else {
            weft_text_format(tick->label, sizeof tick->label, "%.4g", tick->value);
        }
        double at = weft_axis_place(axis, tick->value);
        double half = 0.5 * weft_svg_text_width(tick->label);
        if (at - half > last + 6.0) {
            last = at + half;
            axis->n_ticks++;
        }
    }
}

static void fit_x(weft_axis *x, const weft_report_sweep *sweep, double left) {
    double right = WEFT_SVG_WIDTH - RIGHT;
    weft_axis_style style = {.name = sweep->x_name, .unit = "", .scale = WEFT_SCALE_PLAIN};
    if (sweep->x == NULL) {
        const double ends[] = {-0.4, sweep->n_x - 0.6};
        weft_axis_fit(x, &style, ends, 2, left, right, true);
        tick_values(x, sweep);
        return;
    }
    style.unit = sweep->x_unit;
    style.allow_log = true;
    weft_axis_fit(x, &style, sweep->x, (size_t)sweep->n_x, left, right, true);
    if (grows_by_factor(sweep->x, sweep->n_x)) {
        if (!x->log) {
            x->log = true;
            x->low = 0.9 * sweep->x[0];
            x->high = sweep->x[sweep->n_x - 1] / 0.9;
            weft_text_format(x->title, sizeof x->title, "%.90s (%s%slog scale)", sweep->x_name,
                             sweep->x_unit, sweep->x_unit[0] == '\0' ? "" : ", ");
        }
        tick_values(x, sweep);
    }
}

static char *value_text(const weft_report_sweep *sweep, double value, char *buffer, size_t size) {
    if (!sweep->y_plain) {
        return weft_si_text(value, sweep->y_unit, buffer, size);
    }
    char number[WEFT_VALUE_TEXT];
    weft_plain_text(value, 4, number, sizeof number);
    return weft_text_format(buffer, size, "%s%s%s", number, sweep->y_unit[0] == '\0' ? "" : " ",
                            sweep->y_unit);
}

static void x_text(const weft_report_sweep *sweep, int i, char *buffer, size_t size) {
    if (sweep->x == NULL) {
        weft_text_format(buffer, size, "%s %s", sweep->x_name, sweep->x_words[i]);
    } else {
        weft_text_format(buffer, size, "%s %.6g%s%s", sweep->x_name, sweep->x[i],
                         sweep->x_unit[0] == '\0' ? "" : " ", sweep->x_unit);
    }
}

static void draw_mark(const weft_report_sweep *sweep, int line, int i, double x, double y,
                      weft_markup *svg) {
    char place[160], value[WEFT_VALUE_TEXT + 24];
    x_text(sweep, i, place, sizeof place);
    value_text(sweep, sweep->y[line * sweep->n_x + i], value, sizeof value);
    weft_markup_format(svg,
                       line < COLOURS
                           ? "<circle class=\"c%d\" cx=\"%.2f\" cy=\"%.2f\" r=\"3.4\"><title>"
                           : "<circle class=\"ring l%d\" cx=\"%.2f\" cy=\"%.2f\" r=\"3\"><title>",
                       line % COLOURS, x, y);
    weft_markup_text(svg, place);
    if (sweep->line_name != NULL) {
        weft_markup_raw(svg, ", ");
        weft_markup_text(svg, sweep->line_name);
        weft_markup_raw(svg, " ");
        weft_markup_text(svg, sweep->lines[line]);
    }
    weft_markup_raw(svg, ": ");
    weft_markup_text(svg, value);
    weft_markup_raw(svg, "</title></circle>\n");
}

/* A path that breaks where there is nothing, then the marks. */
static void draw_line(const weft_report_sweep *sweep, int line, const weft_axis *x,
                      const weft_axis *y, weft_markup *svg) {
    const double *values = sweep->y + line * sweep->n_x;
    bool joined = false, any = false;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < sweep->n_x; i++) {
            double at_x = weft_axis_place(x, sweep->x == NULL ? i : sweep->x[i]);
            if (!isfinite(values[i])) {
                joined = false;
                continue;
            }
            double at_y = weft_axis_place(y, values[i]);
            if (pass == 1) {
                draw_mark(sweep, line, i, at_x, at_y, svg);
                continue;
            }
            if (!any) {
                weft_markup_format(svg, "<path class=\"line l%d\"%s d=\"", line % COLOURS,
                                   dash_of(line));
            }
            weft_markup_format(svg, "%c%.2f %.2f", joined ? 'L' : 'M', at_x, at_y);
            joined = any = true;
        }
        if (pass == 0 && any) {
            weft_markup_raw(svg, "\"/>\n");
        }
    }
}

static bool has_points(const weft_report_sweep *sweep, int line) {
    for (int i = 0; i < sweep->n_x; i++) {
        if (isfinite(sweep->y[line * sweep->n_x + i])) {
            return true;
        }
    }
    return false;
}

/* One entry for each line that has points, after the name of their parameter where it is a single
 * one. */
static int fill_legend(const weft_report_sweep *sweep, char texts[][96], char marks[][16],
                       weft_svg_key *keys, int most) {
    int n = 0;
    bool single = sweep->line_name != NULL && strchr(sweep->line_name, ',') == NULL;
    for (int i = 0; sweep->line_name != NULL && i < sweep->n_lines && n < most; i++) {
        if (has_points(sweep, i)) {
            weft_text_format(texts[n], 96, "%s%s%s", single ? sweep->line_name : "",
                             single ? " " : "", sweep->lines[i]);
            weft_text_format(marks[n], 16, i < COLOURS ? "part c%d" : "ring l%d", i % COLOURS);
            keys[n] = (weft_svg_key){marks[n], texts[n]};
            n++;
        }
    }
    return n;
}

weft_status weft_figure_sweep_draw(const weft_report_sweep *sweep, weft_markup *svg,
                                   weft_error *error) {
    enum { MOST_KEYS = 24 };
    char texts[MOST_KEYS][96], marks[MOST_KEYS][16];
    weft_svg_key keys[MOST_KEYS];
    int n_keys = fill_legend(sweep, texts, marks, keys, MOST_KEYS);
    double legend = weft_svg_legend_height(keys, n_keys), bottom = TOP + PLOT_HEIGHT;
    size_t points = (size_t)sweep->n_lines * (size_t)sweep->n_x, there = 0;
    for (size_t i = 0; i < points; i++) {
        there += isfinite(sweep->y[i]);
    }
    weft_axis x, y;
    weft_axis_style style = {.name = sweep->y_name,
                             .unit = sweep->y_unit,
                             .scale = sweep->y_plain ? WEFT_SCALE_PLAIN : WEFT_SCALE_PREFIX,
                             .allow_log = true};
    weft_axis_fit(&y, &style, sweep->y, points, bottom, TOP, false);
    fit_x(&x, sweep, fmax(28.0, weft_axis_label_width(&y) + 11.0));
    char detail[240];
    weft_text_format(detail, sizeof detail, "%d line%s of %s over %s; %zu of %zu points are there.",
                     sweep->n_lines, sweep->n_lines == 1 ? "" : "s", sweep->y_name, sweep->x_name,
                     there, points);
    weft_svg_head head = {
        .id = "sweep", .standalone = true, .title = sweep->title, .detail = detail};
    weft_svg_begin(svg, &head, bottom + 46.0 + (n_keys > 0 ? legend + 8.0 : 0.0));
    weft_svg_axes(svg, &x, &y);
    for (int line = 0; line < sweep->n_lines; line++) {
        draw_line(sweep, line, &x, &y, svg);
    }
    weft_svg_legend(svg, keys, n_keys, bottom + 50.0);
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
