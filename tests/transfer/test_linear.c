/* SPDX-License-Identifier: Apache-2.0
 *
 * The linear forms against their definitions: proximal operators and the published loss against random
 * points around them, leave-one-out against fits without a measurement, written as plain elimination. */
#include "transfer/support.h"

#include "transfer/evidence.h"
#include "transfer/linear.h"
#include "transfer/mixture.h"

enum { N = 24, WIDE = 64 };

/* Solves a x = b (n, n) by elimination with pivots, in place; b becomes x. */
static void eliminate(double *a, double *b, int n) {
    for (int k = 0; k < n; k++) {
        int best = k;
        for (int i = k + 1; i < n; i++) {
            best = fabs(a[i * n + k]) > fabs(a[best * n + k]) ? i : best;
        }
        for (int j = 0; j < n; j++) {
            double kept = a[k * n + j];
            a[k * n + j] = a[best * n + j];
            a[best * n + j] = kept;
        }
        double kept = b[k];
        b[k] = b[best];
        b[best] = kept;
        for (int i = 0; i < n; i++) {
            double factor = i == k ? 0.0 : a[i * n + k] / a[k * n + k];
            for (int j = k; j < n; j++) {
                a[i * n + j] -= factor * a[k * n + j];
            }
            b[i] -= factor * b[k];
        }
    }
    for (int i = 0; i < n; i++) {
        b[i] /= a[i * n + i];
    }
}

static double norm_of(weft_norm norm, const double *v, int n) {
    double sum = 0.0, square = 0.0, largest = 0.0;
    for (int i = 0; i < n; i++) {
        sum += fabs(v[i]);
        square += v[i] * v[i];
        largest = fmax(largest, fabs(v[i]));
    }
    return norm == WEFT_NORM_1 ? sum : norm == WEFT_NORM_2 ? sqrt(square) : largest;
}

/* The point of least |x - v|^2 / 2 + t |x|_p: no step away from it lowers that. */
static void proximal_points_are_least(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        for (weft_norm norm = WEFT_NORM_1; norm <= WEFT_NORM_INF; norm++) {
            double v[8], x[8], room[8], tried[8];
            weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, (uint64_t)norm);
            double t = 3.0 * weft_rng_uniform(&rng);
            for (int i = 0; i < 8; i++) {
                v[i] = x[i] = weft_rng_normal(&rng);
            }
            weft_norm_prox(norm, x, 8, t, room);
            double least = t * norm_of(norm, x, 8);
            for (int i = 0; i < 8; i++) {
                least += 0.5 * (x[i] - v[i]) * (x[i] - v[i]);
            }
            for (int k = 0; k < 300; k++) {
                double size = pow(10.0, -4.0 * weft_rng_uniform(&rng)), value = 0.0;
                for (int i = 0; i < 8; i++) {
                    tried[i] = x[i] + size * weft_rng_normal(&rng);
                    value += 0.5 * (tried[i] - v[i]) * (tried[i] - v[i]);
                }
                value += t * norm_of(norm, tried, 8);
                assert_true(value >= least - 1e-12);
            }
        }
    }
}

/* A table, its one-hot rows as plain arrays, and N measurements. */
typedef struct fixture {
    weft_device_table *table;
    weft_onehot onehot;
    int places[N];
    double y[N], rows[N][WIDE], predicted[400], left_out[N];
    weft_linear linear;
} fixture;

static void set_up(fixture *f, uint64_t seed) {
    weft_error error = {0};
    char *text = cell_table(400, seed, 0.3);
    f->table = parse(text, NULL);
    free(text);
    expect_ok(weft_onehot_create(f->table, &f->onehot, &error), &error);
    assert_int_equal(f->onehot.width, 30);
    expect_ok(weft_device_draw(f->table, 0, 1, N, seed, f->places, &error), &error);
    memset(f->rows, 0, sizeof f->rows);
    for (int i = 0; i < N; i++) {
        int columns[WEFT_MAX_POSITIONS + 1];
        double numbers[WEFT_MAX_NUMBERS];
        f->y[i] = weft_device_table_values(f->table, 1)[f->places[i]];
        int n = weft_onehot_row(&f->onehot, f->places[i], columns, numbers);
        assert_int_equal(n, 6);
        for (int k = 0; k < n; k++) {
            f->rows[i][columns[k]] = 1.0;
        }
    }
    f->linear = (weft_linear){.onehot = &f->onehot,
                              .proxy = weft_device_table_values(f->table, 0),
                              .places = f->places,
                              .y = f->y,
                              .n = N,
                              .predicted = f->predicted,
                              .left_out = f->left_out};
}

static void tear_down(fixture *f) {
    weft_onehot_free(&f->onehot);
    weft_device_table_destroy(f->table);
}

