/* SPDX-License-Identifier: Apache-2.0
 * Turned chips against chips that were set and priced anew: equal to the last bit, on random walks
 * over the knobs of many chips; and workloads that are filled again against new ones. */
#include "hardware/random_hierarchy.h"
#include "hardware/support.h"

#include <math.h>

enum { TEXT = 65536 };

static bool same_double(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static void expect_same_total(const weft_total *a, const weft_total *b, const char *what) {
    bool same = same_double(a->energy_j, b->energy_j) && same_double(a->latency_s, b->latency_s) &&
                same_double(a->interval_s, b->interval_s) &&
                same_double(a->area_mm2, b->area_mm2) && same_double(a->power_w, b->power_w) &&
                same_double(a->peak_power_w, b->peak_power_w) && a->macs == b->macs &&
                a->crossbars == b->crossbars && a->tiles == b->tiles &&
                same_double(a->utilisation, b->utilisation) && same_double(a->cycles, b->cycles) &&
                a->batch == b->batch && a->bottleneck == b->bottleneck;
    if (!same) {
        fail_msg("%s: energy %.17g and %.17g, latency %.17g and %.17g, area %.17g and %.17g", what,
                 a->energy_j, b->energy_j, a->latency_s, b->latency_s, a->area_mm2, b->area_mm2);
    }
}

static void expect_same_error(weft_status a, const weft_error *at, weft_status b,
                              const weft_error *bt, const char *what) {
    if (a != b || (a != WEFT_OK && strcmp(at->message, bt->message) != 0)) {
        fail_msg("%s: %d \"%s\" and %d \"%s\"", what, a, a != WEFT_OK ? at->message : "", b,
                 b != WEFT_OK ? bt->message : "");
    }
}

static weft_network *network_of(const char *text) {
    weft_error error;
    weft_network *network = NULL;
    expect_ok(weft_network_read(text, &network, &error), &error, text);
    return network;
}

static weft_workload *workload_of(const weft_network *network) {
    weft_error error;
    weft_workload *workload = NULL;
    expect_ok(weft_workload_create(network, &workload, &error), &error, network->name);
    return workload;
}

static weft_chip *read_chip(const char *name) {
    weft_error error;
    weft_chip *chip = NULL;
    expect_ok(weft_chip_read(name, &chip, &error), &error, name);
    return chip;
}

/* ---- walks ----------------------------------------------------------------------------------- */

/* What may be turned, and to what. */
typedef struct turnable {
    const char *path, *unit;
    int n;
    const char *values[6]; /* numbers, or words where `words` */
    bool words;
} turnable;

enum { MOST_KNOBS = 12 };
typedef struct walk_case {
    const char *chip, *networks[2];
    int steps; /* few where mappings are searched for */
    turnable knobs[MOST_KNOBS];
} walk_case;

static const walk_case WALKS[] = {
    {"neurosim-32nm-rram",
     {"mobilenetv2@input=3x64x64", "resnet18@input=3x64x64"},
     50,
     {{"rows", "", 4, {"64", "96", "128", "3"}, false},
      {"columns", "1", 3, {"32", "64", "128"}, false},
      {"groups", "", 4, {"32", "16", "4", "0"}, false},
      {"tiles", "", 3, {"32", "16", "8"}, false},
      {"macros", "", 4, {"128", "64", "32", "2.5"}, false},
      {"cell_bits", "bit", 4, {"8", "4", "2", "1"}, false},
      {"glb_depth", "", 4, {"16384", "1024", "4096", "-1"}, false},
      {"voltage", "mV", 4, {"850", "700", "912.5", "1e9"}, false},
      {"base_cycle", "ns", 4, {"10", "1", "2.7", "0"}, false},
      {"node", "nm", 3, {"32", "22", "45"}, false},
      {"execution.accounting", "", 3, {"alone", "resident", "reload"}, true},
      {"device", "", 2, {"lp", "hp"}, true}}},
    {"generic-rram",
     {"resnet18", "vgg8"},
     50,
     {{"rows", "", 3, {"128", "256", "64"}, false},
      {"columns", "", 3, {"128", "256", "64"}, false},
      {"voltage", "V", 3, {"1", "0.9", "0.8"}, false},
      {"resolution", "", 4, {"8", "7", "6", "5"}, false},
      {"input_bits", "", 3, {"8", "6", "4"}, false},
      {"weight_bits", "", 3, {"8", "6", "4"}, false},
      {"execution.order", "", 3, {"layers", "pipeline", "pixels"}, true},
      {"execution.copies", "", 4, {"0", "1", "4", "1.5"}, false},
      {"execution.batch", "", 3, {"1", "4", "0"}, false},
      {"execution.power_limit", "W", 3, {"0", "1", "1000"}, false},
      {"adc.area_scale", "", 3, {"1", "2", "0.5"}, false},
      {"node", "nm", 2, {"32", "45"}, false}}},
    {"generic-sram",
     {"mobilenetv2@input=3x32x32", "imc:R32,V64"},
     50,
     {{"rows", "", 3, {"128", "256", "64"}, false},
      {"columns", "", 3, {"128", "256", "64"}, false},
      {"voltage", "V", 3, {"0.8", "0.9", "0.7"}, false},
      {"cycle", "ns", 3, {"5", "10", "100"}, false},
      {"execution.accounting", "", 2, {"resident", "reload"}, true}}},
    {"weft-32nm-rram",
     {"mobilenetv2@input=3x64x64", "resnet18@input=3x64x64"},
     50,
     {{"rows", "", 3, {"128", "64", "96"}, false},
      {"columns", "", 3, {"128", "64", "96"}, false},
      {"groups", "", 3, {"64", "32", "128"}, false},
      {"cell_bits", "", 3, {"2", "4", "1"}, false},
      {"glb_depth", "", 4, {"8192", "64", "256", "2048"}, false},
      {"voltage", "V", 4, {"0.9", "0.8", "0.85", "0.5"}, false},
      {"base_cycle", "ns", 2, {"0", "1000"}, false},
      {"resolution", "", 4, {"6", "4", "8", "10"}, false},
      {"columns_a_mux", "", 3, {"8", "1", "32"}, false},
      {"dac_bits", "", 3, {"1", "2", "4"}, false},
      {"node", "nm", 2, {"32", "22"}, false},
      {"element_time", "ns", 3, {"1", "0", "1000"}, false}}},
    {"weft-sram",
     {"mobilenetv2@input=3x64x64", "resnet8"},
     50,
     {{"rows", "", 3, {"128", "64", "4096"}, false},
      {"macros", "", 3, {"16", "64", "4"}, false},
      {"glb_depth", "", 3, {"8192", "64", "256"}, false},
      {"voltage", "V", 3, {"0.85", "0.8", "0.75"}, false},
      {"resolution", "", 3, {"6", "8", "12"}, false},
      {"execution.accounting", "", 2, {"reload", "resident"}, true},
      {"node", "nm", 3, {"22", "14", "32"}, false}}},
    {"cimnas-32nm-rram",
     {"mobilenetv2@input=3x64x64", "resnet18@input=3x64x64"},
     50,
     {{"rows", "", 3, {"256", "32", "512"}, false},
      {"macros", "", 3, {"64", "4", "128"}, false},
      {"cell_bits", "", 3, {"8", "3", "1"}, false},
      {"glb_depth", "", 3, {"2048", "131072", "8192"}, false},
      {"voltage", "V", 3, {"0.8", "0.5", "0.85"}, false},
      {"base_cycle", "ns", 3, {"1", "10", "3000"}, false},
      {"swap_bits", "", 2, {"1", "0"}, false},
      {"free_cycle", "", 2, {"1", "0"}, false},
      {"execution.strides", "", 2, {"0", "1"}, false},
      {"execution.accounting", "", 3, {"alone", "resident", "reload"}, true}}},
    {"isaac",
     {"vgg8", "imc:V64,V128"},
     10,
     {{"rows", "", 3, {"128", "256", "64"}, false},
      {"columns", "", 3, {"128", "256", "64"}, false},
      {"execution.order", "", 3, {"layers", "pipeline", "pixels"}, true}}},
    {"zigzag-aimc",
     {"resnet8", "ds-cnn"},
     10,
     {{"rows", "", 3, {"128", "256", "64"}, false},
      {"columns", "", 3, {"128", "256", "64"}, false},
      {"execution.objective", "", 2, {"energy", "latency"}, true}}},
    {"mnsim-130nm-rram",
     {"imc:R32,V64", "imc:V16,V32"},
     50,
     {{"crossbar.rows", "", 3, {"256", "128", "512"}, false},
      {"crossbar.columns", "", 3, {"256", "128", "512"}, false},
      {"clock.frequency", "MHz", 3, {"500", "250", "-1"}, false},
      {"mesh.placement", "", 3, {"rows", "snake", "shells"}, true},
      {"cell.read_voltage", "", 3, {"0.15", "0.1", "0.2"}, false}}},
};

/* Knobs of the chip that the case names; those that it does not have are left out. */
typedef struct walker {
    const walk_case *of;
    weft_chip *chip;
    weft_priced *priced;
    int n;
    const turnable *turnables[MOST_KNOBS];
    weft_knob knobs[MOST_KNOBS];
    double values[MOST_KNOBS];
    const char *texts[MOST_KNOBS];
    bool turned[MOST_KNOBS];
} walker;

static void begin_walk(const walk_case *of, walker *w) {
    weft_error error;
    memset(w, 0, sizeof *w);
    w->of = of;
    w->chip = read_chip(of->chip);
    for (int k = 0; k < MOST_KNOBS && of->knobs[k].path != NULL; k++) {
        const turnable *t = &of->knobs[k];
        weft_status status = weft_chip_knob(w->chip, t->path, t->unit, &w->knobs[w->n], &error);
        if (status == WEFT_ERROR_USAGE) {
            print_message("%s has no '%s'\n", of->chip, t->path);
            continue;
        }
        expect_ok(status, &error, t->path);
        w->turnables[w->n++] = t;
    }
    assert_true(w->n >= 2);
    expect_ok(weft_priced_create(w->chip, &w->priced, &error), &error, of->chip);
}

static void end_walk(walker *w) {
    weft_priced_destroy(w->priced);
    weft_chip_destroy(w->chip);
}

static double value_for(const walker *w, const turnable *t, const char *text) {
    weft_error error;
    double value = 0;
    if (!t->words) {
        return strtod(text, NULL);
    }
    expect_ok(weft_knob_word(w->chip, t->path, text, &value, &error), &error, text);
    return value;
}

/* Some knobs turned to other places; those that were turned before stay. */
static weft_status random_turn(walker *w, weft_rng *rng, weft_error *error) {
    weft_knob knobs[MOST_KNOBS];
    double values[MOST_KNOBS];
    int n = 0;
    for (int k = 0; k < w->n; k++) {
        if (chance(rng, 0.4)) {
            const turnable *t = w->turnables[k];
            w->texts[k] = t->values[below(rng, t->n)];
            w->values[k] = value_for(w, t, w->texts[k]);
            w->turned[k] = true;
            knobs[n] = w->knobs[k];
            values[n++] = w->values[k];
        }
    }
    return weft_priced_turn(w->priced, knobs, values, n, error);
}

/* The same chip by its text. */
static weft_status price_set(const walker *w, weft_priced **priced, weft_error *error) {
    const char *paths[MOST_KNOBS];
    char texts[MOST_KNOBS][64];
    const char *pointers[MOST_KNOBS];
    int n = 0;
    weft_chip *made = NULL;
    for (int k = 0; k < w->n; k++) {
        if (w->turned[k]) {
            const turnable *t = w->turnables[k];
            snprintf(texts[n], sizeof texts[n], "%s%s%s", w->texts[k],
                     t->unit[0] != '\0' ? " " : "", t->unit);
            pointers[n] = texts[n];
            paths[n++] = t->path;
        }
    }
    weft_status status = weft_chip_settle(w->chip, paths, pointers, n, &made, error);
    if (status == WEFT_OK) {
        status = weft_priced_create(made, priced, error);
        weft_chip_destroy(made);
    }
    return status;
}

static void compare_costs(const weft_priced *a, const weft_priced *b, weft_workload *workload,
                          const weft_network *network) {
    weft_error error;
    weft_cost *one = NULL;
    weft_cost *other = NULL;
    weft_workload *fresh = workload_of(network);
    expect_ok(weft_cost_create(a, workload, &one, &error), &error, "turned");
    expect_ok(weft_cost_create(b, fresh, &other, &error), &error, "set");
    assert_int_equal(one->n_parts, other->n_parts);
    assert_int_equal(one->n_layers, other->n_layers);
    assert_int_equal(one->n_warnings, other->n_warnings);
    for (int p = 0; p < one->n_parts; p++) {
        assert_true(same_double(one->energy_by[p], other->energy_by[p]));
        assert_true(same_double(one->area_by[p], other->area_by[p]));
    }
    expect_same_total(&one->total, &other->total, "costs");
    weft_cost_destroy(one);
    weft_cost_destroy(other);
    weft_workload_destroy(fresh);
}

/* After a refusal all knobs that were turned say anew where they are to stand. */
static void recover(walker *w) {
    weft_error error;
    for (int k = 0; k < w->n; k++) {
        const turnable *t = w->turnables[k];
        w->texts[k] = t->values[0];
        w->values[k] = value_for(w, t, w->texts[k]);
        w->turned[k] = true;
    }
    expect_ok(weft_priced_turn(w->priced, w->knobs, w->values, w->n, &error), &error, "recover");
}

/* One step: a turn, and all there is to compare. */
static int step(walker *w, weft_rng *rng, weft_workload *workload, const weft_network *network,
                int i) {
    weft_error turning;
    weft_error setting;
    weft_priced *set = NULL;
    char what[96];
    snprintf(what, sizeof what, "%s, step %d", w->of->chip, i);
    weft_status turned = random_turn(w, rng, &turning);
    weft_status priced = price_set(w, &set, &setting);
    if (w->of->knobs[0].path[0] != 'c' || turned == WEFT_OK) { /* pipelines say it in other words */
        expect_same_error(turned, &turning, priced, &setting, what);
    } else {
        assert_int_equal(turned, priced);
    }
    weft_total a;
    weft_total b;
    weft_status estimated = weft_estimate(w->priced, workload, &a, &turning);
    if (priced != WEFT_OK) {
        assert_int_equal(estimated, turned);
        recover(w);
        return 0;
    }
    weft_workload *fresh = workload_of(network);
    weft_status expected = weft_estimate(set, fresh, &b, &setting);
    expect_same_error(estimated, &turning, expected, &setting, what);
    weft_workload_destroy(fresh);
    if (estimated == WEFT_OK) {
        expect_same_total(&a, &b, what);
        if (i % 8 == 0) {
            compare_costs(w->priced, set, workload, network);
        }
    }
    assert_true(same_double(weft_priced_cells(w->priced), weft_priced_cells(set)));
    weft_priced_destroy(set);
    return estimated == WEFT_OK;
}

static void turned_chips_equal_set_ones(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof WALKS / sizeof *WALKS; c++) {
        weft_rng rng = weft_rng_make(c + 1, WEFT_PURPOSE_TEST, 0);
        for (int n = 0; n < 2; n++) {
            walker w;
            int estimates = 0;
            weft_network *network = network_of(WALKS[c].networks[n]);
            weft_workload *workload = workload_of(network);
            begin_walk(&WALKS[c], &w);
            for (int i = 0; i < WALKS[c].steps; i++) {
                estimates += step(&w, &rng, workload, network, i);
            }
            if (10 * estimates < WALKS[c].steps) {
                fail_msg("%s: %d estimates of %d", WALKS[c].chip, estimates, WALKS[c].steps);
            }
            end_walk(&w);
            weft_workload_destroy(workload);
            weft_network_destroy(network);
        }
    }
}

