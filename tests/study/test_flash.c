/* SPDX-License-Identifier: Apache-2.0
 * Searches in closed form: layers and features against those of the built networks, costs against the
 * cost model, the search against a walk over all designs, tables, bad input. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "study/flash.h"

static bool is_quick(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0;
}

static weft_flash *parse(const char *text) {
    weft_flash *flash = NULL;
    weft_error error;
    if (weft_flash_parse(text, strlen(text), "test.yaml", &flash, &error) != WEFT_OK) {
        fail_msg("%d: %s\n%s", error.line, error.message, text);
    }
    return flash;
}

/* A problem over a small space of a family on images of side x side; `goal` is lines of the file. */
static weft_flash *problem_of(const char *family, int side, const char *goal) {
    char text[2048];
    snprintf(text, sizeof text,
             "weft: flash/1\nname: test\naccuracy: flash-fashion-mnist\n"
             "hardware: flash-rram-mesh\nspace:\n  name: test\n  family: %s\n"
             "  input: [1, %d, %d]\n  classes: 10\n  genes:\n"
             "    depth1: {ordinal: [1, 4, 9]}\n    depth2: {integer: [2, 4]}\n"
             "    channels1: {ordinal: [4, 10, 12]}\n    channels2: {ordinal: [8, 20, 48, 60]}\n"
             "    skips1: {ordinal: [0, 2, 20]}\n    skips2: {integer: [0, 5]}\n%s\n",
             family, side, side, goal);
    return parse(text);
}

static weft_flash *problem(const char *family, const char *goal) {
    return problem_of(family, 28, goal);
}

static const char *const FAMILIES[] = {"cells-concat", "cells-add", "cells-inverted"};

/* ---- closed forms ------------------------------------------------------------------------------ */

/* Degree and every feature of random genomes are those of the network that is built. */
static void closed_forms_are_those_of_graphs(void **state) {
    (void)state;
    static weft_form_layer layers[WEFT_FLASH_MAX_LAYERS];
    weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, 0);
    for (int f = 0; f < 6; f++) { /* the second cell of 2 x 2 is one position, which has no nodes */
        weft_flash *flash = problem_of(FAMILIES[f / 2], f % 2 == 0 ? 28 : 2, "score: accuracy");
        weft_gene_table table = weft_space_genes(flash->space);
        for (int i = 0; i < (is_quick() ? 30 : 300); i++) {
            double genome[WEFT_FLASH_MAX_GENES];
            double metrics[WEFT_FLASH_METRICS];
            double features[WEFT_FORM_FEATURES];
            double figures[WEFT_FORMS];
            weft_network *network = NULL;
            weft_topology topology;
            weft_error error;
            for (int g = 0; g < table.n_genes; g++) {
                uint64_t n = (uint64_t)(table.genes[g].upper - table.genes[g].lower) + 1;
                genome[g] = table.genes[g].lower + (double)weft_rng_below(&rng, n);
            }
            weft_flash_evaluate(flash, genome, false, layers, metrics);
            assert_int_equal(weft_space_decode(flash->space, genome, 0, &network, &error), WEFT_OK);
            assert_int_equal(weft_network_topology(network, &topology, &error), WEFT_OK);
            assert_int_equal(weft_form_features(&flash->forms.geometry, network, features, &error),
                             WEFT_OK);
            weft_forms_tell(&flash->forms, features, figures);
            assert_true(fabs(metrics[WEFT_FLASH_DEGREE] / topology.degree - 1.0) < 1e-12);
            assert_true(metrics[WEFT_FLASH_MACS] == (double)network->macs);
            assert_true(metrics[WEFT_FLASH_TILES] == features[WEFT_FORM_TILES]);
            assert_true(fabs(metrics[WEFT_FLASH_AREA] / figures[WEFT_FORM_AREA] - 1.0) < 1e-12);
            assert_true(fabs(metrics[WEFT_FLASH_ENERGY] / figures[WEFT_FORM_ENERGY] - 1.0) < 1e-12);
            assert_true(fabs(metrics[WEFT_FLASH_LATENCY] / figures[WEFT_FORM_LATENCY] - 1.0) <
                        1e-12);
            weft_network_destroy(network);
        }
        weft_flash_destroy(flash);
    }
}

