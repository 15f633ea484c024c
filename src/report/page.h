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
weft_status weft_page_layers(const weft_summary *summary, bool latency, bool standalone,
                             weft_markup *svg, weft_error *error) WEFT_NODISCARD;

/* The curve's figure as it is drawn, for the table beside it. */
weft_figure_line weft_page_curve_figure(const weft_summary *summary);

/* What the problem optimises, "highest accuracy, lowest energy" or its score. Returns `buffer`. */
char *weft_page_goal(const weft_summary *summary, char *buffer, size_t size);

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
void weft_page_layers_table(const weft_summary *summary, bool latency, weft_markup *html);
void weft_page_trials_table(const weft_summary *summary, weft_markup *html);
void weft_page_constants_table(const weft_summary *summary, weft_markup *html);
weft_status weft_page_reasons_table(const weft_summary *summary, weft_markup *html,
                                    weft_error *error) WEFT_NODISCARD;

#endif