/* Knobs that are not structural, many turns in a row: what a workload keeps is used. */
static void kept_sums_equal_new_ones(void **state) {
    (void)state;
    static const struct {
        const char *chip, *accounting, *order, *paths[3];
        double values[3][4];
    } CASES[] = {
        {"neurosim-32nm-rram",
         "alone",
         "layers",
         {"voltage", "base_cycle", "node"},
         {{0.8, 0.85, 0.9, 1}, {1, 2, 9.3, 10}, {32, 22, 45, 65}}},
        {"neurosim-32nm-rram",
         "resident",
         "pipeline",
         {"voltage", "base_cycle", "leakage"},
         {{0.8, 0.85, 0.9, 1}, {1, 2, 9.3, 10}, {0, 1, 0.5, 2}}},
        {"generic-rram",
         "resident",
         "pixels",
         {"voltage", "resolution", "execution.copies"},
         {{0.8, 0.85, 0.9, 1}, {8, 7, 6, 5}, {0, 0, 0, 1}}},
        {"generic-sram",
         "reload",
         "layers",
         {"voltage", "node", "cycle"},
         {{0.8, 0.85, 0.9, 1}, {22, 22, 28, 32}, {5, 10, 20, 50}}},
        {"generic-sram",
         "alone",
         "layers",
         {"voltage", "node", "cycle"},
         {{0.8, 0.85, 0.9, 1}, {22, 22, 28, 32}, {5, 10, 20, 50}}},
    };
    weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, 0);
    for (size_t c = 0; c < sizeof CASES / sizeof *CASES; c++) {
        weft_error error;
        weft_error expected;
        weft_priced *priced = NULL;
        weft_knob knobs[3];
        double values[3];
        int n = 0;
        int estimates = 0;
        int of[3];
        weft_chip *chip = read_chip(CASES[c].chip);
        weft_network *network = network_of("mobilenetv2@input=3x32x32");
        for (int32_t l = 0; l < network->n_layers; l++) { /* three classes of bits */
            if (network->layers[l].op == WEFT_OP_CONV && l % 3 > 0) {
                network->layers[l].bits = (weft_layer_bits){4 * (l % 3), 8, 0};
            }
        }
        weft_workload *workload = workload_of(network);
        expect_ok(weft_chip_set(chip, "execution.accounting", CASES[c].accounting, &error), &error,
                  "accounting");
        expect_ok(weft_chip_set(chip, "execution.order", CASES[c].order, &error), &error, "order");
        for (int k = 0; k < 3; k++) {
            of[n] = k;
            n += weft_chip_knob(chip, CASES[c].paths[k], "", &knobs[n], &error) == WEFT_OK;
        }
        assert_true(n >= 2);
        expect_ok(weft_priced_create(chip, &priced, &error), &error, "price");
        for (int i = 0; i < 60; i++) {
            weft_total a;
            weft_total b;
            for (int k = 0; k < n; k++) {
                values[k] = CASES[c].values[of[k]][below(&rng, 4)];
            }
            expect_ok(weft_priced_turn(priced, knobs, values, n, &error), &error, "turn");
            weft_workload *fresh = workload_of(network);
            weft_status got = weft_estimate(priced, workload, &a, &error);
            weft_status want = weft_estimate(priced, fresh, &b, &expected);
            expect_same_error(got, &error, want, &expected, CASES[c].chip);
            if (got == WEFT_OK) {
                expect_same_total(&a, &b, CASES[c].chip);
                estimates++;
            }
            weft_workload_destroy(fresh);
        }
        if (estimates < 10) {
            fail_msg("%s %s: %d estimates", CASES[c].chip, CASES[c].accounting, estimates);
        }
        weft_priced_destroy(priced);
        weft_chip_destroy(chip);
        weft_workload_destroy(workload);
        weft_network_destroy(network);
    }
}

