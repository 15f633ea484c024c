/* SPDX-License-Identifier: Apache-2.0
 * weft search: runs a problem into a store, or goes on with one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/search.h"

#define MEMBER(member) .offset = offsetof(cli_search_arguments, member)

static const cli_option OPTIONS[] = {
    {"store", 0, CLI_TEXT, "FILE", MEMBER(store), .values = CLI_VALUES_FILE,
     .unset = "the problem's name and .db",
     .help = "The store of the study: made, or gone on with where it holds the same problem."},
    {"jobs", 'j', CLI_THREADS, "N|auto", MEMBER(jobs),
     .help = "Trials evaluated at once, one thread each; auto: the cores of this machine. The "
             "results do not depend on it, unless the search is asynchronous."},
    {"trials", 'n', CLI_INT64, "N", MEMBER(trials), 1, 1e9, .unset = "as in the problem",
     .help = "How many trials the study has in all."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), .unset = "as in the problem",
     .help = "Seed of the study."},
    {"seeds", 0, CLI_INT, "N", MEMBER(seeds), 1, 1000, .unset = "none",
     .help = "Searches N times, from the seed on, each into a store of its own (runs-1.db, "
             "runs-2.db, ...), and compares what the seeds found."},
    {"asynchronous", 0, CLI_FLAG, MEMBER(asynchronous),
     .help =
         "Evaluates the next trial as soon as a thread is free, without waiting for a batch, as "
         "'asynchronous: true' of the problem does; with several --jobs the results then depend "
         "on who was ready first."},
    {"exhaustive", 0, CLI_FLAG, MEMBER(exhaustive),
     .help = "Evaluates every design of the problem instead, which must be finite, and stores "
             "nothing: 'weft explain FILE --genes' looks at a design of it."},
    {"keep", 0, CLI_INT, "N", MEMBER(keep), 1, 1e6,
     .help = "With --exhaustive and one objective: how many of the best designs are printed."},
    {"dry-run", 0, CLI_FLAG, MEMBER(dry_run),
     .help =
         "Opens all that the search would open, prints what would be searched, as resolved, and "
         "ends; nothing is written."},
    {"target", 0, CLI_TEXT, "FILE", MEMBER(target.file), .values = CLI_VALUES_FILE, .unset = "none",
     .help =
         "CSV with what another device measured of the designs (a column trial or design, and one "
         "of numbers): the chip is its proxy, and the search ends with the front on that device, "
         "pruned by its measurements, and what is to be measured for it."},
    {"target-column", 0, CLI_TEXT, "DEVICE", MEMBER(target.target), .unset = "the only one",
     .help = "Column of the target in that file."},
    {"target-metric", 0, CLI_CHOICE, "METRIC", MEMBER(target.metric), .words = cli_target_metrics,
     .help = "Which of the chip's figures is the proxy's."},
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
    arguments->target = (cli_target_file){.file = "", .target = ""};
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
    size_t partial;   /* of those ok */
    uint64_t designs; /* begun; in brackets a design may have several trials */
    const weft_trial *first_failed;
} trial_counts;

