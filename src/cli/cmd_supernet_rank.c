/* SPDX-License-Identifier: Apache-2.0
 * weft supernet rank: whether a supernet orders networks as trainings from scratch do. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/supernet.h"
#include "cli/training.h"

typedef struct rank_arguments {
    const char *space, *data;
    weft_rank_settings rank;
    int64_t networks;
    int split;
    bool csv, json;
} rank_arguments;

#define MEMBER(member) .offset = offsetof(rank_arguments, member)

static const cli_option OPTIONS[] = {
    {"space", 0, CLI_TEXT, "SPACE", MEMBER(space), .values = CLI_VALUES_SPACE,
     .help = "The space that it was trained over, or a problem file with it."},
    {"data", 'd', CLI_TEXT, "NAME", MEMBER(data), .values = CLI_VALUES_DATA,
     .unset = "the problem's", .help = "The data set that it was trained on."},
    {"networks", 'n', CLI_INT64, "N", MEMBER(networks), 3, 100000,
     .help = "Networks that are drawn at random, each once."},
    {"epochs", 'e', CLI_REAL, "N", MEMBER(rank.train.epochs), 1e-6, 1e6,
     .help = "Of each training from scratch."},
    {"keep", 'k', CLI_TEXT, "FILE", MEMBER(rank.file), .values = CLI_VALUES_FILE, .unset = "none",
     .help =
         "Takes each network as it is done (CSV); the same command goes on behind those that are "
         "there."},
    {"recalibrate", 0, CLI_INT64, "N", MEMBER(rank.recalibrate), 1, 1e9,
     .help = "Training images over which the statistics of batch norms are estimated anew."},
    {"images", 0, CLI_INT64, "N", MEMBER(rank.train.validation_limit), 0, 1e12,
     .help = "At most so many images measure both accuracies, the classes alike; 0: all."},
    {"split", 0, CLI_CHOICE, "PART", MEMBER(split), .words = cli_splits, .values = CLI_VALUES_WORDS,
     .help = "What measures: the images that the supernet did not learn from, or the test set; "
             "trainings from scratch then learn from the whole training set."},
    {"batch", 'b', CLI_INT, "N", MEMBER(rank.train.batch), 1, 65536, .help = "Images of one step."},
    CLI_SHARE_ROW(rank.train),
    CLI_BRIEF_RATE_ROWS(rank.train),
    CLI_MOMENTUM_ROWS(rank.train),
    CLI_GRADIENT_LIMIT_ROW(rank.train),
    CLI_AUGMENTATION_ROWS(rank.train),
    CLI_SMOOTHING_ROW(rank.train),
    CLI_BRIEF_PRECISION_ROW(rank.train),
    {"seed", 's', CLI_UINT64, "N", MEMBER(rank.seed),
     .help = "Seed of the draws, of the trainings and of the interval."},
    {"jobs", 0, CLI_THREADS, "N|auto", MEMBER(rank.jobs),
     .help = "Networks at once; the figures do not depend on it."},
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(rank.train.threads),
     .help = "Threads of each training."},
    {"csv", 0, CLI_FLAG, MEMBER(csv), .help = "Prints the networks as CSV."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

#undef MEMBER

static const cli_operand OPERANDS[] = {
    {"FILE", CLI_VALUES_FILE, NULL, "Weights that 'weft supernet train' has written."},
};

static void defaults(void *opaque) {
    enum { EPOCHS = 10 };
    rank_arguments *arguments = opaque;
    weft_rank_defaults(&arguments->rank);
    arguments->networks = arguments->rank.networks;
    arguments->rank.train.epochs = EPOCHS;
    arguments->rank.jobs = cli_cores();
}

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct rank_watch {
    cli_progress progress;
    double started;
    int before; /* networks that were done when it began */
} rank_watch;

static void on_progress(void *context, const weft_rank_result *now) {
    rank_watch *watch = context;
    char bar[32], eta[32];
    double seconds = weft_steady_time() - watch->started;
    if (watch->before < 0) {
        watch->before = now->n_done - 1;
    }
    double left = seconds / (now->n_done - watch->before) * (now->n - now->n_done);
    cli_progress_show(&watch->progress, "%s network %d/%d | ETA %s",
                      cli_progress_bar((double)now->n_done / now->n, bar, sizeof bar), now->n_done,
                      now->n, cli_duration(left, eta, sizeof eta));
}

