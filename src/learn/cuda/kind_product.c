/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions and linear layers in one of three ways: products of matrices by cuBLAS where a
 * position sees only itself, cuDNN's convolutions, and kernels of ours for depthwise convolutions
 * and what cuDNN has no deterministic algorithm for.
 *
 * cuBLAS and cuDNN read weights of the engine's type, made before a pass; ours read f32. cuDNN
 * gives the gradient of weights in the engine's type, too: in bf16 it is rounded once more than on
 * the CPU. */
#include "learn/cuda/convolution.h"
#include "learn/cuda/gemm.h"
#include "learn/cuda/kinds.h"

/* Places of scratch: one for each pass (weft_dnn_pass), and these. */
enum { PLACE_BIAS = WEFT_DNN_PASSES, PLACE_GRADIENT };

/* ---- which way ------------------------------------------------------------------------------- */

static bool is_linear(const weft_layer *layer) {
    return layer->op == WEFT_OP_LINEAR;
}

static bool is_product(const weft_layer *layer) {
    return is_linear(layer) ||
           (layer->kernel.height == 1 && layer->kernel.width == 1 && layer->stride.height == 1 &&
            layer->stride.width == 1 && layer->pad.height == 0 && layer->pad.width == 0 &&
            layer->groups == 1);
}

static bool is_depthwise(const weft_layer *layer) {
    return layer->groups > 1 && layer->groups == layer->in.channels &&
           layer->groups == layer->out.channels;
}

static weft_cuda_convolution *convolution_of(const weft_engine *engine, const weft_stage *stage) {
    return weft_cuda_of(engine)->convolution[stage->index];
}

static bool is_own(const weft_engine *engine, const weft_stage *stage) {
    return !is_product(stage->layer) && convolution_of(engine, stage) == NULL;
}

/* Rows of what comes out: positions of all images. */
static size_t rows_of(const weft_stage *stage, const weft_lane *lane) {
    return weft_lane_positions(lane, stage->layer->out);
}

static size_t taps_of(const weft_layer *layer) {
    return is_linear(layer) ? 1 : (size_t)layer->kernel.height * (size_t)layer->kernel.width;
}

/* Input channels that an output sees. */
static size_t inner_of(const weft_layer *layer) {
    return (size_t)layer->in.channels / (is_linear(layer) ? 1 : (size_t)layer->groups);
}

static weft_cuda_window window_of(const weft_engine *engine, const weft_stage *stage,
                                  const weft_lane *lane) {
    const weft_layer *layer = stage->layer;
    weft_cuda_window w = {
        .type = engine->settings.type,
        .window = weft_stage_window(stage, lane),
        .out_channels = (size_t)layer->out.channels,
        .groups = (size_t)layer->groups,
    };
    w.window.dilation = (weft_sides){(size_t)layer->dilation.height, (size_t)layer->dilation.width};
    return w;
}

/* ---- products -------------------------------------------------------------------------------- */

static weft_dnn_matrix rows_side_by_side(int columns) {
    return (weft_dnn_matrix){.row_step = columns, .column_step = 1};
}

static weft_dnn_matrix turned(int columns) {
    return (weft_dnn_matrix){.row_step = 1, .column_step = columns};
}

/*     Y = X W^T,   dX = dY W,   dW = dY^T X,   with X (rows, in), Y (rows, out), W (out, in) */
static weft_dnn_matmul_geometry geometry_of(const weft_engine *engine, const weft_stage *stage,
                                            const weft_lane *lane, weft_dnn_pass pass) {
    int rows = (int)rows_of(stage, lane);
    int in = stage->layer->in.channels, out = stage->layer->out.channels;
    weft_dnn_matrix x = rows_side_by_side(in), y = rows_side_by_side(out);
    weft_dnn_matmul_geometry g = {
        .type = engine->settings.type, .images = 1, .heads = 1, .rows = rows};
    switch (pass) {
    case WEFT_DNN_FORWARD:
        g.inner = in, g.columns = out;
        g.a = x, g.b = turned(in), g.c = y;
        break;
    case WEFT_DNN_BACKWARD_DATA:
        g.inner = out, g.columns = in;
        g.a = y, g.b = x, g.c = x;
        break;
    case WEFT_DNN_BACKWARD_WEIGHTS:
    case WEFT_DNN_PASSES:
        g.rows = out, g.inner = rows, g.columns = in;
        g.a = turned(out), g.b = x, g.c = x;
        break;
    }
    return g;
}

/* ---- weights --------------------------------------------------------------------------------- */

/* In f32, quantized where they have bits. */
static const float *plain_weights(const weft_engine *engine, const weft_stage *stage) {
    const weft_slot *slot = &stage->slot[WEFT_SLOT_WEIGHT];
    return stage->bits > 0 ? engine->rounded + slot->offset : weft_cuda_value(engine, slot);
}