static trial_counts count_trials(const weft_study *study) {
    trial_counts tally = {0};
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        tally.ok += trial->state == WEFT_TRIAL_OK;
        tally.partial += trial->state == WEFT_TRIAL_OK && trial->partial;
        tally.designs += trial->rung == 0; /* numbers of designs have holes after a kill */
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

/* The front on a target, as a member of the object that is open. */
static weft_status target_json(cli_call *call, const cli_search_arguments *arguments,
                               const weft_study *study, weft_json *json) {
    if (arguments->target.file[0] == '\0') {
        return WEFT_OK;
    }
    weft_json_key(json, "target");
    weft_json_object_begin(json);
    weft_status status = cli_target_tell(call, &arguments->target, study, json);
    weft_json_object_end(json);
    return status;
}

static weft_status print_result_json(cli_call *call, const cli_search_arguments *arguments,
                                     const weft_study *study, const char *store,
                                     const search_outcome *outcome, const size_t *front, size_t n) {
    const weft_problem_info *info = outcome->info;
    trial_counts tally = count_trials(study);
    double volume = NAN;
    WEFT_TRY(weft_study_last_hypervolume(study, &volume, &call->error));
    weft_gap gap;
    WEFT_TRY(weft_study_gap(study, &gap, &call->error));
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", info->name);
    weft_json_member_text(json, "store", store);
    cli_accounting_json(json, weft_study_get_problem(study));
    weft_json_member_text(json, "optimizer", info->optimizer.name);
    weft_json_member_text(json, "chosen", info->chosen[0] == '\0' ? NULL : info->chosen);
    weft_json_member_integer(json, "trials", (int64_t)weft_study_size(study));
    weft_json_member_integer(json, "ok", (int64_t)tally.ok);
    weft_json_member_integer(json, "infeasible", (int64_t)tally.infeasible);
    weft_json_member_integer(json, "failed", (int64_t)tally.failed);
    if (info->brackets.name != NULL) {
        weft_json_member_integer(json, "partial", (int64_t)tally.partial);
        weft_json_member_integer(json, "designs", (int64_t)tally.designs);
        weft_json_member_real(json, "spent", weft_study_spent(study));
    }
    weft_json_member_real(json, "elapsed_s", outcome->elapsed_s);
    weft_json_member_real(json, "hypervolume", volume);
    weft_json_key(json, "gap");
    weft_json_object_begin(json);
    weft_json_member_integer(json, "designs", gap.n);
    weft_json_member_real(json, "mean", gap.mean);
    weft_json_member_real(json, "tau", gap.tau);
    weft_json_object_end(json);
    best_json(json, study);
    weft_json_key(json, "front");
    cli_designs designs = {
        .problem = weft_study_get_problem(study), .study = study, .index = front, .n = n};
    cli_designs_json(json, &designs);
    weft_status status = n > 0 ? target_json(call, arguments, study, json) : WEFT_OK;
    weft_json_object_end(json);
    if (status != WEFT_OK) {
        weft_json_destroy(json);
        return status;
    }
    return cli_json_print(call, json);
}

/* The infeasible trial that is nearest to what can be built; NULL: none. */
static const weft_trial *nearest_trial(const weft_study *study) {
    const weft_trial *nearest = NULL;
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        if (trial->state == WEFT_TRIAL_INFEASIBLE &&
            (nearest == NULL || trial->violation < nearest->violation)) {
            nearest = trial;
        }
    }
    return nearest;
}

/* A search that found nothing did not do what was asked for. */
static weft_status fail_without_design(cli_call *call, const weft_study *study,
                                       const trial_counts *tally) {
    size_t size = weft_study_size(study);
    const weft_trial *nearest = nearest_trial(study);
    if (tally->partial > 0) {
        weft_fail(&call->error, WEFT_ERROR_INFEASIBLE,
                  "no design was found: of %zu trials %zu are ok, and none of them is whole", size,
                  tally->partial);
        weft_hint(&call->error, "raise --trials, so that designs go on to the highest fidelity");
        return call->error.status;
    }
    if (tally->failed > 0) {
        weft_fail(&call->error, WEFT_ERROR_EVALUATION,
                  "no design was found: of %zu trials %zu failed, the others are infeasible", size,
                  tally->failed);
    } else {
        weft_fail(&call->error, WEFT_ERROR_INFEASIBLE,
                  "no design was found: none of %zu trials is feasible%s%.300s", size,
                  nearest != NULL ? "; the nearest one: " : "",
                  nearest != NULL ? nearest->reason : "");
    }
    weft_hint(&call->error, "'weft front STORE --all' gives the reason for each trial");
    return call->error.status;
}

/* A front of hundreds is for `weft front`. */
static weft_status print_front(cli_call *call, const weft_study *study, const char *store,
                               size_t *front, size_t n) {
    enum { MOST_ROWS = 20 };
    size_t shown = cli_front_spread(study, front, n, MOST_ROWS);
    cli_designs designs = {
        .problem = weft_study_get_problem(study), .study = study, .index = front, .n = shown};
    WEFT_TRY(cli_designs_table(call, &designs));
    cli_note_gap(call, study);
    if (shown < n) {
        cli_note(call, "%zu of %zu designs, spread over the front; 'weft front %s' has all", shown,
                 n, store);
    }
    return WEFT_OK;
}