/* Relaxed values that are whole give the same degree and MACs. */
static void relaxed_meets_whole(void **state) {
    (void)state;
    static weft_form_layer layers[WEFT_FLASH_MAX_LAYERS];
    weft_flash *flash = problem("cells-concat", "score: accuracy");
    const double genome[WEFT_FLASH_MAX_GENES] = {1, 3, 2, 1, 2, 4};
    double whole[WEFT_FLASH_METRICS];
    double relaxed[WEFT_FLASH_METRICS];
    weft_flash_evaluate(flash, genome, false, layers, whole);
    weft_flash_evaluate(flash, genome, true, layers, relaxed);
    assert_true(whole[WEFT_FLASH_DEGREE] == relaxed[WEFT_FLASH_DEGREE]);
    assert_true(whole[WEFT_FLASH_MACS] == relaxed[WEFT_FLASH_MACS]);
    assert_true(relaxed[WEFT_FLASH_AREA] <= whole[WEFT_FLASH_AREA]);
    weft_flash_destroy(flash);
}

/* The tile count of the publication, and a fit that meets the chip's own cost model. */
static void costs_are_those_of_the_chip(void **state) {
    (void)state;
    weft_space *space = NULL;
    weft_chip *chip = NULL;
    weft_forms forms = {.n = 0};
    weft_forms stored;
    weft_error error;
    const weft_form_geometry g = {128, 128, 8, 4, 0};
    double features[WEFT_FORM_FEATURES];
    const weft_form_layer layer = {9 * 40, 24, 1, 196, 40 * 196, 24 * 196, 1};
    weft_form_sum(&g, &layer, 1, false, features);
    assert_true(features[WEFT_FORM_ARRAYS] == 3 * 2 && features[WEFT_FORM_TILES] == 2);
    assert_int_equal(weft_space_read("flash", &space, &error), WEFT_OK);
    assert_int_equal(weft_chip_read("flash-rram-mesh", &chip, &error), WEFT_OK);
    const weft_flash_choose_settings settings = {.n = 40, .held = 20, .seed = 3};
    if (weft_flash_fit_forms(space, chip, &settings, &forms, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(forms.held_worst[WEFT_FORM_AREA] < 1e-3);
    assert_true(forms.held_worst[WEFT_FORM_LATENCY] < 1e-2);
    assert_true(forms.held_mean[WEFT_FORM_ENERGY] < 0.08);
    assert_int_equal(weft_forms_read("flash-rram-mesh", &stored, &error), WEFT_OK);
    assert_memory_equal(&stored.geometry, &forms.geometry, sizeof forms.geometry);
    assert_true(
        fabs(stored.coefficients[0][WEFT_FORM_TILES] / forms.coefficients[0][WEFT_FORM_TILES] -
             1.0) < 1e-3);
    weft_chip_destroy(chip);
    assert_int_equal(weft_chip_read("mnsim-130nm-rram", &chip, &error), WEFT_OK);
    assert_int_equal(weft_flash_fit_forms(space, chip, &settings, &forms, &error),
                     WEFT_ERROR_INPUT);
    weft_chip_destroy(chip);
    weft_space_destroy(space);
}

/* Coefficients that made the figures are found again. */
static void known_coefficients_are_found(void **state) {
    (void)state;
    enum { ROWS = 60 };
    static double features[ROWS * WEFT_FORM_FEATURES];
    static double figures[ROWS * WEFT_FORMS];
    weft_forms forms = {.n = 0};
    weft_error error;
    weft_rng rng = weft_rng_make(8, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < ROWS; i++) {
        double *f = features + (size_t)i * WEFT_FORM_FEATURES;
        for (int k = 0; k < WEFT_FORM_FEATURES; k++) {
            f[k] = k == WEFT_FORM_ONE ? 1.0 : 1.0 + 99.0 * weft_rng_uniform(&rng);
        }
        double *y = figures + (size_t)i * WEFT_FORMS;
        y[WEFT_FORM_AREA] = 2.0 + 0.5 * f[WEFT_FORM_TILES];
        y[WEFT_FORM_LATENCY] = 1e-6 * f[WEFT_FORM_VECTORS] + 1e-9 * f[WEFT_FORM_WAITS];
        y[WEFT_FORM_ENERGY] = NAN;
    }
    assert_int_equal(weft_forms_fit(features, figures, 40, 20, &forms, &error), WEFT_OK);
    assert_true(fabs(forms.coefficients[WEFT_FORM_AREA][WEFT_FORM_TILES] - 0.5) < 1e-6);
    assert_true(fabs(forms.coefficients[WEFT_FORM_LATENCY][WEFT_FORM_VECTORS] / 1e-6 - 1) < 1e-4);
    assert_true(forms.held_worst[WEFT_FORM_AREA] < 1e-6 &&
                isnan(forms.held_mean[WEFT_FORM_ENERGY]));
    assert_int_equal(weft_forms_fit(features, figures, 5, 0, &forms, &error), WEFT_ERROR_INPUT);
    figures[WEFT_FORMS * 3 + WEFT_FORM_AREA] = -1.0;
    assert_int_equal(weft_forms_fit(features, figures, 40, 20, &forms, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "network 4"));
    for (int i = 0; i < ROWS; i++) {
        figures[(size_t)i * WEFT_FORMS + WEFT_FORM_AREA] = 3.0;
    }
    assert_int_equal(weft_forms_fit(features, figures, 40, 20, &forms, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "the same area"));
}

/* ---- the search -------------------------------------------------------------------------------- */

static void the_optimum_is_that_of_all_designs(void **state) {
    (void)state;
    static const char *const GOALS[] = {
        "score: accuracy / (area * latency * energy)",
        "score: accuracy\nconstraints: [\"area <= 3\", \"energy <= 1e-5\"]",
        "minimise: energy\nconstraints: [\"accuracy >= 0.7\"]",
        "minimise: latency * area\nconstraints: [\"accuracy >= 0.69\", \"tiles <= 20\"]",
        "minimise: area\nconstraints: [\"degree >= 60\", \"latency <= 4e-4\"]",
    };
    for (int f = 0; f < 3; f++) {
        for (size_t i = 0; i < sizeof GOALS / sizeof GOALS[0]; i++) {
            weft_flash *flash = problem(FAMILIES[f], GOALS[i]);
            weft_flash_result found;
            weft_flash_result again;
            weft_flash_result all;
            weft_error error;
            weft_status walked = weft_flash_exhaust(flash, NULL, &all, &error);
            weft_status searched = weft_flash_search(flash, &found, &error);
            assert_int_equal(walked, searched);
            if (walked == WEFT_OK) {
                assert_int_equal(all.designs, 3 * 3 * 3 * 4 * 3 * 6);
                assert_true(found.best.score == all.best.score);
                assert_int_equal(weft_flash_search(flash, &again, &error), WEFT_OK);
                assert_memory_equal(found.best.genome, again.best.genome, sizeof found.best.genome);
            } else {
                assert_int_equal(walked, WEFT_ERROR_INFEASIBLE);
            }
            weft_flash_destroy(flash);
        }
    }
}

static void nothing_feasible_is_said(void **state) {
    (void)state;
    weft_flash *flash = problem("cells-concat", "score: accuracy\nconstraints: [\"area <= 0.1\"]");
    weft_flash_result result;
    weft_error error;
    assert_int_equal(weft_flash_search(flash, &result, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "area <= 0.1"));
    weft_flash_destroy(flash);
    flash = problem("cells-concat", "score: \"1 / (accuracy - accuracy)\"");
    assert_int_equal(weft_flash_search(flash, &result, &error), WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "no finite number"));
    weft_flash_destroy(flash);
}

/* Costs are left out only where the constraints are broken by more than what is asked for. */
static void what_is_left_out_is_worse(void **state) {
    (void)state;
    static weft_form_layer layers[WEFT_FLASH_MAX_LAYERS];
    weft_flash *flash = problem("cells-add", "score: accuracy\nconstraints: [\"accuracy >= 0.7\", "
                                             "\"area <= 1\", \"degree <= 90\"]");
    weft_gene_table table = weft_space_genes(flash->space);
    weft_rng rng = weft_rng_make(8, WEFT_PURPOSE_TEST, 0);
    int left_out = 0;
    for (int i = 0; i < 300; i++) {
        double genome[WEFT_FLASH_MAX_GENES];
        double whole[WEFT_FLASH_METRICS];
        double metrics[WEFT_FLASH_METRICS];
        for (int g = 0; g < table.n_genes; g++) {
            uint64_t n = (uint64_t)(table.genes[g].upper - table.genes[g].lower) + 1;
            genome[g] = table.genes[g].lower + (double)weft_rng_below(&rng, n);
        }
        double most = 0.2 * weft_rng_uniform(&rng);
        weft_flash_evaluate(flash, genome, false, layers, whole);
        if (weft_flash_evaluate_within(flash, genome, most, layers, metrics)) {
            assert_memory_equal(metrics, whole, sizeof whole);
        } else {
            assert_true(weft_flash_violation(flash, whole) > most);
            left_out++;
        }
    }
    assert_in_range(left_out, 10, 290);
    weft_flash_destroy(flash);
}

/* ---- choosing ---------------------------------------------------------------------------------- */

static void networks_are_spread(void **state) {
    (void)state;
    weft_space *space = NULL;
    weft_flash_choice *choice = NULL;
    weft_theta theta;
    weft_theta_about about;
    weft_error error;
    weft_flash_choose_settings settings = {.n = 25, .held = 10};
    assert_int_equal(weft_space_read("flash", &space, &error), WEFT_OK);
    assert_int_equal(weft_flash_choose(space, &settings, &choice, &error), WEFT_OK);
    assert_int_equal(choice->n, 35);
    double step = (choice->highest - choice->lowest) / 24.0;
    for (int i = 0; i < 25; i++) {
        assert_true(fabs(choice->picks[i].degree - choice->lowest - i * step) < 0.5 * step);
        assert_int_equal(choice->picks[i].held, 0);
    }
    for (int i = 0; i < 35; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(choice->picks[i].network, choice->picks[k].network);
        }
    }
    weft_flash_choice_destroy(choice);
    assert_int_equal(weft_theta_read("flash-fashion-mnist", &theta, &about, &error), WEFT_OK);
    settings.theta = &theta;
    assert_int_equal(weft_flash_choose(space, &settings, &choice, &error), WEFT_OK);
    assert_true(choice->picks[0].degree <
                choice->lowest + 3.0 * step); /* where the curve is steep */
    weft_flash_choice_destroy(choice);
    weft_space_destroy(space);
}

