/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy from topology (Li et al., "FLASH", ACM TECS 20(5s), 2021):
 *   theta(g) = 1 / (a + exp(b / g + c)),   g: NN-Degree
 * fitted by least squares: for a grid of a, log(1 / theta - a) = b / g + c is a line, whose fit begins
 * a Levenberg-Marquardt descent; the best end counts. The band is that of the linearised model,
 *   theta(g) +- t s sqrt(j' M^-1 j),  j = d theta / d (a, b, c),  M = sum of j j',
 *   s^2 = SSE / (n - 3), t: Student's quantile of n - 3 degrees of freedom
 * (Seber and Wild, Nonlinear Regression, 1989, section 5.1); with 1 + under the root for a network. */
#include <weft/accuracy.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/agree.h"
#include "base/dense.h"
#include "base/error.h"
#include "base/normal.h"

enum { PARAMETERS = 3, STARTS = 8, STEPS = 200 };

typedef struct sample {
    const double *degrees, *accuracies;
    int n, left_out; /* left_out: -1, or a place that does not count */
} sample;

static double theta_at(const double *p, double g) {
    return 1.0 / (p[0] + exp(p[1] / g + p[2]));
}

/* d theta / d (a, b, c). */
static void gradient_at(const double *p, double g, double *j) {
    double rising = exp(p[1] / g + p[2]);
    double theta = 1.0 / (p[0] + rising);
    j[0] = -theta * theta;
    j[1] = j[0] * rising / g;
    j[2] = j[0] * rising;
}

static double sum_of_squares(const sample *s, const double *p) {
    double sum = 0.0;
    for (int i = 0; i < s->n; i++) {
        double off = i == s->left_out ? 0.0 : s->accuracies[i] - theta_at(p, s->degrees[i]);
        sum += off * off;
    }
    return sum;
}

/* ---- fitting ----------------------------------------------------------------------------------- */

/* b and c of the line for a given a. */
static void begin(const sample *s, double a, double *p) {
    double n = 0.0;
    double x = 0.0;
    double y = 0.0;
    double xx = 0.0;
    double xy = 0.0;
    for (int i = 0; i < s->n; i++) {
        double rising = 1.0 / s->accuracies[i] - a;
        if (i != s->left_out && rising > 0.0) {
            double u = 1.0 / s->degrees[i];
            double v = log(rising);
            n += 1.0;
            x += u;
            y += v;
            xx += u * u;
            xy += u * v;
        }
    }
    double spread = n * xx - x * x;
    p[0] = a;
    p[1] = spread > 0.0 ? (n * xy - x * y) / spread : 0.0;
    p[2] = n > 0.0 ? (y - p[1] * x) / n : 0.0;
}

/* One step of Levenberg and Marquardt; false where none is better any more. */
static bool step(const sample *s, double *p, double *sse, double *damping) {
    double m[PARAMETERS * PARAMETERS] = {0.0};
    double r[PARAMETERS] = {0.0};
    for (int i = 0; i < s->n; i++) {
        double j[PARAMETERS];
        if (i == s->left_out) {
            continue;
        }
        gradient_at(p, s->degrees[i], j);
        double off = s->accuracies[i] - theta_at(p, s->degrees[i]);
        for (int k = 0; k < PARAMETERS; k++) {
            r[k] += j[k] * off;
            for (int l = 0; l < PARAMETERS; l++) {
                m[k * PARAMETERS + l] += j[k] * j[l];
            }
        }
    }
    for (; *damping < 1e12; *damping *= 10.0) {
        double u[PARAMETERS * PARAMETERS];
        double next[PARAMETERS];
        memcpy(u, m, sizeof u);
        memcpy(next, r, sizeof next);
        for (int k = 0; k < PARAMETERS; k++) {
            u[k * PARAMETERS + k] += *damping * (m[k * PARAMETERS + k] + 1e-300);
        }
        if (!weft_cholesky(u, PARAMETERS, PARAMETERS)) {
            continue;
        }
        weft_solve_lower(u, PARAMETERS, PARAMETERS, next);
        weft_solve_upper(u, PARAMETERS, PARAMETERS, next);
        for (int k = 0; k < PARAMETERS; k++) {
            next[k] += p[k];
        }
        next[0] = fmax(next[0], 0.0); /* 1 / a is the accuracy without end: it has a sign */
        double found = sum_of_squares(s, next);
        if (found < *sse) {
            bool more = found < *sse * (1.0 - 1e-12);
            memcpy(p, next, sizeof next);
            *sse = found;
            *damping *= 0.1;
            return more;
        }
    }
    return false;
}

static double descend(const sample *s, double *p) {
    double sse = sum_of_squares(s, p);
    double damping = 1e-3;
    for (int i = 0; i < STEPS && step(s, p, &sse, &damping); i++) {
    }
    return sse;
}

static double fit_all(const sample *s, double *best) {
    double highest = 0.0;
    double least = INFINITY;
    for (int i = 0; i < s->n; i++) {
        highest = i == s->left_out ? highest : fmax(highest, s->accuracies[i]);
    }
    for (int k = 0; k < STARTS; k++) {
        double p[PARAMETERS];
        begin(s, (1.0 - 1e-3) * k / (STARTS - 1) / highest, p);
        double sse = descend(s, p);
        if (sse < least) {
            least = sse;
            memcpy(best, p, sizeof p);
        }
    }
    return least;
}

/* ---- what it is worth -------------------------------------------------------------------------- */

/* Student's quantile from the normal one, to 3 digits from 3 degrees of freedom on (Abramowitz and
 * Stegun, 26.7.5). */
static double student_quantile(double p, double freedom) {
    double x = weft_normal_quantile(p);
    double x2 = x * x;
    return x + x * (x2 + 1.0) / (4.0 * freedom) +
           x * ((5.0 * x2 + 16.0) * x2 + 3.0) / (96.0 * freedom * freedom) +
           x * (((3.0 * x2 + 19.0) * x2 + 17.0) * x2 - 15.0) / (384.0 * pow(freedom, 3.0)) +
           x * ((((79.0 * x2 + 776.0) * x2 + 1482.0) * x2 - 1920.0) * x2 - 945.0) /
               (92160.0 * pow(freedom, 4.0));
}

/* s^2 M^-1, its upper half row by row. False: the data do not tell the three apart. */
static bool find_covariance(const sample *s, double sse, weft_theta *theta) {
    const double p[PARAMETERS] = {theta->a, theta->b, theta->c};
    double m[PARAMETERS * PARAMETERS] = {0.0};
    double inverse[PARAMETERS * PARAMETERS];
    for (int i = 0; i < s->n; i++) {
        double j[PARAMETERS];
        gradient_at(p, s->degrees[i], j);
        for (int k = 0; k < PARAMETERS * PARAMETERS; k++) {
            m[k] += j[k / PARAMETERS] * j[k % PARAMETERS];
        }
    }
    if (!weft_cholesky(m, PARAMETERS, PARAMETERS)) {
        return false;
    }
    weft_cholesky_inverse(m, PARAMETERS, PARAMETERS, inverse);
    theta->deviation = sqrt(sse / (s->n - PARAMETERS));
    for (int k = 0, at = 0; k < PARAMETERS; k++) {
        for (int l = k; l < PARAMETERS; l++) {
            theta->covariance[at++] = theta->deviation * theta->deviation *
                                      inverse[k * PARAMETERS + l];
        }
    }
    return true;
}

/* j' C j of the accuracy at a degree. */
static double variance_at(const weft_theta *theta, double degree) {
    const double p[PARAMETERS] = {theta->a, theta->b, theta->c};
    double j[PARAMETERS];
    double sum = 0.0;
    gradient_at(p, degree, j);
    for (int k = 0, at = 0; k < PARAMETERS; k++) {
        for (int l = k; l < PARAMETERS; l++) {
            sum += (k == l ? 1.0 : 2.0) * theta->covariance[at++] * j[k] * j[l];
        }
    }
    return fmax(sum, 0.0);
}

double weft_theta_at(const weft_theta *theta, double degree) {
    const double p[PARAMETERS] = {theta->a, theta->b, theta->c};
    return theta_at(p, degree);
}

void weft_theta_tell(const weft_theta *theta, double degree, weft_theta_forecast *forecast) {
    double t = student_quantile(0.975, theta->n - PARAMETERS);
    double mean = weft_theta_at(theta, degree);
    double variance = variance_at(theta, degree);
    double band = t * sqrt(variance);
    double network = t * sqrt(variance + theta->deviation * theta->deviation);
    *forecast = (weft_theta_forecast){.accuracy = mean,
                                      .low = mean - band,
                                      .high = mean + band,
                                      .network_low = mean - network,
                                      .network_high = mean + network};
}

void weft_theta_learn(weft_theta *theta, double degree) {
    const double p[PARAMETERS] = {theta->a, theta->b, theta->c};
    double j[PARAMETERS];
    double cj[PARAMETERS] = {0.0};
    double whole[PARAMETERS][PARAMETERS];
    gradient_at(p, degree, j);
    for (int k = 0, at = 0; k < PARAMETERS; k++) {
        for (int l = k; l < PARAMETERS; l++) {
            whole[k][l] = whole[l][k] = theta->covariance[at++];
        }
    }
    for (int k = 0; k < PARAMETERS; k++) {
        for (int l = 0; l < PARAMETERS; l++) {
            cj[k] += whole[k][l] * j[l];
        }
    }
    /* Sherman and Morrison: C - C j j' C / (s^2 + j' C j) */
    double room = theta->deviation * theta->deviation + variance_at(theta, degree);
    for (int k = 0, at = 0; k < PARAMETERS && room > 0.0; k++) {
        for (int l = k; l < PARAMETERS; l++) {
            theta->covariance[at++] -= cj[k] * cj[l] / room;
        }
    }
}

/* ---- public ------------------------------------------------------------------------------------ */

static weft_status check(const double *degrees, const double *accuracies, int n,
                         weft_error *error) {
    bool degrees_differ = false;
    bool accuracies_differ = false;
    if (n < WEFT_THETA_LEAST) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "%d trained network%s: the curve has 3 parameters and needs at least %d", n,
                  n == 1 ? "" : "s", WEFT_THETA_LEAST);
        weft_hint(error, "'weft flash choose SPACE' says which to train; 25 are customary");
        return WEFT_ERROR_INPUT;
    }
    for (int i = 0; i < n; i++) {
        if (!(degrees[i] > 0.0) || !isfinite(degrees[i])) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "network %d has the degree %g: expected a number above 0", i + 1,
                             degrees[i]);
        }
        if (!(accuracies[i] > 0.0 && accuracies[i] <= 1.0)) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "network %d has the accuracy %g: expected a share above 0, up to 1", i + 1,
                      accuracies[i]);
            weft_hint(error, "leave out trainings that failed; percentages are divided by 100");
            return WEFT_ERROR_INPUT;
        }
        degrees_differ |= degrees[i] != degrees[0];
        accuracies_differ |= accuracies[i] != accuracies[0];
    }
    if (!degrees_differ || !accuracies_differ) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "all %d networks have the same %s: there is no curve through them", n,
                         degrees_differ ? "accuracy" : "NN-Degree");
    }
    return WEFT_OK;
}

