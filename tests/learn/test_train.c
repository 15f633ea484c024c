/* SPDX-License-Identifier: Apache-2.0
 *
 * weft_train as a whole: it learns, it repeats itself to the bit, it stops, it says what went
 * wrong, and it never looks at images that it must not see. */
#include "learn/train_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static const weft_shape SHAPE = {3, 8, 8};

static weft_train_settings small_settings(void) {
    weft_train_settings settings;
    weft_train_defaults(&settings);
    settings.seed = 3;
    settings.batch = 16;
    settings.crop_pad = 1;
    return settings;
}

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- learning -------------------------------------------------------------------------------- */

static void test_learns(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 400, 100, 60);
    weft_network *network = small_network("V8,R12", &dataset);
    weft_train_settings settings = small_settings();
    settings.epochs = 8;
    settings.crop_pad = 0;
    settings.flip = false;
    settings.split = WEFT_SPLIT_TEST;
    /* At three times this rate one start in ten ends with dead units in so narrow a head; at this one
     * none of a hundred did. */
    settings.learning_rate = 0.03;
    for (settings.seed = 1; settings.seed <= 3; settings.seed++) {
        weft_train_result result;
        MUST(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &result, &error));
        assert_true(result.accuracy > 0.95);
        assert_true(result.loss < 0.5);
        assert_int_equal(result.images_trained, 400 * 8);
        assert_int_equal(result.images_measured, 100);
    }
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* A few images, many steps: the loss must go to almost nothing. */
static void test_overfits(void **state) {
    (void)state;
    static const char *const networks[] = {"V8", "M8", "R8,V8"};
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        weft_error error;
        weft_dataset dataset;
        synthetic_make(&dataset, SHAPE, 4, 16, 4, 255);
        weft_network *network = small_network(networks[i], &dataset);
        weft_train_settings settings = small_settings();
        settings.epochs = 200;
        settings.crop_pad = 0;
        settings.flip = false;
        settings.weight_decay = 0.0;
        settings.split = WEFT_SPLIT_TEST;
        for (int k = 0; k < network->n_layers; k++) {
            network->layers[k].rate = 0.0; /* no dropout */
        }
        weft_train_result result;
        MUST(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &result, &error));
        if (!(result.train_loss < 0.01)) {
            fail_msg("%s: the loss stays at %g", networks[i], result.train_loss);
        }
        weft_network_destroy(network);
        synthetic_free(&dataset);
    }
}

/* ---- the same again -------------------------------------------------------------------------- */

typedef struct job {
    const weft_network *network;
    const weft_dataset *dataset;
    weft_train_settings settings;
    weft_train_result result;
    weft_status status;
} job;

static void *run_job(void *argument) {
    job *j = argument;
    weft_error error;
    j->status =
        weft_train(j->network, j->dataset, &j->settings, NULL, NULL, NULL, &j->result, &error);
    return NULL;
}

static void assert_same(const weft_train_result *a, const weft_train_result *b) {
    assert_memory_equal(&a->accuracy, &b->accuracy, sizeof a->accuracy);
    assert_memory_equal(&a->loss, &b->loss, sizeof a->loss);
    assert_memory_equal(&a->train_loss, &b->train_loss, sizeof a->train_loss);
}

static void test_repeats(void **state) {
    (void)state;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 200, 20, 200);
    weft_network *network = small_network("R12,V17", &dataset);
    weft_network *other = small_network("V8", &dataset);
    job alone = {.network = network, .dataset = &dataset, .settings = small_settings()};
    job again = alone, together = alone, neighbour = alone, reseeded = alone;
    neighbour.network = other;
    reseeded.settings.seed = 4;
    run_job(&alone);
    run_job(&again);
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, run_job, &together), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, run_job, &neighbour), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    run_job(&reseeded);
    assert_int_equal(alone.status, WEFT_OK);
    assert_int_equal(neighbour.status, WEFT_OK);
    assert_same(&alone.result, &again.result);
    assert_same(&alone.result, &together.result);
    assert_true(alone.result.train_loss != reseeded.result.train_loss);
    weft_network_destroy(other);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* Threads in one training share its lanes: of a batch of 64 there are four. */
