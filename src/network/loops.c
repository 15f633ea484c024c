/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of a layer, and layers that are given by their loops. */
#include "base/error.h"
#include "network/ops.h"
#include "network/shape.h"

static bool multiplies(weft_op op) {
    return op == WEFT_OP_CONV || op == WEFT_OP_LINEAR || op == WEFT_OP_MATMUL;
}

bool weft_layer_loops(const weft_network *network, int32_t index, weft_loops *loops) {
    if (index < 0 || index >= network->n_layers || !multiplies(network->layers[index].op)) {
        return false;
    }
    *loops = weft_loops_of(&network->layers[index]);
    return true;
}

static weft_status check_dimensions(const weft_network *network, weft_op op,
                                    const weft_loops *loops, weft_error *error) {
    if (!multiplies(op) || (network->n_layers > 1 && !network->is_table)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "layer %d (%s): a layer table holds conv, linear and matmul only",
                         network->n_layers, weft_op_token(op));
    }
    const struct {
        const char *name;
        int32_t value;
    } all[] = {{"N", loops->n},
               {"C", loops->c},
               {"M", loops->m},
               {"R", loops->r},
               {"S", loops->s},
               {"P", loops->p},
               {"Q", loops->q},
               {"G", loops->g},
               {"the vertical stride", loops->stride_h},
               {"the horizontal stride", loops->stride_w},
               {"the vertical dilation", loops->dilation_h},
               {"the horizontal dilation", loops->dilation_w}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].value < 1) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "layer %d (%s): %s is %d; it must be at least 1", network->n_layers,
                             weft_op_token(op), all[i].name, all[i].value);
        }
    }
    return WEFT_OK;
}

/* The side that a window needs to give `out` positions without padding. */
static weft_status input_side(const weft_network *network, const weft_layer *layer, int32_t out,
                              int32_t kernel, int32_t stride, int32_t dilation, int32_t *side,
                              weft_error *error) {
    int64_t needed = (int64_t)(out - 1) * stride;
    if (__builtin_add_overflow(needed, (int64_t)(kernel - 1) * dilation + 1, &needed)) {
        needed = INT64_MAX;
    }
    return weft_as_side(network, layer, needed, side, error);
}

static weft_status fill_shapes(const weft_network *network, const weft_loops *l, weft_layer *layer,
                               weft_error *error) {
    WEFT_TRY(weft_as_side(network, layer, (int64_t)l->g * l->c, &layer->in.channels, error));
    WEFT_TRY(weft_as_side(network, layer, (int64_t)l->g * l->m, &layer->out.channels, error));
    WEFT_TRY(input_side(network, layer, l->p, l->r, l->stride_h, l->dilation_h, &layer->in.height,
                        error));
    WEFT_TRY(input_side(network, layer, l->q, l->s, l->stride_w, l->dilation_w, &layer->in.width,
                        error));
    layer->out.height = l->p;
    layer->out.width = l->q;
    return WEFT_OK;
}

static weft_layer layer_of(weft_op op, const weft_loops *l, const weft_layer *carried,
                           const int32_t *before) {
    weft_layer layer = {.op = op,
                        .input = before,
                        .n_inputs = 1,
                        .block = WEFT_NO_BLOCK,
                        .kernel = {l->r, l->s},
                        .stride = {l->stride_h, l->stride_w},
                        .dilation = {l->dilation_h, l->dilation_w},
                        .groups = l->g,
                        .batch = l->n};
    if (carried != NULL) {
        layer.bits = carried->bits;
        layer.operands = carried->operands;
        layer.copies = carried->copies;
        layer.region = carried->region;
        layer.name = carried->name;
    }
    return layer;
}

static weft_status append_counted(weft_network *network, const weft_loops *loops, weft_layer *layer,
                                  weft_error *error) {
    WEFT_TRY(fill_shapes(network, loops, layer, error));
    layer->out_channels = layer->out.channels;
    WEFT_TRY(weft_loops_macs(network, layer, loops, &layer->macs, error));
    if (layer->op != WEFT_OP_MATMUL) {
        WEFT_TRY(weft_loops_weights(network, layer, loops, &layer->params, error));
    }
    return weft_network_append(network, layer, error);
}

weft_status weft_network_add_loops(weft_network *network, weft_op op, const weft_loops *loops,
                                   const weft_layer *carried, weft_error *error) {
    WEFT_TRY(check_dimensions(network, op, loops, error));
    const int32_t before = network->n_layers - 1;
    weft_layer layer = layer_of(op, loops, carried, &before);
    WEFT_TRY(weft_layer_check_carried(network, &layer, error));
    weft_status status = append_counted(network, loops, &layer, error);
    if (status != WEFT_OK) {
        /* What cannot be built from a sound table does not exist: its figures are wrong. */
        status = status == WEFT_ERROR_INFEASIBLE ? WEFT_ERROR_INPUT : status;
        error->status = status;
        return status;
    }
    if (!network->is_table) {
        network->is_table = true;
        network->layers[0].in = layer.in;
        network->layers[0].out = layer.in;
    }
    return WEFT_OK;
}
