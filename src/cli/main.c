/* SPDX-License-Identifier: Apache-2.0
 * weft: the table of commands, and the way from argv to an exit code. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const cli_command *const COMMANDS[] = {
    &cli_search,
    &cli_optimize,
    &cli_estimate,
    &cli_explain,
    &cli_sensitivity,
    &cli_importance,
    &cli_steer,
    &cli_compare,
    &cli_sweep,
    &cli_validate,
    &cli_chip_list,
    &cli_chip_show,
    &cli_chip_check,
    &cli_train,
    &cli_quantize,
    &cli_score,
    &cli_front,
    &cli_report,
    &cli_data_list,
    &cli_data_info,
    &cli_data_add,
    &cli_predictor_list,
    &cli_predictor_show,
    &cli_predictor_import,
    &cli_predictor_check,
    &cli_predictor_fit,
    &cli_predictor_next,
    &cli_devices_import,
    &cli_devices_correlate,
    &cli_devices_adapt,
    &cli_devices_front,
    &cli_devices_prune,
    &cli_supernet_train,
    &cli_supernet_measure,
    &cli_supernet_rank,
    &cli_space,
    &cli_flash_degree,
    &cli_flash_choose,
    &cli_flash_fit,
    &cli_flash_forms,
    &cli_flash_check,
    &cli_doctor,
    &cli_completion,
    &cli_version,
    &cli_help,
};

enum { N_COMMANDS = sizeof COMMANDS / sizeof COMMANDS[0] };

const cli_command *const *cli_commands(int *n) {
    *n = N_COMMANDS;
    return COMMANDS;
}

const cli_command *cli_find(int argc, char **argv, int *used) {
    char two[64] = "";
    if (argc >= 2) {
        snprintf(two, sizeof two, "%s %s", argv[0], argv[1]);
    }
    for (int i = 0; i < N_COMMANDS; i++) {
        if (argc >= 2 && strcmp(COMMANDS[i]->name, two) == 0) {
            *used = 2;
            return COMMANDS[i];
        }
        if (argc >= 1 && strcmp(COMMANDS[i]->name, argv[0]) == 0) {
            *used = 1;
            return COMMANDS[i];
        }
    }
    return NULL;
}

char *cli_group(const cli_command *command, char *buffer, size_t size) {
    const char *space = strchr(command->name, ' ');
    size_t length = space == NULL ? 0 : (size_t)(space - command->name);
    snprintf(buffer, size, "%.*s", (int)length, command->name);
    return buffer;
}

bool cli_is_group(const char *name) {
    for (int i = 0; i < N_COMMANDS; i++) {
        char group[32];
        if (strcmp(cli_group(COMMANDS[i], group, sizeof group), name) == 0 && group[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* A closed stdin, stdout or stderr would be handed out again as the descriptor of the next file
 * opened: a table printed to "stdout" would then land in a store. The null device takes its place,
 * opened for reading: writing to it fails, as it should. */
static void keep_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", O_RDONLY) == -1) {
            _exit(4);
        }
    }
}

/* The word that was meant, among command names and groups. */
static const char *nearest_command(const char *word, bool in_group, const char *group) {
    const char *names[N_COMMANDS + 1];
    size_t n = 0;
    for (int i = 0; i < N_COMMANDS; i++) {
        char own[32];
        cli_group(COMMANDS[i], own, sizeof own);
        if (in_group && strcmp(own, group) == 0) {
            names[n++] = COMMANDS[i]->name + strlen(own) + 1;
        } else if (!in_group && own[0] == '\0') {
            names[n++] = COMMANDS[i]->name;
        }
    }
    if (!in_group) {
        names[n++] = "data";
    }
    return weft_nearest(word, names, n);
}

static int unknown_command(cli_call *call, const char *word, const char *group) {
    const char *nearest = nearest_command(word, group != NULL, group);
    const char *before = group == NULL ? "" : group;
    const char *space = group == NULL ? "" : " ";
    weft_fail(&call->error, WEFT_ERROR_USAGE, "unknown command '%s%s%s'", before, space, word);
    if (nearest != NULL) {
        weft_hint(&call->error, "did you mean 'weft %s%s%s'? 'weft help%s%s' lists the commands",
                  before, space, nearest, space, before);
    } else {
        weft_hint(&call->error, "'weft help%s%s' lists the commands", space, before);
    }
    cli_print_error(call, &call->error);
    return weft_status_exit_code(WEFT_ERROR_USAGE);
}

static int run_command(cli_call *call, int argc, char **argv) {
    void *arguments = calloc(1, call->command->size + 1);
    if (arguments == NULL) {
        weft_fail_memory(&call->error, call->command->size);
        cli_print_error(call, &call->error);
        return weft_status_exit_code(WEFT_ERROR_MEMORY);
    }
    weft_status status = cli_parse(call, argc, argv, arguments);
    if (call->common.help) {
        cli_print_help(stdout, call->command);
        status = WEFT_OK;
    } else if (status == WEFT_OK) {
        status = call->command->run(call, arguments);
    }
    free(arguments);
    if (status < 0) {
        cli_print_error(call, &call->error);
    }
    if (status == WEFT_STOPPED && cli_interrupt_code() != 0) {
        return cli_interrupt_code();
    }
    return weft_status_exit_code(status);
}

/* What was printed counts only once it has reached its place: a full disk shows here. */
static int flush_stdout(cli_call *call, int code) {
    errno = 0;
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) != 0 || failed) {
        weft_fail(&call->error, WEFT_ERROR_IO, "the output could not be written: %s",
                  errno != 0 ? strerror(errno) : "write error");
        cli_print_error(call, &call->error);
        return code == 0 ? weft_status_exit_code(WEFT_ERROR_IO) : code;
    }
    return code;
}

static int dispatch(cli_call *call, int argc, char **argv) {
    if (argc < 2) {
        cli_print_overview(stderr);
        return weft_status_exit_code(WEFT_ERROR_USAGE);
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        cli_print_overview(stdout);
        return 0;
    }
    int used = 1;
    call->command = strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0
                        ? &cli_version
                        : cli_find(argc - 1, argv + 1, &used);
    if (call->command != NULL) {
        return run_command(call, argc - used, argv + used);
    }
    if (word[0] == '-') {
        weft_fail(&call->error, WEFT_ERROR_USAGE, "a command must come before the option '%s'",
                  word);
        weft_hint(&call->error, "'weft help' lists the commands");
        cli_print_error(call, &call->error);
        return weft_status_exit_code(WEFT_ERROR_USAGE);
    }
    if (!cli_is_group(word)) {
        return unknown_command(call, word, NULL);
    }
    if (argc == 2) {
        cli_print_group(stderr, word);
        return weft_status_exit_code(WEFT_ERROR_USAGE);
    }
    if (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0) {
        cli_print_group(stdout, word);
        return 0;
    }
    return unknown_command(call, argv[2], word);
}

int main(int argc, char **argv) {
    keep_standard_descriptors();
    static cli_call call;
    int code = dispatch(&call, argc, argv);
    return flush_stdout(&call, code);
}
