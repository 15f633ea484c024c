/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between the C APIs of oneDNN 2.x and 3.x, behind one set of names; only the door
 * (onednn*.c) sees it. What is the same in both (memory, primitives, attributes, queries) goes by
 * its own name. */
#ifndef WEFT_LEARN_ONEDNN_API_H
#define WEFT_LEARN_ONEDNN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <oneapi/dnnl/dnnl.h>

/* How a tensor lies in memory: in 2.x the address of a struct, in 3.x a handle. Owned where
 * weft_dnn_layout_... made it, borrowed where a descriptor was asked for it. */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t weft_dnn_layout;
#else
typedef const dnnl_memory_desc_t *weft_dnn_layout;
#endif

/* A tensor of `n` sizes whose layout has a name ("any" included). */
dnnl_status_t weft_dnn_layout_tagged(weft_dnn_layout *layout, int n, const int64_t *sizes,
                                     dnnl_data_type_t type, dnnl_format_tag_t tag);

/* One whose dimensions step by `steps` elements. */
dnnl_status_t weft_dnn_layout_stepped(weft_dnn_layout *layout, int n, const int64_t *sizes,
                                      const int64_t *steps, dnnl_data_type_t type);

void weft_dnn_layout_destroy(weft_dnn_layout layout);

typedef enum weft_dnn_work { WEFT_DNN_CONVOLUTION, WEFT_DNN_LINEAR, WEFT_DNN_MATMUL } weft_dnn_work;

/* The windows of a convolution, (height, width): steps, holes between taps, padding at the ends. */
typedef struct weft_dnn_windows {
    dnnl_dims_t strides, holes, before, after;
} weft_dnn_windows;

/* Something to compute. The layouts are the tensors themselves in the forward direction, their
 * gradients where the direction makes or takes gradients; for a matmul `source` (A) times `weights`
 * (B) is `destination` (C). */
typedef struct weft_dnn_operation {
    weft_dnn_work work;
    dnnl_prop_kind_t
        direction; /* forward_training (all a matmul knows), backward_data or _weights */
    weft_dnn_layout source, weights, destination;
    weft_dnn_layout bias;     /* NULL: none */
    weft_dnn_windows windows; /* of a convolution */
} weft_dnn_operation;

/* Takes an implementation over; false ends the walk. */
typedef bool (*weft_dnn_visit)(void *context, dnnl_primitive_desc_t implementation);

/* Calls `visit` for the implementations of an operation, the library's favourite first. `forward`
 * is an implementation of the same layer's forward direction, NULL in that direction itself.
 *
 * Where a primitive of the same operation and attributes is in the process's cache, the library
 * gives implementations twice and out of order. */
dnnl_status_t weft_dnn_walk(dnnl_engine_t engine, const weft_dnn_operation *operation,
                            const_dnnl_primitive_attr_t attributes,
                            const_dnnl_primitive_desc_t forward, weft_dnn_visit visit,
                            void *context);

#endif
