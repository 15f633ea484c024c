/* SPDX-License-Identifier: Apache-2.0
 * Designs: networks from the words of the command line, and the designs of a front as JSON, CSV and
 * a table. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

void cli_network_defaults(cli_network_options *options) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    *options = (cli_network_options){
        .input = spec.input,
        .classes = spec.classes,
        .head_pool = spec.head_pool,
        .dropout = spec.dropout,
    };
    options->hidden.n = spec.n_hidden;
    for (int i = 0; i < spec.n_hidden; i++) {
        options->hidden.width[i] = spec.hidden[i];
    }
}

weft_status cli_network_build(const char *text, const cli_network_options *options,
                              weft_network **network, weft_error *error) {
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    WEFT_TRY(weft_imc_parse(text, &spec, error));
    spec.input = options->input;
    spec.classes = options->classes;
    spec.head_pool = options->head_pool;
    spec.dropout = options->dropout;
    spec.n_hidden = options->hidden.n;
    for (int i = 0; i < options->hidden.n; i++) {
        spec.hidden[i] = options->hidden.width[i];
    }
    return weft_imc_build(&spec, network, error);
}

/* Adds "key=value" behind '@' or ','. */
static void add_option(char *text, size_t size, const char *key, const char *value) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%c%s=%s", strchr(text, '@') == NULL ? '@' : ',', key,
             value);
}

static void add_number(char *text, size_t size, const char *key, int value) {
    char digits[16];
    snprintf(digits, sizeof digits, "%d", value);
    add_option(text, size, key, digits);
}

static bool is_path(const char *text) {
    size_t length = strlen(text);
    return strchr(text, '/') != NULL || (length > 4 && strcmp(text + length - 4, ".csv") == 0) ||
           (length > 5 && strcmp(text + length - 5, ".yaml") == 0);
}

weft_status cli_network_read(cli_call *call, const char *text, const cli_network_options *options,
                             weft_network **network) {
    enum { SIZE = 4096 };
    char whole[SIZE];
    if (strlen(text) + 256 > sizeof whole) {
        return weft_fail(&call->error, WEFT_ERROR_INPUT, "the network '%.60s...' is too long",
                         text);
    }
    snprintf(whole, sizeof whole, "%s", text);
    static const char *const SHAPING[] = {"input", "classes", "head-pool", "hidden"};
    for (int i = 0; i < 4 && is_path(text); i++) {
        if (cli_given(call, SHAPING[i])) {
            return cli_usage(call, "--%s has no use with a layer table: it has its own shapes",
                             SHAPING[i]);
        }
    }
    if (cli_given(call, "input")) {
        char shape[48];
        snprintf(shape, sizeof shape, "%dx%dx%d", options->input.channels, options->input.height,
                 options->input.width);
        add_option(whole, sizeof whole, "input", shape);
    }
    if (cli_given(call, "classes")) {
        add_number(whole, sizeof whole, "classes", options->classes);
    }
    if (cli_given(call, "head-pool")) {
        add_number(whole, sizeof whole, "pool", options->head_pool);
    }
    if (cli_given(call, "hidden")) {
        char widths[128] = "none";
        for (int i = 0; i < options->hidden.n; i++) {
            size_t used = i == 0 ? 0 : strlen(widths);
            snprintf(widths + used, sizeof widths - used, "%s%d", i > 0 ? "x" : "",
                     options->hidden.width[i]);
        }
        add_option(whole, sizeof whole, "hidden", widths);
    }
    return weft_network_read(whole, network, &call->error);
}

static bool is_chain(const char *text) {
    weft_imc_spec spec;
    weft_error ignored;
    weft_imc_defaults(&spec);
    return weft_imc_parse(text, &spec, &ignored) == WEFT_OK;
}

weft_status cli_network_for_data(cli_call *call, const char *text,
                                 const cli_network_options *options, const weft_dataset_info *data,
                                 weft_network **network) {
    if (is_chain(text)) {
        cli_network_options built = *options;
        built.input = data->shape;
        built.classes = data->classes;
        return cli_network_build(text, &built, network, &call->error);
    }
    static const char *const BUILDING[] = {"head-pool", "hidden", "dropout"};
    for (size_t i = 0; i < sizeof BUILDING / sizeof BUILDING[0]; i++) {
        if (cli_given(call, BUILDING[i])) {
            return cli_usage(call,
                             "--%s is for chains of blocks such as imc:R32,V64, not for %.60s",
                             BUILDING[i], text);
        }
    }
    return weft_network_read_for(text, data->shape, data->classes, network, &call->error);
}

