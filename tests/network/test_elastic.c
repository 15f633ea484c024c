/* SPDX-License-Identifier: Apache-2.0
 * Elastic networks: the proxyless skeleton against sums made here, that of Once-for-All against the
 * blocks that its authors measured on a phone (../shared/data/ofa, skipped where it is absent). */
#include <weft/network.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "network/elastic.h"

#define TABLES "../shared/data/ofa/latency_table_note10/"

static weft_network *read_network(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return network;
}

/* Parameters of the skeleton at kernel k and expansion e, from its widths (norms: two a channel). */
static int64_t proxyless_params(const int *depth, int64_t k, int64_t e) {
    static const int64_t widths[6] = {24, 40, 80, 96, 192, 320};
    int64_t sum = 3 * 32 * 9 + 2 * 32 + 32 * 9 + 2 * 32 + 32 * 16 + 2 * 16;
    int64_t in = 16;
    for (int s = 0; s < 6; s++) {
        for (int b = 0; b < depth[s]; b++) {
            int64_t wide = e * in;
            sum += in * wide + 2 * wide + wide * k * k + 2 * wide + wide * widths[s] +
                   2 * widths[s];
            in = widths[s];
        }
    }
    return sum + 320 * 1280 + 2 * 1280 + 1280 * 1000 + 1000;
}

static void proxyless_has_the_parameters_of_its_widths(void **state) {
    (void)state;
    static const int full[6] = {4, 4, 4, 4, 4, 1};
    static const int some[6] = {2, 3, 4, 3, 3, 1};
    weft_network *network = read_network("proxyless");
    assert_int_equal(network->params, proxyless_params(full, 3, 6));
    weft_network_destroy(network);
    network = read_network("proxyless@depth=2x3x4x3x3,kernel=7,expansion=4");
    assert_int_equal(network->params, proxyless_params(some, 7, 4));
    assert_int_equal(network->n_blocks, 17);
    weft_network_destroy(network);
}

static void lists_name_each_block(void **state) {
    (void)state;
    weft_network *all = read_network("proxyless@depth=2x2x2x2x2,kernel=5,expansion=4.5");
    weft_network *each = read_network("proxyless@depth=2x2x2x2x2x1,kernel=5x5x5x5x5x5x5x5x5x5x5,"
                                      "expansion=4.5x4.5x4.5x4.5x4.5x4.5x4.5x4.5x4.5x4.5x4.5");
    assert_true(weft_network_hash(all) == weft_network_hash(each));
    weft_network_destroy(all);
    weft_network_destroy(each);
}

static void wrong_names_are_told(void **state) {
    (void)state;
    static const struct {
        const char *name, *part;
    } rows[] = {
        {"proxyless@depth=5", "at most 4"},
        {"proxyless@depth=2x2x2x2x2x1x1", "6 stages"},
        {"proxyless@depth=0", "blocks of each stage"},
        {"proxyless@kernel=4", "kernels are odd"},
        {"proxyless@kernel=3x5", "give one or all"},
        {"proxyless@expansion=4x5", "give one or all"},
        {"proxyless@expansion=0", "factors"},
        {"proxyless@expansion=4x", "factors"},
        {"proxyless@expansion=", "factors"},
        {"ofa-mobilenetv3@depth=4x4x4x4x4x4", "5 stages"},
        {"ofa-mobilenetv3@pool=2", "no option"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_network *network = NULL;
        weft_error error;
        assert_int_equal(weft_network_read(rows[i].name, &network, &error), WEFT_ERROR_INPUT);
        if (strstr(error.message, rows[i].part) == NULL) {
            fail_msg("%s: %s", rows[i].name, error.message);
        }
    }
}

static void expansions_round_to_eights(void **state) {
    (void)state;
    static const int32_t widths[] = {16, 24, 40, 80, 96, 192};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        int32_t in = widths[i];
        for (int32_t eights = in / 2; eights <= 3 * in / 4; eights++) {
            /* 8 eights / in, as 4 + k / (in / 8) rounded to a double. */
            assert_int_equal(weft_elastic_expanded(8.0 * eights / in, in), 8 * eights);
        }
    }
    assert_int_equal(weft_elastic_expanded(0.5, 8), 8);
}

/* ---- the blocks that were measured ------------------------------------------------------------- */

static char *read_table(int side) {
    char path[128];
    snprintf(path, sizeof path, TABLES "%d_lookup_table.yaml", side);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return text;
}

static void find_key(const char *table, const char *key) {
    if (strstr(table, key) == NULL) {
        fail_msg("'%s' was not measured", key);
    }
}

