/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: a network as a static list of stages (one for each operation, in order) over buffers
 * that are all planned when it is built. Forward runs the list, backward runs it from the end.
 *
 *     network layers ──lower──▶ stages ──plan──▶ a workspace for each lane + one block of parameters
 *
 * A batch is cut into equal lanes, which differ in nothing but their images. Where something is taken
 * over the whole batch (statistics of a batch norm, gradients of weights) the lanes' sums are added in
 * the order of the lanes. How many lanes there are follows from the batch, never from the number of
 * threads; so do all sums, and a training gives the same bits on any number of threads.
 *
 * Moments, for the plan of a lane: stage i runs forward at i, the loss at n, stage i backward at
 * 2n - i. A buffer's bytes are free for others before its first and after its last moment.
 *
 * Activations and their gradients are NHWC, of the engine's type. Parameters, their gradients and
 * all statistics are f32, in the plain layout of their slot. A tensor that several stages read gets
 * the sum of their gradients: the first one writes, each other one writes aside and is added.
 *
 * A layer kind is one file that fills a weft_kind, and a row in kinds.c. */
#ifndef WEFT_LEARN_ENGINE_H
#define WEFT_LEARN_ENGINE_H

#include <weft/learn.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"
#include "learn/crew.h"
#include "learn/onednn.h"
#include "learn/plan.h"
#include "learn/quant.h"
#include "learn/quant_bits.h"
#include "learn/type.h"
#include "learn/way.h"

typedef struct weft_engine weft_engine;
typedef struct weft_stage weft_stage;
typedef struct weft_lane weft_lane;
typedef struct weft_backend weft_backend;

enum { WEFT_NO_CLAIM = -1, WEFT_STAGE_MAX_CLAIMS = 6, WEFT_ENGINE_MAX_LANES = 64 };

/* Masks of a step come from 2^24 random streams: as many layers as they are for, by 64 lanes. */
enum { WEFT_ENGINE_MAX_LAYERS = (1 << 24) / WEFT_ENGINE_MAX_LANES };

typedef enum weft_mode {
    WEFT_MODE_TRAIN,    /* statistics of the batch, dropout; keeps what backward needs */
    WEFT_MODE_EVALUATE, /* running statistics, no dropout; every image for itself */
} weft_mode;

/* What a stage trains, and what it keeps with it. */
typedef enum weft_slot_name {
    WEFT_SLOT_WEIGHT,   /* CONV, LINEAR: (out, in / groups, k, k); norms: scale (C); tables: rows */
    WEFT_SLOT_BIAS,     /* CONV, LINEAR: (out); norms: shift (C) */
    WEFT_SLOT_MEAN,     /* BATCH_NORM: running mean (C); not trained */
    WEFT_SLOT_VARIANCE, /* BATCH_NORM: running variance (C); not trained */
    /* Steps of quantized operands: trained where they are learned. 0: not known yet. */
    WEFT_SLOT_WEIGHT_STEP,   /* of weights (1 or out); of MATMUL's second operand (1) */
    WEFT_SLOT_INPUT_STEP,    /* of what the layer reads (1) */
    WEFT_SLOT_WEIGHT_EXTENT, /* MATMUL's second operand: least and largest (2), followed */
    WEFT_SLOT_INPUT_EXTENT,  /* likewise */
    WEFT_SLOTS
} weft_slot_name;

typedef struct weft_slot {
    size_t count;    /* values; 0: there is none */
    bool is_trained; /* else a statistic: changed by forward passes in training alone */
    /* Floats of what each lane writes for its gradient: `count`, or what a product packs; 0: the
     * kind joins the lanes itself and writes `gradient`. */
    size_t partial;
    size_t offset; /* of value in engine->parameters or engine->statistics, of gradient likewise */
    size_t partial_offset; /* in a lane's partials */
    float *value;
    float *gradient; /* NULL where it is not trained */
} weft_slot;

typedef struct weft_tensor {
    weft_shape shape;
    size_t count;        /* values of one lane */
    bool needs_gradient; /* something trained stands before it */
    int claim;
    int gradient_claim;
    struct weft_tensor *gradient_of; /* shares that tensor's gradient; NULL: has its own */
    int readers;                     /* stages that read it */
    int producer;                    /* stage; -1: the input */
} weft_tensor;

/* The functions of a kind work on one lane; those that join see all of them, between two meetings of
 * the crew, on one thread. NULL where there is nothing to do. */