/* ---- genes ----------------------------------------------------------------------------------- */

void cli_genes_json(weft_json *json, const weft_space *space, const double *genome) {
    weft_gene_table table = weft_space_genes(space);
    weft_json_object_begin(json);
    for (int g = 0; g < table.n_genes; g++) {
        weft_json_key(json, table.genes[g].name);
        if (isnan(genome[g])) {
            weft_json_null(json);
            continue;
        }
        char text[64];
        weft_space_value_text(space, g, genome[g], text, sizeof text);
        char *end = NULL;
        errno = 0;
        long long whole = strtoll(text, &end, 10);
        if (end != text && *end == '\0' && errno == 0) {
            weft_json_integer(json, whole);
            continue;
        }
        double real = strtod(text, &end);
        if (end != text && *end == '\0') {
            weft_json_real(json, real);
        } else {
            weft_json_text(json, text);
        }
    }
    weft_json_object_end(json);
}

/* ---- fronts ---------------------------------------------------------------------------------- */

/* The metrics of a design in the order and under the names of --json and --csv. */
static const struct {
    weft_metric metric;
    const char *name;
    bool whole;
} FIELDS[] = {
    {WEFT_METRIC_ENERGY, "energy_j", false},
    {WEFT_METRIC_LATENCY, "latency_s", false},
    {WEFT_METRIC_AREA, "area_mm2", false},
    {WEFT_METRIC_MACS, "macs", true},
    {WEFT_METRIC_PARAMS, "params", true},
    {WEFT_METRIC_CROSSBARS, "crossbars", true},
    {WEFT_METRIC_UTILISATION, "utilisation", false},
    {WEFT_METRIC_INTERVAL, "interval_s", false},
    {WEFT_METRIC_CYCLES, "cycles", true},
    {WEFT_METRIC_POWER, "power_w", false},
    {WEFT_METRIC_PEAK_POWER, "peak_power_w", false},
    {WEFT_METRIC_DENSITY, "power_density_w_mm2", false},
    {WEFT_METRIC_EDAP, "edap_j_s_mm2", false},
    {WEFT_METRIC_TOPS, "tops", false},
    {WEFT_METRIC_TOPS_W, "tops_w", false},
    {WEFT_METRIC_TOPS_MM2, "tops_mm2", false},
    {WEFT_METRIC_CELLS, "cells", true},
    {WEFT_METRIC_CELLS_NEEDED, "cells_needed", true},
    {WEFT_METRIC_COST, "cost", false},
    {WEFT_METRIC_DROPPED_BITS, "dropped_bits", true},
    {WEFT_METRIC_PENALTY, "penalty", false},
    {WEFT_METRIC_PROXY, "proxy", false},
};

enum { N_FIELDS = sizeof FIELDS / sizeof FIELDS[0] };

static const weft_problem_info *get_info(const cli_designs *designs) {
    return weft_problem_get_info(designs->problem);
}

static const weft_space *get_space(const cli_designs *designs) {
    return weft_problem_get_space(designs->problem);
}

static const weft_trial *design_at(const cli_designs *designs, size_t i) {
    return designs->study != NULL ? weft_study_get_trial(designs->study, designs->index[i])
                                  : &designs->trials[i];
}

static bool in_brackets(const cli_designs *designs) {
    return designs->study != NULL && get_info(designs)->brackets.name != NULL;
}

static void state_json(weft_json *json, const weft_trial *trial) {
    weft_json_member_text(json, "state", weft_trial_state_word(trial->state));
    weft_json_member_text(json, "reason", trial->reason[0] == '\0' ? NULL : trial->reason);
    weft_json_member_real(json, "violation", trial->violation);
    weft_json_member_real(json, "seconds", trial->seconds);
    weft_json_member_real(json, "started", trial->started);
    weft_json_member_real(json, "finished", trial->finished);
}

void cli_metrics_json(weft_json *json, const double *metrics) {
    for (int i = 0; i < N_FIELDS; i++) {
        double value = metrics[FIELDS[i].metric];
        if (FIELDS[i].whole && isfinite(value)) {
            weft_json_member_integer(json, FIELDS[i].name, (int64_t)value);
        } else {
            weft_json_member_real(json, FIELDS[i].name, value);
        }
    }
}

