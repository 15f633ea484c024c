/* SPDX-License-Identifier: Apache-2.0 */
#include "report/svg.h"

#include <math.h>
#include <string.h>

/* Letters in the figure's units: usual, and on a narrow screen (what layout is done for). */
static const double LETTERS = 12.0, LARGE_LETTERS = 15.5;

/* Empty ground around a figure in a file of its own. */
static const double MARGIN = 14.0;

/* Height of a legend's row and room between its entries. */
static const double KEY_ROW = 21.0, KEY_GAP = 6.0, KEY_MARK = 18.0;

/* Colours of components: the "bright" scheme of P. Tol, "Colour schemes" (SRON technical note
 * SRON/EPS/TN/09-002, 2021), told apart with each kind of colour blindness; the dark side lifts the
 * two that would sink into a dark ground. Grey (c6) is for what is summed up as "other". Shades of a
 * quantity are five steps of viridis (S. van der Walt, N. Smith, SciPy 2015), its dark end lifted on
 * the dark side. */
static const struct {
    const char *name, *light, *dark;
} colours[] = {
    {"paper", "#f7f7f5", "#121518"}, {"surface", "#fff", "#1a1e23"},
    {"ink", "#1b1f24", "#e6e9ec"},   {"muted", "#59636e", "#9ca7b2"},
    {"grid", "#e8eaed", "#2a3037"},  {"edge", "#d5d9de", "#39414a"},
    {"dot", "#8b96a2", "#7b8793"},   {"accent", "#0b5fa5", "#6fb3ee"},
    {"test", "#bf4f00", "#f39a55"},  {"c0", "#4477aa", "#5b93cc"},
    {"c1", "#66ccee", "#78d3f0"},    {"c2", "#ccbb44", "#d3c452"},
    {"c3", "#ee6677", "#f0768a"},    {"c4", "#228833", "#3aa04b"},
    {"c5", "#aa3377", "#cf5d9c"},    {"c6", "#aeb4ba", "#7d868f"},
    {"s0", "#fde725", "#fde725"},    {"s1", "#5ec962", "#5ec962"},
    {"s2", "#21918c", "#21918c"},    {"s3", "#3b528b", "#5a78bd"},
    {"s4", "#440154", "#9a5bb0"},
};
enum { COLOURS = sizeof colours / sizeof *colours };

/* What is painted in which colour; of two that apply to a mark the later one holds. */
static const struct {
    const char *mark, *property, *colour;
} paints[] = {
    {"text", "fill", "muted"},       {".strong", "fill", "ink"},     {".name", "fill", "ink"},
    {".grid", "stroke", "grid"},     {".axis", "stroke", "edge"},    {".trial", "fill", "dot"},
    {".trials", "stroke", "dot"},    {".step", "stroke", "accent"},  {".front", "fill", "accent"},
    {".front", "stroke", "surface"}, {".change", "fill", "accent"},  {".test", "fill", "surface"},
    {".test", "stroke", "test"},     {".tie", "stroke", "test"},     {".knee", "stroke", "ink"},
    {".part", "stroke", "surface"},  {".thin", "stroke", "none"},    {".c0", "fill", "c0"},
    {".c1", "fill", "c1"},           {".c2", "fill", "c2"},          {".c3", "fill", "c3"},
    {".c4", "fill", "c4"},           {".c5", "fill", "c5"},          {".c6", "fill", "c6"},
    {".shade", "stroke", "surface"}, {".s0", "fill", "s0"},          {".s1", "fill", "s1"},
    {".s2", "fill", "s2"},           {".s3", "fill", "s3"},          {".s4", "fill", "s4"},
    {".ring", "fill", "surface"},    {".l0", "stroke", "c0"},        {".l1", "stroke", "c1"},
    {".l2", "stroke", "c2"},         {".l3", "stroke", "c3"},        {".l4", "stroke", "c4"},
    {".l5", "stroke", "c5"},         {".ground", "fill", "surface"}, {".lit", "stroke", "ink"},
    {".band", "fill", "accent"},     {".wide", "fill", "accent"},
};
enum { PAINTS = sizeof paints / sizeof *paints };

