/* SPDX-License-Identifier: Apache-2.0
 * weft compare: designs side by side, each against the first, and studies on one scale. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct compare_arguments {
    bool list, studies, json, csv;
    int64_t trials;
} compare_arguments;

/* ---- designs --------------------------------------------------------------------------------- */

enum { LABEL = 256 };

/* An operand, as far as it is compared. */
typedef struct side {
    char label[LABEL]; /* as it was typed; a store with its trial */
    char text[256];    /* description, or what was published */
    char source[256];  /* of published figures; "" */
    char accounting[CLI_ACCOUNTING];
    char state[64]; /* "" for ok and what was published */
    double metrics[WEFT_METRIC_COUNT];
} side;

static const char PUBLISHED[] = "published:";

static weft_status take_baseline(cli_call *call, const char *text, side *to) {
    weft_baseline found;
    WEFT_TRY(weft_baseline_find(text + strlen(PUBLISHED), &found, &call->error));
    snprintf(to->label, sizeof to->label, "%s", text);
    snprintf(to->text, sizeof to->text, "%s", found.text);
    snprintf(to->source, sizeof to->source, "%s", found.source);
    snprintf(to->accounting, sizeof to->accounting, "%s", found.accounting);
    memcpy(to->metrics, found.metrics, sizeof to->metrics);
    return WEFT_OK;
}

/* "runs.db:17" where no file is called that: the store and the trial. *trial NULL: the best. */
static weft_status split_operand(cli_call *call, const char *text, char *store, size_t size,
                                 const char **trial) {
    const char *colon = strrchr(text, ':');
    size_t length = colon == NULL || cli_is_store(text) ? strlen(text) : (size_t)(colon - text);
    if (length >= size) {
        return cli_usage(call, "'%.60s...' is too long", text);
    }
    memcpy(store, text, length);
    store[length] = '\0';
    *trial = text[length] == '\0' ? NULL : colon + 1;
    return WEFT_OK;
}

static weft_status take_trial(cli_call *call, const char *text, side *to) {
    char store[1024];
    const char *trial = NULL;
    weft_study *study = NULL;
    size_t index = 0;
    WEFT_TRY(split_operand(call, text, store, sizeof store, &trial));
    WEFT_TRY(weft_study_open_read(store, &study, &call->error));
    weft_status status = cli_trial_find(call, study, trial, &index);
    if (status == WEFT_OK) {
        const weft_trial *found = weft_study_get_trial(study, index);
        snprintf(to->label, sizeof to->label, "%.200s:%" PRIu64, store, found->number);
        snprintf(to->text, sizeof to->text, "%s", found->description);
        cli_accounting_text(weft_study_get_problem(study), to->accounting, sizeof to->accounting);
        if (found->state != WEFT_TRIAL_OK) {
            snprintf(to->state, sizeof to->state, "%s", weft_trial_state_word(found->state));
        }
        memcpy(to->metrics, found->metrics, sizeof to->metrics);
    }
    weft_study_close(study);
    return status;
}

/* Where the genes of "problem.yaml:rows=128,columns=64" begin; the end of "problem.yaml". NULL: no
 * problem file. */
static const char *find_genes(const char *text) {
    static const char ENDING[] = ".yaml";
    const char *at = strstr(text, ".yaml:");
    size_t length = strlen(text);
    size_t ending = strlen(ENDING);
    if (at != NULL) {
        return at + ending + 1;
    }
    bool ends = length > ending && strcmp(text + length - ending, ENDING) == 0;
    return ends ? text + length : NULL;
}

static weft_status evaluate_design(cli_call *call, weft_problem *problem, const char *genes,
                                   double *genome, side *to) {
    weft_trial trial;
    WEFT_TRY(cli_genes_read(call, problem, genes, genome));
    WEFT_TRY(weft_problem_evaluate(problem, genome, 1, &trial, &call->error));
    snprintf(to->text, sizeof to->text, "%s", trial.description);
    cli_accounting_text(problem, to->accounting, sizeof to->accounting);
    if (trial.state != WEFT_TRIAL_OK) {
        snprintf(to->state, sizeof to->state, "%s", weft_trial_state_word(trial.state));
    }
    memcpy(to->metrics, trial.metrics, sizeof to->metrics);
    return WEFT_OK;
}

