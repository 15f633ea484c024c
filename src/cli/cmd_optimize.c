/* SPDX-License-Identifier: Apache-2.0
 * weft optimize: searches values that a program of the user's measures. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"

typedef struct optimize_arguments {
    const char *journal;
    int jobs;
    int64_t trials;
    uint64_t seed;
    double time_limit;
    int failures;
    bool serve, dry_run, json;
} optimize_arguments;

#define MEMBER(member) .offset = offsetof(optimize_arguments, member)

static const cli_option OPTIONS[] = {
    {"journal", 0, CLI_TEXT, "FILE", MEMBER(journal), .values = CLI_VALUES_FILE,
     .unset = "the problem's name and .jsonl",
     .help = "Where the trials are kept, a line of JSON each: made, or gone on with where it is of "
             "the same problem."},
    {"jobs", 'j', CLI_INT, "N", MEMBER(jobs), 1, 1024,
     .help = "Copies of the program that run at once. The results do not depend on it; more than a "
             "batch are of no use."},
    {"trials", 'n', CLI_INT64, "N", MEMBER(trials), 1, 1e9, .unset = "as in the file",
     .help = "How many trials there are in all."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), .unset = "as in the file",
     .help = "Seed of the search."},
    {"time-limit", 0, CLI_REAL, "SECONDS", MEMBER(time_limit), 0.001, 1e9,
     .unset = "as in the file",
     .help = "A candidate that takes longer has failed; its copy of the program is killed."},
    {"failures", 0, CLI_INT, "N", MEMBER(failures), 1, 1e9, .unset = "as in the file",
     .help = "Ends with exit code 6 after so many failed trials in a row."},
    {"serve", 0, CLI_FLAG, MEMBER(serve),
     .help = "The other way round: no program is run; lines {\"ask\": 2} on standard input are "
             "answered by candidates, results by what became of them, until the input ends."},
    {"dry-run", 0, CLI_FLAG, MEMBER(dry_run),
     .help = "Prints what would be searched and ends; the program is not run, nothing is written."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"FILE", CLI_VALUES_FILE, NULL,
     "Genes, objectives, constraints and search: a YAML file (docs/reference/optimize-file.md)."},
    {"PROGRAM", CLI_VALUES_FILE, NULL,
     "A program and its arguments, instead of the file's; behind -- where they begin with a dash."},
};

static const char *const EXAMPLES[] = {
    "weft optimize simulator.yaml -- ./simulate --fast",
    "weft optimize simulator.yaml --jobs 4 --trials 500 --journal runs.jsonl",
    "weft optimize simulator.yaml --dry-run",
    NULL,
};

static void defaults(void *opaque) {
    optimize_arguments *arguments = opaque;
    arguments->jobs = 1;
}

/* ---- plan ------------------------------------------------------------------------------------ */

static void program_text(const weft_optimize_info *info, char *buffer, size_t size) {
    buffer[0] = '\0';
    for (int i = 0; info->program != NULL && info->program[i] != NULL; i++) {
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, "%s%s", i > 0 ? " " : "", info->program[i]);
    }
}

static void aims_text(const weft_optimize_info *info, char *buffer, size_t size) {
    buffer[0] = '\0';
    for (int i = 0; i < info->n_objectives; i++) {
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, "%s%s (%s)", i > 0 ? ", " : "", info->metrics[i],
                 info->maximise[i] ? "most" : "least");
    }
}

