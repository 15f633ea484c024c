/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared tensors against slices that are cut by hand, in double precision and index by index; scatter
 * against finite differences of gather, which is linear in each single value. */
#include "learn/shared.h"

#include <math.h>

#include "learn/engine_support.h"
#include "learn/shared_slice.h"
#include "learn/supernet.h"

enum { SIDE = 11, CLASSES = 3, PLACES = 8 };
enum { STEM = 1, STEM_NORM, DEPTHWISE, POINT, HEAD };

/* A convolution of `stem` channels and side `k`, a depthwise one of the same side behind it, one of
 * 1 x 1 to `point` channels, and classes. */
typedef struct sizes {
    int stem, k, point;
} sizes;

static weft_network *network_of_sizes(sizes s) {
    weft_network *network = network_of("sized", 3, SIDE, SIDE);
    weft_layer layer = conv_layer(s.stem, s.k, 1, s.k / 2, false);
    layer.place = STEM;
    next(network, layer);
    next(network, (weft_layer){.op = WEFT_OP_BATCH_NORM, .place = STEM_NORM});
    next(network, plain_layer(WEFT_OP_RELU));
    layer = depthwise_layer(s.stem, s.k, 1);
    layer.place = DEPTHWISE;
    next(network, layer);
    layer = conv_layer(s.point, 1, 1, 0, true);
    layer.place = POINT;
    next(network, layer);
    next(network, average_layer(1));
    next(network, plain_layer(WEFT_OP_FLATTEN));
    layer = linear_layer(CLASSES);
    layer.place = HEAD;
    next(network, layer);
    return network;
}

enum { AT_STEM = 1, AT_NORM = 2, AT_DEPTHWISE = 4, AT_POINT = 5, AT_HEAD = 8 };

/* A network with an engine of its own on a common crew. */
typedef struct sample {
    weft_network *network;
    weft_engine *engine;
} sample;

static weft_crew *crew;

static int open_crew(void **state) {
    (void)state;
    weft_error error;
    return weft_crew_create(1, &crew, &error) == WEFT_OK ? 0 : -1;
}

static int close_crew(void **state) {
    (void)state;
    weft_crew_destroy(crew);
    return 0;
}

static sample sample_of(weft_network *network) {
    weft_error error;
    const weft_engine_settings settings = {.batch = 2, .type = WEFT_F32};
    sample made = {.network = network};
    MUST(weft_engine_create(network, crew, &settings, &made.engine, &error));
    return made;
}

static sample sample_sizes(sizes s) {
    return sample_of(network_of_sizes(s));
}

static void sample_free(sample *s) {
    weft_engine_destroy(s->engine);
    weft_network_destroy(s->network);
}

static weft_shared *make_shared(bool transforms, bool decay_all) {
    weft_error error;
    const weft_shared_settings settings = {
        .seed = 5, .transforms_kernels = transforms, .decay_all = decay_all};
    weft_shared *shared = NULL;
    MUST(weft_shared_create(&settings, 1, &shared, &error));
    return shared;
}

static void admit(weft_shared *shared, sizes s) {
    weft_error error;
    sample one = sample_sizes(s);
    MUST(weft_shared_admit(shared, one.engine, &error));
    sample_free(&one);
}

static void randomise(float *values, size_t n, uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < n; i++) {
        values[i] = (float)weft_rng_normal(&rng);
    }
}

/* ---- slices by hand -------------------------------------------------------------------------- */

/* Value (o, i, r, c) of a tensor. */
static double at(const weft_shared *shared, int home, int slot, int o, int i, int r, int c) {
    const weft_shared_tensor *t = weft_shared_find(shared, home, slot, 0);
    assert_non_null(t);
    size_t index =
        (((size_t)o * (size_t)t->sides[1] + (size_t)i) * (size_t)t->sides[2] + (size_t)r) *
            (size_t)t->sides[3] +
        (size_t)c;
    return (double)shared->values[t->offset + index];
}

