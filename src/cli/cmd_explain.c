/* SPDX-License-Identifier: Apache-2.0
 * weft explain: how the figures of an estimate come about, down to constants with their sources. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain.h"

/* ---- the row of --layer ---------------------------------------------------------------------- */

weft_status cli_explain_no_row(cli_call *call, const weft_cost *cost, const char *text) {
    enum { MOST = 1024 };
    const char *names[MOST];
    size_t n = 0;
    for (int32_t i = 0; i < cost->n_layers && n < MOST; i++) {
        names[n++] = cost->layers[i].name;
    }
    const char *nearest = weft_nearest(text, names, n);
    weft_fail(&call->error, WEFT_ERROR_USAGE, "there is no layer '%.64s'; rows are 1 to %" PRId32,
              text, cost->n_layers);
    if (nearest != NULL) {
        weft_hint(&call->error, "did you mean '%s'?", nearest);
    } else {
        weft_hint(&call->error, call->n_operands > 1 || cli_is_store(call->operands[0])
                                    ? "'weft explain STORE TRIAL' lists them"
                                    : "'weft estimate NETWORK --chip CHIP --layers' lists them");
    }
    return WEFT_ERROR_USAGE;
}

bool cli_explain_row(const weft_cost *cost, const char *text, int32_t *row) {
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end != text && *end == '\0' && number >= 1 && number <= cost->n_layers) {
        *row = (int32_t)number - 1;
        return true;
    }
    for (int32_t i = 0; i < cost->n_layers; i++) {
        if (strcmp(cost->layers[i].name, text) == 0) {
            *row = i;
            return true;
        }
    }
    return false;
}

static weft_status row_of(cli_call *call, const weft_chip *chip, weft_workload *workload,
                          const char *text, int32_t *row) {
    weft_priced *priced = NULL;
    weft_cost *cost = NULL;
    weft_status status = weft_priced_create(chip, &priced, &call->error);
    if (status == WEFT_OK) {
        status = weft_cost_create(priced, workload, &cost, &call->error);
    }
    if (status == WEFT_OK && !cli_explain_row(cost, text, row)) {
        status = cli_explain_no_row(call, cost, text);
    }
    weft_cost_destroy(cost);
    weft_priced_destroy(priced);
    return status;
}

/* ---- output ---------------------------------------------------------------------------------- */

/* Units that SI prefixes belong to; figures in others, such as pJ of an equation, stay as they are. */
static bool takes_prefix(const char *unit) {
    static const char *const UNITS[] = {"J", "s", "W", "V", "A", "ohm", "F", "m", "Hz"};
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (strcmp(UNITS[i], unit) == 0) {
            return true;
        }
    }
    return false;
}

static void print_row(const weft_explained *row) {
    printf("%*s%s", 2 * row->depth, "", row->name);
    if (takes_prefix(row->unit)) {
        char text[CLI_QUANTITY];
        printf("  %s", cli_quantity(row->value, row->unit, text, sizeof text));
    } else if (row->unit[0] != '\0') {
        printf("  %.6g%s%s", row->value, strcmp(row->unit, "1") == 0 ? "" : " ",
               strcmp(row->unit, "1") == 0 ? "" : row->unit);
    }
    if (row->equation[0] != '\0') {
        printf("  = %s", row->equation);
    }
    if (row->source[0] != '\0') {
        printf("  [%s]", row->source);
    }
    printf("\n");
}

void cli_explain_print(const weft_explanation *explanation) {
    for (int32_t i = 0; i < explanation->n; i++) {
        print_row(&explanation->rows[i]);
    }
}

