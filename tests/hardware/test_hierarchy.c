/* SPDX-License-Identifier: Apache-2.0
 * Hierarchical chips: what their files give, what is refused with its place and what to do, what is
 * doubted, and what settings and --set change. */
#include "hardware/support.h"

#include <math.h>

/* Lines are counted below: a line here is a line of the file. */
static const char GOOD[] =
    "weft: chip/2\n"                                                   /* 1 */
    "name: small\n"                                                    /* 2 */
    "choices: {node_scaling: linear}\n"                                /* 3 */
    "parameters:\n"                                                    /* 4 */
    "  node: {value: 32, unit: nm, source: \"a node\"}\n"              /* 5 */
    "  voltage: {value: 0.9, unit: V, source: \"a supply\"}\n"         /* 6 */
    "  pulse: {value: 5, unit: ns, source: \"a pulse\"}\n"             /* 7 */
    "expressions:\n"                                                   /* 8 */
    "  sharing: \"columns / 8\"\n"                                     /* 9 */
    "  rate: \"1 / cycle\"\n"                                          /* 10 */
    "operands:\n"                                                      /* 11 */
    "  inputs: {bits: 8, encoding: offset, slice: 1}\n"                /* 12 */
    "  weights: {bits: 8, encoding: offset, slice: 2}\n"               /* 13 */
    "  outputs: {bits: 8}\n"                                           /* 14 */
    "cycle: {time: \"2 * pulse\", at_least: {\"the pulse\": pulse}}\n" /* 15 */
    "levels:\n"                                                        /* 16 */
    "  - level: chip\n"                                                /* 17 */
    "    parts:\n"                                                     /* 18 */
    "      store: {class: fixed, acts: buffer, on: [inputs, outputs], holds: [P, Q, N, "
    "X],\n"                                                                        /* 19 */
    "              energy: 1e-12, write_energy: 2e-12, area: 1e-9, word: 8}\n"     /* 20 */
    "  - level: array\n"                                                           /* 21 */
    "    count: 512\n"                                                             /* 22 */
    "    fill: [[Y], [R, S], [M, C], [G], [P, Q], [N]]\n"                          /* 23 */
    "    parameters:\n"                                                            /* 24 */
    "      rows: {value: 64, unit: \"1\", source: \"a size\"}\n"                   /* 25 */
    "      columns: {value: 64, unit: \"1\", source: \"a size\"}\n"                /* 26 */
    "    parts:\n"                                                                 /* 27 */
    "      adc: {class: adc, acts: readout, resolution: 6, area_scale: sharing}\n" /* 28 */
    "      count: {class: counter, acts: with, width: 8}\n"                        /* 29 */
    "  - level: column\n"                                                          /* 30 */
    "    count: columns\n"                                                         /* 31 */
    "    shares: inputs\n"                                                         /* 32 */
    "    fill: [[Y], [M]]\n"                                                       /* 33 */
    "  - level: row\n"                                                             /* 34 */
    "    count: rows\n"                                                            /* 35 */
    "    shares: outputs\n"                                                        /* 36 */
    "    fill: [[C, R, S]]\n"                                                      /* 37 */
    "    parts:\n"                                                                 /* 38 */
    "      cell: {class: fixed, acts: cell, energy: 1e-15, area: 1e-13}\n"         /* 39 */
    "execution: {accounting: resident, order: layers}\n";                          /* 40 */

/* The good file with one place of it changed. */
static const char *changed(const char *old, const char *by, char *text, size_t size) {
    const char *at = strstr(GOOD, old);
    if (at == NULL || strstr(at + 1, old) != NULL) {
        fail_msg("'%s' does not stand once in the file", old);
        return GOOD;
    }
    int n = snprintf(text, size, "%.*s%s%s", (int)(at - GOOD), GOOD, by, at + strlen(old));
    assert_true(n > 0 && (size_t)n < size);
    return text;
}

static weft_chip *parse(const char *text) {
    weft_error error;
    weft_chip *chip = NULL;
    expect_ok(weft_chip_parse(text, strlen(text), "small.yaml", &chip, &error), &error, "chip");
    return chip;
}

static weft_total total_on(const weft_chip *chip) {
    weft_error error;
    weft_priced *priced = NULL;
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_total total = total_of(priced, "V32");
    weft_priced_destroy(priced);
    return total;
}

