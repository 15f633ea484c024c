/* SPDX-License-Identifier: Apache-2.0
 * Explanations: their figures are those of the cost, and their factors multiply to them. */
#include "hardware/support.h"

#include <math.h>

typedef struct subject {
    weft_chip *chip;
    weft_network *network;
    weft_workload *workload;
    weft_cost *cost;
} subject;

static subject make_on(weft_chip *chip, const char *imc) {
    weft_error error;
    weft_priced *priced = NULL;
    subject made = {.chip = chip, .network = imc_network(imc, 32, 1)};
    expect_ok(weft_priced_create(made.chip, &priced, &error), &error, "pricing");
    made.cost = cost_of(priced, made.network);
    expect_ok(weft_workload_create(made.network, &made.workload, &error), &error, imc);
    weft_priced_destroy(priced);
    return made;
}

static subject make(const char *changes, const char *imc) {
    return make_on(chip_with(changes), imc);
}

static void drop(subject *made) {
    weft_cost_destroy(made->cost);
    weft_workload_destroy(made->workload);
    weft_network_destroy(made->network);
    weft_chip_destroy(made->chip);
}

static weft_explanation *explain(const subject *s, const char *part, int32_t layer) {
    weft_error error;
    weft_explanation *explanation = NULL;
    expect_ok(weft_explain(s->chip, s->workload, part, layer, &explanation, &error), &error,
              part != NULL ? part : "all parts");
    return explanation;
}

/* The row of that name behind row `from`, deeper than it; NULL: none. */
static const weft_explained *below(const weft_explanation *e, int32_t from, const char *name) {
    for (int32_t i = from + 1; i < e->n && e->rows[i].depth > e->rows[from].depth; i++) {
        if (strcmp(e->rows[i].name, name) == 0) {
            return &e->rows[i];
        }
    }
    return NULL;
}

static void check_tree(const weft_explanation *e) {
    assert_true(e->n > 0 && e->rows[0].depth == 0);
    for (int32_t i = 0; i < e->n; i++) {
        const weft_explained *row = &e->rows[i];
        assert_true(i == 0 || row->depth <= e->rows[i - 1].depth + 1);
        assert_true(row->depth >= 0 && isfinite(row->value));
        assert_true(row->name[0] != '\0');
    }
}

/* The first three rows of depth 0 are energy, latency and area. */
static void check_figures(const subject *s) {
    for (int32_t layer = -1; layer < s->cost->n_layers; layer++) {
        const weft_layer_cost *row = layer < 0 ? NULL : &s->cost->layers[layer];
        for (int32_t k = 0; k < s->cost->n_parts; k++) {
            weft_explanation *e = explain(s, s->cost->parts[k].token, layer);
            check_tree(e);
            double expected[] = {row == NULL ? s->cost->energy_by[k] : row->energy_by[k],
                                 row == NULL ? s->cost->latency_by[k] : row->latency_by[k],
                                 row == NULL ? s->cost->area_by[k] : row->area_by[k]};
            int at = 0;
            for (int32_t i = 0; i < e->n && at < 3; i++) {
                if (e->rows[i].depth == 0) {
                    assert_true(e->rows[i].value == expected[at]);
                    at++;
                }
            }
            assert_int_equal(at, 3);
            weft_explanation_destroy(e);
        }
    }
}

static void figures_are_those_of_the_cost(void **state) {
    (void)state;
    static const char *const changes[] = {
        "", "pe: {groups: {value: 4, unit: \"1\", source: t}}\n"
            "mesh: {energy: {value: 1, unit: pJ, source: t}}\n"
            "control: {power: {value: 1, unit: mW, source: t}, area: {value: 5, unit: um2, source: "
            "t}}\n"};
    for (int c = 0; c < 2; c++) {
        subject s = make(changes[c], "R32,V64");
        check_figures(&s);
        drop(&s);
    }
}

static weft_chip *preset(const char *name) {
    weft_error error;
    weft_chip *chip = NULL;
    expect_ok(weft_chip_read(name, &chip, &error), &error, name);
    return chip;
}

