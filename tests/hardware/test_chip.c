/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip files: what they give, and what is refused with its place. */
#include "hardware/support.h"

#include <math.h>

/* ---- good files ------------------------------------------------------------------------------ */

static weft_chip *read_preset(const char *name) {
    weft_error error;
    weft_chip *chip = NULL;
    expect_ok(weft_chip_read(name, &chip, &error), &error, name);
    return chip;
}

static bool find_constant(const weft_chip *chip, const char *name, weft_constant *constant) {
    for (int i = 0; weft_chip_constant(chip, i, constant); i++) {
        if (strcmp(constant->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void every_constant_has_unit_and_source(void **state) {
    (void)state;
    weft_chip *chip = read_preset("mnsim-130nm-rram");
    weft_constant constant;
    int n = 0;
    while (weft_chip_constant(chip, n, &constant)) {
        assert_true(strlen(constant.name) > 2 && strchr(constant.name, '.') != NULL);
        assert_true(strlen(constant.unit) > 0 && strlen(constant.source) > 8);
        assert_true(isfinite(constant.value) && constant.value >= 0);
        n++;
    }
    assert_true(n > 150);
    assert_false(weft_chip_constant(chip, -1, &constant));
    assert_false(weft_chip_constant(chip, n + 1, &constant));
    weft_chip_destroy(chip);
}

/* The settings of the brief that the preset stands for, as written in the file. */
static void the_preset_holds_the_stock_settings(void **state) {
    (void)state;
    static const struct {
        const char *name, *unit;
        double value;
    } expected[] = {
        {"cell.resistance_high", "ohm", 1e6},
        {"cell.resistance_low", "ohm", 1e4},
        {"cell.read_voltage", "V", 0.15},
        {"cell.read_time", "ns", 3.16},
        {"cell.area", "um2", 1.44},
        {"crossbar.rows", "1", 256},
        {"crossbar.columns", "1", 256},
        {"pe.dacs", "1", 128},
        {"pe.adcs", "1", 128},
        {"dacs.isaac-1b.power", "mW", 0.0039},
        {"dacs.isaac-1b.area", "um2", 0.166},
        {"adcs.aspdac-6b.power", "mW", 1.26},
        {"adcs.aspdac-6b.bits", "bit", 6},
        {"adcs.aspdac-6b.rate", "GHz", 1},
        {"adcs.aspdac-6b.area", "um2", 1650},
        {"clock.frequency", "MHz", 500},
        {"mesh.rows", "1", 64},
        {"mesh.bandwidth", "Gbit/s", 20},
        {"tile.bandwidth", "Gbit/s", 1024},
        {"buffer.port", "bit", 64},
        {"precision.weights", "bit", 9},
        {"precision.activations", "bit", 9},
        {"buffer.sizes[8].capacity", "KiB", 512},
    };
    weft_chip *chip = read_preset("mnsim-130nm-rram");
    assert_string_equal(weft_chip_name(chip), "mnsim-130nm-rram");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        weft_constant constant;
        if (!find_constant(chip, expected[i].name, &constant)) {
            fail_msg("no constant %s", expected[i].name);
        }
        assert_string_equal(constant.unit, expected[i].unit);
        if (constant.value != expected[i].value) {
            fail_msg("%s: %.17g, expected %.17g", constant.name, constant.value, expected[i].value);
        }
    }
    weft_chip_destroy(chip);
}

static weft_total total_on(const weft_chip *chip) {
    weft_error error;
    weft_priced *priced = NULL;
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_total total = total_of(priced, "R32,V64");
    weft_priced_destroy(priced);
    return total;
}

static void text_read_again_gives_the_same_chip(void **state) {
    (void)state;
    static const char *const names[] = {"mnsim-130nm-rram", "mnsim-130nm-rram-8bit-adc"};
    for (int i = 0; i < 2; i++) {
        weft_error error;
        weft_chip *again = NULL;
        weft_chip *chip = read_preset(names[i]);
        const char *text = weft_chip_text(chip);
        expect_ok(weft_chip_parse(text, strlen(text), "again", &again, &error), &error, "again");
        assert_string_equal(weft_chip_text(again), text);
        assert_string_equal(weft_chip_name(again), names[i]);
        assert_true(total_on(again).energy_j == total_on(chip).energy_j);
        weft_chip_destroy(again);
        weft_chip_destroy(chip);
    }
}

static void a_priced_chip_outlives_its_chip(void **state) {
    (void)state;
    weft_priced *priced = priced_with(""); /* destroys the chip */
    assert_true(total_of(priced, "V8").energy_j > 0);
    weft_priced_destroy(priced);
    weft_priced_destroy(NULL);
    weft_chip_destroy(NULL);
    weft_workload_destroy(NULL);
    weft_cost_destroy(NULL);
}

static void a_base_is_changed_key_by_key(void **state) {
    (void)state;
    weft_constant constant;
    weft_chip *chip = chip_with("pe: {adc: mine, adcs: {value: 32, unit: \"1\", source: here}}\n"
                                "adcs:\n"
                                "  mine: {kind: flash, bits: {value: 5, unit: bit, source: s}, "
                                "rate: {value: 2, unit: GHz, source: s}, power: {value: 900, unit: "
                                "uW, source: s}, area: {value: 700, unit: um2, source: s}}\n"
                                "  isaac-8b: {power: {value: 3, unit: mW, source: changed}}\n");
    assert_string_equal(weft_chip_name(chip), "changed");
    assert_true(find_constant(chip, "pe.adcs", &constant));
    assert_true(constant.value == 32);
    assert_string_equal(constant.source, "here");
    assert_true(find_constant(chip, "pe.dacs", &constant) && constant.value == 128);
    assert_true(find_constant(chip, "adcs.isaac-8b.power", &constant) && constant.value == 3);
    assert_true(find_constant(chip, "adcs.isaac-8b.bits", &constant) && constant.value == 8);
    assert_true(find_constant(chip, "adcs.mine.power", &constant) && constant.value == 900);
    assert_string_equal(constant.unit, "uW");
    weft_chip_destroy(chip);
}

/* ---- bad files ------------------------------------------------------------------------------- */

/* Parses `text` and expects a fault in that line whose message holds `says`. */
static void expect_bad(const char *text, int line, const char *says) {
    weft_error error = {0};
    weft_chip *chip = NULL;
    weft_status status = weft_chip_parse(text, strlen(text), "bad.yaml", &chip, &error);
    if (status != WEFT_ERROR_INPUT || chip != NULL) {
        weft_chip_destroy(chip);
        fail_msg("status %d for:\n%s", (int)status, text);
    }
    if (strstr(error.message, says) == NULL || strstr(error.file, "bad.yaml") == NULL ||
        (line > 0 && error.line != line)) {
        fail_msg("expected line %d, '%s'; found %s:%d: %s (%s)", line, says, error.file, error.line,
                 error.message, error.hint);
    }
}

#define HEAD "name: bad\nbase: mnsim-130nm-rram\n"

static void bad_values_are_refused_with_their_place(void **state) {
    (void)state;
    expect_bad(HEAD "crossbar: {rowz: {value: 1, unit: \"1\", source: s}}\n", 3, "rowz");
    expect_bad(HEAD "crossbars: {}\n", 3, "crossbars");
    expect_bad(HEAD "cell:\n  read_time: {value: 3, source: s}\n", 4, "unit");
    expect_bad(HEAD "cell:\n  read_time: {value: 3, unit: ns}\n", 4, "source");
    expect_bad(HEAD "cell:\n  read_time: {value: 3, unit: ns, source: \"\"}\n", 4, "source");
    expect_bad(HEAD "cell:\n  read_time: {value: 3, unit: mW, source: s}\n", 4, "mW");
    expect_bad(HEAD "cell:\n  read_time: {value: -3, unit: ns, source: s}\n", 4, "read_time");
    expect_bad(HEAD "cell:\n  read_time: {value: .nan, unit: ns, source: s}\n", 4, "");
    expect_bad(HEAD "cell:\n  read_time: {value: .inf, unit: ns, source: s}\n", 4, "");
    expect_bad(HEAD "cell:\n  read_time: 3\n", 4, "read_time");
    expect_bad(HEAD "cell: 3\n", 3, "");
    expect_bad(HEAD "crossbar:\n  rows: {value: 0, unit: \"1\", source: s}\n", 4, "rows");
    expect_bad(HEAD "crossbar:\n  rows: {value: 2.5, unit: \"1\", source: s}\n", 4, "whole number");
    expect_bad(HEAD "crossbar:\n  rows: {value: 1e9, unit: \"1\", source: s}\n", 4, "rows");
    expect_bad(HEAD "crossbar:\n  signs: triple\n", 4, "signs");
    expect_bad(HEAD "mesh:\n  placement: spiral\n", 4, "placement");
    expect_bad(HEAD "precision:\n  weights: {value: 1, unit: bit, source: s}\n", 4, "weights");
}

static void bad_choices_are_refused(void **state) {
    (void)state;
    expect_bad(HEAD "pe:\n  adc: isaac-9b\n", 4, "there is no ADC 'isaac-9b'");
    expect_bad(HEAD "pe:\n  dac: \"\"\n", 4, "dac");
    expect_bad(HEAD "adcs: [1, 2]\n", 3, "converters by name");
    expect_bad(HEAD "adcs:\n  new: {kind: steps}\n", 4, "bits");
    expect_bad(HEAD "adcs:\n  isaac-8b: {kind: slow}\n", 4, "kind");
    expect_bad(HEAD "adcs:\n  isaac-8b: {speed: 3}\n", 4, "speed");
    expect_bad(HEAD "buffer:\n  sizes: []\n", 4, "sizes");
    expect_bad(HEAD "buffer:\n  sizes: 3\n", 4, "sizes");
    expect_bad(HEAD "crossbar:\n  subarray_rows: {value: 100, unit: \"1\", source: s}\n", 4,
               "multiple");
    expect_bad(HEAD "cell:\n  resistance_high: {value: 1, unit: kohm, source: s}\n", 4, "below");
}

static void bad_files_are_refused(void **state) {
    (void)state;
    expect_bad("", 0, "");
    expect_bad("- 1\n", 1, "");
    expect_bad("name: x\n", 0, "precision");
    expect_bad("base: mnsim-130nm-rram\n", 0, "name");
    expect_bad("name: x\nbase: nothing-like-it\n", 2, "nothing-like-it");
    expect_bad("name: x\nbase: ../chips/mnsim-130nm-rram.yaml\n", 2, "name of a preset");
    expect_bad("name: x\nname: y\n", 2, "");
    expect_bad("weft: chip/9\n" HEAD, 1, "weft");
    expect_bad("name: [\n", 0, "");
    weft_error error;
    weft_chip *chip = NULL;
    assert_int_equal(weft_chip_read("mnsim-130nm-ram", &chip, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.hint, "mnsim-130nm-rram"));
    assert_int_equal(weft_chip_read("/nowhere/chip.yaml", &chip, &error), WEFT_ERROR_IO);
    assert_null(chip);
}

/* The preset with any one line left out is either whole or refused, never a crash. */
static void a_missing_line_never_crashes(void **state) {
    (void)state;
    weft_chip *preset = read_preset("mnsim-130nm-rram");
    const char *text = weft_chip_text(preset);
    char *cut = malloc(strlen(text) + 1);
    int refused = 0;
    assert_non_null(cut);
    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        end = end != NULL ? end + 1 : line + strlen(line);
        size_t before = (size_t)(line - text);
        memcpy(cut, text, before);
        memcpy(cut + before, end, strlen(end) + 1);
        weft_error error;
        weft_chip *chip = NULL;
        weft_status status = weft_chip_parse(cut, strlen(cut), "cut", &chip, &error);
        assert_true(status == WEFT_OK || status == WEFT_ERROR_INPUT);
        refused += status != WEFT_OK;
        weft_chip_destroy(chip);
        line = end;
    }
    assert_true(refused > 180);
    free(cut);
    weft_chip_destroy(preset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_constant_has_unit_and_source),
        cmocka_unit_test(the_preset_holds_the_stock_settings),
        cmocka_unit_test(text_read_again_gives_the_same_chip),
        cmocka_unit_test(a_priced_chip_outlives_its_chip),
        cmocka_unit_test(a_base_is_changed_key_by_key),
        cmocka_unit_test(bad_values_are_refused_with_their_place),
        cmocka_unit_test(bad_choices_are_refused),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(a_missing_line_never_crashes),
    };
    return cmocka_run_group_tests_name("hardware/chip", tests, NULL, NULL);
}
