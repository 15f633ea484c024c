/* SPDX-License-Identifier: Apache-2.0
 *
 * A front: every feasible trial as a dot, the non-dominated ones joined by steps (between two of
 * them nothing better than their corner is known), final designs with their test accuracy. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"

static const double TOP = 30.0, PLOT_HEIGHT = 230.0, RIGHT = 12.0;

/* Longer names of designs are numbers of trials in a legend. */
enum { BRIEF = 40 };

static bool drawable(const weft_figure_point *point) {
    return isfinite(point->x) && isfinite(point->y);
}

static weft_axis_style style_of(const weft_figure_scatter *figure, weft_metric metric) {
    bool accuracy = metric == WEFT_METRIC_ACCURACY;
    return (weft_axis_style){.name = accuracy ? figure->accuracy_word : weft_metric_name(metric),
                             .unit = weft_metric_unit_text(metric),
                             .scale = weft_metric_scale(metric),
                             .allow_log = weft_metric_scale(metric) != WEFT_SCALE_PERCENT};
}

/* Fits both axes; the x axis starts where the labels of the y axis end. */
static weft_status fit_axes(const weft_figure_scatter *figure, weft_axis *x, weft_axis *y,
                            weft_error *error) {
    size_t room = 2 * figure->n + 1;
    double *values = calloc(room, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, room * sizeof *values);
    }
    size_t n = 0;
    for (size_t i = 0; i < figure->n; i++) {
        if (drawable(&figure->points[i])) {
            values[n++] = figure->points[i].y;
            values[n++] = figure->points[i].test;
        }
    }
    weft_axis_style style = style_of(figure, figure->y);
    weft_axis_fit(y, &style, values, n, TOP + PLOT_HEIGHT, TOP, false);
    n = 0;
    for (size_t i = 0; i < figure->n; i++) {
        if (drawable(&figure->points[i])) {
            values[n++] = figure->points[i].x;
        }
    }
    style = style_of(figure, figure->x);
    double left = fmax(28.0, weft_axis_label_width(y) + 11.0);
    weft_axis_fit(x, &style, values, n, left, WEFT_SVG_WIDTH - RIGHT, true);
    free(values);
    return WEFT_OK;
}

/* "trial 12: V32,R64; accuracy 81.2 %, energy 3.42 mJ". */
static void tooltip(const weft_figure_scatter *figure, const weft_figure_point *point, bool test,
                    weft_markup *svg) {
    char text[WEFT_VALUE_TEXT];
    weft_markup_format(svg, "<title>trial %llu: ", (unsigned long long)point->trial);
    weft_markup_text(svg, point->label);
    weft_metric_text(figure->y, test ? point->test : point->y, text, sizeof text);
    weft_markup_format(svg, "; %s%s %s", test ? "test " : "", weft_metric_name(figure->y), text);
    weft_metric_text(figure->x, point->x, text, sizeof text);
    weft_markup_format(svg, ", %s %s</title>", weft_metric_name(figure->x), text);
}

static void draw_dominated(const weft_figure_scatter *figure, const weft_axis *x,
                           const weft_axis *y, size_t n_dominated, weft_markup *svg) {
    bool shared = n_dominated > WEFT_FIGURE_MARKS;
    weft_markup_raw(svg, shared ? "<path class=\"trials\" d=\"" : "");
    for (size_t i = 0; i < figure->n; i++) {
        const weft_figure_point *point = &figure->points[i];
        if (!drawable(point) || point->front) {
            continue;
        }
        double at_x = weft_axis_place(x, point->x), at_y = weft_axis_place(y, point->y);
        if (shared) {
            weft_markup_format(svg, "M%.1f %.1fh0", at_x, at_y);
            continue;
        }
        weft_svg_mark_begin(svg, "trial", at_x, at_y, (int64_t)point->trial);
        tooltip(figure, point, false, svg);
        weft_svg_mark_end(svg, "trial");
    }
    weft_markup_raw(svg, shared ? "\"/>\n" : "");
}

static int by_x(const void *a, const void *b) {
    const weft_figure_point *const *p = a, *const *q = b;
    if ((*p)->x != (*q)->x) {
        return (*p)->x < (*q)->x ? -1 : 1;
    }
    return (*p)->y < (*q)->y ? -1 : (*p)->y > (*q)->y;
}

/* The steps through the front's points, in order of x. The corner between two neighbours is their
 * worse value of both: what the better designs guarantee there. */
static void draw_steps(const weft_figure_scatter *figure, const weft_axis *x, const weft_axis *y,
                       const weft_figure_point *const *front, size_t n, weft_markup *svg) {
    if (n < 2) {
        return;
    }
    weft_markup_raw(svg, "<path class=\"step\" d=\"");
    for (size_t i = 0; i < n; i++) {
        double at_x = weft_axis_place(x, front[i]->x), at_y = weft_axis_place(y, front[i]->y);
        if (i == 0) {
            weft_markup_format(svg, "M%.2f %.2f", at_x, at_y);
        } else if (figure->x_maximise) {
            weft_markup_format(svg, "V%.2fH%.2f", at_y, at_x);
        } else {
            weft_markup_format(svg, "H%.2fV%.2f", at_x, at_y);
        }
    }
    weft_markup_raw(svg, "\"/>\n");
}