static const char rules[] =
    ".wf{display:block;width:100%;height:auto;overflow:visible;font-family:system-ui,-apple-system,"
    "\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",\"DejaVu Sans\",sans-serif}"
    ".wf text{font-size:12px}"
    ".wf .grid,.wf .axis,.wf .tie{stroke-width:1}"
    ".wf .trials,.wf .step,.wf .knee,.wf .line{fill:none}"
    ".wf .trial{fill-opacity:.55}"
    ".wf .trials{stroke-opacity:.45;stroke-width:4;stroke-linecap:round}"
    ".wf .step,.wf .line{stroke-width:1.75;stroke-linejoin:round}"
    ".wf .front{stroke-width:1.25}"
    ".wf .part{stroke-width:.75}"
    ".wf .test,.wf .ring{stroke-width:1.75}"
    ".wf .tie{stroke-opacity:.45;stroke-dasharray:2 2}"
    ".wf .knee{stroke-width:1.5}"
    ".wf .shade{stroke-width:.6}"
    ".wf .band{fill-opacity:.28}"
    ".wf .wide{fill-opacity:.12}"
    ".wf .lit{stroke-width:2;fill-opacity:1}"
    "@media (max-width:520px){.wf text{font-size:15.5px}}";

static const char dark_begin[] = "@media (prefers-color-scheme:dark){";

/* The colour as it is written: a variable would be black in a viewer that does not know them. */
static const char *colour_text(const char *name, bool dark) {
    for (int i = 0; i < COLOURS; i++) {
        if (strcmp(colours[i].name, name) == 0) {
            return dark ? colours[i].dark : colours[i].light;
        }
    }
    return name; /* "none" */
}

static void write_paints(weft_markup *css, bool dark) {
    for (int i = 0; i < PAINTS; i++) {
        weft_markup_format(css, ".wf %s{%s:%s}", paints[i].mark, paints[i].property,
                           colour_text(paints[i].colour, dark));
    }
}

void weft_svg_style(weft_markup *css) {
    weft_markup_raw(css, rules);
    write_paints(css, false);
    weft_markup_raw(css, dark_begin);
    write_paints(css, true);
    weft_markup_raw(css, "}");
}

static void write_properties(weft_markup *css, bool dark) {
    weft_markup_raw(css, ":root{");
    for (int i = 0; i < COLOURS; i++) {
        weft_markup_format(css, "%s--%s:%s", i > 0 ? ";" : "", colours[i].name,
                           dark ? colours[i].dark : colours[i].light);
    }
    weft_markup_raw(css, "}");
}

void weft_svg_properties(weft_markup *css) {
    write_properties(css, false);
    weft_markup_raw(css, dark_begin);
    write_properties(css, true);
    weft_markup_raw(css, "}");
}

void weft_svg_begin(weft_markup *svg, const weft_svg_head *head, double height) {
    double margin = head->standalone ? MARGIN : 0.0, start = 0.0 - margin;
    double whole_width = WEFT_SVG_WIDTH + 2.0 * margin, whole_height = height + 2.0 * margin;
    weft_markup_format(svg,
                       "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"wf\" role=\"img\" "
                       "viewBox=\"%.0f %.0f %.0f %.0f\" aria-labelledby=\"%s-t %s-d\"",
                       start, start, whole_width, whole_height, head->id, head->id);
    if (head->standalone) {
        weft_markup_format(svg, " width=\"%.0f\" height=\"%.0f\"", 1.5 * whole_width,
                           1.5 * whole_height);
    }
    weft_markup_format(svg, ">\n<title id=\"%s-t\">", head->id);
    weft_markup_text(svg, head->title);
    weft_markup_format(svg, "</title>\n<desc id=\"%s-d\">", head->id);
    weft_markup_text(svg, head->detail);
    weft_markup_raw(svg, "</desc>\n");
    if (head->standalone) {
        weft_markup_raw(svg, "<style>");
        weft_svg_style(svg);
        weft_markup_raw(svg, "svg.wf{max-width:720px}</style>\n<rect class=\"ground\" ");
        weft_markup_format(svg, "x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\"/>\n", start,
                           start, whole_width, whole_height);
    }
}

void weft_svg_end(weft_markup *svg) {
    weft_markup_raw(svg, "</svg>\n");
}

/* Widths of letters in em, by kind: those of a wide sans-serif (DejaVu Sans), rounded up. */
static double letter_width(const char *text, size_t length) {
    if (length > 1) {
        return length == 2 ? 0.65 : 1.0; /* accented and Greek letters; anything wider */
    }
    if (strchr("iljI|.,:;'!", *text) != NULL) {
        return 0.35;
    }
    if (strchr("frt()[]/\\- \"", *text) != NULL) {
        return 0.42;
    }
    if (strchr("mwMWQO@%", *text) != NULL) {
        return 0.96;
    }
    return *text >= 'A' && *text <= 'Z' ? 0.72 : 0.635;
}

