/* SPDX-License-Identifier: Apache-2.0
 * Networks that a chip of MNSIM's type has no circuits for are refused, with the layer and what it
 * asks for. */
#include <weft/hardware.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The cost of a network on the preset of MNSIM. */
static weft_status total_of(const weft_network *network, weft_total *total, weft_error *error) {
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    assert_int_equal(weft_chip_read("mnsim-130nm-rram", &chip, error), WEFT_OK);
    assert_int_equal(weft_priced_create(chip, &priced, error), WEFT_OK);
    weft_status status = weft_workload_create(network, &workload, error);
    if (status == WEFT_OK) {
        status = weft_estimate(priced, workload, total, error);
    }
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return status;
}

static weft_status cost_of(const weft_network *network, weft_error *error) {
    weft_total total;
    return total_of(network, &total, error);
}

static void refuse(weft_network *network, const char *message) {
    weft_error error;
    memset(&error, 0, sizeof error);
    weft_status status = cost_of(network, &error);
    if (status != WEFT_ERROR_INFEASIBLE || strstr(error.message, message) == NULL) {
        fail_msg("%s: status %d, '%s'", network->name, (int)status, error.message);
    }
    weft_network_destroy(network);
}

static weft_network *named(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return network;
}

static void networks_are_refused(void **state) {
    (void)state;
    refuse(named("resnet18"),
           "layer 4 (max_pool) of resnet18: this type of chip cannot do padding");
    refuse(named("mobilenetv2"), "layer 3 (relu6)");
    refuse(named("mobilenetv1"), "cannot do groups");
    refuse(named("densenet121"), "cannot do padding");
    refuse(named("ds-cnn"), "not square");
    refuse(named("vit-b-16"), "(tokens)");
    refuse(named("gpt2"), "(embedding)");
    refuse(named("lenet5"), "(average_window)");
}

static void plain_networks_are_taken(void **state) {
    (void)state;
    static const char *const names[] = {"vgg8", "alexnet", "resnet8", "imc:R32,V64"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        weft_network *network = named(names[i]);
        weft_error error;
        if (cost_of(network, &error) != WEFT_OK) {
            fail_msg("%s: %s", names[i], error.message);
        }
        weft_network_destroy(network);
    }
}

/* Appends a layer behind layer `from`, and behind `other` unless that is -1. */
static int32_t grow(weft_network *network, weft_layer layer, int32_t from, int32_t other) {
    const int32_t inputs[] = {from, other};
    weft_error error;
    int32_t index = 0;
    layer.input = inputs;
    layer.n_inputs = other < 0 ? 1 : 2;
    layer.block = WEFT_NO_BLOCK;
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    return index;
}

/* A residual block with and without a path that training drops. */
static void dropped_paths_fold(void **state) {
    (void)state;
    const weft_layer conv = {
        .op = WEFT_OP_CONV, .out_channels = 8, .kernel = {3, 3}, .stride = {1, 1}, .pad = {1, 1}};
    weft_total totals[2];
    weft_error error;
    for (int i = 0; i < 2; i++) {
        weft_network *network = NULL;
        assert_int_equal(weft_network_create("block", (weft_shape){3, 8, 8}, &network, &error),
                         WEFT_OK);
        int32_t entry = grow(network, conv, 0, -1);
        int32_t at = grow(network, conv, entry, -1);
        if (i == 1) {
            at = grow(network, (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = 0.5}, at, -1);
        }
        grow(network, (weft_layer){.op = WEFT_OP_ADD}, at, entry);
        assert_int_equal(total_of(network, &totals[i], &error), WEFT_OK);
        weft_network_destroy(network);
    }
    assert_true(totals[0].energy_j == totals[1].energy_j && totals[0].energy_j > 0.0);
    assert_true(totals[0].latency_s == totals[1].latency_s);
    weft_network *network = NULL;
    assert_int_equal(weft_network_create("tokens", (weft_shape){3, 8, 1}, &network, &error),
                     WEFT_OK);
    grow(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 2}, 0, -1);
    refuse(network, "(map)");
}

static void what_layers_carry_is_seen(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    static const char text[] = "C,M\n8,4\n";
    assert_int_equal(weft_network_parse_csv(text, strlen(text), "t.csv", &network, &error),
                     WEFT_OK);
    refuse(network, "table of layers");
    const int32_t before = 0;
    int32_t index;
    weft_layer layer = {.op = WEFT_OP_LINEAR,
                        .input = &before,
                        .n_inputs = 1,
                        .block = WEFT_NO_BLOCK,
                        .out_channels = 4};
    assert_int_equal(weft_network_create("tokens", (weft_shape){8, 5, 1}, &network, &error),
                     WEFT_OK);
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    refuse(network, "sequence of tokens");
    assert_int_equal(weft_network_create("bits", (weft_shape){8, 1, 1}, &network, &error), WEFT_OK);
    layer.bits.weights = 4;
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    refuse(network, "bits of single layers");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_refused),
        cmocka_unit_test(plain_networks_are_taken),
        cmocka_unit_test(dropped_paths_fold),
        cmocka_unit_test(what_layers_carry_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
