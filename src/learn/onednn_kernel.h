/* SPDX-License-Identifier: Apache-2.0
 *
 * An operation of oneDNN in the implementation that is the fastest here. */
#ifndef WEFT_LEARN_ONEDNN_KERNEL_H
#define WEFT_LEARN_ONEDNN_KERNEL_H

#include "learn/onednn_door.h"
#include "learn/onednn_proof.h"

/* What a kernel is wanted for. */
typedef struct weft_dnn_task {
    weft_dnn_operation operation;
    weft_type type;                      /* of activations */
    const_dnnl_primitive_desc_t forward; /* as in weft_dnn_walk() */
    weft_dnn_layout plain;               /* of weights, f32; NULL: they are an activation, too */
    const char *key;                     /* names the task in the file of choices */
    const char *name; /* of the implementation to take; NULL: the fastest, as it was chosen */
    /* Whether the result over operands of weft_dnn_fill() is right: the destination, the source's
     * gradient, or the plain weights' gradient with the bias' (NULL without). */
    bool (*holds)(const void *context, const void *result, const float *bias);
    const void *context;
} weft_dnn_task;

typedef struct weft_dnn_kernel {
    dnnl_primitive_t primitive;
    const_dnnl_primitive_desc_t desc; /* the primitive's own */
    dnnl_prop_kind_t direction;
    dnnl_exec_arg_t arguments[WEFT_DNN_SLOTS]; /* the memory objects are owned */
    weft_dnn_slot slots[WEFT_DNN_SLOTS];       /* of each argument */
    void *bound[WEFT_DNN_SLOTS];               /* what each argument points to */
    int n;                                     /* arguments */
    size_t cleared;           /* bytes of scratch that must be zero to begin with */
    dnnl_primitive_t reorder; /* plain -> packed weights; their gradient packed -> plain; or NULL */
    dnnl_memory_t plain, packed; /* the reorder's two sides */
} weft_dnn_kernel;

/* Where the task names none: of the first implementations that oneDNN offers, the one that
 * weft_choices_best() finds; one that computes wrong counts as failed, and reference implementations
 * are taken only where there is no other. Fills `kernel`; nothing to destroy on failure. */
weft_status weft_dnn_kernel_make(weft_dnn *dnn, const weft_dnn_task *task, weft_dnn_kernel *kernel,
                                 weft_error *error) WEFT_NODISCARD;
void weft_dnn_kernel_destroy(weft_dnn_kernel *kernel); /* {0} is fine */

/* Bytes of a slot, 0 where the kernel has none. */
size_t weft_dnn_kernel_bytes(const weft_dnn_kernel *kernel, weft_dnn_slot slot);

const char *weft_dnn_kernel_name(const weft_dnn_kernel *kernel);

/* Computes, on the calling thread (see weft_dnn_alone); places[slot] for each slot with bytes. */
weft_status weft_dnn_kernel_run(weft_dnn *dnn, weft_dnn_kernel *kernel,
                                void *const places[WEFT_DNN_SLOTS],
                                weft_error *error) WEFT_NODISCARD;

/* Between plain weights and the kernel's own: to the latter, or, where the kernel makes a gradient,
 * to the former. */
weft_status weft_dnn_kernel_reorder(weft_dnn *dnn, weft_dnn_kernel *kernel, void *plain,
                                    void *packed, weft_error *error) WEFT_NODISCARD;

#endif
