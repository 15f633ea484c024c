/* SPDX-License-Identifier: Apache-2.0
 *
 * Between maps, vectors and sequences of tokens. A sequence of an image is one row of tokens times
 * channels: what stands before the tokens, and what is added to them, are parts of that row. */
#include "learn/cuda/kinds.h"

/* ---- flatten --------------------------------------------------------------------------------- */

static weft_status flatten_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                   weft_error *error) {
    weft_cuda_transpose(weft_cuda_stream(engine), engine->settings.type,
                        weft_lane_values(engine, lane, stage->input[0]),
                        weft_lane_values(engine, lane, stage->output), (size_t)lane->images,
                        weft_positions(stage->layer->in), weft_stage_channels(stage));
    return weft_cuda_launched(stage, error);
}

static weft_status flatten_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                    weft_error *error) {
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_cuda_transpose(weft_cuda_stream(engine), engine->settings.type,
                            weft_lane_gradient(engine, lane, stage->output), dx,
                            (size_t)lane->images, weft_stage_channels(stage),
                            weft_positions(stage->layer->in));
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_flatten = {
    .op = WEFT_OP_FLATTEN,
    .create = weft_kind_create_nothing,
    .forward = flatten_forward,
    .backward = flatten_backward,
};

/* ---- tables ---------------------------------------------------------------------------------- */

/* Room for the sums over the images of a row of the table's gradient. */
static weft_status claim_sums(weft_engine *engine, weft_stage *stage, size_t columns,
                              weft_error *error) {
    int backward = weft_moment_backward(engine, stage);
    size_t floats = weft_cuda_sums_scratch((size_t)engine->lanes[0].images, columns);
    return weft_stage_claim(engine, stage, 0, floats * sizeof(float), backward, backward, error);
}

static size_t table_size(const weft_stage *stage) {
    return (size_t)stage->layer->entries * weft_stage_channels(stage);
}

static weft_status create_table(weft_engine *engine, weft_stage *stage, weft_error *error) {
    weft_cuda_slot_train(&stage->slot[WEFT_SLOT_WEIGHT], table_size(stage));
    return claim_sums(engine, stage, table_size(stage), error);
}

/* The gradient of the first `columns` values of the table: sums over the images, whose rows are
 * `step` values long. */
static void sum_table(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                      size_t columns, size_t step) {
    if (columns > 0) {
        weft_cuda_sum_rows(weft_cuda_stream(engine), engine->settings.type,
                           weft_lane_gradient(engine, lane, stage->output), (size_t)lane->images,
                           columns, step,
                           weft_cuda_gradient(engine, &stage->slot[WEFT_SLOT_WEIGHT]),
                           weft_stage_place(engine, stage, lane, 0));
    }
}

/* ---- maps to tokens -------------------------------------------------------------------------- */

/* The map of an image behind the `entries` tokens in front. */
static weft_cuda_move map_of(const weft_stage *stage, const weft_lane *lane) {
    size_t map = weft_positions(stage->layer->in) * weft_stage_channels(stage);
    size_t front = table_size(stage);
    return (weft_cuda_move){.from_of = map,
                            .to_of = front + map,
                            .to = front,
                            .channels = map,
                            .rows = (size_t)lane->images};
}

static weft_status tokens_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    cudaStream_t stream = weft_cuda_stream(engine);
    weft_type type = engine->settings.type;
    weft_cuda_move m = map_of(stage, lane);
    void *y = weft_lane_values(engine, lane, stage->output);
    weft_cuda_channels(stream, type, &m, weft_lane_values(engine, lane, stage->input[0]), y);
    weft_cuda_table(stream, type, NULL, weft_cuda_value(engine, &stage->slot[WEFT_SLOT_WEIGHT]), y,
                    m.rows, m.to, m.to_of);
    return weft_cuda_launched(stage, error);
}

static weft_status tokens_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                   weft_error *error) {
    weft_cuda_move m = map_of(stage, lane);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    sum_table(engine, stage, lane, m.to, m.to_of);
    if (dx != NULL) {
        weft_cuda_move back = {m.to_of, m.to, m.from_of, m.from, m.channels, m.rows};
        weft_cuda_channels(weft_cuda_stream(engine), engine->settings.type, &back,
                           weft_lane_gradient(engine, lane, stage->output), dx);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_tokens = {
    .op = WEFT_OP_TOKENS,
    .create = create_table,
    .forward = tokens_forward,
    .backward = tokens_backward,
};

/* ---- one token ------------------------------------------------------------------------------- */

static weft_cuda_move token_of(const weft_stage *stage, const weft_lane *lane) {
    size_t channels = weft_stage_channels(stage);
    return (weft_cuda_move){.from_of = weft_positions(stage->layer->in) * channels,
                            .from = (size_t)stage->layer->offset * channels,
                            .to_of = channels,
                            .channels = channels,
                            .rows = (size_t)lane->images};
}

static weft_status token_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                 weft_error *error) {
    weft_cuda_move m = token_of(stage, lane);
    weft_cuda_channels(weft_cuda_stream(engine), engine->settings.type, &m,
                       weft_lane_values(engine, lane, stage->input[0]),
                       weft_lane_values(engine, lane, stage->output));
    return weft_cuda_launched(stage, error);
}

static weft_status token_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    cudaStream_t stream = weft_cuda_stream(engine);
    weft_type type = engine->settings.type;
    weft_cuda_move m = token_of(stage, lane);
    weft_cuda_move all = {.to_of = m.from_of, .channels = m.from_of, .rows = m.rows};
    weft_cuda_move back = {m.to_of, m.to, m.from_of, m.from, m.channels, m.rows};
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_cuda_channels(stream, type, &all, NULL, dx);
        weft_cuda_channels(stream, type, &back, weft_lane_gradient(engine, lane, stage->output),
                           dx);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_token = {
    .op = WEFT_OP_TOKEN,
    .create = weft_kind_create_nothing,
    .forward = token_forward,
    .backward = token_backward,
};

/* ---- positions ------------------------------------------------------------------------------- */

/* Values of a sequence: as many of the table are used, the rows behind get no gradient. */
static size_t sequence_size(const weft_stage *stage) {
    return (size_t)stage->layer->in.height * weft_stage_channels(stage);
}

static weft_status embedding_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                     weft_error *error) {
    size_t size = sequence_size(stage);
    weft_cuda_table(weft_cuda_stream(engine), engine->settings.type,
                    weft_lane_values(engine, lane, stage->input[0]),
                    weft_cuda_value(engine, &stage->slot[WEFT_SLOT_WEIGHT]),
                    weft_lane_values(engine, lane, stage->output), (size_t)lane->images, size,
                    size);
    return weft_cuda_launched(stage, error);
}

static weft_status embedding_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                      weft_error *error) {
    size_t size = sequence_size(stage);
    cudaStream_t stream = weft_cuda_stream(engine);
    weft_type type = engine->settings.type;
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    sum_table(engine, stage, lane, size, size);
    if (dx != NULL) {
        weft_cuda_convert(stream, type, weft_lane_gradient(engine, lane, stage->output), type, dx,
                          stage->output->count);
    }
    return weft_cuda_launched(stage, error);
}

const weft_kind weft_cuda_kind_add_embedding = {
    .op = WEFT_OP_ADD_EMBEDDING,
    .create = create_table,
    .forward = embedding_forward,
    .backward = embedding_backward,
};
