/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared tensors: the parameters of a supernet, out of which each of its networks takes slices.
 *
 * A tensor belongs to a place (weft_layer.place) and a slot. It has up to four sides (out, in, kernel
 * height, kernel width), as large as any network has needed so far. A layer takes the first of its
 * output and input channels, and the middle of the kernel, which may go through a chain of matrices,
 * one from each size to the next smaller (Cai et al., "Once for all", ICLR 2020, section 3.2):
 *     w_5 = M_5 crop(w_7),   w_3 = M_3 crop(w_5)
 * shared by all channels of a place, the identity at first. Steps of quantizers are tensors of their
 * own for each number of bits.
 *
 * Start values depend on (seed, place, slot, row, column) alone, and not on which network came first. */
#ifndef WEFT_LEARN_SHARED_H
#define WEFT_LEARN_SHARED_H

#include "base/error.h"
#include "learn/engine.h"
#include "learn/optimizer.h"

enum { WEFT_SHARED_SIDES = 4, WEFT_SHARED_MAX_KERNEL = 15 };

/* What a tensor begins with. */
typedef enum weft_shared_start {
    WEFT_SHARED_ZERO,
    WEFT_SHARED_ONE,
    WEFT_SHARED_IDENTITY, /* a kernel's matrix */
    WEFT_SHARED_TABLE,    /* N(0, WEFT_ENGINE_TABLE_DEVIATION^2) */
    WEFT_SHARED_PRODUCT,  /* N(0, gain / inputs), the inputs being those of the whole tensor */
    WEFT_SHARED_STARTS
} weft_shared_start;

typedef struct weft_shared_tensor {
    uint64_t key; /* place, slot, bits or kernel */
    weft_op op;   /* of the layers that have it */
    int32_t place;
    int16_t slot;   /* weft_slot_name; WEFT_SLOTS: a kernel's matrix */
    int16_t detail; /* bits of a step; the kernel that a matrix makes */
    int32_t sides[WEFT_SHARED_SIDES];
    size_t offset, count; /* floats in the block */
    weft_shared_start start;
    double gain; /* of a product (weft_engine_gain): the least of all networks; else 1 */
    bool decays;
    bool inherited; /* trained before the second phase */
    int64_t age;    /* steps in which a network had it */
    /* The last step, from 1, in which a network of each group had it; 0: never. */
    int64_t touched[2];
} weft_shared_tensor;

typedef struct weft_shared_settings {
    uint64_t seed;
    bool transforms_kernels; /* matrices between kernel sizes; else the middle as it is */
    bool decay_all;
} weft_shared_settings;

typedef struct weft_shared {
    weft_shared_settings settings;
    weft_shared_tensor *tensors; /* in the order of their keys */
    int n_tensors, capacity;
    size_t n; /* floats in each block */
    float *values;
    float *gradients[2]; /* of two groups of networks */
    float *state;        /* the optimizer's, n_state blocks of n floats */
    size_t n_state;
} weft_shared;

/* Empty, for an optimizer that has `n_state` floats for each parameter. */
weft_status weft_shared_create(const weft_shared_settings *settings, size_t n_state,
                               weft_shared **shared, weft_error *error) WEFT_NODISCARD;
void weft_shared_destroy(weft_shared *shared);

/* Makes room for the network of an engine: tensors that are missing are begun, those that are too small
 * grow, with fresh start values in what is new. WEFT_ERROR_INFEASIBLE: a layer with parameters has no
 * place, or a kernel above WEFT_SHARED_MAX_KERNEL. After an error nothing has changed. */
weft_status weft_shared_admit(weft_shared *shared, const weft_engine *engine,
                              weft_error *error) WEFT_NODISCARD;

/* Values into the engine's parameters. The network has been admitted; one that has not is
 * WEFT_ERROR_INPUT, with the layer. */
weft_status weft_shared_gather(const weft_shared *shared, weft_engine *engine,
                               weft_error *error) WEFT_NODISCARD;

/* Adds `weight` times the engine's gradients to those of a group, and notes the step, 1 or more. */
weft_status weft_shared_scatter(weft_shared *shared, const weft_engine *engine, int group,
                                float weight, int64_t step, weft_error *error) WEFT_NODISCARD;

/* Steps of quantizers that an engine has chosen when it saw its first values are taken over where
 * they were not known; those that follow least and largest values, and the extents, after each pass. */
weft_status weft_shared_learn_steps(weft_shared *shared, const weft_engine *engine,
                                    weft_error *error) WEFT_NODISCARD;

/* Sets the gradients of both groups to 0. */
void weft_shared_clear(weft_shared *shared);

/* The tensor of a key, or NULL. */
weft_shared_tensor *weft_shared_find(const weft_shared *shared, int32_t place, int slot,
                                     int detail);

/* What a file keeps of a tensor beside its values, a row of WEFT_SHARED_FIELDS each; and an empty
 * `shared` begun with n_tensors such rows and n_values values, yet to be filled in. WEFT_ERROR_INPUT:
 * rows that cannot be, out of order, or not of so many values. */
enum { WEFT_SHARED_FIELDS = 13 };
void weft_shared_describe(const weft_shared *shared, int64_t *rows);
weft_status weft_shared_begin(weft_shared *shared, const int64_t *rows, int n_tensors,
                              size_t n_values, weft_error *error) WEFT_NODISCARD;

#endif
