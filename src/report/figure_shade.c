/* SPDX-License-Identifier: Apache-2.0
 *
 * A front of three or more objectives on two of them, the third by colour: five classes of equal
 * width over its range (of equal ratio where that spans more than a factor of 10). */
#include <math.h>
#include <stdlib.h>

#include "report/figure.h"

static const double TOP = 30.0, PLOT_HEIGHT = 270.0, RIGHT = 12.0;

/* Axis and colours are logarithmic beyond. */
static const double LOG_RATIO = 10.0;

enum { CLASSES = 5 };

typedef struct classes {
    bool log;
    double low, high;
} classes;

static bool drawable(const weft_figure_shaded *point) {
    return isfinite(point->x) && isfinite(point->y) && isfinite(point->z);
}

static double bound(const classes *of, int i) {
    double share = (double)i / CLASSES;
    return of->log ? of->low * pow(of->high / of->low, share)
                   : of->low + share * (of->high - of->low);
}

static int class_of(const classes *of, double z) {
    int found = 0;
    while (found + 1 < CLASSES && z > bound(of, found + 1)) {
        found++;
    }
    return found;
}

static classes find_classes(const weft_figure_shade *figure) {
    classes found = {.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < figure->n; i++) {
        if (drawable(&figure->points[i])) {
            found.low = fmin(found.low, figure->points[i].z);
            found.high = fmax(found.high, figure->points[i].z);
        }
    }
    found.log = found.low > 0.0 && found.high > LOG_RATIO * found.low;
    return found;
}

static weft_axis_style style_of(const weft_figure_shade *figure, weft_metric metric) {
    return (weft_axis_style){.name = metric == WEFT_METRIC_ACCURACY ? figure->accuracy_word
                                                                    : weft_metric_name(metric),
                             .unit = weft_metric_unit_text(metric),
                             .scale = weft_metric_scale(metric),
                             .log_ratio = LOG_RATIO,
                             .allow_log = weft_metric_scale(metric) != WEFT_SCALE_PERCENT};
}

static weft_status fit_axes(const weft_figure_shade *figure, weft_axis *x, weft_axis *y,
                            weft_error *error) {
    double *values = calloc(2 * figure->n + 1, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, (2 * figure->n + 1) * sizeof *values);
    }
    size_t n = 0;
    for (size_t i = 0; i < figure->n; i++) {
        if (drawable(&figure->points[i])) {
            values[n] = figure->points[i].x;
            values[figure->n + n++] = figure->points[i].y;
        }
    }
    weft_axis_style style = style_of(figure, figure->y);
    weft_axis_fit(y, &style, values + figure->n, n, TOP + PLOT_HEIGHT, TOP, false);
    style = style_of(figure, figure->x);
    weft_axis_fit(x, &style, values, n, fmax(28.0, weft_axis_label_width(y) + 11.0),
                  WEFT_SVG_WIDTH - RIGHT, true);
    free(values);
    return WEFT_OK;
}

/* "trial 12: accuracy 81.2 %, energy 3.42 mJ, latency 1.2 ms". */
static void draw_point(const weft_figure_shade *figure, const weft_figure_shaded *point,
                       const char *mark, double x, double y, weft_markup *svg) {
    const weft_metric metrics[] = {figure->y, figure->x, figure->z};
    const double values[] = {point->y, point->x, point->z};
    weft_svg_mark_begin(svg, mark, x, y, (int64_t)point->trial);
    weft_markup_format(svg, "<title>trial %llu:", (unsigned long long)point->trial);
    for (int i = 0; i < 3; i++) {
        char text[WEFT_VALUE_TEXT];
        weft_metric_text(metrics[i], values[i], text, sizeof text);
        weft_markup_format(svg, "%s %s %s", i > 0 ? "," : "", weft_metric_name(metrics[i]), text);
    }
    weft_markup_raw(svg, "</title>");
    weft_svg_mark_end(svg, mark);
}

static int fill_legend(const weft_figure_shade *figure, const classes *of, char texts[][120],
                       char marks[][12], weft_svg_key *keys) {
    int n = 0;
    for (; n < CLASSES; n++) {
        char low[WEFT_VALUE_TEXT], high[WEFT_VALUE_TEXT];
        weft_metric_text(figure->z, bound(of, n), low, sizeof low);
        weft_metric_text(figure->z, bound(of, n + 1), high, sizeof high);
        weft_text_format(texts[n], 120, "%s to %s", low, high);
        weft_text_format(marks[n], 12, "shade s%d", n);
        keys[n] = (weft_svg_key){marks[n], texts[n]};
    }
    for (int m = 0; m < figure->n_marked; m++, n++) {
        weft_text_format(texts[n], 120, "%s: trial %llu", figure->marked[m].name,
                         (unsigned long long)figure->marked[m].trial);
        keys[n] = (weft_svg_key){"knee", texts[n]};
    }
    return n;
}

/* Rings around the designs that are named. */
static void draw_marked(const weft_figure_shade *figure, const weft_axis *x, const weft_axis *y,
                        weft_markup *svg) {
    for (size_t i = 0; i < figure->n; i++) {
        const weft_figure_shaded *point = &figure->points[i];
        for (int m = 0; m < figure->n_marked && drawable(point); m++) {
            if (figure->marked[m].trial == point->trial) {
                weft_svg_mark_begin(svg, "knee", weft_axis_place(x, point->x),
                                    weft_axis_place(y, point->y), -1);
                weft_svg_mark_end(svg, "knee");
            }
        }
    }
}

weft_status weft_figure_shade_draw(const weft_figure_shade *figure, weft_markup *svg,
                                   weft_error *error) {
    weft_axis x, y;
    WEFT_TRY(fit_axes(figure, &x, &y, error));
    classes of = find_classes(figure);
    char texts[CLASSES + WEFT_SHADE_MARKED][120], marks[CLASSES][12], title[120];
    weft_svg_key keys[CLASSES + WEFT_SHADE_MARKED];
    int n = of.high > of.low ? fill_legend(figure, &of, texts, marks, keys) : 0;
    double legend_at = y.from + 68.0;
    weft_svg_begin(svg, &figure->head, legend_at + weft_svg_legend_height(keys, n) + 2.0);
    weft_svg_axes(svg, &x, &y);
    for (size_t i = 0; i < figure->n; i++) {
        const weft_figure_shaded *point = &figure->points[i];
        if (drawable(point)) {
            char mark[12];
            weft_text_format(mark, sizeof mark, "shade s%d", class_of(&of, point->z));
            draw_point(figure, point, mark, weft_axis_place(&x, point->x),
                       weft_axis_place(&y, point->y), svg);
        }
    }
    draw_marked(figure, &x, &y, svg);
    weft_text_format(title, sizeof title, "colour: %s", weft_metric_name(figure->z));
    weft_svg_text(svg, 2.0, legend_at - 8.0, WEFT_ANCHOR_START, "strong", n > 0 ? title : "");
    weft_svg_legend(svg, keys, n, legend_at);
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
