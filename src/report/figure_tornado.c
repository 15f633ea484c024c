/* SPDX-License-Identifier: Apache-2.0
 *
 * What one step of each gene does to a metric: a row for each gene, with a bar from the design's own
 * value to that of a step down its list (above) and one of a step up (below). */
#include <math.h>
#include <stdlib.h>

#include "report/figure.h"

/* Above the rows stand the title and the design's own value. A row has two bars and their labels. */
static const double TOP = 48.0, ROW = 40.0, BAR = 9.0, HALF = 18.0, RIGHT = 16.0;

/* Widest columns for names of genes, and for "128 → 64". */
static const double NAME_WIDTH = 130.0, LABEL_WIDTH = 140.0;

/* Values that span more than this are multiples of the design's own on a logarithmic axis. */
static const double MOST_SPAN = 30.0;

/* A narrower bar would vanish in the edge that bars have: it has none. */
static const double THIN = 2.5;

/* Bars of steps that cannot be are outlines. */
static const char *const FILLED[] = {"part c0", "part c3"}, *const OUTLINED[] = {"part ring l0",
                                                                                 "part ring l3"};

/* How values are drawn. */
typedef enum drawing { DRAW_CHANGE, DRAW_MULTIPLE, DRAW_VALUE } drawing;

static drawing choose_drawing(const weft_report_tornado *figure) {
    double low = figure->base, high = figure->base;
    for (int i = 0; i < 2 * figure->n; i++) {
        const weft_report_tornado_step *step = &figure->rows[i / 2].steps[i % 2];
        if (step->text != NULL && isfinite(step->value)) {
            low = fmin(low, step->value);
            high = fmax(high, step->value);
        }
    }
    return figure->base == 0.0                   ? DRAW_VALUE
           : low > 0.0 && high / low > MOST_SPAN ? DRAW_MULTIPLE
                                                 : DRAW_CHANGE;
}

static double drawn_value(const weft_report_tornado *figure, drawing how, double value) {
    return how == DRAW_CHANGE     ? (value - figure->base) / fabs(figure->base)
           : how == DRAW_MULTIPLE ? value / figure->base
                                  : value;
}

/* "128 → 64", "0.8 → 0.75 V". */
static char *step_text(const weft_report_tornado_row *row, int way, char *buffer, size_t size) {
    return weft_text_format(buffer, size, "%s → %s%s%s", row->own, row->steps[way].text,
                            row->unit[0] == '\0' ? "" : " ", row->unit);
}

/* Room for the widest name, and for the widest label of a step. */
static double name_room(const weft_report_tornado *figure) {
    double room = 50.0;
    for (int i = 0; i < figure->n; i++) {
        room = fmax(room, weft_svg_text_width(figure->rows[i].gene) + 8.0);
    }
    return fmin(room, NAME_WIDTH);
}

