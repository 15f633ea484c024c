/* SPDX-License-Identifier: Apache-2.0
 *
 * The grid of a sweep: axes read from the command line, the points that they span, and what each
 * point costs. Points are counted with the last axis fastest. */
#ifndef WEFT_CLI_SWEEP_H
#define WEFT_CLI_SWEEP_H

#include "cli/cli.h"

enum { CLI_MAX_AXES = 12, CLI_MAX_VALUES = 65536, CLI_MAX_POINTS = 10000000 };

typedef enum cli_axis_kind { CLI_AXIS_NETWORK, CLI_AXIS_CHIP, CLI_AXIS_PATH } cli_axis_kind;

typedef struct cli_axis {
    cli_axis_kind kind;
    char name[200]; /* "network", "chip", "crossbar.rows", "a.rows+b.rows" */
    int n;
    char **values; /* as texts */
} cli_axis;

typedef struct cli_point {
    weft_status status; /* WEFT_OK, or why there are no figures */
    char *reason;       /* NULL where it is WEFT_OK */
    weft_total total;
} cli_point;

typedef struct cli_grid {
    int n_axes;
    cli_axis axes[CLI_MAX_AXES];
    size_t n; /* points */
    cli_point *points;
    int networks, chips; /* their axes */
} cli_grid;

/* Reads NETWORK operands, --chip and each --over. Errors are WEFT_ERROR_USAGE. */
weft_status cli_grid_read(cli_call *call, const char *chip, cli_grid *grid) WEFT_NODISCARD;
void cli_grid_free(cli_grid *grid);

/* Works out all points. An illegal value or an unknown path is an error; a point whose network does
 * not fit, or whose values contradict each other, is not: it says why. WEFT_STOPPED after a request
 * to stop. */
weft_status cli_grid_run(cli_call *call, cli_grid *grid, int threads) WEFT_NODISCARD;

/* The value of an axis at a point. */
int cli_grid_place(const cli_grid *grid, size_t point, int axis);
const char *cli_grid_value(const cli_grid *grid, size_t point, int axis);

#endif
