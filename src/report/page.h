/* SPDX-License-Identifier: Apache-2.0
 *
 * The page of a report, from a summary. */
#ifndef WEFT_REPORT_PAGE_H
#define WEFT_REPORT_PAGE_H

#include "report/figure.h"
#include "report/summary.h"

/* The figures of a report, drawn once for the page (inline) and once for files. */
weft_status weft_page_front(const weft_summary *summary, int i, bool standalone, weft_markup *svg,
                            weft_error *error) WEFT_NODISCARD;
weft_status weft_page_curve(const weft_summary *summary, bool standalone, weft_markup *svg,
                            weft_error *error) WEFT_NODISCARD;
weft_status weft_page_layers(const weft_summary *summary, int which, bool latency, bool standalone,
                             weft_markup *svg, weft_error *error) WEFT_NODISCARD;

/* The file of that figure: "layers-energy.svg", of several networks "layers-energy-2-vgg16.svg".
 * Returns `buffer`. */
char *weft_page_layers_file(const weft_summary *summary, int which, bool latency, char *buffer,
                            size_t size);

/* The curve's figure as it is drawn, for the table beside it. */
weft_figure_line weft_page_curve_figure(const weft_summary *summary);

/* A score as a person reads it: that of a lone metric with its unit. Returns `buffer`. */
char *weft_page_score_text(const weft_summary *summary, double score, char *buffer, size_t size);

/* The metric that is the whole score ("edap"); false where the score is an expression. */
bool weft_page_score_metric(const weft_summary *summary, weft_metric *metric);

/* What the problem optimises, "highest accuracy, lowest energy" or its score. Returns `buffer`. */
char *weft_page_goal(const weft_summary *summary, char *buffer, size_t size);

/* The figure of the front of three objectives or more, in two of them and one by colour. */
bool weft_page_has_shade(const weft_summary *summary);
weft_status weft_page_shade(const weft_summary *summary, bool standalone, weft_markup *svg,
                            weft_error *error) WEFT_NODISCARD;

/* Which genes matter, where the trials are enough to tell. */
weft_status weft_page_importance(const weft_summary *summary, bool standalone, weft_markup *svg,
                                 weft_error *error) WEFT_NODISCARD;

/* Where accuracies come from: whether candidates are trained, and "validation accuracy",
 * "predicted accuracy", "measured accuracy". */
bool weft_page_is_trained(const weft_summary *summary);
const char *weft_page_accuracy_word(const weft_summary *summary);

/* "as the chip's file says (resident)", or the accounting with the faults that are on. Returns `buffer`. */
char *weft_page_accounting(const weft_summary *summary, char *buffer, size_t size);

/* What tells a design from the others: its description without the networks that all of them have. */
const char *weft_page_own(const weft_summary *summary, const weft_trial *trial);

/* A design's name where it is short, its beginning where it is long. Returns `buffer`. */
char *weft_page_short(const char *description, char *buffer, size_t size);

/* A design's name, free to break after its commas. */
void weft_page_design(weft_markup *html, const char *description);

/* The whole index.html. */
weft_status weft_page_write(const weft_summary *summary, weft_markup *html,
                            weft_error *error) WEFT_NODISCARD;

/* ---- parts of the page, each in a file of its own -------------------------------------------- */
void weft_page_style(weft_markup *html);
void weft_page_script(weft_markup *html);

void weft_page_front_table(const weft_summary *summary, weft_markup *html);
void weft_page_pair_table(const weft_summary *summary, int i, weft_markup *html);
void weft_page_curve_table(const weft_summary *summary, weft_markup *html);
void weft_page_picks_table(const weft_summary *summary, weft_markup *html);
void weft_page_genes_table(const weft_summary *summary, weft_markup *html);
void weft_page_layers_table(const weft_cost *cost, bool latency, weft_markup *html);
void weft_page_importance_table(const weft_summary *summary, weft_markup *html);
void weft_page_trials_table(const weft_summary *summary, weft_markup *html);
void weft_page_constants_table(const weft_summary *summary, weft_markup *html);
weft_status weft_page_reasons_table(const weft_summary *summary, weft_markup *html,
                                    weft_error *error) WEFT_NODISCARD;

#endif
