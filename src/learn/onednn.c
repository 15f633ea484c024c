/* SPDX-License-Identifier: Apache-2.0
 *
 * The door and the products of weighted layers. How implementations are found and chosen:
 * onednn_kernel.c; what differs between versions of oneDNN: onednn_api.c.
 *
 * A window of 1 x 1 with a stride never reaches oneDNN: its f32 kernel of `backward weights` for
 * NHWC and fewer than 16 channels writes past its memory (2.6.3, 3.7.2; uxlfoundation/oneDNN issue
 * 6035). The positions that such a window sees are taken apart first (onednn_sample.h). */
#include "learn/onednn.h"

#include "learn/onednn_door.h"
#include "learn/onednn_kernel.h"
#include "learn/onednn_sample.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

typedef struct product_pass {
    weft_dnn_kernel kernel;
    size_t sampled; /* bytes of a sampled map at the front of scratch; 0: none */
} product_pass;

struct weft_dnn_product {
    weft_dnn_item item;
    weft_dnn *dnn;
    weft_dnn_geometry geometry; /* as asked for: the key */
    weft_dnn_geometry run;      /* as run: without the stride where `sampled` */
    bool sampled;
    product_pass passes[WEFT_DNN_PASSES];
};

/* ---- what a door needs ----------------------------------------------------------------------- */

weft_status weft_dnn_fail(weft_error *error, dnnl_status_t status, const char *what) {
    if (status == dnnl_out_of_memory) {
        weft_fail(error, WEFT_ERROR_MEMORY, "oneDNN ran out of memory: %s", what);
        weft_hint(error, "use a smaller batch, smaller networks, or fewer jobs at once");
        return WEFT_ERROR_MEMORY;
    }
    return weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN answered with status %d: %s", (int)status,
                     what);
}

bool weft_dnn_has_bf16(void) {
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    unsigned bf16 = (unsigned)dnnl_cpu_isa_avx512_core_bf16;
    return (isa & bf16) == bf16;
}

weft_status weft_dnn_check_type(int32_t type, weft_error *error) {
    if (type != WEFT_F32 && type != WEFT_BF16) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "there is no type %d of activations",
                         (int)type);
    }
    if (type == WEFT_BF16 && !weft_dnn_has_bf16()) {
        weft_fail(error, WEFT_ERROR_UNAVAILABLE, "this processor does not compute in bf16");
        weft_hint(error, "train in f32; bf16 needs AVX-512 with its BF16 instructions, or AMX");
        return WEFT_ERROR_UNAVAILABLE;
    }
    return WEFT_OK;
}

/* The kind of CPU: its name, and family, model and stepping as its maker counts them. */
static void name_cpu(char *name, size_t size) {
    snprintf(name, size, "cpu");
#if defined(__x86_64__)
    enum { BRAND = 0x80000002, BRAND_LEAVES = 3 };
    unsigned words[BRAND_LEAVES * 4] = {0}, signature = 0, b, c, d;
    for (unsigned i = 0; i < BRAND_LEAVES; i++) {
        unsigned *w = words + (size_t)4 * i;
        __get_cpuid(BRAND + i, &w[0], &w[1], &w[2], &w[3]);
    }
    __get_cpuid(1, &signature, &b, &c, &d);
    char brand[sizeof words + 1] = "";
    memcpy(brand, words, sizeof words);
    snprintf(name, size, "%s-%x", brand, signature);
#endif
}

/* All that the speeds of kernels depend on, as far as it can be told. */
static weft_status open_choices(weft_dnn *dnn, weft_error *error) {
    char cpu[64], id[160];
    const dnnl_version_t *version = dnnl_version();
    name_cpu(cpu, sizeof cpu);
    snprintf(id, sizeof id, "%s-isa%x-onednn%d.%d.%d-weft%s", cpu,
             (unsigned)dnnl_get_effective_cpu_isa(), version->major, version->minor, version->patch,
             weft_version());
    return weft_choices_open(id, &dnn->choices, error);
}

