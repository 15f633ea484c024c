/* SPDX-License-Identifier: Apache-2.0
 *
 * Batch normalisation against algorithm 1 of the paper and the gradients below it, step by step as
 * they stand there, in double precision. Pieces of a batch are summed apart and joined. */
#include "learn/kernel/batch_norm.h"
#include "learn/kernel_support.h"

static const double EPSILON = 1e-5;

enum { MAX_PIECES = 3 };

typedef struct round_data {
    int round;
    weft_type type;
    weft_clip clip;
    bool adds, from_y;
    size_t channels, positions, pieces;
    size_t begin[MAX_PIECES + 1]; /* of each piece, in positions */
    values x, z, dy, gamma, beta;
    double *mean, *variance, *y, *g, *dx, *dgamma, *dbeta; /* the reference's */
} round_data;

static double clipped(weft_clip clip, double v) {
    v = clip != WEFT_CLIP_NONE && v < 0.0 ? 0.0 : v;
    return clip == WEFT_CLIP_RELU6 && v > 6.0 ? 6.0 : v;
}

static bool is_open(weft_clip clip, double v) {
    return clip == WEFT_CLIP_NONE || (v > 0.0 && (clip == WEFT_CLIP_RELU || v < 6.0));
}

/* So near to a kink that rounding decides on which side: no gradient comes in there. In bf16 values
 * near 6 are rounded to it. */
static bool is_near_kink(const round_data *d, double v) {
    double upper = d->type == WEFT_BF16 ? 0.04 : 1e-4;
    return d->clip != WEFT_CLIP_NONE && (fabs(v) < 1e-4 || fabs(v - 6.0) < upper);
}

/* ---- the reference ----------------------------------------------------------------------------- */

static void reference_statistics(round_data *d, size_t c) {
    double n = (double)d->positions;
    for (size_t i = c; i < d->x.n; i += d->channels) {
        d->mean[c] += d->x.exact[i] / n;
    }
    for (size_t i = c; i < d->x.n; i += d->channels) {
        double difference = d->x.exact[i] - d->mean[c];
        d->variance[c] += difference * difference / n;
    }
}

static void reference_forward(round_data *d, size_t c) {
    double deviation = sqrt(d->variance[c] + EPSILON);
    for (size_t i = c; i < d->x.n; i += d->channels) {
        double h = (d->x.exact[i] - d->mean[c]) / deviation;
        double v = d->gamma.exact[c] * h + d->beta.exact[c] + (d->adds ? d->z.exact[i] : 0.0);
        if (is_near_kink(d, v)) {
            values_set(&d->dy, i, 0.0);
        }
        d->y[i] = clipped(d->clip, v);
        d->g[i] = is_open(d->clip, v) ? d->dy.exact[i] : 0.0;
        d->dgamma[c] += d->g[i] * h;
        d->dbeta[c] += d->g[i];
    }
}

/* dl/dx by way of dl/dx_hat, dl/dvariance and dl/dmean. */
static void reference_backward(round_data *d, size_t c) {
    double n = (double)d->positions, spread = d->variance[c] + EPSILON;
    double dvariance = 0.0, dmean = 0.0;
    for (size_t i = c; i < d->x.n; i += d->channels) {
        double dh = d->g[i] * d->gamma.exact[c];
        double difference = d->x.exact[i] - d->mean[c];
        dvariance += dh * difference * -0.5 * pow(spread, -1.5);
        dmean += -dh / sqrt(spread);
    }
    for (size_t i = c; i < d->x.n; i += d->channels) {
        double difference = d->x.exact[i] - d->mean[c];
        d->dx[i] = d->g[i] * d->gamma.exact[c] / sqrt(spread) + dvariance * 2.0 * difference / n +
                   dmean / n;
    }
}

/* ---- a round ----------------------------------------------------------------------------------- */

static void draw_sizes(round_data *d, weft_rng *rng) {
    static const size_t channels[] = {1, 3, 8, 16, 24, 144, 300, 17};
    d->channels = one_of(rng, channels, 8);
    d->positions = between(rng, 2, weft_rng_below(rng, 4) == 0 ? 3000 : 150);
    d->pieces = between(rng, 1, d->positions < MAX_PIECES ? d->positions : MAX_PIECES);
    for (size_t i = 0; i <= d->pieces; i++) {
        d->begin[i] = i * d->positions / d->pieces;
    }
}