static bool same(const weft_total *a, const weft_total *b) {
    return a->energy_j == b->energy_j && a->latency_s == b->latency_s &&
           a->area_mm2 == b->area_mm2 && a->crossbars == b->crossbars;
}

static weft_cost *cost_on(const weft_chip *chip) {
    weft_error error;
    weft_priced *priced = NULL;
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_network *network = imc_network("V32", 32, 1);
    weft_cost *cost = cost_of(priced, network);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    return cost;
}

/* ---- good files ------------------------------------------------------------------------------ */

static void the_file_says_what_it_is(void **state) {
    (void)state;
    weft_chip *chip = parse(GOOD);
    weft_constant constant;
    weft_chip_about about;
    assert_string_equal(weft_chip_name(chip), "small");
    weft_chip_get_about(chip, &about);
    assert_string_equal(about.format, "chip/2");
    assert_true(about.node_m == 32e-9);
    int n = 0;
    for (; weft_chip_constant(chip, n, &constant); n++) {
        assert_true(constant.unit[0] != '\0' && constant.source[0] != '\0');
    }
    assert_int_equal(n, 5);
    weft_chip_destroy(chip);
}

/* By hand, 2 bit of 8 a cell, 1 bit of an input a step: the first layer of V32 has 27 rows and 32 x 4
 * columns, of 32 x 32 pixels. */
static void the_counts_are_those_by_hand(void **state) {
    (void)state;
    weft_chip *chip = parse(GOOD);
    weft_cost *cost = cost_on(chip);
    const weft_layer_cost *row = &cost->layers[0];
    assert_int_equal(cost->n_parts, 4);
    assert_int_equal(row->crossbars, 2);
    assert_true(row->cycles == 32 * 32 * 8);
    assert_true(row->actions_by[1] == 32. * 32 * 8 * 128); /* the converter reads each column */
    assert_true(row->actions_by[2] == row->actions_by[1]); /* and the counter goes with it */
    assert_true(row->actions_by[3] == 27. * 128 * 32 * 32 * 8);
    assert_true(fabs(row->energy_by[3] / (row->actions_by[3] * 1e-15) - 1) < 1e-12);
    assert_true(fabs(row->latency_s / (32 * 32 * 8 * 10e-9) - 1) < 1e-12);
    assert_true(fabs(row->utilisation - 27. * 128 / (2 * 64 * 64)) < 1e-12);
    assert_true(fabs(cost->area_by[0] / 1e-3 - 1) < 1e-12);
    assert_true(fabs(cost->area_by[3] / (512. * 64 * 64 * 1e-7) - 1) < 1e-12);
    weft_cost_destroy(cost);
    weft_chip_destroy(chip);
}

/* A field takes the chip's parameter or expression of its name, a word the chip's choice. */
static void fields_take_what_the_chip_says(void **state) {
    (void)state;
    static const char *const SAME[][2] = {
        {"resolution: 6,", "resolution: 6, node: node, voltage: voltage,"},
        {"resolution: 6,", "resolution: 6, rate: \"1 / (2 * pulse)\","},
        {"resolution: 6,", "resolution: {value: 6, unit: bit, source: \"a size\"},"},
        {"resolution: 6,", "resolution: \"min(6, 7)\","},
        {"choices: {node_scaling: linear}", "choices: {}"},
        {"columns / 8", "if(columns - 63, columns / 8, 1)"},
        {"count: 512", "count: {value: 512, unit: \"1\", source: \"a count\"}"},
        {"holds: [P, Q, N, X]", "holds: [X, N, Q, P]"},
    };
    static const char *const OTHER[][2] = {
        {"resolution: 6,", "resolution: 6, node: 4.5e-8,"},
        {"resolution: 6,", "resolution: 6, fit: isaac,"},
        {"value: 64, unit: \"1\", source: \"a size\"}\n      columns",
         "value: 63, unit: \"1\", source: \"a size\"}\n      columns"},
        {"slice: 2", "slice: 3"},
        {"accounting: resident", "accounting: alone"},
        {"2 * pulse", "3 * pulse"},
    };
    char text[4096];
    weft_chip *chip = parse(GOOD);
    weft_total good = total_on(chip);
    weft_chip_destroy(chip);
    for (size_t i = 0; i < sizeof SAME / sizeof SAME[0] + sizeof OTHER / sizeof OTHER[0]; i++) {
        size_t n = sizeof SAME / sizeof SAME[0];
        const char *const *change = i < n ? SAME[i] : OTHER[i - n];
        chip = parse(changed(change[0], change[1], text, sizeof text));
        weft_total total = total_on(chip);
        if (same(&good, &total) != (i < n)) {
            fail_msg("%s: the figures are%s the same", change[1], i < n ? " not" : "");
        }
        weft_chip_destroy(chip);
    }
}

