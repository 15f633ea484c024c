/* SPDX-License-Identifier: Apache-2.0
 *
 * Winograd's filtering against the definition of a convolution in double precision. With small whole
 * numbers everything in between is exact in either type, so results must be the right ones to the
 * last bit; with real numbers errors are compared with the size of what is computed. */
#include "learn/kernel/winograd.h"
#include "learn/kernel_support.h"

enum { TAPS = 9 };

typedef struct round_data {
    weft_winograd layer;
    int round;
    values x, dy, weight, bias;
    double *y, *dx, *dweight, *dbias; /* the reference's */
} round_data;

static void need(weft_type type) {
    const weft_winograd any = {.type = type,
                               .images = 1,
                               .in_channels = 16,
                               .out_channels = 16,
                               .in = {4, 4},
                               .out = {4, 4},
                               .pad = {1, 1}};
    if (!weft_winograd_serves(&any)) {
        print_message("this CPU has no vectors for %s\n", type == WEFT_BF16 ? "bf16" : "f32");
        skip();
    }
}

static weft_winograd random_layer(weft_rng *rng, weft_type type) {
    static const size_t channels[] = {16, 16, 32, 32, 48, 64, 80, 128};
    weft_winograd l = {.type = type, .images = between(rng, 1, 4)};
    l.in_channels = one_of(rng, channels, 8);
    l.out_channels = one_of(rng, channels, 8);
    bool usual = weft_rng_below(rng, 2) == 0;
    l.pad = (weft_sides){usual ? 1 : between(rng, 0, 2), usual ? 1 : between(rng, 0, 2)};
    l.in = (weft_sides){between(rng, 1, 13), between(rng, 1, 13)};
    l.in.height += l.in.height + 2 * l.pad.height < 3 ? 2 : 0;
    l.in.width += l.in.width + 2 * l.pad.width < 3 ? 2 : 0;
    l.out.height = l.in.height + 2 * l.pad.height - 2;
    l.out.width = l.in.width + 2 * l.pad.width - 2;
    return l;
}

/* ---- the definition --------------------------------------------------------------------------- */

static void reference_tap(round_data *d, size_t y, size_t x, size_t tap) {
    const weft_winograd *l = &d->layer;
    for (size_t o = 0; o < l->out_channels; o++) {
        for (size_t i = 0; i < l->in_channels; i++) {
            size_t w = (o * l->in_channels + i) * TAPS + tap;
            d->y[y + o] += d->weight.exact[w] * d->x.exact[x + i];
            d->dx[x + i] += d->weight.exact[w] * d->dy.exact[y + o];
            d->dweight[w] += d->x.exact[x + i] * d->dy.exact[y + o];
        }
    }
}

static void reference_position(round_data *d, size_t image, size_t p, size_t q) {
    const weft_winograd *l = &d->layer;
    size_t y = ((image * l->out.height + p) * l->out.width + q) * l->out_channels;
    for (size_t tap = 0; tap < TAPS; tap++) {
        long row = (long)(p + tap / 3) - (long)l->pad.height;
        long column = (long)(q + tap % 3) - (long)l->pad.width;
        if (row >= 0 && column >= 0 && row < (long)l->in.height && column < (long)l->in.width) {
            size_t at = (image * l->in.height + (size_t)row) * l->in.width + (size_t)column;
            reference_tap(d, y, at * l->in_channels, tap);
        }
    }
}

static void reference(round_data *d) {
    const weft_winograd *l = &d->layer;
    for (size_t i = 0; i < d->dy.n; i++) {
        d->y[i] = d->bias.exact[i % l->out_channels];
        d->dbias[i % l->out_channels] += d->dy.exact[i];
    }
    for (size_t image = 0; image < l->images; image++) {
        for (size_t i = 0; i < l->out.height * l->out.width; i++) {
            reference_position(d, image, i / l->out.width, i % l->out.width);
        }
    }
}

/* ---- a round ---------------------------------------------------------------------------------- */

static values whole_numbers(weft_rng *rng, weft_type type, size_t n) {
    values v = values_make(type, n);
    for (size_t i = 0; i < n; i++) {
        values_set(&v, i, (double)weft_rng_below(rng, 5) - 2.0);
    }
    return v;
}

static round_data round_make(weft_winograd l, int round, bool whole, weft_rng *rng) {
    round_data d = {.layer = l, .round = round};
    size_t in = l.images * l.in.height * l.in.width * l.in_channels;
    size_t out = l.images * l.out.height * l.out.width * l.out_channels;
    size_t weights = l.in_channels * l.out_channels * TAPS;
    if (whole) {
        d.x = whole_numbers(rng, l.type, in);
        d.dy = whole_numbers(rng, l.type, out);
        d.weight = whole_numbers(rng, WEFT_F32, weights);
        d.bias = whole_numbers(rng, WEFT_F32, l.out_channels);
    } else {
        d.x = values_random(rng, l.type, in, -1.0, 1.5);
        d.dy = values_random(rng, l.type, out, -1.0, 1.0);
        d.weight = values_random(rng, WEFT_F32, weights, -1.0, 1.0);
        d.bias = values_random(rng, WEFT_F32, l.out_channels, -1.0, 1.0);
    }
    d.y = doubles(out);
    d.dx = doubles(in);
    d.dweight = doubles(weights);
    d.dbias = doubles(l.out_channels);
    reference(&d);
    return d;
}

