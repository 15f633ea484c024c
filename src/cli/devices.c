/* SPDX-License-Identifier: Apache-2.0
 * From the options of a command to a proxy adapted to its target. */
#include "cli/devices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_adapt_methods[] = {
#define METHOD(name, word) word,
    WEFT_ADAPT_MAP(METHOD)
#undef METHOD
        NULL};

void cli_adapt_close(cli_adapted *adapted) {
    weft_adaptation_free(&adapted->result);
    weft_adapter_destroy(adapted->adapter);
    weft_device_table_destroy(adapted->table);
    free(adapted->places);
    free(adapted->values);
    *adapted = (cli_adapted){0};
}

weft_status cli_adapt_again(cli_call *call, cli_adapted *adapted) {
    weft_adaptation_free(&adapted->result);
    return weft_adapt(adapted->adapter, &adapted->settings, adapted->places, adapted->values,
                      adapted->n, &adapted->result, &call->error);
}

static weft_status take_room(cli_call *call, cli_adapted *made, int capacity) {
    made->capacity = capacity;
    made->places = malloc(((size_t)capacity + 1) * sizeof *made->places);
    made->values = malloc(((size_t)capacity + 1) * sizeof *made->values);
    return made->places != NULL && made->values != NULL
               ? WEFT_OK
               : weft_fail_memory(&call->error, (size_t)capacity * sizeof *made->values);
}

/* So many of the target's own, by chance. */
static weft_status draw(cli_call *call, const cli_adapting *arguments, cli_adapted *made) {
    WEFT_TRY(weft_device_table_find(made->table, arguments->target, &made->target, &call->error));
    if (made->target == made->proxy) {
        return cli_usage(call, "'%s' is proxy and target at once", arguments->target);
    }
    WEFT_TRY(take_room(call, made, weft_device_table_architectures(made->table)));
    WEFT_TRY(weft_device_draw(made->table, made->proxy, made->target, arguments->n, arguments->seed,
                              made->places, &call->error));
    made->n = arguments->n;
    for (int i = 0; i < made->n; i++) {
        made->values[i] = weft_device_table_values(made->table, made->target)[made->places[i]];
    }
    snprintf(made->target_name, sizeof made->target_name, "%s",
             weft_device_table_column(made->table, made->target));
    return WEFT_OK;
}

static weft_status unknown_architecture(cli_call *call, const cli_adapted *made,
                                        const char *samples, const char *name) {
    int n = weft_device_table_architectures(made->table);
    const char **names = malloc(((size_t)n + 1) * sizeof *names);
    if (names == NULL) {
        return weft_fail_memory(&call->error, (size_t)n * sizeof *names);
    }
    for (int i = 0; i < n; i++) {
        names[i] = weft_device_table_architecture(made->table, i);
    }
    const char *nearest = weft_nearest(name, names, (size_t)n);
    weft_fail(&call->error, WEFT_ERROR_INPUT,
              "architecture '%.80s' is not in the table of the proxy", name);
    weft_error_file(&call->error, samples);
    if (nearest != NULL) {
        weft_hint(&call->error, "did you mean '%.80s'?", nearest);
    } else {
        weft_hint(&call->error, "it has %d, such as '%.80s'", n, names[0]);
    }
    free(names);
    return WEFT_ERROR_INPUT;
}

/* All that a file measured, failed ones too. */
static weft_status take_samples(cli_call *call, const cli_adapting *arguments,
                                const weft_device_table *samples, cli_adapted *made) {
    int column = 0, n = weft_device_table_architectures(samples);
    if (weft_device_table_columns(samples) > 1) {
        WEFT_TRY(weft_device_table_find(samples, arguments->target, &column, &call->error));
    }
    WEFT_TRY(take_room(call, made, n));
    made->target = -1;
    snprintf(made->target_name, sizeof made->target_name, "%s", arguments->target);
    for (int i = 0; i < n; i++) {
        const char *name = weft_device_table_architecture(samples, i);
        int place = weft_device_table_locate(made->table, name);
        if (place < 0) {
            return unknown_architecture(call, made, arguments->samples, name);
        }
        double value = weft_device_table_values(samples, column)[i];
        if (!isnan(value) || weft_device_table_has_failed(samples, column, i)) {
            made->places[made->n] = place;
            made->values[made->n++] = value;
        }
    }
    return WEFT_OK;
}

static weft_status read_samples(cli_call *call, const cli_adapting *arguments, cli_adapted *made) {
    weft_device_columns columns = {.genes = arguments->genes};
    weft_device_table *samples = NULL;
    WEFT_TRY(weft_device_table_read(arguments->samples, &columns, &samples, &call->error));
    weft_status status = take_samples(call, arguments, samples, made);
    weft_device_table_destroy(samples);
    return status;
}

static weft_status open_all(cli_call *call, const cli_adapting *arguments, cli_adapted *made) {
    weft_device_columns columns = {.genes = arguments->genes};
    if (arguments->table[0] == '\0' || arguments->proxy[0] == '\0' ||
        arguments->target[0] == '\0') {
        return cli_usage(call, "--table, --proxy and --target are needed");
    }
    WEFT_TRY(weft_device_table_read(arguments->table, &columns, &made->table, &call->error));
    WEFT_TRY(weft_device_table_find(made->table, arguments->proxy, &made->proxy, &call->error));
    WEFT_TRY(weft_adapter_create(made->table, made->proxy, &made->adapter, &call->error));
    WEFT_TRY(arguments->samples[0] != '\0' ? read_samples(call, arguments, made)
                                           : draw(call, arguments, made));
    weft_adapt_defaults(&made->settings);
    made->settings.method = (weft_adapt_method)arguments->method;
    made->settings.seed = arguments->seed;
    return cli_adapt_again(call, made);
}

weft_status cli_adapt_open(cli_call *call, const cli_adapting *arguments, cli_adapted *adapted) {
    cli_adapted made = {0};
    weft_status status = open_all(call, arguments, &made);
    if (status != WEFT_OK) {
        cli_adapt_close(&made);
        return status;
    }
    *adapted = made;
    return WEFT_OK;
}
