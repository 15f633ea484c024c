/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between the machines that run an engine: its kinds, its memory, and the ways of
 * numbers into it and out of it. Stages, plans, slots and passes are the same on all (engine.h).
 *
 * Parameters, gradients, statistics, images and logits of an engine are arrays of the host,
 * whatever runs it. A backend with a memory of its own has a twin of each there, and knows which of
 * the two is the newer one: weft_engine_touch says that the host has written, weft_engine_fetch
 * brings over what the backend has. */
#ifndef WEFT_LEARN_BACKEND_H
#define WEFT_LEARN_BACKEND_H

#include <weft/learn.h>

#include "learn/engine.h"
#include "learn/optimizer.h"

/* A step of training on an engine's parameters. */
typedef struct weft_move {
    const weft_descent *descent;
    float *state; /* of the descent; mirrored where the backend has a memory of its own */
    double limit; /* of the gradients' norm; 0: none */
    double rate;
    int64_t step;         /* from 1 */
    float *average;       /* of the parameters, likewise mirrored; NULL: none */
    double average_decay; /* weft_average_decay */
} weft_move;

/* Functions that may be NULL have nothing to do then. */
struct weft_backend {
    const char *name;
    const weft_kind *(*kind_of)(weft_op op); /* of what weft_kind_of has */
    const weft_kind *quantizer;
    int most_lanes;
    /* Whether it can compute in a type here: else WEFT_ERROR_UNAVAILABLE with the reason. */
    weft_status (*check)(weft_type type, weft_error *error);
    size_t (*available)(const weft_engine *engine); /* bytes that may still be taken */
    /* Before the kinds are created, and at the end; `open` may have failed or never been called. */
    weft_status (*open)(weft_engine *engine, weft_error *error);
    void (*close)(weft_engine *engine);
    /* engine->memory, and engine->remote where that is another: `bytes` for all that is planned. */
    weft_status (*take)(weft_engine *engine, size_t bytes, weft_error *error);
    /* When slots and lanes have their places. */
    weft_status (*bind)(weft_engine *engine, weft_error *error);

    /* The images of a pass are in engine->images. */
    weft_status (*load)(weft_engine *engine, weft_error *error);
    /* Parameters, as the kernels read them. */
    weft_status (*pack)(weft_engine *engine, weft_error *error);
    /* engine->logits from the output; the output's gradient from engine->logits_gradient. */
    weft_status (*give)(weft_engine *engine, weft_error *error);
    weft_status (*take_gradient)(weft_engine *engine, weft_error *error);
    /* y += x, n values of the engine's type */
    weft_status (*add)(weft_engine *engine, const void *x, void *y, size_t n, weft_error *error);
    /* Gradients of the slots from what the kinds left. */
    weft_status (*reduce)(weft_engine *engine, weft_error *error);
    weft_status (*move)(weft_engine *engine, const weft_move *move, weft_error *error);

    /* A twin of n floats of the host, which lives as long as the engine. */
    weft_status (*mirror)(weft_engine *engine, float *host, size_t n, weft_error *error);
    weft_status (*fetch)(const weft_engine *engine, weft_error *error);
    void (*touch)(weft_engine *engine);
    /* The values of a lane's tensor as the host sees them, until the next call. */
    weft_status (*show)(const weft_engine *engine, const weft_lane *lane, const weft_tensor *tensor,
                        const void **values, weft_error *error);
};

extern const weft_backend weft_backend_cpu;

/* Of a device; AUTO: the GPU where there is one. WEFT_ERROR_UNAVAILABLE says why there is none. */
weft_status weft_backend_find(weft_train_device device, const weft_backend **backend,
                              weft_error *error) WEFT_NODISCARD;

/* Whether the device that is found computes in bf16; false where none is. */
bool weft_backend_has_bf16(weft_train_device device);

/* The device that is found: CPU or CUDA; as it was asked for where none is. */
weft_train_device weft_backend_resolve(weft_train_device device);

#endif
