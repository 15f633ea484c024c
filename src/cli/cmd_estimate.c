/* SPDX-License-Identifier: Apache-2.0
 * weft estimate: what a network costs on a chip. */
#include <string.h>

#include "cli/cli.h"

typedef struct estimate_arguments {
    const char *chip;
    cli_network_options network;
    bool json, layers, constants;
} estimate_arguments;

#define MEMBER(name) .offset = offsetof(estimate_arguments, name)

static const cli_option OPTIONS[] = {
    {"chip", 'c', CLI_TEXT, "CHIP", MEMBER(chip), .values = CLI_VALUES_CHIP,
     .help = "A chip by name (mnsim-130nm-rram) or a YAML file."},
    {"input", 'i', CLI_SHAPE, "C,H,W", MEMBER(network.input),
     .help = "Channels, height and width of the network's input."},
    {"classes", 0, CLI_INT, "N", MEMBER(network.classes), 1, 65536,
     .help = "How many classes the last layer tells apart."},
    {"head-pool", 0, CLI_INT, "N", MEMBER(network.head_pool), 1, 64,
     .help = "Side of the map that the head pools to before its linear layers."},
    {"hidden", 0, CLI_WIDTHS, "N,...", MEMBER(network.hidden),
     .help = "Widths of the head's hidden linear layers, or none."},
    {"layers", 'l', CLI_FLAG, MEMBER(layers), .help = "Prints the table of layers too."},
    {"constants", 0, CLI_FLAG, MEMBER(constants),
     .help = "Prints every constant of the chip with its unit and source, and ends."},
    {"json", 0, CLI_FLAG, MEMBER(json), .help = "Prints JSON."},
};

static const cli_operand OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NONE, NULL,
     "Blocks and kernels in order: imc:R32,V64 is a RES block of 32 kernels, then a VGG block of "
     "64; M is an MVGG block."},
};

static const char *const EXAMPLES[] = {
    "weft estimate imc:R32,V64,R64,V128,R128,V128 --chip mnsim-130nm-rram",
    "weft estimate imc:V32,V64 --chip my-chip.yaml --input 1,28,28 --layers",
    "weft estimate --chip mnsim-130nm-rram --constants",
    NULL,
};

static void defaults(void *arguments) {
    cli_network_defaults(&((estimate_arguments *)arguments)->network);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void parts_json(weft_json *json, const weft_cost *cost, const char *key, const double *by) {
    weft_json_key(json, key);
    weft_json_object_begin(json);
    for (int32_t k = 0; k < cost->n_parts; k++) {
        weft_json_member_real(json, cost->parts[k].token, by[k]);
    }
    weft_json_object_end(json);
}

static void layer_json(weft_json *json, const weft_cost *cost, const weft_layer_cost *layer) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "name", layer->name);
    weft_json_member_integer(json, "layer", layer->layer);
    weft_json_key(json, "block");
    if (layer->block == WEFT_NO_BLOCK) {
        weft_json_null(json);
    } else {
        weft_json_integer(json, layer->block);
    }
    weft_json_member_real(json, "energy_j", layer->energy_j);
    weft_json_member_real(json, "latency_s", layer->latency_s);
    weft_json_member_real(json, "busy_s", layer->busy_s);
    weft_json_member_real(json, "area_mm2", layer->area_mm2);
    weft_json_member_integer(json, "crossbars", layer->crossbars);
    weft_json_member_integer(json, "tiles", layer->tiles);
    weft_json_member_real(json, "utilisation", layer->utilisation);
    parts_json(json, cost, "energy_by", layer->energy_by);
    parts_json(json, cost, "latency_by", layer->latency_by);
    parts_json(json, cost, "area_by", layer->area_by);
    weft_json_object_end(json);
}

static void total_json(weft_json *json, const weft_network *network, const weft_total *total) {
    weft_json_key(json, "total");
    weft_json_object_begin(json);
    weft_json_member_real(json, "latency_s", total->latency_s);
    weft_json_member_real(json, "energy_j", total->energy_j);
    weft_json_member_real(json, "area_mm2", total->area_mm2);
    weft_json_member_integer(json, "crossbars", total->crossbars);
    weft_json_member_integer(json, "tiles", total->tiles);
    weft_json_member_real(json, "utilisation", total->utilisation);
    weft_json_member_integer(json, "macs", network->macs);
    weft_json_member_integer(json, "params", network->params);
    weft_json_object_end(json);
}