/* w' = M crop(w), from side 2 k to k: crop, and the matrix of that place. */
static void transform(const weft_shared *shared, int home, const double *w, int from, int to,
                      double *result) {
    const weft_shared_tensor *m = weft_shared_find(shared, home, WEFT_SLOTS, to);
    int edge = (from - to) / 2;
    for (int y = 0; y < to * to; y++) {
        result[y] = 0.0;
        for (int x = 0; x < to * to; x++) {
            double middle = w[(x / to + edge) * from + x % to + edge];
            double factor = m == NULL
                                ? (double)(x == y)
                                : (double)shared->values[m->offset + (size_t)(y * to * to + x)];
            result[y] += factor * middle;
        }
    }
}

/* The kernel of side k for channels (o, i), through every size in between. */
static void kernel_by_hand(const weft_shared *shared, int home, int o, int i, int k,
                           double *kernel) {
    int side = weft_shared_find(shared, home, WEFT_SLOT_WEIGHT, 0)->sides[2];
    double now[81], then[81];
    for (int x = 0; x < side * side; x++) {
        now[x] = at(shared, home, WEFT_SLOT_WEIGHT, o, i, x / side, x % side);
    }
    for (; side > k; side -= 2) {
        transform(shared, home, now, side, side - 2, then);
        memcpy(now, then, sizeof now);
    }
    memcpy(kernel, now, (size_t)(k * k) * sizeof *kernel);
}

static void compare_kernels(const weft_shared *shared, const sample *s, int layer, int home, int k,
                            int outputs, int inputs, double tolerance) {
    const weft_slot *slot = slot_of(s->engine, layer, WEFT_SLOT_WEIGHT);
    assert_int_equal(slot->count, (size_t)(outputs * inputs * k * k));
    const float *found = slot->value;
    for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
            double kernel[81];
            kernel_by_hand(shared, home, o, i, k, kernel);
            for (int x = 0; x < k * k; x++, found++) {
                if (!(fabs((double)*found - kernel[x]) <= tolerance * (1.0 + fabs(kernel[x])))) {
                    fail_msg("layer %d (%d, %d, %d): %.9g, by hand %.9g", layer, o, i, x,
                             (double)*found, kernel[x]);
                }
            }
        }
    }
}

static void compare_rows(const weft_shared *shared, const sample *s, int layer, int home, int slot,
                         int n) {
    const weft_slot *found = slot_of(s->engine, layer, (weft_slot_name)slot);
    assert_int_equal(found->count, (size_t)n);
    for (int o = 0; o < n; o++) {
        assert_true((double)found->value[o] == at(shared, home, slot, o, 0, 0, 0));
    }
}

static void compare_all(const weft_shared *shared, const sample *s, sizes of, double tolerance) {
    compare_kernels(shared, s, AT_STEM, STEM, of.k, of.stem, 3, tolerance);
    compare_kernels(shared, s, AT_DEPTHWISE, DEPTHWISE, of.k, of.stem, 1, tolerance);
    compare_kernels(shared, s, AT_POINT, POINT, 1, of.point, of.stem, 0.0);
    compare_kernels(shared, s, AT_HEAD, HEAD, 1, CLASSES, of.point, 0.0);
    compare_rows(shared, s, AT_NORM, STEM_NORM, WEFT_SLOT_WEIGHT, of.stem);
    compare_rows(shared, s, AT_NORM, STEM_NORM, WEFT_SLOT_BIAS, of.stem);
    compare_rows(shared, s, AT_POINT, POINT, WEFT_SLOT_BIAS, of.point);
    compare_rows(shared, s, AT_HEAD, HEAD, WEFT_SLOT_BIAS, CLASSES);
}

static const sizes LIST[] = {{8, 7, 12}, {4, 3, 6}, {6, 5, 12}, {8, 3, 5}, {5, 7, 9}};
enum { N_LIST = sizeof LIST / sizeof *LIST };

