/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers on a hierarchical chip: copies, pipelines, reloads, limits. Oracles: brute force for small
 * cases, closed forms, and what must hold whatever the chip. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "base/rng.h"
#include "hardware/execute.h"

/* ---- copies ---------------------------------------------------------------------------------- */

static double slowest_of(const weft_share *shares, const double *copies, int n) {
    double slowest = 0;
    for (int i = 0; i < n; i++) {
        slowest = fmax(slowest, shares[i].seconds / copies[i]);
    }
    return slowest;
}

/* Least time of the slowest of three layers, over all copies that fit. */
static double best_by_force(const weft_share *shares, double arrays) {
    double best = INFINITY;
    double copies[3];
    for (copies[0] = 1; copies[0] <= shares[0].most; copies[0]++) {
        for (copies[1] = 1; copies[1] <= shares[1].most; copies[1]++) {
            for (copies[2] = 1; copies[2] <= shares[2].most; copies[2]++) {
                double used = 0;
                for (int i = 0; i < 3; i++) {
                    used += copies[i] * shares[i].arrays * shares[i].weight;
                }
                if (used <= arrays) {
                    best = fmin(best, slowest_of(shares, copies, 3));
                }
            }
        }
    }
    return best;
}

static void random_shares(weft_rng *rng, weft_share *shares) {
    for (int i = 0; i < 3; i++) {
        shares[i] = (weft_share){.arrays = 1 + (double)weft_rng_below(rng, 9),
                                 .seconds = 1e-6 * (1 + (double)weft_rng_below(rng, 1000)),
                                 .most = 1 + (double)weft_rng_below(rng, 12),
                                 .weight = 1 + (double)weft_rng_below(rng, 3)};
    }
}

static void copies_of_a_pipeline_are_the_best(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(17, WEFT_PURPOSE_TEST, 0);
    for (int round = 0; round < 300; round++) {
        weft_share shares[3];
        random_shares(&rng, shares);
        double arrays = 10 + (double)weft_rng_below(&rng, 200);
        double best = best_by_force(shares, arrays);
        bool fits = weft_allot_copies(shares, 3, arrays, 0, true);
        assert_int_equal(fits, isfinite(best));
        if (fits) {
            double copies[3] = {shares[0].copies, shares[1].copies, shares[2].copies};
            assert_true(fabs(slowest_of(shares, copies, 3) - best) <= 1e-9 * best);
        }
    }
}

static void copies_fit_and_help(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(18, WEFT_PURPOSE_TEST, 1);
    for (int round = 0; round < 300; round++) {
        weft_share shares[3];
        random_shares(&rng, shares);
        double before = INFINITY;
        for (double arrays = 100; arrays <= 400; arrays += 100) {
            double used = 0;
            double sum = 0;
            assert_true(weft_allot_copies(shares, 3, arrays, 0, false));
            for (int i = 0; i < 3; i++) {
                assert_true(shares[i].copies >= 1 && shares[i].copies <= shares[i].most);
                used += shares[i].copies * shares[i].arrays * shares[i].weight;
                sum += shares[i].weight * shares[i].seconds / shares[i].copies;
            }
            assert_true(used <= arrays);
            assert_true(sum <= before * (1 + 1e-9));
            before = sum;
        }
    }
}

/* Layers that must have so many copies have them; the others do as well as without these layers on
 * what is left of the chip. */
static void given_copies_are_kept(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(19, WEFT_PURPOSE_TEST, 2);
    int fitted = 0;
    for (int round = 0; round < 300; round++) {
        weft_share shares[3];
        random_shares(&rng, shares);
        shares[0].given = 1 + (double)weft_rng_below(&rng, 6);
        double arrays = 30 + (double)weft_rng_below(&rng, 200);
        double taken = shares[0].given * shares[0].arrays * shares[0].weight;
        weft_share others[2] = {shares[1], shares[2]};
        for (int together = 0; together < 2; together++) {
            bool fits = weft_allot_copies(shares, 3, arrays, 0, together != 0);
            assert_int_equal(fits, weft_allot_copies(others, 2, arrays - taken, 0, together != 0));
            if (!fits) {
                continue;
            }
            fitted++;
            double used = 0;
            for (int i = 0; i < 3; i++) {
                used += shares[i].copies * shares[i].arrays * shares[i].weight;
            }
            assert_true(used <= arrays);
            assert_true(shares[0].copies == shares[0].given);
            double bound = shares[0].seconds / shares[0].given;
            for (int i = 0; i < 2; i++) { /* none is of use beyond the given layer's time */
                double alone = others[i].seconds / others[i].copies;
                double here = shares[i + 1].seconds / shares[i + 1].copies;
                assert_true(!together || here <= fmax(bound, alone) * (1 + 1e-9) ||
                            here <= fmax(others[0].seconds / others[0].copies,
                                         others[1].seconds / others[1].copies) *
                                        (1 + 1e-9));
            }
        }
    }
    assert_true(fitted > 100);
}

