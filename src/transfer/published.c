/* SPDX-License-Identifier: Apache-2.0
 *
 * The published adaptation. a and c are eliminated: what they can explain is projected away, which leaves
 *
 *     min_b (1/n) |P (Z b - y)|^2 + lambda |b|_p,   Z = X diag(w),   P onto what is orthogonal to 1 and Z 1,
 *
 * solved by accelerated proximal gradients (A. Beck and M. Teboulle, SIAM J. Imaging Sciences 2(1), 2009).
 * y is divided by its standard deviation, so that lambda has no unit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/linear.h"

enum { LAMBDAS = 13, STEPS = 300, POWER_STEPS = 30, FOLDS = 5, SHARE = 7 };

/* Of the proxy's weights: nothing but a choice among equal solutions. */
static const double PENALTY = 1e-8;

/* A step this short ends the search. */
static const double SHORT = 1e-6;

/* ---- proximal operators ---------------------------------------------------------------------- */

static int falling(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The threshold that takes |v|_1 to `radius` (J. Duchi et al., ICML 2008); 0: it is within. */
static double l1_threshold(const double *v, int n, double radius, double *room) {
    double sum = 0.0, threshold = 0.0;
    for (int i = 0; i < n; i++) {
        room[i] = fabs(v[i]);
        sum += room[i];
    }
    if (sum <= radius) {
        return 0.0;
    }
    qsort(room, (size_t)n, sizeof *room, falling);
    sum = 0.0;
    for (int i = 0; i < n; i++) {
        sum += room[i];
        if (room[i] > (sum - radius) / (i + 1)) {
            threshold = (sum - radius) / (i + 1);
        }
    }
    return threshold;
}

void weft_norm_prox(weft_norm norm, double *v, int n, double t, double *room) {
    if (norm == WEFT_NORM_2) {
        double length = 0.0;
        for (int i = 0; i < n; i++) {
            length += v[i] * v[i];
        }
        length = sqrt(length);
        for (int i = 0; i < n; i++) {
            v[i] *= length > t ? 1.0 - t / length : 0.0;
        }
        return;
    }
    /* |.|_inf: v less its projection onto the ball of |.|_1 of radius t (Moreau), which cuts v off at the
     * threshold of that projection. */
    double cut = norm == WEFT_NORM_INF ? l1_threshold(v, n, t, room) : t;
    for (int i = 0; i < n; i++) {
        double beyond = fmax(fabs(v[i]) - cut, 0.0);
        double size = norm == WEFT_NORM_1 ? beyond : cut > 0.0 ? fmin(fabs(v[i]), cut) : 0.0;
        v[i] = copysign(size, v[i]);
    }
}

/* ---- one problem ----------------------------------------------------------------------------- */

/* Rows that count, projected. */
typedef struct fit {
    int n, width;
    double *z, *y;                                /* (n, width), (n): as they are */
    double *pz, *py;                              /* projected */
    double *b, *ahead, *before, *gradient, *room; /* (width) */
    double *off;                                  /* (n) */
    double steepest;
    double a, c;
} fit;

static void project(const double *q, int n, double *x, int stride) {
    double along = 0.0;
    for (int i = 0; i < n; i++) {
        along += q[i] * x[(size_t)i * (size_t)stride];
    }
    for (int i = 0; i < n; i++) {
        x[(size_t)i * (size_t)stride] -= along * q[i];
    }
}

/* Takes 1 and Z 1 away from all columns and from y; the room of the residuals holds the directions. */
static void project_all(fit *f) {
    double *q = f->off;
    for (int direction = 0; direction < 2; direction++) {
        double length = 0.0;
        for (int i = 0; i < f->n; i++) {
            q[i] = 1.0;
            for (int k = 0; direction == 1 && k < f->width; k++) {
                q[i] = k == 0 ? 0.0 : q[i];
                q[i] += f->pz[(size_t)i * (size_t)f->width + (size_t)k];
            }
        }
        for (int i = 0; i < f->n; i++) {
            length += q[i] * q[i];
        }
        for (int i = 0; i < f->n; i++) {
            q[i] = length > 1e-20 ? q[i] / sqrt(length) : 0.0;
        }
        for (int k = 0; k < f->width; k++) {
            project(q, f->n, f->pz + k, f->width);
        }
        project(q, f->n, f->py, 1);
    }
}

/* off = PZ b - Py; gradient = 2/n PZ' off. */
static void differentiate(fit *f, const double *b, bool alone) {
    memset(f->gradient, 0, (size_t)f->width * sizeof *f->gradient);
    for (int i = 0; i < f->n; i++) {
        const double *row = f->pz + (size_t)i * (size_t)f->width;
        double off = alone ? 0.0 : -f->py[i];
        for (int k = 0; k < f->width; k++) {
            off += row[k] * b[k];
        }
        for (int k = 0; k < f->width; k++) {
            f->gradient[k] += 2.0 / f->n * off * row[k];
        }
    }
}

/* The largest eigenvalue of 2/n PZ'PZ, a little more. */
static void find_steepest(fit *f) {
    for (int k = 0; k < f->width; k++) {
        f->ahead[k] = 1.0 + 0.1 * (k % 7);
    }
    for (int s = 0; s < POWER_STEPS; s++) {
        double length = 0.0;
        differentiate(f, f->ahead, true);
        for (int k = 0; k < f->width; k++) {
            length += f->gradient[k] * f->gradient[k];
        }
        f->steepest = sqrt(length);
        for (int k = 0; k < f->width; k++) {
            f->ahead[k] = length > 0.0 ? f->gradient[k] / f->steepest : 0.0;
        }
    }
    f->steepest *= 1.1;
}

/* From where b stands; then a and c by least squares. */
static void minimise(fit *f, weft_norm norm, double lambda) {
    double momentum = 1.0, moved = INFINITY;
    memcpy(f->ahead, f->b, (size_t)f->width * sizeof *f->b);
    for (int s = 0; s < STEPS && moved > SHORT && f->steepest > 0.0; s++) {
        memcpy(f->before, f->b, (size_t)f->width * sizeof *f->b);
        differentiate(f, f->ahead, false);
        for (int k = 0; k < f->width; k++) {
            f->b[k] = f->ahead[k] - f->gradient[k] / f->steepest;
        }
        weft_norm_prox(norm, f->b, f->width, lambda / f->steepest, f->room);
        double next = 0.5 * (1.0 + sqrt(1.0 + 4.0 * momentum * momentum));
        moved = 0.0;
        for (int k = 0; k < f->width; k++) {
            double way = f->b[k] - f->before[k];
            moved = fmax(moved, fabs(way));
            f->ahead[k] = f->b[k] + (momentum - 1.0) / next * way;
        }
        momentum = next;
    }
    double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < f->n; i++) {
            double sum = 0.0, rest = f->y[i];
            for (int k = 0; k < f->width; k++) {
                double z = f->z[(size_t)i * (size_t)f->width + (size_t)k];
                sum += z;
                rest -= z * f->b[k];
            }
            x += pass == 0 ? sum / f->n : 0.0;
            y += pass == 0 ? rest / f->n : 0.0;
            xx += pass == 1 ? (sum - x) * (sum - x) : 0.0;
            xy += pass == 1 ? (sum - x) * (rest - y) : 0.0;
        }
    }
    f->a = xx > 1e-20 ? xy / xx : 0.0;
    f->c = y - f->a * x;
}

