/* SPDX-License-Identifier: Apache-2.0
 * The catalogue: adding, listing, opening, and every fault of files and entries on the way. */
#include "data_files.h"

#include "learn/data.h"

#include <math.h>

enum { SIDE = 6, TRAIN = 40, TEST = 10, CLASSES = 4 };

static uint8_t scratch[1 << 16];

/* The four files of an IDX set of the pattern: a.* is plain, the labels of the test are gzip. */
static weft_data_add_settings make_idx(const char *name) {
    size_t size = idx_images(scratch, TRAIN, 1, SIDE, SIDE);
    write_file(path_of("train-images"), scratch, size);
    size = idx_labels(scratch, TRAIN, CLASSES);
    write_file(path_of("train-labels"), scratch, size);
    size = idx_images(scratch, TEST, 1, SIDE, SIDE);
    write_gzip(path_of("test-images.gz"), scratch, size);
    size = idx_labels(scratch, TEST, CLASSES);
    write_gzip(path_of("test-labels.gz"), scratch, size);
    static char paths[4][128];
    static const char *const names[] = {"train-images", "train-labels", "test-images.gz",
                                        "test-labels.gz"};
    for (int i = 0; i < 4; i++) {
        snprintf(paths[i], sizeof paths[i], "%s", path_of(names[i]));
    }
    return (weft_data_add_settings){.name = name,
                                    .format = "idx",
                                    .train_images = paths[0],
                                    .train_labels = paths[1],
                                    .test_images = paths[2],
                                    .test_labels = paths[3],
                                    .note = "made by a \"test\": \\ and \t too"};
}

static void add_idx(const char *name) {
    weft_data_add_settings settings = make_idx(name);
    weft_dataset_info info;
    weft_error error = {0};
    settings.replace = true;
    if (weft_data_add(&settings, &info, &error) != WEFT_OK) {
        fail_msg("%s: %s", error.file, error.message);
    }
}

static weft_status open_and_close(const char *name, weft_error *error) {
    weft_dataset *set;
    weft_status status = weft_dataset_open(name, &set, error);
    if (status == WEFT_OK) {
        weft_dataset_close(set);
    }
    return status;
}

static void a_set_is_added_and_opened(void **state) {
    (void)state;
    weft_data_add_settings settings = make_idx("one");
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    weft_dataset *set;
    assert_int_equal(weft_dataset_open("one", &set, &error), WEFT_OK);
    const weft_dataset_info *opened = weft_dataset_get_info(set);
    assert_memory_equal(opened, &info, sizeof info);
    assert_string_equal(opened->name, "one");
    assert_string_equal(opened->format, "idx");
    assert_string_equal(opened->note, settings.note);
    assert_string_equal(opened->location, test_folder);
    assert_true(opened->available);
    assert_int_equal(opened->classes, CLASSES);
    assert_int_equal(set->train.n, TRAIN);
    assert_int_equal(set->test.n, TEST);
    double sum = 0.0;
    double squares = 0.0;
    const size_t each = SIDE * SIDE;
    for (int64_t i = 0; i < TRAIN; i++) {
        assert_int_equal(set->train.labels[i], i % CLASSES);
        for (size_t p = 0; p < each; p++) {
            double pixel = set->train.pixels[(size_t)i * each + p];
            assert_int_equal(pixel, pattern(i, p));
            sum += pixel / 255.0;
            squares += pixel * pixel / (255.0 * 255.0);
        }
    }
    double mean = sum / (TRAIN * each);
    assert_true(fabs(set->mean[0] - mean) < 1e-6);
    assert_true(fabs(set->deviation[0] - sqrt(squares / (TRAIN * each) - mean * mean)) < 1e-6);
    weft_dataset_close(set);
    weft_dataset_close(NULL);
}

