/* SPDX-License-Identifier: Apache-2.0
 * Elastic networks for small images: parameters, MACs and layer orders against what is worked out here
 * from the widths; paths that are dropped; options. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "network/elastic.h"

enum { STAGES = 5 };

static const int strides[STAGES] = {1, 2, 2, 1, 2};
static const int full[STAGES] = {2, 3, 4, 3, 3};
static const int64_t wide[STAGES] = {24, 32, 64, 96, 160};

static weft_network *read_network(const char *name) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_network_read(name, &network, &error) != WEFT_OK) {
        fail_msg("%s: %s", name, error.message);
    }
    return network;
}

/* ---- counts ------------------------------------------------------------------------------------ */

typedef struct choice {
    bool attends, squeeze;
    int64_t kernel, hidden, heads;
} choice;

typedef struct plan {
    int64_t inputs, side;
    int64_t channels[STAGES];
    int depth[STAGES];
    choice blocks[STAGES][4];
} plan;

typedef struct sum {
    int64_t params, macs;
} sum;

/* Norms of two numbers a channel, 1x1 convolutions and linear layers over `places` positions. */
static void add_norm(sum *s, int64_t channels) {
    s->params += 2 * channels;
}

static void add_product(sum *s, int64_t in, int64_t out, int64_t places, int64_t bias) {
    s->params += in * out + bias * out;
    s->macs += in * out * places;
}

/* From the tables of the two papers, by sums of their own. */
static void add_inverted(sum *s, const choice *b, int64_t in, int64_t out, int64_t before,
                         int64_t behind) {
    if (b->hidden != in) {
        add_product(s, in, b->hidden, before, 0);
        add_norm(s, b->hidden);
    }
    s->params += b->hidden * b->kernel * b->kernel;
    s->macs += b->hidden * b->kernel * b->kernel * behind;
    add_norm(s, b->hidden);
    if (b->squeeze) {
        int64_t squeezed = (b->hidden / 4 + 4) / 8 * 8;
        squeezed = squeezed < 8 ? 8 : squeezed;
        squeezed += 10 * squeezed < 9 * b->hidden / 4 ? 8 : 0;
        add_product(s, b->hidden, squeezed, 1, 1);
        add_product(s, squeezed, b->hidden, 1, 1);
    }
    add_product(s, b->hidden, out, behind, 0);
    add_norm(s, out);
}

static void add_encoder(sum *s, const choice *b, int64_t width, int64_t tokens) {
    add_norm(s, width);
    for (int i = 0; i < 4; i++) { /* Q, K, V, output */
        add_product(s, width, width, tokens, 1);
    }
    s->macs += 2 * tokens * tokens * width; /* scores and weighted sum */
    add_norm(s, width);
    add_product(s, width, b->hidden, tokens, 1);
    add_product(s, b->hidden, width, tokens, 1);
}

static sum sum_of(const plan *p) {
    sum s = {0, 0};
    int64_t side = p->side;
    s.params += p->inputs * 32 * 9;
    s.macs += p->inputs * 32 * 9 * side * side;
    add_norm(&s, 32);
    add_inverted(&s, &(choice){.kernel = 3, .hidden = 32}, 32, 16, side * side, side * side);
    int64_t in = 16;
    for (int i = 0; i < STAGES; i++) {
        for (int k = 0; k < p->depth[i]; k++) {
            int64_t before = side * side;
            side = k == 0 && strides[i] == 2 ? (side + 1) / 2 : side;
            if (p->blocks[i][k].attends) {
                add_encoder(&s, &p->blocks[i][k], in, side * side);
            } else {
                add_inverted(&s, &p->blocks[i][k], in, p->channels[i], before, side * side);
            }
            in = p->channels[i];
        }
    }
    add_product(&s, in, 320, side * side, 0);
    add_norm(&s, 320);
    add_product(&s, 320, 10, 1, 1);
    return s;
}

/* Full depth, kernel and expansion of all blocks, transformer blocks of MLP ratio 2 at the end of
 * stages. */
static plan plain(int64_t inputs, int64_t side, int64_t kernel, int64_t expansion,
                  const int *attention) {
    plan p = {.inputs = inputs, .side = side};
    int64_t in = 16;
    for (int i = 0; i < STAGES; i++) {
        p.channels[i] = wide[i];
        p.depth[i] = full[i];
        for (int k = 0; k < full[i]; k++) {
            p.blocks[i][k] = (choice){.attends = k >= full[i] - attention[i],
                                      .kernel = kernel,
                                      .heads = 4,
                                      .hidden = expansion * in};
            p.blocks[i][k].hidden = p.blocks[i][k].attends ? 2 * in : expansion * in;
            in = wide[i];
        }
    }
    return p;
}

