/* SPDX-License-Identifier: Apache-2.0
 * What a layer is charged with on a small chip whose every figure is a round number, so that each
 * count can be told by hand: copies, packed groups, weights in turns, parts that act with others. */
#include "hardware/support.h"

#include <math.h>

/* 16 arrays of 64 x 64 cells, four cells a weight of 8 bit, inputs bit by bit. */
static const char CHIP[] =
    "weft: chip/2\n"
    "name: small\n"
    "parameters:\n"
    "  arrays: {value: 16, unit: \"1\", source: \"a size\"}\n"
    "operands:\n"
    "  inputs: {bits: 8, encoding: offset, slice: 1}\n"
    "  weights: {bits: 8, encoding: offset, slice: 2}\n"
    "  outputs: {bits: 8}\n"
    "cycle: {time: \"10e-9\"}\n"
    "levels:\n"
    "  - level: chip\n"
    "    parts:\n"
    "      store: {class: fixed, acts: buffer, on: [inputs, outputs], holds: [P, Q, N, X], word: "
    "8,\n"
    "              energy: 1e-12, write_energy: 1e-12}\n"
    "      activation: {class: fixed, acts: element, of: output, energy: 1e-12}\n"
    "      table: {class: fixed, acts: with, energy: 3e-12}\n"
    "  - level: array\n"
    "    count: arrays\n"
    "    gated: true\n"
    "    fill: [[Y], [R, S], [M, C], [G], [P, Q], [N]]\n"
    "    parts:\n"
    "      control: {class: fixed, acts: none, leakage: 1e-3}\n"
    "      adc: {class: fixed, acts: readout, energy: 1e-12}\n"
    "      drivers: {class: fixed, acts: input, energy: 1e-12, scales_with: input}\n"
    "  - {level: column, count: 64, shares: inputs, fill: [[Y], [M]]}\n"
    "  - level: row\n"
    "    count: 64\n"
    "    shares: outputs\n"
    "    fill: [[C, R, S]]\n"
    "    parts:\n"
    "      cells: {class: fixed, acts: cell, energy: 1e-15}\n"
    "      writes: {class: fixed, acts: load, write_energy: 1e-12, delay: 1e-6}\n"
    "      pump: {class: fixed, acts: with, write_energy: 2e-12}\n";

typedef struct setting {
    const char *path, *value;
} setting;

static weft_priced *priced_text(const char *text) {
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    expect_ok(weft_chip_parse(text, strlen(text), "small.yaml", &chip, &error), &error, text);
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_chip_destroy(chip);
    return priced;
}

static weft_cost *cost_on(const char *text, const setting *settings, const char *table) {
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_network *network = NULL;
    expect_ok(weft_chip_parse(text, strlen(text), "small.yaml", &chip, &error), &error, text);
    for (; settings->path != NULL; settings++) {
        expect_ok(weft_chip_set(chip, settings->path, settings->value, &error), &error,
                  settings->path);
    }
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    expect_ok(weft_network_parse_csv(table, strlen(table), "table.csv", &network, &error), &error,
              table);
    weft_cost *cost = cost_of(priced, network);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return cost;
}

static int part_of(const weft_cost *cost, const char *token) {
    for (int p = 0; p < cost->n_parts; p++) {
        if (strcmp(cost->parts[p].token, token) == 0) {
            return p;
        }
    }
    fail_msg("no part '%s'", token);
    return -1;
}

static double actions_of(const weft_cost *cost, const char *token) {
    return cost->layers[0].actions_by[part_of(cost, token)];
}

static void expect_near(double found, double expected) {
    if (!(fabs(found - expected) <= 1e-9 * fabs(expected))) {
        fail_msg("found %.12g, expected %.12g", found, expected);
    }
}

#define LINEAR "name,kind,C,M,R,S,P,Q,G\nall,linear,256,256,1,1,1,1,1\n"