static void every_nth_image_of_a_class_is_for_the_test(void **state) {
    (void)state;
    weft_data_add_settings settings = make_idx("nth");
    weft_dataset_info info;
    weft_error error = {0};
    settings.test_images = NULL;
    settings.test_labels = NULL;
    settings.test_every = 3;
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    weft_dataset *set;
    assert_int_equal(weft_dataset_open("nth", &set, &error), WEFT_OK);
    int64_t train = 0;
    int64_t test = 0;
    for (int64_t i = 0; i < TRAIN; i++) {
        bool is_test = i / CLASSES % 3 == 2; /* image i is the (i / CLASSES)-th of its class */
        const weft_images *images = is_test ? &set->test : &set->train;
        int64_t place = is_test ? test++ : train++;
        assert_int_equal(images->labels[place], i % CLASSES);
        for (size_t p = 0; p < SIDE * SIDE; p++) {
            assert_int_equal(images->pixels[(size_t)place * SIDE * SIDE + p], pattern(i, p));
        }
    }
    assert_int_equal(set->train.n, train);
    assert_int_equal(set->test.n, test);
    assert_int_equal(info.train_images, train);
    assert_int_equal(info.test_images, test);
    weft_dataset_close(set);
    settings.test_every = 100;
    settings.replace = true;
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "--test-every"));
}

static void cifar_takes_a_list_of_files(void **state) {
    (void)state;
    uint8_t *bytes = malloc((size_t)3073 * 6);
    assert_non_null(bytes);
    for (int i = 0; i < 6; i++) {
        bytes[(size_t)i * 3073] = (uint8_t)i;
        memset(bytes + (size_t)i * 3073 + 1, i, 3072);
    }
    write_file(path_of("batch1"), bytes, (size_t)3073 * 2);
    write_gzip(path_of("batch2"), bytes + (size_t)3073 * 2, (size_t)3073 * 3);
    write_file(path_of("batch3"), bytes + (size_t)3073 * 5, 3073);
    free(bytes);
    char list[300];
    snprintf(list, sizeof list, "%s,%s", path_of("batch1"), path_of("batch2"));
    weft_data_add_settings settings = {.name = "cifar",
                                       .format = "cifar10",
                                       .train_images = list,
                                       .test_images = path_of("batch3")};
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    weft_dataset *set;
    assert_int_equal(weft_dataset_open("cifar", &set, &error), WEFT_OK);
    assert_int_equal(set->info.classes, 10);
    assert_int_equal(set->train.n, 5);
    assert_int_equal(set->test.n, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(set->train.labels[i], i);
        assert_int_equal(set->train.pixels[(size_t)i * 3072 + 3071], i);
    }
    weft_dataset_close(set);
    strcat(list, ",");
    settings.replace = true;
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_USAGE);
}

static void bad_settings_are_refused(void **state) {
    (void)state;
    const weft_data_add_settings good = make_idx("good");
    weft_dataset_info info;
    weft_error error = {0};
    static const char *const names[] = {
        "",
        "Capital",
        "sp ace",
        "a/b",
        "..",
        "-dash",
        "dot.dot",
        "a123456789b123456789c123456789d123456789e123456789f123456789"
        "g123"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        weft_data_add_settings bad = good;
        bad.name = names[i];
        assert_int_equal(weft_data_add(&bad, &info, &error), WEFT_ERROR_USAGE);
        assert_non_null(strstr(error.hint, "a-z"));
    }
    weft_data_add_settings bad[12];
    for (int i = 0; i < 12; i++) {
        bad[i] = good;
    }
    bad[0].name = NULL;
    bad[1].format = "jpeg";
    bad[2].format = NULL;
    bad[3].train_images = NULL;
    bad[4].train_labels = "";
    bad[5].test_images = NULL;
    bad[6].test_images = NULL;
    bad[6].test_labels = NULL;
    bad[7].test_every = 5;
    bad[8].test_every = -1;
    bad[9].resize = 32;
    bad[10].format = "cifar10"; /* has no label files */
    bad[11].note = "\xff\xfe";
    for (int i = 0; i < 12; i++) {
        if (weft_data_add(&bad[i], &info, &error) != WEFT_ERROR_USAGE) {
            fail_msg("settings %d were not refused", i);
        }
        assert_true(error.message[0] != '\0');
    }
    assert_false(weft_data_exists("good"));
}

