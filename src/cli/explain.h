/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of weft explain share: a network on a chip, and a stored trial. */
#ifndef WEFT_CLI_EXPLAIN_H
#define WEFT_CLI_EXPLAIN_H

#include "cli/cli.h"

typedef struct cli_explain_arguments {
    const char *chip, *set, *part, *layer, *which; /* which: of several networks */
    const char *genes;                             /* of a problem file */
    int region;                                    /* -1: all */
    cli_network_options network;
    bool json;
} cli_explain_arguments;

/* A row of the layers as tables count them, from 1, or the name of a layer: its first row. False
 * where there is none. */
bool cli_explain_row(const weft_cost *cost, const char *text, int32_t *row);
weft_status cli_explain_no_row(cli_call *call, const weft_cost *cost, const char *text);

/* The rows of an explanation for people, and as the member "rows". */
void cli_explain_print(const weft_explanation *explanation);
void cli_explain_json(weft_json *json, const weft_explanation *explanation);

/* Explains a trial of a store; or the design of a problem file that --genes says. */
weft_status cli_explain_trial(cli_call *call,
                              const cli_explain_arguments *arguments) WEFT_NODISCARD;
weft_status cli_explain_genes(cli_call *call,
                              const cli_explain_arguments *arguments) WEFT_NODISCARD;

#endif
