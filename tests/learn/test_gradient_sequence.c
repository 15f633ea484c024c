/* SPDX-License-Identifier: Apache-2.0
 *
 * Logits and gradients of layers of sequences: products of two, softmax, layer norm, tokens and
 * tables, against the double-precision reference. */
#include "learn/gradient_support.h"

/* ---- products of two sequences --------------------------------------------------------------- */

/* Scores of 21 tokens and 4 (A B^T), and these times another sequence of 4 (A B). */
static void test_matmul(void **state) {
    (void)state;
    static const int cases[][2] = {
        {1, 7}, {2, 8}, {3, 6}, {6, 6}}; /* heads, features of the last */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        snprintf(name, sizeof name, "matmul in %d heads", cases[i][0]);
        weft_network *network = network_of(name, 3, 5, 4);
        int map = next(network, conv_layer(6, 3, 1, 1, true));
        int a = next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 1});
        grow(network, average_layer(2), map, -1);
        int b = next(network, plain_layer(WEFT_OP_TOKENS));
        int c = next(network, linear_layer(cases[i][1]));
        int scores = grow(network, matmul_layer(cases[i][0], true), a, b);
        grow(network, matmul_layer(cases[i][0], false), scores, c);
        finish(network, 730 + i);
    }
}

/* A sequence with itself: both factors' gradients meet. */
static void test_matmul_with_itself(void **state) {
    (void)state;
    weft_network *network = network_of("matmul with itself", 4, 5, 1);
    int x = next(network, linear_layer(6));
    int scores = grow(network, matmul_layer(2, true), x, x);
    grow(network, matmul_layer(2, false), scores, x);
    finish(network, 740);
}

/* ---- over the channels of a position --------------------------------------------------------- */

static void test_softmax(void **state) {
    (void)state;
    static const int cases[][2] = {
        {7, 1}, {12, 3}, {16, 16}, {64, 2}, {34, 2}}; /* channels, parts */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int far = 0; far < 2; far++) {
            weft_network *network = begin("softmax", cases[i][0], 4);
            next(network, softmax_layer(cases[i][1]));
            finish_with(network, (conditions){.seed = 400 + i, .gain = far == 0 ? 1.0 : 4.0});
        }
    }
}

static void test_layer_norm(void **state) {
    (void)state;
    static const int channels[] = {2, 3, 16, 17, 64, 100};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        weft_network *network = begin("layer norm of maps", channels[i], 4);
        next(network, plain_layer(WEFT_OP_LAYER_NORM));
        finish(network, 410 + i);
        network = network_of("layer norm of tokens", 5, 6, 1);
        next(network, linear_layer(channels[i]));
        next(network, plain_layer(WEFT_OP_LAYER_NORM));
        finish(network, 420 + i);
    }
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void test_tokens(void **state) {
    (void)state;
    static const int entries[] = {0, 1, 3};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        weft_network *network = network_of("tokens", 2, 3, 4);
        next(network, conv_layer(7, 3, 1, 1, true));
        next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = entries[i]});
        next(network, linear_layer(6));
        finish(network, 430 + i);
    }
}

/* There and back: a map of another shape than the one that became tokens, and one that is read as it
 * was as well. */
static void test_to_map(void **state) {
    (void)state;
    for (int entries = 0; entries < 2; entries++) {
        weft_network *network = network_of("to map", 2, 3, 4 + 3 * entries);
        int map = next(network, conv_layer(7, 3, 1, 1, true));
        next(network, plain_layer(WEFT_OP_TOKENS));
        next(network, linear_layer(7));
        next(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = entries == 0 ? 3 : 7});
        if (entries == 0) {
            grow(network, plain_layer(WEFT_OP_ADD), network->n_layers - 1, map);
        }
        next(network, conv_layer(5, 3, 1, 1, true));
        next(network, plain_layer(WEFT_OP_GELU));
        finish(network, 435 + (uint64_t)entries);
    }
}

/* Of the images themselves: the table is all that is trained before the head. */
static void test_tokens_first(void **state) {
    (void)state;
    weft_network *network = network_of("tokens first", 3, 2, 3);
    next(network, (weft_layer){.op = WEFT_OP_TOKENS, .entries = 2});
    finish(network, 440);
}

static void test_token(void **state) {
    (void)state;
    static const int which[] = {0, 3, 5};
    for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
        weft_network *network = network_of("token", 4, 6, 1);
        next(network, linear_layer(9));
        next(network, (weft_layer){.op = WEFT_OP_TOKEN, .offset = which[i]});
        finish(network, 450 + i);
    }
}

/* With as many rows as tokens, with rows that no token takes, and of the images themselves. */
static void test_add_embedding(void **state) {
    (void)state;
    static const int entries[] = {6, 8};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const weft_layer layer = {.op = WEFT_OP_ADD_EMBEDDING, .entries = entries[i]};
        weft_network *network = network_of("positions", 4, 6, 1);
        next(network, linear_layer(9));
        next(network, layer);
        next(network, plain_layer(WEFT_OP_GELU));
        finish(network, 460 + i);
        network = network_of("positions first", 4, 6, 1);
        next(network, layer);
        next(network, plain_layer(WEFT_OP_GELU));
        finish(network, 465 + i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matmul),        cmocka_unit_test(test_matmul_with_itself),
        cmocka_unit_test(test_softmax),       cmocka_unit_test(test_layer_norm),
        cmocka_unit_test(test_tokens),        cmocka_unit_test(test_tokens_first),
        cmocka_unit_test(test_to_map),        cmocka_unit_test(test_token),
        cmocka_unit_test(test_add_embedding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
