/* SPDX-License-Identifier: Apache-2.0
 *
 * The page, from top to bottom: what was searched, the fronts, their designs, what each objective
 * picks, where the chosen design spends energy and time, how the search went, how to repeat it. */
#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_scored(const weft_summary *summary) {
    return summary->info->score[0] != '\0';
}

static void heading(weft_markup *html, const char *id, const char *text) {
    weft_markup_format(html, "<h2 id=\"%s\">", id);
    weft_markup_text(html, text);
    weft_markup_raw(html, "</h2>\n");
}

static void paragraph(weft_markup *html, const char *text) {
    weft_markup_element(html, "p", text);
    weft_markup_raw(html, "\n");
}

/* ---- head ------------------------------------------------------------------------------------ */

/* ", trained on fashion-mnist", ", accuracy predicted by NAME, less the penalty NAME". */
static void accuracy_source(const weft_summary *summary, char *text, size_t size) {
    const weft_accuracy_settings *accuracy = &summary->info->accuracy;
    bool penalty = accuracy->penalty != NULL && accuracy->penalty[0] != '\0';
    if (!summary->info->trains) {
        text[0] = '\0';
    } else if (weft_page_is_trained(summary)) {
        weft_text_format(text, size, ", trained on %s", accuracy->data);
    } else {
        weft_text_format(text, size, ", accuracy %s %s (%s)%s%s",
                         strcmp(accuracy->provider, "table") == 0 ? "looked up in" : "predicted by",
                         accuracy->file, accuracy->provider, penalty ? " less the penalty " : "",
                         penalty ? accuracy->penalty : "");
    }
}

/* "naswot of 64 images of fashion-mnist". */
static const char *proxy_source(const weft_problem_info *info, char *text, size_t size) {
    const weft_accuracy_settings *accuracy = &info->accuracy;
    const char *name = weft_score_names()[accuracy->score];
    if (!weft_score_looks(accuracy->score)) {
        return weft_text_format(text, size, "%s", name);
    }
    bool named = accuracy->data != NULL && accuracy->data[0] != '\0';
    return weft_text_format(text, size, "%s of %d %s%s", name, accuracy->score_images,
                            named ? "images of " : "random images", named ? accuracy->data : "");
}

/* "the most of 4 networks": how the figures of several networks became a design's own. */
static char *joined_text(const weft_summary *summary, char *buffer, size_t size) {
    static const char *const words[] = {
        [WEFT_AGGREGATE_MAX] = "the most of",
        [WEFT_AGGREGATE_MEAN] = "the mean of",
        [WEFT_AGGREGATE_SUM] = "the sum of",
        [WEFT_AGGREGATE_PRODUCT] = "the product of",
    };
    return weft_text_format(buffer, size, "%s %d networks", words[summary->info->aggregate],
                            summary->n_networks);
}

/* " Energy and latency of a design are the most of 4 networks."; "" of one network. */
static void several_text(const weft_summary *summary, char *text, size_t size) {
    char joined[64];
    bool several = summary->n_networks > 1;
    weft_text_format(text, size, "%s%s%s", several ? " Energy and latency of a design are " : "",
                     several ? joined_text(summary, joined, sizeof joined) : "",
                     several ? "." : "");
}

static void write_head(const weft_summary *summary, weft_markup *html) {
    weft_markup_raw(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                          "<meta name=\"viewport\" content=\"width=device-width, "
                          "initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light "
                          "dark\"/>\n<title>");
    weft_markup_text(html, summary->info->name);
    weft_markup_raw(html, " – Weft report</title>\n");
    weft_page_style(html);
    weft_markup_raw(html,
                    "</head>\n<body>\n<header>\n<p class=\"eyebrow\">Weft study report</p>\n");
    weft_markup_element(html, "h1", summary->info->name);
    char goal[512], source[320], accounting[256], several[160], text[2048];
    weft_page_goal(summary, goal, sizeof goal);
    weft_page_accounting(summary, accounting, sizeof accounting);
    accuracy_source(summary, source, sizeof source);
    several_text(summary, several, sizeof several);
    weft_text_format(text, sizeof text,
                     "Networks of the space %s on the chip %s%s. Goal: %s. Costs are counted "
                     "%s.%s Optimizer: %s, seed %" PRIu64 "%s%s.",
                     summary->info->space, summary->info->chip, source, goal, accounting, several,
                     summary->info->optimizer.name, summary->info->seed,
                     summary->info->chosen[0] != '\0' ? "; chosen for " : "",
                     summary->info->chosen);
    weft_markup_raw(html, "\n<p class=\"lead\">");
    weft_markup_text(html, text);
    weft_markup_raw(html, "</p>\n");
}

