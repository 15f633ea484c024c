/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools of random windows against their definitions in double precision; backward passes scatter
 * there, where the kernels gather. */
#include "learn/kernel/pool.h"
#include "learn/kernel_support.h"

typedef struct round_data {
    weft_window window;
    weft_type type;
    int round;
    values x, dy;
    double *y, *dx; /* the reference's */
} round_data;

static size_t outputs(size_t side, size_t kernel, size_t stride, size_t dilation, size_t pad) {
    return (side + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

/* Each third window is the 2 x 2 one with stride 2. */
static weft_window random_window(weft_rng *rng, int round) {
    static const size_t channels[] = {1, 3, 8, 16, 24, 144, 130};
    weft_window w = {.images = between(rng, 1, 3), .channels = one_of(rng, channels, 7)};
    w.in = (weft_sides){between(rng, 2, 13), between(rng, 2, 13)};
    w.kernel = w.stride = (weft_sides){2, 2};
    w.dilation = (weft_sides){1, 1};
    if (round % 3 != 0) {
        w.kernel = (weft_sides){between(rng, 1, 5), between(rng, 1, 5)};
        w.stride = (weft_sides){between(rng, 1, 3), between(rng, 1, 3)};
        w.dilation = (weft_sides){between(rng, 1, 2), between(rng, 1, 2)};
        w.pad =
            (weft_sides){between(rng, 0, w.kernel.height / 2), between(rng, 0, w.kernel.width / 2)};
        w.in.height += w.dilation.height * w.kernel.height;
        w.in.width += w.dilation.width * w.kernel.width;
    }
    w.out.height =
        outputs(w.in.height, w.kernel.height, w.stride.height, w.dilation.height, w.pad.height);
    w.out.width =
        outputs(w.in.width, w.kernel.width, w.stride.width, w.dilation.width, w.pad.width);
    return w;
}

/* Few different values, so that many are equal. */
static values coarse(weft_rng *rng, weft_type type, size_t n) {
    values v = values_make(type, n);
    for (size_t i = 0; i < n; i++) {
        values_set(&v, i, (double)weft_rng_below(rng, 9) * 0.25 - 1.0);
    }
    return v;
}

static round_data round_make(weft_window w, int round, weft_rng *rng) {
    round_data d = {.window = w, .type = type_of(round), .round = round};
    size_t in = w.images * w.in.height * w.in.width * w.channels;
    size_t out = w.images * w.out.height * w.out.width * w.channels;
    d.x = coarse(rng, d.type, in);
    d.dy = values_random(rng, d.type, out, -1.0, 1.5);
    d.y = doubles(out);
    d.dx = doubles(in);
    return d;
}

static void round_free(round_data *d) {
    values_free(&d->x);
    values_free(&d->dy);
    free(d->y);
    free(d->dx);
}

/* Output i of all, and where position k of its kernel lies in x; false: in the padding. */
static bool input_of(const weft_window *w, size_t i, size_t k, size_t *place) {
    size_t c = i % w->channels, q = i / w->channels % w->out.width;
    size_t p = i / w->channels / w->out.width % w->out.height;
    size_t n = i / w->channels / w->out.width / w->out.height;
    long row = (long)(p * w->stride.height + k / w->kernel.width * w->dilation.height) -
               (long)w->pad.height;
    long column = (long)(q * w->stride.width + k % w->kernel.width * w->dilation.width) -
                  (long)w->pad.width;
    if (row < 0 || column < 0 || row >= (long)w->in.height || column >= (long)w->in.width) {
        return false;
    }
    *place = ((n * w->in.height + (size_t)row) * w->in.width + (size_t)column) * w->channels + c;
    return true;
}

static void check(const round_data *d, const values *y, const values *dx, const char *what) {
    values_check(y, d->y, 1e-6, what, d->round);
    values_check(dx, d->dx, 1e-5, what, d->round);
}

/* ---- max --------------------------------------------------------------------------------------- */

static void reference_max(round_data *d) {
    const weft_window *w = &d->window;
    for (size_t i = 0; i < d->dy.n; i++) {
        size_t best = SIZE_MAX, place;
        for (size_t k = 0; k < w->kernel.height * w->kernel.width; k++) {
            if (input_of(w, i, k, &place) &&
                (best == SIZE_MAX || d->x.exact[place] > d->x.exact[best])) {
                best = place;
            }
        }
        d->y[i] = best == SIZE_MAX ? -INFINITY : d->x.exact[best];
        if (best != SIZE_MAX) {
            d->dx[best] += d->dy.exact[i];
        }
    }
}

static void test_max(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(200); round++) {
        weft_rng rng = stream_of(1, round);
        round_data d = round_make(random_window(&rng, round), round, &rng);
        values y = values_make(d.type, d.dy.n), dx = values_make(d.type, d.x.n);
        values winner = values_make(WEFT_BF16, (d.dy.n + 1) / 2); /* two bytes each */
        reference_max(&d);
        weft_max_pool_forward(&d.window, d.type, d.x.at, y.at, winner.at);
        canaries_live(&winner, "winner", round);
        weft_max_pool_backward(&d.window, d.type, d.dy.at, winner.at, dx.at);
        check(&d, &y, &dx, "max pool");
        memset(y.at, 0, y.n * weft_type_size(d.type));
        weft_max_pool_forward(&d.window, d.type, d.x.at, y.at, NULL);
        values_check(&y, d.y, 0.0, "max pool without winners", round);
        values_free(&y);
        values_free(&dx);
        values_free(&winner);
        round_free(&d);
    }
}

/* A NaN wins in every window that sees it; where a window sees only padding there is no winner. */
static void test_max_edges(void **state) {
    (void)state;
    float x[9] = {1, 2, 3, 4, NAN, 6, 7, 8, 9}, y[16], dx[9];
    uint8_t winner[16];
    weft_window w = {.images = 1,
                     .channels = 1,
                     .in = {3, 3},
                     .out = {2, 2},
                     .kernel = {2, 2},
                     .stride = {1, 1},
                     .dilation = {1, 1}};
    weft_max_pool_forward(&w, WEFT_F32, x, y, winner);
    for (int i = 0; i < 4; i++) {
        assert_true(isnan(y[i]));
        assert_int_equal(winner[i], 3 - i);
    }
    w.in = (weft_sides){1, 1};
    w.out = (weft_sides){1, 1};
    w.dilation = (weft_sides){2, 2};
    w.pad = (weft_sides){1, 1};
    const float dy = 5.0F;
    dx[0] = -1.0F;
    weft_max_pool_forward(&w, WEFT_F32, x, y, winner);
    assert_true(isinf(y[0]) && y[0] < 0.0F);
    weft_max_pool_backward(&w, WEFT_F32, &dy, winner, dx);
    assert_true(dx[0] == 0.0F);
}

/* ---- averages ---------------------------------------------------------------------------------- */

/* The mean of all positions of a window, or of those on the map. */
typedef void average_forward(const weft_window *window, weft_type type, const void *x, void *y);
typedef void average_backward(const weft_window *window, weft_type type, const void *dy, void *dx);

static void reference_average(round_data *d, bool all) {
    const weft_window *w = &d->window;
    size_t positions = w->kernel.height * w->kernel.width, place;
    for (size_t i = 0; i < d->dy.n; i++) {
        size_t n = 0;
        for (size_t k = 0; k < positions; k++) {
            n += all || input_of(w, i, k, &place);
        }
        for (size_t k = 0; k < positions; k++) {
            if (input_of(w, i, k, &place)) {
                d->y[i] += d->x.exact[place] / (double)n;
                d->dx[place] += d->dy.exact[i] / (double)n;
            }
        }
    }
}

static void check_average(bool all, average_forward *forward, average_backward *backward,
                          const char *name) {
    for (int round = 0; round < rounds_of(120); round++) {
        weft_rng rng = stream_of(2, round);
        round_data d = round_make(random_window(&rng, round), round, &rng);
        reference_average(&d, all);
        values y = values_make(d.type, d.dy.n), dx = values_make(d.type, d.x.n);
        forward(&d.window, d.type, d.x.at, y.at);
        backward(&d.window, d.type, d.dy.at, dx.at);
        check(&d, &y, &dx, name);
        values_free(&y);
        values_free(&dx);
        round_free(&d);
    }
}

static void test_average(void **state) {
    (void)state;
    check_average(true, weft_average_pool_forward, weft_average_pool_backward, "average pool");
}

static void test_average_inside(void **state) {
    (void)state;
    check_average(false, weft_inside_pool_forward, weft_inside_pool_backward,
                  "average of what lies inside");
}

/* PyTorch's windows, by floor and ceiling of real numbers. */
static bool is_seen(size_t input, size_t output, size_t in, size_t out) {
    double ratio = (double)in / (double)out;
    return (double)input >= floor((double)output * ratio + 1e-9) &&
           (double)input < ceil((double)(output + 1) * ratio - 1e-9);
}

static void reference_adaptive_image(round_data *d, size_t n, size_t p, size_t q) {
    const weft_window *w = &d->window;
    for (size_t c = 0; c < w->channels; c++) {
        size_t y = ((n * w->out.height + p) * w->out.width + q) * w->channels + c;
        double count = 0.0;
        for (int pass = 0; pass < 2; pass++) {
            for (size_t i = 0; i < w->in.height * w->in.width; i++) {
                size_t x = (n * w->in.height * w->in.width + i) * w->channels + c;
                if (!is_seen(i / w->in.width, p, w->in.height, w->out.height) ||
                    !is_seen(i % w->in.width, q, w->in.width, w->out.width)) {
                    continue;
                }
                if (pass == 0) {
                    count += 1.0;
                } else {
                    d->y[y] += d->x.exact[x] / count;
                    d->dx[x] += d->dy.exact[y] / count;
                }
            }
        }
    }
}

static void test_adaptive(void **state) {
    (void)state;
    for (int round = 0; round < rounds_of(80); round++) {
        weft_rng rng = stream_of(3, round);
        weft_window w = random_window(&rng, 1);
        w.out = (weft_sides){between(&rng, 1, w.in.height + 2), between(&rng, 1, w.in.width + 2)};
        if (round % 4 == 0) {
            w.out = (weft_sides){1, 1};
        }
        round_data d = round_make(w, round, &rng);
        for (size_t i = 0; i < w.images * w.out.height * w.out.width; i++) {
            reference_adaptive_image(&d, i / w.out.width / w.out.height,
                                     i / w.out.width % w.out.height, i % w.out.width);
        }
        values y = values_make(d.type, d.dy.n), dx = values_make(d.type, d.x.n);
        weft_adaptive_pool_forward(&w, d.type, d.x.at, y.at);
        weft_adaptive_pool_backward(&w, d.type, d.dy.at, dx.at);
        check(&d, &y, &dx, "adaptive pool");
        values_free(&y);
        values_free(&dx);
        round_free(&d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_max),      cmocka_unit_test(test_max_edges),
        cmocka_unit_test(test_average),  cmocka_unit_test(test_average_inside),
        cmocka_unit_test(test_adaptive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
