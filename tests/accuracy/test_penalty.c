/* SPDX-License-Identifier: Apache-2.0
 * The penalty for bits: by hand on a network of two layers, by its published figures, and as part of
 * an accuracy. */
#include "support.h"

#include "accuracy/penalty.h"

/* ---- networks -------------------------------------------------------------------------------- */

/* A convolution of 8 x 8 positions and a linear layer, with bits of weights and inputs each. */
static weft_network *two_layers(int conv_weights, int conv_inputs, int linear_weights,
                                int linear_inputs) {
    weft_network *network = NULL;
    weft_error error = {0};
    int32_t index = 0;
    assert_int_equal(weft_network_create("two", (weft_shape){3, 8, 8}, &network, &error), WEFT_OK);
    weft_layer layer = {.op = WEFT_OP_CONV,
                        .input = &index,
                        .n_inputs = 1,
                        .out_channels = 4,
                        .kernel = {3, 3},
                        .stride = {1, 1},
                        .pad = {1, 1},
                        .bits = {conv_weights, conv_inputs, 8}};
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    layer = (weft_layer){.op = WEFT_OP_FLATTEN, .input = &index, .n_inputs = 1};
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    layer = (weft_layer){.op = WEFT_OP_LINEAR,
                         .input = &index,
                         .n_inputs = 1,
                         .out_channels = 10,
                         .bits = {linear_weights, linear_inputs, 8}};
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    return network;
}

enum { CONV_WEIGHTS = 3 * 4 * 9, CONV_MACS = CONV_WEIGHTS * 64, LINEAR = 4 * 64 * 10 };

/* ---- files ----------------------------------------------------------------------------------- */

static const char text[] = "weft: penalty/1\n"
                           "name: steps\n"
                           "source: this test\n"
                           "genes: \"*bits*\"\n"
                           "mean: macs\n"
                           "weights_share: {value: 0.75, unit: \"1\", source: this test}\n"
                           "unset_bits: 6\n"
                           "drop_percent: {2: 20, 4: 8, 8: 0.5}\n";

static weft_penalty *parse(const char *of) {
    weft_penalty *penalty = NULL;
    weft_error error = {0};
    if (weft_penalty_parse(of, strlen(of), "steps.yaml", &penalty, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return penalty;
}

/* The drops of the text above, worked out once more. */
static double drop(int bits) {
    int b = bits == 0 ? 6 : bits > 8 ? 8 : bits;
    return (b <= 4 ? 20.0 - 6.0 * (b - 2) : 8.0 - 7.5 / 4 * (b - 4)) / 100.0;
}

static void the_mean_is_that_of_the_equation(void **state) {
    (void)state;
    static const int bits[] = {0, 2, 3, 4, 5, 7, 8, 16, 64};
    enum { N = sizeof bits / sizeof bits[0] };
    weft_penalty *by_macs = parse(text);
    char weights[1024];
    snprintf(weights, sizeof weights, "%.*smean: weights\n%s", (int)(strstr(text, "mean:") - text),
             text, strstr(text, "weights_share"));
    weft_penalty *by_weights = parse(weights);
    for (int i = 0; i < N * N; i++) {
        const int b[4] = {bits[i / N], bits[i % N], bits[(i + 3) % N], bits[(i / 2) % N]};
        weft_network *network = two_layers(b[0], b[1], b[2], b[3]);
        double conv = 0.75 * drop(b[0]) + 0.25 * drop(b[1]);
        double linear = 0.75 * drop(b[2]) + 0.25 * drop(b[3]);
        double lost = 0.0;
        weft_error error = {0};
        assert_int_equal(weft_penalty_of(by_macs, network, &lost, &error), WEFT_OK);
        assert_true(fabs(lost - (CONV_MACS * conv + LINEAR * linear) / (CONV_MACS + LINEAR)) <
                    1e-12);
        assert_int_equal(weft_penalty_of(by_weights, network, &lost, &error), WEFT_OK);
        assert_true(fabs(lost - (CONV_WEIGHTS * conv + LINEAR * linear) / (CONV_WEIGHTS + LINEAR)) <
                    1e-12);
        weft_network_destroy(network);
    }
    weft_penalty_destroy(by_macs);
    weft_penalty_destroy(by_weights);
}

static void bits_below_the_list_have_no_penalty(void **state) {
    (void)state;
    weft_penalty *penalty = parse(text);
    weft_network *network = two_layers(8, 8, 1, 8);
    weft_network *empty = NULL;
    weft_error error = {0};
    double lost = 0.0;
    assert_int_equal(weft_penalty_of(penalty, network, &lost, &error), WEFT_ERROR_EVALUATION);
    assert_non_null(strstr(error.message, "1 bits: it begins at 2"));
    assert_int_equal(weft_network_create("none", (weft_shape){3, 8, 8}, &empty, &error), WEFT_OK);
    assert_int_equal(weft_penalty_of(penalty, empty, &lost, &error), WEFT_ERROR_EVALUATION);
    weft_network_destroy(empty);
    weft_network_destroy(network);
    weft_penalty_destroy(penalty);
}

/* At the bits of a publication, all layers alike, a file gives that publication's figures. */
static void published_drops_come_back(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int bits;
        double from, to; /* top-1 in percent */
    } published[] = {
        {"pact-resnet18", 2, 70.4, 64.4},     {"pact-resnet18", 3, 70.4, 68.1},
        {"pact-resnet18", 4, 70.4, 69.2},     {"pact-resnet18", 5, 70.4, 69.8},
        {"pact-resnet50", 2, 76.9, 72.2},     {"pact-resnet50", 3, 76.9, 75.3},
        {"pact-resnet50", 4, 76.9, 76.5},     {"pact-resnet50", 5, 76.9, 76.7},
        {"haq-mobilenetv2", 4, 71.81, 61.39}, {"haq-mobilenetv2", 5, 71.81, 68.84},
        {"haq-mobilenetv2", 6, 71.81, 71.25}, {"haq-mobilenetv2", 8, 71.81, 71.81},
        {"pact-resnet50", 8, 76.9, 76.9},
    };
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        weft_penalty *penalty = NULL;
        weft_error error = {0};
        double lost = 0.0;
        int b = published[i].bits;
        weft_network *network = two_layers(b, b, b, b);
        assert_int_equal(weft_penalty_read(published[i].name, &penalty, &error), WEFT_OK);
        assert_int_equal(weft_penalty_of(penalty, network, &lost, &error), WEFT_OK);
        assert_true(fabs(100.0 * lost - (published[i].from - published[i].to)) < 1e-9);
        assert_true(weft_penalty_knows(penalty, "pw_weight_bits1_2"));
        assert_false(weft_penalty_knows(penalty, "kernel1_2"));
        weft_network_destroy(network);
        weft_penalty_destroy(penalty);
    }
}

