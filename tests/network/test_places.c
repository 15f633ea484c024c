/* SPDX-License-Identifier: Apache-2.0
 * Where layers stand in their family: what stands at one place can share weights, and a choice moves
 * no other layer. Hashes, which stores keep, know nothing of it. */
#include <weft/network.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "network/elastic.h"
#include "network/vgg.h"
#include "sights.h"

static weft_network *empty(void) {
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("none", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    return network;
}

static int rounds(void) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? 100 : 2000;
}

/* ---- imc -------------------------------------------------------------------------------------- */

static void draw_imc(weft_rng *rng, weft_imc_spec *spec) {
    weft_imc_defaults(spec);
    spec->depth = 1 + (int32_t)weft_rng_below(rng, 5);
    for (int i = 0; i < spec->depth; i++) {
        spec->blocks[i] = (weft_block)weft_rng_below(rng, 3);
        spec->kernels[i] = 8 + (int32_t)weft_rng_below(rng, 120);
    }
    spec->n_hidden = (int32_t)weft_rng_below(rng, 4);
    spec->hidden[2] = 30;
}

static void places_of_chains_fit(void **state) {
    (void)state;
    static sights all;
    weft_network *network = empty();
    weft_error error;
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 0);
    for (int round = 0; round < rounds(); round++) {
        weft_imc_spec spec;
        draw_imc(&rng, &spec);
        assert_int_equal(weft_imc_build_into(&spec, network, &error), WEFT_OK);
        see_network(&all, network);
    }
    /* 5 positions of 4 + 6 layers, 3 hidden ones, the classifier. */
    assert_int_equal(all.n, 5 * 10 + 4);
    weft_network_destroy(network);
}

/* A network's places, in order: those of `a` that `b` has not become the count. */
static int missing(const weft_network *a, const weft_network *b) {
    int n = 0;
    for (int32_t i = 0; i < a->n_layers; i++) {
        n += a->layers[i].place > 0 && find_place(b, a->layers[i].place) == NULL;
    }
    return n;
}

static weft_network *read_network(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return network;
}

static void blocks_of_chains_share_by_position_and_kind(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        int missing; /* of a's layers in b */
    } rows[] = {
        {"imc:V32,V64", "imc:M16,M8", 0},      /* VGG and MVGG share */
        {"imc:V32,V64", "imc:V32,V64,R64", 0}, /* depth moves nothing, nor the head */
        {"imc:V32,R64", "imc:V32,V64", 6},     /* RES has its own */
        {"imc:V32,V64", "imc:V32,R64", 4},     /* and shares nothing of theirs */
        {"imc:V32,V64,M8", "imc:V32,V64", 4},  /* the third position alone */
        {"imc:V32", "imc:V32@hidden=200", 1},  /* the second hidden layer, not the classifier */
        {"imc:V32@hidden=none", "imc:V32", 0}, /* the classifier is no hidden layer */
        {"imc:V32@classes=100", "imc:R32@pool=2", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_network *a = read_network(rows[i].a);
        weft_network *b = read_network(rows[i].b);
        assert_int_equal(missing(a, b), rows[i].missing);
        weft_network_destroy(a);
        weft_network_destroy(b);
    }
}

/* ---- elastic ---------------------------------------------------------------------------------- */

static void draw_elastic(weft_rng *rng, const weft_elastic_skeleton *skeleton,
                         weft_elastic_spec *spec) {
    const bool small = skeleton->stem_stride == 1;
    static const double expansions[] = {1.0, 3.0, 4.0, 6.0};
    weft_elastic_defaults(skeleton, spec);
    for (int s = 0; s < skeleton->n_stages; s++) {
        spec->depth[s] = 1 + (int32_t)weft_rng_below(rng, (uint64_t)skeleton->stages[s].blocks);
        for (int k = 0; k < spec->depth[s]; k++) {
            spec->blocks[s][k].kernel = 3 + 2 * (int32_t)weft_rng_below(rng, 3);
            spec->blocks[s][k].expansion = expansions[weft_rng_below(rng, 4)];
            if (small) {
                spec->channels[s] = 16 + 16 * (int32_t)weft_rng_below(rng, 4);
                spec->blocks[s][k].squeeze = weft_rng_below(rng, 2) == 1;
                spec->blocks[s][k].attends = k > 0 && skeleton->stages[s].attends &&
                                             weft_rng_below(rng, 2) == 1;
                spec->blocks[s][k].heads = 1 << weft_rng_below(rng, 4);
            }
        }
    }
}

