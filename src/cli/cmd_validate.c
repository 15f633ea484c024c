/* SPDX-License-Identifier: Apache-2.0
 * weft validate: the cost model against published figures. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/share.h"
#include "cli/validate.h"

typedef struct validate_arguments {
    const char *points, *columns, *workloads, *by, *set;
    double threshold;
    int threads;
    bool json, list;
} validate_arguments;

/* The limit that applies: the one of the command line (percent), else the set's. */
static double limit_of(const cli_call *call, const validate_arguments *arguments, double own) {
    return cli_given(call, "threshold") ? arguments->threshold / 100 : own;
}

static void percent_cell(cli_table *table, double share) {
    if (isnan(share)) {
        cli_table_cell(table, "-");
    } else {
        cli_table_cell(table, "%.2f %%", fabs(share) < 5e-5 ? 0 : 100 * share); /* no -0.00 */
    }
}

/* ---- sets ------------------------------------------------------------------------------------ */

/* Errors of the points of a kind, and those of the reference beside them. */
typedef struct errors_pair {
    weft_validation_errors own, reference;
} errors_pair;

static errors_pair errors_of(const weft_validation *set, weft_measure measure, bool fitted_out) {
    weft_validation_select select = {.measure = measure, .fitted_out = fitted_out};
    errors_pair pair = {.own = weft_validation_errors_of(set, select)};
    select.of_reference = true;
    pair.reference = weft_validation_errors_of(set, select);
    return pair;
}

static double mean_of(const weft_validation *set) {
    return errors_of(set, WEFT_MEASURE_COUNT, false).own.mean;
}

/* One row for each thing that is measured: all points, and those that are a test. */
static weft_status print_measures(cli_call *call, const weft_validation *set) {
    static const char *const HEADERS[] = {"of",          "points",          "mean error",
                                          "worst",       "reference, mean", "worst",
                                          "independent", "mean error",      "reference, mean"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrrrrrrr");
    for (int m = 0; m < WEFT_MEASURE_COUNT; m++) {
        errors_pair all = errors_of(set, (weft_measure)m, false);
        errors_pair tests = errors_of(set, (weft_measure)m, true);
        if (all.own.n == 0) {
            continue;
        }
        cli_table_cell(&table, "%s", weft_measure_token((weft_measure)m));
        cli_table_cell(&table, "%d", all.own.n);
        percent_cell(&table, all.own.mean);
        percent_cell(&table, all.own.worst);
        percent_cell(&table, all.reference.mean);
        percent_cell(&table, all.reference.worst);
        cli_table_cell(&table, "%d", tests.own.n);
        percent_cell(&table, tests.own.mean);
        percent_cell(&table, tests.reference.mean);
    }
    printf("\n");
    return cli_table_print(&table, call);
}

static weft_status print_set(cli_call *call, const weft_validation *set, double limit) {
    static const char *const HEADERS[] = {"point", "from",      "unit",      "published", "model",
                                          "error", "reference", "its error", ""};
    cli_table table;
    cli_heading(call, set->name);
    printf("%s\n%s\n\n", set->text, set->source);
    cli_table_begin(&table, HEADERS, "lllrrrrrl");
    for (int i = 0; i < set->n; i++) {
        const weft_validation_point *point = &set->points[i];
        cli_table_cell(&table, "%s", point->what);
        cli_table_cell(&table, "%s", point->source);
        cli_table_cell(&table, "%s", point->unit);
        cli_table_cell(&table, "%.4g", point->published);
        cli_table_cell(&table, isnan(point->model) ? "-" : "%.4g", point->model);
        percent_cell(&table, cli_relative_error(point->model, point->published));
        cli_table_cell(&table, isnan(point->reference) ? "-" : "%.4g", point->reference);
        percent_cell(&table, cli_relative_error(point->reference, point->published));
        cli_table_cell(&table, "%s%s", point->fitted[0] != '\0' ? "no test: " : "",
                       point->reason[0] != '\0' ? point->reason : point->fitted);
    }
    WEFT_TRY(cli_table_print(&table, call));
    WEFT_TRY(print_measures(call, set));
    errors_pair all = errors_of(set, WEFT_MEASURE_COUNT, false);
    printf("\nmean error %.2f %%", 100 * all.own.mean);
    if (!isnan(all.reference.mean)) {
        printf(", of the reference %.2f %%", 100 * all.reference.mean);
    }
    printf("; at most %.4g %%: %s\n\n", 100 * limit, all.own.mean <= limit ? "passed" : "MISSED");
    return WEFT_OK;
}

static void point_json(weft_json *json, const weft_validation_point *point) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "what", point->what);
    weft_json_member_text(json, "from", point->source[0] == '\0' ? NULL : point->source);
    weft_json_member_text(json, "measure", weft_measure_token(point->measure));
    weft_json_member_text(json, "unit", point->unit);
    weft_json_member_real(json, "published", point->published);
    weft_json_member_real(json, "model", point->model);
    weft_json_member_real(json, "error", cli_relative_error(point->model, point->published));
    weft_json_member_real(json, "reference", point->reference);
    weft_json_member_real(json, "reference_error",
                          cli_relative_error(point->reference, point->published));
    weft_json_member_text(json, "fitted", point->fitted[0] == '\0' ? NULL : point->fitted);
    weft_json_member_text(json, "reason", point->reason[0] == '\0' ? NULL : point->reason);
    weft_json_object_end(json);
}

