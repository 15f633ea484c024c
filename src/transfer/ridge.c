/* SPDX-License-Identifier: Apache-2.0
 *
 * Ridge regression of the residual in its dual form: with centred rows Z, G = Z Z' and M = (G + l I)^-1,
 * d = Z' M r, and the error without measurement i is l (M r)_i / (l M_ii - 1/n). */
#include "transfer/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dense.h"

/* 10^-4 .. 10^4 in steps of 10^(1/2). */
enum { LAMBDAS = 17 };

typedef struct dual {
    int n, width;
    double *z;                                                      /* (n, width) centred */
    double *gram, *k, *inverse;                                     /* (n, n) */
    double *residual, *solved, *errors, *best_errors, *best, *mean; /* (n) but mean: (width) */
} dual;

static void fill_row(const weft_onehot *onehot, int place, double *row) {
    int columns[WEFT_MAX_POSITIONS + 1];
    double numbers[WEFT_MAX_NUMBERS];
    memset(row, 0, (size_t)onehot->width * sizeof *row);
    int n = weft_onehot_row(onehot, place, columns, numbers);
    for (int k = 0; k < n; k++) {
        row[columns[k]] = 1.0;
    }
    for (int k = 0; k < onehot->table->code.n_numbers; k++) {
        row[onehot->n_choices + k] = numbers[k];
    }
}

static weft_status dual_create(const weft_linear *linear, dual *d, double **block,
                               weft_error *error) {
    size_t n = (size_t)linear->n, width = (size_t)linear->onehot->width;
    size_t size = n * width + 3 * n * n + 5 * n + width;
    double *at = calloc(size + 1, sizeof *at);
    if (at == NULL) {
        return weft_fail_memory(error, size * sizeof *at);
    }
    *block = at;
    *d = (dual){.n = linear->n, .width = linear->onehot->width, .z = at};
    d->gram = at + n * width;
    d->k = d->gram + n * n;
    d->inverse = d->k + n * n;
    d->residual = d->inverse + n * n;
    d->solved = d->residual + n;
    d->errors = d->solved + n;
    d->best_errors = d->errors + n;
    d->best = d->best_errors + n;
    d->mean = d->best + n;
    for (size_t i = 0; i < n; i++) {
        fill_row(linear->onehot, linear->places[i], d->z + i * width);
        for (size_t c = 0; c < width; c++) {
            d->mean[c] += d->z[i * width + c] / (double)n;
        }
    }
    for (size_t i = 0; i < n * width; i++) {
        d->z[i] -= d->mean[i % width];
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = 0.0;
            for (size_t c = 0; c < width; c++) {
                sum += d->z[i * width + c] * d->z[j * width + c];
            }
            d->gram[i * n + j] = d->gram[j * n + i] = sum;
        }
    }
    return WEFT_OK;
}

/* The line through (proxy, y); 0 and the mean where the proxy is constant. */
static void fit_line(const weft_linear *linear, double *slope, double *offset) {
    double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
    for (int i = 0; i < linear->n; i++) {
        x += linear->proxy[linear->places[i]] / linear->n;
        y += linear->y[i] / linear->n;
    }
    for (int i = 0; i < linear->n; i++) {
        double off = linear->proxy[linear->places[i]] - x;
        xx += off * off;
        xy += off * (linear->y[i] - y);
    }
    *slope = xx > 0.0 ? xy / xx : 0.0;
    *offset = y - *slope * x;
}

/* The mean squared error of leaving one out; infinite where there is no solution. */
static double try_lambda(dual *d, double lambda) {
    size_t n = (size_t)d->n;
    double sum = 0.0;
    memcpy(d->k, d->gram, n * n * sizeof *d->k);
    for (size_t i = 0; i < n; i++) {
        d->k[i * n + i] += lambda;
    }
    if (!weft_cholesky(d->k, d->n, d->n)) {
        return INFINITY;
    }
    weft_cholesky_inverse(d->k, d->n, d->n, d->inverse);
    memcpy(d->solved, d->residual, n * sizeof *d->solved);
    weft_solve_lower(d->k, d->n, d->n, d->solved);
    weft_solve_upper(d->k, d->n, d->n, d->solved);
    for (size_t i = 0; i < n; i++) {
        double rest = lambda * d->inverse[i * n + i] - 1.0 / (double)n;
        if (!(rest > 1e-12)) {
            return INFINITY;
        }
        d->errors[i] = lambda * d->solved[i] / rest;
        sum += d->errors[i] * d->errors[i];
    }
    return sum / (double)n;
}

weft_status weft_linear_ridge(weft_linear *linear, weft_error *error) {
    dual d = {0};
    double *block = NULL, slope, offset, least = INFINITY;
    WEFT_TRY(dual_create(linear, &d, &block, error));
    size_t n = (size_t)d.n, width = (size_t)d.width;
    fit_line(linear, &slope, &offset);
    for (size_t i = 0; i < n; i++) {
        d.residual[i] = linear->y[i] - offset - slope * linear->proxy[linear->places[i]];
    }
    for (int l = 0; l < LAMBDAS; l++) {
        double lambda = pow(10.0, -4.0 + 0.5 * l);
        double mse = try_lambda(&d, lambda);
        if (mse < least) {
            least = mse;
            linear->lambda = lambda;
            memcpy(d.best_errors, d.errors, n * sizeof *d.errors);
            memcpy(d.best, d.solved, n * sizeof *d.best);
        }
    }
    double *weights = calloc(width + 1, sizeof *weights);
    if (weights == NULL) {
        free(block);
        return weft_fail_memory(error, width * sizeof *weights);
    }
    for (size_t i = 0; i < n; i++) {
        linear->left_out[i] = linear->y[i] - d.best_errors[i];
        for (size_t c = 0; c < width; c++) {
            weights[c] += d.best[i] * d.z[i * width + c];
        }
    }
    double centre = 0.0;
    for (size_t c = 0; c < width; c++) {
        centre += weights[c] * d.mean[c];
    }
    for (int i = 0; i < linear->onehot->table->n; i++) {
        linear->predicted[i] = offset + slope * linear->proxy[i] - centre +
                               weft_onehot_dot(linear->onehot, i, weights);
    }
    free(weights);
    free(block);
    return WEFT_OK;
}
