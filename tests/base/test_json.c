/* SPDX-License-Identifier: Apache-2.0
 * What the writer writes is read back by jansson, an independent reader. */
#include "base/json.h"
#include "base/number.h"
#include "base/rng.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static json_t *load(const weft_json *json) {
    size_t length = 0;
    const char *text = weft_json_get(json, &length);
    assert_non_null(text);
    assert_int_equal(strlen(text), length);
    json_error_t fault;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (value == NULL) {
        fail_msg("jansson: %s in: %s", fault.text, text);
    }
    return value;
}

static void test_exact_text(void **state) {
    (void)state;
    weft_json *json = weft_json_create(false);
    weft_json_object_begin(json);
    weft_json_member_text(json, "a", "x\"\\\n\x01");
    weft_json_member_real(json, "b", 0.1);
    weft_json_member_integer(json, "c", INT64_MIN);
    weft_json_member_bool(json, "d", true);
    weft_json_key(json, "e");
    weft_json_array_begin(json);
    weft_json_real(json, NAN);
    weft_json_real(json, -INFINITY);
    weft_json_text(json, NULL);
    weft_json_bool(json, false);
    weft_json_array_begin(json);
    weft_json_array_end(json);
    weft_json_object_begin(json);
    weft_json_object_end(json);
    weft_json_array_end(json);
    weft_json_object_end(json);
    assert_string_equal(weft_json_get(json, NULL),
                        "{\"a\":\"x\\\"\\\\\\n\\u0001\",\"b\":0.1,\"c\":-9223372036854775808,"
                        "\"d\":true,\"e\":[null,null,null,false,[],{}]}");
    weft_json_destroy(json);
    weft_json_destroy(NULL);
}

static void test_pretty_reads_the_same(void **state) {
    (void)state;
    json_t *values[2];
    for (int pretty = 0; pretty < 2; pretty++) {
        weft_json *json = weft_json_create(pretty != 0);
        weft_json_array_begin(json);
        for (int i = 0; i < 3; i++) {
            weft_json_object_begin(json);
            weft_json_member_integer(json, "i", i);
            weft_json_key(json, "list");
            weft_json_array_begin(json);
            for (int k = 0; k < i; k++) {
                weft_json_real(json, k / 7.0);
            }
            weft_json_array_end(json);
            weft_json_object_end(json);
        }
        weft_json_array_end(json);
        values[pretty] = load(json);
        assert_true((strchr(weft_json_get(json, NULL), '\n') != NULL) == (pretty != 0));
        weft_json_destroy(json);
    }
    assert_true(json_equal(values[0], values[1]));
    json_decref(values[0]);
    json_decref(values[1]);
}

static void check_double(double value) {
    weft_json *json = weft_json_create(false);
    weft_json_real(json, value);
    json_t *read = load(json);
    double back = json_number_value(read);
    if (memcmp(&back, &value, sizeof value) != 0) {
        fail_msg("%a was written %s and read as %a", value, weft_json_get(json, NULL), back);
    }
    json_decref(read);
    weft_json_destroy(json);
}

static void test_doubles_survive_bit_for_bit(void **state) {
    (void)state;
    const double special[] = {0.0,
                              -0.0,
                              1.0,
                              -1.0,
                              0.1,
                              1.0 / 3,
                              1e300,
                              5e-324,
                              2.5e-12,
                              1e22,
                              1e23,
                              0x1p53,
                              1e15,
                              123456789012345678.0,
                              0x1.fffffffffffffp1023,
                              0x1p-1022};
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        check_double(special[i]);
    }
    weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = weft_rng_u64(&rng);
        double value = 0.0;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            check_double(value);
        }
        check_double(ldexp((double)(bits % 1000000), -(int)(bits >> 58)));
    }
}

/* Digits of a decimal between its first and its last that is not zero. */
static int significant_digits(const char *text) {
    int digits = 0, zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text == '0') {
            zeros += digits > 0;
        } else if (*text > '0' && *text <= '9') {
            digits += 1 + zeros;
            zeros = 0;
        }
    }
    return digits;
}