static void draw_front(const weft_figure_scatter *figure, const weft_axis *x, const weft_axis *y,
                       const weft_figure_point *const *front, size_t n, weft_markup *svg) {
    draw_steps(figure, x, y, front, n, svg);
    for (size_t i = 0; i < n; i++) {
        double at_x = weft_axis_place(x, front[i]->x);
        if (isfinite(front[i]->test)) {
            weft_svg_line(svg, "tie", at_x, weft_axis_place(y, front[i]->y), at_x,
                          weft_axis_place(y, front[i]->test));
        }
    }
    for (size_t i = 0; i < n; i++) {
        weft_svg_mark_begin(svg, "front", weft_axis_place(x, front[i]->x),
                            weft_axis_place(y, front[i]->y), (int64_t)front[i]->trial);
        tooltip(figure, front[i], false, svg);
        weft_svg_mark_end(svg, "front");
    }
}

/* Test accuracies and the ring of the knee; a final design need not be on this front. */
static void draw_finals(const weft_figure_scatter *figure, const weft_axis *x, const weft_axis *y,
                        weft_markup *svg) {
    for (size_t i = 0; i < figure->n; i++) {
        const weft_figure_point *point = &figure->points[i];
        if (!drawable(point)) {
            continue;
        }
        double at_x = weft_axis_place(x, point->x);
        if (point->knee) {
            weft_svg_mark_begin(svg, "knee", at_x, weft_axis_place(y, point->y), -1);
            weft_svg_mark_end(svg, "knee");
        }
        if (isfinite(point->test)) {
            weft_svg_mark_begin(svg, "test", at_x, weft_axis_place(y, point->test),
                                (int64_t)point->trial);
            tooltip(figure, point, true, svg);
            weft_svg_mark_end(svg, "test");
        }
    }
}

/* What the legend needs to know. */
typedef struct census {
    size_t dominated, front, tests;
    const weft_figure_point *knee;
} census;

static census count_points(const weft_figure_scatter *figure) {
    census count = {0};
    for (size_t i = 0; i < figure->n; i++) {
        const weft_figure_point *point = &figure->points[i];
        if (drawable(point)) {
            count.front += point->front;
            count.dominated += !point->front;
            count.tests += isfinite(point->test) ? 1 : 0;
            count.knee = point->knee ? point : count.knee;
        }
    }
    return count;
}

static int fill_legend(const weft_figure_scatter *figure, const census *count, char texts[4][320],
                       weft_svg_key *keys) {
    int n = 0;
    if (count->dominated > 0) {
        weft_text_format(texts[n], 320, "other trials (%zu)", count->dominated);
        keys[n] = (weft_svg_key){"trial", texts[n]};
        n++;
    }
    if (count->front > 0) {
        weft_text_format(texts[n], 320, "%s (%zu)", figure->front_word, count->front);
        keys[n] = (weft_svg_key){"front", texts[n]};
        n++;
    }
    if (count->tests > 0) {
        weft_text_format(texts[n], 320, "test %s (%zu)", weft_metric_name(figure->y), count->tests);
        keys[n] = (weft_svg_key){"test", texts[n]};
        n++;
    }
    if (count->knee != NULL) {
        char number[24];
        weft_text_format(number, sizeof number, "%llu", (unsigned long long)count->knee->trial);
        bool brief = strlen(count->knee->label) <= BRIEF;
        weft_text_format(texts[n], 320, brief ? "knee: %s" : "knee: trial %s",
                         brief ? count->knee->label : number);
        keys[n] = (weft_svg_key){"knee", texts[n]};
        n++;
    }
    return n;
}

weft_status weft_figure_scatter_draw(const weft_figure_scatter *figure, weft_markup *svg,
                                     weft_error *error) {
    weft_axis x, y;
    WEFT_TRY(fit_axes(figure, &x, &y, error));
    census count = count_points(figure);
    const weft_figure_point **front = calloc(count.front + 1, sizeof *front);
    if (front == NULL) {
        return weft_fail_memory(error, (count.front + 1) * sizeof *front);
    }
    size_t n_front = 0;
    for (size_t i = 0; i < figure->n; i++) {
        if (drawable(&figure->points[i]) && figure->points[i].front) {
            front[n_front++] = &figure->points[i];
        }
    }
    qsort(front, n_front, sizeof *front, by_x);

    char texts[4][320];
    weft_svg_key keys[4];
    int n_keys = fill_legend(figure, &count, texts, keys);
    double legend_at = y.from + 48.0;
    weft_svg_begin(svg, &figure->head, legend_at + weft_svg_legend_height(keys, n_keys) + 2.0);
    if (count.dominated + count.front == 0) {
        x.n_ticks = y.n_ticks = 0;
    }
    weft_svg_axes(svg, &x, &y);
    if (count.dominated + count.front == 0) {
        weft_svg_text(svg, 0.5 * (x.from + x.to), 0.5 * (y.from + y.to), WEFT_ANCHOR_MIDDLE, "",
                      "no feasible trial");
    }
    draw_dominated(figure, &x, &y, count.dominated, svg);
    draw_front(figure, &x, &y, front, n_front, svg);
    draw_finals(figure, &x, &y, svg);
    weft_svg_legend(svg, keys, n_keys, legend_at);
    weft_svg_end(svg);
    free(front);
    return weft_markup_check(svg, error);
}
