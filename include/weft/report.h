/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports of a study: figures as SVG, one self-contained HTML page, the table of picks. Figures of a
 * breakdown and of a sweep.
 */
#ifndef WEFT_REPORT_H
#define WEFT_REPORT_H

#include <weft/study.h>

typedef struct weft_report_settings {
    int64_t design; /* number of the trial whose breakdown is drawn; -1: the knee of the front, the
                     * least sum of the objectives, each scaled to the front's range */
} weft_report_settings;

WEFT_API void weft_report_defaults(weft_report_settings *settings);

/* Writes `folder`/index.html (self-contained: no script or style from elsewhere) and the figures
 * beside it as SVG: front.svg (of three objectives or more), front-accuracy-energy.svg,
 * front-accuracy-latency.svg, hypervolume.svg, importance.svg (from 40 feasible trials on), layers-energy.svg, layers-latency.svg (of several
 * networks layers-energy-2-vgg16.svg). Makes the folder; each file is written to a temporary name and
 * renamed. A study without trials gives a page that says so. */
WEFT_API weft_status weft_report_write(const weft_study *study, const char *folder,
                                       const weft_report_settings *settings,
                                       weft_error *error) WEFT_NODISCARD;

/* One row of the table that the paper centres on: what an objective picks. */
typedef struct weft_pick {
    char objective[WEFT_EXPRESSION]; /* "accuracy", "accuracy / energy" */
    size_t trial;                    /* index in the study */
    int depth;
    int blocks[3]; /* how many VGG, MVGG, RES */
    double mean_kernels;
} weft_pick;

/* What each of the study's objectives picks, and the paper's three fitness functions (accuracy,
 * accuracy / latency, accuracy / energy), from all feasible trials; the problem's own score comes
 * first. `picks` has room for WEFT_MAX_PICKS. *n becomes how many there are (0 without trials). */
enum { WEFT_MAX_PICKS = WEFT_MAX_OBJECTIVES + 4 };
WEFT_API weft_status weft_report_picks(const weft_study *study, weft_pick *picks, int *n,
                                       weft_error *error) WEFT_NODISCARD;

/* Writes the breakdown of a cost as one SVG file: energy, latency and area of the whole split by
 * part, then energy and latency of each layer. `title` names the network and the chip. The file is
 * written to a temporary name and renamed. */
WEFT_API weft_status weft_report_breakdown(const weft_cost *cost, const char *title,
                                           const char *file, weft_error *error) WEFT_NODISCARD;

/* A figure over one parameter, with a line for each value of another. */
typedef struct weft_report_sweep {
    const char *title;
    const char *x_name, *x_unit; /* "crossbar.rows", "" */
    const double *x;             /* [n_x]; NULL: `x_words` stand side by side instead */
    const char *const *x_words;  /* [n_x] */
    int n_x;
    const char *y_name, *y_unit; /* "energy", "J" */
    bool y_plain;                /* no SI prefix on y */
    const char *line_name;       /* "cell.bits"; NULL: a single line */
    const char *const *lines;    /* [n_lines] the values of that parameter */
    int n_lines;                 /* at least 1 */
    const double *y;             /* [n_lines][n_x]; NaN: nothing there */
} weft_report_sweep;

/* Writes it as one SVG file. Axes are logarithmic where the values span more than a factor of 30 (x:
 * also where they grow by a constant factor). */
WEFT_API weft_status weft_report_sweep_write(const weft_report_sweep *sweep, const char *file,
                                             weft_error *error) WEFT_NODISCARD;

/* What one step of each gene does to a metric. */
typedef struct weft_report_tornado_step {
    const char *text; /* the gene's value after it: "64"; NULL: there is no such step */
    double value;     /* of the metric; NaN: unknown */
    bool feasible;
} weft_report_tornado_step;

typedef struct weft_report_tornado_row {
    const char *gene;
    const char *own;                   /* its value in the design: "128" */
    const char *unit;                  /* of both values: "V"; "": none */
    weft_report_tornado_step steps[2]; /* down, up */
} weft_report_tornado_row;

typedef struct weft_report_tornado {
    const char *title;
    const char *name, *unit;             /* of the metric: "energy", "J" */
    bool plain;                          /* no SI prefix */
    double base;                         /* of the design itself; finite */
    const weft_report_tornado_row *rows; /* (n), as they are to stand */
    int n;
} weft_report_tornado;

/* Writes it as one SVG file. Bars are changes in percent of the design's own value; where the values
 * span more than a factor of 30, its multiples on a logarithmic axis; where it is 0, the values. */
WEFT_API weft_status weft_report_tornado_write(const weft_report_tornado *tornado, const char *file,
                                               weft_error *error) WEFT_NODISCARD;

/* How much each gene, or pair of genes, counts for one quantity. */
typedef struct weft_report_importance_row {
    const char *name; /* "rows", "rows × bits" */
    double share, deviation;
} weft_report_importance_row;

typedef struct weft_report_importance_panel {
    const char *name; /* of the quantity: "energy" */
    double r2;        /* weft_importance.r2 */
    size_t n_trials;
    const weft_report_importance_row *rows; /* (n), as they are to stand */
    int n;
} weft_report_importance_panel;

typedef struct weft_report_importance {
    const char *title;
    const weft_report_importance_panel *panels; /* (n), one below the other */
    int n;
} weft_report_importance;

/* Writes it as one SVG file: a bar a row, with a line of one deviation to both sides. A panel whose
 * forest explains less than half of the variance says that it is not to be relied on. */
WEFT_API weft_status weft_report_importance_write(const weft_report_importance *importance,
                                                  const char *file,
                                                  weft_error *error) WEFT_NODISCARD;

/* A point that a curve was fitted to, or that it is tried on. */
typedef struct weft_report_curve_point {
    const char *name;
    double x, y;
    bool held; /* out of the fit */
} weft_report_curve_point;

/* A curve of shares over a quantity: n steps by rising x, with the band in which the curve lies and the
 * interval of one point more. */
typedef struct weft_report_curve {
    const char *title, *x_name, *y_name;
    size_t n;                             /* at least 2 */
    const double *x, *y;                  /* (n) */
    const double *low, *high;             /* (n) */
    const double *point_low, *point_high; /* (n) */
    const weft_report_curve_point *points;
    size_t n_points;
} weft_report_curve;

/* Writes it as one SVG file. */
WEFT_API weft_status weft_report_curve_write(const weft_report_curve *curve, const char *file,
                                             weft_error *error) WEFT_NODISCARD;

/* A matrix of rank correlations. */
typedef struct weft_report_heat {
    const char *title;
    const char *const *names; /* (n) */
    const double *values;     /* (n, n), -1 .. 1; NaN: unknown */
    const int *clusters;      /* (n) neighbours of one cluster stand together */
    int n;                    /* at least 1 */
} weft_report_heat;

/* Writes it as one SVG file. */
WEFT_API weft_status weft_report_heat_write(const weft_report_heat *heat, const char *file,
                                            weft_error *error) WEFT_NODISCARD;

#endif
