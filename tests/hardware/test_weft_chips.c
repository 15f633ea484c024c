/* SPDX-License-Identifier: Apache-2.0
 * The chips to search from: what they refuse and why, that their costs add up, and which way values
 * move them; and the faults of the published accounting as switches. */
#include "hardware/support.h"

#include <math.h>

typedef struct setting {
    const char *path, *value;
} setting;

enum { MOST_SETTINGS = 8 };

/* The cost of a network on a preset after settings up to the first without a path; NULL: infeasible,
 * and *error says why. */
static weft_cost *cost_on(const char *chip_name, const char *network_name, const setting *set,
                          weft_error *error) {
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    expect_ok(weft_chip_read(chip_name, &chip, error), error, chip_name);
    for (int i = 0; i < MOST_SETTINGS && set[i].path != NULL; i++) {
        expect_ok(weft_chip_set(chip, set[i].path, set[i].value, error), error, set[i].path);
    }
    expect_ok(weft_priced_create(chip, &priced, error), error, chip_name);
    expect_ok(weft_network_read(network_name, &network, error), error, network_name);
    expect_ok(weft_workload_create(network, &workload, error), error, network_name);
    weft_status status = weft_cost_create(priced, workload, &cost, error);
    if (status != WEFT_OK) {
        assert_int_equal(status, WEFT_ERROR_INFEASIBLE);
        cost = NULL;
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return cost;
}

static weft_total total_on(const char *chip, const char *network, const char *path,
                           const char *value) {
    weft_error error;
    const setting set[MOST_SETTINGS] = {{path, value}};
    weft_cost *cost = cost_on(chip, network, set, &error);
    if (cost == NULL) {
        fail_msg("%s on %s: %s", network, chip, error.message);
    }
    weft_total total = cost->total;
    weft_cost_destroy(cost);
    return total;
}

static const char *const OURS[] = {"weft-32nm-rram", "weft-sram"};

/* ---- ours -------------------------------------------------------------------------------------- */

static void costs_add_up(void **state) {
    (void)state;
    static const setting ORDERS[] = {{"execution.order", "layers"},
                                     {"execution.order", "pipeline"},
                                     {"execution.order", "pixels"}};
    for (int c = 0; c < 2; c++) {
        for (int o = 0; o < (c == 0 ? 3 : 1); o++) {
            weft_error error;
            const setting set[MOST_SETTINGS] = {ORDERS[o]};
            weft_cost *cost = cost_on(OURS[c], "mobilenetv2", set, &error);
            assert_non_null(cost);
            double sum[3] = {0, 0, 0};
            for (int p = 0; p < cost->n_parts; p++) {
                sum[0] += cost->energy_by[p];
                sum[1] += cost->latency_by[p];
                sum[2] += cost->area_by[p];
            }
            assert_true(fabs(sum[0] / cost->total.energy_j - 1) < 1e-12);
            assert_true(fabs(sum[1] / cost->total.latency_s - 1) < 1e-12);
            assert_true(fabs(sum[2] / cost->total.area_mm2 - 1) < 1e-12);
            weft_cost_destroy(cost);
        }
    }
}

static void what_cannot_be_built_says_why(void **state) {
    (void)state;
    static const struct {
        int chip;
        setting set;
        const char *reason;
    } CASES[] = {
        {0, {"cell_bits", "5"}, "bits of an RRAM cell: 5 bit; at most 4 bit"},
        {0, {"rows", "256"}, "voltage drop along a line of cells: 14.98 %; at most 10 %"},
        {0, {"columns", "256"}, "voltage drop along a line of cells"},
        {0, {"node", "14 nm"}, "node of embedded RRAM: 14 nm; at least 22 nm"},
        {0, {"voltage", "0.6 V"}, "supply against the node's"},
        {0, {"voltage", "1.1 V"}, "supply above the node's"},
        {0, {"base_cycle", "1 ns"}, "a cycle of 1 ns is too short for the reading of an array"},
        {0, {"groups", "1"}, "the weights take"},
        {0, {"power_limit", "1 W"}, "the limit is 1 W"},
        {0, {"density_limit", "100"}, "W/cm2; the limit is 0.01 W/cm2"},
        {1, {"cell_bits", "2"}, "bits of an SRAM cell: 2 bit; at most 1 bit"},
        {1, {"rows", "4096"}, "rows that share a bitline: 4096; at most 2304"},
        {1, {"resolution", "12"}, "noise of a bitline, in its converter's"},
        {1, {"execution.accounting", "resident"}, "the weights take"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        weft_error error;
        const setting set[MOST_SETTINGS] = {CASES[i].set};
        weft_cost *cost = cost_on(OURS[CASES[i].chip], "mobilenetv2", set, &error);
        if (cost != NULL) {
            fail_msg("%s = %s is feasible", set[0].path, set[0].value);
        }
        if (strstr(error.message, CASES[i].reason) == NULL) {
            fail_msg("'%s' has no '%s'", error.message, CASES[i].reason);
        }
    }
}

/* 0 is the shortest cycle; a longer one is taken as it is. */
static void the_cycle_is_as_long_as_its_parts(void **state) {
    (void)state;
    for (int c = 0; c < 2; c++) {
        weft_error error;
        weft_chip *chip = NULL;
        weft_priced *priced = NULL;
        double shortest = 0;
        double cycle = 0;
        expect_ok(weft_chip_read(OURS[c], &chip, &error), &error, OURS[c]);
        expect_ok(weft_priced_create(chip, &priced, &error), &error, OURS[c]);
        expect_ok(weft_priced_named(priced, "shortest", &shortest, &error), &error, "shortest");
        expect_ok(weft_priced_named(priced, "cycle", &cycle, &error), &error, "cycle");
        assert_true(cycle == shortest);
        char value[32];
        snprintf(value, sizeof value, "%.17g s", 1.000001 * shortest);
        weft_total just = total_on(OURS[c], "mobilenetv2", "base_cycle", value);
        weft_total least = total_on(OURS[c], "mobilenetv2", NULL, NULL);
        snprintf(value, sizeof value, "%.17g s", 2 * shortest);
        weft_total twice = total_on(OURS[c], "mobilenetv2", "base_cycle", value);
        assert_true(just.latency_s > least.latency_s);
        assert_true(just.latency_s < 1.0001 * least.latency_s);
        assert_true(twice.latency_s > just.latency_s);
        weft_priced_destroy(priced);
        weft_chip_destroy(chip);
    }
}

/* Values in order, and what only grows or only falls with them. */
static void values_move_the_chip_one_way(void **state) {
    (void)state;
    static const struct {
        int chip;
        const char *path, *values[4];
        int energy, latency, area; /* 1 grows, -1 falls, 0 either */
    } WAYS[] = {
        {0, "resolution", {"5", "6", "7", "8"}, 1, 1, 1},
        {1, "resolution", {"5", "6", "7", "8"}, 1, 1, 1},
        {0, "macros", {"32", "64", "128", "256"}, 0, -1, 1},
        {0, "columns_a_mux", {"4", "8", "16", "32"}, 0, 1, -1},
        {0, "element_time", {"0 ns", "1 ns", "100 ns", "10 us"}, 0, 1, 0},
        {0, "units", {"1", "16", "64", "256"}, 0, -1, 1},
        {0, "glb_depth", {"512", "2048", "8192", "32768"}, 0, -1, 1},
        {0, "node", {"22 nm", "32 nm", "45 nm", NULL}, 1, 1, 1},
        {1, "voltage", {"0.70 V", "0.75 V", "0.80 V", "0.85 V"}, 1, -1, 0},
        {1, "macros", {"16", "32", "64", "128"}, 0, -1, 1},
    };
    for (size_t w = 0; w < sizeof WAYS / sizeof *WAYS; w++) {
        weft_total before = {.energy_j = 0};
        for (int i = 0; i < 4 && WAYS[w].values[i] != NULL; i++) {
            weft_total t =
                total_on(OURS[WAYS[w].chip], "mobilenetv2", WAYS[w].path, WAYS[w].values[i]);
            bool ok = i == 0 || (WAYS[w].energy * (t.energy_j - before.energy_j) >= 0 &&
                                 WAYS[w].latency * (t.latency_s - before.latency_s) >= 0 &&
                                 WAYS[w].area * (t.area_mm2 - before.area_mm2) >= 0);
            if (!ok) {
                fail_msg("%s %s = %s: %g J %g s %g mm2 after %g J %g s %g mm2", OURS[WAYS[w].chip],
                         WAYS[w].path, WAYS[w].values[i], t.energy_j, t.latency_s, t.area_mm2,
                         before.energy_j, before.latency_s, before.area_mm2);
            }
            before = t;
        }
    }
}

/* 256 units of 10 us an element are slower than the arrays for any layer of many outputs. */
static void digital_units_take_their_time(void **state) {
    (void)state;
    weft_total fast = total_on(OURS[0], "mobilenetv2", "element_time", "0 ns");
    weft_total slow = total_on(OURS[0], "mobilenetv2", "element_time", "10 us");
    assert_true(slow.latency_s > 10 * fast.latency_s);
}

static void the_cost_of_area_follows_the_node(void **state) {
    (void)state;
    static const struct {
        const char *node;
        double cost;
    } TABLE[] = {{"7 nm", 3.8709}, {"10 nm", 2.2431}, {"14 nm", 1.4976},  {"22 nm", 1.2828},
                 {"32 nm", 1.0},   {"45 nm", 0.6061}, {"12 nm", 1.87035}, {"65 nm", 0.6061}};
    static const char *const CHIPS[] = {"weft-32nm-rram",     "weft-sram",
                                        "cimnas-32nm-rram",   "cimnas-32nm-sram",
                                        "neurosim-32nm-rram", "neurosim-sram-32nm"};
    for (size_t c = 0; c < sizeof CHIPS / sizeof *CHIPS; c++) {
        for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
            weft_error error;
            weft_chip *chip = NULL;
            weft_priced *priced = NULL;
            double cost = 0;
            expect_ok(weft_chip_read(CHIPS[c], &chip, &error), &error, CHIPS[c]);
            expect_ok(weft_chip_set(chip, "node", TABLE[i].node, &error), &error, TABLE[i].node);
            expect_ok(weft_priced_create(chip, &priced, &error), &error, CHIPS[c]);
            expect_ok(weft_priced_named(priced, "cost_per_mm2", &cost, &error), &error, "cost");
            assert_true(fabs(cost - TABLE[i].cost) < 1e-9);
            weft_priced_destroy(priced);
            weft_chip_destroy(chip);
        }
    }
}

/* ---- the published accounting ------------------------------------------------------------------ */

static void each_fault_is_a_switch(void **state) {
    (void)state;
    const char *chip = "cimnas-32nm-rram";
    weft_error error;
    weft_total as_published = total_on(chip, "mobilenetv2", NULL, NULL);
    /* of layers whose bits are all 8 the swap takes nothing and brings nothing */
    weft_total unswapped = total_on(chip, "mobilenetv2", "swap_bits", "0");
    assert_true(unswapped.energy_j == as_published.energy_j);
    /* strides bring in more new pixels; cycles stay */
    weft_total strides = total_on(chip, "mobilenetv2", "execution.strides", "1");
    assert_true(strides.energy_j > as_published.energy_j);
    assert_true(strides.latency_s == as_published.latency_s);
    /* leakage adds */
    weft_total leaking = total_on(chip, "mobilenetv2", "leakage", "1");
    assert_true(leaking.energy_j > as_published.energy_j);
    /* the chip shared, no copies: no layer is faster, and the area is the same */
    weft_total shared = total_on(chip, "mobilenetv2", "execution.accounting", "resident");
    assert_true(shared.latency_s > as_published.latency_s);
    assert_true(shared.area_mm2 == as_published.area_mm2);
    /* the cycle checked */
    const setting checked[MOST_SETTINGS] = {{"free_cycle", "0"}};
    assert_null(cost_on(chip, "mobilenetv2", checked, &error));
    assert_string_equal(error.message, "a cycle of 1 ns is too short for the read pulses of an "
                                       "input, which takes 2550 ns");
    const setting longer[MOST_SETTINGS] = {{"free_cycle", "0"}, {"base_cycle", "2550 ns"}};
    weft_cost *cost = cost_on(chip, "mobilenetv2", longer, &error);
    assert_non_null(cost);
    assert_true(fabs(cost->total.latency_s / as_published.latency_s / 2550 - 1) < 1e-9);
    assert_true(cost->total.energy_j == as_published.energy_j);
    weft_cost_destroy(cost);
}

/* Weight bits decide how many cells a weight takes; where they are taken for the inputs', those do. */
static void swapped_bits_change_sides(void **state) {
    (void)state;
    static const char TABLE[] =
        "weft: network/1\n"
        "name: small\n"
        "layers:\n"
        "  - {name: one, op: conv, C: 64, M: 64, R: 3, S: 3, P: 14, Q: 14,\n"
        "     bits: {weights: %d, inputs: %d}}\n";
    char path[] = "/tmp/weft-chips-XXXXXX.yaml";
    double energy[2];
    double latency[2];
    for (int swap = 0; swap < 2; swap++) {
        int made = mkstemps(path, 5);
        FILE *file = fdopen(made, "we");
        assert_non_null(file);
        fprintf(file, TABLE, swap ? 4 : 8, swap ? 8 : 4);
        fclose(file);
        weft_error error;
        const setting set[MOST_SETTINGS] = {
            {"swap_bits", swap ? "1" : "0"}, {"cell_bits", "2"}, {"macros", "4"}};
        weft_cost *cost = cost_on("cimnas-32nm-rram", path, set, &error);
        remove(path);
        snprintf(path, sizeof path, "/tmp/weft-chips-XXXXXX.yaml");
        assert_non_null(cost);
        energy[swap] = cost->total.energy_j;
        latency[swap] = cost->total.latency_s;
        weft_cost_destroy(cost);
    }
    assert_true(energy[0] == energy[1]);
    assert_true(latency[0] == latency[1]);
}

/* ---- a published design as a graph ------------------------------------------------------------- */

typedef struct growing {
    weft_network *network;
    int32_t at;
} growing;

static void grow(growing *g, weft_layer layer, int32_t second) {
    weft_error error;
    int32_t inputs[2] = {g->at, second};
    layer.input = inputs;
    layer.n_inputs = second >= 0 ? 2 : 1;
    layer.block = WEFT_NO_BLOCK;
    expect_ok(weft_network_add(g->network, &layer, &g->at, &error), &error, "layer");
}

static void grow_conv(growing *g, int32_t out, int32_t side, int32_t stride, int32_t groups,
                      int32_t weight_bits, int32_t input_bits, bool relu) {
    grow(g,
         (weft_layer){.op = WEFT_OP_CONV,
                      .out_channels = out,
                      .kernel = {side, side},
                      .stride = {stride, stride},
                      .pad = {side / 2, side / 2},
                      .groups = groups,
                      .bits = {weight_bits, input_bits, 8}},
         -1);
    grow(g, (weft_layer){.op = WEFT_OP_BATCH_NORM}, -1);
    if (relu) {
        grow(g, (weft_layer){.op = WEFT_OP_RELU6}, -1);
    }
}

/* Design #1 of CIMNAS.ipynb (OlgaKrestinskaya/CIMNAS@affe3e8), its network by its genes. */
static weft_network *design_one(void) {
    static const char DEPTH[] = "333341", KERNEL[] = "357333535773535377553";
    static const char POINT_WEIGHTS[] = "886444864484644864864";
    static const char POINT_INPUTS[] = "886848666446648648684";
    static const char DEEP_WEIGHTS[] = "688444466444488846484";
    static const char DEEP_INPUTS[] = "864866884648848464448";
    static const int32_t EXPANSION[] = {3,  2,  6,  0, 5,  3, 1, 3,  8, 3, 14,
                                        15, 18, 14, 6, 13, 0, 5, 33, 9, 28};
    static const int32_t WIDTH[] = {24, 40, 80, 96, 192, 320}, STRIDE[] = {2, 2, 2, 1, 2, 1};
    weft_error error;
    growing g = {NULL, 0};
    expect_ok(weft_network_create("design", (weft_shape){3, 224, 224}, &g.network, &error), &error,
              "network");
    grow_conv(&g, 32, 3, 2, 1, 8, 8, true);
    grow_conv(&g, 32, 3, 1, 32, 8, 8, true);
    grow_conv(&g, 16, 1, 1, 1, 8, 8, false);
    int32_t in = 16;
    for (int stage = 0; stage < 6; stage++) {
        for (int k = 0; k < DEPTH[stage] - '0'; k++) {
            int b = 4 * stage + k;
            int32_t wide = 4 * in + 8 * EXPANSION[b];
            int32_t entry = g.at;
            int32_t weights = POINT_WEIGHTS[b] - '0';
            int32_t inputs = POINT_INPUTS[b] - '0';
            grow_conv(&g, wide, 1, 1, 1, weights, inputs, true);
            grow_conv(&g, wide, KERNEL[b] - '0', k == 0 ? STRIDE[stage] : 1, wide,
                      DEEP_WEIGHTS[b] - '0', DEEP_INPUTS[b] - '0', true);
            grow_conv(&g, WIDTH[stage], 1, 1, 1, weights, inputs, false);
            if (in == WIDTH[stage] && (k > 0 || STRIDE[stage] == 1)) {
                grow(&g, (weft_layer){.op = WEFT_OP_ADD}, entry);
            }
            in = WIDTH[stage];
        }
    }
    grow_conv(&g, 1280, 1, 1, 1, 8, 7, true);
    grow(&g, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 1}, -1);
    grow(&g, (weft_layer){.op = WEFT_OP_FLATTEN}, -1);
    grow(&g, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 1000, .bits = {8, 8, 8}}, -1);
    return g.network;
}

