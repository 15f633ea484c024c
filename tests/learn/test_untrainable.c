/* SPDX-License-Identifier: Apache-2.0
 * What training does not have is refused, with the layer that has it; every network by name that
 * classifies images is built and trains a step. */
#include <weft/learn.h>

#include "learn/engine_support.h"

enum { BATCH = 8 };

/* ---- refused --------------------------------------------------------------------------------- */

static void refuse_network(weft_network *network, const char *message) {
    weft_error error = {0};
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    const weft_engine_settings settings = {.batch = 2};
    MUST(weft_crew_create(1, &crew, &error));
    weft_status status = weft_engine_create(network, crew, &settings, &engine, &error);
    if (status != WEFT_ERROR_INFEASIBLE || strstr(error.message, message) == NULL) {
        fail_msg("%s: status %d, '%s' does not say '%s'", network->name, (int)status, error.message,
                 message);
    }
    assert_null(engine);
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

static void tokens_by_number_are_refused(void **state) {
    (void)state;
    refuse_network(network_named("gpt2@tokens=4"), "layer 1: embedding cannot be trained");
    refuse_network(network_named("mobilebert@tokens=4"), "embedding cannot be trained");
}

static void tables_are_refused(void **state) {
    (void)state;
    static const char text[] = "C,M\n8,4\n4,2\n";
    weft_network *network = NULL;
    weft_error error;
    MUST(weft_network_parse_csv(text, strlen(text), "t.csv", &network, &error));
    refuse_network(network, "table of layers");
}

static void tied_weights_are_refused(void **state) {
    (void)state;
    weft_network *network = network_of("tied", 8, 1, 1);
    next(network, linear_layer(8));
    weft_layer tied = linear_layer(4);
    tied.bias = false;
    tied.tied = true;
    next(network, tied);
    refuse_network(network, "layer 2: linear with the weights of an embedding");
}

static void large_windows_are_refused(void **state) {
    (void)state;
    weft_network *network = network_of("large window", 3, 20, 20);
    next(network, conv_layer(4, 3, 1, 1, true));
    next(network, pool_layer(17, 1));
    next(network, average_layer(1));
    next(network, linear_layer(4));
    refuse_network(network, "layer 2: max_pool with a window of more than 256 positions");
}

static void short_tables_are_refused(void **state) {
    (void)state;
    weft_network *network = network_of("short table", 3, 5, 1);
    next(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 4});
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 0});
    next(network, linear_layer(4));
    refuse_network(network, "layer 1: add_embedding with fewer rows than tokens");
}

static void ends_are_refused(void **state) {
    (void)state;
    weft_network *network = network_of("sequence", 3, 5, 1);
    next(network, linear_layer(4));
    refuse_network(network, "4 x 5 x 1");
    network = network_of("nothing to train", 3, 5, 1);
    next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 0});
    next(network, softmax_layer(1));
    refuse_network(network, "nothing to train");
}

static void wide_padding_is_refused(void **state) {
    (void)state;
    weft_network *network = network_of("wide padding", 3, 5, 5);
    next(network, conv_layer(4, 3, 1, 3, true));
    grow_head(network, 4);
    refuse_network(network, "layer 1: conv with padding as wide as its window");
}

/* ---- trained --------------------------------------------------------------------------------- */

static double length_of(const float *values, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i] * (double)values[i];
    }
    return sqrt(sum);
}

/* A step down the gradient, so long that the loss goes down by 0.01 if it were straight: its slope
 * along the gradient is the gradient's length. */
static void train_a_step(const char *name) {
    static const double FALL = 0.01;
    weft_error error;
    weft_network *network = network_named(name);
    rig made = rig_open(network, (weft_engine_settings){.batch = BATCH, .lanes = 2}, 2);
    weft_engine *engine = made.engine;
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < image_values(engine); i++) {
        set_image(engine, i, (float)weft_rng_normal(&rng));
    }
    const uint16_t labels[BATCH] = {0, 1, 2, 3, 4, 5, 0, 1};
    double loss[2];
    for (int step = 0; step < 2; step++) {
        MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
        loss[step] = weft_cross_entropy(engine->logits, labels, BATCH, engine->classes, 0.0,
                                        engine->logits_gradient)
                         .sum /
                     BATCH;
        if (step == 0) {
            MUST(weft_engine_backward(engine, NULL, &error));
            double length = length_of(engine->gradients, engine->n_parameters);
            assert_true(isfinite(length) && length > 0.0);
            for (size_t i = 0; i < engine->n_parameters; i++) {
                engine->parameters[i] -= (float)(FALL / (length * length)) * engine->gradients[i];
            }
            weft_engine_touch(engine);
        }
    }
    if (!(fabs((loss[0] - loss[1]) / FALL - 1.0) < 0.25)) {
        fail_msg("%s: the loss goes from %g to %g, not down by %g", name, loss[0], loss[1], FALL);
    }
    rig_close(&made);
    weft_network_destroy(network);
}

static void networks_are_trained(void **state) {
    (void)state;
    static const char *const names[] = {
        "resnet20@input=3x16x16",
        "resnet18@input=3x64x64,classes=10,width=0.125",
        "ds-cnn@width=0.5",
        "mobilenetv2@input=3x64x64,classes=10,width=0.25",
        "mobilenetv3-large@input=3x64x64,classes=10,width=0.25",
        "lenet5",
        "resnet8",
        "resnet50@input=3x64x64,classes=10,width=0.125",
        "mobilenetv1@input=3x64x64,classes=10,width=0.25",
        "vgg8@width=0.125",
        "proxyless@input=3x64x64,classes=10,width=0.25",
        "ofa-mobilenetv3@input=3x64x64,classes=10,width=0.25",
        "densenet121@input=3x64x64,classes=10",
        "vit-b-32@input=3x64x64,classes=10",
    };
    size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; i < (quick() ? n - 4 : n); i++) {
        train_a_step(names[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_by_number_are_refused), cmocka_unit_test(tables_are_refused),
        cmocka_unit_test(tied_weights_are_refused),     cmocka_unit_test(large_windows_are_refused),
        cmocka_unit_test(short_tables_are_refused),     cmocka_unit_test(ends_are_refused),
        cmocka_unit_test(wide_padding_is_refused),      cmocka_unit_test(networks_are_trained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
