/* SPDX-License-Identifier: Apache-2.0
 *
 * Between maps, vectors and sequences of tokens.
 *
 * Flatten: maps (height, width, channels) become a vector in the order (channels, height, width), so
 * that the weights of the layer behind mean the same as in frameworks that keep channels first. */
#include "learn/kinds.h"

#include <string.h>

#include "learn/kernel/array.h"
#include "learn/kernel/sequence.h"

/* ---- flatten --------------------------------------------------------------------------------- */

static weft_status flatten_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                   weft_error *error) {
    (void)error;
    weft_array_transpose(engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
                         weft_lane_values(engine, lane, stage->output), (size_t)lane->images,
                         weft_positions(stage->layer->in), (size_t)stage->layer->in.channels);
    return WEFT_OK;
}

static weft_status flatten_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                    weft_error *error) {
    (void)error;
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_array_transpose(engine->settings.type, weft_lane_gradient(engine, lane, stage->output),
                             dx, (size_t)lane->images, (size_t)stage->layer->in.channels,
                             weft_positions(stage->layer->in));
    }
    return WEFT_OK;
}

const weft_kind weft_kind_flatten = {
    .op = WEFT_OP_FLATTEN,
    .create = weft_kind_create_nothing,
    .forward = flatten_forward,
    .backward = flatten_backward,
};

/* ---- maps to tokens -------------------------------------------------------------------------- */

static weft_status tokens_create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)error;
    weft_slot_train(&stage->slot[WEFT_SLOT_WEIGHT],
                    (size_t)stage->layer->entries * (size_t)stage->layer->in.channels);
    return WEFT_OK;
}

static weft_status tokens_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    (void)error;
    weft_tokens_forward(engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
                        stage->slot[WEFT_SLOT_WEIGHT].value,
                        weft_lane_values(engine, lane, stage->output), (size_t)lane->images,
                        weft_positions(stage->layer->in), (size_t)stage->layer->in.channels,
                        (size_t)stage->layer->entries);
    return WEFT_OK;
}

static weft_status tokens_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                   weft_error *error) {
    (void)error;
    const weft_slot *table = &stage->slot[WEFT_SLOT_WEIGHT];
    weft_tokens_backward(engine->settings.type, weft_lane_gradient(engine, lane, stage->output),
                         weft_input_gradient(engine, stage, lane, 0),
                         table->count > 0 ? weft_slot_partial(table, lane) : NULL,
                         (size_t)lane->images, weft_positions(stage->layer->in),
                         (size_t)stage->layer->in.channels, (size_t)stage->layer->entries);
    return WEFT_OK;
}

const weft_kind weft_kind_tokens = {
    .op = WEFT_OP_TOKENS,
    .create = tokens_create,
    .forward = tokens_forward,
    .backward = tokens_backward,
};

/* ---- one token ------------------------------------------------------------------------------- */

static weft_status token_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                 weft_error *error) {
    (void)error;
    weft_token_forward(engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
                       weft_lane_values(engine, lane, stage->output), (size_t)lane->images,
                       weft_positions(stage->layer->in), (size_t)stage->layer->in.channels,
                       (size_t)stage->layer->offset);
    return WEFT_OK;
}

static weft_status token_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                  weft_error *error) {
    (void)error;
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    if (dx != NULL) {
        weft_token_backward(engine->settings.type, weft_lane_gradient(engine, lane, stage->output),
                            dx, (size_t)lane->images, weft_positions(stage->layer->in),
                            (size_t)stage->layer->in.channels, (size_t)stage->layer->offset);
    }
    return WEFT_OK;
}

const weft_kind weft_kind_token = {
    .op = WEFT_OP_TOKEN,
    .create = weft_kind_create_nothing,
    .forward = token_forward,
    .backward = token_backward,
};

/* ---- positions ------------------------------------------------------------------------------- */

/* Token t takes row t. */
static const char *embedding_leaves_out(const weft_layer *layer) {
    return layer->entries < layer->in.height ? "fewer rows than tokens" : NULL;
}

static weft_status embedding_create(weft_engine *engine, weft_stage *stage, weft_error *error) {
    (void)engine, (void)error;
    weft_slot_train(&stage->slot[WEFT_SLOT_WEIGHT],
                    (size_t)stage->layer->entries * (size_t)stage->layer->in.channels);
    return WEFT_OK;
}

static weft_status embedding_forward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                     weft_error *error) {
    (void)error;
    weft_add_embedding_forward(
        engine->settings.type, weft_lane_values(engine, lane, stage->input[0]),
        stage->slot[WEFT_SLOT_WEIGHT].value, weft_lane_values(engine, lane, stage->output),
        (size_t)lane->images, (size_t)stage->layer->in.height, (size_t)stage->layer->in.channels);
    return WEFT_OK;
}

static weft_status embedding_backward(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                                      weft_error *error) {
    (void)error;
    weft_type type = engine->settings.type;
    const void *dy = weft_lane_gradient(engine, lane, stage->output);
    void *dx = weft_input_gradient(engine, stage, lane, 0);
    weft_add_embedding_backward(type, dy, weft_slot_partial(&stage->slot[WEFT_SLOT_WEIGHT], lane),
                                (size_t)lane->images, (size_t)stage->layer->in.height,
                                (size_t)stage->layer->in.channels, (size_t)stage->layer->entries);
    if (dx != NULL) {
        memcpy(dx, dy, stage->output->count * weft_type_size(type));
    }
    return WEFT_OK;
}

const weft_kind weft_kind_add_embedding = {
    .op = WEFT_OP_ADD_EMBEDDING,
    .leaves_out = embedding_leaves_out,
    .create = embedding_create,
    .forward = embedding_forward,
    .backward = embedding_backward,
};