static round_data round_make(int round) {
    weft_rng rng = stream_of(1, round);
    round_data d = {.round = round, .type = type_of(round)};
    d.clip = (weft_clip)(round / 2 % 3);
    d.adds = round / 6 % 2 != 0;
    d.from_y = d.adds || round / 12 % 2 != 0;
    draw_sizes(&d, &rng);
    size_t n = d.positions * d.channels;
    double offset = round % 5 == 0 ? 100.0 : 0.0; /* a mean that is large beside the deviation */
    d.x = values_random(&rng, d.type, n, offset - 2.0, offset + 3.0);
    d.z = values_random(&rng, d.type, n, -2.0, 2.0);
    d.dy = values_random(&rng, d.type, n, -1.0, 1.5);
    d.gamma = values_random(&rng, WEFT_F32, d.channels, -3.0, 3.0);
    d.beta = values_random(&rng, WEFT_F32, d.channels, -1.0, 3.0);
    double **const results[] = {&d.mean, &d.variance, &d.y, &d.g, &d.dx, &d.dgamma, &d.dbeta};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        *results[i] = doubles(n);
    }
    for (size_t c = 0; c < d.channels; c++) {
        reference_statistics(&d, c);
        reference_forward(&d, c);
        reference_backward(&d, c);
    }
    return d;
}

static void round_free(round_data *d) {
    values *const arrays[] = {&d->x, &d->z, &d->dy, &d->gamma, &d->beta};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        values_free(arrays[i]);
    }
    double *const results[] = {d->mean, d->variance, d->y, d->g, d->dx, d->dgamma, d->dbeta};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        free(results[i]);
    }
}

/* What the kernels work with. */
typedef struct machine {
    scratch patterns, others, sums;
    weft_bn bn, other; /* of the first piece, and of another */
    weft_bn_totals piece, all;
    double *mean, *variance;
} machine;

static machine machine_make(size_t channels) {
    machine m = {.patterns = scratch_make(weft_bn_bytes(channels)),
                 .others = scratch_make(weft_bn_bytes(channels)),
                 .sums = scratch_make(weft_bn_scratch(channels)),
                 .mean = doubles(channels),
                 .variance = doubles(channels)};
    m.bn = weft_bn_at(channels, m.patterns.at);
    m.other = weft_bn_at(channels, m.others.at);
    m.piece = (weft_bn_totals){doubles(channels), doubles(channels)};
    m.all = (weft_bn_totals){doubles(channels), doubles(channels)};
    return m;
}

static void machine_free(machine *m, int round) {
    scratch_free(&m->patterns, "patterns", round);
    scratch_free(&m->others, "patterns of a piece", round);
    scratch_free(&m->sums, "sums", round);
    double *const arrays[] = {m->mean,         m->variance,  m->piece.first,
                              m->piece.second, m->all.first, m->all.second};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        free(arrays[i]);
    }
}

static void clear_all(const round_data *d, machine *m) {
    memset(m->all.first, 0, d->channels * sizeof(double));
    memset(m->all.second, 0, d->channels * sizeof(double));
}

/* Where a piece begins in an array. */
static void *piece_of(const round_data *d, const values *v, size_t piece) {
    return (char *)v->at + d->begin[piece] * d->channels * weft_type_size(v->type);
}

static size_t size_of(const round_data *d, size_t piece) {
    return d->begin[piece + 1] - d->begin[piece];
}

static void run_forward(const round_data *d, machine *m, values *y) {
    clear_all(d, m);
    for (size_t i = 0; i < d->pieces; i++) {
        const weft_bn *bn = i == 0 ? &m->bn : &m->other;
        const void *x = piece_of(d, &d->x, i);
        weft_bn_guess(bn, d->type, x, size_of(d, i), m->sums.at);
        weft_bn_sum(bn, d->type, x, size_of(d, i), m->piece, m->sums.at);
        weft_bn_move(bn, &m->bn, size_of(d, i), m->piece);
        weft_bn_add(d->channels, m->piece, m->all);
    }
    weft_bn_measure(&m->bn, d->positions, m->all, m->mean, m->variance);
    weft_bn_set(&m->bn, EPSILON, d->gamma.at, d->beta.at, m->mean, m->variance);
    for (size_t i = 0; i < d->pieces; i++) {
        weft_bn_map(&m->bn, d->type, d->clip, piece_of(d, &d->x, i),
                    d->adds ? piece_of(d, &d->z, i) : NULL, piece_of(d, y, i), size_of(d, i));
    }
}

