/* SPDX-License-Identifier: Apache-2.0
 * The layer kinds, by families, and what they share. */
#ifndef WEFT_LEARN_KINDS_H
#define WEFT_LEARN_KINDS_H

#include <math.h>

#include "learn/engine.h"
#include "learn/kernel/clip.h"
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

static inline size_t weft_stage_channels(const weft_stage *stage) {
    return (size_t)stage->layer->in.channels;
}

/* What stands behind a norm or a sum, as kernels call it. */
static inline weft_clip weft_stage_clip(const weft_stage *stage) {
    static const weft_clip clips[] = {
        [WEFT_TAIL_NONE] = WEFT_CLIP_NONE,
        [WEFT_TAIL_RELU] = WEFT_CLIP_RELU,
        [WEFT_TAIL_RELU6] = WEFT_CLIP_RELU6,
    };
    return clips[stage->tail];
}

/* A sum with a ReLU became part of a batch norm's stage: the gradient of its result is masked where it
 * lies, which is found from the result. */
static inline bool weft_norm_masks_in_place(const weft_stage *stage) {
    return stage->n_inputs > 1 && stage->tail != WEFT_TAIL_NONE;
}

/* The share of this batch in the running statistics of batch norms. They follow PyTorch (momentum 0.1),
 * but for the first ten steps, where the mean of the steps so far is taken: short trainings are not
 * measured with half of the start values. */
static inline double weft_norm_share(const weft_engine *engine) {
    double share = 1.0 / (double)engine->steps;
    return engine->averages_statistics ? share : fmax(0.1, share);
}

/* The slots of a layer of products: weights, bias, and steps of quantized weights, which are trained
 * where they are learned; the engine writes their gradient itself. */
void weft_product_slots(const weft_engine *engine, weft_stage *stage);

/* Where steps of quantized operands are trained; else they follow extents. */
static inline bool weft_quant_learns(const weft_engine *engine) {
    return engine->settings.quant->steps == WEFT_QUANT_STEPS_LEARNED;
}

/* The slots of a stage that quantizes, and what it quantizes. */
static inline weft_slot_name weft_quantizer_step(const weft_stage *stage) {
    return stage->operand == 0 ? WEFT_SLOT_INPUT_STEP : WEFT_SLOT_WEIGHT_STEP;
}

static inline weft_slot_name weft_quantizer_extent(const weft_stage *stage) {
    return stage->operand == 0 ? WEFT_SLOT_INPUT_EXTENT : WEFT_SLOT_WEIGHT_EXTENT;
}

static inline weft_quant_array weft_quantizer_array(const weft_engine *engine,
                                                    const weft_stage *stage) {
    return (weft_quant_array){engine->settings.type, 1, stage->output->count};
}

/* The weights of a stage of products, a row for each of their steps. */
static inline weft_quant_array weft_quantized_weights(const weft_stage *stage) {
    size_t count = stage->slot[WEFT_SLOT_WEIGHT].count;
    return (weft_quant_array){WEFT_F32, stage->rows, count / stage->rows};
}

/* The products of a MATMUL in a lane: forward, and the gradients of both operands. */
enum { WEFT_MATMUL_FORWARD, WEFT_MATMUL_FIRST, WEFT_MATMUL_SECOND, WEFT_MATMUL_PRODUCTS };

void weft_matmul_geometries(const weft_engine *engine, const weft_stage *stage,
                            const weft_lane *lane, weft_dnn_matmul_geometry *geometries);

/* Whether values are dropped in this pass: in training, but not where statistics are estimated. */
static inline bool weft_engine_drops(const weft_engine *engine) {
    return engine->mode == WEFT_MODE_TRAIN && !engine->averages_statistics;
}

/* The random stream of a stage that drops, one for each lane and step. */
static inline weft_rng weft_stage_stream(const weft_engine *engine, const weft_stage *stage,
                                         const weft_lane *lane) {
    uint64_t which = (uint64_t)stage->layer_index * WEFT_ENGINE_MAX_LANES + (uint64_t)lane->index;
    return weft_rng_make(engine->seed, WEFT_PURPOSE_DROPOUT,
                         ((uint64_t)engine->mask_step << 24) + which);
}

/* A trained slot of `count` values, of whose gradient each lane writes its part. */
static inline void weft_slot_train(weft_slot *slot, size_t count) {
    *slot = (weft_slot){.count = count, .is_trained = true, .partial = count};
}

#endif
