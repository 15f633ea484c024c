/* SPDX-License-Identifier: Apache-2.0
 *
 * Logits and gradients of every layer kind, and of whole networks, against a double-precision
 * reference and its central differences. */
#include "learn/engine_support.h"

enum { CLASSES = 5, SAMPLES = 12 };

static bool quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void compare_logits(const weft_engine *engine, const reference *r, const char *what) {
    const double *expected = reference_logits(r);
    for (size_t i = 0; i < engine->output->count; i++) {
        double found = (double)engine->output->data[i];
        if (!(fabs(found - expected[i]) <= 1e-4 * (1.0 + fabs(expected[i])))) {
            fail_msg("%s: logit %zu is %.7g, expected %.7g", what, i, found, expected[i]);
        }
    }
}

/* d loss / d (value k of a slot), by a central difference. */
static double difference(const reference *r, int layer, int slot, size_t k) {
    const double step = 1e-6;
    double *value = &r->slot[layer][slot][k];
    double kept = *value;
    *value = kept + step;
    double above = reference_loss(r, layer);
    *value = kept - step;
    double below = reference_loss(r, layer);
    *value = kept;
    return (above - below) / (2.0 * step);
}

static void compare_slot(weft_engine *engine, const reference *r, int layer, int slot,
                         weft_rng *rng, const char *what) {
    weft_error error;
    size_t n = r->slot_size[layer][slot];
    if (n == 0) {
        return;
    }
    float *gradient = must_calloc(n, sizeof *gradient);
    MUST(weft_engine_get(engine, layer, (weft_slot_name)slot, true, gradient, &error));
    size_t samples = quick() ? 3 : SAMPLES;
    for (size_t s = 0; s < samples; s++) {
        size_t k = (size_t)weft_rng_below(rng, n);
        double expected = difference(r, layer, slot, k);
        double found = (double)gradient[k];
        if (!(fabs(found - expected) <= 2e-5 + 1e-3 * fabs(expected))) {
            fail_msg("%s: layer %d (%s) slot %d value %zu: gradient %.8g, expected %.8g", what,
                     layer, weft_op_token(r->network->layers[layer].op), slot, k, found, expected);
        }
    }
    free(gradient);
}

/* Draws inputs until none of the values is at a kink; runs both; returns the reference's loss. */
static double forward_away_from_kinks(weft_engine *engine, reference *r, uint64_t seed) {
    weft_error error;
    double loss = 0.0;
    for (uint64_t attempt = 0; attempt < 100; attempt++) {
        same_input(engine, r, seed + 10000 * attempt);
        engine->dropout = weft_rng_make(seed, WEFT_PURPOSE_DROPOUT, 0);
        MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
        same_dropout(engine, r);
        loss = reference_loss(r, 0);
        if (reference_kink(r) > 5e-6) {
            return loss;
        }
    }
    fail_msg("%s: every input is at a kink", r->network->name);
    return loss;
}

static void compare_network(const weft_network *network, int batch, uint64_t seed) {
    weft_error error;
    weft_engine *engine = NULL;
    MUST(weft_engine_create(network, batch, &engine, &error));
    MUST(weft_engine_initialise(engine, seed, NULL, &error));
    reference r;
    reference_make(&r, network, batch);
    r.smoothing = 0.1;
    same_parameters(engine, &r, seed);
    double expected = forward_away_from_kinks(engine, &r, seed);
    compare_logits(engine, &r, network->name);
    weft_loss loss = weft_cross_entropy(engine->output->data, r.labels, (size_t)batch, CLASSES,
                                        r.smoothing, engine->output->gradient);
    assert_float_equal(loss.sum / batch, expected, 1e-4 * (1.0 + expected));
    MUST(weft_engine_backward(engine, NULL, &error));
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 2);
    for (int i = 0; i < network->n_layers; i++) {
        compare_slot(engine, &r, i, WEFT_SLOT_WEIGHT, &rng, network->name);
        compare_slot(engine, &r, i, WEFT_SLOT_BIAS, &rng, network->name);
    }
    reference_free(&r);
    weft_engine_destroy(engine);
}

