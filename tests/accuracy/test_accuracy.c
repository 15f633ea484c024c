/* SPDX-License-Identifier: Apache-2.0
 * Accuracy by training, on a small set that this test makes: right, the same at any order and on
 * any number of threads, and clear about what it cannot do. */
#include "accuracy/bars.h"

#include <pthread.h>

/* ---- accuracies ------------------------------------------------------------------------------ */

static weft_accuracy *accuracy_of(double epochs, double final_epochs) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.data = "bars";
    settings.train.epochs = epochs;
    settings.train.batch = 30;
    settings.train.learning_rate = 0.03; /* for a batch of 30: the default is for 96 */
    settings.train.validation = 0.2;
    settings.train.flip = false;
    settings.train.crop_pad = 0;
    settings.final_epochs = final_epochs;
    return must_create(&settings);
}

static void an_easy_set_is_learnt(void **state) {
    (void)state;
    weft_accuracy *accuracy = accuracy_of(4, 8);
    weft_shape input = weft_accuracy_input(accuracy);
    assert_memory_equal(&input, &shape, sizeof shape);
    assert_int_equal(weft_accuracy_classes(accuracy), CLASSES);
    weft_accuracy_result found = evaluate(accuracy, "V8", WEFT_FIDELITY_CANDIDATE, 1);
    assert_true(found.accuracy > 0.8 && found.accuracy <= 1.0);
    assert_true(found.seconds >= 0.0 && found.loss >= 0.0);
    assert_int_equal(found.images_trained, 4 * 240); /* 0.2 of the 300 are for validation */
    found = evaluate(accuracy, "V8", WEFT_FIDELITY_FINAL, 1);
    assert_true(found.accuracy > 0.9 && found.accuracy <= 1.0);
    assert_int_equal(found.images_trained, 8 * TRAIN); /* all of them */
    /* The test set has 90 images: its accuracy is a whole number of 90ths. */
    double right = found.accuracy * TEST;
    assert_true(fabs(right - round(right)) < 1e-9);
    weft_accuracy_destroy(accuracy);
    weft_accuracy_destroy(NULL);
}

static bool alike(weft_accuracy_result a, weft_accuracy_result b) {
    return same(a, b) && a.images_trained == b.images_trained;
}

static void results_depend_on_design_and_seed_alone(void **state) {
    (void)state;
    weft_accuracy *one = accuracy_of(1, 1);
    weft_accuracy *other = accuracy_of(1, 1);
    weft_accuracy_result a = evaluate(one, "R8", WEFT_FIDELITY_CANDIDATE, 7);
    weft_accuracy_result b = evaluate(one, "V8", WEFT_FIDELITY_CANDIDATE, 7);
    /* The other order, another object: the same. */
    assert_true(alike(b, evaluate(other, "V8", WEFT_FIDELITY_CANDIDATE, 7)));
    assert_true(alike(a, evaluate(other, "R8", WEFT_FIDELITY_CANDIDATE, 7)));
    /* Another seed: another training. */
    assert_false(alike(a, evaluate(other, "R8", WEFT_FIDELITY_CANDIDATE, 8)));
    weft_accuracy_destroy(one);
    weft_accuracy_destroy(other);
}

static const char *const designs[] = {"V8", "R8", "M8", "V8,R16"};
enum { DESIGNS = sizeof designs / sizeof designs[0] };

typedef struct job {
    weft_accuracy *accuracy;
    const char *design;
    weft_network *network;
    weft_accuracy_result result;
    weft_status status;
} job;

static void *run_job(void *context) {
    job *j = context;
    weft_error error;
    j->status = weft_accuracy_evaluate(j->accuracy, j->network, NULL, WEFT_FIDELITY_CANDIDATE, 3,
                                       NULL, &j->result, &error);
    return NULL;
}

static void threads_give_what_one_gives(void **state) {
    (void)state;
    weft_accuracy *accuracy = accuracy_of(1, 1);
    job jobs[DESIGNS];
    pthread_t threads[DESIGNS];
    for (int i = 0; i < DESIGNS; i++) {
        jobs[i] = (job){.accuracy = accuracy, .network = network_of(designs[i], shape, CLASSES)};
        assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    }
    for (int i = 0; i < DESIGNS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(jobs[i].status, WEFT_OK);
        weft_network_destroy(jobs[i].network);
    }
    for (int i = 0; i < DESIGNS; i++) {
        assert_true(
            alike(jobs[i].result, evaluate(accuracy, designs[i], WEFT_FIDELITY_CANDIDATE, 3)));
    }
    weft_accuracy_destroy(accuracy);
}