/* As cuBLAS and cuDNN read them. */
static const void *packed_weights(const weft_engine *engine, const weft_stage *stage) {
    return stage->packed_bytes[WEFT_DNN_FORWARD] > 0
               ? (const void *)(engine->packed + stage->packed_offset[WEFT_DNN_FORWARD])
               : plain_weights(engine, stage);
}

void weft_cuda_pack_weights(weft_engine *engine, weft_stage *stage) {
    const weft_layer *layer = stage->layer;
    if (stage->bits > 0) {
        weft_cuda_round_weights(engine, stage);
    }
    if (stage->packed_bytes[WEFT_DNN_FORWARD] > 0) {
        weft_cuda_pack(weft_cuda_stream(engine), plain_weights(engine, stage),
                       engine->settings.type,
                       engine->packed + stage->packed_offset[WEFT_DNN_FORWARD],
                       (size_t)layer->out.channels, inner_of(layer), taps_of(layer));
    }
}

/* ---- building -------------------------------------------------------------------------------- */

/* One that came out in another order or type than f32 as it is. */
static bool is_packed(const weft_engine *engine, const weft_stage *stage) {
    return convolution_of(engine, stage) != NULL ||
           (is_product(stage->layer) && engine->settings.type != WEFT_F32);
}

static weft_status claim_convolution(weft_engine *engine, weft_stage *stage, weft_error *error) {
    const weft_cuda_convolution *c = convolution_of(engine, stage);
    int forward = weft_moment_forward(stage), backward = weft_moment_backward(engine, stage);
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        int moment = pass == WEFT_DNN_FORWARD ? forward : backward;
        WEFT_TRY(weft_stage_claim(engine, stage, pass,
                                  weft_cuda_convolution_scratch(c, (weft_dnn_pass)pass), moment,
                                  moment, error));
    }
    size_t count = stage->slot[WEFT_SLOT_WEIGHT].count;
    return weft_stage_claim(engine, stage, PLACE_GRADIENT,
                            count * weft_type_size(engine->settings.type), backward, backward,
                            error);
}

static weft_status claim_window(weft_engine *engine, weft_stage *stage, weft_error *error) {
    weft_cuda_window w = window_of(engine, stage, &engine->lanes[0]);
    int backward = weft_moment_backward(engine, stage);
    return weft_stage_claim(engine, stage, WEFT_DNN_BACKWARD_WEIGHTS, weft_cuda_window_scratch(&w),
                            backward, backward, error);
}

/* The stage's scratch beside that of its products: sums of the bias, and of the steps of weights,
 * used before and behind the passes, when nothing else is alive. */
static weft_status claim_sums(weft_engine *engine, weft_stage *stage, weft_error *error) {
    const weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT];
    int backward = weft_moment_backward(engine, stage);
    if (stage->bits > 0) {
        weft_quant_array array = {WEFT_F32, stage->rows, weight->count / stage->rows};
        WEFT_TRY(weft_stage_claim(engine, stage, WEFT_CUDA_PLACE_QUANT,
                                  weft_cuda_quant_scratch(array), 0, 0, error));
    }
    if (!stage->layer->bias) {
        return WEFT_OK;
    }
    size_t floats = weft_cuda_sums_scratch(rows_of(stage, &engine->lanes[0]),
                                           (size_t)stage->layer->out.channels);
    return weft_stage_claim(engine, stage, PLACE_BIAS, floats * sizeof(float), backward, backward,
                            error);
}

static weft_status create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    const weft_layer *layer = stage->layer;
    weft_product_slots(engine, stage);
    for (int name = 0; name < WEFT_SLOTS; name++) {
        stage->slot[name].partial = 0;
    }
    WEFT_TRY(claim_sums(engine, stage, error));
    bool by_cudnn = !is_product(layer) && !is_depthwise(layer);
    if (by_cudnn) {
        WEFT_TRY(weft_cuda_convolution_create(
            weft_cuda_of(engine)->cuda, layer, engine->lanes[0].images, engine->settings.type,
            &weft_cuda_of(engine)->convolution[stage->index], error));
    }
    if (is_packed(engine, stage)) {
        stage->packed_bytes[WEFT_DNN_FORWARD] = stage->slot[WEFT_SLOT_WEIGHT].count *
                                                weft_type_size(engine->settings.type);
    }
    if (is_own(engine, stage)) {
        return claim_window(engine, stage, error);
    }
    return by_cudnn ? claim_convolution(engine, stage, error) : WEFT_OK;
}

/* ---- passes ---------------------------------------------------------------------------------- */

