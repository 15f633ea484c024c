/* SPDX-License-Identifier: Apache-2.0
 * The operations of mobile, dense and attention networks: shapes, counts, refusals, hashes. */
#include <weft/network.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static weft_network *make(int32_t channels, int32_t height, int32_t width) {
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(
        weft_network_create("test", (weft_shape){channels, height, width}, &network, &error),
        WEFT_OK);
    return network;
}

/* Adds a layer behind the last one, or behind the inputs that it names. */
static weft_status try_add(weft_network *network, weft_layer layer, weft_error *error) {
    const int32_t before = network->n_layers - 1;
    if (layer.n_inputs == 0) {
        layer.input = &before;
        layer.n_inputs = 1;
    }
    layer.block = WEFT_NO_BLOCK;
    int32_t index = 0;
    return weft_network_add(network, &layer, &index, error);
}

static const weft_layer *add(weft_network *network, weft_layer layer) {
    weft_error error;
    if (try_add(network, layer, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return &network->layers[network->n_layers - 1];
}

static void refuse(weft_network *network, weft_layer layer, weft_status expected,
                   const char *message) {
    weft_error error;
    memset(&error, 0, sizeof error);
    int32_t n = network->n_layers;
    weft_status status = try_add(network, layer, &error);
    if (status != expected || strstr(error.message, message) == NULL || network->n_layers != n) {
        fail_msg("status %d, '%s'; expected '%s'", (int)status, error.message, message);
    }
}

static void check_shape(const weft_layer *layer, int32_t channels, int32_t height, int32_t width) {
    assert_int_equal(layer->out.channels, channels);
    assert_int_equal(layer->out.height, height);
    assert_int_equal(layer->out.width, width);
}

static weft_layer joined(weft_op op, const int32_t *inputs, int32_t n) {
    return (weft_layer){.op = op, .input = inputs, .n_inputs = n};
}

/* ---- convolutions ------------------------------------------------------------------------------ */

static weft_layer conv(int32_t out, int32_t side, int32_t groups) {
    return (weft_layer){.op = WEFT_OP_CONV,
                        .out_channels = out,
                        .kernel = {side, side},
                        .stride = {1, 1},
                        .groups = groups};
}

/* Parting into g groups divides work and weights by g; a depthwise layer is parted into as many
 * groups as it has channels. */
static void groups_divide_the_work(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, i);
        int32_t groups = 1 + (int32_t)weft_rng_below(&rng, 6);
        int32_t in = groups * (1 + (int32_t)weft_rng_below(&rng, 5));
        int32_t out = groups * (1 + (int32_t)weft_rng_below(&rng, 5));
        weft_network *network = make(in, 9, 7);
        const weft_layer dense = *add(network, conv(out, 3, 1));
        const weft_layer parted = (weft_network_destroy(network), network = make(in, 9, 7),
                                   *add(network, conv(out, 3, groups)));
        assert_int_equal(parted.macs * groups, dense.macs);
        assert_int_equal(parted.params * groups, dense.params);
        weft_network_destroy(network);
        network = make(in, 9, 7);
        add(network, conv(in, 3, in));
        weft_loops loops;
        assert_true(weft_layer_loops(network, 1, &loops));
        assert_true(loops.g == in && loops.c == 1 && loops.m == 1);
        assert_int_equal(network->macs, (int64_t)in * 9 * 7 * 5);
        weft_network_destroy(network);
    }
}

static void bad_convolutions_are_refused(void **state) {
    (void)state;
    weft_network *network = make(12, 9, 9);
    refuse(network, conv(12, 3, 5), WEFT_ERROR_INFEASIBLE, "5 equal groups");
    refuse(network, conv(10, 3, 4), WEFT_ERROR_INFEASIBLE, "4 equal groups");
    refuse(network, conv(12, 3, -1), WEFT_ERROR_INPUT, "groups is -1");
    weft_layer layer = conv(12, 3, 1);
    layer.dilation = (weft_extent){5, 1};
    refuse(network, layer, WEFT_ERROR_INFEASIBLE, "window is larger");
    layer.dilation = (weft_extent){-1, 1};
    refuse(network, layer, WEFT_ERROR_INPUT, "dilation is -1");
    layer.dilation = (weft_extent){4, 4};
    check_shape(add(network, layer), 12, 1, 1);
    weft_network_destroy(network);
}

