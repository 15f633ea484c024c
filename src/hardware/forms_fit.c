/* SPDX-License-Identifier: Apache-2.0
 *
 * Coefficients that are not negative, by least squares of relative errors: min |A x - 1|, A_ik = feature k
 * of network i over its figure; the active set method of Lawson and Hanson (Solving Least Squares
 * Problems, 1974, chapter 23, NNLS) on the normal equations of columns scaled to length 1. */
#include <weft/hardware.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dense.h"
#include "base/error.h"

enum { N = WEFT_FORM_FEATURES, ROUNDS = 200 };

/* Keeps columns that are nearly sums of others apart: relative to a length of 1. */
static const double ridge = 1e-10;

typedef struct normal {
    double gram[N][N], right[N], scale[N];
} normal;

static void make_normal(const double *features, const double *figures, int form, int n, normal *m) {
    memset(m, 0, sizeof *m);
    for (int i = 0; i < n; i++) {
        const double *f = features + (size_t)i * N;
        double figure = figures[(size_t)i * WEFT_FORMS + (size_t)form];
        for (int k = 0; k < N; k++) {
            for (int l = 0; l < N; l++) {
                m->gram[k][l] += f[k] / figure * (f[l] / figure);
            }
            m->right[k] += f[k] / figure;
        }
    }
    for (int k = 0; k < N; k++) {
        m->scale[k] = m->gram[k][k] > 0.0 ? 1.0 / sqrt(m->gram[k][k]) : 0.0;
    }
    for (int k = 0; k < N; k++) {
        m->right[k] *= m->scale[k];
        for (int l = 0; l < N; l++) {
            m->gram[k][l] *= m->scale[k] * m->scale[l];
        }
    }
}

/* The solution over the columns that are free; false where they are not independent. */
static bool solve(const normal *m, const bool *is_free, double *x) {
    int at[N];
    int n = 0;
    double u[N * N];
    double y[N];
    for (int k = 0; k < N; k++) {
        x[k] = 0.0;
        if (is_free[k]) {
            at[n++] = k;
        }
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            u[i * N + j] = m->gram[at[i]][at[j]] + (i == j ? ridge : 0.0);
        }
        y[i] = m->right[at[i]];
    }
    if (!weft_cholesky(u, n, N)) {
        return false;
    }
    weft_solve_lower(u, n, N, y);
    weft_solve_upper(u, n, N, y);
    for (int i = 0; i < n; i++) {
        x[at[i]] = y[i];
    }
    return true;
}

/* The column whose coefficient would lower the error most; -1: none. */
static int steepest(const normal *m, const bool *is_free, const double *x) {
    int best = -1;
    double most = 1e-12;
    for (int k = 0; k < N; k++) {
        double down = m->right[k];
        for (int l = 0; l < N; l++) {
            down -= m->gram[k][l] * x[l];
        }
        if (!is_free[k] && m->scale[k] > 0.0 && down > most) {
            most = down;
            best = k;
        }
    }
    return best;
}

/* From x towards y, until the first coefficient becomes 0, which is no longer free. */
static void step_back(const double *y, bool *is_free, double *x) {
    double part = 1.0;
    for (int k = 0; k < N; k++) {
        if (is_free[k] && y[k] <= 0.0) {
            part = fmin(part, x[k] / (x[k] - y[k]));
        }
    }
    for (int k = 0; k < N; k++) {
        x[k] += part * (y[k] - x[k]);
        if (is_free[k] && y[k] <= 0.0 && x[k] <= 1e-15) {
            is_free[k] = false;
            x[k] = 0.0;
        }
    }
}

static bool all_positive(const bool *is_free, const double *y) {
    for (int k = 0; k < N; k++) {
        if (is_free[k] && y[k] <= 0.0) {
            return false;
        }
    }
    return true;
}

static void fit_form(const double *features, const double *figures, int form, int n,
                     double *coefficients) {
    normal m;
    bool is_free[N] = {false};
    double x[N] = {0.0};
    make_normal(features, figures, form, n, &m);
    for (int round = 0; round < ROUNDS; round++) {
        double y[N];
        int k = steepest(&m, is_free, x);
        if (k < 0) {
            break;
        }
        is_free[k] = true;
        if (!solve(&m, is_free, y) || y[k] <= 0.0) { /* it is what others are already */
            is_free[k] = false;
            m.scale[k] = 0.0;
            continue;
        }
        while (!all_positive(is_free, y)) {
            step_back(y, is_free, x);
            if (!solve(&m, is_free, y)) {
                break;
            }
        }
        memcpy(x, y, sizeof x);
    }
    for (int k = 0; k < N; k++) {
        coefficients[k] = is_free[k] ? x[k] * m.scale[k] : 0.0;
    }
}