static void tile(weft_markup *html, const char *name, const char *value, const char *note) {
    weft_markup_raw(html, "<div>");
    weft_markup_element(html, "dt", name);
    weft_markup_raw(html, "<dd>");
    weft_markup_text(html, value);
    weft_markup_raw(html, " <small>");
    weft_page_design(html, note);
    weft_markup_raw(html, "</small></dd></div>\n");
}

/* The feasible trial with the best value of a metric, or of the test accuracy; -1: none. */
static ptrdiff_t best_trial(const weft_summary *summary, weft_metric metric, bool test) {
    bool more = test || weft_metric_more_is_better(metric);
    ptrdiff_t best = -1;
    double value = NAN;
    for (size_t i = 0; i < summary->n_trials; i++) {
        const weft_trial *trial = summary->trials[i];
        double now = test ? trial->test_accuracy : trial->metrics[metric];
        if (weft_trial_counts(trial) && !isnan(now) &&
            (best < 0 || (more ? now > value : now < value))) {
            best = (ptrdiff_t)i;
            value = now;
        }
    }
    return best;
}

static void best_tile(const weft_summary *summary, const char *name, weft_metric metric, bool test,
                      weft_markup *html) {
    ptrdiff_t i = best_trial(summary, metric, test);
    if (i < 0) {
        return;
    }
    const weft_trial *trial = summary->trials[i];
    char value[WEFT_VALUE_TEXT];
    weft_metric_text(metric, test ? trial->test_accuracy : trial->metrics[metric], value,
                     sizeof value);
    char note[WEFT_TRIAL_TEXT + 64], design[WEFT_TRIAL_TEXT];
    bool validation = metric == WEFT_METRIC_ACCURACY && !test && weft_page_is_trained(summary);
    weft_text_format(note, sizeof note, "%strial %" PRIu64 ": %s",
                     validation ? "on validation: " : "", trial->number,
                     weft_page_short(weft_page_own(summary, trial), design, sizeof design));
    tile(html, name, value, note);
}

/* The best value of a score, with the design that has it. */
static void score_tile(const weft_summary *summary, weft_markup *html) {
    if (!is_scored(summary) || summary->knee < 0) {
        return;
    }
    const weft_trial *trial = summary->trials[summary->knee];
    char value[WEFT_VALUE_TEXT], note[WEFT_TRIAL_TEXT + 64], design[WEFT_TRIAL_TEXT];
    weft_text_format(note, sizeof note, "%strial %" PRIu64 ": %s",
                     summary->info->maximise[0] ? "most: " : "least: ", trial->number,
                     weft_page_short(weft_page_own(summary, trial), design, sizeof design));
    tile(html, "best score", weft_page_score_text(summary, trial->score, value, sizeof value),
         note);
}

static void write_tiles(const weft_summary *summary, weft_markup *html) {
    char value[WEFT_VALUE_TEXT], note[160];
    weft_markup_raw(html, "<dl class=\"tiles\">\n");
    weft_text_format(value, sizeof value, "%zu", summary->n_trials);
    weft_text_format(note, sizeof note, "%zu ok, %zu infeasible, %zu failed", summary->ok,
                     summary->infeasible, summary->failed);
    if (summary->info->brackets.name != NULL) {
        weft_text_format(value, sizeof value, "%" PRIu64, summary->designs);
        weft_text_format(
            note, sizeof note,
            "in %zu evaluations, %zu of them whole: figures, tables and the front show "
            "those alone; cost of %.4g whole ones",
            summary->n_trials, summary->ok - summary->partial, summary->spent);
    }
    tile(html, "designs tried", value, note);
    if (!is_scored(summary) && summary->info->n_objectives > 1 && summary->n_front > 0) {
        weft_text_format(value, sizeof value, "%zu", summary->n_front);
        char design[WEFT_TRIAL_TEXT];
        const weft_trial *knee = summary->trials[summary->knee];
        weft_text_format(note, sizeof note, "%strial %" PRIu64 ": %s",
                         summary->n_front > 1 ? "knee: " : "", knee->number,
                         weft_page_short(weft_page_own(summary, knee), design, sizeof design));
        tile(html, "designs on the front", value, note);
    }
    if (summary->info->trains) {
        best_tile(summary, "best accuracy", WEFT_METRIC_ACCURACY, false, html);
        best_tile(summary, "best test accuracy", WEFT_METRIC_ACCURACY, true, html);
    }
    best_tile(summary, "highest proxy", WEFT_METRIC_PROXY, false, html);
    score_tile(summary, html);
    best_tile(summary, "lowest energy", WEFT_METRIC_ENERGY, false, html);
    best_tile(summary, "lowest latency", WEFT_METRIC_LATENCY, false, html);
    weft_markup_raw(html, "</dl>\n</header>\n<main>\n");
}