static void test_slices(void **state) {
    (void)state;
    weft_error error;
    for (int transforms = 0; transforms < 2; transforms++) {
        weft_shared *shared = make_shared(transforms != 0, true);
        for (int i = 0; i < N_LIST; i++) {
            admit(shared, LIST[i]);
        }
        randomise(shared->values, shared->n, 1);
        for (int i = 0; i < N_LIST; i++) {
            sample s = sample_sizes(LIST[i]);
            MUST(weft_shared_gather(shared, s.engine, &error));
            compare_all(shared, &s, LIST[i], 1e-5);
            sample_free(&s);
        }
        assert_int_equal(weft_shared_find(shared, STEM, WEFT_SLOTS, 3) != NULL, transforms);
        weft_shared_destroy(shared);
    }
}

/* As they begin, matrices change nothing: kernels are the middle of the largest, bit by bit. */
static void test_identity(void **state) {
    (void)state;
    weft_error error;
    weft_shared *with = make_shared(true, true), *without = make_shared(false, true);
    for (int i = 0; i < N_LIST; i++) {
        admit(with, LIST[i]);
        admit(without, LIST[i]);
    }
    for (int i = 0; i < N_LIST; i++) {
        sample a = sample_sizes(LIST[i]), b = sample_sizes(LIST[i]);
        MUST(weft_shared_gather(with, a.engine, &error));
        MUST(weft_shared_gather(without, b.engine, &error));
        compare_kernels(without, &b, AT_STEM, STEM, LIST[i].k, LIST[i].stem, 3, 0.0);
        assert_int_equal(a.engine->n_parameters, b.engine->n_parameters);
        assert_memory_equal(a.engine->parameters, b.engine->parameters,
                            a.engine->n_parameters * sizeof(float));
        sample_free(&a);
        sample_free(&b);
    }
    weft_shared_destroy(with);
    weft_shared_destroy(without);
}

/* Start values as the engine draws them: mean 0 and deviation sqrt(2 / inputs) of the largest network,
 * 1 / inputs of the last layer; norms 1 and 0. */
static void test_start(void **state) {
    (void)state;
    weft_shared *shared = make_shared(true, true);
    admit(shared, (sizes){64, 3, 128});
    const struct {
        int home, inputs;
        double gain;
    } expected[] = {{STEM, 27, 2.0}, {DEPTHWISE, 9, 2.0}, {POINT, 64, 2.0}, {HEAD, 128, 1.0}};
    for (size_t k = 0; k < 4; k++) {
        const weft_shared_tensor *t =
            weft_shared_find(shared, expected[k].home, WEFT_SLOT_WEIGHT, 0);
        double sum = 0.0, square = 0.0, n = (double)t->count;
        for (size_t i = 0; i < t->count; i++) {
            double v = (double)shared->values[t->offset + i];
            sum += v;
            square += v * v;
        }
        double variance = expected[k].gain / expected[k].inputs;
        /* Five standard errors of a mean and of a variance. */
        assert_true(fabs(sum / n) < 5.0 * sqrt(variance / n));
        assert_true(fabs(square / n / variance - 1.0) < 5.0 * sqrt(2.0 / n));
    }
    for (int o = 0; o < 64; o++) {
        assert_true(at(shared, STEM_NORM, WEFT_SLOT_WEIGHT, o, 0, 0, 0) == 1.0);
        assert_true(at(shared, STEM_NORM, WEFT_SLOT_BIAS, o, 0, 0, 0) == 0.0);
    }
    weft_shared_destroy(shared);
}

/* ---- scatter --------------------------------------------------------------------------------- */

static double product_with_gather(const weft_shared *shared, sample *s, const float *g) {
    weft_error error;
    MUST(weft_shared_gather(shared, s->engine, &error));
    double sum = 0.0;
    for (size_t i = 0; i < s->engine->n_parameters; i++) {
        sum += (double)g[i] * (double)s->engine->parameters[i];
    }
    return sum;
}

/* The gradient of <g, gather(v)> is what scatter adds; gather is linear in each single v, so a
 * difference over any distance is exact but for rounding. */