static void test_threads(void **state) {
    (void)state;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 400, 20, 60);
    weft_network *network = small_network("V16", &dataset);
    job one = {.network = network, .dataset = &dataset, .settings = small_settings()};
    one.settings.batch = 64;
    run_job(&one);
    assert_int_equal(one.status, WEFT_OK);
    for (int threads = 2; threads <= 4; threads++) {
        job more = one;
        more.settings.threads = threads;
        run_job(&more);
        assert_int_equal(more.status, WEFT_OK);
        assert_same(&one.result, &more.result);
    }
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

static void test_not_a_number(void **state) {
    (void)state;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 200, 20, 200);
    static const char *const networks[] = {"V8", "R8"};
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        weft_network *network = small_network(networks[i], &dataset);
        weft_train_settings settings = small_settings();
        settings.learning_rate = 1e30;
        weft_train_result result;
        weft_error error;
        weft_status status =
            weft_train(network, &dataset, &settings, NULL, NULL, NULL, &result, &error);
        assert_int_equal(status, WEFT_ERROR_EVALUATION);
        assert_non_null(strstr(error.message, "step"));
        assert_non_null(strstr(error.message, "learning rate"));
        assert_true(error.hint[0] != '\0');
        weft_network_destroy(network);
    }
    synthetic_free(&dataset);
}

static void expect_input_error(const weft_network *network, const weft_dataset *dataset,
                               const weft_train_settings *settings, const char *word) {
    weft_train_result result;
    weft_error error;
    weft_status status = weft_train(network, dataset, settings, NULL, NULL, NULL, &result, &error);
    assert_int_equal(status, WEFT_ERROR_INPUT);
    if (strstr(error.message, word) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, word);
    }
}

static void test_bad_settings(void **state) {
    (void)state;
    weft_dataset dataset, other;
    synthetic_make(&dataset, SHAPE, 5, 100, 20, 60);
    synthetic_make(&other, (weft_shape){1, 8, 8}, 5, 100, 20, 60);
    weft_network *network = small_network("V8", &dataset);
    weft_train_settings settings = small_settings();
    settings.epochs = 0.0;
    expect_input_error(network, &dataset, &settings, "epochs");
    settings = small_settings();
    settings.epochs = NAN;
    expect_input_error(network, &dataset, &settings, "epochs");
    settings = small_settings();
    settings.batch = 0;
    expect_input_error(network, &dataset, &settings, "batch");
    settings = small_settings();
    settings.share = 1.5;
    expect_input_error(network, &dataset, &settings, "share");
    settings = small_settings();
    settings.learning_rate = -1.0;
    expect_input_error(network, &dataset, &settings, "learning_rate");
    settings = small_settings();
    settings.validation = 0.0;
    expect_input_error(network, &dataset, &settings, "measure");
    settings = small_settings();
    settings.threads = 0;
    expect_input_error(network, &dataset, &settings, "threads");
    settings = small_settings();
    expect_input_error(network, &other, &settings, "3 x 8 x 8");
    dataset.info.classes = 6;
    expect_input_error(network, &dataset, &settings, "classes");
    weft_network_destroy(network);
    synthetic_free(&dataset);
    synthetic_free(&other);
}

/* A batch that no machine has memory for is refused before anything is touched. */
static void test_too_large(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create("huge", (weft_shape){3, 1024, 1024}, &network, &error));
    grow(network, conv_layer(4096, 3, 1, 1, true), -1, -1);
    grow(network, average_layer(1), -1, -1);
    grow(network, linear_layer(5), -1, -1);
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    const weft_engine_settings settings = {.batch = 4096};
    MUST(weft_crew_create(1, &crew, &error));
    assert_int_equal(weft_engine_create(network, crew, &settings, &engine, &error),
                     WEFT_ERROR_MEMORY);
    assert_null(engine);
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

/* ---- stopping -------------------------------------------------------------------------------- */

