/* SPDX-License-Identifier: Apache-2.0
 * weft sensitivity: what one step of each gene does to each metric of a design. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct sensitivity_arguments {
    const char *metric, *genes, *svg;
    int top;
    bool json, csv;
} sensitivity_arguments;

/* ---- what is looked at ----------------------------------------------------------------------- */

/* One step of a gene, and what became of it. */
typedef struct step {
    weft_status
        status; /* WEFT_DONE: there is none; WEFT_ERROR_INFEASIBLE: the space rules it out */
    char reason[sizeof((weft_error *)0)->message];
    const double *genome;
    const weft_trial *trial; /* NULL unless evaluated */
} step;

typedef struct row {
    int gene;
    double effect; /* the larger |ln(new / own)| of the first quantity */
    step steps[2]; /* down, up */
} row;

typedef struct subject {
    cli_call *call;
    const sensitivity_arguments *arguments;
    weft_problem *problem;
    const weft_problem_info *info;
    const weft_space *space;
    weft_gene_table table;
    bool is_stored; /* a trial, not a design of a problem file */
    int n_quantities;
    int quantities[CLI_QUANTITIES]; /* metrics, or CLI_SCORE; rows are sorted by the first */
    size_t n_genomes;
    double *genomes; /* (n_genomes, genes); the first is the design's own */
    weft_trial *trials;
    size_t n_rows;
    row *rows; /* of the genes that have a step */
} subject;

static bool has_quantity(const subject *of, int quantity) {
    for (int i = 0; i < of->n_quantities; i++) {
        if (of->quantities[i] == quantity) {
            return true;
        }
    }
    return false;
}

static void add_quantity(subject *of, int quantity) {
    if (!has_quantity(of, quantity)) {
        of->quantities[of->n_quantities++] = quantity;
    }
}

/* What the problem wants, and the usual figures. */
static void choose_quantities(subject *of) {
    static const weft_metric USUAL[] = {WEFT_METRIC_ENERGY, WEFT_METRIC_LATENCY, WEFT_METRIC_AREA,
                                        WEFT_METRIC_EDAP};
    if (of->info->score[0] != '\0') {
        add_quantity(of, CLI_SCORE);
    }
    for (int i = 0; of->info->score[0] == '\0' && i < of->info->n_objectives; i++) {
        add_quantity(of, (int)of->info->objectives[i]);
    }
    for (size_t i = 0; i < sizeof USUAL / sizeof USUAL[0]; i++) {
        add_quantity(of, (int)USUAL[i]);
    }
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        if (cli_problem_names(of->info, (weft_metric)m)) {
            add_quantity(of, m);
        }
    }
}

/* "energy,area" of --metric. */
static weft_status read_quantities(subject *of) {
    return cli_quantities_read(of->call, of->info, of->arguments->metric, of->quantities,
                               &of->n_quantities);
}

/* ---- evaluating ------------------------------------------------------------------------------ */

static weft_status allocate(subject *of) {
    size_t genes = (size_t)of->table.n_genes;
    size_t most = 2 * genes + 1;
    of->genomes = calloc(most * genes, sizeof *of->genomes);
    of->trials = calloc(most, sizeof *of->trials);
    of->rows = calloc(genes, sizeof *of->rows);
    return of->genomes != NULL && of->trials != NULL && of->rows != NULL
               ? WEFT_OK
               : weft_fail_memory(&of->call->error, most * genes * sizeof *of->genomes);
}

/* Genomes of all steps, behind the design's own. */
static weft_status make_steps(subject *of) {
    size_t genes = (size_t)of->table.n_genes;
    of->n_genomes = 1;
    for (int g = 0; g < of->table.n_genes; g++) {
        row *made = &of->rows[of->n_rows];
        *made = (row){.gene = g};
        for (int way = 0; way < 2; way++) {
            step *to = &made->steps[way];
            double *genome = of->genomes + of->n_genomes * genes;
            to->status = weft_problem_step(of->problem, of->genomes, g, way == 0 ? -1 : 1, genome,
                                           &of->call->error);
            if (to->status == WEFT_OK) {
                to->genome = genome;
                of->n_genomes++;
            } else if (to->status == WEFT_ERROR_INFEASIBLE) {
                snprintf(to->reason, sizeof to->reason, "%s", of->call->error.message);
            } else if (to->status != WEFT_DONE) {
                return to->status;
            }
        }
        bool any = made->steps[0].status != WEFT_DONE || made->steps[1].status != WEFT_DONE;
        of->n_rows += any;
    }
    return WEFT_OK;
}

