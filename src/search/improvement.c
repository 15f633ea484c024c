/* SPDX-License-Identifier: Apache-2.0
 *
 * One objective: expected improvement (D. R. Jones, M. Schonlau, W. J. Welch, "Efficient global
 * optimization of expensive black-box functions", J. Global Optimization 13, 1998), with z = (b - m) / s
 *
 *     E[max(b - y, 0)] = s h(z),   h(z) = z Phi(z) + phi(z)                                  (eq. 15)
 *
 * as a logarithm that stays finite far from what is known (S. Ament et al., "Unexpected improvements to
 * expected improvement for Bayesian optimization", NeurIPS 2023, eq. 9).
 *
 * Two and three: expected hypervolume improvement, exact (M. Emmerich, K. Yang, A. Deutz, H. Wang,
 * C. M. Fonseca, "A multicriteria generalization of Bayesian global optimization", 2016; K. Yang et al.,
 * "Efficient computation of expected hypervolume improvement using box decomposition algorithms",
 * J. Global Optimization 75, 2019). What the front leaves is cut into disjoint boxes [l, u], at most 2n + 1
 * of n points, and with independent objectives
 *
 *     E = sum over boxes of prod_m (g_m(u_m) - g_m(l_m)),   g_m(a) = E[max(a - y_m, 0)]
 *
 * for (u - max(l, y))+ = (u - y)+ - (l - y)+. The boxes come from a sweep along the third objective that
 * keeps the staircase of the first two as strips:
 *
 *      y |____         a point p closes each strip that reaches into its quadrant
 *        |    |____    (a box from where it was opened up to p.z), and opens two:
 *        |    |  p |   what is left of the first, and its own up to the next step.
 *
 * More: the augmented Tchebycheff scalar under random weights w (J. Knowles, "ParEGO", IEEE Trans. Evol.
 * Comput. 10(1), 2006, eq. 2) of objectives y' in [0, 1],
 *
 *     t = max_m w_m y'_m + 0.05 sum_m w_m y'_m
 *
 * whose improvement is averaged over draws of the vector (S. Daulton, M. Balandat, E. Bakshy,
 * "Differentiable expected hypervolume improvement for parallel multi-objective Bayesian optimization",
 * NeurIPS 2020, section 4: qParEGO). */
#include "search/improvement.h"

#include "base/error.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double AUGMENTATION = 0.05;

/* 1 / sqrt(2 pi) and log(sqrt(2 pi)) */
static const double DENSITY = 0.39894228040143267794;
static const double LOG_ROOT = 0.91893853320467274178;

static double below(double z) {
    return 0.5 * erfc(-z * M_SQRT1_2);
}

/* Mills' ratio Phi(z) / phi(z) far below 0: 1/t - 1/t^3 + 3/t^5 - 15/t^7, t = -z */
static double mills(double z) {
    double t = 1.0 / (z * z);
    return (1.0 - t * (1.0 - t * (3.0 - 15.0 * t))) / -z;
}

/* ---- one objective --------------------------------------------------------------------------- */

double weft_log_improvement(double mean, double deviation, double best) {
    double z = (best - mean) / deviation;
    double log_h;
    if (z > -1.0) {
        log_h = log(z * below(z) + DENSITY * exp(-0.5 * z * z));
    } else if (z > -25.0) {
        double ratio = below(z) / (DENSITY * exp(-0.5 * z * z));
        log_h = -0.5 * z * z - LOG_ROOT + log1p(z * ratio);
    } else { /* 1 + z Phi / phi = 1/z^2 - 3/z^4 + ... */
        double t = 1.0 / (z * z);
        log_h = -0.5 * z * z - LOG_ROOT + log(t * (1.0 - t * (3.0 - 15.0 * t)));
    }
    return log(deviation) + log_h;
}

double weft_log_below_zero(double mean, double deviation) {
    double z = -mean / deviation;
    return z > -25.0 ? log(below(z)) : -0.5 * z * z - LOG_ROOT + log(mills(z));
}

/* ---- two and three --------------------------------------------------------------------------- */

weft_status weft_boxes_create(int n_objectives, size_t capacity, weft_boxes *made,
                              weft_error *error) {
    size_t n = 2 * capacity + 1;
    *made = (weft_boxes){.n_objectives = n_objectives, .capacity = capacity};
    made->boxes = malloc(n * sizeof *made->boxes);
    made->strips = malloc(n * sizeof *made->strips);
    made->order = malloc((capacity + 1) * sizeof *made->order);
    if (made->boxes == NULL || made->strips == NULL || made->order == NULL) {
        weft_boxes_destroy(made);
        return weft_fail_memory(error, n * sizeof *made->boxes);
    }
    return WEFT_OK;
}

void weft_boxes_destroy(weft_boxes *boxes) {
    free(boxes->boxes);
    free(boxes->strips);
    free((void *)boxes->order);
    *boxes = (weft_boxes){0};
}

static int by_third(const void *left, const void *right) {
    const double *a = *(const double *const *)left;
    const double *b = *(const double *const *)right;
    int order = (a[2] > b[2]) - (a[2] < b[2]);
    return order != 0 ? order : (a > b) - (a < b);
}

/* The points that dominate the reference, by the third objective where there is one. */
static size_t sort_points(weft_boxes *boxes, const double *points, size_t n,
                          const double *reference) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = &points[i * (size_t)boxes->n_objectives];
        bool inside = true;
        for (int m = 0; m < boxes->n_objectives; m++) {
            inside = inside && p[m] < reference[m];
        }
        if (inside) {
            boxes->order[kept++] = p;
        }
    }
    if (boxes->n_objectives == 3 && kept > 1) {
        qsort((void *)boxes->order, kept, sizeof *boxes->order, by_third);
    }
    return kept;
}

