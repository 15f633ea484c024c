/* SPDX-License-Identifier: Apache-2.0
 * Layers that move channels: concatenations, slices, and zeros behind. */
#include "learn/kinds.h"

#include "learn/kernel/join.h"

typedef struct move {
    weft_channels in, out; /* where the channels are in the input and in the output */
    size_t channels;
} move;

static size_t channels_of(const weft_tensor *tensor) {
    return (size_t)tensor->shape.channels;
}

static void copy_forward(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                         int k, const move *m) {
    weft_channels_copy(engine->settings.type, weft_lane_values(engine, lane, stage->input[k]),
                       m->in, weft_lane_values(engine, lane, stage->output), m->out, m->channels,
                       weft_lane_positions(lane, stage->layer->out));
}

static void copy_backward(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                          void *dx, const move *m) {
    weft_channels_copy(engine->settings.type, weft_lane_gradient(engine, lane, stage->output),
                       m->out, dx, m->in, m->channels,
                       weft_lane_positions(lane, stage->layer->out));
}

/* ---- concatenations -------------------------------------------------------------------------- */

static weft_status concat_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    (void)error;
    size_t all = channels_of(stage->output), first = 0;
    for (int k = 0; k < stage->n_inputs; k++) {
        size_t n = channels_of(stage->input[k]);
        copy_forward(engine, stage, lane, k, &(move){{n, 0}, {all, first}, n});
        first += n;
    }
    return WEFT_OK;
}

static weft_status concat_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                   weft_error *error) {
    (void)error;
    size_t all = channels_of(stage->output), first = 0;
    for (int k = 0; k < stage->n_inputs; k++) {
        size_t n = channels_of(stage->input[k]);
        void *dx = weft_input_gradient(engine, stage, lane, k);
        if (dx != NULL) {
            copy_backward(engine, stage, lane, dx, &(move){{n, 0}, {all, first}, n});
        }
        first += n;
    }
    return WEFT_OK;
}

const weft_kind weft_kind_concat = {
    .op = WEFT_OP_CONCAT,
    .create = weft_kind_create_nothing,
    .forward = concat_forward,
    .backward = concat_backward,
};

/* ---- slices ---------------------------------------------------------------------------------- */

static move slice_of(const weft_stage *stage) {
    size_t n = channels_of(stage->output);
    return (move){{channels_of(stage->input[0]), (size_t)stage->layer->offset}, {n, 0}, n};
}

static weft_status slice_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                 weft_error *error) {
    (void)error;
    move m = slice_of(stage);
    copy_forward(engine, stage, lane, 0, &m);
    return WEFT_OK;
}

static weft_status slice_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    (void)error;
    move m = slice_of(stage);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx == NULL) {
        return WEFT_OK;
    }
    size_t all = m.in.of, behind = m.in.first + m.channels;
    size_t positions = weft_lane_positions(lane, stage->layer->in);
    weft_type type = engine->settings.type;
    if (m.in.first > 0) {
        weft_channels_clear(type, dx, (weft_channels){all, 0}, m.in.first, positions);
    }
    if (behind < all) {
        weft_channels_clear(type, dx, (weft_channels){all, behind}, all - behind, positions);
    }
    copy_backward(engine, stage, lane, dx, &m);
    return WEFT_OK;
}

const weft_kind weft_kind_slice = {
    .op = WEFT_OP_SLICE,
    .create = weft_kind_create_nothing,
    .forward = slice_forward,
    .backward = slice_backward,
};

/* ---- zeros behind ---------------------------------------------------------------------------- */

static move pad_of(const weft_stage *stage) {
    size_t n = channels_of(stage->input[0]);
    return (move){{n, 0}, {channels_of(stage->output), 0}, n};
}

static weft_status pad_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                               weft_error *error) {
    (void)error;
    move m = pad_of(stage);
    copy_forward(engine, stage, lane, 0, &m);
    if (m.out.of > m.channels) {
        weft_channels_clear(engine->settings.type, weft_lane_values(engine, lane, stage->output),
                            (weft_channels){m.out.of, m.channels}, m.out.of - m.channels,
                            weft_lane_positions(lane, stage->layer->out));
    }
    return WEFT_OK;
}

static weft_status pad_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                weft_error *error) {
    (void)error;
    move m = pad_of(stage);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        copy_backward(engine, stage, lane, dx, &m);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_pad_channels = {
    .op = WEFT_OP_PAD_CHANNELS,
    .create = weft_kind_create_nothing,
    .forward = pad_forward,
    .backward = pad_backward,
};