/* ---- one kind between two convolutions and a head -------------------------------------------- */

static weft_network *begin(const char *name, int channels, int side) {
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create(name, (weft_shape){2, side, side}, &network, &error));
    grow(network, conv_layer(channels, 3, 1, 1, true), -1, -1);
    return network;
}

static void finish(weft_network *network, uint64_t seed) {
    weft_shape out = network->layers[network->n_layers - 1].out;
    if (out.height > 1 || out.width > 1) {
        grow(network, plain_layer(WEFT_OP_FLATTEN), -1, -1);
    }
    grow(network, linear_layer(CLASSES), -1, -1);
    compare_network(network, 3, seed);
    weft_network_destroy(network);
}

static void test_convolution(void **state) {
    (void)state;
    static const int cases[][4] = {
        /* in, out, kernel, stride */
        {8, 8, 3, 1},  {12, 17, 3, 1}, {17, 12, 1, 1}, {8, 12, 1, 1}, {96, 8, 3, 1},
        {8, 96, 1, 1}, {16, 32, 3, 1}, {12, 8, 3, 2},  {1, 17, 3, 1}, {16, 16, 5, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        const int *c = cases[i];
        snprintf(name, sizeof name, "conv %d -> %d, %d x %d / %d", c[0], c[1], c[2], c[2], c[3]);
        weft_network *network = begin(name, c[0], 6);
        grow(network, conv_layer(c[1], c[2], c[3], c[2] / 2, i % 2 == 0), -1, -1);
        finish(network, 100 + i);
    }
}

/* Shapes that nobody chose: not square, odd channels, windows that just fit. */
static void test_random_convolutions(void **state) {
    (void)state;
    weft_error error;
    uint64_t cases = quick() ? 5 : 25;
    for (uint64_t seed = 5000; seed < 5000 + cases; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 3);
        int kernel = 1 + 2 * (int)weft_rng_below(&rng, 3);
        int stride = kernel > 1 ? 1 + (int)weft_rng_below(&rng, 2) : 1;
        weft_shape input = {1 + (int)weft_rng_below(&rng, 20), 5 + (int)weft_rng_below(&rng, 5),
                            5 + (int)weft_rng_below(&rng, 5)};
        char name[96];
        snprintf(name, sizeof name, "seed %llu: %d x %d x %d, %d x %d / %d",
                 (unsigned long long)seed, input.channels, input.height, input.width, kernel,
                 kernel, stride);
        weft_network *network = NULL;
        MUST(weft_network_create(name, input, &network, &error));
        grow(network, conv_layer(1 + (int)weft_rng_below(&rng, 20), 3, 1, 1, true), -1, -1);
        grow(network, plain_layer(WEFT_OP_BATCH_NORM), -1, -1);
        grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
        int pad = (int)weft_rng_below(&rng, (uint64_t)kernel / 2 + 1);
        grow(network, conv_layer(1 + (int)weft_rng_below(&rng, 20), kernel, stride, pad, true), -1,
             -1);
        finish(network, seed);
    }
}

static void test_batch_norm(void **state) {
    (void)state;
    static const int channels[] = {1, 3, 8, 12, 16, 17, 96, 255, 300};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        for (int relu = 0; relu < 2; relu++) {
            char name[64];
            snprintf(name, sizeof name, "batch norm of %d%s", channels[i], relu ? " and ReLU" : "");
            weft_network *network = begin(name, channels[i], 5);
            grow(network, plain_layer(WEFT_OP_BATCH_NORM), -1, -1);
            if (relu != 0) {
                grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
            }
            finish(network, 200 + i);
        }
    }
}

/* The batch norm's result is read twice: its ReLU must stay a stage of its own. */
static void test_batch_norm_read_twice(void **state) {
    (void)state;
    weft_network *network = begin("batch norm read twice", 8, 5);
    int norm = grow(network, plain_layer(WEFT_OP_BATCH_NORM), -1, -1);
    int relu = grow(network, plain_layer(WEFT_OP_RELU), norm, -1);
    grow(network, plain_layer(WEFT_OP_ADD), relu, norm);
    finish(network, 300);
}