static void check_forward(const round_data *d, const machine *m, const values *y) {
    double size = d->x.exact[0] > 50.0 ? 100.0 : 1.0; /* of x, in whose last places errors are */
    for (size_t c = 0; c < d->channels; c++) {
        assert_true(fabs(m->mean[c] - d->mean[c]) <= 1e-6 * size);
        assert_true(fabs(m->variance[c] - d->variance[c]) <= 1e-5 * d->variance[c]);
    }
    values_check(y, d->y, 2e-5 * size, "y", d->round);
}

/* Backward with dz kept aside where there is an addend, in place in dy for each third round. */
static void run_backward(const round_data *d, machine *m, const values *y, values *dz, values *dx,
                         values *dgamma, values *dbeta) {
    clear_all(d, m);
    for (size_t i = 0; i < d->pieces; i++) {
        weft_bn_sum_gradient(&m->bn, d->type, d->clip, piece_of(d, &d->x, i),
                             d->from_y ? piece_of(d, y, i) : NULL, piece_of(d, &d->dy, i),
                             d->adds ? piece_of(d, dz, i) : NULL, size_of(d, i), m->piece,
                             m->sums.at);
        weft_bn_add(d->channels, m->piece, m->all);
    }
    weft_bn_set_gradient(&m->bn, d->positions, m->all, dgamma->at, dbeta->at);
    for (size_t i = 0; i < d->pieces; i++) {
        weft_bn_map_gradient(&m->bn, d->type, d->adds ? WEFT_CLIP_NONE : d->clip,
                             piece_of(d, &d->x, i), d->from_y ? piece_of(d, y, i) : NULL,
                             piece_of(d, d->adds ? dz : &d->dy, i), piece_of(d, dx, i),
                             size_of(d, i));
    }
}

static void check_backward(const round_data *d, machine *m, const values *y) {
    values dz = values_make(d->type, d->x.n), dx = values_make(d->type, d->x.n);
    values dgamma = values_make(WEFT_F32, d->channels), dbeta = values_make(WEFT_F32, d->channels);
    run_backward(d, m, y, &dz, &dx, &dgamma, &dbeta);
    if (d->adds) {
        values_check(&dz, d->g, 0.0, "dz", d->round);
    }
    double scale = 1.0 + largest(d->dgamma, d->channels) + largest(d->dbeta, d->channels);
    values_check(&dgamma, d->dgamma, 1e-4 * scale, "dgamma", d->round);
    values_check(&dbeta, d->dbeta, 1e-5 * scale, "dbeta", d->round);
    values_check(&dx, d->dx, 1e-4 * (1.0 + largest(d->dx, d->x.n)), "dx", d->round);
    /* The same in place: dz and dx are dy. */
    round_data in_place = *d;
    in_place.dy = values_copy(&d->dy);
    run_backward(&in_place, m, y, &in_place.dy, &in_place.dy, &dgamma, &dbeta);
    assert_memory_equal(in_place.dy.at, dx.at, dx.n * weft_type_size(d->type));
    canaries_live(&in_place.dy, "dy in place", d->round);
    values_free(&in_place.dy);
    values_free(&dz);
    values_free(&dx);
    values_free(&dgamma);
    values_free(&dbeta);
}

static void test_rounds(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(192); round++) {
        round_data d = round_make(round);
        machine m = machine_make(d.channels);
        values y = values_make(d.type, d.x.n), again = values_copy(&d.x);
        run_forward(&d, &m, &y);
        check_forward(&d, &m, &y);
        check_backward(&d, &m, &y);
        /* The same bits again, in place. */
        weft_bn_map(&m.bn, d.type, d.clip, again.at, d.adds ? d.z.at : NULL, again.at, d.positions);
        assert_memory_equal(again.at, y.at, y.n * weft_type_size(d.type));
        values_free(&y);
        values_free(&again);
        machine_free(&m, round);
        round_free(&d);
    }
}