/* ---- figures --------------------------------------------------------------------------------- */

static void figure_begin(weft_markup *html, const char *title, const char *note) {
    weft_markup_raw(html, "<figure>\n<figcaption>");
    weft_markup_text(html, title);
    weft_markup_raw(html, " <span>");
    weft_markup_text(html, note);
    weft_markup_raw(html, "</span></figcaption>\n");
}

static void table_begin(weft_markup *html, const char *summary) {
    weft_markup_raw(html, "<details>");
    weft_markup_element(html, "summary", summary);
    weft_markup_raw(html, "\n");
}

static void figure_end(weft_markup *html) {
    weft_markup_raw(html, "</details>\n</figure>\n");
}

static weft_status write_fronts(const weft_summary *summary, weft_markup *html, weft_error *error) {
    heading(html, "fronts", "Trade-offs");
    const char *words = weft_page_accuracy_word(summary);
    char text[320];
    weft_text_format(text, sizeof text,
                     "Each dot is a design that was priced; its accuracy is %s%s. The line joins "
                     "those that no other design beats in both quantities.",
                     *words == 'p' ? "predicted" : "measured before",
                     *words == 'p' ? ", not measured" : "");
    paragraph(html,
              summary->info->trains && !weft_page_is_trained(summary) ? text
              : summary->info->trains
                  ? "Each dot is a design that was trained and priced. The line joins those "
                    "that no other design beats in both quantities; diamonds are designs that "
                    "were then trained in full and measured once on the test set."
                  : "Each dot is a design that was priced; this study trains no network. The "
                    "line joins those that no other design beats in both quantities.");
    weft_markup_raw(html, "<div class=\"figures\">\n");
    if (weft_page_has_shade(summary)) {
        figure_begin(html, "The whole front", "every design of it, a third objective by colour");
        WEFT_TRY(weft_page_shade(summary, false, html, error));
        weft_markup_raw(html, "</figure>\n");
    }
    for (int i = 0; i < summary->n_fronts; i++) {
        const weft_summary_front *front = &summary->fronts[i];
        char title[160], note[160];
        weft_text_format(title, sizeof title, "%s against %s", weft_metric_name(front->y),
                         weft_metric_name(front->x));
        if (title[0] >= 'a' && title[0] <= 'z') {
            title[0] = (char)(title[0] - 'a' + 'A');
        }
        weft_text_format(note, sizeof note, "better: %s, %s", front->y_maximise ? "up" : "down",
                         front->x_maximise ? "right" : "left");
        figure_begin(html, title, note);
        WEFT_TRY(weft_page_front(summary, i, false, html, error));
        table_begin(html, "Values of the front");
        weft_page_pair_table(summary, i, html);
        figure_end(html);
    }
    weft_markup_raw(html, "</div>\n");
    return WEFT_OK;
}

static void write_front_designs(const weft_summary *summary, weft_markup *html) {
    bool front = !is_scored(summary) && summary->info->n_objectives > 1;
    heading(html, "designs", front ? "Designs of the front" : "The best design");
    size_t whole = summary->ok - summary->partial;
    if (summary->n_front == 0) {
        paragraph(html,
                  summary->partial > 0
                      ? "No design was feasible and evaluated as a whole, so there is none to "
                        "show."
                      : "No design was feasible, so there is none to show.");
        return;
    }
    char goal[512], knee[32], text[1400];
    weft_page_goal(summary, goal, sizeof goal);
    weft_text_format(knee, sizeof knee, "%" PRIu64, summary->trials[summary->knee]->number);
    if (front && summary->n_front == 1) {
        weft_text_format(text, sizeof text,
                         "Of %zu feasible designs, one is the best in every objective (%s).", whole,
                         goal);
    } else if (front) {
        weft_text_format(
            text, sizeof text,
            "%zu of %zu feasible designs: no other is at least as good in every "
            "objective (%s) and better in one. The knee, trial %s, is the design of the "
            "front %s, with each objective scaled to the front's range: past it, a "
            "gain in one objective costs more of the others.",
            summary->n_front, whole, goal, knee,
            summary->info->n_objectives == 2 ? "farthest from the line between its ends"
                                             : "with the least sum of objectives");
    } else {
        weft_text_format(text, sizeof text, "Of %zu feasible designs, the one with %s.", whole,
                         goal);
    }
    paragraph(html, text);
    weft_page_front_table(summary, html);
}

