/* SPDX-License-Identifier: Apache-2.0
 *
 * Against MNSIM 2.0: mnsim_reference.csv holds what it gives for networks and chips; how it was
 * made stands at its top. Two claims:
 *   - Totals agree within 5 %, which is the promise; the worst is printed: below 1 % on the stock
 *     chip, below 2 % on the changed ones.
 *   - Without the global accumulator, which MNSIM prices but leaves out of its totals, all agree
 *     within 1e-6: the equations are the same. */
#include "hardware/component.h"
#include "hardware/support.h"

#include <math.h>

#define EXACT 1e-6

/* The changes that a row's chip makes to the stock one. */
typedef struct variant {
    const char *name, *changes;
} variant;

#define Q(value, unit) "{value: " #value ", unit: " unit ", source: test}"
#define N(value)       Q(value, "\"1\"")

static const variant VARIANTS[] = {
    {"stock", ""},
    {"table", ""},
    {"adc-10b", "pe: {adc: pipelined-sar-10b}"},
    {"adc-8b", "pe: {adc: isaac-8b}"},
    {"adc-two-step", "pe: {adc: two-step-sar-8b}"},
    {"adc-small", "pe: {adc: injection-sar-6b}"},
    {"adc-4b", "pe: {adc: aspdac-4b}"},
    {"adc-sense", "pe: {adc: sense-amplifier}"},
    {"adc-ramp", "pe: {adc: ramp-8b}"},
    {"dac-2b", "pe: {dac: isaac-2b}"},
    {"dac-4b", "pe: {dac: isaac-4b}"},
    {"xbar-128", "crossbar: {rows: " N(128) ", columns: " N(128) ", subarray_rows: " N(128) "}"},
    {"xbar-512x64", "crossbar: {rows: " N(512) ", columns: " N(64) ", subarray_rows: " N(512) "}"},
    {"few-converters", "pe: {dacs: " N(16) ", adcs: " N(8) "}"},
    {"groups-2", "pe: {groups: " N(2) "}"},
    {"groups-3", "pe: {groups: " N(3) "}"},
    {"groups-8", "pe: {groups: " N(8) "}"},
    {"tile-4x4", "tile: {pe_rows: " N(4) ", pe_columns: " N(4) "}"},
    {"tile-1", "tile: {pe_rows: " N(1) ", pe_columns: " N(1) "}"},
    {"tile-3x2", "tile: {pe_rows: " N(3) ", pe_columns: " N(2) "}"},
    {"rows", "mesh: {placement: rows}"},
    {"snake", "mesh: {placement: snake}"},
    {"diagonals", "mesh: {placement: diagonals}"},
    {"mesh-16", "mesh: {rows: " N(16) ", columns: " N(16) "}"},
    {"links", "mesh: {bandwidth: " Q(3, "Gbit/s") "}\ntile: {bandwidth: " Q(16, "Gbit/s") "}"},
    {"clock", "clock: {frequency: " Q(1200, "MHz") "}"},
    {"single", "crossbar: {signs: single}"},
    {"cell",
     "cell: {resistance_high: " Q(5e5, "ohm") ", resistance_low: " Q(
         2e4, "ohm") ", read_voltage: " Q(0.3,
                                          "V") ", read_time: " Q(7.5,
                                                                 "ns") ", area: " Q(0.5,
                                                                                    "um2") "}"},
    {"buffer-port", "buffer: {port: " Q(32, "bit") "}"},
};

static const char *changes_of(const char *name) {
    for (size_t i = 0; i < sizeof VARIANTS / sizeof *VARIANTS; i++) {
        if (strcmp(VARIANTS[i].name, name) == 0) {
            return VARIANTS[i].changes;
        }
    }
    fail_msg("no variant %s", name);
    return NULL;
}

/* ---- the networks that MNSIM brings ---------------------------------------------------------- */

static int32_t add(weft_network *network, weft_layer layer) {
    weft_error error;
    int32_t index = 0;
    layer.block = WEFT_NO_BLOCK;
    layer.n_inputs = 1;
    const int32_t before = network->n_layers - 1;
    layer.input = &before;
    expect_ok(weft_network_add(network, &layer, &index, &error), &error, "a layer");
    return index;
}

static void conv(weft_network *network, int32_t k, int32_t channels, int32_t pad, int32_t stride) {
    add(network, (weft_layer){.op = WEFT_OP_CONV,
                              .out_channels = channels,
                              .kernel = {k, k},
                              .stride = {stride, stride},
                              .pad = {pad, pad}});
    add(network, (weft_layer){.op = WEFT_OP_BATCH_NORM});
    add(network, (weft_layer){.op = WEFT_OP_RELU});
}

static void pool(weft_network *network) {
    add(network, (weft_layer){.op = WEFT_OP_MAX_POOL, .kernel = {2, 2}, .stride = {2, 2}});
}

static void linear(weft_network *network, int32_t features) {
    if (network->layers[network->n_layers - 1].op != WEFT_OP_LINEAR) {
        add(network, (weft_layer){.op = WEFT_OP_FLATTEN});
    }
    add(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = features});
}

/* One 3 x 3 conv for each number, a pool for each 0. */
static void convs(weft_network *network, const int32_t *channels, int n) {
    for (int i = 0; i < n; i++) {
        if (channels[i] == 0) {
            pool(network);
        } else {
            conv(network, 3, channels[i], 1, 1);
        }
    }
}

