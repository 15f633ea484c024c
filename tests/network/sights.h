/* SPDX-License-Identifier: Apache-2.0
 * What was seen at each place of a family: layers that share weights must be able to. */
#ifndef WEFT_TESTS_NETWORK_SIGHTS_H
#define WEFT_TESTS_NETWORK_SIGHTS_H

#include <weft/network.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MOST_PLACES = 4096 };

/* What layers must have in common to take slices of one tensor. */
typedef struct sight {
    int32_t place;
    weft_op op;
    bool depthwise, bias;
    int32_t parity;
} sight;

typedef struct sights {
    int n;
    sight at[MOST_PLACES];
} sights;

static inline sight sight_of(const weft_layer *layer) {
    bool is_conv = layer->op == WEFT_OP_CONV;
    return (sight){.place = layer->place,
                   .op = layer->op,
                   .depthwise = is_conv && layer->groups > 1,
                   .bias = layer->bias,
                   .parity = is_conv ? layer->kernel.height % 2 : 0};
}

static inline void see(sights *all, const weft_layer *layer) {
    const sight now = sight_of(layer);
    for (int i = 0; i < all->n; i++) {
        const sight *then = &all->at[i];
        if (then->place == now.place) {
            assert_int_equal(then->op, now.op);
            assert_int_equal(then->depthwise, now.depthwise);
            assert_int_equal(then->bias, now.bias);
            assert_int_equal(then->parity, now.parity);
            return;
        }
    }
    assert_true(all->n < MOST_PLACES);
    all->at[all->n++] = now;
}

/* Every layer with parameters, and every product of two activations, whose quantizers have some, has a
 * place of its own; no other layer has one. */
static inline void see_network(sights *all, const weft_network *network) {
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        assert_int_equal(layer->place > 0, layer->params > 0 || layer->op == WEFT_OP_MATMUL);
        for (int32_t k = 0; k < i && layer->place > 0; k++) {
            assert_int_not_equal(layer->place, network->layers[k].place);
        }
        if (layer->place > 0) {
            see(all, layer);
        }
    }
}

/* The layer of a place; NULL: the network has none. */
static inline const weft_layer *find_place(const weft_network *network, int32_t place) {
    for (int32_t i = 0; i < network->n_layers; i++) {
        if (network->layers[i].place == place) {
            return &network->layers[i];
        }
    }
    return NULL;
}

#endif