static void window_pools(void **state) {
    (void)state;
    weft_network *network = make(5, 7, 8);
    weft_layer pool = {.op = WEFT_OP_AVERAGE_WINDOW, .kernel = {2, 3}, .stride = {2, 1}};
    check_shape(add(network, pool), 5, 3, 6);
    pool = (weft_layer){
        .op = WEFT_OP_AVERAGE_INSIDE, .kernel = {3, 3}, .stride = {1, 1}, .pad = {1, 1}};
    check_shape(add(network, pool), 5, 3, 6);
    pool = (weft_layer){.op = WEFT_OP_MAX_POOL, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}};
    check_shape(add(network, pool), 5, 2, 3);
    pool.pad = (weft_extent){2, 1};
    refuse(network, pool, WEFT_ERROR_INPUT, "more than half");
    assert_int_equal(network->macs + network->params, 0);
    weft_network_destroy(network);
}

/* ---- joining ----------------------------------------------------------------------------------- */

static void concatenations_add_channels(void **state) {
    (void)state;
    weft_network *network = make(3, 6, 5);
    int32_t all[60];
    int32_t channels = 3;
    all[0] = 0;
    for (int32_t i = 1; i < 60; i++) {
        int32_t from = 0;
        weft_layer layer = conv(i, 1, 1);
        layer.input = &from;
        layer.n_inputs = 1;
        add(network, layer);
        all[i] = i;
        channels += i;
    }
    const weft_layer *sum = add(network, joined(WEFT_OP_CONCAT, all, 60));
    check_shape(sum, channels, 6, 5);
    assert_int_equal(sum->n_inputs, 60);
    assert_memory_equal(sum->input, all, sizeof all);
    assert_int_equal(sum->macs + sum->params, 0);
    /* One input is itself; another map does not fit. */
    check_shape(add(network, joined(WEFT_OP_CONCAT, all, 1)), 3, 6, 5);
    int32_t pooled = network->n_layers;
    add(network, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 2});
    refuse(network, joined(WEFT_OP_CONCAT, (const int32_t[]){0, 1, pooled}, 3),
           WEFT_ERROR_INFEASIBLE, "heights and widths");
    weft_network_destroy(network);
}

static void products_of_maps(void **state) {
    (void)state;
    weft_network *network = make(8, 6, 5);
    add(network, (weft_layer){.op = WEFT_OP_AVERAGE_POOL, .pool_side = 1});
    add(network, (weft_layer){.op = WEFT_OP_HARD_SIGMOID});
    check_shape(add(network, joined(WEFT_OP_MULTIPLY, (const int32_t[]){0, 2}, 2)), 8, 6, 5);
    check_shape(add(network, joined(WEFT_OP_MULTIPLY, (const int32_t[]){0, 3}, 2)), 8, 6, 5);
    refuse(network, joined(WEFT_OP_MULTIPLY, (const int32_t[]){2, 0}, 2), WEFT_ERROR_INFEASIBLE,
           "one value for each channel");
    refuse(network, joined(WEFT_OP_MULTIPLY, (const int32_t[]){0}, 1), WEFT_ERROR_INPUT, "needs 2");
    weft_network_destroy(network);
}

static void slices_and_padding(void **state) {
    (void)state;
    weft_network *network = make(9, 4, 4);
    check_shape(add(network, (weft_layer){.op = WEFT_OP_SLICE, .offset = 6, .out_channels = 3}), 3,
                4, 4);
    refuse(network, (weft_layer){.op = WEFT_OP_SLICE, .offset = 1, .out_channels = 3},
           WEFT_ERROR_INPUT, "out_channels is 3");
    refuse(network, (weft_layer){.op = WEFT_OP_SLICE, .offset = 3, .out_channels = 1},
           WEFT_ERROR_INPUT, "offset is 3");
    check_shape(add(network, (weft_layer){.op = WEFT_OP_PAD_CHANNELS, .out_channels = 7}), 7, 4, 4);
    refuse(network, (weft_layer){.op = WEFT_OP_PAD_CHANNELS, .out_channels = 6}, WEFT_ERROR_INPUT,
           "out_channels is 6");
    weft_network_destroy(network);
}

/* ---- sequences --------------------------------------------------------------------------------- */