static weft_status fill_door(weft_dnn *dnn, weft_error *error) {
    WEFT_DNN_TRY(dnnl_engine_create(&dnn->engine, dnnl_cpu, 0), "no CPU engine");
    WEFT_DNN_TRY(dnnl_stream_create(&dnn->stream, dnn->engine, dnnl_stream_default_flags),
                 "no stream");
    WEFT_DNN_TRY(dnnl_primitive_attr_create(&dnn->listing), "attributes");
    WEFT_DNN_TRY(dnnl_primitive_attr_create(&dnn->with_scratch), "attributes");
    WEFT_DNN_TRY(
        dnnl_primitive_attr_set_scratchpad_mode(dnn->with_scratch, dnnl_scratchpad_mode_user),
        "scratch memory of the caller's");
    return open_choices(dnn, error);
}

weft_status weft_dnn_create(weft_dnn **dnn, weft_error *error) {
    weft_dnn *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill_door(made, error);
    if (status != WEFT_OK) {
        weft_dnn_destroy(made);
        return status;
    }
    *dnn = made;
    return WEFT_OK;
}

/* A thing of a table begins with its item. */
static void destroy_things(weft_dnn *dnn) {
    for (size_t i = 0; i < dnn->products.size; i++) {
        weft_dnn_product_destroy((weft_dnn_product *)dnn->products.places[i]);
    }
    for (size_t i = 0; i < dnn->matmuls.size; i++) {
        weft_dnn_matmul_destroy((weft_dnn_matmul *)dnn->matmuls.places[i]);
    }
    weft_dnn_table_clear(&dnn->products);
    weft_dnn_table_clear(&dnn->matmuls);
}

void weft_dnn_destroy(weft_dnn *dnn) {
    if (dnn == NULL) {
        return;
    }
    destroy_things(dnn);
    weft_choices_close(dnn->choices);
    if (dnn->with_scratch != NULL) {
        dnnl_primitive_attr_destroy(dnn->with_scratch);
    }
    if (dnn->listing != NULL) {
        dnnl_primitive_attr_destroy(dnn->listing);
    }
    if (dnn->stream != NULL) {
        dnnl_stream_destroy(dnn->stream);
    }
    if (dnn->engine != NULL) {
        dnnl_engine_destroy(dnn->engine);
    }
    free(dnn);
}

/* ---- geometry -------------------------------------------------------------------------------- */

/* How far the last window reaches beyond the map and the padding in front of it. */
static int64_t reach(int in, int out, int kernel, int stride, int pad, int dilation) {
    return (int64_t)(out - 1) * stride + (int64_t)(kernel - 1) * dilation + 1 - in - pad;
}

/* Windows fit where the last one touches the map, and where no further one would. */
static bool side_fits(int in, int out, int kernel, int stride, int pad, int dilation) {
    if (in < 1 || out < 1 || kernel < 1 || stride < 1 || pad < 0 || dilation < 1) {
        return false;
    }
    int64_t last = (int64_t)(out - 1) * stride - pad, window = (int64_t)(kernel - 1) * dilation + 1;
    return last + window < INT_MAX && pad < window && last < in &&
           reach(in, out, kernel, stride, pad, dilation) > -stride;
}

/* A 1 x 1 window may also lie on padding alone: it is sampled. */
static bool sampled_side_fits(int in, int out, int stride, int pad) {
    return in >= 1 && out >= 1 && stride >= 1 && pad >= 0 && pad < INT_MAX / 4 &&
           (int64_t)(out - 1) * stride < INT_MAX;
}

static bool is_sampled(const weft_dnn_geometry *g) {
    return !g->linear && g->kernel_height == 1 && g->kernel_width == 1 &&
           (g->stride_height > 1 || g->stride_width > 1 || g->pad_height > 0 || g->pad_width > 0);
}

static bool windows_fit(const weft_dnn_geometry *g) {
    if (is_sampled(g)) {
        return sampled_side_fits(g->in_height, g->out_height, g->stride_height, g->pad_height) &&
               sampled_side_fits(g->in_width, g->out_width, g->stride_width, g->pad_width);
    }
    return side_fits(g->in_height, g->out_height, g->kernel_height, g->stride_height, g->pad_height,
                     g->dilation_height) &&
           side_fits(g->in_width, g->out_width, g->kernel_width, g->stride_width, g->pad_width,
                     g->dilation_width);
}

