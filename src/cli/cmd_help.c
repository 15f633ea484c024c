/* SPDX-License-Identifier: Apache-2.0
 * weft help, version, completion. */
#include <string.h>

#include "cli/cli.h"

/* ---- help ------------------------------------------------------------------------------------ */

typedef struct help_arguments {
    bool markdown, man;
} help_arguments;

static const cli_option HELP_OPTIONS[] = {
    {"markdown", 0, CLI_FLAG, .offset = offsetof(help_arguments, markdown), .hidden = true,
     .help = "Prints docs/reference/command-line.md."},
    {"man", 0, CLI_FLAG, .offset = offsetof(help_arguments, man), .hidden = true,
     .help = "Prints docs/man/weft.1."},
};

static const cli_operand HELP_OPERANDS[] = {
    {"COMMAND", CLI_VALUES_COMMAND, NULL, "The command that help is wanted for."},
};

static weft_status run_help(cli_call *call, void *opaque) {
    const help_arguments *arguments = opaque;
    if (arguments->markdown) {
        cli_print_markdown(stdout);
        return WEFT_OK;
    }
    if (arguments->man) {
        cli_print_man(stdout);
        return WEFT_OK;
    }
    if (call->n_operands == 0) {
        cli_print_overview(stdout);
        return WEFT_OK;
    }
    int used = 0;
    const cli_command *command = cli_find(call->n_operands, call->operands, &used);
    if (command != NULL && used == call->n_operands) {
        cli_print_help(stdout, command);
        return WEFT_OK;
    }
    if (call->n_operands == 1 && cli_is_group(call->operands[0])) {
        cli_print_group(stdout, call->operands[0]);
        return WEFT_OK;
    }
    weft_fail(&call->error, WEFT_ERROR_USAGE, "unknown command '%s'", call->operands[0]);
    weft_hint(&call->error, "'weft help' lists the commands");
    return WEFT_ERROR_USAGE;
}

const cli_command cli_help = {
    .name = "help",
    .summary = "The commands, or what one of them does",
    .usage = "[COMMAND]",
    .text = "Prints the list of commands, or the help of one: the same as weft COMMAND --help.",
    .operands = HELP_OPERANDS,
    .n_operands = 1,
    .min_operands = 0,
    .max_operands = 2,
    .options = HELP_OPTIONS,
    .n_options = sizeof HELP_OPTIONS / sizeof HELP_OPTIONS[0],
    .size = sizeof(help_arguments),
    .run = run_help,
};

/* ---- version --------------------------------------------------------------------------------- */

typedef struct version_arguments {
    bool json;
} version_arguments;

static const cli_option VERSION_OPTIONS[] = {
    {"json", 0, CLI_FLAG, .offset = offsetof(version_arguments, json), .help = "Prints JSON."},
};

static weft_status run_version(cli_call *call, void *opaque) {
    const version_arguments *arguments = opaque;
    if (!arguments->json) {
        printf("weft %s\n%s\n", weft_version(), weft_build_info());
        return WEFT_OK;
    }
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "version", weft_version());
    weft_json_member_text(json, "build", weft_build_info());
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

const cli_command cli_version = {
    .name = "version",
    .summary = "The version, and how this program was built",
    .usage = "[options]",
    .text = "Prints the version, and one line about the build for bug reports.",
    .json = "an object with version and build.",
    .options = VERSION_OPTIONS,
    .n_options = sizeof VERSION_OPTIONS / sizeof VERSION_OPTIONS[0],
    .size = sizeof(version_arguments),
    .run = run_version,
};
