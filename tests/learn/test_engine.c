/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's edges: what it refuses, what it keeps apart, and its parameters in and out. */
#include "learn/engine_support.h"

enum { CLASSES = 4 };

static weft_network *create(int channels, int height, int width) {
    return network_of("edge", channels, height, width);
}

static void refuse(const weft_network *network, weft_engine_settings settings, weft_status status,
                   const char *word) {
    weft_error error = {0};
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    MUST(weft_crew_create(1, &crew, &error));
    assert_int_equal(weft_engine_create(network, crew, &settings, &engine, &error), status);
    assert_null(engine);
    weft_crew_destroy(crew);
    if (strstr(error.message, word) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, word);
    }
}

static void expect_refusal(weft_network *network, int batch, weft_status status, const char *word) {
    refuse(network, (weft_engine_settings){.batch = batch}, status, word);
    weft_network_destroy(network);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_refuses(void **state) {
    (void)state;
    weft_network *network = create(3, 8, 8);
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

/* Lanes are equal: they divide the batch, and there are not too many of them. */
static void test_refuses_lanes(void **state) {
    (void)state;
    weft_network *network = create(3, 8, 8);
    grow_head(network, CLASSES);
    refuse(network, (weft_engine_settings){.batch = 10, .lanes = 4}, WEFT_ERROR_INPUT, "4 equal");
    refuse(network, (weft_engine_settings){.batch = 2, .lanes = 4}, WEFT_ERROR_INPUT, "4 equal");
    refuse(network,
           (weft_engine_settings){.batch = 2 * WEFT_ENGINE_MAX_LANES + 2,
                                  .lanes = WEFT_ENGINE_MAX_LANES + 1},
           WEFT_ERROR_INPUT, "65 equal");
    weft_network_destroy(network);
}

/* The default follows from the batch alone: at most 4, a power of two, with 16 images or more. */
static void test_default_lanes(void **state) {
    (void)state;
    static const int cases[][2] = {{1, 1},  {16, 1}, {31, 1}, {32, 2},  {33, 1},
                                   {34, 2}, {63, 1}, {64, 4}, {66, 2},  {68, 4},
                                   {96, 4}, {97, 1}, {98, 2}, {128, 4}, {1024, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(weft_engine_lanes(cases[i][0]), cases[i][1]);
    }
}

/* 2^64 values: counted without wrapping round. */
static void test_refuses_overflow(void **state) {
    (void)state;
    weft_network *network = create(65536, 65536, 65536);
    grow(network, average_layer(1), -1, -1);
    grow(network, linear_layer(CLASSES), -1, -1);
    expect_refusal(network, 65536, WEFT_ERROR_MEMORY, "memory");
}

/* One layer more than there are random streams for. The engine does not look at the layers then. */
static void test_refuses_too_many_layers(void **state) {
    (void)state;
    weft_network *network = create(3, 8, 8);
    grow_head(network, CLASSES);
    int32_t n = network->n_layers;
    network->n_layers = WEFT_ENGINE_MAX_LAYERS + 1;
    refuse(network, (weft_engine_settings){.batch = 2}, WEFT_ERROR_INFEASIBLE, "262145 layers");
    network->n_layers = n;
    weft_network_destroy(network);
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
        rig made = rig_open(network, (weft_engine_settings){.batch = 2}, 1);
        weft_engine *engine = made.engine;
        size_t n = (size_t)(17 * widths[w] * 9);
        assert_int_equal(weft_engine_stage(engine, layer)->slot[WEFT_SLOT_WEIGHT].count, n);
        float *in = must_calloc(n, sizeof *in), *out = must_calloc(n, sizeof *out);
        for (size_t k = 0; k < n; k++) {
            in[k] = (float)k + 1.0F;
        }
        MUST(weft_engine_set(engine, layer, WEFT_SLOT_WEIGHT, in, &error));
        MUST(weft_engine_get(engine, layer, WEFT_SLOT_WEIGHT, false, out, &error));
        assert_memory_equal(in, out, n * sizeof *in);
        assert_int_equal(weft_engine_get(engine, layer, WEFT_SLOT_MEAN, false, out, &error),
                         WEFT_ERROR_INTERNAL);
        assert_int_equal(weft_engine_set(engine, 3, WEFT_SLOT_WEIGHT, in, &error),
                         WEFT_ERROR_INTERNAL);
        free(in);
        free(out);
        rig_close(&made);
        weft_network_destroy(network);
    }
}

static double slot_deviation(weft_engine *engine, int layer) {
    weft_error error;
    size_t n = weft_engine_stage(engine, layer)->slot[WEFT_SLOT_WEIGHT].count;
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
    rig made = rig_open(network, (weft_engine_settings){.batch = 2}, 1);
    weft_engine *engine = made.engine;
    assert_float_equal(slot_deviation(engine, first), sqrt(2.0 / 27.0), 0.02);
    assert_float_equal(slot_deviation(engine, second), sqrt(2.0 / 576.0), 0.002);
    assert_float_equal(slot_deviation(engine, last), sqrt(1.0 / 64.0), 0.003);
    double before = slot_deviation(engine, second);
    MUST(weft_engine_initialise(engine, 2, NULL, &error));
    assert_true(slot_deviation(engine, second) != before);
    MUST(weft_engine_initialise(engine, 1, NULL, &error));
    assert_true(slot_deviation(engine, second) == before);
    rig_close(&made);
    weft_network_destroy(network);
}

/* Tables and linear layers over tokens; norms begin as they are told to, whatever was there. */
static void test_start_values_of_sequences(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = create(64, 4, 4);
    int depthwise = next(network, depthwise_layer(64, 3, 1));
    int norm = next(network, plain_layer(WEFT_OP_BATCH_NORM));
    int tokens = next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 8});
    int positions = next(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 24});
    int over = next(network, linear_layer(64));
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 0});
    int hidden = next(network, linear_layer(64));
    next(network, plain_layer(WEFT_OP_GELU));
    next(network, linear_layer(CLASSES));
    rig made = rig_open(network, (weft_engine_settings){.batch = 2}, 1);
    const float twos[64] = {[0] = 2.0F, [63] = 2.0F};
    for (int s = WEFT_SLOT_WEIGHT; s <= WEFT_SLOT_VARIANCE; s++) {
        MUST(weft_engine_set(made.engine, norm, (weft_slot_name)s, twos, &error));
    }
    MUST(weft_engine_initialise(made.engine, 1, NULL, &error));
    assert_float_equal(slot_deviation(made.engine, depthwise), sqrt(2.0 / 9.0), 0.06);
    assert_float_equal(slot_deviation(made.engine, tokens), 0.02, 0.003);
    assert_float_equal(slot_deviation(made.engine, positions), 0.02, 0.002);
    assert_float_equal(slot_deviation(made.engine, over), sqrt(1.0 / 64.0), 0.006);
    assert_float_equal(slot_deviation(made.engine, hidden), sqrt(2.0 / 64.0), 0.008);
    static const float expected[] = {1.0F, 0.0F, 0.0F, 1.0F};
    for (int s = WEFT_SLOT_WEIGHT; s <= WEFT_SLOT_VARIANCE; s++) {
        for (size_t c = 0; c < 64; c++) {
            assert_true(slot_of(made.engine, norm, (weft_slot_name)s)->value[c] == expected[s]);
        }
    }
    rig_close(&made);
    weft_network_destroy(network);
}