/* The layers of products of a block, and what stands between them, as the table's key. */
static void check_block(const weft_network *network, int32_t block, const char *table) {
    const weft_layer *first = NULL;
    const weft_layer *depthwise = NULL;
    const weft_layer *last = NULL;
    bool squeeze = false;
    bool added = false;
    bool swish = false;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        if (layer->block != block) {
            continue;
        }
        squeeze = squeeze || layer->op == WEFT_OP_MULTIPLY;
        added = added || layer->op == WEFT_OP_ADD;
        swish = swish || layer->op == WEFT_OP_HARD_SWISH;
        if (layer->op == WEFT_OP_CONV) {
            first = first == NULL ? layer : first;
            depthwise = layer->groups > 1 ? layer : depthwise;
            last = layer;
        }
    }
    assert_non_null(depthwise);
    char key[256];
    snprintf(key, sizeof key,
             "expanded_conv-input:%dx%dx%d-output:%dx%dx%d-expand:%d-kernel:%d-stride:%d-idskip:%d-"
             "se:%d-hs:%d:",
             first->in.height, first->in.width, first->in.channels, last->out.height,
             last->out.width, last->out.channels, depthwise->in.channels, depthwise->kernel.height,
             depthwise->stride.height, added, squeeze, swish);
    find_key(table, key);
}

static void check_head(const weft_network *network, int side, const char *table) {
    char key[256];
    const weft_layer *stem = &network->layers[1];
    snprintf(key, sizeof key, "Conv-input:%dx%dx3-output:%dx%dx%d:", side, side, stem->out.height,
             stem->out.width, stem->out.channels);
    find_key(table, key);
    int head = 0;
    for (int32_t i = 2; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        if (layer->block != WEFT_NO_BLOCK || layer->op != WEFT_OP_CONV) {
            continue;
        }
        snprintf(key, sizeof key, "Conv_%d-input:%dx%dx%d-output:%dx%dx%d:", ++head,
                 layer->in.height, layer->in.width, layer->in.channels, layer->out.height,
                 layer->out.width, layer->out.channels);
        find_key(table, key);
    }
    assert_int_equal(head, 2);
    const weft_layer *last = &network->layers[network->n_layers - 1];
    snprintf(key, sizeof key, "Logits-input:1x1x%d-output:%d:", last->in.channels,
             last->out.channels);
    find_key(table, key);
}

static void once_for_all_is_made_of_measured_blocks(void **state) {
    (void)state;
    static const int sides[] = {160, 224};
    static const int kernels[] = {3, 5, 7};
    static const double expansions[] = {3, 4, 6};
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("x", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    for (size_t t = 0; t < 2; t++) {
        char *table = read_table(sides[t]);
        for (uint64_t i = 0; i < 200; i++) {
            weft_rng rng = weft_rng_make(1908, WEFT_PURPOSE_TEST, i);
            weft_elastic_spec spec;
            weft_elastic_defaults(&weft_skeleton_ofa, &spec);
            spec.width = 1.2;
            spec.input = (weft_shape){3, sides[t], sides[t]};
            for (int s = 0; s < 5; s++) {
                spec.depth[s] = 2 + (int)weft_rng_below(&rng, 3);
                for (int k = 0; k < 4; k++) {
                    spec.blocks[s][k].kernel = kernels[weft_rng_below(&rng, 3)];
                    spec.blocks[s][k].expansion = expansions[weft_rng_below(&rng, 3)];
                }
            }
            assert_int_equal(weft_elastic_build(&spec, network, &error), WEFT_OK);
            for (int32_t b = 0; b < network->n_blocks; b++) {
                check_block(network, b, table);
            }
            check_head(network, sides[t], table);
        }
        free(table);
    }
    weft_network_destroy(network);
}

static void copies_are_equal(void **state) {
    (void)state;
    static const char *const names[] = {"resnet18", "mobilebert", "densenet121", "imc:R32,V64"};
    weft_error error;
    weft_network *copy = NULL;
    assert_int_equal(weft_network_create("x", (weft_shape){1, 1, 1}, &copy, &error), WEFT_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        weft_network *network = read_network(names[i]);
        assert_int_equal(weft_network_copy(network, copy, &error), WEFT_OK);
        assert_true(weft_network_hash(network) == weft_network_hash(copy));
        assert_string_equal(network->name, copy->name);
        assert_int_equal(network->macs, copy->macs);
        assert_int_equal(network->params, copy->params);
        assert_int_equal(network->n_blocks, copy->n_blocks);
        weft_network_destroy(network);
    }
    weft_network_destroy(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxyless_has_the_parameters_of_its_widths),
        cmocka_unit_test(lists_name_each_block),
        cmocka_unit_test(wrong_names_are_told),
        cmocka_unit_test(expansions_round_to_eights),
        cmocka_unit_test(once_for_all_is_made_of_measured_blocks),
        cmocka_unit_test(copies_are_equal),
    };
    return cmocka_run_group_tests_name("elastic", tests, NULL, NULL);
}