/* ---- results --------------------------------------------------------------------------------- */

static void row_json(weft_json *json, const weft_rank_row *row) {
    weft_json_object_begin(json);
    weft_json_member_integer(json, "index", (int64_t)row->index);
    weft_json_member_text(json, "description", row->description);
    weft_json_member_integer(json, "macs", row->macs);
    weft_json_member_integer(json, "params", row->params);
    weft_json_member_real(json, "supernet", row->supernet);
    weft_json_member_real(json, "supernet_seconds", row->supernet_seconds);
    weft_json_member_real(json, "trained", row->trained);
    weft_json_member_real(json, "trained_seconds", row->trained_seconds);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const rank_arguments *arguments,
                              const supernet_source *source, const weft_rank_result *result) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "space", weft_space_name(source->space));
    weft_json_member_text(json, "data", weft_dataset_get_info(source->dataset)->name);
    weft_json_member_text(json, "split", cli_splits[arguments->split]);
    weft_json_member_real(json, "epochs", arguments->rank.train.epochs);
    weft_json_member_integer(json, "networks", result->n_done);
    weft_json_member_real(json, "tau", result->tau);
    weft_json_member_real(json, "tau_low", result->tau_low);
    weft_json_member_real(json, "tau_high", result->tau_high);
    weft_json_member_real(json, "spearman", result->spearman);
    weft_json_member_real(json, "mean_gap", result->mean_gap);
    weft_json_member_real(json, "supernet_seconds", result->supernet_seconds);
    weft_json_member_real(json, "trained_seconds", result->trained_seconds);
    weft_json_key(json, "rows");
    weft_json_array_begin(json);
    for (int i = 0; i < result->n; i++) {
        if (result->rows[i].done) {
            row_json(json, &result->rows[i]);
        }
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_csv(const weft_rank_result *result) {
    printf("network,macs,params,supernet,supernet_seconds,trained,trained_seconds\n");
    for (int i = 0; i < result->n; i++) {
        const weft_rank_row *row = &result->rows[i];
        if (row->done) {
            cli_csv_text(row->description);
            cli_csv_real((double)row->macs);
            cli_csv_real((double)row->params);
            cli_csv_real(row->supernet);
            cli_csv_real(row->supernet_seconds);
            cli_csv_real(row->trained);
            cli_csv_real(row->trained_seconds);
            printf("\n");
        }
    }
}

/* Without two different accuracies on both sides there is no order to compare. */
static void print_agreement(const weft_rank_result *result) {
    if (!isnan(result->tau)) {
        printf("Kendall's tau     %.3f, 95 %% interval %.3f to %.3f\n", result->tau,
               result->tau_low, result->tau_high);
        printf("Spearman          %.3f\n", result->spearman);
        return;
    }
    bool differ[2] = {false, false};
    const weft_rank_row *first = NULL;
    for (int i = 0; i < result->n; i++) {
        const weft_rank_row *row = &result->rows[i];
        if (row->done) {
            first = first == NULL ? row : first;
            differ[0] = differ[0] || row->supernet != first->supernet;
            differ[1] = differ[1] || row->trained != first->trained;
        }
    }
    printf("Kendall's tau     none: all accuracies %s are equal\n", differ[0]   ? "from scratch"
                                                                    : differ[1] ? "by the supernet"
                                                                                : "of each side");
}

static weft_status print_text(cli_call *call, const weft_rank_result *result) {
    static const char *const HEADERS[] = {"network", "macs", "params", "supernet", "trained"};
    cli_table table;
    char supernet[32], trained[32];
    cli_table_begin(&table, HEADERS, "lrrrr");
    for (int i = 0; i < result->n; i++) {
        const weft_rank_row *row = &result->rows[i];
        if (row->done) {
            cli_table_cell(&table, "%s", row->description);
            cli_table_quantity(&table, (double)row->macs, "");
            cli_table_quantity(&table, (double)row->params, "");
            cli_table_cell(&table, "%.4f", row->supernet);
            cli_table_cell(&table, "%.4f", row->trained);
        }
    }
    WEFT_TRY(cli_table_print(&table, call));
    printf("\nnetworks          %d\n", result->n_done);
    print_agreement(result);
    printf("trained - supernet %.4f in the mean\n", result->mean_gap);
    printf("time              %s by the supernet, %s from scratch\n",
           cli_duration(result->supernet_seconds, supernet, sizeof supernet),
           cli_duration(result->trained_seconds, trained, sizeof trained));
    return WEFT_OK;
}

static weft_status print(cli_call *call, const rank_arguments *arguments,
                         const supernet_source *source, const weft_rank_result *result) {
    if (arguments->json) {
        return print_json(call, arguments, source, result);
    }
    if (arguments->csv) {
        print_csv(result);
        return WEFT_OK;
    }
    return print_text(call, result);
}

/* ---- the call -------------------------------------------------------------------------------- */

static weft_status rank(cli_call *call, rank_arguments *arguments, const supernet_source *source,
                        const weft_supernet *supernet) {
    rank_watch watch = {.started = weft_steady_time(), .before = -1};
    weft_rank_settings *settings = &arguments->rank;
    weft_rank_result result;
    settings->networks = (int)arguments->networks;
    settings->train.split = (weft_split)arguments->split;
    settings->train.seed = settings->seed;
    settings->stop = cli_interrupt_install(call);
    settings->progress = on_progress;
    settings->context = &watch;
    cli_progress_begin(&watch.progress, call);
    weft_status status = weft_supernet_rank(source->networks, supernet, source->dataset, settings,
                                            &result, &call->error);
    cli_progress_end(&watch.progress);
    if (status == WEFT_STOPPED) {
        cli_note(call,
                 settings->file == NULL
                     ? "interrupted: nothing of it is kept"
                     : "interrupted: the same command goes on behind what is in %s",
                 settings->file);
    }
    if (status == WEFT_OK) {
        status = print(call, arguments, source, &result);
    }
    if (status == WEFT_OK || status == WEFT_STOPPED) {
        free(result.rows);
    }
    return status;
}

static weft_status check(cli_call *call, const rank_arguments *arguments) {
    if (arguments->space == NULL) {
        return cli_usage(call, "--space is missing: the space that the supernet was trained over");
    }
    if (arguments->csv && arguments->json) {
        return cli_usage(call, "--csv and --json exclude each other");
    }
    return cli_check_folder(call, arguments->rank.file);
}

static weft_status run(cli_call *call, void *opaque) {
    rank_arguments *arguments = opaque;
    supernet_source source;
    weft_supernet *supernet = NULL;
    WEFT_TRY(check(call, arguments));
    weft_status status = supernet_source_open(call, arguments->space, arguments->data, &source);
    if (status == WEFT_OK) {
        status = supernet_weights_open(call, call->operands[0], &source, &supernet);
    }
    if (status == WEFT_OK) {
        status = rank(call, arguments, &source, supernet);
    }
    weft_supernet_close(supernet);
    supernet_source_close(&source);
    return status;
}

static const char *const EXAMPLES[] = {
    "weft supernet rank imc.safetensors --space imc-supernet --data fashion-mnist --networks 30 "
    "--epochs 10 --keep rank.csv",
    NULL,
};

const cli_command cli_supernet_rank = {
    .name = "supernet rank",
    .summary = "Whether a supernet orders networks as trainings from scratch do",
    .usage = "FILE --space SPACE --data NAME [options]",
    .text =
        "Draws networks at random, measures each with the weights of the supernet, trains each "
        "from scratch, and prints how far the two orders agree: Kendall's tau with an interval "
        "(bootstrap), Spearman's correlation, and what both have cost. With --keep a study that "
        "was ended by whatever goes on where it was.",
    .json = "an object with space, data, split, epochs, networks, tau, tau_low, tau_high, spearman "
            "(null where all accuracies of a side are equal), mean_gap (trained - supernet), "
            "supernet_seconds, trained_seconds, rows (index, "
            "description, macs, params, supernet, supernet_seconds, trained, trained_seconds).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(rank_arguments),
    .defaults = defaults,
    .run = run,
};
