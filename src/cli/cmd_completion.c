/* SPDX-License-Identifier: Apache-2.0
 * weft completion: scripts for shells, and the names that they ask for. */
#include <string.h>

#include "base/share.h"
#include "cli/cli.h"

typedef struct completion_arguments {
    int values;
} completion_arguments;

enum { VALUES_NONE, VALUES_CHIPS, VALUES_SPACES, VALUES_DATA, VALUES_NETWORKS, VALUES_PREDICTORS };

static const char *const KINDS[] = {"none",     "chips",      "spaces", "data",
                                    "networks", "predictors", NULL};
static const char *const SHELLS[] = {"bash", "zsh", "fish", NULL};

static const cli_option OPTIONS[] = {
    {"values", 0, CLI_CHOICE, "KIND", .offset = offsetof(completion_arguments, values),
     .words = KINDS, .values = CLI_VALUES_WORDS, .hidden = true,
     .help = "Prints the names of a kind, one a line."},
};

static const cli_operand OPERANDS[] = {
    {"SHELL", CLI_VALUES_WORDS, SHELLS, "bash, zsh or fish."},
};

static const char *const EXAMPLES[] = {
    "eval \"$(weft completion bash)\"",
    "weft completion zsh > ~/.zfunc/_weft",
    "weft completion fish > ~/.config/fish/completions/weft.fish",
    NULL,
};

static void print_name(void *context, const char *name) {
    (void)context;
    printf("%s\n", name);
}

static void print_data(void *context, const weft_dataset_info *info) {
    print_name(context, info->name);
}

static weft_status run(cli_call *call, void *opaque) {
    const completion_arguments *arguments = opaque;
    if (arguments->values == VALUES_DATA) {
        return weft_data_list(print_data, NULL, &call->error);
    }
    if (arguments->values == VALUES_NETWORKS) {
        for (size_t i = 0; weft_network_family_at(i) != NULL; i++) {
            print_name(NULL, weft_network_family_at(i)->name);
        }
        return WEFT_OK;
    }
    if (arguments->values != VALUES_NONE) {
        return weft_share_list(KINDS[arguments->values], print_name, NULL, &call->error);
    }
    if (call->n_operands == 0) {
        return cli_usage(call, "SHELL is missing: bash, zsh or fish");
    }
    const char *shell = call->operands[0];
    if (strcmp(shell, "bash") == 0) {
        cli_print_completion_bash(stdout);
    } else if (strcmp(shell, "zsh") == 0) {
        cli_print_completion_zsh(stdout);
    } else if (strcmp(shell, "fish") == 0) {
        cli_print_completion_fish(stdout);
    } else {
        return cli_usage(call, "unknown shell '%s': bash, zsh or fish", shell);
    }
    return WEFT_OK;
}

const cli_command cli_completion = {
    .name = "completion",
    .summary = "A completion script for bash, zsh or fish",
    .usage = "SHELL",
    .text = "Prints a script that completes commands, options and the names of chips, spaces, "
            "networks, data sets and predictors.",
    .examples = EXAMPLES,
    .operands = OPERANDS,
    .n_operands = 1,
    .min_operands = 0,
    .max_operands = 1,
    .options = OPTIONS,
    .n_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(completion_arguments),
    .run = run,
};