static void test_relu(void **state) {
    (void)state;
    weft_network *network = begin("ReLU", 12, 5);
    grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
    finish(network, 400);
}

static void test_max_pool(void **state) {
    (void)state;
    static const int cases[][4] = {
        /* channels, side, kernel, stride */
        {8, 6, 2, 2}, {12, 7, 2, 2}, {17, 7, 3, 2}, {16, 6, 3, 1}, {8, 9, 2, 3}, {3, 8, 4, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        const int *c = cases[i];
        snprintf(name, sizeof name, "max pool %d @ %d, %d / %d", c[0], c[1], c[2], c[3]);
        weft_network *network = begin(name, c[0], c[1]);
        grow(network, pool_layer(c[2], c[3]), -1, -1);
        finish(network, 500 + i);
    }
}

static void test_average_pool(void **state) {
    (void)state;
    static const int cases[][3] = {{8, 6, 1}, {12, 7, 3}, {17, 7, 2}, {5, 5, 5}, {4, 9, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        snprintf(name, sizeof name, "average pool of %d to %d", cases[i][1], cases[i][2]);
        weft_network *network = begin(name, cases[i][0], cases[i][1]);
        grow(network, average_layer(cases[i][2]), -1, -1);
        finish(network, 600 + i);
    }
}

static void test_linear_and_dropout(void **state) {
    (void)state;
    static const int widths[] = {10, 17, 200};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        weft_network *network = begin("linear, ReLU, dropout", 4, 4);
        grow(network, average_layer(2), -1, -1);
        grow(network, plain_layer(WEFT_OP_FLATTEN), -1, -1);
        grow(network, linear_layer(widths[i]), -1, -1);
        grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
        grow(network, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.4}, -1, -1);
        finish(network, 700 + i);
    }
}

/* ---- edges ----------------------------------------------------------------------------------- */

static void test_sum_of_one(void **state) {
    (void)state;
    weft_network *network = begin("x + x", 8, 5);
    int x = network->n_layers - 1;
    grow(network, plain_layer(WEFT_OP_ADD), x, x);
    grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
    finish(network, 800);
}

static void test_three_readers(void **state) {
    (void)state;
    weft_network *network = begin("three readers", 8, 5);
    int x = network->n_layers - 1;
    int a = grow(network, conv_layer(8, 3, 1, 1, true), x, -1);
    int b = grow(network, conv_layer(8, 1, 1, 0, false), x, -1);
    int sum = grow(network, plain_layer(WEFT_OP_ADD), a, b);
    grow(network, plain_layer(WEFT_OP_ADD), sum, x);
    grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
    finish(network, 801);
}

/* A sum with ReLU inside a sum: its gradient is masked, its sister's must not be, whichever of the
 * two goes backward first. */
static void test_nested_sums(void **state) {
    (void)state;
    for (int sister_first = 0; sister_first < 2; sister_first++) {
        weft_network *network = begin("nested sums", 8, 5);
        int x = network->n_layers - 1, norm = 0;
        if (sister_first != 0) {
            norm = grow(network, plain_layer(WEFT_OP_BATCH_NORM), x, -1);
        }
        int a = grow(network, conv_layer(8, 3, 1, 1, true), x, -1);
        int b = grow(network, conv_layer(8, 1, 1, 0, true), x, -1);
        int inner = grow(network, plain_layer(WEFT_OP_ADD), a, b);
        int relu = grow(network, plain_layer(WEFT_OP_RELU), inner, -1);
        if (sister_first == 0) {
            norm = grow(network, plain_layer(WEFT_OP_BATCH_NORM), x, -1);
        }
        grow(network, plain_layer(WEFT_OP_ADD), relu, norm);
        grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
        finish(network, 802);
    }
}

/* ---- whole networks -------------------------------------------------------------------------- */

static void check_imc(const char *text, weft_shape input, int pool, uint64_t seed) {
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = input;
    spec.classes = CLASSES;
    spec.head_pool = pool;
    spec.hidden[0] = 20;
    spec.hidden[1] = 9;
    MUST(weft_imc_parse(text, &spec, &error));
    weft_network *network = NULL;
    MUST(weft_imc_build(&spec, &network, &error));
    compare_network(network, 4, seed);
    weft_network_destroy(network);
}