/* Heads of 16 features: products of queries and keys begin with a variance of 1, quantized or not. */
static void test_start_values_of_queries(void **state) {
    (void)state;
    weft_network *network = create(64, 4, 4);
    int tokens = next(network, (weft_layer){.op = WEFT_OP_TOKENS});
    int query = grow(network, linear_layer(64), tokens, -1);
    int key = grow(network, linear_layer(64), tokens, -1);
    grow(network, (weft_layer){.op = WEFT_OP_MATMUL, .groups = 4, .transpose = true}, query, key);
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 0});
    next(network, linear_layer(CLASSES));
    weft_quant_settings quant;
    weft_quant_defaults(&quant);
    quant.weight_bits = quant.input_bits = 4;
    for (int quantized = 0; quantized < 2; quantized++) {
        rig made = rig_open(
            network, (weft_engine_settings){.batch = 2, .quant = quantized != 0 ? &quant : NULL},
            1);
        assert_float_equal(slot_deviation(made.engine, query), sqrt(1.0 / (64.0 * 16.0)), 0.002);
        assert_float_equal(slot_deviation(made.engine, key), sqrt(1.0 / 64.0), 0.006);
        rig_close(&made);
    }
    weft_network_destroy(network);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static rig small_rig(weft_network **network, int lanes) {
    weft_error error;
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){2, 8, 8};
    spec.classes = CLASSES;
    MUST(weft_imc_parse("V8,R12", &spec, &error));
    MUST(weft_imc_build(&spec, network, &error));
    rig made = rig_open(*network, (weft_engine_settings){.batch = 4, .lanes = lanes}, 2);
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < image_values(made.engine); i++) {
        set_image(made.engine, i, (float)weft_rng_normal(&rng));
    }
    return made;
}

