/* SPDX-License-Identifier: Apache-2.0
 *
 * Splits, subsets and the memory plan: the parts of a training, each against what it promises. */
#include <sys/stat.h>
#include <unistd.h>

#include "learn/memory.h"
#include "learn/split.h"
#include "learn/train_support.h"

enum { CLASSES = 5, TRAIN = 1003, TEST = 101 };

static const weft_shape SHAPE = {1, 2, 2};

static weft_train_settings split_settings(void) {
    weft_train_settings settings;
    weft_train_defaults(&settings);
    settings.seed = 1;
    settings.split_seed = 2;
    return settings;
}

static void class_counts(const weft_image_list *list, int counts[CLASSES]) {
    memset(counts, 0, CLASSES * sizeof *counts);
    for (int64_t i = 0; i < list->n; i++) {
        assert_true(i == 0 || list->index[i] > list->index[i - 1]);
        counts[list->images->labels[list->index[i]]]++;
    }
}

static bool same_list(const weft_image_list *a, const weft_image_list *b) {
    return a->n == b->n && memcmp(a->index, b->index, (size_t)a->n * sizeof *a->index) == 0;
}

static bool have_common(const weft_image_list *a, const weft_image_list *b) {
    static bool seen[TRAIN];
    memset(seen, 0, sizeof seen);
    for (int64_t i = 0; i < a->n; i++) {
        seen[a->index[i]] = true;
    }
    for (int64_t i = 0; i < b->n; i++) {
        if (seen[b->index[i]]) {
            return true;
        }
    }
    return false;
}

/* ---- splits ---------------------------------------------------------------------------------- */

static void test_validation_split(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, CLASSES, TRAIN, TEST, 1);
    weft_train_settings settings = split_settings();
    weft_parts parts;
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.train.n + parts.measure.n, TRAIN);
    assert_false(have_common(&parts.train, &parts.measure));
    /* The test set is nowhere. */
    assert_ptr_equal(parts.train.images, &dataset.train);
    assert_ptr_equal(parts.measure.images, &dataset.train);
    int whole[CLASSES] = {0}, measured[CLASSES];
    for (int i = 0; i < TRAIN; i++) {
        whole[dataset.train.labels[i]]++;
    }
    class_counts(&parts.measure, measured);
    for (int c = 0; c < CLASSES; c++) {
        assert_int_equal(measured[c], lround(0.15 * whole[c]));
    }
    weft_parts_destroy(&parts);
    synthetic_free(&dataset);
}

/* The measuring images depend on split_seed alone; the subset on seed too. */
static void test_seeds(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, CLASSES, TRAIN, TEST, 1);
    weft_train_settings settings = split_settings();
    settings.share = 0.5;
    weft_parts first, trial, other;
    MUST(weft_parts_create(&dataset, &settings, &first, &error));
    settings.seed = 77;
    MUST(weft_parts_create(&dataset, &settings, &trial, &error));
    settings.split_seed = 3;
    MUST(weft_parts_create(&dataset, &settings, &other, &error));
    assert_true(same_list(&first.measure, &trial.measure));
    assert_false(same_list(&first.train, &trial.train));
    assert_false(same_list(&first.measure, &other.measure));
    assert_false(have_common(&trial.train, &first.measure));
    weft_parts_destroy(&first);
    weft_parts_destroy(&trial);
    weft_parts_destroy(&other);
    synthetic_free(&dataset);
}

static void test_share_and_limit(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, CLASSES, TRAIN, TEST, 1);
    weft_train_settings settings = split_settings();
    settings.share = 0.1;
    settings.validation_limit = 52;
    weft_parts parts;
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.measure.n, 52);
    int counts[CLASSES];
    class_counts(&parts.measure, counts);
    for (int c = 0; c < CLASSES; c++) {
        assert_in_range(counts[c], 10, 11);
    }
    class_counts(&parts.train, counts);
    for (int c = 0; c < CLASSES; c++) {
        assert_in_range(counts[c], 16, 18); /* a tenth of about 170 */
    }
    weft_parts_destroy(&parts);
    settings.share = 1e-9; /* one image of each class is left */
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.train.n, CLASSES);
    weft_parts_destroy(&parts);
    synthetic_free(&dataset);
}

