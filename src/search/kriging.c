/* SPDX-License-Identifier: Apache-2.0
 *
 * C. E. Rasmussen, C. K. I. Williams, "Gaussian processes for machine learning", MIT Press 2006. With
 * K = k(X, X) + v I = U' U and targets y, at a row x (algorithm 2.1)
 *
 *     mean = k(x, X) K^-1 y,    variance = k(x, x) - |U'^-1 k(X, x)|^2
 *
 * The kernel is the product of an exponentiated Hamming distance over the categorical genes (F. Hutter
 * et al., "Algorithm runtime prediction", Artificial Intelligence 206, 2014, section 5) and a Matern
 * kernel of 5/2 over the others (equation 4.17), each gene with a scale of its own:
 *
 *     k = s exp(-sum_g h_g [x_g != x'_g]) (1 + q + q^2 / 3) exp(-q),  q^2 = 5 sum_g (x_g - x'_g)^2 / l_g^2
 *
 * The logarithms of s, v, h and l are where
 *
 *     log p(y | X) = -y' K^-1 y / 2 - log|K| / 2                                        (equation 5.8)
 *
 * less its constant, and a normal prior of theirs are largest, by the gradient (equation 5.9)
 *
 *     d log p / d theta = trace((w w' - K^-1) dK / d theta) / 2,  w = K^-1 y
 *
 * and L-BFGS (D. C. Liu, J. Nocedal, Mathematical Programming 45, 1989) as NLopt has it. The prior of a
 * length grows with the root of the number of genes, as distances do (C. Hvarfner, E. O. Hellsten,
 * L. Nardi, "Vanilla Bayesian optimization performs great in high dimensions", ICML 2024). */
#include "search/kriging.h"

#include "base/dense.h"
#include "base/error.h"
#include "search/sampling.h"

#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

static const double PRIOR_DEVIATION = 1.2; /* of each logarithm: a factor of 3.3 either way */
static const double NOISE_DEVIATION = 2.0; /* of that of the noise */
static const double FARTHEST = 4.0;        /* deviations that a logarithm may lie off */
static const double LEAST_NOISE = 1e-6;    /* keeps K well conditioned */

/* ---- measure --------------------------------------------------------------------------------- */

weft_status weft_kriging_measure_create(const weft_gene_table *table, weft_kriging_measure *measure,
                                        weft_error *error) {
    size_t size = (size_t)table->n_genes * sizeof *measure->genes;
    *measure = (weft_kriging_measure){.table = table, .genes = malloc(size)};
    if (measure->genes == NULL) {
        return weft_fail_memory(error, size);
    }
    for (int pass = 0; pass < 2; pass++) {
        for (int g = 0; g < table->n_genes; g++) {
            bool word = table->genes[g].kind == WEFT_GENE_CATEGORICAL;
            if (word == (pass == 0) && weft_gene_varies(&table->genes[g])) {
                measure->genes[measure->n++] = g;
                measure->n_words += pass == 0;
            }
        }
    }
    return WEFT_OK;
}

void weft_kriging_measure_destroy(weft_kriging_measure *measure) {
    free(measure->genes);
    measure->genes = NULL;
}

