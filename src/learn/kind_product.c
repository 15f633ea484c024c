/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution and linear layers: oneDNN's products over the engine's buffers. */
#include "learn/kinds.h"

static weft_dnn_geometry geometry_of(const weft_engine *engine, const weft_stage *stage) {
    const weft_layer *layer = stage->layer;
    bool linear = layer->op == WEFT_OP_LINEAR;
    return (weft_dnn_geometry){
        .linear = linear,
        .bias = layer->bias,
        .input_gradient = stage->wants[0],
        .batch = engine->batch,
        .in_channels = layer->in.channels,
        .in_height = layer->in.height,
        .in_width = layer->in.width,
        .out_channels = layer->out.channels,
        .out_height = layer->out.height,
        .out_width = layer->out.width,
        .kernel = linear ? 1 : layer->kernel.height,
        .stride = linear ? 1 : layer->stride.height,
        .pad = linear ? 0 : layer->pad.height,
    };
}

/* oneDNN writes past its workspace for f32 1 x 1 convolutions with a stride (oneDNN issue 6035). */
static weft_status check_supported(const weft_stage *stage, weft_error *error) {
    const weft_layer *layer = stage->layer;
    if (layer->op == WEFT_OP_CONV && layer->kernel.height == 1 && layer->stride.height > 1) {
        weft_fail(error, WEFT_ERROR_INFEASIBLE,
                  "layer %d: a 1 x 1 convolution with stride %d cannot be trained",
                  stage->layer_index, layer->stride.height);
        weft_hint(error, "pool before it, or use a 3 x 3 window");
        return WEFT_ERROR_INFEASIBLE;
    }
    return WEFT_OK;
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    WEFT_TRY(check_supported(stage, error));
    weft_dnn_geometry g = geometry_of(engine, stage);
    WEFT_TRY(weft_dnn_product_create(engine->dnn, &g, &stage->product, error));
    weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT];
    weight->stored = weft_dnn_product_weights(stage->product);
    weight->plain = (size_t)g.out_channels * (size_t)g.in_channels * (size_t)g.kernel *
                    (size_t)g.kernel;
    stage->slot[WEFT_SLOT_BIAS].stored = g.bias ? (size_t)g.out_channels : 0;
    stage->slot[WEFT_SLOT_BIAS].plain = stage->slot[WEFT_SLOT_BIAS].stored;
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        int moment = pass == WEFT_DNN_FORWARD ? weft_moment_forward(stage)
                                              : weft_moment_backward(engine, stage);
        WEFT_TRY(weft_stage_claim(engine, stage, pass,
                                  weft_dnn_product_scratch(stage->product, (weft_dnn_pass)pass),
                                  moment, moment, error));
    }
    return WEFT_OK;
}

static weft_status bind(weft_engine *engine, weft_stage *stage, weft_error *error) {
    weft_dnn_places places = {
        .input = stage->input[0]->data,
        .output = stage->output->data,
        .weights = stage->slot[WEFT_SLOT_WEIGHT].value,
        .bias = stage->slot[WEFT_SLOT_BIAS].value,
        .input_gradient = stage->input_gradient[0],
        .output_gradient = stage->output->gradient,
        .weights_gradient = stage->slot[WEFT_SLOT_WEIGHT].gradient,
        .bias_gradient = stage->slot[WEFT_SLOT_BIAS].gradient,
    };
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        places.scratch[pass] = weft_stage_place(engine, stage, pass);
    }
    return weft_dnn_product_bind(stage->product, &places, error);
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine;
    return weft_dnn_product_run(stage->product, WEFT_DNN_FORWARD, error);
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine;
    WEFT_TRY(weft_dnn_product_run(stage->product, WEFT_DNN_BACKWARD_WEIGHTS, error));
    if (!stage->wants[0]) {
        return WEFT_OK;
    }
    return weft_dnn_product_run(stage->product, WEFT_DNN_BACKWARD_DATA, error);
}

const weft_kind weft_kind_conv = {
    .op = WEFT_OP_CONV,
    .keeps_input = true,
    .create = create,
    .bind = bind,
    .forward = forward,
    .backward = backward,
};

const weft_kind weft_kind_linear = {
    .op = WEFT_OP_LINEAR,
    .keeps_input = true,
    .create = create,
    .bind = bind,
    .forward = forward,
    .backward = backward,
};
