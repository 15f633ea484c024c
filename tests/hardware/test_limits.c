/* SPDX-License-Identifier: Apache-2.0
 * What cannot be built, what leaves the chip, and what a priced chip is asked by name. */
#include "hardware/support.h"

#include <math.h>

static const char CHIP[] =
    "weft: chip/2\n"
    "name: small\n"
    "parameters:\n"
    "  rows: {value: 64, unit: \"1\", source: \"a size\"}\n"
    "  columns: {value: 32, unit: \"1\", source: \"a size\"}\n"
    "  arrays: {value: 4096, unit: \"1\", source: \"a size\"}\n"
    "  cell_bits: {value: 2, unit: bit, source: \"a cell\"}\n"
    "  node: {value: 32, unit: nm, source: \"a node\"}\n"
    "  most_bits: {value: 4, unit: bit, source: \"the device\"}\n"
    "  least_node: {value: 22, unit: nm, source: \"the foundry\"}\n"
    "  room: {value: 1, unit: MiB, source: \"of maps\"}\n"
    "expressions:\n"
    "  twice: \"2 * rows\"\n"
    "operands:\n"
    "  inputs: {bits: 8, encoding: offset, slice: 8}\n"
    "  weights: {bits: 8, encoding: offset, slice: cell_bits}\n"
    "  outputs: {bits: 8}\n"
    "cycle: {time: 1e-8}\n"
    "limits:\n"
    "  bits of a cell: {value: cell_bits, at_most: most_bits}\n"
    "  the node: {value: node, at_least: least_node}\n"
    "levels:\n"
    "  - level: system\n"
    "    parts:\n"
    "      off_chip: {class: dram, acts: spill, width: 128, word: 128, capacity: room}\n"
    "  - level: array\n"
    "    count: arrays\n"
    "    fill: [[Y], [R, S], [M, C], [G], [P, Q], [N]]\n"
    "    parts:\n"
    "      readout: {class: fixed, acts: readout, energy: 1e-12, area: 1e-9}\n"
    "  - level: column\n"
    "    count: columns\n"
    "    shares: inputs\n"
    "    fill: [[Y], [M]]\n"
    "  - level: row\n"
    "    count: rows\n"
    "    shares: outputs\n"
    "    fill: [[C, R, S]]\n"
    "execution: {accounting: resident, order: layers}\n";

static weft_chip *parse(const char *text) {
    weft_error error;
    weft_chip *chip = NULL;
    expect_ok(weft_chip_parse(text, strlen(text), "small.yaml", &chip, &error), &error, "chip");
    return chip;
}

static weft_network *read_network(const char *name) {
    weft_error error;
    weft_network *network = NULL;
    expect_ok(weft_network_read(name, &network, &error), &error, name);
    return network;
}

/* The status of an estimate of a network on the chip after a setting; *error tells why. */
static weft_status estimate(const char *text, const char *path, const char *value,
                            const char *network_name, weft_cost **cost, weft_error *error) {
    weft_chip *chip = parse(text);
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    if (path != NULL) {
        expect_ok(weft_chip_set(chip, path, value, error), error, path);
    }
    expect_ok(weft_priced_create(chip, &priced, error), error, "pricing");
    weft_network *network = read_network(network_name);
    expect_ok(weft_workload_create(network, &workload, error), error, network_name);
    weft_status status = weft_cost_create(priced, workload, cost, error);
    weft_total total;
    weft_error again;
    assert_int_equal(weft_estimate(priced, workload, &total, &again), status);
    if (status == WEFT_OK) {
        assert_memory_equal(&total, &(*cost)->total, sizeof total);
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return status;
}

/* ---- limits ------------------------------------------------------------------------------------ */

static void a_limit_says_value_bound_and_source(void **state) {
    (void)state;
    static const struct {
        const char *path, *value, *reason;
    } CASES[] = {
        {"cell_bits", "5", "bits of a cell: 5 bit; at most 4 bit (the device)"},
        {"node", "14 nm", "the node: 14 nm; at least 22 nm (the foundry)"},
        {"most_bits", "1", "bits of a cell: 2 bit; at most 1 bit (set by the user)"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        weft_error error;
        weft_cost *cost = NULL;
        weft_status status = estimate(CHIP, CASES[i].path, CASES[i].value, "lenet5", &cost, &error);
        assert_int_equal(status, WEFT_ERROR_INFEASIBLE);
        assert_string_equal(error.message, CASES[i].reason);
    }
}

static void at_the_bound_it_can_be_built(void **state) {
    (void)state;
    static const char *const AT[][2] = {{"cell_bits", "4"}, {"node", "22 nm"}};
    for (int i = 0; i < 2; i++) {
        weft_error error;
        weft_cost *cost = NULL;
        expect_ok(estimate(CHIP, AT[i][0], AT[i][1], "lenet5", &cost, &error), &error, AT[i][0]);
        weft_cost_destroy(cost);
    }
}

static void a_limit_has_one_bound(void **state) {
    (void)state;
    static const char *const BAD[] = {
        "  none: {value: cell_bits}\n",
        "  both: {value: cell_bits, at_most: 4, at_least: 1}\n",
        "  nothing: {at_most: 4}\n",
        "  unknown: {value: cell_bits, at_mots: 4}\n",
        "  a name: {value: cell_bist, at_most: 4}\n",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        char text[4096];
        const char *at = strstr(CHIP, "levels:");
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - CHIP), CHIP, BAD[i], at);
        weft_error error;
        weft_chip *chip = NULL;
        assert_int_equal(weft_chip_parse(text, strlen(text), "small.yaml", &chip, &error),
                         WEFT_ERROR_INPUT);
        assert_int_equal(error.line, 22);
    }
}