static weft_status check_geometry(const weft_dnn_geometry *g, weft_error *error) {
    WEFT_TRY(weft_dnn_check_type(g->type, error));
    if (g->batch < 1 || g->in_channels < 1 || g->out_channels < 1) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "a layer of %d channels to %d for %d images cannot be computed",
                         (int)g->in_channels, (int)g->out_channels, (int)g->batch);
    }
    if (g->linear) {
        return WEFT_OK;
    }
    if (g->groups < 1 || g->in_channels % g->groups != 0 || g->out_channels % g->groups != 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%d channels to %d cannot be parted into %d groups", (int)g->in_channels,
                         (int)g->out_channels, (int)g->groups);
    }
    if (!windows_fit(g)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "windows of %d x %d do not lead from a map of %d x %d to one of %d x %d",
                         (int)g->kernel_height, (int)g->kernel_width, (int)g->in_height,
                         (int)g->in_width, (int)g->out_height, (int)g->out_width);
    }
    return WEFT_OK;
}

/* The same convolution on the sampled map. */
static weft_dnn_geometry without_stride(const weft_dnn_geometry *g) {
    weft_dnn_geometry result = *g;
    result.in_height = g->out_height;
    result.in_width = g->out_width;
    result.stride_height = result.stride_width = 1;
    result.pad_height = result.pad_width = 0;
    result.dilation_height = result.dilation_width = 1;
    return result;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* Layouts of a product; owned. `weights` and `gradient` leave the layout to the kernel. */
typedef struct layouts {
    weft_dnn_layout source, destination, weights, gradient, bias, plain;
} layouts;

static void destroy_layouts(layouts *l) {
    weft_dnn_layout_destroy(l->source);
    weft_dnn_layout_destroy(l->destination);
    weft_dnn_layout_destroy(l->weights);
    weft_dnn_layout_destroy(l->gradient);
    weft_dnn_layout_destroy(l->bias);
    weft_dnn_layout_destroy(l->plain);
}

typedef struct weights_shape {
    int64_t sizes[5];
    int n;
    dnnl_format_tag_t plain;
} weights_shape;

static weights_shape shape_weights(const weft_dnn_geometry *g) {
    if (g->linear) {
        return (weights_shape){{g->out_channels, g->in_channels}, 2, dnnl_oi};
    }
    if (g->groups == 1) {
        return (weights_shape){
            {g->out_channels, g->in_channels, g->kernel_height, g->kernel_width}, 4, dnnl_oihw};
    }
    return (weights_shape){{g->groups, g->out_channels / g->groups, g->in_channels / g->groups,
                            g->kernel_height, g->kernel_width},
                           5,
                           dnnl_goihw};
}

/* What is made before a failure is destroyed with the rest. */
static weft_status make_layouts(const weft_dnn_geometry *g, layouts *l, weft_error *error) {
    dnnl_data_type_t type = weft_dnn_type(g->type);
    dnnl_format_tag_t tag = g->linear ? dnnl_nc : dnnl_nhwc;
    int n = g->linear ? 2 : 4;
    const int64_t source[] = {g->batch, g->in_channels, g->in_height, g->in_width};
    const int64_t destination[] = {g->batch, g->out_channels, g->out_height, g->out_width};
    const int64_t bias[] = {g->out_channels};
    const char *what = "a tensor's layout";
    weights_shape w = shape_weights(g);
    WEFT_DNN_TRY(weft_dnn_layout_tagged(&l->source, n, source, type, tag), what);
    WEFT_DNN_TRY(weft_dnn_layout_tagged(&l->destination, n, destination, type, tag), what);
    WEFT_DNN_TRY(weft_dnn_layout_tagged(&l->weights, w.n, w.sizes, type, dnnl_format_tag_any),
                 what);
    WEFT_DNN_TRY(weft_dnn_layout_tagged(&l->gradient, w.n, w.sizes, dnnl_f32, dnnl_format_tag_any),
                 what);
    WEFT_DNN_TRY(weft_dnn_layout_tagged(&l->plain, w.n, w.sizes, dnnl_f32, w.plain), what);
    WEFT_DNN_TRY(weft_dnn_layout_tagged(&l->bias, 1, bias, dnnl_f32, dnnl_x), what);
    return WEFT_OK;
}

/* Padding behind the map is what the size of the output asks for. */
static weft_dnn_windows windows_of(const weft_dnn_geometry *g) {
    int64_t bottom = reach(g->in_height, g->out_height, g->kernel_height, g->stride_height,
                           g->pad_height, g->dilation_height);
    int64_t right = reach(g->in_width, g->out_width, g->kernel_width, g->stride_width, g->pad_width,
                          g->dilation_width);
    return (weft_dnn_windows){
        .strides = {g->stride_height, g->stride_width},
        .holes = {g->dilation_height - 1, g->dilation_width - 1},
        .before = {g->pad_height, g->pad_width},
        .after = {bottom > 0 ? bottom : 0, right > 0 ? right : 0},
    };
}

static weft_dnn_operation operation_of(const weft_dnn_geometry *g, const layouts *l,
                                       weft_dnn_pass pass) {
    static const dnnl_prop_kind_t DIRECTIONS[] = {dnnl_forward_training, dnnl_backward_data,
                                                  dnnl_backward_weights};
    weft_dnn_operation o = {.work = g->linear ? WEFT_DNN_LINEAR : WEFT_DNN_CONVOLUTION,
                            .direction = DIRECTIONS[pass],
                            .source = l->source,
                            .destination = l->destination};
    o.weights = pass == WEFT_DNN_BACKWARD_WEIGHTS ? l->gradient : l->weights;
    o.bias = g->bias && pass != WEFT_DNN_BACKWARD_DATA ? l->bias : NULL;
    if (!g->linear) {
        o.windows = windows_of(g);
    }
    return o;
}

const char *weft_dnn_pass_name(weft_dnn_pass pass) {
    static const char *const NAMES[] = {"forward", "backward-data", "backward-weights"};
    return NAMES[pass];
}

void weft_dnn_geometry_name(const weft_dnn_geometry *g, char *text) {
    int n = snprintf(text, WEFT_DNN_NAME, "%s|n%d|%d>%d%s", g->type == WEFT_BF16 ? "bf16" : "f32",
                     (int)g->batch, (int)g->in_channels, (int)g->out_channels, g->bias ? "+b" : "");
    if (!g->linear) {
        snprintf(text + n, WEFT_DNN_NAME - (size_t)n,
                 "|%dx%d>%dx%d|k%dx%d|s%dx%d|p%dx%d|d%dx%d|g%d", (int)g->in_height,
                 (int)g->in_width, (int)g->out_height, (int)g->out_width, (int)g->kernel_height,
                 (int)g->kernel_width, (int)g->stride_height, (int)g->stride_width,
                 (int)g->pad_height, (int)g->pad_width, (int)g->dilation_height,
                 (int)g->dilation_width, (int)g->groups);
    }
}

/* ---- passes ---------------------------------------------------------------------------------- */

static bool pass_wanted(const weft_dnn_product *product, weft_dnn_pass pass) {
    return pass != WEFT_DNN_BACKWARD_DATA || product->geometry.input_gradient;
}

static bool forward_holds(const void *context, const void *result, const float *bias) {
    return weft_dnn_layer_holds(context, WEFT_DNN_FORWARD, result, bias);
}

static bool data_holds(const void *context, const void *result, const float *bias) {
    return weft_dnn_layer_holds(context, WEFT_DNN_BACKWARD_DATA, result, bias);
}

static bool weights_hold(const void *context, const void *result, const float *bias) {
    return weft_dnn_layer_holds(context, WEFT_DNN_BACKWARD_WEIGHTS, result, bias);
}

/* A product while it is made. */
typedef struct making {
    weft_dnn_product *product;
    const weft_dnn_product *model; /* whose kernels it takes; NULL: they are chosen */
    layouts layouts;
} making;

static weft_status make_pass(const making *m, weft_dnn_pass pass,
                             const_dnnl_primitive_desc_t forward, weft_error *error) {
    static bool (*const HOLDS[])(const void *, const void *,
                                 const float *) = {forward_holds, data_holds, weights_hold};
    char geometry[WEFT_DNN_NAME], key[256];
    weft_dnn_product *product = m->product;
    const weft_dnn_geometry *g = &product->run;
    product_pass *p = &product->passes[pass];
    weft_dnn_geometry_name(g, geometry);
    snprintf(key, sizeof key, "%s|%s|%s", weft_dnn_pass_name(pass), g->linear ? "linear" : "conv",
             geometry);
    const weft_dnn_task task = {.operation = operation_of(g, &m->layouts, pass),
                                .type = (weft_type)g->type,
                                .forward = forward,
                                .plain = m->layouts.plain,
                                .key = key,
                                .name = m->model != NULL ? weft_dnn_product_kernel(m->model, pass)
                                                         : NULL,
                                .holds = HOLDS[pass],
                                .context = g};
    WEFT_TRY(weft_dnn_kernel_make(product->dnn, &task, &p->kernel, error));
    if (product->sampled) {
        p->sampled = weft_dnn_aligned((size_t)g->batch * (size_t)g->in_height *
                                      (size_t)g->in_width * (size_t)g->in_channels *
                                      weft_type_size((weft_type)g->type));
    }
    return WEFT_OK;
}

/* Both backward passes ask for a descriptor of the forward one. */
static weft_status make_passes(const making *m, weft_error *error) {
    WEFT_TRY(make_pass(m, WEFT_DNN_FORWARD, NULL, error));
    const_dnnl_primitive_desc_t forward = m->product->passes[WEFT_DNN_FORWARD].kernel.desc;
    for (int pass = WEFT_DNN_BACKWARD_DATA; pass < WEFT_DNN_PASSES; pass++) {
        if (pass_wanted(m->product, (weft_dnn_pass)pass)) {
            WEFT_TRY(make_pass(m, (weft_dnn_pass)pass, forward, error));
        }
    }
    return WEFT_OK;
}

void weft_dnn_product_destroy(weft_dnn_product *product) {
    if (product == NULL) {
        return;
    }
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        weft_dnn_kernel_destroy(&product->passes[pass].kernel);
    }
    free(product);
}

