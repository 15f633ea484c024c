/* SPDX-License-Identifier: Apache-2.0 */
#include "base/doc.h"
#include "base/units.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static weft_doc *parse(const char *text) {
    weft_error error = {0};
    weft_doc *doc = NULL;
    if (weft_doc_parse(text, strlen(text), "t.yaml", &doc, &error) != WEFT_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    return doc;
}

/* ---- what is read ---------------------------------------------------------------------------- */

typedef struct settings {
    int64_t rows;
    double rate;
    bool fast;
    const char *name;
    int order;
} settings;

static const char *const ORDERS[] = {"ascending", "descending"};

static weft_status read_settings(const weft_doc *doc, settings *s, weft_error *error) {
    weft_map map;
    *s = (settings){.rows = 7, .rate = 0.5, .name = "none", .order = -1};
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    WEFT_TRY(weft_map_integer(&map, "rows", WEFT_OPTIONAL, 1, 4096, &s->rows, error));
    WEFT_TRY(weft_map_real(&map, "rate", WEFT_OPTIONAL, 0.0, 1.0, &s->rate, error));
    WEFT_TRY(weft_map_bool(&map, "fast", WEFT_OPTIONAL, &s->fast, error));
    WEFT_TRY(weft_map_text(&map, "name", WEFT_OPTIONAL, &s->name, error));
    WEFT_TRY(weft_map_choice(&map, "order", WEFT_OPTIONAL, ORDERS, 2, &s->order, error));
    return weft_map_end(&map, error);
}

static void test_values_and_defaults(void **state) {
    (void)state;
    weft_error error = {0};
    settings s;
    weft_doc *doc = parse("rows: 12 # a comment\nrate: 2.5e-1\nfast: true\nname: \"a b\"\n"
                          "order: descending\n");
    assert_int_equal(read_settings(doc, &s, &error), WEFT_OK);
    assert_int_equal(s.rows, 12);
    assert_true(s.rate == 0.25);
    assert_true(s.fast);
    assert_string_equal(s.name, "a b");
    assert_int_equal(s.order, 1);
    assert_string_equal(weft_doc_name(doc), "t.yaml");
    weft_doc_destroy(doc);
    doc = parse("{}");
    assert_int_equal(read_settings(doc, &s, &error), WEFT_OK);
    assert_int_equal(s.rows, 7);
    assert_true(s.rate == 0.5);
    assert_int_equal(s.order, -1);
    weft_doc_destroy(doc);
    weft_doc_destroy(NULL);
}

static weft_status read_format(const char *text, weft_error *error) {
    weft_doc *doc = parse(text);
    weft_map map;
    *error = (weft_error){0};
    weft_status status = weft_map_begin(doc, weft_doc_root(doc), &map, error);
    status = status == WEFT_OK ? weft_map_format(&map, "chart/1", error) : status;
    status = status == WEFT_OK ? weft_map_end(&map, error) : status;
    weft_doc_destroy(doc);
    return status;
}