static void write_picks(const weft_summary *summary, weft_markup *html) {
    heading(html, "picks", "What each objective picks");
    if (summary->n_picks == 0) {
        paragraph(html, "No feasible design to pick from.");
        return;
    }
    char text[400];
    weft_text_format(
        text, sizeof text,
        "The best feasible design of this study by each objective "
        "alone%s.%s",
        summary->info->trains ? ", and by the three fitness functions of Amin, "
                                "Mohammadi and Zand (ISVLSI 2024)"
                              : "",
        summary->picks[0].depth > 0 ? " VGG, MVGG and RES count the blocks of each kind." : "");
    paragraph(html, text);
    weft_page_picks_table(summary, html);
}

/* ---- breakdown ------------------------------------------------------------------------------- */

/* A second part with less than this share would be named for 0.0 % of it. */
static const double LEAST_NAMED = 0.001;

/* The two parts that take most: "62.0 % of the energy goes to ADC, 25.0 % to buffers: ...". */
static void dominance(const weft_cost *cost, bool latency, char *text, size_t size) {
    const double *by = latency ? cost->latency_by : cost->energy_by;
    double total = latency ? cost->total.latency_s : cost->total.energy_j;
    const char *what = latency ? "latency" : "energy";
    int first = 0, second = -1;
    for (int c = 1; c < cost->n_parts; c++) {
        if (by[c] > by[first]) {
            second = first;
            first = c;
        } else if (second < 0 || by[c] > by[second]) {
            second = c;
        }
    }
    if (!(total > 0.0)) {
        weft_text_format(text, size, "It takes no %s at all.", what);
        return;
    }
    char share[WEFT_VALUE_TEXT], next[WEFT_VALUE_TEXT], sum[WEFT_VALUE_TEXT];
    weft_percent_text(by[first] / total, share, sizeof share);
    if (second < 0 || by[second] < LEAST_NAMED * total) {
        weft_text_format(text, size, "%s of the %s goes to %s.", share, what,
                         cost->parts[first].text);
        return;
    }
    weft_percent_text(by[second] / total, next, sizeof next);
    weft_percent_text((by[first] + by[second]) / total, sum, sizeof sum);
    weft_text_format(text, size, "%s of the %s goes to %s, %s to %s: together %s.", share, what,
                     cost->parts[first].text, next, cost->parts[second].text, sum);
}

/* The layer that takes most. */
static void heaviest_layer(const weft_cost *cost, bool latency, char *text, size_t size) {
    int heaviest = -1;
    double most = 0.0, total = latency ? cost->total.latency_s : cost->total.energy_j;
    for (int i = 0; i < cost->n_layers; i++) {
        double value = latency ? cost->layers[i].latency_s : cost->layers[i].energy_j;
        if (value > most) {
            most = value;
            heaviest = i;
        }
    }
    text[0] = '\0';
    if (heaviest >= 0) {
        char share[WEFT_VALUE_TEXT], name[64];
        weft_percent_text(most / total, share, sizeof share);
        weft_layer_name_text(cost->layers[heaviest].name, name, sizeof name);
        weft_text_format(text, size, "The layer that takes most is %s (row %d) with %s.", name,
                         heaviest + 1, share);
    }
}

static const char *area_note(const weft_summary *summary) {
    weft_chip_about about;
    weft_chip_get_about(summary->chip, &about);
    return strcmp(about.format, "chip/1") == 0 ? "of the tiles in use and what they share"
                                               : "of the whole chip";
}

static void write_totals(const weft_summary *summary, const weft_cost *cost, weft_markup *html) {
    const weft_total *total = &cost->total;
    char value[WEFT_VALUE_TEXT], note[96];
    weft_markup_raw(html, "<dl class=\"tiles\">\n");
    tile(html, "energy", weft_si_text(total->energy_j, "J", value, sizeof value), "one inference");
    tile(html, "latency", weft_si_text(total->latency_s, "s", value, sizeof value),
         "one inference");
    tile(html, "area", weft_metric_text(WEFT_METRIC_AREA, total->area_mm2, value, sizeof value),
         area_note(summary));
    weft_text_format(note, sizeof note, "in %lld tile%s", (long long)total->tiles,
                     total->tiles == 1 ? "" : "s");
    weft_text_format(value, sizeof value, "%lld", (long long)total->crossbars);
    tile(html, "crossbars", value, note);
    tile(html, "utilisation", weft_percent_text(total->utilisation, value, sizeof value),
         "of their cells hold weights");
    weft_markup_raw(html, "</dl>\n");
}

