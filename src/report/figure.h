/* SPDX-License-Identifier: Apache-2.0
 *
 * The figures, from plain arrays: each appends one <svg> element. */
#ifndef WEFT_REPORT_FIGURE_H
#define WEFT_REPORT_FIGURE_H

#include <weft/report.h>

#include "report/svg.h"

/* More dominated trials than this share one path, without a tooltip each. */
enum { WEFT_FIGURE_MARKS = 4000 };

/* ---- fronts ---------------------------------------------------------------------------------- */

/* A feasible trial. */
typedef struct weft_figure_point {
    double x, y;
    double test; /* its y measured on the test set; NaN: not measured */
    bool front;  /* no other point is better in both */
    bool knee;   /* ringed */
    uint64_t trial;
    const char *label; /* "V32,R64" */
} weft_figure_point;

typedef struct weft_figure_scatter {
    weft_svg_head head;
    weft_metric x, y;
    bool x_maximise, y_maximise;
    const weft_figure_point *points; /* in any order; those with NaN are left out */
    size_t n;
    const char *front_word;    /* of the legend: "front", "best" */
    const char *accuracy_word; /* "validation accuracy", "predicted accuracy" */
} weft_figure_scatter;

weft_status weft_figure_scatter_draw(const weft_figure_scatter *figure, weft_markup *svg,
                                     weft_error *error) WEFT_NODISCARD;

/* ---- a front of three objectives ------------------------------------------------------------- */

/* A design of the front. */
typedef struct weft_figure_shaded {
    double x, y, z;
    uint64_t trial;
} weft_figure_shaded;

enum { WEFT_SHADE_MARKED = 4 };

typedef struct weft_figure_shade {
    weft_svg_head head;
    weft_metric x, y, z;              /* z by colour */
    const char *accuracy_word;        /* "predicted accuracy" */
    const weft_figure_shaded *points; /* in any order; those with NaN are left out */
    size_t n;
    struct {
        const char *name; /* "knee" */
        uint64_t trial;
    } marked[WEFT_SHADE_MARKED]; /* ringed */
    int n_marked;
} weft_figure_shade;

weft_status weft_figure_shade_draw(const weft_figure_shade *figure, weft_markup *svg,
                                   weft_error *error) WEFT_NODISCARD;

/* ---- a value over trials --------------------------------------------------------------------- */
typedef struct weft_figure_line {
    weft_svg_head head;
    const char *name;     /* "hypervolume" */
    const double *values; /* after each trial; NaN where there is none yet */
    size_t n;
    const char *unit;
    weft_scale scale;
    double whole;      /* the most that there can be, said in the title; 0: not known */
    const char *empty; /* what stands in a figure without values */
} weft_figure_line;

weft_status weft_figure_line_draw(const weft_figure_line *figure, weft_markup *svg,
                                  weft_error *error) WEFT_NODISCARD;

/* Whether the value after trial i differs from the one before, and its text with its unit. */
bool weft_figure_line_changes(const weft_figure_line *figure, size_t i);
char *weft_figure_value_text(const weft_figure_line *figure, double value, char *buffer,
                             size_t size);

/* ---- layers by part -------------------------------------------------------------------------- */

/* Which parts of the breakdown have a colour of their own; the others are summed up. */
enum { WEFT_FIGURE_PARTS = 6 };
typedef struct weft_figure_parts {
    int n;
    int part[WEFT_FIGURE_PARTS];    /* of weft_cost.parts, in their order */
    int colours[WEFT_FIGURE_PARTS]; /* 0: the one that matters most */
} weft_figure_parts;

/* The parts that matter most for energy and latency together, the same for both figures. */
weft_figure_parts weft_figure_choose_parts(const weft_cost *cost);

/* "conv3x3 32>64" with an arrow, for the eye. Returns `buffer`. */
char *weft_layer_name_text(const char *name, char *buffer, size_t size);

typedef struct weft_figure_layers {
    weft_svg_head head;
    bool latency; /* else energy */
    const weft_cost *cost;
    const weft_figure_parts *parts;
    const char *const *blocks; /* names of the blocks ("R32"); NULL: none */
    int n_blocks;
} weft_figure_layers;

weft_status weft_figure_layers_draw(const weft_figure_layers *all, weft_markup *svg,
                                    weft_error *error) WEFT_NODISCARD;

/* The rows alone, from `top` down, and the height that they take. */
double weft_figure_layers_height(const weft_figure_layers *figure);
void weft_figure_layers_rows(const weft_figure_layers *figure, double top, weft_markup *svg);

/* The value of chosen part p in a row of values by part, its name, and its class ("part c0");
 * p = parts->n is the sum of the others. */
double weft_figure_part_value(const weft_cost *cost, const weft_figure_parts *parts,
                              const double *by, int p);
const char *weft_figure_part_name(const weft_cost *cost, const weft_figure_parts *parts, int p);
int weft_figure_part_colour(const weft_figure_parts *parts, int p);

/* ---- a whole breakdown ----------------------------------------------------------------------- */

/* Energy, latency and area of a network split by part, then energy and latency of each layer. */
weft_status weft_figure_breakdown_draw(const weft_svg_head *head, const weft_cost *cost,
                                       weft_markup *svg, weft_error *error) WEFT_NODISCARD;

/* ---- lines over a parameter ------------------------------------------------------------------ */
weft_status weft_figure_sweep_draw(const weft_report_sweep *sweep, weft_markup *svg,
                                   weft_error *error) WEFT_NODISCARD;

/* ---- steps of genes -------------------------------------------------------------------------- */
weft_status weft_figure_tornado_draw(const weft_report_tornado *figure, weft_markup *svg,
                                     weft_error *error) WEFT_NODISCARD;

/* ---- importance of genes --------------------------------------------------------------------- */
weft_status weft_figure_importance_draw(const weft_report_importance *figure,
                                        const weft_svg_head *head, weft_markup *svg,
                                        weft_error *error) WEFT_NODISCARD;

/* ---- a fitted curve -------------------------------------------------------------------------- */
weft_status weft_figure_curve_draw(const weft_report_curve *figure, weft_markup *svg,
                                   weft_error *error) WEFT_NODISCARD;

/* ---- correlations ---------------------------------------------------------------------------- */

weft_status weft_figure_heat_draw(const weft_report_heat *figure, weft_markup *svg,
                                  weft_error *error) WEFT_NODISCARD;

#endif