static weft_status print_result(cli_call *call, const cli_search_arguments *arguments,
                                const weft_study *study, const char *store,
                                const search_outcome *outcome) {
    const weft_problem_info *info = outcome->info;
    size_t *front = NULL;
    size_t n = 0;
    WEFT_TRY(weft_study_front(study, &front, &n, &call->error));
    weft_status status = WEFT_OK;
    if (arguments->json) {
        status = print_result_json(call, arguments, study, store, outcome, front, n);
    } else if (n > 0) {
        cli_heading(call, info->score[0] != '\0' ? "Best design" : "Front");
        status = print_front(call, study, store, front, n);
    }
    if (status == WEFT_OK && n > 0 && !arguments->json && arguments->target.file[0] != '\0') {
        printf("\n");
        status = cli_target_tell(call, &arguments->target, study, NULL);
    }
    free(front);
    trial_counts tally = count_trials(study);
    if (info->brackets.name != NULL) {
        cli_note(call,
                 "%" PRIu64
                 " designs in %zu trials, %zu of them whole and compared; the evaluations "
                 "cost as much as %.4g whole ones",
                 tally.designs, weft_study_size(study), tally.ok - tally.partial,
                 weft_study_spent(study));
    }
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
    static const char *const OF_STORES[] = {"store",   "trials",   "seed",        "seeds",
                                            "dry-run", "no-final", "asynchronous"};
    for (size_t i = 0; arguments->exhaustive && i < sizeof OF_STORES / sizeof OF_STORES[0]; i++) {
        if (cli_given(call, OF_STORES[i])) {
            return cli_usage(
                call,
                "--%s has no use with --exhaustive, which stores nothing: 'weft explain "
                "FILE --genes' looks at a design",
                OF_STORES[i]);
        }
    }
    if (cli_given(call, "target") &&
        (arguments->exhaustive || arguments->dry_run || arguments->seeds > 0)) {
        return cli_usage(call, "--target belongs to one search into a store");
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
    if (weft_flash_is(call->operands[0])) {
        return cli_search_flash(call, arguments);
    }
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
    info->asynchronous = info->asynchronous || arguments->asynchronous;
    char store[WEFT_PROBLEM_NAME + 8];
    default_store(info, store, sizeof store);
    const char *path = arguments->store == NULL ? store : arguments->store;
    weft_status status = arguments->exhaustive  ? cli_search_all(call, arguments, problem)
                         : arguments->dry_run   ? cli_search_plan(call, arguments, problem, path)
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
        "--exhaustive every design is evaluated, so that the best is known for certain.\n\n"
        "A problem in closed form (weft: flash/1, docs/reference/flash.md) trains and stores "
        "nothing and takes milliseconds.",
    .json =
        "an object with problem, store, accounting (name, execution of the chip, faults that are "
        "on), optimizer, chosen (why it is this one, where the problem names none; else null), "
        "trials, "
        "ok, "
        "infeasible, failed, in brackets partial (trials of those ok that are not whole, and not "
        "compared), designs and spent (what the evaluations cost, in whole ones), elapsed_s, "
        "hypervolume (null with one objective), gap (designs that "
        "were trained in full, the mean of test less searched accuracy, and Kendall tau of both), "
        "best (the best by the score, the knee of a front; as weft front prints it), front (an "
        "array of such) and with --target target (as weft devices prune prints it). With "
        "--dry-run: problem, "
        "space, designs, legal_designs, designs_left (of the genes that vary, as text; "
        "designs_left_exact false: no more than that), fixed (the genes that do not vary), chip, "
        "accounting, data, objectives (metric, maximise), "
        "score, "
        "constraints, soft (limit, weight, scale), reference (metric, aim, scale), proxy (where a "
        "score is asked for: score, data, images), accuracy (the "
        "training settings; null "
        "where nothing is trained), optimizer, chosen, "
        "brackets (null without), asynchronous, trials, batch, seed, jobs, store and "
        "store_exists.\n\n"
        "Of a problem in closed form: problem, space, designs (as text), accuracy and hardware "
        "(the "
        "closed forms), score or minimise, constraints, evaluations (of each stage, and of "
        "--exhaustive), elapsed_s, best (network, genes, score, degree, accuracy with the ends of "
        "its 95 % interval, area_mm2, latency_s, energy_j (null: not fitted), macs, tiles).\n\n"
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
