/* SPDX-License-Identifier: Apache-2.0
 * Folders of PNG files, decoding, and scaling by area. */
#include "data_files.h"

#include "base/rng.h"
#include "learn/data.h"

#include <math.h>
#include <png.h>

static void write_png(const char *path, int channels, int height, int width, int64_t seed) {
    uint8_t pixels[3 * 64 * 64];
    for (size_t p = 0; p < (size_t)(channels * height * width); p++) {
        pixels[p] = pattern(seed, p);
    }
    png_image image = {.version = PNG_IMAGE_VERSION};
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    assert_int_equal(png_image_write_to_file(&image, path, 0, pixels, 0, NULL), 1);
}

/* root/CLASS/N.png, `per_class` images of each of three classes; image i has the pattern of i. */
static void make_folder(const char *root, int channels, int side, int per_class) {
    static const char *const classes[] = {"zebra", "ant", "Bee"}; /* in byte order: Bee ant zebra */
    static const int number[] = {2, 1, 0};
    char path[512];
    assert_int_equal(mkdir(root, 0777), 0);
    for (int c = 0; c < 3; c++) {
        snprintf(path, sizeof path, "%s/%s", root, classes[c]);
        assert_int_equal(mkdir(path, 0777), 0);
        for (int k = 0; k < per_class; k++) {
            snprintf(path, sizeof path, "%s/%s/%03d.%s", root, classes[c], k,
                     k % 2 ? "png" : "PNG");
            write_png(path, channels, side, side, number[c] * per_class + k);
        }
    }
    snprintf(path, sizeof path, "%s/README", root);
    write_file(path, "beside the classes\n", 19);
    snprintf(path, sizeof path, "%s/ant/.hidden", root);
    write_file(path, "x", 1);
}

static void check_pixels(const weft_images *images, weft_shape shape, int64_t first,
                         int per_class) {
    const size_t plane = (size_t)(shape.height * shape.width);
    for (int64_t i = 0; i < images->n; i++) {
        assert_int_equal(images->labels[i], i / per_class);
        for (size_t c = 0; c < (size_t)shape.channels; c++) {
            for (size_t p = 0; p < plane; p++) {
                size_t at = ((size_t)i * (size_t)shape.channels + c) * plane + p;
                assert_int_equal(images->pixels[at],
                                 pattern(first + i, p * (size_t)shape.channels + c));
            }
        }
    }
}

static void folders_are_read(void **state) {
    (void)state;
    weft_error error = {0};
    for (int channels = 1; channels <= 3; channels += 2) {
        char train[128];
        char test[128];
        snprintf(train, sizeof train, "%s/train%d", test_folder, channels);
        snprintf(test, sizeof test, "%s/test%d", test_folder, channels);
        make_folder(train, channels, 9, 4);
        make_folder(test, channels, 9, 2);
        weft_data_add_settings settings = {.name = channels == 1 ? "grey" : "colour",
                                           .format = "folder",
                                           .train_images = train,
                                           .test_images = test};
        weft_dataset_info info;
        assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_OK);
        assert_int_equal(info.classes, 3);
        assert_int_equal(info.train_images, 12);
        assert_int_equal(info.test_images, 6);
        assert_string_equal(info.location, train);
        weft_dataset *set;
        assert_int_equal(weft_dataset_open(settings.name, &set, &error), WEFT_OK);
        weft_shape shape = {channels, 9, 9};
        assert_memory_equal(&weft_dataset_get_info(set)->shape, &shape, sizeof shape);
        check_pixels(&set->train, shape, 0, 4);
        check_pixels(&set->test, shape, 0, 2);
        weft_dataset_close(set);
    }
}

static weft_status add(const char *train, int resize, weft_error *error) {
    weft_data_add_settings settings = {.name = "scratch",
                                       .format = "folder",
                                       .train_images = train,
                                       .test_every = 2,
                                       .resize = resize,
                                       .replace = true};
    weft_dataset_info info;
    return weft_data_add(&settings, &info, error);
}

static void one_colour_image_makes_a_colour_set(void **state) {
    (void)state;
    weft_error error = {0};
    const char *root = path_of("mixed");
    make_folder(root, 1, 8, 2);
    write_png(path_of("mixed/zebra/001.png"), 3, 8, 8, 5);
    assert_int_equal(add(root, 0, &error), WEFT_OK);
    weft_dataset *set;
    assert_int_equal(weft_dataset_open("scratch", &set, &error), WEFT_OK);
    assert_int_equal(weft_dataset_get_info(set)->shape.channels, 3);
    /* The first image is grey: its three planes are equal. */
    assert_memory_equal(set->train.pixels, set->train.pixels + 64, 64);
    assert_memory_equal(set->train.pixels, set->train.pixels + 128, 64);
    weft_dataset_close(set);
    /* A changed file is noticed when the set is opened, by the sum of the folder. */
    write_png(path_of("mixed/ant/001.png"), 1, 8, 8, 77);
    assert_int_equal(weft_dataset_open("scratch", &set, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "SHA-256"));
    assert_non_null(strstr(error.hint, "--replace"));
}