static void places_of_elastic_networks_fit(void **state) {
    (void)state;
    const weft_elastic_skeleton *skeletons[] = {&weft_skeleton_proxyless, &weft_skeleton_ofa,
                                                &weft_skeleton_small, &weft_skeleton_hybrid};
    /* Stem 2, first block without expansion 4, blocks of 6 and of 8 with squeeze-excite (which all
     * small ones may have), 7 blocks that may be transformer blocks of 8 and
     * two products of activations, head. */
    const int expected[] = {2 + 4 + 21 * 6 + 3, 2 + 4 + 8 * 6 + 12 * 8 + 4, 2 + 4 + 15 * 8 + 3,
                            2 + 4 + 15 * 8 + 7 * 10 + 3};
    weft_network *network = empty();
    weft_error error;
    for (int i = 0; i < 4; i++) {
        static sights all;
        all.n = 0;
        weft_rng rng = weft_rng_make(4, WEFT_PURPOSE_TEST, (uint64_t)i);
        for (int round = 0; round < rounds(); round++) {
            weft_elastic_spec spec;
            draw_elastic(&rng, skeletons[i], &spec);
            assert_int_equal(weft_elastic_build(&spec, network, &error), WEFT_OK);
            see_network(&all, network);
        }
        assert_int_equal(all.n, expected[i]);
    }
    weft_network_destroy(network);
}

/* Another depth of stage s: what stands in the others, in stem and head, has the same places in the
 * same order. */
static void depth_moves_no_other_stage(void **state) {
    (void)state;
    weft_network *network = empty();
    weft_network *other = empty();
    weft_error error;
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    for (int round = 0; round < rounds() / 10; round++) {
        weft_elastic_spec spec;
        draw_elastic(&rng, &weft_skeleton_ofa, &spec);
        assert_int_equal(weft_elastic_build(&spec, network, &error), WEFT_OK);
        const int s = round % 5;
        const int32_t before = spec.depth[s];
        spec.depth[s] = before == 4 ? 1 : 4;
        assert_int_equal(weft_elastic_build(&spec, other, &error), WEFT_OK);
        const weft_network *less = before == 4 ? other : network;
        const weft_network *more = before == 4 ? network : other;
        assert_int_equal(missing(less, more), 0);
        /* What only the deeper one has is of the blocks of that stage. */
        int32_t first = 1; /* block 0 is the first of the stem's */
        for (int i = 0; i < s; i++) {
            first += spec.depth[i];
        }
        for (int32_t i = 0; i < more->n_layers; i++) {
            const weft_layer *layer = &more->layers[i];
            if (layer->place > 0 && find_place(less, layer->place) == NULL) {
                assert_true(layer->block > first && layer->block < first + 4);
            }
        }
    }
    weft_network_destroy(network);
    weft_network_destroy(other);
}

static void mixed_vgg_has_a_place_for_each_layer(void **state) {
    (void)state;
    weft_network *network = empty();
    weft_network *narrow = empty();
    weft_error error;
    weft_vgg_mixed spec;
    weft_vgg_mixed_defaults(&spec);
    assert_int_equal(weft_vgg_mixed_build(&spec, network, &error), WEFT_OK);
    spec.channels[3] = 40;
    assert_int_equal(weft_vgg_mixed_build(&spec, narrow, &error), WEFT_OK);
    static sights all;
    see_network(&all, network);
    see_network(&all, narrow);
    assert_int_equal(all.n, 13 * 2 + 1);
    weft_network_destroy(network);
    weft_network_destroy(narrow);
}

