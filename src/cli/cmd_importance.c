/* SPDX-License-Identifier: Apache-2.0
 * weft importance: which genes the figures of a study depend on, and which make its front. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct importance_arguments {
    const char *metric, *svg;
    int top, trials, trees;
    uint64_t seed;
    bool logarithm, json;
} importance_arguments;

/* Below it a fit says more of itself than of the genes. */
static const double LEAST_R2 = 0.5;

/* Smaller shares are not listed. */
static const double LEAST_SHARE = 5e-4;

/* Corrected probabilities above it may well be chance. */
static const double LEVEL = 0.05;

enum { ROW_NAME = 2 * WEFT_GENE_NAME + 8 };

/* A gene or a pair of genes. */
typedef struct share_row {
    char name[ROW_NAME];
    int gene; /* -1: a pair */
    double share, deviation;
} share_row;

typedef struct subject {
    cli_call *call;
    const importance_arguments *arguments;
    const weft_study *study;
    const weft_problem_info *info;
    const weft_space *space;
    weft_gene_table table;
    int n_quantities;
    int quantities[CLI_QUANTITIES];
    weft_importance *importance[CLI_QUANTITIES];
    share_row *rows[CLI_QUANTITIES]; /* (n_rows), the largest first */
    int n_rows[CLI_QUANTITIES];
    weft_separation *separation; /* NULL: every trial is on the front, or none is ok */
    size_t n_members, n_ok;
} subject;

/* ---- what is looked at ----------------------------------------------------------------------- */

static weft_status choose_quantities(subject *of) {
    if (of->arguments->metric != NULL) {
        return cli_quantities_read(of->call, of->info, of->arguments->metric, of->quantities,
                                   &of->n_quantities);
    }
    if (of->info->score[0] != '\0') {
        of->quantities[of->n_quantities++] = CLI_SCORE;
        return WEFT_OK;
    }
    for (int i = 0; i < of->info->n_objectives; i++) {
        of->quantities[of->n_quantities++] = (int)of->info->objectives[i];
    }
    return WEFT_OK;
}

static int by_share(const void *left, const void *right) {
    const share_row *a = left;
    const share_row *b = right;
    return a->share != b->share ? (a->share < b->share ? 1 : -1) : strcmp(a->name, b->name);
}

static weft_status sort_rows(subject *of, int q) {
    const weft_importance *from = of->importance[q];
    size_t most = (size_t)from->n_genes + (size_t)from->n_pairs;
    share_row *rows = calloc(most + 1, sizeof *rows);
    if (rows == NULL) {
        return weft_fail_memory(&of->call->error, (most + 1) * sizeof *rows);
    }
    int n = 0;
    for (int g = 0; g < from->n_genes; g++, n++) {
        rows[n] = (share_row){
            .gene = g, .share = from->genes[g].share, .deviation = from->genes[g].deviation};
        snprintf(rows[n].name, sizeof rows[n].name, "%s", of->table.genes[g].name);
    }
    for (int p = 0; p < from->n_pairs; p++, n++) {
        const weft_pair_share *pair = &from->pairs[p];
        rows[n] = (share_row){.gene = -1, .share = pair->share, .deviation = pair->deviation};
        snprintf(rows[n].name, sizeof rows[n].name, "%s x %s", of->table.genes[pair->first].name,
                 of->table.genes[pair->second].name);
    }
    qsort(rows, (size_t)n, sizeof *rows, by_share);
    of->rows[q] = rows;
    of->n_rows[q] = n;
    return WEFT_OK;
}

static weft_status work_out(subject *of) {
    weft_importance_settings settings;
    weft_importance_defaults(&settings);
    settings.seed = of->arguments->seed;
    settings.trees = of->arguments->trees;
    for (int q = 0; q < of->n_quantities; q++) {
        int quantity = of->quantities[q];
        weft_metric metric = quantity == CLI_SCORE ? WEFT_METRIC_COUNT : (weft_metric)quantity;
        weft_status status = weft_study_importance(of->study, metric, of->arguments->logarithm,
                                                   (size_t)of->arguments->trials, &settings,
                                                   &of->importance[q], &of->call->error);
        if (status != WEFT_OK) {
            weft_error inner = of->call->error;
            weft_fail(&of->call->error, status, "%s: %s", cli_quantity_name(quantity),
                      inner.message);
            weft_hint(&of->call->error, "%s", inner.hint);
            return status;
        }
        WEFT_TRY(sort_rows(of, q));
    }
    for (size_t i = 0; i < weft_study_size(of->study); i++) {
        of->n_ok += weft_trial_counts(weft_study_get_trial(of->study, i));
    }
    weft_error all_alike; /* where every trial is on the front there is nothing to tell apart */
    weft_status status = weft_study_separation(of->study, of->arguments->seed, &of->separation,
                                               &of->n_members, &all_alike);
    if (status != WEFT_OK && status != WEFT_ERROR_USAGE) {
        of->call->error = all_alike;
        return status;
    }
    return WEFT_OK;
}

