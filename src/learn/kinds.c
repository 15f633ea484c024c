/* SPDX-License-Identifier: Apache-2.0
 * The table of layer kinds. To add one: write kind_NAME.c, add its row. */
#include "learn/kinds.h"

static const weft_kind *const kinds[] = {
    &weft_kind_conv,       &weft_kind_linear,       &weft_kind_matmul,
    &weft_kind_batch_norm, &weft_kind_layer_norm,   &weft_kind_relu,
    &weft_kind_relu6,      &weft_kind_hard_swish,   &weft_kind_hard_sigmoid,
    &weft_kind_sigmoid,    &weft_kind_gelu,         &weft_kind_softmax,
    &weft_kind_max_pool,   &weft_kind_average_pool, &weft_kind_average_window,
    &weft_kind_add,        &weft_kind_multiply,     &weft_kind_concat,
    &weft_kind_slice,      &weft_kind_pad_channels, &weft_kind_flatten,
    &weft_kind_tokens,     &weft_kind_token,        &weft_kind_add_embedding,
    &weft_kind_dropout,    &weft_kind_drop_path,    &weft_kind_average_inside,
};

const weft_kind *weft_kind_of(weft_op op) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i]->op == op) {
            return kinds[i];
        }
    }
    return NULL;
}

weft_status weft_kind_create_nothing(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)stage, (void)error;
    return WEFT_OK;
}

static weft_sides sides_of(weft_extent extent) {
    return (weft_sides){(size_t)extent.height, (size_t)extent.width};
}

weft_window weft_stage_window(const weft_stage *stage, const weft_lane *lane) {
    const weft_layer *layer = stage->layer;
    return (weft_window){
        .images = (size_t)lane->images,
        .channels = (size_t)layer->in.channels,
        .in = {(size_t)layer->in.height, (size_t)layer->in.width},
        .out = {(size_t)layer->out.height, (size_t)layer->out.width},
        .kernel = sides_of(layer->kernel),
        .stride = sides_of(layer->stride),
        .dilation = {1, 1},
        .pad = sides_of(layer->pad),
    };
}
