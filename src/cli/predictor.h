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

/* WEFT_ERROR_USAGE where one of the options (NULL-terminated) was typed: they have no use `why`. */
weft_status cli_refuse(cli_call *call, const char *const *options, const char *why) WEFT_NODISCARD;

/* Opens a store, or a file as `file` says, whose path is not looked at. Options that say how a file is
 * read are refused for a store. */
weft_status cli_source_open(cli_call *call, const char *path, const weft_design_file *file,
                            cli_source *source) WEFT_NODISCARD;
void cli_source_close(cli_source *source);

/* The lines and the members of a report. A tau that is not defined is told in words. */
void cli_report_print(const weft_surrogate_report *report);
void cli_report_json(weft_json *json, const weft_surrogate_report *report);

/* Why a report is below its bar: "tau is 0.3, below the bar of 0.5". Returns `buffer`. */
char *cli_report_fault(const weft_surrogate_report *report, char *buffer, size_t size);

#endif
