/* SPDX-License-Identifier: Apache-2.0
 * weft score: what networks promise before they are trained. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct score_arguments {
    const char *data, *scores, *rank;
    weft_score_settings settings;
    uint64_t seed;
    bool json, csv;
} score_arguments;

#define MEMBER(member) .offset = offsetof(score_arguments, member)

static const cli_option OPTIONS[] = {
    {"data", 'd', CLI_TEXT, "NAME", MEMBER(data), .values = CLI_VALUES_DATA, .unset = "random",
     .help = "The data set whose training images make the mini-batch; 'weft data list' has the "
             "names. Without one, images are random numbers and labels are drawn."},
    {"scores", 0, CLI_TEXT, "NAME,...", MEMBER(scores), .unset = "all",
     .help = "Which scores: synflow, naswot, grad_norm, snip, combined, nn_degree, nn_mass, "
             "params, macs."},
    {"rank", 0, CLI_TEXT, "NAME,...", MEMBER(rank), .unset = "none",
     .help =
         "Prints the networks best first by the sum of their ranks in these scores, and the sum "
         "(rank_sum): macs,naswot,synflow together tell more than each alone."},
    {"images", 0, CLI_INT, "N", MEMBER(settings.images), 2, WEFT_SCORE_MOST_IMAGES,
     .help = "Images of the mini-batch."},
    {"seed", 's', CLI_UINT64, "N", MEMBER(seed), .help = "Seed of start values and mini-batch."},
    {"threads", 'j', CLI_THREADS, "N|auto", MEMBER(settings.threads),
     .help = "Threads; auto: the cores of this machine. The scores do not depend on them."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
    {"csv", 0, CLI_FLAG, MEMBER(csv),
     .help = "Prints CSV: a row for each network, with network and a column for each score, empty "
             "where it has none."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NETWORK, NULL,
     "Networks by name (resnet20, nasbench201@arch=333132, imc:R32,V64), which are told the "
     "images' "
     "shape and the classes of the data."},
};

static const char *const EXAMPLES[] = {
    "weft score resnet20 resnet32 resnet56 --data fashion-mnist",
    "weft score nasbench201@arch=333132 nasbench201@arch=111111 --scores synflow,params --json",
    "weft score resnet20 resnet32 vgg8 --data fashion-mnist --rank macs,naswot,synflow",
    NULL,
};

static void defaults(void *opaque) {
    score_arguments *arguments = opaque;
    weft_score_defaults(&arguments->settings);
    arguments->settings.threads = cli_cores();
    arguments->seed = 1;
}

/* ---- which scores ---------------------------------------------------------------------------- */

static weft_status fail_score(cli_call *call, const char *option, const char *word) {
    const char *nearest = weft_nearest(word, weft_score_names(), WEFT_SCORE_COUNT);
    weft_fail(&call->error, WEFT_ERROR_USAGE, "--%s: '%s' is no score", option, word);
    if (nearest != NULL) {
        weft_hint(&call->error, "did you mean '%s'?", nearest);
    } else {
        weft_hint(&call->error, "'weft score --help' has their names");
    }
    return WEFT_ERROR_USAGE;
}

static weft_status take_word(cli_call *call, const char *option, const char *word, bool *wanted) {
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (strcmp(word, weft_score_names()[s]) == 0) {
            wanted[s] = true;
            return WEFT_OK;
        }
    }
    return fail_score(call, option, word);
}

/* NULL: what it was. */
static weft_status read_scores(cli_call *call, const char *option, const char *text, bool *wanted) {
    for (int s = 0; text != NULL && s < WEFT_SCORE_COUNT; s++) {
        wanted[s] = false;
    }
    for (const char *at = text; at != NULL && *at != '\0';) {
        char word[32];
        size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word), at);
        WEFT_TRY(take_word(call, option, word, wanted));
        at += length + (at[length] == ',');
    }
    return text == NULL || text[0] != '\0' ? WEFT_OK : fail_score(call, option, "");
}

/* What is measured, and by what it is ranked. */
typedef struct score_wish {
    bool wanted[WEFT_SCORE_COUNT], ranked[WEFT_SCORE_COUNT];
    bool ranks;
} score_wish;