/* 256 x 256 weights take 4 x 16 arrays of the chip's 16. */
static void turns_take_the_time_of_each(void **state) {
    (void)state;
    setting turns[] = {{"execution.accounting", "reload"}, {NULL, NULL}};
    weft_cost *cost = cost_on(CHIP, turns, LINEAR);
    const weft_layer_cost *layer = &cost->layers[0];
    expect_near(layer->busy_s, 4 * 8 * 10e-9);
    expect_near(layer->latency_s - layer->busy_s, 4 * 64 * 1e-6);
    expect_near(actions_of(cost, "writes"), 256 * 256 * 4);
    expect_near(layer->energy_by[part_of(cost, "control")], 16 * 1e-3 * layer->latency_s);
    weft_cost_destroy(cost);
}

/* What is written, computed after the arrays or left out takes the part beside it along. */
static void what_acts_with_a_part_follows_it(void **state) {
    (void)state;
    static const char *const ACCOUNTINGS[] = {"alone", "resident", "reload"};
    for (int i = 0; i < 3; i++) {
        setting settings[] = {
            {"execution.accounting", ACCOUNTINGS[i]}, {"arrays", "64"}, {NULL, NULL}};
        weft_cost *cost = cost_on(CHIP, settings, LINEAR);
        expect_near(actions_of(cost, "writes"), i == 2 ? 256 * 256 * 4 : 0);
        expect_near(actions_of(cost, "pump"), actions_of(cost, "writes"));
        expect_near(actions_of(cost, "activation"), 256);
        expect_near(actions_of(cost, "table"), 256);
        expect_near(cost->energy_by[part_of(cost, "table")], 256 * 3e-12);
        weft_cost_destroy(cost);
    }
}

/* Weights that share a store with inputs and outputs come in when they are written, and change
 * nothing about those; a link that they pass on their way carries them as often. */
static void weights_share_what_carries_them(void **state) {
    (void)state;
    static const char *const ACCOUNTINGS[] = {"alone", "resident", "reload"};
    static const double TIMES[] = {1, 0, 0.25};
    char text[sizeof CHIP + 128];
    const char *at = strstr(CHIP, "on: [inputs, outputs]");
    const char *parts = strstr(at, "      activation:");
    snprintf(text, sizeof text,
             "%.*son: [inputs, weights, outputs]%.*s"
             "      link: {class: fixed, acts: pass, on: weights, word: 16}\n%s",
             (int)(at - CHIP), CHIP, (int)(parts - at - 21), at + 21, parts);
    for (int i = 0; i < 3; i++) {
        setting settings[] = {{"execution.accounting", ACCOUNTINGS[i]},
                              {"arrays", "64"},
                              {"execution.batch", "4"},
                              {NULL, NULL}};
        weft_cost *apart = cost_on(CHIP, settings, LINEAR);
        weft_cost *shared = cost_on(text, settings, LINEAR);
        double weights = 256 * 256 * TIMES[i];
        expect_near(actions_of(shared, "store"), actions_of(apart, "store") + weights);
        expect_near(actions_of(shared, "link"), weights / 2);
        expect_near(actions_of(shared, "writes"), 4 * weights);
        weft_cost_destroy(shared);
        weft_cost_destroy(apart);
    }
}

/* Whatever copies take turns with the 9 outputs, each output is computed once; each copy is written
 * as a whole. */
static void copies_share_the_work(void **state) {
    (void)state;
    static const char *const COPIES[] = {"1", "2", "4", "5", "8", "9"};
    for (int i = 0; i < 6; i++) {
        setting settings[] = {
            {"execution.accounting", "reload"}, {"execution.copies", COPIES[i]}, {NULL, NULL}};
        weft_cost *cost =
            cost_on(CHIP, settings, "name,kind,C,M,R,S,P,Q,G\nfew,conv,16,16,1,1,9,1,1\n");
        double turns = ceil(9 / strtod(COPIES[i], NULL));
        double copies = ceil(9 / turns); /* more do not shorten it */
        expect_near(cost->layers[0].cycles, 8 * turns);
        expect_near(actions_of(cost, "adc"), 9 * 16 * 4 * 8);
        expect_near(actions_of(cost, "drivers"), 9 * 16 * 8);
        expect_near(actions_of(cost, "cells"), 9 * 16 * 16 * 4 * 8);
        expect_near(actions_of(cost, "writes"), 16 * 16 * 4 * copies);
        weft_cost_destroy(cost);
    }
}

