/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole networks against the double-precision reference: logits and gradients in training, logits
 * when measuring with running statistics. */
#include "learn/gradient_support.h"

static void check(weft_network *network, conditions c) {
    compare_both(network, c);
    weft_network_destroy(network);
}

/* ---- by blocks ------------------------------------------------------------------------------- */

static weft_network *imc(const char *text, weft_shape input, int pool) {
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
    return network;
}

static void test_imc(void **state) {
    (void)state;
    static const struct {
        const char *text;
        weft_shape input;
        int pool;
    } cases[] = {
        {"V8", {1, 8, 8}, 2},      {"M12", {3, 6, 6}, 1},          {"R8", {3, 6, 6}, 2},
        {"R17,V12", {3, 7, 7}, 1}, {"V8,R16,R8,M8", {3, 8, 8}, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(imc(cases[i].text, cases[i].input, cases[i].pool),
              (conditions){.batch = 6, .seed = 900 + i, .samples = 2});
    }
}

/* Inverted residuals with squeeze-excite, of both activations. */
static void test_mbconv(void **state) {
    (void)state;
    static const weft_op acts[] = {WEFT_OP_HARD_SWISH, WEFT_OP_RELU6};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        weft_network *network = network_of("MBConv", 3, 8, 8);
        next(network, conv_layer(8, 3, 1, 1, false));
        next(network, plain_layer(WEFT_OP_BATCH_NORM));
        next(network, plain_layer(acts[i]));
        grow_mbconv(network, 24, 8, 3, 1, acts[i]);
        grow_mbconv(network, 18, 12, 5, 2, acts[i]);
        next(network, average_layer(1));
        grow_head(network, CLASSES);
        check(network, (conditions){.seed = 910 + i, .samples = 2, .gain = 1.5});
    }
}

/* Patches, a class token, positions, two encoders, and the class token to the classes. */
static void test_transformer(void **state) {
    (void)state;
    weft_network *network = network_of("transformer", 3, 8, 8);
    next(network, conv_layer(12, 4, 4, 0, true));
    next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 1});
    next(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 5});
    grow_encoder(network, 12, 3, 20);
    grow_encoder(network, 12, 2, 16);
    next(network, plain_layer(WEFT_OP_LAYER_NORM));
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 0});
    grow_head(network, CLASSES);
    check(network, (conditions){.seed = 920, .samples = 3});
}

/* Pre-activation layers whose results all go on, a transition, and another block. */
static void grow_dense(weft_network *network, int growth, int layers) {
    int x = network->n_layers - 1;
    for (int i = 0; i < layers; i++) {
        grow(network, plain_layer(WEFT_OP_BATCH_NORM), x, -1);
        next(network, plain_layer(WEFT_OP_RELU));
        next(network, conv_layer(2 * growth, 1, 1, 0, false));
        next(network, plain_layer(WEFT_OP_BATCH_NORM));
        next(network, plain_layer(WEFT_OP_RELU));
        int y = next(network, conv_layer(growth, 3, 1, 1, false));
        x = grow_from(network, plain_layer(WEFT_OP_CONCAT), (const int32_t[]){x, y}, 2);
    }
}

static void test_dense_blocks(void **state) {
    (void)state;
    weft_network *network = network_of("dense blocks", 3, 8, 8);
    next(network, conv_layer(6, 3, 1, 1, false));
    grow_dense(network, 4, 3);
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, conv_layer(9, 1, 1, 0, false));
    next(network, window_layer(WEFT_OP_AVERAGE_WINDOW, 2, 2, 0));
    grow_dense(network, 4, 2);
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, average_layer(1));
    grow_head(network, CLASSES);
    check(network, (conditions){.seed = 930, .samples = 1});
}

/* ---- by name --------------------------------------------------------------------------------- */

/* All slots together: values of so many, each for itself, would take long. Maps stay larger than
 * 1 x 1, where norms over a few values would make rounding large. */
static void test_named(void **state) {
    (void)state;
    static const char *const names[] = {
        "resnet20@input=3x8x8,classes=5,width=0.25",
        "ds-cnn@input=1x25x5,classes=5,width=0.125",
        "mobilenetv2@input=3x48x48,classes=5,width=0.1",
        "mobilenetv3-small@input=3x48x48,classes=5,width=0.1",
        "resnet18@input=3x48x48,classes=5,width=0.0625",
    };
    size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; i < (quick() ? 2 : n); i++) {
        weft_network *network = network_named(names[i]);
        conditions c = {.batch = 4, .threads = 2, .seed = 940 + i, .samples = -1};
        c.lanes = i % 2 == 0 ? 2 : 1;
        compare_network(network, c);
        weft_network_destroy(network);
    }
}

/* Cells of NAS-Bench-201 in which nodes are nothing but zeros, convolutions read zeros or lead nowhere,
 * one map is added to itself; and one of NAS-Bench-Macro. */
static void test_benchmarks(void **state) {
    (void)state;
    static const char *const names[] = {
        "nasbench201@input=3x8x8,classes=5,width=0.25,depth=1x1x1,arch=324133",
        "nasbench201@input=3x8x8,classes=5,width=0.25,depth=1x1x1,arch=302003",
        "nasbench201@input=3x8x8,classes=5,width=0.25,depth=1x1x1,arch=000302",
        "nasbench201@input=3x8x8,classes=5,width=0.25,depth=1x1x1,arch=111111",
        "nasbench201@input=3x8x8,classes=5,width=0.25,depth=1x1x1,arch=230200",
        "nasbench201@input=3x8x8,classes=5,width=0.25,depth=1x1x1,arch=404014",
        "nasbench-macro@input=3x32x32,classes=5,width=0.0625,arch=10201021",
    };
    size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; i < (quick() ? 3 : n); i++) {
        weft_network *network = network_named(names[i]);
        conditions c = {.batch = 4, .seed = 960 + i, .samples = -1};
        c.lanes = i % 2 == 0 ? 2 : 1;
        compare_network(network, c);
        weft_network_destroy(network);
    }
}

/* ---- measuring ------------------------------------------------------------------------------- */

/* Running statistics are the engine's own; the reference normalises with them. */
static void check_evaluation(weft_network *network, int lanes) {
    weft_error error;
    rig made = rig_open(network, (weft_engine_settings){.batch = 6, .lanes = lanes}, 2);
    reference r;
    reference_make(&r, network, 6);
    same_parameters(made.engine, &r, 77, 1.0);
    for (uint64_t step = 0; step < 12; step++) {
        same_input(made.engine, &r, 1000 + step);
        MUST(weft_engine_forward(made.engine, WEFT_MODE_TRAIN, NULL, &error));
    }
    same_statistics(made.engine, &r);
    r.evaluate = true;
    same_input(made.engine, &r, 2000);
    MUST(weft_engine_forward(made.engine, WEFT_MODE_EVALUATE, NULL, &error));
    reference_forward(&r, 0);
    compare_logits(made.engine, &r, network->name);
    reference_free(&r);
    rig_close(&made);
    weft_network_destroy(network);
}

static void test_evaluation(void **state) {
    (void)state;
    for (int lanes = 1; lanes <= 3; lanes++) {
        check_evaluation(imc("V8,R12", (weft_shape){3, 8, 8}, 1), lanes);
        check_evaluation(network_named("mobilenetv3-small@input=3x16x16,classes=5,width=0.1"),
                         lanes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imc),         cmocka_unit_test(test_mbconv),
        cmocka_unit_test(test_transformer), cmocka_unit_test(test_dense_blocks),
        cmocka_unit_test(test_named),       cmocka_unit_test(test_benchmarks),
        cmocka_unit_test(test_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
