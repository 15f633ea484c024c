/* SPDX-License-Identifier: Apache-2.0
 * weft explain STORE TRIAL: where each joule, second and square millimetre of a stored design goes;
 * and of the design of a problem file that a person names by its genes. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain.h"

/* The design at hand. `json` NULL: for people. */
typedef struct subject {
    cli_call *call;
    const cli_explain_arguments *arguments;
    const weft_study *study; /* NULL: of a problem file */
    weft_problem *problem;
    const weft_problem_info *info;
    const weft_space *space;
    const weft_trial *trial;
    int first, last; /* networks to explain */
    bool silent;     /* looks whether the question has an answer, and prints nothing */
    weft_json *json;
} subject;

/* ---- which network --------------------------------------------------------------------------- */

/* "alexnet" of "workloads/alexnet.csv", as the headings call it; other names as they are. */
static char *short_name(const subject *of, int which, char *buffer, size_t size) {
    const char *name = weft_space_network_name(of->space, which);
    const char *ending = strrchr(name, '.');
    bool is_table = ending != NULL && (strcmp(ending, ".csv") == 0 || strcmp(ending, ".yaml") == 0);
    const char *slash = is_table ? strrchr(name, '/') : NULL;
    name = slash == NULL ? name : slash + 1;
    snprintf(buffer, size, "%.*s", is_table ? (int)(ending - name) : (int)strlen(name), name);
    return buffer;
}

static weft_status fail_network(const subject *of, const char *text) {
    enum { MOST = 64 };
    const char *names[MOST];
    char room[MOST][64];
    size_t n = 0;
    for (int i = 0; i < weft_space_n_networks(of->space) && n < MOST; i++, n++) {
        names[n] = short_name(of, i, room[n], sizeof room[n]);
    }
    const char *nearest = weft_nearest(text, names, n);
    weft_fail(&of->call->error, WEFT_ERROR_USAGE,
              "the design has no network '%.60s': they are 1 to %zu", text, n);
    weft_hint(&of->call->error, nearest != NULL ? "did you mean '%s'?" : "the first is '%s'",
              nearest != NULL ? nearest : names[0]);
    return WEFT_ERROR_USAGE;
}

static weft_status choose_networks(subject *of) {
    const char *text = of->arguments->which;
    int n = weft_space_n_networks(of->space);
    of->first = 0;
    of->last = n - 1;
    if (text == NULL) {
        return WEFT_OK;
    }
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end != text && *end == '\0' && number >= 1 && number <= n) {
        of->first = of->last = (int)number - 1;
        return WEFT_OK;
    }
    for (int i = 0; i < n; i++) {
        char name[64];
        if (strcmp(weft_space_network_name(of->space, i), text) == 0 ||
            strcmp(short_name(of, i, name, sizeof name), text) == 0) {
            of->first = of->last = i;
            return WEFT_OK;
        }
    }
    return fail_network(of, text);
}

/* ---- down to constants ----------------------------------------------------------------------- */

static bool asks_for_tree(const cli_explain_arguments *arguments) {
    return arguments->part != NULL || arguments->layer != NULL || arguments->region >= 0;
}

/* What one region of the chip does for one network. */
typedef struct piece {
    weft_chip *chip;
    weft_priced *priced;
    weft_workload *workload;
    weft_cost *cost;
} piece;

static void piece_free(piece *of) {
    weft_cost_destroy(of->cost);
    weft_workload_destroy(of->workload);
    weft_priced_destroy(of->priced);
    weft_chip_destroy(of->chip);
}

static weft_status piece_create(const subject *of, const weft_network *network, int region,
                                piece *made) {
    weft_error *error = &of->call->error;
    int n_regions = weft_space_n_regions(of->space);
    *made = (piece){0};
    weft_status status =
        weft_problem_chip_of(of->problem, of->trial->genome, region, &made->chip, error);
    if (status == WEFT_OK) {
        status = weft_priced_create(made->chip, &made->priced, error);
    }
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &made->workload, error);
    }
    if (status == WEFT_OK) {
        status = weft_workload_assign(made->workload, network, n_regions > 1 ? region : -1, error);
    }
    if (status == WEFT_OK) {
        status = weft_cost_create(made->priced, made->workload, &made->cost, error);
    }
    if (status != WEFT_OK) {
        piece_free(made);
    }
    return status;
}

