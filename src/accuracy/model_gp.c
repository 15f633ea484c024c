/* SPDX-License-Identifier: Apache-2.0
 *
 * A Gaussian process (C. E. Rasmussen, C. K. I. Williams, "Gaussian processes for machine learning",
 * MIT Press 2006, algorithm 2.1). The covariance of two designs is
 *     k = s exp(-sum_g h_g [x_g != x'_g]) (1 + q + q^2 / 3) exp(-q),  q = sqrt(5 sum_c (x_c - x'_c)^2 / l_c^2)
 * a Hamming kernel over the genes of words times a Matern kernel of 5/2 over what is ordered (equation
 * 4.17), and noise v besides. The logarithms of s, v, h and l are where
 *     log p(y | X) = -y' K^-1 y / 2 - log|K| / 2  (equation 5.8, less its constant)
 * and a wide normal prior of theirs are largest: gradient (equation 5.9), steps by its signs (C. Igel,
 * M. Huesken, "Improving the Rprop learning algorithm", NC 2000), on some 200 designs at most.
 *
 * What is kept are rows, targets and logarithms; the factor of K is worked out again on loading. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/model.h"
#include "base/dense.h"
#include "base/rng.h"

enum {
    MOST_ROWS = 2000,
    TUNED_ROWS = 200,
    ITERATIONS = 40,
    STARTS = 2,
    SIGNAL = 0,
    NOISE = 1,
    FIRST = 2
};

static const double PRIOR_DEVIATION = 1.5; /* of each logarithm: a factor of 4.5 either way */
static const double LEAST_NOISE = 1e-4;    /* of the targets' variance: keeps K well conditioned */

/* How a row is measured: codes of its words, places of what is ordered. */
typedef struct measure {
    int n_words;              /* genes of words */
    int n_ordered;            /* columns */
    int *word_first, *word_n; /* (n_words) their columns */
    int *ordered;             /* (n_ordered) column of each */
} measure;

typedef struct gp {
    const weft_features *features;
    measure by;
    int n;
    int16_t *words;  /* (n, n_words) which word; -1: none */
    float *places;   /* (n, n_ordered) */
    float *targets;  /* (n) */
    float *logs;     /* (FIRST + n_words + n_ordered): signal, noise, h, l */
    double *h, *per; /* exp(h), 1 / l^2 */
    double signal, noise;
    double *factor;  /* (n, n) of K */
    double *weights; /* (n) K^-1 y */
} gp;

static int n_logs(const measure *by) {
    return FIRST + by->n_words + by->n_ordered;
}

static void destroy(void *state) {
    gp *made = state;
    if (made != NULL) {
        free(made->by.word_first);
        free(made->by.word_n);
        free(made->by.ordered);
        free(made->words);
        free(made->places);
        free(made->targets);
        free(made->logs);
        free(made->h);
        free(made->per);
        free(made->factor);
        free(made->weights);
        free(made);
    }
}

/* ---- rows -------------------------------------------------------------------------------------- */

static void measure_fill(const weft_features *features, measure *by) {
    for (int c = 0; c < features->n_columns; c++) {
        if (features->columns[c] == WEFT_COLUMN_ORDERED) {
            by->ordered[by->n_ordered++] = c;
        }
    }
    for (int g = 0; g < features->n_genes; g++) {
        const weft_feature_gene *gene = &features->genes[g];
        if (!gene->is_number) {
            by->word_first[by->n_words] = gene->first;
            by->word_n[by->n_words++] = gene->n_values;
        }
    }
}

static void take_row(const measure *by, const float *row, int16_t *words, float *places) {
    for (int w = 0; w < by->n_words; w++) {
        words[w] = -1;
        for (int v = 0; v < by->word_n[w]; v++) {
            words[w] = row[by->word_first[w] + v] > 0.5f ? (int16_t)v : words[w];
        }
    }
    for (int o = 0; o < by->n_ordered; o++) {
        places[o] = row[by->ordered[o]];
    }
}

/* ---- covariance -------------------------------------------------------------------------------- */

static void set_scales(gp *made) {
    made->signal = exp((double)made->logs[SIGNAL]);
    made->noise = exp((double)made->logs[NOISE]) + LEAST_NOISE;
    for (int w = 0; w < made->by.n_words; w++) {
        made->h[w] = exp((double)made->logs[FIRST + w]);
    }
    for (int o = 0; o < made->by.n_ordered; o++) {
        made->per[o] = exp(-2.0 * (double)made->logs[FIRST + made->by.n_words + o]);
    }
}