static void test_the_format_of_a_file(void **state) {
    (void)state;
    weft_error error;
    assert_int_equal(read_format("weft: chart/1\n", &error), WEFT_OK);
    assert_int_equal(read_format("weft: chart/2\n", &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.message, "expected `weft: chart/1`, found 'chart/2'");
    assert_int_equal(error.line, 1);
    assert_int_equal(read_format("weft: [chart/1]\n", &error), WEFT_ERROR_INPUT);
    assert_int_equal(read_format("name: chart/1\n", &error), WEFT_ERROR_INPUT);
}

static void test_sequences_and_mappings(void **state) {
    (void)state;
    weft_error error = {0};
    weft_doc *doc = parse("list: [1, -2, {deep: [true]}]\nempty: []\nz: 1\na: 2\n");
    const weft_node *root = weft_doc_root(doc);
    assert_true(weft_node_is_mapping(root) && !weft_node_is_sequence(root));
    assert_int_equal(weft_mapping_length(root), 4);
    const char *key = NULL;
    const weft_node *list = NULL, *value = NULL;
    assert_int_equal(weft_mapping_at(doc, root, 0, &key, &list, &error), WEFT_OK);
    assert_string_equal(key, "list");
    assert_int_equal(weft_sequence_length(list), 3);
    int64_t number = 0;
    assert_int_equal(weft_node_integer(doc, weft_sequence_at(list, 1), -5, 5, &number, &error),
                     WEFT_OK);
    assert_int_equal(number, -2);
    assert_null(weft_sequence_at(list, 3));
    assert_null(weft_sequence_at(list, -1));
    assert_null(weft_sequence_at(root, 0));
    assert_int_equal(weft_mapping_length(list), 0);
    assert_int_equal(weft_mapping_at(doc, root, 2, &key, &value, &error), WEFT_OK);
    assert_string_equal(key, "z"); /* the order of the file */
    assert_int_equal(weft_mapping_at(doc, root, 4, &key, &value, &error), WEFT_ERROR_INTERNAL);
    assert_int_equal(weft_mapping_at(doc, list, 0, &key, &value, &error), WEFT_ERROR_INPUT);
    weft_doc_destroy(doc);
}

static void test_integers_and_reals_are_told_apart(void **state) {
    (void)state;
    const struct {
        const char *text;
        bool integer, real;
        double value;
    } cases[] = {
        {"12", true, true, 12},
        {"-7", true, true, -7},
        {"+7", true, true, 7},
        {"8.0", false, true, 8},
        {"1e3", false, true, 1000},
        {".5", false, true, 0.5},
        {"-1.5e-3", false, true, -1.5e-3},
        {"0x10", false, false, 0},
        {"1_000", false, false, 0},
        {"\"12\"", false, false, 0},
        {"'1.5'", false, false, 0},
        {"abc", false, false, 0},
        {".inf", false, false, 0},
        {".nan", false, false, 0},
        {"inf", false, false, 0},
        {"1e999", false, false, 0},
        {"true", false, false, 0},
        {"~", false, false, 0},
        {"[1]", false, false, 0},
        {"{a: 1}", false, false, 0},
        {"--1", false, false, 0},
        {"-", false, false, 0},
        {"1 2", false, false, 0},
        {"9223372036854775807", true, true, 0x1p63},
        {"9223372036854775808", false, true, 0x1p63},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "x: %s\n",
                 strcmp(cases[i].text, "-") == 0 ? "'-'" : cases[i].text);
        weft_doc *doc = parse(text);
        weft_map map;
        weft_error error = {0};
        const weft_node *node = NULL;
        assert_int_equal(weft_map_begin(doc, weft_doc_root(doc), &map, &error), WEFT_OK);
        assert_int_equal(weft_map_node(&map, "x", WEFT_REQUIRED, &node, &error), WEFT_OK);
        int64_t integer = 0;
        double real = 0;
        bool is_integer = weft_node_integer(doc, node, INT64_MIN, INT64_MAX, &integer, &error) ==
                          WEFT_OK;
        bool is_real = weft_node_real(doc, node, -INFINITY, INFINITY, &real, &error) == WEFT_OK;
        if (is_integer != cases[i].integer || is_real != cases[i].real) {
            fail_msg("%s: integer %d, real %d", cases[i].text, is_integer, is_real);
        }
        assert_true(!is_real || real == cases[i].value);
        assert_true(!is_integer || (double)integer == cases[i].value);
        weft_doc_destroy(doc);
    }
}

