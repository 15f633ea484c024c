/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks: layers on a directed graph, with shapes, multiply-accumulates (MACs) and parameters.
 * This one definition is what is trained (learn.h) and what is mapped onto the chip (hardware.h).
 *
 * A network is grown layer by layer; each addition infers its shape or fails with the reason.
 * Layers stand in topological order: every input of a layer has a smaller index. Skip connections
 * are edges like any other.
 */
#ifndef WEFT_NETWORK_H
#define WEFT_NETWORK_H

#include <weft/base.h>

/* Every operation, once: name, token, human name. */
#define WEFT_OP_MAP(X)                                                                             \
    X(WEFT_OP_INPUT, "input")                                                                      \
    X(WEFT_OP_CONV, "conv")                                                                        \
    X(WEFT_OP_BATCH_NORM, "batch_norm")                                                            \
    X(WEFT_OP_RELU, "relu")                                                                        \
    X(WEFT_OP_MAX_POOL, "max_pool")                                                                \
    X(WEFT_OP_AVERAGE_POOL, "average_pool")                                                        \
    X(WEFT_OP_ADD, "add")                                                                          \
    X(WEFT_OP_FLATTEN, "flatten")                                                                  \
    X(WEFT_OP_LINEAR, "linear")                                                                    \
    X(WEFT_OP_DROPOUT, "dropout")

typedef enum weft_op {
#define WEFT_OP_ENUM(name, token) name,
    WEFT_OP_MAP(WEFT_OP_ENUM)
#undef WEFT_OP_ENUM
        WEFT_OP_COUNT
} weft_op;

/* Channels, height, width; a flat vector of n features is {n, 1, 1}. */
typedef struct weft_shape {
    int32_t channels, height, width;
} weft_shape;

enum { WEFT_LAYER_MAX_INPUTS = 2, WEFT_NO_BLOCK = -1 };

typedef struct weft_layer {
    weft_op op;
    int32_t input[WEFT_LAYER_MAX_INPUTS]; /* producers; ADD has two, INPUT none, others one */
    int32_t n_inputs;
    int32_t block;        /* the block it belongs to, from 0; WEFT_NO_BLOCK: input or head */
    int32_t out_channels; /* CONV: kernels; LINEAR: features */
    int32_t kernel;       /* CONV, MAX_POOL: side of the window */
    int32_t stride;       /* CONV, MAX_POOL */
    int32_t pad;          /* CONV: zeros on each side */
    int32_t pool_side;    /* AVERAGE_POOL: adaptive, to pool_side x pool_side */
    bool bias;            /* CONV, LINEAR */
    double rate;          /* DROPOUT: the share that is dropped, 0 <= rate < 1 */
    /* inferred: */
    weft_shape in, out;
    int64_t macs;   /* multiply-accumulates for one input; 0 where there are none */
    int64_t params; /* trained weights, biases, scales and shifts */
} weft_layer;

enum { WEFT_NETWORK_NAME = 128 };

typedef struct weft_network {
    char name[WEFT_NETWORK_NAME]; /* "imc:R32,V64" */
    weft_layer *layers;
    int32_t n_layers, capacity;
    int32_t n_blocks;
    int64_t macs, params; /* sums over the layers */
} weft_network;

WEFT_API const char *weft_op_token(weft_op op);

/* An empty network with its input layer (index 0). Sides and channels 1 .. 65536. */
WEFT_API weft_status weft_network_create(const char *name, weft_shape input, weft_network **network,
                                         weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_network_destroy(weft_network *network);

/* Appends a copy of *layer (its inferred fields are ignored and computed), *index becomes its
 * place. WEFT_ERROR_INFEASIBLE when it cannot be built: a window larger than the map, shapes that
 * do not add up, a pool below 1 x 1; the message says which layer and which shapes. */
WEFT_API weft_status weft_network_add(weft_network *network, const weft_layer *layer,
                                      int32_t *index, weft_error *error) WEFT_NODISCARD;

/* A 64-bit hash of everything that makes a difference to training or hardware: ops, edges, sizes;
 * not of the name. Equal phenotypes have equal hashes. */
WEFT_API uint64_t weft_network_hash(const weft_network *network);

/* ---- the imc family: chains of VGG, MVGG and RES blocks ----------------------------------------
 * Source: Amin, Mohammadi, Zand, "Multi-objective neural architecture search for in-memory
 * computing" (ISVLSI 2024, arXiv 2406.06746); exact layer orders from the authors' follow-up code
 * (CrossNAS). ci: input channels, k: kernels.
 *   VGG    conv3x3(ci,k) BN ReLU conv3x3(k,k) BN ReLU maxpool2x2      (biases; halves the map)
 *   MVGG   the same without the pool
 *   RES    conv3x3(ci,k) BN ReLU conv3x3(k,k) BN, plus conv1x1(ci,k) BN of the input; ReLU
 *          (no biases)
 *   head   adaptive average pool to pool x pool, flatten, then for each hidden width: linear ReLU
 *          dropout; then linear to the classes                                              */
typedef enum weft_block { WEFT_BLOCK_VGG, WEFT_BLOCK_MVGG, WEFT_BLOCK_RES } weft_block;

enum { WEFT_IMC_MAX_DEPTH = 32, WEFT_IMC_MAX_HIDDEN = 8, WEFT_IMC_MAX_KERNELS = 4096 };

typedef struct weft_imc_spec {
    weft_shape input; /* default 3 x 32 x 32 */
    int32_t classes;  /* default 10 */
    int32_t depth;
    weft_block blocks[WEFT_IMC_MAX_DEPTH];
    int32_t kernels[WEFT_IMC_MAX_DEPTH];
    int32_t head_pool;                   /* default 1; the paper's networks are trained with 2 */
    int32_t n_hidden;                    /* default 2 */
    int32_t hidden[WEFT_IMC_MAX_HIDDEN]; /* default 200, 50 */
    double dropout;                      /* default 0.2 */
} weft_imc_spec;

/* Defaults: depth 0, input 3x32x32, 10 classes, head 1x1 -> 200 -> 50, dropout 0.2. */
WEFT_API void weft_imc_defaults(weft_imc_spec *spec);

/* Reads "R32,V64,M128" (an optional "imc:" in front) into blocks and kernels of *spec. */
WEFT_API weft_status weft_imc_parse(const char *text, weft_imc_spec *spec,
                                    weft_error *error) WEFT_NODISCARD;

/* Writes "R32,V64,M128"; returns `buffer`. */
WEFT_API char *weft_imc_text(const weft_imc_spec *spec, char *buffer, size_t size);

WEFT_API weft_status weft_imc_build(const weft_imc_spec *spec, weft_network **network,
                                    weft_error *error) WEFT_NODISCARD;

#endif
