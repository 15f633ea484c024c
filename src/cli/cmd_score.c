/* SPDX-License-Identifier: Apache-2.0
 * weft score: what networks promise before they are trained. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef struct score_arguments {
    const char *data, *scores;
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
    NULL,
};

static void defaults(void *opaque) {
    score_arguments *arguments = opaque;
    weft_score_defaults(&arguments->settings);
    arguments->settings.threads = cli_cores();
    arguments->seed = 1;
}

/* ---- which scores ---------------------------------------------------------------------------- */

static weft_status fail_score(cli_call *call, const char *word) {
    const char *nearest = weft_nearest(word, weft_score_names(), WEFT_SCORE_COUNT);
    weft_fail(&call->error, WEFT_ERROR_USAGE, "--scores: '%s' is no score", word);
    if (nearest != NULL) {
        weft_hint(&call->error, "did you mean '%s'?", nearest);
    } else {
        weft_hint(&call->error, "'weft score --help' has their names");
    }
    return WEFT_ERROR_USAGE;
}

static weft_status take_word(cli_call *call, const char *word, bool *wanted) {
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (strcmp(word, weft_score_names()[s]) == 0) {
            wanted[s] = true;
            return WEFT_OK;
        }
    }
    return fail_score(call, word);
}

static weft_status read_scores(cli_call *call, const char *text, bool *wanted) {
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        wanted[s] = text == NULL;
    }
    for (const char *at = text; at != NULL && *at != '\0';) {
        char word[32];
        size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word), at);
        WEFT_TRY(take_word(call, word, wanted));
        at += length + (at[length] == ',');
    }
    return text == NULL || text[0] != '\0' ? WEFT_OK : fail_score(call, "");
}

/* ---- results --------------------------------------------------------------------------------- */

typedef struct scored {
    const char *name; /* as it was typed */
    weft_scores scores;
} scored;

static void row_json(weft_json *json, const scored *row, const bool *wanted) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", row->name);
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (wanted[s]) {
            weft_json_member_real(json, weft_score_names()[s], row->scores.value[s]);
        }
    }
    weft_json_key(json, "reasons");
    weft_json_object_begin(json);
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (row->scores.reason[s][0] != '\0') {
            weft_json_member_text(json, weft_score_names()[s], row->scores.reason[s]);
        }
    }
    weft_json_object_end(json);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const score_arguments *arguments, const bool *wanted,
                              const scored *rows) {
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
        row_json(json, &rows[i], wanted);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void print_csv(const cli_call *call, const bool *wanted, const scored *rows) {
    printf("network");
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        printf("%s%s", wanted[s] ? "," : "", wanted[s] ? weft_score_names()[s] : "");
    }
    printf("\n");
    for (int i = 0; i < call->n_operands; i++) {
        cli_csv_text(rows[i].name);
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            if (wanted[s]) {
                cli_csv_real(rows[i].scores.value[s]);
            }
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

static weft_status print_text(cli_call *call, const bool *wanted, const scored *rows) {
    const char *headers[1 + WEFT_SCORE_COUNT] = {"network"};
    char align[2 + WEFT_SCORE_COUNT] = "l";
    cli_table table;
    for (int s = 0, n = 1; s < WEFT_SCORE_COUNT; s++) {
        if (wanted[s]) {
            headers[n] = weft_score_names()[s];
            align[n++] = 'r';
        }
    }
    cli_table_begin(&table, headers, align);
    for (int i = 0; i < call->n_operands; i++) {
        cli_table_cell(&table, "%s", rows[i].name);
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            if (wanted[s]) {
                put_cell(&table, s, rows[i].scores.value[s]);
            }
        }
    }
    WEFT_TRY(cli_table_print(&table, call));
    for (int i = 0; i < call->n_operands; i++) {
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            if (rows[i].scores.reason[s][0] != '\0') {
                cli_note(call, "%s has no %s: %s", rows[i].name, weft_score_names()[s],
                         rows[i].scores.reason[s]);
            }
        }
    }
    return WEFT_OK;
}

/* ---- the call -------------------------------------------------------------------------------- */

static weft_status score_one(cli_call *call, const score_arguments *arguments, const char *text,
                             const weft_dataset *dataset, const weft_scorer *scorer,
                             const bool *wanted, const weft_stop *stop, scored *row) {
    weft_network *network = NULL;
    if (dataset != NULL) {
        const weft_dataset_info *data = weft_dataset_get_info(dataset);
        WEFT_TRY(weft_network_read_for(text, data->shape, data->classes, &network, &call->error));
    } else {
        WEFT_TRY(weft_network_read(text, &network, &call->error));
    }
    row->name = text;
    weft_status status = weft_scorer_measure(scorer, network, wanted, arguments->seed, stop,
                                             &row->scores, &call->error);
    weft_network_destroy(network);
    return status;
}

static weft_status score_all(cli_call *call, const score_arguments *arguments,
                             const weft_dataset *dataset, const weft_scorer *scorer,
                             const bool *wanted, scored *rows) {
    const weft_stop *stop = cli_interrupt_install(call);
    cli_progress progress;
    weft_status status = WEFT_OK;
    cli_progress_begin(&progress, call);
    for (int i = 0; i < call->n_operands && status == WEFT_OK; i++) {
        status =
            score_one(call, arguments, call->operands[i], dataset, scorer, wanted, stop, &rows[i]);
        if (cli_progress_due(&progress)) {
            cli_progress_show(&progress, "%d of %d networks", i + 1, call->n_operands);
        }
    }
    cli_progress_end(&progress);
    WEFT_TRY(status);
    if (arguments->json) {
        return print_json(call, arguments, wanted, rows);
    }
    if (arguments->csv) {
        print_csv(call, wanted, rows);
        return WEFT_OK;
    }
    return print_text(call, wanted, rows);
}

static weft_status score_on(cli_call *call, const score_arguments *arguments,
                            const weft_dataset *dataset, const bool *wanted) {
    weft_scorer *scorer = NULL;
    size_t n = (size_t)call->n_operands;
    WEFT_TRY(weft_scorer_create(dataset, &arguments->settings, &scorer, &call->error));
    scored *rows = calloc(n, sizeof *rows);
    weft_status status = rows != NULL ? score_all(call, arguments, dataset, scorer, wanted, rows)
                                      : weft_fail_memory(&call->error, n * sizeof *rows);
    free(rows);
    weft_scorer_destroy(scorer);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    const score_arguments *arguments = opaque;
    bool wanted[WEFT_SCORE_COUNT];
    weft_dataset *dataset = NULL;
    if (arguments->json && arguments->csv) {
        return cli_usage(call, "--json and --csv exclude each other");
    }
    WEFT_TRY(read_scores(call, arguments->scores, wanted));
    if (arguments->data != NULL) {
        WEFT_TRY(weft_dataset_open(arguments->data, &dataset, &call->error));
    }
    weft_status status = score_on(call, arguments, dataset, wanted);
    weft_dataset_close(dataset);
    return status;
}

const cli_command cli_score = {
    .name = "score",
    .summary = "Scores networks without training them",
    .usage = "NETWORK... [options]",
    .text = "Computes training-free scores (zero-cost proxies) of untrained networks from one "
            "mini-batch: synflow, NASWOT, the norm of the loss's gradients, SNIP; from the skip "
            "connections alone: NN-Degree and NN-Mass; and parameters and MACs to compare with. "
            "More is better in each; none is an accuracy, and scores of "
            "networks compare where data, images and seed are the same.",
    .json =
        "an object with data (null: random), images, seed and networks: an array of objects "
        "with network, a member for each score (null where it has none) and reasons (an object: "
        "why it has none).",
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
