/* SPDX-License-Identifier: Apache-2.0
 * Completion scripts for bash, zsh and fish, from the tables. Names that can change (chips, spaces,
 * data sets, networks, predictors) are asked of `weft completion --values KIND` when a person presses the key. */
#include <string.h>

#include "cli/cli.h"

/* The word of `weft completion --values`, or NULL. */
static const char *kind_word(cli_values values) {
    switch (values) {
    case CLI_VALUES_CHIP:
        return "chips";
    case CLI_VALUES_SPACE:
        return "spaces";
    case CLI_VALUES_DATA:
        return "data";
    case CLI_VALUES_NETWORK:
        return "networks";
    case CLI_VALUES_PREDICTOR:
        return "predictors";
    case CLI_VALUES_NONE:
    case CLI_VALUES_FILE:
    case CLI_VALUES_FOLDER:
    case CLI_VALUES_WORDS:
    case CLI_VALUES_COMMAND:
        break;
    }
    return NULL;
}

static void print_words(FILE *out, const char *const *words) {
    for (int i = 0; words[i] != NULL; i++) {
        fprintf(out, "%s%s", i == 0 ? "" : " ", words[i]);
    }
}

/* First words: commands, and each group once. */
static void print_first_words(FILE *out) {
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    char last[32] = "";
    for (int i = 0; i < n; i++) {
        char group[32];
        cli_group(commands[i], group, sizeof group);
        if (group[0] == '\0') {
            fprintf(out, "%s%s", i == 0 ? "" : " ", commands[i]->name);
        } else if (strcmp(group, last) != 0) {
            fprintf(out, "%s%s", i == 0 ? "" : " ", group);
            snprintf(last, sizeof last, "%s", group);
        }
    }
}

/* Calls `each` for the name of each group of two-word commands, once. */
static void each_group(FILE *out, void (*each)(FILE *out, const char *group)) {
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    char last[32] = "";
    for (int i = 0; i < n; i++) {
        char group[32];
        cli_group(commands[i], group, sizeof group);
        if (group[0] != '\0' && strcmp(group, last) != 0) {
            each(out, group);
            snprintf(last, sizeof last, "%s", group);
        }
    }
}

static void print_second_words(FILE *out, const char *group) {
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    const char *space = "";
    for (int i = 0; i < n; i++) {
        char own[32];
        if (strcmp(cli_group(commands[i], own, sizeof own), group) == 0) {
            fprintf(out, "%s%s", space, commands[i]->name + strlen(group) + 1);
            space = " ";
        }
    }
}

static void print_options(FILE *out, const cli_command *command) {
    for (int i = 0; i < command->n_options; i++) {
        if (!command->options[i].hidden) {
            fprintf(out, "--%s ", command->options[i].name);
        }
    }
    for (int i = 0; i < cli_n_common_options; i++) {
        fprintf(out, "%s--%s", i == 0 ? "" : " ", cli_common_options[i].name);
    }
}

/* ---- bash ------------------------------------------------------------------------------------ */

static void bash_action(FILE *out, cli_values values, const char *const *words) {
    if (kind_word(values) != NULL) {
        fprintf(out,
                "COMPREPLY=($(compgen -W \"$(weft completion --values %s 2>/dev/null)\" "
                "-f -- \"$word\"))",
                kind_word(values));
    } else if (values == CLI_VALUES_WORDS) {
        fprintf(out, "COMPREPLY=($(compgen -W \"");
        print_words(out, words);
        fprintf(out, "\" -- \"$word\"))");
    } else if (values == CLI_VALUES_COMMAND) {
        fprintf(out, "COMPREPLY=($(compgen -W \"");
        print_first_words(out);
        fprintf(out, "\" -- \"$word\"))");
    } else if (values == CLI_VALUES_FOLDER) {
        fprintf(out, "COMPREPLY=($(compgen -d -- \"$word\"))");
    } else if (values == CLI_VALUES_FILE) {
        fprintf(out, "COMPREPLY=($(compgen -f -- \"$word\"))");
    } else {
        fprintf(out, "COMPREPLY=()");
    }
}

