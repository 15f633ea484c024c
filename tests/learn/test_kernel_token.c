/* SPDX-License-Identifier: Apache-2.0
 *
 * What sequences of tokens need: layer norm and softmax against double precision, their gradients
 * against central differences of it; tokens and embeddings against their definitions. */
#include "learn/kernel/layer_norm.h"
#include "learn/kernel/sequence.h"
#include "learn/kernel/softmax.h"
#include "learn/kernel_support.h"

static const double EPSILON = 1e-6;
static const double STEP = 1e-5;

/* ---- layer norm -------------------------------------------------------------------------------- */

/* y of one position */
static void reference_norm(const double *x, size_t n, const double *gamma, const double *beta,
                           double *y) {
    double mean = 0.0, variance = 0.0;
    for (size_t i = 0; i < n; i++) {
        mean += x[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        variance += (x[i] - mean) * (x[i] - mean) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        y[i] = gamma[i] * (x[i] - mean) / sqrt(variance + EPSILON) + beta[i];
    }
}

/* sum of dy y of one position, with argument `which` moved by `step` */
static double norm_loss(double *x, size_t n, double *gamma, double *beta, const double *dy,
                        double *which, double step) {
    double y[64], loss = 0.0, before = *which;
    *which += step;
    reference_norm(x, n, gamma, beta, y);
    *which = before;
    for (size_t i = 0; i < n; i++) {
        loss += dy[i] * y[i];
    }
    return loss;
}

typedef struct norm_round {
    int round;
    weft_type type;
    size_t positions, channels;
    values x, dy, gamma, beta;
    double *y, *dx, *dgamma, *dbeta; /* the reference's */
} norm_round;

static void reference_position(norm_round *d, size_t p) {
    size_t n = d->channels;
    double *x = d->x.exact + p * n, *gamma = d->gamma.exact, *beta = d->beta.exact;
    const double *dy = d->dy.exact + p * n;
    reference_norm(x, n, gamma, beta, d->y + p * n);
    for (size_t c = 0; c < n; c++) {
        d->dx[p * n + c] = (norm_loss(x, n, gamma, beta, dy, x + c, STEP) -
                            norm_loss(x, n, gamma, beta, dy, x + c, -STEP)) /
                           (2.0 * STEP);
        d->dgamma[c] += (norm_loss(x, n, gamma, beta, dy, gamma + c, STEP) -
                         norm_loss(x, n, gamma, beta, dy, gamma + c, -STEP)) /
                        (2.0 * STEP);
        d->dbeta[c] += (norm_loss(x, n, gamma, beta, dy, beta + c, STEP) -
                        norm_loss(x, n, gamma, beta, dy, beta + c, -STEP)) /
                       (2.0 * STEP);
    }
}

static norm_round norm_make(int round) {
    static const size_t channels[] = {3, 8, 16, 24, 37, 64};
    weft_rng rng = stream_of(1, round);
    norm_round d = {.round = round, .type = type_of(round), .channels = one_of(&rng, channels, 6)};
    d.positions = between(&rng, 1, round % 8 < 2 ? 600 : 20);
    size_t n = d.positions * d.channels;
    d.x = values_random(&rng, d.type, n, -1.0, 3.0);
    d.dy = values_random(&rng, d.type, n, -1.0, 1.5);
    d.gamma = values_random(&rng, WEFT_F32, d.channels, -2.0, 2.0);
    d.beta = values_random(&rng, WEFT_F32, d.channels, -2.0, 2.0);
    d.y = doubles(n);
    d.dx = doubles(n);
    d.dgamma = doubles(d.channels);
    d.dbeta = doubles(d.channels);
    for (size_t p = 0; p < d.positions; p++) {
        reference_position(&d, p);
    }
    return d;
}

static void norm_free(norm_round *d) {
    values_free(&d->x);
    values_free(&d->dy);
    values_free(&d->gamma);
    values_free(&d->beta);
    free(d->y);
    free(d->dx);
    free(d->dgamma);
    free(d->dbeta);
}

static void check_norm(norm_round *d) {
    values y = values_make(d->type, d->x.n), dx = values_make(d->type, d->x.n);
    values mean = values_make(WEFT_F32, d->positions),
           inverse = values_make(WEFT_F32, d->positions);
    values dgamma = values_make(WEFT_F32, d->channels), dbeta = values_make(WEFT_F32, d->channels);
    scratch s = scratch_make(weft_layer_norm_scratch(d->channels));
    weft_layer_norm_forward(d->type, d->x.at, d->positions, d->channels, EPSILON, d->gamma.at,
                            d->beta.at, y.at, mean.at, inverse.at);
    values_check(&y, d->y, 1e-5 * (1.0 + largest(d->y, y.n)), "y", d->round);
    canaries_live(&mean, "mean", d->round);
    canaries_live(&inverse, "inverse", d->round);
    for (int pass = 0; pass < 3; pass++) { /* dx aside, not wanted, in place */
        void *place = pass == 0 ? dx.at : pass == 1 ? NULL : d->dy.at;
        weft_layer_norm_backward(d->type, d->x.at, d->dy.at, d->positions, d->channels, d->gamma.at,
                                 mean.at, inverse.at, place, dgamma.at, dbeta.at, s.at);
        values_check(&dgamma, d->dgamma, 1e-5 * (1.0 + largest(d->dgamma, dgamma.n)), "dgamma",
                     d->round);
        values_check(&dbeta, d->dbeta, 1e-5 * (1.0 + largest(d->dbeta, dbeta.n)), "dbeta",
                     d->round);
    }
    values_check(&dx, d->dx, 2e-5 * (1.0 + largest(d->dx, dx.n)), "dx", d->round);
    assert_memory_equal(d->dy.at, dx.at, dx.n * weft_type_size(d->type));
    scratch_free(&s, "layer norm", d->round);
    values_free(&y);
    values_free(&dx);
    values_free(&mean);
    values_free(&inverse);
    values_free(&dgamma);
    values_free(&dbeta);
}

static void test_layer_norm(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(40); round++) {
        norm_round d = norm_make(round);
        check_norm(&d);
        norm_free(&d);
    }
}