/* A design of a problem file, by its genes. */
static weft_status take_design(cli_call *call, const char *text, const char *genes, side *to) {
    char file[1024];
    weft_problem *problem = NULL;
    size_t length = (size_t)(genes - text) - (genes[0] != '\0' || genes[-1] == ':');
    if (length >= sizeof file) {
        return cli_usage(call, "'%.60s...' is too long", text);
    }
    snprintf(file, sizeof file, "%.*s", (int)length, text);
    snprintf(to->label, sizeof to->label, "%.250s", text);
    WEFT_TRY(weft_problem_read(file, &problem, &call->error));
    size_t n = (size_t)weft_space_genes(weft_problem_get_space(problem)).n_genes;
    double *genome = calloc(n, sizeof *genome);
    weft_status status = genome == NULL ? weft_fail_memory(&call->error, n * sizeof *genome)
                                        : evaluate_design(call, problem, genes, genome, to);
    free(genome);
    weft_problem_destroy(problem);
    return status;
}

static weft_status take_side(cli_call *call, const char *text, side *to) {
    if (strncmp(text, PUBLISHED, strlen(PUBLISHED)) == 0) {
        return take_baseline(call, text, to);
    }
    const char *genes = find_genes(text);
    return genes != NULL ? take_design(call, text, genes, to) : take_trial(call, text, to);
}

/* How many times better: above 1 where the side is better than the first. */
static double factor(const side *first, const side *of, weft_metric metric) {
    return weft_metric_more_is_better(metric) ? of->metrics[metric] / first->metrics[metric]
                                              : first->metrics[metric] / of->metrics[metric];
}

/* What two sides know, or one. */
static bool is_known(const side *sides, int n, int metric) {
    for (int i = 0; i < n; i++) {
        if (!isnan(sides[i].metrics[metric])) {
            return true;
        }
    }
    return false;
}

static bool accountings_differ(const side *sides, int n) {
    for (int i = 1; i < n; i++) {
        if (strcmp(sides[i].accounting, sides[0].accounting) != 0) {
            return true;
        }
    }
    return false;
}

/* "A, C": those that have an accuracy, or lack one. */
static void accuracy_letters(const side *sides, int n, bool lack, char *text, size_t size) {
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        if (isnan(sides[i].metrics[WEFT_METRIC_ACCURACY]) == lack) {
            weft_list_add(text, size, (char[]){(char)('A' + i), '\0'});
        }
    }
}

static void warn(const cli_call *call, const side *sides, int n) {
    char with[48], without[48];
    accuracy_letters(sides, n, false, with, sizeof with);
    accuracy_letters(sides, n, true, without, sizeof without);
    if (with[0] != '\0' && without[0] != '\0') {
        cli_note(
            call,
            "warning: %s has an accuracy, %s has none: a cost may be lower because the network "
            "is worse",
            with, without);
    }
    if (accountings_differ(sides, n)) {
        cli_note(call, "warning: accountings differ, so figures of the same name are not the same "
                       "quantity; 'weft explain' says what each leaves out");
    }
    for (int i = 0; i < n; i++) {
        if (sides[i].state[0] != '\0') {
            cli_note(call, "warning: %s is %s", sides[i].label, sides[i].state);
        }
    }
}

static weft_status print_sides_json(cli_call *call, const side *sides, int n) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "against", sides[0].label);
    weft_json_member_bool(json, "accountings_differ", accountings_differ(sides, n));
    weft_json_key(json, "designs");
    weft_json_array_begin(json);
    for (int i = 0; i < n; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "design", sides[i].label);
        weft_json_member_text(json, "text", sides[i].text);
        weft_json_member_text(json, "source", sides[i].source[0] == '\0' ? NULL : sides[i].source);
        weft_json_member_text(json, "accounting", sides[i].accounting);
        weft_json_member_text(json, "state", sides[i].state[0] == '\0' ? "ok" : sides[i].state);
        for (int f = 0; f < 2; f++) {
            weft_json_key(json, f == 0 ? "metrics" : "factors");
            weft_json_object_begin(json);
            for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
                weft_json_member_real(json, weft_metric_token((weft_metric)m),
                                      f == 0 ? sides[i].metrics[m]
                                             : factor(&sides[0], &sides[i], (weft_metric)m));
            }
            weft_json_object_end(json);
        }
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_sides_csv(const side *sides, int n) {
    printf("metric,unit,design,accounting,value,factor\n");
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        for (int i = 0; i < n && is_known(sides, n, m); i++) {
            printf("%s,%s,", weft_metric_token((weft_metric)m), weft_metric_unit((weft_metric)m));
            cli_csv_text(sides[i].label);
            putchar(',');
            cli_csv_text(sides[i].accounting);
            cli_csv_real(sides[i].metrics[m]);
            cli_csv_real(factor(&sides[0], &sides[i], (weft_metric)m));
            printf("\n");
        }
    }
}

