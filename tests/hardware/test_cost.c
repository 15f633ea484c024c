/* SPDX-License-Identifier: Apache-2.0
 *
 * Properties of costs over random networks and chips: parts add up bit for bit, the fast path
 * equals the breakdown, nothing is NaN, infinite or negative, and cost moves the way physics says.
 */
#include "hardware/support.h"

#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#define Q(value, unit) "{value: " value ", unit: " unit ", source: test}"
#define N(value)       Q(value, "\"1\"")

enum { NETWORKS = 10000, CHIPS = 60 };

/* ---- parts add up ---------------------------------------------------------------------------- */

static double sum_of(const double *by) {
    double sum = 0;
    for (int k = 0; k < WEFT_MAX_PARTS; k++) {
        if (!(by[k] >= 0) || !isfinite(by[k])) {
            return NAN;
        }
        sum += by[k];
    }
    return sum;
}

/* From the last to the first: the sums are exact in every order. */
static double backwards(const double *by) {
    double sum = 0;
    for (int k = WEFT_MAX_PARTS - 1; k >= 0; k--) {
        sum += by[k];
    }
    return sum;
}

static void check_row(const weft_layer_cost *row, const char *network) {
    bool same = sum_of(row->energy_by) == row->energy_j &&
                sum_of(row->latency_by) == row->latency_s && sum_of(row->area_by) == row->area_mm2;
    if (!same || !(row->busy_s >= 0) || row->utilisation < 0 || row->utilisation > 1) {
        fail_msg("%s, layer %s: its parts do not add up, or are out of range", network, row->name);
    }
}

/* The interval is the longest time that a layer is busy with an image, and names that layer; the
 * powers follow from energies and times. */
static void check_interval(const weft_cost *cost, const char *network) {
    const weft_total *t = &cost->total;
    double interval = 0;
    double peak = 0;
    int64_t macs = 0;
    for (int32_t l = 0; l < cost->n_layers; l++) {
        const weft_layer_cost *row = &cost->layers[l];
        interval = fmax(interval, row->busy_s);
        peak += row->busy_s > 0 ? row->energy_j / row->busy_s : 0;
        macs += row->macs;
    }
    bool named = t->bottleneck >= 0 && t->bottleneck < cost->n_layers &&
                 cost->layers[t->bottleneck].busy_s == interval;
    if (t->interval_s != interval || !named || t->power_w != t->energy_j / interval ||
        t->peak_power_w != peak || !(peak >= t->power_w * (1 - 1e-12)) || t->macs != macs) {
        fail_msg("%s: interval, powers or MACs do not follow from the layers", network);
    }
}

/* Sums are exact while they stay below 2^53 quanta (quantum.h), else right to 1e-12. */
static bool equal(double sum, double total, double limit) {
    return total < limit ? sum == total : fabs(sum / total - 1) < 1e-12;
}

static bool equal_totals(double energy, double latency, double area, const weft_total *t) {
    return equal(energy, t->energy_j, 0.25) && equal(latency, t->latency_s, 8) &&
           equal(area, t->area_mm2, 0x1p17);
}

static void check_sums(const weft_cost *cost, const char *network) {
    weft_total sum = {0};
    for (int32_t l = cost->n_layers - 1; l >= 0; l--) {
        const weft_layer_cost *row = &cost->layers[l];
        check_row(row, network);
        sum.energy_j += row->energy_j;
        sum.latency_s += row->latency_s;
        sum.area_mm2 += row->area_mm2;
        sum.crossbars += row->crossbars;
        sum.tiles += row->tiles;
    }
    check_interval(cost, network);
    const weft_total *t = &cost->total;
    if (!equal_totals(sum.energy_j, sum.latency_s, sum.area_mm2, t) ||
        sum.crossbars != t->crossbars || sum.tiles != t->tiles) {
        fail_msg("%s: the layers do not add up to the total", network);
    }
    if (!equal_totals(backwards(cost->energy_by), backwards(cost->latency_by),
                      backwards(cost->area_by), t)) {
        fail_msg("%s: the parts do not add up to the total", network);
    }
    if (!(t->energy_j > 0 && t->latency_s > 0 && t->area_mm2 > 0 && t->crossbars > 0 &&
          t->utilisation > 0 && t->utilisation <= 1)) {
        fail_msg("%s: a total is not positive", network);
    }
}

