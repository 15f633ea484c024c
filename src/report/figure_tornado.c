/* SPDX-License-Identifier: Apache-2.0
 *
 * What one step of each gene does to a metric: a row for each gene, with a bar from the design's own
 * value to that of a step down its list (above) and one of a step up (below). */
#include <math.h>
#include <stdlib.h>

#include "report/figure.h"

static const double TOP = 30.0, ROW = 30.0, BAR = 9.0, HALF = 13.0;

/* Widest columns for names of genes, and for what stands beside bars. */
static const double NAME_WIDTH = 170.0, LABEL_WIDTH = 72.0;

/* Bars of steps that cannot be are outlines. */
static const char *const FILLED[] = {"part c0", "part c3"}, *const OUTLINED[] = {"part ring l0",
                                                                                 "part ring l3"};

/* Room for the widest name, and for the widest label of a step. */
static double name_room(const weft_report_tornado *figure) {
    double room = 60.0;
    for (int i = 0; i < figure->n; i++) {
        room = fmax(room, weft_svg_text_width(figure->rows[i].gene) + 8.0);
    }
    return fmin(room, NAME_WIDTH);
}

static double label_room(const weft_report_tornado *figure) {
    double room = 20.0;
    for (int i = 0; i < 2 * figure->n; i++) {
        const char *text = figure->rows[i / 2].steps[i % 2].text;
        room = fmax(room, text == NULL ? 0.0 : weft_svg_text_width(text) + 8.0);
    }
    return fmin(room, LABEL_WIDTH);
}

static char *value_text(const weft_report_tornado *figure, double value, char *buffer,
                        size_t size) {
    if (!figure->plain) {
        return weft_si_text(value, figure->unit, buffer, size);
    }
    char number[WEFT_VALUE_TEXT];
    weft_plain_text(value, 4, number, sizeof number);
    return weft_text_format(buffer, size, "%s%s%s", number, figure->unit[0] == '\0' ? "" : " ",
                            figure->unit);
}

static weft_status fit_axis(const weft_report_tornado *figure, weft_axis *x, weft_error *error) {
    size_t n = 2 * (size_t)figure->n + 1;
    double *values = calloc(n, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, n * sizeof *values);
    }
    values[0] = figure->base;
    for (int i = 0; i < figure->n; i++) {
        for (int way = 0; way < 2; way++) {
            const weft_report_tornado_step *step = &figure->rows[i].steps[way];
            values[1 + 2 * i + way] = step->text == NULL ? NAN : step->value;
        }
    }
    weft_axis_style style = {.name = figure->name,
                             .unit = figure->unit,
                             .scale = figure->plain ? WEFT_SCALE_PLAIN : WEFT_SCALE_PREFIX,
                             .allow_log = true};
    weft_axis_fit(x, &style, values, n, name_room(figure) + label_room(figure),
                  WEFT_SVG_WIDTH - label_room(figure), true);
    free(values);
    return WEFT_OK;
}

static void draw_bar(const weft_report_tornado *figure, const weft_report_tornado_row *row, int way,
                     const weft_axis *x, double y, weft_markup *svg) {
    const weft_report_tornado_step *step = &row->steps[way];
    double base = weft_axis_place(x, figure->base);
    double at = isfinite(step->value) ? weft_axis_place(x, step->value) : base;
    char value[WEFT_VALUE_TEXT + 24];
    weft_markup_format(
        svg, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.1f\"><title>",
        step->feasible ? FILLED[way] : OUTLINED[way], fmin(base, at), y - 0.5 * BAR,
        fabs(at - base), BAR);
    weft_markup_text(svg, row->gene);
    weft_markup_raw(svg, " ");
    weft_markup_text(svg, step->text);
    weft_markup_format(svg, ": %s%s</title></rect>\n",
                       value_text(figure, step->value, value, sizeof value),
                       step->feasible ? "" : ", infeasible");
    char text[64];
    weft_svg_elide(step->text, LABEL_WIDTH - 6.0, text, sizeof text);
    bool left = at < base;
    weft_svg_text(svg, left ? at - 5.0 : at + 5.0, y + 4.3,
                  left ? WEFT_ANCHOR_END : WEFT_ANCHOR_START, "", text);
}

