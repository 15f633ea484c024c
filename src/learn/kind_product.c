/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions and linear layers: products over the engine's buffers, each pass in the way that was
 * chosen for it. */
#include "learn/kinds.h"

/* ---- what both share ------------------------------------------------------------------------- */

static bool is_linear(const weft_stage *stage) {
    return stage->layer->op == WEFT_OP_LINEAR;
}

static void set_window(weft_dnn_geometry *g, const weft_layer *layer) {
    g->kernel_height = layer->kernel.height;
    g->kernel_width = layer->kernel.width;
    g->stride_height = layer->stride.height;
    g->stride_width = layer->stride.width;
    g->pad_height = layer->pad.height;
    g->pad_width = layer->pad.width;
    g->dilation_height = layer->dilation.height;
    g->dilation_width = layer->dilation.width;
    g->groups = layer->groups;
    g->in_height = layer->in.height;
    g->in_width = layer->in.width;
    g->out_height = layer->out.height;
    g->out_width = layer->out.width;
}

/* A linear layer over tokens has a row for each of them. */
static weft_dnn_geometry geometry_of(const weft_engine *engine, const weft_stage *stage,
                                     const weft_lane *lane) {
    const weft_layer *layer = stage->layer;
    weft_dnn_geometry g = {0};
    g.type = engine->settings.type;
    g.linear = is_linear(stage);
    g.bias = layer->bias;
    g.input_gradient = stage->wants[0];
    g.batch = lane->images;
    g.in_channels = layer->in.channels;
    g.out_channels = layer->out.channels;
    if (is_linear(stage)) {
        g.batch *= layer->in.height;
        g.in_height = g.in_width = g.out_height = g.out_width = 1;
        g.kernel_height = g.kernel_width = g.stride_height = g.stride_width = 1;
        g.dilation_height = g.dilation_width = g.groups = 1;
    } else {
        set_window(&g, layer);
    }
    return g;
}

static size_t weight_count(const weft_layer *layer) {
    size_t window = layer->op == WEFT_OP_LINEAR
                        ? 1
                        : (size_t)layer->kernel.height * (size_t)layer->kernel.width;
    size_t groups = layer->op == WEFT_OP_LINEAR ? 1 : (size_t)layer->groups;
    return (size_t)layer->out.channels * ((size_t)layer->in.channels / groups) * window;
}

/* Steps of weights are trained where they are learned; the engine writes their gradient itself. */
void weft_product_slots(const weft_engine *engine, weft_stage *stage) {
    weft_slot_train(&stage->slot[WEFT_SLOT_WEIGHT], weight_count(stage->layer));
    if (stage->layer->bias) {
        weft_slot_train(&stage->slot[WEFT_SLOT_BIAS], (size_t)stage->layer->out.channels);
    }
    if (stage->bits > 0) {
        const weft_quant_settings *quant = engine->settings.quant;
        stage->range = weft_quant_range_of(stage->bits, true);
        stage->rows = quant->per_channel ? (size_t)stage->layer->out.channels : 1;
        stage->slot[WEFT_SLOT_WEIGHT_STEP] = (weft_slot){
            .count = stage->rows,
            .is_trained = quant->steps == WEFT_QUANT_STEPS_LEARNED,
        };
    }
}

static float *bias_partial(const weft_stage *stage, const weft_lane *lane) {
    return stage->layer->bias ? weft_slot_partial(&stage->slot[WEFT_SLOT_BIAS], lane) : NULL;
}

static const float *bias_value(const weft_stage *stage) {
    return stage->layer->bias ? stage->slot[WEFT_SLOT_BIAS].value : NULL;
}

/* ---- the passes ------------------------------------------------------------------------------ */

static int moment_of(const weft_engine *engine, const weft_stage *stage, int pass) {
    return pass == WEFT_DNN_FORWARD ? weft_moment_forward(stage)
                                    : weft_moment_backward(engine, stage);
}

static bool pass_wanted(const weft_stage *stage, int pass) {
    return pass != WEFT_DNN_BACKWARD_DATA || stage->wants[0];
}

/* oneDNN's product, in all doors, where one of the passes takes it. All lanes read the weights that one
 * of them has packed: what is chosen for the first is made for the others. */
static weft_status create_products(weft_engine *engine, weft_stage *stage, weft_error *error) {
    bool wanted = false;
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        wanted = wanted || (stage->way[pass] == NULL && pass_wanted(stage, pass));
    }
    if (!wanted) {
        return WEFT_OK;
    }
    weft_dnn_product **first = &engine->lanes[0].product[stage->index];
    WEFT_TRY(weft_dnn_product_get(engine->lanes[0].door, &stage->geometry, first, error));
    for (int l = 1; l < engine->n_lanes; l++) {
        weft_lane *lane = &engine->lanes[l];
        WEFT_TRY(weft_dnn_product_like(lane->door, *first, &lane->product[stage->index], error));
    }
    return WEFT_OK;
}

