/* SPDX-License-Identifier: Apache-2.0
 * The layer kinds, by families, and what they share. */
#ifndef WEFT_LEARN_KINDS_H
#define WEFT_LEARN_KINDS_H

#include "learn/engine.h"
#include "learn/kernel/window.h"

/* kind_product.c */
extern const weft_kind weft_kind_conv, weft_kind_linear;
/* kind_matmul.c */
extern const weft_kind weft_kind_matmul;
/* kind_batch_norm.c, kind_layer_norm.c */
extern const weft_kind weft_kind_batch_norm, weft_kind_layer_norm;
/* kind_activation.c */
extern const weft_kind weft_kind_relu, weft_kind_relu6, weft_kind_hard_swish,
    weft_kind_hard_sigmoid, weft_kind_sigmoid, weft_kind_gelu;
/* kind_softmax.c */
extern const weft_kind weft_kind_softmax;
/* kind_pool.c */
extern const weft_kind weft_kind_max_pool, weft_kind_average_window, weft_kind_average_inside,
    weft_kind_average_pool;
/* kind_join.c */
extern const weft_kind weft_kind_add, weft_kind_multiply;
/* kind_channels.c */
extern const weft_kind weft_kind_concat, weft_kind_slice, weft_kind_pad_channels;
/* kind_sequence.c */
extern const weft_kind weft_kind_flatten, weft_kind_tokens, weft_kind_token,
    weft_kind_add_embedding;
/* kind_dropout.c, kind_drop_path.c */
extern const weft_kind weft_kind_dropout, weft_kind_drop_path;

/* For a kind that needs nothing. */
weft_status weft_kind_create_nothing(weft_engine *engine, weft_stage *stage, weft_error *error);

/* The window of a layer over the images of a lane. */
weft_window weft_stage_window(const weft_stage *stage, const weft_lane *lane);

/* Positions of a map, and of those of all images of a lane. */
static inline size_t weft_positions(weft_shape shape) {
    return (size_t)shape.height * (size_t)shape.width;
}

static inline size_t weft_lane_positions(const weft_lane *lane, weft_shape shape) {
    return (size_t)lane->images * weft_positions(shape);
}

/* Whether values are dropped in this pass: in training, but not where statistics are estimated. */
static inline bool weft_engine_drops(const weft_engine *engine) {
    return engine->mode == WEFT_MODE_TRAIN && !engine->averages_statistics;
}

/* The random stream of a stage that drops, one for each lane and step. */
static inline weft_rng weft_stage_stream(const weft_engine *engine, const weft_stage *stage,
                                         const weft_lane *lane) {
    uint64_t place = (uint64_t)stage->layer_index * WEFT_ENGINE_MAX_LANES + (uint64_t)lane->index;
    return weft_rng_make(engine->seed, WEFT_PURPOSE_DROPOUT,
                         ((uint64_t)engine->mask_step << 24) + place);
}

/* A trained slot of `count` values, of whose gradient each lane writes its part. */
static inline void weft_slot_train(weft_slot *slot, size_t count) {
    *slot = (weft_slot){.count = count, .is_trained = true, .partial = count};
}

#endif
