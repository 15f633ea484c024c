/* SPDX-License-Identifier: Apache-2.0
 * weft flash degree, weft flash choose: what skips make of networks, and which networks to train. */
#include <stdlib.h>

#include "cli/cli.h"

/* ---- degree ------------------------------------------------------------------------------------ */

typedef struct degree_arguments {
    bool cells, json;
} degree_arguments;

static const cli_option DEGREE_OPTIONS[] = {
    {"cells", 0, CLI_FLAG, .offset = offsetof(degree_arguments, cells),
     .help = "Prints a row for each cell too."},
    {"json", 0, CLI_FLAG, .offset = offsetof(degree_arguments, json), .help = "Prints JSON."},
};

static const cli_operand DEGREE_OPERANDS[] = {
    {"NETWORK", CLI_VALUES_NETWORK, NULL, CLI_NETWORK_HELP},
};

static void cells_json(weft_json *json, const weft_topology *t) {
    weft_json_key(json, "cells");
    weft_json_array_begin(json);
    for (int c = 0; c < t->n_cells; c++) {
        const weft_topology_cell *cell = &t->cells[c];
        weft_json_object_begin(json);
        weft_json_member_integer(json, "height", cell->map.height);
        weft_json_member_integer(json, "width", cell->map.width);
        weft_json_member_integer(json, "layers", cell->layers);
        weft_json_member_integer(json, "nodes", cell->nodes);
        weft_json_member_integer(json, "skips", cell->skips);
        weft_json_member_integer(json, "possible", cell->possible);
        weft_json_member_real(json, "degree", cell->degree);
        weft_json_member_real(json, "density", cell->density);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static void degree_json(weft_json *json, const weft_network *network, const weft_topology *t) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", network->name);
    weft_json_member_real(json, "degree", t->degree);
    weft_json_member_real(json, "mass", t->mass);
    weft_json_member_integer(json, "depth", t->depth);
    weft_json_member_integer(json, "macs", network->macs);
    weft_json_member_integer(json, "params", network->params);
    cells_json(json, t);
    weft_json_object_end(json);
}

static void degree_rows(cli_table *table, const weft_network *network, const weft_topology *t,
                        bool cells) {
    int64_t skips = 0;
    int32_t layers = 0;
    for (int c = 0; c < t->n_cells; c++) {
        skips += t->cells[c].skips;
        layers += t->cells[c].layers;
    }
    cli_table_cell(table, "%s", network->name);
    cli_table_cell(table, "%d", layers);
    cli_table_cell(table, "%lld", (long long)skips);
    cli_table_cell(table, "%.5g", t->degree);
    cli_table_cell(table, "%.5g", t->mass);
    for (int c = 0; cells && c < t->n_cells; c++) {
        const weft_topology_cell *cell = &t->cells[c];
        cli_table_cell(table, "  cell %d, %d x %d", c + 1, cell->map.height, cell->map.width);
        cli_table_cell(table, "%d", cell->layers);
        cli_table_cell(table, "%lld", (long long)cell->skips);
        cli_table_cell(table, "%.5g", cell->degree);
        cli_table_cell(table, "%.5g", cell->density * (double)cell->nodes);
    }
}

static weft_status run_degree(cli_call *call, void *opaque) {
    static const char *const HEADERS[] = {"network", "layers", "skips", "degree", "mass"};
    const degree_arguments *arguments = opaque;
    weft_json *json = arguments->json ? cli_json_create(call) : NULL;
    cli_table table;
    cli_table_begin(&table, HEADERS, "lrrrr");
    if (arguments->json) {
        if (json == NULL) {
            return call->error.status;
        }
        weft_json_array_begin(json);
    }
    weft_status status = WEFT_OK;
    for (int i = 0; i < call->n_operands && status == WEFT_OK; i++) {
        weft_network *network = NULL;
        weft_topology topology;
        status = weft_network_read(call->operands[i], &network, &call->error);
        if (status == WEFT_OK) {
            status = weft_network_topology(network, &topology, &call->error);
        }
        if (status == WEFT_OK && arguments->json) {
            degree_json(json, network, &topology);
        } else if (status == WEFT_OK) {
            degree_rows(&table, network, &topology, arguments->cells);
        }
        weft_network_destroy(network);
    }
    if (arguments->json) {
        weft_json_array_end(json);
        if (status == WEFT_OK) {
            return cli_json_print(call, json);
        }
        weft_json_destroy(json);
        return status;
    }
    weft_status printed = cli_table_print(&table, call);
    return status != WEFT_OK ? status : printed;
}

static const char *const DEGREE_EXAMPLES[] = {
    "weft flash degree cells-concat@depth=8x8x8,channels=16x32x64,skips=16x32x64 resnet20",
    "weft flash degree densenet121 --cells",
    NULL,
};

const cli_command cli_flash_degree = {
    .name = "flash degree",
    .summary = "NN-Degree and NN-Mass of networks with skip connections",
    .usage = "NETWORK... [--cells] [--json]",
    .text = "Counts what skip connections make of a network, cell by cell (layers on maps of one "
            "size): NN-Degree, the links that a channel has in the mean, and NN-Mass, the density "
            "of skips times channels. Of any network that has a name; no training and no data.",
    .json = "an array of objects with network, degree, mass, depth (of the deepest layer), macs, "
            "params and cells (an array: height, width, layers, nodes, skips, possible, degree, "
            "density).",
    .examples = DEGREE_EXAMPLES,
    .operands = DEGREE_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = -1,
    .options = DEGREE_OPTIONS,
    .n_options = sizeof DEGREE_OPTIONS / sizeof DEGREE_OPTIONS[0],
    .size = sizeof(degree_arguments),
    .run = run_degree,
};

/* ---- choose ------------------------------------------------------------------------------------ */

typedef struct choose_arguments {
    weft_flash_choose_settings settings;
    weft_shape input;
    const char *curve;
    bool csv, json;
} choose_arguments;

static const cli_option CHOOSE_OPTIONS[] = {
    {"networks", 'n', CLI_INT, "N", .offset = offsetof(choose_arguments, settings.n), 1, 1000,
     .help = "How many to train."},
    {"held", 0, CLI_INT, "N", .offset = offsetof(choose_arguments, settings.held), 0, 1000,
     .help = "How many more to hold out: networks to try the fit on."},
    {"input", 'i', CLI_SHAPE, "C,H,W", .offset = offsetof(choose_arguments, input),
     .unset = "as in the space", .help = "Chooses networks with this input instead."},
    {"curve", 'c', CLI_TEXT, "CURVE", .offset = offsetof(choose_arguments, curve),
     .values = CLI_VALUES_PREDICTOR, .unset = "none",
     .help =
         "A curve that was fitted to networks trained before, by name or path: those to train are "
         "then where its band is widest, one after the other."},
    {"seed", 's', CLI_UINT64, "N", .offset = offsetof(choose_arguments, settings.seed),
     .help = "Seed of the designs that are chosen from."},
    {"csv", 0, CLI_FLAG, .offset = offsetof(choose_arguments, csv), .help = "Prints CSV."},
    {"json", 0, CLI_FLAG, .offset = offsetof(choose_arguments, json), .help = "Prints JSON."},
};

static const cli_operand CHOOSE_OPERANDS[] = {
    {"SPACE", CLI_VALUES_SPACE, NULL, "A space by name (flash) or a YAML file."},
};

static void choose_defaults(void *opaque) {
    choose_arguments *arguments = opaque;
    arguments->settings = (weft_flash_choose_settings){.n = 25, .held = 10};
}

static const char *role_of(const weft_flash_pick *pick) {
    return pick->held ? "held" : "train";
}

static weft_status choice_json(cli_call *call, const weft_flash_choice *choice) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_real(json, "lowest", choice->lowest);
    weft_json_member_real(json, "highest", choice->highest);
    weft_json_key(json, "networks");
    weft_json_array_begin(json);
    for (int i = 0; i < choice->n; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "network", choice->picks[i].network);
        weft_json_member_text(json, "role", role_of(&choice->picks[i]));
        weft_json_member_real(json, "degree", choice->picks[i].degree);
        weft_json_member_real(json, "mass", choice->picks[i].mass);
        weft_json_member_integer(json, "macs", choice->picks[i].macs);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void choice_csv(const weft_flash_choice *choice) {
    puts("network,role,degree,mass,macs");
    for (int i = 0; i < choice->n; i++) {
        cli_csv_text(choice->picks[i].network);
        printf(",%s", role_of(&choice->picks[i]));
        cli_csv_real(choice->picks[i].degree);
        cli_csv_real(choice->picks[i].mass);
        cli_csv_real((double)choice->picks[i].macs);
        putchar('\n');
    }
}

static weft_status choice_table(cli_call *call, const weft_flash_choice *choice) {
    static const char *const HEADERS[] = {"network", "role", "degree", "mass", "MACs"};
    cli_table table;
    cli_table_begin(&table, HEADERS, "llrrr");
    for (int i = 0; i < choice->n; i++) {
        cli_table_cell(&table, "%s", choice->picks[i].network);
        cli_table_cell(&table, "%s", role_of(&choice->picks[i]));
        cli_table_cell(&table, "%.5g", choice->picks[i].degree);
        cli_table_cell(&table, "%.5g", choice->picks[i].mass);
        cli_table_quantity(&table, (double)choice->picks[i].macs, "");
    }
    return cli_table_print(&table, call);
}

static weft_status run_choose(cli_call *call, void *opaque) {
    choose_arguments *arguments = opaque;
    weft_theta theta;
    weft_theta_about about;
    if (arguments->csv && arguments->json) {
        return cli_usage(call, "--csv and --json exclude each other");
    }
    if (arguments->curve != NULL) {
        WEFT_TRY(weft_theta_read(arguments->curve, &theta, &about, &call->error));
        arguments->settings.theta = &theta;
    }
    weft_space *space = NULL;
    weft_flash_choice *choice = NULL;
    WEFT_TRY(weft_space_read(call->operands[0], &space, &call->error));
    weft_status status = WEFT_OK;
    if (cli_given(call, "input")) {
        status = weft_space_set_data(space, arguments->input, 10, &call->error);
    }
    if (status == WEFT_OK) {
        status = weft_flash_choose(space, &arguments->settings, &choice, &call->error);
    }
    if (status == WEFT_OK && arguments->csv) {
        choice_csv(choice);
    } else if (status == WEFT_OK) {
        status = arguments->json ? choice_json(call, choice) : choice_table(call, choice);
    }
    weft_flash_choice_destroy(choice);
    weft_space_destroy(space);
    return status;
}

static const char *const CHOOSE_EXAMPLES[] = {
    "weft flash choose flash --networks 25 --held 10 --csv",
    NULL,
};

const cli_command cli_flash_choose = {
    .name = "flash choose",
    .summary = "Chooses the networks of a space that a fit over NN-Degree needs",
    .usage = "SPACE [options]",
    .text = "Draws networks of a space and chooses some to train that are spread evenly over its "
            "NN-Degrees, and others between them to hold out. Their accuracies, measured by "
            "'weft train' or by anybody else, go to 'weft flash fit'.",
    .json = "an object with lowest and highest (degrees that were found) and networks (an array: "
            "network, role (train or held), degree, mass, macs).",
    .examples = CHOOSE_EXAMPLES,
    .operands = CHOOSE_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = CHOOSE_OPTIONS,
    .n_options = sizeof CHOOSE_OPTIONS / sizeof CHOOSE_OPTIONS[0],
    .size = sizeof(choose_arguments),
    .defaults = choose_defaults,
    .run = run_choose,
};