/* How far a value is from the design's own: the logarithm of their ratio, so that half and twice are
 * equally far. */
static double effect_of(double own, double value) {
    if (isnan(own) || isnan(value)) {
        return 0.0;
    }
    return own * value > 0.0 ? fabs(log(value / own)) : value == own ? 0.0 : INFINITY;
}

static int by_effect(const void *a, const void *b) {
    const row *x = a;
    const row *y = b;
    return x->effect != y->effect ? (x->effect < y->effect ? 1 : -1) : x->gene - y->gene;
}

/* Steps stand in the order in which their genomes were made. */
static void take_trials(subject *of) {
    size_t next = 1;
    double own = cli_quantity_value(of->quantities[0], &of->trials[0]);
    for (size_t r = 0; r < of->n_rows; r++) {
        row *at = &of->rows[r];
        for (int way = 0; way < 2; way++) {
            if (at->steps[way].status == WEFT_OK) {
                at->steps[way].trial = &of->trials[next++];
                double value = cli_quantity_value(of->quantities[0], at->steps[way].trial);
                at->effect = fmax(at->effect, effect_of(own, value));
            }
        }
    }
    qsort(of->rows, of->n_rows, sizeof *of->rows, by_effect);
}

/* A metric that was asked for and that no design of the problem has. */
static weft_status check_known(const subject *of, const weft_trial *own) {
    for (int i = 0; i < of->n_quantities && of->arguments->metric != NULL; i++) {
        int quantity = of->quantities[i];
        if (quantity != CLI_SCORE && isnan(own->metrics[quantity])) {
            weft_fail(&of->call->error, WEFT_ERROR_USAGE, "the design has no %s",
                      cli_quantity_name(quantity));
            if (quantity == WEFT_METRIC_ACCURACY) {
                weft_hint(&of->call->error, of->info->trains
                                                ? "accuracies that would have to be trained are "
                                                  "left out"
                                                : "its problem asks for no accuracy");
            }
            return WEFT_ERROR_USAGE;
        }
    }
    return WEFT_OK;
}

static weft_status evaluate(subject *of) {
    WEFT_TRY(make_steps(of));
    WEFT_TRY(weft_problem_evaluate(of->problem, of->genomes, of->n_genomes, of->trials,
                                   &of->call->error));
    const weft_trial *own = &of->trials[0];
    if (isnan(own->metrics[WEFT_METRIC_ENERGY])) {
        weft_fail(&of->call->error, WEFT_ERROR_INFEASIBLE,
                  "the design itself cannot be evaluated: %s", own->reason);
        if (of->info->hold == WEFT_HOLD_MIDDLE && !of->is_stored) {
            cli_hint_genes(of->call);
        }
        return WEFT_ERROR_INFEASIBLE;
    }
    WEFT_TRY(check_known(of, own));
    /* A broken constraint leaves a design its metrics, but no score to compare with. */
    while (of->n_quantities > 1 && isnan(cli_quantity_value(of->quantities[0], own))) {
        of->n_quantities--;
        memmove(of->quantities, of->quantities + 1,
                (size_t)of->n_quantities * sizeof of->quantities[0]);
    }
    take_trials(of);
    return WEFT_OK;
}

/* ---- output ---------------------------------------------------------------------------------- */

static char *gene_text(const subject *of, const double *genome, int gene, char *buffer,
                       size_t size) {
    weft_space_value_text(of->space, gene, genome[gene], buffer, size);
    char *end = NULL;
    double value = strtod(buffer, &end);
    if (end != buffer && *end == '\0' && strlen(buffer) > 7) {
        snprintf(buffer, size, "%.5g", value); /* 4.3333, not all its digits */
    }
    return buffer;
}

static const char *reason_of(const step *of) {
    return of->trial != NULL ? of->trial->reason : of->reason;
}

static bool is_feasible(const step *of) {
    return of->trial != NULL && of->trial->state == WEFT_TRIAL_OK;
}

