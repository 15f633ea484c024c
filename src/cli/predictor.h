/* SPDX-License-Identifier: Apache-2.0
 * What the commands of predictors share. */
#ifndef WEFT_CLI_PREDICTOR_H
#define WEFT_CLI_PREDICTOR_H

#include "cli/cli.h"

/* Designs with their accuracies: of a study, or of a file. */
typedef struct cli_source {
    weft_study *study; /* NULL: of a file */
    weft_design_set *set;
    weft_design_list *list;
    const weft_designs *designs;
} cli_source;

/* Opens a store, or a file as `file` says, whose path is not looked at. */
weft_status cli_source_open(cli_call *call, const char *path, const weft_design_file *file,
                            cli_source *source) WEFT_NODISCARD;
void cli_source_close(cli_source *source);

/* The lines and the members of a report. */
void cli_report_print(const weft_surrogate_report *report);
void cli_report_json(weft_json *json, const weft_surrogate_report *report);

#endif