/* ---- whole networks -------------------------------------------------------------------------- */

typedef struct setting {
    const char *path, *value;
} setting;

/* Totals of a network on a preset with some changes; the status is that of the estimate. */
static weft_status total_of(const char *chip_name, const char *network_text,
                            const setting *settings, weft_total *total, weft_error *error) {
    weft_chip *chip = NULL;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_priced *priced = NULL;
    assert_int_equal(weft_chip_read(chip_name, &chip, error), WEFT_OK);
    for (; settings->path != NULL; settings++) {
        if (weft_chip_set(chip, settings->path, settings->value, error) != WEFT_OK) {
            print_error("%s: %s\n", settings->path, error->message);
            fail();
        }
    }
    assert_int_equal(weft_network_read(network_text, &network, error), WEFT_OK);
    assert_int_equal(weft_workload_create(network, &workload, error), WEFT_OK);
    assert_int_equal(weft_priced_create(chip, &priced, error), WEFT_OK);
    weft_status status = weft_estimate(priced, workload, total, error);
    weft_priced_destroy(priced);
    weft_workload_destroy(workload);
    weft_network_destroy(network);
    weft_chip_destroy(chip);
    return status;
}

static weft_total good_total(const char *chip, const char *network, const setting *settings) {
    weft_total total;
    weft_error error;
    if (total_of(chip, network, settings, &total, &error) != WEFT_OK) {
        print_error("%s on %s: %s\n", network, chip, error.message);
        fail();
    }
    return total;
}

static void orders_stand_in_order(void **state) {
    (void)state;
    static const char *const NETWORKS[] = {"resnet18", "mobilenetv2", "vgg16@input=3x32x32"};
    for (size_t i = 0; i < sizeof NETWORKS / sizeof NETWORKS[0]; i++) {
        weft_total layers =
            good_total("generic-rram", NETWORKS[i], (setting[]){{"tiles", "4096"}, {NULL, NULL}});
        weft_total pipeline = good_total(
            "generic-rram", NETWORKS[i],
            (setting[]){{"tiles", "4096"}, {"execution.order", "pipeline"}, {NULL, NULL}});
        weft_total pixels =
            good_total("generic-rram", NETWORKS[i],
                       (setting[]){{"tiles", "4096"}, {"execution.order", "pixels"}, {NULL, NULL}});
        assert_true(layers.interval_s == layers.latency_s);
        assert_true(pipeline.interval_s < layers.interval_s);
        assert_true(pixels.interval_s == pipeline.interval_s);
        assert_true(pixels.latency_s <= pipeline.latency_s);
        assert_true(pixels.latency_s >= pixels.interval_s);
        assert_true(pipeline.peak_power_w >= layers.peak_power_w);
    }
}

static void copies_shorten_until_none_fit(void **state) {
    (void)state;
    double before = INFINITY;
    static const char *const TILES[] = {"256", "512", "1024", "4096"};
    for (int i = 0; i < 4; i++) {
        weft_total total =
            good_total("generic-rram", "resnet18",
                       (setting[]){{"tiles", TILES[i]}, {"execution.copies", "0"}, {NULL, NULL}});
        assert_true(total.latency_s <= before);
        assert_true(total.crossbars <= 16 * strtoll(TILES[i], NULL, 10));
        before = total.latency_s;
    }
    weft_total one = good_total("generic-rram", "resnet18", (setting[]){{NULL, NULL}});
    assert_true(before < one.latency_s / 4);
}

static void what_does_not_fit_is_infeasible(void **state) {
    (void)state;
    weft_total total;
    weft_error error;
    assert_int_equal(total_of("generic-rram", "vgg16", (setting[]){{NULL, NULL}}, &total, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "arrays"));
}

