/* SPDX-License-Identifier: Apache-2.0
 *
 * oneDNN 2.x (C API). See onednn.h. */
#include "learn/onednn.h"

#include <stdlib.h>

#include <oneapi/dnnl/dnnl.h>

enum { MAX_ARGUMENTS = 6, MAX_MEMORIES = 8, ALIGNMENT = 64 };

struct weft_dnn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};

typedef struct dnn_pass {
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t weights; /* the layout this pass wants, or makes */
    bool reorders;              /* `weights` is not the master layout */
    dnnl_primitive_t reorder;   /* master -> weights */
    size_t weights_bytes;       /* room of the reordered weights; 0 without */
    size_t scratchpad_bytes;
    dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
    int n_arguments;
    dnnl_exec_arg_t reorder_arguments[2];
    dnnl_memory_t memories[MAX_MEMORIES]; /* owned */
    int n_memories;
} dnn_pass;

struct weft_dnn_product {
    weft_dnn *dnn;
    weft_dnn_geometry geometry;
    dnnl_memory_desc_t input, output, bias, plain;
    dnn_pass passes[WEFT_DNN_PASSES];
};

#define DNN_TRY(call, what)                                                                        \
    do {                                                                                           \
        dnnl_status_t dnn_try_status_ = (call);                                                    \
        if (dnn_try_status_ != dnnl_success) {                                                     \
            return dnn_fail(error, dnn_try_status_, what);                                         \
        }                                                                                          \
    } while (0)

static weft_status dnn_fail(weft_error *error, dnnl_status_t status, const char *what) {
    if (status == dnnl_out_of_memory) {
        weft_fail(error, WEFT_ERROR_MEMORY, "oneDNN ran out of memory: %s", what);
        weft_hint(error, "use a smaller batch, smaller networks, or fewer jobs at once");
        return WEFT_ERROR_MEMORY;
    }
    return weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN answered with status %d: %s", (int)status,
                     what);
}

weft_status weft_dnn_create(weft_dnn **dnn, weft_error *error) {
    weft_dnn *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    dnnl_status_t status = dnnl_engine_create(&made->engine, dnnl_cpu, 0);
    if (status == dnnl_success) {
        status = dnnl_stream_create(&made->stream, made->engine, dnnl_stream_default_flags);
    }
    if (status != dnnl_success) {
        weft_dnn_destroy(made);
        return dnn_fail(error, status, "no CPU engine");
    }
    *dnn = made;
    return WEFT_OK;
}

