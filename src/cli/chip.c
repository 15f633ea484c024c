/* SPDX-License-Identifier: Apache-2.0
 * A chip from the words of the command line: a preset or file, changed by each --set. */
#include <string.h>

#include "base/share.h"
#include "cli/cli.h"

weft_status cli_split(cli_call *call, const char *option, const char *text, char *path, size_t size,
                      const char **value) {
    const char *equals = strchr(text, '=');
    size_t length = equals == NULL ? 0 : (size_t)(equals - text);
    if (length == 0 || length >= size || equals[1] == '\0') {
        return cli_usage(call, "--%s takes PATH=VALUE such as crossbar.rows=256, not '%.100s'",
                         option, text);
    }
    memcpy(path, text, length);
    path[length] = '\0';
    *value = equals + 1;
    return WEFT_OK;
}

weft_status cli_chip_set(weft_chip *chip, const char *path, const char *value, weft_error *error) {
    weft_status status = weft_chip_set(chip, path, value, error);
    if (status != WEFT_OK) {
        error->file[0] = error->excerpt[0] = '\0';
        error->line = error->column = 0;
    }
    return status;
}

static weft_status apply(cli_call *call, weft_chip *chip) {
    for (int i = 0; i < call->n_given; i++) {
        if (strcmp(call->given[i].option->name, "set") != 0) {
            continue;
        }
        char path[128];
        const char *value = NULL;
        WEFT_TRY(cli_split(call, "set", call->given[i].text, path, sizeof path, &value));
        WEFT_TRY(cli_chip_set(chip, path, value, &call->error));
    }
    return WEFT_OK;
}

weft_status cli_chip_read(cli_call *call, const char *name, weft_chip **chip) {
    weft_chip *read = NULL;
    weft_status status = weft_chip_read(name, &read, &call->error);
    if (status != WEFT_OK) {
        weft_share_hint("chips", name, &call->error);
        return status;
    }
    status = apply(call, read);
    if (status != WEFT_OK) {
        weft_chip_destroy(read);
        return status;
    }
    *chip = read;
    return WEFT_OK;
}
