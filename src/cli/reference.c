/* SPDX-License-Identifier: Apache-2.0
 * The reference of the command line, from the tables: docs/reference/command-line.md and the man
 * page docs/man/weft.1. A test compares the files with what is printed here. */
#include <string.h>

#include "cli/cli.h"

/* ---- Markdown -------------------------------------------------------------------------------- */

/* A cell of a table: '|' would end it. */
static void markdown_cell(FILE *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            fputc('\\', out);
        }
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static void markdown_option(FILE *out, const cli_command *command, const cli_option *option) {
    fprintf(out, "| `--%s%s", option->name, option->argument == NULL ? "" : " ");
    markdown_cell(out, option->argument == NULL ? "" : option->argument);
    fprintf(out, "`");
    if (option->letter != '\0') {
        fprintf(out, ", `-%c`", option->letter);
    }
    char initial[80] = "";
    if (command != NULL) {
        cli_default_text(command, option, initial, sizeof initial);
    }
    fprintf(out, " | ");
    markdown_cell(out, initial);
    fprintf(out, "%s| ", initial[0] == '\0' ? "" : " ");
    markdown_cell(out, option->help);
    fprintf(out, " |\n");
}

static void markdown_options(FILE *out, const cli_command *command, const cli_option *options,
                             int n) {
    fprintf(out, "| option | default | meaning |\n|---|---|---|\n");
    for (int i = 0; i < n; i++) {
        if (!options[i].hidden) {
            markdown_option(out, command, &options[i]);
        }
    }
}

static void markdown_command(FILE *out, const cli_command *command) {
    fprintf(out, "\n## weft %s\n\n%s.\n\n```sh\nweft %s%s%s\n```\n\n%s\n", command->name,
            command->summary, command->name, command->usage[0] == '\0' ? "" : " ", command->usage,
            command->text);
    if (command->n_operands > 0) {
        fprintf(out, "\n| operand | meaning |\n|---|---|\n");
    }
    for (int i = 0; i < command->n_operands; i++) {
        fprintf(out, "| `%s` | ", command->operands[i].name);
        markdown_cell(out, command->operands[i].help);
        fprintf(out, " |\n");
    }
    if (command->n_options > 0) {
        fprintf(out, "\n");
        markdown_options(out, command, command->options, command->n_options);
    }
    if (command->json != NULL) {
        fprintf(out, "\n**With `--json`:** %s\n", command->json);
    }
    if (command->examples != NULL) {
        fprintf(out, "\n```sh\n");
        for (int i = 0; command->examples[i] != NULL; i++) {
            fprintf(out, "%s\n", command->examples[i]);
        }
        fprintf(out, "```\n");
    }
}

static void markdown_exit_code(void *context, int code, const char *meaning) {
    fprintf(context, "| %d | %s |\n", code, meaning);
}