static void test_anchors_are_shared(void **state) {
    (void)state;
    weft_error error = {0};
    weft_doc *doc = parse("a: &x {k: 5}\nb: *x\nc: &y 7\nd: [*y, *y]\n");
    const char *key = NULL;
    const weft_node *b = NULL, *d = NULL;
    int64_t k = 0, seven = 0;
    weft_map map;
    assert_int_equal(weft_mapping_at(doc, weft_doc_root(doc), 1, &key, &b, &error), WEFT_OK);
    assert_int_equal(weft_map_begin(doc, b, &map, &error), WEFT_OK);
    assert_int_equal(weft_map_integer(&map, "k", WEFT_REQUIRED, 0, 9, &k, &error), WEFT_OK);
    assert_int_equal(k, 5);
    assert_int_equal(weft_mapping_at(doc, weft_doc_root(doc), 3, &key, &d, &error), WEFT_OK);
    assert_int_equal(weft_node_integer(doc, weft_sequence_at(d, 1), 0, 9, &seven, &error), WEFT_OK);
    assert_int_equal(seven, 7);
    weft_doc_destroy(doc);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void check(const char *text, size_t length, int line, int column, const char *part) {
    weft_error error = {0};
    weft_doc *doc = NULL;
    settings s;
    weft_status status = weft_doc_parse(text, length, "t.yaml", &doc, &error);
    if (status == WEFT_OK) {
        status = read_settings(doc, &s, &error);
        weft_doc_destroy(doc);
    } else {
        assert_null(doc);
    }
    assert_int_equal(status, WEFT_ERROR_INPUT);
    assert_string_equal(error.file, "t.yaml");
    if (error.line != line || error.column != column || strstr(error.message, part) == NULL) {
        fail_msg("%.60s: %d:%d '%s', expected %d:%d '%s'", text, error.line, error.column,
                 error.message, line, column, part);
    }
}

static void refuse(const char *text, int line, int column, const char *part) {
    check(text, strlen(text), line, column, part);
}

static void test_values_refused_with_place(void **state) {
    (void)state;
    refuse("rows: 5000\n", 1, 7, "'rows': expected an integer from 1 to 4096; found '5000'");
    refuse("rate: 0.1\nrows: 0\n", 2, 7, "found '0'");
    refuse("rows: 8.0\n", 1, 7, "expected an integer");
    refuse("rows: \"8\"\n", 1, 7, "found the text '8'");
    refuse("rows:\n", 1, 5, "found nothing");
    refuse("rows: [1, 2]\n", 1, 7, "found a list of 2");
    refuse("rows: {a: 1}\n", 1, 7, "found a table of 1 keys");
    refuse("rate: 1.5\n", 1, 7, "expected a number from 0 to 1; found '1.5'");
    refuse("rate: high\n", 1, 7, "found 'high'");
    refuse("fast: yes\n", 1, 7, "expected true or false; found 'yes'");
    refuse("fast: 1\n", 1, 7, "expected true or false");
    refuse("name: [a]\n", 1, 7, "expected text");
    refuse("name: null\n", 1, 7, "expected text; found nothing");
    refuse("order: upward\n", 1, 8, "one of ascending, descending");
    refuse("rats: 0.5\n", 1, 1, "unknown key 'rats'; did you mean 'rate'?");
    refuse("rows: 5\n  \nzzzzzz: 1\n", 3, 1, "unknown key 'zzzzzz'");
    refuse("{rows: 5, fasst: true}\n", 1, 11, "did you mean 'fast'");
    refuse("- rows\n", 1, 1, "expected a table of keys (key: value); found a list of 1");
    refuse("just text\n", 1, 1, "found 'just text'");
    refuse("n\xC3\xA4me: \xC3\xA9\nrows: \xC3\xA9\n", 2, 7, "found '\xC3\xA9'");
}

static void test_hints(void **state) {
    (void)state;
    weft_error error = {0};
    settings s;
    weft_doc *doc = parse("order: ascnding\n");
    assert_int_equal(read_settings(doc, &s, &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.hint, "did you mean 'ascending'?");
    assert_int_equal(error.length, 8);
    assert_string_equal(error.excerpt, "order: ascnding");
    weft_doc_destroy(doc);
    doc = parse("quite_other: 1\n");
    assert_int_equal(read_settings(doc, &s, &error), WEFT_ERROR_INPUT);
    assert_string_equal(error.hint, "known keys here: rows, rate, fast, name, order");
    weft_doc_destroy(doc);
}

static void test_required_keys(void **state) {
    (void)state;
    weft_error error = {0};
    const char *text = NULL;
    const struct {
        const char *yaml;
        int line;
        const char *part;
    } cases[] = {
        {"a: 1\nserch: tpe\n", 2, "'serch' is here; did you mean 'search'?"},
        {"\na: 1\n", 2, "required key 'search' is missing in this table"},
        {"{}", 1, "required key 'search' is missing"},
    };
    for (int i = 0; i < 3; i++) {
        weft_doc *doc = parse(cases[i].yaml);
        weft_map map;
        assert_int_equal(weft_map_begin(doc, weft_doc_root(doc), &map, &error), WEFT_OK);
        assert_int_equal(weft_map_text(&map, "search", WEFT_REQUIRED, &text, &error),
                         WEFT_ERROR_INPUT);
        assert_non_null(strstr(error.message, cases[i].part));
        assert_int_equal(error.line, cases[i].line);
        weft_doc_destroy(doc);
    }
}

static void test_syntax_refused_with_place(void **state) {
    (void)state;
    refuse("rows: 1\nrows: 2\n", 2, 1, "key 'rows' is given twice (first in line 1)");
    refuse("rows: 1\n\"rows\": 2\n", 2, 1, "given twice");
    refuse("name: {a: 1, b: 2, a: 3}\n", 1, 20, "key 'a' is given twice");
    refuse("rows: [1, 2\n", 2, 1, "YAML syntax");
    refuse("name: \"open\n", 1, 8, "YAML syntax");
    refuse("rows: 1\n\tname: x\n", 1, 7, "YAML syntax");
    refuse("rows:\n\tname: x\n", 2, 1, "tab");
    refuse("rows: 1\n   rate: 2\n", 1, 7, "YAML syntax");
    refuse("rows: *nobody\n", 1, 8, "alias has no anchor");
    refuse("name: &a [*a]\n", 1, 12, "alias has no anchor");
    refuse("rows: !!int 5\n", 1, 7, "tags");
    refuse("rows: 1\n---\nrows: 2\n", 2, 1, "second document");
    refuse("? [a, b]\n: 1\n", 1, 3, "expected a word as key");
    refuse(": 1\n", 1, 1, "expected a word as key");
    refuse("name: \"a\\0b\"\n", 1, 7, "zero byte");
}

static void test_what_is_no_yaml(void **state) {
    (void)state;
    weft_error error = {0};
    weft_doc *doc = NULL;
    const char *const nothing[] = {"", "  \n\n", "# only\n# comments\n", "---\n# x\n",
                                   "\xEF\xBB\xBF"};
    for (int i = 0; i < 5; i++) {
        weft_status status = weft_doc_parse(nothing[i], strlen(nothing[i]), "t.yaml", &doc, &error);
        settings s;
        if (status == WEFT_OK) { /* "---" alone is a document of nothing */
            status = read_settings(doc, &s, &error);
            weft_doc_destroy(doc);
            doc = NULL;
        }
        assert_int_equal(status, WEFT_ERROR_INPUT);
        assert_string_equal(error.file, "t.yaml");
    }
    refuse("rows: 1\nname: \xFF\n", 2, 7, "byte 0xFF is not text in UTF-8");
    refuse("\x89PNG\r\n", 1, 1, "byte 0x89");
    check("rows\0: 1", 8, 1, 5, "byte 0x00");
    refuse("rows: 1\nname: \x1B[31m\n", 2, 7, "byte 0x1B");
    refuse("\xEF\xBB\xBFrows: x\n", 1, 7, "'rows'");
    refuse("rows: 1\r\nrate: x\r\n", 2, 7, "'rate'");
}

static void test_nesting_and_aliases_are_limited(void **state) {
    (void)state;
    weft_error error = {0};
    char text[4096] = "a: ";
    for (int levels = 60; levels < 68; levels++) {
        size_t used = 0;
        for (int i = 0; i < levels; i++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "[");
        }
        for (int i = 0; i < levels; i++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "]");
        }
        weft_doc *doc = NULL;
        weft_status status = weft_doc_parse(text, used, "t.yaml", &doc, &error);
        assert_int_equal(status, levels <= 64 ? WEFT_OK : WEFT_ERROR_INPUT);
        assert_true(status == WEFT_OK || strstr(error.message, "64 levels") != NULL);
        weft_doc_destroy(doc);
    }
    /* Nine levels of nine aliases each: 9^9 nodes when written out. */
    size_t used = (size_t)snprintf(text, sizeof text, "l0: &l0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 9; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "l%d: &l%d [", i, i);
        for (int k = 0; k < 9; k++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "*l%d%s", i - 1,
                                     k < 8 ? "," : "]\n");
        }
    }
    weft_doc *doc = NULL;
    assert_int_equal(weft_doc_parse(text, used, "t.yaml", &doc, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "aliases make this document too large"));
    /* Depth cannot be hidden in aliases either. */
    used = (size_t)snprintf(text, sizeof text, "l0: &l0 [x]\n");
    for (int i = 1; i < 70; i++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "l%d: &l%d [*l%d]\n", i, i, i - 1);
    }
    assert_int_equal(weft_doc_parse(text, used, "t.yaml", &doc, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "64 levels"));
}

