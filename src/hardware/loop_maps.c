/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the maps of a layer come from and go to: what it takes to tell whether a map can stay on the
 * chip between two layers. Maps are stored by layers of products and by operations that join several
 * maps; all others work on them as they pass.
 *
 * A layer table has no other operations: where a layer reads a smaller map than the one before it
 * wrote, something that stores maps (a pool) must stand between them. */
#include "hardware/loop_work.h"

#include <string.h>

static double elements_of(const weft_layer *layer) {
    return (double)layer->out.channels * layer->out.height * layer->out.width;
}

/* Elements of the input map: rows and columns that the outputs' windows lie on. */
static double inputs_of(const weft_loop_layer *layer) {
    const int32_t *size = layer->loops.size;
    double channels = (double)size[WEFT_DIM_N] * size[WEFT_DIM_C] * size[WEFT_DIM_G];
    return channels * size[WEFT_DIM_P] * layer->loops.stride_h * size[WEFT_DIM_Q] *
           layer->loops.stride_w;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void chain(weft_loop_work *work) {
    for (int32_t l = 0; l < work->n_layers; l++) {
        weft_loop_layer *layer = &work->layers[l];
        layer->own = (weft_map_use){
            .inputs = inputs_of(layer),
            .outputs = (double)layer->elements[WEFT_ELEMENT_OUTPUT],
        };
        layer->first = l == 0;
        layer->last = l == work->n_layers - 1;
        if (l == 0) {
            continue;
        }
        layer->before = work->layers[l - 1].own;
        if (layer->own.inputs < layer->before.outputs) {
            layer->before =
                (weft_map_use){.inputs = layer->before.outputs, .outputs = layer->own.inputs};
        }
    }
}

/* ---- graphs ---------------------------------------------------------------------------------- */

static bool is_product(weft_op op) {
    return op == WEFT_OP_CONV || op == WEFT_OP_LINEAR || op == WEFT_OP_MATMUL;
}

static void find_stores(const weft_network *network, weft_map_store *stores) {
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        if (layer->n_inputs == 0 || (layer->n_inputs == 1 && !is_product(layer->op))) {
            stores[i].maker = layer->n_inputs == 0 ? -1 : stores[layer->input[0]].maker;
            continue;
        }
        stores[i].maker = i;
        for (int32_t k = 0; k < layer->n_inputs; k++) {
            int32_t from = stores[layer->input[k]].maker;
            stores[i].inputs += elements_of(&network->layers[layer->input[k]]);
            if (from >= 0) {
                stores[from].readers++;
                stores[from].joined = stores[from].joined || layer->n_inputs > 1;
            }
        }
    }
}

static weft_map_use use_of(const weft_network *network, const weft_map_store *stores, int32_t i) {
    return (weft_map_use){
        .inputs = stores[i].inputs,
        .outputs = elements_of(&network->layers[i]),
        .spreads = stores[i].readers > 1 || stores[i].joined,
    };
}

void weft_loop_maps(const weft_network *network, weft_loop_work *work) {
    work->is_table = network->is_table;
    if (network->is_table) {
        chain(work);
        return;
    }
    weft_map_store *stores = work->stores;
    memset(stores, 0, (size_t)network->n_layers * sizeof *stores);
    find_stores(network, stores);
    for (int32_t l = 0; l < work->n_layers; l++) {
        weft_loop_layer *made = &work->layers[l];
        const weft_layer *layer = &network->layers[made->layer];
        int32_t from = stores[layer->input[0]].maker;
        made->own = use_of(network, stores, made->layer);
        made->first = from < 0;
        made->last = stores[made->layer].readers == 0;
        if (from >= 0) {
            made->before = use_of(network, stores, from);
        }
        if (layer->op == WEFT_OP_CONV) {
            made->in_height = layer->in.height;
            made->in_width = layer->in.width;
        }
    }
}