static void check_derivatives(weft_shared *shared, sizes of) {
    weft_error error;
    sample s = sample_sizes(of);
    float *g = s.engine->gradients;
    randomise(g, s.engine->n_parameters, 2);
    weft_shared_clear(shared);
    MUST(weft_shared_scatter(shared, s.engine, 1, 0.5F, 7, &error));
    for (size_t i = 0; i < shared->n; i++) {
        assert_true(shared->gradients[0][i] == 0.0F);
    }
    size_t step = quick() ? 13 : 1, kept = 0;
    for (size_t i = 0; i < shared->n; i += step) {
        float was = shared->values[i];
        shared->values[i] = was + 1.0F;
        double up = product_with_gather(shared, &s, g);
        shared->values[i] = was - 1.0F;
        double down = product_with_gather(shared, &s, g);
        shared->values[i] = was;
        double expected = 0.5 * (up - down) / 2.0, found = (double)shared->gradients[1][i];
        kept += found != 0.0;
        if (!(fabs(found - expected) <= 2e-4 * (1.0 + fabs(expected)))) {
            fail_msg("value %zu: gradient %.7g, difference %.7g", i, found, expected);
        }
    }
    assert_true(kept > 20);
    sample_free(&s);
}

static void test_scatter(void **state) {
    (void)state;
    weft_shared *shared = make_shared(true, true);
    admit(shared, (sizes){4, 7, 5});
    admit(shared, (sizes){3, 3, 4});
    randomise(shared->values, shared->n, 3);
    check_derivatives(shared, (sizes){3, 3, 4});
    check_derivatives(shared, (sizes){4, 5, 3});
    check_derivatives(shared, (sizes){4, 7, 5});
    const weft_shared_tensor *t = weft_shared_find(shared, DEPTHWISE, WEFT_SLOTS, 5);
    assert_true(t->touched[1] == 7 && t->touched[0] == 0);
    weft_shared_destroy(shared);
}

/* Two networks of a step add up; a tensor's age counts steps, not networks. */
static void test_scatter_adds(void **state) {
    (void)state;
    weft_error error;
    weft_shared *shared = make_shared(true, true);
    admit(shared, (sizes){4, 3, 4});
    sample a = sample_sizes((sizes){4, 3, 4}), b = sample_sizes((sizes){2, 3, 4});
    for (size_t i = 0; i < a.engine->n_parameters; i++) {
        a.engine->gradients[i] = 1.0F;
    }
    for (size_t i = 0; i < b.engine->n_parameters; i++) {
        b.engine->gradients[i] = 10.0F;
    }
    MUST(weft_shared_scatter(shared, a.engine, 0, 0.5F, 3, &error));
    MUST(weft_shared_scatter(shared, b.engine, 0, 0.5F, 3, &error));
    const weft_shared_tensor *t = weft_shared_find(shared, STEM, WEFT_SLOT_WEIGHT, 0);
    for (int o = 0; o < 4; o++) {
        for (size_t k = 0; k < 27; k++) {
            assert_true(shared->gradients[0][t->offset + (size_t)o * 27 + k] ==
                        (o < 2 ? 5.5F : 0.5F));
        }
    }
    assert_true(t->age == 1 && t->touched[0] == 3 && t->touched[1] == 0);
    MUST(weft_shared_scatter(shared, b.engine, 1, 0.5F, 4, &error));
    assert_true(t->age == 2 && t->touched[0] == 3 && t->touched[1] == 4);
    weft_shared_clear(shared);
    for (size_t i = 0; i < shared->n; i++) {
        assert_true(shared->gradients[0][i] == 0.0F && shared->gradients[1][i] == 0.0F);
    }
    sample_free(&a);
    sample_free(&b);
    weft_shared_destroy(shared);
}

/* ---- growth ---------------------------------------------------------------------------------- */

static void assert_same(const weft_shared *a, const weft_shared *b) {
    int64_t *rows[2];
    const weft_shared *both[2] = {a, b};
    assert_int_equal(a->n_tensors, b->n_tensors);
    size_t n = (size_t)a->n_tensors * WEFT_SHARED_FIELDS;
    for (int k = 0; k < 2; k++) {
        rows[k] = must_calloc(n, sizeof(int64_t));
        weft_shared_describe(both[k], rows[k]);
    }
    assert_memory_equal(rows[0], rows[1], n * sizeof(int64_t));
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->values, b->values, a->n * sizeof(float));
    free(rows[0]);
    free(rows[1]);
}