static weft_status explain_piece(const subject *of, const weft_network *network, int region,
                                 const piece *at, int32_t row) {
    weft_explanation *explanation = NULL;
    WEFT_TRY(weft_explain(at->chip, at->workload, of->arguments->part, row, &explanation,
                          &of->call->error));
    if (of->json != NULL && !of->silent) {
        weft_json_object_begin(of->json);
        weft_json_member_text(of->json, "network", network->name);
        weft_json_member_integer(of->json, "region", region);
        cli_explain_json(of->json, explanation);
        weft_json_object_end(of->json);
    } else if (!of->silent) {
        char heading[256];
        bool several = weft_space_n_regions(of->space) > 1;
        snprintf(heading, sizeof heading, several ? "\nHow: %.160s, region %d" : "\nHow: %.160s",
                 network->name, region);
        cli_heading(of->call, heading);
        cli_explain_print(explanation);
    }
    weft_explanation_destroy(explanation);
    return WEFT_OK;
}

/* Rows of the whole breakdown stand region by region: `offset` of them before this one. A number
 * means a row of the whole (of the region, where --region says which: no offset), a name the first
 * layer of that name. */
static bool row_in_piece(const weft_cost *cost, int32_t offset, const char *text, int32_t *row) {
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0') {
        return cli_explain_row(cost, text, row);
    }
    *row = (int32_t)(number - offset - 1);
    return number > offset && number <= offset + cost->n_layers;
}

/* Every region that is asked for; with --layer the one that has it. */
static weft_status explain_network(const subject *of, const weft_network *network,
                                   const weft_cost *whole) {
    const char *layer = of->arguments->layer;
    int n = weft_space_n_regions(of->space);
    int32_t offset = 0;
    bool found = layer == NULL;
    for (int r = 0; r < n; r++) {
        piece at;
        int32_t row = -1;
        WEFT_TRY(piece_create(of, network, r, &at));
        bool asked = (of->arguments->region < 0 || of->arguments->region == r) &&
                     (layer == NULL || (!found && row_in_piece(at.cost, offset, layer, &row)));
        weft_status status = asked ? explain_piece(of, network, r, &at, row) : WEFT_OK;
        found = found || asked;
        offset += of->arguments->region < 0 ? at.cost->n_layers : 0;
        piece_free(&at);
        if (status != WEFT_OK) {
            return status;
        }
    }
    return found ? WEFT_OK : cli_explain_no_row(of->call, whole, layer);
}

/* ---- networks -------------------------------------------------------------------------------- */

static weft_status print_network(const subject *of, const weft_network *network,
                                 const weft_cost *cost) {
    if (of->json != NULL) {
        weft_json_object_begin(of->json);
        weft_json_member_text(of->json, "network", network->name);
        cli_total_json(of->json, network, cost);
        cli_cost_json(of->json, cost);
        weft_json_object_end(of->json);
        return WEFT_OK;
    }
    printf("\n");
    cli_heading(of->call, "By part");
    cli_print_total(network, weft_problem_get_chip(of->problem), cost);
    WEFT_TRY(cli_print_parts(of->call, cost));
    cli_heading(of->call, "By layer");
    return cli_print_layers(of->call, cost);
}

typedef weft_status (*network_step)(const subject *of, const weft_network *network,
                                    const weft_cost *cost);

static weft_status each_network(const subject *of, network_step step) {
    for (int n = of->first; n <= of->last; n++) {
        weft_error *error = &of->call->error;
        weft_network *network = NULL;
        weft_cost *cost = NULL;
        weft_status status =
            weft_problem_network_of(of->problem, of->trial->genome, n, &network, error);
        if (status == WEFT_OK) {
            status = weft_problem_cost(of->problem, of->trial->genome, n, &cost, error);
        }
        if (status == WEFT_OK) {
            status = step(of, network, cost);
        }
        weft_cost_destroy(cost);
        weft_network_destroy(network);
        if (status != WEFT_OK) {
            return status;
        }
    }
    return WEFT_OK;
}

/* ---- the design ------------------------------------------------------------------------------ */

static void print_faults(const weft_problem_info *info) {
    for (int f = 0; f < info->n_faults; f++) {
        if (info->faults[f].on) {
            printf("  %-16s %s\n", info->faults[f].name, info->faults[f].text);
        }
    }
}

