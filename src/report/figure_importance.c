/* SPDX-License-Identifier: Apache-2.0
 *
 * How much each gene counts: a panel for each quantity, a bar for each gene or pair of genes. */
#include <math.h>

#include "report/figure.h"

/* Above the panels stands the title, above a panel's rows its name and what its forest is worth. */
static const double TOP = 22.0, HEAD = 40.0, ROW = 21.0, BAR = 11.0, FOOT = 44.0, GAP = 10.0;
static const double NAME_WIDTH = 200.0, VALUE_WIDTH = 66.0;

/* Below it shares are said to be unreliable. */
static const double LEAST_R2 = 0.5;

static double name_room(const weft_report_importance *figure) {
    double room = 40.0;
    for (int p = 0; p < figure->n; p++) {
        for (int i = 0; i < figure->panels[p].n; i++) {
            room = fmax(room, weft_svg_text_width(figure->panels[p].rows[i].name) + 8.0);
        }
    }
    return fmin(room, NAME_WIDTH);
}

static double panel_height(const weft_report_importance_panel *panel) {
    return HEAD + ROW * panel->n + FOOT + GAP;
}

/* All panels have one axis, so that they compare. */
static void fit_axis(const weft_report_importance *figure, weft_axis *x) {
    double most = 0.05;
    for (int p = 0; p < figure->n; p++) {
        for (int i = 0; i < figure->panels[p].n; i++) {
            const weft_report_importance_row *row = &figure->panels[p].rows[i];
            most = fmax(most, row->share + row->deviation);
        }
    }
    weft_axis_style style = {.name = "share of the variance",
                             .unit = "",
                             .scale = WEFT_SCALE_PERCENT,
                             .from_zero = true};
    weft_axis_fit(x, &style, &most, 1, name_room(figure), WEFT_SVG_WIDTH - VALUE_WIDTH, true);
}

static void draw_row(const weft_axis *x, const weft_report_importance_row *row, double y,
                     weft_markup *svg) {
    char name[96], value[WEFT_VALUE_TEXT], deviation[WEFT_VALUE_TEXT];
    double end = weft_axis_place(x, row->share);
    double low = weft_axis_place(x, fmax(row->share - row->deviation, 0.0));
    double high = weft_axis_place(x, row->share + row->deviation);
    weft_percent_text(row->share, value, sizeof value);
    weft_percent_text(row->deviation, deviation, sizeof deviation);
    weft_svg_text(svg, x->from - 6.0, y + 4.3, WEFT_ANCHOR_END, "name",
                  weft_svg_elide(row->name, NAME_WIDTH - 8.0, name, sizeof name));
    weft_markup_format(svg,
                       "<rect class=\"part c0%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                       "height=\"%.1f\"><title>",
                       end - x->from < 2.5 ? " thin" : "", x->from, y - 0.5 * BAR, end - x->from,
                       BAR);
    weft_markup_text(svg, row->name);
    weft_markup_format(svg, ": %s ± %s</title></rect>\n", value, deviation);
    weft_svg_line(svg, "axis", low, y, high, y);
    weft_svg_line(svg, "axis", low, y - 3.0, low, y + 3.0);
    weft_svg_line(svg, "axis", high, y - 3.0, high, y + 3.0);
    weft_svg_text(svg, fmax(end, high) + 5.0, y + 4.3, WEFT_ANCHOR_START, "", value);
}

static void draw_panel(const weft_axis *x, const weft_report_importance_panel *panel, double top,
                       weft_markup *svg) {
    char text[200], share[WEFT_VALUE_TEXT];
    double first = top + HEAD;
    double bottom = first + ROW * panel->n;
    weft_percent_text(fmax(panel->r2, 0.0), share, sizeof share);
    weft_text_format(text, sizeof text, "%zu trials; of unseen ones %s is explained%s",
                     panel->n_trials, share, panel->r2 >= LEAST_R2 ? "" : ": unreliable");
    weft_svg_text(svg, 2.0, top + 12.0, WEFT_ANCHOR_START, "strong", panel->name);
    weft_svg_text(svg, 2.0, top + 28.0, WEFT_ANCHOR_START, "", text);
    for (int i = 0; i < x->n_ticks; i++) {
        double at = weft_axis_place(x, x->ticks[i].value);
        weft_svg_line(svg, "grid", at, first, at, bottom);
        weft_svg_text(svg, at, bottom + 16.0, WEFT_ANCHOR_MIDDLE, "", x->ticks[i].label);
    }
    weft_svg_line(svg, "axis", x->from, first, x->from, bottom);
    weft_svg_text(svg, x->to, bottom + 33.0, WEFT_ANCHOR_END, "strong", x->title);
    for (int i = 0; i < panel->n; i++) {
        draw_row(x, &panel->rows[i], first + ROW * (i + 0.5), svg);
    }
}

weft_status weft_figure_importance_draw(const weft_report_importance *figure,
                                        const weft_svg_head *head, weft_markup *svg,
                                        weft_error *error) {
    weft_axis x;
    double height = TOP;
    char title[160];
    for (int p = 0; p < figure->n; p++) {
        height += panel_height(&figure->panels[p]);
    }
    fit_axis(figure, &x);
    weft_svg_begin(svg, head, height);
    weft_svg_text(svg, 2.0, 14.0, WEFT_ANCHOR_START, "strong",
                  weft_svg_elide(figure->title, WEFT_SVG_WIDTH - 4.0, title, sizeof title));
    double top = TOP;
    for (int p = 0; p < figure->n; p++) {
        draw_panel(&x, &figure->panels[p], top, svg);
        top += panel_height(&figure->panels[p]);
    }
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