weft_status weft_theta_fit(const double *degrees, const double *accuracies, int n,
                           weft_theta *theta, weft_error *error) {
    double p[PARAMETERS];
    double left = 0.0;
    WEFT_TRY(check(degrees, accuracies, n, error));
    sample s = {degrees, accuracies, n, -1};
    double sse = fit_all(&s, p);
    weft_theta made = {.a = p[0],
                       .b = p[1],
                       .c = p[2],
                       .n = n,
                       .rmse = sqrt(sse / n),
                       .lowest = INFINITY,
                       .highest = -INFINITY};
    for (int i = 0; i < n; i++) {
        made.lowest = fmin(made.lowest, degrees[i]);
        made.highest = fmax(made.highest, degrees[i]);
    }
    if (!isfinite(sse) || !find_covariance(&s, sse, &made)) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "the degrees of the %d networks are too few different ones to tell three "
                  "parameters apart",
                  n);
        weft_hint(error, "train networks that are spread over NN-Degree: 'weft flash choose'");
        return WEFT_ERROR_INPUT;
    }
    for (s.left_out = 0; s.left_out < n; s.left_out++) {
        fit_all(&s, p);
        double off = accuracies[s.left_out] - theta_at(p, degrees[s.left_out]);
        left += off * off;
    }
    made.loo = sqrt(left / n);
    *theta = made;
    return WEFT_OK;
}

weft_status weft_theta_check(const weft_theta *theta, const double *degrees,
                             const double *accuracies, int n, weft_theta_report *report,
                             weft_error *error) {
    if (n < 3) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%d networks held out: at least 3 are needed to compare orders", n);
    }
    double *told = calloc((size_t)n, sizeof *told);
    if (told == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *told);
    }
    int inside = 0;
    for (int i = 0; i < n; i++) {
        weft_theta_forecast forecast;
        weft_theta_tell(theta, degrees[i], &forecast);
        told[i] = forecast.accuracy;
        inside += accuracies[i] >= forecast.network_low && accuracies[i] <= forecast.network_high;
    }
    weft_agreement agreement;
    weft_status status = weft_agree(accuracies, told, n, &agreement, error);
    free(told);
    WEFT_TRY(status);
    *report = (weft_theta_report){.n = n,
                                  .tau = agreement.tau,
                                  .spearman = agreement.spearman,
                                  .rmse = agreement.rmse,
                                  .coverage = (double)inside / n};
    return WEFT_OK;
}