/* The part of the words and the squared distance of the rest. */
static double apart(const gp *made, const int16_t *words, const float *places, int j,
                    double *squares) {
    const int16_t *other = made->words + (size_t)j * (size_t)made->by.n_words;
    const float *there = made->places + (size_t)j * (size_t)made->by.n_ordered;
    double differ = 0.0;
    double sum = 0.0;
    for (int w = 0; w < made->by.n_words; w++) {
        differ += words[w] != other[w] ? made->h[w] : 0.0;
    }
    for (int o = 0; o < made->by.n_ordered; o++) {
        double d = (double)(places[o] - there[o]);
        sum += d * d * made->per[o];
    }
    *squares = sum;
    return differ;
}

static double covariance(const gp *made, const int16_t *words, const float *places, int j) {
    double squares = 0.0;
    double differ = apart(made, words, places, j, &squares);
    double q = sqrt(5.0 * squares);
    return made->signal * (1.0 + q + q * q / 3.0) * exp(-q - differ);
}

static const int16_t *words_of(const gp *made, int i) {
    return made->words + (size_t)i * (size_t)made->by.n_words;
}

static const float *places_of(const gp *made, int i) {
    return made->places + (size_t)i * (size_t)made->by.n_ordered;
}

/* The factor of K and the weights; false where K is not positive definite. */
static bool solve(gp *made) {
    int n = made->n;
    set_scales(made);
    for (int i = 0; i < n; i++) {
        double *row = made->factor + (size_t)i * (size_t)n;
        for (int j = i; j < n; j++) {
            row[j] = covariance(made, words_of(made, i), places_of(made, i), j);
        }
        row[i] += made->noise;
        made->weights[i] = (double)made->targets[i];
    }
    if (!weft_cholesky(made->factor, n, n)) {
        return false;
    }
    weft_solve_lower(made->factor, n, n, made->weights);
    weft_solve_upper(made->factor, n, n, made->weights);
    return true;
}

/* ---- hyper-parameters -------------------------------------------------------------------------- */

typedef struct tuner {
    gp *model;
    double *inverse;  /* (n, n) of K */
    double *prior;    /* (n_logs) the middle of each logarithm */
    double *gradient; /* (n_logs) */
    double *last, *steps;
    float *best;
    double best_value;
} tuner;

/* The wider the genome, the less one gene of it may say: all of them differing is about one length. */
static void set_prior(const gp *made, double *prior) {
    prior[SIGNAL] = 0.0;
    prior[NOISE] = log(0.05);
    for (int w = 0; w < made->by.n_words; w++) {
        prior[FIRST + w] = log(1.0 / made->by.n_words);
    }
    for (int o = 0; o < made->by.n_ordered; o++) {
        prior[FIRST + made->by.n_words + o] = log(sqrt((double)made->by.n_ordered));
    }
}

/* Adds what the pair (i, j) gives, whose entry of (w w' - K^-1) is `pull`. */
static void add_pair(const tuner *t, int i, int j, double pull) {
    const gp *made = t->model;
    double squares = 0.0;
    double differ = apart(made, words_of(made, i), places_of(made, i), j, &squares);
    double q = sqrt(5.0 * squares);
    double decay = made->signal * exp(-q - differ);
    double k = decay * (1.0 + q + q * q / 3.0);
    t->gradient[SIGNAL] += pull * k;
    for (int w = 0; w < made->by.n_words; w++) {
        if (words_of(made, i)[w] != words_of(made, j)[w]) {
            t->gradient[FIRST + w] -= pull * k * made->h[w];
        }
    }
    /* dk / d log l_c = 5/3 s exp(-q) (1 + q) (x_c - x'_c)^2 / l_c^2 */
    double slope = pull * decay * (1.0 + q) * 5.0 / 3.0;
    double *of_places = t->gradient + FIRST + made->by.n_words;
    for (int o = 0; o < made->by.n_ordered && slope != 0.0; o++) {
        double d = (double)(places_of(made, i)[o] - places_of(made, j)[o]);
        of_places[o] += slope * d * d * made->per[o];
    }
}