/* ---- bad files ------------------------------------------------------------------------------- */

typedef struct fault {
    const char *old, *by;       /* the change */
    int line, column;           /* 0: no place is known, or the column does not matter */
    const char *message, *hint; /* what they hold */
} fault;

static void expect_faults(const fault *faults, size_t n) {
    char text[8192];
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const fault *f = &faults[i];
        weft_error error = {0};
        weft_chip *chip = NULL;
        weft_priced *priced = NULL;
        changed(f->old, f->by, text, sizeof text);
        weft_status status = weft_chip_parse(text, strlen(text), "small.yaml", &chip, &error);
        if (status == WEFT_OK) {
            status = weft_priced_create(chip, &priced, &error);
        }
        bool right =
            status == WEFT_ERROR_INPUT && error.line == f->line &&
            (f->column == 0 || error.column == f->column) &&
            strstr(error.message, f->message) != NULL &&
            (strstr(error.hint, f->hint) != NULL || strstr(error.message, f->hint) != NULL);
        if (!right) {
            wrong++;
            print_error("%s: status %d at %d:%d, '%s', '%s'\n", f->by, status, error.line,
                        error.column, error.message, error.hint);
        }
        weft_priced_destroy(priced);
        weft_chip_destroy(chip);
    }
    assert_int_equal(wrong, 0);
}
#define EXPECT_FAULTS(faults) expect_faults(faults, sizeof(faults) / sizeof((faults)[0]))

static void parameters_are_refused_with_their_place(void **state) {
    (void)state;
    static const fault FAULTS[] = {
        {"unit: nm, ", "", 5, 0, "unit", ""},
        {"unit: nm", "unit: nmm", 5, 27, "unknown unit 'nmm'", "did you mean"},
        {"unit: nm", "unit: furlong", 5, 0, "unknown unit", ""},
        {", source: \"a node\"", "", 5, 0, "source", ""},
        {"\"a node\"", "\"\"", 5, 0, "source", ""},
        {"value: 32", "value: big", 5, 0, "big", ""},
        {"value: 32", "value: .nan", 5, 0, "", ""},
        {"value: 32", "value: 32, valeu: 3", 5, 0, "valeu", "value"},
        {"  pulse: {value: 5, unit: ns, source: \"a pulse\"}", "  pulse: 5", 7, 0, "", ""},
        {"  voltage:", "  node: {value: 3, unit: nm, source: s}\n  voltage:", 6, 0, "node", ""},
        {"sharing: \"col", "pulse: 3\n  sharing: \"col", 9, 0, "'pulse' is there already", ""},
        {"sharing: \"col",
         "a_name_that_is_much_longer_than_forty_seven_letters: 3\n  sharing: \"col", 9, 0,
         "longer than 47", ""},
        {"parameters:\n  node", "parametres:\n  node", 4, 1, "parametres", "parameters"},
    };
    EXPECT_FAULTS(FAULTS);
}

static void expressions_are_refused_with_their_place(void **state) {
    (void)state;
    static const fault FAULTS[] = {
        {"columns / 8", "colums / 8", 9, 0, "colums", "colums / 8"},
        {"columns / 8", "columns / / 8", 9, 0, "", "columns / / 8"},
        {"columns / 8", "sharing / 8", 9, 12, "'sharing': needs itself", "sharing / 8"},
        {"columns / 8", "rate2\"\n  rate2: \"rate3 + 1\"\n  rate3: \"sharing", 9, 0,
         "needs itself, through others", ""},
        {"2 * pulse", "cycle", 15, 0, "'cycle': needs itself", ""},
        {"slice: 1", "slice: \"input_slices\"", 12, 0, "needs itself", ""},
        {"columns / 8", "columns / (8 - 8)", 9, 12, "not a finite number", ""},
        {"columns / 8", "log(0 - columns)", 9, 12, "not a finite number", ""},
        {"columns / 8", "columns <= 8", 9, 0, "", ""},
        {"count: columns", "count: [3]", 31, 0, "", ""},
    };
    EXPECT_FAULTS(FAULTS);
}

