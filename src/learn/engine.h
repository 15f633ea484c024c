/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: a network as a static list of stages (one for each operation, in order) over buffers
 * that are all planned when it is built. Forward runs the list, backward runs it from the end.
 *
 *     network layers ──lower──▶ stages ──plan──▶ one workspace + one block of parameters
 *
 * Moments, for the plan: stage i runs forward at i, the loss at n, stage i backward at 2n - i. A
 * buffer's bytes are free for others before its first and after its last moment.
 *
 * Activations and their gradients are NHWC, f32. A tensor that several stages read gets the sum of
 * their gradients: the first one writes, each other one writes aside and is added.
 *
 * A layer kind is one file that fills a weft_kind, and a row in kinds.c. */
#ifndef WEFT_LEARN_ENGINE_H
#define WEFT_LEARN_ENGINE_H

#include <weft/network.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"
#include "learn/onednn.h"
#include "learn/plan.h"

typedef struct weft_engine weft_engine;
typedef struct weft_stage weft_stage;

enum { WEFT_NO_CLAIM = -1, WEFT_STAGE_MAX_CLAIMS = 4, WEFT_STAGE_MAX_INPUTS = 2 };

typedef enum weft_mode {
    WEFT_MODE_TRAIN,    /* statistics of the batch, dropout; keeps what backward needs */
    WEFT_MODE_EVALUATE, /* running statistics, no dropout; every image for itself */
} weft_mode;

/* What a stage trains, and what it keeps with it. */
typedef enum weft_slot_name {
    WEFT_SLOT_WEIGHT,   /* CONV, LINEAR: (out, in, k, k); BATCH_NORM: scale (C) */
    WEFT_SLOT_BIAS,     /* CONV, LINEAR: (out); BATCH_NORM: shift (C) */
    WEFT_SLOT_MEAN,     /* BATCH_NORM: running mean (C); not trained */
    WEFT_SLOT_VARIANCE, /* BATCH_NORM: running variance (C); not trained */
    WEFT_SLOTS
} weft_slot_name;

typedef struct weft_slot {
    size_t stored; /* floats, in the layout of the kernels; 0: there is none */
    size_t plain;  /* floats, in the plain layout */
    float *value;
    float *gradient; /* NULL where it is not trained */
} weft_slot;

typedef struct weft_tensor {
    weft_shape shape;
    size_t count;        /* floats of the whole batch */
    bool needs_gradient; /* something trained stands before it */
    int claim;
    float *data; /* (batch, height, width, channels) */
    int gradient_claim;
    struct weft_tensor *gradient_of; /* shares that tensor's gradient; NULL: has its own */
    float *gradient;
    int readers;  /* stages that read it */
    int producer; /* stage; -1: the input */
} weft_tensor;

typedef struct weft_kind {
    weft_op op;
    bool keeps_input;     /* backward reads its inputs */
    bool keeps_output;    /* backward reads its output */
    bool shares_gradient; /* the inputs' gradients are the output's (ADD) */
    /* Primitives, slots (stored, plain), claims. */
    weft_status (*create)(weft_engine *engine, weft_stage *stage, weft_error *error);
    /* After the memory is there; may be NULL. */
    weft_status (*bind)(weft_engine *engine, weft_stage *stage, weft_error *error);
    weft_status (*forward)(weft_engine *engine, weft_stage *stage, weft_error *error);
    weft_status (*backward)(weft_engine *engine, weft_stage *stage, weft_error *error);
    void (*destroy)(weft_stage *stage); /* may be NULL */
} weft_kind;

struct weft_stage {
    const weft_kind *kind;
    const weft_layer *layer;
    int layer_index;
    int index;
    bool relu; /* BATCH_NORM, ADD: max(0, .) of the result is part of it */
    int n_inputs;
    weft_tensor *input[WEFT_STAGE_MAX_INPUTS];
    weft_tensor *output;
    /* Where backward puts the gradient of each input: NULL where nobody wants it or it is shared;
     * a place of its own (`aside`) where it is to be added to what is there. */
    float *input_gradient[WEFT_STAGE_MAX_INPUTS];
    int aside[WEFT_STAGE_MAX_INPUTS];  /* claim, or WEFT_NO_CLAIM */
    bool wants[WEFT_STAGE_MAX_INPUTS]; /* whether input_gradient is to be filled */
    weft_slot slot[WEFT_SLOTS];
    int claim[WEFT_STAGE_MAX_CLAIMS]; /* the kind's own buffers; WEFT_NO_CLAIM: unused */
    weft_dnn_product *product;        /* CONV, LINEAR */
};

