/* SPDX-License-Identifier: Apache-2.0
 * Networks that a chip of MNSIM's type has no circuits for are refused, with the layer and what it
 * asks for. */
#include <weft/hardware.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The cost of a network on the preset of MNSIM. */
static weft_status cost_of(const weft_network *network, weft_error *error) {
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    weft_total total;
    assert_int_equal(weft_chip_read("mnsim-130nm-rram", &chip, error), WEFT_OK);
    assert_int_equal(weft_priced_create(chip, &priced, error), WEFT_OK);
    weft_status status = weft_workload_create(network, &workload, error);
    if (status == WEFT_OK) {
        status = weft_estimate(priced, workload, &total, error);
    }
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return status;
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
        cmocka_unit_test(what_layers_carry_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