static void bad_folders_are_refused(void **state) {
    (void)state;
    weft_error error = {0};
    char root[128];
    snprintf(root, sizeof root, "%s/bad", test_folder);
    assert_int_equal(add(root, 0, &error), WEFT_ERROR_IO); /* not there */
    make_folder(root, 1, 8, 2);
    assert_int_equal(add(path_of("bad/README"), 0, &error), WEFT_ERROR_IO);

    /* another size, and what makes it fit */
    write_png(path_of("bad/ant/001.png"), 1, 8, 9, 0);
    assert_int_equal(add(root, 0, &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.file, path_of("bad/ant/001.png"));
    assert_non_null(strstr(error.message, "9 x 8"));
    assert_non_null(strstr(error.hint, "--resize"));
    assert_int_equal(add(root, 5, &error), WEFT_OK);

    /* a truncated file */
    uint8_t bytes[4096];
    size_t size = read_bytes(path_of("bad/ant/001.png"), bytes, sizeof bytes);
    write_file(path_of("bad/ant/001.png"), bytes, size / 2);
    assert_int_equal(add(root, 5, &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.file, path_of("bad/ant/001.png"));

    /* not a PNG inside, not a PNG by name */
    write_file(path_of("bad/ant/001.png"), "GIF89a", 6);
    assert_int_equal(add(root, 0, &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.file, path_of("bad/ant/001.png"));
    assert_int_equal(rename(path_of("bad/ant/001.png"), path_of("bad/ant/001.gif")), 0);
    assert_int_equal(add(root, 0, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "001.gif"));

    /* a class without images, a folder without classes */
    remove(path_of("bad/ant/001.gif"));
    assert_int_equal(mkdir(path_of("bad/cow"), 0777), 0);
    assert_int_equal(add(root, 0, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"cow\""));
    assert_int_equal(add(path_of("bad/ant"), 0, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "no sub-folders"));
}

static void test_folder_needs_the_same_classes(void **state) {
    (void)state;
    weft_error error = {0};
    make_folder(path_of("classes"), 1, 8, 2);
    make_folder(path_of("others"), 1, 8, 2);
    assert_int_equal(rename(path_of("others/ant"), path_of("others/aunt")), 0);
    weft_data_add_settings settings = {.name = "others",
                                       .format = "folder",
                                       .train_images = path_of("classes"),
                                       .test_images = path_of("others")};
    weft_dataset_info info;
    assert_int_equal(weft_data_add(&settings, &info, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"aunt\""));
    assert_non_null(strstr(error.message, "\"ant\""));
    assert_false(weft_data_exists("others"));
}

/* The mean over an area by brute force: the source is enlarged to a common multiple first. */
static double enlarged_mean(const weft_picture *picture, weft_shape shape, int c, int y, int x) {
    const int h = picture->shape.height;
    const int w = picture->shape.width;
    double sum = 0.0;
    for (int v = y * h; v < (y + 1) * h; v++) {
        for (int u = x * w; u < (x + 1) * w; u++) {
            int at = (v / shape.height * w + u / shape.width) * picture->shape.channels + c;
            sum += picture->pixels[at];
        }
    }
    return sum / (h * w);
}

static void scaling_averages_areas(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 2);
    uint8_t pixels[3 * 16 * 16];
    uint8_t planar[3 * 16 * 16];
    for (int round = 0; round < 300; round++) {
        weft_picture picture = {.shape = {round % 2 ? 3 : 1, 1 + (int)weft_rng_below(&rng, 16),
                                          1 + (int)weft_rng_below(&rng, 16)},
                                .pixels = pixels};
        weft_shape shape = {picture.shape.channels, 1 + (int)weft_rng_below(&rng, 16),
                            1 + (int)weft_rng_below(&rng, 16)};
        for (size_t p = 0; p < sizeof pixels; p++) {
            pixels[p] = (uint8_t)weft_rng_u32(&rng);
        }
        weft_picture_store(&picture, shape, planar);
        for (int c = 0; c < shape.channels; c++) {
            for (int y = 0; y < shape.height; y++) {
                for (int x = 0; x < shape.width; x++) {
                    double expected = enlarged_mean(&picture, shape, c, y, x);
                    int found = planar[(c * shape.height + y) * shape.width + x];
                    if (fabs(found - expected) > 0.5 + 1e-9) {
                        fail_msg("round %d: %d, expected %.3f", round, found, expected);
                    }
                }
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_read),
        cmocka_unit_test(one_colour_image_makes_a_colour_set),
        cmocka_unit_test(bad_folders_are_refused),
        cmocka_unit_test(test_folder_needs_the_same_classes),
        cmocka_unit_test(scaling_averages_areas),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