/* There and back again: as if nothing had been. */
static void turning_back_restores(void **state) {
    (void)state;
    weft_error error;
    walker w;
    weft_total before;
    weft_total after;
    weft_network *network = network_of("resnet18@input=3x64x64");
    weft_workload *workload = workload_of(network);
    begin_walk(&WALKS[0], &w);
    double stood[MOST_KNOBS];
    for (int k = 0; k < w.n; k++) {
        stood[k] = weft_priced_value(w.priced, &w.knobs[k]);
        assert_false(isnan(stood[k]));
    }
    expect_ok(weft_estimate(w.priced, workload, &before, &error), &error, "before");
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 1);
    for (int i = 0; i < 40; i++) {
        memset(w.turned, 0, sizeof w.turned);
        weft_status status = random_turn(&w, &rng, &error);
        assert_true(status == WEFT_OK || status == WEFT_ERROR_INPUT);
        for (int k = 0; k < w.n && status == WEFT_OK; k++) {
            double value = weft_priced_value(w.priced, &w.knobs[k]);
            assert_true(!w.turned[k] || fabs(value - w.values[k]) <= 1e-12 * fabs(value));
        }
        expect_ok(weft_priced_turn(w.priced, w.knobs, stood, w.n, &error), &error, "back");
        expect_ok(weft_estimate(w.priced, workload, &after, &error), &error, "after");
        expect_same_total(&before, &after, "there and back");
    }
    end_walk(&w);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
}