typedef struct weft_kind {
    weft_op op;
    bool keeps_input;  /* backward reads its inputs */
    bool keeps_output; /* backward reads its output */
    /* What it leaves out of the operation; NULL: nothing of this layer. */
    const char *(*leaves_out)(const weft_layer *layer);
    /* Slots (count, partial), claims; may ask the lanes' doors for products. */
    weft_status (*create)(weft_engine *engine, weft_stage *stage, weft_error *error);
    weft_status (*forward)(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                           weft_error *error);
    void (*join_forward)(weft_engine *engine, weft_stage *stage);
    void (*finish_forward)(weft_engine *engine, weft_stage *stage, weft_lane *lane);
    weft_status (*backward)(weft_engine *engine, weft_stage *stage, weft_lane *lane,
                            weft_error *error);
    void (*join_backward)(weft_engine *engine, weft_stage *stage);
    void (*finish_backward)(weft_engine *engine, weft_stage *stage, weft_lane *lane);
} weft_kind;

/* What stands behind an operation and is part of its stage. */
typedef enum weft_tail { WEFT_TAIL_NONE, WEFT_TAIL_RELU, WEFT_TAIL_RELU6 } weft_tail;

struct weft_stage {
    const weft_kind *kind;
    const weft_layer *layer;
    int layer_index;
    int index;
    weft_tail tail; /* BATCH_NORM, ADD */
    /* Inputs whose gradient is the output's, behind the tail: both terms of a sum; the second input of
     * a batch norm, which is the other term of the sum behind it. One bit for each. */
    unsigned passes_gradient;
    int n_inputs;
    weft_tensor **input; /* (n_inputs) */
    weft_tensor *output;
    bool *wants; /* (n_inputs) whether backward is to write the gradient of that input */
    int *aside;  /* (n_inputs) claim of a place of its own for it; WEFT_NO_CLAIM: the tensor's */
    weft_slot slot[WEFT_SLOTS];
    int claim[WEFT_STAGE_MAX_CLAIMS]; /* the kind's own buffers in a lane; WEFT_NO_CLAIM: unused */
    /* A stage that quantizes what `layer` reads as its input `operand`, to `bits`; or a stage of
     * products with quantized weights. bits 0: real. */
    bool is_quantizer;
    int operand;
    int32_t bits;
    weft_quant_range range;
    size_t rows;        /* of quantized weights that have a step each */
    size_t sums_offset; /* of as many doubles in engine->sums */
    /* Of a product: the kernels of ours that its passes take, NULL for oneDNN's; weights as they read
     * them, the same for all lanes. */
    const weft_way *way[WEFT_DNN_PASSES];
    weft_dnn_geometry geometry;               /* of one lane */
    size_t packed_bytes[2], packed_offset[2]; /* FORWARD, BACKWARD_DATA */
};

struct weft_lane {
    int index;
    int images; /* of this lane: the same in all */
    unsigned char *workspace;
    float *partials; /* gradients of the slots' values by this lane's images */
    weft_dnn *door;  /* of the worker that runs it */
    /* (n_stages); NULL where a stage has none or takes no kernel of oneDNN's. Borrowed from the door. */
    weft_dnn_product **product;
    weft_dnn_matmul *(*matmul)[3];
    void *input; /* its part of the engine's images */
};

typedef struct weft_engine_settings {
    int batch;
    weft_type type;
    int lanes; /* 0: weft_engine_lanes(batch); else a divisor of the batch. A GPU has one lane */
    weft_train_device device;
    const weft_quant_settings *quant; /* borrowed; NULL: weights and activations stay real */
    /* What the engine's user takes for itself, in arrays as large as the parameters: only counted, where
     * the engine asks for memory. `beside` lie where the engine runs, `buffers` with the host. */
    int beside, buffers;
} weft_engine_settings;