/* What the search saw of several networks together. */
static void write_joined(const weft_summary *summary, weft_markup *html) {
    static const weft_metric shown[] = {WEFT_METRIC_ENERGY, WEFT_METRIC_LATENCY, WEFT_METRIC_AREA};
    const double *metrics = summary->trials[summary->chosen]->metrics;
    char value[WEFT_VALUE_TEXT], joined[64];
    joined_text(summary, joined, sizeof joined);
    weft_markup_raw(html, "<dl class=\"tiles\">\n");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        tile(html, weft_metric_name(shown[i]),
             weft_metric_text(shown[i], metrics[shown[i]], value, sizeof value),
             shown[i] == WEFT_METRIC_AREA ? area_note(summary) : joined);
    }
    weft_markup_raw(html, "</dl>\n");
}

static weft_status write_layers(const weft_summary *summary, int which, bool latency,
                                weft_markup *html, weft_error *error) {
    const weft_cost *cost = summary->networks[which].cost;
    char words[480], layer[240], note[800];
    dominance(cost, latency, words, sizeof words);
    heaviest_layer(cost, latency, layer, sizeof layer);
    weft_text_format(note, sizeof note, "%s %s", words, layer);
    figure_begin(html, latency ? "Latency of each layer" : "Energy of each layer", note);
    WEFT_TRY(weft_page_layers(summary, which, latency, false, html, error));
    table_begin(html, "Values of the figure");
    weft_page_layers_table(cost, latency, html);
    figure_end(html);
    return WEFT_OK;
}

/* One network of the chosen design: its totals and its layers, or why it has none. */
static weft_status write_network(const weft_summary *summary, int which, weft_markup *html,
                                 weft_error *error) {
    const weft_summary_network *network = &summary->networks[which];
    if (network->cost == NULL) {
        char text[600];
        weft_text_format(text, sizeof text, "It has no cost on this chip: %s.", network->problem);
        paragraph(html, text);
        return WEFT_OK;
    }
    write_totals(summary, network->cost, html);
    weft_markup_raw(html, "<div class=\"figures\">\n");
    WEFT_TRY(write_layers(summary, which, false, html, error));
    WEFT_TRY(write_layers(summary, which, true, html, error));
    weft_markup_raw(html, "</div>\n");
    return WEFT_OK;
}

/* Which design is broken down, and on what. */
static void breakdown_lead(const weft_summary *summary, char *text, size_t size) {
    const weft_trial *trial = summary->trials[summary->chosen];
    const char *role = summary->chosen != summary->knee ? "the design asked for"
                       : summary->n_front > 1           ? "the knee of the front"
                                                        : "the best design";
    const char *turned = summary->turned != NULL ? " with the values that its genes set" : "";
    char name[WEFT_TRIAL_TEXT];
    if (summary->n_networks > 1) {
        weft_text_format(text, size,
                         "%d networks on the chip of trial %" PRIu64 " (%s): %s%s. First what the "
                         "search saw of them together, then one inference of each.",
                         summary->n_networks, trial->number, role, summary->info->chip, turned);
    } else {
        weft_text_format(text, size, "One inference of %s (trial %" PRIu64 ", %s) on %s%s.",
                         weft_page_short(trial->description, name, sizeof name), trial->number,
                         role, summary->info->chip, turned);
    }
}

static weft_status write_breakdown(const weft_summary *summary, weft_markup *html,
                                   weft_error *error) {
    heading(html, "breakdown", "Where energy and time go");
    if (summary->chosen < 0) {
        paragraph(html, "No design was feasible, so there is nothing to break down.");
        return WEFT_OK;
    }
    char text[1200];
    breakdown_lead(summary, text, sizeof text);
    paragraph(html, text);
    if (summary->n_genes > 0) {
        weft_page_genes_table(summary, html);
    }
    if (summary->n_networks > 1) {
        write_joined(summary, html);
    }
    for (int i = 0; i < summary->n_networks; i++) {
        if (summary->n_networks > 1) {
            weft_markup_element(html, "h3", summary->networks[i].name);
            weft_markup_raw(html, "\n");
        }
        WEFT_TRY(write_network(summary, i, html, error));
    }
    return WEFT_OK;
}

