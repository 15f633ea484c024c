/* SPDX-License-Identifier: Apache-2.0
 * weft search: runs a problem into a store, or goes on with one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/search.h"

#define MEMBER(member) .offset = offsetof(cli_search_arguments, member)

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
    {"seeds", 0, CLI_INT, "N", MEMBER(seeds), 1, 1000, .unset = "none",
     .help = "Searches N times, from the seed on, each into a store of its own (runs-1.db, "
             "runs-2.db, ...), and compares what the seeds found."},
    {"exhaustive", 0, CLI_FLAG, MEMBER(exhaustive),
     .help = "Evaluates every design of the problem instead, which must be finite, and stores "
             "nothing."},
    {"keep", 0, CLI_INT, "N", MEMBER(keep), 1, 1e6,
     .help = "With --exhaustive and one objective: how many of the best designs are printed."},
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
    "weft search problem.yaml --seeds 10 --store runs.db --json",
    "weft search problem.yaml --exhaustive --keep 3",
    NULL,
};

static void defaults(void *opaque) {
    cli_search_arguments *arguments = opaque;
    arguments->jobs = cli_cores();
    arguments->keep = 10;
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

static weft_status print_plan_json(cli_call *call, const cli_search_arguments *arguments,
                                   weft_problem *problem, const weft_problem_info *info,
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
    cli_accounting_json(json, problem);
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

static void print_stages(const weft_problem_info *info) {
    for (int s = 0; s < info->n_stages; s++) {
        const weft_stage_info *stage = &info->stages[s];
        printf("stage %-6d %s:", s + 1, stage->name);
        for (int p = 0; p < stage->free.n; p++) {
            printf("%s %s", p > 0 ? "," : "", stage->free.text[p]);
        }
        printf(stage->trials > 0 ? "; %" PRId64 " trials" : "; the rest", stage->trials);
        if (stage->score[0] != '\0') {
            printf("; %s of %s", stage->maximise ? "most" : "least", stage->score);
        }
        printf("\n");
    }
}

static void print_aims(const weft_problem_info *info) {
    char aims[CLI_AIMS];
    printf("%-12s %s\n", info->score[0] != '\0' ? "score" : "objectives",
           cli_aims_text(info, aims, sizeof aims));
    for (int i = 0; i < info->n_constraints; i++) {
        printf("constraint   %s\n", info->constraints[i]);
    }
}

static void print_training(const weft_problem_info *info) {
    if (!info->trains) {
        printf("accuracy     none: the search optimises the hardware alone\n");
        return;
    }
    if (!weft_accuracy_needs_data(info->accuracy.provider)) {
        printf("accuracy     %s: %s\n", info->accuracy.provider, info->accuracy.file);
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

static weft_status print_plan(cli_call *call, const cli_search_arguments *arguments,
                              weft_problem *problem, const weft_problem_info *info,
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
    char accounting[CLI_ACCOUNTING];
    printf("accounting   %s\n", cli_accounting_text(problem, accounting, sizeof accounting));
    print_training(info);
    print_aims(info);
    print_stages(info);
    printf("optimizer    %s, seed %" PRIu64 "\n", info->optimizer.name, info->seed);
    printf("trials       %" PRId64 " in batches of %d, %d at once\n", info->trials, info->batch,
           arguments->jobs);
    printf("store        %s (%s)\n", store,
           access(store, F_OK) == 0 ? "exists: the search would go on with it" : "new");
    return WEFT_OK;
}

/* What a search did, beside what is in its study. */
typedef struct search_outcome {
    const weft_problem_info *info;
    size_t before;    /* trials that the store had */
    double elapsed_s; /* from opening the store to the last trial in it */
} search_outcome;

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

/* The design that stands for the study; null where none is feasible. */
static void best_json(weft_json *json, const weft_study *study) {
    size_t best = 0;
    weft_error ignored;
    weft_json_key(json, "best");
    if (weft_study_best(study, &best, &ignored) != WEFT_OK) {
        weft_json_null(json);
        return;
    }
    cli_designs designs = {
        .problem = weft_study_get_problem(study), .study = study, .index = &best, .n = 1};
    cli_design_json(json, &designs, weft_study_get_trial(study, best));
}