/* The residual's ridge with an intercept, fitted without row `out`: its prediction of that row. */
static double ridge_without(const fixture *f, const double *residual, double lambda, int out) {
    static double a[(WIDE + 1) * (WIDE + 1)], b[WIDE + 1];
    int width = f->onehot.width + 1;
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    for (int i = 0; i < N; i++) {
        for (int j = 0; i != out && j < width; j++) {
            double x = j + 1 < width ? f->rows[i][j] : 1.0;
            for (int k = 0; k < width; k++) {
                a[j * width + k] += x * (k + 1 < width ? f->rows[i][k] : 1.0);
            }
            b[j] += x * residual[i];
        }
    }
    for (int j = 0; j + 1 < width; j++) {
        a[j * width + j] += lambda;
    }
    eliminate(a, b, width);
    double sum = b[width - 1];
    for (int j = 0; j + 1 < width; j++) {
        sum += b[j] * f->rows[out][j];
    }
    return sum;
}

static void ridge_leaves_one_out(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        static fixture f;
        double residual[N], x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
        weft_error error = {0};
        set_up(&f, seed);
        expect_ok(weft_linear_ridge(&f.linear, &error), &error);
        for (int i = 0; i < N; i++) {
            x += f.linear.proxy[f.places[i]] / N;
            y += f.y[i] / N;
        }
        for (int i = 0; i < N; i++) {
            double off = f.linear.proxy[f.places[i]] - x;
            xx += off * off;
            xy += off * (f.y[i] - y);
        }
        for (int i = 0; i < N; i++) {
            residual[i] = f.y[i] - y - xy / xx * (f.linear.proxy[f.places[i]] - x);
        }
        for (int i = 0; i < N; i++) {
            double line = f.y[i] - residual[i];
            assert_float_equal(f.left_out[i],
                               line + ridge_without(&f, residual, f.linear.lambda, i), 1e-4);
        }
        tear_down(&f);
    }
}

/* The published loss at weights w (a + b), offset c. */
static double published_loss(const fixture *f, const double *w, weft_norm norm, double lambda,
                             double a, const double *b, double c, double scale) {
    double sum = 0.0;
    for (int i = 0; i < N; i++) {
        double value = c - f->y[i] / scale;
        for (int j = 0; j < f->onehot.width; j++) {
            value += f->rows[i][j] * w[j] / scale * (a + b[j]);
        }
        sum += value * value / N;
    }
    return sum + lambda * norm_of(norm, b, f->onehot.width);
}

/* The penalty is one of those tried, and the form ranks what was not measured. */
static void published_form_ranks(void **state) {
    (void)state;
    static fixture f;
    weft_error error = {0};
    set_up(&f, 5);
    for (weft_norm norm = WEFT_NORM_1; norm <= WEFT_NORM_INF; norm++) {
        expect_ok(weft_linear_published(&f.linear, norm, &error), &error);
        double srcc, steps;
        expect_ok(weft_spearman(f.predicted, weft_device_table_values(f.table, 1), f.table->n,
                                &srcc, NULL, &error),
                  &error);
        steps = 2.0 * log10(f.linear.lambda);
        assert_true(srcc > 0.5);
        assert_true(fabs(steps - round(steps)) < 1e-9 && steps >= -10.0 && steps <= 2.0);
    }
    tear_down(&f);
}

/* A target that is a line of the proxy's own linear model needs no correction. */
static void published_form_finds_a_line(void **state) {
    (void)state;
    static fixture f;
    weft_error error = {0};
    double w[WIDE] = {0.0}, zero[WIDE] = {0.0};
    set_up(&f, 6);
    expect_ok(weft_onehot_fit(&f.onehot, f.linear.proxy, 1e-8, w, &error), &error);
    for (int i = 0; i < N; i++) {
        f.y[i] = 3.0 + 2.0 * weft_onehot_dot(&f.onehot, f.places[i], w);
    }
    assert_float_equal(published_loss(&f, w, WEFT_NORM_2, 1.0, 2.0, zero, 3.0, 1.0), 0.0, 1e-12);
    for (weft_norm norm = WEFT_NORM_1; norm <= WEFT_NORM_INF; norm++) {
        expect_ok(weft_linear_published(&f.linear, norm, &error), &error);
        for (int i = 0; i < f.table->n; i++) {
            assert_float_equal(f.predicted[i], 3.0 + 2.0 * weft_onehot_dot(&f.onehot, i, w), 1e-3);
        }
    }
    tear_down(&f);
}

/* ---- evidence -------------------------------------------------------------------------------------- */

