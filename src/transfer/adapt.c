/* SPDX-License-Identifier: Apache-2.0
 *
 * Adaptation from a proxy to a target: checks what was measured, fits, and compares with the proxy as it
 * is on the measurements left out one by one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dense.h"
#include "base/rng.h"
#include "transfer/linear.h"
#include "transfer/mixture.h"

enum { FEW = 5 };

/* Leaving measurements out costs a model a little that the proxy as it is does not pay: it has to be worse
 * by half a standard error of a rank correlation to be dropped. */
static const double MARGIN = 0.5;

/* What a proxy is believed to be worth before anything is measured: a correlation of 0.7, which is the
 * middle of the published ones, as if three measurements had shown it. */
static const double BELIEF = 0.7, BELIEF_WORTH = 3.0;

struct weft_adapter {
    const weft_device_table *table;
    int proxy;
    bool constant; /* the proxy ranks nothing: models have nothing to be worse than */
    weft_onehot onehot;
    weft_descriptions features;
};

static const char *const METHODS[] = {
#define METHOD_WORD(name, word) word,
    WEFT_ADAPT_MAP(METHOD_WORD)
#undef METHOD_WORD
};

static const char *const FALLBACKS[] = {
#define FALLBACK_TEXT(name, text) text,
    WEFT_FALLBACK_MAP(FALLBACK_TEXT)
#undef FALLBACK_TEXT
};

const char *weft_adapt_method_name(weft_adapt_method method) {
    return METHODS[method];
}

const char *weft_fallback_text(weft_fallback fallback) {
    return FALLBACKS[fallback];
}

void weft_adapt_defaults(weft_adapt_settings *settings) {
    *settings = (weft_adapt_settings){.fallback = true, .level = 0.9, .resamples = 200};
}

/* ---- the proxy ------------------------------------------------------------------------------- */

void weft_adapter_destroy(weft_adapter *adapter) {
    if (adapter != NULL) {
        weft_onehot_free(&adapter->onehot);
        weft_descriptions_free(&adapter->features);
        free(adapter);
    }
}

static weft_status check_proxy(const weft_device_table *table, int proxy, bool *constant,
                               weft_error *error) {
    const weft_device_column *column = &table->columns[proxy];
    double least = INFINITY, most = -INFINITY;
    int known = 0;
    for (int i = 0; i < table->n; i++) {
        if (!isnan(column->values[i])) {
            known++;
            least = fmin(least, column->values[i]);
            most = fmax(most, column->values[i]);
        }
    }
    *constant = least == most;
    if (known >= 3) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "proxy '%s' has measured %d architectures, expected at least 3", column->name, known);
    if (column->failed > 0) {
        weft_hint(error, "%d of its cells count as failed: what is 0, negative or no finite number",
                  column->failed);
    }
    return WEFT_ERROR_INPUT;
}

weft_status weft_adapter_create(const weft_device_table *table, int proxy, weft_adapter **adapter,
                                weft_error *error) {
    bool constant;
    WEFT_TRY(check_proxy(table, proxy, &constant, error));
    weft_adapter *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->table = table;
    made->proxy = proxy;
    made->constant = constant;
    weft_status status = weft_onehot_create(table, &made->onehot, error);
    if (status == WEFT_OK) {
        status = weft_descriptions_create(&made->onehot, table->columns[proxy].values,
                                          &made->features, error);
    }
    if (status != WEFT_OK) {
        weft_adapter_destroy(made);
        return status;
    }
    *adapter = made;
    return WEFT_OK;
}

/* ---- measurements ---------------------------------------------------------------------------- */

/* Those that can be used. */
typedef struct measured {
    int n, failed;
    int *places;       /* (n) */
    double *y, *proxy; /* (n) */
    double *left_out;  /* (n) */
} measured;

static void measured_free(measured *m) {
    free(m->places);
    free(m->y);
    *m = (measured){0};
}

static weft_status check_place(const weft_adapter *adapter, int place, bool *seen,
                               weft_error *error) {
    const weft_device_table *table = adapter->table;
    if (place < 0 || place >= table->n) {
        return weft_fail(error, WEFT_ERROR_INPUT, "architecture %d is not in the table of %d",
                         place, table->n);
    }
    if (!adapter->features.known[place]) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "architecture '%.80s' was not measured on the proxy '%s'",
                         table->names[place], table->columns[adapter->proxy].name);
    }
    if (seen[place]) {
        return weft_fail(error, WEFT_ERROR_INPUT, "architecture '%.80s' is given twice",
                         table->names[place]);
    }
    seen[place] = true;
    return WEFT_OK;
}