static bool same_total(const weft_total *a, const weft_total *b) {
    return a->energy_j == b->energy_j && a->latency_s == b->latency_s &&
           a->area_mm2 == b->area_mm2 && a->crossbars == b->crossbars && a->tiles == b->tiles &&
           a->utilisation == b->utilisation && a->interval_s == b->interval_s &&
           a->power_w == b->power_w && a->peak_power_w == b->peak_power_w && a->macs == b->macs &&
           a->bottleneck == b->bottleneck;
}

/* Builds, costs both ways and checks. */
static weft_total check_network(const weft_priced *priced, const char *text, int32_t side,
                                int32_t pool) {
    weft_error error;
    weft_total total;
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    weft_network *network = imc_network(text, side, pool);
    expect_ok(weft_workload_create(network, &workload, &error), &error, text);
    expect_ok(weft_estimate(priced, workload, &total, &error), &error, text);
    expect_ok(weft_cost_create(priced, workload, &cost, &error), &error, text);
    check_sums(cost, text);
    assert_true(same_total(&total, &cost->total));
    expect_ok(weft_estimate(priced, workload, &total, &error), &error, text);
    assert_true(same_total(&total, &cost->total));
    assert_true(total.macs == network->macs);
    weft_cost_destroy(cost);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    return total;
}

static void parts_add_up_on_random_networks(void **state) {
    (void)state;
    weft_priced *priced = priced_with("");
    for (uint64_t i = 0; i < NETWORKS; i++) {
        char text[128];
        weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, i);
        random_imc(&rng, 7, text, sizeof text);
        check_network(priced, text, 32, 1 + (int32_t)weft_rng_below(&rng, 2) * (i % 2 == 0));
    }
    weft_priced_destroy(priced);
}

/* ---- chips of any size ----------------------------------------------------------------------- */

static const char *pick(weft_rng *rng, const char *const *words, size_t n) {
    return words[weft_rng_below(rng, n)];
}

/* A chip drawn at random, from crossbars of one cell to large ones. */
static void random_chip(weft_rng *rng, char *text, size_t size) {
    static const char *const sides[] = {"1", "2", "7", "32", "100", "128", "256", "1024"};
    static const char *const counts[] = {"1", "3", "16", "128", "4096"};
    static const char *const few[] = {"1", "2", "3", "5"};
    static const char *const adcs[] = {"pipelined-sar-10b", "isaac-8b", "aspdac-4b",
                                       "sense-amplifier", "ramp-8b"};
    static const char *const dacs[] = {"isaac-1b", "isaac-3b", "isaac-8b"};
    static const char *const orders[] = {"rows", "snake", "shells", "diagonals"};
    const char *rows = pick(rng, sides, 8);
    snprintf(
        text, size,
        "precision: {weights: {value: %d, unit: bit, source: t}, activations: {value: %d, "
        "unit: bit, source: t}}\n"
        "crossbar: {signs: %s, rows: " N("%s") ", columns: " N("%s") ", subarray_rows: " N(
            "%s") "}\n"
                  "pe: {adc: %s, dac: %s, groups: " N("%s") ", dacs: " N("%s") ", adcs: " N(
                      "%s") "}\n"
                            "tile: {pe_rows: " N("%s") ", pe_columns: " N(
                                "%s") "}\n"
                                      "mesh: {placement: %s, rows: " N("256") ", columns: " N(
                                          "%s") ", energy: {value: 0.3, unit: pJ, source: t}}\n"
                                                "pooling: {adaptive_window: " N(
                                                    "%s") "}\n"
                                                          "control: {power: {value: 1, unit: mW, "
                                                          "source: t}, area: {value: 5, unit: um2, "
                                                          "source: t}}\n",
        2 + (int)weft_rng_below(rng, 15), 1 + (int)weft_rng_below(rng, 16),
        weft_rng_below(rng, 2) > 0 ? "pair" : "single", rows, pick(rng, sides, 8),
        weft_rng_below(rng, 2) > 0 ? "1" : rows, pick(rng, adcs, 5), pick(rng, dacs, 3),
        pick(rng, few, 4), pick(rng, counts, 5), pick(rng, counts, 5), pick(rng, few, 4),
        pick(rng, few, 4), pick(rng, orders, 4), weft_rng_below(rng, 4) > 0 ? "256" : "13",
        weft_rng_below(rng, 2) > 0 ? "0" : "2");
}