static weft_status fill_product(weft_dnn_product *product, const weft_dnn_product *model,
                                weft_error *error) {
    making m = {.product = product, .model = model};
    weft_status status = make_layouts(&product->run, &m.layouts, error);
    if (status == WEFT_OK) {
        status = make_passes(&m, error);
    }
    destroy_layouts(&m.layouts);
    return status;
}

static weft_status make_product(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                                const weft_dnn_product *model, weft_dnn_product **product,
                                weft_error *error) {
    WEFT_TRY(check_geometry(geometry, error));
    weft_dnn_product *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->dnn = dnn;
    made->geometry = *geometry;
    made->sampled = is_sampled(geometry);
    made->run = made->sampled ? without_stride(geometry) : *geometry;
    weft_status status = fill_product(made, model, error);
    if (status == WEFT_OK) {
        status = weft_dnn_table_add(&dnn->products, &made->item, &made->geometry,
                                    sizeof made->geometry, error);
    }
    if (status != WEFT_OK) {
        weft_dnn_product_destroy(made);
        return status;
    }
    *product = made;
    return WEFT_OK;
}

/* ---- running --------------------------------------------------------------------------------- */

/* oneDNN takes no const pointers; what it only reads it leaves as it is. */
static void *readable(const void *data) {
    return (void *)(uintptr_t)data;
}

