/* SPDX-License-Identifier: Apache-2.0
 * weft estimate: what a network costs on a chip. */
#include <string.h>

#include "cli/cli.h"

typedef struct estimate_arguments {
    const char *chip;
    cli_network_options network;
    const char *set, *svg;
    bool json, csv, layers, constants;
} estimate_arguments;

#define MEMBER(name) .offset = offsetof(estimate_arguments, name)

static const cli_option OPTIONS[] = {
    {"chip", 'c', CLI_TEXT, "CHIP", MEMBER(chip), .values = CLI_VALUES_CHIP,
     .help = "A chip by name (mnsim-130nm-rram; 'weft chip list') or a YAML file."},
    {"set", 's', CLI_TEXT, "PATH=VALUE", MEMBER(set),
     .help = "Changes a value of the chip: crossbar.rows=128, cell.read_time=\"5 ns\"; without a "
             "unit it is in the file's. May be given several times; 'weft chip show' lists the "
             "paths."},
    {"input", 'i', CLI_SHAPE, "C,H,W", MEMBER(network.input),
     .help = "Channels, height and width of the network's input."},
    {"classes", 0, CLI_INT, "N", MEMBER(network.classes), 1, 65536,
     .help = "How many classes the last layer tells apart."},
    {"head-pool", 0, CLI_INT, "N", MEMBER(network.head_pool), 1, 64,
     .help = "Side of the map that the head pools to before its linear layers."},
    {"hidden", 0, CLI_WIDTHS, "N,...", MEMBER(network.hidden),
     .help = "Widths of the head's hidden linear layers, or none."},
    {"svg", 0, CLI_TEXT, "FILE", MEMBER(svg), .values = CLI_VALUES_FILE,
     .help = "Writes a figure of the breakdown: the whole by part, then each layer by part."},
    {"layers", 'l', CLI_FLAG, MEMBER(layers), .help = "Prints the table of layers too."},
    {"constants", 0, CLI_FLAG, MEMBER(constants),
     .help = "Prints every constant of the chip with its unit and source, and ends."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
    {"csv", 0, CLI_FLAG, MEMBER(csv),
     .help = "Prints CSV: a row for each layer and part, with network, chip, row (from 0), layer "
             "(index in the network), name, part, level, energy_j, latency_s, area_mm2 and actions "
             "(how often the part acts; 0 where it is not counted)."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NETWORK, NULL, CLI_NETWORK_HELP},
};

static const char *const EXAMPLES[] = {
    "weft estimate imc:R32,V64,R64,V128,R128,V128 --chip mnsim-130nm-rram",
    "weft estimate resnet18@input=3x32x32,classes=10 --chip generic-rram --layers",
    "weft estimate imc:V32,V64 --chip my-chip.yaml --input 1,28,28 --json",
    "weft estimate imc:V32,V64 --chip mnsim-130nm-rram --set pe.adc=isaac-8b --svg breakdown.svg",
    "weft estimate --chip mnsim-130nm-rram --constants",
    NULL,
};

static void defaults(void *arguments) {
    cli_network_defaults(&((estimate_arguments *)arguments)->network);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Null where the chip has no such count. */
static void cells_json(weft_json *json, const weft_cells *cells) {
    weft_json_key(json, "cells");
    if (cells->on_chip <= 0) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_real(json, "needed", cells->needed);
    weft_json_member_real(json, "one_group", cells->one_group);
    weft_json_member_real(json, "on_chip", cells->on_chip);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const weft_chip *chip, const weft_network *network,
                              const weft_cost *cost, const weft_cells *cells) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", network->name);
    weft_json_member_text(json, "chip", weft_chip_name(chip));
    weft_json_member_bool(json, "feasible", true);
    cli_total_json(json, network, cost);
    cli_cost_json(json, cost);
    cells_json(json, cells);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* The network does not fit: said on stdout too, for programs. */
static void print_infeasible_json(cli_call *call, const char *network, const weft_chip *chip,
                                  const weft_cells *cells) {
    weft_error error = call->error;
    weft_json *json = cli_json_create(call);
    if (json != NULL) {
        weft_json_object_begin(json);
        char name[WEFT_NETWORK_NAME];
        bool bare = strchr("VMR", network[0]) != NULL && strpbrk(network, ":@./") == NULL;
        snprintf(name, sizeof name, "%s%s", bare ? "imc:" : "", network);
        weft_json_member_text(json, "network", name);
        weft_json_member_text(json, "chip", weft_chip_name(chip));
        weft_json_member_bool(json, "feasible", false);
        weft_json_member_text(json, "reason", error.message);
        cells_json(json, cells);
        weft_json_object_end(json);
        if (cli_json_print(call, json) != WEFT_OK) {
            return;
        }
    }
    call->error = error;
}

/* ---- text ------------------------------------------------------------------------------------ */

static weft_status print_text(cli_call *call, const estimate_arguments *arguments,
                              const weft_chip *chip, const weft_network *network,
                              const weft_cost *cost) {
    cli_print_total(network, chip, cost);
    printf("\n");
    cli_heading(call, "By part");
    WEFT_TRY(cli_print_parts(call, cost));
    printf("\n");
    cli_heading(call, "By level");
    WEFT_TRY(cli_print_levels(call, cost));
    if (arguments->layers) {
        printf("\n");
        cli_heading(call, "By layer");
        WEFT_TRY(cli_print_layers(call, cost));
    }
    return WEFT_OK;
}

/* ---- constants ------------------------------------------------------------------------------- */

static weft_status print_constants_json(cli_call *call, const weft_chip *chip) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "chip", weft_chip_name(chip));
    weft_json_key(json, "constants");
    weft_json_array_begin(json);
    weft_constant constant;
    for (int i = 0; weft_chip_constant(chip, i, &constant); i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "name", constant.name);
        weft_json_member_real(json, "value", constant.value);
        weft_json_member_text(json, "unit", constant.unit);
        weft_json_member_text(json, "source", constant.source);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status print_constants(cli_call *call, const weft_chip *chip) {
    static const char *const HEADERS[] = {"constant", "value", "unit", "source"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrll");
    weft_constant constant;
    for (int i = 0; weft_chip_constant(chip, i, &constant); i++) {
        cli_table_cell(&table, "%s", constant.name);
        cli_table_cell(&table, "%.6g", constant.value);
        cli_table_cell(&table, "%s", constant.unit);
        cli_table_cell(&table, "%s", constant.source);
    }
    return cli_table_print(&table, call);
}

/* ---- the command ----------------------------------------------------------------------------- */

static weft_status estimate_network(cli_call *call, const weft_chip *chip,
                                    const weft_network *network, weft_cost **cost,
                                    weft_cells *cells) {
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    weft_status status = weft_priced_create(chip, &priced, &call->error);
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, &call->error);
    }
    if (status == WEFT_OK &&
        weft_workload_cells(priced, workload, cells, &call->error) != WEFT_OK) {
        *cells = (weft_cells){0, 0, 0}; /* a pixel pipeline */
    }
    if (status == WEFT_OK) {
        status = weft_cost_create(priced, workload, cost, &call->error);
    }
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    return status;
}