/* ---- random chips ---------------------------------------------------------------------------- */

/* Turns a field or parameter of a random chip; errors and figures as by text. */
static void try_random_chip(uint64_t seed) {
    static char text[TEXT];
    static const char *const PATHS[] = {
        "rows",  "columns",     "voltage",         "node",         "input_bits", "resolution",
        "cycle", "weight_bits", "execution.batch", "execution.way"};
    static const double VALUES[] = {1, 2, 8, 64, 100, 0.9, 1e-7, 45e-9};
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    random_style style = {.wild = chance(&rng, 0.3), .parts = 4};
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    size_t length = random_chip(&rng, &style, text, sizeof text);
    if (weft_chip_parse(text, length, "random", &chip, &error) != WEFT_OK) {
        return;
    }
    if (weft_priced_create(chip, &priced, &error) == WEFT_OK) {
        weft_network *network = network_of(chance(&rng, 0.5) ? "resnet8" : "ds-cnn");
        weft_workload *workload = workload_of(network);
        for (int i = 0; i < 6; i++) {
            const char *path = PATHS[below(&rng, 10)];
            double value = VALUES[below(&rng, 8)];
            weft_knob knob;
            weft_chip *made = NULL;
            weft_priced *set = NULL;
            weft_total a;
            weft_total b;
            char number[40];
            const char *pointer = number;
            if (weft_chip_knob(chip, path, "", &knob, &error) != WEFT_OK) {
                continue;
            }
            snprintf(number, sizeof number, "%.17g", value);
            weft_status turned = weft_priced_turn(priced, &knob, &value, 1, &error);
            weft_error setting;
            expect_ok(weft_chip_settle(chip, &path, &pointer, 1, &made, &setting), &setting, path);
            weft_status status = weft_priced_create(made, &set, &setting);
            expect_same_error(turned, &error, status, &setting, path);
            if (status == WEFT_OK) {
                weft_workload *fresh = workload_of(network);
                turned = weft_estimate(priced, workload, &a, &error);
                status = weft_estimate(set, fresh, &b, &setting);
                expect_same_error(turned, &error, status, &setting, path);
                if (status == WEFT_OK) {
                    expect_same_total(&a, &b, path);
                }
                weft_workload_destroy(fresh);
            }
            weft_priced_destroy(set);
            weft_chip_destroy(made);
            /* an expression stays replaced: begin again from the chip */
            weft_priced_destroy(priced);
            priced = NULL;
            expect_ok(weft_priced_create(chip, &priced, &error), &error, "again");
        }
        weft_workload_destroy(workload);
        weft_network_destroy(network);
    }
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
}