/* Ends a strip at height z; one that has no height leaves nothing. */
static void close_strip(weft_boxes *boxes, const weft_box *strip, double z) {
    if (z > strip->lower[2]) {
        boxes->boxes[boxes->n] = *strip;
        boxes->boxes[boxes->n++].upper[2] = z;
    }
}

/* Adds a point to the staircase of `n` strips (from left to right, ever lower); gives their number. */
static size_t add_point(weft_boxes *boxes, size_t n, const double *p, double z) {
    weft_box *strips = boxes->strips;
    size_t first = 0;
    while (strips[first].upper[0] <= p[0]) {
        first++;
    }
    if (strips[first].upper[1] <= p[1]) {
        return n; /* dominated */
    }
    size_t end = first;
    while (end < n && strips[end].upper[1] > p[1]) {
        close_strip(boxes, &strips[end++], z);
    }
    weft_box left = strips[first];
    weft_box own = {.lower = {p[0], -INFINITY, z}, .upper = {strips[end - 1].upper[0], p[1], 0.0}};
    left.upper[0] = p[0];
    left.lower[2] = z;
    size_t opened = left.upper[0] > left.lower[0] ? 2 : 1;
    size_t tail = n - end;
    memmove(&strips[first + opened], &strips[end], tail * sizeof *strips);
    strips[first] = left;
    strips[first + opened - 1] = own;
    return first + opened + tail;
}

void weft_boxes_fill(weft_boxes *boxes, const double *points, size_t n, const double *reference) {
    bool flat = boxes->n_objectives == 2;
    size_t kept = sort_points(boxes, points, n, reference);
    size_t open = 1;
    boxes->n = 0;
    boxes->strips[0] = (weft_box){.lower = {-INFINITY, -INFINITY, -INFINITY},
                                  .upper = {reference[0], reference[1], 0.0}};
    for (size_t i = 0; i < kept; i++) {
        const double *p = boxes->order[i];
        open = add_point(boxes, open, p, flat ? -INFINITY : p[2]);
    }
    for (size_t s = 0; s < open; s++) {
        close_strip(boxes, &boxes->strips[s], flat ? INFINITY : reference[2]);
    }
}

/* E[max(a - y, 0)] */
static double expected_below(double a, double mean, double deviation) {
    if (a == -INFINITY) {
        return 0.0;
    }
    double z = (a - mean) / deviation;
    return deviation * fmax(z * below(z) + DENSITY * exp(-0.5 * z * z), 0.0);
}

double weft_volume_improvement(const weft_boxes *boxes, const double *means,
                               const double *deviations) {
    double sum = 0.0;
    for (size_t b = 0; b < boxes->n; b++) {
        const weft_box *box = &boxes->boxes[b];
        double product = 1.0;
        for (int m = 0; m < boxes->n_objectives && product > 0.0; m++) {
            product *= expected_below(box->upper[m], means[m], deviations[m]) -
                       expected_below(box->lower[m], means[m], deviations[m]);
        }
        sum += fmax(product, 0.0);
    }
    return sum;
}

/* ---- more ------------------------------------------------------------------------------------ */

static double scalar_of(const weft_scalar *scalar, const double *values) {
    double largest = -INFINITY;
    double sum = 0.0;
    for (int m = 0; m < scalar->n_objectives; m++) {
        double weighted = scalar->weights[m] * (values[m] - scalar->lower[m]);
        largest = fmax(largest, weighted);
        sum += weighted;
    }
    return largest + AUGMENTATION * sum;
}

/* Weights uniform on the simplex: shares of exponential draws. */
void weft_scalar_draw(weft_scalar *scalar, int n_objectives, const double *points, size_t n,
                      weft_rng *rng) {
    double total = 0.0;
    scalar->n_objectives = n_objectives;
    for (int m = 0; m < n_objectives; m++) {
        scalar->weights[m] = -log1p(-weft_rng_uniform(rng));
        total += scalar->weights[m];
    }
    for (int m = 0; m < n_objectives; m++) {
        double lower = INFINITY;
        double upper = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            lower = fmin(lower, points[i * (size_t)n_objectives + (size_t)m]);
            upper = fmax(upper, points[i * (size_t)n_objectives + (size_t)m]);
        }
        scalar->lower[m] = lower;
        scalar->weights[m] /= total * (upper > lower ? upper - lower : 1.0);
    }
    scalar->best = INFINITY;
    for (size_t i = 0; i < n; i++) {
        scalar->best = fmin(scalar->best, scalar_of(scalar, &points[i * (size_t)n_objectives]));
    }
    for (int d = 0; d < WEFT_SCALAR_DRAWS; d++) {
        for (int m = 0; m < n_objectives; m++) {
            scalar->draws[d][m] = weft_rng_normal(rng);
        }
    }
}

double weft_scalar_log_improvement(const weft_scalar *scalar, const double *means,
                                   const double *deviations) {
    double sum = 0.0;
    double nearest = INFINITY;
    for (int d = 0; d < WEFT_SCALAR_DRAWS; d++) {
        double values[WEFT_MAX_OBJECTIVES];
        for (int m = 0; m < scalar->n_objectives; m++) {
            values[m] = means[m] + deviations[m] * scalar->draws[d][m];
        }
        double excess = scalar_of(scalar, values) - scalar->best;
        sum += fmax(-excess, 0.0);
        nearest = fmin(nearest, excess);
    }
    return sum > 0.0 ? log(fmax(sum / WEFT_SCALAR_DRAWS, DBL_MIN)) : log(DBL_MIN) - nearest;
}