static double predict(const fit *f, const double *row) {
    double sum = f->c;
    for (int k = 0; k < f->width; k++) {
        sum += row[k] * (f->a + f->b[k]);
    }
    return sum;
}

/* ---- the whole ------------------------------------------------------------------------------- */

typedef struct work {
    weft_linear *linear;
    weft_norm norm;
    double *weights, *rows, *y; /* (width) of the proxy, (n, width) of X diag(w), (n) scaled */
    double scale;
    fit f;
    double *block;
} work;

static weft_status work_create(work *w, weft_error *error) {
    size_t n = (size_t)w->linear->n, width = (size_t)w->linear->onehot->width;
    size_t size = 6 * width + 3 * n * width + 4 * n;
    w->block = calloc(size + 1, sizeof *w->block);
    if (w->block == NULL) {
        return weft_fail_memory(error, size * sizeof *w->block);
    }
    double *at = w->block;
    w->f = (fit){.width = w->linear->onehot->width};
    w->weights = at;
    w->f.b = at + width;
    w->f.ahead = at + 2 * width;
    w->f.before = at + 3 * width;
    w->f.gradient = at + 4 * width;
    w->f.room = at + 5 * width;
    w->rows = at + 6 * width;
    w->f.z = w->rows + n * width;
    w->f.pz = w->f.z + n * width;
    w->y = w->f.pz + n * width;
    w->f.y = w->y + n;
    w->f.py = w->f.y + n;
    w->f.off = w->f.py + n;
    return weft_onehot_fit(w->linear->onehot, w->linear->proxy, PENALTY, w->weights, error);
}