/* ---- off the chip ------------------------------------------------------------------------------ */

static double part(const weft_cost *cost, const char *name, const double *by) {
    for (int p = 0; p < cost->n_parts; p++) {
        if (strcmp(cost->parts[p].token, name) == 0) {
            return by[p];
        }
    }
    fail_msg("no part '%s'", name);
    return 0;
}

/* 8 pJ a bit: what maps beyond the room cost, and the network's own input and output. */
static void maps_beyond_the_room_go_out_and_come_back(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = read_network("lenet5");
    const double rooms[] = {1024, 65536, 8388608};
    for (int r = 0; r < 3; r++) {
        char room[32];
        weft_cost *cost = NULL;
        snprintf(room, sizeof room, "%.0f bit", rooms[r]);
        expect_ok(estimate(CHIP, "room", room, "lenet5", &cost, &error), &error, room);
        double words = ceil(32 * 32 * 8 / 128.0) + ceil(10 * 8 / 128.0);
        for (int32_t i = 0; i < network->n_layers; i++) {
            const weft_layer *l = &network->layers[i];
            if (l->op == WEFT_OP_CONV || l->op == WEFT_OP_LINEAR) {
                double bits = 8.0 * l->in.channels * l->in.height * l->in.width +
                              8.0 * l->out.channels * l->out.height * l->out.width;
                words += 2 * ceil(fmax(0, bits - rooms[r]) / 128);
            }
        }
        double energy = part(cost, "off_chip", cost->energy_by);
        assert_true(fabs(energy / (words * 128 * 8e-12) - 1) < 1e-9);
        assert_true(part(cost, "off_chip", cost->latency_by) > 0);
        double parts = 0;
        double seconds = 0;
        for (int p = 0; p < cost->n_parts; p++) {
            parts += cost->energy_by[p];
            seconds += cost->latency_by[p];
        }
        assert_true(fabs(parts / cost->total.energy_j - 1) < 1e-12);
        assert_true(fabs(seconds / cost->total.latency_s - 1) < 1e-12);
        weft_cost_destroy(cost);
    }
    weft_network_destroy(network);
}

/* ---- by name ----------------------------------------------------------------------------------- */

static void values_have_names(void **state) {
    (void)state;
    weft_error error;
    weft_chip *chip = parse(CHIP);
    weft_priced *priced = NULL;
    double value = 0;
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    expect_ok(weft_priced_named(priced, "twice", &value, &error), &error, "an expression");
    assert_true(value == 128);
    expect_ok(weft_priced_named(priced, "node", &value, &error), &error, "a parameter");
    assert_true(value == 32e-9);
    assert_int_equal(weft_priced_named(priced, "twcie", &value, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.hint, "twice"));
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    priced = priced_with("");
    assert_int_equal(weft_priced_named(priced, "rows", &value, &error), WEFT_ERROR_USAGE);
    weft_priced_destroy(priced);
}

/* MobileNetV2: 8-bit weights in 2-bit cells; a depthwise layer of one group has 9 weights. */
static void cells_are_counted_with_groups_and_without(void **state) {
    (void)state;
    weft_error error;
    weft_chip *chip = parse(CHIP);
    weft_priced *priced = NULL;
    weft_workload *workload = NULL;
    weft_cells cells;
    weft_network *network = read_network("mobilenetv2");
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    expect_ok(weft_workload_create(network, &workload, &error), &error, "workload");
    expect_ok(weft_workload_cells(priced, workload, &cells, &error), &error, "cells");
    double all = 0;
    double one = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *l = &network->layers[i];
        if (l->op == WEFT_OP_CONV || l->op == WEFT_OP_LINEAR) {
            double groups = l->groups > 0 ? l->groups : 1;
            double window = l->op == WEFT_OP_CONV ? (double)l->kernel.height * l->kernel.width : 1;
            double held = l->in.channels / groups * l->out.channels * window;
            all += held * 4;
            one += held / groups * 4;
        }
    }
    assert_true(cells.needed == all);
    assert_true(cells.one_group == one);
    assert_true(cells.on_chip == 4096.0 * 64 * 32);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_says_value_bound_and_source),
        cmocka_unit_test(at_the_bound_it_can_be_built),
        cmocka_unit_test(a_limit_has_one_bound),
        cmocka_unit_test(maps_beyond_the_room_go_out_and_come_back),
        cmocka_unit_test(values_have_names),
        cmocka_unit_test(cells_are_counted_with_groups_and_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