void weft_dnn_destroy(weft_dnn *dnn) {
    if (dnn == NULL) {
        return;
    }
    if (dnn->stream != NULL) {
        dnnl_stream_destroy(dnn->stream);
    }
    if (dnn->engine != NULL) {
        dnnl_engine_destroy(dnn->engine);
    }
    free(dnn);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* A shape {d0, d1[, d2, d3]} in a fixed layout, or in any. */
static weft_status describe(dnnl_memory_desc_t *desc, const int64_t *sizes, int n,
                            dnnl_format_tag_t tag, weft_error *error) {
    dnnl_dims_t dims = {0};
    for (int i = 0; i < n; i++) {
        dims[i] = sizes[i];
    }
    DNN_TRY(dnnl_memory_desc_init_by_tag(desc, n, dims, dnnl_f32, tag), "a tensor's layout");
    return WEFT_OK;
}

static weft_status describe_all(weft_dnn_product *product, dnnl_memory_desc_t *any_weights,
                                weft_error *error) {
    const weft_dnn_geometry *g = &product->geometry;
    int n = g->linear ? 2 : 4;
    const int64_t input[] = {g->batch, g->in_channels, g->in_height, g->in_width};
    const int64_t output[] = {g->batch, g->out_channels, g->out_height, g->out_width};
    const int64_t weights[] = {g->out_channels, g->in_channels, g->kernel, g->kernel};
    const int64_t bias[] = {g->out_channels};
    dnnl_format_tag_t activations = g->linear ? dnnl_nc : dnnl_nhwc;
    WEFT_TRY(describe(&product->input, input, n, activations, error));
    WEFT_TRY(describe(&product->output, output, n, activations, error));
    WEFT_TRY(describe(&product->plain, weights, n, g->linear ? dnnl_oi : dnnl_oihw, error));
    WEFT_TRY(describe(any_weights, weights, n, dnnl_format_tag_any, error));
    return describe(&product->bias, bias, 1, dnnl_x, error);
}

/* The operation of a pass, ready for dnnl_primitive_desc_create. */
typedef union dnn_operation {
    dnnl_convolution_desc_t convolution;
    dnnl_inner_product_desc_t linear;
} dnn_operation;

static dnnl_status_t describe_linear(const weft_dnn_product *p, weft_dnn_pass pass,
                                     const dnnl_memory_desc_t *weights, dnn_operation *op) {
    const dnnl_memory_desc_t *bias = p->geometry.bias ? &p->bias : NULL;
    if (pass == WEFT_DNN_FORWARD) {
        return dnnl_inner_product_forward_desc_init(&op->linear, dnnl_forward_training, &p->input,
                                                    weights, bias, &p->output);
    }
    if (pass == WEFT_DNN_BACKWARD_DATA) {
        return dnnl_inner_product_backward_data_desc_init(&op->linear, &p->input, weights,
                                                          &p->output);
    }
    return dnnl_inner_product_backward_weights_desc_init(&op->linear, &p->input, weights, bias,
                                                         &p->output);
}

static dnnl_status_t describe_convolution(const weft_dnn_product *p, weft_dnn_pass pass,
                                          const dnnl_memory_desc_t *weights, dnn_operation *op) {
    const weft_dnn_geometry *g = &p->geometry;
    const dnnl_memory_desc_t *bias = g->bias ? &p->bias : NULL;
    const dnnl_dims_t strides = {g->stride, g->stride};
    const dnnl_dims_t before = {g->pad, g->pad};
    const dnnl_dims_t after = {
        (g->out_height - 1) * g->stride + g->kernel - g->in_height - g->pad,
        (g->out_width - 1) * g->stride + g->kernel - g->in_width - g->pad,
    };
    if (pass == WEFT_DNN_FORWARD) {
        return dnnl_convolution_forward_desc_init(&op->convolution, dnnl_forward_training,
                                                  dnnl_convolution_direct, &p->input, weights, bias,
                                                  &p->output, strides, before, after);
    }
    if (pass == WEFT_DNN_BACKWARD_DATA) {
        return dnnl_convolution_backward_data_desc_init(&op->convolution, dnnl_convolution_direct,
                                                        &p->input, weights, &p->output, strides,
                                                        before, after);
    }
    return dnnl_convolution_backward_weights_desc_init(&op->convolution, dnnl_convolution_direct,
                                                       &p->input, weights, bias, &p->output,
                                                       strides, before, after);
}

/* A copy of what the descriptor says about its weights. */
static dnnl_memory_desc_t chosen_weights(const dnn_pass *pass, weft_dnn_pass which) {
    dnnl_query_t query = which == WEFT_DNN_BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md
                                                            : dnnl_query_weights_md;
    return *dnnl_primitive_desc_query_md(pass->desc, query, 0);
}

static weft_status create_descriptor(weft_dnn_product *product, weft_dnn_pass which,
                                     const dnnl_memory_desc_t *any_weights,
                                     const_dnnl_primitive_attr_t attributes, weft_error *error) {
    dnn_pass *pass = &product->passes[which];
    const dnn_pass *forward = &product->passes[WEFT_DNN_FORWARD];
    dnn_operation op;
    DNN_TRY(product->geometry.linear ? describe_linear(product, which, any_weights, &op)
                                     : describe_convolution(product, which, any_weights, &op),
            "the shape of a layer");
    DNN_TRY(dnnl_primitive_desc_create(&pass->desc, &op, attributes, product->dnn->engine,
                                       which == WEFT_DNN_FORWARD ? NULL : forward->desc),
            "no kernel for a layer");
    pass->weights = chosen_weights(pass, which);
    pass->scratchpad_bytes = dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(pass->desc, dnnl_query_scratchpad_md, 0));
    return WEFT_OK;
}

/* ---- primitives ------------------------------------------------------------------------------ */

static bool pass_wanted(const weft_dnn_product *product, weft_dnn_pass which) {
    return which != WEFT_DNN_BACKWARD_DATA || product->geometry.input_gradient;
}