static void build_lenet(weft_network *network) {
    conv(network, 5, 6, 0, 1);
    pool(network);
    conv(network, 5, 16, 0, 1);
    pool(network);
    conv(network, 5, 120, 0, 1);
    linear(network, 84);
    linear(network, 10);
}

static void build_alexnet(weft_network *network) {
    static const int32_t rest[] = {0, 192, 0, 384, 256, 256, 0};
    conv(network, 3, 64, 1, 2);
    convs(network, rest, 7);
    linear(network, 512);
    linear(network, 10);
}

static void build_vgg8(weft_network *network) {
    static const int32_t first[] = {128, 128, 0, 256, 256, 0, 512, 512, 0};
    convs(network, first, 9);
    conv(network, 3, 1024, 0, 1);
    pool(network);
    linear(network, 10);
}

static void build_vgg16(weft_network *network) {
    static const int32_t all[] = {64, 64,  0,   128, 128, 0,   256, 256, 256,
                                  0,  512, 512, 512, 0,   512, 512, 512};
    convs(network, all, 17);
    linear(network, 10);
}

static weft_network *stock_network(const char *name) {
    weft_error error;
    weft_network *network = NULL;
    expect_ok(weft_network_create(name, (weft_shape){3, 32, 32}, &network, &error), &error, name);
    if (strcmp(name, "lenet") == 0) {
        build_lenet(network);
    } else if (strcmp(name, "alexnet") == 0) {
        build_alexnet(network);
    } else if (strcmp(name, "vgg8") == 0) {
        build_vgg8(network);
    } else {
        build_vgg16(network);
    }
    return network;
}

/* ---- the comparison -------------------------------------------------------------------------- */

typedef struct reference {
    char chip[32], network[128];
    int pool;
    double latency_s, energy_j, area_mm2;
} reference;

static bool read_row(FILE *file, reference *row) {
    char line[512];
    while (fgets(line, sizeof line, file) != NULL) {
        double l;
        double e;
        double a;
        if (sscanf(line, "%31[^,],%d,\"%127[^\"]\",%lf,%lf,%lf", row->chip, &row->pool,
                   row->network, &l, &e, &a) == 6) {
            row->latency_s = l * 1e-9;
            row->energy_j = e * 1e-9;
            row->area_mm2 = a * 1e-6;
            return true;
        }
    }
    return false;
}

static double off(double value, double expected) {
    return fabs(value / expected - 1);
}

static double raise(double *worst, double value) {
    *worst = value > *worst ? value : *worst;
    return value;
}

typedef struct worst {
    int rows;
    double latency, energy, area; /* all chips */
    double stock;                 /* the largest of the three on the stock chip */
    double exact, table;
} worst;

static void compare(const reference *row, worst *w) {
    weft_priced *priced = priced_with(changes_of(row->chip));
    weft_network *network = row->pool > 0 ? imc_network(row->network, 32, row->pool)
                                          : stock_network(row->network);
    weft_cost *cost = cost_of(priced, network);
    double energy = off(cost->total.energy_j, row->energy_j);
    double area = off(cost->total.area_mm2, row->area_mm2);
    double latency = off(cost->total.latency_s, row->latency_s);
    double bare_energy = cost->total.energy_j - cost->energy_by[WEFT_COMPONENT_ACCUMULATOR];
    double bare_area = cost->total.area_mm2 - cost->area_by[WEFT_COMPONENT_ACCUMULATOR];
    double exact =
        fmax(latency, fmax(off(bare_energy, row->energy_j), off(bare_area, row->area_mm2)));
    raise(&w->latency, latency);
    raise(&w->energy, energy);
    raise(&w->area, area);
    bool rounded = strcmp(row->chip, "table") == 0;
    raise(rounded ? &w->table : &w->exact, exact);
    if (strcmp(row->chip, "stock") == 0) {
        raise(&w->stock, fmax(latency, fmax(energy, area)));
    }
    w->rows++;
    if (latency > 0.05 || energy > 0.05 || area > 0.05 || (!rounded && exact > EXACT)) {
        fail_msg("%s on %s (pool %d): %.6g s, %.6g J, %.6g mm2; expected %.6g s, %.6g J, %.6g mm2",
                 row->network, row->chip, row->pool, cost->total.latency_s, bare_energy, bare_area,
                 row->latency_s, row->energy_j, row->area_mm2);
    }
    weft_cost_destroy(cost);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

static void figures_of_mnsim_are_met(void **state) {
    (void)state;
    FILE *file = fopen("tests/hardware/mnsim_reference.csv", "re");
    assert_non_null(file);
    worst w = {0};
    reference row;
    while (read_row(file, &row)) {
        compare(&row, &w);
    }
    fclose(file);
    assert_true(w.rows >= 200);
    print_message(
        "%d rows; worst: latency %.2g, energy %.2g, area %.2g (stock chip: %.2g); without "
        "the accumulator %.2g (rounded table: %.2g)\n",
        w.rows, w.latency, w.energy, w.area, w.stock, w.exact, w.table);
    assert_true(w.stock < 0.01 && w.latency < 0.01 && w.area < 0.01 && w.energy < 0.02);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_mnsim_are_met),
    };
    return cmocka_run_group_tests_name("hardware/reference", tests, NULL, NULL);
}