static void test_large_texts(void **state) {
    (void)state;
    weft_error error = {0};
    weft_doc *doc = NULL;
    enum { KEYS = 20000 };
    char *text = malloc(KEYS * 16);
    size_t used = 0;
    for (int i = 0; i < KEYS; i++) {
        used += (size_t)snprintf(text + used, 16, "k%d: %d\n", i, i);
    }
    assert_int_equal(weft_doc_parse(text, used, "t.yaml", &doc, &error), WEFT_OK);
    assert_int_equal(weft_mapping_length(weft_doc_root(doc)), KEYS);
    weft_doc_destroy(doc);
    free(text);
    size_t too_much = ((size_t)16 << 20) + 1;
    text = malloc(too_much);
    memset(text, '\n', too_much);
    doc = NULL;
    assert_int_equal(weft_doc_parse(text, too_much, "t.yaml", &doc, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "16 MiB"));
    free(text);
}

static void test_files(void **state) {
    (void)state;
    weft_error error = {0};
    weft_doc *doc = NULL;
    assert_int_equal(weft_doc_read("/no/such/file.yaml", &doc, &error), WEFT_ERROR_IO);
    assert_string_equal(error.file, "/no/such/file.yaml");
    assert_non_null(strstr(error.message, "No such file"));
    assert_int_equal(weft_doc_read("/tmp", &doc, &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.message, "folder"));
    char path[] = "/tmp/weft-doc-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "rows: 3\n", 8), 8);
    settings s;
    assert_int_equal(weft_doc_read(path, &doc, &error), WEFT_OK);
    assert_int_equal(read_settings(doc, &s, &error), WEFT_OK);
    assert_int_equal(s.rows, 3);
    assert_string_equal(weft_doc_name(doc), path);
    weft_doc_destroy(doc);
    doc = NULL;
    assert_int_equal(ftruncate(file, ((off_t)16 << 20) + 1), 0);
    assert_int_equal(weft_doc_read(path, &doc, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "16 MiB"));
    assert_null(doc);
    close(file);
    unlink(path);
}