/* 0.26780 mJ, 1702 cycles of 1 ns, 4.6431 cm2; the network brings no histograms, the chip assumes some. */
static void a_graph_has_the_published_figures(void **state) {
    (void)state;
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    weft_network *network = design_one();
    expect_ok(weft_chip_read("cimnas-32nm-rram", &chip, &error), &error, "chip");
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_cost *cost = cost_of(priced, network);
    assert_true(fabs(cost->total.energy_j / 0.26780e-3 - 1) < 0.02);
    assert_true(fabs(cost->total.latency_s / 1702e-9 - 1) < 1e-9);
    assert_true(fabs(cost->total.area_mm2 / 464.31 - 1) < 1e-4);
    weft_cost_destroy(cost);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
}

/* What a chip assumes is of no account where a layer says. */
static void what_a_chip_assumes_gives_way(void **state) {
    (void)state;
    weft_error error;
    double energy[2][2];
    for (int assumed = 0; assumed < 2; assumed++) {
        for (int given = 0; given < 2; given++) {
            char text[65536];
            weft_chip *chip = NULL;
            weft_priced *priced = NULL;
            weft_network *network = NULL;
            expect_ok(weft_chip_read("cimnas-32nm-rram", &chip, &error), &error, "chip");
            snprintf(text, sizeof text, "%s", weft_chip_text(chip));
            weft_chip_destroy(chip);
            char *at = strstr(text, "assumed: cimnas");
            assert_non_null(at);
            if (!assumed) {
                memset(at, ' ', strlen("assumed: cimnas"));
            }
            expect_ok(weft_chip_parse(text, strlen(text), "chip.yaml", &chip, &error), &error,
                      "chip");
            expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
            const char *name = given ? "share/weft/workloads/resnet18.csv" : "resnet18";
            expect_ok(weft_network_read(name, &network, &error), &error, name);
            weft_cost *cost = cost_of(priced, network);
            energy[assumed][given] = cost->total.energy_j;
            weft_cost_destroy(cost);
            weft_network_destroy(network);
            weft_priced_destroy(priced);
            weft_chip_destroy(chip);
        }
    }
    assert_true(energy[0][1] == energy[1][1]);
    assert_true(energy[0][0] > energy[1][0]);
}

