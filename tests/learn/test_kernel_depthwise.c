/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolutions of random geometries against the definition in double precision; the two
 * backward passes against its transposes. Every path that this CPU can go. */
#include "learn/kernel/depthwise_path.h"
#include "learn/kernel_support.h"

typedef struct round_data {
    weft_window window;
    weft_type type;
    int round;
    values x, dy, weight, bias;
    double *y, *dx, *dweight, *dbias; /* the reference's */
} round_data;

static size_t outputs(size_t side, size_t kernel, size_t stride, size_t dilation, size_t pad) {
    return (side + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

static weft_sides random_sides(weft_rng *rng, size_t low, size_t high, bool square) {
    size_t height = between(rng, low, high);
    return (weft_sides){height, square ? height : between(rng, low, high)};
}

static weft_window random_window(weft_rng *rng) {
    static const size_t channels[] = {1, 3, 8, 16, 24, 33, 48, 144};
    bool square = weft_rng_below(rng, 3) > 0;
    weft_window w = {.images = between(rng, 1, 3), .channels = one_of(rng, channels, 8)};
    w.kernel = random_sides(rng, 1, 7, square);
    w.stride = random_sides(rng, 1, weft_rng_below(rng, 4) == 0 ? 3 : 2, square);
    w.dilation = random_sides(rng, 1, weft_rng_below(rng, 3) == 0 ? 3 : 1, square);
    w.pad = random_sides(rng, 0, weft_rng_below(rng, 4) == 0 ? 7 : 3, square);
    size_t height = w.dilation.height * (w.kernel.height - 1) + 1;
    size_t width = w.dilation.width * (w.kernel.width - 1) + 1;
    w.in.height = between(rng, 1, 19);
    w.in.width = between(rng, 1, 21);
    while (w.in.height + 2 * w.pad.height < height) {
        w.in.height++;
    }
    while (w.in.width + 2 * w.pad.width < width) {
        w.in.width++;
    }
    w.out.height =
        outputs(w.in.height, w.kernel.height, w.stride.height, w.dilation.height, w.pad.height);
    w.out.width =
        outputs(w.in.width, w.kernel.width, w.stride.width, w.dilation.width, w.pad.width);
    return w;
}

/* One product of the definition: forward, and what it gives backward. */
static void reference_product(round_data *d, size_t n, size_t p, size_t q, size_t r, size_t s,
                              size_t row, size_t column) {
    const weft_window *w = &d->window;
    for (size_t c = 0; c < w->channels; c++) {
        size_t y = ((n * w->out.height + p) * w->out.width + q) * w->channels + c;
        size_t x = ((n * w->in.height + row) * w->in.width + column) * w->channels + c;
        size_t k = (c * w->kernel.height + r) * w->kernel.width + s;
        d->y[y] += d->weight.exact[k] * d->x.exact[x];
        d->dx[x] += d->weight.exact[k] * d->dy.exact[y];
        d->dweight[k] += d->x.exact[x] * d->dy.exact[y];
    }
}

static void reference_window(round_data *d, size_t n, size_t p, size_t q) {
    const weft_window *w = &d->window;
    for (size_t r = 0; r < w->kernel.height; r++) {
        for (size_t s = 0; s < w->kernel.width; s++) {
            long row = (long)(p * w->stride.height + r * w->dilation.height) - (long)w->pad.height;
            long column = (long)(q * w->stride.width + s * w->dilation.width) - (long)w->pad.width;
            if (row >= 0 && column >= 0 && row < (long)w->in.height && column < (long)w->in.width) {
                reference_product(d, n, p, q, r, s, (size_t)row, (size_t)column);
            }
        }
    }
}

static void reference(round_data *d) {
    const weft_window *w = &d->window;
    for (size_t i = 0; i < d->dy.n; i++) {
        d->y[i] = d->bias.exact[i % w->channels];
        d->dbias[i % w->channels] += d->dy.exact[i];
    }
    for (size_t i = 0; i < w->images * w->out.height * w->out.width; i++) {
        size_t q = i % w->out.width, p = i / w->out.width % w->out.height;
        reference_window(d, i / w->out.width / w->out.height, p, q);
    }
}

static round_data round_make(weft_window w, weft_type type, int round, weft_rng *rng) {
    round_data d = {.window = w, .type = type, .round = round};
    size_t in = w.images * w.in.height * w.in.width * w.channels;
    size_t out = w.images * w.out.height * w.out.width * w.channels;
    size_t weights = w.channels * w.kernel.height * w.kernel.width;
    d.x = values_random(rng, type, in, -1.0, 1.5);
    d.dy = values_random(rng, type, out, -1.5, 1.0);
    d.weight = values_random(rng, WEFT_F32, weights, -1.0, 1.0);
    d.bias = values_random(rng, WEFT_F32, w.channels, -1.0, 1.0);
    d.y = doubles(out);
    d.dx = doubles(in);
    d.dweight = doubles(weights);
    d.dbias = doubles(w.channels);
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

static void check_path(const round_data *d, const weft_depthwise_path *path) {
    const weft_window *w = &d->window;
    values y = values_make(d->type, d->dy.n), dx = values_make(d->type, d->x.n);
    values dweight = values_make(WEFT_F32, d->weight.n), dbias = values_make(WEFT_F32, d->bias.n);
    scratch s = scratch_make(weft_depthwise_scratch(w));
    weft_depthwise_forward_by(path, w, d->type, d->x.at, d->weight.at, d->bias.at, y.at, s.at);
    values_check(&y, d->y, 1e-5, path->name, d->round);
    weft_depthwise_backward_data_by(path, w, d->type, d->dy.at, d->weight.at, dx.at, s.at);
    values_check(&dx, d->dx, 1e-5, path->name, d->round);
    weft_depthwise_backward_weights_by(path, w, d->type, d->x.at, d->dy.at, dweight.at, dbias.at,
                                       s.at);
    double scale = 1.0 + largest(d->dweight, d->weight.n) + largest(d->dbias, w->channels);
    values_check(&dweight, d->dweight, 2e-6 * scale, path->name, d->round);
    values_check(&dbias, d->dbias, 2e-6 * scale, path->name, d->round);
    scratch_free(&s, path->name, d->round);
    values_free(&y);
    values_free(&dx);
    values_free(&dweight);
    values_free(&dbias);
}

static void test_geometries(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(240); round++) {
        weft_rng rng = stream_of(1, round);
        round_data d = round_make(random_window(&rng), type_of(round), round, &rng);
        const weft_depthwise_path *path;
        for (size_t i = 0; (path = weft_depthwise_path_at(d.type, i)) != NULL; i++) {
            check_path(&d, path);
        }
        round_free(&d);
    }
}

/* Rows so long that blocks get narrow, and channels that take several groups. */
static void test_large(void **state) {
    (void)state;
    static const weft_window windows[] = {
        {.images = 1,
         .channels = 40,
         .in = {5, 230},
         .out = {5, 230},
         .kernel = {3, 3},
         .stride = {1, 1},
         .dilation = {1, 1},
         .pad = {1, 1}},
        {.images = 2,
         .channels = 700,
         .in = {9, 9},
         .out = {5, 5},
         .kernel = {7, 7},
         .stride = {2, 2},
         .dilation = {1, 1},
         .pad = {3, 3}},
    };
    for (int i = 0; i < 4; i++) {
        weft_rng rng = stream_of(2, i);
        round_data d = round_make(windows[i / 2], type_of(i), i, &rng);
        check_path(&d, weft_depthwise_path_at(d.type, 0));
        round_free(&d);
    }
}

/* The public passes are those of the best path, without a bias too. */
static void test_public(void **state) {
    (void)state;
    for (int round = 0; round < 8; round++) {
        weft_rng rng = stream_of(3, round);
        round_data d = round_make(random_window(&rng), type_of(round), round, &rng);
        values y = values_make(d.type, d.dy.n), dx = values_make(d.type, d.x.n);
        values dweight = values_make(WEFT_F32, d.weight.n);
        scratch s = scratch_make(weft_depthwise_scratch(&d.window));
        for (size_t i = 0; i < y.n; i++) {
            d.y[i] -= d.bias.exact[i % d.window.channels];
        }
        weft_depthwise_forward(&d.window, d.type, d.x.at, d.weight.at, NULL, y.at, s.at);
        values_check(&y, d.y, 1e-5, "y", round);
        weft_depthwise_backward_data(&d.window, d.type, d.dy.at, d.weight.at, dx.at, s.at);
        values_check(&dx, d.dx, 1e-5, "dx", round);
        weft_depthwise_backward_weights(&d.window, d.type, d.x.at, d.dy.at, dweight.at, NULL, s.at);
        values_check(&dweight, d.dweight, 2e-6 * (1.0 + largest(d.dweight, dweight.n)), "dweight",
                     round);
        scratch_free(&s, "depthwise", round);
        values_free(&y);
        values_free(&dx);
        values_free(&dweight);
        round_free(&d);
    }
}

/* A NaN reaches the outputs that see it, and no other. */
static void test_nan(void **state) {
    (void)state;
    weft_window w = {.images = 1,
                     .channels = 20,
                     .in = {9, 9},
                     .out = {9, 9},
                     .kernel = {3, 3},
                     .stride = {1, 1},
                     .dilation = {1, 1},
                     .pad = {1, 1}};
    for (int type = 0; type < 2; type++) {
        weft_rng rng = stream_of(4, type);
        values x = values_random(&rng, type_of(type), 81 * 20, -1.0, 1.0);
        values y = values_make(x.type, x.n);
        values weight = values_random(&rng, WEFT_F32, 9 * 20, 0.5, 1.0);
        scratch s = scratch_make(weft_depthwise_scratch(&w));
        values_set(&x, (4 * 9 + 4) * 20 + 18, NAN);
        weft_depthwise_forward(&w, x.type, x.at, weight.at, NULL, y.at, s.at);
        for (size_t i = 0; i < y.n; i++) {
            size_t row = i / 20 / 9, column = i / 20 % 9;
            bool sees = i % 20 == 18 && row >= 3 && row <= 5 && column >= 3 && column <= 5;
            assert_int_equal(isnan(values_get(&y, i)), sees);
        }
        scratch_free(&s, "nan", type);
        values_free(&x);
        values_free(&y);
        values_free(&weight);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometries),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_public),
        cmocka_unit_test(test_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
