/* SPDX-License-Identifier: Apache-2.0
 *
 * Scales by Newton's method on their logarithms with the average information in place of the Hessian
 * (A. R. Gilmour, R. Thompson and B. R. Cullis, Biometrics 51, 1995), which needs no trace of a product
 * of four matrices and is never indefinite. With a = K^-1 y:
 *
 *   -log p = 1/2 y'a + 1/2 log |K| + sum_j (t_j - m_j)^2 / (2 s_j^2),   t_j = log v_j
 *   gradient_j = 1/2 v_j (tr(K^-1 K_j) - a'K_j a) + (t_j - m_j) / s_j^2
 *   information_jk = 1/2 v_j v_k (K_j a)' K^-1 (K_k a)
 *
 * A step that does not lower it is halved. */
#include "transfer/evidence.h"

#include <math.h>
#include <string.h>

#include "base/dense.h"

enum { STEPS = 12, HALVINGS = 5, MOST = WEFT_MAX_TERMS + 1 };

/* Longest step of a logarithm, and the gain that ends the search: a twentieth of a nat, far below what tells two models
 * apart. */
static const double LONGEST = 2.0, GAIN = 0.05;

/* Keeps K positive definite where the noise vanishes. */
static const double JITTER = 1e-6;

/* Where a search stands. */
typedef struct state {
    const weft_evidence *e;
    double *k, *inverse, *a, *with, *solved; /* (n, n), (n, n), (n), (terms + 1, n) twice */
    double t[MOST], gradient[MOST], information[MOST * MOST];
} state;

size_t weft_evidence_room(int n, int n_terms) {
    size_t size = (size_t)n;
    return 2 * size * size + size + 2 * ((size_t)n_terms + 1) * size;
}

/* -log p at t; leaves the factor of K in k and a = K^-1 y. Infinite where K is not positive definite. */
static double measure(state *s, const double *t) {
    const weft_evidence *e = s->e;
    size_t n = (size_t)e->n;
    for (size_t i = 0; i < n * n; i++) {
        s->k[i] = WEFT_MEAN_VARIANCE;
    }
    for (int j = 0; j < e->n_terms; j++) {
        double v = exp(t[j]);
        for (size_t i = 0; i < n * n; i++) {
            s->k[i] += v * e->terms[j][i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        s->k[i * n + i] += exp(t[e->n_terms]) + JITTER;
    }
    if (!weft_cholesky(s->k, e->n, e->n)) {
        return INFINITY;
    }
    memcpy(s->a, e->y, n * sizeof *s->a);
    weft_solve_lower(s->k, e->n, e->n, s->a);
    weft_solve_upper(s->k, e->n, e->n, s->a);
    double value = 0.0;
    for (size_t i = 0; i < n; i++) {
        value += 0.5 * e->y[i] * s->a[i] + log(s->k[i * n + i]);
    }
    for (int j = 0; j <= e->n_terms; j++) {
        double off = (t[j] - e->mean[j]) / e->spread[j];
        value += 0.5 * off * off;
    }
    return value;
}

/* to = M from, M symmetric. */
static void multiply(const double *m, const double *from, size_t n, double *to) {
    memset(to, 0, n * sizeof *to);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            to[j] += from[i] * m[i * n + j];
        }
    }
}

static double dot(const double *a, const double *b, size_t n) {
    double sum[4] = {0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t l = 0; l < 4; l++) {
            sum[l] += a[i + l] * b[i + l];
        }
    }
    for (; i < n; i++) {
        sum[0] += a[i] * b[i];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Gradient and information at t, from the factor that measure left. */
static void differentiate(state *s) {
    const weft_evidence *e = s->e;
    size_t n = (size_t)e->n;
    int terms = e->n_terms + 1;
    weft_cholesky_inverse(s->k, e->n, e->n, s->inverse);
    for (int j = 0; j < terms; j++) {
        double *with = s->with + (size_t)j * n;
        double trace = 0.0;
        if (j < e->n_terms) {
            multiply(e->terms[j], s->a, n, with);
            trace = dot(s->inverse, e->terms[j], n * n);
        } else {
            memcpy(with, s->a, n * sizeof *with);
            for (size_t i = 0; i < n; i++) {
                trace += s->inverse[i * n + i];
            }
        }
        multiply(s->inverse, with, n, s->solved + (size_t)j * n);
        s->gradient[j] = 0.5 * exp(s->t[j]) * (trace - dot(s->a, with, n)) +
                         (s->t[j] - e->mean[j]) / (e->spread[j] * e->spread[j]);
    }
    for (int j = 0; j < terms; j++) {
        for (int k = j; k < terms; k++) {
            double product = dot(s->with + (size_t)j * n, s->solved + (size_t)k * n, n);
            s->information[j * terms + k] = 0.5 * exp(s->t[j] + s->t[k]) * product +
                                            (j == k ? 1.0 / (e->spread[j] * e->spread[j]) : 0.0);
        }
    }
}

/* Takes a step; false where none lowers the value. */
static bool step(state *s, double *value) {
    int terms = s->e->n_terms + 1;
    double way[MOST], tried[MOST], share = 1.0;
    differentiate(s);
    for (int j = 0; j < terms; j++) {
        way[j] = -s->gradient[j];
    }
    if (!weft_cholesky(s->information, terms, terms)) {
        return false;
    }
    weft_solve_lower(s->information, terms, terms, way);
    weft_solve_upper(s->information, terms, terms, way);
    for (int j = 0; j < terms; j++) {
        way[j] = fmax(-LONGEST, fmin(LONGEST, way[j]));
    }
    for (int h = 0; h < HALVINGS; h++, share *= 0.5) {
        for (int j = 0; j < terms; j++) {
            tried[j] = s->t[j] + share * way[j];
        }
        double next = measure(s, tried);
        if (next < *value) {
            memcpy(s->t, tried, sizeof s->t);
            *value = next;
            return true;
        }
    }
    return false;
}

/* What the peak lacks of the integral over the scales by Laplace's approximation: 1/2 log |H| + sum_j log
 * s_j, which is 0 for scales that the measurements say nothing of. */
static double spread_of_peak(state *s) {
    int terms = s->e->n_terms + 1;
    double sum = 0.0;
    measure(s, s->t);
    differentiate(s);
    if (!weft_cholesky(s->information, terms, terms)) {
        return 0.0;
    }
    for (int j = 0; j < terms; j++) {
        sum += log(s->information[j * terms + j]) + log(s->e->spread[j]);
    }
    return sum;
}

weft_status weft_evidence_fit(const weft_evidence *e, double *room, double *scales,
                              double *evidence, weft_error *error) {
    size_t n = (size_t)e->n;
    state s = {.e = e, .k = room, .inverse = room + n * n, .a = room + 2 * n * n};
    s.with = s.a + n;
    s.solved = s.with + ((size_t)e->n_terms + 1) * n;
    memcpy(s.t, e->mean, sizeof s.t);
    double value = measure(&s, s.t);
    if (!isfinite(value)) {
        return weft_fail(error, WEFT_ERROR_INTERNAL,
                         "the covariance of the measurements has no factor");
    }
    for (int i = 0; i < STEPS; i++) {
        double before = value;
        if (!step(&s, &value) || before - value < GAIN) {
            break;
        }
    }
    for (int j = 0; j <= e->n_terms; j++) {
        scales[j] = exp(s.t[j]);
    }
    *evidence = -value - spread_of_peak(&s);
    return WEFT_OK;
}