static void test_networks(void **state) {
    (void)state;
    check_imc("V8", (weft_shape){1, 8, 8}, 2, 900);
    check_imc("M12", (weft_shape){3, 6, 6}, 1, 901);
    check_imc("R8", (weft_shape){3, 6, 6}, 2, 902);
    check_imc("R17,V12", (weft_shape){3, 7, 7}, 1, 903);
    check_imc("V8,R16,R8,M8", (weft_shape){3, 8, 8}, 2, 904);
}

/* ---- measuring mode -------------------------------------------------------------------------- */

static void test_evaluation(void **state) {
    (void)state;
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){3, 8, 8};
    spec.classes = CLASSES;
    MUST(weft_imc_parse("V8,R12", &spec, &error));
    weft_network *network = NULL;
    MUST(weft_imc_build(&spec, &network, &error));
    weft_engine *engine = NULL;
    MUST(weft_engine_create(network, 6, &engine, &error));
    MUST(weft_engine_initialise(engine, 1, NULL, &error));
    reference r;
    reference_make(&r, network, 6);
    same_parameters(engine, &r, 77);
    for (uint64_t step = 0; step < 12; step++) {
        same_input(engine, &r, 1000 + step);
        MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
    }
    for (int i = 0; i < network->n_layers; i++) {
        for (int s = WEFT_SLOT_MEAN; s <= WEFT_SLOT_VARIANCE; s++) {
            float plain[64] = {0};
            if (r.slot_size[i][s] > 0) {
                MUST(weft_engine_get(engine, i, (weft_slot_name)s, false, plain, &error));
                for (size_t k = 0; k < r.slot_size[i][s]; k++) {
                    r.slot[i][s][k] = (double)plain[k];
                }
            }
        }
    }
    r.evaluate = true;
    same_input(engine, &r, 2000);
    MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
    reference_forward(&r, 0);
    compare_logits(engine, &r, "evaluation");
    reference_free(&r);
    weft_engine_destroy(engine);
    weft_network_destroy(network);
}

/* A mean that is large beside the deviation: the variance must keep its digits. */
static void test_batch_norm_large_mean(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create("large mean", (weft_shape){4, 8, 8}, &network, &error));
    grow(network, plain_layer(WEFT_OP_BATCH_NORM), -1, -1);
    grow(network, average_layer(1), -1, -1);
    grow(network, linear_layer(CLASSES), -1, -1);
    weft_engine *engine = NULL;
    MUST(weft_engine_create(network, 8, &engine, &error));
    MUST(weft_engine_initialise(engine, 1, NULL, &error));
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < engine->input->count; i++) {
        engine->input->data[i] = 1000.0F + 0.5F * (float)weft_rng_normal(&rng);
    }
    MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
    float variance[4];
    MUST(weft_engine_get(engine, 1, WEFT_SLOT_VARIANCE, false, variance, &error));
    for (int c = 0; c < 4; c++) {
        double mean = 0.0, sum = 0.0;
        size_t n = engine->input->count / 4;
        for (size_t i = 0; i < n; i++) {
            mean += (double)engine->input->data[i * 4 + (size_t)c] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            sum += pow((double)engine->input->data[i * 4 + (size_t)c] - mean, 2.0);
        }
        assert_float_equal((double)variance[c], sum / (double)(n - 1), 1e-5);
    }
    weft_engine_destroy(engine);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolution),  cmocka_unit_test(test_random_convolutions),
        cmocka_unit_test(test_batch_norm),   cmocka_unit_test(test_batch_norm_read_twice),
        cmocka_unit_test(test_relu),         cmocka_unit_test(test_max_pool),
        cmocka_unit_test(test_average_pool), cmocka_unit_test(test_linear_and_dropout),
        cmocka_unit_test(test_sum_of_one),   cmocka_unit_test(test_three_readers),
        cmocka_unit_test(test_nested_sums),  cmocka_unit_test(test_networks),
        cmocka_unit_test(test_evaluation),   cmocka_unit_test(test_batch_norm_large_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
