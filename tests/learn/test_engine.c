/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's edges: what it refuses, what it keeps apart, and its parameters in and out. */
#include "learn/engine_support.h"

enum { CLASSES = 4 };

static weft_network *create(int channels, int height, int width) {
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create("edge", (weft_shape){channels, height, width}, &network, &error));
    return network;
}

static void expect_refusal(weft_network *network, int batch, weft_status status, const char *word) {
    weft_error error = {0};
    weft_engine *engine = NULL;
    assert_int_equal(weft_engine_create(network, batch, &engine, &error), status);
    assert_null(engine);
    if (strstr(error.message, word) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, word);
    }
    weft_network_destroy(network);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_refuses(void **state) {
    (void)state;
    weft_network *network = create(3, 8, 8);
    grow(network, conv_layer(8, 1, 2, 0, true), -1, -1);
    grow(network, average_layer(1), -1, -1);
    grow(network, linear_layer(CLASSES), -1, -1);
    expect_refusal(network, 2, WEFT_ERROR_INFEASIBLE, "stride 2");

    network = create(3, 8, 8);
    grow(network, conv_layer(8, 3, 1, 1, true), -1, -1);
    grow(network, conv_layer(8, 3, 1, 1, true), 0, -1);
    grow(network, average_layer(1), -1, -1);
    expect_refusal(network, 2, WEFT_ERROR_INFEASIBLE, "layer 1 (conv) leads nowhere");

    network = create(3, 8, 8);
    grow(network, conv_layer(8, 3, 1, 1, true), -1, -1);
    expect_refusal(network, 2, WEFT_ERROR_INFEASIBLE, "8 x 8 x 8");

    network = create(3, 8, 8);
    grow(network, average_layer(1), -1, -1);
    expect_refusal(network, 2, WEFT_ERROR_INFEASIBLE, "nothing to train");

    expect_refusal(create(3, 1, 1), 2, WEFT_ERROR_INFEASIBLE, "classifier");
}

/* 2^64 values: counted without wrapping round. */
static void test_refuses_overflow(void **state) {
    (void)state;
    weft_network *network = create(65536, 65536, 65536);
    grow(network, average_layer(1), -1, -1);
    grow(network, linear_layer(CLASSES), -1, -1);
    expect_refusal(network, 65536, WEFT_ERROR_MEMORY, "memory");
}

/* ---- parameters ------------------------------------------------------------------------------ */

static void test_round_trip(void **state) {
    (void)state;
    weft_error error;
    static const int widths[] = {1, 8, 12, 17, 33};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        weft_network *network = create(3, 6, 6);
        grow(network, conv_layer(widths[w], 3, 1, 1, true), -1, -1);
        int layer = grow(network, conv_layer(17, 3, 1, 1, true), -1, -1);
        grow(network, average_layer(1), -1, -1);
        grow(network, linear_layer(CLASSES), -1, -1);
        weft_engine *engine = NULL;
        MUST(weft_engine_create(network, 2, &engine, &error));
        size_t n = (size_t)(17 * widths[w] * 9);
        assert_int_equal(weft_engine_stage(engine, layer)->slot[WEFT_SLOT_WEIGHT].plain, n);
        float *in = must_calloc(n, sizeof *in), *out = must_calloc(n, sizeof *out);
        for (size_t k = 0; k < n; k++) {
            in[k] = (float)k + 1.0F;
        }
        MUST(weft_engine_set(engine, layer, WEFT_SLOT_WEIGHT, in, &error));
        MUST(weft_engine_get(engine, layer, WEFT_SLOT_WEIGHT, false, out, &error));
        assert_memory_equal(in, out, n * sizeof *in);
        assert_int_equal(weft_engine_get(engine, layer, WEFT_SLOT_MEAN, false, out, &error),
                         WEFT_ERROR_INTERNAL);
        free(in);
        free(out);
        weft_engine_destroy(engine);
        weft_network_destroy(network);
    }
}

static double slot_deviation(weft_engine *engine, int layer) {
    weft_error error;
    size_t n = weft_engine_stage(engine, layer)->slot[WEFT_SLOT_WEIGHT].plain;
    float *plain = must_calloc(n, sizeof *plain);
    MUST(weft_engine_get(engine, layer, WEFT_SLOT_WEIGHT, false, plain, &error));
    double sum = 0.0;
    for (size_t k = 0; k < n; k++) {
        sum += (double)plain[k] * (double)plain[k];
    }
    free(plain);
    return sqrt(sum / (double)n);
}

