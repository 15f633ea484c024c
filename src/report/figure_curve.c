/* SPDX-License-Identifier: Apache-2.0
 *
 * A curve fitted to points: its confidence band within the interval of one point more, the points that
 * it was fitted to, and those held out. */
#include <math.h>
#include <stdlib.h>

#include "report/figure.h"

static const double TOP = 30.0, PLOT_HEIGHT = 230.0, RIGHT = 14.0;

/* Between `lower` and `upper` of the steps, there and back. */
static void draw_band(const weft_report_curve *figure, const double *lower, const double *upper,
                      const char *class_name, const weft_axis *x, const weft_axis *y,
                      weft_markup *svg) {
    weft_markup_format(svg, "<path class=\"%s\" d=\"", class_name);
    for (size_t i = 0; i < figure->n; i++) {
        weft_markup_format(svg, "%c%.2f %.2f", i == 0 ? 'M' : 'L', weft_axis_place(x, figure->x[i]),
                           weft_axis_place(y, lower[i]));
    }
    for (size_t i = figure->n; i-- > 0;) {
        weft_markup_format(svg, "L%.2f %.2f", weft_axis_place(x, figure->x[i]),
                           weft_axis_place(y, upper[i]));
    }
    weft_markup_raw(svg, "Z\"/>\n");
}

static void draw_line(const weft_report_curve *figure, const weft_axis *x, const weft_axis *y,
                      weft_markup *svg) {
    weft_markup_raw(svg, "<path class=\"step\" d=\"");
    for (size_t i = 0; i < figure->n; i++) {
        weft_markup_format(svg, "%c%.2f %.2f", i == 0 ? 'M' : 'L', weft_axis_place(x, figure->x[i]),
                           weft_axis_place(y, figure->y[i]));
    }
    weft_markup_raw(svg, "\"/>\n");
}

static void draw_points(const weft_report_curve *figure, const weft_axis *x, const weft_axis *y,
                        weft_markup *svg) {
    for (size_t i = 0; i < figure->n_points; i++) {
        const weft_report_curve_point *point = &figure->points[i];
        const char *mark = point->held ? "test" : "front";
        weft_svg_mark_begin(svg, mark, weft_axis_place(x, point->x), weft_axis_place(y, point->y),
                            -1);
        weft_markup_raw(svg, "<title>");
        weft_markup_text(svg, point->name);
        weft_markup_format(svg, ": %.4g, %.4g</title>", point->x, point->y);
        weft_svg_mark_end(svg, mark);
    }
}

/* An axis around the points' values and the ends of `lower` and `upper`. */
static weft_status fit_axis(const weft_report_curve *figure, bool across, double from, double to,
                            weft_axis *axis, weft_error *error) {
    size_t n = 0, room = figure->n_points + 2 * figure->n;
    double *values = calloc(room + 1, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, (room + 1) * sizeof *values);
    }
    for (size_t i = 0; i < figure->n_points; i++) {
        values[n++] = across ? figure->points[i].x : figure->points[i].y;
    }
    for (size_t i = 0; i < figure->n; i++) {
        values[n++] = across ? figure->x[i] : figure->point_low[i];
        values[n++] = across ? figure->x[i] : figure->point_high[i];
    }
    weft_axis_style style = {.name = across ? figure->x_name : figure->y_name,
                             .unit = "",
                             .scale = across ? WEFT_SCALE_PLAIN : WEFT_SCALE_PERCENT};
    weft_axis_fit(axis, &style, values, n, from, to, across);
    free(values);
    return WEFT_OK;
}

weft_status weft_figure_curve_draw(const weft_report_curve *figure, weft_markup *svg,
                                   weft_error *error) {
    static const weft_svg_key keys[] = {{"front", "fitted to"}, {"test", "held out"}};
    const double bottom = TOP + PLOT_HEIGHT, legend = bottom + 44.0;
    bool any_held = false;
    for (size_t i = 0; i < figure->n_points; i++) {
        any_held = any_held || figure->points[i].held;
    }
    const int n_keys = any_held ? 2 : 1;
    const weft_svg_head head = {.id = "curve",
                                .standalone = true,
                                .title = figure->title,
                                .detail = "Points, the curve fitted to them, its confidence band, "
                                          "and the interval of one point more."};
    weft_axis x, y;
    WEFT_TRY(fit_axis(figure, false, bottom, TOP, &y, error));
    WEFT_TRY(fit_axis(figure, true, fmax(28.0, weft_axis_label_width(&y) + 11.0),
                      WEFT_SVG_WIDTH - RIGHT, &x, error));
    weft_svg_begin(svg, &head, legend + weft_svg_legend_height(keys, n_keys));
    draw_band(figure, figure->point_low, figure->point_high, "wide", &x, &y, svg);
    draw_band(figure, figure->low, figure->high, "band", &x, &y, svg);
    weft_svg_axes(svg, &x, &y);
    draw_line(figure, &x, &y, svg);
    draw_points(figure, &x, &y, svg);
    weft_svg_legend(svg, keys, n_keys, legend);
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