static void test_test_split(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, CLASSES, TRAIN, TEST, 1);
    weft_train_settings settings = split_settings();
    settings.split = WEFT_SPLIT_TEST;
    settings.validation_limit = 10; /* of validation: the test set is measured whole */
    weft_parts parts;
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.train.n, TRAIN);
    assert_int_equal(parts.measure.n, TEST);
    assert_ptr_equal(parts.measure.images, &dataset.test);
    weft_parts_destroy(&parts);
    synthetic_free(&dataset);
}

/* A search that must not see the test set works where there is none to see. */
static void test_without_test_set(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, (weft_shape){1, 8, 8}, CLASSES, 100, 0, 60);
    free(dataset.test.pixels);
    free(dataset.test.labels);
    dataset.test = (weft_images){0};
    weft_network *network = small_network("V8", &dataset);
    weft_train_settings settings = split_settings();
    settings.batch = 16;
    weft_train_result result;
    MUST(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &result, &error));
    settings.split = WEFT_SPLIT_TEST;
    assert_int_equal(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "add a test set"));
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* ---- bad data -------------------------------------------------------------------------------- */

static void refuse_parts(const weft_dataset *dataset, const weft_train_settings *settings,
                         const char *says) {
    weft_error error;
    weft_parts parts = {.unmeasured = -7};
    assert_int_equal(weft_parts_create(dataset, settings, &parts, &error), WEFT_ERROR_INPUT);
    assert_int_equal(parts.unmeasured, -7);
    if (strstr(error.message, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    }
}

static void test_labels_out_of_range(void **state) {
    (void)state;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, CLASSES, TRAIN, TEST, 1);
    weft_train_settings settings = split_settings();
    uint16_t label = dataset.train.labels[17];
    dataset.train.labels[17] = CLASSES;
    refuse_parts(&dataset, &settings, "training image 17 of data set synthetic has label 5");
    dataset.train.labels[17] = label;
    dataset.test.labels[TEST - 1] = UINT16_MAX;
    refuse_parts(&dataset, &settings, "test image 100 of data set synthetic has label 65535");
    synthetic_free(&dataset);
}

/* Gives all images of a class to another one, but for the first `kept`. */
static void empty_class(weft_images *images, uint16_t class, uint16_t other, int kept) {
    for (int64_t i = 0; i < images->n; i++) {
        if (images->labels[i] == class && kept-- <= 0) {
            images->labels[i] = other;
        }
    }
}

static void test_missing_classes(void **state) {
    (void)state;
    weft_error error;
    weft_dataset dataset;
    synthetic_make(&dataset, SHAPE, CLASSES, TRAIN, TEST, 1);
    weft_train_settings settings = split_settings();
    weft_parts parts;
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.unmeasured, 0);
    weft_parts_destroy(&parts);
    /* 0.15 of two images are none to measure with; 0.9 of them leave none to train on. */
    empty_class(&dataset.train, 3, 2, 2);
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.unmeasured, 1);
    weft_parts_destroy(&parts);
    settings.validation = 0.9;
    refuse_parts(&dataset, &settings, "no image of class 3 to train on");
    /* None in the training set, some in the test set. */
    empty_class(&dataset.train, 3, 2, 0);
    settings.split = WEFT_SPLIT_TEST;
    refuse_parts(&dataset, &settings, "no image of class 3 to train on");
    /* None at all: labels may skip numbers. */
    empty_class(&dataset.test, 3, 2, 0);
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.unmeasured, 0);
    weft_parts_destroy(&parts);
    /* Some in the training set, none in the test set. */
    empty_class(&dataset.test, 0, 1, 0);
    MUST(weft_parts_create(&dataset, &settings, &parts, &error));
    assert_int_equal(parts.unmeasured, 1);
    weft_parts_destroy(&parts);
    synthetic_free(&dataset);
}

/* ---- the memory plan ------------------------------------------------------------------------- */

