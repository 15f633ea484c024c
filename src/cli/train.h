/* SPDX-License-Identifier: Apache-2.0
 * What the files of weft train share. */
#ifndef WEFT_CLI_TRAIN_H
#define WEFT_CLI_TRAIN_H

#include "cli/training.h"

typedef struct train_arguments {
    const char *data, *store, *histograms;
    const char *teacher, *teacher_weights, *chip;
    int64_t trial, histogram_images;
    cli_network_options network;
    cli_bits bits;
    weft_train_settings settings;
    int split; /* index in cli_splits, a weft_split */
    bool dry_run, json;
} train_arguments;

enum { TRAIN_NAME = 320 };

/* What is trained: the name is what the results call it. */
typedef struct train_subject {
    weft_network *network;
    weft_network *teacher;                /* NULL: none */
    char *teacher_text, *teacher_weights; /* of a study with a teacher; else NULL */
    weft_dataset *dataset;
    char name[TRAIN_NAME];
} train_subject;

/* ---- train_subject.c ------------------------------------------------------------------------- */

/* Options that exclude or need each other; files that could not be written. */
weft_status train_check(cli_call *call, const train_arguments *arguments) WEFT_NODISCARD;

/* Network, data set and teacher; finishes arguments->settings. Destroyed after an error too. */
weft_status train_prepare(cli_call *call, train_arguments *arguments,
                          train_subject *subject) WEFT_NODISCARD;
void train_subject_free(train_subject *subject);

/* ---- train_print.c --------------------------------------------------------------------------- */

weft_status train_print_json(cli_call *call, const train_arguments *arguments,
                             const train_subject *subject,
                             const weft_train_result *result) WEFT_NODISCARD;
void train_print_text(const train_arguments *arguments, const train_subject *subject,
                      const weft_train_result *result);

/* What --dry-run tells. */
weft_status train_print_plan(cli_call *call, const train_arguments *arguments,
                             const train_subject *subject,
                             const weft_train_plan *plan) WEFT_NODISCARD;

#endif