/* 7 of 32 groups of 9 rows share an array of 64 rows; the last one holds 4. */
static void groups_that_are_not_there_cost_nothing(void **state) {
    (void)state;
    weft_cost *cost = cost_on(CHIP, (setting[]){{NULL, NULL}},
                              "name,kind,C,M,R,S,P,Q,G\ndeep,conv,1,1,3,3,5,5,32\n");
    assert_int_equal(cost->layers[0].crossbars, 5);
    expect_near(cost->layers[0].cycles, 25 * 8);
    expect_near(actions_of(cost, "adc"), 25 * 32 * 4 * 8);
    expect_near(actions_of(cost, "drivers"), 25 * 32 * 9 * 8);
    expect_near(actions_of(cost, "cells"), 25 * 32 * 9 * 4 * 8);
    expect_near(cost->layers[0].utilisation, 32.0 * 9 * 4 / (5 * 64 * 64));
    weft_cost_destroy(cost);
}

/* Names that a table and a chip give are told as they are. */
static void names_are_told_in_full(void **state) {
    (void)state;
    static const char FIRST[] = "features.denseblock1.denselayer12.conv1";
    static const char SECOND[] = "features.denseblock1.denselayer12.conv2";
    static const char LEVEL[] = "a-level-with-a-name-of-more-than-32-bytes";
    char table[256];
    char text[sizeof CHIP + 64];
    const char *at = strstr(CHIP, "level: chip");
    snprintf(table, sizeof table,
             "name,kind,C,M,R,S,P,Q,G\n%s,conv,4,4,1,1,2,2,1\n%s,conv,4,4,1,1,2,2,1\n", FIRST,
             SECOND);
    snprintf(text, sizeof text, "%.*slevel: %s%s", (int)(at - CHIP), CHIP, LEVEL, at + 11);
    weft_cost *cost = cost_on(text, (setting[]){{NULL, NULL}}, table);
    assert_string_equal(cost->layers[0].name, FIRST);
    assert_string_equal(cost->layers[1].name, SECOND);
    assert_string_equal(cost->parts[0].level, LEVEL);
    weft_cost_destroy(cost);
}

/* Two chips that differ in nothing but what bits are that a histogram does not tell. */
static void chips_do_not_share_what_differs(void **state) {
    (void)state;
    static const char *const MISSING[] = {"mean", "half"};
    const char *after = strstr(CHIP, "cycle:");
    weft_error error;
    weft_network *network = NULL;
    weft_workload *shared = NULL;
    expect_ok(weft_network_parse_csv(LINEAR, sizeof LINEAR - 1, "table.csv", &network, &error),
              &error, "table");
    expect_ok(weft_workload_create(network, &shared, &error), &error, "workload");
    double before = 0;
    for (int i = 0; i < 4; i++) {
        char text[sizeof CHIP + 128];
        weft_total total;
        snprintf(text, sizeof text, "%.*s  missing_bits: %s\n%sexecution: {accounting: reload}\n",
                 (int)(after - CHIP), CHIP, MISSING[i % 2], after);
        weft_priced *priced = priced_text(text);
        expect_ok(weft_estimate(priced, shared, &total, &error), &error, "estimate");
        weft_cost *fresh = cost_of(priced, network);
        assert_true(total.energy_j == fresh->total.energy_j);
        assert_true(total.energy_j != before);
        before = total.energy_j;
        weft_cost_destroy(fresh);
        weft_priced_destroy(priced);
    }
    weft_workload_destroy(shared);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_take_the_time_of_each),
        cmocka_unit_test(what_acts_with_a_part_follows_it),
        cmocka_unit_test(weights_share_what_carries_them),
        cmocka_unit_test(copies_share_the_work),
        cmocka_unit_test(groups_that_are_not_there_cost_nothing),
        cmocka_unit_test(names_are_told_in_full),
        cmocka_unit_test(chips_do_not_share_what_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