static void parts_are_refused_with_their_place(void **state) {
    (void)state;
    static const fault FAULTS[] = {
        {"class: adc,", "class: adx,", 28, 20, "unknown class 'adx'", "did you mean 'adc'?"},
        {"class: adc,", "class: teleporter,", 28, 0, "unknown class", "parts-periphery.md"},
        {"class: adc, ", "", 28, 0, "class", ""},
        {"acts: readout", "acts: readuot", 28, 0, "readuot", "readout"},
        {", acts: cell", "", 39, 0, "acts", ""},
        {"resolution: 6", "resolutoin: 6", 28, 0, "resolutoin", "resolution"},
        {"resolution: 6,", "resolution: 6, fit: isaak,", 28, 0, "isaak", "isaac"},
        {"resolution: 6,", "resolution: 6, scales_with: inputz,", 28, 0, "inputz", "input"},
        {", on: [inputs, outputs]", "", 19, 0, "expected `on: inputs`", ""},
        {"on: [inputs, outputs]", "on: [inputs, output]", 19, 0, "output", "outputs"},
        {"holds: [P, Q, N, X]", "holds: [P, C]", 19, 0, "N, P, Q and X", ""},
        {"holds: [P, Q, N, X]", "holds: [P, Z]", 19, 0, "Z", ""},
        {"      count: {class: counter", "      adc: {class: counter", 29, 0, "adc", ""},
        {"cell: {class: fixed", "adc: {class: fixed", 39, 0, "stands at level 'array' already", ""},
        {"cell: {class: fixed, acts: cell", "cell: {class: fixed, acts: with", 39, 0,
         "first of level 'row'", ""},
        {"resolution: 6", "resolution: {value: 6, unit: bit}", 28, 0, "source", ""},
        {"resolution: 6", "resolution: columnz", 28, 0, "columnz", ""},
    };
    EXPECT_FAULTS(FAULTS);
}

static void levels_are_refused_with_their_place(void **state) {
    (void)state;
    static const fault FAULTS[] = {
        {"level: row", "level: column", 34, 0, "two levels named 'column'", ""},
        {"level: row\n", "levle: row\n", 34, 0, "level", ""},
        {"shares: outputs", "shares: output", 36, 0, "output", "outputs"},
        {"fill: [[C, R, S]]", "fill: [[C, R, S, M]]", 34, 0,
         "level 'row' shares outputs and cannot be filled with M", ""},
        {"fill: [[Y], [M]]", "fill: [[Y], [C]]", 30, 0, "cannot be filled with C", ""},
        {"fill: [[C, R, S]]", "fill: [[C, R, T]]", 37, 0, "T", ""},
        {"fill: [[C, R, S]]", "fill: al", 37, 0, "al", "all"},
        {"fill: [[C, R, S]]", "fill: [[C, R, S, G, N]]", 37, 0, "1 to 4 dimensions", ""},
        {"fill: [[C, R, S]]", "fill: [[], [C]]", 37, 0, "1 to 4 dimensions", ""},
        {"count: rows", "count: \"rows / 3\"", 35, 12, "whole number", ""},
        {"count: rows", "count: 0", 35, 12, "row.count", ""},
        {"count: rows", "count: 1e9", 35, 12, "row.count", ""},
        {"shares: outputs", "gatd: true", 36, 0, "gatd", "gated"},
    };
    EXPECT_FAULTS(FAULTS);
    weft_error error;
    weft_chip *chip = NULL;
    char text[4096];
    const char *levels = strstr(GOOD, "levels:");
    static const char *const BAD[] = {"levels: []\n", "levels: 3\n", "levels:\n  - {level: chip}\n",
                                      ""};
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "%.*s%s", (int)(levels - GOOD), GOOD, BAD[i]);
        assert_int_equal(weft_chip_parse(text, strlen(text), "small.yaml", &chip, &error),
                         WEFT_ERROR_INPUT);
        assert_true(strstr(error.message, "levels") != NULL && chip == NULL);
    }
}