struct weft_engine {
    const weft_network *network; /* borrowed: outlives the engine */
    weft_crew *crew;             /* borrowed, likewise */
    const weft_backend *backend;
    void *device; /* what the backend keeps of it; NULL: nothing */
    weft_engine_settings settings;
    weft_tensor *tensors; /* one for each layer that makes one */
    int n_tensors;
    weft_stage *stages;
    int n_stages;
    weft_tensor *input, *output;
    weft_lane *lanes;
    int n_lanes;
    weft_plan plan; /* of one lane */
    weft_arena records, memory;
    weft_arena remote; /* of a backend with a memory of its own: what `memory` does not hold */
    /* The batch: images (batch, height, width, channels) of the engine's type; logits and their
     * gradient (batch, classes), always f32. */
    void *images;
    float *logits, *logits_gradient;
    size_t image_values, classes;
    /* All that is trained, in one piece; slots begin at multiples of 16 floats, what is between them
     * is zero. */
    size_t n_parameters;
    float *parameters, *gradients;
    size_t n_statistics;
    float *statistics;
    size_t n_partials; /* floats of a lane */
    unsigned char *packed;
    bool is_packed;        /* `packed` and `rounded` hold the parameters as they are */
    weft_layer_bits *bits; /* (n_layers); NULL: nothing is quantized */
    float *rounded;        /* quantized weights, each where it is in `parameters`; NULL: none */
    double *sums;          /* gradients of weights' steps before they are scaled */
    size_t n_sums;
    weft_mode mode;
    int64_t steps; /* forward passes in training, the current one included */
    /* Running statistics are the mean of all steps so far, for who estimates them anew. */
    bool averages_statistics;
    uint64_t seed;     /* of dropout */
    int64_t mask_step; /* of dropout: masks are drawn from (seed, step, stage, lane) */
};

/* Lanes of a batch: the largest of 4, 2, 1 that divides it and leaves 16 images to each. */
int weft_engine_lanes(int batch);

/* Builds all for a batch size; weights are zero until weft_engine_initialise. What a network asks
 * that the engine cannot do is WEFT_ERROR_INFEASIBLE; memory that is not there WEFT_ERROR_MEMORY,
 * found before it is touched, with what would fit; bf16 on a CPU or GPU that has
 * none, and a GPU that is not there, WEFT_ERROR_UNAVAILABLE. */
weft_status weft_engine_create(const weft_network *network, weft_crew *crew,
                               const weft_engine_settings *settings, weft_engine **engine,
                               weft_error *error) WEFT_NODISCARD;
void weft_engine_destroy(weft_engine *engine);

/* Bytes of memory that the engine holds. */
size_t weft_engine_bytes(const weft_engine *engine);

/* Start values, each layer from its own stream of the seed. Weights of convolutions and of hidden
 * linear layers: N(0, 2 / inputs) (He et al., "Delving deep into rectifiers", ICCV 2015, eq. 10);
 * of the last layer and of layers over tokens: N(0, 1 / inputs), and of those that make the queries of
 * an attention N(0, 1 / (inputs features)), features of a head: products of queries and keys are not
 * scaled afterwards (Vaswani et al., NeurIPS 2017, section 3.2.1, scale by 1 / sqrt(features)); rows of
 * tables N(0, 0.02^2) (Dosovitskiy et al., ICLR 2021). Biases and shifts 0, scales 1; running mean 0, variance 1.
 * WEFT_STOPPED between layers when asked for. */
weft_status weft_engine_initialise(weft_engine *engine, uint64_t seed, const weft_stop *stop,
                                   weft_error *error) WEFT_NODISCARD;

/* n start values of a layer's weights: N(0, deviation^2), from the layer's own stream of the seed. */
void weft_start_normal(uint64_t seed, int layer, double deviation, float *values, size_t n);

/* Start values of a layer of products are N(0, gain / inputs); those of tables have this deviation. */
double weft_engine_gain(const weft_engine *engine, const weft_stage *stage);
#define WEFT_ENGINE_TABLE_DEVIATION 0.02

/* What is added to a variance before its root is taken, as PyTorch has it. */
#define WEFT_BATCH_NORM_EPSILON 1e-5
/* That of the usual vision transformers (Dosovitskiy et al., ICLR 2021, their published code). */
#define WEFT_LAYER_NORM_EPSILON 1e-6

/* Reads engine->images, writes engine->logits. WEFT_STOPPED between stages when asked for. */
weft_status weft_engine_forward(weft_engine *engine, weft_mode mode, const weft_stop *stop,
                                weft_error *error) WEFT_NODISCARD;

/* Reads engine->logits_gradient; fills engine->gradients. After a forward pass in training mode. */
weft_status weft_engine_backward(weft_engine *engine, const weft_stop *stop,
                                 weft_error *error) WEFT_NODISCARD;

/* To be called by who changes engine->parameters or statistics: what was made of them is made anew. */
void weft_engine_touch(weft_engine *engine);