static weft_status read_wish(cli_call *call, const score_arguments *arguments, score_wish *wish) {
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        wish->wanted[s] = true;
        wish->ranked[s] = false;
    }
    wish->ranks = arguments->rank != NULL;
    WEFT_TRY(read_scores(call, "scores", arguments->scores, wish->wanted));
    WEFT_TRY(read_scores(call, "rank", arguments->rank, wish->ranked));
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        wish->wanted[s] = wish->wanted[s] || wish->ranked[s];
    }
    return WEFT_OK;
}

/* ---- results --------------------------------------------------------------------------------- */

typedef struct scored {
    const char *name; /* as it was typed */
    const weft_scores *scores;
    double rank_sum; /* with --rank */
} scored;

static void row_json(weft_json *json, const scored *row, const score_wish *wish) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", row->name);
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (wish->wanted[s]) {
            weft_json_member_real(json, weft_score_names()[s], row->scores->value[s]);
        }
    }
    if (wish->ranks) {
        weft_json_member_real(json, "rank_sum", row->rank_sum);
    }
    weft_json_key(json, "reasons");
    weft_json_object_begin(json);
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (row->scores->reason[s][0] != '\0') {
            weft_json_member_text(json, weft_score_names()[s], row->scores->reason[s]);
        }
    }
    weft_json_object_end(json);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const score_arguments *arguments,
                              const score_wish *wish, const scored *rows) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "data", arguments->data);
    weft_json_member_integer(json, "images", arguments->settings.images);
    weft_json_member_integer(json, "seed", (int64_t)arguments->seed);
    weft_json_key(json, "networks");
    weft_json_array_begin(json);
    for (int i = 0; i < call->n_operands; i++) {
        row_json(json, &rows[i], wish);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_csv(const cli_call *call, const score_wish *wish, const scored *rows) {
    printf("network");
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        printf("%s%s", wish->wanted[s] ? "," : "", wish->wanted[s] ? weft_score_names()[s] : "");
    }
    printf("%s\n", wish->ranks ? ",rank_sum" : "");
    for (int i = 0; i < call->n_operands; i++) {
        cli_csv_text(rows[i].name);
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            if (wish->wanted[s]) {
                cli_csv_real(rows[i].scores->value[s]);
            }
        }
        if (wish->ranks) {
            cli_csv_real(rows[i].rank_sum);
        }
        printf("\n");
    }
}

static void put_cell(cli_table *table, int score, double value) {
    bool counts = score == WEFT_SCORE_PARAMS || score == WEFT_SCORE_MACS;
    if (counts || isnan(value)) {
        cli_table_quantity(table, value, "");
    } else {
        cli_table_cell(table, "%.6g", value);
    }
}

static weft_status print_text(cli_call *call, const score_wish *wish, const scored *rows) {
    const char *headers[2 + WEFT_SCORE_COUNT] = {"network"};
    char align[3 + WEFT_SCORE_COUNT] = "l";
    cli_table table;
    int n = 1;
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (wish->wanted[s]) {
            headers[n] = weft_score_names()[s];
            align[n++] = 'r';
        }
    }
    if (wish->ranks) {
        headers[n] = "rank_sum";
        align[n++] = 'r';
    }
    cli_table_begin(&table, headers, align);
    for (int i = 0; i < call->n_operands; i++) {
        cli_table_cell(&table, "%s", rows[i].name);
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            if (wish->wanted[s]) {
                put_cell(&table, s, rows[i].scores->value[s]);
            }
        }
        if (wish->ranks) {
            cli_table_cell(&table, "%g", rows[i].rank_sum);
        }
    }
    WEFT_TRY(cli_table_print(&table, call));
    for (int i = 0; i < call->n_operands; i++) {
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            if (rows[i].scores->reason[s][0] != '\0') {
                cli_note(call, "%s has no %s: %s", rows[i].name, weft_score_names()[s],
                         rows[i].scores->reason[s]);
            }
        }
    }
    return WEFT_OK;
}

/* ---- the call -------------------------------------------------------------------------------- */

static weft_status score_one(cli_call *call, const score_arguments *arguments, const char *text,
                             const weft_dataset *dataset, const weft_scorer *scorer,
                             const score_wish *wish, const weft_stop *stop, weft_scores *scores) {
    weft_network *network = NULL;
    if (dataset != NULL) {
        const weft_dataset_info *data = weft_dataset_get_info(dataset);
        WEFT_TRY(weft_network_read_for(text, data->shape, data->classes, &network, &call->error));
    } else {
        WEFT_TRY(weft_network_read(text, &network, &call->error));
    }
    weft_status status = weft_scorer_measure(scorer, network, wish->wanted, arguments->seed, stop,
                                             scores, &call->error);
    weft_network_destroy(network);
    return status;
}