/* Whether a step changes nothing that is looked at. */
static bool is_idle(const subject *of, const step *at) {
    for (int i = 0; i < of->n_quantities && at->trial != NULL; i++) {
        double own = cli_quantity_value(of->quantities[i], &of->trials[0]);
        double value = cli_quantity_value(of->quantities[i], at->trial);
        if (own != value && !(isnan(own) && isnan(value))) {
            return false;
        }
    }
    return at->trial == NULL ? at->status == WEFT_DONE : is_feasible(at);
}

/* "+12.5 %", "x 4.2" from fourfold on, "0" for no change, "-" where a value is not known. */
static void change_cell(cli_table *table, double own, double value) {
    double ratio = value / own;
    if (!isfinite(ratio)) {
        cli_table_cell(table, value == own ? "0" : "-");
    } else if (value == own) {
        cli_table_cell(table, "0");
    } else if (ratio >= 4 || ratio < 0) {
        cli_table_cell(table, "x %.3g", ratio);
    } else {
        cli_table_cell(table, "%+.3g %%", 100 * (ratio - 1));
    }
}

static void step_row(cli_table *table, const subject *of, const row *at, int way) {
    const step *to = &at->steps[way];
    char before[64], after[64];
    cli_table_cell(table, "%s", of->table.genes[at->gene].name);
    cli_table_cell(table, "%s", gene_text(of, of->genomes, at->gene, before, sizeof before));
    cli_table_cell(table, "%s",
                   to->genome == NULL ? "-"
                                      : gene_text(of, to->genome, at->gene, after, sizeof after));
    for (int i = 0; i < of->n_quantities; i++) {
        change_cell(table, cli_quantity_value(of->quantities[i], &of->trials[0]),
                    to->trial == NULL ? NAN : cli_quantity_value(of->quantities[i], to->trial));
    }
    cli_table_cell(table, "%s", reason_of(to));
}

static weft_status print_table(const subject *of, size_t shown) {
    const char *headers[CLI_QUANTITIES + 4] = {"gene", "from", "to"};
    char align[CLI_QUANTITIES + 5] = "lrr";
    int n = 3;
    size_t idle = 0;
    for (int i = 0; i < of->n_quantities; i++) {
        headers[n] = cli_quantity_name(of->quantities[i]);
        align[n++] = 'r';
    }
    headers[n] = "reason";
    align[n] = 'l';
    cli_table table;
    cli_table_begin(&table, headers, align);
    for (size_t r = 0; r < of->n_rows; r++) {
        bool both = is_idle(of, &of->rows[r].steps[0]) && is_idle(of, &of->rows[r].steps[1]);
        idle += both;
        for (int way = 0; way < 2 && r < shown && !both; way++) {
            if (of->rows[r].steps[way].status != WEFT_DONE) {
                step_row(&table, of, &of->rows[r], way);
            }
        }
    }
    WEFT_TRY(cli_table_print(&table, of->call));
    cli_note(of->call, "%zu of %zu genes with a step; %zu change nothing%s",
             shown - (shown + idle > of->n_rows ? shown + idle - of->n_rows : 0), of->n_rows, idle,
             shown + idle < of->n_rows ? "; --top N prints more" : "");
    return WEFT_OK;
}

static weft_status print_for_people(const subject *of) {
    char accounting[CLI_ACCOUNTING], aims[CLI_AIMS];
    size_t shown = (size_t)of->arguments->top < of->n_rows ? (size_t)of->arguments->top
                                                           : of->n_rows;
    printf("goal         %s\n", cli_aims_text(of->info, aims, sizeof aims));
    printf("accounting   %s\n", cli_accounting_text(of->problem, accounting, sizeof accounting));
    if (of->trials[0].state != WEFT_TRIAL_OK) {
        printf("infeasible   %s\n", of->trials[0].reason);
    }
    for (int i = 0; i < of->n_quantities; i++) {
        char text[CLI_QUANTITY];
        double value = cli_quantity_value(of->quantities[i], &of->trials[0]);
        if (of->quantities[i] == CLI_SCORE) {
            snprintf(text, sizeof text, "%.6g", value);
        } else {
            cli_metric_text((weft_metric)of->quantities[i], value, text, sizeof text);
        }
        printf("%-12s %s\n", cli_quantity_name(of->quantities[i]), text);
    }
    printf("\n");
    return print_table(of, shown);
}