/* What fills the rest of a batch does not touch the images in it, in the same lane or another. */
static void test_images_apart(void **state) {
    (void)state;
    for (int lanes = 1; lanes <= 4; lanes *= 2) {
        weft_error error;
        weft_network *network = NULL;
        rig made = small_rig(&network, lanes);
        weft_engine *engine = made.engine;
        const size_t image = 2 * 8 * 8;
        float logits[4 * CLASSES];
        MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
        memcpy(logits, engine->logits, sizeof logits);
        for (size_t k = 0; k < image; k++) {
            set_image(engine, 3 * image + k, k % 2 == 0 ? NAN : 1e30F);
        }
        MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
        assert_memory_equal(engine->logits, logits, 3 * CLASSES * sizeof *logits);
        /* The broken image shows itself: ReLU, pooling and batch norm let a NaN through. */
        assert_true(isnan(engine->logits[3 * CLASSES]));
        rig_close(&made);
        weft_network_destroy(network);
    }
}

/* Measuring draws no masks, changes no statistics and no images. */
static void test_measuring_leaves_no_trace(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    rig made = small_rig(&network, 2);
    weft_engine *engine = made.engine;
    float input[4 * 2 * 8 * 8], first[4 * CLASSES];
    memcpy(input, engine->images, sizeof input);
    float *statistics = must_calloc(engine->n_statistics, sizeof *statistics);
    memcpy(statistics, engine->statistics, engine->n_statistics * sizeof *statistics);
    for (int i = 0; i < 3; i++) {
        MUST(weft_engine_forward(engine, WEFT_MODE_EVALUATE, NULL, &error));
        if (i == 0) {
            memcpy(first, engine->logits, sizeof first);
        }
        assert_memory_equal(engine->logits, first, sizeof first);
        assert_memory_equal(engine->images, input, sizeof input);
    }
    assert_true(engine->n_statistics > 0);
    assert_memory_equal(engine->statistics, statistics, engine->n_statistics * sizeof *statistics);
    assert_int_equal(engine->steps, 0);
    free(statistics);
    rig_close(&made);
    weft_network_destroy(network);
}

/* The dropout of a step depends on seed and step alone, not on what ran before. */
static void test_masks(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    rig made = small_rig(&network, 2);
    float logits[4][4 * CLASSES];
    static const int64_t steps[] = {7, 8, 7, 7};
    for (size_t i = 0; i < 4; i++) {
        made.engine->seed = i == 3 ? 2 : 1;
        made.engine->mask_step = steps[i];
        MUST(weft_engine_forward(made.engine, WEFT_MODE_TRAIN, NULL, &error));
        memcpy(logits[i], made.engine->logits, sizeof logits[i]);
    }
    assert_memory_equal(logits[0], logits[2], sizeof logits[0]);
    assert_memory_not_equal(logits[0], logits[1], sizeof logits[0]);
    assert_memory_not_equal(logits[0], logits[3], sizeof logits[0]);
    rig_close(&made);
    weft_network_destroy(network);
}

