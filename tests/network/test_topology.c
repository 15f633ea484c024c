/* SPDX-License-Identifier: Apache-2.0
 * Networks of cells, and NN-Degree and NN-Mass of any graph: by hand, against closed forms, and that a
 * further skip never lowers the degree. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "network/cells.h"

static int rounds(int full) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? full / 10 + 1 : full;
}

static weft_topology topology_of(const weft_network *network) {
    weft_topology topology;
    weft_error error;
    if (weft_network_topology(network, &topology, &error) != WEFT_OK) {
        fail_msg("%s: %s", network->name, error.message);
    }
    return topology;
}

static weft_topology named(const char *text) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(text, &network, &error) != WEFT_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    weft_topology topology = topology_of(network);
    weft_network_destroy(network);
    return topology;
}

static void expect_near(double found, double expected) {
    if (!(fabs(found - expected) <= 1e-12 * fabs(expected))) {
        fail_msg("found %.17g, expected %.17g", found, expected);
    }
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void cells_by_hand(void **state) {
    (void)state;
    /* 4 layers of 3 channels, up to 4 by skips: 3 for layer 2, min(4, 6) for layer 3 */
    weft_topology t = named("cells-concat@depth=4,channels=3,skips=4");
    assert_int_equal(t.n_cells, 1);
    assert_int_equal(t.cells[0].layers, 4);
    assert_int_equal(t.cells[0].nodes, 12);
    assert_int_equal(t.cells[0].skips, 3 + 4);
    assert_int_equal(t.cells[0].possible, 3 + 6);
    expect_near(t.degree, 3.0 + 7.0 * 3.0 / 12.0);
    expect_near(t.mass, 7.0 / 9.0 * 12.0); /* the sibling paper: density times width times depth */

    /* two blocks of two layers, one with a shortcut: 5 layers of 8 */
    t = named("cells-add@depth=2,channels=8,skips=1");
    assert_int_equal(t.cells[0].layers, 5);
    assert_int_equal(t.cells[0].skips, 8);
    expect_near(t.degree, 8.0 + 8.0 * 8.0 / 40.0);
    assert_int_equal(t.depth, 5);

    /* conv 4, expand 8, depthwise 8, project 4 with its input added */
    t = named("cells-inverted@depth=1,channels=4,skips=1,expansion=2");
    assert_int_equal(t.cells[0].links, 4 * 4 + 8 * 8 + 8 * 1 + 4 * 4 + 4 * 4);
    assert_int_equal(t.cells[0].nodes, 4 + 8 + 8 + 4);
}

static void cells_follow_the_maps(void **state) {
    (void)state;
    weft_topology t = named("cells-concat@input=1x28x28,depth=3x4x5,channels=4x5x6,skips=0x2x9");
    assert_int_equal(t.n_cells, 3);
    for (int c = 0; c < 3; c++) {
        assert_int_equal(t.cells[c].map.height, 28 >> c);
        assert_int_equal(t.cells[c].layers, 3 + c);
    }
    assert_int_equal(t.cells[0].skips, 0);
    assert_int_equal(t.cells[1].skips, 2 + 2);
    assert_int_equal(t.cells[2].skips, 6 + 9 + 9);
}

/* Shortcuts of resnet20: 9, each with the channels of its stage, but those that padding makes are
 * none; the mass of densenet121's first dense block by its table. */
static void known_networks(void **state) {
    (void)state;
    weft_topology t = named("resnet20");
    int64_t skips = 0;
    for (int c = 0; c < t.n_cells; c++) {
        skips += t.cells[c].skips;
    }
    assert_int_equal(skips, 3 * 16 + (16 + 2 * 32) + (32 + 2 * 64));
    t = named("vgg16");
    for (int c = 0; c < t.n_cells; c++) {
        assert_int_equal(t.cells[c].skips, 0);
    }
    expect_near(t.mass, 0.0);
    /* six layers of bottlenecks: before the last one the maps of 64 + 32 (i - 1) channels less the
     * last 32 (or, of the first, none) are skips to layer i; behind the block, of its transition */
    t = named("densenet121");
    assert_int_equal(t.cells[1].skips, 64 + 96 + 128 + 160 + 192 + 224);
}