static void check_sums(const char *name, const plan *p) {
    weft_network *network = read_network(name);
    sum s = sum_of(p);
    assert_int_equal(network->params, s.params);
    assert_int_equal(network->macs, s.macs);
    weft_network_destroy(network);
}

static void named_networks_have_the_counts_of_their_widths(void **state) {
    (void)state;
    static const int none[STAGES] = {0, 0, 0, 0, 0}, all[STAGES] = {0, 0, 3, 2, 2},
                     some[STAGES] = {0, 0, 1, 0, 2};
    plan p = plain(3, 32, 3, 6, none);
    check_sums("small-mobilenetv2", &p);
    check_sums("small-hybrid@attention=0x0x0x0x0", &p);
    p = plain(1, 28, 5, 4, none);
    check_sums("small-mobilenetv2@input=1x28x28,kernel=5,expansion=4", &p);
    p = plain(3, 32, 3, 6, all);
    check_sums("small-hybrid", &p);
    check_sums("small-hybrid@drop_path=0.2", &p);
    p = plain(1, 28, 7, 3, some);
    check_sums("small-hybrid@input=1x28x28,kernel=7,expansion=3,attention=0x0x1x0x2", &p);
    p = plain(3, 32, 3, 6, none);
    for (int i = 0; i < STAGES; i++) {
        for (int k = 0; k < full[i]; k++) {
            p.blocks[i][k].squeeze = true;
        }
    }
    check_sums("small-mobilenetv2@squeeze=1", &p);
}

/* Any choice of all: the same sums. */
static void random_networks_have_the_counts_of_their_widths(void **state) {
    (void)state;
    static const int64_t factors[] = {3, 4, 6};
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("x", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    for (uint64_t round = 0; round < 300; round++) {
        weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, round);
        plan p = {.inputs = 3, .side = 28 + 4 * (int64_t)weft_rng_below(&rng, 2)};
        weft_elastic_spec spec;
        weft_elastic_defaults(&weft_skeleton_hybrid, &spec);
        spec.input = (weft_shape){3, (int32_t)p.side, (int32_t)p.side};
        spec.classes = 10;
        spec.drop_path = 0.1 * (double)weft_rng_below(&rng, 2);
        int64_t in = 16;
        for (int s = 0; s < STAGES; s++) {
            p.depth[s] = 1 + (int)weft_rng_below(&rng, (uint64_t)full[s]);
            p.channels[s] = 16 * (1 + (int64_t)weft_rng_below(&rng, 8));
            spec.depth[s] = p.depth[s];
            spec.channels[s] = (int32_t)p.channels[s];
            for (int k = 0; k < p.depth[s]; k++) {
                choice *c = &p.blocks[s][k];
                int64_t factor = factors[weft_rng_below(&rng, 3)];
                *c = (choice){.attends = k > 0 && s >= 2 && weft_rng_below(&rng, 2) == 1,
                              .squeeze = weft_rng_below(&rng, 2) == 1,
                              .kernel = 3 + 2 * (int64_t)weft_rng_below(&rng, 3),
                              .hidden = factor * in,
                              .heads = 1 << weft_rng_below(&rng, 5)};
                weft_elastic_block *block = &spec.blocks[s][k];
                block->attends = c->attends;
                block->squeeze = c->squeeze;
                block->kernel = (int32_t)c->kernel;
                block->expansion = (double)factor;
                block->mlp_ratio = (double)factor;
                block->heads = (int32_t)c->heads;
                in = p.channels[s];
            }
        }
        if (weft_elastic_build(&spec, network, &error) != WEFT_OK) {
            fail_msg("%s", error.message);
        }
        sum s = sum_of(&p);
        assert_int_equal(network->params, s.params);
        assert_int_equal(network->macs, s.macs);
    }
    weft_network_destroy(network);
}

/* ---- the order of layers ----------------------------------------------------------------------- */