static void operands_and_execution_are_refused(void **state) {
    (void)state;
    static const fault FAULTS[] = {
        {"encoding: offset, slice: 1", "encoding: ofset, slice: 1", 12, 0, "encoding", "offset"},
        {", encoding: offset, slice: 2", "", 13, 0, "encoding", ""},
        {"  outputs: {bits: 8}\n", "", 12, 0, "outputs", ""},
        {"outputs: {bits: 8}", "outputs: {bits: 8, slice: 3}", 14, 0, "slice", ""},
        {"{bits: 8, encoding: offset, slice: 1}", "{bits: 0, encoding: offset}", 12, 18,
         "'input_bits' is 0", ""},
        {"{bits: 8, encoding: offset, slice: 2}", "{bits: 65, encoding: offset}", 13, 19,
         "'weight_bits' is 65", ""},
        {"{bits: 8, encoding: offset, slice: 2}", "{bits: 7.5, encoding: offset}", 13, 19,
         "whole number", ""},
        {"2 * pulse", "0 * pulse", 10, 9, "cycle", ""},
        {"2 * pulse", "1e13 * pulse", 0, 0, "cycle", ""},
        {"accounting: resident", "accounting: residant", 40, 0, "accounting", "resident"},
        {"order: layers", "order: sideways", 40, 0, "order", ""},
        {"order: layers", "order: layers, bach: 3", 40, 0, "bach", "batch"},
        {"choices: {node_scaling: linear}", "choices: {node_scaling: linaer}", 0, 0,
         "knows no 'linaer'", "linear"},
        {"choices: {node_scaling: linear}", "choices: {node_scalling: linear}", 0, 0,
         "no part has a field", "node_scaling"},
        {"name: small\n", "", 1, 0, "name", ""},
        {"name: small\n", "name: small\nbase: none-such\n", 3, 0, "base", ""},
    };
    EXPECT_FAULTS(FAULTS);
}

/* Out of all meaning is an error, beyond the data of the model a warning with its range. */
static void ranges_are_told(void **state) {
    (void)state;
    static const fault FAULTS[] = {
        {"resolution: 6", "resolution: 0", 28, 52, "'resolution' is 0 bit; expected 1 to 16", ""},
        {"resolution: 6", "resolution: 40", 28, 52, "part 'adc'", ""},
        {"resolution: 6", "node: 1e-3, resolution: 6", 28, 46, "'node' is 0.001", ""},
        {"resolution: 6, ", "", 0, 0, "needs 'resolution': bits of a conversion", ""},
        {"area_scale: sharing", "area_scale: -1", 0, 0, "'adc.area_scale' is -1; expected 0 to",
         ""},
        {"area_scale: sharing", "area_scale: 1e300", 0, 0, "'adc.area_scale' is 1e+300", ""},
        {"area_scale: sharing", "instances: -1", 0, 0, "'adc.instances' is -1", ""},
        {"order: layers", "order: layers, batch: 0", 0, 0,
         "'execution.batch' is 0; expected a whole number, 1 to", ""},
        {"order: layers", "order: layers, batch: 1.5", 0, 0, "whole number", ""},
        {"order: layers", "order: layers, copies: -1", 0, 0, "'execution.copies' is -1", ""},
        {"order: layers", "order: layers, step_cycles: 0", 0, 0, "step_cycles", ""},
        {"order: layers", "order: layers, strides: 2", 0, 0, "0 to 1", ""},
        {"order: layers", "order: layers, inferences: -1", 0, 0, "inferences", ""},
        {"word: 8", "word: 0", 0, 0, "'store.word' is 0", ""},
    };
    char text[4096];
    EXPECT_FAULTS(FAULTS);
    weft_chip *chip =
        parse(changed("resolution: 6", "resolution: 6, rate: 100", text, sizeof text));
    weft_cost *cost = cost_on(chip);
    bool found = false;
    for (int i = 0; i < cost->n_warnings; i++) {
        found = found || strstr(cost->warnings[i], "adc: rate = 100 is outside of 1000 to 1e+10");
    }
    assert_true(found);
    weft_cost_destroy(cost);
    weft_chip_destroy(chip);
}