static void random_chips_turn_as_they_are_set(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        try_random_chip(seed);
    }
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void knobs_refuse_what_setting_refuses(void **state) {
    (void)state;
    weft_error error;
    weft_knob knob;
    weft_priced *priced = NULL;
    weft_chip *chip = read_chip("neurosim-32nm-rram");
    weft_chip *other = read_chip("generic-rram");
    double value = 0;
    assert_int_equal(weft_chip_knob(chip, "voltag", "V", &knob, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.hint, "voltage"));
    assert_int_equal(weft_chip_knob(chip, "voltage", "nm", &knob, &error), WEFT_ERROR_INPUT);
    assert_int_equal(weft_chip_knob(chip, "device", "V", &knob, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_knob_word(chip, "device", "lpp", &value, &error), WEFT_ERROR_INPUT);
    assert_int_equal(weft_knob_word(chip, "voltage", "lp", &value, &error), WEFT_ERROR_INPUT);
    expect_ok(weft_chip_knob(chip, "voltage", "V", &knob, &error), &error, "knob");
    assert_false(knob.structural);
    expect_ok(weft_priced_create(other, &priced, &error), &error, "price");
    value = 1;
    assert_int_equal(weft_priced_turn(priced, &knob, &value, 1, &error), WEFT_ERROR_USAGE);
    weft_priced_destroy(priced);
    expect_ok(weft_chip_knob(chip, "rows", "", &knob, &error), &error, "knob");
    assert_true(knob.structural);
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "price");
    value = NAN;
    assert_int_equal(weft_priced_turn(priced, &knob, &value, 1, &error), WEFT_ERROR_INPUT);
    expect_ok(weft_chip_knob(chip, "device", "", &knob, &error), &error, "knob");
    value = 17;
    assert_int_equal(weft_priced_turn(priced, &knob, &value, 1, &error), WEFT_ERROR_INPUT);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    weft_chip_destroy(other);
}