static weft_status measure_all(cli_call *call, const score_arguments *arguments,
                               const weft_dataset *dataset, const weft_scorer *scorer,
                               const score_wish *wish, weft_scores *scores) {
    const weft_stop *stop = cli_interrupt_install(call);
    cli_progress progress;
    weft_status status = WEFT_OK;
    cli_progress_begin(&progress, call);
    for (int i = 0; i < call->n_operands && status == WEFT_OK; i++) {
        status =
            score_one(call, arguments, call->operands[i], dataset, scorer, wish, stop, &scores[i]);
        if (cli_progress_due(&progress)) {
            cli_progress_show(&progress, "%d of %d networks", i + 1, call->n_operands);
        }
    }
    cli_progress_end(&progress);
    return status;
}

/* The highest sum first; equal ones in the order of the call, as their scores lie. */
static int by_rank(const void *a, const void *b) {
    const scored *x = a, *y = b;
    return x->rank_sum != y->rank_sum ? (x->rank_sum < y->rank_sum ? 1 : -1)
                                      : (x->scores > y->scores) - (x->scores < y->scores);
}

/* `sums` has room for as many as there are networks. */
static void arrange(const cli_call *call, const score_wish *wish, const weft_scores *scores,
                    double *sums, scored *rows) {
    weft_scores_rank(scores, call->n_operands, wish->ranked, sums);
    for (int i = 0; i < call->n_operands; i++) {
        rows[i] = (scored){call->operands[i], &scores[i], sums[i]};
    }
    if (wish->ranks) {
        qsort(rows, (size_t)call->n_operands, sizeof *rows, by_rank);
    }
}

static weft_status print(cli_call *call, const score_arguments *arguments, const score_wish *wish,
                         const scored *rows) {
    if (arguments->json) {
        return print_json(call, arguments, wish, rows);
    }
    if (arguments->csv) {
        print_csv(call, wish, rows);
        return WEFT_OK;
    }
    return print_text(call, wish, rows);
}

static weft_status score_on(cli_call *call, const score_arguments *arguments,
                            const weft_dataset *dataset, const score_wish *wish) {
    weft_scorer *scorer = NULL;
    size_t n = (size_t)call->n_operands;
    WEFT_TRY(weft_scorer_create(dataset, &arguments->settings, &scorer, &call->error));
    weft_scores *scores = calloc(n, sizeof *scores);
    double *sums = calloc(n, sizeof *sums);
    scored *rows = calloc(n, sizeof *rows);
    weft_status status = WEFT_OK;
    if (scores == NULL || sums == NULL || rows == NULL) {
        status = weft_fail_memory(&call->error, n * sizeof *scores);
    } else {
        status = measure_all(call, arguments, dataset, scorer, wish, scores);
    }
    if (status == WEFT_OK) {
        arrange(call, wish, scores, sums, rows);
        status = print(call, arguments, wish, rows);
    }
    free(rows);
    free(sums);
    free(scores);
    weft_scorer_destroy(scorer);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    const score_arguments *arguments = opaque;
    score_wish wish;
    weft_dataset *dataset = NULL;
    if (arguments->json && arguments->csv) {
        return cli_usage(call, "--json and --csv exclude each other");
    }
    WEFT_TRY(read_wish(call, arguments, &wish));
    if (arguments->data != NULL) {
        WEFT_TRY(weft_dataset_open(arguments->data, &dataset, &call->error));
    }
    weft_status status = score_on(call, arguments, dataset, &wish);
    weft_dataset_close(dataset);
    return status;
}

const cli_command cli_score = {
    .name = "score",
    .summary = "Scores networks without training them",
    .usage = "NETWORK... [options]",
    .text =
        "Computes training-free scores (zero-cost proxies) of untrained networks from one "
        "mini-batch: synflow, NASWOT, the norm of the loss's gradients, SNIP; from the skip "
        "connections alone: NN-Degree and NN-Mass; and parameters and MACs to compare with. "
        "More is better in each; none is an accuracy, and scores of networks compare where data, "
        "images and seed are the same.",
    .json = "an object with data (null: random), images, seed and networks: an array of objects "
            "with network, a member for each score (null where it has none), rank_sum with --rank, "
            "and reasons (an object: why it has none).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = -1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(score_arguments),
    .defaults = defaults,
    .run = run,
};