static void round_free(round_data *d) {
    values_free(&d->x);
    values_free(&d->dy);
    values_free(&d->weight);
    values_free(&d->bias);
    free(d->y);
    free(d->dx);
    free(d->dweight);
    free(d->dbias);
}

typedef struct results {
    values y, dx, dweight, dbias;
} results;

/* All passes. */
static results run_passes(const round_data *d, bool with_bias) {
    const weft_winograd *l = &d->layer;
    results r = {values_make(l->type, d->dy.n), values_make(l->type, d->x.n),
                 values_make(WEFT_F32, d->weight.n), values_make(WEFT_F32, d->bias.n)};
    scratch s = scratch_make(weft_winograd_scratch(l));
    scratch packed = scratch_make(weft_winograd_packed(l));
    weft_winograd_pack_forward(l, d->weight.at, packed.at);
    weft_winograd_forward(l, d->x.at, packed.at, with_bias ? d->bias.at : NULL, r.y.at, s.at);
    weft_winograd_pack_backward(l, d->weight.at, packed.at);
    weft_winograd_backward_data(l, d->dy.at, packed.at, r.dx.at, s.at);
    weft_winograd_backward_weights(l, d->x.at, d->dy.at, r.dweight.at,
                                   with_bias ? r.dbias.at : NULL, s.at);
    scratch_free(&s, "winograd", d->round);
    scratch_free(&packed, "packed weights", d->round);
    return r;
}

static void results_free(results *r) {
    values_free(&r->y);
    values_free(&r->dx);
    values_free(&r->dweight);
    values_free(&r->dbias);
}

/* ---- exact ------------------------------------------------------------------------------------ */

static void same_bits(const values *got, const double *want, const char *what, int round) {
    canaries_live(got, what, round);
    for (size_t i = 0; i < got->n; i++) {
        float expected = (float)want[i];
        expected = got->type == WEFT_BF16 ? weft_from_bf16(weft_to_bf16(expected)) : expected;
        if (values_get(got, i) != (double)expected) {
            fail_msg("round %d: %s[%zu of %zu] is %.9g, expected %.9g", round, what, i, got->n,
                     values_get(got, i), (double)expected);
        }
    }
}

static void check_exact(weft_winograd layer, int round, weft_rng *rng) {
    round_data d = round_make(layer, round, true, rng);
    bool with_bias = round % 3 != 0;
    results r = run_passes(&d, with_bias);
    for (size_t i = 0; !with_bias && i < d.dy.n; i++) {
        d.y[i] -= d.bias.exact[i % layer.out_channels];
    }
    same_bits(&r.y, d.y, "y", round);
    same_bits(&r.dx, d.dx, "dx", round);
    same_bits(&r.dweight, d.dweight, "dweight", round);
    if (with_bias) {
        same_bits(&r.dbias, d.dbias, "dbias", round);
    }
    canaries_live(&r.dbias, "dbias", round);
    results_free(&r);
    round_free(&d);
}

static void exact_rounds(weft_type type, int test) {
    need(type);
    for (int round = 0; round < rounds_of(60); round++) {
        weft_rng rng = stream_of(test, round);
        check_exact(random_layer(&rng, type), round, &rng);
    }
}

static void test_exact_f32(void **state) {
    (void)state;
    exact_rounds(WEFT_F32, 1);
}

static void test_exact_bf16(void **state) {
    (void)state;
    exact_rounds(WEFT_BF16, 2);
}

/* Rows of tiles that are cut into strips, the last one shorter; many images in a block. */
static void test_long(void **state) {
    (void)state;
    static const weft_winograd layers[] = {
        {.images = 1, .in_channels = 16, .out_channels = 16, .in = {2, 253}, .pad = {1, 1}},
        {.images = 2, .in_channels = 128, .out_channels = 16, .in = {3, 141}, .pad = {1, 0}},
        {.images = 70, .in_channels = 16, .out_channels = 32, .in = {2, 3}, .pad = {1, 1}},
        {.images = 3, .in_channels = 160, .out_channels = 144, .in = {6, 9}, .pad = {2, 1}},
    };
    for (int i = 0; i < 8; i++) {
        weft_winograd layer = layers[i / 2];
        layer.type = type_of(i);
        need(layer.type);
        layer.out.height = layer.in.height + 2 * layer.pad.height - 2;
        layer.out.width = layer.in.width + 2 * layer.pad.width - 2;
        weft_rng rng = stream_of(3, i);
        check_exact(layer, i, &rng);
    }
}

/* ---- real numbers ----------------------------------------------------------------------------- */