static weft_status plan_json(cli_call *call, const optimize_arguments *arguments,
                             const weft_optimize_info *info, const weft_space_count *count,
                             const char *journal) {
    char program[512];
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    program_text(info, program, sizeof program);
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    weft_json_member_text(json, "designs", count->legal);
    weft_json_key(json, "objectives");
    weft_json_array_begin(json);
    for (int i = 0; i < info->n_objectives; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "metric", info->metrics[i]);
        weft_json_member_bool(json, "maximise", info->maximise[i]);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_key(json, "constraints");
    weft_json_array_begin(json);
    for (int c = 0; c < info->n_constraints; c++) {
        weft_json_text(json, info->constraints[c]);
    }
    weft_json_array_end(json);
    weft_json_member_text(json, "optimizer", info->optimizer.name);
    weft_json_member_integer(json, "trials", info->trials);
    weft_json_member_integer(json, "batch", info->batch);
    weft_json_member_integer(json, "seed", (int64_t)info->seed);
    weft_json_member_integer(json, "jobs", arguments->jobs);
    weft_json_member_text(json, "program", info->program == NULL ? NULL : program);
    weft_json_member_real(json, "time_limit_s", info->time_limit > 0 ? info->time_limit : NAN);
    weft_json_member_integer(json, "failures", info->failures);
    weft_json_member_text(json, "journal", journal);
    weft_json_member_bool(json, "journal_exists", access(journal, F_OK) == 0);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status plan(cli_call *call, const optimize_arguments *arguments,
                        weft_optimize *optimize, const char *journal) {
    const weft_optimize_info *info = weft_optimize_get_info(optimize);
    weft_space_count count = {.legal = "not known"};
    weft_error entangled;
    char aims[512], program[512], designs[CLI_COUNT];
    if (weft_space_counts(weft_optimize_get_space(optimize), &count, &entangled) != WEFT_OK) {
        snprintf(count.legal, sizeof count.legal, "not known");
    }
    if (arguments->json) {
        return plan_json(call, arguments, info, &count, journal);
    }
    aims_text(info, aims, sizeof aims);
    program_text(info, program, sizeof program);
    printf("problem      %s\n", info->name);
    printf("designs      %s\n", cli_count_text(count.legal, designs, sizeof designs));
    printf("objectives   %s\n", aims);
    for (int c = 0; c < info->n_constraints; c++) {
        printf("%s%s\n", c == 0 ? "constraints  " : "             ", info->constraints[c]);
    }
    printf("optimizer    %s, seed %" PRIu64 "\n", info->optimizer.name, info->seed);
    printf("trials       %" PRId64 " in batches of %d, %d at once\n", info->trials, info->batch,
           arguments->jobs);
    printf("program      %s\n", info->program == NULL ? "none is given" : program);
    if (info->time_limit > 0) {
        printf("time limit   %g s a candidate\n", info->time_limit);
    }
    printf("journal      %s (%s)\n", journal,
           access(journal, F_OK) == 0 ? "exists: the search would go on with it" : "new");
    return WEFT_OK;
}

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct optimize_watch {
    cli_progress progress;
    const weft_optimize_info *info;
    weft_optimize_progress last;
    bool any;
} optimize_watch;

static void show(optimize_watch *watch) {
    const weft_optimize_progress *now = &watch->last;
    char bar[32], eta[32], best[240] = "";
    cli_progress_bar(now->total > 0 ? (double)now->done / (double)now->total : 1, bar, sizeof bar);
    cli_duration(now->eta, eta, sizeof eta);
    for (int i = 0; i < watch->info->n_objectives; i++) {
        size_t used = strlen(best);
        if (isnan(now->best[i])) {
            snprintf(best + used, sizeof best - used, "%s-", i > 0 ? ", " : "");
        } else {
            snprintf(best + used, sizeof best - used, "%s%s %.5g", i > 0 ? ", " : "",
                     watch->info->metrics[i], now->best[i]);
        }
    }
    cli_progress_show(&watch->progress,
                      "%s %" PRId64 "/%" PRId64 " ok %" PRId64 " infeasible %" PRId64
                      " failed %" PRId64 " | best %s | %.3g/s | ETA %s",
                      bar, now->done, now->total, now->ok, now->infeasible, now->failed, best,
                      now->rate, eta);
}

static void on_progress(void *context, const weft_optimize_progress *now) {
    optimize_watch *watch = context;
    watch->last = *now;
    watch->any = true;
    if (cli_progress_due(&watch->progress)) {
        show(watch);
    }
}

/* ---- results --------------------------------------------------------------------------------- */

static void trial_json(weft_json *json, const weft_optimize *optimize,
                       const weft_optimize_info *info, const weft_optimize_trial *trial) {
    weft_json_object_begin(json);
    weft_json_member_integer(json, "trial", (int64_t)trial->number);
    weft_json_key(json, "values");
    cli_genes_json(json, weft_optimize_get_space(optimize), trial->genome);
    weft_json_key(json, "metrics");
    weft_json_object_begin(json);
    for (int m = 0; m < info->n_metrics; m++) {
        weft_json_member_real(json, info->metrics[m], trial->metrics[m]);
    }
    weft_json_object_end(json);
    weft_json_member_real(json, "seconds", trial->seconds);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, weft_optimize *optimize,
                              const weft_optimize_progress *now, const char *journal,
                              double elapsed_s, const size_t *front, size_t n) {
    const weft_optimize_info *info = weft_optimize_get_info(optimize);
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    weft_json_member_text(json, "journal", journal);
    weft_json_member_integer(json, "trials", now->done);
    weft_json_member_integer(json, "ok", now->ok);
    weft_json_member_integer(json, "infeasible", now->infeasible);
    weft_json_member_integer(json, "failed", now->failed);
    weft_json_member_real(json, "elapsed_s", elapsed_s);
    weft_json_key(json, "front");
    weft_json_array_begin(json);
    for (size_t i = 0; i < n; i++) {
        trial_json(json, optimize, info, weft_optimize_trial_at(optimize, front[i]));
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* "width=12 kind=exact": the active genes. */
static void values_text(const weft_space *space, const double *genome, char *buffer, size_t size) {
    weft_gene_table table = weft_space_genes(space);
    buffer[0] = '\0';
    for (int g = 0; g < table.n_genes; g++) {
        size_t used = strlen(buffer);
        char value[64];
        if (!isnan(genome[g])) {
            snprintf(buffer + used, size - used, "%s%s=%s", used > 0 ? " " : "",
                     table.genes[g].name, cli_gene_text(space, g, genome[g], value, sizeof value));
        }
    }
}

static weft_status print_table(cli_call *call, weft_optimize *optimize, const size_t *front,
                               size_t n) {
    enum { COLUMNS = WEFT_OPTIMIZE_METRICS + 2 };
    const weft_optimize_info *info = weft_optimize_get_info(optimize);
    const char *headers[COLUMNS + 1] = {"trial"};
    char align[COLUMNS + 1] = "r";
    for (int m = 0; m < info->n_metrics; m++) {
        headers[m + 1] = info->metrics[m];
        align[m + 1] = 'r';
    }
    headers[info->n_metrics + 1] = "values";
    align[info->n_metrics + 1] = 'l';
    cli_table table;
    cli_table_begin(&table, headers, align);
    for (size_t i = 0; i < n; i++) {
        const weft_optimize_trial *trial = weft_optimize_trial_at(optimize, front[i]);
        char values[1024];
        cli_table_cell(&table, "%" PRIu64, trial->number);
        for (int m = 0; m < info->n_metrics; m++) {
            cli_table_cell(&table, isnan(trial->metrics[m]) ? "-" : "%.6g", trial->metrics[m]);
        }
        values_text(weft_optimize_get_space(optimize), trial->genome, values, sizeof values);
        cli_table_cell(&table, "%s", values);
    }
    return cli_table_print(&table, call);
}

static void note_failures(cli_call *call, const weft_optimize *optimize, int64_t failed) {
    for (size_t i = 0; failed > 0 && i < weft_optimize_size(optimize); i++) {
        const weft_optimize_trial *trial = weft_optimize_trial_at(optimize, i);
        if (trial->state == WEFT_OUTCOME_FAILED) {
            cli_note(call, "%" PRId64 " trial%s failed; the first: %" PRIu64 ": %s", failed,
                     failed == 1 ? "" : "s", trial->number, trial->reason);
            return;
        }
    }
}

static weft_status print_result(cli_call *call, const optimize_arguments *arguments,
                                weft_optimize *optimize, const weft_optimize_progress *now,
                                const char *journal, double elapsed_s) {
    const weft_optimize_info *info = weft_optimize_get_info(optimize);
    size_t *front = NULL;
    size_t n = 0;
    WEFT_TRY(weft_optimize_front(optimize, &front, &n, &call->error));
    weft_status status = WEFT_OK;
    if (arguments->json) {
        status = print_json(call, optimize, now, journal, elapsed_s, front, n);
    } else if (n > 0) {
        cli_heading(call, info->n_objectives == 1 ? "Best" : "Front");
        status = print_table(call, optimize, front, n);
    }
    free(front);
    note_failures(call, optimize, now->failed);
    if (status == WEFT_OK && n == 0) {
        weft_fail(&call->error,
                  now->failed == now->done ? WEFT_ERROR_EVALUATION : WEFT_ERROR_INFEASIBLE,
                  "nothing was found: of %" PRId64 " trials %" PRId64 " failed, %" PRId64
                  " break a constraint",
                  now->done, now->failed, now->infeasible);
        weft_hint(&call->error, "the journal says why, trial by trial");
        return call->error.status;
    }
    return status;
}

/* ---- run ------------------------------------------------------------------------------------- */

static weft_status optimize_it(cli_call *call, const optimize_arguments *arguments,
                               weft_optimize *optimize, const char *journal) {
    optimize_watch watch = {.info = weft_optimize_get_info(optimize)};
    weft_optimize_run_settings settings = {
        .journal = journal,
        .jobs = arguments->jobs,
        .stop = cli_interrupt_install(call),
        .progress = on_progress,
        .context = &watch,
    };
    double began = weft_steady_time();
    cli_progress_begin(&watch.progress, call);
    weft_status status = weft_optimize_run(optimize, &settings, &call->error);
    if (watch.any) {
        show(&watch);
    }
    cli_progress_end(&watch.progress);
    if (status == WEFT_DONE) {
        cli_note(call, "the space is exhausted: it holds no further design");
        status = WEFT_OK;
    }
    if (status == WEFT_OK) {
        return print_result(call, arguments, optimize, &watch.last, journal,
                            weft_steady_time() - began);
    }
    if (status == WEFT_STOPPED || status == WEFT_ERROR_EVALUATION) {
        cli_note(call, "%severy finished trial is safe in %s%s",
                 status == WEFT_STOPPED ? "interrupted; " : "", journal,
                 status == WEFT_STOPPED ? "; the same command goes on" : "");
    }
    return status;
}

static void take_options(const cli_call *call, const optimize_arguments *arguments,
                         weft_optimize_info *info) {
    info->trials = cli_given(call, "trials") ? arguments->trials : info->trials;
    info->seed = cli_given(call, "seed") ? arguments->seed : info->seed;
    info->time_limit = cli_given(call, "time-limit") ? arguments->time_limit : info->time_limit;
    info->failures = cli_given(call, "failures") ? arguments->failures : info->failures;
    if (call->n_operands > 1) {
        info->program = (const char *const *)&call->operands[1];
    }
}

static weft_status run(cli_call *call, void *opaque) {
    const optimize_arguments *arguments = opaque;
    weft_optimize *optimize = NULL;
    WEFT_TRY(weft_optimize_read(call->operands[0], &optimize, &call->error));
    weft_optimize_info *info = weft_optimize_get_info(optimize);
    char name[WEFT_PROBLEM_NAME + 8];
    take_options(call, arguments, info);
    snprintf(name, sizeof name, "%s.jsonl", info->name);
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '/' ? '-' : *c;
    }
    const char *journal = arguments->journal == NULL ? name : arguments->journal;
    weft_status status = WEFT_OK;
    if (arguments->dry_run) {
        status = plan(call, arguments, optimize, journal);
    } else if (arguments->serve) {
        status = call->n_operands > 1
                     ? cli_usage(call, "--serve runs no program: your process asks and tells")
                     : weft_optimize_serve(optimize, journal, stdin, stdout, &call->error);
    } else if (info->program == NULL) {
        status = cli_usage(call, "which program measures? name it behind the file, or as `program` "
                                 "in it");
    } else {
        status = optimize_it(call, arguments, optimize, journal);
    }
    weft_optimize_destroy(optimize);
    return status;
}

const cli_command cli_optimize = {
    .name = "optimize",
    .summary = "Searches values that a program of yours measures",
    .usage = "FILE [options] [--] [PROGRAM [ARGUMENT...]]",
    .text =
        "Drives any program over lines of JSON: a candidate goes to its standard input, "
        "{\"id\": 3, \"values\": {\"width\": 12}}, and one line is expected on its standard "
        "output, "
        "{\"id\": 3, \"metrics\": {\"error\": 0.1}} or {\"id\": 3, \"error\": \"why not\"}. The "
        "program runs on from candidate to candidate, until its input ends.\n\n"
        "A candidate whose program dies, takes longer than the limit, prints something else or no "
        "number is recorded as failed, with the reason; the program is started again.\n\n"
        "Every finished trial is in the journal before the next batch is asked for. The same "
        "command "
        "goes on where it ended, also after a kill, and ends as if it had not been interrupted.",
    .json =
        "an object with problem, journal, trials, ok, infeasible, failed, elapsed_s and front (an "
        "array, by the first objective from its best: trial, values, metrics, seconds; with one "
        "objective the best alone). With --dry-run: problem, designs (as text), objectives "
        "(metric, "
        "maximise), constraints, optimizer, trials, batch, seed, jobs, program, time_limit_s, "
        "failures, journal and journal_exists. With --serve all output is lines of JSON.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 2,
    .min_operands = 1,
    .max_operands = -1,
    .options = OPTIONS,
    .n_options = (int)(sizeof OPTIONS / sizeof OPTIONS[0]),
    .size = sizeof(optimize_arguments),
    .defaults = defaults,
    .run = run,
};