void cli_design_json(weft_json *json, const cli_designs *designs, const weft_trial *trial) {
    weft_json_object_begin(json);
    weft_json_member_integer(json, "trial", (int64_t)trial->number);
    weft_json_member_text(json, "description", trial->description);
    if (get_info(designs)->n_stages > 0) {
        weft_json_member_text(json, "stage", get_info(designs)->stages[trial->stage].name);
    }
    if (in_brackets(designs)) {
        weft_json_member_integer(json, "design", (int64_t)trial->design);
        weft_json_member_integer(json, "fidelity", trial->fidelity);
        weft_json_member_integer(json, "bracket", trial->bracket);
        weft_json_member_integer(json, "rung", trial->rung);
        weft_json_member_bool(json, "partial", trial->partial);
    }
    if (designs->all) {
        state_json(json, trial);
    }
    weft_json_member_real(json, "accuracy", trial->metrics[WEFT_METRIC_ACCURACY]);
    weft_json_member_real(json, "test_accuracy", trial->test_accuracy);
    weft_json_member_real(json, "gap", weft_trial_gap(trial));
    cli_metrics_json(json, trial->metrics);
    if (get_info(designs)->score[0] != '\0') {
        weft_json_member_real(json, "score", trial->score);
    }
    weft_json_key(json, "genes");
    cli_genes_json(json, get_space(designs), trial->genome);
    weft_json_object_end(json);
}

void cli_designs_json(weft_json *json, const cli_designs *designs) {
    weft_json_array_begin(json);
    for (size_t i = 0; i < designs->n; i++) {
        cli_design_json(json, designs, design_at(designs, i));
    }
    weft_json_array_end(json);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void csv_header(const cli_designs *designs, const weft_gene_table *table) {
    printf("trial,description%s%s,accuracy,test_accuracy,gap",
           in_brackets(designs) ? ",design,fidelity,bracket,rung,partial" : "",
           designs->all ? ",state,reason" : "");
    for (int i = 0; i < N_FIELDS; i++) {
        printf(",%s", FIELDS[i].name);
    }
    printf("%s", get_info(designs)->score[0] != '\0' ? ",score" : "");
    for (int g = 0; g < table->n_genes; g++) {
        putchar(',');
        cli_csv_text(table->genes[g].name);
    }
    putchar('\n');
}

static void csv_genes(const weft_space *space, const weft_gene_table *table, const double *genome) {
    for (int g = 0; g < table->n_genes; g++) {
        char text[64] = "";
        if (!isnan(genome[g])) {
            weft_space_value_text(space, g, genome[g], text, sizeof text);
        }
        putchar(',');
        cli_csv_text(text);
    }
    putchar('\n');
}

void cli_designs_csv(const cli_designs *designs) {
    const weft_space *space = get_space(designs);
    weft_gene_table table = weft_space_genes(space);
    csv_header(designs, &table);
    for (size_t i = 0; i < designs->n; i++) {
        const weft_trial *trial = design_at(designs, i);
        printf("%" PRIu64 ",", trial->number);
        cli_csv_text(trial->description);
        if (in_brackets(designs)) {
            printf(",%" PRIu64 ",%d,%d,%d,%s", trial->design, trial->fidelity, trial->bracket,
                   trial->rung, trial->partial ? "true" : "false");
        }
        if (designs->all) {
            printf(",%s,", weft_trial_state_word(trial->state));
            cli_csv_text(trial->reason);
        }
        cli_csv_real(trial->metrics[WEFT_METRIC_ACCURACY]);
        cli_csv_real(trial->test_accuracy);
        cli_csv_real(weft_trial_gap(trial));
        for (int k = 0; k < N_FIELDS; k++) {
            cli_csv_real(trial->metrics[FIELDS[k].metric]);
        }
        if (get_info(designs)->score[0] != '\0') {
            cli_csv_real(trial->score);
        }
        csv_genes(space, &table, trial->genome);
    }
}

/* ---- table ----------------------------------------------------------------------------------- */

/* A design of many genes has a long name; JSON and CSV have all of it. */
enum { MOST_NAME = 64, NAME_BESIDE_GENES = 40 };

enum { MOST_GENES = 16 };

/* The columns of a table: some always, and whatever the problem wants. */
typedef struct design_columns {
    bool name, accuracy, test, gap, score, all, fidelity;
    bool same_network; /* of all designs: their names begin with it */
    int n_metrics;
    weft_metric metrics[WEFT_METRIC_COUNT];
    int n_genes; /* of the chip */
    int genes[MOST_GENES];
} design_columns;

/* Whether two designs of the table have different values of a gene. */
static bool gene_differs(const cli_designs *designs, int gene) {
    double first = designs->n == 0 ? NAN : design_at(designs, 0)->genome[gene];
    for (size_t i = 1; i < designs->n; i++) {
        double value = design_at(designs, i)->genome[gene];
        if (value != first && !(isnan(value) && isnan(first))) {
            return true;
        }
    }
    return false;
}

static bool is_of_chip(const weft_space *space, int gene) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    for (int k = 0; k < n; k++) {
        if (knobs[k].gene == gene) {
            return true;
        }
    }
    return false;
}