static void test_plan(void **state) {
    (void)state;
    weft_error error;
    for (uint64_t seed = 0; seed < 50; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
        weft_plan plan = {0};
        size_t at_moment[40] = {0}, sum = 0, most = 0;
        for (int i = 0; i < 60; i++) {
            int index, first = (int)weft_rng_below(&rng, 30);
            int last = first + (int)weft_rng_below(&rng, 10);
            size_t size = 1 + (size_t)weft_rng_below(&rng, 5000);
            MUST(weft_plan_claim(&plan, size, first, last, &index, &error));
            assert_int_equal(index, i);
            for (int m = first; m <= last; m++) {
                at_moment[m] += plan.claims[i].size;
            }
            sum += plan.claims[i].size;
        }
        MUST(weft_plan_place(&plan, &error));
        for (int i = 0; i < plan.n; i++) {
            const weft_claim *a = &plan.claims[i];
            assert_int_equal(a->offset % 64, 0);
            assert_true(a->offset + a->size <= plan.size);
            for (int j = 0; j < i; j++) {
                const weft_claim *b = &plan.claims[j];
                bool together = a->first <= b->last && b->first <= a->last;
                bool overlap = a->offset < b->offset + b->size && b->offset < a->offset + a->size;
                if (together && overlap) {
                    fail_msg("seed %llu: claims %d and %d overlap", (unsigned long long)seed, i, j);
                }
            }
        }
        for (int m = 0; m < 40; m++) {
            most = at_moment[m] > most ? at_moment[m] : most;
        }
        assert_true(plan.size >= most);
        assert_true(plan.size <= sum && (double)plan.size < 1.6 * (double)most);
        weft_plan_destroy(&plan);
    }
}

/* Claims that cannot lie beside each other in any memory; alone each could. */
static void test_plan_overflow(void **state) {
    (void)state;
    weft_error error;
    weft_plan plan = {0};
    int index;
    for (int i = 0; i < 3; i++) {
        MUST(weft_plan_claim(&plan, SIZE_MAX / 5 * 2, 0, i, &index, &error));
    }
    assert_int_equal(weft_plan_place(&plan, &error), WEFT_ERROR_MEMORY);
    assert_int_equal(weft_plan_claim(&plan, SIZE_MAX, 0, 0, &index, &error), WEFT_ERROR_MEMORY);
    weft_plan_destroy(&plan);
}

static void test_memory_check(void **state) {
    (void)state;
    weft_error error;
    size_t available = weft_memory_available();
    assert_true(available > 0);
    MUST(weft_memory_check(available, available, "all there is", &error));
    assert_int_equal(weft_memory_check(1001, 1000, "one more", &error), WEFT_ERROR_MEMORY);
    assert_non_null(strstr(error.message, "one more"));
    assert_true(error.hint[0] != '\0');
}

static void put(const char *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void drop_group(const char *folder) {
    static const char *const names[] = {"memory.max", "memory.current", "memory.stat"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* The least of a group and those above; pages of files that are given back are free. */
static void test_memory_of_groups(void **state) {
    (void)state;
    char mount[] = "/tmp/weft-group-XXXXXX", outer[64], inner[64];
    assert_non_null(mkdtemp(mount));
    snprintf(outer, sizeof outer, "%s/outer", mount);
    snprintf(inner, sizeof inner, "%s/outer/inner", mount);
    assert_int_equal(mkdir(outer, 0777), 0);
    assert_int_equal(mkdir(inner, 0777), 0);
    assert_int_equal(weft_memory_of_group(mount, "/outer/inner"), SIZE_MAX); /* says nothing */
    put(inner, "memory.max", "max\n");
    put(inner, "memory.current", "700\n");
    assert_int_equal(weft_memory_of_group(mount, "/outer/inner"), SIZE_MAX);
    put(outer, "memory.max", "1000\n");
    put(outer, "memory.current", "900\n");
    assert_int_equal(weft_memory_of_group(mount, "/outer/inner"), 100);
    put(outer, "memory.stat", "anon 500\nfile 400\nactive_file 100\ninactive_file 300\n");
    assert_int_equal(weft_memory_of_group(mount, "/outer/inner"), 400);
    put(inner, "memory.max", "750\n");
    assert_int_equal(weft_memory_of_group(mount, "/outer/inner"), 50);
    assert_int_equal(weft_memory_of_group(mount, "/outer"), 400);
    assert_int_equal(weft_memory_of_group(mount, "/"), SIZE_MAX);
    put(mount, "memory.max", "200\n");
    put(mount, "memory.current", "300\n");
    assert_int_equal(weft_memory_of_group(mount, "/"), 0);
    assert_int_equal(weft_memory_of_group(mount, "/outer/no such group"), 0);
    drop_group(inner);
    drop_group(outer);
    drop_group(mount);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_validation_split), cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_share_and_limit),  cmocka_unit_test(test_test_split),
        cmocka_unit_test(test_without_test_set), cmocka_unit_test(test_labels_out_of_range),
        cmocka_unit_test(test_missing_classes),  cmocka_unit_test(test_plan),
        cmocka_unit_test(test_plan_overflow),    cmocka_unit_test(test_memory_check),
        cmocka_unit_test(test_memory_of_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