/* What nobody has trained depends on which networks there are alone. (8, 7) and (16, 3) together make a
 * tensor that neither of them needs whole. */
static void test_order(void **state) {
    (void)state;
    const sizes list[] = {{8, 7, 12}, {16, 3, 6}, {16, 7, 6}, {4, 5, 20}};
    const int orders[][4] = {{0, 1, 2, 3}, {2, 3, 1, 0}, {3, 1, 0, 2}, {1, 2, 3, 0}};
    weft_shared *first = NULL;
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
        weft_shared *shared = make_shared(true, false);
        for (int i = 0; i < 4; i++) {
            admit(shared, list[orders[k][i]]);
        }
        if (k == 0) {
            first = shared;
            continue;
        }
        assert_same(first, shared);
        weft_shared_destroy(shared);
    }
    weft_shared_destroy(first);
}

/* Marks every tensor of a network as trained, and gives it values and a state that nobody drew. */
static void pretend_training(weft_shared *shared, sample *s) {
    weft_error error;
    MUST(weft_shared_scatter(shared, s->engine, 0, 1.0F, 1, &error));
    randomise(shared->values, shared->n, 8);
    randomise(shared->state, shared->n, 9);
}

/* A network that was trained is the same after others came, larger in every way: also its kernel, which
 * becomes the middle of a larger one behind a matrix that changes nothing. */
static void test_growth(void **state) {
    (void)state;
    weft_error error;
    const sizes small = {4, 5, 6};
    weft_shared *shared = make_shared(true, true);
    sample s = sample_sizes(small);
    MUST(weft_shared_admit(shared, s.engine, &error));
    pretend_training(shared, &s);
    MUST(weft_shared_gather(shared, s.engine, &error));
    size_t bytes = s.engine->n_parameters * sizeof(float);
    float *before = must_calloc(1, bytes);
    memcpy(before, s.engine->parameters, bytes);
    size_t row = weft_shared_find(shared, POINT, WEFT_SLOT_WEIGHT, 0)->offset + 4;
    float velocity = shared->state[row], gradients[2];
    for (int g = 0; g < 2; g++) {
        randomise(shared->gradients[g], shared->n, 10 + (uint64_t)g);
        gradients[g] = shared->gradients[g][row];
    }
    admit(shared, (sizes){9, 7, 15});
    MUST(weft_shared_admit(shared, s.engine, &error));
    MUST(weft_shared_gather(shared, s.engine, &error));
    assert_memory_equal(before, s.engine->parameters, bytes);
    const weft_shared_tensor *t = weft_shared_find(shared, POINT, WEFT_SLOT_WEIGHT, 0);
    assert_true(t->sides[0] == 15 && t->sides[1] == 9 && t->age == 1);
    assert_true(shared->state[t->offset + 9] == velocity);
    /* Others of the same step may have learned before it grew. */
    assert_true(shared->gradients[0][t->offset + 9] == gradients[0]);
    assert_true(shared->gradients[1][t->offset + 9] == gradients[1]);
    /* What is new is drawn, and its state begins at 0. */
    assert_true(shared->values[t->offset + 8] != 0.0F && shared->state[t->offset + 8] == 0.0F);
    size_t n = shared->n;
    admit(shared, (sizes){2, 3, 2});
    assert_true(shared->n > n); /* matrices for 3 x 3 */
    free(before);
    sample_free(&s);
    weft_shared_destroy(shared);
}

/* ---- steps that follow ----------------------------------------------------------------------- */

/* Learns the extents of one batch whose values all lie between -`largest` and `largest`. */
static void pass_batch(weft_shared *shared, sample *s, float largest) {
    weft_error error;
    float *images = s->engine->images;
    for (size_t i = 0; i < 2 * s->engine->image_values; i++) {
        images[i] = i % 2 == 0 ? largest : -largest;
    }
    MUST(weft_shared_gather(shared, s->engine, &error));
    MUST(weft_engine_forward(s->engine, WEFT_MODE_TRAIN, NULL, &error));
    MUST(weft_shared_learn_steps(shared, s->engine, &error));
}

