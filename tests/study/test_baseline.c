/* SPDX-License-Identifier: Apache-2.0
 * Published designs: what is read, what is refused, and how they are found. */
#include "study/support.h"

static weft_status parse(const char *text, weft_baselines **baselines, weft_error *error) {
    return weft_baselines_parse(text, strlen(text), "mine.yaml", baselines, error);
}

#define HEAD "weft: baseline/1\naccounting: cimnas-2025\nsource: a table\ndesigns:\n"

static void figures_are_read_in_the_units_of_metrics(void **state) {
    (void)state;
    weft_error error;
    weft_baselines *all = NULL;
    expect_ok(parse(HEAD
                    "- {name: a, text: first, metrics: {energy: 2e-4, latency: 3e-6, area: 5}}\n"
                    "- name: b\n  text: second\n  source: another table\n"
                    "  metrics: {tops_w: 7, edap: 1e-9, energy: 1, latency: 1, area: 1}\n",
                    &all, &error),
              &error);
    assert_int_equal(all->n, 2);
    const weft_baseline *a = &all->designs[0], *b = &all->designs[1];
    assert_string_equal(a->name, "a");
    assert_string_equal(a->text, "first");
    assert_string_equal(a->source, "a table");
    assert_string_equal(b->source, "another table");
    assert_string_equal(b->accounting, "cimnas-2025");
    assert_true(a->metrics[WEFT_METRIC_AREA] == 5);
    assert_true(fabs(a->metrics[WEFT_METRIC_EDAP] / 3e-9 - 1) < 1e-12); /* energy latency area */
    assert_true(isnan(a->metrics[WEFT_METRIC_TOPS_W]));
    assert_true(b->metrics[WEFT_METRIC_EDAP] == 1e-9); /* as published */
    weft_baselines_destroy(all);
    weft_baselines_destroy(NULL);
}

static void what_is_wrong_is_told_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
        int line;
    } cases[] = {
        {"weft: baselines/1\n", "baseline/1", 1},
        {"weft: baseline/1\nsource: s\ndesigns: []\n", "accounting", 0},
        {HEAD "- {name: a, text: t, metrics: {enrgy: 1}}\n", "energy", 5},
        {HEAD "- {name: a, text: t, metrics: {energy: many}}\n", "many", 5},
        {HEAD "- {name: a, text: t, metrics: {energy: -1}}\n", "-1", 5},
        {HEAD "- {name: a, text: t, metrics: {}}\n", "figures", 5},
        {HEAD
         "- {name: a, text: t, metrics: {area: 1}}\n- {name: a, text: t, metrics: {area: 1}}\n",
         "two designs", 6},
        {HEAD "- {name: '', text: t, metrics: {area: 1}}\n", "1 to 63 characters", 5},
        {"weft: baseline/1\naccounting: a\nsource: s\ndesigns: none\n", "list", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_error error;
        weft_baselines *all = NULL;
        char text[2048];
        assert_int_equal(parse(cases[i].text, &all, &error), WEFT_ERROR_INPUT);
        assert_null(all);
        assert_string_equal(error.file, "mine.yaml");
        if (strstr(weft_error_format(&error, text, sizeof text), cases[i].part) == NULL) {
            fail_msg("expected '%s' in: %s", cases[i].part, text);
        }
        if (cases[i].line > 0) {
            assert_int_equal(error.line, cases[i].line);
        }
    }
}

/* The designs that come with Weft: their products as the study's own notebook gives them. */
static void published_designs_are_found(void **state) {
    const char *folder = *state;
    static const struct {
        const char *name;
        double edap; /* J s mm2 */
    } known[] = {{"cimnas-1", 0.2116e-6},
                 {"cimnas-2", 0.2645e-6},
                 {"cimnas-3", 0.2741e-6},
                 {"cimnas-hand", 16.52e-6}};
    weft_error error;
    weft_baseline found;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        expect_ok(weft_baseline_find(known[i].name, &found, &error), &error);
        assert_string_equal(found.name, known[i].name);
        assert_true(fabs(found.metrics[WEFT_METRIC_EDAP] / known[i].edap - 1) < 5e-4);
    }
    assert_int_equal(weft_baseline_find("cimnas1", &found, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "cimnas-1"));
    char path[600], text[700];
    write_file(folder, "mine.yaml", HEAD "- {name: mine, text: t, metrics: {area: 2}}\n", path,
               sizeof path);
    snprintf(text, sizeof text, "%s:mine", path);
    expect_ok(weft_baseline_find(text, &found, &error), &error);
    assert_true(found.metrics[WEFT_METRIC_AREA] == 2);
    snprintf(text, sizeof text, "%s:yours", path);
    assert_int_equal(weft_baseline_find(text, &found, &error), WEFT_ERROR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_read_in_the_units_of_metrics),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test_setup_teardown(published_designs_are_found, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("study: published designs", tests, NULL, NULL);
}