static void what_cannot_work_has_a_reason(void **state) {
    (void)state;
    static const char *const CASES[][3] = {
        {"2 * pulse", "0.5 * pulse", "too short for the pulse"},
        {"count: 512", "count: 3", "arrays"},
        {"order: layers", "order: layers, area_limit: 1e-12", "mm2"},
        {"order: layers", "order: layers, power_limit: 1e-12", "limit"},
        {"order: layers", "order: layers, density_limit: 1e-12", "limit"},
    };
    char text[4096];
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        weft_error error;
        weft_priced *priced = NULL;
        weft_workload *workload = NULL;
        weft_total total;
        weft_chip *chip = parse(changed(CASES[i][0], CASES[i][1], text, sizeof text));
        weft_network *network = imc_network("V32", 32, 1);
        expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
        expect_ok(weft_workload_create(network, &workload, &error), &error, "V32");
        assert_int_equal(weft_estimate(priced, workload, &total, &error), WEFT_ERROR_INFEASIBLE);
        if (strstr(error.message, CASES[i][2]) == NULL) {
            fail_msg("%s: '%s'", CASES[i][1], error.message);
        }
        weft_workload_destroy(workload);
        weft_network_destroy(network);
        weft_priced_destroy(priced);
        weft_chip_destroy(chip);
    }
}

/* ---- settings and --set ---------------------------------------------------------------------- */

static weft_chip *standing_on(const char *settings) {
    char text[4096];
    snprintf(text, sizeof text, "weft: chip/2\nname: mine\nbase: generic-rram\nsettings:\n%s",
             settings);
    return parse(text);
}

static void settings_change_a_base(void **state) {
    (void)state;
    weft_error error;
    weft_chip *base = NULL;
    weft_chip *plain = standing_on("  rows: {value: 128, unit: \"1\", source: s}\n");
    weft_chip *other = standing_on("  array.rows: {value: 64, unit: \"1\", source: s}\n"
                                   "  adc.resolution: \"resolution - 1\"\n"
                                   "  adc.fit: isaac\n"
                                   "  execution.accounting: reload\n"
                                   "  execution.batch: 4\n"
                                   "  row_drivers.area_scale: 2\n");
    expect_ok(weft_chip_read("generic-rram", &base, &error), &error, "base");
    weft_total a = total_on(base);
    weft_total b = total_on(plain);
    weft_total c = total_on(other);
    assert_true(same(&a, &b));
    assert_false(same(&a, &c));
    assert_string_equal(weft_chip_name(other), "mine");
    weft_chip_destroy(base);
    weft_chip_destroy(plain);
    weft_chip_destroy(other);
}

static void bad_settings_are_refused_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *line, *message, *hint;
    } BAD[] = {
        {"  rowz: 3\n", "the chip has no 'rowz'", "rows"},
        {"  adc.resolutoin: 3\n", "the chip has no", ""},
        {"  rows: {value: 3, unit: nm, source: s}\n", "measures something else", ""},
        {"  rows: {value: 3, unit: \"1\"}\n", "source", ""},
        {"  adc.fit: isaak\n", "isaak", "isaac"},
        {"  execution.order: sideways\n", "sideways", ""},
        {"  rows: \"rows + 1\"\n", "needs itself", ""},
        {"  rows: \"no_such_name\"\n", "no_such_name", ""},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char text[1024];
        weft_error error = {0};
        weft_chip *chip = NULL;
        snprintf(text, sizeof text, "weft: chip/2\nname: mine\nbase: generic-rram\nsettings:\n%s",
                 BAD[i].line);
        weft_status status = weft_chip_parse(text, strlen(text), "mine.yaml", &chip, &error);
        if (status != WEFT_ERROR_INPUT || strstr(error.message, BAD[i].message) == NULL ||
            strstr(error.hint, BAD[i].hint) == NULL || error.line != 5) {
            fail_msg("%s: status %d, line %d, '%s', '%s'", BAD[i].line, status, error.line,
                     error.message, error.hint);
        }
    }
}