static void factor_cell(cli_table *table, double value) {
    if (isfinite(value)) {
        cli_table_cell(table, "%.4gx", value);
    } else {
        cli_table_cell(table, "-");
    }
}

enum { MOST_SIDES = 12 };

/* Letters stand for the designs, whose names are long. */
static weft_status print_sides(cli_call *call, const side *sides, int n) {
    const char *headers[2 * MOST_SIDES + 1] = {"metric"};
    char names[2 * MOST_SIDES][8], align[2 * MOST_SIDES + 2] = "l";
    int columns = 1;
    for (int i = 0; i < n; i++) {
        printf("%c  %s, accounting %s\n   %s\n", 'A' + i, sides[i].label, sides[i].accounting,
               sides[i].text);
        if (sides[i].source[0] != '\0') {
            printf("   %s\n", sides[i].source);
        }
    }
    printf("\n");
    for (int i = 0; i < 2 * n - 1; i++) {
        snprintf(names[i], sizeof names[i], i < n ? "%c" : "%c / A", 'A' + (i < n ? i : i - n + 1));
        headers[columns] = names[i];
        align[columns++] = 'r';
    }
    align[columns] = '\0';
    cli_table table;
    cli_table_begin(&table, headers, align);
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        if (!is_known(sides, n, m)) {
            continue;
        }
        cli_table_cell(&table, "%s", weft_metric_token((weft_metric)m));
        for (int i = 0; i < n; i++) {
            char text[CLI_QUANTITY];
            cli_table_cell(&table, "%s",
                           cli_metric_text((weft_metric)m, sides[i].metrics[m], text, sizeof text));
        }
        for (int i = 1; i < n; i++) {
            factor_cell(&table, factor(&sides[0], &sides[i], (weft_metric)m));
        }
    }
    WEFT_TRY(cli_table_print(&table, call));
    cli_note(call, "B / A: how many times better B is than A; below 1 it is worse");
    return WEFT_OK;
}

static weft_status compare_designs(cli_call *call, const compare_arguments *arguments) {
    int n = call->n_operands;
    if (n > MOST_SIDES) {
        return cli_usage(call, "at most %d designs are compared at once", MOST_SIDES);
    }
    side *sides = calloc((size_t)n, sizeof *sides);
    if (sides == NULL) {
        return weft_fail_memory(&call->error, (size_t)n * sizeof *sides);
    }
    weft_status status = WEFT_OK;
    for (int i = 0; i < n && status == WEFT_OK; i++) {
        status = take_side(call, call->operands[i], &sides[i]);
    }
    if (status == WEFT_OK) {
        warn(call, sides, n);
        if (arguments->json) {
            status = print_sides_json(call, sides, n);
        } else if (arguments->csv) {
            print_sides_csv(sides, n);
        } else {
            status = print_sides(call, sides, n);
        }
    }
    free(sides);
    return status;
}

/* ---- what is published ----------------------------------------------------------------------- */

static void list_design(cli_listing *list, const weft_baseline *design) {
    static const weft_metric SHOWN[] = {WEFT_METRIC_ENERGY, WEFT_METRIC_LATENCY, WEFT_METRIC_AREA,
                                        WEFT_METRIC_EDAP, WEFT_METRIC_ACCURACY};
    cli_table_cell(&list->table, "%s%s", PUBLISHED, design->name);
    cli_table_cell(&list->table, "%s", design->accounting);
    for (size_t i = 0; i < sizeof SHOWN / sizeof SHOWN[0]; i++) {
        char text[CLI_QUANTITY];
        cli_table_cell(&list->table, "%s",
                       cli_metric_text(SHOWN[i], design->metrics[SHOWN[i]], text, sizeof text));
    }
    cli_table_cell(&list->table, "%s", design->text);
}