static weft_status create_reorder(weft_dnn *dnn, const dnnl_memory_desc_t *from,
                                  const dnnl_memory_desc_t *to, dnnl_primitive_t *reorder,
                                  weft_error *error) {
    dnnl_primitive_desc_t desc;
    DNN_TRY(dnnl_reorder_primitive_desc_create(&desc, from, dnn->engine, to, dnn->engine, NULL),
            "no reorder of weights");
    dnnl_status_t status = dnnl_primitive_create(reorder, desc);
    dnnl_primitive_desc_destroy(desc);
    DNN_TRY(status, "a reorder of weights");
    return WEFT_OK;
}

static weft_status create_primitive(weft_dnn_product *product, weft_dnn_pass which,
                                    weft_error *error) {
    dnn_pass *pass = &product->passes[which];
    const dnnl_memory_desc_t *master = &product->passes[WEFT_DNN_BACKWARD_WEIGHTS].weights;
    DNN_TRY(dnnl_primitive_create(&pass->primitive, pass->desc), "a kernel could not be made");
    pass->reorders = !dnnl_memory_desc_equal(&pass->weights, master);
    if (!pass->reorders) {
        return WEFT_OK;
    }
    pass->weights_bytes = dnnl_memory_desc_get_size(&pass->weights);
    return create_reorder(product->dnn, master, &pass->weights, &pass->reorder, error);
}

static weft_status create_passes(weft_dnn_product *product, weft_error *error) {
    dnnl_memory_desc_t any_weights;
    WEFT_TRY(describe_all(product, &any_weights, error));
    dnnl_primitive_attr_t attributes;
    DNN_TRY(dnnl_primitive_attr_create(&attributes), "attributes");
    weft_status status = WEFT_OK;
    if (dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) !=
        dnnl_success) {
        status = weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN refuses user scratchpads");
    }
    for (int which = 0; which < WEFT_DNN_PASSES && status == WEFT_OK; which++) {
        if (pass_wanted(product, (weft_dnn_pass)which)) {
            status =
                create_descriptor(product, (weft_dnn_pass)which, &any_weights, attributes, error);
        }
    }
    dnnl_primitive_attr_destroy(attributes);
    for (int which = 0; which < WEFT_DNN_PASSES && status == WEFT_OK; which++) {
        if (pass_wanted(product, (weft_dnn_pass)which)) {
            status = create_primitive(product, (weft_dnn_pass)which, error);
        }
    }
    return status;
}

weft_status weft_dnn_product_create(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                                    weft_dnn_product **product, weft_error *error) {
    weft_dnn_product *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->dnn = dnn;
    made->geometry = *geometry;
    weft_status status = create_passes(made, error);
    if (status != WEFT_OK) {
        weft_dnn_product_destroy(made);
        return status;
    }
    *product = made;
    return WEFT_OK;
}

static void destroy_pass(dnn_pass *pass) {
    for (int i = 0; i < pass->n_memories; i++) {
        dnnl_memory_destroy(pass->memories[i]);
    }
    if (pass->reorder != NULL) {
        dnnl_primitive_destroy(pass->reorder);
    }
    if (pass->primitive != NULL) {
        dnnl_primitive_destroy(pass->primitive);
    }
    if (pass->desc != NULL) {
        dnnl_primitive_desc_destroy(pass->desc);
    }
}