static void names_are_not_taken_twice(void **state) {
    (void)state;
    weft_data_add_settings settings = make_idx("twice");
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "--replace"));
    settings.replace = true;
    settings.note = "second";
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    assert_int_equal(weft_data_info("twice", &info, &error), WEFT_OK);
    assert_string_equal(info.note, "second");
    settings.replace = false;
    settings.name = "fashion-mnist";
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    settings.replace = true; /* the user's entry goes before the built-in one */
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    assert_int_equal(weft_data_info("fashion-mnist", &info, &error), WEFT_OK);
    assert_int_equal(info.shape.height, SIDE);
    assert_int_equal(remove(path_of("catalogue/fashion-mnist.yaml")), 0);
}

typedef struct seen {
    int n;
    char names[32][WEFT_DATASET_NAME];
    weft_dataset_info damaged;
} seen;

static void see(void *context, const weft_dataset_info *info) {
    seen *all = context;
    assert_in_range(all->n, 0, 31);
    snprintf(all->names[all->n++], WEFT_DATASET_NAME, "%s", info->name);
    if (strcmp(info->name, "damaged") == 0) {
        all->damaged = *info;
    }
}

static void the_list_has_every_name_once_in_order(void **state) {
    (void)state;
    weft_error error = {0};
    add_idx("zz");
    add_idx("aa");
    write_file(path_of("catalogue/damaged.yaml"), "version: 1\nformet: idx\n", 23);
    write_file(path_of("catalogue/Not A Name.yaml"), "x", 1);
    write_file(path_of("catalogue/.aa.XyZ"), "x", 1);
    seen all = {0};
    assert_int_equal(weft_data_list(see, &all, &error), WEFT_OK);
    bool fashion = false;
    for (int i = 0; i < all.n; i++) {
        fashion = fashion || strcmp(all.names[i], "fashion-mnist") == 0;
        assert_true(i == 0 || strcmp(all.names[i - 1], all.names[i]) < 0);
    }
    assert_true(fashion);
    assert_string_equal(all.names[0], "aa");
    assert_string_equal(all.names[all.n - 1], "zz");
    assert_false(all.damaged.available);
    assert_non_null(strstr(all.damaged.note, "damaged.yaml"));
    assert_int_equal(remove(path_of("catalogue/damaged.yaml")), 0);
    /* A catalogue that is not there is an empty one. */
    setenv("WEFT_DATA", path_of("nowhere"), 1);
    memset(&all, 0, sizeof all);
    assert_int_equal(weft_data_list(see, &all, &error), WEFT_OK);
    assert_int_equal(all.n, 1);
    setenv("WEFT_DATA", path_of("catalogue"), 1);
}

static void unknown_names_say_the_nearest(void **state) {
    (void)state;
    weft_dataset_info info;
    weft_error error = {0};
    assert_int_equal(weft_data_info("fashion-mnits", &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "fashion-mnist"));
    assert_int_equal(open_and_close("../../etc/passwd", &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "unknown data set"));
    assert_non_null(strstr(error.hint, "weft data add"));
}