static void test_start_values(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = create(3, 6, 6);
    int first = grow(network, conv_layer(64, 3, 1, 1, true), -1, -1);
    int second = grow(network, conv_layer(64, 3, 1, 1, true), -1, -1);
    grow(network, average_layer(1), -1, -1);
    int last = grow(network, linear_layer(512), -1, -1);
    weft_engine *engine = NULL;
    MUST(weft_engine_create(network, 2, &engine, &error));
    MUST(weft_engine_initialise(engine, 1, NULL, &error));
    assert_float_equal(slot_deviation(engine, first), sqrt(2.0 / 27.0), 0.02);
    assert_float_equal(slot_deviation(engine, second), sqrt(2.0 / 576.0), 0.002);
    assert_float_equal(slot_deviation(engine, last), sqrt(1.0 / 64.0), 0.003);
    double before = slot_deviation(engine, second);
    MUST(weft_engine_initialise(engine, 2, NULL, &error));
    assert_true(slot_deviation(engine, second) != before);
    MUST(weft_engine_initialise(engine, 1, NULL, &error));
    assert_true(slot_deviation(engine, second) == before);
    weft_engine_destroy(engine);
    weft_network_destroy(network);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static weft_engine *small_engine(weft_network **network) {
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){2, 8, 8};
    spec.classes = CLASSES;
    MUST(weft_imc_parse("V8,R12", &spec, &error));
    MUST(weft_imc_build(&spec, network, &error));
    weft_engine *engine = NULL;
    MUST(weft_engine_create(*network, 4, &engine, &error));
    MUST(weft_engine_initialise(engine, 1, NULL, &error));
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < engine->input->count; i++) {
        engine->input->data[i] = (float)weft_rng_normal(&rng);
    }
    return engine;
}

/* What fills the rest of a batch does not touch the images in it. */
static void test_images_apart(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    weft_engine *engine = small_engine(&network);
    const size_t image = 2 * 8 * 8;
    float input[4 * 2 * 8 * 8], logits[4 * CLASSES];
    memcpy(input, engine->input->data, sizeof input);
    MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
    memcpy(logits, engine->output->data, sizeof logits);
    memcpy(engine->input->data, input, sizeof input);
    for (size_t k = 0; k < image; k++) {
        engine->input->data[3 * image + k] = k % 2 == 0 ? NAN : 1e30F;
    }
    MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
    assert_memory_equal(engine->output->data, logits, 3 * CLASSES * sizeof *logits);
    /* The broken image shows itself: ReLU, pooling and batch norm let a NaN through. */
    assert_true(isnan(engine->output->data[3 * CLASSES]));
    weft_engine_destroy(engine);
    weft_network_destroy(network);
}

/* Measuring draws no masks and changes no statistics. */
static void test_measuring_leaves_no_trace(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    weft_engine *engine = small_engine(&network);
    float input[4 * 2 * 8 * 8], first[4 * CLASSES];
    memcpy(input, engine->input->data, sizeof input);
    for (int i = 0; i < 3; i++) {
        memcpy(engine->input->data, input, sizeof input);
        MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
        if (i == 0) {
            memcpy(first, engine->output->data, sizeof first);
        }
        assert_memory_equal(engine->output->data, first, sizeof first);
    }
    assert_int_equal(engine->steps, 0);
    weft_engine_destroy(engine);
    weft_network_destroy(network);
}

static void test_stops_at_once(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    weft_engine *engine = small_engine(&network);
    weft_stop stop;
    atomic_init(&stop.requested, true);
    assert_int_equal(weft_engine_forward(engine, WEFT_MODE_TRAIN, &stop, &error), WEFT_STOPPED);
    assert_int_equal(weft_engine_backward(engine, &stop, &error), WEFT_STOPPED);
    assert_int_equal(weft_engine_initialise(engine, 1, &stop, &error), WEFT_STOPPED);
    weft_engine_destroy(engine);
    weft_network_destroy(network);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Buffers share bytes: a chain of equal blocks needs much less than the sum of its buffers. */
static void test_shares_memory(void **state) {
    (void)state;
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    MUST(weft_imc_parse("R8,R8,R8,R8", &spec, &error));
    weft_network *network = NULL;
    MUST(weft_imc_build(&spec, &network, &error));
    weft_engine *engine = NULL;
    MUST(weft_engine_create(network, 8, &engine, &error));
    size_t sum = 0;
    for (int i = 0; i < engine->plan.n; i++) {
        sum += engine->plan.claims[i].size;
    }
    assert_true((double)engine->plan.size < 0.6 * (double)sum);
    assert_true(weft_engine_bytes(engine) >= engine->plan.size);
    weft_engine_destroy(engine);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),       cmocka_unit_test(test_refuses_overflow),
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_start_values),
        cmocka_unit_test(test_images_apart),  cmocka_unit_test(test_measuring_leaves_no_trace),
        cmocka_unit_test(test_stops_at_once), cmocka_unit_test(test_shares_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
