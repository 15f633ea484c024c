/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/onehot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dense.h"

enum { CODES = 256 };

void weft_onehot_free(weft_onehot *onehot) {
    free(onehot->column);
    *onehot = (weft_onehot){0};
}

/* Numbers are standardised over the table. */
static void scale_numbers(weft_onehot *made) {
    const weft_encoding *code = &made->table->code;
    int n = made->table->n;
    for (int k = 0; k < code->n_numbers; k++) {
        double mean = 0.0, square = 0.0;
        for (int i = 0; i < n; i++) {
            mean += code->numbers[(size_t)i * (size_t)code->n_numbers + (size_t)k] / n;
        }
        for (int i = 0; i < n; i++) {
            double off = code->numbers[(size_t)i * (size_t)code->n_numbers + (size_t)k] - mean;
            square += off * off / n;
        }
        made->number_mean[k] = mean;
        made->number_scale[k] = square > 0.0 ? 1.0 / sqrt(square) : 0.0;
    }
}

weft_status weft_onehot_create(const weft_device_table *table, weft_onehot *onehot,
                               weft_error *error) {
    const weft_encoding *code = &table->code;
    weft_onehot made = {.table = table, .n_positions = code->n_positions};
    size_t size = (size_t)code->n_positions * CODES;
    made.column = malloc((size + 1) * sizeof *made.column);
    if (made.column == NULL) {
        return weft_fail_memory(error, size * sizeof *made.column);
    }
    memset(made.column, 0xFF, (size + 1) * sizeof *made.column);
    for (int p = 0; p < code->n_positions; p++) {
        bool seen[CODES] = {false};
        for (int i = 0; i < table->n; i++) {
            seen[code->codes[(size_t)i * (size_t)code->n_positions + (size_t)p]] = true;
        }
        for (int s = 0; s < WEFT_ABSENT; s++) {
            made.column[p * CODES + s] = seen[s] ? made.width++ : -1;
        }
    }
    made.n_choices = made.width;
    made.width += code->n_numbers;
    scale_numbers(&made);
    if (made.width > WEFT_ONEHOT_MOST) {
        weft_onehot_free(&made);
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the architectures have more than %d different choices at their positions",
                         WEFT_ONEHOT_MOST);
    }
    *onehot = made;
    return WEFT_OK;
}

int weft_onehot_row(const weft_onehot *onehot, int i, int *columns, double *numbers) {
    const weft_encoding *code = &onehot->table->code;
    const unsigned char *codes = code->codes + (size_t)i * (size_t)code->n_positions;
    int n = 0;
    for (int p = 0; p < code->n_positions; p++) {
        int column = onehot->column[p * CODES + codes[p]];
        columns[n] = column;
        n += column >= 0;
    }
    for (int k = 0; k < code->n_numbers; k++) {
        double number = code->numbers[(size_t)i * (size_t)code->n_numbers + (size_t)k];
        numbers[k] = (number - onehot->number_mean[k]) * onehot->number_scale[k];
    }
    return n;
}

double weft_onehot_dot(const weft_onehot *onehot, int i, const double *weights) {
    int columns[WEFT_MAX_POSITIONS + 1];
    double numbers[WEFT_MAX_NUMBERS], sum = 0.0;
    int n = weft_onehot_row(onehot, i, columns, numbers);
    for (int k = 0; k < n; k++) {
        sum += weights[columns[k]];
    }
    for (int k = 0; k < onehot->table->code.n_numbers; k++) {
        sum += weights[onehot->n_choices + k] * numbers[k];
    }
    return sum;
}

/* X'X, X'y and the sums of the columns over the rows with a value; *rows of them, of mean *mean. */
static void accumulate(const weft_onehot *onehot, const double *values, double *products,
                       double *with_y, double *sums, int *rows, double *mean) {
    size_t width = (size_t)onehot->width;
    int numbered = onehot->table->code.n_numbers;
    *rows = 0;
    *mean = 0.0;
    for (int i = 0; i < onehot->table->n; i++) {
        if (isnan(values[i])) {
            continue;
        }
        int columns[WEFT_MAX_POSITIONS + WEFT_MAX_NUMBERS + 1];
        double value[WEFT_MAX_POSITIONS + WEFT_MAX_NUMBERS + 1], numbers[WEFT_MAX_NUMBERS];
        int n = weft_onehot_row(onehot, i, columns, numbers);
        for (int k = 0; k < n; k++) {
            value[k] = 1.0;
        }
        for (int k = 0; k < numbered; k++, n++) {
            columns[n] = onehot->n_choices + k;
            value[n] = numbers[k];
        }
        for (int a = 0; a < n; a++) {
            for (int b = a; b < n; b++) { /* columns rise: the upper half */
                products[(size_t)columns[a] * width + (size_t)columns[b]] += value[a] * value[b];
            }
            with_y[columns[a]] += value[a] * values[i];
            sums[columns[a]] += value[a];
        }
        *mean += values[i];
        ++*rows;
    }
    *mean /= *rows > 0 ? *rows : 1;
}

weft_status weft_onehot_fit(const weft_onehot *onehot, const double *values, double penalty,
                            double *weights, weft_error *error) {
    size_t width = (size_t)onehot->width;
    double *products = calloc(width * width + width + 1, sizeof *products);
    if (products == NULL) {
        return weft_fail_memory(error, width * width * sizeof *products);
    }
    double *sums = products + width * width, mean;
    int rows;
    memset(weights, 0, width * sizeof *weights);
    accumulate(onehot, values, products, weights, sums, &rows, &mean);
    for (size_t a = 0; a < width; a++) {
        for (size_t b = a; b < width; b++) {
            products[a * width + b] -= sums[a] * sums[b] / rows;
        }
        products[a * width + a] += penalty * rows;
        weights[a] -= sums[a] * mean;
    }
    bool solved = weft_cholesky(products, (int)width, (int)width);
    if (solved) {
        weft_solve_lower(products, (int)width, (int)width, weights);
        weft_solve_upper(products, (int)width, (int)width, weights);
    }
    free(products);
    return solved
               ? WEFT_OK
               : weft_fail(error, WEFT_ERROR_INTERNAL, "the proxy's linear model has no solution");
}
