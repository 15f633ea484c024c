/* SPDX-License-Identifier: Apache-2.0
 * Accuracy by a supernet, on a small set that this test makes: what it measures, whoever asks; that
 * final designs are trained as the provider train does it; and what is refused. */
#include "accuracy/bars.h"

#include <pthread.h>

static const char *const designs[] = {"V8", "R8", "M8", "V8,R16", "V4,R4", "R16,V8"};
enum { DESIGNS = sizeof designs / sizeof designs[0], HASH = 5 };

/* ---- a supernet ------------------------------------------------------------------------------ */

static const char *const largest = "R16,R16";

static weft_status draw(void *context, weft_supernet_draw which, uint64_t seed, uint64_t index,
                        bool first_group, weft_network *network, int *group, weft_error *error) {
    (void)context, (void)first_group;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, index);
    bool is_largest = which == WEFT_SUPERNET_LARGEST || which == WEFT_SUPERNET_LARGEST_OF_KINDS;
    const char *text = is_largest                      ? largest
                       : which != WEFT_SUPERNET_RANDOM ? "V4"
                                                       : designs[weft_rng_below(&rng, DESIGNS)];
    weft_network *made = network_of(text, shape, CLASSES);
    weft_status status = weft_network_copy(made, network, error);
    weft_network_destroy(made);
    *group = 0;
    return status;
}

static weft_train_settings images(void) {
    weft_train_settings s;
    weft_train_defaults(&s);
    s.batch = 30;
    s.learning_rate = 0.03;
    s.validation = 0.2;
    s.flip = false;
    s.crop_pad = 0;
    return s;
}

static char weights[128];

/* Written once, for all tests. */
static const char *trained(void) {
    if (weights[0] == '\0') {
        weft_error error = {0};
        weft_dataset *dataset = NULL;
        weft_supernet_settings s;
        weft_supernet_result result;
        const weft_supernet_space space = {.name = "designs", .hash = HASH, .draw = draw};
        weft_supernet_defaults(&s);
        path_of("supernet.safetensors", weights);
        s.train = images();
        s.train.epochs = 40;
        s.train.save = weights;
        assert_int_equal(weft_dataset_open("bars", &dataset, &error), WEFT_OK);
        if (weft_supernet_train(&space, dataset, &s, NULL, NULL, &result, &error) != WEFT_OK) {
            fail_msg("%s", error.message);
        }
        weft_dataset_close(dataset);
    }
    return weights;
}

/* ---- accuracies ------------------------------------------------------------------------------ */

static weft_accuracy_settings settings_of(const char *provider) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = provider;
    settings.data = "bars";
    settings.train = images();
    settings.train.epochs = 1;
    settings.final_epochs = 2;
    settings.file = trained();
    settings.recalibrate = 120;
    settings.space_hash = HASH;
    settings.space_name = "designs";
    return settings;
}

/* Measured as the library's own meter does, without a training; whatever the seed. */
static void candidates_are_measured(void **state) {
    (void)state;
    const weft_accuracy_settings settings = settings_of("supernet");
    weft_accuracy *accuracy = must_create(&settings);
    weft_error error = {0};
    weft_dataset *dataset = NULL;
    weft_supernet *supernet = NULL;
    weft_supernet_meter *meter = NULL;
    const weft_train_settings s = images();
    assert_true(weft_accuracy_has_final(accuracy) && weft_accuracy_needs_network(accuracy));
    assert_int_equal(weft_accuracy_fidelities(accuracy), 1);
    assert_true(weft_accuracy_needs_data("supernet"));
    assert_int_equal(weft_accuracy_classes(accuracy), CLASSES);
    assert_int_equal(weft_dataset_open("bars", &dataset, &error), WEFT_OK);
    assert_int_equal(weft_supernet_open(trained(), HASH, "designs", &supernet, &error), WEFT_OK);
    assert_int_equal(weft_supernet_meter_create(supernet, dataset, &s, 120, &meter, &error),
                     WEFT_OK);
    for (int i = 0; i < DESIGNS; i++) {
        weft_accuracy_result found = evaluate(accuracy, designs[i], WEFT_FIDELITY_CANDIDATE, 1);
        weft_network *network = network_of(designs[i], shape, CLASSES);
        weft_train_result expected;
        assert_int_equal(weft_supernet_measure(meter, network, NULL, &expected, &error), WEFT_OK);
        assert_true(found.accuracy == expected.accuracy && found.loss == expected.loss);
        assert_true(found.accuracy > 0.8 && found.images_trained == 0 && found.seconds > 0.0);
        assert_true(same(found, evaluate(accuracy, designs[i], WEFT_FIDELITY_CANDIDATE, 2)));
        weft_network_destroy(network);
    }
    weft_supernet_meter_destroy(meter);
    weft_supernet_close(supernet);
    weft_dataset_close(dataset);
    weft_accuracy_destroy(accuracy);
}