static weft_status print_result_json(cli_call *call, const weft_study *study, const char *store,
                                     const search_outcome *outcome, const size_t *front, size_t n) {
    const weft_problem_info *info = outcome->info;
    trial_counts tally = count_trials(study);
    double volume = NAN;
    WEFT_TRY(weft_study_last_hypervolume(study, &volume, &call->error));
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    weft_json_member_text(json, "store", store);
    cli_accounting_json(json, weft_study_get_problem(study));
    weft_json_member_integer(json, "trials", (int64_t)weft_study_size(study));
    weft_json_member_integer(json, "ok", (int64_t)tally.ok);
    weft_json_member_integer(json, "infeasible", (int64_t)tally.infeasible);
    weft_json_member_integer(json, "failed", (int64_t)tally.failed);
    weft_json_member_real(json, "elapsed_s", outcome->elapsed_s);
    weft_json_member_real(json, "hypervolume", volume);
    best_json(json, study);
    weft_json_key(json, "front");
    cli_designs designs = {
        .problem = weft_study_get_problem(study), .study = study, .index = front, .n = n};
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

static weft_status print_result(cli_call *call, const cli_search_arguments *arguments,
                                const weft_study *study, const char *store,
                                const search_outcome *outcome) {
    const weft_problem_info *info = outcome->info;
    size_t *front = NULL;
    size_t n = 0;
    WEFT_TRY(weft_study_front(study, &front, &n, &call->error));
    weft_status status;
    if (arguments->json) {
        status = print_result_json(call, study, store, outcome, front, n);
    } else {
        cli_heading(call, info->score[0] != '\0' ? "Best design" : "Front");
        cli_designs designs = {
            .problem = weft_study_get_problem(study), .study = study, .index = front, .n = n};
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

static weft_status search(cli_call *call, const cli_search_arguments *arguments,
                          weft_problem *problem, const char *store) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    weft_study *study = NULL;
    double began = weft_steady_time();
    WEFT_TRY(weft_study_open(problem, store, &study, &call->error));
    search_outcome outcome = {.info = info, .before = weft_study_size(study)};
    if (outcome.before > 0) {
        cli_note(call, "going on with %s: %zu of %" PRId64 " trials are finished", store,
                 outcome.before, info->trials);
    }
    weft_status status = cli_search_phases(call, arguments, study, info);
    outcome.elapsed_s = weft_steady_time() - began;
    if (status == WEFT_OK) {
        status = print_result(call, arguments, study, store, &outcome);
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

/* Options that have no use beside others are mistakes. */
static weft_status check_options(cli_call *call, const cli_search_arguments *arguments) {
    static const char *const OF_STORES[] = {"store", "trials",  "seed",
                                            "seeds", "dry-run", "no-final"};
    for (size_t i = 0; arguments->exhaustive && i < sizeof OF_STORES / sizeof OF_STORES[0]; i++) {
        if (cli_given(call, OF_STORES[i])) {
            return cli_usage(call, "--%s has no use with --exhaustive, which stores nothing",
                             OF_STORES[i]);
        }
    }
    if (cli_given(call, "keep") && !arguments->exhaustive) {
        return cli_usage(call, "--keep belongs to --exhaustive");
    }
    if (cli_given(call, "seeds") && arguments->dry_run) {
        return cli_usage(call, "--dry-run shows one search: leave out --seeds");
    }
    return WEFT_OK;
}

static weft_status run(cli_call *call, void *opaque) {
    const cli_search_arguments *arguments = opaque;
    WEFT_TRY(check_options(call, arguments));
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
    weft_status status = arguments->exhaustive  ? cli_search_all(call, arguments, problem)
                         : arguments->dry_run   ? print_plan(call, arguments, problem, info, path)
                         : arguments->seeds > 0 ? cli_search_seeds(call, arguments, problem, path)
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
        "power cut loses no finished trial.\n\n"
        "With --seeds the same search runs several times, one after the other, and a summary says "
        "how far the seeds agree: quartiles of the best score, or of the hypervolume with all "
        "seeds on one scale, and how much of the front of all of them each attains. With "
        "--exhaustive every design is evaluated, so that the best is known for certain.",
    .json =
        "an object with problem, store, accounting (name, execution of the chip, faults that are "
        "on), trials, ok, "
        "infeasible, failed, elapsed_s, hypervolume (null with one objective), "
        "best (the best by the score, the knee of a front; as weft front prints it) and front (an "
        "array of such). With --dry-run: problem, "
        "space, designs, legal_designs, chip, accounting, data, objectives (metric, maximise), "
        "score, "
        "constraints, accuracy (the training settings; null where nothing is trained), optimizer, "
        "trials, batch, seed, jobs, store and store_exists.\n\n"
        "With --exhaustive: problem, accounting, designs (how many there are), ok, infeasible, "
        "failed, elapsed_s, designs_per_s, best, ranking (the best --keep of one objective; else "
        "null) and front. With --seeds: problem, accounting, objectives, seeds (an array: seed, "
        "store, trials, ok, elapsed_s, best, best_value (of a score or a single objective; else "
        "null), hypervolume (of several objectives; all seeds on one scale), attained (points of "
        "the common front)), quartiles (least, lower, median, upper, largest, of best_value or "
        "hypervolume), and attainment (null with one objective): front (the union of the seeds' "
        "fronts), share (of the seeds that attain each point) and median (points of the median "
        "attainment surface; null unless there are two objectives).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(cli_search_arguments),
    .defaults = defaults,
    .run = run,
};