/* ---- workloads ------------------------------------------------------------------------------- */

static weft_network *random_network(weft_rng *rng) {
    static char text[TEXT];
    static const char *const NAMES[] = {
        "resnet8",     "ds-cnn", "mobilenetv2@input=3x32x32",
        "imc:R32,V64", "vgg8",   "mobilenetv2@input=3x64x64,width=0.5"};
    weft_error error;
    weft_network *network = NULL;
    if (chance(rng, 0.5)) {
        return network_of(ONE_OF(rng, NAMES));
    }
    size_t length = random_table(rng, 12, text, sizeof text);
    expect_ok(weft_network_parse_csv(text, length, "random.csv", &network, &error), &error, text);
    return network;
}

/* One workload through many networks and chips against a new one for each. */
static void assigned_workloads_equal_new_ones(void **state) {
    (void)state;
    static const char *const CHIPS[] = {"neurosim-32nm-rram", "generic-rram",     "generic-sram",
                                        "zigzag-aimc",        "mnsim-130nm-rram", "isaac"};
    enum { N = sizeof CHIPS / sizeof *CHIPS };
    weft_error error;
    weft_error expected;
    weft_priced *priced[2 * N];
    weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < 2 * N; i++) {
        weft_chip *chip = read_chip(CHIPS[i / 2]);
        if (i % 2 == 1 && i / 2 != 4) {
            expect_ok(weft_chip_set(chip, "rows", "96", &error), &error, "rows");
        }
        expect_ok(weft_priced_create(chip, &priced[i], &error), &error, CHIPS[i / 2]);
        weft_chip_destroy(chip);
    }
    weft_network *first = network_of("resnet8");
    weft_workload *workload = workload_of(first);
    weft_network_destroy(first);
    for (int i = 0; i < 120; i++) {
        weft_network *network = random_network(&rng);
        weft_workload *fresh = workload_of(network);
        expect_ok(weft_workload_assign(workload, network, -1, &error), &error, network->name);
        for (int k = 0; k < 3; k++) {
            const weft_priced *on = priced[below(&rng, 2 * N)];
            weft_total a;
            weft_total b;
            weft_status got = weft_estimate(on, workload, &a, &error);
            weft_status want = weft_estimate(on, fresh, &b, &expected);
            expect_same_error(got, &error, want, &expected, network->name);
            if (got == WEFT_OK) {
                expect_same_total(&a, &b, network->name);
            }
        }
        weft_workload_destroy(fresh);
        weft_network_destroy(network);
    }
    for (int i = 0; i < 2 * N; i++) {
        weft_priced_destroy(priced[i]);
    }
    weft_workload_destroy(workload);
}