/* ---- with an accuracy ------------------------------------------------------------------------ */

static void it_is_taken_off_and_reported(void **state) {
    (void)state;
    static const char table[] = "weft: predictor/1\nname: one\nkind: table\nsource: this test\n"
                                "accuracy: {column: acc, unit: share}\n"
                                "keys: [{column: w, genes: width}]\n";
    static const double widths[] = {1, 2, 3};
    design d = {0};
    add_gene(&d, "width", 3, widths, NULL);
    add_gene(&d, "weight_bits", 3, widths, NULL);
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "table";
    settings.file = write_text("one.yaml", table);
    settings.csv = write_text("one.csv", "w,acc\n1,0.9\n2,0.05\n");
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "`penalty`");
    settings.penalty = write_text("steps.yaml", text);
    weft_accuracy *accuracy = must_create(&settings, &d);
    assert_true(weft_accuracy_needs_network(accuracy));
    weft_network *same[4] = {two_layers(4, 4, 4, 4), two_layers(2, 2, 2, 2), two_layers(8, 8, 8, 8),
                             two_layers(1, 8, 8, 8)};
    const double genomes[8] = {0, 0, 1, 1, 2, 2, 0, 0};
    const double wanted[4] = {0.9 - 0.08, 0.0, NAN, NAN}; /* nothing falls below 0 */
    weft_accuracy_result results[4];
    weft_error error = {0};
    assert_int_equal(weft_accuracy_evaluate_many(accuracy, (const weft_network *const *)same,
                                                 genomes, 4, results, &error),
                     WEFT_OK);
    for (int i = 0; i < 4; i++) {
        weft_accuracy_result one;
        weft_status status = weft_accuracy_evaluate(accuracy, same[i], genomes + (size_t)(2 * i),
                                                    WEFT_FIDELITY_CANDIDATE, 1, NULL, &one, &error);
        assert_int_equal(status, isnan(wanted[i]) ? WEFT_ERROR_EVALUATION : WEFT_OK);
        assert_true(isnan(wanted[i]) ? isnan(results[i].accuracy)
                                     : fabs(results[i].accuracy - wanted[i]) < 1e-12 &&
                                           one.accuracy == results[i].accuracy &&
                                           one.penalty == results[i].penalty);
    }
    assert_true(fabs(results[0].penalty - 0.08) < 1e-12);
    assert_true(fabs(results[1].penalty - 0.2) < 1e-12);
    for (int i = 0; i < 4; i++) {
        weft_network_destroy(same[i]);
    }
    weft_accuracy_destroy(accuracy);
    settings.penalty = "pact-resnet5";
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "unknown penalty");
}

static void bad_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *from, *by, *word;
    } faults[] = {
        {"penalty/1", "penalty/2", "penalty/2"},
        {"mean: macs", "mean: mcas", "macs"},
        {"source: this test\n", "", "source"},
        {"value: 0.75", "value: 1.5", "1"},
        {"{2: 20,", "{2.5: 20,", "'2.5'"},
        {"4: 8,", "1: 8,", "'1'"},
        {"8: 0.5", "8: -1", "0"},
        {"8: 0.5", "65: 0", "'65'"},
        {"{2: 20, 4: 8, 8: 0.5}", "{}", "for each"},
        {"unset_bits", "unset_bit", "unset_bit"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char bad[1024];
        const char *at = strstr(text, faults[i].from);
        weft_penalty *penalty = NULL;
        weft_error error = {0};
        assert_non_null(at);
        snprintf(bad, sizeof bad, "%.*s%s%s", (int)(at - text), text, faults[i].by,
                 at + strlen(faults[i].from));
        assert_int_equal(weft_penalty_parse(bad, strlen(bad), "bad.yaml", &penalty, &error),
                         WEFT_ERROR_INPUT);
        if (strstr(error.message, faults[i].word) == NULL) {
            fail_msg("'%s' is not in \"%s\"", faults[i].word, error.message);
        }
        assert_true(error.line > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_is_that_of_the_equation),
        cmocka_unit_test(bits_below_the_list_have_no_penalty),
        cmocka_unit_test(published_drops_come_back),
        cmocka_unit_test(it_is_taken_off_and_reported),
        cmocka_unit_test(bad_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