static void quantities_json(weft_json *json, const subject *of, const char *key,
                            const weft_trial *trial, const weft_trial *own) {
    weft_json_key(json, key);
    weft_json_object_begin(json);
    for (int i = 0; i < of->n_quantities; i++) {
        double value = trial == NULL ? NAN : cli_quantity_value(of->quantities[i], trial);
        weft_json_member_real(json, cli_quantity_name(of->quantities[i]),
                              own == NULL ? value
                                          : value / cli_quantity_value(of->quantities[i], own));
    }
    weft_json_object_end(json);
}

static void step_json(weft_json *json, const subject *of, const row *at, int way) {
    const step *to = &at->steps[way];
    char text[64];
    weft_json_key(json, way == 0 ? "down" : "up");
    if (to->status == WEFT_DONE) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_text(
        json, "value",
        to->genome == NULL
            ? NULL
            : weft_space_value_text(of->space, at->gene, to->genome[at->gene], text, sizeof text));
    weft_json_member_text(
        json, "state",
        weft_trial_state_word(to->trial == NULL ? WEFT_TRIAL_INFEASIBLE : to->trial->state));
    weft_json_member_text(json, "reason", reason_of(to)[0] == '\0' ? NULL : reason_of(to));
    quantities_json(json, of, "metrics", to->trial, NULL);
    quantities_json(json, of, "factors", to->trial, &of->trials[0]);
    weft_json_object_end(json);
}

static weft_status print_json(const subject *of) {
    weft_json *json = cli_json_create(of->call);
    if (json == NULL) {
        return of->call->error.status;
    }
    char aims[CLI_AIMS], text[64];
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", of->info->name);
    weft_json_member_text(json, "goal", cli_aims_text(of->info, aims, sizeof aims));
    cli_accounting_json(json, of->problem);
    weft_json_member_text(json, "sorted_by", cli_quantity_name(of->quantities[0]));
    weft_json_key(json, "design");
    cli_designs designs = {.problem = of->problem, .trials = of->trials, .n = 1, .all = true};
    cli_design_json(json, &designs, &of->trials[0]);
    quantities_json(json, of, "metrics", &of->trials[0], NULL);
    weft_json_key(json, "genes");
    weft_json_array_begin(json);
    for (size_t r = 0; r < of->n_rows; r++) {
        const row *at = &of->rows[r];
        weft_json_object_begin(json);
        weft_json_member_text(json, "gene", of->table.genes[at->gene].name);
        weft_json_member_text(
            json, "value",
            weft_space_value_text(of->space, at->gene, of->genomes[at->gene], text, sizeof text));
        weft_json_member_real(json, "effect", at->effect);
        step_json(json, of, at, 0);
        step_json(json, of, at, 1);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(of->call, json);
}

static void print_csv(const subject *of) {
    printf("gene,from,to,state,reason");
    for (int i = 0; i < of->n_quantities; i++) {
        printf(",%s,%s_factor", cli_quantity_name(of->quantities[i]),
               cli_quantity_name(of->quantities[i]));
    }
    printf("\n");
    for (size_t r = 0; r < 2 * of->n_rows; r++) {
        const row *at = &of->rows[r / 2];
        const step *to = &at->steps[r % 2];
        char text[64];
        if (to->status == WEFT_DONE) {
            continue;
        }
        cli_csv_text(of->table.genes[at->gene].name);
        putchar(',');
        cli_csv_text(
            weft_space_value_text(of->space, at->gene, of->genomes[at->gene], text, sizeof text));
        putchar(',');
        if (to->genome != NULL) {
            cli_csv_text(weft_space_value_text(of->space, at->gene, to->genome[at->gene], text,
                                               sizeof text));
        }
        printf(",%s,",
               weft_trial_state_word(to->trial == NULL ? WEFT_TRIAL_INFEASIBLE : to->trial->state));
        cli_csv_text(reason_of(to));
        for (int i = 0; i < of->n_quantities; i++) {
            double own = cli_quantity_value(of->quantities[i], &of->trials[0]);
            double value = to->trial == NULL ? NAN
                                             : cli_quantity_value(of->quantities[i], to->trial);
            cli_csv_real(value);
            cli_csv_real(value / own);
        }
        printf("\n");
    }
}

/* ---- the figure ------------------------------------------------------------------------------ */

enum { STEP_TEXT = 64 };

/* The unit of a gene's values; "" where it has none. */
static const char *gene_unit(const subject *of, int gene) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(of->space, &n);
    for (int k = 0; k < n; k++) {
        if (knobs[k].gene == gene) {
            return strcmp(knobs[k].unit, "1") == 0 ? "" : knobs[k].unit;
        }
    }
    return "";
}