double weft_svg_text_width(const char *text) {
    double em = 0.0;
    while (*text != '\0') {
        size_t n = weft_text_character(text);
        em += letter_width(text, n == 0 ? 3 : n);
        text += n == 0 ? 1 : n;
    }
    return em * LARGE_LETTERS;
}

char *weft_svg_elide(const char *text, double width, char *buffer, size_t size) {
    static const char ellipsis[] = "…";
    if (weft_svg_text_width(text) <= width && strlen(text) < size) {
        return weft_text_format(buffer, size, "%s", text);
    }
    double left = width - LARGE_LETTERS;
    size_t used = 0;
    while (text[used] != '\0') {
        size_t n = weft_text_character(text + used);
        size_t taken = n == 0 ? 1 : n;
        left -= LARGE_LETTERS * letter_width(text + used, n == 0 ? 3 : n);
        if (left < 0.0 || used + taken + sizeof ellipsis > size) {
            break;
        }
        used += taken;
    }
    memcpy(buffer, text, used);
    memcpy(buffer + used, ellipsis, sizeof ellipsis);
    return buffer;
}

void weft_svg_text(weft_markup *svg, double x, double y, weft_anchor anchor, const char *class_name,
                   const char *text) {
    static const char *const anchors[] = {
        [WEFT_ANCHOR_START] = "",
        [WEFT_ANCHOR_MIDDLE] = " text-anchor=\"middle\"",
        [WEFT_ANCHOR_END] = " text-anchor=\"end\"",
    };
    weft_markup_format(svg, "<text x=\"%.1f\" y=\"%.1f\"%s", x, y, anchors[anchor]);
    if (class_name[0] != '\0') {
        weft_markup_format(svg, " class=\"%s\"", class_name);
    }
    weft_markup_raw(svg, ">");
    weft_markup_text(svg, text);
    weft_markup_raw(svg, "</text>\n");
}

void weft_svg_line(weft_markup *svg, const char *class_name, double x1, double y1, double x2,
                   double y2) {
    weft_markup_format(svg,
                       "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n",
                       class_name, x1, y1, x2, y2);
}

/* 2 .. 9 of each decade, without labels: they show that the scale is logarithmic. */
static void draw_minor_ticks(weft_markup *svg, const weft_axis *x, double y) {
    if (!x->log || x->high / x->low > 1e6) {
        return;
    }
    for (int power = (int)floor(log10(x->low)); power <= (int)floor(log10(x->high)); power++) {
        for (int m = 2; m <= 9; m++) {
            double value = m * pow(10.0, power);
            if (value > x->low && value < x->high) {
                double at = weft_axis_place(x, value);
                weft_svg_line(svg, "axis", at, y, at, y + 2.5);
            }
        }
    }
}

void weft_svg_axes(weft_markup *svg, const weft_axis *x, const weft_axis *y) {
    weft_markup_raw(svg, "<g aria-hidden=\"true\">\n");
    for (int i = 0; i < y->n_ticks; i++) {
        double at = weft_axis_place(y, y->ticks[i].value);
        weft_svg_line(svg, "grid", x->from, at, x->to, at);
        weft_svg_text(svg, x->from - 7.0, at + 0.36 * LETTERS, WEFT_ANCHOR_END, "",
                      y->ticks[i].label);
    }
    weft_svg_line(svg, "axis", x->from, y->from, x->to, y->from);
    for (int i = 0; i < x->n_ticks; i++) {
        double at = weft_axis_place(x, x->ticks[i].value);
        weft_svg_line(svg, "axis", at, y->from, at, y->from + 4.0);
        /* a wide label of the last tick stays in the figure */
        double most = WEFT_SVG_WIDTH - 0.5 * weft_svg_text_width(x->ticks[i].label);
        weft_svg_text(svg, fmin(at, most), y->from + 18.0, WEFT_ANCHOR_MIDDLE, "",
                      x->ticks[i].label);
    }
    draw_minor_ticks(svg, x, y->from);
    char title[160];
    weft_svg_elide(y->title, WEFT_SVG_WIDTH - 4.0, title, sizeof title);
    weft_svg_text(svg, 2.0, 14.0, WEFT_ANCHOR_START, "strong", title);
    weft_svg_elide(x->title, x->to - x->from, title, sizeof title);
    weft_svg_text(svg, x->to, y->from + 37.0, WEFT_ANCHOR_END, "strong", title);
    weft_markup_raw(svg, "</g>\n");
}