void weft_kriging_place(const weft_kriging_measure *measure, const double *genome, double *row) {
    for (int c = 0; c < measure->n; c++) {
        const weft_gene *gene = &measure->table->genes[measure->genes[c]];
        double value = genome[measure->genes[c]];
        if (c < measure->n_words) {
            row[c] = isnan(value) ? -1.0 : value;
        } else if (isnan(value)) {
            row[c] = 0.5;
        } else {
            double lower;
            double upper;
            weft_gene_interval(gene, &lower, &upper);
            row[c] = (weft_gene_position(gene, value) - lower) / (upper - lower);
        }
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static int n_logs(const weft_kriging *model) {
    return WEFT_KRIGING_FIRST + model->by->n;
}

/* The middle of the prior of logarithm p. */
static double prior_of(const weft_kriging_measure *by, int p) {
    if (p == WEFT_KRIGING_SIGNAL) {
        return 0.0;
    }
    if (p == WEFT_KRIGING_NOISE) {
        return log(1e-3);
    }
    return p < WEFT_KRIGING_FIRST + by->n_words ? -log((double)by->n_words)
                                                : 0.5 * log((double)(by->n - by->n_words)) - 0.7;
}

static double deviation_of(int p) {
    return p == WEFT_KRIGING_NOISE ? NOISE_DEVIATION : PRIOR_DEVIATION;
}

void weft_kriging_reset(weft_kriging *model) {
    for (int p = 0; p < n_logs(model); p++) {
        model->logs[p] = prior_of(model->by, p);
    }
}

weft_status weft_kriging_create(const weft_kriging_measure *measure, weft_kriging *made,
                                weft_error *error) {
    *made = (weft_kriging){.by = measure};
    size_t logs = (size_t)n_logs(made);
    made->logs = malloc(logs * sizeof *made->logs);
    made->scales = malloc(logs * sizeof *made->scales);
    if (made->logs == NULL || made->scales == NULL) {
        weft_kriging_destroy(made);
        return weft_fail_memory(error, logs * sizeof *made->logs);
    }
    weft_kriging_reset(made);
    return WEFT_OK;
}

static void free_rows(weft_kriging *model) {
    free(model->rows);
    free(model->targets);
    free(model->factor);
    free(model->weights);
    free(model->room);
    model->rows = model->targets = model->factor = model->weights = model->room = NULL;
    model->n = model->capacity = 0;
}

void weft_kriging_destroy(weft_kriging *model) {
    free_rows(model);
    free(model->logs);
    free(model->scales);
    model->logs = model->scales = NULL;
}

weft_status weft_kriging_reserve(weft_kriging *model, int capacity, weft_error *error) {
    size_t n = (size_t)capacity;
    model->n = 0;
    if (capacity <= model->capacity) {
        return WEFT_OK;
    }
    free_rows(model);
    model->rows = malloc(n * ((size_t)model->by->n + 1) * sizeof *model->rows);
    model->targets = malloc(n * sizeof *model->targets);
    model->factor = malloc(n * n * sizeof *model->factor);
    model->weights = malloc(n * sizeof *model->weights);
    model->room = malloc((n + 1) * sizeof *model->room);
    if (model->rows == NULL || model->targets == NULL || model->factor == NULL ||
        model->weights == NULL || model->room == NULL) {
        free_rows(model);
        return weft_fail_memory(error, n * n * sizeof *model->factor);
    }
    model->capacity = capacity;
    return WEFT_OK;
}

/* ---- covariance ------------------------------------------------------------------------------ */

static double *row_of(const weft_kriging *model, int i) {
    return model->rows + (size_t)i * (size_t)model->by->n;
}

static double *factor_row(const weft_kriging *model, int i) {
    return model->factor + (size_t)i * (size_t)model->capacity;
}

static void set_scales(weft_kriging *model) {
    model->signal = exp(model->logs[WEFT_KRIGING_SIGNAL]);
    model->noise = exp(model->logs[WEFT_KRIGING_NOISE]) + LEAST_NOISE;
    for (int c = 0; c < model->by->n; c++) {
        double log = model->logs[WEFT_KRIGING_FIRST + c];
        model->scales[c] = exp(c < model->by->n_words ? log : -2.0 * log);
    }
}

/* q, and the Hamming distance. */
static double apart(const weft_kriging *model, const double *a, const double *b, double *differ) {
    double squares = 0.0;
    *differ = 0.0;
    for (int c = 0; c < model->by->n_words; c++) {
        *differ += a[c] != b[c] ? model->scales[c] : 0.0;
    }
    for (int c = model->by->n_words; c < model->by->n; c++) {
        squares += (a[c] - b[c]) * (a[c] - b[c]) * model->scales[c];
    }
    return sqrt(5.0 * squares);
}

static double covariance(const weft_kriging *model, const double *a, const double *b) {
    double differ;
    double q = apart(model, a, b, &differ);
    return model->signal * (1.0 + q + q * q / 3.0) * exp(-q - differ);
}

static bool try_factor(weft_kriging *model) {
    for (int i = 0; i < model->n; i++) {
        double *row = factor_row(model, i);
        for (int j = i; j < model->n; j++) {
            row[j] = covariance(model, row_of(model, i), row_of(model, j));
        }
        row[i] += model->noise;
    }
    return weft_cholesky(model->factor, model->n, model->capacity);
}

static void factor_with_noise(weft_kriging *model) {
    while (!try_factor(model)) {
        model->noise *= 10.0;
    }
}

void weft_kriging_factor(weft_kriging *model) {
    set_scales(model);
    factor_with_noise(model);
}

void weft_kriging_append(weft_kriging *model, const double *row) {
    int n = model->n;
    for (int i = 0; i < n; i++) {
        model->room[i] = covariance(model, row_of(model, i), row);
    }
    model->room[n] = model->signal + model->noise;
    memcpy(row_of(model, n), row, (size_t)model->by->n * sizeof *row);
    model->targets[n] = 0.0;
    model->n = n + 1;
    if (!weft_cholesky_append(model->factor, n, model->capacity, model->room)) {
        factor_with_noise(model);
    }
}

void weft_kriging_aim(weft_kriging *model) {
    memcpy(model->weights, model->targets, (size_t)model->n * sizeof *model->weights);
    weft_solve_lower(model->factor, model->n, model->capacity, model->weights);
    weft_solve_upper(model->factor, model->n, model->capacity, model->weights);
}

/* ---- prediction ------------------------------------------------------------------------------ */

void weft_kriging_predict(weft_kriging *model, const double *row, double *mean, double *deviation) {
    double *across = model->room;
    double sum = 0.0;
    for (int i = 0; i < model->n; i++) {
        across[i] = covariance(model, row_of(model, i), row);
        sum += across[i] * model->weights[i];
    }
    weft_solve_lower(model->factor, model->n, model->capacity, across);
    double explained = 0.0;
    for (int i = 0; i < model->n; i++) {
        explained += across[i] * across[i];
    }
    *mean = sum;
    *deviation = sqrt(fmax(model->signal - explained, 1e-12 * model->signal));
}

/* k(X, X) w = (K - v I) w = y - v w */
double weft_kriging_fitted(const weft_kriging *model, int i) {
    return model->targets[i] - model->noise * model->weights[i];
}

/* ---- likelihood ------------------------------------------------------------------------------ */

/* Adds what the pair (i, j) gives, whose entry of (w w' - K^-1) is `pull`; with
 * dk / d log h_g = -k h_g [x_g != x'_g],
 * dk / d log l_g = s exp(-q - differ) (1 + q) 5/3 (x_g - x'_g)^2 / l_g^2 */
static void add_pair(const weft_kriging *model, int i, int j, double pull, double *gradient) {
    const double *a = row_of(model, i);
    const double *b = row_of(model, j);
    double differ;
    double q = apart(model, a, b, &differ);
    double decay = pull * model->signal * exp(-q - differ);
    double k = decay * (1.0 + q + q * q / 3.0);
    double slope = decay * (1.0 + q) * (5.0 / 3.0);
    gradient[WEFT_KRIGING_SIGNAL] += k;
    gradient += WEFT_KRIGING_FIRST;
    for (int c = 0; c < model->by->n_words; c++) {
        gradient[c] -= a[c] != b[c] ? k * model->scales[c] : 0.0;
    }
    for (int c = model->by->n_words; c < model->by->n; c++) {
        gradient[c] += slope * (a[c] - b[c]) * (a[c] - b[c]) * model->scales[c];
    }
}

static void fill_gradient(const weft_kriging *model, const double *inverse, double *gradient) {
    memset(gradient, 0, (size_t)n_logs(model) * sizeof *gradient);
    for (int i = 0; i < model->n; i++) {
        const double *row = inverse + (size_t)i * (size_t)model->n;
        double own = 0.5 * (model->weights[i] * model->weights[i] - row[i]);
        gradient[WEFT_KRIGING_SIGNAL] += own * model->signal;
        gradient[WEFT_KRIGING_NOISE] += own * (model->noise - LEAST_NOISE);
        for (int j = i + 1; j < model->n; j++) {
            add_pair(model, i, j, model->weights[i] * model->weights[j] - row[j], gradient);
        }
    }
}

double weft_kriging_likelihood(weft_kriging *model, double *gradient, double *inverse) {
    set_scales(model);
    if (!try_factor(model)) {
        return -INFINITY;
    }
    weft_kriging_aim(model);
    double sum = 0.0;
    for (int i = 0; i < model->n; i++) {
        sum -= 0.5 * model->targets[i] * model->weights[i] + log(factor_row(model, i)[i]);
    }
    if (gradient != NULL) {
        weft_cholesky_inverse(model->factor, model->n, model->capacity, inverse);
        fill_gradient(model, inverse, gradient);
    }
    for (int p = 0; p < n_logs(model); p++) {
        double off = (model->logs[p] - prior_of(model->by, p)) / deviation_of(p);
        sum -= 0.5 * off * off;
        if (gradient != NULL) {
            gradient[p] -= off / deviation_of(p);
        }
    }
    return sum;
}

/* ---- tuning ---------------------------------------------------------------------------------- */

typedef struct tuner {
    weft_kriging *model;
    double *inverse; /* (n, n) */
    double *best;    /* (n_logs) */
    double best_value;
    double *lower, *upper, *x, *slope; /* (n_logs) */
} tuner;

/* NLopt's objective: it may ask without a gradient. */
static double evaluate(unsigned n, const double *x, double *gradient, void *context) {
    tuner *t = context;
    double *slope = gradient == NULL ? t->slope : gradient;
    memcpy(t->model->logs, x, n * sizeof *x);
    double value = weft_kriging_likelihood(t->model, slope, t->inverse);
    if (!isfinite(value)) {
        memset(slope, 0, n * sizeof *slope);
        return -1e30;
    }
    if (value > t->best_value) {
        t->best_value = value;
        memcpy(t->best, x, n * sizeof *x);
    }
    return value;
}

static weft_status climb(tuner *t, int evaluations, weft_error *error) {
    unsigned n = (unsigned)n_logs(t->model);
    nlopt_opt optimizer = nlopt_create(NLOPT_LD_LBFGS, n);
    if (optimizer == NULL) {
        return weft_fail_memory(error, n * sizeof(double));
    }
    for (unsigned p = 0; p < n; p++) {
        double middle = prior_of(t->model->by, (int)p);
        double reach = FARTHEST * deviation_of((int)p);
        t->lower[p] = middle - reach;
        t->upper[p] = middle + reach;
        t->x[p] = t->best[p] = t->model->logs[p];
    }
    double last = 0.0;
    nlopt_result result = nlopt_set_max_objective(optimizer, evaluate, t);
    result = result < 0 ? result : nlopt_set_lower_bounds(optimizer, t->lower);
    result = result < 0 ? result : nlopt_set_upper_bounds(optimizer, t->upper);
    result = result < 0 ? result : nlopt_set_maxeval(optimizer, evaluations);
    result = result < 0 ? result : nlopt_set_ftol_abs(optimizer, 1e-3);
    result = result < 0 ? result : nlopt_optimize(optimizer, t->x, &last);
    nlopt_destroy(optimizer);
    /* Where rounding ends the line search, the best so far is what there is to find. */
    return result == NLOPT_OUT_OF_MEMORY ? weft_fail_memory(error, n * sizeof(double)) : WEFT_OK;
}

weft_status weft_kriging_tune(weft_kriging *model, int evaluations, weft_error *error) {
    size_t n = (size_t)model->n;
    size_t logs = (size_t)n_logs(model);
    if (n < 2) {
        return WEFT_OK;
    }
    double *room = malloc((n * n + 5 * logs) * sizeof *room);
    if (room == NULL) {
        return weft_fail_memory(error, (n * n + 5 * logs) * sizeof *room);
    }
    double *vectors = room + n * n;
    tuner t = {.model = model,
               .inverse = room,
               .best = vectors,
               .best_value = -INFINITY,
               .lower = vectors + logs,
               .upper = vectors + 2 * logs,
               .x = vectors + 3 * logs,
               .slope = vectors + 4 * logs};
    weft_status status = climb(&t, evaluations, error);
    memcpy(model->logs, t.best, logs * sizeof *t.best);
    free(room);
    return status;
}