static void measure_json(weft_json *json, const weft_validation *set, weft_measure measure) {
    errors_pair all = errors_of(set, measure, false);
    errors_pair tests = errors_of(set, measure, true);
    if (all.own.n == 0) {
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "measure", weft_measure_token(measure));
    weft_json_member_integer(json, "points", all.own.n);
    weft_json_member_real(json, "mean_error", all.own.mean);
    weft_json_member_real(json, "worst_error", all.own.worst);
    weft_json_member_real(json, "reference_mean_error", all.reference.mean);
    weft_json_member_real(json, "reference_worst_error", all.reference.worst);
    weft_json_member_integer(json, "independent", tests.own.n);
    weft_json_member_real(json, "independent_mean_error", tests.own.mean);
    weft_json_member_real(json, "independent_reference_mean_error", tests.reference.mean);
    weft_json_object_end(json);
}

static void set_json(weft_json *json, const weft_validation *set, double limit) {
    errors_pair all = errors_of(set, WEFT_MEASURE_COUNT, false);
    weft_json_object_begin(json);
    weft_json_member_text(json, "set", set->name);
    weft_json_member_text(json, "description", set->text);
    weft_json_member_text(json, "source", set->source);
    weft_json_key(json, "points");
    weft_json_array_begin(json);
    for (int i = 0; i < set->n; i++) {
        point_json(json, &set->points[i]);
    }
    weft_json_array_end(json);
    weft_json_key(json, "measures");
    weft_json_array_begin(json);
    for (int m = 0; m < WEFT_MEASURE_COUNT; m++) {
        measure_json(json, set, (weft_measure)m);
    }
    weft_json_array_end(json);
    weft_json_member_real(json, "mean_error", all.own.mean);
    weft_json_member_real(json, "reference_mean_error", all.reference.mean);
    weft_json_member_real(json, "threshold", limit);
    weft_json_member_bool(json, "passed", all.own.mean <= limit);
    weft_json_object_end(json);
}

/* Where the sets go one after the other, as operands or weft_share_list name them. */
typedef struct sets {
    cli_call *call;
    const validate_arguments *arguments;
    weft_json *json; /* NULL: text */
    weft_status status;
    int n, missed;
    cli_table summary; /* text: a row a set */
} sets;

static void add_line(sets *all, const weft_validation *set, double limit) {
    errors_pair errors = errors_of(set, WEFT_MEASURE_COUNT, false);
    cli_table_cell(&all->summary, "%s", set->name);
    cli_table_cell(&all->summary, "%d", errors.own.n);
    percent_cell(&all->summary, errors.own.mean);
    percent_cell(&all->summary, errors.own.worst);
    percent_cell(&all->summary, errors.reference.mean);
    percent_cell(&all->summary, limit);
    cli_table_cell(&all->summary, errors.own.mean <= limit ? "passed" : "MISSED");
}