static void tokens_come_from_patches(void **state) {
    (void)state;
    weft_network *network = make(24, 3, 5);
    const weft_layer *layer = add(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 2});
    check_shape(layer, 24, 17, 1);
    assert_int_equal(layer->params, 48);
    layer = add(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 100});
    check_shape(layer, 24, 17, 1);
    assert_int_equal(layer->params, 2400);
    layer = add(network, (weft_layer){.op = WEFT_OP_LAYER_NORM});
    assert_int_equal(layer->params, 48);
    layer = add(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 10, .bias = true});
    check_shape(layer, 10, 17, 1);
    assert_int_equal(layer->macs, 24 * 10 * 17);
    assert_int_equal(layer->params, 250);
    weft_loops loops;
    assert_true(weft_layer_loops(network, network->n_layers - 1, &loops));
    assert_true(loops.p == 17 && loops.q == 1 && loops.c == 24 && loops.m == 10);
    check_shape(add(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 16}), 10, 1, 1);
    refuse(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = 1}, WEFT_ERROR_INPUT,
           "offset is 1");
    weft_network_destroy(network);
}

/* Rows and columns of the map that tokens came from, or of any other with as many places. */
static void maps_come_from_tokens(void **state) {
    (void)state;
    weft_network *network = make(24, 3, 5);
    add(network, (weft_layer){.op = WEFT_OP_TOKENS});
    const weft_layer *layer = add(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 3});
    check_shape(layer, 24, 3, 5);
    assert_int_equal(layer->macs + layer->params, 0);
    weft_loops loops;
    assert_false(weft_layer_loops(network, 2, &loops));
    refuse(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 3}, WEFT_ERROR_INFEASIBLE,
           "sequence");
    add(network, (weft_layer){.op = WEFT_OP_TOKENS});
    check_shape(add(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 15}), 24, 15, 1);
    refuse(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 4}, WEFT_ERROR_INFEASIBLE,
           "15 tokens do not make a map of 4 rows");
    refuse(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 30}, WEFT_ERROR_INFEASIBLE,
           "30 rows");
    refuse(network, (weft_layer){.op = WEFT_OP_TO_MAP}, WEFT_ERROR_INPUT, "entries is 0");
    refuse(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = -3}, WEFT_ERROR_INPUT,
           "entries is -3");
    weft_network_destroy(network);
}

static void dropped_paths_keep_shapes(void **state) {
    (void)state;
    weft_network *network = make(6, 5, 4);
    const weft_layer *layer = add(network, (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = 0.25});
    check_shape(layer, 6, 5, 4);
    assert_int_equal(layer->macs + layer->params, 0);
    assert_true(layer->rate == 0.25);
    static const double wrong[] = {1.0, -0.1, NAN};
    for (int i = 0; i < 3; i++) {
        refuse(network, (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = wrong[i]}, WEFT_ERROR_INPUT,
               "at least 0 and below 1");
    }
    weft_network_destroy(network);
}

static void embeddings_look_up_rows(void **state) {
    (void)state;
    weft_network *network = make(1, 20, 1);
    const weft_layer *layer =
        add(network, (weft_layer){.op = WEFT_OP_EMBEDDING, .entries = 1000, .out_channels = 16});
    check_shape(layer, 16, 20, 1);
    assert_int_equal(layer->params, 16000);
    assert_int_equal(layer->macs, 0);
    refuse(network, (weft_layer){.op = WEFT_OP_EMBEDDING, .entries = 5, .out_channels = 1},
           WEFT_ERROR_INFEASIBLE, "16 channels");
    layer = add(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 1000, .tied = true});
    assert_int_equal(layer->params, 0);
    assert_int_equal(layer->macs, 320000);
    weft_network_destroy(network);
    network = make(1, 20, 2);
    refuse(network, (weft_layer){.op = WEFT_OP_EMBEDDING, .entries = 5, .out_channels = 1},
           WEFT_ERROR_INFEASIBLE, "sequence");
    weft_network_destroy(network);
}

static weft_layer matmul(const int32_t *inputs, int32_t heads, bool transpose) {
    return (weft_layer){.op = WEFT_OP_MATMUL,
                        .input = inputs,
                        .n_inputs = 2,
                        .groups = heads,
                        .transpose = transpose};
}

/* Counts of attention by its definition: for each head, each of T queries with each of U keys over
 * d / h features, and the same back. */