/* Each network's batches move the extents that all of its place share. */
static void test_followed(void **state) {
    (void)state;
    enum { BITS = 4 };
    weft_error error;
    weft_quant_settings quant;
    weft_quant_defaults(&quant);
    quant.weight_bits = quant.input_bits = BITS;
    quant.ends_at_8 = false;
    quant.steps = WEFT_QUANT_STEPS_MIN_MAX;
    const weft_engine_settings settings = {.batch = 2, .type = WEFT_F32, .quant = &quant};
    weft_shared *shared = make_shared(true, true);
    sample s[2];
    for (int i = 0; i < 2; i++) {
        s[i].network = network_of_sizes((sizes){4 + 2 * i, 3, 4});
        MUST(weft_engine_create(s[i].network, crew, &settings, &s[i].engine, &error));
        MUST(weft_shared_admit(shared, s[i].engine, &error));
    }
    const weft_shared_tensor *extent = weft_shared_find(shared, STEM, WEFT_SLOT_INPUT_EXTENT, BITS);
    assert_non_null(extent);
    double high = 1.0;
    for (int i = 0; i < 4; i++) {
        pass_batch(shared, &s[i % 2], (float)(1 + i));
        high += i == 0 ? 0.0 : quant.follow * (1 + i - high);
        assert_true(fabs((double)shared->values[extent->offset + 1] - high) < 1e-5);
        assert_true(fabs((double)shared->values[extent->offset] + high) < 1e-5);
    }
    sample_free(&s[0]);
    sample_free(&s[1]);
    weft_shared_destroy(shared);
}

/* ---- two groups ------------------------------------------------------------------------------ */

enum { SPAN = 4 };

/* Gradients of a tensor: both, joined, and what they must become. */
typedef struct joined {
    double a[SPAN], b[SPAN];
} joined;

static void put(const weft_shared *shared, const weft_shared_tensor *t, const joined *j) {
    for (size_t i = 0; i < SPAN; i++) {
        shared->gradients[0][t->offset + i] = (float)j->a[i];
        shared->gradients[1][t->offset + i] = (float)j->b[i];
    }
}

static void compare_joined(const weft_shared *shared, const weft_shared_tensor *t, const joined *j,
                           bool projects) {
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (int i = 0; i < SPAN; i++) {
        ab += j->a[i] * j->b[i];
        aa += j->a[i] * j->a[i];
        bb += j->b[i] * j->b[i];
    }
    for (int i = 0; i < SPAN; i++) {
        double a = j->a[i], b = j->b[i];
        if (projects && ab < 0.0) {
            a -= ab / bb * j->b[i];
            b -= ab / aa * j->a[i];
        }
        double found = (double)shared->gradients[0][t->offset + (size_t)i];
        assert_true(fabs(found - (a + b)) < 1e-5);
    }
}

static double cosine_of(const joined *j) {
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (int i = 0; i < SPAN; i++) {
        ab += j->a[i] * j->b[i];
        aa += j->a[i] * j->a[i];
        bb += j->b[i] * j->b[i];
    }
    return ab / sqrt(aa * bb);
}