static weft_status measured_take(const weft_adapter *adapter, const int *places,
                                 const double *values, int n, measured *taken, weft_error *error) {
    size_t size = (size_t)n + 1;
    measured m = {.places = malloc(size * sizeof *m.places), .y = malloc(3 * size * sizeof *m.y)};
    bool *seen = calloc((size_t)adapter->table->n + 1, sizeof *seen);
    weft_status status = WEFT_OK;
    if (m.places == NULL || m.y == NULL || seen == NULL) {
        status = weft_fail_memory(error, 3 * size * sizeof *m.y);
    } else {
        m.proxy = m.y + size;
        m.left_out = m.y + 2 * size;
    }
    for (int i = 0; i < n && status == WEFT_OK; i++) {
        status = check_place(adapter, places[i], seen, error);
        if (status == WEFT_OK && !(values[i] > 0.0 && isfinite(values[i]))) {
            m.failed++;
        } else if (status == WEFT_OK && m.n < WEFT_ADAPT_MOST) {
            m.places[m.n] = places[i];
            m.proxy[m.n] = adapter->table->columns[adapter->proxy].values[places[i]];
            m.y[m.n++] = values[i];
        }
    }
    free(seen);
    if (status != WEFT_OK) {
        measured_free(&m);
        return status;
    }
    *taken = m;
    return WEFT_OK;
}

/* Why nothing can be learned of these. */
static weft_fallback cannot_learn(const weft_adapter *adapter, const measured *m) {
    bool constant = true;
    for (int i = 1; i < m->n; i++) {
        constant = constant && m->y[i] == m->y[0];
    }
    return m->n < FEW ? WEFT_FALLBACK_FEW
           : constant ? WEFT_FALLBACK_CONSTANT
           : adapter->features.n_positions == 0 && adapter->table->code.n_numbers == 0
               ? WEFT_FALLBACK_UNKNOWN
               : WEFT_FALLBACK_NONE;
}

/* ---- fitting --------------------------------------------------------------------------------- */

static weft_status fit_mixture(const weft_adapter *adapter, const measured *m,
                               weft_adaptation *made, weft_error *error) {
    weft_mixture mixture;
    WEFT_TRY(weft_mixture_fit(&adapter->features, m->places, m->y, m->n, &mixture, error));
    made->log_scale = mixture.log_scale;
    weft_status status = weft_mixture_predict(&mixture, made->predicted, m->left_out, error);
    weft_mixture_free(&mixture);
    return status;
}

static weft_status fit_linear(const weft_adapter *adapter, weft_adapt_method method,
                              const measured *m, weft_adaptation *made, weft_error *error) {
    weft_linear linear = {.onehot = &adapter->onehot,
                          .proxy = adapter->table->columns[adapter->proxy].values,
                          .places = m->places,
                          .y = m->y,
                          .n = m->n,
                          .predicted = made->predicted,
                          .left_out = m->left_out};
    WEFT_TRY(
        method == WEFT_ADAPT_RIDGE
            ? weft_linear_ridge(&linear, error)
            : weft_linear_published(&linear, (weft_norm)(method - WEFT_ADAPT_PUBLISHED_1), error));
    made->lambda = linear.lambda;
    made->parameters = adapter->onehot.width + 2;
    for (int i = 0; i < adapter->table->n; i++) {
        made->predicted[i] = adapter->features.known[i] ? made->predicted[i] : (double)NAN;
    }
    return WEFT_OK;
}

static void take_proxy(const weft_adapter *adapter, weft_fallback why, weft_adaptation *made) {
    made->fallback = why;
    memcpy(made->predicted, adapter->table->columns[adapter->proxy].values,
           (size_t)adapter->table->n * sizeof *made->predicted);
}

/* The proxy's correlation as n measurements show it and as it is believed, by Fisher's z, whose error is
 * that of ranks (D. Bonett and T. Wright, Psychometrika 65, 2000); *margin is what it may be missed by. */
static double believed(double shown, int n, double *margin) {
    double rho = isnan(shown) ? 0.0 : fmax(-0.999, fmin(0.999, shown));
    double worth = fmax(n - 3.0, 1.0);
    double z = (worth * atanh(rho) + BELIEF_WORTH * atanh(BELIEF)) / (worth + BELIEF_WORTH);
    double raw = tanh(z);
    *margin = MARGIN * (1.0 - raw * raw) * sqrt((1.0 + 0.5 * raw * raw) / worth);
    return raw;
}