static void other_shapes_are_refused(void **state) {
    (void)state;
    weft_accuracy *accuracy = accuracy_of(1, 1);
    weft_accuracy_result result;
    weft_error error = {0};
    weft_network *network = network_of("V8", (weft_shape){3, SIDE, SIDE}, CLASSES);
    assert_int_equal(weft_accuracy_evaluate(accuracy, network, NULL, WEFT_FIDELITY_CANDIDATE, 1,
                                            NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "3 x 8 x 8"));
    assert_non_null(strstr(error.message, "1 x 8 x 8"));
    weft_network_destroy(network);
    network = network_of("V8", shape, CLASSES + 1);
    assert_int_equal(weft_accuracy_evaluate(accuracy, network, NULL, WEFT_FIDELITY_CANDIDATE, 1,
                                            NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "3 classes"));
    weft_network_destroy(network);
    weft_accuracy_destroy(accuracy);
}

static void a_stop_is_passed_on(void **state) {
    (void)state;
    weft_accuracy *accuracy = accuracy_of(1000, 1);
    weft_stop stop;
    atomic_init(&stop.requested, true);
    weft_network *network = network_of("V8", shape, CLASSES);
    weft_accuracy_result result;
    weft_error error = {0};
    assert_int_equal(weft_accuracy_evaluate(accuracy, network, NULL, WEFT_FIDELITY_CANDIDATE, 1,
                                            &stop, &result, &error),
                     WEFT_STOPPED);
    weft_network_destroy(network);
    weft_accuracy_destroy(accuracy);
}

static void a_training_that_diverges_is_a_failed_evaluation(void **state) {
    (void)state;
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.data = "bars";
    settings.train.learning_rate = 1e30;
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    assert_int_equal(weft_accuracy_create(&settings, NULL, &accuracy, &error), WEFT_OK);
    weft_network *network = network_of("V8", shape, CLASSES);
    weft_accuracy_result result;
    assert_int_equal(weft_accuracy_evaluate(accuracy, network, NULL, WEFT_FIDELITY_CANDIDATE, 1,
                                            NULL, &result, &error),
                     WEFT_ERROR_EVALUATION);
    weft_network_destroy(network);
    weft_accuracy_destroy(accuracy);
}

static void bad_settings_are_refused(void **state) {
    (void)state;
    weft_accuracy_settings good;
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    weft_accuracy_defaults(&good);
    assert_string_equal(good.provider, "train");
    assert_string_equal(weft_accuracy_names()[0], "train");
    assert_string_equal(weft_accuracy_names()[1], "mlp");
    assert_string_equal(weft_accuracy_names()[2], "table");
    assert_string_equal(weft_accuracy_names()[3], "predictor");
    assert_string_equal(weft_accuracy_names()[4], "supernet");
    assert_string_equal(weft_accuracy_names()[5], "score");
    assert_string_equal(weft_accuracy_names()[6], "topology");
    assert_null(weft_accuracy_names()[7]);
    good.data = "bars";
    weft_accuracy_settings bad = good;
    bad.provider = "trian";
    assert_int_equal(weft_accuracy_create(&bad, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    bad.provider = "traim";
    assert_int_equal(weft_accuracy_create(&bad, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"traim\""));
    assert_non_null(strstr(error.hint, "\"train\""));
    bad.provider = NULL;
    assert_int_equal(weft_accuracy_create(&bad, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    bad = good;
    bad.data = "barss";
    assert_int_equal(weft_accuracy_create(&bad, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "\"bars\""));
    bad.data = NULL;
    assert_int_equal(weft_accuracy_create(&bad, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    bad = good;
    bad.final_epochs = 0.0;
    assert_int_equal(weft_accuracy_create(&bad, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    assert_null(accuracy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_easy_set_is_learnt),
        cmocka_unit_test(results_depend_on_design_and_seed_alone),
        cmocka_unit_test(threads_give_what_one_gives),
        cmocka_unit_test(other_shapes_are_refused),
        cmocka_unit_test(a_stop_is_passed_on),
        cmocka_unit_test(a_training_that_diverges_is_a_failed_evaluation),
        cmocka_unit_test(bad_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, make_set, remove_set);
}