/* Errors relative to the root of the mean square of what is expected: its own, and the largest. */
static void small_errors(const values *got, const double *want, double typical, const char *what,
                         int round) {
    double square = 0.0, error = 0.0, worst = 0.0;
    canaries_live(got, what, round);
    for (size_t i = 0; i < got->n; i++) {
        double e = values_get(got, i) - want[i];
        square += want[i] * want[i];
        error += e * e;
        worst = fabs(e) > worst || isnan(e) ? fabs(e) : worst;
    }
    double scale = sqrt(square / (double)got->n);
    double mean = sqrt(error / (double)got->n) / scale;
    if (!(mean <= typical) || !(worst / scale <= 10.0 * typical)) {
        fail_msg("round %d: errors of %s are %.3g, at most %.3g, expected below %.3g", round, what,
                 mean, worst / scale, typical);
    }
}

static void test_errors(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(20); round++) {
        weft_type type = type_of(round);
        need(type);
        /* Of bf16 twice what a direct convolution has, by its last rounding alone; as measured, 1.8
         * times. */
        double typical = type == WEFT_BF16 ? 5e-3 : 1e-6;
        weft_rng rng = stream_of(4, round);
        weft_winograd layer = random_layer(&rng, type);
        layer.images = 3;
        round_data d = round_make(layer, round, false, &rng);
        results r = run_passes(&d, true);
        small_errors(&r.y, d.y, typical, "y", round);
        small_errors(&r.dx, d.dx, typical, "dx", round);
        small_errors(&r.dweight, d.dweight, typical, "dweight", round);
        small_errors(&r.dbias, d.dbias, 1e-5, "dbias", round);
        results_free(&r);
        round_free(&d);
    }
}

/* ---- what does not depend on what -------------------------------------------------------------- */

/* An image's results are the same bits wherever it stands in a batch. */
static void test_batch(void **state) {
    (void)state;
    for (int round = 0; round < 6; round++) {
        weft_rng rng = stream_of(5, round);
        need(type_of(round));
        weft_winograd layer = random_layer(&rng, type_of(round));
        layer.images = 5;
        round_data d = round_make(layer, round, false, &rng);
        results all = run_passes(&d, true);
        size_t size = weft_type_size(layer.type), y = d.dy.n / 5, x = d.x.n / 5;
        round_data last = d;
        last.layer.images = 1;
        last.x.at = (char *)d.x.at + 4 * x * size;
        last.dy.at = (char *)d.dy.at + 4 * y * size;
        last.x.n = x;
        last.dy.n = y;
        results one = run_passes(&last, true);
        assert_memory_equal(one.y.at, (char *)all.y.at + 4 * y * size, y * size);
        assert_memory_equal(one.dx.at, (char *)all.dx.at + 4 * x * size, x * size);
        results_free(&one);
        results_free(&all);
        round_free(&d);
    }
}

/* A NaN reaches all results that see it, and none of a tile that does not. */
static void test_nan(void **state) {
    (void)state;
    for (int type = 0; type < 2; type++) {
        need(type_of(type));
        weft_rng rng = stream_of(6, type);
        weft_winograd layer = {.type = type_of(type),
                               .images = 1,
                               .in_channels = 32,
                               .out_channels = 16,
                               .in = {12, 12},
                               .out = {12, 12},
                               .pad = {1, 1}};
        round_data d = round_make(layer, type, false, &rng);
        values_set(&d.x, (5 * 12 + 6) * 32 + 9, NAN);
        results r = run_passes(&d, true);
        for (size_t i = 0; i < r.y.n; i++) {
            size_t row = i / 16 / 12, column = i / 16 % 12;
            bool sees = row >= 4 && row <= 6 && column >= 5 && column <= 7;
            bool tile_sees = row >= 4 && row <= 7 && column >= 4 && column <= 7;
            assert_true(!sees || isnan(values_get(&r.y, i)));
            assert_true(tile_sees || !isnan(values_get(&r.y, i)));
        }
        results_free(&r);
        round_free(&d);
    }
}

static void test_serves(void **state) {
    (void)state;
    const weft_winograd good = {.type = WEFT_F32,
                                .images = 2,
                                .in_channels = 16,
                                .out_channels = 32,
                                .in = {5, 6},
                                .out = {5, 6},
                                .pad = {1, 1}};
    need(WEFT_F32);
    weft_winograd bad = good;
    assert_true(weft_winograd_serves(&good));
    bad.in_channels = 24;
    assert_false(weft_winograd_serves(&bad));
    bad = good;
    bad.out_channels = 8;
    assert_false(weft_winograd_serves(&bad));
    bad = good;
    bad.out.width = 7;
    assert_false(weft_winograd_serves(&bad));
    bad = good;
    bad.pad.height = 3;
    bad.out.height = 9;
    assert_false(weft_winograd_serves(&bad));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_f32), cmocka_unit_test(test_exact_bf16),
        cmocka_unit_test(test_long),      cmocka_unit_test(test_errors),
        cmocka_unit_test(test_batch),     cmocka_unit_test(test_nan),
        cmocka_unit_test(test_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