/* ---- networks that a program makes, copies, hashes --------------------------------------------- */

static void places_are_kept_copied_and_checked(void **state) {
    (void)state;
    weft_network *network = empty();
    weft_network *copy = empty();
    weft_error error;
    int32_t index;
    weft_layer layer = {.op = WEFT_OP_LINEAR,
                        .input = (const int32_t[]){0},
                        .n_inputs = 1,
                        .out_channels = 3,
                        .place = INT32_MAX};
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    assert_int_equal(network->layers[1].place, INT32_MAX);
    const uint64_t hash = weft_network_hash(network);
    assert_int_equal(weft_network_copy(network, copy, &error), WEFT_OK);
    assert_int_equal(copy->layers[1].place, INT32_MAX);
    layer.place = -1;
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "place is -1"));
    layer.place = 0;
    assert_int_equal(weft_network_clear(network, "none", (weft_shape){1, 1, 1}, &error), WEFT_OK);
    assert_int_equal(weft_network_add(network, &layer, &index, &error), WEFT_OK);
    assert_true(weft_network_hash(network) == hash);
    weft_network_destroy(network);
    weft_network_destroy(copy);
}

static void other_networks_share_nothing(void **state) {
    (void)state;
    static const char *const names[] = {"resnet20", "mobilenetv2", "mobilenetv3-small", "ds-cnn"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        weft_network *network = read_network(names[i]);
        for (int32_t k = 0; k < network->n_layers; k++) {
            assert_int_equal(network->layers[k].place, 0);
        }
        weft_network_destroy(network);
    }
}

/* As they were before layers had places: stores of old have these. */
static void hashes_are_those_of_old_stores(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t hash;
    } rows[] = {
        {"imc:V32,M16,R64@input=1x28x28,pool=2,hidden=64", UINT64_C(0xb80adb55a04343f6)},
        {"imc:R32,V64", UINT64_C(0x83a13f2c6643051a)},
        {"resnet20", UINT64_C(0x0024340bbc140813)},
        {"resnet18@input=3x32x32,classes=10", UINT64_C(0x878bc70bb3fa0190)},
        {"vgg8", UINT64_C(0x329b003c27fa9a4a)},
        {"densenet121", UINT64_C(0xc41fd2072798c0b6)},
        {"mobilenetv1", UINT64_C(0x3cd712ceb6d51a49)},
        {"mobilenetv2", UINT64_C(0xc192fef94e80ed60)},
        {"mobilenetv3-small", UINT64_C(0xcb7d9c986f8d9719)},
        {"proxyless@depth=2x3x4x1x2x1,kernel=5,expansion=4", UINT64_C(0xc3fdcf7ef09a1418)},
        {"ofa-mobilenetv3@width=1.2", UINT64_C(0x3f4eadc1d5ca3ff3)},
        {"ds-cnn", UINT64_C(0x79119a5edad7d99f)},
        {"resnet8", UINT64_C(0x06bd2658948f4d85)},
        {"vit-b-32", UINT64_C(0xa2ca838e51e981e0)},
        {"gpt2@tokens=64,head=lm", UINT64_C(0x5798ba80d2c5314b)},
        {"mobilebert", UINT64_C(0x8d5ca245d7b95ccb)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_network *network = read_network(rows[i].name);
        if (weft_network_hash(network) != rows[i].hash) {
            fail_msg("%s has another hash", rows[i].name);
        }
        weft_network_destroy(network);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_of_chains_fit),
        cmocka_unit_test(blocks_of_chains_share_by_position_and_kind),
        cmocka_unit_test(places_of_elastic_networks_fit),
        cmocka_unit_test(depth_moves_no_other_stage),
        cmocka_unit_test(mixed_vgg_has_a_place_for_each_layer),
        cmocka_unit_test(places_are_kept_copied_and_checked),
        cmocka_unit_test(other_networks_share_nothing),
        cmocka_unit_test(hashes_are_those_of_old_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
