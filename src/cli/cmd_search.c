/* SPDX-License-Identifier: Apache-2.0
 * weft search: runs a problem into a store, or goes on with one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

typedef struct search_arguments {
    const char *store;
    int jobs;
    int64_t trials;
    uint64_t seed;
    bool dry_run, no_final, json;
} search_arguments;

#define MEMBER(member) .offset = offsetof(search_arguments, member)

static const cli_option OPTIONS[] = {
    {"store", 0, CLI_TEXT, "FILE", MEMBER(store), .values = CLI_VALUES_FILE,
     .unset = "the problem's name and .db",
     .help = "The store of the study: made, or gone on with where it holds the same problem."},
    {"jobs", 'j', CLI_THREADS, "N|auto", MEMBER(jobs),
     .help = "Trials evaluated at once, one thread each; auto: the cores of this machine. The "
             "results do not depend on it."},
    {"trials", 'n', CLI_INT64, "N", MEMBER(trials), 1, 1e9, .unset = "as in the problem",
     .help = "How many trials the study has in all."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), .unset = "as in the problem",
     .help = "Seed of the study."},
    {"dry-run", 0, CLI_FLAG, MEMBER(dry_run),
     .help = "Prints what would be searched, as resolved, and ends; nothing is written."},
    {"no-final", 0, CLI_FLAG, MEMBER(no_final),
     .help = "Does not train the designs of the front in full at the end."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"FILE", CLI_VALUES_FILE, NULL, "A problem: a YAML file (docs/reference/problem-file.md)."},
};

static const char *const EXAMPLES[] = {
    "weft search examples/fashion-imc.yaml --store runs.db",
    "weft search examples/fashion-imc.yaml --dry-run",
    NULL,
};

static void defaults(void *opaque) {
    ((search_arguments *)opaque)->jobs = cli_cores();
}

/* ---- the plan -------------------------------------------------------------------------------- */

static void training_json(weft_json *json, const weft_problem_info *info) {
    weft_json_key(json, "accuracy");
    if (!info->trains) {
        weft_json_null(json);
        return;
    }
    const weft_train_settings *train = &info->accuracy.train;
    weft_json_object_begin(json);
    weft_json_member_text(json, "provider", info->accuracy.provider);
    weft_json_member_real(json, "epochs", train->epochs);
    weft_json_member_real(json, "share", train->share);
    weft_json_member_real(json, "validation", train->validation);
    weft_json_member_integer(json, "validation_limit", train->validation_limit);
    weft_json_member_real(json, "final_epochs", info->accuracy.final_epochs);
    weft_json_member_integer(json, "batch", train->batch);
    weft_json_member_real(json, "learning_rate", train->learning_rate);
    weft_json_member_real(json, "warmup", train->warmup);
    weft_json_member_real(json, "momentum", train->momentum);
    weft_json_member_real(json, "weight_decay", train->weight_decay);
    weft_json_member_integer(json, "crop_pad", train->crop_pad);
    weft_json_member_bool(json, "flip", train->flip);
    weft_json_member_real(json, "label_smoothing", train->label_smoothing);
    weft_json_object_end(json);
}

static weft_status print_plan_json(cli_call *call, const search_arguments *arguments,
                                   const weft_problem *problem, const weft_problem_info *info,
                                   const weft_space_count *count, const char *store) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    weft_json_member_text(json, "space", info->space);
    weft_json_member_text(json, "designs", count->total);
    weft_json_member_text(json, "legal_designs", count->legal);
    weft_json_member_text(json, "chip", weft_chip_name(weft_problem_get_chip(problem)));
    weft_json_member_text(json, "data", info->trains ? info->accuracy.data : NULL);
    weft_json_key(json, "objectives");
    weft_json_array_begin(json);
    for (int i = 0; info->score[0] == '\0' && i < info->n_objectives; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "metric", weft_metric_token(info->objectives[i]));
        weft_json_member_bool(json, "maximise", info->maximise[i]);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_member_text(json, "score", info->score[0] == '\0' ? NULL : info->score);
    weft_json_key(json, "constraints");
    weft_json_array_begin(json);
    for (int i = 0; i < info->n_constraints; i++) {
        weft_json_text(json, info->constraints[i]);
    }
    weft_json_array_end(json);
    training_json(json, info);
    weft_json_member_text(json, "optimizer", info->optimizer.name);
    weft_json_member_integer(json, "trials", info->trials);
    weft_json_member_integer(json, "batch", info->batch);
    weft_json_member_integer(json, "seed", (int64_t)info->seed);
    weft_json_member_integer(json, "jobs", arguments->jobs);
    weft_json_member_text(json, "store", store);
    weft_json_member_bool(json, "store_exists", access(store, F_OK) == 0);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_aims(const weft_problem_info *info) {
    if (info->score[0] != '\0') {
        printf("score        %s (most)\n", info->score);
    } else {
        printf("objectives   ");
        for (int i = 0; i < info->n_objectives; i++) {
            printf("%s%s (%s)", i > 0 ? ", " : "", weft_metric_token(info->objectives[i]),
                   info->maximise[i] ? "most" : "least");
        }
        printf("\n");
    }
    for (int i = 0; i < info->n_constraints; i++) {
        printf("constraint   %s\n", info->constraints[i]);
    }
}