static void list_design_json(weft_json *json, const weft_baseline *design) {
    char name[sizeof design->name + sizeof PUBLISHED];
    snprintf(name, sizeof name, "%s%s", PUBLISHED, design->name);
    weft_json_object_begin(json);
    weft_json_member_text(json, "design", name);
    weft_json_member_text(json, "text", design->text);
    weft_json_member_text(json, "source", design->source);
    weft_json_member_text(json, "accounting", design->accounting);
    weft_json_key(json, "metrics");
    weft_json_object_begin(json);
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        weft_json_member_real(json, weft_metric_token((weft_metric)m), design->metrics[m]);
    }
    weft_json_object_end(json);
    weft_json_object_end(json);
}

/* The designs of a file; of one that cannot be read the reason ends the call. */
static void list_file(void *context, const char *name) {
    cli_listing *list = context;
    weft_baselines *all = NULL;
    weft_error error;
    weft_status status = weft_baselines_read(name, &all, &error);
    if (status != WEFT_OK) {
        list->call->error = error;
        list->status = status;
        return;
    }
    for (int i = 0; i < all->n; i++) {
        if (list->json != NULL) {
            list_design_json(list->json, &all->designs[i]);
        } else {
            list_design(list, &all->designs[i]);
        }
    }
    weft_baselines_destroy(all);
}

static weft_status list_published(cli_call *call, const compare_arguments *arguments) {
    static const char *const HEADERS[] = {"design", "accounting", "energy",   "latency",
                                          "area",   "edap",       "accuracy", "what it is"};
    const cli_listed listed = {
        .kind = "baselines", .headers = HEADERS, .align = "llrrrrrl", .row = list_file};
    if (call->n_operands > 0 || arguments->studies || arguments->csv) {
        return cli_usage(call, "--list stands alone, or with --json");
    }
    return cli_list_share(call, arguments->json, &listed);
}

/* ---- studies --------------------------------------------------------------------------------- */

/* A study, of which its trials are forgotten once they are added up. */
typedef struct entry {
    char optimizer[32];
    char accounting[CLI_ACCOUNTING];
    size_t trials; /* finished */
} entry;

typedef struct field {
    int n;
    entry *entries;
    size_t trials;          /* that count of each: no study has fewer, unless --trials says more */
    weft_problem_info info; /* of the first: its goal */
    weft_several *several;
} field;

static weft_status look_at(cli_call *call, field *all, int i) {
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open_read(call->operands[i], &study, &call->error));
    const weft_problem_info *info = weft_problem_get_info(weft_study_get_problem(study));
    entry *made = &all->entries[i];
    made->trials = weft_study_size(study);
    snprintf(made->optimizer, sizeof made->optimizer, "%s", info->optimizer.name);
    cli_accounting_text(weft_study_get_problem(study), made->accounting, sizeof made->accounting);
    if (i == 0) {
        all->info = *info;
        all->info.accuracy = (weft_accuracy_settings){0}; /* their texts go with the study */
        all->info.optimizer.name = made->optimizer;
    }
    weft_study_close(study);
    return WEFT_OK;
}

/* Equal evaluations: as many as the shortest study has, or as --trials says. */
static weft_status set_trials(cli_call *call, const compare_arguments *arguments, field *all) {
    size_t least = SIZE_MAX;
    int shortest = 0;
    for (int i = 0; i < all->n; i++) {
        if (all->entries[i].trials < least) {
            least = all->entries[i].trials;
            shortest = i;
        }
    }
    all->trials = arguments->trials > 0 ? (size_t)arguments->trials : least;
    return all->trials <= least ? WEFT_OK
                                : cli_usage(call, "%s has %zu trials: --trials %zu is more",
                                            call->operands[shortest], least, all->trials);
}

static weft_status add_study(cli_call *call, const field *all, int i) {
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open_read(call->operands[i], &study, &call->error));
    weft_status status = weft_several_add(all->several, study, all->trials, &call->error);
    if (status != WEFT_OK && call->error.hint[0] == '\0') {
        char aims[CLI_AIMS];
        weft_hint(&call->error, "%s wants %.200s", call->operands[0],
                  cli_aims_text(&all->info, aims, sizeof aims));
    }
    weft_study_close(study);
    return status;
}

/* How many times better a study's best is than the first's; of hypervolumes their quotient. */
static double study_factor(const field *all, const weft_several_result *result, int i) {
    const weft_several_study *first = &result->studies[0];
    const weft_several_study *of = &result->studies[i];
    if (result->n_objectives > 1) {
        return of->hypervolume / first->hypervolume;
    }
    return all->info.maximise[0] ? of->best / first->best : first->best / of->best;
}