static double product_of(const weft_explanation *e, const char *action) {
    char count[64];
    char energy[64];
    double reads = 0;
    snprintf(count, sizeof count, "%ss (", action);
    snprintf(energy, sizeof energy, "energy of a %s", action);
    for (int32_t i = 1; i < e->n && e->rows[i].depth > 0; i++) {
        if (strncmp(e->rows[i].name, count, strlen(count)) == 0) {
            reads = e->rows[i].value;
        }
    }
    return reads > 0 ? reads * below(e, 0, energy)->value : 0;
}

/* Hierarchical chips: reads, writes and leakage add up to the energy. */
static void actions_add_up_to_the_energy(void **state) {
    (void)state;
    static const char *const chips[] = {"neurosim-32nm-rram", "neurosim-sram-32nm",
                                        "basic-65nm-rram"};
    for (int c = 0; c < 3; c++) {
        subject s = make_on(preset(chips[c]), "R32,V64");
        check_figures(&s);
        for (int32_t layer = 0; layer + 1 < s.cost->n_layers; layer++) {
            for (int32_t k = 0; k < s.cost->n_parts; k++) {
                weft_explanation *e = explain(&s, s.cost->parts[k].token, layer);
                double energy = e->rows[0].value;
                const weft_explained *leakage = below(e, 0, "leakage");
                double sum = product_of(e, "read") + product_of(e, "write") +
                             (leakage != NULL ? leakage->value : 0);
                assert_true(energy == 0 || fabs(sum / energy - 1) < 1e-9);
                weft_explanation_destroy(e);
            }
        }
        drop(&s);
    }
}

/* Counts follow from the rows below them: copies, groups, what one of them does, and weights. */
static int check_counts(const weft_explanation *e, double *whole) {
    int n = 0;
    for (int32_t i = 0; i < e->n; i++) {
        const weft_explained *row = &e->rows[i];
        if (strncmp(row->equation, "copies", 6) != 0 || strstr(row->equation, "words") == NULL) {
            continue;
        }
        const weft_explained *share = below(e, i, "share of groups");
        const weft_explained *weights = below(e, i, "words of weights");
        const weft_explained *slices = below(e, i, "slices of a step");
        double words = below(e, i, "words of a copy")->value;
        double count = below(e, i, "copies")->value * words * (share != NULL ? share->value : 1) +
                       (weights != NULL ? weights->value : 0);
        assert_true((strstr(row->equation, "groups") != NULL) == (share != NULL));
        assert_true((strstr(row->equation, "weights") != NULL) == (weights != NULL));
        assert_true(fabs(count / row->value - 1) < 1e-9);
        if (slices != NULL) {
            double each = slices->value * below(e, i, "steps")->value / below(e, i, "word")->value;
            assert_true(fabs(words / ceil(each - 1e-9) - 1) < 1e-9);
            *whole += 1;
        }
        n++;
    }
    return n;
}

static void counts_follow_from_what_stands_below(void **state) {
    (void)state;
    static const struct {
        const char *chip, *blocks;
    } CASES[] = {{"neurosim-32nm-rram", "R24,M40"}, {"weft-32nm-rram", "R32,M48"},
                 {"weft-sram", "M36,V20"},          {"cimnas-32nm-rram", "R8,M40"},
                 {"basic-65nm-rram", "R24,V40"},    {"generic-sram", "M72"}};
    for (size_t c = 0; c < sizeof CASES / sizeof CASES[0]; c++) {
        subject s = make_on(preset(CASES[c].chip), CASES[c].blocks);
        double whole = 0;
        int n = 0;
        for (int32_t layer = 0; layer + 1 < s.cost->n_layers; layer++) {
            for (int32_t k = 0; k < s.cost->n_parts; k++) {
                weft_explanation *e = explain(&s, s.cost->parts[k].token, layer);
                n += check_counts(e, &whole);
                weft_explanation_destroy(e);
            }
        }
        assert_true(n > 0 && whole > 0);
        drop(&s);
    }
}

static weft_chip *preset_with(const char *name, const char *path, const char *value) {
    weft_error error;
    weft_chip *chip = preset(name);
    expect_ok(weft_chip_set(chip, path, value, &error), &error, path);
    return chip;
}

