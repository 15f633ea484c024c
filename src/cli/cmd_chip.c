/* SPDX-License-Identifier: Apache-2.0
 * weft chip: the chips that come with Weft, what one of them is made of, whether a file is right. */
#include <math.h>
#include <string.h>

#include "base/share.h"
#include "cli/cli.h"

/* ---- list ------------------------------------------------------------------------------------ */

typedef struct list_arguments {
    bool json;
} list_arguments;

static const cli_option LIST_OPTIONS[] = {
    {"json", 0, CLI_FLAG, .offset = offsetof(list_arguments, json), .help = "Prints JSON."},
};

static void list_text(cli_listing *list, const char *name, const weft_chip_about *about) {
    char node[32] = "-";
    if (!isnan(about->node_m)) {
        snprintf(node, sizeof node, "%.4g nm", about->node_m * 1e9);
    }
    cli_table_cell(&list->table, "%s", name);
    cli_table_cell(&list->table, "%s", node);
    cli_table_cell(&list->table, "%s", about->cell[0] == '\0' ? "-" : about->cell);
    cli_table_cell(&list->table, "%s", about->description);
}

static void list_json(weft_json *json, const char *name, const weft_chip_about *about) {
    weft_json_object_begin(json);
    weft_json_member_text(json, "chip", name);
    weft_json_member_text(json, "format", about->format);
    weft_json_member_real(json, "node_m", about->node_m);
    weft_json_member_text(json, "cell", about->cell[0] == '\0' ? NULL : about->cell);
    weft_json_member_text(json, "description", about->description);
    weft_json_object_end(json);
}

/* A chip that cannot be read is listed with the reason, and the call ends with it. */
static void list_chip(void *context, const char *name) {
    cli_listing *list = context;
    weft_chip *chip = NULL;
    weft_chip_about about = {.node_m = NAN};
    weft_status status = weft_chip_read(name, &chip, &list->call->error);
    if (status == WEFT_OK) {
        weft_chip_get_about(chip, &about);
    } else {
        list->status = status;
        snprintf(about.description, sizeof about.description, "%s", list->call->error.message);
    }
    if (list->json != NULL) {
        list_json(list->json, name, &about);
    } else {
        list_text(list, name, &about);
    }
    weft_chip_destroy(chip);
}

static weft_status run_list(cli_call *call, void *opaque) {
    static const char *const HEADERS[] = {"chip", "node", "cell", "description"};
    const list_arguments *arguments = opaque;
    const cli_listed listed = {
        .kind = "chips", .headers = HEADERS, .align = "lrll", .row = list_chip};
    return cli_list_share(call, arguments->json, &listed);
}

static const char *const LIST_EXAMPLES[] = {"weft chip list", NULL};

const cli_command cli_chip_list = {
    .name = "chip list",
    .summary = "The chips that come with Weft",
    .usage = "[options]",
    .text = "Prints name, node, cell and description of every chip of share/weft/chips.",
    .json =
        "an array of objects with chip, format, node_m (null where the chip does not say), cell "
        "and description.",
    .examples = LIST_EXAMPLES,
    .options = LIST_OPTIONS,
    .n_options = sizeof LIST_OPTIONS / sizeof LIST_OPTIONS[0],
    .size = sizeof(list_arguments),
    .run = run_list,
};

/* ---- show ------------------------------------------------------------------------------------ */

typedef struct show_arguments {
    const char *set;
    bool yaml, json;
} show_arguments;

static const cli_option SHOW_OPTIONS[] = {
    {"set", 's', CLI_TEXT, "PATH=VALUE", .offset = offsetof(show_arguments, set),
     .help = "Changes a value of the chip first; may be given several times."},
    {"yaml", 0, CLI_FLAG, .offset = offsetof(show_arguments, yaml),
     .help = "Prints the chip's file, with what --set changed: the start of a chip of your own."},
    {"json", 0, CLI_FLAG, .offset = offsetof(show_arguments, json), .help = "Prints JSON."},
};

static const cli_operand CHIP_OPERANDS[] = {
    {"CHIP", CLI_VALUES_CHIP, NULL,
     "A chip by name (mnsim-130nm-rram; 'weft chip list') or a YAML file."},
};

static void print_tree(const weft_chip *chip) {
    weft_chip_item item;
    for (int i = 0; weft_chip_get_item(chip, i, &item); i++) {
        int indent = 2 * (item.depth + 1);
        bool one = strcmp(item.count, "1") == 0;
        if (item.is_part) {
            printf("%*s- %s%s%s", indent + 2, "", item.name, one ? "" : " x ",
                   one ? "" : item.count);
            printf("%s%s\n", item.text[0] == '\0' ? "" : ": ", item.text);
        } else {
            printf("%*s%s%s%s\n", indent, "", item.name, one ? "" : " x ", one ? "" : item.count);
        }
    }
}