/* ---- tables and bad input ---------------------------------------------------------------------- */

static void expect_table(const char *text, const char *message) {
    weft_flash_table *table = NULL;
    weft_error error;
    weft_status status =
        weft_flash_table_parse(text, strlen(text), "t.csv", (weft_shape){0}, &table, &error);
    if (message == NULL) {
        assert_int_equal(status, WEFT_OK);
        assert_int_equal(table->n, 2);
        assert_true(isnan(table->rows[0].value[WEFT_FLASH_COLUMN_ACCURACY]));
        assert_true(table->rows[1].held && table->rows[1].degree > 0.0);
    } else {
        assert_int_equal(status, WEFT_ERROR_INPUT);
        if (strstr(error.message, message) == NULL) {
            fail_msg("'%s' is not in '%s'", message, error.message);
        }
    }
    weft_flash_table_destroy(table);
}

static void tables_are_checked(void **state) {
    (void)state;
    expect_table("role,network,accuracy\nheld,resnet20,0.9\ntrain,cells-add,failed\n", NULL);
    expect_table("", "empty");
    expect_table("net,accuracy\nresnet20,0.9\n", "no column 'network'");
    expect_table("network,accuracy\nresnet21,0.9\n", "no network 'resnet21'");
    expect_table("network,accuracy\nresnet20,91\n", "a share above 0");
    expect_table("network,latency\nresnet20,-1\n", "a number above 0");
    expect_table("network,role\nresnet20,test\n", "train or held");
    expect_table("network,accuracy\nresnet20,0.9\nresnet20,0.8\n", "stands twice");
    expect_table("network,accuracy\nresnet20\n", "1 cells");
}

