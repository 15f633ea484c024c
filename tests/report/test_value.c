/* SPDX-License-Identifier: Apache-2.0
 * Numbers as text, markup with text from outside. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "report/markup.h"
#include "report/value.h"
#include "wellformed.h"

static void numbers_have_three_figures(void **state) {
    (void)state;
    char text[WEFT_VALUE_TEXT];
    const struct {
        double value;
        const char *expected;
    } cases[] = {
        {0.0, "0 J"},          {1.0, "1.00 J"},     {0.00342, "3.42 mJ"}, {0.0999, "99.9 mJ"},
        {9.996e-4, "1.00 mJ"}, {9.99e-4, "999 µJ"}, {1.5e-7, "150 nJ"},   {-2.5e-3, "-2.50 mJ"},
        {1234.0, "1.23 kJ"},   {NAN, "–"},          {INFINITY, "∞"},      {2e-18, "0.00200 fJ"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(weft_si_text(cases[i].value, "J", text, sizeof text),
                            cases[i].expected);
    }
    assert_string_equal(weft_si_text(1234567.0, "", text, sizeof text), "1.23 M");
    assert_string_equal(weft_si_text(12.0, "", text, sizeof text), "12.0");
    assert_string_equal(weft_percent_text(0.8123, text, sizeof text), "81.2 %");
    assert_string_equal(weft_plain_text(0.01234, 3, text, sizeof text), "0.0123");
    assert_string_equal(weft_plain_text(9.996, 3, text, sizeof text), "10.0");
    assert_string_equal(weft_plain_text(1.5e-7, 3, text, sizeof text), "1.50e-07");
}

/* Whatever the size, the text reads back to within half a unit of its third figure. */
static void si_text_reads_back(void **state) {
    (void)state;
    const char symbols[] = "fpnum kMGT";
    for (double value = 1.07e-15; value < 9e14; value *= 1.37) {
        char text[WEFT_VALUE_TEXT];
        weft_si_text(value, "s", text, sizeof text);
        char *end;
        double read = strtod(text, &end);
        assert_int_equal(*end, ' ');
        char prefix = strncmp(end + 1, "µ", 2) == 0 ? 'u' : end[1] == 's' ? ' ' : end[1];
        read *= pow(1000.0, (double)(strchr(symbols, prefix) - symbols) - 5.0);
        assert_true(fabs(read - value) <= 0.00501 * value);
    }
}

/* Numbers without a unit: a power of 1000 that they can be read back from. */
static void numbers_without_a_unit_have_a_power(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{3.2549e-6, "3.255 × 10⁻⁶"},
                 {7.34e14, "734.0 × 10¹²"},
                 {0.25, "0.2500"},
                 {9999.0, "9999"},
                 {0.0, "0"},
                 {-2e4, "-20.00 × 10³"},
                 {0.99999e-3, "1.000 × 10⁻³"},
                 {1e-40, "1.000e-10 × 10⁻³⁰"},
                 {NAN, "–"},
                 {INFINITY, "∞"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[WEFT_VALUE_TEXT];
        assert_string_equal(weft_power_text(cases[i].value, text, sizeof text), cases[i].text);
    }
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < 2000; i++) {
        double value = pow(10.0, 50.0 * weft_rng_uniform(&rng) - 25.0);
        weft_prefix power = weft_power_of(value);
        assert_true(value / power.factor > 0.099 && value / power.factor < 1e4);
        assert_true((power.symbol[0] == '\0') == (power.factor == 1.0));
    }
}