static void bash_command(FILE *out, const cli_command *command) {
    fprintf(out, "    \"%s\")\n        case $before in\n", command->name);
    for (int i = 0; i < command->n_options; i++) {
        const cli_option *option = &command->options[i];
        if (option->type == CLI_FLAG || option->hidden) {
            continue;
        }
        fprintf(out, "        --%s", option->name);
        if (option->letter != '\0') {
            fprintf(out, " | -%c", option->letter);
        }
        fprintf(out, ")\n            ");
        bash_action(out, option->values, option->words);
        fprintf(out, "\n            return\n            ;;\n");
    }
    fprintf(out, "        esac\n        case $word in\n        -*)\n            "
                 "COMPREPLY=($(compgen -W \"");
    print_options(out, command);
    fprintf(out, "\" -- \"$word\"))\n            ;;\n        *)\n            ");
    if (command->n_operands > 0) {
        bash_action(out, command->operands[0].values, command->operands[0].words);
    } else {
        fprintf(out, "COMPREPLY=()");
    }
    fprintf(out, "\n            ;;\n        esac\n        ;;\n");
}

static void bash_group(FILE *out, const char *group) {
    fprintf(out,
            "    %s)\n        if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
            "            COMPREPLY=($(compgen -W \"",
            group);
    print_second_words(out, group);
    fprintf(out,
            "\" -- \"$word\"))\n            return\n        fi\n"
            "        command=\"%s ${COMP_WORDS[2]}\"\n        ;;\n",
            group);
}

void cli_print_completion_bash(FILE *out) {
    fprintf(out, "# bash completion of weft; load it with: eval \"$(weft completion bash)\"\n"
                 "_weft() {\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                 "    local command=${COMP_WORDS[1]}\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                 "        COMPREPLY=($(compgen -W \"");
    print_first_words(out);
    fprintf(out, "\" -- \"$word\"))\n        return\n    fi\n    case $command in\n");
    each_group(out, bash_group);
    fprintf(out, "    esac\n    case $command in\n");
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    for (int i = 0; i < n; i++) {
        bash_command(out, commands[i]);
    }
    fprintf(out, "    esac\n}\ncomplete -o filenames -F _weft weft\n");
}

/* ---- zsh ------------------------------------------------------------------------------------- */

/* Text inside '...' of a _arguments spec: ', [, ] and : have a meaning. */
static void zsh_text(FILE *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fprintf(out, "'\\''");
        } else if (strchr("[]:\\", *text) != NULL) {
            fprintf(out, "\\%c", *text);
        } else {
            fputc(*text == '\n' ? ' ' : *text, out);
        }
    }
}

static void zsh_action(FILE *out, cli_values values, const char *const *words) {
    if (kind_word(values) != NULL) {
        fprintf(out, "{compadd -- $(weft completion --values %s 2>/dev/null); _files}",
                kind_word(values));
    } else if (values == CLI_VALUES_WORDS || values == CLI_VALUES_COMMAND) {
        fprintf(out, "(");
        if (values == CLI_VALUES_WORDS) {
            print_words(out, words);
        } else {
            print_first_words(out);
        }
        fprintf(out, ")");
    } else if (values == CLI_VALUES_FOLDER) {
        fprintf(out, "_files -/");
    } else if (values == CLI_VALUES_FILE) {
        fprintf(out, "_files");
    }
}

static void zsh_option(FILE *out, const cli_option *option) {
    fprintf(out, " \\\n            '--%s%s[", option->name, option->type == CLI_FLAG ? "" : "=");
    zsh_text(out, option->help);
    fprintf(out, "]");
    if (option->type != CLI_FLAG) {
        fprintf(out, ":%s:", option->argument);
        zsh_action(out, option->values, option->words);
    }
    fprintf(out, "'");
}

static void zsh_command(FILE *out, const cli_command *command) {
    fprintf(out, "    '%s')\n        _arguments", command->name);
    for (int i = 0; i < command->n_options; i++) {
        if (!command->options[i].hidden) {
            zsh_option(out, &command->options[i]);
        }
    }
    for (int i = 0; i < cli_n_common_options; i++) {
        zsh_option(out, &cli_common_options[i]);
    }
    if (command->n_operands > 0) {
        fprintf(out, " \\\n            '*:%s:", command->operands[0].name);
        zsh_action(out, command->operands[0].values, command->operands[0].words);
        fprintf(out, "'");
    }
    fprintf(out, "\n        ;;\n");
}