/* The joint study's best chip for ResNet-50: 4.305 mJ, 14.79 us, 19.73 mm2. */
static void the_sram_system_has_the_published_figures(void **state) {
    (void)state;
    weft_total total =
        total_on("cimnas-32nm-sram", "share/weft/workloads/resnet50.csv", "voltage", "0.5 V");
    assert_true(fabs(total.energy_j / 4.305e-3 - 1) < 0.005);
    assert_true(fabs(total.latency_s / 14.79e-6 - 1) < 5e-4);
    assert_true(fabs(total.area_mm2 / 19.73 - 1) < 5e-4);
    weft_total finer = total_on("cimnas-7nm-sram", "share/weft/workloads/resnet50.csv", NULL, NULL);
    assert_true(finer.latency_s == total.latency_s);
    assert_true(finer.area_mm2 < total.area_mm2 / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_add_up),
        cmocka_unit_test(what_cannot_be_built_says_why),
        cmocka_unit_test(the_cycle_is_as_long_as_its_parts),
        cmocka_unit_test(values_move_the_chip_one_way),
        cmocka_unit_test(digital_units_take_their_time),
        cmocka_unit_test(the_cost_of_area_follows_the_node),
        cmocka_unit_test(each_fault_is_a_switch),
        cmocka_unit_test(swapped_bits_change_sides),
        cmocka_unit_test(a_graph_has_the_published_figures),
        cmocka_unit_test(what_a_chip_assumes_gives_way),
        cmocka_unit_test(the_sram_system_has_the_published_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
