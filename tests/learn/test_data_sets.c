/* SPDX-License-Identifier: Apache-2.0
 * The real sets, where they are installed: Fashion-MNIST of Debian, and those of ../shared/data. */
#include "data_files.h"

#include "learn/data.h"

static const char reference[] = "../shared/data/";

/* Skips, saying why, when a file of the reference folder is not there. */
static const char *need(const char *name) {
    static char paths[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s%s", reference, name);
    if (access(paths[next], R_OK) != 0) {
        print_message("skipped: the optional %s is not there\n", paths[next]);
        skip();
    }
    return paths[next];
}

static weft_dataset *open_set(const char *name) {
    weft_dataset *set;
    weft_error error = {0};
    if (weft_dataset_open(name, &set, &error) != WEFT_OK) {
        fail_msg("%s: %s", error.file, error.message);
    }
    return set;
}

static void count_classes(const weft_images *images, int64_t counts[10]) {
    memset(counts, 0, 10 * sizeof counts[0]);
    for (int64_t i = 0; i < images->n; i++) {
        assert_in_range(images->labels[i], 0, 9);
        counts[images->labels[i]]++;
    }
}

/* Mean 0.2860 and deviation 0.3530 are the figures that everybody normalises Fashion-MNIST by. */
static void fashion_mnist_is_whole(void **state) {
    (void)state;
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_info("fashion-mnist", &info, &error), WEFT_OK);
    if (!info.available) {
        assert_non_null(strstr(info.note, "apt install dataset-fashion-mnist"));
        print_message("skipped: Debian's package dataset-fashion-mnist is not installed\n");
        skip();
    }
    weft_dataset *set = open_set("fashion-mnist");
    assert_int_equal(set->train.n, 60000);
    assert_int_equal(set->test.n, 10000);
    int64_t counts[10];
    count_classes(&set->train, counts);
    for (int c = 0; c < 10; c++) {
        assert_int_equal(counts[c], 6000);
    }
    count_classes(&set->test, counts);
    for (int c = 0; c < 10; c++) {
        assert_int_equal(counts[c], 1000);
    }
    assert_int_equal(set->mean[0] * 1e4F + 0.5F, 2860);
    assert_int_equal(set->deviation[0] * 1e4F + 0.5F, 3530);
    weft_dataset_close(set);
}

/* 0.1307 and 0.3081: as above, for MNIST. */
static void mnist_is_whole(void **state) {
    (void)state;
    weft_data_add_settings settings = {.name = "mnist",
                                       .format = "idx",
                                       .train_images = need("mnist/train-images-idx3-ubyte.gz"),
                                       .train_labels = need("mnist/train-labels-idx1-ubyte.gz"),
                                       .test_images = need("mnist/t10k-images-idx3-ubyte.gz"),
                                       .test_labels = need("mnist/t10k-labels-idx1-ubyte.gz")};
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    weft_dataset *set = open_set("mnist");
    assert_int_equal(set->train.n, 60000);
    assert_int_equal(set->test.n, 10000);
    assert_int_equal(set->mean[0] * 1e4F + 0.5F, 1307);
    assert_int_equal(set->deviation[0] * 1e4F + 0.5F, 3081);
    int64_t counts[10];
    count_classes(&set->train, counts);
    static const int64_t known[10] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    assert_memory_equal(counts, known, sizeof known);
    weft_dataset_close(set);
}

/* The split that the set's own index.csv has: every fifth image of a class. */
static void asl_digits_are_split_as_their_index_says(void **state) {
    (void)state;
    weft_data_add_settings settings = {
        .name = "asl-digits",
        .format = "idx",
        .train_images = need("asl_digits/asl-rgb32-images-idx4-ubyte.gz"),
        .train_labels = need("asl_digits/asl-labels-idx1-ubyte.gz"),
        .test_every = 5};
    const char *index = need("asl_digits/index.csv");
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    weft_dataset *set = open_set("asl-digits");
    assert_int_equal(info.shape.channels, 3);
    assert_int_equal(info.shape.height, 32);
    assert_int_equal(set->train.n, 2062 - 409);
    assert_int_equal(set->test.n, 409);
    FILE *file = fopen(index, "r");
    assert_non_null(file);
    char line[512];
    assert_non_null(fgets(line, sizeof line, file));
    int64_t train = 0;
    int64_t test = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        int place;
        int label;
        char part[16];
        assert_int_equal(sscanf(line, "%d,%d,%15[a-z]", &place, &label, part), 3);
        bool is_test = strcmp(part, "test") == 0;
        const weft_images *images = is_test ? &set->test : &set->train;
        assert_int_equal(images->labels[is_test ? test++ : train++], label);
    }
    fclose(file);
    assert_int_equal(train, set->train.n);
    assert_int_equal(test, set->test.n);
    weft_dataset_close(set);
}

/* The files are packed with xz, which is not read: the error says what to do. */
static void cifar_in_xz_asks_to_be_unpacked(void **state) {
    (void)state;
    weft_data_add_settings settings = {.name = "cifar10-lossless",
                                       .format = "cifar10",
                                       .train_images = need("cifar10/lossless_train.bin.xz"),
                                       .test_images = need("cifar10/lossless_test.bin.xz")};
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "xz -dk"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fashion_mnist_is_whole),
        cmocka_unit_test(mnist_is_whole),
        cmocka_unit_test(asl_digits_are_split_as_their_index_says),
        cmocka_unit_test(cifar_in_xz_asks_to_be_unpacked),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