/* Rank correlations on the measurements, and whether the proxy as it is does better there. */
static weft_status judge(const weft_adapter *adapter, const weft_adapt_settings *settings,
                         const measured *m, weft_adaptation *made, weft_error *error) {
    weft_rank_interval interval = {NAN, NAN, NAN, 0};
    WEFT_TRY(weft_spearman(m->proxy, m->y, m->n, &made->srcc_proxy, NULL, error));
    if (made->fallback == WEFT_FALLBACK_NONE) {
        WEFT_TRY(weft_spearman_interval(m->left_out, m->y, m->n, settings->level,
                                        settings->resamples, settings->seed, &interval, error));
        double margin, raw = believed(made->srcc_proxy, m->n, &margin);
        double own = isnan(interval.srcc) ? 0.0 : interval.srcc;
        if (settings->fallback && !adapter->constant && own < raw - margin) {
            take_proxy(adapter, WEFT_FALLBACK_WORSE, made);
        }
    }
    if (made->fallback != WEFT_FALLBACK_NONE) {
        WEFT_TRY(weft_spearman_interval(m->proxy, m->y, m->n, settings->level, settings->resamples,
                                        settings->seed, &interval, error));
    }
    made->srcc_loo = interval.srcc;
    made->srcc_low = interval.low;
    made->srcc_high = interval.high;
    return WEFT_OK;
}

static weft_status adapt(const weft_adapter *adapter, const weft_adapt_settings *settings,
                         const measured *m, weft_adaptation *made, weft_error *error) {
    made->predicted = malloc((size_t)adapter->table->n * sizeof *made->predicted);
    if (made->predicted == NULL) {
        return weft_fail_memory(error, (size_t)adapter->table->n * sizeof *made->predicted);
    }
    weft_fallback why = cannot_learn(adapter, m);
    if (why != WEFT_FALLBACK_NONE) {
        take_proxy(adapter, why, made);
    } else if (settings->method == WEFT_ADAPT_MIXTURE) {
        WEFT_TRY(fit_mixture(adapter, m, made, error));
    } else {
        WEFT_TRY(fit_linear(adapter, settings->method, m, made, error));
    }
    return judge(adapter, settings, m, made, error);
}

weft_status weft_adapt(const weft_adapter *adapter, const weft_adapt_settings *settings,
                       const int *places, const double *values, int n, weft_adaptation *adaptation,
                       weft_error *error) {
    measured m;
    WEFT_TRY(measured_take(adapter, places, values, n, &m, error));
    weft_adaptation made = {.n = m.n, .failed = m.failed, .lambda = NAN};
    weft_status status = adapt(adapter, settings, &m, &made, error);
    measured_free(&m);
    if (status != WEFT_OK) {
        weft_adaptation_free(&made);
        return status;
    }
    *adaptation = made;
    return WEFT_OK;
}

void weft_adaptation_free(weft_adaptation *adaptation) {
    free(adaptation->predicted);
    *adaptation = (weft_adaptation){0};
}

/* ---- what to measure next -------------------------------------------------------------------- */

enum { MOST_CANDIDATES = 1000, MOST_NEXT = 200 };

/* Candidates and how much is known of each: after the measurements and the picks so far. */
typedef struct survey {
    const weft_mixture *mixture;
    int model, n, rows; /* candidates; measurements and picks */
    int stride;
    uint32_t *places; /* (n) */
    double *solved;   /* (n, stride): U'^-1 k, a pick's part behind */
    double *variance; /* (n) of the value without noise */
    bool *picked;     /* (n) */
    double noise;
} survey;

/* The best model's; of a mixture the others have little to say. */
static int best_model(const weft_mixture *mixture) {
    int best = 0;
    for (int m = 1; m < mixture->n_models; m++) {
        best = mixture->models[m].weight > mixture->models[best].weight ? m : best;
    }
    return best;
}

static void look_at(survey *s, int c) {
    const weft_mixture *mix = s->mixture;
    double *row = s->solved + (size_t)c * (size_t)s->stride;
    int place = (int)s->places[c];
    s->variance[c] = weft_mixture_covariance(mix, s->model, place, place);
    for (int i = 0; i < mix->n; i++) {
        row[i] = weft_mixture_covariance(mix, s->model, place, mix->places[i]);
    }
    weft_solve_lower(mix->models[s->model].factor, mix->n, mix->n, row);
    for (int i = 0; i < mix->n; i++) {
        s->variance[c] -= row[i] * row[i];
    }
}