static void draw_rows(const weft_report_tornado *figure, const weft_axis *x, weft_markup *svg) {
    for (int i = 0; i < figure->n; i++) {
        const weft_report_tornado_row *row = &figure->rows[i];
        double middle = TOP + ROW * (i + 0.5);
        char name[64];
        weft_svg_elide(row->gene, NAME_WIDTH - 8.0, name, sizeof name);
        weft_svg_text(svg, 2.0, middle + 4.3, WEFT_ANCHOR_START, "name", name);
        bool both = row->steps[0].text != NULL && row->steps[1].text != NULL;
        for (int way = 0; way < 2; way++) {
            if (row->steps[way].text != NULL) {
                draw_bar(figure, row, way, x, middle + (both ? (way - 0.5) * HALF : 0.0), svg);
            }
        }
    }
}

/* The grid, the design's own value, and the ticks below. */
static void draw_frame(const weft_report_tornado *figure, const weft_axis *x, double bottom,
                       weft_markup *svg) {
    for (int i = 0; i < x->n_ticks; i++) {
        double at = weft_axis_place(x, x->ticks[i].value);
        weft_svg_line(svg, "grid", at, TOP, at, bottom);
        weft_svg_text(svg, at, bottom + 18.0, WEFT_ANCHOR_MIDDLE, "", x->ticks[i].label);
    }
    weft_svg_line(svg, "axis", x->from, bottom, x->to, bottom);
    weft_svg_text(svg, x->to, bottom + 37.0, WEFT_ANCHOR_END, "strong", x->title);
    double base = weft_axis_place(x, figure->base);
    weft_svg_line(svg, "knee", base, TOP, base, bottom);
}

static int fill_legend(const weft_report_tornado *figure, weft_svg_key *keys) {
    bool outlined = false;
    int n = 0;
    for (int i = 0; i < figure->n; i++) {
        for (int way = 0; way < 2; way++) {
            const weft_report_tornado_step *step = &figure->rows[i].steps[way];
            outlined = outlined || (step->text != NULL && !step->feasible);
        }
    }
    keys[n++] = (weft_svg_key){FILLED[0], "one step down"};
    keys[n++] = (weft_svg_key){FILLED[1], "one step up"};
    if (outlined) {
        keys[n++] = (weft_svg_key){OUTLINED[0], "infeasible"};
    }
    return n;
}

weft_status weft_figure_tornado_draw(const weft_report_tornado *figure, weft_markup *svg,
                                     weft_error *error) {
    weft_axis x;
    weft_svg_key keys[3];
    WEFT_TRY(fit_axis(figure, &x, error));
    double bottom = TOP + ROW * figure->n;
    int n_keys = fill_legend(figure, keys);
    char detail[240], base[WEFT_VALUE_TEXT + 24], title[160];
    weft_text_format(detail, sizeof detail,
                     "Bars from the design's own %.60s, %s, to that of designs one step aside; %d "
                     "genes, the strongest first.",
                     figure->name, value_text(figure, figure->base, base, sizeof base), figure->n);
    weft_svg_head head = {
        .id = "tornado", .standalone = true, .title = figure->title, .detail = detail};
    weft_svg_begin(svg, &head, bottom + 50.0 + weft_svg_legend_height(keys, n_keys));
    weft_svg_elide(figure->title, WEFT_SVG_WIDTH - 4.0, title, sizeof title);
    weft_svg_text(svg, 2.0, 14.0, WEFT_ANCHOR_START, "strong", title);
    draw_frame(figure, &x, bottom, svg);
    draw_rows(figure, &x, svg);
    weft_svg_legend(svg, keys, n_keys, bottom + 48.0);
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