static void expect_problem(const char *text, const char *message) {
    char whole[1024];
    weft_flash *flash = NULL;
    weft_error error;
    snprintf(whole, sizeof whole,
             "weft: flash/1\nname: x\naccuracy: flash-fashion-mnist\nhardware: flash-rram-mesh\n%s",
             text);
    assert_int_equal(weft_flash_parse(whole, strlen(whole), "x.yaml", &flash, &error),
                     WEFT_ERROR_INPUT);
    if (strstr(error.message, message) == NULL) {
        fail_msg("'%s' is not in '%s'", message, error.message);
    }
}

static void bad_problems_are_refused(void **state) {
    (void)state;
    expect_problem("space: flash\n", "`score` or `minimise`");
    expect_problem("space: flash\nscore: accuracy\nminimise: area\n", "`score` already");
    expect_problem("space: flash\nscore: acuracy\n", "acuracy");
    expect_problem("space: flash\nscore: accuracy\nconstraints: [area]\n", "is no constraint");
    expect_problem("space: imc-cnn\nscore: accuracy\n", "is not of networks of cells");
    expect_problem("space: flash\nscore: accuracy\nsearch: {point: 3}\n", "point");
    expect_problem("space: flash\nscore: accuracy\nsearch: {points: 3}\n", "3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms_are_those_of_graphs),
        cmocka_unit_test(relaxed_meets_whole),
        cmocka_unit_test(costs_are_those_of_the_chip),
        cmocka_unit_test(known_coefficients_are_found),
        cmocka_unit_test(the_optimum_is_that_of_all_designs),
        cmocka_unit_test(nothing_feasible_is_said),
        cmocka_unit_test(what_is_left_out_is_worse),
        cmocka_unit_test(networks_are_spread),
        cmocka_unit_test(tables_are_checked),
        cmocka_unit_test(bad_problems_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