static void check_set(void *context, const char *name) {
    sets *all = context;
    weft_validation *set = NULL;
    if (all->status != WEFT_OK) {
        return;
    }
    all->status = weft_validation_create(name, &set, &all->call->error);
    if (all->status == WEFT_OK) {
        double limit = limit_of(all->call, all->arguments, set->threshold);
        all->n++;
        all->missed += !(mean_of(set) <= limit);
        if (all->json != NULL) {
            set_json(all->json, set, limit);
        } else {
            all->status = print_set(all->call, set, limit);
            add_line(all, set, limit);
        }
    }
    weft_validation_destroy(set);
}

static weft_status check_sets(cli_call *call, const validate_arguments *arguments) {
    sets all = {.call = call, .arguments = arguments};
    if (arguments->json) {
        all.json = cli_json_create(call);
        if (all.json == NULL) {
            return call->error.status;
        }
        weft_json_object_begin(all.json);
        weft_json_key(all.json, "sets");
        weft_json_array_begin(all.json);
    }
    static const char *const HEADERS[] = {
        "set", "points", "mean error", "worst", "reference, mean", "at most", ""};
    weft_status status = WEFT_OK;
    cli_table_begin(&all.summary, HEADERS, "lrrrrrl");
    for (int i = 0; i < call->n_operands; i++) {
        check_set(&all, call->operands[i]);
    }
    if (call->n_operands == 0) {
        status = weft_share_list("validation", check_set, &all, &call->error);
    }
    status = status == WEFT_OK ? all.status : status;
    if (status != WEFT_OK) {
        weft_json_destroy(all.json);
        return status;
    }
    if (all.json != NULL) {
        weft_json_array_end(all.json);
        weft_json_member_bool(all.json, "passed", all.missed == 0);
        weft_json_object_end(all.json);
        WEFT_TRY(cli_json_print(call, all.json));
    } else {
        WEFT_TRY(cli_table_print(&all.summary, call));
        printf("\n%d of %d sets passed\n", all.n - all.missed, all.n);
    }
    return all.missed == 0 ? WEFT_OK
                           : weft_fail(&call->error, WEFT_ERROR_EVALUATION,
                                       "%d of %d sets missed their threshold", all.missed, all.n);
}

/* A line, or (json not NULL) an element. */
static void print_name(void *json, const char *name) {
    if (json != NULL) {
        weft_json_text(json, name);
    } else {
        printf("%s\n", name);
    }
}

static weft_status list_sets(cli_call *call, bool as_json) {
    if (!as_json) {
        return weft_share_list("validation", print_name, NULL, &call->error);
    }
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_array_begin(json);
    weft_status status = weft_share_list("validation", print_name, json, &call->error);
    weft_json_array_end(json);
    if (status != WEFT_OK) {
        weft_json_destroy(json);
        return status;
    }
    return cli_json_print(call, json);
}

/* ---- tables of points ------------------------------------------------------------------------ */

/* What a compared column shows over some rows. */
typedef struct summary {
    size_t n;
    double median, mean, worst, spearman;
    double exact; /* share of rows with the same number of cycles; NaN where none is asked for */
    size_t worst_row;
} summary;

/* Rows whose cell of a column has this word; NULL: all rows. */
typedef struct subset {
    int column;
    const char *word;
} subset;

static bool in_subset(const cli_points *points, const subset *of, size_t row) {
    return of->word == NULL ||
           strcmp(points->cells[row * (size_t)points->n_columns + (size_t)of->column], of->word) ==
               0;
}

static bool same_cycles(const cli_points *points, const cli_compared *compared, int cycle,
                        size_t row) {
    double seconds =
        weft_real_parse(points->cells[row * (size_t)points->n_columns + (size_t)cycle], NULL);
    return seconds > 0 &&
           llround(compared->model[row] / seconds) == llround(compared->published[row] / seconds);
}