static weft_status print_constants(cli_call *call, const weft_chip *chip) {
    static const char *const HEADERS[] = {"path", "value", "unit", "source"};
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

static weft_status show_text(cli_call *call, const weft_chip *chip) {
    weft_chip_about about;
    weft_chip_get_about(chip, &about);
    printf("chip         %s (%s)\n", weft_chip_name(chip), about.format);
    if (about.description[0] != '\0') {
        printf("description  %s\n", about.description);
    }
    if (!isnan(about.node_m)) {
        printf("node         %.4g nm\n", about.node_m * 1e9);
    }
    if (about.cell[0] != '\0') {
        printf("cell         %s\n", about.cell);
    }
    printf("\n");
    cli_heading(call, "Hierarchy");
    print_tree(chip);
    printf("\n");
    cli_heading(call, "Values");
    return print_constants(call, chip);
}

static void hierarchy_json(weft_json *json, const weft_chip *chip) {
    weft_chip_item item;
    weft_json_key(json, "hierarchy");
    weft_json_array_begin(json);
    for (int i = 0; weft_chip_get_item(chip, i, &item); i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "kind", item.is_part ? "part" : "level");
        weft_json_member_integer(json, "depth", item.depth);
        weft_json_member_text(json, "name", item.name);
        weft_json_member_text(json, "count", item.count);
        weft_json_member_text(json, "text", item.text);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

static weft_status show_json(cli_call *call, const weft_chip *chip) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_chip_about about;
    weft_chip_get_about(chip, &about);
    weft_json_object_begin(json);
    weft_json_member_text(json, "chip", weft_chip_name(chip));
    weft_json_member_text(json, "format", about.format);
    weft_json_member_real(json, "node_m", about.node_m);
    weft_json_member_text(json, "cell", about.cell[0] == '\0' ? NULL : about.cell);
    weft_json_member_text(json, "description", about.description);
    hierarchy_json(json, chip);
    weft_json_key(json, "values");
    weft_json_array_begin(json);
    weft_constant constant;
    for (int i = 0; weft_chip_constant(chip, i, &constant); i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "path", constant.name);
        weft_json_member_real(json, "value", constant.value);
        weft_json_member_text(json, "unit", constant.unit);
        weft_json_member_text(json, "source", constant.source);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status run_show(cli_call *call, void *opaque) {
    const show_arguments *arguments = opaque;
    if (arguments->yaml && arguments->json) {
        return cli_usage(call, "--yaml and --json exclude each other");
    }
    weft_chip *chip = NULL;
    WEFT_TRY(cli_chip_read(call, call->operands[0], &chip));
    weft_status status = WEFT_OK;
    if (arguments->yaml) {
        printf("%s", weft_chip_text(chip));
    } else if (arguments->json) {
        status = show_json(call, chip);
    } else {
        status = show_text(call, chip);
    }
    weft_chip_destroy(chip);
    return status;
}

static const char *const SHOW_EXAMPLES[] = {
    "weft chip show mnsim-130nm-rram",
    "weft chip show mnsim-130nm-rram --set pe.adc=isaac-8b --yaml > my-chip.yaml",
    NULL,
};

const cli_command cli_chip_show = {
    .name = "chip show",
    .summary = "What a chip is made of: levels, parts, every value with its source",
    .usage = "CHIP [options]",
    .text =
        "Prints the levels of a chip from the outside in, with how many copies each has and the "
        "parts that stand there, then every value with its path, unit and source. The paths are "
        "what --set and 'weft sweep --over' take.",
    .json =
        "an object with chip, format, node_m, cell, description, hierarchy (kind: level or part, "
        "depth, name, count, text) and values (path, value, unit, source).",
    .examples = SHOW_EXAMPLES,
    .operands = CHIP_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = SHOW_OPTIONS,
    .n_options = sizeof SHOW_OPTIONS / sizeof SHOW_OPTIONS[0],
    .size = sizeof(show_arguments),
    .run = run_show,
};

/* ---- check ----------------------------------------------------------------------------------- */

typedef struct check_arguments {
    const char *set, *network;
    bool json;
} check_arguments;

static const cli_option CHECK_OPTIONS[] = {
    {"set", 's', CLI_TEXT, "PATH=VALUE", .offset = offsetof(check_arguments, set),
     .help = "Changes a value of the chip first; may be given several times."},
    {"network", 'n', CLI_TEXT, "NETWORK", .offset = offsetof(check_arguments, network),
     .values = CLI_VALUES_NETWORK, .unset = "a single weight",
     .help = "A network that the chip is tried with."},
    {"json", 0, CLI_FLAG, .offset = offsetof(check_arguments, json), .help = "Prints JSON."},
};

/* A network of a single weight: every chip that works at all has room for it. */
static weft_status smallest_network(weft_network **network, weft_error *error) {
    weft_network *made = NULL;
    const int32_t input = 0;
    int32_t index = 0;
    weft_layer layer = {.op = WEFT_OP_LINEAR,
                        .input = &input,
                        .n_inputs = 1,
                        .block = WEFT_NO_BLOCK,
                        .out_channels = 1};
    WEFT_TRY(weft_network_create("a single weight", (weft_shape){1, 1, 1}, &made, error));
    weft_status status = weft_network_add(made, &layer, &index, error);
    if (status != WEFT_OK) {
        weft_network_destroy(made);
        return status;
    }
    *network = made;
    return WEFT_OK;
}

/* Prices the chip and runs the network through it. */
static weft_status try_chip(cli_call *call, const weft_chip *chip, const char *text,
                            weft_cost **cost) {
    weft_priced *priced = NULL;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_status status = weft_priced_create(chip, &priced, &call->error);
    if (status == WEFT_OK) {
        status = text != NULL ? weft_network_read(text, &network, &call->error)
                              : smallest_network(&network, &call->error);
    }
    if (status == WEFT_OK) {
        status = weft_workload_create(network, &workload, &call->error);
    }
    if (status == WEFT_OK) {
        status = weft_cost_create(priced, workload, cost, &call->error);
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    return status;
}

static weft_status check_json(cli_call *call, const weft_chip *chip, const char *network,
                              const weft_cost *cost) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "chip", weft_chip_name(chip));
    weft_json_member_text(json, "network", network);
    weft_json_key(json, "warnings");
    weft_json_array_begin(json);
    for (int32_t i = 0; i < cost->n_warnings; i++) {
        weft_json_text(json, cost->warnings[i]);
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void check_text(const weft_chip *chip, const weft_cost *cost) {
    for (int32_t i = 0; i < cost->n_warnings; i++) {
        printf("%s: warning: %s\n", weft_chip_name(chip), cost->warnings[i]);
    }
    int values = 0;
    weft_constant constant;
    while (weft_chip_constant(chip, values, &constant)) {
        values++;
    }
    printf("%s: %d values, %d warning%s\n", weft_chip_name(chip), values, (int)cost->n_warnings,
           cost->n_warnings == 1 ? "" : "s");
}

static weft_status run_check(cli_call *call, void *opaque) {
    const check_arguments *arguments = opaque;
    weft_chip *chip = NULL;
    weft_cost *cost = NULL;
    WEFT_TRY(cli_chip_read(call, call->operands[0], &chip));
    weft_status status = try_chip(call, chip, arguments->network, &cost);
    if (status == WEFT_OK && arguments->json) {
        status = check_json(call, chip, arguments->network, cost);
    } else if (status == WEFT_OK) {
        check_text(chip, cost);
    }
    weft_cost_destroy(cost);
    weft_chip_destroy(chip);
    return status;
}

static const char *const CHECK_EXAMPLES[] = {
    "weft chip check ./my-chip.yaml",
    "weft chip check ./my-chip.yaml --network resnet18",
    NULL,
};

const cli_command cli_chip_check = {
    .name = "chip check",
    .summary = "Whether a chip can be read, priced and used",
    .usage = "CHIP [options]",
    .text =
        "Reads a chip, prices it and runs a network through it; prints what makes figures "
        "doubtful, such as a value outside the data that a model stands on. A file that says "
        "something that it must not ends with exit code 3 and the place; a chip that cannot work "
        "as it is described, or that the network does not fit, with 1 and the reason. Warnings "
        "alone are no failure.",
    .json = "an object with chip, network (null: a single weight) and warnings.",
    .examples = CHECK_EXAMPLES,
    .operands = CHIP_OPERANDS,
    .n_operands = 1,
    .min_operands = 1,
    .max_operands = 1,
    .options = CHECK_OPTIONS,
    .n_options = sizeof CHECK_OPTIONS / sizeof CHECK_OPTIONS[0],
    .size = sizeof(check_arguments),
    .run = run_check,
};
