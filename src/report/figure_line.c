/* SPDX-License-Identifier: Apache-2.0
 *
 * A value over the trials of a search: steps, with a mark where it changes. */
#include <math.h>
#include <stdlib.h>

#include "report/figure.h"

static const double TOP = 30.0, PLOT_HEIGHT = 170.0, RIGHT = 14.0;

/* More changes than this are drawn without marks. */
enum { MARKS = 400 };

char *weft_figure_value_text(const weft_figure_line *figure, double value, char *buffer,
                             size_t size) {
    return figure->scale == WEFT_SCALE_PREFIX    ? weft_si_text(value, figure->unit, buffer, size)
           : figure->scale == WEFT_SCALE_POWER   ? weft_power_text(value, buffer, size)
           : figure->scale == WEFT_SCALE_PERCENT ? weft_percent_text(value, buffer, size)
                                                 : weft_plain_text(value, 4, buffer, size);
}

bool weft_figure_line_changes(const weft_figure_line *figure, size_t i) {
    return isfinite(figure->values[i]) && (i == 0 || !(figure->values[i] == figure->values[i - 1]));
}

/* Steps: the value holds until the trial that changes it. */
static void draw_steps(const weft_figure_line *figure, const weft_axis *x, const weft_axis *y,
                       weft_markup *svg) {
    weft_markup_raw(svg, "<path class=\"step\" d=\"");
    bool started = false;
    for (size_t i = 0; i < figure->n; i++) {
        if (weft_figure_line_changes(figure, i)) {
            double at_y = weft_axis_place(y, figure->values[i]);
            double at_x = weft_axis_place(x, (double)i + 1.0);
            weft_markup_format(svg, started ? "H%.2fV%.2f" : "M%.2f %.2f", at_x, at_y);
            started = true;
        }
    }
    weft_markup_format(svg, "H%.2f\"/>\n", weft_axis_place(x, (double)figure->n));
}

static void draw_marks(const weft_figure_line *figure, const weft_axis *x, const weft_axis *y,
                       weft_markup *svg) {
    for (size_t i = 0; i < figure->n; i++) {
        if (!weft_figure_line_changes(figure, i)) {
            continue;
        }
        char value[WEFT_VALUE_TEXT];
        weft_figure_value_text(figure, figure->values[i], value, sizeof value);
        weft_svg_mark_begin(svg, "change", weft_axis_place(x, (double)i + 1.0),
                            weft_axis_place(y, figure->values[i]), -1);
        weft_markup_format(svg, "<title>after %zu trial%s: ", i + 1, i == 0 ? "" : "s");
        weft_markup_text(svg, figure->name);
        weft_markup_format(svg, " %s</title>", value);
        weft_svg_mark_end(svg, "change");
    }
}

weft_status weft_figure_line_draw(const weft_figure_line *figure, weft_markup *svg,
                                  weft_error *error) {
    double bottom = TOP + PLOT_HEIGHT;
    size_t n_changes = 0;
    for (size_t i = 0; i < figure->n; i++) {
        n_changes += weft_figure_line_changes(figure, i) ? 1 : 0;
    }
    weft_axis x, y;
    char whole[32];
    weft_text_format(whole, sizeof whole, "of %.4g", figure->whole);
    weft_axis_style style = {.name = figure->name,
                             .unit = figure->whole > 0.0 ? whole : figure->unit,
                             .scale = figure->scale};
    weft_axis_fit(&y, &style, figure->values, figure->n, bottom, TOP, false);
    const double count = figure->n > 0 ? (double)figure->n : 1.0;
    style = (weft_axis_style){
        .name = "trials", .unit = "", .scale = WEFT_SCALE_PLAIN, .from_zero = true, .whole = true};
    weft_axis_fit(&x, &style, &count, 1, fmax(28.0, weft_axis_label_width(&y) + 11.0),
                  WEFT_SVG_WIDTH - RIGHT, true);
    weft_svg_begin(svg, &figure->head, bottom + 46.0);
    if (n_changes == 0) {
        y.n_ticks = 0;
    }
    weft_svg_axes(svg, &x, &y);
    if (n_changes == 0) {
        weft_svg_text(svg, 0.5 * (x.from + x.to), 0.5 * (y.from + y.to), WEFT_ANCHOR_MIDDLE, "",
                      figure->empty);
    } else {
        draw_steps(figure, &x, &y, svg);
        if (n_changes <= MARKS) {
            draw_marks(figure, &x, &y, svg);
        }
    }
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