static void attention_matches_by_hand(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        weft_rng rng = weft_rng_make(6, WEFT_PURPOSE_TEST, i);
        int32_t heads = 1 + (int32_t)weft_rng_below(&rng, 5);
        int32_t features = heads * (1 + (int32_t)weft_rng_below(&rng, 8));
        int32_t tokens = 1 + (int32_t)weft_rng_below(&rng, 30);
        weft_network *network = make(features, tokens, 1);
        add(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 3}); /* U = T + 3 */
        int64_t expected = (int64_t)tokens * (tokens + 3) * features;
        const weft_layer *layer = add(network, matmul((const int32_t[]){0, 1}, heads, true));
        check_shape(layer, heads * (tokens + 3), tokens, 1);
        assert_int_equal(layer->macs, expected);
        check_shape(add(network, (weft_layer){.op = WEFT_OP_SOFTMAX, .groups = heads}),
                    heads * (tokens + 3), tokens, 1);
        layer = add(network, matmul((const int32_t[]){3, 1}, heads, false));
        check_shape(layer, features, tokens, 1);
        assert_int_equal(layer->macs, expected);
        assert_int_equal(layer->params, 0);
        weft_loops loops;
        assert_true(weft_layer_loops(network, 4, &loops));
        assert_true(loops.dynamic && loops.g == heads && loops.c == tokens + 3 &&
                    loops.m == features / heads && loops.p == tokens);
        weft_network_destroy(network);
    }
}

static void bad_products_are_refused(void **state) {
    (void)state;
    weft_network *network = make(12, 5, 1);
    add(network, (weft_layer){.op = WEFT_OP_LINEAR, .out_channels = 8});
    refuse(network, matmul((const int32_t[]){0, 1}, 1, true), WEFT_ERROR_INFEASIBLE, "transposed");
    refuse(network, matmul((const int32_t[]){0, 0}, 5, true), WEFT_ERROR_INFEASIBLE, "5 heads");
    refuse(network, matmul((const int32_t[]){0, 1}, 1, false), WEFT_ERROR_INFEASIBLE,
           "12 x 5 x 1 (layer 0)");
    refuse(network, matmul((const int32_t[]){0, 0}, -2, true), WEFT_ERROR_INPUT, "groups is -2");
    refuse(network, (weft_layer){.op = WEFT_OP_SOFTMAX, .groups = 3}, WEFT_ERROR_INFEASIBLE,
           "3 equal groups");
    weft_network_destroy(network);
    network = make(4, 3, 3);
    refuse(network, matmul((const int32_t[]){0, 0}, 1, true), WEFT_ERROR_INFEASIBLE, "do not");
    refuse(network, (weft_layer){.op = WEFT_OP_TOKEN}, WEFT_ERROR_INFEASIBLE, "sequence");
    refuse(network, (weft_layer){.op = WEFT_OP_ADD_EMBEDDING, .entries = 9}, WEFT_ERROR_INFEASIBLE,
           "sequence");
    weft_network_destroy(network);
}

/* Scores of long sequences are more than a side can count. */
static void huge_sequences_are_refused(void **state) {
    (void)state;
    weft_network *network = make(2, 65536, 65536);
    refuse(network, (weft_layer){.op = WEFT_OP_TOKENS}, WEFT_ERROR_INFEASIBLE, "more features");
    weft_network_destroy(network);
    network = make(65536, 65536, 1);
    refuse(network, matmul((const int32_t[]){0, 0}, 65536, true), WEFT_ERROR_INFEASIBLE,
           "more features");
    weft_network_destroy(network);
}

static void activations_keep_shapes(void **state) {
    (void)state;
    static const weft_op plain[] = {WEFT_OP_RELU,    WEFT_OP_RELU6, WEFT_OP_HARD_SWISH,
                                    WEFT_OP_SIGMOID, WEFT_OP_GELU,  WEFT_OP_HARD_SIGMOID,
                                    WEFT_OP_SOFTMAX};
    weft_network *network = make(6, 5, 4);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        const weft_layer *layer = add(network, (weft_layer){.op = plain[i]});
        check_shape(layer, 6, 5, 4);
        assert_int_equal(layer->macs + layer->params, 0);
        weft_loops loops;
        assert_false(weft_layer_loops(network, network->n_layers - 1, &loops));
    }
    weft_loops loops;
    assert_false(weft_layer_loops(network, -1, &loops));
    assert_false(weft_layer_loops(network, network->n_layers, &loops));
    weft_network_destroy(network);
}

/* ---- what is carried --------------------------------------------------------------------------- */

static void layers_keep_copies_of_what_they_carry(void **state) {
    (void)state;
    weft_network *network = make(3, 8, 8);
    double shares[] = {0.25, 0.5, 0.25};
    weft_histogram histogram = {3, shares};
    char name[] = "first";
    weft_layer layer = conv(4, 3, 1);
    layer.bits = (weft_layer_bits){.weights = 4, .inputs = 5, .outputs = 6};
    layer.operands.weights = &histogram;
    layer.name = name;
    add(network, layer);
    shares[0] = 9;
    histogram.n = 1;
    name[0] = 'x';
    for (int i = 0; i < 1000; i++) {
        add(network, (weft_layer){.op = WEFT_OP_RELU});
    }
    const weft_layer *kept = &network->layers[1];
    assert_string_equal(kept->name, "first");
    assert_int_equal(kept->operands.weights->n, 3);
    assert_true(kept->operands.weights->share[0] == 0.25);
    assert_int_equal(kept->bits.inputs, 5);
    layer.bits.weights = 65;
    refuse(network, layer, WEFT_ERROR_INPUT, "65 bits");
    weft_network_destroy(network);
}