static void test_groups(void **state) {
    (void)state;
    static const joined against = {{1, 2, -1, 0.5}, {-2, 1, 1.5, -1}},
                        along = {{1, 2, -1, 0.5}, {2, 1, 1.5, 1}},
                        alone = {{1, -2, 0, 0.5}, {2, 3, -1, 0}};
    for (int projects = 0; projects < 2; projects++) {
        weft_shared *shared = make_shared(true, true);
        admit(shared, (sizes){4, 3, 4});
        weft_shared_clear(shared);
        weft_shared_tensor *stem = weft_shared_find(shared, STEM, WEFT_SLOT_WEIGHT, 0);
        weft_shared_tensor *point = weft_shared_find(shared, POINT, WEFT_SLOT_WEIGHT, 0);
        weft_shared_tensor *head = weft_shared_find(shared, HEAD, WEFT_SLOT_WEIGHT, 0);
        weft_shared_tensor *norm = weft_shared_find(shared, STEM_NORM, WEFT_SLOT_WEIGHT, 0);
        put(shared, stem, &against);
        put(shared, point, &along);
        put(shared, head, &against);
        put(shared, norm, &alone);
        stem->touched[0] = stem->touched[1] = 5;
        point->touched[0] = point->touched[1] = 5;
        head->touched[0] = head->touched[1] = 5;
        norm->touched[0] = 4; /* not in this step */
        norm->touched[1] = 5;
        weft_supernet_agreement agreement[WEFT_SUPERNET_KINDS] = {0};
        weft_shared_join_groups(shared, 5, projects != 0, agreement);
        compare_joined(shared, stem, &against, projects != 0);
        compare_joined(shared, point, &along, projects != 0);
        compare_joined(shared, head, &against, projects != 0);
        compare_joined(shared, norm, &alone, false);
        assert_true(agreement[0].pairs == 2 && agreement[0].negative == 1);
        assert_true(fabs(agreement[0].sum - cosine_of(&against) - cosine_of(&along)) < 1e-6);
        assert_true(agreement[1].pairs == 1 && agreement[1].negative == 1);
        assert_true(fabs(agreement[1].sum - cosine_of(&against)) < 1e-6);
        assert_int_equal(agreement[2].pairs, 0);
        weft_shared_destroy(shared);
    }
}

/* ---- what cannot be -------------------------------------------------------------------------- */