/* Some networks do not fit some chips: then the reason must be given, and both ways agree. */
static bool try_network(const weft_priced *priced, const char *text) {
    weft_error error;
    weft_total total;
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    weft_network *network = imc_network(text, 32, 1);
    expect_ok(weft_workload_create(network, &workload, &error), &error, text);
    weft_status status = weft_estimate(priced, workload, &total, &error);
    if (status != WEFT_OK) {
        assert_int_equal(status, WEFT_ERROR_INFEASIBLE);
        assert_true(strlen(error.message) > 20);
        assert_int_equal(weft_cost_create(priced, workload, &cost, &error), status);
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    if (status == WEFT_OK) {
        check_network(priced, text, 32, 1);
    }
    return status == WEFT_OK;
}

static void parts_add_up_on_random_chips(void **state) {
    (void)state;
    int fitted = 0;
    int refused = 0;
    for (uint64_t i = 0; i < CHIPS; i++) {
        char changes[2048];
        weft_rng rng = weft_rng_make(12, WEFT_PURPOSE_TEST, i);
        random_chip(&rng, changes, sizeof changes);
        weft_priced *priced = priced_with(changes);
        for (int k = 0; k < 20; k++) {
            char text[128];
            random_imc(&rng, 4, text, sizeof text);
            bool fits = try_network(priced, text);
            fitted += fits;
            refused += !fits;
        }
        weft_priced_destroy(priced);
    }
    print_message("%d fitted, %d refused\n", fitted, refused);
    assert_true(fitted > 100 && refused > 20);
}

/* ---- what moves how -------------------------------------------------------------------------- */

static void more_kernels_never_cost_less(void **state) {
    (void)state;
    weft_priced *priced = priced_with("");
    for (int block = 0; block < 3; block++) {
        weft_total last = {0};
        for (int kernels = 1; kernels <= 300; kernels += kernels < 70 ? 1 : 13) {
            char text[64];
            snprintf(text, sizeof text, "%c%d", "VMR"[block], kernels);
            weft_total total = total_of(priced, text);
            assert_true(total.energy_j > last.energy_j);
            assert_true(total.area_mm2 >= last.area_mm2);
            assert_true(total.crossbars >= last.crossbars);
            last = total;
        }
    }
    weft_priced_destroy(priced);
}

static void deeper_networks_cost_more(void **state) {
    (void)state;
    weft_priced *priced = priced_with("");
    char text[128] = "M32";
    weft_total last = total_of(priced, text);
    for (int depth = 2; depth <= 8; depth++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, depth % 2 == 0 ? ",R32" : ",M32");
        weft_total total = total_of(priced, text);
        assert_true(total.energy_j > last.energy_j && total.latency_s > last.latency_s &&
                    total.area_mm2 > last.area_mm2);
        last = total;
    }
    weft_priced_destroy(priced);
}

static void more_bits_never_cost_less(void **state) {
    (void)state;
    for (int what = 0; what < 2; what++) {
        weft_total last = {0};
        for (int bits = 2; bits <= 16; bits++) {
            char changes[128];
            snprintf(changes, sizeof changes, "precision: {%s: {value: %d, unit: bit, source: t}}",
                     what == 0 ? "weights" : "activations", bits);
            weft_priced *priced = priced_with(changes);
            weft_total total = total_of(priced, "R32,V64");
            weft_priced_destroy(priced);
            assert_true(total.energy_j >= last.energy_j);
            assert_true(what == 0 || total.energy_j > last.energy_j);
            assert_true(what == 1 || total.area_mm2 >= last.area_mm2);
            assert_true(what == 0 || total.latency_s > last.latency_s);
            last = total;
        }
    }
}

static void area_does_not_depend_on_the_input_size(void **state) {
    (void)state;
    weft_priced *priced = priced_with("");
    double area = check_network(priced, "R32,V64", 8, 1).area_mm2;
    for (int32_t side = 9; side < 60; side += 10) {
        assert_true(check_network(priced, "R32,V64", side, 1).area_mm2 == area);
    }
    weft_priced_destroy(priced);
}