static void faults_of_files_are_named(void **state) {
    (void)state;
    weft_error error = {0};
    weft_dataset_info info;

    add_idx("fault"); /* missing */
    assert_int_equal(remove(path_of("train-labels")), 0);
    assert_int_equal(open_and_close("fault", &error), WEFT_ERROR_IO);
    assert_string_equal(error.file, path_of("train-labels"));
    assert_non_null(strstr(error.hint, "weft data add fault"));
    assert_int_equal(weft_data_info("fault", &info, &error), WEFT_OK);
    assert_false(info.available);
    assert_non_null(strstr(info.note, "train-labels"));

    assert_int_equal(mkdir(path_of("train-labels"), 0777), 0); /* a folder in its place */
    assert_int_equal(open_and_close("fault", &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.message, "folder"));
    assert_int_equal(rmdir(path_of("train-labels")), 0);

    add_idx("fault"); /* one byte differs */
    size_t size = read_bytes(path_of("train-images"), scratch, sizeof scratch);
    scratch[size / 2] ^= 1;
    write_file(path_of("train-images"), scratch, size);
    assert_int_equal(open_and_close("fault", &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.file, path_of("train-images"));
    assert_non_null(strstr(error.message, "expected"));

    if (geteuid() != 0) {
        add_idx("fault"); /* not to be read */
        assert_int_equal(chmod(path_of("train-images"), 0), 0);
        assert_int_equal(open_and_close("fault", &error), WEFT_ERROR_IO);
        assert_string_equal(error.file, path_of("train-images"));
        assert_int_equal(chmod(path_of("train-images"), 0644), 0);
    }
}

/* A gzip file cut at any place, or with any damage, is an error and no crash. */
static void damaged_gzip_is_refused(void **state) {
    (void)state;
    weft_error error = {0};
    uint8_t whole[4096];
    add_idx("gzip");
    size_t size = read_bytes(path_of("test-images.gz"), whole, sizeof whole);
    for (size_t cut = 0; cut < size; cut += cut < 20 || cut + 12 > size ? 1 : 7) {
        write_file(path_of("test-images.gz"), whole, cut);
        assert_int_equal(open_and_close("gzip", &error), WEFT_ERROR_INPUT);
        assert_string_equal(error.file, path_of("test-images.gz"));
    }
    assert_non_null(strstr(error.message, "truncated"));
    for (size_t at = 0; at < size; at += 5) {
        memcpy(scratch, whole, size);
        scratch[at] ^= 0x41;
        write_file(path_of("test-images.gz"), scratch, size);
        weft_status status = open_and_close("gzip", &error);
        assert_true(status == WEFT_OK || status == WEFT_ERROR_INPUT);
        assert_true(status != WEFT_OK || at < 10); /* only the time stamp and the like may differ */
    }
}

static void images_and_labels_must_agree(void **state) {
    (void)state;
    weft_error error = {0};
    weft_dataset_info info;
    weft_data_add_settings settings = make_idx("agree");
    size_t size = idx_labels(scratch, TRAIN - 1, CLASSES);
    write_file(path_of("train-labels"), scratch, size);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "39 labels, but 40 images"));

    settings = make_idx("agree");
    size = idx_labels(scratch, TEST, CLASSES + 2); /* 4 and 5 are no training labels */
    write_file(path_of("test-labels.gz"), scratch, size);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "label 4 of image 4"));
    assert_non_null(strstr(error.message, "0 .. 3"));

    settings = make_idx("agree");
    size = idx_images(scratch, TEST, 1, SIDE, SIDE + 1);
    write_file(path_of("test-images.gz"), scratch, size);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "1 x 6 x 7, expected 1 x 6 x 6"));

    settings = make_idx("agree");
    size = idx_labels(scratch, TRAIN, 1);
    write_file(path_of("train-labels"), scratch, size);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "one class"));
    assert_false(weft_data_exists("agree"));
}

