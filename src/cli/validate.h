/* SPDX-License-Identifier: Apache-2.0
 *
 * Holding the cost model against published figures: sets of points that ship with Weft
 * (share/weft/validation), and tables of points of one's own. docs/reference/validation-file.md has
 * the two formats. */
#ifndef WEFT_CLI_VALIDATE_H
#define WEFT_CLI_VALIDATE_H

#include "base/doc.h"
#include "cli/cli.h"

/* ---- statistics ------------------------------------------------------------------------------ */

/* model / published - 1; 0 where both are 0. */
double cli_relative_error(double model, double published);

/* Of n finite values. They are sorted in place. NaN for n = 0. */
double cli_median(double *values, size_t n);

/* Spearman's rank correlation with mean ranks for ties; NaN where a side does not vary. `scratch` has
 * room for 4 n values. */
double cli_spearman(const double *a, const double *b, size_t n, double *scratch);

/* ---- tables of points ------------------------------------------------------------------------ */

enum { CLI_MAX_COMPARED = 16, CLI_MAX_COLUMNS = 64, CLI_MAX_FACTORS = 4 };

/* One compared column: published and model figures of all rows, NaN where there is no model's. */
typedef struct cli_compared {
    char column[48], figure[96], cycle[48]; /* cycle: the column with the cycle time; "" */
    int n_factors; /* columns whose product is published, where the table has it in no column */
    char factors[CLI_MAX_FACTORS][48];
    double times;              /* the model's figure times this is the column's */
    double *published, *model; /* [rows] */
} cli_compared;

/* A network of the table, and where its layers come from: a table of layers, or a name of ours. */
typedef struct cli_layers {
    char name[48], source[1024];
} cli_layers;

typedef struct cli_points {
    size_t n; /* rows */
    int n_columns;
    char columns[CLI_MAX_COLUMNS][48];
    char *text;     /* the file, parted into cells */
    char **cells;   /* [rows][columns] */
    char **reasons; /* [rows]; NULL where it fits */
    int n_networks;
    cli_layers *networks;
    int n_compared;
    cli_compared compared[CLI_MAX_COMPARED];
} cli_points;

/* Reads the table, and costs each row as the columns file `layout` (a name or path) says. With
 * `workloads`, networks are the layer tables FOLDER/NAME.csv. WEFT_STOPPED after a request to stop. */
weft_status cli_points_run(cli_call *call, const char *file, const char *layout,
                           const char *workloads, int threads, cli_points *points) WEFT_NODISCARD;
void cli_points_free(cli_points *points);

/* The place of a column, -1: there is none. */
int cli_points_column(const cli_points *points, const char *name);

#endif