static weft_status multiply(const weft_engine *engine, const weft_stage *stage,
                            const weft_lane *lane, weft_dnn_pass pass, const void *a, const void *b,
                            void *c, weft_error *error) {
    weft_dnn_matmul_geometry g = geometry_of(engine, stage, lane, pass);
    weft_type result = pass == WEFT_DNN_BACKWARD_WEIGHTS ? WEFT_F32 : engine->settings.type;
    return weft_cuda_gemm(weft_cuda_of(engine)->cuda, &g, result, a, b, c, error);
}

static weft_status convolve(const weft_engine *engine, const weft_stage *stage,
                            const weft_lane *lane, weft_dnn_pass pass, const void *first,
                            const void *second, void *result, weft_error *error) {
    return weft_cuda_convolution_run(weft_cuda_of(engine)->cuda, convolution_of(engine, stage),
                                     pass, first, second, result,
                                     weft_stage_place(engine, stage, lane, (int)pass), error);
}

static weft_status forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error) {
    cudaStream_t stream = weft_cuda_stream(engine);
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    void *y = weft_lane_values(engine, lane, stage->output);
    const float *bias = stage->layer->bias ? weft_cuda_value(engine, &stage->slot[WEFT_SLOT_BIAS])
                                           : NULL;
    if (is_own(engine, stage)) {
        weft_cuda_window w = window_of(engine, stage, lane);
        weft_cuda_window_forward(stream, &w, x, plain_weights(engine, stage), bias, y);
        return weft_cuda_launched(stage, error);
    }
    WEFT_TRY((convolution_of(engine, stage) != NULL ? convolve : multiply)(
        engine, stage, lane, WEFT_DNN_FORWARD, x, packed_weights(engine, stage), y, error));
    if (bias != NULL) {
        weft_cuda_add_bias(stream, engine->settings.type, bias, y, rows_of(stage, lane),
                           (size_t)stage->layer->out.channels);
    }
    return weft_cuda_launched(stage, error);
}

static void sum_bias(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                     const void *dy) {
    if (stage->layer->bias) {
        size_t channels = (size_t)stage->layer->out.channels;
        weft_cuda_sum_rows(weft_cuda_stream(engine), engine->settings.type, dy,
                           rows_of(stage, lane), channels, channels,
                           weft_cuda_gradient(engine, &stage->slot[WEFT_SLOT_BIAS]),
                           weft_stage_place(engine, stage, lane, PLACE_BIAS));
    }
}

static weft_status weights_gradient(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                    const void *x, const void *dy, weft_error *error) {
    const weft_layer *layer = stage->layer;
    float *gradient = weft_cuda_gradient(engine, &stage->slot[WEFT_SLOT_WEIGHT]);
    if (is_own(engine, stage)) {
        weft_cuda_window w = window_of(engine, stage, lane);
        weft_cuda_window_weights(weft_cuda_stream(engine), &w, x, dy, gradient,
                                 weft_stage_place(engine, stage, lane, WEFT_DNN_BACKWARD_WEIGHTS));
        return WEFT_OK;
    }
    if (convolution_of(engine, stage) == NULL) {
        return multiply(engine, stage, lane, WEFT_DNN_BACKWARD_WEIGHTS, dy, x, gradient, error);
    }
    void *packed = weft_stage_place(engine, stage, lane, PLACE_GRADIENT);
    WEFT_TRY(convolve(engine, stage, lane, WEFT_DNN_BACKWARD_WEIGHTS, x, dy, packed, error));
    weft_cuda_unpack(weft_cuda_stream(engine), engine->settings.type, packed, gradient,
                     (size_t)layer->out.channels, inner_of(layer), taps_of(layer));
    return WEFT_OK;
}

static weft_status backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error) {
    const void *dy = weft_lane_gradient(engine, lane, stage->output);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    sum_bias(engine, stage, lane, dy);
    WEFT_TRY(weights_gradient(engine, stage, lane, weft_lane_values(engine, lane, stage->input[0]),
                              dy, error));
    if (dx != NULL && is_own(engine, stage)) {
        weft_cuda_window w = window_of(engine, stage, lane);
        weft_cuda_window_data(weft_cuda_stream(engine), &w, dy, plain_weights(engine, stage), dx);
    } else if (dx != NULL) {
        WEFT_TRY((convolution_of(engine, stage) != NULL ? convolve : multiply)(
            engine, stage, lane, WEFT_DNN_BACKWARD_DATA, dy, packed_weights(engine, stage), dx,
            error));
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_conv = {
    .op = WEFT_OP_CONV,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};

const weft_kind weft_cuda_kind_linear = {
    .op = WEFT_OP_LINEAR,
    .keeps_input = true,
    .create = create,
    .forward = forward,
    .backward = backward,
};
