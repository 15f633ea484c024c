/* SPDX-License-Identifier: Apache-2.0
 *
 * Choices of a table as columns of zeros and ones, numbers behind them; linear models over them. */
#ifndef WEFT_TRANSFER_ONEHOT_H
#define WEFT_TRANSFER_ONEHOT_H

#include "transfer/table.h"

/* A column for each choice that an architecture of the table has at a position. */
typedef struct weft_onehot {
    const weft_device_table *table;
    int n_positions, width, n_choices; /* columns; those that are choices */
    int *column;                       /* (positions, 256); -1: none */
    double number_mean[WEFT_MAX_NUMBERS], number_scale[WEFT_MAX_NUMBERS];
} weft_onehot;

/* WEFT_ERROR_INPUT for more columns than WEFT_ONEHOT_MOST. */
enum { WEFT_ONEHOT_MOST = 4096 };
weft_status weft_onehot_create(const weft_device_table *table, weft_onehot *onehot,
                               weft_error *error) WEFT_NODISCARD;
void weft_onehot_free(weft_onehot *onehot);

/* Row i: the columns that are 1 (at most n_positions; returns how many), and the standardised numbers,
 * which are the columns from n_choices on (table->code.n_numbers). */
int weft_onehot_row(const weft_onehot *onehot, int i, int *columns, double *numbers);

/* The value of a linear model at row i. */
double weft_onehot_dot(const weft_onehot *onehot, int i, const double *weights);

/* Ridge regression of `values` (architectures; NaN: left out), centred, with penalty `penalty` times the
 * number of rows: writes weights (width). */
weft_status weft_onehot_fit(const weft_onehot *onehot, const double *values, double penalty,
                            double *weights, weft_error *error) WEFT_NODISCARD;

#endif
