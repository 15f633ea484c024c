/* SPDX-License-Identifier: Apache-2.0
 *
 * The GPU behind the engine's door (learn/backend.h): one lane, one stream, on which everything is
 * done in the order in which it is asked for. What a stage needs beside its buffers is prepared
 * when the engine is built; a pass only puts work on the stream, and waits for it where logits or
 * anything else is brought to the host. */
#ifndef WEFT_LEARN_CUDA_DEVICE_H
#define WEFT_LEARN_CUDA_DEVICE_H

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include "learn/backend.h"
#include "learn/kinds.h"

extern const weft_backend weft_backend_cuda;

/* A crew's: shared by its engines. */
typedef struct weft_cuda {
    cudaStream_t stream;
    cublasHandle_t cublas;
    cudnnHandle_t cudnn;
} weft_cuda;

/* An array of the host and the same on the device. */
typedef struct weft_cuda_twin {
    float *host, *device;
    size_t n;
    bool is_own;   /* memory of its own, freed with the engine */
    bool is_ahead; /* the device's is the newer one */
    bool is_moved; /* by the host: sent before a pass. Gradients are not */
} weft_cuda_twin;

enum {
    WEFT_CUDA_PARAMETERS,
    WEFT_CUDA_GRADIENTS,
    WEFT_CUDA_STATISTICS,
    WEFT_CUDA_OTHERS, /* mirrored ones: the state of a descent, an average */
    WEFT_CUDA_TWINS = WEFT_CUDA_OTHERS + 2,
};

typedef struct weft_cuda_convolution weft_cuda_convolution;

/* What the GPU keeps of an engine: engine->device. */
typedef struct weft_cuda_engine {
    weft_cuda *cuda; /* borrowed of the crew */
    weft_cuda_twin twins[WEFT_CUDA_TWINS];
    int n_twins;
    bool host_is_ahead;                  /* twins are sent before the next pass */
    weft_cuda_convolution **convolution; /* (n_stages); NULL where a stage has none */
    bool *knows_steps;                   /* (n_stages): a quantizer's steps are above 0 */
    double *norm;                        /* device scratch of clipping */
    void *shown;                         /* host, of weft_engine_show */
    size_t shown_bytes;
} weft_cuda_engine;

static inline weft_cuda_engine *weft_cuda_of(const weft_engine *engine) {
    return engine->device;
}

static inline cudaStream_t weft_cuda_stream(const weft_engine *engine) {
    return weft_cuda_of(engine)->cuda->stream;
}

/* Where a slot's values and its gradient are on the device. */
static inline float *weft_cuda_value(const weft_engine *engine, const weft_slot *slot) {
    int twin = slot->is_trained ? WEFT_CUDA_PARAMETERS : WEFT_CUDA_STATISTICS;
    return weft_cuda_of(engine)->twins[twin].device + slot->offset;
}

static inline float *weft_cuda_gradient(const weft_engine *engine, const weft_slot *slot) {
    return weft_cuda_of(engine)->twins[WEFT_CUDA_GRADIENTS].device + slot->offset;
}

/* A trained slot, whose gradient the kind writes itself. */
static inline void weft_cuda_slot_train(weft_slot *slot, size_t count) {
    *slot = (weft_slot){.count = count, .is_trained = true};
}

/* WEFT_OK, or what CUDA, cuBLAS or cuDNN says, with what was asked of it. Memory that is not there
 * is WEFT_ERROR_MEMORY, anything else WEFT_ERROR_EVALUATION: the device, not the design. */
weft_status weft_cuda_check(cudaError_t code, const char *what, weft_error *error) WEFT_NODISCARD;
weft_status weft_cuda_check_cublas(cublasStatus_t code, const char *what,
                                   weft_error *error) WEFT_NODISCARD;
weft_status weft_cuda_check_cudnn(cudnnStatus_t code, const char *what,
                                  weft_error *error) WEFT_NODISCARD;

/* Sends what the host has changed. */
weft_status weft_cuda_send_moved(weft_engine *engine, weft_error *error) WEFT_NODISCARD;

/* The twin of an array of the host, noted to be the newer one from now on; NULL: it has none. */
float *weft_cuda_change(const weft_engine *engine, const float *host);

weft_status weft_cuda_move_parameters(weft_engine *engine, const weft_move *move,
                                      weft_error *error) WEFT_NODISCARD;

/* Whether the kernels of a stage could be put on the stream. */
weft_status weft_cuda_launched(const weft_stage *stage, weft_error *error) WEFT_NODISCARD;

/* The kinds on the GPU; NULL for an operation that weft_kind_of has not either. */
const weft_kind *weft_cuda_kind_of(weft_op op);

/* Weights as the products of a stage read them, quantized where they have bits; and the gradient of
 * quantized weights back to them and their steps. */
void weft_cuda_pack_weights(weft_engine *engine, weft_stage *stage);
void weft_cuda_unround_gradient(weft_engine *engine, weft_stage *stage);

/* Rounds the weights of a stage on the device, into engine->rounded. */
void weft_cuda_round_weights(weft_engine *engine, weft_stage *stage);

/* The place of scratch with which quantized weights are looked at: claimed for all of backward and
 * forward, used before and behind them. */
enum { WEFT_CUDA_PLACE_QUANT = WEFT_STAGE_MAX_CLAIMS - 1 };

#endif