void weft_dnn_product_destroy(weft_dnn_product *product) {
    if (product == NULL) {
        return;
    }
    for (int which = 0; which < WEFT_DNN_PASSES; which++) {
        destroy_pass(&product->passes[which]);
    }
    free(product);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static size_t aligned(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

size_t weft_dnn_product_weights(const weft_dnn_product *product) {
    return dnnl_memory_desc_get_size(&product->passes[WEFT_DNN_BACKWARD_WEIGHTS].weights) /
           sizeof(float);
}

size_t weft_dnn_product_scratch(const weft_dnn_product *product, weft_dnn_pass pass) {
    const dnn_pass *p = &product->passes[pass];
    return aligned(p->weights_bytes) + aligned(p->scratchpad_bytes);
}

/* A memory object over `data`, owned by the pass. */
static weft_status wrap(weft_dnn *dnn, dnn_pass *pass, const dnnl_memory_desc_t *desc, void *data,
                        dnnl_memory_t *memory, weft_error *error) {
    DNN_TRY(dnnl_memory_create(memory, desc, dnn->engine, data), "a memory object");
    pass->memories[pass->n_memories++] = *memory;
    return WEFT_OK;
}

static weft_status bind_argument(weft_dnn *dnn, dnn_pass *pass, int name,
                                 const dnnl_memory_desc_t *desc, void *data, weft_error *error) {
    dnnl_memory_t memory;
    WEFT_TRY(wrap(dnn, pass, desc, data, &memory, error));
    pass->arguments[pass->n_arguments++] = (dnnl_exec_arg_t){.arg = name, .memory = memory};
    return WEFT_OK;
}

/* The weights as a pass reads them: the master copy, or a reordered one at the front of scratch. */
static weft_status bind_weights(weft_dnn_product *product, dnn_pass *pass, float *master,
                                void *scratch, weft_error *error) {
    if (!pass->reorders) {
        return bind_argument(product->dnn, pass, DNNL_ARG_WEIGHTS, &pass->weights, master, error);
    }
    dnnl_memory_t from;
    WEFT_TRY(wrap(product->dnn, pass, &product->passes[WEFT_DNN_BACKWARD_WEIGHTS].weights, master,
                  &from, error));
    WEFT_TRY(bind_argument(product->dnn, pass, DNNL_ARG_WEIGHTS, &pass->weights, scratch, error));
    dnnl_memory_t to = pass->arguments[pass->n_arguments - 1].memory;
    pass->reorder_arguments[0] = (dnnl_exec_arg_t){.arg = DNNL_ARG_FROM, .memory = from};
    pass->reorder_arguments[1] = (dnnl_exec_arg_t){.arg = DNNL_ARG_TO, .memory = to};
    return WEFT_OK;
}

static weft_status bind_scratchpad(weft_dnn_product *product, dnn_pass *pass, void *scratch,
                                   weft_error *error) {
    if (pass->scratchpad_bytes == 0) {
        return WEFT_OK;
    }
    return bind_argument(product->dnn, pass, DNNL_ARG_SCRATCHPAD,
                         dnnl_primitive_desc_query_md(pass->desc, dnnl_query_scratchpad_md, 0),
                         (char *)scratch + aligned(pass->weights_bytes), error);
}

static weft_status bind_forward(weft_dnn_product *product, const weft_dnn_places *places,
                                weft_error *error) {
    dnn_pass *pass = &product->passes[WEFT_DNN_FORWARD];
    void *scratch = places->scratch[WEFT_DNN_FORWARD];
    weft_dnn *dnn = product->dnn;
    WEFT_TRY(bind_argument(dnn, pass, DNNL_ARG_SRC, &product->input, places->input, error));
    WEFT_TRY(bind_argument(dnn, pass, DNNL_ARG_DST, &product->output, places->output, error));
    WEFT_TRY(bind_weights(product, pass, places->weights, scratch, error));
    if (product->geometry.bias) {
        WEFT_TRY(bind_argument(dnn, pass, DNNL_ARG_BIAS, &product->bias, places->bias, error));
    }
    return bind_scratchpad(product, pass, scratch, error);
}

static weft_status bind_backward_data(weft_dnn_product *product, const weft_dnn_places *places,
                                      weft_error *error) {
    dnn_pass *pass = &product->passes[WEFT_DNN_BACKWARD_DATA];
    void *scratch = places->scratch[WEFT_DNN_BACKWARD_DATA];
    WEFT_TRY(bind_argument(product->dnn, pass, DNNL_ARG_DIFF_SRC, &product->input,
                           places->input_gradient, error));
    WEFT_TRY(bind_argument(product->dnn, pass, DNNL_ARG_DIFF_DST, &product->output,
                           places->output_gradient, error));
    WEFT_TRY(bind_weights(product, pass, places->weights, scratch, error));
    return bind_scratchpad(product, pass, scratch, error);
}

static weft_status bind_backward_weights(weft_dnn_product *product, const weft_dnn_places *places,
                                         weft_error *error) {
    dnn_pass *pass = &product->passes[WEFT_DNN_BACKWARD_WEIGHTS];
    void *scratch = places->scratch[WEFT_DNN_BACKWARD_WEIGHTS];
    weft_dnn *dnn = product->dnn;
    WEFT_TRY(bind_argument(dnn, pass, DNNL_ARG_SRC, &product->input, places->input, error));
    WEFT_TRY(bind_argument(dnn, pass, DNNL_ARG_DIFF_DST, &product->output, places->output_gradient,
                           error));
    WEFT_TRY(bind_argument(dnn, pass, DNNL_ARG_DIFF_WEIGHTS, &pass->weights,
                           places->weights_gradient, error));
    if (product->geometry.bias) {
        WEFT_TRY(bind_argument(dnn, pass, DNNL_ARG_DIFF_BIAS, &product->bias, places->bias_gradient,
                               error));
    }
    return bind_scratchpad(product, pass, scratch, error);
}

weft_status weft_dnn_product_bind(weft_dnn_product *product, const weft_dnn_places *places,
                                  weft_error *error) {
    WEFT_TRY(bind_forward(product, places, error));
    if (product->geometry.input_gradient) {
        WEFT_TRY(bind_backward_data(product, places, error));
    }
    return bind_backward_weights(product, places, error);
}

/* ---- running --------------------------------------------------------------------------------- */

weft_status weft_dnn_product_run(weft_dnn_product *product, weft_dnn_pass pass, weft_error *error) {
    dnn_pass *p = &product->passes[pass];
    dnnl_stream_t stream = product->dnn->stream;
    if (p->reorders) {
        DNN_TRY(dnnl_primitive_execute(p->reorder, stream, 2, p->reorder_arguments),
                "reordering weights");
    }
    DNN_TRY(dnnl_primitive_execute(p->primitive, stream, p->n_arguments, p->arguments),
            "running a layer");
    DNN_TRY(dnnl_stream_wait(stream), "waiting for a layer");
    return WEFT_OK;
}

/* One reorder, made, run and thrown away. */
static weft_status convert(weft_dnn *dnn, const dnnl_memory_desc_t *from, const float *source,
                           const dnnl_memory_desc_t *to, float *target, weft_error *error) {
    dnn_pass once = {0};
    dnnl_memory_t memory_from, memory_to;
    /* oneDNN takes no const pointers; it only reads the source of a reorder. */
    void *readable = (void *)(uintptr_t)source;
    weft_status status = wrap(dnn, &once, from, readable, &memory_from, error);
    if (status == WEFT_OK) {
        status = wrap(dnn, &once, to, target, &memory_to, error);
    }
    if (status == WEFT_OK) {
        status = create_reorder(dnn, from, to, &once.reorder, error);
    }
    if (status == WEFT_OK) {
        const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, memory_from},
                                             {DNNL_ARG_TO, memory_to}};
        dnnl_status_t done = dnnl_primitive_execute(once.reorder, dnn->stream, 2, arguments);
        if (done == dnnl_success) {
            done = dnnl_stream_wait(dnn->stream);
        }
        if (done != dnnl_success) {
            status = dnn_fail(error, done, "converting weights");
        }
    }
    destroy_pass(&once);
    return status;
}

weft_status weft_dnn_product_import(weft_dnn_product *product, const float *plain, float *master,
                                    weft_error *error) {
    return convert(product->dnn, &product->plain, plain,
                   &product->passes[WEFT_DNN_BACKWARD_WEIGHTS].weights, master, error);
}

weft_status weft_dnn_product_export(weft_dnn_product *product, const float *master, float *plain,
                                    weft_error *error) {
    return convert(product->dnn, &product->passes[WEFT_DNN_BACKWARD_WEIGHTS].weights, master,
                   &product->plain, plain, error);
}

const char *weft_dnn_product_kernel(const weft_dnn_product *product, weft_dnn_pass pass) {
    const char *name = "";
    if (product->passes[pass].desc == NULL ||
        dnnl_primitive_desc_query(product->passes[pass].desc, dnnl_query_impl_info_str, 0, &name) !=
            dnnl_success) {
        return "none";
    }
    return name;
}