static void print_training(const weft_problem_info *info) {
    if (!info->trains) {
        printf("training     none: a search over hardware cost alone\n");
        return;
    }
    const weft_train_settings *train = &info->accuracy.train;
    printf("data         %s\n", info->accuracy.data);
    printf("candidates   %g epochs on %g %% of the training part; %g %% of the set validates",
           train->epochs, 100 * train->share, 100 * train->validation);
    if (train->validation_limit > 0) {
        printf(", at most %" PRId64 " images", train->validation_limit);
    }
    printf("\nfinal        %g epochs on the whole training set, then the test set once\n",
           info->accuracy.final_epochs);
    printf(
        "recipe       batch %d, learning rate %g (warm-up %g, cosine), momentum %g, weight decay "
        "%g,\n             crop pad %d, flip %s, label smoothing %g\n",
        train->batch, train->learning_rate, train->warmup, train->momentum, train->weight_decay,
        train->crop_pad, train->flip ? "on" : "off", train->label_smoothing);
}

static weft_status print_plan(cli_call *call, const search_arguments *arguments,
                              const weft_problem *problem, const weft_problem_info *info,
                              const char *store) {
    weft_space_count count;
    const weft_space *space = weft_problem_get_space(problem);
    WEFT_TRY(weft_space_counts(space, &count, &call->error));
    if (arguments->json) {
        return print_plan_json(call, arguments, problem, info, &count, store);
    }
    weft_shape input = weft_space_input(space);
    printf("problem      %s\n", info->name);
    printf("space        %s: %s designs, %s legal\n", info->space, count.total, count.legal);
    printf("input        %d x %d x %d\n", input.channels, input.height, input.width);
    printf("chip         %s\n", weft_chip_name(weft_problem_get_chip(problem)));
    print_training(info);
    print_aims(info);
    printf("optimizer    %s, seed %" PRIu64 "\n", info->optimizer.name, info->seed);
    printf("trials       %" PRId64 " in batches of %d, %d at once\n", info->trials, info->batch,
           arguments->jobs);
    printf("store        %s (%s)\n", store,
           access(store, F_OK) == 0 ? "exists: the search would go on with it" : "new");
    return WEFT_OK;
}

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct search_watch {
    cli_progress progress;
    const weft_problem_info *info;
    weft_study_progress last;
    bool any;
} search_watch;

static void append(char *buffer, size_t size, const char *text) {
    size_t used = strlen(buffer);
    snprintf(buffer + used, size - used, "%s", text);
}

/* "best accuracy 0.912, energy 3.1 uJ". */
static void best_text(const weft_problem_info *info, const weft_study_progress *now, char *buffer,
                      size_t size) {
    snprintf(buffer, size, "best ");
    for (int i = 0; i < info->n_objectives; i++) {
        char value[CLI_QUANTITY], part[CLI_QUANTITY + 32];
        if (info->score[0] != '\0') {
            snprintf(part, sizeof part, "score %.5g", now->best[i]);
        } else if (weft_metric_unit(info->objectives[i])[0] == '1') {
            snprintf(part, sizeof part, "%s %.4g", weft_metric_token(info->objectives[i]),
                     now->best[i]);
        } else if (info->objectives[i] == WEFT_METRIC_AREA) {
            snprintf(part, sizeof part, "area %.4g mm2", now->best[i]);
        } else {
            snprintf(part, sizeof part, "%s %s", weft_metric_token(info->objectives[i]),
                     cli_quantity(now->best[i], weft_metric_unit(info->objectives[i]), value,
                                  sizeof value));
        }
        append(buffer, size, i > 0 ? ", " : "");
        append(buffer, size, isnan(now->best[i]) ? "-" : part);
    }
}