/* ---- quantities ------------------------------------------------------------------------------ */

static weft_status read_quantity(const char *text, weft_dimension dimension, double upper,
                                 weft_quantity *q, weft_error *error) {
    weft_doc *doc = parse(text);
    weft_map map;
    weft_status status = weft_map_begin(doc, weft_doc_root(doc), &map, error);
    if (status == WEFT_OK) {
        status = weft_map_quantity(&map, "q", WEFT_REQUIRED, dimension, 0.0, upper, q, error);
    }
    weft_doc_destroy(doc);
    return status;
}

static void test_quantities(void **state) {
    (void)state;
    const struct {
        const char *value, *unit;
        weft_dimension dimension;
        double si;
    } cases[] = {
        {"3.16", "ns", WEFT_DIMENSION_TIME, 3.16e-9},
        {"2", "GHz", WEFT_DIMENSION_FREQUENCY, 2e9},
        {"1.5", "pJ", WEFT_DIMENSION_ENERGY, 1.5e-12},
        {"3", "aJ", WEFT_DIMENSION_ENERGY, 3e-18},
        {"7", "mW", WEFT_DIMENSION_POWER, 7e-3},
        {"300", "mV", WEFT_DIMENSION_VOLTAGE, 0.3},
        {"20", "uA", WEFT_DIMENSION_CURRENT, 20e-6},
        {"50", "kohm", WEFT_DIMENSION_RESISTANCE, 5e4},
        {"1", "fF", WEFT_DIMENSION_CAPACITANCE, 1e-15},
        {"130", "nm", WEFT_DIMENSION_LENGTH, 130e-9},
        {"2.5", "mm2", WEFT_DIMENSION_AREA, 2.5e-6},
        {"3000", "um2", WEFT_DIMENSION_AREA, 3e-9},
        {"12.8", "GB/s", WEFT_DIMENSION_BANDWIDTH, 12.8 * 8e9},
        {"64", "KiB", WEFT_DIMENSION_DATA, 64 * 1024 * 8.0},
        {"40", "%", WEFT_DIMENSION_NONE, 0.4},
        {"40", "\"1\"", WEFT_DIMENSION_NONE, 40},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128];
        weft_error error = {0};
        weft_quantity q = {0};
        snprintf(text, sizeof text, "q: {value: %s, unit: %s, source: \"paper, table 1\"}\n",
                 cases[i].value, strcmp(cases[i].unit, "%") == 0 ? "\"%\"" : cases[i].unit);
        if (read_quantity(text, cases[i].dimension, INFINITY, &q, &error) != WEFT_OK) {
            fail_msg("%s: %s", text, error.message);
        }
        /* A division rounds once more than reading "3.16e-9" does. */
        if (fabs(q.value - cases[i].si) > 0x1p-52 * cases[i].si) {
            fail_msg("%s: %.17g, expected %.17g", text, q.value, cases[i].si);
        }
        assert_string_equal(q.source, "paper, table 1");
    }
}