/* With the whole map to wait for, a global pool ends after the last pixel of the map. */
static void waiting_for_the_whole_map_takes_longer(void **state) {
    (void)state;
    weft_priced *first = priced_with("");
    weft_priced *whole = priced_with("pooling: {adaptive_window: " N("0") "}");
    const char *networks[] = {"M32", "R32", "V32,R64"};
    for (int i = 0; i < 3; i++) {
        weft_network *network = imc_network(networks[i], 32, 1);
        weft_cost *cost = cost_of(whole, network);
        double slowest = 0;
        for (int32_t l = 0; l < cost->n_layers; l++) {
            slowest = fmax(slowest, cost->layers[l].busy_s);
        }
        assert_true(cost->total.latency_s >= slowest);
        assert_true(cost->total.latency_s > total_of(first, networks[i]).latency_s);
        weft_cost_destroy(cost);
        weft_network_destroy(network);
    }
    weft_priced_destroy(first);
    weft_priced_destroy(whole);
}

/* ---- figures of merit ------------------------------------------------------------------------ */

static bool near(double a, double b) {
    return fabs(a / b - 1) < 1e-12;
}

static void figures_of_merit_are_of_the_whole(void **state) {
    (void)state;
    weft_total total = {
        .energy_j = 2e-6, .latency_s = 3e-3, .interval_s = 1e-3, .area_mm2 = 5, .macs = 1000000};
    assert_true(near(weft_total_tops(&total), 2e6 / 1e-3 / 1e12));
    assert_true(near(weft_total_tops_w(&total), 2e6 / 2e-6 / 1e12));
    assert_true(near(weft_total_tops_mm2(&total), 2e6 / 1e-3 / 1e12 / 5));
    assert_true(near(weft_total_edap(&total), 2e-6 * 3e-3 * 5));
    weft_total none = {.area_mm2 = 1};
    assert_true(weft_total_tops(&none) == 0 && weft_total_tops_w(&none) == 0 &&
                weft_total_tops_mm2(&none) == 0 && weft_total_edap(&none) == 0);
}