/* Of many values about the share that the layer says is dropped, each lane's by a mask of its own. */
static void test_dropped_share(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = create(1, 40, 40);
    next(network, (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.3});
    grow_head(network, CLASSES);
    rig made = rig_open(network, (weft_engine_settings){.batch = 8, .lanes = 4}, 1);
    reference r;
    reference_make(&r, network, 8);
    same_input(made.engine, &r, 1);
    MUST(weft_engine_forward(made.engine, WEFT_MODE_TRAIN, NULL, &error));
    same_dropout(made.engine, &r);
    size_t dropped = 0, same = 0, n = 8 * 1600;
    for (size_t k = 0; k < n; k++) {
        dropped += r.factors[1][k] == 0.0;
        same += r.factors[1][k] == r.factors[1][(k + 3200) % n];
    }
    /* Six deviations: sqrt(0.3 * 0.7 / 12800) = 0.004; equal with 0.3^2 + 0.7^2 = 0.58. */
    assert_float_equal((double)dropped / (double)n, 0.3, 0.025);
    assert_float_equal((double)same / (double)n, 0.58, 0.027);
    reference_free(&r);
    rig_close(&made);
    weft_network_destroy(network);
}

/* Running statistics: the mean of the first ten steps, then a tenth of each new one; the mean of all
 * where that is asked for. */
static void test_running_statistics(void **state) {
    (void)state;
    for (int averages = 0; averages < 2; averages++) {
        weft_error error;
        weft_network *network = create(1, 2, 2);
        int norm = next(network, plain_layer(WEFT_OP_BATCH_NORM));
        grow_head(network, CLASSES);
        rig made = rig_open(network, (weft_engine_settings){.batch = 2, .lanes = 2}, 1);
        made.engine->averages_statistics = averages == 1;
        double mean = 0.0, variance = 1.0;
        for (int step = 1; step <= 25; step++) {
            /* Eight values, half of them step, half of them step + 2: of unbiased variance 8/7. */
            for (size_t k = 0; k < 8; k++) {
                set_image(made.engine, k, (float)(step + 2 * (int)(k % 2)));
            }
            MUST(weft_engine_forward(made.engine, WEFT_MODE_TRAIN, NULL, &error));
            double share = averages == 1 || step < 10 ? 1.0 / step : 0.1;
            mean += share * (step + 1.0 - mean);
            variance += share * (8.0 / 7.0 - variance);
            assert_float_equal((double)slot_of(made.engine, norm, WEFT_SLOT_MEAN)->value[0], mean,
                               1e-5);
            assert_float_equal((double)slot_of(made.engine, norm, WEFT_SLOT_VARIANCE)->value[0],
                               variance, 1e-5);
        }
        rig_close(&made);
        weft_network_destroy(network);
    }
}

static void test_stops_at_once(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    rig made = small_rig(&network, 2);
    weft_stop stop;
    atomic_init(&stop.requested, true);
    assert_int_equal(weft_engine_forward(made.engine, WEFT_MODE_TRAIN, &stop, &error),
                     WEFT_STOPPED);
    assert_int_equal(weft_engine_backward(made.engine, &stop, &error), WEFT_STOPPED);
    assert_int_equal(weft_engine_initialise(made.engine, 1, &stop, &error), WEFT_STOPPED);
    rig_close(&made);
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
    rig made = rig_open(network, (weft_engine_settings){.batch = 8}, 1);
    const weft_plan *plan = &made.engine->plan;
    size_t sum = 0;
    for (int i = 0; i < plan->n; i++) {
        sum += plan->claims[i].size;
    }
    assert_true((double)plan->size < 0.6 * (double)sum);
    assert_true(weft_engine_bytes(made.engine) >= plan->size);
    rig_close(&made);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_lanes),
        cmocka_unit_test(test_default_lanes),
        cmocka_unit_test(test_refuses_overflow),
        cmocka_unit_test(test_refuses_too_many_layers),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_start_values),
        cmocka_unit_test(test_start_values_of_sequences),
        cmocka_unit_test(test_start_values_of_queries),
        cmocka_unit_test(test_images_apart),
        cmocka_unit_test(test_measuring_leaves_no_trace),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_dropped_share),
        cmocka_unit_test(test_running_statistics),
        cmocka_unit_test(test_stops_at_once),
        cmocka_unit_test(test_shares_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