/* log p and its gradient; false where K could not be solved. */
static bool measure_fit(tuner *t, double *value) {
    gp *made = t->model;
    int n = made->n;
    int logs = n_logs(&made->by);
    if (!solve(made)) {
        return false;
    }
    weft_cholesky_inverse(made->factor, n, n, t->inverse);
    memset(t->gradient, 0, (size_t)logs * sizeof *t->gradient);
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        const double *row = t->inverse + (size_t)i * (size_t)n;
        double own = made->weights[i] * made->weights[i] - row[i];
        sum -= 0.5 * (double)made->targets[i] * made->weights[i] +
               log(made->factor[(size_t)i * (size_t)n + (size_t)i]);
        t->gradient[SIGNAL] += 0.5 * own * made->signal;
        t->gradient[NOISE] += 0.5 * own * (made->noise - LEAST_NOISE);
        for (int j = i + 1; j < n; j++) {
            add_pair(t, i, j, made->weights[i] * made->weights[j] - row[j]);
        }
    }
    for (int p = 0; p < logs; p++) {
        double off = ((double)made->logs[p] - t->prior[p]) / PRIOR_DEVIATION;
        sum -= 0.5 * off * off;
        t->gradient[p] -= off / PRIOR_DEVIATION;
    }
    *value = sum;
    return true;
}

/* One step of Rprop: along the signs, wider while a sign stays, narrower once it turns. */
static void step(tuner *t) {
    for (int p = 0; p < n_logs(&t->model->by); p++) {
        double same = t->gradient[p] * t->last[p];
        t->steps[p] = same > 0.0   ? fmin(t->steps[p] * 1.2, 0.6)
                      : same < 0.0 ? fmax(t->steps[p] * 0.5, 1e-3)
                                   : t->steps[p];
        double now = same < 0.0 ? 0.0 : t->gradient[p];
        t->last[p] = now;
        t->model->logs[p] += (float)(t->steps[p] * ((now > 0.0) - (now < 0.0)));
    }
}

/* From where it starts: in the middle of the prior, or smooth, with most of it noise. Trials that say
 * little have a maximum near either. */
static void start(tuner *t, int from) {
    const measure *by = &t->model->by;
    for (int p = 0; p < n_logs(by); p++) {
        double off = p == SIGNAL ? 0.0 : p < FIRST + by->n_words ? -1.0 : 1.0;
        double smooth = p == NOISE ? log(0.4) : t->prior[p] + off;
        t->model->logs[p] = (float)(from == 0 ? t->prior[p] : smooth);
        t->last[p] = 0.0;
        t->steps[p] = 0.2;
    }
}

static weft_status climb(tuner *t, const weft_stop *stop) {
    size_t bytes = (size_t)n_logs(&t->model->by) * sizeof *t->best;
    for (int i = 0; i < ITERATIONS; i++) {
        double value = 0.0;
        if (weft_stop_requested(stop)) {
            return WEFT_STOPPED;
        }
        if (!measure_fit(t, &value)) {
            break;
        }
        if (value > t->best_value) {
            t->best_value = value;
            memcpy(t->best, t->model->logs, bytes);
        }
        step(t);
    }
    return WEFT_OK;
}

static weft_status tune(gp *made, const weft_stop *stop, weft_error *error) {
    size_t n = (size_t)made->n;
    size_t logs = (size_t)n_logs(&made->by);
    tuner t = {.model = made,
               .inverse = malloc(n * n * sizeof *t.inverse),
               .prior = calloc(4 * logs, sizeof *t.prior),
               .best = calloc(logs, sizeof *t.best),
               .best_value = -INFINITY};
    weft_status status = t.inverse != NULL && t.prior != NULL && t.best != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, n * n * sizeof *t.inverse);
    if (status == WEFT_OK) {
        t.gradient = t.prior + logs;
        t.last = t.prior + 2 * logs;
        t.steps = t.prior + 3 * logs;
        set_prior(made, t.prior);
    }
    for (int from = 0; from < STARTS && status == WEFT_OK; from++) {
        start(&t, from);
        if (from == 0) {
            memcpy(t.best, made->logs, logs * sizeof *t.best);
        }
        status = climb(&t, stop);
    }
    if (status == WEFT_OK) {
        memcpy(made->logs, t.best, logs * sizeof *t.best);
    }
    free(t.inverse);
    free(t.prior);
    free(t.best);
    return status;
}

/* ---- making one -------------------------------------------------------------------------------- */