static void make_rows(work *w) {
    const weft_linear *linear = w->linear;
    size_t width = (size_t)linear->onehot->width;
    double mean = 0.0, square = 0.0;
    for (int i = 0; i < linear->n; i++) {
        int columns[WEFT_MAX_POSITIONS + 1];
        double numbers[WEFT_MAX_NUMBERS], *row = w->rows + (size_t)i * width;
        int n = weft_onehot_row(linear->onehot, linear->places[i], columns, numbers);
        for (int k = 0; k < n; k++) {
            row[columns[k]] = w->weights[columns[k]];
        }
        for (int k = 0; k < linear->onehot->table->code.n_numbers; k++) {
            int column = linear->onehot->n_choices + k;
            row[column] = numbers[k] * w->weights[column];
        }
        mean += linear->y[i] / linear->n;
    }
    for (int i = 0; i < linear->n; i++) {
        square += (linear->y[i] - mean) * (linear->y[i] - mean) / linear->n;
    }
    w->scale = square > 0.0 ? sqrt(square) : 1.0;
    for (int i = 0; i < linear->n; i++) {
        w->y[i] = linear->y[i] / w->scale;
    }
    for (size_t i = 0; i < (size_t)linear->n * width; i++) {
        w->rows[i] /= w->scale;
    }
}

/* Takes the rows whose place modulo `of` is not `out` (out < 0: all). */
static void take(work *w, int of, int out) {
    fit *f = &w->f;
    size_t width = (size_t)f->width;
    f->n = 0;
    for (int i = 0; i < w->linear->n; i++) {
        if (i % of != out) {
            memcpy(f->z + (size_t)f->n * width, w->rows + (size_t)i * width, width * sizeof *f->z);
            f->y[f->n] = f->py[f->n] = w->y[i];
            f->n++;
        }
    }
    memcpy(f->pz, f->z, (size_t)f->n * width * sizeof *f->z);
    project_all(f);
    find_steepest(f);
}

/* The penalty, from the largest down, that ranks the rows kept out best. */
static weft_status choose(work *w, double *predicted, weft_error *error) {
    int n = w->linear->n, kept = 0;
    double best = -INFINITY;
    double *truth = predicted + n;
    take(w, SHARE, SHARE - 1);
    for (int l = 0; l < LAMBDAS; l++) {
        double lambda = pow(10.0, 1.0 - 0.5 * l), srcc;
        minimise(&w->f, w->norm, lambda);
        kept = 0;
        for (int i = SHARE - 1; i < n; i += SHARE) {
            predicted[kept] = predict(&w->f, w->rows + (size_t)i * (size_t)w->f.width);
            truth[kept++] = w->y[i];
        }
        WEFT_TRY(weft_spearman(predicted, truth, kept, &srcc, NULL, error));
        if (l == 0 || srcc > best) {
            best = isnan(srcc) ? -INFINITY : srcc;
            w->linear->lambda = lambda;
        }
    }
    return WEFT_OK;
}

/* All measurements, then folds of them from where that ended. */
static void finish(work *w) {
    weft_linear *linear = w->linear;
    size_t width = (size_t)w->f.width;
    int folds = linear->n < FOLDS ? linear->n : FOLDS;
    take(w, 1, -1);
    minimise(&w->f, w->norm, linear->lambda);
    for (size_t k = 0; k < width; k++) {
        w->weights[k] *= w->f.a + w->f.b[k];
    }
    for (int i = 0; i < linear->onehot->table->n; i++) {
        linear->predicted[i] = w->scale * w->f.c + weft_onehot_dot(linear->onehot, i, w->weights);
    }
    for (int k = 0; k < folds; k++) {
        take(w, folds, k);
        minimise(&w->f, w->norm, linear->lambda);
        for (int i = k; i < linear->n; i += folds) {
            linear->left_out[i] = w->scale * predict(&w->f, w->rows + (size_t)i * width);
        }
    }
}

weft_status weft_linear_published(weft_linear *linear, weft_norm norm, weft_error *error) {
    work w = {.linear = linear, .norm = norm};
    double *room = malloc(2 * (size_t)linear->n * sizeof *room);
    weft_status status = room != NULL
                             ? work_create(&w, error)
                             : weft_fail_memory(error, 2 * (size_t)linear->n * sizeof *room);
    if (status == WEFT_OK) {
        make_rows(&w);
        status = choose(&w, room, error);
    }
    if (status == WEFT_OK) {
        finish(&w);
    }
    free(room);
    free(w.block);
    return status;
}