struct weft_engine {
    const weft_network *network; /* borrowed: outlives the engine */
    int batch;
    weft_dnn *dnn;
    weft_tensor *tensors; /* one for each layer that makes one */
    int n_tensors;
    weft_stage *stages;
    int n_stages;
    weft_tensor *input, *output;
    weft_plan plan;
    weft_arena memory;
    unsigned char *workspace; /* the plan's bytes */
    /* All that is trained, in one piece; padding is zero in all three. */
    size_t n_parameters;
    float *parameters, *gradients, *velocity;
    weft_mode mode;
    int64_t steps;    /* forward passes in training, the current one included */
    weft_rng dropout; /* the masks' stream in this step */
};

/* Builds all for a batch size; weights are zero until weft_engine_initialise. What a network asks
 * that the engine cannot do is WEFT_ERROR_INFEASIBLE; memory that is not there WEFT_ERROR_MEMORY,
 * found before it is touched. */
weft_status weft_engine_create(const weft_network *network, int batch, weft_engine **engine,
                               weft_error *error) WEFT_NODISCARD;
void weft_engine_destroy(weft_engine *engine);

/* Bytes of memory that the engine holds. */
size_t weft_engine_bytes(const weft_engine *engine);

/* Start values, each layer from its own stream of the seed. Weights of convolutions and of hidden
 * linear layers: N(0, 2 / inputs) (He et al., "Delving deep into rectifiers", ICCV 2015, eq. 10);
 * of the last layer: N(0, 1 / inputs). Biases and shifts 0, scales 1; running mean 0, variance 1.
 * WEFT_STOPPED between layers when asked for. */
weft_status weft_engine_initialise(weft_engine *engine, uint64_t seed, const weft_stop *stop,
                                   weft_error *error) WEFT_NODISCARD;

/* Reads engine->input->data, writes engine->output->data: the logits (batch, classes).
 * WEFT_STOPPED between stages when asked for. */
weft_status weft_engine_forward(weft_engine *engine, weft_mode mode, const weft_stop *stop,
                                weft_error *error) WEFT_NODISCARD;

/* Reads engine->output->gradient; fills the gradients of all that is trained. After a forward pass
 * in training mode. */
weft_status weft_engine_backward(weft_engine *engine, const weft_stop *stop,
                                 weft_error *error) WEFT_NODISCARD;

/* A slot's values in the plain layout, by the layer of the network; `gradient` takes the gradient
 * instead. The caller's array holds slot.plain floats. */
weft_status weft_engine_get(weft_engine *engine, int layer, weft_slot_name name, bool gradient,
                            float *plain, weft_error *error) WEFT_NODISCARD;
weft_status weft_engine_set(weft_engine *engine, int layer, weft_slot_name name, const float *plain,
                            weft_error *error) WEFT_NODISCARD;

/* The stage of a layer, NULL where it became part of another or does nothing. */
weft_stage *weft_engine_stage(weft_engine *engine, int layer);

/* ---- for the layer kinds --------------------------------------------------------------------- */

const weft_kind *weft_kind_of(weft_op op);

static inline int weft_moment_forward(const weft_stage *stage) {
    return stage->index;
}

static inline int weft_moment_backward(const weft_engine *engine, const weft_stage *stage) {
    return 2 * engine->n_stages - stage->index;
}

/* A buffer of the kind's own, alive from the moment `first` to `last`. */
weft_status weft_stage_claim(weft_engine *engine, weft_stage *stage, int which, size_t bytes,
                             int first, int last, weft_error *error) WEFT_NODISCARD;

/* Its address; NULL where nothing was claimed. */
void *weft_stage_place(const weft_engine *engine, const weft_stage *stage, int which);

#endif