/* ---- checks ------------------------------------------------------------------------------------ */

/* How many features differ between networks, and 1 for those that do not. */
static int parameters_of(const double *features, int n) {
    int parameters = 1;
    for (int k = 0; k < N; k++) {
        bool differs = false;
        for (int i = 1; i < n; i++) {
            differs |= features[(size_t)i * N + (size_t)k] != features[k];
        }
        parameters += differs;
    }
    return parameters;
}

/* *given: whether there are figures of that form. */
static weft_status check_form(const double *figures, int form, int n, int all, bool *given,
                              weft_error *error) {
    int missing = 0;
    bool differs = false;
    for (int i = 0; i < all; i++) {
        missing += isnan(figures[(size_t)i * WEFT_FORMS + (size_t)form]);
    }
    *given = missing < all;
    for (int i = 0; i < all && *given; i++) {
        double figure = figures[(size_t)i * WEFT_FORMS + (size_t)form];
        if (!(figure > 0.0) || !isfinite(figure)) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "network %d has the %s %g: expected a number above 0", i + 1,
                      weft_form_token((weft_form)form), figure);
            weft_hint(error, "leave out networks that could not be measured");
            return WEFT_ERROR_INPUT;
        }
        differs |= i < n && figure != figures[form];
    }
    if (*given && !differs) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "all %d networks have the same %s: there is nothing to fit", n,
                         weft_form_token((weft_form)form));
    }
    return WEFT_OK;
}

/* ---- public ------------------------------------------------------------------------------------ */

static double told(const double *coefficients, const double *features) {
    double sum = 0.0;
    for (int k = 0; k < N; k++) {
        sum += coefficients[k] * features[k];
    }
    return sum;
}

void weft_forms_tell(const weft_forms *forms, const double features[WEFT_FORM_FEATURES],
                     double figures[WEFT_FORMS]) {
    for (int form = 0; form < WEFT_FORMS; form++) {
        figures[form] = told(forms->coefficients[form], features);
    }
}

static void find_errors(const double *features, const double *figures, int form, weft_forms *f) {
    double sums[2] = {0.0, 0.0};
    double worst = 0.0;
    for (int i = 0; i < f->n + f->held; i++) {
        double error = fabs(told(f->coefficients[form], features + (size_t)i * N) /
                                figures[(size_t)i * WEFT_FORMS + (size_t)form] -
                            1.0);
        sums[i >= f->n] += error;
        worst = i >= f->n ? fmax(worst, error) : worst;
    }
    f->fitted_mean[form] = sums[0] / f->n;
    f->held_mean[form] = f->held > 0 ? sums[1] / f->held : NAN;
    f->held_worst[form] = f->held > 0 ? worst : NAN;
}

weft_status weft_forms_fit(const double *features, const double *figures, int n, int held,
                           weft_forms *forms, weft_error *error) {
    weft_forms made = *forms;
    bool any = false;
    const int parameters = n > 0 ? parameters_of(features, n) : 1;
    if (n < parameters + 1) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "%d network%s: %d features differ between them, which needs at least %d", n,
                  n == 1 ? "" : "s", parameters, parameters + 1);
        weft_hint(error, "measure more networks");
        return WEFT_ERROR_INPUT;
    }
    made.n = n;
    made.held = held;
    memset(made.coefficients, 0, sizeof made.coefficients);
    for (int form = 0; form < WEFT_FORMS; form++) {
        bool given = false;
        WEFT_TRY(check_form(figures, form, n, n + held, &given, error));
        if (given) {
            fit_form(features, figures, form, n, made.coefficients[form]);
            find_errors(features, figures, form, &made);
        } else {
            made.fitted_mean[form] = made.held_mean[form] = made.held_worst[form] = NAN;
        }
        any |= given;
    }
    if (!any) {
        return weft_fail(error, WEFT_ERROR_INPUT, "there is no area, latency or energy to fit to");
    }
    *forms = made;
    return WEFT_OK;
}