/* A mean a million deviations away, and no spread at all. */
static void test_hard_statistics(void **state) {
    (void)state;
    enum { POSITIONS = 50000, CHANNELS = 2 };
    values x = values_make(WEFT_F32, POSITIONS * CHANNELS);
    for (size_t i = 0; i < POSITIONS; i++) {
        values_set(&x, i * CHANNELS, 1000.0 + (i % 2 == 0 ? 0.0009765625 : -0.0009765625));
        values_set(&x, i * CHANNELS + 1, -7.3);
    }
    machine m = machine_make(CHANNELS);
    weft_bn_guess(&m.bn, WEFT_F32, x.at, POSITIONS, m.sums.at);
    weft_bn_sum(&m.bn, WEFT_F32, x.at, POSITIONS, m.all, m.sums.at);
    weft_bn_measure(&m.bn, POSITIONS, m.all, m.mean, m.variance);
    assert_true(fabs(m.mean[0] - 1000.0) < 1e-6);
    assert_true(fabs(m.variance[0] / (0.0009765625 * 0.0009765625) - 1.0) < 1e-4);
    assert_true(fabs(m.mean[1] - x.exact[1]) < 1e-6);
    assert_true(m.variance[1] >= 0.0 && m.variance[1] < 1e-10);
    machine_free(&m, 0);
    values_free(&x);
}

static void test_running(void **state) {
    (void)state;
    enum { CHANNELS = 3, POSITIONS = 20 };
    weft_rng rng = stream_of(2, 0);
    float mean[CHANNELS] = {1.0F, 2.0F, 3.0F}, variance[CHANNELS] = {1.0F, 4.0F, 0.25F};
    const double batch_mean[CHANNELS] = {3.0, 2.0, -1.0}, batch_variance[CHANNELS] = {2.0, 0, 1.0};
    weft_bn_run(CHANNELS, 5, 0.25, batch_mean, batch_variance, mean, variance);
    const double want_mean[] = {1.5, 2.0, 2.0};
    const double want_variance[] = {0.75 + 0.25 * 2.5, 3.0, 0.1875 + 0.25 * 1.25};
    values x = values_random(&rng, WEFT_F32, POSITIONS * CHANNELS, -2.0, 2.0);
    values gamma = values_random(&rng, WEFT_F32, CHANNELS, -2.0, 2.0);
    values beta = values_random(&rng, WEFT_F32, CHANNELS, -2.0, 2.0);
    values y = values_make(WEFT_F32, x.n);
    double *want = doubles(x.n);
    for (size_t i = 0; i < x.n; i++) {
        size_t c = i % CHANNELS;
        assert_true(fabs((double)mean[c] - want_mean[c]) < 1e-6);
        assert_true(fabs((double)variance[c] - want_variance[c]) < 1e-6);
        want[i] = (x.exact[i] - want_mean[c]) / sqrt(want_variance[c] + EPSILON) * gamma.exact[c] +
                  beta.exact[c];
    }
    machine m = machine_make(CHANNELS);
    weft_bn_set_running(&m.bn, EPSILON, gamma.at, beta.at, mean, variance);
    weft_bn_map(&m.bn, WEFT_F32, WEFT_CLIP_NONE, x.at, NULL, y.at, POSITIONS);
    values_check(&y, want, 2e-5, "y", 0);
    machine_free(&m, 0);
    values_free(&x);
    values_free(&gamma);
    values_free(&beta);
    values_free(&y);
    free(want);
}

/* A NaN stays one behind the clip. */
static void test_nan(void **state) {
    (void)state;
    float x[4] = {1.0F, NAN, 2.0F, -3.0F}, y[4], gamma[2] = {1.0F, 1.0F}, beta[2] = {0.0F, 0.0F};
    double mean[2] = {0.0, 0.0}, variance[2] = {1.0, 1.0};
    machine m = machine_make(2);
    weft_bn_set(&m.bn, EPSILON, gamma, beta, mean, variance);
    weft_bn_map(&m.bn, WEFT_F32, WEFT_CLIP_RELU6, x, NULL, y, 2);
    assert_true(isnan(y[1]));
    assert_true(y[3] == 0.0F && y[0] > 0.9F && y[2] > 1.9F);
    machine_free(&m, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_hard_statistics),
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