typedef struct stopper {
    weft_stop stop;
    int after, calls;
    double asked; /* s */
} stopper;

static bool ask_to_stop(void *context, const weft_train_progress *now) {
    stopper *s = context;
    assert_true(now->step >= 1 && now->step <= now->steps);
    if (++s->calls == s->after) {
        atomic_store(&s->stop.requested, true);
    }
    return true;
}

static bool refuse(void *context, const weft_train_progress *now) {
    (void)now;
    ++*(int *)context;
    return false;
}

static void test_stops(void **state) {
    (void)state;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 400, 20, 60);
    weft_network *network = small_network("V8", &dataset);
    weft_train_settings settings = small_settings();
    settings.epochs = 1e5;
    stopper s = {.after = 3};
    weft_train_result result = {.accuracy = -1.0};
    weft_error error;
    assert_int_equal(
        weft_train(network, &dataset, &settings, ask_to_stop, &s, &s.stop, &result, &error),
        WEFT_STOPPED);
    assert_int_equal(s.calls, 3);
    assert_true(result.accuracy == -1.0); /* written only on success */
    int calls = 0;
    assert_int_equal(
        weft_train(network, &dataset, &settings, refuse, &calls, NULL, &result, &error),
        WEFT_STOPPED);
    assert_int_equal(calls, 1);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

static void *stop_soon(void *argument) {
    stopper *s = argument;
    usleep(50000);
    atomic_store(&s->stop.requested, true);
    s->asked = now_seconds();
    return NULL;
}

/* A network whose step takes long is stopped within it, from another thread. */
static void test_stops_within_a_step(void **state) {
    (void)state;
    weft_dataset dataset;
    synthetic_make(&dataset, (weft_shape){3, 32, 32}, 5, 160, 20, 60);
    weft_network *network = small_network("M64,M64,M64", &dataset);
    weft_train_settings settings = small_settings();
    settings.batch = 128;
    settings.epochs = 1e5;
    stopper s = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &s), 0);
    weft_train_result result;
    weft_error error;
    assert_int_equal(weft_train(network, &dataset, &settings, NULL, NULL, &s.stop, &result, &error),
                     WEFT_STOPPED);
    double took = now_seconds() - s.asked;
    pthread_join(thread, NULL);
    print_message("stopped after %.3f s\n", took);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct watcher {
    int calls;
    int64_t last_step;
    double last_epoch, last_accuracy;
} watcher;

static bool watch(void *context, const weft_train_progress *now) {
    watcher *w = context;
    assert_true(now->step >= w->last_step);
    assert_true(isfinite(now->loss));
    w->calls++;
    w->last_step = now->step;
    w->last_epoch = now->epoch;
    w->last_accuracy = now->accuracy;
    return true;
}

static void test_progress(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 400, 20, 60);
    weft_network *network = small_network("V8", &dataset);
    weft_train_settings settings = small_settings();
    settings.epochs = 1.5;
    settings.batch = 8;
    settings.validation = 0.2;
    watcher w = {0};
    weft_train_result result;
    MUST(weft_train(network, &dataset, &settings, watch, &w, NULL, &result, &error));
    /* 320 images, 40 steps an epoch, 60 steps: ten reports an epoch, one with the accuracy. */
    assert_int_equal(result.images_trained, 480);
    assert_int_equal(w.last_step, 60);
    assert_int_equal(w.calls, 16);
    assert_float_equal(w.last_epoch, 1.5, 1e-12);
    assert_true(w.last_accuracy == result.accuracy);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool drop_file(void *context, const weft_train_progress *now) {
    (void)now;
    unlink(context);
    return true;
}

/* Start values that are gone once they were read are no matter to a checkpoint of later; weights of the
 * same number in another shape are refused with both shapes. */