static uint64_t hash_of(const weft_layer *layer) {
    weft_network *network = make(12, 6, 1);
    add(network, (weft_layer){.op = WEFT_OP_RELU});
    add(network, *layer);
    uint64_t hash = weft_network_hash(network);
    weft_network_destroy(network);
    return hash;
}

static void hashes_see_the_new_fields(void **state) {
    (void)state;
    enum { N = 24 };
    static const double flat[] = {0.25, 0.25, 0.25, 0.25}, peak[] = {0.0, 0.5, 0.5, 0.0};
    static const weft_histogram a = {4, flat}, b = {4, peak};
    static const int32_t both[] = {0, 1}, swapped[] = {1, 0}, three[] = {0, 1, 0},
                         last[] = {0, 1, 1};
    weft_layer v[N];
    for (int i = 0; i < 11; i++) {
        v[i] = (weft_layer){.op = WEFT_OP_CONV,
                            .out_channels = 12,
                            .kernel = {3, 3},
                            .stride = {1, 1},
                            .pad = {1, 1}};
    }
    v[1].kernel = (weft_extent){3, 1};
    v[1].pad = (weft_extent){1, 0};
    v[2].stride = (weft_extent){1, 2};
    v[3].groups = 2;
    v[4].groups = 12;
    v[5].dilation = (weft_extent){1, 2};
    v[5].pad = (weft_extent){1, 2};
    v[6].bits.weights = 4;
    v[7].bits.inputs = 4;
    v[8].operands.inputs = &a;
    v[9].operands.inputs = &b;
    v[10].operands.weights = &a;
    v[11] = matmul(both, 1, true);
    v[12] = matmul(both, 2, true);
    v[13] = matmul(swapped, 1, true);
    v[14] = joined(WEFT_OP_CONCAT, three, 3);
    v[15] = joined(WEFT_OP_CONCAT, last, 3);
    v[16] = (weft_layer){.op = WEFT_OP_TOKENS, .entries = 0};
    v[17] = (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 2};
    v[18] = (weft_layer){.op = WEFT_OP_TO_MAP, .entries = 3};
    v[19] = (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = 0.1};
    v[20] = (weft_layer){.op = WEFT_OP_DROP_PATH, .rate = 0.2};
    v[21] = (weft_layer){.op = WEFT_OP_DROPOUT, .rate = 0.1};
    v[22] = (weft_layer){
        .op = WEFT_OP_AVERAGE_WINDOW, .kernel = {3, 3}, .stride = {1, 1}, .pad = {1, 1}};
    v[23] = v[22];
    v[23].op = WEFT_OP_AVERAGE_INSIDE;
    for (int i = 0; i < N; i++) {
        assert_true(hash_of(&v[i]) == hash_of(&v[i]));
        for (int k = 0; k < i; k++) {
            assert_true(hash_of(&v[i]) != hash_of(&v[k]));
        }
    }
    weft_layer named = v[6];
    named.name = "name";
    named.dilation = (weft_extent){1, 1};
    named.groups = 1;
    assert_true(hash_of(&named) == hash_of(&v[6]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_divide_the_work),
        cmocka_unit_test(bad_convolutions_are_refused),
        cmocka_unit_test(window_pools),
        cmocka_unit_test(concatenations_add_channels),
        cmocka_unit_test(products_of_maps),
        cmocka_unit_test(slices_and_padding),
        cmocka_unit_test(tokens_come_from_patches),
        cmocka_unit_test(maps_come_from_tokens),
        cmocka_unit_test(dropped_paths_keep_shapes),
        cmocka_unit_test(embeddings_look_up_rows),
        cmocka_unit_test(attention_matches_by_hand),
        cmocka_unit_test(bad_products_are_refused),
        cmocka_unit_test(huge_sequences_are_refused),
        cmocka_unit_test(activations_keep_shapes),
        cmocka_unit_test(layers_keep_copies_of_what_they_carry),
        cmocka_unit_test(hashes_see_the_new_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
