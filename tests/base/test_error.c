/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/place.h"
#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_every_status_has_word_and_exit_code(void **state) {
    (void)state;
    const struct {
        weft_status status;
        int exit_code;
    } table[] = {
        {WEFT_OK, 0},
        {WEFT_DONE, 0},
        {WEFT_STOPPED, 130},
        {WEFT_ERROR_INFEASIBLE, 1},
        {WEFT_ERROR_USAGE, 2},
        {WEFT_ERROR_INPUT, 3},
        {WEFT_ERROR_IO, 4},
        {WEFT_ERROR_STORE, 5},
        {WEFT_ERROR_EVALUATION, 6},
        {WEFT_ERROR_UNAVAILABLE, 7},
        {WEFT_ERROR_MEMORY, 4},
        {WEFT_ERROR_INTERNAL, 6},
    };
    enum { N = sizeof table / sizeof table[0] };
    for (int i = 0; i < N; i++) {
        assert_int_equal(weft_status_exit_code(table[i].status), table[i].exit_code);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(weft_status_word(table[i].status),
                                    weft_status_word(table[j].status));
        }
    }
    assert_string_equal(weft_status_word((weft_status)99), "unknown");
    assert_int_equal(weft_status_exit_code((weft_status)99), 6);
}

static void test_format_of_each_shape(void **state) {
    (void)state;
    char text[1024];
    weft_error error;
    weft_fail(&error, WEFT_ERROR_USAGE, "no %s", "file");
    assert_string_equal(weft_error_format(&error, text, sizeof text), "error: no file");
    weft_hint(&error, "give %d", 1);
    assert_string_equal(weft_error_format(&error, text, sizeof text),
                        "error: no file\n  hint: give 1");
    errno = ENOENT;
    weft_fail_errno(&error, "cannot open", "a.yaml");
    assert_int_equal(error.status, WEFT_ERROR_IO);
    assert_string_equal(weft_error_format(&error, text, sizeof text),
                        "a.yaml: error: cannot open: No such file or directory");
    weft_fail(&error, WEFT_ERROR_INPUT, "a line");
    weft_error_file(&error, "p.yaml");
    error.line = 3;
    assert_string_equal(weft_error_format(&error, text, sizeof text), "p.yaml:3: error: a line");
    weft_fail(&error, WEFT_ERROR_INPUT, "wrong");
    weft_error_place(&error, "x\nrows: abc\n", 12, 8, 11);
    weft_error_file(&error, "p.yaml");
    assert_string_equal(weft_error_format(&error, text, sizeof text),
                        "p.yaml:2:7: error: wrong\n    rows: abc\n          ^~~");
}

static void test_lists_end_between_two_words(void **state) {
    (void)state;
    char list[24] = "";
    weft_list_add(list, sizeof list, "rows");
    weft_list_add(list, sizeof list, "columns");
    assert_string_equal(list, "rows, columns");
    weft_list_add(list, sizeof list, "voltage");
    assert_string_equal(list, "rows, columns, ...");
    weft_list_add(list, sizeof list, "a");
    assert_string_equal(list, "rows, columns, ...");
    char none[8] = "";
    weft_list_add(none, sizeof none, "a long word");
    assert_string_equal(none, "...");
    for (size_t size = 6; size < 64; size++) { /* never too long, never half a word */
        char words[64] = "";
        for (int i = 0; i < 9; i++) {
            weft_list_add(words, size, "abcd");
        }
        size_t length = strlen(words);
        assert_true(length < size);
        assert_true(length >= 3);
        assert_true(strcmp(words + length - 3, "bcd") == 0 ||
                    strcmp(words + length - 3, "...") == 0);
    }
}

static void test_format_never_overruns(void **state) {
    (void)state;
    weft_error error;
    weft_fail(&error, WEFT_ERROR_INPUT, "a message");
    weft_error_place(&error, "some text", 9, 2, 9);
    weft_hint(&error, "a hint");
    weft_error_file(&error, "file");
    for (size_t size = 0; size < 120; size++) {
        char *text = malloc(size + 1);
        text[size] = '#';
        weft_error_format(&error, text, size);
        assert_int_equal(text[size], '#');
        assert_true(size == 0 || strlen(text) < size);
        free(text);
    }
}

