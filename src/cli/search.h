/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of weft search share: one search into a store, all designs of a problem, and the
 * same search from several seeds. */
#ifndef WEFT_CLI_SEARCH_H
#define WEFT_CLI_SEARCH_H

#include "cli/devices.h"

typedef struct cli_search_arguments {
    const char *store;
    int jobs;
    int64_t trials;
    uint64_t seed;
    int seeds; /* 0: one search */
    int keep;
    cli_target_file target; /* file "": no target */
    bool exhaustive, dry_run, no_final, asynchronous, json;
} cli_search_arguments;

/* Searches until all trials are finished, then trains the front in full where anything is trained.
 * WEFT_STOPPED when a signal came. */
weft_status cli_search_phases(cli_call *call, const cli_search_arguments *arguments,
                              weft_study *study, const weft_problem_info *info) WEFT_NODISCARD;

/* What would be searched, as resolved: opens what a search opens, so that what cannot be searched is
 * told here, and writes nothing. */
weft_status cli_search_plan(cli_call *call, const cli_search_arguments *arguments,
                            weft_problem *problem, const char *store) WEFT_NODISCARD;

/* Walks all designs of a problem, and prints the best. */
weft_status cli_search_all(cli_call *call, const cli_search_arguments *arguments,
                           weft_problem *problem) WEFT_NODISCARD;

/* The seeds from the problem's on, each into a store of its own, then what they have in common. */
weft_status cli_search_seeds(cli_call *call, const cli_search_arguments *arguments,
                             weft_problem *problem, const char *store) WEFT_NODISCARD;

/* Searches a problem in closed form (weft: flash/1), or walks all of its designs; stores nothing. */
weft_status cli_search_flash(cli_call *call, const cli_search_arguments *arguments) WEFT_NODISCARD;

#endif