static weft_status run_forward(weft_dnn_product *product, const weft_dnn_places *places,
                               weft_error *error) {
    product_pass *p = &product->passes[WEFT_DNN_FORWARD];
    void *input = readable(places->input);
    if (product->sampled) {
        weft_dnn_sample(&product->geometry, places->input, places->scratch);
        input = places->scratch;
    }
    void *const slots[WEFT_DNN_SLOTS] = {input, readable(places->weights), readable(places->bias),
                                         places->output, (char *)places->scratch + p->sampled};
    return weft_dnn_kernel_run(product->dnn, &p->kernel, slots, error);
}

static weft_status run_backward_data(weft_dnn_product *product, const weft_dnn_places *places,
                                     weft_error *error) {
    product_pass *p = &product->passes[WEFT_DNN_BACKWARD_DATA];
    void *gradient = product->sampled ? places->scratch : places->input_gradient;
    void *const slots[WEFT_DNN_SLOTS] = {gradient, readable(places->weights), NULL,
                                         readable(places->output_gradient),
                                         (char *)places->scratch + p->sampled};
    WEFT_TRY(weft_dnn_kernel_run(product->dnn, &p->kernel, slots, error));
    if (product->sampled) {
        weft_dnn_spread(&product->geometry, places->scratch, places->input_gradient);
    }
    return WEFT_OK;
}