static void print_metrics(const subject *of) {
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        char text[CLI_QUANTITY];
        if (!isnan(of->trial->metrics[m])) {
            printf("  %-16s %s\n", weft_metric_token((weft_metric)m),
                   cli_metric_text((weft_metric)m, of->trial->metrics[m], text, sizeof text));
        }
    }
}

/* What the goal makes of the metrics beyond them: what each soft limit costs, and the miss. */
static void print_preference(const subject *of) {
    const double *metrics = of->trial->metrics;
    if (of->info->n_soft > 0 && !isnan(of->trial->score)) {
        printf("  of it          %.6g without broken soft limits\n",
               weft_problem_plain_score(of->problem, metrics));
    }
    for (int i = 0; i < of->info->n_soft; i++) {
        double penalty = weft_problem_penalty(of->problem, i, metrics);
        printf("soft limit   %s: %s%.4g %% worse\n", of->info->soft[i].limit,
               penalty > 0.0 ? "broken, " : "", 100.0 * penalty);
    }
    if (of->info->n_aims > 0) {
        printf("reference    missed by %.4g scales at most\n",
               weft_problem_miss(of->problem, metrics));
    }
}

static void preference_json(const subject *of) {
    const double *metrics = of->trial->metrics;
    weft_json_member_real(of->json, "plain_score", weft_problem_plain_score(of->problem, metrics));
    weft_json_key(of->json, "penalties");
    weft_json_array_begin(of->json);
    for (int i = 0; i < of->info->n_soft; i++) {
        weft_json_object_begin(of->json);
        weft_json_member_text(of->json, "limit", of->info->soft[i].limit);
        weft_json_member_real(of->json, "penalty", weft_problem_penalty(of->problem, i, metrics));
        weft_json_object_end(of->json);
    }
    weft_json_array_end(of->json);
    weft_json_member_real(of->json, "miss",
                          of->info->n_aims > 0 ? weft_problem_miss(of->problem, metrics) : NAN);
}

static void print_design(const subject *of) {
    char accounting[CLI_ACCOUNTING], aims[CLI_AIMS];
    const weft_trial *trial = of->trial;
    int n = weft_space_n_networks(of->space);
    if (of->study != NULL) {
        printf("trial        %" PRIu64 " of %s: %s\n", trial->number, of->info->name,
               weft_trial_state_word(trial->state));
    } else {
        printf("design       of %s: %s\n", of->info->name, weft_trial_state_word(trial->state));
    }
    if (trial->reason[0] != '\0') {
        printf("reason       %s\n", trial->reason);
    }
    printf("goal         %s\n", cli_aims_text(of->info, aims, sizeof aims));
    if (!isnan(trial->score)) {
        printf("score        %.6g\n", trial->score);
    }
    print_preference(of);
    printf("accounting   %s\n", cli_accounting_text(of->problem, accounting, sizeof accounting));
    print_faults(of->info);
    if (n > 1) {
        const char *way = weft_aggregate_token(of->info->aggregate);
        bool worst = of->info->aggregate == WEFT_AGGREGATE_MAX;
        printf("networks     %d on one chip; %s%s\n", n,
               worst ? "each figure is that of the network that is worst in it"
                     : "costs are their ",
               worst ? "" : way);
    }
}

static weft_status print_figures(const subject *of) {
    printf("\n");
    cli_heading(of->call, "Metrics");
    print_metrics(of);
    printf("\n");
    cli_heading(of->call, "Genes");
    return cli_print_genes(of->call, of->space, of->trial->genome);
}

static void design_json(const subject *of) {
    char aims[CLI_AIMS];
    cli_designs designs = {.problem = of->problem, .study = of->study, .n = 1, .all = true};
    weft_json_member_text(of->json, "store", of->study != NULL ? of->call->operands[0] : NULL);
    weft_json_member_text(of->json, "problem", of->info->name);
    cli_accounting_json(of->json, of->problem);
    weft_json_member_text(of->json, "chip", weft_chip_name(weft_problem_get_chip(of->problem)));
    weft_json_member_text(of->json, "goal", cli_aims_text(of->info, aims, sizeof aims));
    weft_json_key(of->json, "trial");
    cli_design_json(of->json, &designs, of->trial);
    preference_json(of);
}