/* Entries by hand: every fault has its place in the file. */
static void bad_entries_are_refused_with_their_place(void **state) {
    (void)state;
    weft_error error = {0};
    static const struct {
        const char *from, *to, *expected;
    } changes[] = {
        {"version: 1", "version: 2", "version 2"},
        {"version: 1", "vershon: 1", "version"},
        {"format: idx", "format: idy", "idx, cifar10"},
        {"channels: 1", "channels: 5", "channels"},
        {"height: 6", "height: 0", "height"},
        {"classes: 4", "classes: many", "classes"},
        {"train_images: 40", "train_images: -1", "train_images"},
        {"test_every: 0", "test_every: 5", "test_images"},
        {"role: test_labels", "role: test_images", "test_images"},
        {"role: test_labels", "role: test_lables", "test_labels"},
        {"path: \"/", "path: \"", "relative"},
        {"resize: 0", "resize: 0\nbogus: 1", "bogus"},
        {"sha256: \"", "sha256: \"g", "sha256"},
        {"width: 6", "width: 6\nwidth: 6", "width"},
    };
    add_idx("entry");
    const char *path = path_of("catalogue/entry.yaml");
    char entry[4096] = "";
    read_bytes(path, (uint8_t *)entry, sizeof entry - 1);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char text[8192];
        const char *at = strstr(entry, changes[i].from);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - entry), entry, changes[i].to,
                 at + strlen(changes[i].from));
        write_file(path_of("catalogue/entry.yaml"), text, strlen(text));
        if (open_and_close("entry", &error) != WEFT_ERROR_INPUT ||
            strstr(error.message, changes[i].expected) == NULL || error.line < 1 ||
            strstr(error.file, "entry.yaml") == NULL) {
            fail_msg("change %zu: %s:%d: %s", i, error.file, error.line, error.message);
        }
    }
    /* Counts that are not those of the files. */
    char *count = strstr(entry, "train_images: 40");
    memcpy(count, "train_images: 41", 16);
    write_file(path_of("catalogue/entry.yaml"), entry, strlen(entry));
    assert_int_equal(open_and_close("entry", &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "has 40 training images, its entry says 41"));
    assert_int_equal(remove(path_of("catalogue/entry.yaml")), 0);
}

static void a_catalogue_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    weft_data_add_settings settings = make_idx("nowhere");
    weft_dataset_info info;
    weft_error error = {0};
    write_file(path_of("file"), "x", 1);
    setenv("WEFT_DATA", path_of("file"), 1);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_IO);
    setenv("WEFT_DATA", "/proc/weft/data", 1);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.hint, "WEFT_DATA"));
    if (geteuid() != 0) {
        assert_int_equal(mkdir(path_of("read-only"), 0555), 0);
        setenv("WEFT_DATA", path_of("read-only"), 1);
        assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_IO);
        assert_non_null(strstr(error.hint, "WEFT_DATA"));
    }
    /* Where the environment says nothing: the places of the XDG rules. */
    char home[128];
    snprintf(home, sizeof home, "%s", getenv("HOME") == NULL ? "" : getenv("HOME"));
    unsetenv("WEFT_DATA");
    setenv("XDG_DATA_HOME", test_folder, 1);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    assert_int_equal(access(path_of("weft/data/nowhere.yaml"), F_OK), 0);
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", path_of("home"), 1);
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
    assert_int_equal(access(path_of("home/.local/share/weft/data/nowhere.yaml"), F_OK), 0);
    setenv("HOME", home, 1);
    setenv("WEFT_DATA", path_of("catalogue"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_added_and_opened),
        cmocka_unit_test(every_nth_image_of_a_class_is_for_the_test),
        cmocka_unit_test(cifar_takes_a_list_of_files),
        cmocka_unit_test(bad_settings_are_refused),
        cmocka_unit_test(names_are_not_taken_twice),
        cmocka_unit_test(the_list_has_every_name_once_in_order),
        cmocka_unit_test(unknown_names_say_the_nearest),
        cmocka_unit_test(faults_of_files_are_named),
        cmocka_unit_test(damaged_gzip_is_refused),
        cmocka_unit_test(images_and_labels_must_agree),
        cmocka_unit_test(bad_entries_are_refused_with_their_place),
        cmocka_unit_test(a_catalogue_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
