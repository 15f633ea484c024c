/* SPDX-License-Identifier: Apache-2.0
 * Temporary folders and small problems for the tests of the study room. */
#ifndef TESTS_STUDY_SUPPORT_H
#define TESTS_STUDY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/study.h>

/* Fails the test with the whole error text. */
static inline void expect_ok(weft_status status, const weft_error *error) {
    if (status < 0) {
        char text[2048];
        fail_msg("%s", weft_error_format(error, text, sizeof text));
    }
}

static inline int make_folder(void **state) {
    char *folder = strdup("/tmp/weft-test-XXXXXX");
    *state = folder;
    return mkdtemp(folder) == NULL;
}

/* In memory where there is such a place, for tests that open hundreds of stores. */
static inline int make_quick_folder(void **state) {
    char *folder = strdup("/dev/shm/weft-test-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        free(folder);
        return make_folder(state);
    }
    *state = folder;
    return 0;
}

static inline int remove_folder(void **state) {
    char *folder = *state;
    DIR *entries = opendir(folder);
    for (struct dirent *e; entries != NULL && (e = readdir(entries)) != NULL;) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path); /* "." and ".." refuse */
    }
    closedir(entries);
    rmdir(folder);
    free(folder);
    return 0;
}

static inline void path_in(const char *folder, const char *name, char *path, size_t size) {
    snprintf(path, size, "%s/%s", folder, name);
}

/* Writes text to folder/name; `path` becomes its path. */
static inline void write_file(const char *folder, const char *name, const char *text, char *path,
                              size_t size) {
    path_in(folder, name, path, size);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A search over hardware cost alone, fast enough for hundreds of trials. */
#define SMALL_SPACE                                                                                \
    "space:\n"                                                                                     \
    "  base: imc-cnn\n"                                                                            \
    "  name: small\n"                                                                              \
    "  genes:\n"                                                                                   \
    "    depth: {integer: [1, 3]}\n"                                                               \
    "    block: {categorical: [VGG, MVGG, RES], repeat: 3, when: depth >= index}\n"                \
    "    kernels: {ordinal: [8, 16, 32], repeat: 3, when: depth >= index}\n"

static inline weft_problem *read_problem(const char *folder, const char *name, const char *text) {
    char path[600];
    weft_error error;
    weft_problem *problem = NULL;
    write_file(folder, name, text, path, sizeof path);
    expect_ok(weft_problem_read(path, &problem, &error), &error);
    return problem;
}

#endif