/* ---- for people ------------------------------------------------------------------------------ */

/* A value of a quantity; with --log it is a logarithm. */
static char *value_text(const subject *of, int quantity, double value, char *buffer, size_t size) {
    double plain = of->arguments->logarithm ? exp(value) : value;
    if (quantity == CLI_SCORE) {
        snprintf(buffer, size, "%.4g", plain);
        return buffer;
    }
    return cli_metric_text((weft_metric)quantity, plain, buffer, size);
}

static weft_status print_shares(const subject *of, int q) {
    static const char *const HEADERS[] = {"gene", "share", "+-", "least", "at", "most", "at"};
    const weft_importance *from = of->importance[q];
    const share_row *rows = of->rows[q];
    cli_table table;
    int shown = of->n_rows[q] < of->arguments->top ? of->n_rows[q] : of->arguments->top;
    cli_table_begin(&table, HEADERS, "lrrrrrr");
    for (int r = 0; r < shown && rows[r].share >= LEAST_SHARE; r++) {
        cli_table_cell(&table, "%s", rows[r].name);
        cli_table_cell(&table, "%.1f %%", 100.0 * rows[r].share);
        cli_table_cell(&table, "%.1f %%", 100.0 * rows[r].deviation);
        for (int end = 0; end < 2; end++) {
            char text[CLI_QUANTITY], at[64];
            if (rows[r].gene < 0) {
                cli_table_cell(&table, "%s", "");
                cli_table_cell(&table, "%s", "");
                continue;
            }
            const weft_gene_share *gene = &from->genes[rows[r].gene];
            value_text(of, of->quantities[q], end == 0 ? gene->least : gene->most, text,
                       sizeof text);
            cli_gene_text(of->space, rows[r].gene, end == 0 ? gene->least_at : gene->most_at, at,
                          sizeof at);
            cli_table_cell(&table, "%s", text);
            cli_table_cell(&table, "%s", at);
        }
    }
    return cli_table_print(&table, of->call);
}

static weft_status print_quantity(const subject *of, int q) {
    const weft_importance *from = of->importance[q];
    char heading[160];
    snprintf(heading, sizeof heading, "%s%s: %zu trials, R2 %.2f of those not seen%s",
             of->arguments->logarithm ? "log " : "", cli_quantity_name(of->quantities[q]),
             from->n_trials, from->r2, from->r2 < LEAST_R2 ? " - NOT TO BE RELIED ON" : "");
    cli_heading(of->call, heading);
    WEFT_TRY(print_shares(of, q));
    printf("  three or more genes, and other pairs: %.1f %%\n\n", 100.0 * from->rest);
    return WEFT_OK;
}

/* "4 .. 9", "RES". */
static char *range_text(const subject *of, int gene, const weft_value_separation *value,
                        char *buffer, size_t size) {
    cli_gene_text(of->space, gene, value->lower, buffer, size);
    if (value->upper > value->lower) {
        size_t used = strlen(buffer);
        char to[64];
        snprintf(buffer + used, size - used, " .. %s",
                 cli_gene_text(of->space, gene, value->upper, to, sizeof to));
    }
    return buffer;
}

static int by_information(const void *left, const void *right, void *context) {
    const weft_separation *from = context;
    const weft_gene_separation *a = &from->genes[*(const int *)left];
    const weft_gene_separation *b = &from->genes[*(const int *)right];
    if (a->corrected != b->corrected) {
        return a->corrected < b->corrected ? -1 : 1;
    }
    if (a->information != b->information) {
        return a->information < b->information ? 1 : -1;
    }
    return *(const int *)left - *(const int *)right;
}

/* The genes by how surely they separate; the caller frees the order. */
static int *order_genes(const subject *of) {
    int *order = calloc((size_t)of->table.n_genes + 1, sizeof *order);
    for (int g = 0; order != NULL && g < of->table.n_genes; g++) {
        order[g] = g;
    }
    if (order != NULL) {
        qsort_r(order, (size_t)of->table.n_genes, sizeof *order, by_information, of->separation);
    }
    return order;
}

