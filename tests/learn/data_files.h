/* SPDX-License-Identifier: Apache-2.0
 * What the tests of data sets share: a folder of their own, and files of the formats in it. */
#ifndef WEFT_TESTS_DATA_FILES_H
#define WEFT_TESTS_DATA_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* The folder of this test program, and the catalogue in it (WEFT_DATA). */
static char test_folder[64];

static inline const char *path_of(const char *name) {
    static char paths[8][512];
    static int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", test_folder, name);
    return paths[next];
}

static inline int folder_make(void **state) {
    (void)state;
    snprintf(test_folder, sizeof test_folder, "/tmp/weft-test-XXXXXX");
    if (mkdtemp(test_folder) == NULL) {
        return -1;
    }
    return setenv("WEFT_DATA", path_of("catalogue"), 1);
}

static inline int folder_remove_one(const char *path, const struct stat *status, int kind,
                                    struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int folder_remove(void **state) {
    (void)state;
    return nftw(test_folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void write_gzip(const char *path, const void *bytes, size_t size) {
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

static inline size_t read_bytes(const char *path, uint8_t *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static inline uint8_t *put_word(uint8_t *to, uint32_t word) {
    to[0] = (uint8_t)(word >> 24);
    to[1] = (uint8_t)(word >> 16);
    to[2] = (uint8_t)(word >> 8);
    to[3] = (uint8_t)word;
    return to + 4;
}

/* Pixel p of image i of the synthetic sets: any pattern that tells places apart. */
static inline uint8_t pattern(int64_t i, size_t p) {
    return (uint8_t)((uint64_t)i * 31U + p * 7U + (uint64_t)i * p % 13U);
}

/* An IDX file of n images of the pattern (channels 1: rank 3), at most 64 KiB; its size. */
static inline size_t idx_images(uint8_t *to, uint32_t n, uint32_t channels, uint32_t height,
                                uint32_t width) {
    uint8_t *next = put_word(to, channels == 1 ? 0x803 : 0x804);
    next = put_word(next, n);
    if (channels != 1) {
        next = put_word(next, channels);
    }
    next = put_word(next, height);
    next = put_word(next, width);
    for (uint32_t i = 0; i < n; i++) {
        for (size_t p = 0; p < (size_t)channels * height * width; p++) {
            *next++ = pattern(i, p);
        }
    }
    return (size_t)(next - to);
}

/* Labels 0 .. classes-1 in turn. */
static inline size_t idx_labels(uint8_t *to, uint32_t n, uint32_t classes) {
    uint8_t *next = put_word(to, 0x801);
    next = put_word(next, n);
    for (uint32_t i = 0; i < n; i++) {
        *next++ = (uint8_t)(i % classes);
    }
    return (size_t)(next - to);
}

#endif
