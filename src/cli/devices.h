/* SPDX-License-Identifier: Apache-2.0
 * What the commands on tables of devices share. */
#ifndef WEFT_CLI_DEVICES_H
#define WEFT_CLI_DEVICES_H

#include "cli/cli.h"

/* Who is adapted to whom, by what. */
typedef struct cli_adapting {
    const char *table, *proxy, *target, *samples, *genes;
    int n, method;
    uint64_t seed;
} cli_adapting;

/* Measurements of the target, and what was learned of them. */
typedef struct cli_adapted {
    weft_device_table *table;
    int proxy;
    int target; /* column of the table; -1: measurements come from a file of their own */
    char target_name[128];
    weft_adapter *adapter;
    int *places;
    double *values; /* (capacity) */
    int n, capacity;
    weft_adapt_settings settings;
    weft_adaptation result;
} cli_adapted;

extern const char *const cli_adapt_methods[];

/* Opens table and proxy, draws or reads the measurements and adapts. */
weft_status cli_adapt_open(cli_call *call, const cli_adapting *arguments,
                           cli_adapted *adapted) WEFT_NODISCARD;
void cli_adapt_close(cli_adapted *adapted);

/* Adapts again to the measurements there are. */
weft_status cli_adapt_again(cli_call *call, cli_adapted *adapted) WEFT_NODISCARD;

/* ---- target.c: a study's designs on a target ------------------------------------------------- */

/* What a target measured of the designs of a study: a CSV file with a column `trial` or `design`, or with
 * an architecture as a device table has it (which names a design by its arch=). */
typedef struct cli_target_file {
    const char *file;   /* "": nothing is measured yet */
    const char *target; /* its column; "": the only one */
    int metric;         /* index in cli_target_metrics */
} cli_target_file;

extern const char *const cli_target_metrics[];

/* Prints the front on the target: pruned by its measurements, and what is to be measured. With `json` as
 * members of the object that is open. */
weft_status cli_target_tell(cli_call *call, const cli_target_file *file, const weft_study *study,
                            weft_json *json) WEFT_NODISCARD;

#endif
