/* SPDX-License-Identifier: Apache-2.0
 *
 * A matrix of correlations: a cell for each pair, five classes of colour, hundredths written in the cells
 * where they have room. */
#include <math.h>

#include "report/figure.h"

static const double TOP = 10.0, RIGHT = 6.0, NAME_WIDTH = 150.0;

/* Height of slanted letters below the matrix, and cells that have room for two figures. */
static const double BELOW = 112.0, ROOMY = 15.5;

/* Classes from alike to unlike; what is less is in the last. */
static const double LEAST[] = {0.9, 0.8, 0.7, 0.5};
static const char *const CLASS_TEXTS[] = {"0.9 to 1", "0.8 to 0.9", "0.7 to 0.8", "0.5 to 0.7",
                                          "below 0.5"};
enum { CLASSES = 5, DARK_FROM = 2 };

static int class_of(double value) {
    int found = 0;
    while (found + 1 < CLASSES && value < LEAST[found]) {
        found++;
    }
    return found;
}

static double name_room(const weft_report_heat *figure) {
    double room = 40.0;
    for (int i = 0; i < figure->n; i++) {
        room = fmax(room, weft_svg_text_width(figure->names[i]) + 8.0);
    }
    return fmin(room, NAME_WIDTH);
}

static void draw_cell(const weft_report_heat *figure, int i, int j, double left, double side,
                      weft_markup *svg) {
    double value = figure->values[i * figure->n + j];
    double x = left + j * side, y = TOP + i * side;
    int kind = class_of(value);
    char mark[12];
    weft_text_format(mark, sizeof mark, isnan(value) ? "grid" : "shade s%d", kind);
    weft_markup_format(svg,
                       "<rect class=\"%s\"%s x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\">"
                       "<title>",
                       mark, isnan(value) ? " fill=\"none\"" : "", x, y, side, side);
    weft_markup_text(svg, figure->names[i]);
    weft_markup_raw(svg, ", ");
    weft_markup_text(svg, figure->names[j]);
    if (isnan(value)) {
        weft_markup_raw(svg, ": unknown</title></rect>\n");
        return;
    }
    weft_markup_format(svg, ": %.3f</title></rect>\n", value);
    if (side >= ROOMY && i != j) {
        weft_markup_format(svg,
                           "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\" "
                           "style=\"font-size:%.1fpx;fill:%s\">%.0f</text>\n",
                           x + 0.5 * side, y + 0.5 * side + 3.4, fmin(10.0, 0.55 * side),
                           kind >= DARK_FROM ? "#fff" : "#1b1f24", 100.0 * value);
    }
}

static void draw_names(const weft_report_heat *figure, double left, double side, weft_markup *svg) {
    double bottom = TOP + figure->n * side;
    double size = fmin(12.0, 0.9 * side);
    for (int i = 0; i < figure->n; i++) {
        char name[96];
        double at = (i + 0.5) * side;
        weft_svg_elide(figure->names[i], NAME_WIDTH - 8.0, name, sizeof name);
        weft_markup_format(svg,
                           "<text class=\"name\" text-anchor=\"end\" x=\"%.2f\" y=\"%.2f\" "
                           "style=\"font-size:%.1fpx\">",
                           left - 5.0, TOP + at + 0.35 * size, size);
        weft_markup_text(svg, name);
        weft_markup_format(svg,
                           "</text>\n<text text-anchor=\"end\" transform=\"translate(%.2f %.2f) "
                           "rotate(-55)\" style=\"font-size:%.1fpx\">",
                           left + at + 0.35 * size, bottom + 8.0, size);
        weft_markup_text(svg, name);
        weft_markup_raw(svg, "</text>\n");
    }
}

/* A line behind the last device of each cluster. */
static void draw_clusters(const weft_report_heat *figure, double left, double side,
                          weft_markup *svg) {
    double end = TOP + figure->n * side;
    for (int i = 1; i < figure->n; i++) {
        if (figure->clusters[i] != figure->clusters[i - 1]) {
            double at = i * side;
            weft_svg_line(svg, "knee", left, TOP + at, left + figure->n * side, TOP + at);
            weft_svg_line(svg, "knee", left + at, TOP, left + at, end);
        }
    }
}

weft_status weft_figure_heat_draw(const weft_report_heat *figure, weft_markup *svg,
                                  weft_error *error) {
    weft_svg_key keys[CLASSES];
    char marks[CLASSES][12];
    double left = name_room(figure);
    double side = fmin((WEFT_SVG_WIDTH - RIGHT - left) / figure->n, 40.0);
    double legend_at = TOP + figure->n * side + BELOW;
    for (int k = 0; k < CLASSES; k++) {
        weft_text_format(marks[k], sizeof marks[k], "shade s%d", k);
        keys[k] = (weft_svg_key){marks[k], CLASS_TEXTS[k]};
    }
    weft_svg_head head = {.id = "heat",
                          .standalone = true,
                          .title = figure->title,
                          .detail = "A cell for each pair of devices, coloured by the rank "
                                    "correlation of what they measured."};
    weft_svg_begin(svg, &head, legend_at + weft_svg_legend_height(keys, CLASSES) + 2.0);
    for (int i = 0; i < figure->n; i++) {
        for (int j = 0; j < figure->n; j++) {
            draw_cell(figure, i, j, left, side, svg);
        }
    }
    draw_clusters(figure, left, side, svg);
    draw_names(figure, left, side, svg);
    weft_svg_text(svg, 2.0, legend_at - 8.0, WEFT_ANCHOR_START, "strong", figure->title);
    weft_svg_legend(svg, keys, CLASSES, legend_at);
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