/* A probability; far out in the tails it is too small to be a number. */
static void p_cell(cli_table *table, double p) {
    if (p < 1e-300) {
        cli_table_cell(table, "%s", "< 1e-300");
    } else {
        cli_table_cell(table, "%.2g", p);
    }
}

/* The value whose odds are the least likely by chance; NULL: the gene has one value. */
static const weft_value_separation *telling_value(const weft_gene_separation *gene) {
    const weft_value_separation *best = NULL;
    for (int v = 0; v < gene->n_values && gene->n_values > 1; v++) {
        best = best == NULL || gene->values[v].p < best->p ? &gene->values[v] : best;
    }
    return best;
}

static void separation_row(const subject *of, int g, cli_table *table) {
    const weft_gene_separation *gene = &of->separation->genes[g];
    const weft_value_separation *value = telling_value(gene);
    char range[160];
    cli_table_cell(table, "%s", of->table.genes[g].name);
    cli_table_cell(table, "%.3f", gene->information);
    p_cell(table, gene->corrected);
    cli_table_cell(table, "%s", range_text(of, g, value, range, sizeof range));
    cli_table_cell(table, "%zu of %zu", value->members, gene->members);
    cli_table_cell(table, "%zu of %zu", value->others, gene->others);
    cli_table_cell(table, "%.3g", value->odds);
    p_cell(table, value->corrected);
}

static weft_status print_separation(const subject *of) {
    static const char *const HEADERS[] = {"gene",  "bit",  "p",    "value",
                                          "front", "rest", "odds", "p"};
    bool front = of->info->n_objectives > 1;
    char heading[160];
    if (of->separation == NULL) {
        cli_note(of->call, "%zu of %zu feasible trials are on the front: nothing to tell it from",
                 of->n_members, of->n_ok);
        return WEFT_OK;
    }
    snprintf(heading, sizeof heading, "%s (%zu of %zu feasible trials) against the rest",
             front ? "Front" : "Best tenth", of->n_members, of->n_ok);
    cli_heading(of->call, heading);
    int *order = order_genes(of);
    if (order == NULL) {
        return weft_fail_memory(&of->call->error, (size_t)of->table.n_genes * sizeof *order);
    }
    cli_table table;
    int surely = 0;
    cli_table_begin(&table, HEADERS, "lrrlrrrr");
    for (int i = 0; i < of->table.n_genes; i++) {
        const weft_gene_separation *gene = &of->separation->genes[order[i]];
        surely += gene->corrected < LEVEL;
        if (i < of->arguments->top && telling_value(gene) != NULL) {
            separation_row(of, order[i], &table);
        }
    }
    free(order);
    WEFT_TRY(cli_table_print(&table, of->call));
    cli_note(of->call,
             "%d gene%s with a corrected p below %g; p of a permutation test and of Fisher's exact "
             "test, both corrected for their number (Holm)",
             surely, surely == 1 ? "" : "s", LEVEL);
    return WEFT_OK;
}