/* `scratch`: room for 6 n values. */
static summary summarise(const cli_points *points, const cli_compared *compared, const subset *of,
                         double *scratch) {
    summary sum = {.exact = NAN};
    double *errors = scratch;
    double *published = scratch + points->n;
    double *model = scratch + 2 * points->n;
    double *ranks = scratch + 3 * points->n;
    int cycle = compared->cycle[0] == '\0' ? -1 : cli_points_column(points, compared->cycle);
    size_t exact = 0;
    for (size_t row = 0; row < points->n; row++) {
        if (isnan(compared->model[row]) || !in_subset(points, of, row)) {
            continue;
        }
        double error = fabs(cli_relative_error(compared->model[row], compared->published[row]));
        if (error > sum.worst || sum.n == 0) {
            sum.worst = error;
            sum.worst_row = row;
        }
        exact += cycle >= 0 && same_cycles(points, compared, cycle, row);
        sum.mean += error;
        published[sum.n] = compared->published[row];
        model[sum.n] = compared->model[row];
        errors[sum.n++] = error;
    }
    sum.mean = sum.n > 0 ? sum.mean / (double)sum.n : NAN;
    sum.worst = sum.n > 0 ? sum.worst : NAN;
    sum.spearman = cli_spearman(published, model, sum.n, ranks);
    sum.median = cli_median(errors, sum.n);
    if (cycle >= 0 && sum.n > 0) {
        sum.exact = (double)exact / (double)sum.n;
    }
    return sum;
}