static void test_start_weights(void **state) {
    (void)state;
    weft_error error;
    char folder[] = "/tmp/weft-train-XXXXXX", weights[64], checkpoint[64];
    assert_non_null(mkdtemp(folder));
    snprintf(weights, sizeof weights, "%s/weights", folder);
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", folder);
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 80, 20, 60);
    weft_network *network = small_network("V8", &dataset);
    weft_train_settings settings = small_settings();
    settings.epochs = 1;
    settings.save = weights;
    weft_train_result result;
    MUST(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &result, &error));
    settings.save = NULL;
    settings.weights = weights;
    weft_network *other = network_of("other", 3, 8, 8);
    weft_layer tall = conv_layer(8, 1, 1, 0, true);
    tall.kernel = (weft_extent){9, 1};
    tall.pad = (weft_extent){4, 0};
    next(other, tall);
    grow_head(other, 5);
    assert_int_equal(weft_train(other, &dataset, &settings, NULL, NULL, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "have F32 (8, 3, 3, 3) where network other needs array "
                                          "\"1.conv.weight\" of F32 (8, 3, 9, 1)"));
    settings.checkpoint = checkpoint;
    settings.epochs = 3;
    MUST(weft_train(network, &dataset, &settings, drop_file, weights, NULL, &result, &error));
    assert_int_equal(access(weights, F_OK), -1);
    assert_int_equal(unlink(checkpoint), 0);
    assert_int_equal(rmdir(folder), 0);
    weft_network_destroy(other);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* ---- a part that does not fill its batches --------------------------------------------------- */

/* Every image is measured once, whatever the batch: the same accuracy as image by image. */
static void test_measures_rest(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, 5, 64, 37, 255);
    weft_network *network = small_network("V8", &dataset);
    weft_train_settings settings = small_settings();
    settings.split = WEFT_SPLIT_TEST;
    settings.batch = 64;
    settings.epochs = 3;
    weft_train_result whole, first, second;
    MUST(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &whole, &error));
    assert_int_equal(whole.images_measured, 37);
    /* The same training, measured in two parts. */
    weft_dataset part = dataset;
    part.test.n = 20;
    MUST(weft_train(network, &part, &settings, NULL, NULL, NULL, &first, &error));
    part.test.n = 17;
    part.test.pixels += 20 * shape_size(SHAPE);
    part.test.labels += 20;
    MUST(weft_train(network, &part, &settings, NULL, NULL, NULL, &second, &error));
    assert_float_equal(37.0 * whole.accuracy, 20.0 * first.accuracy + 17.0 * second.accuracy, 1e-9);
    assert_float_equal(37.0 * whole.loss, 20.0 * first.loss + 17.0 * second.loss, 1e-6);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* ---- real data ------------------------------------------------------------------------------- */

static void test_fashion_mnist(void **state) {
    (void)state;
    if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) != 0) {
        print_message("skipped: Debian's dataset-fashion-mnist is not installed\n");
        skip();
    }
    weft_error error;
    weft_dataset *dataset = NULL;
    MUST(weft_dataset_open("fashion-mnist", &dataset, &error));
    weft_imc_spec spec;
    weft_imc_defaults(&spec);
    spec.input = dataset->info.shape;
    spec.head_pool = 2;
    MUST(weft_imc_parse("V16,V32", &spec, &error));
    weft_network *network = NULL;
    MUST(weft_imc_build(&spec, &network, &error));
    weft_train_settings settings;
    weft_train_defaults(&settings);
    settings.seed = 1;
    const char *scale = getenv("WEFT_TEST_SCALE");
    bool quick = scale != NULL && strcmp(scale, "quick") == 0;
    settings.epochs = quick ? 0.05 : 0.5;
    settings.validation_limit = 1000;
    weft_train_result result;
    MUST(weft_train(network, dataset, &settings, NULL, NULL, NULL, &result, &error));
    print_message("Fashion-MNIST: %.4f after %lld images, %.0f images/s\n", result.accuracy,
                  (long long)result.images_trained, result.images_per_second);
    assert_int_equal(result.images_measured, 1000);
    assert_true(result.accuracy > (quick ? 0.15 : 0.72));
    weft_network_destroy(network);
    weft_dataset_close(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_overfits),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_stops_within_a_step),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_measures_rest),
        cmocka_unit_test(test_start_weights),
        cmocka_unit_test(test_fashion_mnist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