/* The whole line; where the terminal is too narrow for it, what matters most. */
static void show_search(search_watch *watch, const weft_study_progress *now) {
    char bar[32], best[240], volume[32] = "", eta[32], line[sizeof watch->progress.line];
    double share = now->total > 0 ? (double)now->done / (double)now->total : 1;
    cli_progress_bar(share, bar, sizeof bar);
    cli_duration(now->eta, eta, sizeof eta);
    best_text(watch->info, now, best, sizeof best);
    if (!isnan(now->hypervolume)) {
        snprintf(volume, sizeof volume, " | HV %.4f", now->hypervolume);
    }
    int length = snprintf(line, sizeof line,
                          "%s %" PRId64 "/%" PRId64 " ok %" PRId64 " infeasible %" PRId64
                          " failed %" PRId64 " | %s%s | %.3g/s | ETA %s",
                          bar, now->done, now->total, now->ok, now->infeasible, now->failed, best,
                          volume, now->rate, eta);
    if (length > cli_progress_room(&watch->progress)) {
        snprintf(line, sizeof line, "%s %" PRId64 "/%" PRId64 " | %s | ETA %s", bar, now->done,
                 now->total, best, eta);
    }
    cli_progress_show(&watch->progress, "%s", line);
}

static void show_final(search_watch *watch, const weft_study_progress *now) {
    char bar[32], eta[32];
    double share = now->total > 0 ? (double)now->done / (double)now->total : 1;
    cli_progress_show(&watch->progress, "%s final training %" PRId64 "/%" PRId64 " | ETA %s",
                      cli_progress_bar(share, bar, sizeof bar), now->done, now->total,
                      cli_duration(now->eta, eta, sizeof eta));
}

static void show(search_watch *watch) {
    if (watch->last.finishing) {
        show_final(watch, &watch->last);
    } else {
        show_search(watch, &watch->last);
    }
}

static void on_progress(void *context, const weft_study_progress *now) {
    search_watch *watch = context;
    watch->last = *now;
    watch->last.trial = NULL; /* borrowed for this call only */
    watch->any = true;
    if (cli_progress_due(&watch->progress)) {
        show(watch);
    }
}

/* ---- results --------------------------------------------------------------------------------- */

typedef struct trial_counts {
    size_t ok, infeasible, failed;
    const weft_trial *first_failed;
} trial_counts;

static trial_counts count_trials(const weft_study *study) {
    trial_counts tally = {0};
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        tally.ok += trial->state == WEFT_TRIAL_OK;
        tally.infeasible += trial->state == WEFT_TRIAL_INFEASIBLE;
        tally.failed += trial->state == WEFT_TRIAL_FAILED;
        if (trial->state == WEFT_TRIAL_FAILED && tally.first_failed == NULL) {
            tally.first_failed = trial;
        }
    }
    return tally;
}

/* The hypervolume of the whole study; NaN where it has none. */
static double last_hypervolume(const weft_study *study) {
    size_t n = weft_study_size(study);
    double *values = malloc((n + 1) * sizeof *values);
    weft_error error;
    double volume = NAN;
    if (values != NULL && n > 0 && weft_study_hypervolume(study, values, &error) == WEFT_OK) {
        volume = values[n - 1];
    }
    free(values);
    return volume;
}