static void refuse_gather(const weft_shared *shared, weft_network *network, const char *says) {
    weft_error error = {0};
    sample s = sample_of(network);
    assert_int_equal(weft_shared_gather(shared, s.engine, &error), WEFT_ERROR_INPUT);
    if (strstr(error.message, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    }
    assert_int_equal(
        weft_shared_scatter((weft_shared *)(uintptr_t)shared, s.engine, 0, 1.0F, 1, &error),
        WEFT_ERROR_INPUT);
    sample_free(&s);
}

static void test_outside(void **state) {
    (void)state;
    weft_shared *shared = make_shared(true, true);
    admit(shared, (sizes){8, 5, 8});
    refuse_gather(shared, network_of_sizes((sizes){9, 3, 8}), "layer 1 (conv) of sized");
    refuse_gather(shared, network_of_sizes((sizes){8, 7, 8}), "layer 1 (conv) of sized");
    refuse_gather(shared, network_of_sizes((sizes){8, 5, 9}), "layer 5 (conv) of sized");
    weft_network *other = network_of_sizes((sizes){8, 5, 8});
    other->layers[AT_NORM].place = PLACES;
    refuse_gather(shared, other, "layer 2 (batch_norm) of sized");
    weft_shared_destroy(shared);
}

static void refuse_admit(weft_shared *shared, weft_network *network, weft_status status,
                         const char *says) {
    weft_error error = {0};
    sample s = sample_of(network);
    assert_int_equal(weft_shared_admit(shared, s.engine, &error), status);
    if (strstr(error.message, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    }
    sample_free(&s);
}

/* Everything that came before the layer is undone. */
static void test_not_admitted(void **state) {
    (void)state;
    weft_shared *shared = make_shared(true, true), *same = make_shared(true, true);
    admit(shared, (sizes){8, 5, 8});
    admit(same, (sizes){8, 5, 8});
    weft_network *homeless = network_of_sizes((sizes){16, 5, 8});
    homeless->layers[AT_HEAD].place = 0;
    refuse_admit(shared, homeless, WEFT_ERROR_INFEASIBLE, "layer 8 (linear) of sized has no place");
    assert_same(shared, same);
    weft_network *mixed = network_of_sizes((sizes){16, 5, 8});
    mixed->layers[AT_HEAD].place = STEM;
    refuse_admit(shared, mixed, WEFT_ERROR_INTERNAL, "place 1 is of conv and of linear");
    assert_same(shared, same);
    weft_network *wide = network_of("wide", 1, 20, 20);
    weft_layer layer = conv_layer(4, 17, 1, 0, false);
    layer.place = STEM;
    next(wide, layer);
    grow_head(wide, CLASSES);
    refuse_admit(shared, wide, WEFT_ERROR_INFEASIBLE, "kernel of 17 x 17");
    assert_same(shared, same);
    weft_shared_destroy(shared);
    weft_shared_destroy(same);
}

/* ---- rows of a file -------------------------------------------------------------------------- */

static weft_shared *begun(const int64_t *rows, int n, size_t values, weft_status *status) {
    weft_error error = {0};
    weft_shared *shared = make_shared(true, true);
    *status = weft_shared_begin(shared, rows, n, values, &error);
    return shared;
}

static void test_rows(void **state) {
    (void)state;
    weft_status status;
    weft_shared *shared = make_shared(true, false);
    for (int i = 0; i < N_LIST; i++) {
        admit(shared, LIST[i]);
    }
    shared->tensors[2].age = 77;
    shared->tensors[3].inherited = true;
    int n = shared->n_tensors;
    int64_t *rows = must_calloc((size_t)n * WEFT_SHARED_FIELDS, sizeof *rows);
    weft_shared_describe(shared, rows);
    weft_shared *other = begun(rows, n, shared->n, &status);
    assert_int_equal(status, WEFT_OK);
    memcpy(other->values, shared->values, shared->n * sizeof(float));
    assert_same(shared, other);
    weft_shared_destroy(other);
    const struct {
        int row, field;
        int64_t value;
    } bad[] = {{0, 0, 0},
               {0, 1, WEFT_OP_COUNT},
               {0, 2, WEFT_SLOTS + 1},
               {0, 3, -1},
               {0, 4, 0},
               {0, 5, 1 << 21},
               {0, 6, 16},
               {0, 7, 16},
               {0, 8, -1},
               {0, 9, 2},
               {0, 10, -1},
               {0, 11, 3},
               {0, 12, 0},
               {0, 12, -1},
               {1, 0, INT64_MAX},
               {1, 0, 1},
               {0, 4, 9}};
    /* Row 1 as row 0 is out of order; one row more is not of so many values. */
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        int64_t *field = rows + bad[k].row * WEFT_SHARED_FIELDS + bad[k].field, was = *field;
        int64_t key[4];
        memcpy(key, rows + WEFT_SHARED_FIELDS, sizeof key);
        *field = bad[k].value;
        if (bad[k].row == 1 && bad[k].value == 1) {
            memcpy(rows + WEFT_SHARED_FIELDS, rows, sizeof key);
        }
        other = begun(rows, n, shared->n, &status);
        if (status != WEFT_ERROR_INPUT) {
            fail_msg("row %d, field %d = %lld was taken", bad[k].row, bad[k].field,
                     (long long)bad[k].value);
        }
        weft_shared_destroy(other);
        *field = was;
        memcpy(rows + WEFT_SHARED_FIELDS, key, sizeof key);
    }
    for (int i = 0; i < n; i++) { /* a matrix that is none of its kernel */
        int64_t *row = rows + i * WEFT_SHARED_FIELDS;
        if (row[2] == WEFT_SLOTS) {
            row[3] = 15;
            other = begun(rows, n, shared->n, &status);
            assert_int_equal(status, WEFT_ERROR_INPUT);
            weft_shared_destroy(other);
            break;
        }
    }
    free(rows);
    weft_shared_destroy(shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),       cmocka_unit_test(test_identity),
        cmocka_unit_test(test_start),        cmocka_unit_test(test_scatter),
        cmocka_unit_test(test_scatter_adds), cmocka_unit_test(test_order),
        cmocka_unit_test(test_growth),       cmocka_unit_test(test_groups),
        cmocka_unit_test(test_followed),     cmocka_unit_test(test_outside),
        cmocka_unit_test(test_not_admitted), cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests_name("shared", tests, open_crew, close_crew);
}
