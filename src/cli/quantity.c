/* SPDX-License-Identifier: Apache-2.0
 * The quantities that --metric lists. */
#include <string.h>

#include "cli/cli.h"

const char *cli_quantity_name(int quantity) {
    return quantity == CLI_SCORE ? "score" : weft_metric_token((weft_metric)quantity);
}

double cli_quantity_value(int quantity, const weft_trial *trial) {
    return quantity == CLI_SCORE ? trial->score : trial->metrics[quantity];
}

static weft_status fail_quantity(cli_call *call, const char *name) {
    const char *names[CLI_QUANTITIES];
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        names[m] = weft_metric_token((weft_metric)m);
    }
    names[WEFT_METRIC_COUNT] = "score";
    const char *nearest = weft_nearest(name, names, CLI_QUANTITIES);
    weft_fail(&call->error, WEFT_ERROR_USAGE, "there is no metric '%.60s'", name);
    weft_hint(&call->error, nearest != NULL ? "did you mean '%s'?" : "such as '%s'",
              nearest != NULL ? nearest : names[WEFT_METRIC_ENERGY]);
    return WEFT_ERROR_USAGE;
}

weft_status cli_quantities_read(cli_call *call, const weft_problem_info *info, const char *text,
                                int *quantities, int *n) {
    for (const char *at = text; *at != '\0';) {
        char name[64];
        size_t length = strcspn(at, ",");
        int found = strncmp(at, "score", length) == 0 && length == 5 ? CLI_SCORE
                                                                     : WEFT_METRIC_COUNT;
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
            found = strcmp(weft_metric_token((weft_metric)m), name) == 0 ? m : found;
        }
        if (found == WEFT_METRIC_COUNT) {
            return fail_quantity(call, name);
        }
        if (found == CLI_SCORE && info->score[0] == '\0') {
            return cli_usage(call, "the problem has no score: it wants %s",
                             cli_quantity_name((int)info->objectives[0]));
        }
        bool there = false;
        for (int i = 0; i < *n; i++) {
            there = there || quantities[i] == found;
        }
        if (!there) {
            quantities[(*n)++] = found;
        }
        at += length + (at[length] == ',');
    }
    return WEFT_OK;
}