/* `texts`: the values after the steps, and the design's own. */
static void fill_figure_row(const subject *of, const row *at, char texts[3][STEP_TEXT],
                            weft_report_tornado_row *to) {
    to->gene = of->table.genes[at->gene].name;
    to->own = gene_text(of, of->genomes, at->gene, texts[2], STEP_TEXT);
    to->unit = gene_unit(of, at->gene);
    for (int way = 0; way < 2; way++) {
        const step *from = &at->steps[way];
        if (from->trial != NULL) {
            to->steps[way] = (weft_report_tornado_step){
                .text = gene_text(of, from->genome, at->gene, texts[way], STEP_TEXT),
                .value = cli_quantity_value(of->quantities[0], from->trial),
                .feasible = is_feasible(from),
            };
        }
    }
}

static weft_status draw(const subject *of) {
    size_t most = (size_t)of->arguments->top < of->n_rows ? (size_t)of->arguments->top : of->n_rows;
    weft_report_tornado_row *rows = calloc(most + 1, sizeof *rows);
    char(*texts)[3][STEP_TEXT] = calloc(most + 1, sizeof *texts);
    weft_status status = WEFT_OK;
    if (rows == NULL || texts == NULL) {
        status = weft_fail_memory(&of->call->error, most * sizeof *texts);
    }
    int n = 0;
    for (size_t r = 0; status == WEFT_OK && r < most; r++) {
        if (of->rows[r].effect > 0) {
            fill_figure_row(of, &of->rows[r], texts[n], &rows[n]);
            n++;
        }
    }
    if (status == WEFT_OK) {
        int quantity = of->quantities[0];
        const char *unit = quantity == CLI_SCORE ? "" : weft_metric_unit((weft_metric)quantity);
        bool prefixed = unit[0] == 'J' || strcmp(unit, "s") == 0 || strcmp(unit, "W") == 0;
        char title[160];
        snprintf(title, sizeof title, "What one step of each gene does to %s%s",
                 quantity == CLI_SCORE ? "the " : "", cli_quantity_name(quantity));
        weft_report_tornado figure = {
            .title = title,
            .name = cli_quantity_name(quantity),
            .unit = strcmp(unit, "1") == 0 ? "" : unit,
            .plain = !prefixed,
            .base = cli_quantity_value(quantity, &of->trials[0]),
            .rows = rows,
            .n = n,
        };
        status = weft_report_tornado_write(&figure, of->arguments->svg, &of->call->error);
    }
    free(texts);
    free(rows);
    return status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status begin(subject *of, weft_problem *problem) {
    of->problem = problem;
    of->info = weft_problem_get_info(problem);
    of->space = weft_problem_get_space(problem);
    of->table = weft_space_genes(of->space);
    if (of->arguments->metric != NULL) {
        WEFT_TRY(read_quantities(of));
    } else {
        choose_quantities(of);
    }
    return allocate(of);
}

static weft_status print_result(const subject *of) {
    if (of->arguments->svg != NULL) {
        if (isnan(cli_quantity_value(of->quantities[0], &of->trials[0]))) {
            return weft_fail(&of->call->error, WEFT_ERROR_USAGE,
                             "the design has no %s to draw: choose another with --metric",
                             cli_quantity_name(of->quantities[0]));
        }
        WEFT_TRY(draw(of));
    }
    if (of->arguments->json) {
        return print_json(of);
    }
    if (of->arguments->csv) {
        print_csv(of);
        return WEFT_OK;
    }
    return print_for_people(of);
}

static weft_status of_store(subject *of) {
    weft_study *study = NULL;
    size_t index = 0;
    cli_call *call = of->call;
    WEFT_TRY(weft_study_open_read(call->operands[0], &study, &call->error));
    weft_status status = begin(of, weft_study_get_problem(study));
    if (status == WEFT_OK) {
        status =
            cli_trial_find(call, study, call->n_operands > 1 ? call->operands[1] : NULL, &index);
    }
    if (status == WEFT_OK) {
        memcpy(of->genomes, weft_study_get_trial(study, index)->genome,
               (size_t)of->table.n_genes * sizeof *of->genomes);
        status = evaluate(of);
    }
    if (status == WEFT_OK) {
        status = print_result(of);
    }
    weft_study_close(study);
    return status;
}

static weft_status of_file(subject *of) {
    weft_problem *problem = NULL;
    WEFT_TRY(weft_problem_read(of->call->operands[0], &problem, &of->call->error));
    weft_status status = begin(of, problem);
    if (status == WEFT_OK) {
        status = cli_genes_read(of->call, problem, of->arguments->genes, of->genomes);
    }
    if (status == WEFT_OK) {
        status = evaluate(of);
    }
    if (status == WEFT_OK) {
        status = print_result(of);
    }
    weft_problem_destroy(problem);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    const sensitivity_arguments *arguments = opaque;
    subject of = {.call = call, .arguments = arguments};
    bool store = call->n_operands == 2 || cli_is_store(call->operands[0]);
    if (arguments->json && arguments->csv) {
        return cli_usage(call, "--json and --csv exclude each other");
    }
    if (store && arguments->genes != NULL) {
        return cli_usage(call, "--genes belongs to a problem file: a trial has its genes");
    }
    of.is_stored = store;
    weft_status status = store ? of_store(&of) : of_file(&of);
    free(of.genomes);
    free(of.trials);
    free(of.rows);
    return status;
}

#define MEMBER(member) .offset = offsetof(sensitivity_arguments, member)

static const cli_option OPTIONS[] = {
    {"metric", 'm', CLI_TEXT, "METRICS", MEMBER(metric),
     .unset = "the problem's, energy, latency, area, edap",
     .help =
         "Metrics joined by commas (docs/reference/problem-file.md), or score; genes are sorted "
         "by what they do to the first, which is what --svg draws."},
    {"genes", 'g', CLI_TEXT, "GENE=VALUE,...", MEMBER(genes),
     .help = "With a problem file: the design, as far as it differs from where the problem lets "
             "its genes stand ('fixed', 'hold'). Names may have * and ?."},
    {"top", 'n', CLI_INT, "N", MEMBER(top), 1, 100000,
     .help = "How many genes the table and the figure have; --json and --csv have all."},
    {"svg", 0, CLI_TEXT, "FILE", MEMBER(svg), .values = CLI_VALUES_FILE,
     .help = "Writes a figure: a bar for each step, the strongest gene first."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
    {"csv", 0, CLI_FLAG, MEMBER(csv),
     .help = "Prints comma-separated values: a line for each step, with each metric and its factor "
             "to the design's own."},
};

static const cli_operand OPERANDS[] = {
    {"STORE", CLI_VALUES_FILE, NULL,
     "The store of a study (runs.db). In its place FILE: a problem."},
    {"TRIAL", CLI_VALUES_NONE, NULL,
     "Behind a store: the number of a trial, or 'best', which is what is meant without it."},
};

static const char *const EXAMPLES[] = {
    "weft sensitivity runs.db best --svg tornado.svg",
    "weft sensitivity problem.yaml --genes rows=128,base_cycle=4 --metric latency --csv",
    NULL,
};

static void defaults(void *opaque) {
    ((sensitivity_arguments *)opaque)->top = 20;
}

const cli_command cli_sensitivity = {
    .name = "sensitivity",
    .summary = "What one step of each gene does to a design",
    .usage = "(STORE [TRIAL] | FILE [--genes GENE=VALUE,...]) [options]",
    .text =
        "Moves each gene of a design one step down and one step up its list, all others left "
        "alone, and prints what that does to each metric. A step that cannot be built or breaks a "
        "constraint is a row with its reason. Where a step makes other genes active they stand as "
        "the problem holds them.\n\n"
        "Accuracies that would have to be trained are left out.",
    .json =
        "an object with problem, goal, accounting (name, execution, faults), sorted_by, design (as "
        "'weft "
        "front --all' prints it), metrics (of the design) and genes (an array sorted by effect: "
        "gene, value, effect (the larger |ln(new / own)|), down and up: null where there is no "
        "such step, else value, state, reason, metrics and factors (new / own)).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 2,
    .min_operands = 1,
    .max_operands = 2,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(sensitivity_arguments),
    .defaults = defaults,
    .run = run,
};