/* The character above the caret is the one at the place, however long the line is. */
static void check_caret(const char *line, size_t at) {
    weft_error error;
    weft_fail(&error, WEFT_ERROR_INPUT, "m");
    weft_error_place(&error, line, strlen(line), at, at + 1);
    size_t column = (size_t)(error.column - 1 - error.excerpt_start);
    size_t byte = weft_utf8_skip(error.excerpt, strlen(error.excerpt), column);
    assert_true(error.column > error.excerpt_start);
    assert_int_equal(error.excerpt[byte], line[at]);
    assert_int_equal(error.length, 1);
}

static void test_caret_stays_right_in_long_lines(void **state) {
    (void)state;
    char line[2000];
    for (size_t n = 1; n < 400; n += 13) {
        memset(line, '.', n);
        line[n] = '\0';
        for (size_t at = 0; at < n; at += 7) {
            line[at] = 'X';
            check_caret(line, at);
            line[at] = '.';
        }
    }
    /* Characters of four bytes: fewer fit. */
    line[0] = '\0';
    for (size_t i = 0; i < 200; i++) {
        memcpy(line + 4 * i, "\xF0\x9F\x98\x80", 5);
    }
    for (size_t at = 0; at < 200; at += 9) {
        char copy[2000];
        memcpy(copy, line, 4 * at);
        copy[4 * at] = 'X';
        snprintf(copy + 4 * at + 1, sizeof copy - 4 * at - 1, "%s", line + 4 * at);
        check_caret(copy, 4 * at);
    }
}

static void test_nearest(void **state) {
    (void)state;
    const char *const names[] = {"search", "accuracy", "objectives", "seed", "chip"};
    enum { N = 5 };
    assert_string_equal(weft_nearest("serch", names, N), "search");
    assert_string_equal(weft_nearest("acuracy", names, N), "accuracy");
    assert_string_equal(weft_nearest("objektive", names, N), "objectives");
    assert_string_equal(weft_nearest("sed", names, N), "seed");
    assert_string_equal(weft_nearest("chip", names, N), "chip");
    assert_null(weft_nearest("latency", names, N));
    assert_null(weft_nearest("x", names, N));
    assert_null(weft_nearest("", names, N));
    assert_null(weft_nearest("search", names, 0));
    char endless[400];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    (void)weft_nearest(endless, names, N);
}

static void test_utf8_against_the_definition(void **state) {
    (void)state;
    assert_int_equal(weft_utf8_length("a", 1), 1);
    assert_int_equal(weft_utf8_length("\xC3\xA9", 2), 2);
    assert_int_equal(weft_utf8_length("\xE2\x82\xAC", 3), 3);
    assert_int_equal(weft_utf8_length("\xF4\x8F\xBF\xBF", 4), 4);
    const char *const wrong[] = {"\x80",         "\xC0\x80",         "\xC1\xBF", "\xE0\x80\x80",
                                 "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5",     "\xC3",
                                 "\xE2\x82",     "\xF0\x80\x80\x80", "\xC3\x28", "\xFF"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(weft_utf8_length(wrong[i], strlen(wrong[i])), 0);
    }
    assert_int_equal(weft_utf8_count("a\xC3\xA9z", 4), 3);
    assert_int_equal(weft_utf8_skip("a\xC3\xA9z", 4, 2), 3);
    assert_int_equal(weft_utf8_skip("ab", 2, 9), 2);
}

static void test_version_and_build(void **state) {
    (void)state;
    int major = -1, minor = -1, patch = -1;
    assert_int_equal(sscanf(weft_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_non_null(strstr(weft_build_info(), weft_version()));
    assert_null(strchr(weft_build_info(), '\n'));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_status_has_word_and_exit_code),
        cmocka_unit_test(test_format_of_each_shape),
        cmocka_unit_test(test_lists_end_between_two_words),
        cmocka_unit_test(test_format_never_overruns),
        cmocka_unit_test(test_caret_stays_right_in_long_lines),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_utf8_against_the_definition),
        cmocka_unit_test(test_version_and_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