/* A value that was given with so many digits is written with no more. */
static void test_fewest_digits(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(12, WEFT_PURPOSE_TEST, 0);
    char text[40], shorter[40];
    for (int i = 0; i < 5000; i++) {
        double value = weft_rng_normal(&rng) * pow(10.0, (double)weft_rng_below(&rng, 30) - 15.0);
        int digits_given = 3 + (int)weft_rng_below(&rng, 12);
        snprintf(shorter, sizeof shorter, "%.*g", digits_given, value);
        double rounded = strtod(shorter, NULL);
        weft_real_text(rounded, text, sizeof text);
        assert_true(strtod(text, NULL) == rounded);
        assert_true(significant_digits(text) <= digits_given);
    }
    assert_string_equal(weft_real_text(0.1, text, sizeof text), "0.1");
    assert_string_equal(weft_real_text(NAN, text, sizeof text), "nan");
    assert_string_equal(weft_real_text(-INFINITY, text, sizeof text), "-inf");
}

static void test_bad_utf8_becomes_replacement(void **state) {
    (void)state;
    const char *const texts[] = {"\xFF", "a\xC3", "\xED\xA0\x80", "\xC0\x80", "ok \xE2\x82\xAC"};
    const char *const expected[] = {"\xEF\xBF\xBD", "a\xEF\xBF\xBD",
                                    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
                                    "\xEF\xBF\xBD\xEF\xBF\xBD", "ok \xE2\x82\xAC"};
    for (int i = 0; i < 5; i++) {
        weft_json *json = weft_json_create(false);
        weft_json_text(json, texts[i]);
        json_t *read = load(json);
        assert_string_equal(json_string_value(read), expected[i]);
        json_decref(read);
        weft_json_destroy(json);
    }
}

/* Every text of bytes without zero gives valid JSON, as key and as value. */
static void test_random_bytes(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(13, WEFT_PURPOSE_TEST, 0);
    for (int round = 0; round < 2000; round++) {
        char text[33];
        size_t length = weft_rng_below(&rng, sizeof text);
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)(1 + weft_rng_below(&rng, 255));
        }
        text[length] = '\0';
        weft_json *json = weft_json_create(round % 2 == 0);
        weft_json_object_begin(json);
        weft_json_member_text(json, text, text);
        weft_json_object_end(json);
        json_decref(load(json));
        weft_json_destroy(json);
    }
}

static void test_number_scan(void **state) {
    (void)state;
    const struct {
        const char *text;
        size_t length;
        double value;
        bool whole;
    } cases[] = {
        {"12", 2, 12, true}, {"1.5x", 3, 1.5, false},  {".5", 2, 0.5, false},
        {"5.", 2, 5, false}, {"1e3", 3, 1000, false},  {"1e", 1, 1, true},
        {"1e+", 1, 1, true}, {"1e-2", 4, 0.01, false}, {"0x10", 1, 0, true},
        {"00", 2, 0, true},  {"1.2.3", 3, 1.2, false}, {"2E2", 3, 200, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = -1;
        bool whole = false;
        assert_int_equal(weft_number_scan(cases[i].text, &value, &whole), cases[i].length);
        assert_true(value == cases[i].value);
        assert_int_equal(whole, cases[i].whole);
    }
    const char *const none[] = {"", ".", "-1", "+1", "e5", "inf", "nan", "x", ".e1"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        double value = 0;
        bool whole = false;
        assert_int_equal(weft_number_scan(none[i], &value, &whole), 0);
    }
}

/* In a locale with a decimal comma (where one is installed) nothing changes. */
static void test_locale_does_not_matter(void **state) {
    (void)state;
    const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "pt_BR.UTF-8"};
    bool found = false;
    for (int i = 0; i < 3 && !found; i++) {
        found = setlocale(LC_NUMERIC, locales[i]) != NULL;
    }
    char text[40];
    double value = 0;
    bool whole = false;
    assert_string_equal(weft_real_text(2.5, text, sizeof text), "2.5");
    assert_int_equal(weft_number_scan("2.5", &value, &whole), 3);
    assert_true(value == 2.5);
    setlocale(LC_NUMERIC, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_text),
        cmocka_unit_test(test_pretty_reads_the_same),
        cmocka_unit_test(test_doubles_survive_bit_for_bit),
        cmocka_unit_test(test_fewest_digits),
        cmocka_unit_test(test_bad_utf8_becomes_replacement),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_number_scan),
        cmocka_unit_test(test_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