static weft_status fill_rooms(gp *made, weft_error *error) {
    size_t genes = (size_t)made->features->n_genes;
    size_t columns = (size_t)made->features->n_columns;
    size_t n = (size_t)made->n;
    made->by.word_first = calloc(genes, sizeof *made->by.word_first);
    made->by.word_n = calloc(genes, sizeof *made->by.word_n);
    made->by.ordered = calloc(columns, sizeof *made->by.ordered);
    made->words = calloc(n * genes, sizeof *made->words);
    made->places = calloc(n * columns, sizeof *made->places);
    made->targets = calloc(n, sizeof *made->targets);
    made->logs = calloc(FIRST + genes + columns, sizeof *made->logs);
    made->h = calloc(genes, sizeof *made->h);
    made->per = calloc(columns, sizeof *made->per);
    made->factor = malloc(n * n * sizeof *made->factor);
    made->weights = calloc(n, sizeof *made->weights);
    if (made->by.word_first == NULL || made->by.word_n == NULL || made->by.ordered == NULL ||
        made->words == NULL || made->places == NULL || made->targets == NULL ||
        made->logs == NULL || made->h == NULL || made->per == NULL || made->factor == NULL ||
        made->weights == NULL) {
        return weft_fail_memory(error, n * n * sizeof *made->factor);
    }
    measure_fill(made->features, &made->by);
    return WEFT_OK;
}

static weft_status create(const weft_features *features, int n, gp **to, weft_error *error) {
    void *made = NULL;
    WEFT_TRY(weft_model_room(sizeof(gp), &made, error));
    gp *at = made;
    at->features = features;
    at->n = n;
    weft_status status = fill_rooms(at, error);
    if (status != WEFT_OK) {
        destroy(at);
        return status;
    }
    *to = at;
    return WEFT_OK;
}

/* The first `n` of the order. */
static void take_samples(gp *made, const weft_samples *samples, const uint32_t *order) {
    for (int i = 0; i < made->n; i++) {
        size_t from = order[i];
        take_row(&made->by, samples->rows + from * (size_t)made->features->n_columns,
                 made->words + (size_t)i * (size_t)made->by.n_words,
                 made->places + (size_t)i * (size_t)made->by.n_ordered);
        made->targets[i] = samples->targets[from];
    }
}

static weft_status solve_or_fail(gp *made, weft_error *error) {
    if (solve(made)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_EVALUATION, "the covariance of %d designs cannot be factored",
              made->n);
    weft_hint(error, "take another model: trees or mlp");
    return WEFT_ERROR_EVALUATION;
}

static weft_status fit_rows(const weft_samples *samples, const weft_model_options *options,
                            const uint32_t *order, gp **to, weft_error *error) {
    gp *small = NULL;
    gp *made = NULL;
    int n = samples->n < MOST_ROWS ? samples->n : MOST_ROWS;
    WEFT_TRY(create(samples->features, n < TUNED_ROWS ? n : TUNED_ROWS, &small, error));
    take_samples(small, samples, order);
    weft_status status = tune(small, options->stop, error);
    if (status == WEFT_OK) {
        status = create(samples->features, n, &made, error);
    }
    if (status == WEFT_OK) {
        take_samples(made, samples, order);
        memcpy(made->logs, small->logs, (size_t)n_logs(&made->by) * sizeof *made->logs);
        status = solve_or_fail(made, error);
    }
    destroy(small);
    if (status != WEFT_OK) {
        destroy(made);
        return status;
    }
    *to = made;
    return WEFT_OK;
}

static weft_status fit(const weft_samples *samples, const weft_model_options *options, void **state,
                       weft_error *error) {
    gp *made = NULL;
    uint32_t *order = calloc((size_t)samples->n, sizeof *order);
    if (order == NULL) {
        return weft_fail_memory(error, (size_t)samples->n * sizeof *order);
    }
    for (int i = 0; i < samples->n; i++) {
        order[i] = (uint32_t)i;
    }
    weft_rng rng = weft_rng_make(options->seed, WEFT_PURPOSE_SUBSET, 0);
    weft_rng_shuffle(&rng, order, (size_t)samples->n);
    weft_status status = fit_rows(samples, options, order, &made, error);
    free(order);
    if (status == WEFT_OK) {
        *state = made;
    }
    return status;
}

/* ---- prediction -------------------------------------------------------------------------------- */

/* The codes of the row, its places, and K_* / its solution. */
static size_t scratch(const void *state) {
    const gp *made = state;
    size_t codes = ((size_t)made->by.n_words * sizeof(int16_t) + 7) / 8 * 8;
    size_t places = ((size_t)made->by.n_ordered * sizeof(float) + 7) / 8 * 8;
    return codes + places + (size_t)made->n * sizeof(double);
}