static weft_status print_result_json(cli_call *call, const weft_study *study, const char *store,
                                     const weft_problem_info *info, const size_t *front, size_t n) {
    trial_counts tally = count_trials(study);
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    weft_json_member_text(json, "store", store);
    weft_json_member_integer(json, "trials", (int64_t)weft_study_size(study));
    weft_json_member_integer(json, "ok", (int64_t)tally.ok);
    weft_json_member_integer(json, "infeasible", (int64_t)tally.infeasible);
    weft_json_member_integer(json, "failed", (int64_t)tally.failed);
    weft_json_member_real(json, "hypervolume", last_hypervolume(study));
    weft_json_key(json, "front");
    cli_designs designs = {.study = study, .index = front, .n = n};
    cli_designs_json(json, &designs);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* A search that found nothing did not do what was asked for. */
static weft_status fail_without_design(cli_call *call, const weft_study *study,
                                       const trial_counts *tally) {
    size_t size = weft_study_size(study);
    if (tally->failed > 0) {
        weft_fail(&call->error, WEFT_ERROR_EVALUATION,
                  "no design was found: of %zu trials %zu failed, the others are infeasible", size,
                  tally->failed);
    } else {
        weft_fail(&call->error, WEFT_ERROR_INFEASIBLE,
                  "no design was found: none of %zu trials is feasible", size);
    }
    weft_hint(&call->error, "'weft front STORE --all' gives the reason for each trial");
    return call->error.status;
}

static weft_status print_result(cli_call *call, const search_arguments *arguments,
                                const weft_study *study, const char *store,
                                const weft_problem_info *info) {
    size_t *front = NULL;
    size_t n = 0;
    WEFT_TRY(weft_study_front(study, &front, &n, &call->error));
    weft_status status;
    if (arguments->json) {
        status = print_result_json(call, study, store, info, front, n);
    } else {
        cli_heading(call, info->score[0] != '\0' ? "Best design" : "Front");
        cli_designs designs = {.study = study, .index = front, .n = n};
        status = cli_designs_table(call, &designs);
    }
    free(front);
    trial_counts tally = count_trials(study);
    if (tally.failed > 0) {
        cli_note(call, "%zu trial%s failed; the first: %" PRIu64 " (%s): %s", tally.failed,
                 tally.failed == 1 ? "" : "s", tally.first_failed->number,
                 tally.first_failed->description, tally.first_failed->reason);
    }
    return status == WEFT_OK && n == 0 ? fail_without_design(call, study, &tally) : status;
}

/* ---- the search ------------------------------------------------------------------------------ */

/* The first trial may take a while: a terminal should not stay empty until it ends. */
static void show_start(search_watch *watch, const char *what) {
    if (watch->progress.terminal) {
        cli_progress_show(&watch->progress, "%s ...", what);
    }
}

static void end_watch(search_watch *watch) {
    if (watch->any) {
        show(watch);
    }
    cli_progress_end(&watch->progress);
}

/* Both phases; WEFT_STOPPED when a signal came. */
static weft_status run_phases(cli_call *call, const search_arguments *arguments, weft_study *study,
                              const weft_problem_info *info) {
    search_watch watch = {.info = info};
    weft_run_settings settings = {
        .jobs = arguments->jobs,
        .stop = cli_interrupt_install(call),
        .progress = on_progress,
        .context = &watch,
    };
    cli_progress_begin(&watch.progress, call);
    show_start(&watch, "first trials");
    weft_status status = weft_study_run(study, &settings, &call->error);
    end_watch(&watch);
    if (status == WEFT_DONE) {
        cli_note(call, "the space is exhausted: it holds no further design");
        status = WEFT_OK;
    }
    if (status == WEFT_OK && info->trains && !arguments->no_final) {
        watch = (search_watch){.info = info};
        cli_progress_begin(&watch.progress, call);
        show_start(&watch, "final training");
        status = weft_study_finish(study, &settings, &call->error);
        end_watch(&watch);
    }
    return status;
}

static weft_status search(cli_call *call, const search_arguments *arguments, weft_problem *problem,
                          const char *store) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open(problem, store, &study, &call->error));
    size_t before = weft_study_size(study);
    if (before > 0) {
        cli_note(call, "going on with %s: %zu of %" PRId64 " trials are finished", store, before,
                 info->trials);
    }
    weft_status status = run_phases(call, arguments, study, info);
    if (status == WEFT_OK) {
        status = print_result(call, arguments, study, store, info);
    } else if (status == WEFT_STOPPED) {
        cli_note(call, "interrupted; %zu trials are safe in %s; the same command resumes",
                 weft_study_size(study), store);
    } else {
        cli_note(call, "%zu trials are safe in %s; the same command resumes",
                 weft_study_size(study), store);
    }
    weft_study_close(study);
    return status;
}

static void default_store(const weft_problem_info *info, char *store, size_t size) {
    snprintf(store, size, "%s.db", info->name[0] == '\0' ? "study" : info->name);
    for (char *c = store; *c != '\0'; c++) {
        *c = *c == '/' ? '-' : *c;
    }
}

static weft_status run(cli_call *call, void *opaque) {
    const search_arguments *arguments = opaque;
    weft_problem *problem = NULL;
    WEFT_TRY(weft_problem_read(call->operands[0], &problem, &call->error));
    weft_problem_info *info = weft_problem_get_info(problem);
    if (cli_given(call, "trials")) {
        info->trials = arguments->trials;
    }
    if (cli_given(call, "seed")) {
        info->seed = arguments->seed;
        info->optimizer.seed = arguments->seed;
    }
    char store[WEFT_PROBLEM_NAME + 8];
    default_store(info, store, sizeof store);
    const char *path = arguments->store == NULL ? store : arguments->store;
    weft_status status = arguments->dry_run ? print_plan(call, arguments, problem, info, path)
                                            : search(call, arguments, problem, path);
    weft_problem_destroy(problem);
    return status;
}

const cli_command cli_search = {
    .name = "search",
    .summary = "Searches a problem into a store, or goes on with one",
    .usage = "FILE [options]",
    .text =
        "Searches the designs of a problem file: proposes them, trains and prices each, and keeps "
        "every trial in a store. At the end the designs of the front are trained in full and "
        "measured on the test set, and the front is printed.\n\n"
        "The same command goes on where it ended. Ctrl-C stops within two seconds; a kill or a "
        "power cut loses no finished trial.",
    .json =
        "an object with problem, store, trials, ok, infeasible, failed, hypervolume (null with "
        "one objective) and front (an array as weft front prints it). With --dry-run: problem, "
        "space, designs, legal_designs, chip, data, objectives (metric, maximise), score, "
        "constraints, accuracy (the training settings; null where nothing is trained), optimizer, "
        "trials, batch, seed, jobs, store and store_exists.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(search_arguments),
    .defaults = defaults,
    .run = run,
};