/* By hand: the first layer has 3 x 3 x 3 x 32 weights of 4 slices, 32 x 32 pixels of 8 slices. */
static void counts_follow_from_their_equations(void **state) {
    (void)state;
    subject s = make_on(preset("generic-rram"), "V32");
    weft_explanation *cells = explain(&s, "cells", 0);
    assert_true(below(cells, 0, "cells for its weights")->value == 27. * 32 * 4);
    assert_true(below(cells, 0, "X, slices of an input")->value == 8);
    assert_true(below(cells, 0, "Y, slices of a weight")->value == 4);
    assert_true(below(cells, 0, "copies of 'row' in use")->value == 27);
    assert_true(below(cells, 0, "copies of 'column' in use")->value == 128);
    double reads = below(cells, 0, "cells for its weights")->value * 32 * 32 * 8;
    assert_true(fabs(below(cells, 0, "reads ('cell')")->value / reads - 1) < 1e-12);
    weft_explanation_destroy(cells);
    weft_explanation *adc = explain(&s, "adc", 0);
    assert_true(below(adc, 0, "copies")->value == 1);
    assert_true(below(adc, 0, "reads ('readout')")->value == 128. * 32 * 32 * 8);
    weft_explanation_destroy(adc);
    drop(&s);
}

static void leakage_is_power_times_copies_times_time(void **state) {
    (void)state;
    static const char *const ORDERS[] = {"layers", "pipeline"};
    for (int o = 0; o < 2; o++) {
        subject s = make_on(preset_with("generic-sram", "execution.order", ORDERS[o]), "V32");
        int32_t chip = s.cost->n_layers - 1;
        int seen = 0;
        for (int32_t k = 0; k < s.cost->n_parts; k++) {
            for (int32_t layer = 0; layer <= chip; layer++) {
                weft_explanation *e = explain(&s, s.cost->parts[k].token, layer);
                const weft_explained *watts = below(e, 0, "leakage of a copy of the level");
                const weft_explained *leakage = below(e, 0, "leakage");
                const weft_explained *copies =
                    below(e, 0, layer == chip ? "copies on the chip" : "powered copies");
                const weft_explained *time =
                    below(e, 0, layer == chip ? "interval" : "time of the layer");
                if (watts != NULL && copies != NULL) {
                    double energy = layer == chip ? e->rows[0].value : leakage->value;
                    assert_true(fabs(watts->value * copies->value * time->value / energy - 1) <
                                1e-12);
                    seen++;
                }
                weft_explanation_destroy(e);
            }
        }
        assert_true(seen > 0);
        drop(&s);
    }
}

/* Whatever stands under "fields" has a source, or what it follows from below it. */
static void fields_lead_to_sources(void **state) {
    (void)state;
    static const char *const chips[] = {"generic-rram", "generic-sram", "isaac", "raella",
                                        "basic-65nm-rram"};
    for (int c = 0; c < 5; c++) {
        subject s = make_on(preset(chips[c]), "V32");
        for (int32_t k = 0; k < s.cost->n_parts; k++) {
            weft_explanation *e = explain(&s, s.cost->parts[k].token, 0);
            int32_t i = 0;
            while (i < e->n && strcmp(e->rows[i].name, "fields") != 0) {
                i++;
            }
            assert_true(i < e->n);
            for (int32_t depth = e->rows[i++].depth; i < e->n && e->rows[i].depth > depth; i++) {
                bool inner = i + 1 < e->n && e->rows[i + 1].depth > e->rows[i].depth;
                bool again = e->rows[i].equation[0] != '\0'; /* its parts stand above already */
                if (!inner && !again && e->rows[i].source[0] == '\0') {
                    fail_msg("%s, %s: %s has no source", chips[c], s.cost->parts[k].token,
                             e->rows[i].name);
                }
            }
            weft_explanation_destroy(e);
        }
        drop(&s);
    }
}