/* ---- closed forms ---------------------------------------------------------------------------- */

static weft_cells_spec random_spec(weft_rng *rng) {
    weft_cells_spec spec;
    weft_cells_defaults((weft_cells_kind)weft_rng_below(rng, WEFT_CELLS_KINDS), &spec);
    spec.input = (weft_shape){1 + (int32_t)weft_rng_below(rng, 3),
                              2 + (int32_t)weft_rng_below(rng, 15),
                              2 + (int32_t)weft_rng_below(rng, 15)};
    spec.n_cells = 1 + (int32_t)weft_rng_below(rng, 4);
    spec.expansion = 1 + (int32_t)weft_rng_below(rng, 6);
    for (int32_t c = 0; c < spec.n_cells; c++) {
        spec.cells[c] = (weft_cell){.depth = 1 + (int32_t)weft_rng_below(rng, 10),
                                    .width = 1 + (int32_t)weft_rng_below(rng, 20),
                                    .skips = (int32_t)weft_rng_below(rng, 60)};
    }
    return spec;
}

static void closed_form_is_the_count(void **state) {
    (void)state;
    weft_error error;
    weft_network *network = NULL;
    const uint64_t seed = 20211;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
    assert_int_equal(weft_network_create("", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    for (int i = 0; i < rounds(600); i++) {
        weft_cells_spec spec = random_spec(&rng);
        assert_int_equal(weft_cells_build(&spec, network, &error), WEFT_OK);
        double counted = topology_of(network).degree;
        if (!(fabs(counted - weft_cells_degree(&spec)) <= 1e-12 * counted)) {
            fail_msg("seed %llu, round %d, %s: %.17g counted, %.17g by the closed form",
                     (unsigned long long)seed, i, network->name, counted, weft_cells_degree(&spec));
        }
    }
    weft_network_destroy(network);
}

static void more_skips_never_lower_it(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(20212, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < rounds(2000); i++) {
        weft_cells_spec spec = random_spec(&rng);
        double before = weft_cells_degree(&spec);
        spec.cells[weft_rng_below(&rng, (uint64_t)spec.n_cells)].skips++;
        assert_true(weft_cells_degree(&spec) >= before);
    }
}

/* ---- any graph ------------------------------------------------------------------------------- */

enum { WIDTH = 6, CHAIN = 12, MOST_SKIPS = 20 };

typedef struct skip {
    int from, to; /* places in the chain; from + 1 < to */
    bool adds;    /* else it is concatenated */
} skip;

static int32_t put(weft_network *network, weft_layer layer) {
    int32_t index = 0;
    weft_error error;
    if (weft_network_add(network, &layer, &index, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return index;
}

/* A chain of convolutions with skips; sums lie on the output of the layer that they end at. */
static weft_network *chain_of(const skip *skips, int n) {
    weft_network *network = NULL;
    weft_error error;
    int32_t made[CHAIN];
    int32_t at = 0;
    assert_int_equal(weft_network_create("chain", (weft_shape){3, 4, 4}, &network, &error),
                     WEFT_OK);
    for (int i = 0; i < CHAIN; i++) {
        int32_t inputs[MOST_SKIPS + 1] = {at};
        int32_t n_inputs = 1;
        for (int k = 0; k < n; k++) {
            if (skips[k].to == i && !skips[k].adds) {
                inputs[n_inputs++] = made[skips[k].from];
            }
        }
        if (n_inputs > 1) {
            inputs[0] = put(network, (weft_layer){.op = WEFT_OP_CONCAT,
                                                  .input = inputs,
                                                  .n_inputs = n_inputs,
                                                  .block = WEFT_NO_BLOCK});
        }
        at = put(network, (weft_layer){.op = WEFT_OP_CONV,
                                       .input = inputs,
                                       .n_inputs = 1,
                                       .block = WEFT_NO_BLOCK,
                                       .out_channels = WIDTH,
                                       .kernel = {3, 3},
                                       .stride = {1, 1},
                                       .pad = {1, 1}});
        for (int k = 0; k < n; k++) {
            if (skips[k].to == i && skips[k].adds) {
                int32_t both[2] = {at, made[skips[k].from]};
                at = put(network, (weft_layer){.op = WEFT_OP_ADD,
                                               .input = both,
                                               .n_inputs = 2,
                                               .block = WEFT_NO_BLOCK});
            }
        }
        made[i] = at;
    }
    return network;
}

/* Each skip of a chain is WIDTH channels, so that the count is known without following any; and one
 * more never lowers the degree. */
static void skips_are_counted_one_by_one(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(20213, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < rounds(300); i++) {
        skip skips[MOST_SKIPS];
        double degree = 0.0;
        int most = (int)weft_rng_below(&rng, MOST_SKIPS);
        for (int n = 0; n <= most; n++) {
            weft_network *network = chain_of(skips, n);
            weft_topology t = topology_of(network);
            assert_int_equal(t.cells[0].skips, n * WIDTH);
            assert_int_equal(t.depth, CHAIN);
            expect_near(t.degree, WIDTH + (double)n * WIDTH / CHAIN);
            assert_true(t.degree >= degree);
            degree = t.degree;
            weft_network_destroy(network);
            skips[n % MOST_SKIPS].to = 2 + (int)weft_rng_below(&rng, CHAIN - 2);
            skips[n % MOST_SKIPS].from =
                (int)weft_rng_below(&rng, (uint64_t)skips[n % MOST_SKIPS].to - 1);
            skips[n % MOST_SKIPS].adds = weft_rng_below(&rng, 2) == 0;
        }
    }
}

/* All networks that have a name are counted, or refused with a reason. */
static void every_family_is_counted(void **state) {
    (void)state;
    for (size_t i = 0; weft_network_family_at(i) != NULL; i++) {
        const char *name = weft_network_family_at(i)->name;
        weft_network *network = NULL;
        weft_topology t;
        weft_error error;
        if (strcmp(name, "imc") == 0 || weft_network_read(name, &network, &error) != WEFT_OK) {
            continue;
        }
        assert_int_equal(weft_network_topology(network, &t, &error), WEFT_OK);
        assert_true(t.degree > 0.0 && isfinite(t.degree));
        for (int c = 0; c < t.n_cells; c++) {
            if (strncmp(name, "densenet", 8) == 0 || strncmp(name, "cells", 5) == 0) {
                assert_true(t.cells[c].density >= 0.0 && t.cells[c].density <= 1.0);
            }
        }
        weft_network_destroy(network);
    }
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void expect_refused(const char *text, const char *message) {
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_read(text, &network, &error), WEFT_ERROR_INPUT);
    if (strstr(error.message, message) == NULL) {
        fail_msg("%s: '%s' is not in '%s'", text, message, error.message);
    }
}

static void bad_networks_are_refused(void **state) {
    (void)state;
    expect_refused("cells-concat@skips=1x2", "'skips' has 2 numbers, 'depth' 3");
    expect_refused("cells-concat@depth=1x2x3x4x5x6x7", "at most 6");
    expect_refused("cells-concat@depth=65x1x1", "'depth' may not be 65");
    expect_refused("cells-add@expansion=2", "no option 'expansion'");
    expect_refused("cells-inverted@expansion=1.5", "one whole number");
    weft_network *network = NULL;
    weft_topology t;
    weft_error error;
    static const char table[] = "layer,kind,N,C,M,R,S,P,Q,G\na,Conv2d,1,4,8,3,3,8,8,1\n";
    assert_int_equal(weft_network_parse_csv(table, sizeof table - 1, "t.csv", &network, &error),
                     WEFT_OK);
    assert_int_equal(weft_network_topology(network, &t, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "layer table"));
    weft_network_destroy(network);
    assert_int_equal(weft_network_create("nothing", (weft_shape){3, 8, 8}, &network, &error),
                     WEFT_OK);
    assert_int_equal(weft_network_topology(network, &t, &error), WEFT_ERROR_INPUT);
    weft_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_by_hand),
        cmocka_unit_test(cells_follow_the_maps),
        cmocka_unit_test(known_networks),
        cmocka_unit_test(closed_form_is_the_count),
        cmocka_unit_test(more_skips_never_lower_it),
        cmocka_unit_test(skips_are_counted_one_by_one),
        cmocka_unit_test(every_family_is_counted),
        cmocka_unit_test(bad_networks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
