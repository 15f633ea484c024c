/* SPDX-License-Identifier: Apache-2.0
 * The parsers of IDX and CIFAR bytes: what they read, and every way in which bytes are bad. */
#include "data_files.h"

#include "base/rng.h"
#include "learn/data.h"

static void idx_images_are_read(void **state) {
    (void)state;
    uint8_t bytes[4096];
    size_t size = idx_images(bytes, 5, 1, 4, 6);
    weft_idx_view view;
    weft_error error;
    assert_int_equal(weft_idx_parse_images(bytes, size, &view, &error), WEFT_OK);
    assert_int_equal(view.n, 5);
    assert_int_equal(view.shape.channels, 1);
    assert_int_equal(view.shape.height, 4);
    assert_int_equal(view.shape.width, 6);
    assert_ptr_equal(view.bytes, bytes + 16);
    size = idx_images(bytes, 3, 3, 5, 7);
    assert_int_equal(weft_idx_parse_images(bytes, size, &view, &error), WEFT_OK);
    assert_int_equal(view.n, 3);
    assert_int_equal(view.shape.channels, 3);
    assert_int_equal(view.shape.height, 5);
    assert_int_equal(view.shape.width, 7);
    assert_ptr_equal(view.bytes, bytes + 20);
}

static void idx_of_any_other_length_is_refused(void **state) {
    (void)state;
    uint8_t bytes[4096] = {0};
    weft_idx_view view;
    weft_error error;
    size_t size = idx_images(bytes, 3, 3, 5, 7);
    for (size_t n = 0; n < size + 20; n++) {
        weft_status status = weft_idx_parse_images(bytes, n, &view, &error);
        assert_int_equal(status, n == size ? WEFT_OK : WEFT_ERROR_INPUT);
    }
    assert_non_null(strstr(error.message, "too long"));
    assert_int_equal(weft_idx_parse_images(bytes, size - 1, &view, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "truncated: 334 bytes, its IDX header asks for 335"));
    size = idx_labels(bytes, 9, 3);
    for (size_t n = 0; n < size + 20; n++) {
        weft_status status = weft_idx_parse_labels(bytes, n, &view, &error);
        assert_int_equal(status, n == size ? WEFT_OK : WEFT_ERROR_INPUT);
    }
}

static void idx_of_another_magic_is_refused(void **state) {
    (void)state;
    uint8_t bytes[4096];
    weft_idx_view view;
    weft_error error;
    size_t labels = idx_labels(bytes, 100, 3);
    assert_int_equal(weft_idx_parse_images(bytes, labels, &view, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "0x00000801"));
    assert_non_null(strstr(error.message, "0x00000803"));
    assert_non_null(strstr(error.hint, "swapped"));
    size_t images = idx_images(bytes, 5, 1, 4, 6);
    assert_int_equal(weft_idx_parse_labels(bytes, images, &view, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "swapped"));
    bytes[2] = 0x0d; /* 32-bit reals */
    assert_int_equal(weft_idx_parse_images(bytes, images, &view, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "unsigned byte"));
    assert_int_equal(weft_idx_parse_images((const uint8_t *)"<!DOCTYPE html>", 15, &view, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "web page"));
    assert_int_equal(weft_idx_parse_images((const uint8_t *)"\xfd"
                                                            "7zXZ\0....",
                                           10, &view, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "xz -dk"));
}

static void idx_sizes_do_not_overflow(void **state) {
    (void)state;
    uint8_t bytes[64] = {0};
    weft_idx_view view;
    weft_error error;
    const uint32_t sides[][4] = {
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
        {0x80000000, 2, 0x80000000, 4},
        {0x10000, 1, 0x10000, 0x10000},
        {1, 1, 0, 5},
        {0, 3, 32, 32},
    };
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        uint8_t *next = put_word(bytes, 0x804);
        for (int k = 0; k < 4; k++) {
            next = put_word(next, sides[i][k]);
        }
        assert_int_equal(weft_idx_parse_images(bytes, sizeof bytes, &view, &error),
                         WEFT_ERROR_INPUT);
    }
    /* The bytes are there, but nobody trains on 9 channels. */
    uint8_t many[4 + 16 + 9];
    uint8_t *next = put_word(many, 0x804);
    next = put_word(put_word(put_word(put_word(next, 1), 9), 1), 1);
    memset(next, 0, 9);
    assert_int_equal(weft_idx_parse_images(many, sizeof many, &view, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "9 x 1 x 1"));
}