/* ---- the search ------------------------------------------------------------------------------ */

static void spent_text(const weft_summary *summary, char *text, size_t size) {
    double seconds = 0.0, final_seconds = 0.0;
    for (size_t i = 0; i < summary->n_trials; i++) {
        const weft_trial *trial = summary->trials[i];
        seconds += isfinite(trial->seconds) ? trial->seconds : 0.0;
        final_seconds += isfinite(trial->final_seconds) ? trial->final_seconds : 0.0;
    }
    char spent[WEFT_VALUE_TEXT], final_spent[WEFT_VALUE_TEXT];
    weft_duration_text(seconds, spent, sizeof spent);
    weft_duration_text(final_seconds, final_spent, sizeof final_spent);
    weft_text_format(text, size,
                     "%zu trial%s took %s of computing; feasible: %zu, infeasible: %zu, failed: "
                     "%zu.%s%s%s",
                     summary->n_trials, summary->n_trials == 1 ? "" : "s", spent, summary->ok,
                     summary->infeasible, summary->failed,
                     final_seconds > 0.0 ? " Training the final designs took " : "",
                     final_seconds > 0.0 ? final_spent : "", final_seconds > 0.0 ? "." : "");
}

/* How far the accuracies of the search were from those of the final trainings. */
static void write_gap(const weft_summary *summary, weft_markup *html) {
    const weft_gap *gap = &summary->gap;
    char tau[96] = "", text[320];
    if (gap->n == 0) {
        return;
    }
    if (isfinite(gap->tau)) {
        weft_text_format(tau, sizeof tau,
                         " The order of both agrees with a rank correlation (Kendall) of %.2f.",
                         gap->tau);
    }
    weft_text_format(text, sizeof text,
                     "Trained in full: %d design%s, whose test accuracy is %+.4f off what the "
                     "search saw in the mean (the gap).%s",
                     gap->n, gap->n == 1 ? "" : "s", gap->mean, tau);
    paragraph(html, text);
}

static weft_status write_search(const weft_summary *summary, weft_markup *html, weft_error *error) {
    heading(html, "search", "How the search went");
    weft_figure_line figure = weft_page_curve_figure(summary);
    char text[400], note[160] = "The best feasible design after each trial.";
    spent_text(summary, text, sizeof text);
    paragraph(html, text);
    write_gap(summary, html);
    weft_markup_raw(html, "<div class=\"figures\">\n");
    if (figure.whole > 0.0) {
        weft_text_format(note, sizeof note,
                         "How much of the range of the objectives the front covers so far; %.4g "
                         "would be all of it.",
                         figure.whole);
    }
    figure_begin(html, figure.head.title, note);
    WEFT_TRY(weft_page_curve(summary, false, html, error));
    table_begin(html, "Values of the figure");
    weft_page_curve_table(summary, html);
    figure_end(html);
    if (summary->infeasible + summary->failed > 0) {
        weft_markup_raw(html, "<div>\n");
        paragraph(html, "Why designs were left out; numbers in the reasons differ from case to "
                        "case.");
        WEFT_TRY(weft_page_reasons_table(summary, html, error));
        weft_markup_raw(html, "</div>\n");
    }
    weft_markup_raw(html, "</div>\n");
    return WEFT_OK;
}

/* ---- which genes matter ---------------------------------------------------------------------- */

static weft_status write_importance(const weft_summary *summary, weft_markup *html,
                                    weft_error *error) {
    if (summary->n_importance == 0) {
        return WEFT_OK;
    }
    heading(html, "importance", "Which genes matter");
    paragraph(html, "A random forest is fitted to the feasible trials, and the variance of what it "
                    "predicts over the whole space is split into shares of genes and of pairs of "
                    "genes. A share with a line that reaches zero may be none. `weft importance` "
                    "tells more, also what sets the front apart.");
    weft_markup_raw(html, "<div class=\"figures\">\n");
    figure_begin(html, "Shares of the variance",
                 "Where the forest explains little of trials that it has not seen, shares say "
                 "little.");
    WEFT_TRY(weft_page_importance(summary, false, html, error));
    table_begin(html, "Values of the figure");
    weft_page_importance_table(summary, html);
    figure_end(html);
    weft_markup_raw(html, "</div>\n");
    return WEFT_OK;
}

/* ---- repeating it ---------------------------------------------------------------------------- */

static void term(weft_markup *html, const char *name, const char *value) {
    weft_markup_element(html, "dt", name);
    weft_markup_element(html, "dd", value);
    weft_markup_raw(html, "\n");
}