static int32_t add(weft_network *network, weft_layer layer, int32_t from) {
    weft_error error;
    layer.input = &from;
    layer.n_inputs = 1;
    int32_t at = 0;
    expect_ok(weft_network_add(network, &layer, &at, &error), &error, "add");
    return at;
}

/* conv (region 0), ReLU, conv (region 1), ReLU, conv (region 0); copies of the first. */
static weft_network *chain_of(int32_t copies, int32_t middle) {
    weft_error error;
    weft_network *network = NULL;
    expect_ok(weft_network_create("chain", (weft_shape){16, 32, 32}, &network, &error), &error,
              "create");
    weft_layer conv = {.op = WEFT_OP_CONV,
                       .out_channels = 32,
                       .kernel = {3, 3},
                       .stride = {1, 1},
                       .pad = {1, 1},
                       .copies = copies};
    int32_t at = add(network, conv, 0);
    at = add(network, (weft_layer){.op = WEFT_OP_RELU}, at);
    conv.copies = 0;
    conv.region = middle;
    at = add(network, conv, at);
    at = add(network, (weft_layer){.op = WEFT_OP_RELU}, at);
    conv.region = 0;
    add(network, conv, at);
    return network;
}

/* The energies and cycles of two regions are those of the whole, where layers are alone. */
static void regions_part_a_network(void **state) {
    (void)state;
    weft_error error;
    weft_priced *priced = NULL;
    weft_chip *chip = read_chip("neurosim-32nm-rram");
    weft_network *network = chain_of(0, 1);
    weft_workload *workload = workload_of(network);
    weft_total whole;
    weft_total part[2];
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "price");
    expect_ok(weft_estimate(priced, workload, &whole, &error), &error, "whole");
    for (int32_t r = 0; r < 2; r++) {
        expect_ok(weft_workload_assign(workload, network, r, &error), &error, "assign");
        expect_ok(weft_estimate(priced, workload, &part[r], &error), &error, "part");
    }
    assert_true(part[0].macs + part[1].macs == whole.macs);
    assert_true(part[0].macs > part[1].macs && part[1].macs > 0);
    assert_true(fabs(part[0].energy_j + part[1].energy_j - whole.energy_j) <=
                1e-12 * whole.energy_j);
    assert_true(part[0].cycles + part[1].cycles == whole.cycles);
    expect_ok(weft_workload_assign(workload, network, 5, &error), &error, "assign");
    /* no layer is of it: it takes its area, and nothing else */
    expect_ok(weft_estimate(priced, workload, &part[0], &error), &error, "empty");
    assert_true(part[0].area_mm2 == whole.area_mm2 && part[0].energy_j == 0 &&
                part[0].latency_s == 0 && part[0].macs == 0);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
}