static void predict(const void *state, const float *row, void *room, double *mean,
                    double *deviation) {
    const gp *made = state;
    double *across = room;
    float *places = (float *)(void *)(across + made->n);
    int16_t *words = (int16_t *)(void *)(places + ((size_t)made->by.n_ordered + 1) / 2 * 2);
    double sum = 0.0;
    take_row(&made->by, row, words, places);
    for (int j = 0; j < made->n; j++) {
        across[j] = covariance(made, words, places, j);
        sum += across[j] * made->weights[j];
    }
    *mean = sum;
    if (deviation != NULL) {
        double explained = 0.0;
        weft_solve_lower(made->factor, made->n, made->n, across);
        for (int j = 0; j < made->n; j++) {
            explained += across[j] * across[j];
        }
        *deviation = sqrt(fmax(made->signal - explained, 0.0) + made->noise);
    }
}

/* ---- files ------------------------------------------------------------------------------------- */

static weft_status save(const void *state, const char *prefix, weft_tensors *arrays,
                        weft_error *error) {
    const gp *made = state;
    size_t n_codes = (size_t)made->n * (size_t)made->by.n_words;
    WEFT_TRY(weft_model_put(arrays, prefix, "logs", 1, n_logs(&made->by), made->logs, error));
    WEFT_TRY(weft_model_put(arrays, prefix, "targets", made->n, 1, made->targets, error));
    if (made->by.n_ordered > 0) {
        WEFT_TRY(weft_model_put(arrays, prefix, "places", made->n, made->by.n_ordered, made->places,
                                error));
    }
    if (n_codes == 0) {
        return WEFT_OK;
    }
    float *codes = calloc(n_codes, sizeof *codes);
    if (codes == NULL) {
        return weft_fail_memory(error, n_codes * sizeof *codes);
    }
    for (size_t i = 0; i < n_codes; i++) {
        codes[i] = (float)made->words[i];
    }
    weft_status status =
        weft_model_put(arrays, prefix, "words", made->n, made->by.n_words, codes, error);
    free(codes);
    return status;
}

static weft_status load_rows(gp *made, const char *prefix, const weft_tensors *arrays,
                             weft_error *error) {
    const weft_tensor *array = NULL;
    const measure *by = &made->by;
    WEFT_TRY(weft_model_take(arrays, prefix, "logs", 1, n_logs(by), &array, error));
    memcpy(made->logs, array->values, array->n * sizeof(float));
    WEFT_TRY(weft_model_take(arrays, prefix, "targets", made->n, 1, &array, error));
    memcpy(made->targets, array->values, array->n * sizeof(float));
    if (by->n_ordered > 0) {
        WEFT_TRY(weft_model_take(arrays, prefix, "places", made->n, by->n_ordered, &array, error));
        memcpy(made->places, array->values, array->n * sizeof(float));
    }
    if (by->n_words > 0) {
        WEFT_TRY(weft_model_take(arrays, prefix, "words", made->n, by->n_words, &array, error));
        for (size_t i = 0; i < array->n; i++) {
            float code = array->values[i];
            if (!(code >= -1.0f && code < WEFT_FEATURES_MAX_VALUES)) {
                return weft_fail(error, WEFT_ERROR_INPUT, "array \"%s\" has the word %g",
                                 array->name, (double)code);
            }
            made->words[i] = (int16_t)code;
        }
    }
    return WEFT_OK;
}

static weft_status load(const weft_features *features, const char *prefix,
                        const weft_tensors *arrays, void **state, weft_error *error) {
    const weft_tensor *targets = NULL;
    gp *made = NULL;
    WEFT_TRY(weft_model_take(arrays, prefix, "targets", -1, 1, &targets, error));
    if (targets->dims[0] > MOST_ROWS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "array \"%s\" has %lld rows, expected at most %d",
                         targets->name, (long long)targets->dims[0], (int)MOST_ROWS);
    }
    WEFT_TRY(create(features, (int)targets->dims[0], &made, error));
    weft_status status = load_rows(made, prefix, arrays, error);
    if (status == WEFT_OK) {
        status = solve_or_fail(made, error);
    }
    if (status != WEFT_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return WEFT_OK;
}

const weft_model_kind weft_model_gp = {
    .name = "gp",
    .fit = fit,
    .destroy = destroy,
    .scratch = scratch,
    .predict = predict,
    .save = save,
    .load = load,
};
