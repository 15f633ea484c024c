/* SPDX-License-Identifier: Apache-2.0
 * Networks with operations that training does not have are refused, with the layer that has them. */
#include <weft/learn.h>

#include "learn/engine_support.h"

static void refuse(const char *name, const char *message) {
    weft_network *network = NULL;
    weft_engine *engine = NULL;
    weft_error error;
    MUST(weft_network_read(name, &network, &error));
    weft_status status = weft_engine_create(network, 2, &engine, &error);
    if (status != WEFT_ERROR_INFEASIBLE || strstr(error.message, message) == NULL) {
        fail_msg("%s: status %d, '%s'", name, (int)status, error.message);
    }
    assert_null(engine);
    weft_network_destroy(network);
}

static void networks_are_refused(void **state) {
    (void)state;
    refuse("resnet18@input=3x32x32,classes=10", "layer 4: max_pool with padding");
    refuse("resnet20", "average_window cannot be trained");
    refuse("densenet121@input=3x32x32,classes=10", "max_pool with padding");
    refuse("mobilenetv2@input=3x32x32,classes=10", "layer 3: relu6 cannot be trained");
    refuse("mobilenetv1@input=3x32x32,classes=10", "layer 4: conv with groups cannot be trained");
    refuse("ds-cnn", "not square");
    refuse("vit-b-32@input=3x64x64,classes=10", "tokens cannot be trained");
    refuse("gpt2@tokens=4", "embedding cannot be trained");
}

static void tables_are_refused(void **state) {
    (void)state;
    static const char text[] = "C,M\n8,4\n4,2\n";
    weft_network *network = NULL;
    weft_engine *engine = NULL;
    weft_error error;
    MUST(weft_network_parse_csv(text, strlen(text), "t.csv", &network, &error));
    assert_int_equal(weft_engine_create(network, 2, &engine, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "table of layers"));
    weft_network_destroy(network);
}

static void dilation_and_tokens_are_refused(void **state) {
    (void)state;
    weft_error error;
    weft_engine *engine = NULL;
    weft_network *network = NULL;
    MUST(weft_network_create("dilated", (weft_shape){3, 8, 8}, &network, &error));
    weft_layer layer = conv_layer(4, 3, 1, 2, true);
    layer.dilation = (weft_extent){2, 2};
    grow(network, layer, -1, -1);
    assert_int_equal(weft_engine_create(network, 2, &engine, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "layer 1: conv with dilation"));
    weft_network_destroy(network);
    MUST(weft_network_create("tokens", (weft_shape){3, 8, 1}, &network, &error));
    grow(network, linear_layer(4), -1, -1);
    assert_int_equal(weft_engine_create(network, 2, &engine, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "layer 1: linear with a sequence of tokens"));
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_refused),
        cmocka_unit_test(tables_are_refused),
        cmocka_unit_test(dilation_and_tokens_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