/* What is set is what a file would say, and the text that is kept gives it again. */
static void a_value_set_is_a_value_written(void **state) {
    (void)state;
    static const struct {
        const char *path, *value, *old, *by;
    } CASES[] = {
        {"pulse", "7", "{value: 5,", "{value: 7,"},
        {"chip.pulse", "7 ns", "{value: 5,", "{value: 7,"},
        {"pulse", "7000ps", "{value: 5,", "{value: 7,"},
        {"array.rows", "48", "value: 64, unit: \"1\", source: \"a size\"}\n      columns",
         "value: 48, unit: \"1\", source: \"a size\"}\n      columns"},
        {"rows", "48", "value: 64, unit: \"1\", source: \"a size\"}\n      columns",
         "value: 48, unit: \"1\", source: \"a size\"}\n      columns"},
        {"adc.resolution", "5", "resolution: 6", "resolution: 5"},
        {"array.adc.resolution", "5", "resolution: 6", "resolution: 5"},
        {"adc.resolution", "rows / 16 + 1", "resolution: 6", "resolution: 5"},
        {"adc.fit", "isaac", "resolution: 6,", "resolution: 6, fit: isaac,"},
        {"adc.energy_scale", "3", "resolution: 6,", "resolution: 6, energy_scale: 3,"},
        {"sharing", "columns / 4", "columns / 8", "columns / 4"},
        {"execution.order", "pipeline", "order: layers", "order: pipeline"},
        {"execution.copies", "0", "order: layers", "order: layers, copies: 0"},
        {"array.count", "600", "count: 512", "count: 600"},
        {"cell.energy", "2 fJ", "energy: 1e-15", "energy: 2e-15"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[4096];
        weft_error error;
        weft_chip *chip = parse(GOOD);
        expect_ok(weft_chip_set(chip, CASES[i].path, CASES[i].value, &error), &error,
                  CASES[i].path);
        weft_chip *again = parse(weft_chip_text(chip));
        weft_chip *written = parse(changed(CASES[i].old, CASES[i].by, text, sizeof text));
        weft_total totals[] = {total_on(chip), total_on(again), total_on(written)};
        if (!same(&totals[0], &totals[1]) || !same(&totals[0], &totals[2])) {
            fail_msg("%s = %s: not what the file would give", CASES[i].path, CASES[i].value);
        }
        assert_string_equal(weft_chip_text(chip), weft_chip_text(again));
        weft_chip_destroy(chip);
        weft_chip_destroy(again);
        weft_chip_destroy(written);
    }
}

/* However a file writes its settings, those that are not set again stay. */
static void other_settings_stay(void **state) {
    (void)state;
    static const char *const FILES[] = {
        "weft: chip/2\nname: mine\nbase: generic-rram\nsettings:\n"
        "  rows: {value: 32, unit: \"1\", source: s}\n  adc.fit: isaac\n",
        "weft: chip/2\nname: mine\nbase: generic-rram\n"
        "settings: {rows: {value: 32, unit: \"1\", source: s}, adc.fit: isaac}",
        "{weft: chip/2, name: mine, base: generic-rram, "
        "settings: {rows: {value: 32, unit: \"1\", source: s}, adc.fit: isaac}}",
        "weft: chip/2\nname: mine\nsettings: # of mine\n     adc.fit: isaac\n\n     rows:\n"
        "          value: 32\n          unit: \"1\"\n          source: s\nbase: generic-rram",
        "weft: chip/2\nname: mine\nbase: generic-rram\nsettings:\n  # fewer\n  'rows':\n"
        "    value: 32\n    unit: \"1\"\n    source: s\n  adc.fit: isaac",
    };
    static const char *const SET[][2] = {{"columns", "64"},     {"adc.resolution", "5"},
                                         {"array.rows", "48"},  {"rows", "40"},
                                         {"adc.fit", "survey"}, {"columns", "32"}};
    weft_total first[sizeof SET / sizeof SET[0]];
    for (size_t f = 0; f < sizeof FILES / sizeof FILES[0]; f++) {
        weft_error error;
        weft_chip *chip = parse(FILES[f]);
        for (size_t i = 0; i < sizeof SET / sizeof SET[0]; i++) {
            expect_ok(weft_chip_set(chip, SET[i][0], SET[i][1], &error), &error, SET[i][0]);
            weft_chip *again = parse(weft_chip_text(chip));
            weft_total totals[] = {total_on(chip), total_on(again)};
            first[i] = f == 0 ? totals[0] : first[i];
            if (!same(&totals[0], &totals[1]) || !same(&totals[0], &first[i])) {
                fail_msg("file %zu, %s: %s", f, SET[i][0], weft_chip_text(chip));
            }
            weft_chip_destroy(again);
        }
        weft_chip_destroy(chip);
    }
}

/* Setting a path again replaces what was set before. */
static void setting_again_replaces(void **state) {
    (void)state;
    weft_error error;
    weft_chip *once = parse(GOOD);
    weft_chip *often = parse(GOOD);
    static const char *const VALUES[] = {"9 ns", "80 ps", "rows * 1e-10", "6 us"};
    for (int i = 0; i < 4; i++) {
        expect_ok(weft_chip_set(often, "pulse", VALUES[i], &error), &error, VALUES[i]);
        expect_ok(weft_chip_set(often, "adc.fit", i % 2 ? "survey" : "isaac", &error), &error,
                  "fit");
    }
    expect_ok(weft_chip_set(once, "pulse", "6 us", &error), &error, "pulse");
    expect_ok(weft_chip_set(once, "adc.fit", "survey", &error), &error, "fit");
    weft_total a = total_on(once);
    weft_total b = total_on(often);
    assert_true(same(&a, &b));
    assert_int_equal(strlen(weft_chip_text(once)), strlen(weft_chip_text(often)));
    weft_chip_destroy(once);
    weft_chip_destroy(often);
}

static void what_cannot_be_set_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *path, *value;
        weft_status status;
        const char *message, *hint;
    } BAD[] = {
        {"rowz", "3", WEFT_ERROR_USAGE, "no 'rowz'", "rows"},
        {"array.rowz", "3", WEFT_ERROR_USAGE, "no 'array.rowz'", "rows"},
        {"adc.fits", "3", WEFT_ERROR_USAGE, "adc.fits", ""},
        {"rows", "3 nm", WEFT_ERROR_INPUT, "measures something else", ""},
        {"rows", "3 furlong", WEFT_ERROR_INPUT, "furlong", ""},
        {"adc.fit", "isaak", WEFT_ERROR_INPUT, "isaak", "isaac"},
        {"sharing", "columns /", WEFT_ERROR_INPUT, "", ""},
    };
    weft_chip *chip = parse(GOOD);
    char before[4096];
    snprintf(before, sizeof before, "%s", weft_chip_text(chip));
    weft_total total = total_on(chip);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        weft_error error = {0};
        weft_status status = weft_chip_set(chip, BAD[i].path, BAD[i].value, &error);
        if (status != BAD[i].status || strstr(error.message, BAD[i].message) == NULL ||
            strstr(error.hint, BAD[i].hint) == NULL) {
            fail_msg("%s = %s: status %d, '%s', '%s'", BAD[i].path, BAD[i].value, status,
                     error.message, error.hint);
        }
        weft_total after = total_on(chip);
        assert_true(same(&total, &after));
        assert_string_equal(before, weft_chip_text(chip));
    }
    weft_chip_destroy(chip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_says_what_it_is),
        cmocka_unit_test(the_counts_are_those_by_hand),
        cmocka_unit_test(fields_take_what_the_chip_says),
        cmocka_unit_test(parameters_are_refused_with_their_place),
        cmocka_unit_test(expressions_are_refused_with_their_place),
        cmocka_unit_test(parts_are_refused_with_their_place),
        cmocka_unit_test(levels_are_refused_with_their_place),
        cmocka_unit_test(operands_and_execution_are_refused),
        cmocka_unit_test(ranges_are_told),
        cmocka_unit_test(what_cannot_work_has_a_reason),
        cmocka_unit_test(settings_change_a_base),
        cmocka_unit_test(bad_settings_are_refused_with_their_place),
        cmocka_unit_test(a_value_set_is_a_value_written),
        cmocka_unit_test(other_settings_stay),
        cmocka_unit_test(setting_again_replaces),
        cmocka_unit_test(what_cannot_be_set_is_refused),
    };
    return cmocka_run_group_tests_name("hardware: hierarchy", tests, NULL, NULL);
}