static void test_quantities_refused(void **state) {
    (void)state;
    const struct {
        const char *text, *part, *hint;
    } cases[] = {
        {"q: 3\n", "expected {value: ..., unit: ..., source: ...}; found '3'", ""},
        {"q: {value: 3, unit: ns}\n", "required key 'source' is missing", ""},
        {"q: {value: 3, source: s}\n", "required key 'unit' is missing", ""},
        {"q: {unit: ns, source: s}\n", "required key 'value' is missing", ""},
        {"q: {value: x, unit: ns, source: s}\n", "'value': expected a number; found 'x'", ""},
        {"q: {value: 3, unit: nS, source: s}\n", "one of the units s, ms, us, ns", "'ns'"},
        {"q: {value: 3, unit: pJ, source: s}\n", "found 'pJ'", ""},
        {"q: {value: 3, unit: s, source: s}\n", "expected a number from 0 to 1 (SI units)", ""},
        {"q: {value: 3, unit: ns, source: s, note: x}\n", "unknown key 'note'", ""},
        {"q: {value: 3, unit: ns, source: }\n", "'source': expected text; found nothing", ""},
        {"q: {value: 3, unit: nanoseconds-long, source: s}\n", "at most 15 bytes", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_error error = {0};
        weft_quantity q = {.value = 77};
        assert_int_equal(read_quantity(cases[i].text, WEFT_DIMENSION_TIME, 1.0, &q, &error),
                         WEFT_ERROR_INPUT);
        if (strstr(error.message, cases[i].part) == NULL ||
            strstr(error.hint, cases[i].hint) == NULL) {
            fail_msg("%s: %s (%s)", cases[i].text, error.message, error.hint);
        }
        assert_true(q.value == 77);
        assert_true(error.line == 1 && error.column > 1);
    }
}

static void test_every_unit_is_found_by_its_name(void **state) {
    (void)state;
    for (int d = WEFT_DIMENSION_NONE; d <= WEFT_DIMENSION_DATA; d++) {
        char names[256];
        weft_unit_names((weft_dimension)d, names, sizeof names);
        assert_true(strlen(names) > 0 && strlen(names) < sizeof names - 1);
        char *rest = NULL;
        for (char *name = strtok_r(names, ", ", &rest); name != NULL;
             name = strtok_r(NULL, ", ", &rest)) {
            const weft_unit *unit = weft_unit_find((weft_dimension)d, name);
            assert_non_null(unit);
            assert_string_equal(unit->name, name);
            assert_true(weft_unit_to_si(unit, 1.0) > 0);
        }
    }
    assert_null(weft_unit_find(WEFT_DIMENSION_TIME, "J"));
}

/* ---- canonical text -------------------------------------------------------------------------- */

static void test_emit_is_stable(void **state) {
    (void)state;
    weft_error error = {0};
    weft_doc *doc = parse("{b: [1, 'two', {c: ~}], # gone\n a: &x \"q\\\"\\n\", d: *x, e: [], "
                          "f: {}, \"odd key:\": yes}\n");
    char *once = NULL, *twice = NULL;
    assert_int_equal(weft_node_emit(doc, weft_doc_root(doc), &once, &error), WEFT_OK);
    assert_string_equal(once, "b:\n  - 1\n  - \"two\"\n  -\n    c: null\na: \"q\\\"\\n\"\n"
                              "d: \"q\\\"\\n\"\ne: []\nf: {}\n\"odd key:\": yes\n");
    weft_doc *again = parse(once);
    assert_int_equal(weft_node_emit(again, weft_doc_root(again), &twice, &error), WEFT_OK);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
    weft_doc_destroy(doc);
    weft_doc_destroy(again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_defaults),
        cmocka_unit_test(test_the_format_of_a_file),
        cmocka_unit_test(test_sequences_and_mappings),
        cmocka_unit_test(test_integers_and_reals_are_told_apart),
        cmocka_unit_test(test_anchors_are_shared),
        cmocka_unit_test(test_values_refused_with_place),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_required_keys),
        cmocka_unit_test(test_syntax_refused_with_place),
        cmocka_unit_test(test_what_is_no_yaml),
        cmocka_unit_test(test_nesting_and_aliases_are_limited),
        cmocka_unit_test(test_large_texts),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_quantities),
        cmocka_unit_test(test_quantities_refused),
        cmocka_unit_test(test_every_unit_is_found_by_its_name),
        cmocka_unit_test(test_emit_is_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