static void metrics_have_their_units(void **state) {
    (void)state;
    char text[WEFT_VALUE_TEXT];
    const struct {
        weft_metric metric;
        double value;
        const char *expected;
    } cases[] = {
        {WEFT_METRIC_ACCURACY, 0.915, "91.5 %"},
        {WEFT_METRIC_ENERGY, 2e-3, "2.00 mJ"},
        {WEFT_METRIC_LATENCY, 3.5e-5, "35.0 µs"},
        {WEFT_METRIC_AREA, 312.5, "312 mm²"},
        {WEFT_METRIC_MACS, 4.2e7, "42.0 M"},
        {WEFT_METRIC_PARAMS, 61000.0, "61.0 k"},
        {WEFT_METRIC_CROSSBARS, 1234.0, "1234"},
        {WEFT_METRIC_UTILISATION, 0.5, "50.0 %"},
        {WEFT_METRIC_EDAP, 3.2e-8, "32.0 nJ s mm²"},
        {WEFT_METRIC_CROSSBARS, NAN, "–"},
        {WEFT_METRIC_AREA, NAN, "–"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_metric_text(cases[i].metric, cases[i].value, text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
    /* every metric is named */
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        assert_true(weft_metric_name((weft_metric)m)[0] != '\0');
    }
}

static void times_read_well(void **state) {
    (void)state;
    char text[WEFT_VALUE_TEXT];
    assert_string_equal(weft_duration_text(0.42, text, sizeof text), "0.4 s");
    assert_string_equal(weft_duration_text(59.6, text, sizeof text), "1 min 0 s");
    assert_string_equal(weft_duration_text(4321.0, text, sizeof text), "1 h 12 min");
    assert_string_equal(weft_duration_text(NAN, text, sizeof text), "–");
    assert_string_equal(weft_date_text(1.7e9, text, sizeof text), "2023-11-14 22:13 UTC");
    assert_string_equal(weft_date_text(NAN, text, sizeof text), "–");
}

static void text_from_outside_is_escaped(void **state) {
    (void)state;
    weft_markup markup = {0};
    weft_markup_text(&markup, "a<b>&\"c'\x01\xff\xc3(\xf0\x9f\x99\x82é");
    assert_string_equal(markup.text, "a&lt;b&gt;&amp;&quot;c&#39;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf"
                                     "\xbd(\xf0\x9f\x99\x82é");
    weft_markup_destroy(&markup);
    weft_markup_text(&markup, NULL);
    weft_markup_element(&markup, "p", "1 < 2");
    assert_string_equal(markup.text, "<p>1 &lt; 2</p>");
    weft_markup_destroy(&markup);
}

static void a_buffer_grows_and_counts(void **state) {
    (void)state;
    weft_markup markup = {0};
    for (int i = 0; i < 20000; i++) {
        weft_markup_format(&markup, "%05d", i);
    }
    assert_int_equal(markup.length, 100000);
    assert_int_equal(strlen(markup.text), 100000);
    assert_memory_equal(markup.text + 5 * 12345, "12345", 5);
    weft_error error;
    assert_int_equal(weft_markup_check(&markup, &error), WEFT_OK);
    markup.failed = true;
    assert_int_equal(weft_markup_check(&markup, &error), WEFT_ERROR_MEMORY);
    weft_markup_destroy(&markup);
}

/* A locale with a decimal comma, if there is one, changes nothing. */
static void the_locale_does_not_matter(void **state) {
    (void)state;
    const char *commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    bool found = false;
    for (int i = 0; i < 4 && !found; i++) {
        found = setlocale(LC_ALL, commas[i]) != NULL;
    }
    if (!found) {
        print_message("no locale with a decimal comma here: skipped\n");
        skip();
    }
    char text[WEFT_VALUE_TEXT];
    weft_si_text(1.5, "J", text, sizeof text);
    setlocale(LC_ALL, "C");
    assert_string_equal(text, "1.50 J");
}

/* The checker that the other tests rely on finds what is wrong. */
static void the_checker_finds_faults(void **state) {
    (void)state;
    wellformed check;
    assert_string_equal(wellformed_check(&check, "<p a=\"1\">x &amp; y<br/></p>"), "");
    assert_int_equal(check.elements, 2);
    static const char *const bad[] = {
        "<p>",
        "<p></q>",
        "<p a=1></p>",
        "<p a=\"1\" a=\"2\"></p>",
        "<p>a & b</p>",
        "<p>a > b</p>",
        "<p>&nbsp;</p>",
        "<p a=\"<\"></p>",
        "<p id=\"a\"><b id=\"a\"></b></p>",
        "<p aria-labelledby=\"x\"></p>",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_string_not_equal(wellformed_check(&check, bad[i]), "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_three_figures),
        cmocka_unit_test(si_text_reads_back),
        cmocka_unit_test(numbers_without_a_unit_have_a_power),
        cmocka_unit_test(metrics_have_their_units),
        cmocka_unit_test(times_read_well),
        cmocka_unit_test(text_from_outside_is_escaped),
        cmocka_unit_test(a_buffer_grows_and_counts),
        cmocka_unit_test(the_locale_does_not_matter),
        cmocka_unit_test(the_checker_finds_faults),
    };
    return cmocka_run_group_tests_name("report: values", tests, NULL, NULL);
}
