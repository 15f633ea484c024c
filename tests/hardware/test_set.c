/* SPDX-License-Identifier: Apache-2.0
 * Setting values of a chip by their paths. */
#include "hardware/support.h"

#include <math.h>

static bool find_constant(const weft_chip *chip, const char *name, weft_constant *found) {
    for (int i = 0; weft_chip_constant(chip, i, found); i++) {
        if (strcmp(found->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void set(weft_chip *chip, const char *path, const char *value) {
    weft_error error;
    expect_ok(weft_chip_set(chip, path, value, &error), &error, path);
}

static weft_total total_on(const weft_chip *chip, const char *imc) {
    weft_error error;
    weft_priced *priced = NULL;
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_total total = total_of(priced, imc);
    weft_priced_destroy(priced);
    return total;
}

static bool same(const weft_total *a, const weft_total *b) {
    return a->energy_j == b->energy_j && a->latency_s == b->latency_s &&
           a->area_mm2 == b->area_mm2 && a->crossbars == b->crossbars;
}

/* The total of a chip read anew from the text of another. */
static weft_total read_again(const weft_chip *chip, const char *imc) {
    weft_error error;
    weft_chip *again = NULL;
    const char *text = weft_chip_text(chip);
    expect_ok(weft_chip_parse(text, strlen(text), "again.yaml", &again, &error), &error, text);
    weft_total total = total_on(again, imc);
    weft_chip_destroy(again);
    return total;
}

/* ---- what is set is what was meant ----------------------------------------------------------- */

static void a_value_set_is_a_value_written(void **state) {
    (void)state;
    static const struct {
        const char *path, *value, *yaml;
    } cases[] = {
        {"crossbar.columns", "64", "crossbar: {columns: {value: 64, unit: \"1\", source: s}}"},
        {"driver_area", "64", "crossbar: {driver_area: {value: 64, unit: um2, source: s}}"},
        {"chip.crossbar.columns", "64", "crossbar: {columns: {value: 64, unit: \"1\", source: s}}"},
        {"read_time", "4", "cell: {read_time: {value: 4, unit: ns, source: s}}"},
        {"read_time", "4 ns", "cell: {read_time: {value: 4, unit: ns, source: s}}"},
        {"read_time", "4000ps", "cell: {read_time: {value: 4, unit: ns, source: s}}"},
        {"clock.frequency", "1 GHz", "clock: {frequency: {value: 1, unit: GHz, source: s}}"},
        {"signs", "single", "crossbar: {signs: single}"},
        {"mesh.placement", "snake", "mesh: {placement: snake}"},
        {"pe.adc", "isaac-8b", "pe: {adc: isaac-8b}"},
        {"adcs.aspdac-6b.power", "1 mW",
         "adcs: {aspdac-6b: {power: {value: 1, unit: mW, source: s}}}"},
        {"low_share", "50 %", "cell: {low_share: {value: 0.5, unit: \"1\", source: s}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_chip *chip = chip_with("");
        weft_chip *written = chip_with(cases[i].yaml);
        set(chip, cases[i].path, cases[i].value);
        weft_total a = total_on(chip, "R32,V64");
        weft_total b = total_on(written, "R32,V64");
        weft_total c = read_again(chip, "R32,V64");
        if (!same(&a, &b) || !same(&a, &c)) {
            fail_msg("%s = %s: not what the file would give", cases[i].path, cases[i].value);
        }
        weft_chip_destroy(chip);
        weft_chip_destroy(written);
    }
}

/* Every constant, set to what it is, changes nothing; nor does the text that follows. */
static void setting_what_is_there_changes_nothing(void **state) {
    (void)state;
    weft_chip *chip = chip_with("");
    weft_total before = total_on(chip, "R32,V64");
    weft_constant constant;
    for (int i = 0; weft_chip_constant(chip, i, &constant); i++) {
        char value[64];
        snprintf(value, sizeof value, "%.17g %s", constant.value, constant.unit);
        set(chip, constant.name, value);
        weft_constant after;
        assert_true(weft_chip_constant(chip, i, &after));
        assert_string_equal(after.name, constant.name);
        assert_true(after.value == constant.value);
        assert_string_equal(after.unit, constant.unit);
    }
    weft_total after = total_on(chip, "R32,V64");
    weft_total again = read_again(chip, "R32,V64");
    assert_true(same(&before, &after) && same(&before, &again));
    weft_chip_destroy(chip);
}

static void the_source_tells_what_was_there(void **state) {
    (void)state;
    weft_chip *chip = chip_with("");
    weft_constant constant;
    set(chip, "cell.read_time", "5 ns");
    assert_true(find_constant(chip, "cell.read_time", &constant));
    assert_true(constant.value == 5);
    assert_non_null(strstr(constant.source, "set; the file says 3.16 ns: SimConfig.ini"));
    set(chip, "cell.read_time", "6000 ps");
    assert_true(find_constant(chip, "cell.read_time", &constant));
    assert_true(constant.value == 6000);
    assert_string_equal(constant.unit, "ps");
    assert_non_null(strstr(constant.source, "3.16 ns"));
    assert_non_null(strstr(weft_chip_text(chip), "6000"));
    weft_chip_destroy(chip);
}

/* Rows and those of a sub-array fit each other only once both are set. */
static void values_may_be_set_in_any_order(void **state) {
    (void)state;
    static const char *const paths[] = {"crossbar.rows", "crossbar.subarray_rows"};
    for (int first = 0; first < 2; first++) {
        weft_chip *chip = chip_with("");
        set(chip, paths[first], "96");
        set(chip, paths[1 - first], "96");
        assert_true(total_on(chip, "V32").energy_j > 0);
        weft_chip_destroy(chip);
    }
    weft_error error;
    weft_priced *priced = NULL;
    weft_chip *chip = chip_with("");
    set(chip, "crossbar.rows", "96");
    assert_int_equal(weft_priced_create(chip, &priced, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "subarray_rows"));
    weft_chip_destroy(chip);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void wrong_paths_and_values_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *path, *value;
        weft_status status;
        const char *says;
    } cases[] = {
        {"crossbar.rowz", "64", WEFT_ERROR_USAGE, "crossbar.rows"},
        {"xbar.driver_aria", "64", WEFT_ERROR_USAGE, "crossbar.driver_area"},
        {"rows", "64", WEFT_ERROR_USAGE, "crossbar.rows, mesh.rows"},
        {"zzz", "64", WEFT_ERROR_USAGE, "weft chip show"},
        {"", "64", WEFT_ERROR_USAGE, "has no ''"},
        {".", "64", WEFT_ERROR_USAGE, "has no '.'"},
        {"crossbar.", "64", WEFT_ERROR_USAGE, "has no 'crossbar.'"},
        {"crossbar.rows", "0", WEFT_ERROR_INPUT, "outside 1 to 65536"},
        {"crossbar.rows", "-4", WEFT_ERROR_INPUT, "outside 1 to 65536"},
        {"crossbar.rows", "nan", WEFT_ERROR_INPUT, "outside 1 to 65536"},
        {"crossbar.rows", "1e99", WEFT_ERROR_INPUT, "outside 1 to 65536"},
        {"crossbar.rows", "64.5", WEFT_ERROR_INPUT, "whole number"},
        {"crossbar.rows", "many", WEFT_ERROR_INPUT, "takes a number"},
        {"crossbar.rows", "", WEFT_ERROR_INPUT, "takes a number"},
        {"crossbar.rows", "64 ns", WEFT_ERROR_INPUT, "unknown unit 'ns'"},
        {"cell.read_time", "4 n", WEFT_ERROR_INPUT, "s, ms, us, ns"},
        {"crossbar.signs", "pairs", WEFT_ERROR_INPUT, "pair"},
        {"pe.adc", "isaac-9b", WEFT_ERROR_INPUT, "isaac-8b"},
    };
    weft_chip *chip = chip_with("");
    weft_total before = total_on(chip, "V32");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_error error;
        char text[2048];
        assert_int_equal(weft_chip_set(chip, cases[i].path, cases[i].value, &error),
                         cases[i].status);
        weft_error_format(&error, text, sizeof text);
        if (strstr(text, cases[i].says) == NULL) {
            fail_msg("%s = %s: expected '%s' in: %s", cases[i].path, cases[i].value, cases[i].says,
                     text);
        }
    }
    weft_total after = total_on(chip, "V32");
    assert_true(same(&before, &after));
    weft_chip_destroy(chip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_set_is_a_value_written),
        cmocka_unit_test(setting_what_is_there_changes_nothing),
        cmocka_unit_test(the_source_tells_what_was_there),
        cmocka_unit_test(values_may_be_set_in_any_order),
        cmocka_unit_test(wrong_paths_and_values_are_refused),
    };
    return cmocka_run_group_tests_name("hardware: set", tests, NULL, NULL);
}