/* ---- softmax ----------------------------------------------------------------------------------- */

static void reference_softmax(const double *x, size_t n, double *y) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += exp(x[i]);
    }
    for (size_t i = 0; i < n; i++) {
        y[i] = exp(x[i]) / sum;
    }
}

/* dx_i = sum over j of dy_j y_j ([i = j] - y_i), from the results as they are stored. */
static void reference_softmax_gradient(const double *y, const double *dy, size_t n, double *dx) {
    for (size_t i = 0; i < n; i++) {
        dx[i] = 0.0;
        for (size_t j = 0; j < n; j++) {
            dx[i] += dy[j] * y[j] * ((i == j ? 1.0 : 0.0) - y[i]);
        }
    }
}

static void test_softmax(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(60); round++) {
        weft_rng rng = stream_of(2, round);
        weft_type type = type_of(round);
        size_t groups = between(&rng, 1, 4), width = between(&rng, 1, 70);
        size_t positions = between(&rng, 1, 9), n = positions * groups * width;
        values x = values_random(&rng, type, n, -8.0, 8.0);
        values dy = values_random(&rng, type, n, -1.0, 1.0);
        values y = values_make(type, n), dx = values_make(type, n);
        double *want = doubles(n);
        for (size_t at = 0; at < n; at += width) {
            reference_softmax(x.exact + at, width, want + at);
        }
        weft_softmax_forward(type, x.at, positions, groups * width, groups, y.at);
        values_check(&y, want, 2e-6, "y", round);
        for (size_t i = 0; i < n; i++) {
            y.exact[i] = values_get(&y, i);
        }
        /* A part of bf16 results does not sum to 1 exactly: y_i sum of dy y, as it stands. */
        for (size_t at = 0; at < n; at += width) {
            reference_softmax_gradient(y.exact + at, dy.exact + at, width, want + at);
        }
        weft_softmax_backward(type, y.at, dy.at, positions, groups * width, groups, dx.at);
        values_check(&dx, want, 2e-6, "dx", round);
        weft_softmax_backward(type, y.at, dy.at, positions, groups * width, groups, dy.at);
        assert_memory_equal(dy.at, dx.at, n * weft_type_size(type));
        weft_softmax_forward(type, x.at, positions, groups * width, groups, x.at);
        assert_memory_equal(x.at, y.at, n * weft_type_size(type));
        values_free(&x);
        values_free(&dy);
        values_free(&y);
        values_free(&dx);
        free(want);
    }
}

/* Large values do not overflow, masked ones get nothing, a part of masks alone is not a number. */
static void test_softmax_edges(void **state) {
    (void)state;
    const float x[] = {1000.0F, 999.0F, -INFINITY, -1000.0F, -INFINITY, -INFINITY, 1.0F, NAN};
    float y[8];
    weft_softmax_forward(WEFT_F32, x, 1, 4, 1, y);
    assert_true(fabs((double)y[0] - 1.0 / (1.0 + exp(-1.0))) < 1e-6);
    assert_true(fabs((double)y[1] - 1.0 / (1.0 + exp(1.0))) < 1e-6);
    assert_true(y[2] == 0.0F && y[3] == 0.0F);
    weft_softmax_forward(WEFT_F32, x + 4, 1, 4, 2, y + 4);
    for (int i = 4; i < 8; i++) {
        assert_true(isnan(y[i]));
    }
}

/* ---- tokens ------------------------------------------------------------------------------------ */

