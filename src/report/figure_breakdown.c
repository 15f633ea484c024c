/* SPDX-License-Identifier: Apache-2.0
 *
 * Where energy, latency and area of a network go: the whole split by part, then layer by layer. All
 * bars share one legend. */
#include <math.h>

#include "report/figure.h"

static const double ROW = 22.0, BAR = 15.0, NAME = 58.0, TOTAL = 96.0, SECTION = 40.0;

/* A narrower piece would vanish in the gap that parts it from its neighbours: it has none. */
static const double THIN = 2.5;

typedef struct quantity {
    const char *name, *unit;
    const double *by;
    double total;
} quantity;

static char *total_text(const quantity *q, char *buffer, size_t size) {
    return q->unit[0] == 'm' ? weft_text_format(buffer, size, "%.4g mm²", q->total)
                             : weft_si_text(q->total, q->unit, buffer, size);
}

static void draw_piece(const weft_cost *cost, const weft_figure_parts *parts, const quantity *q,
                       int p, double from, double to, double y, weft_markup *svg) {
    char share[WEFT_VALUE_TEXT];
    weft_percent_text(weft_figure_part_value(cost, parts, q->by, p) / q->total, share,
                      sizeof share);
    weft_markup_format(svg,
                       "<rect class=\"part c%d%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                       "height=\"%.1f\"><title>",
                       weft_figure_part_colour(parts, p), to - from < THIN ? " thin" : "", from,
                       y - 0.5 * BAR, to - from, BAR);
    weft_markup_text(svg, weft_figure_part_name(cost, parts, p));
    weft_markup_format(svg, ": %s of the %s</title></rect>\n", share, q->name);
}

/* One bar of full width: the parts' shares of the whole. */
static void draw_shares(const weft_cost *cost, const weft_figure_parts *parts, const quantity *q,
                        double y, weft_markup *svg) {
    double start = NAME, width = WEFT_SVG_WIDTH - NAME - TOTAL;
    weft_svg_text(svg, 2.0, y + 4.3, WEFT_ANCHOR_START, "name", q->name);
    for (int p = 0; p <= parts->n && q->total > 0.0; p++) {
        double value = weft_figure_part_value(cost, parts, q->by, p);
        if (value > 0.0 && isfinite(value)) {
            double end = start + width * value / q->total;
            draw_piece(cost, parts, q, p, start, end, y, svg);
            start = end;
        }
    }
    char text[WEFT_VALUE_TEXT];
    weft_svg_text(svg, WEFT_SVG_WIDTH - TOTAL + 6.0, y + 4.3, WEFT_ANCHOR_START, "",
                  total_text(q, text, sizeof text));
}

/* The chosen parts, and "other" where it is anywhere. */
static int fill_legend(const weft_cost *cost, const weft_figure_parts *parts, char marks[][16],
                       weft_svg_key *keys) {
    int n = 0;
    for (int p = 0; p <= parts->n; p++) {
        double sum = weft_figure_part_value(cost, parts, cost->energy_by, p) +
                     weft_figure_part_value(cost, parts, cost->latency_by, p) +
                     weft_figure_part_value(cost, parts, cost->area_by, p);
        if (sum > 0.0) {
            weft_text_format(marks[n], 16, "part c%d", weft_figure_part_colour(parts, p));
            keys[n] = (weft_svg_key){marks[n], weft_figure_part_name(cost, parts, p)};
            n++;
        }
    }
    return n;
}

weft_status weft_figure_breakdown_draw(const weft_svg_head *head, const weft_cost *cost,
                                       weft_markup *svg, weft_error *error) {
    const weft_total *total = &cost->total;
    const quantity quantities[] = {{"energy", "J", cost->energy_by, total->energy_j},
                                   {"latency", "s", cost->latency_by, total->latency_s},
                                   {"area", "mm²", cost->area_by, total->area_mm2}};
    enum { QUANTITIES = sizeof quantities / sizeof *quantities };
    weft_figure_parts parts = weft_figure_choose_parts(cost);
    char marks[WEFT_FIGURE_PARTS + 1][16];
    weft_svg_key keys[WEFT_FIGURE_PARTS + 1];
    int n_keys = fill_legend(cost, &parts, marks, keys);
    double legend = weft_svg_legend_height(keys, n_keys);
    weft_figure_layers layers[2];
    for (int i = 0; i < 2; i++) {
        layers[i] = (weft_figure_layers){.latency = i == 1, .cost = cost, .parts = &parts};
    }
    double rows = weft_figure_layers_height(&layers[0]);
    double y = 24.0 + legend + 10.0;
    weft_svg_begin(svg, head, y + QUANTITIES * ROW + 2.0 * (SECTION + rows) + 4.0);
    char title[160];
    weft_svg_elide(head->title, WEFT_SVG_WIDTH - 4.0, title, sizeof title);
    weft_svg_text(svg, 2.0, 12.0, WEFT_ANCHOR_START, "strong", title);
    weft_svg_legend(svg, keys, n_keys, 24.0);
    for (int i = 0; i < QUANTITIES; i++) {
        draw_shares(cost, &parts, &quantities[i], y + 0.5 * ROW, svg);
        y += ROW;
    }
    static const char *const titles[] = {"Energy of each layer", "Latency of each layer"};
    for (int i = 0; i < 2; i++) {
        weft_svg_text(svg, 2.0, y + 28.0, WEFT_ANCHOR_START, "strong", titles[i]);
        weft_figure_layers_rows(&layers[i], y + SECTION, svg);
        y += SECTION + rows;
    }
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
