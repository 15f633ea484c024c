/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions of 3 x 3 by Winograd's filtering, where the CPU has the vectors for it. */
#include "learn/way.h"

#include "learn/kernel/winograd.h"

static weft_winograd layer_of(const weft_dnn_geometry *g) {
    return (weft_winograd){
        .type = (weft_type)g->type,
        .images = (size_t)g->batch,
        .in_channels = (size_t)g->in_channels,
        .out_channels = (size_t)g->out_channels,
        .in = {(size_t)g->in_height, (size_t)g->in_width},
        .out = {(size_t)g->out_height, (size_t)g->out_width},
        .pad = {(size_t)g->pad_height, (size_t)g->pad_width},
    };
}

static bool serves(const weft_dnn_geometry *g) {
    bool is_three = g->kernel_height == 3 && g->kernel_width == 3;
    bool is_plain = g->stride_height == 1 && g->stride_width == 1 && g->dilation_height == 1 &&
                    g->dilation_width == 1 && g->groups == 1;
    weft_winograd layer = layer_of(g);
    return !g->linear && is_three && is_plain && weft_winograd_serves(&layer);
}

static size_t packed(const weft_dnn_geometry *g) {
    weft_winograd layer = layer_of(g);
    return weft_winograd_packed(&layer);
}

static size_t scratch(const weft_dnn_geometry *g) {
    weft_winograd layer = layer_of(g);
    return weft_winograd_scratch(&layer);
}

static void pack(const weft_dnn_geometry *g, weft_dnn_pass pass, const float *plain, void *to) {
    weft_winograd layer = layer_of(g);
    if (pass == WEFT_DNN_FORWARD) {
        weft_winograd_pack_forward(&layer, plain, to);
    } else {
        weft_winograd_pack_backward(&layer, plain, to);
    }
}

static void run(const weft_dnn_geometry *g, weft_dnn_pass pass, const weft_dnn_places *p) {
    weft_winograd layer = layer_of(g);
    if (pass == WEFT_DNN_FORWARD) {
        weft_winograd_forward(&layer, p->input, p->weights, p->bias, p->output, p->scratch);
    } else if (pass == WEFT_DNN_BACKWARD_DATA) {
        weft_winograd_backward_data(&layer, p->output_gradient, p->weights, p->input_gradient,
                                    p->scratch);
    } else {
        weft_winograd_backward_weights(&layer, p->input, p->output_gradient, p->weights_gradient,
                                       p->bias_gradient, p->scratch);
    }
}

const weft_way weft_way_winograd = {
    .name = "winograd",
    .revision = 1,
    .serves = serves,
    .packed = packed,
    .scratch = scratch,
    .pack = pack,
    .run = run,
};