static weft_status run_backward_weights(weft_dnn_product *product, const weft_dnn_places *places,
                                        weft_error *error) {
    product_pass *p = &product->passes[WEFT_DNN_BACKWARD_WEIGHTS];
    void *input = readable(places->input);
    if (product->sampled) {
        weft_dnn_sample(&product->geometry, places->input, places->scratch);
        input = places->scratch;
    }
    void *const slots[WEFT_DNN_SLOTS] = {input, places->weights_gradient, places->bias_gradient,
                                         readable(places->output_gradient),
                                         (char *)places->scratch + p->sampled};
    return weft_dnn_kernel_run(product->dnn, &p->kernel, slots, error);
}

static weft_status check_pass(const weft_dnn_product *product, weft_dnn_pass pass,
                              weft_error *error) {
    if (product->passes[pass].kernel.primitive == NULL) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "the %s pass of a layer was not asked for",
                         weft_dnn_pass_name(pass));
    }
    return WEFT_OK;
}

/* ---- the outside ----------------------------------------------------------------------------- */

static weft_status get_product(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                               const weft_dnn_product *model, weft_dnn_product **product,
                               weft_error *error) {
    weft_dnn_item *known = weft_dnn_table_find(&dnn->products, geometry, sizeof *geometry);
    if (known != NULL) {
        *product = (weft_dnn_product *)known;
        return WEFT_OK;
    }
    int before = weft_dnn_alone();
    weft_status status = make_product(dnn, geometry, model, product, error);
    weft_dnn_not_alone(before);
    return status;
}

weft_status weft_dnn_product_get(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                                 weft_dnn_product **product, weft_error *error) {
    return get_product(dnn, geometry, NULL, product, error);
}

weft_status weft_dnn_product_like(weft_dnn *dnn, const weft_dnn_product *model,
                                  weft_dnn_product **product, weft_error *error) {
    return get_product(dnn, &model->geometry, model, product, error);
}

weft_choices *weft_dnn_choices(const weft_dnn *dnn) {
    return dnn->choices;
}

size_t weft_dnn_product_packed(const weft_dnn_product *product, weft_dnn_pass pass) {
    const weft_dnn_kernel *kernel = &product->passes[pass].kernel;
    return kernel->primitive != NULL ? weft_dnn_kernel_bytes(kernel, WEFT_DNN_WEIGHTS) : 0;
}

size_t weft_dnn_product_scratch(const weft_dnn_product *product, weft_dnn_pass pass) {
    const product_pass *p = &product->passes[pass];
    return p->kernel.primitive != NULL
               ? p->sampled + weft_dnn_kernel_bytes(&p->kernel, WEFT_DNN_SCRATCH)
               : 0;
}

weft_status weft_dnn_product_run(weft_dnn_product *product, weft_dnn_pass pass,
                                 const weft_dnn_places *places, weft_error *error) {
    WEFT_TRY(check_pass(product, pass, error));
    int before = weft_dnn_alone();
    weft_status status = pass == WEFT_DNN_FORWARD ? run_forward(product, places, error)
                         : pass == WEFT_DNN_BACKWARD_DATA
                             ? run_backward_data(product, places, error)
                             : run_backward_weights(product, places, error);
    weft_dnn_not_alone(before);
    return status;
}

weft_status weft_dnn_product_pack(weft_dnn_product *product, weft_dnn_pass pass, const float *plain,
                                  void *packed, weft_error *error) {
    WEFT_TRY(check_pass(product, pass, error));
    if (pass == WEFT_DNN_BACKWARD_WEIGHTS) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "the %s pass reads no weights",
                         weft_dnn_pass_name(pass));
    }
    int before = weft_dnn_alone();
    weft_status status = weft_dnn_kernel_reorder(product->dnn, &product->passes[pass].kernel,
                                                 readable(plain), packed, error);
    weft_dnn_not_alone(before);
    return status;
}

weft_status weft_dnn_product_unpack(weft_dnn_product *product, const float *packed, float *plain,
                                    weft_error *error) {
    int before = weft_dnn_alone();
    weft_status status = weft_dnn_kernel_reorder(product->dnn,
                                                 &product->passes[WEFT_DNN_BACKWARD_WEIGHTS].kernel,
                                                 plain, readable(packed), error);
    weft_dnn_not_alone(before);
    return status;
}

const char *weft_dnn_product_kernel(const weft_dnn_product *product, weft_dnn_pass pass) {
    const weft_dnn_kernel *kernel = &product->passes[pass].kernel;
    return kernel->primitive != NULL ? weft_dnn_kernel_name(kernel) : "none";
}
