/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of choices between kernels: a folder of their own for the file that keeps them. */
#ifndef WEFT_TESTS_LEARN_CACHE_SUPPORT_H
#define WEFT_TESTS_LEARN_CACHE_SUPPORT_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"

/* A new folder that WEFT_CACHE names from now on; kernels are measured. */
static inline void cache_make(char folder[64]) {
    snprintf(folder, 64, "/tmp/weft-kernels-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("WEFT_CACHE", folder, 1), 0);
    unsetenv("WEFT_KERNELS");
}

/* The path of the only file in it; false where there is none. */
static inline bool cache_file(const char *folder, char path[320]) {
    DIR *handle = opendir(folder);
    int n = 0;
    assert_non_null(handle);
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        if (strncmp(entry->d_name, "kernels-", 8) == 0) {
            snprintf(path, 320, "%s/%s", folder, entry->d_name);
            n++;
        }
    }
    closedir(handle);
    assert_true(n <= 1);
    return n == 1;
}

static inline void cache_drop(const char *folder) {
    char path[320];
    if (cache_file(folder, path)) {
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* The whole file as text; free() it. */
static inline char *cache_text(const char *folder) {
    char path[320];
    assert_true(cache_file(folder, path));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t n = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, n, file), n);
    text[n] = '\0';
    fclose(file);
    return text;
}

/* Adds a choice as the library writes it. */
static inline void cache_add(const char *path, const char *key, int way) {
    char text[2048];
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    int n = snprintf(text, sizeof text, "%s %d", key, way);
    fprintf(file, "%s %016llx\n", text, (unsigned long long)weft_hash(text, (size_t)n, 0));
    assert_int_equal(fclose(file), 0);
}

#endif