static weft_status create_pass(weft_engine *engine, weft_stage *stage, weft_dnn_pass pass,
                               weft_error *error) {
    const weft_way *way = stage->way[pass];
    const weft_dnn_product *product = engine->lanes[0].product[stage->index];
    int moment = moment_of(engine, stage, pass);
    size_t scratch = way != NULL ? way->scratch(&stage->geometry)
                                 : weft_dnn_product_scratch(product, pass);
    if (pass != WEFT_DNN_BACKWARD_WEIGHTS) {
        stage->packed_bytes[pass] = way != NULL ? way->packed(&stage->geometry)
                                                : weft_dnn_product_packed(product, pass);
    } else if (way == NULL) {
        stage->slot[WEFT_SLOT_WEIGHT].partial = weft_dnn_product_packed(product, pass) /
                                                sizeof(float);
    }
    return weft_stage_claim(engine, stage, pass, scratch, moment, moment, error);
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    stage->geometry = geometry_of(engine, stage, &engine->lanes[0]);
    WEFT_TRY(weft_way_choose(engine->lanes[0].door, &stage->geometry, stage->way, error));
    WEFT_TRY(create_products(engine, stage, error));
    weft_product_slots(engine, stage);
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        if (pass_wanted(stage, pass)) {
            WEFT_TRY(create_pass(engine, stage, (weft_dnn_pass)pass, error));
        }
    }
    return WEFT_OK;
}

static const void *pass_weights(const weft_engine *engine, const weft_stage *stage,
                                weft_dnn_pass pass) {
    return stage->packed_bytes[pass] > 0
               ? (const void *)(engine->packed + stage->packed_offset[pass])
               : weft_stage_weights(engine, stage);
}

static weft_status run(const weft_stage *stage, const weft_lane *lane, weft_dnn_pass pass,
                       const weft_dnn_places *places, weft_error *error) {
    if (stage->way[pass] == NULL) {
        return weft_dnn_product_run(lane->product[stage->index], pass, places, error);
    }
    stage->way[pass]->run(&stage->geometry, pass, places);
    return WEFT_OK;
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    const weft_dnn_places places = {
        .input = weft_lane_values(engine, lane, stage->input[0]),
        .weights = pass_weights(engine, stage, WEFT_DNN_FORWARD),
        .bias = bias_value(stage),
        .output = weft_lane_values(engine, lane, stage->output),
        .scratch = weft_stage_place(engine, stage, lane, WEFT_DNN_FORWARD),
    };
    return run(stage, lane, WEFT_DNN_FORWARD, &places, error);
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    weft_dnn_places places = {
        .input = weft_lane_values(engine, lane, stage->input[0]),
        .output_gradient = weft_lane_gradient(engine, lane, stage->output),
        .weights_gradient = weft_slot_partial(&stage->slot[WEFT_SLOT_WEIGHT], lane),
        .bias_gradient = bias_partial(stage, lane),
        .scratch = weft_stage_place(engine, stage, lane, WEFT_DNN_BACKWARD_WEIGHTS),
    };
    WEFT_TRY(run(stage, lane, WEFT_DNN_BACKWARD_WEIGHTS, &places, error));
    if (!stage->wants[0]) {
        return WEFT_OK;
    }
    places = (weft_dnn_places){
        .weights = pass_weights(engine, stage, WEFT_DNN_BACKWARD_DATA),
        .output_gradient = weft_lane_gradient(engine, lane, stage->output),
        .input_gradient = weft_input_gradient(engine, stage, lane, 0),
        .scratch = weft_stage_place(engine, stage, lane, WEFT_DNN_BACKWARD_DATA),
    };
    return run(stage, lane, WEFT_DNN_BACKWARD_DATA, &places, error);
}

/* ---- the kinds ------------------------------------------------------------------------------- */

/* What neither oneDNN nor a kernel of ours for all CPUs has; of 1 x 1 we take the positions
 * ourselves. */
static const char *conv_leaves_out(const weft_layer *layer) {
    weft_dnn_geometry g = {.in_channels = layer->in.channels, .out_channels = layer->out.channels};
    set_window(&g, layer);
    bool is_point = g.kernel_height == 1 && g.kernel_width == 1;
    return is_point || weft_way_onednn_serves(&g) || weft_way_depthwise.serves(&g)
               ? NULL
               : "padding as wide as its window";
}

static const char *linear_leaves_out(const weft_layer *layer) {
    return layer->tied ? "the weights of an embedding" : NULL;
}

const weft_kind weft_kind_conv = {
    .op = WEFT_OP_CONV,
    .keeps_input = true,
    .leaves_out = conv_leaves_out,
    .create = create,
    .forward = forward,
    .backward = backward,
};

const weft_kind weft_kind_linear = {
    .op = WEFT_OP_LINEAR,
    .keeps_input = true,
    .leaves_out = linear_leaves_out,
    .create = create,
    .forward = forward,
    .backward = backward,
};