/* "network: 7500 trials of depth*, kernel*; highest accuracy". */
static void stage_text(const weft_stage_info *stage, char *text, size_t size) {
    size_t used = 0;
    weft_text_format(text, size, "%s:", stage->name);
    if (stage->trials > 0) {
        used = strlen(text);
        weft_text_format(text + used, size - used, " %" PRId64 " trials of", stage->trials);
    }
    for (int i = 0; i < stage->free.n; i++) {
        used = strlen(text);
        weft_text_format(text + used, size - used, "%s %s", i > 0 ? "," : "", stage->free.text[i]);
    }
    used = strlen(text);
    weft_text_format(text + used, size - used, "; %s%s",
                     stage->score[0] == '\0' ? "the goal of the study"
                     : stage->maximise       ? "highest "
                                             : "lowest ",
                     stage->score);
}

/* Soft limits, and the reference point beside objectives. */
static void write_preference(const weft_problem_info *info, weft_markup *html) {
    char text[WEFT_EXPRESSION + 96];
    for (int i = 0; i < info->n_soft; i++) {
        char broken[WEFT_VALUE_TEXT];
        weft_text_format(text, sizeof text, "%s, weight %.4g for a break by %s",
                         info->soft[i].limit, info->soft[i].weight,
                         weft_percent_text(info->soft[i].scale, broken, sizeof broken));
        term(html, "soft limit", text);
    }
    for (int i = 0; i < info->n_aims; i++) {
        const weft_aim_info *aim = &info->aims[i];
        char value[WEFT_VALUE_TEXT], scale[WEFT_VALUE_TEXT];
        weft_text_format(text, sizeof text, "%s %s, in scales of %s", weft_metric_name(aim->metric),
                         weft_metric_text(aim->metric, aim->aim, value, sizeof value),
                         weft_metric_text(aim->metric, aim->scale, scale, sizeof scale));
        term(html, "aim", text);
    }
}

/* What a steered study needs besides to be repeated. */
static void write_orders(const weft_summary *summary, weft_markup *html) {
    for (size_t i = 0; summary->study != NULL && weft_study_order(summary->study, i) != NULL; i++) {
        const weft_steer *steer = weft_study_order(summary->study, i);
        char text[WEFT_GENE_NAME + WEFT_STEER_VALUE + 80], from[48] = "from the next batch";
        if (steer->taken) {
            weft_text_format(from, sizeof from, "from trial %" PRIu64, steer->trial);
        }
        weft_text_format(text, sizeof text, "%s %s%s%s %s", weft_steer_word(steer->kind),
                         steer->gene, steer->value[0] != '\0' ? "=" : "", steer->value, from);
        term(html, "steered", text);
    }
}

static void write_repeat(const weft_summary *summary, weft_markup *html) {
    const weft_problem_info *info = summary->info;
    char text[512];
    heading(html, "repeat", "How to repeat it");
    paragraph(html, "Save the problem below as problem.yaml and run it with the same version of "
                    "Weft: the same seed gives the same trials on the same kind of machine. A chip "
                    "of your own is named by the path of its file.");
    weft_markup_format(html,
                       "<pre><code>weft search problem.yaml --store again.db --seed %" PRIu64
                       " --trials %" PRId64 "</code></pre>\n",
                       info->seed, info->trials);
    weft_markup_raw(html, "<dl class=\"terms\">\n");
    term(html, "space", info->space);
    term(html, "chip", info->chip);
    if (weft_page_is_trained(summary)) {
        term(html, "data", info->accuracy.data);
    } else if (info->trains) {
        accuracy_source(summary, text, sizeof text);
        term(html, "accuracy", text + strlen(", accuracy "));
    }
    if (info->scores) {
        term(html, "proxy", proxy_source(info, text, sizeof text));
    }
    term(html, "accounting", weft_page_accounting(summary, text, sizeof text));
    weft_text_format(text, sizeof text, "%s, %" PRId64 " trials in batches of %d",
                     info->optimizer.name, info->trials, info->batch);
    term(html, "search", text);
    weft_text_format(text, sizeof text, "%" PRIu64, info->seed);
    term(html, "seed", text);
    for (int i = 0; i < info->n_stages; i++) {
        stage_text(&info->stages[i], text, sizeof text);
        term(html, "stage", text);
    }
    for (int i = 0; i < info->n_constraints; i++) {
        term(html, "constraint", info->constraints[i]);
    }
    write_preference(info, html);
    write_orders(summary, html);
    term(html, "version", summary->origin->version);
    term(html, "build", summary->origin->build);
    term(html, "machine", summary->origin->machine);
    term(html, "begun", weft_date_text(summary->origin->created, text, sizeof text));
    weft_markup_raw(html, "</dl>\n");
    if (summary->problem_text != NULL) {
        weft_markup_raw(html, "<details><summary>The problem with every setting</summary>\n"
                              "<pre><code>");
        weft_markup_text(html, summary->problem_text);
        weft_markup_raw(html, "</code></pre></details>\n");
    }
    weft_markup_raw(html, "<details><summary>Constants of the chip and their sources</summary>\n");
    weft_page_constants_table(summary, html);
    weft_markup_raw(html, "</details>\n<details><summary>All trials</summary>\n");
    weft_page_trials_table(summary, html);
    weft_markup_raw(html, "</details>\n");
}