static void transformer_blocks_stand_between_maps(void **state) {
    (void)state;
    static const weft_op expected[] = {
        WEFT_OP_TOKENS,    WEFT_OP_LAYER_NORM, WEFT_OP_LINEAR, WEFT_OP_LINEAR, WEFT_OP_LINEAR,
        WEFT_OP_MATMUL,    WEFT_OP_SOFTMAX,    WEFT_OP_MATMUL, WEFT_OP_LINEAR, WEFT_OP_DROP_PATH,
        WEFT_OP_ADD,       WEFT_OP_LAYER_NORM, WEFT_OP_LINEAR, WEFT_OP_GELU,   WEFT_OP_LINEAR,
        WEFT_OP_DROP_PATH, WEFT_OP_ADD,        WEFT_OP_TO_MAP};
    enum { N = sizeof expected / sizeof expected[0] };
    weft_network *network =
        read_network("small-hybrid@input=3x28x20,attention=0x0x1x0x0,heads=8,mlp_ratio=1.5,"
                     "drop_path=0.3");
    int32_t first = 0;
    while (network->layers[first].op != WEFT_OP_TOKENS) {
        first++;
    }
    const weft_layer *at = &network->layers[first];
    for (int i = 0; i < N; i++) {
        assert_int_equal(at[i].op, expected[i]);
        assert_int_equal(at[i].block, at[0].block);
    }
    /* 64 channels at 7 x 5; scores of 8 heads with 35 keys for 35 queries. */
    assert_true(at[0].in.channels == 64 && at[0].in.height == 7 && at[0].in.width == 5);
    assert_true(at[0].out.height == 35 && at[0].out.width == 1);
    assert_true(at[5].groups == 8 && at[5].out.channels == 8 * 35 && at[5].out.height == 35);
    assert_true(at[6].groups == 8 && at[7].groups == 8);
    assert_int_equal(at[12].out_channels, 96);
    assert_true(memcmp(&at[17].out, &at[0].in, sizeof at[0].in) == 0);
    /* Q, K and V of the norm; scores of Q and K, their sum over V. */
    for (int i = 2; i <= 4; i++) {
        assert_int_equal(at[i].input[0], first + 1);
    }
    assert_true(at[5].input[0] == first + 2 && at[5].input[1] == first + 3 && at[5].transpose);
    assert_true(at[7].input[0] == first + 6 && at[7].input[1] == first + 4 && !at[7].transpose);
    /* The sums: the branch and what came in. */
    assert_true(at[10].input[0] == first + 9 && at[10].input[1] == first);
    assert_true(at[16].input[0] == first + 15 && at[16].input[1] == first + 10);
    weft_network_destroy(network);
}

static void attention_has_the_bits_of_inputs(void **state) {
    (void)state;
    weft_elastic_spec spec;
    weft_elastic_defaults(&weft_skeleton_hybrid, &spec);
    spec.input = (weft_shape){3, 32, 32};
    spec.blocks[4][2].attends = true;
    spec.blocks[4][2].pointwise = (weft_layer_bits){.weights = 3, .inputs = 5};
    spec.blocks[4][2].linear_copies = 7;
    spec.blocks[4][1].copies[WEFT_PART_EXPAND] = 2;
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("x", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    assert_int_equal(weft_elastic_build(&spec, network, &error), WEFT_OK);
    int linear = 0, products = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        bool inside = layer->block == 1 + 2 + 3 + 4 + 3 + 3 - 1;
        if (layer->op == WEFT_OP_LINEAR && inside) {
            assert_true(layer->bits.weights == 3 && layer->bits.inputs == 5);
            assert_int_equal(layer->copies, 7);
            linear++;
        } else if (layer->op == WEFT_OP_MATMUL) {
            assert_true(inside && layer->bits.weights == 5 && layer->bits.inputs == 5);
            assert_int_equal(layer->copies, 0);
            products++;
        } else {
            assert_true(layer->bits.weights == 0 && layer->bits.inputs == 0);
            assert_true(layer->copies == 0 || layer->block == 14);
        }
    }
    assert_true(linear == 6 && products == 2);
    weft_network_destroy(network);
}

/* ---- paths that are dropped -------------------------------------------------------------------- */

/* Every sum has its branch dropped at rate p l / L, l the block of L; nothing else is. */
static void rates_rise_with_the_blocks(void **state) {
    (void)state;
    static const char *const names[] = {"small-mobilenetv2@drop_path=0.4",
                                        "small-hybrid@depth=2x1x4x2x3,drop_path=0.4"};
    for (int i = 0; i < 2; i++) {
        weft_network *network = read_network(names[i]);
        int sums = 0, dropped = 0;
        for (int32_t k = 0; k < network->n_layers; k++) {
            const weft_layer *layer = &network->layers[k];
            dropped += layer->op == WEFT_OP_DROP_PATH;
            if (layer->op != WEFT_OP_ADD) {
                continue;
            }
            const weft_layer *branch = &network->layers[layer->input[0]];
            assert_int_equal(branch->op, WEFT_OP_DROP_PATH);
            assert_true(fabs(branch->rate - 0.4 * (layer->block + 1) / network->n_blocks) < 1e-12);
            sums++;
        }
        assert_true(sums == dropped && sums > 5);
        weft_network_destroy(network);
    }
}

static void nothing_is_dropped_unasked(void **state) {
    (void)state;
    weft_network *network = read_network("small-hybrid@drop_path=0");
    for (int32_t k = 0; k < network->n_layers; k++) {
        assert_int_not_equal(network->layers[k].op, WEFT_OP_DROP_PATH);
    }
    weft_network *plain_one = read_network("small-hybrid");
    assert_true(weft_network_hash(network) == weft_network_hash(plain_one));
    weft_network_destroy(network);
    weft_network_destroy(plain_one);
}

