/* SPDX-License-Identifier: Apache-2.0
 * Steps of a candidate's training: each goes on where the one before ended, from the file that it left
 * or, where that is gone, from the start, with the same result; and crews that are lent again. */
#include "accuracy/bars.h"

#include "learn/crew_shelf.h"
#include "learn/train.h"

static weft_accuracy_settings settings_of(const char *keep) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.data = "bars";
    settings.train.batch = 30;
    settings.train.learning_rate = 0.03;
    settings.train.validation = 0.2;
    settings.train.flip = false;
    settings.train.crop_pad = 0;
    settings.n_fidelities = 3;
    settings.fidelities[0] = (weft_fidelity_step){.epochs = 0.5, .share = 0.5};
    settings.fidelities[1] = (weft_fidelity_step){.epochs = 1, .share = 1};
    settings.fidelities[2] = (weft_fidelity_step){.epochs = 2, .share = 1};
    settings.keep = keep;
    return settings;
}

/* Of the 240 images that do not validate: 120 in steps of 30 for half an epoch, 240, 2 * 240. */
enum { FIRST = 60, SECOND = 240, THIRD = 480 };

static void a_step_goes_on_where_the_one_before_ended(void **state) {
    (void)state;
    char all[128], steps[128];
    weft_accuracy_settings at_once = settings_of(path_of("at-once", all));
    weft_accuracy_settings by_steps = settings_of(path_of("by-steps", steps));
    weft_accuracy *a = must_create(&at_once), *b = must_create(&by_steps);
    assert_int_equal(weft_accuracy_fidelities(a), 3);
    weft_accuracy_result whole = evaluate(a, "V8", 2, 7);
    assert_int_equal(whole.images_trained, FIRST + SECOND + THIRD);
    weft_accuracy_result one = evaluate(b, "V8", 0, 7);
    assert_int_equal(one.images_trained, FIRST);
    weft_accuracy_result two = evaluate(b, "V8", 1, 7);
    assert_int_equal(two.images_trained, SECOND);
    weft_accuracy_result three = evaluate(b, "V8", WEFT_FIDELITY_CANDIDATE, 7);
    assert_int_equal(three.images_trained, THIRD);
    assert_true(same(three, whole));
    assert_true(one.loss > two.loss && two.loss > three.loss);
    /* Another program, asked in another order, finds the files and says the same. */
    weft_accuracy_destroy(b);
    b = must_create(&by_steps);
    three = evaluate(b, "V8", 2, 7);
    assert_int_equal(three.images_trained, THIRD);
    assert_true(same(three, whole) && same(evaluate(b, "V8", 1, 7), two) &&
                same(evaluate(b, "V8", 0, 7), one));
    weft_accuracy_destroy(a);
    weft_accuracy_destroy(b);
}

/* Weights of another design, seed or recipe are never taken. */
static void files_are_told_apart(void **state) {
    (void)state;
    char keep[128];
    weft_accuracy_settings settings = settings_of(path_of("apart", keep));
    weft_accuracy *accuracy = must_create(&settings);
    (void)evaluate(accuracy, "V8", 1, 7);
    assert_int_equal(evaluate(accuracy, "R8", 1, 7).images_trained, FIRST + SECOND);
    weft_network *network = network_of("V8", shape, CLASSES);
    weft_accuracy_result result;
    weft_error error;
    assert_int_equal(weft_accuracy_evaluate(accuracy, network, NULL, 1, 8, NULL, &result, &error),
                     WEFT_OK);
    assert_int_equal(result.images_trained, FIRST + SECOND);
    weft_network_destroy(network);
    weft_accuracy_destroy(accuracy);
    settings.train.momentum = 0.8;
    accuracy = must_create(&settings);
    assert_int_equal(evaluate(accuracy, "V8", 1, 7).images_trained, FIRST + SECOND);
    weft_accuracy_destroy(accuracy);
    settings.fidelities[1].epochs = 2; /* the first step is the same one */
    accuracy = must_create(&settings);
    assert_int_equal(evaluate(accuracy, "V8", 1, 7).images_trained, 2 * SECOND);
    weft_accuracy_destroy(accuracy);
}

