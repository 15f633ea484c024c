/* SPDX-License-Identifier: Apache-2.0
 *
 * What each layer costs, as bars stacked by part, in the order of the network. */
#include <math.h>
#include <string.h>

#include "report/figure.h"

/* A part with less than this share of both totals is summed up as "other". */
static const double LEAST_SHARE = 0.02;

/* In a figure, a part with less than this share of its total joins "other". */
static const double LEAST_SHOWN = 0.005;

/* A narrower piece would vanish in the gap that parts it from its neighbours: it has none. */
static const double THIN = 2.5;

/* Rows, and the room between blocks. */
static const double ROW = 20.0, BAR = 13.0, BLOCK_GAP = 6.0;

/* Widest column for the layers' names. */
static const double NAME_WIDTH = 160.0;

static const double *by_part(const weft_layer_cost *layer, bool latency) {
    return latency ? layer->latency_by : layer->energy_by;
}

static double of_layer(const weft_layer_cost *layer, bool latency) {
    return latency ? layer->latency_s : layer->energy_j;
}

weft_figure_parts weft_figure_choose_parts(const weft_cost *cost) {
    double weight[WEFT_MAX_PARTS];
    int rank[WEFT_MAX_PARTS]; /* from 0; -1: not chosen */
    for (int c = 0; c < cost->n_parts; c++) {
        double energy = cost->total.energy_j > 0 ? cost->energy_by[c] / cost->total.energy_j : 0.0;
        double time = cost->total.latency_s > 0 ? cost->latency_by[c] / cost->total.latency_s : 0.0;
        weight[c] = fmax(energy, time);
        rank[c] = -1;
    }
    weft_figure_parts parts = {0};
    for (int k = 0; k < WEFT_FIGURE_PARTS; k++) {
        int best = -1;
        for (int c = 0; c < cost->n_parts; c++) {
            if (rank[c] < 0 && weight[c] >= LEAST_SHARE && (best < 0 || weight[c] > weight[best])) {
                best = c;
            }
        }
        if (best >= 0) {
            rank[best] = k;
        }
    }
    for (int c = 0; c < cost->n_parts; c++) {
        if (rank[c] >= 0) {
            parts.colours[parts.n] = rank[c];
            parts.part[parts.n++] = c;
        }
    }
    return parts;
}

/* The parts that can be seen in one figure; they keep their colours. */
static weft_figure_parts shown_parts(const weft_figure_layers *figure) {
    const weft_cost *cost = figure->cost;
    const double *by = figure->latency ? cost->latency_by : cost->energy_by;
    double total = figure->latency ? cost->total.latency_s : cost->total.energy_j;
    weft_figure_parts shown = {0};
    for (int p = 0; p < figure->parts->n; p++) {
        if (by[figure->parts->part[p]] >= LEAST_SHOWN * total) {
            shown.colours[shown.n] = figure->parts->colours[p];
            shown.part[shown.n++] = figure->parts->part[p];
        }
    }
    return shown;
}

double weft_figure_part_value(const weft_cost *cost, const weft_figure_parts *parts,
                              const double *by, int p) {
    if (p < parts->n) {
        return by[parts->part[p]];
    }
    double sum = 0.0;
    for (int c = 0; c < cost->n_parts; c++) {
        bool own = false;
        for (int k = 0; k < parts->n; k++) {
            own = own || parts->part[k] == c;
        }
        sum += own ? 0.0 : by[c];
    }
    return sum;
}

const char *weft_figure_part_name(const weft_cost *cost, const weft_figure_parts *parts, int p) {
    return p < parts->n ? cost->parts[parts->part[p]].text : "other";
}

/* c6 is the grey of "other". */
int weft_figure_part_colour(const weft_figure_parts *parts, int p) {
    return p < parts->n ? parts->colours[p] : WEFT_FIGURE_PARTS;
}

static void draw_bar(const weft_figure_layers *figure, const weft_axis *x,
                     const weft_layer_cost *layer, double y, weft_markup *svg) {
    const double *by = by_part(layer, figure->latency);
    const char *unit = figure->latency ? "s" : "J";
    double start = 0.0;
    for (int p = 0; p <= figure->parts->n; p++) {
        double value = weft_figure_part_value(figure->cost, figure->parts, by, p);
        if (!(value > 0.0) || !isfinite(value)) {
            continue;
        }
        double from = weft_axis_place(x, start), to = weft_axis_place(x, start + value);
        char text[WEFT_VALUE_TEXT], share[WEFT_VALUE_TEXT];
        weft_si_text(value, unit, text, sizeof text);
        weft_percent_text(value / of_layer(layer, figure->latency), share, sizeof share);
        weft_markup_format(svg,
                           "<rect class=\"part c%d%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                           "height=\"%.1f\"><title>",
                           weft_figure_part_colour(figure->parts, p),
                           to - from < THIN ? " thin" : "", from, y - 0.5 * BAR, to - from, BAR);
        weft_markup_text(svg, layer->name);
        weft_markup_format(svg, ": %s %s, %s of the layer</title></rect>\n",
                           weft_figure_part_name(figure->cost, figure->parts, p), text, share);
        start += value;
    }
    char total[WEFT_VALUE_TEXT];
    weft_si_text(of_layer(layer, figure->latency), unit, total, sizeof total);
    weft_svg_text(svg, weft_axis_place(x, start) + 5.0, y + 4.3, WEFT_ANCHOR_START, "", total);
}

char *weft_layer_name_text(const char *name, char *buffer, size_t size) {
    const char *at = strchr(name, '>');
    int before = at != NULL ? (int)(at - name) : (int)strlen(name);
    return weft_text_format(buffer, size, "%.*s%s%s", before, name, at != NULL ? "→" : "",
                            at != NULL ? at + 1 : "");
}