/* ---- options ----------------------------------------------------------------------------------- */

static void options_are_the_fields(void **state) {
    (void)state;
    weft_network *network = read_network(
        "small-hybrid@depth=1x2x2x1x1,channels=16x32x48,width=0.5,attention=0x0x1,heads=6");
    weft_elastic_spec spec;
    weft_elastic_defaults(&weft_skeleton_hybrid, &spec);
    spec.input = (weft_shape){3, 32, 32};
    spec.classes = 10;
    spec.width = 0.5;
    static const int depth[] = {1, 2, 2, 1, 1}, channels[] = {16, 32, 48, 0, 0};
    for (int s = 0; s < STAGES; s++) {
        spec.depth[s] = depth[s];
        spec.channels[s] = channels[s];
    }
    spec.blocks[2][1].attends = true;
    spec.blocks[2][1].heads = 6;
    weft_network *built = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("x", (weft_shape){1, 1, 1}, &built, &error), WEFT_OK);
    assert_int_equal(weft_elastic_build(&spec, built, &error), WEFT_OK);
    assert_true(weft_network_hash(network) == weft_network_hash(built));
    /* Stage 3 as stated, stage 5 at half its width. */
    bool seen = false;
    for (int32_t i = 0; i < network->n_layers; i++) {
        if (network->layers[i].op == WEFT_OP_TO_MAP) {
            assert_int_equal(network->layers[i].out.channels, 48);
            seen = true;
        }
    }
    assert_true(seen);
    const weft_layer *last = &network->layers[network->n_layers - 7];
    assert_int_equal(last->op, WEFT_OP_BATCH_NORM);
    assert_int_equal(last->out.channels, 80);
    weft_network_destroy(network);
    weft_network_destroy(built);
}

static void wrong_options_are_told(void **state) {
    (void)state;
    static const struct {
        const char *name, *part;
        weft_status status;
    } rows[] = {
        {"small-mobilenetv2@depth=3", "at most 2", WEFT_ERROR_INPUT},
        {"small-mobilenetv2@channels=16x32x48x64x96x128", "has 5", WEFT_ERROR_INPUT},
        {"small-mobilenetv2@channels=0", "channels of each stage", WEFT_ERROR_INPUT},
        {"small-mobilenetv2@squeeze=2", "0 or 1", WEFT_ERROR_INPUT},
        {"small-mobilenetv2@squeeze=0x1", "0 or 1", WEFT_ERROR_INPUT},
        {"small-mobilenetv2@drop_path=1", "below 1", WEFT_ERROR_INPUT},
        {"small-mobilenetv2@drop_path=x", "below 1", WEFT_ERROR_INPUT},
        {"small-mobilenetv2@heads=4", "no option 'heads'", WEFT_ERROR_INPUT},
        {"proxyless@channels=16", "no option 'channels'", WEFT_ERROR_INPUT},
        {"small-hybrid@attention=1", "stage 1 of small-hybrid", WEFT_ERROR_INPUT},
        {"small-hybrid@attention=0x0x4", "at most 3", WEFT_ERROR_INPUT},
        {"small-hybrid@depth=1x1x2,attention=0x0x2", "at most 1", WEFT_ERROR_INPUT},
        {"small-hybrid@attention=0x0x1x1x1x0", "has 5", WEFT_ERROR_INPUT},
        {"small-hybrid@attention=", "transformer blocks of each", WEFT_ERROR_INPUT},
        {"small-hybrid@heads=0", "whole number", WEFT_ERROR_INPUT},
        {"small-hybrid@heads=7", "7", WEFT_ERROR_INFEASIBLE},
        {"small-hybrid@mlp_ratio=0", "above 0", WEFT_ERROR_INPUT},
        {"small-hybrid@mlp_ratio=17", "up to 16", WEFT_ERROR_INPUT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_network *network = NULL;
        weft_error error;
        weft_status status = weft_network_read(rows[i].name, &network, &error);
        if (status != rows[i].status || strstr(error.message, rows[i].part) == NULL) {
            fail_msg("%s: status %d, %s", rows[i].name, (int)status, error.message);
        }
        assert_null(network);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_networks_have_the_counts_of_their_widths),
        cmocka_unit_test(random_networks_have_the_counts_of_their_widths),
        cmocka_unit_test(transformer_blocks_stand_between_maps),
        cmocka_unit_test(attention_has_the_bits_of_inputs),
        cmocka_unit_test(rates_rise_with_the_blocks),
        cmocka_unit_test(nothing_is_dropped_unasked),
        cmocka_unit_test(options_are_the_fields),
        cmocka_unit_test(wrong_options_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