static void check_tokens(int round) {
    weft_rng rng = stream_of(3, round);
    weft_type type = type_of(round);
    size_t images = between(&rng, 1, 3), positions = between(&rng, 1, 9);
    size_t channels = between(&rng, 1, 20), entries = (size_t)round / 2 % 3;
    size_t tokens = positions + entries;
    values x = values_random(&rng, type, images * positions * channels, -1.0, 1.0);
    values table = values_random(&rng, WEFT_F32, entries * channels, -1.0, 1.0);
    values dy = values_random(&rng, type, images * tokens * channels, -1.0, 1.0);
    values y = values_make(type, dy.n), dx = values_make(type, x.n);
    values dtable = values_make(WEFT_F32, table.n);
    double *want = doubles(dy.n), *want_dx = doubles(x.n), *want_table = doubles(table.n);
    for (size_t i = 0; i < dy.n; i++) {
        size_t c = i % channels, t = i / channels % tokens, image = i / channels / tokens;
        if (t < entries) {
            want[i] = table.exact[t * channels + c];
            want_table[t * channels + c] += dy.exact[i];
        } else {
            size_t from = (image * positions + t - entries) * channels + c;
            want[i] = x.exact[from];
            want_dx[from] = dy.exact[i];
        }
    }
    weft_tokens_forward(type, x.at, entries > 0 ? table.at : NULL, y.at, images, positions,
                        channels, entries);
    values_check(&y, want, 0.0, "tokens", round);
    weft_tokens_backward(type, dy.at, dx.at, entries > 0 ? dtable.at : NULL, images, positions,
                         channels, entries);
    values_check(&dx, want_dx, 0.0, "dx", round);
    values_check(&dtable, want_table, 1e-6, "dtable", round);
    weft_tokens_backward(type, dy.at, NULL, entries > 0 ? dtable.at : NULL, images, positions,
                         channels, entries);
    values_check(&dtable, want_table, 1e-6, "dtable alone", round);
    values_free(&x);
    values_free(&table);
    values_free(&dy);
    values_free(&y);
    values_free(&dx);
    values_free(&dtable);
    free(want);
    free(want_dx);
    free(want_table);
}

static void test_tokens(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(40); round++) {
        check_tokens(round);
    }
}

static void test_token(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(20); round++) {
        weft_rng rng = stream_of(4, round);
        weft_type type = type_of(round);
        size_t images = between(&rng, 1, 3), tokens = between(&rng, 1, 6);
        size_t channels = between(&rng, 1, 20), which = between(&rng, 0, tokens - 1);
        values x = values_random(&rng, type, images * tokens * channels, -1.0, 1.0);
        values y = values_make(type, images * channels), dx = values_make(type, x.n);
        double *want = doubles(x.n), *want_dx = doubles(x.n);
        for (size_t i = 0; i < y.n; i++) {
            size_t from = (i / channels * tokens + which) * channels + i % channels;
            want[i] = want_dx[from] = x.exact[from];
        }
        weft_token_forward(type, x.at, y.at, images, tokens, channels, which);
        values_check(&y, want, 0.0, "token", round);
        weft_token_backward(type, y.at, dx.at, images, tokens, channels, which);
        values_check(&dx, want_dx, 0.0, "dx", round);
        values_free(&x);
        values_free(&y);
        values_free(&dx);
        free(want);
        free(want_dx);
    }
}

static void test_embedding(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(40); round++) {
        weft_rng rng = stream_of(5, round);
        weft_type type = type_of(round);
        size_t images = between(&rng, 1, 3), tokens = between(&rng, 1, 8);
        size_t channels = between(&rng, 1, 20), entries = tokens + between(&rng, 0, 2);
        values x = values_random(&rng, type, images * tokens * channels, -1.0, 1.0);
        values table = values_random(&rng, WEFT_F32, entries * channels, -1.0, 1.0);
        values y = values_make(type, x.n), dtable = values_make(WEFT_F32, table.n);
        double *want = doubles(x.n), *want_table = doubles(table.n);
        for (size_t i = 0; i < x.n; i++) {
            size_t t = i / channels % tokens;
            size_t k = t * channels + i % channels;
            want[i] = x.exact[i] + table.exact[k];
            want_table[k] += x.exact[i];
        }
        weft_add_embedding_forward(type, x.at, table.at, y.at, images, tokens, channels);
        values_check(&y, want, 1e-6, "embedding", round);
        weft_add_embedding_backward(type, x.at, dtable.at, images, tokens, channels, entries);
        values_check(&dtable, want_table, 1e-5, "dtable", round);
        weft_add_embedding_forward(type, x.at, table.at, x.at, images, tokens, channels);
        assert_memory_equal(x.at, y.at, x.n * weft_type_size(type));
        values_free(&x);
        values_free(&table);
        values_free(&y);
        values_free(&dtable);
        free(want);
        free(want_table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_norm),    cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_softmax_edges), cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_token),         cmocka_unit_test(test_embedding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