static void finals_are_trained(void **state) {
    (void)state;
    const weft_accuracy_settings by_supernet = settings_of("supernet"),
                                 by_training = settings_of("train");
    weft_accuracy *one = must_create(&by_supernet), *other = must_create(&by_training);
    weft_accuracy_result found = evaluate(one, "R8", WEFT_FIDELITY_FINAL, 4);
    assert_true(same(found, evaluate(other, "R8", WEFT_FIDELITY_FINAL, 4)));
    assert_int_equal(found.images_trained, 2 * TRAIN);
    weft_accuracy_destroy(one);
    weft_accuracy_destroy(other);
}

typedef struct job {
    weft_accuracy *accuracy;
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
    const weft_accuracy_settings settings = settings_of("supernet");
    weft_accuracy *accuracy = must_create(&settings);
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
        assert_true(
            same(jobs[i].result, evaluate(accuracy, designs[i], WEFT_FIDELITY_CANDIDATE, 9)));
    }
    weft_accuracy_destroy(accuracy);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void refuse(const weft_accuracy_settings *settings, weft_status status, const char *one,
                   const char *two) {
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    assert_int_equal(weft_accuracy_create(settings, NULL, &accuracy, &error), status);
    assert_null(accuracy);
    if (strstr(error.message, one) == NULL || strstr(error.message, two) == NULL) {
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", error.message, one, two);
    }
}

static void wrong_settings_are_refused(void **state) {
    (void)state;
    const weft_accuracy_settings sound = settings_of("supernet");
    weft_accuracy_settings s = sound;
    s.file = "";
    refuse(&s, WEFT_ERROR_INPUT, "needs the file", "");
    s = sound, s.space_hash = HASH + 1, s.space_name = "others";
    refuse(&s, WEFT_ERROR_INPUT, "designs", "others");
    s = sound, s.data = "";
    refuse(&s, WEFT_ERROR_INPUT, "data set", "");
    s = sound, s.recalibrate = 0;
    refuse(&s, WEFT_ERROR_INPUT, "0 images", "");
    s = sound, s.n_fidelities = 1, s.fidelities[0] = (weft_fidelity_step){1, 1};
    refuse(&s, WEFT_ERROR_INPUT, "fidelity", "one step");
    char path[128];
    s = sound, s.file = path_of("none.safetensors", path);
    refuse(&s, WEFT_ERROR_IO, "", "");
    s.file = path_of("train-images", path);
    refuse(&s, WEFT_ERROR_INPUT, "", "");
}

static void networks_outside_are_refused(void **state) {
    (void)state;
    const weft_accuracy_settings settings = settings_of("supernet");
    weft_accuracy *accuracy = must_create(&settings);
    weft_network *network = network_of("V32", shape, CLASSES);
    weft_accuracy_result result;
    weft_error error = {0};
    assert_int_equal(weft_accuracy_evaluate(accuracy, network, NULL, WEFT_FIDELITY_CANDIDATE, 1,
                                            NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "not in the supernet"));
    weft_network_destroy(network);
    weft_accuracy_destroy(accuracy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_are_measured),
        cmocka_unit_test(finals_are_trained),
        cmocka_unit_test(threads_give_what_one_gives),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(networks_outside_are_refused),
    };
    return cmocka_run_group_tests_name("accuracy by a supernet", tests, make_set, remove_set);
}
