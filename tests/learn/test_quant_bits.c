/* SPDX-License-Identifier: Apache-2.0
 * Which bits the layers of a network get, and what is refused by whom. */
#include "learn/quant_bits.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != WEFT_OK) {                                                                   \
            fail_msg("%s: %s", #call, error.message);                                              \
        }                                                                                          \
    } while (0)

#include "learn/chip_support.h"

enum { CONV_1 = 1, RELU, CONV_2, FLATTEN, LINEAR_1, LINEAR_2, LAYERS };

static void add(weft_network *network, weft_layer layer) {
    weft_error error;
    const int32_t producer = network->n_layers - 1;
    int32_t index;
    layer.input = &producer;
    layer.n_inputs = 1;
    layer.block = WEFT_NO_BLOCK;
    MUST(weft_network_add(network, &layer, &index, &error));
}

/* conv, ReLU, conv with bits of its own, flatten, two linear layers. */
static weft_network *make_network(weft_layer_bits own) {
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create("small", (weft_shape){3, 4, 4}, &network, &error));
    weft_layer conv = {
        .op = WEFT_OP_CONV, .out_channels = 4, .kernel = {3, 3}, .stride = {1, 1}, .pad = {1, 1}};
    add(network, conv);
    add(network, (weft_layer){.op = WEFT_OP_RELU});
    conv.bits = own;
    add(network, conv);
    add(network, (weft_layer){.op = WEFT_OP_FLATTEN});
    add(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 5});
    add(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 2});
    return network;
}

static void expect_bits(const weft_layer_bits *bits, int32_t weights, int32_t inputs,
                        int32_t outputs) {
    assert_int_equal(bits->weights, weights);
    assert_int_equal(bits->inputs, inputs);
    assert_int_equal(bits->outputs, outputs);
}

static void test_choice(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make_network((weft_layer_bits){.weights = 3, .outputs = 16});
    weft_quant_settings settings;
    weft_layer_bits bits[LAYERS];
    weft_quant_defaults(&settings);
    MUST(weft_quant_choose(network, &settings, bits, &error));
    expect_bits(&bits[LINEAR_1], 8, 8, 0);
    settings.weight_bits = 4;
    settings.input_bits = 5;
    MUST(weft_quant_choose(network, &settings, bits, &error));
    expect_bits(&bits[0], 0, 0, 0);
    expect_bits(&bits[CONV_1], 8, 8, 0);
    expect_bits(&bits[RELU], 0, 0, 0);
    expect_bits(&bits[CONV_2], 3, 5, 16);
    expect_bits(&bits[FLATTEN], 0, 0, 0);
    expect_bits(&bits[LINEAR_1], 4, 5, 0);
    expect_bits(&bits[LINEAR_2], 8, 8, 0);
    settings.ends_at_8 = false;
    settings.weight_bits = 0;
    MUST(weft_quant_choose(network, &settings, bits, &error));
    expect_bits(&bits[CONV_1], 0, 5, 0);
    expect_bits(&bits[CONV_2], 3, 5, 16);
    expect_bits(&bits[LINEAR_2], 0, 5, 0);
    settings.ends_at_8 = true; /* what stays real does so at the ends, too */
    MUST(weft_quant_choose(network, &settings, bits, &error));
    expect_bits(&bits[CONV_1], 0, 8, 0);
    weft_network_destroy(network);
}

/* A layer's own bits stand at the ends, too. */
static void test_own_bits_at_the_end(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create("one", (weft_shape){6, 1, 1}, &network, &error));
    add(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 2, .bits = {2, 3, 0}});
    weft_quant_settings settings;
    weft_layer_bits bits[2];
    weft_quant_defaults(&settings);
    MUST(weft_quant_choose(network, &settings, bits, &error));
    expect_bits(&bits[1], 2, 3, 0);
    weft_network_destroy(network);
}

static void expect_refused(const weft_network *network, const weft_quant_settings *settings,
                           const char *says) {
    weft_error error;
    weft_layer_bits bits[LAYERS] = {{7, 7, 7}};
    assert_int_equal(weft_quant_choose(network, settings, bits, &error), WEFT_ERROR_INPUT);
    if (strstr(error.message, says) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, says);
    }
    expect_bits(&bits[0], 7, 7, 7);
}

static void test_refused(void **state) {
    (void)state;
    weft_quant_settings settings, good;
    weft_quant_defaults(&good);
    weft_network *network = make_network((weft_layer_bits){0});
    for (int32_t bits = -1; bits <= 10; bits++) {
        weft_error error;
        bool fits = bits == 0 || (bits >= 2 && bits <= 8);
        settings = good;
        settings.weight_bits = bits;
        assert_int_equal(weft_quant_check(&settings, &error), fits ? WEFT_OK : WEFT_ERROR_INPUT);
        settings = good;
        settings.input_bits = bits;
        assert_int_equal(weft_quant_check(&settings, &error), fits ? WEFT_OK : WEFT_ERROR_INPUT);
    }
    settings = good;
    settings.input_bits = 9;
    expect_refused(network, &settings, "9 bits of inputs");
    static const double SHARES[] = {0.0, -0.1, 1.1, NAN};
    for (size_t i = 0; i < sizeof SHARES / sizeof SHARES[0]; i++) {
        settings = good;
        settings.percentile = SHARES[i];
        expect_refused(network, &settings, "percentile");
        settings = good;
        settings.follow = SHARES[i];
        expect_refused(network, &settings, "new batch");
    }
    weft_network_destroy(network);
    static const weft_layer_bits OWN[] = {{1, 0, 0}, {9, 0, 0}, {4, 1, 0}, {0, 16, 0}};
    static const char *const SAYS[] = {"1 bits of its weights", "9 bits of its weights",
                                       "1 bits of its inputs", "16 bits of its inputs"};
    for (size_t i = 0; i < sizeof OWN / sizeof OWN[0]; i++) {
        network = make_network(OWN[i]);
        expect_refused(network, &good, SAYS[i]);
        expect_refused(network, &good, "layer 3 (conv) of small");
        weft_network_destroy(network);
    }
}

/* ---- what a chip holds ----------------------------------------------------------------------- */

static void test_chip(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = make_network((weft_layer_bits){.weights = 4});
    weft_quant_settings settings;
    weft_layer_bits bits[LAYERS];
    weft_layer_signs signs[LAYERS] = {[CONV_1] = {.inputs = true}};
    for (int i = 0; i < LAYERS; i++) {
        signs[i].weights = true;
    }
    weft_quant_defaults(&settings);
    MUST(weft_quant_choose(network, &settings, bits, &error));
    weft_priced *any = small_chip("  inputs: {bits: 8, encoding: offset-if-signed}\n"
                                  "  weights: {bits: 8, encoding: offset, slice: 2}\n");
    MUST(weft_quant_check_chip(network, bits, signs, any, &error));
    weft_priced_destroy(any);
    weft_priced *few = small_chip("  inputs: {bits: 8, encoding: offset-if-signed}\n"
                                  "  weights: {bits: 4, code: 4, encoding: offset, slice: 2}\n");
    assert_int_equal(weft_quant_check_chip(network, bits, signs, few, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message,
                           "layer 1 (conv) of small: chip 'small' cannot hold 8 bits "
                           "of weights"));
    assert_non_null(strstr(error.hint, "at most 4 bits of weights"));
    settings.weight_bits = 4;
    settings.ends_at_8 = false;
    MUST(weft_quant_choose(network, &settings, bits, &error));
    MUST(weft_quant_check_chip(network, bits, signs, few, &error));
    weft_priced_destroy(few);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_own_bits_at_the_end),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_chip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