static weft_status draw(cli_call *call, const char *file, const weft_chip *chip,
                        const weft_network *network, const weft_cost *cost) {
    char title[WEFT_NETWORK_NAME + 80];
    snprintf(title, sizeof title, "%s on %s", network->name, weft_chip_name(chip));
    return weft_report_breakdown(cost, title, file, &call->error);
}

static weft_status estimate(cli_call *call, const estimate_arguments *arguments,
                            const weft_chip *chip) {
    const char *text = call->operands[0];
    weft_network *network = NULL;
    weft_cost *cost = NULL;
    weft_cells cells = {0, 0, 0};
    weft_status status = cli_network_read(call, text, &arguments->network, &network);
    if (status == WEFT_OK) {
        status = estimate_network(call, chip, network, &cost, &cells);
    }
    if (status == WEFT_OK && arguments->svg != NULL) {
        status = draw(call, arguments->svg, chip, network, cost);
    }
    if (status == WEFT_OK && arguments->json) {
        status = print_json(call, chip, network, cost, &cells);
    } else if (status == WEFT_OK && arguments->csv) {
        cli_cost_csv(network, chip, cost);
    } else if (status == WEFT_OK) {
        status = print_text(call, arguments, chip, network, cost);
    } else if (status == WEFT_ERROR_INFEASIBLE && arguments->json) {
        print_infeasible_json(call, text, chip, &cells);
    }
    weft_cost_destroy(cost);
    weft_network_destroy(network);
    return status;
}

static weft_status run(cli_call *call, void *opaque) {
    const estimate_arguments *arguments = opaque;
    if (arguments->chip == NULL) {
        return cli_usage(call, "--chip is missing: which chip the network runs on");
    }
    if (arguments->json && arguments->csv) {
        return cli_usage(call, "--json and --csv exclude each other");
    }
    if (call->n_operands == 0 && !arguments->constants) {
        return cli_usage(call, "NETWORK is missing, such as imc:R32,V64");
    }
    weft_chip *chip = NULL;
    weft_status status = cli_chip_read(call, arguments->chip, &chip);
    if (status != WEFT_OK) {
        return status;
    }
    if (!arguments->constants) {
        status = estimate(call, arguments, chip);
    } else if (arguments->json) {
        status = print_constants_json(call, chip);
    } else {
        status = print_constants(call, chip);
    }
    weft_chip_destroy(chip);
    return status;
}

const cli_command cli_estimate = {
    .name = "estimate",
    .summary = "What a network costs on a chip: energy, latency, area",
    .usage = "NETWORK --chip CHIP [--set PATH=VALUE ...] [options]",
    .text =
        "Maps a network onto a chip and prints what one inference costs: energy, latency, power, "
        "area, throughput and efficiency, the layer that limits the throughput, and what each "
        "part, "
        "level and layer takes; the parts add up to the total. A network that does not fit the "
        "chip, or that cannot be built for the input, ends with exit code 1 and the reason.\n\n"
        "Interval is the time between two results of inferences in a row, power is the mean over "
        "it. TOPS, TOPS/W and TOPS/mm2 are of the whole network, with 2 operations a MAC; EDAP is "
        "energy x latency x area.",
    .json = "an object with network, chip, feasible, total (latency_s, interval_s, energy_j, "
            "power_w, peak_power_w, area_mm2, tops, tops_w, tops_mm2, operation, edap_j_s_mm2, "
            "crossbars, tiles, utilisation, macs, params, bottleneck: row and name, or null), "
            "energy_by, latency_by and area_by (a value for each part), parts (part, text, level), "
            "levels (level, energy_j, latency_s, area_mm2), layers (name, layer, block, energy_j, "
            "latency_s, busy_s, area_mm2, cycles, macs, crossbars, tiles, copies, utilisation, the "
            "same three splits and actions_by), and warnings. Where the network does not fit: "
            "feasible is false, and reason says why; cells (needed by the weights, needed where a "
            "layer "
            "counts as one of its groups, on_chip; or null) are there in both cases. With "
            "--constants: chip and constants (name, "
            "value, unit, source).",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 0,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(estimate_arguments),
    .defaults = defaults,
    .run = run,
};
