/* SPDX-License-Identifier: Apache-2.0 */
#include "base/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static void write_empty(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/chips/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weft-share-XXXXXX");
    assert_non_null(mkdtemp(folder));
    char path[256];
    snprintf(path, sizeof path, "%s/chips", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    write_empty("tiny-rram.yaml");
    write_empty("big-sram.yaml");
    write_empty("notes.txt");
    write_empty(".yaml");
    write_empty(".hidden.yaml");
    return setenv("WEFT_SHARE", folder, 1);
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void test_finds_by_name_and_by_path(void **state) {
    (void)state;
    weft_error error = {0};
    char path[256], expected[256];
    assert_int_equal(weft_share_find("chips", "tiny-rram", path, sizeof path, &error), WEFT_OK);
    snprintf(expected, sizeof expected, "%s/chips/tiny-rram.yaml", folder);
    assert_string_equal(path, expected);
    assert_int_equal(weft_share_find("chips", "./mine", path, sizeof path, &error), WEFT_OK);
    assert_string_equal(path, "./mine");
    assert_int_equal(weft_share_find("chips", "mine.yaml", path, sizeof path, &error), WEFT_OK);
    assert_string_equal(path, "mine.yaml");
}

static void test_paths_are_meant_from_the_file_that_names_them(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"/a/b/problem.yaml", "mine.yaml", "/a/b/mine.yaml"},
        {"/a/b/problem.yaml", "./mine", "/a/b/./mine"},
        {"b c/problem.yaml", "../mine.yaml", "b c/../mine.yaml"},
        {"problem.yaml", "mine.yaml", "mine.yaml"},
        {"/a/b/problem.yaml", "/mine.yaml", "/mine.yaml"},
        {"/a/b/problem.yaml", "tiny-rram", "tiny-rram"},
    };
    weft_error error = {0};
    char path[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(weft_share_beside(cases[i][0], cases[i][1], path, sizeof path, &error),
                         WEFT_OK);
        assert_string_equal(path, cases[i][2]);
    }
    assert_int_equal(weft_share_beside("/a/b/c.yaml", "mine.yaml", path, 8, &error),
                     WEFT_ERROR_INPUT);
}

static void test_unknown_names(void **state) {
    (void)state;
    weft_error error = {0};
    char path[256] = "untouched";
    assert_int_equal(weft_share_find("chips", "tiny-rrm", path, sizeof path, &error),
                     WEFT_ERROR_INPUT);
    assert_string_equal(error.message, "unknown chip 'tiny-rrm'; did you mean 'tiny-rram'?");
    assert_non_null(strstr(error.hint, "big-sram, tiny-rram"));
    assert_int_equal(weft_share_find("chips", "", path, sizeof path, &error), WEFT_ERROR_INPUT);
    assert_int_equal(weft_share_find("chips", "notes", path, sizeof path, &error),
                     WEFT_ERROR_INPUT);
    assert_int_equal(weft_share_find("spaces", "x", path, sizeof path, &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.hint, "WEFT_SHARE"));
    assert_string_equal(path, "untouched");
    assert_int_equal(weft_share_find("chips", "tiny-rram", path, 10, &error), WEFT_ERROR_INPUT);
    assert_string_equal(path, "untouched");
}

static void collect(void *context, const char *name) {
    char *names = context;
    size_t used = strlen(names);
    snprintf(names + used, 256 - used, "%s,", name);
}

static void test_list_is_sorted(void **state) {
    (void)state;
    weft_error error = {0};
    char names[256] = "";
    assert_int_equal(weft_share_list("chips", collect, names, &error), WEFT_OK);
    assert_string_equal(names, "big-sram,tiny-rram,");
    assert_int_equal(weft_share_list("none", collect, names, &error), WEFT_ERROR_IO);
}

/* Without the variable the files of the source tree are found: this test runs from a build. */
static void test_source_tree_is_the_last_resort(void **state) {
    (void)state;
    weft_error error = {0};
    unsetenv("WEFT_SHARE");
    char path[4096];
    weft_status status = weft_share_find("no-such-kind", "x", path, sizeof path, &error);
    assert_int_equal(status, WEFT_ERROR_IO);
    assert_non_null(strstr(error.file, "share/weft/no-such-kind"));
    setenv("WEFT_SHARE", folder, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_by_name_and_by_path),
        cmocka_unit_test(test_paths_are_meant_from_the_file_that_names_them),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_list_is_sorted),
        cmocka_unit_test(test_source_tree_is_the_last_resort),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
