/* SPDX-License-Identifier: Apache-2.0
 * The tables of the page. Cells with a number carry it in data-v, for sorting. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"

/* More trials than this are not listed; the store has them all. */
enum { TRIAL_ROWS = 2000 };

static void begin(weft_markup *html, const char *class_name, const char *label) {
    weft_markup_format(html,
                       "<div class=\"scroll%s\" tabindex=\"0\" role=\"group\" aria-label=\"%s\">"
                       "<table class=\"%s\">\n<thead><tr>",
                       strcmp(class_name, "narrow") == 0 ? " fit" : "", label, class_name);
}

static void head(weft_markup *html, const char *text, bool number) {
    weft_markup_format(html, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
    weft_markup_text(html, text);
    weft_markup_raw(html, "</th>");
}

static void body(weft_markup *html) {
    weft_markup_raw(html, "</tr></thead>\n<tbody>\n");
}

static void end(weft_markup *html) {
    weft_markup_raw(html, "</tbody></table></div>\n");
}

static void number_cell(weft_markup *html, double value, const char *text) {
    weft_markup_raw(html, "<td class=\"n\"");
    if (isfinite(value)) {
        weft_markup_format(html, " data-v=\"%.9g\"", value);
    }
    weft_markup_raw(html, ">");
    weft_markup_text(html, text);
    weft_markup_raw(html, "</td>");
}

static void metric_cell(weft_markup *html, weft_metric metric, double value) {
    char text[WEFT_VALUE_TEXT];
    number_cell(html, value, weft_metric_text(metric, value, text, sizeof text));
}

/* Test less searched accuracy. */
static void gap_cell(weft_markup *html, const weft_trial *trial) {
    double gap = weft_trial_gap(trial);
    char text[WEFT_VALUE_TEXT];
    number_cell(html, gap, weft_text_format(text, sizeof text, isfinite(gap) ? "%+.4f" : "–", gap));
}

static void trial_cell(weft_markup *html, const weft_trial *trial) {
    weft_markup_format(html, "<td class=\"n\" data-v=\"%llu\">%llu</td>",
                       (unsigned long long)trial->number, (unsigned long long)trial->number);
}

void weft_page_design(weft_markup *html, const char *description) {
    char part[WEFT_TRIAL_TEXT];
    for (const char *at = description; *at != '\0';) {
        size_t n = strcspn(at, ",");
        n += at[n] == ',' ? 1 : 0;
        weft_text_format(part, sizeof part, "%.*s", (int)n, at);
        weft_markup_text(html, part);
        at += n;
        weft_markup_raw(html, *at != '\0' && *at != ' ' ? "<wbr/>" : "");
    }
}

const char *weft_page_own(const weft_summary *summary, const weft_trial *trial) {
    size_t length = strlen(trial->description);
    return trial->description + (summary->common < length ? summary->common : 0);
}

enum { SHORT = 40 };

char *weft_page_short(const char *description, char *buffer, size_t size) {
    size_t n = strlen(description);
    if (n <= SHORT) {
        return weft_text_format(buffer, size, "%s", description);
    }
    n = SHORT;
    for (size_t i = SHORT; i > SHORT / 2; i--) {
        if (strchr(" ,|", description[i]) != NULL) {
            n = i;
            break;
        }
    }
    while (n > 0 && (description[n] & 0xc0) == 0x80) {
        n--; /* not within a character */
    }
    return weft_text_format(buffer, size, "%.*s\u00a0…", (int)n, description);
}

/* The description, cut where it is long, with what the design is known for. */
static void design_cell(const weft_summary *summary, size_t i, weft_markup *html) {
    char name[WEFT_TRIAL_TEXT];
    weft_markup_raw(html, "<th scope=\"row\" class=\"design\" title=\"");
    weft_markup_text(html, summary->trials[i]->description);
    weft_markup_raw(html, "\">");
    weft_page_design(
        html, weft_page_short(weft_page_own(summary, summary->trials[i]), name, sizeof name));
    if (summary->knee == (ptrdiff_t)i && summary->n_front > 1) {
        weft_markup_raw(html, " <span class=\"badge\">knee</span>");
    }
    weft_markup_raw(html, "</th>");
}

static void row_begin(const weft_trial *trial, weft_markup *html) {
    weft_markup_format(html, "<tr data-trial=\"%llu\">", (unsigned long long)trial->number);
}

static void row_end(weft_markup *html) {
    weft_markup_raw(html, "</tr>\n");
}

static bool any_test(const weft_summary *summary) {
    for (size_t i = 0; i < summary->n_trials; i++) {
        if (isfinite(summary->trials[i]->test_accuracy)) {
            return true;
        }
    }
    return false;
}

/* The metrics that tables show, in order; accuracy apart. */
static const weft_metric costs[] = {WEFT_METRIC_ENERGY,    WEFT_METRIC_LATENCY, WEFT_METRIC_AREA,
                                    WEFT_METRIC_CROSSBARS, WEFT_METRIC_PARAMS,  WEFT_METRIC_MACS};
enum { COSTS = sizeof costs / sizeof *costs };

/* ---- the front ------------------------------------------------------------------------------- */

void weft_page_front_table(const weft_summary *summary, weft_markup *html) {
    bool trains = summary->info->trains, test = trains && any_test(summary);
    bool scored = summary->info->score[0] != '\0';
    begin(html, "sortable", "designs of the front");
    head(html, "design", false);
    head(html, "trial", true);
    if (trains) {
        head(html, "accuracy", true);
    }
    if (test) {
        head(html, "test accuracy", true);
        head(html, "gap", true);
    }
    for (int c = 0; c < COSTS; c++) {
        head(html, weft_metric_name(costs[c]), true);
    }
    if (scored) {
        head(html, "score", true);
    }
    body(html);
    for (size_t k = 0; k < summary->n_front; k++) {
        const weft_trial *trial = summary->trials[summary->front[k]];
        row_begin(trial, html);
        design_cell(summary, summary->front[k], html);
        trial_cell(html, trial);
        if (trains) {
            metric_cell(html, WEFT_METRIC_ACCURACY, trial->metrics[WEFT_METRIC_ACCURACY]);
        }
        if (test) {
            metric_cell(html, WEFT_METRIC_ACCURACY, trial->test_accuracy);
            gap_cell(html, trial);
        }
        for (int c = 0; c < COSTS; c++) {
            metric_cell(html, costs[c], trial->metrics[costs[c]]);
        }
        if (scored) {
            char text[WEFT_VALUE_TEXT];
            number_cell(html, trial->score,
                        weft_page_score_text(summary, trial->score, text, sizeof text));
        }
        row_end(html);
    }
    end(html);
}

void weft_page_pair_table(const weft_summary *summary, int i, weft_markup *html) {
    const weft_summary_front *front = &summary->fronts[i];
    bool test = front->y == WEFT_METRIC_ACCURACY && any_test(summary);
    begin(html, "sortable", "values of the figure");
    head(html, "design", false);
    head(html, "trial", true);
    head(html, weft_metric_name(front->y), true);
    if (test) {
        head(html, "test accuracy", true);
    }
    head(html, weft_metric_name(front->x), true);
    body(html);
    for (size_t k = 0; k < front->n; k++) {
        const weft_trial *trial = summary->trials[front->trials[k]];
        row_begin(trial, html);
        design_cell(summary, front->trials[k], html);
        trial_cell(html, trial);
        metric_cell(html, front->y, trial->metrics[front->y]);
        if (test) {
            metric_cell(html, WEFT_METRIC_ACCURACY, trial->test_accuracy);
        }
        metric_cell(html, front->x, trial->metrics[front->x]);
        row_end(html);
    }
    end(html);
}

void weft_page_curve_table(const weft_summary *summary, weft_markup *html) {
    weft_figure_line figure = weft_page_curve_figure(summary);
    begin(html, "narrow", "values of the figure");
    head(html, "after trials", true);
    head(html, figure.name, true);
    body(html);
    for (size_t i = 0; i < summary->n_trials; i++) {
        if (weft_figure_line_changes(&figure, i)) {
            char text[WEFT_VALUE_TEXT];
            weft_markup_format(html, "<tr><td class=\"n\">%zu</td>", i + 1);
            number_cell(html, summary->curve[i],
                        weft_figure_value_text(&figure, summary->curve[i], text, sizeof text));
            row_end(html);
        }
    }
    end(html);
}

/* ---- picks ----------------------------------------------------------------------------------- */

/* Whether any pick is of the imc family, whose blocks have columns of their own. */
static bool any_blocks(const weft_summary *summary) {
    bool any = false;
    for (int i = 0; i < summary->n_picks; i++) {
        any = any || summary->picks[i].depth > 0;
    }
    return any;
}

static void blocks_cells(const weft_pick *pick, weft_markup *html) {
    if (pick->depth == 0) {
        for (int b = 0; b < 5; b++) {
            weft_markup_raw(html, "<td class=\"n\">–</td>");
        }
        return;
    }
    weft_markup_format(html, "<td class=\"n\">%d</td>", pick->depth);
    for (int b = 0; b < 3; b++) {
        weft_markup_format(html, "<td class=\"n\">%d</td>", pick->blocks[b]);
    }
    weft_markup_format(html, "<td class=\"n\">%.1f</td>", pick->mean_kernels);
}

void weft_page_picks_table(const weft_summary *summary, weft_markup *html) {
    static const char *const BLOCKS[] = {"depth", "VGG", "MVGG", "RES", "mean kernels"};
    bool trains = summary->info->trains, test = trains && any_test(summary);
    bool blocks = any_blocks(summary);
    begin(html, "", "what each objective picks");
    head(html, "objective", false);
    head(html, "design", false);
    head(html, "trial", true);
    for (int b = 0; b < 5 && blocks; b++) {
        head(html, BLOCKS[b], true);
    }
    if (trains) {
        head(html, "accuracy", true);
    }
    if (test) {
        head(html, "test accuracy", true);
    }
    head(html, "latency", true);
    head(html, "energy", true);
    head(html, "area", true);
    body(html);
    for (int i = 0; i < summary->n_picks; i++) {
        const weft_pick *pick = &summary->picks[i];
        const weft_trial *trial = summary->trials[pick->trial];
        row_begin(trial, html);
        weft_markup_raw(html, "<th scope=\"row\" class=\"objective\">");
        weft_markup_text(html, pick->objective);
        weft_markup_raw(html, "</th><td class=\"design\">");
        char name[WEFT_TRIAL_TEXT];
        weft_page_design(html, weft_page_short(weft_page_own(summary, trial), name, sizeof name));
        weft_markup_raw(html, "</td>");
        trial_cell(html, trial);
        if (blocks) {
            blocks_cells(pick, html);
        }
        if (trains) {
            metric_cell(html, WEFT_METRIC_ACCURACY, trial->metrics[WEFT_METRIC_ACCURACY]);
        }
        if (test) {
            metric_cell(html, WEFT_METRIC_ACCURACY, trial->test_accuracy);
        }
        metric_cell(html, WEFT_METRIC_LATENCY, trial->metrics[WEFT_METRIC_LATENCY]);
        metric_cell(html, WEFT_METRIC_ENERGY, trial->metrics[WEFT_METRIC_ENERGY]);
        metric_cell(html, WEFT_METRIC_AREA, trial->metrics[WEFT_METRIC_AREA]);
        row_end(html);
    }
    end(html);
}

/* ---- the chosen design ------------------------------------------------------------------------ */

/* Whether a gene sets something that is not called as it is. */
static bool sets_another(const weft_gene_row *row) {
    return row->sets[0] != '\0' && strcmp(row->sets, row->name) != 0;
}

void weft_page_genes_table(const weft_summary *summary, weft_markup *html) {
    begin(html, "narrow", "genes of the design");
    head(html, "part", false);
    head(html, "gene", false);
    head(html, "values, place by place", false);
    bool sets = false;
    for (int i = 0; i < summary->n_genes; i++) {
        sets = sets || sets_another(&summary->genes[i]);
    }
    if (sets) {
        head(html, "sets on the chip", false);
    }
    body(html);
    for (int i = 0; i < summary->n_genes; i++) {
        const weft_gene_row *row = &summary->genes[i];
        bool first = i == 0 || summary->genes[i - 1].part != row->part;
        weft_markup_raw(html, "<tr>");
        weft_markup_element(html, "td", first ? weft_gene_part_word(row->part) : "");
        weft_markup_element(html, "th", row->name);
        weft_markup_element(html, "td", row->values);
        if (sets) {
            weft_markup_element(html, "td", sets_another(row) ? row->sets : "");
        }
        row_end(html);
    }
    end(html);
}

/* ---- breakdown ------------------------------------------------------------------------------- */

/* A row of parts; those that are nowhere in the design (`by` 0) have no column. */
static void layer_row(weft_markup *html, const char *name, double total, const double *parts,
                      const double *by, int n_parts, const char *unit) {
    char text[WEFT_VALUE_TEXT];
    weft_markup_element(html, "th", name);
    number_cell(html, total, weft_si_text(total, unit, text, sizeof text));
    for (int c = 0; c < n_parts; c++) {
        if (by[c] > 0.0) {
            number_cell(html, parts[c], weft_si_text(parts[c], unit, text, sizeof text));
        }
    }
    row_end(html);
}

void weft_page_layers_table(const weft_cost *cost, bool latency, weft_markup *html) {
    const double *by = latency ? cost->latency_by : cost->energy_by;
    const char *unit = latency ? "s" : "J";
    begin(html, "", "values of the figure");
    head(html, "layer", false);
    head(html, "total", true);
    for (int c = 0; c < cost->n_parts; c++) {
        if (by[c] > 0.0) {
            head(html, cost->parts[c].text, true);
        }
    }
    body(html);
    for (int i = 0; i < cost->n_layers; i++) {
        const weft_layer_cost *layer = &cost->layers[i];
        char name[64];
        weft_layer_name_text(layer->name, name, sizeof name);
        weft_markup_raw(html, "<tr>");
        layer_row(html, name, latency ? layer->latency_s : layer->energy_j,
                  latency ? layer->latency_by : layer->energy_by, by, cost->n_parts, unit);
    }
    weft_markup_raw(html, "<tr class=\"sum\">");
    layer_row(html, "all layers", latency ? cost->total.latency_s : cost->total.energy_j, by, by,
              cost->n_parts, unit);
    end(html);
}

void weft_page_constants_table(const weft_summary *summary, weft_markup *html) {
    weft_constant constant;
    begin(html, "", "constants of the chip");
    head(html, "constant", false);
    head(html, "value", true);
    head(html, "unit", false);
    head(html, "source", false);
    body(html);
    const weft_chip *chip = summary->turned != NULL ? summary->turned : summary->chip;
    for (int i = 0; weft_chip_constant(chip, i, &constant); i++) {
        weft_markup_raw(html, "<tr><th scope=\"row\">");
        weft_markup_text(html, constant.name);
        weft_markup_format(html, "</th><td class=\"n\">%.6g</td><td>", constant.value);
        weft_markup_text(html, constant.unit);
        weft_markup_raw(html, "</td><td class=\"source\">");
        weft_markup_text(html, constant.source);
        weft_markup_raw(html, "</td>");
        row_end(html);
    }
    end(html);
}

/* ---- trials ---------------------------------------------------------------------------------- */

void weft_page_trials_table(const weft_summary *summary, weft_markup *html) {
    bool trains = summary->info->trains;
    size_t rows = summary->n_trials < TRIAL_ROWS ? summary->n_trials : TRIAL_ROWS;
    if (rows < summary->n_trials) {
        weft_markup_format(html, "<p>The first %zu of %zu trials; the store has them all.</p>\n",
                           rows, summary->n_trials);
    }
    begin(html, "sortable", "all trials");
    head(html, "trial", true);
    bool staged = summary->info->n_stages > 1;
    if (staged) {
        head(html, "stage", false);
    }
    head(html, "design", false);
    head(html, "state", false);
    if (trains) {
        head(html, "accuracy", true);
    }
    head(html, "energy", true);
    head(html, "latency", true);
    head(html, "time", true);
    head(html, "reason", false);
    body(html);
    for (size_t i = 0; i < rows; i++) {
        const weft_trial *trial = summary->trials[i];
        char text[WEFT_VALUE_TEXT];
        row_begin(trial, html);
        trial_cell(html, trial);
        if (staged) {
            weft_markup_element(html, "td", summary->info->stages[trial->stage].name);
        }
        design_cell(summary, i, html);
        weft_markup_element(html, "td", weft_trial_state_word(trial->state));
        if (trains) {
            metric_cell(html, WEFT_METRIC_ACCURACY, trial->metrics[WEFT_METRIC_ACCURACY]);
        }
        metric_cell(html, WEFT_METRIC_ENERGY, trial->metrics[WEFT_METRIC_ENERGY]);
        metric_cell(html, WEFT_METRIC_LATENCY, trial->metrics[WEFT_METRIC_LATENCY]);
        number_cell(html, trial->seconds, weft_duration_text(trial->seconds, text, sizeof text));
        weft_markup_raw(html, "<td class=\"source\">");
        weft_markup_text(html, trial->reason);
        weft_markup_raw(html, "</td>");
        row_end(html);
    }
    end(html);
}

void weft_page_importance_table(const weft_summary *summary, weft_markup *html) {
    begin(html, "", "which genes matter");
    head(html, "quantity", false);
    head(html, "gene", false);
    head(html, "share", true);
    head(html, "±", true);
    body(html);
    for (int q = 0; q < summary->n_importance; q++) {
        const weft_summary_importance *of = &summary->importance[q];
        for (int i = 0; i < of->n; i++) {
            char share[WEFT_VALUE_TEXT], deviation[WEFT_VALUE_TEXT];
            weft_markup_raw(html, "<tr>");
            weft_markup_element(html, "td", of->quantity);
            weft_markup_element(html, "td", of->names[i]);
            number_cell(html, of->rows[i].share,
                        weft_percent_text(of->rows[i].share, share, sizeof share));
            number_cell(html, of->rows[i].deviation,
                        weft_percent_text(of->rows[i].deviation, deviation, sizeof deviation));
            row_end(html);
        }
    }
    end(html);
}

/* The length of the number at `text`: digits, a fraction, an exponent. */
static size_t number_length(const char *text) {
    static const char digits[] = "0123456789";
    size_t n = strspn(text, digits);
    if (n > 0 && text[n] == '.') {
        n += 1 + strspn(text + n + 1, digits);
    }
    if (n > 0 && (text[n] == 'e' || text[n] == 'E')) {
        size_t sign = text[n + 1] == '+' || text[n + 1] == '-' ? 1 : 0;
        size_t exponent = strspn(text + n + 1 + sign, digits);
        n += exponent > 0 ? 1 + sign + exponent : 0;
    }
    return n;
}

/* Reasons that differ in their numbers alone are one kind. */
static void reason_kind(const char *reason, char *kind, size_t size) {
    size_t used = 0;
    while (*reason != '\0' && used + 1 < size) {
        size_t n = number_length(reason);
        kind[used++] = n > 0 ? '#' : *reason;
        reason += n > 0 ? n : 1;
    }
    kind[used] = '\0';
}

typedef struct reason {
    char kind[WEFT_TRIAL_TEXT];
    const weft_trial *first;
    size_t count;
} reason;

static int by_count(const void *a, const void *b) {
    const reason *p = a, *q = b;
    if (p->count != q->count) {
        return p->count > q->count ? -1 : 1;
    }
    return p->first->number < q->first->number ? -1 : 1;
}

weft_status weft_page_reasons_table(const weft_summary *summary, weft_markup *html,
                                    weft_error *error) {
    enum { KINDS = 64, ROWS = 8 };
    reason *kinds = calloc(KINDS, sizeof *kinds);
    if (kinds == NULL) {
        return weft_fail_memory(error, KINDS * sizeof *kinds);
    }
    size_t n = 0, listed = 0, all = summary->infeasible + summary->failed;
    for (size_t i = 0; i < summary->n_trials; i++) {
        const weft_trial *trial = summary->trials[i];
        if (trial->state == WEFT_TRIAL_OK) {
            continue;
        }
        char kind[WEFT_TRIAL_TEXT];
        reason_kind(trial->reason, kind, sizeof kind);
        size_t k = 0;
        while (k < n &&
               (strcmp(kinds[k].kind, kind) != 0 || kinds[k].first->state != trial->state)) {
            k++;
        }
        if (k == n && n < KINDS) {
            memcpy(kinds[n].kind, kind, sizeof kind);
            kinds[n++].first = trial;
        }
        if (k < n) {
            kinds[k].count++;
        }
    }
    qsort(kinds, n, sizeof *kinds, by_count);
    begin(html, "", "why designs were left out");
    head(html, "trials", true);
    head(html, "state", false);
    head(html, "reason, as first met", false);
    body(html);
    for (size_t k = 0; k < n && k < ROWS; k++) {
        weft_markup_format(html, "<tr><td class=\"n\">%zu</td>", kinds[k].count);
        weft_markup_element(html, "td", weft_trial_state_word(kinds[k].first->state));
        weft_markup_raw(html, "<td class=\"source\">");
        weft_markup_text(html, kinds[k].first->reason);
        weft_markup_raw(html, "</td>");
        row_end(html);
        listed += kinds[k].count;
    }
    if (listed < all) {
        weft_markup_format(html,
                           "<tr><td class=\"n\">%zu</td><td></td><td>other reasons</td></tr>\n",
                           all - listed);
    }
    end(html);
    free(kinds);
    return WEFT_OK;
}