static weft_status explain_for_people(subject *of) {
    if (asks_for_tree(of->arguments)) {
        of->silent = true;
        WEFT_TRY(each_network(of, explain_network));
        of->silent = false;
    }
    print_design(of);
    if (asks_for_tree(of->arguments)) {
        return each_network(of, explain_network);
    }
    WEFT_TRY(print_figures(of));
    return each_network(of, print_network);
}

static weft_status explain_as_json(subject *of) {
    of->json = cli_json_create(of->call);
    if (of->json == NULL) {
        return of->call->error.status;
    }
    weft_json_object_begin(of->json);
    design_json(of);
    weft_json_key(of->json, "networks");
    weft_json_array_begin(of->json);
    weft_status status = each_network(of, print_network);
    weft_json_array_end(of->json);
    weft_json_key(of->json, "explained");
    weft_json_array_begin(of->json);
    if (status == WEFT_OK && asks_for_tree(of->arguments)) {
        status = each_network(of, explain_network);
    }
    weft_json_array_end(of->json);
    weft_json_object_end(of->json);
    if (status != WEFT_OK) {
        weft_json_destroy(of->json);
        return status;
    }
    return cli_json_print(of->call, of->json);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Rows of layers are those of one network. */
static weft_status check_question(const subject *of) {
    const cli_explain_arguments *arguments = of->arguments;
    if (arguments->layer != NULL && of->first != of->last) {
        weft_fail(&of->call->error, WEFT_ERROR_USAGE,
                  "the design has %d networks: say whose layer it is with --network", of->last + 1);
        char name[64];
        weft_hint(&of->call->error, "--network 1 is '%s'", short_name(of, 0, name, sizeof name));
        return WEFT_ERROR_USAGE;
    }
    int n = weft_space_n_regions(of->space);
    return arguments->region < n ? WEFT_OK
                                 : cli_usage(of->call, "the chip has no region %d: the last is %d",
                                             arguments->region, n - 1);
}

static weft_status explain(subject *of) {
    of->info = weft_problem_get_info(of->problem);
    of->space = weft_problem_get_space(of->problem);
    WEFT_TRY(choose_networks(of));
    WEFT_TRY(check_question(of));
    return of->arguments->json ? explain_as_json(of) : explain_for_people(of);
}

weft_status cli_explain_trial(cli_call *call, const cli_explain_arguments *arguments) {
    weft_study *study = NULL;
    size_t index = 0;
    WEFT_TRY(weft_study_open_read(call->operands[0], &study, &call->error));
    weft_status status =
        cli_trial_find(call, study, call->n_operands > 1 ? call->operands[1] : NULL, &index);
    if (status == WEFT_OK) {
        subject of = {.call = call,
                      .arguments = arguments,
                      .study = study,
                      .problem = weft_study_get_problem(study),
                      .trial = weft_study_get_trial(study, index)};
        status = explain(&of);
    }
    weft_study_close(study);
    return status;
}

/* A design that cannot be built has no costs to explain. */
static weft_status explain_genome(cli_call *call, const cli_explain_arguments *arguments,
                                  weft_problem *problem, double *genome) {
    weft_trial trial;
    WEFT_TRY(cli_genes_read(call, problem, arguments->genes, genome));
    WEFT_TRY(weft_problem_evaluate(problem, genome, 1, &trial, &call->error));
    if (isnan(trial.metrics[WEFT_METRIC_ENERGY])) {
        weft_fail(&call->error, WEFT_ERROR_INFEASIBLE, "the design cannot be evaluated: %s",
                  trial.reason);
        if (weft_problem_get_info(problem)->hold == WEFT_HOLD_MIDDLE) {
            cli_hint_genes(call);
        }
        return WEFT_ERROR_INFEASIBLE;
    }
    subject of = {.call = call, .arguments = arguments, .problem = problem, .trial = &trial};
    return explain(&of);
}

weft_status cli_explain_genes(cli_call *call, const cli_explain_arguments *arguments) {
    weft_problem *problem = NULL;
    WEFT_TRY(weft_problem_read(call->operands[0], &problem, &call->error));
    size_t n = (size_t)weft_space_genes(weft_problem_get_space(problem)).n_genes;
    double *genome = calloc(n, sizeof *genome);
    weft_status status = genome == NULL ? weft_fail_memory(&call->error, n * sizeof *genome)
                                        : explain_genome(call, arguments, problem, genome);
    free(genome);
    weft_problem_destroy(problem);
    return status;
}