static void summary_json(weft_json *json, const cli_points *points, const subset *of,
                         double *scratch) {
    weft_json_key(json, "metrics");
    weft_json_array_begin(json);
    for (int k = 0; k < points->n_compared; k++) {
        const cli_compared *compared = &points->compared[k];
        summary sum = summarise(points, compared, of, scratch);
        weft_json_object_begin(json);
        weft_json_member_text(json, "column", compared->column);
        weft_json_member_text(json, "figure", compared->figure);
        weft_json_member_integer(json, "n", (int64_t)sum.n);
        weft_json_member_real(json, "median_error", sum.median);
        weft_json_member_real(json, "mean_error", sum.mean);
        weft_json_member_real(json, "worst_error", sum.worst);
        weft_json_member_integer(json, "worst_row", (int64_t)sum.worst_row + 1);
        weft_json_member_real(json, "exact_cycles", sum.exact);
        weft_json_member_real(json, "spearman", sum.spearman);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static void summary_rows(cli_table *table, const cli_points *points, const subset *of,
                         double *scratch) {
    for (int k = 0; k < points->n_compared; k++) {
        const cli_compared *compared = &points->compared[k];
        summary sum = summarise(points, compared, of, scratch);
        cli_table_cell(table, "%s", of->word == NULL ? "all" : of->word);
        cli_table_cell(table, "%s", compared->column);
        cli_table_cell(table, "%s", compared->figure);
        cli_table_cell(table, "%zu", sum.n);
        percent_cell(table, sum.median);
        percent_cell(table, sum.mean);
        percent_cell(table, sum.worst);
        cli_table_cell(table, "%zu", sum.worst_row + 1);
        percent_cell(table, sum.exact);
        cli_table_cell(table, isnan(sum.spearman) ? "-" : "%.5f", sum.spearman);
    }
}

/* Calls `each` for every word of the column of --by, in the order of the rows. */
static void each_subset(const cli_points *points, int column,
                        void (*each)(void *context, const subset *of), void *context) {
    enum { MOST = 256 };
    const char *words[MOST];
    int n = 0;
    for (size_t row = 0; row < points->n; row++) {
        const char *word = points->cells[row * (size_t)points->n_columns + (size_t)column];
        int i = 0;
        while (i < n && strcmp(words[i], word) != 0) {
            i++;
        }
        if (i == n && n < MOST) {
            words[n++] = word;
            each(context, &(subset){column, word});
        }
    }
}

static size_t count_infeasible(const cli_points *points) {
    size_t n = 0;
    for (size_t row = 0; row < points->n; row++) {
        n += points->reasons[row] != NULL;
    }
    return n;
}

/* What `each_subset` hands on. */
typedef struct printing {
    const cli_points *points;
    double *scratch;
    cli_table *table;
    weft_json *json;
} printing;

static void subset_json(void *context, const subset *of) {
    printing *p = context;
    weft_json_object_begin(p->json);
    weft_json_member_text(p->json, "column", p->points->columns[of->column]);
    weft_json_member_text(p->json, "value", of->word);
    summary_json(p->json, p->points, of, p->scratch);
    weft_json_object_end(p->json);
}

static void subset_rows(void *context, const subset *of) {
    printing *p = context;
    summary_rows(p->table, p->points, of, p->scratch);
}

static void each_by(const cli_call *call, printing *p,
                    void (*each)(void *context, const subset *of)) {
    for (int i = 0; i < call->n_given; i++) {
        if (strcmp(call->given[i].option->name, "by") == 0) {
            each_subset(p->points, cli_points_column(p->points, call->given[i].text), each, p);
        }
    }
}

static void networks_json(weft_json *json, const cli_points *points) {
    weft_json_key(json, "networks");
    weft_json_array_begin(json);
    for (int i = 0; i < points->n_networks; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "name", points->networks[i].name);
        weft_json_member_text(json, "layers", points->networks[i].source);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static weft_status points_json(cli_call *call, const validate_arguments *arguments, printing *p) {
    const subset all = {0};
    p->json = cli_json_create(call);
    if (p->json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(p->json);
    weft_json_member_text(p->json, "points", arguments->points);
    weft_json_member_text(p->json, "columns", arguments->columns);
    weft_json_member_integer(p->json, "rows", (int64_t)p->points->n);
    weft_json_member_integer(p->json, "infeasible", (int64_t)count_infeasible(p->points));
    networks_json(p->json, p->points);
    summary_json(p->json, p->points, &all, p->scratch);
    weft_json_key(p->json, "groups");
    weft_json_array_begin(p->json);
    each_by(call, p, subset_json);
    weft_json_array_end(p->json);
    weft_json_object_end(p->json);
    return cli_json_print(call, p->json);
}

static weft_status points_table(cli_call *call, const printing *how) {
    static const char *const HEADERS[] = {"rows",         "column",  "figure", "n",
                                          "median error", "mean",    "worst",  "its row",
                                          "exact cycles", "Spearman"};
    const subset all = {0};
    cli_table table;
    printing p = *how;
    p.table = &table;
    cli_table_begin(&table, HEADERS, "lllrrrrrrr");
    summary_rows(&table, p.points, &all, p.scratch);
    each_by(call, &p, subset_rows);
    WEFT_TRY(cli_table_print(&table, call));
    printf("\n");
    for (int i = 0; i < p.points->n_networks; i++) {
        const cli_layers *layers = &p.points->networks[i];
        if (strncmp(layers->name, layers->source, sizeof layers->name - 1) != 0) {
            printf("layers of %s: %s\n", layers->name, layers->source);
        }
    }
    size_t infeasible = count_infeasible(p.points);
    if (infeasible > 0) {
        size_t row = 0;
        while (p.points->reasons[row] == NULL) {
            row++;
        }
        printf("\n%zu of %zu rows have no model figure; row %zu: %s\n", infeasible, p.points->n,
               row + 1, p.points->reasons[row]);
    }
    return WEFT_OK;
}

static weft_status check_by(cli_call *call, const cli_points *points) {
    for (int i = 0; i < call->n_given; i++) {
        if (strcmp(call->given[i].option->name, "by") == 0 &&
            cli_points_column(points, call->given[i].text) < 0) {
            return cli_usage(call, "--by: the points have no column '%.60s'", call->given[i].text);
        }
    }
    return WEFT_OK;
}

static weft_status check_threshold(cli_call *call, const validate_arguments *arguments,
                                   const cli_points *points, double *scratch) {
    const subset all = {0};
    for (int k = 0; k < points->n_compared && cli_given(call, "threshold"); k++) {
        summary sum = summarise(points, &points->compared[k], &all, scratch);
        if (!(sum.median <= arguments->threshold / 100)) {
            return weft_fail(&call->error, WEFT_ERROR_EVALUATION,
                             "the median error of %s is %.3g %%, more than %.3g %%",
                             points->compared[k].column, 100 * sum.median, arguments->threshold);
        }
    }
    return WEFT_OK;
}

static weft_status print_points(cli_call *call, const validate_arguments *arguments,
                                const cli_points *points) {
    WEFT_TRY(check_by(call, points));
    double *scratch = calloc(7 * points->n, sizeof *scratch);
    if (scratch == NULL) {
        return weft_fail_memory(&call->error, 7 * points->n * sizeof *scratch);
    }
    printing p = {.points = points, .scratch = scratch};
    weft_status status = arguments->json ? points_json(call, arguments, &p)
                                         : points_table(call, &p);
    if (status == WEFT_OK) {
        status = check_threshold(call, arguments, points, scratch);
    }
    free(scratch);
    return status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status run(cli_call *call, void *opaque) {
    const validate_arguments *arguments = opaque;
    if (arguments->list) {
        return list_sets(call, arguments->json);
    }
    if (arguments->points == NULL) {
        if (arguments->workloads != NULL || arguments->by != NULL) {
            return cli_usage(call, "--workloads and --by go with --points");
        }
        return check_sets(call, arguments);
    }
    if (call->n_operands > 0) {
        return cli_usage(call, "either sets or --points");
    }
    cli_points points;
    weft_status status = cli_points_run(call, arguments->points, arguments->columns,
                                        arguments->workloads, arguments->threads, &points);
    if (status == WEFT_OK) {
        status = print_points(call, arguments, &points);
    }
    cli_points_free(&points);
    return status;
}

#define MEMBER(member) .offset = offsetof(validate_arguments, member)

static const cli_option OPTIONS[] = {
    {"list", 0, CLI_FLAG, MEMBER(list), .help = "Prints the names of the sets, and ends."},
    {"points", 'p', CLI_TEXT, "FILE", MEMBER(points), .values = CLI_VALUES_FILE,
     .help = "A table of points (CSV or TSV with a head) instead of the sets."},
    {"columns", 0, CLI_TEXT, "NAME", MEMBER(columns), .values = CLI_VALUES_FILE,
     .help = "What the columns of the table mean: a name of share/weft/points or a YAML file."},
    {"workloads", 'w', CLI_TEXT, "FOLDER", MEMBER(workloads), .values = CLI_VALUES_FOLDER,
     .unset = "what the columns file says",
     .help = "Takes each network of the table from the layer table FOLDER/NAME.csv."},
    {"by", 'b', CLI_TEXT, "COLUMN", MEMBER(by),
     .help = "Tells the errors for each value of a column too; may be given several times."},
    {"set", 's', CLI_TEXT, "PATH=VALUE", MEMBER(set),
     .help = "Changes a value of every chip of the table first; may be given several times."},
    {"threshold", 0, CLI_REAL, "PERCENT", MEMBER(threshold), 0, 1e6, .unset = "the one of each set",
     .help = "The largest error that passes: of sets the mean, of --points the median of each "
             "compared column; points have none of their own."},
    {"threads", 't', CLI_THREADS, "N", MEMBER(threads),
     .help = "How many threads work; the result is the same for any number."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"SET", CLI_VALUES_FILE, NULL,
     "A set of published points by name ('weft validate --list') or a YAML file; without any, "
     "all."},
};

static const char *const EXAMPLES[] = {
    "weft validate",
    "weft validate mnsim-2.0 --json",
    "weft validate --points points.tsv --by net --by mem --threshold 5",
    NULL,
};

static void defaults(void *opaque) {
    validate_arguments *arguments = opaque;
    arguments->threads = cli_cores();
    arguments->columns = "joint";
}

const cli_command cli_validate = {
    .name = "validate",
    .summary = "Holds the cost model against published figures",
    .usage = "[SET...] [options]",
    .text =
        "Works out published points with the chips that come with Weft, and prints each beside "
        "the published figure, the error, and the error of the estimator that the set names as "
        "its reference. A set passes where the mean of its errors is within the threshold; where "
        "one does not, the exit code is 6.\n\n"
        "With --points a table is compared: each row names a chip, a network, values of the "
        "chip, and figures. For each compared column the median, mean and worst error are told, "
        "the rank correlation, and for latencies the share of rows with exactly as many cycles.",
    .json =
        "an object with sets (set, description, source; points: what, from, measure, unit, "
        "published, model, error, reference, reference_error, fitted, reason; measures: measure, "
        "points, mean_error, worst_error, reference_mean_error, reference_worst_error, and the "
        "same of the independent ones; mean_error, reference_mean_error, threshold, passed) and "
        "passed. With --points: points (the file), columns, rows, infeasible, networks (name, "
        "layers: "
        "a file, or the name of a network), metrics (column, figure, n, median_error, mean_error, "
        "worst_error, worst_row, exact_cycles, spearman) and groups (column, value, metrics). "
        "Errors "
        "are shares: 0.05 is 5 %. With --list: an array of names.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 0,
    .max_operands = -1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(validate_arguments),
    .defaults = defaults,
    .run = run,
};
