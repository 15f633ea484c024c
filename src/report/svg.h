/* SPDX-License-Identifier: Apache-2.0
 *
 * What every figure shares: the root element, the style sheet with its colours for light and dark,
 * text that is measured before it is placed, frame and ticks.
 *
 * A figure is WEFT_SVG_WIDTH units wide and scales to its column. On a narrow screen the style
 * sheet makes the letters larger in these units, so all layout is done for that larger size. */
#ifndef WEFT_REPORT_SVG_H
#define WEFT_REPORT_SVG_H

#include "report/axis.h"
#include "report/markup.h"

#define WEFT_SVG_WIDTH 440.0

/* How a figure begins. */
typedef struct weft_svg_head {
    const char *id;     /* unique in the page: names <title> and <desc> for screen readers */
    bool standalone;    /* a file of its own: carries its style sheet and a background */
    const char *title;  /* short */
    const char *detail; /* what a person who cannot see it should know */
} weft_svg_head;

void weft_svg_begin(weft_markup *svg, const weft_svg_head *head, double height);
void weft_svg_end(weft_markup *svg);

/* The rules of the marks, their colours written out so that any viewer of SVG paints them: light,
 * and over it dark where the reader prefers it. For a figure's own <style> and for the page's. */
void weft_svg_style(weft_markup *css);

/* The same colours as custom properties of the page (--ink), for its own rules. */
void weft_svg_properties(weft_markup *css);

/* The width of text at the larger letter size; an estimate that is rather too wide. */
double weft_svg_text_width(const char *text);

/* Cuts text to a width, with an ellipsis where it was too long. Returns `buffer`. */
char *weft_svg_elide(const char *text, double width, char *buffer, size_t size);

typedef enum weft_anchor { WEFT_ANCHOR_START, WEFT_ANCHOR_MIDDLE, WEFT_ANCHOR_END } weft_anchor;

/* Text with a class of the style sheet ("": muted). */
void weft_svg_text(weft_markup *svg, double x, double y, weft_anchor anchor, const char *class_name,
                   const char *text);

void weft_svg_line(weft_markup *svg, const char *class_name, double x1, double y1, double x2,
                   double y2);

/* Grid lines, tick labels and titles of a pair of axes. */
void weft_svg_axes(weft_markup *svg, const weft_axis *x, const weft_axis *y);

/* One entry of a legend; entries stand in columns. */
typedef struct weft_svg_key {
    const char *mark; /* class of the mark: "trial", "front", "test", "knee", "part c0" */
    const char *text;
} weft_svg_key;

/* Height that a legend of n entries takes, and drawing it with its top at y. */
double weft_svg_legend_height(const weft_svg_key *keys, int n);
void weft_svg_legend(weft_markup *svg, const weft_svg_key *keys, int n, double y);

/* The mark of a class, centred at x, y, still open: the caller adds <title> and closes it with
 * weft_svg_mark_end. `trial` < 0: none. */
void weft_svg_mark_begin(weft_markup *svg, const char *mark, double x, double y, int64_t trial);
void weft_svg_mark_end(weft_markup *svg, const char *mark);

#endif