/* Random changes of a good file are read or refused, never more. */
static void idx_survives_random_changes(void **state) {
    (void)state;
    uint8_t bytes[512];
    weft_idx_view view;
    weft_error error;
    weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, 1);
    for (int round = 0; round < 20000; round++) {
        size_t size = idx_images(bytes, 3, round % 2 ? 3 : 1, 4, 5);
        for (int k = 0; k < 3; k++) {
            bytes[weft_rng_below(&rng, 20)] = (uint8_t)weft_rng_below(&rng, 8);
        }
        if (weft_idx_parse_images(bytes, size, &view, &error) == WEFT_OK) {
            uint64_t room = (uint64_t)view.n * (uint64_t)view.shape.channels *
                            (uint64_t)view.shape.height * (uint64_t)view.shape.width;
            assert_int_equal(room, size - (size_t)(view.bytes - bytes));
        }
    }
}

enum { RECORD = 3073 };

static void cifar_records_are_read_and_appended(void **state) {
    (void)state;
    uint8_t *bytes = malloc(4 * (RECORD + 1));
    assert_non_null(bytes);
    for (int coarse = 0; coarse <= 1; coarse++) {
        uint8_t *next = bytes;
        for (int i = 0; i < 4; i++) {
            if (coarse) {
                *next++ = 19; /* not the label */
            }
            *next++ = (uint8_t)(coarse ? 96 + i : 6 + i);
            for (size_t p = 0; p < RECORD - 1; p++) {
                *next++ = pattern(i, p);
            }
        }
        weft_images images = {0};
        weft_error error;
        size_t size = (size_t)(next - bytes);
        assert_int_equal(weft_cifar_parse(bytes, size, coarse, &images, &error), WEFT_OK);
        assert_int_equal(weft_cifar_parse(bytes, size / 2, coarse, &images, &error), WEFT_OK);
        assert_int_equal(images.n, 6);
        for (int i = 0; i < 6; i++) {
            assert_int_equal(images.labels[i], (coarse ? 96 : 6) + i % 4);
            for (size_t p = 0; p < RECORD - 1; p++) {
                assert_int_equal(images.pixels[(size_t)i * (RECORD - 1) + p], pattern(i % 4, p));
            }
        }
        weft_images_free(&images);
    }
    free(bytes);
}

static void bad_cifar_is_refused(void **state) {
    (void)state;
    uint8_t *bytes = calloc(3074, 10);
    assert_non_null(bytes);
    weft_images images = {0};
    weft_error error;
    assert_int_equal(weft_cifar_parse(bytes, 0, false, &images, &error), WEFT_ERROR_INPUT);
    assert_int_equal(weft_cifar_parse(bytes, 3072, false, &images, &error), WEFT_ERROR_INPUT);
    assert_int_equal(weft_cifar_parse(bytes, 3074, false, &images, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "cifar100"));
    assert_int_equal(weft_cifar_parse(bytes, 3073, true, &images, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "cifar10"));
    bytes[2 * 3073] = 10;
    assert_int_equal(weft_cifar_parse(bytes, 5 * 3073, false, &images, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "label 10 of record 2"));
    assert_int_equal(images.n, 0);
    weft_images_free(&images);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_images_are_read),
        cmocka_unit_test(idx_of_any_other_length_is_refused),
        cmocka_unit_test(idx_of_another_magic_is_refused),
        cmocka_unit_test(idx_sizes_do_not_overflow),
        cmocka_unit_test(idx_survives_random_changes),
        cmocka_unit_test(cifar_records_are_read_and_appended),
        cmocka_unit_test(bad_cifar_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