static bool entries_differ(const field *all) {
    for (int i = 1; i < all->n; i++) {
        if (strcmp(all->entries[i].accounting, all->entries[0].accounting) != 0) {
            return true;
        }
    }
    return false;
}

static weft_status print_field_json(cli_call *call, const field *all,
                                    const weft_several_result *result) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    char aims[CLI_AIMS];
    weft_json_object_begin(json);
    weft_json_member_text(json, "against", call->operands[0]);
    weft_json_member_text(json, "goal", cli_aims_text(&all->info, aims, sizeof aims));
    weft_json_member_integer(json, "trials", (int64_t)all->trials);
    weft_json_member_bool(json, "accountings_differ", entries_differ(all));
    weft_json_key(json, "studies");
    weft_json_array_begin(json);
    for (int i = 0; i < all->n; i++) {
        const weft_several_study *of = &result->studies[i];
        weft_json_object_begin(json);
        weft_json_member_text(json, "store", call->operands[i]);
        weft_json_member_text(json, "optimizer", all->entries[i].optimizer);
        weft_json_member_text(json, "accounting", all->entries[i].accounting);
        weft_json_member_integer(json, "finished", (int64_t)all->entries[i].trials);
        weft_json_member_integer(json, "ok", (int64_t)of->ok);
        weft_json_member_real(json, "best_value", of->best);
        weft_json_member_real(json, "hypervolume", of->hypervolume);
        weft_json_member_integer(json, "attained", (int64_t)of->attained);
        weft_json_member_real(json, "factor", study_factor(all, result, i));
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    cli_attainment_json(json, result);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_field_csv(const cli_call *call, const field *all,
                            const weft_several_result *result) {
    printf("store,optimizer,accounting,trials,ok,best_value,hypervolume,attained,factor\n");
    for (int i = 0; i < all->n; i++) {
        const weft_several_study *of = &result->studies[i];
        cli_csv_text(call->operands[i]);
        printf(",%s,", all->entries[i].optimizer);
        cli_csv_text(all->entries[i].accounting);
        printf(",%zu,%zu", of->trials, of->ok);
        cli_csv_real(of->best);
        cli_csv_real(of->hypervolume);
        printf(",%zu", of->attained);
        cli_csv_real(study_factor(all, result, i));
        printf("\n");
    }
}

static weft_status print_field(cli_call *call, const field *all,
                               const weft_several_result *result) {
    static const char *const ONE[] = {"store", "optimizer", "accounting", "ok", "best", "factor"};
    static const char *const SEVERAL[] = {"store",       "optimizer", "accounting", "ok",
                                          "hypervolume", "attained",  "factor"};
    bool one = result->n_objectives == 1;
    char aims[CLI_AIMS];
    printf("goal         %s\n", cli_aims_text(&all->info, aims, sizeof aims));
    printf("trials       the first %zu of each\n", all->trials);
    cli_table table;
    cli_table_begin(&table, one ? ONE : SEVERAL, one ? "lllrrr" : "lllrrrr");
    for (int i = 0; i < all->n; i++) {
        const weft_several_study *of = &result->studies[i];
        char value[CLI_QUANTITY];
        cli_table_cell(&table, "%s", call->operands[i]);
        cli_table_cell(&table, "%s", all->entries[i].optimizer);
        cli_table_cell(&table, "%s", all->entries[i].accounting);
        cli_table_cell(&table, "%zu", of->ok);
        if (one) {
            cli_table_cell(&table, "%s", cli_goal_text(&all->info, of->best, value, sizeof value));
        } else {
            cli_table_cell(&table, "%.4f", of->hypervolume);
            cli_table_cell(&table, "%zu of %zu", of->attained, result->n_front);
        }
        factor_cell(&table, study_factor(all, result, i));
    }
    WEFT_TRY(cli_table_print(&table, call));
    cli_print_quartiles(&all->info, result);
    return WEFT_OK;
}

static weft_status compare_field(cli_call *call, const compare_arguments *arguments, field *all) {
    for (int i = 0; i < all->n; i++) {
        WEFT_TRY(look_at(call, all, i));
    }
    WEFT_TRY(set_trials(call, arguments, all));
    for (int i = 0; i < all->n; i++) {
        WEFT_TRY(add_study(call, all, i));
    }
    weft_several_result result;
    WEFT_TRY(weft_several_compare(all->several, &result, &call->error));
    if (entries_differ(all)) {
        cli_note(call, "warning: accountings differ, so scores are not the same quantity");
    }
    if (arguments->json) {
        return print_field_json(call, all, &result);
    }
    if (arguments->csv) {
        print_field_csv(call, all, &result);
        return WEFT_OK;
    }
    return print_field(call, all, &result);
}

static weft_status compare_studies(cli_call *call, const compare_arguments *arguments) {
    field all = {.n = call->n_operands};
    all.entries = calloc((size_t)all.n, sizeof *all.entries);
    if (all.entries == NULL) {
        return weft_fail_memory(&call->error, (size_t)all.n * sizeof *all.entries);
    }
    weft_status status = weft_several_create(&all.several, &call->error);
    if (status == WEFT_OK) {
        status = compare_field(call, arguments, &all);
    }
    weft_several_destroy(all.several);
    free(all.entries);
    return status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status run(cli_call *call, void *opaque) {
    const compare_arguments *arguments = opaque;
    if (arguments->list) {
        return list_published(call, arguments);
    }
    if (call->n_operands < 2) {
        cli_usage(call, "%s is missing", call->n_operands == 0 ? "DESIGN" : "a second DESIGN");
        weft_hint(&call->error, "a store, STORE:TRIAL, PROBLEM.yaml:GENE=VALUE,..., or a published "
                                "design: 'weft compare --list' "
                                "has those that come with Weft");
        return WEFT_ERROR_USAGE;
    }
    if (arguments->json && arguments->csv) {
        return cli_usage(call, "--json and --csv exclude each other");
    }
    if (arguments->trials > 0 && !arguments->studies) {
        return cli_usage(call, "--trials belongs to --studies");
    }
    return arguments->studies ? compare_studies(call, arguments) : compare_designs(call, arguments);
}

#define MEMBER(member) .offset = offsetof(compare_arguments, member)

static const cli_option OPTIONS[] = {
    {"list", 0, CLI_FLAG, MEMBER(list),
     .help = "Lists the published designs that come with Weft instead."},
    {"studies", 0, CLI_FLAG, MEMBER(studies),
     .help = "Compares whole studies of one goal, all operands being stores: their best score, or "
             "their hypervolume with all studies on one scale, at equal evaluations."},
    {"trials", 'n', CLI_INT64, "N", MEMBER(trials), 1, 1e9, .unset = "the shortest study's",
     .help = "With --studies: how many trials count of each, from the first."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
    {"csv", 0, CLI_FLAG, MEMBER(csv), .help = "Prints comma-separated values."},
};

static const cli_operand OPERANDS[] = {
    {"DESIGN", CLI_VALUES_FILE, NULL,
     "What the others are compared with: a store (its best design), STORE:TRIAL, "
     "PROBLEM.yaml:GENE=VALUE,... (as of 'weft explain --genes'), published:NAME (a design of "
     "docs/reference/baseline-file.md), or published:FILE:NAME."},
    {"DESIGN", CLI_VALUES_FILE, NULL, "What is compared with it, in the same forms."},
};

static const char *const EXAMPLES[] = {
    "weft compare --list",
    "weft compare published:cimnas-1 runs.db",
    "weft compare runs.db:17 runs.db:best --json",
    "weft compare runs.db problem.yaml:rows=128,base_cycle=4",
    "weft compare --studies random.db ga.db --trials 3000",
    NULL,
};

const cli_command cli_compare = {
    .name = "compare",
    .summary = "Designs side by side with published ones; studies on one scale",
    .usage = "DESIGN DESIGN... | --studies STORE STORE... | --list",
    .text =
        "Prints the metrics of designs side by side, how many times better each is than the first, "
        "and the accounting of each: figures that were counted in different ways carry the same "
        "name but are not the same quantity, and a warning says so; as one does where only some "
        "have "
        "an accuracy.\n\n"
        "With --studies it compares how far searches have come after the same number of trials.",
    .json =
        "an object with against (the first), accountings_differ and designs (an array: design, "
        "text, source, accounting, state, metrics, factors: how many times better than the first, "
        "by the direction of each metric). With --studies: against, goal, trials, "
        "accountings_differ, studies (an array: store, optimizer, accounting, finished, ok, "
        "best_value, hypervolume, attained, factor), quartiles and attainment as of 'weft search "
        "--seeds'. With --list: an array of design, text, source, accounting and metrics.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 2,
    .min_operands = 0,
    .max_operands = -1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(compare_arguments),
    .run = run,
};