/* To be called by who reads parameters, gradients or statistics, or changes some of them: what runs the
 * engine may have newer ones. */
weft_status weft_engine_fetch(const weft_engine *engine, weft_error *error) WEFT_NODISCARD;

/* Values of a tensor in a lane where the host can read them, until the next call. */
weft_status weft_engine_show(const weft_engine *engine, const weft_lane *lane,
                             const weft_tensor *tensor, const void **values,
                             weft_error *error) WEFT_NODISCARD;

/* A slot's values, or its gradient, by the layer of the network; slot.count floats. Steps and extents
 * of inputs are found by the layer that reads them. */
weft_status weft_engine_get(const weft_engine *engine, int layer, weft_slot_name name,
                            bool gradient, float *values, weft_error *error) WEFT_NODISCARD;
weft_status weft_engine_set(weft_engine *engine, int layer, weft_slot_name name,
                            const float *values, weft_error *error) WEFT_NODISCARD;

/* The weights that a stage multiplies with: its parameters, quantized where it has bits. */
static inline const float *weft_stage_weights(const weft_engine *engine, const weft_stage *stage) {
    const weft_slot *slot = &stage->slot[WEFT_SLOT_WEIGHT];
    return stage->bits > 0 ? engine->rounded + slot->offset : slot->value;
}

/* The stage of a layer, NULL where it became part of another or does nothing; not the ones that
 * quantize what it reads. */
weft_stage *weft_engine_stage(const weft_engine *engine, int layer);

/* Whether the stage multiplies with weights: a convolution or a linear layer. */
bool weft_stage_is_product(const weft_stage *stage);

/* ---- one stage at a time, for who looks at what is between them ------------------------------- */

/* Runs one stage forward on all lanes. */
weft_status weft_engine_forward_stage(weft_engine *engine, int stage,
                                      weft_error *error) WEFT_NODISCARD;

/* Makes ready for weft_engine_forward_stage(0): packs weights. */
weft_status weft_engine_begin(weft_engine *engine, weft_mode mode,
                              weft_error *error) WEFT_NODISCARD;

/* Packs the parameters where that was not done since they changed; joins the lanes' gradients. Parts
 * of weft_engine_forward and weft_engine_backward. */
weft_status weft_engine_pack(weft_engine *engine, weft_error *error) WEFT_NODISCARD;
weft_status weft_engine_reduce(weft_engine *engine, weft_error *error) WEFT_NODISCARD;

/* positive[i] (n_layers): whether the values of layer i cannot be below 0: a ReLU and what only moves,
 * adds or averages its values. Such operands are quantized without a sign. */
void weft_layers_positive(const weft_network *network, bool *positive);

/* ---- for the layer kinds --------------------------------------------------------------------- */

const weft_kind *weft_kind_of(weft_op op);

/* Of stages that quantize: no operation of networks. */
extern const weft_kind weft_kind_quantizer;

/* Quantizes the weights of a stage of products, and takes the gradient back to them and their steps.
 * Parts of weft_engine_pack and weft_engine_reduce. */
void weft_stage_round_weights(weft_engine *engine, weft_stage *stage);
void weft_stage_unround_gradient(weft_engine *engine, weft_stage *stage);

static inline int weft_moment_forward(const weft_stage *stage) {
    return stage->index;
}

static inline int weft_moment_backward(const weft_engine *engine, const weft_stage *stage) {
    return 2 * engine->n_stages - stage->index;
}

/* A buffer of the kind's own in each lane, alive from the moment `first` to `last`. */
weft_status weft_stage_claim(weft_engine *engine, weft_stage *stage, int which, size_t bytes,
                             int first, int last, weft_error *error) WEFT_NODISCARD;

/* Where it lies in a lane; NULL where nothing was claimed. */
void *weft_stage_place(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                       int which);

/* Values of a tensor in a lane, and their gradient. */
void *weft_lane_values(const weft_engine *engine, const weft_lane *lane, const weft_tensor *tensor);
void *weft_lane_gradient(const weft_engine *engine, const weft_lane *lane,
                         const weft_tensor *tensor);

/* Where backward is to write the gradient of input k; NULL where nobody wants it. */
void *weft_input_gradient(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                          int k);

/* Where a lane writes its part of a slot's gradient. */
static inline float *weft_slot_partial(const weft_slot *slot, const weft_lane *lane) {
    return lane->partials + slot->partial_offset;
}

#endif