/* What measuring `chosen` tells of the others. */
static void learn_of(survey *s, int chosen) {
    const double *own = s->solved + (size_t)chosen * (size_t)s->stride;
    double deviation = sqrt(fmax(s->variance[chosen], 0.0) + s->noise);
    for (int c = 0; c < s->n; c++) {
        double *row = s->solved + (size_t)c * (size_t)s->stride;
        double both = weft_mixture_covariance(s->mixture, s->model, (int)s->places[c],
                                              (int)s->places[chosen]);
        for (int i = 0; i < s->rows; i++) {
            both -= row[i] * own[i];
        }
        row[s->rows] = both / deviation;
    }
    for (int c = 0; c < s->n; c++) {
        double part = s->solved[(size_t)c * (size_t)s->stride + (size_t)s->rows];
        s->variance[c] -= part * part;
    }
    s->picked[chosen] = true;
    s->rows++;
}

static weft_status pick(const weft_mixture *mixture, uint32_t *candidates, int n, int k, int *next,
                        int *n_next, weft_error *error) {
    survey s = {.mixture = mixture, .n = n, .rows = mixture->n, .places = candidates};
    s.model = best_model(mixture);
    s.stride = mixture->n + k;
    s.noise = weft_mixture_noise(mixture, s.model);
    s.solved = malloc((size_t)n * ((size_t)s.stride + 1) * sizeof *s.solved);
    s.picked = calloc((size_t)n + 1, sizeof *s.picked);
    if (s.solved == NULL || s.picked == NULL) {
        free(s.solved);
        free(s.picked);
        return weft_fail_memory(error, (size_t)n * (size_t)s.stride * sizeof *s.solved);
    }
    s.variance = s.solved + (size_t)n * (size_t)s.stride;
    for (int c = 0; c < n; c++) {
        look_at(&s, c);
    }
    for (*n_next = 0; *n_next < k && *n_next < n; ++*n_next) {
        int best = -1;
        for (int c = 0; c < n; c++) {
            if (!s.picked[c] && (best < 0 || s.variance[c] > s.variance[best])) {
                best = c;
            }
        }
        next[*n_next] = (int)s.places[best];
        learn_of(&s, best);
    }
    free(s.solved);
    free(s.picked);
    return WEFT_OK;
}

/* Up to MOST_CANDIDATES that are not measured, by chance. */
static weft_status find_candidates(const weft_adapter *adapter, const int *places, int n,
                                   const bool *allowed, uint64_t seed, uint32_t **candidates,
                                   int *found, weft_error *error) {
    size_t size = (size_t)adapter->table->n + 1;
    uint32_t *made = malloc(size * sizeof *made);
    bool *taken = calloc(size, sizeof *taken);
    if (made == NULL || taken == NULL) {
        free(made);
        free(taken);
        return weft_fail_memory(error, size * sizeof *made);
    }
    for (int i = 0; i < n; i++) {
        taken[places[i]] = true;
    }
    size_t free_ones = 0;
    for (int i = 0; i < adapter->table->n; i++) {
        if (adapter->features.known[i] && !taken[i] && (allowed == NULL || allowed[i])) {
            made[free_ones++] = (uint32_t)i;
        }
    }
    free(taken);
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SELECT, (uint64_t)n);
    weft_rng_shuffle(&rng, made, free_ones);
    *found = free_ones < MOST_CANDIDATES ? (int)free_ones : MOST_CANDIDATES;
    *candidates = made;
    return WEFT_OK;
}

weft_status weft_adapt_next(const weft_adapter *adapter, const int *places, const double *values,
                            int n, const bool *allowed, int k, uint64_t seed, int *next,
                            int *n_next, weft_error *error) {
    measured m;
    uint32_t *candidates = NULL;
    weft_mixture mixture;
    int found = 0;
    k = k < MOST_NEXT ? k : MOST_NEXT;
    WEFT_TRY(measured_take(adapter, places, values, n, &m, error));
    weft_status status =
        find_candidates(adapter, places, n, allowed, seed, &candidates, &found, error);
    *n_next = 0;
    if (status == WEFT_OK && m.n < 2) { /* nothing to learn from yet: by chance */
        for (; *n_next < k && *n_next < found; ++*n_next) {
            next[*n_next] = (int)candidates[*n_next];
        }
    } else if (status == WEFT_OK) {
        status = weft_mixture_fit(&adapter->features, m.places, m.y, m.n, &mixture, error);
        if (status == WEFT_OK) {
            status = pick(&mixture, candidates, found, k, next, n_next, error);
            weft_mixture_free(&mixture);
        }
    }
    free(candidates);
    measured_free(&m);
    return status;
}