static void parts_have_tokens_texts_and_levels(void **state) {
    (void)state;
    weft_priced *priced = priced_with("");
    weft_network *network = imc_network("R32,V64", 32, 1);
    weft_cost *cost = cost_of(priced, network);
    assert_int_equal(cost->n_parts, 14);
    for (int32_t k = 0; k < cost->n_parts; k++) {
        const weft_part_info *part = &cost->parts[k];
        assert_true(strlen(part->token) > 2 && strlen(part->text) > 2);
        assert_true(strcmp(part->level, "pe") == 0 || strcmp(part->level, "tile") == 0 ||
                    strcmp(part->level, "chip") == 0);
        for (int32_t m = 0; m < k; m++) {
            assert_string_not_equal(part->token, cost->parts[m].token);
        }
    }
    assert_int_equal(cost->n_warnings, 0);
    weft_cost_destroy(cost);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

/* ---- lowering -------------------------------------------------------------------------------- */

static void rows_name_the_layers(void **state) {
    (void)state;
    static const char *const names[] = {"input port 3",  "conv3x3 3>32",    "conv3x3 32>32",
                                        "conv1x1 3>32",  "add 32",          "conv3x3 32>64",
                                        "conv3x3 64>64", "max pool 2x2 64", "average pool 1x1 64",
                                        "linear 64>200", "linear 200>50",   "linear 50>10",
                                        "chip"};
    static const int blocks[] = {-1, 0, 0, 0, 0, 1, 1, 1, -1, -1, -1, -1, -1};
    weft_priced *priced = priced_with("");
    weft_network *network = imc_network("R32,V64", 32, 1);
    weft_cost *cost = cost_of(priced, network);
    assert_int_equal(cost->n_layers, 13);
    for (int i = 0; i < 13; i++) {
        assert_string_equal(cost->layers[i].name, names[i]);
        assert_int_equal(cost->layers[i].block, blocks[i]);
    }
    assert_int_equal(cost->layers[0].tiles, 1);
    assert_int_equal(cost->layers[1].crossbars, 16); /* 8 planes, a pair each */
    assert_int_equal(cost->layers[2].crossbars, 32); /* 32 channels, 28 fit a crossbar */
    weft_cost_destroy(cost);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

static void networks_without_work_are_refused(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    expect_ok(weft_network_create("empty", (weft_shape){3, 8, 8}, &network, &error), &error, "");
    assert_int_equal(weft_workload_create(network, &workload, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "empty"));
    weft_network_destroy(network);
}

/* ---- what does not fit ----------------------------------------------------------------------- */

static void expect_refused(const char *changes, const char *imc, int32_t side, const char *reason) {
    weft_error error;
    weft_total total = {.energy_j = -1};
    weft_workload *workload = NULL;
    weft_priced *priced = priced_with(changes);
    weft_network *network = imc_network(imc, side, 1);
    expect_ok(weft_workload_create(network, &workload, &error), &error, imc);
    assert_int_equal(weft_estimate(priced, workload, &total, &error), WEFT_ERROR_INFEASIBLE);
    if (strstr(error.message, reason) == NULL) {
        fail_msg("expected '%s' in: %s", reason, error.message);
    }
    assert_true(total.energy_j == -1); /* written only on success */
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

static void what_does_not_fit_is_refused_with_the_reason(void **state) {
    (void)state;
    expect_refused("mesh: {rows: " N("3") ", columns: " N("3") "}", "M32,R64", 32,
                   "has 9 tiles (3 x 3): layer");
    expect_refused("mesh: {rows: " N("1") ", columns: " N("1") "}", "V8", 32, "conv3x3 3>8");
    expect_refused("", "M4096,M4096,M4096", 32, "has 4096 tiles");
    expect_refused("crossbar: {rows: " N("1") ", columns: " N("1") ", subarray_rows: " N("1") "}",
                   "M64", 32, "tiles");
    expect_refused("clock: {frequency: {value: 1, unit: kHz, source: t}}", "M8", 8192,
                   "cannot be counted");
    const char *small =
        "buffer: {sizes: [{capacity: {value: 64, unit: B, source: t}, area: {value: "
        "1, unit: um2, source: t}, leakage: {value: 1, unit: uW, source: t}, "
        "read_energy: {value: 1, unit: pJ, source: t}, write_energy: {value: 1, "
        "unit: pJ, source: t}}]}";
    expect_refused(small, "M32", 32, "needs a PE input buffer");
}

/* The largest layers that a network may have: refused, or costed with finite numbers. */
static void extreme_layers_are_no_trouble(void **state) {
    (void)state;
    enum { MOST = 65536 };
    static const weft_shape inputs[] = {{MOST, 1, 1}, {1, MOST, MOST}, {3, 2, MOST}, {MOST, 64, 1}};
    static const char *const chips[] = {
        "",
        "crossbar: {rows: " N("1") ", columns: " N("1") ", subarray_rows: " N("1") "}",
        "buffer: {port: {value: 1, unit: bit, source: t}, cycle: {value: 1, unit: ms, source: t}}",
        "pe: {dacs: " N("65536") "}\ncrossbar: {rows: " N("65536") ", subarray_rows: " N("1") "}",
        "clock: {frequency: {value: 1, unit: kHz, source: t}}\npe: {adc: ramp-8b}\nadcs: {ramp-8b: "
        "{bits: {value: 32, unit: bit, source: t}, rate: {value: 1, unit: kHz, source: t}}}",
    };
    int fitted = 0;
    for (int i = 0; i < 4 * 5 * 40; i++) {
        weft_rng rng = weft_rng_make(15, WEFT_PURPOSE_TEST, (uint64_t)i);
        weft_error error;
        weft_network *network = NULL;
        weft_workload *workload = NULL;
        weft_total total;
        int32_t index = 0;
        weft_priced *priced = priced_with(chips[i % 5]);
        expect_ok(weft_network_create("extreme", inputs[i / 5 % 4], &network, &error), &error, "");
        for (int l = 0; l < 4; l++) {
            int32_t k = 1 + (int32_t)weft_rng_below(&rng, weft_rng_below(&rng, 2) > 0 ? 3 : MOST);
            weft_layer layer = {.op = l % 2 == 0 ? WEFT_OP_CONV : WEFT_OP_MAX_POOL,
                                .input = &index,
                                .n_inputs = 1,
                                .block = WEFT_NO_BLOCK,
                                .out_channels = 1 + (int32_t)weft_rng_below(&rng, MOST),
                                .kernel = {k, k},
                                .pad = l % 2 == 0 ? (weft_extent){k / 2, k / 2}
                                                  : (weft_extent){0, 0}};
            int32_t stride = 1 + (int32_t)weft_rng_below(&rng, MOST);
            layer.stride = (weft_extent){stride, stride};
            if (weft_network_add(network, &layer, &index, &error) != WEFT_OK) {
                break;
            }
        }
        if (weft_workload_create(network, &workload, &error) == WEFT_OK) {
            weft_status status = weft_estimate(priced, workload, &total, &error);
            fitted += status == WEFT_OK;
            assert_true(status == WEFT_ERROR_INFEASIBLE || status == WEFT_OK);
            assert_true(status != WEFT_OK ||
                        (isfinite(total.energy_j) && total.latency_s > 0 && total.energy_j > 0));
        }
        weft_workload_destroy(workload);
        weft_network_destroy(network);
        weft_priced_destroy(priced);
    }
    print_message("%d fitted\n", fitted);
    assert_true(fitted > 20);
}

/* ---- no allocation, many threads ------------------------------------------------------------- */

/* Blocks and bytes in use, as the allocator counts them. */
static size_t in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static atomic_long n_allocations;

/* The allocator with a counter in front: this executable's malloc family. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);

#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__
#define COUNTS_ALLOCATIONS 1
void *malloc(size_t size) {
    n_allocations++;
    return __libc_malloc(size);
}
void *calloc(size_t n, size_t size) {
    n_allocations++;
    return __libc_calloc(n, size);
}
void *realloc(void *block, size_t size) {
    n_allocations++;
    return __libc_realloc(block, size);
}
#endif
#endif

static void estimates_do_not_allocate(void **state) {
    (void)state;
#ifndef COUNTS_ALLOCATIONS
    skip(); /* a sanitizer has its own allocator */
#endif
    weft_priced *priced = priced_with("");
    for (uint64_t i = 0; i < 300; i++) {
        char text[128];
        weft_error error;
        weft_total total;
        weft_workload *workload = NULL;
        weft_rng rng = weft_rng_make(13, WEFT_PURPOSE_TEST, i);
        weft_network *network = imc_network(random_imc(&rng, 7, text, sizeof text), 32, 1);
        expect_ok(weft_workload_create(network, &workload, &error), &error, text);
        long before = n_allocations;
        size_t bytes = in_use();
        weft_status status = weft_estimate(priced, workload, &total, &error);
        long after = n_allocations;
        assert_true(status == WEFT_OK && after == before && in_use() == bytes);
        assert_true(after > 0);
        weft_workload_destroy(workload);
        weft_network_destroy(network);
    }
    weft_priced_destroy(priced);
}

typedef struct worker {
    const weft_priced *priced;
    double checksum;
} worker;

static void *work(void *argument) {
    worker *w = argument;
    for (uint64_t i = 0; i < 200; i++) {
        char text[128];
        weft_error error;
        weft_total total;
        weft_workload *workload = NULL;
        weft_network *network = NULL;
        weft_imc_spec spec;
        weft_rng rng = weft_rng_make(14, WEFT_PURPOSE_TEST, i);
        weft_imc_defaults(&spec);
        if (weft_imc_parse(random_imc(&rng, 6, text, sizeof text), &spec, &error) == WEFT_OK &&
            weft_imc_build(&spec, &network, &error) == WEFT_OK &&
            weft_workload_create(network, &workload, &error) == WEFT_OK &&
            weft_estimate(w->priced, workload, &total, &error) == WEFT_OK) {
            w->checksum += total.energy_j + total.latency_s + total.area_mm2;
        } else {
            w->checksum = NAN;
        }
        weft_workload_destroy(workload);
        weft_network_destroy(network);
    }
    return NULL;
}

static void threads_share_a_priced_chip(void **state) {
    (void)state;
    enum { THREADS = 4 };
    weft_priced *priced = priced_with("");
    pthread_t threads[THREADS];
    worker workers[THREADS];
    worker alone = {priced, 0};
    work(&alone);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){priced, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(workers[i].checksum == alone.checksum);
    }
    weft_priced_destroy(priced);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up_on_random_networks),
        cmocka_unit_test(parts_add_up_on_random_chips),
        cmocka_unit_test(more_kernels_never_cost_less),
        cmocka_unit_test(deeper_networks_cost_more),
        cmocka_unit_test(more_bits_never_cost_less),
        cmocka_unit_test(area_does_not_depend_on_the_input_size),
        cmocka_unit_test(waiting_for_the_whole_map_takes_longer),
        cmocka_unit_test(figures_of_merit_are_of_the_whole),
        cmocka_unit_test(parts_have_tokens_texts_and_levels),
        cmocka_unit_test(rows_name_the_layers),
        cmocka_unit_test(networks_without_work_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused_with_the_reason),
        cmocka_unit_test(extreme_layers_are_no_trouble),
        cmocka_unit_test(estimates_do_not_allocate),
        cmocka_unit_test(threads_share_a_priced_chip),
    };
    return cmocka_run_group_tests_name("hardware/cost", tests, NULL, NULL);
}
