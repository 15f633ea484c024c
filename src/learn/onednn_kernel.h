/* SPDX-License-Identifier: Apache-2.0
 *
 * An operation of oneDNN in the implementation that is the fastest here. */
#ifndef WEFT_LEARN_ONEDNN_KERNEL_H
#define WEFT_LEARN_ONEDNN_KERNEL_H

#include "learn/onednn_door.h"

/* The tensors of an operation, gradients where its direction says so; SCRATCH is what the kernel
 * needs while it runs. */
typedef enum weft_dnn_slot {
    WEFT_DNN_SOURCE,
    WEFT_DNN_WEIGHTS,
    WEFT_DNN_BIAS,
    WEFT_DNN_DESTINATION,
    WEFT_DNN_SCRATCH,
    WEFT_DNN_SLOTS
} weft_dnn_slot;

typedef struct weft_dnn_kernel {
    dnnl_primitive_t primitive;
    const_dnnl_primitive_desc_t desc; /* the primitive's own */
    dnnl_prop_kind_t direction;
    dnnl_exec_arg_t arguments[WEFT_DNN_SLOTS]; /* the memory objects are owned */
    weft_dnn_slot slots[WEFT_DNN_SLOTS];       /* of each argument */
    void *bound[WEFT_DNN_SLOTS];               /* what each argument points to */
    int n;                                     /* arguments */
    size_t cleared; /* bytes of scratch that must be zero to begin with */
} weft_dnn_kernel;

/* Of the first implementations that oneDNN offers, the one that weft_choices_best() finds; reference
 * implementations only where there is no other. `key` names the operation, `forward` as in
 * weft_dnn_walk(). Fills `kernel`; nothing to destroy on failure. */
weft_status weft_dnn_kernel_make(weft_dnn *dnn, const weft_dnn_operation *operation,
                                 const_dnnl_primitive_desc_t forward, const char *key,
                                 weft_dnn_kernel *kernel, weft_error *error) WEFT_NODISCARD;
void weft_dnn_kernel_destroy(weft_dnn_kernel *kernel); /* {0} is fine */

/* How a slot lies in memory, and its bytes, 0 where the kernel has none. */
weft_dnn_layout weft_dnn_kernel_layout(const weft_dnn_kernel *kernel, weft_dnn_slot slot);
size_t weft_dnn_kernel_bytes(const weft_dnn_kernel *kernel, weft_dnn_slot slot);

const char *weft_dnn_kernel_name(const weft_dnn_kernel *kernel);

/* Computes, on the calling thread (see weft_dnn_alone); places[slot] for each slot that has bytes. */
weft_status weft_dnn_kernel_run(weft_dnn *dnn, weft_dnn_kernel *kernel,
                                void *const places[WEFT_DNN_SLOTS],
                                weft_error *error) WEFT_NODISCARD;

#endif