/* log p of the scales, by plain elimination and its pivots. */
static double slow_density(const weft_evidence *e, const double *scales) {
    static double k[N * N], solved[N];
    int n = e->n;
    double value = 0.0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            k[i * n + j] = WEFT_MEAN_VARIANCE + (i == j ? scales[e->n_terms] + 1e-6 : 0.0);
            for (int t = 0; t < e->n_terms; t++) {
                k[i * n + j] += scales[t] * e->terms[t][i * n + j];
            }
        }
        solved[i] = e->y[i];
    }
    for (int p = 0; p < n; p++) { /* positive definite: no pivoting */
        value -= 0.5 * log(k[p * n + p]);
        for (int i = p + 1; i < n; i++) {
            double factor = k[i * n + p] / k[p * n + p];
            for (int j = p; j < n; j++) {
                k[i * n + j] -= factor * k[p * n + j];
            }
            solved[i] -= factor * solved[p];
        }
    }
    for (int p = 0; p < n; p++) {
        value -= 0.5 * solved[p] * solved[p] / k[p * n + p];
    }
    for (int t = 0; t <= e->n_terms; t++) {
        double off = (log(scales[t]) - e->mean[t]) / e->spread[t];
        value -= 0.5 * off * off;
    }
    return value;
}

/* The evidence by points drawn around the peak, each over the density that it was drawn with; up to the
 * normalisation of the prior, which is 1 / sqrt(2 pi) / s a scale. */
static double integral(const weft_evidence *e, const double *scales, double density,
                       weft_rng *rng) {
    const double wide = 1.2;
    double sum = 0.0;
    for (int k = 0; k < 4000; k++) {
        double tried[4], weight = 0.0;
        for (int t = 0; t < 4; t++) {
            double step = weft_rng_normal(rng);
            tried[t] = scales[t] * exp(wide * step);
            weight += 0.5 * step * step + log(wide) - log(e->spread[t]);
        }
        sum += exp(slow_density(e, tried) - density + weight) / 4000.0;
    }
    return density + log(sum);
}

static void evidence_is_at_its_peak(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        static double terms[3][N * N], room[4000];
        double y[N], x[3][N], scales[4], evidence, density;
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 9);
        weft_error error = {0};
        assert_true(weft_evidence_room(N, 3) <= sizeof room / sizeof *room);
        for (int i = 0; i < N; i++) {
            for (int t = 0; t < 3; t++) {
                x[t][i] = weft_rng_normal(&rng);
            }
            y[i] = x[0][i] + 0.3 * x[1][i] + 0.2 * weft_rng_normal(&rng);
        }
        weft_evidence e = {.n = N, .n_terms = 3, .y = y};
        for (int t = 0; t < 3; t++) {
            for (int i = 0; i < N * N; i++) {
                terms[t][i] = x[t][i / N] * x[t][i % N];
            }
            e.terms[t] = terms[t];
        }
        for (int t = 0; t < 4; t++) {
            e.mean[t] = log(0.1);
            e.spread[t] = 2.0;
        }
        expect_ok(weft_evidence_fit(&e, room, scales, &evidence, &error), &error);
        density = slow_density(&e, scales);
        for (int k = 0; k < 200; k++) {
            double tried[4];
            for (int t = 0; t < 4; t++) {
                tried[t] = scales[t] * exp(0.7 * weft_rng_normal(&rng));
            }
            assert_true(slow_density(&e, tried) < density + 0.05); /* up to where it stops */
        }
        assert_true(fabs(evidence - integral(&e, scales, density, &rng)) < 1.0);
    }
}

/* The closed form of a measurement left out against a model without it, with the same scales. */
static void mixture_leaves_one_out(void **state) {
    (void)state;
    static fixture f;
    weft_error error = {0};
    weft_descriptions d;
    weft_mixture mixture;
    set_up(&f, 8);
    expect_ok(weft_descriptions_create(&f.onehot, f.linear.proxy, &d, &error), &error);
    expect_ok(weft_mixture_fit(&d, f.places, f.y, N, &mixture, &error), &error);
    double weights = 0.0;
    for (int m = 0; m < mixture.n_models; m++) {
        weights += mixture.models[m].weight;
        for (int out = 0; out < N && mixture.models[m].weight > 0.0; out++) {
            double k[(N - 1) * (N - 1)], z[N - 1], predicted = 0.0;
            int kept[N - 1], n = 0;
            for (int i = 0; i < N; i++) {
                if (i != out) {
                    z[n] = mixture.z[i];
                    kept[n++] = f.places[i];
                }
            }
            for (int i = 0; i < n * n; i++) {
                k[i] = weft_mixture_covariance(&mixture, m, kept[i / n], kept[i % n]) +
                       (i / n == i % n ? weft_mixture_noise(&mixture, m) + 1e-6 : 0.0);
            }
            eliminate(k, z, n);
            for (int i = 0; i < n; i++) {
                predicted += z[i] * weft_mixture_covariance(&mixture, m, kept[i], f.places[out]);
            }
            assert_float_equal(mixture.models[m].left_out[out], predicted, 1e-3);
        }
    }
    assert_float_equal(weights, 1.0, 1e-5);
    weft_mixture_free(&mixture);
    weft_descriptions_free(&d);
    tear_down(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proximal_points_are_least), cmocka_unit_test(ridge_leaves_one_out),
        cmocka_unit_test(published_form_ranks),      cmocka_unit_test(published_form_finds_a_line),
        cmocka_unit_test(evidence_is_at_its_peak),   cmocka_unit_test(mixture_leaves_one_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