static void turns_pay_for_weights(void **state) {
    (void)state;
    setting one[] = {{"tiles", "32"}, {"execution.accounting", "reload"}, {NULL, NULL}};
    setting many[] = {{"tiles", "32"},
                      {"execution.accounting", "reload"},
                      {"execution.batch", "16"},
                      {NULL, NULL}};
    weft_total single = good_total("generic-sram", "resnet18", one);
    weft_total batch = good_total("generic-sram", "resnet18", many);
    assert_true(batch.energy_j < single.energy_j);
    assert_true(batch.interval_s < single.interval_s);
    assert_true(batch.latency_s > single.latency_s);
    /* at least the bits of the weights at 8 pJ a bit come from LPDDR4 */
    assert_true(single.energy_j - batch.energy_j > 11.6e6 * 8 * 8e-12 * 15 / 16 * 0.9);
}

static void cells_wear_out(void **state) {
    (void)state;
    weft_total total;
    weft_error error;
    setting settings[] = {{"tiles", "32"},
                          {"execution.accounting", "reload"},
                          {"execution.inferences", "1e9"},
                          {NULL, NULL}};
    assert_int_equal(total_of("generic-rram", "resnet18", settings, &total, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "survives"));
}

static void limits_are_kept(void **state) {
    (void)state;
    weft_total total;
    weft_error error;
    weft_total free_of = good_total("generic-rram", "resnet18", (setting[]){{NULL, NULL}});
    char least[40];
    snprintf(least, sizeof least, "%.6g", free_of.peak_power_w * 0.99);
    setting power[] = {{"execution.power_limit", least}, {NULL, NULL}};
    assert_int_equal(total_of("generic-rram", "resnet18", power, &total, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "limit"));
    setting area[] = {{"execution.area_limit", "100 mm2"}, {NULL, NULL}};
    assert_int_equal(total_of("generic-rram", "resnet18", area, &total, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "mm2"));
    setting cycle[] = {{"cycle_time", "4 ns"}, {NULL, NULL}};
    assert_int_equal(total_of("generic-rram", "resnet18", cycle, &total, &error),
                     WEFT_ERROR_INFEASIBLE);
    assert_non_null(strstr(error.message, "too short for the read pulse"));
}

static void edap_is_of_one_inference(void **state) {
    (void)state;
    setting batch[] = {{"execution.batch", "8"}, {NULL, NULL}};
    weft_total one = good_total("generic-rram", "resnet18", (setting[]){{NULL, NULL}});
    weft_total eight = good_total("generic-rram", "resnet18", batch);
    assert_true(eight.latency_s > 7.9 * one.latency_s);
    assert_true(fabs(weft_total_edap(&eight) / weft_total_edap(&one) - 1) < 1e-9);
}

static void a_capped_layer_bounds_the_copies(void **state) {
    (void)state;
    setting capped[] = {{"tiles", "4096"},
                        {"execution.order", "pipeline"},
                        {"execution.copies", "2"},
                        {NULL, NULL}};
    setting one[] = {{"execution.order", "pipeline"}, {NULL, NULL}};
    weft_total two = good_total("generic-rram", "resnet18", capped);
    weft_total single = good_total("generic-rram", "resnet18", one);
    /* only the first convolution, four times as slow as any other, can use a second copy */
    assert_int_equal(two.crossbars, single.crossbars + 4);
    assert_true(fabs(two.interval_s / single.interval_s - 0.5) < 1e-9);
}

static void words_of_all_parts_can_be_set(void **state) {
    (void)state;
    weft_error error;
    weft_chip *chip = NULL;
    setting device[] = {{"device", "hp"}, {NULL, NULL}};
    weft_total lp = good_total("generic-rram", "resnet18", (setting[]){{NULL, NULL}});
    weft_total hp = good_total("generic-rram", "resnet18", device);
    assert_true(hp.energy_j != lp.energy_j);
    assert_int_equal(weft_chip_read("generic-rram", &chip, &error), WEFT_OK);
    assert_int_equal(weft_chip_set(chip, "device", "hq", &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "hq"));
    weft_chip_destroy(chip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_a_pipeline_are_the_best),
        cmocka_unit_test(copies_fit_and_help),
        cmocka_unit_test(given_copies_are_kept),
        cmocka_unit_test(orders_stand_in_order),
        cmocka_unit_test(copies_shorten_until_none_fit),
        cmocka_unit_test(what_does_not_fit_is_infeasible),
        cmocka_unit_test(turns_pay_for_weights),
        cmocka_unit_test(cells_wear_out),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(edap_is_of_one_inference),
        cmocka_unit_test(a_capped_layer_bounds_the_copies),
        cmocka_unit_test(words_of_all_parts_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