static void zsh_group(FILE *out, const char *group) {
    fprintf(out,
            "    if [[ $command == %s ]]; then\n"
            "        if (( CURRENT == 3 )); then\n            compadd -- ",
            group);
    print_second_words(out, group);
    fprintf(out,
            "\n            return\n        fi\n        command=\"%s $words[3]\"\n"
            "        shift words\n        (( CURRENT-- ))\n    fi\n",
            group);
}

void cli_print_completion_zsh(FILE *out) {
    fprintf(out, "#compdef weft\n"
                 "# zsh completion of weft; save it as _weft in a folder of $fpath\n"
                 "_weft() {\n    local command=$words[2]\n"
                 "    if (( CURRENT == 2 )); then\n        compadd -- ");
    print_first_words(out);
    fprintf(out, "\n        return\n    fi\n");
    each_group(out, zsh_group);
    fprintf(out, "    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    for (int i = 0; i < n; i++) {
        zsh_command(out, commands[i]);
    }
    fprintf(out, "    esac\n}\n_weft \"$@\"\n");
}

/* ---- fish ------------------------------------------------------------------------------------ */

static void fish_text(FILE *out, const char *text) {
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            fputc('\\', out);
        }
        fputc(*text == '\n' ? ' ' : *text, out);
    }
    fputc('\'', out);
}

static void fish_values(FILE *out, cli_values values, const char *const *words) {
    if (kind_word(values) != NULL) {
        fprintf(out, " -a '(weft completion --values %s 2>/dev/null)'", kind_word(values));
    } else if (values == CLI_VALUES_WORDS || values == CLI_VALUES_COMMAND) {
        fprintf(out, " -f -a '");
        if (values == CLI_VALUES_WORDS) {
            print_words(out, words);
        } else {
            print_first_words(out);
        }
        fprintf(out, "'");
    } else if (values == CLI_VALUES_FOLDER) {
        fprintf(out, " -f -a '(__fish_complete_directories)'");
    } else if (values == CLI_VALUES_NONE) {
        fprintf(out, " -f");
    }
}

static void fish_condition(FILE *out, const cli_command *command) {
    char group[32];
    cli_group(command, group, sizeof group);
    if (group[0] == '\0') {
        fprintf(out, "complete -c weft -n '__fish_seen_subcommand_from %s'", command->name);
    } else {
        fprintf(out,
                "complete -c weft -n '__fish_seen_subcommand_from %s; and "
                "__fish_seen_subcommand_from %s'",
                group, command->name + strlen(group) + 1);
    }
}

static void fish_option(FILE *out, const cli_command *command, const cli_option *option) {
    fish_condition(out, command);
    fprintf(out, " -l %s", option->name);
    if (option->letter != '\0') {
        fprintf(out, " -s %c", option->letter);
    }
    if (option->type != CLI_FLAG) {
        fprintf(out, " -r");
        fish_values(out, option->values, option->words);
    }
    fprintf(out, " -d ");
    fish_text(out, option->help);
    fprintf(out, "\n");
}

static void fish_command(FILE *out, const cli_command *command) {
    char group[32];
    cli_group(command, group, sizeof group);
    if (group[0] == '\0') {
        fprintf(out, "complete -c weft -f -n __fish_use_subcommand -a %s -d ", command->name);
    } else {
        fprintf(out, "complete -c weft -f -n __fish_use_subcommand -a %s\n", group);
        fprintf(out, "complete -c weft -f -n '__fish_seen_subcommand_from %s' -a %s -d ", group,
                command->name + strlen(group) + 1);
    }
    fish_text(out, command->summary);
    fprintf(out, "\n");
    if (command->n_operands > 0) {
        fish_condition(out, command);
        fish_values(out, command->operands[0].values, command->operands[0].words);
        fprintf(out, "\n");
    }
    for (int i = 0; i < command->n_options; i++) {
        if (!command->options[i].hidden) {
            fish_option(out, command, &command->options[i]);
        }
    }
    for (int i = 0; i < cli_n_common_options; i++) {
        fish_option(out, command, &cli_common_options[i]);
    }
}

void cli_print_completion_fish(FILE *out) {
    fprintf(out, "# fish completion of weft; load it with: weft completion fish | source\n");
    int n = 0;
    const cli_command *const *commands = cli_commands(&n);
    for (int i = 0; i < n; i++) {
        fish_command(out, commands[i]);
    }
}