/* A layer's name as short as its column needs. */
static char *column_name(const char *name, char *buffer, size_t size) {
    static const char average[] = "average pool";
    char arrowed[96];
    weft_layer_name_text(name, arrowed, sizeof arrowed);
    if (strncmp(arrowed, average, sizeof average - 1) != 0) {
        return weft_text_format(buffer, size, "%s", arrowed);
    }
    return weft_text_format(buffer, size, "avg pool%s", arrowed + sizeof average - 1);
}

/* The left column: the block's name at its first layer, the layer's name. */
static void draw_names(const weft_figure_layers *figure, int i, double y, double block_width,
                       double name_end, weft_markup *svg) {
    const weft_layer_cost *layer = &figure->cost->layers[i];
    bool first = i == 0 || figure->cost->layers[i - 1].block != layer->block;
    if (block_width > 0.0 && first && layer->block >= 0 && layer->block < figure->n_blocks) {
        weft_svg_text(svg, 2.0, y + 4.3, WEFT_ANCHOR_START, "strong", figure->blocks[layer->block]);
    }
    char whole[96], name[96];
    column_name(layer->name, whole, sizeof whole);
    weft_svg_elide(whole, name_end - block_width, name, sizeof name);
    weft_svg_text(svg, name_end, y + 4.3, WEFT_ANCHOR_END, "", name);
}

/* Widths of the columns, from what they hold. */
static void measure(const weft_figure_layers *figure, double *blocks, double *names,
                    double *totals) {
    *blocks = *names = *totals = 0.0;
    for (int i = 0; i < figure->n_blocks; i++) {
        *blocks = fmax(*blocks, weft_svg_text_width(figure->blocks[i]) + 8.0);
    }
    *blocks = fmin(*blocks, 60.0);
    for (int i = 0; i < figure->cost->n_layers; i++) {
        const weft_layer_cost *layer = &figure->cost->layers[i];
        char text[96];
        weft_si_text(of_layer(layer, figure->latency), figure->latency ? "s" : "J", text,
                     sizeof text);
        *totals = fmax(*totals, weft_svg_text_width(text) + 8.0);
        column_name(layer->name, text, sizeof text);
        *names = fmax(*names, weft_svg_text_width(text));
    }
    *names = fmin(*names, NAME_WIDTH);
}

/* The legend: each part with its share of the total. */
static int fill_legend(const weft_figure_layers *figure, char texts[][96], char marks[][16],
                       weft_svg_key *keys) {
    const weft_cost *cost = figure->cost;
    const double *by = figure->latency ? cost->latency_by : cost->energy_by;
    double total = figure->latency ? cost->total.latency_s : cost->total.energy_j;
    int n = 0;
    for (int p = 0; p <= figure->parts->n; p++) {
        double value = weft_figure_part_value(figure->cost, figure->parts, by, p);
        if (!(value > 0.0)) {
            continue;
        }
        char share[WEFT_VALUE_TEXT];
        weft_percent_text(value / total, share, sizeof share);
        weft_text_format(texts[n], 96, "%s %s",
                         weft_figure_part_name(figure->cost, figure->parts, p), share);
        weft_text_format(marks[n], 16, "part c%d", weft_figure_part_colour(figure->parts, p));
        keys[n] = (weft_svg_key){marks[n], texts[n]};
        n++;
    }
    return n;
}

static bool starts_block(const weft_cost *cost, int i) {
    return i > 0 && cost->layers[i].block != cost->layers[i - 1].block;
}

double weft_figure_layers_height(const weft_figure_layers *figure) {
    double height = 0.0;
    for (int i = 0; i < figure->cost->n_layers; i++) {
        height += ROW + (starts_block(figure->cost, i) ? BLOCK_GAP : 0.0);
    }
    return height;
}

void weft_figure_layers_rows(const weft_figure_layers *figure, double top, weft_markup *svg) {
    const weft_cost *cost = figure->cost;
    double blocks, names, totals, longest = 0.0;
    measure(figure, &blocks, &names, &totals);
    for (int i = 0; i < cost->n_layers; i++) {
        longest = fmax(longest, of_layer(&cost->layers[i], figure->latency));
    }
    double left = blocks + names + 7.0;
    weft_axis x = {.low = 0.0,
                   .high = longest > 0.0 ? longest : 1.0,
                   .from = left,
                   .to = WEFT_SVG_WIDTH - totals};
    double y = top;
    for (int i = 0; i < cost->n_layers; i++) {
        y += starts_block(cost, i) ? BLOCK_GAP : 0.0;
        draw_names(figure, i, y + 0.5 * ROW, blocks, left - 6.0, svg);
        draw_bar(figure, &x, &cost->layers[i], y + 0.5 * ROW, svg);
        y += ROW;
    }
    weft_svg_line(svg, "axis", left, top, left, y);
}

weft_status weft_figure_layers_draw(const weft_figure_layers *all, weft_markup *svg,
                                    weft_error *error) {
    weft_figure_parts parts = shown_parts(all);
    weft_figure_layers figure = *all;
    figure.parts = &parts;
    char texts[WEFT_FIGURE_PARTS + 1][96], marks[WEFT_FIGURE_PARTS + 1][16];
    weft_svg_key keys[WEFT_FIGURE_PARTS + 1];
    int n_keys = fill_legend(&figure, texts, marks, keys);
    double top = weft_svg_legend_height(keys, n_keys) + 10.0;
    weft_svg_begin(svg, &figure.head, top + weft_figure_layers_height(&figure) + 4.0);
    weft_svg_legend(svg, keys, n_keys, 0.0);
    weft_figure_layers_rows(&figure, top, svg);
    weft_svg_end(svg);
    return weft_markup_check(svg, error);
}