static void copies_are_as_asked_for(void **state) {
    (void)state;
    static const char *const ACCOUNTINGS[] = {"resident", "reload"};
    for (int a = 0; a < 2; a++) {
        for (int32_t copies = 1; copies <= 16; copies *= 4) {
            weft_error error;
            weft_priced *priced = NULL;
            weft_cost *cost = NULL;
            weft_chip *chip = read_chip("neurosim-32nm-rram");
            expect_ok(weft_chip_set(chip, "execution.accounting", ACCOUNTINGS[a], &error), &error,
                      "accounting");
            expect_ok(weft_priced_create(chip, &priced, &error), &error, "price");
            weft_network *network = chain_of(copies, 0);
            weft_workload *workload = workload_of(network);
            expect_ok(weft_cost_create(priced, workload, &cost, &error), &error, "cost");
            assert_int_equal(cost->layers[0].copies, copies);
            weft_cost_destroy(cost);
            weft_workload_destroy(workload);
            weft_network_destroy(network);
            network = chain_of(1 << 20, 0); /* more than outputs: clamped; than arrays: refused */
            workload = workload_of(network);
            expect_ok(weft_chip_set(chip, "groups", "1", &error), &error, "groups");
            expect_ok(weft_chip_set(chip, "tiles", "1", &error), &error, "tiles");
            weft_priced_destroy(priced);
            expect_ok(weft_priced_create(chip, &priced, &error), &error, "price");
            weft_total total;
            assert_int_equal(weft_estimate(priced, workload, &total, &error),
                             WEFT_ERROR_INFEASIBLE);
            assert_non_null(strstr(error.message, "arrays"));
            weft_priced_destroy(priced);
            weft_chip_destroy(chip);
            weft_workload_destroy(workload);
            weft_network_destroy(network);
        }
    }
}

/* ---- identity -------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static weft_total total_on(const char *chip_path, weft_workload *workload) {
    weft_error error;
    weft_priced *priced = NULL;
    weft_total total;
    weft_chip *chip = read_chip(chip_path);
    expect_ok(weft_priced_create(chip, &priced, &error), &error, chip_path);
    expect_ok(weft_estimate(priced, workload, &total, &error), &error, chip_path);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    return total;
}

/* The same text on another base is another chip. */
static void a_changed_base_is_seen(void **state) {
    (void)state;
    char folder[] = "/tmp/weft-base-XXXXXX";
    char base[64];
    char top[64];
    char text[256];
    assert_non_null(mkdtemp(folder));
    snprintf(base, sizeof base, "%s/base.yaml", folder);
    snprintf(top, sizeof top, "%s/top.yaml", folder);
    snprintf(text, sizeof text, "weft: chip/2\nname: top\nbase: %s\n", base);
    write_file(top, text);
    weft_network *network = chain_of(0, 0);
    weft_layer *layer = &network->layers[1];
    layer->bits = (weft_layer_bits){4, 4, 8}; /* priced in the workload */
    weft_workload *workload = workload_of(network);
    write_file(base, "weft: chip/2\nname: b\nbase: neurosim-32nm-rram\n");
    weft_total one = total_on(top, workload);
    write_file(base, "weft: chip/2\nname: b\nbase: neurosim-32nm-rram\nsettings:\n"
                     "  voltage: {value: 1, unit: V, source: t}\n");
    weft_total other = total_on(top, workload);
    weft_workload *fresh = workload_of(network);
    weft_total expected = total_on(top, fresh);
    assert_true(one.energy_j != other.energy_j);
    expect_same_total(&other, &expected, "another base");
    remove(base);
    remove(top);
    remove(folder);
    weft_workload_destroy(workload);
    weft_workload_destroy(fresh);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turned_chips_equal_set_ones),
        cmocka_unit_test(kept_sums_equal_new_ones),
        cmocka_unit_test(turning_back_restores),
        cmocka_unit_test(random_chips_turn_as_they_are_set),
        cmocka_unit_test(knobs_refuse_what_setting_refuses),
        cmocka_unit_test(assigned_workloads_equal_new_ones),
        cmocka_unit_test(regions_part_a_network),
        cmocka_unit_test(copies_are_as_asked_for),
        cmocka_unit_test(a_changed_base_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