void cli_explain_json(weft_json *json, const weft_explanation *explanation) {
    weft_json_key(json, "rows");
    weft_json_array_begin(json);
    for (int32_t i = 0; i < explanation->n; i++) {
        const weft_explained *row = &explanation->rows[i];
        weft_json_object_begin(json);
        weft_json_member_integer(json, "depth", row->depth);
        weft_json_member_text(json, "name", row->name);
        if (row->unit[0] == '\0') {
            weft_json_key(json, "value");
            weft_json_null(json);
        } else {
            weft_json_member_real(json, "value", row->value);
        }
        weft_json_member_text(json, "unit", row->unit);
        weft_json_member_text(json, "equation", row->equation);
        weft_json_member_text(json, "source", row->source);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static weft_status print_json(cli_call *call, const weft_network *network, const weft_chip *chip,
                              const weft_explanation *explanation) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", network->name);
    weft_json_member_text(json, "chip", weft_chip_name(chip));
    cli_explain_json(json, explanation);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status explain(cli_call *call, const cli_explain_arguments *arguments,
                           const weft_chip *chip, const weft_network *network,
                           weft_workload *workload) {
    int32_t row = -1;
    weft_explanation *explanation = NULL;
    if (arguments->layer != NULL) {
        WEFT_TRY(row_of(call, chip, workload, arguments->layer, &row));
    }
    WEFT_TRY(weft_explain(chip, workload, arguments->part, row, &explanation, &call->error));
    weft_status status = WEFT_OK;
    if (arguments->json) {
        status = print_json(call, network, chip, explanation);
    } else {
        cli_explain_print(explanation);
    }
    weft_explanation_destroy(explanation);
    return status;
}

/* Options of the other form. */
static weft_status check_options(cli_call *call, const cli_explain_arguments *arguments,
                                 bool of_trial) {
    static const char *const OF_TRIAL[] = {"network", "region"};
    static const char *const OF_NETWORK[] = {"chip", "set", "input", "classes"};
    for (size_t i = 0; of_trial && i < sizeof OF_NETWORK / sizeof OF_NETWORK[0]; i++) {
        if (cli_given(call, OF_NETWORK[i])) {
            return cli_usage(call, "--%s has no use with a trial: its design says it",
                             OF_NETWORK[i]);
        }
    }
    if (arguments->genes != NULL && (call->n_operands > 1 || cli_is_store(call->operands[0]))) {
        return cli_usage(call, "--genes belongs to a problem file: a trial has its genes");
    }
    for (size_t i = 0; !of_trial && i < sizeof OF_TRIAL / sizeof OF_TRIAL[0]; i++) {
        if (cli_given(call, OF_TRIAL[i])) {
            return cli_usage(call, "--%s belongs to a trial of a store", OF_TRIAL[i]);
        }
    }
    return WEFT_OK;
}

/* A trial has two words, or one that is a store; or has its ending, so that a missing one is told. */
static bool is_trial(const cli_call *call) {
    const char *word = call->operands[0];
    size_t length = strlen(word);
    return call->n_operands == 2 || cli_is_store(word) ||
           (length > 3 && strcmp(word + length - 3, ".db") == 0);
}

static weft_status run(cli_call *call, void *opaque) {
    const cli_explain_arguments *arguments = opaque;
    bool of_trial = is_trial(call);
    WEFT_TRY(check_options(call, arguments, of_trial || arguments->genes != NULL));
    if (arguments->genes != NULL) {
        return cli_explain_genes(call, arguments);
    }
    if (of_trial) {
        return cli_explain_trial(call, arguments);
    }
    if (arguments->chip == NULL) {
        return cli_usage(call, "--chip is missing: which chip the network runs on");
    }
    weft_chip *chip = NULL;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_status status = cli_chip_read(call, arguments->chip, &chip);
    if (status == WEFT_OK) {
        status = cli_network_read(call, call->operands[0], &arguments->network, &network);
    }
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, &call->error);
    }
    if (status == WEFT_OK) {
        status = explain(call, arguments, chip, network, workload);
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_chip_destroy(chip);
    return status;
}

#define MEMBER(member) .offset = offsetof(cli_explain_arguments, member)

static const cli_option OPTIONS[] = {
    {"chip", 'c', CLI_TEXT, "CHIP", MEMBER(chip), .values = CLI_VALUES_CHIP,
     .help = "A chip by name ('weft chip list') or a YAML file."},
    {"set", 's', CLI_TEXT, "PATH=VALUE", MEMBER(set),
     .help = "Changes a value of the chip first; may be given several times."},
    {"part", 'p', CLI_TEXT, "PART", MEMBER(part), .unset = "all parts",
     .help = "The part to explain, by its name in the JSON of 'weft estimate': adc."},
    {"layer", 'l', CLI_TEXT, "LAYER", MEMBER(layer), .unset = "the sum of all layers",
     .help = "The layer to explain: its row in 'weft estimate --layers', or its name."},
    {"genes", 'g', CLI_TEXT, "GENE=VALUE,...", MEMBER(genes), .unset = "none",
     .help = "With a problem file in the place of a store: the design, as far as it differs from "
             "where the problem lets its genes stand ('fixed', 'hold'). Names may have * and ?."},
    {"network", 'n', CLI_TEXT, "NETWORK", MEMBER(which), .unset = "the design's own, all",
     .help = "Of a trial with several networks: the one to explain, by its number from 1 or its "
             "name; --layer needs it."},
    {"region", 'r', CLI_INT, "N", MEMBER(region), 0, WEFT_SPACE_MAX_REGIONS - 1,
     .unset = "the whole chip",
     .help = "Of a trial on a chip of several regions: the one to explain, as the space file "
             "numbers them, "
             "from 0."},
    {"input", 'i', CLI_SHAPE, "C,H,W", MEMBER(network.input), .unset = "the network's own",
     .help = "Channels, height and width of the network's input."},
    {"classes", 0, CLI_INT, "N", MEMBER(network.classes), 1, 65536, .unset = "the network's own",
     .help = "How many classes the last layer tells apart."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NETWORK, NULL,
     CLI_NETWORK_HELP " In its place STORE: the store of a study (runs.db); or FILE: a problem, "
                      "with --genes."},
    {"TRIAL", CLI_VALUES_NONE, NULL,
     "Behind a store: the number of a trial, or 'best', which is what is meant without it."},
};

static const char *const EXAMPLES[] = {
    "weft explain imc:V32,V64 --chip mnsim-130nm-rram --part adc --layer 2",
    "weft explain resnet20 --chip generic-rram --part global_buffer --json",
    "weft explain runs.db 2869",
    "weft explain runs.db best --part adc --layer 3",
    "weft explain problem.yaml --genes rows=128,base_cycle=4",
    NULL,
};

static void defaults(void *opaque) {
    cli_explain_arguments *arguments = opaque;
    arguments->region = -1;
    cli_network_defaults(&arguments->network);
}

const cli_command cli_explain = {
    .name = "explain",
    .summary = "How a figure comes about: equations, values, sources",
    .usage = "(NETWORK --chip CHIP | STORE [TRIAL] | FILE --genes GENE=VALUE,...) [--part PART] "
             "[--layer LAYER] [options]",
    .text =
        "Prints energy, latency and area of a part on a layer as a tree: each row with its "
        "value, the equation that gives it from the rows below, and at the leaves the constants "
        "of the chip with the source of each.\n\n"
        "Of a trial of a store, or of a design of a problem file, it prints its goal, its metrics, "
        "the accounting with its faults, "
        "the "
        "genes, and each network's cost by part and by layer; with --part, --layer or --region the "
        "tree of what they name instead. In a chip of several regions a part of the same name "
        "stands "
        "in each.",
    .json =
        "an object with network, chip and rows (depth, name, value, unit, equation, source): a row "
        "explains the nearest row above it that is one less deep.\n\n"
        "Of a trial: store (null for a problem file), problem, accounting (name, execution, "
        "faults), chip, goal (score or "
        "objectives, "
        "as "
        "text), trial (a design as 'weft front --all' prints it), plain_score (before penalties; "
        "null without a score), penalties (limit and penalty of "
        "each soft limit), miss (scales by which the reference point is missed; null without one), "
        "networks (an array: network, and "
        "total, energy_by, latency_by, area_by, parts, levels, layers, warnings as of 'weft "
        "estimate') and explained (an array: network, region, rows; empty unless something is "
        "asked for).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 2,
    .min_operands = 1,
    .max_operands = 2,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(cli_explain_arguments),
    .defaults = defaults,
    .run = run,
};
