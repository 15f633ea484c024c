/* SPDX-License-Identifier: Apache-2.0
 * Scores as a provider: the scorer's own figures, the same from any thread; a network without a score is a
 * failed evaluation. */
#include "accuracy/bars.h"

#include <pthread.h>

static weft_accuracy *provider_of(weft_score score, const char *data) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "score";
    settings.score = score;
    settings.score_images = 16;
    settings.data = data;
    return must_create(&settings);
}

static double scorer_says(const char *design, weft_score score, const char *data, uint64_t seed) {
    const weft_score_settings settings = {.images = 16, .threads = 2};
    weft_dataset *dataset = NULL;
    weft_scorer *scorer = NULL;
    weft_scores scores;
    weft_error error;
    bool wanted[WEFT_SCORE_COUNT] = {false};
    wanted[score] = true;
    if (data[0] != '\0') {
        assert_int_equal(weft_dataset_open(data, &dataset, &error), WEFT_OK);
    }
    weft_network *network = network_of(design, shape, CLASSES);
    assert_int_equal(weft_scorer_create(dataset, &settings, &scorer, &error), WEFT_OK);
    assert_int_equal(weft_scorer_measure(scorer, network, wanted, seed, NULL, &scores, &error),
                     WEFT_OK);
    weft_network_destroy(network);
    weft_scorer_destroy(scorer);
    weft_dataset_close(dataset);
    return scores.value[score];
}

/* Whatever the data: without any, images are random. */
static void the_figure_is_the_score(void **state) {
    (void)state;
    static const char *const data[] = {"bars", ""};
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        double found[2];
        for (int d = 0; d < 2; d++) {
            weft_accuracy *accuracy = provider_of((weft_score)s, data[d]);
            assert_true(weft_accuracy_needs_network(accuracy));
            assert_false(weft_accuracy_has_final(accuracy));
            found[d] = evaluate(accuracy, "R8", WEFT_FIDELITY_CANDIDATE, 9).accuracy;
            assert_true(found[d] == scorer_says("R8", (weft_score)s, data[d], 9));
            weft_accuracy_destroy(accuracy);
        }
        assert_true((found[0] != found[1]) == weft_score_looks((weft_score)s));
    }
    assert_true(weft_accuracy_is_score("score"));
    assert_false(weft_accuracy_is_score("train") || weft_accuracy_is_score("scores"));
    assert_false(weft_accuracy_needs_data("score"));
}

enum { JOBS = 4 };
static const char *const designs[JOBS] = {"V8", "R8", "M8", "V8,R16"};

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
    weft_accuracy *accuracy = provider_of(WEFT_SCORE_SNIP, "bars");
    job jobs[JOBS];
    pthread_t threads[JOBS];
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (job){.accuracy = accuracy, .network = network_of(designs[i], shape, CLASSES)};
        assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    }
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(jobs[i].status, WEFT_OK);
        weft_network_destroy(jobs[i].network);
        assert_true(jobs[i].result.accuracy ==
                    evaluate(accuracy, designs[i], WEFT_FIDELITY_CANDIDATE, 3).accuracy);
    }
    weft_accuracy_destroy(accuracy);
}

static weft_status status_of(weft_score score, const char *data, weft_network *network,
                             weft_error *error) {
    weft_accuracy *accuracy = provider_of(score, data);
    weft_accuracy_result result;
    weft_status status = weft_accuracy_evaluate(accuracy, network, NULL, WEFT_FIDELITY_CANDIDATE, 1,
                                                NULL, &result, error);
    weft_network_destroy(network);
    weft_accuracy_destroy(accuracy);
    return status;
}

static void what_has_no_score_fails(void **state) {
    (void)state;
    weft_network *network = NULL;
    weft_error error = {0};
    assert_int_equal(weft_network_read("nasbench201@arch=000000,depth=1x1x1", &network, &error),
                     WEFT_OK);
    assert_int_equal(status_of(WEFT_SCORE_SYNFLOW, "", network, &error), WEFT_ERROR_EVALUATION);
    assert_non_null(strstr(error.message, "synflow"));
    assert_non_null(strstr(error.message, "no path"));
    /* Images of the data are 1 x 8 x 8, of 3 classes. */
    network = network_of("V8", (weft_shape){3, SIDE, SIDE}, CLASSES);
    assert_int_equal(status_of(WEFT_SCORE_NASWOT, "bars", network, &error), WEFT_ERROR_INPUT);
    network = network_of("V8", shape, CLASSES + 1);
    assert_int_equal(status_of(WEFT_SCORE_NASWOT, "bars", network, &error), WEFT_ERROR_INPUT);
}

static void too_many_images_are_refused(void **state) {
    (void)state;
    weft_accuracy_settings settings;
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    weft_accuracy_defaults(&settings);
    settings.provider = "score";
    settings.score = WEFT_SCORE_NASWOT;
    settings.data = "bars";
    settings.score_images = TRAIN + 1;
    assert_int_equal(weft_accuracy_create(&settings, NULL, &accuracy, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "300"));
    settings.score = WEFT_SCORE_SYNFLOW; /* looks at none of them */
    assert_int_equal(weft_accuracy_create(&settings, NULL, &accuracy, &error), WEFT_OK);
    weft_accuracy_destroy(accuracy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_figure_is_the_score),
        cmocka_unit_test(threads_give_what_one_gives),
        cmocka_unit_test(what_has_no_score_fails),
        cmocka_unit_test(too_many_images_are_refused),
    };
    return cmocka_run_group_tests_name("score", tests, make_set, remove_set);
}