static weft_status print_json(cli_call *call, const weft_chip *chip, const weft_network *network,
                              const weft_cost *cost) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", network->name);
    weft_json_member_text(json, "chip", weft_chip_name(chip));
    weft_json_member_bool(json, "feasible", true);
    total_json(json, network, &cost->total);
    parts_json(json, cost, "energy_by", cost->energy_by);
    parts_json(json, cost, "latency_by", cost->latency_by);
    parts_json(json, cost, "area_by", cost->area_by);
    weft_json_key(json, "layers");
    weft_json_array_begin(json);
    for (int32_t i = 0; i < cost->n_layers; i++) {
        layer_json(json, cost, &cost->layers[i]);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

/* The network does not fit: said on stdout too, for programs. */
static void print_infeasible_json(cli_call *call, const char *network, const weft_chip *chip) {
    weft_error error = call->error;
    weft_json *json = cli_json_create(call);
    if (json != NULL) {
        weft_json_object_begin(json);
        char name[WEFT_NETWORK_NAME];
        bool whole = strncmp(network, "imc:", 4) == 0;
        snprintf(name, sizeof name, "%s%s", whole ? "" : "imc:", network);
        weft_json_member_text(json, "network", name);
        weft_json_member_text(json, "chip", weft_chip_name(chip));
        weft_json_member_bool(json, "feasible", false);
        weft_json_member_text(json, "reason", error.message);
        weft_json_object_end(json);
        if (cli_json_print(call, json) != WEFT_OK) {
            return;
        }
    }
    call->error = error;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_total(const weft_chip *chip, const weft_network *network,
                        const weft_total *total) {
    char energy[CLI_QUANTITY], latency[CLI_QUANTITY], macs[CLI_QUANTITY], params[CLI_QUANTITY];
    printf("network      %s\n", network->name);
    printf("chip         %s\n", weft_chip_name(chip));
    printf("energy       %s\n", cli_quantity(total->energy_j, "J", energy, sizeof energy));
    printf("latency      %s\n", cli_quantity(total->latency_s, "s", latency, sizeof latency));
    printf("area         %.4g mm2\n", total->area_mm2);
    printf("crossbars    %lld in %lld tiles, %.1f %% of their cells in use\n",
           (long long)total->crossbars, (long long)total->tiles, 100 * total->utilisation);
    printf("MACs         %s\n", cli_quantity((double)network->macs, "", macs, sizeof macs));
    printf("parameters   %s\n", cli_quantity((double)network->params, "", params, sizeof params));
}

static void share_cells(cli_table *table, double part, double whole, const char *unit) {
    if (strcmp(unit, "mm2") == 0) {
        cli_table_area(table, part);
    } else {
        cli_table_quantity(table, part, unit);
    }
    cli_table_cell(table, "%.1f %%", whole > 0 ? 100 * part / whole : 0);
}

static weft_status print_components(cli_call *call, const weft_cost *cost) {
    static const char *const HEADERS[] = {"component", "energy", "", "latency", "", "area", ""};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrrrrr");
    for (int c = 0; c < cost->n_parts; c++) {
        if (cost->energy_by[c] == 0 && cost->latency_by[c] == 0 && cost->area_by[c] == 0) {
            continue;
        }
        cli_table_cell(&table, "%s", cost->parts[c].text);
        share_cells(&table, cost->energy_by[c], cost->total.energy_j, "J");
        share_cells(&table, cost->latency_by[c], cost->total.latency_s, "s");
        share_cells(&table, cost->area_by[c], cost->total.area_mm2, "mm2");
    }
    return cli_table_print(&table, call);
}

static weft_status print_layers(cli_call *call, const weft_cost *cost) {
    static const char *const HEADERS[] = {"layer", "block",     "energy", "latency",
                                          "area",  "crossbars", "in use"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrrrrr");
    for (int32_t i = 0; i < cost->n_layers; i++) {
        const weft_layer_cost *layer = &cost->layers[i];
        cli_table_cell(&table, "%s", layer->name);
        if (layer->block == WEFT_NO_BLOCK) {
            cli_table_cell(&table, "-");
        } else {
            cli_table_cell(&table, "%d", (int)layer->block + 1);
        }
        cli_table_quantity(&table, layer->energy_j, "J");
        cli_table_quantity(&table, layer->latency_s, "s");
        cli_table_area(&table, layer->area_mm2);
        cli_table_cell(&table, "%lld", (long long)layer->crossbars);
        cli_table_cell(&table, "%.1f %%", 100 * layer->utilisation);
    }
    return cli_table_print(&table, call);
}

static weft_status print_text(cli_call *call, const estimate_arguments *arguments,
                              const weft_chip *chip, const weft_network *network,
                              const weft_cost *cost) {
    print_total(chip, network, &cost->total);
    printf("\n");
    cli_heading(call, "By component");
    WEFT_TRY(print_components(call, cost));
    if (arguments->layers) {
        printf("\n");
        cli_heading(call, "By layer");
        WEFT_TRY(print_layers(call, cost));
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
                                    const weft_network *network, weft_cost **cost) {
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    weft_status status = weft_priced_create(chip, &priced, &call->error);
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, &call->error);
    }
    if (status == WEFT_OK) {
        status = weft_cost_create(priced, workload, cost, &call->error);
    }
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    return status;
}

static weft_status estimate(cli_call *call, const estimate_arguments *arguments,
                            const weft_chip *chip) {
    const char *text = call->operands[0];
    weft_network *network = NULL;
    weft_cost *cost = NULL;
    weft_status status = cli_network_build(text, &arguments->network, &network, &call->error);
    if (status == WEFT_OK) {
        status = estimate_network(call, chip, network, &cost);
    }
    if (status == WEFT_OK && arguments->json) {
        status = print_json(call, chip, network, cost);
    } else if (status == WEFT_OK) {
        status = print_text(call, arguments, chip, network, cost);
    } else if (status == WEFT_ERROR_INFEASIBLE && arguments->json) {
        print_infeasible_json(call, text, chip);
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
    if (call->n_operands == 0 && !arguments->constants) {
        return cli_usage(call, "NETWORK is missing, such as imc:R32,V64");
    }
    weft_chip *chip = NULL;
    weft_status status = weft_chip_read(arguments->chip, &chip, &call->error);
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
    .usage = "NETWORK --chip CHIP [options]",
    .text =
        "Maps a network onto a chip and prints what one inference costs, for each component and "
        "each layer; the parts add up to the total. A network that does not fit the chip, or "
        "that cannot be built for the input, ends with exit code 1 and the reason.",
    .json = "an object with network, chip, feasible, total (latency_s, energy_j, area_mm2, "
            "crossbars, tiles, utilisation, macs, params), energy_by, latency_by and area_by (a "
            "value for each component), and layers (an array: name, layer, block, energy_j, "
            "latency_s, busy_s, area_mm2, crossbars, tiles, utilisation, and the same three "
            "splits). Where the network does not fit: feasible is false, and reason says why. With "
            "--constants: chip and constants (name, value, unit, source).",
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