/* An expression goes on to the parameters behind it. */
static void expressions_go_on_to_parameters(void **state) {
    (void)state;
    subject s = make_on(preset("generic-rram"), "V32");
    weft_explanation *e = explain(&s, "adc", 0);
    int32_t i = 0;
    while (i < e->n && strcmp(e->rows[i].name, "rate") != 0) {
        i++;
    }
    assert_true(i < e->n);
    assert_string_equal(e->rows[i].unit, "Hz");
    const weft_explained *shared = below(e, i, "columns_a_mux");
    const weft_explained *time = below(e, i, "cycle_time");
    assert_true(shared != NULL && time != NULL);
    assert_true(fabs(e->rows[i].value * time->value / shared->value - 1) < 1e-12);
    assert_true(shared->source[0] != '\0' && time->source[0] != '\0');
    weft_explanation_destroy(e);
    drop(&s);
}

/* What a converter's count is by its equation, from the rows below it. */
static void factors_multiply_to_the_energy(void **state) {
    (void)state;
    subject s = make("", "R32,V64");
    static const char *const parts[] = {"adc", "dac", "shift", "crossbar"};
    for (int32_t layer = 1; layer < 7; layer++) {
        for (int k = 0; k < 4; k++) {
            weft_explanation *e = explain(&s, parts[k], layer);
            if (e->rows[0].value == 0) {
                weft_explanation_destroy(e);
                continue;
            }
            const weft_explained *count = below(e, 0, "parts at work");
            const weft_explained *power = below(e, 0, "power of one");
            const weft_explained *busy = below(e, 0, "busy time");
            assert_true(count != NULL && power != NULL && busy != NULL);
            double product = count->value * power->value * busy->value;
            assert_true(fabs(product / e->rows[0].value - 1) < 1e-9);
            double by_hand = below(e, 0, "tiles of the layer")->value *
                             below(e, 0, "PEs of the fullest tile")->value *
                             below(e, 0, "groups in use")->value;
            double rows = below(e, 0, "rows used")->value;
            double columns = below(e, 0, "columns used")->value;
            double demux = below(e, 0, "demultiplexer ways")->value;
            double mux = below(e, 0, "multiplexer ways")->value;
            by_hand *= k == 1   ? ceil(rows / demux)
                       : k == 3 ? below(e, 0, "crossbars of a group")->value * rows * columns /
                                      (demux * mux)
                                : below(e, 0, "sub-arrays in use")->value * ceil(columns / mux);
            assert_true(fabs(count->value / by_hand - 1) < 1e-6);
            weft_explanation_destroy(e);
        }
    }
    drop(&s);
}

static void leaves_have_sources(void **state) {
    (void)state;
    subject s = make("", "V32");
    weft_explanation *e = explain(&s, NULL, 0);
    int sources = 0;
    bool adc = false;
    for (int32_t i = 0; i < e->n; i++) {
        sources += e->rows[i].source[0] != '\0';
        adc = adc || strcmp(e->rows[i].name, "adcs.aspdac-6b.power") == 0;
    }
    assert_true(sources > 30 && adc);
    weft_explanation_destroy(e);
    drop(&s);
}

static void what_is_not_there_is_refused(void **state) {
    (void)state;
    weft_error error;
    weft_explanation *e = NULL;
    subject s = make("", "V32");
    assert_int_equal(weft_explain(s.chip, s.workload, "adx", -1, &e, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.hint, "adc"));
    assert_int_equal(weft_explain(s.chip, s.workload, "warp drive", -1, &e, &error),
                     WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.hint, "crossbar"));
    assert_int_equal(weft_explain(s.chip, s.workload, NULL, 99, &e, &error), WEFT_ERROR_USAGE);
    assert_int_equal(weft_explain(s.chip, s.workload, NULL, -2, &e, &error), WEFT_ERROR_USAGE);
    assert_null(e);
    drop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_the_cost),
        cmocka_unit_test(actions_add_up_to_the_energy),
        cmocka_unit_test(counts_follow_from_their_equations),
        cmocka_unit_test(counts_follow_from_what_stands_below),
        cmocka_unit_test(leakage_is_power_times_copies_times_time),
        cmocka_unit_test(fields_lead_to_sources),
        cmocka_unit_test(expressions_go_on_to_parameters),
        cmocka_unit_test(factors_multiply_to_the_energy),
        cmocka_unit_test(leaves_have_sources),
        cmocka_unit_test(what_is_not_there_is_refused),
    };
    return cmocka_run_group_tests_name("hardware: explain", tests, NULL, NULL);
}