static weft_status print_for_people(const subject *of) {
    for (int q = 0; q < of->n_quantities; q++) {
        WEFT_TRY(print_quantity(of, q));
    }
    return print_separation(of);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void value_json(weft_json *json, const subject *of, const char *key, int gene,
                       double value) {
    char text[64];
    weft_json_member_text(json, key,
                          weft_space_value_text(of->space, gene, value, text, sizeof text));
}

static void shares_json(weft_json *json, const subject *of, int q) {
    const weft_importance *from = of->importance[q];
    weft_json_object_begin(json);
    weft_json_member_text(json, "quantity", cli_quantity_name(of->quantities[q]));
    weft_json_member_bool(json, "logarithm", of->arguments->logarithm);
    weft_json_member_integer(json, "trials", (int64_t)from->n_trials);
    weft_json_member_real(json, "r2", from->r2);
    weft_json_member_bool(json, "reliable", from->r2 >= LEAST_R2);
    weft_json_member_real(json, "mean", from->mean);
    weft_json_member_real(json, "variance", from->variance);
    weft_json_key(json, "genes");
    weft_json_array_begin(json);
    for (int g = 0; g < from->n_genes; g++) {
        const weft_gene_share *gene = &from->genes[g];
        weft_json_object_begin(json);
        weft_json_member_text(json, "gene", of->table.genes[g].name);
        weft_json_member_real(json, "share", gene->share);
        weft_json_member_real(json, "deviation", gene->deviation);
        weft_json_member_real(json, "least", gene->least);
        value_json(json, of, "least_at", g, gene->least_at);
        weft_json_member_real(json, "most", gene->most);
        value_json(json, of, "most_at", g, gene->most_at);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_key(json, "pairs");
    weft_json_array_begin(json);
    for (int p = 0; p < from->n_pairs; p++) {
        const weft_pair_share *pair = &from->pairs[p];
        weft_json_object_begin(json);
        weft_json_key(json, "genes");
        weft_json_array_begin(json);
        weft_json_text(json, of->table.genes[pair->first].name);
        weft_json_text(json, of->table.genes[pair->second].name);
        weft_json_array_end(json);
        weft_json_member_real(json, "share", pair->share);
        weft_json_member_real(json, "deviation", pair->deviation);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_member_real(json, "rest", from->rest);
    weft_json_object_end(json);
}

static void gene_separation_json(weft_json *json, const subject *of, int g) {
    const weft_gene_separation *gene = &of->separation->genes[g];
    weft_json_object_begin(json);
    weft_json_member_text(json, "gene", of->table.genes[g].name);
    weft_json_member_integer(json, "members", (int64_t)gene->members);
    weft_json_member_integer(json, "others", (int64_t)gene->others);
    weft_json_member_real(json, "information", gene->information);
    weft_json_member_real(json, "p", gene->p);
    weft_json_member_real(json, "corrected", gene->corrected);
    weft_json_key(json, "values");
    weft_json_array_begin(json);
    for (int v = 0; v < gene->n_values; v++) {
        const weft_value_separation *value = &gene->values[v];
        weft_json_object_begin(json);
        value_json(json, of, "from", g, value->lower);
        value_json(json, of, "to", g, value->upper);
        weft_json_member_integer(json, "members", (int64_t)value->members);
        weft_json_member_integer(json, "others", (int64_t)value->others);
        weft_json_member_real(json, "odds", value->odds);
        weft_json_member_real(json, "p", value->p);
        weft_json_member_real(json, "corrected", value->corrected);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
}

static weft_status print_json(const subject *of) {
    char aims[CLI_AIMS];
    weft_json *json = cli_json_create(of->call);
    if (json == NULL) {
        return of->call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", of->info->name);
    weft_json_member_text(json, "goal", cli_aims_text(of->info, aims, sizeof aims));
    weft_json_key(json, "importance");
    weft_json_array_begin(json);
    for (int q = 0; q < of->n_quantities; q++) {
        shares_json(json, of, q);
    }
    weft_json_array_end(json);
    weft_json_key(json, "front");
    if (of->separation == NULL) {
        weft_json_null(json);
    } else {
        weft_json_object_begin(json);
        weft_json_member_integer(json, "members", (int64_t)of->n_members);
        weft_json_member_integer(json, "others", (int64_t)(of->n_ok - of->n_members));
        weft_json_key(json, "genes");
        weft_json_array_begin(json);
        for (int g = 0; g < of->separation->n_genes; g++) {
            gene_separation_json(json, of, g);
        }
        weft_json_array_end(json);
        weft_json_object_end(json);
    }
    weft_json_object_end(json);
    return cli_json_print(of->call, json);
}

/* ---- the figure ------------------------------------------------------------------------------ */

static weft_status draw(const subject *of) {
    weft_report_importance_panel panels[CLI_QUANTITIES];
    char names[CLI_QUANTITIES][48];
    size_t most = (size_t)of->arguments->top;
    weft_report_importance_row *rows = calloc((size_t)of->n_quantities * most, sizeof *rows);
    if (rows == NULL) {
        return weft_fail_memory(&of->call->error, (size_t)of->n_quantities * most * sizeof *rows);
    }
    for (int q = 0; q < of->n_quantities; q++) {
        weft_report_importance_row *to = rows + (size_t)q * most;
        int n = 0;
        while (n < of->n_rows[q] && (size_t)n < most && of->rows[q][n].share >= LEAST_SHARE) {
            const share_row *from = &of->rows[q][n];
            to[n++] = (weft_report_importance_row){
                .name = from->name, .share = from->share, .deviation = from->deviation};
        }
        snprintf(names[q], sizeof names[q], "%s%s", of->arguments->logarithm ? "log " : "",
                 cli_quantity_name(of->quantities[q]));
        panels[q] = (weft_report_importance_panel){.name = names[q],
                                                   .r2 = of->importance[q]->r2,
                                                   .n_trials = of->importance[q]->n_trials,
                                                   .rows = to,
                                                   .n = n};
    }
    char title[WEFT_PROBLEM_NAME + 40];
    snprintf(title, sizeof title, "Which genes matter: %s", of->info->name);
    const weft_report_importance figure = {.title = title, .panels = panels, .n = of->n_quantities};
    weft_status status =
        weft_report_importance_write(&figure, of->arguments->svg, &of->call->error);
    free(rows);
    return status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status tell(subject *of) {
    WEFT_TRY(choose_quantities(of));
    WEFT_TRY(work_out(of));
    if (of->arguments->svg != NULL) {
        WEFT_TRY(draw(of));
    }
    return of->arguments->json ? print_json(of) : print_for_people(of);
}

static weft_status run(cli_call *call, void *opaque) {
    const importance_arguments *arguments = opaque;
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open_read(call->operands[0], &study, &call->error));
    weft_problem *problem = weft_study_get_problem(study);
    subject of = {.call = call,
                  .arguments = arguments,
                  .study = study,
                  .info = weft_problem_get_info(problem),
                  .space = weft_problem_get_space(problem),
                  .table = weft_space_genes(weft_problem_get_space(problem))};
    weft_status status = tell(&of);
    for (int q = 0; q < of.n_quantities; q++) {
        weft_importance_destroy(of.importance[q]);
        free(of.rows[q]);
    }
    weft_separation_destroy(of.separation);
    weft_study_close(study);
    return status;
}

#define MEMBER(member) .offset = offsetof(importance_arguments, member)

static const cli_option OPTIONS[] = {
    {"metric", 'm', CLI_TEXT, "METRICS", MEMBER(metric), .unset = "what the problem wants",
     .help = "Metrics joined by commas (docs/reference/problem-file.md), or score."},
    {"log", 0, CLI_FLAG, MEMBER(logarithm),
     .help = "Takes logarithms: shares are of factors instead of amounts, which the largest values "
             "do not rule. Trials of 0 or less are left out."},
    {"top", 'n', CLI_INT, "N", MEMBER(top), 1, 1000,
     .help = "How many genes the tables and the figure have; --json has all."},
    {"trials", 't', CLI_INT, "N", MEMBER(trials), 16, 1e6,
     .help = "At most so many trials, evenly spread over the study, tell the importance."},
    {"trees", 0, CLI_INT, "N", MEMBER(trees), 2, 1000, .help = "Trees of the forest."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), 0, 9e15,
     .help = "Of the forest and of the permutations."},
    {"svg", 0, CLI_TEXT, "FILE", MEMBER(svg), .values = CLI_VALUES_FILE,
     .help = "Writes a figure: a bar for each gene and pair, a panel for each metric."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"STORE", CLI_VALUES_FILE, NULL, "The store of a study (runs.db)."},
};

static const char *const EXAMPLES[] = {
    "weft importance runs.db --log --svg importance.svg",
    "weft importance runs.db --metric energy,area --json | jq '.importance[0].genes'",
    NULL,
};

static void defaults(void *opaque) {
    importance_arguments *arguments = opaque;
    weft_importance_settings settings;
    weft_importance_defaults(&settings);
    arguments->top = 12;
    arguments->trials = 5000;
    arguments->trees = settings.trees;
    arguments->seed = settings.seed;
}

const cli_command cli_importance = {
    .name = "importance",
    .summary = "Which genes the figures of a study depend on, and which make its front",
    .usage = "STORE [options]",
    .text =
        "Fits a random forest to the feasible trials and splits the variance of what it predicts "
        "over the whole space into shares of genes and of pairs of genes (functional analysis of "
        "variance, Hutter et al. 2014). R2 is the share of the variance of trials that trees had "
        "not seen which they explain: below 0.5 the shares are not to be relied on. Beside a share "
        "stands how far the trees disagree, and the least and the most that the metric is in the "
        "mean over all other genes, with the value of the gene there.\n\n"
        "Then which genes tell the front from the other feasible trials (with one objective or a "
        "score: the best tenth), in bits, and the value of each that tells most: how many have it, "
        "and the odds of being on the front with it over those without.",
    .json =
        "an object with problem, goal, importance (an array: quantity, logarithm, trials, r2, "
        "reliable, mean, variance, genes (gene, share, deviation, least, least_at, most, most_at), "
        "pairs (genes, share, deviation) and rest) and front (null where every feasible trial is "
        "on "
        "it; members, others, genes: gene, members, others, information, p, corrected and values: "
        "from, to, members, others, odds (null where infinite), p, corrected).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(importance_arguments),
    .defaults = defaults,
    .run = run,
};