/* The genes of the chip that the search varies are columns; of many those that differ. Where they tell
 * all, a design needs no name. */
static void choose_genes(const cli_designs *designs, design_columns *columns) {
    const weft_space *space = get_space(designs);
    weft_gene_table table = weft_space_genes(space);
    int of_network = 0, of_chip = 0;
    for (int g = 0; g < table.n_genes; g++) {
        bool varies = weft_problem_varies(designs->problem, g) && weft_gene_varies(&table.genes[g]);
        of_chip += varies && is_of_chip(space, g);
        of_network += varies && !is_of_chip(space, g);
    }
    bool all = of_chip <= MOST_GENES;
    for (int g = 0; g < table.n_genes && columns->n_genes < MOST_GENES; g++) {
        bool varies = weft_problem_varies(designs->problem, g) && weft_gene_varies(&table.genes[g]);
        if (varies && is_of_chip(space, g) && (all || gene_differs(designs, g))) {
            columns->genes[columns->n_genes++] = g;
        }
    }
    columns->name = of_network > 0 || of_chip == 0 || !all;
}

static design_columns choose_columns(const cli_designs *designs) {
    const weft_problem_info *info = get_info(designs);
    design_columns columns = {.accuracy = info->trains,
                              .test = info->trains &&
                                      weft_accuracy_needs_data(info->accuracy.provider),
                              .same_network = weft_space_network_is_fixed(get_space(designs)),
                              .score = info->score[0] != '\0',
                              .all = designs->all,
                              .fidelity = designs->all && in_brackets(designs)};
    static const weft_metric ALWAYS[] = {WEFT_METRIC_ENERGY, WEFT_METRIC_LATENCY, WEFT_METRIC_AREA,
                                         WEFT_METRIC_PARAMS};
    for (size_t i = 0; i < designs->n; i++) {
        columns.gap = columns.gap || isfinite(weft_trial_gap(design_at(designs, i)));
    }
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        bool shown = m != WEFT_METRIC_ACCURACY && cli_problem_names(info, (weft_metric)m);
        for (size_t i = 0; i < sizeof ALWAYS / sizeof ALWAYS[0]; i++) {
            shown = shown || (int)ALWAYS[i] == m;
        }
        if (shown) {
            columns.metrics[columns.n_metrics++] = (weft_metric)m;
        }
    }
    choose_genes(designs, &columns);
    return columns;
}

/* "-" where it is not known. */
static void accuracy_cell(cli_table *table, double value) {
    if (isnan(value)) {
        cli_table_cell(table, "-");
    } else {
        cli_table_cell(table, "%.4f", value);
    }
}

static void name_cell(cli_table *table, const design_columns *columns, const weft_trial *trial) {
    const char *name = trial->description;
    const char *behind = strchr(name, ' ');
    name = columns->same_network && behind != NULL ? behind + 1 : name;
    int most = columns->n_genes > 0 ? NAME_BESIDE_GENES : MOST_NAME;
    bool cut = strlen(name) > (size_t)most;
    cli_table_cell(table, "%.*s%s", cut ? most - 3 : most, name, cut ? "..." : "");
}

