/* SPDX-License-Identifier: Apache-2.0
 * Sums and products of two tensors, and layers that move channels. */
#include "learn/cuda/kinds.h"

/* ---- sums ------------------------------------------------------------------------------------ */

/* Only the ReLU makes backward look at the output. */
static weft_status add_create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)error;
    if (stage->tail != WEFT_TAIL_NONE && stage->output->needs_gradient) {
        weft_plan_extend(&engine->plan, stage->output->claim, weft_moment_backward(engine, stage));
    }
    return WEFT_OK;
}

static weft_status add_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                               weft_error *error) {
    weft_cuda_add(weft_cuda_stream(engine), engine->settings.type, weft_stage_clip(stage),
                  weft_lane_values(engine, lane, stage->input[0]),
                  weft_lane_values(engine, lane, stage->input[1]),
                  weft_lane_values(engine, lane, stage->output), stage->output->count);
    return weft_cuda_launched(stage, error);
}

static weft_status add_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                weft_error *error) {
    cudaStream_t stream = weft_cuda_stream(engine);
    weft_type type = engine->settings.type;
    void *dy = weft_lane_gradient(engine, lane, stage->output);
    if (stage->tail != WEFT_TAIL_NONE) {
        weft_cuda_clip_gradient(stream, type, weft_stage_clip(stage),
                                weft_lane_values(engine, lane, stage->output), dy, dy,
                                stage->output->count);
    }
    for (int k = 0; k < stage->n_inputs; k++) {
        void *dx = weft_input_gradient(engine, stage, lane, k);
        if (dx != NULL) {
            weft_cuda_convert(stream, type, dy, type, dx, stage->output->count);
        }
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_add = {
    .op = WEFT_OP_ADD,
    .create = add_create,
    .forward = add_forward,
    .backward = add_backward,
};

/* ---- products -------------------------------------------------------------------------------- */

/* y = x s, where s may have one value for each channel of an image. */
static void multiply(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                     const void *x, const void *s, void *y) {
    cudaStream_t stream = weft_cuda_stream(engine);
    weft_type type = engine->settings.type;
    if (stage->input[1]->count == stage->input[0]->count) {
        weft_cuda_multiply(stream, type, x, s, y, stage->output->count);
    } else {
        weft_cuda_multiply_channels(stream, type, x, s, y, (size_t)lane->images,
                                    weft_positions(stage->layer->in),
                                    (size_t)stage->layer->in.channels);
    }
}

static weft_status multiply_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                    weft_error *error) {
    multiply(engine, stage, lane, weft_lane_values(engine, lane, stage->input[0]),
             weft_lane_values(engine, lane, stage->input[1]),
             weft_lane_values(engine, lane, stage->output));
    return weft_cuda_launched(stage, error);
}

static weft_status multiply_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                     weft_error *error) {
    const void *x = weft_lane_values(engine, lane, stage->input[0]);
    const void *s = weft_lane_values(engine, lane, stage->input[1]);
    const void *dy = weft_lane_gradient(engine, lane, stage->output);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    void *ds = weft_input_gradient(engine, stage, lane, 1);
    if (dx != NULL) {
        multiply(engine, stage, lane, dy, s, dx);
    }
    if (ds != NULL && stage->input[1]->count == stage->input[0]->count) {
        multiply(engine, stage, lane, dy, x, ds);
    } else if (ds != NULL) {
        weft_cuda_multiply_channels_sum(weft_cuda_stream(engine), engine->settings.type, x, dy, ds,
                                        (size_t)lane->images, weft_positions(stage->layer->in),
                                        (size_t)stage->layer->in.channels);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_multiply = {
    .op = WEFT_OP_MULTIPLY,
    .keeps_input = true,
    .create = weft_kind_create_nothing,
    .forward = multiply_forward,
    .backward = multiply_backward,
};

/* ---- channels -------------------------------------------------------------------------------- */

static size_t channels_of(const weft_tensor *tensor) {
    return (size_t)tensor->shape.channels;
}

/* x NULL: zeros. */
static void move(const weft_engine *engine, weft_cuda_move m, const void *x, void *y) {
    if (m.channels > 0) {
        weft_cuda_channels(weft_cuda_stream(engine), engine->settings.type, &m, x, y);
    }
}

static weft_cuda_move turned(weft_cuda_move m) {
    return (weft_cuda_move){m.to_of, m.to, m.from_of, m.from, m.channels, m.rows};
}

/* Where input k of a concatenation goes. */
static weft_cuda_move part_of(const weft_stage *stage, const weft_lane *lane, int k) {
    size_t n = channels_of(stage->input[k]), first = 0;
    for (int i = 0; i < k; i++) {
        first += channels_of(stage->input[i]);
    }
    return (weft_cuda_move){.from_of = n,
                            .to_of = channels_of(stage->output),
                            .to = first,
                            .channels = n,
                            .rows = weft_lane_positions(lane, stage->layer->out)};
}

static weft_status concat_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    for (int k = 0; k < stage->n_inputs; k++) {
        move(engine, part_of(stage, lane, k), weft_lane_values(engine, lane, stage->input[k]),
             weft_lane_values(engine, lane, stage->output));
    }
    return weft_cuda_launched(stage, error);
}

static weft_status concat_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                   weft_error *error) {
    for (int k = 0; k < stage->n_inputs; k++) {
        void *dx = weft_input_gradient(engine, stage, lane, k);
        if (dx != NULL) {
            move(engine, turned(part_of(stage, lane, k)),
                 weft_lane_gradient(engine, lane, stage->output), dx);
        }
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_concat = {
    .op = WEFT_OP_CONCAT,
    .create = weft_kind_create_nothing,
    .forward = concat_forward,
    .backward = concat_backward,
};

static weft_cuda_move slice_of(const weft_stage *stage, const weft_lane *lane) {
    size_t n = channels_of(stage->output);
    return (weft_cuda_move){.from_of = channels_of(stage->input[0]),
                            .from = (size_t)stage->layer->offset,
                            .to_of = n,
                            .channels = n,
                            .rows = weft_lane_positions(lane, stage->layer->out)};
}

static weft_status slice_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                 weft_error *error) {
    move(engine, slice_of(stage, lane), weft_lane_values(engine, lane, stage->input[0]),
         weft_lane_values(engine, lane, stage->output));
    return weft_cuda_launched(stage, error);
}

static weft_status slice_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    weft_cuda_move m = turned(slice_of(stage, lane)), before = m, behind = m;
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        before.to = 0;
        before.channels = m.to;
        behind.to = m.to + m.channels;
        behind.channels = m.to_of - behind.to;
        move(engine, before, NULL, dx);
        move(engine, m, weft_lane_gradient(engine, lane, stage->output), dx);
        move(engine, behind, NULL, dx);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_slice = {
    .op = WEFT_OP_SLICE,
    .create = weft_kind_create_nothing,
    .forward = slice_forward,
    .backward = slice_backward,
};

static weft_cuda_move pad_of(const weft_stage *stage, const weft_lane *lane) {
    size_t n = channels_of(stage->input[0]);
    return (weft_cuda_move){.from_of = n,
                            .to_of = channels_of(stage->output),
                            .channels = n,
                            .rows = weft_lane_positions(lane, stage->layer->out)};
}

static weft_status pad_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                               weft_error *error) {
    weft_cuda_move m = pad_of(stage, lane), behind = m;
    void *y = weft_lane_values(engine, lane, stage->output);
    behind.to = m.channels;
    behind.channels = m.to_of - m.channels;
    move(engine, m, weft_lane_values(engine, lane, stage->input[0]), y);
    move(engine, behind, NULL, y);
    return weft_cuda_launched(stage, error);
}

static weft_status pad_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                weft_error *error) {
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        move(engine, turned(pad_of(stage, lane)), weft_lane_gradient(engine, lane, stage->output),
             dx);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_pad_channels = {
    .op = WEFT_OP_PAD_CHANNELS,
    .create = weft_kind_create_nothing,
    .forward = pad_forward,
    .backward = pad_backward,
};