void weft_svg_mark_begin(weft_markup *svg, const char *mark, double x, double y, int64_t trial) {
    if (strcmp(mark, "test") == 0) {
        const double r = 5.0;
        weft_markup_format(svg,
                           "<path class=\"test\" d=\"M%.2f %.2fl%.1f %.1fl%.1f %.1fl%.1f %.1fz\"",
                           x, y - r, r, r, -r, r, -r, -r);
    } else if (strncmp(mark, "part", 4) == 0) {
        weft_markup_format(svg,
                           "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"12\" height=\"12\"",
                           mark, x - 6.0, y - 6.0);
    } else {
        double r = strcmp(mark, "front") == 0        ? 4.6
                   : strncmp(mark, "shade", 5) == 0  ? 3.6
                   : strcmp(mark, "knee") == 0       ? 8.0
                   : strcmp(mark, "knee small") == 0 ? 5.5
                                                     : 2.9;
        weft_markup_format(svg, "<circle class=\"%s\" cx=\"%.2f\" cy=\"%.2f\" r=\"%.1f\"", mark, x,
                           y, r);
    }
    if (trial >= 0) {
        weft_markup_format(svg, " data-trial=\"%lld\"", (long long)trial);
    }
    weft_markup_raw(svg, ">");
}

void weft_svg_mark_end(weft_markup *svg, const char *mark) {
    bool path = strcmp(mark, "test") == 0, rect = strncmp(mark, "part", 4) == 0;
    weft_markup_format(svg, "</%s>\n", path ? "path" : rect ? "rect" : "circle");
}

static double key_width(const weft_svg_key *key) {
    return KEY_MARK + weft_svg_text_width(key->text);
}

/* Entries stand in three columns, or two where one of them needs more room; an entry wider than
 * half the figure has a row of its own and does not count. */
static int legend_columns(const weft_svg_key *keys, int n) {
    for (int i = 0; i < n; i++) {
        double width = key_width(&keys[i]) + KEY_GAP;
        if (width > WEFT_SVG_WIDTH / 3.0 && width <= WEFT_SVG_WIDTH / 2.0) {
            return 2;
        }
    }
    return 3;
}

/* Moves (*column, *row) to where the next entry stands; returns its x. */
static double place_key(const weft_svg_key *key, int columns, int *column, int *row) {
    bool wide = key_width(key) + KEY_GAP > WEFT_SVG_WIDTH / columns;
    if (*column == columns || (wide && *column > 0)) {
        *column = 0;
        (*row)++;
    }
    double x = 2.0 + *column * WEFT_SVG_WIDTH / columns;
    *column = wide ? columns : *column + 1;
    return x;
}

double weft_svg_legend_height(const weft_svg_key *keys, int n) {
    int columns = legend_columns(keys, n), column = 0, row = 0;
    for (int i = 0; i < n; i++) {
        place_key(&keys[i], columns, &column, &row);
    }
    return n == 0 ? 0.0 : KEY_ROW * (row + 1);
}

void weft_svg_legend(weft_markup *svg, const weft_svg_key *keys, int n, double y) {
    int columns = legend_columns(keys, n), column = 0, row = 0;
    weft_markup_raw(svg, "<g class=\"legend\" aria-hidden=\"true\">\n");
    for (int i = 0; i < n; i++) {
        double x = place_key(&keys[i], columns, &column, &row);
        double middle = y + KEY_ROW * (row + 0.5);
        const char *mark = strcmp(keys[i].mark, "knee") == 0 ? "knee small" : keys[i].mark;
        weft_svg_mark_begin(svg, mark, x + 7.0, middle, -1);
        weft_svg_mark_end(svg, mark);
        char text[200];
        weft_svg_elide(keys[i].text, WEFT_SVG_WIDTH - KEY_MARK - 4.0, text, sizeof text);
        weft_svg_text(svg, x + KEY_MARK, middle + 0.36 * LETTERS, WEFT_ANCHOR_START, "", text);
    }
    weft_markup_raw(svg, "</g>\n");
}