static void design_row(cli_table *table, const weft_space *space, const design_columns *columns,
                       const weft_trial *trial) {
    cli_table_cell(table, "%" PRIu64, trial->number);
    if (columns->name) {
        name_cell(table, columns, trial);
    }
    if (columns->all) {
        cli_table_cell(table, "%s", weft_trial_state_word(trial->state));
    }
    if (columns->fidelity) {
        cli_table_cell(table, "%" PRIu64, trial->design);
        cli_table_cell(table, "%d%s", trial->fidelity, trial->partial ? "" : " whole");
    }
    if (columns->accuracy) {
        accuracy_cell(table, trial->metrics[WEFT_METRIC_ACCURACY]);
    }
    if (columns->test) {
        accuracy_cell(table, trial->test_accuracy);
    }
    if (columns->gap) {
        cli_table_cell(table, isnan(weft_trial_gap(trial)) ? "-" : "%+.4f", weft_trial_gap(trial));
    }
    for (int i = 0; i < columns->n_metrics; i++) {
        char text[CLI_QUANTITY];
        weft_metric metric = columns->metrics[i];
        cli_table_cell(table, "%s",
                       cli_metric_text(metric, trial->metrics[metric], text, sizeof text));
    }
    if (columns->score) {
        cli_table_cell(table, isnan(trial->score) ? "-" : "%.5g", trial->score);
    }
    for (int i = 0; i < columns->n_genes; i++) {
        char text[64];
        int gene = columns->genes[i];
        cli_table_cell(table, "%s",
                       cli_gene_text(space, gene, trial->genome[gene], text, sizeof text));
    }
    if (columns->all) {
        cli_table_cell(table, "%s", trial->reason);
    }
}

weft_status cli_designs_table(cli_call *call, const cli_designs *designs) {
    design_columns columns = choose_columns(designs);
    const char *headers[WEFT_METRIC_COUNT + MOST_GENES + 11];
    char align[WEFT_METRIC_COUNT + MOST_GENES + 11] = "";
    int n = 0;
    const struct {
        const char *header;
        char align;
        bool shown;
    } before[] = {{"trial", 'r', true},
                  {"design", 'l', columns.name},
                  {"state", 'l', columns.all},
                  {"of design", 'r', columns.fidelity},
                  {"fidelity", 'l', columns.fidelity},
                  {"accuracy", 'r', columns.accuracy},
                  {"test", 'r', columns.test},
                  {"gap", 'r', columns.gap}};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        headers[n] = before[i].header;
        align[n] = before[i].align;
        n += before[i].shown;
    }
    for (int i = 0; i < columns.n_metrics; i++) {
        headers[n] = weft_metric_token(columns.metrics[i]);
        align[n++] = 'r';
    }
    headers[n] = "score";
    align[n] = 'r';
    n += columns.score;
    for (int i = 0; i < columns.n_genes; i++) {
        headers[n] = weft_space_genes(get_space(designs)).genes[columns.genes[i]].name;
        align[n++] = 'r';
    }
    headers[n] = "reason";
    align[n] = 'l';
    n += columns.all;
    align[n] = '\0';
    cli_table table;
    cli_table_begin(&table, headers, align);
    for (size_t i = 0; i < designs->n; i++) {
        design_row(&table, get_space(designs), &columns, design_at(designs, i));
    }
    return cli_table_print(&table, call);
}

size_t cli_front_spread(const weft_study *study, size_t *front, size_t n, size_t top) {
    if (n <= top) {
        return n;
    }
    size_t best = 0, knee = n;
    weft_error ignored;
    if (weft_study_best(study, &best, &ignored) == WEFT_OK) {
        for (size_t i = 0; i < n; i++) {
            knee = front[i] == best ? i : knee;
        }
    }
    size_t nearest = 0, distance = SIZE_MAX;
    for (size_t k = 0; k < top;
         k++) { /* places rise, so that none is overwritten before it moves */
        size_t place = top == 1 ? 0 : k * (n - 1) / (top - 1);
        size_t away = place > knee ? place - knee : knee - place;
        nearest = away < distance ? k : nearest;
        distance = away < distance ? away : distance;
        front[k] = front[place];
    }
    if (knee < n) {
        front[nearest] = best;
    }
    return top;
}

void cli_note_gap(const cli_call *call, const weft_study *study) {
    weft_gap gap;
    weft_error ignored;
    if (weft_study_gap(study, &gap, &ignored) != WEFT_OK || gap.n == 0) {
        return;
    }
    char tau[48] = "";
    if (!isnan(gap.tau)) {
        snprintf(tau, sizeof tau, "; rank correlation (Kendall) %.2f", gap.tau);
    }
    cli_note(call, "%d design%s trained in full: test less searched accuracy %+.4f in the mean%s",
             gap.n, gap.n == 1 ? "" : "s", gap.mean, tau);
}
