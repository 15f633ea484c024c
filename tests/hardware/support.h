/* SPDX-License-Identifier: Apache-2.0
 * Chips, networks and costs for the tests of this room. */
#ifndef WEFT_TESTS_HARDWARE_SUPPORT_H
#define WEFT_TESTS_HARDWARE_SUPPORT_H

#include <weft/hardware.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static inline void expect_ok(weft_status status, const weft_error *error, const char *what) {
    if (status != WEFT_OK) {
        char text[2048];
        fail_msg("%s: %s", what, weft_error_format(error, text, sizeof text));
    }
}

/* The stock chip with `changes` (YAML sections) on top. */
static inline weft_chip *chip_with(const char *changes) {
    char text[8192];
    weft_error error;
    weft_chip *chip = NULL;
    int n = snprintf(text, sizeof text, "name: changed\nbase: mnsim-130nm-rram\n%s", changes);
    assert_true(n > 0 && (size_t)n < sizeof text);
    expect_ok(weft_chip_parse(text, (size_t)n, "changed.yaml", &chip, &error), &error, changes);
    return chip;
}

static inline weft_priced *priced_with(const char *changes) {
    weft_error error;
    weft_priced *priced = NULL;
    weft_chip *chip = chip_with(changes);
    expect_ok(weft_priced_create(chip, &priced, &error), &error, "pricing");
    weft_chip_destroy(chip);
    return priced;
}

static inline weft_network *imc_network(const char *text, int32_t side, int32_t pool) {
    weft_error error;
    weft_imc_spec spec;
    weft_network *network = NULL;
    weft_imc_defaults(&spec);
    spec.input = (weft_shape){3, side, side};
    spec.head_pool = pool;
    expect_ok(weft_imc_parse(text, &spec, &error), &error, text);
    expect_ok(weft_imc_build(&spec, &network, &error), &error, text);
    return network;
}

static inline weft_cost *cost_of(const weft_priced *priced, const weft_network *network) {
    weft_error error;
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    expect_ok(weft_workload_create(network, &workload, &error), &error, network->name);
    expect_ok(weft_cost_create(priced, workload, &cost, &error), &error, network->name);
    weft_workload_destroy(workload);
    return cost;
}

static inline weft_total total_of(const weft_priced *priced, const char *imc) {
    weft_network *network = imc_network(imc, 32, 1);
    weft_cost *cost = cost_of(priced, network);
    weft_total total = cost->total;
    weft_cost_destroy(cost);
    weft_network_destroy(network);
    return total;
}

/* A random chain of V, M and R blocks that fits a 32 x 32 input: "R32,V64". */
static inline const char *random_imc(weft_rng *rng, int max_depth, char *text, size_t size) {
    static const int kernels[] = {1, 3, 8, 16, 24, 32, 48, 64, 77, 96, 128, 200};
    int depth = 1 + (int)weft_rng_below(rng, (uint64_t)max_depth);
    int halvings = 0;
    size_t used = 0;
    for (int i = 0; i < depth; i++) {
        char block = "VMR"[weft_rng_below(rng, 3)];
        if (block == 'V' && halvings == 5) {
            block = 'M';
        }
        halvings += block == 'V';
        used += (size_t)snprintf(text + used, size - used, "%s%c%d", i > 0 ? "," : "", block,
                                 kernels[weft_rng_below(rng, sizeof kernels / sizeof *kernels)]);
    }
    return text;
}

#endif
