/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/onednn_api.h"

#include <stdlib.h>

static void copy_dims(dnnl_dims_t to, const int64_t *from, int n) {
    for (int i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

#if DNNL_VERSION_MAJOR >= 3

dnnl_status_t weft_dnn_layout_tagged(weft_dnn_layout *layout, int n, const int64_t *sizes,
                                     dnnl_data_type_t type, dnnl_format_tag_t tag) {
    dnnl_dims_t dims = {0};
    dnnl_memory_desc_t made;
    copy_dims(dims, sizes, n);
    dnnl_status_t status = dnnl_memory_desc_create_with_tag(&made, n, dims, type, tag);
    if (status == dnnl_success) {
        *layout = made;
    }
    return status;
}

dnnl_status_t weft_dnn_layout_stepped(weft_dnn_layout *layout, int n, const int64_t *sizes,
                                      const int64_t *steps, dnnl_data_type_t type) {
    dnnl_dims_t dims = {0}, strides = {0};
    dnnl_memory_desc_t made;
    copy_dims(dims, sizes, n);
    copy_dims(strides, steps, n);
    dnnl_status_t status = dnnl_memory_desc_create_with_strides(&made, n, dims, type, strides);
    if (status == dnnl_success) {
        *layout = made;
    }
    return status;
}

void weft_dnn_layout_destroy(weft_dnn_layout layout) {
    if (layout != NULL) {
        dnnl_memory_desc_destroy((dnnl_memory_desc_t)(uintptr_t)layout);
    }
}

static dnnl_status_t first_convolution(dnnl_primitive_desc_t *desc, dnnl_engine_t engine,
                                       const weft_dnn_operation *o,
                                       const_dnnl_primitive_attr_t attributes,
                                       const_dnnl_primitive_desc_t forward) {
    const weft_dnn_windows *w = &o->windows;
    if (o->direction == dnnl_backward_data) {
        return dnnl_convolution_backward_data_primitive_desc_create(
            desc, engine, dnnl_convolution_direct, o->source, o->weights, o->destination,
            w->strides, w->holes, w->before, w->after, forward, attributes);
    }
    if (o->direction == dnnl_backward_weights) {
        return dnnl_convolution_backward_weights_primitive_desc_create(
            desc, engine, dnnl_convolution_direct, o->source, o->weights, o->bias, o->destination,
            w->strides, w->holes, w->before, w->after, forward, attributes);
    }
    return dnnl_convolution_forward_primitive_desc_create(
        desc, engine, o->direction, dnnl_convolution_direct, o->source, o->weights, o->bias,
        o->destination, w->strides, w->holes, w->before, w->after, attributes);
}

static dnnl_status_t first_linear(dnnl_primitive_desc_t *desc, dnnl_engine_t engine,
                                  const weft_dnn_operation *o,
                                  const_dnnl_primitive_attr_t attributes,
                                  const_dnnl_primitive_desc_t forward) {
    if (o->direction == dnnl_backward_data) {
        return dnnl_inner_product_backward_data_primitive_desc_create(
            desc, engine, o->source, o->weights, o->destination, forward, attributes);
    }
    if (o->direction == dnnl_backward_weights) {
        return dnnl_inner_product_backward_weights_primitive_desc_create(
            desc, engine, o->source, o->weights, o->bias, o->destination, forward, attributes);
    }
    return dnnl_inner_product_forward_primitive_desc_create(
        desc, engine, o->direction, o->source, o->weights, o->bias, o->destination, attributes);
}

static dnnl_status_t first(dnnl_primitive_desc_t *desc, dnnl_engine_t engine,
                           const weft_dnn_operation *o, const_dnnl_primitive_attr_t attributes,
                           const_dnnl_primitive_desc_t forward) {
    switch (o->work) {
    case WEFT_DNN_CONVOLUTION:
        return first_convolution(desc, engine, o, attributes, forward);
    case WEFT_DNN_LINEAR:
        return first_linear(desc, engine, o, attributes, forward);
    case WEFT_DNN_MATMUL:
        break;
    }
    return dnnl_matmul_primitive_desc_create(desc, engine, o->source, o->weights, o->bias,
                                             o->destination, attributes);
}

/* The descriptor is its own iterator: what is kept of it must be a copy. */
dnnl_status_t weft_dnn_walk(dnnl_engine_t engine, const weft_dnn_operation *operation,
                            const_dnnl_primitive_attr_t attributes,
                            const_dnnl_primitive_desc_t forward, weft_dnn_visit visit,
                            void *context) {
    dnnl_primitive_desc_t at, copy;
    dnnl_status_t status = first(&at, engine, operation, attributes, forward);
    if (status != dnnl_success) {
        return status;
    }
    do {
        status = dnnl_primitive_desc_clone(&copy, at);
    } while (status == dnnl_success && visit(context, copy) &&
             dnnl_primitive_desc_next_impl(at) == dnnl_success);
    dnnl_primitive_desc_destroy(at);
    return status;
}

#else

dnnl_status_t weft_dnn_layout_tagged(weft_dnn_layout *layout, int n, const int64_t *sizes,
                                     dnnl_data_type_t type, dnnl_format_tag_t tag) {
    dnnl_dims_t dims = {0};
    dnnl_memory_desc_t *made = malloc(sizeof *made);
    if (made == NULL) {
        return dnnl_out_of_memory;
    }
    copy_dims(dims, sizes, n);
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(made, n, dims, type, tag);
    if (status != dnnl_success) {
        free(made);
        return status;
    }
    *layout = made;
    return dnnl_success;
}

dnnl_status_t weft_dnn_layout_stepped(weft_dnn_layout *layout, int n, const int64_t *sizes,
                                      const int64_t *steps, dnnl_data_type_t type) {
    dnnl_dims_t dims = {0}, strides = {0};
    dnnl_memory_desc_t *made = malloc(sizeof *made);
    if (made == NULL) {
        return dnnl_out_of_memory;
    }
    copy_dims(dims, sizes, n);
    copy_dims(strides, steps, n);
    dnnl_status_t status = dnnl_memory_desc_init_by_strides(made, n, dims, type, strides);
    if (status != dnnl_success) {
        free(made);
        return status;
    }
    *layout = made;
    return dnnl_success;
}

void weft_dnn_layout_destroy(weft_dnn_layout layout) {
    free((void *)(uintptr_t)layout);
}

typedef union operation_desc {
    dnnl_convolution_desc_t convolution;
    dnnl_inner_product_desc_t linear;
    dnnl_matmul_desc_t matmul;
} operation_desc;

static dnnl_status_t describe_convolution(dnnl_convolution_desc_t *desc,
                                          const weft_dnn_operation *o) {
    const weft_dnn_windows *w = &o->windows;
    if (o->direction == dnnl_backward_data) {
        return dnnl_dilated_convolution_backward_data_desc_init(
            desc, dnnl_convolution_direct, o->source, o->weights, o->destination, w->strides,
            w->holes, w->before, w->after);
    }
    if (o->direction == dnnl_backward_weights) {
        return dnnl_dilated_convolution_backward_weights_desc_init(
            desc, dnnl_convolution_direct, o->source, o->weights, o->bias, o->destination,
            w->strides, w->holes, w->before, w->after);
    }
    return dnnl_dilated_convolution_forward_desc_init(
        desc, o->direction, dnnl_convolution_direct, o->source, o->weights, o->bias, o->destination,
        w->strides, w->holes, w->before, w->after);
}

static dnnl_status_t describe_linear(dnnl_inner_product_desc_t *desc, const weft_dnn_operation *o) {
    if (o->direction == dnnl_backward_data) {
        return dnnl_inner_product_backward_data_desc_init(desc, o->source, o->weights,
                                                          o->destination);
    }
    if (o->direction == dnnl_backward_weights) {
        return dnnl_inner_product_backward_weights_desc_init(desc, o->source, o->weights, o->bias,
                                                             o->destination);
    }
    return dnnl_inner_product_forward_desc_init(desc, o->direction, o->source, o->weights, o->bias,
                                                o->destination);
}

static dnnl_status_t describe(operation_desc *desc, const weft_dnn_operation *o) {
    switch (o->work) {
    case WEFT_DNN_CONVOLUTION:
        return describe_convolution(&desc->convolution, o);
    case WEFT_DNN_LINEAR:
        return describe_linear(&desc->linear, o);
    case WEFT_DNN_MATMUL:
        break;
    }
    return dnnl_matmul_desc_init(&desc->matmul, o->source, o->weights, o->bias, o->destination);
}

dnnl_status_t weft_dnn_walk(dnnl_engine_t engine, const weft_dnn_operation *operation,
                            const_dnnl_primitive_attr_t attributes,
                            const_dnnl_primitive_desc_t forward, weft_dnn_visit visit,
                            void *context) {
    operation_desc desc;
    dnnl_primitive_desc_iterator_t at;
    dnnl_status_t status = describe(&desc, operation);
    if (status == dnnl_success) {
        status = dnnl_primitive_desc_iterator_create(&at, &desc, attributes, engine, forward);
    }
    if (status != dnnl_success) {
        return status;
    }
    dnnl_primitive_desc_t found;
    do {
        found = dnnl_primitive_desc_iterator_fetch(at);
        status = found != NULL ? dnnl_success : dnnl_out_of_memory;
    } while (status == dnnl_success && visit(context, found) &&
             dnnl_primitive_desc_iterator_next(at) == dnnl_success);
    dnnl_primitive_desc_iterator_destroy(at);
    return status;
}

#endif