static void write_meaning(const weft_summary *summary, weft_markup *html) {
    heading(html, "meaning", "What the figures mean");
    weft_chip_about about;
    weft_chip_get_about(summary->chip, &about);
    bool pixels = strcmp(about.format, "chip/1") == 0;
    if (summary->info->scores) {
        paragraph(html, "The proxy is a score of the untrained network, not an accuracy: it orders "
                        "designs, more or less well, and says nothing of how many images one gets "
                        "right. A design that is chosen has to be trained.");
    }
    if (summary->info->trains && !weft_page_is_trained(summary)) {
        paragraph(html, "Accuracy is what the provider named at the top says of a design from its "
                        "genes. Nothing was trained: a design that is chosen has to be. What the "
                        "chip does to the numbers (noise, drift, bits that its converters leave "
                        "off) is not in it.");
    }
    if (weft_page_is_trained(summary)) {
        paragraph(html, "Accuracy is measured on the validation part of the training set after the "
                        "short training of a candidate, which is what the search sees. Test "
                        "accuracy is that of the same design trained on the whole training set, "
                        "measured once on images that the search never saw; it is the figure to "
                        "quote.");
    }
    paragraph(html, pixels
                        ? "Energy and latency are those of one inference, worked out from the "
                          "component model of the chip, not measured. A layer's latency is the "
                          "time that it adds to the critical path of the pixel pipeline, so the "
                          "layers add up to the total, and a layer whose work overlaps with others "
                          "counts only what sticks out. Equations and their sources are in "
                          "docs/reference/models.md; each constant and its source are listed below."
                        : "Energy and latency are those of one inference, worked out from the "
                          "component model of the chip, not measured. A layer's latency is what it "
                          "adds to the total. Equations and their sources are in "
                          "docs/reference/models-hierarchy.md; each constant of the chip of the "
                          "design above and its source are listed below.");
    weft_metric metric;
    if (is_scored(summary) && !weft_page_score_metric(summary, &metric)) {
        char text[WEFT_EXPRESSION + 240];
        weft_text_format(text, sizeof text,
                         "The score is %s, with energy in J, latency in s and area in mm²; other "
                         "quantities are in the units of docs/reference/problem-file.md. It is "
                         "for comparing designs of this problem.",
                         summary->info->score);
        paragraph(html, text);
    }
    paragraph(html, "Hypervolume is computed with each objective scaled from the worst (1) to the "
                    "best (0) value of this study, against a reference point at 1.1; it compares "
                    "moments of one study, not studies with each other. docs/how-to/"
                    "read-the-report.md explains every figure.");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void write_empty(weft_markup *html) {
    heading(html, "fronts", "No trials yet");
    paragraph(html, "This study holds no finished trial. Run the search, then write the report "
                    "again.");
}

weft_status weft_page_write(const weft_summary *summary, weft_markup *html, weft_error *error) {
    write_head(summary, html);
    write_tiles(summary, html);
    if (summary->n_trials == 0) {
        write_empty(html);
    } else {
        WEFT_TRY(write_fronts(summary, html, error));
        write_front_designs(summary, html);
        write_picks(summary, html);
        WEFT_TRY(write_breakdown(summary, html, error));
        WEFT_TRY(write_search(summary, html, error));
        WEFT_TRY(write_importance(summary, html, error));
    }
    write_meaning(summary, html);
    write_repeat(summary, html);
    weft_markup_format(html,
                       "</main>\n<footer>Made by Weft %s. The figures lie beside this file as "
                       "SVG.</footer>\n",
                       weft_version());
    weft_page_script(html);
    weft_markup_raw(html, "</body>\n</html>\n");
    return weft_markup_check(html, error);
}
