/* SPDX-License-Identifier: Apache-2.0
 * weft front: the best designs of a study. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/cli.h"

typedef struct front_arguments {
    int top; /* 0: all */
    bool all, json, csv;
} front_arguments;

static const cli_option OPTIONS[] = {
    {"all", 'a', CLI_FLAG, .offset = offsetof(front_arguments, all),
     .help = "Prints every finished trial in order of number, with its state and reason, instead "
             "of the front."},
    {"top", 'n', CLI_INT, "N", offsetof(front_arguments, top), 1, 1e6, .unset = "the whole front",
     .help = "At most so many designs of a front, evenly spread over it, its knee among them."},
    {"json", 0, CLI_FLAG, .offset = offsetof(front_arguments, json), .help = "Prints JSON."},
    {"csv", 0, CLI_FLAG, .offset = offsetof(front_arguments, csv),
     .help = "Prints comma-separated values: a header, then a line for each design."},
};

static const cli_operand OPERANDS[] = {
    {"STORE", CLI_VALUES_FILE, NULL, "The store of a study (runs.db)."},
};

static const char *const EXAMPLES[] = {
    "weft front runs.db --top 10",
    "weft front runs.db --json | jq '.[0].description'",
    NULL,
};

static weft_status print_json(cli_call *call, const cli_designs *designs) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    cli_designs_json(json, designs);
    return cli_json_print(call, json);
}

/* The indices of every trial; the caller frees them. */
static weft_status take_all(cli_call *call, const weft_study *study, size_t **index, size_t *n) {
    size_t size = weft_study_size(study);
    size_t *all = calloc(size + 1, sizeof *all);
    if (all == NULL) {
        return weft_fail_memory(&call->error, (size + 1) * sizeof *all);
    }
    for (size_t i = 0; i < size; i++) {
        all[i] = i;
    }
    *index = all;
    *n = size;
    return WEFT_OK;
}

/* Trials of other fidelities do not compare. */
static void note_partial(cli_call *call, const weft_study *study) {
    size_t partial = 0;
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        partial += trial->state == WEFT_TRIAL_OK && trial->partial;
    }
    if (partial > 0) {
        cli_note(call, "%zu trials stopped at a lower fidelity, and are not compared", partial);
    }
}

static weft_status print_front(cli_call *call, const front_arguments *arguments,
                               const weft_study *study) {
    size_t *index = NULL;
    size_t n = 0;
    if (arguments->all) {
        WEFT_TRY(take_all(call, study, &index, &n));
    } else {
        WEFT_TRY(weft_study_front(study, &index, &n, &call->error));
    }
    size_t whole = n;
    if (arguments->top > 0) {
        n = cli_front_spread(study, index, n, (size_t)arguments->top);
    }
    cli_designs designs = {.problem = weft_study_get_problem(study),
                           .study = study,
                           .index = index,
                           .n = n,
                           .all = arguments->all};
    weft_status status = WEFT_OK;
    if (arguments->json) {
        status = print_json(call, &designs);
    } else if (arguments->csv) {
        cli_designs_csv(&designs);
    } else {
        char accounting[CLI_ACCOUNTING];
        status = cli_designs_table(call, &designs);
        char left[48] = "";
        if (n < whole) {
            snprintf(left, sizeof left, "%zu of ", n);
        }
        cli_note(call, "%s%zu design%s of %zu finished trials; accounting %s", left, whole,
                 whole == 1 ? "" : "s", weft_study_size(study),
                 cli_accounting_text(designs.problem, accounting, sizeof accounting));
        note_partial(call, study);
        cli_note_gap(call, study);
    }
    free(index);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    const front_arguments *arguments = opaque;
    if (arguments->json && arguments->csv) {
        return cli_usage(call, "--json and --csv exclude each other");
    }
    if (arguments->all && arguments->top > 0) {
        return cli_usage(call, "--top belongs to the front: --all prints every trial");
    }
    weft_study *study = NULL;
    WEFT_TRY(weft_study_open_read(call->operands[0], &study, &call->error));
    weft_status status = print_front(call, arguments, study);
    weft_study_close(study);
    return status;
}

const cli_command cli_front = {
    .name = "front",
    .summary = "The best designs of a study: its Pareto front",
    .usage = "STORE [options]",
    .text = "Prints the trials that no other beats in every objective, sorted by the first one; "
            "where the problem has a score, the best trial. Genes of the chip that "
            "the search varies are columns. It reads only, and may be used while a "
            "search runs. Where designs are evaluated at several fidelities, only trials that are "
            "whole are compared.",
    .json =
        "an array of designs, each with trial, description, accuracy (of the validation part), "
        "test_accuracy (null unless trained as a final design), gap (test_accuracy less accuracy), "
        "energy_j, latency_s, area_mm2, "
        "macs, params, crossbars, utilisation, score (where the problem has one) and genes (a "
        "value for each name; null: inactive). In brackets each has design (its number), fidelity, "
        "bracket and rung (from 0), and partial (not whole, so not compared). With --all each has "
        "state (ok, infeasible, failed), "
        "reason, violation, seconds, started and finished (Unix time) too.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(front_arguments),
    .run = run,
};