void cli_print_markdown(FILE *out) {
    fprintf(out, "<!-- Written by `weft help --markdown`: change the tables in src/cli, not this "
                 "file. -->\n"
                 "# The command line\n\n"
                 "Results go to stdout, everything else to stderr. Options may stand before or "
                 "after operands, and\na long option may be cut to any beginning that no other "
                 "has. Errors say what was found, where, what\nwas expected and what to do.\n\n"
                 "| command | what it does |\n|---|---|\n");
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    for (int i = 0; i < n; i++) {
        fprintf(out, "| [`weft %s`](#weft-", commands[i]->name);
        for (const char *c = commands[i]->name; *c != '\0'; c++) {
            fputc(*c == ' ' ? '-' : *c, out);
        }
        fprintf(out, ") | %s |\n", commands[i]->summary);
    }
    fprintf(out, "\n## Every command\n\n");
    markdown_options(out, NULL, cli_common_options, cli_n_common_options);
    for (int i = 0; i < n; i++) {
        markdown_command(out, commands[i]);
    }
    fprintf(out, "\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    cli_exit_codes(markdown_exit_code, out);
    fprintf(out, "\n## Environment\n\n| variable | meaning |\n|---|---|\n");
    for (int i = 0; cli_environment[i].name != NULL; i++) {
        fprintf(out, "| `%s` | %s |\n", cli_environment[i].name, cli_environment[i].help);
    }
}

/* ---- the man page (roff, man macros) --------------------------------------------------------- */

/* '\' starts an escape, '-' would be a hyphen, and '.' or ''' at the start of a line a request. */
static void man_text(FILE *out, const char *text) {
    bool start = true;
    for (; *text != '\0'; text++) {
        if (start && (*text == '.' || *text == '\'')) {
            fprintf(out, "\\&");
        }
        if (strncmp(text, "\n\n", 2) == 0) {
            fprintf(out, "\n.PP\n");
            text++;
            start = true;
            continue;
        }
        if (*text == '\\') {
            fprintf(out, "\\e");
        } else if (*text == '-') {
            fprintf(out, "\\-");
        } else {
            fputc(*text, out);
        }
        start = *text == '\n';
    }
    fputc('\n', out);
}

static void man_option(FILE *out, const cli_command *command, const cli_option *option) {
    fprintf(out, ".TP\n.B ");
    if (option->letter != '\0') {
        fprintf(out, "\\-%c, ", option->letter);
    }
    char name[100];
    snprintf(name, sizeof name, "--%s%s%s", option->name, option->argument == NULL ? "" : " ",
             option->argument == NULL ? "" : option->argument);
    man_text(out, name);
    char initial[80] = "";
    if (command != NULL) {
        cli_default_text(command, option, initial, sizeof initial);
    }
    char text[600];
    snprintf(text, sizeof text, "%s%s%s%s", option->help,
             initial[0] == '\0' ? "" : " Default: ", initial, initial[0] == '\0' ? "" : ".");
    man_text(out, text);
}

static void man_command(FILE *out, const cli_command *command) {
    fprintf(out, ".SS ");
    char line[300];
    snprintf(line, sizeof line, "weft %s%s%s", command->name, command->usage[0] == '\0' ? "" : " ",
             command->usage);
    man_text(out, line);
    man_text(out, command->text);
    for (int i = 0; i < command->n_operands; i++) {
        fprintf(out, ".TP\n.I ");
        man_text(out, command->operands[i].name);
        man_text(out, command->operands[i].help);
    }
    for (int i = 0; i < command->n_options; i++) {
        if (!command->options[i].hidden) {
            man_option(out, command, &command->options[i]);
        }
    }
    if (command->json != NULL) {
        fprintf(out, ".PP\nWith\n.BR \\-\\-json :\n");
        man_text(out, command->json);
    }
    if (command->examples != NULL) {
        fprintf(out, ".PP\n.EX\n");
        for (int i = 0; command->examples[i] != NULL; i++) {
            man_text(out, command->examples[i]);
        }
        fprintf(out, ".EE\n");
    }
}

static void man_exit_code(void *context, int code, const char *meaning) {
    fprintf(context, ".TP\n.B %d\n", code);
    man_text(context, meaning);
}

void cli_print_man(FILE *out) {
    fprintf(out,
            ".\\\" Written by 'weft help --man': change the tables in src/cli, not this file.\n"
            ".TH WEFT 1 \"\" \"Weft %s\" \"User Commands\"\n.SH NAME\n"
            "weft \\- designs neural networks and the in\\-memory hardware that runs them\n"
            ".SH SYNOPSIS\n.B weft\n.I COMMAND\n[options]\n.SH DESCRIPTION\n",
            weft_version());
    man_text(out, "Searches networks for a chip by really training them, estimates what each "
                  "costs in energy, latency and area, and keeps every result in a store. Results "
                  "go to stdout, everything else to stderr.");
    fprintf(out, ".SH OPTIONS OF EVERY COMMAND\n");
    for (int i = 0; i < cli_n_common_options; i++) {
        man_option(out, NULL, &cli_common_options[i]);
    }
    fprintf(out, ".SH COMMANDS\n");
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    for (int i = 0; i < n; i++) {
        man_command(out, commands[i]);
    }
    fprintf(out, ".SH EXIT STATUS\n");
    cli_exit_codes(man_exit_code, out);
    fprintf(out, ".SH ENVIRONMENT\n");
    for (int i = 0; cli_environment[i].name != NULL; i++) {
        fprintf(out, ".TP\n.B %s\n", cli_environment[i].name);
        man_text(out, cli_environment[i].help);
    }
}