static double label_room(const weft_report_tornado *figure) {
    double room = 20.0;
    for (int i = 0; i < 2 * figure->n; i++) {
        char text[160];
        if (figure->rows[i / 2].steps[i % 2].text != NULL) {
            step_text(&figure->rows[i / 2], i % 2, text, sizeof text);
            room = fmax(room, weft_svg_text_width(text) + 12.0);
        }
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

static weft_status fit_axis(const weft_report_tornado *figure, drawing how, weft_axis *x,
                            weft_error *error) {
    size_t n = 2 * (size_t)figure->n + 1;
    double *values = calloc(n, sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, n * sizeof *values);
    }
    values[0] = drawn_value(figure, how, figure->base);
    for (int i = 0; i < 2 * figure->n; i++) {
        const weft_report_tornado_step *step = &figure->rows[i / 2].steps[i % 2];
        values[1 + i] = step->text == NULL ? NAN : drawn_value(figure, how, step->value);
    }
    char name[120];
    weft_text_format(name, sizeof name, "%s%.60s%s", how == DRAW_CHANGE ? "change of " : "",
                     figure->name, how == DRAW_MULTIPLE ? ", times the design's own" : "");
    weft_axis_style style = {.name = name,
                             .unit = how == DRAW_VALUE ? figure->unit : "",
                             .scale = how == DRAW_CHANGE                    ? WEFT_SCALE_PERCENT
                                      : how == DRAW_VALUE && !figure->plain ? WEFT_SCALE_PREFIX
                                                                            : WEFT_SCALE_PLAIN,
                             .allow_log = how == DRAW_MULTIPLE};
    weft_axis_fit(x, &style, values, n, name_room(figure) + label_room(figure),
                  WEFT_SVG_WIDTH - RIGHT, true);
    free(values);
    return WEFT_OK;
}

/* What a figure is drawn with. */
typedef struct plan {
    const weft_report_tornado *figure;
    drawing how;
    weft_axis x;
    double base; /* where the design's own value is */
} plan;

static void draw_bar(const plan *of, const weft_report_tornado_row *row, int way, double y,
                     weft_markup *svg) {
    const weft_report_tornado_step *step = &row->steps[way];
    bool known = isfinite(step->value);
    double at = known ? weft_axis_place(&of->x, drawn_value(of->figure, of->how, step->value))
                      : of->base;
    char label[160], shown[96], value[WEFT_VALUE_TEXT + 24];
    step_text(row, way, label, sizeof label);
    weft_svg_text(svg, of->x.from - 8.0, y + 4.3, WEFT_ANCHOR_END, "",
                  weft_svg_elide(label, LABEL_WIDTH - 12.0, shown, sizeof shown));
    weft_markup_format(
        svg, "<rect class=\"%s%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.1f\"><title>",
        step->feasible ? FILLED[way] : OUTLINED[way],
        step->feasible && fabs(at - of->base) < THIN ? " thin" : "", fmin(of->base, at),
        y - 0.5 * BAR, fabs(at - of->base), BAR);
    weft_markup_text(svg, row->gene);
    weft_markup_raw(svg, " ");
    weft_markup_text(svg, label);
    weft_markup_format(svg, ": %s%s</title></rect>\n",
                       value_text(of->figure, step->value, value, sizeof value),
                       step->feasible ? "" : ", infeasible");
    if (!known) {
        bool right = of->base < 0.5 * (of->x.from + of->x.to);
        weft_svg_text(svg, of->base + (right ? 5.0 : -5.0), y + 4.3,
                      right ? WEFT_ANCHOR_START : WEFT_ANCHOR_END, "", "infeasible");
    }
}

static void draw_rows(const plan *of, weft_markup *svg) {
    for (int i = 0; i < of->figure->n; i++) {
        const weft_report_tornado_row *row = &of->figure->rows[i];
        double middle = TOP + ROW * (i + 0.5);
        char name[64];
        weft_svg_elide(row->gene, NAME_WIDTH - 8.0, name, sizeof name);
        weft_svg_text(svg, 2.0, middle + 4.3, WEFT_ANCHOR_START, "name", name);
        bool both = row->steps[0].text != NULL && row->steps[1].text != NULL;
        for (int way = 0; way < 2; way++) {
            if (row->steps[way].text != NULL) {
                draw_bar(of, row, way, middle + (both ? (way - 0.5) * HALF : 0.0), svg);
            }
        }
    }
}

/* The grid, the design's own value at its line, and the ticks below. */
static void draw_frame(const plan *of, double bottom, weft_markup *svg) {
    const weft_axis *x = &of->x;
    for (int i = 0; i < x->n_ticks; i++) {
        double at = weft_axis_place(x, x->ticks[i].value);
        weft_svg_line(svg, "grid", at, TOP, at, bottom);
        weft_svg_text(svg, at, bottom + 18.0, WEFT_ANCHOR_MIDDLE, "", x->ticks[i].label);
    }
    weft_svg_line(svg, "axis", x->from, bottom, x->to, bottom);
    weft_svg_text(svg, x->to, bottom + 37.0, WEFT_ANCHOR_END, "strong", x->title);
    weft_svg_line(svg, "knee", of->base, TOP - 4.0, of->base, bottom);
    char own[WEFT_VALUE_TEXT + 24], text[WEFT_VALUE_TEXT + 48];
    weft_text_format(text, sizeof text, "this design: %s",
                     value_text(of->figure, of->figure->base, own, sizeof own));
    double half = 0.5 * weft_svg_text_width(text);
    weft_svg_text(svg, fmax(half, fmin(of->base, WEFT_SVG_WIDTH - half)), TOP - 10.0,
                  WEFT_ANCHOR_MIDDLE, "strong", text);
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
    plan of = {.figure = figure, .how = choose_drawing(figure)};
    weft_svg_key keys[3];
    WEFT_TRY(fit_axis(figure, of.how, &of.x, error));
    of.base = weft_axis_place(&of.x, drawn_value(figure, of.how, figure->base));
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
    draw_frame(&of, bottom, svg);
    draw_rows(&of, svg);
    weft_svg_legend(svg, keys, n_keys, bottom + 48.0);
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
