/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolutions: oneDNN has fast kernels for few of their gradients. */
#include "learn/way.h"

#include "learn/kernel/depthwise.h"

static weft_sides sides(int32_t height, int32_t width) {
    return (weft_sides){(size_t)height, (size_t)width};
}

static weft_window window_of(const weft_dnn_geometry *g) {
    return (weft_window){
        .images = (size_t)g->batch,
        .channels = (size_t)g->in_channels,
        .in = sides(g->in_height, g->in_width),
        .out = sides(g->out_height, g->out_width),
        .kernel = sides(g->kernel_height, g->kernel_width),
        .stride = sides(g->stride_height, g->stride_width),
        .dilation = sides(g->dilation_height, g->dilation_width),
        .pad = sides(g->pad_height, g->pad_width),
    };
}

static bool serves(const weft_dnn_geometry *g) {
    return !g->linear && g->groups > 1 && g->groups == g->in_channels &&
           g->groups == g->out_channels;
}

static size_t packed(const weft_dnn_geometry *g) {
    (void)g;
    return 0;
}

static size_t scratch(const weft_dnn_geometry *g) {
    weft_window window = window_of(g);
    return weft_depthwise_scratch(&window);
}

static void run(const weft_dnn_geometry *g, weft_dnn_pass pass, const weft_dnn_places *p) {
    weft_window window = window_of(g);
    weft_type type = (weft_type)g->type;
    if (pass == WEFT_DNN_FORWARD) {
        weft_depthwise_forward(&window, type, p->input, p->weights, p->bias, p->output, p->scratch);
    } else if (pass == WEFT_DNN_BACKWARD_DATA) {
        weft_depthwise_backward_data(&window, type, p->output_gradient, p->weights,
                                     p->input_gradient, p->scratch);
    } else {
        weft_depthwise_backward_weights(&window, type, p->input, p->output_gradient,
                                        p->weights_gradient, p->bias_gradient, p->scratch);
    }
}

const weft_way weft_way_depthwise = {
    .name = "depthwise",
    .revision = 1,
    .comes_first = true,
    .serves = serves,
    .packed = packed,
    .scratch = scratch,
    .run = run,
};