static void one_step_is_the_training_of_before(void **state) {
    (void)state;
    weft_accuracy_settings settings = settings_of("");
    settings.n_fidelities = 0;
    settings.train.epochs = 1;
    settings.train.share = 0.5;
    weft_accuracy *plain = must_create(&settings);
    settings.n_fidelities = 1;
    settings.fidelities[0] = (weft_fidelity_step){.epochs = 1, .share = 0.5};
    settings.train.epochs = settings.train.share = 0.1;
    weft_accuracy *one = must_create(&settings);
    assert_int_equal(weft_accuracy_fidelities(plain), 1);
    assert_true(same(evaluate(plain, "V8", 0, 7), evaluate(one, "V8", WEFT_FIDELITY_CANDIDATE, 7)));
    weft_accuracy_destroy(plain);
    weft_accuracy_destroy(one);
}

static void refuse(const weft_accuracy *accuracy, weft_fidelity fidelity, weft_status status,
                   const char *word) {
    weft_network *network = network_of("V8", shape, CLASSES);
    weft_accuracy_result result = {.accuracy = -1};
    weft_error error;
    assert_int_equal(
        weft_accuracy_evaluate(accuracy, network, NULL, fidelity, 1, NULL, &result, &error),
        status);
    assert_true(result.accuracy == -1);
    if (strstr(error.message, word) == NULL && strstr(error.hint, word) == NULL) {
        fail_msg("'%s' is neither in \"%s\" nor in \"%s\"", word, error.message, error.hint);
    }
    weft_network_destroy(network);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    char keep[128];
    weft_accuracy_settings settings = settings_of("");
    weft_accuracy *accuracy = must_create(&settings);
    weft_error error;
    refuse(accuracy, 0, WEFT_ERROR_INPUT, "keep");
    weft_accuracy_destroy(accuracy);
    settings.keep = path_of("no/such/folder", keep);
    accuracy = must_create(&settings);
    refuse(accuracy, 2, WEFT_ERROR_IO, "");
    weft_accuracy_destroy(accuracy);
    accuracy = NULL;
    settings = settings_of(path_of("refused", keep));
    settings.n_fidelities = WEFT_MAX_FIDELITIES + 1;
    assert_int_equal(weft_accuracy_create(&settings, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    settings = settings_of(path_of("refused", keep));
    settings.teacher = "imc:V8";
    assert_int_equal(weft_accuracy_create(&settings, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "teacher_weights"));
    assert_null(accuracy);
    settings.teacher = "";
    accuracy = must_create(&settings);
    static const weft_fidelity none[] = {3, 100, -3};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        refuse(accuracy, none[i], WEFT_ERROR_INPUT, "0 .. 2");
    }
    weft_accuracy_destroy(accuracy);
}

/* ---- patience, bits, a teacher ----------------------------------------------------------------- */

static void a_candidate_learns_as_it_is_told(void **state) {
    (void)state;
    char weights[128];
    weft_error error;
    weft_accuracy_settings settings = settings_of("");
    settings.n_fidelities = 0;
    settings.train.epochs = 3;
    weft_accuracy *accuracy = must_create(&settings);
    weft_accuracy_result plain = evaluate(accuracy, "V8", 0, 7);
    weft_accuracy_destroy(accuracy);

    settings.train.quantize = true;
    settings.train.quant.weight_bits = settings.train.quant.input_bits = 4;
    accuracy = must_create(&settings);
    assert_false(same(evaluate(accuracy, "V8", 0, 7), plain));
    weft_accuracy_destroy(accuracy);
    settings.train.quantize = false;

    weft_dataset *dataset;
    weft_train_result result;
    weft_network *teacher = NULL;
    assert_int_equal(weft_network_read_for("imc:V16", shape, CLASSES, &teacher, &error), WEFT_OK);
    assert_int_equal(weft_dataset_open("bars", &dataset, &error), WEFT_OK);
    weft_train_settings taught = settings.train;
    taught.save = path_of("teacher.safetensors", weights);
    assert_int_equal(weft_train(teacher, dataset, &taught, NULL, NULL, NULL, &result, &error),
                     WEFT_OK);
    weft_dataset_close(dataset);
    weft_network_destroy(teacher);
    settings.teacher = "imc:V16";
    settings.teacher_weights = weights;
    accuracy = must_create(&settings);
    weft_accuracy_result pupil = evaluate(accuracy, "V8", 0, 7);
    assert_false(same(pupil, plain));
    assert_true(pupil.accuracy > 0.5);
    /* The final stage looks at no test image before the end, so it has no patience. */
    weft_accuracy_destroy(accuracy);
    settings.teacher = settings.teacher_weights = "";
    settings.train.patience = 1;
    settings.train.epochs = 60;
    settings.final_epochs = 3;
    accuracy = must_create(&settings);
    assert_true(evaluate(accuracy, "V8", 0, 7).images_trained < 60 * 240);
    assert_int_equal(evaluate(accuracy, "V8", WEFT_FIDELITY_FINAL, 7).images_trained, 3 * TRAIN);
    weft_accuracy_destroy(accuracy);
}

/* ---- crews that wait --------------------------------------------------------------------------- */

static void a_crew_is_lent_again(void **state) {
    (void)state;
    weft_error error;
    weft_crew_shelf *shelf = NULL;
    weft_crew *one = NULL, *two = NULL, *three = NULL;
    assert_int_equal(weft_crew_shelf_create(1, &shelf, &error), WEFT_OK);
    assert_int_equal(weft_crew_shelf_take(shelf, &one, &error), WEFT_OK);
    assert_int_equal(weft_crew_shelf_take(shelf, &two, &error), WEFT_OK);
    assert_ptr_not_equal(one, two);
    weft_crew_shelf_give(shelf, one);
    assert_int_equal(weft_crew_shelf_take(shelf, &three, &error), WEFT_OK);
    assert_ptr_equal(three, one);
    weft_crew_shelf_give(shelf, three);
    weft_crew_shelf_give(shelf, two);
    weft_crew_shelf_destroy(shelf);
    weft_crew_shelf_destroy(NULL);
}

/* A crew that has trained other networks, larger and smaller ones, gives what a new one gives. */
static void a_used_crew_is_as_good_as_a_new_one(void **state) {
    (void)state;
    static const char *const networks[] = {"V8", "R16", "V8", "M8,V8", "V8"};
    weft_error error;
    weft_dataset *dataset;
    weft_crew *crew;
    weft_train_settings settings = settings_of("").train;
    settings.epochs = 1;
    assert_int_equal(weft_dataset_open("bars", &dataset, &error), WEFT_OK);
    for (settings.threads = 1; settings.threads <= 2; settings.threads++) {
        assert_int_equal(weft_crew_create(settings.threads, &crew, &error), WEFT_OK);
        for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
            weft_network *network = network_of(networks[i], shape, CLASSES);
            weft_train_result used, fresh;
            assert_int_equal(
                weft_train_with_crew(network, dataset, &settings, crew, NULL, &used, &error),
                WEFT_OK);
            assert_int_equal(
                weft_train(network, dataset, &settings, NULL, NULL, NULL, &fresh, &error), WEFT_OK);
            assert_true(used.loss == fresh.loss && used.accuracy == fresh.accuracy &&
                        used.train_loss == fresh.train_loss);
            weft_network_destroy(network);
        }
        weft_crew_destroy(crew);
    }
    weft_dataset_close(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_goes_on_where_the_one_before_ended),
        cmocka_unit_test(files_are_told_apart),
        cmocka_unit_test(one_step_is_the_training_of_before),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_candidate_learns_as_it_is_told),
        cmocka_unit_test(a_crew_is_lent_again),
        cmocka_unit_test(a_used_crew_is_as_good_as_a_new_one),
    };
    return cmocka_run_group_tests(tests, make_set, remove_set);
}
