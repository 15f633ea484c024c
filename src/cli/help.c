/* SPDX-License-Identifier: Apache-2.0
 * Help as a person reads it in a terminal, from the tables. */
#include <string.h>

#include "cli/cli.h"

enum { WIDTH = 80 };

const cli_variable cli_environment[] = {
    {"WEFT_DATA", "The folder of the catalogue of data sets that 'weft data add' writes. Default: "
                  "$XDG_DATA_HOME/weft/data, else ~/.local/share/weft/data."},
    {"WEFT_SHARE", "The folder of the chips and spaces that come with Weft. Default: beside the "
                   "installed program, else the source tree."},
    {"WEFT_CACHE",
     "The folder of the file that remembers which kernels are the fastest on this machine. "
     "Default: $XDG_CACHE_HOME/weft, else ~/.cache/weft."},
    {"WEFT_KERNELS",
     "fixed: kernels are not chosen by time, but the same on every machine. measured, "
     "or nothing: by time."},
    {"NO_COLOR", "Where it is set and not empty: no colours and no bold text."},
    {NULL, NULL},
};

/* What each exit code means; codes are those of WEFT_STATUS_MAP. */
static const struct {
    int code;
    const char *meaning;
} EXIT_CODES[] = {
    {0, "done"},
    {1, "infeasible: the network does not fit the chip or cannot be built; a search found no "
        "feasible design"},
    {2, "usage: an unknown command, option or value"},
    {3, "bad input: a problem, space, chip or data file says something that it must not"},
    {4, "input/output: a file cannot be read or written, the disk is full, memory ran out"},
    {5, "store: in use, of another problem, of a newer version, or damaged"},
    {6, "evaluation failed: a training did not converge, a validation missed its threshold, or a "
        "fault "
        "of Weft"},
    {7, "unavailable: this build or machine lacks what was asked for"},
    {129, "stopped by SIGHUP, the store safe"},
    {130, "stopped by SIGINT (Ctrl-C), the store safe"},
    {143, "stopped by SIGTERM, the store safe"},
};

void cli_exit_codes(void (*each)(void *context, int code, const char *meaning), void *context) {
    for (size_t i = 0; i < sizeof EXIT_CODES / sizeof EXIT_CODES[0]; i++) {
        each(context, EXIT_CODES[i].code, EXIT_CODES[i].meaning);
    }
}

/* Prints words from column `column` on (already reached), broken before WIDTH; each further line is
 * indented by `indent`. A blank line in the text stays one. */
static void print_wrapped(FILE *out, const char *text, int column, int indent) {
    int spaces = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " \n");
        if (column > indent && column + spaces + (int)length > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            spaces = 0;
        }
        fprintf(out, "%*s%.*s", spaces, "", (int)length, text);
        column += spaces + (int)length;
        text += length;
        spaces = *text == ' ';
        text += spaces;
        if (*text == '\n') {
            size_t breaks = strspn(text, "\n");
            text += breaks;
            fprintf(out, "%s\n%*s", breaks > 1 ? "\n" : "", indent, "");
            column = indent;
        }
    }
    fputc('\n', out);
}

static void print_entry(FILE *out, const char *left, const char *right) {
    enum { INDENT = 26 };
    int written = fprintf(out, "  %s", left);
    if (written > INDENT - 2) {
        fprintf(out, "\n%*s", INDENT, "");
    } else {
        fprintf(out, "%*s", INDENT - written, "");
    }
    print_wrapped(out, right, INDENT, INDENT);
}

static void print_command_line(FILE *out, const cli_command *command) {
    print_entry(out, command->name, command->summary);
}

void cli_print_overview(FILE *out) {
    fprintf(out, "Usage: weft COMMAND [options]\n\n"
                 "Designs neural networks and the in-memory hardware that runs them, together.\n\n"
                 "Commands:\n");
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    for (int i = 0; i < n; i++) {
        print_command_line(out, commands[i]);
    }
    fprintf(out, "\n'weft COMMAND --help' says more about a command.\n");
}

void cli_print_group(FILE *out, const char *group) {
    fprintf(out, "Usage: weft %s COMMAND [options]\n\nCommands:\n", group);
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    for (int i = 0; i < n; i++) {
        char own[32];
        if (strcmp(cli_group(commands[i], own, sizeof own), group) == 0) {
            print_command_line(out, commands[i]);
        }
    }
    fprintf(out, "\n'weft %s COMMAND --help' says more about a command.\n", group);
}

static void print_option(FILE *out, const cli_command *command, const cli_option *option) {
    char left[80];
    char letter[8] = "    ";
    if (option->letter != '\0') {
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    }
    snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name,
             option->argument == NULL ? "" : " ", option->argument == NULL ? "" : option->argument);
    char initial[80] = "";
    if (command != NULL) {
        cli_default_text(command, option, initial, sizeof initial);
    }
    char right[600];
    snprintf(right, sizeof right, "%s%s%s%s", option->help,
             initial[0] == '\0' ? "" : " Default: ", initial, initial[0] == '\0' ? "" : ".");
    print_entry(out, left, right);
}

void cli_print_help(FILE *out, const cli_command *command) {
    fprintf(out, "Usage: weft %s%s%s\n\n", command->name, command->usage[0] == '\0' ? "" : " ",
            command->usage);
    print_wrapped(out, command->text, 0, 0);
    if (command->n_operands > 0) {
        fprintf(out, "\nOperands:\n");
    }
    for (int i = 0; i < command->n_operands; i++) {
        print_entry(out, command->operands[i].name, command->operands[i].help);
    }
    fprintf(out, "\nOptions:\n");
    for (int i = 0; i < command->n_options; i++) {
        if (!command->options[i].hidden) {
            print_option(out, command, &command->options[i]);
        }
    }
    for (int i = 0; i < cli_n_common_options; i++) {
        print_option(out, NULL, &cli_common_options[i]);
    }
    if (command->json != NULL) {
        fprintf(out, "\nWith --json:\n  ");
        print_wrapped(out, command->json, 2, 2);
    }
    if (command->examples != NULL) {
        fprintf(out, "\nExamples:\n");
        for (int i = 0; command->examples[i] != NULL; i++) {
            fprintf(out, "  %s\n", command->examples[i]);
        }
    }
}
